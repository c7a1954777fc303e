"""What is Telegram's own: parameters, refusals, links, paces, settings."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from newsbot.channels.telegram import TelegramSettings
from newsbot.errors import (
    ChannelRefused,
    MediaRefused,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SendError,
)
from newsbot.model import Receipt
from newsbot.sandbox import Sandbox, SandboxChat

from .servers import Request, accepted, answer, make, message, part, raw, serving
from .stand_ins.telegram import TOKEN

API = Path(__file__).resolve().parents[3] / "shared" / "data" / "telegram" / "api.json"


async def sent(receipt_of: Any = None, **settings: Any) -> Receipt:
    async with serving(answer({"ok": True, "result": receipt_of or message()})) as server:
        channel = make("telegram", server.url, **settings)
        receipt = await channel.send(part(), after=None)
        await channel.close()
    assert isinstance(receipt, Receipt)
    return receipt


async def refusal(
    status: str, description: str | None, *, photo: bool = False, **parameters: Any
) -> SendError:
    body: Any = {"ok": False, "error_code": int(status[:3]), "description": description}
    body |= {"parameters": parameters} if parameters else {}
    async with serving(answer(b"<html></html>" if description is None else body, status)) as server:
        channel = make("telegram", server.url)
        with pytest.raises(SendError) as caught:
            await channel.send(part(photo=photo), after=None)
        await channel.close()
    return caught.value


# ---------------------------------------------------------------- refusals

TEXT_REFUSALS = [
    ("400 Bad Request", "Bad Request: can't parse entities: Unsupported start tag", Refused),
    ("400 Bad Request", "Bad Request: message is too long", Refused),
    ("400 Bad Request", "Bad Request: message to be replied not found", Refused),
    ("400 Bad Request", "Bad Request: chat not found", ChannelRefused),
    ("400 Bad Request", "Bad Request: need administrator rights in the channel chat", ChannelRefused),
    ("400 Bad Request", "Bad Request: not enough rights to send text messages to the chat", ChannelRefused),
    ("400 Bad Request", "Bad Request: message thread not found", ChannelRefused),
    ("400 Bad Request", "Bad Request: TOPIC_CLOSED", ChannelRefused),
    ("400 Bad Request", "Bad Request: CHAT_WRITE_FORBIDDEN", ChannelRefused),
    ("401 Unauthorized", "Unauthorized", ChannelRefused),
    ("404 Not Found", "Not Found", ChannelRefused),
    ("403 Forbidden", "Forbidden: bot was kicked from the channel chat", ChannelRefused),
    ("403 Forbidden", "Forbidden: bot was blocked by the user", ChannelRefused),
    ("403 Forbidden", None, ChannelRefused),
    ("400 Bad Request", None, NotSent),
    ("409 Conflict", None, NotSent),
    ("429 Too Many Requests", None, RateLimited),
]
PHOTO_REFUSALS = [
    ("400 Bad Request", "Bad Request: IMAGE_PROCESS_FAILED", MediaRefused),
    ("400 Bad Request", "Bad Request: PHOTO_INVALID_DIMENSIONS", MediaRefused),
    ("400 Bad Request", "Bad Request: PHOTO_SAVE_FILE_INVALID", MediaRefused),
    ("400 Bad Request", "Bad Request: wrong file identifier/HTTP URL specified", MediaRefused),
    ("400 Bad Request", "Bad Request: not enough rights to send photos to the chat", MediaRefused),
    ("400 Bad Request", "Bad Request: message caption is too long", MediaRefused),
    ("413 Request Entity Too Large", "Request Entity Too Large", MediaRefused),
    ("400 Bad Request", "Bad Request: chat not found", ChannelRefused),
    ("403 Forbidden", "Forbidden: bot is not a member of the channel chat", ChannelRefused),
    ("502 Bad Gateway", "Bad Gateway", OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "description", "error"), TEXT_REFUSALS)
async def test_a_refused_text_says_whom_it_concerns(status: str, description: str, error: type) -> None:
    found = await refusal(status, description)
    assert type(found) is error
    assert (description or status[:3]) in str(found)


@pytest.mark.parametrize(("status", "description", "error"), PHOTO_REFUSALS)
async def test_a_refused_photo_says_whom_it_concerns(status: str, description: str, error: type) -> None:
    assert type(await refusal(status, description, photo=True)) is error


async def test_a_refused_channel_says_what_to_do() -> None:
    found = await refusal("400 Bad Request", "Bad Request: need administrator rights in the channel chat")
    assert "make the bot an administrator of @sandbox with the right to post" in str(found)


async def test_a_group_that_moves_again_and_again_is_a_refused_channel() -> None:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    found = await refusal("400 Bad Request", words, migrate_to_chat_id=-1009876543210)
    assert isinstance(found, ChannelRefused)
    assert "set chat to -1009876543210 in config.yaml" in str(found)


async def test_a_place_to_move_to_that_is_no_id_is_not_followed() -> None:
    words = "Bad Request: group chat was upgraded to a supergroup chat"
    assert type(await refusal("400 Bad Request", words, migrate_to_chat_id="elsewhere")) is ChannelRefused


@pytest.mark.parametrize(("given", "seconds"), [(7, 7.0), (0, 30.0), (-1, 30.0), ("soon", 30.0), (True, 1.0)])
async def test_a_429_waits_as_long_as_it_says(given: Any, seconds: float) -> None:
    found = await refusal("429 Too Many Requests", "Too Many Requests", retry_after=given)
    assert isinstance(found, RateLimited)
    assert found.retry_after == seconds


async def test_parameters_that_are_no_object_do_not_hide_a_refusal() -> None:
    body = {"ok": False, "description": "Bad Request: message is too long", "parameters": [1]}
    async with serving(answer(body, "400 Bad Request")) as server:
        channel = make("telegram", server.url)
        with pytest.raises(Refused):
            await channel.send(part(), after=None)
        await channel.close()


async def test_a_refusal_cut_off_proves_nothing() -> None:
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n"
    async with serving(raw(head + b'{"ok": false')) as server:
        channel = make("telegram", server.url)
        with pytest.raises(OutcomeUnknown):
            await channel.send(part(), after=None)
        await channel.close()


# ---------------------------------------------------------------- receipts


@pytest.mark.parametrize(
    ("chat", "url"),
    [
        ({}, "https://t.me/example/77"),
        ({"username": None}, "https://t.me/c/1234567890/77"),
        ({"username": None, "type": "supergroup"}, "https://t.me/c/1234567890/77"),
        ({"username": None, "type": "group", "id": -4242}, None),
        ({"type": "private", "id": 111}, None),
    ],
)
async def test_a_receipt_has_a_permalink_where_there_is_one(chat: dict[str, Any], url: str | None) -> None:
    receipt = await sent(message(**chat), chat=-1001234567890)
    assert (receipt.remote_id, receipt.url) == ("77", url)


async def test_a_channel_asked_for_by_name_is_linked_by_it_where_the_answer_leaves_it_out() -> None:
    receipt = await sent(message(username=None), chat="@example")
    assert receipt.url == "https://t.me/example/77"


async def test_an_answer_that_is_no_json_is_told_in_words_and_its_body_logged_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(answer(b"<html>bad gateway</html>")) as server:
        channel = make("telegram", server.url)
        with pytest.raises(OutcomeUnknown, match="an answer that makes no sense"):
            await channel.send(part(), after=None)
        await channel.close()
    assert not caplog.records


# ---------------------------------------------------------------- what goes over the wire


async def requested(one: Any, after: Receipt | None = None, **settings: Any) -> Request:
    async with serving(accepted("telegram")) as server:
        channel = make("telegram", server.url, **settings)
        await channel.send(one, after=after)
        await channel.close()
    return server.requests[0]


def form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


async def test_a_post_with_a_card_names_its_url() -> None:
    request = await requested(part("<b>x</b>", parse_mode="HTML", link_preview="https://example.org/a"))
    assert form(request) == {
        "chat_id": "@sandbox",
        "text": "<b>x</b>",
        "parse_mode": "HTML",
        "link_preview_options": '{"is_disabled": false, "url": "https://example.org/a"}',
    }
    assert request.line.split()[:2] == ["POST", f"/bot{TOKEN}/sendMessage"]


async def test_a_post_without_a_card_disables_it() -> None:
    sent_form = form(await requested(part("see example.org")))
    assert json.loads(sent_form["link_preview_options"]) == {"is_disabled": True}
    assert "parse_mode" not in sent_form


async def test_a_topic_and_a_thread_are_named() -> None:
    sent_form = form(await requested(part(), after=Receipt(0, "41"), chat=-1001, topic=12))
    assert (sent_form["chat_id"], sent_form["message_thread_id"]) == ("-1001", "12")
    assert json.loads(sent_form["reply_parameters"])["message_id"] == 41


async def test_the_bot_is_not_asked_who_it_is_before_a_post() -> None:
    async with serving(accepted("telegram")) as server:
        channel = make("telegram", server.url)
        await channel.send(part(), after=None)
        await channel.close()
        assert len(server.requests) == 1


TYPES = {"Integer": int, "String": str, "Boolean": bool, "Float": float}


def fits(value: Any, kinds: list[str], types: dict[str, Any]) -> bool:
    """Whether a JSON value is of one of the Bot API's types."""
    for kind in kinds:
        if kind in TYPES and isinstance(value, TYPES[kind]) and not (kind == "Integer" and value is True):
            return True
        if kind in types and isinstance(value, dict) and not faults(value, types[kind]["fields"], types):
            return True
    return False


