"""``python -m tests.judge``: a blind sheet of the posts that newsbot makes of saved pages, and its count."""

import argparse
import asyncio
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.judge.posts import Page, Posts, compose, find_pages
from tests.judge.sheet import SheetError, read_sheet, write_sheet
from tests.judge.votes import count, record, say

_ROOT = Path(__file__).parents[2]
_PAGES = _ROOT.parent / "shared" / "data" / "texts" / "pages"
_TABLE = _ROOT / "docs" / "judged.md"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.judge", description=__doc__)
    parser.add_argument("--pages", type=Path, default=_PAGES, help="a folder of .html and .html.gz")
    parser.add_argument("--count", type=int, help="of so many pages only, taken at random")
    parser.add_argument("--seed", type=int, help="the same number takes the same pages in the same order")
    parser.add_argument("--sheet", type=Path, help="where the sheet goes (default: judge-SEED.txt)")
    parser.add_argument("--votes", type=Path, nargs="+", metavar="SHEET", help="count filled sheets")
    parser.add_argument("--record", action="store_true", help="append the counts to docs/judged.md")
    parser.add_argument("--find", nargs="+", metavar="ID", help="name the files of pages")
    asked = parser.parse_args(arguments)
    if asked.votes:
        return _count(asked.votes, recorded=asked.record)
    if not (asked.pages.is_dir() and (pages := find_pages(asked.pages))):
        return _complain(f"{asked.pages} has no .html or .html.gz: name a folder with --pages")
    if asked.find:
        print("\n".join(f"{page.id} {page.path}" for page in pages if page.id in asked.find))
        return 0
    seed = random.randrange(1_000_000) if asked.seed is None else asked.seed
    return _write(pages, asked.count, seed, asked.sheet or Path(f"judge-{seed}.txt"))


def _write(pages: list[Page], wanted: int | None, seed: int, sheet: Path) -> int:
    if sheet.exists():
        return _complain(f"{sheet} is there already and may be filled: move it, or name another with --sheet")
    random.Random(seed).shuffle(pages)
    posts = asyncio.run(_composed(pages, wanted or len(pages)))
    sheet.write_text(write_sheet(posts), encoding="utf-8")
    print(f"{sheet} has the posts of {len(posts)} pages. Fill it, then: make judge VOTES={sheet}")
    return 0


async def _composed(pages: Sequence[Page], wanted: int) -> list[Posts]:
    """As many as wanted; a page without posts is named, and the next one taken."""
    made: list[Posts] = []
    found = compose(pages)
    async for posts in found:
        if posts.failure:
            _complain(posts.failure)
        else:
            made.append(posts)
        if len(made) == wanted:
            break
    await found.aclose()
    return made


def _count(files: Sequence[Path], *, recorded: bool) -> int:
    try:
        found = count([read_sheet(str(file), file.read_text("utf-8")) for file in files])
    except (SheetError, OSError, UnicodeDecodeError) as error:
        return _complain(str(error))
    print(say(found))
    if recorded:
        record(_TABLE, found, datetime.now(UTC).date())
    return 0


def _complain(what: str) -> int:
    print(what, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
