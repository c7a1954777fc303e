"""Updates that nobody foresaw: each is logged, answered where possible, stored as handled, and passed."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import select
from structlog.testing import capture_logs

from newsbot.desk import dispatcher
from newsbot.desk.commands import COMMANDS
from newsbot.desk.context import CommandCall, DeskContext
from newsbot.desk.replies import Answer
from newsbot.errors import LedgerError
from newsbot.ledger.schema import desk_update
from newsbot.model import PostState
from newsbot.newsroom.people import Role
from newsbot.ports.desk import DeskUpdate
from newsbot.reasons import Code
from newsbot.web.server import Hook, build_handler, build_runner, expect

from .mutations import VALUES, damaged, each_field
from .polled import Polled, polling
from .stand import ADMIN, BOT, EDITOR, GROUP, STRANGER, VIEWER, Stand, standing
from .test_safety_table import CHANNEL, KINDS, OTHER_BOT, edited, new, replayed_callback

Json = dict[str, Any]

SECRET = "TEST-sandbox"


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        yield made


@pytest.fixture
async def polled(tmp_path: Path) -> AsyncIterator[Polled]:
    async with polling(tmp_path) as made:
        yield made


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[int, str]]:
    """How often each person has made each command act."""
    counts: Counter[tuple[int, str]] = Counter()

    def counting(
        name: str, act: Callable[[DeskContext, CommandCall], Answer]
    ) -> Callable[[DeskContext, CommandCall], Answer]:
        def counted(room: DeskContext, call: CommandCall) -> Answer:
            counts[call.who.id, name] += 1
            return act(room, call)

        return counted

    rows = {name: replace(row, act=counting(name, row.act)) for name, row in COMMANDS.items()}
    monkeypatch.setattr(dispatcher, "COMMANDS", rows)
    return counts


def reply(stand: Stand, user: int, line: str) -> Json:
    """A command that answers a message of the desk, in a forum's topic, with all that a client adds."""
    message = stand.message(user, line, message_thread_id=12, is_topic_message=True)
    answered = {"message_id": 5, "date": 1, "chat": message["chat"], "text": "card"}
    entities = [{"type": "bot_command", "offset": 0, "length": 6}]
    message["from"] |= {"last_name": "Li", "username": "bo_li", "language_code": "es"}
    return stand.update(message=message | {"reply_to_message": answered, "entities": entities})


def from_a_channel(stand: Stand, user: int, line: str) -> Json:
    """A channel's post that was forwarded with a command as its text."""
    origin = {"type": "channel", "date": 1, "chat": CHANNEL | {"username": "sandbox"}, "message_id": 3}
    return stand.update(message=stand.message(user, line, forward_origin=origin))


def private(stand: Stand, user: int, line: str) -> Json:
    return stand.update(message=stand.message(user, line, chat=user))


def caption(stand: Stand, user: int, line: str) -> Json:
    message = stand.message(user, "") | {
        "caption": line,
        "photo": [{"file_id": "a", "width": 1, "height": 1}],
    }
    del message["text"]
    return stand.update(message=message)


def edited_channel_post(stand: Stand, user: int, line: str) -> Json:
    message = stand.message(user, line) | {"chat": CHANNEL, "sender_chat": CHANNEL, "edit_date": 1}
    return stand.update(edited_channel_post=message)


def membership(stand: Stand, user: int, _line: str) -> Json:
    person = {"id": user, "is_bot": False, "first_name": "Bo"}
    member = {"status": "member", "user": OTHER_BOT}
    chat = {"id": GROUP, "type": "supergroup", "title": "Newsroom"}
    change = {"chat": chat, "from": person, "date": 1, "old_chat_member": member, "new_chat_member": member}
    return stand.update(my_chat_member=change)


def inline_press(stand: Stand, user: int, line: str) -> Json:
    """A press that comes without its message."""
    update = replayed_callback(stand, user, line)
    del update["callback_query"]["message"]
    update["callback_query"]["inline_message_id"] = "AgAAAHxTAAC1"
    return update


ALL = (*KINDS, reply, from_a_channel, private, caption, edited_channel_post, membership, inline_press)
OWN_WORD = frozenset({new, reply, private, caption, replayed_callback, inline_press})
"""Kinds in which an editor's command acts. (An old one is asked about.)"""


def rows(stand: Stand, number: int) -> list[tuple[str, str | None]]:
    column = desk_update.c
    with stand.ledger._database.read() as tx:
        found = tx.execute(select(column.state, column.outcome).where(column.update_id == number))
        return [(row.state, row.outcome) for row in found]


