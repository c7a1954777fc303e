"""Every kind of channel keeps the port and what it declares, against stand-ins as strict as the platforms."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args
from unicodedata import normalize

import pytest
from pydantic import SecretStr

from newsbot.channels import channel_class
from newsbot.channels.settings import CorrectionSettings, PriceSettings
from newsbot.composing.compose import Composer
from newsbot.composing.markup import HtmlSubset
from newsbot.errors import (
    ChannelRefused,
    MediaRefused,
    MessageGone,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SendError,
    TooLate,
)
from newsbot.model import Image, Receipt
from newsbot.ports import Capabilities, Channel, Measure, Rate
from newsbot.sandbox import Sandbox
from newsbot.sandbox.calls import FaultKind
from tests.delivery.unknowns import MovedClock

from .servers import assert_no_secret, make, part, photograph, picture, start_sandbox
from .stand_ins import KINDS, REMOTE_KINDS, PlatformView, view_class

Call = Literal["send", "edit", "delete"]
URDU = "وزیراعظم نے کہا: «یہ فیصلہ» — \u200f2026 میں ہوگا 👩\u200d👩\u200d👧\u200d👦🇵🇰 ﷽ café"


@dataclass
class Place:
    """A channel, and the stand-in of its platform."""

    kind: str
    channel: Channel
    sandbox: Sandbox
    platform: PlatformView

    def texts(self) -> list[str]:
        return [message.text for message in self.platform.messages()]

    def photos(self) -> list[bytes]:
        return [data for message in self.platform.messages() for data, _ in message.photos]

    def break_call(self, call: Call, fault: FaultKind, **more: Any) -> None:
        self.sandbox.faults.add(self.kind, self.platform.calls[call], fault, **more)

    async def amend(self, what: Literal["edit", "delete"], receipt: Receipt) -> None:
        if what == "edit":
            await self.channel.edit(part("2.4 million"), receipt)
        else:
            await self.channel.delete(receipt)

    def can(self, what: Literal["edit", "delete"]) -> bool:
        can = self.channel.capabilities
        return can.edits if what == "edit" else bool(can.deletes_within)


def place_at(
    kind: str, sandbox: Sandbox, printed: pytest.CaptureFixture[str], fetch_image: Any = picture
) -> Place:
    platform: PlatformView = view_class(kind)(sandbox, printed)
    url = sandbox.url(kind) if kind in REMOTE_KINDS else ""
    return Place(kind, make(kind, url, fetch_image), sandbox, platform)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with start_sandbox() as running:
        yield running


@pytest.fixture(params=list(KINDS))
async def place(
    request: pytest.FixtureRequest, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Place]:
    """Each kind."""
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


# ---------------------------------------------------------------- what a kind declares


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_declares_what_newsbot_asks_of_it(name: str) -> None:
    own = channel_class(KINDS[name])
    assert own.kind == name
    assert isinstance(own.capabilities, Capabilities)
    assert {"kind", "template", "approval", "languages", "schedule"} <= own.Settings.model_fields.keys()


@pytest.mark.parametrize("name", KINDS)
def test_a_kinds_own_template_has_no_mistake(name: str) -> None:
    own = channel_class(KINDS[name])
    beside = Path(inspect.getfile(own)).parent / "templates"
    assert Composer(beside if beside.is_dir() else None).check(own.template, own.capabilities) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_kinds_settings_ask_for_nothing_that_it_can_not_do(name: str) -> None:
    own = channel_class(KINDS[name])
    can, fields = own.capabilities, own.Settings.model_fields
    assert issubclass(own.Settings, CorrectionSettings) == (can.edits or bool(can.deletes_within))
    if issubclass(own.Settings, CorrectionSettings):
        assert ("edit" in get_args(fields["on_correct"].annotation)) == can.edits
        assert ("edit" in get_args(fields["on_edit"].annotation)) == can.edits
        assert ("repost" in get_args(fields["on_correct"].annotation)) == bool(can.deletes_within)
    needed = {key for key, field in fields.items() if field.is_required()} - {"kind"}
    assert needed <= own.Settings.example.keys()
    own.Settings.model_validate({"kind": name, **own.Settings.example})


async def test_a_kind_with_prices_has_a_budget(place: Place) -> None:
    charged = place.channel.price([part()]) is not None
    assert issubclass(channel_class(KINDS[place.kind]).Settings, PriceSettings) == charged


UNITS = ("a", "ب", "日", "e\u0301", "😀", "👨\u200d👩\u200d👧", "🇵🇰")


def fill(unit: str, limit: int, measure: Measure) -> str:
    """A text of the unit that is exactly ``limit`` long."""
    text = unit * (limit // measure(unit))
    return text + "a" * (limit - measure(text))


@pytest.mark.parametrize("photo", [False, True], ids=["text", "caption"])
@pytest.mark.parametrize("unit", UNITS)
async def test_the_declared_length_is_the_platforms(remote: Place, unit: str, photo: bool) -> None:  # noqa: FBT001
    can = remote.channel.capabilities
    if photo and not can.photos:
        return
    text = fill(unit, can.caption_limit if photo else can.text, can.measure)
    receipt = await remote.channel.send(part(text, photo=photo), after=None)
    assert [normalize("NFC", shown) for shown in remote.texts()] == [normalize("NFC", text)]
    assert receipt.note is None
    with pytest.raises((Refused, MediaRefused)):
        await remote.channel.send(part(f"{text}a", photo=photo), after=None)


async def test_marked_up_text_is_shown_as_it_was_meant(remote: Place) -> None:
    markup, text = remote.channel.capabilities.markup, "<b>A & B</b> *c* _d_ `e` &amp; [f](g)"
    written = markup.escape(text)
    assert markup.find_fault(written) is None
    assert markup.show(written) == text
    await remote.channel.send(replace(part(written), parse_mode=markup.parse_mode), after=None)
    assert remote.texts() == [text]


async def test_the_platform_takes_each_tag_of_a_declared_html(remote: Place) -> None:
    markup = remote.channel.capabilities.markup
    if not isinstance(markup, HtmlSubset):
        return
    plain = [tag for tag, attributes in markup.tags.items() if not attributes]
    for tag in plain:
        await remote.channel.send(part(f"<{tag}>one</{tag}>", parse_mode="HTML"), after=None)
    assert remote.texts() == ["one"] * len(plain)
    assert markup.find_fault("<h1>one</h1>")
    with pytest.raises(Refused):
        await remote.channel.send(part("<h1>one</h1>", parse_mode="HTML"), after=None)


async def test_an_address_in_any_script_is_a_link_where_the_kind_says_so(remote: Place) -> None:
    address = "https://example.org/کراچی"
    await remote.channel.send(part(f"News: {address}"), after=None)
    [message] = remote.platform.messages()
    assert (address in message.links) == remote.channel.capabilities.readable_links


async def test_a_reply_is_one_where_the_kind_says_so(place: Place) -> None:
    first = await place.channel.send(part("one"), after=None)
    await place.channel.send(part("two"), after=first)
    shown = [message.reply_to for message in place.platform.messages()]
    assert shown == [None, first.remote_id if place.channel.capabilities.replies else None]


async def test_a_post_has_as_many_photos_as_the_kind_says(place: Place) -> None:
    album = replace(part(), media=(Image("https://example.org/1.png"), Image("https://example.org/2.png")))
    await place.channel.send(album, after=None)
    assert len(place.photos()) == min(2, place.channel.capabilities.photos)


async def test_a_photos_alternative_text_is_as_long_as_the_kind_says(place: Place) -> None:
    can = place.channel.capabilities
    receipt = await place.channel.send(part(photo=True, alt="A bridge. " * 1000), after=None)
    [message] = place.platform.messages()
    assert receipt.note is None
    assert [len(alt or "") for _, alt in message.photos] == [can.alt_text] * can.photos


# ---------------------------------------------------------------- the port


async def test_it_is_a_channel(place: Place) -> None:
    for name, member in inspect.getmembers(Channel, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(type(place.channel), name)) == inspect.signature(member), name
    assert place.channel.deadline > 0
    assert place.channel.capabilities == type(place.channel).capabilities


async def test_a_post_arrives_exactly_as_it_was_written(place: Place) -> None:
    receipt = await place.channel.send(part(URDU), after=None)
    assert place.texts() == [URDU]
    assert receipt.part == 0
    assert receipt.remote_id
    assert receipt.note is None


async def test_a_thread_arrives_in_its_order(place: Place) -> None:
    if place.channel.capabilities.threads:
        first = await place.channel.send(part("one"), after=None)
        second = await place.channel.send(part("two"), after=first)
        assert place.texts() == ["one", "two"]
        assert first.remote_id != second.remote_id


async def test_the_price_is_none_or_dollars_and_grows_with_the_parts(place: Place) -> None:
    one, two = (place.channel.price([part()] * n) for n in (1, 2))
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert Decimal(0) < one < two


async def test_rates_name_no_secret(place: Place) -> None:
    for rate in place.channel.rates():
        assert isinstance(rate, Rate)
        assert_no_secret(rate.key)


async def test_it_says_who_we_are_and_sends_nothing(place: Place) -> None:
    identity = await place.channel.identify()
    assert identity.name
    assert identity.place
    assert place.texts() == []
    assert bool(place.sandbox.calls) == place.channel.capabilities.account


async def test_a_kind_that_can_not_be_asked_says_so() -> None:
    identity = await Channel.identify(make("console", ""))
    assert (identity.name, identity.place) == ("newsbot", "console")
    assert identity.remarks == (
        "this kind of channel can't be asked beforehand: only a post shows whether it is accepted",
    )


@pytest.mark.parametrize("link", ["https://example.org/status/{}", "{}/", "{}"])
async def test_a_thread_goes_on_from_a_link_that_an_editor_gave(remote: Place, link: str) -> None:
    first = await remote.channel.send(part("one"), after=None)
    told = Receipt(0, link.format(first.remote_id))
    assert (await remote.channel.send(part("two"), after=told)).note is None
    if remote.channel.capabilities.replies:
        assert remote.platform.messages()[1].reply_to == first.remote_id


async def test_a_thread_goes_on_untied_where_the_id_is_not_known(remote: Place) -> None:
    receipt = await remote.channel.send(part("two"), after=Receipt(0, "by hand"))
    if remote.channel.capabilities.replies:
        assert str(receipt.note) == "not tied to the part before it, whose id is not known"
    assert remote.texts() == ["two"]


# ---------------------------------------------------------------- what is out


async def test_what_is_out_is_edited_where_the_kind_can(place: Place) -> None:
    first = await place.channel.send(part("4.2 million"), after=None)
    second = await place.channel.send(part("the end"), after=first)
    if not place.channel.capabilities.edits:
        with pytest.raises(TooLate):
            await place.channel.edit(part("2.4 million"), first)
        assert place.texts() == ["4.2 million", "the end"]
        return
    edited = await place.channel.edit(part("2.4 million"), first)
    assert await place.channel.edit(part("2.4 million"), first) == edited
    assert await place.channel.edit(part("2.4 million"), edited) == edited
    assert place.channel.permalink(edited.remote_id) == edited.url
    await place.channel.edit(part("The end"), second)
    assert place.texts() == ["2.4 million", "The end"]


async def test_what_is_out_is_deleted_where_the_kind_can(place: Place) -> None:
    first = await place.channel.send(part("one"), after=None)
    second = await place.channel.send(part("two"), after=first)
    if not place.channel.capabilities.deletes_within:
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
    if place.channel.capabilities.edits:
        receipt = await place.channel.send(part("one"), after=None)
        await place.channel.delete(receipt)
        with pytest.raises(MessageGone):
            await place.channel.edit(part("two"), receipt)


@pytest.mark.parametrize("arrives", ["the photo", "no photo"])
async def test_a_posts_words_are_edited_whether_or_not_its_photo_is_there(
    kind: str, arrives: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    place = place_at(kind, sandbox, capsys, missing if arrives == "no photo" else picture)
    if place.channel.capabilities.edits:
        receipt = await place.channel.send(part("4.2 million", photo=True), after=None)
        await place.channel.edit(part("2.4 million", photo=True), receipt)
        assert place.texts() == ["2.4 million"]
        assert len(place.photos()) == (place.channel.capabilities.photos if arrives == "the photo" else 0)
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
    async with start_sandbox(clock=clock, open_=True) as sandbox:
        place = place_at(kind, sandbox, capsys)
        receipts = [await place.channel.send(part(text), after=None) for text in ("one", "two")]
        clock.ahead = min(place.channel.capabilities.deletes_within, timedelta(days=4000)) - timedelta(
            minutes=1
        )
        await place.channel.delete(receipts[0])
        clock.ahead += timedelta(minutes=2)
        if place.channel.capabilities.deletes_within < timedelta.max:
            with pytest.raises(TooLate):
                await place.channel.delete(receipts[1])
            await place.channel.edit(part("Withdrawn."), receipts[1])
        await place.channel.close()


@pytest.mark.parametrize("what", ["edit", "delete"])
@pytest.mark.parametrize("fault", ["500_after_processing", "503", "reset_after_processing", "cut_body"])
async def test_an_edit_or_delete_of_which_nothing_is_known_is_made_again(
    remote: Place, what: Literal["edit", "delete"], fault: FaultKind
) -> None:
    if not remote.can(what):
        return
    receipt = await remote.channel.send(part("4.2 million"), after=None)
    remote.break_call(what, fault)
    with pytest.raises(OutcomeUnknown):
        await remote.amend(what, receipt)
    await remote.amend(what, receipt)
    assert remote.texts() == (["2.4 million"] if what == "edit" else [])


@pytest.mark.parametrize("what", ["edit", "delete"])
async def test_an_edit_or_delete_that_comes_too_soon_says_about_which_pace(remote: Place, what: Any) -> None:
    if not remote.can(what):
        return
    receipt = await remote.channel.send(part("4.2 million"), after=None)
    remote.break_call(what, "429", retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await remote.amend(what, receipt)
    assert 5 <= caught.value.retry_after <= 7
    assert caught.value.key in {rate.key for rate in remote.channel.get_call_rates(what)}


async def test_a_connection_that_never_was_proves_that_nothing_was_done(remote: Place) -> None:
    receipt = await remote.channel.send(part("one"), after=None)
    remote.sandbox.faults.add(remote.kind, "*", "refused")
    with pytest.raises(NotSent):
        await remote.channel.delete(receipt)


async def test_a_silent_post_makes_no_sound_where_the_kind_knows_of_it(place: Place) -> None:
    await place.channel.send(part("one"), after=None, silent=True)
    await place.channel.send(part("two"), after=None)
    assert place.texts() == ["one", "two"]
    silent = [message.silent for message in place.platform.messages()]
    assert silent == [place.channel.capabilities.silent, False]


async def test_calls_with_the_same_key_make_one_post_where_the_kind_says_so(place: Place) -> None:
    for text, key in (("one", "1"), ("two", "1"), ("three", "2")):
        await place.channel.send(part(text), after=None, key=key)
    once = place.channel.capabilities.idempotency_key
    assert place.texts() == (["one", "three"] if once else ["one", "two", "three"])


# ---------------------------------------------------------------- photos


async def test_the_photos_bytes_arrive(remote: Place) -> None:
    receipt = await remote.channel.send(part("one", photo=True), after=None)
    assert remote.photos() == [photograph()] * remote.channel.capabilities.photos
    assert receipt.note is None
    assert not remote.sandbox.violations


@pytest.mark.parametrize("form", ["png", "jpeg", "gif", "webp"])
async def test_each_format_of_photo_arrives(
    kind: str, form: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fetch(_: str) -> bytes:
        return photograph(form)

    place = place_at(kind, sandbox, capsys, fetch)
    receipt = await place.channel.send(part("one", photo=True), after=None)
    await place.channel.close()
    wanted = [photograph(form)] * place.channel.capabilities.photos
    assert (receipt.note, place.photos()) == (None, wanted)


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
    place = place_at(kind, sandbox, capsys, fetch)
    place.channel.deadline = 3.0
    receipt = await place.channel.send(part("still here", photo=True), after=None)
    await place.channel.close()
    assert place.texts() == ["still here"]
    assert place.photos() == []
    if place.channel.capabilities.photos:
        assert receipt.note
        assert str(receipt.note).startswith("photo left out: ")
        assert words in str(receipt.note)
    assert not sandbox.violations


# ---------------------------------------------------------------- faults: the others are in test_faults.py


@pytest.mark.parametrize(
    "fault", ["garbage", "500_after_processing", "503_after_processing", "hang_before_processing"]
)
async def test_what_proves_nothing_is_unknown(remote: Place, fault: Any) -> None:
    remote.channel.deadline = 1.5 if fault.startswith("hang") else 10.0
    remote.break_call("send", fault)
    with pytest.raises(OutcomeUnknown):
        await remote.channel.send(part("one"), after=None)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("400", Refused), ("401", ChannelRefused), ("404", ChannelRefused)],
    ids=["a refused post", "a refused key", "a place that is not there"],
)
async def test_a_refusal_says_what_it_is_about(
    remote: Place, fault: FaultKind, error: type[SendError]
) -> None:
    remote.break_call("send", fault)
    with pytest.raises(error):
        await remote.channel.send(part("one"), after=None)
    await remote.channel.send(part("two"), after=None)
    assert remote.texts() == ["two"]


def misspell(secret: str) -> str:
    return secret[:-1] + ("a" if secret[-1] != "a" else "b")


async def test_a_wrong_key_is_about_the_channel(remote: Place) -> None:
    """For each of its keys, and for each call; no post is given up for it."""
    receipt = await remote.channel.send(part("one"), after=None)
    settings = make(remote.kind, remote.sandbox.url(remote.kind)).settings
    keys = {name: key for name, key in settings if isinstance(key, SecretStr)}
    for name, key in keys.items():
        wrong = {name: misspell(key.get_secret_value())}
        channel = make(remote.kind, remote.sandbox.url(remote.kind), **wrong)
        with pytest.raises(ChannelRefused):
            await channel.send(part("two"), after=None)
        for what in ("edit", "delete"):
            if remote.can(what):
                with pytest.raises(ChannelRefused):
                    await replace(remote, channel=channel).amend(what, receipt)
        if channel.capabilities.account:
            with pytest.raises(ChannelRefused):
                await channel.identify()
        await channel.close()
    assert keys
    assert remote.texts() == ["one"]


async def test_an_address_at_which_no_api_is_stops_the_channel(remote: Place) -> None:
    channel = make(remote.kind, f"{remote.sandbox.url(remote.kind)}/elsewhere")
    with pytest.raises(ChannelRefused):
        await channel.send(part("one"), after=None)
    await channel.close()
    assert remote.texts() == []


async def test_a_slow_answer_within_the_deadline_is_a_receipt(remote: Place) -> None:
    remote.break_call("send", "latency", seconds=0.4)
    assert isinstance(await remote.channel.send(part(), after=None), Receipt)


async def test_a_429_says_how_long_and_about_which_pace(remote: Place) -> None:
    remote.break_call("send", "429", retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await remote.channel.send(part(), after=None)
    assert 5 <= caught.value.retry_after <= 7
    assert caught.value.key in {rate.key for rate in remote.channel.rates()}


async def test_a_429_that_says_nothing_waits_all_the_same(remote: Place) -> None:
    remote.break_call("send", "429_without_retry_after")
    with pytest.raises(RateLimited) as caught:
        await remote.channel.send(part(), after=None)
    assert caught.value.retry_after >= 30
