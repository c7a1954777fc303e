"""What a CMS keeps is not what it shows: shortcodes, bare addresses to embed, paragraphs by blank lines.

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

_POST = re.compile(  # one post's address; Mastodon's has no host of its own
    r"https?://(?:(?:www\.|m\.|mobile\.|vm\.)?(?:(?:twitter|x)\.com/[^/]+/status|instagram\.com/(?:p|reel|tv)|"
    r"facebook\.com/[^?]*/?(?:posts|videos|photos|permalink)|tiktok\.com/@[^/]+/video|threads\.(?:net|com)/@[^/]+/post|"
    r"bsky\.app/profile/[^/]+/post|t\.me/[^/]+|linkedin\.com/(?:posts|embed|feed)|reddit\.com/r/[^/]+/comments|"
    r"vk\.com/wall)|[^/]+/@[^/]+)/?-?\w",
    re.IGNORECASE,
)


def render_stored_markup(markup: str) -> str:
    """A body as it is kept, into markup whose text is what readers see."""
    if "[" in markup:
        markup = _remove_shortcodes(markup)
    if "://" in markup:
        markup = _LONE_ADDRESS.sub("", markup)
    if "<" in markup and "<!-- wp:" not in markup:
        markup = "".join(_add_paragraphs(markup))
    return markup


def drop_widgets(tree: Any) -> None:
    """Take out of a tree what is no text of the article: embeds of others' posts, captions, buttons."""
    embeds = [quote for quote in tree.iter("blockquote") if any(map(_is_post, quote.iter("a")))]
    widgets = [each for each in tree.xpath("//*[@class]") if _WIDGETS.search(each.get("class"))]
    for element in (*embeds, *widgets):
        if element.getparent() is not None:
            element.drop_tree()


def _is_post(link: Any) -> bool:
    """Whether a link leads to one post of a social network."""
    return bool(_POST.match(link.get("href") or ""))


def _remove_shortcodes(markup: str) -> str:
    """What people write in brackets stays: ``[sic]``, ``[the minister] said``; ``[[x]]`` is ``[x]``."""
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
    """Text between blank lines that no element makes a block becomes a paragraph."""
    breaks, opaque = "<br" not in markup.lower(), 0
    for piece in _BLANK.split(markup):
        bare = not opaque and not _BLOCK.search(piece) and piece.strip()
        opaque = max(0, opaque + sum(-1 if tag[1] else 1 for tag in _OPAQUE.finditer(piece)))
        text = piece.replace("\n", "<br>\n") if breaks else piece
        yield f"<p>{text}</p>" if bare else piece
