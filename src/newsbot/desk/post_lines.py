"""Render posts as single lines of text, and lists of posts to choose from, for the answers of the desk (the
editors' chat).
"""

import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from html import unescape

from markupsafe import Markup

from newsbot.desk.context import CommandCall, DeskContext, hash_posts
from newsbot.desk.i18n import N_, Translator
from newsbot.desk.replies import Answer, Button, ButtonRows, build_button_data, join_lines
from newsbot.model import Draft, Part, Post, PostState
from newsbot.newsroom.wording import group_warnings
from newsbot.reasons import Code

__all__ = [
    "PAGE",
    "STATES",
    "STILL_PUBLIC",
    "build_retry_button",
    "build_unknown_buttons",
    "choose",
    "count",
    "cut",
    "describe_next",
    "describe_title",
    "explain_states",
    "format_post_time",
    "format_title",
    "get_plain_text",
    "is_redacted",
    "line",
    "lines",
    "list_visible_posts",
    "pages",
    "plain_text",
    "render_photos",
    "render_warnings",
]

PAGE = 6
_TITLE = 60
_WARNING = 300  # The most characters of a warning about a post that an answer shows.
# If a post is due within this time after a command, the answer to the command says that the post goes out
# now.
_AT_ONCE = timedelta(seconds=30)
_TAG = re.compile(r"<[^<>]*>")

STATES = {
    PostState.HELD: N_("held"),
    PostState.SCHEDULED: N_("scheduled"),
    PostState.SENDING: N_("going out"),
    PostState.RETRYING: N_("trying again"),
    PostState.SENT: N_("out"),
    PostState.UNKNOWN: N_("may or may not be out"),
    PostState.FAILED: N_("failed"),
    PostState.CANCELLED: N_("dropped"),
    PostState.WITHDRAWN: N_("withdrawn"),
}

STILL_PUBLIC = N_("is to be taken down, and still public")
"""The words for the state of a post whose deletion was ordered but that readers can still see on its
platform.
"""


def format_title(post: Post, longest: int = _TITLE) -> str:
    """Return the headline of a post's article, cut to ``longest`` characters.

    If the article has no headline, return the post's text; if the ledger no longer has the text, return the
    article's id.
    """
    text = plain_text(post.parts[0]) if post.parts and not is_redacted(post) else post.article_id
    return cut(post.article_title or text, longest)


def is_redacted(post: Post) -> bool:
    """Return whether the text of a post was redacted (deleted from the ledger)."""
    return any(part.redacted for part in post.parts)


def cut(text: str, longest: int) -> str:
    """Cut a text to ``longest`` characters; a text that was cut ends with an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def plain_text(part: Part) -> str:
    """Return the text of one part of a post (one of its platform messages), without HTML markup."""
    return unescape(_TAG.sub("", part.text)) if part.parse_mode == "HTML" else part.text


def get_plain_text(post: Post | Draft) -> str:
    """Return the text of a post or draft without HTML markup, with a blank line between its parts (messages
    on the platform).
    """
    return "\n\n".join(map(plain_text, post.parts))


def line(post: Post, say: Translator) -> Markup:
    """Render a post as one line, like ``telegram-main: scheduled, 08:00 · k7mq``."""
    state = say.translate(STATES[post.state])
    if post.state is PostState.HELD and post.held_for == Code.APPROVAL():
        state = say.label("held for approval")
    elif post.state is PostState.HELD and post.held_for:
        state = say.label("held for {why}", why=say.explain(post.held_for))
    return say("{channel}: {state}, {time} · <code>{id}</code>", channel=post.channel, state=state,
               time=format_post_time(post, say), id=post.id)  # fmt: skip


def render_warnings(of: Sequence[Post | Draft], say: Translator) -> list[Markup]:
    """Render the warnings of posts or of drafts of posts, each warning once, with the channels of the posts
    to which it applies.
    """
    rows = []
    for reason, named in group_warnings(of):
        text = cut(say.explain(reason), _WARNING)
        names = say.format_list(dict.fromkeys(of[index].channel for index in named))
        row = say("⚠ {names}: {warning}", names=names, warning=text) if names else None
        rows.append(row or say("⚠ {warning}", warning=text))
    return rows


def render_photos(of: Sequence[Post | Draft], say: Translator) -> list[Markup]:
    """Render a line for each photo of posts or drafts; the line is the photo's alternative text, linked to
    the photo.
    """
    photos = dict.fromkeys(image for each in of for part in each.parts for image in part.media)
    return [
        say(
            'Photo: <a href="{link}">{text}</a>',
            link=photo.url,
            text=cut(photo.alt, _WARNING) if photo.alt else say.label("without a description"),
        )
        for photo in photos
    ]


def describe_title(call: CommandCall, post: Post, longest: int = 200) -> Markup:
    """Render the headline, cut to ``longest`` characters, and the id of a post's article."""
    title = format_title(post, longest)
    return call.say("<b>{title}</b> · <code>{id}</code>", title=title, id=post.article_id)


