import pytest

from newsbot.reading.language import detect, parse_language_code, recognise


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The council voted on Tuesday to build bus lanes along the two busiest roads of the city.", "en"),
        ("وفاقی حکومت نے منگل کے روز نئی تعلیمی پالیسی کا اعلان کیا ہے۔", "ur"),
        ("أعلنت الحكومة يوم الثلاثاء خطة جديدة لتطوير شبكة النقل العام في العاصمة.", "ar"),
        ("दिल्ली सरकार ने मंगलवार को नई बस सेवा की शुरुआत की है।", "hi"),
        ("El Congreso aprobó este martes la reforma de la ley de transporte.", "es"),
        ("市議会は火曜日、新しいバス専用レーンを整備する計画を可決した。", "ja"),
        ("Der Stadtrat hat am Dienstag den Bau neuer Busspuren beschlossen.", "de"),
    ],
)
def test_a_sentence_is_enough(text: str, language: str) -> None:
    assert detect(text) == language


def test_a_declared_language_decides_for_short_text_only() -> None:
    assert detect("Hola", "es-MX") == "es"
    assert detect("Hola") is None
    long_english = (
        "The council voted on Tuesday to build bus lanes along the two busiest roads of the city. " * 4
    )
    assert detect(long_english, "de") == "en"


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        ("کراچی میں پیر کو شدید بارش ہوئی اور سڑکوں پر پانی جمع ہو گیا۔", "en-US", "ur"),
        ("The council approved the new ferry line on Monday.", "ur", "en"),
        ("Совет одобрил новую линию парома в понедельник.", "de", "ru"),
        ("市議会は火曜日、計画を可決した。", "en", "ja"),
        ("Vlada je odobrila novu liniju trajekta do otoka.", "sr", "sr"),
        ("Hội đồng thành phố đã phê duyệt tuyến phà mới.", "vi", "vi"),
    ],
)
def test_a_language_that_is_not_written_so_is_not_believed(text: str, declared: str, language: str) -> None:
    """A feed or page of a site in two languages often declares one of them for all."""
    assert detect(text, declared) == language


def test_a_language_is_sure_where_a_longer_text_tells_it_and_never_by_what_is_declared() -> None:
    english = "The council voted on Tuesday to build bus lanes along the two busiest roads of the city. " * 4
    assert recognise(english, "en") == ("en", True)
    assert recognise(english, "ur") == ("en", True)
    assert recognise(english) == ("en", True)
    assert recognise("The ferry sails again.", "en") == ("en", False)
    assert recognise("Hola", "es-MX") == ("es", False)
    assert recognise("12345 67890 !!!", "en") == ("en", False)


def test_nonsense_is_no_language() -> None:
    assert detect("12345 67890 !!!") is None
    assert detect("") is None
    assert detect("asdf qwer zxcv tyui ghjk vbnm") is None
    assert detect("Hola", "xx") is None


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en-US", "en"),
        ("ur_PK", "ur"),
        ("EN", "en"),
        ("iw", "he"),
        ("xx", None),
        ("", None),
        (None, None),
        ("english", None),
    ],
)
def test_a_tag_is_read_by_its_first_part(tag: str | None, code: str | None) -> None:
    assert parse_language_code(tag) == code
