"""Editing and approving by the command line: what is said, and what the story keeps."""

import json

from .conftest import Desk


def test_approve_says_how_many_more_are_needed_and_show_who_did(desk: Desk) -> None:
    [post] = desk.held(1, approval=2)
    desk.environ["USER"] = "ana"
    first = desk.run("approve", post.id)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1] == "1 more person has to approve it."
    again = desk.run("approve", post.id)
    assert again.returncode == 1
    assert f"ana approved post {post.id} already at" in again.stderr
    desk.environ["USER"] = "bob"
    second = desk.run("approve", post.id)
    assert "approve it" not in second.stdout
    assert f"post {post.id} was approved already by ana, bob at" in desk.run("approve", post.id).stderr
    story = json.loads(desk.run("show", post.id, "--json").stdout)["timeline"]
    assert [(each["event"], each["by"], each["detail"].partition(";")[0]) for each in story[1:]] == [
        ("approval", "cli:ana", "1 of 2"),
        ("approved", "cli:bob", "2 of 2"),
    ]


def test_edit_prints_the_change_and_voids_the_approval(desk: Desk) -> None:
    [post] = desk.held(1)
    desk.run("approve", post.id)
    edited = desk.run("edit", post.id, "--text", "-", typed="Other <words>.\n")
    assert edited.returncode == 0, edited.stderr
    assert edited.stdout.splitlines()[-2:] == [
        '"text" > "Other <words>."',
        f"The approval that it had is void, as it was for another text: newsbot approve {post.id}",
    ]
    shown = json.loads(desk.run("show", post.id, "--json").stdout)
    assert shown["state"] == "held"
    assert [each["event"] for each in shown["timeline"][-2:]] == ["edited", "held"]
    assert "Other <words>." in desk.run("show", post.id).stdout.replace("&lt;", "<").replace("&gt;", ">")
    same = desk.run("edit", post.id, "--text", "Other <words>.")
    assert same.stdout.splitlines()[-1] == "Nothing changed."


def test_edit_refuses_what_does_not_fit_with_by_how_much(desk: Desk) -> None:
    [post] = desk.held(1)
    refused = desk.run("edit", post.id, "--text", "x" * 4108)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "telegram-main: 12 too long: 4108 of 4096" in refused.stderr
    assert desk.run("edit", post.id, "--text", " ").returncode == 1
    assert desk.run("edit", post.id).returncode == 2


def test_a_refusal_is_told_with_its_reason(desk: Desk) -> None:
    [post] = desk.held(1)
    assert desk.run("cancel", post.id, "--why", "not confirmed").returncode == 0
    shown = json.loads(desk.run("show", post.id, "--json").stdout)
    assert (shown["state"], shown["error"]) == (
        "cancelled",
        {"code": "not-approved", "message": "refused: not confirmed"},
    )
