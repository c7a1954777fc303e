"""Print the output of commands: JSON for programs; lines, tables and questions for people; a progress line.

Long texts, such as reasons and warnings, are lines below the tables.
"""

import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from newsbot.composing.safety import clean_line
from newsbot.errors import LedgerError
from newsbot.model import READY, Post, PostState
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.history import list_receipt_notes
from newsbot.newsroom.wording import format_time_briefly, group_warnings, say_count, say_reason, say_time
from newsbot.reasons import Code, Reason

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from newsbot.app.container import App

__all__ = [
    "ask_yes_no",
    "format_state",
    "open_console",
    "post_line",
    "print_line",
    "print_noted",
    "print_notes",
    "print_post",
    "print_problem",
    "print_released",
    "run_with_progress",
    "say",
    "show_posts",
    "show_progress",
    "show_status",
    "write_json",
    "write_posts",
]

# These functions print lines, JSON, questions and a progress line.

T = TypeVar("T")

_EVERY = 0.5  # Seconds between two updates of the progress line on standard error.


def write_json(value: Any, *, line: bool = False) -> None:
    """Print ``value`` as JSON on standard output: indented, or on one line if ``line`` is true."""
    print(json.dumps(value, ensure_ascii=False, indent=None if line else 2), flush=True)


def write_posts(posts: Iterable[Post]) -> None:
    """Print posts as a JSON array on standard output."""
    from newsbot.newsroom.json_views import serialize_post

    write_json([serialize_post(post) for post in posts])


def say(words: str, *, err: bool = False) -> None:
    """Print a text and a line end on standard output, which is for results, or on standard error."""
    print(words, file=sys.stderr if err else sys.stdout, flush=True)


def print_problem(problem: object) -> None:
    """Print a problem as one line on standard error, which begins with `newsbot:`."""
    say(f"newsbot: {problem}", err=True)


def ask_yes_no(question: str) -> bool:
    """Ask the person at the terminal a question; return whether the answer is `y` or `yes`.

    click's own prompt is not used, because it also writes to standard output, which is for results only.
    """
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def open_console() -> "Console":
    """Return a console of the library Rich for standard output.

    On a terminal the text has colours, unless NO_COLOR is set. If the output goes elsewhere, such as into a
    pipe, the text is plain and its lines are not folded.
    """
    from rich.console import Console

    width = None if sys.stdout.isatty() else 10_000
    return Console(highlight=False, markup=False, emoji=False, width=width)


def _sanitize(text: str, style: str = "") -> "Text":
    """Return a text that may come from outside as one line, without characters that control a terminal."""
    from rich.text import Text

    return Text(clean_line(text), style)


def print_line(text: "str | Text", style: str = "") -> None:
    """Print a text that may come from outside as one line; a narrow terminal folds the line."""
    open_console().print(_sanitize(text, style) if isinstance(text, str) else text, soft_wrap=True)


