"""The commands that edit unpublished posts, correct published posts, set or lift embargoes, delete posts and
block sources.
"""

import re
from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

from newsbot.desk.cards import render_report
from newsbot.desk.command_parser import drop_first_word, is_article, normalize_text, strip_invisible
from newsbot.desk.context import (
    Command,
    CommandCall,
    DeskContext,
    Preview,
    find_named_source,
    find_posts,
    make_fingerprint,
    read_time,
    require_few_words,
)
from newsbot.desk.i18n import N_
from newsbot.desk.post_lines import (
    cut,
    describe_next,
    describe_title,
    format_title,
    get_plain_text,
    line,
    plain_text,
    render_warnings,
)
from newsbot.desk.replies import Answer, Button, Refusal, build_button_data, join_lines
from newsbot.errors import NotPermitted
from newsbot.model import PENDING, Post, PostState
from newsbot.newsroom.corrections import CorrectionResult
from newsbot.newsroom.history import list_changes
from newsbot.newsroom.notices import REPORT_CARD
from newsbot.newsroom.revisions import Proposal, price_repost
from newsbot.newsroom.takedowns import TakedownReport
from newsbot.newsroom.wording import say_usd

__all__ = ["AFTER", "AWAY"]

# In the data of a button below the answer to /edit, "all" means all unpublished posts of an article, and
# "link" means that newsbot adds the article's address after the new text.
_EVERY, _WITH_LINK = "all", "link"
_SENT = (PostState.SENT,)
# newsbot asks for a confirmation if a new text is at least this many times shorter than the post's old text.
_SHORTER = 4
# The most blocks of text that one question shows: the headline of an article and the texts of twelve posts.
_MOST_BLOCKS = 13
_MOST = 12  # The most posts that one question about a deletion lists.
_PLACES = 4  # For each post, a question shows at most this many places where the text would change.
_ARROW = re.compile(r"\s*(?:->|=>|→|⇒|>)\s*")


