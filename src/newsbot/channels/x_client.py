"""The client of X: tweepy composes and signs the calls, and newsbot's own connection makes them.

tweepy sets no timeout, its hosts are fixed, and its calls block a thread that can't be cancelled.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests
from tweepy import Client, OAuth1UserHandler
from yarl import URL

from newsbot.channels.http_connection import FormFile, HttpAnswer, HttpConnection

__all__ = ["XClient"]


class XClient(Client):  # type: ignore[misc]  # tweepy has no types
    """tweepy's client for one call, of which each method returns an awaitable with X's answer.

    The call goes to ``api``, and connecting may take ``connect_seconds``. ``keys`` are in the order of
    tweepy's parameters.
    """

    def __init__(
        self, api: str, connection: HttpConnection, keys: Mapping[str, str], connect_seconds: float
    ) -> None:
        # The return type is set to requests.Response, because tweepy's methods then return the result of the
        # method `request` unchanged.
        super().__init__(**keys, return_type=requests.Response)
        self._api = api
        self._connection = connection
        self._connect_seconds = connect_seconds
        self._signer = OAuth1UserHandler(*keys.values()).apply_auth().client

    async def request(
        self,
        method: str,
        route: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        user_auth: bool = True,  # noqa: ARG002, FBT001, FBT002  tweepy passes this parameter; newsbot makes every call for the account itself.
        *,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, FormFile] | None = None,
    ) -> HttpAnswer:
        """Sign a call and make it; return X's answer, or raise the errors of `HttpConnection.exchange`."""
        query = f"?{urlencode(params)}" if params else ""
        url, headers, _ = self._signer.sign(f"{self._api}{route}{query}", method)
        return await self._connection.exchange(
            method,
            URL(url, encoded=True),
            connect_seconds=self._connect_seconds,
            headers=headers,
            content=json,
            form=form,
            files=files,
        )
