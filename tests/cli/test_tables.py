"""Tables that fit a terminal, whatever stands in them."""

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from newsbot.cli.history_output import show_article_record, show_articles, show_drafts, show_history
from newsbot.cli.output import print_notes, show_posts, show_status
from newsbot.config.models import PersonSettings
from newsbot.model import Article, Draft, Event, Failure, Image, Part, Post, PostState, PostWarning, Receipt
from newsbot.newsroom.history import SOURCE, PostHistory
from newsbot.newsroom.people import People
from newsbot.ports import StoredArticle
from newsbot.reasons import Code, PlatformCode, UsageCode, WarningCode

ZONE = ZoneInfo("Asia/Karachi")
PEOPLE = People(
    {111: PersonSettings(role="admin", name="Ada"), 222: PersonSettings(role="editor", name="Bo", cli="bo")}
)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # 17:00 in Karachi
PART = Part("<b>A &amp; B</b> <a href='https://example.org/x'>more</a>", 10, 4096, parse_mode="HTML")
LINK = "https://t.me/example/1234567890"
POST = Post(
    "k7m4",
    "a-k7m4",
    "Ferry",
    None,
    "telegram-main",
    "telegram",
    1,
    PostState.SCHEDULED,
    (PART,),
    NOW,
    None,
    NOW,
)
TITLES = [
    "Council approves the tram line to the harbour and new night buses for everybody who waits " * 3,
    "کراچی میں بارش کے بعد اسکول بند، شہریوں سے گھروں میں رہنے کی اپیل اور مزید بارش کی پیش گوئی کی گئی ہے",
    "東京の新しい図書館が来月開館へ東京都は十一日に新しい中央図書館を来月一日に開館すると発表した市民からは歓迎の声",
    "Ha\x1b]0;owned\x07rbour \x1b[31mred\u202e line\nbreak",
]
KEPT = StoredArticle(
    "a-k7m4", "site", "ready", NOW, "Ferry", None, None, None, None, first_sight=False, hold=None
)
POSTS = [replace(POST, id=f"k7m{n}", article_title=title) for n, title in enumerate(TITLES)]


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def _look(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    return screen


def _lines(screen: Terminal) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_each_post_has_one_row_that_fits(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = _look(monkeypatch)
    show_posts(POSTS, ZONE, NOW)
    lines = _lines(screen)
    assert columns - 5 <= max(map(cell_len, lines)) <= max(columns, 65)
    rows = [line for line in lines if line.startswith("k7m")]
    assert [row.split()[:4] for row in rows] == [
        [post.id, "scheduled", "telegram-main", "17:00"] for post in POSTS
    ]
    assert "کراچی" in rows[1]


def test_nothing_is_cut_where_no_person_looks(capsys: pytest.CaptureFixture[str]) -> None:
    show_posts(POSTS, ZONE, NOW)
    out = capsys.readouterr().out
    assert all(title.strip() in out for title in TITLES[:3])
    assert "\x1b" not in out


def test_no_words_from_outside_steer_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _look(monkeypatch)
    bad = "no\x1b]0;owned\x07\nanswer"
    post = replace(
        POSTS[3], state=PostState.FAILED, error=Failure("x", Code.TEXT(words=bad)), parts=(Part(bad, 1, 2),)
    )
    show_posts([post], ZONE, NOW)
    show_history(
        PostHistory(post, KEPT, (), (Event(NOW, "failed", "sender", Code.TEXT(words=bad)),), ()),
        ZONE,
        PEOPLE,
        runs=True,
    )
    show_drafts([Draft("c", "telegram", (replace(PART, text=bad),))])
    sent = screen.getvalue()
    assert "rbour" in sent
    assert not re.search("\x1b(?!\\[[0-9;]*m)|[\x07\u202e]", sent)
    assert "\x1b[31mred" not in sent


def test_why_a_post_waits_or_failed_stands_below_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    screen = _look(monkeypatch)
    error = Failure(
        "refused", Code.TEXT(words=f"chat not found, see {LINK} and check that the bot is a member of it")
    )
    failed = replace(POST, state=PostState.FAILED, error=error)
    waits = replace(POST, state=PostState.HELD, held_for=Code.APPROVAL())
    held = [replace(waits, id=name) for name in ("aaaa", "bbbb")]
    show_posts([failed, *held], ZONE, NOW)
    lines = _lines(screen)
    assert f"k7m4: {error.message}" in lines  # whole, so that the link can be followed
    assert lines[-1] == "waiting for an approval: newsbot approve aaaa bbbb"


def test_what_a_post_left_out_stands_below_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    late = PlatformCode.PHOTO_LATE(url="https://example.org/a.jpg", n=5)
    receipts = [Receipt(n, str(n), LINK, PlatformCode.PHOTO_LEFT_OUT(why=late)) for n in range(2)]
    show_posts([replace(POST, state=PostState.SENT, receipts=tuple(receipts))], ZONE, NOW)
    said = "k7m4: photo left out: https://example.org/a.jpg took longer than 5 s\n"
    assert capsys.readouterr().out.count(said) == 1


def test_an_article_is_shown_with_all_that_its_posts_may_use(capsys: pytest.CaptureFixture[str]) -> None:
    image = Image("https://example.org/a.jpg", "A quay")
    known: dict[str, Any] = {"author": "Ana Ruiz", "language": "en", "tags": ("harbour", "news")}
    article = Article("g", "Words.", LINK, "Quay opens", published_at=NOW, image=image, **known)
    show_articles([article], ZONE)
    out = capsys.readouterr().out
    assert "by Ana Ruiz | Sun 22 Nov 2026 17:00 PKT | en | tags: harbour, news\n" in out
    assert "[photo https://example.org/a.jpg: A quay]\n" in out
    show_articles([Article("g", "Words.", title="Bare")], ZONE)
    assert capsys.readouterr().out == "Bare\ng\n\nWords.\n"


def test_a_price_says_what_is_charged_for(capsys: pytest.CaptureFixture[str]) -> None:
    show_drafts([Draft("x", "x", (Part(f"Words {LINK}", 30, 280),), Decimal("0.20"))])
    assert "== x: 30 of 280, $0.20 for a post with a link\n" in capsys.readouterr().out


def test_times_within_what_the_ledger_has_kept_are_the_newsrooms(capsys: pytest.CaptureFixture[str]) -> None:
    looks = Code.SIMILAR_OUT(id="a-k7mq", at=NOW)
    gone = UsageCode.RESTORED(since=NOW, until=NOW + timedelta(minutes=1))
    moved = Event(NOW, "rescheduled", "cli:ana", Code.TITLED(what=Code.AT(at=NOW), why=Code.TIME_SET()))
    post = replace(POST, state=PostState.UNKNOWN, error=Failure("restored", gone))
    show_history(PostHistory(post, KEPT, (), (moved,), ()), ZONE, PEOPLE, runs=True)
    show_posts([post, replace(POST, state=PostState.HELD, held_for=looks)], ZONE, NOW)
    show_article_record(replace(KEPT, note=Code.PUBLISHED(at=NOW)), (), ZONE)
    out = capsys.readouterr().out
    told = "Sun 22 Nov 2026 17:00 PKT"
    assert f"{told} rescheduled by ana {told}: the time that was set\n" in out
    assert f"it may have gone out between {told} and Sun 22 Nov 2026 17:01 PKT: look there" in out
    assert f"it looks like a-k7mq, out {told}: newsbot approve" in out
    assert f"note: published {told}\n" in out
    assert "00Z" not in out


def test_what_a_person_brought_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_history(
        PostHistory(POST, KEPT, (), (Event(NOW, "noticed", SOURCE, None),), ()), ZONE, PEOPLE, runs=True
    )
    show_article_record(replace(KEPT, source=SOURCE), (), ZONE)
    out = capsys.readouterr().out
    assert " noticed by hand\n" in out
    assert "article a-k7m4 brought by hand, ready" in out


def test_colours_are_by_state_and_only_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _look(monkeypatch)
    show_posts([replace(POST, state=PostState.SENT), replace(POST, state=PostState.UNKNOWN)], ZONE, NOW)
    assert "\x1b[32msent" in screen.getvalue()
    assert "\x1b[1;31munknown" in screen.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    screen = _look(monkeypatch)
    show_posts([replace(POST, state=PostState.SENT)], ZONE, NOW)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", screen.getvalue())


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (NOW, "17:00"),
        (NOW + timedelta(days=1), "Mon 17:00"),
        (NOW + timedelta(days=7), "29 Nov 17:00"),
        (NOW + timedelta(days=60), "21 Jan 2027"),
    ],
)
def test_times_are_short_and_the_newsrooms(
    at: datetime, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_posts([replace(POST, due_at=at)], ZONE, NOW)
    out = capsys.readouterr().out
    assert "time, PKT" in out
    assert f"  {said}  " in out


def test_status_fits_and_says_what_needs_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    screen = _look(monkeypatch)
    stamp = "2026-11-22T11:59:00Z"
    error = {"code": "fetch", "message": "the site does not answer"}
    source = {"last_polled_at": stamp, "last_new_at": None, "next_poll_at": stamp, "error": error}
    budget = {"month_to_date_usd": 12.3, "limit_usd": 50.0, "channels": ["x-main", "x-ur"]}
    counts = {"queued": 1234, "sent_24h": 1234, "failed": 12, "unknown": 1}
    status = {
        "version": "1.0.0",
        "database": "sqlite:///newsbot.db",
        "sources": [{"name": "site", "state": "failing", **source}],
        "channels": [
            {"name": "telegram-main", "kind": "telegram", "state": "paused", "budget": None, **counts},
            {"name": "x-main", "kind": "x", "state": "active", "budget": budget, **counts},
            {"name": "x-ur", "kind": "x", "state": "active", "budget": budget, **counts},
        ],
        "summarizer": {"budget": {**budget, "month_to_date_usd": 1.5, "limit_usd": 20.0}},
    }
    show_status(status, ["site could not be polled", "telegram-main is paused"], ZONE, NOW)
    lines = _lines(screen)
    asked = lines.index("site could not be polled") - 1
    assert max(map(cell_len, lines[:asked])) <= 80
    assert lines[asked] == "the summarizer has spent $1.500 of $20.00 this month"
    assert lines[asked - 1] == "x-main, x-ur together have spent $12.300 of $50.00 this month"
    assert "telegram-main is paused" in lines


def test_a_post_looks_as_on_the_platform_and_shows_where_its_links_lead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = _look(monkeypatch)
    show_history(
        PostHistory(replace(POST, receipts=(Receipt(0, "1", LINK),)), KEPT, (), (), ()),
        ZONE,
        PEOPLE,
        runs=True,
    )
    assert "\x1b[1mA & B\x1b[0m" in screen.getvalue()
    assert "more (https://example.org/x)" in "\n".join(_lines(screen))
    assert f"out: {LINK}" in _lines(screen)


def test_a_history_has_names_of_people_and_nothing_of_what_newsbot_is_made_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lifted = Code.EMBARGO_LIFTED_BY(by="tg:111", who="cli:bo")
    events = tuple(
        Event(NOW, "embargo", by, lifted) for by in ("tg:111", "cli:bo", "cli:root", "sender", "site")
    )
    show_history(PostHistory(POST, KEPT, (), events, ()), ZONE, PEOPLE, runs=True)
    out = capsys.readouterr().out
    for by in ("Ada", "Bo", "root", "newsbot", "site"):
        assert f"embargo by {by} lifted by Ada and Bo\n" in re.sub(" +", " ", out)
    assert "tg:" not in out


def test_a_note_names_its_post_where_others_are_printed_too(capsys: pytest.CaptureFixture[str]) -> None:
    noted = replace(POST, warnings=(PostWarning("no-title", WarningCode.NO_TITLE()),))
    print_notes([noted])
    print_notes([noted], named=True)
    bare, named = capsys.readouterr().out.splitlines()
    assert bare == "note: The article has no title."
    assert named == f"note on {POST.channel} ({POST.id}): The article has no title."


def test_a_table_in_a_file_has_no_blanks_at_the_ends_of_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    show_posts([replace(POST, article_title="Tram " * 80), POST], ZONE, NOW)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert max(len(line) for line in lines if set(line) == {"─"}) <= 120
