"""Reasons in the ledger: they come back as they were, and an upgrade reads as the older version wrote."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from newsbot.ledger import ids
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.migrations.messages import convert_message, mend_reason
from newsbot.ledger.migrations.prose import convert, convert_action, convert_event
from newsbot.ledger.serialization import decode_article, decode_warning, encode_article
from newsbot.model import Article, PostWarning
from newsbot.newsroom.anomalies import find_anomaly_kind, find_similar_article
from newsbot.newsroom.fixes import is_question
from newsbot.reasons import (
    TABLES,
    Code,
    PlatformCode,
    Reason,
    ReasonCode,
    UsageCode,
    WarningCode,
    decode_reason,
    encode_reason,
)
from newsbot.reasons.reason import PARAMETERS, ParameterType, find_parameter_type
from newsbot.reasons.storage import from_json

from .test_same_article import at_revision, insert, old_article

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
AT = int(NOW.timestamp()) * 10**6
BODY = "The council met on Tuesday and put the tram line off until the spring of next year."

# ---------------------------------------------------------------- every code


def make_example(code: ReasonCode) -> Reason:
    examples: dict[ParameterType, object] = {
        ParameterType.TEXT: 'a "quoted"; text, \ud800\0',
        ParameterType.WORD: "scheduled",
        ParameterType.NUMBER: 2.5,
        ParameterType.TIME: NOW,
        ParameterType.DAY: date(2026, 11, 3),
        ParameterType.REASON: Code.TIME_SET(),
        ParameterType.REASONS: (Code.TIME_SET(), Code.BREAKING()),
        ParameterType.SENTENCES: (Code.TIME_SET(), Code.BREAKING()),
        ParameterType.CHOICES: (Code.TIME_SET(), Code.BREAKING()),
    }
    return code(**{name: examples[find_parameter_type(name)] for name in code.parameters})


@pytest.mark.parametrize("code", [code for table in TABLES for code in table])
def test_a_reason_comes_back_as_it_was_stored(code: ReasonCode) -> None:
    reason = make_example(code)
    assert decode_reason(encode_reason(reason)) == reason
    assert re.fullmatch(r"[a-z0-9-]+", str(code))
    assert "{" not in str(reason)


def test_no_two_codes_of_any_tables_are_stored_alike() -> None:
    values = [str(code) for table in TABLES for code in table]
    assert len(values) == len(set(values))


def test_a_warning_comes_back_and_one_of_an_older_version_is_shown_as_it_is() -> None:
    warning = PostWarning("quote", WarningCode.QUOTES(who="Ana \ud800"))
    article = Article("g", "Text.", warnings=(warning,))
    assert decode_article(json.loads(json.dumps(encode_article(article)))) == article
    old = decode_warning(["quote", "The post quotes Ana."])
    assert (old.code, old.reason) == ("quote", Code.LEGACY(words="The post quotes Ana."))


def test_a_reason_has_the_parameters_of_its_code_and_their_types() -> None:
    for wrong in ({}, {"n": "2"}, {"n": True}, {"n": 2, "by": "ada"}, {"by": "ada"}):
        with pytest.raises(TypeError):
            Code.SLOTS_TAKEN(**wrong)
    with pytest.raises(TypeError):
        Code.AT(at=NOW.replace(tzinfo=None))
    with pytest.raises(TypeError):
        Code.TITLED(what="breaking", why=Code.BREAKING())
    with pytest.raises(TypeError):
        Code.LIST(reasons=["breaking"])


def test_every_typed_parameter_is_used() -> None:
    assert {name for table in TABLES for code in table for name in code.parameters} >= set(PARAMETERS)


@pytest.mark.parametrize("text", ["prose", "{broken", '{"code": "nix", "params": {}}', '{"code": 5}', "{}"])
def test_what_is_no_reason_of_this_version_is_shown_as_it_is(text: str) -> None:
    reason = decode_reason(text)
    assert reason.code is Code.LEGACY
    assert json.loads(str(reason)) == json.loads(text) if text.endswith("}") else str(reason) == text


# ---------------------------------------------------------------- what schema 0012 had


QUESTION = "the source edited an article whose text cli:ana had corrected: correct it again or leave it"
OLD = (
    "approval",
    "an editor",
    "tried again",
    "site suddenly had 60 new articles (usually 2): are they really new?",
    'a sentence stands in 3 summaries: "One: two, three; four": was it read right?',
    "its text has 999 characters (usually 8 to 10): was it read right?",
    'it looks like a-k7mq, "Tram, at last: approved", out 2026-12-30 08:02Z',
    'it looks like a-k7mq, "Tram; and: more"',
    "it looks like a-k7mq, out 2026-12-30 08:02Z",
    "tg posted to @a when this was composed, and posts to @b now",
    "the words of cli:ana are not those that were composed for x-main",
    'the source\'s edit has "3, it said; hurt", where the fix 4 > 3 changed "4": fix it again or leave it',
    f"{QUESTION}; {QUESTION}",
    "its article was edited at its source after cli:ana's edit",
    "approval is void: it was for another time",
    "approval is void: its words are others (fix)",
    "rule 2 of source site: hold, title tram or bus, language en (numbers, of dead; are: checked)",
    "rule 1 of source site: tag, text dead, as deaths",
    "numbers of dead are checked (rule 2 of source site)",
    "rule 1 of source site: /(a|aa)+$/ took too long",
    "no link, as readers can't open it: 10.0.0.1 is a private or loopback address",
    "as soon as it is there",
    "20 min after the post before it, after quiet hours 23:00-06:30",
    "the day after Tue 24 Nov, which has its 2",
    "slot 08:00 on Mon 23 Nov (before it: 2 taken, 1 on a day that has its 2)",
    "slot 08:00 (before it: 1 within 2.5 min of another post)",
    "breaking, slot 08:00",
    "spread out at resume: slot 08:00 on Thu 26 Nov, as its slot 12:00 on Wed 25 Nov passed",
    "at once, as it could not go in its slot 12:30 on Fri 20 Nov",
    "after its embargo, slot 12:30",
    "as soon as it is there, as its embargo was lifted",
    "digest of 3 articles, as soon as it is there",
    "evergreen, in slot 12:30 that nothing else takes; last out 2026-11-01",
    "held: approval",
    "1 of 2; the time that was set",
    "refused: it is not news",
    "2026-11-25 12:00:00Z: breaking, as soon as it is there",
    "part 1 of 2: https://t.me/example/1",
    "not on the platform, from 2026-11-25 12:00:00Z to 2026-11-25 12:05:00Z by its clock",
    "once it is known whether it is out (unknown now)",
    "corrected by aaab, corrected by aaac",
    "until 2026-11-25 12:00:00Z",
    "lifted by cli:ana and tg:111",
)
"""Sentences as version 0012 wrote them."""


REWORDED = (
    (r"as soon as it is there", "at once, as no rule delays it"),
    (r"its words are others \(", "its text was changed ("),
    (r"the day after ([^,]*), which has its (\d+)", r"after \1, a day with no more room (\2 a day)"),
    (r"\(before it: ", "(earlier slots can't be used: "),
    (r"\b(\d+) taken", r"\1 taken by another post"),
    (r"on a day that has its (\d+)", r"on a day with no more room (\1 a day)"),
    (r"within (\S+) min of another post", r"too close to another post (under \1 min)"),
)
"""What version 0012 said in other words than this version."""


def normalize(text: str) -> str:
    """Say times with their seconds, and the rest in the words that it has now, as this version does."""
    for old, new in REWORDED:
        text = re.sub(old, new, text)
    return re.sub(r"( \d\d:\d\d)Z", r"\1:00Z", text)


@pytest.mark.parametrize("text", OLD)
def test_a_known_sentence_becomes_a_code_that_reads_the_same(text: str) -> None:
    found = list(from_json(convert(text, NOW)).walk())
    assert Code.LEGACY not in {each.code for each in found}
    assert str(found[0]) == normalize(text)


def test_what_is_not_known_stays_as_it_is() -> None:
    for text in (
        "numbers of dead are checked",
        "breaking news, they said",
        "slot 25: x",
        "a; b, c: d (e)",
        ">",
    ):
        assert from_json(convert(text, NOW)) == Code.LEGACY(words=text)


def test_what_changed_in_a_text_becomes_its_places() -> None:
    for event, text in (
        ("article edited", 'title: "A; b" > "C"; text: "…was 12 dead…" > "…was 14 dead…"; and 2 more places'),
        ("edited", '"a" > "b"; "c; d" > "e"; and 1 more place'),
        ("article edited", f'text: "a" > "b"; {QUESTION}'),
    ):
        reason = from_json(convert_event(event, text, NOW))
        assert (reason.code, str(reason)) == (Code.SENTENCES, text)
    assert from_json(convert_action("fix", "a > b", NOW)) == Code.FIX(old="a", new="b")


# ---------------------------------------------------------------- what schema 0015 had

MESSAGES = {
    "Telegram answered 'Bad Request: x' (HTTP 400): check topic in config.yaml": "titled",
    "Telegram answered HTTP 502; the post may or may not be out: look at @example": "maybe-out",
    "no answer within 10 s": "no-answer-within",
    "photo left out: https://e.org/a.jpg is empty": "photo-left-out",
    "https://e.org/feed answered 404: check the address": "http-status",
    "https://e.org/a can't be reached: its name has no address (No such host)": "not-reached",
    "x-main takes en, es; the article is in ur": "language-not-taken",
    "config.yaml has no channel tg any more: post aaab stays as it is": "stays-as-it-is",
    "not sent in time (no answer within 10 s)": "with-cause",
    "rule 1 of source site: drop, title tram": "rule",
    "from tg, where it was post aaab": "moved-from-post",
    "3 calls were made that are not in it": "calls-missing",
    "its correction, post aaab, was dropped": "correction-dropped",
    "The post quotes Ana.": "quotes",
    "It would be held: rule 1 of source site: hold, title tram.": "would-be-held",
}


@pytest.mark.parametrize(("text", "code"), MESSAGES.items())
def test_a_known_message_becomes_a_code_that_reads_the_same(text: str, code: str) -> None:
    found = from_json(convert_message(text))
    assert (str(found), str(found.code)) == (text, code)
    assert Code.LEGACY not in {each.code for each in found.walk()}


@pytest.mark.parametrize(
    "text", ["Ana said: wait", "a > b", "x (y)", "Telegram said no: check topic in config.yaml"]
)
def test_a_message_of_nobody_stays_as_it_is(text: str) -> None:
    assert from_json(convert_message(text)) == Code.LEGACY(words=text)


def test_what_was_moved_reads_in_todays_words() -> None:
    found = from_json(convert_message("from tg, post aaab"))
    assert found == Code.MOVED_FROM_POST(name="tg", ref="aaab")


def test_a_stored_reason_is_mended_inside() -> None:
    inner = {"code": "legacy", "params": {"words": "no answer within 10 s"}}
    old = {"code": "because", "params": {"what": inner, "why": {"code": "breaking", "params": {}}}}
    assert str(from_json(mend_reason(old))) == "no answer within 10 s (breaking)"
    assert mend_reason(mend_reason(old)) == mend_reason(old)


# ---------------------------------------------------------------- a database of the version before


def old_post(ledger: Ledger, number: int, state: str, **more: Any) -> None:
    given = {"article_id": number, "channel": f"c{number}", "kind": "console", "revision": 1, "state": state}
    given |= {"parts": "[]", "warnings": "[]", "due_at": AT, "created_at": AT, "approval": 0, "attempts": 0}
    insert(ledger, "post", **given | {"reason": "as soon as it is there"} | more)


STATES: dict[str, dict[str, Any]] = {
    "held": {"held_for": 'it looks like a-k7mq, "Tram: on", out 2026-11-25 08:02Z'},
    "scheduled": {"reason": "slot 08:00 on Thu 26 Nov (before it: 2 taken)"},
    "sent": {"sent_at": AT, "reason": "spread out at resume: slot 08:00"},
    "failed": {"error": '["refused", "Telegram answered \'Bad Request\'"]'},
    "unknown": {"error": '["unknown", "no answer within 10 s"]'},
    "cancelled": {"held_for": "an editor's own, older: reason"},
}
DETAILS = (
    ("composed", "held: approval"),
    ("rule", "rule 1 of source site: hold, title tram"),
    ("rescheduled", "2026-11-25 12:00:00Z: the time that was set"),
    ("article edited", 'title: "A" > "B"'),
    ("sent", "https://t.me/example/1"),
    ("unknown", "no answer within 10 s"),
    ("noted", ""),
)


@pytest.fixture
def upgraded(bare_url: str) -> Iterator[Ledger]:
    """A ledger of schema 0012, upgraded: held, scheduled, sent, failed, unknown posts, actions, a card."""
    ledger = at_revision(bare_url, "0012")
    for number, (state, more) in enumerate(STATES.items(), 1):
        old_article(ledger, number, f"https://news.example/{number}", None, f"{BODY} {number}")
        old_post(ledger, number, state, **more)
    for event, detail in DETAILS:
        insert(ledger, "event", post_id=1, at=AT, event=event, by="system", detail=detail)
    asked = {"fix": "4.2 > 2.4", "withdraw": "aaab", "correct": "new text", "takedown": ""}
    for what, detail in asked.items():
        insert(ledger, "action", what=what, article_id=1, by="cli:ana", at=AT, detail=detail)
    flood = "site suddenly had 60 new articles (usually 2): are they really new?"
    insert(ledger, "notice", key="trouble:flood:a-k7mq", at=AT, detail=flood)
    card = {"chat_id": 1, "message_id": 2, "kind": "article", "subject": ids.article_id(1), "at": AT}
    insert(ledger, "card", **card, shown="")
    ledger.prepare(upgrade=True)
    yield ledger
    ledger.close()


def test_an_upgrade_keeps_what_every_reason_says(upgraded: Ledger) -> None:
    posts = {str(post.state): post for post in upgraded.posts.list_posts(limit=None)}
    assert posts.keys() == STATES.keys()
    for state, more in STATES.items():
        post = posts[state]
        assert str(post.reason) == normalize(more.get("reason", "as soon as it is there"))
        assert str(post.held_for or "") == normalize(more.get("held_for", ""))
        assert (post.error.message if post.error else None) == (
            json.loads(more["error"])[1] if "error" in more else None
        )
    lines = upgraded.posts.list_events(posts["held"].id)
    assert [(line.event, str(line.detail or "")) for line in lines] == list(DETAILS)
    quoted = [line.event for line in lines if line.detail and line.detail.code is Code.LEGACY]
    assert quoted == []


def test_what_newsbot_does_by_a_reason_it_does_after_an_upgrade_too(upgraded: Ledger) -> None:
    posts = {str(post.state): post for post in upgraded.posts.list_posts(limit=None)}
    assert find_anomaly_kind(posts["held"].held_for) == "alike"
    assert find_similar_article(posts["held"].held_for) == "a-k7mq"
    assert posts["cancelled"].held_for == Code.LEGACY(words=STATES["cancelled"]["held_for"])
    fix, withdrawal, text, takedown = upgraded.actions.list_actions(ids.article_id(1))
    assert fix.detail == Code.FIX(old="4.2", new="2.4")
    assert withdrawal.detail == Code.ONE_POST(ref="aaab")
    assert (text.detail, takedown.detail) == (Code.NEW_TEXT(), None)
    assert is_question(from_json(convert(f"{QUESTION}; {QUESTION}", NOW)))


# ---------------------------------------------------------------- a database of schema 0015


SAID = "tg takes en; the article is in ur"
NOTE = {"code": "text", "params": {"words": SAID}}
UNKNOWN = "Telegram answered HTTP 502; the post may or may not be out: look at @example"
FAILED = "Telegram answered 'Bad Request: x' (HTTP 400): check topic in config.yaml"


@pytest.fixture
def of_texts(bare_url: str) -> Iterator[Ledger]:
    """A ledger of schema 0015 that had stored its failures, notes and warnings as texts, upgraded."""
    ledger = at_revision(bare_url, "0015")
    quoted = json.dumps(
        {"code": "legacy", "params": {"words": "no answer within 10 s"}}, separators=(",", ":")
    )
    for number, (state, error) in enumerate((("failed", FAILED), ("unknown", UNKNOWN), ("held", None)), 1):
        old_article(ledger, number, f"https://news.example/{number}", None, f"{BODY} {number}")
        given: dict[str, Any] = {"error": json.dumps(["unknown", error]) if error else None}
        given |= {"reason": '{"code":"as-soon-as-there","params":{}}', "attempts": 1}
        old_post(ledger, number, state, **given | {"warnings": '[["quote","The post quotes Ana."]]'})
    insert(ledger, "event", post_id=1, at=AT, event="unknown", by="sender", detail=quoted)
    insert(ledger, "event", post_id=1, at=AT, event="moved", by="cli:ana", detail=quoted.replace(
        "no answer within 10 s", "from x, post aaab"))  # fmt: skip
    note = "photo left out: https://e.org/a.jpg is empty"
    insert(ledger, "receipt", post_id=1, part=0, remote_id="1", url=None, at=AT, note=note)
    paused = {"state": "paused", "paused_by": "sender", "paused_at": AT, "code": "wrong", "probes": 0}
    insert(ledger, "channel", name="tg", reason="X answered HTTP 401: check api", **paused)
    insert(ledger, "channel", name="x", reason='{"code":"legacy"', **paused)
    site = {
        "state": "failing",
        "failures": 3,
        "usual_new": 1.0,
        "cursor": "{}",
        "error": '["fetch","it is empty: no"]',
    }
    insert(ledger, "source", name="site", **site)
    with ledger._database.write() as tx:
        tx.exec_driver_sql("UPDATE article SET note = '" + json.dumps(NOTE, separators=(",", ":")) + "'")
    ledger.prepare(upgrade=True)
    yield ledger
    ledger.close()


def test_texts_of_failures_notes_and_warnings_become_codes_that_read_the_same(of_texts: Ledger) -> None:
    posts = {str(post.state): post for post in of_texts.posts.list_posts(limit=None)}
    for state, code, text in (("failed", Code.TITLED, FAILED), ("unknown", PlatformCode.MAYBE_OUT, UNKNOWN)):
        error = posts[state].error
        assert error
        assert (error.reason.code, error.message) == (code, text)
        assert posts[state].warnings == (PostWarning("quote", WarningCode.QUOTES(who="Ana")),)
    assert posts["held"].reason == Code.AS_SOON_AS_THERE()
    [receipt] = of_texts.posts.get_post(posts["failed"].id).receipts
    assert receipt.note
    assert receipt.note.code is PlatformCode.PHOTO_LEFT_OUT
    lost, moved = (line.detail for line in of_texts.posts.list_events(posts["failed"].id))
    assert lost == PlatformCode.NO_ANSWER_WITHIN(n=10)
    assert moved == Code.MOVED_FROM_POST(name="x", ref="aaab")
    kept = of_texts.articles.get_article(posts["failed"].article_id)
    assert kept.note
    assert (kept.note.code, str(kept.note)) == (UsageCode.LANGUAGE_NOT_TAKEN, SAID)
    reason = of_texts.channels.list_channels()["tg"].reason
    assert reason
    assert (reason.code, str(reason)) == (Code.TITLED, "X answered HTTP 401: check api")
    damaged = of_texts.channels.list_channels()["x"].reason
    assert damaged
    assert damaged.code is Code.LEGACY
    error = of_texts.sources.list_sources()["site"].error
    assert error
    assert error.reason == Code.LEGACY(words="it is empty: no")


def test_a_part_whose_text_was_deleted_is_marked_and_one_that_begins_alike_is_not(bare_url: str) -> None:
    ledger = at_revision(bare_url, "0015")
    for number, words in enumerate((f"redacted {32 * '0'}", "redacted files show more"), 1):
        old_article(ledger, number, f"https://news.example/{number}", None, f"{BODY} {number}")
        part = {
            "text": words,
            "length": 9,
            "limit": 99,
            "parse_mode": None,
            "media": [],
            "link_preview": None,
        }
        old_post(ledger, number, "sent", parts=json.dumps([part], separators=(",", ":")))
    ledger.prepare(upgrade=True)
    found = {post.parts[0].text: post.parts[0].redacted for post in ledger.posts.list_posts(limit=None)}
    ledger.close()
    assert found == {f"redacted {32 * '0'}": True, "redacted files show more": False}
