"""What is X's own: refusals, prices, media, signatures, settings."""

import time
from collections.abc import AsyncIterator
from decimal import Decimal
from email.utils import formatdate
from typing import Any

import pytest
from pydantic import ValidationError

from newsbot.channels.x import XSettings
from newsbot.errors import (
    ChannelRefused,
    Duplicate,
    MediaRefused,
    NotSent,
    OutcomeUnknown,
    OutOfCredits,
    RateLimited,
    Refused,
    SendError,
)
from newsbot.model import Receipt
from newsbot.sandbox import Credentials, Sandbox

from .servers import Request, accepted, answer, make, part, photograph, serving
from .stand_ins.x import KEYS


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(credentials=Credentials(**KEYS)) as running:
        yield running


async def refusal(
    status: str,
    body: Any,
    *,
    headers: dict[str, str] | None = None,
    after: Receipt | None = None,
    photo: bool = False,
) -> SendError:
    """How a post ends that is answered so; uploads go well."""

    async def behave(request: Request, writer: Any) -> None:
        own = "/2/tweets" in request.line
        await (answer(body, status, headers) if own else accepted("x"))(request, writer)

    async with serving(behave) as server:
        channel = make("x", server.url)
        with pytest.raises(SendError) as caught:
            await channel.send(part(photo=photo), after=after)
        await channel.close()
    return caught.value


def problem(detail: str, title: str = "Forbidden", **more: Any) -> dict[str, Any]:
    return {"title": title, "detail": detail, "type": "about:blank"} | more


def coded(code: int, message: str) -> dict[str, Any]:
    """As v1.1 words it, which v2 still does now and then."""
    return {"errors": [{"code": code, "message": message}]}


# ---------------------------------------------------------------- refusals

DUPLICATE = problem("You are not allowed to create a Tweet with duplicate content.")
PERMISSION = problem(
    "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
)
CAPPED = problem("Usage cap exceeded: Monthly", "UsageCapExceeded")
TYPE = "https://api.twitter.com/2/problems"
LOCKED = "To protect our users from spam, this account is temporarily locked. Please log in to unlock it."
AUTOMATED = "This request looks like it might be automated. Please try again later."
ENROLL = problem(
    "You must use keys and tokens from a developer App that is attached to a Project.",
    "Client Forbidden",
    reason="client-not-enrolled",
    type=f"{TYPE}/client-forbidden",
)
SPENT = problem("It has reached its billing cycle spend cap.", "SpendCapReached", type=f"{TYPE}/credits")
INVALID = problem("One or more parameters to your request was invalid.", "Invalid Request")
REFUSALS = [
    ("400 Bad Request", INVALID, Refused, "parameters"),
    ("400 Bad Request", problem("Your Tweet text is too long.", "Bad Request"), Refused, "too long"),
    ("400 Bad Request", b"<html>proxy</html>", NotSent, "proxies"),
    ("401 Unauthorized", problem("Unauthorized", "Unauthorized"), ChannelRefused, "access_token_secret"),
    ("401 Unauthorized", b"", ChannelRefused, "clock"),
    ("402 Payment Required", b"", OutOfCredits, "credits"),
    ("402 Payment Required", problem("no credits", "CreditsDepleted"), OutOfCredits, "credits"),
    ("403 Forbidden", DUPLICATE, Duplicate, "out already"),
    ("403 Forbidden", coded(187, "Status is a duplicate."), Duplicate, "out already"),
    ("403 Forbidden", coded(326, LOCKED), ChannelRefused, "log in to the account"),
    ("403 Forbidden", coded(185, "User is over daily status update limit."), RateLimited, "daily"),
    ("403 Forbidden", coded(226, AUTOMATED), NotSent, "automated"),
    ("403 Forbidden", coded(261, "Application cannot perform write actions."), ChannelRefused, "Write"),
    ("403 Forbidden", problem("Forbidden.", type=f"{TYPE}/client-forbidden"), ChannelRefused, "Write"),
    ("403 Forbidden", ENROLL, ChannelRefused, "Project"),
    ("403 Forbidden", problem("Not for you", type=f"{TYPE}/oauth1-permissions"), ChannelRefused, "Write"),
    ("403 Forbidden", SPENT, OutOfCredits, "credits"),
    ("403 Forbidden", problem("You can not reply to that.", type=f"{TYPE}/x"), Refused, "reply"),
    ("403 Forbidden", PERMISSION, ChannelRefused, "Read and Write"),
    ("403 Forbidden", problem("Your account is suspended"), ChannelRefused, "log in to the account"),
    ("403 Forbidden", problem("You are not permitted to perform this action."), ChannelRefused, "Write"),
    ("403 Forbidden", problem("You are not permitted to post more than one cashtag."), Refused, "cashtag"),
    ("403 Forbidden", problem("Forbidden"), ChannelRefused, "Read and Write"),
    ("403 Forbidden", b"<html>blocked</html>", ChannelRefused, "Read and Write"),
    ("403 Forbidden", {"errors": [{"code": 64, "message": "suspended"}]}, ChannelRefused, "log in"),
    ("404 Not Found", problem("Not Found", "Not Found"), ChannelRefused, "check api"),
    ("413 Payload Too Large", b"", NotSent, "413"),
    ("429 Too Many Requests", CAPPED, OutOfCredits, "credits"),
    ("429 Too Many Requests", b"<html>slow down</html>", RateLimited, "429"),
    ("429 Too Many Requests", [1], RateLimited, "429"),
    ("403 Forbidden", {"errors": None, "detail": 7}, ChannelRefused, "403"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "error", "words"), REFUSALS)
