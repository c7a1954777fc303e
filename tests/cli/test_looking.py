"""What people see: looking needs little, and says what to do."""

import json

from .conftest import Desk


def test_an_empty_queue_says_how_something_gets_into_it(desk: Desk) -> None:
    ran = desk.run("queue")
    assert ran.returncode == 0, ran.stderr
    assert "newsbot post FILE" in ran.stdout


def test_looking_needs_no_secrets_and_acting_does(desk: Desk) -> None:
    [post] = desk.held(1)
    desk.environ.clear()
    for command in (("show", post.id), ("status",)):
        ran = desk.run(*command, "--json")
        assert (ran.returncode, ran.stderr) == (0, ""), command
        assert "telegram-main" in ran.stdout
    refused = desk.run("approve", post.id)
    assert refused.returncode == 2
    assert "TELEGRAM_TOKEN" in refused.stderr


def test_what_takes_long_is_told_on_a_terminal(desk: Desk) -> None:
    assert "Polling the sources" in desk.see("run", "--once")


def test_check_shows_a_post_as_it_will_look_and_programs_what_is_sent(desk: Desk) -> None:
    sent = desk.see("check")
    assert "\x1b[1mCouncil approves tram line to the harbour & new night buses\x1b[0m" in sent
    assert "<b>" not in sent
    plain = desk.run("check").stdout
    assert "<b>Council approves tram line to the harbour &amp; new night buses</b>" in plain
    assert "\x1b" not in plain


def test_check_names_a_missing_folder_with_its_line(desk: Desk) -> None:
    (desk.folder / "articles").rmdir()
    checked = desk.run("check", "--json")
    assert checked.returncode == 2
    [line] = checked.stderr.splitlines()
    assert line.startswith("config.yaml:2: sources.drop.path: ")
    [mistake] = json.loads(checked.stdout)["mistakes"]
    assert (mistake["line"], mistake["key"]) == (2, "sources.drop.path")


def test_posts_of_a_channel_that_never_was_are_wrong_usage_and_the_nearest_is_named(desk: Desk) -> None:
    asked = desk.run("posts", "--channel", "telegram-mian", "--json")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "there is no channel 'telegram-mian'. Did you mean telegram-main?" in asked.stderr
    assert desk.run("posts", "--channel", "telegram-main", "--json").stdout == "[]\n"


def test_posts_outlive_their_channel(desk: Desk) -> None:
    [post] = desk.held(1)
    config = desk.folder / "config.yaml"
    config.write_text(config.read_text().replace("telegram-main", "news"))
    asked = desk.run("posts", "--channel", "telegram-main", "--json")
    assert (asked.returncode, [one["id"] for one in json.loads(asked.stdout)]) == (0, [post.id])
    none = desk.run("posts", "--channel", "telegram-main", "--state", "sent", "--json")
    assert (none.returncode, none.stdout) == (0, "[]\n")
