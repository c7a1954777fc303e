"""Nothing that reaches a person stays English: what layers raise, what code writes, what the desk says."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from newsbot.desk.card_sync import CardSync
from newsbot.desk.command_parser import is_post_id
from newsbot.desk.commands import COMMANDS
from newsbot.desk.i18n import Translator
from newsbot.desk.notices import render_alerts, render_brief
from newsbot.errors import NewsbotError
from newsbot.model import Failure, PostEvent, TimelineEvent
from newsbot.newsroom.alerts import Alert, make_brief
from newsbot.newsroom.anomalies import describe_flood, describe_likeness
from newsbot.reasons import TABLES, Code, ParameterType, PlatformCode, SourceCode, UsageCode
from newsbot.reasons.reason import find_parameter_type
from tests.ledger.exchanges import settle_call
from tests.ledger.making import add, claimed, new_post, part

from .outdesk import desked
from .stand import ADMIN, EDITOR, GROUP, Stand, standing
from .test_card_messages import flag
from .test_every_command import BEHIND
from .test_i18n import catalogue

SRC = Path(__file__).parents[2] / "src" / "newsbot"
OTHERS = ("ar", "ja", "ur")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)

# ---------------------------------------------------------------- what layers raise


def list_errors(base: type[NewsbotError] = NewsbotError) -> set[str]:
    """The names of all errors that are made with a reason."""
    names = {base.__name__} if base.__init__.__annotations__.get("reason") else set()
    return names.union(*map(list_errors, base.__subclasses__()))


def raised() -> Iterator[str]:
    """Where an error is made with a text instead of a reason."""
    errors = list_errors()
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in errors and node.args and is_text(node.args[0]):
                yield f"{path.relative_to(SRC)}:{node.lineno}: {ast.unparse(node)}"


def is_text(node: ast.expr) -> bool:
    """Whether the expression makes a text: a literal, a template, a sum, or a call that returns one."""
    if isinstance(node, ast.Call):
        made = node.func
        return getattr(made, "id", "") == "str" or getattr(made, "attr", "") in {"format", "join", "strip"}
    return isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp)


def english(text: str) -> list[str]:
    """The Latin words that stay when everything that is the same in every language is taken out."""
    text = re.sub(r"[\u200b-\u200f\u2066-\u2069]|<[^>]*>", "", unescape(text))
    same = r"`[^`]*`|\w+://\S*|@\w+|/[a-z]+|'[^']*'|a-[a-z2-9]{4,6}|aah3|[0-9a-f]{8,}|\w*\.[a-z]\w+"
    text = re.sub(same, " ", text, flags=re.ASCII)
    for word in re.findall(r"(?<![A-Za-z0-9])[a-z2-9]{4,6}(?![A-Za-z0-9])", text):
        text = text.replace(word, "") if is_post_id(word) else text
    return [word for word in re.findall(r"[A-Za-z][A-Za-z_]+", text) if word not in SAME]


FORMATS = """
newsbot sandbox systemd Docker PostgreSQL Telegram BotFather HTTP HTML TLS DNS MB JPEG PNG WebP GIF
RSS Atom JSON XML Feed URL NAME ID CHANNEL JavaScript CMS
SQLite UTF gzip guid HEX COALESCE AS encode full_text auto page mysql postgresql sqlite USER
PASSWORD HOST url query true Location token path api chat topic web listen consumer_key consumer_secret
access_token access_token_secret Read and Write Premium http https WordPress DB_NAME table_prefix wp prefix
"""
"""Names of formats, platforms and programs, and keys of config.yaml."""
COMMAND_WORDS = "again lift sent not all at editor viewer admin"
TYPED = """
k7mq mq aah nowhere zz xx Other Another words text Corrected short cli tomorrow ago days Jan English Espa ol
review spread once
tg drop site Title Text Ada Bo Cy Dee example org user password main printed sandbox ur ar en photo
"""
"""What is typed in these tests, and the names of their newsroom."""
SAME = frozenset(re.findall(r"\w+", f"{FORMATS} {COMMAND_WORDS} {TYPED}"))


def test_no_layer_raises_a_text() -> None:
    """Not even for the command line: it shows the reason's text, and JSON and the desk render it too."""
    assert {
        "UsageError",
        "NotPermitted",
        "VoteRefused",
        "LedgerTaken",
        "NotSent",
        "ListenError",
    } <= list_errors()
    assert list(raised()) == []


@pytest.mark.parametrize("text", ['"it is"', 'f"{a} is"', '"a" + b', "str(error)", '"; ".join(notes)'])
def test_what_makes_a_text_is_found(text: str) -> None:
    assert is_text(ast.parse(text, mode="eval").body)


# ---------------------------------------------------------------- the codes of reasons

