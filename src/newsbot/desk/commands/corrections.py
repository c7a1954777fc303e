"""The commands that edit unpublished posts, correct published posts, and set or lift embargoes."""

import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from newsbot.desk.arguments import make_fingerprint, read_time
from newsbot.desk.command_parser import drop_first_word, is_article, plain, strip_invisible
from newsbot.desk.context import Command, CommandCall, DeskContext, find_posts
from newsbot.desk.i18n import N_
from newsbot.desk.post_lines import cut, describe_next, plain_text, render_warnings
from newsbot.desk.reason_text import explain
from newsbot.desk.replies import Answer, Button, Refusal, data_of
from newsbot.errors import NotPermitted
from newsbot.model import PENDING, Post, PostState
from newsbot.newsroom.history import list_changes
from newsbot.newsroom.revisions import price_repost
from newsbot.newsroom.wording import say_usd

__all__ = ["AFTER", "find_article", "use"]

_EVERY = "all"  # In the data of a button, this word means all posts of an article that wait.
# In the data of a button, this word means that newsbot adds the article's address after the new text.
_WITH_LINK = "link"
_SENT = (PostState.SENT,)
# newsbot asks for a confirmation if a new text is at least this many times shorter than the post's old text.
_SHORTER = 4
# The most blocks of text that one question shows: the headline of an article and the texts of twelve posts.
_MOST = 13
_PLACES = 4  # For each post, a question shows at most this many places where the text would change.
_ARROW = re.compile(r"\s*(?:->|=>|→|⇒|>)\s*")


