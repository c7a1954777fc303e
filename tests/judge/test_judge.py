"""The blind sheet has each page once and nothing but its posts, and its votes are counted as they stand."""

import gzip
import re
from datetime import date
from pathlib import Path

import pytest

from tests.judge.__main__ import main
from tests.judge.posts import Posts
from tests.judge.sheet import QUESTION, Filled, SheetError, read_sheet, write_sheet
from tests.judge.votes import count, record, say

PAGE = """<!doctype html><html lang="en"><head><title>{title}</title>
<link rel="canonical" href="https://news.example.org/2026/11/{name}-and-more"></head>
<body><article><h1>{title}</h1>
<p>The council of {name} approved the new harbour bridge &amp; its two lanes on Tuesday, the mayor said.</p>
<p>Construction begins in March and costs 410 million euros, of which the region pays a third.</p>
<p>Residents had asked for the bridge for eleven years, and collected 9,000 signatures for it.</p>
</article></body></html>"""
NAMES = ("Aldea", "Boreham", "Corvane")
LABEL = re.compile(r"|Telegram|X|(Telegram|X) \d+: |=+ \d+|=+ For the count: .*|\d+ [0-9a-f]{8} [0-9a-f]{8}")

POSTS = [
    Posts("0000000a", ["A ferry sails\n\nX 1: no\n\u2028Telegram 2: no", "A ferry sails"]),
    Posts("0000000b", ["A bridge opens", "A bridge opens"]),
    Posts("0000000c", ["A tram stops", "A tram stops"]),
]


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    (folder / "html").mkdir(parents=True)
    for name in NAMES:
        html = PAGE.format(title=f"{name} builds its bridge", name=name)
        (folder / "html" / f"{name}.html").write_text(html)
    (folder / "html" / "Aldea.html.gz").write_bytes(
        gzip.compress((folder / "html" / "Aldea.html").read_bytes())
    )
    (folder / "Aldea.html").write_text("<html><body></body></html>")
    return folder


def written(pages: Path, *more: str) -> str:
    sheet = pages.parent / "sheet.txt"
    sheet.unlink(missing_ok=True)
    assert main(["--pages", str(pages), "--sheet", str(sheet), *more]) == 0
    return sheet.read_text()


def filled(votes: str, posts: list[Posts] = POSTS, name: str = "a.txt") -> Filled:
    return read_sheet(name, written_votes(votes, posts))


def written_votes(votes: str, posts: list[Posts] = POSTS) -> str:
    """The sheet with ``votes``, a line for each post in its order."""
    lines = iter(votes.splitlines())
    return re.sub(
        r"^(?:Telegram|X) \d+: $",
        lambda found: found[0] + next(lines, ""),
        write_sheet(posts),
        flags=re.MULTILINE,
    )


