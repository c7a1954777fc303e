"""The simulated model: an OpenAI-compatible ``/v1/chat/completions``, strict about the request.

It answers newsbot's prompts without any intelligence: from the numbered sentences in the user's message. Its
``behaviour`` says how it goes wrong (`BEHAVIOURS`); the faults of `calls.InjectedFault` make it slow, hang or
fail. https://platform.openai.com/docs/api-reference/chat/create describes the request.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from aiohttp import web

from newsbot.sandbox.calls import Journal, PlatformError, PlatformResponse, RecordedCall, build_json_response

__all__ = ["BEHAVIOURS", "KEY", "MODEL", "ModelApi", "list_sentences"]

KEY = "sk-sandbox-0123456789"
MODEL = "sandbox-model"
_ROUTE = "POST /v1/chat/completions"
_LIST = "GET /v1/models"
_NUMBERED = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)
_INSTRUCTION = re.compile(r"^Write only this: (.+)$", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BYTES_PER_TOKEN = 4
_MOST_TEMPERATURE = 2

Json = dict[str, Any]
Numbered = Sequence[tuple[int, str]]

_PARAMETERS: Mapping[str, type | tuple[type, ...]] = {
    "model": str,
    "messages": list,
    "max_tokens": int,
    "max_completion_tokens": int,
    "temperature": (int, float),
    "top_p": (int, float),
    "response_format": dict,
    "seed": int,
    "stop": (str, list),
    "n": int,
    "stream": bool,
    "user": str,
}


def list_sentences(text: str) -> list[tuple[int, str]]:
    """Return the numbered sentences in a message, each with its number."""
    return [(int(number), sentence) for number, sentence in _NUMBERED.findall(text)]


def _write(*sentences: tuple[str, Sequence[int]]) -> str:
    return json.dumps(
        {"sentences": [{"text": text, "sources": list(numbers)} for text, numbers in sentences]},
        ensure_ascii=False,
    )


def _write_right(numbered: Numbered, _message: str) -> str:
    """Return an answer that passes newsbot's checks: the article's own last sentence, then its first one."""
    (last, closing), (first, opening) = numbered[-1], numbered[0]
    return _write((closing, [last]), (opening, [first]))


def _invent(numbered: Numbered, _message: str) -> str:
    invented = "Minister Oswald Quixano resigned over 987 million dollars in Reykjavik."
    return _write((invented, [numbered[0][0]]), ("He denies it.", [numbered[0][0]]))


def _invent_half(numbered: Numbered, _message: str) -> str:
    (first, opening), (second, _) = numbered[0], numbered[1]
    return _write((opening, [first]), ("A total of 987 people were arrested in Reykjavik.", [second, first]))


def _change_number(numbered: Numbered, _message: str) -> str:
    """Return the article's sentences, with a wrong digit in the first one that has a digit."""
    pairs = [(re.sub(r"\d", "9", text, count=1), [number]) for number, text in numbered]
    wrong = next(n for n, (text, _) in enumerate(pairs) if text != numbered[n][1])
    return _write((numbered[0][1], [numbered[0][0]]), pairs[wrong])


def _obey(numbered: Numbered, message: str) -> str:
    """Return what an instruction in the article demands, as if the article carried it."""
    found = _INSTRUCTION.search("\n".join(text for _, text in numbered)) or _INSTRUCTION.search(message)
    wanted = found[1] if found else "PWNED: read more at https://evil.example/win #free @evil"
    return _write((wanted, [numbered[0][0]]))


def _write_other_language(numbered: Numbered, _message: str) -> str:
    text = "El ayuntamiento aprobó el proyecto después de un largo debate sobre el futuro de la ciudad."
    if re.search(r"\b(?:el|los|las|una)\b", numbered[0][1]):
        text = "The town council approved the project after a long debate about the future of the city."
    return _write((text, [numbered[0][0]]), (text.replace(".", ", again."), [numbered[0][0]]))


def _write_long(numbered: Numbered, _message: str) -> str:
    return _write(*((text * 12, [number]) for number, text in numbered[:6]))


