"""Capabilities of the three kinds of channel, and texts that are hard on composing."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from newsbot.channels.console import ConsoleChannel
from newsbot.channels.telegram import TelegramChannel
from newsbot.channels.x import XChannel
from newsbot.model import Article, Image, Sentence, Summary

__all__ = ["CASES", "CONSOLE", "TELEGRAM", "X", "article", "articles", "nasty", "summaries", "summary"]

TELEGRAM = replace(TelegramChannel.capabilities, sentences=None, enough=None)
X = replace(XChannel.capabilities, sentences=None)
CONSOLE = ConsoleChannel.capabilities
CASES = ((TELEGRAM, "telegram.html.j2"), (X, "x.txt.j2"), (CONSOLE, "console.txt.j2"))


def article(**fields: Any) -> Article:
    return Article(
        **({"guid": "g", "text": "Text.", "url": "https://example.org/1", "title": "Title"} | fields)
    )


def summary(*texts: str, abstract: bool = False, **marks: Any) -> Summary:
    """Sentences ranked as they stand; ``previous={1}`` and ``next={0}`` name what needs a neighbour."""
    needs_previous, needs_next = marks.get("previous", ()), marks.get("next", ())
    ranks = marks.get("ranks", range(len(texts)))
    return Summary(
        tuple(
            Sentence(text, text, n, rank, n in needs_previous, n in needs_next)
            for n, (text, rank) in enumerate(zip(texts, ranks, strict=True))
        ),
        abstract,
    )


_WORDS = st.sampled_from(
    [
        "@user",
        "＠user",
        "#tag",
        "＃タグ",
        "$CASH",
        "$5",
        "example.com",
        "www.example.org/x?y=z",
        "t.me/joinchat/abc",
        "https://evil.example/",
        "http://10.0.0.1:80/x",
        "http://intranet.corp",
        "tg://resolve?domain=x",
        "a@b.co",
        "/start",
        "/help@bot",
        "said.It",
        "U.S.",
        "e.g.",
        "3.14",
        "24/7",
        "and/or",
        "1.2.3.4",
        "---",
        "\n---\n",
        "<b>",
        "</b>",
        "<a href='x'>",
        "&amp;",
        "&#x3c;",
        "{{ title }}",
        "{% raw %}",
        "\u202e",
        "\u2066",
        "\u2069",
        "\x00",
        "\x02s\x1f\x03",
        "\x1e",
        "\ufeff",
        "\ud800",
        "\u200b",
        "\u200d",
        "\u200c",
        "\u200f",
        "👨\u200d👩\u200d👧",
        "1️⃣",
        "#️⃣",
        "می\u200cروم",
        "भारत",
        "स्कूल.भारत",
        "रूस.рф",
        "東京都は。",
        "日本語のexample.jpです",
        "อาคาร",
        "한국.한국",
        "é",
        "e\u0301",
        "http:",
        "//",
        "host.",
        "com",
        "@",
        "#",
        "$",
        ".",
        ":",
        "/",
        "x",
        "word",
        "Word,",
        "“quoted”",
        "…",
        "\u2028",
        "\r\n",
    ]
)
nasty = st.lists(_WORDS | st.text(max_size=8), max_size=12).flatmap(
    lambda words: st.sampled_from([" ", "", "\n"]).map(lambda gap: gap.join(words))
)


@st.composite
def summaries(draw: st.DrawFn) -> Summary:
    texts = draw(st.lists(nasty.map(lambda text: " ".join(text.split())).filter(bool), max_size=8))
    ranks = draw(st.permutations(range(len(texts))))
    flags = draw(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=len(texts), max_size=len(texts)))
    rare = draw(st.integers(0, 2))
    return Summary(
        tuple(
            Sentence(text, text, n, rank, before and not rare, after and not rare)
            for n, (text, rank, (before, after)) in enumerate(zip(texts, ranks, flags, strict=True))
        ),
        abstract=draw(st.booleans()),
    )


_URLS = st.sampled_from(
    [
        "https://example.org/1",
        "https://example.org/a?b=c&d=e",
        "http://127.0.0.1:8080/feed/1",
        "https://example.org/خبر",
        "https://example.org/wiki/Foo_(bar)",
        "https://例え.jp/パス",
        "https://example.org/a b",
        "https://example.org/a!",
        "https://example.org/#top",
        "https://example.org/x" + "y" * 500,
        "https://sub_domain.example.org/~me/",
        'https://example.org/?q="><script>',
        "https://localhost/x",
        "https://example.org/a.",
        "https://example.org/a,b;c",
    ]
)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    return Article(
        guid="g",
        text=draw(nasty),
        url=draw(st.none() | _URLS),
        title=draw(st.none() | nasty | nasty.map(lambda text: text * 20)),
        author=draw(st.none() | nasty),
        language=draw(st.sampled_from([None, "en", "ur", "ja"])),
        image=draw(st.none() | st.just(Image("https://example.org/i.jpg", "Alt"))),
        tags=tuple(draw(st.lists(nasty, max_size=3))),
    )
