"""Render and send what the desk tells people of its own accord: alerts about what needs a person, the daily
brief, and reminders of posts that wait for approval.

`newsbot.newsroom.notices` decides what is due, and for whom.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import time
from typing import TYPE_CHECKING

import structlog
from markupsafe import Markup

from newsbot.desk.bot import ApiError
from newsbot.desk.context import hash_posts
from newsbot.desk.i18n import N_, Translator
from newsbot.desk.post_lines import build_retry_button, build_unknown_buttons, cut, format_title
from newsbot.desk.replies import Answer, Button, ButtonRows, join_lines
from newsbot.model import Post
from newsbot.newsroom.alerts import Alert, DailyBrief
from newsbot.newsroom.notices import AlertNotices, DailyBriefs, Reminder
from newsbot.newsroom.wording import say_usd
from newsbot.reasons import COMMA

if TYPE_CHECKING:
    from newsbot.desk.desk import Desk
    from newsbot.desk.messenger import Kind

__all__ = ["AlertMessages", "ReminderMessages", "render_alerts", "render_brief", "render_trouble"]

_MOST = 8  # The most alerts that one message of the desk shows, and the most posts that one reminder lists.
_ROWS = 6  # The most rows of buttons that one message with alerts has.
_ARTICLES = 5  # The most articles that each list in the daily brief names.
_REMINDER_ROWS = 4  # A reminder of more posts than this has no buttons.
_RETRY_AFTER = 5.0  # Seconds until newsbot sends alerts again after an attempt to send them failed.

log = structlog.get_logger(__name__)


class AlertMessages:
    """The component of the desk (the editors' chat) that sends alerts and the daily brief (at the time of day
    ``brief_at``).
    """

    def __init__(self, desk: "Desk", brief_at: time | None) -> None:
        self._desk = desk
        self._room = room = desk.room
        self._notices = AlertNotices(room.ledger, room.clock, room.troubles)
        self._briefs = brief_at and DailyBriefs(
            room.ledger, room.clock, room.troubles, room.zone, brief_at, list(room.channels), room.budgets
        )
        self._next_at = 0.0
        # The alerts that newsbot has sent but not yet recorded in the ledger, and the ids of the chats that
        # received them.
        self._sent: list[Alert] = []
        self._told_chats = set[int]()

    async def send_due(self) -> None:
        """Send all new alerts in one message to each chat, and the daily brief if it is due."""
        clock = asyncio.get_running_loop().time()
        if clock < self._next_at:
            return
        # If sending the alerts fails, newsbot tries again at this time.
        self._next_at = clock + _RETRY_AFTER
        await self._record_sent()
        if news := await self._desk.on_ledger(self._notices.list_new):
            reached = await self._broadcast(lambda say, chat: self._render_new(news, say, chat), "trouble")
            if reached is None:
                return
            self._sent, self._told_chats = news, reached
            await self._record_sent()
        if self._briefs and (found := await self._desk.on_ledger(self._briefs.find_due)):
            brief = found
            if not brief.is_empty and (
                await self._broadcast(lambda say, _chat: render_brief(brief, say), "brief") is None
            ):
                return
            await self._desk.on_ledger(self._briefs.record_sent)
        self._next_at = 0.0

    async def _record_sent(self) -> None:
        """Record in the ledger the alerts that were sent to chats, including those that could not be recorded
        last time.
        """
        if self._sent:
            await self._desk.on_ledger(self._notices.record_sent, self._sent, self._told_chats)
        self._sent = []

    def _render_new(self, news: Sequence[Alert], say: Translator, chat_id: int) -> Answer | None:
        mine = [each for each in news if each.chats is None or chat_id in each.chats]
        return render_alerts(mine, say) if mine else None

    async def _broadcast(
        self, render: Callable[[Translator, int], Answer | None], what: "Kind"
    ) -> set[int] | None:
        """Send each of the desk's chats the message that ``render`` returns for that chat; send nothing to a
        chat for which it returns None.

        Return the ids of the chats that received a message; None if Telegram can't be reached.
        """
        reached, away = set[int](), False
        for chat_id in self._desk.list_chats():
            answer = render(self._desk.voice.words(chat_id), chat_id)
            if answer is None:
                continue
            try:
                await self._desk.voice.say(chat_id, answer, kind=what, rank="alert")
                reached.add(chat_id)
            except ApiError as error:
                log.warning("the desk could not be told", chat=chat_id, error=str(error))
                away |= error.is_unavailable
        return None if away and not reached else reached


def render_alerts(troubles: Sequence[Alert], say: Translator) -> Answer:
    """Render alerts as one message with buttons; the message shows the first eight alerts, and how many
    others there are.
    """
    blocks = [render_trouble(trouble, say) for trouble in troubles[:_MOST]]
    if len(troubles) > _MOST:
        blocks.append(say("... and {n} more: /status", n=len(troubles) - _MOST))
    rows = [row for trouble in troubles[:_MOST] for row in _build_buttons(trouble, say)]
    return Answer(Markup("\n\n").join(blocks), tuple(rows[:_ROWS]))


def render_trouble(trouble: Alert, say: Translator) -> Markup:
    """Render the text of one alert; a text about a post contains the headline of that post's article."""
    text = _BY_HAND if trouble.by_hand else _TEXTS[trouble.kind]
    post = trouble.post
    return say(
        text,
        name=say.format_list(trouble.channels) or trouble.name,
        why=cut(say.explain(trouble.why), 300),
        n=trouble.others or len(trouble.post_ids),
        title=format_title(post) if post else "",
        id=post.id if post else "",
        article=post.article_id if post else "",
        channel=post.channel if post else "",
        percent=trouble.percent,
        date=say.time(trouble.exhausted_at) if trouble.exhausted_at else "-",
        since=say.time(trouble.since) if trouble.since else "",
        until=say.time(trouble.until) if trouble.until else "",
        duration=say.format_age(trouble.since) if trouble.since else "",
        link=trouble.link,
    )


