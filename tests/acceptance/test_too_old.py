"""Only a date that is surely the article's lets its posts expire, and that is said once."""

from .newsroom import Newsroom, Story

BODY = "<p>The ferry line opened again on Sunday, three weeks after the flood, the harbour office said.</p>"
PAGE = (
    "<!doctype html><html lang='en'><head><title>Ferry times of 12 March 2019</title></head><body>"
    "<a href='/2018/05/'>May 2018</a><article><h1>Ferry times of 12 March 2019</h1>"
    f"<p>Last changed on 3 April 2017.</p>{BODY}</article><footer>Site, 2016-01-02</footer></body></html>"
)


async def test_what_its_date_lets_expire_says_so_once(newsroom: Newsroom) -> None:
    assert (await newsroom.run("run", "--once")).status == 0  # first sight, so that nothing is backfilled
    newsroom.site.stories = [Story("old", "An old one", BODY, published="Tue, 05 May 2020 10:00:00 GMT")]
    ran = await newsroom.run("run", "--once")
    assert ran.err.count("too old by its date") == 1
    assert "2020-05-05" in ran.err
    again = await newsroom.run("run", "--once")
    assert "too old by its date" not in again.err
    posts = (await newsroom.run("posts", "--json")).json
    assert {(post["state"], post["error"]["message"]) for post in posts} == {
        ("cancelled", "too old by its date when it was found; `newsbot post` takes it all the same")
    }


async def test_a_date_in_prose_a_footer_or_a_link_lets_nothing_expire(newsroom: Newsroom) -> None:
    assert (await newsroom.run("run", "--once")).status == 0
    newsroom.site.stories = [Story("times", "Ferry times of 12 March 2019", BODY, page=PAGE)]
    ran = await newsroom.run("run", "--once")
    assert ran.status == 0, ran.err
    assert (len(newsroom.messages), len(newsroom.tweets)) == (1, 1)
    fetched = await newsroom.run("fetch", "site", "--json")
    assert [article["published_at"] for article in fetched.json] == [None]
