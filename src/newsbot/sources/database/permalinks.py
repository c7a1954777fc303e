"""A WordPress post's address by the site's own structure.

As get_permalink() makes it (wp-includes/link-template.php).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

__all__ = ["Category", "Site", "permalink"]


class Category(NamedTuple):
    """A term of the taxonomy category; ``parent`` is 0 for none."""

    id: int
    parent: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """What a site's options say. ``home`` and ``uploads`` are addresses without their last slash.

    ``english``: its own words are; the language of its articles may be any.
    """

    home: str
    structure: str
    uploads: str
    default_category: int
    categories: Mapping[int, Category]
    english: bool = True

    def branch(self, category: int) -> list[Category]:
        """A category behind all above it."""
        found: list[Category] = []
        while (one := self.categories.get(category)) and one not in found:
            found.insert(0, one)
            category = one.parent
        return found


def permalink(site: Site, post: Mapping[str, Any], categories: Sequence[int], above: Sequence[str]) -> str:
    """``post`` is its row; ``categories`` are its own; ``above`` the slugs of the pages above a page."""
    if post["post_type"] == "page" and site.structure:
        ending = "/" if site.structure.endswith("/") else ""
        return f"{site.home}/{'/'.join([*above, post['post_name']])}{ending}"
    if post["post_type"] not in {"post", "page"}:
        return f"{site.home}/?post_type={post['post_type']}&p={post['ID']}"
    if not site.structure:
        return f"{site.home}/?{'page_id' if post['post_type'] == 'page' else 'p'}={post['ID']}"
    return site.home + re.sub(r"%\w+%", lambda tag: _value(tag[0], site, post, categories), site.structure)


def _value(tag: str, site: Site, post: Mapping[str, Any], categories: Sequence[int]) -> str:
    """The dates in an address are by the site's own clock. Tags that plugins bring stay as they are."""
    date = post["post_date"]
    if isinstance(date, datetime) and tag in _DATES:
        return date.strftime(_DATES[tag])
    match tag:
        case "%postname%":
            return str(post["post_name"])
        case "%post_id%":
            return str(post["ID"])
        case "%author%":
            return str(post["user_nicename"] or "")
        case "%category%":
            first = min(categories, default=site.default_category)
            return "/".join(one.slug for one in site.branch(first))
    return tag


_DATES = {
    "%year%": "%Y",
    "%monthnum%": "%m",
    "%day%": "%d",
    "%hour%": "%H",
    "%minute%": "%M",
    "%second%": "%S",
}