_TEXTS = {
    "restored": N_(
        "newsbot's database was restored from a backup. It knows nothing of what happened from {since} to "
        "{until}: pauses and takedowns of that time are lost too. An article of that time that comes again "
        "gets a new id. Posts that may be out already: {n}. None of them is sent before somebody has looked: "
        "/resolve asks about each. The first: <b>{title}</b> on {channel}, <code>{id}</code>"
    ),
    "unknown": N_("Did it land? <b>{title}</b> on {name}, <code>{id}</code>. Look there: {why}"),
    "failed": N_("Failed: <b>{title}</b> on {name}, <code>{id}</code>: {why}"),
    "failed too": N_("Failed within a day besides: {n}. /retry lists them."),
    "paused": N_("{name} is paused since {since}: {why}. It resumes by itself once that is mended."),
    "budget": N_("{name}: {percent} % of the month's budget is spent ({why}). It lasts until: {date}"),
    "failing": N_("{name} can't be read: {why}"),
    "readable": N_("{name} is read again. It could not be read for {duration}, since {since}."),
    "silent": N_("{name} has had nothing new since {since}, unusually long. Is it all right?"),
    "flood": N_("{why}\nThey are held, nothing of them goes out. The first: <b>{title}</b>. Posts: {n}"),
    "redesign": N_("{why}\nHeld until somebody looks: <b>{title}</b>. Posts: {n}"),
    "alike": N_("{why}: <b>{title}</b>"),
    "stranded": N_(
        "{why}. Posts that go nowhere by themselves: {n}. "
        "/move ID CHANNEL composes one for a channel, /cancel ID drops it."
    ),
    "unread": N_("{name}: config.yaml has no such source any more. Its articles that wait to be read: {n}"),
    "refix": N_("Fix it again? <b>{title}</b> on {name}, <code>{id}</code>, is out, and {why}"),
    "gone": N_(
        "Take it down? <b>{title}</b> is out on {name}, and its article is not published at its source any "
        "more. /takedown {article} takes it away everywhere, /skip {article} leaves it up."
    ),
    "edited": N_(
        "Update it? <b>{title}</b> is out on {name}, and its source has edited the article since: {why}"
    ),
    "unposted": N_("Not posted: <b>{name}</b>: {why}"),
    "amendment": N_(
        "It stays as it is, it can not be changed: <b>{title}</b> on {name}, <code>{id}</code>: {why}\n{link}"
    ),
}
_BY_HAND = N_("Only a person can put it right: <b>{title}</b> on {name}, <code>{id}</code>: {why}\n{link}")


