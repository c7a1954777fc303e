"""Replace a word or number in texts, and make editors' fixes again in later versions of an article.

A replacement finds a number whatever the script of its digits: ``4.2`` also finds ``۴٫۲``, ``٤٫٢`` and
``４．２``, and ``4200`` also finds ``4,200``. The new number is written in the number format of the words
that it replaces. Nothing is replaced inside a longer number or word, an address, or a tag of markup.

A fix concerns the sentences that it changed. The same words elsewhere may be right, so newsbot fixes a later
version only in those sentences, as long as their text and their neighbouring sentences are unchanged. Other
occurrences of the words stay as the source has them, and newsbot asks an editor about them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from html import unescape
from typing import TYPE_CHECKING

from newsbot.composing.safety import escape_html, find_addresses, find_live
from newsbot.model import Article, Image
from newsbot.newsroom.contradictions.warnings import drop_settled_contradictions
from newsbot.ports import Action, ArticlePart, FixedSentence
from newsbot.reasons import Code, Reason
from newsbot.summarizers.sentences import split

if TYPE_CHECKING:
    from newsbot.ledger.actions import ActionsStore

__all__ = [
    "ARROW",
    "FixedVersion",
    "Replacement",
    "add_live_marks",
    "find_fixed_sentences",
    "fix_article",
    "is_question",
    "list_all_actions",
    "list_replacements",
    "reapply_fixes",
]


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

    Upper and lower case are distinguished. The texts must be in Unicode's normal form C.
    """

    def __init__(self, old: str, new: str, language: str | None = None) -> None:
        self.old = unicodedata.normalize("NFC", old.strip())
        self.new = unicodedata.normalize("NFC", new.strip())
        self._comma = language in _COMMA_LANGUAGES

    def fix_text(self, text: str) -> str:
        """Return the plain ``text`` with the old words replaced by the new ones
        everywhere but in web addresses.
        """
        out, done = [], 0
        for url in find_addresses(text):
            out += [self._replace_span(text, done, url.start), text[url.start : url.end]]
            done = url.end
        return "".join([*out, self._replace_span(text, done, len(text))])

    def fix_html(self, text: str) -> str:
        """Return Telegram's HTML with the old words replaced by the new ones
        everywhere but in tags and addresses.
        """
        return "".join(self._replace_in_node(piece) for piece in _TAG.split(text))

    def _replace_in_node(self, piece: str) -> str:
        if piece.startswith("<"):
            return piece
        shown = unescape(piece)
        replaced = self.fix_text(shown)
        return piece if replaced == shown else escape_html(replaced)

    def _replace_span(self, text: str, start: int, end: int) -> str:
        out, done = [], start
        for found in self._pattern.finditer(text, start, end):
            if self._is_whole(text, found):
                out += [text[done : found.start()], self._format_replacement(found[0])]
                done = found.end()
        return "".join([*out, text[done:end]])

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
        # Exactly three digits follow a separator of groups, because it separates thousands.
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

    def _is_whole(self, text: str, found: re.Match[str]) -> bool:
        before = text[max(0, found.start() - _NEAR) : found.start()]
        after = text[found.end() : found.end() + _NEAR]
        return _can_begin(before, found[0][0]) and _can_end(after, found[0][-1])

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
        """Return the decimal point and group separator of the numbers in the replaced text ``place`` or, if
        it has none, those usual in ``script``.
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
    """Return whether a word or number that begins with the character ``first`` is whole at its place in a
    text, and not the end of a longer one.

    ``before`` are the last characters of the text before that place.
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


ARROW = " > "
_PARTS: tuple[ArticlePart, ...] = ("title", "summary", "text", "alt")
_PARAGRAPHS = re.compile(r"\n\s*\n")
# A sentence with at least this many letters is distinctive enough to be recognized without its neighbours.
_TELLING = 10
_SHOWN = 90  # The most characters of a sentence that a question to an editor quotes.


