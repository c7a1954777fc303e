"""Group the warnings for editors of several posts: each warning once, with the posts that it is about."""

from collections.abc import Sequence
from typing import NamedTuple

from newsbot.composing.compose import TEXT_WARNINGS
from newsbot.model import Draft, Post, PostWarning
from newsbot.reasons import Reason

__all__ = ["SharedWarning", "group_warnings"]


class SharedWarning(NamedTuple):
    """A warning, and the indices of the posts to name with it; () if it is about the posts' article."""

    reason: Reason
    posts: tuple[int, ...]


def group_warnings(of: Sequence[Post | Draft]) -> list[SharedWarning]:
    """Return each warning of these posts or drafts once, in order, with the posts to name with it.

    A warning about the text, such as that its headline was cut, names its posts even if all have it, since
    each post has a text of its own. A single post is not named.
    """
    found: dict[PostWarning, list[int]] = {}
    for index, post in enumerate(of):
        for warning in dict.fromkeys(post.warnings):
            found.setdefault(warning, []).append(index)
    shared = []
    for warning, having in found.items():
        named = len(of) > 1 and (len(having) < len(of) or warning.code in TEXT_WARNINGS)
        shared.append(SharedWarning(warning.reason, tuple(having) if named else ()))
    return shared
