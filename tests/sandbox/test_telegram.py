"""The Bot API stand-in, driven by python-telegram-bot and by raw HTTP."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import FormData, web
from telegram import Bot, ChatMemberAdministrator, InputMediaPhoto, LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken

from newsbot.sandbox import Sandbox
from newsbot.sandbox.calls import RateWindow
from newsbot.sandbox.telegram.people import press, say
from tests.sandbox.conftest import Http, SettableClock, png

CHANNEL, SUPERGROUP, GROUP, FORUM, PERSON = -1001000000001, -1001000000002, -1000003, -1001000000004, 111


async def test_a_channel_post_is_answered_as_by_telegram(sandbox: Sandbox, bot: Bot) -> None:
    preview = LinkPreviewOptions(url="https://e.com/x", show_above_text=True)
    sent = await bot.send_message(
        "@SANDBOX", " <b>Hi</b> &amp; bye ", parse_mode="HTML", link_preview_options=preview
    )
    assert (sent.message_id, sent.chat.id, sent.chat.username, sent.text) == (
        1,
        CHANNEL,
        "sandbox",
        "Hi & bye",
    )
    assert sent.sender_chat is not None
    assert sent.sender_chat.id == CHANNEL
    assert sent.from_user is None
    assert sent.link_preview_options == preview
    assert sent.link == "https://t.me/sandbox/1"
    assert [(e.type, e.offset, e.length) for e in sent.entities] == [("bold", 0, 2)]
    assert not sandbox.violations


async def test_in_a_group_the_bot_is_the_sender(bot: Bot) -> None:
    sent = await bot.send_message(GROUP, "x")
    assert sent.from_user is not None
    assert sent.from_user.id == 123456


async def test_who_are_we_and_where(bot: Bot) -> None:
    me = await bot.get_me()
    chat = await bot.get_chat("@sandbox")
    member = await bot.get_chat_member(CHANNEL, me.id)
    assert (me.username, chat.type, chat.title) == ("sandbox_bot", "channel", "Sandbox")
    assert member.status == "administrator"
    assert isinstance(member, ChatMemberAdministrator)
    assert member.can_post_messages


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("", None, "message text is empty"),
        ("a\ud800", None, "strings must be encoded in UTF-8"),
        (" \n ", None, "text must be non-empty"),
        ("<b> </b>", "HTML", "text must be non-empty"),
        ("x" * 4097, None, "message is too long"),
        ("😀" * 2049, None, "message is too long"),
        ("<p>x</p>", "HTML", 'can\'t parse entities: Unsupported start tag "p" at byte offset 0'),
    ],
)
async def test_a_text_that_telegram_refuses(
    unlimited_sandbox: Sandbox, http: Http, text: str, mode: str | None, why: str
) -> None:
    status, body = await http.send(text, parse_mode=mode)
    assert (status, body["description"]) == (400, f"Bad Request: {why}")
    assert unlimited_sandbox.violations


async def test_length_counts_after_parsing_and_trimming(unlimited_sandbox: Sandbox, http: Http) -> None:
    link = f'<a href="https://e.com/{"x" * 5000}">{"😀" * 2048}</a>'
    assert (await http.send(f"  {link}  ", parse_mode="HTML"))[0] == 200
    assert not unlimited_sandbox.violations


@pytest.mark.usefixtures("unlimited_sandbox")
async def test_more_than_100_entities_are_refused(http: Http) -> None:
    assert (await http.send("<b>x</b> " * 100, parse_mode="HTML"))[0] == 200
    assert (await http.send("<b>x</b> " * 101, parse_mode="HTML"))[0] == 400


async def test_a_wrong_token_is_unauthorized(sandbox: Sandbox, http: Http) -> None:
    assert await http.telegram("getMe", token="123456:WRONG") == (
        401,
        {"ok": False, "error_code": 401, "description": "Unauthorized"},
    )
    with pytest.raises(InvalidToken):
        await Bot("123456:WRONG", base_url=f"{sandbox.telegram_url}/bot").initialize()


async def test_an_unknown_method_is_a_violation(sandbox: Sandbox, http: Http) -> None:
    status, body = await http.telegram("sendSong")
    assert (status, body["description"]) == (404, "Not Found: method not found")
    assert [v.method for v in sandbox.violations] == ["sendSong"]


@pytest.mark.parametrize(
    ("chat", "change", "error", "why"),
    [
        (-42, {}, BadRequest, "Chat not found"),
        ("@nobody", {}, BadRequest, "Chat not found"),
        (CHANNEL, {"bot": "kicked"}, Forbidden, "bot was kicked from the channel chat"),
        (CHANNEL, {"bot": "left"}, Forbidden, "bot is not a member of the channel chat"),
        (CHANNEL, {"can_post_messages": False}, BadRequest, "Need administrator rights in the channel chat"),
        (
            SUPERGROUP,
            {"can_post_messages": False},
            BadRequest,
            "Not enough rights to send text messages to the chat",
        ),
        (PERSON, {"bot": "kicked"}, Forbidden, "bot was blocked by the user"),
        (GROUP, {"migrated_to": SUPERGROUP}, ChatMigrated, str(SUPERGROUP)),
    ],
)
async def test_a_chat_that_will_not_have_it(
    sandbox: Sandbox, bot: Bot, chat: int | str, change: dict[str, Any], error: type[Exception], why: str
) -> None:
    for name, value in change.items():
        setattr(sandbox.telegram.chat(chat), name, value)
    with pytest.raises(error, match=why):
        await bot.send_message(chat, "x")
    assert not sandbox.violations


@pytest.mark.usefixtures("unlimited_sandbox")
async def test_topics_are_only_in_forums(bot: Bot) -> None:
    sent = await bot.send_message(FORUM, "x", message_thread_id=12)
    assert (sent.message_thread_id, sent.is_topic_message) == (12, True)
    for chat, thread in ((FORUM, 99), (SUPERGROUP, 12)):
        with pytest.raises(BadRequest, match="thread not found"):
            await bot.send_message(chat, "x", message_thread_id=thread)


@pytest.mark.usefixtures("unlimited_sandbox")
async def test_replies_need_their_message(bot: Bot) -> None:
    first = await bot.send_message(CHANNEL, "one")
    second = await bot.send_message(CHANNEL, "two", reply_parameters=ReplyParameters(first.message_id))
    assert second.reply_to_message is not None
    assert second.reply_to_message.text == "one"
    with pytest.raises(BadRequest, match="to be replied not found"):
        await bot.send_message(CHANNEL, "three", reply_parameters=ReplyParameters(77))
    lenient = ReplyParameters(77, allow_sending_without_reply=True)
    assert (await bot.send_message(CHANNEL, "three", reply_parameters=lenient)).reply_to_message is None


# ---------------------------------------------------------------- pace


async def test_one_a_second_in_one_chat(sandbox: Sandbox, http: Http, clock: SettableClock) -> None:
    assert (await http.send("1", CHANNEL))[0] == 200
    assert (await http.send("2", "@sandbox"))[0] == 429
    assert (await http.send("other chats are free", PERSON))[0] == 200
    clock.move(1)
    assert (await http.send("2", CHANNEL))[0] == 200
    assert [m.text for m in sandbox.telegram.chat(CHANNEL).messages] == ["1", "2"]
    assert len(sandbox.violations) == 1


async def test_twenty_a_minute_in_one_group(sandbox: Sandbox, http: Http, clock: SettableClock) -> None:
    for n in range(20):
        assert (await http.send(str(n), GROUP))[0] == 200
        clock.move(1.5)
    status, body = await http.send("over", GROUP)
    assert (status, body["parameters"]) == (429, {"retry_after": 30})
    assert body["description"] == "Too Many Requests: retry after 30"
    clock.move(30)
    assert (await http.send("again", GROUP))[0] == 200
    assert len(sandbox.telegram.chat(GROUP).messages) == 21


async def test_thirty_a_second_over_all_chats(sandbox: Sandbox, http: Http, clock: SettableClock) -> None:
    sandbox.telegram.pace.per_chat = sandbox.telegram.pace.per_group = None
    statuses = [(await http.send("x", (111, CHANNEL)[n % 2]))[0] for n in range(31)]
    assert statuses == [200] * 30 + [429]
    clock.move(1)
    assert (await http.send("x"))[0] == 200


async def test_the_window_slides(sandbox: Sandbox, http: Http, clock: SettableClock) -> None:
    sandbox.telegram.pace.per_chat = RateWindow(2, 10)
    statuses = []
    for wait in (0, 6, 3, 1, 1, 5):
        clock.move(wait)
        statuses.append((await http.send("x"))[0])
    assert statuses == [200, 200, 429, 200, 429, 200]


# ---------------------------------------------------------------- photos


async def test_an_uploaded_photo_comes_back_in_sizes(unlimited_sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_photo(CHANNEL, png(1600, 900), caption="<i>c</i>", parse_mode="HTML")
    assert [(p.width, p.height) for p in sent.photo] == [(90, 51), (320, 180), (800, 450), (1280, 720)]
    assert sent.caption == "c"
    assert unlimited_sandbox.telegram.chat(CHANNEL).messages[0].photo is not None
    again = await bot.send_photo(CHANNEL, sent.photo[-1].file_id)
    assert again.photo[-1].file_id == sent.photo[-1].file_id


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html>", "image_process_failed"),
        (png(9000, 1001), "photo_invalid_dimensions"),
        (png(2100, 100), "photo_invalid_dimensions"),
        (png(padding=10 * 1024 * 1024), "is too big for a photo"),
    ],
)
async def test_what_is_no_photo_is_refused(
    unlimited_sandbox: Sandbox, bot: Bot, data: bytes, why: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){why}"):
        await bot.send_photo(CHANNEL, data)
    assert not unlimited_sandbox.telegram.chat(CHANNEL).messages


@pytest.mark.usefixtures("unlimited_sandbox")
async def test_a_photo_by_url_is_fetched_from_loopback_only(bot: Bot) -> None:
    async def serve(request: web.Request) -> web.Response:
        kind = {"/p.png": "image/png", "/p.html": "text/html"}[request.path]
        return web.Response(body=png(), content_type=kind)

    runner = web.ServerRunner(web.Server(serve))  # type: ignore[arg-type]  # aiohttp: BaseRequest, wider
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        sent = await bot.send_photo(CHANNEL, f"{base}/p.png")
        assert (sent.photo[-1].width, sent.photo[-1].height) == (40, 30)
        with pytest.raises(BadRequest, match=r"(?i)wrong type of the web page content"):
            await bot.send_photo(CHANNEL, f"{base}/p.html")
        with pytest.raises(BadRequest, match=r"(?i)failed to get http url content"):
            await bot.send_photo(CHANNEL, "http://192.0.2.1/p.png")
    finally:
        await runner.cleanup()


@pytest.mark.usefixtures("unlimited_sandbox")
async def test_a_caption_is_shorter(bot: Bot) -> None:
    await bot.send_photo(CHANNEL, png(), caption="x" * 1024)
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_photo(CHANNEL, png(), caption="x" * 1025)


async def test_an_album_is_two_to_ten_photos(unlimited_sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_media_group(CHANNEL, [InputMediaPhoto(png(), caption="c"), InputMediaPhoto(png())])
    assert len({message.media_group_id for message in sent}) == 1
    with pytest.raises(BadRequest, match="2 to 10"):
        await bot.send_media_group(CHANNEL, [InputMediaPhoto(png())])
    assert len(unlimited_sandbox.telegram.chat(CHANNEL).messages) == 2


async def test_a_file_where_none_belongs_is_refused(unlimited_sandbox: Sandbox, http: Http) -> None:
    form = FormData({"chat_id": "111"})
    form.add_field("text", b"x", filename="x.txt")
    url = f"{unlimited_sandbox.telegram_url}/bot{unlimited_sandbox.telegram.bot.token}/sendMessage"
    async with http.session.post(url, data=form) as response:
        assert response.status == 400


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data", b"x"),
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/x-www-form-urlencoded", b"\xff"),
    ],
)
async def test_a_body_that_is_broken_is_refused(sandbox: Sandbox, http: Http, kind: str, data: bytes) -> None:
    url = f"{sandbox.telegram_url}/bot{sandbox.telegram.bot.token}/sendMessage"
    async with http.session.post(url, data=data, headers={"Content-Type": kind}) as response:
        assert response.status == 400
    assert sandbox.violations


async def test_entities_stay_inside_the_text(http: Http) -> None:
    outside = [{"type": "bold", "offset": 0, "length": 2}]
    assert (await http.send("x", entities=outside))[0] == 400


# ---------------------------------------------------------------- edits


async def test_edits_change_text_once(unlimited_sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_message(CHANNEL, "old")
    edited = await bot.edit_message_text("new", CHANNEL, sent.message_id)
    assert not isinstance(edited, bool)
    assert (edited.text, edited.edit_date is not None) == ("new", True)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("new", CHANNEL, sent.message_id)
    with pytest.raises(BadRequest, match="to edit not found"):
        await bot.edit_message_text("new", CHANNEL, 99)
    photo = await bot.send_photo(CHANNEL, png(), caption="old")
    await bot.edit_message_caption(CHANNEL, photo.message_id, caption="new")
    with pytest.raises(BadRequest, match="no text in the message"):
        await bot.edit_message_text("new", CHANNEL, photo.message_id)
    assert [m.text for m in unlimited_sandbox.telegram.chat(CHANNEL).messages] == ["new", "new"]


async def test_deleting_ends_after_48_hours(
    unlimited_sandbox: Sandbox, bot: Bot, clock: SettableClock
) -> None:
    first, second = [await bot.send_message(CHANNEL, text) for text in "ab"]
    assert await bot.delete_message(CHANNEL, first.message_id)
    clock.move(48 * 3600 + 2)
    with pytest.raises(BadRequest, match="can't be deleted"):
        await bot.delete_message(CHANNEL, second.message_id)
    with pytest.raises(BadRequest, match="to delete not found"):
        await bot.delete_message(CHANNEL, first.message_id)
    chat = unlimited_sandbox.telegram.chat(CHANNEL)
    assert ([m.text for m in chat.messages], [m.text for m in chat.deleted]) == (["b"], ["a"])


# ---------------------------------------------------------------- updates


async def test_a_newer_poll_ends_the_older(sandbox: Sandbox, bot: Bot, http: Http) -> None:
    older = asyncio.create_task(bot.get_updates(timeout=5))
    while not sandbox.calls or sandbox.calls[-1].method != "getUpdates":
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    newer = asyncio.create_task(http.telegram("getUpdates", timeout=5))
    with pytest.raises(Conflict, match="terminated by other getUpdates"):
        await older
    say(sandbox.telegram, PERSON, 111, "/status", at=sandbox.clock.now())
    assert (await newer)[1]["result"][0]["message"]["text"] == "/status"
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.entities[0].type == "bot_command"
    assert await bot.get_updates(offset=update.update_id + 1) == ()


async def test_a_webhook_excludes_polling(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="https"):
        await bot.set_webhook("http://desk.example.org/")
    await bot.set_webhook("https://desk.example.org/tg", secret_token="s")
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_a_pressed_button_is_answered_once_it_was_pressed(
    unlimited_sandbox: Sandbox, http: Http, bot: Bot
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Approve", "callback_data": "a:k3f9"}]]}
    sent = (await http.send("x", SUPERGROUP, reply_markup=keyboard))[1]["result"]
    query = press(unlimited_sandbox.telegram, SUPERGROUP, 111, sent["message_id"], "Appr")
    (update,) = await bot.get_updates()
    assert update.callback_query is not None
    assert (update.callback_query.data, update.callback_query.from_user.id) == ("a:k3f9", 111)
    assert await bot.answer_callback_query(query, "done")
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query("77")


@pytest.mark.parametrize(
    "button", [{"text": "x"}, {"text": "x", "callback_data": "é" * 33}, {"text": "x", "callback_data": ""}]
)
async def test_buttons_do_one_thing_in_64_bytes(
    unlimited_sandbox: Sandbox, http: Http, button: dict[str, str]
) -> None:
    status, _ = await http.send("x", reply_markup={"inline_keyboard": [[button]]})
    assert status == 400
    assert unlimited_sandbox.violations


async def test_commands_have_plain_names(sandbox: Sandbox, bot: Bot) -> None:
    await bot.set_my_commands([("queue", "What waits")])
    with pytest.raises(BadRequest):
        await bot.set_my_commands([("Que-ue", "What waits")])
    assert sandbox.telegram.commands == [{"command": "queue", "description": "What waits"}]


# ---------------------------------------------------------------- the preview page


async def test_a_public_channel_can_be_read_back(unlimited_sandbox: Sandbox, http: Http) -> None:
    for n in range(21):
        await http.send(
            f'<b>No {n}</b> &lt;\n<a href="https://e.com/?a=1&amp;b">l</a>', CHANNEL, parse_mode="HTML"
        )
    async with http.session.get(f"{unlimited_sandbox.telegram_url}/s/Sandbox") as response:
        page = await response.text()
    assert page.count("data-post=") == 20
    assert 'data-post="sandbox/21"' in page
    assert 'data-post="sandbox/1"' not in page
    link = '<a href="https://e.com/?a=1&amp;b" target="_blank" rel="noopener">l</a>'
    assert f"<b>No 20</b> &lt;<br/>{link}" in page
    async with http.session.get(
        f"{unlimited_sandbox.telegram_url}/s/nobody", allow_redirects=False
    ) as response:
        assert response.status == 302


async def test_the_token_is_in_no_record(sandbox: Sandbox, bot: Bot, http: Http) -> None:
    await bot.send_message(PERSON, "x")
    await http.telegram("getMe", token="123456:WRONG")
    assert "sandbox" not in json.dumps([call.params for call in sandbox.calls])
    assert "WRONG" not in repr(sandbox.calls)
    assert sandbox.telegram.bot.token not in repr(sandbox.calls)
