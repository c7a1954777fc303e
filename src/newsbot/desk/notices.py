"""Render the desk's alerts about what needs a person, and the daily brief, as messages with buttons."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from newsbot.desk.commands.posts import build_unknown_buttons
from newsbot.desk.context import hash_posts
from newsbot.desk.i18n import N_, Translator
from newsbot.desk.post_lines import cut, format_title
from newsbot.desk.reason_text import explain
from newsbot.desk.replies import Answer, Button, data_of
from newsbot.model import Post
from newsbot.newsroom.alerts import Alert, DailyBrief
from newsbot.newsroom.wording import say_usd

__all__ = ["render_alerts", "render_brief", "render_trouble"]

_MOST = 8  # The most alerts that one message of the desk shows.
_ROWS = 6
_ARTICLES = 5  # The most articles that each list in the daily brief names.


def render_alerts(troubles: Sequence[Alert], say: Translator, now: datetime) -> Answer:
    """Render alerts as one message with buttons; the message shows the first eight alerts, and how many
    others there are.
    """
    blocks = [render_trouble(trouble, say, now) for trouble in troubles[:_MOST]]
    if len(troubles) > _MOST:
        blocks.append(say("... and {n} more: /status", n=len(troubles) - _MOST))
    rows = [row for trouble in troubles[:_MOST] for row in _build_buttons(trouble, say)]
    return Answer(Markup("\n\n").join(blocks), tuple(rows[:_ROWS]))


def render_trouble(trouble: Alert, say: Translator, now: datetime) -> Markup:
    """Render the text of one alert; a text about a post contains the headline of that post's article."""
    text = _BY_HAND if trouble.by_hand else _TEXTS[trouble.kind]
    post = trouble.post
    return say(
        text,
        name=say.format_list(trouble.channels) or trouble.name,
        why=cut(explain(trouble.why, say, now), 300),
        n=trouble.others or len(trouble.post_ids),
        title=format_title(post) if post else "",
        id=post.id if post else "",
        article=post.article_id if post else "",
        channel=post.channel if post else "",
        percent=trouble.percent,
        date=say.format_time(trouble.exhausted_at, now) if trouble.exhausted_at else "-",
        since=say.format_time(trouble.since, now) if trouble.since else "",
        until=say.format_time(trouble.until, now) if trouble.until else "",
        duration=say.format_duration(now - trouble.since) if trouble.since else "",
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


def _build_buttons(  # noqa: PLR0911  Each kind of alert has its own return.
    trouble: Alert, say: Translator
) -> list[tuple[Button, ...]]:
    label = say.label
    post = trouble.post
    if trouble.kind == "restored" and post:
        return [(Button(label("Look"), data_of("show", post.id)),)]
    if trouble.kind == "unknown" and post:
        return build_unknown_buttons(post, label)
    if trouble.kind == "failed" and post:
        return [
            (
                Button(
                    label("Retry {channel}", channel=post.channel),
                    data_of("retry", post.id, hash_posts([post])),
                ),
            )
        ]
    if trouble.by_hand and post:
        text = label("I deleted it: {channel}", channel=trouble.name)
        return [(Button(text, data_of("deleted", post.id)),)]
    if trouble.kind == "refix" and post:
        return [(Button(label("Leave it: {channel}", channel=trouble.name), data_of("skip", post.id)),)]
    if trouble.kind == "gone" and post:
        channels = say.format_list(trouble.channels)
        leave = Button(label("Leave it: {channel}", channel=channels), data_of("skip", post.article_id))
        return [(Button(label("Take it down"), data_of("takedown", post.article_id)), leave)]
    if trouble.kind == "edited" and post:
        return [
            (
                Button(label("Update"), data_of("update", post.article_id)),
                Button(label("Leave it"), data_of("skip", post.article_id)),
            )
        ]
    if trouble.kind == "paused":
        return [(Button(label("Resume {channel}", channel=trouble.name), data_of("resume", trouble.name)),)]
    if trouble.kind in {"flood", "redesign"} and post:
        first = post.id
        return [
            (Button(label("Look"), data_of("show", first)),
             Button(label("Post them"), data_of("held", f"{first} post")),
             Button(label("Drop them"), data_of("held", f"{first} drop")))
        ]  # fmt: skip
    return []


def render_brief(found: DailyBrief, say: Translator, now: datetime) -> Answer:
    """Render the daily brief as one message: which posts were published, ended, are held or due, what budgets
    are spent, and alerts.
    """
    rows = [say("<b>The brief</b>, since {time}", time=say.format_time(found.since, now))]
    rows.append(say("Out: {n}", n=len(found.out)))
    breaking = {post.article_id: format_title(post) for post in found.breaking}
    rows += [
        say("Breaking: {title} · <code>{id}</code>", title=title, id=article)
        for article, title in list(breaking.items())[:8]
    ]
    rows += _list_titles(found.ended, say, N_("Ended without going out: {n}"))
    rows += _list_titles(found.held, say, N_("Posts that wait for a person: {n}. /approve lists them."))
    rows.append(say("Posts due within a day: {n}", n=len(found.waiting)))
    rows += [
        say(
            "{name}: ${spent} / ${limit}",
            name=one.name,
            spent=say_usd(one.spent).removeprefix("$"),
            limit=f"{one.limit:.0f}",
        )
        for one in found.budgets
    ]
    rows += [render_trouble(trouble, say, now) for trouble in found.troubles[:_MOST]]
    return Answer(Markup("\n").join(rows))


def _list_titles(posts: Sequence[Post], say: Translator, text: str) -> list[Markup]:
    if not posts:
        return []
    by_article: dict[str, list[Post]] = {}
    for post in posts:
        by_article.setdefault(post.article_id, []).append(post)
    listed = list(by_article.items())
    titles = [
        say(
            "· {title} · {channel} · <code>{id}</code>",
            title=format_title(some[0]),
            channel=say.format_list(dict.fromkeys(post.channel for post in some)),
            id=some[0].id if len(some) == 1 else article,
        )
        for article, some in listed[:_ARTICLES]
    ]
    more = sum(len(some) for _, some in listed[_ARTICLES:])
    rest = [say("... and {n} more", n=more)] if more else []
    return [say(text, n=len(posts)), *titles, *rest]
