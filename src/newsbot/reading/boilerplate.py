"""Removal of boilerplate (text that is not part of the article) from the lines of a page or feed item.

There are three kinds of rule, from certain to doubtful. First, a line may be boilerplate wherever it stands:
a button, or a pointer to another article. Second, the heading of a list of other articles or of the readers'
comments ends the article's text, unless the text continues after the list. Third, lines at the beginning or
end of the text are judged by their shape and wording. In doubt, a line between two body paragraphs is kept: a
superfluous line does less harm than a missing one.

The phrases of the rules are in ``boilerplate.toml``.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from newsbot.files import load_toml
from newsbot.reading.walls import distinctive_words, is_follow_up, is_wall, is_wall_line

__all__ = [
    "Line",
    "has_only_notices",
    "has_same_words",
    "is_button",
    "is_date_like",
    "is_label",
    "is_note_to_readers",
    "is_sentence",
    "is_teaser_end",
    "strip_boilerplate",
]


class Line(NamedTuple):
    """A line of an article, such as a paragraph; ``kind`` is paragraph, heading, item, quote or row."""

    text: str
    kind: str = "paragraph"


_PHRASES = {
    rule: "|".join("\n".join(languages.values()).splitlines())
    for rule, languages in load_toml(__package__, "boilerplate.toml").items()
}
_FLAGS = re.IGNORECASE | re.DOTALL
# The pattern matches the bullets, arrows and emoji before a label such as "Read more".
_EDGE = r"[^\w©ⓒ(\[]*"
_CONTROL = re.compile(rf"{_EDGE}(?:{_PHRASES['controls']})[\W_]*", _FLAGS)
_POINTER = re.compile(rf"[^\w]*(?:{_PHRASES['pointer']})\W*(?:[:：|»>–—\-→】].*)?", _FLAGS)
_SEE_ALSO = re.compile(rf"[^\w]*(?:{_PHRASES['see_also']})(?!\w)\s*[:：]?\s*\S", _FLAGS)
_MORE = re.compile(rf"{_EDGE}(?:{_PHRASES['more']})[\W_]*", _FLAGS)
_COMMENTS = re.compile(rf"{_EDGE}(?:{_PHRASES['comments']})[\W_]*", _FLAGS)
_PROMPT = re.compile(rf"[^\w\"“«„「]*(?:{_PHRASES['prompt']})", _FLAGS)
_ASKS = re.compile(_PHRASES["asks"], _FLAGS)
_OURS = re.compile(_PHRASES["ours"], _FLAGS)
_CONSENT = re.compile(rf"{_EDGE}(?:{_PHRASES['consent']})", _FLAGS)
_CORRECTION = re.compile(rf"{_EDGE}(?:{_PHRASES['correction']})", _FLAGS)
_DISCLOSURE = re.compile(rf"{_EDGE}(?:{_PHRASES['disclosure']})", _FLAGS)
_VIEWS = re.compile(_PHRASES["views"], _FLAGS)
_UPDATE_LABEL = re.compile(rf"\W*(?:{_PHRASES['update']})\b.{{0,40}}?[:：—–】]\s*(?=[^\W\d])", _FLAGS)
_ANY_BUT_BRACKETS, _OPEN, _CLOSE = r"[^()（）\[\]【】]", r"[(（\[【]", r"[)）\]】]"
# The pattern matches a note at a line's start on the article's original title: "(Original title: ...) ".
_ORIGINAL_TITLE = re.compile(
    rf"\s*(?:{_OPEN}\s*(?:{_PHRASES['original_title']})\s*[:：]"
    rf"(?:{_ANY_BUT_BRACKETS}|{_OPEN}{_ANY_BUT_BRACKETS}*{_CLOSE}){{2,200}}{_CLOSE}\s*"
    rf"|(?:{_PHRASES['original_title']})\s*[:：].{{2,150}}$)",
    _FLAGS,
)
# The pattern matches the counter of a slide at a line's start, "1/10 ".
_COUNTER = re.compile(rf"{_OPEN}?(\d{{1,2}})\s?[/／]\s?(\d{{1,2}}){_CLOSE}?\s+(?=(\S))")
# A fraction with a smaller second number than this is no counter of slides, because it may be a fraction of a
# recipe.
_SLIDES = 4
_RIGHTS = re.compile(rf"{_EDGE}(?:{_PHRASES['rights']})", _FLAGS)
_CREDIT = re.compile(rf"{_EDGE}(?:{_PHRASES['credit']})", _FLAGS)
# The pattern matches a photographer and an agency in brackets at a caption's end: "(Jane Roe/Coast News)".
_CREDIT_IN_BRACKETS = re.compile(r"\((?:[^\W\d_a-z][\w.’'-]*\s?){2,4}[/|]\s?[^\W\d_a-z][^()]{1,40}\)$")
_SIGN_OFF = re.compile(rf"{_EDGE}(?:{_PHRASES['sign_off']})", _FLAGS)
_ROLE = re.compile(rf"(?<!\w)(?:{_PHRASES['roles']})", _FLAGS)
_FIRST_PERSON = re.compile(_PHRASES["first_person"])
_QUOTED = re.compile(r"[“\"«„「].*?(?:[”\"»“」]|$)")
_BYLINE = re.compile(rf"{_EDGE}(?:{_PHRASES['byline']})", _FLAGS)
# The pattern matches where an article appeared, after its author's name: "(The Coast, 21 June 2018)".
_PUBLISHED_IN = re.compile(r"\s*\([^()]{0,80}\d{4}\)$")

_CLOSERS = "\"'”’»›)]}」』】）］*_ \u200e\u200f"
_STOPS = ".!?。！？．｡۔؟।॥:：;"
_TEASER = re.compile(
    rf"(?:(?:…|\.\.\.|\[…\]|\[\.\.\.\])[\s\]\)»>→]*(?:{_PHRASES['continue']})?|(?:^|[\s.!?(\[])(?:{_PHRASES['continue']}))[\W_]*$",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=\w{3})[.!?。۔।][\"”’»]?\s+(?=\S)")
_YEAR_OR_TIME = re.compile(
    r"(?<!\d)(?:(?:19|20|13|14)\d\d|\d{1,2}[:.]\d\d|[۱١]\d{3}|[۲٢]\d{3})(?!\d)|\bago\b|前$"
)
_CLOCK_END = re.compile(r"\b[ap]\.\s?m\.$", re.IGNORECASE)
_CONTACT = re.compile(
    r"\S+@\S+\.\w+|@\w{2,}|(?:https?://|www\.)\S+|(?:twitter|x|facebook|instagram)\.com/\S+"
)
# The pattern matches a placeholder that a page's script should have filled in, like "{{ item.title }}".
_PLACEHOLDER = re.compile(r"\{\{[^{}]*[.|][^{}]*\}\}")
# The pattern matches entries of a menu, with a bar behind each or between three: "Home | News | Sport".
_MENU = re.compile(
    r"(?:[^|｜]{1,20}[|｜])+\s*|\s*[|｜](?:[^|｜]{1,20}[|｜])*[^|｜]{0,20}|(?:[^|｜]{1,20}[|｜]){2,}[^|｜]{1,20}"
)
_NETWORKS = re.compile(rf"(?:{_PHRASES['networks']}|[\W_])+", _FLAGS)

_LONG = 100  # A sentence of an article with more characters than this is no credit of a picture.
# An article's last line is removed for its missing full stop only if it has at most this many characters (CJK
# characters count 3 each).
_SHORT = 60
# The first number is the most characters of an author's name, the second of a note about the author, and the
# third of a long note about the author.
_NAME, _BIO, _LONG_BIO = 50, 400, 600
_OUTWEIGHS = 4
# A note below an article is about the article's author if it has at least this many signs of that (first
# person, a job title ...).
_SIGNS = 2
_DATE_WORDS = 9
# At most this many lines before an article's first sentence may be a byline, a date or a repeated title.
_HEAD = 8
# The first number is the most characters of a label (a button, a byline), the second of a site's note to its
# readers.
_LABEL, _NOTE = 80, 320
# A sentence counts as the article's body only if it has at least this many weighted characters (CJK: 3 each).
_BODY = 80
_NAME_WORDS = 5
# A headline of fewer weighted characters (CJK: 3 each) than this may be a word of the article, so a line with
# it is not taken for a note on where the article comes from.
_LEAST_TITLE = 12
# A note to readers tells the news itself if it has at least this share of the headline's words.
_MOSTLY = 0.6
# A note that shares at least this many words with the headline is part of the article, not of the site.
_OF_HEADLINE = 2
_DENSE = "\u2e80"


def strip_boilerplate(
    lines: Sequence[Line], *, title: str | None = None, author: str | None = None
) -> list[Line]:
    """Return an article's lines without buttons, notes to readers, lists of other articles and the like.

    A rule that would leave no line at all is not applied, except the rule for a feed's source line.
    """
    steps: tuple[Callable[[list[Line]], list[Line]], ...] = (
        _drop_counters,
        lambda body: [each for line in body if (each := _drop_original_title(line)).text],
        lambda body: [line for line in body if not _is_boilerplate(line)],
        _cut_lists,
        lambda body: _strip_opening([_drop_update_label(line, title) for line in body], title),
        lambda body: _strip_head(body, title),
        lambda body: [line for line in body if not _is_title(line, title, first=line is body[0])],
        lambda body: _strip_tail(body, title, author),
    )
    body = list(lines)
    if body and _is_source_line(body[-1].text, title):
        del body[-1]
    for step in steps:
        body = step(body) or body
    return body


def is_teaser_end(text: str) -> bool:
    """Return whether a text is cut off: it ends with an ellipsis or asks the reader to read on elsewhere."""
    return bool(_TEASER.search(text))


def is_sentence(text: str) -> bool:
    """Return whether a text ends as a sentence does, and not with an ellipsis that shortens the text."""
    return (
        not _TEASER.search(text[-60:]) and text.rstrip(_CLOSERS)[-1:] in _STOPS and bool(text.strip(_CLOSERS))
    )


def is_button(text: str) -> bool:
    """Return whether a text is a button or a menu entry: "Subscribe now", "Über uns"."""
    return len(text) <= _LABEL and bool(_CONTROL.fullmatch(text) or _NETWORKS.fullmatch(text))


def is_label(text: str) -> bool:
    """Return whether a text is a button, a menu entry, a byline or a date, and so not a headline."""
    if is_button(text) or _is_list_head(text):
        return True
    return _is_byline(text) or (is_date_like(text) and len(text) <= _LABEL / 2)


def is_note_to_readers(text: str) -> bool:
    """Return whether a text is a site's note: a correction, a disclosure, or whose views the article has."""
    return bool(_CORRECTION.match(text) or _DISCLOSURE.match(text) or _VIEWS.search(text))


