"""What a card asks an editor to check: what the article brings and what a person typed, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from newsbot.app.desk import make_desk
from newsbot.desk.cards import render_card
from newsbot.desk.context import DeskContext
from newsbot.desk.i18n import Translator
from newsbot.ledger import ids
from newsbot.ledger.transitions import note
from newsbot.model import SYSTEM, Article, Image, PostState, PostWarning, TimelineEvent
from newsbot.reasons import Code, WarningCode
from tests.ledger.making import add, new_post, part
from tests.newsroom.desk import ARTICLE, Desk, desk

TEMPLATE = """\
BREAKING 24/7 on Radio Nine: {{ title }}
{{ summary }}
{{ published_at | date("%H:%M on %d.%m.") }}{% for tag in tags %} {{ tag | hashtag }}{% endfor %}

{{ link }}
Call Radio Nine: 0800 555 123
"""
STORY = replace(
    ARTICLE,
    title="Tram line 7 approved",
    text="Line 7 costs 12 million, Anna Ruiz told the council on Monday. Anna Ruiz said that bus 555 stays.",
)


@pytest.fixture
def room(tmp_path: Path, url: str) -> Iterator[Desk]:
    (tmp_path / "templates").mkdir()
    for name in ("x.txt.j2", "console.txt.j2"):
        (tmp_path / "templates" / name).write_text(TEMPLATE)

    def with_desk(settings: dict[str, Any]) -> None:
        settings["desk"] = {"token": "1:a", "people": {"111": "admin"}}

    made = desk(tmp_path, url, with_desk)
    yield made
    made.app.ledger.close()


def card(room: Desk, article_id: str) -> str:
    posts = room.app.ledger.posts.list_posts(article_id=article_id, limit=None)[::-1]
    return render_card(context(room), posts, Translator("en", UTC, now=room.clock.now())).text


def context(room: Desk) -> DeskContext:
    assert room.app.config.desk is not None
    return make_desk(room.app, room.app.config.desk, woken=lambda: None).room


def checks(room: Desk, article_id: str) -> list[str]:
    """What the article's card asks to check."""
    text = card(room, article_id)
    line = next((line for line in text.splitlines() if line.startswith("Check: ")), "")
    return line.removeprefix("Check: ").split(" · ") if line else []


def bring(room: Desk, article: Article, *names: str) -> str:
    return room.bring(*(names or ("none",)), article=article)[0].article_id


def test_the_articles_figures_and_names_are_asked_about_and_the_templates_are_not(room: Desk) -> None:
    article = bring(room, replace(STORY, published_at=room.clock.now()))
    asked = checks(room, article)
    assert {"7", "12 million", "Anna Ruiz", "555"} <= set(asked)
    assert not {"24", "24/7", "0800 555 123", "123", "0800", "Radio Nine"} & set(asked)
    assert not [fact for fact in asked if "23.11" in fact or fact.startswith("08")]


def test_an_article_without_figures_asks_about_none_of_the_templates(room: Desk) -> None:
    plain = replace(STORY, title="tram approved", text="the council met and said yes.", tags=("Route 66",))
    assert checks(room, bring(room, plain)) == []


def test_the_standfirsts_figures_are_asked_about(room: Desk) -> None:
    told = replace(STORY, summary="The council approved a tram line of 9 miles that Berta Costa planned.")
    assert {"9", "Berta Costa"} <= set(checks(room, bring(room, told)))


@pytest.mark.parametrize(("language", "names"), [("en", "none, two"), ("ja", "none、two")])
def test_a_note_about_a_text_names_its_channels(room: Desk, language: str, names: str) -> None:
    cut = PostWarning("title-cut", WarningCode.TEXT_CUT())
    [first] = room.bring("none", article=STORY)
    posts = [replace(first, channel=each, warnings=(cut,)) for each in ("none", "two")]
    say = Translator(language, UTC, now=room.clock.now())
    text = render_card(context(room), posts, say).text
    assert f"⚠ {names}: {say.translate(cut.message)}" in text
    alone = render_card(context(room), posts[:1], say).text
    assert f"⚠ {say.translate(cut.message)}" in alone


