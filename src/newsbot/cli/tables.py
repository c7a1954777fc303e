"""Posts, sources and channels as tables that fit a terminal; what is long stands in lines below them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from newsbot.cli.output import say, screen, shown
from newsbot.model import Post, PostState
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.newsroom.history import list_receipt_notes
from newsbot.newsroom.numbers import say_count
from newsbot.newsroom.times import replace_stamps, say_briefly, say_time

if TYPE_CHECKING:
    from rich.text import Text

__all__ = [
    "format_stored_times",
    "post_line",
    "print_noted",
    "print_notes",
    "print_post",
    "print_released",
    "show_posts",
    "show_status",
    "styled",
]

_STYLES = {
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
_FEW = 10  # posts whose ids fit a line
_HEADLINES = 3  # of many posts that are a count
_LEAST_HEADLINE = 20  # columns; a narrower terminal folds the lines rather than lose the headline


def styled(state: str) -> "Text":
    """A state in its colour."""
    return shown(state, _STYLES.get(state, ""))


def show_posts(
    posts: Sequence[Post],
    zone: tzinfo,
    now: datetime,
    *,
    empty: str = "No posts.",
    fold: bool = False,
    public: Collection[str] = (),
) -> None:
    """One post a row; below, by id, why those that wait or failed do.

    With ``fold``, many posts that are held for one suspicion are a count with the first headlines, and no
    rows. ``public`` are those of which something was asked that is not done yet.
    """
    if not posts:
        say(empty)
        return
    many = Counter(post.held_for for post in posts if post.state is PostState.HELD)
    rows = [post for post in posts if not (fold and _is_folded(post.held_for, many[post.held_for]))]
    taken = _measure_width(_rows(rows, zone, now, headline=0))
    if rows:
        _print_table(_rows(rows, zone, now, headline=max(_LEAST_HEADLINE, screen().width - taken)))
    for line in _list_reasons(posts, fold=fold):
        screen().print(shown(format_stored_times(line, zone)), soft_wrap=True)
    for post in posts:
        if post.state is PostState.WITHDRAWN and post.id in public:
            said = f"{post.id}: its deletion was asked for, and it is still public: newsbot show {post.id}"
            screen().print(shown(said), soft_wrap=True)


def _rows(posts: Sequence[Post], zone: tzinfo, now: datetime, *, headline: int) -> "_TextTable":
    """``headline`` is how much room it has; it comes last, so that right-to-left words move nothing."""
    table = _TextTable(
        "id", "state", "channel", f"time, {now.astimezone(zone):%Z}", "headline" if headline else ""
    )
    for post in posts:
        at = say_briefly(post.sent_at or post.due_at, zone, now)
        title = shown(_get_title(post) if headline else "")
        title.truncate(headline or 1, overflow="ellipsis")
        table.add_row(post.id, styled(post.state), post.channel, at, title)
    return table


def _get_title(post: Post) -> str:
    return post.article_title or post.article_url or "(no title)"


def format_stored_times(text: str, zone: tzinfo) -> str:
    """Say the times that the ledger has kept in a text in the newsroom's ``zone``."""
    return replace_stamps(text, lambda at: say_time(at, zone))


def _list_reasons(posts: Iterable[Post], *, fold: bool) -> Iterable[str]:
    """A line for each post that has something to say; posts held for one reason share theirs."""
    held: dict[str, list[Post]] = {}
    for post in posts:
        if post.state is PostState.HELD:
            held.setdefault(post.held_for or "approval", []).append(post)
        elif post.error and post.state is not PostState.SENT:
            yield f"{post.id}: {post.error.message}"
        for note in list_receipt_notes(post):
            yield f"{post.id}: {note}"
    for reason, waiting in held.items():
        yield _format_held(reason, [post.id for post in waiting])
        if fold and _is_folded(reason, len(waiting)):
            yield from _list_headlines(waiting)


def _format_held(reason: str, ids: Sequence[str]) -> str:
    what = "waiting for an approval" if reason == "approval" else reason
    if len(ids) <= _FEW:
        drop = f", or newsbot cancel {' '.join(ids)}" if find_anomaly_kind(reason) == "alike" else ""
        return f"{what}: newsbot approve {' '.join(ids)}{drop}"
    if find_anomaly_kind(reason):
        alike = f"{ids[0]} --alike"
        answer = f"newsbot approve {alike} lets them go on, newsbot cancel {alike} drops them"
        return f"{len(ids)} posts are held: {what} {answer}"
    return f"{len(ids)} posts: {what}: newsbot approve ID ..."


def _is_folded(held_for: str | None, count: int) -> bool:
    """Whether so many posts that are held for this are a count in the queue, and no rows."""
    return count > _FEW and find_anomaly_kind(held_for) is not None


def _list_headlines(posts: Iterable[Post]) -> Iterable[str]:
    """Return the first headlines of posts that have no rows, and how many more there are."""
    titles = list({post.article_id: _get_title(post) for post in posts}.values())
    yield from (f"- {title}" for title in titles[:_HEADLINES])
    if len(titles) > _HEADLINES:
        yield f"- and {len(titles) - _HEADLINES} more"


