"""The command over embargoes."""

from typing import Annotated

import typer

from newsbot.cli import output, tables
from newsbot.cli.articles import Json, Yes, parse_when
from newsbot.cli.session import Session

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(embargo)


def embargo(
    context: typer.Context,
    ref: Annotated[
        str, typer.Argument(metavar="ID", help="An article's id (a-...), or a post's.", show_default=False)
    ],
    time: Annotated[
        str,
        typer.Argument(
            metavar="TIME|lift",
            help="Until when: 18:30, tomorrow 9am; lift takes two people.",
            show_default=False,
        ),
    ],
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Let nothing of an article go out before a time, on any channel; or lift that."""
    from newsbot.newsroom.times import say_time
    from newsbot.newsroom.views import post_view, stamp

    app, by = context.obj.stored(), Session.person()
    zone, lifted = app.config.timezone, None
    if time.lower() == "lift":
        app.config.need("desk", ["people"])  # two people have to, and not one in two places
        lifted = app.embargoes.lift(ref, by)
        posts, until = lifted.posts, lifted.embargo_until
    else:
        until = parse_when(app, time, yes=yes)
        posts = app.embargoes.set(ref, until, by)
    if json:
        done = lifted is not None and lifted.done
        waits = {"lift_asked_by": lifted.first_by} if lifted and not lifted.done else {}
        embargo_until = None if done else stamp(until)
        output.write_json({"embargo_until": embargo_until, **waits, "posts": [post_view(p) for p in posts]})
    else:
        if lifted is None:
            output.say(f"Nothing of it goes out before {say_time(until, zone)}.")
        elif lifted.done:
            output.say(f"The embargo until {say_time(until, zone)} is lifted, by {lifted.first_by} and {by}.")
        else:
            output.say(
                f"The embargo until {say_time(until, zone)} holds: {lifted.first_by} would lift it, "
                f"and a second person has to: newsbot embargo {ref} lift"
            )
        for post in posts:
            tables.tell_post(post, zone)
    app.ledger.close()
