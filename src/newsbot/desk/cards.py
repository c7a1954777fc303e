"""Render an article's card, the message in the desk's chat about an article and its posts.

A card shows the article, the text of its posts, what an editor has to check in the text, and where and when
the posts are published. The functions here only compute text and buttons; `card_sync` sends them.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from markupsafe import Markup

from newsbot.composing.direction import strip_isolates
from newsbot.composing.safety import find_tags
from newsbot.desk.context import DeskContext, hash_posts
from newsbot.desk.i18n import N_, Translator
from newsbot.desk.post_lines import (
    STATES,
    STILL_PUBLIC,
    build_retry_button,
    build_unknown_buttons,
    cut,
    format_post_time,
    format_title,
    get_plain_text,
    is_redacted,
    plain_text,
    render_photos,
    render_warnings,
)
from newsbot.desk.replies import Answer, Button, ButtonRows, fit_one_message, join_lines
from newsbot.model import Approval, Event, Post, PostState, TimelineEvent
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.facts import find_facts, is_fact_in_text
from newsbot.newsroom.history import find_pending, list_receipt_notes
from newsbot.newsroom.takedowns import ReportLine, TakedownReport
from newsbot.newsroom.wording import say_usd
from newsbot.ports import ARTICLE_GONE, Amendment
from newsbot.reasons import Code

__all__ = ["Shown", "build_buttons", "build_post_buttons", "render_card", "render_report"]

# The most characters of one post's text that a card (the message about an article) shows.
_LONGEST_TEXT = 900
# The most characters of the texts of all posts together that a card (the message about an article) shows.
# Each different text gets an equal share.
_LONGEST_TEXTS = 2000
_SHORTEST_TEXT = 200
_CHECKS, _LONGEST_CHECK = 12, 60
_LONGEST_CHANGE = 300


@dataclass(frozen=True, slots=True)
class Shown:
    """The text and buttons of a card (the message about an article).

    ``over`` says that nothing will happen to the card's posts any more unless a person acts, so the message
    will stay as it is. ``needs`` says whether the posts need an approval ("approval"), have failed or an
    unknown outcome ("trouble"), or need nothing ("").
    """

    text: str
    buttons: ButtonRows
    over: bool
    needs: Literal["approval", "trouble", ""] = ""

    @property
    def digest(self) -> str:
        """Return a hash of the text and buttons, by which newsbot recognizes that the content of a card
        (message about an article) has changed.
        """
        buttons = [(button.label, button.data) for row in self.buttons for button in row]
        return sha256(repr((str(self.text), buttons)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _CardView:
    """The newest post of each channel that a card (message about an article) shows, and what newsbot needs to
    render them.

    The methods query the ledger for what a card shows besides its posts.
    """

    room: DeskContext
    posts: Sequence[Post]
    say: Translator

    def list_approvals(self, post: Post) -> list[Approval]:
        """Return the approvals that people gave to a post's present text;
        [] if the post needs no approval.
        """
        return self.room.ledger.posts.list_votes(post.id) if post.approval else []

    def find_edit_time(self, post: Post) -> datetime | None:
        """Return when a published post was last edited; None if it was never edited or is not published."""
        if post.state is not PostState.SENT:
            return None
        done = self.room.ledger.actions.list_amendments(post_id=post.id)
        times = [each.done_at for each in done if each.what == "edit" and each.state == "done"]
        return max((at for at in times if at), default=None)

    def get_open_flag(self, post: Post) -> Event | None:
        """Return the event which says that the source changed or removed the article of a published post.

        Return None if there is no such event, or if an editor has already decided about it.
        """
        return self.room.ledger.changes.get_open_flag(post.id) if post.state is PostState.SENT else None

    def find_source_edit(self, post: Post) -> Event | None:
        """Return the event of the source's last edit to the article of an unsent post; None if the source
        made no edit.
        """
        events = self.room.ledger.posts.list_events(post.id) if post.is_pending else []
        return next((each for each in reversed(events) if each.event == TimelineEvent.EDITED_AT_SOURCE), None)

    def list_pending_amendments(self, post: Post) -> tuple[Amendment, ...]:
        """Return the edits and deletions of a published post that editors ordered and
        that are not done yet.
        """
        return find_pending(self.room.ledger.actions, post) if post.state is PostState.SENT else ()

    def is_still_public(self, post: Post) -> bool:
        """Return whether a post that an editor withdrew is still public on its platform, or may be."""
        return post.state is PostState.WITHDRAWN and bool(find_pending(self.room.ledger.actions, post))

    def is_paused(self, post: Post) -> bool:
        """Return whether the channel of a post is paused."""
        return self.room.ledger.channels.get_channel(post.channel).state == "paused"


def render_card(room: DeskContext, posts: Sequence[Post], say: Translator) -> Shown:
    """Render the card of an article (the chat message about it) from all of the article's posts (at least
    one), which are ordered by age.
    """
    newest = _select_newest(posts)
    card = _CardView(room, newest, say)
    lines = [*newest, *_list_uncorrected_posts(card, posts)]
    over = not any(post.waits or card.is_still_public(post) for post in lines)
    first = newest[0]
    if is_redacted(first):
        blocks = [say("Taken down: <code>{id}</code>", id=first.article_id)]
    else:
        title = format_title(first, 300)
        blocks = [say("<b>{title}</b>  <code>{id}</code>", title=title, id=first.article_id)]
    if waiting := [post for post in newest if post.waits]:
        blocks += [_render_texts(waiting, say), *render_photos(waiting, say), _render_tags(waiting, say)]
        blocks += [_render_facts(card), *_render_source_edits(card)]
    blocks += render_warnings(newest, say)
    blocks += [_render_channel(card, post) for post in lines]
    blocks.append(_render_expiry(card))
    text = fit_one_message("\n".join(filter(None, blocks)))
    return Shown(text, build_buttons(newest, say), over, _find_need(newest))


def _select_newest(posts: Sequence[Post]) -> list[Post]:
    """Return the newest post of each channel, in the order in which the channels got their first posts."""
    return list({post.channel: post for post in posts}.values())


def _list_uncorrected_posts(card: _CardView, posts: Sequence[Post]) -> list[Post]:
    """Return the posts, except the newest of each channel, that are still public although an edit or deletion
    of them was ordered.
    """
    older = [post for post in posts if post not in card.posts]
    return [post for post in older if card.list_pending_amendments(post) or card.is_still_public(post)]


def _group_by_text(posts: Sequence[Post]) -> dict[str, list[Post]]:
    found: dict[str, list[Post]] = {}
    for post in posts:
        found.setdefault(get_plain_text(post).strip() or "…", []).append(post)
    return found


def _compute_text_share(texts: Collection[str]) -> int:
    """Return the most characters that a card (message) may show of each of the different ``texts`` of its
    posts.
    """
    return max(min(_LONGEST_TEXT, _LONGEST_TEXTS // max(len(texts), 1)), _SHORTEST_TEXT)


def _render_texts(posts: Sequence[Post], say: Translator) -> Markup:
    """Render each different text of the posts as a quotation; if the texts differ, name the channels of each
    text above it.
    """
    texts = _group_by_text(posts)
    longest = _compute_text_share(texts)
    blocks = []
    for text, saying in texts.items():
        names = Markup("<i>{}</i>\n").format(say.format_list(post.channel for post in saying))
        quote = Markup("<blockquote>{}</blockquote>").format(cut(text, longest))
        blocks.append(names + quote if len(texts) > 1 else quote)
    return join_lines(blocks)


def _list_cut_posts(posts: Sequence[Post]) -> list[Post]:
    """Return unpublished posts whose text is too long for the card (message about the article) to show it
    whole: one post for each such text.
    """
    texts = _group_by_text([post for post in posts if post.waits])
    longest = _compute_text_share(texts)
    return [saying[0] for text, saying in texts.items() if len(text) > longest]


def _render_tags(posts: Sequence[Post], say: Translator) -> Markup:
    """Render the line with the hashtags and mentions in the posts' texts; "" if the texts have none."""
    parts = [plain_text(part) for post in posts for part in post.parts]
    found = list(dict.fromkeys(mark for text in parts for mark in find_tags(text)))
    return say("Tags and mentions: {names}", names=" ".join(found[:_CHECKS])) if found else Markup()


