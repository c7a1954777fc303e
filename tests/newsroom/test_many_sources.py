"""Sources and services at once, on both databases: in whatever order, an article has one set of posts."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from newsbot.ledger import open_ledger
from newsbot.ledger.ledger import Ledger
from newsbot.model import PostState
from newsbot.newsroom.corrections import Corrections
from newsbot.newsroom.intake import ReadTerms
from newsbot.newsroom.revisions import CorrectionTerms, CorrectionWording
from tests.ledger.conftest import delete_rows
from tests.newsroom.sources import Entry, Newsroom, body, each_edited, feed

Fresh = Callable[[], str]
ARTICLES = [
    Entry(title=f"Council of town {n} decides on the quay", text=body(20 + n), guid=f"g{n}") for n in range(3)
]

COUNTED = Entry(text=f"31 people are missing after the flood at the quay. {body(7)}")


@dataclass(frozen=True)
class Look:
    """One source's poll: by which service, which articles it shows, in which version, under which guid."""

    source: int
    service: int = 0
    shows: tuple[int, ...] = ()
    version: int = 0
    renamed: bool = False
    at_once: bool = False


LOOKS = st.builds(
    Look,
    source=st.integers(0, 11),
    service=st.integers(0, 1),
    shows=st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True).map(tuple),
    version=st.integers(0, 3),
    renamed=st.booleans(),
    at_once=st.booleans(),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """Gives the address of an empty ledger, each time that it is called."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_database")

        def emptied() -> str:
            delete_rows(url)
            return url

        return emptied
    template: Path = request.getfixturevalue("sqlite_template")
    made: list[Path] = []

    def copied() -> str:
        made.append(tmp_path / f"ledger{len(made)}.db")
        copyfile(template, made[-1])
        return f"sqlite:///{made[-1]}"

    return copied


def services(url: str, folder: Path, sources: int) -> list[Newsroom]:
    names = tuple(f"s{n}" for n in range(sources))
    rooms = [Newsroom(open_ledger(url), folder, names=names) for _ in range(2)]
    rooms[0].begin()
    rooms[1].at = rooms[0].at
    return rooms


def entry(look: Look, number: int, sources: int = 12) -> Entry:
    """A source has one address for an article: of its own section, or the one that all have."""
    version = list(each_edited(ARTICLES[number]))[look.version]
    section = f"s{look.source % sources}" if look.source % sources % 2 else "news"
    guid = f"{section}-{number}-v{look.version}" if look.renamed else f"{section}-{number}"
    return replace(
        version, guid=guid, link=f"https://news.example/{section}/{number}?utm_source=s{look.source}"
    )


@given(sources=st.integers(1, 12), looks=st.lists(LOOKS, min_size=2, max_size=10))
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_article_has_one_set_of_posts(
    fresh: Fresh, tmp_path: Path, sources: int, looks: list[Look]
) -> None:
    rooms = services(fresh(), tmp_path, sources)
    waiting: list[tuple[Newsroom, str]] = []
    for look in looks:
        room, name = rooms[look.service], f"s{look.source % sources}"
        room.at = max(each.at for each in rooms)
        room.shown[name].items = feed(*(entry(look, number, sources) for number in look.shows))
        if look.at_once:
            room.detect(name)
            waiting.append((room, name))
        else:
            room.poll(name)
    take_in_at_once(waiting)
    shown = {number for look in looks for number in look.shows}
    check(rooms, len(shown))


def take_in_at_once(waiting: list[tuple[Newsroom, str]]) -> None:
    """Each service in a thread of its own, as if in a process of its own."""
    rooms = {id(room): room for room, _ in waiting}
    failed: list[BaseException] = []

    def work(room: Newsroom) -> None:
        try:
            for name in dict.fromkeys(name for each, name in waiting if each is room):
                room.follow(name)
        except BaseException as error:  # noqa: BLE001  it is raised below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(room,)) for room in rooms.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def check(rooms: list[Newsroom], articles: int) -> None:
    room = rooms[0]
    try:
        assert room.held() == []
        posts = room.posts()
        for channel in room.channels:
            titles = [str(post.article_title)[:20] for post in posts if post.channel == channel]
            assert sorted(titles) == sorted(set(titles))
            assert len(titles) == articles
    finally:
        for each in rooms:
            each.ledger.close()


def test_two_services_that_read_ten_sources_at_the_same_moment(fresh: Fresh, tmp_path: Path) -> None:
    """The race of the issue: none sees what the other is about to store."""
    rooms = services(fresh(), tmp_path, 10)
    waiting = []
    for n, name in enumerate(rooms[0].names):
        room = rooms[n % 2]
        room.shown[name].items = feed(
            *(entry(Look(n, version=n % 4, renamed=n % 3 == 0), k) for k in range(3))
        )
        room.detect(name)
        waiting.append((room, name))
    take_in_at_once(waiting)
    check(rooms, 3)


def test_a_root_that_is_read_later_than_its_twin(fresh: Fresh, tmp_path: Path) -> None:
    """The first source's page could not be had for an hour, and the second one's was read at once."""
    room, other = services(fresh(), tmp_path, 3)
    first, second = (
        replace(ARTICLES[0], guid=guid, link=f"https://news.example/{guid}") for guid in ("a", "b")
    )
    room.shown["s0"].items = feed(first)
    room.detect("s0")
    room.show(*feed(second), source="s1")
    room.follow("s0")
    room.show(*feed(replace(first, guid="c")), source="s2")
    check([room, other], 1)


def rows_of(ledger: Ledger, statement: str) -> list[Any]:

    with ledger._database.read() as tx:
        return list(tx.execute(text(statement)).all())


def test_no_chain_is_ever_stored(fresh: Fresh, tmp_path: Path) -> None:
    room, other = services(fresh(), tmp_path, 12)
    for n, name in enumerate(room.names):
        room.show(*feed(entry(Look(n, version=n % 4, renamed=True), 0)), source=name)
    roots = rows_of(room.ledger, "SELECT DISTINCT same_as FROM article WHERE same_as IS NOT NULL")
    chains = "SELECT 1 FROM article a JOIN article b ON b.id = a.same_as WHERE b.same_as IS NOT NULL"
    assert len(roots) == 1
    assert rows_of(room.ledger, chains) == []
    check([room, other], 1)


def test_what_was_fixed_is_fixed_where_another_source_brings_it_later(fresh: Fresh, tmp_path: Path) -> None:
    room = with_a_fix(fresh(), tmp_path)
    room.show(*feed(replace(COUNTED, guid="of b", link="https://other.example/quay")), source="b")
    [copy] = [post for post in room.posts() if post.channel == "d"]
    kept = room.ledger.articles.get_article(copy.article_id).article
    assert copy.state is PostState.SCHEDULED
    assert kept is not None
    assert "13 people" in kept.text
    assert "31" not in "".join(part.text for part in copy.parts)


def test_a_copy_that_has_a_fixed_figure_elsewhere_is_asked_about(fresh: Fresh, tmp_path: Path) -> None:
    room = with_a_fix(fresh(), tmp_path)
    more = f"{COUNTED.text} 31 others wait at the quay."
    room.show(*feed(replace(COUNTED, text=more, guid="of b")), source="b")
    [copy] = [post for post in room.posts() if post.channel == "d"]
    assert copy.state is PostState.HELD
    assert "31 others wait" in str(copy.held_for)


def with_a_fix(url: str, folder: Path) -> Newsroom:
    """What source a brings is out on channel c, and fixed; b's goes to both channels."""
    room = Newsroom(open_ledger(url), folder, names=("a", "b"))
    room.intake.terms = {"a": ReadTerms(("c",)), "b": ReadTerms(("c", "d"))}
    room.begin()
    room.show(*feed(COUNTED), source="a")
    room.send()
    [first] = room.posts()
    terms = {name: CorrectionTerms("reply", CorrectionWording(UTC)) for name in room.channels}
    Corrections(room.ledger, room.composition, room, terms).fix(first.article_id, "31", "13", "cli:ana")
    return room