@contextmanager
def show_progress(words: str) -> Iterator[Callable[[str], None]]:
    """Show a progress line on standard error until the ``with`` block ends, if standard error is a terminal.

    The block gets a function that replaces the line's text.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(words)) as status:
        yield lambda now: status.update(Text(now))


async def run_with_progress(app: "App", work: Awaitable[T], tell: Callable[[str], None]) -> T:
    """Wait for ``work`` and return its result; every half second, call ``tell`` with how many posts were sent
    and how many wait.
    """
    import asyncio

    begun = app.clock.now()

    async def count() -> None:
        while True:
            await asyncio.sleep(_EVERY)
            with suppress(LedgerError):
                counts = await app.on_ledger(app.ledger.channels.count_posts, since=begun)
                sent = sum(n for (_, state), n in counts.items() if state is PostState.SENT)
                waiting = sum(n for (_, state), n in counts.items() if state in READY | {PostState.SENDING})
                if sent or waiting:
                    tell(f"{sent} sent, {waiting} waiting ...")

    counting = asyncio.create_task(count()) if sys.stderr.isatty() else None
    try:
        return await work
    finally:
        if counting:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)


# These functions print tables of posts, sources and channels.

_STATE_STYLES = {
    "held": "yellow",
    "scheduled": "cyan",
    "sending": "blue",
    "retrying": "yellow",
    "sent": "green",
    "unknown": "bold red",
    "failed": "red",
    "cancelled": "dim",
    "withdrawn": "dim",
    "ok": "green",
    "active": "green",
    "failing": "red",
    "paused": "bold red",
    "blocked": "yellow",
}
_GAP = "  "
# The most columns of the rule (a line of dashes) below a table's head, because a headline in the table may be
# far longer.
_LONGEST_RULE = 120
_FEW = 10  # newsbot prints the ids of at most this many posts in one line.
# If the posts that wait for an editor are too many for a row each, newsbot prints this many of their
# headlines.
_HEADLINES = 3
# The fewest columns of a headline in a table. A terminal that is too narrow for such a table folds the
# table's lines.
_LEAST_HEADLINE = 20


def _style_state(state: str) -> "Text":
    """Return the name of the state of a post, source or channel as text in the colour of that state."""
    return _sanitize(state, _STATE_STYLES.get(state, ""))


def show_posts(
    posts: Sequence[Post],
    zone: tzinfo,
    now: datetime,
    *,
    empty: str = "No posts.",
    fold: bool = False,
    public: Collection[str] = (),
) -> None:
    """Print a table with a row for each post, and below the table the reasons why posts are held or failed.

    With ``fold``, many posts that are held for the same irregularity (such as a flood of articles) have no
    rows, but one line with their number, and their first headlines. ``public`` has the ids of posts that are
    still public although a person ordered their deletion or edit. If there are no posts, print the text
    ``empty``.
    """
    if not posts:
        say(empty)
        return
    many = Counter(post.held_for for post in posts if post.state is PostState.HELD)
    rows = []
    for post in posts:
        if not (fold and _is_folded(post.held_for, many[post.held_for])):
            at = format_time_briefly(post.sent_at or post.due_at, zone, now)
            at = f"about {at}" if post.is_time_uncertain else at
            title = _sanitize(_get_title(post))
            rows.append((post.id, _style_state(post.state), post.channel, at, title))
    if rows:
        head = ("id", "state", "channel", f"time, {now.astimezone(zone):%Z}", "headline")
        _print_table(head, rows, least=_LEAST_HEADLINE)
    for line in _list_reasons(posts, zone, fold=fold):
        print_line(line)
    for post in posts:
        if post.state is PostState.WITHDRAWN and post.id in public:
            print_line(
                f"{post.id}: its deletion was asked for, and it is still public: newsbot show {post.id}"
            )


def _print_table(head: Sequence[str], rows: Iterable[Sequence["str | Text"]], *, least: int = 0) -> None:
    """Print a table, whose columns are as wide as their longest cells, with a line of dashes below its head.

    A terminal that is narrower than the table folds the lines. With ``least``, the texts in the last column
    are cut to the terminal's width, but not to fewer columns than ``least``. A text that may be right-to-left
    must be in the last column, because a terminal would move the columns after it. Rich's own table is not
    used, because printing it takes 0.4 ms for each row.
    """
    from rich.text import Text

    table = [[Text(name, "bold") for name in head]]
    table += [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    widths = [max(cell.cell_len for cell in column) for column in zip(*table, strict=True)]
    if least:
        room = max(least, open_console().width - sum(widths[:-1]) - len(_GAP) * (len(widths) - 1))
        for row in table:
            row[-1].truncate(room, overflow="ellipsis")
        widths[-1] = max(row[-1].cell_len for row in table)
    rule = min(sum(widths) + len(_GAP) * (len(widths) - 1), _LONGEST_RULE)
    whole = Text(no_wrap=True)
    for number, row in enumerate(table):
        for cell, width in zip(row[:-1], widths, strict=False):
            whole.append_text(cell).append(" " * (width - cell.cell_len) + _GAP)
        whole.append_text(row[-1]).append("\n" + "─" * rule + "\n" if number == 0 else "\n")
    print_line(whole)


def _get_title(post: Post) -> str:
    return post.article_title or post.article_url or "(no title)"


def _list_reasons(posts: Iterable[Post], zone: tzinfo, *, fold: bool) -> Iterable[str]:
    """Yield lines that say why posts wait for an editor (are held) or failed; all posts that are held for the
    same reason share one line.
    """
    held: dict[Reason, list[Post]] = {}
    for post in posts:
        if post.state is PostState.HELD:
            held.setdefault(post.held_for or Code.APPROVAL(), []).append(post)
        elif post.error and post.state is not PostState.SENT:
            yield f"{post.id}: {say_reason(post.error.reason, zone)}"
        for note in list_receipt_notes(post):
            yield f"{post.id}: {say_reason(note, zone)}"
    for reason, waiting in held.items():
        yield _format_held(reason, [post.id for post in waiting], zone)
        if fold and _is_folded(reason, len(waiting)):
            yield from _list_headlines(waiting)


def _format_held(reason: Reason, ids: Sequence[str], zone: tzinfo) -> str:
    what = "waiting for an approval" if reason == Code.APPROVAL() else say_reason(reason, zone)
    if len(ids) <= _FEW:
        drop = f", or newsbot cancel {' '.join(ids)}" if find_anomaly_kind(reason) == "alike" else ""
        return f"{what}: newsbot approve {' '.join(ids)}{drop}"
    if find_anomaly_kind(reason):
        alike = f"{ids[0]} --alike"
        answer = f"newsbot approve {alike} lets them go on, newsbot cancel {alike} drops them"
        return f"{len(ids)} posts are held: {what} {answer}"
    return f"{len(ids)} posts: {what}: newsbot approve ID ..."


def _is_folded(held_for: Reason | None, count: int) -> bool:
    """Return whether newsbot prints only the number of ``count`` posts that wait for an editor for the reason
    ``held_for``, without a row for each.

    It does so if more than ten posts wait because of the same irregularity, such as a flood of articles.
    """
    return count > _FEW and find_anomaly_kind(held_for) is not None


def _list_headlines(posts: Iterable[Post]) -> Iterable[str]:
    """Yield a line for each of the first three headlines of the posts, and a line with the number of the
    other headlines.
    """
    titles = list({post.article_id: _get_title(post) for post in posts}.values())
    yield from (f"- {title}" for title in titles[:_HEADLINES])
    if len(titles) > _HEADLINES:
        yield f"- and {len(titles) - _HEADLINES} more"


def print_released(posts: Sequence[Post]) -> None:
    """Print how many released posts are scheduled now, and how many still wait for an approval."""
    held = [post.id for post in posts if post.state is PostState.HELD]
    if free := len(posts) - len(held):
        say(f"{say_count(free, 'post')} {'is' if free == 1 else 'are'} scheduled.")
    if held:
        ids = " ".join(held) if len(held) <= _FEW else "ID ..."
        wait = "waits" if len(held) == 1 else "wait"
        say(f"{say_count(len(held), 'post')} still {wait} for an approval: newsbot approve {ids}")
    say("`newsbot queue` shows what waits.")


def print_post(post: Post, zone: tzinfo) -> None:
    """Print the state, the due time and the headline of a post in one line."""
    print_line(post_line(post, zone))


def print_notes(posts: Sequence[Post], *, named: bool = False) -> None:
    """Print the warnings about posts for an editor, each warning once, with the posts to which the warning
    applies.

    With ``named``, name the post even if ``posts`` has only one post, because the command prints other posts
    too.
    """
    noted = group_warnings(posts)
    for reason, having in noted[:_FEW]:
        whom = having or (range(len(posts)) if named else ())
        which = [f"{posts[index].channel} ({posts[index].id})" for index in whom]
        whose = f" on {_format_list(which)}" if which else ""
        print_line(f"note{whose}: {reason}", "yellow")
    if (more := len(noted) - _FEW) > 0:
        say(f"and {say_count(more, 'more note')}: newsbot show ID lists those of a post")


def print_noted(posts: Iterable[Post]) -> None:
    """Print one line that lists the posts with warnings among those that wait for an editor, and how many
    warnings each of these posts has.
    """
    held = (post for post in posts if post.state is PostState.HELD and post.warnings)
    noted = [f"{post.id} ({len({warning.reason for warning in post.warnings})})" for post in held]
    if noted:
        print_line(f"held with notes: {_format_list(noted)}; newsbot show ID lists a post's", "yellow")


def _format_list(names: Sequence[str]) -> str:
    """Return names as a list like ``aaaa, bbbb``; of more than ten names, return the first ten and how many
    others there are.
    """
    more = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {more} more" if more > 0 else "")


def post_line(post: Post, zone: tzinfo) -> "Text":
    """Return a post as one line of text: its state, its due time if it is unsent, and its headline."""
    due = f", due {say_time(post.due_at, zone)}" if post.is_pending else ""
    return format_state(post).append(f"{due}: ").append_text(_sanitize(_get_title(post)))


def format_state(post: Post) -> "Text":
    """Return a post's id, channel and state as text, like ``p-1 on x-main is sent``."""
    return _sanitize(f"{post.id} on {post.channel} is").append(" ").append_text(_style_state(post.state))


