"""Recognition of URLs as X does it, by the grammar of X's library twitter-text (v3), in linear time.

The library's own pattern backtracks over every label of ``a.b.c.d...`` and takes quadratic time. A domain is
a row of labels between dots, so this module looks at each label once, from the right: the last label that
begins with a top-level domain ends the domain, and the domain starts at the first place where a domain may
begin.

The library reads a text as UTF-16 units, and a URL may begin behind half a character, so this module reads
UTF-16 units, too.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

__all__ = ["ALL", "SplitUrl", "TopLevelDomains", "Url", "find_urls"]

_ALNUM = re.compile("[A-Za-z0-9]*")
_PUNYCODE = re.compile("xn--[-0-9a-z]+", re.IGNORECASE | re.ASCII)
_MAY_FOLLOW = re.compile("[^0-9a-zA-Z@+-]|\\Z")


class TopLevelDomains:
    """A set of top-level domains, which finds them in a text without regard to case, by JavaScript's rules of
    upper and lower case.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._unicode = frozenset(_fold_case(name) for name in self._names if not name.isascii())
        self._starts = frozenset(name[0] for name in self._unicode)
        self._longest = max(map(len, self._unicode), default=0)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def end(self, text: str, start: int, stop: int) -> int | None:
        """Return the position in a text where the top-level domain that begins at ``start`` ends, ``stop`` at
        the latest.

        Return None if no top-level domain of this set begins at ``start``.
        """
        if text[start : start + 1].upper() in self._starts:
            folded = _fold_case(text[start : min(start + self._longest, stop)])
            for length in range(len(folded), 0, -1):
                if folded[:length] in self._unicode and _MAY_FOLLOW.match(text, start + length, stop):
                    return start + length
        end = _ALNUM.match(text, start, stop).end()  # type: ignore[union-attr]  # it matches the empty string
        if end > start and text[start:end] in self and _MAY_FOLLOW.match(text, end, stop):
            return end
        punycode = _PUNYCODE.match(text, start, stop)
        return punycode.end() if punycode else None


def _fold_case(text: str) -> str:
    return "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    """Return the upper case of a character, as JavaScript computes it without its ``u`` flag.

    One character becomes one character, and a character of another script never becomes ASCII.
    """
    upper = character.upper()
    if len(upper) != 1 or (upper.isascii() and not character.isascii()):
        return character
    return upper


def _read_names() -> list[str]:
    text = files(__package__).joinpath("tlds.txt").read_text("utf-8")
    return " ".join(line for line in text.splitlines() if not line.startswith("#")).split()


_NAMES = _read_names()

_LINKED = TopLevelDomains(name for name in _NAMES if not name.startswith("+"))
"""The top-level domains that X's library knows: a name under one of these domains counts as a URL."""

ALL = TopLevelDomains(name.removeprefix("+") for name in _NAMES)
"""The top-level domains that X's library knows, and newer ones under which X may link names too."""


_SPACES = "\\x09-\\x0D\\x20\\x85\\xA0\\u1680\\u180E\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000"
_DIRECTIONS = "\\u202A-\\u202E\\u061C\\u200E\\u200F\\u2066-\\u2069"
_INVALID = "\\uFFFE\\uFEFF\\uFFFF"
# All characters that X's library twitter-text counts as punctuation, except ``.``, ``-`` and ``_``.
_PUNCTUATION = "!'#%&()*+,\\\\:;<=>?@\\[\\]^{|}~$/"
_LATIN = (
    "a-zA-Z0-9\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u024F\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B\\u0263\\u0268\\u026F"
    "\\u0272\\u0289\\u028B\\u02BB\\u0300-\\u036F\\u1E00-\\u1EFF"
    # Each letter in the following two lines of the pattern is the lower or upper case of a letter in an
    # earlier line.
    "\\u0260\\u0269\\u0275\\u0280\\u0283\\u0288\\u028A\\u028C\\u0292\\u0399\\u03B9\\u1FBE\\u2C65\\u2C66\\u2C7E"
    "\\u2C7F\\uA7DC"
)
_CYRILLIC = "\\u0400-\\u04FF\\u1C80-\\u1C87"
_PATH_CHARACTER = f"[{_LATIN}{_CYRILLIC}!*';:=+,.$/%#\\[\\]\\-\\u2013_~@|&]"
_PATH_END = f"[+\\-{_LATIN}{_CYRILLIC}=_#/]"
_PARENTHESES = (
    f"(?>\\((?:{_PATH_CHARACTER}+|{_PATH_CHARACTER}*\\({_PATH_CHARACTER}+\\){_PATH_CHARACTER}*)\\))"
)
_MAY_PRECEDE = f"[^A-Za-z0-9@\\uff20$#\\uff03{_INVALID}]"

