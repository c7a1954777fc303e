"""Whatever an article holds, its posts fit, say what was written, and do nothing else."""

import html
import re
import unicodedata

import pytest
import regex
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsbot.composing.compose import Composer
from newsbot.composing.direction import strip_isolates
from newsbot.composing.fitting import measure_for
from newsbot.composing.measures import count_utf16_units, count_weighted, find_possible_links
from newsbot.composing.safety import clean_line, defuse, make_readable, safe_url
from newsbot.errors import ComposeError
from newsbot.model import Article, Draft, Summary
from newsbot.ports import Capabilities

from .samples import CASES, TELEGRAM, X, articles, nasty, summaries

COMPOSER = Composer()
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

_DIRECTIONS = re.compile("[\u202a-\u202e\u2068]")
# Isolates come in pairs within a line, and none is inside another.
_ISOLATED = re.compile("(?:[^\u2066-\u2069]|[\u2066\u2067][^\u2066-\u2069\n]*\u2069)*")
_MENTION = re.compile("[@＠][A-Za-z0-9_]")
_HASHTAG = regex.compile("[#＃](?![\ufe0f\u20e3])[\\p{L}\\p{M}\\p{Nd}_\u200c\u200d·]*[\\p{L}\\p{M}]")
_CASHTAG = re.compile("\\$[A-Za-z]")
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]")
_TELEGRAM_LINK = re.compile(r"[^\s\u2000-\u200b]\.(?=[^\W\d_]{2})|(?:https?|ftp|tg|ton)://", re.IGNORECASE)


def compose(article: Article, summary: Summary, capabilities: Capabilities, template: str) -> Draft | None:
    try:
        return COMPOSER.compose(
            article, summary, channel="c", kind="k", capabilities=capabilities, template=template
        )
    except ComposeError as error:
        if "would be empty" in str(error):
            return None
        raise


def words(text: str, capabilities: Capabilities) -> str:
    """What a reader sees, without zero-width characters."""
    shown = html.unescape(re.sub("<[^>]*>", "", text)) if capabilities.markup.parse_mode else text
    return strip_isolates(shown.replace("\u200b", "").replace("\u2060", ""))


@pytest.mark.parametrize(("capabilities", "template"), CASES)
@given(article=articles(), summary=summaries())
@MANY
def test_a_post_fits_and_holds_only_whole_verbatim_sentences(
    capabilities: Capabilities, template: str, article: Article, summary: Summary
) -> None:
    draft = compose(article, summary, capabilities, template)
    if draft is None:
        return
    part = draft.parts[0]
    assert measure_for(capabilities, capabilities.markup)(part.text) == part.length <= part.limit
    read = words(part.text, capabilities)
    for sentence in draft.summary:
        assert clean_line(sentence.text).replace("\u200b", "") in read
    indices = [sentence.index for sentence in draft.summary]
    assert indices == sorted(indices)
    for n, sentence in enumerate(draft.summary):
        if not summary.abstract:
            assert not sentence.needs_previous or (n > 0 and indices[n - 1] == sentence.index - 1)
    assert compose(article, summary, capabilities, template) == draft


@pytest.mark.parametrize(("capabilities", "template"), CASES)
@given(article=articles(), summary=summaries())
@MANY
def test_a_post_neither_tags_nor_mentions_nor_links_nor_turns_the_text(
    capabilities: Capabilities, template: str, article: Article, summary: Summary
) -> None:
    draft = compose(article, summary, capabilities, template)
    if draft is None:
        return
    text = draft.parts[0].text
    link = safe_url(article.url)
    shown = html.unescape(re.sub("<[^>]*>", "", text)) if capabilities.markup.parse_mode else text
    if link and capabilities.markup.parse_mode:  # where its letters are readable
        shown = shown.replace(make_readable(link), link)
    assert find_possible_links(shown) == ([link] if link else [])
    rest = shown.removesuffix(link or "")
    assert not [c for c in rest if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"]
    assert _ISOLATED.fullmatch(text)
    for mark in (_DIRECTIONS, _MENTION, _HASHTAG, _CASHTAG, _COMMAND, _TELEGRAM_LINK):
        assert not mark.search(rest), (mark.pattern, rest)


@given(article=articles(), summary=summaries())
@MANY
def test_telegram_can_always_parse_the_html(article: Article, summary: Summary) -> None:
    draft = compose(article, summary, TELEGRAM, "telegram.html.j2")
    if draft is not None:
        assert TELEGRAM.markup.find_fault(draft.parts[0].text) is None
        assert draft.parts[0].length == count_utf16_units(TELEGRAM.markup.show(draft.parts[0].text))
        draft.parts[0].text.encode()


@given(article=articles(), summary=summaries())
@MANY
def test_a_post_on_x_ends_with_the_articles_one_url(article: Article, summary: Summary) -> None:
    draft = compose(article, summary, X, "x.txt.j2")
    if draft is not None and article.url:
        assert draft.parts[0].text.endswith(safe_url(article.url) or "")
        assert len(find_possible_links(draft.parts[0].text)) == 1


@given(nasty)
@MANY
def test_defusing_only_puts_zero_width_characters_in(text: str) -> None:
    assert defuse(text).replace("\u200b", "") == text.replace("\u200b", "")
    assert find_possible_links(defuse(text)) == []
    assert "\u200b\u200b" not in defuse(text.replace("\u200b", ""))


@given(st.text(max_size=300))
@MANY
def test_a_weight_is_never_less_than_the_characters_of_a_text_without_urls_or_emoji(text: str) -> None:
    plain = "".join(c for c in text if "a" <= c <= "z" or c == " ")
    assert count_weighted(plain) == len(plain)
    assert count_weighted(text) >= 0
