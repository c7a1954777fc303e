"""How a summary that tells stories is fitted into a post."""

from dataclasses import replace
from pathlib import Path

import pytest

from newsbot.composing.compose import Composer
from newsbot.composing.markup import PLAIN
from newsbot.composing.measures import count_characters
from newsbot.errors import ComposeError
from newsbot.model import Article, Draft, Sentence, Summary
from newsbot.ports import Capabilities

STANDFIRST = Sentence("Islanders have their boat back", "Islanders have their boat back", -1, 0)
FIRST, SECOND, THIRD = (
    Sentence(text, text, index, index)
    for index, text in enumerate(
        ("The ferry sailed on Monday.", "About 400 people saw it leave.", "A storm had broken the pier.")
    )
)
ALL = (FIRST, SECOND, THIRD)
SUMMARY = Summary(ALL, stories=((STANDFIRST, *ALL), ALL), standfirst=STANDFIRST.text, lead=FIRST.text)


def compose(
    folder: Path, template: str, summary: Summary = SUMMARY, room: int = 280, sentences: int | None = None
) -> Draft:
    (folder / "post.txt.j2").write_text(template, encoding="utf-8")
    article = Article("guid", "text", title="Ferry sails again", language="en")
    return Composer(folder).compose(
        article,
        summary,
        channel="channel",
        kind="x",
        capabilities=Capabilities(
            measure=count_characters, markup=PLAIN, text=room, threads=True, sentences=sentences
        ),
        template="post.txt.j2",
        link=False,
    )


def text(folder: Path, template: str = "{{ summary }}", room: int = 280, sentences: int | None = None) -> str:
    return compose(folder, template, room=room, sentences=sentences).parts[0].text


def test_a_standfirst_is_a_paragraph_of_its_own(tmp_path: Path) -> None:
    assert text(tmp_path) == (
        "Islanders have their boat back\n\n"
        "The ferry sailed on Monday. About 400 people saw it leave. A storm had broken the pier."
    )


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{% if summary %}yes{% endif %}", "yes"),
        ("{{ summary | upper | truncate(6, true, '') }}", "THE FE"),
        ("{% set all = summary %}{{ all | wordcount }}", "17"),
    ],
)
def test_a_template_may_do_more_with_the_summary_than_show_it(
    tmp_path: Path, template: str, shown: str
) -> None:
    assert text(tmp_path, template) == shown


def test_a_sentence_that_needs_the_next_is_not_shown_without_it(tmp_path: Path) -> None:
    first = replace(FIRST, needs_next=True)
    both = replace(SUMMARY, stories=((first, SECOND), (STANDFIRST,)), standfirst=None)
    assert compose(tmp_path, "{{ summary }}", both).parts[0].text == f"{FIRST.text} {SECOND.text}"
    assert compose(tmp_path, "{{ summary }}", both, room=40).parts[0].text == STANDFIRST.text
    assert compose(tmp_path, "{{ summary }}", both, sentences=1).parts[0].text == STANDFIRST.text


def test_a_channel_says_how_many_sentences_there_are(tmp_path: Path) -> None:
    assert text(tmp_path, sentences=1) == "Islanders have their boat back"


def test_a_story_is_shown_from_its_start_as_far_as_there_is_room(tmp_path: Path) -> None:
    assert text(tmp_path, room=70) == "Islanders have their boat back\n\nThe ferry sailed on Monday."


def test_the_next_story_is_told_where_the_first_has_no_room_to_begin(tmp_path: Path) -> None:
    assert text(tmp_path, room=29) == "The ferry sailed on Monday."


def test_the_headline_goes_out_alone_where_nothing_has_room_or_may_be_shown(tmp_path: Path) -> None:
    template = "{{ title }}\n\n{{ summary }}"
    assert text(tmp_path, template, room=40) == "Ferry sails again"
    silent = compose(tmp_path, template, Summary(ALL, stories=()))
    assert silent.parts[0].text == "Ferry sails again"
    assert "no-summary" in {warning.code for warning in silent.warnings}


def test_a_number_asks_for_the_best_sentences_of_the_whole_article(tmp_path: Path) -> None:
    assert (
        text(tmp_path, "{{ summary | fit(60) }}")
        == "The ferry sailed on Monday. About 400 people saw it leave."
    )


def test_the_next_message_of_a_thread_goes_on_with_the_same_story(tmp_path: Path) -> None:
    parts = compose(tmp_path, "{{ summary }}\n---\n{{ summary }}", sentences=2).parts
    assert [part.text for part in parts] == [
        "Islanders have their boat back\n\nThe ferry sailed on Monday.",
        "About 400 people saw it leave. A storm had broken the pier.",
    ]


def test_templates_have_the_standfirst_and_the_lead(tmp_path: Path) -> None:
    template = "{{ standfirst }} | {{ lead }}"
    assert text(tmp_path, template) == "Islanders have their boat back | The ferry sailed on Monday."
    with pytest.raises(ComposeError, match="empty"):
        compose(tmp_path, "{{ standfirst }}", Summary(ALL))


def test_a_draft_knows_its_standfirst_and_what_was_shown(tmp_path: Path) -> None:
    draft = compose(tmp_path, "{{ summary }}", sentences=2)
    assert draft.standfirst == STANDFIRST.text
    assert draft.summary == (STANDFIRST, FIRST)


def test_what_was_shown_without_its_dateline_is_not_shown_again(tmp_path: Path) -> None:
    dated = replace(FIRST, text=f"HARBOUR: {FIRST.text}", source=f"HARBOUR: {FIRST.text}")
    shown = replace(FIRST, source=dated.source)
    summary = Summary((dated, SECOND, THIRD), stories=((STANDFIRST, shown),))
    found = compose(tmp_path, "{{ summary }}\n---\n{{ summary | fit(200) }}", summary).parts
    assert [part.text for part in found] == [
        f"{STANDFIRST.text}\n\n{FIRST.text}",
        f"{SECOND.text} {THIRD.text}",
    ]
