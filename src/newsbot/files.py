"""Functions that read files up to a size, load newsbot's own data files, and wait for the disk."""

import errno
import os
import re
import stat
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

__all__ = ["compile_patterns", "flush_to_disk", "load_toml", "read_file_bytes"]

_SPECIAL = (
    (stat.S_ISDIR, errno.EISDIR, "it is a folder, not a file"),
    (stat.S_ISFIFO, errno.EINVAL, "it is a named pipe, not a file"),
    (stat.S_ISSOCK, errno.EINVAL, "it is a socket, not a file"),
    (stat.S_ISCHR, errno.EINVAL, "it is a device, not a file"),
    (stat.S_ISBLK, errno.EINVAL, "it is a device, not a file"),
)


def read_file_bytes(path: Path, limit: int) -> bytes:
    """Read at most ``limit`` + 1 bytes of a regular file; the extra byte shows that the file is too large.

    Pipes, devices and sockets are refused, because reading them may wait for ever. Links are followed.

    Raises:
        OSError: The file can't be read, or it is no regular file; ``strerror`` says why in words.
        ValueError: The path has a NUL character.
    """
    # Opening a device file may make the device act, so the type of the file is looked up first.
    _refuse_special(path.stat(), path)
    # The flag O_NONBLOCK is needed in case a pipe has just replaced the file: without it, opening the pipe
    # would wait for a writer.
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as file:  # noqa: PTH123  A descriptor has no path.
        _refuse_special(os.fstat(number), path)
        return file.read(limit + 1)


def _refuse_special(found: os.stat_result, path: Path) -> None:
    for is_kind, number, words in _SPECIAL:
        if is_kind(found.st_mode):
            raise OSError(number, words, str(path))


def flush_to_disk(path: Path) -> None:
    """Wait until the disk has stored the content of a file, or the names of the files in a folder."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def load_toml(package: str, name: str) -> dict[str, Any]:
    """Load and return the TOML file ``name`` of one of newsbot's own packages, such as a list of words."""
    return tomllib.loads(files(package).joinpath(name).read_text("utf-8"))


def compile_patterns(tables: dict[str, dict[str, str]]) -> dict[str, dict[str, re.Pattern[str]]]:
    """Compile the regular expressions in the tables of a TOML file; case is ignored.

    An expression of several lines is joined without a space.
    """
    return {
        table: {key: re.compile("".join(text.splitlines()), re.IGNORECASE) for key, text in patterns.items()}
        for table, patterns in tables.items()
    }
