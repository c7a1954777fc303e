"""The commands /post and /breaking, which fetch an article by its URL and queue a post for each channel."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from newsbot.desk.cards import render_card
from newsbot.desk.command_parser import normalize_text
from newsbot.desk.context import (
    Command,
    CommandCall,
    DeskContext,
    find_own_channel,
    list_own_channels,
    read_time,
    require_url,
)
from newsbot.desk.i18n import N_
from newsbot.desk.post_lines import lines
from newsbot.desk.replies import Answer, Refusal, join_lines
from newsbot.errors import AlreadyPosted, UsageError
from newsbot.model import Article, Post, PostEvent, PostState
from newsbot.newsroom.submission import ChannelChoice, find_source

__all__ = ["POSTING"]

# The pattern of a time of day like 18:30. A word of this form can't be a channel's name.
_CLOCK = re.compile(r"\d{1,2}[:.]\d\d$")


@dataclass(frozen=True, slots=True)
class _PostCommand:
    """The parsed arguments of ``/post URL [channel...] [at TIME]``; ``again`` allows a second post of the
    article on a channel.
    """

    url: str
    channels: tuple[str, ...]
    at: datetime | None
    again: bool


class _FetchedArticle(NamedTuple):
    """The parsed arguments of /post, the article that newsbot fetched, and the name of the article's source
    (None if unknown).

    newsbot fetches the article before the command's transaction begins, because fetching takes long.
    """

    wish: _PostCommand
    article: Article
    source: str | None


async def read(room: DeskContext, call: CommandCall) -> _FetchedArticle:
    """Parse the arguments of /post or /breaking and fetch the article, before the command's ledger
    transaction begins.

    Raises:
        Refusal: the arguments can't be parsed.
        SourceError, ReadError: the article can't be fetched or read.
    """
    # The arguments are parsed in a thread, because parsing a time may load a dictionary, which blocks for a
    # while.
    wish = await asyncio.to_thread(_parse_request, room, call)
    article, source = await room.submission.read_with_source(wish.url)
    own = list_own_channels(room, call)
    chosen = room.submission.choose_channels(source, article.url or wish.url, own)
    await room.submission.prepare(article, wish.channels or chosen.names)
    return _FetchedArticle(wish, article, source)


def post(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /post and /breaking: queue posts of the fetched article.

    The message with the answer becomes the article's card in the chat, unless the chat already has a card of
    the article.
    """
    wish, article, source = call.prepared
    choice = ChannelChoice(list(wish.channels))
    if not wish.channels:
        source, mine = source or find_source(room.ledger.articles, article), list_own_channels(room, call)
        choice = room.submission.choose_channels(source, article.url or wish.url, mine)
    try:
        posts = room.posts.queue(
            article,
            choice.names,
            by=call.who.by,
            at=wish.at,
            again=wish.again,
            named=bool(wish.channels),
            breaking=call.verb == "breaking",
        )
    except AlreadyPosted as error:
        known = map(room.ledger.posts.get_post, error.post_ids)
        rows = [call.say("The article has posts already:"), lines(list(known), call.say)]
        more = call.say("To post it once more: /post {url} again", url=wish.url)
        raise Refusal(Answer(join_lines([*rows, more]))) from None
    except UsageError:
        if block := room.ledger.actions.is_blocked(url=article.url):
            who, time = room.people.name(block.by), call.say.time(block.at)
            gone = N_("{who} took this down, {time}: nothing of it is posted any more.")
            raise Refusal(call.say(gone, who=who, time=time)) from None
        raise
    return _render_queued(room, call, posts, wish, choice)


def _render_queued(
    room: DeskContext, call: CommandCall, posts: list[Post], wish: _PostCommand, choice: ChannelChoice
) -> Answer:
    say, article = call.say, posts[0].article_id
    known = room.ledger.posts.list_posts(article_id=article, limit=None)
    rows = [say("Queued, nothing is out yet.")]
    if out := say.format_list(dict.fromkeys(post.channel for post in known[::-1] if post.is_out)):
        rows = [say("Queued. The article is out already on: {channels}", channels=out)]
    rows += _render_drops(room, call, known, posts)
    if choice.sources and len(choice.names) < len(list_own_channels(room, call)):
        text = N_("{source} posts to these channels. Others: /post {url} and their names")
        rows.append(say(text, source=say.format_list(choice.sources), url=wish.url))
    if wish.at:
        rows.append(say("The time that was set: {time}", time=say.format_moment(wish.at)))
    head, shown, desk = join_lines(rows), render_card(room, posts, say), room.ledger.desk
    has_card = any(card.chat_id == call.chat_id for card in desk.list_cards() if card.subject == article)
    card = None if has_card else desk.add_card(call.chat_id, "article", article, now=call.now).id
    return Answer(head + "\n" + shown.text, shown.buttons, kept=str(head), card=card)


def _render_drops(
    room: DeskContext, call: CommandCall, known: Sequence[Post], posts: Sequence[Post]
) -> list[Markup]:
    """Render by whom and when earlier posts of the article on the channels of ``posts`` were dropped."""
    names = {post.channel for post in posts}
    rows: dict[tuple[str, str], Markup] = {}
    for post in known:
        if post.state is not PostState.CANCELLED or post.channel not in names:
            continue
        events = room.ledger.posts.list_events(post.id)
        drop = next((each for each in reversed(events) if each.event == PostEvent.CANCEL), None)
        # A name with a colon, such as ``tg:111``, means that a person and not newsbot itself dropped the
        # post.
        if drop and ":" in drop.by:
            who, time = room.people.name(drop.by), call.say.time(drop.at)
            text = call.say("⚠ {who} had dropped it {time}.", who=who, time=time)
            rows.setdefault((who, time), text)
    return list(rows.values())


def _parse_request(room: DeskContext, call: CommandCall) -> _PostCommand:
    words = call.rest.split()
    url, rest = words[0].strip("<>[](),"), words[1:]
    require_url(call, url)
    bare = [normalize_text(word).casefold().strip(",") for word in rest]
    is_timed = "at" in bare
    at = bare.index("at") if is_timed else len(bare)
    when = normalize_text(" ".join(rest[at + 1 :]))
    again = "again" in bare[:at]
    wanted = [word for word in bare[:at] if word not in {"again", "on", "and"}]
    for word in wanted:
        if word.startswith("+") or _CLOCK.match(word):
            text = N_("{what} is no channel. If it is a time, write /{name} {url} at {what}")
            raise Refusal(call.say(text, what=word, name=Markup(call.verb), url=url))
    names = dict.fromkeys(find_own_channel(room, call, word) for word in wanted)
    return _PostCommand(url, tuple(names), read_time(room, call, when) if is_timed else None, again)


POSTING = (
    Command(
        "breaking", N_("queue an article, past slots and quiet hours"), post, N_("address"), prepare=read
    ),
    Command("post", N_("queue an article"), post, N_("address [channel...] [at TIME]"), prepare=read),
)