@pytest.mark.parametrize(
    ("title", "figure"),
    [
        ("سیلاب سے 3 لاکھ 40 ہزار افراد متاثر", "3 لاکھ 40 ہزار"),
        ("3万4000人が避難", "3万4000"),
        ("تضرر 3 ملايين و400 ألف شخص", "3 ملايين و400 ألف"),
        ("unos 3 millones 400 mil afectados", "3 millones 400 mil"),
    ],
)
def test_a_figure_is_asked_about_with_all_of_its_magnitudes(room: Desk, title: str, figure: str) -> None:
    told = replace(STORY, title=title, text="line seven costs much.", language=None)
    [asked] = checks(room, bring(room, told))
    assert asked.strip("\u2068\u2069") == figure


def test_what_a_person_typed_is_asked_about_though_the_article_does_not_have_it(room: Desk) -> None:
    article = bring(room, STORY, "two")
    [post] = room.app.ledger.posts.list_posts(article_id=article)
    words = room.app.editing.words(post.id).replace("12 million", "14 million")
    room.app.editing.edit(post.id, words, "cli:ana")
    asked = checks(room, article)
    assert "14 million" in asked
    assert "12 million" not in asked
    assert "0800" not in " ".join(asked)


def test_a_corrections_time_is_not_asked_about(room: Desk) -> None:
    """The console's post is out and corrected with a note; X's still waits."""
    article = bring(room, STORY, "none", "two")
    posts = room.app.ledger.posts.list_posts(article_id=article)
    out = next(post for post in posts if post.channel == "none")
    text = f"{out.parts[0].text}\n\nCorrected 14:31 by 9 hands. {'Much more. ' * 20}"
    note = replace(out.parts[0], text=text)
    shown = [replace(out, parts=(note,)), next(post for post in posts if post.channel == "two")]
    sent = replace(shown[0], state=PostState.SENT)
    text = render_card(context(room), [sent, shown[1]], Translator("en", UTC, now=room.clock.now())).text
    assert "12 million" in text.partition("Check:")[2]
    assert "14:31" not in text.partition("Check:")[2].splitlines()[0]


def test_a_card_names_each_photo_once(room: Desk) -> None:
    """An approval is bound to the photo."""
    made = [new_post(name, parts=(part(photo=True),), held_for="approval") for name in ("none", "one")]
    posts = add(room.app.ledger, *made, now=room.clock.now())
    text = card(room, posts[0].article_id)
    assert text.count('Photo: <a href="https://example.org/a.jpg">alt</a>') == 1
    bare = replace(part(photo=True), media=(Image("https://example.org/b.jpg"),))
    [post] = add(room.app.ledger, new_post("none", parts=(bare,)), guid="bare", now=room.clock.now())
    assert 'Photo: <a href="https://example.org/b.jpg">without a description</a>' in card(
        room, post.article_id
    )


def test_a_warning_about_a_number_goes_with_the_number(room: Desk) -> None:
    story = replace(
        ARTICLE,
        title="1,240 homes and 6.4 million people without power",
        text="The power failed in the whole south on Monday evening. It came back in the morning.",
    )
    article_id = bring(room, story)
    shown = card(room, article_id)
    assert "The headline says 1,240, which the text does not." in shown
    assert "The headline says 6.4 million, which the text does not." in shown
    [post] = room.app.ledger.posts.list_posts(article_id=article_id)
    room.app.editing.edit(post.id, "The power failed for 1,240 homes.", "cli:ana")
    shown = card(room, article_id)
    assert "The headline says 1,240" in shown
    assert "6.4 million, which" not in shown


def test_a_card_of_a_waiting_post_says_what_its_source_edited(room: Desk) -> None:
    article_id = bring(room, STORY)
    [post] = room.app.ledger.posts.list_posts(article_id=article_id)
    change = Code.TEXT(words='title: "35 girls" > "45 girls"')
    with room.app.ledger._database.write() as tx:
        number = ids.post_number(post.id)
        event = TimelineEvent.EDITED_AT_SOURCE
        note(tx, number, event, by=SYSTEM, now=room.clock.now(), detail=change)
    shown = unescape(card(room, article_id))
    assert 'Edited at its source 08:00: title: "35 girls" > "45 girls"' in shown
