"""What `check` looks at beyond config.yaml itself: the templates, an example of each post, the platforms."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.app.examples import example
from newsbot.app.wiring import App
from newsbot.channels import KINDS, channel_class
from newsbot.composing.compose import Composer
from newsbot.config.values import Config
from newsbot.errors import LedgerError, Mistake, NewsbotError, ParseError, ReadError, SourceError
from newsbot.fetching.addresses import link_refusal
from newsbot.model import Draft, Item
from newsbot.newsroom.regulars import digest_template
from newsbot.newsroom.stranded import find_stranded, say_stranded, say_stranded_sources
from newsbot.newsroom.submission import drafts

if TYPE_CHECKING:
    from newsbot.config.desk import DeskSettings

__all__ = [
    "brought_by",
    "examples",
    "has_ledger",
    "online_problems",
    "own_template_mistakes",
    "stranded",
    "template_mistakes",
]


def template_mistakes(app: App) -> list[Mistake]:
    """Every mistake in every template that a channel uses, each template once."""
    found: dict[str, list[Mistake]] = {}
    for settings in app.config.channels.values():
        cls = channel_class(settings.kind)
        names = [settings.template or cls.template]
        if settings.digest:
            names.append(settings.digest.template or digest_template(cls.limits))
        for name in names:
            if name not in found:
                found[name] = app.composer.check(name, cls.limits)
    return [mistake for mistakes in found.values() for mistake in mistakes]


def own_template_mistakes(folder: Path) -> list[Mistake]:
    """Every mistake in the templates of ``folder``, where no configuration says which channels use them."""
    composer = Composer(folder)
    kinds = {cls.template: cls.limits for cls in map(channel_class, KINDS)}
    plain, html = (channel_class(kind).limits for kind in ("console", "telegram"))
    mistakes: list[Mistake] = []
    for path in sorted(folder.glob("*.j2")):
        limits = kinds.get(path.name, html if path.name.endswith(".html.j2") else plain)
        mistakes += composer.check(path.name, limits)
    return mistakes


def examples(app: App) -> list[Draft]:
    """The same made-up article on each channel, in the first of its languages, else in the newsroom's."""
    found: list[Draft] = []
    for name, settings in app.config.channels.items():
        language = settings.languages[0] if settings.languages else app.config.language
        found += drafts(app.trial, example(language), [name])
    return found


def stranded(app: App) -> list[str]:
    """What waits in the ledger for a channel or source that config.yaml does not have; nothing is created.

    A ledger that can't be read is no mistake of config.yaml: that is said by the commands that need it.
    """
    if not has_ledger(app.config):
        return []
    try:
        app.ledger.check()
        found = find_stranded(app.ledger, app.targets)
        return [*map(say_stranded, found), *say_stranded_sources(app.ledger, app.config.sources)]
    except LedgerError:
        return []
    finally:
        app.ledger.close()


def brought_by(app: App, url: str) -> str | None:
    """The source that brought an address before, where a ledger is there that knows; nothing is created."""
    if not has_ledger(app.config):
        return None
    with suppress(LedgerError):
        app.ledger.check()
        if found := app.ledger.find_article(url=url):
            return app.ledger.kept(found[0]).source
    return None


def has_ledger(config: Config) -> bool:
    """Tell whether the database may be there: a SQLite file is looked for, and nothing is created."""
    path = config.database.removeprefix("sqlite:///")
    return path == config.database or (config.folder / path).exists()


async def desk_remarks(settings: "DeskSettings") -> tuple[list[str], list[str]]:
    """What is fine with the desk's bot, and what should be mended."""
    from newsbot.desk.bot import Api, ApiError
    from newsbot.desk.setup import examine

    webhook = settings.webhook.url if settings.webhook else None
    api = Api(settings.api, settings.token.get_secret_value())
    try:
        return await examine(api, settings.chats, webhook=webhook)
    except ApiError as error:
        mend = "check token and api" if error.status in {401, 404} else "try again"
        return [], [f"the bot does not answer ({error}): {mend}"]
    finally:
        await api.close()


async def _source_remarks(app: App, name: str) -> tuple[list[str], list[str]]:
    """What is fine with a source, and what should be mended.

    Raises:
        SourceError: it can't be polled.
    """
    items = (await app.sources[name].poll({})).items
    told, wrong = [f"{len(items)} article{'' if len(items) == 1 else 's'} there now"], []
    if why := await _why_unlinked(app, name, items):
        wrong.append(why)
    if examine := getattr(app.sources[name], "examine", None):
        more, further = await examine()
        told += more
        wrong += further
    return told, wrong


async def _why_unlinked(app: App, name: str, items: Sequence[Item]) -> str | None:
    """Why posts of a source's newest article would be held for its link."""
    settings = app.config.sources[name]
    try:
        article = await app.reader.read(items[0], full_text=getattr(settings, "full_text", "auto"))
    except (IndexError, ParseError, ReadError, SourceError):  # none, or one that can't be read just now
        return None
    if not (why := app.trial.why_unlinked(article)):
        return None
    mends = ["name the site's public address"]
    if "site_url" in type(settings).model_fields and getattr(settings, "preset", None):
        mends = ["set site_url to the site's public address"]
    if not link_refusal(article.url or "", allow_loopback=True):
        mends.append("to try a site on this machine, write network: {allow_private: true}")
    return (
        f"posts would be held, as readers can't open their links: {why}. {'; or, '.join(mends).capitalize()}"
    )


async def online_problems(
    app: App, tell: Callable[[str], None] = lambda _: None
) -> tuple[list[str], list[str]]:
    """Ask every platform and every source; a line each for what is fine, and for what is not.

    ``tell`` is told whose answers are still waited for.
    """
    fine: list[str] = []
    problems: list[str] = []
    asked = [*app.config.channels, *app.config.sources]

    async def channel(name: str) -> None:
        try:
            identity = await app.channels[name].identify()
        except NewsbotError as error:
            problems.append(f"{name}: {error}")
        else:
            fine.append(f"{name}: {identity.name} posts to {identity.place}")
            fine.extend(f"{name}: {remark}" for remark in identity.remarks)

    async def source(name: str) -> None:
        try:
            told, wrong = await _source_remarks(app, name)
        except NewsbotError as error:
            told, wrong = [], [str(error)]
        fine.extend(f"{name}: {line}" for line in told)
        problems.extend(f"{name}: {line}" for line in wrong)

    async def told(name: str, answer: Awaitable[None]) -> None:
        await answer
        asked.remove(name)
        tell(f"Waiting for {', '.join(asked)} ...")

    async def desk() -> None:
        """Who the bot is, whether it hears groups, and whether something else takes its updates."""
        settings = app.config.desk
        if settings is None:
            return
        told, wrong = await desk_remarks(settings)
        fine.extend(f"desk: {line}" for line in told)
        problems.extend(f"desk: {line}" for line in wrong)

    tell(f"Asking {', '.join(asked)} ...")
    channels = (told(name, channel(name)) for name in app.config.channels)
    sources = (told(name, source(name)) for name in app.config.sources)
    await asyncio.gather(*channels, *sources, desk())
    return fine, problems