def is_date_like(text: str) -> bool:
    """Return whether a text is a date or time with a word or two around it, in any language.

    Such a text is short and has a year or a time of day.
    """
    return (
        len(text) <= _LABEL
        and len(text.split()) <= _DATE_WORDS
        and (not is_sentence(text) or bool(_CLOCK_END.search(text)))
        and bool(_YEAR_OR_TIME.search(text))
    )


def has_same_words(one: str, other: str) -> bool:
    """Return whether two lines differ only in case, punctuation and white space."""
    return _WORDS.findall(one.casefold()) == _WORDS.findall(other.casefold())


def _text_weight(text: str) -> int:
    """Return the length of a text, in which each character counts as three if the text begins in CJK."""
    return len(text) * 3 if text[:1] >= _DENSE else len(text)


def _is_body(line: Line) -> bool:
    return line.kind != "heading" and _text_weight(line.text) >= _BODY and is_sentence(line.text)


# ---------------------------------------------------------------- boilerplate anywhere in the text


def _is_boilerplate(line: Line) -> bool:
    text = line.text
    if _is_list_head(text) or _is_comments_head(text) or line.kind == "row":
        return False
    if is_button(text):
        return True
    menu = _MENU.fullmatch(text) and not is_sentence(text)
    credited = len(text) <= 2 * _LABEL and _CREDIT.fullmatch(text) and not _is_long_sentence(text)
    if menu or credited or ("{{" in text and _PLACEHOLDER.search(text)):
        return True
    if line.kind == "paragraph" and len(text) <= _NOTE and _is_caption(text):
        return True
    pointer = _POINTER.fullmatch(text) or _SEE_ALSO.match(text)
    if line.kind != "heading" and len(text) <= 2.5 * _LABEL and pointer:
        return True
    return len(text) <= _NOTE and bool(_PROMPT.match(text) and _ASKS.search(text) and _OURS.search(text))


