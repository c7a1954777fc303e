"""Every command, by everybody, in every kind of update: who acts, and nobody else."""

import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from newsbot.desk import dispatcher
from newsbot.desk.commands import COMMANDS
from newsbot.desk.context import CommandCall, DeskContext
from newsbot.desk.onboarding import StrangerQueue
from newsbot.desk.replies import Answer
from newsbot.model import Failure, PostEvent
from newsbot.newsroom.people import Role
from newsbot.reasons import Code
from tests.ledger.exchanges import settle_call

from .stand import ADMIN, EDITOR, GROUP, STRANGER, VIEWER, Stand, standing

Json = dict[str, Any]

PEOPLE = {"viewer": VIEWER, "editor": EDITOR, "admin": ADMIN, "stranger": STRANGER}
ROLES = {VIEWER: Role.VIEWER, EDITOR: Role.EDITOR, ADMIN: Role.ADMIN}
OTHER_BOT = {"id": 999, "is_bot": True, "first_name": "Other", "username": "other_bot"}
CHANNEL = {"id": -1001000000001, "type": "channel", "title": "Sandbox"}


def new(stand: Stand, user: int, line: str) -> Json:
    return stand.update(message=stand.message(user, line))


def edited(stand: Stand, user: int, line: str) -> Json:
    return stand.update(edited_message=stand.message(user, line, edit_date=1))


def forwarded(stand: Stand, user: int, line: str) -> Json:
    origin = {"type": "user", "date": 1, "sender_user": {"id": ADMIN, "is_bot": False, "first_name": "Ada"}}
    return stand.update(message=stand.message(user, line, forward_origin=origin))


def via_bot(stand: Stand, user: int, line: str) -> Json:
    return stand.update(message=stand.message(user, line, via_bot=OTHER_BOT))


def anonymous_admin(stand: Stand, user: int, line: str) -> Json:
    group = {"id": GROUP, "type": "supergroup", "title": "Newsroom"}
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    return stand.update(message=stand.message(user, line) | {"from": anonymous, "sender_chat": group})


def channel_signed(stand: Stand, user: int, line: str) -> Json:
    signed = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
    return stand.update(message=stand.message(user, line) | {"from": signed, "sender_chat": CHANNEL})


def channel_post(stand: Stand, user: int, line: str) -> Json:
    message = stand.message(user, line) | {"chat": CHANNEL, "sender_chat": CHANNEL}
    del message["from"]
    return stand.update(channel_post=message)


def business(stand: Stand, user: int, line: str) -> Json:
    return stand.update(business_message=stand.message(user, line, chat=user, business_connection_id="b"))


def twenty_days_old(stand: Stand, user: int, line: str) -> Json:
    return stand.update(message=stand.message(user, line, at=stand.clock.now() - timedelta(days=20)))


def another_bots(stand: Stand, user: int, line: str) -> Json:
    return stand.update(message=stand.message(user, line) | {"from": {**OTHER_BOT, "id": user}})


def replayed_callback(stand: Stand, user: int, line: str) -> Json:
    """The press; it is delivered three times, the last under another number."""
    name, _, rest = line[1:].partition(" ")
    return stand.press(user, f"{name}:{rest}"[:64])


KINDS: tuple[Callable[[Stand, int, str], Json], ...] = (
    new, edited, forwarded, via_bot, anonymous_admin, channel_signed, channel_post, business,
    twenty_days_old, another_bots, replayed_callback,
)  # fmt: skip


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """A desk that answers strangers without waiting; test_flood shows how slowly it answers them else."""
    async with standing(tmp_path) as made:
        made.desk._gate = StrangerQueue(now=count().__next__)
        yield made