def faults(params: dict[str, Any], fields: list[dict[str, Any]], types: dict[str, Any]) -> list[str]:
    known = {one["name"]: one for one in fields}
    found = [f"unknown {name}" for name in params.keys() - known.keys()]
    found += [f"missing {name}" for name, one in known.items() if one["required"] and name not in params]
    return found + [
        f"type of {name}"
        for name, value in params.items()
        if name in known and not fits(value, known[name]["types"], types)
    ]


def typed(name: str, text: str) -> Any:
    """A form's value as the Bot API reads it."""
    return json.loads(text) if name not in {"text", "caption", "chat_id", "parse_mode"} else text


@pytest.mark.skipif(not API.exists(), reason=f"the Bot API as data is not at {API}")
async def test_every_call_is_one_that_the_bot_api_knows() -> None:
    spec = json.loads(API.read_text())
    async with Sandbox(token=TOKEN) as sandbox:
        sandbox.telegram.pace.per_chat = None
        channel = make("telegram", sandbox.telegram_url, chat=-1001000000004, topic=12)
        first = await channel.send(
            part("a", parse_mode="HTML", link_preview="https://example.org/"), after=None
        )
        await channel.send(part("b", photo=True, parse_mode="HTML"), after=first)
        await channel.send(part("c"), after=first)
        await channel.identify()
        await channel.close()
    calls = [(call.method, call.params) for call in sandbox.calls]
    assert {method for method, _ in calls} == {
        "sendMessage", "sendPhoto", "getMe", "getChat", "getChatMember",
    }  # fmt: skip
    for method, params in calls:
        sent_params = {
            n: typed(n, v) if isinstance(v, str) and n != "photo" else v for n, v in params.items()
        }
        assert not faults(sent_params, spec["methods"][method].get("fields", []), spec["types"]), method


