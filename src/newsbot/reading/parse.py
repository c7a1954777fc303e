"""The functions that parse a feed item's content or an article's page into plain text, in a worker process.

An item's content may be markup as a CMS stores it, with shortcodes, bare addresses of embedded posts, and
paragraphs between blank lines. newsbot converts this markup as the CMS does it for readers (WordPress:
wpautop, do_shortcode).
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from newsbot.fetching.decoding import has_password_form
from newsbot.model import Image, Item
from newsbot.reading.blocks import (
    drop_element,
    drop_repeats,
    extract_lines,
    parse_markup,
    select_running_text,
    total_length,
)
from newsbot.reading.boilerplate import (
    Line,
    has_same_words,
    is_label,
    is_sentence,
    is_teaser_end,
    strip_boilerplate,
)
from newsbot.reading.boxes import drop_boxes
from newsbot.reading.clean import clean_line, clean_paragraphs, clean_text, markup_to_line, unescape_markup
from newsbot.reading.language import RecognisedLanguage, recognise
from newsbot.reading.page import Page, extract
from newsbot.reading.photos import find_best_photo
from newsbot.reading.walls import is_of_article, is_same_headline, text_weight

__all__ = [
    "ArticleHint",
    "ItemContent",
    "PlainText",
    "drop_widgets",
    "find_fragment_image",
    "parse_article_page",
    "parse_fragment_lines",
    "parse_item",
    "read_text",
]


def parse_fragment_lines(markup: str) -> list[Line]:
    """Return the paragraphs, headings and list items of a piece of HTML, without scripts and forms.

    If ``markup`` has no tags, return its lines of text.
    """
    markup = _render_stored_markup(unescape_markup(markup))
    tree = parse_markup(clean_text(markup if "<" in markup else markup.replace("\n", "<br>")))
    if tree is None:
        return []
    drop_widgets(tree)
    drop_boxes(tree)
    return extract_lines(tree)


def find_fragment_image(markup: str, base: str | None) -> Image | None:
    """Return the first picture in a piece of HTML that may be a photo; ``base`` is the address of the HTML's
    article.
    """
    markup = unescape_markup(markup)
    tree = parse_markup(markup) if "<img" in markup.lower() or "<amp-img" in markup.lower() else None
    return None if tree is None else find_best_photo(tree, base)


# The title of a plain text has at most this many characters; a longer first line is a paragraph.
_TITLE = 350
# A page is one that asks for a password only if its text has fewer weighted characters (CJK: 3 each) than
# this.
_PROTECTED_TEXT = 300
# Lines of a text count as wrapped to a fixed width only if none has more characters than this.
_WRAPPED = 100
_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_ITEM = re.compile(r"(?:[-*•‣▪◦·–]|\d{1,2}[.)])\s+")
_INITIALS = re.compile(r"\b(?:[A-Z]\.){2,}$")


class PlainText(NamedTuple):
    """A plain text's title, or None, and its body with blank lines between paragraphs."""

    title: str | None
    body: str


def read_text(text: str) -> PlainText:
    """Split a plain text into its title and its body, without boilerplate. Raise no error.

    The first line is the title if it is short, has no full stop, and a body follows. Blank lines separate
    paragraphs; in a text without blank lines, every line is a paragraph.
    """
    lines = [
        Line(line, "item" if _ITEM.match(line) else "paragraph")
        for line in _split_paragraphs(clean_text(text))
    ]
    start = next((index for index, line in enumerate(lines) if not is_label(line.text)), 0)
    lines = lines[start:]
    title = lines[0].text if len(lines) > 1 and _is_title(lines[0].text) else None
    body = strip_boilerplate(lines[1:] if title else lines, title=title)
    return PlainText(title, clean_paragraphs(line.text for line in body))


def _is_title(line: str) -> bool:
    if len(line) > _TITLE or not any(map(str.isalpha, line)):
        return False
    asks = line.endswith(("?", "!", "؟", "？", "！"))
    return asks or not is_sentence(line) or bool(_INITIALS.search(line))


def _split_paragraphs(text: str) -> list[str]:
    blocks = [block for block in _BLANK.split(text.strip()) if block.strip()]
    lines = [line for block in blocks for line in _block_paragraphs(block)]
    return list(filter(None, map(clean_line, lines)))


