"""Every version of a post that was public, with its hours."""

from dataclasses import dataclass
from datetime import datetime

from newsbot.model import Part, Post
from newsbot.ports import Ledger

__all__ = ["Version", "versions"]


@dataclass(frozen=True, slots=True)
class Version:
    """One part as it stood from ``since`` on, and until when; ``until`` None: it still does."""

    part: int
    text: Part
    since: datetime
    until: datetime | None = None
    end: str = ""  # edited, deleted, deleted by hand


def versions(ledger: Ledger, post: Post) -> list[Version]:
    """By part and time. What the platform shows is known by our own calls alone."""
    out = ledger.went_out(post.id)
    done = sorted(
        (each for each in ledger.amendments(post_id=post.id) if each.state == "done" and each.done_at),
        key=lambda each: (each.part, each.done_at, each.id),
    )
    found: list[Version] = []
    for part, since in sorted(out.items()):
        begins, gone = since, False
        for each in (one for one in done if one.part == part):
            assert each.done_at  # noqa: S101  what is done has a time
            text = each.before or post.parts[part]
            end = "deleted by hand" if each.done_by else "edited" if each.what == "edit" else "deleted"
            found.append(Version(part, text, begins, each.done_at, end))
            begins, gone = each.done_at, end != "edited"
        if not gone:
            found.append(Version(part, post.parts[part], begins))
    return found
