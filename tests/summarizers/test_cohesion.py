import pytest

from newsbot.summarizers.anaphora import find_tables, guess_language, load_tables
from newsbot.summarizers.cohesion import Cohesion, find_cohesion, is_dangling, sentence_ranges
from newsbot.summarizers.sentences import split

DANGLING = {
    "en": [
        "He left.",
        "It’s late.",
        "But rain fell.",
        "However, it rained.",
        "Meanwhile in Rome, all slept.",
        "(CNN)She stood there.",
        "LONDON (Reuters) - They won.",
        "NEW YORK — He resigned on Monday after two years in office.",
        "FORT WORTH, Texas -- They won on Monday after two years of waiting.",
        '"They won," Smith said.',
        "As a result, all lost.",
        "Two days later, the mayor resigned.",
        "That is why.",
        "His wife agreed.",
        "He said: all is well.",
    ],
    "es": ["Sin embargo, llovió.", "Pero ganó.", "Él se fue.", "Dijo que sí.", "Además, llovió."],
    "fr": [
        "Mais il pleut.",
        "Cependant, Paris dort.",
        "Elle est partie.",
        "C’est fini.",
        "Celui-ci a refusé.",
        "L’un d’eux est mort.",
        "Deux jours plus tard, le maire démissionnait.",
        "Parmi eux, trois enfants.",
        "À ces mots, la salle s’est levée.",
        "PARIS (AFP) - Ils ont gagné.",
    ],
    "de": [
        "Sie gewann.",
        "Aber Berlin schläft.",
        "Außerdem regnet es.",
        "Das könnte teuer werden.",
        "Ihm droht eine Strafe.",
        "Zwei Tage später trat der Minister zurück.",
        "Mit diesem Urteil endet der Streit.",
        "Die beiden kannten sich.",
        "Einer von ihnen starb.",
        "Demnach fehlen zwei Millionen.",
        "Berlin (dpa/bb) - Er tritt zurück.",
    ],
    "pt": ["No entanto, choveu.", "Ela ganhou.", "Mas choveu."],
    "it": ["Tuttavia piove.", "Lui ha vinto.", "Ma piove."],
    "ru": ["Он ушёл.", "Однако дождь идёт.", "При этом Москва спит."],
    "ur": ["اس نے کہا کہ وہ جائے گا۔", "انہوں نے کہا۔", "لیکن بارش ہوئی۔", "تاہم جلسہ ہوا۔", "یہ درست ہے۔"],
    "fa": ["او رفت.", "با این حال باران آمد.", "اما باران آمد."],
    "ar": ["وقال الرئيس نعم.", "لكن الحكومة رفضت.", "كما أعلن الوزير.", "وأضاف أن الأمر انتهى.", "هذا صحيح."],
    "hi": ["उन्होंने कहा।", "लेकिन बारिश हुई।", "इसके अलावा सड़क बंद है।"],
    "ko": ["그는 말했다.", "그러나 비가 왔다.", "하지만 서울은 맑다.", "한편 부산은 흐리다."],
    "ja": [
        "しかし、雨が降った。",
        "彼は言った。",
        "また、京都も晴れた。",
        "これは問題だ。",
        "「いい天気だ」と述べた。",
    ],
    "zh": ["但是下雨了。", "他说好。", "此外，上海下雨。", "然而北京晴。"],
}
STANDING = {
    "en": [
        "The mayor resigned.",
        "This week the court sits.",
        "These days, few smoke.",
        "So-called experts met.",
        '"We won," Smith said.',
        '"Mad Men" was a hit.',
        "Italy won.",
        "Thenford is a village.",
        "Sheep graze.",
    ],
    "es": [
        "El presidente habló.",
        "Este lunes llovió.",
        "Esteban ganó.",
        "«Ganaremos», dijo el ministro Pérez.",
    ],
    "fr": ["Le maire est parti.", "Cette semaine, Paris dort.", "Ces derniers mois, Lyon grandit."],
    "de": [
        "Die Kanzlerin gewann.",
        "Diese Woche regnet es.",
        "Das Hafenamt schließt.",
        "In diesen Tagen öffnet der Hafen.",
        "An diesem Montag tagt der Rat.",
        "Zwei Tage lang tagt der Rat.",
    ],
    "pt": ["O presidente falou.", "Nesta segunda, choveu."],
    "it": ["Il sindaco ha vinto."],
    "ru": ["Президент выступил."],
    "ur": ["لاہور میں بارش ہوئی۔", "اس سال گندم کم ہوئی۔", "اسلام آباد میں جلسہ ہوا۔"],
    "fa": ["تهران بارانی است."],
    "ar": ["وزير الخارجية وصل.", "الرئيس قال نعم.", "وصل الوفد إلى واشنطن."],
    "hi": ["दिल्ली में आग लगी।", "इस साल बारिश हुई।"],
    "ko": ["서울에서 회의가 열렸다.", "이재명 대통령이 말했다."],
    "ja": ["東京で会議があった。", "彼岸の入りだ。", "「行く」と田中氏は述べた。"],
    "zh": ["北京开会。", "也门发生爆炸。", "其他国家同意。"],
}


