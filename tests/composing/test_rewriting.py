"""A person's words as their channel takes them: harmless, but for what the person means."""

import time

import pytest

from newsbot.channels.telegram import TelegramChannel
from newsbot.channels.x import XChannel
from newsbot.composing.measures import count_weighted, find_possible_links
from newsbot.composing.rewriting import rewrite, strip_markup
from newsbot.composing.safety import BREAK
from newsbot.errors import ComposeError
from newsbot.model import Image, Part
from newsbot.ports import Capabilities
from tests.conftest import SLOWDOWN

TELEGRAM, X = TelegramChannel.capabilities, XChannel.capabilities
LINK = "https://example.org/tram?a=1&b=2"
HTML = f"<b>Tram &amp; bus</b>\n\nBody. #Sport\n\n{LINK.replace('&', '&amp;')}"
BEFORE = (Part(HTML, 50, TELEGRAM.text, "HTML", link_preview=LINK),)
TWEET = (Part(f"Tram\n\n{LINK}", 29, X.text),)
PHOTO = (Image("https://example.org/a.jpg", "A tram"),)


def said(before: tuple[Part, ...], text: str, capabilities: Capabilities) -> str:
    [part], _ = rewrite(before, text, capabilities)
    return part.text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Tram & bus\n\nNew <b>body</b>.", "<b>Tram &amp; bus</b>\n\nNew &lt;b&gt;body&lt;/b&gt;."),
        ("Another title", "Another title"),
        (f"See {LINK}.", f"See {LINK.replace('&', '&amp;')}."),
        ("See (https://example.org/a_(b)).", "See (https://example.org/a_(b))."),
        ("http://127.0.0.1:8000/tram", "http://127.0.0.1:8000/tram"),
        ("#Sport and #Other by @somebody, $PSX", "#Sport and #Other by @somebody, $PSX"),
        ("سیلاب: #کراچی @rescue1122", "سیلاب: #کراچی \u2066@rescue1122\u2069"),
        ("\uff03カラチ。\uff20rescue", "\uff03カラチ。\uff20rescue"),
        (
            f"copied: #{BREAK}Spam @{BREAK}spam, typed: #Spam",
            f"copied: #{BREAK}Spam @{BREAK}spam, typed: #Spam",
        ),
        (
            "write to desk@example.com or Q&A#2",
            f"write to desk@{BREAK}example.{BREAK}com or Q&amp;A#{BREAK}2",
        ),
        ("go to example.com", f"go to example.{BREAK}com"),
        (f"go to example.{BREAK}com", f"go to example.{BREAK}com"),
        ("/start  \r\n\n\n\nnow\u202e", f"/{BREAK}start\n\nnow"),
        ("javascript:alert(1) tg://resolve", f"javascript:alert(1) tg:{BREAK}//resolve"),
    ],
)
def test_words_on_telegram(text: str, written: str) -> None:
    assert said(BEFORE, text, TELEGRAM) == written
    assert TELEGRAM.markup.find_fault(written) is None


def test_what_a_reader_sees_edited_to_itself_is_the_same() -> None:
    for before, capabilities in ((BEFORE, TELEGRAM), (TWEET, X)):
        [part], long = rewrite(before, strip_markup(before[0]), capabilities)
        assert part.text == before[0].text
        assert (part.link_preview, long) == (before[0].link_preview, None)


def test_tags_that_a_person_types_stay_in_every_part_and_weigh_what_they_are() -> None:
    thread = tuple(Part("One.", 4, X.text) for _ in range(3))
    parts, long = rewrite(thread, f"{'First words. ' * 20}#Karachi\n\n{'Second. ' * 30}@rescue1122", X)
    assert long is None
    assert len(parts) > 1
    text = " ".join(part.text for part in parts)
    assert ("#Karachi" in text, "@rescue1122" in text, BREAK in text) == (True, True, False)
    assert [part.length for part in parts] == [count_weighted(part.text) for part in parts]


def test_bold_words_stay_bold_when_a_person_types_their_tag_unbroken() -> None:
    before = (Part(f"<b>Floods in #{BREAK}Karachi</b>\n\nBody.", 30, TELEGRAM.text, "HTML"),)
    assert said(before, "Floods in #Karachi\n\nOther.", TELEGRAM) == "<b>Floods in #Karachi</b>\n\nOther."


def test_words_that_do_not_fit_say_by_how_much() -> None:
    [part], long = rewrite(TWEET, "x" * 292, X)
    assert long is not None
    assert (long.over, long.length, long.limit) == (12, 292, 280)
    assert part.length == 292
    assert rewrite(TWEET, f"{'x' * 256} {LINK}", X)[1] is None
    assert rewrite(TWEET, f"{'x' * 257} {LINK}", X)[1] == (281, 280)


def test_a_photo_stays_and_takes_its_room() -> None:
    before = (Part(HTML, 50, TELEGRAM.caption or 0, "HTML", media=PHOTO),)
    [part], long = rewrite(before, "x" * 1036, TELEGRAM)
    assert part.media == PHOTO
    assert part.link_preview is None
    assert long == (1036, 1024)
    assert rewrite(BEFORE, "x" * 1036, TELEGRAM)[1] is None


@pytest.mark.parametrize("text", ["", " \n\u202e ", "x" * 100_001])
def test_no_words_and_too_many_are_refused(text: str) -> None:
    with pytest.raises(ComposeError):
        rewrite(TWEET, text, X)


def test_a_thread_is_filled_again_and_gets_no_longer() -> None:
    thread = (Part("One.", 4, X.text, media=PHOTO), Part("Two.", 4, X.text), Part("Three.", 6, X.text))
    text = "First paragraph. " * 10 + "\n\n" + "Second of a sentence. " * 10 + "\n\n" + "Third. " * 30
    parts, long = rewrite(thread, text, X)
    assert long is None
    assert [part.text.split()[0] for part in parts] == ["First", "Second", "Third."]
    assert [bool(part.media) for part in parts] == [True, False, False]
    assert "".join("".join(part.text for part in parts).split()) == "".join(text.split())
    parts, long = rewrite(thread, text * 2, X)
    assert len(parts) == 3
    assert long is not None
    assert long.over == count_weighted(parts[2].text) - 280 > 0
    [part], long = rewrite(thread, "Short.", X)
    assert (part.text, part.media, long) == ("Short.", PHOTO, None)


def test_a_thread_of_one_long_word_and_of_japanese_is_split_too() -> None:
    thread = (Part("One.", 4, X.text), Part("Two.", 4, X.text))
    parts, long = rewrite(thread, "市議会は路面電車を承認した。" * 15, X)
    assert (len(parts), long) == (2, None)
    assert all(part.text.endswith("。") for part in parts)
    parts, long = rewrite(thread, "x" * 600, X)
    assert long is not None


def test_a_link_that_goes_is_no_link_any_more() -> None:
    assert find_possible_links(said(TWEET, "No link here: example.com", X)) == []
    assert find_possible_links(said(TWEET, f"One {LINK}", X)) == [LINK]


def test_time_is_bounded() -> None:
    thread = tuple(Part("One.", 4, X.text) for _ in range(25))
    for text in ("a.co " * 20_000, "https://" * 12_000, "#a" * 50_000, "<b>" * 33_000):
        began = time.process_time()
        rewrite(thread, text, X)
        assert time.process_time() - began < 5 * SLOWDOWN
