"""Render a takedown report, the message that shows the state of each post that is being deleted.

The functions here only compute the message; `card_sync` sends the message and edits it until the takedown
ends.
"""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from newsbot.desk.cards import Shown
from newsbot.desk.i18n import N_, Translator
from newsbot.desk.post_lines import cut
from newsbot.desk.reason_text import explain
from newsbot.desk.replies import Button, data_of, fit_one_message
from newsbot.newsroom.takedowns import ReportLine, TakedownReport

__all__ = ["render_report"]

_MOST = 30  # The most lines that one takedown report shows.
_BUTTONS = 6
_STATES = {
    "cancelled": N_("dropped before it went out"),
    "deleted": N_("deleted"),
    "notice": N_("could not be deleted, says that it was withdrawn"),
    "by hand": N_("deleted by hand"),
    "waiting": N_("is being taken down"),
    "manual": N_("only a person can delete it"),
    "failed": N_("could not be taken down"),
    "not out": N_("was never out"),
    "edited": N_("a digest, says the rest now"),
    "recomposed": N_("a digest, goes out without it"),
}


def render_report(report: TakedownReport, say: Translator, now: datetime) -> Shown:
    """Render a takedown report as a message; the field ``over`` of the result is true once nothing is left to
    delete.
    """
    title = report.title or report.url or report.action.article_id
    head = say("{what}: <b>{title}</b>", what=f"/{report.action.what}", title=cut(title, 100))
    rows = [_render_row(line, say, now) for line in report.lines[:_MOST]]
    rows = rows or [say("Nothing of it was out, and it won't come again.")]
    return Shown(
        fit_one_message(Markup("\n").join([head, *rows, _render_progress(report, say)])),
        _build_deleted_buttons(report.lines, say),
        report.done,
        "" if report.done else "trouble",
    )


def _render_row(line: ReportLine, say: Translator, now: datetime) -> Markup:
    row = say("{channel}: {state}", channel=line.channel, state=say.translate(_STATES[line.state]))
    if line.at and line.state != "waiting":
        row += say(", {time}", time=say.format_time(line.at, now))
    row += say(" ({why})", why=cut(explain(line.why, say, now), 160)) if line.why else ""
    return row + (say("\n{link}", link=line.url) if line.url else "")


def _render_progress(report: TakedownReport, say: Translator) -> Markup:
    if report.done:
        return say("All of it is gone.")
    return say("The rest is tried again and again: /why {id}", id=report.action.article_id)


def _build_deleted_buttons(lines: Sequence[ReportLine], say: Translator) -> tuple[tuple[Button, ...], ...]:
    """Return a button "I deleted it" for each post that only a person can delete on the post's platform."""
    wanted = {line.post_id: line.channel for line in lines if line.state == "manual"}
    return tuple(
        (Button(say.label("I deleted it: {channel}", channel=channel), data_of("deleted", post_id)),)
        for post_id, channel in list(wanted.items())[:_BUTTONS]
    )