def show_status(status: dict[str, Any], needs: Iterable[str], zone: tzinfo, now: datetime) -> None:
    """Print the output of `newsbot status`: a table of sources, a table of channels, and further lines.

    Each line of ``needs`` says something that a person has to do.
    """
    services = status.get("services", ())
    rows: list[Sequence[str | Text]] = []
    print_line(f"newsbot {status['version']} on {status['database']}; times in {now.astimezone(zone):%Z}")
    if len(services) > 1:
        columns = ("host", "pid", "version", "roles")
        rows = [[str(one[key] or "-") for key in columns[:3]] + [", ".join(one["roles"])] for one in services]
        _print_table(("running on", "process", "version", "roles"), rows)
    else:
        running = ", ".join(f"process {one['pid']} on {one['host']}" for one in services)
        print_line(f"running: {running}" if running else "no service runs now")
    say("")
    rows = []
    for one in status["sources"]:
        stamps = (one["last_polled_at"], one["last_new_at"], one["next_poll_at"])
        times = (format_time_briefly(datetime.fromisoformat(at), zone, now) if at else "-" for at in stamps)
        rows.append((one["name"], _style_state(one["state"]), *times))
    _print_table(("source", "state", "last poll", "last new", "next poll"), rows)
    rows = []
    for one in status["channels"]:
        counts = (str(one[key]) for key in ("queued", "sent_24h", "failed", "unknown"))
        rows.append((one["name"], one["kind"], _style_state(one["state"]), *counts))
    _print_table(("channel", "kind", "state", "queued", "sent 24h", "failed", "unknown"), rows)
    for one in status["channels"]:
        if (budget := one["budget"]) and budget["channels"][0] == one["name"]:
            spent = f"${budget['month_to_date_usd']:.3f} of ${budget['limit_usd']:.2f}"
            names = budget["channels"]
            have = f"{names[0]} has" if len(names) == 1 else f"{', '.join(names)} together have"
            print_line(f"{have} spent {spent} this month")
    if budget := status["summarizer"]["budget"]:
        spent = f"${budget['month_to_date_usd']:.3f} of ${budget['limit_usd']:.2f}"
        print_line(f"the summarizer has spent {spent} this month")
    for line in needs:
        print_line(line)
