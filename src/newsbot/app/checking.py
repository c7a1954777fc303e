"""The checks of `newsbot check` that need more than config.yaml: templates, example posts, platforms and
sources.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from newsbot.app.container import App
from newsbot.channels import ChannelKind, channel_class, list_kinds
from newsbot.composing.compose import Composer
from newsbot.composing.markup import PLAIN
from newsbot.config.models import Config
from newsbot.errors import LedgerError, Mistake, NewsbotError, ParseError, ReadError, SourceError
from newsbot.fetching.addresses import find_link_refusal
from newsbot.files import load_toml
from newsbot.model import Article, Draft, Image, Item
from newsbot.newsroom.stranded import find_stranded, say_stranded, say_stranded_sources
from newsbot.newsroom.submission import compose_drafts
from newsbot.ports import Capabilities
from newsbot.summarizers.llm_prompt import check_prompt

if TYPE_CHECKING:
    from newsbot.config.models import DeskSettings

__all__ = [
    "check_online",
    "check_template_folder",
    "check_templates",
    "example",
    "examples",
    "find_source_of_url",
    "has_ledger",
    "list_lone_admins",
    "list_shared_budgets",
    "list_shared_targets",
    "list_stranded",
]


def example(language: str) -> Article:
    """Return the example article in ``language`` (two letters of ISO 639-1),
    or in English if it has no translation.
    """
    every = load_toml(__package__, "checking.toml")
    spoken = language if language in every else "en"
    words = every[spoken]
    return Article(
        guid="example",
        url="https://example.org/2026/tram-line-seven",
        title=words["title"],
        text=words["text"],
        author=words["author"],
        language=spoken,
        image=Image("https://example.org/2026/tram.jpg", words["alt"]),
        tags=tuple(words["tags"]),
        categories=tuple(words["tags"][:1]),
    )


def check_templates(app: App) -> list[Mistake]:
    """Check each template that a channel of config.yaml uses; return the mistakes found in the templates."""
    found: dict[str, list[Mistake]] = {}
    for channel, settings in app.config.channels.items():
        kind = channel_class(settings.kind)
        for name in (settings.template or kind.template, app.digest_templates.get(channel)):
            if name and name not in found:
                found[name] = app.composer.check(name, kind.capabilities)
    return [mistake for mistakes in found.values() for mistake in mistakes]


def check_template_folder(folder: Path) -> list[Mistake]:
    """Check all templates in a folder without knowing which channels use them; return the templates'
    mistakes.
    """
    composer = Composer(folder)
    kinds = sorted(list_kinds(), key=lambda kind: kind.capabilities.text, reverse=True)
    mistakes: list[Mistake] = []
    for path in sorted(folder.glob("*.j2")):
        if path.name.endswith(".prompt.j2"):
            mistakes += check_prompt([folder], path.name)
        else:
            mistakes += composer.check(path.name, _choose_capabilities(kinds, path.name))
    return mistakes


def _choose_capabilities(kinds: Sequence[ChannelKind], template: str) -> Capabilities:
    """Return the capabilities by which a template is checked: those of the kind of channel that uses the
    template by default.

    If no kind does, return the capabilities of a kind of channel whose markup fits the template's file
    suffix.
    """
    own = (kind for kind in kinds if kind.template == template)
    alike = (kind for kind in kinds if template.endswith(kind.capabilities.markup.suffix))
    plain = (kind for kind in kinds if kind.capabilities.markup == PLAIN)
    return next(chain(own, alike, plain)).capabilities


def examples(app: App) -> list[Draft]:
    """Compose the example article for each channel of config.yaml, and return the drafts (composed posts).

    The article is in the channel's first language or, if the channel names none, in the newsroom's language.
    """
    found: list[Draft] = []
    for name, settings in app.config.channels.items():
        language = settings.languages[0] if settings.languages else app.config.language
        found += compose_drafts(app.trial, example(language), [name])
    return found


def list_stranded(app: App) -> tuple[list[str], list[str]]:
    """Return lines about the posts and articles in the ledger whose channel or source config.yaml no longer
    has.

    The second list is about posts of renamed channels, which newsbot moves to the channel's new name when it
    starts; the first list is about all others. If there is no ledger, none is created. A ledger that can't be
    read is no mistake in config.yaml, so both lists are empty then.
    """
    if not has_ledger(app.config):
        return [], []
    try:
        app.ledger.check()
        found = find_stranded(app.ledger.alerts, app.targets)
        lost = [say_stranded(each) for each in found if not each.new_name]
        lost += say_stranded_sources(app.ledger.sources, app.config.sources)
        return lost, [say_stranded(each) for each in found if each.new_name]
    except LedgerError:
        return [], []
    finally:
        app.ledger.close()


def list_shared_budgets(app: App) -> list[str]:
    """Return a line about each platform account that has a monthly budget and is
    shared by several channels.
    """
    return [
        f"{', '.join(names)}: these channels post to one account: together they may spend "
        f"${app.budgets[names[0]]} a month, the smallest of their budgets"
        for names in app.accounts
        if len(names) > 1 and names[0] in app.budgets
    ]


def list_shared_targets(app: App) -> list[str]:
    """Return a line about each chat or account on a platform to which several channels post."""
    found: dict[str, list[str]] = {}
    for name, target in app.targets.items():
        if target and channel_class(app.config.channels[name].kind).capabilities.account:
            found.setdefault(target, []).append(name)
    return [
        f"{', '.join(names)}: these channels post to one place, {target.partition(':')[2]}: is that meant?"
        for target, names in found.items()
        if len(names) > 1
    ]


def find_source_of_url(app: App, url: str) -> str | None:
    """Return the name of the source that found the article at ``url``;
    None if the ledger has no such article.
    """
    if not has_ledger(app.config):
        return None
    with suppress(LedgerError):
        app.ledger.check()
        if found := app.ledger.articles.find_article(url=url):
            return app.ledger.articles.get_article(found[0]).source
    return None


def list_lone_admins(app: App) -> list[str]:
    """Return a line if the newsroom has only one admin, in config.yaml and among the people who were invited.

    A ledger that can't be read is no mistake in config.yaml, so it counts as a ledger without people then.
    """
    if app.config.desk is None:
        return []
    roles: dict[int, str | None] = {}
    if has_ledger(app.config):
        with suppress(LedgerError):
            app.ledger.check()
            roles = {each.user_id: each.role for each in app.ledger.desk.list_people()}
        app.ledger.close()
    roles |= {number: person.role for number, person in app.config.desk.people.items()}
    admins = [number for number, role in roles.items() if role == "admin"]
    if len(admins) != 1:
        return []
    hint = (
        f"The desk has one admin, {admins[0]}: lifting an embargo takes a second one, and nobody else may "
        "withdraw, take down, block or invite. Name one in desk.people, or write /invite admin."
    )
    return [hint]


def has_ledger(config: Config) -> bool:
    """Return whether the ledger's database may exist, without connecting to it.

    For SQLite, the file must exist; for a database server, the answer is always True.
    """
    path = config.database.removeprefix("sqlite:///")
    return path == config.database or (config.folder / path).exists()


async def check_desk(settings: "DeskSettings") -> tuple[list[str], list[str]]:
    """Check the desk's Telegram bot by calls to the Bot API.

    Return the lines that say what is right, and the lines that say what has to be corrected.
    """
    from newsbot.desk.bot import ApiError, BotApi, examine

    webhook = settings.webhook.url if settings.webhook else None
    api = BotApi(settings.api, settings.token.get_secret_value())
    try:
        return await examine(api, settings.chats, webhook=webhook)
    except ApiError as error:
        mend = "check token and api" if error.status in {401, 404} else "try again"
        return [], [f"the bot does not answer ({error}): {mend}"]
    finally:
        await api.close()


async def _check_channel(app: App, name: str) -> tuple[list[str], list[str]]:
    identity = await app.channels[name].identify()
    return [f"{identity.name} posts to {identity.place}", *identity.remarks], []


async def _check_source(app: App, name: str) -> tuple[list[str], list[str]]:
    """Poll a source, and check that readers can open the link of its newest article.

    Return the lines that say what is right, and the lines that say what has to be corrected.

    Raises:
        SourceError: the source can't be polled.
    """
    items = (await app.sources[name].poll({})).items
    told, wrong = [f"{len(items)} article{'' if len(items) == 1 else 's'} there now"], []
    if why := await _explain_unlinked(app, name, items):
        wrong.append(why)
    if examine := getattr(app.sources[name], "examine", None):
        more, further = await examine()
        return told + more, wrong + further
    return told, wrong


async def _explain_unlinked(app: App, name: str, items: Sequence[Item]) -> str | None:
    """Return why the posts of a source's newest article would wait for an editor because of the article's
    link.

    Return None if they would not wait, or if the article can't be read now.
    """
    settings = app.config.sources[name]
    try:
        article = await app.reader.read(items[0], full_text=getattr(settings, "full_text", "auto"))
    # An IndexError means that the source has no article now, any other of these errors that its newest
    # article can't be read now.
    except (IndexError, ParseError, ReadError, SourceError):
        return None
    if not (why := app.trial.explain_refused_link(article)):
        return None
    mends = ["name the site's public address"]
    if "site_url" in type(settings).model_fields and getattr(settings, "preset", None):
        mends = ["set site_url to the site's public address"]
    if not find_link_refusal(article.url or "", allow_loopback=True):
        mends.append("to try a site on this machine, write network: {allow_private: true}")
    return (
        f"posts would be held, as readers can't open their links: {why}. {'; or, '.join(mends).capitalize()}"
    )


# Sentences for an editor on what PostgreSQL's settings mean for posts, by the event (a crash of the server or
# a failover) that may lose the last commits.
_RISKS = {
    "crash": "no commit waits for the server's disk: after a crash of the server, all posts that may be out "
    "wait for you (set `synchronous_commit` and `fsync` to on)",
    "failover": "no commit waits for the replica: after a failover, all posts that may be out wait for you "
    "(set `synchronous_standby_names` on the server)",
}


async def _check_database(app: App) -> tuple[list[str], list[str]]:
    """Check that the PostgreSQL server answers, and say whether it may lose the last commits."""
    risk = await app.on_ledger(app.ledger.find_commit_risk)
    return [_RISKS[risk] if risk else "it answers"], []


async def check_online(app: App, tell: Callable[[str], None] = lambda _: None) -> tuple[list[str], list[str]]:
    """Ask every platform, every source and the desk's bot whether newsbot can use them.

    Return the lines that say what is right, and the lines that say what has to be corrected. newsbot calls
    ``tell`` with a line that names the channels and sources that have not answered yet.
    """
    fine: list[str] = []
    problems: list[str] = []
    asked = [*app.config.channels, *app.config.sources]

    async def ask(name: str, check: Awaitable[tuple[list[str], list[str]]]) -> None:
        try:
            right, wrong = await check
        except NewsbotError as error:
            right, wrong = [], [str(error)]
        fine.extend(f"{name}: {line}" for line in right)
        problems.extend(f"{name}: {line}" for line in wrong)
        if name in asked:
            asked.remove(name)
            tell(f"Waiting for {', '.join(asked)} ...")

    tell(f"Asking {', '.join(asked)} ...")
    answers = [ask(name, _check_channel(app, name)) for name in app.config.channels]
    answers += [ask(name, _check_source(app, name)) for name in app.config.sources]
    if not app.config.database.startswith("sqlite"):
        answers.append(ask("database", _check_database(app)))
    if app.config.desk:
        answers.append(ask("desk", check_desk(app.config.desk)))
    answers += [ask("summarizer", each.examine()) for each in app.examinable_summarizers]
    await asyncio.gather(*answers)
    return fine, problems