@dataclass(frozen=True, slots=True)
class FixedVersion:
    """A later version of an article from its source, ``article``, in which editors' fixes were made again.

    ``questions`` are the questions that an editor has to decide; ``fresh`` are those of them that the
    article's previous version did not raise.
    """

    article: Article
    questions: tuple[Reason, ...] = ()
    fresh: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _TextUnit:
    """A sentence or paragraph of a text, with its start and end in the text; ``words`` is the same text with
    single spaces.
    """

    start: int
    end: int
    words: str


@dataclass(slots=True)
class _KnownFix:
    """A sentence that editors fixed, with its neighbours;
    ``after`` is the sentence's wording after all fixes.
    """

    sentence: FixedSentence
    after: str


def list_all_actions(store: "ActionsStore", article_id: str) -> list[Action]:
    """Return what editors ordered for an article and its duplicates from other sources, the earliest first.

    Raises:
        LedgerError: the ledger can't be read.
    """
    names = store.list_same_articles(article_id)
    return sorted((one for name in names for one in store.list_actions(name)), key=lambda one: one.id)


def reapply_fixes(version: Article, actions: Sequence[Action], before: Article | None = None) -> FixedVersion:
    """Make the fixes among ``actions`` in those sentences of ``version`` that the fixes changed.

    ``version`` is the latest version of an article from its source. If the replaced words occur in other
    sentences, the result has a question for an editor. ``before`` is the version that the ledger has; a
    question that it raised too is not among the result's ``fresh`` questions.
    """
    fixes = [action for action in actions if _is_fix(action)]
    known = _collect_known_fixes(fixes)
    article = _map_parts(version, lambda part, text: _apply_fixes(part, text, known, version.language))
    article = add_live_marks(article, *(_get_fix(action)[1] for action in fixes))
    questions = [*_list_correction_questions(actions), *_list_questions(article, fixes, known)]
    seen = set(_list_questions(before, fixes, known)) if before else set()
    fresh = tuple(question for question in questions if question not in seen)
    return FixedVersion(article, tuple(questions), fresh)


def list_replacements(actions: Sequence[Action], language: str | None) -> list[Replacement]:
    """Return the fixes among ``actions`` as replacements of words in a text of ``language``."""
    return [Replacement(*_get_fix(action), language) for action in actions if _is_fix(action)]


def _is_fix(action: Action) -> bool:
    return action.what == "fix" and action.detail is not None and action.detail.code is Code.FIX


def _get_fix(action: Action) -> tuple[str, str]:
    """Return the words that an editor's fix (an action of the ledger) replaces,
    and the words that it inserts.
    """
    assert action.detail  # noqa: S101  The action is a fix, so it has a detail.
    return str(action.detail.params["old"]), str(action.detail.params["new"])


def is_question(reason: Reason) -> bool:
    """Return whether ``reason`` is the question to an editor whether to correct an article again."""
    return reason.find(Code.FIX_UNDONE, Code.CORRECTION_UNDONE, Code.MAYBE_CORRECTED) is not None


def fix_article(article: Article, old: str, new: str) -> Article:
    """Return the article with ``old`` replaced by ``new`` in its title, summary,
    text and photo's description.
    """
    change = Replacement(old, new, article.language)
    return add_live_marks(_map_parts(article, lambda _, text: change.fix_text(text)), new)


def find_fixed_sentences(article: Article, old: str, new: str) -> tuple[FixedSentence, ...]:
    """Return the sentences of ``article`` that replacing ``old`` by ``new`` changes,
    with their neighbours.
    """
    change = Replacement(old, new, article.language)
    return tuple(
        fixed
        for part in _PARTS
        if (text := _get_text(article, part))
        for fixed in _find_changed(part, text, change, article.language)
    )