_FLOOD_BUTTONS = (
    (N_("Look"), "show", "{id}"),
    (N_("Post them"), "held", "{id} post"),
    (N_("Drop them"), "held", "{id} drop"),
)
_BUTTONS = {
    "restored": (_FLOOD_BUTTONS[0],),
    "paused": ((N_("Resume {channel}"), "resume", "{name}"),),
    "flood": _FLOOD_BUTTONS,
    "redesign": _FLOOD_BUTTONS,
    "by hand": ((N_("I deleted it: {channel}"), "deleted", "{id}"),),
    "refix": ((N_("Leave it: {channel}"), "skip", "{id}"),),
    "gone": ((N_("Take it down"), "takedown", "{article}"), (N_("Leave it: {channel}"), "skip", "{article}")),
    "edited": ((N_("Update"), "update", "{article}"), (N_("Leave it"), "skip", "{article}")),
}
"""The buttons of alerts by their kind: for each button the label, the command and the command's argument."""


def _build_buttons(trouble: Alert, say: Translator) -> ButtonRows:
    post = trouble.post
    if post and trouble.kind == "unknown":
        return build_unknown_buttons(post, say)
    if post and trouble.kind == "failed":
        return ((build_retry_button(post, say),),)
    if post is None and trouble.kind != "paused":
        return ()
    ref = {"name": trouble.name, "id": post and post.id, "article": post and post.article_id}
    channels = say.format_list(trouble.channels) or trouble.name
    row = tuple(
        say.button(text, verb, argument.format(**ref), channel=channels)
        for text, verb, argument in _BUTTONS.get("by hand" if trouble.by_hand else trouble.kind, ())
    )
    return (row,) if row else ()


def render_brief(found: DailyBrief, say: Translator) -> Answer:
    """Render the daily brief as one message: which posts were published, ended, wait for an editor or are
    due, what budgets are spent, and alerts.
    """
    rows = [say("<b>The brief</b>, since {time}", time=say.time(found.since))]
    rows.append(say("Out: {n}", n=len(found.out)))
    breaking = {post.article_id: format_title(post) for post in found.breaking}
    rows += [
        say("Breaking: {title} · <code>{id}</code>", title=title, id=article)
        for article, title in list(breaking.items())[:8]
    ]
    rows += _list_titles(found.ended, say, N_("Ended without going out: {n}"))
    rows += _list_titles(found.held, say, N_("Posts that wait for a person: {n}. /approve lists them."))
    rows.append(say("Posts due within a day: {n}", n=len(found.waiting)))
    for one in found.budgets:
        spent, limit = say_usd(one.spent).removeprefix("$"), f"{one.limit:.0f}"
        rows.append(say("{name}: ${spent} / ${limit}", name=one.name, spent=spent, limit=limit))
    rows += [render_trouble(trouble, say) for trouble in found.troubles[:_MOST]]
    return Answer(join_lines(rows))


def _list_titles(posts: Sequence[Post], say: Translator, text: str) -> list[Markup]:
    if not posts:
        return []
    by_article: dict[str, list[Post]] = {}
    for post in posts:
        by_article.setdefault(post.article_id, []).append(post)
    listed = list(by_article.items())
    titles = []
    for article, some in listed[:_ARTICLES]:
        channels = say.format_list(dict.fromkeys(post.channel for post in some))
        ref, title = some[0].id if len(some) == 1 else article, format_title(some[0])
        titles.append(say("· {title} · {channel} · <code>{id}</code>", title=title, channel=channels, id=ref))
    more = sum(len(some) for _, some in listed[_ARTICLES:])
    rest = [say("... and {n} more", n=more)] if more else []
    return [say(text, n=len(posts)), *titles, *rest]


_HEADS = {
    "soon": N_("Needs an approval, due {time}:"),
    "due": N_("Due, and nobody has approved it yet:"),
    "dying": N_("Is dropped {time} unless somebody approves it:"),
    "dead": N_("Dropped, as nobody approved it in time:"),
}


