import pytest

from newsbot.reading.clean import clean_line, clean_paragraphs, clean_text, markup_to_line, unescape_markup


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
        ("Write to <info@example.org> now", "Write to <info@example.org> now"),
        ("Write to &lt;info@example.org&gt; now", "Write to <info@example.org> now"),
        ("Mail <mailto:ann@example.org?subject=x&amp;y=z>", "Mail <mailto:ann@example.org?subject=x&y=z>"),
        ("<<words>> and <words>", "<<words>> and <words>"),
        ("&lt;&lt;Le Monde&gt;&gt; says", "<<Le Monde>> says"),
        ("<redacted> said so", "<redacted> said so"),
        ("See <https://example.org/x>", "See <https://example.org/x>"),
        ("See <https://example.org/x?a=b&amp;c=d>", "See <https://example.org/x?a=b&c=d>"),
        ("<video+onerror='a'>News", "News"),
        ("if a<b and c>d", "if a<b and c>d"),
        ("x <i think> so", "x <i think> so"),
        ("<3 and <- and -> and <>", "<3 and <- and -> and <>"),
        ("Prices <10% up, >5% down", "Prices <10% up, >5% down"),
        ("<video controls>Film</video>", "Film"),
        ("<B CLASS='x'>Bold</B >", "Bold"),
        ("<o:p></o:p>Word <st1:place>Lahore</st1:place>", "Word Lahore"),
        ("<x-widget data-a=1>News</x-widget>", "News"),
        ("<unknown onclick=alert(1)>News", "News"),
        ("<!-- x -->News<?php echo 1 ?>", "News"),
        ("<p>one</p><p>two</p>", "one two"),
        ("&amp;lt;b&amp;gt;x&amp;lt;/b&amp;gt;", "x"),
        ("", ""),
    ],
)
def test_a_title_is_what_a_person_would_read(markup: str, plain: str) -> None:
    assert markup_to_line(markup) == plain


@pytest.mark.parametrize(
    ("body", "markup"),
    [
        ("&lt;p&gt;Quay closed.&lt;/p&gt;", "<p>Quay closed.</p>"),
        ("&amp;lt;p&amp;gt;Quay closed.&amp;lt;/p&amp;gt;", "<p>Quay closed.</p>"),
        ("One&lt;br /&gt;two", "One<br />two"),
        ('&lt;img src="a.jpg"&gt; Quay', '<img src="a.jpg"> Quay'),
        ("&LT;div class=x&GT;Quay", "<div class=x>Quay"),
        ("<p>Use the &lt;p&gt; element, &lt;b&gt;not&lt;/b&gt; this.</p>",) * 2,
        ("In HTML the &lt;p&gt; element is a paragraph.",) * 2,
        ("<div>&lt;p&gt;Quay closed.&lt;/p&gt;</div>", "<div><p>Quay closed.</p></div>"),
        ("<p>&lt;p&gt; is an element, as is &lt;div&gt;</p>",) * 2,
        ("5 &lt; 6 &amp; 7 &gt; 6",) * 2,
        ("It&amp;#8217;s a caf&amp;eacute;&amp;nbsp;bar", "It&#8217;s a caf&eacute;&nbsp;bar"),
        ("AT&amp;amp;T, R&amp;D; and &amp;c;", "AT&amp;T, R&amp;D; and &amp;c;"),
        ("<p>Write to <info@example.org> or <https://example.org/x></p>",
         "<p>Write to &lt;info@example.org> or &lt;https://example.org/x></p>"),
        ('<a href="mailto:info@example.org">x</a>',) * 2,
        ("", ""),
    ],
)  # fmt: skip
def test_a_body_that_was_escaped_too_often_is_unescaped(body: str, markup: str) -> None:
    assert unescape_markup(body) == markup


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


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        (
            "The senator of Yobe North , Ahmad Lawan , spoke .",
            "The senator of Yobe North, Ahmad Lawan, spoke.",
        ),
        ("Relations with the U.S. , he said, are good.", "Relations with the U.S., he said, are good."),
        ("It ended . Nobody came", "It ended. Nobody came"),
        ("the mayor spoke . nobody came .", "the mayor spoke . nobody came."),
        ("Written in .NET , not in C", "Written in .NET, not in C"),
        ("It cost 10 % , “a lot” , they said .", "It cost 10 %, “a lot”, they said."),
        ("قال الوزير ، بعد يوم ؛ إن الميناء فتح .", "قال الوزير، بعد يوم؛ إن الميناء فتح."),
        ("کیا پل بند ہے ؟ جی ہاں ۔ آج", "کیا پل بند ہے؟ جی ہاں۔ آج"),
        ("पुल बंद है । नाव चली", "पुल बंद है। नाव चली"),
        ("港は 、閉鎖された 。", "港は、閉鎖された。"),
        ("Il a dit : « Non ; jamais ! » Vraiment ?",) * 2,
        ("Ties are better-than- ever, day-to- day and state-of-the- art.",
         "Ties are better-than-ever, day-to-day and state-of-the-art."),
        ("Two- and three-year terms, up-to- and over-the-limit, 5 - 3, Vor- und Nachteile",) * 2,
        ("(CNN)President Lee spoke.", "(CNN) President Lee spoke."),
        ("(CNN) President Lee spoke.", "(CNN) President Lee spoke."),
    ],
)  # fmt: skip
def test_marks_stand_where_a_writer_puts_them(line: str, clean: str) -> None:
    assert clean_paragraphs([line]) == clean
    assert line.startswith("(CNN)P") or markup_to_line(line) == clean


def test_paragraphs_are_separated_by_one_blank_line() -> None:
    assert clean_paragraphs(["a\n b", " ", "c"]) == "a b\n\nc"
