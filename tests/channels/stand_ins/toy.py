"""The wall, by what its own pages say: 500 characters as readers count them, a post a line of its file."""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

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
        posts = self.posts()
        given = re.search("[0-9]+", request.path)
        number = int(given[0]) if given else self._last + 1
        if given and number not in posts:
            return build_json_response(404, {"error": "no such post"})
        if call.method == "POST /posts/:id/removal":
            del posts[number]
        else:
            body = await request.json()
            text, key = body["text"], body.get("key")
            if key in self._keys:
                return build_json_response(200, {"id": self._keys[key]})
            if not 0 < len(regex.findall(r"\X", text)) <= MOST:
                return build_json_response(422, {"error": f"1 to {MOST} characters"})
            posts[number] = text
            if key:
                self._keys[key] = number
        self._last = max(number, self._last)
        self.file.write_text("".join(f"{json.dumps(post)}\n" for post in posts.items()), "utf-8")
        return build_json_response(200, {"id": number})


class View(PlatformView):
    calls = {"send": "POST /posts", "edit": "PATCH /posts/:id", "delete": "POST /posts/:id/removal"}  # noqa: RUF012
    api = Wall

    def __init__(self, sandbox: Sandbox, printed: pytest.CaptureFixture[str]) -> None:  # noqa: ARG002
        self._url = sandbox.url("toy")
        wall = sandbox.stand_ins["toy"]
        assert isinstance(wall, Wall)
        self._wall = wall

    def settings(self) -> dict[str, Any]:
        return {"api": self._url, "token": TOKEN}

    def messages(self) -> list[ShownMessage]:
        return [ShownMessage(text, str(number)) for number, text in self._wall.posts().items()]