class ReminderMessages:
    """The component of the desk (the editors' chat) that sends reminders about posts which wait for
    approval.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._room = desk.room
        self._changed: dict[str, None] = {}
        self._one_at_a_time = asyncio.Lock()

    async def send_due(self, changed: Iterable[str] = ()) -> None:
        """Send the reminders that are due; all reminders of the same kind become one message in each chat.

        ``changed`` are the ids of articles with new events: some of their posts may have expired without a
        reminder while the service was stopped or Telegram could not be reached.
        """
        async with self._one_at_a_time:
            self._changed |= dict.fromkeys(changed)
            if await self._send_due():
                self._changed = {}

    async def _send_due(self) -> bool:
        """Send the reminders that are due; return False if they could not be sent because Telegram can't be
        reached.
        """
        alike: dict[tuple[str, tuple[int, ...]], list[Reminder]] = {}
        for each in await self._desk.on_ledger(self._list_due):
            alike.setdefault((each.stage, tuple(each.who)), []).append(each)
        for reminders in alike.values():
            try:
                await self._send_reminders(reminders)
            except ApiError as error:
                log.warning("a reminder waits for Telegram", error=str(error))
                return False
            await self._desk.on_ledger(self._room.reminders.record_sent, reminders)
        return True

    def _list_due(self) -> list[Reminder]:
        reminders = self._room.reminders
        return [*reminders.list_due(), *(reminders.list_dead(self._changed) if self._changed else [])]

    async def _send_reminders(self, reminders: Sequence[Reminder]) -> None:
        """Send one message with all of ``reminders``, whose posts are equally urgent (such as "due") and
        which are for the same people.
        """
        posts, first = [each.post for each in reminders], reminders[0]
        approvers = self._room.permissions.list_approvers(posts)
        for chats in first.list_audiences(self._desk.chats, approvers):
            if await self._send_to_any(chats, lambda chat: self._render_reminder(posts, chat, first)):
                return
        log.error("nobody could be reminded", stage=first.stage, posts=[post.id for post in posts])

    async def _send_to_any(self, chats: Sequence[int], wording: Callable[[int], Answer]) -> bool:
        """Send each of ``chats`` the reminder that ``wording`` returns for the chat; return whether any chat
        received its reminder.

        A person who has never written to the bot can't receive a reminder.

        Raises:
            ApiError: No chat received the reminder, because Telegram can't be reached.
        """
        reached = False
        for chat in chats:
            try:
                await self._desk.voice.say(chat, wording(chat), kind="reminder", rank="alert")
                reached = True
            except ApiError as error:
                log.info("a reminder did not arrive", chat=chat, error=str(error))
                if not reached and error.is_unavailable:
                    raise
        return reached

    def _render_reminder(self, posts: Sequence[Post], chat: int, reminder: Reminder) -> Answer:
        """Render a reminder for one chat: mentions of the people whom it reminds, the posts that wait for
        approval, and buttons for these posts.
        """
        stage, named = reminder.stage, reminder.mentioned
        people, say = self._room.people, self._desk.voice.words(chat)
        mine = [post for post in posts if chat < 0 or self._room.permissions.may_approve(chat, post)]
        at = min(post.expires_at or post.due_at if stage == "dying" else post.due_at for post in mine)
        to = _format_mentions([(who, people.name(f"tg:{who}")) for who in named], say) if chat < 0 else ""
        rows = [to + say(_HEADS[stage], time=say.time(at))]
        for post in mine[:_MOST]:
            text = N_("<b>{title}</b> · {channel} · <code>{id}</code>")
            rows.append(say(text, title=format_title(post), channel=post.channel, id=post.id))
        if len(mine) > _MOST:
            rows.append(say("... and {n} more: /approve", n=len(mine) - _MOST))
        has_buttons = stage != "dead" and len(mine) <= _REMINDER_ROWS
        buttons = [_build_reminder_buttons(post, say) for post in mine] if has_buttons else ()
        return Answer(join_lines(rows), tuple(buttons))


def _build_reminder_buttons(post: Post, say: Translator) -> tuple[Button, ...]:
    return (
        say.button("Approve: {channel}", "approve", post.id, hash_posts([post]), channel=post.channel),
        say.button("Time", "move", post.id),
        say.button("Drop", "cancel", post.id),
    )


def _format_mentions(people: Sequence[tuple[int, str]], say: Translator) -> Markup:
    """Render mentions of people as HTML, by which Telegram notifies these people even in a muted group."""
    each = [Markup('<a href="tg://user?id={}">{}</a>').format(who, name) for who, name in people]
    return Markup(say.translate(COMMA)).join(each) + ": " if each else Markup()
