"""A real WordPress on MariaDB, on loopback, by the tool beside the checkout."""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.sources.database.cms import Cms, mariadb_answers

__all__ = ["Editor", "Site", "missing", "site"]

TOOL = Path(__file__).parents[3].parent / "shared" / "tools" / "wordpress"
PACKAGED = Path("/usr/share/wordpress")
EDITOR = Path(__file__).with_name("editor.php")


def missing() -> str | None:
    """Why there can be no site here; None where there can."""
    if not TOOL.is_file():
        return "the tool that brings up a WordPress (../shared/tools/wordpress) is not here"
    if not (PACKAGED.is_dir() and shutil.which("php") and shutil.which("mariadb")):
        return "Debian's packages wordpress, php-cli and mariadb-client are not installed"
    return mariadb_answers()


class Site:
    """``url`` and ``feed`` are the site's, ``database`` its database's URL."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder = str(folder)
        self._environ = {**os.environ, "WP_DATABASE": database}
        self.told = self._run("up", self._folder)[0]
        self.url, self.feed = self.told["url"], self.told["feed"]
        self.database = self.told["database"]
        self.sql = Cms(self.database)

    def publish(self, *posts: dict[str, Any]) -> list[dict[str, Any]]:
        """As the tool says: id, status, permalink, guid and times of each."""
        return self._run("publish", self._folder, "-", given=list(posts))

    def edit(self, number: int, **values: Any) -> dict[str, Any]:
        return self._run("edit", self._folder, str(number), "-", given=values)[0]

    def trash(self, number: int) -> dict[str, Any]:
        return self._run("trash", self._folder, str(number))[0]

    def bulk(self, count: int) -> None:
        self._run("bulk", self._folder, str(count))

    def fall_due(self, number: int) -> None:
        """A scheduled post's time is set back to now, and nothing else: `Editor.due` publishes it."""
        now = "post_date_gmt = UTC_TIMESTAMP(), post_date = UTC_TIMESTAMP() + INTERVAL 5 HOUR"
        self.sql.run(f"UPDATE wp_posts SET {now} WHERE ID = :id", id=number)

    def cron(self) -> None:
        self._run("cron", self._folder)

    @contextmanager
    def editor(self) -> Iterator["Editor"]:
        """One who acts quickly: WordPress is loaded once."""
        command = ["php", "-d", "display_errors=stderr", str(EDITOR), self._folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield Editor(process)

    def down(self) -> None:
        self.sql.close()
        self._run("down", self._folder)

    def _run(self, *arguments: str, given: Any = None) -> list[dict[str, Any]]:
        ran = subprocess.run(
            [TOOL, *arguments],
            input=None if given is None else json.dumps(given),
            capture_output=True,
            text=True,
            env=self._environ,
            timeout=100,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]


class Editor:
    """Of `Site.editor`: as the site's own `publish`, `edit` and `trash`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def publish(self, post: dict[str, Any]) -> dict[str, Any]:
        return self._do("publish", post=post)

    def edit(self, number: int, **values: Any) -> dict[str, Any]:
        return self._do("edit", id=number, post=values)

    def trash(self, number: int) -> dict[str, Any]:
        return self._do("trash", id=number)

    def untrash(self, number: int) -> dict[str, Any]:
        return self._do("untrash", id=number)

    def due(self, number: int) -> dict[str, Any]:
        """A scheduled post's time has come."""
        return self._do("due", id=number)

    def _do(self, act: str, **values: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"act": act, **values}) + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "error" not in told, told
        return told


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    one = Site(folder, f"newsbot_wp_{uuid.uuid4().hex[:8]}")
    try:
        yield one
    finally:
        one.down()
