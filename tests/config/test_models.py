"""What config.yaml says of the desk: who is who, who is on duty, and what is a mistake in it."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from newsbot.config import Config, load
from newsbot.errors import Mistake

HEAD = """\
sources: {s: {kind: folder, path: x}}
channels: {c: {kind: console}}
desk:
  token: ${TOKEN}
"""


def test_a_roster_is_read_in_the_order_of_the_file(read: Callable[[str], Config]) -> None:
    desk = read(
        HEAD
        + """\
  people: {111: admin, 222: editor}
  duty:
    222: [mon-fri 08:00-16:00, "sat,sun 22:00-06:00"]
    111: 16:00-23:00
"""
    ).desk
    assert desk is not None
    assert [(shift.who, shift.start) for shift in desk.shifts] == [
        (222, time(8)),
        (222, time(22)),
        (111, time(16)),
    ]


@pytest.mark.parametrize(
    ("text", "key", "line", "said"),
    [
        ("  people: {222: editor}\n  duty:\n    222: mo-fr 8-16\n", "duty.222", 7, "mon-fri 08:00-16:00"),
        (
            "  people: {222: editor}\n  duty:\n    222:\n      - 08:00-16:00\n      - later\n",
            "duty.222[1]",
            9,
            "'later' is no time of duty",
        ),
        ("  people: {222: editor}\n  duty:\n    333: 08:00-16:00\n", "duty.333", 7, "nobody of desk.people"),
        ("  people: {222: editor}\n  duty:\n    bo: 08:00-16:00\n", "duty.bo", 7, "numeric ids"),
        ("  chats: [-1001, newsroom]\n", "chats[1]", 5, "behind t.me/c/"),
        (
            "  people:\n    111: {role: admin, cli: ana}\n    222: {role: editor, cli: ana}\n",
            "people.222.cli",
            7,
            "is 111's account already",
        ),
    ],
)
def test_a_mistake_has_its_line_and_how_to_mend_it(
    mistakes: Callable[[str], list[Mistake]], text: str, key: str, line: int, said: str
) -> None:
    [found] = mistakes(HEAD + text)
    assert (found.key, found.line) == (f"desk.{key}", line)
    assert said in found.message + found.mend


def test_each_mistake_below_people_is_named_at_once(mistakes: Callable[[str], list[Mistake]]) -> None:
    found = {each.key: each.message for each in mistakes(HEAD + "  people: {111: boss, ada: editor}\n")}
    assert found == {
        "desk.people.111": "must be viewer, editor or admin.",
        "desk.people.ada": "'ada' is a name.",
    }


def test_a_number_is_quoted_as_it_was_written(mistakes: Callable[[str], list[Mistake]]) -> None:
    schedule = "schedule: {quiet: 12.30, slots: [12.30], gap: 0s}"
    found = mistakes(f"channels: {{c: {{kind: console, approval: none, {schedule}}}}}\n")
    assert len(found) == 2
    assert all(each.message.startswith("'12.30' is") for each in found)


def test_who_is_who_is_known_without_the_bots_secrets(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        HEAD
        + """\
  webhook: {url: "${HOOK}", secret: "${SECRET}"}
  chats: ["${CHAT}"]
  people: {111: {role: admin, cli: ana}, 222: "${ROLE}"}
  breaking: {approval: two}
"""
    )
    desk = load(tmp_path / "config.yaml", environ={}, secrets=False).desk
    assert desk is not None
    assert (list(desk.people), desk.people[111].cli, desk.webhook) == ([111], "ana", None)
    assert (desk.chats, desk.breaking.approval) == ((), "two")
