"""A mistake's line is where the key or the list entry stands, however the YAML is written."""

from collections.abc import Callable

import pytest

from newsbot.errors import Mistake


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("languages:\n  - en\n  - english\n", "languages[1]", 7),
        ("languages: [en,\n  english,\n  ur]\n", "languages[1]", 6),
        ("languages:\n- en\n\n# comment\n- english\n", "languages[1]", 9),
        ("schedule:\n\n\n  gap: soon\n", "schedule.gap", 8),
        ("schedule: {gap: 0s,\n  quiet: never\n  }\n", "schedule.quiet", 6),
        ("schedule: {gap:\n   soon}\n", "schedule.gap", 5),
        ("template: >\n  folded\n  text\napproval: three\n", "approval", 8),
        ('template: "spread\n\n  over"\napproval: three\n', "approval", 8),
        ("template: |\n  - gap: 1\n\n  - x\napproval: three\n", "approval", 9),
        ('"approval": three\n', "approval", 5),
        ("? approval\n: three\n", "approval", 5),
        ("schedule: &s {gap: soon}\n", "schedule.gap", 5),
        ("<<: {approval: three}\n", "approval", 5),
        ("schedule:\n  <<:\n    - gap: soon\n", "schedule.gap", 7),
    ],
)
def test_the_line(mistakes: Callable[[str], list[Mistake]], text: str, key: str, line: int) -> None:
    indented = "".join(f"    {each}" if each.strip() else each for each in text.splitlines(keepends=True))
    head = "sources: {s: {kind: folder, path: x}}\nchannels:\n  screen:\n    kind: console\n"
    [mistake] = mistakes(head + indented)
    assert (mistake.key, mistake.line) == (f"channels.screen.{key}", line)


def test_what_is_missing_has_the_line_of_what_it_is_missing_in(
    mistakes: Callable[[str], list[Mistake]],
) -> None:
    found = mistakes(
        "\nsources:\n  s:\n    kind: folder\nchannels:\n  t:\n    kind: console\n    schedule: 5\n"
    )
    assert [(it.key, it.line) for it in found] == [("sources.s.path", 3), ("channels.t.schedule", 8)]
