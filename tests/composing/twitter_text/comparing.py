"""One recorded answer of twitter-text, and how ours differs from it."""

import json
import unicodedata
from typing import NamedTuple

from newsbot.composing.measures import count_weighted
from newsbot.composing.urls import SplitUrl, Url, find_urls

__all__ = ["Case", "differences"]


class Case(NamedTuple):
    """What twitter-text says of a text; ``urls`` are places and lengths in UTF-16 units, in NFC."""

    text: str
    length: int
    valid: bool
    urls: list[list[int]]

    def line(self) -> str:
        """The case as JSON, which `read` reads."""
        return json.dumps(self, separators=(",", ":"))

    @classmethod
    def read(cls, line: str) -> "Case":
        """The case that `line` wrote."""
        return cls(*json.loads(line))


def differences(case: Case) -> list[str]:
    """In words, what we say otherwise; empty where all is the same."""
    found = []
    length = count_weighted(case.text)
    if length != case.length:
        found.append(f"{'under' if length < case.length else 'over'}-counted: {length}, not {case.length}")
    text = unicodedata.normalize("NFC", case.text)
    ours = [_units(text, url) for url in find_urls(text)]
    if ours != case.urls:
        found.append(f"URLs {ours}, not {case.urls}")
    return found


def _units(text: str, url: Url) -> list[int]:
    start, end = (len(text[:place].encode("utf-16-le", "surrogatepass")) // 2 for place in url)
    return [start, end - start - isinstance(url, SplitUrl)]
