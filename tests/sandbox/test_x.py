"""The X stand-in, driven by tweepy and by raw HTTP."""

import asyncio
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import oauthlib.oauth1
import pytest
import requests
import tweepy
from aiohttp import FormData

from newsbot.sandbox import Sandbox
from newsbot.sandbox.x.state import Credentials, compute_signature
from tests.sandbox.conftest import Http, SettableClock, png, tweepy_client

ALT = {"alt_text": {"text": "A lake"}}


async def run(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return await asyncio.to_thread(call, *args, **kwargs)


class Signed:
    """Raw requests with a signature of oauthlib's, which is not ours."""

    def __init__(self, sandbox: Sandbox, http: Http) -> None:
        self.sandbox = sandbox
        self.http = http

    def header(self, verb: str, url: str, clock: SettableClock, **other: Any) -> dict[str, str]:
        keys = self.sandbox.x.credentials
        signer = oauthlib.oauth1.Client(
            **{
                "client_key": keys.consumer_key,
                "client_secret": keys.consumer_secret,
                "resource_owner_key": keys.access_token,
                "resource_owner_secret": keys.access_token_secret,
                "timestamp": str(int(clock.now().timestamp())),
            }
            | other
        )
        return dict(signer.sign(url, verb)[1])

    async def request(
        self,
        verb: str,
        path: str,
        clock: SettableClock,
        *,
        headers: dict[str, str] | None = None,
        **body: Any,
    ) -> tuple[int, Any, Any]:
        url = self.sandbox.x_url + path
        headers = headers or self.header(verb, url, clock)
        async with self.http.session.request(verb, url, headers=headers, **body) as response:
            return (
                response.status,
                await response.json() if response.status != 204 else None,
                response.headers,
            )


@pytest.fixture
def signed(sandbox: Sandbox, http: Http) -> Signed:
    return Signed(sandbox, http)


# ---------------------------------------------------------------- signatures


def test_the_signature_of_rfc_5849s_kind() -> None:
    """X's own worked example ("Creating a signature" in its documents)."""
    keys = Credentials(
        "xvz1evFS4wEEPTGEFPHBog",
        "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    )
    parameters = {
        "status": "Hello Ladies + Gentlemen, a signed OAuth request!",
        "include_entities": "true",
        "oauth_consumer_key": keys.consumer_key,
        "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1318622958",
        "oauth_token": keys.access_token,
        "oauth_version": "1.0",
    }
    url = "https://api.twitter.com/1.1/statuses/update.json"
    assert compute_signature("post", url, parameters.items(), keys) == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="


async def test_another_implementation_signs_the_same(signed: Signed, clock: SettableClock) -> None:
    path = "/2/users/1000000000000000001/tweets?max_results=5&tweet.fields=created_at%2Centities"
    assert (await signed.request("GET", path, clock))[0] == 200


@pytest.mark.parametrize(
    "other",
    [
        {"client_key": "other"},
        {"client_secret": "other"},
        {"resource_owner_key": "other"},
        {"resource_owner_secret": "other"},
        {"timestamp": "1"},
        {"signature_method": "PLAINTEXT"},
    ],
)
async def test_a_wrong_signature_is_unauthorized(
    sandbox: Sandbox, signed: Signed, clock: SettableClock, other: dict[str, str]
) -> None:
    headers = signed.header("GET", f"{sandbox.x_url}/2/users/me", clock, **other)
    status, body, _ = await signed.request("GET", "/2/users/me", clock, headers=headers)
    expected = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    assert (status, body) == (401, expected)


async def test_a_signature_holds_for_its_own_request_once(
    sandbox: Sandbox, signed: Signed, clock: SettableClock
) -> None:
    headers = signed.header("GET", f"{sandbox.x_url}/2/users/me", clock)
    assert (await signed.request("GET", "/2/users/me?user.fields=id", clock, headers=headers))[0] == 401
    assert (await signed.request("GET", "/2/users/me", clock, headers=headers))[0] == 200
    assert (await signed.request("GET", "/2/users/me", clock, headers=headers))[0] == 401
    assert sandbox.calls[-1].params == {"unsigned": "the nonce was used before"}


async def test_no_or_another_authorization(sandbox: Sandbox, signed: Signed, clock: SettableClock) -> None:
    for header, status in (("", 401), ("Basic x", 401), ("OAuth x", 401), ("Bearer x", 403)):
        headers = {"Authorization": header}
        assert (await signed.request("GET", "/2/users/me", clock, headers=headers))[0] == status
    assert "Bearer" not in repr(sandbox.calls)


async def test_tweepy_with_wrong_keys(sandbox: Sandbox) -> None:
    client = tweepy_client(sandbox, access_token_secret="wrong")
    with pytest.raises(tweepy.Unauthorized):
        await run(client.get_me)
    client.session.close()


# ---------------------------------------------------------------- posts


async def test_a_post_is_stored_as_it_was_sent(sandbox: Sandbox, x: tweepy.Client) -> None:
    answer = await run(x.create_tweet, text="Fish & chips <now> https://e.com/a")
    (tweet,) = sandbox.x.tweets
    assert tweet.text == "Fish & chips <now> https://e.com/a"
    assert tweet.links == ["https://e.com/a"]
    assert answer.data["id"] == tweet.id
    assert not sandbox.violations


async def test_the_timeline_is_escaped_with_its_links_as_tco(sandbox: Sandbox, x: tweepy.Client) -> None:
    await run(x.create_tweet, text="Fish & chips https://e.com/a #tag")
    await run(x.create_tweet, text="Second")
    timeline = (
        await run(x.get_users_tweets, sandbox.x.user_id, tweet_fields=["entities"], user_auth=True)
    ).data
    assert [tweet.text[:6] for tweet in timeline] == ["Second", "Fish &"]
    (url,) = timeline[1].entities["urls"]
    assert (url["start"], url["end"], url["expanded_url"]) == (13, 36, "https://e.com/a")
    assert timeline[1].text == f"Fish &amp; chips {url['url']} #tag"
    assert timeline[1].entities["hashtags"] == [{"start": 37, "end": 41, "tag": "tag"}]


async def test_the_timeline_in_pages(sandbox: Sandbox, x: tweepy.Client) -> None:
    for n in range(7):
        await run(x.create_tweet, text=str(n))
    first = await run(x.get_users_tweets, sandbox.x.user_id, max_results=5, user_auth=True)
    token = first.meta["next_token"]
    rest = await run(
        x.get_users_tweets, sandbox.x.user_id, max_results=5, pagination_token=token, user_auth=True
    )
    assert [t.text for t in (*first.data, *rest.data)] == ["6", "5", "4", "3", "2", "1", "0"]
    since = await run(x.get_users_tweets, sandbox.x.user_id, since_id=first.data[1].id, user_auth=True)
    assert [t.text for t in since.data] == ["6"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see example.com, or https://e.com/x?y=1.", {"urls": ["http://example.com", "https://e.com/x?y=1"]}),
        ("Hi @who, a@b.com", {"mentions": ["who"], "urls": None}),
        ("#one #2 #اردو x#no", {"hashtags": ["one", "اردو"]}),
        ("$AAPL $5 US$ABC", {"cashtags": ["AAPL"]}),
        ("@\u200bwho #\u200bone $\u200bA", {}),
    ],
)
async def test_what_became_a_link_shows(
    sandbox: Sandbox, x: tweepy.Client, text: str, found: dict[str, list[str] | None]
) -> None:
    await run(x.create_tweet, text=text)
    entities = sandbox.x.tweets[0].entities
    keys = {"urls": "expanded_url", "mentions": "username", "hashtags": "tag", "cashtags": "tag"}
    shown = {kind: [each[keys[kind]] for each in many] for kind, many in entities.items()}
    assert {k: v for k, v in shown.items() if found.get(k, []) is not None} == {
        k: v for k, v in found.items() if v
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"text": "x", "nonsense": 1}, "$.nonsense: is not defined in the schema"),
        ({"text": 5}, "$.text: int found, str expected"),
        ({"text": ""}, "$.text: must not be empty"),
        ({}, "$.text: must not be empty"),
        ({"text": "x", "reply": {}}, "$.reply.in_reply_to_tweet_id: is missing but it is required"),
        ({"text": "x", "reply": {"in_reply_to_tweet_id": 5}}, "$.reply.in_reply_to_tweet_id: int found"),
        ({"text": "x", "media": {"media_ids": ["5"]}}, "Your media IDs are invalid."),
        ({"text": "a\ud800"}, "$.text: is not valid Unicode"),
        ([], "$: list found, object expected"),
    ],
)
async def test_a_body_off_the_schema_is_a_violation(
    sandbox: Sandbox, signed: Signed, clock: SettableClock, body: Any, why: str
) -> None:
    status, answer, _ = await signed.request("POST", "/2/tweets", clock, json=body)
    assert (status, answer["title"]) == (400, "Invalid Request")
    assert why in answer["errors"][0]["message"]
    assert sandbox.violations
    assert not sandbox.x.tweets


