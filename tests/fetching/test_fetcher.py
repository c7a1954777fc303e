import asyncio
import gzip
import json
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from newsbot.errors import FetchError, ForbiddenAddress
from newsbot.fetching.fetcher import Fetcher
from tests.fetching.servers import Handler, http, raw

SHARED = Path(__file__).parents[3] / "shared/data/bad-inputs/lists/ssrf_urls.json"


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    one = Fetcher(allow_private=True, deadline=5)
    yield one
    await one.close()


async def echo(request: web.Request) -> web.Response:
    return web.json_response({"path": request.path_qs, **request.headers})


class Names(AbstractResolver):
    """Answers every name with the same addresses, asking nobody; counts."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002  the base class has it
    ) -> list[ResolveResult]:
        self.asked.append(host)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


# ---------------------------------------------------------------- what is asked and answered


async def test_an_answer_comes_with_its_address_headers_and_charset(fetcher: Fetcher) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(
            body="Zürich".encode("latin-1"),
            headers={"Content-Type": "Text/HTML; charset=latin-1", "ETag": '"x"'},
        )

    async with http(page) as url:
        got = await fetcher.get(url + "/a?b=c")
    assert (got.url, got.status, got.content_type, got.charset) == (
        url + "/a?b=c",
        200,
        "text/html",
        "latin-1",
    )
    assert got.headers["etag"] == '"x"'
    assert got.body == "Zürich".encode("latin-1")


async def test_it_says_who_it_is_and_asks_for_gzip_only(fetcher: Fetcher) -> None:
    async with http(echo) as url:
        asked = json.loads((await fetcher.get(url, headers={"If-None-Match": 'W/"1"'})).body)
    assert asked["User-Agent"].startswith("newsbot/")
    assert asked["Accept-Encoding"] == "gzip"
    assert asked["If-None-Match"] == 'W/"1"'


async def test_cookies_are_not_kept(fetcher: Fetcher) -> None:
    async def tempting(request: web.Request) -> web.Response:
        answer = web.json_response(dict(request.headers))
        answer.set_cookie("id", "1")
        return answer

    async with http(tempting) as url:
        await fetcher.get(url)
        assert "Cookie" not in json.loads((await fetcher.get(url)).body)


async def test_not_modified_is_an_answer(fetcher: Fetcher) -> None:
    async def unchanged(_: web.Request) -> web.Response:
        return web.Response(status=304, headers={"ETag": '"x"'})

    async with http(unchanged) as url:
        got = await fetcher.get(url)
    assert (got.status, got.body) == (304, b"")


@pytest.mark.parametrize(
    ("status", "headers", "retry_after"),
    [
        (404, {}, None),
        (410, {}, None),
        (500, {}, None),
        (599, {}, None),
        (429, {"Retry-After": "120"}, 120),
        (503, {"Retry-After": "Sun, 22 Nov 2026 10:01:40 GMT", "Date": "Sun, 22 Nov 2026 10:00:00 GMT"}, 100),
        (503, {"Retry-After": "soon"}, None),
        (503, {"Retry-After": "-5"}, None),
    ],
)
async def test_a_failing_status_is_an_error_with_its_retry_after(
    fetcher: Fetcher, status: int, headers: dict[str, str], retry_after: float | None
) -> None:
    async def failing(_: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers)

    async with http(failing) as url:
        with pytest.raises(FetchError, match=f"/feed answered {status}") as caught:
            await fetcher.get(url + "/feed")
    assert (caught.value.status, caught.value.retry_after) == (status, retry_after)


async def test_gzip_is_inflated_and_bounded(fetcher: Fetcher) -> None:
    async def packed(request: web.Request) -> web.Response:
        body = b"\0" * 30_000_000 if request.path == "/bomb" else b"page"
        return web.Response(body=gzip.compress(body, 1), headers={"Content-Encoding": "gzip"})

    async with http(packed) as url:
        assert (await fetcher.get(url)).body == b"page"
        with pytest.raises(FetchError, match="over 10 MB"):
            await fetcher.get(url + "/bomb")


# ---------------------------------------------------------------- redirects


async def test_redirects_are_followed_and_the_last_address_is_told(fetcher: Fetcher) -> None:
    async def moving(request: web.Request) -> web.Response:
        here = int(request.path.strip("/"))
        return web.Response() if here == 5 else web.Response(status=308, headers={"Location": f"{here + 1}"})

    async with http(moving) as url:
        assert (await fetcher.get(url + "/0")).url == url + "/5"


async def test_six_redirects_are_too_many(fetcher: Fetcher) -> None:
    async def moving(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.path + "x"})

    async with http(moving) as url:
        with pytest.raises(FetchError, match="redirects more than 5 times"):
            await fetcher.get(url)


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "javascript:alert(1)", "http://[::1"],
)
async def test_a_redirect_to_anything_but_http_is_refused(fetcher: Fetcher, location: str) -> None:
    async def moving(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    async with http(moving) as url:
        with pytest.raises(FetchError, match="redirects to"):
            await fetcher.get(url)


async def test_a_redirect_without_a_location_is_an_error(fetcher: Fetcher) -> None:
    async with raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n") as url:
        with pytest.raises(FetchError, match="no Location"):
            await fetcher.get(url)


async def test_a_redirect_to_a_forbidden_address_is_refused_where_it_connects(fetcher: Fetcher) -> None:
    async def moving(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"})

    async with http(moving) as url:
        with pytest.raises(ForbiddenAddress, match=r"169\.254\.169\.254.*metadata"):
            await fetcher.get(url)


async def test_a_login_goes_to_its_own_host_only(fetcher: Fetcher) -> None:
    async with http(echo) as other:

        async def moving(request: web.Request) -> web.Response:
            if request.path == "/same":
                return web.Response(status=302, headers={"Location": "/echo"})
            if request.path == "/other":
                return web.Response(status=302, headers={"Location": other})
            return await echo(request)

        async with http(moving) as url:
            private = url.replace("//", "//ann:s3cret@")
            same = await fetcher.get(private + "/same")
            away = await fetcher.get(private + "/other", headers={"Cookie": "a=b", "X-Kept": "1"})
    assert json.loads(same.body)["Authorization"].startswith("Basic ")
    assert "@" not in same.url
    sent = json.loads(away.body)
    assert "Authorization" not in sent
    assert "Cookie" not in sent
    assert sent["X-Kept"] == "1"


def cookie_wall(**attributes: Any) -> Handler:
    """Lead back to the same address until the cookie that was set there comes along."""

    async def page(request: web.Request) -> web.Response:
        if request.cookies.get("seen") == "1":
            return web.json_response(dict(request.headers))
        answer = web.Response(status=302, headers={"Location": request.path_qs})
        answer.set_cookie("seen", "1", **attributes)
        answer.set_cookie("other", "a b")
        return answer

    return page


@pytest.mark.parametrize("attributes", [{}, {"path": "/feed"}, {"max_age": 60, "httponly": True}])
async def test_a_redirect_that_sets_a_cookie_gets_it_back(
    fetcher: Fetcher, attributes: dict[str, Any]
) -> None:
    async with http(cookie_wall(**attributes)) as url:
        got = await fetcher.get(url + "/feed/?a=b", headers={"Cookie": "own=2"})
    assert got.url == url + "/feed/?a=b"
    assert {"own=2", "seen=1"} <= set(json.loads(got.body)["Cookie"].split("; "))


async def test_a_cookie_lasts_for_one_chain_of_redirects(fetcher: Fetcher) -> None:
    async with http(cookie_wall()) as url:
        await fetcher.get(url)
        asked: list[str | None] = []

        async def count(request: web.Request) -> web.Response:
            asked.append(request.headers.get("Cookie"))
            return web.Response()

        async with http(count) as other:
            await fetcher.get(other)
    assert asked == [None]


async def test_a_cookie_stays_with_the_site_that_set_it() -> None:
    """Also where it claims another site's name."""
    fetcher = Fetcher(allow_private=True, deadline=5, resolver=Names("127.0.0.1"))

    async def there(request: web.Request) -> web.Response:
        return web.json_response(dict(request.headers))

    async with http(there) as other:

        async def here(_: web.Request) -> web.Response:
            answer = web.Response(status=302, headers={"Location": other.replace("127.0.0.1", "b.example")})
            answer.set_cookie("plain", "1")
            answer.set_cookie("claimed", "1", domain="b.example")
            return answer

        async with http(here) as url:
            got = await fetcher.get(url.replace("127.0.0.1", "a.example"))
    await fetcher.close()
    assert "Cookie" not in json.loads(got.body)


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (b"/photo one", "/photo%20one"),
        ("/Zürich".encode(), "/Z%C3%BCrich"),
        ("/Zürich".encode("latin-1"), "/Z%FCrich"),
        (b"  /x\t", "/x"),
        (b"/a%20b?c=d e", "/a%20b?c=d+e"),
        (b"?page=2", "/?page=2"),
        (b"//%s/y", "/y"),
    ],
)
async def test_a_location_is_read_as_browsers_read_it(fetcher: Fetcher, location: bytes, path: str) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1])
        own = location.replace(b"%s", b"127.0.0.1:%d" % server.sockets[0].getsockname()[1])
        first = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: " + own
        writer.write(
            (first if len(asked) == 1 else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close")
            + b"\r\n\r\n"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        await fetcher.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert asked[1:] == [path.encode()]


async def test_a_proxy_of_the_environment_is_not_used(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind it the guard could not see which address is spoken to."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with http(echo) as url:
        assert (await fetcher.get(url)).status == 200


@pytest.mark.parametrize("encoding", ["utf-8", "none", "identity, gzip", "", "aws-chunked", "gzip, utf-8"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
async def test_an_odd_content_encoding_is_no_obstacle(
    fetcher: Fetcher, encoding: str, *, packed: bool
) -> None:
    body = gzip.compress(b"<rss/>", mtime=0) if packed else b"<rss/>"

    async def odd(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    async with http(odd) as url:
        assert (await fetcher.get(url)).body == b"<rss/>"


async def test_two_content_encoding_headers_are_one(fetcher: Fetcher) -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: utf-8\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx"
    )
    async with raw(answer) as url:
        with pytest.raises(FetchError, match="'br', which was not asked for; tell the site's operator"):
            await fetcher.get(url)


# ---------------------------------------------------------------- the guard


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
     "0.0.0.0", "[::]", "①②⑦.⓪.⓪.①", "127。0。0。1", "2130706433"],
)  # fmt: skip
async def test_loopback_is_refused_in_every_spelling(host: str) -> None:
    reached = asyncio.Event()

    async def reach(_: web.Request) -> web.Response:
        reached.set()
        return web.Response()

    fetcher = Fetcher(deadline=5)
    async with http(reach) as url:
        with pytest.raises(FetchError):
            await fetcher.get(url.replace("127.0.0.1", host))
    await fetcher.close()
    assert not reached.is_set()


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["127.0.0.1", "::1"], ["169.254.169.254", "127.0.0.1"], ["fd00:ec2::254"]]
)
async def test_a_name_is_judged_by_what_it_resolves_to(addresses: list[str]) -> None:
    fetcher = Fetcher(deadline=5, resolver=Names(*addresses))
    with pytest.raises(ForbiddenAddress, match=r"http://example\.org/ is refused: example\.org is at a "):
        await fetcher.get("http://example.org/")
    await fetcher.close()


async def test_an_address_that_may_pass_is_used_where_another_may_not() -> None:
    fetcher = Fetcher(deadline=5, allow_private=True, resolver=Names("169.254.169.254", "127.0.0.1"))
    async with http(echo) as url:
        assert (await fetcher.get(url.replace("127.0.0.1", "example.org"))).status == 200
    await fetcher.close()


async def test_names_are_judged_again_on_every_hop() -> None:
    async def moving(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://rebound.example/"})

    names = Names("0.0.0.0")
    fetcher = Fetcher(deadline=5, allow_private=True, resolver=names)
    async with http(moving) as url:
        with pytest.raises(ForbiddenAddress, match=r"rebound\.example is at"):
            await fetcher.get(url)
    await fetcher.close()
    assert names.asked == ["rebound.example"]


async def test_no_ssrf_url_reaches_anything() -> None:
    """Every published trick, with all names answered by loopback: refused or no URL at all."""
    if not SHARED.exists():
        pytest.skip("the list of SSRF URLs (../shared/data/bad-inputs) is not here")
    names = Names("127.0.0.1")
    fetcher = Fetcher(deadline=2, resolver=names)
    for url in json.loads(SHARED.read_text()):
        literal = url.startswith(("http://1.1.1.1", "https://1.1.1.1"))  # public, so it would really go out
        if literal or not url.startswith(("http://", "https://", "file:", "ftp:", "gopher:", "dict:")):
            continue
        with pytest.raises(FetchError) as caught:
            await fetcher.get(url)
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, ForbiddenAddress) or "URL" in str(caught.value), url
    await fetcher.close()


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:1", "data:,x", "feed", ""]
)
async def test_only_http_is_fetched(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(ForbiddenAddress, match="only http:// and https://"):
        await fetcher.get(url)


@pytest.mark.parametrize("url", ["http://", "http:///path", "https://[::1", "http://x:99999/", "http://a b/"])
async def test_what_is_no_url_is_said_to_be_none(url: str) -> None:
    fetcher = Fetcher(deadline=5, resolver=Names("127.0.0.1"))
    with pytest.raises(FetchError):
        await fetcher.get(url)
    await fetcher.close()


# ---------------------------------------------------------------- everything that goes wrong, in one line


async def told(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ((b"SSH-2.0-OpenSSH_9.6\r\n",), "did not answer in HTTP"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",), "ended in the middle"),
        (
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",),
            "did not answer in HTTP|ended in",
        ),
        ((b"",), "ended in the middle"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n",), "over 10 MB"),
        ((b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",), "not asked for"),
        ((b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",), "did not answer in HTTP"),
    ],
)
async def test_broken_answers(fetcher: Fetcher, chunks: tuple[bytes, ...], words: str) -> None:
    async with raw(*chunks) as url:
        line = await told(fetcher, url)
    assert line.startswith(url)
    assert any(word in line for word in words.split("|")), line


@pytest.mark.parametrize(
    ("chunks", "every"),
    [
        ((), 0.0),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 99), 0.05),
        ((b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 99), 0.05),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 99), 0.05),
    ],
    ids=["silent", "dripping body", "dripping headers", "dripping chunks"],
)
async def test_one_deadline_ends_whatever_hangs_or_drips(
    fetcher: Fetcher, chunks: tuple[bytes, ...], every: float
) -> None:
    async with raw(*chunks, every=every, hang=True) as url:
        start = time.monotonic()
        with pytest.raises(FetchError, match=r"within 0\.4 s"):
            await fetcher.get(url, deadline=0.4)
        assert time.monotonic() - start < 20  # It hangs for ever without its deadline.


async def test_an_endless_body_ends_at_the_cap(fetcher: Fetcher) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65_536)

    async with http(endless) as url:
        with pytest.raises(FetchError, match=r"over 0\.2 MB"):
            await fetcher.get(url, max_bytes=200_000)


async def test_nobody_listens(fetcher: Fetcher) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert "could not connect to 127.0.0.1 (Connection refused)" in await told(fetcher, url)


async def test_a_name_without_an_address(fetcher: Fetcher) -> None:
    assert "no address was found for newsbot.invalid" in await told(fetcher, "http://newsbot.invalid/feed")


async def test_https_where_only_http_is_spoken(fetcher: Fetcher) -> None:
    async with http(echo) as url:
        assert "no TLS connection" in await told(fetcher, url.replace("http:", "https:"))


async def test_a_certificate_nobody_vouches_for(fetcher: Fetcher, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = f"req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout {key} -out {certificate}"
    process = await asyncio.create_subprocess_exec("openssl", *make.split(), stderr=subprocess.DEVNULL)
    if await process.wait():
        pytest.skip("openssl can't make a certificate here")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        line = await told(fetcher, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert "certificate of 127.0.0.1 is not valid" in line


async def test_no_error_shows_a_password_or_a_key(fetcher: Fetcher) -> None:
    async def failing(_: web.Request) -> web.Response:
        return web.Response(status=500)

    async with http(failing) as url:
        login = url.replace("//", "//ann:s3cret@")
        lines = [await told(fetcher, f"{login}/feed?api_key=s3cret&page=2")]
    lines.append(await told(fetcher, login + "/feed?token=s3cret"))  # nobody listens there by now
    lines.append(await told(fetcher, "ftp://ann:s3cret@127.0.0.1/"))
    lines.append(await told(fetcher, "http://ann:s3cret@[::1/"))
    assert not [line for line in lines if "s3cret" in line]
    assert "/feed?api_key=***&page=2" in lines[0]


# ---------------------------------------------------------------- addresses that an operator wrote


@pytest.mark.parametrize(
    "there", ["http://127.0.0.1:{port}/secret", "http://localhost:{port}/secret", "//127.0.0.1:{port}/"]
)
async def test_trust_in_a_named_address_ends_where_it_redirects(there: str) -> None:
    asked: list[str] = []

    async def inner(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text="secret")

    async with http(inner) as private:
        port = private.rpartition(":")[2]

        async def moved(_: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": there.format(port=port)})

        async with http(moved) as named, closing_both() as one:
            with pytest.raises(ForbiddenAddress):
                await one.get(f"{named}/s/news")
    assert asked == []


async def test_a_named_address_may_redirect_to_itself() -> None:
    async def site(request: web.Request) -> web.Response:
        if request.path == "/old":
            return web.Response(status=301, headers={"Location": "/new"})
        return web.Response(text=request.path)

    async with http(site) as named, closing_both() as one:
        assert (await one.get(f"{named}/old")).body == b"/new"


@asynccontextmanager
async def closing_both() -> AsyncIterator[Fetcher]:
    guarded = Fetcher(deadline=5)
    named = Fetcher(allow_private=True, deadline=5, beyond=guarded)
    try:
        yield named
    finally:
        await named.close()
        await guarded.close()