def _render_facts(card: _CardView) -> Markup:
    """Render the figures, dates and names in the posts' texts that an editor must check before a post is
    published.

    These facts come from the article or from an editor. Facts that only the channel's template or the note of
    a correction adds are left out.
    """
    named = list(dict.fromkeys(fact for post in card.posts if post.waits for fact in _list_facts(card, post)))
    shown = " · ".join(cut(each, _LONGEST_CHECK) for each in named[:_CHECKS])
    return card.say("Check: {facts}", facts=shown) if named else Markup()


def _render_source_edits(card: _CardView) -> list[Markup]:
    """Render a line for each edit that the source made to the article since newsbot found it: when and what
    it changed.
    """
    edits = [edit for post in card.posts if (edit := card.find_source_edit(post))]
    unique = {(edit.at, edit.detail): edit for edit in edits}
    return [
        card.say(
            "Edited at its source {time}: {change}",
            time=card.say.time(edit.at),
            change=cut(card.say.explain(edit.detail), _LONGEST_CHANGE),
        )
        for edit in unique.values()
    ]


def _list_facts(card: _CardView, post: Post) -> list[str]:
    """Return the figures, dates and names in one post's text that come from its article or from an editor."""
    text = _strip_urls(" ".join(map(plain_text, post.parts)))
    article = card.room.ledger.articles.get_article(post.article_id).article
    brought = _strip_urls(f"{article.title}\n{article.summary}\n{article.text}") if article else ""
    typed = post.edited_by or not article
    own = _strip_urls(card.room.composition.get_literal_text(post.channel)) if typed else ""
    return [
        fact
        for fact in find_facts(text)
        if is_fact_in_text(fact, brought) or (typed and not is_fact_in_text(fact, own))
    ]


