"""Several posts in one command: a line each, and one that can't be moved stops no other."""

import json

from .conftest import CONFIG, Desk


def test_each_of_several_gets_its_line_and_a_failure_is_told_by_the_status(desk: Desk) -> None:
    first, second, third = (post.id for post in desk.held(3))
    ran = desk.run("approve", first, "nope", second)
    assert ran.returncode == 1
    assert [line.split()[0] for line in ran.stdout.splitlines()] == [first, second]
    assert ran.stderr.count("\n") == 1
    assert "nope" in ran.stderr

    cancelled = desk.run("cancel", third, first, "--json")
    assert cancelled.returncode == 0, cancelled.stderr
    states = [json.loads(line)["state"] for line in cancelled.stdout.splitlines()]
    assert states == ["cancelled", "cancelled"]

    again = desk.run("cancel", first, second, "--json")
    assert again.returncode == 1
    refused, done = map(json.loads, again.stdout.splitlines())
    assert (refused["id"], refused["state"], refused["error"]["code"]) == (first, None, "state")
    assert (done["id"], done["state"]) == (second, "cancelled")
    assert "post URL --again" in again.stderr


def test_one_post_is_one_object_as_ever(desk: Desk) -> None:
    [post] = desk.held(1)
    assert json.loads(desk.run("approve", post.id, "--json").stdout)["state"] == "scheduled"
    refused = desk.run("approve", post.id, "--json")
    assert (refused.returncode, refused.stdout) == (1, "")


def test_several_channels_resume_in_one_command_each_once(desk: Desk) -> None:
    (desk.folder / "config.yaml").write_text(f"{CONFIG}  aside: {{kind: console}}\n")
    assert desk.run("pause").returncode == 0
    ran = desk.run("resume", "aside", "telegram-main", "aside")
    assert [line.split()[0] for line in ran.stdout.splitlines()] == ["aside", "telegram-main"], ran.stderr
    assert desk.run("resume", "aside", "nowhere").returncode == 2


def test_several_posts_are_shown_and_resolved_in_one_command(desk: Desk) -> None:
    first, second = (post.id for post in desk.held(2))
    shown = desk.run("show", first, second, "aah9")
    assert shown.returncode == 1
    assert f"{first} on " in shown.stdout
    assert f"{second} on " in shown.stdout
    assert "there is no post 'aah9'" in shown.stderr
    resolved = desk.run("resolve", first, second, "not-sent")
    assert resolved.stderr.count("nobody need say whether it is out") == 2


def test_the_articles_of_an_unknown_source_are_refused_with_the_names_that_there_are(desk: Desk) -> None:
    refused = desk.run("fetch", "nosource")
    assert refused.returncode != 0
    assert "source" in refused.stderr
    assert "No such file" not in refused.stderr
