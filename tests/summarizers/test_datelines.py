"""No dateline and no date stands before an article's first words; what only looks like one stays."""

import pytest

from newsbot.summarizers.datelines import drop_byline, drop_dateline

WHERE = "The provincial government opened two new bridges on Monday."


@pytest.mark.parametrize(
    "dateline",
    [
        "KARACHI: ",
        "LAHORE/ISLAMABAD: ",
        "NEW DELHI : ",
        "KARACHI, Nov 29 (Reuters) - ",
        "LONDON (Reuters) – ",
        "Mogadishu, Somalia (CNN) — ",
        "WASHINGTON — ",
        "CAPE HARBOUR, West Wight—",
        "ST. PETERSBURG, Fla. (AP) — ",
        "AIX-EN-PROVENCE, France -- ",
        "New Delhi: ",
        "【東京】",
        "[東京　２９日　ロイター] - ",
        "МОСКВА, 29 ноября - ",
        "Moscú, 29 nov. (EFE).-",
        "Lima, 3 nov (EFE).- ",
        "BUENOS AIRES.– ",
    ],
)
def test_a_dateline_goes(dateline: str) -> None:
    assert drop_dateline(f"{dateline}{WHERE}") == WHERE


def test_a_place_without_capitals_is_known_by_its_name() -> None:
    said = "سندھ حکومت نے پیر کو دو نئے پلوں کا افتتاح کر دیا۔"
    assert drop_dateline(f"کراچی: {said}") == said
    assert drop_dateline(f"اسلام آباد (اے پی پی) - {said}") == said
    assert drop_dateline(f"نور آباد (نامہ نگار) {said}") == said
    assert drop_dateline(f"لاہور (اپنے نمائندے سے) {said}") == said
    arabic = "افتتحت الحكومة جسرين جديدين يوم الاثنين في المدينة."
    assert drop_dateline(f"القاهرة: {arabic}") == arabic


@pytest.mark.parametrize(
    "sentence",
    [
        WHERE,
        "Khan: The bridges should have been opened two years ago by others.",
        "Ali Khan (PPP): The bridges should have been opened two years ago.",
        "KHAN: “The bridges should have been opened two years ago.”",
        "The reason is simple: The bridges were never inspected by anyone.",
        "EU: The bridges should have been opened two years ago, it says.",
        "The bridges—which were closed for two years—should have been opened by others.",
        "COVID-19 — The virus was found in all of the two hundred samples.",
        "NATO - which was founded in 1949 - has thirty-two members today.",
        "KARACHI: Two dead.",
        "عمران خان (نامہ نگار) نے کہا کہ پلوں کا افتتاح دو سال پہلے ہونا چاہیے تھا۔",
        "حامد میر (نمائندہ جیو) کا کہنا ہے کہ پلوں کا افتتاح ہونا چاہیے تھا۔",
        "عمران خان: پلوں کا افتتاح دو سال پہلے ہونا چاہیے تھا۔",
        "عمران خان (چیئرمین) نے کہا کہ پلوں کا افتتاح دو سال پہلے ہونا چاہیے تھا۔",
        "",
    ],
)
def test_a_speaker_and_a_sentence_of_its_own_stay(sentence: str) -> None:
    assert drop_dateline(sentence) == sentence


@pytest.mark.parametrize(
    "date",
    [
        "(18.01.2018) ",
        "[18/01/2018] ",
        "2018-01-18: ",
        "18.1.18 | ",
        "Feb. 23, 2015 -- ",
        "February 23rd 2015 – ",
        "(Monday, 3 May 2021) ",
        "Lunes, 3 de mayo de 2021.- ",
        "18 января 2018 г. — ",
        "18 جنوری 2018: ",
        "١٨ يناير ٢٠١٨ - ",
        "18 जनवरी 2018 — ",
        "（2018年1月18日）",
        "[2018년 1월 18일] ",
    ],
)
def test_a_date_goes(date: str) -> None:
    assert drop_byline(f"{date}{WHERE}") == WHERE


@pytest.mark.parametrize(
    "sentence",
    [
        f"On 3 May 2021, {WHERE}",
        "3 May 2021 was the day on which the provincial government opened two bridges.",
        "May 3, 2021 – the day on which the bridges were opened – was a Monday.",
        "(2018) The provincial government opened two new bridges on Monday.",
        "May 2021: The provincial government opened two new bridges on Monday.",
        "3 May 2021: Two dead.",
    ],
)
def test_a_date_in_a_sentence_of_its_own_stays(sentence: str) -> None:
    assert drop_byline(sentence) == sentence
