from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from newsbot.composing.compose import Composer
from newsbot.errors import ComposeError
from newsbot.model import Article, Draft, Image, Summary
from newsbot.ports import Capabilities

from .samples import CONSOLE, TELEGRAM, X, article, summary

PHOTO = Image("https://example.org/i.jpg", "A photo")


def telegram(of: Article, text: Summary | None = None, **options: Any) -> Draft:
    return _compose(of, text, TELEGRAM, "telegram.html.j2", **options)


def x(of: Article, text: Summary | None = None, **options: Any) -> Draft:
    return _compose(of, text, X, "x.txt.j2", **options)


def _compose(
    of: Article, text: Summary | None, capabilities: Capabilities, template: str, **options: Any
) -> Draft:
    return Composer().compose(
        of,
        text or summary("One sentence."),
        channel="c",
        kind="k",
        capabilities=capabilities,
        template=template,
        **options,
    )


def codes(draft: Draft) -> set[str]:
    return {warning.code for warning in draft.warnings}


def test_on_telegram_headline_summary_and_link() -> None:
    draft = telegram(article(title="Fish & <chips>", language="en"), summary("One.", "Two."))
    [part] = draft.parts
    assert part.text == "<b>Fish &amp; &lt;chips&gt;</b>\n\nOne. Two.\n\nhttps://example.org/1"
    assert (part.length, part.limit, part.parse_mode) == (48, 4096, "HTML")
    assert part.link_preview == "https://example.org/1"
    assert [s.text for s in draft.summary] == ["One.", "Two."]
    assert codes(draft) == set()


def test_a_post_says_whose_direct_speech_it_shows() -> None:
    """What has no room in it is not its speech."""
    said, long = "“One.”", f"“{'a' * 300}.”"
    both = replace(summary(said, long), speakers={said: "Anna Reid", long: ""})
    assert quotes(x(article(title="T"), both)) == ["The post quotes Anna Reid."]
    assert quotes(telegram(article(title="T"), both)) == [
        "The post quotes Anna Reid.",
        "The post has direct speech, and who speaks is not clear.",
    ]
    headline = replace(summary("One."), speakers={"T": "Tom Hale"})
    assert quotes(telegram(article(title="T"), headline)) == ["The post quotes Tom Hale."]


def test_a_headlines_quotation_of_nobody_is_not_shown() -> None:
    title = "‘We heard a bang’: harbour bridge falls into the sea"
    said = replace(summary("One."), speakers={title: ""})
    draft = telegram(article(title=title), said)
    assert draft.parts[0].text.startswith("<b>Harbour bridge falls into the sea</b>")
    assert quotes(draft) == []
    named = replace(said, speakers={title: "Anna Reid"})
    assert "We heard a bang" in telegram(article(title=title), named).parts[0].text


def quotes(draft: Draft) -> list[str]:
    return [warning.message for warning in draft.warnings if warning.code == "quote"]


def test_on_x_the_summary_has_what_headline_and_link_leave() -> None:
    title, first, second = "T" * 200, "a" * 40 + ".", "b" * 52 + "."
    [part] = x(article(title=title), summary(first, second)).parts
    assert part.text == f"{title}\n\n{first}\n\nhttps://example.org/1"
    [part] = x(article(title=title), summary("a" * 52 + ".")).parts
    assert part.length == 280


def test_an_untitled_article_begins_with_its_summary() -> None:
    draft = telegram(article(title=None))
    assert draft.parts[0].text.startswith("One sentence.")
    assert "no-title" in codes(draft)


def test_urdu_stands_as_it_was_written() -> None:
    title, text = "کونسل نے منصوبے کی منظوری دے دی", "کام مئی میں شروع ہوگا۔"
    draft = telegram(article(title=title, language="ur"), summary(text))
    assert draft.parts[0].text == f"<b>{title}</b>\n\n{text}\n\nhttps://example.org/1"


def test_a_long_headline_is_cut_between_words_and_the_link_stays() -> None:
    draft = x(article(title="word " * 100))
    assert draft.parts[0].text.endswith("word…\n\nhttps://example.org/1")
    assert draft.parts[0].length <= 280
    assert {"title-cut", "no-summary"} <= codes(draft)