_ASTRAL = re.compile("[\\U00010000-\\U0010FFFF]")
_RUN = re.compile(f"[^{_PUNCTUATION}{_SPACES}{_DIRECTIONS}{_INVALID}]+")
# The characters that end a run of a host name's characters, found by trying all characters that can be among
# them. A look-up in this set takes a tenth of the time of a match with `_RUN`.
_BREAKS = frozenset(_RUN.sub("", "".join(map(chr, [*range(0x3001), 0xFEFF, 0xFFFE, 0xFFFF]))))
_PROTOCOL = re.compile("https?://\\Z", re.IGNORECASE | re.ASCII)
_PRECEDES = re.compile(_MAY_PRECEDE)
_START = re.compile(f"(?<={_MAY_PRECEDE})[^._-]")
_LATIN_LABEL = re.compile(f"[-{_LATIN}]+")
_LATIN_TAIL = re.compile(f"[-{_LATIN}]+\\Z")
_DOT = re.compile("\\.")
_MAYBE_TLD = re.compile("\\.(?:[A-Za-z0-9]{2}|[^\\x00-\\x7F])")
_PORT = re.compile(":[0-9]+")
_PATH = re.compile(f"/(?:(?:{_PATH_CHARACTER}|{_PARENTHESES})*{_PATH_END})?{_PARENTHESES}*")
_QUERY = re.compile("\\?[a-zA-Z0-9!?*'@();:&=+$/%#\\[\\]\\-_.,~|]*[a-zA-Z0-9\\-_&=#/]")
_TCO = re.compile(f"https?://t\\.co/([a-z0-9]+)(?:{_QUERY.pattern})?", re.IGNORECASE | re.ASCII)
_IDNA_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_PLAIN_LABEL = re.compile("[\\x00-~]*")

_LONGEST_PROTOCOL = len("https://")
_MAX_URL = 4096
_MAX_LABEL = 63
_MAX_TCO_SLUG = 40


class Url(NamedTuple):
    """The place of a URL in a text: ``text[start:end]`` counts as one URL."""

    start: int
    end: int


class SplitUrl(Url):
    """A URL that X ends in the middle of a character, after the first of its two UTF-16 units; the second
    unit counts by itself.
    """


def find_urls(text: str, tlds: TopLevelDomains = _LINKED) -> list[Url]:
    """Return the places of all URLs that X counts in ``text`` (in NFC), in order and linear time."""
    if not _MAYBE_TLD.search(text):
        return []
    if not _ASTRAL.search(text):
        return list(_scan_urls(text, tlds))
    units = array("H", text.encode("utf-16-le", "surrogatepass"))
    halves = [n for n, (left, right) in enumerate(pairwise(units), 1) if _is_pair(left, right)]

    def place(unit: int) -> int:
        return unit - bisect_left(halves, unit)

    def url(start: int, end: int) -> Url:
        kind = SplitUrl if place(end + 1) == place(end) else Url
        return kind(place(start), place(end))

    return [url(start, end) for start, end in _scan_urls("".join(map(chr, units)), tlds)]


def _is_pair(left: int, right: int) -> bool:
    return 0xD800 <= left <= 0xDBFF and 0xDC00 <= right <= 0xDFFF  # noqa: PLR2004  These are the limits of UTF-16's surrogates.


