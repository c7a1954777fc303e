"""What people write to the desk and press, and what it answers."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsbot.desk.card_sync import CardSync
from newsbot.desk.context import hash_posts
from newsbot.desk.i18n import LANGUAGES
from newsbot.desk.replies import build_button_data
from newsbot.model import Post, PostState
from newsbot.ports.desk import DeskUpdate
from newsbot.reasons import Code
from tests.ledger.making import add, article, new_post, part

from .stand import ADMIN, BOT, EDITOR, GROUP, STRANGER, VIEWER, Stand, standing


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        yield made


def state(stand: Stand, post: Post) -> PostState:
    return stand.ledger.posts.get_post(post.id).state


async def test_an_answer_says_what_happened_what_happens_next_and_how_to_undo_it(stand: Stand) -> None:
    post = stand.post()
    (said,) = await stand.says(EDITOR, f"/approve {post.id}")
    assert said.startswith("Approved.")
    assert "goes out 13:00" in said
    assert list(stand.buttons()) == ["Time", "Drop"]
    await stand.presses(EDITOR, stand.buttons()["Drop"])
    assert state(stand, post) is PostState.CANCELLED


async def test_a_button_is_bound_to_what_it_showed(stand: Stand) -> None:
    post = stand.post()
    other = build_button_data("approve", post.id, "0" * 12)
    (said,) = await stand.presses(EDITOR, other)
    assert "changed since" in said
    assert state(stand, post) is PostState.HELD
    await stand.presses(EDITOR, build_button_data("approve", post.id, hash_posts([post])))
    assert state(stand, post) is PostState.SCHEDULED


async def test_the_second_presser_reads_who_was_first(stand: Stand) -> None:
    post = stand.post()
    data = build_button_data("approve", post.id, hash_posts([post]))
    await stand.presses(EDITOR, data)
    (said,) = await stand.presses(ADMIN, data)
    assert said.startswith("Bo was first, 12:00: approved")
    assert [event.by for event in stand.ledger.posts.list_events(post.id) if event.event == "approved"] == [
        "tg:222"
    ]


async def test_where_two_are_asked_a_refused_vote_is_said_in_the_voters_language(tmp_path: Path) -> None:
    people = {str(ADMIN): {"role": "admin", "cli": "ana", "name": "Ana"}, str(EDITOR): "editor"}
    async with standing(tmp_path, people=people) as stand:
        post = stand.post(approval=2)
        stand.desk.room.approvals.approve(post.id, "cli:ana")
        await stand.says(ADMIN, "/lang es", chat=ADMIN)
        data = build_button_data("approve", post.id, hash_posts([post]))
        (own,) = await stand.presses(ADMIN, data, chat=ADMIN)
        assert own == "Ya lo aprobó usted, 12:00: tiene que hacerlo otra persona."
        (group,) = await stand.presses(ADMIN, data)
        assert group == "You approved it already, 12:00: another person has to."
        assert state(stand, post) is PostState.HELD
        (second,) = await stand.presses(EDITOR, data)
        assert second.startswith("Approved.")
        (late,) = await stand.presses(ADMIN, data, chat=ADMIN)
        assert "Bo" in late
        assert state(stand, post) is PostState.SCHEDULED


async def test_the_first_of_two_reads_that_another_is_asked(stand: Stand) -> None:
    post = stand.post(approval=2)
    (said,) = await stand.presses(EDITOR, build_button_data("approve", post.id, hash_posts([post])))
    assert said.startswith("Noted. Another person has to approve it too.")
    assert state(stand, post) is PostState.HELD


async def test_who_has_approved_one_post_approves_the_articles_others_in_one_press(stand: Stand) -> None:
    now = stand.clock.now()
    held: dict[str, Any] = {"held_for": "approval", "due_at": now + timedelta(hours=1), "expires_at": None}
    two, one = add(
        stand.ledger, new_post("tg", approval=2, **held), new_post("x", approval=1, **held), now=now
    )
    await stand.says(EDITOR, f"/approve {two.id}")
    every = build_button_data("approve", two.article_id, hash_posts([two, one]))
    (said,) = await stand.presses(EDITOR, every)
    assert said.startswith("Approved.")
    assert (state(stand, two), state(stand, one)) == (PostState.HELD, PostState.SCHEDULED)
    (again,) = await stand.presses(EDITOR, build_button_data("approve", two.article_id, hash_posts([two])))
    assert again == "You approved it already, 12:00: another person has to."


async def test_only_what_was_chosen_makes_a_sound(tmp_path: Path) -> None:
    async with standing(tmp_path, sounds=["card"]) as stand:
        follower = CardSync(stand.desk)
        await follower.update_all()
        stand.post()
        await follower.update_all()
        stand.post(held=False)
        await follower.update_all()
        await stand.says(EDITOR, "/queue")
        sent = [call.params for call in stand.sandbox.calls if call.method == "sendMessage"]
        silent = [str(each["disable_notification"]).lower() for each in sent]
        assert silent == ["true", "false", "true"]


async def test_one_that_looks_like_another_asks_what_it_is(stand: Stand) -> None:
    follower = CardSync(stand.desk)
    await follower.update_all()
    out = stand.post(held=False)
    at = datetime(2026, 11, 25, 9, 2, tzinfo=UTC)
    drop, post = (
        stand.post(held_for=Code.SIMILAR_TITLE_OUT(id=out.article_id, title=title, at=at)) for title in "ab"
    )
    await follower.update_all()
    assert list(stand.buttons()) == ["Update", "Drop", "Post", "Why"]
    await stand.presses(EDITOR, stand.buttons()["Post"])
    assert state(stand, post) is PostState.SCHEDULED
    await stand.presses(EDITOR, build_button_data("held", f"{drop.id} drop"))
    assert state(stand, drop) is PostState.CANCELLED


async def test_a_flood_that_needs_approvals_besides_is_not_said_to_go_on(stand: Stand) -> None:
    flood = Code.FLOOD(name="site", n=60, usual=2)
    held, free = stand.post(held_for=flood, approval=1), stand.post(held_for=flood)
    (said,) = await stand.presses(EDITOR, build_button_data("held", f"{held.id} post"))
    assert "rules. Posts: 1. " in said
    assert "still wait for an approval: 1. " in said
    assert state(stand, held) is PostState.HELD
    assert state(stand, free) is PostState.SCHEDULED
    (said,) = await stand.says(EDITOR, f"/show {held.id}")
    assert "held for approval" in said


async def test_one_that_is_anothers_new_text_puts_that_right_and_is_dropped(stand: Stand) -> None:
    out, now = stand.post(held=False), stand.clock.now()
    text = "The council met again on Tuesday and put the tram line off until the spring."
    standfirst = "Nobody will ride on it before the spring, as the money for the rails is missing."
    version = replace(article("newer"), title="The tram line is put off", summary=standfirst, text=text)
    newer = stand.ledger.articles.add_article("cli", version, now=now)
    (held,) = stand.ledger.posts.queue_posts(
        newer, [new_post(held_for=Code.SIMILAR(id=out.article_id))], now=now, again=False
    )
    (said,) = await stand.presses(EDITOR, build_button_data("instead", held.id))
    assert said.startswith("This would change:")
    assert state(stand, held) is PostState.HELD
    await stand.presses(EDITOR, stand.buttons()["Yes, put it right"])
    assert state(stand, held) is PostState.CANCELLED
    shown = stand.ledger.posts.get_post(out.id).parts[0].text
    assert "The tram line is put off" in shown
    kept = stand.ledger.articles.get_article(out.article_id).article
    assert kept
    assert (kept.summary, kept.url) == (standfirst, article().url)
    assert "newer" not in shown
    (late,) = await stand.presses(ADMIN, build_button_data("instead", held.id))
    assert late == "None of them is held any more."


async def test_a_post_that_is_looked_at_has_its_photo(stand: Stand) -> None:
    now = stand.clock.now()
    [post] = add(stand.ledger, new_post("tg", held_for="approval", parts=(part(photo=True),)), now=now)
    (said,) = await stand.says(EDITOR, f"/show {post.id}")
    assert "Photo: alt" in said


async def test_an_old_command_is_asked_about_and_done_once_by_one_yes(stand: Stand) -> None:
    post = stand.post()
    (said,) = await stand.says(EDITOR, f"/approve {post.id}", at=stand.clock.now() - timedelta(minutes=14))
    assert said.startswith("Asked 14 min ago")
    ((label, data),) = stand.buttons().items()
    assert label.startswith("Yes")
    (other,) = await stand.presses(ADMIN, data)
    assert other == "Only Bo can answer that."
    assert state(stand, post) is PostState.HELD
    await stand.presses(EDITOR, data)
    assert state(stand, post) is PostState.SCHEDULED
    (again,) = await stand.presses(EDITOR, data)
    assert again == "You answered that already."


async def test_stopping_is_never_refused_for_age(stand: Stand) -> None:
    post = stand.post()
    await stand.says(EDITOR, f"/stop {post.id}", at=stand.clock.now() - timedelta(days=3))
    assert state(stand, post) is PostState.CANCELLED


async def test_a_destructive_command_asks_first(stand: Stand) -> None:
    (said,) = await stand.says(ADMIN, "/block drop")
    assert "what is dropped stays dropped. Sure?" in said
    assert [label.split()[0] for label in stand.buttons()] == ["Yes,"]


async def test_a_bare_command_lists_by_pages_and_a_button_is_the_command(stand: Stand) -> None:
    posts = [stand.post(title=f"story-{n}") for n in range(8)]
    (said,) = await stand.says(EDITOR, "/approve")
    assert "1-6 of 8" in said
    assert "More ▸" in stand.buttons()
    await stand.presses(EDITOR, stand.buttons()["More ▸"], message_id=1)
    first = next(iter(stand.buttons().values()))
    await stand.presses(EDITOR, first)
    assert [state(stand, post) for post in posts].count(PostState.SCHEDULED) == 1


async def test_persian_digits_and_brackets_do_no_harm(stand: Stand) -> None:
    post = stand.post(held=False)
    await stand.says(EDITOR, f"/move@sandbox_bot [{post.id.upper()}], ۱۸:۳۰")
    assert stand.ledger.posts.get_post(post.id).due_at == stand.clock.now().replace(hour=18, minute=30)


async def test_a_slip_in_an_id_hits_nothing_and_one_in_a_command_is_named(stand: Stand) -> None:
    post = stand.post()
    wrong = post.id[:-1] + ("a" if post.id[-1] != "a" else "b")
    (said,) = await stand.says(EDITOR, f"/approve {wrong}")
    assert said == f"There is no post {wrong}: check its characters. /queue lists what waits."
    (near,) = await stand.says(EDITOR, f"/aprove {post.id}")
    assert "Did you mean /approve?" in near


async def test_a_name_that_people_try_is_answered_with_the_commands_that_do_it(stand: Stand) -> None:
    (said,) = await stand.says(EDITOR, "/hold")
    assert said.splitlines() == [
        "There is no /hold. Is it one of these?",
        "/stop: stop a post in any state",
        "/pause: hold sending",
    ]
    (said,) = await stand.says(VIEWER, "/hold")
    assert said == "There is no /hold. /help lists what there is."


async def test_an_invitation_lets_one_person_in_once(stand: Stand) -> None:
    (said,) = await stand.says(ADMIN, "/invite editor", chat=ADMIN)
    secret = re.search(r"start=(\S+)", said)
    assert secret
    (silent,) = await stand.says(STRANGER, "/start", chat=STRANGER)
    assert str(STRANGER) in silent
    (welcome,) = await stand.says(STRANGER, f"/start {secret[1]}", chat=STRANGER)
    assert "You are editor here" in welcome
    menu = stand.sandbox.telegram.menus
    mine = [key for key in menu if str(STRANGER) in str(key)]
    assert len(mine) == len(LANGUAGES)
    assert {row["command"] for row in menu[mine[0]]} >= {"approve", "post"}
    post = stand.post()
    await stand.says(STRANGER, f"/approve {post.id}")
    assert state(stand, post) is PostState.SCHEDULED
    (late,) = await stand.says(555, f"/start {secret[1]}", chat=555) or [""]
    assert "Welcome" not in late


async def test_an_invitations_secret_is_nowhere_in_the_ledger(stand: Stand, tmp_path: Path) -> None:
    (said,) = await stand.says(ADMIN, "/invite editor", chat=ADMIN)
    secret = re.search(r"start=(\S+)", said)
    assert secret
    stand.ledger.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("newsbot.db*"))
    assert b"/invite" in kept
    assert secret[1].encode() not in kept


async def test_a_stranger_in_the_group_is_met_with_silence(stand: Stand) -> None:
    assert await stand.says(STRANGER, "/queue") == []
    assert await stand.says(STRANGER, "/start") == []


async def test_who_is_kept_to_channels_sees_and_acts_on_these_alone(tmp_path: Path) -> None:
    people: dict[str, Any] = {str(EDITOR): {"role": "editor", "channels": ["x"]}}
    async with standing(tmp_path, people=people) as stand:
        mine, other = stand.post(channel="x"), stand.post(channel="tg")
        (said,) = await stand.says(EDITOR, f"/approve {other.id}")
        assert "nothing of yours" in said
        (listed,) = await stand.says(EDITOR, "/queue")
        assert mine.id in listed
        assert other.id not in listed
        assert state(stand, other) is PostState.HELD


async def test_each_person_reads_their_own_language_in_private(stand: Stand) -> None:
    (said,) = await stand.says(VIEWER, "/lang es", chat=VIEWER)
    assert said == "Desde ahora le hablo en español."
    (queue,) = await stand.says(VIEWER, "/queue", chat=VIEWER)
    assert queue.startswith("No espera nada")
    (group,) = await stand.says(VIEWER, "/queue")
    assert group.startswith("Nothing waits")


async def test_an_old_wish_for_a_language_holds_from_its_yes_on(stand: Stand) -> None:
    await stand.says(VIEWER, "/LANG es", chat=VIEWER, at=stand.clock.now() - timedelta(minutes=14))
    (label, data), *_ = stand.buttons(VIEWER).items()
    assert label.startswith("Yes")
    await stand.presses(VIEWER, data, chat=VIEWER)
    (queue,) = await stand.says(VIEWER, "/queue", chat=VIEWER)
    assert queue.startswith("No espera nada")


async def test_many_due_posts_are_not_let_loose_by_a_resume(stand: Stand) -> None:
    posts = [stand.post(held=False) for _ in range(4)]
    await stand.says(EDITOR, "/pause tg")
    stand.clock.at += timedelta(hours=2)
    (said,) = await stand.says(EDITOR, "/resume tg")
    assert "4 posts are due" in said
    assert stand.ledger.channels.get_channel("tg").state == "paused"
    await stand.presses(EDITOR, stand.buttons()["Drop them"])
    assert stand.ledger.channels.get_channel("tg").state == "active"
    assert {state(stand, post) for post in posts} == {PostState.CANCELLED}


async def test_what_was_cut_off_before_it_was_done_is_asked_about(stand: Stand) -> None:
    post = stand.post()
    told = DeskUpdate(BOT, 7001, stand.clock.now(), GROUP, EDITOR, f"/approve {post.id}")
    assert stand.ledger.desk.store_update(told)
    await stand.desk.recover()
    await stand.desk.settle(10)
    assert state(stand, post) is PostState.HELD
    await stand.presses(EDITOR, stand.buttons()["Yes, do it now"])
    assert state(stand, post) is PostState.SCHEDULED


async def test_what_was_done_and_not_answered_is_said_after_a_restart(stand: Stand) -> None:
    post = stand.post()
    told = DeskUpdate(BOT, 7002, stand.clock.now(), GROUP, EDITOR, f"/approve {post.id}")
    stand.ledger.desk.store_update(told)
    with stand.ledger.desk.begin_command(told, "Approved."):
        stand.desk.room.approvals.approve(post.id, "tg:222")
    await stand.desk.recover()
    await stand.desk.settle(10)
    last = stand.sandbox.telegram.chats[GROUP].messages[-1].text
    assert last.startswith("Done, though I was interrupted")
    assert stand.ledger.desk.list_open_updates(BOT) == []


async def test_an_effect_without_its_outcome_is_neither(stand: Stand) -> None:
    post = stand.post()
    told = DeskUpdate(BOT, 7003, stand.clock.now(), GROUP, EDITOR, f"/approve {post.id}")
    stand.ledger.desk.store_update(told)

    def cut_off() -> None:
        with stand.ledger.desk.begin_command(told, "Approved."):
            stand.desk.room.approvals.approve(post.id, "tg:222")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert state(stand, post) is PostState.HELD
    assert [each.outcome for each in stand.ledger.desk.list_open_updates(BOT)] == [None]


async def test_a_card_follows_its_article_and_a_restart_shows_none_twice(stand: Stand) -> None:
    follower = CardSync(stand.desk)
    await follower.update_all()
    post = stand.post(title="tram-line", text="Costs 4.2 million, says Anna Ruiz on 12 March.")
    await follower.update_all()
    (card,) = stand.sandbox.telegram.chats[GROUP].messages
    assert "needs 1 approval" in card.text
    assert "4.2" in card.text.partition("Check:")[2]
    assert not card.silent
    await CardSync(stand.desk).update_all()
    await stand.says(EDITOR, f"/cancel {post.id}")
    await CardSync(stand.desk).update_all()
    assert "dropped" in card.text
    assert len(stand.sandbox.telegram.chats[GROUP].messages) == 2


async def test_a_trouble_is_said_once_and_again_when_it_is_back(stand: Stand) -> None:
    follower, chat = CardSync(stand.desk), stand.sandbox.telegram.chats[GROUP]

    async def said(*, paused: bool) -> int:
        """How often, by a look now and one when no more came."""
        before = len(chat.messages)
        if paused:
            stand.ledger.channels.pause(
                "tg", by="sender", reason=Code.TEXT(words="the token was revoked"), now=stand.clock.now()
            )
        else:
            stand.ledger.channels.resume("tg", by="cli:ana", now=stand.clock.now())
        for _ in range(3):
            await follower.update_all()
            stand.clock.at += timedelta(seconds=6)
        return sum("tg is paused" in message.text for message in chat.messages[before:])

    assert [await said(paused=paused) for paused in (True, True, False, True)] == [1, 0, 0, 1]


async def test_a_configuration_with_a_name_for_a_person_is_a_mistake(tmp_path: Path) -> None:
    from newsbot.config.loading import load
    from newsbot.errors import ConfigError

    given = {"sources": {"drop": {"kind": "folder", "path": "."}}, "channels": {"tg": {"kind": "console"}}}
    desk = {"token": "123456:TEST-sandbox", "people": {"@ada": "admin"}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(given | {"desk": desk}))
    with pytest.raises(ConfigError) as wrong:
        load(tmp_path / "config.yaml", environ={})
    (mistake,) = wrong.value.mistakes
    assert mistake.key == "desk.people.@ada"
    assert "numeric ids" in mistake.mend
