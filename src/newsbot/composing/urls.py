"""Where X sees a URL: twitter-text's grammar (v3), in one pass over the text.

The library's own pattern backtracks over every label of ``a.b.c.d...`` and is quadratic. A domain is labels
between dots, so here they are looked at once, from the right: the last label that begins with a top-level
domain ends the domain, and the first place where one may begin starts it.
"""

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

__all__ = ["TLDS", "Url", "find_urls"]

_SPACES = "\\x09-\\x0D\\x20\\x85\\xA0\\u1680\\u180E\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000"
_DIRECTIONS = "\\u202A-\\u202E\\u061C\\u200E\\u200F\\u2066-\\u2069"
_INVALID = "\\uFFFE\\uFEFF\\uFFFF"
_PUNCTUATION = "!'#%&()*+,\\\\:;<=>?@\\[\\]^{|}~$/"  # as twitter-text has it, without . - _
_LATIN = (
    "\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u024F\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B\\u0263\\u0268\\u026F"
    "\\u0272\\u0289\\u028B\\u02BB\\u0300-\\u036F\\u1E00-\\u1EFF"
)
_PATH = f"a-zA-Z0-9\\u0400-\\u04FF{_LATIN}!*';:=+,.$/%#\\[\\]\\-\\u2013_~@|&"
_PATH_END = re.compile(f"[+\\-a-zA-Z0-9\\u0400-\\u04FF{_LATIN}=_#/)]")
_PARENS = f"\\((?:[{_PATH}]+|[{_PATH}]*\\([{_PATH}]+\\)[{_PATH}]*)\\)"

_RUN = re.compile(f"[^{_PUNCTUATION}{_SPACES}{_DIRECTIONS}{_INVALID}]+")
_PROTOCOL = re.compile(f"(?<![A-Za-z0-9@\uff20$#\uff03{_INVALID}])https?://\\Z", re.IGNORECASE)
_START = re.compile(
    f"(?!\\A[^A-Za-z0-9@\\uff20$#\\uff03{_INVALID}][^._-])(?<![A-Za-z0-9@\uff20$#\uff03{_INVALID}])[^._-]"
)
_ASCII_LABELS = re.compile(f"[-.A-Za-z0-9{_LATIN}]+")
_ALNUM = re.compile("[A-Za-z0-9]*")
_PUNYCODE = re.compile("xn--[-0-9a-z]+", re.IGNORECASE)
_IDNA_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_PORT = re.compile(":[0-9]+")
_PATH_RUN = re.compile(f"/(?:[{_PATH}]|{_PARENS})*")
_QUERY = re.compile("\\?[a-zA-Z0-9!?*'@();:&=+$/%#\\[\\]\\-_.,~|]*[a-zA-Z0-9\\-_&=#/]")
_TCO = re.compile(f"https?://t\\.co/([a-z0-9]+)(?:{_QUERY.pattern})?", re.IGNORECASE)

_MAX_URL = 4096
_MAX_LABEL = 63
_MAX_TCO_SLUG = 40


def _read_tlds() -> frozenset[str]:
    text = files(__package__).joinpath("tlds.txt").read_text("utf-8")
    return frozenset(" ".join(line for line in text.splitlines() if not line.startswith("#")).split())


TLDS = _read_tlds()
_UNICODE_TLDS = frozenset(tld for tld in TLDS if not tld.isascii())
_LONGEST_UNICODE_TLD = max(map(len, _UNICODE_TLDS))
_TLD_STARTS = frozenset(tld[0] for tld in _UNICODE_TLDS) | frozenset(tld[0].upper() for tld in _UNICODE_TLDS)
_MAYBE_TLD = re.compile("\\.(?:[A-Za-z0-9]{2}|[" + "".join(sorted(_TLD_STARTS)) + "])")


class Url(NamedTuple):
    """``text[start:end]`` counts as one URL."""

    start: int
    end: int


def _tld_end(text: str, start: int) -> int | None:
    """The end of the top-level domain that begins at ``start``; None for none."""
    if punycode := _PUNYCODE.match(text, start):
        return punycode.end()
    end = _ALNUM.match(text, start).end()  # type: ignore[union-attr]  # it matches the empty string
    if end > start:
        known = text[start:end].lower() in TLDS and text[end : end + 1] not in {"@", "+", "-"}
        return end if known else None
    if text[start : start + 1] not in _TLD_STARTS:
        return None
    for length in range(min(_LONGEST_UNICODE_TLD, len(text) - start), 0, -1):
        end = start + length
        if text[start:end].lower() in _UNICODE_TLDS and not _continues(text, end):
            return end
    return None


def _continues(text: str, end: int) -> bool:
    after = text[end : end + 1]
    return after in {"@", "+", "-"} if not after.isalnum() else after.isascii()