def _scan_urls(text: str, tlds: TopLevelDomains) -> Iterator[Url]:
    used = 0  # The character before the next URL must be at this position in the text or after it.
    seen = 0
    while dot := _MAYBE_TLD.search(text, seen):
        run = _HostRun(text, _run_start(text, dot.start(), seen), tlds)
        for start, domain_end in run.domains(used):
            protocol = _protocol_start(text, start, used) if start == run.start else None
            used, has_path = _find_url_tail(text, domain_end)
            if protocol is not None:
                yield from _urls_with_protocol(text, protocol, (start, domain_end), used, tlds)
            else:
                yield from _urls_without_protocol(text, (start, domain_end), used, tlds, has_path=has_path)
        seen = max(used, run.end)


def _run_start(text: str, dot: int, seen: int) -> int:
    while dot > seen and text[dot - 1] not in _BREAKS:
        dot -= 1
    return dot


class _HostRun:
    """A run of characters that a host name may have, split into labels at its dots."""

    def __init__(self, text: str, start: int, tlds: TopLevelDomains) -> None:
        self.text = text
        self.start = start
        self.end = _RUN.match(text, start).end()  # type: ignore[union-attr]  # a dot is in it
        self._split_labels = _split_labels(text, start, self.end)
        # No domain ends with the first label of the host name, so the first label is not compared with the
        # top-level domains.
        self._tld_ends = [None, *(tlds.end(text, left, len(text)) for left, _ in self._split_labels[1:])]
        self._reach = self._find_reach()

    def _is_domain_end(self, label: int) -> bool:
        left, right = self._split_labels[label]
        return right > left and self.text[right - 1] not in "-_"

    def _find_reach(self) -> list[int | None]:
        """Return for each label of the host name where the longest domain that contains the whole label ends.

        The end of the domain is given as the index of the domain's last label, or as None if no domain
        contains the whole label.
        """
        reach: list[int | None] = [None] * len(self._split_labels)
        for label in range(len(self._split_labels) - 2, -1, -1):
            left, right = self._split_labels[label]
            if self._is_domain_end(label) and self.text[left] not in "-_":
                plain = self._tld_ends[label + 1] is not None and "_" not in self.text[left:right]
                reach[label] = reach[label + 1] or (label + 1 if plain else None)
        return reach

    def domains(self, used: int) -> Iterator[tuple[int, int]]:
        """Yield (start, end) of each domain in this run of host name characters, from left to right.

        The character before the first domain must be at the position ``used`` in the text or after it.
        """
        label = 0
        while label < len(self._split_labels) - 1:
            start, last = self._find_domain(label, used) or (0, None)
            if last is None:
                label += 1
                continue
            label, end = last, self._tld_ends[last]
            assert end is not None  # noqa: S101  `_find_domain` only returns labels in which a domain begins.
            yield start, end
            used = end

    def _find_domain(self, label: int, used: int) -> tuple[int, int] | None:
        """Return the position in the text where a domain begins within ``label``, and the index of the
        domain's last label.

        Return None if no domain begins there.
        """
        left, right = self._split_labels[label]
        last = self._reach[label + 1]
        if not self._is_domain_end(label) or (last is None and self._tld_ends[label + 1] is None):
            return None
        # X accepts no underscore in the label before the top-level domain, so the domain starts after the
        # last underscore of this label.
        if last is None:
            left = max(left, self.text.rfind("_", left, right) + 1)
        start = self._first_start(left, right, used)
        return None if start is None else (start, last or label + 1)

    def _first_start(self, left: int, right: int, used: int) -> int | None:
        if left == self.start and _protocol_start(self.text, left, used) is not None:
            used = left - 1
        found = _START.search(self.text, max(left, used + 1), right)
        start = found.start() if found else None
        at_the_beginning = left == 0 and self.text[0] not in "-_" and start != 1
        return 0 if at_the_beginning else start


def _split_labels(text: str, start: int, end: int) -> list[tuple[int, int]]:
    dots = [start - 1, *(found.start() for found in _DOT.finditer(text, start, end)), end]
    return [(left + 1, right) for left, right in pairwise(dots)]


