"""The breaking lane takes up what waits already, instead of a second post."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsbot.errors import AlreadyPosted
from newsbot.model import Article, Post, PostState, Receipt
from newsbot.ports import Claim, ClaimTerms
from tests.ledger.exchanges import claim_next, store_part
from tests.newsroom.desk import ARTICLE, Desk, desk, story

LEASE = timedelta(minutes=5)


def breaking(desk: Desk, *names: str, article: Article = ARTICLE) -> list[Post]:
    app = desk.app
    wanted = names or tuple(app.config.channels)
    return app.posts.queue(article, wanted, by="cli:ben", breaking=True)


def sends(desk: Desk, name: str) -> Post | None:
    now = desk.clock.now()
    claim = claim_next(desk.app.ledger.delivery, name, ClaimTerms(), now=now, lease=LEASE)
    if not isinstance(claim, Claim):
        return None
    assert (
        store_part(
            desk.app.ledger.delivery, claim.post.id, Receipt(0, "1"), ClaimTerms(), now=now, lease=LEASE
        )
        is None
    )
    return desk.app.ledger.posts.get_post(claim.post.id)


def test_a_post_that_waits_for_its_slot_goes_now(tmp_path: Path, url: str) -> None:
    schedule = {"slots": ["18:00"], "quiet": "23:00-06:00"}
    night = desk(tmp_path, url, lambda keys: keys["channels"]["none"].update(schedule=schedule))
    [waits] = night.bring("none")
    night.later(hours=8)
    assert waits.slot_at
    [goes] = breaking(night, "none")
    assert (goes.id, goes.breaking, goes.slot_at, goes.due_at) == (waits.id, True, None, night.clock.at)
    assert story(night, goes)[-1].startswith("breaking by cli:ben: 2026-11-23 16:00:00Z: breaking")
    out = sends(night, "none")
    assert out
    assert out.state is PostState.SENT
    [next_one] = night.bring("none", article=replace(ARTICLE, guid="g2", url="https://example.org/2"))
    assert next_one.slot_at == waits.slot_at, "the slot was given back"
    night.app.ledger.close()


def test_it_asks_as_many_as_the_lane_and_counts_who_has_approved(three: Desk) -> None:
    _, one, two = three.bring()
    three.app.approvals.approve(two.id, "cli:ana")
    assert three.app.ledger.posts.get_post(two.id).state is PostState.HELD
    _, held, goes = breaking(three)
    assert (held.id, held.state, held.approval) == (one.id, PostState.HELD, 1)
    assert (goes.id, goes.state, goes.approval) == (two.id, PostState.SCHEDULED, 1)
    assert goes.approved == goes.content
    out = sends(three, "two")
    assert out
    assert out.id == two.id


def test_a_time_that_was_set_is_no_part_of_it_any_more(three: Desk) -> None:
    [one] = three.bring("one", at=three.clock.at + timedelta(hours=3))
    three.app.approvals.approve(one.id, "cli:ana")
    [held] = breaking(three, "one")
    assert (held.state, held.set_at) == (PostState.HELD, None)
    assert str(held.held_for) == "approval is void: it was for another time"


def test_rules_and_embargoes_hold_it_as_ever(tmp_path: Path, url: str) -> None:
    rules = [{"hold": {"text": "tram"}}]
    strict = desk(tmp_path, url, lambda keys: keys["channels"]["none"].update(rules=rules))
    none, one = strict.bring("none", "one")
    until = strict.clock.at + timedelta(hours=2)
    strict.app.embargoes.set(none.id, until, "cli:ana")
    ruled, asked = breaking(strict, "none", "one")
    assert (ruled.state, ruled.held_for, ruled.due_at) == (PostState.HELD, none.held_for, until)
    assert (asked.id, asked.due_at) == (one.id, until)
    strict.app.ledger.close()


def test_channels_where_it_is_out_are_left_and_those_without_get_it(three: Desk) -> None:
    [out] = three.bring("none")
    assert sends(three, "none")
    [waits] = three.bring("one")
    first, second = breaking(three)
    assert (first.id, second.channel, second.breaking) == (waits.id, "two", True)
    assert three.app.ledger.posts.get_post(out.id).state is PostState.SENT
    with pytest.raises(AlreadyPosted, match=f"is out on none as post {out.id}$"):
        breaking(three, "none")
    assert len(three.app.ledger.posts.list_posts()) == 3


def test_a_template_marks_what_goes_by_the_lane_and_keeps_what_waits_as_it_was(
    tmp_path: Path, url: str
) -> None:
    (tmp_path / "templates").mkdir()
    template = "{% if breaking %}BREAKING: {% endif %}{{ title }} {{ summary }}"
    (tmp_path / "templates" / "x.txt.j2").write_text(template)
    marked = desk(tmp_path, url)
    [new] = breaking(marked, "two", article=replace(ARTICLE, guid="g2", url="https://example.org/2"))
    assert new.parts[0].text.startswith("BREAKING: Tram line approved The council met")
    [waits] = marked.bring("two")
    [hastened] = breaking(marked, "two")
    assert hastened.id == waits.id
    assert hastened.parts == waits.parts
    [corrected] = marked.app.corrections.propose_correction(
        new.article_id, "The council refused. It was close."
    )
    assert corrected.parts_after[0].text.startswith("BREAKING: Tram line approved The council refused.")
    marked.app.ledger.close()


def test_an_article_in_a_language_that_its_channel_does_not_take_has_a_note(tmp_path: Path, url: str) -> None:
    urdu = desk(tmp_path, url, lambda keys: keys["channels"]["one"].update(languages=["ur", "ar"]))

    def post(article: Article, *names: str) -> list[Post]:
        app = urdu.app
        return app.posts.queue(article, names, by="cli:ana", named=True)

    def notes(post: Post) -> list[str]:
        return [each.message for each in post.warnings if each.code == "language"]

    sure = replace(ARTICLE, language_sure=True)
    free, taken = post(sure, "none", "one")
    assert notes(taken) == ["The article is in en, and one takes ur, ar."]
    assert notes(free) == [], "that channel takes any language"
    [unsure] = post(replace(ARTICLE, guid="g2", url=None, title="Two", text="Unsure."), "one")
    [its_own] = post(replace(sure, guid="g3", url=None, title="Three", text="Else.", language="ur"), "one")
    assert notes(unsure) == notes(its_own) == []
    urdu.app.posts.cancel(taken.id, by="cli:ana")
    moved = urdu.app.posts.move_channel(free.id, "one", by="cli:ana").post
    assert notes(moved) == ["The article is in en, and one takes ur, ar."], "as the ledger has kept it"
    urdu.app.ledger.close()


def test_the_channels_are_those_of_the_source_or_of_the_sources_on_the_site(three: Desk) -> None:
    submission = replace(
        three.app.submission,
        posts_to={"sport": ["tg"], "city": ["tg", "x"], "cms": ["x"], "old": ["removed"]},
        sites={"sport": "example.org", "city": "example.org", "old": "old.example"},
    )
    every = ["tg", "x", "printed"]

    def choose(source: str | None, address: str | None) -> tuple[list[str], tuple[str, ...]]:
        return submission.choose_channels(source, address, every)

    assert choose("cms", "https://example.org/1") == (["x"], ("cms",))
    assert choose(None, "https://www.example.org/an/older/one") == (["tg", "x"], ("sport", "city"))
    assert choose(None, "https://another.example/1") == (every, ())
    assert choose(None, "articles/ferry.txt") == (every, ())
    assert choose("old", None) == (every, ()), "config.yaml has none of its channels any more"
    assert submission.choose_channels("city", None, ["x"]) == (["x"], ("city",)), "one may post to x alone"
