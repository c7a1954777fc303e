"""Names, numbers and addresses in text of the other direction."""

import pytest

from newsbot.composing.compose import Composer
from newsbot.composing.direction import get_direction, isolate, isolate_in, strip_isolates
from newsbot.composing.markup import PLAIN
from newsbot.composing.measures import count_utf16_units, count_weighted
from newsbot.composing.rewriting import isolate_part, remove_words, rewrite, strip_markup
from newsbot.model import Article, Part, Summary
from newsbot.newsroom.fixes import Replacement

from .samples import TELEGRAM, X

_SHOWN = str.maketrans({"\u2066": "{", "\u2067": "<", "\u2069": "}", "\u200b": "|"})


def shown(text: str) -> str:
    """The isolates as braces, those of right-to-left text as ``<``."""
    return text.translate(_SHOWN)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ur", "PTI کے رہنما نے 5% اضافے کا کہا", "{PTI} کے رہنما نے {5%} اضافے کا کہا"),
        ("ur", "اب Google Chrome 5.2 اور C++ (AT&T)", "اب {Google Chrome 5.2} اور {C++} ({AT&T})"),
        ("ur", "Dr. Smith نے U.S. Embassy اور U.S. کو", "{Dr. Smith} نے {U.S. Embassy} اور {U.S.} کو"),
        ("ur", "Apple, Google اور Microsoft آئے", "{Apple}, {Google} اور {Microsoft} آئے"),
        ("ur", "یہ F-16 اور COVID-19 ہے، 5 km دور", "یہ {F-16} اور {COVID-19} ہے، {5 km} دور"),
        ("ar", "قال -4.2 و$5 و€3.5 في 2026-05-06", "قال {-4.2} و{$5} و{€3.5} في {2026-05-06}"),
        ("ar", "ارتفع بمقدار $5.2 مليون", "ارتفع بمقدار {$5.2} مليون"),
        ("ur", "فون +92 300 1234567 پر", "فون {+92 300 1234567} پر"),
        ("ur", "دیکھیں https://example.org/a?b=1 یہاں", "دیکھیں {https://example.org/a?b=1} یہاں"),
        ("ur", "یہ #Karachi اور @name ہیں", "یہ {#Karachi} اور {@name} ہیں"),
        ("he", "בשנים 2019-20 עלה ב-5%", "בשנים {2019-20} עלה ב-{5%}"),
        ("en", "The daily paper الأهرام wrote 12 times", "The daily paper <الأهرام} wrote 12 times"),
        ("en", "They were in the city of الشرق الأوسط 12", "They were in the city of <الشرق الأوسط} 12"),
        ("en", "See #کراچی, https://a.org/خبر now", "See <#کراچی}, {https://a.org/خبر} now"),
        (None, "سیلاب: #کراچی @rescue1122", "سیلاب: #کراچی {@rescue1122}"),
    ],
)  # fmt: skip
def test_what_runs_the_other_way_is_isolated(language: str | None, text: str, expected: str) -> None:
    assert shown(isolate(text, language)) == expected
    assert isolate(isolate(text, language), language) == isolate(text, language)
    assert strip_isolates(isolate(text, language)) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ur", "12:30 بجے 4.2 ملین 1,000 لوگ، 2-1 سے"),  # A plain number is shown the same without isolates.
        ("ur", "An English line"),
        ("ur", "https://example.org/کراچی-میں"),  # A line that is an address has no text around it.
        ("ur", "یہ #Karachi_خبر ہے"),  # A tag of both scripts is never broken.
        ("en", "Plain text, 5% and $4."),
        ("en", ""),
    ],
)
def test_what_is_shown_right_without_isolates_has_none(language: str, text: str) -> None:
    assert isolate(text, language) == text


def test_each_line_is_judged_by_itself() -> None:
    text = "PTI کا اعلان\n\nAn English line\nhttps://example.org/"
    assert shown(isolate(text, "ur")) == "{PTI} کا اعلان\n\nAn English line\nhttps://example.org/"


def test_tags_of_html_are_not_touched() -> None:
    text = '<b>PTI کا &amp; اعلان</b> <a href="https://example.org/">C++ پر AT&amp;T</a>'
    marked = shown(isolate_in(text, "ur", TELEGRAM.markup))
    assert marked == '<b>{PTI} کا &amp; اعلان</b> <a href="https://example.org/">{C++} پر {AT&amp;T}</a>'
    assert isolate_in("<b>PTI کا</b>", "ur", PLAIN) == isolate("<b>PTI کا</b>", "ur")


def test_a_post_is_fitted_with_its_isolates_counted() -> None:
    title = "PTI " * 5 + "کا اعلان " * 20
    for capabilities, template, count in (
        (X, "x.txt.j2", count_weighted),
        (TELEGRAM, "telegram.html.j2", None),
    ):
        article = Article("1", "", "https://example.org/1", title.strip(), language="ur")
        draft = Composer().compose(
            article, Summary(()), channel="c", kind="k", capabilities=capabilities, template=template
        )
        [part] = draft.parts
        assert "\u2066PTI" in part.text
        assert part.length <= part.limit
        assert part.length == (count or (lambda html: count_utf16_units(TELEGRAM.markup.show(html))))(
            part.text
        )


def test_a_part_that_would_be_too_long_with_isolates_has_none() -> None:
    text = "PTI کا " + "ا" * 272
    part = Part(text, 0, 280)
    assert count_weighted(text) == 279
    assert isolate_part(part, X, "ur").text == text
    assert isolate_part(Part(text[:-4], 0, 280), X, "ur").text.startswith("\u2066PTI\u2069")


def test_a_fix_finds_words_on_both_sides_of_an_isolate() -> None:
    part = isolate_part(Part("یہ PTI کا 5% اعلان ہے", 0, 280), X, "ur")
    assert remove_words(part, "PTI کا 5%") == "یہ  اعلان ہے"
    assert strip_markup(part) == "یہ PTI کا 5% اعلان ہے"
    assert (
        Replacement("PTI کا 5%", "PPP کا 6%").fix_text(strip_isolates(part.text)) == "یہ PPP کا 6% اعلان ہے"
    )


def test_a_persons_text_is_isolated_too() -> None:
    parts, long = rewrite([Part("پرانا", 5, 4096, parse_mode="HTML")], "PTI کا اعلان", TELEGRAM, "ur")
    assert (shown(parts[0].text), long) == ("{PTI} کا اعلان", None)


def test_languages_have_a_direction() -> None:
    assert [get_direction(each) for each in ("ur", "ar", "fa", "he", "en", "hi", None)] == [
        *["rtl"] * 4,
        *["ltr"] * 3,
    ]
