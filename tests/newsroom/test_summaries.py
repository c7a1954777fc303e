"""Summarizers that wait, fail and cost: no call is paid twice, and no article waits for another's."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from newsbot.errors import LedgerError, SummarizerError
from newsbot.ledger import open_ledger
from newsbot.ledger import schema as tables
from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Failure, PostWarning, Sentence, Summary
from newsbot.newsroom import intake
from newsbot.newsroom.intake import Intake, ReadTerms
from newsbot.newsroom.summaries import SummarizerLine
from newsbot.ports import StageInput, Summarizer
from newsbot.reasons import Code
from newsbot.summarizers.extract import ExtractSummarizer
from tests.newsroom.desk import ARTICLE, Hands, desk
from tests.newsroom.sources import Entry, Newsroom, body, feed

SLOW = "Harbour closes for the winter storm"
OTHERS = [
    Entry(f"Council of town {n} meets", body(40 + n), f"https://news.example/{n}", f"g{n}") for n in (1, 2)
]
LEAD = "The harbour closes on Friday, as the council of the town expects a winter storm."
LATE = Entry(SLOW, f"{LEAD} {body(39)}", "https://news.example/slow", "slow")


class Model:
    """A summarizer that answers with one sentence, and does what ``does`` says for a title."""

    name = "a model of the test"

    def __init__(self, deadline: float = 5.0) -> None:
        self.deadline = deadline
        self.calls: list[str | None] = []
        self.does: dict[str | None, Callable[[], Any]] = {}

    async def summarize(self, article: Article) -> Summary:
        self.calls.append(article.title)
        if does := self.does.get(article.title):
            await does()
        return answer(article)


def answer(article: Article) -> Summary:
    sentence = Sentence(f"In short: {article.title}.", article.text[:40], 0, 0)
    return Summary(
        (sentence,),
        abstract=True,
        stories=((sentence,),),
        lead=sentence.text,
        warnings=(PostWarning("thin", Code.TEXT(words="A warning.")),),
        speakers={"a": "b"},
    )


def is_extract(summary: Summary) -> bool:
    """Whether it is what the article itself says."""
    return list(summary.sentences) == list(ExtractSummarizer().summarize(ARTICLE).sentences)


async def fails() -> None:
    raise SummarizerError("answered HTTP 500")


async def breaks() -> None:
    raise ZeroDivisionError


class Inline:
    """Runs ledger calls at once, and loses the connection before the call that ``loses`` names."""

    def __init__(self) -> None:
        self.loses: str | None = None

    async def __call__(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if self.loses and getattr(call, "__name__", "") == self.loses:
            self.loses = None
            raise LedgerError(Code.TEXT(words="the connection was lost"))
        return call(*args, **kwargs)


@contextmanager
def service(url: str) -> Iterator[Ledger]:
    """A ledger as a service holds it until it is killed; closing it releases its lock as a death does."""
    ledger = open_ledger(url)
    ledger.acquire_instance_lock()
    try:
        yield ledger
    finally:
        ledger.close()


def make_line(ledger: Any, *summarizers: Summarizer, clock: Hands | None = None) -> SummarizerLine:
    return SummarizerLine(ledger, Inline(), clock or Hands(), summarizers, ExtractSummarizer())


def test_a_stored_answer_is_used_after_a_crash_and_reads_the_same(url: str) -> None:
    model, again = Model(), Model()
    with service(url) as ledger:
        first = asyncio.run(make_line(ledger, model).ask(ARTICLE))
    with service(url) as ledger:
        line = make_line(ledger, again)
        assert asyncio.run(line.ask(ARTICLE)) == line.summarize(ARTICLE) == first == answer(ARTICLE)
    assert (model.calls, again.calls) == ([ARTICLE.title], [])


def test_another_text_or_another_summarizer_is_another_call(url: str) -> None:
    model, other = Model(), Model()
    other.name = "another"
    with service(url) as ledger:
        line = make_line(ledger, model)
        asyncio.run(line.ask(ARTICLE))
        asyncio.run(line.ask(replace(ARTICLE, text=f"{ARTICLE.text} More.")))
        asyncio.run(line.ask(replace(ARTICLE, guid="another", url="https://example.org/copy")))
        asyncio.run(make_line(ledger, other).ask(ARTICLE))
    assert (len(model.calls), len(other.calls)) == (2, 1)


@pytest.mark.parametrize("does", [fails, breaks])
def test_where_one_fails_the_next_takes_over_and_the_call_is_not_repeated(
    url: str, does: Callable[[], Any]
) -> None:
    model, second = Model(), Model()
    second.name, model.does = "the second", {ARTICLE.title: does}
    clock = Hands()
    with service(url) as ledger:
        line = make_line(ledger, model, second, clock=clock)
        summary = asyncio.run(line.ask(ARTICLE))
        assert replace(summary, notes=()) == answer(ARTICLE)
        [why] = map(str, summary.notes)  # The post's story says why the first one gave nothing.
        assert why.startswith("a model of the test: ")
        assert asyncio.run(line.ask(ARTICLE)) == line.summarize(ARTICLE) == summary
        assert (len(model.calls), len(second.calls)) == (1, 1)
        clock.at += timedelta(hours=2)
        asyncio.run(line.ask(ARTICLE))
    assert (len(model.calls), len(second.calls)) == (2, 1)


def test_one_that_is_late_is_left_behind_at_its_deadline(url: str) -> None:
    model = Model(deadline=0.2)
    model.does = {ARTICLE.title: lambda: asyncio.sleep(30.2)}

    async def ask() -> float:
        began = asyncio.get_running_loop().time()
        assert is_extract(await make_line(ledger, model).ask(ARTICLE))
        return asyncio.get_running_loop().time() - began

    with service(url) as ledger:
        assert asyncio.run(ask()) < 5
    assert len(model.calls) == 1


def test_a_call_whose_process_was_killed_is_not_repeated(url: str) -> None:
    model = Model()
    with service(url) as ledger:
        line = make_line(ledger, model)

        async def die() -> None:
            asyncio.get_running_loop().create_task(line.ask(ARTICLE))
            while not model.calls:
                await asyncio.sleep(0)

        model.does = {ARTICLE.title: lambda: asyncio.sleep(60)}
        asyncio.run(die())
    with service(url) as ledger:
        assert is_extract(asyncio.run(make_line(ledger, model).ask(ARTICLE)))
    assert len(model.calls) == 1


def test_an_answer_that_could_not_be_stored_is_stored_at_the_next_try_without_a_call(url: str) -> None:
    model, on_ledger = Model(), Inline()
    with service(url) as ledger:
        line = SummarizerLine(ledger, on_ledger, Hands(), [model], ExtractSummarizer())
        on_ledger.loses = "end_call"
        with pytest.raises(LedgerError):
            asyncio.run(line.ask(ARTICLE))
        assert asyncio.run(line.ask(ARTICLE)) == answer(ARTICLE)
        assert make_line(ledger, model).summarize(ARTICLE) == answer(ARTICLE)
    assert len(model.calls) == 1


def test_two_articles_with_the_same_text_at_the_same_time_are_one_call(url: str) -> None:
    model = Model()
    model.does = {ARTICLE.title: lambda: asyncio.sleep(0.05)}

    async def both() -> list[Summary]:
        line = make_line(ledger, model)
        return list(await asyncio.gather(line.ask(ARTICLE), line.ask(replace(ARTICLE, guid="other"))))

    with service(url) as ledger:
        assert asyncio.run(both()) == [answer(ARTICLE)] * 2
    assert len(model.calls) == 1


def test_another_process_waits_for_the_call_that_is_under_way(url: str) -> None:
    model, other = Model(), Model()
    model.does = {ARTICLE.title: lambda: asyncio.sleep(0.3)}
    beside = open_ledger(url)  # a command, which holds no instance lock

    async def both() -> list[Summary]:
        call = asyncio.create_task(make_line(ledger, model).ask(ARTICLE))
        while not model.calls:
            await asyncio.sleep(0)
        return [await make_line(beside, other).ask(ARTICLE), await call]

    with service(url) as ledger:
        assert asyncio.run(both()) == [answer(ARTICLE)] * 2
    beside.close()
    assert (len(model.calls), len(other.calls)) == (1, 0)


def test_one_that_fails_again_and_again_rests_and_is_asked_again(url: str) -> None:
    model, clock = Model(), Hands()
    articles = [replace(ARTICLE, text=f"{ARTICLE.text} Part {n}.") for n in range(6)]
    model.does = {ARTICLE.title: fails}
    with service(url) as ledger:
        line = make_line(ledger, model, clock=clock)
        for each in articles[:5]:
            asyncio.run(line.ask(each))
        assert len(model.calls) == 3
        clock.at += timedelta(minutes=2)
        model.does = {}
        assert asyncio.run(line.ask(articles[5])) == answer(articles[5])


def test_where_every_summarizer_fails_the_headline_goes_alone(url: str) -> None:
    class Broken:
        def summarize(self, article: Article) -> Summary:
            raise ZeroDivisionError(article.guid)

    with service(url) as ledger:
        line = SummarizerLine(ledger, Inline(), Hands(), [], Broken())
        assert asyncio.run(line.ask(ARTICLE)) == Summary((), stories=())


def test_a_takedown_deletes_what_stages_found_out(url: str, tmp_path: Path) -> None:
    room = desk(tmp_path, url)
    post = room.bring("none")[0]
    asyncio.run(make_line(room.app.ledger, Model()).ask(ARTICLE))
    room.app.ledger.stages.store_read(StageInput("read", "k", ARTICLE.guid), ARTICLE, now=room.clock.now())
    count = select(func.count()).select_from(tables.stage_result)
    with room.app.ledger._database.read() as tx:
        assert tx.execute(count).scalar() == 2
    room.app.withdrawals.takedown(post.article_id, by="cli:ana", redact=True)
    with room.app.ledger._database.read() as tx:
        assert tx.execute(count).scalar() == 0
    room.app.ledger.close()


# ---------------------------------------------------------------- on the way of an article


@pytest.fixture
def room(ledger: Ledger, tmp_path: Path) -> Newsroom:
    return Newsroom(ledger, tmp_path, channels=("c",))


def give(room: Newsroom, model: Model) -> SummarizerLine:
    """Let the newsroom's articles be summarized by the model."""
    line = SummarizerLine(room.ledger, room.on_ledger, room, [model], ExtractSummarizer())
    room.composition.summarizer = line
    room.intake = Intake(
        room.ledger,
        room.on_ledger,
        room,
        room.composition,
        {name: ReadTerms(room.channels) for name in room.names},
        room,
        line=line,
    )
    room.changes.line = line
    return line


