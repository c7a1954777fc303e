"""Progress marks: records of the ledger's last call, outside the database, written before the call is made.

A database that was restored to an earlier state can't detect that by itself. Its mark can: the mark has the
number of the last call that newsbot was allowed to make. docs/adr says where marks are kept, and what happens
without a mark.

A mark is a small file with two records, of which the newer intact one counts. The records are overwritten in
place and in turns. That needs no space on a full disk, and a crash during a write leaves the other record.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from sqlalchemy import URL

from newsbot.errors import LedgerError
from newsbot.files import flush_to_disk
from newsbot.reasons import LedgerCode

__all__ = ["FoundMark", "MarkFile", "ProgressMark", "ProgressMarks", "list_mark_paths", "merge_maxima"]

# The size in bytes of one record in the file of a progress mark (which counts calls and spending). It is
# large enough for the spending of hundreds of accounts.
_RECORD_SIZE = 16 * 1024
# The most unique ids of earlier ledgers that the file of a progress mark stores; each restore of a ledger
# adds one.
_MAX_ANCESTORS = 50


@dataclass(frozen=True, slots=True)
class ProgressMark:
    """A progress mark: how far a ledger had come when its last call was made.

    ``calls`` is the number of the last call in the ledger whose identity is ``identity``. ``ancestors`` are
    the identities that the ledger had before its restores. ``spent`` maps ``ACCOUNT 2026-11`` to the
    micro-dollars spent in that month; ``updates`` maps each bot of the desk to the number of its last update.
    ``count`` tells which of the two records is newer. ``amendments`` is the number of the last amendment (an
    edit or delete) whose call was made.
    """

    identity: str
    calls: int
    ancestors: tuple[str, ...] = ()
    spent: Mapping[str, int] = field(default_factory=dict)
    updates: Mapping[str, int] = field(default_factory=dict)
    count: int = 0
    amendments: int = 0


@dataclass(frozen=True, slots=True)
class FoundMark:
    """A progress mark that was read from its file.

    ``beside`` is true if the file is beside the ledger, false if the file is in a folder of this machine.
    """

    mark: ProgressMark
    beside: bool


class MarkFile:
    """The file of a progress mark (a record of the ledger's last call), which is kept open, and created again
    if it was deleted.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def read(self) -> ProgressMark | None:
        """Return the progress mark (record of the ledger's last call) in the file; None if there is no file
        or no intact record.
        """
        try:
            return _find_newest_record(self.path.read_bytes())
        except OSError:
            return None

    def write(self, mark: ProgressMark, *, to_disk: bool) -> None:
        """Store a progress mark (record of the ledger's last call) in the file, merged with the progress that
        another process has stored there.

        If ``to_disk`` is true, the mark survives a power cut as soon as this method has returned.

        Raises:
            OSError: the file can't be written.
        """
        file, new = self._open_file()
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            merged = _merge_marks(mark, _find_newest_record(os.pread(file, 2 * _RECORD_SIZE, 0)))
            os.pwrite(file, _encode_record(merged), _RECORD_SIZE * (merged.count % 2))
            if to_disk:
                os.fdatasync(file)
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
        if to_disk and new:
            flush_to_disk(self.path.parent)

    def close(self) -> None:
        """Close the file of the progress mark (the record of the ledger's last call)."""
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _open_file(self) -> tuple[int, bool]:
        """Return the open file of the progress mark (the record of the ledger's last call), and whether it
        was opened just now.

        The file is opened again if another file is at its path.
        """
        if self._file is not None and not self._is_current_file(self._file):
            self.close()
        if self._file is not None:
            return self._file, False
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        # Both records in the file of the progress mark get their disk space now, before the disk may be full.
        size = os.fstat(self._file).st_size
        os.pwrite(self._file, bytes(max(2 * _RECORD_SIZE - size, 0)), size)
        return self._file, True

    def _is_current_file(self, file: int) -> bool:
        with suppress(OSError):
            return os.path.samestat(os.fstat(file), self.path.stat())
        return False


class ProgressMarks:
    """All files in which the progress mark of one ledger (the record of its last call) is kept.

    ``beside`` is the file beside the ledger; if it is ``needed``, no call is made that could not be recorded
    in it. ``elsewhere`` is a file in the machine's own state folder, which is not copied along with the
    ledger.
    """

    def __init__(self, beside: Path | None, elsewhere: Path | None, *, needed: bool) -> None:
        self._beside = MarkFile(beside) if beside else None
        self._elsewhere = MarkFile(elsewhere) if elsewhere else None
        self._needed = needed

    def read(self) -> list[FoundMark]:
        """Return every progress mark (record of the ledger's last call) whose file can be read."""
        files = filter(None, (self._beside, self._elsewhere))
        return [FoundMark(mark, file is self._beside) for file in files if (mark := file.read())]

    def write(self, mark: ProgressMark, *, to_disk: bool = True) -> None:
        """Write the progress mark (the record of the ledger's last call) to all its files.

        If ``to_disk`` is true, the mark beside the ledger survives a power cut once this method has returned.

        Raises:
            LedgerError: the file beside the ledger could not be written, and it is needed.
        """
        if self._beside:
            try:
                self._beside.write(mark, to_disk=to_disk)
            except OSError as error:
                if self._needed:
                    why = LedgerCode.MARK_NOT_WRITABLE(path=self._beside.path, words=error.strerror)
                    raise LedgerError(why) from error
        if self._elsewhere:
            with suppress(OSError):
                self._elsewhere.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._elsewhere.write(mark, to_disk=False)

    def close(self) -> None:
        """Close the files of the progress marks (records of the ledger's last call)."""
        for file in filter(None, (self._beside, self._elsewhere)):
            file.close()


def list_mark_paths(url: URL, folder: Path | None) -> tuple[Path | None, Path | None]:
    """Return the paths of the files with the ledger's progress marks (the number of its last call): beside
    the ledger, and in a folder of this machine.

    The first mark of an SQLite ledger is beside the database file, that of a PostgreSQL ledger beside
    config.yaml (in ``folder``). Without ``folder``, a PostgreSQL ledger has no marks.
    """
    if url.get_backend_name() == "sqlite":
        file = Path(os.path.realpath(str(url.database)))
        return file.with_name(f"{file.name}.fence"), _find_machine_folder(str(file))
    if folder is None:
        return None, None
    place = f"{url.host or 'localhost'}:{url.port or 5432}/{url.database}"
    key = sha256(place.encode()).hexdigest()[:8]
    return folder / f"newsbot-{key}.fence", _find_machine_folder(f"{place} {folder.resolve()}")


def _find_machine_folder(place: str) -> Path | None:
    """Return the path of the file in which the ledger's last call is recorded, in the user's folder for
    state, by the XDG specification.

    ``place`` is a text that identifies the ledger. Returns None if the user has no home folder.
    """
    named = os.environ.get("XDG_STATE_HOME")
    try:
        state = Path(named) if named else Path.home() / ".local" / "state"
    # If the user has no home folder, for which `Path.home` raises a RuntimeError, no progress mark (count of
    # the ledger's calls) is stored in the user's folder for state.
    except RuntimeError:
        return None
    return state / "newsbot" / f"{sha256(place.encode()).hexdigest()[:16]}.fence"


def _merge_marks(mark: ProgressMark, there: ProgressMark | None) -> ProgressMark:
    """Merge a progress mark (the number of the ledger's last call) with the stored one, so that no service
    lowers a number that another service has stored.
    """
    if there is None:
        return replace(mark, count=mark.count + 1)
    count = there.count + 1
    # If the stored progress mark belongs to a restored ledger, its identity and ancestors are kept: another
    # service has found out that the ledger was restored from a backup, and this service does not know that
    # yet.
    if mark.identity in there.ancestors:
        return replace(there, calls=max(mark.calls, there.calls), count=count)
    if mark.identity != there.identity:
        return replace(mark, count=count)
    return replace(
        mark,
        calls=max(mark.calls, there.calls),
        spent=merge_maxima([mark.spent, there.spent]),
        updates=merge_maxima([mark.updates, there.updates]),
        count=count,
    )


def merge_maxima(some: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Merge mappings; each key gets the greatest of its values."""
    found: dict[str, int] = {}
    for each in some:
        found |= {key: max(value, found.get(key, value)) for key, value in each.items()}
    return found


def _find_newest_record(data: bytes) -> ProgressMark | None:
    records = (_parse_record(data[start : start + _RECORD_SIZE]) for start in (0, _RECORD_SIZE))
    return max(filter(None, records), key=lambda mark: mark.count, default=None)


def _encode_record(mark: ProgressMark) -> bytes:
    """Encode a progress mark (the ledger's last numbers) as a line of JSON with its checksum in front.

    If the line is too long for a record, the spending is left out first, then the ancestors.
    """
    for shorter in (mark, replace(mark, spent={}), replace(mark, spent={}, ancestors=())):
        text = json.dumps(asdict(shorter), separators=(",", ":")).encode()
        line = b"%08x %s\n" % (crc32(text), text)
        if len(line) <= _RECORD_SIZE:
            break
    return line


def _parse_record(data: bytes) -> ProgressMark | None:
    checksum, _, text = data.partition(b"\n")[0].partition(b" ")
    try:
        if int(checksum, 16) != crc32(text):
            return None
        values = json.loads(text)
        return ProgressMark(**values | {"ancestors": tuple(values["ancestors"][-_MAX_ANCESTORS:])})
    except (ValueError, TypeError, KeyError):
        return None
