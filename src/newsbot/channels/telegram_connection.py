"""The connection through which python-telegram-bot (PTB) sends: aiohttp in place of PTB's own httpx.

PTB raises `NetworkError` for almost every failure. This connection raises an error whose class says whether
the request may have arrived, and PTB keeps that error as the ``__cause__`` of its own. Besides, a call takes
half the processor time or less, and all channels share one set of certificates (docs/adr/0006).
"""

import json
from collections.abc import Mapping
from typing import Any

from telegram.request import BaseRequest, RequestData

from newsbot.channels.http_connection import HttpConnection, Route

__all__ = ["TelegramConnection"]


class TelegramConnection(BaseRequest):
    """The connection of one Telegram channel, in the form of PTB's class for requests.

    An instance belongs to the event loop in which it is made.
    """

    def __init__(self, way: Route) -> None:
        self._connection = HttpConnection(way, headers={"User-Agent": self.USER_AGENT})

    @property
    def read_timeout(self) -> float | None:
        """Return no time limit for reading an answer, because the caller's deadline covers the whole call."""
        return None

    async def initialize(self) -> None:
        """Do nothing, because the constructor has made the HTTP session."""

    async def shutdown(self) -> None:
        """Close all connections to the Bot API."""
        await self._connection.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,  # noqa: ARG002  The caller's deadline covers the whole call.
        write_timeout: Any = None,  # noqa: ARG002
        connect_timeout: Any = None,
        pool_timeout: Any = None,  # noqa: ARG002  One channel never reaches the connector's limit of connections.
    ) -> tuple[int, bytes]:
        """Send a request for python-telegram-bot (PTB); return the answer's status and body.

        ``connect_timeout`` is in seconds. Raise the errors of `HttpConnection.exchange`.
        """
        form, files = (
            (request_data.json_parameters, request_data.multipart_data) if request_data else (None, None)
        )
        answer = await self._connection.exchange(
            method, url, connect_seconds=connect_timeout, form=form, files=files
        )
        return answer.status, answer.body

    async def ask(self, url: str, fields: Mapping[str, object], connect_timeout: float) -> Any:
        """Call the Bot API at ``url``, and return the result in the answer as plain JSON.

        PTB's own classes require fields that an older Bot API server does not send. Raise the errors of
        `HttpConnection.exchange`, and ValueError if the answer is not one of the Bot API.
        """
        answer = await self._connection.exchange("POST", url, connect_seconds=connect_timeout, form=fields)
        return self.parse_json_payload(answer.body)["result"]

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return the JSON object of an answer; raise ValueError if it is no answer of the Bot API.

        PTB's own method accepts any JSON, and logs any other text.
        """
        answer = json.loads(payload)
        if not isinstance(answer, dict) or answer.get("ok") is not True or "result" not in answer:
            raise ValueError("the answer is none of the Bot API's")
        return answer
