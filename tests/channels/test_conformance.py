"""Every kind of channel keeps the port, against stand-ins that are as strict as the platforms."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from newsbot.channels import KINDS, channel_class
from newsbot.errors import MessageGone, NotSent, OutcomeUnknown, RateLimited, Refused, TooLate
from newsbot.model import Limits, Receipt
from newsbot.ports import Channel, Rate
from newsbot.sandbox import Credentials, Sandbox
from tests.delivery.unknowns import MovedClock

from .servers import KEYS, TOKEN, assert_no_secret, make, part, photograph

URDU = "وزیراعظم نے کہا: «یہ فیصلہ» — \u200f2026 میں ہوگا 👩\u200d👩\u200d👧\u200d👦🇵🇰 ﷽ café"


@dataclass
class Place:
    """A channel and what its platform has received."""

    kind: str
    channel: Any
    sandbox: Sandbox
    printed: pytest.CaptureFixture[str]

    def texts(self) -> list[str]:
        if self.kind == "x":
            return [tweet.text for tweet in self.sandbox.x.tweets]
        if self.kind == "console":
            return self.printed.readouterr().out.removesuffix("\n\n").split("\n\n")
        return [message.text for message in self.sandbox.telegram.chat("@sandbox").messages]

    def amend_call(self, what: str) -> str:
        return "DELETE /2/tweets/:id" if self.kind == "x" else f"{what}Message*"

    async def amend(self, what: str, receipt: Receipt) -> None:
        if what == "edit":
            await self.channel.edit(part("2.4 million"), receipt)
        else:
            await self.channel.delete(receipt)

    @property
    def post_call(self) -> str:
        return "POST /2/tweets" if self.kind == "x" else "sendMessage"


def place_at(kind: str, sandbox: Sandbox, printed: pytest.CaptureFixture[str], **more: Any) -> Place:
    api = sandbox.x_url if kind == "x" else sandbox.telegram_url
    settings = {"chat": "@sandbox"} if kind == "telegram" else {}
    return Place(kind, make(kind, api, **settings | more), sandbox, printed)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(token=TOKEN, credentials=Credentials(**KEYS)) as running:
        running.telegram.pace.per_chat = None
        yield running


@pytest.fixture(params=list(KINDS))
async def place(
    request: pytest.FixtureRequest, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Place]:
    """Each registered kind."""
    here = place_at(request.param, sandbox, capsys)
    yield here
    await here.channel.close()
    assert not sandbox.violations


@pytest.fixture
async def remote(kind: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Place]:
    """Each kind that calls a platform."""
    here = place_at(kind, sandbox, capsys)
    yield here
    await here.channel.close()


# ---------------------------------------------------------------- the port


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_declares_what_newsbot_asks_of_it(name: str) -> None:
    own = channel_class(name)
    assert own.kind == name
    assert isinstance(own.limits, Limits)
    assert own.template.endswith(".j2")
    assert {"kind", "template", "approval", "languages", "schedule"} <= own.Settings.model_fields.keys()


async def test_it_is_a_channel(place: Place) -> None:
    for name, member in inspect.getmembers(Channel, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(type(place.channel), name)) == inspect.signature(member), name
    assert place.channel.deadline > 0
    assert place.channel.limits is type(place.channel).limits


async def test_a_post_arrives_exactly_as_it_was_written(place: Place) -> None:
    receipt = await place.channel.send(part(URDU), after=None)
    assert place.texts() == [URDU]
    assert receipt.part == 0
    assert receipt.remote_id
    assert receipt.note is None


async def test_a_thread_arrives_in_its_order(place: Place) -> None:
    first = await place.channel.send(part("one"), after=None)
    second = await place.channel.send(part("two"), after=first)
    assert place.texts() == ["one", "two"]
    assert first.remote_id != second.remote_id


async def test_the_price_is_none_or_dollars_and_grows_with_the_parts(place: Place) -> None:
    one, two = (place.channel.price([part()] * n) for n in (1, 2))
    assert (one, two) == (None, None) or Decimal(0) < one < two


async def test_rates_name_no_secret(place: Place) -> None:
    for rate in place.channel.rates():
        assert isinstance(rate, Rate)
        assert_no_secret(rate.key)


async def test_it_says_who_we_are_and_sends_nothing(place: Place) -> None:
    identity = await place.channel.identify()
    assert identity.name
    assert identity.place
    assert place.texts() in ([], [""])


async def test_a_photo_comes_with_its_text_or_is_left_out(place: Place) -> None:
    await place.channel.send(part("with a photo", photo=True, alt="A bridge"), after=None)
    assert place.texts() == ["with a photo"]


@pytest.mark.parametrize("link", ["https://example.org/status/{}", "{}/", "{}"])
async def test_a_thread_goes_on_from_a_link_that_an_editor_gave(remote: Place, link: str) -> None:
    first = await remote.channel.send(part("one"), after=None)
    told = Receipt(0, link.format(first.remote_id))
    assert (await remote.channel.send(part("two"), after=told)).note is None
    if remote.kind == "x":
        assert remote.sandbox.x.tweets[1].reply_to == first.remote_id
    else:
        assert remote.sandbox.telegram.chat("@sandbox").messages[1].reply_to == int(first.remote_id)


async def test_a_thread_goes_on_untied_where_the_id_is_not_known(remote: Place) -> None:
    receipt = await remote.channel.send(part("two"), after=Receipt(0, "by hand"))
    assert receipt.note == "not tied to the part before it, whose id is not known"
    assert remote.texts() == ["two"]


# ---------------------------------------------------------------- what is out


async def test_what_is_out_is_edited_where_the_kind_can(place: Place) -> None:
    first = await place.channel.send(part("4.2 million"), after=None)
    second = await place.channel.send(part("the end"), after=first)
    if not place.channel.limits.edits:
        with pytest.raises(TooLate):
            await place.channel.edit(part("2.4 million"), first)
        assert place.texts() == ["4.2 million", "the end"]
        return
    edited = await place.channel.edit(part("2.4 million"), first)
    assert (edited.remote_id, edited.url) == (first.remote_id, first.url)
    await place.channel.edit(part("2.4 million"), first)
    await place.channel.edit(part("The end"), second)
    assert place.texts() == ["2.4 million", "The end"]


async def test_what_is_out_is_deleted_where_the_kind_can(place: Place) -> None:
    first = await place.channel.send(part("one"), after=None)
    second = await place.channel.send(part("two"), after=first)
    if not place.channel.limits.deletes:
        with pytest.raises(TooLate):
            await place.channel.delete(first)
        assert place.texts() == ["one", "two"]
        return
    await place.channel.delete(first)
    await place.channel.delete(first)
    assert place.texts() == ["two"]
    await place.channel.delete(second)
    assert place.texts() == []


async def test_what_is_gone_can_not_be_edited(place: Place) -> None:
    if place.channel.limits.edits:
        receipt = await place.channel.send(part("one"), after=None)
        await place.channel.delete(receipt)
        with pytest.raises(MessageGone):
            await place.channel.edit(part("two"), receipt)


@pytest.mark.parametrize("arrives", ["the photo", "no photo"])
async def test_a_posts_words_are_edited_whether_or_not_its_photo_is_there(
    kind: str, arrives: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    place = place_at(kind, sandbox, capsys, **{"fetch_image": missing} if arrives == "no photo" else {})
    if place.channel.limits.edits:
        receipt = await place.channel.send(part("4.2 million", photo=True), after=None)
        await place.channel.edit(part("2.4 million", photo=True), receipt)
        assert place.texts() == ["2.4 million"]
        assert len(photos(place)) == (1 if arrives == "the photo" else 0)
    await place.channel.close()


async def test_nothing_is_done_to_a_message_that_may_be_another(remote: Place) -> None:
    receipt = await remote.channel.send(part("one"), after=None)
    strange = [Receipt(0, "by hand")]
    if remote.kind == "telegram":  # numbers count from 1 in every chat
        strange += [Receipt(0, receipt.remote_id, f"https://t.me/other/{receipt.remote_id}")]
        strange += [Receipt(0, receipt.remote_id, f"https://t.me/c/42/{receipt.remote_id}")]
        strange += [Receipt(0, receipt.remote_id)]
    for each in strange:
        with pytest.raises(Refused):
            await remote.channel.delete(each)
        with pytest.raises(Refused):
            await remote.channel.edit(part("two"), each)
    assert remote.texts() == ["one"]


async def test_each_kind_deletes_for_as_long_as_it_says(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = MovedClock()
    async with Sandbox(token=TOKEN, credentials=Credentials(**KEYS), clock=clock, open_=True) as sandbox:
        sandbox.telegram.pace.per_chat = None
        place = place_at(kind, sandbox, capsys)
        receipts = [await place.channel.send(part(text), after=None) for text in ("one", "two")]
        clock.ahead = min(place.channel.limits.deletes, timedelta(days=4000)) - timedelta(minutes=1)
        await place.channel.delete(receipts[0])
        clock.ahead += timedelta(minutes=2)
        if place.channel.limits.deletes < timedelta.max:
            with pytest.raises(TooLate):
                await place.channel.delete(receipts[1])
            await place.channel.edit(part("Withdrawn."), receipts[1])
        await place.channel.close()


@pytest.mark.parametrize("what", ["edit", "delete"])
@pytest.mark.parametrize("fault", ["500_after_processing", "503", "reset_after_processing", "cut_body"])
async def test_an_edit_or_delete_of_which_nothing_is_known_is_made_again(
    remote: Place, what: str, fault: Any
) -> None:
    if what == "edit" and not remote.channel.limits.edits:
        return
    receipt = await remote.channel.send(part("4.2 million"), after=None)
    remote.sandbox.faults.add(remote.kind, remote.amend_call(what), fault)
    with pytest.raises(OutcomeUnknown):
        await remote.amend(what, receipt)
    await remote.amend(what, receipt)
    assert remote.texts() == (["2.4 million"] if what == "edit" else [])


@pytest.mark.parametrize("what", ["edit", "delete"])
async def test_an_edit_or_delete_that_comes_too_soon_says_about_which_pace(remote: Place, what: Any) -> None:
    if what == "edit" and not remote.channel.limits.edits:
        return
    receipt = await remote.channel.send(part("4.2 million"), after=None)
    remote.sandbox.faults.add(remote.kind, remote.amend_call(what), "429", retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await remote.amend(what, receipt)
    assert 5 <= caught.value.retry_after <= 7
    assert caught.value.key in {rate.key for rate in remote.channel.rates_of(what)}


async def test_a_connection_that_never_was_proves_that_nothing_was_done(remote: Place) -> None:
    receipt = await remote.channel.send(part("one"), after=None)
    remote.sandbox.faults.add(remote.kind, "*", "refused")
    with pytest.raises(NotSent):
        await remote.channel.delete(receipt)


async def test_a_silent_post_makes_no_sound_where_the_kind_knows_of_it(place: Place) -> None:
    await place.channel.send(part("one"), after=None, silent=True)
    await place.channel.send(part("two"), after=None)
    assert place.texts() == ["one", "two"]
    if place.kind == "telegram":
        silent = [message.silent for message in place.sandbox.telegram.chat("@sandbox").messages]
        assert silent == [True, False]


# ---------------------------------------------------------------- photos


def photos(place: Place) -> list[bytes]:
    if place.kind == "x":
        return [media.data for tweet in place.sandbox.x.tweets for media in tweet.media]
    found = [message.photo for message in place.sandbox.telegram.chat("@sandbox").messages]
    return [photo.data for photo in found if photo]


async def test_the_photos_bytes_arrive(remote: Place) -> None:
    receipt = await remote.channel.send(part("one", photo=True), after=None)
    assert photos(remote) == [photograph()]
    assert receipt.note is None
    assert not remote.sandbox.violations


@pytest.mark.parametrize("form", ["png", "jpeg", "gif", "webp"])
async def test_each_format_of_photo_arrives(
    kind: str, form: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fetch(_: str) -> bytes:
        return photograph(form)

    place = place_at(kind, sandbox, capsys, fetch_image=fetch)
    receipt = await place.channel.send(part("one", photo=True), after=None)
    await place.channel.close()
    assert (receipt.note, photos(place)) == (None, [photograph(form)])


async def missing(_: str) -> bytes:
    raise OSError("no route")


async def page(_: str) -> bytes:
    return b"<html>not a photo</html>"


async def huge(_: str) -> bytes:
    return photograph() + bytes(11_000_000)


async def never(_: str) -> bytes:
    await asyncio.sleep(3600)
    raise AssertionError


@pytest.mark.parametrize(
    ("fetch", "words"),
    [(missing, "OSError"), (page, "is not a"), (huge, "more than"), (never, "took longer than")],
)
async def test_the_text_goes_out_without_a_photo_that_fails(
    kind: str, fetch: Any, words: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    place = place_at(kind, sandbox, capsys, fetch_image=fetch)
    place.channel.deadline = 3.0
    receipt = await place.channel.send(part("still here", photo=True), after=None)
    await place.channel.close()
    assert place.texts() == ["still here"]
    assert photos(place) == []
    assert receipt.note.startswith("photo left out: ")
    assert words in receipt.note
    assert not sandbox.violations


# ---------------------------------------------------------------- faults: the others are in test_faults.py


@pytest.mark.parametrize(
    "fault", ["garbage", "500_after_processing", "503_after_processing", "hang_before_processing"]
)
async def test_what_proves_nothing_is_unknown(remote: Place, fault: Any) -> None:
    remote.channel.deadline = 1.5 if fault.startswith("hang") else 10.0
    remote.sandbox.faults.add(remote.kind, remote.post_call, fault)
    with pytest.raises(OutcomeUnknown):
        await remote.channel.send(part("one"), after=None)


async def test_a_slow_answer_within_the_deadline_is_a_receipt(remote: Place) -> None:
    remote.sandbox.faults.add(remote.kind, remote.post_call, "latency", seconds=0.4)
    assert isinstance(await remote.channel.send(part(), after=None), Receipt)


async def test_a_429_says_how_long_and_about_which_pace(remote: Place) -> None:
    remote.sandbox.faults.add(remote.kind, remote.post_call, "429", retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await remote.channel.send(part(), after=None)
    assert 5 <= caught.value.retry_after <= 7
    assert caught.value.key in {rate.key for rate in remote.channel.rates()}


async def test_a_429_that_says_nothing_waits_all_the_same(remote: Place) -> None:
    remote.sandbox.faults.add(remote.kind, remote.post_call, "429_without_retry_after")
    with pytest.raises(RateLimited) as caught:
        await remote.channel.send(part(), after=None)
    assert caught.value.retry_after >= 30
