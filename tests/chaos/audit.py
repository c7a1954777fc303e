"""What became of every post: the ledger held against what is out."""

import json
from collections import Counter
from dataclasses import dataclass, field

from newsbot.model import Post, PostState
from tests.bench.rows import Row
from tests.chaos.stage import UNDER_WAY, Arrival, Stage, place_of, plain

__all__ = ["Verdict", "audit"]


@dataclass
class Verdict:
    """Each list names what was found."""

    posts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def rows(self, *, unlisted: int = 0) -> list[Row]:
        return [
            _none("posts lost", self.lost, f"of {self.posts}"),
            _none("posts doubled", self.doubled, f"of {self.posts}"),
            _none("receipts, reasons or lists that are not true", self.wrong, "0"),
            *([Row("unknowns not listed", str(unlisted), "0", met=False)] if unlisted else []),
        ]


def _none(what: str, found: list[str], of: str) -> Row:
    shown = f"{len(found)} {of}" if of.startswith("of") else str(len(found))
    return Row(what + (f": {'; '.join(found[:5])}" if found else ""), shown, "0", not found)


async def audit(stage: Stage) -> Verdict:
    """Nothing runs any more; every post that the ledger has is compared with the stand-ins."""
    verdict = Verdict()
    arrivals = stage.arrivals
    out: dict[tuple[str, str], list[str]] = {}
    for arrival in arrivals:
        out.setdefault((arrival.place, arrival.text), []).append(arrival.remote_id)
    posts = [post for post in stage.posts() if post.channel in stage.channels]
    verdict.posts = len(posts)
    verdict.doubled = [f"{text} ({place})" for (place, text), ids in out.items() if len(ids) > 1]
    for post in posts:
        if post.state is PostState.WITHDRAWN:
            texts = [(place_of(post.channel), plain(part.text)) for part in post.parts]
            verdict.wrong += [f"{post.id} is withdrawn, and out: {text}" for text in texts if text in out]
        else:
            _judge(post, out, verdict)
    _strangers(posts, arrivals, verdict)
    _missing(stage, posts, verdict)
    await _listed(stage, verdict)
    return verdict


def _judge(post: Post, out: dict[tuple[str, str], list[str]], verdict: Verdict) -> None:
    """Sent with all its parts out, as the receipts say; or not sent, and saying why."""
    told = [out.get((place_of(post.channel), plain(part.text)), []) for part in post.parts]
    name = f"{post.id} {post.state} on {post.channel}"
    for receipt in post.receipts:
        if receipt.remote_id not in told[receipt.part]:
            verdict.wrong.append(f"{name}: receipt {receipt.remote_id}, out {told[receipt.part]}")
    if post.state is PostState.SENT:
        if not all(told) or len(post.receipts) != len(post.parts):
            verdict.lost.append(f"{name}: {sum(map(bool, told))} of {len(told)} parts are out")
    elif post.state is PostState.UNKNOWN:
        verdict.unknown.append(post.id)
    elif post.state in UNDER_WAY:
        verdict.lost.append(f"{name}: {post.error.message if post.error else post.reason}")
    elif post.state is PostState.HELD:
        verdict.wrong.append(f"{name}: {post.held_for}")
    elif post.error is None and not post.reason:
        verdict.wrong.append(f"{name} without a reason")
    if post.state in {PostState.FAILED, PostState.CANCELLED}:
        verdict.wrong.append(f"{name}: {post.error.message if post.error else post.reason}")


def _strangers(posts: list[Post], arrivals: list[Arrival], verdict: Verdict) -> None:
    ours = {(place_of(post.channel), plain(part.text)) for post in posts for part in post.parts}
    verdict.wrong += [f"nobody's: {a.text}" for a in arrivals if (a.place, a.text) not in ours]


def _missing(stage: Stage, posts: list[Post], verdict: Verdict) -> None:
    """Every article of the site has one post on each channel."""
    count = Counter((post.article_title, post.channel) for post in posts)
    for story in stage.site.stories:
        for channel in stage.channels:
            has = count[story.title, channel]
            if has == 0:
                verdict.lost.append(f"{story.slug} has no post on {channel}")
            elif has > 1:
                verdict.doubled.append(f"{story.slug} has {has} posts on {channel}")


async def _listed(stage: Stage, verdict: Verdict) -> None:
    ran = await stage.run("posts", "--state", "unknown", "--limit", "100000", "--json")
    listed = {post["id"] for post in json.loads(ran.out or "[]")}
    if ran.status or listed != set(verdict.unknown):
        verdict.wrong.append(f"`posts --state unknown` lists {len(listed)} of {len(verdict.unknown)}")
