"""Why a post goes when it does, or waits, in a person's language.

The ledger keeps reasons as the planner and the rules word them: clauses, one after another. What is no such
clause is said as it stands.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from newsbot.desk.messages import match_message
from newsbot.desk.words import N_, Words
from newsbot.newsroom.times import STAMP, replace_stamps

__all__ = ["explain", "in_chat"]

_TEXTS = (
    N_("breaking"),
    N_("after its embargo"),
    N_("spread out at resume"),
    N_("digest of 1 article"),
    N_("digest of {n} articles"),
    N_("slot {time} on {day}"),
    N_("slot {time}"),
    N_("(before it: {list})"),
    N_("{n} min after the post before it"),
    N_("after quiet hours {time}"),
    N_("the day after {day}, which has its {n}"),
    N_("at once, as it could not go in its slot {time} on {day}"),
    N_("as its slot {time} on {day} passed"),
    N_("{n} taken"),
    N_("{n} in quiet hours"),
    N_("{n} on a day that has its {most}"),
    N_("{n} within {least} min of another post"),
    N_("approval is void"),
    N_('it looks like {id}, "{title}", out {at}'),
    N_('it looks like {id}, "{title}"'),
    N_("it looks like {id}, out {at}"),
    N_('the source\'s edit has "{words}", where the fix {fix} changed "{was}": fix it again or leave it'),
    N_("the source edited an article whose text {by} had corrected: correct it again or leave it"),
    N_("{name} posted to {then} when this was composed, and posts to {place} now"),
    N_("it posted to {then}, and posts to {place} now"),
    N_("config.yaml has no channel {name} any more"),
    N_("the words of {by} are not those that were composed for {name}"),
    N_("no link, as readers can't open it"),
    N_("{name} suddenly had {n} new articles (usually {usual}): are they really new?"),
    N_('a sentence stands in {n} summaries: "{words}": was it read right?'),
    N_("its text has 1 character (usually {least} to {most}): was it read right?"),
    N_("its text has {n} characters (usually {least} to {most}): was it read right?"),
)
_NUMBER = r"\d+(?:\.\d+)?"
_PLACES = {
    "at": r"[-\d]+ [\d:]+Z",
    "by": r"\S+",
    "day": r"\w{3} \d{1,2} \w{3}",
    "fix": r".+? > .+?",
    "id": r"a-\w+",
    "list": r"[^()]*",
    "name": r"\S+",
    "place": r"\S+",
    "then": r"[^\s,]+",
    "time": r"\d\d:\d\d(?:-\d\d:\d\d)?",
    "title": ".*",
    "was": ".*?",
    "words": ".*?",
}
_BETWEEN = re.compile(r", |: |; | (?=\()")
_QUOTED = re.compile(r"`(newsbot [^`]*)`")
_VERB = re.compile(
    r"\bnewsbot "
    r"(approve|cancel|embargo|fix|move|posts?|resolve|resume|retry|show|skip|status|takedown|withdraw)\b"
)
_OPTION = re.compile(r" --(again|by-hand)\b")
_CHANNEL = re.compile(r" --channel (\S+)")
_SAID = {", ": N_(", "), ": ": N_(": "), "; ": N_("; "), " ": " "}


def _pattern(text: str) -> re.Pattern[str]:
    places = re.split(r"\{(\w+)\}", text)
    told = (
        f"(?P<{part}>{_PLACES.get(part, _NUMBER)})" if n % 2 else re.escape(part)
        for n, part in enumerate(places)
    )
    return re.compile("".join(told))


_CLAUSES = tuple((_pattern(text), text) for text in _TEXTS)


def explain(text: str, say: Words, now: datetime) -> str:
    """Say a stored reason, an error or a cause in a person's language: plain, and as one does it in chat."""
    text = in_chat(text)
    said = _whole(text, say, now) or "".join(_clauses(text, say, now))
    return replace_stamps(said, lambda at: say.when(at, now))


def _whole(text: str, say: Words, now: datetime) -> str | None:
    """Say a text that is one message; None where it is none of ours."""
    if say.known(text) != text:
        return say.label(text)
    if found := match_message(text):
        template, values = found
        return say.label(template, **{name: _value(name, value, say, now) for name, value in values.items()})
    return None


def in_chat(text: str) -> str:
    """What the command line says to do, as one does it here."""
    text = _CHANNEL.sub(r" \1", text)
    bare = _OPTION.sub(lambda option: " again" if option[1] == "again" else "", _QUOTED.sub(r"\1", text))
    return _VERB.sub(lambda verb: "/queue" if verb[1] == "posts" else f"/{verb[1]}", bare)


def _clauses(text: str, say: Words, now: datetime) -> Iterator[str]:
    while text:
        clause, length = _first(text, say, now)
        yield clause
        between = _BETWEEN.match(text, length)
        text = text[between.end() if between else length :]
        if between:
            yield say.known(_SAID[between[0]])


def _first(text: str, say: Words, now: datetime) -> tuple[str, int]:
    """The clause that ``text`` begins with, and its length; all of it where that is none of ours."""
    if stamp := STAMP.match(text):
        return stamp[0], stamp.end()
    for pattern, words in _CLAUSES:
        found = pattern.match(text)
        if found and (found.end() == len(text) or _BETWEEN.match(text, found.end())):
            values = {name: _value(name, value, say, now) for name, value in found.groupdict().items()}
            return say.label(words, **values), found.end()
    end = next((part.start() for part in _BETWEEN.finditer(text)), len(text))
    known = _whole(text[:end], say, now)
    return (text, len(text)) if known is None else (known, end)


def _value(name: str, value: str, say: Words, now: datetime) -> str:
    match name:
        case "at":
            return say.when(datetime.fromisoformat(value), now)
        case "day":
            return say.day(value, now)
        case "list" | "mend" | "role" | "state" | "verb" | "what" | "why":
            return explain(value, say, now)
    return value
