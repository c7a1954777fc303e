"""The channel that posts to an account on X, through tweepy with OAuth 1.0a."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from newsbot.channels.http_api import ErrorResponse, LazyConnection, classify_failed_call
from newsbot.channels.images import Photo, PhotoLimits, load_photo
from newsbot.channels.read_back import find_reply_target
from newsbot.channels.settings import ApiUrl, Budget, CorrectionSettings, PaceText, PriceSettings, StrictModel
from newsbot.channels.x_errors import XCall, classify_x_response
from newsbot.channels.x_timeline import (
    LEAST_READ,
    X_LINK,
    TweetVersion,
    find_sightings_in,
    read_latest_version,
    read_timeline,
)
from newsbot.composing.markup import PLAIN
from newsbot.composing.measures import count_weighted, find_possible_links
from newsbot.errors import ChannelRefused, MessageGone, NotSent, Refused, SendError, TooLate
from newsbot.model import Image, Part, Receipt
from newsbot.ports import (
    AmendmentCall,
    Capabilities,
    Channel,
    FetchImage,
    Identity,
    MessageLink,
    PageFetcher,
    PricedCall,
    Rate,
    ReadAllowance,
    SearchResult,
    SoughtPart,
)
from newsbot.reasons import PlatformCode, Reason, join_sentences

if TYPE_CHECKING:
    from newsbot.channels.http_connection import HttpAnswer
    from newsbot.channels.x_client import XClient

__all__ = ["XBudget", "XChannel", "XPace", "XSettings"]

T = TypeVar("T")

PHOTO_SHARE = 0.3
"""The share of a send's time limit for fetching a photo, and for its upload; the post has the rest."""

CONNECT_SHARE = 0.5
"""The share of a call's time that connecting may take, before the request is sent."""

PHOTO_LIMITS = PhotoLimits(megabytes=5)
"""X's limits for photos, https://docs.x.com/x-api/media/quickstart/best-practices"""

LONG_POST = 25_000
"""The most weighted characters of a long post, https://help.x.com/en/using-x/x-premium"""

ALT_USD = Decimal("0.005")
"""The price in US dollars of a call of /2/media/metadata, which sets an alt text (pay per use, 2026)."""

