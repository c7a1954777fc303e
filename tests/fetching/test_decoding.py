"""Bytes into text: what decides, in which order, and what is lost where something is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbot.fetching.decoding import decode

XML = '<?xml version="1.0" encoding="{}"?><rss><title>{}</title></rss>'
PAGE = '<!doctype html><html><head><meta charset="{}"></head><body>{}</body></html>'

TEXTS = [
    ("windows-1252", "Die Straße in Zürich – “gesperrt”, sagt’s der Bürgermeister für 5 €."),
    ("windows-1251", "Мэр города сообщил, что набережная закрыта после наводнения."),
    ("koi8-r", "Мэр города сообщил, что набережная закрыта после наводнения."),
    ("windows-1250", "Burmistrz powiedział, że nabrzeże zostało zamknięte po powodzi."),
    ("iso-8859-2", "Burmistrz powiedział, że nabrzeże zostało zamknięte po powodzi."),
    ("windows-1254", "Belediye başkanı rıhtımın kapatıldığını söyledi, çünkü su yükseldi."),
    ("iso-8859-7", "Ο δήμαρχος είπε ότι η προκυμαία έκλεισε μετά την πλημμύρα."),
    ("windows-1255", "ראש העיר אמר שהרציף נסגר אחרי השיטפון."),
    ("windows-1256", "قال رئيس البلدية إن الرصيف أغلق بعد الفيضان."),
    ("windows-874", "นายกเทศมนตรีกล่าวว่าท่าเรือปิดหลังน้ำท่วม"),
    ("shift_jis", "市長は洪水の後、埠頭を閉鎖すると発表した。"),
    ("euc-jp", "市長は洪水の後、埠頭を閉鎖すると発表した。"),
    ("gbk", "市长表示，洪水过后码头已经关闭。"),
    ("gb18030", "市长表示，洪水过后码头已经关闭。"),
    ("big5", "市長表示，洪水過後碼頭已經關閉。"),
    ("euc-kr", "시장은 홍수 이후 부두를 폐쇄한다고 발표했다."),
]
PYTHON = {"shift_jis": "cp932", "euc-kr": "cp949", "big5": "big5hkscs", "windows-874": "cp874"}


def codec(label: str) -> str:
    return PYTHON.get(label, label)


# ---------------------------------------------------------------- what decides


@pytest.mark.parametrize(("label", "text"), TEXTS, ids=[label for label, _ in TEXTS])
@pytest.mark.parametrize("shape", [XML, PAGE], ids=["xml", "page"])
def test_the_declared_encoding_is_used(shape: str, label: str, text: str) -> None:
    whole = shape.format(label, text)
    assert decode(whole.encode(codec(label))) == whole


@pytest.mark.parametrize(("label", "text"), TEXTS, ids=[label for label, _ in TEXTS])
def test_what_http_says_comes_before_what_the_document_says(label: str, text: str) -> None:
    whole = PAGE.format("iso-8859-3", text)
    assert decode(whole.encode(codec(label)), label) == whole


@pytest.mark.parametrize(("label", "text"), TEXTS, ids=[label for label, _ in TEXTS])
def test_text_in_utf_8_is_utf_8_whatever_is_said_of_it(label: str, text: str) -> None:
    whole = XML.format(label, text)
    assert decode(whole.encode(), label) == whole


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_decides_and_goes(encoding: str) -> None:
    whole = XML.format("iso-8859-1", "Zürich – ferry")
    assert decode(f"\ufeff{whole}".encode(encoding), "windows-1251") == whole


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("whole", [XML.format("utf-16", "Zürich – ferry"), '{"title": "Zürich"}', "\n<p>ü"])
def test_wide_encodings_are_seen_without_a_mark(encoding: str, whole: str) -> None:
    assert decode(whole.encode(encoding)) == whole


@pytest.mark.parametrize(
    "label",
    ["ISO-8859-1", "iso8859-1", "latin1", "l1", "us-ascii", "ascii", "cp1252", "x-cp1252", "x-user-defined"],
)
def test_labels_mean_what_they_mean_to_browsers(label: str) -> None:
    """All these are windows-1252, which has quotes and dashes where ISO-8859-1 has control characters."""
    whole = XML.format(label, "The mayor’s “boat” – lost")
    assert decode(whole.encode("cp1252")) == whole


@pytest.mark.parametrize(
    ("label", "python", "text"),
    [
        ("iso-8859-9", "cp1254", "“şöyle” dedi"),
        ("tis-620", "cp874", "“ท่าเรือ”"),
        ("gb2312", "gb18030", "镕基碼頭。"),
        ("ks_c_5601-1987", "cp949", "똠방각하 햏"),
        ("x-sjis", "cp932", "①髙島屋"),
    ],
)
def test_an_old_label_covers_what_its_extension_added(label: str, python: str, text: str) -> None:
    whole = PAGE.format(label, text)
    assert decode(whole.encode(python)) == whole


@pytest.mark.parametrize(
    "charset", [' "windows-1251"', "'windows-1251'", "WINDOWS-1251;", "cp1251", "x-cp1251"]
)
def test_a_label_is_read_as_servers_write_it(charset: str) -> None:
    assert decode("Набережная".encode("cp1251"), charset) == "Набережная"


@pytest.mark.parametrize("charset", ["none", "utf-7", "binary", "x-unknown", "iso-2022-kr", "", "a\0b", "é"])
def test_a_label_that_says_nothing_is_passed_over(charset: str) -> None:
    whole = XML.format("windows-1251", "Набережная")
    assert decode(whole.encode("cp1251"), charset) == whole


def test_iso_2022_jp_is_seen_though_its_bytes_are_ascii() -> None:
    whole = PAGE.format("iso-2022-jp", "市長は洪水の後")
    assert decode(whole.encode("iso2022_jp")) == whole


def test_a_declaration_of_utf_16_that_can_be_read_is_wrong() -> None:
    whole = XML.format("UTF-16", "Zürich")
    assert decode(whole.encode()) == whole


@pytest.mark.parametrize("front", ["\n\n", "<!-- cached -->" * 1000, "<!-- <meta charset=koi8-r> -->", " \t"])
def test_a_declaration_is_found_behind_what_caches_write(front: str) -> None:
    whole = front + XML.format("windows-1251", "Набережная")
    assert decode(whole.encode("cp1251")) == whole


# ---------------------------------------------------------------- what is broken


@pytest.mark.parametrize("bad", [b"\xff", b"\x96", b"\xe9", b"\xc3", b"\xf0\x9f", b"\xed\xa0\x80", b"\x80"])
@pytest.mark.parametrize("charset", [None, "utf-8", "iso-8859-1"])
@pytest.mark.parametrize("label", ["UTF-8", "windows-1251", ""])
def test_a_bad_byte_in_utf_8_costs_its_character_alone(bad: bytes, charset: str | None, label: str) -> None:
    data = XML.format(label, "Café # geöffnet, Straße gesperrt").encode().replace(b"#", bad)
    text = decode(data, charset)
    assert "Café \ufffd" in text
    assert "\ufffd geöffnet, Straße gesperrt" in text


def test_one_bad_byte_between_ascii_is_lost_where_utf_8_is_declared() -> None:
    assert decode(XML.format("utf-8", "A # b").encode().replace(b"#", b"\xff")).count("\ufffd") == 1


@pytest.mark.parametrize(("label", "text"), TEXTS, ids=[label for label, _ in TEXTS])
def test_a_whole_text_in_another_encoding_is_no_utf_8_whatever_it_declares(label: str, text: str) -> None:
    """A guess from the bytes is the last resort."""
    whole = XML.format("utf-8", text)
    assert decode(whole.encode(codec(label))) == whole
    assert decode(f"{text}\n".encode(codec(label))) == f"{text}\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("iso8859_2", "Starosta řekl, že nábřeží bylo po povodni uzavřeno."),
        ("iso8859_2", "A polgármester szerint a rakpartot az árvíz után lezárták, és jövőre épül új híd."),
        (
            "cp1250",
            "Primarul a declarat că cheiul a fost închis după inundaţie, iar construcţia începe în mai.",
        ),
        ("koi8_u", "Мер міста повідомив, що набережна закрита після повені."),
        ("iso8859_5", "Мэр города сообщил, что набережная закрыта после наводнения."),
        ("iso8859_6", "قال رئيس البلدية إن الرصيف أغلق بعد الفيضان."),
        ("gb18030", "市议会经过长时间的辩论，于星期一批准了该计划。"),
        ("big5", "市議會經過長時間的辯論，於星期一批准了該計劃。"),
        ("euc_jp", "市議会は月曜日、長い審議の末に計画を承認した。"),
    ],
)
@pytest.mark.parametrize("shape", ["<rss><title>{}</title></rss>", "<html><body><p>{}</p></body></html>"])
def test_a_feed_or_page_that_declares_nothing_is_read_by_its_words(
    shape: str, encoding: str, text: str
) -> None:
    whole = shape.format(text)
    assert decode(whole.encode(encoding)) == whole


WESTERN = [
    "The mayor’s boat – lost",
    "Café on the quay",
    "L’été, l’école, l’élève",
    "Le quai rénové a été fermé. « Très tôt, les pêcheurs ont été prévenus », a précisé la préfecture.",
    "Ils étaient déjà à l'étude : « la criminalité liée à l'ennui », des élèves doués, très empêchés.",
    "El alcalde señaló que el muelle seguirá cerrado después de la inundación; «mañana» habrá información.",
    "Der Bürgermeister schließt die Brücke für Fußgänger.",
    "Der Bürgermeister schließt die Brücke für Fußgänger, während Bänke übermorgen öffnen.",
]


@pytest.mark.parametrize("text", WESTERN)
def test_western_text_that_declares_nothing_is_windows_1252(text: str) -> None:
    assert decode(f"<p>{text}</p>".encode("cp1252")) == f"<p>{text}</p>"


@pytest.mark.parametrize(("label", "text"), TEXTS, ids=[label for label, _ in TEXTS])
def test_no_other_encoding_is_taken_for_broken_utf_8(label: str, text: str) -> None:
    whole = PAGE.format(label, text * 3 + "?" + text)
    data = whole.encode(codec(label)).replace(b"?", b"\xff")
    assert text in decode(data)


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=20)))
def test_any_bytes_give_a_text(data: bytes, charset: str | None) -> None:
    decode(data, charset).encode("utf-8", "strict")