def edit(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /edit: replace the text of an unpublished post; offer a button for each if several are meant."""
    ref, text = _split_reference(call)
    posts = [post for post in find_posts(room, call, ref) if post.is_pending]
    if not posts:
        raise Refusal(call.say("Nothing of {id} waits: /correct puts right what is out.", id=ref))
    if not text:
        how = N_("Reply to this article's card with the new text, or type /edit {id} and the text.")
        return Answer(call.say(how, id=posts[0].id))
    if len(posts) > 1:
        rows = [
            (Button(post.channel, build_button_data("pick", f"{call.update} {post.id}")),) for post in posts
        ]
        rows.append((call.say.button("All ({n})", "pick", f"{call.update} {_EVERY}", n=len(posts)),))
        return Answer(call.say("On which channel should it say that?"), tuple(rows))
    (post,) = posts
    if not call.confirmed and len(text) * _SHORTER < len(get_plain_text(post)):
        # A reply to a card (message about an article) may be meant for a colleague and not for newsbot, so
        # newsbot asks for a confirmation before a much shorter text replaces a post's text.
        what = call.say("On {channel} it would say only this: {text}", channel=post.channel, text=text)
        return Answer(what, ((call.say.button("Yes, change it", "yes", str(call.update)),),), asks=True)
    return _edit_post(room, call, post, text, call.update)


def pick(room: DeskContext, call: CommandCall) -> Answer:
    """Edit the post whose button was pressed, or all posts, with the new text of the person's earlier /edit
    command.
    """
    number, post_id, how = (*call.rest.split(), "", "", "")[:3]
    told = room.ledger.desk.get_update(room.bot_id, int(number)) if number.isdecimal() else None
    if told is None or told.user_id != call.who.id:
        raise Refusal(call.say.label("That was too long ago: type it again."), pop=True)
    _, ref, text = told.said.split(None, 2)
    if post_id != _EVERY:
        (post,) = find_posts(room, call, post_id)
        text += f"\n\n{post.article_url}" if how == _WITH_LINK and post.article_url else ""
        return _edit_post(room, call, post, text, int(number))
    posts = [post for post in find_posts(room, call, ref) if post.is_pending]
    answers = [_edit_post(room, call, post, text, int(number)) for post in posts]
    return Answer(Markup("\n\n").join(Markup(answer.text) for answer in answers))


def _edit_post(room: DeskContext, call: CommandCall, post: Post, text: str, update: int) -> Answer:
    """Replace a post's text by ``text`` from the /edit command with the id ``update``;
    answer what changed.
    """
    done = room.editing.edit(post.id, text, call.who.by)
    if not done.change:
        return Answer(call.say("{id} says that already.", id=post.id))
    say, change = call.say, cut(call.say.explain(done.change), 800)
    parts = [say("Changed on {channel}: {change}", channel=post.channel, change=change)]
    needs = None
    if done.voided:
        needs = N_("The approval that it had is void, as it was for another text: /approve {id}")
    elif done.after.state is PostState.HELD and post.state is PostState.HELD:
        needs = N_("It still needs an approval: /approve {id}")
    elif done.after.state is PostState.HELD:
        needs = N_("It needs an approval now: /approve {id}")
    parts += [say(needs, id=post.id)] if needs else []
    parts += render_warnings([done.after], say)
    parts.append(say("The text before: /edit {id} {text}", id=post.id, text=cut(get_plain_text(post), 1500)))
    link = say.button("Keep the link", "pick", f"{update} {post.id} {_WITH_LINK}")
    lost = post.article_url and any(warning.code == "no-link" for warning in done.after.warnings)
    return Answer(join_lines(parts), ((link,),) if lost else ())


def fix(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /fix: show how replacing a word or number would change an article's posts, and ask for a
    confirmation.

    Once the person has confirmed the change, replace the word or number.
    """
    ref, rest = _split_reference(call)
    both = [part for part in _ARROW.split(strip_invisible(rest)) if part.strip()]
    if len(both) != 2:  # noqa: PLR2004  The command has the old and the new words.
        raise Refusal(call.say("Write it like /fix {id} 4.2 > 2.4", id=ref or "a-k7mq"))
    (old, new), article, uses = both, _find_article(room, call, ref), room.corrections
    proposed = uses.propose_fix(article, old, new)
    return _ask_or_correct(room, call, article, proposed, lambda by: uses.fix(article, old, new, by))


def correct(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /correct: show how a new text would change an article's posts, and ask for a confirmation.

    Once the person has confirmed the change, replace the text.
    """
    ref, text = _split_reference(call)
    if not text:
        raise Refusal(call.say("Write the article's new text behind /correct {id}", id=ref))
    article, uses = _find_article(room, call, ref), room.corrections
    proposed = uses.propose_correction(article, text)
    return _ask_or_correct(room, call, article, proposed, lambda by: uses.correct(article, text, by))


def replace_published(room: DeskContext, call: CommandCall) -> Answer:
    """Show how the posts of a published article would change to the text of a similar held article; ask for a
    confirmation.

    Once the person has confirmed the change, correct the published article's posts and drop the held
    article's posts.
    """
    found = room.questions.get_replacement(find_posts(room, call, call.words[0])[0].id)
    if found is None:
        raise Refusal(call.say.label("None of them is held any more."), pop=True)
    (out, version), uses = found, room.corrections

    def replace(by: str) -> CorrectionResult:
        done = uses.replace(out, version, by)
        alike = [post for post in room.questions.list_similar_posts(call.words[0]) if call.who.may_see(post)]
        room.questions.drop(alike, by=by)
        return done

    return _ask_or_correct(room, call, out, uses.propose_replacement(out, version), replace)


def update_published(room: DeskContext, call: CommandCall) -> Answer:
    """Show how published posts would change to the article's text after an edit at its source; ask for a
    confirmation.

    Once the person has confirmed the change, correct the posts.
    """
    article, uses = _find_article(room, call, call.words[0]), room.corrections
    version = room.ledger.articles.get_article(article).article
    if version is None:
        text = call.say.label("No post says that: only the article's own text changes.")
        raise Refusal(text, pop=True)
    proposed = uses.propose_replacement(article, version)
    return _ask_or_correct(room, call, article, proposed, lambda by: uses.replace(article, version, by))


def embargo(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /embargo: let no post of an article be published before a given time, or lift the article's
    embargo.

    Only two admins together can lift an embargo.
    """
    ref, text = call.words[0], normalize_text(drop_first_word(call.rest)).strip()
    posts = find_posts(room, call, ref)
    article, say = posts[0].article_id, call.say
    if text.lower() == "lift":
        return _lift_embargo(room, call, article)
    if not text:
        raise Refusal(say("Write a time behind /embargo {id}, or lift", id=ref))
    until = read_time(room, call, text)
    waiting = room.embargoes.set(article, until, call.who.by)
    head = N_(
        "Nothing of {id} goes before {time}. Posts that wait: {n}. /embargo {id} lift ends it, "
        "if two admins ask for it."
    )
    shown = say(head, id=article, time=say.time(until), n=len(waiting))
    return Answer(join_lines([shown, *(describe_next(call, post) for post in waiting)]))


def _lift_embargo(room: DeskContext, call: CommandCall, article: str) -> Answer:
    try:
        done = room.embargoes.request_lift(article, call.who.by)
    except NotPermitted:
        raise Refusal(call.say("Lifting an embargo is an admin's, with a second one's button.")) from None
    if done.done:
        text = call.say("The embargo on {id} is over. Posts that go on: {n}", id=article, n=len(done.posts))
        return Answer(join_lines([text, *(describe_next(call, post) for post in done.posts)]))
    head = N_("A second admin has to lift it too; until then {id} waits until {time}.")
    text = call.say(head, id=article, time=call.say.time(done.embargo_until))
    return Answer(text, ((call.say.button("Lift it too", "embargo", f"{article} lift"),),))


def _split_reference(call: CommandCall) -> tuple[str, str]:
    """Split a command's arguments into the first word, an id or link, and the rest with its line breaks."""
    ref, *rest = call.typed.split(None, 1)
    return normalize_text(ref).strip("[](),"), rest[0] if rest else ""


def _find_article(room: DeskContext, call: CommandCall, ref: str) -> str:
    """Return the id of the article that ``ref`` means: an id, or the link of an article or post.

    Raises:
        Refusal: There is no such article, or the person may see none of its posts.
    """
    if is_article(ref) and not room.ledger.posts.list_posts(article_id=ref):
        return ref.lower()
    return find_posts(room, call, ref)[0].article_id


def _head(room: DeskContext, call: CommandCall, article: str) -> Markup:
    title = room.ledger.articles.get_article(article).title or article
    return call.say("<b>{title}</b> · <code>{id}</code>", title=cut(title, 200), id=article)


def _ask_or_correct(
    room: DeskContext,
    call: CommandCall,
    article: str,
    proposed: Sequence[Proposal],
    correct: Callable[[str], CorrectionResult],
) -> Answer:
    """Make a correction by calling ``correct`` if the person confirmed the changes ``proposed``, and the
    question showed these same changes.

    In all other cases, show the changes and ask for a confirmation.
    """
    if not (call.confirmed and call.shown == _fingerprint(proposed)):
        return _render_proposal(room, call, article, proposed)
    done, say = correct(call.who.by).proposed, call.say
    text = say("The article's own text is changed. No post said that, so none is.")
    if done:
        channels = say.format_list(f"{each.post.channel} ({each.post.id})" for each in done)
        head = N_(
            "It is being put right: {channels}. /why {id} says how far it is; "
            "/fix the other way round undoes it."
        )
        text = say(head, channels=channels, id=article)
    return Answer(join_lines([text, _head(room, call, article)]))


def _fingerprint(proposed: Sequence[Proposal]) -> str:
    """Return a hash of the proposed changes of posts, without their new texts.

    The new texts are left out, because they may have a note with the time of the correction, which changes
    between a question and the press of its button.
    """
    return make_fingerprint(*((each.post.id, each.how, each.parts_before) for each in proposed))


def _render_proposal(
    room: DeskContext, call: CommandCall, article: str, proposed: Sequence[Proposal]
) -> Answer:
    """Render how a correction would change each post, with a button Yes by which the person confirms the
    correction.
    """
    say, blocks = call.say, [_head(room, call, article)]
    blocks += [_render_change(room, call, each) for each in proposed]
    if not proposed:
        blocks.append(say("No post says that: only the article's own text changes."))
    if any(each.problem for each in proposed):
        return Answer(Markup("\n\n").join([say("It can't be done like that:"), *blocks[:_MOST_BLOCKS]]))
    head = say("This would change:")
    if call.shown:
        head = say("Nothing was done, as something has changed since you were asked. Now this would change:")
    button = say.button("Yes, put it right", "yes", str(call.update), _fingerprint(proposed))
    answer = Answer(Markup("\n\n").join([head, *blocks[:_MOST_BLOCKS]]), ((button,),), asks=True)
    if call.confirmed:
        # The person confirmed other changes than those that the correction would make now, so newsbot refuses
        # to make them and asks again.
        raise Refusal(answer)
    return answer


_HOWS = {
    "edit": N_("edited in place"),
    "reply": N_("a reply says it"),
    "repost": N_("deleted and posted again"),
    "recompose": N_("before it goes out"),
    "manual": N_("only a person can"),
}


def _render_change(room: DeskContext, call: CommandCall, each: Proposal) -> Markup:
    """Render how a correction would change one post: by which method, at what price and at which places."""
    say, post = call.say, each.post
    how = say.translate(_HOWS[each.how])
    head = say("<b>{channel}</b>, {how} · <code>{id}</code>", channel=post.channel, how=how, id=post.id)
    if each.how == "repost":
        channel = room.composition.get_channel(post.channel)
        if price := price_repost(channel, each.parts_before, each.parts_after):
            head += say(" · costs {price}", price=say_usd(price))
    if each.problem:
        return join_lines([head, escape(say.explain(each.problem))])
    before, after = (" ".join(map(plain_text, parts)) for parts in (each.parts_before, each.parts_after))
    changes = list_changes(before, after)[:_PLACES]
    return join_lines([head, *(say("{old} → {new}", old=old, new=new) for old, new in changes)])


AFTER = (
    Command("edit", N_("other words for a post that waits"), edit, N_("ID TEXT"), PENDING),
    Command("pick", "", pick, hidden=True),
    Command("fix", N_("a wrong word or number, everywhere"), fix, N_("ARTICLE-ID OLD > NEW"), _SENT),
    Command("correct", N_("a new text, everywhere"), correct, N_("ARTICLE-ID TEXT"), _SENT),
    Command("instead", "", replace_published, hidden=True),
    Command("update", "", update_published, hidden=True),
    Command("embargo", N_("nothing goes before a time"), embargo, N_("ID TIME|lift"), PENDING),
)


def withdraw(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /withdraw: order the deletion of one published post, and report how far the deletion of its
    messages is.
    """
    post = _find_public_post(room, call)
    return _start_report(room, call, room.withdrawals.withdraw(post.id, call.who.by))


def _find_public_post(room: DeskContext, call: CommandCall) -> Post:
    """Return the one published post among those that the command names.

    Raises:
        Refusal: none of the named posts is published, or several are.
    """
    require_few_words(call, 1)
    found = find_posts(room, call, call.words[0])
    out = [post for post in found if post.may_be_withdrawn]
    if len(out) != 1:
        how = call.say("/withdraw takes one post that is out; /takedown {id} takes all.", id=call.words[0])
        raise Refusal(how + "\n" + _render_lines(call, out or found))
    return out[0]


def _show_post(room: DeskContext, call: CommandCall) -> Preview:
    post = _find_public_post(room, call)
    return _preview_posts(describe_title(call, post) + "\n" + _render_lines(call, [post]), [post])


def _preview_posts(text: Markup, posts: Sequence[Post], *more: object) -> Preview:
    """Return a preview of what a command would do to posts: the given text, and a hash of the posts' content
    and states, by which newsbot notices that a post has changed since.
    """
    return Preview(text, make_fingerprint([(post.id, post.state, post.content) for post in posts], *more))


def takedown(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /takedown: order the deletion of an article's posts on every channel, and make sure that newsbot
    posts the article never again.
    """
    redact = "redact" in call.rest.lower().split()[1:]
    report = room.withdrawals.takedown(_find_target(room, call), call.who.by, redact=redact)
    return _start_report(room, call, report)


def _find_target(room: DeskContext, call: CommandCall) -> str:
    ref, *more = call.rest.split()
    require_few_words(call, 2 if more and more[0].lower() == "redact" else 1)
    return ref if "://" in ref else _find_article(room, call, call.words[0])


def _show_article(room: DeskContext, call: CommandCall) -> Preview | None:
    """Render what /takedown would delete: the headline, and each post with its channel, state and link.

    Return None if the article was taken down before.
    """
    wanted, say = _find_target(room, call), call.say
    found = room.withdrawals.propose_takedown(wanted)
    if found.block:
        # If the article was removed from all channels before, the person need not confirm the command.
        return None
    if found.article_id is None:
        text = say("We never posted {link}. It would never be taken in.", link=wanted)
        return _preview_posts(text, (), wanted)
    title = cut(found.title or found.article_id, 200)
    head = say("<b>{title}</b> · <code>{id}</code>", title=title, id=found.article_id)
    posts = [post for post in found.posts if call.who.may_see(post)]
    rows = _render_lines(call, posts) if posts else say("Nothing of it waits or is out.")
    return _preview_posts(join_lines([head, rows]), posts, found.article_id)


def _render_lines(call: CommandCall, posts: Sequence[Post]) -> Markup:
    shown = [
        line(post, call.say)
        + Markup("").join(call.say("\n{link}", link=one.url) for one in post.receipts if one.url)
        for post in posts[:_MOST]
    ]
    more = [call.say("... and {n} more", n=len(posts) - _MOST)] if len(posts) > _MOST else []
    return join_lines([*shown, *more])


def record_deletion(room: DeskContext, call: CommandCall) -> Answer:
    """Record that a person deleted on the platform a post that the bot can't delete.

    Answer how many posts of the article are left to delete.
    """
    post = find_posts(room, call, call.words[0])[0]
    report = room.withdrawals.record_deletion(post.id, call.who.by)
    left = sum(line.state in {"waiting", "manual", "failed"} for line in report.lines)
    text = call.say.label("Noted: {channel} is rid of it. Left: {n}", channel=post.channel, n=left)
    return Answer(text, pop=True)


def block(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /block: stop polling a source, and cancel the source's unpublished posts.

    Without an argument, offer a button for each source.
    """
    if not call.words:
        return _offer_sources(room, call)
    require_few_words(call, 1)
    name, say = find_named_source(room, call, call.words[0]), call.say
    done = room.blocks.block(name, call.who.by)
    parts = [say("{name} is blocked. Dropped: {n}", name=name, n=len(done.cancelled))]
    if done.out:
        ids = say.format_list(post.id for post in done.out[:20])
        parts.append(say("Out, and left there: {ids}. /withdraw takes one away.", ids=ids))
    parts.append(say("/unblock {name} takes it in again.", name=name))
    return Answer(join_lines(parts))


def _show_source(room: DeskContext, call: CommandCall) -> Preview:
    """Render what /block would do: the source's name, and the unpublished posts that would be dropped."""
    require_few_words(call, 1)
    name, say = find_named_source(room, call, call.words[0]), call.say
    _, waiting = room.blocks.list_waiting_posts(name)
    head = say("<b>{name}</b>: nothing is taken from it any more. Dropped: {n}", name=name, n=len(waiting))
    rows = [
        say("· {title} · <code>{id}</code>", title=format_title(post), id=post.id) for post in waiting[:_MOST]
    ]
    return _preview_posts(join_lines([head, *rows]), waiting, name)


def unblock(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /unblock: poll a blocked source again.

    Without an argument, offer a button for each source.
    """
    if not call.words:
        return _offer_sources(room, call)
    require_few_words(call, 1)
    name = find_named_source(room, call, call.words[0])
    if not room.blocks.unblock(name, call.who.by):
        return Answer(call.say("{name} was not blocked.", name=name))
    return Answer(call.say("{name} is polled again. /block {name} ends that.", name=name))


def _start_report(room: DeskContext, call: CommandCall, report: TakedownReport) -> Answer:
    """Return an answer with the report on a takedown (the deletion of published posts).

    While the takedown is not complete, newsbot updates the message of this answer.
    """
    shown = render_report(report, call.say)
    if shown.over:
        return Answer(shown.text, shown.buttons)
    card = room.ledger.desk.add_card(call.chat_id, REPORT_CARD, str(report.action.id), now=call.now)
    return Answer(shown.text, shown.buttons, card=card.id)


def _offer_sources(room: DeskContext, call: CommandCall) -> Answer:
    rows = tuple((Button(name, build_button_data(call.verb, name)),) for name in list(room.sources)[:20])
    return Answer(call.say("Which source?"), rows)


AWAY = (
    Command(
        "withdraw", N_("take one post away"), withdraw, N_("ID"), (PostState.SENT,),
        confirms=N_("Yes, take it away"), shows=_show_post,
    ),
    Command(
        "takedown", N_("take an article away for good"), takedown, N_("ARTICLE-ID or address"),
        (PostState.SENT,), confirms=N_("Yes, take it down everywhere"), shows=_show_article,
    ),
    Command("deleted", "", record_deletion, hidden=True),
    Command(
        "block", N_("take nothing from a source"), block, N_("SOURCE"),
        confirms=N_("Yes, block it"), shows=_show_source,
        warns=N_("/unblock takes the source in again, but what is dropped stays dropped. Sure?"),
    ),
    Command("unblock", N_("take a source in again"), unblock, N_("SOURCE")),
)  # fmt: skip
