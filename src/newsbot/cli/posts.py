"""The commands that show, approve, change and send posts, and that pause channels."""

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from newsbot.cli import history_output, output
from newsbot.cli.articles import Confirmed, Json, find_channel, parse_when
from newsbot.cli.session import channel_names, get_person, open_stored_app, waiting_posts
from newsbot.errors import UsageError
from newsbot.model import WAITING, PostState
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.history import HistoryReader, list_versions
from newsbot.newsroom.names import find_name
from newsbot.newsroom.wording import say_count, say_reason
from newsbot.reasons import UsageCode
from newsbot.scheduling.rules import parse_duration

if TYPE_CHECKING:
    from newsbot.app.container import App
    from newsbot.model import Post
    from newsbot.newsroom.posts import Moved, ResumeMode

__all__ = ["COMMANDS"]

Act = Callable[["App", str, str], "tuple[Post, str]"]
"""A function that does to a post what a person ordered. Its arguments are the App,
the post's id and the person.

The function returns the post in its new state, and a text to print below the state, which may be empty.
"""

Id = Annotated[str, typer.Argument(metavar="ID", help="The post's id.", autocompletion=waiting_posts)]
Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID", help="The post's id; several may be given.", autocompletion=waiting_posts),
]
Alike = Annotated[
    bool,
    typer.Option(
        "--alike", help="Also all other posts held for the same reason, such as a flood of articles."
    ),
]

_NEWEST = 50
"""The number of posts that `newsbot posts` lists if neither `--limit` nor `--since` is given."""

_NOTHING_WAITS = (
    "Nothing waits. `newsbot post URL` or `newsbot post FILE` queues an article; "
    "of a source that is seen for the first time, `backfill` in config.yaml says how many are posted."
)


def queue(context: typer.Context, json: Json = False) -> None:
    """List waiting posts: held, scheduled, retrying, sending, unknown."""
    app = open_stored_app(context)
    found = app.ledger.posts.list_posts(states=WAITING, limit=None, oldest_first=True)
    _print_posts(app, found, _NOTHING_WAITS, json=json, waiting=True)


def posts(
    context: typer.Context,
    state: Annotated[
        PostState | None, typer.Option(help="Only posts in this state.", case_sensitive=False)
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only posts on this channel.", autocompletion=channel_names),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="SPAN|DATE", help="Only posts sent or due since: 7d, 24h, 2026-11-20, '2026-11-20 08:00'."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="The maximum number of posts.", show_default="50, and all with --since"
        ),
    ] = None,
    json: Json = False,
) -> None:
    """List all posts, newest first."""
    app = open_stored_app(context)
    states = (state,) if state else ()
    after = _parse_since(app, since) if since is not None else None
    most = limit if limit or after else _NEWEST
    # ``--channel`` accepts any name that posts in the ledger have, because config.yaml may no longer have the
    # channel.
    if channel and not app.ledger.posts.list_posts(channel=channel, limit=1):
        channel = find_channel(channel, app.config.channels)
    found = app.ledger.posts.list_posts(states=states, channel=channel, since=after, limit=most)
    _print_posts(app, found, "No such posts." if state or channel or since else "No posts.", json=json)


