"""The chats of Telegram and the timeline of X as pieces of the sandbox's page, with cards of links.

A card is built from a web page's Open Graph tags. Telegram and X fetch the page of a link for its card; the
sandbox does so only for pages on this machine.
"""

import asyncio
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import aiohttp
from markupsafe import Markup

from newsbot.sandbox.images import read_image_info
from newsbot.sandbox.page.rendering import (
    PageTemplates,
    Piece,
    detect_script_language,
    render_telegram_html,
    render_x_html,
)
from newsbot.sandbox.telegram.state import Message, SandboxChat, TelegramState
from newsbot.sandbox.x.state import Tweet, XState

__all__ = ["LinkCard", "LinkCards", "TelegramChatsView", "XTimelineView", "name_chat_list"]

# ---------------------------------------------------------------- preview cards of links

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_MAX_BYTES = 5 * 1024 * 1024
_TRIES = 3
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class LinkCard:
    """The preview card of a link in a post; a field is empty if the linked page has no Open Graph tag for it.

    ``url`` is the link as it was posted, ``address`` the address to which it leads, ``image`` a key for
    `LinkCards.image`.
    """

    url: str
    address: str
    site: str
    title: str
    description: str
    image: str = ""
    alt: str = ""

    @property
    def host(self) -> str:
        """Return the host name that the link's preview card shows."""
        return urlsplit(self.url).netloc


class _OpenGraphParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("property") or given.get("name") or ""
        if tag == "meta" and name.startswith("og:"):
            self.found.setdefault(name, given.get("content") or "")


