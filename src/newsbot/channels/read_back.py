"""Functions that recognize a post on its platform by its text and by the post to which it replies."""

import unicodedata

from newsbot.model import Receipt
from newsbot.reasons import PlatformCode, Reason

__all__ = ["find_reply_target", "is_similar", "normalize_for_match"]

# The length of the runs of letters by which texts are compared; texts about different things share few runs.
_RUN = 4
# Texts count as similar if this share of the shorter text's runs of letters is in both of them.
_ENOUGH = 0.5
_SELECTORS = "\N{VARIATION SELECTOR-15}\N{VARIATION SELECTOR-16}"


def normalize_for_match(text: str) -> str:
    """Return a text in a form to compare: in NFC, without white space and invisible characters.

    If people can tell two texts apart, the forms of the texts differ.
    """
    visible = (char for char in unicodedata.normalize("NFC", text) if char not in _SELECTORS)
    return "".join(
        char for char in visible if not char.isspace() and unicodedata.category(char) not in {"Cc", "Cf"}
    )


def is_similar(one: str, other: str) -> bool:
    """Return whether the text of a message on a platform may be that of a post, changed by the platform.

    In doubt return True, because a wrong False would send a post twice. Only letters and digits count; a text
    with hardly any letters and digits is similar to every text.
    """
    runs, others = _letter_runs(one), _letter_runs(other)
    return len(runs & others) >= _ENOUGH * min(len(runs), len(others))


def _letter_runs(text: str) -> set[str]:
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))
    return {letters[at : at + _RUN] for at in range(len(letters) - _RUN + 1)}


def find_reply_target(after: Receipt | None) -> tuple[str | None, Reason | None]:
    """Return the id of the message that a post replies to; if it is unknown, None and a note for editors.

    ``after`` is the receipt (proof of sending) of that message; without a receipt, return None and None. An
    editor who recorded that a post of unknown outcome was sent may have entered a link, which ends in the id,
    or anything else.
    """
    if after is None:
        return None, None
    last = after.remote_id.rstrip("/").rpartition("/")[2]
    if last.isascii() and last.isdigit():
        return last, None
    return None, PlatformCode.REPLY_LOST()
