"""The commands that correct articles, delete published posts and block sources."""

import sys
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated

import typer

from newsbot.cli import output
from newsbot.cli.articles import Confirmed, Json, parse_when
from newsbot.cli.session import get_person, open_stored_app, source_names
from newsbot.composing.safety import clean_line
from newsbot.errors import UsageError
from newsbot.newsroom.names import find_name
from newsbot.newsroom.wording import say_count, say_reason, say_time
from newsbot.reasons import UsageCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from newsbot.app.container import App
    from newsbot.model import Post
    from newsbot.newsroom.corrections import CorrectionResult
    from newsbot.newsroom.revisions import Proposal
    from newsbot.newsroom.takedowns import TakedownPlan, TakedownReport
    from newsbot.ports import Blocked

__all__ = ["COMMANDS"]

ArticleId = Annotated[str, typer.Argument(metavar="ARTICLE-ID", help="The article's id, a-....")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask first on a terminal.")]
SourceName = Annotated[
    str, typer.Argument(metavar="SOURCE", help="The source's name, or a part.", autocompletion=source_names)
]


def embargo(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="ID", help="An article's id (a-...), or a post's.")],
    time: Annotated[
        str,
        typer.Argument(metavar="TIME|lift", help="Until when: 18:30, tomorrow 9am; lift takes two people."),
    ],
    yes: Confirmed = False,
    json: Json = False,
) -> None:
    """Send no post of an article before a time, on any channel; or lift that embargo."""
    from newsbot.newsroom.json_views import format_timestamp, serialize_post

    app, by = open_stored_app(context), get_person()
    zone, lifted = app.config.timezone, None
    if time.lower() == "lift":
        # Lifting an embargo needs config.yaml's list of people: two persons have to lift it, and only that
        # list tells whether two user names belong to one person.
        app.config.need("desk", ["people"])
        lifted = app.embargoes.request_lift(ref, by)
        posts, until = lifted.posts, lifted.embargo_until
    else:
        until = parse_when(app, time, yes=yes)
        posts = app.embargoes.set(ref, until, by)
    if json:
        done = lifted is not None and lifted.done
        waits = {"lift_asked_by": lifted.first_by} if lifted and not lifted.done else {}
        embargo_until = None if done else format_timestamp(until)
        output.write_json(
            {"embargo_until": embargo_until, **waits, "posts": [serialize_post(p) for p in posts]}
        )
    else:
        first = app.people.name(lifted.first_by) if lifted else ""
        if lifted is None:
            output.say(
                f"Nothing of it goes out before {say_time(until, zone)}. To lift that takes two people: "
                f"newsbot embargo {ref} lift"
            )
        elif lifted.done:
            both = f"{first} and {app.people.name(by)}"
            output.say(f"The embargo until {say_time(until, zone)} is lifted, by {both}.")
        else:
            output.say(
                f"The embargo until {say_time(until, zone)} holds: {first} would lift it, "
                f"and a second person has to: newsbot embargo {ref} lift"
            )
        for post in posts:
            output.print_post(post, zone)


