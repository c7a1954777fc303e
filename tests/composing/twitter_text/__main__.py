"""Record what twitter-text answers, or compare our own counting with it."""

import json
import subprocess
import sys
from argparse import ArgumentParser
from itertools import islice
from pathlib import Path

from tests.composing.twitter_text.comparing import Case, differences
from tests.composing.twitter_text.texts import make_texts


def _ask(library: str, texts: list[str]) -> list[Case]:
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    script = Path(__file__).with_name("record.cjs")
    asked = subprocess.run(
        ["node", script, library], input=lines, text=True, check=True, stdout=subprocess.PIPE
    )
    answers = map(json.loads, asked.stdout.splitlines())
    return [Case(text, *answer) for text, answer in zip(texts, answers, strict=True) if answer]


def main() -> int:
    """Print the cases, one a line; with ``--compare`` those on which our counting differs."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("library", help="the folder where npm put node_modules/twitter-text")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--longest", type=int, default=10_000, help="leave out texts of more characters")
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    texts = (text for text in make_texts(options.seed) if len(text) <= options.longest)
    cases = _ask(str(Path(options.library).resolve()), list(islice(texts, options.count)))
    if not options.compare:
        print(*(case.line() for case in cases), sep="\n")
        return 0
    wrong = [(case, found) for case in cases if (found := differences(case))]
    for case, found in wrong:
        print(json.dumps(case.text), *found, sep="\n    ")
    under = sum("under-counted" in " ".join(found) for _, found in wrong)
    print(f"{len(cases)} texts, {len(wrong)} different, {under} under-counted", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