async def test_280_weighted_units_and_no_more(sandbox: Sandbox, x: tweepy.Client) -> None:
    await run(x.create_tweet, text="本" * 140)
    await run(x.create_tweet, text="x" * 256 + " https://e.com/" + "y" * 300)
    with pytest.raises(tweepy.BadRequest, match="too long"):
        await run(x.create_tweet, text="本" * 140 + "x")
    assert len(sandbox.x.tweets) == 2


async def test_a_duplicate_is_forbidden_until_it_is_deleted(sandbox: Sandbox, x: tweepy.Client) -> None:
    first = await run(x.create_tweet, text="Same")
    with pytest.raises(tweepy.Forbidden, match="duplicate content"):
        await run(x.create_tweet, text="Same")
    await run(x.delete_tweet, first.data["id"])
    await run(x.create_tweet, text="Same")
    assert (len(sandbox.x.tweets), len(sandbox.x.deleted)) == (1, 1)
    assert not sandbox.violations


async def test_one_cashtag_at_most(x: tweepy.Client) -> None:
    await run(x.create_tweet, text="$AAPL and $AAPL")
    with pytest.raises(tweepy.Forbidden, match="cashtag"):
        await run(x.create_tweet, text="$AAPL and $MSFT")


async def test_a_thread_replies_to_what_is_there(sandbox: Sandbox, x: tweepy.Client) -> None:
    first = await run(x.create_tweet, text="1")
    await run(x.create_tweet, text="2", in_reply_to_tweet_id=first.data["id"])
    assert sandbox.x.tweets[1].reply_to == first.data["id"]
    with pytest.raises(tweepy.Forbidden, match="deleted or not visible"):
        await run(x.create_tweet, text="3", in_reply_to_tweet_id=99)


