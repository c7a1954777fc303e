"""The documents that say what the code says are held against it."""

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
