"""The table of parameters, against the Bot API as data."""

import json
from typing import Any

import pytest

from newsbot.sandbox import Sandbox
from newsbot.sandbox.telegram.parameters import METHODS, OBJECTS
from tests.sandbox.conftest import SHARED, Http

API = SHARED / "data/telegram/api.json"


@pytest.fixture(scope="module")
def api() -> Any:
    if not API.is_file():
        pytest.skip(f"{API} is missing: the Bot API as data is not part of the repository")
    return json.loads(API.read_text("utf-8"))


def fields(entry: dict[str, Any]) -> dict[str, str]:
    return {
        field["name"]: "|".join(sorted(field["types"])) + "!" * field["required"]
        for field in entry.get("fields", [])
    }


def sorted_kinds(table: dict[str, str]) -> dict[str, str]:
    return {
        name: "|".join(sorted(kind.rstrip("!").split("|"))) + "!" * kind.endswith("!")
        for name, kind in table.items()
    }


LATER = {"setMySettings"}
"""Of the Bot API 10.5, which the data does not have yet."""


@pytest.mark.parametrize("method", sorted(METHODS.keys() - LATER))
def test_a_method_has_exactly_the_documented_parameters(api: Any, method: str) -> None:
    assert sorted_kinds(METHODS[method]) == fields(api["methods"][method])


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_exactly_the_documented_fields(api: Any, name: str) -> None:
    assert sorted_kinds(OBJECTS[name]) == fields(api["types"][name])


@pytest.mark.parametrize(
    "params",
    [
        {"chat_id": 111, "text": "x", "disable_web_page_preview": True},
        {"chat_id": 111, "text": 5},
        {"chat_id": 111.5, "text": "x"},
        {"chat_id": True, "text": "x"},
        {"chat_id": 111, "text": "x", "disable_notification": "true"},
        {"chat_id": 111, "text": "x", "message_thread_id": "12"},
        {"chat_id": 111, "text": "x", "link_preview_options": {"disabled": True}},
        {"chat_id": 111, "text": "x", "link_preview_options": '{"is_disabled": true}'},
        {"chat_id": 111, "text": "x", "reply_parameters": {}},
        {"chat_id": 111, "text": "x", "entities": {"type": "bold"}},
        {"chat_id": 111, "text": "x", "reply_markup": {"inline_keyboard": [{"text": "x"}]}},
        {"text": "x"},
    ],
)
async def test_unknown_missing_and_wrongly_typed_parameters_are_violations(
    sandbox: Sandbox, http: Http, params: dict[str, Any]
) -> None:
    status, body = await http.telegram("sendMessage", **params)
    assert (status, body["ok"], body["error_code"]) == (400, False, 400)
    assert [v.method for v in sandbox.violations] == ["sendMessage"]
    assert not sandbox.telegram.chat(111).messages


async def test_a_form_carries_numbers_and_objects_as_strings(sandbox: Sandbox, http: Http) -> None:
    url = f"{sandbox.telegram_url}/bot{sandbox.telegram.bot.token}/sendmessage"
    form = {"chat_id": "111", "text": "5", "link_preview_options": '{"is_disabled": true}'}
    async with http.session.post(url, data=form) as response:
        assert response.status == 200
    bad = {"chat_id": "111", "text": "5", "disable_notification": "perhaps"}
    async with http.session.post(url, data=bad) as response:
        assert response.status == 400
    assert sandbox.telegram.chat(111).messages[0].link_preview_options == {"is_disabled": True}
    assert sandbox.calls[0].params["chat_id"] == 111
