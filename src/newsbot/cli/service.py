"""The commands that run, set up and check newsbot itself: run, init, check, schema, db."""

import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from newsbot.cli import history_output, output
from newsbot.cli.articles import Json, Private, add_option
from newsbot.cli.session import make_preview_app, open_stored_app, run_and_close
from newsbot.errors import ConfigError, SourceError, UsageError
from newsbot.ports import ALL_ROLES, ServiceRole
from newsbot.reasons import UsageCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsbot.app.container import App
    from newsbot.config.starter import ZoneChoice
    from newsbot.ledger.move import MoveEvent
    from newsbot.model import Draft

__all__ = ["COMMANDS", "database"]


database = typer.Typer(
    help="Manage newsbot's database: its schema, backups, restores, its move to PostgreSQL.",
    no_args_is_help=True,
)


def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option(help="Poll each source once, send what is due, and end.")] = False,
    roles: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE,...", help="Do only this work, of: poll, work, send, desk, web. [default: all]"
        ),
    ] = None,
) -> None:
    """Run the service with config.yaml until SIGTERM."""
    # Until the service sets its own handler of SIGTERM, SIGTERM ends the process at once, because no work has
    # begun yet.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from newsbot.app import service, single_run
    from newsbot.app.checking import check_templates

    wanted = _read_roles(roles, once=once)
    app = context.obj.open_app()
    # newsbot does not start if a template is wrong, because articles of the template's channels would be
    # recorded but never posted.
    if mistakes := check_templates(app):
        raise ConfigError(mistakes)
    if not once:
        run_and_close(app, lambda: service.run(app, wanted))
        return
    with output.show_progress("Polling the sources ...") as now:
        outcome = run_and_close(app, lambda: output.run_with_progress(app, single_run.run_once(app), now))
    for line in (*outcome.remarks, *outcome.problems):
        output.print_problem(line)
    raise typer.Exit(1 if outcome.problems else 0)


def _read_roles(text: str | None, *, once: bool) -> frozenset[ServiceRole]:
    """Return the roles that ``--roles`` names; all roles if the option is absent.

    Raises:
        BadParameter: a name is no role, none is named, or the run is one of ``--once``, which does all work.
    """
    if text is None:
        return ALL_ROLES
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in list(ServiceRole)]
    if unknown or not names:
        wrong = f"{', '.join(unknown)} is no role" if unknown else "no role is named"
        raise typer.BadParameter(f"{wrong}: name some of {', '.join(ServiceRole)}", param_hint="--roles")
    if once:
        raise typer.BadParameter(
            "--once does the work of all roles: leave one of the two out", param_hint="--roles"
        )
    return frozenset(map(ServiceRole, names))


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to.")] = Path(),
    site: Annotated[
        str | None, typer.Option(metavar="URL", help="Your site; its feed, name and language are filled in.")
    ] = None,
    allow_private: Private = False,
) -> None:
    """Write a first config.yaml and templates; existing files are not overwritten."""
    from newsbot.app.site_probe import SiteClock, choose_zone, find_machine_zone
    from newsbot.config.starter import write_starter

    known = _probe_site(site, allow_private) if site else {}
    zone = choose_zone(known.pop("clock", SiteClock()), find_machine_zone())
    try:
        files = write_starter(folder, zone=zone, **known)
    except OSError as error:
        raise UsageError(UsageCode.NOT_WRITTEN(path=folder, words=error.strerror)) from None
    for path in sorted(files, key=lambda path: not files[path]):
        output.say(f"wrote {path}" if files[path] else f"kept {path}, which stood there already")
    if files[folder / "config.yaml"]:
        output.say(_describe_zone(zone, has_site=bool(site)))
    if allow_private:
        output.say(
            "The last line of config.yaml, `network`, allows private addresses. "
            "Keep it when you replace `channels`."
        )
    languages = known.get("languages", ())
    if len(languages) == 1:
        output.say(f"language: {languages[0]}, as its newest articles are")
    if known.get("is_wordpress"):
        output.say(
            "The site is a WordPress: config.yaml has a comment that reads its database instead of the feed "
            "(kind: database, preset: wordpress), and docs/wordpress.md says how."
        )
    if len(languages) > 1:
        spoken = " and ".join(languages)
        output.say(f"Its articles are in {spoken}: `language` is left out, as each one's own is detected.")
    output.say("Next: fill in config.yaml, then `newsbot check`.")


