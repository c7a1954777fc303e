r"""Article text out of pages: ours and trafilatura's alone against what people marked.

The method is that of scrapinghub/article-extraction-benchmark (evaluate.py): multisets of 4-gram shingles
over ``\w+`` tokens, precision and recall averaged over the pages, F1 of the two means.
"""

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from pathlib import Path
from statistics import mean, median
from time import perf_counter
from typing import Any, NamedTuple

from tests.bench.rows import Row, show

__all__ = ["Score", "measure", "score"]

_FLOOR = 0.96
_SLOWER = 2.0
_SHINGLE = 4


class Score(NamedTuple):
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def measure(pages: Path) -> list[Row]:
    """Over ``html/*.html.gz`` with ``articleBody`` and ``url`` in ``ground-truth.json``."""
    from trafilatura import bare_extraction

    from newsbot.reading import extract

    truth = json.loads((pages / "ground-truth.json").read_text(encoding="utf-8"))
    html = {key: gzip.decompress((pages / "html" / f"{key}.html.gz").read_bytes()) for key in truth}
    ours: dict[str, str] = {}
    theirs: dict[str, str] = {}
    our_times: list[float] = []
    their_times: list[float] = []
    warm = next(iter(html.values()))
    extract(warm)
    bare_extraction(warm, fast=True, with_metadata=True)
    for key, data in html.items():
        start = perf_counter()
        document: Any = bare_extraction(data, fast=True, with_metadata=True)
        their_times.append(perf_counter() - start)
        theirs[key] = document.text if document else ""
        start = perf_counter()
        ours[key] = extract(data, truth[key].get("url")).text
        our_times.append(perf_counter() - start)
    bodies = {key: entry["articleBody"] for key, entry in truth.items()}
    mine, alone = score(bodies, ours), score(bodies, theirs)
    ratio = median(our_times) / median(their_times)
    return [
        Row(f"trafilatura alone, F1 over {len(truth)} pages", _told(alone)),
        Row("newsbot, F1", _told(mine), f">= {_FLOOR}", mine.f1 >= _FLOOR),
        Row("newsbot - trafilatura", f"{mine.f1 - alone.f1:+.4f}", ">= 0", mine.f1 >= alone.f1),
        Row("bare_extraction, median", f"{median(their_times) * 1000:.1f} ms"),
        Row("extract / bare_extraction, medians", f"{ratio:.2f}", f"<= {_SLOWER}", ratio <= _SLOWER),
    ]


def score(truth: dict[str, str], found: dict[str, str]) -> Score:
    """Mean precision where something was found, mean recall where there is something to find."""
    pairs = [(_shingles(body), _shingles(found[key])) for key, body in truth.items()]
    precisions = [(true & got).total() / got.total() for true, got in pairs if got]
    recalls = [(true & got).total() / true.total() for true, got in pairs if true]
    return Score(mean(precisions or [0.0]), mean(recalls or [0.0]))


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = re.findall(r"\w+", text)
    starts = range(max(1, len(tokens) - _SHINGLE + 1))
    return Counter(shingle for start in starts if (shingle := tuple(tokens[start : start + _SHINGLE])))


def _told(figure: Score) -> str:
    return f"{figure.f1:.4f} (P {figure.precision:.3f}, R {figure.recall:.3f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    parser.add_argument("--pages", type=Path, required=True)
    rows = measure(parser.parse_args().pages)
    show("pages", rows)
    sys.exit(1 if any(row.met is False for row in rows) else 0)
