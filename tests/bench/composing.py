"""From a clean article to its posts on two channels, against trafilatura's own time on the same pages."""

import gzip
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench.rows import Row

__all__ = ["measure"]


def measure(pages: Path) -> list[Row]:
    """Language, summary and both posts: at most half of one `bare_extraction`, median over the pages."""
    from trafilatura import bare_extraction

    from newsbot.app import App
    from newsbot.app.trial import trial_config
    from newsbot.model import Article
    from newsbot.newsroom.submission import drafts
    from newsbot.reading import extract
    from newsbot.reading.language import detect

    composition = App(trial_config(None, allow_private=False)).trial
    ours: list[float] = []
    theirs: list[float] = []
    for path in sorted((pages / "html").glob("*.html.gz")):
        html = gzip.decompress(path.read_bytes())
        page = extract(html)
        if not page.text:
            continue
        start = perf_counter()
        bare_extraction(html, fast=True, with_metadata=True)
        theirs.append(perf_counter() - start)
        start = perf_counter()
        language = detect(page.text)
        url = f"https://example.org/{path.stem}"
        article = Article(url, page.text, url=url, title=page.title, language=language)
        drafts(composition, article, ["telegram", "x"])
        ours.append(perf_counter() - start)
    ratio = median(ours) / median(theirs)
    return [
        Row("bare_extraction, median", f"{median(theirs) * 1000:.2f} ms"),
        Row("article to posts for two channels, median", f"{median(ours) * 1000:.2f} ms"),
        Row("article to posts / bare_extraction", f"{ratio:.2f}", "<= 0.50", ratio <= 0.5),
    ]
