"""X's timeline as pieces of the page: newest first, a thread's posts joined, in their order."""

from collections.abc import Hashable
from typing import NamedTuple

from newsbot.sandbox.page.live import Piece
from newsbot.sandbox.page.previews import Card, Cards
from newsbot.sandbox.page.rendering import Templates
from newsbot.sandbox.page.richtext import script, x_html
from newsbot.sandbox.x.state import Tweet, XState

__all__ = ["Timeline"]

_SHOWN = 200


class _Placed(NamedTuple):
    """``above``, ``below``: the post's thread goes on there."""

    tweet: Tweet
    above: bool
    below: bool


class Timeline:
    def __init__(self, state: XState, templates: Templates, cards: Cards) -> None:
        self._state = state
        self._render = templates.render
        self._cards = cards

    def lists(self) -> dict[str, list[Piece]]:
        return {"x": [self._card(placed) for placed in _placed(self._state.tweets[-_SHOWN:])]}

    def _card(self, placed: _Placed) -> Piece:
        tweet, key = placed.tweet, f"x-{placed.tweet.id}"
        card = self._link_card(tweet)
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
            if card and text.endswith(card.url):  # X shows a card instead of the link at the end
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
                text=x_html(text, entities, self._cards.address),
                lang=script(text),
                account=self._state,
                card=card,
                above=placed.above,
                below=placed.below,
            )

        return Piece(key, mark, html)

    def _link_card(self, tweet: Tweet) -> Card | None:
        return None if tweet.media else self._cards.get(next(reversed(tweet.links), None))


def _placed(tweets: list[Tweet]) -> list[_Placed]:
    """Threads by their newest post, newest first."""
    threads: dict[str, list[Tweet]] = {}
    root: dict[str, str] = {}
    for tweet in tweets:
        root[tweet.id] = root.get(tweet.reply_to or "", tweet.id)
        threads.setdefault(root[tweet.id], []).append(tweet)
    ordered = sorted(threads.values(), key=lambda thread: int(thread[-1].id), reverse=True)
    return [
        _Placed(tweet, n > 0, n < len(thread) - 1) for thread in ordered for n, tweet in enumerate(thread)
    ]
