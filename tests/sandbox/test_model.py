"""The stand-in for a model refuses what the real API refuses, and answers as its behaviour says."""

import json
from typing import Any

import pytest

from newsbot.sandbox import Sandbox
from newsbot.sandbox.model import BEHAVIOURS, KEY, MODEL
from newsbot.summarizers.llm_prompt import SCHEMA
from tests.sandbox.conftest import Http

ARTICLE = "BEGIN\n[1] The council approved the line.\n[2] It opens on 4 May.\n[3] The mayor is glad.\nEND"


def request(**changes: Any) -> dict[str, Any]:
    asked = {
        "model": MODEL,
        "messages": [{"role": "system", "content": "Write."}, {"role": "user", "content": ARTICLE}],
        "max_tokens": 300,
        "temperature": 0,
        "response_format": {"type": "json_schema", "json_schema": SCHEMA},
    }
    return {name: value for name, value in {**asked, **changes}.items() if value is not None}


async def ask(http: Http, body: Any, key: str = KEY, path: str = "/chat/completions") -> tuple[int, Any]:
    url, headers = f"{http.sandbox.model_url}{path}", {"Authorization": f"Bearer {key}"}
    async with http.session.post(url, json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_a_right_request_gets_a_completion_with_its_usage(http: Http, sandbox: Sandbox) -> None:
    status, answer = await ask(http, request())
    assert status == 200
    written = json.loads(answer["choices"][0]["message"]["content"])
    assert written["sentences"][0] == {"text": "The mayor is glad.", "sources": [3]}
    assert answer["usage"]["completion_tokens"] > 10
    assert sandbox.model.paid.total() == 1
    assert sandbox.violations == []


@pytest.mark.parametrize(
    ("changes", "status", "told"),
    [
        ({"model": "other"}, 404, "does not exist"),
        ({"messages": []}, 400, "empty array"),
        ({"messages": [{"role": "user"}]}, 400, "Invalid value in 'messages'"),
        ({"messages": [{"role": "robot", "content": "x"}]}, 400, "Invalid value in 'messages'"),
        ({"max_tokens": 0}, 400, "below the minimum"),
        ({"max_tokens": "many"}, 400, "Invalid type for 'max_tokens'"),
        ({"max_completion_tokens": 5}, 400, "both token limits"),
        ({"temperature": 3}, 400, "temperature"),
        ({"colour": "red"}, 400, "Unrecognized request argument supplied: colour"),
        ({"response_format": {"type": "xml"}}, 400, "response_format"),
        ({"response_format": {"type": "json_schema"}}, 400, "Missing required parameter"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {**SCHEMA, "name": "a b"}}},
            400,
            "json_schema.name",
        ),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {**SCHEMA, "schema": {"type": "object", "properties": {"a": {}}}},
                }
            },
            400,
            "'additionalProperties' must be false",
        ),
    ],
)
async def test_a_request_with_a_mistake_is_refused_and_recorded(
    http: Http, sandbox: Sandbox, changes: dict[str, Any], status: int, told: str
) -> None:
    answered, body = await ask(http, request(**changes))
    assert (answered, told in body["error"]["message"]) == (status, True)
    assert len(sandbox.violations) == 1
    assert sandbox.model.paid.total() == 0


async def test_a_wrong_key_is_quoted_in_the_error_as_the_real_api_does(http: Http) -> None:
    status, body = await ask(http, request(), key="sk-wrong")
    assert status == 401
    assert "sk-wrong" in body["error"]["message"]


async def test_a_behaviour_is_set_by_the_admin_interface(http: Http) -> None:
    assert (await http.admin("POST", "model", {"behaviour": "empty"}))[0] == 200
    _, answer = await ask(http, request())
    assert json.loads(answer["choices"][0]["message"]["content"]) == {"sentences": []}
    _, told = await http.admin("GET", "model")
    assert told == {"behaviour": "empty", "behaviours": sorted(BEHAVIOURS), "paid": 1, "paid_twice": 0}
    await ask(http, request())
    assert (await http.admin("GET", "model"))[1]["paid_twice"] == 1
    status, text = await http.admin("POST", "model", {"behaviour": "kind"})
    assert (status, "behaviour is one of" in text) == (400, True)


@pytest.mark.parametrize("behaviour", sorted(BEHAVIOURS))
async def test_each_behaviour_answers(http: Http, sandbox: Sandbox, behaviour: str) -> None:
    sandbox.model.behaviour = behaviour
    status, answer = await ask(http, request())
    assert status == 200
    assert answer["choices"][0]["finish_reason"] == ("length" if behaviour == "cut" else "stop")


@pytest.mark.parametrize("kind", ["500", "429", "401"])
async def test_faults_fit_the_api(http: Http, sandbox: Sandbox, kind: Any) -> None:
    sandbox.faults.add("model", "POST /v1/chat/completions", kind)
    status, body = await ask(http, request())
    assert (status, "error" in body) == (int(kind), True)
    assert sandbox.model.paid.total() == 0


async def test_the_models_are_listed_for_the_right_key(http: Http) -> None:
    for key, status in ((KEY, 200), ("sk-wrong", 401)):
        url, headers = f"{http.sandbox.model_url}/models", {"Authorization": f"Bearer {key}"}
        async with http.session.get(url, headers=headers) as response:
            assert response.status == status
