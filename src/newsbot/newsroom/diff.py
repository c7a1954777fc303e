"""Describe what changed in an article's text, in one short line for an editor."""

from difflib import SequenceMatcher
from itertools import takewhile

from newsbot.model import Article
from newsbot.reasons import Code, Reason, join_sentences

__all__ = ["describe_difference", "describe_text_change", "list_changes"]

# The number of unchanged words that a description of a change shows before and after the changed words.
_AROUND = 3
# The most characters of the old text, and of the new text, that a description of one change shows.
_LONGEST = 80
# The fewest characters that a description shows before and after a change, even if these cut a long word.
_LEAST_CONTEXT = 12
_MOST = 3  # The most changed places of one text that a description shows.


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
    """Describe how a text changed, as ``"...was 12 dead..." > "...was 14 dead..."``;
    return None if it did not change.
    """
    return join_sentences(_describe_places(before, after, Code.TEXT))


def _format_photo(article: Article) -> str:
    return " ".join(filter(None, (article.image.url, article.image.alt))) if article.image else ""


def list_changes(before: str, after: str) -> list[tuple[str, str]]:
    """Return each place where ``before`` and ``after`` differ: the old and the new words,
    with a few words around them.
    """
    if before == after:
        return []
    old, new = before.split(), after.split()
    # Only for texts of up to 2000 words together, difflib compares all words (``autojunk`` is off), because
    # for longer texts that would take seconds.
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > 2000)  # noqa: PLR2004
    places = [place for place in matcher.get_opcodes() if place[0] != "equal"]
    return [_quote_change((old, i, j), (new, k, m)) for _, i, j, k, m in places]


def _describe_places(before: str, after: str, code: Code) -> list[Reason]:
    """Return reasons that quote the first three changed places of a text,
    and a reason that counts the others.

    ``code`` is the code of the reasons that quote.
    """
    found = list_changes(before, after)
    told = [code(words=f'"{old}" > "{new}"') for old, new in found[:_MOST]]
    more = len(found) - _MOST
    if more <= 0:
        return told
    return [*told, Code.MORE_PLACES(n=more) if more > 1 else Code.ONE_MORE_PLACE()]


def _quote_change(before: tuple[list[str], int, int], after: tuple[list[str], int, int]) -> tuple[str, str]:
    """Return the old and the new words of one change, each with the same words around them,
    short enough to show.

    ``before`` and ``after`` are each the words of a text and the range of those that changed. If there is not
    enough room, the words around are shortened, and then the beginning that the old and new words have in
    common, so that the two quotes always differ.
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
    """Return changed words with the words before and after them, at most ``room`` characters on each side."""
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
