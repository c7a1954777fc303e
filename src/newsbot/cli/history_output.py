"""Print for people what newsbot has of a post or article: drafts, text, edits and public versions."""

import sys
from collections.abc import Sequence
from datetime import tzinfo
from html.parser import HTMLParser

from newsbot.cli.output import format_state, open_console, print_line, print_notes, print_post, say
from newsbot.composing.safety import clean
from newsbot.model import Article, Draft, Image, Part, Post
from newsbot.newsroom.history import SOURCE, PostHistory, PublicVersion, describe_event
from newsbot.newsroom.people import People
from newsbot.newsroom.wording import say_charge, say_reason, say_time
from newsbot.ports import Amendment, StoredArticle

__all__ = ["show_article_record", "show_articles", "show_drafts", "show_history", "show_versions"]

_TAG_STYLES = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em", "blockquote"), "italic"),
    **dict.fromkeys(("u", "ins", "a"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strike"),
    **dict.fromkeys(("code", "pre"), "dim"),
}


def show_drafts(drafts: Sequence[Draft]) -> None:
    """Print the draft of a post for each channel, with its length, price and warnings.

    On a terminal, newsbot shows bold, italic and links as the platform would; into a pipe, it prints the
    draft's markup.
    """
    for draft in drafts:
        price = f", {say_charge(draft.cost_usd, draft.parts)}" if draft.cost_usd is not None else ""
        for n, part in enumerate(draft.parts, 1):
            which = f" {n} of {len(draft.parts)}" if len(draft.parts) > 1 else ""
            print_line(f"== {draft.channel}{which}: {part.length} of {part.limit}{price}", "bold cyan")
            _show_part(part)
        for warning in draft.warnings:
            print_line(f"note: {warning.message}", "yellow")


def _show_part(part: Part) -> None:
    if not sys.stdout.isatty():
        say(part.text)
    elif part.parse_mode == "HTML":
        looks = _TerminalRenderer()
        looks.feed(clean(part.text))
        looks.close()
        open_console().print(looks.text)
    else:
        open_console().print(clean(part.text))
    for image in part.media:
        _show_photo(image)
    say("")


def _show_photo(image: Image) -> None:
    print_line(f"[photo {image.url}: {image.alt or 'no alt text'}]")


class _TerminalRenderer(HTMLParser):
    """A parser that turns Telegram's HTML into styled text for a terminal.

    After the words of a link, it adds the link's address, unless the words contain the address.
    """

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
        self.text.stylize(_TAG_STYLES.get(tag, ""), start)
        if link and link not in self.text.plain[start:]:
            self.text.append(f" ({link})")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def show_article_record(kept: StoredArticle, posts: Sequence[Post], zone: tzinfo) -> None:
    """Print an article as the ledger stores it: its source, state, title, failure or note, and its posts."""
    origin = f"brought {SOURCE}" if kept.source == SOURCE else f"of {kept.source}"
    lines = [
        f"article {kept.id} {origin}, {kept.state}, found {say_time(kept.found_at, zone)}",
        kept.title or "(no title)",
        kept.url or "(no link)",
        *([f"trouble: {say_reason(kept.error.reason, zone)}"] if kept.error else []),
        *([f"note: {say_reason(kept.note, zone)}"] if kept.note and not kept.error else []),
    ]
    for line in lines:
        print_line(line)
    for post in posts:
        print_post(post, zone)
        if post.waits:
            print_notes([post])


def show_articles(articles: Sequence[Article], zone: tzinfo) -> None:
    """Print the content of articles as newsbot read them from the source, page or file."""
    for number, article in enumerate(articles):
        if number:
            say("")
        print_line(article.title or "(no title)", "bold")
        print_line(article.url or article.guid)
        author = f"by {article.author}" if article.author else ""
        published = say_time(article.published_at, zone) if article.published_at else ""
        tags = f"tags: {', '.join(article.tags)}" if article.tags else ""
        if line := " | ".join(filter(None, (author, published, article.language, tags))):
            print_line(line, "dim")
        say(f"\n{clean(article.text)}")
        if article.image:
            say("")
            _show_photo(article.image)


def show_history(story: PostHistory, zone: tzinfo, people: People, *, runs: bool) -> None:
    """Print a post with its text and everything that happened to it; ``people`` has the names of the people
    who acted on it.

    ``runs`` says that a service runs now and will make those calls to the platform that are still to be made.
    """
    post = story.post
    print_line(format_state(post).append(f"  (article {post.article_id})"))
    for each in story.pending:
        print_line(_describe_pending(each, len(post.parts), zone, runs=runs), "yellow")
    for words in (post.article_title or "(no title)", post.article_url or "(no link)"):
        print_line(words)
    say("")
    for n, part in enumerate(post.parts, 1):
        print_line(f"-- part {n} of {len(post.parts)}: {part.length} of {part.limit}", "bold cyan")
        _show_part(part)
    if post.waits:
        print_notes([post])
    for receipt in post.receipts:
        where = receipt.url or receipt.remote_id or "without a link"
        note = say_reason(receipt.note, zone) if receipt.note else ""
        print_line(f"out: {where} {note}")
    if post.error:
        print_line(f"trouble: {say_reason(post.error.reason, zone)}", "red")
    for text, source in story.sentences:
        if text != source:
            print_line(f"{text} < {source}", "dim")
    for event in story.lines:
        by = event.by if event.by == SOURCE else f"by {people.describe_actor(event.by) or event.by}"
        detail = say_reason(event.detail, zone, people.name) if event.detail else ""
        print_line(f"{say_time(event.at, zone)}  {describe_event(event.event)}  {by}  {detail}")


def _describe_pending(each: Amendment, parts: int, zone: tzinfo, *, runs: bool) -> str:
    """Return a line about an edit or deletion of a published message that a person ordered and that is not
    done yet.
    """
    which = f"part {each.part + 1} of {parts} " if parts > 1 else ""
    asked = f"{_ASKED[each.what]} at {say_time(each.since, zone)}"
    if each.receipt is None:
        return f"{which}{asked}, which is done once it is known whether it is out"
    why = f": {say_reason(each.error.reason, zone)}" if each.error else ""
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
    **dict.fromkeys(("repost", "reply"), "a correction was asked for"),
}


def show_versions(versions: Sequence[PublicVersion], zone: tzinfo) -> None:
    """Print each version of a post's platform messages that readers saw, with the times from which and until
    which it was public.

    Print nothing if each message has had only one version and readers still see it.
    """
    if all(version.until is None for version in versions):
        return
    for version in versions:
        until = f"to {say_time(version.until, zone)}, {version.end}" if version.until else "on"
        since = say_time(version.since, zone)
        print_line(f"-- public from {since} {until}: part {version.part + 1}", "bold cyan")
        _show_part(version.text)
