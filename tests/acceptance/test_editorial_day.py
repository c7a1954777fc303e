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
    day.set_time(2)
    await day.start_newsbot()
    fire = day.publish_article(
        "fire",
        "Fire in a harbour warehouse",
        "A fire broke out in a warehouse at the harbour shortly before two in the morning.",
        "Nobody was hurt, the fire brigade said. 60 people were brought to safety.",
        in_feed=False,
    )
    card = await day.ask_desk(f"/breaking {fire}", "Queued, nothing is out yet", "needs 1 approval", by=BILAL)
    assert "06:30" not in card.text
    await day.take_picture("day-1-breaking")
    assert "Approved." in await day.press_and_wait(card, "Approve all", by=ADA)
    await day.until(lambda: day.channel(ENGLISH) and day.timeline())
    assert "Fire in a harbour warehouse" in day.channel(ENGLISH)[0].text
    assert day.channel(ENGLISH)[0].silent
    day.publish_article(
        "ferry", "New ferry sails in June", "A new ferry will sail to Ardmore from June 3 on."
    )
    await day.wait_for_message("New ferry sails in June", "english · 06:30")  # what can wait, waits
    await day.press_and_wait(await day.wait_for_message("New ferry"), "Drop", by=BILAL)
    assert {post.state for post in day.posts("ferry").values()} == {PostState.CANCELLED}
    await day.stop_newsbot()


async def morning(day: Day) -> None:
    """At 07:00 the brief tells of the night; an article is one card, one press, and its slot sends it."""
    day.set_time(7)
    slot = day.clock(ahead=30 + MINUTE)
    day.set_channel_keys("english", slots=[slot, "12:30"])
    day.newsroom.config["desk"]["brief"] = day.clock()
    await day.start_newsbot()
    brief = await day.wait_for_message("The brief", "Breaking: Fire in a harbour warehouse")
    assert "Out: 2" in brief.text
    day.publish_article(
        "tram",
        "Council approves tram line to the harbour",
        "The city council approved a tram line to the harbour on Tuesday.",
        "Construction will begin in March and cost 410 million euros, Mayor Ana Petrova said.",
    )
    card = await day.wait_for_message("Council approves tram line", slot, "needs 1 approval", "$0.20")
    assert "Check: 410 million euros · " in card.text
    assert "Ana Petrova" in card.text
    await day.take_picture("day-2-morning")
    assert "is for" in await day.press_and_wait(
        card, "Approve all", by=CARMEN
    )  # who only looks can't approve
    assert "Approved." in await day.press_and_wait(card, "Approve all", by=BILAL)
    await day.until(lambda: len(day.timeline()) == 2)  # X has no slots
    await day.wait_for_message("Council approves tram line", "✓ Bilal", "https://x.com/")
    assert len(day.channel(ENGLISH)) == 1
    assert day.posts("tram")["english"].state is PostState.SCHEDULED


async def two_people_on_one_card(day: Day) -> None:
    """Two have to approve in Urdu, and not the same one twice; who presses second reads who was first."""
    day.publish_article(
        "visitors",
        "بندرگاہ میں ۴٫۲ ملین مسافر",
        "بندرگاہ کے حکام نے پیر کو بتایا کہ گزشتہ سال ۴٫۲ ملین مسافر آئے۔ یہ پہلے سے زیادہ ہیں۔",
        "حکام کے مطابق اس سال مزید جہاز آئیں گے اور نئی گودی مارچ میں کھلے گی۔",
        language="ur",
    )
    card = await day.wait_for_message("بندرگاہ میں", "urdu · ", "needs 2 approval", "x · ")
    await day.press_and_wait(card, "Approve all", by=BILAL)
    await day.wait_for_message("بندرگاہ میں", "needs 1 approval", "✓ Bilal")
    assert "another person has to" in await day.press_and_wait(card, "Approve", by=BILAL)
    assert day.channel(URDU) == []
    await day.watch_chat(me=BILAL)
    first, second = (day.press_button(card, "Approve", by=who) for who in (ADA, BILAL))
    assert "Approved." in await day.wait_for_popup(first)
    assert "Ada was first" in await day.wait_for_popup(second)
    await day.take_picture("day-3-two-people", without_popup=False)
    await day.until(lambda: len(day.channel(URDU)) == 1 and len(day.timeline()) == 3)


async def a_wrong_number(day: Day) -> None:
    """It was 2.4 million: one command shows the change, one press does it; Bilal's desk is Urdu."""
    await day.ask_desk("/lang ur", "اردو", by=BILAL, chat=BILAL)
    article = day.posts("visitors")["urdu"].article_id
    shown = await day.ask_desk(f"/fix {article} 4.2 > 2.4", "urdu", "x", "۲٫۴", by=BILAL, chat=BILAL)
    assert "۴٫۲" in day.channel(URDU)[0].text
    await day.take_picture("day-4-wrong-number", BILAL, me=BILAL)
    await day.press_and_wait(shown, "جی ہاں", by=BILAL, chat=BILAL)
    await day.until(lambda: all("۲٫۴" in text for text in (day.channel(URDU)[0].text, day.timeline()[-1])))
    await day.until(lambda: "۴٫۲" not in "".join([day.channel(URDU)[0].text, *day.timeline()]))
    assert len(day.timeline()) == 3


