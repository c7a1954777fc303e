"""Rendering of the markup that a CMS stores, with shortcodes, bare embed addresses and blank-line paragraphs.

As far as the text goes, this does what the CMS's own rendering does (WordPress: wpautop, do_shortcode).
"""

import re
from collections.abc import Iterator
from typing import Any

__all__ = ["drop_widgets", "render_stored_markup"]

_WITH_CONTENT = frozenset({"caption", "wp_caption", "gallery", "embed", "video", "audio", "playlist"})
_ALONE = frozenset(
    {*_WITH_CONTENT, "contact-form-7", "more", "nextpage", "toc", "rev_slider", "instagram", "tweet"}
)
_SHORTCODE = re.compile(r"\[(\[)?(/)?([a-zA-Z][\w-]{1,40})((?:\s[^\[\]<>]{0,500})?)\](\])?")
_LONE_ADDRESS = re.compile(r"^[ \t]*https?://\S+[ \t]*\r?$", re.MULTILINE)
_BLANK = re.compile(r"(\n[ \t\r]*\n\s*)")
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

_POST = re.compile(  # the address of one post; Mastodon has no fixed host
    r"https?://(?:(?:www\.|m\.|mobile\.|vm\.)?(?:(?:twitter|x)\.com/[^/]+/status|instagram\.com/(?:p|reel|tv)|"
    r"facebook\.com/[^?]*/?(?:posts|videos|photos|permalink)|tiktok\.com/@[^/]+/video|threads\.(?:net|com)/@[^/]+/post|"
    r"bsky\.app/profile/[^/]+/post|t\.me/[^/]+|linkedin\.com/(?:posts|embed|feed)|reddit\.com/r/[^/]+/comments|"
    r"vk\.com/wall)|[^/]+/@[^/]+)/?-?\w",
    re.IGNORECASE,
)


def render_stored_markup(markup: str) -> str:
    """Convert a body as the CMS stores it into markup with the text that readers see."""
    if "[" in markup:
        markup = _remove_shortcodes(markup)
    if "://" in markup:
        markup = _LONE_ADDRESS.sub("", markup)
    if "<" in markup and "<!-- wp:" not in markup:
        markup = "".join(_add_paragraphs(markup))
    return markup


def drop_widgets(tree: Any) -> None:
    """Remove from a tree what is not the article's text: embedded posts of others, captions, buttons."""
    embeds = [quote for quote in tree.iter("blockquote") if any(map(_is_post, quote.iter("a")))]
    widgets = [each for each in tree.xpath("//*[@class]") if _WIDGETS.search(each.get("class"))]
    for element in (*embeds, *widgets):
        if element.getparent() is not None:
            element.drop_tree()


def _is_post(link: Any) -> bool:
    """Return whether a link leads to a single post of a social network."""
    return bool(_POST.match(link.get("href") or ""))


def _remove_shortcodes(markup: str) -> str:
    """Remove shortcodes, but keep other words in brackets.

    Words such as ``[sic]`` and ``[the minister] said`` stay, and ``[[x]]`` becomes ``[x]``.
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
    """Yield text with ``p`` tags around what stands between blank lines outside block elements."""
    breaks, opaque = "<br" not in markup.lower(), 0
    for piece in _BLANK.split(markup):
        bare = not opaque and not _BLOCK.search(piece) and piece.strip()
        opaque = max(0, opaque + sum(-1 if tag[1] else 1 for tag in _OPAQUE.finditer(piece)))
        text = piece.replace("\n", "<br>\n") if breaks else piece
        yield f"<p>{text}</p>" if bare else piece
