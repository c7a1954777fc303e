"""Made-up posts that bring out how X counts: URLs of every shape, scripts, emoji, and what stands beside."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from random import Random

__all__ = ["make_texts"]

JOINER, MARKED, PLAIN = "\u200d", "\ufe0f", "\ufe0e"
TONES = [chr(code) for code in range(0x1F3FB, 0x1F400)]
INVISIBLE = [
    *"\u00ad\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\u061c\u180e\u3000\u00a0\u0085",
    *"\ufeff\ufffe\uffff\ufffd\x00\x01\x0b\x1f\x7f\t\n\r",
    "\r\n",
]
EMOJI_CODES = [
    *range(0x2190, 0x2400),
    *range(0x25A0, 0x2800),
    *range(0x2900, 0x2980),
    *range(0x2B00, 0x2B80),
    *range(0x1F000, 0x1FB00),
    *(0xA9, 0xAE, 0x2122, 0x203C, 0x3030, 0x3297) * 100,
]
ENCODED_LABEL_MOST, URL_MOST, SLUG_MOST = 63, 4096, 40
"""Where twitter-text stops to see a URL."""


def _pieces() -> dict[str, list[str]]:
    table = tomllib.loads(Path(__file__).with_name("pieces.toml").read_text("utf-8"))
    return {name: text.split() for name, text in table.items()}


def _package_table(name: str) -> list[str]:
    lines = files("newsbot.composing").joinpath(name).read_text("utf-8").splitlines()
    return " ".join(line for line in lines if not line.startswith("#")).split()


PIECES = _pieces()
TLDS = [name.removeprefix("+") for name in _package_table("tlds.txt")]
JOINED = [
    word
    for word in _package_table("emoji.txt")
    if word[0].isdigit() and (word.count("-") > 1 or "-26" in word)
]


class _Maker:
    """Draws texts from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def text(self) -> str:
        pieces = [self._piece() for _ in range(self._random.choice((1, 1, 2, 2, 3, 3, 4, 5, 7)))]
        between = self._random.choice(("", "", " ", " ", "any"))
        text = "".join(piece + (self._separator() if between == "any" else between) for piece in pieces)
        for _ in range(self._random.choice((0, 0, 0, 1, 1, 2, 4))):
            text = self._change(text)
        return text

    def _piece(self) -> str:
        makers = (self._word, self._url, self._bare, self._emoji, self._tag, self._separator, self._character)
        return self._random.choices(makers, (4, 5, 4, 3, 1, 2, 1))[0]()

    def _likely(self, chance: float) -> bool:
        return self._random.random() < chance

    def _pick(self, name: str) -> str:
        return self._random.choice(PIECES[name])

    def _some(self, make: Callable[[], str], most: int) -> list[str]:
        return [make() for _ in range(self._random.randint(0, most))]

    def _word(self) -> str:
        return self._pick("words")

    def _separator(self) -> str:
        kinds: Sequence[Sequence[str]] = ([" "], PIECES["punctuation"], INVISIBLE, PIECES["full-width"])
        return self._random.choice(self._random.choice(kinds))

    def _character(self) -> str:
        top = self._random.choice((0x7F, 0x250, 0x700, 0x3100, 0xFFFF, 0x1FFFF, 0x10FFFF))
        code = self._random.randint(0, top)
        return " " if 0xD800 <= code <= 0xDFFF else chr(code)

    def _tag(self) -> str:
        sign = self._random.choice("@#$\uff20\uff03\uff04")
        return sign + self._pick("tags") + self._random.choice(("", "", ".com", "/"))

    def _host(self) -> str:
        labels = [self._pick("hosts") for _ in range(self._random.choice((0, 1, 1, 1, 2, 2, 3)))]
        if self._likely(0.02):
            size = self._random.randint(ENCODED_LABEL_MOST - 13, ENCODED_LABEL_MOST + 3)
            labels.append(self._random.choice(("a", "é", "日", "😀", "a。")) * size)
        end = self._random.choice(TLDS) if self._likely(0.5) else self._pick("ends")
        if self._likely(0.1):
            end = self._random.choice((str.upper, str.title, str.swapcase))(end)
        return ".".join([*labels, end]) + (self._word() if self._likely(0.05) else "")

    def _tail(self) -> str:
        tail = f":{self._random.choice(('80', '8080', '', 'x', '080a'))}" if self._likely(0.08) else ""
        for part in self._some(lambda: self._pick("paths"), 3) if self._likely(0.6) else ():
            tail += ("/" if self._likely(0.6) or not tail else "") + part
        if self._likely(0.25):
            tail += "?" + "".join(self._some(lambda: self._pick("queries"), 2))
        if self._likely(0.0005):
            tail += "/" + "a" * self._random.randint(URL_MOST - 60, URL_MOST)
        return tail + ("/" if self._likely(0.1) else "")

    def _url(self) -> str:
        if self._likely(0.04):
            size = self._random.choice((1, 10, SLUG_MOST - 1, SLUG_MOST, SLUG_MOST + 1))
            slug = "".join(self._random.choices("abcXYZ019", k=size))
            return f"https://t.co/{slug}{self._tail() if self._likely(0.4) else ''}"
        odd = ("HTTPS://", "hTTp://", "ftp://", "https:/", "https:", "xhttps://", "http://user@")
        protocol = self._random.choice(
            ("https://", "https://", "https://", "http://", self._random.choice(odd))
        )
        return protocol + self._host() + self._tail()

    def _bare(self) -> str:
        front = self._pick("fronts") if self._likely(0.7) else ""
        return front + self._host() + (self._tail() if self._likely(0.6) else "")

    def _emoji(self) -> str:
        kinds = (self._sequence, self._joined, self._flag, self._nation, self._keycap, self._any_emoji)
        return "".join(self._random.choice(kinds)() for _ in range(self._random.choice((1, 1, 1, 2, 3))))

    def _marks(self) -> str:
        marks = ("", "", "", MARKED, MARKED, PLAIN, self._random.choice(TONES))
        return "".join(self._random.choices(marks, k=2))

    def _sequence(self) -> str:
        parts = [
            self._pick("people"),
            *self._some(lambda: self._pick(self._random.choice(("people", "things"))), 3),
        ]
        return JOINER.join(part + self._marks() for part in parts)

    def _joined(self) -> str:
        codes = self._random.choice(JOINED).split("-")
        return JOINER.join(chr(int(code.rstrip("*"), 16)) + MARKED * code.endswith("*") for code in codes)

    def _flag(self) -> str:
        return "".join(chr(0x1F1E6 + self._random.randint(0, 25)) for _ in range(self._random.randint(1, 4)))

    def _nation(self) -> str:
        letters = self._random.choice(("gbeng", "gbsct", "gbwls", "ustx", "gb"))
        end = self._random.choice(("\U000e007f", "\U000e007f", ""))
        return "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in letters) + end

    def _keycap(self) -> str:
        marks = self._random.choice(("", MARKED, PLAIN)) + self._random.choice(("\u20e3", "\u20e3", ""))
        return self._random.choice("0123456789#*aé") + marks

    def _any_emoji(self) -> str:
        return chr(self._random.choice(EMOJI_CODES)) + self._marks()

    def _change(self, text: str) -> str:
        """``text`` with one character lost, doubled, put in or put for another."""
        at = self._random.randrange(len(text) + 1)
        new = self._random.choice((self._separator, self._character, self._word))()
        middle, left_out = self._random.choice((("", 1), (text[at : at + 1], 0), (new, 0), (new, 1)))
        return text[:at] + middle + text[at + left_out :]


def make_texts(seed: int) -> Iterator[str]:
    """Different texts without end, the same for the same seed."""
    maker, seen = _Maker(seed), set[str]()
    while True:
        text = maker.text()
        if text and text not in seen:
            seen.add(text)
            yield text