def edit(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /edit: replace the text of an unpublished post; offer a button for each if several are meant."""
    ref, text = _split_reference(call)
    posts = [post for post in find_posts(room, call, ref) if post.is_pending]
    if not posts:
        raise Refusal(call.say("Nothing of {id} waits: /correct puts right what is out.", id=ref))
    if not text:
        how = call.say(
            "Reply to this article's card with the new text, or type /edit {id} and the text.", id=posts[0].id
        )
        return Answer(how)
    if len(posts) > 1:
        rows = tuple((Button(post.channel, data_of("pick", f"{call.update} {post.id}")),) for post in posts)
        both = Button(call.say.label("All ({n})", n=len(posts)), data_of("pick", f"{call.update} {_EVERY}"))
        rows = (*rows, (both,))
        return Answer(call.say("On which channel should it say that?"), rows)
    if not call.confirmed and len(text) * _SHORTER < len(_get_plain_text(posts[0])):
        return _confirm_reply(call, posts[0], text)
    return _edit_post(room, call, posts[0], text, call.update)


def _confirm_reply(call: CommandCall, post: Post, text: str) -> Answer:
    """Ask for a confirmation before a much shorter text replaces a post's text, because a reply to a card may
    be meant for a colleague and not for newsbot.
    """
    what = call.say("On {channel} it would say only this: {text}", channel=post.channel, text=text)
    button = Button(call.say.label("Yes, change it"), data_of("yes", str(call.update)))
    return Answer(what, ((button,),), asks=True)


def pick(room: DeskContext, call: CommandCall) -> Answer:
    """Edit the post whose button was pressed, or all posts, with the new text of the person's earlier /edit
    command.
    """
    number, post_id, how = (*call.rest.split(), "", "", "")[:3]
    told = room.ledger.desk.get_update(room.bot_id, int(number)) if number.isdecimal() else None
    if told is None or told.user_id != call.who.id:
        raise Refusal(Answer(call.say.label("That was too long ago: type it again."), pop=True))
    _, ref, text = told.said.split(None, 2)
    if post_id != _EVERY:
        (post,) = find_posts(room, call, post_id)
        text += f"\n\n{post.article_url}" if how == _WITH_LINK and post.article_url else ""
        return _edit_post(room, call, post, text, int(number))
    posts = [post for post in find_posts(room, call, ref) if post.is_pending]
    return Answer(
        Markup("\n\n").join(Markup(_edit_post(room, call, post, text, int(number)).text) for post in posts)
    )


def _edit_post(room: DeskContext, call: CommandCall, post: Post, text: str, update: int) -> Answer:
    """Replace a post's text by ``text`` from the /edit command with the id ``update``;
    answer what changed.
    """
    done = use(room, call, "editing").edit(post.id, text, call.who.by)
    if not done.change:
        return Answer(call.say("{id} says that already.", id=post.id))
    say = call.say
    parts = [
        say(
            "Changed on {channel}: {change}",
            channel=post.channel,
            change=cut(explain(done.change, say, call.now), 800),
        )
    ]
    if done.voided:
        parts.append(
            say("The approval that it had is void, as it was for another text: /approve {id}", id=post.id)
        )
    elif done.after.state is PostState.HELD:
        needs = N_("It needs an approval now: /approve {id}")
        if post.state is PostState.HELD:
            needs = N_("It still needs an approval: /approve {id}")
        parts.append(say(needs, id=post.id))
    parts += render_warnings([done.after], call.say, call.now)
    parts.append(say("The text before: /edit {id} {text}", id=post.id, text=cut(_get_plain_text(post), 1500)))
    if not post.article_url or not any(warning.code == "no-link" for warning in done.after.warnings):
        return Answer(Markup("\n").join(parts))
    link = Button(say.label("Keep the link"), data_of("pick", f"{update} {post.id} {_WITH_LINK}"))
    return Answer(Markup("\n").join(parts), ((link,),))


def fix(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /fix: show how replacing a word or number would change an article's posts, and ask for a
    confirmation.

    Once the person has confirmed the change, replace the word or number.
    """
    ref, rest = _split_reference(call)
    both = [part for part in _ARROW.split(strip_invisible(rest)) if part.strip()]
    if len(both) != 2:  # noqa: PLR2004  The command has the old and the new words.
        raise Refusal(call.say("Write it like /fix {id} 4.2 > 2.4", id=ref or "a-k7mq"))
    uses, article = use(room, call, "corrections"), find_article(room, call, ref)
    proposed = uses.propose_fix(article, both[0], both[1])
    if not _is_confirmed(call, proposed):
        return _render_proposal(room, call, article, proposed)
    done = uses.fix(article, both[0], both[1], call.who.by).proposed
    return _render_correction(room, call, article, done)


def correct(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /correct: show how a new text would change an article's posts, and ask for a confirmation.

    Once the person has confirmed the change, replace the text.
    """
    ref, text = _split_reference(call)
    if not text:
        raise Refusal(call.say("Write the article's new text behind /correct {id}", id=ref))
    uses, article = use(room, call, "corrections"), find_article(room, call, ref)
    proposed = uses.propose_correction(article, text)
    if not _is_confirmed(call, proposed):
        return _render_proposal(room, call, article, proposed)
    return _render_correction(room, call, article, uses.correct(article, text, call.who.by).proposed)


def replace_published(room: DeskContext, call: CommandCall) -> Answer:
    """Show how the posts of a published article would change to the text of a similar held article; ask for a
    confirmation.

    Once the person has confirmed the change, correct the published article's posts and drop the held
    article's posts.
    """
    found = room.questions.get_replacement(find_posts(room, call, call.words[0])[0].id)
    if found is None:
        raise Refusal(Answer(call.say.label("None of them is held any more."), pop=True))
    (out, version), uses = found, use(room, call, "corrections")
    proposed = uses.propose_replacement(out, version)
    if not _is_confirmed(call, proposed):
        return _render_proposal(room, call, out, proposed)
    done = uses.replace(out, version, call.who.by).proposed
    alike = [post for post in room.questions.list_similar_posts(call.words[0]) if call.who.sees(post)]
    room.questions.drop(alike, by=call.who.by)
    return _render_correction(room, call, out, done)


def update_published(room: DeskContext, call: CommandCall) -> Answer:
    """Show how published posts would change to the article's text after an edit at its source; ask for a
    confirmation.

    Once the person has confirmed the change, correct the posts.
    """
    article, uses = find_article(room, call, call.words[0]), use(room, call, "corrections")
    version = room.ledger.articles.get_article(article).article
    if version is None:
        raise Refusal(
            Answer(call.say.label("No post says that: only the article's own text changes."), pop=True)
        )
    proposed = uses.propose_replacement(article, version)
    if not _is_confirmed(call, proposed):
        return _render_proposal(room, call, article, proposed)
    return _render_correction(room, call, article, uses.replace(article, version, call.who.by).proposed)


def embargo(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /embargo: let no post of an article be published before a given time, or lift the article's
    embargo.

    Only two admins together can lift an embargo.
    """
    ref, text = call.words[0], plain(drop_first_word(call.rest)).strip()
    posts = find_posts(room, call, ref)
    article, uses, say = posts[0].article_id, use(room, call, "embargoes"), call.say
    if text.lower() == "lift":
        return _lift_embargo(call, article, uses)
    if not text:
        raise Refusal(say("Write a time behind /embargo {id}, or lift", id=ref))
    until = read_time(room, call, text)
    waiting = uses.set(article, until, call.who.by)
    text_ = say("Nothing of {id} goes before {time}. Posts that wait: {n}. /embargo {id} lift ends it, "
                "if two admins ask for it.", id=article,
                time=say.format_time(until, call.now), n=len(waiting))  # fmt: skip
    return Answer(Markup("\n").join([text_, *(describe_next(call, post) for post in waiting)]))


def _lift_embargo(call: CommandCall, article: str, uses: Any) -> Answer:
    try:
        done = uses.lift(article, call.who.by)
    except NotPermitted:
        raise Refusal(call.say("Lifting an embargo is an admin's, with a second one's button.")) from None
    if done.done:
        text = call.say("The embargo on {id} is over. Posts that go on: {n}", id=article, n=len(done.posts))
        return Answer(Markup("\n").join([text, *(describe_next(call, post) for post in done.posts)]))
    time = call.say.format_time(done.embargo_until, call.now)
    text = call.say(
        "A second admin has to lift it too; until then {id} waits until {time}.", id=article, time=time
    )
    return Answer(text, ((Button(call.say.label("Lift it too"), data_of("embargo", f"{article} lift")),),))


def use(room: DeskContext, call: CommandCall, name: str) -> Any:
    """Return the newsroom's object with the given name, such as "corrections", whose methods carry out what
    editors order.

    Raises:
        Refusal: This service was built without that object.
    """
    found = room.uses.get(name)
    if found is None:
        raise Refusal(call.say("/{name} is not in this version.", name=Markup(call.verb)))
    return found


def _split_reference(call: CommandCall) -> tuple[str, str]:
    """Split a command's arguments into the first word, an id or link, and the rest with its line breaks."""
    ref, *rest = call.typed.split(None, 1)
    return plain(ref).strip("[](),"), rest[0] if rest else ""


def find_article(room: DeskContext, call: CommandCall, ref: str) -> str:
    """Return the id of the article that ``ref`` means: an id, or the link of an article or post.

    Raises:
        Refusal: There is no such article, or the person may see none of its posts.
    """
    found = (
        find_posts(room, call, ref)
        if not is_article(ref) or room.ledger.posts.list_posts(article_id=ref)
        else None
    )
    return found[0].article_id if found else ref.lower()


def _get_plain_text(post: Post) -> str:
    return "\n\n".join(plain_text(part) for part in post.parts)


def _head(room: DeskContext, call: CommandCall, article: str) -> Markup:
    """Render an article's headline and id, to show which article a command changes."""
    title = room.ledger.articles.get_article(article).title or article
    return call.say("<b>{title}</b> · <code>{id}</code>", title=cut(title, 200), id=article)


def _is_confirmed(call: CommandCall, proposed: Sequence[Any]) -> bool:
    """Return whether the person confirmed the changes ``proposed``, and the question showed the person these
    same changes.
    """
    return call.confirmed and call.shown == _fingerprint(proposed)


def _fingerprint(proposed: Sequence[Any]) -> str:
    """Return a hash of the proposed changes of posts, without their new texts.

    A new text may have a note with the time of the correction, which changes by itself.
    """
    return make_fingerprint(*((each.post.id, each.how, each.parts_before) for each in proposed))


def _render_proposal(room: DeskContext, call: CommandCall, article: str, proposed: Sequence[Any]) -> Answer:
    """Render how a correction would change each post, with a button Yes by which the person confirms the
    correction.
    """
    say, blocks = call.say, [_head(room, call, article)]
    for each in proposed:
        before, after = (
            " ".join(plain_text(part) for part in parts) for parts in (each.parts_before, each.parts_after)
        )
        head = say(
            "<b>{channel}</b>, {how} · <code>{id}</code>",
            channel=each.post.channel,
            how=say.translate(_HOWS.get(each.how, each.how)),
            id=each.post.id,
        )
        price = None
        if each.how == "repost":
            channel = room.composition.get_channel(each.post.channel)
            price = price_repost(channel, each.parts_before, each.parts_after)
        if price:
            head += say(" · costs {price}", price=say_usd(price))
        places = [
            say("{old} → {new}", old=old, new=new) for old, new in list_changes(before, after)[:_PLACES]
        ]
        blocks.append(
            Markup("\n").join(
                [head, *([escape(explain(each.problem, say, call.now))] if each.problem else places)]
            )
        )
    if not proposed:
        blocks.append(say("No post says that: only the article's own text changes."))
    if any(each.problem for each in proposed):
        return Answer(Markup("\n\n").join([say("It can't be done like that:"), *blocks[:_MOST]]))
    head = say("This would change:")
    if call.shown:
        head = say("Nothing was done, as something has changed since you were asked. Now this would change:")
    button = Button(say.label("Yes, put it right"), data_of("yes", str(call.update), _fingerprint(proposed)))
    answer = Answer(Markup("\n\n").join([head, *blocks[:_MOST]]), ((button,),), asks=True)
    if call.confirmed:
        # This answer asks the question again, because the proposed changes are no longer those that the
        # person confirmed.
        raise Refusal(answer)
    return answer


_HOWS = {
    "edit": N_("edited in place"),
    "reply": N_("a reply says it"),
    "repost": N_("deleted and posted again"),
    "recompose": N_("before it goes out"),
    "manual": N_("only a person can"),
}


def _render_correction(room: DeskContext, call: CommandCall, article: str, proposed: Sequence[Any]) -> Answer:
    if not proposed:
        text = call.say("The article's own text is changed. No post said that, so none is.")
        return Answer(Markup("\n").join([text, _head(room, call, article)]))
    channels = call.say.format_list(f"{each.post.channel} ({each.post.id})" for each in proposed)
    text = call.say(
        "It is being put right: {channels}. /why {id} says how far it is; "
        "/fix the other way round undoes it.",
        channels=channels,
        id=article,
    )
    return Answer(Markup("\n").join([text, _head(room, call, article)]))


AFTER = (
    Command("edit", N_("other words for a post that waits"), edit, N_("ID TEXT"), PENDING),
    Command("pick", "", pick, hidden=True),
    Command("fix", N_("a wrong word or number, everywhere"), fix, N_("ARTICLE-ID OLD > NEW"), _SENT),
    Command("correct", N_("a new text, everywhere"), correct, N_("ARTICLE-ID TEXT"), _SENT),
    Command("instead", "", replace_published, hidden=True),
    Command("update", "", update_published, hidden=True),
    Command("embargo", N_("nothing goes before a time"), embargo, N_("ID TIME|lift"), PENDING),
)
