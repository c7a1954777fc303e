"""A person words a post that waits; what the source does later never overwrites that."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from newsbot.errors import InvalidTransition, UsageError
from newsbot.model import Draft, Failure, Post, PostEvent, PostState, PostWarning, Receipt
from newsbot.ports import ArticleChange
from newsbot.reasons import Code, WarningCode
from tests.ledger.exchanges import claim_next
from tests.newsroom.desk import ARTICLE, Desk, story
from tests.newsroom.test_approvals import pending


def test_an_edit_shows_the_change_and_keeps_what_was_bold_or_linked(three: Desk) -> None:
    [one] = three.bring("one")
    words = three.app.editing.words(one.id)
    assert words.startswith("Tram line approved\n\nThe council")
    edited = three.app.editing.edit(one.id, words.replace("12 million", "14 million & more"), "cli:ana")
    assert str(edited.change) == (
        '"…May. It costs 12 million. https://example.org/tram" > '
        '"…May. It costs 14 million & more. https://example.org/tram"'
    )
    text = edited.after.parts[0].text
    assert text.startswith("<b>Tram line approved</b>\n\n")
    assert "14 million &amp; more" in text
    assert text.endswith("https://example.org/tram")
    assert edited.after.parts[0].media == one.parts[0].media
    assert edited.after.edited_by == "cli:ana"
    assert story(three, one)[-1] == f"edited by cli:ana: {edited.change}"
    assert three.app.ledger.posts.get_post(one.id) == edited.after


def test_an_edit_says_whether_it_cost_the_post_its_approvals(three: Desk) -> None:
    [one] = three.bring("one")
    assert not three.app.editing.edit(one.id, "Other words of it.", "cli:ana").voided
    three.app.approvals.approve(one.id, "cli:ben")
    assert not three.app.editing.edit(one.id, "Other words of it.", "cli:ana").voided, "nothing changed"
    assert three.app.editing.edit(one.id, "And others.", "cli:ana").voided


def test_an_edit_keeps_the_warnings_about_the_article_and_finds_those_about_the_text(three: Desk) -> None:
    wall = PostWarning("wall", Code.TEXT(words="The page shows a login."))
    quoting = replace(ARTICLE, text=f'{ARTICLE.text} "It is late," said Ana Ayub.', warnings=(wall,))
    [two] = three.bring("two", article=quoting)
    assert wall in two.warnings
    bare = three.app.editing.edit(two.id, "The tram line is approved.", "cli:ana").after
    unlinked = "The post does not link to the article any more. A text with {} in it keeps the link."
    assert bare.warnings == (wall, PostWarning("no-link", WarningCode.LINK_REMOVED(url=str(ARTICLE.url))))
    assert bare.warnings[1].message == unlinked.format(ARTICLE.url)
    linked = three.app.editing.edit(two.id, f"The tram line is approved: {ARTICLE.url}", "cli:ana").after
    assert linked.warnings == (wall,)
    assert three.app.ledger.posts.get_post(two.id).warnings == (wall,)


def test_an_edit_that_leaves_only_the_preview_card_to_link_says_so(three: Desk) -> None:
    [one] = three.bring("one", article=replace(ARTICLE, image=None))
    assert one.parts[0].link_preview
    bare = three.app.editing.edit(one.id, "The tram line is approved.", "cli:ana").after
    assert bare.parts[0].link_preview
    only = f"Only the link preview leads to the article now. A text with {ARTICLE.url} in it keeps the link."
    assert ("no-link", only) in {(warning.code, warning.message) for warning in bare.warnings}
    linked = three.app.editing.edit(one.id, f"The tram line is approved: {ARTICLE.url}", "cli:ana").after
    assert "no-link" not in {warning.code for warning in linked.warnings}


def test_a_link_costs_more_on_x(three: Desk) -> None:
    [two] = three.bring("two")
    assert two.cost_usd is not None
    without = three.app.editing.edit(two.id, "Tram line approved.", "cli:ana").after
    link = three.app.editing.edit(two.id, "Tram line: https://example.org/tram", "cli:ana").after
    assert without.cost_usd is not None
    assert link.cost_usd is not None
    assert link.cost_usd - without.cost_usd == Decimal("0.185")
    assert three.app.editing.preview(two.id, "No link").cost_usd == without.cost_usd


def test_what_does_not_fit_is_refused_with_by_how_much_and_changes_nothing(three: Desk) -> None:
    two, one = three.bring("two", "one")
    preview = three.app.editing.preview(two.id, "x" * 292)
    assert str(preview.problem) == "two: 12 too long: 292 of 280"
    before = story(three, two)
    with pytest.raises(UsageError, match=r"^two: 12 too long: 292 of 280$"):
        three.app.editing.edit(two.id, "x" * 292, "cli:ana")
    with pytest.raises(UsageError, match=r"^one: 12 too long: 1036 of 1024, with its photo$"):
        three.app.editing.edit(one.id, "x" * 1036, "cli:ana")
    with pytest.raises(UsageError, match="no words"):
        three.app.editing.edit(two.id, " \n ", "cli:ana")
    assert three.app.ledger.posts.get_post(two.id) == two
    assert story(three, two) == before


def test_only_what_waits_and_is_not_out_in_part_can_be_edited(three: Desk) -> None:
    [none] = three.bring("none")
    ledger, now = three.app.ledger, three.clock.now()
    claim_next(ledger.delivery, "none", three.app.terms("none"), now=now, lease=timedelta(minutes=1))
    with pytest.raises(InvalidTransition, match="sending and can't be edited"):
        three.app.editing.edit(none.id, "Too late.", "cli:ana")
    receipts = (Receipt(0, "1"),)
    ledger.posts.apply_event(none.id, PostEvent.NOT_SENT, by="sender", now=now, receipts=receipts)
    with pytest.raises(InvalidTransition, match="out in part"):
        three.app.editing.edit(none.id, "Too late.", "cli:ana")


def test_a_retrying_post_can_be_edited(three: Desk) -> None:
    [none] = three.bring("none")
    ledger, now = three.app.ledger, three.clock.now()
    claim_next(ledger.delivery, "none", three.app.terms("none"), now=now, lease=timedelta(minutes=1))
    ledger.posts.apply_event(none.id, PostEvent.NOT_SENT, by="sender", now=now)
    assert three.app.editing.edit(none.id, "In time.", "cli:ana").after.state is PostState.RETRYING


def test_an_edit_of_an_older_revision_is_refused(three: Desk) -> None:
    [one] = three.bring("one")
    three.app.editing.edit(one.id, "First.", "cli:ana")
    with pytest.raises(InvalidTransition, match="changed since"):
        three.app.editing.edit(one.id, "Second.", "tg:222", content=one.content)
    with pytest.raises(InvalidTransition, match="changed since"):
        three.app.ledger.posts.edit(
            one.id,
            one.parts,
            cost_usd=None,
            content=one.content,
            by="tg:222",
            now=three.clock.now(),
            detail=Code.TEXT(words=""),
        )


@pytest.mark.parametrize("name", ["none", "one", "two"])
@pytest.mark.parametrize("what", ["draft", "failure"])
def test_a_recompose_never_overwrites_a_persons_words(three: Desk, name: str, what: str) -> None:
    [post] = three.bring(name)
    mine = three.app.editing.edit(post.id, "Words of Ana.", "cli:ana").after
    for by in ("tg:222", "tg:333")[: post.approval]:
        three.app.approvals.approve(post.id, by)
    assert three.app.ledger.posts.get_post(post.id).state is PostState.SCHEDULED
    held = edited_at_its_source(three, post, failed=what == "failure")
    assert held.parts == mine.parts
    assert (held.state, held.edited_by, held.approved) == (PostState.HELD, "cli:ana", None)
    assert str(held.held_for) == "its article was edited at its source after cli:ana's edit"
    assert story(three, post)[-2:] == [
        "edited at its source by system: 12 > 14",
        f"held by system: {held.held_for}",
    ]
    needed = max(1, post.approval)
    for by in ("tg:222", "tg:333")[:needed]:
        done = three.app.approvals.approve(post.id, by)
    assert done.post.state is PostState.SCHEDULED


def test_a_held_post_of_a_persons_words_says_what_it_waits_for_by_now(three: Desk) -> None:
    [two] = three.bring("two")
    three.app.editing.edit(two.id, "Words of Ana.", "cli:ana")
    three.app.approvals.approve(two.id, "tg:222")
    held = edited_at_its_source(three, two)
    assert str(held.held_for) == "its article was edited at its source after cli:ana's edit"
    assert three.app.ledger.posts.list_votes(two.id) == []


def edited_at_its_source(desk: Desk, post: Post, *, failed: bool = False) -> Post:
    now = desk.later(minutes=1)
    article = replace(ARTICLE, text=ARTICLE.text.replace("12", "14"))
    change = ArticleChange(post.article_id, "site", "edited", None, ARTICLE, now, 0, None)
    pending(desk, change)
    composition = desk.app.composition
    draft: Draft | Failure = composition.draft(post.channel, article, composition.summarize(article))
    if failed:
        draft = Failure("compose", Code.TEXT(words="it can't be composed"))
    said = {post.id: Code.TEXT(words="12 > 14")}
    desk.app.ledger.changes.settle_edit(change, article, {post.id: draft}, said, now=now)
    return desk.app.ledger.posts.get_post(post.id)
