"""Each input of ../shared/data/cases with its right value, through the real command.

The parts that own a case test it again with an input of the repository; this file shows that the command has
all of that. One run of `fetch` and one of `preview` read all files together.
"""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import build_minimal_environment
from tests.forkserver import run_forked

AS_WRITTEN = b"127.0.0.1:8771"  # the address that the files name; here the server has a port of its own
KINDS = {
    ".xml": "application/rss+xml",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}


@dataclass(frozen=True)
class Results:
    """What a command said of each file. Addresses in it are without the server's own."""

    by_file: dict[str, dict[str, Any]]
    stderr: str

    def articles(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.by_file[name]["articles"]
        return found

    def article(self, name: str) -> dict[str, Any]:
        (one,) = self.articles(name)
        return one

    def image(self, name: str) -> str | None:
        image = self.article(name)["image"]
        return image["url"] if image else None

    def post(self, name: str, kind: str = "telegram") -> str:
        """The text of the post that a channel of this kind would get."""
        (text,) = (
            part["text"]
            for post in self.by_file[name]["posts"]
            for part in post["parts"]
            if post["kind"] == kind
        )
        return str(text)


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Path, str]]:
    folder = Path(__file__).parents[2].parent / "shared/data/cases"
    if not folder.is_dir():
        pytest.skip("the shared cases (../shared/data/cases) are not beside this checkout")
    with _served(folder) as netloc:
        yield folder, netloc


