"""Detection of a page that a site shows in place of an article: a consent, a login, "not found".

Words decide: the article's page has words of its headline and teaser, in any language; a page in its place
has other words. Typical phrases of these pages, from ``walls.toml``, decide only if an article has hardly a
word in common with its headline and teaser.
"""

import re
from collections.abc import Sequence

from newsbot.files import load_toml
from newsbot.identity.texts import split_words

__all__ = [
    "distinctive_words",
    "is_follow_up",
    "is_of_article",
    "is_protected",
    "is_same_headline",
    "is_wall",
    "is_wall_line",
    "text_weight",
]


_SHORTEST = 4  # The fewest letters of a word that counts; every text has shorter ones ("the", "und", "کے").
_STEM = 5  # The number of first letters that are compared: flood, floods and flooding count as one word.
_SHARE = 0.3  # The least share of the headline's and teaser's words that an article's page has.
_LEAST = 2  # The fewest of these words that an article's page has; a single one may be there by chance.
_HEAD = 0.6  # Two headlines with this share of words in common are of one article.
_LONGER = 1.3  # A line that repeats the headline is at most this many times as long as the headline.
_LONG = 1200  # A page with this many weighted characters of its article may also have notices.
_SOME = 300  # A text with fewer weighted characters than this and no word of the headline is no article.
_MOST = 100_000  # The most characters of a text that are examined.
_LINE = 600  # The most characters of a notice's line.
# From this character on, in scripts without spaces, `split_words` returns single characters.
_UNSPACED = 0x0E00
_HIRAGANA = re.compile("[\u3040-\u309f]{2}")
_PHRASES = {
    name: "|".join(lines.splitlines()) for name, lines in load_toml(__package__, "walls.toml").items()
}
_FOLLOW_UP = re.compile(f"{_PHRASES['consent']}|{_PHRASES['reader']}", re.IGNORECASE)
_PROTECTED = tuple(re.compile(_PHRASES[kind], re.IGNORECASE) for kind in ("excerpt", "protected"))
_NOTICES = tuple(  # A line is a notice if phrases of all the kinds in one of these rows are found in it.
    tuple(re.compile(_PHRASES[kind], re.IGNORECASE) for kind in kinds)
    for kinds in (
        ("cookies", "consent"),
        ("privacy",),
        ("login", "reader"),
        ("human",),
        ("script", "switch"),
        ("ad_blocker",),
        ("missing",),
        ("closed",),
        ("place",),
    )
)


def is_of_article(text: str, title: str, teaser: str, headline: str) -> bool:
    """Return whether a page's ``text`` is the text of the article that a source announced.

    ``title`` and ``teaser`` are the source's. If both are empty, return False only for a page of notices.
    ``headline`` is the page's own title.

    The limits are from 466 articles with a headline or teaser (pages, feeds, news corpora; in 12 languages),
    each also compared with pages that sites show in place of articles: 7 of 3 698 of these pairs share as
    many words by chance.
    """
    wanted = distinctive_words(f"{title}\n{teaser}")
    lines = [line for line in text.split("\n\n") if not _is_repetition(line, title)]
    text = "\n\n".join(lines)
    if not wanted:
        return not is_wall(lines)
    shared, size = len(wanted & distinctive_words(text)), text_weight(text)
    if shared >= min(_LEAST, len(wanted)) and shared >= _SHARE * len(wanted):
        own = distinctive_words(teaser) - distinctive_words(title)
        notices = [
            line for line in lines if len(own & distinctive_words(line)) < _LEAST
        ]  # A line with words of the teaser is the article's own: the article may be about such notices.
        return size >= _LONG or not is_wall(notices) or text_weight("".join(notices)) < size / 2
    if not is_same_headline(title, headline) or size < _SOME:
        return False
    return not (is_wall(lines) if size >= _LONG else any(map(is_wall_line, lines)))


def is_protected(text: str) -> bool:
    """Return whether a text is the sentence of WordPress in place of a protected post's excerpt."""
    return len(text) <= _LINE and all(part.search(text) for part in _PROTECTED) and "\n" not in text.strip()


def _is_repetition(line: str, title: str) -> bool:
    return len(line) <= _LONGER * len(title) and is_same_headline(title, line)


def is_same_headline(title: str, headline: str) -> bool:
    """Return whether two headlines share so many words that they are of the same article."""
    wanted, found = distinctive_words(title), distinctive_words(headline)
    return bool(wanted) and len(wanted & found) >= _HEAD * len(wanted)


def is_wall(lines: Sequence[str]) -> bool:
    """Return whether most of these lines are notices about a consent, a login or a missing page."""
    said = sum(text_weight(line) for line in lines if is_wall_line(line))
    return said > sum(map(text_weight, lines)) / 2


def is_wall_line(line: str) -> bool:
    """Return whether a line is a notice about a consent, a login, a missing page or the like."""
    if len(line) > _LINE:
        return False
    return any(all(part.search(line) for part in parts) for parts in _NOTICES)


def is_follow_up(line: str) -> bool:
    """Return whether a line may be the next line of a notice about a consent or a login."""
    return len(line) <= _LINE / 2 and bool(_FOLLOW_UP.search(line))


def distinctive_words(text: str) -> set[str]:
    """Return the first letters of each longer word of a text, to compare texts by.

    In scripts without spaces, return each pair of neighbouring characters.
    """
    found: set[str] = set()
    last = ""
    for word in split_words(text[:_MOST]):
        if len(word) == 1 and ord(word) >= _UNSPACED:
            if last and not _HIRAGANA.match(last + word):
                found.add(last + word)
            last = word
            continue
        last = ""
        if len(word) >= _SHORTEST or (word.isdigit() and len(word) > 1):
            found.add(word[:_STEM])
    return found


def text_weight(text: str) -> int:
    """Return a text's length in characters of an alphabet.

    A character of a script without spaces counts as three.
    """
    return len(text) + 2 * sum(1 for char in text if char >= "\u2e80")
