"""What people do in the stand-in's chats, as python-telegram-bot hears of it."""

from typing import Any

import pytest
from telegram import Bot, Update
from telegram.constants import MessageOriginType
from telegram.error import BadRequest, Forbidden

from newsbot.sandbox import Sandbox
from newsbot.sandbox.telegram.serializers import SENDER_KINDS
from tests.sandbox.conftest import Http, SettableClock

CHANNEL, SUPERGROUP, GROUP, ADA, BILAL, STRANGER = -1001000000001, -1001000000002, -1000003, 111, 222, 444


class EditorApi:
    """Driven over HTTP, as a test in any language would."""

    def __init__(self, http: Http, bot: Bot) -> None:
        self.http = http
        self.bot = bot
        self.offset = 0

    async def do(self, name: str, /, **given: Any) -> Any:
        status, answer = await self.http.admin("POST", name, given)
        assert status == 200, answer
        return answer

    async def say(self, chat: int, text: str, user: int = ADA, **how: Any) -> int:
        return int((await self.do("say", chat=chat, user=user, text=text, **how))["message_id"])

    async def heard(self) -> list[Update]:
        updates = await self.bot.get_updates(offset=self.offset)
        self.offset = updates[-1].update_id + 1 if updates else self.offset
        return list(updates)

    async def one(self) -> Update:
        (update,) = await self.heard()
        return update


@pytest.fixture
def play(unlimited_sandbox: Sandbox, http: Http, bot: Bot) -> EditorApi:
    del unlimited_sandbox
    return EditorApi(http, bot)


SENDERS = [
    ("message", SUPERGROUP, 111, None),
    ("forwarded", SUPERGROUP, 111, None),
    ("via_bot", SUPERGROUP, 111, None),
    ("anonymous", SUPERGROUP, 1087968824, SUPERGROUP),
    ("as_channel", SUPERGROUP, 136817688, -1001999999999),
    ("linked_channel", SUPERGROUP, 777000, -1001999999999),
    ("channel_post", CHANNEL, None, CHANNEL),
    ("business", ADA, 111, None),
    ("bot", SUPERGROUP, 987654321, None),
]


@pytest.mark.parametrize(("kind", "chat", "sender", "sender_chat"), SENDERS)
async def test_a_message_comes_in_the_name_that_its_kind_has(
    play: EditorApi, kind: str, chat: int, sender: int | None, sender_chat: int | None
) -> None:
    await play.say(chat, "/queue all", kind=kind)
    update = await play.one()
    message = update.effective_message
    assert message is not None
    assert (message.from_user.id if message.from_user else None) == sender
    assert (message.sender_chat.id if message.sender_chat else None) == sender_chat
    assert (message.via_bot is not None) == (kind == "via_bot")
    assert (message.forward_origin is not None) == (kind in {"forwarded", "linked_channel"})
    assert (update.channel_post is not None) == (kind == "channel_post")
    assert (update.business_message is not None) == (kind == "business")
    if kind != "channel_post":
        assert [(e.type, e.length) for e in message.entities] == [("bot_command", 6)]


def test_every_kind_is_tried_above() -> None:
    assert {kind for kind, *_ in SENDERS} == set(SENDER_KINDS)


@pytest.mark.parametrize("origin", ["user", "hidden_user", "chat", "channel"])
async def test_a_forwarded_message_has_an_origin_of_each_kind(play: EditorApi, origin: str) -> None:
    await play.say(ADA, "Council approves tram", origin=origin)
    message = (await play.one()).message
    assert message is not None
    assert message.forward_origin is not None
    assert message.forward_origin.type == origin
    assert message.forward_origin.date < message.date