def _strip_urls(text: str) -> str:
    """Remove URLs from a text in which figures, dates and names are looked for, and also the invisible
    characters that newsbot inserts: zero-width spaces, so that platforms make no links, and isolates.
    """
    return re.sub(r"https?://\S+", " ", strip_isolates(text)).replace("\u200b", "")


def _render_channel(card: _CardView, post: Post) -> Markup:
    say = card.say
    head = say("{channel} · {what}", channel=post.channel, what=_describe_state(card, post))
    if post.breaking and post.is_pending:
        head += say(" · breaking")
    if post.cost_usd and post.waits:
        head += say(" · costs {price}", price=say_usd(post.cost_usd))
    if edited_at := card.find_edit_time(post):
        # People may read a card (the message about an article) on any day after its last change. So the card
        # names the day of an edit, unless the post was edited on the day on which it was published.
        time = say.time(edited_at, post.sent_at or post.due_at)
        head += say(" · edited {time}", time=time)
    links = [say("\n{link}", link=receipt.url) for receipt in post.receipts if receipt.url]
    notes = (cut(say.explain(each), 200) for each in list_receipt_notes(post))
    warnings = [say("⚠ {warning}", warning=note) for note in notes]
    rows = [*_list_differences(card, post), *_list_remedies(card, post), *warnings]
    return join_lines([head + Markup().join(links), *rows])


def _list_remedies(card: _CardView, post: Post) -> list[Markup]:
    """Return the line which says what a person can do about a failed post; [] for any other post."""
    if post.state is not PostState.FAILED:
        return []
    if post.receipts:
        text = N_("A part of it is out: Retry sends the rest, /withdraw {id} takes away what is out.")
        return [card.say(text, id=post.id)]
    text = N_("Put right what stopped it, then press Retry. /fix {id} OLD > NEW changes its words first.")
    return [card.say(text, id=post.article_id)]


