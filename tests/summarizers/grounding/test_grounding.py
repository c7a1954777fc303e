"""A sentence that a model wrote is checked against its article."""

import pytest

from newsbot.summarizers.grounding import FindingKind, find_ungrounded

ARTICLE = """Harbour company plans to close the north pier

The harbour company of Westmere plans to close its north pier in May 2024, minister Ali Khan said on Monday.
About 2.4 million passengers used the pier last year, 15 % more than in 2022. The work will cost $30 million.
Director Anna Reid denied that 120 people would lose their jobs. "We will not send anybody away," she said.
The police arrested Tom Barker, who allegedly set fire to the ticket office on 3 March.
"""  # fmt: skip

CARRIED = [
    "About 2,400,000 passengers used the pier last year.",
    "The pier in Westmere may close in May 2024, Ali Khan said.",
    "Anna Reid: “We will not send anybody away”",
    "Tom Barker allegedly set fire to the office on March 3.",
]
FOUND = [
    ("About 4.2 million passengers used the pier last year.", FindingKind.NUMBER),
    ("About 2.4 billion passengers used the pier last year.", FindingKind.NUMBER),
    ("The work will cost €30 million.", FindingKind.UNIT),
    ("Minister Ali Khan spoke on Tuesday.", FindingKind.DATE),
    ("The harbour company plans to close its pier in June 2024.", FindingKind.DATE),
    ("Tom Barker allegedly set fire to the office on 5 March.", FindingKind.DATE),
    ("The harbour company of Eastmere plans to close its north pier.", FindingKind.NAME),
    ("Tom Khan allegedly set fire to the office.", FindingKind.NAME),
    ("Director Anna Reid said: “We will send everybody away.”", FindingKind.QUOTE),
    ("The harbour company of Westmere closes its north pier in May 2024.", FindingKind.MODALITY),
    ("Tom Barker set fire to the ticket office on 3 March.", FindingKind.MODALITY),
    ("The harbour company does not plan to close its north pier.", FindingKind.NEGATION),
    ("Passengers in the last year were 15 % less than in 2022.", FindingKind.COMPARISON),
]


@pytest.mark.parametrize("sentence", CARRIED)
def test_a_sentence_that_the_article_carries_has_no_finding(sentence: str) -> None:
    assert find_ungrounded(sentence, (), ARTICLE, "en") == ()


@pytest.mark.parametrize(("sentence", "kind"), FOUND)
def test_what_the_article_does_not_carry_is_found(sentence: str, kind: FindingKind) -> None:
    assert kind in {finding.kind for finding in find_ungrounded(sentence, (), ARTICLE, "en")}


def test_a_verbatim_sentence_is_carried_whatever_it_says() -> None:
    assert find_ungrounded("About 2.4 million passengers used the pier last year", (), ARTICLE, "en") == ()