def test_a_photo_goes_with_a_text_that_fits_its_caption() -> None:
    [part] = telegram(article(image=PHOTO)).parts
    assert (part.media, part.limit, part.link_preview) == ((PHOTO,), 1024, None)


def test_a_text_too_long_for_a_caption_goes_without_its_photo() -> None:
    url = "https://example.org/" + "a" * 800
    draft = telegram(article(image=PHOTO, url=url), summary("b" * 600 + "."))
    [part] = draft.parts
    assert (part.media, part.limit, part.link_preview) == ((), 4096, url)
    assert "photo-left-out" in codes(draft)


def test_a_threads_photo_is_on_its_first_part_and_its_card_where_the_link_is(tmp_path: Path) -> None:
    (tmp_path / "own.html.j2").write_text("{{ title }}\n---\n{{ summary }}\n---\n{{ link }}")
    draft = Composer(tmp_path).compose(
        article(image=PHOTO),
        summary("One."),
        channel="c",
        kind="k",
        capabilities=TELEGRAM,
        template="own.html.j2",
    )
    assert [part.media for part in draft.parts] == [(PHOTO,), (), ()]
    assert [part.link_preview for part in draft.parts] == [None, None, "https://example.org/1"]
    assert "thread" in codes(draft)


def test_without_a_link_there_is_neither_url_nor_card() -> None:
    draft = telegram(article(), link=False)
    assert "example.org" not in draft.parts[0].text
    assert draft.parts[0].link_preview is None
    assert "no-link" not in codes(draft)


def test_an_article_without_a_url_says_so() -> None:
    assert "no-link" in codes(x(article(url=None)))
    assert "no-link" in codes(x(article(url="javascript:alert(1)")))


def test_the_channels_price_is_asked_for_the_parts() -> None:
    assert x(article(), price=lambda parts: Decimal(len(parts))).cost_usd == 1
    assert x(article()).cost_usd is None


def test_an_empty_post_is_refused() -> None:
    with pytest.raises(ComposeError, match=r"x\.txt\.j2: the post would be empty"):
        x(article(title=None, url=None), Summary(()))


def test_a_link_that_leaves_no_room_is_refused_not_cut() -> None:
    with pytest.raises(ComposeError, match=r"console\.txt\.j2:5: link: is 5\d{3} long .* An address"):
        _compose(article(url="https://example.org/" + "a" * 5000), None, CONSOLE, "console.txt.j2")


def test_a_hostile_article_makes_a_harmless_post() -> None:
    hostile = "@jack #win $CASH evil.example https://evil.example <b>x</b> \u202e&lt; /start"
    [part] = telegram(article(title=hostile), summary(hostile)).parts
    for mark in ("@j", "#w", "$C", "evil.e", "https://ev", "<b>x", "\u202e", " /s"):
        assert mark not in part.text.replace("<b>@", "@")


def test_where_the_address_takes_the_room_the_warning_says_so() -> None:
    url = "http://localhost:8080/" + "%d8%a7" * 30  # X makes no link of this, so each character counts.
    long = x(article(title="word " * 30, url=url), summary("a" * 90 + "."))
    [said] = [warning.message for warning in long.warnings if warning.code == "no-summary"]
    assert said == ("No sentence below the headline has room, as the address takes 202 of 280 characters.")
    short = x(article(title="word " * 100), summary("a" * 90 + "."))
    [said] = [warning.message for warning in short.warnings if warning.code == "no-summary"]
    assert said == "No sentence below the headline has room and stands by itself."


def test_tags_of_a_headline_are_text_and_the_warning_names_them() -> None:
    draft = telegram(article(title="Storm #KarachiRains, says @metoffice"))
    assert "#KarachiRains" not in draft.parts[0].text
    [said] = [warning.message for warning in draft.warnings if warning.code == "tags-as-text"]
    assert said.startswith("Text on purpose, no tags or mentions: #KarachiRains @metoffice.")
    assert "tags-as-text" not in codes(telegram(article(title="Storm in Karachi")))