def _parse_since(app: "App", text: str) -> "datetime":
    """Return the time that the value of `--since` means: a span like ``7d`` before now, or a date or time.

    A date or time without an offset from UTC is in the newsroom's time zone.

    Raises:
        BadParameter: The text is neither a span nor a date.
    """
    with suppress(ValueError, OverflowError):
        return app.clock.now() - parse_duration(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        forms = "write it like 7d, 24h, 2026-11-20 or '2026-11-20 08:00'"
        raise typer.BadParameter(f"{text!r} is no span or date: {forms}", param_hint="--since") from None
    return at if at.tzinfo else at.replace(tzinfo=app.config.timezone)


def show(
    context: typer.Context,
    asked: Annotated[
        list[str],
        typer.Argument(
            metavar="ID|URL",
            help="A post's id or link, or an article's id (a-...) or address; several may be given.",
        ),
    ],
    json: Json = False,
) -> None:
    """Show everything that happened to a post or an article."""
    app = open_stored_app(context)
    app.people.replace_known(app.ledger.desk.list_people())
    failed = False
    for number, each in enumerate(dict.fromkeys(asked)):
        if number and not json:
            output.say("")
        try:
            _show_one(app, each, json=json, line=len(asked) > 1)
        except UsageError as error:
            if len(asked) == 1:
                raise
            failed = True
            output.print_problem(say_reason(error.reason, app.config.timezone, app.people.name))
    if failed:
        raise typer.Exit(1)


def _show_one(app: "App", asked: str, *, json: bool, line: bool) -> None:
    """Print one post or article with its history; ``line`` prints its JSON on one line."""
    from newsbot.newsroom import json_views

    zone, stories = app.config.timezone, HistoryReader(app.ledger)
    found = stories.find(asked)
    if found.startswith("a-"):
        kept = app.ledger.articles.get_article(found)
        posts = app.ledger.posts.list_posts(article_id=found, limit=None)
        if json:
            output.write_json(json_views.serialize_kept(kept, posts), line=line)
        else:
            history_output.show_article_record(kept, posts, zone)
        return
    story = stories.get_history(found)
    public = list_versions(app.ledger.actions, story.post)
    if json:
        views = [json_views.serialize_version(each) for each in public]
        pending = [json_views.serialize_pending(each) for each in story.pending]
        from newsbot.desk.i18n import choose_wording

        say = choose_wording(app.config.language, zone)
        post = json_views.serialize_post(story.post, story.timeline, say)
        output.write_json(post | {"versions": views, "pending": pending}, line=line)
    else:
        history_output.show_history(story, zone, app.people, runs=bool(app.ledger.list_running_services()))
        history_output.show_versions(public, zone)


def approve(context: typer.Context, post_ids: Ids, alike: Alike = False, json: Json = False) -> None:
    """Approve a held post exactly as it is, and print the notes on what to check in it."""
    if alike:
        _decide_held(context, post_ids, drop=False, json=json)
        return

    def act(app: "App", post_id: str, by: str) -> "tuple[Post, str]":
        # newsbot needs the list of people in config.yaml to tell whether this machine's user is an editor who
        # has already approved the post in the desk's chat.
        app.config.need("desk", ["people"])
        lookalike = _describe_lookalike(app, post_id)
        voted = app.approvals.approve(post_id, by)
        if not voted.needed:
            return voted.post, lookalike
        people = "1 more person has" if voted.needed == 1 else f"{voted.needed} more people have"
        return voted.post, f"{lookalike} {people} to approve it.".lstrip()

    _act_on_each(context, post_ids, json, act, notes=True)


def _describe_lookalike(app: "App", post_id: str) -> str:
    """Return a sentence about the similar article because of which a post waits for an editor; "" if it waits
    for another reason.
    """
    held_for = app.ledger.posts.get_post(post_id).held_for
    if held_for is None or find_anomaly_kind(held_for) != "alike":
        return ""
    return f"It was held, as {say_reason(held_for, app.config.timezone)}."


def cancel(
    context: typer.Context,
    post_ids: Ids,
    why: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why the post is refused; shown in its history.")
    ] = None,
    alike: Alike = False,
    json: Json = False,
) -> None:
    """Cancel a waiting post."""
    if alike:
        _decide_held(context, post_ids, drop=True, json=json)
        return

    def act(app: "App", post_id: str, by: str) -> "tuple[Post, str]":
        lookalike = _describe_lookalike(app, post_id)
        refused = why is not None and app.approvals.refuse(post_id, by, why)
        return refused or app.posts.cancel(post_id, by=by), lookalike

    _act_on_each(context, post_ids, json, act)


def edit(
    context: typer.Context,
    post_id: Id,
    text: Annotated[
        str, typer.Option(metavar="TEXT", help="The new plain text; - reads it from standard input.")
    ],
    json: Json = False,
) -> None:
    """Replace the text of a waiting post. This voids its approvals."""
    words = sys.stdin.read() if text == "-" else text

    def act(app: "App", post_id: str, by: str) -> "tuple[Post, str]":
        edited = app.editing.edit(post_id, words, by)
        said = say_reason(edited.change, app.config.timezone) if edited.change else "Nothing changed."
        if edited.voided:
            void = "The approval that it had is void, as it was for another text"
            said += f"\n{void}: newsbot approve {post_id}"
        return edited.after, said

    _act_on_each(context, [post_id], json, act, notes=True)


def now(context: typer.Context, post_ids: Ids, json: Json = False) -> None:
    """Send a post without waiting for its time; it still needs its approval."""
    _act_on_each(
        context, post_ids, json, lambda app, post_id, by: _describe_move(app.posts.send_now(post_id, by))
    )