def _find_changed(
    part: ArticlePart, text: str, change: Replacement, language: str | None
) -> Iterator[FixedSentence]:
    """Yield the sentences that ``change`` changes in ``text``,
    which is the ``part`` of an article (such as its title).

    If a replaced wording crosses the border of a sentence, yield the changed paragraphs instead, or else the
    whole text.
    """
    whole = change.fix_text(text)
    for units in _split_every_size(part, text, language):
        after = [change.fix_text(text[unit.start : unit.end]) for unit in units]
        if _replace_units(text, zip(units, after, strict=True)) != whole:
            continue
        for n, (unit, new) in enumerate(zip(units, after, strict=True)):
            words = _collapse_spaces(new)
            if words != unit.words:
                previous, following = _get_neighbours(units, n)
                yield FixedSentence(part, unit.words, words, previous, following)
        return


def _collect_known_fixes(fixes: Sequence[Action]) -> list[_KnownFix]:
    """Return every sentence that was fixed, with its wording after all fixes, in the order of the fixes.

    Each sentence is listed once, even if several fixes changed it.
    """
    known: list[_KnownFix] = []
    for fixed in (one for action in fixes for one in action.fixed or ()):
        for one in known:
            if one.sentence.part == fixed.part and one.after == fixed.before:
                one.after = fixed.after
        same = [one for one in known if replace(one.sentence, after="") == replace(fixed, after="")]
        if same:
            same[0].after = fixed.after
        else:
            known.append(_KnownFix(fixed, fixed.after))
    return known


def _apply_fixes(part: ArticlePart, text: str, known: Sequence[_KnownFix], language: str | None) -> str:
    """Replace those sentences of ``text`` that editors fixed before by their fixed wording.

    Then do the same with fixed paragraphs, unless a paragraph contains a sentence that was replaced already.
    """
    mine = [one for one in known if one.sentence.part == part]
    taken: list[tuple[_TextUnit, str]] = []
    for units in _split_every_size(part, text, language) if mine else ():
        for unit, one in _find_fixed_units(units, mine):
            if all(unit.end <= other.start or other.end <= unit.start for other, _ in taken):
                taken.append((unit, one.after))
    return _replace_units(text, sorted(taken, key=lambda piece: piece[0].start))


def _find_fixed_units(
    units: Sequence[_TextUnit], known: Sequence[_KnownFix]
) -> Iterator[tuple[_TextUnit, _KnownFix]]:
    """Yield each sentence or paragraph of ``units`` that an editor fixed, with the fix.

    A unit counts if it has the wording from before the fix, and if one of its neighbours is unchanged.
    """
    finals = {one.sentence.before: one.after for one in known}
    for n, unit in enumerate(units):
        around = [finals.get(words, words) for words in _get_neighbours(units, n)]
        for one in known:
            was = [finals.get(words, words) for words in (one.sentence.previous, one.sentence.following)]
            if one.sentence.before == unit.words and _is_in_place(unit.words, around, was):
                yield unit, one
                break


def _is_in_place(words: str, around: Sequence[str], was: Sequence[str]) -> bool:
    """Return whether the sentence ``words`` still has a neighbour that it had when an editor fixed it.

    ``around`` are the texts before and after the sentence now, and ``was`` those at the time of the fix. The
    start or end of the text counts as a neighbour for a sentence of ten or more letters, but not for a figure
    in a table.
    """
    telling = sum(map(str.isalpha, words)) >= _TELLING
    alone = not any(around) and not any(was)
    return alone or any(now == then and (now or telling) for now, then in zip(around, was, strict=True))


def _list_questions(article: Article, fixes: Sequence[Action], known: Sequence[_KnownFix]) -> list[Reason]:
    """Return a question for each sentence of the article that has the words of a fix but was not fixed."""
    asked: list[Reason] = []
    right = {one.after for one in known}
    for action in fixes:
        # The words of this fix occurred in posts only, not in the article, so it raises no question.
        if action.fixed == ():
            continue
        change = Replacement(*_get_fix(action), article.language)
        for part in _PARTS:
            text = _get_text(article, part)
            for unit in _split_every_size(part, text, article.language)[0] if text else ():
                words = text[unit.start : unit.end]
                if unit.words not in right and change.fix_text(words) != words:
                    asked.append(_format_question(unit.words, action, part))
    return list(dict.fromkeys(asked))


