"""A stand-in for Telegram that costs little processor time: it checks nothing and answers every call at once.

``python -m tests.bench.standin`` prints its port. The sandbox checks each message, which takes as long as
sending it; this one only keeps the time and the form of each message, which ``GET /calls`` tells as JSON.
"""

import asyncio
import json
from time import time
from urllib.parse import parse_qs

__all__ = ["serve"]

_BOT = '{"id":123456,"is_bot":true,"first_name":"bench","username":"bench_bot"}'


class _Calls:
    """The messages that arrived: the time in seconds since 1970, and the form of the request."""

    def __init__(self) -> None:
        self._arrived: list[tuple[float, bytes]] = []

    def answer(self, method: str, form: bytes) -> str:
        """Return the JSON of the answer to one call."""
        if method == "count":
            return str(len(self._arrived))
        if method == "calls":
            forms = [(at, parse_qs(form.decode())) for at, form in self._arrived]
            return json.dumps([[at, int(values["chat_id"][0]), values["text"][0]] for at, values in forms])
        if method == "sendMessage":
            self._arrived.append((time(), form))
            number, chat = len(self._arrived), _describe_chat(form)
            return f'{{"message_id":{number},"date":{int(time())},"chat":{chat},"text":"-"}}'
        if method == "getChatMember":
            return f'{{"status":"administrator","can_post_messages":true,"user":{_BOT}}}'
        return _describe_chat(form) if method == "getChat" else _BOT


def _describe_chat(form: bytes) -> str:
    number = int(form.partition(b"chat_id=")[2].partition(b"&")[0].replace(b"%2D", b"-"))
    return f'{{"id":{number},"type":"channel","title":"chat {number}"}}'


class _Connection(asyncio.Protocol):
    def __init__(self, calls: _Calls) -> None:
        self._calls = calls
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            _, has_body, length = head.partition(b"content-length:")
            size = end + 4 + (int(length.partition(b"\r\n")[0]) if has_body else 0)
            if len(self._data) < size:
                return
            method = self._data.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            body = f'{{"ok":true,"result":{self._calls.answer(method, self._data[end + 4 : size])}}}'.encode()
            self._data = self._data[size:]
            start = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            self._transport.write(start.encode() + body)  # type: ignore[attr-defined]  # it is a connection's


async def serve() -> None:
    """Serve on a free port of loopback until the process is ended."""
    calls = _Calls()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(calls), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
