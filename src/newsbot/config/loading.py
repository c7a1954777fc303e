"""Load config.yaml; return its values as a Config, or raise an error that lists every mistake in the file.

Each kind of source, channel and summarizer declares the keys of its entries by a Settings class (a pydantic
model).
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from newsbot import channels, sources, summarizers
from newsbot.channels.settings import ChannelSettings
from newsbot.config.checking import (
    check,
    check_schedules,
    find_near_name,
    match_case,
    resolve_paths,
    suggest_nearest,
)
from newsbot.config.document import Document, Location, Substitution, parse
from newsbot.config.models import DEFAULT_DATABASE, Config, Outline
from newsbot.errors import ConfigError, Mistake
from newsbot.files import read_file_bytes
from newsbot.sources.settings import SourceSettings
from newsbot.summarizers.llm_client import is_installed
from newsbot.summarizers.llm_prompt import check_prompt

__all__ = ["PARTS", "KindSection", "load"]

# These definitions find the kinds of sources, channels and summarizers.

_NOT_YET = "is not in this version."


*_others, _last = channels.KINDS
_LATER_KINDS: Mapping[str, Mapping[str, str]] = {
    "sources": {"webhook": "Use kind: feed, folder or database.", "sitemap": "Use kind: feed."},
    "channels": dict.fromkeys(
        ("bluesky", "mastodon", "discord", "slack", "webhook"), f"Use kind: {', '.join(_others)} or {_last}."
    ),
    "summarizer": {},
}
"""The kinds that only later versions have, by part of config.yaml,
each with advice on which kind to use now.
"""

_TOP = {"roles": "Write newsbot run --roles."}


def _refuse_unsupported(document: Document) -> None:
    """Note a mistake for each key and value that only later versions of newsbot support, and remove the key.

    The keys are removed so that later checks report no second mistake about them.
    """
    _refuse_keys(document, document.value, (), _TOP)
    for name in document.entries("sources"):
        _refuse_keys(
            document, document.entries("sources", name), ("sources", name), {"websub": "Take it out."}
        )


def _refuse_keys(
    document: Document, holder: dict[str, Any], where: Location, mends: Mapping[str, str]
) -> None:
    for key in [key for key in holder if key in mends]:
        del holder[key]
        document.note((*where, key), _NOT_YET, mends[key])


@dataclass(frozen=True, slots=True)
class KindSection:
    """The description of a section of config.yaml (sources, channels or summarizer) whose entries each have a
    kind.

    ``noun`` is the word for an entry in messages, ``kinds`` are newsbot's own kinds, and ``find`` returns the
    class of a kind by its name. The Settings class of every kind must extend ``base``.
    """

    noun: str
    kinds: Collection[str]
    find: Callable[[str], Any]
    base: type[BaseModel]


PARTS: Mapping[str, KindSection] = {
    "sources": KindSection("source", sources.KINDS, sources.source_class, SourceSettings),
    "channels": KindSection("channel", channels.KINDS, channels.channel_class, ChannelSettings),
    "summarizer": KindSection("summarizer", summarizers.KINDS, summarizers.summarizer_class, BaseModel),
}


def _settings_class(document: Document, name: str, kind: Any, where: Location) -> type[BaseModel] | None:
    """Return the Settings class of the kind that an entry of config.yaml names; if no kind has this name,
    note a mistake and return None.

    ``where`` is the place of the kind in config.yaml, and ``name`` the name of the section (sources, channels
    or summarizer).
    """
    part = PARTS[name]
    if not isinstance(kind, str):
        message = "has no value." if kind is None else "must be a word."
        document.note(where, message, f"Write one of: {', '.join(part.kinds)}.")
        return None
    if kind in _LATER_KINDS[name] and kind not in part.kinds:
        document.note(where, f"{kind} {_NOT_YET}", _LATER_KINDS[name][kind])
        return None
    if kind not in part.kinds and ":" not in kind:
        mend = suggest_nearest(
            kind, part.kinds, lambda kinds: f"There are {', '.join(kinds)}, and {_OWN_KIND}."
        )
        document.note(where, f"is no kind of {part.noun}.", mend)
        return None
    try:
        settings = part.find(kind).Settings
    except Exception as error:
        if kind in part.kinds:
            raise
        # Every exception is reported as a mistake, because importing another package's module may raise any.
        mend = (
            "Write package.module:Class, of a package installed beside newsbot, with Settings in the class."
        )
        document.note(where, f"could not be imported ({type(error).__name__}).", mend)
        return None
    if isinstance(settings, type) and issubclass(settings, part.base):
        return settings
    base = f"{part.base.__module__}.{part.base.__name__}"
    document.note(where, f"has no usable Settings for a {part.noun}.", f"Derive them from {base}.")
    return None


_OWN_KIND = "your own as package.module:Class"

# These functions load the file config.yaml and check its sections.

SettingsT = TypeVar("SettingsT", bound=BaseModel)

_LARGEST = 1_000_000  # The most bytes that config.yaml may have.
_DATABASES = "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def load(path: Path, *, environ: Mapping[str, str], secrets: bool = True, places: bool = False) -> Config:
    """Read and check a whole config.yaml; ``${NAME}`` is looked up in ``environ``.

    No address is fetched, and no platform's library is imported. If ``secrets`` is false, the values that
    sources, channels and the desk take from the environment or from files may be missing: see `Config.need`.
    With ``places``, a source that is certain to fail (for example because its folder is missing) is a mistake
    too.

    Raises:
        ConfigError: the file has mistakes. The error lists all of them, in the order of the file. No
            message shows a value that came from the environment or from a secret's file.
    """
    folder = path.absolute().parent
    dispensable = () if secrets else ("sources", "channels", "desk", "summarizer")
    document = parse(_read_file(path), str(path), Substitution(folder, environ), dispensable=dispensable)
    config = _build_config(document, folder, places=places)
    if config is None or document.mistakes:
        mistakes = dict.fromkeys(document.mistakes)
        raise ConfigError(sorted(mistakes, key=lambda it: (it.line or 0, it.key, it.message)))
    return config


def _read_file(path: Path) -> str:
    line: int | None = None
    try:
        content = read_file_bytes(path, _LARGEST)
        if len(content) <= _LARGEST:
            return content.decode("utf-8-sig")
        said = ("is larger than 1 MB.", "Is it a config.yaml? Name it: --config PATH.")
    except FileNotFoundError:
        said = ("is not there.", "Write one with newsbot init, or name it: --config PATH.")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        said = ("is not UTF-8 here.", "Save it as UTF-8.")
    except (OSError, ValueError) as error:  # A ValueError means that the path of config.yaml contains a NUL.
        why = getattr(error, "strerror", None) or "not a path"
        said = (f"can't be read: {why}.", "Name a file with --config PATH.")
    raise ConfigError([Mistake(str(path), line, "", *said)])


def _build_config(document: Document, folder: Path, *, places: bool) -> Config | None:
    """Build the Config from a parsed config.yaml; if the file has mistakes, note the mistakes and return
    None.
    """
    if document.value is None and not document.broken:
        document.value = {}
    if not isinstance(document.value, dict):
        if not document.broken:
            document.note((), "must hold keys, like sources: and channels:.", "See docs/configuration.md.")
        return None
    for part in ("sources", "channels"):
        if document.unread and part not in document.value:
            document.broken.add((part,))
        elif document.value.get(part) is None and not document.is_broken((part,)):
            document.value[part] = {}
    _set_kinds(document)
    _refuse_unsupported(document)
    _drop_incomplete_desk(document)
    outline = check(document, Outline, document.value, ())
    sources = _check_entries(document, "sources", SourceSettings, folder)
    channels = _check_entries(document, "channels", ChannelSettings, folder)
    summarizer = _check_entry(
        document, "summarizer", document.value.get("summarizer", {"kind": "extract"}), ("summarizer",)
    )
    _check_package(document)
    _check_routes(document)
    check_schedules(document, channels)
    _check_desk(document)
    if places:
        allow_private = outline.network.allow_private if outline else _is_private_allowed(document)
        _check_places(document, sources, folder, allow_private=allow_private)
        _check_templates(document, folder)
    database = _resolve_database_url(document, folder)
    if outline and outline.engine == "cluster" and database.startswith("sqlite"):
        document.note(
            ("engine",),
            "cluster needs PostgreSQL.",
            "Write database: postgresql://USER:PASSWORD@HOST/NAME, or engine: local.",
        )
    if document.mistakes or outline is None or summarizer is None:
        return None
    checked = {"sources": sources, "channels": channels, "summarizer": summarizer}
    others = {"database": database, "folder": folder, "absent": _collect_absent(document)}
    return Config(**dict(outline) | checked | others)


def _collect_absent(document: Document) -> dict[tuple[str, str], tuple[Mistake, ...]]:
    """Return the mistakes about missing values that the present command does not need, by section and entry
    of config.yaml.
    """
    found: dict[tuple[str, str], tuple[Mistake, ...]] = {}
    for where, mistake in document.absent.items():
        if len(where) > 1:
            entry = (str(where[0]), str(where[1]))
            found[entry] = (*found.get(entry, ()), mistake)
    return found


def _set_kinds(document: Document) -> None:
    """Correct the upper and lower case of the kind in each entry of config.yaml, because a person may write a
    kind in any case.
    """
    for part, known in PARTS.items():
        held = document.entries(part)
        for entry in [held] if part == "summarizer" else held.values():
            if isinstance(entry, dict) and isinstance(entry.get("kind"), str):
                entry["kind"] = match_case(entry["kind"], (*known.kinds, *_LATER_KINDS[part]))


def _check_entries(
    document: Document, part: str, base: type[SettingsT], folder: Path
) -> dict[str, SettingsT]:
    """Check all entries of the section ``part`` of config.yaml, such as channels; return the valid entries by
    name.
    """
    # At least one channel is required; sources are not, because people may submit articles without sources.
    if part == "channels" and document.find(part) == {}:
        document.note((part,), "names none, so posts would go nowhere.", f"Write at least one below {part}:.")
    found = {}
    for name, entry in document.entries(part).items():
        if not _NAME.fullmatch(name):
            document.note((part, name), "is no name.", "Names are of a-z, 0-9, - and _, like telegram-main.")
        settings = _check_entry(document, part, entry, (part, name))
        if isinstance(settings, base):
            found[name] = resolve_paths(settings, folder)
        elif isinstance(entry, dict) and any(place[:2] == (part, name) for place in document.absent):
            found[name] = _check_common(document, base, entry, (part, name))
    return found


def _check_common(
    document: Document, base: type[SettingsT], entry: dict[str, Any], where: Location
) -> SettingsT:
    """Check the settings that every kind has (such as schedule and approval) of an entry whose secrets are
    missing.

    Return the checked settings.
    """
    known = {key: value for key, value in entry.items() if key in base.model_fields}
    there = {key: value for key, value in known.items() if not document.is_broken((*where, key))}
    return check(document, base, there, where) or base.model_construct(kind=entry.get("kind", ""))


def _check_entry(document: Document, part: str, entry: Any, where: Location) -> BaseModel | None:
    """Check an entry of config.yaml by the Settings class of the entry's kind and return the checked values.

    If the kind is unknown, note only that mistake and return None.
    """
    kind = (*where, "kind")
    if not isinstance(entry, dict):
        check(document, BaseModel, entry, where)
    elif "kind" not in entry:
        known = ", ".join(PARTS[part].kinds)
        document.note(kind, "is missing.", f"Write one of: {known}.")
    elif not document.is_broken(kind):
        settings = _settings_class(document, part, entry["kind"], kind)
        return check(document, settings, entry, where) if settings else None
    return None


def _check_routes(document: Document) -> None:
    """Check that config.yaml has every channel that a source names; a channel whose entry has mistakes counts
    too.
    """
    places = [("sources", name, "channels") for name in document.entries("sources")]
    lists = [named for place in places if isinstance(named := document.find(*place), list)]
    used = {name for named in lists for name in named if isinstance(name, str)}
    for place in places:
        if document.find(*place) == [] and isinstance(document.find("channels"), dict):
            document.note(place, "names no channel.", "Leave it out for all of them.")
        _check_channel_names(document, place, used)


def _check_channel_names(document: Document, where: Location, used: Collection[str] = ()) -> None:
    """Check that config.yaml has every channel in the list at the place ``where``."""
    named, known = document.find(*where), document.find("channels")
    for n, name in enumerate(named if isinstance(named, list) and isinstance(known, dict) else ()):
        if isinstance(name, str) and name not in known and not document.is_broken((*where, n)):
            shown = document.hide(name)
            shown = shown if shown.isprintable() else ascii(shown)
            document.note((*where, n), f"{shown} is no channel here.", _suggest_channel(name, known, used))


def _suggest_channel(name: str, channels: Collection[str], used: Collection[str]) -> str:
    """Return a text that suggests what to write in place of the unknown channel name ``name``.

    ``used`` are the channel names that sources have. If exactly one channel is in no source, and exactly one
    name in ``used`` is unknown, the channel was probably renamed.
    """
    if meant := find_near_name(name, channels):
        return f"Did you mean {meant}?"
    unused, unknown = set(channels) - set(used), set(used) - set(channels)
    if used and len(unused) == len(unknown) == 1:
        return f"Is it called {unused.pop()} now?"
    return f"There are {', '.join(sorted(channels))}." if channels else "Write it below channels:."


def _check_desk(document: Document) -> None:
    """Check that config.yaml has the channels that the desk's people may act on, and a web server if the desk
    has a webhook; that people on duty are among the desk's people, and that no two people have the same
    account at the command line.
    """
    if isinstance(document.find("desk", "webhook"), dict) and document.value.get("web") is None:
        document.note(("desk", "webhook"), "has nobody who listens.", "Add web: {listen: 127.0.0.1:8080}.")
    people, accounts = document.entries("desk", "people"), dict[str, str]()
    for number in people:
        account = document.find("desk", "people", number, "cli")
        if isinstance(account, str) and accounts.setdefault(account, number) != number:
            message = f"is {accounts[account]}'s account already: two people who vote are two accounts."
            document.note(("desk", "people", number, "cli"), message, "Remove one.")
        _check_channel_names(document, ("desk", "people", number, "channels"))
    for number in document.entries("desk", "duty"):
        if number.isdecimal() and number not in people:
            message = "is nobody of desk.people, so nobody would be reminded."
            document.note(("desk", "duty", number), message, "Write them below people too.")


def _drop_incomplete_desk(document: Document) -> None:
    """Remove those settings of the desk that lack a secret, so that people and approvals work on the command
    line without the bot's secrets.
    """
    for _, *keys in sorted((place for place in document.absent if place[0] == "desk"), key=str):
        if keys == ["token"]:
            # A missing token is not removed: the placeholder that stands for a missing secret has the form of
            # a token.
            continue
        if not keys:
            document.value.pop("desk")
        elif keys[0] == "people" and len(keys) > 1:
            document.value["desk"]["people"].pop(keys[1], None)
        else:
            document.value["desk"].pop(keys[0], None)


def _check_places(
    document: Document, sources: Mapping[str, SourceSettings], folder: Path, *, allow_private: bool
) -> None:
    """Note a mistake for each source that is certain to fail, as far as newsbot knows that without a request
    to the source's site.

    Sources that have other mistakes are checked too.
    """
    found = dict(sources)
    for where, settings in document.partial.items():
        if where[:1] == ("sources",) and isinstance(settings, SourceSettings):
            found[str(where[1])] = resolve_paths(settings, folder)
    for name, settings in found.items():
        for key, message, mend in settings.list_mistakes(allow_private=allow_private):
            document.note(("sources", name, key), message, mend)


def _is_private_allowed(document: Document) -> bool:
    """Guess whether config.yaml allows private addresses, if mistakes in the file's top-level keys hide the
    setting.

    Return True if any key one level below a top-level key is true, or if the section ``network`` can't be
    read.
    """
    parts = document.value.values()
    meant = any(isinstance(part, dict) and True in part.values() for part in parts)
    return meant or document.is_broken(("network",))


def _check_package(document: Document) -> None:
    """Check that the optional package that the summarizer needs is installed."""
    if document.find("summarizer", "kind") == "llm" and not is_installed():
        mend = "Install newsbot with it: pip install 'newsbot-newsroom[llm]'."
        document.note(("summarizer", "kind"), "llm needs the package openai, which is not installed.", mend)


def _check_prompts(document: Document, folders: Sequence[Path]) -> None:
    """Check every prompt that config.yaml names, and newsbot's own if the summarizer uses it."""
    if document.find("summarizer", "kind") != "llm":
        return
    channels: list[Location] = [("channels", name, "summary") for name in document.entries("channels")]
    for place in ((*where, "prompt") for where in (("summarizer",), *channels)):
        named = document.find(*place)
        if isinstance(named, str) and not document.is_broken(place):
            for mistake in check_prompt(folders, named):
                document.note(place, mistake.message, mistake.mend)


