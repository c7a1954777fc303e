"""A full editorial day at The Ellery Tide, from 02:00 on, by chat: real newsbot, stand-ins for the platforms.

Read it from `SCENES` on. `tests.pictures` takes docs/desk.md's pictures of this very day.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from newsbot.model import PostState

from .day import ADA, BILAL, CARMEN, DANA, ENGLISH, URDU, Day, day_in

MINUTE = 60


async def breaking_at_two(day: Day) -> None:
    """At 02:00 a fire: Bilal sends it past the quiet hours, Ada approves it, and no reader's phone rings."""
    day.is_at(2)
    await day.runs()
    fire = day.publishes(
        "fire",
        "Fire in a harbour warehouse",
        "A fire broke out in a warehouse at the harbour shortly before two in the morning.",
        "Nobody was hurt, the fire brigade said. 60 people were brought to safety.",
        in_feed=False,
    )
    card = await day.asks(f"/breaking {fire}", "Queued, nothing is out yet", "needs 1 approval", by=BILAL)
    assert "06:30" not in card.text
    await day.pictured("day-1-breaking")
    assert "Approved." in await day.presses(card, "Approve all", by=ADA)
    await day.until(lambda: day.channel(ENGLISH) and day.timeline())
    assert "Fire in a harbour warehouse" in day.channel(ENGLISH)[0].text
    assert day.channel(ENGLISH)[0].silent
    day.publishes("ferry", "New ferry sails in June", "A new ferry will sail to Ardmore from June 3 on.")
    await day.reads("New ferry sails in June", "english · 06:30")  # what can wait, waits
    await day.presses(await day.reads("New ferry"), "Drop", by=BILAL)
    assert {post.state for post in day.posts("ferry").values()} == {PostState.CANCELLED}
    await day.ends()


async def morning(day: Day) -> None:
    """At 07:00 the brief tells of the night; an article is one card, one press, and its slot sends it."""
    day.is_at(7)
    slot = day.clock(ahead=30 + MINUTE)
    day.sets("english", slots=[slot, "12:30"])
    day.newsroom.config["desk"]["brief"] = day.clock()
    await day.runs()
    brief = await day.reads("The brief", "Breaking: Fire in a harbour warehouse")
    assert "Out: 2" in brief.text
    day.publishes(
        "tram",
        "Council approves tram line to the harbour",
        "The city council approved a tram line to the harbour on Tuesday.",
        "Construction will begin in March and cost 410 million euros, Mayor Ana Petrova said.",
    )
    card = await day.reads("Council approves tram line", slot, "needs 1 approval", "$0.20")
    assert "Check: 410 million · " in card.text
    assert "Ana Petrova" in card.text
    await day.pictured("day-2-morning")
    assert "is for" in await day.presses(card, "Approve all", by=CARMEN)  # who only looks can't approve
    assert "Approved." in await day.presses(card, "Approve all", by=BILAL)
    await day.until(lambda: len(day.timeline()) == 2)  # X has no slots
    await day.reads("Council approves tram line", "✓ Bilal", "https://x.com/")
    assert len(day.channel(ENGLISH)) == 1
    assert day.posts("tram")["english"].state is PostState.SCHEDULED


async def two_people_on_one_card(day: Day) -> None:
    """Two have to approve in Urdu, and not the same one twice; who presses second reads who was first."""
    day.publishes(
        "visitors",
        "بندرگاہ میں ۴٫۲ ملین مسافر",
        "بندرگاہ کے حکام نے پیر کو بتایا کہ گزشتہ سال ۴٫۲ ملین مسافر آئے۔ یہ پہلے سے زیادہ ہیں۔",
        "حکام کے مطابق اس سال مزید جہاز آئیں گے اور نئی گودی مارچ میں کھلے گی۔",
        language="ur",
    )
    card = await day.reads("بندرگاہ میں", "urdu · ", "needs 2 approval", "x · ")
    await day.presses(card, "Approve all", by=BILAL)
    await day.reads("بندرگاہ میں", "needs 1 approval", "✓ Bilal")
    assert "another person has to" in await day.presses(card, "Approve", by=BILAL)
    assert day.channel(URDU) == []
    await day.watched(me=BILAL)
    first, second = (day.touches(card, "Approve", by=who) for who in (ADA, BILAL))
    assert "Approved." in await day.hears(first)
    assert "Ada was first" in await day.hears(second)
    await day.pictured("day-3-two-people", anew=False)
    await day.until(lambda: len(day.channel(URDU)) == 1 and len(day.timeline()) == 3)


async def a_wrong_number(day: Day) -> None:
    """It was 2.4 million: one command shows the change, one press does it; Bilal's desk is Urdu."""
    await day.asks("/lang ur", "اردو", by=BILAL, chat=BILAL)
    article = day.posts("visitors")["urdu"].article_id
    shown = await day.asks(f"/fix {article} 4.2 > 2.4", "urdu", "x", "۲٫۴", by=BILAL, chat=BILAL)
    assert "۴٫۲" in day.channel(URDU)[0].text
    await day.pictured("day-4-wrong-number", BILAL, me=BILAL)
    await day.presses(shown, "جی ہاں", by=BILAL, chat=BILAL)
    await day.until(lambda: all("۲٫۴" in text for text in (day.channel(URDU)[0].text, day.timeline()[-1])))
    await day.until(lambda: "۴٫۲" not in "".join([day.channel(URDU)[0].text, *day.timeline()]))
    assert len(day.timeline()) == 3


