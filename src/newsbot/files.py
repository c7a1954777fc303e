"""Read what lies on the disk, up to a size, and never wait for what has no end."""

import errno
import os
import stat
from pathlib import Path

__all__ = ["read_file_bytes"]

_SPECIAL = (
    (stat.S_ISDIR, errno.EISDIR, "it is a folder, not a file"),
    (stat.S_ISFIFO, errno.EINVAL, "it is a named pipe, not a file"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket, not a file"),
    (stat.S_ISCHR, errno.EINVAL, "it is a device, not a file"),
    (stat.S_ISBLK, errno.EINVAL, "it is a device, not a file"),
)


def read_file_bytes(path: Path, limit: int) -> bytes:
    """Read at most ``limit`` + 1 bytes of a regular file: one more says that it is too large.

    A pipe, a device and a socket are refused: reading them can wait for ever. Links are followed.

    Raises:
        OSError: it can't be read, or is no regular file; ``strerror`` says why in words.
        ValueError: there is a NUL in the path.
    """
    _refuse_special(path.stat(), path)  # before it is opened, as opening a device can do something
    # Without O_NONBLOCK, a pipe that took the file's place meanwhile would wait for somebody who writes.
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as file:  # noqa: PTH123  a descriptor has no path
        _refuse_special(os.fstat(number), path)
        return file.read(limit + 1)


def _refuse_special(found: os.stat_result, path: Path) -> None:
    for is_kind, number, words in _SPECIAL:
        if is_kind(found.st_mode):
            raise OSError(number, words, str(path))
