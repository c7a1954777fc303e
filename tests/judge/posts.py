"""Pages into the posts that newsbot would send, by the way of ``newsbot preview`` without a configuration."""

import gzip
import json
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from newsbot.app.container import App, build_preview_config
from newsbot.errors import NewsbotError
from newsbot.model import Draft, Part
from newsbot.newsroom.submission import compose_drafts
from newsbot.sandbox.x.posts import entities

__all__ = ["CHANNELS", "Page", "Posts", "compose", "find_pages", "page_id"]

CHANNELS = ("Telegram", "X")
"""As readers name them; in lower case, as newsbot does."""

_SUFFIXES = (".html", ".html.gz")
_LINK = "https://news.example.org/article"
"""The link of a page whose address nothing tells: a reader never sees a post without one."""

_HASH = re.compile(r"[0-9a-f]{16,}")
_TAG = re.compile(r"<[^<>]*>")


class Page(NamedTuple):
    """A saved page. ``url`` is where it was found; None where nothing says so."""

    id: str
    path: Path
    url: str | None


class Posts(NamedTuple):
    """A page's posts as a reader sees them, in the order of CHANNELS; none where ``failure`` says why."""

    id: str
    texts: Sequence[str]
    failure: str = ""


def page_id(name: str) -> str:
    """Name a page by eight hexadecimal digits that tell nothing of it; of a hash, the first eight."""
    stem = Path(name).name
    return stem[:8] if _HASH.fullmatch(stem) else sha256(name.encode()).hexdigest()[:8]


def find_pages(folder: Path) -> list[Page]:
    """Find each page below ``folder`` once; ``ground-truth.json`` there may name addresses by file names."""
    truth = folder / "ground-truth.json"
    known = json.loads(truth.read_text("utf-8")) if truth.is_file() else {}
    pages = {}
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(_SUFFIXES):
            name = str(path.relative_to(folder)).rpartition(".html")[0]
            pages[page_id(name)] = Page(page_id(name), path, known.get(Path(name).name, {}).get("url"))
    return [pages[each] for each in sorted(pages)]


async def compose(pages: Iterable[Page]) -> AsyncGenerator[Posts, None]:
    """Read, summarize and compose each page, in this order."""
    app = App(build_preview_config(None, allow_private=False))
    try:
        with TemporaryDirectory() as folder:
            for page in pages:
                yield await _posts(app, page, Path(folder, f"{page.id}.html"))
    finally:
        await app.close()


async def _posts(app: App, page: Page, file: Path) -> Posts:
    data = page.path.read_bytes()
    file.write_bytes(gzip.decompress(data) if page.path.suffix == ".gz" else data)
    try:
        article = await app.submission.article(str(file))
        found = compose_drafts(
            app.trial,
            replace(article, url=article.url or page.url or _LINK),
            [name.lower() for name in CHANNELS],
        )
    except NewsbotError as error:
        return Posts(page.id, (), str(error).replace(str(file), page.path.name))
    return Posts(page.id, [_seen(draft) for draft in found])


def _seen(draft: Draft) -> str:
    """What a reader sees of a post; the messages of a thread one after another."""
    return "\n\n".join(_seen_part(part) for part in draft.parts)


def _seen_part(part: Part) -> str:
    """Telegram's HTML without its tags; X's links cut as X cuts them."""
    if part.parse_mode == "HTML":
        return unescape(_TAG.sub("", part.text))
    text = part.text
    for url in reversed(entities(text).get("urls", [])):
        text = text[: url["start"]] + url["display_url"] + text[url["end"] :]
    return text
