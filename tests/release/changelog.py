"""CHANGELOG.md by the form of Keep a Changelog 1.1.0."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Version", "find_disagreement", "find_mistakes", "read_versions"]

GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_HEAD = re.compile(r"## \[(?P<name>Unreleased|\d+\.\d+\.\d+)\](?: - (?P<date>\d{4}-\d\d-\d\d))?")
_UNWANTED = re.compile(r"\b(?:shall|anew|is otherwise)\b")


@dataclass
class Version:
    """A version's groups in their order, each with its entries; ``date`` is None for what is not released."""

    name: str
    date: str | None
    groups: dict[str, list[str]] = field(default_factory=dict)

    @property
    def number(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.name.split("."))


def read_versions(text: str) -> list[Version]:
    """Read the versions in the file's order.

    Raises:
        ValueError: a line fits nowhere; the message names it.
    """
    versions: list[Version] = []
    group: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            versions.append(_read_head(number, line))
            group = None
        elif not versions or not line or (group is not None and line.startswith("#### ")):
            continue
        elif line.startswith("### "):
            group = _add_group(versions[-1], number, line[4:])
        elif group is None or not line.startswith(("- ", "  ")):
            raise ValueError(f"line {number} is no entry of a group: {line}")
        elif line.startswith("- "):
            group.append(line[2:])
        elif group:
            group[-1] += " " + line.strip()
    return versions


def _read_head(number: int, line: str) -> Version:
    head = _HEAD.fullmatch(line)
    if not head or (head["name"] == "Unreleased") is not (head["date"] is None):
        raise ValueError(f"line {number} is neither [Unreleased] nor [X.Y.Z] - YYYY-MM-DD: {line}")
    return Version(head["name"], head["date"])


def _add_group(version: Version, number: int, name: str) -> list[str]:
    if name not in GROUPS or name in version.groups:
        raise ValueError(f"line {number}: {name} is none of {', '.join(GROUPS)}, or is there twice")
    return version.groups.setdefault(name, [])


def find_mistakes(text: str) -> list[str]:
    """Name what is not of the form."""
    try:
        versions = read_versions(text)
    except ValueError as error:
        return [str(error)]
    mistakes = [] if text.startswith("# Changelog\n") else ["it does not begin with # Changelog"]
    if not versions or versions[0].name != "Unreleased":
        mistakes.append("its first version is not [Unreleased]")
    for older, newer in ((after, before) for before, after in pairwise(versions[1:])):
        if older.number >= newer.number:
            mistakes.append(f"{older.name} stands below {newer.name}")
    for version in versions:
        if list(version.groups) != [name for name in GROUPS if name in version.groups]:
            mistakes.append(f"{version.name}: its groups are not in the order {', '.join(GROUPS)}")
        for name, entries in version.groups.items():
            mistakes += [f"{version.name}: {name} is empty"] if not entries else []
            mistakes += [f"ends without a period: {entry}" for entry in entries if entry[-1] != "."]
            mistakes += [f"is not plain English: {entry}" for entry in entries if _UNWANTED.search(entry)]
            mistakes += [f"is there twice: {entry}" for entry in {*entries} if entries.count(entry) > 1]
    return mistakes


def find_disagreement(text: str, version: str) -> str | None:
    """Say why ``version`` can't be released with this changelog; None if it can."""
    unreleased, *released = read_versions(text)
    if unreleased.groups:
        return f"CHANGELOG.md has changes under [Unreleased]: put them under [{version}] - and the date"
    if not released or released[0].name != version:
        newest = released[0].name if released else "none"
        return f"newsbot is version {version}, and the newest one in CHANGELOG.md is {newest}"
    return None