def texts(room: Newsroom) -> dict[str | None, str]:
    return {post.article_title: post.parts[0].text for post in room.posts()}


def test_articles_overtake_one_whose_summary_is_slow_and_none_is_lost(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_PATIENCE", 0.1)
    monkeypatch.setattr(intake, "_LOOK", 0.1)
    model = Model(deadline=8)
    model.does = {SLOW: lambda: asyncio.sleep(38)}
    give(room, model)
    room.begin()
    room.shown["site"].items = feed(*OTHERS, LATE)  # the slow one is the oldest, so the first in order
    room.detect("site")

    async def work() -> None:
        taking = asyncio.create_task(room.intake.process_items("site"))
        await until(titles)
        room.shown["site"].items = feed(Entry("News of the day", body(77), guid="new"), *OTHERS, LATE)
        await room._detect("site")  # what is found meanwhile does not wait either
        await until(titles | {"News of the day"})
        await taking

    async def until(wanted: set[str]) -> None:
        while set(texts(room)) != wanted:
            assert SLOW not in texts(room)
            await asyncio.sleep(0.05)

    titles = {each.title for each in OTHERS}
    asyncio.run(work())
    made = texts(room)
    assert set(made) == titles | {"News of the day", SLOW}
    assert sorted(map(str, model.calls)) == sorted(map(str, made))
    assert "In short" in made[OTHERS[0].title]
    assert "In short" not in made[SLOW]
    assert LEAD in made[SLOW]
    assert len(room.posts()) == 4


def test_articles_that_are_ready_keep_their_order(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_PATIENCE", 60.0)  # A busy machine may take longer than the service waits.
    model = Model()
    model.does = {LATE.title: lambda: asyncio.sleep(0.2)}
    give(room, model)
    room.begin()
    room.show(*feed(*OTHERS, LATE))
    assert [post.article_title for post in room.posts()] == [SLOW, OTHERS[1].title, OTHERS[0].title]


def test_an_article_is_read_once_although_its_service_dies_after_its_summary(room: Newsroom) -> None:
    """The page may read otherwise the next time; the summary is of the text that was read."""
    model = Model()
    give(room, model)
    room.begin()
    room.shown["site"].items = feed(LATE)
    room.detect("site")

    async def die() -> None:
        [found] = await room.intake._claim("site")
        await room.intake._prepare(found)
        room.ledger.articles.postpone_article(
            found.article_id, Failure("error", Code.TEXT(words="the test")), retry_at=room.now()
        )

    asyncio.run(die())

    async def read(item: object, *, full_text: str = "auto") -> Article:
        raise AssertionError(item, full_text)

    room.read = read  # type: ignore[method-assign]
    room.follow("site")
    assert "In short" in texts(room)[SLOW]
    assert model.calls == [SLOW]
    with room.ledger._database.read() as tx:
        assert tx.execute(select(tables.stage_result.c.stage)).scalars().all() == ["summarize"]


def test_a_new_version_is_summarized_before_its_posts_are_composed_again(room: Newsroom) -> None:
    model = Model()
    give(room, model)
    room.begin()
    room.show(*feed(LATE))
    room.show(*feed(replace(LATE, title=f"{SLOW} early")))
    [text] = texts(room).values()
    assert f"In short: {SLOW} early." in text
    assert model.calls == [SLOW, f"{SLOW} early"]


def test_the_story_of_an_edited_article_s_post_says_why_its_new_version_has_no_summary(
    room: Newsroom,
) -> None:
    model = Model()
    give(room, model)
    room.begin()
    room.show(*feed(LATE))
    model.does = {f"{SLOW} early": fails}
    room.show(*feed(replace(LATE, title=f"{SLOW} early")))
    [post] = room.posts()
    told = [str(each.detail) for each in room.ledger.posts.list_events(post.id) if each.event == "summary"]
    assert told == ["a model of the test: answered HTTP 500"]