def explain_states(call: CommandCall, found: Sequence[Post]) -> Answer:
    """Return an answer which says that the command is not possible now, and names the state of each of the
    posts.
    """
    text, say = N_("{id} is {state}: that can't be done now."), call.say
    rows = [say(text, id=post.id, state=say.translate(STATES[post.state])) for post in found[-PAGE:]]
    return Answer(join_lines(rows))


def describe_next(call: CommandCall, post: Post) -> Markup:
    """Render what happens to a post next, and when, like ``telegram-main: goes out 08:00, ...``."""
    return call.say("{channel}: {what}", channel=post.channel, what=_describe_next_step(call, post))


def _describe_next_step(call: CommandCall, post: Post) -> str:
    say, time = call.say, call.say.time(post.due_at)
    match post.state:
        case PostState.SCHEDULED | PostState.RETRYING if post.due_at <= call.now + _AT_ONCE:
            return say.label("goes out now")
        case PostState.SCHEDULED | PostState.RETRYING:
            return say.label("goes out {time}, {why}", time=time, why=say.explain(post.reason))
        case PostState.HELD if post.held_for in {None, Code.APPROVAL()}:
            return say.label("{time}, held for approval", time=time)
        case PostState.HELD:
            why = say.explain(post.held_for)
            return say.label("{time}, held for {why}", time=time, why=why)
    return say.translate(STATES[post.state])


def format_post_time(post: Post, say: Translator) -> str:
    """Render the time when a post was published or is due;
    an uncertain time has the word "about" before it.
    """
    time = say.time(post.sent_at or post.due_at)
    return say.label("about {time}", time=time) if post.is_time_uncertain else time


def lines(posts: Sequence[Post], say: Translator) -> Markup:
    """Render posts as text, each on a line like ``telegram-main: scheduled, 08:00 · k7mq``."""
    return join_lines(line(post, say) for post in posts)


def list_visible_posts(room: DeskContext, call: CommandCall, states: Collection[PostState]) -> list[Post]:
    """Return the posts in one of ``states`` that the person who sent the command may see, the earliest due
    post first.
    """
    found = room.ledger.posts.list_posts(states=states, limit=None, oldest_first=True)
    return [post for post in found if call.who.may_see(post)]


def choose(call: CommandCall, posts: Sequence[Post], *, verb: str, question: str, none: str) -> Answer:
    """Return an answer with a page of buttons, one for each post; a press of a button calls the command
    ``verb`` for its post.

    If there are no posts, the answer is the text ``none``.
    """
    if not posts:
        return Answer(none)
    shown = posts[call.offset : call.offset + PAGE]
    rows = [
        (Button(f"{post.channel} {format_post_time(post, call.say)} {format_title(post, 34)}",
                build_button_data(verb, post.id, hash_posts([post]))),)
        for post in shown
    ]  # fmt: skip
    text = f"{question}\n{count(call, posts, shown)}"
    return Answer(text, (*rows, *pages(call, verb, len(posts))), replaces=call.pressed)


def count(call: CommandCall, posts: Sequence[Post], shown: Sequence[Post]) -> Markup:
    """Render which posts of a list an answer shows, like ``1-6 of 40``; if the answer shows all, render only
    how many there are.
    """
    if len(shown) == len(posts):
        return call.say("{n} in all", n=len(posts))
    return call.say(
        "{first}-{last} of {all}", first=call.offset + 1, last=call.offset + len(shown), all=len(posts)
    )


def pages(call: CommandCall, verb: str, total: int) -> list[tuple[Button, ...]]:
    """Return the buttons to the previous and to the next page of a list, if there are any."""
    row = []
    if call.offset:
        back = max(call.offset - PAGE, 0)
        row.append(call.say.button("◂ Back", "page", f"{verb} {back}"))
    if call.offset + PAGE < total:
        row.append(call.say.button("More ▸", "page", f"{verb} {call.offset + PAGE}"))
    return [tuple(row)] if row else []


def build_unknown_buttons(post: Post, say: Translator) -> ButtonRows:
    """Return three buttons about a post of unknown outcome: the post is public, never send it again, or the
    post is not public.
    """
    stamp, channel = hash_posts([post]), post.channel
    absent = N_("I looked, it's not: send to {channel}")
    # If the post waited for an editor in the backup from which the ledger was restored, the post still has
    # the reason for which it waited. Then newsbot makes it wait again if the person says that it is not
    # public.
    if post.held_for:
        absent = N_("I looked, it's not: hold it again for {channel}")
    there = say.button("It's there: {channel}", "resolve", f"{post.id} sent", stamp, channel=channel)
    skip = say.button("Skip: {channel}", "skip", post.id, stamp, channel=channel)
    return ((there, skip), (say.button(absent, "resolve", f"{post.id} not-sent", stamp, channel=channel),))


def build_retry_button(post: Post, say: Translator) -> Button:
    """Return the button that sends a failed post again."""
    return say.button("Retry {channel}", "retry", post.id, hash_posts([post]), channel=post.channel)