def _format_question(words: str, action: Action, part: ArticlePart) -> Reason:
    """Return the question to an editor whether the sentence ``words`` needs the fix ``action`` too.

    The question quotes the most similar sentence that the fix changed, or else the words that the fix
    replaces.
    """
    olds = [one.before for one in action.fixed or () if one.part == part]
    near = max(olds, key=lambda one: SequenceMatcher(None, one, words).ratio(), default="")
    was = near or _get_fix(action)[0]
    return Code.FIX_UNDONE(words=_shorten(words), fix=action.detail, was=_shorten(was))


def _list_correction_questions(actions: Sequence[Action]) -> list[Reason]:
    """Return the question whether to correct an article again,
    if an editor replaced the article's text before.

    The source's new version of the article has undone that correction.
    """
    corrections = [action for action in actions if action.what == "correct"]
    return [Code.CORRECTION_UNDONE(by=action.by) for action in corrections[-1:]]


def _get_text(article: Article, part: ArticlePart) -> str:
    if part == "alt":
        return (article.image.alt if article.image else None) or ""
    return {"title": article.title, "summary": article.summary, "text": article.text}[part] or ""


def _map_parts(article: Article, work: Callable[[ArticlePart, str], str]) -> Article:
    """Return the article with the function ``work`` applied to its title, summary,
    text and photo's description.
    """
    image = article.image
    changed = replace(
        article,
        title=work("title", article.title) if article.title else article.title,
        summary=work("summary", article.summary) if article.summary else article.summary,
        text=work("text", article.text),
        image=Image(image.url, work("alt", image.alt)) if image and image.alt else image,
    )
    return drop_settled_contradictions(changed)


def add_live_marks(article: Article, *typed: str) -> Article:
    """Return the article with the hashtags, mentions and addresses in the ``typed`` texts marked as live.

    Live marks work as links in a post, because an editor typed them; marks that come from a source do not.
    """
    marks = [mark for text in typed for mark in find_live(text)]
    return replace(article, live=tuple(dict.fromkeys([*article.live, *marks])))


def _split_every_size(part: ArticlePart, text: str, language: str | None) -> list[list[_TextUnit]]:
    """Return three lists for a text: its sentences, its paragraphs, and the whole text as one unit.

    A title or a photo's description is not split: it is one list with one unit.
    """
    whole = [_make_unit(text, 0, len(text))]
    if part in {"title", "alt"}:
        return [whole]
    gaps, sentences, at = [*_PARAGRAPHS.finditer(text)], list[_TextUnit](), 0
    starts, ends = [0, *(gap.end() for gap in gaps)], [*(gap.start() for gap in gaps), len(text)]
    paragraphs = [_make_unit(text, start, end) for start, end in zip(starts, ends, strict=True)]
    for sentence in split(text, language):
        found = re.compile(r"\s+".join(map(re.escape, sentence.split()))).search(text, at)
        if found:
            at = found.end()
            sentences.append(_make_unit(text, found.start(), at))
    return [sentences, paragraphs, whole]


def _make_unit(text: str, start: int, end: int) -> _TextUnit:
    return _TextUnit(start, end, _collapse_spaces(text[start:end]))


def _collapse_spaces(text: str) -> str:
    return " ".join(text.split())


def _get_neighbours(units: Sequence[_TextUnit], n: int) -> tuple[str, str]:
    """Return the texts before and after the sentence or paragraph number ``n`` of ``units``; "" in place of a
    neighbour that does not exist.
    """
    return (units[n - 1].words if n else "", units[n + 1].words if n + 1 < len(units) else "")


def _replace_units(text: str, pieces: Iterable[tuple[_TextUnit, str]]) -> str:
    out, done = [], 0
    for unit, new in pieces:
        out += [text[done : unit.start], new]
        done = unit.end
    return "".join([*out, text[done:]])


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
