"""The side panel of the sandbox's page: fault switches, a comparison with a simple script, newsbot's posts.

The posts' states are read from newsbot's database.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog

from newsbot.errors import LedgerError
from newsbot.ledger import open_ledger
from newsbot.model import Event, Post, PostEvent
from newsbot.newsroom.json_views import serialize_post
from newsbot.sandbox.calls import FaultInjector, FaultKind, InjectedFault, RecordedCall
from newsbot.sandbox.page.rendering import PageTemplates, Piece, detect_script_language
from newsbot.sandbox.server import Sandbox
from newsbot.sandbox.telegram.state import SandboxChat
from newsbot.threads import SerialThread

__all__ = [
    "SWITCHES",
    "Comparison",
    "CopyCount",
    "FaultSwitch",
    "FaultSwitches",
    "LedgerView",
    "Panel",
    "PlainSender",
    "outcome_text",
]

# ---------------------------------------------------------------- reading the posts in newsbot's ledger

_POLL_SECONDS = 0.15
_SHOWN = 60

log = structlog.get_logger(__name__)


class LedgerView:
    """The newest posts in newsbot's database, as `newsbot posts --json` shows them, always current.

    ``command`` is the shell command that an editor types to act on a post.
    """

    def __init__(self, database: str, command: str = "newsbot") -> None:
        self.command = command
        self._ledger = open_ledger(database)
        self._on_ledger = SerialThread("ledger")
        self._task: asyncio.Task[None] | None = None
        self._seen = False
        self.posts: list[dict[str, Any]] = []
        self._followed_text: str | None = None
        self._outcome_text = ""

    def outcome_text(self, text: str | None) -> str:
        """Return a sentence on whether newsbot sent the post with this text; "" while that is unknown."""
        if text != self._followed_text:
            self._followed_text, self._outcome_text, self._seen = text, "", False
        return self._outcome_text

    async def start(self) -> None:
        """Start to watch newsbot's ledger for changes in the background."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop watching newsbot's ledger, and close the connection to it."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._on_ledger(self._ledger.close)
        self._on_ledger.close()

    async def _watch(self) -> None:
        while True:
            try:
                changed = await self._on_ledger(self._ledger.has_changed)
                if changed or not self._seen:
                    self._seen = True
                    await self._refresh_posts()
            except LedgerError as error:
                log.warning("the posts can't be read", error=str(error))
            await asyncio.sleep(_POLL_SECONDS)

    async def _refresh_posts(self) -> None:
        posts = await self._on_ledger(self._ledger.posts.list_posts, limit=_SHOWN)
        text = self._followed_text
        mine = next((post for post in posts if text and any(part.text == text for part in post.parts)), None)
        said = await self._on_ledger(self._describe_post, mine) if mine else ""
        self.posts = [serialize_post(post) for post in posts]
        if text == self._followed_text:
            self._outcome_text = said

    def _describe_post(self, post: Post) -> str:
        return outcome_text(self._ledger.posts.list_events(post.id))


def outcome_text(timeline: Sequence[Event]) -> str:
    """Return a sentence on what became of a post after the platform's response to its call was lost.

    The sentence is chosen by the events of the post's ``timeline``; it is "" if no response was lost.
    """
    word = next((event for event in reversed(timeline) if event.event in _OUTCOME_TEXTS), None)
    if word is None:
        return ""
    by_person, by_itself = _OUTCOME_TEXTS[word.event]
    return by_person if word.by.startswith("cli:") else by_itself


_RESOLVED_BY_SERVICE = "newsbot looks for it by itself."
_OUTCOME_TEXTS = {
    str(PostEvent.LOSE): (_RESOLVED_BY_SERVICE, _RESOLVED_BY_SERVICE),
    str(PostEvent.FIND): ("An editor saw that it is out.", "newsbot looked by itself and found it."),
    str(PostEvent.SKIP): ("An editor left it as it is.", ""),
    str(PostEvent.MISS): (
        "An editor said that it was not out, so it was sent again.",
        "newsbot looked by itself, and sends what is not out.",
    ),
}
"""By the kind of a post's event, two sentences about it: one if a person caused it, one if newsbot did."""


# ---------------------------------------------------------------- the side panel of the page

_SENDS = {"telegram": "send*", "x": "POST /2/tweets"}
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class FaultSwitch:
    """A switch on the sandbox's page for one fault of a platform.

    ``hint`` describes the fault's effect, ``fault`` are the arguments of `FaultInjector.add` that inject the
    fault.
    """

    name: str
    label: str
    hint: str
    kind: FaultKind
    fault: dict[str, Any] = field(default_factory=dict)


