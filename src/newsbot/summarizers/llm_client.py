"""The client of a model behind an OpenAI-compatible endpoint: it makes each call once, and says what it cost.

The package ``openai`` is an optional dependency, so it is imported only when a model is used. Its own retries
are off, because a repeated call may be paid twice. Only a call that the endpoint refused before it did any
work (it does not know one of the parameters) is repeated, without that parameter.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.util import find_spec
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from newsbot.errors import SummarizerError
from newsbot.imports import IMPORT_LOCK
from newsbot.reasons import Code, Reason
from newsbot.scheduling.settings import is_loopback

__all__ = ["Endpoint", "ModelAnswer", "ModelClient", "TokenCount", "is_installed"]

_FREE = Decimal(0)  # A call that the endpoint refused costs nothing.
_UNAUTHORIZED = frozenset({401, 403})
_BUSY = 429
_NO_LIST = frozenset({404, 405, 501})  # An endpoint that can't list its models answers with one of these.
# From this status on, the endpoint failed while it worked, so the call may have been paid for.
_SERVER_ERROR = 500
# The names of the HTTP library's errors which prove that no request left this machine.
_NOT_CONNECTED = frozenset({"ConnectError", "ConnectTimeout"})
_LARGEST = 1_000_000  # A longer answer, in characters, is refused.


def is_installed() -> bool:
    """Return whether the package ``openai`` is installed."""
    return find_spec("openai") is not None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind an endpoint. ``api_key`` is None for an endpoint that needs no key; ``deadline`` is in
    seconds, and ``max_tokens`` is the most tokens of an answer.
    """

    base_url: str
    model: str
    api_key: str | None = field(repr=False)
    deadline: float
    max_tokens: int


class ModelAnswer(NamedTuple):
    """The answer of a model.

    ``cut`` says that the answer was longer than allowed, ``declined`` that the model refuses to write. The
    numbers of tokens are None if the endpoint does not name them.
    """

    text: str
    cut: bool
    declined: bool
    input_tokens: int | None
    output_tokens: int | None


class TokenCount(NamedTuple):
    """The most tokens that a call may take in and give out; see `ModelClient.count_most`."""

    input_tokens: int
    output_tokens: int


