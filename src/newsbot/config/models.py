"""The pydantic models of the whole configuration; their values are checked and can't be changed."""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    SerializeAsAny,
    WithJsonSchema,
)

from newsbot.channels.settings import ApiUrl, BotToken, ChannelSettings, Language, StrictModel, Zone
from newsbot.errors import ConfigError, Mistake
from newsbot.scheduling.duty import Shift, parse_shift
from newsbot.sources.settings import SourceSettings

__all__ = [
    "DEFAULT_DATABASE",
    "Address",
    "BreakingSettings",
    "Config",
    "DeskSettings",
    "NetworkSettings",
    "NewsroomSettings",
    "Outline",
    "PersonSettings",
    "PreflightSettings",
    "RoleName",
    "SoundName",
    "WebSettings",
    "WebhookSettings",
]

RoleName = Literal["viewer", "editor", "admin"]
SoundName = Literal["approval", "reminder", "trouble", "brief", "card", "answer"]
"""The kinds of messages that the desk sends; a ``card`` shows an article and asks nothing."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_FIND_CHAT = (
    "write the group's number, which is -100 and the digits behind t.me/c/ in the link of one of its messages"
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
# The form of a webhook's secret that Telegram demands: https://core.telegram.org/bots/api#setwebhook
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def _check_person_id(given: Any) -> Any:
    """Return ``given`` if it is a person's numeric id; refuse a name, which is the most common mistake, and
    the id of a chat.

    Raises:
        ValueError: ``given`` is no person's id.
    """
    if not re.fullmatch(r"-?\d+", str(given)):
        raise ValueError(f"{str(given)[:40]!r} is a name: people are numeric ids, which /start tells them")
    if int(given) <= 0:
        raise ValueError("is no person: a person's id is above 0; a chat's belongs in desk.chats")
    return given


def _check_chat_id(given: Any) -> Any:
    if isinstance(given, str) and not re.fullmatch(r"-?\d+", given):
        raise ValueError(f"{given[:40]!r} is a name: {_FIND_CHAT}")
    return given


ChatId = Annotated[int, BeforeValidator(_check_chat_id)]
PersonId = Annotated[int, BeforeValidator(_check_person_id)]


def _check_clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is no time of day: write it like 07:30")
    return text


def _check_https(address: str) -> str:
    """Return the address of a webhook; refuse an address without HTTPS, except on this machine.

    A Bot API server on this machine may call by HTTP.

    Raises:
        ValueError: Telegram would not call the address.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("is no address that Telegram calls: begin it with https://")
    return address


def _check_secret(secret: SecretStr) -> SecretStr:
    if not _SECRET.fullmatch(secret.get_secret_value()):
        raise ValueError("must be of A-Z, a-z, 0-9, _ and -, up to 256 of them")
    return secret


class PersonSettings(StrictModel):
    """One person of the desk (the editors' chat); ``languages`` and ``channels`` limit the posts that the
    person may see and change.
    """

    role: RoleName = Field(
        description="viewer may look, editor may also change posts, admin may also take down and invite."
    )
    name: str | None = Field(
        default=None, description="The name that other people see. Default: the name on Telegram."
    )
    languages: tuple[Language, ...] = Field(
        default=(), description="Only articles in these languages are posted. Default: any."
    )
    channels: tuple[str, ...] = Field(
        default=(), description="The person sees and changes only posts on these channels. Default: all."
    )
    cli: str | None = Field(
        default=None,
        description="The person's account on the command line; both accounts count as one person.",
    )


# The short form ``222: editor`` of a person's settings means ``222: {role: editor}``.
Person = Annotated[
    PersonSettings,
    BeforeValidator(
        lambda given: {"role": given} if isinstance(given, str) else given,
        json_schema_input_type=PersonSettings | RoleName,
    ),
]


def _check_shift(text: str) -> str:
    parse_shift(0, text)
    return text


# In the duty roster, a single text is the short form of a list of one shift.
Shifts = Annotated[
    tuple[Annotated[str, AfterValidator(_check_shift)], ...],
    BeforeValidator(
        lambda given: [given] if isinstance(given, str) else given,
        json_schema_input_type=tuple[str, ...] | str,
    ),
]


