"""The normalization of web addresses, so that all addresses of one article compare as equal.

Only this module knows which parts of an address do not matter. It follows RFC 3986, section 6 (case,
percent-encoding, dot segments, default port), and removes what publishers add: tracking parameters, AMP
versions, mobile hosts, index files. The parameter names are those that AdGuard's tracking filter, Neat URL
and ClearURLs agree on, and those that European publishers' analytics append (AT Internet's ``xtor`` and
``at_``).

An item may also be looked up by an address on another host, such as localhost or a proxy, and by a short link
that is the guid of the feed's item.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from html import unescape
from posixpath import normpath
from urllib.parse import SplitResult, quote, urlsplit

from newsbot.model import Item

__all__ = ["find_nearest", "get_site", "is_at", "is_front_page", "is_tracking", "normalize_address"]

_TRACKING = re.compile(
    r"(?:utm_?\w*|itm_\w+|pk_\w+|mtm_\w+|matomo_\w+|piwik_\w+|hsa_\w+|ga_\w+|_ga|_gl|_gac|at_(?:medium|campaign|custom\d|link_\w+|"
    r"ptr_\w+|format|bbc_team|creation|variant|network|channel|send_date|recipient_\w+|emailtype)|xtor|xts|xtref|xtatc|"
    r"fbclid|fb_(?:action_ids|action_types|ref|source|comment_id)|action_(?:object|ref|type)_map|mibextid|"
    r"gclid|gclsrc|dclid|gbraid|wbraid|gad_\w+|msclkid|yclid|ysclid|_openstat|twclid|ttclid|li_fat_id|epik|rdt_cid|scclid|sccid|"
    r"igshid|igsh|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|__hs\w+|hsctatracking|vero_(?:id|conv)|oly_(?:enc|anon)_id|"
    r"ref_src|ref_url|cmp|cmpid|icid|ncid|ns_\w+|wt_?[._]?\w*mc\w*|wt_zmc|ftag|ito|rss|smid|smtyp|ocid|s_cid|sc_(?:cid|campaign|channel|content|"
    r"medium|outcome|geo|country)|s_kwcid|ef_id|elqtrack\w*|spm|scm|trk|trkcampaign|_branch_match_id|ml_subscriber\w*|"
    r"guccounter|guce_\w+|__twitter_impression|__cf_chl_\w+|soc_(?:src|trk)|tsrc|echobox|_kx|wickedid|"
    r"phpsessid|jsessionid|aspsessionid\w*|sessionid|session_id)",
    re.IGNORECASE,
)
_REFERRER = re.compile(
    r"(?:ref|referr?er|source|src|from|via|partner|origin|medium|campaign|mod|mc|cid|share|shared|feature|trackid|output)",
    re.IGNORECASE,
)
# This pattern matches values of query parameters. A common parameter with such a value, like "source" in
# ``source=rss``, only says how a reader came to the page.
_REFERRER_VALUE = re.compile(
    r"(?:[\w-]*rss[\w-]*|(?:web)?feeds?|feedburner|feedly|flipboard|atom|twitter|x|tw|t\.co|facebook|fb|instagram|telegram|"
    r"tg|whatsapp|linkedin|reddit|pinterest|tiktok|youtube|threads|bluesky|mastodon|social\w*|newsletters?|e?-?mail|push|"
    r"homepage|home|google\w*|googlenews|bing|msn|applenews|copy|share\w*)",
    re.IGNORECASE,
)
_AMP = re.compile(r"(?:_*amp|is_?amp|isamp|amp_\w+|usqp)", re.IGNORECASE)
_AMP_FORMAT = re.compile(r"(?:outputtype|output|view|format|type|mode|version|variant)=_?amp", re.IGNORECASE)
_AMP_NAME = re.compile(r"\.amp(?=\.html?$|$)|-amp(?=\.html?$)", re.IGNORECASE)
_AMP_CACHE = re.compile(r"(?:[\w-]+\.)?cdn\.ampproject\.org|(?:www\.)?google\.[a-z.]{2,6}", re.IGNORECASE)
_AMP_CACHED = re.compile(r"/(?:amp|[civ](?:/c)?)/(?:s/)?(?P<inner>[^/]+\.[^/]+(?:/.*)?)", re.IGNORECASE)
_HOST_PREFIX = re.compile(r"(?:www\d?|amp|m|mobile|mobil)\.(?=[^.]+\.)", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp|shtml|xhtml|cfm)$", re.IGNORECASE)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;?#]*", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "!#$%&'()*+,/:;=?@[]~"
# A fragment (the text after #) that begins with one of these characters is kept, because it selects an
# article: a script on the page shows the article that the fragment names.
_ROUTE = ("!", "/")
_PORTS = frozenset({"", "80", "443"})


def normalize_address(url: str) -> str:
    """Return the form that all addresses of one article share; use it only for comparisons.

    The form has no scheme, ``www``, default port, fragment, tracking parameters or AMP marks, and its
    parameters are sorted. A text that is no web address is returned without its white space.
    """
    text = unicodedata.normalize("NFC", "".join(url.split()))
    if "&amp;" in text:
        text = unescape(text)
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host = _normalize_host(parts)
    except ValueError:
        return text
    if parts.scheme.lower() not in {"", "http", "https"} or not host:
        return text
    if _AMP_CACHE.fullmatch(host) and (cached := _AMP_CACHED.fullmatch(parts.path)):
        return normalize_address(f"//{cached['inner']}{f'?{parts.query}' if parts.query else ''}")
    parameters = _list_telling_parameters(parts.query.replace("+", "%20"))
    query = "&".join(sorted({_escape(pair) for pair in parameters}))
    route = f"#{_escape(parts.fragment)}" if parts.fragment.startswith(_ROUTE) else ""
    return f"{host}{_normalize_path(parts.path)}{f'?{query}' if query else ''}{route}"


def get_site(url: str) -> str:
    """Return the host that all addresses of one site share, with its port unless that is a default port."""
    return re.split(r"[/?#]", normalize_address(url), maxsplit=1)[0]


def is_front_page(url: str) -> bool:
    """Return whether an address is that of a site's front page, which some feeds give for every item."""
    return not any(mark in normalize_address(url) for mark in "/?#")


