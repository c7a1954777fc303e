"""The wall, by what its own pages say: 500 characters as readers count them, a post a line of its file."""

import json
import re
import tempfile
from pathlib import Path

import pytest
import regex
from aiohttp import web

from newsbot.sandbox import Sandbox
from newsbot.sandbox.calls import PlatformResponse, RecordedCall, build_json_response
from tests.channels.stand_ins import PlatformView, ShownMessage

__all__ = ["View"]

TOKEN = "wall-secret-0123456789"
MOST = 500


class Wall:
    """The wall's API. Its file has a line of JSON for each post: its number and its text."""

    platform = "toy"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.file = Path(self._folder.name) / "wall.jsonl"
        self.file.touch()
        self._last = 0
        self._keys: dict[str, int] = {}

    def posts(self) -> dict[int, str]:
        return dict(map(json.loads, self.file.read_text("utf-8").splitlines()))

    def method(self, request: web.BaseRequest) -> str:
        return f"{request.method} {re.sub('[0-9]+', ':id', request.path)}"

    def build_failure(self, status: int, retry_after: int | None) -> PlatformResponse:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return build_json_response(status, {"error": "failed"}, headers)

    async def answer(self, request: web.BaseRequest, call: RecordedCall) -> PlatformResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return build_json_response(401, {"error": "no such key"})
        if call.method == "GET /me":
            return build_json_response(200, {"id": 1, "name": "toy"})
        if call.method == "POST /posts":
            return self._add(await request.json())
        return await self._change(request, call)

    def _add(self, body: dict[str, str]) -> PlatformResponse:
        if known := self._keys.get(body["key"]):
            return build_json_response(200, {"id": known})
        answer = self._store(self._last + 1, body["text"])
        if answer.status == 200:
            self._last += 1
            self._keys |= {body["key"]: self._last} if body["key"] else {}
        return answer

    async def _change(self, request: web.BaseRequest, call: RecordedCall) -> PlatformResponse:
        number, posts = int(re.sub("[^0-9]", "", request.path) or 0), self.posts()
        if number not in posts or call.method not in View.calls.values():
            return build_json_response(404, {"error": "no such post"})
        if request.method == "PUT":
            return self._store(number, (await request.json())["text"])
        del posts[number]
        self._write(posts)
        return PlatformResponse(204)

    def _store(self, number: int, text: str) -> PlatformResponse:
        if not 0 < len(regex.findall(r"\X", text)) <= MOST:
            return build_json_response(422, {"error": f"1 to {MOST} characters"})
        self._write(self.posts() | {number: text})
        return build_json_response(200, {"id": number})

    def _write(self, posts: dict[int, str]) -> None:
        self.file.write_text("".join(f"{json.dumps(post)}\n" for post in posts.items()), "utf-8")


class View(PlatformView):
    calls = {"send": "POST /posts", "edit": "PUT /posts/:id", "delete": "DELETE /posts/:id"}  # noqa: RUF012
    keys = {"token": TOKEN}  # noqa: RUF012
    api = Wall

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str] | None = None) -> None:  # noqa: ARG002
        wall = sandbox.stand_ins["toy"]
        assert isinstance(wall, Wall)
        self._wall = wall

    def messages(self) -> list[ShownMessage]:
        return [ShownMessage(text, str(number)) for number, text in self._wall.posts().items()]
