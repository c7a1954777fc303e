"""Functions that recognize a post on its platform by its text and by the post that it replies to."""

import unicodedata

from newsbot.model import Receipt
from newsbot.reasons import PlatformCode, Reason

__all__ = ["find_reply_target", "is_similar", "normalize_for_match"]

# Texts are compared by their runs of this many letters; texts about different things share few runs.
_RUN = 4
_ENOUGH = 0.5  # Two texts are similar if this share of the shorter text's runs is in both.
_SELECTORS = "\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}"


def normalize_for_match(text: str) -> str:
    """Return a text in a form to compare: in NFC, without white space and invisible characters.

    Two texts that people would tell apart differ in other characters too.
    """
    visible = (char for char in unicodedata.normalize("NFC", text) if char not in _SELECTORS)
    return "".join(
        char for char in visible if not char.isspace() and unicodedata.category(char) not in {"Cc", "Cf"}
    )


def is_similar(one: str, other: str) -> bool:
    """Return whether a text on a platform may be the other text, as the platform changed it.

    In doubt return True, as a wrong False would send a post twice. Only letters and digits count; a text with
    hardly any of them is similar to every text.
    """
    runs, others = _letter_runs(one), _letter_runs(other)
    return len(runs & others) >= _ENOUGH * min(len(runs), len(others))


def _letter_runs(text: str) -> set[str]:
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
    return {letters[at : at + _RUN] for at in range(len(letters) - _RUN + 1)}


def find_reply_target(after: Receipt | None) -> tuple[str | None, Reason | None]:
    """Return the platform's id of the message to reply to, and a note if the id is not known.

    ``after`` is the receipt of that message; without one, return None and None. An editor who recorded that
    an unknown post was sent may have entered a link, which ends in the id, or anything else.
    """
    if after is None:
        return None, None
    last = after.remote_id.rstrip("/").rpartition("/")[2]
    if last.isascii() and last.isdigit():
        return last, None
    return None, PlatformCode.REPLY_LOST()
