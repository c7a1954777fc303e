"""What is out is taken away, and what shall not be taken in again."""

from markupsafe import Markup

from newsbot.desk.answers import Answer, Button, Refusal, data_of
from newsbot.desk.commands.after import article_of, use
from newsbot.desk.people import Role
from newsbot.desk.reports import REPORT, render_report
from newsbot.desk.room import Call, Command, Room, find_posts
from newsbot.desk.words import N_
from newsbot.model import PostState
from newsbot.newsroom.withdrawals import Report

__all__ = ["AWAY"]

_OUT = (PostState.SENT, PostState.FAILED)
_SENT = (PostState.SENT,)


def withdraw(room: Room, call: Call) -> Answer:
    """One post is taken away."""
    found = [post for post in find_posts(room, call, call.words[0]) if post.state in _OUT]
    if len(found) != 1:
        raise Refusal(
            call.say("/withdraw takes one post that is out; /takedown {id} takes all.", id=call.words[0])
        )
    return _report(room, call, use(room, call, "withdrawals").withdraw(found[0].id, call.who.by))


def takedown(room: Room, call: Call) -> Answer:
    """An article is taken away everywhere, and never comes again."""
    ref = call.rest.split()[0]
    wanted = ref if "://" in ref else article_of(room, call, call.words[0])
    redact = "redact" in call.rest.lower().split()[1:]
    return _report(room, call, use(room, call, "withdrawals").takedown(wanted, call.who.by, redact=redact))


def deleted(room: Room, call: Call) -> Answer:
    """A person deleted what no bot can; the report's message says so from then on."""
    post = find_posts(room, call, call.words[0])[0]
    report = use(room, call, "withdrawals").deleted_by_hand(post.id, call.who.by)
    left = sum(line.state in {"waiting", "manual", "failed"} for line in report.lines)
    text = call.say.label("Noted: {channel} is rid of it. Left: {n}", channel=post.channel, n=left)
    return Answer(text, pop=call.pressed)


def block(room: Room, call: Call) -> Answer:
    """Nothing is taken from a source any more."""
    if not call.words:
        return _sources(room, call)
    done = use(room, call, "blocks").block(call.words[0], call.who.by)
    say = call.say
    parts = [say("{name} is blocked. Dropped: {n}", name=call.words[0], n=len(done.cancelled))]
    if done.out:
        ids = ", ".join(post.id for post in done.out[:20])
        parts.append(say("Out, and left there: {ids}. /withdraw takes one away.", ids=ids))
    parts.append(say("/unblock {name} takes it in again.", name=call.words[0]))
    return Answer(Markup("\n").join(parts))


def unblock(room: Room, call: Call) -> Answer:
    """A source is taken in again."""
    if not call.words:
        return _sources(room, call)
    if not use(room, call, "blocks").unblock(call.words[0], call.who.by):
        return Answer(call.say("{name} was not blocked.", name=call.words[0]))
    return Answer(call.say("{name} is polled again. /block {name} ends that.", name=call.words[0]))


def _report(room: Room, call: Call, report: Report) -> Answer:
    """What became of each post. Its message is a card: it follows on until all of it is accounted for."""
    shown = render_report(report, call.say, call.now)
    if shown.over:
        return Answer(shown.text, shown.buttons)
    card = room.ledger.open_card(call.chat_id, REPORT, str(report.action.id), now=call.now)
    return Answer(shown.text, shown.buttons, card=card.id)


def _sources(room: Room, call: Call) -> Answer:
    rows = tuple((Button(name, data_of(call.verb, name)),) for name in list(room.sources)[:20])
    return Answer(call.say("Which source?"), rows)


AWAY = (
    Command(
        "withdraw", Role.ADMIN, N_("take one post away"), withdraw, N_("ID"), _SENT,
        confirms=N_("Yes, take it away"),
    ),
    Command(
        "takedown", Role.ADMIN, N_("take an article away for good"), takedown, N_("ARTICLE-ID or address"),
        _SENT, confirms=N_("Yes, take it down everywhere"),
    ),
    Command("deleted", Role.EDITOR, "", deleted, hidden=True),
    Command(
        "block", Role.ADMIN, N_("take nothing from a source"), block, N_("SOURCE"),
        confirms=N_("Yes, block it"),
    ),
    Command("unblock", Role.ADMIN, N_("take a source in again"), unblock, N_("SOURCE")),
)  # fmt: skip
