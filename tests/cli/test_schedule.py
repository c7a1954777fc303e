"""Slots, embargoes and the breaking lane on the command line."""

import json

import pytest

from tests.cli.conftest import Desk

SCHEDULE = """\
timezone: Asia/Karachi
sources:
  drop: {kind: folder, path: articles/}
channels:
  slotted: {kind: console, approval: none, schedule: {slots: ["00:00", "06:00", "12:00", "18:00"]}}
  asks: {kind: console}
  asks-too: {kind: console}
"""


@pytest.fixture
def room(desk: Desk) -> Desk:
    (desk.folder / "config.yaml").write_text(SCHEDULE)
    for name in ("ferry", "tram"):
        (desk.folder / f"{name}.md").write_text(f"# The {name}\n\nIt runs again on Monday, said the mayor.\n")
    return desk


def posted(room: Desk, *arguments: str) -> dict[str, dict[str, str]]:
    done = room.run("post", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return {post["channel"]: post for post in json.loads(done.stdout)}


def test_two_posts_take_two_slots_and_breaking_takes_none(room: Desk) -> None:
    first = posted(room, "ferry.md", "--channel", "slotted")["slotted"]
    second = posted(room, "tram.md", "--channel", "slotted")["slotted"]
    assert first["due_at"] < second["due_at"]
    assert {first["due_at"][14:], second["due_at"][14:]} == {"00:00Z"}
    breaking = posted(room, "tram.md", "--channel", "slotted", "--breaking", "--again")["slotted"]
    assert breaking["due_at"] < first["due_at"]
    refused = room.run("post", "ferry.md", "--breaking", "--at", "+1h")
    assert refused.returncode == 2
    assert "--breaking goes at once" in refused.stderr


def test_an_embargo_is_set_read_back_and_lifted_by_two(room: Desk) -> None:
    post = posted(room, "ferry.md", "--channel", "asks")["asks"]
    done = room.run("embargo", post["id"], "2030-12-01 08:00", "--yes")
    assert "Nothing of it goes out before Sun 1 Dec 2030 08:00 PKT." in done.stdout
    shown = json.loads(room.run("show", post["id"], "--json").stdout)
    assert shown["due_at"] == "2030-12-01T03:00:00Z"
    earlier = room.run("embargo", post["id"], "+1h")
    assert earlier.returncode == 1
    assert "is under embargo until Sun 1 Dec 2030 08:00 PKT" in earlier.stderr
    assert "takes two people" in earlier.stderr
    room.environ["USER"] = "ana"
    assert "a second person has to" in room.run("embargo", post["id"], "lift").stdout
    room.environ["USER"] = "ben"
    lifted = json.loads(room.run("embargo", shown["article"]["id"], "lift", "--json").stdout)
    assert lifted["embargo_until"] is None
    assert lifted["posts"][0]["due_at"] < "2030"
    again = room.run("embargo", post["id"], "lift")
    assert again.returncode == 1
    assert "under no embargo" in again.stderr


def test_another_time_voids_the_approval_and_now_does_not(room: Desk) -> None:
    post = posted(room, "ferry.md", "--channel", "asks")["asks"]
    assert "void" not in room.run("move", post["id"], "+2h").stdout, "there is none yet"
    room.run("approve", post["id"])
    moved = room.run("move", post["id"], "+3h").stdout
    assert f"{post['id']} on asks is held" in moved
    void = "The approval that it had is void, as it was for another time or channel"
    assert f"{void}: newsbot approve {post['id']}" in moved
    assert "approval is void: it was for another time" in room.run("queue").stdout
    room.run("approve", post["id"])
    assert f"{void}: newsbot approve {post['id']}" in room.run("now", post["id"]).stdout, (
        "a set time was approved"
    )
    room.run("approve", post["id"])
    room.run("pause", "asks")
    assert "void" not in room.run("now", post["id"]).stdout


def test_another_channel_says_that_the_approval_was_for_the_first(room: Desk) -> None:
    post = posted(room, "ferry.md", "--channel", "asks")["asks"]
    room.run("approve", post["id"])
    moved = room.run("move", post["id"], "--channel", "asks-too").stdout
    new = moved.split()[0]
    assert moved.startswith(f"{new} on asks-too is held")
    assert (
        f"The approval that it had is void, as it was for another time or channel: newsbot approve {new}"
        in moved
    )
    room.run("approve", new)
    assert "void" not in room.run("move", new, "--channel", "slotted").stdout, "none is asked there"


def test_resume_spreads_what_is_late_into_the_slots(room: Desk) -> None:
    room.run("pause", "slotted")
    ids = [posted(room, f"{name}.md", "--channel", "slotted")["slotted"]["id"] for name in ("ferry", "tram")]
    room.run("now", *ids)
    said = room.run("resume", "slotted", "--spread").stdout
    assert "slotted sends again: 2 waiting, 2 spread out." in said
    shown = [json.loads(room.run("show", one, "--json").stdout) for one in ids]
    assert len({one["due_at"] for one in shown}) == 2
    assert "spread out at resume: slot " in shown[0]["timeline"][-1]["detail"]
