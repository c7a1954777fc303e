"""Find an agency's or a colleague's note on an embargo at the beginning of an article."""

import re

from newsbot.files import load_toml
from newsbot.model import Article

__all__ = ["find_embargo_note"]

_STARTS = "|".join(load_toml(__package__, "embargo_notes.toml")["starts"].strip().splitlines())
_NOTE = re.compile(rf"[\W_]*(?:{_STARTS})", re.IGNORECASE)
_LONGEST = 80  # At most this many characters of an embargo note are shown.


def find_embargo_note(article: Article) -> str | None:
    """Return the first line of an article's headline, standfirst or text that notes an embargo.

    Return None if none of the three begins with such a note. A line of over 80 characters is cut.
    """
    for text in (article.title, article.summary, article.text):
        line = (text or "").strip().partition("\n")[0].strip()
        if _NOTE.match(line):
            return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"
    return None
