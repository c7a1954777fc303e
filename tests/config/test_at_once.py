"""One run of check names all that is wrong: no mistake hides another."""

from pathlib import Path

import pytest

from newsbot.config import load
from newsbot.errors import ConfigError, Mistake

RIGHT = """\
sources:
  site: {kind: feed, url: "https://example.org/feed"}
channels:
  main: {kind: console}
"""


def mistakes(folder: Path, text: str) -> list[Mistake]:
    (folder / "config.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(folder / "config.yaml", environ={}, places=True)
    return caught.value.mistakes


def lines(found: list[Mistake]) -> dict[int | None, str]:
    return {each.line: f"{each.key}: {each.message} {each.mend}" for each in found}


def test_what_took_four_rounds_takes_one(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        """\
timezon: UTC
sources:
  inside:
    kind: feed
    url: http://192.168.1.5/feed
    evry: 5m
  gone: {kind: folder, path: articles/}
channels:
  main:
    kind: telegram
    token: 1:a
    chat: @example
  other:
    kind: console
    template: mising.txt.j2
    digest: {at: "18:00", template: consol.txt.j2}
""",
    )
    told = lines(found)
    assert list(told) == sorted(told, key=lambda line: line or 0)
    assert told[1].endswith("Did you mean timezone?")
    assert "is on a private or loopback address" in told[5]
    assert told[6].endswith("Did you mean every?")
    assert told[7].startswith("sources.gone.path: ")
    assert "YAML keeps for itself" in told[12]
    assert told[15].startswith("channels.other.template: there is no such template")
    assert told[16].endswith("Did you mean console.txt.j2?")
    assert len(found) == 7


@pytest.mark.parametrize(
    ("breaks", "line"),
    [
        ("  second: {kind: folder, path: [a}\n", 3),
        ("  second:\n    kind: feed\n   url: x\n", 5),
        ("  second:\n    kind: feed: x\n", 4),
        ('  second:\n    url: "https://example.org\n    every: 5m\n', 4),
        ("  second:\n    url: 'https://example.org\n", 4),
        ("  second:\n\tkind: feed\n", 4),
        ("  second\n", 3),
        ("  @second: {kind: feed}\n", 3),
    ],
)
def test_an_entry_that_is_not_yaml_hides_no_other_mistake(tmp_path: Path, breaks: str, line: int) -> None:
    """And an unclosed quote is said where it is, not where the next one stands."""
    after = '  third: {kind: rss, url: "https://example.org/"}\nchannels:\n  c: {kind: console, aprove: 1}\n'
    head = 'sources:\n  first: {kind: feed, url: "https://example.org/", evry: 5m}\n'
    told = lines(mistakes(tmp_path, head + breaks + after))
    below = 2 + breaks.count("\n")
    assert told[2].endswith("Did you mean every?")
    assert told[below + 1].endswith("Did you mean feed?")
    assert told[below + 3].endswith("Did you mean approval?")
    assert told.keys() == {2, line, below + 1, below + 3}


def test_several_entries_that_are_not_yaml_are_each_named(tmp_path: Path) -> None:
    text = "sources:\n  a: [\n  b: {kind: rss}\nchannels:\n  c: {\n  d: {kind: console}\ndesk: [\n"
    assert {each.line for each in mistakes(tmp_path, text)} == {2, 3, 5, 7}


def test_an_alias_whose_anchor_is_elsewhere_is_no_mistake_of_its_own(tmp_path: Path) -> None:
    text = "language: &one en\nsources:\n  a: [\nchannels:\n  c: {kind: console, languages: [*one]}\n"
    assert [each.line for each in mistakes(tmp_path, text)] == [3]


def test_what_names_a_broken_entry_is_right(tmp_path: Path) -> None:
    text = "sources:\n  a: {kind: folder, path: ., channels: [c, e]}\nchannels:\n  c: {\n"
    assert [each.key for each in mistakes(tmp_path, text)] == ["sources.a.channels[1]", ""]


@pytest.mark.parametrize(
    "network", ["network: {allow_private: true, x: 1}", "netwrok: {allow_private: true}"]
)
def test_a_private_address_is_not_complained_of_where_it_is_meant(tmp_path: Path, network: str) -> None:
    text = RIGHT.replace("https://example.org", "http://10.0.0.1")
    told = mistakes(tmp_path, f"{text}{network}\n")
    assert len(told) == 1
    assert "private" not in told[0].message


@pytest.mark.parametrize(
    ("part", "given", "meant"),
    [
        *(("sources", word, "feed") for word in ("rss", "RSS", "atom", "jsonfeed", "url", "feeed")),
        *(("sources", word, "database") for word in ("wordpress", "mysql", "mariadb", "postgres", "databse")),
        *(("sources", word, "folder") for word in ("dir", "directory", "files", "foldr")),
        *(("channels", word, "telegram") for word in ("tg", "telegramm", "bot")),
        *(("channels", word, "x") for word in ("twitter", "tweet", "X.com")),
        *(("channels", word, "console") for word in ("stdout", "terminal")),
    ],
)
def test_a_kind_by_another_name_is_told_the_kind(tmp_path: Path, part: str, given: str, meant: str) -> None:
    kind = "feed" if part == "sources" else "console"
    [mistake] = mistakes(tmp_path, RIGHT.replace(f"kind: {kind}", f"kind: {given}"))
    assert mistake.mend == f"Did you mean {meant}?"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("approval: off", "none"),
        ("approval: false", "none"),
        ("approval: yes", "one"),
        ("approval: 2", "two"),
        ("approve: one", "approval"),
        ("lang: [en]", "languages"),
        ("filters: []", "rules"),
        ("schedule: {quiet_hours: 23:00-06:00}", "quiet"),
        ("schedule: {max_per_day: 3}", "per_day"),
        ("schedule: {times: ['08:00']}", "slots"),
        ("schedul: {gap: 5m}", "schedule"),
    ],
)
def test_a_key_or_word_by_another_name_is_told_the_one_here(tmp_path: Path, given: str, meant: str) -> None:
    [mistake] = mistakes(tmp_path, RIGHT.replace("console}", f"console, {given}}}"))
    assert mistake.mend == f"Did you mean {meant}?"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("timezone: Karachi", "Asia/Karachi"),
        ("timezone: New York", "America/New_York"),
        ("timezone: Europe/Berln", "Europe/Berlin"),
        ("language: english", "en"),
        ("language: Urdu", "ur"),
        ("language: en-GB", "en"),
    ],
)
def test_a_zone_or_language_is_told_by_its_name(tmp_path: Path, given: str, meant: str) -> None:
    [mistake] = mistakes(tmp_path, f"{RIGHT}{given}\n")
    assert mistake.mend == f"Did you mean {meant}?"


@pytest.mark.parametrize("given", ["timezone: Mars/Olympus", "language: Klingonese"])
def test_what_is_near_nothing_is_met_with_an_example(tmp_path: Path, given: str) -> None:
    [mistake] = mistakes(tmp_path, f"{RIGHT}{given}\n")
    assert mistake.mend.startswith("Write ")