def _block_paragraphs(block: str) -> list[str]:
    """Return the lines of a block of text as paragraphs; lines that were wrapped to a width become one."""
    lines = block.split("\n")
    inner = lines[:-1]
    wrapped = inner and all(40 < len(line.rstrip()) <= _WRAPPED for line in inner)  # noqa: PLR2004  Lines that are wrapped narrower are verse.
    if wrapped and sum(map(is_sentence, inner)) <= len(inner) / 2 and not any(map(_ITEM.match, lines)):
        return [" ".join(lines)]
    return lines


_WHOLE_PAGE = re.compile(
    r"(?>\s+|<!--.*?-->|<\?xml[^>]*>|<script\b.*?</script>)*+<(?:!doctype html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
# A page's first HTML tag is looked for in this many characters, because a program's warnings or scripts may
# come before it.
_LATE_START, _PREAMBLE = re.compile(r"<(?:!doctype\s+)?html\b", re.IGNORECASE), 50_000
_APPEARED_FIRST = re.compile(
    r"\b(?:first )?appeared (?:first )?on\b|\boriginally (?:appeared|published) (?:on|in|at)\b"
    r"|est apparu en premier sur|apareció primero en|erschien zuerst auf|proviene da|apareceu primeiro em",
    re.IGNORECASE,
)
_UP_TO_SENTENCE = re.compile(r".*(?:(?<!\.)[.!?؟۔।][\"'”’»)]*(?=\s)|[。！？]+[」』）]*)", re.DOTALL)
# A feed's content can be the article's full text if it has at least this many weighted characters (CJK: 3
# each).
_FULL = 600
_FULL_PARAGRAPHS = 2


class ArticleHint(NamedTuple):
    """The title and the teaser that a source gives for an article; both may be "".

    newsbot compares them with the article's page, to tell whether the page shows that article.
    """

    title: str
    teaser: str


@dataclass(frozen=True, slots=True)
class ItemContent:
    """The article in a source's item, parsed without fetching the article's page.

    ``page`` has the item's title, text and further values. ``whole`` says that the text is the complete
    article and no teaser, ``sentences`` that the text has at least one whole sentence.
    """

    page: Page
    summary: str | None = None
    whole: bool = False
    sentences: bool = False


def parse_item(item: Item, newsroom: str | None = None) -> ItemContent:
    """Return the title, text and further values in a source's item. Raise no error.

    ``newsroom`` is the newsroom's language. The item's ``text`` is plain text; its ``html`` is either a whole
    page or an article's markup.
    """
    if item.text is not None:
        own = _content_from_text(item)
    elif item.html and (_WHOLE_PAGE.match(item.html) or _LATE_START.search(item.html, 0, _PREAMBLE)):
        own = ItemContent(extract(item.html.encode("utf-8", "replace"), item.url, embeds=False), whole=True)
    else:
        own = _content_from_markup(item)
    page = own.page
    hint = item.language or page.language
    if page.language_sure:
        language = RecognisedLanguage(page.language, sure=True)
    else:
        language = recognise(f"{page.title or ''}\n{page.text}", hint)
    if not language.code:
        language = recognise(page.text, newsroom)
    return replace(
        own,
        page=_set_language(page, language),
        sentences=any(map(is_sentence, page.text.split("\n\n"))),
    )


def parse_article_page(
    html: bytes, url: str, charset: str | None, hint: str | None, about: ArticleHint
) -> Page:
    """Return the article in a page's HTML, or a page without text if it shows another text than the article.

    In a returned page without text, ``wall`` (it shows a login, say) is true, or ``protected`` if it asks for
    a password. ``about`` is the title and teaser that the source gives for the article. ``hint`` is the
    language that the feed or the newsroom declares, used only if neither the text nor the page tells the
    language. A page with the article's headline but with another text still provides the photo and the times.
    """
    page = extract(html, url, charset=charset, embeds=False)
    if has_password_form(html) and text_weight(page.text) < _PROTECTED_TEXT:
        return Page(protected=True)
    if page.text and is_of_article(page.text, about.title, about.teaser, page.title or ""):
        return page if page.language else _set_language(page, recognise(page.text, hint))
    if not about.title and page.is_headline_only:
        return page
    if not is_same_headline(about.title, page.title or ""):
        page = Page()
    return replace(page, text="", language=None, wall=True)


def _set_language(page: Page, language: RecognisedLanguage) -> Page:
    return replace(page, language=language.code, language_sure=language.sure)


def _content_from_text(item: Item) -> ItemContent:
    title = markup_to_line(item.title or "") or None
    if title:
        lines = read_text(f"{title}\n\n{item.text}")
        return ItemContent(Page(title=title, text=lines.body), whole=True)
    read = read_text(item.text or "")
    return ItemContent(Page(title=read.title, text=read.body), whole=True)


def _content_from_markup(item: Item) -> ItemContent:
    """Return the content in the markup of a feed's item or a Markdown file.

    The content's text is the longer of the item's body and the item's summary.
    """
    title = markup_to_line(item.title or "") or None
    lines, other = parse_fragment_lines(item.html or ""), parse_fragment_lines(item.summary or "")
    if not title and lines and lines[0].kind == "heading" and len(lines) > 1:
        title, lines = markup_to_line(lines[0].text), lines[1:]
    summary = _body_texts(other, title)[0] or None
    if total_length(other) > total_length(lines):
        lines, other = other, lines
    text, aside = _body_texts(lines, title)
    whole = bool(text) and (item.url is None or _is_full_text(lines, text))
    text = text if whole else _drop_broken_sentence(text)
    image = find_fragment_image(item.html or item.summary or "", item.url)
    return ItemContent(
        Page(title=title, text=text, aside=aside, image=image),
        summary=summary if summary != text else None,
        whole=whole,
    )


def _body_texts(lines: Sequence[Line], title: str | None) -> tuple[str, str]:
    """Return an article's running text, and the text of its lists, tables and quoted blocks.

    Both texts are returned without boilerplate. The words "Read more" at a teaser's end are removed; its
    ellipsis stays.
    """
    kept = [
        line for line in lines if not (title and has_same_words(line.text, title) and line.kind == "heading")
    ]
    every = drop_repeats(strip_boilerplate(kept, title=title))
    body = select_running_text(every)
    own = set(map(id, body))
    aside = (line.text for line in every if id(line) not in own)
    return clean_paragraphs(line.text for line in body), clean_paragraphs(aside)


def _drop_broken_sentence(teaser: str) -> str:
    """Return a cut-off teaser up to the end of its last whole sentence.

    Return the teaser unchanged if it is not cut off or has no whole sentence.
    """
    if not is_teaser_end(teaser):
        return teaser
    match = _UP_TO_SENTENCE.match(teaser)
    return match[0] if match else teaser


def _is_full_text(lines: Sequence[Line], text: str) -> bool:
    """Return whether a feed item's text is the full article: long, in paragraphs, and not cut off."""
    said = [line for line in lines if line.text.strip()]
    last = [line.text for line in said if not _APPEARED_FIRST.search(line.text)][-1:] or [""]
    broken = is_teaser_end(last[0]) or is_teaser_end(text)
    return not broken and text_weight(text) >= _FULL and text.count("\n\n") + 1 >= _FULL_PARAGRAPHS


# ---------------------------------------------------------------- markup as a CMS stores it

_WITH_CONTENT = frozenset({"caption", "wp_caption", "gallery", "embed", "video", "audio", "playlist"})
_ALONE = frozenset(
    {*_WITH_CONTENT, "contact-form-7", "more", "nextpage", "toc", "rev_slider", "instagram", "tweet"}
)
_SHORTCODE = re.compile(r"\[(\[)?(/)?([a-zA-Z][\w-]{1,40})((?:\s[^\[\]<>]{0,500})?)\](\])?")
_LONE_ADDRESS = re.compile(r"^[ \t]*https?://\S+[ \t]*\r?$", re.MULTILINE)
_BLANK_IN_MARKUP = re.compile(r"(\n[ \t\r]*\n\s*)")
_OPAQUE = re.compile(r"<(/?)(p|pre|script|style|textarea)\b", re.IGNORECASE)
_BLOCK = re.compile(
    r"</?(?:address|article|aside|audio|blockquote|d[dlt]|details|div|fieldset|fig\w+|footer|form|h[1-6r]|header|"
    r"iframe|li|main|nav|object|ol|p|pre|script|section|style|summary|t(?:able|body|d|extarea|foot|h|head|r)|ul|"
    r"video)\b",
    re.IGNORECASE,
)
_WIDGETS = re.compile(
    r"\b(?:wp-block-(?:archives|buttons?|calendar|categories|embed|file|gallery|latest-\w+|page-list|pullquote|rss|"
    r"search|social-links|tag-cloud)|wp-caption(?:-text)?|gallery-caption|sharedaddy|jp-relatedposts|"
    r"twitter-tweet|instagram-media|tiktok-embed|fb-post)\b"
)

# The pattern matches the address of a post on a social network; Mastodon has no fixed host.
_POST = re.compile(
    r"https?://(?:(?:www\.|m\.|mobile\.|vm\.)?(?:(?:twitter|x)\.com/[^/]+/status|instagram\.com/(?:p|reel|tv)|"
    r"facebook\.com/[^?]*/?(?:posts|videos|photos|permalink)|tiktok\.com/@[^/]+/video|threads\.(?:net|com)/@[^/]+/post|"
    r"bsky\.app/profile/[^/]+/post|t\.me/[^/]+|linkedin\.com/(?:posts|embed|feed)|reddit\.com/r/[^/]+/comments|"
    r"vk\.com/wall)|[^/]+/@[^/]+)/?-?\w",
    re.IGNORECASE,
)


def _render_stored_markup(markup: str) -> str:
    """Convert an article's body from the markup that a CMS stores into the markup that readers get."""
    if "[" in markup:
        markup = _remove_shortcodes(markup)
    if "://" in markup:
        markup = _LONE_ADDRESS.sub("", markup)
    if "<" in markup and "<!-- wp:" not in markup:
        markup = "".join(_add_paragraphs(markup))
    return markup


def drop_widgets(tree: Any) -> None:
    """Remove embedded posts of social networks, captions, galleries and buttons from an article's tree."""
    embeds = [
        quote
        for quote in tree.iter("blockquote")
        if any(_POST.match(link.get("href") or "") for link in quote.iter("a"))
    ]
    widgets = [each for each in tree.xpath("//*[@class]") if _WIDGETS.search(each.get("class"))]
    for element in (*embeds, *widgets):
        drop_element(element)


def _remove_shortcodes(markup: str) -> str:
    """Remove WordPress shortcodes like ``[gallery]`` from an article's markup.

    Words in brackets such as ``[sic]`` and ``[the minister] said`` stay, and ``[[x]]`` becomes ``[x]``.
    """
    closed = {match[3].lower() for match in _SHORTCODE.finditer(markup) if match[2]}
    kept, end = [], 0
    for match in _SHORTCODE.finditer(markup):
        if match.start() < end:
            continue
        kept.append(markup[end : match.start()])
        end = match.end()
        name = match[3].lower()
        if match[1] and match[5]:
            kept.append(match[0][1:-1])
        elif not _is_shortcode(match, closed):
            kept.append(match[0])
        elif name in _WITH_CONTENT & closed and not match[2]:
            closing = markup.find(f"[/{match[3]}]", end)
            end = closing if closing >= 0 else end
    return "".join([*kept, markup[end:]])


def _is_shortcode(match: re.Match[str], closed: set[str]) -> bool:
    name, rest = match[3].lower(), match[4]
    return bool(match[2]) or name in _ALONE | closed or "=" in rest or rest.endswith("/") or "_" in name


def _add_paragraphs(markup: str) -> Iterator[str]:
    """Yield the pieces of an article's markup, with ``p`` tags around each text between two blank lines.

    Text inside block elements gets no further ``p`` tags.
    """
    breaks, opaque = "<br" not in markup.lower(), 0
    for piece in _BLANK_IN_MARKUP.split(markup):
        bare = not opaque and not _BLOCK.search(piece) and piece.strip()
        opaque = max(0, opaque + sum(-1 if tag[1] else 1 for tag in _OPAQUE.finditer(piece)))
        text = piece.replace("\n", "<br>\n") if breaks else piece
        yield f"<p>{text}</p>" if bare else piece
