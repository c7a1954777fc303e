"""The folder source on real files."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from newsbot.errors import SourceError
from newsbot.fetching.workers import Workers
from newsbot.model import Item
from newsbot.sources.folder import FolderSettings, FolderSource

LONG_AGO = 1_600_000_000


def source(path: Path, workers: Workers) -> FolderSource:
    return FolderSource("drop", FolderSettings(kind="folder", path=path), None, workers)


def write(path: Path, content: str | bytes, age: int = 0) -> None:
    """Written long ago (the greater ``age``, the longer), so that nothing waits for it to settle."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(path, (LONG_AGO - age, LONG_AGO - age))


async def found(path: Path, workers: Workers) -> dict[str, Item]:
    return {item.guid: item for item in (await source(path, workers).poll({})).items}


async def test_each_kind_of_file_is_an_item(tmp_path: Path, workers: Workers) -> None:
    write(tmp_path / "a.txt", "Title\n\nBody")
    write(tmp_path / "b.md", "# Title\n\nBody <script>x</script> *it*")
    write(tmp_path / "c.HTML", "<h1>Title</h1>")
    items = await found(tmp_path, workers)
    assert items["a.txt"] == Item("a.txt", text="Title\n\nBody")
    assert items["b.md"].html == "<h1>Title</h1>\n<p>Body &lt;script&gt;x&lt;/script&gt; <em>it</em></p>\n"
    assert items["c.HTML"].html == "<h1>Title</h1>"


async def test_front_matter_is_not_body(tmp_path: Path, workers: Workers) -> None:
    write(tmp_path / "a.md", '---\nlayout: post\ntitle: "A title"\n---\nBody')
    assert await found(tmp_path, workers) == {"a.md": Item("a.md", title="A title", html="<p>Body</p>\n")}


async def test_newest_first_with_the_path_as_guid_and_no_date(tmp_path: Path, workers: Workers) -> None:
    for age, name in enumerate(("new.txt", "2026/middle.txt", "old.txt")):
        write(tmp_path / name, "x", age)
    poll = await source(tmp_path, workers).poll({})
    assert [item.guid for item in poll.items] == ["new.txt", "2026/middle.txt", "old.txt"]
    assert {item.published_at for item in poll.items} == {None}


async def test_hidden_temporary_and_other_files_are_passed_over(tmp_path: Path, workers: Workers) -> None:
    for name in (".a.txt", "~$a.txt", "a.txt.part", "a.txt~", "a.pdf", ".git/a.txt"):
        write(tmp_path / name, "x")
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    assert await found(tmp_path, workers) == {}


async def test_links_may_not_lead_out_of_the_folder(tmp_path: Path, workers: Workers) -> None:
    write(tmp_path / "secret.txt", "s3cret")
    write(tmp_path / "in/real.txt", "x")
    (tmp_path / "in/out.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "in/up").symlink_to(tmp_path)
    (tmp_path / "in/same.txt").symlink_to("real.txt")
    (tmp_path / "in/broken.txt").symlink_to("nothing.txt")
    assert set(await found(tmp_path / "in", workers)) == {"real.txt", "same.txt"}


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-32", "windows-1251"],
)
async def test_text_in_any_encoding(tmp_path: Path, workers: Workers, encoding: str) -> None:
    text = "Заголовок статьи\n\nЭто текст статьи, он достаточно длинный, чтобы угадать его кодировку верно."
    write(tmp_path / "a.txt", text.encode(encoding))
    assert (await found(tmp_path, workers))["a.txt"].text == text


async def test_a_page_says_its_encoding(tmp_path: Path, workers: Workers) -> None:
    write(tmp_path / "a.html", '<meta charset="iso-8859-15"><p>20 €</p>'.encode("iso-8859-15"))
    assert "20 €" in str((await found(tmp_path, workers))["a.html"].html)


async def test_a_bad_file_is_told_once_and_stops_no_other(tmp_path: Path, workers: Workers) -> None:
    write(tmp_path / "empty.txt", " \n")
    write(tmp_path / "binary.txt", bytes(range(256)) * 20)
    write(tmp_path / "huge.txt", b"x" * 2_000_001)
    write(tmp_path / "good.txt", "x")
    folder = source(tmp_path, workers)
    with capture_logs() as first:
        assert [item.guid for item in (await folder.poll({})).items] == ["good.txt"]
    with capture_logs() as second:
        await folder.poll({})
    reasons = [str(entry["reason"]) for entry in first]
    assert len(reasons) == 3
    assert all(str(tmp_path) in reason and "\n" not in reason for reason in reasons)
    assert second == []
    write(tmp_path / "empty.txt", "\n", 5)
    with capture_logs() as third:
        await folder.poll({})
    assert len(third) == 1


async def test_nothing_changed_is_unchanged(tmp_path: Path, workers: Workers) -> None:
    write(tmp_path / "a.txt", "x")
    folder = source(tmp_path, workers)
    first = await folder.poll({})
    assert (await folder.poll(first.cursor)).unchanged
    write(tmp_path / "b.txt", "x")
    assert len((await folder.poll(first.cursor)).items) == 2


async def test_a_file_written_just_now_is_seen_at_once(tmp_path: Path, workers: Workers) -> None:
    (tmp_path / "a.txt").write_text("x")
    assert set(await found(tmp_path, workers)) == {"a.txt"}


async def test_a_file_still_being_written_waits_for_the_next_poll(tmp_path: Path, workers: Workers) -> None:
    write(tmp_path / "done.txt", "x")
    folder = source(tmp_path, workers)

    async def keep_writing() -> None:
        with (tmp_path / "growing.txt").open("a") as file:
            while True:
                file.write("word ")
                file.flush()
                os.utime(file.name, (time.time(),) * 2)  # by the test's clock, not the disk's
                await asyncio.sleep(0.02)

    writer = asyncio.ensure_future(keep_writing())
    await asyncio.sleep(0.05)
    poll = await folder.poll({})
    writer.cancel()
    assert [item.guid for item in poll.items] == ["done.txt"]
    assert {item.guid for item in (await folder.poll(poll.cursor)).items} == {"done.txt", "growing.txt"}


async def test_an_empty_folder_is_fine(tmp_path: Path, workers: Workers) -> None:
    assert (await source(tmp_path, workers).poll({})).items == ()


async def test_a_missing_folder_is_one_clear_line(tmp_path: Path, workers: Workers) -> None:
    with pytest.raises(SourceError, match=r"/articles is not there; make the folder"):
        await source(tmp_path / "articles", workers).poll({})
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceError, match=r"/file is no folder"):
        await source(tmp_path / "file", workers).poll({})


async def test_a_name_that_is_no_unicode_stops_nothing(tmp_path: Path, workers: Workers) -> None:
    try:
        write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")), "x")
    except OSError:
        pytest.skip("this file system takes names in Unicode only")
    write(tmp_path / "a.txt", "x")
    assert "a.txt" in await found(tmp_path, workers)


async def test_the_sample_article_is_taken_whole(shared: Path, tmp_path: Path, workers: Workers) -> None:
    sample = next(shared.glob("000_*.txt"))
    write(tmp_path / "sample.txt", sample.read_bytes())
    assert (await found(tmp_path, workers))["sample.txt"].text == sample.read_text()
