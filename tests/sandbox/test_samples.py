"""The sample articles' posts keep the rules of their languages: stops, quotation marks, digits, spaces."""

import re
import unicodedata
from collections import Counter

import pytest

from newsbot.app.container import App, build_preview_config
from newsbot.model import Article, Draft
from newsbot.newsroom.submission import compose_drafts
from newsbot.sandbox.samples import Sample, samples

STOPS = {"en": ".", "es": ".", "ar": ".", "ur": "۔", "hi": "।", "ja": "。"}
QUOTES = {
    "en": ('"', '"'),
    "es": ("«", "»"),
    "ar": ("«", "»"),
    "ur": ("”", "“"),
    "hi": ("“", "”"),
    "ja": ("「", "」"),
}
FOREIGN = {
    "en": "[«»„]|[^\x00-\u024f\u2000-\u20ff]",
    "es": '["“”„]|\\d{1,3}\\.\\d{3}',  # numbers have no points
    "ar": '[,;?"“”۔]|ک|ی',  # Urdu's own letters among them
    "ur": '[,;?".]|ك|ي',  # and Arabic's
    "hi": '[."]|[a-zA-Z]',
    "ja": '[,."“”!?]|(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])',  # no spaces
}
DIRECTION = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
DESK = ("en", "ur", "ar", "es", "ja")


@pytest.fixture(scope="module")
def posts() -> dict[str, list[Draft]]:
    """The posts on Telegram and X, by the sample's slug."""
    trial = App(build_preview_config(None, allow_private=False)).trial
    return {each.slug: compose_drafts(trial, _article(each), ["telegram", "x"]) for each in samples()}


def _article(sample: Sample) -> Article:
    return Article(
        sample.slug,
        "\n\n".join(sample.paragraphs),
        url=f"https://tide.example.org/{sample.slug}",
        title=sample.title,
        summary=sample.standfirst,
        language=sample.language,
    )


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.slug)
def test_a_post_keeps_its_languages_rules(sample: Sample, posts: dict[str, list[Draft]]) -> None:
    language = sample.language
    opening, closing = QUOTES[language]
    for post in posts[sample.slug]:
        [part] = post.parts
        title, *said, link = part.text.removesuffix("\n").split("\n\n")
        assert link == f"https://tide.example.org/{sample.slug}"
        assert said or post.kind == "x", "Telegram has room for more than a headline"
        for line in (re.sub("<[^>]*>", "", title), *said):
            assert not re.search(FOREIGN[language], line), line
            assert not DIRECTION.search(line), "the platforms find the direction by the letters"
            assert len({unicodedata.name(char).split()[0] for char in line if char.isdigit()}) <= 1
            quotes = re.sub(f"[^{opening}{closing}]", "", line)
            assert quotes == (opening + closing) * (len(quotes) // 2), line
        for line in said:
            assert line.rstrip(closing).endswith(STOPS[language]), line


def test_each_language_of_the_desk_has_two_articles_with_what_newsrooms_write() -> None:
    found = Counter(sample.language for sample in samples())
    assert all(found[language] >= 2 for language in DESK)
    assert {sample.language for sample in samples() if sample.standfirst} >= set(DESK)
    for language in DESK:
        text = " ".join(" ".join(each.paragraphs) for each in samples() if each.language == language)
        assert QUOTES[language][0] in text
        assert re.search(r"\d", text)
        openings = [each.paragraphs[0] for each in samples() if each.language == language]
        assert any(re.match(r"[^.。۔]{2,30}( — |\.- | - |\) |】)", opening) for opening in openings), (
            "a dateline"
        )
