"""The commands that withdraw posts, take articles down for good, and block sources."""

from collections.abc import Sequence

from markupsafe import Markup

from newsbot.desk.arguments import find_named_source, make_fingerprint
from newsbot.desk.commands.corrections import find_article, use
from newsbot.desk.context import Command, CommandCall, DeskContext, Preview, find_posts, require_few_words
from newsbot.desk.i18n import N_
from newsbot.desk.post_lines import cut, describe_title, format_title, line
from newsbot.desk.replies import Answer, Button, Refusal, data_of
from newsbot.desk.takedown_reports import render_report
from newsbot.model import Post, PostState
from newsbot.newsroom.notices import REPORT_CARD
from newsbot.newsroom.takedowns import TakedownReport

__all__ = ["AWAY"]

_TITLE = 200
_MOST = 12  # The most posts that one question about a deletion lists.


def withdraw(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /withdraw: order the deletion of one published post, and report how far the deletion of its
    messages is.
    """
    post = _find_public_post(room, call)
    return _start_report(room, call, use(room, call, "withdrawals").withdraw(post.id, call.who.by))


def _find_public_post(room: DeskContext, call: CommandCall) -> Post:
    """Return the one published post among those that the command names.

    Raises:
        Refusal: none of the named posts is published, or several are.
    """
    require_few_words(call, 1)
    found = find_posts(room, call, call.words[0])
    out = [post for post in found if post.may_be_withdrawn]
    if len(out) != 1:
        how = call.say("/withdraw takes one post that is out; /takedown {id} takes all.", id=call.words[0])
        raise Refusal(how + "\n" + _render_lines(call, out or found))
    return out[0]


def _show_post(room: DeskContext, call: CommandCall) -> Preview:
    """Render the post that /withdraw would delete: its headline, channel and link."""
    post = _find_public_post(room, call)
    return _preview_posts(describe_title(call, post) + "\n" + _render_lines(call, [post]), [post])


def _preview_posts(text: Markup, posts: Sequence[Post], *more: object) -> Preview:
    """Return the preview with the given text, whose fingerprint changes if a post's content or state does."""
    return Preview(text, make_fingerprint([(post.id, post.state, post.content) for post in posts], *more))


def takedown(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /takedown: order the deletion of an article's posts on every channel, and make sure that newsbot
    posts the article never again.
    """
    redact = "redact" in call.rest.lower().split()[1:]
    return _start_report(
        room,
        call,
        use(room, call, "withdrawals").takedown(_find_target(room, call), call.who.by, redact=redact),
    )


def _find_target(room: DeskContext, call: CommandCall) -> str:
    ref, *more = call.rest.split()
    require_few_words(call, 2 if more and more[0].lower() == "redact" else 1)
    return ref if "://" in ref else find_article(room, call, call.words[0])


def _show_article(room: DeskContext, call: CommandCall) -> Preview | None:
    """Render what /takedown would delete: the headline, and each post with its channel, state and link.

    Return None if the article was taken down before.
    """
    wanted, say = _find_target(room, call), call.say
    found = use(room, call, "withdrawals").propose_takedown(wanted)
    if found.block:
        return None  # The article is already taken down, so the command needs no confirmation.
    if found.article_id is None:
        text = say("We never posted {link}. It would never be taken in.", link=wanted)
        return _preview_posts(text, (), wanted)
    title = cut(found.title or found.article_id, _TITLE)
    head = say("<b>{title}</b> · <code>{id}</code>", title=title, id=found.article_id)
    posts = [post for post in found.posts if call.who.sees(post)]
    rows = _render_lines(call, posts) if posts else say("Nothing of it waits or is out.")
    return _preview_posts(Markup("\n").join([head, rows]), posts, found.article_id)


def _render_lines(call: CommandCall, posts: Sequence[Post]) -> Markup:
    shown = [
        line(post, call.say, call.now)
        + Markup("").join(call.say("\n{link}", link=one.url) for one in post.receipts if one.url)
        for post in posts[:_MOST]
    ]
    more = [call.say("... and {n} more", n=len(posts) - _MOST)] if len(posts) > _MOST else []
    return Markup("\n").join([*shown, *more])


def record_deletion(room: DeskContext, call: CommandCall) -> Answer:
    """Record that a person deleted on the platform a post that the bot can't delete.

    Answer how many posts of the takedown are left to delete.
    """
    post = find_posts(room, call, call.words[0])[0]
    report = use(room, call, "withdrawals").record_deletion(post.id, call.who.by)
    left = sum(line.state in {"waiting", "manual", "failed"} for line in report.lines)
    text = call.say.label("Noted: {channel} is rid of it. Left: {n}", channel=post.channel, n=left)
    return Answer(text, pop=call.pressed)


def block(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /block: stop polling a source, and cancel the source's unpublished posts.

    Without an argument, offer a button for each source.
    """
    if not call.words:
        return _offer_sources(room, call)
    require_few_words(call, 1)
    name, say = find_named_source(room, call, call.words[0]), call.say
    done = use(room, call, "blocks").block(name, call.who.by)
    parts = [say("{name} is blocked. Dropped: {n}", name=name, n=len(done.cancelled))]
    if done.out:
        ids = say.format_list(post.id for post in done.out[:20])
        parts.append(say("Out, and left there: {ids}. /withdraw takes one away.", ids=ids))
    parts.append(say("/unblock {name} takes it in again.", name=name))
    return Answer(Markup("\n").join(parts))


def _show_source(room: DeskContext, call: CommandCall) -> Preview:
    """Render what /block would do: the source's name, and the unpublished posts that would be dropped."""
    require_few_words(call, 1)
    name, say = find_named_source(room, call, call.words[0]), call.say
    _, waiting = use(room, call, "blocks").list_waiting_posts(name)
    head = say("<b>{name}</b>: nothing is taken from it any more. Dropped: {n}", name=name, n=len(waiting))
    rows = [
        say("· {title} · <code>{id}</code>", title=format_title(post), id=post.id) for post in waiting[:_MOST]
    ]
    return _preview_posts(Markup("\n").join([head, *rows]), waiting, name)


def unblock(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /unblock: poll a blocked source again.

    Without an argument, offer a button for each source.
    """
    if not call.words:
        return _offer_sources(room, call)
    require_few_words(call, 1)
    name = find_named_source(room, call, call.words[0])
    if not use(room, call, "blocks").unblock(name, call.who.by):
        return Answer(call.say("{name} was not blocked.", name=name))
    return Answer(call.say("{name} is polled again. /block {name} ends that.", name=name))


def _start_report(room: DeskContext, call: CommandCall, report: TakedownReport) -> Answer:
    """Return an answer with the report on a takedown (the deletion of published posts).

    While the takedown is not complete, newsbot updates the message of this answer.
    """
    shown = render_report(report, call.say, call.now)
    if shown.over:
        return Answer(shown.text, shown.buttons)
    card = room.ledger.desk.add_card(call.chat_id, REPORT_CARD, str(report.action.id), now=call.now)
    return Answer(shown.text, shown.buttons, card=card.id)


def _offer_sources(room: DeskContext, call: CommandCall) -> Answer:
    rows = tuple((Button(name, data_of(call.verb, name)),) for name in list(room.sources)[:20])
    return Answer(call.say("Which source?"), rows)


AWAY = (
    Command(
        "withdraw", N_("take one post away"), withdraw, N_("ID"), (PostState.SENT,),
        confirms=N_("Yes, take it away"), shows=_show_post,
    ),
    Command(
        "takedown", N_("take an article away for good"), takedown, N_("ARTICLE-ID or address"),
        (PostState.SENT,), confirms=N_("Yes, take it down everywhere"), shows=_show_article,
    ),
    Command("deleted", "", record_deletion, hidden=True),
    Command(
        "block", N_("take nothing from a source"), block, N_("SOURCE"),
        confirms=N_("Yes, block it"), shows=_show_source,
        warns=N_("/unblock takes the source in again, but what is dropped stays dropped. Sure?"),
    ),
    Command("unblock", N_("take a source in again"), unblock, N_("SOURCE")),
)  # fmt: skip
