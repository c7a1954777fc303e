"""What `run --roles` refuses, in one line and before anything starts."""

import pytest

from .conftest import Desk


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--roles", "poll,mail"], "mail is no role: name some of poll, work, send, desk, web"),
        (["--roles", ","], "no role is named: name some of poll, work, send, desk, web"),
        (["--once", "--roles", "poll"], "--once does the work of all roles"),
    ],
)
def test_what_is_no_role_is_one_line_and_exit_2(desk: Desk, arguments: list[str], said: str) -> None:
    ran = desk.run("run", *arguments)
    assert ran.returncode == 2
    assert said in " ".join(ran.stderr.split())
    assert not (desk.folder / "newsbot.db").exists()
