"""How far the ledger has come, written down outside the database before a call leaves.

A database that is put back to an earlier state can't know it. Its mark does: it has the number of the last
call that was allowed to leave. docs/adr says where marks are kept, and what is done without one.

A mark is a small file with two records, of which the newer one that is whole counts: writing one in place, by
turns, needs no room on a full disk, and a crash in the middle leaves the other.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from sqlalchemy import URL

from newsbot.errors import LedgerError

__all__ = ["FoundMark", "MarkFile", "ProgressMark", "ProgressMarks", "list_mark_paths"]

_RECORD_SIZE = 16 * 1024  # bytes; what a newsroom with hundreds of paid channels needs
_MAX_ANCESTORS = 50  # restores that are remembered


@dataclass(frozen=True, slots=True)
class ProgressMark:
    """``calls`` is the number of the last attempt in the ledger ``identity``.

    ``ancestors`` are what that ledger was before each restore. ``spent`` is what has been spent in a month,
    in micro-dollars by ``CHANNEL 2026-11``; ``updates`` the last update of each of the desk's bots. ``count``
    tells which record is the newer one.
    """

    identity: str
    calls: int
    ancestors: tuple[str, ...] = ()
    spent: Mapping[str, int] = field(default_factory=dict)
    updates: Mapping[str, int] = field(default_factory=dict)
    count: int = 0


@dataclass(frozen=True, slots=True)
class FoundMark:
    """A mark as it was found; ``beside``: at the ledger's own place, and not only on this machine."""

    mark: ProgressMark
    beside: bool


class MarkFile:
    """One file. It is kept open, and made again should it be gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def read(self) -> ProgressMark | None:
        """None where there is none, or where no record is whole."""
        try:
            return _find_newest_record(self.path.read_bytes())
        except OSError:
            return None

    def write(self, mark: ProgressMark, *, to_disk: bool) -> None:
        """Store ``mark``, and what another process has stored there that is further on.

        Raises:
            OSError: it can't be written.
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
            _sync_folder(self.path.parent)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _open_file(self) -> tuple[int, bool]:
        """The file, and whether it had to be opened, as another file may lie there."""
        if self._file is not None and not self._is_current_file(self._file):
            self.close()
        if self._file is not None:
            return self._file, False
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        size = os.fstat(self._file).st_size  # room for both records is taken before the disk is full
        os.pwrite(self._file, bytes(max(2 * _RECORD_SIZE - size, 0)), size)
        return self._file, True

    def _is_current_file(self, file: int) -> bool:
        with suppress(OSError):
            return os.path.samestat(os.fstat(file), self.path.stat())
        return False


class ProgressMarks:
    """Every place where a ledger's mark is kept.

    ``beside`` is at the ledger; where it is ``needed``, nothing leaves that could not be written there.
    ``elsewhere`` is in the machine's own folder, which a copy of the ledger's folder leaves as it is.
    """

    def __init__(self, beside: Path | None, elsewhere: Path | None, *, needed: bool) -> None:
        self._beside = MarkFile(beside) if beside else None
        self._elsewhere = MarkFile(elsewhere) if elsewhere else None
        self._needed = needed

    def read(self) -> list[FoundMark]:
        """All that there are."""
        return list(self._read_files())

    def _read_files(self) -> Iterator[FoundMark]:
        for file in (self._beside, self._elsewhere):
            if file and (mark := file.read()):
                yield FoundMark(mark, file is self._beside)

    def write(self, mark: ProgressMark, *, to_disk: bool = True) -> None:
        """Returns when it would outlive a power cut.

        Raises:
            LedgerError: it could not be written where it has to be.
        """
        if self._beside:
            try:
                self._beside.write(mark, to_disk=to_disk)
            except OSError as error:
                if self._needed:
                    raise LedgerError(
                        f"{self._beside.path} can't be written ({error.strerror}), and nothing is sent that "
                        "it does not know: change its rights or free some space; nothing is lost"
                    ) from error
        if self._elsewhere:
            with suppress(OSError):
                self._elsewhere.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._elsewhere.write(mark, to_disk=False)

    def close(self) -> None:
        for file in filter(None, (self._beside, self._elsewhere)):
            file.close()


def list_mark_paths(url: URL, folder: Path | None) -> tuple[Path | None, Path | None]:
    """Where the marks of the ledger at ``url`` are: at the ledger, and on the machine.

    SQLite's is beside its file, PostgreSQL's beside config.yaml (``folder``); without a folder it has none.
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
    """In the folder that the XDG specification names for what a program keeps between its runs."""
    named = os.environ.get("XDG_STATE_HOME")
    try:
        state = Path(named) if named else Path.home() / ".local" / "state"
    except RuntimeError:  # a user without a home
        return None
    return state / "newsbot" / f"{sha256(place.encode()).hexdigest()[:16]}.fence"


def _merge_marks(mark: ProgressMark, there: ProgressMark | None) -> ProgressMark:
    """Two services on one machine have one mark: none takes back what the other has written."""
    if there is None:
        return replace(mark, count=mark.count + 1)
    count = there.count + 1
    if mark.identity in there.ancestors:  # a service that has not heard of the restore
        return replace(there, calls=max(mark.calls, there.calls), count=count)
    if mark.identity != there.identity:
        return replace(mark, count=count)
    return replace(
        mark,
        calls=max(mark.calls, there.calls),
        spent=_merge_maxima(mark.spent, there.spent),
        updates=_merge_maxima(mark.updates, there.updates),
        count=count,
    )


def _merge_maxima(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: max(one.get(key, 0), other.get(key, 0)) for key in {*one, *other}}


def _find_newest_record(data: bytes) -> ProgressMark | None:
    records = (_parse_record(data[start : start + _RECORD_SIZE]) for start in (0, _RECORD_SIZE))
    return max(filter(None, records), key=lambda mark: mark.count, default=None)


def _encode_record(mark: ProgressMark) -> bytes:
    """A line with its own checksum. What is too long for it leaves out the least important."""
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


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
