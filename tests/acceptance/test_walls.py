"""A page that stands in front of its article: the feed's words go out, and an edit takes nothing away."""

from tests.reading.wall_pages import wall_page

from .newsroom import Newsroom, Story

TITLE = "Council closes the old library"
TEASER = "<p>The council voted on Monday to close the library at the square.</p>"
SHORT = "<p>The library closes.</p>"  # no standfirst
BODY = (
    "<p>The council voted on Monday evening to close the old library at the square after a long debate.</p>"
    "<p>The town paints two rooms of the school in the north for 30,000 books this month, the mayor said.</p>"
)
PAGE = f"<html lang='en'><body><article><h1>{TITLE}</h1>{BODY}</article></body></html>"


async def test_the_teaser_goes_out_and_the_card_warns(newsroom: Newsroom) -> None:
    newsroom.site.stories = [Story("library", TITLE, TEASER, page=wall_page("login", "en"))]
    assert (await newsroom.run("run", "--once")).status == 0
    for message in (newsroom.messages[0], newsroom.tweets[0]):
        assert "The council voted on Monday to close the library at the square." in message.text
        assert "Sign in" not in message.text
    fetched = await newsroom.run("fetch", "site", "--json")
    assert fetched.json[0]["text"] == "The council voted on Monday to close the library at the square."
    assert "The page has another text than the article" in fetched.err


async def test_an_edit_found_behind_a_wall_keeps_the_text_that_was_read(newsroom: Newsroom) -> None:
    newsroom.config["channels"]["tg"]["on_edit"] = "edit"
    story = Story("library", TITLE, SHORT, page=PAGE)
    newsroom.site.stories = [story]
    assert (await newsroom.run("run", "--once")).status == 0
    assert "after a long debate" in newsroom.messages[0].text
    story.title, story.page = "Council closes the old town library", wall_page("login", "en")
    assert (await newsroom.run("run", "--once")).status == 0
    assert "old town library" in newsroom.messages[0].text
    assert "after a long debate" in newsroom.messages[0].text


async def test_an_edit_found_while_the_page_is_away_keeps_the_text_that_was_read(newsroom: Newsroom) -> None:
    newsroom.config["channels"]["tg"]["on_edit"] = "edit"
    story = Story("library", TITLE, SHORT, page=PAGE)
    newsroom.site.stories = [story]
    assert (await newsroom.run("run", "--once")).status == 0
    story.title, story.away = "Council closes the old town library", True
    assert (await newsroom.run("run", "--once")).status == 0
    assert "old town library" in newsroom.messages[0].text
    assert "after a long debate" in newsroom.messages[0].text
