"""The desk's commands that only show something: queue, show, why, status and preview."""

from typing import Any

from markupsafe import Markup, escape

from newsbot.desk.cards import build_buttons, build_post_buttons
from newsbot.desk.context import (
    Command,
    CommandCall,
    DeskContext,
    act_on_every_reference,
    find_posts,
    require_url,
)
from newsbot.desk.i18n import N_
from newsbot.desk.notices import render_trouble
from newsbot.desk.post_lines import (
    PAGE,
    count,
    cut,
    describe_title,
    format_title,
    get_plain_text,
    line,
    lines,
    list_visible_posts,
    pages,
    render_photos,
    render_warnings,
)
from newsbot.desk.replies import Answer, join_lines
from newsbot.model import WAITING, Event, Post, PostState
from newsbot.newsroom.history import describe_event, find_pending, list_receipt_notes
from newsbot.newsroom.status import Needs, find_needs
from newsbot.newsroom.status import status as whole_status
from newsbot.newsroom.submission import compose_drafts, find_source
from newsbot.ports import ARTICLE_GONE

__all__ = ["LOOKING"]

_TEXT = 2500
_STORY = 25
_CLAIMS = 4  # The most sentences by a model that the answer to /why shows with what they rest on.
_MOST = 12  # The most ids of posts or articles that one line of an answer lists.


