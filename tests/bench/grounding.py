"""Grounding on corrupted sentences, and on sentences as people wrote them.

A sentence of a person's summary, or of the article itself, is corrupted in each way that it has room for (see
`tests.bench.corruption`), and counts only if it had no finding before. Half of the articles is held back: the
checks were made by looking at the other half. A sentence counts as found if it has any finding.

Alone: ``python -m tests.bench.grounding --texts DIR [--half seen|held] [--missed KIND]``.
"""

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import NamedTuple

from newsbot.summarizers.grounding import Finding, find_ungrounded
from newsbot.summarizers.sentences import split
from tests.bench.corruption import corrupt, list_persons
from tests.bench.rows import Row, show
from tests.bench.texts import Text, load

__all__ = ["measure"]

FLOORS = {
    "number": 0.97,
    "date": 0.97,
    "quote": 0.97,
    "name": 0.90,
    "role": 0.90,
    "negation": 0.85,
    "modality": 0.85,
}
ALARMS = 0.08
MOST = 12  # So many sentences of each article are corrupted.
HALVES = {"seen": 0, "held": 1}


class Case(NamedTuple):
    """A sentence and whether it was found wrong: ``kind`` is the corruption, or "" for none."""

    language: str
    base: str
    kind: str
    sentence: str
    original: str
    found: tuple[Finding, ...]


def measure(folder: Path, half: str = "held") -> list[Row]:
    texts = load(folder)
    cases = list(run(texts, half))
    rows: list[Row] = []
    for language in sorted({case.language for case in cases}):
        rows += _list_rows([case for case in cases if case.language == language], language, half)
    cost = milliseconds(texts[:60])
    return [*rows, Row("a sentence, median over articles", f"{cost:.2f} ms", "<= 5 ms", cost <= 5)]


def _list_rows(cases: Sequence[Case], language: str, half: str) -> Iterator[Row]:
    plain = [case for case in cases if not case.kind]
    for base in ("summary", "summary with evidence"):
        some = [case for case in plain if case.base == base]
        share = sum(bool(case.found) for case in some) / max(1, len(some))
        yield Row(
            f"{language}, {half}: false alarms, {base}, of {len(some)}",
            f"{share:.3f}",
            f"<= {ALARMS}",
            share <= ALARMS,
        )
    groups = defaultdict[str, list[Case]](list)
    for case in cases:
        if case.kind:
            groups[case.kind].append(case)
    for kind, some in groups.items():
        floor = FLOORS.get(kind.split(":")[0])
        by = {base: [each for each in some if each.base == base] for base in ("summary", "article")}
        share = _share(some)
        parts = ", ".join(f"{base} {_share(each):.2f} of {len(each)}" for base, each in by.items() if each)
        yield Row(
            f"{language}, {half}: {kind}, of {len(some)}", f"{share:.3f} ({parts})",
            f">= {floor}" if floor else "", share >= floor if floor else None,
        )  # fmt: skip


def _share(cases: Sequence[Case]) -> float:
    return sum(bool(case.found) for case in cases) / max(1, len(cases))


def run(texts: Sequence[Text], half: str) -> Iterator[Case]:
    foreign = [name for text in texts[::7] for name in list_persons(text.text)[:3]]
    chosen = [text for at, text in enumerate(texts) if at % 2 == HALVES[half]]
    for text in chosen:
        chance = Random(text.text[:100])
        lines = [line.strip() for line in text.summary.splitlines() if line.strip()]
        sentences = [each for each in split(text.text, text.language) if len(each.split()) > 5]
        for line in lines:
            evidence = best_sentences(line, sentences)
            plain = find_ungrounded(line, (), text.text, text.language)
            yield Case(text.language, "summary", "", line, line, plain)
            helped = find_ungrounded(line, evidence, text.text, text.language)
            yield Case(text.language, "summary with evidence", "", line, line, helped)
            if not plain and not helped:
                yield from _corrupt(line, text, evidence, foreign, chance, "summary")
        for sentence in chance.sample(sentences, min(MOST, len(sentences))):
            shorter = shorten(sentence)
            if not find_ungrounded(shorter, (), text.text, text.language):
                yield from _corrupt(shorter, text, (), foreign, chance, "article")


def _corrupt(
    line: str, text: Text, evidence: Sequence[str], foreign: list[str], chance: Random, base: str
) -> Iterator[Case]:
    for kind, made in corrupt(line, text.text, foreign, chance):
        given = evidence if chance.random() < 0.5 else ()
        yield Case(
            text.language, base, kind, made, line, find_ungrounded(made, given, text.text, text.language)
        )


def shorten(sentence: str) -> str:
    """Return a sentence without its last clause, so that it is no copy."""
    pieces = re.split(r",(?= )", sentence)
    return ",".join(pieces[:-1]) + "." if len(pieces) > 2 and '"' not in sentence else sentence


def best_sentences(line: str, sentences: Sequence[str]) -> list[str]:
    asked = Counter(re.findall(r"\w{4,}", line.lower()))
    return sorted(
        sentences, key=lambda each: -(asked & Counter(re.findall(r"\w{4,}", each.lower()))).total()
    )[:1]


def milliseconds(texts: Sequence[Text]) -> float:
    """The median article's time for one of its sentences, with the reading of the article."""
    return 1_000 * median(_seconds(text) for text in texts)


def _seconds(text: Text) -> float:
    lines = [line for line in text.summary.splitlines() if line.strip()]
    start = process_time()
    for line in lines:
        find_ungrounded(line, (), text.text + "\n", text.language)
    return (process_time() - start) / max(1, len(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--half", choices=HALVES, default="held")
    parser.add_argument("--missed", help="print the missed cases of a kind of the half that may be seen")
    asked = parser.parse_args()
    if asked.missed:
        for case in run(load(asked.texts), "seen"):
            if case.kind.startswith(asked.missed) and not case.found:
                print(f"{case.language} {case.base} {case.kind}: {case.original}\n    {case.sentence}")
    else:
        show("grounding", measure(asked.texts, asked.half))
