"""An article without a headline: its post tells the beginning in the article's order, and is never empty."""

from tests.summarizers.test_leads import LEAD, MORE, stories, tell

ASIDES = (
    "Suspended?",
    "The idea of sailing on in winter was, she says, less of a problem to her than waiting for spring.",
    "Reid smiles when I tell her this on the quay.",
) * 3


def test_the_post_tells_the_lead_and_what_follows_it() -> None:
    lead = "The ferry sailed again on Monday."
    summary = tell(lead, MORE[1], *ASIDES, title="")
    assert stories(summary) == [[lead, MORE[1]]]
    assert summary.lead == lead


def test_an_editors_line_stands_before_the_lead() -> None:
    line = "Islanders get their post by boat again, after the storm had broken the pier of the ferry."
    assert stories(tell(LEAD, *MORE, title="", standfirst=line))[0][0] == line


def test_one_sentence_is_shown_where_the_lead_may_not_be() -> None:
    summary = tell("I saw it leave.", *MORE, title="")
    assert [len(story) for story in summary.stories or ()] == [1] * 4
    assert sorted(story[0] for story in stories(summary)) == sorted(["I saw it leave.", *MORE])
    assert [story[0].rank for story in summary.stories or ()] == [0, 1, 2, 3]
    assert stories(summary)[0] != ["I saw it leave."]
