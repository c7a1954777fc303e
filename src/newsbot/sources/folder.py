"""The kind of source ``folder``, for which each file in a folder is an article."""

import asyncio
import errno
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Annotated, Any

import structlog
from pydantic import AfterValidator, Field

from newsbot.errors import ParseError, SourceError
from newsbot.fetching.decoding import decode
from newsbot.files import read_file_bytes
from newsbot.imports import IMPORT_LOCK
from newsbot.model import Item
from newsbot.ports import Poll
from newsbot.reasons import Code, SourceCode
from newsbot.sources.settings import SourceSettings

if TYPE_CHECKING:
    from newsbot.fetching.fetcher import Fetcher
    from newsbot.fetching.workers import Workers

__all__ = ["KINDS", "FolderSettings", "FolderSource", "parse_document", "read_bounded", "read_file"]

KINDS = {".txt": "text", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}
"""The format of an article's file by the file name's suffix in lower case."""

_DAMAGE = 0.01  # A file counts as binary if more than this share of its characters can't be decoded.
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)


def parse_document(data: bytes, guid: str, suffix: str, path: str) -> Item:
    """Parse a file's content into an article with the guid ``guid``.

    ``suffix`` is the suffix of the file's name, one of the keys of `KINDS`; ``path`` names the file in
    errors.

    Raises:
        ParseError: The file is empty or not text.
    """
    kind, text = KINDS[suffix], decode(data)
    if not text.strip():
        raise ParseError(SourceCode.EMPTY_FILE(path=path))
    if "\0" in text or text.count("\ufffd") > _DAMAGE * len(text):
        raise ParseError(SourceCode.FILE_WITHOUT_TEXT(path=path))
    if kind == "markdown":
        return _parse_markdown(text, guid)
    return Item(guid, html=text) if kind == "html" else Item(guid, text=text)


def _parse_markdown(text: str, guid: str) -> Item:
    with IMPORT_LOCK:
        from markdown_it import MarkdownIt  # noqa: PLC0415  Its import is slow.

    text = text.replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    title = _FRONT_TITLE.search(front[1]) if front else None
    body = text[front.end() :] if front else text
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(body)
    return Item(guid, title=title[1].strip("\"'") if title else None, html=html)


log = structlog.get_logger(__name__)

_LARGEST = 2_000_000
_MOST_FILES = 20_000
_FRESH = 1.0  # The seconds since its last change for which a file may still be incomplete.
_SETTLING = 0.3
_ROUNDS = 5


class FolderSettings(SourceSettings):
    path: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        description="The folder of articles: .txt, .md and .html files, each a title and then a body."
    )

    def list_mistakes(self, *, allow_private: bool) -> Iterator[tuple[str, str, str]]:
        """Yield a mistake in config.yaml if the configured folder does not exist."""
        del allow_private
        if not self.path.is_dir():
            yield (
                "path",
                f"{self.path} is no folder.",
                "Make it, or name the folder that articles are put in.",
            )


@dataclass(frozen=True, slots=True, order=True)
class _FileVersion:
    """One version of a file in a source's folder.

    ``modified`` (mtime) and ``changed`` (ctime, which a rename or new rights change too) are in nanoseconds.
    """

    modified: int
    name: str
    changed: int
    size: int