SWITCHES = (
    FaultSwitch("429", "429 Too Many Requests", "asks to wait 5 seconds", "429", {"retry_after": 5}),
    FaultSwitch("502", "502 Bad Gateway", "an answer that proves nothing", "502"),
    FaultSwitch("lost", "Answer lost", "the post is out, the line breaks", "reset_after_processing"),
    FaultSwitch("400", "Post refused", "for good: 400 Bad Request", "400"),
    FaultSwitch("down", "Platform down", "refuses connections for a minute", "refused", {"seconds": _MINUTE}),
)


class FaultSwitches:
    """The fault switches of the sandbox's page; a switch turns itself off after its fault damaged a call."""

    def __init__(self, faults: FaultInjector) -> None:
        self._faults = faults
        self._on: dict[tuple[str, str], InjectedFault] = {}

    def is_on(self, platform: str, name: str) -> bool:
        """Return whether the fault switch ``name`` is on for a platform."""
        fault = self._on.get((platform, name))
        return any(fault is waiting for waiting in self._faults.waiting)

    def set(self, platform: str, name: str, *, on: bool) -> None:
        """Turn the switch of a platform's fault on or off; raise KeyError if there is no such platform or
        switch.
        """
        switch, match = {each.name: each for each in SWITCHES}[name], _SENDS[platform]
        if on == self.is_on(platform, name):
            return
        if on:
            self._on[platform, name] = self._faults.add(platform, match, switch.kind, **switch.fault)
        else:
            self._faults.remove(self._on.pop((platform, name)))


PLAIN_TOKEN = "777:PLAIN-retrying-sender"  # noqa: S105  This token is valid only in the sandbox.
_CHAT = -1001000000777
_CUT: FaultKind = "reset_after_processing"
_SAMPLE = "Night ferry returns to Port Ellery after four winters"


@dataclass
class PlainSender:
    """A simple script that sends posts to Telegram, with which newsbot is compared; after any failure, the
    script sends the post again.

    The comparison is fair, because the script makes three tries with growing pauses, and stops at the first
    success.
    """

    api: str
    token: str
    chat: int
    tries: int = 3
    pause: float = 0.5
    log: list[str] = field(default_factory=list)

    async def send(self, text: str) -> bool:
        """Send a text to the simple script's own chat with up to ``tries`` tries; return whether one
        succeeded.
        """
        url = f"{self.api}/bot{self.token}/sendMessage"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            for attempt in range(1, self.tries + 1):
                try:
                    async with session.post(url, json={"chat_id": self.chat, "text": text}) as answer:
                        answer.raise_for_status()
                        self.log.append(f"try {attempt}: sent")
                        return True
                except (aiohttp.ClientError, TimeoutError):
                    then = ", so it tries again" if attempt < self.tries else ""
                    self.log.append(f"try {attempt}: no answer{then}")
                await asyncio.sleep(self.pause * 2**attempt)
        return False


@dataclass(frozen=True, slots=True)
class CopyCount:
    """How many copies of a post reached the platform from one program: newsbot or the simple script.

    ``copies`` is 0 until the platform accepted the post; ``steps`` are the script's tries, for people.
    """

    sender: str
    copies: int
    steps: tuple[str, ...] = ()