async def a_court_order(day: Day) -> None:
    """A lawyer calls: Ada takes an article down, out or waiting, and it never comes back."""
    trial = day.publish_article(
        "trial",
        "Harbour master on trial",
        "The trial of the former harbour master began on Monday. The court heard two witnesses.",
    )
    card = await day.wait_for_message("Harbour master on trial", "12:30")
    await day.press_and_wait(card, "Approve all", by=BILAL)
    await day.until(lambda: len(day.timeline()) == 4)
    question = await day.ask_desk(f"/takedown {trial}", "Sure?", by=ADA)
    assert "Only Ada can answer" in await day.press_and_wait(question, "Yes", by=BILAL)
    await day.press_and_wait(question, "Yes", by=ADA)
    await day.wait_for_message("/takedown", "english: dropped before it went out", "x: ")
    await day.until(lambda: len(day.timeline()) == 3)
    await day.wait_for_message("Harbour master on trial", "x · withdrawn")
    polled = day.site.polls()
    day.site.stories[-1].guid = "trial-again"  # the site's feed brings it as something new
    await day.ask_desk(f"/post {trial}", "Ada took this down", by=BILAL)
    await day.until(lambda: day.site.polls() > polled + 2)
    assert len(day.timeline()) == 3
    assert {post.state for post in day.posts("trial").values()} == {PostState.CANCELLED, PostState.WITHDRAWN}
    await day.take_picture("day-5-court-order")


async def a_colleague_off_sick(day: Day) -> None:
    """Bilal is ill: Ada's link makes Dana an editor, and her press counts at once."""
    day.publish_article(
        "school", "School roof is mended", "The school's roof is mended, the city said on Tuesday."
    )
    card = await day.wait_for_message("School roof is mended", "needs 1 approval")
    await day.press_and_wait(card, "Approve all", by=DANA)
    assert {post.state for post in day.posts("school").values()} == {PostState.HELD}
    invitation = await day.ask_desk("/invite editor", "The first person to open this", by=ADA, chat=ADA)
    link = invitation.text.split()[-1]
    code = parse_qs(urlsplit(link).query)["start"][0]
    await day.ask_desk(f"/start {code}", "Welcome, Dana", by=DANA, chat=DANA)
    assert "Approved." in await day.press_and_wait(card, "Approve all", by=DANA)
    await day.wait_for_message("School roof is mended", "✓ Dana")
    await day.take_picture("day-6-stand-in", me=DANA)
    await day.until(lambda: len(day.timeline()) == 4)


async def a_train_without_signal(day: Day) -> None:
    """Newsbot and Bilal were away: what is old is asked about, stopping is done, no press counts twice."""
    day.publish_article(
        "museum", "Museum opens on Sundays", "The harbour's museum opens on Sundays from April on."
    )
    day.publish_article("pool", "Pool is closed for a week", "The pool is closed for a week, the city said.")
    day.publish_article(
        "market", "Market moves to the quay", "The fish market moves to the quay, the city said."
    )
    museum = await day.wait_for_message("Museum opens on Sundays", "needs 1 approval")
    market = await day.wait_for_message("Market moves to the quay", "needs 1 approval")
    await day.wait_for_message("Pool is closed for a week", "needs 1 approval")
    await day.stop_newsbot()

    before = len(day.chat())
    day.send_text(f"/stop {day.posts('pool')['x'].article_id}", by=BILAL, ago=14 * MINUTE)
    day.send_text(f"/approve {day.posts('museum')['x'].id}", by=BILAL, ago=14 * MINUTE)
    day.send_text("The museum will be open on Sundays.", by=BILAL, ago=2 * MINUTE, reply_to=museum.message_id)
    press = day.press_button(market, "Approve all", by=ADA)
    day.play.replay(fresh=True)
    await day.start_newsbot()

    await day.wait_for_message("Stopped.", "Pool is closed", after=before)
    assert {post.state for post in day.posts("pool").values()} == {PostState.CANCELLED}
    old = await day.wait_for_message("Asked 14 min ago: /approve", "Still?", after=before)
    which = await day.wait_for_message("On which channel", after=before)
    assert day.posts("museum")["x"].state is PostState.HELD
    await day.take_picture("day-7-train", me=BILAL)
    await day.press_and_wait(which, "x", by=BILAL)
    await day.wait_for_message("Changed on x", "The museum will be open", after=before)
    await day.press_and_wait(old, "Yes, do it now", by=BILAL)
    assert "Approved." in await day.wait_for_popup(press)
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
