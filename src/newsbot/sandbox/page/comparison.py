"""The line cut in mid-send, for newsbot and for a plain sender that tries again: which one posts twice?"""

import asyncio
from dataclasses import dataclass, field

import aiohttp

from newsbot.sandbox.faults import Kind
from newsbot.sandbox.journal import Call
from newsbot.sandbox.server import Sandbox
from newsbot.sandbox.telegram.state import Chat

__all__ = ["Comparison", "PlainSender", "Tally"]

PLAIN_TOKEN = "777:PLAIN-retrying-sender"  # noqa: S105  opens nothing but the stand-in
_CHAT = -1001000000777
_CUT: Kind = "reset_after_processing"
_SAMPLE = "Night ferry returns to Port Ellery after four winters"


@dataclass
class PlainSender:
    """What a simple script does: send, and on any failure wait a little and send again.

    It is a fair one: three tries, growing pauses, and it stops at the first good answer.
    """

    api: str
    token: str
    chat: int
    tries: int = 3
    pause: float = 0.5
    log: list[str] = field(default_factory=list)

    async def send(self, text: str) -> bool:
        """True once a try was answered well."""
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
class Tally:
    """How often one sender's post is out. ``copies`` 0: the cut waits for its next post."""

    sender: str
    copies: int
    steps: tuple[str, ...] = ()


class Comparison:
    """Cuts one call of each sender after the platform has taken it, before the answer arrives.

    newsbot's call is the next that it makes (any post to Telegram); ``site`` is asked to publish an article
    for it. The plain sender posts the same headline to its own chat.
    """

    def __init__(self, sandbox: Sandbox, site: str | None) -> None:
        self._sandbox = sandbox
        self._site = site
        self._running = asyncio.Lock()
        self._since: int | None = None
        self._plain: PlainSender | None = None
        sandbox.telegram.other_tokens.add(PLAIN_TOKEN)
        sandbox.telegram.add([Chat(_CHAT, "channel", "Plain retrying sender", "plain_sender")])

    async def run(self) -> None:
        """Cut both; returns when the plain sender has finished. Not twice at a time."""
        async with self._running:
            self._since = len(self._sandbox.calls)
            for token in (PLAIN_TOKEN, self._sandbox.telegram.bot.token):
                self._sandbox.faults.add("telegram", "send*", _CUT, path=f"/bot{token}/*")
            text = await self.publish() or _SAMPLE
            self._plain = PlainSender(self._sandbox.telegram_url, PLAIN_TOKEN, _CHAT)
            await self._plain.send(text)

    async def publish(self) -> str | None:
        """The headline of an article that the sample site publishes now; None where there is no site."""
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

    def tallies(self) -> tuple[Tally, ...]:
        """Of both senders, by the calls that the platform took; empty before the first run."""
        if self._since is None:
            return ()
        steps = tuple(self._plain.log) if self._plain else ()
        newsbot, plain = _copies(self._calls(plain=False)), _copies(self._calls(plain=True))
        return Tally("newsbot", newsbot), Tally("plain", plain, steps)

    def text(self) -> str | None:
        """What newsbot's cut call was to post; None before it."""
        cut = _cut(self._calls(plain=False)) if self._since is not None else None
        return _post(cut)[1] if cut else None

    def _calls(self, *, plain: bool) -> list[Call]:
        calls = [call for call in self._sandbox.calls[self._since :] if call.method.startswith("send")]
        return [call for call in calls if (call.params.get("chat_id") == _CHAT) == plain]


def _cut(calls: list[Call]) -> Call | None:
    return next((call for call in calls if call.fault == _CUT and call.ok), None)


def _copies(calls: list[Call]) -> int:
    """How often the post whose call was cut has been taken."""
    cut = _cut(calls)
    if cut is None:
        return 0
    return sum(call.ok and _post(call) == _post(cut) for call in calls)


def _post(call: Call) -> tuple[str, str]:
    return str(call.params.get("chat_id")), str(call.params.get("text") or call.params.get("caption"))
