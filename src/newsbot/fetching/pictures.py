"""The choice of an article's photo, by the addresses of pictures and by their sizes in feeds and pages.

A narrow or low picture is an icon or a tracker, and so is a picture whose host, folder or file name names an
icon or a tracker. A width in an address counts only in the forms that content systems and image services
write, because a bare number may be a date.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from newsbot.fetching.addresses import make_web_address
from newsbot.model import Image

__all__ = [
    "choose_first_large",
    "choose_widest",
    "find_size_in_address",
    "is_icon",
    "is_small",
    "make_photo",
    "parse_length",
]

_ICON = 100  # A picture narrower or lower than this many pixels is an icon, a button or a tracker.
# A picture narrower than this many pixels is a thumbnail, which is used only if there is no other.
_SMALL = 300
# The greatest width in pixels of a photo that newsbot chooses: platforms refuse wider photos, or scale them
# down after a long upload.
_LARGEST = 4096
_USUAL = 600  # A picture of unknown width is assumed to have this width in pixels.
_BANNER = 5  # A picture is a rule or banner if one side is over this many times as long as the other.
# These pairs of numbers in a picture's address are not read as the picture's size, because they are its
# aspect ratio.
_SHAPES = frozenset({(16, 9), (9, 16), (4, 3), (3, 4), (3, 2), (2, 3)})

_NO_PHOTO_TYPE = re.compile(
    r"\.(?:svgz?|ico|gif|avif|heic|heif|jxl|tiff?|bmp|mp[34]|m4[av]|webm|mov|m3u8|pdf|html?)", re.IGNORECASE
)
_VENDOR = re.compile(
    r"(?:^|\.)(?:gravatar\.com|s\.w\.org|twemoji\.maxcdn\.com|doubleclick\.net|googlesyndication\.com"
    r"|googleadservices\.com|amazon-adsystem\.com|assoc-amazon\.\w+|adnxs\.com|scorecardresearch\.com"
    r"|quantserve\.com|statcounter\.com|histats\.com|feedsportal\.com|feedburner\.com|shields\.io|badge\.fury\.io"
    r"|google-analytics\.com|list-manage\.com)$"
)
_HOST_WORD = re.compile(
    r"(?:ads?\d*|adserver|adservices?|adimg|pixels?|track(?:er|ing)?|stats?|analytics|counter|beacon|metrics|badges?"
    r"|emojis?|avatars?)"
)
_FOLDER = re.compile(
    r"(?:user)?avatars?|userpics?|gravatar|(?:tw)?emojis?|smil(?:ie|ey)s?|emoticons|(?:fav)?icons?|badges?|spacers?|sprites?"
    r"|ads|adverts?|advertisements?|adserver|tracking|tracker|beacon|profile[-_](?:images?|pictures?|photos?)",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:.*[-_.])?(?:logo|favicon|placeholder|spacer|sprite|avatar|gravatar|no[-_]?(?:image|photo|thumb\w*))(?:[-_.@\d].*)?"
    r"|(?:default|blank|px|pixel|transparent|empty|dummy|loading|loader|lazy(?:load)?|1x1)"
    r"(?:[-_]?(?:image|img|share|og|social|\d+x?\d*))*"
    r"|(?:default|share|social|og|fb|facebook|twitter)[-_](?:default|share|image|img|card|logo)(?:[-_].*)?"
    # This part of the pattern matches the file name of an emoji's picture, which is the emoji's code points,
    # like 1f600.
    r"|1f[0-9a-f]{3}(?:-[0-9a-f]{4,5})*",
    re.IGNORECASE,
)
_NAME_WORDS = re.compile(r"[^\W\d_]+")
_TELLING = frozenset(
    """
    ad ads advert advertisement adverts badge badges banner beacon btn button counter emoji emojis
    emoticon follow icon icons like pixel share smilie smilies smiley tracker tracking tweet
    """.split()  # noqa: SIM905  This form is easier to read.
)
# A file name with a word like "icon" is an icon's only if all its other words are in this list; a photo's
# file name has other words too.
_BESIDE = frozenset(
    """
    a and app apple atom author bar black by cc color dark de default download email en es facebook fb
    feed footer fr get google grin header image img insta instagram it large leaderboard left light
    linkedin mail medium mpu my new on photo pic pinterest play print profile px retina right rss sad
    share sidebar site skyscraper small smile social square store telegram the tiktok top touch twitter
    user web whatsapp white wink x youtube
    """.split()  # noqa: SIM905
)

_LENGTH = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*")
_IN_NAME = re.compile(r"[-_](\d{2,4})x(\d{2,4})(?:-\w{1,8})?(?=\.\w{2,5}$)")
_IN_FOLDER = re.compile(
    r"/(\d{2,4})x(\d{2,4})(?=/)|/w[-_]?(\d{2,4})(?=/)|/width/(\d{2,4})(?=/)|/[^/]*\bw_(\d{2,4})\b[^/]*(?=/)"
)
# The least number for which a pair of numbers in a picture's file name is read as a size in pixels; smaller
# pairs (`-12x24`) count files.
_LEAST_IN_NAME = 30
_GOOGLE = re.compile(r"(?:^|\.)(?:blogspot\.com|googleusercontent\.com|ggpht\.com)$")
_IN_GOOGLE = re.compile(r"[/=](?:s|w)(\d{2,4})(?:-h(\d{2,4}))?(?:-[a-z][\w-]*)?(?:/|$)")
_WIDTHS = frozenset({"w", "width", "imwidth", "maxwidth", "max-width", "max_width", "wid"})
_HEIGHTS = frozenset({"h", "height", "imheight", "maxheight", "max-height", "max_height", "hei"})
_PAIRS = ("resize", "fit", "size")
_PIXELS = re.compile(r"[1-9]\d{1,3}", re.ASCII)
_PAIR = re.compile(r"(\d{2,4})(?:,|x|%2C)(\d{2,4})", re.IGNORECASE)


def make_photo(
    url: object,
    base: str | None,
    *,
    alt: str | None = None,
    width: int | None = None,
    height: int | None = None,
) -> Image | None:
    """Return the photo at ``url``; None if the picture is an icon, or if ``url`` is the page ``base`` itself.

    Without a ``width`` (in pixels), the width in the picture's address counts.
    """
    address = make_web_address(url, base or "") if isinstance(url, str) else None
    if not address or _is_same_page(address, base) or _is_no_photo(address):
        return None
    if (width, height) in _SHAPES:
        width = height = None
    if width is None:
        width, height = find_size_in_address(address)
    return None if is_icon(width, height) else Image(address, alt, width)


def is_icon(width: int | None, height: int | None) -> bool:
    """Return whether a picture of this size (pixels) is an icon, a tracker, a rule or a banner."""
    sides = [side for side in (width, height) if side is not None and (width, height) not in _SHAPES]
    return bool(sides) and (min(sides) < _ICON or max(sides) > _BANNER * min(sides))


def is_small(image: Image) -> bool:
    """Return whether a picture is known to be too narrow for a post, as a thumbnail is."""
    return image.width is not None and image.width < _SMALL


def choose_widest(images: Iterable[Image | None]) -> Image | None:
    """Return the widest of several versions of one picture; of equally wide versions, the first."""

    def rank(image: Image) -> int:
        width = _USUAL if image.width is None else image.width
        return width if width <= _LARGEST else _USUAL - 1

    return max(filter(None, images), key=rank, default=None)


def choose_first_large(images: Iterable[Image | None]) -> Image | None:
    """Return the first of several pictures that is not a thumbnail; the widest if all are thumbnails."""
    found = [image for image in images if image]
    return next((image for image in found if not is_small(image)), None) or choose_widest(found)


def parse_length(text: object) -> int | None:
    """Return the number of pixels in an HTML attribute for width or height, like ``700`` or ``700px``; None
    for any other text.
    """
    match = _LENGTH.fullmatch(str(text or ""))
    return int(match[1]) if match else None


def find_size_in_address(address: str) -> tuple[int | None, int | None]:
    """Return the width and height in pixels that a picture's address contains; the width or height is None if
    the address does not have it.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None, None
    if found := _find_size_in_query(parts.query):
        return found
    if _GOOGLE.search(host) and (match := _IN_GOOGLE.search(parts.path)):
        return int(match[1]), int(match[2]) if match[2] else None
    if (match := _IN_NAME.search(parts.path)) and min(int(match[1]), int(match[2])) >= _LEAST_IN_NAME:
        return int(match[1]), int(match[2])
    if match := _IN_FOLDER.search(parts.path):
        width = next(group for group in (match[1], *match.groups()[2:]) if group)
        return int(width), int(match[2]) if match[2] else None
    return None, None


