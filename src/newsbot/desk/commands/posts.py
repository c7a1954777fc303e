"""The commands that act on posts: approve, cancel, now (send at once), move, retry, skip, resolve and stop.

A command names a post by its id or link, or all posts of an article by the article's id. The buttons below a
card (message about an article) send the same commands.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import TypeVar

from markupsafe import Markup, escape

from newsbot.desk.command_parser import drop_first_word, normalize_text
from newsbot.desk.context import (
    Command,
    CommandCall,
    DeskContext,
    TimeRefusal,
    act_on_every_reference,
    find_posts,
    hash_posts,
    list_own_channels,
    read_time,
    refuse_name,
    require_few_words,
    require_same_content,
)
from newsbot.desk.i18n import N_
from newsbot.desk.post_lines import (
    STATES,
    build_unknown_buttons,
    describe_next,
    describe_title,
    explain_states,
    format_title,
)
from newsbot.desk.replies import Answer, Button, Refusal, build_button_data, join_lines
from newsbot.errors import InvalidTransition, VoteRefused
from newsbot.model import PENDING, Post, PostEvent, PostState, list_start_states
from newsbot.newsroom.approvals import ApprovalResult, list_people
from newsbot.newsroom.names import UnknownName, find_name
from newsbot.newsroom.posts import Moved

__all__ = ["POST_COMMANDS"]

DoneT = TypeVar("DoneT")

_HELD = list_start_states(PostEvent.APPROVE)
_FAILED = list_start_states(PostEvent.RETRY)
_UNKNOWN = list_start_states(PostEvent.SKIP)


def approve(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /approve: approve the held posts that the command names,
    with the texts that the posts have now.
    """
    posts = _find_in_states(room, call, _HELD)
    done, refused = list[ApprovalResult](), list[Refusal]()
    for post in posts:  # If a post can't be approved, newsbot still approves the other posts.
        try:
            done += _act_on_each(call, [post], lambda post: _approve_post(room, call, post))
        except Refusal as refusal:
            refused.append(refusal)
    if not done:
        raise refused[0]
    more = any(each.needed for each in done)
    said = N_("Noted. Another person has to approve it too.") if more else N_("Approved.")
    return _render_done(call, [each.post for each in done], said, undo=True)


def _approve_post(room: DeskContext, call: CommandCall, post: Post) -> ApprovalResult:
    """Record the person's approval of one post; if the person pressed a button, the approval counts only for
    the text that the button's message showed.

    Raises:
        Refusal: The approval does not count. The answer says why, and who approved the post before.
    """
    try:
        return room.approvals.approve(post.id, call.who.by, post.content if call.pressed else None)
    except VoteRefused as refused:
        who = list_people(refused.by, room.people.same_person)
        names = call.say.format_list(room.people.name(each) for each in who)
        time = call.say.time(refused.at) if refused.at else ""
        text = call.say.label(_REFUSED[refused.why], who=names, time=time, id=post.id)
        raise Refusal(escape(text), pop=True) from None


_REFUSED = {
    "done": N_("{who} was first, {time}: it is approved already."),
    "again": N_("You approved it already, {time}: another person has to."),
    "changed": N_("It changed since: look at it as it is now, /show {id}"),
    "own edit": N_("These words are your own: others have to approve them."),
}