async def test_a_post_is_forwarded_to_the_bot_with_where_it_stands(play: EditorApi) -> None:
    post = await play.bot.send_message(CHANNEL, "<b>Council</b> approves tram", parse_mode="HTML")
    await play.do("forward", from_chat=CHANNEL, message_id=post.message_id, chat=ADA, user=ADA)
    message = (await play.one()).message
    assert message is not None
    assert message.forward_origin is not None
    assert message.forward_origin.type == MessageOriginType.CHANNEL
    origin = message.forward_origin.to_dict()
    assert (origin["chat"]["username"], origin["message_id"]) == ("sandbox", post.message_id)
    assert [e.type for e in message.entities] == ["bold"]


async def test_who_hides_their_name_is_forwarded_by_name_only_and_again_so(play: EditorApi) -> None:
    said = await play.say(SUPERGROUP, "mine", user=BILAL)
    first = await play.do("forward", from_chat=SUPERGROUP, message_id=said, chat=ADA, user=ADA, hidden=True)
    await play.do("forward", from_chat=ADA, message_id=first["message_id"], chat=SUPERGROUP, user=ADA)
    origins = [update.message.forward_origin for update in await play.heard() if update.message]
    assert [each.to_dict().get("sender_user_name") for each in origins if each] == ["Bilal", "Bilal"]


async def test_old_messages_replies_and_edits(play: EditorApi, clock: SettableClock) -> None:
    card = await play.bot.send_message(SUPERGROUP, "Held: 4.2 million")
    said = await play.say(SUPERGROUP, "2.4 million", reply_to=card.message_id, ago=20 * 86400)
    await play.do("edit", chat=SUPERGROUP, user=ADA, message_id=said, text="2.4 billion")
    first, second = await play.heard()
    assert first.message is not None
    assert first.message.reply_to_message is not None
    assert first.message.reply_to_message.text == "Held: 4.2 million"
    assert int(clock.now().timestamp()) - int(first.message.date.timestamp()) == 20 * 86400
    assert second.edited_message is not None
    assert (second.edited_message.text, second.edited_message.message_id) == ("2.4 billion", said)
    assert second.edited_message.edit_date is not None


async def test_a_channel_post_is_edited_by_an_admin_of_it(play: EditorApi) -> None:
    post = await play.say(CHANNEL, "by hand")
    await play.do("edit", chat=CHANNEL, user=ADA, message_id=post, text="by hand, again")
    first, second = await play.heard()
    assert first.channel_post is not None
    assert first.channel_post.author_signature == "Ada"
    assert second.edited_channel_post is not None
    assert second.edited_channel_post.text == "by hand, again"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("/queue", True),
        ("/queue@sandbox_bot", True),
        ("/queue@Sandbox_Bot now", True),
        ("/queue@other_bot", False),
        ("good morning", False),
        ("what says @sandbox_bot to this", True),
        ("see a/queue", False),
    ],
)
async def test_privacy_mode_keeps_from_the_bot_what_is_not_meant_for_it(
    play: EditorApi, sandbox: Sandbox, text: str, *, heard: bool
) -> None:
    await play.say(GROUP, text)
    assert bool(await play.heard()) is heard
    sandbox.telegram.bot.reads_groups = True
    await play.say(GROUP, text)
    assert len(await play.heard()) == 1


async def test_in_privacy_mode_an_answer_to_the_bot_is_heard(play: EditorApi) -> None:
    card = await play.bot.send_message(GROUP, "New text?")
    other = await play.say(GROUP, "not to you")
    await play.say(GROUP, "nor this", reply_to=other)
    await play.say(GROUP, "the new text", reply_to=card.message_id)
    message = (await play.one()).message
    assert message is not None
    assert message.text == "the new text"


async def test_a_replayed_update_keeps_its_id_though_it_was_confirmed(play: EditorApi) -> None:
    await play.say(ADA, "/approve k7m4")
    first = await play.one()
    assert await play.heard() == []
    await play.do("replay", update_id=first.update_id)
    assert [each.update_id for each in await play.bot.get_updates(offset=play.offset)] == [first.update_id]
    assert await play.heard() == []
    await play.do("replay", fresh=True)
    again = await play.one()
    assert again.message == first.message
    assert again.update_id != first.update_id


