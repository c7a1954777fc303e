"""What an editor should know of a post is printed wherever posts are approved or looked at."""

import json
from dataclasses import replace

import pytest

from newsbot.cli import output
from newsbot.model import PostWarning
from newsbot.reasons import Code, WarningCode

from .conftest import Desk, Run, build_in_process_runner
from .test_looking import FLOOD
from .test_tables import POST

NOTE = "The headline says 12, the text says 13."
ARTICLE = """Ferry carries 12 passengers

The ferry carried 13 passengers over the harbour on Monday morning, the harbour office said in a statement.

It sails again on Tuesday at noon, and the office expects more people by then.
"""


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (desk.folder / "ferry.txt").write_text(ARTICLE)
    return build_in_process_runner(desk, monkeypatch, capsys)


def test_post_queue_show_and_approve_print_the_notes_that_preview_prints(run: Run) -> None:
    code, said, wrong = run("preview", "ferry.txt")
    assert code == 0, wrong
    notes = [line for line in said.splitlines() if line.startswith("note: ")]
    assert f"note: {NOTE}" in notes
    posted = run("post", "ferry.txt")[1].splitlines()
    assert [line for line in posted if line.startswith("note: ")] == notes
    [post] = json.loads(run("queue", "--json")[1])
    assert NOTE in [each["message"] for each in post["warnings"]]
    assert f"held with notes: {post['id']} ({len(notes)}); newsbot show ID" in run("queue")[1]
    assert "note: " not in run("queue")[1]
    for command in ("show", "approve"):
        shown = run(command, post["id"])[1].splitlines()
        assert [line for line in shown if line.startswith("note: ")] == notes, command
    article = run("show", post["article"]["id"])[1].splitlines()
    assert [line for line in article if line.startswith("note: ")] == notes
    assert "held with notes" not in run("queue")[1]


def test_show_prints_no_notes_of_a_post_that_is_over(run: Run) -> None:
    run("post", "ferry.txt")
    [post] = json.loads(run("queue", "--json")[1])
    run("cancel", post["id"])
    assert "note: " not in run("show", post["id"])[1]


def test_approving_all_alike_prints_each_note_once(desk: Desk, run: Run) -> None:
    flood = desk.held(11, approval=0, held_for=FLOOD, notes=(NOTE,))
    shown = run("approve", flood[0].id, "--alike")[1]
    assert shown.count(f"note: {NOTE}\n") == 1


def test_a_note_about_a_text_names_its_channels_though_all_posts_have_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cut = PostWarning("title-cut", WarningCode.TEXT_CUT())
    posts = [replace(POST, id=each, channel=f"{each}-main", warnings=(cut,)) for each in ("tg", "x")]
    output.print_notes(posts)
    assert capsys.readouterr().out == f"note on tg-main (tg), x-main (x): {cut.message}\n"
    output.print_notes(posts[:1])
    assert capsys.readouterr().out == f"note: {cut.message}\n"


def test_a_note_of_some_posts_names_them_and_many_notes_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    noted = replace(POST, warnings=(PostWarning("number", Code.TEXT(words=NOTE)),))
    output.print_notes([noted, replace(POST, id="aaaa")])
    assert capsys.readouterr().out == f"note on {POST.channel} (k7m4): {NOTE}\n"
    many = tuple(PostWarning("quote", WarningCode.QUOTES(who=str(n))) for n in range(12))
    output.print_notes([replace(POST, warnings=many)])
    assert capsys.readouterr().out.splitlines()[-1] == (
        "and 2 more notes: newsbot show ID lists those of a post"
    )


FOREIGN = "The article is in en, and telegram-ur takes ur."


def test_an_article_in_another_language_than_its_channels_is_noted_wherever_it_is_brought_there(
    desk: Desk, run: Run
) -> None:
    config = desk.folder / "config.yaml"
    config.write_text(config.read_text() + "  telegram-ur: {kind: console, languages: [ur]}\n")
    assert f"note: {FOREIGN}\n" in run("preview", "ferry.txt", "--channel", "telegram-ur")[1]
    [post] = json.loads(run("post", "ferry.txt", "--channel", "telegram-main", "--json")[1])
    assert "language" not in [each["code"] for each in post["warnings"]]
    moved = run("move", post["id"], "--channel", "telegram-ur")[1]
    assert f"note: {FOREIGN}\n" in moved
    there = moved.split()[0]
    assert f"note: {FOREIGN}\n" in run("approve", there)[1]
    [view] = json.loads(run("preview", "ferry.txt", "--channel", "telegram-ur", "--json")[1])
    assert {"code": "language", "message": FOREIGN} in view["warnings"]
    (desk.folder / "short.txt").write_text("Ferry sails\n\nThe ferry sails again at noon.\n")
    assert "takes ur" not in run("preview", "short.txt", "--channel", "telegram-ur")[1]
