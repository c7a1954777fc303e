"""Replace a word or number by another in a text, whatever the script of the text's digits.

``4.2`` also finds ``۴٫۲``, ``٤٫٢`` and ``４．２``, and ``4200`` also finds ``4,200``.

The new number is written in the number format of the words that it replaces. Nothing is replaced inside a
longer number or word, an address, or a tag of markup.
"""

import re
import unicodedata
from functools import cached_property
from html import unescape

from newsbot.composing.safety import escape_html, find_addresses

__all__ = ["Replacement"]

_SCRIPTS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９", "०१२३४५६७८९")
_ASCII = {ord(digit): str(n) for script in _SCRIPTS for n, digit in enumerate(script)}
_DIGIT = f"[{''.join(_SCRIPTS)}]"
_GROUPS = ",٬،'’\u00a0\u202f"
_POINTS = ".٫．"
_COMMA_LANGUAGES = frozenset({"de", "es", "fr", "id", "it", "nl", "pl", "pt", "ru", "tr", "uk"})
_NUMBER = re.compile(rf"{_DIGIT}(?:[{_POINTS}{_GROUPS}]?{_DIGIT})*")
_PIECES = re.compile(rf"(?P<number>{_NUMBER.pattern})|(?P<space>\s+)|(?P<word>.)", re.DOTALL)
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_MONEY = re.compile(r"(?:^|[^\w])(?:Rs|PKR|USD|EUR|GBP|AED|SAR|INR|JPY|Tk|US|NZ|A|C|HK)$")
# The pattern of an Arabic letter. A short Arabic word may be written without a space before a number, so a
# number may begin after an Arabic letter.
_JOINED = re.compile("[\u0600-\u06ff]")
_NEAR = 8
_BREAK = "\u200b?"
_TAG = re.compile(r"(<[^<>]*>)")


