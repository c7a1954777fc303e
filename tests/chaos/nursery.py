"""``python -m tests.chaos.nursery``: services forked from a process that has imported newsbot already.

A line on standard input is the folder to run in; the answer is the new service's process id. Such a service
starts in a tenth of the time, so that a thousand can be killed; from the fork on it is `newsbot run`.
"""

import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path

# What a service imports in its first second anyway.
LIKE_A_SERVICE = (
    "newsbot.cli.service",
    "newsbot.app.service",
    "newsbot.app.checking",
    "newsbot.app.logs",
    "newsbot.config.loading",
    "newsbot.ledger.ledger",
    "newsbot.ledger.thread",
    "newsbot.delivery",
    "newsbot.fetching.fetcher",
    "newsbot.fetching.workers",
    "newsbot.newsroom.intake",
    "newsbot.reading.reader",
    "newsbot.summarizers.extract",
    "newsbot.composing.compose",
    "newsbot.channels.telegram",
    "newsbot.channels.x",
    "newsbot.sources.feed",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "telegram",
    "telegram.request",
    "tweepy",
)


def main() -> None:
    for name in LIKE_A_SERVICE:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no burial
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _serve(Path(line.rstrip("\n")))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _serve(folder: Path) -> None:
    """Never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    null, log = os.open(os.devnull, os.O_RDONLY), os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for of, to in ((null, 0), (log, 1), (log, 2)):
        os.dup2(of, to)
    sys.argv[:] = ["newsbot", "run"]
    try:
        import_module("newsbot.cli").main()
    except SystemExit as end:
        os._exit(int(end.code or 0))
    except BaseException:  # noqa: BLE001  it must not go on as a second nursery
        traceback.print_exc()
    os._exit(1)


if __name__ == "__main__":
    main()