def line(stand: Stand, name: str) -> str:
    """One that would do something, to posts of its own."""
    rest: dict[str, Callable[[], str]] = {
        "lang": lambda: "es",
        "invite": lambda: "editor",
        "move": lambda: f"{stand.post(held=False).id} +20m",
        "each": lambda: stand.post().article_id,
        "back": lambda: stand.post().article_id,
        "retry": lambda: failed(stand),
        "skip": lambda: unknown(stand),
        "resolve": lambda: f"{unknown(stand)} not-sent",
        "pause": lambda: "tg",
        "resume": lambda: "tg",
        "held": lambda: f"{stand.post().id} post",
    }
    if name in {"queue", "status", "help", "web", "start"}:
        return f"/{name}"
    if COMMANDS[name].prepare:
        return f"/{name} {stand.sandbox.telegram_url}/no-article"
    made: str = rest[name]() if name in rest else stand.post().id
    return f"/{name} {made}"


def unknown(stand: Stand) -> str:
    post = ready(stand)
    settle_call(
        stand.ledger.delivery,
        post,
        PostEvent.LOSE,
        Failure("unknown", Code.TEXT(words="no answer")),
        now=stand.clock.now(),
    )
    return post


def failed(stand: Stand) -> str:
    post = ready(stand)
    settle_call(
        stand.ledger.delivery,
        post,
        PostEvent.REFUSE,
        Failure("refused", Code.TEXT(words="no")),
        now=stand.clock.now(),
    )
    return post


def ready(stand: Stand) -> str:
    from tests.ledger.making import claimed

    stand.post(held=False)
    stand.ledger.channels.resume("tg", by="test", now=stand.clock.now())
    return claimed(stand.ledger, now=stand.clock.now() + timedelta(hours=2)).post.id


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each command has really acted: the table's rows, with a count before them."""
    counts: Counter[str] = Counter()

    def counting(
        name: str, act: Callable[[DeskContext, CommandCall], Answer]
    ) -> Callable[[DeskContext, CommandCall], Answer]:
        def counted(room: DeskContext, call: CommandCall) -> Answer:
            counts[name] += 1
            return act(room, call)

        return counted

    rows = {name: replace(row, act=counting(name, row.act)) for name, row in COMMANDS.items()}
    monkeypatch.setattr(dispatcher, "COMMANDS", rows)
    return counts


def allowed(kind: str, name: str, user: int) -> int:
    """How often it may act: once by who may, if it is their own word, new, or stops something."""
    row = COMMANDS[name]
    if user == STRANGER or ROLES[user] < row.role or row.confirms:
        return 0
    return int(kind in {"new", "replayed_callback"} or (kind == "twenty_days_old" and row.stops))


ACTS = frozenset({new, twenty_days_old, replayed_callback})


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_each_command_by_each_person_in_each_kind_of_update(
    stand: Stand, acted: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    table: dict[str, Counter[str]] = {}
    wrong, crashes = [], []
    idle = {name: line(stand, name) for name in COMMANDS}  # nothing may come of these, so they serve again
    with capture_logs() as told:
        for kind in KINDS:
            for role, user in PEOPLE.items():
                for name in COMMANDS:
                    acted.clear()
                    update = kind(stand, user, line(stand, name) if kind in ACTS else idle[name])
                    again = update | {"update_id": next(stand.numbers)}
                    times = (update, update, again) if kind is replayed_callback else (update, update)
                    await stand.after(*times)
                    most = allowed(kind.__name__, name, user)
                    # what has to be fetched first acts only if that could be had; here it can't
                    least = 0 if COMMANDS[name].prepare else most
                    if not least <= acted[name] <= most or acted.total() > acted[name]:
                        wrong.append((kind.__name__, role, name, dict(acted)))
                    table.setdefault(kind.__name__, Counter())[role] += acted.total()
        crashes = [each for each in told if each["log_level"] in {"error", "critical"} or "exc_info" in each]
    with capsys.disabled():
        sys.stdout.write(f"{shown(table)}{len(wrong)} wrong executions, {len(crashes)} crashes\n")
    assert wrong == []
    assert crashes == []


def shown(table: dict[str, Counter[str]]) -> str:
    head = f"\n{len(COMMANDS)} commands; acted:\n{'':20}" + "".join(f"{role:>10}" for role in PEOPLE) + "\n"
    rows = (
        f"{kind:20}" + "".join(f"{counts[role]:>10}" for role in PEOPLE) for kind, counts in table.items()
    )
    return head + "".join(f"{row}\n" for row in rows)
