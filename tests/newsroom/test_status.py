"""What `status` tells people: every sort of thing that needs one, each with what to type."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, Item, PostEvent, PostState
from newsbot.newsroom.status import list_needs, status
from newsbot.ports import PollResult
from newsbot.reasons import Code
from tests.ledger.exchanges import record_poll
from tests.ledger.making import HOUR, NOW, add, article, end_call, new_post


class Noon:
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.prepare(upgrade=True)
    yield ledger
    ledger.close()


def lines(ledger: Ledger) -> list[str]:
    return list_needs(ledger, Noon(), sources=["site"], channels=["tg", "x"])


def test_nothing_is_asked_where_all_is_well(ledger: Ledger) -> None:
    add(ledger)
    assert lines(ledger) == []


def test_all_that_needs_a_person_is_named_with_what_to_type(ledger: Ledger) -> None:
    [held] = add(ledger, new_post(held_for="approval"))
    add(ledger, new_post("tg"), guid="g2")
    unknown = end_call(ledger, "tg", PostEvent.LOSE)
    add(ledger, new_post("tg"), guid="g3")
    failed = end_call(ledger, "tg", PostEvent.REFUSE)
    add(ledger, new_post("x"), guid="g4")
    end_call(ledger, "x", PostEvent.NOT_SENT, pause=True)
    items = (Item("unread"), Item("uncomposed"))
    taken = record_poll(ledger.sources, "site", PollResult(NOW + HOUR, take=items), now=NOW)
    ledger.articles.claim_found("site", now=NOW, lease=HOUR)
    ledger.articles.postpone_article(
        taken[0], Failure("read", Code.TEXT(words="there is no text in it")), retry_at=None
    )
    ledger.articles.store_read_article(
        taken[1], article("u"), [], now=NOW, failure=Failure("compose", Code.TEXT(words="x: no such filter"))
    )
    record_poll(
        ledger.sources,
        "site",
        PollResult(NOW + HOUR, error=Failure("fetch", Code.TEXT(words="gone"))),
        now=NOW,
    )

    found = lines(ledger)
    assert len(found) == 7
    for wanted in (
        f"newsbot resolve {unknown} sent|not-sent",
        "x is paused: because of not sent",
        "it is asked again by newsbot run (no service runs now)",
        "or: newsbot resume x",
        f"newsbot approve {held.id}",
        f"newsbot retry {failed}",
        f"{taken[0]} of site was not posted: there is no text in it",
        f"{taken[1]} of site was not posted everywhere: x: no such filter",
        "newsbot post https://example.org/u",
        "site could not be polled: gone",
    ):
        assert any(wanted in line for line in found), wanted


def test_when_a_paused_channel_is_asked_again_is_said_where_a_service_runs(ledger: Ledger) -> None:
    add(ledger, new_post("x"))
    end_call(ledger, "x", PostEvent.NOT_SENT, pause=True)
    ledger.acquire_instance_lock()
    [line] = lines(ledger)
    assert "it is asked again at 12:0" in line


def test_what_a_person_paused_is_not_asked_again_by_itself(ledger: Ledger) -> None:
    add(ledger, new_post("x"))
    ledger.channels.pause("x", by="cli:ana", reason=Code.PAUSED_BY_PERSON(), now=NOW)
    assert lines(ledger) == ["x is paused by a person: newsbot resume x"]


def test_what_failed_days_ago_is_no_news_and_many_are_counted(ledger: Ledger) -> None:
    for n in range(8):
        add(ledger, new_post(held_for="approval"), guid=f"h{n}")
    old = NOW - timedelta(days=2)
    add(ledger, new_post("x", due_at=old), guid="old", now=old)
    end_call(ledger, "x", PostEvent.REFUSE)
    found = lines(ledger)
    assert len(found) == 6
    assert "newsbot posts --state held" in found[-1]


def test_it_asks_the_ledger_as_little_for_many_sources_as_for_one(ledger: Ledger) -> None:
    def questions(sources: list[str]) -> int:
        found: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
            found.append(statement)

        event.listen(ledger._database._engine, "before_cursor_execute", note)
        told = status(ledger, Noon(), database="", sources=sources, channels={"tg": "telegram"}, budgets={})
        list_needs(ledger, Noon(), sources=sources, channels=["tg"])
        event.remove(ledger._database._engine, "before_cursor_execute", note)
        assert [one["name"] for one in told["sources"]] == sources
        return len(found)

    many = [f"site{number}" for number in range(50)]
    for name in many:
        record_poll(
            ledger.sources,
            name,
            PollResult(NOW + HOUR, error=Failure("error", Code.TEXT(words="gone"))),
            now=NOW,
        )
    assert questions(many) == questions(many[:1])


def test_posts_count_as_failed_for_a_day(ledger: Ledger) -> None:
    add(ledger, new_post("tg"))
    end_call(ledger, "tg", PostEvent.REFUSE)
    assert (
        ledger.channels.count_posts(since=NOW)["tg", PostState.FAILED]
        == len(ledger.posts.list_failed_posts(since=NOW))
        == 1
    )
    later = NOW + timedelta(seconds=1)
    assert ("tg", PostState.FAILED) not in ledger.channels.count_posts(since=later)
    assert ledger.posts.list_failed_posts(since=later) == []
