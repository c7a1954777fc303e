"""The address of a WordPress post, and its title with the quotation marks and dashes that WordPress shows.

The address is built like that of get_permalink() (wp-includes/link-template.php).

Titles follow the rules of `wptexturize`
(https://developer.wordpress.org/reference/functions/wptexturize/), its oddities included, so that an article
has the same title from its site's feed and from its database.
"""

# ruff: noqa: RUF001 The output is typographic punctuation.
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

__all__ = ["Site", "WordPressCategory", "format_title", "permalink"]

_STATIC = (("...", "…"), (" (tm)", " ™"))
_BEGINS = r"(?:^|(?<=[\s(\[{<-]))"
_ENDS = r"(?=$|[\s.,:;!?)}\]>-])"
_SINGLE = (  # The order matters; \x01 stands for an opening mark.
    (re.compile(rf"'(\d\d)'{_ENDS}"), r"’\1’"),
    (re.compile(r"'(?=\d\d(?:$|(?![%\d]|[.,]\d)))"), "’"),  # '99, but never '999 or '99%
    (re.compile(rf"{_BEGINS}'(\d[.,\d]*)'"), "\x01\\1’"),
    (re.compile(r"(?:^|(?<=[\s(\[{<\"-]))'"), "\x01"),
    (re.compile(r"(?<=\S)'(?!$|[\s.,:;!?\"'(){}\[\]<>-])"), "’"),
)
_DOUBLE = (
    (re.compile(rf'{_BEGINS}"(\d[.,\d]*)"'), "\x01\\1”"),
    (re.compile(rf'{_BEGINS}"(?=\S)'), "\x01"),
)
_DASHES = (
    (re.compile("---"), "—"),
    (re.compile(r"(?:^|(?<=\s))--(?=$|\s)"), "—"),
    (re.compile("(?<!xn)--"), "–"),
    (re.compile(r"(?:^|(?<=\s))-(?=$|\s)"), "–"),
)
_TIMES = re.compile(r"\b(\d(?:[\d.,]*))x(\d[\d.,]*)\b")


def format_title(title: str, *, english: bool) -> str:
    """Return a title with WordPress's dashes and, for a site in English, its quotation marks.

    Other languages have marks of their own, which only the site's translation files contain.
    """
    for typed, shown in _STATIC:
        title = title.replace(typed, shown)
    if english:
        title = _replace_quotation_marks(title, "'", _SINGLE, ("‘", "’", "′"))
        title = _replace_quotation_marks(title, '"', _DOUBLE, ("“", "”", "″"))
    for pattern, shown in _DASHES:
        title = pattern.sub(shown, title)
    return _TIMES.sub(lambda found: found[0] if found[1].startswith("0") else f"{found[1]}×{found[2]}", title)


def _replace_quotation_marks(
    title: str, mark: str, rules: Iterable[tuple[re.Pattern[str], str]], marks: Iterable[str]
) -> str:
    """Replace one kind of mark: opening ones by ``rules``, then closing ones and primes after digits."""
    if mark not in title:
        return title
    opening, closing, prime = marks
    for pattern, shown in rules:
        title = pattern.sub(shown, title)
    first, *others = title.split("\x01")
    closed = [
        _close_marks(first, mark, closing, prime),
        *(_close_quotation(each, mark, closing, prime) for each in others),
    ]
    return opening.join(closed)


def _close_marks(text: str, mark: str, closing: str, prime: str) -> str:
    text = re.sub(rf"(?<=\d){mark}", prime, text)
    return re.sub(rf"{mark}{_ENDS}", closing, text).replace(mark, closing if mark == '"' else mark)


def _close_quotation(text: str, mark: str, closing: str, prime: str) -> str:
    """Close an opened quotation with the last mark that can close it, before digits get their primes."""
    ends = [found.start() for found in re.finditer(f"{mark}{_ENDS}", text)]
    if ends:
        text = f"{text[: ends[-1]]}{closing}{text[ends[-1] + 1 :]}"
    return _close_marks(text, mark, closing, prime)


class WordPressCategory(NamedTuple):
    """A term of WordPress's taxonomy "category"; ``parent`` is the id of its parent, or 0."""

    id: int
    parent: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """The options of a WordPress site that a post's address and title depend on.

    ``home`` and ``uploads`` are addresses without a final slash. ``english``: WordPress itself is set to
    English; its articles may be in any language.
    """

    home: str
    structure: str
    uploads: str
    default_category: int
    categories: Mapping[int, WordPressCategory]
    english: bool = True

    def branch(self, category: int) -> list[WordPressCategory]:
        """Return a category after all its ancestors, the topmost first."""
        found: list[WordPressCategory] = []
        while (one := self.categories.get(category)) and one not in found:
            found.insert(0, one)
            category = one.parent
        return found


def permalink(site: Site, post: Mapping[str, Any], categories: Sequence[int], above: Sequence[str]) -> str:
    """Return a post's address.

    ``post`` is its row, ``categories`` the ids of its categories, ``above`` the slugs of the pages above it.
    """
    if post["post_type"] == "page" and site.structure:
        ending = "/" if site.structure.endswith("/") else ""
        return f"{site.home}/{'/'.join([*above, post['post_name']])}{ending}"
    if post["post_type"] not in {"post", "page"}:
        return f"{site.home}/?post_type={post['post_type']}&p={post['ID']}"
    if not site.structure:
        return f"{site.home}/?{'page_id' if post['post_type'] == 'page' else 'p'}={post['ID']}"
    return site.home + re.sub(
        r"%\w+%", lambda tag: _tag_value(tag[0], site, post, categories), site.structure
    )


def _tag_value(tag: str, site: Site, post: Mapping[str, Any], categories: Sequence[int]) -> str:
    """Return the value of a tag such as %year% in an address; plugins' tags are returned unchanged.

    Dates are in the site's own time zone.
    """
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
