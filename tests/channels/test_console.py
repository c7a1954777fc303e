"""Posts printed where newsbot runs."""

import io
import sys

import pytest

from newsbot.errors import OutcomeUnknown

from .servers import make, part


async def test_parts_are_printed_with_an_empty_line_after_each(capsys: pytest.CaptureFixture[str]) -> None:
    channel = make("console", "")
    receipts = [await channel.send(part(text), after=None) for text in ("one\nmore", "two")]
    assert capsys.readouterr().out == "one\nmore\n\ntwo\n\n"
    assert len({receipt.remote_id for receipt in receipts}) == 2
    assert [receipt.url for receipt in receipts] == [None, None]


async def test_a_terminal_without_the_script_shows_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    await make("console", "").send(part("café"), after=None)
    terminal.seek(0)
    assert terminal.read() == "caf\\xe9\n\n"


async def test_a_closed_output_leaves_the_outcome_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    with pytest.raises(OutcomeUnknown, match="standard output"):
        await make("console", "").send(part(), after=None)