async def test_a_refusal_says_whom_it_concerns_and_what_to_do(
    status: str, body: Any, error: type, words: str
) -> None:
    found = await refusal(status, body)
    assert type(found) is error
    assert words in str(found)


async def test_a_reply_that_is_not_permitted_concerns_that_post_alone() -> None:
    body = problem("You are not permitted to perform this action.")
    assert type(await refusal("403 Forbidden", body, after=Receipt(0, "5"))) is Refused


async def test_a_post_refused_for_its_photo_says_so() -> None:
    body = problem(
        "One or more parameters to your request was invalid.",
        "Invalid Request",
        errors=[
            {"parameters": {"media.media_ids": ["1"]}, "message": "Your media IDs are invalid."},
        ],
        type=f"{TYPE}/invalid-request",
    )
    assert type(await refusal("400 Bad Request", body, photo=True)) is MediaRefused
    assert type(await refusal("400 Bad Request", body)) is Refused


def window(kind: str, remaining: int, seconds: int) -> dict[str, str]:
    reset = int(time.time()) + seconds
    return {f"x-{kind}-remaining": str(remaining), f"x-{kind}-reset": str(reset)}


async def limited(**headers: str) -> RateLimited:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    date = {"Date": formatdate(usegmt=True)} if "Date" not in named else {}
    found = await refusal("429 Too Many Requests", problem("Too Many Requests"), headers=named | date)
    assert isinstance(found, RateLimited)
    return found


async def test_a_429_waits_until_the_window_resets() -> None:
    found = await limited(**window("rate-limit", 0, 600))
    assert 595 <= found.retry_after <= 601
    assert found.key is not None
    assert found.key.endswith(":posts")


async def test_a_429_of_the_day_waits_for_the_day() -> None:
    day = window("app-limit-24hour", 0, 40_000)
    found = await limited(**window("rate-limit", 50, 600), **day)
    assert 39_990 <= found.retry_after <= 40_001
    assert found.key is not None
    assert found.key.endswith(":daily")


async def test_the_wait_is_by_xs_own_clock() -> None:
    """This machine's may be off by an hour."""
    headers = {"x-rate-limit-reset": "1700000100", "Date": formatdate(1_700_000_000, usegmt=True)}
    assert (await limited(**headers)).retry_after == 100


@pytest.mark.parametrize("reset", ["soon", "", "-5", "1"])
async def test_a_reset_that_makes_no_sense_still_waits(reset: str) -> None:
    assert (await limited(**{"x-rate-limit-reset": reset})).retry_after >= 1


# ---------------------------------------------------------------- posts