async def test_what_is_not_there_is_not_found(x: tweepy.Client, signed: Signed, clock: SettableClock) -> None:
    with pytest.raises(tweepy.NotFound):
        await run(x.delete_tweet, 99)
    assert (await signed.request("GET", "/2/users/5/tweets", clock))[0] == 404
    assert (await signed.request("GET", "/2/nothing", clock))[0] == 404


async def test_an_app_without_write_access(sandbox: Sandbox, x: tweepy.Client) -> None:
    sandbox.x.write_access = False
    with pytest.raises(tweepy.Forbidden, match="oauth1 app permissions"):
        await run(x.create_tweet, text="x")
    assert (await run(x.get_me)).data.username == "sandbox"


# ---------------------------------------------------------------- money and rates


async def test_each_post_has_its_price(sandbox: Sandbox, x: tweepy.Client) -> None:
    await run(x.create_tweet, text="plain")
    await run(x.create_tweet, text="with example.com in it")
    assert [tweet.price for tweet in sandbox.x.tweets] == [Decimal("0.015"), Decimal("0.200")]
    await run(x.get_users_tweets, sandbox.x.user_id, user_auth=True)
    await run(x.delete_tweet, sandbox.x.tweets[0].id)
    assert sandbox.x.spend_usd == Decimal("0.227")


async def test_out_of_credits(sandbox: Sandbox, x: tweepy.Client) -> None:
    sandbox.x.credits_usd = Decimal("0.01")  # The last post that X allows costs more than is left.
    await run(x.create_tweet, text="one")
    with pytest.raises(tweepy.HTTPException) as no:
        await run(x.create_tweet, text="two")
    assert (no.value.response.status_code, no.value.response.json()["title"]) == (402, "CreditsDepleted")
    assert len(sandbox.x.tweets) == 1


async def test_a_hundred_posts_in_fifteen_minutes(signed: Signed, clock: SettableClock) -> None:
    for n in range(100):
        status, _, headers = await signed.request("POST", "/2/tweets", clock, json={"text": str(n)})
        assert (status, headers["x-rate-limit-remaining"]) == (201, str(99 - n))
        clock.move(1)
    status, body, headers = await signed.request("POST", "/2/tweets", clock, json={"text": "over"})
    assert (status, body["title"], headers["x-rate-limit-remaining"]) == (429, "Too Many Requests", "0")
    assert int(headers["x-rate-limit-reset"]) - clock.now().timestamp() == pytest.approx(800, abs=1)
    clock.move(800)
    assert (await signed.request("POST", "/2/tweets", clock, json={"text": "again"}))[0] == 201


# ---------------------------------------------------------------- media


async def upload(signed: Signed, clock: SettableClock, data: bytes, **fields: str) -> tuple[int, Any]:
    form = FormData(fields)
    form.add_field("media", io.BytesIO(data), filename="p.png", content_type="application/octet-stream")
    status, body, _ = await signed.request("POST", "/2/media/upload", clock, data=form)
    return status, body


