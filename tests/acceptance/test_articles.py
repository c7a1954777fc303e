"""From an article to one post on each channel, through the real command, adapters and stand-ins."""

import re
import shutil
from pathlib import Path

from .newsroom import Newsroom, Story

ZERO_WIDTH = re.compile("[\u200b\u2060]")

BODY = (
    "<p>The harbour council approved the new ferry line on Tuesday after a debate of four hours.</p>"
    "<p>The first ships will sail in March, and tickets will cost the same as the bus.</p>"
    "<p>Residents of the northern shore had asked for the line since 2019.</p>"
)

AWKWARD = [
    Story("markup", "Council <b>approves</b> the &lt;ferry&gt; line", BODY),
    Story(
        "urdu",
        "کراچی میں بارش کے بعد اسکول بند",
        "<p>کراچی میں شدید بارش کے بعد تمام اسکول دو دن کے لیے بند کر دیے گئے ہیں۔ محکمہ موسمیات نے مزید "
        "بارش کی پیش گوئی کی ہے۔ شہریوں سے گھروں میں رہنے کی اپیل کی گئی ہے۔</p>",
        "ur",
    ),
    Story(
        "japanese",
        "東京の新しい図書館が来月開館へ",
        "<p>東京都は十一日、新しい中央図書館を来月一日に開館すると発表した。蔵書は約百万冊で、二十四時間利用できる。"
        "市民からは歓迎の声が上がっている。</p>",
        "ja",
    ),
    Story("long", " ".join(["Extraordinarily long headline about the harbour"] * 7)[:300], BODY),
    Story("ampersands", "AT&T & Marks & Spencer: R&D up 5% <3", BODY),
]


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", ZERO_WIDTH.sub("", text))


async def test_the_sample_article_goes_out_once_on_each_channel(newsroom: Newsroom, shared: Path) -> None:
    source = next(shared.glob("000_*.txt"))
    (newsroom.folder / "articles").mkdir()
    shutil.copy(source, newsroom.folder / "articles")
    newsroom.config["sources"] = {"drop": {"kind": "folder", "path": "articles/", "backfill": 1}}

    fetched = (await newsroom.run("fetch", "drop", "--json")).json
    raw = source.read_text().split("\n\n")
    assert len(fetched) == 1
    assert fetched[0]["title"] == raw[0].strip()
    assert [plain(p) for p in fetched[0]["text"].split("\n\n")] == [plain(p).strip() for p in raw[1:8]]

    previews = (await newsroom.run("preview", f"articles/{source.name}", "--json")).json
    body = plain(" ".join(raw[1:8]))
    assert [preview["kind"] for preview in previews] == ["telegram", "x"]
    for preview in previews:
        assert preview["summary"]
        for sentence in preview["summary"]:
            assert plain(sentence["text"]) in body

    ran = await newsroom.run("run", "--once")
    assert (ran.status, len(newsroom.messages), len(newsroom.tweets)) == (0, 1, 1), ran.err
    for preview in previews:
        assert all(
            furniture not in preview["parts"][0]["text"] for furniture in ("RDA", "Recent Posts", "cookies")
        )


async def test_awkward_articles_go_out_exactly_once(newsroom: Newsroom) -> None:
    newsroom.site.stories = AWKWARD
    first = await newsroom.run("run", "--once")
    assert first.status == 0, first.err
    assert (len(newsroom.messages), len(newsroom.tweets)) == (5, 5), first.err
    for story in AWKWARD:
        link = f"{newsroom.site.url}/{story.slug}"
        assert sum(link in repr(message) for message in newsroom.messages) == 1
        assert sum(link in repr(tweet) for tweet in newsroom.tweets) == 1

    second = await newsroom.run("run", "--once")
    assert second.status == 0, second.err
    assert (len(newsroom.messages), len(newsroom.tweets)) == (5, 5)
    assert newsroom.sandbox.violations == []
    assert [call for call in newsroom.sandbox.calls if call.status == 429] == []

    posts = (await newsroom.run("posts", "--json")).json
    assert [post["state"] for post in posts] == ["sent"] * 10
    assert all(post["receipts"][0]["url"].startswith("https://") for post in posts)
