"""What an editor does with a post. The command line calls these, and the chat will: one place, one answer.

Each is synchronous, one or two ledger calls, and returns the post as it is afterwards. All may raise
UsageError (no such post), InvalidTransition (not in its state) and LedgerError.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsbot.errors import InvalidTransition, UsageError
from newsbot.model import Post, PostEvent, PostState, Receipt
from newsbot.newsroom.composition import Composition
from newsbot.ports import Clock, Ledger

__all__ = ["Posts", "Resumed", "names_or_all"]

_SPREAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A channel that sends again: what waits there, and what was dropped or spread."""

    channel: str
    waiting: int
    changed: int


class Posts:
    """The use cases over posts that are in the ledger. ``by`` is the person, ``cli:ana``."""

    def __init__(self, ledger: Ledger, composition: Composition, clock: Clock) -> None:
        self._ledger = ledger
        self._composition = composition
        self._clock = clock

    def approve(self, post_id: str, *, by: str) -> Post:
        """The post may go: at its own time if that is ahead, else as soon as its channel's rules allow."""
        post, now = self._ledger.post(post_id), self._clock.now()
        due, reason = post.due_at, post.reason
        if due <= now and post.state is PostState.HELD:
            due, reason = self._due(post)
        return self._ledger.approve(post.id, by=by, now=now, due_at=due, reason=reason)

    def cancel(self, post_id: str, *, by: str) -> Post:
        """It won't go."""
        return self._ledger.move(post_id, PostEvent.CANCEL, by=by, now=self._clock.now())

    def send_now(self, post_id: str, *, by: str) -> Post:
        """Skip the time it waits for, not the approval."""
        post, now = self._ledger.post(post_id), self._clock.now()
        return self._reschedule(post, now, "at once, as asked", by)

    def move(self, post_id: str, at: datetime, *, by: str) -> Post:
        """Another time; expiry counts from there."""
        return self._reschedule(self._ledger.post(post_id), at, "the time that was set", by)

    def retry(self, post_id: str, *, by: str) -> Post:
        """A failed post waits again, from its first part that is not out; held where approval is asked."""
        post, now = self._ledger.post(post_id), self._clock.now()
        event = PostEvent.HOLD if self._approval(post) else PostEvent.RETRY
        due, reason = self._due(post)
        expires = due + self._lifetime(post)
        return self._ledger.move(
            post.id,
            event,
            by=by,
            now=now,
            due_at=due,
            expires_at=expires,
            reason=reason,
            detail="tried again",
        )

    def skip(self, post_id: str, *, by: str) -> Post:
        """Leave an unknown as it is and never send it."""
        return self._ledger.move(post_id, PostEvent.SKIP, by=by, now=self._clock.now())

    def resolve_sent(self, post_id: str, *, by: str, remote_id: str | None = None) -> Post:
        """An editor saw that an unknown post, or its unknown part, is out.

        ``remote_id`` is the id there, or a link that ends in it.

        Raises:
            UsageError: parts follow, and without ``remote_id`` they could not join the thread.
        """
        post = self._unknown(post_id)
        part, more = post.next_part, post.next_part < len(post.parts) - 1
        if more and not remote_id:
            raise UsageError(f"{post.id} goes on after part {part + 1}: give that part's id with --remote-id")
        event = PostEvent.MISS if more else PostEvent.FIND
        detail = f"part {part + 1} of {len(post.parts)} is out"
        receipts = (self._receipt(post.channel, part, remote_id or ""),)
        now = self._clock.now()
        return self._ledger.move(post.id, event, by=by, now=now, detail=detail, receipts=receipts, due_at=now)

    def resolve_not_sent(self, post_id: str, *, by: str) -> Post:
        """An editor looked and it is not there: it may be sent."""
        post, now = self._unknown(post_id), self._clock.now()
        expires = now + self._lifetime(post)
        return self._ledger.move(
            post.id, PostEvent.MISS, by=by, now=now, due_at=now, expires_at=expires, detail="not there"
        )

    def after_word(self, post: Post) -> str | None:
        """What a person who has just resolved ``post`` should know besides its state, if anything."""
        if post.state is PostState.RETRYING:
            paused = self._ledger.channel(post.channel).state == "paused"
            return f"It goes out again {f'after newsbot resume {post.channel}' if paused else 'now'}."
        if post.state is PostState.SENT and not post.receipts[-1].url:
            return "It is kept without a link: --remote-id ID, or the post's address, would have kept one."
        return None

    def pause(self, channel: str, *, by: str) -> list[Post]:
        """Hold sending; what was already in flight is returned."""
        return self._ledger.pause(channel, by=by, reason="paused by a person", now=self._clock.now())

    def resume(self, channel: str, *, by: str, spread: bool = False, drop: bool = False) -> Resumed:
        """Send again; what became due meanwhile goes by its pace, is spread out, or is dropped."""
        now = self._clock.now()
        waiting = self._ledger.posts(
            states=(PostState.SCHEDULED, PostState.RETRYING), channel=channel, limit=None, oldest_first=True
        )
        late = [post for post in waiting if post.due_at <= now]
        if drop:
            for post in late:
                self._ledger.move(post.id, PostEvent.CANCEL, by=by, now=now, detail="dropped at resume")
        elif spread:
            for n, post in enumerate(late):
                self._reschedule(post, now + n * _SPREAD, "spread out at resume", by)
        self._ledger.resume(channel, by=by, now=now)
        gone = len(late) if drop else 0
        return Resumed(channel, len(waiting) - gone, len(late) if drop or spread else 0)

    def _receipt(self, channel: str, part: int, said: str) -> Receipt:
        remote_id = said.partition("?")[0].rstrip("/").rpartition("/")[2]
        link = said if said.startswith("https://") else None
        return Receipt(part, remote_id, self._composition.permalink(channel, remote_id) or link)

    def _unknown(self, post_id: str) -> Post:
        post = self._ledger.post(post_id)
        if post.state is not PostState.UNKNOWN:
            raise InvalidTransition(f"{post.id} is {post.state}, so nobody need say whether it is out")
        return post

    def _reschedule(self, post: Post, at: datetime, reason: str, by: str) -> Post:
        now, expires = self._clock.now(), at + self._lifetime(post)
        return self._ledger.reschedule(post.id, due_at=at, expires_at=expires, reason=reason, by=by, now=now)

    def _due(self, post: Post) -> tuple[datetime, str]:
        if not self._composition.knows(post.channel):
            return self._clock.now(), "as soon as it is there"
        return self._composition.due(post.channel)

    def _approval(self, post: Post) -> int:
        known = self._composition.knows(post.channel)
        return self._composition.approval(post.channel) if known else post.approval

    def _lifetime(self, post: Post) -> timedelta:
        now = self._clock.now()
        if not self._composition.knows(post.channel):
            return timedelta(hours=24)
        return self._composition.expiry(post.channel, now) - now


def names_or_all(channel: str | None, channels: Mapping[str, object]) -> list[str]:
    """The named channel, or all.

    Raises:
        UsageError: config.yaml has no such channel.
    """
    if channel in {None, "all"}:
        return list(channels)
    if channel not in channels:
        raise UsageError(f"there is no channel {channel!r}: config.yaml has {', '.join(channels)}")
    return [str(channel)]