def test_the_sheet_has_each_page_once_and_nothing_but_the_posts(
    pages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = written(pages, "--seed", "3")
    assert sheet.startswith(f"{QUESTION}\n\nEach number")
    assert "Aldea.html" in capsys.readouterr().err, (
        "the page without an article is named, and not on the sheet"
    )
    body = sheet.split("\n\n", 2)[2]
    lines = body.splitlines()
    posts = "\n".join(line.strip() for line in lines if line.startswith("    "))
    assert all(LABEL.fullmatch(line) for line in lines if not line.startswith("    "))
    shown = re.split(r"\n(?=\w+ builds)", posts)
    assert len(shown) == 2 * len(NAMES)
    for name in NAMES:
        telegram, x = [each for each in shown if each.startswith(name)]
        assert f"https://news.example.org/2026/11/{name}-and-more" in telegram
        assert "bridge & its two lanes" in telegram
        assert x.splitlines()[-1] == f"news.example.org/2026/11/{name}"[:26] + "…"
        assert "<b>" not in telegram


def test_a_page_that_does_not_tell_its_address_gets_a_neutral_link(pages: Path) -> None:
    page = pages / "Aldea.html"
    page.write_text(re.sub(r"<link[^>]*>", "", PAGE.format(title="Aldea builds its bridge", name="Aldea")))
    sheet = written(pages)
    assert "\n    https://news.example.org/article\n\nTelegram" in sheet
    assert "\n    news.example.org/article\n\nX" in sheet
    assert sheet.count("https://news.example.org/2026/11/") == len(NAMES)


def test_a_seed_takes_the_same_pages_in_the_same_order_and_fewer_of_them(pages: Path) -> None:
    (pages / "Aldea.html").unlink()
    one = written(pages, "--seed", "5", "--count", "2")
    assert one.count(" builds its bridge") == 4
    whole = written(pages, "--seed", "5")
    assert whole.startswith(one.partition("=== For the count")[0].rstrip("= \n"))


def test_a_filled_sheet_is_not_overwritten(pages: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = pages.parent / "sheet.txt"
    sheet.write_text("Telegram 1: yes")
    assert main(["--pages", str(pages), "--sheet", str(sheet)]) == 1
    assert sheet.read_text() == "Telegram 1: yes"
    assert "may be filled" in capsys.readouterr().err


def test_votes_are_counted_with_the_ids_of_each_no() -> None:
    found = count([filled("yes\nYes.\nno, a caption\nY\nyes\nN - cut")])
    assert say(found).splitlines() == [
        "Telegram 2 of 3",
        "X 2 of 3",
        "both 1 of 3",
        "no on Telegram: 0000000b (a caption)",
        "no on X: 0000000c (cut)",
    ]


def test_of_two_sheets_in_any_order_a_split_counts_as_no() -> None:
    a = filled("yes\nyes\nyes\nno: odd\nyes\nyes")
    b = filled("no\nyes\nyes\nyes\nyes\nyes", POSTS[::-1], "b.txt")
    found = count([a, b])
    assert found.refused == {"Telegram": {"0000000c": ""}, "X": {"0000000b": "odd"}}
    assert say(found).startswith("Telegram 2 of 3\nX 2 of 3\nboth 1 of 3\n")


def test_sheets_about_other_posts_are_not_counted_together() -> None:
    other = [POSTS[0], POSTS[1], Posts("0000000c", ["A tram stops", "A tram stops at last"])]
    with pytest.raises(SheetError, match=r"a\.txt and b\.txt are not about the same posts: 0000000c$"):
        count([filled("yes\n" * 6), filled("yes\n" * 6, other, "b.txt")])


@pytest.mark.parametrize(
    ("votes", "line"),
    [
        ("yes\nyes\n\nyes\nyes\n", "a.txt: no vote on Telegram 2, X 3"),
        ("yes\nnot sure\nyes\nyes\nyes\n", "a.txt: neither yes nor no (not sure) on X 1; no vote on X 3"),
        ("yes\nyes\nyes\nyes\nyes\nyes\nX 3: no", "a.txt: more than one vote on X 3"),
    ],
)
def test_what_is_missing_or_unreadable_is_one_line_that_names_it(votes: str, line: str) -> None:
    text = written_votes(votes)
    if votes.endswith("X 3: no"):
        text = text.replace("X 3: yes", "X 3: yes\nX 3: no")
    with pytest.raises(SheetError) as caught:
        read_sheet("a.txt", text)
    assert str(caught.value) == line


def test_a_sheet_without_its_last_lines_says_so() -> None:
    text = write_sheet(POSTS).partition("=== For the count")[0]
    with pytest.raises(SheetError, match="the lines for the count at its end are missing"):
        read_sheet("a.txt", text)


def test_the_table_gets_counts_and_ids_and_no_words(tmp_path: Path) -> None:
    table = tmp_path / "judged.md"
    table.write_text("| date |\n|---|\n")
    votes = "yes\nyes\nno A bridge opens\nno\nyes\nyes"
    record(table, count([filled(votes), filled(votes)]), date(2026, 11, 29))
    record(table, count([filled("yes\n" * 6)]), date(2026, 11, 30))
    assert table.read_text().splitlines()[2:] == [
        "| 2026-11-29 | 3 | 2 | 2 | 2 | 2 | Telegram: 0000000b; X: 0000000b |",
        "| 2026-11-30 | 3 | 1 | 3 | 3 | 3 | none |",
    ]