def _describe_zone(zone: "ZoneChoice | None", *, has_site: bool) -> str:
    if zone:
        return f"timezone: {zone.name}, {zone.origin}"
    asked = "neither the site nor this machine tells" if has_site else "this machine does not tell"
    return f"timezone: UTC, as {asked} a zone: change it in config.yaml to your own, like Asia/Karachi"


def _probe_site(url: str, allow_private: bool) -> dict[str, Any]:
    from newsbot.app.site_probe import probe_site

    app = make_preview_app(allow_private=allow_private)
    try:
        site = run_and_close(app, lambda: probe_site(app, url))
    except SourceError as error:
        raise UsageError(add_option(error.reason)) from None
    output.say(f"found the feed {site.feed_url}")
    return {"site_url": url, "allow_private": allow_private, **site._asdict()}


def check(
    context: typer.Context,
    online: Annotated[
        bool,
        typer.Option(help="Also ask each platform which account newsbot has there, and whether it may post."),
    ] = False,
    json: Json = False,
) -> None:
    """Find every mistake in config.yaml and the templates; show an example post per channel."""
    from newsbot.app.checking import (
        check_template_folder,
        check_templates,
        examples,
        list_lone_admins,
        list_shared_budgets,
        list_shared_targets,
        list_stranded,
    )
    from newsbot.newsroom.json_views import serialize_draft

    try:
        app = context.obj.open_app(places=True)
        mistakes = check_templates(app)
    except ConfigError as error:
        folder = context.obj.config_path.parent / "templates"
        mistakes = [*error.mistakes, *(check_template_folder(folder) if context.obj.has_file else ())]
    if mistakes:
        if json:
            keys = ("file", "line", "key", "message", "mend")
            shown = [{key: getattr(mistake, key) for key in keys} for mistake in mistakes]
            output.write_json({"mistakes": shown, "examples": []})
        raise ConfigError(mistakes)
    drafts: list[Draft] = examples(app)
    lost, renamed = list_stranded(context.obj.open_app())
    if json:
        made = [serialize_draft(draft) for draft in drafts]
        output.write_json({"mistakes": [], "examples": made, "stranded": lost, "renamed": renamed})
    else:
        history_output.show_drafts(drafts)
    if online:
        _check_online(app, json=json)
    for line in lost:
        output.print_problem(line)
    if lost:
        raise typer.Exit(1)
    if not json:
        no_source = "There is no source: what is posted comes by `newsbot post` or the desk."
        hints = [
            *list_shared_budgets(app),
            *list_shared_targets(app),
            *list_lone_admins(context.obj.open_app()),
        ]
        remarks = [*renamed, *hints, *([] if app.config.sources else [no_source])]
        output.say("\n".join([*remarks, f"{context.obj.config_path} is fine."]))


def _check_online(app: "App", *, json: bool) -> None:
    """Check accounts, rights and sources by calls to the platforms and the sites, and print the results.

    Raises:
        Exit: With status 1, if a check found a problem.
    """
    from newsbot.app.checking import check_online

    with output.show_progress("Asking the platforms and the sources ...") as now:
        fine, problems = run_and_close(app, lambda: check_online(app, now))
    # With --json, standard output has only JSON, so newsbot prints the results of the online checks on
    # standard error.
    tell = output.print_problem if json else output.say
    for line in fine:
        tell(line)
    for problem in problems:
        output.print_problem(problem)
    if problems:
        raise typer.Exit(1)


def schema() -> None:
    """Print the JSON Schema of config.yaml."""
    from newsbot.config.schema import json_schema

    output.write_json(json_schema())


@database.command()
def upgrade(context: typer.Context) -> None:
    """Create the database's schema, or upgrade an older one."""
    app = open_stored_app(context, upgrade=True)
    output.say(f"{app.printable_database_url} is up to date.")


@database.command("check")
def verify(context: typer.Context) -> None:
    """Check whether the schema is of this version, and whether the database was restored from a backup."""
    app = open_stored_app(context)
    output.say(f"{app.printable_database_url} is up to date.")
    _complain_of_restore(app)