async def test_no_field_of_any_type_gives_a_right_or_stops_the_desk(
    stand: Stand, acted: Counter[tuple[int, str]]
) -> None:
    """Each kind, each field with each JSON type, by those who may not, and by an editor where none may."""
    tried, wrong = 0, []
    with capture_logs() as told:
        for kind in ALL:
            for user in (VIEWER, STRANGER, EDITOR):
                if (user == EDITOR and kind in OWN_WORD) or (user == VIEWER and kind not in OWN_WORD):
                    continue
                for _, _, update in each_field(kind(stand, user, "/resume tg")):
                    tried += 1
                    await stand.desk.take(update | {"update_id": next(stand.numbers)})
                await stand.desk.settle(60)
                wrong += [(kind.__name__, *who) for who in acted if COMMANDS[who[1]].writes]
                acted.clear()
    assert wrong == []
    assert tried > 2000
    assert [each for each in told if each["log_level"] in {"error", "critical"}] == []
    assert await stand.says(EDITOR, "/queue")


async def test_an_editors_damaged_word_acts_once_or_not_at_all(
    stand: Stand, acted: Counter[tuple[int, str]]
) -> None:
    for kind in (reply, caption, replayed_callback):
        tried = 0
        for _, _, update in each_field(kind(stand, EDITOR, "/pause tg")):
            tried += 1
            update["update_id"] = next(stand.numbers)
            await stand.desk.take(update)
            await stand.desk.take(update)
        await stand.desk.settle(60)
        assert set(acted) == {(EDITOR, "pause")}, kind.__name__
        assert acted.total() <= tried, kind.__name__
        acted.clear()


