"""``python -m tests.bench``: the figures that newsbot is held to, as a table.

Figures on one machine are noisy: ratios are taken within one run, and medians are quoted.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    adapter,
    cluster,
    cms,
    composing,
    contradictions,
    desk,
    grounding,
    history,
    move,
    pages,
    polls,
    process,
    scaling,
    sending,
    texts,
    unknowns,
    workers,
)
from tests.bench.rows import Row, show

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "texts"


PARTS = [
    "pages",
    "texts",
    "grounding",
    "composing",
    "contradictions",
    "process",
    "adapter",
    "unknowns",
    "sending",
    "cms",
    "desk",
    "history",
    "move",
    "workers",
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--pages", type=Path, default=SHARED / "pages", help="html/*.html.gz, ground-truth.json"
    )
    parser.add_argument("--texts", type=Path, default=SHARED, help="*.jsonl of text and summary; urdu*.jsonl")
    parser.add_argument(
        "--only",
        choices=(
            "pages",
            "texts",
            "grounding",
            "composing",
            "contradictions",
            "process",
            "adapter",
            "unknowns",
            "sending",
            "cms",
            "desk",
            "polls",
            "scaling",
            "cluster",
            "history",
            "move",
            "workers",
        ),
        action="append",
    )
    parser.add_argument("--posts", type=int, default=10_000_000, help="how many the big ledger holds")
    parser.add_argument("--articles", type=int, default=1_000_000, help="how many the old ledger holds")
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many the ledger that moves has")
    parser.add_argument("--acts", type=int, default=200, help="what the editors of the CMS do")
    parser.add_argument("--jobs", type=int, default=10_000_000, help="of cluster: how many went through")
    parser.add_argument("--feeds", type=int, default=10_000, help="of cluster: how many two pollers share")
    parser.add_argument("--every", type=float, default=300.0, help="of cluster: seconds between polls")
    parser.add_argument(
        "--planted", type=Path, default=contradictions.SENTENCES, help="the sentences with contradictions"
    )
    parser.add_argument("--runs", type=int, default=10, help="how often each process is started")
    asked = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "pages": lambda: pages.measure(asked.pages),
        "texts": lambda: texts.measure(asked.texts),
        "grounding": lambda: grounding.measure(asked.texts),
        "composing": lambda: composing.measure(asked.pages),
        "contradictions": lambda: contradictions.measure(asked.texts, asked.pages, asked.planted),
        "process": lambda: process.measure(asked.runs),
        "sending": lambda: sending.measure(asked.posts),
        "adapter": adapter.measure,
        "unknowns": unknowns.measure,
        "cms": lambda: cms.measure(asked.acts),
        "desk": desk.measure,
        "polls": polls.measure,
        "scaling": scaling.measure,
        "cluster": lambda: cluster.measure(asked.jobs, asked.feeds, asked.every),
        "history": lambda: history.measure(asked.articles),
        "move": lambda: move.measure(asked.rows),
        "workers": lambda: workers.measure(asked.rows),
    }
    needs = {
        "pages": asked.pages,
        "texts": asked.texts,
        "grounding": asked.texts,
        "composing": asked.pages,
        "contradictions": asked.texts,
    }
    failed = False
    for name in asked.only or parts:
        if name in needs and not needs[name].is_dir():
            print(f"{name}: skipped, there is no {needs[name]}", file=sys.stderr)
            continue
        rows = parts[name]()
        show(name, rows)
        failed |= any(row.met is False for row in rows)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