def _is_caption(text: str) -> bool:
    """Return whether a text consists of one sentence and a picture credit after it."""
    stops = [found.end() for found in _SENTENCE_END.finditer(text)]
    if len(stops) == 1 and _CREDIT.fullmatch(text, stops[0]):
        return True
    return len(stops) <= 1 and _CREDIT_IN_BRACKETS.search(text, max(stops, default=0)) is not None


def _is_long_sentence(text: str) -> bool:
    return len(text) > _LONG and is_sentence(text)


def _is_list_head(text: str) -> bool:
    return len(text) <= _LABEL and bool(_MORE.fullmatch(text))


def _is_comments_head(text: str) -> bool:
    return len(text) <= _LABEL and bool(_COMMENTS.fullmatch(text))


# ---------------------------------------------------------------- lists of other articles, readers' comments


def _cut_lists(lines: list[Line]) -> list[Line]:
    """Return an article's lines without the lists of other articles and the readers' comments among them."""
    body: list[Line] = []
    seen = False
    position = 0
    while position < len(lines):
        line = lines[position]
        comments = _is_comments_head(line.text)
        # A line like "3 comments" ends the article only if it is no button, after which no readers' comments
        # follow.
        if comments and seen and not _CONTROL.fullmatch(line.text):
            break
        position += 1
        if comments or _is_list_head(line.text):
            position = _find_body_resumption(lines, position, body, seen=seen)
            continue
        body.append(line)
        seen = seen or _is_body(line)
    return body


