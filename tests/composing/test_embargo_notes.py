"""A note on an embargo is found in the five languages; news about an embargo is no such note."""

from dataclasses import replace

import pytest

from newsbot.composing.compose import find_embargo_note
from newsbot.model import Article

ARTICLE = Article(guid="1", title="Bank keeps its rate", text="The bank keeps its rate.")


@pytest.mark.parametrize(
    "line",
    [
        "EMBARGOED until 22:00 PKT on Monday",
        "*** STRICTLY EMBARGOED: 1 December, 6 a.m. ***",
        "Under embargo until Tuesday",
        "NOT FOR PUBLICATION BEFORE 18:00",
        "Embargo hasta las 22:00 del lunes",
        "EMBARGADO: lunes 22:00",
        "No publicar antes de las 22:00",
        "محظور النشر حتى الساعة 22:00",
        "لا يُنشر قبل الثلاثاء",
        "امبارگو: پیر رات 10 بجے تک",
        "پیر کی رات 10 بجے تک امبارگو",
        "منگل صبح 6 بجے سے پہلے شائع نہ کریں",
        "【解禁】12月1日6時",
        "解禁日時：12月1日6時",
        "エンバーゴ: 火曜6時",
    ],
)
def test_a_note_at_the_beginning_is_found(line: str) -> None:
    assert find_embargo_note(replace(ARTICLE, text=f"{line}\n\nThe bank keeps its rate.")) == line
    assert find_embargo_note(replace(ARTICLE, title=line)) == line
    assert find_embargo_note(replace(ARTICLE, summary=line)) == line


@pytest.mark.parametrize(
    "line",
    [
        "Embargo on Russian oil extended",
        "The arms embargo until 2027 is disputed",
        "El embargo a Cuba cumple 60 años",
        "ایران پر پابندی ختم کر دی گئی",
        "حظر التجول حتى الصباح",
        "牛肉の輸入が解禁された",
        "Not for the first time, rents rise",
    ],
)
def test_news_about_an_embargo_is_no_note(line: str) -> None:
    assert find_embargo_note(replace(ARTICLE, title=line, text=f"{line}.\nEMBARGOED until noon")) is None
