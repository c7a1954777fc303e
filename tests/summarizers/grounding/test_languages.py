"""The errors that models make, in several languages, in articles that were written for this test."""

import tomllib
from pathlib import Path

import pytest

from newsbot.summarizers.grounding import FindingKind, find_ungrounded

ARTICLES = tomllib.loads(Path(__file__).with_name("articles.toml").read_text("utf-8"))


def lines(key: str) -> list[tuple[str, str]]:
    return [
        (language, line)
        for language, article in ARTICLES.items()
        for line in article[key].strip().splitlines()
    ]


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("language", "sentence"), lines("carried"))
def test_what_the_article_says_in_other_words_is_carried(language: str, sentence: str, *, told: bool) -> None:
    assert find_ungrounded(sentence, (), ARTICLES[language]["text"], language if told else None) == ()


@pytest.mark.parametrize(("language", "line"), lines("found"))
def test_an_error_is_found(language: str, line: str) -> None:
    kind, sentence = line.split(" | ")
    found = find_ungrounded(sentence, (), ARTICLES[language]["text"], language)
    assert FindingKind(kind) in {finding.kind for finding in found}


@pytest.mark.parametrize(("language", "sentence"), lines("carried"))
def test_wrong_evidence_makes_no_finding(language: str, sentence: str) -> None:
    text = ARTICLES[language]["text"]
    wrong = [text.strip().splitlines()[0], "No sentence of the article."]
    assert find_ungrounded(sentence, wrong, text, language) == ()


def test_each_language_has_each_kind_of_error_that_its_words_can_show() -> None:
    needed = {"number", "unit", "date", "quote", "negation"}
    for language, article in ARTICLES.items():
        assert needed <= {line.split(" | ")[0] for line in article["found"].strip().splitlines()}, language
