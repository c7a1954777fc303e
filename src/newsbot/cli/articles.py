"""The commands that read or post articles: fetch, preview, post."""

import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from newsbot.cli import history_output, output
from newsbot.cli.session import channel_names, get_person, open_stored_app, run_and_close
from newsbot.errors import AlreadyPosted, NewsbotError, UsageError
from newsbot.model import Article, Draft
from newsbot.newsroom.names import UnknownName, find_name
from newsbot.newsroom.times.reading import TimeRefused, parse_time
from newsbot.newsroom.wording import say_reason, say_time
from newsbot.reasons import Reason, SourceCode, UsageCode

if TYPE_CHECKING:
    from datetime import datetime

    from newsbot.app.container import App
    from newsbot.newsroom.intake import FullText
    from newsbot.newsroom.submission import ChannelChoice, ReadArticles

__all__ = ["COMMANDS", "Confirmed", "Json", "Private", "add_option", "find_channel", "parse_when"]

T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Confirmed = Annotated[
    bool, typer.Option("--yes", help="Accept a time that is more than a year or less than two minutes away.")
]
Private = Annotated[bool, typer.Option(help="Allow private addresses (localhost, 10.x, ...).")]
Channels = Annotated[
    list[str] | None,
    typer.Option(
        "--channel", metavar="NAME", help="Only this channel; may be repeated.", autocompletion=channel_names
    ),
]


def fetch(
    context: typer.Context,
    targets: Annotated[
        list[str], typer.Argument(metavar="SOURCE|URL|FILE", help="A source, an address or a file.")
    ],
    json: Json = False,
    allow_private: Private = False,
) -> None:
    """Show the articles that a source or file has now, and store nothing."""
    from newsbot.newsroom.json_views import serialize_article

    app = context.obj.open_preview_app(allow_private=allow_private)
    look = partial(_read_articles, app)
    show = partial(history_output.show_articles, zone=app.config.timezone)
    _run_for_each(app, targets, "articles", look, serialize_article, show, json=json)


def preview(
    context: typer.Context,
    targets: Annotated[list[str], typer.Argument(metavar="URL|FILE", help="The articles to preview.")],
    channel: Channels = None,
    json: Json = False,
    allow_private: Private = False,
) -> None:
    """Show each channel's post as it would be sent, and send nothing.

    If a model writes the summaries, it is asked, which may cost money. An article of a source is shown on
    that source's channels, unless --channel names others.
    """
    from newsbot.newsroom.json_views import serialize_draft
    from newsbot.newsroom.submission import compose_drafts

    app = context.obj.open_preview_app(allow_private=allow_private)
    names = _find_channels(app, channel)
    composition = app.trial
    if app.asks_model:
        # A summary that was paid for is stored, so that the article's posts do not pay for it again.
        app.config.need_part("summarizer")
        context.call_on_close(app.ledger.close)
        app.ledger.prepare(upgrade=False)
        composition = app.composition

    async def look(target: str) -> tuple[list[Draft], list[NewsbotError]]:
        article, source = await _read_with_source(app, target)
        shown = names if channel else _choose_channels(app, article, source, target).names
        if app.asks_model:
            await app.submission.prepare(article, shown)
        elif "://" in target:
            await app.trial_preflight.check(article)
        return compose_drafts(composition, article, shown, source=source), []

    _run_for_each(app, targets, "posts", look, serialize_draft, history_output.show_drafts, json=json)


def post(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="URL|FILE", help="The article.")],
    channel: Channels = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When to send: 18:30, +20m, tomorrow 9am.")
    ] = None,
    yes: Confirmed = False,
    breaking: Annotated[
        bool, typer.Option(help="Send at once, without slots, gap, quiet hours and daily limit.")
    ] = False,
    again: Annotated[bool, typer.Option(help="Post the article even if it was posted before.")] = False,
    json: Json = False,
) -> None:
    """Queue an article's posts: on its source's channels, unless --channel names others."""
    from newsbot.newsroom.submission import ChannelChoice

    if breaking and at is not None:
        raise typer.BadParameter("--breaking goes at once: leave --at out", param_hint="--at")
    app = open_stored_app(context)
    named = _find_channels(app, channel) if channel else []
    app.config.need("channels", named)
    app.config.need_part("summarizer")
    when = parse_when(app, at, yes=yes) if at is not None else None

    async def work() -> None:
        article, source = await _read_with_source(app, target)
        choice = ChannelChoice(named) if named else _choose_channels(app, article, source, target)
        app.config.need("channels", choice.names)
        await app.submission.prepare(article, choice.names)
        try:
            posts = app.posts.queue(
                article,
                choice.names,
                by=get_person(),
                at=when,
                again=again,
                named=bool(named),
                breaking=breaking,
            )
        except AlreadyPosted as error:
            raise UsageError(UsageCode.POST_AGAIN(why=error.reason)) from None
        if json:
            output.write_posts(posts)
        else:
            output.show_posts(posts, app.config.timezone, app.clock.now())
            output.print_notes(posts)
            if choice.sources and len(choice.names) < len(app.config.channels):
                whose = " and ".join(choice.sources)
                output.say(f"{whose} posts to {', '.join(choice.names)}: --channel NAME names others.")
            if when:
                output.say(f"The time that was set: {say_time(when, app.config.timezone)}")

    run_and_close(app, work)


