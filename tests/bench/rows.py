"""What a measurement is told as."""

from typing import NamedTuple

__all__ = ["Row", "show"]


class Row(NamedTuple):
    """``met`` is None where nothing was promised."""

    what: str
    figure: str
    floor: str = ""
    met: bool | None = None


def show(title: str, rows: list[Row]) -> None:
    """A table on standard output."""
    print(f"\n{title}")
    for row in rows:
        mark = {True: "ok", False: "MISSED", None: ""}[row.met]
        print(f"  {row.what:<58} {row.figure:>24}  {row.floor:<26} {mark}".rstrip())
