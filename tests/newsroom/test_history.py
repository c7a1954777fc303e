"""Why a post is out: found by its id, its link or its message, and told from the poll on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsbot.errors import UsageError
from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Draft, Item, Part, Post, PostEvent, Receipt, Sentence, TimelineEvent
from newsbot.newsroom.history import HistoryReader, describe_event
from newsbot.ports import NewPost, PollResult
from newsbot.reasons import Code
from tests.ledger.exchanges import record_poll, settle_call, store_part
from tests.ledger.making import FAILURE, HOUR, LEASE, NOW, TERMS, article, claimed


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.prepare(upgrade=True)
    yield ledger
    ledger.close()


def out(ledger: Ledger, channel: str, kind: str, remote_id: str, url: str) -> Post:
    """A post of a polled article, tried twice."""
    [taken] = record_poll(ledger.sources, "site", PollResult(NOW + HOUR, take=(Item(url),)), now=NOW)
    ledger.articles.claim_found("site", now=NOW, lease=HOUR)
    shown = (Sentence("Two were hurt.", "Two people were hurt.", 1, 0),)
    draft = Draft(channel, kind, (Part("text", 4, 280),), summary=shown, template="x.txt.j2")
    later = NOW + timedelta(seconds=5)
    ledger.articles.store_read_article(
        taken, article(url), [NewPost(draft, later, None, Code.AS_SOON_AS_THERE())], now=later
    )
    claim = claimed(ledger, channel, now=later)
    settle_call(
        ledger.delivery,
        claim.post.id,
        PostEvent.NOT_SENT,
        FAILURE,
        now=later + timedelta(seconds=2),
        due_at=later,
    )
    claimed(ledger, channel, now=later + timedelta(seconds=3))
    ending = Receipt(0, remote_id, url)
    store_part(ledger.delivery, claim.post.id, ending, TERMS, now=later + timedelta(seconds=4), lease=LEASE)
    return ledger.posts.get_post(claim.post.id)


def test_a_story_runs_from_the_poll_to_the_platforms_answer(ledger: Ledger) -> None:
    post = out(ledger, "x", "x", "1850", "https://x.com/i/status/1850")
    story = HistoryReader(ledger).get_history(post.id)
    told = [(line.event, line.by, str(line.detail)) for line in story.lines]
    assert told[0][:2] == ("noticed", "site")
    assert ("written", "system", "1 of the article's sentences, template x.txt.j2, revision 1") in told
    calls = [detail for event, _, detail in told if event == "call"]
    assert calls == ["part 1: surely not sent after 2 s", "part 1: accepted after 1 s"]
    assert story.sentences == (("Two were hurt.", "Two people were hurt."),)
    assert [line.at for line in story.lines] == sorted(line.at for line in story.lines)


@pytest.mark.parametrize(
    "link",
    [
        "https://x.com/i/status/1850",
        "https://twitter.com/example/status/1850?s=20",
        "<https://www.x.com/example/status/1850/photo>",
    ],
)
def test_a_post_on_x_is_found_by_any_form_of_its_link(ledger: Ledger, link: str) -> None:
    post = out(ledger, "x", "x", "1850", "https://x.com/i/status/1850")
    assert HistoryReader(ledger).find(link) == post.id


def test_telegrams_numbers_are_of_one_chat_only(ledger: Ledger) -> None:
    post = out(ledger, "tg", "telegram", "7", "https://t.me/Example/7")
    other = out(ledger, "tg2", "telegram", "7", "https://t.me/c/1000000002/7")
    stories = HistoryReader(ledger)
    assert stories.find("https://t.me/s/example/7?single") == post.id
    assert stories.find("https://t.me/c/1000000002/7") == other.id
    with pytest.raises(UsageError, match="never posted"):
        stories.find("https://t.me/elsewhere/7")
    with pytest.raises(UsageError, match="never posted"):
        stories.find("https://t.me/example/8")


def test_a_post_of_a_kind_from_elsewhere_is_found_by_its_link(ledger: Ledger) -> None:
    post = out(ledger, "own", "their.module:Channel", "k7Q", "https://Social.example/@news/k7Q")
    stories = HistoryReader(ledger)
    assert stories.find("https://social.example/@news/k7Q/") == post.id
    for other in ("https://social.example/@other/k7Q", "https://social.example/@news/K7q"):
        with pytest.raises(UsageError, match="never posted"):
            stories.find(other)


def test_an_article_is_found_by_its_address(ledger: Ledger) -> None:
    found = ledger.articles.add_article("cli", article("https://example.org/a"), now=NOW)
    address = ledger.articles.get_article(found).url
    assert address
    assert HistoryReader(ledger).find(address) == found


def test_an_event_is_called_by_what_it_means_to_an_editor() -> None:
    assert describe_event(PostEvent.MISS) == "not on the platform"
    assert describe_event(TimelineEvent.CALL) == "sent to the platform"
    assert describe_event("approved") == "approved"
