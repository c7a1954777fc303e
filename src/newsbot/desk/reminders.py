"""Send the messages that remind people of posts that wait for approval.

`newsroom.notices` decides when to remind whom. A reminder counts as sent once somebody received it, or if
nobody can receive it. While Telegram can't be reached, the reminder is sent later.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog
from markupsafe import Markup

from newsbot.desk.bot import ApiError
from newsbot.desk.context import hash_posts
from newsbot.desk.desk import Desk
from newsbot.desk.i18n import N_, Translator
from newsbot.desk.post_lines import format_title
from newsbot.desk.replies import Answer, Button, data_of
from newsbot.model import Post
from newsbot.newsroom.notices import Reminder
from newsbot.reasons import COMMA

__all__ = ["ReminderMessages"]

_MOST = 8  # The most posts that one reminder lists.
_ROWS = 4

_HEADS = {
    "soon": N_("Needs an approval, due {time}:"),
    "due": N_("Due, and nobody has approved it yet:"),
    "dying": N_("Is dropped {time} unless somebody approves it:"),
    "dead": N_("Dropped, as nobody approved it in time:"),
}

log = structlog.get_logger(__name__)


class ReminderMessages:
    """The component of the desk that sends reminders about posts which wait for approval."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._room = desk.room
        self._changed: dict[str, None] = {}
        self._one_at_a_time = asyncio.Lock()

    async def look(self, changed: Iterable[str] = ()) -> None:
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
        found = await self._desk.on_ledger(self._list_due)
        alike: dict[tuple[str, tuple[int, ...]], list[Reminder]] = {}
        for each in found:
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
        """Send one message with all of ``reminders``, which are of the same stage (such as "due") and for the
        same people.
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
                if not reached and error.away:
                    raise
        return reached

    def _render_reminder(self, posts: Sequence[Post], chat: int, reminder: Reminder) -> Answer:
        """Render a reminder for one chat: mentions of the people whom it reminds, the posts that wait for
        approval, and buttons for these posts.
        """
        stage, named = reminder.stage, reminder.mentioned
        people, say, now = self._room.people, self._desk.voice.words(chat), self._room.clock.now()
        mine = [post for post in posts if chat < 0 or self._room.permissions.may_approve(chat, post)]
        at = min(post.expires_at or post.due_at if stage == "dying" else post.due_at for post in mine)
        to = _format_mentions([(who, people.name(f"tg:{who}")) for who in named], say) if chat < 0 else ""
        rows = [to + say(_HEADS[stage], time=say.format_time(at, now))]
        rows += [
            say(
                "<b>{title}</b> · {channel} · <code>{id}</code>",
                title=format_title(post),
                channel=post.channel,
                id=post.id,
            )
            for post in mine[:_MOST]
        ]  # fmt: skip
        if len(mine) > _MOST:
            rows.append(say("... and {n} more: /approve", n=len(mine) - _MOST))
        return Answer(Markup("\n").join(rows), _build_buttons(mine, say) if stage != "dead" else ())


def _format_mentions(people: Sequence[tuple[int, str]], say: Translator) -> Markup:
    """Render mentions of people as HTML, by which Telegram notifies these people even in a muted group."""
    each = [Markup('<a href="tg://user?id={}">{}</a>').format(who, name) for who, name in people]
    return Markup(say.translate(COMMA)).join(each) + ": " if each else Markup()


def _build_buttons(posts: Sequence[Post], say: Translator) -> tuple[tuple[Button, ...], ...]:
    if len(posts) > _ROWS:
        return ()
    return tuple(
        (
            Button(
                say.label("Approve: {channel}", channel=post.channel),
                data_of("approve", post.id, hash_posts([post])),
            ),
            Button(say.label("Time"), data_of("move", post.id)),
            Button(say.label("Drop"), data_of("cancel", post.id)),
        )
        for post in posts
    )
