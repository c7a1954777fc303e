"""An article on which a template fails is never silent, and goes out once the template is mended."""

from .newsroom import Newsroom, Story

BROKEN = (
    "{{ title | fit }} {{ 1 // (title | length - 14) }}\n{{ link }}"  # fails on titles of 14 characters alone
)
BODY = "<p>The council approved the ferry line on Tuesday after a debate of four hours.</p>" * 2


def prepare(newsroom: Newsroom) -> None:
    (newsroom.folder / "templates").mkdir()
    (newsroom.folder / "templates" / "own.txt.j2").write_text(BROKEN)
    newsroom.config["channels"]["x"]["template"] = "own.txt.j2"
    newsroom.site.stories = [Story("one", "Fourteen signs", BODY), Story("two", "A ferry at last", BODY)]


async def test_it_stands_in_status_and_show_and_goes_out_by_itself_after_the_mend(newsroom: Newsroom) -> None:
    prepare(newsroom)
    ran = await newsroom.run("run", "--once")
    assert ran.status == 1
    (line,) = [line for line in ran.err.splitlines() if line.startswith("newsbot: article a-")]
    article_id = line.split()[2].rstrip(":")
    assert (len(newsroom.messages), len(newsroom.tweets)) == (2, 1)

    status = await newsroom.run("status")
    assert article_id in status.out
    shown = await newsroom.run("show", article_id, "--json")
    assert shown.status == 0, shown.err
    assert shown.json["error"]["code"] == "compose"
    assert shown.json["error"]["message"].startswith("x: ")
    assert [post["channel"] for post in shown.json["posts"]] == ["tg"]

    (newsroom.folder / "templates" / "own.txt.j2").write_text("{{ title | fit }}\n{{ link }}")
    ran = await newsroom.run("run", "--once")
    assert ran.status == 0, ran.err
    assert (len(newsroom.messages), len(newsroom.tweets)) == (2, 2)
    assert article_id not in (await newsroom.run("status")).out


async def test_it_can_be_posted_again_by_hand_after_the_template_is_mended(newsroom: Newsroom) -> None:
    prepare(newsroom)
    assert (await newsroom.run("run", "--once")).status == 1
    (newsroom.folder / "templates" / "own.txt.j2").write_text("{{ title | fit }}\n{{ link }}")
    posted = await newsroom.run("post", f"{newsroom.site.url}/one", "--channel", "x", "--json")
    assert posted.status == 0, posted.err
    article_id = posted.json[0]["article"]["id"]
    assert (await newsroom.run("show", article_id, "--json")).json["error"] is None