async def test_a_photo_with_alt_text_in_one_shot(
    sandbox: Sandbox, signed: Signed, clock: SettableClock, x: tweepy.Client
) -> None:
    status, body = await upload(signed, clock, png(), media_category="tweet_image", media_type="image/png")
    assert (status, body["data"]["image"]) == (200, {"image_type": "image/png", "w": 40, "h": 30})
    media_id = body["data"]["id"]
    metadata = {"id": media_id, "metadata": ALT}
    assert (await signed.request("POST", "/2/media/metadata", clock, json=metadata))[0] == 200
    await run(x.create_tweet, text="Look", media_ids=[media_id])
    (media,) = sandbox.x.tweets[0].media
    assert (media.alt, media.data) == ("A lake", png())


async def test_a_photo_in_pieces(sandbox: Sandbox, signed: Signed, clock: SettableClock) -> None:
    start = {"media_type": "image/png", "total_bytes": len(png()), "media_category": "tweet_image"}
    _, body, _ = await signed.request("POST", "/2/media/upload/initialize", clock, json=start)
    path = f"/2/media/upload/{body['data']['id']}"
    for index, piece in enumerate((png()[:20], png()[20:])):
        form = FormData({"segment_index": str(index)})
        form.add_field("media", piece, filename="blob")
        assert (await signed.request("POST", f"{path}/append", clock, data=form))[:2] == (204, None)
    assert (await signed.request("POST", f"{path}/finalize", clock))[0] == 200
    assert sandbox.x.media[body["data"]["id"]].data == png()


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"<html>", {"media_category": "tweet_image"}),
        (png(padding=5 * 1024 * 1024), {"media_category": "tweet_image"}),
        (png(), {"media_category": "tweet_image", "media_type": "image/jpeg"}),
        (png(), {"media_category": "picture"}),
        (png(), {}),
        (png(), {"media_category": "tweet_image", "nonsense": "1"}),
    ],
)
async def test_media_that_x_refuses(
    sandbox: Sandbox, signed: Signed, clock: SettableClock, data: bytes, fields: dict[str, str]
) -> None:
    assert (await upload(signed, clock, data, **fields))[0] == 400
    assert not any(media.complete for media in sandbox.x.media.values())


async def test_pieces_must_add_up(signed: Signed, clock: SettableClock) -> None:
    start = {"media_type": "image/png", "total_bytes": 9}
    _, body, _ = await signed.request("POST", "/2/media/upload/initialize", clock, json=start)
    path = f"/2/media/upload/{body['data']['id']}/finalize"
    assert (await signed.request("POST", path, clock))[0] == 400


async def test_tweepy_can_carry_the_raw_answer(x: tweepy.Client) -> None:
    x.return_type = requests.Response
    answer = await run(x.create_tweet, text="x")
    assert (answer.status_code, answer.headers["x-rate-limit-limit"]) == (201, "100")


# ---------------------------------------------------------------- edits


async def edit(signed: Signed, clock: SettableClock, tweet_id: str, text: str) -> tuple[int, Any]:
    body = {"text": text, "edit_options": {"previous_post_id": tweet_id}}
    status, answer, _ = await signed.request("POST", "/2/tweets", clock, json=body)
    return status, answer


async def test_a_premium_account_edits_five_times_and_each_version_has_an_id(
    sandbox: Sandbox, x: tweepy.Client, signed: Signed, clock: SettableClock
) -> None:
    first = (await run(x.create_tweet, text="0")).data["id"]
    assert (await edit(signed, clock, first, "1"))[0] == 403
    sandbox.x.premium = True
    latest = first
    for n in range(1, 6):
        status, answer = await edit(signed, clock, latest, str(n))
        assert status == 201
        latest = answer["data"]["id"]
    assert (await edit(signed, clock, latest, "6"))[0] == 403
    [tweet] = sandbox.x.tweets
    assert (tweet.text, len(set(tweet.history)), tweet.history[0]) == ("5", 6, first)
    _, read, _ = await signed.request("GET", f"/2/tweets/{first}?tweet.fields=edit_controls", clock)
    assert read["data"]["edit_history_tweet_ids"] == tweet.history
    assert read["data"]["edit_controls"]["edits_remaining"] == 0
    await run(x.delete_tweet, first)
    assert sandbox.x.tweets == []


async def test_after_half_an_hour_nothing_is_edited(
    sandbox: Sandbox, x: tweepy.Client, signed: Signed, clock: SettableClock
) -> None:
    sandbox.x.premium = True
    first = (await run(x.create_tweet, text="one")).data["id"]
    clock.move(1799)
    status, answer = await edit(signed, clock, first, "two")
    assert status == 201
    clock.move(2)
    assert (await edit(signed, clock, answer["data"]["id"], "three"))[0] == 403
    assert (await edit(signed, clock, first, "three"))[0] == 400
