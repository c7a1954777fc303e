"""`check --online` says how the desk's bot is set, and what in it keeps the desk from hearing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from newsbot.config.models import DeskSettings
from newsbot.desk.bot import ApiError, examine
from newsbot.sandbox.telegram.state import BotStatus, SandboxWebhook

from .stand import GROUP, Stand, standing

ELSEWHERE = -1009999999999


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with standing(tmp_path) as made:
        yield made


async def told(stand: Stand, *, webhook: str | None = None, **settings: Any) -> tuple[str, str]:
    if settings:
        await stand.desk.api._call("setMySettings", settings)
    fine, wrong = await examine(stand.desk.api, [GROUP], webhook=webhook)
    return "\n".join(fine), "\n".join(wrong)


@pytest.mark.parametrize("mode", ["auto", "inline"])
async def test_it_says_how_presses_come(stand: Stand, mode: str) -> None:
    fine, wrong = await told(stand)
    assert "callback_query_mode default" in fine
    assert wrong == ""
    fine, _ = await told(stand, callback_query_mode=mode)
    assert f"(callback_query_mode {mode})" in fine
    assert "setMySettings with callback_query_mode=default" in fine


async def test_a_mode_that_telegram_does_not_have_is_refused(stand: Stand) -> None:
    with pytest.raises(ApiError, match="callback query mode"):
        await told(stand, callback_query_mode="never")


async def test_it_says_what_the_bot_sees_of_its_groups(stand: Stand) -> None:
    fine, _ = await told(stand)
    assert "privacy mode is on" in fine
    assert f"chat {GROUP}: it is administrator there and hears all messages" in fine
    stand.sandbox.telegram.chats[GROUP].bot = "member"
    assert "it is member there and hears commands, and replies to it" in (await told(stand))[0]
    fine, _ = await told(stand, can_read_all_group_messages=True)
    assert "privacy mode is off" in fine
    assert "it is member there and hears all messages" in fine


@pytest.mark.parametrize("status", ["left", "kicked"])
async def test_a_chat_without_the_bot_is_a_problem(stand: Stand, status: str) -> None:
    stand.sandbox.telegram.chats[GROUP].bot = cast("BotStatus", status)
    assert f"chat {GROUP}: the bot is not in it" in (await told(stand))[1]
    assert "let it join groups" in (await told(stand, can_join_groups=False))[1]
    _, wrong = await examine(stand.desk.api, [ELSEWHERE], webhook=None)
    assert wrong[0].startswith(f"chat {ELSEWHERE}: Bad Request: chat not found")


async def test_a_webhook_where_the_desk_polls_is_a_problem_and_another_one_too(stand: Stand) -> None:
    stand.sandbox.telegram.hook = SandboxWebhook("http://127.0.0.1:9/other")
    assert "polling is answered with 409" in (await told(stand))[1]
    wanted = "http://127.0.0.1:9/mine"
    assert (
        f"Telegram calls http://127.0.0.1:9/other, config.yaml says {wanted}"
        in (await told(stand, webhook=wanted))[1]
    )
    stand.sandbox.telegram.hook = SandboxWebhook(wanted)
    assert (await told(stand, webhook=wanted))[1] == ""


async def test_the_command_line_asks_it(stand: Stand) -> None:
    from newsbot.app.checking import check_desk

    given = {"api": stand.sandbox.telegram_url, "token": "123456:TEST-sandbox", "people": {"111": "admin"}}
    fine, wrong = await check_desk(DeskSettings.model_validate(given | {"chats": [GROUP]}))
    assert len(fine) == 3
    assert wrong == []
    fine, wrong = await check_desk(DeskSettings.model_validate(given | {"token": "123456:WRONG"}))
    assert fine == []
    assert wrong[0].endswith("check token and api")
