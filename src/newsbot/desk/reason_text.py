"""Translation of errors, stored reasons, post events and warnings into a person's language.

The layers below the desk write these texts in English. `explain` finds the template that a text was made from
and fills in its translation. A reason that the planner or a rule stored in the ledger is a sequence of
clauses, each with its own template. A text without a template is shown as it is. A test collects every
message that those layers raise and fails if one has no template here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from newsbot.desk.i18n import N_, Translator
from newsbot.newsroom.times import replace_stamps
from newsbot.reasons import COMMA, Code, Parameter, Reason, ReasonCode, render

__all__ = ["explain", "match_message", "rewrite_for_chat"]

_MESSAGES = (
    N_("there is no channel {name}. {mend}"),
    N_("there is no source {name}. {mend}"),
    N_("Did you mean {name}?"),
    N_("There are {known}."),
    N_("There is none."),
    N_("{channel}: {over} too long: {length} of {limit}, with its photo"),
    N_("{channel}: {over} too long: {length} of {limit}"),
    N_("digest"),
    N_("correction"),
    N_("no channel takes it: {why}"),
    N_("{name} takes {languages}; the article is in {language}"),
    N_("no answer"),
    N_("held for approval"),
    N_("from {name}, post {ref}"),
    N_("published {time}"),
    N_("noticed"),
    N_("written"),
    N_("call"),
    N_("moved"),
    N_("channel renamed"),
    N_("edited"),
    N_("article edited"),
    N_("matches its article"),
    N_("article back"),
    N_("article gone"),
    N_("queued"),
    N_("rule"),
    N_("part sent"),
    N_("late answer"),
    N_("waits"),
    N_("released"),
    N_("resumed"),
    N_("restored"),
    N_("in doubt again"),
    N_("given up"),
    N_("approval void"),
    N_("answered"),
    N_("deleted by hand"),
    N_("not sent"),
    N_("unknown"),
    N_("found"),
    N_("surely absent"),
    N_("withdraw asked"),
    N_("takedown asked"),
    N_("fix asked"),
    N_("correct asked"),
    N_("edit asked"),
    N_("fix"),
    N_("correct"),
    N_("edit"),
    N_("not edited"),
    N_("not deleted"),
    N_("can't be deleted"),
    N_("system"),
    N_("sender"),
    N_("clock"),
    N_("prober"),
    N_("reconciler"),
    N_("keep"),
    N_("drop"),
    N_("hold"),
    N_("tag"),
    N_("retrying"),
    N_("{id} is not blocked"),
    N_("fence"),
    N_("composed"),
    N_("by hand"),
)
"""The English templates of whole messages. If two match a text, the longer one is used."""

_NUMBER_PATTERN = r"-?[\d.,]+"
_WORD = r"\S+"
_QUOTED_PATTERN = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"].*?)(?: \(HTTP \d+\))?"""
_ID = r"(?:'[^']*'|[\w-]+)"
_MESSAGE_PLACES = {
    "channel": _WORD,
    "count": _NUMBER_PATTERN,
    "host": _WORD,
    "id": _ID,
    "length": _NUMBER_PATTERN,
    "limit": _NUMBER_PATTERN,
    "link": _WORD,
    "n": _NUMBER_PATTERN,
    "over": _NUMBER_PATTERN,
    "price": _NUMBER_PATTERN,
    "ref": _ID,
    "spent": _NUMBER_PATTERN,
    "state": r"[a-z ]+",
    "url": r"\w+://\S+?",
    "verb": r"[a-z]+",
    "words": _QUOTED_PATTERN,
}