def _complain_of_restore(app: "App") -> None:
    from newsbot.newsroom.status import describe_restore

    for line in describe_restore(app.ledger.alerts, app.clock.now(), app.config.timezone):
        output.print_problem(line)


@database.command()
def backup(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The copy's file; must not exist.")],
) -> None:
    """Write a consistent copy of the database while newsbot runs."""
    app = open_stored_app(context)
    app.ledger.backup(str(path))
    output.say(f"wrote {path}")


@database.command()
def restore(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file that `db backup` wrote.")],
) -> None:
    """Replace the database by a backup; the replaced one is kept, and nothing is sent twice."""
    app = context.obj.open_app(secrets=False)
    context.call_on_close(app.ledger.close)
    aside = app.ledger.restore(str(path), now=app.clock.now())
    output.say(f"{app.printable_database_url} is what {path} was.")
    if aside:
        output.say(f"What was there before is {aside}.")
    _complain_of_restore(app)


@database.command()
def move(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="An empty database, like postgresql://newsbot:${NAME}@HOST/NAME; `${NAME}` and `file:PATH` "
            "stand for secrets as in config.yaml.",
        ),
    ],
) -> None:
    """Move the database from SQLite to PostgreSQL while no service runs, and compare every row.

    A move that was cut off goes on when the command is given again.
    """
    address = _resolve_address(url, context.obj.config_path.absolute().parent)
    app = context.obj.open_app(secrets=False, others=(address,))
    context.call_on_close(app.ledger.close)
    with output.show_progress("Copying ...") as now:
        place = app.ledger.move(address, now=app.clock.now(), tell=lambda event: _tell_move(event, now))
    shown = re.sub(r"(://[^:/@]*):(?!\$\{\w+\}@)[^@]*@", r"\1:***@", url.partition("?")[0])
    output.say(
        f"The ledger is at {place} now. {app.printable_database_url} can be read, and no longer written."
    )
    hidden = " (*** is the password)" if ":***@" in shown else ""
    output.say(f"In config.yaml, write `database: {shown}`{hidden}, then start newsbot.")


def _resolve_address(url: str, folder: Path) -> str:
    """Return the PostgreSQL address that the argument ``url`` of `newsbot db move` gives, with each `${NAME}`
    and `file:PATH` in it replaced; relative paths start at ``folder``.

    Raises:
        BadParameter: The text is no such address, or what it refers to is missing.
    """
    from newsbot.config.document import Substitution

    try:
        address = Substitution(folder, os.environ)(url)
    except ValueError as error:
        raise typer.BadParameter(" ".join(map(str, error.args)), param_hint="URL") from None
    if not _is_postgres_address(address):
        mend = "a ledger is moved to PostgreSQL: write postgresql://USER:PASSWORD@HOST/NAME"
        raise typer.BadParameter(mend, param_hint="URL")
    return address


def _is_postgres_address(address: str) -> bool:
    scheme, separator, rest = address.partition("://")
    try:
        # A ValueError means that the address has a port that is no number.
        return (
            scheme.partition("+")[0] == "postgresql"
            and bool(separator and rest)
            and urlsplit(address).port != 0
        )
    except ValueError:
        return False


def _tell_move(event: "MoveEvent", now: "Callable[[str], None]") -> None:
    """Print a finished step of the ledger's move; show an unfinished step in the progress line."""
    rows = "1 row" if event.rows == 1 else f"{event.rows:,} rows"
    match event.what:
        case "copying":
            now(f"Copying {event.table}: {rows} ...")
        case "comparing":
            now(f"Comparing {event.table} ...")
        case "resumed":
            output.say(f"an earlier move has copied {rows}, which are the same now: it goes on")
        case "restarted":
            output.say("the ledger has changed since the earlier move: it is copied from the beginning")
        case "replaced":
            count = "1 NUL character" if event.rows == 1 else f"{event.rows} NUL characters"
            output.print_problem(f"{event.table}: {count}, which PostgreSQL can't store, became U+FFFD")
        case "copied" if event.rows:
            output.say(f"copied {event.table}: {rows} in {event.seconds:.1f} s")
        case "equal":
            output.say(f"compared all tables: {rows} are equal, in {event.seconds:.1f} s")


COMMANDS = (run, init, check, schema)
