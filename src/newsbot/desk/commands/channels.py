"""The commands that pause and resume channels, and the buttons that decide about posts held for an
irregularity (such as a flood of articles).
"""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from newsbot.desk.context import (
    Command,
    CommandCall,
    DeskContext,
    find_own_channel,
    list_own_channels,
    require_few_words,
)
from newsbot.desk.i18n import N_
from newsbot.desk.post_lines import describe_next
from newsbot.desk.replies import Answer, Button, Refusal, build_button_data, join_lines
from newsbot.model import READY, Post, PostState
from newsbot.newsroom.posts import FEW_OVERDUE, ResumeMode

__all__ = ["CHANNEL_COMMANDS"]

_NEXT = 5  # The most posts that the answer to /resume lists with their times.
_HOWS: dict[str, ResumeMode] = {"spread": "spread", "drop": "drop", "once": "at once"}


def pause(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /pause: pause the named channels, or all channels without names; report the posts that are
    already being sent.
    """
    rows, first = [], _list_named_channels(room, call, call.words)
    for name in first:
        flying = room.posts.pause(name, by=call.who.by)
        row = call.say("{channel} is paused.", channel=name)
        if flying:
            ids = call.say.format_list(post.id for post in flying)
            row += " " + call.say("Already on its way: {ids}.", ids=ids)
        rows.append(row)
    ref = first[0] if len(first) == 1 else "all"
    rows.append(call.say("/resume {channel} lets it send again.", channel=ref))
    return Answer(join_lines(rows), ((call.say.button("Resume", "resume", ref),),))


def resume(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /resume: let paused channels send again; if more than three of their posts are overdue, ask
    first what to do with these posts.
    """
    if not call.words:
        return _offer_paused(room, call)
    names, how = _list_named_channels(room, call, call.words[:1]), (call.words[1:2] or [""])[0].lower()
    require_few_words(call, 2 if how in {"review", *_HOWS} else 1)
    if how == "review":
        return _review_overdue(room, call, names)
    late = sum(len(_list_overdue(room, name)) for name in names)
    if how not in _HOWS and late > FEW_OVERDUE:
        return _ask_about_overdue(call, late)
    rows = []
    for name in names:
        done = room.posts.resume(name, by=call.who.by, how=_HOWS.get(how, "at once"))
        rows.append(call.say("{channel} sends again: {n} waiting.", channel=name, n=done.waiting))
        if done.changed:
            text = N_("{n} dropped.") if how == "drop" else N_("{n} spread out.")
            rows[-1] += " " + call.say(text, n=done.changed)
        if how == "spread":
            list_posts = room.ledger.posts.list_posts
            due = list_posts(states=READY, channel=name, limit=_NEXT, oldest_first=True)
            rows += [describe_next(call, post) for post in due]
    rows.append(call.say("/pause {channel} holds it again.", channel=call.words[0]))
    return Answer(join_lines(rows))


def _list_named_channels(room: DeskContext, call: CommandCall, words: Sequence[str]) -> list[str]:
    """Return the channels that ``words`` name; without words or for "all", return all channels that the
    person who sent the command may act on.
    """
    wanted = [word.lower() for word in words]
    if not wanted or wanted == ["all"]:
        return list_own_channels(room, call)
    return list(dict.fromkeys(find_own_channel(room, call, word) for word in wanted))


def _list_overdue(room: DeskContext, name: str) -> list[str]:
    return [post.id for post in room.posts.list_due_posts(name)]


def _ask_about_overdue(call: CommandCall, late: int) -> Answer:
    ref, say = call.words[0], call.say
    spread = say.button("Spread out", "resume", f"{ref} spread")
    review = say.button("Review", "resume", f"{ref} review")
    drop = say.button("Drop them", "resume", f"{ref} drop")
    once = say.button("All at once", "resume", f"{ref} once")
    text = say("{n} posts are due there and would go out at once. It stays paused until you choose.", n=late)
    return Answer(text, ((spread, review), (drop, once)))


def _review_overdue(room: DeskContext, call: CommandCall, names: list[str]) -> Answer:
    ids = [each for name in names for each in _list_overdue(room, name)]
    text = call.say("Due there: {ids}. /show looks at one, /cancel drops it; then /resume {channel}.",
                    ids=call.say.format_list(ids[:40]), channel=call.words[0])  # fmt: skip
    return Answer(text)


def _offer_paused(room: DeskContext, call: CommandCall) -> Answer:
    states = room.ledger.channels
    paused = [name for name in list_own_channels(room, call) if states.get_channel(name).state == "paused"]
    if not paused:
        return Answer(call.say("No channel is paused."))
    rows = tuple((Button(name, build_button_data("resume", name)),) for name in paused)
    return Answer(call.say("Which channel should send again?"), rows)


def settle_anomaly(room: DeskContext, call: CommandCall) -> Answer:
    """Release or drop all posts held for one irregularity, such as a flood, as the pressed button says."""
    first, how = (*call.words, "", "")[:2]
    alike = room.questions.list_similar_posts(first) if how in {"post", "drop"} else []
    posts = [post for post in alike if call.who.may_see(post)]
    if not posts:
        raise Refusal(call.say.label("None of them is held any more."), pop=True)
    if how == "post":
        done = room.questions.post(posts, by=call.who.by)
        rows = [*_describe_released(call, done), *(describe_next(call, each) for each in done[:_NEXT])]
        return Answer(join_lines(rows))
    room.questions.drop(posts, by=call.who.by)
    text = N_("Dropped, nothing of them went out. Posts: {n}. /post takes one after all.")
    return Answer(call.say(text, n=len(posts)))


def _describe_released(call: CommandCall, posts: Sequence[Post]) -> Iterator[Markup]:
    """Render how many of the posts that an editor released are scheduled now, and how many still need an
    approval.
    """
    held = sum(post.state is PostState.HELD for post in posts)
    if free := len(posts) - held:
        yield call.say("They go on, each by its channel's rules. Posts: {n}. /queue lists them.", n=free)
    if held:
        yield call.say("Posts that still wait for an approval: {n}. /approve lists them.", n=held)


CHANNEL_COMMANDS = (
    Command("pause", N_("hold sending"), pause, N_("[channel]"), stops=True),
    Command("resume", N_("send again"), resume, N_("channel or all")),
    Command("held", "", settle_anomaly, hidden=True),
)