def move(
    context: typer.Context,
    post_id: Id,
    time: Annotated[
        str | None, typer.Argument(metavar="TIME", help="The new time: 18:30, +20m, tomorrow 9am.")
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Compose the post for this channel instead.", autocompletion=channel_names
        ),
    ] = None,
    yes: Confirmed = False,
    json: Json = False,
) -> None:
    """Change the time or the channel of a waiting post."""
    if (time is None) == (channel is None):
        raise typer.BadParameter("give either a TIME or --channel NAME")

    def act(app: "App", post_id: str, by: str) -> "tuple[Post, str]":
        if channel is None:
            return _describe_move(app.posts.move(post_id, parse_when(app, str(time), yes=yes), by))
        name = find_name(channel, app.config.channels)
        app.config.need("channels", [name])
        return _describe_move(app.posts.move_channel(post_id, name, by))

    _act_on_each(context, [post_id], json, act, notes=channel is not None)


def _describe_move(moved: "Moved") -> "tuple[Post, str]":
    """Return a moved post, and a sentence which says that the move made the post's approval void.

    The sentence is "" if the approval is still valid.
    """
    said = "The approval that it had is void, as it was for another time or channel"
    return moved.post, f"{said}: newsbot approve {moved.post.id}" if moved.voided else ""


def retry(context: typer.Context, post_ids: Ids, json: Json = False) -> None:
    """Queue a failed post again, from its first message that was not sent."""
    _act_on_each(context, post_ids, json, lambda app, post_id, by: (app.posts.retry(post_id, by=by), ""))


def skip(context: typer.Context, post_ids: Ids, json: Json = False) -> None:
    """Leave a post as it is: one of unknown outcome, which is then never sent, or one whose article was
    edited.
    """

    def act(app: "App", post_id: str, by: str) -> "tuple[Post, str]":
        post = app.posts.skip(post_id, by=by)
        return post, "It is left as it is." if post.state is PostState.SENT else ""

    _act_on_each(context, post_ids, json, act)


def resolve(
    context: typer.Context,
    post_ids: Ids,
    outcome: Annotated[str, typer.Argument(metavar="sent|not-sent", help="What you saw on the platform.")],
    remote_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The post's id on the platform, if it was sent.")
    ] = None,
    json: Json = False,
) -> None:
    """Record whether a post of unknown outcome was sent: sent, or not-sent (then it may be sent)."""
    outcome = outcome.lower()
    if outcome not in {"sent", "not-sent"}:
        raise typer.BadParameter(f"{outcome!r} is neither sent nor not-sent")
    if remote_id and len(post_ids) > 1:
        raise typer.BadParameter("--remote-id is the id of one post: give one ID")

    def act(app: "App", post_id: str, by: str) -> "tuple[Post, str]":
        if outcome == "sent":
            post = app.posts.resolve_sent(post_id, by=by, remote_id=remote_id)
        else:
            post = app.posts.resolve_not_sent(post_id, by=by)
        return post, app.posts.explain_resolution(post) or ""

    _act_on_each(context, post_ids, json, act)


def pause(
    context: typer.Context,
    channel: Annotated[
        str | None,
        typer.Argument(metavar="CHANNEL", help="The channel; by default all.", autocompletion=channel_names),
    ] = None,
) -> None:
    """Pause sending on one channel or all."""
    app = open_stored_app(context)
    for name in _find_channels(app, channel):
        flying = app.posts.pause(name, by=get_person())
        extra = f"; already in flight: {', '.join(post.id for post in flying)}" if flying else ""
        output.say(f"{name} is paused{extra}. `newsbot resume {name}` lets it send again.")


def resume(
    context: typer.Context,
    channels: Annotated[
        list[str],
        typer.Argument(
            metavar="CHANNEL|all", help="The channels; several may be given.", autocompletion=channel_names
        ),
    ],
    spread: Annotated[
        bool,
        typer.Option(
            help="Send the posts that became due one by one, by the channel's rules or ten minutes apart."
        ),
    ] = False,
    drop: Annotated[
        bool, typer.Option(help="Cancel the posts that became due while the channel was paused.")
    ] = False,
) -> None:
    """Resume sending on paused channels."""
    if spread and drop:
        raise typer.BadParameter("--spread and --drop exclude each other")
    app = open_stored_app(context)
    for name in dict.fromkeys(name for given in channels for name in _find_channels(app, given)):
        how: ResumeMode = "spread" if spread else "drop" if drop else "at once"
        done = app.posts.resume(name, get_person(), how)
        what = "dropped" if drop else "spread out"
        changed = f", {done.changed} {what}" if done.changed else ""
        output.say(f"{name} sends again: {done.waiting} waiting{changed}.")


