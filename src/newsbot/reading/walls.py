"""Detection of a page that a site shows in place of an article: a consent, a login, "not found".

Words decide: the article's page has words of the headline and teaser that the source gave, in any language; a
page in its place has other words. Typical phrases of pages in an article's place, from ``walls.toml``, decide
only if the text has hardly a word in common with headline and teaser.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from newsbot.files import load_toml
from newsbot.identity.texts import split_words

__all__ = [
    "asks_login",
    "distinctive_words",
    "is_follow_up",
    "is_of_article",
    "is_protected",
    "is_same_headline",
    "is_wall",
    "is_wall_line",
    "text_weight",
]


# Texts are compared only by words of at least this many letters, because all texts have short words like
# "the" and "und".
_SHORTEST = 4
# Words are compared only by this many first letters: flood, floods and flooding count as one word.
_STEM = 5
# An article's page must have at least this share of the words in the source's headline and teaser.
_SHARE = 0.3
# An article's page must have at least this many of the words in the source's headline and teaser.
_LEAST = 2
# Two headlines belong to one article if the second has at least this share of the first one's words.
_HEAD = 0.6
_LONGER = 1.3  # A line that repeats the headline is at most this many times as long as the headline.
# A page with this many weighted characters (CJK: 3 each) of article text may also have notices, such as a
# login.
_LONG = 1200
# A text with fewer weighted characters (CJK: 3 each) than this and without words of the headline is no
# article.
_SOME = 300
_MOST = 100_000  # At most this many characters of a text are compared with another text, word by word.
_LINE = 600  # A line with more characters than this is no notice about a consent or login.
# From this character on, in scripts without spaces, `split_words` returns single characters.
_UNSPACED = 0x0E00
_DENSE = re.compile("[\u2e80-\U0010ffff]")
_HIRAGANA = re.compile("[\u3040-\u309f]{2}")
_PHRASES = {
    name: "|".join(lines.splitlines()) for name, lines in load_toml(__package__, "walls.toml").items()
}
_FOLLOW_UP = re.compile(f"{_PHRASES['consent']}|{_PHRASES['reader']}", re.IGNORECASE)
_PROTECTED = tuple(re.compile(_PHRASES[kind], re.IGNORECASE) for kind in ("excerpt", "protected"))
_LOGIN = tuple(re.compile(_PHRASES[kind], re.IGNORECASE) for kind in ("login", "reader"))
# Each tuple lists kinds of phrases; a line is a notice (a consent, a login ...) if it has a phrase of each
# kind in one of these tuples.
_NOTICES = tuple(
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

    ``title`` and ``teaser`` are the source's, and ``headline`` is the page's own title. If the source gave
    neither title nor teaser, return False only if most of the text is notices (a consent, a login ...).

    The limits in this module were measured with 466 articles that have a headline or teaser (pages, feeds,
    news corpora; in 12 languages), each compared with its own text and with pages that sites show in place of
    articles: in 7 of 3 698 such pairs, the page in the article's place has enough of the article's words by
    chance.
    """
    wanted = distinctive_words(f"{title}\n{teaser}")
    lines = [line for line in text.split("\n\n") if not _is_repetition(line, title)]
    text = "\n\n".join(lines)
    if not wanted:
        return not is_wall(lines)
    shared, size = len(wanted & distinctive_words(text)), text_weight(text)
    if shared >= min(_LEAST, len(wanted)) and shared >= _SHARE * len(wanted):
        own = distinctive_words(teaser) - distinctive_words(title)
        # A line with words of the source's teaser is no notice of the site (a consent, a login), because the
        # article itself may be about consents or logins.
        notices = [line for line in lines if len(own & distinctive_words(line)) < _LEAST]
        return size >= _LONG or not is_wall(notices) or text_weight("".join(notices)) < size / 2
    if not is_same_headline(title, headline) or size < _SOME:
        return False
    return not (is_wall(lines) if size >= _LONG else any(map(is_wall_line, lines)))


def is_protected(text: str) -> bool:
    """Return whether a text is the sentence that WordPress shows in place of a password-protected post's
    excerpt.
    """
    return len(text) <= _LINE and all(part.search(text) for part in _PROTECTED) and "\n" not in text.strip()


def _is_repetition(line: str, title: str) -> bool:
    return len(line) <= _LONGER * len(title) and is_same_headline(title, line)


def is_same_headline(title: str, headline: str) -> bool:
    """Return whether two headlines share so many words that they are headlines of the same article."""
    wanted, found = distinctive_words(title), distinctive_words(headline)
    return bool(wanted) and len(wanted & found) >= _HEAD * len(wanted)


def is_wall(lines: Sequence[str]) -> bool:
    """Return whether notices about a consent, a login or a missing page are over half of the ``lines``."""
    said = sum(text_weight(line) for line in lines if is_wall_line(line))
    return said > sum(map(text_weight, lines)) / 2


# The results for the last lines are cached, because several checks of an article ask about the same lines.
@lru_cache(maxsize=64)
def is_wall_line(line: str) -> bool:
    """Return whether a line is a notice about a consent, a login, a missing page or the like."""
    if len(line) > _LINE:
        return False
    return any(all(part.search(line) for part in parts) for parts in _NOTICES)


def asks_login(line: str) -> bool:
    """Return whether a line asks the reader to log in or to subscribe."""
    return len(line) <= _LINE and all(part.search(line) for part in _LOGIN)


def is_follow_up(line: str) -> bool:
    """Return whether a line may continue a site's notice about a consent or a login."""
    return len(line) <= _LINE / 2 and bool(_FOLLOW_UP.search(line))


def distinctive_words(text: str) -> set[str]:
    """Return the first letters of each longer word of a text; two texts are compared by these words.

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
    """Return the length of a text, with three for each character of a script like Chinese.

    Such a character says about as much as three letters of an alphabet.
    """
    return len(text) + 2 * len(_DENSE.findall(text))