class _CompletionMessage(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _CompletionMessage
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int


class _Completion(BaseModel):
    """The parts of a chat completion that newsbot reads: https://platform.openai.com/docs/api-reference/chat"""

    choices: list[_Choice]
    usage: _Usage | None = None


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    """The list of an endpoint's models: https://platform.openai.com/docs/api-reference/models/list"""

    data: list[_Model]


_Request = dict[str, Any]
# Each chat completion adds a few tokens per message for the roles and the beginning of the answer.
_OVERHEAD = 64


class ModelClient:
    """A client for the calls to one model; the connections are made at the first call."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._client: Any = None
        # The parameters that the endpoint is known to refuse; the token limit has two names.
        self._refused: set[str] = set()

    def count_most(self, system: str, user: str, schema: Mapping[str, Any]) -> TokenCount:
        """Return the most tokens that a call may take in and give out.

        A token has at least one byte, so the bytes of a text are the most tokens that it can have.
        """
        given = (system, user, json.dumps(schema))
        return TokenCount(sum(len(each.encode()) for each in given) + _OVERHEAD, self.endpoint.max_tokens)

    async def ask(self, system: str, user: str, schema: Mapping[str, Any]) -> ModelAnswer:
        """Ask the model once; the answer should be JSON by ``schema``.

        Raises:
            SummarizerError: there is no answer.
        """
        # The first call imports the package, which takes a second, so that is done beside the event loop.
        client = await asyncio.to_thread(self._connect)
        openai = self._import()
        while True:
            request = self._build_request(system, user, schema)
            try:
                raw = await client.with_raw_response.chat.completions.create(**request)
            except openai.APIStatusError as error:
                if self._drop_refused(error, request):
                    continue
                raise _explain_status(error.status_code) from None
            except openai.APITimeoutError:
                raise SummarizerError(Code.SUMMARIZER_LATE(n=self.endpoint.deadline)) from None
            except openai.APIConnectionError as error:
                name = type(error.__cause__ or error).__name__
                free = _FREE if name in _NOT_CONNECTED else None
                raise SummarizerError(Code.SUMMARIZER_DOWN(name=name), cost_usd=free) from None
            return _read_completion(raw.text)

    async def list_models(self) -> list[str] | None:
        """Return the names of the endpoint's models, which costs nothing; None if it does not list them.

        Raises:
            SummarizerError: the endpoint does not answer, or refuses the key.
        """
        client = await asyncio.to_thread(self._connect)
        openai = self._import()
        try:
            raw = await client.with_raw_response.models.list()
            return [each.id for each in _Models.model_validate_json(raw.text[:_LARGEST]).data]
        except ValidationError:
            return None
        except openai.APIStatusError as error:
            if error.status_code in _NO_LIST:
                return None
            raise _explain_status(error.status_code) from None
        except openai.APIConnectionError as error:
            name = type(error.__cause__ or error).__name__
            raise SummarizerError(Code.SUMMARIZER_DOWN(name=name)) from None

    async def close(self) -> None:
        """Close the client's connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _build_request(self, system: str, user: str, schema: Mapping[str, Any]) -> _Request:
        limit = "max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"
        request: _Request = {
            "model": self.endpoint.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            limit: self.endpoint.max_tokens,
            "temperature": 0,
            "response_format": {"type": "json_schema", "json_schema": schema},
        }
        return {name: value for name, value in request.items() if name not in self._refused}

    def _drop_refused(self, error: Any, request: _Request) -> bool:
        """Note the parameter of a request that the endpoint does not know; return whether there was one.

        Such a request costs nothing, because the endpoint refuses it before the model works.
        """
        if error.status_code not in {400, 422, 500}:
            return False
        body = error.response.text
        for name in ("max_tokens", "temperature", "response_format"):
            if name in request and re.search(rf"\b{_NAMES[name]}\b", body):
                self._refused.add(name)
                return True
        return False

    def _connect(self) -> Any:
        if self._client is None:
            openai, endpoint = self._import(), self.endpoint
            self._client = openai.AsyncOpenAI(
                base_url=endpoint.base_url,
                api_key=endpoint.api_key or "none",
                max_retries=0,
                timeout=endpoint.deadline,
                http_client=openai.DefaultAsyncHttpxClient(
                    follow_redirects=False, trust_env=not is_loopback(endpoint.base_url)
                ),
            )
        return self._client

    @staticmethod
    def _import() -> Any:
        with IMPORT_LOCK:
            import openai  # noqa: PLC0415  The package is optional, and its import takes long.

        return openai


# What an endpoint's message says of a parameter that it does not know.
_NAMES = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "response_format": "response_format|json_schema|json_object|structured output",
}


def _explain_status(status: int) -> SummarizerError:
    """Return the error for an HTTP status, without the endpoint's message, which may have the key."""
    free = None if status >= _SERVER_ERROR else _FREE
    why: Reason = Code.SUMMARIZER_STATUS(n=status)
    if status in _UNAUTHORIZED:
        why = Code.SUMMARIZER_KEY_REFUSED(n=status)
    elif status == _BUSY:
        why = Code.SUMMARIZER_BUSY()
    return SummarizerError(why, cost_usd=free)


def _read_completion(body: str) -> ModelAnswer:
    try:
        completion = _Completion.model_validate_json(body[:_LARGEST])
        choice = completion.choices[0]
    except (ValidationError, IndexError):
        raise SummarizerError(Code.SUMMARIZER_UNREADABLE(), answered=True) from None
    declined = bool(choice.message.refusal) or choice.finish_reason == "content_filter"
    usage = completion.usage
    return ModelAnswer(
        choice.message.content or "",
        choice.finish_reason == "length",
        declined,
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
    )