def keys(*rows: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "inline_keyboard": [[{"text": text, "callback_data": data} for text, data in row] for row in rows]
    }


async def test_a_button_is_pressed_by_whole_label_by_beginning_or_by_data(play: EditorApi) -> None:
    grid = keys([("Approve all", "all"), ("Approve", "one")], [("Yes, take it down", "down")])
    _, sent = await play.http.send("card", SUPERGROUP, reply_markup=grid)
    card = sent["result"]["message_id"]
    for how in ({"label": "Approve"}, {"label": "Yes"}, {"data": "old"}):
        await play.do("press", chat=SUPERGROUP, user=BILAL, message_id=card, **how)
    queries = [update.callback_query for update in await play.heard()]
    assert [each.data for each in queries if each] == ["one", "down", "old"]
    await play.bot.delete_message(SUPERGROUP, card)
    await play.do("press", chat=SUPERGROUP, user=BILAL, message_id=card, data="one")
    query = (await play.one()).callback_query
    assert query is not None
    assert query.message is not None
    assert not query.message.is_accessible


async def test_a_query_is_answered_once_in_200_characters(play: EditorApi) -> None:
    _, sent = await play.http.send("card", ADA, reply_markup=keys([("Go", "go")]))
    pressed = await play.do("press", chat=ADA, user=ADA, message_id=sent["result"]["message_id"], label="Go")
    query = pressed["callback_query_id"]
    with pytest.raises(BadRequest, match=r"(?i)message_too_long"):
        await play.bot.answer_callback_query(query, "x" * 201)
    assert await play.bot.answer_callback_query(query, "x" * 200, show_alert=True)
    with pytest.raises(BadRequest, match="query id is invalid"):
        await play.bot.answer_callback_query(query, "again")
    _, answers = await play.http.admin("GET", "answers")
    assert [each["show_alert"] for each in answers] == [True]


async def test_a_bot_may_not_write_first_nor_to_who_blocks_it(play: EditorApi) -> None:
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await play.bot.send_message(STRANGER, "hello")
    await play.say(STRANGER, "/start abc", user=STRANGER)
    assert await play.bot.send_message(STRANGER, "hello")
    await play.do("standing", chat=STRANGER, user=STRANGER, status="kicked")
    with pytest.raises(Forbidden, match="blocked by the user"):
        await play.bot.send_message(STRANGER, "hello?")
    _, update = await play.heard()
    assert update.my_chat_member is not None
    change = update.my_chat_member
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    await play.say(STRANGER, "are you there", user=STRANGER)
    assert await play.heard() == []


async def test_people_join_and_are_listed(play: EditorApi) -> None:
    await play.do("people", id=555, first_name="Emi", language_code="ja", chats=[SUPERGROUP])
    await play.say(SUPERGROUP, "/start", user=555)
    await play.say(555, "/start", user=555)
    users = [update.effective_user for update in await play.heard()]
    assert [(each.id, each.language_code) for each in users if each] == [(555, "ja"), (555, "ja")]
    assert await play.bot.get_chat_member_count(SUPERGROUP) == 5
    admins = await play.bot.get_chat_administrators(SUPERGROUP)
    assert [each.user.first_name for each in admins] == ["Sandbox", "Ada"]
    _, people = await play.http.admin("GET", "people")
    assert [each["id"] for each in people] == [111, 222, 333, 444, 555]
    _, (chat,) = await play.http.admin("GET", f"chats?chat={SUPERGROUP}")
    assert [each["text"] for each in chat["messages"]] == ["/start"]


