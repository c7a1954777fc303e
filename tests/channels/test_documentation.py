"""The table of kinds in docs/configuration.md is what the kinds declare."""

from datetime import timedelta
from pathlib import Path

from newsbot.channels import ChannelKind, list_kinds
from newsbot.ports import Capabilities

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "configuration.md"
HEAD = "| kind | the most of a post | text is | photos | edited | deleted | replies | threads | silent |"


def row(kind: ChannelKind) -> str:
    can = kind.capabilities
    cells = [f"`{kind.kind}`", length(can), can.markup.parse_mode or "plain", photos(can)]
    cells += [edited(can), deleted(can.deletes_within)]
    cells += ["yes" if flag else "no" for flag in (can.replies, can.threads, can.silent)]
    return f"| {' | '.join(cells)} |"


def length(can: Capabilities) -> str:
    unit = {"utf16 units": "UTF-16 units", "weighted": "weighted characters"}
    name = can.measure.__name__.removeprefix("count_").replace("_", " ")
    caption = f", {can.caption} with a photo" if can.caption else ""
    return f"{can.text} {unit.get(name, name)}{caption}"


def photos(can: Capabilities) -> str:
    described = f", {can.alt_text} characters of alt text" if can.alt_text else ""
    return f"{can.photos}{described}" if can.photos else "none"


def edited(can: Capabilities) -> str:
    minutes = can.edits_within // timedelta(minutes=1)
    within = "yes" if can.edits_within == timedelta.max else f"within {minutes} min"
    return within if can.edits else "no"


def deleted(within: timedelta) -> str:
    hours = within // timedelta(hours=1)
    return "no" if not within else "at any time" if within == timedelta.max else f"within {hours} h"


def test_the_table_of_kinds_is_what_they_declare() -> None:
    table = "\n".join([HEAD, "|---" * HEAD.count(" |") + "|", *map(row, list_kinds())])
    assert f"\n{table}\n" in DOCUMENTATION.read_text("utf-8"), f"it lacks this table:\n{table}"