def _find_size_in_query(query: str) -> tuple[int, int | None] | None:
    values = {name.lower(): value for name, value in parse_qsl(query)}
    for name in _PAIRS:
        if match := _PAIR.fullmatch(values.get(name, "")):
            return int(match[1]), int(match[2])
    width, height = (next(_pixel_values(values, names), None) for names in (_WIDTHS, _HEIGHTS))
    density = {"2": 2, "3": 3}.get(values.get("dpr", ""), 1)
    return (width * density, height * density if height else None) if width else None


def _pixel_values(values: Mapping[str, str], names: Iterable[str]) -> Iterator[int]:
    return (int(values[name]) for name in names if _PIXELS.fullmatch(values.get(name, "")))


def _is_same_page(address: str, base: str | None) -> bool:
    """Return whether a picture's address is the address of its page, as for an ``<img>`` without a source."""
    here, there = urlsplit(base or ""), urlsplit(address)
    return (here.netloc, here.path.rstrip("/")) == (there.netloc, there.path.rstrip("/"))


def _is_no_photo(address: str) -> bool:
    parts = urlsplit(address)
    host, path = (parts.hostname or "").lower(), parts.path
    *folders, file = path.strip("/").split("/")
    if not file or _VENDOR.search(host) or any(map(_HOST_WORD.fullmatch, host.split(".")[:-2])):
        return True
    name, dot, suffix = file.rpartition(".")
    words = set(_NAME_WORDS.findall((name or suffix).lower()))
    return bool(
        _NO_PHOTO_TYPE.fullmatch(dot + suffix)
        or _NAME.fullmatch(name or suffix)
        or (words & _TELLING and words <= _TELLING | _BESIDE)
        or any(map(_FOLDER.fullmatch, folders))
        or (host.endswith("facebook.com") and file == "tr")
        or (host.startswith("blogger.") and folders[:1] == ["tracker"])
    )