async def test_a_receipt_has_a_permalink_that_needs_no_name(sandbox: Sandbox) -> None:
    channel = make("x", sandbox.x_url)
    receipt = await channel.send(part(), after=None)
    await channel.close()
    assert receipt.remote_id == sandbox.x.tweets[0].id
    assert receipt.url == f"https://x.com/i/status/{receipt.remote_id}"


async def test_a_thread_replies_to_the_part_before(sandbox: Sandbox) -> None:
    channel = make("x", sandbox.x_url)
    first = await channel.send(part("one"), after=None)
    await channel.send(part("two"), after=first)
    await channel.close()
    assert [tweet.reply_to for tweet in sandbox.x.tweets] == [None, first.remote_id]


async def test_calls_are_signed_over_the_address_they_go_to(sandbox: Sandbox) -> None:
    """The stand-in checks every signature; one wrong secret is a 401."""
    wrong = make("x", sandbox.x_url, access_token_secret="another")
    with pytest.raises(ChannelRefused, match="consumer_key"):
        await wrong.send(part(), after=None)
    await wrong.close()
    assert not sandbox.x.tweets


async def test_a_duplicate_is_refused_as_out_already(sandbox: Sandbox) -> None:
    channel = make("x", sandbox.x_url)
    await channel.send(part(), after=None)
    with pytest.raises(Refused, match="out already"):
        await channel.send(part(), after=None)
    await channel.close()


async def test_an_account_without_credits_is_a_refused_channel(sandbox: Sandbox) -> None:
    sandbox.x.credits_usd = Decimal(0)
    channel = make("x", sandbox.x_url)
    with pytest.raises(ChannelRefused, match="out of credits"):
        await channel.send(part(), after=None)
    await channel.close()


async def test_each_call_has_a_connection_of_its_own() -> None:
    """One kept open may be found dead only after a post was written to it."""
    async with serving(accepted("x")) as server:
        channel = make("x", server.url)
        for number in range(3):
            await channel.send(part(str(number)), after=None)
        await channel.close()
        assert server.connections == 3


# ---------------------------------------------------------------- media


async def test_a_photo_comes_with_its_alt_text(sandbox: Sandbox) -> None:
    channel = make("x", sandbox.x_url)
    receipt = await channel.send(part(photo=True, alt="A bridge" * 200), after=None)
    await channel.close()
    (media,) = sandbox.x.tweets[0].media
    assert (media.data, media.alt) == (photograph(), ("A bridge" * 200)[:1000])
    assert receipt.note is None


@pytest.mark.parametrize(
    "fault", ["500", "reset_after_processing", "hang_after_processing", "429", "not_json", "dripping_body"]
)
async def test_the_text_goes_out_without_a_photo_that_can_not_be_uploaded(
    sandbox: Sandbox, fault: Any
) -> None:
    sandbox.faults.add("x", "POST /2/media/upload", fault)
    channel = make("x", sandbox.x_url)
    channel.deadline = 2.5
    receipt = await channel.send(part(photo=True), after=None)
    await channel.close()
    assert sandbox.x.tweets[0].media == ()
    assert str(receipt.note).startswith("photo left out: ")
    assert "may or may not" not in str(receipt.note)


async def test_the_photo_goes_out_without_words_that_are_not_taken(sandbox: Sandbox) -> None:
    sandbox.faults.add("x", "POST /2/media/metadata", "500")
    channel = make("x", sandbox.x_url)
    receipt = await channel.send(part(photo=True, alt="A bridge"), after=None)
    await channel.close()
    assert [media.alt for media in sandbox.x.tweets[0].media] == [None]
    assert "alt text left out" in str(receipt.note)


# ---------------------------------------------------------------- prices and paces


@pytest.mark.parametrize(
    ("text", "usd"),
    [
        ("Plain words", "0.015"),
        ("See https://example.org/a", "0.20"),
        ("See example.org", "0.20"),
        ("Version 2.0 of it", "0.015"),
    ],
)
def test_a_post_costs_what_x_takes_for_its_links(text: str, usd: str) -> None:
    assert make("x", "http://127.0.0.1:1").price([part(text)]) == Decimal(usd)