def _list_differences(card: _CardView, post: Post) -> list[Markup]:
    """Return warnings which say how a published post differs from its article now, and why newsbot has not
    changed the post.
    """
    say, found = card.say, list[Markup]()
    flag, pending = card.get_open_flag(post), card.list_pending_amendments(post)
    if flag and flag.event == ARTICLE_GONE:
        found.append(say("⚠ Still out, though its article is not published at its source any more."))
    elif flag:
        change = cut(say.explain(flag.detail), _LONGEST_CHANGE)
        found.append(say("⚠ Not changed with its article: {change}", change=change))
    stuck = next((each for each in pending if each.state in {"failed", "manual"}), None)
    if stuck:
        why = cut(say.explain(stuck.error.reason if stuck.error else None), 200)
        found.append(say("⚠ It could not be changed, and still says what it said: {why}", why=why))
    elif pending:
        time = say.time(pending[0].since)
        found.append(say("⚠ A change was asked {time}, and is not public yet.", time=time))
    return found


def _describe_state(card: _CardView, post: Post) -> str:
    say, time = card.say, format_post_time(post, card.say)
    if card.is_still_public(post):
        return say.label(STILL_PUBLIC)
    match post.state:
        case PostState.HELD:
            return _describe_hold(card, post, time)
        case PostState.SCHEDULED | PostState.RETRYING if card.is_paused(post):
            return say.label("{time}, but the channel is paused", time=time)
        case PostState.SCHEDULED | PostState.RETRYING:
            why = say.explain(post.reason)
            return say.label("{time}, {why}", time=time, why=why) + _describe_approvers(card, post)
        case PostState.FAILED if post.error:
            return say.label("failed: {why}", why=cut(say.explain(post.error.reason), 200))
    out = post.state is PostState.SENT
    return say.label("out {time}", time=time) if out else say.translate(STATES[post.state])


def _describe_hold(card: _CardView, post: Post, time: str) -> str:
    say, given = card.say, card.list_approvals(post)
    if post.held_for not in {None, Code.APPROVAL()}:
        return say.label("held: {why}", why=cut(say.explain(post.held_for), 200))
    if post.reason == Code.AS_SOON_AS_THERE() and post.due_at <= card.room.clock.now():
        time = say.label("at once")
    wanted = max(post.approval - len(given), 1)
    text = say.label("{time}, needs 1 approval", time=time)
    if wanted > 1:
        text = say.label("{time}, needs {n} approvals", time=time, n=wanted)
    return text + _describe_approvers(card, post)


def _describe_approvers(card: _CardView, post: Post) -> str:
    names = card.say.format_list(card.room.people.name(one.by) for one in card.list_approvals(post))
    return card.say.label(" ✓ {names}", names=names) if names else ""


def _render_expiry(card: _CardView) -> Markup:
    """Render when a held post is dropped if nobody approves it, for the post with the earliest time; return
    an empty text if no post is held.
    """
    ends = [post.expires_at for post in card.posts if post.state is PostState.HELD and post.expires_at]
    if not ends:
        return Markup()
    return card.say("Without an answer it is dropped {time}.", time=card.say.time(min(ends)))


def _find_need(posts: Sequence[Post]) -> Literal["approval", "trouble", ""]:
    states = {post.state for post in posts}
    if states & {PostState.UNKNOWN, PostState.FAILED}:
        return "trouble"
    return "approval" if PostState.HELD in states else ""