async def a_court_order(day: Day) -> None:
    """A lawyer calls: Ada takes an article down, out or waiting, and it never comes back."""
    trial = day.publishes(
        "trial",
        "Harbour master on trial",
        "The trial of the former harbour master began on Monday. The court heard two witnesses.",
    )
    card = await day.reads("Harbour master on trial", "12:30")
    await day.presses(card, "Approve all", by=BILAL)
    await day.until(lambda: len(day.timeline()) == 4)
    question = await day.asks(f"/takedown {trial}", "Sure?", by=ADA)
    assert "Only Ada can answer" in await day.presses(question, "Yes", by=BILAL)
    await day.presses(question, "Yes", by=ADA)
    await day.reads("/takedown", "english: dropped before it went out", "x: ")
    await day.until(lambda: len(day.timeline()) == 3)
    await day.reads("Harbour master on trial", "x · withdrawn")
    polled = day.site.polls()
    day.site.stories[-1].guid = "trial-anew"  # the site's feed brings it as something new
    await day.asks(f"/post {trial}", "Ada took this down", by=BILAL)
    await day.until(lambda: day.site.polls() > polled + 2)
    assert len(day.timeline()) == 3
    assert {post.state for post in day.posts("trial").values()} == {PostState.CANCELLED, PostState.WITHDRAWN}
    await day.pictured("day-5-court-order")


async def a_colleague_off_sick(day: Day) -> None:
    """Bilal is ill: Ada's link makes Dana an editor, and her press counts at once."""
    day.publishes("school", "School roof is mended", "The school's roof is mended, the city said on Tuesday.")
    card = await day.reads("School roof is mended", "needs 1 approval")
    await day.presses(card, "Approve all", by=DANA)
    assert {post.state for post in day.posts("school").values()} == {PostState.HELD}
    invitation = await day.asks("/invite editor", "Whoever opens this first", by=ADA, chat=ADA)
    link = invitation.text.split()[-1]
    code = parse_qs(urlsplit(link).query)["start"][0]
    await day.asks(f"/start {code}", "Welcome, Dana", by=DANA, chat=DANA)
    assert "Approved." in await day.presses(card, "Approve all", by=DANA)
    await day.reads("School roof is mended", "✓ Dana")
    await day.pictured("day-6-stand-in", me=DANA)
    await day.until(lambda: len(day.timeline()) == 4)


async def a_train_without_signal(day: Day) -> None:
    """Newsbot and Bilal were away: what is old is asked about, stopping is done, no press counts twice."""
    day.publishes("museum", "Museum opens on Sundays", "The harbour's museum opens on Sundays from April on.")
    day.publishes("pool", "Pool is closed for a week", "The pool is closed for a week, the city said.")
    day.publishes("market", "Market moves to the quay", "The fish market moves to the quay, the city said.")
    museum = await day.reads("Museum opens on Sundays", "needs 1 approval")
    market = await day.reads("Market moves to the quay", "needs 1 approval")
    await day.reads("Pool is closed for a week", "needs 1 approval")
    await day.ends()

    before = len(day.chat())
    day.says(f"/stop {day.posts('pool')['x'].article_id}", by=BILAL, ago=14 * MINUTE)
    day.says(f"/approve {day.posts('museum')['x'].id}", by=BILAL, ago=14 * MINUTE)
    day.says("The museum will be open on Sundays.", by=BILAL, ago=2 * MINUTE, reply_to=museum.message_id)
    press = day.touches(market, "Approve all", by=ADA)
    day.play.replay(fresh=True)
    await day.runs()

    await day.reads("Stopped.", "Pool is closed", after=before)
    assert {post.state for post in day.posts("pool").values()} == {PostState.CANCELLED}
    old = await day.reads("Asked 14 min ago: /approve", "Still?", after=before)
    which = await day.reads("On which channel", after=before)
    assert day.posts("museum")["x"].state is PostState.HELD
    await day.pictured("day-7-train", me=BILAL)
    await day.presses(which, "x", by=BILAL)
    await day.reads("Changed on x", "The museum will be open", after=before)
    await day.presses(old, "Yes, do it now", by=BILAL)
    assert "Approved." in await day.hears(press)
    await day.until(lambda: len(day.timeline()) == 6)
    assert "The museum will be open on Sundays." in "".join(day.timeline())
    assert [vote.by for vote in day.votes(day.posts("market")["english"].id)] == [f"tg:{ADA}"]


async def what_became_of_the_day(day: Day) -> None:
    """The tram's article went out in its slot, not before; every post of the day is accounted for."""
    await day.until(lambda: day.posts("tram")["english"].state is PostState.SENT, within=100)
    tram = day.posts("tram")["english"]
    assert tram.sent_at
    assert tram.slot_at
    assert tram.sent_at >= tram.slot_at
    assert "Council approves tram line" in day.channel(ENGLISH)[-1].text
    assert day.sandbox.violations == []


SCENES: tuple[Callable[[Day], Awaitable[None]], ...] = (
    breaking_at_two,
    morning,
    two_people_on_one_card,
    a_wrong_number,
    a_court_order,
    a_colleague_off_sick,
    a_train_without_signal,
    what_became_of_the_day,
)


@pytest.mark.slow
@pytest.mark.timeout(400)  # a dozen starts of newsbot, and slots that are waited for
async def test_a_full_editorial_day(tmp_path: Path) -> None:
    async with day_in(tmp_path) as day:
        for scene in SCENES:
            await scene(day)