class FolderSource:
    """A source whose articles are the files in a folder and its subfolders.

    An article's guid is the path of its file in the folder. The stored cursor's ``files`` is a hash of the
    versions of all files. Articles have no date: a file's time may be years old (``cp -p``) although the
    article is new.
    """

    Settings = FolderSettings

    def __init__(
        self, name: str, settings: FolderSettings, fetcher: "Fetcher | None", workers: "Workers"
    ) -> None:
        # The fetcher, which every source gets, is not used, because a folder source fetches nothing.
        del fetcher
        self.name = name
        self._root = settings.path
        self._workers = workers
        self._told: set[_FileVersion] = set()

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        """Read the articles in the source's folder.

        A file that can't be read is left out, and logged once for each version of the file.

        Raises:
            SourceError: The folder doesn't exist or can't be read.
        """
        files = await self._list_settled_files()
        state = {"files": sha256(repr(files).encode("utf-8", "surrogateescape")).hexdigest()}
        if state["files"] == cursor.get("files"):
            return Poll((), state, unchanged=True)
        self._told &= set(files)
        items = [await self._read_item(file) for file in files]
        return Poll(tuple(item for item in items if item), state)

    async def _list_settled_files(self) -> list[_FileVersion]:
        """Return the folder's files, newest first, without files that another program is still writing.

        Wait up to a second for files that changed just now.
        """
        files = await asyncio.to_thread(_scan_folder, self._root)
        for _ in range(_ROUNDS):
            # If even the newest file has not changed for a while, no program is writing any file. This
            # assumes that the file system's clock, which sets the files' times, agrees with this machine's
            # clock.
            if not files or files[0].modified < time.time_ns() - _FRESH * 1e9:
                return files
            await asyncio.sleep(_SETTLING)
            before, files = set(files), await asyncio.to_thread(_scan_folder, self._root)
            if before.issuperset(files):
                return files
        return [file for file in files if file in before]

    async def _read_item(self, file: _FileVersion) -> Item | None:
        try:
            return await read_file(self._root / file.name, file.name, self._workers)
        except SourceError as error:
            if file not in self._told:
                self._told.add(file)
                log.warning("file left out", source=self.name, reason=str(error))
            return None


async def read_file(path: Path, guid: str, workers: "Workers") -> Item:
    """Read an article from a file.

    Raises:
        SourceError: The file can't be read or is no article. The message names the file.
    """
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise SourceError(SourceCode.NO_ARTICLE_FILE(path=path))
    data = await asyncio.to_thread(read_bounded, path, _LARGEST)
    name = str(path)
    return await workers.run(parse_document, data, guid, suffix, name, what=Code.TEXT(words=name))


def read_bounded(path: Path, limit: int) -> bytes:
    """Return the content of a file of at most ``limit`` bytes.

    Raises:
        SourceError: The file can't be read, or is larger.
    """
    try:
        data = read_file_bytes(path, limit)
    except (OSError, ValueError) as error:
        # If the path has a NUL character, the error is a ValueError without a message of the operating
        # system, so the message is looked up.
        words = getattr(error, "strerror", None) or os.strerror(errno.EINVAL)
        raise SourceError(SourceCode.UNREADABLE_FILE(path=path, words=words)) from None
    if len(data) > limit:
        raise SourceError(SourceCode.FILE_TOO_LARGE(path=path, n=limit // 1_000_000))
    return data


def _scan_folder(root: Path) -> list[_FileVersion]:
    """Return the article files in a folder and its subfolders, newest first.

    Raises:
        SourceError: There is no such folder, it can't be read, or it has over 20 000 files.
    """
    try:
        home = os.path.realpath(root, strict=True)
        files = sorted(_walk_files(home, home), reverse=True)
    except NotADirectoryError:
        raise SourceError(SourceCode.NO_FOLDER(path=root)) from None
    except FileNotFoundError:
        raise SourceError(SourceCode.FOLDER_NOT_THERE(path=root)) from None
    except OSError as error:
        raise SourceError(SourceCode.UNREADABLE_FOLDER(path=root, words=error.strerror)) from None
    if len(files) > _MOST_FILES:
        raise SourceError(SourceCode.TOO_MANY_FILES(path=root, n=_MOST_FILES))
    return files


def _walk_files(folder: str, home: str) -> Iterator[_FileVersion]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # Hidden files, whose names begin with a dot, and lock files of office programs, whose names begin
            # with a tilde, are left out.
            if entry.name.startswith((".", "~")):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_files(entry.path, home)
            elif Path(entry.name).suffix.lower() in KINDS and (file := _make_file_version(entry, home)):
                yield file


def _make_file_version(entry: "os.DirEntry[str]", home: str) -> _FileVersion | None:
    """Return the version of a file; None if the file is not regular, is gone, or links out of the folder."""
    try:
        if entry.is_symlink() and not Path(os.path.realpath(entry.path, strict=True)).is_relative_to(home):
            return None
        stat = entry.stat()
    except OSError:
        return None
    if not S_ISREG(stat.st_mode):  # Only regular files are read, because reading a pipe would never end.
        return None
    name = Path(entry.path).relative_to(home).as_posix()
    return _FileVersion(stat.st_mtime_ns, name, stat.st_ctime_ns, stat.st_size)