# ---------------------------------------------------------------- who we are


async def test_it_says_which_bot_posts_where() -> None:
    async with Sandbox(token=TOKEN) as sandbox:
        channel = make("telegram", sandbox.telegram_url, chat="@sandbox")
        identity = await channel.identify()
        await channel.close()
    assert (identity.name, identity.place) == ("@sandbox_bot", "@sandbox")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"can_post_messages": False}, "may not post in the channel"),
        ({"bot": "member"}, "may not post in the channel"),
        ({"bot": "left"}, "not a member"),
        ({"bot": "kicked"}, "kicked"),
    ],
)
async def test_a_bot_without_the_right_to_post_is_told_what_to_do(change: dict[str, Any], words: str) -> None:
    async with Sandbox(token=TOKEN) as sandbox:
        for name, value in change.items():
            setattr(sandbox.telegram.chat("@sandbox"), name, value)
        channel = make("telegram", sandbox.telegram_url, chat="@sandbox")
        with pytest.raises(ChannelRefused, match=words) as caught:
            await channel.identify()
        await channel.close()
    assert "an administrator of @sandbox with the right to post" in str(caught.value)


async def test_a_wrong_token_and_a_wrong_chat_are_told_apart() -> None:
    async with Sandbox() as sandbox:
        channel = make("telegram", sandbox.telegram_url, chat="@sandbox")
        with pytest.raises(ChannelRefused, match="token"):
            await channel.identify()
        await channel.close()
        channel = make("telegram", sandbox.telegram_url, chat="@nowhere", token=sandbox.telegram.bot.token)
        with pytest.raises(ChannelRefused, match="chat not found"):
            await channel.identify()
        await channel.close()