_POST_LINK = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/(?:[^?#]*/)?status/(?P<number>\d+)",
    re.IGNORECASE | re.ASCII,
)

_NO_POST = XCall()
_LIBRARIES = ("tweepy", "requests_oauthlib", "oauthlib")
_KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


def _check_key(key: SecretStr) -> SecretStr:
    if not key.get_secret_value().strip():
        raise ValueError("is empty: write the key of the app that the developer console shows")
    return key


Key = Annotated[SecretStr, AfterValidator(_check_key)]
Usd = Annotated[Decimal, Field(ge=0)]


class XPace(StrictModel):
    """The numbers of calls that X allows, from https://docs.x.com/x-api/fundamentals/rate-limits."""

    posts: PaceText = Field(
        default="100/15min", validate_default=True, description="The most posts of the account."
    )
    daily: PaceText = Field(
        default="10000/day", validate_default=True, description="The most posts of the app."
    )
    deletes: PaceText = Field(
        default="50/15min", validate_default=True, description="The most deletions of the account."
    )


class XBudget(Budget):
    """The monthly budget and prices of an X channel; the defaults are X's prices per use of February 2026."""

    post_usd: Usd = Field(default=Decimal("0.015"), description="The price of a post.")
    link_post_usd: Usd = Field(default=Decimal("0.20"), description="The price of a post with a link.")
    delete_usd: Usd = Field(default=Decimal("0.010"), description="The price of a deletion.")
    read_usd: Usd = Field(
        default=Decimal("0.005"),
        description="The price of reading one post; 0.001 if the account owns the app.",
    )


class XSettings(PriceSettings, CorrectionSettings):
    model_config = ConfigDict(hide_input_in_errors=True)
    example: ClassVar = dict.fromkeys(_KEYS, "0:nobody")

    api: ApiUrl = Field(
        default="https://api.x.com", description="The address of the API: X's or the sandbox's."
    )
    consumer_key: Key = Field(description="The app's key, from the developer console.")
    consumer_secret: Key = Field(description="The app's secret.")
    access_token: Key = Field(description="The account's token, made with Read and Write.")
    access_token_secret: Key = Field(description="The account's token secret.")
    budget: XBudget | None = Field(default=None, description="The prices of posts, and the limit of a month.")
    pace: XPace = Field(default_factory=XPace, description="X's rate limits.")
    on_correct: Literal["edit", "reply", "repost"] = Field(
        default="repost",
        description="How a correction changes a published post; only X Premium accounts can edit.",
    )
    long: bool = Field(
        default=False,
        description="Allow posts of up to 25,000 characters, which X Premium accounts can post.",
    )
    on_edit: Literal["ignore", "flag", "edit"] = Field(
        default="flag",
        description="What newsbot does with a published post when the source edits its article.",
    )

    @model_validator(mode="after")
    def _check_edits(self) -> Self:
        if self.on_edit == "edit" and self.on_correct != "edit":
            raise ValueError("on_edit: edit needs on_correct: edit, which is for accounts with X Premium")
        return self

    @property
    def target(self) -> str:
        """Return the place that posts go to: ``x:`` and the account's number, or a hash of its token."""
        token = self.access_token.get_secret_value()
        number, dash, _ = token.partition("-")
        account = number if dash and number.isdecimal() else sha256(token.encode()).hexdigest()[:12]
        return f"x:{account}"


class XChannel(Channel):
    """A channel that posts to one X account; each call has a connection of its own, because an old connection
    may turn out to be dead only after a request was written to it.
    """

    kind = "x"
    capabilities = Capabilities(
        measure=count_weighted,
        markup=PLAIN,
        text=280,
        photos=1,
        alt_text=1000,
        edits=True,
        edits_within=timedelta(minutes=30),
        deletes_within=timedelta.max,
        replies=True,
        threads=True,
        account=True,
        sentences=1,
    )
    template = "x.txt.j2"
    Settings = XSettings

    def __init__(self, name: str, settings: XSettings, fetch_image: FetchImage) -> None:
        self.name = name
        self.settings = settings
        # The settings, not X, tell whether posts can be edited and may be long: only accounts with X Premium
        # can edit posts and write long ones, and only their owners know whether they have it.
        self.capabilities = replace(
            type(self).capabilities,
            edits=settings.on_correct == "edit",
            text=LONG_POST if settings.long else type(self).capabilities.text,
        )
        self._budget = settings.budget or XBudget()
        self._fetch_image = fetch_image
        self._user_id: str | None = None
        self._keys = {name: getattr(settings, name).get_secret_value() for name in _KEYS}
        self._connection = LazyConnection(settings.api, *_LIBRARIES, headers={}, reuse=False)
        app, pace = self._keys["consumer_key"], settings.pace
        account = f"x:{_hash_keys(app, self._keys['access_token'])}"
        self._posts = Rate(f"{account}:posts", *pace.posts, precise=False)
        self._deletes = Rate(f"{account}:deletes", *pace.deletes, precise=False)
        self._daily = Rate(f"x:{_hash_keys(app)}:daily", *pace.daily, precise=False)

    def price(self, parts: Sequence[Part]) -> Decimal | None:
        """Return the price in US dollars of a post with these parts (messages), by the configured prices."""
        total = Decimal(0)
        for part in parts:
            linked = find_possible_links(part.text)
            total += self._budget.link_post_usd if linked else self._budget.post_usd
            total += ALT_USD * sum(1 for image in part.media[:1] if image.alt)
        return total

    def rates(self) -> tuple[Rate, ...]:
        """Return the rate limits that each post counts against: the account's and the app's daily limit."""
        return self._posts, self._daily

    def get_call_price(self, what: PricedCall) -> Decimal | None:
        """Return the price in US dollars of a deletion, of reading one post, or the most that an edit costs.

        X charges an edit like a post. newsbot reads up to two versions of the post before it edits it.
        """
        budget = self._budget
        edit = max(budget.post_usd, budget.link_post_usd) + 2 * budget.read_usd
        return {"delete": budget.delete_usd, "read": budget.read_usd, "edit": edit}[what]

    def get_call_rates(self, what: AmendmentCall) -> tuple[Rate, ...]:
        """Return the rate limits that a change of a sent post counts against; an edit counts like a post."""
        return (self._deletes,) if what == "delete" else self.rates()

    async def open(self) -> None:
        """Import the library tweepy in a thread, because the import takes long."""
        await self._connection.get()

    async def send(
        self,
        part: Part,
        *,
        after: Receipt | None,
        silent: bool = False,  # noqa: ARG002  X has no silent posts.
        key: str = "",  # noqa: ARG002  X takes no idempotency key.
    ) -> Receipt:
        """Send one message of a post with its photo; return X's receipt, which has the message's id on X.

        If ``after`` is given, the message is a reply to the message of that receipt.
        """
        ends = asyncio.get_running_loop().time() + self.deadline
        media, note = await self._upload_media(part)
        reply_to, untied = find_reply_target(after)
        tweet_id = await self._call_api(
            lambda client: _create_tweet(client, part.text, media, reply_to),
            ends=ends,
            asked=XCall(post=True, photo=media is not None, reply=reply_to is not None),
        )
        return Receipt(0, tweet_id, X_LINK.format(tweet_id), join_sentences([note, untied]))

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:
        """Edit a post on X, which gives the edited version an id of its own; return a receipt with that id.

        The receipt may have the id of an earlier version, if the answer to an earlier edit was lost. So the
        latest version is read first, and nothing is edited if it has the new text already.
        """
        tweet_id, _ = find_reply_target(receipt)
        if tweet_id is None:
            raise Refused(PlatformCode.ID_NOT_KNOWN())
        ends = asyncio.get_running_loop().time() + self.deadline
        latest = await self._call_api(
            lambda client: read_latest_version(partial(client.request, "GET"), tweet_id),
            ends=ends,
            asked=XCall(out=True),
        )
        edited_id = latest.id
        if not latest.has_text(part):
            if why := latest.explain_refusal():
                raise TooLate(why)
            edited_id = await self._call_api(
                lambda client: _edit_tweet(client, part.text, latest), ends=ends, asked=XCall(edit=True)
            )
        return Receipt(receipt.part, edited_id, X_LINK.format(edited_id), receipt.note)

    async def delete(self, receipt: Receipt) -> None:
        """Delete from X the post that ``receipt`` (X's confirmation) names; do nothing if the post is already
        gone.
        """
        tweet_id, _ = find_reply_target(receipt)
        if tweet_id is None:
            raise Refused(PlatformCode.ID_NOT_KNOWN())
        ends = asyncio.get_running_loop().time() + self.deadline
        with suppress(MessageGone):
            await self._call_api(
                lambda client: _delete_tweet(client, tweet_id), ends=ends, asked=XCall(out=True)
            )

    async def search(
        self,
        sought: Sequence[SoughtPart],
        *,
        since: datetime,
        mark: str | None,
        pages: PageFetcher,  # noqa: ARG002  The timeline comes from X's API, not from a web page.
        allowance: ReadAllowance,
    ) -> SearchResult | None:
        """Search the account's own timeline on X for the messages of posts in ``sought``.

        X charges for each post that is read; no more posts are read than ``allowance`` permits.
        """
        if allowance.most < LEAST_READ:
            raise NotSent(PlatformCode.NO_BUDGET_TO_READ())
        ends = asyncio.get_running_loop().time() + self.deadline
        if self._user_id is None:
            self._user_id = await self._call_api(_read_account_id, ends=ends)
        user_id = self._user_id

        timeline = await self._call_api(
            lambda client: read_timeline(
                partial(client.request, "GET"), user_id, allowance, since=since, mark=mark
            ),
            ends=ends,
        )
        return find_sightings_in(sought, timeline)

    def permalink(self, remote_id: str) -> str | None:
        """Return the web address of a post; None if ``remote_id`` is not a number."""
        return X_LINK.format(remote_id) if remote_id.isascii() and remote_id.isdigit() else None

    @staticmethod
    def read_link(link: str) -> MessageLink | None:
        """Return the post that ``x.com/NAME/status/NUMBER`` leads to; None for another address."""
        found = _POST_LINK.match(link)
        return MessageLink(found["number"]) if found else None

    async def identify(self) -> Identity:
        """Return the account's name, after checking that the tokens may post.

        X sends the tokens' rights in the ``x-access-level`` header of its answer to GET /2/users/me.

        Raises:
            ChannelRefused: The tokens may read but not post.
            SendError: The call to X failed.
        """
        ends = asyncio.get_running_loop().time() + self.deadline
        username, access = await self._call_api(_read_account, ends=ends)
        if access == "read":
            raise ChannelRefused(PlatformCode.READ_ONLY_TOKENS(name=f"@{username}"))
        own = self.settings.api == type(self.settings).model_fields["api"].default
        return Identity(
            f"@{username}", f"https://x.com/{username}" if own else f"{self.settings.api} in place of X"
        )

    async def _upload_media(self, part: Part) -> tuple[str | None, Reason | None]:
        """Upload a message's photo; return the photo's id on X, or None, and a note on what was left out.

        Raise no error: without the photo, the text is sent alone.
        """
        if not part.media:
            return None, None
        image, seconds = part.media[0], PHOTO_SHARE * self.deadline
        photo, note = await load_photo(self._fetch_image, image.url, PHOTO_LIMITS, seconds=seconds)
        if photo is None:
            return None, note
        ends = asyncio.get_running_loop().time() + seconds
        try:
            media_id = await self._call_api(lambda client: _upload_photo(client, photo), ends=ends)
        except SendError as error:
            return None, PlatformCode.PHOTO_LEFT_OUT(why=error.reason)
        return media_id, await self._set_alt_text(media_id, image, ends)

    async def _set_alt_text(self, media_id: str, image: Image, ends: float) -> Reason | None:
        """Set the alt text of an uploaded photo; return None, or a note if setting it fails."""
        if not image.alt:
            return None
        words = image.alt[: self.capabilities.alt_text]
        try:
            await self._call_api(lambda client: _send_alt_text(client, media_id, words), ends=ends)
        except SendError as error:
            return PlatformCode.ALT_TEXT_LEFT_OUT(why=error.reason)
        return None

    async def close(self) -> None:
        """Close the connections to X."""
        await self._connection.close()

    async def _call_api(
        self, action: Callable[["XClient"], Awaitable[T]], *, ends: float, asked: XCall = _NO_POST
    ) -> T:
        """Await ``action`` with a client of X, until the event loop's time ``ends``; return its result.

        Raises:
            SendError: The call failed. The error's class says whether the post may have been sent. The error
                is raised outside of the ``except`` block, so that it carries no library's error.
        """
        connection = await self._connection.get()
        from newsbot.channels.x_client import XClient  # noqa: PLC0415  A thread has loaded the module already.

        seconds, secrets = max(0.001, ends - asyncio.get_running_loop().time()), tuple(self._keys.values())
        client = XClient(self.settings.api, connection, self._keys, CONNECT_SHARE * seconds)
        try:
            async with asyncio.timeout(seconds):
                return await action(client)
        except ErrorResponse as answer:
            failure: SendError = classify_x_response(
                answer.status,
                answer.headers,
                answer.body,
                asked,
                posts_key=(self._deletes if asked.out else self._posts).key,
                daily_key=self._daily.key,
                secrets=secrets,
            )
        except Exception as error:  # noqa: BLE001  An unexpected error proves nothing about the call.
            failure = classify_failed_call(
                error,
                api=self.settings.api,
                seconds=float(f"{seconds:.3g}"),
                secrets=secrets,
                express_doubt=asked.express_doubt,
            )
        raise failure


def _hash_keys(*keys: str) -> str:
    return sha256("\n".join(keys).encode()).hexdigest()[:12]


async def _create_tweet(client: "XClient", text: str, media_id: str | None, reply_to: str | None) -> str:
    """Create a post on X and return its id; raise an error if the answer has no id."""
    media = [media_id] if media_id else None
    return _read_id(await client.create_tweet(text=text, media_ids=media, in_reply_to_tweet_id=reply_to))


async def _edit_tweet(client: "XClient", text: str, latest: TweetVersion) -> str:
    """Replace the latest version of a post by one with another text and the same media; return its id.

    tweepy's method for posts has no parameter for edits.
    """
    body: dict[str, Any] = {"text": text, "edit_options": {"previous_post_id": latest.id}}
    if latest.media_ids:
        body["media"] = {"media_ids": list(latest.media_ids)}
    return _read_id(await client.request("POST", "/2/tweets", json=body))


async def _delete_tweet(client: "XClient", tweet_id: str) -> None:
    """Delete a post on X; raise an error if the answer does not confirm the deletion."""
    if _read_data(await client.delete_tweet(tweet_id))["deleted"] is not True:
        raise ValueError("the answer does not say that it is deleted")


async def _upload_photo(client: "XClient", photo: Photo) -> str:
    """Upload a photo by one POST to X's /2/media/upload, and return the id that X gives it.

    tweepy has no method for this call.
    """
    kind = f"image/{photo.format}"
    category = "tweet_gif" if photo.format == "gif" else "tweet_image"
    answer = await client.request(
        "POST",
        "/2/media/upload",
        form={"media_category": category, "media_type": kind},
        files={"media": (f"photo.{photo.format}", photo.data, kind)},
    )
    return _read_id(answer)


async def _send_alt_text(client: "XClient", media_id: str, words: str) -> None:
    body = {"id": media_id, "metadata": {"alt_text": {"text": words}}}
    await client.request("POST", "/2/media/metadata", json=body)


async def _read_account(client: "XClient") -> tuple[str, str | None]:
    """Return the account's username, and the ``x-access-level`` header of X's answer or None.

    The header's values are read, read-write and read-write-directmessages.
    """
    answer = await client.request("GET", "/2/users/me")
    return str(_read_data(answer)["username"]), answer.headers.get("x-access-level")


async def _read_account_id(client: "XClient") -> str:
    return _read_id(await client.request("GET", "/2/users/me"))


def _read_data(answer: "HttpAnswer") -> Any:
    return json.loads(answer.body)["data"]


def _read_id(answer: "HttpAnswer") -> str:
    """Return the id in X's answer; raise an error if there is none, because only an id proves that a post was
    sent.
    """
    text = str(_read_data(answer)["id"])
    if not (text.isascii() and text.isdecimal()):
        raise ValueError("the answer has no id")
    return text