async def test_2000_damaged_updates_are_passed_by_one_poller(
    polled: Polled, acted: Counter[tuple[int, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    random, stand, slowest = Random(13), polled.stand, 0.0
    people = {VIEWER: Role.VIEWER, EDITOR: Role.EDITOR, ADMIN: Role.ADMIN}
    with capture_logs() as told:
        for _ in range(20):
            for _ in range(100):
                kind, user = random.choice(ALL), random.choice((VIEWER, STRANGER))
                update = damaged(kind(stand, user, "/pause tg"), random)
                update.pop("update_id", None)
                polled.bot.push(b'{"update_id":NUMBER,' + json.dumps(update).encode()[1:])
            slowest = max(slowest, await polled.answers())
    await polled.confirmed()
    await stand.desk.settle(20)
    over = [(user, name) for user, name in acted if people.get(user, 0) < COMMANDS[name].role]
    assert over == []
    assert [each for each in told if each["log_level"] in {"error", "critical"}] == []
    assert SECRET not in str(told)
    assert not polled.task.done()
    with capsys.disabled():
        print(f"\n2000 damaged updates, the slowest next answer {slowest:.2f} s")  # noqa: T201  a figure


async def test_the_command_behind_a_hundred_damaged_updates_waits_for_a_commit_and_not_for_a_hundred(
    polled: Polled, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, stored = polled.stand.ledger, list[int]()
    real = ledger.desk.store_ignored_updates

    def counted(every: Sequence[DeskUpdate], why: str) -> set[int]:
        stored.append(len(every))
        return real(every, why)

    await polled.answers()
    monkeypatch.setattr(ledger.desk, "store_ignored_updates", counted)
    numbers = [polled.bot.push(b'{"update_id":NUMBER,"message":7}') for _ in range(100)]
    await polled.answers()
    await polled.confirmed()
    assert sum(stored) == len(numbers)
    assert len(stored) <= 3
    assert all(rows(polled.stand, number) == [("done", "passed over")] for number in numbers)


async def test_a_webhook_takes_every_damaged_update_and_hears_the_next(stand: Stand) -> None:
    """Each is answered with 200, so that it does not come again; a ledger that is away with 503."""
    app, random = web.Application(), Random(4)
    hook = Hook("/tg", "X-Secret", "s3cret", stand.desk.take)
    app.router.add_post("/tg", build_handler(hook), expect_handler=expect)
    runner = build_runner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/tg"

    async with aiohttp.ClientSession(headers={"X-Secret": "s3cret"}) as session:

        async def status(body: bytes) -> int:
            async with session.post(url, data=body) as answer:
                return answer.status

        for number in range(300):
            update = damaged(random.choice(ALL)(stand, VIEWER, "/pause tg"), random)
            update["update_id"] = random.choice((*VALUES, 10_000 + number, 10_000 + number))
            assert await status(json.dumps(update).encode()) == 200
        real = stand.desk.on_ledger
        stand.desk.on_ledger = Away(stand, times=1)
        command = json.dumps(stand.update(message=stand.message(EDITOR, "/queue"))).encode()
        assert await status(command) == 503
        stand.desk.on_ledger = real
        await stand.desk.settle(30)
        before = len(stand.sandbox.telegram.chats[GROUP].messages)
        assert await status(command) == 200
        assert await status(command) == 200
        await stand.desk.settle(30)
    assert len(stand.sandbox.telegram.chats[GROUP].messages) == before + 1
    await runner.cleanup()


async def test_a_sender_without_an_id_is_logged_stored_and_passed(polled: Polled) -> None:
    message = polled.stand.message(EDITOR, "/queue") | {"from": {"id": {}}}
    with capture_logs() as told:
        number = polled.bot.tell(message=message)
        await polled.answers()
    await polled.confirmed()
    mine = [each for each in told if each.get("update") == number]
    assert [each["event"] for each in mine] == ["an update that makes no sense"]
    assert rows(polled.stand, number) == [("done", "passed over")]


async def test_what_makes_no_sense_is_answered_in_the_persons_language(stand: Stand) -> None:
    await stand.says(VIEWER, "/lang es", chat=VIEWER)
    damaged = stand.message(VIEWER, "/queue", chat=VIEWER) | {"date": []}
    update = stand.update(message=damaged)
    (said,) = await stand.after(update)
    assert said.startswith("Algo se rompió")
    assert await stand.after(update) == []
    press = stand.press(EDITOR, "queue")
    press["callback_query"]["message"] = "x"
    assert await stand.after(press) == ["Something broke here, and nothing was done. The log says what."]
    assert stand.sandbox.telegram.callback_answers


async def test_a_stranger_and_a_flood_of_damage_are_not_answered(stand: Stand) -> None:
    bad: Json = {"date": []}
    assert (
        await stand.after(stand.update(message=stand.message(STRANGER, "/queue", chat=STRANGER) | bad)) == []
    )
    many = [stand.update(message=stand.message(EDITOR, "/queue") | bad) for _ in range(40)]
    assert 1 <= len(await stand.after(*many)) <= 10


NUMBERLESS: tuple[bytes, ...] = (
    b"null", b"1", b'"x"', b"[]", b"{}", b'{"update_id":null}', b'{"update_id":"NUMBER"}',
    b'{"update_id":true}',
    b'{"update_id":NUMBER.5}', b'{"update_id":[NUMBER]}', b'{"update_id":-1}', b'{"update_id":0}',
    b'{"update_id":9223372036854775808,"message":{}}', b'{"update_id":2147483648}', b'{"update_id":1e400}',
    b'{"update_id":2147483647,"message":{}}', b'{"update_id":7,"message":{}}',
)  # fmt: skip
UNPARSED: tuple[bytes, ...] = (
    b'{"update_id":NUMBER,"message":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"update_id":NUMBER,"message":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    b'{"update_id":NUMBER,"message":{"date":' + b"9" * 5000 + b"}}",
    b'{"update_id":NUMBER,"message":{"text":"a\x01"}}',
)
TEXTS = ("/queue \x00", "/queue \ud800", "\x00", "/\udfff", "/queue " + "9" * 400, "/why " + "[" * 4000)


@pytest.mark.parametrize("body", NUMBERLESS)
async def test_an_update_without_a_usable_number_loses_no_command(polled: Polled, body: bytes) -> None:
    await polled.answers()
    polled.bot.push(body)
    for _ in range(3):
        await polled.answers()
    await polled.confirmed()


@pytest.mark.parametrize("body", NUMBERLESS)
async def test_neither_does_one_that_comes_first(polled: Polled, body: bytes) -> None:
    polled.bot.push(body)
    for _ in range(3):
        await polled.answers()
    await polled.confirmed()


async def test_hundreds_without_a_number_are_passed(polled: Polled) -> None:
    await polled.answers()
    for _ in range(250):
        polled.bot.push(b"{}")
    await polled.answers()
    await polled.confirmed()


@pytest.mark.parametrize("body", UNPARSED, ids=lambda body: body[18:50].decode(errors="replace"))
async def test_what_no_parser_takes_keeps_no_other_back(polled: Polled, body: bytes) -> None:
    with capture_logs() as told:
        await polled.answers()
        number = polled.bot.push(body)
        await polled.answers()
        await polled.confirmed()
    assert [each["update"] for each in told if each["event"] == "an update that makes no sense"] == [number]
    assert rows(polled.stand, number) == [("done", "passed over")]
    assert all(len(str(each)) < 1000 for each in told)


ANSWERS: tuple[tuple[int, bytes], ...] = (
    (200, b""), (200, b"null"), (200, b"[]"), (200, b"1"), (200, b'"x"'), (200, b"{}"), (200, b"<html>"),
    (200, b'{"ok":true}'), (200, b'{"ok":true,"result":null}'), (200, b'{"ok":true,"result":true}'),
    (200, b'{"ok":true,"result":{}}'), (200, b'{"ok":true,"result":7}'), (200, b'{"ok":true,"result":"x"}'),
    (200, b'{"ok":true,"result":[null,1,"x",[],{}]}'), (200, b'{"ok":false,"result":[]}'),
    (200, b'{"ok":true,"result":[{"update_id":1'), (200, b"[" * 100_000),
    (200, b'{"ok":' + b"9" * 5000 + b"}"),
    (200, b"\xff\xfe\x00"), (400, b'{"ok":false,"description":{"a":[]},"parameters":[]}'),
    (429, b'{"ok":false,"parameters":{"retry_after":"x"}}'), (429, b'{"parameters":{"retry_after":NaN}}'),
    (429, b'{"ok":false,"parameters":{"retry_after":-5}}'), (400, b"[" * 100_000), (500, b"\x00"),
)  # fmt: skip


async def test_an_answer_that_makes_no_sense_is_asked_for_again(polled: Polled) -> None:
    for answer in ANSWERS:
        polled.bot.answers.append(answer)
        await polled.answers()
    assert not polled.task.done()


async def test_empty_answers_at_once_are_not_asked_for_without_end(polled: Polled) -> None:
    polled.bot.answers += [(200, b'{"ok":true,"result":[]}')] * 10_000
    await polled.confirmed()
    await asyncio.sleep(1.2)
    assert len(polled.bot.answers) > 9_950
    polled.bot.answers.clear()
    await polled.answers()


@pytest.mark.parametrize("text", TEXTS)
async def test_a_text_that_no_database_takes_is_answered(tmp_path: Path, url: str, text: str) -> None:
    async with standing(tmp_path, database=url) as stand:
        for chat in (GROUP, EDITOR):
            update = stand.update(message=stand.message(EDITOR, text, chat=chat))
            update["message"]["from"]["first_name"] = "B\x00o\ud800"
            await stand.desk.take(update)
        press = stand.press(EDITOR, text[:60])
        await stand.desk.take(press)
        await stand.desk.settle(20)
        assert stand.ledger.desk.list_open_updates(BOT) == []
        assert await stand.says(EDITOR, "/queue")


async def test_a_command_that_breaks_is_answered_closed_and_logged_with_its_number(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_room: DeskContext, _call: CommandCall) -> Answer:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(dispatcher, "COMMANDS", COMMANDS | {"queue": replace(COMMANDS["queue"], act=broken)})
    update = stand.update(message=stand.message(EDITOR, "/queue"))
    with capture_logs() as told:
        (said,) = await stand.after(update)
    assert said == "Something broke here, and nothing was done. The log says what."
    assert [each["update"] for each in told if each["log_level"] == "error"] == [update["update_id"]]
    assert stand.ledger.desk.list_open_updates(BOT) == []


async def test_an_answer_that_telegram_refuses_is_closed_and_not_told_for_ever(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(_room: DeskContext, _call: CommandCall) -> Answer:
        return Answer("<nonsense>")

    post = stand.post()
    monkeypatch.setattr(dispatcher, "COMMANDS", COMMANDS | {"queue": replace(COMMANDS["queue"], act=odd)})
    (said,) = await stand.says(EDITOR, "/queue")
    assert said.startswith("Something broke here")

    def odd_drop(room: DeskContext, call: CommandCall) -> Answer:
        COMMANDS["cancel"].act(room, call)
        return Answer("<nonsense>")

    monkeypatch.setattr(
        dispatcher, "COMMANDS", COMMANDS | {"cancel": replace(COMMANDS["cancel"], act=odd_drop)}
    )
    (done,) = await stand.says(EDITOR, f"/cancel {post.id}")
    assert done.startswith("It is done")
    assert stand.ledger.posts.get_post(post.id).state is PostState.CANCELLED
    assert stand.ledger.desk.list_open_updates(BOT) == []


class Away:
    """The ledger's thread, of a database that is away ``times`` times, or for what ``refuses`` says."""

    def __init__(self, stand: Stand, *, times: int = 0, refuses: str = "") -> None:
        self.inner, self.times, self.refuses = stand.desk.on_ledger, times, refuses
        self.calls = 0

    async def __call__(self, call: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.times > 0:
            self.times -= 1
            raise LedgerError(Code.TEXT(words="the database can't be reached"))
        if self.refuses and any(isinstance(arg, DeskUpdate) and self.refuses in arg.said for arg in args):
            raise LedgerError(Code.TEXT(words="the database refused: a value that it can't hold"))
        return await self.inner(call, *args, **kwargs)


async def test_a_ledger_that_is_away_loses_no_command(
    polled: Polled, acted: Counter[tuple[int, str]]
) -> None:
    stand = polled.stand
    away = Away(stand, times=5)
    stand.desk.on_ledger = away
    await polled.asks("/pause tg")
    assert acted == {(EDITOR, "pause"): 1}
    assert away.times == 0
    await polled.confirmed()


async def test_an_update_that_the_ledger_alone_refuses_is_passed(polled: Polled) -> None:
    stand = polled.stand
    stand.desk.on_ledger = Away(stand, refuses="odd")
    number = polled.bot.tell(message=stand.message(EDITOR, "/queue odd"))
    await polled.answers()
    await polled.confirmed()
    assert rows(stand, number) == [("done", "passed over")]


async def test_a_command_that_meets_a_ledger_that_goes_away_is_asked_about_once_it_is_back(
    stand: Stand,
) -> None:
    post = stand.post()
    real = stand.desk._dispatcher.on_ledger
    stand.desk._dispatcher.on_ledger = Away(stand, times=1)
    (said,) = await stand.says(EDITOR, f"/cancel {post.id}")
    assert said.startswith("The database can't be used now.")
    stand.desk._dispatcher.on_ledger = real
    stand.desk._recovery.catch_up()
    await stand.desk.settle(20)
    last = stand.sandbox.telegram.chats[GROUP].messages[-1]
    assert last.text.startswith("I was interrupted before doing this")
    await stand.presses(EDITOR, stand.buttons()["Yes, do it now"])
    assert stand.ledger.posts.get_post(post.id).state is PostState.CANCELLED
    assert stand.ledger.desk.list_open_updates(BOT) == []


async def test_a_yes_that_was_cut_off_is_asked_about_by_its_command(stand: Stand) -> None:
    """However often that happens; and it takes effect once, by whichever of the questions."""
    post = stand.post()
    real = stand.desk._dispatcher.on_ledger
    stand.desk._dispatcher.on_ledger = Away(stand, times=1)
    await stand.says(EDITOR, f"/cancel {post.id}")
    yeses = list[str]()
    for _ in range(3):
        stand.desk._recovery.catch_up()
        await stand.desk.settle(20)
        last = stand.sandbox.telegram.chats[GROUP].messages[-1]
        assert f"nothing was done: /cancel {post.id}" in last.text
        yeses.append(stand.buttons()["Yes, do it now"])
        stand.desk._dispatcher.on_ledger = Away(stand, times=1)
        await stand.presses(EDITOR, yeses[-1])
    stand.desk._dispatcher.on_ledger = real
    stand.desk._recovery.catch_up()
    await stand.desk.settle(20)
    await stand.presses(EDITOR, stand.buttons()["Yes, do it now"])
    assert stand.ledger.posts.get_post(post.id).state is PostState.CANCELLED
    for yes in yeses:
        await stand.presses(EDITOR, yes)
    events = [event.event for event in stand.ledger.posts.list_events(post.id)]
    assert events.count("cancelled") == 1
    assert stand.ledger.desk.list_open_updates(BOT) == []


async def test_an_old_edited_message_from_the_future_asks_too(stand: Stand) -> None:
    from datetime import timedelta

    post = stand.post()
    (said,) = await stand.says(EDITOR, f"/approve {post.id}", at=stand.clock.now() + timedelta(days=20))
    assert "Still?" in said
    assert stand.ledger.posts.get_post(post.id).state is PostState.HELD
    edit = edited(stand, EDITOR, f"/approve {post.id}")
    late = stand.update(message=edit["edited_message"])
    await stand.after(edit, late)
    assert stand.ledger.posts.get_post(post.id).state is PostState.HELD
