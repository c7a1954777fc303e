"""Combine the warnings of several posts of an article: each warning once, with the posts that it concerns."""

from collections.abc import Sequence
from typing import NamedTuple

from newsbot.composing.compose import TEXT_WARNINGS
from newsbot.model import Draft, Post, PostWarning
from newsbot.reasons import Reason

__all__ = ["SharedWarning", "group_warnings"]


class SharedWarning(NamedTuple):
    """A warning to editors, and the indices of the posts to name with it;
    () if it concerns the article itself.
    """

    reason: Reason
    posts: tuple[int, ...]


def group_warnings(of: Sequence[Post | Draft]) -> list[SharedWarning]:
    """Return each warning of the posts or drafts ``of`` once, with the posts to name with the warning.

    A warning about a post's text, such as that its headline was cut, names its posts even if all have it,
    because each post has its own text. If ``of`` is a single post, no warning names it.
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
