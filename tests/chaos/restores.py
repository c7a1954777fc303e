"""A backup, a hundred posts, and the backup put back: on both databases, by hand and by the command."""

import asyncio
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import make_url

from newsbot.model import PostState
from tests.bench.rows import Row
from tests.chaos.audit import audit
from tests.chaos.kills import database
from tests.chaos.stage import Stage, until
from tests.conftest import SERVER

__all__ = ["WAYS", "restores"]

WAYS = ("by hand", "db restore")
_ARTICLES = 60  # of five channels and eight messages each


async def restores(kind: str, way: str, *, seed: int = 1, articles: int = _ARTICLES) -> list[Row]:
    """The backup is made in the middle, at a random moment, and put back after all has gone out."""
    chance = random.Random(seed)
    with TemporaryDirectory() as folder, database(kind) as url:
        async with Stage(Path(folder), url) as stage:
            stage.publish(articles // 3)
            stage.queue(articles)
            backup, out = await _sent_past_a_backup(stage, chance)
            await _put_back(stage, backup, way)
            stage.publish(3)  # while nothing runs, or just as it runs again
            service = await stage.start()
            await until(lambda: not stage.waiting() and _taken_in(stage, 3), 120, 0.2)
            await asyncio.sleep(2)
            service.signal(15)
            ended = await service.ended()
            verdict = await audit(stage)
            new = len(stage.arrivals)
            unknown = len(stage.posts(PostState.UNKNOWN))
    name = f"{kind}, {way}"
    return [
        Row(f"{name}: messages out since the backup", str(out), ">= 100", out >= 100),
        *verdict.rows(),
        Row("posts that wait for evidence or a person", str(unknown), "> 0", unknown > 0),
        Row("messages out in all", str(new)),
        Row("the last service's exit status", str(ended), "0", ended == 0),
    ]


async def _sent_past_a_backup(stage: Stage, chance: random.Random) -> tuple[Path, int]:
    """The backup, and how many messages went out after it."""
    service = await stage.start()
    wanted = chance.randint(5, 40)
    await until(lambda: stage.calls >= wanted or not service.alive, 60, 0.005)
    backup = stage.folder / "saved"
    await stage.run("db", "backup", str(backup))
    before = len(stage.arrivals)
    await until(lambda: stage.waiting() == 0 or not service.alive, 180, 0.2)
    service.signal(15)
    await service.ended()
    return backup, len(stage.arrivals) - before


async def _put_back(stage: Stage, backup: Path, way: str) -> None:
    stage.ledger.close()
    if way == "db restore":
        await stage.run("db", "restore", str(backup))
    elif str(stage.database).startswith("sqlite"):
        (stage.folder / "newsbot.db").write_bytes(backup.read_bytes())
    else:
        await _recreate(str(stage.database), backup)
    stage.reopen()


async def _recreate(url: str, backup: Path) -> None:
    name = make_url(url).database
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
    command = ("pg_restore", "--no-owner", f"--dbname={url}", str(backup))
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait():
        raise RuntimeError("pg_restore failed")


def _taken_in(stage: Stage, new: int) -> bool:
    """The newest articles of the site have posts, or a word why not."""
    titles = {story.title for story in stage.site.stories[-new:]}
    return titles <= {post.article_title for post in stage.posts()}