def parse_when(app: "App", text: str, *, yes: bool) -> "datetime":
    """Return the time that a person wrote on the command line.

    A time that is more than a year or less than two minutes away is accepted only with ``yes`` (`--yes`).

    Raises:
        Exit: With status 2, after a line on standard error, because the text is no time, or the time is
            past, or the time needs `--yes`.
    """
    try:
        return parse_time(text, zone=app.config.timezone, now=app.clock.now(), confirmed=yes)
    except TimeRefused as refused:
        mend = f": add --yes if that is right{_MORE.get(refused.why, '')}" if refused.asks else ""
        output.print_problem(f"{say_reason(refused.reason, app.config.timezone)}{mend}")
        raise typer.Exit(2) from None


_MORE = {"near": "; now and +1m need none"}


def _find_channels(app: "App", wanted: Sequence[str] | None) -> list[str]:
    known = list(app.config.channels)
    return list(dict.fromkeys(find_channel(name, known) for name in wanted)) if wanted else known


def _choose_channels(app: "App", article: Article, source: str | None, target: str) -> "ChannelChoice":
    """Return the channels on which to post an article if the command line names no channel: those of the
    article's source, or all.
    """
    from newsbot.app.checking import find_source_of_url

    address = article.url or target
    return app.submission.choose_channels(
        source or find_source_of_url(app, address), address, list(app.config.channels)
    )


def find_channel(name: str, known: Collection[str], *, option: str | None = "--channel") -> str:
    """Return the one channel of ``known`` whose name is ``name``, or whose name alone has ``name`` as a part.

    ``option`` is the option of the command line that has the name.

    Raises:
        BadParameter: No channel has that name, or several channels could be meant.
    """
    try:
        return find_name(name, known)
    except UnknownName as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


async def _read_with_source(app: "App", target: str) -> tuple[Article, str | None]:
    """Return the article at ``target`` (an address or a file), and the name of the article's source, or None
    if no source has it.

    If a source has the article, newsbot reads the article from the source; in all other cases it reads the
    article's page or the file.

    Raises:
        ConfigError: The article's source can't be read, because one of the source's secrets is missing.
    """
    from newsbot.app.checking import find_source_of_url

    lacks = [name for part, name in app.config.absent if part == "sources"] if "://" in target else []
    if lacks:
        app.config.need("sources", [name for name in lacks if name == find_source_of_url(app, target)])
        for name in lacks:
            why = app.config.absent["sources", name][0].message
            output.print_problem(f"{name} is not asked for it, as {why}")
    return await replace(
        app.submission, find_source_of_url=lambda url: find_source_of_url(app, url)
    ).read_with_source(target)


def _is_name(target: str) -> bool:
    """Return whether an argument of the command line can only be a source's name: it is neither an address
    nor a file.
    """
    return re.fullmatch(r"[a-z0-9_-]+", target) is not None and not Path(target).exists()


async def _read_articles(app: "App", target: str) -> "ReadArticles":
    """Read the articles that ``target`` names: a source in config.yaml, an address, or a file.

    Return the articles, and an error for each article that could not be read. Print the articles' warnings on
    standard error.
    """
    from newsbot.newsroom.submission import Submission

    if _is_name(target):
        find_name(target, app.config.sources, "source")
    app.config.need("sources", [target])
    if target in app.config.sources:

        async def poll(name: str) -> Any:
            return (await app.sources[name].poll({})).items

        full_text: FullText = getattr(app.config.sources[target], "full_text", "auto")
        found = await Submission(poll, app.reader).articles(target, full_text=full_text)
    else:
        found = await app.submission.articles(target)
    for article in found.articles:
        for warning in article.warnings:
            output.print_problem(f"{article.url or article.guid}: {warning.message}")
    return found


def _run_for_each(
    app: "App",
    targets: Sequence[str],
    key: str,
    look: Callable[[str], Awaitable[tuple[list[T], list[NewsbotError]]]],
    view: Callable[[T], dict[str, Any]],
    show: Callable[[list[T]], None],
    *,
    json: bool,
) -> None:
    """Call ``look`` for each ``target`` that the command line names, and print the result by ``show`` or,
    converted by ``view``, as JSON.

    With one target, the JSON is one array; with several, one object per line. A target that fails does not
    stop the other targets: each failure is a line on standard error, and the target's first failure is the
    ``error`` in the target's JSON object.

    Raises:
        Exit: With status 1, at the end, if a target failed.
    """
    several = len(targets) > 1

    async def work() -> bool:
        failed = False
        for target in targets:
            found: list[T] = []
            try:
                found, failures = await look(target)
            except NewsbotError as caught:
                failures = [caught]
            for failure in failures:
                said = add_option(failure.reason)
                output.print_problem(said if _is_named(target, said) else f"{target}: {said}")
            failed = failed or bool(failures)
            error = {"code": failures[0].code, "message": str(failures[0])} if failures else None
            if not json:
                show(found)
            elif several:
                output.write_json(
                    {"input": target, key: [view(one) for one in found], "error": error}, line=True
                )
            else:
                output.write_json([view(one) for one in found])
        return failed

    if run_and_close(app, work):
        raise typer.Exit(1)


def add_option(reason: Reason) -> Reason:
    """Return the reason of an error; if the command's option `--allow-private` would help, the reason names
    this option.

    Only commands that have this option may call this function.
    """
    helps = reason.find(SourceCode.PRIVATE_ADDRESS_ALLOWABLE)
    return UsageCode.OR_ALLOW_PRIVATE(why=reason) if helps else reason


def _is_named(target: str, reason: Reason) -> bool:
    """Return whether a parameter of a failure's reason contains the text ``target``, so that the failure's
    message names the target.
    """
    texts = (value for each in reason.walk() for value in each.params.values() if isinstance(value, str))
    return any(target in text for text in texts)


COMMANDS = (fetch, preview, post)