async def test_messages_age_past_deleting(play: EditorApi) -> None:
    sent = await play.bot.send_message(CHANNEL, "old news")
    assert await play.do("age", seconds=48 * 3600 + 5, chat=CHANNEL) == {"messages": 1}
    with pytest.raises(BadRequest, match="can't be deleted"):
        await play.bot.delete_message(CHANNEL, sent.message_id)
    fresh = await play.bot.send_message(CHANNEL, "fresh news")
    await play.do("clock", forward=48 * 3600 + 5)
    with pytest.raises(BadRequest, match="can't be deleted"):
        await play.bot.delete_message(CHANNEL, fresh.message_id)


async def test_updates_are_kept_for_a_day(play: EditorApi, clock: SettableClock) -> None:
    await play.say(ADA, "/one")
    clock.move(86000)
    await play.say(ADA, "/two")
    clock.move(500)
    assert [update.message.text for update in await play.heard() if update.message] == ["/two"]


async def test_allowed_updates_hold_from_then_on(play: EditorApi) -> None:
    await play.say(ADA, "before")
    first = await play.bot.get_updates(allowed_updates=["callback_query"])
    assert len(first) == 1
    await play.say(ADA, "after")
    assert await play.bot.get_updates(offset=first[0].update_id + 1) == ()
    assert await play.bot.get_updates(allowed_updates=[]) == ()
    await play.say(ADA, "and now")
    assert len(await play.bot.get_updates()) == 1


async def test_a_lost_answer_loses_no_update_and_an_answer_can_fail(
    play: EditorApi, sandbox: Sandbox
) -> None:
    await play.say(ADA, "/status")
    sandbox.faults.add("telegram", "getUpdates", "500_after_processing")
    assert (await play.http.telegram("getUpdates", offset=1))[0] == 500
    assert len(await play.heard()) == 1
    _, sent = await play.http.send("card", ADA, reply_markup=keys([("Go", "go")]))
    pressed = await play.do("press", chat=ADA, user=ADA, message_id=sent["result"]["message_id"], label="Go")
    sandbox.faults.add("telegram", "answerCallbackQuery", "500")
    query = {"callback_query_id": pressed["callback_query_id"]}
    statuses = [(await play.http.telegram("answerCallbackQuery", **query))[0] for _ in range(3)]
    assert statuses == [500, 200, 400]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("say", {"chat": ADA, "user": STRANGER, "text": "not my chat"}),
        ("say", {"chat": ADA, "user": ADA, "text": "x", "kind": "telepathy"}),
        ("say", {"chat": ADA, "user": ADA, "text": "x", "origin": "nowhere"}),
        ("say", {"chat": ADA, "user": ADA, "text": "x", "reply_to": 77}),
        ("say", {"chat": ADA, "user": ADA, "text": "x", "kind": "channel_post"}),
        ("edit", {"chat": ADA, "user": ADA, "message_id": 77, "text": "x"}),
        ("forward", {"from_chat": CHANNEL, "message_id": 77, "chat": ADA, "user": ADA}),
        ("press", {"chat": ADA, "user": ADA, "message_id": 77, "label": "x"}),
        ("replay", {"update_id": 77}),
        ("standing", {"chat": ADA, "user": 9, "status": "kicked"}),
        ("people", {"id": 9}),
        ("people", {"id": 9, "first_name": "x", "chats": [5]}),
        ("age", {"seconds": 1, "chat": 5}),
        ("clock", {}),
        ("webhook", {"retry": "soon"}),
    ],
)
async def test_what_people_can_not_do_is_a_400(play: EditorApi, name: str, given: dict[str, Any]) -> None:
    assert (await play.http.admin("POST", name, given))[0] == 400


async def test_nobody_edits_what_is_not_theirs(play: EditorApi) -> None:
    card = await play.bot.send_message(SUPERGROUP, "a card")
    said = await play.say(SUPERGROUP, "mine", user=BILAL)
    for message in (card.message_id, said):
        given = {"chat": SUPERGROUP, "user": ADA, "message_id": message, "text": "yours"}
        assert (await play.http.admin("POST", "edit", given))[0] == 400
    assert len(await play.heard()) == 1