def queue(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /queue: list the unpublished posts that the person who sent the command may see, one page at a
    time.
    """
    posts = list_visible_posts(room, call, sorted(WAITING))
    if not posts:
        return Answer(call.say("Nothing waits. /post and an address queues an article."))
    shown = posts[call.offset : call.offset + PAGE]
    rows = [
        join_lines([call.say("<b>{title}</b>", title=format_title(post)), line(post, call.say)])
        for post in shown
    ]
    text = Markup("\n\n").join([count(call, posts, shown), *rows])
    return Answer(text, tuple(pages(call, "queue", len(posts))), replaces=call.pressed)


def show(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /show: show one post with its whole text, or list all posts of an article."""
    posts = find_posts(room, call, call.words[0])
    say, head = call.say, describe_title(call, posts[0])
    pending = [row for post in posts for row in _render_pending(room, call, post)]
    warnings = render_warnings([post for post in posts if post.waits], say)
    if len(posts) > 1:
        tip = say("/show {id} shows what a post says.", id=posts[-1].id)
        return Answer(join_lines([head, lines(posts, say), *warnings, *pending, tip]))
    (post,) = posts
    rows = [head, line(post, say), *pending, *_render_reason(call, post)]
    rows.append(Markup("<blockquote>{}</blockquote>").format(cut(get_plain_text(post), _TEXT)))
    rows += [*render_photos(posts, say), *warnings, *_render_links(post), *_render_notes(call, post)]
    return Answer(join_lines(rows))


def show_reasons(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /why: show the history of posts, and the reason for the time at which each post is due."""
    posts = find_posts(room, call, call.words[0])
    blocks = [join_lines(_render_story(room, call, post)) for post in posts[-4:]]
    return Answer(Markup("\n\n").join(blocks))


def status(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /status: show the states of channels, sources and budgets, and what needs a person."""
    found = whole_status(
        room.ledger,
        room.clock,
        database=room.database,
        sources=room.sources,
        channels=room.channels,
        budgets=dict.fromkeys(room.channels) | dict(room.budgets),
    )
    rows = [_render_channel(call, one) for one in found["channels"]]
    rows += [row for one in found["channels"] for row in _render_shared_budget(call, one)]
    if budget := found["summarizer"]["budget"]:
        rows.append(call.say("Summaries: ${spent} / ${limit}", **_format_budget(budget)))
    sources = room.ledger.sources.list_sources()
    failing = (known for name in room.sources if (known := sources.get(name)) and known.error)
    for one in failing:
        why = call.say.explain(one.error.reason if one.error else None)
        rows.append(call.say("{name} can't be read: {why}", name=one.name, why=why))
    head = _render_needs(room, call) or [call.say("Nothing needs a person.")]
    return Answer(join_lines([*head, Markup(), *rows]))


async def read(room: DeskContext, call: CommandCall) -> Any:
    """Fetch the article whose address /preview names, and have it summarized, before the command's ledger
    transaction begins.

    Return the article with the name of its source, or None for the name if no source has the article.
    """
    url = call.rest.split()[0].strip("<>[](),")
    require_url(call, url)
    article, source = await room.submission.read_with_source(url)
    chosen = room.submission.choose_channels(source, article.url, list(room.channels))
    await room.submission.prepare(article, chosen.names)
    return article, source


def preview(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /preview: show how a post of the article would look on each channel of its source, or on all
    channels.
    """
    article, source = call.prepared
    found = source or find_source(room.ledger.articles, article)
    names = room.submission.choose_channels(found, article.url, list(room.channels)).names
    say, blocks = call.say, list[Markup]()
    for draft in compose_drafts(room.composition, article, names, source=source):
        lengths = say.format_list(f"{part.length}/{part.limit}" for part in draft.parts)
        head = say("<b>{channel}</b> {lengths}", channel=draft.channel, lengths=lengths)
        text = escape(cut(get_plain_text(draft), 700))
        notes = [*render_photos([draft], say), *render_warnings([draft], say)]
        blocks.append(join_lines([head, text, *notes]))
    head = say("A preview queues nothing: this is how it would look.")
    known = room.ledger.articles.find_article(url=article.url) if article.url else None
    if posts := room.ledger.posts.list_posts(article_id=known[0], limit=None)[::-1] if known else []:
        blocks.append(join_lines([say("The article has posts already:"), lines(posts, say)]))
    return Answer(Markup("\n\n").join([head, *blocks]))


def _render_channel(call: CommandCall, one: dict[str, Any]) -> Markup:
    row = call.say(
        "{name}: {queued} waiting, {sent} out in 24 h",
        name=one["name"],
        queued=one["queued"],
        sent=one["sent_24h"],
    )
    if one["state"] == "paused":
        row += " · " + call.say("paused")
    if one["budget"] and one["budget"]["channels"] == [one["name"]]:
        row += " · " + call.say("${spent} / ${limit}", **_format_budget(one["budget"]))
    return row


def _render_shared_budget(call: CommandCall, one: dict[str, Any]) -> list[Markup]:
    """Render the budget that a channel shares with other channels of its account.

    Return [] for a channel that shares no budget, and for each but the first of the channels that share one.
    """
    names = one["budget"]["channels"] if one["budget"] else []
    if len(names) <= 1 or names[0] != one["name"]:
        return []
    shown = call.say.format_list(names)
    return [call.say("{name}: ${spent} / ${limit}", name=shown, **_format_budget(one["budget"]))]


def _format_budget(budget: dict[str, Any]) -> dict[str, str]:
    return {"spent": f"{budget['month_to_date_usd']:.2f}", "limit": f"{budget['limit_usd']:.0f}"}


def _render_needs(room: DeskContext, call: CommandCall) -> list[Markup]:
    say = call.say
    out = [render_trouble(each, say) for each in room.troubles.list_stranded()]
    found = find_needs(room.ledger, room.clock, sources=room.sources, channels=list(room.channels))
    for posts, text in (
        (found.unknown, N_("May or may not be out: {n}. /resolve asks about each.")),
        (found.held, N_("Posts that wait for a person: {n}. /approve lists them.")),
        (found.failed, N_("Failed: {n}. /retry lists them.")),
    ):
        if count := sum(map(call.who.may_see, posts)):
            out.append(say(text, n=count))
    out += _render_flagged(room, call, found)
    if names := [one.name for one in found.paused]:
        out.append(say("Paused: {names}. /resume lets them send.", names=say.format_list(names)))
    ids = list(dict.fromkeys(each.post_id for each in found.amendments))
    if ids := [each for each in ids if call.who.may_see(room.ledger.posts.get_post(each))]:
        text = N_("Could not be corrected or taken away: {ids}. /why {id} says why.")
        out.append(say(text, ids=say.format_list(ids[:_MOST]), id=ids[0]))
    for each in found.failed_articles[:_MOST]:
        why = cut(say.explain(each.error.reason), 300) if each.error else "?"
        title = cut(each.title or each.url or each.source, 100)
        text = N_("Not posted: <b>{title}</b>, <code>{id}</code>: {why}")
        out.append(say(text, title=title, id=each.id, why=why))
    broken = [part["name"] for service in found.services for part in service.failed]
    if broken:
        parts = say.format_list(dict.fromkeys(broken))
        out.append(say("Does not work: {parts}. It starts again by itself; the log says why.", parts=parts))
    return out


def _render_flagged(room: DeskContext, call: CommandCall, found: Needs) -> list[Markup]:
    """Render which published posts have an article that its source changed or removed after the posts were
    published.
    """
    say, out = call.say, list[Markup]()
    flagged = [each for each in found.flagged if call.who.may_see(room.ledger.posts.get_post(each.post_id))]
    gone = dict.fromkeys(each.article_id for each in flagged if each.told.event == ARTICLE_GONE)
    if gone:
        text = N_(
            "Out, and not published at their source any more: {ids}. /takedown {id} takes one away "
            "everywhere, /skip {id} leaves it up."
        )
        out.append(say(text, ids=say.format_list(list(gone)[:_MOST]), id=next(iter(gone))))
    if ids := [each.post_id for each in flagged if each.told.event != ARTICLE_GONE]:
        text = N_(
            "Out, and their articles changed since: {ids}. /why says how, /skip {id} leaves it as it is."
        )
        out.append(say(text, ids=say.format_list(ids[:_MOST]), id=ids[0]))
    return out


def _render_reason(call: CommandCall, post: Post) -> list[Markup]:
    why = call.say.explain(post.reason)
    return [call.say("Why at that time: {why}", why=why)] if why else []


def _render_links(post: Post) -> list[Markup]:
    return [escape(receipt.url) for receipt in post.receipts if receipt.url]


def _render_story(room: DeskContext, call: CommandCall, post: Post) -> list[Markup]:
    told = room.stories.get_history(post.id)
    rows = [call.say("<b>{title}</b>", title=format_title(post)), line(post, call.say)]
    rows += [*_render_pending(room, call, post), *_render_reason(call, post)]
    rows += [escape("…")] if len(told.lines) > _STORY else []
    rows += [_render_event(room, call, event) for event in told.lines[-_STORY:]]
    for text, source in [pair for pair in told.sentences if pair[0] != pair[1]][:_CLAIMS]:
        rows += [escape(f"▸ {cut(text, 300)}"), call.say("Rests on: {sentence}", sentence=cut(source, 300))]
    return [*rows, *_render_links(post), *_render_notes(call, post)]


def _render_pending(room: DeskContext, call: CommandCall, post: Post) -> list[Markup]:
    """Render which edit or deletion of a published post an editor ordered that is not done yet; [] if there
    is none.
    """
    pending = find_pending(room.ledger.actions, post)
    removed = [each for each in pending if each.what == "delete"]
    if not pending:
        return []
    text = N_("{channel}: a change was asked {time}, and is not public yet.")
    if removed:
        text = N_("{channel}: it was asked {time} to be taken down, and is still public.")
    time = call.say.time((removed or pending)[0].since)
    return [call.say(text, channel=post.channel, time=time)]


def _render_notes(call: CommandCall, post: Post) -> list[Markup]:
    notes = (call.say.explain(note) for note in list_receipt_notes(post))
    return [call.say("⚠ {warning}", warning=note) for note in notes]


def _render_event(room: DeskContext, call: CommandCall, event: Event) -> Markup:
    by = room.people.describe_actor(event.by) or call.say.translate(event.by)
    text = N_("{time} {event} · {by}: {detail}") if event.detail else N_("{time} {event} · {by}")
    return call.say(
        text,
        time=call.say.time(event.at),
        event=call.say.translate(describe_event(event.event)),
        by=by,
        detail=cut(call.say.explain(event.detail), 160),
    )


def show_each_post(room: DeskContext, call: CommandCall) -> Answer:
    """Replace the buttons of a card (message about an article) by two for each held post: to view the post
    and to approve it.
    """
    posts = find_posts(room, call, call.words[0])
    return build_post_buttons(posts, call.say, call.words[0])


def restore_buttons(room: DeskContext, call: CommandCall) -> Answer:
    """Restore the usual buttons of an article's card (the message about it)."""
    posts = find_posts(room, call, call.words[0])
    return Answer("", build_buttons(posts, call.say), keyboard=True)


_EVERY = tuple(PostState)

LOOKING = (
    Command("queue", N_("what waits"), queue, writes=False),
    Command(
        "show", N_("one post, or an article"), act_on_every_reference(show), N_("ID or link"), _EVERY,
        writes=False,
    ),
    Command("why", N_("how it came to be so"), show_reasons, N_("ID or link"), _EVERY, writes=False),
    Command("status", N_("channels, sources, what needs a person"), status, writes=False),
    Command("preview", N_("how an article would look"), preview, N_("address"), writes=False, prepare=read),
    Command("each", "", show_each_post, writes=False, hidden=True),
    Command("back", "", restore_buttons, writes=False, hidden=True),
)  # fmt: skip
