"""An article in several sources, or that comes back changed in one, has one set of posts; two stay two."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from sqlalchemy import select

from newsbot.ledger import ids, open_ledger, schema
from newsbot.model import Item, PostState
from newsbot.newsroom.anomalies import find_anomaly_kind
from newsbot.ports import PollResult
from newsbot.reasons import UsageCode
from newsbot.sources.parsing import parse_bytes
from tests.ledger.exchanges import record_poll
from tests.newsroom.sources import BEGAN, MINUTE, Entry, Newsroom, body, each_edited, feed, files, rows

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Base = Entry()
AMPED = "https://amp.news.example"
SHORT = "The mayor opens the new tram line on Friday at noon."
WORDS = Base.text.split()
EDITED = " ".join([*WORDS[:10], "twelve", *WORDS[11:]])


def at(link: str) -> Callable[[Entry], Entry]:
    """The same article, at another form of its address."""
    return lambda entry: replace(entry, link=link, guid=None)


BASE_NO_GUID = replace(Base, guid=None)
QUERY = replace(Base, link="https://news.example/a?id=1&x=2", guid=None)
FEED_WAYS: dict[str, tuple[Entry, Entry]] = {
    # its name
    "new guid": (Base, replace(Base, guid="g2")),
    "guid now an address": (Base, replace(Base, guid="https://news.example/?p=1")),
    "no guid any more": (Base, BASE_NO_GUID),
    "new guid and title": (Base, replace(Base, guid="g2", title="Quay of Harbour: the decision")),
    "new guid, title and address": (
        Base,
        replace(Base, guid="g2", title="Quay: the decision", link="https://news.example/harbour/quay-2"),
    ),
    "new domain and guid": (
        Base,
        replace(Base, guid="n1", link="https://www.new-name.example/news/quay-1"),
    ),
    "new guid, text edited": (Base, replace(Base, guid="g2", text=EDITED)),
    "new guid, text and title edited": (Base, replace(Base, guid="g2", text=EDITED, title="Quay: more")),
    "new guid, a paragraph more": (Base, replace(Base, guid="g2", text=f"{Base.text} {body(9, 2)}")),
    # its address
    "host in capitals": (BASE_NO_GUID, at("https://News.Example/harbour/quay-1")(Base)),
    "http for https": (BASE_NO_GUID, at("http://news.example/harbour/quay-1")(Base)),
    "www": (BASE_NO_GUID, at("https://www.news.example/harbour/quay-1")(Base)),
    "default port": (BASE_NO_GUID, at("https://news.example:443/harbour/quay-1")(Base)),
    "mobile host": (BASE_NO_GUID, at("https://m.news.example/harbour/quay-1")(Base)),
    "last slash": (BASE_NO_GUID, at("https://news.example/harbour/quay-1/")(Base)),
    "doubled slash": (BASE_NO_GUID, at("https://news.example//harbour/quay-1")(Base)),
    "dot segments": (BASE_NO_GUID, at("https://news.example/x/../harbour/./quay-1")(Base)),
    "index.html": (BASE_NO_GUID, at("https://news.example/harbour/quay-1/index.html")(Base)),
    "escapes": (BASE_NO_GUID, at("https://news.example/%68arbour/quay%2d1")(Base)),
    "case of escapes": (
        replace(BASE_NO_GUID, link="https://news.example/hafen/qu%c3%a4"),
        replace(BASE_NO_GUID, link="https://news.example/hafen/qu%C3%A4"),
    ),
    "fragment": (BASE_NO_GUID, at("https://news.example/harbour/quay-1#comments")(Base)),
    "order of parameters": (QUERY, replace(QUERY, link="https://news.example/a?x=2&id=1")),
    "xtor": (BASE_NO_GUID, at("https://news.example/harbour/quay-1?xtor=RSS-1")(Base)),
    "xtor in the fragment": (BASE_NO_GUID, at("https://news.example/harbour/quay-1#xtor=RSS-3208")(Base)),
    "utm": (BASE_NO_GUID, at("https://news.example/harbour/quay-1?utm_source=rss&utm_medium=feed")(Base)),
    "click ids": (BASE_NO_GUID, at("https://news.example/harbour/quay-1?fbclid=Iw&gclid=x&msclkid=1")(Base)),
    "at_": (BASE_NO_GUID, at("https://news.example/harbour/quay-1?at_medium=RSS&at_campaign=KARANGA")(Base)),
    "a source that is a referrer": (BASE_NO_GUID, at("https://news.example/harbour/quay-1?source=rss")(Base)),
    "session": (BASE_NO_GUID, at("https://news.example/harbour/quay-1;jsessionid=AB12?PHPSESSID=9")(Base)),
    "/amp": (BASE_NO_GUID, at("https://news.example/harbour/quay-1/amp")(Base)),
    "?amp": (BASE_NO_GUID, at("https://news.example/harbour/quay-1?amp=1")(Base)),
    "amp host": (BASE_NO_GUID, at(f"{AMPED}/harbour/quay-1?outputType=amp")(Base)),
    "AMP cache": (
        BASE_NO_GUID,
        at("https://news-example.cdn.ampproject.org/c/s/news.example/harbour/quay-1")(Base),
    ),
    "an address with title and text edited": (
        BASE_NO_GUID,
        replace(at("http://www.news.example/harbour/quay-1/?utm_source=x")(Base), title="Quay", text=EDITED),
    ),
    # its time
    "re-dated, without guid and link": (
        replace(Base, guid=None, link=None),
        replace(Base, guid=None, link=None, at=BEGAN + 5 * HOUR),
    ),
    "re-dated and retitled, without guid and link": (
        replace(Base, guid=None, link=None),
        replace(Base, guid=None, link=None, at=BEGAN + DAY, title="Quay: the decision"),
    ),
    "a date that it never had": (
        replace(Base, guid=None, link=None, at=None),
        replace(Base, guid=None, link=None),
    ),
    # its words, as they are written
    "capitals in the title": (Base, replace(Base, guid="g2", title=Base.title.upper(), link=None)),
    "quotes and dashes": (
        replace(Base, text=f'{Base.text} "Good" - he said.'),
        replace(Base, guid="g2", link=None, text=f"{Base.text} “Good” — he said."),
    ),
    "soft hyphens": (
        Base,
        replace(Base, guid="g2", link=None, text=Base.text.replace("council", "coun\u00adcil")),
    ),
    "markup": (
        Base,
        replace(Base, guid="g2", link=None, text=f"<p><b>{Base.text[:60]}</b>{Base.text[60:]}</p>"),
    ),
    "picture, author and tags": (
        Base,
        replace(Base, guid="g2", image="https://news.example/q.jpg", author="Ada Brook", tags=("quay",)),
    ),
    "a few words, re-dated": (
        replace(Base, text=SHORT, guid=None, link=None),
        replace(Base, text=SHORT, guid=None, link=None, at=BEGAN + HOUR),
    ),
    "a few words, retitled at one address": (
        replace(Base, text=SHORT),
        replace(Base, text=SHORT, guid="g2", title="Tram line"),
    ),
}


Make = Callable[..., Newsroom]


@pytest.fixture
def make(tmp_path: Path, sqlite_template: Path) -> Iterator[Make]:
    """Makes a newsroom with a ledger of its own, which has not seen its sources yet."""
    rooms = list[Newsroom]()

    def made(**options: Any) -> Newsroom:
        path = tmp_path / f"ledger{len(rooms)}.db"
        copyfile(sqlite_template, path)
        ledger = open_ledger(f"sqlite:///{path}")
        with ledger._database.open_raw_connection() as raw:
            raw.execute("PRAGMA synchronous = OFF")  # no power fails here
        rooms.append(Newsroom(ledger, tmp_path, **options))
        return rooms[-1]

    yield made
    for room in rooms:
        room.ledger.close()


@pytest.fixture
def site(make: Make) -> Newsroom:
    """One source, looked at once while it was empty."""
    room = make()
    room.begin()
    return room


@pytest.fixture(params=[False, True], ids=["no desk", "desk"])
def either(request: pytest.FixtureRequest, make: Make) -> Newsroom:
    """As `site`, without a desk and with one, which may be asked about more."""
    room = make(asks=request.param)
    room.begin()
    return room


@pytest.mark.parametrize("way", FEED_WAYS)
def test_what_comes_back_changed_is_posted_once(either: Newsroom, way: str) -> None:
    before, after = FEED_WAYS[way]
    either.show(*feed(before))
    assert either.count() == 1
    either.send()
    either.show(*feed(after))
    either.show(*feed(after, before))
    assert (either.count(), either.held()) == (1, [])


FILE_WAYS = {
    "renamed": replace(Base, name="harbour.txt"),
    "moved": replace(Base, name="2026/11/quay.txt"),
    "renamed and retitled": replace(Base, name="harbour.txt", title="The quay of Harbour"),
}


@pytest.mark.parametrize("way", FILE_WAYS)
@pytest.mark.parametrize("copied", [False, True])
def test_a_file_that_was_renamed_or_copied_is_one_article(either: Newsroom, way: str, copied: bool) -> None:  # noqa: FBT001
    either.show(*files(Base))
    either.send()
    either.show(*files(FILE_WAYS[way], *([Base] if copied else [])))
    assert (either.count(), either.held()) == (1, [])


def test_a_file_and_its_copy_that_come_together_are_one_article(either: Newsroom) -> None:
    either.show(*files(Base, replace(Base, name="copy of quay.txt")))
    assert (either.count(), either.held()) == (1, [])


@pytest.mark.parametrize("link", [Base.link, None])
def test_a_row_that_was_copied_is_one_article(either: Newsroom, link: str | None) -> None:
    base = replace(Base, link=link, guid="11")
    either.show(*rows(base))
    either.send()
    either.show(*rows(replace(base, guid="12"), base))
    assert (either.count(), either.held()) == (1, [])


def test_a_site_that_moves_to_another_domain_posts_nothing_again(either: Newsroom) -> None:
    """The three items of the issue; no flood holds so few."""
    old = [
        replace(
            Base, title=f"Story {n} of the day", text=body(n), link=f"https://old.example/{n}", guid=f"o{n}"
        )
        for n in range(3)
    ]
    new = [replace(each, link=f"https://new.example/{n}", guid=f"n{n}") for n, each in enumerate(old)]
    either.show(*feed(*old))
    either.send()
    either.show(*feed(*new))
    assert (either.count(), either.held()) == (3, [])


def test_what_was_only_remembered_at_first_sight_is_not_posted_under_another_name(make: Make) -> None:
    room = make()
    room.show(*feed(Base))
    room.show(*feed(replace(Base, guid="g2", link="https://new.example/quay")))
    room.show(*feed(replace(Base, guid="g3", title="The quay")))
    assert (room.count(), room.held()) == (0, [])
    room.show(*feed(replace(Base, guid="g4", title="Something else", link="https://news.example/else")))
    assert room.count() == 1, "one sign alone might lose an article of which nothing was posted"


# ---------------------------------------------------------------- what stays two

WEATHER = replace(Base, title="Weather", text=body(3, 3), link="https://news.example/weather")
LIVE = replace(Base, title="Live: the vote", text=body(4), link="https://news.example/live")
MORE = "Read the whole article at our site."
BOILERPLATE = (
    "This text is for our subscribers. Every month we send letters, reports and films from all over "
    "the country to the homes of those who support this house with a small sum."
)
TWO: dict[str, tuple[Entry, Entry]] = {
    "the daily weather at one address": (
        WEATHER,
        replace(WEATHER, guid="g2", text=body(5, 3), at=BEGAN + DAY),
    ),
    "the daily weather, found an hour later": (WEATHER, replace(WEATHER, guid="g2", text=body(5, 3))),
    "the daily weather at addresses of its own": (
        WEATHER,
        replace(WEATHER, guid="g2", text=body(5, 3), link="https://news.example/weather/2"),
    ),
    "another edition of a live blog": (LIVE, replace(LIVE, guid="g2", text=body(6))),
    "another edition of a live blog with a title of its own": (
        LIVE,
        replace(LIVE, guid="g2", text=body(6), title="Live: the count"),
    ),
    "entries of a live blog at fragments": (
        replace(LIVE, link="https://news.example/live#1", guid="l1"),
        replace(LIVE, link="https://news.example/live#2", guid="l2", text=body(6), title="Polls close"),
    ),
    "two with hardly a text": (
        replace(Base, text="Photo: Ada Brook."),
        replace(Base, text="Photo: Ada Brook.", guid="g2", title="Tram opens", link="https://news.example/2"),
    ),
    "two with a line of boilerplate": (
        replace(Base, text=MORE),
        replace(Base, text=MORE, guid="g2", title="Tram opens", link="https://news.example/2"),
    ),
    "two with a line of boilerplate and no address": (
        replace(Base, text=MORE, link=None),
        replace(Base, text=MORE, guid="g2", title="Tram opens", link=None),
    ),
    "two that carry the same boilerplate": (
        replace(Base, text=f"{body(1)} {BOILERPLATE}"),
        replace(
            Base,
            text=f"{body(2)} {BOILERPLATE}",
            guid="g2",
            title="Tram opens",
            link="https://news.example/2",
        ),
    ),
    "two short ones that carry the same boilerplate": (
        replace(Base, text=f"{body(1, 2)} {BOILERPLATE}"),
        replace(
            Base,
            text=f"{body(2, 2)} {BOILERPLATE}",
            guid="g2",
            title="Tram opens",
            link="https://news.example/2",
        ),
    ),
    "two whose addresses differ in a parameter that counts": (
        replace(Base, link="https://news.example/a?id=1"),
        replace(Base, link="https://news.example/a?id=2", guid="g2", title="Tram opens", text=body(2)),
    ),
    "two whose addresses differ in case": (
        replace(Base, link="https://news.example/Aa"),
        replace(Base, link="https://news.example/aA", guid="g2", title="Tram opens", text=body(2)),
    ),
    "two at routes of one page": (
        replace(Base, link="https://news.example/#!/a/1"),
        replace(Base, link="https://news.example/#!/a/2", guid="g2", title="Tram opens", text=body(2)),
    ),
    "two that link to the front page": (
        replace(Base, link="https://news.example/"),
        replace(Base, link="https://news.example/", guid="g2", title="Tram opens", text=body(2)),
    ),
    "a follow-up that quotes the first": (
        Base,
        replace(
            Base,
            guid="g2",
            title="Quay: what comes next",
            text=f"{body(7)} {' '.join(WORDS[:26])} {body(8, 3)}",
            link="https://news.example/harbour/quay-2",
        ),
    ),
    "one title of a few words, two texts": (
        replace(Base, title="Letters"),
        replace(Base, title="Letters", guid="g2", text=body(2), link="https://news.example/2"),
    ),
}


@pytest.mark.parametrize("case", TWO)
def test_what_only_looks_alike_stays_two(site: Newsroom, case: str) -> None:
    first, second = TWO[case]
    site.show(*feed(first))
    site.at += HOUR
    site.show(*feed(second, first))
    assert (site.count(), site.held()) == (2, [])


@pytest.mark.parametrize("case", [name for name in TWO if "weather" not in name])
def test_what_only_looks_alike_stays_two_in_one_poll_and_in_two_sources(make: Make, case: str) -> None:
    room = make(names=("site", "section"))
    room.begin()
    room.show(*feed(*TWO[case]))
    room.show(*feed(*TWO[case]), source="section")
    assert (room.count(), room.held()) == (2, [])


def test_two_articles_listed_side_by_side_with_one_text_are_two_and_so_is_the_next(site: Newsroom) -> None:
    """What stands under several articles at once is boilerplate, however long."""
    entries = [
        replace(
            Base,
            guid=f"g{n}",
            title=f"Podcast {n}: a talk",
            link=f"https://news.example/{n}",
            text=BOILERPLATE,
        )
        for n in range(3)
    ]
    site.show(*feed(*entries[:2]))
    assert site.count() == 2
    site.show(*feed(*entries))
    assert (site.count(), site.held()) == (3, [])
    site.show(*feed(replace(entries[2], guid="g9"), *entries))
    assert site.count() == 3, "its title and address tell that it is the same"


# ---------------------------------------------------------------- what is asked about

ASKED: dict[str, tuple[Entry, Entry]] = {
    "the same text under a title that has nothing in common, elsewhere": (
        replace(Base, title="A podcast: the harbour", text=BOILERPLATE),
        replace(
            Base, guid="g2", title="Why trains run late", text=BOILERPLATE, link="https://news.example/2"
        ),
    ),
    "nearly the same text elsewhere": (
        Base,
        replace(Base, guid="g2", title="Quay", text=EDITED, link="https://news.example/2"),
    ),
    "the same headline within hours": (
        Base,
        replace(Base, guid="g2", text=body(2), link="https://news.example/2"),
    ),
    "an akin text at one address": (
        replace(Base, text=f"{body(1, 6)} {body(2, 4)}"),
        replace(Base, guid="g2", title="Quay", text=f"{body(1, 6)} {body(3, 4)}"),
    ),
    "a text that is edited at one address the next day": (
        Base,
        replace(Base, guid="g2", text=EDITED, at=BEGAN + DAY),
    ),
}


@pytest.mark.parametrize("case", ASKED)
@pytest.mark.parametrize("asks", [False, True])
def test_likeness_short_of_that_is_held_and_asked_about(site: Newsroom, case: str, asks: bool) -> None:  # noqa: FBT001
    first, second = ASKED[case]
    room = Newsroom(site.ledger, site.folder, asks=asks, at=site.at)
    room.show(*feed(first))
    [root] = {post.article_id for post in room.posts()}
    room.show(*feed(second))
    assert room.count() == 1
    assert [find_anomaly_kind(why) for why in room.held()] == ["alike", "alike"]
    assert all(f"it looks like {root}" in str(why) for why in room.held())


def test_the_same_words_a_year_later_are_asked_about(site: Newsroom) -> None:
    site.show(*feed(Base))
    site.at += 365 * DAY
    site.show(*feed(replace(Base, guid="g2", at=site.at, link="https://news.example/2")))
    assert site.count() == 1
    assert [find_anomaly_kind(why) for why in site.held()] == ["alike", "alike"]
    site.show(*feed(replace(Base, guid="g3", link="https://new.example/1")))
    assert len(site.held()) == 2, "with the date that it had, it only moved"


# ---------------------------------------------------------------- edits follow


def test_an_edit_under_a_new_guid_rewords_what_waits(site: Newsroom) -> None:
    site.show(*feed(Base))
    site.show(*feed(replace(Base, guid="g2", title="Quay of Harbour stays open")))
    assert site.sets() == {name: ["Quay of Harbour stays open"] for name in "cd"}
    assert "stays open" in site.posts()[0].parts[0].text
    assert site.posts()[0].article_url == Base.link


def test_an_edit_under_a_new_guid_flags_what_is_out_and_may_edit_it(site: Newsroom) -> None:
    room = Newsroom(site.ledger, site.folder, on_edit="edit", at=site.at)
    room.show(*feed(Base))
    room.send()
    room.show(*feed(replace(Base, guid="g2", title="Quay of Harbour stays open", link=f"{Base.link}/amp")))
    [root] = {post.article_id for post in room.posts()}
    assert room.followed == [f"{root}: Quay of Harbour stays open"]
    room.show(*feed(replace(Base, guid="g2", title="Quay of Harbour is shut")))
    assert room.followed[1:] == [f"{root}: Quay of Harbour is shut"], "under its new name it is edited, too"
    flags = [
        event
        for event in room.ledger.posts.list_events(room.posts()[0].id)
        if event.event == "article edited"
    ]
    assert len(flags) == 2


def test_another_sources_version_is_no_edit(make: Make) -> None:
    room = make(names=("site", "section"), on_edit="edit")
    room.begin()
    room.show(*feed(Base))
    room.show(*feed(replace(Base, guid="g2", title="Quay, says the section")), source="section")
    assert (room.count(), room.followed, room.sets()["c"]) == (1, [], [Base.title])


def test_a_copy_that_goes_takes_nothing_with_it_and_the_last_one_does(site: Newsroom) -> None:
    site.show(*rows(replace(Base, guid="11")))
    site.show(*rows(replace(Base, guid="11"), replace(Base, guid="12")))
    for guid, states in (("11", {PostState.SCHEDULED}), ("12", {PostState.CANCELLED})):
        _gone(site, guid)
        assert {post.state for post in site.posts()} == states


def _gone(room: Newsroom, guid: str) -> None:

    room.at += MINUTE
    record_poll(room.ledger.sources, "site", PollResult(room.at, gone=(guid,)), now=room.at)

    asyncio.run(room.changes.process_changes("site"))


# ---------------------------------------------------------------- many sources


@pytest.mark.parametrize("sources", range(1, 13))
def test_however_many_sources_carry_it_there_is_one_set_of_posts(make: Make, sources: int) -> None:
    """Each has it in a version of its own: identical, retitled, edited, longer; one after the other."""
    names = tuple(f"s{n}" for n in range(sources))
    room = make(names=names)
    room.begin()
    versions = list(each_edited(Base))
    for n, name in enumerate(names):
        entry = replace(versions[n % len(versions)], guid=f"{name}-1", link=f"{Base.link}?utm_source={name}")
        room.show(*feed(entry), source=name)
        assert (room.count(), room.held()) == (1, [])
    roots = {room.ledger.articles.get_article(each).note for each in _articles(room)[1:]}
    assert roots <= {UsageCode.SAME_ARTICLE(id=room.posts()[0].article_id)}


def _articles(room: Newsroom) -> list[str]:

    with room.ledger._database.read() as tx:
        return [
            ids.article_id(n)
            for n in tx.execute(select(schema.article.c.id).order_by(schema.article.c.id)).scalars()
        ]


def test_a_day_of_articles_in_ten_sources_is_one_set_of_posts_each(make: Make) -> None:
    names = tuple(f"s{n}" for n in range(10))
    room = make(names=names, channels=("c",))
    room.begin()
    entries = [
        replace(
            Base,
            title=f"Report {n} of the day",
            text=body(100 + n, 4),
            link=f"https://news.example/{n}",
            guid=f"https://news.example/?p={n}",
        )
        for n in range(24)
    ]
    for start in range(0, 24, 4):
        for name in names:
            room.show(*feed(*entries[start : start + 4]), source=name)
    assert (room.count(), room.held()) == (24, [])


def test_items_of_the_shared_cases_come_back_and_are_posted_once(make: Make) -> None:
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "cases"
    if not folder.is_dir():
        pytest.skip("the shared test data is not beside this checkout")

    cases = {
        path.stem: parse_bytes(path.read_bytes(), "http://127.0.0.1:8771/").items
        for path in folder.glob("dup-*.xml")
    }
    assert len(cases) == 5
    for name, items in cases.items():
        _show_case(make(), name, items)


def _show_case(room: Newsroom, name: str, items: tuple[Item, ...]) -> None:
    again, old = items
    first = {
        "dup-s-order": replace(
            again, guid="http://news.harbour.example/a?id=1&x=2", url="http://news.harbour.example/a?id=1&x=2"
        ),
        "dup-a-guid": replace(again, guid="g1"),
        "dup-b-guidtitle": replace(again, guid="g1", title="Quay closed after flood on Monday night"),
    }.get(
        name,
        replace(again, guid="http://news.harbour.example/a/quay", url="http://news.harbour.example/a/quay"),
    )
    room.show(old)
    room.show(first, old)
    assert room.count() == 1, name
    room.show(again, old)
    assert (room.count(), room.held()) == (1, []), name
