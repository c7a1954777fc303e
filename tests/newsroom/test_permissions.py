"""A use case is refused to whoever may not do it, from the chat and from the command line alike."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import newsbot.desk
from newsbot.desk.commands import COMMANDS
from newsbot.errors import NotPermitted
from newsbot.model import Post, PostState
from newsbot.newsroom.people import ROLES, Invitations, Role
from newsbot.ports.desk import DeskPerson
from tests.newsroom.desk import ARTICLE, Desk, desk

PEOPLE = {
    1: {"role": "viewer", "cli": "vera"},
    2: {"role": "editor", "cli": "ed"},
    3: {"role": "admin", "cli": "ada"},
    4: {"role": "editor", "cli": "urs", "channels": ["two"]},
}
VIEWER, EDITOR, ADMIN, OF_ANOTHER_CHANNEL = (
    ("tg:1", "cli:vera"),
    ("tg:2", "cli:ed"),
    ("tg:3", "cli:ada"),
    "tg:4",
)

Act = Callable[[Desk, Post, str], object]
EDITORS: dict[str, Act] = {
    "approve": lambda room, post, by: room.app.approvals.approve(post.id, by).post,
    "refuse": lambda room, post, by: room.app.approvals.refuse(post.id, by, "wrong"),
    "cancel": lambda room, post, by: room.app.posts.cancel(post.id, by=by),
    "stop": lambda room, post, by: room.app.posts.stop(post.id, by=by),
    "now": lambda room, post, by: room.app.posts.send_now(post.id, by=by),
    "move": lambda room, post, by: room.app.posts.move(post.id, room.clock.now() + timedelta(hours=1), by=by),
    "move to a channel": lambda room, post, by: room.app.posts.move_channel(post.id, "none", by),
    "retry": lambda room, post, by: room.app.posts.retry(post.id, by=by),
    "skip": lambda room, post, by: room.app.posts.skip(post.id, by=by),
    "resolve sent": lambda room, post, by: room.app.posts.resolve_sent(post.id, by=by),
    "resolve not-sent": lambda room, post, by: room.app.posts.resolve_not_sent(post.id, by=by),
    "edit": lambda room, post, by: room.app.editing.edit(post.id, "Other words", by),
    "fix": lambda room, post, by: room.app.corrections.fix(post.article_id, "12", "14", by),
    "correct": lambda room, post, by: room.app.corrections.correct(post.article_id, "Other words", by),
    "embargo": lambda room, post, by: room.app.embargoes.set(
        post.article_id, room.clock.now() + timedelta(hours=5), by
    ),
    "post them": lambda room, post, by: room.app.questions.post([post], by=by),
    "drop them": lambda room, post, by: room.app.questions.drop([post], by=by),
    "deleted by hand": lambda room, post, by: room.app.withdrawals.record_deletion(post.id, by),
}
ON_ALL_CHANNELS: dict[str, Act] = {
    "post": lambda room, _, by: room.app.posts.queue(
        ARTICLE,
        ["one"],
        by=by,
        again=True,
    ),
    "pause": lambda room, _, by: room.app.posts.pause("one", by=by),
    "resume": lambda room, _, by: room.app.posts.resume("one", by),
}
ADMINS: dict[str, Act] = {
    "withdraw": lambda room, post, by: room.app.withdrawals.withdraw(post.id, by),
    "takedown": lambda room, post, by: room.app.withdrawals.takedown(post.article_id, by),
    "block": lambda room, _, by: room.app.blocks.block("site", by),
    "unblock": lambda room, _, by: room.app.blocks.unblock("site", by),
    "lift": lambda room, post, by: room.app.embargoes.request_lift(post.article_id, by),
}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path}/newsbot.db"
    settings = {"token": "1:a", "people": dict(PEOPLE), "chats": []}
    found = desk(tmp_path, url, lambda given: given.update(desk=settings))
    yield found
    found.app.ledger.close()


@pytest.mark.parametrize("name", [*EDITORS, *ON_ALL_CHANNELS])
def test_a_viewer_changes_nothing(room: Desk, name: str) -> None:
    [post] = room.bring("one")
    act = (EDITORS | ON_ALL_CHANNELS)[name]
    for by in VIEWER:
        with pytest.raises(NotPermitted, match=r"needs the role editor: .* has the role viewer") as refused:
            act(room, post, by)
        assert refused.value.role == "editor"
    with pytest.raises(NotPermitted, match="has none"):
        act(room, post, "tg:5")
    assert room.app.ledger.posts.get_post(post.id) == post


@pytest.mark.parametrize("name", list(ADMINS))
def test_an_editor_does_nothing_that_is_an_admins(room: Desk, name: str) -> None:
    [post] = room.bring("one")
    room.app.embargoes.set(post.article_id, room.clock.now() + timedelta(hours=5), "tg:2")
    before = room.app.ledger.posts.get_post(post.id)
    for by in EDITOR:
        with pytest.raises(NotPermitted, match=r"needs the role admin: .* has the role editor"):
            ADMINS[name](room, post, by)
    assert room.app.ledger.posts.get_post(post.id) == before


@pytest.mark.parametrize("name", list(EDITORS))
def test_an_editor_of_another_channel_does_not_reach_the_post(room: Desk, name: str) -> None:
    [post] = room.bring("one")
    with pytest.raises(NotPermitted, match=f"other channels or languages than those of {post.id}"):
        EDITORS[name](room, post, OF_ANOTHER_CHANNEL)
    assert room.app.ledger.posts.get_post(post.id) == post


@pytest.mark.parametrize("name", list(ON_ALL_CHANNELS))
def test_an_editor_of_another_channel_does_not_reach_the_channel(room: Desk, name: str) -> None:
    [post] = room.bring("one")
    with pytest.raises(NotPermitted, match="does not act on one"):
        ON_ALL_CHANNELS[name](room, post, OF_ANOTHER_CHANNEL)


def test_whoever_has_the_right_may_under_both_names(room: Desk) -> None:
    for by in EDITOR:
        [post] = room.bring("one")
        EDITORS["cancel"](room, post, by)
    for by in ADMIN:
        [post] = room.bring("one", article=replace(ARTICLE, guid=by, url=f"https://example.org/{by}"))
        assert ADMINS["takedown"](room, post, by)
        assert room.app.ledger.posts.get_post(post.id).state is PostState.CANCELLED


def test_an_admin_invites_and_an_invitation_holds_once_for_a_day(room: Desk) -> None:
    invitations = Invitations(room.app.ledger, room.clock, permissions=room.app.permissions)
    with pytest.raises(NotPermitted):
        invitations.make("viewer", "tg:2")
    secret, until = invitations.make("editor", "tg:3")
    assert until == room.clock.now() + timedelta(days=1)
    joined = invitations.accept(secret, DeskPerson(7, "Eve"))
    assert joined is not None
    assert joined.role == "editor"
    assert invitations.accept(secret, DeskPerson(8, "Fay")) is None
    late = invitations.make("viewer", "tg:3").secret
    room.later(hours=25)
    assert invitations.accept(late, DeskPerson(8, "Fay")) is None


def test_an_account_that_is_nobodys_may_do_all(room: Desk) -> None:
    """Whoever has a shell there can open the database itself."""
    [post] = room.bring("one")
    assert ADMINS["takedown"](room, post, "cli:root")
    assert room.app.ledger.posts.get_post(post.id).state is PostState.CANCELLED


def test_the_roles_are_those_of_the_interface() -> None:
    shown = {command.name for command in COMMANDS.values() if not command.hidden}
    viewers = {name for name in shown if ROLES[name] is Role.VIEWER}
    assert viewers == {"queue", "show", "why", "status", "preview", "help", "lang", "web"}
    admins = {name for name in shown if ROLES[name] is Role.ADMIN}
    assert admins == {"withdraw", "takedown", "block", "unblock", "invite"}
    assert ROLES["lift"] is Role.ADMIN
    assert set(COMMANDS) <= set(ROLES)


def test_the_desk_decides_no_role() -> None:
    """It asks `newsroom.people`: no comparison of roles, and no role by its name."""
    found = []
    for path in Path(newsbot.desk.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Role"
            compared = isinstance(node, ast.Compare) and any(
                isinstance(each, ast.Attribute) and each.attr == "role"
                for each in (node.left, *node.comparators)
            )
            if named or compared:
                found.append(f"{path.name}:{node.lineno}")  # type: ignore[attr-defined]
    assert not found