class _Labels:
    """The labels of one run of domain characters, and how far right a domain can reach from each."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        dots = [start - 1, *(m.start() for m in re.finditer("\\.", text[start:end])), end]
        dots[1:-1] = [dot + start for dot in dots[1:-1]]
        self.spans = [(left + 1, right) for left, right in pairwise(dots)]
        self.tlds = [_tld_end(text, left) for left, _ in self.spans]
        self.reach = self._reach()

    def _ends_well(self, label: int) -> bool:
        left, right = self.spans[label]
        return right > left and self.text[right - 1] not in "-_"

    def _whole(self, label: int) -> bool:
        return self._ends_well(label) and self.text[self.spans[label][0]] not in "-_"

    def _reach(self) -> list[int | None]:
        """For each label: the furthest label that ends a domain which this one is wholly part of."""
        reach: list[int | None] = [None] * len(self.spans)
        for label in range(len(self.spans) - 2, -1, -1):
            further = reach[label + 1] if self._whole(label + 1) else None
            left, right = self.spans[label]
            plain = self.tlds[label + 1] is not None and "_" not in self.text[left:right]
            reach[label] = further if further is not None else (label + 1 if plain else None)
        return reach

    def domains(self, *, protocol: bool) -> Iterator[tuple[int, int]]:
        """(start, end) of each domain, left to right; with a protocol the first begins where the run does."""
        label = 0
        while label < len(self.spans) - 1:
            found = self._domain(label, fixed=protocol and label == 0)
            if found is None:
                label += 1
                continue
            start, last = found
            end = self.tlds[last]
            assert end is not None  # noqa: S101  _domain only returns labels that have one
            yield start, end
            label = last

    def _domain(self, label: int, *, fixed: bool) -> tuple[int, int] | None:
        """Where a domain that starts within ``label`` starts, and the label that ends it."""
        if not self._ends_well(label):
            return None
        left, right = self.spans[label]
        last = self.reach[label + 1] if self._whole(label + 1) else None
        if last is None and self.tlds[label + 1] is not None:
            last = label + 1
            left = max(left, self.text.rfind("_", left, right) + 1)
        if last is None:
            return None
        if fixed:
            return (left, last) if left == self.spans[label][0] and self._whole(label) else None
        start = _START.search(self.text, left, right)
        return (start.start(), last) if start else None


def _encodable(domain: str, size: int) -> bool:
    """Whether it is a host name (at most 63 a label, encoded), in a URL within X's 4096."""
    if size > _MAX_URL:
        return False
    encoded = [_encoded_size(label) for label in _IDNA_DOTS.split(domain)]
    return max(encoded) <= _MAX_LABEL and size - len(domain) + sum(encoded) + len(encoded) - 1 <= _MAX_URL


def _encoded_size(label: str) -> int:
    if label.isascii() or len(label) > _MAX_LABEL:
        return len(label)
    return len("xn--") + len(label.encode("punycode"))


def _tail(text: str, end: int) -> tuple[int, bool]:
    """The end of port, path and query behind a domain, and whether there is a path."""
    if port := _PORT.match(text, end):
        end = port.end()
    path = _PATH_RUN.match(text, end)
    if path:
        stop = path.end()
        while stop > path.start() + 1 and not _PATH_END.match(text, stop - 1):
            stop -= 1
        end = stop
    if query := _QUERY.match(text, end):
        end = query.end()
    return end, path is not None


def _ascii_domains(text: str, start: int, end: int) -> Iterator[Url]:
    """Without a protocol only labels in Latin letters link: ``これはexample.com`` links its last part."""
    position = start
    while match := _ASCII_LABELS.search(text, position, end):
        position = match.end()
        first, dot = match.start(), text.rfind(".", match.start(), match.end())
        while dot > first:
            tld_end = _tld_end(text, dot + 1)
            if tld_end is not None and tld_end <= end and text[dot - 1] != ".":
                left = max(text.rfind("..", first, dot) + 2, first) if ".." in text[first:dot] else first
                left += text[left] == "."
                if left < dot:
                    yield Url(left, tld_end)
                    position = max(position, tld_end)
                    break
            dot = text.rfind(".", first, dot)


def _with_protocol(text: str, start: int, domain: tuple[int, int], end: int) -> list[Url]:
    if not _encodable(text[slice(*domain)], end - start):
        return []
    if tco := _TCO.match(text, start, end):
        return [] if len(tco[1]) > _MAX_TCO_SLUG else [Url(start, tco.end())]
    return [Url(start, end)]


def _bare(text: str, domain: tuple[int, int], end: int, *, has_path: bool) -> list[Url]:
    start, domain_end = domain
    if start and text[start - 1] in "-_./":
        return []
    if not _encodable(text[start:domain_end], end - start + len("https://")):
        return []
    urls = list(_ascii_domains(text, start, domain_end))
    if urls and has_path:
        urls[-1] = Url(urls[-1].start, end)
    return urls


def _in_run(text: str, start: int, end: int) -> tuple[list[Url], int]:
    """The URLs whose domains lie in one run of domain characters, and how far they used the text up."""
    urls: list[Url] = []
    used = start
    protocol = _PROTOCOL.search(text, max(0, start - len(" https://")), start)
    for domain in _Labels(text, start, end).domains(protocol=protocol is not None):
        used, has_path = _tail(text, domain[1])
        if protocol and domain[0] == start:
            urls += _with_protocol(text, protocol.start(), domain, used)
        else:
            urls += _bare(text, domain, used, has_path=has_path)
    return urls, used


def find_urls(text: str) -> list[Url]:
    """Every stretch of ``text`` (in NFC) that X counts as a URL, left to right. Linear in its length."""
    urls: list[Url] = []
    used = 0
    while dot := _MAYBE_TLD.search(text, used):
        run = _run_around(text, dot.start(), used)
        found, used = _in_run(text, *run)
        urls += found
        used = max(used, run[1])
    return urls


def _run_around(text: str, dot: int, after: int) -> tuple[int, int]:
    start = dot
    while start > after and _RUN.match(text, start - 1, start):
        start -= 1
    run = _RUN.match(text, dot)
    return start, run.end() if run else dot