def build_buttons(posts: Sequence[Post], say: Translator) -> ButtonRows:
    """Return the rows of buttons below a card (the message about an article): a button for each thing that an
    editor can do with the posts now.
    """
    newest = _select_newest(posts)
    held = [post for post in newest if post.state is PostState.HELD]
    waiting = [post for post in newest if post.is_pending]
    article, rows = newest[0].article_id, list[tuple[Button, ...]]()
    if asks := bool(held) and find_anomaly_kind(held[0].held_for) == "alike":
        first = held[0].id
        drop = say.button("Drop", "held", f"{first} drop")
        rows.append(
            (say.button("Update", "instead", first), drop, say.button("Post", "held", f"{first} post"))
        )
    elif len(held) > 1:
        every = say.button("Approve all ({n})", "approve", article, hash_posts(held), n=len(held))
        rows.append((every, say.button("One by one", "each", article)))
    elif held:
        rows.append((say.button("Approve", "approve", article, hash_posts(held)),))
    if waiting and not asks:
        now = say.button("Now", "now", article, hash_posts(waiting))
        time, drop = say.button("Time", "move", article), say.button("Drop", "cancel", article)
        rows.append((time, drop) if held else (now, time, drop))
    for post in newest:
        if post.state is PostState.UNKNOWN:
            rows += build_unknown_buttons(post, say)
        elif post.state is PostState.FAILED:
            rows.append((build_retry_button(post, say),))
    rows += [
        (say.button("Look: {channel}", "show", post.id, channel=post.channel),)
        for post in _list_cut_posts(newest)
    ]
    rows.append((say.button("Why", "why", article),))
    return tuple(rows)


def build_post_buttons(posts: Sequence[Post], say: Translator, article: str) -> Answer:
    """Return two buttons for each post that waits for an approval (to view and to approve it), and a button
    back to the message's usual buttons.
    """
    rows = [
        (
            say.button("Look: {channel}", "show", post.id, channel=post.channel),
            say.button("Approve", "approve", post.id, hash_posts([post])),
        )
        for post in _select_newest(posts)
        if post.state is PostState.HELD
    ]
    return Answer("", (*rows, (say.button("◂ Back", "back", article),)), keyboard=True)


_MOST = 30  # The most lines that one report on a takedown (removal of an article) shows.
_BUTTONS = 6
_STATES = {
    "cancelled": N_("dropped before it went out"),
    "deleted": N_("deleted"),
    "notice": N_("could not be deleted, says that it was withdrawn"),
    "by hand": N_("deleted by hand"),
    "waiting": N_("is being taken down"),
    "manual": N_("only a person can delete it"),
    "failed": N_("could not be taken down"),
    "not out": N_("was never out"),
    "edited": N_("a digest, says the rest now"),
    "recomposed": N_("a digest, goes out without it"),
}


def render_report(report: TakedownReport, say: Translator) -> Shown:
    """Render the report on a takedown (the removal of an article) as a message; the field ``over`` of the
    result is true once nothing is left to delete.
    """
    title = report.title or report.url or report.action.article_id
    head = say("{what}: <b>{title}</b>", what=f"/{report.action.what}", title=cut(title, 100))
    rows = [_render_row(line, say) for line in report.lines[:_MOST]]
    rows = rows or [say("Nothing of it was out, and it won't come again.")]
    return Shown(
        fit_one_message(join_lines([head, *rows, _render_progress(report, say)])),
        _build_deleted_buttons(report.lines, say),
        report.done,
        "" if report.done else "trouble",
    )


def _render_row(line: ReportLine, say: Translator) -> Markup:
    row = say("{channel}: {state}", channel=line.channel, state=say.translate(_STATES[line.state]))
    if line.at and line.state != "waiting":
        row += say(", {time}", time=say.time(line.at))
    row += say(" ({why})", why=cut(say.explain(line.why), 160)) if line.why else ""
    return row + (say("\n{link}", link=line.url) if line.url else "")


def _render_progress(report: TakedownReport, say: Translator) -> Markup:
    if report.done:
        return say("All of it is gone.")
    return say("The rest is tried again and again: /why {id}", id=report.action.article_id)


def _build_deleted_buttons(lines: Sequence[ReportLine], say: Translator) -> ButtonRows:
    """Return a button "I deleted it" for each post that only a person can delete on the post's platform."""
    wanted = {line.post_id: line.channel for line in lines if line.state == "manual"}
    return tuple(
        (say.button("I deleted it: {channel}", "deleted", post_id, channel=channel),)
        for post_id, channel in list(wanted.items())[:_BUTTONS]
    )