@pytest.fixture(scope="module")
def fetched(site: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Results:
    return _run("fetch", site, tmp_path_factory.mktemp("fetch"))


@pytest.fixture(scope="module")
def previewed(site: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Results:
    return _run("preview", site, tmp_path_factory.mktemp("preview"))


def _run(command: str, site: tuple[Path, str], folder: Path) -> Results:
    cases, netloc = site
    names = sorted(path.name for path in cases.iterdir() if path.suffix in {".xml", ".html", ".json"})
    ran = run_forked(
        [command, "--json", "--allow-private", *(f"http://{netloc}/{name}" for name in names)],
        folder,
        {**build_minimal_environment(), "COLUMNS": "500"},
        timeout=300,
    )
    lines = ran.stdout.replace(f"http://{netloc}/", "").splitlines()
    assert len(lines) == len(names), ran.stderr
    return Results(dict(zip(names, map(json.loads, lines), strict=True)), ran.stderr)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve ``folder`` as the shared serve-cases does; gives host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = folder / os.path.normpath("/" + self.path.partition("?")[0]).lstrip("/")
            if not file.is_file():
                self.send_error(404)
                return
            beside = file.with_name(file.name + ".hdr")
            told = json.loads(beside.read_text()) if beside.exists() else {}
            headers = {"Content-Type": KINDS.get(file.suffix, "text/plain"), **told}
            body = file.read_bytes().replace(AS_WRITTEN, netloc.encode())
            self.send_response(int(headers.pop("_status", 200)))
            for name, value in headers.items():
                if value is not None:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    netloc = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield netloc
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ---------------------------------------------------------------- bytes, text and addresses


def test_a_json_feed_is_read(fetched: Results) -> None:
    assert fetched.article("min-json-nobom.json")["title"] == "Quay"


def test_twelve_kilobytes_of_comment_hide_no_feed(fetched: Results) -> None:
    assert fetched.article("comment.xml")["title"]


def test_iso_8859_1_is_windows_1252(fetched: Results) -> None:
    assert fetched.article("min-cp1252.xml")["title"] == "The mayor’s “boat” – lost"


def test_a_json_feed_with_a_byte_order_mark_is_as_one_without(fetched: Results) -> None:
    assert fetched.articles("min-json-bom.json") == fetched.articles("min-json-nobom.json") != []


def test_a_bad_byte_costs_one_character(fetched: Results) -> None:
    assert fetched.article("min-one-bad-byte.xml")["title"] == "Café \ufffd geöffnet"


def test_a_space_in_a_link_is_escaped(fetched: Results) -> None:
    assert fetched.article("min-space-link.xml")["url"] == "photo%20one.html"


def test_a_description_that_was_escaped_twice_posts_no_tags(fetched: Results, previewed: Results) -> None:
    assert fetched.article("min-double-desc.xml")["text"] == "The river rose on Monday, the office said."
    assert "&lt;" not in previewed.post("min-double-desc.xml")


def test_one_items_failure_keeps_no_other_back(fetched: Results) -> None:
    assert fetched.article("onebad.xml")["title"] == "A good story on boats"
    assert "s/gone" in fetched.by_file["onebad.xml"]["error"]["message"]
    assert "s/gone" in fetched.stderr


# ---------------------------------------------------------------- photos


def test_of_two_widths_the_wide_one_is_taken(fetched: Results) -> None:
    assert fetched.image("min-widths.xml") == "i/w700.jpg"


def test_an_image_without_a_source_is_never_the_article(fetched: Results) -> None:
    """Its page is not here, so the lazy source in the feed is all there is."""
    assert fetched.image("min-img-nosrc.xml") == "i/ns.jpg"


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("name", ["min-wall.xml", "wall-p-soft404.xml"])
def test_a_wall_leaves_the_teaser_and_warns(fetched: Results, previewed: Results, name: str) -> None:
    teaser = "The ferry line is open again, three weeks after the flood, the harbour office says."
    assert fetched.article(name)["text"] == teaser
    assert teaser in previewed.post(name)
    warnings = [each["code"] for post in previewed.by_file[name]["posts"] for each in post["warnings"]]
    assert "wall" in warnings


@pytest.mark.parametrize("name", ["min-nodate.xml", "nd-1.xml"])
def test_no_date_is_guessed(fetched: Results, name: str) -> None:
    assert fetched.article(name)["published_at"] is None


@pytest.mark.parametrize("name", ["min-logo-h1.html", "q-sectionh1.html"])
def test_a_logo_or_a_section_is_no_headline(fetched: Results, name: str) -> None:
    assert fetched.article(name)["title"] == "Ferry line opens again"


@pytest.mark.parametrize("name", ["p-cookie.html", "p-correction.html", "p-paywall.html", "p-tweet.html"])
def test_a_page_is_read_without_notices_and_others_posts(previewed: Results, name: str) -> None:
    first = "The ferry line between the town and the island opened again on Sunday"
    for kind in ("telegram", "x"):
        words = previewed.post(name, kind)
        assert first in words
        for foreign in ("partners", "earlier version", "Subscribe", "subscriber", "Bring a coat", "in the\n"):
            assert foreign not in words


@pytest.mark.parametrize("name", ["p-cookieonly.html", "p-soft404.html"])
def test_a_wall_alone_is_no_article(fetched: Results, name: str) -> None:
    assert fetched.by_file[name]["articles"] == []


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        (
            "r-de.html",
            [
                "Der Fährverkehr beginnt am 29. Juli wieder, teilte das Hafenamt am Montag mit.",
                "Die 1. Mannschaft der Werft spielt zum 100. Geburtstag des Hafens gegen den Klub aus der 2.",
            ],
        ),
        (
            "r-fr.html",
            [
                "M. Dupont, le maire, a rouvert la ligne dimanche, trois semaines après la crue",
            ],
        ),
    ],
)
def test_abbreviations_and_ordinals_end_no_sentence(
    previewed: Results, name: str, sentences: list[str]
) -> None:
    for sentence in sentences:
        assert sentence in previewed.post(name)
    assert sentences[0] in previewed.post(name, "x")


# ---------------------------------------------------------------- dates and guids


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("date-gmt7.xml", "2026-11-22T08:00:00Z"),
        ("date-iana.xml", "2026-04-19T03:21:00Z"),
        ("min-date-colon.xml", "2026-11-19T23:45:08Z"),
        ("min-date-pm.xml", "2026-11-28T20:28:28Z"),
        ("min-date-1970.xml", None),
        ("min-nodate.xml", None),
    ],
)
def test_a_date_is_what_it_says_or_none(fetched: Results, name: str, published: str | None) -> None:
    assert fetched.article(name)["published_at"] == published


def test_one_guid_for_all_items_does_not_make_them_one(fetched: Results) -> None:
    articles = fetched.articles("min-sameguid.xml")
    assert [article["title"] for article in articles] == ["First story on boats", "Second story on trains"]
    assert len({article["guid"] for article in articles}) == 2
