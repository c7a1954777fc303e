"""Did each call leave after a claim of its own was stored? By PostgreSQL's own record of its commits."""

from collections import defaultdict
from datetime import datetime

import psycopg

from newsbot.ledger import ids
from newsbot.model import PostEvent
from tests.bench.rows import Row
from tests.chaos.stage import CHATS, Stage, plain

__all__ = ["claims_row"]

# Each claim writes a line of its post's story; a later part is claimed with the receipt of the one before.
_COMMITTED = "SELECT post_id, pg_xact_commit_timestamp(xmin) FROM event WHERE event = ANY(%s) ORDER BY 2"


async def claims_row(stage: Stage, url: str) -> Row:
    """Hold every call to the stand-ins against the claims; the server keeps the times of its commits."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute(_COMMITTED, ([str(PostEvent.CLAIM), "part sent"],))
        claims = defaultdict[int, list[datetime]](list)
        for number, at in await found.fetchall():
            claims[number].append(at)
    posts = {
        (post.channel, plain(part.text)): ids.post_number(post.id)
        for post in stage.posts()
        for part in post.parts
    }
    calls = _calls(stage)
    unclaimed = list[str]()
    for at, channel, text in calls:
        before = [claim for claim in claims[posts.get((channel, text), 0)] if claim <= at]
        if before:
            claims[posts[channel, text]].remove(before[-1])
        else:
            unclaimed.append(f"{text} at {at:%H:%M:%S.%f}")
    what = "calls before which no claim of theirs was stored" + "".join(f"; {one}" for one in unclaimed[:3])
    return Row(what, f"{len(unclaimed)} of {len(calls)}", "0", not unclaimed and bool(calls))


def _calls(stage: Stage) -> list[tuple[datetime, str, str]]:
    """Each that came to send something: when, for which channel, and its words, which begin with its name."""
    sends = {"sendMessage", "sendPhoto", "POST /2/tweets"}
    chats = {str(chat) for chat in CHATS.values()}
    found = list[tuple[datetime, str, str]]()
    for call in stage.sandbox.calls:
        if call.method in sends and (call.platform == "x" or str(call.params.get("chat_id")) in chats):
            text = plain(str(call.params.get("text") or call.params.get("caption") or ""))
            found.append((call.at, text.partition(" ")[0], text))
    return found
