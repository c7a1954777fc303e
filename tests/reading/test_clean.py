import pytest

from newsbot.reading.clean import clean_line, clean_paragraphs, clean_text, plain_line


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("AT&amp;T &amp; friends", "AT&T & friends"),
        ("AT&T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("<b>x</b> y", "x y"),
        ("&lt;b&gt;x&lt;/b&gt; y", "x y"),
        ("a < b and c > d", "a < b and c > d"),
        ("I <3 this", "I <3 this"),
        ("5 &lt; 6", "5 < 6"),
        ("one<br/>two", "one two"),
        ("<script>alert(1)</script>News", "News"),
        ("<img src=x onerror=alert(1)>News", "News"),
        ("News <svg/onload=alert(1)//", "News"),
        ("Caf\u0065\u0301", "Café"),
        ("  two \n lines\t", "two lines"),
        ("It&#8217;s &hellip;", "It’s …"),
        ("Q&A; R&D", "Q&A; R&D"),
        ("", ""),
    ],
)
def test_a_title_is_what_a_person_would_read(markup: str, plain: str) -> None:
    assert plain_line(markup) == plain


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("abc\u202egpj.exe", "abcgpj.exe"),
        ("\u2066x\u2069", "x"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("\ufeffa\u200bb\u2060c\u00add", "abcd"),
        ("x\ud800y\uffffz\U0001ffff", "xyz"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # without it another word
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("a\u200db\u200c", "ab"),
        ("س\u200e(1)", "س\u200e(1)"),  # a mark, no override
        ("hidden\U000e0041\U000e0042", "hidden"),
        (
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
    ],
)
def test_what_hides_or_turns_text_goes_and_what_shapes_words_stays(raw: str, clean: str) -> None:
    assert clean_line(raw) == clean


def test_line_ends_are_one_kind() -> None:
    assert clean_text("a\r\nb\rc\u2028d\x0be") == "a\nb\nc\nd\ne"


def test_paragraphs_are_separated_by_one_blank_line() -> None:
    assert clean_paragraphs(["a\n b", " ", "c"]) == "a b\n\nc"
