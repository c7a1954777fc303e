"""Channels that their platforms made pause: when they are looked at again, and what is remembered."""

from datetime import datetime, timedelta

import pytest

from newsbot.errors import LedgerError, LedgerTooNew
from newsbot.ledger import migrations
from newsbot.ledger.ledger import Ledger
from newsbot.model import Failure, PostEvent
from newsbot.reasons import Code
from tests.ledger.exchanges import settle_call
from tests.ledger.making import NOW, SECOND, add, claimed, new_post, sent

KICKED = Failure("channel-refused", Code.TEXT(words="the bot was kicked: add it again"))
UNPAID = Failure("out-of-credits", Code.TEXT(words="the account is out of credits"))
MINUTE = 60 * SECOND


def refuse(ledger: Ledger, failure: Failure = KICKED, *, now: datetime = NOW) -> None:
    post = claimed(ledger, now=now).post
    settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, failure, now=now, pause=True)


def next_probe(ledger: Ledger) -> datetime:
    (paused,) = ledger.channels.list_probed_channels()
    assert paused.probe_at
    return paused.probe_at


def near(found: timedelta, wanted: timedelta) -> bool:
    return 0.89 * wanted <= found <= 1.11 * wanted


def test_the_first_probe_is_a_minute_away_and_each_next_one_twice_as_far_up_to_an_hour(
    ledger: Ledger,
) -> None:
    add(ledger)
    refuse(ledger)
    assert near(next_probe(ledger) - NOW, MINUTE)
    assert ledger.channels.claim_probe("tg", now=NOW) is None, "it is not time yet"
    for minutes in (2, 4, 8, 16, 32, 60, 60):
        at = next_probe(ledger)
        claim = ledger.channels.claim_probe("tg", now=at)
        assert claim is not None
        assert (claim.reason, claim.code) == (KICKED.reason, KICKED.code)
        assert near(next_probe(ledger) - at, minutes * MINUTE)
        assert ledger.channels.claim_probe("tg", now=at) is None, "another service has this one"


def test_out_of_credits_is_looked_at_more_rarely(ledger: Ledger) -> None:
    add(ledger)
    refuse(ledger, UNPAID)
    assert near(next_probe(ledger) - NOW, 15 * MINUTE)


def test_what_a_person_paused_is_never_probed_not_even_after_a_late_refusal(ledger: Ledger) -> None:
    add(ledger)
    post = claimed(ledger).post
    ledger.channels.pause("tg", by="cli:ana", reason=Code.PAUSED_BY_PERSON(), now=NOW)
    settle_call(ledger.delivery, post.id, PostEvent.NOT_SENT, KICKED, now=NOW, pause=True)
    assert ledger.channels.list_probed_channels() == []
    assert ledger.channels.get_channel("tg").paused_by == "cli:ana"
    assert ledger.channels.claim_probe("tg", now=NOW + 100 * MINUTE) is None
    assert not ledger.channels.recover("tg", now=NOW)
    assert ledger.channels.get_channel("tg").state == "paused"


def test_a_recovered_channel_sends_again_and_what_waited_tells_why(ledger: Ledger) -> None:
    [post], [untried] = add(ledger), add(ledger, new_post(due_at=NOW + SECOND), guid="g2")
    refuse(ledger)
    assert ledger.channels.claim_probe("tg", now=NOW + 2 * MINUTE)
    assert ledger.channels.recover("tg", now=NOW + 2 * MINUTE)
    assert (ledger.channels.get_channel("tg").state, ledger.channels.get_channel("tg").reason) == (
        "active",
        None,
    )
    assert ledger.channels.list_probed_channels() == []
    assert sent(ledger, now=NOW + 2 * MINUTE).id == post.id
    assert [event.event for event in ledger.posts.list_events(post.id)][-3:] == ["resumed", "sending", "sent"]
    assert "resumed" not in [event.event for event in ledger.posts.list_events(untried.id)]


def test_a_channel_that_is_refused_again_for_the_same_reason_goes_on_where_it_was(ledger: Ledger) -> None:
    add(ledger)
    refuse(ledger)
    now = NOW
    for minutes in (2, 4, 8):
        now = next_probe(ledger)
        assert ledger.channels.claim_probe("tg", now=now)
        assert ledger.channels.recover("tg", now=now) == (minutes == 2), "that it resumed is news once"
        refuse(ledger, now=now)
        assert ledger.channels.get_channel("tg").probes > 0, "so that nothing is said again"
        assert near(next_probe(ledger) - now, minutes * MINUTE)


@pytest.mark.parametrize("how", ["another reason", "a post went out", "a person resumed it"])
def test_it_begins_again_where_something_changed(ledger: Ledger, how: str) -> None:
    add(ledger)
    add(ledger, guid="g2")
    refuse(ledger)
    now = next_probe(ledger)
    assert ledger.channels.claim_probe("tg", now=now)
    if how == "a person resumed it":
        ledger.channels.resume("tg", by="cli:ana", now=now)
    else:
        ledger.channels.recover("tg", now=now)
    if how == "a post went out":
        sent(ledger, now=now + SECOND)
    refuse(ledger, UNPAID if how == "another reason" else KICKED, now=now + 2 * SECOND)
    assert ledger.channels.get_channel("tg").probes == 0


def test_the_database_tells_its_own_time_where_it_is_a_server(ledger: Ledger, url: str) -> None:
    told = ledger.get_time()
    if url.startswith("sqlite"):
        assert told is None
        return
    again = ledger.get_time()
    assert told
    assert again
    assert told[0].utcoffset() == timedelta(0)
    passed = (again[0] - told[0]).total_seconds()
    assert passed == pytest.approx(again[1] - told[1], abs=1.0)


def test_the_check_passes_and_names_another_schema(ledger: Ledger) -> None:
    ledger.check()
    with ledger._database.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999', oldest = '9999'")
    with pytest.raises(LedgerTooNew, match="newer"):
        ledger.check()
    with ledger._database.write() as tx:
        tx.exec_driver_sql("DELETE FROM alembic_version")
    with pytest.raises(LedgerError, match="lost"):
        ledger.check()
    with ledger._database.write() as tx:
        tx.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{migrations.HEAD}', '{migrations.HEAD}')")