# ---------------------------------------------------------------- paces


def windows(channel: Any) -> list[tuple[int, float, bool]]:
    return [(rate.count, rate.seconds, rate.precise) for rate in channel.rates()]


def test_a_negative_id_has_a_groups_pace_until_an_answer_tells() -> None:
    own, group = [(30, 1.0, True), (1, 1.0, True)], [(20, 60.0, False)]
    assert windows(make("telegram", "http://127.0.0.1:1", chat=-1001)) == own + group
    assert windows(make("telegram", "http://127.0.0.1:1", chat="@example")) == own
    assert windows(make("telegram", "http://127.0.0.1:1", chat=111)) == own


OLD, NEW = -1000003, -1001000000007


@asynccontextmanager
async def moved_group() -> AsyncIterator[tuple[Sandbox, Any]]:
    """A group that became a supergroup, and the channel that still knows it by its old id."""
    async with Sandbox(token=TOKEN) as sandbox:
        sandbox.telegram.pace.per_chat = None
        sandbox.telegram.chat(OLD).migrated_to = NEW
        sandbox.telegram.add([SandboxChat(NEW, "supergroup", "Night shift")])
        channel = make("telegram", sandbox.telegram_url, chat=OLD)
        yield sandbox, channel
        await channel.close()


@pytest.mark.parametrize("photo", [False, True])
async def test_a_group_that_became_a_supergroup_is_followed_and_says_so_once(photo: bool) -> None:  # noqa: FBT001  a table's column
    async with moved_group() as (sandbox, channel):
        with capture_logs() as logs:
            first = await channel.send(part("one", photo=photo), after=None)
            second = await channel.send(part("two"), after=first)
    assert [message.text for message in sandbox.telegram.chat(NEW).messages] == ["one", "two"]
    assert str(first.note) == f"the group {OLD} became a supergroup: write chat: {NEW} in config.yaml"
    assert [line["mend"] for line in logs] == [str(first.note)]
    assert second.note is None
    assert [int(call.params["chat_id"]) for call in sandbox.calls] == [OLD, NEW, NEW]
    assert {rate.key.split(":")[2] for rate in channel.rates()[1:]} == {str(NEW)}


async def test_a_thread_goes_on_untied_where_its_group_moved_meanwhile() -> None:
    """The supergroup counts its messages from 1 again: the id to reply to would be another's."""
    async with moved_group() as (sandbox, channel):
        receipt = await channel.send(part("two"), after=Receipt(0, "41"))
    assert str(receipt.note).startswith("not tied to the part before it")
    assert sandbox.telegram.chat(NEW).messages[0].reply_to is None


async def test_check_online_follows_a_moved_group_too() -> None:
    moved = {"ok": False, "description": "upgraded", "parameters": {"migrate_to_chat_id": NEW}}

    async def behave(request: Request, writer: Any) -> None:
        if form(request).get("chat_id") == str(OLD):
            await answer(moved, "400 Bad Request")(request, writer)
        else:
            await answer({"ok": True, "result": results[request.line.split("/")[2].split()[0]]})(
                request, writer
            )

    bot = {"id": 123456789, "is_bot": True, "first_name": "Bot", "username": "a_bot"}
    chat = {"id": NEW, "type": "supergroup", "title": "Night shift"}
    results = {
        "getMe": bot,
        "getChat": chat,
        "getChatMember": {"status": "member", "user": bot},
    }
    async with serving(behave) as server:
        channel = make("telegram", server.url, chat=OLD)
        identity = await channel.identify()
        await channel.close()
    assert identity.place == "Night shift"
    assert [f"chat: {NEW}" in remark for remark in identity.remarks] == [True]


async def test_an_older_server_that_leaves_fields_out_is_understood() -> None:
    """The Bot API's first fields; python-telegram-bot demands later ones, and a probe would never succeed."""
    bot = {"id": 123456789, "first_name": "Bot", "username": "a_bot"}
    results = {
        "getMe": bot,
        "getChat": {"id": NEW, "type": "channel", "title": "News", "username": "example"},
        "getChatMember": {"status": "administrator", "user": bot, "can_post_messages": True},
    }

    async def behave(request: Request, writer: Any) -> None:
        await answer({"ok": True, "result": results[request.line.split("/")[2].split()[0]]})(request, writer)

    async with serving(behave) as server:
        channel = make("telegram", server.url)
        identity = await channel.identify()
        await channel.close()
    assert (identity.name, identity.place) == ("@a_bot", "@example")
    assert channel.rates()[1].key.endswith(f":{NEW}")


