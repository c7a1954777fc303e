"""The kinds of engine. An engine calls the service's functions that poll sources and send posts when these
are due.

A new kind needs a new module in this package and one entry in `KINDS`.
"""

from pkgutil import resolve_name
from typing import Any

__all__ = ["KINDS", "engine_class", "make_job_queue", "prepare_engine"]

KINDS = {"local": "newsbot.engines.local:LocalEngine", "cluster": "newsbot.engines.cluster:ClusterEngine"}


def engine_class(kind: str) -> Any:
    """Return the class of the engine that config.yaml names by ``kind``; the class's constructor takes a
    clock.

    Raises:
        KeyError: no engine has that kind.
    """
    return resolve_name(KINDS[kind])


def make_job_queue(kind: str) -> Any:
    """Return the queue in which the ledger stores jobs (notes that there is work) for the engine ``kind``;
    None if that engine works without jobs.
    """
    if kind != "cluster":
        return None
    from newsbot.engines.job_queue import PostgresJobQueue  # noqa: PLC0415  Only this engine needs psycopg.

    return PostgresJobQueue()


def prepare_engine(kind: str, database: str) -> None:
    """Make the tables that the engine ``kind`` needs besides the ledger's in the PostgreSQL ``database``.

    Raises:
        OSError: the database can't be reached, or refuses; the message is one line.
    """
    if kind == "cluster":
        from newsbot.engines.job_tables import prepare_job_tables  # noqa: PLC0415

        prepare_job_tables(database)
