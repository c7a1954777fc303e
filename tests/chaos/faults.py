"""Every way in which a call can go wrong on the wire, on every platform, from many seeds."""

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from newsbot.errors import NotSent, OutcomeUnknown, RateLimited, SendError
from newsbot.model import Receipt
from newsbot.sandbox import Sandbox
from tests.bench.rows import Row
from tests.channels.servers import make, part, start_sandbox
from tests.channels.stand_ins import REMOTE_KINDS, view_class
from tests.chaos.tls import TLS_KINDS, broken_tls, make_certificates, trusting

__all__ = ["FAULTS", "Ending", "faults", "run_case"]

FAULTS = (
    "refused",
    "reset_before_read",
    "reset_after_processing",
    "502_after_processing",
    "500",
    "503",
    "429",
    "429_without_retry_after",
    "slow_headers",
    "dripping_body",
    "cut_body",
    "wrong_length",
    "not_json",
    "empty",
    "hang_after_processing",
    "tls",
)
_SLOW = {"slow_headers", "dripping_body", "hang_after_processing"}
_LONGEST = 0.8  # the most letters of a text, as a share of what the platform takes with a photo


@dataclass
class Ending:
    """How one case ended. ``late`` is by how many seconds its longest call passed its deadline."""

    case: str
    wrong: list[str] = field(default_factory=list)
    doubled: int = 0
    late: float = float("-inf")
    verdict: str = ""


@dataclass
class _Case:
    """A thread of one to three parts, one of which meets the fault; as a sender would send it."""

    platform: str
    fault: str
    random: Random
    sandbox: Sandbox
    ending: Ending

    def __post_init__(self) -> None:
        self.count = self.random.randint(1, 3)
        self.struck = self.random.randrange(self.count)
        self.photos = [self.random.random() < 0.4 for _ in range(self.count)]
        self.deadline = 0.8 if self.fault in _SLOW else 15.0
        self.kind = self.random.choice(list(TLS_KINDS)) if self.fault == "tls" else None
        self.view = view_class(self.platform)(self.sandbox)

    def text(self, number: int, limit: int) -> str:
        return f"part {number} " + "x" * self.random.randint(0, int(limit * _LONGEST))

    def order(self) -> None:
        """The fault, at the next call that publishes."""
        method = self.view.calls["send"]
        pause = self.random.choice([0.0005, 0.05, 0.3]) if self.fault in _SLOW else 0.0
        share = self.random.choice([0.0, 0.1, 0.5, 0.9, 0.99] + [1.5] * (self.fault == "wrong_length"))
        wait = self.random.randint(1, 90)
        self.sandbox.faults.add(
            self.platform, method, self.fault, seconds=pause, at=share, retry_after=wait  # type: ignore[arg-type]  # a name of FAULTS
        )  # fmt: skip

    def expected(self) -> tuple[type, ...]:
        if self.kind:
            return (NotSent,) if TLS_KINDS[self.kind] else (OutcomeUnknown,)
        if self.fault == "refused":
            return (NotSent,)
        if self.fault.startswith("429"):
            return (RateLimited,)
        if self.fault in _SLOW and not any(call.fault for call in self.sandbox.calls):
            return (NotSent, OutcomeUnknown)  # A busy machine may not get there within so short a deadline.
        # What drips fast enough is whole in time.
        drips = self.fault in {"slow_headers", "dripping_body"}
        return (OutcomeUnknown, Receipt) if drips else (OutcomeUnknown,)

    def arrived(self, text: str) -> int:
        return sum(message.text == text for message in self.view.messages())


async def run_case(platform: str, fault: str, seed: int, folder: Path) -> Ending:
    """One seed of one fault; ``folder`` has the certificates."""
    name = f"{platform}/{fault}/{seed}"
    ending = Ending(name)
    async with start_sandbox() as sandbox:
        case = _Case(platform, fault, Random(name), sandbox, ending)
        await _send_thread(case, folder)
    return ending


async def _send_thread(case: _Case, folder: Path) -> None:
    api = case.sandbox.url(case.platform)
    channel = make(case.platform, api)
    channel.deadline = case.deadline
    await channel.open()
    after: Receipt | None = None
    for number in range(case.count):
        text = case.text(number, channel.capabilities.caption_limit)
        one = part(text, photo=case.photos[number])
        if number != case.struck:
            result = await _timed(case, channel, one, after)
        elif case.kind:
            async with broken_tls(case.kind, api, folder) as address:
                behind = make(case.platform, address)
                behind.deadline = case.deadline
                result = await _timed(case, behind, one, after)
                await behind.close()
        else:
            case.order()
            result = await _timed(case, channel, one, after)
        if number == case.struck:
            _judge(case, result, text)
        case.sandbox.faults.clear()
        if isinstance(result, NotSent):
            result = await _timed(case, channel, one, after)
        case.ending.doubled += max(0, case.arrived(text) - 1)
        if not isinstance(result, Receipt):
            break  # an unknown holds the later parts of its thread
        after = result
        if case.arrived(text) != 1:
            case.ending.wrong.append("a receipt for what is not there")
    await _go_on(case, channel)
    await channel.close()


async def _go_on(case: _Case, channel: Any) -> None:
    """Whatever happened, the next post goes out: no connection is left that spoils it."""
    channel.deadline = 15.0
    result = await _timed(case, channel, part("afterwards"), None)
    if not isinstance(result, Receipt) or case.arrived("afterwards") != 1:
        case.ending.wrong.append(f"{case.ending.case}: the next post: {result!r}")


async def _timed(case: _Case, channel: Any, one: Any, after: Receipt | None) -> Receipt | SendError:
    start = monotonic()
    try:
        result: Receipt | SendError = await channel.send(one, after=after)
    except SendError as error:
        result = error
    case.ending.late = max(case.ending.late, monotonic() - start - channel.deadline)
    return result


def _judge(case: _Case, result: Receipt | SendError, text: str) -> None:
    case.ending.verdict = type(result).__name__
    if type(result) not in case.expected():
        case.ending.wrong.append(f"{case.ending.case} ({case.kind or case.fault}): {result!r}")
    if isinstance(result, NotSent) and case.arrived(text):
        case.ending.wrong.append(f"{case.ending.case}: surely not sent, and there it is")


async def faults(seeds: int) -> list[Row]:
    """Every fault on every platform from as many seeds, and the table of what came of it."""
    endings: list[Ending] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_certificates(folder)
        with trusting(folder):
            for seed in range(seeds):
                for platform in REMOTE_KINDS:
                    endings += [await run_case(platform, fault, seed, folder) for fault in FAULTS]
                    await asyncio.sleep(0)
    return _rows(endings, seeds)


def _rows(endings: list[Ending], seeds: int) -> list[Row]:
    wrong = [why for ending in endings for why in ending.wrong]
    doubled = sum(ending.doubled for ending in endings)
    late = max(ending.late for ending in endings)
    verdicts = Counter(ending.verdict for ending in endings)
    rows = [
        Row(f"{len(FAULTS)} faults x {len(REMOTE_KINDS)} platforms x {seeds} seeds", f"{len(endings)} cases"),
        Row("doubled", str(doubled), "0", doubled == 0),
        Row("classified wrongly", str(len(wrong)), "0", not wrong),
        Row("the latest end of a call past its deadline", f"{late:+.2f} s", "<= +1 s", late <= 1),
    ]
    rows += [Row(f"ended as {name}", str(count)) for name, count in verdicts.most_common()]
    return rows + [Row(f"  {why}", "", "", met=False) for why in wrong[:20]]
