"""From a page's extracted article to its posts on two channels, against trafilatura's time on the same pages.

Both are processor time of this process, so that other programs on the machine disturb them less. Each page is
used once, as a newsroom's articles are.

And how many of the posts begin with the page's standfirst or the article's lead, of those pages that have
one which stands by itself.
"""

import gzip
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import process_time

from newsbot.composing.measures import URL_WEIGHT, count_weighted
from newsbot.model import Draft, Summary
from tests.bench.rows import Row

__all__ = ["measure"]

_X = 280
_BREAKS = 4  # line ends between headline, summary and link


def measure(pages: Path) -> list[Row]:
    """Summary and both posts: at most half of one `bare_extraction`, median over the pages.

    The language comes with the extracted page, as in a service.
    """
    from trafilatura import bare_extraction

    from newsbot.app.container import App, build_preview_config
    from newsbot.model import Article
    from newsbot.newsroom.submission import compose_drafts
    from newsbot.reading import extract

    composition = App(build_preview_config(None, allow_private=False)).trial
    ours: list[float] = []
    theirs: list[float] = []
    opened: Counter[str] = Counter()
    for path in sorted((pages / "html").glob("*.html.gz")):
        html = gzip.decompress(path.read_bytes())
        page = extract(html)
        if not page.text:
            continue
        start = process_time()
        bare_extraction(html, fast=True, with_metadata=True)
        theirs.append(process_time() - start)
        start = process_time()
        url = f"https://example.org/{path.stem}"
        article = Article(
            url, page.text, url=url, title=page.title, summary=page.description, language=page.language
        )
        made = compose_drafts(composition, article, ["telegram", "x"])
        ours.append(process_time() - start)
        opened += _opened(article.title or "", composition.summarize(article).for_channel("telegram"), made)
    ratio = median(ours) / median(theirs)
    telegram, x = opened["telegram"] / opened["pages"], opened["x"] / opened["fitting"]
    return [
        Row("bare_extraction, median", f"{median(theirs) * 1000:.2f} ms"),
        Row(
            "article to posts for two channels, median",
            f"{median(ours) * 1000:.2f} ms",
            "<= 2 ms",
            median(ours) <= 0.002,
        ),
        Row("article to posts / bare_extraction", f"{ratio:.2f}", "<= 0.50", ratio <= 0.5),
        Row(
            f"standfirst or lead on Telegram, of {opened['pages']} pages",
            f"{telegram:.1%}",
            ">= 97 %",
            telegram >= 0.97,
        ),
        Row(f"on X, of {opened['fitting']} where it fits whole", f"{x:.1%}", ">= 90 %", x >= 0.9),
    ]


def _opened(title: str, summary: Summary, made: Sequence[Draft]) -> Counter[str]:
    """Count a page whose standfirst or lead stands by itself, and the posts that begin with one of them."""
    found = [line for line in (summary.standfirst, summary.lead) if line]
    if not found:
        return Counter()
    shown = [{sentence.text for sentence in draft.summary[:1]} for draft in made]
    room = _X - count_weighted(title) - URL_WEIGHT - _BREAKS
    fits = any(count_weighted(line) <= room for line in found)
    return Counter(
        pages=1,
        fitting=fits,
        telegram=not shown[0].isdisjoint(found),
        x=fits and not shown[1].isdisjoint(found),
    )
