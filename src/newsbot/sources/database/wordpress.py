"""The preset ``wordpress``, which reads published posts from WordPress's tables, however they were published.

No single column changes at every publication (observed): a scheduled post keeps its post_modified_gmt when it
is published, a post that is inserted with an old date has that date there, and ids don't follow the order of
publication. So `wordpress_changes` looks for modified posts, for posts that were drafts or scheduled and no
longer are, and for new ids. A post counts as published before the first poll if its id is not above the
highest id of that time and the post was not unpublished then.

A post's address is built as get_permalink() does (wp-includes/link-template.php). Titles follow the rules of
`wptexturize` (https://developer.wordpress.org/reference/functions/wptexturize/), its oddities included, so
that an article has the same title from its site's feed and from its database.
"""

# ruff: noqa: RUF001  The texts here have typographic punctuation on purpose.
# ruff: noqa: S608  Statements contain only this file's constants and the tables' prefix, a checked word.

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from newsbot.model import Image, Item
from newsbot.sources.database.connection import ReadTransaction, Row
from newsbot.sources.database.query import as_text, as_time, shorten_body
from newsbot.sources.database.scan import (
    CursorState,
    MovedRows,
    Position,
    PublishProgress,
    RowId,
    RowKey,
    parse_row_id,
)
from newsbot.sources.database.source import DatabaseSettings
from newsbot.sources.database.wordpress_changes import KEYS, LATELY, WAITING, RecentChanges

__all__ = ["Site", "WordPressCategory", "WordPressRowSource", "format_title", "permalink"]

# The following definitions build a WordPress post's web address and title.

_STATIC = (("...", "…"), (" (tm)", " ™"))
_BEGINS = r"(?:^|(?<=[\s(\[{<-]))"
_ENDS = r"(?=$|[\s.,:;!?)}\]>-])"
# Rules that replace an apostrophe in a title, in this order; \x01 stands for an opening quotation mark.
_SINGLE = (
    (re.compile(rf"'(\d\d)'{_ENDS}"), r"’\1’"),
    # This rule matches the apostrophe of '99, but not of '999 or '99%.
    (re.compile(r"'(?=\d\d(?:$|(?![%\d]|[.,]\d)))"), "’"),
    (re.compile(rf"{_BEGINS}'(\d[.,\d]*)'"), "\x01\\1’"),
    (re.compile(r"(?:^|(?<=[\s(\[{<\"-]))'"), "\x01"),
    (re.compile(r"(?<=\S)'(?!$|[\s.,:;!?\"'(){}\[\]<>-])"), "’"),
)
_DOUBLE = ((re.compile(rf'{_BEGINS}"(\d[.,\d]*)"'), "\x01\\1”"), (re.compile(rf'{_BEGINS}"(?=\S)'), "\x01"))
_DASHES = (
    (re.compile("---"), "—"),
    (re.compile(r"(?:^|(?<=\s))--(?=$|\s)"), "—"),
    (re.compile("(?<!xn)--"), "–"),
    (re.compile(r"(?:^|(?<=\s))-(?=$|\s)"), "–"),
)
_TIMES = re.compile(r"\b(\d(?:[\d.,]*))x(\d[\d.,]*)\b")