EXAMPLES: dict[ParameterType, object] = {
    ParameterType.TEXT: "aah3",
    ParameterType.WORD: "scheduled",
    ParameterType.NUMBER: 12,
    ParameterType.TIME: NOW,
    ParameterType.DAY: NOW.date(),
    ParameterType.REASON: Code.TEXT(words="aah3"),
    ParameterType.REASONS: (Code.TEXT(words="aah3"),),
    ParameterType.SENTENCES: (Code.TEXT(words="aah3"),),
    ParameterType.CHOICES: (Code.TEXT(words="aah3"),),
}


@pytest.mark.parametrize("language", OTHERS)
def test_every_code_is_said_in_each_language(language: str) -> None:
    say = Translator(language, UTC, now=NOW)
    left = {}
    for code in (code for table in TABLES for code in table):
        reason = code(**{name: EXAMPLES[find_parameter_type(name)] for name in code.parameters})
        if words := english(say.explain(reason)):
            left[str(code)] = words
    assert left == {}


# ---------------------------------------------------------------- what the code writes

SHOWN = frozenset({"Answer", "Refusal", "Button", "Shown", "Markup", "escape"})


@cache
def literals() -> list[str]:
    """Where the desk puts its own words before people without `say`, `label`, `button` or `translate`."""
    wrong = []
    for path in sorted((SRC / "desk").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SHOWN:
                for each in node.args[:1]:
                    wrong += [f"{path.name}:{each.lineno}: {text}" for text in _own_words(each)]
    return wrong


def _own_words(node: ast.expr) -> Iterator[str]:
    pieces = node.values if isinstance(node, ast.JoinedStr) else [node]
    for piece in pieces:
        if isinstance(piece, ast.Constant) and re.search(
            r"[A-Za-z]{2}", re.sub(r"<[^>]*>", "", str(piece.value))
        ):
            yield str(piece.value)


def test_the_desk_writes_no_words_without_a_catalogue() -> None:
    assert literals() == []


SPANISH = frozenset(
    {
        "admin",
        "editor",
        "embargo",
        "no",
        "{n} min",
        "{n} h",
        "error",
        "viewer|editor|admin",
        "ID sent|not-sent",
    }
)


def test_spanish_is_not_english() -> None:
    """It shares the script, so a text is compared with its translation."""
    same = {
        str(each.id)
        for each in catalogue("es")
        if each.id
        and each.id == each.string
        and re.search(r"[A-Za-z]{2}", re.sub(r"\{\w+\}|<[^>]*>", "", str(each.id)))
    }
    assert same - SPANISH == {"ID"} & same


# ---------------------------------------------------------------- what the desk says


QUOTED = "\"۱\" & '۲' <۳>"
"""A headline with every character that HTML escapes."""

MORE = (
    "/move {} 5",
    "/move {} tomorrow",
    "/move {} 2 days ago",
    "/move {} 1 Jan 2031 10:00",
    "/quee",
    "/embargo {} 18:30",
    "/embargo {} lift",
    "/edit {} short",
    "/edit {}",
    "/fix {} x",
    "/correct {}",
)


async def all_that_is_said(stand: Stand, language: str) -> list[str]:
    """Every command with what is missing, waits, is unknown or failed; and every button that comes of it."""
    stand.desk.voice.language = language
    stand.sandbox.telegram.chats[GROUP].messages.clear()
    follower = CardSync(stand.desk)
    await follower.update_all()
    heard: list[str] = []
    for name, command in COMMANDS.items():
        behind = BEHIND.get(name, "")
        for ref in ("", "aah9", "a-aawp", "zz", "https://example.org/nowhere", *states(stand)):
            heard += await says(stand, f"/{name} {ref} {behind if ref else ''}".strip())
        if command.usage and not command.hidden:
            for more in ("nowhere", "tg spread", "tg review", "all", "editor", "xx"):
                heard += await says(stand, f"/{name} {more}")
    for text in MORE:
        for ref in states(stand):
            heard += await says(stand, text.format(ref))
    await follower.update_all()
    return heard + shown(stand)


def shown(stand: Stand) -> list[str]:
    messages = stand.sandbox.telegram.chats[GROUP].messages
    return [message.text for message in messages] + [
        button["text"]
        for message in messages
        for row in (message.reply_markup or {}).get("inline_keyboard", [])
        for button in row
    ]


async def says(stand: Stand, text: str) -> list[str]:
    heard = await stand.says(ADMIN, text)
    for label, data in list(stand.buttons().items()):
        heard.append(label)
        if not data.startswith(("lang", "invite", "page")):
            heard += await stand.presses(EDITOR, data)
    return heard


def states(stand: Stand) -> list[str]:
    """Make a new post in each state, as commands change them."""
    made = [stand.post(title="۱", text="۲ ۳").id]
    due = stand.clock.now() + timedelta(hours=1)
    for event, failure in (
        (PostEvent.LOSE, PlatformCode.NO_ANSWER_WITHIN(n=10)),
        (PostEvent.REFUSE, PlatformCode.ID_NOT_KNOWN()),
    ):
        new = new_post("tg", due_at=due, parts=(part("۲ ۳"),))
        [post] = add(stand.ledger, new, guid=f"۱{next(stand.numbers)}", now=stand.clock.now())
        stand.ledger.channels.resume("tg", by="cli:ada", now=stand.clock.now())
        one = claimed(stand.ledger, now=due + timedelta(hours=1)).post.id
        settle_call(
            stand.ledger.delivery,
            one,
            event,
            Failure("unknown", failure),
            now=stand.clock.now(),
        )
        made += [one, post.id]
    return list(dict.fromkeys(made))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", OTHERS)
async def test_nothing_that_the_desk_says_is_english(tmp_path: Path, language: str) -> None:
    async with standing(tmp_path, channels=("tg",)) as stand:
        heard = await all_that_is_said(stand, language)
    assert len(heard) > 300
    assert {text: words for text in heard if (words := english(text))} == {}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", OTHERS)
async def test_nothing_that_is_said_of_what_is_out_is_english(tmp_path: Path, language: str) -> None:
    async with desked(tmp_path) as out:
        stand = out.stand
        stand.desk.voice.language = language
        article = out.room.queue(
            {"tg-ur": "۴٫۲", "x-main": "۴٫۲", "printed": "۴٫۲"}, title=QUOTED, text="۴٫۲"
        )
        await out.room.run()
        for post in out.posts(article).values():
            flag(stand, post.id, TimelineEvent.ARTICLE_EDITED, QUOTED)
        await out.follower.update_all()
        asked = [f"/fix {article} 4.2 > 2.4", f"/correct {article} ۳", f"/why {article}", f"/show {article}",
                 f"/stop {article}", f"/edit {article} ۳", "/status", "/queue"]  # fmt: skip
        asked += [
            f"/withdraw {out.posts(article)['x-main'].id}",
            f"/takedown {article}",
            f"/takedown {article}",
        ]
        heard: list[str] = []
        for text in asked:
            heard += await stand.says(ADMIN, text)
            for label, data in list(stand.buttons().items()):
                heard += [label, *await stand.presses(ADMIN, data, message_id=out.newest.message_id)]
            await out.room.run()
            await out.follower.update_all()
            heard += shown(stand)
    assert {text: words for text in heard if (words := english(text))} == {}
    assert [text for text in heard if unescape(text) != text] == [], "escaped twice"
    assert any(f": {QUOTED}" in re.sub(r"[\u2066-\u2069]", "", text) for text in heard), "the change is shown"


# ---------------------------------------------------------------- what comes by itself


@pytest.mark.parametrize("language", OTHERS)
async def test_no_alert_is_english(tmp_path: Path, language: str) -> None:
    async with standing(tmp_path, channels=("tg",)) as stand:
        say = Translator(language, UTC, now=NOW)
        post = stand.post(title="۱", text="۲")
        said = [render_alerts([each], say) for each in troubles(post)]
        ledger, clock = stand.ledger, stand.clock
        of_the_day = make_brief(
            ledger, clock, since=NOW - timedelta(days=1), channels=["tg"], budgets={}, troubles=[]
        )
        said.append(render_brief(of_the_day, say))
    texts = [each.text for each in said] + [
        button.label for each in said for row in each.buttons for button in row
    ]
    assert {text: words for text in texts if (words := english(text))} == {}


def troubles(post: Any) -> Iterator[Alert]:
    """One of each kind, with causes as those word them who find them."""
    from typing import get_args

    from newsbot.newsroom.alerts import AlertKind

    causes: dict[str, Any] = {
        "restored": UsageCode.OTHER_LEDGER(),
        "unknown": PlatformCode.MAYBE_OUT(
            what=PlatformCode.TELEGRAM_ANSWERED(words="HTTP 502"), place="@example"
        ),
        "failed": Code.TITLED(
            what=PlatformCode.TELEGRAM_ANSWERED(words="'Bad Request'"), why=PlatformCode.CHECK_TOPIC()
        ),
        "paused": Code.TITLED(what=PlatformCode.X_ANSWERED(words="HTTP 401"), why=PlatformCode.WRONG_KEYS()),
        "budget": Code.SPENT_OF(spent=40, limit=50),
        "failing": SourceCode.HTTP_STATUS(
            url="https://example.org/a", status="404", why=SourceCode.CHECK_ADDRESS()
        ),
        "flood": describe_flood("site", 30, 2),
        "redesign": Code.UNUSUAL_LENGTH(n=999, least=8, most=10),
        "alike": describe_likeness("a-k7mq", "۱", NOW),
        "stranded": UsageCode.CHANNEL_GONE(name="tg"),
        "refix": Code.CORRECTION_UNDONE(by="tg:1"),
        "amendment": PlatformCode.PRINTED_NOT_EDITABLE(),
    }
    for kind in get_args(AlertKind):
        for by_hand in (False, True):
            yield Alert(
                "k",
                kind,
                (post.id,),
                "tg",
                causes.get(kind),
                80,
                NOW,
                NOW,
                NOW,
                by_hand=by_hand,
                others=3,
                post=post,
            )
