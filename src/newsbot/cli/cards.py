"""One post whole: as it would go out, or as it went."""

from collections.abc import Sequence
from datetime import tzinfo
from html.parser import HTMLParser

from newsbot.cli.output import is_terminal, say, screen, shown
from newsbot.cli.tables import format_stored_times, print_notes, print_post, styled
from newsbot.composing.safety import clean
from newsbot.model import Article, Draft, Image, Part, Post
from newsbot.newsroom.history import SOURCE, PostHistory, PublicVersion
from newsbot.newsroom.prices import say_charge
from newsbot.newsroom.times import say_time
from newsbot.ports import Amendment, StoredArticle

__all__ = ["show_article", "show_article_record", "show_drafts", "show_history", "show_versions"]

_STYLES = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em", "blockquote"), "italic"),
    **dict.fromkeys(("u", "ins", "a"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strike"),
    **dict.fromkeys(("code", "pre"), "dim"),
}


def show_drafts(drafts: Sequence[Draft]) -> None:
    """Each channel's post with its length and price: as it will look on a terminal, else as it is sent."""
    for draft in drafts:
        price = f", {say_charge(draft.cost_usd, draft.parts)}" if draft.cost_usd is not None else ""
        for n, part in enumerate(draft.parts, 1):
            which = f" {n} of {len(draft.parts)}" if len(draft.parts) > 1 else ""
            screen().print(
                shown(f"== {draft.channel}{which}: {part.length} of {part.limit}{price}", "bold cyan")
            )
            _show_part(part)
        for warning in draft.warnings:
            screen().print(shown(f"note: {warning.message}", "yellow"), soft_wrap=True)


def _show_part(part: Part) -> None:
    if is_terminal() and part.parse_mode == "HTML":
        looks = _TerminalRenderer()
        looks.feed(clean(part.text))
        looks.close()
        screen().print(looks.text)
    elif is_terminal():
        screen().print(clean(part.text))
    else:
        say(part.text)
    for image in part.media:
        _show_photo(image)
    say("")


def _show_photo(image: Image) -> None:
    screen().print(shown(f"[photo {image.url}: {image.alt or 'no alt text'}]"), soft_wrap=True)


class _TerminalRenderer(HTMLParser):
    """Telegram's HTML as a terminal can show it; a link that its words don't show stands behind them."""

    def __init__(self) -> None:
        from rich.text import Text

        super().__init__(convert_charrefs=True)
        self.text: Text = Text()
        self._open: list[tuple[str, str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append((tag, dict(attrs).get("href") or "", len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            return
        _, link, start = self._open.pop()
        self.text.stylize(_STYLES.get(tag, ""), start)
        if link and link not in self.text.plain[start:]:
            self.text.append(f" ({link})")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def show_article_record(kept: StoredArticle, posts: Sequence[Post], zone: tzinfo) -> None:
    """What became of an article."""
    origin = f"brought {SOURCE}" if kept.source == SOURCE else f"of {kept.source}"
    lines = [
        f"article {kept.id} {origin}, {kept.state}, found {say_time(kept.found_at, zone)}",
        kept.title or "(no title)",
        kept.url or "(no link)",
        *([f"trouble: {format_stored_times(kept.error.message, zone)}"] if kept.error else []),
        *([f"note: {format_stored_times(kept.note, zone)}"] if kept.note and not kept.error else []),
    ]
    for line in lines:
        screen().print(shown(line), soft_wrap=True)
    for post in posts:
        print_post(post, zone)
        if post.waits:
            print_notes([post])


def show_article(article: Article, zone: tzinfo) -> None:
    """An article as it was read, with all that its posts may use."""
    screen().print(shown(article.title or "(no title)", "bold"), soft_wrap=True)
    screen().print(shown(article.url or article.guid), soft_wrap=True)
    published = say_time(article.published_at, zone) if article.published_at else ""
    tags = f"tags: {', '.join(article.tags)}" if article.tags else ""
    told = (f"by {article.author}" if article.author else "", published, article.language or "", tags)
    if line := " | ".join(filter(None, told)):
        screen().print(shown(line, "dim"), soft_wrap=True)
    say(f"\n{clean(article.text)}\n")
    if article.image:
        _show_photo(article.image)


def show_history(story: PostHistory, zone: tzinfo, *, runs: bool) -> None:
    """One post's whole story. ``runs``: a service does, and makes the calls that were asked for."""
    post = story.post
    line = shown(f"{post.id} on {post.channel} is").append(" ").append_text(styled(post.state))
    screen().print(line.append(f"  (article {post.article_id})"), soft_wrap=True)
    for each in story.pending:
        screen().print(
            shown(_describe_pending(each, len(post.parts), zone, runs=runs), "yellow"), soft_wrap=True
        )
    for words in (post.article_title or "(no title)", post.article_url or "(no link)"):
        screen().print(shown(words), soft_wrap=True)
    say("")
    for n, part in enumerate(post.parts, 1):
        screen().print(shown(f"-- part {n} of {len(post.parts)}: {part.length} of {part.limit}", "bold cyan"))
        _show_part(part)
    if post.waits:
        print_notes([post])
    for receipt in post.receipts:
        where = receipt.url or receipt.remote_id or "without a link"
        screen().print(shown(f"out: {where} {receipt.note or ''}"), soft_wrap=True)
    if post.error:
        trouble = f"trouble: {format_stored_times(post.error.message, zone)}"
        screen().print(shown(trouble, "red"), soft_wrap=True)
    for text, source in story.sentences:
        if text != source:
            screen().print(shown(f"{text} < {source}", "dim"), soft_wrap=True)
    for event in story.lines:
        by = event.by if event.by == SOURCE else f"by {event.by}"
        told = f"{say_time(event.at, zone)}  {event.event}  {by}  {format_stored_times(event.detail, zone)}"
        screen().print(shown(told), soft_wrap=True)


def _describe_pending(each: Amendment, parts: int, zone: tzinfo, *, runs: bool) -> str:
    """What was asked for, and what is true now."""
    which = f"part {each.part + 1} of {parts} " if parts > 1 else ""
    asked = f"{_ASKED[each.what]} at {say_time(each.since, zone)}"
    if each.receipt is None:
        return f"{which}{asked}, which is done once it is known whether it is out"
    why = f": {each.error.message}" if each.error else ""
    if each.state == "manual":
        then = f". Delete it there, then newsbot withdraw {each.post_id} --by-hand"
    elif each.state == "failed":
        then = ". It stays so"
    else:
        then = (
            ". The running service goes on trying" if runs else ". No service runs now: newsbot run does it"
        )
    public = "is still public" if each.what == "delete" else "is still public as it was"
    where = f" at {each.receipt.url}" if each.receipt.url else ""
    return f"{which}{public}{where}: {asked}{', not done' if why else ''}{why}{then}"


_ASKED = {
    "delete": "its deletion was asked for",
    "edit": "an edit was asked for",
    "repost": "a correction was asked for",
    "reply": "a correction was asked for",
}


def show_versions(versions: Sequence[PublicVersion], zone: tzinfo) -> None:
    """What was public and when, where that was more than one version."""
    if all(version.until is None for version in versions):
        return
    for version in versions:
        until = f"to {say_time(version.until, zone)}, {version.end}" if version.until else "on"
        line = f"-- public from {say_time(version.since, zone)} {until}: part {version.part + 1}"
        screen().print(shown(line, "bold cyan"), soft_wrap=True)
        _show_part(version.text)