class WebhookSettings(StrictModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    url: Annotated[ApiUrl, AfterValidator(_check_https)] = Field(
        description="The address that Telegram calls; web.listen serves its path."
    )
    secret: Annotated[SecretStr, AfterValidator(_check_secret)] = Field(
        description="The secret that each call must contain: of A-Z, a-z, 0-9, _ and -."
    )


class BreakingSettings(StrictModel):
    """The settings for posts of breaking news: which limits of the channel these posts skip, how many people
    must approve them, and whether they make a sound.

    An embargo, a rule that makes posts wait for an editor, the rate limit and the budget always apply.
    """

    skips: tuple[Literal["gap", "slots", "quiet", "per_day"], ...] = Field(
        default=("gap", "slots", "quiet", "per_day"),
        description="Which of the channel's limits a breaking post ignores.",
    )
    approval: Literal["none", "one", "two"] = Field(
        default="one",
        description="How many people must approve a breaking post; at most as many as its channel requires.",
    )
    silent: bool = Field(default=True, description="Breaking posts make no sound in quiet hours.")


class DeskSettings(StrictModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    api: ApiUrl = Field(
        default="https://api.telegram.org",
        description="The address of the Bot API: Telegram's, a local Bot API server's or the sandbox's.",
    )
    token: BotToken = Field(description="The bot's token, as @BotFather gives it.")
    chats: tuple[ChatId, ...] = Field(
        default=(),
        description="The groups in which the desk takes commands and shows articles, by numeric id.",
    )
    people: dict[PersonId, Person] = Field(
        default={}, description="The people of the desk and their roles, by numeric user id: 222: editor."
    )
    duty: dict[PersonId, Shifts] = Field(
        default={},
        description="When each person is asked first about waiting posts: 222: mon-fri 08:00-16:00.",
    )
    webhook: WebhookSettings | None = Field(
        default=None, description="Telegram calls newsbot; without it newsbot asks Telegram."
    )
    breaking: BreakingSettings = Field(
        default=BreakingSettings(),
        description="Which limits breaking posts ignore, and how they are approved and sent.",
    )
    brief: Annotated[str, AfterValidator(_check_clock)] | None = Field(
        default=None,
        description="The time of the morning brief, in the newsroom's time zone. Default: no brief.",
    )
    sounds: tuple[SoundName, ...] = Field(
        default=("approval", "reminder", "trouble"), description="Which of the desk's messages make a sound."
    )

    @property
    def shifts(self) -> tuple[Shift, ...]:
        """Return the shifts of the duty roster, in the order of config.yaml."""
        return tuple(parse_shift(who, text) for who, texts in self.duty.items() for text in texts)


DEFAULT_DATABASE = "sqlite:///newsbot.db"

_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)):(?P<port>\d{1,5})")
_LARGEST_PORT = 65535


class Address(NamedTuple):
    """The host and port on which newsbot's web server listens; port 0 means any free port."""

    host: str
    port: int


def _parse_address(text: str) -> Address:
    found = _ADDRESS.fullmatch(text.strip())
    if found is None:
        raise ValueError("is no address to listen on: write it like 127.0.0.1:8080, or 0.0.0.0:8080 for all")
    if int(found["port"]) > _LARGEST_PORT:
        raise ValueError(f"has an invalid port: write one up to {_LARGEST_PORT}, like 127.0.0.1:8080")
    try:
        host = str(IPv6Address(found["v6"])) if found["v6"] else found["host"]
    except ValueError:
        raise ValueError("is no address to listen on: write it like [::1]:8080") from None
    return Address(host, int(found["port"]))


_ADDRESS_AS_JSON = r"^\s*(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):\d{1,5}\s*$"
Listen = Annotated[
    Address,
    PlainValidator(lambda v: v if isinstance(v, Address) else _parse_address(str(v))),
    WithJsonSchema({"type": "string", "pattern": _ADDRESS_AS_JSON}),
]