def is_tracking(name: str, value: str = "") -> bool:
    """Return whether a query parameter only says how a reader came to the page."""
    if _TRACKING.fullmatch(name):
        return True
    return bool(_REFERRER.fullmatch(name) and _REFERRER_VALUE.fullmatch(value))


def _normalize_host(parts: SplitResult) -> str:
    """Return an address's host in lower-case ASCII, without login, default port and prefixes like ``www``."""
    host, _, port = parts.netloc.rpartition("@")[2].partition(":")
    # A host in brackets is an IPv6 address, so only a colon after the brackets separates the port.
    if host.startswith("["):
        host, _, port = parts.netloc.rpartition("@")[2].rpartition(":")
        host, port = (host, port) if host.endswith("]") else (f"{host}:{port}", "")
    host = host.lower().rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    while prefix := _HOST_PREFIX.match(host):
        host = host[prefix.end() :]
    return host if port in _PORTS else f"{host}:{port}"


def _normalize_path(path: str) -> str:
    """Return the path of an address without the pieces that do not distinguish articles.

    These are session ids, dot segments, doubled slashes, the index file, AMP marks and a slash at the end.
    """
    plain = normpath(f"/{_escape(_SESSION.sub('', path))}".replace("//", "/"))
    plain = _INDEX.sub("", plain if plain.startswith("/") else f"/{plain}")
    segments = [each for each in plain.split("/") if each]
    kept = [each for each in segments if each.lower() not in {"amp", "amp.html"}] or segments
    if kept:
        kept[-1] = _AMP_NAME.sub("", kept[-1]) or kept[-1]
    return "".join(f"/{each}" for each in kept)


def _list_telling_parameters(query: str) -> Iterator[str]:
    """Yield those parameters of a query that select an article; leave out parameters of tracking and AMP."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if not name or is_tracking(name, value) or _AMP.fullmatch(name) or _AMP_FORMAT.fullmatch(pair):
            continue
        yield pair if value else name


def _escape(text: str) -> str:
    """Return a text in which only the characters that need percent-encoding are percent-encoded.

    The hexadecimal digits of the encoding are capitals.
    """

    def decode_safe(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return quote(_ESCAPE.sub(decode_safe, text), safe=_SAFE)


# The least number of characters with which the last segment of an address's path identifies an article; a
# number never does.
_NAME = 5


def is_at(item: Item, url: str) -> bool:
    """Return whether ``url``, in any form, is the item's own address or its guid."""
    wanted = normalize_address(url)
    return any(normalize_address(address) == wanted for address in _list_addresses(item))


def find_nearest(url: str, items: Sequence[Item]) -> Item | None:
    """Return the item whose address is nearest to ``url``; None if no item's address is near it.

    An item at the address ``url`` itself is nearest; next is an item with the same path and query on another
    host, and then an item whose path has the same last segment.
    """
    if exact := next((item for item in items if is_at(item, url)), None):
        return exact
    for part in (_get_place, _get_name):
        wanted = part(url)
        found = (item for item in items if wanted and wanted in map(part, _list_addresses(item)))
        if item := next(found, None):
            return item
    return None


def _list_addresses(item: Item) -> list[str]:
    return [each for each in (item.url, item.guid if "#" not in item.guid else None) if each]


def _get_place(url: str) -> str:
    """Return the normalized path and query of an address; "" for a front page."""
    return normalize_address(url).removeprefix(get_site(url))


def _get_name(url: str) -> str:
    """Return the last segment of an address's path; "" if that segment does not identify an article."""
    name = _get_place(url).rpartition("/")[2]
    return name if len(name) >= _NAME and "?" not in name and not name.isdigit() else ""