class Comparison:
    """A comparison of newsbot with a simple script when the response to a call is lost.

    The comparison makes the simulated Telegram cut one call of each of the two after processing the call,
    before the response arrives. newsbot's call is its next post to Telegram, for which ``site`` is asked to
    publish an article. The script sends the same headline to its own chat.
    """

    def __init__(self, sandbox: Sandbox, site: str | None) -> None:
        self._sandbox = sandbox
        self._site = site
        self._running = asyncio.Lock()
        self._since: int | None = None
        self._plain: PlainSender | None = None
        sandbox.telegram.other_tokens.add(PLAIN_TOKEN)
        sandbox.telegram.add([SandboxChat(_CHAT, "channel", "Plain retrying sender", "plain_sender")])

    async def run(self) -> None:
        """Make the platform cut a call of newsbot and one of the simple script; return when the script has
        finished.

        A second comparison waits until the first has finished.
        """
        async with self._running:
            self._since = len(self._sandbox.calls)
            for token in (PLAIN_TOKEN, self._sandbox.telegram.bot.token):
                self._sandbox.faults.add("telegram", "send*", _CUT, path=f"/bot{token}/*")
            text = await self.publish() or _SAMPLE
            self._plain = PlainSender(self._sandbox.telegram_url, PLAIN_TOKEN, _CHAT)
            await self._plain.send(text)

    async def publish(self) -> str | None:
        """Let the sample site publish its next article; return the headline, or None if the site fails."""
        if self._site is None:
            return None
        timeout = aiohttp.ClientTimeout(total=5)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(f"{self._site}/_publish", raise_for_status=True) as answer,
            ):
                return str((await answer.json())["published"]["title"])
        except (aiohttp.ClientError, TimeoutError):
            return None

    def tallies(self) -> tuple[CopyCount, ...]:
        """Return how many copies of the posts of newsbot and of the simple script arrived; () before the
        first comparison.
        """
        if self._since is None:
            return ()
        steps = tuple(self._plain.log) if self._plain else ()
        newsbot, plain = (
            _count_copies(self._list_calls(plain=False)),
            _count_copies(self._list_calls(plain=True)),
        )
        return CopyCount("newsbot", newsbot), CopyCount("plain", plain, steps)

    def text(self) -> str | None:
        """Return the text of the post in newsbot's call whose response was lost; None if there was no such
        call yet.
        """
        cut = _find_cut_call(self._list_calls(plain=False)) if self._since is not None else None
        return _post(cut)[1] if cut else None

    def _list_calls(self, *, plain: bool) -> list[RecordedCall]:
        calls = [call for call in self._sandbox.calls[self._since :] if call.method.startswith("send")]
        return [call for call in calls if (call.params.get("chat_id") == _CHAT) == plain]


def _find_cut_call(calls: list[RecordedCall]) -> RecordedCall | None:
    return next((call for call in calls if call.fault == _CUT and call.ok), None)


def _count_copies(calls: list[RecordedCall]) -> int:
    """Return how often the platform accepted the post of the call whose response was lost; 0 before such a
    call.
    """
    cut = _find_cut_call(calls)
    if cut is None:
        return 0
    return sum(call.ok and _post(call) == _post(cut) for call in calls)


def _post(call: RecordedCall) -> tuple[str, str]:
    return str(call.params.get("chat_id")), str(call.params.get("text") or call.params.get("caption"))


_PLATFORMS = ("telegram", "x")


class Panel:
    """The side panel of the sandbox's page; without a ``newsroom`` (newsbot's ledger) it shows no posts."""

    def __init__(
        self,
        switchboard: FaultSwitches,
        comparison: Comparison,
        newsroom: LedgerView | None,
        templates: PageTemplates,
    ) -> None:
        self._switchboard = switchboard
        self._comparison = comparison
        self._newsroom = newsroom
        self._render = templates.render

    def lists(self) -> dict[str, list[Piece]]:
        """Return the panel's pieces of HTML; each key is the name of the page's list for the pieces."""
        lists = {
            "switches": [self._build_switch(switch) for switch in SWITCHES],
            "tally": [self._build_tally()],
        }
        if self._newsroom:
            lists["posts"] = [self._post(post) for post in self._newsroom.posts]
        return lists

    def _build_switch(self, switch: FaultSwitch) -> Piece:
        on = {platform: self._switchboard.is_on(platform, switch.name) for platform in _PLATFORMS}
        key = f"switch-{switch.name}"
        html = {"key": key, "switch": switch, "on": on}
        return Piece(key, tuple(on.values()), lambda: self._render("switch.html.j2", **html))

    def _build_tally(self) -> Piece:
        tallies = self._comparison.tallies()
        outcome_text = self._newsroom.outcome_text(self._comparison.text()) if self._newsroom else ""
        html = {"tallies": tallies, "became": outcome_text}
        return Piece("tally-both", (tallies, outcome_text), lambda: self._render("tally.html.j2", **html))

    def _post(self, post: dict[str, Any]) -> Piece:
        key = f"post-{post['id']}"
        mark = (post["state"], post["attempts"], post["due_at"], str(post["error"]), len(post["receipts"]))
        title = post["article"]["title"] or post["article"]["url"] or "(no title)"
        command = self._newsroom.command if self._newsroom else "newsbot"
        values = {
            "key": key,
            "post": post,
            "title": title,
            "lang": detect_script_language(title),
            "command": command,
        }
        return Piece(key, mark, lambda: self._render("post.html.j2", **values))