def cancel(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /cancel: cancel the unpublished posts that the command names."""
    posts = _find_in_states(room, call, PENDING)
    done = _act_on_each(call, posts, lambda post: room.posts.cancel(post.id, by=call.who.by))
    again = call.say("It won't go out. After all: /post {url} again", url=done[0].article_url or "URL")
    return _render_done(call, done, N_("Dropped."), then=again)


def now(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /now: make the named unpublished posts due now; a post that needs an approval stays held."""
    posts = _find_in_states(room, call, PENDING)
    done = _act_on_each(call, posts, lambda post: room.posts.send_now(post.id, by=call.who.by))
    held = [each.post for each in done if each.post.state is PostState.HELD]
    then = call.say("It still needs an approval: /approve {id}", id=held[0].id) if held else None
    return _report_moves(call, done, N_("At once."), then=then)


def move(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /move: give the unpublished posts that the command names another time or channel.

    If the command names neither, offer buttons for usual times.
    """
    posts = _find_in_states(room, call, PENDING)
    text = normalize_text(drop_first_word(call.rest)).strip(" ,;")
    if not text:
        return _offer_times(room, call, posts)
    if channel := _find_named_channel(room, call, text):
        done = _act_on_each(call, posts, lambda post: room.posts.move_channel(post.id, channel, call.who.by))
        return _report_moves(call, done, N_("Moved."))
    at = read_time(room, call, text)
    done = _act_on_each(call, posts, lambda post: room.posts.move(post.id, at, by=call.who.by))
    return _report_moves(call, done, N_("Moved."), set_at=at)


def _report_moves(
    call: CommandCall,
    done: Sequence[Moved],
    what: str,
    *,
    then: Markup | None = None,
    set_at: datetime | None = None,
) -> Answer:
    """Render an answer that lists the moved posts,
    and says which of them lost their approvals by the move.
    """
    if voided := [each.post.id for each in done if each.voided]:
        then = call.say(
            "The approval that it had is void, as it was for another time or channel: /approve {id}",
            id=voided[0],
        )
    return _render_done(call, [each.post for each in done], what, then=then, undo=True, set_at=set_at)


def _find_named_channel(room: DeskContext, call: CommandCall, text: str) -> str | None:
    """Return the channel that ``text`` names; None if the text is a time or no channel's name.

    Raises:
        Refusal: the text could mean several channels.
    """
    mine = list_own_channels(room, call)
    if text in mine:
        return text
    try:
        read_time(room, call, text)
    except TimeRefusal as refusal:
        if refusal.why == "unknown":
            try:
                return find_name(text, mine)
            except UnknownName as unknown:
                if unknown.fits:
                    raise refuse_name(call, unknown) from None
    return None


def retry(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /retry: schedule the failed posts that the command names to be sent again."""
    posts = _find_in_states(room, call, _FAILED)
    done = _act_on_each(call, posts, lambda post: room.posts.retry(post.id, by=call.who.by))
    return _render_done(call, done, N_("It is tried again."), undo=True)


def skip(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /skip: leave a published post as it is although its article changed, or never send a post of
    unknown outcome again.
    """
    found = find_posts(room, call, call.words[0])
    if not any(post.state is PostState.UNKNOWN for post in found):
        tried = (room.posts.dismiss_change(post.id, by=call.who.by) for post in found)
        if left := [post for post in tried if post]:
            return _render_done(call, left, N_("Left as it is."))
    posts = _find_in_states(room, call, _UNKNOWN)
    done = _act_on_each(call, posts, lambda post: room.posts.skip(post.id, by=call.who.by))
    return _render_done(call, done, N_("Left as it is: it is never sent again."))


def resolve(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /resolve: record whether a post of unknown outcome is public, as the person saw on the platform.

    If the command does not say whether the post is public, ask the person by buttons.
    """
    words = [word.lower() for word in call.words[1:]]
    said = "-".join(words[:2]) if words[:1] == ["not"] else words[0] if words else ""
    require_few_words(call, {"sent": 3, "not-sent": 3 if words[:1] == ["not"] else 2}.get(said, 1))
    posts = _find_in_states(room, call, _UNKNOWN)
    if said not in {"sent", "not-sent"} or len(posts) > 1:
        return ask_about_unknown(call, posts)
    (post,) = posts
    if said == "sent":
        # The third word of the command is the link of the published post, as in "/resolve ID sent LINK".
        remote = call.rest.split()[2] if len(call.rest.split()) > 2 else None  # noqa: PLR2004
        done = [room.posts.resolve_sent(post.id, by=call.who.by, remote_id=remote)]
        return _render_done(call, done, N_("Noted: it is out."))
    done = [room.posts.resolve_not_sent(post.id, by=call.who.by)]
    said = N_("Noted: it is not there, and goes out again.")
    if done[0].state is PostState.HELD:
        said = N_("Noted: it is not there, and is held again.")
    return _render_done(call, done, said, undo=True)


def stop(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /stop: cancel the unpublished posts that the command names, and never send its posts of unknown
    outcome again.

    Report what happened to each post.
    """
    found = find_posts(room, call, call.words[0])
    stopping = [post for post in found if post.is_pending or post.state is PostState.UNKNOWN]
    done = _act_on_each(call, stopping, lambda post: room.posts.stop(post.id, by=call.who.by))
    out = [post for post in found if post.state is PostState.SENT]
    if not done and not out:
        raise Refusal(explain_states(call, found))
    then = None
    if out:
        ids = call.say.format_list(post.id for post in out)
        then = call.say("Out already: {ids}. /takedown {id} takes them down.", ids=ids, id=out[0].article_id)
    what = N_("Stopped.") if done else N_("Nothing waits any more.")
    return _render_done(call, done or out, what, then=then)


def ask_about_unknown(call: CommandCall, posts: Sequence[Post]) -> Answer:
    """Ask whether a post of unknown outcome is public, for up to five posts, with buttons to answer."""
    text, asked = N_("Did it land? <b>{title}</b> on {channel}, <code>{id}</code>"), posts[:5]
    blocks = [call.say(text, title=format_title(post), channel=post.channel, id=post.id) for post in asked]
    buttons = (row for post in asked for row in build_unknown_buttons(post, call.say))
    return Answer(join_lines(blocks), tuple(buttons))


def _find_in_states(room: DeskContext, call: CommandCall, states: Collection[PostState]) -> list[Post]:
    """Return the posts that the command's first word names and that are in one of ``states``.

    Raises:
        Refusal: no such post is in one of these states, or the posts changed since the button was shown.
    """
    found = find_posts(room, call, call.words[0])
    fitting = [post for post in found if post.state in states]
    if not fitting:
        raise Refusal(_find_first_actor(room, call, found) or explain_states(call, found))
    require_same_content(call, fitting)
    return fitting


def _find_first_actor(room: DeskContext, call: CommandCall, found: Sequence[Post]) -> Answer | None:
    """Return an answer which says who acted on the posts before the person pressed the button, and when.

    Return None for a typed command, or if nobody acted on the posts.
    """
    events = ((event, post) for post in found for event in room.ledger.posts.list_events(post.id))
    told = [(event, post) for event, post in events if ":" in event.by] if call.pressed else []
    if not told:
        return None
    # If two events have the same time, the one that is later in the list counts as the last event.
    last, post = max(reversed(told), key=lambda each: each[0].at)
    text = call.say.label(
        "{who} was first, {time}: {what}. It is {state} now.",
        who=room.people.name(last.by),
        time=call.say.time(last.at),
        what=call.say.translate(last.event),
        state=call.say.translate(STATES[post.state]),
    )
    return Answer(text, pop=True)


def _act_on_each(call: CommandCall, posts: Sequence[Post], act: Callable[[Post], DoneT]) -> list[DoneT]:
    """Call the function ``act`` for each of the posts and return the results.

    Raises:
        Refusal: A post's state forbids the action. Then the command's transaction changes no post.
    """
    try:
        return [act(post) for post in posts]
    except InvalidTransition as error:
        text = call.say("Nothing was done: {why}", why=call.say.explain(error.reason))
        raise Refusal(text, pop=True) from None


def _render_done(
    call: CommandCall,
    posts: Sequence[Post],
    what: str,
    *,
    then: Markup | None = None,
    undo: bool = False,
    set_at: datetime | None = None,
) -> Answer:
    """Render what a command did to posts, and what happens to each post next and when.

    With ``undo``, add buttons by which the person can change the posts again.
    """
    say = call.say
    rows = [describe_next(call, post) for post in posts]
    if set_at:
        rows.append(say("The time that was set: {time}", time=say.format_moment(set_at)))
    waiting = [post for post in posts if post.is_pending]
    buttons = _build_undo_buttons(call, posts[0].article_id, waiting) if undo and waiting else ()
    if call.pressed and not then:
        # The answer to a pressed button leaves the headline out, because a pop-up is short and the message
        # with the button shows the headline.
        return Answer(join_lines([say(what), *rows]), buttons, pop=True)
    head = say(what) + " " + describe_title(call, posts[0], 60)
    return Answer(join_lines([head, *rows, *([then] if then else [])]), buttons)


def _build_undo_buttons(
    call: CommandCall, article: str, waiting: Sequence[Post]
) -> tuple[tuple[Button, ...], ...]:
    """Return buttons to approve, move and drop posts that were just changed and are not published yet."""
    ref, say = waiting[0].id if len(waiting) == 1 else article, call.say
    row = (say.button("Time", "move", ref), say.button("Drop", "cancel", ref))
    held = [post for post in waiting if post.state is PostState.HELD]
    if not held:
        return (row,)
    ref = held[0].id if len(held) == 1 else article
    return ((say.button("Approve", "approve", ref, hash_posts(held)), *row),)


# The times of day for which newsbot offers buttons to move a post.
_CLOCKS = (time(8), time(12, 30), time(18))


def _find_next_time(clock: time, now: datetime, zone: tzinfo) -> datetime:
    at = datetime.combine(now.astimezone(zone).date(), clock, zone)
    return at if at > now else at + timedelta(days=1)


def _offer_times(room: DeskContext, call: CommandCall, posts: Sequence[Post]) -> Answer:
    """Return an answer that asks to what time to move posts, with buttons for usual times.

    For any other time, the person has to type the command.
    """
    ref, say = call.words[0], call.say
    minutes, hours = N_("{n} min"), N_("{n} h")
    spans = {
        f"+{n}{unit}": "+" + say.label(text, n=n)
        for n, unit, text in ((15, "m", minutes), (1, "h", hours), (3, "h", hours))
    }
    # The label of a button for a time of day that is over for today names the weekday on which newsbot would
    # publish.
    clocks = {f"{each:%H.%M}": say.time(_find_next_time(each, call.now, room.zone)) for each in _CLOCKS}
    rows = (
        tuple(Button(shown, build_button_data("move", f"{ref} {each}")) for each, shown in times.items())
        for times in (spans, clocks)
    )
    text = N_(
        "When? <b>{title}</b>\nPress one, or type /move {id} and a time, like 18:30, +20m or tomorrow 9am."
    )
    return Answer(say(text, title=format_title(posts[0]), id=ref), tuple(rows))


POST_COMMANDS = (
    Command("approve", N_("let a held post go"), act_on_every_reference(approve), N_("ID"), _HELD),
    Command("cancel", N_("don't send it"), act_on_every_reference(cancel), N_("ID"), PENDING, stops=True),
    Command("now", N_("send it without waiting"), act_on_every_reference(now), N_("ID"), PENDING),
    Command("move", N_("another time, or another channel"), move, N_("ID TIME|CHANNEL"), PENDING),
    Command("retry", N_("try a failed post again"), act_on_every_reference(retry), N_("ID"), _FAILED),
    Command(
        "stop",
        N_("stop a post in any state"),
        act_on_every_reference(stop),
        N_("ID or link"),
        (*PENDING, *_UNKNOWN),
        stops=True,
    ),
    Command(
        "skip", N_("leave a post as it is"), act_on_every_reference(skip), N_("ID"), _UNKNOWN, stops=True
    ),
    Command("resolve", N_("say whether it is out"), resolve, N_("ID sent|not-sent"), _UNKNOWN),
)