async def test_a_name_and_its_id_and_its_topics_are_one_pace() -> None:
    async with Sandbox(token=TOKEN) as sandbox:
        url, (chat, *_) = sandbox.telegram_url, sandbox.telegram.chats.values()
        channels = [make("telegram", url, chat=one) for one in ("@sandbox", "@SANDBOX", chat.id)]
        channels.append(make("telegram", url, chat=chat.id, topic=12))
        for channel in channels:
            await channel.open()
        assert len({channel.rates()[1].key for channel in channels}) == 1
        assert channels[0].rates()[1].key.endswith(f":{chat.id}")
        assert len(channels[0].rates()) == 2  # no group: it may go past 20 a minute
        await channels[0].open()
        assert [call.method for call in sandbox.calls] == ["getChat", "getChat"]
        for channel in channels:
            await channel.close()


async def test_a_name_that_can_not_be_asked_for_serves_until_it_can() -> None:
    async with Sandbox(token=TOKEN) as sandbox:
        channel = make("telegram", sandbox.telegram_url, chat="@sandbox")
        sandbox.faults.add("telegram", "getChat", "hang_after_processing")
        sandbox.faults.add("telegram", "getChat", "500")
        channel.deadline = 1.0
        for _ in range(2):
            await channel.open()
            assert channel.rates()[1].key.endswith(":@sandbox")
        channel.deadline = 10.0
        await channel.open()
        assert not channel.rates()[1].key.endswith(":@sandbox")
        await channel.close()


async def test_an_answer_tells_the_id_of_a_name() -> None:
    async with serving(accepted("telegram")) as server:
        channel = make("telegram", server.url)
        await channel.send(part(), after=None)
        await channel.close()
    assert channel.rates()[1].key.endswith(":-1001234567890")


async def test_an_answer_tells_a_group_from_a_channel() -> None:
    async with serving(accepted("telegram")) as server:
        channel = make("telegram", server.url, chat=-1001)
        await channel.send(part(), after=None)
        assert len(channel.rates()) == 2
        server.behaviour = answer({"ok": True, "result": message(type="supergroup")})
        await channel.send(part(), after=None)
        assert len(channel.rates()) == 3
        await channel.close()


def test_channels_of_one_bot_share_its_pace_and_not_their_chats() -> None:
    one, two = (make("telegram", "http://127.0.0.1:1", chat=chat).rates() for chat in ("@one_", "@two_"))
    assert one[0].key == two[0].key
    assert one[1].key != two[1].key


# ---------------------------------------------------------------- settings


def settings(**keys: Any) -> TelegramSettings:
    return TelegramSettings(kind="telegram", **{"token": TOKEN, "chat": "@example"} | keys)


@pytest.mark.parametrize(
    ("given", "chat"), [("@Example", "@Example"), (-1001, -1001), ("-1001", -1001), (" 42 ", 42)]
)
def test_a_chat_is_a_name_or_an_id(given: Any, chat: int | str) -> None:
    assert settings(chat=given).chat == chat


@pytest.mark.parametrize("wrong", ["example", "https://t.me/example", "@", "@ex ample", "", "@bad-name"])
def test_what_is_no_chat_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(ValidationError, match="@example or -1001234567890"):
        settings(chat=wrong)


@pytest.mark.parametrize("wrong", ["", "AAE-secret", "123", "123:", "bot123:AAE secret"])
def test_what_is_no_token_is_refused_without_showing_it(wrong: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(token=wrong)
    assert "@BotFather" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_interfaces_keys_are_taken() -> None:
    pace = {"overall": "1000/s", "per_chat": "1/s", "per_group": "20/min"}
    more = {"topic": 12, "read_back": "off", "on_correct": "reply", "on_edit": "edit", "pace": pace}
    found = settings(api="http://127.0.0.1:8081/", **more)
    assert found.api == "http://127.0.0.1:8081"
    assert found.pace.overall == (1000, 1.0)
    assert settings(read_back="https://t.me/s/other").read_back == "https://t.me/s/other"
