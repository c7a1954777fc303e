"""Commands over posts and channels: what an editor looks at and does."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from newsbot.cli import output
from newsbot.cli.articles import Json, parse_when
from newsbot.cli.session import Session
from newsbot.model import PostState

if TYPE_CHECKING:
    from newsbot.app import App
    from newsbot.model import Post

__all__ = ["register"]

Id = Annotated[str, typer.Argument(metavar="ID", help="The post's id.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add these commands to ``app``."""
    for command in (
        queue,
        posts,
        show,
        approve,
        cancel,
        now,
        move,
        retry,
        skip,
        resolve,
        pause,
        resume,
        status,
    ):
        app.command()(command)


def queue(context: typer.Context, json: Json = False) -> None:
    """List what waits: held, scheduled, retrying, sending, unknown."""
    from newsbot.model import WAITING

    app = context.obj.stored()
    _list(app, app.ledger.posts(states=WAITING, limit=None, oldest_first=True), json=json)


def posts(
    context: typer.Context,
    state: Annotated[PostState | None, typer.Option(help="Only posts in this state.")] = None,
    channel: Annotated[str | None, typer.Option(help="Only posts on this channel.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """List all posts, newest first."""
    app = context.obj.stored()
    states = (state,) if state else ()
    _list(app, app.ledger.posts(states=states, channel=channel, limit=limit), json=json)


def show(context: typer.Context, post_id: Id, json: Json = False) -> None:
    """Show one post's whole story."""
    from newsbot.newsroom.views import post_view

    app = context.obj.stored()
    one, timeline = app.ledger.post(post_id), app.ledger.timeline(post_id)
    if json:
        output.write_json(post_view(one, timeline))
    else:
        output.show_post(one, timeline, app.config.timezone)


def approve(context: typer.Context, post_id: Id, json: Json = False) -> None:
    """Let a held post go, exactly as it is."""
    _act(context, json, lambda app, by: app.posts.approve(post_id, by=by))


def cancel(context: typer.Context, post_id: Id, json: Json = False) -> None:
    """Don't send a post that waits."""
    _act(context, json, lambda app, by: app.posts.cancel(post_id, by=by))


def now(context: typer.Context, post_id: Id, json: Json = False) -> None:
    """Send a post without waiting for its time; an approval is still needed."""
    _act(context, json, lambda app, by: app.posts.send_now(post_id, by=by))


def move(
    context: typer.Context,
    post_id: Id,
    time: Annotated[
        str, typer.Argument(metavar="TIME", help="18:30, +20m, tomorrow 9am.", show_default=False)
    ],
    json: Json = False,
) -> None:
    """Give a post that waits another time."""
    _act(context, json, lambda app, by: app.posts.move(post_id, parse_when(app, time), by=by))


def retry(context: typer.Context, post_id: Id, json: Json = False) -> None:
    """Let a failed post wait again, from its first part that is not out."""
    _act(context, json, lambda app, by: app.posts.retry(post_id, by=by))


def skip(context: typer.Context, post_id: Id, json: Json = False) -> None:
    """Leave an unknown post as it is and never send it."""
    _act(context, json, lambda app, by: app.posts.skip(post_id, by=by))


def resolve(
    context: typer.Context,
    post_id: Id,
    outcome: Annotated[
        str, typer.Argument(metavar="sent|not-sent", help="What you saw.", show_default=False)
    ],
    remote_id: Annotated[
        str | None, typer.Option(help="The post's id on the platform, where it is out.")
    ] = None,
    json: Json = False,
) -> None:
    """Say whether an unknown post is out: sent, or not-sent (then it may be sent)."""
    if outcome == "sent":
        _act(context, json, lambda app, by: app.posts.resolve_sent(post_id, by=by, remote_id=remote_id))
    elif outcome == "not-sent":
        _act(context, json, lambda app, by: app.posts.resolve_not_sent(post_id, by=by))
    else:
        raise typer.BadParameter(f"{outcome!r} is neither sent nor not-sent")


def pause(
    context: typer.Context,
    channel: Annotated[
        str | None, typer.Argument(help="One channel; without it all.", show_default=False)
    ] = None,
) -> None:
    """Hold sending."""
    app = context.obj.stored()
    for name in _names(app, channel):
        flying = app.posts.pause(name, by=Session.person())
        extra = f"; already in flight: {', '.join(post.id for post in flying)}" if flying else ""
        output.say(f"{name} is paused{extra}. `newsbot resume {name}` lets it send again.")
    app.ledger.close()


def resume(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL|all", help="Which.", show_default=False)],
    spread: Annotated[bool, typer.Option(help="What became due meanwhile goes ten minutes apart.")] = False,
    drop: Annotated[bool, typer.Option(help="What became due meanwhile is cancelled.")] = False,
) -> None:
    """Send again."""
    if spread and drop:
        raise typer.BadParameter("--spread and --drop exclude each other")
    app = context.obj.stored()
    for name in _names(app, channel):
        done = app.posts.resume(name, by=Session.person(), spread=spread, drop=drop)
        what = "dropped" if drop else "spread out"
        changed = f", {done.changed} {what}" if done.changed else ""
        output.say(f"{name} sends again: {done.waiting} waiting{changed}.")
    app.ledger.close()


def status(context: typer.Context, json: Json = False) -> None:
    """Show sources, channels, queue, budget, and what needs a person."""
    from newsbot.newsroom.status import status as ask

    app = context.obj.stored()
    answer = ask(
        app.ledger,
        app.clock,
        database=app.database_shown,
        sources=app.config.sources,
        channels={name: settings.kind for name, settings in app.config.channels.items()},
        budgets={name: app.terms(name).limit_usd for name in app.config.channels},
    )
    if json:
        output.write_json(answer)
    else:
        output.show_status(answer, app.config.timezone)
        for name in app.config.channels:
            if (channel := app.ledger.channel(name)).state == "paused":
                output.say(f"{name} is paused: {channel.reason}. After the mend: newsbot resume {name}")
    app.ledger.close()


def _names(app: "App", channel: str | None) -> list[str]:
    from newsbot.errors import UsageError
    from newsbot.newsroom.posts import names_or_all

    try:
        return names_or_all(channel, app.config.channels)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from None


def _list(app: "App", found: "list[Post]", *, json: bool) -> None:
    from newsbot.newsroom.views import post_view

    if json:
        output.write_json([post_view(one) for one in found])
    else:
        output.show_posts(found, app.config.timezone)
    app.ledger.close()


def _act(context: typer.Context, json: bool, act: "Callable[[App, str], Post]") -> None:
    from newsbot.newsroom.views import post_view

    app = context.obj.stored()
    post = act(app, Session.person())
    if json:
        output.write_json(post_view(post))
    else:
        output.show_posts([post], app.config.timezone)
    app.ledger.close()
