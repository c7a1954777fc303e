"""The queue of jobs (notes that there is work) for the engine `cluster`: it stores jobs in the transactions
of the ledger, so it needs no database connection of its own.
"""

from collections.abc import Collection, Mapping
from typing import Any

from psycopg.types.json import Jsonb

from newsbot.ports import Job

__all__ = ["INSERT_JOBS", "PostgresJobQueue", "build_rows"]

INSERT_JOBS = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args)
    SELECT queue_name, task_name, priority, queueing_lock, args
    FROM unnest(%s::text[], %s::text[], %s::int[], %s::text[], %s::jsonb[])
        AS job (queue_name, task_name, priority, queueing_lock, args)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE
        SET priority = excluded.priority, args = excluded.args
        WHERE procrastinate_jobs.priority < excluded.priority
"""
"""The statement that stores jobs, with the columns of `build_rows` as its parameters.

If a job with the same queueing lock is stored and no worker has begun it, that job does the same work. It
then stands for the new job, and gets the new job's priority if that is higher. The library's own function
would raise an error, which would end the ledger's transaction.
"""

_ARE_THERE = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"

_COUNT_JOBS = "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs GROUP BY 1, 2"


class PostgresJobQueue:
    """The queue of the engine `cluster`; the class implements the port ``JobQueue``.

    If a job is lost, its work is only done later, because the engine stores another job for everything that
    is due by the ledger.
    """

    def __init__(self) -> None:
        self._is_ready = False

    def defer(self, connection: Any, jobs: Collection[Job]) -> None:
        """Store ``jobs`` (notes that there is work) in the current transaction of a PostgreSQL connection.

        If the tables of jobs do not exist yet, nothing is stored, because no worker runs then.
        """
        self._is_ready = self._is_ready or bool(connection.execute(_ARE_THERE).fetchone()[0])
        if self._is_ready and jobs:
            connection.execute(INSERT_JOBS, build_rows(jobs))

    def count(self, connection: Any) -> Mapping[tuple[str, str], int]:
        """Return the number of stored jobs (notes that there is work) by queue and status: ``todo`` or
        ``doing``.
        """
        if not connection.execute(_ARE_THERE).fetchone()[0]:
            return {}
        rows = connection.execute(_COUNT_JOBS).fetchall()
        return {(queue, status): count for queue, status, count in rows}


def build_rows(jobs: Collection[Job]) -> tuple[list[Any], ...]:
    """Return the values of the rows by which ``jobs`` are stored, column by column.

    The rows are in the order of their locks, so that two transactions with the same jobs do not wait for each
    other in a circle.
    """
    by_lock = {job.lock: job for job in sorted(jobs, key=lambda job: job.priority)}
    rows = [by_lock[lock] for lock in sorted(by_lock)]
    return (
        [job.queue for job in rows],
        [job.task for job in rows],
        [job.priority for job in rows],
        [job.lock for job in rows],
        [Jsonb({"key": job.key} | ({"due": job.due.isoformat()} if job.due else {})) for job in rows],
    )
