from pathlib import Path

import pytest

from tests.release.changelog import find_disagreement, find_mistakes, read_versions

ROOT = Path(__file__).parents[2]
GOOD = """# Changelog

What changes.

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- A channel
  more.

### Fixed

#### Sources

- A feed.

## [0.1.0] - 2026-11-01

### Security

- A link.
"""


def test_this_changelog_has_the_form() -> None:
    assert find_mistakes((ROOT / "CHANGELOG.md").read_text("utf-8")) == []


def test_versions_groups_and_entries_are_read() -> None:
    assert find_mistakes(GOOD) == []
    versions = read_versions(GOOD)
    assert [(version.name, version.date) for version in versions] == [
        ("Unreleased", None),
        ("0.2.0", "2026-12-01"),
        ("0.1.0", "2026-11-01"),
    ]
    assert versions[1].groups == {"Added": ["A channel more."], "Fixed": ["A feed."]}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("# Changelog", "# News", "does not begin"),
        ("[Unreleased]", "[9.0.0] - 2027-01-01", "is not [Unreleased]"),
        ("[0.2.0] - 2026-12-01", "0.2.0", "line 7 is neither"),
        ("[0.2.0] - 2026-12-01", "[0.2.0]", "line 7 is neither"),
        ("[0.1.0]", "[0.3.0]", "0.3.0 stands below 0.2.0"),
        ("### Added", "### New", "New is none of"),
        ("### Fixed", "### Added", "is there twice"),
        ("### Added", "### Security", "not in the order"),
        ("- A feed.\n", "", "Fixed is empty"),
        ("- A feed.", "A feed.", "line 18 is no entry"),
        ("A feed.", "A feed", "ends without a period"),
        ("A feed.", "A feed is read anew.", "not plain English"),
        ("- A link.", "- A link.\n- A link.", "is there twice"),
    ],
)
def test_what_is_not_of_the_form_is_named(right: str, wrong: str, said: str) -> None:
    assert any(said in mistake for mistake in find_mistakes(GOOD.replace(right, wrong)))


def test_a_version_is_released_only_with_a_section_of_its_own_and_nothing_unreleased() -> None:
    assert find_disagreement(GOOD, "0.2.0") is None
    assert "0.3.0, and the newest one in CHANGELOG.md is 0.2.0" in (find_disagreement(GOOD, "0.3.0") or "")
    more = GOOD.replace("[Unreleased]\n", "[Unreleased]\n\n### Fixed\n\n- A date.\n")
    assert "under [Unreleased]" in (find_disagreement(more, "0.2.0") or "")
