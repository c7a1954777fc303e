"""The documents that say what the code says are held against it."""

import re
from pathlib import Path

from newsbot.model import TRANSITIONS, PostState

ROOT = Path(__file__).parents[1]


def diagram() -> str:
    """The states as Mermaid draws them; edges between the same two states share an arrow."""
    arrows: dict[tuple[PostState, PostState], list[str]] = {}
    for edge in TRANSITIONS:
        arrows.setdefault((edge.start, edge.end), []).append(str(edge.event))
    lines = ["stateDiagram-v2", "    [*] --> held", "    [*] --> scheduled"]
    lines += [f"    {start} --> {end}: {', '.join(events)}" for (start, end), events in arrows.items()]
    return "\n".join(lines)


def test_the_diagram_of_states_is_the_table_of_transitions() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text()
    drawn = architecture.split("```mermaid\n")[1].split("\n```")[0]
    assert drawn == diagram(), f"put this into ARCHITECTURE.md:\n{diagram()}"


def test_the_newcomers_tour_from_poll_to_post_names_files_that_are_there_and_few() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text()
    tour = architecture.split("## A tour: from a feed's poll to the sent post\n")[1].split("\n## ")[0]
    files = re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.py)`", tour)
    assert [name for name in files if not (ROOT / "src" / "newsbot" / name).is_file()] == []
    assert len(files) == len(set(files)) <= 45


def test_the_tour_visits_files_that_are_there_and_no_more_than_a_newcomer_reads() -> None:
    tour = (ROOT / "ARCHITECTURE.md").read_text().split("## A tour: the way of `/fix`")[1].split("\n## ")[0]
    files = re.findall(r"^\| \d+ \| `([^`]+)` \|", tour, re.MULTILINE)
    assert 15 <= len(files) <= 25
    assert not [name for name in files if not (ROOT / "src" / "newsbot" / name).is_file()]
