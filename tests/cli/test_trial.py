"""What `sandbox` prints to put into config.yaml, with the two mistakes that a newcomer makes, to be tried."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from .conftest import Desk

ARTICLE = "Night ferry returns\n\nThe night ferry sails again from Monday, after four winters.\n"


@pytest.fixture(scope="module")
def printed() -> Iterator[str]:
    """All that `sandbox` says, while it runs."""
    further = ["--channel", "@city_desk", "--channel", "Sports_Desk"]
    command = [sys.executable, "-u", "-m", "newsbot", "sandbox", "--port", "0", *further]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines: list[str] = []
        while "Ctrl-C" not in "".join(lines[-1:]):
            lines.append(running.stdout.readline())
            assert lines[-1], lines
        yield "".join(lines)
        running.send_signal(signal.SIGTERM)


def uncommented(printed: str, *keys: str) -> str:
    """The channels as printed, ``keys`` with the values that stand there as comments."""
    channels = "channels:" + printed.partition("\nchannels:")[2].partition("\n\n")[0]
    for key in keys:
        channels = re.sub(rf"^    {key}: .*\n", "", channels, count=1, flags=re.MULTILINE)
        channels = re.sub(rf"^    # ({key}: )", r"    \1", channels, flags=re.MULTILINE)
    channels = re.sub(r"^    kind: .*", r"\g<0>\n    approval: none", channels, flags=re.MULTILINE)
    return f"sources:\n  drop: {{kind: folder, path: articles/}}\n{channels}\n"


def test_what_is_printed_is_fine_as_it_stands(desk: Desk, printed: str) -> None:
    (desk.folder / "config.yaml").write_text(uncommented(printed))
    ran = desk.run("check", "--online")
    assert ran.returncode == 0, ran.stderr


def test_the_desk_that_is_printed_is_fine_too(desk: Desk, printed: str) -> None:
    more = "desk:" + printed.partition("\ndesk:")[2].partition("\n\n")[0]
    (desk.folder / "config.yaml").write_text(uncommented(printed) + more + "\n")
    ran = desk.run("check", "--online")
    assert ran.returncode == 0, ran.stderr
    assert "desk" in ran.stdout


@pytest.mark.parametrize(
    ("keys", "channel", "mend"),
    [
        (("chat",), "telegram-main", "an administrator of @noadmin with the right to post"),
        (("access_token", "access_token_secret"), "x-main", "set the app to Read and Write"),
    ],
)
def test_each_mistake_says_what_to_do(
    desk: Desk, printed: str, keys: tuple[str, ...], channel: str, mend: str
) -> None:
    (desk.folder / "config.yaml").write_text(uncommented(printed, *keys))
    checked = desk.run("check", "--online")
    assert checked.returncode == 1
    assert mend in checked.stderr
    assert "resume" not in checked.stderr  # nothing is paused here

    (desk.folder / "ferry.txt").write_text(ARTICLE)
    posted = desk.run("post", "ferry.txt", "--channel", channel)
    assert posted.returncode == 0, posted.stderr
    desk.run("run", "--once")
    told = " ".join(desk.run("status").stdout.split())
    assert re.search(r"the right to post|set the app to Read and Write", told)
    assert told.count(f"newsbot resume {channel}") == 1
    assert "then resume the channel" not in told


def test_further_channels_are_printed_and_can_be_posted_to(desk: Desk, printed: str) -> None:
    (desk.folder / "config.yaml").write_text(uncommented(printed))
    (desk.folder / "ferry.txt").write_text(ARTICLE)
    for name in ("city_desk", "sports_desk"):
        posted = desk.run("post", "ferry.txt", "--channel", name)
        assert posted.returncode == 0, posted.stderr
    ran = desk.run("run", "--once")
    assert ran.returncode == 0, ran.stderr
    posts = json.loads(desk.run("posts", "--json").stdout)
    links = [receipt["url"] for post in posts for receipt in post["receipts"]]
    assert sorted(links) == ["https://t.me/Sports_Desk/1", "https://t.me/city_desk/1"]


def test_every_chat_is_printed_with_its_number(printed: str) -> None:
    chats = printed.partition("Its chats")[2]
    told = dict(re.findall(r"^  (\S+(?: \w+)*) +(-?\d+)  ", chats, flags=re.MULTILINE))
    assert told["@sandbox"] == "-1001000000001"
    assert told["Newsroom"] == "-1001000000002"
    assert told["Night shift"] == "-1000003"
    assert told["Ada"] == "111"
    assert {"@city_desk", "@Sports_Desk", "Forum", "@noadmin"} <= told.keys()
    assert "plain_sender" not in printed, "it is the page's own"


def test_a_second_one_on_the_same_port_is_refused(desk: Desk, printed: str) -> None:
    port = int(re.findall(r"Open http://127.0.0.1:(\d+)/", printed)[0])
    for beside in range(port - 3, port + 1):  # the page's port, and those of the three stand-ins beside it
        ran = desk.run("sandbox", "--port", str(beside))
        assert ran.returncode == 1
        assert ran.stdout == ""
        assert f"can't listen on the ports {beside} to {beside + 3}" in ran.stderr
        assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "why"), [("@no", "no name of a channel"), ("@Sandbox", "there already"), ("@a b c d", "no name")]
)
def test_a_channel_that_cannot_be_is_refused(desk: Desk, name: str, why: str) -> None:
    ran = desk.run("sandbox", "--channel", name)
    assert ran.returncode == 1
    assert why in ran.stderr
    assert ran.stderr.count("\n") == 1
