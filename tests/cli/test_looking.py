"""What people see: looking needs little, and says what to do."""

import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from newsbot.ledger import open_ledger
from newsbot.model import Article
from newsbot.reasons import Code
from newsbot.scheduling.clock import SystemClock

from .conftest import Desk, build_in_process_runner


def test_an_empty_queue_says_how_something_gets_into_it(desk: Desk) -> None:
    ran = desk.run("queue")
    assert ran.returncode == 0, ran.stderr
    assert "newsbot post FILE" in ran.stdout


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


FLOOD = Code.FLOOD(name="site", n=60, usual=2)


def test_a_flood_is_a_count_in_the_queue_with_one_answer_for_all(desk: Desk) -> None:
    flood = desk.held(60, approval=0, held_for=FLOOD, titles=tuple(f"Tram {n}" for n in range(60)))
    [other] = desk.held(1, held_for=Code.APPROVAL())
    shown = desk.run("queue").stdout
    assert "drops them\n- Tram 0\n- Tram 1\n- Tram 2\n- and 57 more\n" in shown
    assert f"60 posts are held: {FLOOD} newsbot approve {flood[0].id} --alike" in shown
    assert [post.id for post in flood if post.id in shown] == [flood[0].id]
    assert other.id in shown
    assert len(json.loads(desk.run("queue", "--json").stdout)) == 61
    needs = desk.run("status").stdout
    assert needs.count(str(FLOOD)) == 1
    assert f"newsbot cancel {flood[0].id} --alike" in needs
    assert f"newsbot approve {other.id}" in needs
    released = desk.run("approve", flood[3].id, "--alike")
    assert "60 posts are scheduled" in released.stdout, released.stderr
    states = {post["id"]: post["state"] for post in json.loads(desk.run("queue", "--json").stdout)}
    assert {states[post.id] for post in flood} == {"scheduled"}
    assert states[other.id] == "held"


def test_a_flood_that_needs_approvals_besides_is_not_said_to_be_on_its_way(desk: Desk) -> None:
    flood = desk.held(11, approval=1, held_for=FLOOD)
    free = desk.held(1, approval=0, held_for=FLOOD)
    said = desk.run("approve", flood[0].id, "--alike").stdout.splitlines()
    assert said[:2] == [
        "1 post is scheduled.",
        "11 posts still wait for an approval: newsbot approve ID ...",
    ]
    states = {post["id"]: post["state"] for post in json.loads(desk.run("queue", "--json").stdout)}
    assert [states[post.id] for post in [*flood, *free]] == ["held"] * 11 + ["scheduled"]


def test_a_flood_that_is_none_is_dropped_at_once(desk: Desk) -> None:
    flood = desk.held(12, approval=0, held_for=FLOOD)
    dropped = desk.run("cancel", flood[0].id, "--alike", "--json")
    assert {post["state"] for post in json.loads(dropped.stdout)} == {"cancelled"}
    assert len(json.loads(dropped.stdout)) == 12


def test_only_what_is_held_for_a_suspicion_has_others_like_it(desk: Desk) -> None:
    [post] = desk.held(1)
    ran = desk.run("approve", post.id, "--alike")
    assert ran.returncode == 1
    assert "leave --alike out" in ran.stderr


def test_many_that_wait_for_an_approval_are_a_count_below_their_rows(desk: Desk) -> None:
    held = desk.held(12)
    shown = desk.run("queue").stdout
    assert "12 posts: waiting for an approval: newsbot approve ID ..." in shown
    assert all(shown.count(post.id) == 1 for post in held)


def test_posts_since_leaves_out_what_was_due_before(desk: Desk) -> None:
    now = SystemClock().now()
    old = desk.held(2, due_at=now - timedelta(days=8))
    new = desk.held(60, due_at=now - timedelta(hours=30))

    def listed(*options: str) -> set[str]:
        ran = desk.run("posts", "--json", *options)
        assert ran.returncode == 0, ran.stderr
        return {post["id"] for post in json.loads(ran.stdout)}

    assert listed("--since", "7d") == {post.id for post in new}
    assert listed("--since", f"{now - timedelta(days=9):%Y-%m-%d}") == {post.id for post in [*old, *new]}
    assert listed("--since", "24h") == set()
    assert len(listed("--since", "9d", "--limit", "5")) == 5
    assert len(listed()) == 50
    wrong = desk.run("posts", "--since", "yesterdayish")
    assert wrong.returncode == 2
    assert "write it like 7d, 24h, 2026-11-20" in " ".join(wrong.stderr.split())


PAGE = b"<html><head><title>Ferry sails again</title></head><body><article><h1>Ferry sails again</h1>" + (
    b"<p>The ferry between the old harbour and the island sailed on Monday, the port said.</p>" * 4
)


class Site(BaseHTTPRequestHandler):
    """Every address is the one page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_request(self, *_: object) -> None:
        """Write nothing."""


def test_what_a_source_brought_before_is_previewed_on_its_channels(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = build_in_process_runner(desk, monkeypatch, capsys)
    config = desk.folder / "config.yaml"
    text = config.read_text().replace("articles/}", "articles/, channels: [printed]}")
    config.write_text(text + "  printed: {kind: console}\nnetwork: {allow_private: true}\n")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/ferry"

    def shown(*arguments: str) -> list[str]:
        code, said, wrong = run("preview", url, "--json", *arguments)
        assert code == 0, wrong
        return [post["channel"] for post in json.loads(said)]

    assert shown() == ["telegram-main", "printed"], "nobody knows whose it is"
    ledger = open_ledger(f"sqlite:///{desk.folder / 'newsbot.db'}")
    ledger.prepare(upgrade=True)
    ledger.articles.add_article("drop", Article("g", "Words.", url, "Ferry"), now=SystemClock().now())
    ledger.close()
    assert shown() == ["printed"]
    assert shown("--channel", "telegram-main") == ["telegram-main"]
    code, said, wrong = run("post", url)
    assert code == 0, wrong
    assert "drop posts to printed: --channel NAME names others." in said
    assert "telegram-main" not in said
    code, said, wrong = run("post", url, "--channel", "telegram-main", "--json")
    assert (code, [post["channel"] for post in json.loads(said)]) == (0, ["telegram-main"])
    server.shutdown()
    server.server_close()