def test_the_parts_and_the_alt_text_add_up() -> None:
    parts = [
        part("One https://example.org/", photo=True, alt="A bridge"),
        part("Two"),
        part("Three", photo=True),
    ]
    assert make("x", "http://127.0.0.1:1").price(parts) == Decimal("0.235")


def test_the_budgets_own_prices_hold() -> None:
    budget = {"month_usd": 50, "post_usd": 0.02, "link_post_usd": 0.3}
    channel = make("x", "http://127.0.0.1:1", budget=budget)
    assert channel.price([part("One"), part("Two https://example.org/")]) == Decimal("0.32")
    assert channel.settings.budget.month_usd == 50


async def test_the_price_is_what_the_stand_in_books(sandbox: Sandbox) -> None:
    parts = [
        part("One https://example.org/", photo=True, alt="A bridge"),
        part("Two"),
        part("Three example.com"),
    ]
    channel = make("x", sandbox.x_url)
    after = None
    for one in parts:
        after = await channel.send(one, after=after)
    await channel.close()
    assert sandbox.x.spend_usd == channel.price(parts)


def test_channels_on_one_account_share_its_pace() -> None:
    one, two = (make("x", "http://127.0.0.1:1").rates() for _ in range(2))
    assert one == two
    assert [(rate.count, rate.seconds, rate.precise) for rate in one] == [
        (100, 900.0, False),
        (10_000, 86_400.0, False),
    ]
    other = make("x", "http://127.0.0.1:1", access_token="43-other").rates()
    assert other[0].key != one[0].key
    assert other[1].key == one[1].key


# ---------------------------------------------------------------- who we are


async def test_it_says_whose_account_it_is(sandbox: Sandbox) -> None:
    channel = make("x", sandbox.x_url)
    identity = await channel.identify()
    await channel.close()
    assert (identity.name, identity.place) == ("@sandbox", f"{sandbox.x_url} in place of X")


@pytest.mark.parametrize(("level", "fine"), [("read", False), ("read-write", True)])
async def test_tokens_that_may_only_read_are_named(level: str, fine: bool) -> None:  # noqa: FBT001  a table's column
    me = {"data": {"id": "1", "name": "Example", "username": "example"}}
    async with serving(answer(me, headers={"x-access-level": level})) as server:
        channel = make("x", server.url)
        if fine:
            assert (await channel.identify()).name == "@example"
        else:
            with pytest.raises(ChannelRefused, match="Read and Write"):
                await channel.identify()
        await channel.close()


async def test_a_lost_question_is_no_lost_post() -> None:
    async with serving(answer(b"", "500 Internal Server Error")) as server:
        channel = make("x", server.url)
        with pytest.raises(OutcomeUnknown) as caught:
            await channel.identify()
        await channel.close()
    assert "post" not in str(caught.value)


# ---------------------------------------------------------------- settings


def settings(**keys: Any) -> XSettings:
    return XSettings(kind="x", **KEYS | keys)


def test_the_interfaces_keys_are_taken() -> None:
    pace = {"posts": "50/15min", "daily": "500/day"}
    found = settings(
        api="http://127.0.0.1:8082/", link="never", pace=pace, on_correct="repost", on_edit="ignore"
    )
    assert found.pace.posts == (50, 900.0)
    assert (found.api, found.link, found.budget) == ("http://127.0.0.1:8082", "never", None)


async def test_only_an_account_that_says_so_has_long_posts_and_edits(sandbox: Sandbox) -> None:
    plain, premium = make("x", sandbox.x_url, on_correct="repost"), make("x", sandbox.x_url, long=True)
    assert (plain.capabilities.text, plain.capabilities.edits) == (280, False)
    assert (premium.capabilities.text, premium.capabilities.edits) == (25_000, True)
    sandbox.x.length_limit = 25_000
    text = "word " * 4_999
    await premium.send(part(text.strip()), after=None)
    assert [tweet.text for tweet in sandbox.x.tweets] == [text.strip()]
    await plain.close()
    await premium.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"consumer_key": " "},
        {"budget": {"month_usd": -1}},
        {"link": "maybe"},
        {"on_edit": "edit", "on_correct": "reply"},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)