class LinkCards:
    """The preview cards of links in posts; each is fetched once, in the background.

    ``aliases`` map the beginnings of public URLs to the beginnings of URLs on this machine.
    """

    def __init__(self, aliases: Mapping[str, str] = MappingProxyType({})) -> None:
        self._aliases = aliases
        self._cards: dict[str, LinkCard | None] = {}
        self._images: dict[str, tuple[bytes, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def address(self, url: str) -> str:
        """Return the URL on this machine to which a link leads; the link itself if it has no alias."""
        for public, local in self._aliases.items():
            if url.startswith(f"{public}/"):
                return local + url.removeprefix(public)
        return url

    def get(self, url: str | None) -> LinkCard | None:
        """Return a link's preview card; if the card is not fetched yet, return None and start to fetch the
        card.
        """
        if not url or not _is_local(self.address(url)):
            return None
        if url not in self._cards:
            self._cards[url] = None
            task = asyncio.get_running_loop().create_task(self._fetch(url))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return self._cards[url]

    def image(self, key: str) -> tuple[bytes, str] | None:
        """Return the bytes and media type of a picture in a link's preview card; None if no card has this
        picture.
        """
        return self._images.get(key)

    async def close(self) -> None:
        """Cancel the fetching of all preview cards that are not complete yet."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch(self, url: str) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            for _ in range(_TRIES):
                try:
                    self._cards[url] = await self._fetch_card(session, url)
                except (aiohttp.ClientError, TimeoutError, ValueError):
                    await asyncio.sleep(_PAUSE)
                else:
                    return

    async def _fetch_card(self, session: aiohttp.ClientSession, url: str) -> LinkCard | None:
        tags = _OpenGraphParser()
        local = self.address(url)
        tags.feed((await _download(session, local)).decode("utf-8", "replace"))
        og = tags.found
        if not og.get("og:title"):
            return None
        site = og.get("og:site_name") or urlsplit(url).netloc
        image = await self._fetch_image(session, urljoin(local, og["og:image"])) if og.get("og:image") else ""
        alt = og.get("og:image:alt", "")
        return LinkCard(url, local, site, og["og:title"], og.get("og:description", ""), image, alt)

    async def _fetch_image(self, session: aiohttp.ClientSession, url: str) -> str:
        data = await _download(session, url) if _is_local(url) else b""
        found = read_image_info(data)
        if found is None:
            return ""
        key = sha256(data).hexdigest()[:16]
        self._images[key] = (data, found.kind)
        return key


async def _download(session: aiohttp.ClientSession, url: str) -> bytes:
    async with session.get(url, allow_redirects=False, raise_for_status=True) as response:
        data = bytearray()
        async for chunk in response.content.iter_any():
            data += chunk
            if len(data) > _MAX_BYTES:
                raise ValueError(url)
        return bytes(data)


def _is_local(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


# ---------------------------------------------------------------- the X timeline and the Telegram chats

_SHOWN = 200


class _ThreadedTweet(NamedTuple):
    """A post on X; ``above`` and ``below`` say whether its thread has a post before or after it."""

    tweet: Tweet
    above: bool
    below: bool


class XTimelineView:
    """The pieces of the sandbox's page that show the X account's timeline."""

    def __init__(self, state: XState, templates: PageTemplates, cards: LinkCards) -> None:
        self._state = state
        self._render = templates.render
        self._cards = cards

    def lists(self) -> dict[str, list[Piece]]:
        """Return the posts of the timeline as pieces of HTML; the key is the name of the page's list for
        them.
        """
        return {"x": [self._build_card(placed) for placed in _order_threads(self._state.tweets[-_SHOWN:])]}

    def _build_card(self, placed: _ThreadedTweet) -> Piece:
        tweet, key = placed.tweet, f"x-{placed.tweet.id}"
        card = self._find_link_card(tweet)
        mark: Hashable = (
            placed.above,
            placed.below,
            card,
            self._state.name,
            self._state.username,
            *(m.alt for m in tweet.media),
        )

        def html() -> str:
            text = tweet.text
            # A link at the end of the text is left out if the post has a preview card for it, as on X.
            if card and text.endswith(card.url):
                text = text.removesuffix(card.url).rstrip()
            entities = {
                kind: [each for each in many if each["end"] <= len(text)]
                for kind, many in tweet.entities.items()
            }
            return self._render(
                "tweet.html.j2",
                key=key,
                tweet=tweet,
                at=tweet.created_at.astimezone(),
                text=render_x_html(text, entities, self._cards.address),
                lang=detect_script_language(text),
                account=self._state,
                card=card,
                above=placed.above,
                below=placed.below,
            )

        return Piece(key, mark, html)

    def _find_link_card(self, tweet: Tweet) -> LinkCard | None:
        return None if tweet.media else self._cards.get(next(reversed(tweet.links), None))


def _order_threads(tweets: list[Tweet]) -> list[_ThreadedTweet]:
    """Order posts by thread: the thread with the newest post first, and each thread's oldest post first."""
    threads: dict[str, list[Tweet]] = {}
    root: dict[str, str] = {}
    for tweet in tweets:
        root[tweet.id] = root.get(tweet.reply_to or "", tweet.id)
        threads.setdefault(root[tweet.id], []).append(tweet)
    ordered = sorted(threads.values(), key=lambda thread: int(thread[-1].id), reverse=True)
    return [
        _ThreadedTweet(tweet, n > 0, n < len(thread) - 1)
        for thread in ordered
        for n, tweet in enumerate(thread)
    ]


_QUOTED = 120
_ANSWERS = 5


def name_chat_list(chat: SandboxChat) -> str:
    """Return the name of the list of the page that shows the messages of ``chat``."""
    return f"chat{chat.id}"


class TelegramChatsView:
    """The pieces of the sandbox's page that show the messages of each Telegram chat, and the list of
    chats.
    """

    def __init__(self, state: TelegramState, templates: PageTemplates, cards: LinkCards) -> None:
        self._state = state
        self._render = templates.render
        self._cards = cards

    def lists(self) -> dict[str, list[Piece]]:
        """Return the pieces of the chats, of the list of chats and of button answers, by the list's name."""
        chats = list(self._state.chats.values())
        lists = {name_chat_list(chat): self._build_bubbles(chat) for chat in chats}
        return lists | {"chats": [*map(self._build_row, chats)], "answers": self._build_answers()}

    def _build_answers(self) -> list[Piece]:
        """Return the bot's answers to pressed buttons, which only the person who pressed sees."""
        html = Markup('<li id="{}" dir="auto" data-owner="{}" data-alert="{}">{}</li>')
        said = [(f"answer-{n}", each) for n, each in enumerate(self._state.callback_answers)]
        return [
            Piece(
                key,
                each["text"],
                partial(html.format, key, each["user"], int(each.get("show_alert", False)), each["text"]),
            )
            for key, each in [(key, each) for key, each in said if each.get("text")][-_ANSWERS:]
        ]

    def _build_row(self, chat: SandboxChat) -> Piece:
        last = chat.messages[-1] if chat.messages else None
        mark = (chat.title, chat.username, len(chat.messages), _build_mark(last) if last else None)
        shown = " ".join(last.text.split())[:_QUOTED] if last else ""
        at = datetime.fromtimestamp(last.date).astimezone() if last else None
        values = {
            "chat": chat,
            "last": last,
            "snippet": shown,
            "at": at,
            "lang": detect_script_language(shown),
        }
        return Piece(f"row-{name_chat_list(chat)}", mark, lambda: self._render("row.html.j2", **values))

    def _build_bubbles(self, chat: SandboxChat) -> list[Piece]:
        out: list[Piece] = []
        day = None
        for message in chat.messages[-_SHOWN:]:
            at = datetime.fromtimestamp(message.date).astimezone()
            if at.date() != day:
                day = at.date()
                out.append(self._build_day(chat, at))
            out.append(self._build_bubble(chat, message, at))
        return out

    def _build_day(self, chat: SandboxChat, at: datetime) -> Piece:
        words = f"{at:%B} {at.day}"
        html = Markup('<li id="{}" class="day"><span>{}</span></li>')
        key = f"{name_chat_list(chat)}-{at:%Y%m%d}"
        return Piece(key, words, lambda: html.format(key, words))

    def _build_bubble(self, chat: SandboxChat, message: Message, at: datetime) -> Piece:
        key = f"{name_chat_list(chat)}-m{message.message_id}"
        answered = chat.message(message.reply_to) if message.reply_to else None
        card = self._build_card(message)
        pinned = message.message_id in chat.pinned
        mark = (_build_mark(message), _build_mark(answered) if answered else None, card, pinned)

        def html() -> str:
            return self._render(
                "bubble.html.j2",
                key=key,
                chat=chat,
                message=message,
                at=at,
                own=_is_person(message, self._state.bot.id),
                name=_get_sender_name(chat, message),
                sender=message.sender["id"] if message.sender else "",
                origin=_get_origin_name(message),
                force=bool((message.reply_markup or {}).get("force_reply")),
                acts=bool(self._state.people),
                pinned=pinned,
                text=render_telegram_html(message.text, message.entities, self._cards.address),
                lang=detect_script_language(message.text),
                answered=answered,
                quote=" ".join(answered.text.split())[:_QUOTED] if answered else "",
                card=card,
            )

        return Piece(key, mark, html)

    def _build_card(self, message: Message) -> LinkCard | None:
        options: dict[str, Any] = message.link_preview_options or {}
        if message.photo or options.get("is_disabled"):
            return None
        return self._cards.get(options.get("url") or next(iter(message.links), None))


def _get_sender_name(chat: SandboxChat, message: Message) -> str:
    """Return the displayed sender of a message: a chat, or a person and the bot through which they wrote."""
    signed = message.more.get("sender_chat")
    if message.sender is None or signed:
        return str((signed or {}).get("title", chat.title))
    via = message.more.get("via_bot")
    return f"{message.sender['first_name']} via @{via['username']}" if via else message.sender["first_name"]


def _get_origin_name(message: Message) -> str:
    """Return the displayed author of a forwarded message; "" if the message is not forwarded."""
    origin: dict[str, Any] = message.more.get("forward_origin") or {}
    chat = origin.get("chat") or origin.get("sender_chat") or {}
    user = origin.get("sender_user") or {}
    return str(chat.get("title") or user.get("first_name") or origin.get("sender_user_name") or "")


def _is_person(message: Message, bot: int) -> bool:
    """Return whether a person wrote the message, which the page then shows on the right."""
    return message.sender is not None and message.sender["id"] != bot


def _build_mark(message: Message) -> Hashable:
    """Return a value by which the page notices that a message was edited; an edit replaces parts of the
    message.
    """
    parts = (message.entities, message.reply_markup, message.link_preview_options, message.photo)
    return (message.message_id, message.text, message.edit_date, *map(id, parts))
