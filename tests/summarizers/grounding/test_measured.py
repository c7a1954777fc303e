"""The short form of ``--only grounding`` of the bench: a few articles of the half that may be seen."""

from collections import defaultdict
from pathlib import Path

import pytest

from tests.bench.grounding import run
from tests.bench.texts import load

TEXTS = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "texts"
# The floors are below those of the bench, because a few articles have only tens of errors of a kind.
FLOORS = {"number": 0.9, "date": 0.9, "quote": 0.95, "name: new": 0.85, "name: misspelled": 0.9, "role": 0.8}
FLOORS |= {"negation: added": 0.75, "negation: dropped": 0.75}


@pytest.mark.slow
def test_most_errors_of_corrupted_sentences_are_found() -> None:
    if not TEXTS.is_dir():
        pytest.skip("needs ../shared/data/texts, which is not here")
    english = [text for text in load(TEXTS) if text.language == "en"]
    found = defaultdict[str, list[bool]](list)
    for case in run(english[:50], "seen"):
        found[case.kind or case.base].append(bool(case.found))
    shares = {kind: sum(each) / len(each) for kind, each in found.items()}
    assert {kind: share for kind, share in shares.items() if share < FLOORS.get(kind, 0)} == {}
    assert shares["summary"] < 0.16
