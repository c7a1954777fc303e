"""Whether a page's text is the article's, or that of a page in front of it: consent, login, "not found".

Words decide: a page of the article has those of its headline and teaser, in whatever language, and a page in
front of it has its own. Phrases of such pages only help where an article has hardly a word in common with its
headline and teaser.
"""

import re
from collections.abc import Sequence

from newsbot.identity.texts import split_words
from newsbot.reading.wall_phrases import FOLLOW_UP, WALLS

__all__ = [
    "belongs_to",
    "is_follow_up",
    "is_wall",
    "is_wall_line",
    "same_headline",
    "telling_words",
    "weight",
]

_SHORTEST = 4  # letters: shorter words are mostly those that every text has ("the", "und", "کے")
_STEM = 5  # letters: flood, floods and flooding count as one
_SHARE = 0.3  # of the headline's and teaser's words
_LEAST = 2  # shared words: one is the site's name, or chance
_HEAD = 0.6  # share of the words of two headlines that make them the same one's
_LONGER = 1.3  # times a headline's length: a line with its words that is longer says more
_LONG = 1200  # characters of an alphabet: a page with that much of its article may hold notices too
_SOME = 300  # characters of an alphabet: what has fewer, and no word of its headline, is no article
_MOST = 100_000  # characters that are looked at
_LINE = 600  # characters: a longer line is no notice
_UNSPACED = 0x0E00  # from here on, `split_words` gives single characters of scripts without spaces
_HIRAGANA = re.compile("[\u3040-\u309f]{2}")
_FOLLOW_UP = re.compile(FOLLOW_UP, re.IGNORECASE)
_NOTICES = tuple(
    tuple(re.compile(part, re.IGNORECASE) for part in parts) for kind in WALLS.values() for parts in kind
)


def belongs_to(text: str, title: str, teaser: str, headline: str) -> bool:
    """Return whether ``text``, of a page that calls itself ``headline``, is of the article that a source
    announces by ``title`` and ``teaser``. Without either, everything is.

    The figures are from 466 articles with a headline or teaser (pages, feeds, news corpora; of 12 languages),
    each also held against pages in front of articles: of 3 698 such pairs 7 share as much by chance.
    """
    wanted = telling_words(f"{title}\n{teaser}")
    lines = [line for line in text.split("\n\n") if not _repeats(line, title)]
    text = "\n\n".join(lines)
    if not wanted:
        return not is_wall(lines)
    shared, size = len(wanted & telling_words(text)), weight(text)
    if shared >= min(_LEAST, len(wanted)) and shared >= _SHARE * len(wanted):
        own = telling_words(teaser) - telling_words(title)
        notices = [
            line for line in lines if len(own & telling_words(line)) < _LEAST
        ]  # not the news about one
        return size >= _LONG or not is_wall(notices) or weight("".join(notices)) < size / 2
    if not same_headline(title, headline) or size < _SOME:
        return False
    return not (is_wall(lines) if size >= _LONG else any(map(is_wall_line, lines)))


def _repeats(line: str, title: str) -> bool:
    return len(line) <= _LONGER * len(title) and same_headline(title, line)


def same_headline(title: str, headline: str) -> bool:
    """Return whether two headlines are of one article, as far as their words tell."""
    wanted, found = telling_words(title), telling_words(headline)
    return bool(wanted) and len(wanted & found) >= _HEAD * len(wanted)


def is_wall(lines: Sequence[str]) -> bool:
    """Return whether notices of a page in front of an article make up most of these lines."""
    said = sum(weight(line) for line in lines if is_wall_line(line))
    return said > sum(map(weight, lines)) / 2


def is_wall_line(line: str) -> bool:
    """Return whether a line is such a notice to the reader."""
    if len(line) > _LINE:
        return False
    return any(all(part.search(line) for part in parts) for parts in _NOTICES)


def is_follow_up(line: str) -> bool:
    """Return whether a line may go on from such a notice."""
    return len(line) <= _LINE / 2 and bool(_FOLLOW_UP.search(line))


def telling_words(text: str) -> set[str]:
    """Return the beginnings of a text's longer words; pairs of characters in scripts without spaces."""
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


def weight(text: str) -> int:
    """Return a text's length in characters of an alphabet: one of a script without spaces says as much as
    three.
    """
    return len(text) + 2 * sum(1 for char in text if char >= "\u2e80")
