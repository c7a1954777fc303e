"""A channel that config.yaml calls by another name: its posts follow it, and none goes out a second time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

from sqlalchemy import text

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Post, PostEvent, PostState
from newsbot.ports import ClaimTerms, NewPost
from newsbot.reasons import Code
from tests.ledger.effort import effort_of
from tests.ledger.exchanges import settle_call
from tests.ledger.history import fill_history
from tests.ledger.making import FAILURE, HOUR, NOW, add, claimed, new_post, part, sent, waiting
from tests.ledger.test_concurrency import together

PLACE = "telegram:@example"
BEFORE = {"old": PLACE, "other": "telegram:@other"}
AFTER = {"tg": PLACE, "other": "telegram:@other"}


def placed(channel: str = "old", target: str = PLACE, **more: Any) -> NewPost:
    new = new_post(channel, **more)
    return replace(new, draft=replace(new.draft, target=target))


def follow(ledger: Ledger, targets: dict[str, str | None]) -> list[Post]:
    return [post for each in ledger.channels.follow_renames(targets, now=NOW) for post in each.posts]


def start(ledger: Ledger, targets: dict[str, str | None] = BEFORE) -> None:  # type: ignore[assignment]
    ledger.channels.hold_stranded_posts(targets, now=NOW)


def story(ledger: Ledger, post: Post) -> list[str]:
    return [f"{event.event}: {event.detail}" for event in ledger.posts.list_events(post.id)]


def test_waiting_posts_follow_their_channel_to_its_new_name_once(opened: Callable[[], Ledger]) -> None:
    one, two = opened(), opened()
    start(one)
    [post] = add(one, placed(due_at=NOW + HOUR))
    assert [(each.id, each.channel, each.state) for each in follow(one, dict(AFTER))] == [
        (post.id, "tg", PostState.SCHEDULED)
    ]
    assert follow(two, dict(AFTER)) == follow(one, dict(AFTER)) == []
    assert story(one, post)[1:] == ["channel renamed: its channel is called tg now"]
    assert sent(two, "tg", now=NOW + HOUR).id == post.id


def test_an_approval_is_kept_and_a_vote_counts_on(ledger: Ledger) -> None:
    start(ledger)
    [post, half] = (
        add(ledger, placed(held_for="approval", approval=2), guid=guid)[0] for guid in ("whole", "half")
    )
    for number, by in enumerate(("cli:ana", "cli:bo")):
        for one in (post, half)[: 2 - number]:
            vote = {"due_at": NOW, "reason": Code.AS_SOON_AS_THERE(), "slot_at": None}
            ledger.posts.approve(one.id, by=by, now=NOW, content=one.content, **vote)  # type: ignore[arg-type]
    follow(ledger, dict(AFTER))
    assert ledger.posts.get_post(post.id).state is PostState.SCHEDULED
    assert [each.by for each in ledger.posts.list_votes(half.id)] == ["cli:ana"]
    assert sent(ledger, "tg").id == post.id


def test_what_is_out_keeps_its_gap_and_its_slot_under_the_new_name(ledger: Ledger) -> None:
    start(ledger)
    add(ledger, placed(), guid="out")
    add(ledger, placed(), guid="next")
    out = sent(ledger, "old")
    follow(ledger, dict(AFTER))
    assert ledger.posts.get_post(out.id).channel == "tg"
    assert waiting(ledger, "tg", ClaimTerms(gap=HOUR, target=PLACE)).why.startswith("gap")
    assert [post.id for post in ledger.posts.list_sent_posts(["tg"], since=NOW - HOUR)] == [out.id]


def test_a_post_whose_article_is_on_the_other_channel_already_stays(ledger: Ledger) -> None:
    """Both channels posted to one chat, and one of them is removed."""
    start(ledger, {"old": PLACE, "tg": PLACE})
    slot = NOW + HOUR
    [mine, _] = add(ledger, placed(slot_at=slot, due_at=slot), placed("tg", slot_at=slot, due_at=slot))
    [free] = add(ledger, placed(slot_at=slot + HOUR, due_at=slot), guid="free")
    add(ledger, placed("tg", slot_at=slot + HOUR, due_at=slot), guid="its slot")
    [gone] = add(ledger, placed(), placed("tg"), guid="over")[:1]
    for post in ledger.posts.list_posts(limit=None):
        if post.article_id == gone.article_id:
            ledger.posts.apply_event(post.id, PostEvent.CANCEL, by="cli:ana", now=NOW)
    assert [post.id for post in follow(ledger, {"tg": PLACE})] == [free.id]
    assert ledger.posts.get_post(mine.id).channel == "old"
    after = ledger.posts.get_post(gone.id)
    assert (after.channel, after.revision) == ("tg", 2)
    assert follow(ledger, {"tg": PLACE}) == []


def test_none_follows_where_no_channel_or_several_have_the_place(ledger: Ledger) -> None:
    start(ledger)
    [post] = add(ledger, placed())
    for targets in (
        {"other": "telegram:@other"},
        {"tg": PLACE, "tg2": PLACE},
        {"tg": "telegram:@elsewhere"},
        {"old": "telegram:@elsewhere", "tg": PLACE},
    ):
        assert follow(ledger, dict(targets)) == []
    assert ledger.posts.get_post(post.id).channel == "old"


def test_a_pause_is_kept(ledger: Ledger) -> None:
    start(ledger)
    add(ledger, placed())
    why = Code.TEXT(words="we wait for the judge")
    ledger.channels.pause("old", by="cli:ana", reason=why, now=NOW)
    follow(ledger, dict(AFTER))
    state = ledger.channels.get_channel("tg")
    assert (state.state, state.paused_by, state.reason) == ("paused", "cli:ana", why)
    assert waiting(ledger, "tg").why == "paused: we wait for the judge"
    ledger.channels.resume("tg", by="cli:ana", now=NOW)
    assert follow(ledger, {"old": PLACE}) != []
    assert ledger.channels.get_channel("old").state == "active"


def test_a_post_in_a_call_stays_until_the_call_has_ended(ledger: Ledger) -> None:
    start(ledger)
    add(ledger, placed(parts=(part("1"), part("2"))))
    post = claimed(ledger, "old").post
    assert follow(ledger, dict(AFTER)) == []
    settle_call(ledger.delivery, post.id, PostEvent.LOSE, FAILURE, now=NOW)
    [after] = follow(ledger, dict(AFTER))
    assert (after.state, after.channel) == (PostState.UNKNOWN, "tg")


def test_a_digest_of_this_slot_is_not_made_a_second_time(ledger: Ledger) -> None:
    start(ledger)
    guid = "old 2026-11-22T12:00Z"
    digest = placed(role="digest")
    ledger.digests.add_digest(Article(guid, ""), (), [digest], now=NOW, note=None)
    follow(ledger, dict(AFTER))
    assert ledger.digests.has_digest("tg 2026-11-22T12:00Z")
    assert not ledger.digests.has_digest(guid)


def test_of_services_that_start_at_once_one_renames_it(ledger: Ledger, url: str) -> None:
    start(ledger)
    posts = [add(ledger, placed(), guid=f"g{number}")[0] for number in range(5)]
    assert sum(together(4, url, lambda mine: len(follow(mine, dict(AFTER))))) == 5
    assert all(len(story(ledger, post)) == 2 for post in posts)


def test_a_rename_costs_each_of_many_posts_the_same(sqlite_template: Path, tmp_path: Path) -> None:
    costs = []
    for count in (200, 800):
        copyfile(sqlite_template, tmp_path / f"{count}.db")
        ledger = open_ledger(f"sqlite:///{tmp_path}/{count}.db")
        fill_history(ledger, count)
        with ledger._database.write() as tx:
            tx.execute(text("UPDATE post SET target = :place WHERE channel = 'tg'"), {"place": PLACE})
            there = "INSERT INTO channel (name, state, probes, target) VALUES ('tg', 'active', 0, :place)"
            tx.execute(text(f"{there} ON CONFLICT (name) DO UPDATE SET target = :place"), {"place": PLACE})
        costs.append(sum(effort_of(ledger, lambda ledger: follow(ledger, {"new": PLACE})).values()))
        ledger.close()
    assert costs[1] < 6 * costs[0]