def first_bond(language: str, sentence: str) -> Cohesion:
    return find_cohesion([sentence], find_tables(language, ""))[0]


@pytest.mark.parametrize(
    ("language", "sentence"), [(code, s) for code, some in DANGLING.items() for s in some]
)
def test_a_dangling_opener_needs_the_sentence_before(language: str, sentence: str) -> None:
    assert first_bond(language, sentence).previous


@pytest.mark.parametrize(
    ("language", "sentence"), [(code, s) for code, some in STANDING.items() for s in some]
)
def test_what_only_looks_like_one_stands_alone(language: str, sentence: str) -> None:
    assert first_bond(language, sentence) == Cohesion()


def test_every_table_is_tried() -> None:
    assert DANGLING.keys() == STANDING.keys() == load_tables().keys()


@pytest.mark.parametrize("language", load_tables())
def test_an_unnamed_language_is_guessed_as_far_as_openers_go(language: str) -> None:
    text = " ".join(DANGLING[language] + STANDING[language])
    assert all(is_dangling(s, find_tables(None, text)) for s in DANGLING[language] if not s.startswith("「"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The mayor of the town said that it was late.", "en"),
        ("El alcalde de la ciudad dijo que era tarde.", "es"),
        ("東京で会議があった。", "ja"),
        ("北京召开会议。", "zh"),
        ("لاہور میں بارش ہوئی ہے۔", "ur"),
        ("Zażółć gęślą jaźń.", None),
        ("", None),
    ],
)
def test_guesses(text: str, language: str | None) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize("code", ["en-GB", "EN", "en_US"])
def test_a_code_may_name_a_country(code: str) -> None:
    assert find_tables(code, "") == (load_tables()["en"],)


def shape(text: str, language: str = "en") -> str:
    """One letter a sentence: p and n for the neighbours it needs, b for both, - for none."""
    found = find_cohesion(split(text, language), find_tables(language, text))
    return "".join({(1, 0): "p", (0, 1): "n", (1, 1): "b"}.get((b.previous, b.next), "-") for b in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The mayor spoke. “Rain fell all night long. Roads are closed. Stay home,” Smith said.", "--"),
        ('Smith told reporters of a plan. "Rain will end." Trains run.', "-p-"),
        ('Trains run. "Rain will end." Smith said.', "-np"),
        ('Trains run. "Rain will end." Mary Smith, the mayor of the old town, said on Monday.', "-n-"),
        ('Trains run. "Rain will end," he said.', "-p"),
        ("Trains run. Smith said: Rain will end.", "--"),
        ("Smith made this list:\n\nTrains run.", "n-"),
        ("The players' union met. Smith's team won.", "--"),
        ("Trains run. 'Rain will end,' the players' union said.", "--"),
    ],
)
def test_a_quote_is_bound_to_its_speaker(text: str, expected: str) -> None:
    assert shape(text) == expected


def test_a_quotation_cut_into_sentences_hangs_together() -> None:
    found = find_cohesion(
        ["Smith spoke.", "“Rain fell.", "Roads are closed.", "Stay home,” Smith said."], find_tables("en", "")
    )
    assert [(bond.previous, bond.next) for bond in found] == [
        (False, False),
        (False, True),
        (True, True),
        (True, False),
    ]


def test_quotes_of_several_paragraphs_hang_together() -> None:
    assert shape("“Rain fell.\n\n“Roads are closed,” Smith said.\n\nTrains run.")[:2] == "np"


def test_other_scripts_quote_too() -> None:
    assert shape("東京で会議。「これはいい。」田中氏は述べた。", "ja")[1] in "nb"
    assert shape('لاہور میں بارش ہوئی۔ "بارش رک جائے گی۔" وزیر نے کہا۔', "ur") == "-np"


def test_a_mark_that_never_closes_keeps_only_its_own_sentence_out() -> None:
    found = find_cohesion(["Rain fell.", 'Smith said "no.', *["Trains run."] * 20], find_tables("en", ""))
    assert [i for i, bond in enumerate(found) if bond.stray] == [1]
    assert [i for i, run in enumerate(sentence_ranges(found)) if run is None] == [1]


def test_ranges_close_over_both_sides() -> None:
    assert sentence_ranges([Cohesion(), Cohesion(previous=True, next=True), Cohesion(previous=True)]) == [
        range(1),
        range(3),
        range(3),
    ]


def test_nothing_stands_before_the_first() -> None:
    assert sentence_ranges([Cohesion(previous=True), Cohesion(previous=True), Cohesion()]) == [
        None,
        None,
        range(2, 3),
    ]


def test_a_longer_chain_is_not_for_a_summary() -> None:
    assert sentence_ranges([Cohesion(), *[Cohesion(previous=True)] * 20])[-1] is None
