"""What ties a part of a thread to the part before it, and what its receipt says of it."""

from newsbot.model import Receipt

__all__ = ["UNTIED", "join_notes", "tie"]

UNTIED = "not tied to the part before it, whose id is not known"


def tie(after: Receipt | None) -> tuple[str | None, str | None]:
    """The platform's id to reply to, and a note where there should be one but its id is not known.

    An editor who settles an unknown by hand may have given a link, which ends in the id, or anything else.
    """
    if after is None:
        return None, None
    last = after.remote_id.rstrip("/").rpartition("/")[2]
    if last.isascii() and last.isdigit():
        return last, None
    return None, UNTIED


def join_notes(*notes: str | None) -> str | None:
    """One receipt's note of several, None of none."""
    return "; ".join(note for note in notes if note) or None