class Replacement:
    """The replacement of the words ``old`` by ``new`` in texts of one language.

    Upper and lower case differ. The texts must be in Unicode's normal form C.
    """

    def __init__(self, old: str, new: str, language: str | None = None) -> None:
        self.old = unicodedata.normalize("NFC", old.strip())
        self.new = unicodedata.normalize("NFC", new.strip())
        self._comma = language in _COMMA_LANGUAGES

    def plain(self, text: str) -> str:
        """Return the plain ``text`` with the old words replaced by the new ones
        everywhere but in web addresses.
        """
        out, done = [], 0
        for url in find_addresses(text):
            out += [self._replace_span(text, done, url.start), text[url.start : url.end]]
            done = url.end
        return "".join([*out, self._replace_span(text, done, len(text))])

    def html(self, text: str) -> str:
        """Return Telegram's HTML with the old words replaced by the new ones
        everywhere but in tags and addresses.
        """
        return "".join(self._replace_in_node(piece) for piece in _TAG.split(text))

    def _replace_in_node(self, piece: str) -> str:
        if piece.startswith("<"):
            return piece
        shown = unescape(piece)
        replaced = self.plain(shown)
        return piece if replaced == shown else escape_html(replaced)

    def _replace_span(self, text: str, start: int, end: int) -> str:
        out, done = [], start
        for found in self._pattern.finditer(text, start, end):
            if self._is_whole(text, found):
                out += [text[done : found.start()], self._format_replacement(found[0])]
                done = found.end()
        return "".join([*out, text[done:end]])

    # ---- the pattern that finds the old words

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("".join(self._make_piece_pattern(piece) for piece in _PIECES.finditer(self.old)))

    def _make_piece_pattern(self, piece: re.Match[str]) -> str:
        if piece["number"]:
            return self._make_number_pattern(*self._parse_number(piece[0]))
        return r"\s+" if piece["space"] else re.escape(piece[0]) + _BREAK

    def _parse_number(self, number: str) -> tuple[str, str]:
        """Return a number's whole part and decimals in ASCII digits: ``4,200.5`` gives 4200 and 5."""
        point = self._find_point(number)
        whole, decimals = (number[:point], number[point + 1 :]) if point is not None else (number, "")
        return _to_ascii_digits(whole), _to_ascii_digits(decimals)

    def _find_point(self, number: str) -> int | None:
        """Return the index of the decimal point in ``number``; None if the number has no decimal point.

        A dot or comma before exactly three digits separates groups of digits, unless it can only be a decimal
        point.
        """
        marks = [n for n, char in enumerate(number) if char in _POINTS + _GROUPS]
        if not marks:
            return None
        last = marks[-1]
        # Group separators separate thousands, which have three digits.
        grouping = len(number) - last - 1 == 3 and len(marks) <= (last + 2) // 2  # noqa: PLR2004
        if number[last] == "٫":
            return last
        decimal = "," if self._comma else "."
        if number[last] in (decimal, "．") and not (self._comma and grouping):
            return last if len(marks) == 1 or number[marks[0]] != number[last] else None
        return None if grouping or number[last] in "٬'’\u00a0\u202f" else last

    def _make_number_pattern(self, whole: str, decimals: str) -> str:
        """Return a regular expression for every way to write a number, with or without group separators."""
        first = len(whole) % 3 or 3
        groups = [whole[:first], *(whole[n : n + 3] for n in range(first, len(whole), 3))]
        marks = _GROUPS + (".٫" if self._comma else "")
        grouped = f"[{re.escape(marks)}]?".join("".join(map(_make_digit_pattern, group)) for group in groups)
        if not decimals:
            return grouped
        points = _POINTS + ("," if self._comma else "")
        return grouped + f"[{re.escape(points)}]" + "".join(map(_make_digit_pattern, decimals))

    # ---- whether a match is a whole word or number

    def _is_whole(self, text: str, found: re.Match[str]) -> bool:
        before = text[max(0, found.start() - _NEAR) : found.start()]
        after = text[found.end() : found.end() + _NEAR]
        return _can_begin(before, found[0][0]) and _can_end(after, found[0][-1])

    # ---- the new words in the number format of the old words

    def _format_replacement(self, place: str) -> str:
        """Return the new words, with their numbers in the script and format of ``place``,
        the text that they replace.
        """
        script = next((s for char in place for s in _SCRIPTS if char in s), None)
        if script is None:
            return self.new
        point, group = self._find_marks(place, script)
        return _NUMBER.sub(lambda found: self._format_number(found[0], script, point, group), self.new)

    def _find_marks(self, place: str, script: str) -> tuple[str, str]:
        """Return the decimal point and group separator of the numbers in ``place``,
        or else the usual ones of ``script``.
        """
        usual = {1: ("٫", "٬"), 2: ("٫", "٬"), 3: ("．", ",")}.get(_SCRIPTS.index(script), (".", ","))
        if self._comma and script == _SCRIPTS[0]:
            usual = (",", ".")
        point, group = usual
        for number in _NUMBER.findall(place):
            at = self._find_point(number)
            point = number[at] if at is not None else point
            inside = [char for n, char in enumerate(number) if n != at and char in _POINTS + _GROUPS]
            group = inside[0] if inside else group
        return point, group

    def _format_number(self, number: str, script: str, point: str, group: str) -> str:
        whole, decimals = self._parse_number(number)
        at = self._find_point(number)
        grouped = any(char in _POINTS + _GROUPS for char in (number[:at] if at is not None else number))
        if grouped:
            first = len(whole) % 3 or 3
            whole = group.join([whole[:first], *(whole[n : n + 3] for n in range(first, len(whole), 3))])
        said = f"{whole}{point}{decimals}" if decimals else whole
        return "".join(script[int(char)] if char in _SCRIPTS[0] else char for char in said)


def _to_ascii_digits(text: str) -> str:
    return "".join(char for char in text.translate(_ASCII) if char in _SCRIPTS[0])


def _make_digit_pattern(digit: str) -> str:
    return f"[{''.join(script[int(digit)] for script in _SCRIPTS)}]"


def _is_digit(char: str) -> bool:
    return ord(char) in _ASCII


def _is_word_character(char: str) -> bool:
    return char == "_" or unicodedata.category(char)[0] in "LMN"


def _can_begin(before: str, first: str) -> bool:
    """Return whether a whole word or number that starts with the character ``first``
    can stand after ``before``.

    ``before`` are the last characters of the text before it.
    """
    if not before:
        return True
    last = before[-1]
    if _is_digit(first):
        inside = last in _POINTS + _GROUPS and len(before) > 1 and _is_digit(before[-2])
        free = _UNSPACED.match(last) or _JOINED.match(last)
        letter = unicodedata.category(last)[0] in "LM" and not free
        return not (_is_digit(last) or inside or (letter and not _MONEY.search(before)))
    return not (_is_word_character(first) and _is_word_character(last)) or bool(_UNSPACED.match(first))


def _can_end(after: str, last: str) -> bool:
    if not after:
        return True
    following = after[0]
    if _is_digit(last):
        inside = following in _POINTS + _GROUPS and len(after) > 1 and _is_digit(after[1])
        return not (_is_digit(following) or inside)
    return not (_is_word_character(last) and _is_word_character(following)) or bool(_UNSPACED.match(last))