def _protocol_start(text: str, domain: int, used: int) -> int | None:
    """Return where the ``https://`` before a domain starts; None if X recognizes no protocol there."""
    found = _PROTOCOL.search(text, max(0, domain - _LONGEST_PROTOCOL), domain)
    if not found:
        return None
    start = found.start()
    return start if start == 0 or (start > used and _PRECEDES.match(text, start - 1)) else None


def _find_url_tail(text: str, end: int) -> tuple[int, bool]:
    """Return the position after a domain's port, path and query, and whether its URL has a path."""
    if port := _PORT.match(text, end):
        end = port.end()
    path = _PATH.match(text, end)
    if path:
        end = path.end()
    if query := _QUERY.match(text, end):
        end = query.end()
    return end, path is not None


def _urls_with_protocol(
    text: str, start: int, domain: tuple[int, int], end: int, tlds: TopLevelDomains
) -> Iterator[Url]:
    # This is the size of the URL as X computes it: X counts the protocol (``https://``) twice.
    size = end - start + domain[0] - start
    if not _is_valid(text[slice(*domain)], size, tlds):
        return
    tco = _TCO.match(text, start, end)
    if not tco or len(tco[1]) <= _MAX_TCO_SLUG:
        yield Url(start, tco.end() if tco else end)


def _urls_without_protocol(
    text: str, domain: tuple[int, int], end: int, tlds: TopLevelDomains, *, has_path: bool
) -> Iterator[Url]:
    """Yield the URLs that X finds in a domain without ``https://`` before it: domains whose labels have only
    Latin letters, digits and hyphens.

    For example, X links the ``example.com`` in ``これはexample.com``.
    """
    start, domain_end = domain
    host = text[start:domain_end]
    if text[:start].endswith(("-", "_", ".", "/")) or not _is_valid(
        host, end - start + len("https://"), tlds
    ):
        return
    urls = _latin_domains(host, tlds)
    for number, (left, right) in enumerate(urls, 1):
        tail = end - domain_end if has_path and number == len(urls) else 0
        yield Url(start + left, start + right + tail)


def _latin_domains(host: str, tlds: TopLevelDomains) -> list[Url]:
    """Find domains in ``host``, a host's name, of which every label has only Latin letters, digits and
    hyphens; return the places of these domains.
    """
    labels = _split_labels(host, 0, len(host))
    urls: list[Url] = []
    label, used = 0, 0
    while label < len(labels) - 1:
        chain = label + 1
        while chain < len(labels) - 1 and _LATIN_LABEL.fullmatch(host, *labels[chain]):
            chain += 1
        left, right = labels[label]
        start = _LATIN_TAIL.search(host, max(left, used), right)
        ends = (tlds.end(host, labels[last][0], len(host)) for last in range(chain, label, -1))
        if start and (end := next(filter(None, ends), None)):
            name, used = host[start.start() : end], end
            # The first occurrence of the domain's text in the host's name counts as the place of the domain,
            # as in X's library, even if the pattern matched a later occurrence.
            first = host.find(name, urls[-1].end if urls else 0)
            urls.append(Url(first, first + len(name)))
        label = chain if start else label + 1
    return urls


def _is_valid(host: str, size: int, tlds: TopLevelDomains) -> bool:
    """Return whether X accepts a URL with this host name and a length of ``size`` UTF-16 units."""
    if size > _MAX_URL or (host.startswith("xn--") and not _latin_domains(host, tlds)):
        return False
    return all(_encoded_size(label) <= _MAX_LABEL for label in host.split("."))


def _encoded_size(label: str) -> int:
    """Return the length in Punycode of ``label``, which full-width dots split into several labels."""
    if _PLAIN_LABEL.fullmatch(label):
        return len(label)
    characters = label.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if len(characters) > _MAX_LABEL:
        return len(characters)
    parts = _IDNA_DOTS.split(characters)
    return len(parts) - 1 + sum(map(_encoded_part, parts))


def _encoded_part(part: str) -> int:
    return len(part) if _PLAIN_LABEL.fullmatch(part) else len("xn--") + len(part.encode("punycode"))