def fix(
    context: typer.Context,
    article_id: ArticleId,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The wrong words.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The right words.")],
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Correct a word or number in an article and in all of its posts, waiting or sent."""
    app = open_stored_app(context)
    if dry_run:
        _print_changes(app, article_id, app.corrections.propose_fix(article_id, old, new), json=json)
    else:
        done = app.corrections.fix(article_id, old, new, get_person())
        _print_changes(app, article_id, done.proposed, done, json=json)


def correct(
    context: typer.Context,
    article_id: ArticleId,
    text: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The new text; by default, standard input.")
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Replace an article's text, and update all of its posts, waiting or sent."""
    if text is None:
        if sys.stdin.isatty():
            raise typer.BadParameter("write the new text behind it, or pipe it in", param_hint="--text")
        text = sys.stdin.read()
    app = open_stored_app(context)
    if dry_run:
        _print_changes(app, article_id, app.corrections.propose_correction(article_id, text), json=json)
    else:
        done = app.corrections.correct(article_id, text, get_person())
        _print_changes(app, article_id, done.proposed, done, json=json)


def withdraw(
    context: typer.Context,
    post_id: Annotated[str, typer.Argument(metavar="ID", help="The post's id.")],
    by_hand: Annotated[bool, typer.Option(help="Record that you deleted the post on the platform.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Delete a sent post on its platform; on a terminal, ask first."""
    app = open_stored_app(context)
    if by_hand:
        _print_report(app, app.withdrawals.record_deletion(post_id, get_person()), json=json)
        return
    post = app.withdrawals.propose_withdrawal(post_id)
    if _is_confirmed(app, "It would be taken away.", [post], dry_run, yes, json=json):
        _print_report(app, app.withdrawals.withdraw(post_id, get_person()), json=json)


def takedown(
    context: typer.Context,
    article: Annotated[str, typer.Argument(metavar="ARTICLE-ID|URL", help="The article's id or address.")],
    redact: Annotated[
        bool, typer.Option(help="Delete the article's text from newsbot's database too.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Delete an article's posts everywhere for good; on a terminal, ask first.

    If the article was taken down before, only show the result.
    """
    app = open_stored_app(context)
    found = app.withdrawals.propose_takedown(article)
    # If the article was taken down before, newsbot asks nothing, because the command then only shows the
    # result.
    if found.block and not redact:
        yes = True
    what = _describe_takedown(found, article, redact=redact)
    if _is_confirmed(app, what, found.posts, dry_run, yes, json=json):
        _print_report(app, app.withdrawals.takedown(article, get_person(), redact=redact), json=json)


def block(
    context: typer.Context, source: SourceName, dry_run: DryRun = False, yes: Yes = False, json: Json = False
) -> None:
    """Stop polling a source, and cancel its waiting posts; on a terminal, ask first."""
    app = open_stored_app(context)
    name, waiting = app.blocks.list_waiting_posts(source)
    what = f"{name} would be polled no more. Posts that wait and would be cancelled: {len(waiting)}."
    if _is_confirmed(app, what, waiting, dry_run, yes, json=json):
        _print_block(app.blocks.block(name, get_person()), json=json)


def unblock(context: typer.Context, source: SourceName) -> None:
    """Poll a blocked source again."""
    app = open_stored_app(context)
    name = find_name(source, app.config.sources, "source")
    freed = app.blocks.unblock(name, get_person())
    if not freed:
        raise UsageError(UsageCode.NOT_BLOCKED(name=name))
    output.say(f"{name} is polled again; what was cancelled stays so: newsbot post URL --again queues it.")


# These functions ask a person before posts are deleted or cancelled.


def _is_confirmed(
    app: "App", what: str, posts: "Sequence[Post]", dry_run: bool, yes: bool, *, json: bool
) -> bool:
    """Return whether to carry out a command that deletes or cancels ``posts``.

    On a terminal, print the posts and ask the person; return True if the person answers yes. With ``yes``
    (`--yes`), or without a terminal, as in a script, ask nobody and return True. With ``dry_run``, print the
    posts and return False.

    Raises:
        Exit: With status 1, because the person answered no.
    """
    if dry_run and json:
        output.write_posts(posts)
        return False
    if not dry_run and (yes or not (sys.stdin.isatty() and sys.stderr.isatty())):
        return True
    _show_posts_to_remove(app, what, posts, err=not dry_run)
    if dry_run:
        return False
    if not output.ask_yes_no("Do it?"):
        output.print_problem("nothing was changed")
        raise typer.Exit(1)
    return True


def _show_posts_to_remove(app: "App", what: str, posts: "Sequence[Post]", *, err: bool) -> None:
    say = partial(output.say, err=err)
    say(what)
    for post in posts:
        say(f"  {output.post_line(post, app.config.timezone)}")
        for receipt in post.receipts:
            if receipt.url:
                say(f"    {receipt.url}")
        if post.receipts and (why := app.composition.explain_stranding(post)):
            say(f"    {why}{'' if app.composition.is_renamed(post) else ': take it away by hand'}")


def _describe_takedown(found: "TakedownPlan", asked: str, *, redact: bool) -> str:
    if found.block:
        head = f"{found.article_id} is taken down already."
    elif found.article_id is None:
        head = f"We never posted {asked}. It would never be taken in."
    else:
        title = clean_line(found.title or "(no title)")
        head = f"{title} ({found.article_id}) would be taken away on every channel, for good."
    tail = " Its words would go out of the ledger too." if redact else ""
    none = "" if found.posts or found.block else " Nothing of it waits or is out."
    return f"{head}{none}{tail}"


# These functions print the results of corrections and takedowns (removals of articles from all channels).

_HOW = {
    "edit": "is edited there",
    "reply": "is answered by a new post",
    "repost": "is deleted there and posted again",
    "recompose": "has other words now",
}


def _describe_how(app: "App", each: "Proposal") -> str:
    if each.how == "manual":
        return f"stays as it is: {app.composition.explain_stranding(each.post)}: put it right there by hand"
    return _HOW[each.how]


def _print_changes(
    app: "App",
    article_id: str,
    proposed: "Sequence[Proposal]",
    done: "CorrectionResult | None" = None,
    *,
    json: bool,
) -> None:
    """Print what a correction changes in each post of an article; ``done`` is the correction, None for
    `--dry-run`.
    """
    from newsbot.newsroom.json_views import serialize_proposal

    if json:
        output.write_json([serialize_proposal(each) for each in proposed])
        return
    kept = app.ledger.articles.get_article(done.action.article_id if done else article_id)
    output.say(f"{clean_line(kept.title or '(no title)')} ({kept.id})")
    for each in proposed:
        state = "" if done else f" ({each.post.state})"
        later = " once it is known whether it is out" if done and each.pending else ""
        voided = done and each.how == "recompose" and each.post.approval
        again = ", and needs a new approval" if voided else ""
        output.say(f"{each.post.id} on {each.post.channel}{state} {_describe_how(app, each)}{later}{again}")
        _print_difference(each, app.config.timezone)
    if not (done or proposed):
        output.say("Only the article itself would change: no post of it has that text.")
    elif done and not proposed:
        output.say("The article's own text is changed. No post said that, so none is.")
    elif done:
        where = " and the article's own text" if done.in_article else ""
        output.say(
            f"{say_count(len(proposed), 'post')}{where}. {_name_worker(app)} makes the calls within seconds; "
            "newsbot show ID says when each was done."
        )


def _print_difference(each: "Proposal", zone: "tzinfo") -> None:
    for before, after in zip_longest(each.parts_before, each.parts_after):
        old, new = (part.text if part else "" for part in (before, after))
        if old != new:
            for mark, text in (("-", old), ("+", new)):
                for line in text.splitlines():
                    output.say(f"  {mark} {line}")
    if each.problem:
        output.say(f"  can't be done: {say_reason(each.problem, zone)}")


def _name_worker(app: "App") -> str:
    """Return the beginning of a sentence about who makes calls to the platforms: the running service, or the
    next `newsbot run`.
    """
    return "The running service" if app.ledger.list_running_services() else "No service runs now: newsbot run"


_SAID = {
    "cancelled": "cancelled, it never went out",
    "deleted": "deleted",
    "notice": "could not be deleted any more, and says now that it was withdrawn",
    "by hand": "deleted by hand",
    "waiting": "waits to be taken away",
    "manual": "can't be taken away by a bot: delete it there, then newsbot withdraw {id} --by-hand",
    "failed": "stays as it is",
    "not out": "never was out",
    "edited": "a digest, which says the rest now",
    "recomposed": "a digest, which goes out without it",
}


def _print_report(app: "App", report: "TakedownReport", *, json: bool) -> None:
    from newsbot.newsroom.json_views import serialize_report

    if json:
        output.write_json(serialize_report(report))
        return
    zone = app.config.timezone
    output.say(
        f"{report.title or report.url or report.action.article_id}: {say_time(report.action.at, zone)}"
    )
    for line in report.lines:
        said = _SAID[line.state].format(id=line.post_id)
        why = say_reason(line.why, zone) if line.why else ""
        more = [say_time(line.at, zone) if line.at else "", line.url or "", why]
        tail = "; ".join(filter(None, more))
        output.say(f"  {line.channel} {line.post_id}: {said}" + (f" ({tail})" if tail else ""))
    if report.action.what == "takedown":
        output.say("No source and no person can post it any more.")
    if not report.done:
        output.say(f"{_name_worker(app)} takes away what waits, and goes on until that is done.")


def _print_block(blocked: "Blocked", *, json: bool) -> None:
    from newsbot.newsroom.json_views import serialize_post

    if json:
        posts = {"cancelled": blocked.cancelled, "out": blocked.out}
        output.write_json({name: [serialize_post(post) for post in some] for name, some in posts.items()})
        return
    count = len(blocked.cancelled)
    waited = f"{say_count(count, 'post')} that waited {'is' if count == 1 else 'are'} cancelled"
    output.say(f"{blocked.source} is polled no more; {waited}.")
    for post in blocked.out:
        link = next((receipt.url for receipt in post.receipts if receipt.url), "")
        output.say(f"  still out: {post.id} on {post.channel} ({post.state}) {link}")
    output.say(f"newsbot withdraw ID takes one away; newsbot unblock {blocked.source} polls it again.")


COMMANDS = (embargo, fix, correct, withdraw, takedown, block, unblock)