def _check_templates(document: Document, folder: Path) -> None:
    """Check that every template that a channel of config.yaml names exists."""
    # Jinja2 takes long to import, so this import happens only when templates are checked.
    from newsbot.composing.templates import TemplateLoader, TemplateMistake  # noqa: PLC0415

    templates = TemplateLoader(folder / "templates")
    _check_prompts(document, templates.folders)
    for name in document.entries("channels"):
        for place in (("template",), ("digest", "template")):
            named = document.find("channels", name, *place)
            if isinstance(named, str):
                try:
                    templates.find(named)
                except TemplateMistake as error:
                    [mistake] = error.mistakes
                    document.note(("channels", name, *place), mistake.message, mistake.mend)


def _resolve_database_url(document: Document, folder: Path) -> str:
    """Return the database's URL in config.yaml, with an absolute path for an SQLite file.

    If the URL is wrong, note a mistake; nothing uses the returned URL then.
    """
    url = document.value.get("database", DEFAULT_DATABASE)
    if not isinstance(url, str) or document.is_broken(("database",)):
        return DEFAULT_DATABASE
    scheme, separator, rest = url.partition("://")
    if scheme.partition("+")[0] == "postgresql" and separator and rest:
        return url
    file = rest.removeprefix("/")
    if scheme != "sqlite" or not separator or file == rest:
        document.note(("database",), "is no database that newsbot knows.", _DATABASES)
    elif file.partition("?")[0] in {"", ":memory:"}:
        document.note(("database",), "would forget every post.", "Name a file: sqlite:///newsbot.db.")
    return f"sqlite:///{folder / file}"