def _find_body_resumption(lines: list[Line], start: int, body: list[Line], *, seen: bool) -> int:
    """Return the index in ``lines`` at which an article's body continues after the heading of a list.

    ``start`` is the index after the heading. Return ``len(lines)`` if the body does not continue.

    A list of other articles alternates titles, teasers and dates. So two body paragraphs in a row are not
    part of a list, nor is a single sentence that ends the text after bare titles. Text that is far longer
    than the body before it (a live blog) is not a list either.
    """
    sentences = [index for index in range(start, len(lines)) if _is_body(lines[index])]
    if not seen:
        return sentences[0] if sentences else start
    for index, after in pairwise(sentences):
        if after == index + 1 and not _is_note(lines[index].text) and not _is_note(lines[index + 1].text):
            return index
    if sum(_text_weight(lines[index].text) for index in sentences) > _OUTWEIGHS * sum(
        _text_weight(line.text) for line in body
    ):
        return start
    alone = len(sentences) == 1 and sentences[0] == len(lines) - 1
    return sentences[0] if alone and not _is_note(lines[-1].text) else len(lines)


# ---------------------------------------------------------------- boilerplate before the body


def _strip_opening(lines: list[Line], title: str | None) -> list[Line]:
    """Return an article's lines without the site's notes before the body, such as a consent or a login."""
    head: list[Line] = []
    kept: list[Line] = []
    for line in lines[:-1]:
        noted = _is_foreign_note(line.text, title)
        if _is_body(line) and not noted:
            break
        head.append(line)
        follows = len(kept) < len(head) - 1 and line.kind == "paragraph" and is_follow_up(line.text)
        kept += [] if noted or follows else [line]
    return kept + lines[len(head) :]


def has_only_notices(lines: Sequence[Line], title: str | None) -> bool:
    """Return whether a page has only notices (a login, a consent ...) and no paragraph of an article."""
    said = [line for line in lines if not (title and has_same_words(line.text, title))]
    about = None if title and is_wall_line(title) else title
    if any(_is_body(line) and not _is_foreign_note(line.text, about) for line in said):
        return False
    return is_wall([line.text for line in said])


def _is_foreign_note(text: str, title: str | None) -> bool:
    """Return whether a text is a site's note (a correction, a login ...) that does not tell the headline's
    news.
    """
    if len(text) > 1.5 * _NOTE:
        return False
    if is_note_to_readers(text):
        return not _has_news(text, title)
    return is_wall_line(text) and len(distinctive_words(title or "") & distinctive_words(text)) < _OF_HEADLINE


