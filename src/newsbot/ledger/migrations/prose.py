"""The English sentences of schema 0012, with the codes and parameters of the reasons that they stood for.

Up to schema 0012 the ledger stored reasons as English sentences. `convert` turns a sentence into the JSON of
a reason. An unknown sentence becomes the parameter of the code ``legacy``, and people still read it as
before. Only the migration uses this module. It has its own copy of the sentences, because those in
`newsbot.reasons` may change.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

__all__ = ["convert", "convert_action", "convert_event"]

Data = dict[str, Any]

_STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?Z"
_NUMBER = r"-?\d+(?:\.\d+)?"
_ID = r"[a-z2-9]{4,6}"
_PLACES = {
    "action": r"\w+",
    "at": _STAMP,
    "count": _NUMBER,
    "date": r"[-\d]+",
    "day": r"\w{3} \d{1,2} \w{3}",
    "fix": r".+? > .+?",
    "id": rf"a-{_ID}",
    "least": _NUMBER,
    "limit": r"[\d.,]+",
    "link": r"\S+",
    "most": _NUMBER,
    "n": _NUMBER,
    "place": r"\S+",
    "price": r"[\d.,]+",
    "ref": _ID,
    "since": _STAMP,
    "spent": r"[\d.,]+",
    "state": r"\w+",
    "then": r"\S+",
    "time": r"\d\d:\d\d(?:-\d\d:\d\d)?",
    "until": _STAMP,
    "usual": _NUMBER,
    "verb": r"[a-z]+",
}
"""The patterns that the parameters in schema 0012's sentences have to match, by the parameters' names. A
parameter not listed here may be any text.
"""

_NUMBERS = frozenset({"count", "least", "most", "n", "usual"})
_TIMES = frozenset({"at", "since", "until"})
_REASONS = frozenset({"what", "why"})

_MAYBE_CORRECTED = (
    "the ledger was restored from a backup, and this may have been corrected since: "
    "look at it, then correct it or leave it"
)
_CLAUSES = (
    ("approval", "approval"),
    ("an-editor", "an editor"),
    ("tried-again", "tried again"),
    ("flood", "{name} suddenly had {n} new articles (usually {usual}): are they really new?"),
    ("repeated-sentence", 'a sentence stands in {n} summaries: "{words}": was it read right?'),
    ("text-of-one-character", "its text has 1 character (usually {least} to {most}): was it read right?"),
    ("unusual-length", "its text has {n} characters (usually {least} to {most}): was it read right?"),
    ("similar-title-out", 'it looks like {id}, "{title}", out {at}'),
    ("similar-title", 'it looks like {id}, "{title}"'),
    ("similar-out", "it looks like {id}, out {at}"),
    ("similar", "it looks like {id}"),
    ("other-place", "{name} posted to {then} when this was composed, and posts to {place} now"),
    ("words-for-another-channel", "the words of {by} are not those that were composed for {name}"),
    (
        "fix-undone",
        'the source\'s edit has "{words}", where the fix {fix} changed "{was}": fix it again or leave it',
    ),
    (
        "correction-undone",
        "the source edited an article whose text {by} had corrected: correct it again or leave it",
    ),
    ("edited-after-person", "its article was edited at its source after {by}'s edit"),
    ("approval-void", "approval is void"),
    ("content-changed", "its content changed"),
    ("words-edited", "its words were edited"),
    ("words-changed-by", "its words are others ({action})"),
    ("other-time", "it was for another time"),
    ("article-edited", "its article was edited"),
    ("as-soon-as-there", "as soon as it is there"),
    ("gap", "{n} min after the post before it"),
    ("quiet-hours", "after quiet hours {time}"),
    ("day-full", "the day after {day}, which has its {n}"),
    ("slot-on-day", "slot {time} on {day}"),
    ("slot", "slot {time}"),
    ("clock-skips-it", "which the clock skips that day"),
    ("slots-taken", "{n} taken"),
    ("slots-in-quiet-hours", "{n} in quiet hours"),
    ("slots-on-full-day", "{n} on a day that has its {most}"),
    ("slots-near-post", "{n} within {least} min of another post"),
    ("slot-missed", "at once, as it could not go in its slot {time} on {day}"),
    ("slot-passed", "as its slot {time} on {day} passed"),
    ("breaking", "breaking"),
    ("after-embargo", "after its embargo"),
    ("embargo-ends", "when its embargo ends"),
    ("embargo-lifted", "as its embargo was lifted"),
    ("spread-at-resume", "spread out at resume"),
    ("at-once-at-resume", "at once, as asked at resume"),
    ("at-once-asked", "at once, as asked"),
    ("time-set", "the time that was set"),
    ("correction", "a correction"),
    ("digest-of-one", "digest of 1 article"),
    ("digest", "digest of {n} articles"),
    ("evergreen", "evergreen, in slot {time} that nothing else takes; last out {date}"),
    ("some-of", "{n} of {count}"),
    ("corrected-by", "corrected by {ref}"),
    ("maybe-corrected", _MAYBE_CORRECTED),
)
"""The English sentences of schema 0012 that could stand alone or be joined with others."""

_WHOLE = (
    *_CLAUSES,
    ("rule-too-slow", "rule {n} of {name}: {words} took too long"),
    ("rule", "rule {n} of {name}: {verb}, {words}"),
    ("rule-own-words", "{words} (rule {n} of {name})"),
    ("edited-not-composed", "the article was edited, and can't be composed: {why}"),
    ("held-for", "held: {why}"),
    ("was-held-for", "was held: {why}"),
    ("refused", "refused"),
    ("form-only", "its form alone"),
    ("not-new", "not new, as answered"),
    ("dropped-at-resume", "dropped at resume"),
    ("source-blocked", "its source was blocked"),
    ("moved-to-post", "to {name} as post {ref}"),
    ("moved-from-post", "from {name}, where it was post {ref}"),
    ("moved-to", "moved to {name}"),
    ("part-out", "part {n} of {count} is out"),
    ("part", "part {n} of {count}"),
    ("nothing-left", "nothing is left to send"),
    ("over-budget", "budget: ${spent} of ${limit} are spent in {date}, and this costs ${price}"),
    ("late-answer", "a late answer"),
    ("stopped-between-parts", "stopped before its next part: it is being taken away or corrected"),
    ("is-out", "it is out: {link}"),
    ("not-there", "not there"),
    ("not-on-platform", "not on the platform, from {since} to {until} by its clock"),
    ("search-given-up", "{n} looks did not settle it: a person has to (`newsbot resolve`)"),
    ("next-part-in-doubt", "so may part {n} of {count} be"),
    ("gone-at-source", "its article is not published at its source any more"),
    ("withdraw-it", "the article is not published at its source any more: should this be withdrawn?"),
    ("channel-sends", "the channel sends again"),
    ("platform-takes-posts", "the platform takes posts again"),
    ("once-known", "once it is known whether it is out ({state} now)"),
    ("taken-down", "taken down"),
    ("withdrawn", "withdrawn"),
    ("corrected-by-none", "corrected by none, as it is blocked"),
    ("embargo-until", "until {until}"),
    ("embargo-lifted-by", "lifted by {by} and {who}"),
    ("new-text", "new text"),
    ("without-article", "without {id}"),
    ("redacted", "redacted"),
)
"""The English sentences of schema 0012 that could only stand alone."""


def convert(text: str, near: datetime | None = None) -> Data:
    """Convert an English text of schema 0012 into the reason (code with parameters) that it stood for; an
    unknown text becomes a reason that quotes it.

    ``near`` is a time near the text's own time. Its year completes a day that the text names without a year.
    """
    return _convert(text, near.year if near else datetime.now(UTC).year)


def convert_event(event: str, text: str, near: datetime) -> Data:
    """Return the reason that an English text stood for in schema 0012, where the text belonged to an event in
    a post's history.

    ``event`` is the kind of event, ``near`` its time.
    """
    if event in {"sent", "found"} and text:
        return _reason("text", words=text)
    if event in {"article edited", "edited", "edit"} and (changes := list(_read_changes(text))):
        return changes[0] if len(changes) == 1 else _reason("sentences", sentences=changes)
    return convert(text, near)


def convert_action(what: str, text: str, near: datetime) -> Data:
    """Return the reason that an English text stood for in schema 0012, where the text belonged to an editor's
    action.

    ``what`` is the kind of action, ``near`` its time.
    """
    old, arrow, new = text.partition(" > ")
    if what == "fix" and arrow:
        return _reason("fix", old=old, new=new)
    if what == "withdraw":
        return _reason("one-post", ref=text)
    return convert_event(what, text, near)


@lru_cache(maxsize=4096)
def _convert(text: str, year: int) -> Data:
    return (
        _read_row(text, year)
        or _read_titled(text, year)
        or _read_whole(text, year)
        or _reason("legacy", words=text)
    )


def _reason(code: str, **params: Any) -> Data:
    return {"code": code, "params": params}


# ------------------------------------------------------------- converting one English sentence of schema 0012


def _compile(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", text)
    places = (
        f"(?P<{piece}>{_PLACES.get(piece, '.+?')})" if n % 2 else re.escape(piece)
        for n, piece in enumerate(pieces)
    )
    return re.compile("".join(places), re.DOTALL)


_CLAUSE_PATTERNS = tuple((code, _compile(text)) for code, text in _CLAUSES)
_WHOLE_PATTERNS = tuple((code, _compile(text)) for code, text in _WHOLE)


def _read_whole(text: str, year: int) -> Data | None:
    for code, pattern in _WHOLE_PATTERNS:
        if (found := pattern.fullmatch(text)) and (
            params := _read_values(found.groupdict(), year)
        ) is not None:
            return _reason(code, **params)
    return None


def _read_values(values: Mapping[str, str], year: int) -> Data | None:
    """Convert the parameters in an English sentence of schema 0012 from texts to the types of a reason's
    parameters.

    Returns None if a day, which was stored without a year, exists in no year near ``year``.
    """
    read: Data = {}
    for name, value in values.items():
        if name in _NUMBERS:
            read[name] = float(value) if "." in value else int(value)
        elif name in _TIMES:
            read[name] = datetime.fromisoformat(value).isoformat().replace("+00:00", "Z")
        elif name in _REASONS:
            read[name] = _convert(value, year)
        elif name == "day":
            if (day := _find_day(value, year)) is None:
                return None
            read[name] = day.isoformat()
        else:
            read[name] = value
    return read


def _find_day(text: str, year: int) -> date | None:
    for each in (year, year + 1, year - 1):
        try:
            found = datetime.strptime(f"{text} {each}", "%a %d %b %Y").date()  # noqa: DTZ007  Only the date is used, so no time zone is needed.
        except ValueError:
            continue
        if f"{found:%a}" == text[:3]:
            return found
    return None


# ------------------------------------------------------------- converting a text of several English sentences

_BETWEEN = re.compile(r", |; |: ")
_BEFORE = re.compile(r" \(before it: (?P<reasons>[^()]*)\)")
_TITLES = frozenset({"approval-void", "spread-at-resume"})
_PART = re.compile(r"part (\d+) of (\d+)( is out)?: (.+)", re.DOTALL)
_LINK = re.compile(r"no link, as readers can't open it: (.+)", re.DOTALL)
_REFUSED = re.compile(r"refused: (.+)", re.DOTALL)
_NEW_TIME = re.compile(rf"({_STAMP}): (.+)", re.DOTALL)


def _read_titled(text: str, year: int) -> Data | None:
    """Convert an English text of schema 0012 into a reason if it begins with a known title, like ``part 1 of
    2: LINK``; return None for another text.
    """
    if found := _NEW_TIME.fullmatch(text):
        at = datetime.fromisoformat(found[1]).isoformat().replace("+00:00", "Z")
        return _reason("titled", what=_reason("at", at=at), why=_convert(found[2], year))
    if found := _PART.fullmatch(text):
        part = _reason("part-out" if found[3] else "part", n=int(found[1]), count=int(found[2]))
        return _reason("titled", what=part, why=_reason("text", words=found[4]))
    for pattern, code in ((_LINK, "no-link"), (_REFUSED, "refused")):
        if found := pattern.fullmatch(text):
            return _reason("titled", what=_reason(code), why=_reason("text", words=found[1]))
    return None


def _read_row(text: str, year: int) -> Data | None:
    """Convert a text of schema 0012 that joins several English sentences into a reason.

    Returns None if one of the sentences is unknown.
    """
    row = _read_clauses(text, 0, year)
    return _join_sentences(row) if row else None


def _read_clauses(text: str, start: int, year: int) -> list[tuple[Data, str]] | None:
    """Convert the English sentences of ``text`` from the position ``start`` on into reasons; return each
    reason with the separator after it.

    The separator after the last sentence is "". Returns None if one of the sentences is unknown.
    """
    for code, pattern in _CLAUSE_PATTERNS:
        found = pattern.match(text, start)
        while found:
            params = _read_values(found.groupdict(), year)
            if params is not None and (row := _read_rest(text, _reason(code, **params), found.end(), year)):
                return row
            found = _match_longer(pattern, text, start, found.end())
    return None


def _match_longer(pattern: re.Pattern[str], text: str, start: int, end: int) -> re.Match[str] | None:
    """Return the next longer match of ``pattern``, which matches one English sentence; None if there is none.

    A longer match may exist, because the last parameter of a sentence, such as a title, may contain a
    separator of sentences. ``start`` and ``end`` are the positions of the last match in ``text``.
    """
    while (found := _BETWEEN.search(text, end)) is not None or end < len(text):
        stop = found.start() if found else len(text)
        if longer := pattern.fullmatch(text, start, stop):
            return longer
        end = found.end() if found else len(text)
    return None


def _read_rest(text: str, clause: Data, end: int, year: int) -> list[tuple[Data, str]] | None:
    if before := _BEFORE.match(text, end):
        reasons = _read_clauses(before["reasons"], 0, year)
        if reasons is None:
            return None
        clause = _reason("slot-after-others", what=clause, reasons=[each for each, _ in reasons])
        end = before.end()
    if end == len(text):
        return [(clause, "")]
    between = _BETWEEN.match(text, end)
    rest = _read_clauses(text, between.end(), year) if between else None
    return [(clause, between[0]), *rest] if between and rest else None


def _join_sentences(row: Sequence[tuple[Data, str]]) -> Data | None:
    sentences: list[list[tuple[Data, str]]] = [[]]
    for clause, after in row:
        sentences[-1].append((clause, after))
        if after == "; ":
            sentences.append([])
    found = [_join_clauses(each) for each in sentences]
    if any(each is None for each in found):
        return None
    return found[0] if len(found) == 1 else _reason("sentences", sentences=found)


def _join_clauses(row: Sequence[tuple[Data, str]]) -> Data | None:
    """Join sentences, each with the separator after it, to one reason.

    Return None unless all separators are commas, or a colon after a known title comes before the commas.
    """
    first, after = row[0]
    if after == ": ":
        rest = _join_clauses(row[1:]) if first["code"] in _TITLES else None
        return rest and _reason("titled", what=first, why=rest)
    if any(after == ": " for _, after in row):
        return None
    return first if len(row) == 1 else _reason("list", reasons=[clause for clause, _ in row])


# ------------------------------------------------------------ converting an English list of changes to a post

_FIELDS = "title|address|photo|summary|text"
_CHANGE = re.compile(
    rf'(?:(?P<field>{_FIELDS}): )?(?P<words>".*?" > ".*?")'
    rf'(?=$|; (?:(?:{_FIELDS}): )?"|; and \d+ more place|; the source)',
    re.DOTALL,
)
_MORE = re.compile(r"and (?:(?P<one>1 more place)|(?P<n>\d+) more places)$")


def _read_changes(text: str) -> Iterator[Data]:
    """Convert an English list of a post's changes, which a source or person made, into one reason per change.

    Yields nothing if ``text`` does not list changes.
    """
    read: list[Data] = []
    at = 0
    while at < len(text):
        if found := _CHANGE.match(text, at):
            code = f"{found['field']}-changed" if found["field"] else "text"
            read.append(_reason(code, words=found["words"]))
        elif found := _MORE.match(text, at):
            read.append(
                _reason("one-more-place") if found["one"] else _reason("more-places", n=int(found["n"]))
            )
        elif read and (question := _read_row(text[at:], datetime.now(UTC).year)):
            read.append(question)
            break
        else:
            return
        at = found.end() + len("; ")
    yield from read
