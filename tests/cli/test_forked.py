"""What the other tests' commands are forked from changes nothing of what is seen."""

import subprocess
import sys

from .conftest import Desk


def test_a_forked_command_says_and_ends_as_a_started_one(desk: Desk) -> None:
    desk.environ["COLUMNS"] = "60"
    for arguments in (("approve", "zzzz"), ("posts", "--json")):
        forked = desk.run(*arguments)
        started = subprocess.run(
            [sys.executable, "-m", "newsbot", *arguments],
            cwd=desk.folder,
            env=desk.around(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (forked.returncode, forked.stdout, forked.stderr) == (
            started.returncode,
            started.stdout,
            started.stderr,
        )
