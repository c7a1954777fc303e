"""What went wrong in the database, as one clear line without a password."""

import sqlite3

from sqlalchemy import URL
from sqlalchemy.exc import TimeoutError as PoolTimeout

from newsbot.errors import LedgerBusy, LedgerError, LedgerGone, SlotTaken

__all__ = ["explain", "place"]

_SQLITE = {  # primary result codes: https://www.sqlite.org/rescode.html
    sqlite3.SQLITE_READONLY: "can't be written: give newsbot's user the right to write file and folder",
    sqlite3.SQLITE_CANTOPEN: "can't be opened: check that newsbot's user may read and write it",
    sqlite3.SQLITE_FULL: "can't grow, the disk is full: free some space; nothing is lost",
    sqlite3.SQLITE_IOERR: "can't be read or written, the disk fails or is full: check it before going on",
    sqlite3.SQLITE_CORRUPT: "is damaged: stop newsbot and restore a backup (`newsbot db backup` makes them)",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database: name another file in `database`, or move it away",
    sqlite3.SQLITE_PERM: "can't be opened: newsbot's user has no right to it",
    sqlite3.SQLITE_AUTH: "can't be opened: newsbot's user has no right to it",
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_POSTGRES = {  # the first characters of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
    "28": "refuses the login: check user and password in `database`",
    "3D": "does not exist: create it (`createdb`), or name another in `database`",
    "42501": "can't be written: grant newsbot's user the rights on its tables",
    "25006": "is read-only: name the primary server in `database`",
    "53100": "can't grow, its disk is full: free some space; nothing is lost",
    "53300": "takes no more connections: raise its max_connections or close some",
    "25P03": "ended a session that it had not heard from for too long: newsbot tries again",
    "57P": "is shutting down or starting up: newsbot tries again",
}
_SLOT = ("post.channel, post.slot_at", "uq_post_slot")  # how the two name the index of slots
_POSTGRES_BUSY = ("55P03", "40P01", "40001")
_POSTGRES_SLOW = "57014"  # statement_timeout


def place(url: URL) -> str:
    """How messages name the database."""
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    return f"the database {url.set(query={}).render_as_string(hide_password=True)}"


def explain(error: Exception, url: URL) -> LedgerError:
    """The decision that a caller can take, with a line for a person.

    ``error`` is SQLAlchemy's, or the driver's own.
    """
    cause = getattr(error, "orig", None) or error
    where = place(url)
    if any(name in str(cause) for name in _SLOT):
        return SlotTaken("another post has taken this slot meanwhile: plan it again")
    if isinstance(cause, sqlite3.Error):
        return _sqlite(cause, where)
    if isinstance(error, PoolTimeout):
        return LedgerBusy(f"{where} is in use by another thread for too long: try again")
    state = str(getattr(cause, "sqlstate", None) or "")
    lost = getattr(error, "connection_invalidated", False) or not state
    return _postgres(state, where, _without(url, _first_line(cause)), lost=lost)


def _postgres(state: str, where: str, said: str, *, lost: bool) -> LedgerError:
    if state in _POSTGRES_BUSY:
        return LedgerBusy(f"{where} is locked by another process for too long: try again")
    if state == _POSTGRES_SLOW:
        return LedgerBusy(f"{where} took too long over a statement: try again; is the server overloaded?")
    for start, words in _POSTGRES.items():
        if state.startswith(start):
            return LedgerError(f"{where} {words}")
    if lost:
        return LedgerError(f"{where} can't be reached ({said}): check that the server runs")
    return LedgerError(f"{where} refused: {said}")


def _sqlite(cause: sqlite3.Error, where: str) -> LedgerError:
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LedgerBusy(
            f"{where} is locked by another process for too long: try again, or end what holds it"
        )
    kind = LedgerGone if code in _DAMAGED else LedgerError
    return kind(f"{where} {_SQLITE.get(code, f'refused: {_first_line(cause)}')}")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _without(url: URL, said: str) -> str:
    secret = url.password
    return said.replace(str(secret), "***") if secret else said
