"""A lead in which nobody knows who "I" or "he" is, in languages of many scripts; all texts are made up."""

import pytest

from newsbot.model import Article
from newsbot.summarizers.cohesion import is_damaged, is_first_person
from newsbot.summarizers.extract import ExtractSummarizer
from newsbot.summarizers.references import is_opened_by_reference


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "我每天晚上骑车经过旧港，夜间渡轮让回家的路短了一半。"),
        ("zh", "渡船复航那天，我和同事在码头等了两个小时。"),
        ("zh", "这次我们来看看夜间渡轮的新时刻表。"),
        ("ko", "제가 처음 이 배를 탄 것은 스무 해 전 겨울이었다."),
        ("ko", "새 여객선 소식을 우리는 부두에서 들었다."),
        ("nl", "Elke ochtend neem ik de pont van kwart over zeven naar het eiland."),
        ("pl", "W zeszłym tygodniu popłynęliśmy nowym promem i nasz syn był zachwycony."),
        ("cs", "Nový přívoz zkracuje cestu do města, říkal mi soused na molu."),
        ("uk", "Новий пором скоротив дорогу до міста, і мені це подобається."),
        ("sv", "I går tog jag den nya färjan till ön för första gången."),
        ("da", "I går tog jeg den nye færge til øen for første gang."),
        ("nb", "I går tok jeg den nye ferja til øya for første gang."),
        ("ro", "Feribotul cel nou ne ajută, iar satul meu este din nou aproape de oraș."),
        ("tr", "Yeni vapur seferleri bizim mahallede herkesi sevindirdi."),
        ("id", "Kapal malam itu membuat perjalanan saya pulang lebih singkat."),
    ],
)
def test_the_first_person_is_found_outside_of_quotations(language: str, sentence: str) -> None:
    assert is_first_person(sentence, language)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "我国东部沿海的夜间渡轮下月起增开三条航线。"),
        ("zh", "我市旧港的渡轮周一复航。"),
        ("zh", "船长自我介绍说，渡轮每天开出十二班。"),
        ("zh", "“我等了两年，”面包师林燕说。"),
        ("zh", "纪录片《我和渡轮》周五在旧港首映。"),
        ("ko", "우리은행은 여객선 회사에 자금을 빌려주기로 했다."),
        ("nl", "De pont naar het eiland vaart vanaf maandag weer elk uur."),
        ("pl", "Prom na wyspę znów kursuje od poniedziałku co godzinę."),
        ("sv", "Färjan till ön går åter varje timme från och med måndag."),
        ("tr", "Adaya vapur seferleri pazartesi günü yeniden başlıyor."),
        ("id", "Kapal ke pulau itu kembali berlayar setiap jam mulai Senin."),
    ],
)
def test_other_words_and_quoted_persons_are_not_the_writer(language: str, sentence: str) -> None:
    assert not is_first_person(sentence, language)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "去年冬天的一个夜晚，他在码头等了两个小时也没有等到渡轮。"),
        ("zh", "渡轮复航之前，她每天要绕路四十公里。"),
        ("ja", "昨年の冬、彼は港で二時間フェリーを待った。"),
        ("ko", "지난해 겨울, 그는 부두에서 두 시간을 기다렸다."),
    ],
)
def test_a_pronoun_after_a_time_has_nobody_before_it(language: str, sentence: str) -> None:
    assert is_opened_by_reference(sentence, language)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("zh", "去年冬天，他国渡轮公司也停开了夜间航线。"),
        ("zh", "船长林海说，他在这条航线上工作了二十年。"),
        ("ja", "昨年の冬、彼岸花の咲く港でフェリーが止まった。"),
        ("ko", "지난해 겨울, 그 부두에서 여객선이 멈췄다."),
    ],
)
def test_other_words_after_a_time_are_no_pronoun(language: str, sentence: str) -> None:
    assert not is_opened_by_reference(sentence, language)


def test_a_post_has_the_headline_alone_rather_than_a_writer_whom_it_does_not_name() -> None:
    lines = ("我每天晚上骑车经过旧港，夜间渡轮让回家的路短了一半。", "我在船上认识了很多邻居。")
    article = Article("guid", "\n\n".join(lines), title="旧港夜间渡轮周一复航", language="zh")
    assert ExtractSummarizer().summarize(article).stories == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "Tom Hale andAnnie Reid took the first ferry to the island on Monday.",
        "Der Hafen undAnna Reid warten seit Montag auf die neue Fähre.",
        "Паром наАстру уйдёт в понедельник, сообщили в порту дляАнны Реид.",
    ],
)
def test_a_sentence_with_a_word_joined_to_a_name_is_not_shown(sentence: str) -> None:
    assert is_damaged(sentence)


@pytest.mark.parametrize(
    "sentence",
    ["The van deVries family sailed on Monday.", "The eBay page and theGrio had it, Lee said."],
)
def test_names_with_a_capital_inside_stay(sentence: str) -> None:
    assert not is_damaged(sentence)