def status(context: typer.Context, json: Json = False) -> None:
    """Show sources, channels, queue, budget, and what needs a person."""
    from newsbot.newsroom.status import list_needs
    from newsbot.newsroom.status import status as ask

    app = open_stored_app(context)
    channels = app.config.channels
    sources, targets, zone = app.config.sources, app.targets, app.config.timezone
    answer = ask(
        app.ledger,
        app.clock,
        database=app.printable_database_url,
        sources=sources,
        channels={name: settings.kind for name, settings in channels.items()},
        budgets=dict.fromkeys(channels) | dict(app.budgets),
        targets=targets,
    )
    if json:
        output.write_json(answer)
    else:
        lines = list_needs(
            app.ledger, app.clock, sources=sources, channels=channels, targets=targets, zone=zone
        )
        output.show_status(answer, lines, zone, app.clock.now())


def _find_channels(app: "App", channel: str | None) -> list[str]:
    known = list(app.config.channels)
    return (
        known if channel is None or channel.lower() == "all" else [find_channel(channel, known, option=None)]
    )


def _print_posts(app: "App", found: "list[Post]", empty: str, *, json: bool, waiting: bool = False) -> None:
    """Print posts as a table or as JSON; if there are no posts, print the text ``empty``.

    With ``waiting``, print only the number of posts that are held for the same irregularity (such as a flood
    of new articles) if there are many. Lines below the table then name the posts with warnings, and the
    stranded posts (whose channel config.yaml no longer has).
    """
    from newsbot.newsroom.stranded import find_stranded, say_stranded

    if json:
        output.write_posts(found)
        return
    public = {each.post_id for each in app.ledger.alerts.list_unsettled_amendments() if each.is_out}
    output.show_posts(found, app.config.timezone, app.clock.now(), empty=empty, fold=waiting, public=public)
    if waiting:
        output.print_noted(found)
        for each in find_stranded(app.ledger.alerts, app.targets):
            output.say(say_stranded(each))


def _decide_held(context: typer.Context, post_ids: list[str], *, drop: bool, json: bool) -> None:
    """Release all posts that are held for the same irregularity (such as a flood of articles) as the given
    posts; with ``drop``, cancel them.

    Raises:
        UsageError: One of the given posts is not held for an irregularity.
    """
    app = open_stored_app(context)
    asked: dict[str, Post] = {}
    for post_id in post_ids:
        if not (alike := app.questions.list_similar_posts(post_id)):
            raise UsageError(UsageCode.NO_SUSPICION(ref=post_id))
        asked |= {post.id: post for post in alike}
    act = app.questions.drop if drop else app.questions.post
    moved = act(list(asked.values()), by=get_person())
    if json:
        output.write_posts(moved)
    elif drop:
        done = f"{say_count(len(moved), 'post')} {'is' if len(moved) == 1 else 'are'} cancelled"
        output.say(f"{done}. `newsbot queue` shows what waits.")
    else:
        output.print_released(moved)
        output.print_notes(moved)


def _act_on_each(
    context: typer.Context, post_ids: list[str], json: bool, act: Act, *, notes: bool = False
) -> None:
    """Call ``act`` for each post and print the result; if the call fails for a post, continue with the other
    posts.

    With ``notes``, print each post's warnings too.

    Raises:
        Exit: With status 1, at the end, if a call failed.
    """
    from newsbot.newsroom.json_views import serialize_post

    app = open_stored_app(context)
    several, failed = len(post_ids) > 1, False
    for post_id in post_ids:
        try:
            post, more = act(app, post_id, get_person())
        except UsageError as error:
            failed = True
            output.print_problem(say_reason(error.reason, app.config.timezone))
            if json and several:
                wrong = {"code": error.code, "message": str(error)}
                output.write_json({"id": post_id, "state": None, "error": wrong}, line=True)
            continue
        if json:
            output.write_json(serialize_post(post), line=several)
            continue
        output.print_post(post, app.config.timezone)
        if notes:
            output.print_notes([post], named=several)
        if more:
            output.say(more)
    if failed:
        raise typer.Exit(1)


COMMANDS = (queue, posts, show, approve, cancel, edit, now, move, retry, skip, resolve, pause, resume, status)