def _drop_original_title(line: Line) -> Line:
    note = _ORIGINAL_TITLE.match(line.text) if line.kind != "row" else None
    return line._replace(text=line.text[note.end() :]) if note else line


def _drop_counters(lines: list[Line]) -> list[Line]:
    """Return an article's lines without the counters of slides at their beginnings.

    A fraction is a counter if other lines begin with the fractions of the first two slides, or if it is the
    first slide's and a space separates it from Chinese or Japanese.
    """
    found = [_COUNTER.match(line.text) for line in lines]
    counted = {(int(each[1]), int(each[2])) for each in found if each}
    series = {last for _, last in counted if last >= _SLIDES and {(1, last), (2, last)} <= counted}
    return [
        line._replace(text=line.text[counter.end() :])
        if counter
        and (int(counter[2]) in series or (int(counter[2]) >= _SLIDES and _is_first_slide(counter)))
        else line
        for line, counter in zip(lines, found, strict=True)
    ]


def _is_first_slide(counter: re.Match[str]) -> bool:
    return int(counter[1]) == 1 and counter[3] >= _DENSE


def _drop_update_label(line: Line, title: str | None) -> Line:
    """Return a line without a label like "UPDATE, 4:15 p.m. — " if the rest of the line tells the headline's
    news, else the line unchanged.
    """
    label = _UPDATE_LABEL.match(line.text)
    if label is None or not _is_body(line) or not _has_news(line.text, title):
        return line
    return line._replace(text=line.text[label.end() :])


def _has_news(text: str, title: str | None) -> bool:
    """Return whether a text is a sentence that shares most of its headline's words, and so tells the news."""
    named = distinctive_words(title or "")
    shared = named & distinctive_words(text)
    return len(shared) >= max(_OF_HEADLINE, _MOSTLY * len(named)) and is_sentence(text)


def _strip_head(lines: list[Line], title: str | None) -> list[Line]:
    """Return an article's lines without titles, headings, bylines and dates before the first paragraph."""
    first = next((index for index, line in enumerate(lines[: _HEAD + 1]) if _is_body(line)), 0)
    repeated = any(title and has_same_words(line.text, title) for line in lines[:first])
    head = [line for line in lines[:first] if not _is_head_boilerplate(line, title, headed=repeated)]
    return head + lines[first:]


def _is_head_boilerplate(line: Line, title: str | None, *, headed: bool) -> bool:
    text = line.text
    label = line.kind == "paragraph" and _text_weight(text) <= _LABEL / 2 and len(text.split()) <= _NAME_WORDS
    if (
        (label and not is_sentence(text))
        or (headed and line.kind == "heading")
        or (title and has_same_words(text, title))
    ):
        return True
    return len(text) <= _NOTE and (
        is_date_like(text)
        or _is_byline(text)
        or _is_note(text)
        or bool(_PROMPT.match(text) and _ASKS.search(text))
    )


def _is_title(line: Line, title: str | None, *, first: bool) -> bool:
    return bool(title) and (first or line.kind == "heading") and has_same_words(line.text, str(title))


def _is_byline(text: str) -> bool:
    text = _PUBLISHED_IN.sub("", text)
    return len(text) <= _LABEL and not is_sentence(text) and bool(_BYLINE.fullmatch(text))


# ---------------------------------------------------------------- boilerplate after the body


def _strip_tail(lines: list[Line], title: str | None, author: str | None) -> list[Line]:
    """Return an article's lines without the notes, dates, signatures and author boxes at their end.

    If one of these notes hides the rest of the article from readers (a login), the unfinished paragraph
    before this note is removed as well.
    """
    body = list(lines)
    barred = False
    while len(body) > 1:
        cut = _tail_length(body, author)
        if not cut and _is_foreign_note(body[-1].text, title):
            cut, barred = 1, True
        elif not cut and barred and not is_sentence(body[-1].text):
            cut = 1
        if not cut:
            break
        del body[-cut:]
    return body


