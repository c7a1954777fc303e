"""Summaries against what people wrote: ROUGE-1 F, paired with the first k sentences of the same articles.

English is scored by rouge-score without its stemmer (``use_stemmer=False``). Its tokenizer
deletes every letter but a to z, so other scripts are scored by the same
formula over Unicode words. `newsbot.summarizers.extract.summarize` is called as it stands, with its own
rules about dangling openers and quotes in force.

Alone: ``python -m tests.bench.texts --texts DIR``.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import fmean, median, stdev
from time import perf_counter
from typing import NamedTuple

import regex

from newsbot.summarizers.extract import summarize
from newsbot.summarizers.sentences import split
from tests.bench.rows import Row, show

__all__ = ["Text", "compare", "english_rouge", "load", "measure", "milliseconds", "unicode_rouge"]

Score = Callable[[str, str], float]  # the summary, a person's; 0..100


class Text(NamedTuple):
    text: str
    summary: str
    language: str


class Comparison(NamedTuple):
    """Means of ROUGE-1 F x 100, ours and lead-k's; the mean of the paired differences, its standard error."""

    ours: float
    lead: float
    gain: float
    error: float


def measure(folder: Path) -> list[Row]:
    """``*.jsonl`` of ``text`` and ``summary``; files named ``urdu*`` hold Urdu, all others English."""
    rows = []
    texts = load(folder)
    for language, score, floors in (
        ("en", english_rouge(), {1: 1.5, 2: 0.0, 3: 0.0}),
        ("ur", unicode_rouge, {5: 8.0}),
    ):
        some = [text for text in texts if text.language == language]
        if len(some) < 2:
            continue
        for k, floor in floors.items():
            found = compare(some, k, score)
            figure = f"{found.ours:.1f} - {found.lead:.1f} = {found.gain:+.1f} ± {found.error:.1f}"
            what = f"{language}, {len(some)} articles, k={k}: ROUGE-1 F against lead"
            rows.append(Row(what, figure, f">= {floor:+.1f}", found.gain >= floor))
    if texts:
        cost = milliseconds(texts)
        rows.append(Row("an article's summary, median", f"{cost:.2f} ms", "<= 1 ms", cost <= 1))
    return rows


def load(folder: Path) -> list[Text]:
    return [
        Text(row["text"], row["summary"], "ur" if path.name.startswith("urdu") else "en")
        for path in sorted(folder.glob("*.jsonl"))
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def compare(texts: Sequence[Text], k: int, score: Score) -> Comparison:
    ours = [score(" ".join(summarize(t.text, k, t.language)), t.summary) for t in texts]
    lead = [score(" ".join(split(t.text, t.language)[:k]), t.summary) for t in texts]
    gains = [mine - first for mine, first in zip(ours, lead, strict=True)]
    return Comparison(fmean(ours), fmean(lead), fmean(gains), stdev(gains) / len(gains) ** 0.5)


def milliseconds(texts: Iterable[Text], k: int = 3) -> float:
    """The median article's time, everything from its text on; an article's is the best of three."""
    return 1_000 * median(min(_seconds(text, k) for _ in range(3)) for text in texts)


def _seconds(text: Text, k: int) -> float:
    start = perf_counter()
    summarize(text.text, k, text.language)
    return perf_counter() - start


def english_rouge() -> Score:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1"], use_stemmer=False)
    return lambda summary, reference: 100 * float(scorer.score(reference, summary)["rouge1"].fmeasure)


def unicode_rouge(summary: str, reference: str) -> float:
    ours, theirs = (Counter(regex.findall(r"\w+", text.lower())) for text in (summary, reference))
    return 200 * (ours & theirs).total() / max(1, ours.total() + theirs.total())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True)
    show("texts", measure(parser.parse_args().texts))