def format_title(title: str, *, english: bool) -> str:
    """Return a post's title with WordPress's typographic dashes and, on an English site, its quotation marks.

    Other languages have quotation marks of their own, which only the site's translation files contain.
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
    """Replace the straight quotation marks of one kind (' or ") in a title: first the opening marks by
    ``rules``, then the others.
    """
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
    """Replace the last straight quotation mark in a text that can close a quotation by the typographic
    closing mark.

    Straight marks after digits become primes (5" for five inches).
    """
    ends = [found.start() for found in re.finditer(f"{mark}{_ENDS}", text)]
    if ends:
        text = f"{text[: ends[-1]]}{closing}{text[ends[-1] + 1 :]}"
    return _close_marks(text, mark, closing, prime)


class WordPressCategory(NamedTuple):
    """A category of a WordPress site.

    ``parent`` is the id of the category above it, or 0.
    """

    id: int
    parent: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """The options of a WordPress site that a post's address and title depend on.

    ``home`` and ``uploads`` are addresses without a final slash, ``structure`` is the pattern of posts'
    addresses. ``english`` says that WordPress itself is set to English; articles may be in any language.
    """

    home: str
    structure: str
    uploads: str
    default_category: int
    categories: Mapping[int, WordPressCategory]
    english: bool = True

    def list_category_path(self, category: int) -> list[WordPressCategory]:
        """Return the category ``number`` and all categories above it, the topmost first."""
        found: list[WordPressCategory] = []
        while (one := self.categories.get(category)) and one not in found:
            found.insert(0, one)
            category = one.parent
        return found


def permalink(site: Site, post: Mapping[str, Any], categories: Sequence[int], above: Sequence[str]) -> str:
    """Return a post's web address, as WordPress's get_permalink() builds it.

    ``post`` is the post's row in the database, ``categories`` the ids of the post's categories, ``above`` the
    slugs of the pages above the post, the topmost first.
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
    """Return the value of a tag such as %year% in the pattern of posts' addresses.

    Dates are in the site's own time zone. Tags of plugins are returned unchanged.
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
            return "/".join(one.slug for one in site.list_category_path(first))
    return tag


_DATES = {
    "%year%": "%Y",
    "%monthnum%": "%m",
    "%day%": "%d",
    "%hour%": "%H",
    "%minute%": "%M",
    "%second%": "%S",
}


# The following definitions read posts from WordPress's tables.

_FRESH = timedelta(seconds=10)
_SECOND = timedelta(seconds=1)  # WordPress's tables store times in whole seconds.
# A scan waits for a post's featured picture only if a picture was uploaded for the post less than this time
# ago.
_PICTURE = timedelta(seconds=30)
_LONG = 19  # A number with at least this many digits in an address can't be the id of a post.
_UNPUBLISHED = [*WAITING, "auto-draft", "trash"]  # The states of WordPress posts that may still be published.
# The SQL condition for a post that is being moved to the trash: WordPress first stores the time of the move,
# then renames the post, and then changes its status and its time of modification.
_DISCARDED = (
    "meta_key = '_wp_trash_meta_time' AND CAST(meta_value AS UNSIGNED) > "
    "TIMESTAMPDIFF(SECOND, '1970-01-01', post.post_modified_gmt)"
)
_UNSEEN = {"auto-draft", "inherit"}
_AT_ONCE = 10  # The most posts whose bodies one query reads, because a body may have 10 MB.
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>", re.DOTALL)
_OPTIONS = ["home", "siteurl", "permalink_structure", "upload_url_path", "default_category", "WPLANG"]


class WordPressRowSource:
    """The posts of a WordPress site, as rows of a database source.

    In ``CursorState.own``, ``before`` are the ids of the posts that were not published at the first poll, and
    ``last`` is the highest id at that time; the other keys belong to `RecentChanges`.
    """

    columns: tuple[str, ...] = ("post_modified_gmt",)

    def __init__(self, settings: DatabaseSettings) -> None:
        self._prefix = settings.prefix
        # The prefix of the table of users has no site number, because all sites of a WordPress multisite
        # share this table.
        self._base = re.sub(r"(?<=_)\d+_$", "", settings.prefix)
        self._types = list(settings.post_types)
        self._lately = RecentChanges(settings.prefix, settings.post_types, settings.every)
        self._site_url = settings.site_url
        self._wanted = {name.casefold() for name in settings.categories}
        self._wpml: bool | None = None

    def begin(self, ask: ReadTransaction, memory: CursorState, *, newest: int) -> list[RowKey]:
        """Return the ``newest`` published posts; store in ``memory`` which posts are unpublished."""
        memory.own["before"] = self._lately.list_waiting(ask, _UNPUBLISHED)
        memory.own["waiting"] = self._lately.list_waiting(ask)
        memory.own["last"] = ask.fetch_all(f"SELECT MAX(ID) AS last FROM {self._prefix}posts")[0]["last"] or 0
        memory.high = {self.columns[0]: _to_naive_utc(ask.now())}
        published = "post_type IN :types AND post_status = 'publish' ORDER BY post_date DESC"
        return self._read_keys(ask, f"{published} LIMIT {int(newest)}")

    def find_moved(self, ask: ReadTransaction, memory: CursorState, low: Sequence[Position]) -> MovedRows:
        """Return new posts, posts modified since ``low``, and posts that are no longer draft or scheduled."""
        lead = self._lately.find_changes(ask, memory, low[0])
        keys = [_as_scheduled(key, memory.mark(key.name)) for key in self._make_keys(ask, lead.rows)]
        if not lead.calm:
            self._lately.watch(memory, [(key.id, key.fresh + _FRESH + _SECOND) for key in keys if key.fresh])
        there = {key.id for key in keys}
        keys += self.find(ask, [str(number) for number in lead.left - there])
        come = self.find(ask, [str(number) for number in lead.come - lead.left - there])
        keys += [replace(key, fresh=ask.now()) for key in come]
        return MovedRows(keys, lead.whole)

    def find(self, ask: ReadTransaction, ids: Collection[str]) -> list[RowKey]:
        """Return those of the posts with the keys ``ids`` (`RowKey.name`) that still exist."""
        numbers = [parse_row_id(name) for name in ids]
        return self._read_keys(ask, "post_type IN :types AND ID IN :ids", ids=numbers) if ids else []

    def find_by_url(self, ask: ReadTransaction, url: str) -> list[RowKey]:
        """Return the posts whose id or slug is in the web address ``url``.

        WordPress stores slugs percent-encoded, in lower case.
        """
        parts = urlsplit(url)
        asked = [value for name, value in parse_qsl(parts.query) if name in {"p", "page_id"}]
        # The last two segments of the web address's path are tried as an id or slug, because the last one may
        # be "amp" and the id or slug of the post be in the one before it.
        segments = [unquote(each) for each in parts.path.split("/") if each][-2:]
        names = [each for name in segments for each in (name, quote(name, safe="").lower())]
        ids = [int(each) for each in (*asked, *segments) if each.isdecimal() and len(each) < _LONG]
        if not (names or ids):
            return []
        where = "post_type IN :types AND (post_name IN :names OR ID IN :ids)"
        return self._read_keys(ask, where, names=names or [""], ids=ids or [0])

    def items(self, ask: ReadTransaction, keys: Sequence[RowKey]) -> Iterator[tuple[RowId, Item | None]]:
        """Yield the id and the article of each post; the article is None if the post is outside the
        configured categories.
        """
        site = self._load_site(ask)
        for start in range(0, len(keys), _AT_ONCE):
            ids = [key.id for key in keys[start : start + _AT_ONCE]]
            terms, languages = self._read_terms(ask, ids), self._read_languages(ask, ids)
            images = self._read_images(ask, ids, site)
            for post in ask.fetch_all(self._full_row_query(), ids=ids):
                number, own = post["ID"], terms.get(post["ID"], [])
                if not self._is_wanted(site, own):
                    yield number, None
                    continue
                above = self._parent_slugs(ask, post) if post["post_type"] == "page" else []
                spoken = [term["slug"] for term in own if term["taxonomy"] == "language"]
                language = spoken[0] if spoken else languages.get(number)
                yield number, _make_item(post, site, own, above, image=images.get(number), language=language)

    def is_past(self, key: RowKey, memory: CursorState) -> bool:
        """Return whether a post was published before the source's first poll, and so is no news."""
        return int(key.id) <= memory.own["last"] and key.id not in memory.own["before"]

    def progress(self, ask: ReadTransaction, keys: Sequence[RowKey]) -> dict[RowId, PublishProgress]:
        """Return, by a post's id, how much of each given post WordPress has written to its tables.

        After it has written a post's status and terms, WordPress adds ``_encloseme`` to the post for its
        pings; its cron job removes the entry later. A picture is stored as a post below the article before it
        becomes the featured picture.
        """
        ids, since = [key.id for key in keys], _to_naive_utc(ask.now()) - _PICTURE
        posts, meta = f"{self._prefix}posts", f"{self._prefix}postmeta"
        marked = "post_id IN :ids AND meta_key IN ('_encloseme', '_thumbnail_id')"
        marks = ask.fetch_all(f"SELECT post_id, meta_key FROM {meta} WHERE {marked}", ids=ids)
        picture = "post_parent IN :ids AND post_type = 'attachment' AND post_date_gmt >= :since"
        pictures = ask.fetch_all(f"SELECT post_parent FROM {posts} WHERE {picture}", ids=ids, since=since)
        there = {(row["post_id"], row["meta_key"]) for row in marks}
        below = {row["post_parent"] for row in pictures}
        mute: set[RowId] = set()
        # WordPress stores an entry for pings (notifications of other sites) only for posts of the type
        # "post". For other posts, the lack of this entry does not show that WordPress is still writing.
        if self._types != ["post"]:
            others = f"SELECT ID FROM {posts} WHERE ID IN :ids AND post_type <> 'post'"
            mute = {row["ID"] for row in ask.fetch_all(others, ids=ids)}
        told = {key.id: _row_progress(key, there, below) for key in keys}
        unknown = {number for number, progress in told.items() if progress is PublishProgress.UNKNOWN}
        return told | dict.fromkeys(mute & unknown, PublishProgress.MUTE)

    def statements(self, ask: ReadTransaction) -> dict[str, str]:
        """Return a poll's SELECT statements for EXPLAIN, each under the name of its cursor column."""
        del ask
        return {"post_modified_gmt": self._select_statement(LATELY.partition(" >=")[0])}

    def _select_statement(self, where: str) -> str:
        return f"SELECT {KEYS} FROM {self._prefix}posts WHERE {where}"

    def _read_keys(self, ask: ReadTransaction, where: str, **values: Any) -> list[RowKey]:
        return self._make_keys(ask, ask.fetch_all(self._select_statement(where), types=self._types, **values))

    def _make_keys(self, ask: ReadTransaction, rows: Sequence[Row]) -> list[RowKey]:
        since = _to_naive_utc(ask.now()) - _FRESH
        discarded = self._find_discarded(ask, rows)
        keys = [
            _make_key(row, since, discarded=row["ID"] in discarded)
            for row in rows
            if row["post_status"] not in _UNSEEN
        ]
        looks = self._lately.compute_checksums(ask, [key.id for key in keys if key.live and key.fresh])
        return [replace(key, mark=f"{key.mark} {looks[key.id]}") if key.id in looks else key for key in keys]

    def _find_discarded(self, ask: ReadTransaction, rows: Sequence[Row]) -> set[RowId]:
        """Return the published posts that WordPress is just moving to the trash, so that they do not count as
        published.

        The suffix "__trashed" of a post's name alone doesn't show the move, because a post that was restored
        from the trash may keep this suffix.
        """
        published = (row for row in rows if row["post_status"] == "publish")
        named = [row["ID"] for row in published if str(row["post_name"]).endswith("__trashed")]
        asked = (
            f"SELECT post.ID FROM {self._prefix}posts AS post "
            f"JOIN {self._prefix}postmeta ON post_id = post.ID WHERE post.ID IN :ids AND {_DISCARDED}"
        )
        return {row["ID"] for row in ask.fetch_all(asked, ids=named)} if named else set()

    def _full_row_query(self) -> str:
        return (
            "SELECT post.ID, post.guid, post_type, post_name, post_title, post_content, post_excerpt, "
            "post_parent, post_date, post_date_gmt, post_modified_gmt, display_name, user_nicename "
            f"FROM {self._prefix}posts AS post LEFT JOIN {self._base}users AS who ON who.ID = post_author "
            "WHERE post.ID IN :ids AND post_status = 'publish' AND (RIGHT(post_name, 9) <> '__trashed' "
            f"OR NOT EXISTS (SELECT 1 FROM {self._prefix}postmeta WHERE post_id = post.ID AND {_DISCARDED}))"
        )

    def _load_site(self, ask: ReadTransaction) -> Site:
        asked = f"SELECT option_name, option_value FROM {self._prefix}options WHERE option_name IN :names"
        told = {row["option_name"]: row["option_value"] for row in ask.fetch_all(asked, names=_OPTIONS)}
        terms = self._read_term_rows(ask, "tt.taxonomy = 'category'")
        home = self._site_url or str(told.get("home", "")).rstrip("/")
        below = str(told.get("siteurl", "")).rstrip("/") if not self._site_url else home
        default = str(told.get("default_category", ""))
        return Site(
            home=home,
            structure=str(told.get("permalink_structure", "")),
            uploads=str(told.get("upload_url_path") or f"{below}/wp-content/uploads").rstrip("/"),
            english=str(told.get("WPLANG") or "en").lower().startswith("en"),
            default_category=int(default) if default.isdigit() else 0,
            categories={
                row["term_id"]: WordPressCategory(
                    row["term_id"], row["parent"], row["slug"], unescape(row["name"])
                )
                for row in terms
            },
        )

    def _read_term_rows(self, ask: ReadTransaction, where: str, **values: Any) -> list[Row]:
        object_id = "tr.object_id, " if values else ""
        relations = f"JOIN {self._prefix}term_relationships AS tr USING (term_taxonomy_id) " if values else ""
        return ask.fetch_all(
            f"SELECT {object_id}tt.taxonomy, tt.parent, t.term_id, t.slug, t.name "
            f"FROM {self._prefix}term_taxonomy AS tt JOIN {self._prefix}terms AS t USING (term_id) "
            f"{relations}WHERE {where}",
            **values,
        )

    def _read_terms(self, ask: ReadTransaction, ids: Sequence[RowId]) -> dict[int, list[Row]]:
        """Return, by a post's id, the database rows of the post's categories, tags and Polylang languages."""
        wanted = (
            "tr.object_id IN :ids AND tt.taxonomy IN ('category', 'post_tag', 'language') "
            "ORDER BY tt.taxonomy, t.name"  # Categories are sorted before tags, as in WordPress's feed.
        )
        found: dict[int, list[Row]] = {}
        for row in self._read_term_rows(ask, wanted, ids=ids):
            found.setdefault(row["object_id"], []).append(row)
        return found

    def _read_images(self, ask: ReadTransaction, ids: Sequence[RowId], site: Site) -> dict[int, Image]:
        meta, posts = f"{self._prefix}postmeta", f"{self._prefix}posts"
        asked = (
            "SELECT thumb.post_id, image.guid, file.meta_value AS file, alt.meta_value AS alt "
            f"FROM {meta} AS thumb JOIN {posts} AS image ON image.ID = CAST(thumb.meta_value AS UNSIGNED) "
            f"LEFT JOIN {meta} AS file ON file.post_id = image.ID "
            "AND file.meta_key = '_wp_attached_file' "
            f"LEFT JOIN {meta} AS alt ON alt.post_id = image.ID "
            "AND alt.meta_key = '_wp_attachment_image_alt' "
            "WHERE thumb.post_id IN :ids AND thumb.meta_key = '_thumbnail_id'"
        )
        found = {}
        for row in ask.fetch_all(asked, ids=ids):
            file = as_text(row["file"])
            at_home = f"{site.uploads}/{file.lstrip('/')}" if file and "://" not in file else file
            if address := at_home or as_text(row["guid"]):
                found[row["post_id"]] = Image(address, as_text(row["alt"]))
        return found

    def _read_languages(self, ask: ReadTransaction, ids: Sequence[RowId]) -> dict[int, str]:
        """Return the language codes that the plugin WPML stores for posts, by id; {} without the plugin."""
        table = f"{self._prefix}icl_translations"
        if self._wpml is None:
            here = "FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :name"
            self._wpml = bool(ask.fetch_all(f"SELECT 1 {here}", name=table))
        if not self._wpml:
            return {}
        kinds = [f"post_{kind}" for kind in self._types]
        asked = f"SELECT element_id, language_code FROM {table} WHERE element_id IN :ids"
        told = ask.fetch_all(f"{asked} AND element_type IN :kinds", ids=ids, kinds=kinds)
        return {row["element_id"]: row["language_code"] for row in told}

    def _parent_slugs(self, ask: ReadTransaction, page: Row) -> list[str]:
        """Return the slugs of the pages above a WordPress page, the topmost first."""
        slugs: list[str] = []
        parent = page["post_parent"]
        while parent and len(slugs) < 10:  # noqa: PLR2004  If more pages than this are above each other, they form a circle.
            asked = f"SELECT post_name, post_parent FROM {self._prefix}posts WHERE ID = :parent"
            found = ask.fetch_all(asked, parent=parent)
            slugs[:0] = [row["post_name"] for row in found]
            parent = found[0]["post_parent"] if found else 0
        return slugs

    def _is_wanted(self, site: Site, terms: Sequence[Row]) -> bool:
        if not self._wanted:
            return True
        branches = (
            site.list_category_path(term["term_id"]) for term in terms if term["taxonomy"] == "category"
        )
        names = {word.casefold() for branch in branches for one in branch for word in (one.slug, one.name)}
        return bool(names & self._wanted)


def _make_key(row: Row, since: datetime, *, discarded: bool) -> RowKey:
    modified = row["post_modified_gmt"] if isinstance(row["post_modified_gmt"], datetime) else None
    fresh = modified.replace(tzinfo=UTC) if modified is not None and modified >= since else None
    locked = bool(row["post_password"]) or discarded
    live = row["post_status"] == "publish" and not locked
    # A row's version token (by which a scan notices changes) contains whether the row is fresh (recently
    # modified). So the token changes when the row is no longer fresh, and the row is read again with the
    # terms or the photo that WordPress added late.
    return RowKey(
        id=row["ID"],
        guid=_make_guid(row),
        mark=" ".join(map(str, [row["post_status"], modified, locked, live and bool(fresh)])),
        live=live,
        at=(modified,),
        published_at=as_time(row["post_date_gmt"], UTC),
        fresh=fresh,
    )


def _as_scheduled(key: RowKey, before: str | None) -> RowKey:
    """Return the `RowKey` of a post; a post that was scheduled and has not been modified since counts as
    complete.

    A scheduled post is complete before it is published. ``before`` is the version token that the post's row
    had at the last scan.
    """
    status, _, modified = (before or "").partition(" ")
    same = key.mark.partition(" ")[2].split(" ")[:2] == modified.split(" ")[:2]
    return replace(key, fresh=None) if key.live and same and status in WAITING else key


def _row_progress(key: RowKey, there: set[tuple[RowId, str]], below: set[RowId]) -> PublishProgress:
    photo, terms = (key.id, "_thumbnail_id") in there, (key.id, "_encloseme") in there
    # A row without a guid is not complete, because WordPress writes a post's guid after the post's row.
    if (key.id in below and not photo) or key.guid.startswith("#"):
        return PublishProgress.COMING
    if not terms:
        return PublishProgress.UNKNOWN
    return PublishProgress.DONE if photo else PublishProgress.TERMS


def _make_guid(row: Row) -> str:
    """Return a post's guid, which is WordPress's own guid as in the site's feed.

    A guid that doesn't contain the post's id (from imports or the REST API) may be used by a later post too,
    so the id is appended to the guid.
    """
    guid = unescape(as_text(row["guid"]) or "")
    return guid if re.search(rf"[?&](?:p|page_id)={row['ID']}$", guid) else f"{guid}#{row['ID']}"


def _make_item(
    post: Row,
    site: Site,
    terms: Sequence[Row],
    above: Sequence[str],
    *,
    image: Image | None,
    language: str | None,
) -> Item:
    categories = [term["term_id"] for term in terms if term["taxonomy"] == "category"]
    named = [term for term in terms if term["taxonomy"] != "language" and term["slug"] != "uncategorized"]
    above_tags = [term for term in named if term["taxonomy"] == "category"]
    return Item(
        guid=_make_guid(post),
        url=permalink(site, post, categories, above),
        title=_shown_title(as_text(post["post_title"]), site),
        html=shorten_body(as_text(post["post_content"])),
        summary=shorten_body(as_text(post["post_excerpt"])),
        published_at=as_time(post["post_date_gmt"], UTC),
        updated_at=as_time(post["post_modified_gmt"], UTC),
        author=as_text(post["display_name"]),
        language=language,
        image=image,
        tags=_term_names(named),
        categories=_term_names(above_tags),
    )


def _term_names(terms: Sequence[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unescape(term["name"]) for term in terms))


def _shown_title(title: str | None, site: Site) -> str | None:
    """Return a post's title as readers see it, without HTML tags, as pages and the feed leave them out.

    WordPress stores a "<" that an author typed as an entity, unless the author may write raw HTML; then "<"
    begins a tag.
    """
    return as_text(format_title(_TAG.sub("", title), english=site.english)) if title else None


def _to_naive_utc(now: datetime) -> datetime:
    """Return a time as WordPress stores its GMT times: in UTC without a time zone, in whole seconds."""
    return now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