BEHAVIOURS: Mapping[str, Callable[[Numbered, str], str]] = {
    "right": _write_right,
    "fenced": lambda numbered, message: f"Sure!\n```json\n{_write_right(numbered, message)}\n```\nDone.",
    "broken_json": lambda numbered, message: _write_right(numbered, message)[:-9],
    "prose": lambda numbered, _: numbered[0][1],
    "empty": lambda _numbered, _message: _write(),
    "silent": lambda _numbered, _message: "",
    "other_language": _write_other_language,
    "obeys": _obey,
    "invents": _invent,
    "invents_half": _invent_half,
    "changes_number": _change_number,
    "wrong_numbers": lambda numbered, _: _write((numbered[0][1], [999])),
    "no_numbers": lambda numbered, _: _write((numbered[0][1], [])),
    "too_long": _write_long,
    "declines": _write_right,
    "cut": _write_right,
}
"""What the simulated model writes, by the name of its behaviour."""


class ModelApi:
    """The simulated model's HTTP API.

    ``behaviour`` is a key of `BEHAVIOURS`. ``refused`` are parameters that the endpoint does not know, as
    some endpoints don't. ``vetoed`` are the numbers of the sentences that it rejects as a second model.
    ``paid`` counts how often each request was answered, and so paid for.
    """

    platform = "model"

    def __init__(self, journal: Journal, *, open_: bool = False) -> None:
        self.journal = journal
        self.open = open_
        self.behaviour = "right"
        self.refused: set[str] = set()
        self.vetoed: list[int] = []
        self.names_usage = True
        self.paid = Counter[str]()

    def method(self, request: web.BaseRequest) -> str:
        """Return the method and path of a request."""
        return f"{request.method} {request.path}"

    def build_failure(self, status: int, retry_after: int | None) -> PlatformResponse:
        """Return the endpoint's error response with the HTTP status that an injected fault demands."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return build_json_response(
            status, _describe_error("The server had an error", "server_error"), headers
        )

    async def answer(self, request: web.BaseRequest, call: RecordedCall) -> PlatformResponse:
        """Answer a request for a chat completion."""
        try:
            return build_json_response(200, await self._complete(request, call))
        except PlatformError as error:
            if error.violation:
                self.journal.add_violation(call, error.description)
            body = _describe_error(error.description, "invalid_request_error", **error.extra)
            return build_json_response(error.status, body)

    async def _complete(self, request: web.BaseRequest, call: RecordedCall) -> Json:
        if call.method not in {_ROUTE, _LIST}:
            raise PlatformError(404, f"Invalid URL ({call.method})", violation=True)
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if key != KEY and not self.open:
            raise PlatformError(401, f"Incorrect API key provided: {key}.", extra={"code": "invalid_api_key"})
        if call.method == _LIST:
            return {"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "newsbot"}]}
        try:
            asked = json.loads(await request.read())
        except ValueError:
            raise PlatformError(
                400, "We could not parse the JSON body of your request.", violation=True
            ) from None
        self._check_request(asked)
        call.params = asked
        return self._write_completion(asked)

    def _check_request(self, asked: Any) -> None:
        _require(isinstance(asked, dict), "The body must be a JSON object.")
        for name, value in asked.items():
            _require(name in _PARAMETERS, f"Unrecognized request argument supplied: {name}", name)
            if name in self.refused:
                told = f"Unsupported parameter: '{name}' is not supported with this model."
                raise PlatformError(400, told, extra={"param": name, "code": "unsupported_parameter"})
            _require(isinstance(value, _PARAMETERS[name]), f"Invalid type for '{name}'.", name)
        if asked.get("model") != MODEL:
            told = f"The model `{asked.get('model')}` does not exist."
            raise PlatformError(404, told, violation=True, extra={"code": "model_not_found"})
        _check_messages(asked.get("messages"))
        limits = [asked[name] for name in ("max_tokens", "max_completion_tokens") if name in asked]
        _require(len(limits) < len(("one", "two")), "Setting both token limits is not supported.")
        _require(all(limit >= 1 for limit in limits), "Invalid 'max_tokens': below the minimum value.")
        _require(0 <= asked.get("temperature", 1) <= _MOST_TEMPERATURE, "Invalid 'temperature'.")
        _check_format(asked.get("response_format"))

    def _write_completion(self, asked: Json) -> Json:
        user = next(each["content"] for each in reversed(asked["messages"]) if each["role"] == "user")
        limit = asked.get("max_tokens") or asked.get("max_completion_tokens") or 4096
        content = self._write_content(asked, user)
        self.paid[sha256(json.dumps(asked["messages"]).encode()).hexdigest()] += 1
        cut = self.behaviour == "cut"
        refusal = "I can't help with that." if self.behaviour == "declines" else None
        text = content[: len(content) // 2] if cut else content
        read = sum(len(each["content"].encode()) for each in asked["messages"]) // _BYTES_PER_TOKEN
        written = limit if cut else min(limit, len(text.encode()) // _BYTES_PER_TOKEN + 1)
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": None if refusal else text, "refusal": refusal},
            "finish_reason": "length" if cut else "stop",
        }
        return {
            "id": f"chatcmpl-{self.paid.total()}",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": MODEL,
            "choices": [choice],
            **({"usage": usage} if self.names_usage else {}),
        }

    def _write_content(self, asked: Json, user: str) -> str:
        named = asked.get("response_format", {}).get("json_schema", {}).get("name")
        if named == "verdicts" or '"claim"' in user:
            return json.dumps({"unsupported": self.vetoed})
        numbered = list_sentences(user)
        return BEHAVIOURS[self.behaviour](numbered, user) if numbered else "There is no article."


def _require(right: bool, told: str, name: str | None = None) -> None:  # noqa: FBT001  It is the condition itself.
    if not right:
        raise PlatformError(400, told, violation=True, extra={"param": name})


def _check_messages(messages: Any) -> None:
    _require(isinstance(messages, list) and bool(messages), "Invalid 'messages': empty array.")
    for each in messages:
        right = isinstance(each, dict) and each.keys() <= {"role", "content", "name"}
        right = right and each.get("role") in {"system", "developer", "user", "assistant"}
        _require(right and isinstance(each.get("content"), str), "Invalid value in 'messages'.", "messages")
    _require(any(each["role"] == "user" for each in messages), "There is no message of the user.")


def _check_format(wanted: Json | None) -> None:
    if wanted is None:
        return
    kind = wanted.get("type")
    _require(kind in {"text", "json_object", "json_schema"}, "Invalid 'response_format.type'.")
    if kind != "json_schema":
        return
    named = wanted.get("json_schema")
    right = isinstance(named, dict) and named.keys() <= {"name", "description", "schema", "strict"}
    _require(right, "Missing required parameter: 'response_format.json_schema'.")
    assert isinstance(named, dict)  # noqa: S101  The line above has checked it.
    _require(
        _NAME.fullmatch(str(named.get("name"))) is not None, "Invalid 'response_format.json_schema.name'."
    )
    if named.get("strict"):
        _check_strict(named.get("schema"))


def _check_strict(schema: Any) -> None:
    """Check a schema as OpenAI does with ``strict``: an object requires all its properties, and no others."""
    _require(isinstance(schema, dict), "Invalid schema for response_format: it must be an object.")
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        told = "Invalid schema for response_format: 'additionalProperties' must be false."
        _require(schema.get("additionalProperties") is False, told)
        told = "Invalid schema for response_format: 'required' must include every key in properties."
        _require(sorted(schema.get("required", ())) == sorted(properties), told)
        for each in properties.values():
            _check_strict(each)
    elif schema.get("type") == "array":
        _check_strict(schema.get("items"))


def _describe_error(message: str, kind: str, **more: Any) -> Json:
    return {"error": {"message": message, "type": kind, "param": None, "code": None, **more}}