def _compile_message(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", text)
    return re.compile(
        "".join(
            f"(?P<{piece}>{_MESSAGE_PLACES.get(piece, '.+?')})" if n % 2 else re.escape(piece)
            for n, piece in enumerate(pieces)
        ),
        re.DOTALL,
    )


_PATTERNS = tuple(
    (_compile_message(text), text) for text in sorted(_MESSAGES, key=len, reverse=True) if "{" in text
)


def match_message(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the template that ``text`` was made from, with its values; None if no template matches."""
    return next(_iterate_matches(text), None)


def _iterate_matches(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for pattern, template in _PATTERNS:
        if found := pattern.fullmatch(text):
            yield template, found.groupdict()


_BETWEEN = re.compile(r", |: |; | (?=\()")
_QUOTED = re.compile(r"`(newsbot [^`]*)`")
_VERB = re.compile(
    r"\bnewsbot "
    r"(approve|cancel|embargo|fix|move|posts?|resolve|resume|retry|show|skip|status|takedown|withdraw)\b"
)
_OPTION = re.compile(r" --(again|by-hand)\b")
_CHANNEL = re.compile(r" --channel (\S+)")


@dataclass(frozen=True, slots=True)
class DeskWording:
    """The wording of stored reasons for one person: in their language, times as seen from ``now``."""

    say: Translator
    now: datetime

    def fill(self, code: ReasonCode, values: Mapping[str, str]) -> str:
        """Return the translated text of a reason code, with ``values`` in its placeholders."""
        return self.say.label(code.text, **values)

    def word(self, text: str) -> str:
        """Return one of newsbot's own words, such as a post's state, in the person's language."""
        return self.say.translate(text)

    def time(self, at: datetime) -> str:
        """Format a time in the newsroom's time zone, in short form: ``08:00`` if it is today."""
        return self.say.format_time(at, self.now)

    def day(self, day: date) -> str:
        """Format a date like ``Tue 3 Nov`` in the person's language."""
        return self.say.weekday(day)


def explain(reason: Reason | str, say: Translator, now: datetime) -> str:
    """Translate a stored reason or error into plain text, with command line calls as chat commands."""
    if isinstance(reason, Reason):
        return render(_translate_texts(reason, say, now), DeskWording(say, now))
    text = rewrite_for_chat(reason)
    said = _translate_whole(text, say, now) or "".join(_iterate_clauses(text, say, now))
    return replace_stamps(said, lambda at: say.format_time(at, now))


def _translate_texts(reason: Reason, say: Translator, now: datetime) -> Reason:
    """Translate those parts of a stored reason that are English texts, such as the messages of errors."""
    if reason.code in {Code.TEXT, Code.LEGACY}:
        return Code.TEXT(words=explain(str(reason.params["words"]), say, now))
    inner = {name: _translate_parameter(value, say, now) for name, value in reason.params.items()}
    return Reason(reason.code, inner)


def _translate_parameter(value: Parameter, say: Translator, now: datetime) -> Parameter:
    if isinstance(value, Reason):
        return _translate_texts(value, say, now)
    if isinstance(value, tuple):
        return tuple(_translate_texts(each, say, now) for each in value)
    return value


def _translate_whole(text: str, say: Translator, now: datetime) -> str | None:
    """Translate a text that is one whole message; return None if no template matches it."""
    if say.translate(text) != text:
        return say.label(text)
    if found := match_message(text):
        template, values = found
        return say.label(
            template, **{name: _translate_value(name, value, say, now) for name, value in values.items()}
        )
    return None


def rewrite_for_chat(text: str) -> str:
    """Rewrite command line calls in a text (``newsbot show ID``) as chat commands (``/show ID``)."""
    text = _CHANNEL.sub(r" \1", text)
    bare = _OPTION.sub(lambda option: " again" if option[1] == "again" else "", _QUOTED.sub(r"\1", text))
    return _VERB.sub(lambda verb: "/queue" if verb[1] == "posts" else f"/{verb[1]}", bare)


def _iterate_clauses(text: str, say: Translator, now: datetime) -> Iterator[str]:
    while text:
        end = next((part.start() for part in _BETWEEN.finditer(text)), len(text))
        known = _translate_whole(text[:end], say, now)
        end = len(text) if known is None else end
        yield text if known is None else known
        between = _BETWEEN.match(text, end)
        text = text[between.end() if between else end :]
        if between:
            yield say.translate(between[0])


def _translate_value(name: str, value: str, say: Translator, now: datetime) -> str:
    match name:
        case "at":
            return say.format_time(datetime.fromisoformat(value), now)
        case "day":
            return say.day(value, now)
        case "known" | "languages":
            return say.format_list(value.split(COMMA))
        case "list" | "mend" | "role" | "state" | "verb" | "what" | "why":
            return explain(value, say, now)
    return value