def _is_source_line(text: str, title: str | None) -> bool:
    """Return whether a line only says where the article with the headline ``title`` comes from.

    CMSs put such a line after each item of a feed, in the site's language ("The post ... first appeared on
    ...").
    """
    if not title or _text_weight(title) < _LEAST_TITLE or len(text) > len(title) + _LABEL:
        return False
    before, named, after = text.partition(title)
    return bool(named) and 0 < len(before.split()) <= _NAME_WORDS and 0 < len(after.split()) <= _DATE_WORDS


def _tail_length(body: list[Line], author: str | None) -> int:
    """Return how many lines at the end of ``body`` are a note, a date, a byline or an author box, or 0."""
    last = body[-1]
    if _is_note(last.text) or is_date_like(last.text) or _is_byline(last.text):
        return 1
    if length := _author_box_length(body, author):
        return length
    return int(_is_leftover(body))


def _is_note(text: str) -> bool:
    """Return whether a text is a note to readers of a kind that sites put only before or after an article."""
    if len(text) > 1.5 * _NOTE:
        return False
    if any(rule.fullmatch(text) for rule in (_CONSENT, _RIGHTS, _SIGN_OFF)):
        return True
    return len(text) <= _NOTE and bool(_PROMPT.match(text) and _ASKS.search(text))


def _is_leftover(body: list[Line]) -> bool:
    """Return whether an article's last line is short and has no full stop, but most paragraphs have one.

    A last line of this kind is the author's initials, a keyword or a heading, and no part of the article's
    text.
    """
    last = body[-1]
    if last.kind in {"item", "row", "quote"} or is_sentence(last.text) or _text_weight(last.text) > _SHORT:
        return False
    before = [is_sentence(line.text) for line in body[:-1] if line.kind == "paragraph"]
    return len(before) > 1 and sum(before) >= 0.7 * len(before)


def _author_box_length(body: list[Line], author: str | None) -> int:
    """Return the number of lines at the end of an article's ``body`` that describe its author, or 0.

    A note describes the author if it is about a person whom the article does not mention, names a
    journalist's occupation, or is written in the first person.
    """
    for length in (2, 3):
        if len(body) <= length:
            break
        name, note = body[-length].text, body[1 - length].text
        stranger = not any(name in line.text for line in body[:-length])
        if stranger and _is_name(name) and _count_author_signs(note, name, author) >= _SIGNS:
            return length
    return int(_is_lone_bio([line.text for line in body], author))


def _is_lone_bio(body: list[str], author: str | None) -> bool:
    """Return whether an article's last paragraph introduces the article's author, so that no line with the
    author's name is needed above the paragraph.
    """
    *before, last = body
    if len(last) > _LONG_BIO or not _ROLE.search(last[: 2 * _LABEL]):
        return False
    if author and last.startswith(author):
        return True
    if len(before) > 1 and _speaks_as_i(last) and not any(map(_speaks_as_i, before)):
        return True
    subject = " ".join(last.split()[:2])
    if len(last) > _BIO or not re.match(_PHRASES["bio"], last):
        return False
    return len(before) > 1 and not any(subject in text for text in before)


def _speaks_as_i(text: str) -> bool:
    """Return whether a text is in the first person, apart from its quotations."""
    return bool(_FIRST_PERSON.search(_QUOTED.sub("", text)))


def _is_name(text: str) -> bool:
    """Return whether a text may be an author's name above a note: a few words without a full stop."""
    return (
        _text_weight(text) <= _NAME
        and len(text.split()) <= _NAME_WORDS
        and not is_sentence(text)
        and text[-1:] not in _STOPS
    )


def _count_author_signs(note: str, name: str, author: str | None) -> int:
    """Count the signs (a job title ...) that a note is about the article's author; ``name`` is the line above
    the note.
    """
    words = [word for word in _WORDS.findall(name) if len(word) > 1 and not word.islower()]
    signs = (
        bool(_ROLE.search(note)),
        any(re.search(rf"\b{re.escape(word)}\b", note) for word in words),
        bool(_FIRST_PERSON.search(note)),
        bool(_CONTACT.search(note)),
        bool(author) and has_same_words(name, str(author)),
        bool(_BYLINE.fullmatch(name)),
    )
    return sum(signs)