class NetworkSettings(StrictModel):
    allow_private: bool = Field(
        default=False, description="true allows sources on private addresses (10.x, 192.168.x, localhost)."
    )


WarningName = Literal[
    "canonical",
    "contradiction",
    "markup",
    "no_alt",
    "no_card_image",
    "no_card_title",
    "number",
    "page_status",
    "quote",
    "stale_date",
    "standfirst_refused",
    "thin",
    "wall",
]
"""The codes of the warnings that can hold a post."""


class PreflightSettings(StrictModel):
    hold: tuple[WarningName, ...] = Field(
        default=(), description="The codes of the warnings with which a post waits for an editor."
    )


class WebSettings(StrictModel):
    listen: Listen = Field(
        default=Address("127.0.0.1", 8080),
        description="The address at which newsbot serves /healthz, /readyz and /metrics.",
    )


class NewsroomSettings(StrictModel):
    """The model of the top-level keys of config.yaml except sources, channels and summarizer, whose entries
    have kinds.
    """

    database: str = Field(
        default=DEFAULT_DATABASE,
        repr=False,  # The model's repr leaves the URL out, because the URL may contain a password.
        description="Where newsbot keeps its state: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    )
    engine: Literal["local", "cluster"] = Field(
        default="local",
        description="local: one process; cluster: any number of processes on one PostgreSQL database.",
    )
    timezone: Zone = Field(
        default=ZoneInfo("UTC"),
        description="The time zone in which people's times are read and shown, like Asia/Karachi.",
    )
    language: Language = Field(
        default="en", description="The newsroom's own language, two letters of ISO 639-1."
    )
    network: NetworkSettings = Field(
        default=NetworkSettings(), description="From which addresses newsbot may fetch sources."
    )
    preflight: PreflightSettings = Field(
        default=PreflightSettings(), description="What newsbot checks of a post before it sends the post."
    )
    web: WebSettings | None = Field(
        default=None, description="Health and metrics over HTTP; without it nothing listens."
    )
    desk: DeskSettings | None = Field(
        default=None, description="The editors' chat; without it they work by the command line."
    )


class Outline(NewsroomSettings):
    """The model of all top-level keys of config.yaml, in which the entries of sources, channels and
    summarizer are not checked.

    The Settings class of each entry's kind checks the entry.
    """

    sources: dict[str, Any] = Field(default={}, description="Where articles come from, each by a name.")
    channels: dict[str, Any] = Field(default={}, description="Where posts go, each by a name.")
    summarizer: dict[str, Any] = Field(
        default={"kind": "extract"}, description="How the sentences of an article's summary are chosen."
    )


class Config(NewsroomSettings):
    """The checked values of a whole config.yaml. In ``database``, an SQLite file has an absolute path.

    ``sources`` and ``channels`` map names to the checked Settings of the entries, in the order of the file.
    If an entry lacks values that the present command does not need, ``absent`` has the mistakes about these
    values, by section and name; the entry's other values are right.
    """

    sources: Mapping[str, SerializeAsAny[SourceSettings]]
    channels: Mapping[str, SerializeAsAny[ChannelSettings]]
    summarizer: SerializeAsAny[BaseModel]
    folder: Path
    absent: Mapping[tuple[str, str], tuple[Mistake, ...]] = {}

    model_config = ConfigDict(title="newsbot's configuration")

    def need(self, part: str, names: Iterable[str]) -> None:
        """Check that no value of the named sources or channels is missing, because the caller is about to use
        them.

        ``part`` is ``sources`` or ``channels``.

        Raises:
            ConfigError: some values are missing.
        """
        if mistakes := [mistake for name in names for mistake in self.absent.get((part, name), ())]:
            raise ConfigError(mistakes)

    def need_part(self, part: str) -> None:
        """Check that no value of a whole section of config.yaml is missing; see `need`.

        Raises:
            ConfigError: some values are missing.
        """
        self.need(part, [name for missing, name in self.absent if missing == part])

    @property
    def templates(self) -> Path:
        """Return the path of the folder with the newsroom's own templates, beside config.yaml."""
        return self.folder / "templates"
