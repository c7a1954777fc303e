"""A person words a post that waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from newsbot.composing.rewriting import TooLong, plain_words, rewrite
from newsbot.errors import ComposeError, InvalidTransition, UsageError
from newsbot.model import Part, Post
from newsbot.newsroom.differences import wording
from newsbot.ports import Channel, Clock, Ledger

__all__ = ["Edited", "Editing", "Preview", "Problem"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Words that don't fit; ``photo``: as a caption, while they would without it."""

    channel: str
    length: int
    limit: int
    photo: bool = False

    @property
    def over(self) -> int:
        return self.length - self.limit

    def __str__(self) -> str:
        photo = ", with its photo" if self.photo else ""
        return f"{self.channel}: {self.over} too long: {self.length} of {self.limit}{photo}"


@dataclass(frozen=True, slots=True)
class Preview:
    """What the words would become; ``problem`` says why they can't."""

    parts: tuple[Part, ...]
    problem: Problem | None
    cost_usd: Decimal | None
    change: str


@dataclass(frozen=True, slots=True)
class Edited:
    """``change`` is what is otherwise, in a line; empty where nothing is."""

    before: Post
    after: Post
    change: str


class Editing:
    """The use cases."""

    def __init__(self, ledger: Ledger, channels: Mapping[str, Channel], clock: Clock) -> None:
        self._ledger = ledger
        self._channels = channels
        self._clock = clock

    def words(self, post_id: str) -> str:
        """The post's words as a reader sees them, to be edited."""
        return _words(self._ledger.post(post_id).parts)

    def preview(self, post_id: str, text: str) -> Preview:
        """What ``text`` would look like, changing nothing.

        Raises:
            UsageError: there are no words in it; no such post; no such channel any more.
        """
        return self._preview(self._ledger.post(post_id), text)

    def edit(self, post_id: str, text: str, by: str, content: str | None = None) -> Edited:
        """The post says ``text``. No approval counts any more, and no edit at the source overwrites it.

        ``content`` is the `Post.content` that the person was shown.

        Raises:
            UsageError: it doesn't fit (by how much).
            InvalidTransition: it doesn't wait, or was changed since.
        """
        before = self._ledger.post(post_id)
        if content not in {None, before.content}:
            raise InvalidTransition(f"post {before.id} was changed since: look at it again")
        new = self._preview(before, text)
        if new.problem:
            raise UsageError(str(new.problem))
        if new.parts == before.parts:
            return Edited(before, before, "")
        after = self._ledger.edit(
            before.id,
            new.parts,
            cost_usd=new.cost_usd,
            content=before.content,
            by=by,
            now=self._clock.now(),
            detail=new.change or "its form alone",
        )
        return Edited(before, after, new.change)

    def _preview(self, post: Post, text: str) -> Preview:
        channel = self._channels.get(post.channel)
        if channel is None:
            raise UsageError(
                f"config.yaml has no channel {post.channel} any more: post {post.id} stays as it is"
            )
        try:
            parts, long = rewrite(post.parts, text, channel.limits)
        except ComposeError as error:
            raise UsageError(f"post {post.id} can't say that: {error}") from None
        problem = _problem(post, long, channel.limits.text) if long else None
        return Preview(parts, problem, channel.price(parts), wording(_words(post.parts), _words(parts)))


def _problem(post: Post, long: TooLong, most: int) -> Problem:
    return Problem(post.channel, long.length, long.limit, photo=long.limit < most and long.length <= most)


def _words(parts: tuple[Part, ...]) -> str:
    return "\n\n".join(map(plain_words, parts))
