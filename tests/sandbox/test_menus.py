"""Menus of commands, pins, copies, other media: what a desk asks of the Bot API beside sending."""

from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    BotCommandScopeChatMember,
    InputMediaPhoto,
    MessageOriginChannel,
)
from telegram.error import BadRequest

from newsbot.sandbox import Sandbox
from tests.sandbox.conftest import Http, png

CHANNEL, SUPERGROUP, GROUP, ADA, BILAL = -1001000000001, -1001000000002, -1000003, 111, 222


async def seen(http: Http, chat: int, user: int) -> list[str]:
    _, commands = await http.admin("GET", f"menu?chat={chat}&user={user}")
    return [each["command"] for each in commands]


async def test_a_person_sees_the_narrowest_menu_in_their_language(http: Http, bot: Bot) -> None:
    async def offer(name: str, **where: Any) -> None:
        await bot.set_my_commands([(name, "What waits")], **where)

    assert await seen(http, ADA, ADA) == []
    await offer("all")
    await offer("private", scope=BotCommandScopeAllPrivateChats())
    await offer("private_ur", scope=BotCommandScopeAllPrivateChats(), language_code="ur")
    await offer("groups", scope=BotCommandScopeAllGroupChats())
    await offer("admins", scope=BotCommandScopeChatAdministrators(SUPERGROUP))
    assert await seen(http, ADA, ADA) == ["private"]
    assert await seen(http, BILAL, BILAL) == ["private_ur"]
    assert await seen(http, SUPERGROUP, ADA) == ["admins"]
    assert await seen(http, SUPERGROUP, BILAL) == ["groups"]
    await offer("mine", scope=BotCommandScopeChat(ADA))
    await offer("his", scope=BotCommandScopeChatMember(SUPERGROUP, BILAL))
    assert await seen(http, ADA, ADA) == ["mine"]
    assert await seen(http, SUPERGROUP, BILAL) == ["his"]
    await bot.delete_my_commands(scope=BotCommandScopeChat(ADA))
    assert await seen(http, ADA, ADA) == ["private"]
    found = await bot.get_my_commands(scope=BotCommandScopeAllPrivateChats(), language_code="ur")
    assert [each.command for each in found] == ["private_ur"]
    assert await bot.get_my_commands(language_code="es") == ()


@pytest.mark.parametrize(
    "given",
    [
        {"commands": [{"command": "Q", "description": "x"}]},
        {"commands": [{"command": "q" * 33, "description": "x"}]},
        {"commands": [{"command": "q", "description": ""}]},
        {"commands": [{"command": "q", "description": "x"}] * 101},
        {"commands": [], "scope": {"type": "everywhere"}},
        {"commands": [], "scope": {"type": "chat"}},
        {"commands": [], "scope": {"type": "chat", "chat_id": CHANNEL}},
        {"commands": [], "language_code": "urdu"},
    ],
)
async def test_a_menu_that_telegram_refuses(http: Http, given: dict[str, Any]) -> None:
    assert (await http.telegram("setMyCommands", **given))[0] == 400


async def test_a_post_is_forwarded_and_copied_by_the_bot(unlimited_sandbox: Sandbox, bot: Bot) -> None:
    post = await bot.send_photo(CHANNEL, png(), caption="The bay")
    forwarded = await bot.forward_message(ADA, CHANNEL, post.message_id)
    assert isinstance(forwarded.forward_origin, MessageOriginChannel)
    assert forwarded.forward_origin.message_id == post.message_id
    copied = await bot.copy_message(ADA, CHANNEL, post.message_id, caption="Again")
    messages = unlimited_sandbox.telegram.chat(ADA).messages
    assert [(m.message_id, m.text, m.photo is not None) for m in messages] == [
        (forwarded.message_id, "The bay", True),
        (copied.message_id, "Again", True),
    ]
    with pytest.raises(BadRequest, match="to forward not found"):
        await bot.forward_message(ADA, CHANNEL, 99)


async def test_a_photo_is_put_in_place_of_another(unlimited_sandbox: Sandbox, bot: Bot) -> None:
    sent = await bot.send_photo(CHANNEL, png(40, 30), caption="old")
    edited = await bot.edit_message_media(
        InputMediaPhoto(png(60, 40), caption="new"), CHANNEL, sent.message_id
    )
    assert not isinstance(edited, bool)
    assert (edited.caption, edited.photo[-1].width) == ("new", 60)
    assert unlimited_sandbox.telegram.chat(CHANNEL).messages[0].edit_date is not None


@pytest.mark.usefixtures("unlimited_sandbox")
async def test_pinning_needs_the_right(http: Http, bot: Bot) -> None:
    sent = await bot.send_message(SUPERGROUP, "the card")
    assert await bot.pin_chat_message(SUPERGROUP, sent.message_id)
    _, (chat,) = await http.admin("GET", f"chats?chat={SUPERGROUP}")
    assert chat["pinned"] == [sent.message_id]
    assert await bot.unpin_chat_message(SUPERGROUP)
    other = await bot.send_message(GROUP, "the card")
    with pytest.raises(BadRequest, match=r"(?i)not enough rights"):
        await bot.pin_chat_message(GROUP, other.message_id)


@pytest.mark.usefixtures("unlimited_sandbox")
async def test_what_the_bot_shows_that_it_does(bot: Bot) -> None:
    assert await bot.send_chat_action(ADA, "typing")
    with pytest.raises(BadRequest, match="channels"):
        await bot.send_chat_action(CHANNEL, "typing")


async def test_messages_are_deleted_together_and_those_that_are_gone_are_skipped(
    unlimited_sandbox: Sandbox, bot: Bot
) -> None:
    first, second = [await bot.send_message(ADA, text) for text in "ab"]
    assert await bot.delete_messages(ADA, [first.message_id, 77, second.message_id])
    assert unlimited_sandbox.telegram.chat(ADA).messages == []