def print_released(posts: Sequence[Post]) -> None:
    """Print what became of posts that a suspicion held: they go by their times, or wait for an approval."""
    held = [post.id for post in posts if post.state is PostState.HELD]
    if free := len(posts) - len(held):
        say(f"{say_count(free, 'post')} {'is' if free == 1 else 'are'} scheduled.")
    if held:
        ids = " ".join(held) if len(held) <= _FEW else "ID ..."
        wait = "waits" if len(held) == 1 else "wait"
        say(f"{say_count(len(held), 'post')} still {wait} for an approval: newsbot approve {ids}")
    say("`newsbot queue` shows what waits.")


def print_post(post: Post, zone: tzinfo) -> None:
    """What became of a post, in a line."""
    screen().print(post_line(post, zone), soft_wrap=True)


def print_notes(posts: Sequence[Post]) -> None:
    """Print what an editor should know of these posts: each note once, with the ids of its posts where not
    all of them have it.
    """
    noted: dict[str, list[str]] = {}
    for post in posts:
        for message in dict.fromkeys(warning.message for warning in post.warnings):
            noted.setdefault(message, []).append(post.id)
    for message, ids in list(noted.items())[:_FEW]:
        whose = "" if len(ids) == len(posts) else f" on {_format_list(ids)}"
        screen().print(shown(f"note{whose}: {message}", "yellow"), soft_wrap=True)
    if (more := len(noted) - _FEW) > 0:
        say(f"and {say_count(more, 'more note')}: newsbot show ID lists those of a post")


def print_noted(posts: Iterable[Post]) -> None:
    """Print a line that names the held posts which have notes, with how many."""
    held = (post for post in posts if post.state is PostState.HELD and post.warnings)
    noted = [f"{post.id} ({len({warning.message for warning in post.warnings})})" for post in held]
    if noted:
        said = f"held with notes: {_format_list(noted)}; newsbot show ID lists a post's"
        screen().print(shown(said, "yellow"), soft_wrap=True)


def _format_list(names: Sequence[str]) -> str:
    """``aaaa, bbbb``; of many the first, and how many more."""
    more = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {more} more" if more > 0 else "")


def post_line(post: Post, zone: tzinfo) -> "Text":
    """A post in a line: its state, when it is due where it waits, and its headline."""
    due = f", due {say_time(post.due_at, zone)}" if post.is_pending else ""
    line = shown(f"{post.id} on {post.channel} is").append(" ").append_text(styled(post.state))
    return line.append(f"{due}: ").append_text(shown(_get_title(post)))


def show_status(status: dict[str, Any], needs: Iterable[str], zone: tzinfo, now: datetime) -> None:
    """Two tables, and a line for each that needs a person."""
    running = ", ".join(f"process {one['pid']} on {one['host']}" for one in status.get("services", ()))
    screen().print(
        f"newsbot {status['version']} on {status['database']}; times in {now.astimezone(zone):%Z}\n"
        f"{'running: ' + running if running else 'no service runs now'}\n",
        soft_wrap=True,
    )
    sources = _TextTable("source", "state", "last poll", "last new", "next poll")
    for one in status["sources"]:
        stamps = (one["last_polled_at"], one["last_new_at"], one["next_poll_at"])
        times = (say_briefly(datetime.fromisoformat(at), zone, now) if at else "-" for at in stamps)
        sources.add_row(one["name"], styled(one["state"]), *times)
    _print_table(sources)
    channels = _TextTable("channel", "kind", "state", "queued", "sent 24h", "failed", "unknown")
    for one in status["channels"]:
        counts = (str(one[key]) for key in ("queued", "sent_24h", "failed", "unknown"))
        channels.add_row(one["name"], one["kind"], styled(one["state"]), *counts)
    _print_table(channels)
    for line in (*_list_budgets(status), *needs):
        screen().print(shown(format_stored_times(line, zone)), soft_wrap=True)


def _list_budgets(status: dict[str, Any]) -> Iterable[str]:
    for one in status["channels"]:
        if budget := one["budget"]:
            spent = f"${budget['month_to_date_usd']:.3f} of ${budget['limit_usd']:.2f}"
            yield f"{one['name']} has spent {spent} this month"


class _TextTable:
    """Columns as wide as what stands in them. Not Rich's, which takes 0.4 ms for each row."""

    def __init__(self, *columns: str) -> None:
        from rich.text import Text

        self._text = Text
        self._rows: list[list[Text]] = []
        self.add_row(*(Text(column, "bold") for column in columns))

    def add_row(self, *cells: "str | Text") -> None:
        self._rows.append([cell if isinstance(cell, self._text) else self._text(cell) for cell in cells])

    def widths(self) -> list[int]:
        return [max(cell.cell_len for cell in column) for column in zip(*self._rows, strict=True)]

    def lines(self) -> "Text":
        """All of them, with a rule below the first."""
        widths, whole = self.widths(), self._text(no_wrap=True)
        for number, row in enumerate(self._rows):
            for cell, width, gap in zip(row, widths, [*[_GAP] * (len(row) - 1), ""], strict=True):
                whole.append_text(cell).append(" " * (width - cell.cell_len) + gap)
            whole.append("\n")
            if number == 0:
                whole.append("─" * _measure_width(self) + "\n")
        return whole


def _measure_width(table: _TextTable) -> int:
    """How wide it is."""
    widths = table.widths()
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _print_table(table: _TextTable) -> None:
    """Whole: where a terminal is too narrow for it, it folds the lines, and no id is cut."""
    screen().print(table.lines(), soft_wrap=True)
