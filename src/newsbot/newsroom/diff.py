"""Describe what changed in an article's text, in one short line for an editor."""

from difflib import SequenceMatcher
from itertools import takewhile

from newsbot.model import Article
from newsbot.reasons import Code, Reason, join_sentences

__all__ = ["describe_difference", "describe_text_change", "list_changes"]

_AROUND = 3  # The number of words that are shown before and after a change.
_LONGEST = 80  # The most characters that are shown of each side of a change.
# The fewest characters that are shown before and after a change, even inside a long word.
_LEAST_CONTEXT = 12
_MOST = 3  # The most changed places of a text that are shown.


def describe_difference(before: Article, after: Article) -> Reason | None:
    """Describe in one line how two versions of an article differ; None if nothing visible changed.

    The form is ``title: "A" > "B"; text: "...was 12 dead..." > "...was 14 dead..."``.
    """
    told = [
        code(words=f'"{_shorten(old)}" > "{_shorten(new)}"')
        for code, old, new in (
            (Code.TITLE_CHANGED, before.title or "", after.title or ""),
            (Code.ADDRESS_CHANGED, before.url or "", after.url or ""),
            (Code.PHOTO_CHANGED, _format_photo(before), _format_photo(after)),
            (Code.SUMMARY_CHANGED, before.summary or "", after.summary or ""),
        )
        if old != new
    ]
    return join_sentences([*told, *_describe_places(before.text, after.text, Code.TEXT_CHANGED)])


def describe_text_change(before: str, after: str) -> Reason | None:
    """Describe how a text changed, as ``"...was 12 dead..." > "...was 14 dead..."``; None if it did not."""
    return join_sentences(_describe_places(before, after, Code.TEXT))


def _format_photo(article: Article) -> str:
    return " ".join(filter(None, (article.image.url, article.image.alt))) if article.image else ""


def list_changes(before: str, after: str) -> list[tuple[str, str]]:
    """Return each changed place of a text as it was before and as it is after, with a few words around."""
    if before == after:
        return []
    old, new = before.split(), after.split()
    # For more than 2000 words, a comparison without difflib's autojunk would take seconds.
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > 2000)  # noqa: PLR2004
    places = [place for place in matcher.get_opcodes() if place[0] != "equal"]
    return [_quote_change((old, i, j), (new, k, m)) for _, i, j, k, m in places]


def _describe_places(before: str, after: str, code: Code) -> list[Reason]:
    """Return reasons that quote the first changed places of a text, and a reason that counts the others.

    ``code`` is the code of the reasons that quote.
    """
    found = list_changes(before, after)
    told = [code(words=f'"{old}" > "{new}"') for old, new in found[:_MOST]]
    more = len(found) - _MOST
    if more <= 0:
        return told
    return [*told, Code.MORE_PLACES(n=more) if more > 1 else Code.ONE_MORE_PLACE()]


def _quote_change(before: tuple[list[str], int, int], after: tuple[list[str], int, int]) -> tuple[str, str]:
    """Return both sides of a change, each with the same words around it, short enough to be shown.

    If there is not enough room, the words around are shortened, and then the beginning that both sides have
    in common, so that the two quotes always differ. Each side is given as its words and the range of words
    that changed.
    """
    changed = [" ".join(words[start:end]) for words, start, end in (before, after)]
    if max(map(len, changed)) > _LONGEST:
        changed = _skip_common_beginning(changed)
    room = max((_LONGEST - max(map(len, changed))) // 2, _LEAST_CONTEXT)
    old, new = (
        _quote_context(words, start, end, text, room)
        for (words, start, end), text in zip((before, after), changed, strict=True)
    )
    return old, new


def _skip_common_beginning(texts: list[str]) -> list[str]:
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))
    skipped = common - _LEAST_CONTEXT
    return [f"…{text[skipped:]}" if skipped > 0 and text else text for text in texts]


def _quote_context(words: list[str], start: int, end: int, changed: str, room: int) -> str:
    """Return a changed passage with the words before and after it, at most ``room`` characters of each."""
    first, last = max(0, start - _AROUND), end + _AROUND
    before, after = " ".join(words[first:start]), " ".join(words[end:last])
    if len(before) > room:
        before = f"…{before[-room:]}"
    elif first:
        before = f"…{before}"
    after = _shorten(after, room + 1) if last >= len(words) or len(after) > room else f"{after}…"
    return " ".join(filter(None, (before, _shorten(changed), after)))


def _shorten(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
