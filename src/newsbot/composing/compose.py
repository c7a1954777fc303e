"""The composer: it renders an article and the article's summary by a template into the parts (messages) of a
post.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from itertools import product
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from newsbot.composing.direction import strip_isolates
from newsbot.composing.environment import PrintedValue, SummaryText
from newsbot.composing.fitting import FilledPart, fill, join_sentences, measure_for, remaining_summary
from newsbot.composing.headlines import drop_quotation
from newsbot.composing.markup import PLAIN
from newsbot.composing.preflight import check_parts, recheck_parts
from newsbot.composing.safety import (
    clean,
    clean_line,
    defuse,
    find_tags,
    list_spellings,
    safe_url,
    show_readable,
)
from newsbot.composing.templates import PART, CompiledTemplate, TemplateLoader, TemplateMistake
from newsbot.errors import ComposeError, Mistake
from newsbot.files import load_toml
from newsbot.model import Article, Draft, Image, Part, PostWarning, Sentence, Summary
from newsbot.ports import Capabilities, Markup
from newsbot.reasons import Code, Reason, WarningCode

__all__ = ["SAMPLES", "Composer", "drop_unshown_numbers", "find_embargo_note", "update_warnings"]

_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _make_summary(*texts: str) -> Summary:
    return Summary(tuple(Sentence(text, text, n, n) for n, text in enumerate(texts)))


_FULL = Article(
    guid="full",
    url="https://example.org/news/1?from=feed&page=2",
    title="Council <approves> Smith & Sons' plan",
    text="The council approved the plan on Monday. Work starts in May.",
    summary="The council approved the plan.",
    published_at=_NOON,
    updated_at=_NOON,
    author="A. Writer",
    language="en",
    image=Image("https://example.org/news/1.jpg", "The town hall"),
    tags=("Council", "Town planning"),
    categories=("Council",),
)
_BARE = Article(guid="bare", url="https://example.org/news/2", text="Rain fell.")
_URDU = Article(
    guid="urdu",
    url="https://example.org/news/3",
    title="کونسل نے منصوبے کی منظوری دے دی",
    text="کونسل نے پیر کو منصوبے کی منظوری دی۔ کام مئی میں شروع ہوگا۔",  # noqa: RUF001  The text is Urdu.
    language="ur",
)
_HUGE = Article(
    guid="huge",
    url="https://example.org/" + "path/" * 20,
    title="Very long headlines " * 30,
    text="A sentence of some length. " * 2_000,
    author="Writer " * 20,
    language="en",
    tags=("tag",) * 10,
)

SAMPLES = (
    (_FULL, _make_summary("The council approved the plan on Monday.", "Work starts in May.")),
    (_BARE, _make_summary()),
    (_URDU, _make_summary("کونسل نے پیر کو منصوبے کی منظوری دی۔", "کام مئی میں شروع ہوگا۔")),  # noqa: RUF001
    (_HUGE, _make_summary(*(f"A sentence of some length, number {n}." for n in range(200)))),
)


_MAX_LINE = 20_000
"""The most characters of a one-line value (such as the title) that a template gets; no post shows so many."""

_TEMPLATE_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)

Price = Callable[[Sequence[Part]], Decimal | None]


class _EmptyPost(TemplateMistake):
    """The error that a post would have no text; the template may be right for other articles."""


class _PostNames(NamedTuple):
    """The variables of a template that describe the post (channel, source, link) and not its article."""

    channel: str
    kind: str
    source: str | None
    link: str | None
    breaking: bool = False


def _no_price(_: Sequence[Part]) -> Decimal | None:
    return None


class Composer:
    """The composer of drafts (posts that are not stored yet), which renders articles by templates.

    ``templates`` is the newsroom's own folder of templates; times are shown in ``zone``.
    """

    def __init__(self, templates: Path | None = None, zone: tzinfo = UTC) -> None:
        self._templates = TemplateLoader(templates)
        self._zone = zone

    def compose(
        self,
        article: Article,
        summary: Summary,
        *,
        channel: str,
        kind: str,
        capabilities: Capabilities,
        template: str,
        link: bool = True,
        price: Price = _no_price,
        source: str | None = None,
        members: Sequence[Article] = (),
        breaking: bool = False,
    ) -> Draft:
        """Return the composed draft of an article's post for a channel, as it would be sent.

        ``members`` are the articles that the post lists if the post is a digest. ``breaking`` says that the
        article is breaking news.

        Raises:
            ComposeError: The template is wrong, or the post would be empty or too long for the platform.
        """
        article = _drop_unattributed_quotation(article, summary)
        try:
            page = self._load_template(template, capabilities)
            url = safe_url(article.url) if link else None
            names = _PostNames(channel, kind, source, url, breaking)
            values = self._template_values(page, article, summary, names, members)
            filled = self._fill_parts(page, values, summary, capabilities, article)
            parts = _make_parts(page, filled, article, capabilities, url)
        except TemplateMistake as mistake:
            raise ComposeError(Code.TEXT(words=mistake.mistakes[0])) from None
        shown = tuple(sentence for part in filled for sentence in part.shown)
        texts = [article.title or "", *(sentence.source for sentence in shown)]
        warnings = (
            *_find_warnings(article, filled, parts, capabilities, link=link),
            *_drop_unshown_sentences(drop_unshown_numbers(summary.warnings, parts), shown),
            *check_parts(parts),
            *_quotation_warnings(
                [summary.speakers[text] for text in dict.fromkeys(texts) if text in summary.speakers]
            ),
        )
        return Draft(
            channel,
            kind,
            parts,
            price(parts),
            article.language,
            warnings,
            shown,
            page.name,
            summary.standfirst,
            notes=summary.notes if shown or not summary.abstract else (),
        )

    def shows_link(self, template: str, capabilities: Capabilities) -> bool:
        """Return whether the posts of ``template`` lead readers to the article, by a link or a link card.

        Return False for a template that is missing or wrong.
        """
        try:
            page = self._load_template(template, capabilities)
        except TemplateMistake:
            return False
        return page.html or bool({"link", "articles"} & page.names)

    def shows_summary(self, template: str, capabilities: Capabilities) -> bool:
        """Return whether the posts of ``template`` show a summary; False for a missing or wrong template."""
        try:
            return "summary" in self._load_template(template, capabilities).names
        except TemplateMistake:
            return False

    def get_literal_text(self, template: str) -> str:
        """Return the text that a template itself puts into posts; "" if the template is missing or wrong."""
        try:
            return _TEMPLATE_TAGS.sub(" ", self._templates.page(template).source)
        except TemplateMistake:
            return ""

    def check(self, template: str, capabilities: Capabilities) -> list[Mistake]:
        """Return every mistake of a template: in its text, and when it renders four sample articles.

        The sample articles are one with every value, one with hardly any value, one in Urdu and one with very
        long values.
        """
        try:
            page = self._load_template(template, capabilities)
        except TemplateMistake as mistake:
            return list(mistake.mistakes)
        mistakes: list[Mistake] = []
        empty: list[Mistake] = []
        names = _PostNames("channel", "kind", "source", "https://example.org/news/1")
        lanes = (False, True) if "breaking" in page.names else (False,)
        for (article, summary), breaking in product(SAMPLES, lanes):
            names = names._replace(breaking=breaking)
            try:
                values = self._template_values(page, article, summary, names)
                filled = self._fill_parts(page, values, summary, capabilities, article)
                _make_parts(page, filled, article, capabilities, names.link)
            except _EmptyPost as mistake:
                empty += mistake.mistakes
            except TemplateMistake as mistake:
                mistakes += [one for one in mistake.mistakes if one not in mistakes]
        return mistakes or (empty[:1] if len(empty) == len(SAMPLES) * len(lanes) else [])

    def _load_template(self, template: str, capabilities: Capabilities) -> CompiledTemplate:
        page = self._templates.page(template)
        if page.html and not page.name.endswith(capabilities.markup.suffix):
            mend = f"Name it *{capabilities.markup.suffix}."
            raise TemplateMistake.for_file(page.name, "is HTML, but the channel shows plain text.", mend)
        return page

    def _template_values(
        self,
        page: CompiledTemplate,
        article: Article,
        summary: Summary,
        names: _PostNames,
        members: Sequence[Article] = (),
    ) -> dict[str, Any]:
        """Return the value of each variable that the template uses, by the variable's name: made safe to
        post, or None if the article has no value.
        """
        live = article.live
        makers: dict[str, Callable[[], Any]] = {
            "articles": lambda: [_member_values(one) for one in members or (article,)],
            "author": lambda: _clean_value(article.author, live),
            "breaking": lambda: names.breaking,
            "categories": lambda: _clean_names(article.categories),
            "channel": lambda: _clean_value(names.channel),
            "excerpt": lambda: _clean_value(article.summary, live),
            "kind": lambda: _clean_value(names.kind),
            "language": lambda: _clean_value(article.language),
            "link": lambda: names.link,
            "published_at": lambda: self._format_time(article.published_at),
            "lead": lambda: _clean_value(summary.lead, live),
            "source": lambda: _clean_value(names.source),
            "standfirst": lambda: _clean_value(summary.standfirst, live),
            "summary": lambda: SummaryText(_all_text(summary, live) if page.reads_summary else ""),
            "tags": lambda: _clean_names(article.tags),
            "text": lambda: defuse(clean(article.text), live).strip() or None,
            "title": lambda: _clean_value(article.title, live),
            "updated_at": lambda: self._format_time(article.updated_at),
        }
        return {name: makers[name]() for name in page.names}

    def _format_time(self, time: datetime | None) -> str | None:
        return time.astimezone(self._zone).isoformat() if time else None

    def _fill_parts(
        self,
        page: CompiledTemplate,
        values: dict[str, Any],
        summary: Summary,
        capabilities: Capabilities,
        article: Article,
    ) -> list[FilledPart]:
        rendered, printed = self._templates.render(page, values)
        if capabilities.readable_links:
            rendered = show_readable(rendered, _collect_links(values), html=page.html)
        markup = _choose_markup(page, capabilities)
        shown: tuple[Sentence, ...] = ()
        filled: list[FilledPart] = []
        for number, text in enumerate(rendered.split(PART)):
            part = fill(
                text,
                remaining_summary(summary, shown),
                capabilities,
                markup,
                article.live,
                article.language,
            )
            part.printed = tuple(each for each in printed if each.part == number)
            shown += part.shown
            filled += [part] if part.text else []
        if not filled:
            mend = "Show the title, the summary or the link."
            raise _EmptyPost.for_file(page.name, "the post would be empty.", mend)
        if len(filled) > 1 and not capabilities.threads:
            message = f"makes {len(filled)} parts, and the channel's posts have one."
            raise TemplateMistake.for_file(page.name, message, "Take out the lines of ---.")
        return filled


def _drop_unattributed_quotation(article: Article, summary: Summary) -> Article:
    """Return the article; if its headline quotes somebody whom it does not name, return the article with a
    headline without the quotation.
    """
    title = article.title
    if not title or summary.speakers.get(title) != "":
        return article
    return replace(article, title=drop_quotation(title))


def _choose_markup(page: CompiledTemplate, capabilities: Capabilities) -> Markup:
    return capabilities.markup if page.name.endswith(capabilities.markup.suffix) else PLAIN


def _collect_links(values: dict[str, Any]) -> list[str]:
    members = [member["link"] for member in values.get("articles", ())]
    return [link for link in (values.get("link"), *members) if link]


def _all_text(summary: Summary, live: Collection[str]) -> str:
    return defuse(clean_line(join_sentences(sentence.text for sentence in summary.sentences)), live)


def _member_values(article: Article) -> dict[str, str | None]:
    """Return the values (title, link, author) with which the template of a digest (a list of articles) shows
    one of the articles.
    """
    return {
        "title": _clean_value(article.title or article.text[:300], article.live),
        "link": safe_url(article.url),
        "author": _clean_value(article.author, article.live),
    }


def _clean_names(names: Sequence[str]) -> list[str]:
    return [name for name in map(_clean_value, names) if name]


def _clean_value(text: str | None, live: Collection[str] = ()) -> str | None:
    return defuse(clean_line(text[:_MAX_LINE]), live) or None if text else None


def _make_parts(
    page: CompiledTemplate,
    filled: list[FilledPart],
    article: Article,
    capabilities: Capabilities,
    link: str | None,
) -> tuple[Part, ...]:
    """Return the parts (platform messages) of a post: their texts, the article's photo and the card of the
    link.

    The photo goes with the first part. The card (the platform's preview of the link) goes with the first part
    that has the link, or with the first part if no part has the link.
    """
    linked = [number for number, part in enumerate(filled) if _contains(part.text, link)]
    card = linked[0] if linked else 0
    return tuple(
        _make_part(
            page,
            part,
            capabilities,
            photo=article.image if number == 0 else None,
            card=link if number == card and capabilities.link_preview else None,
        )
        for number, part in enumerate(filled)
    )


def _make_part(
    page: CompiledTemplate,
    filled: FilledPart,
    capabilities: Capabilities,
    *,
    photo: Image | None,
    card: str | None,
) -> Part:
    length = _check_length(page, filled, capabilities)
    caption = capabilities.caption_limit
    media = (photo,) if photo and capabilities.photos and length <= caption else ()
    return Part(
        text=filled.text,
        length=length,
        limit=caption if media else capabilities.text,
        parse_mode=_choose_markup(page, capabilities).parse_mode,
        media=media,
        link_preview=None if media else card,
    )


def _check_length(page: CompiledTemplate, filled: FilledPart, capabilities: Capabilities) -> int:
    """Return the length of one part (platform message) of a post, counted as the platform does.

    Raises:
        TemplateMistake: The platform would refuse the part.
    """
    text, markup = filled.text, _choose_markup(page, capabilities)
    if fault := markup.find_fault(text):
        line = page.find_line(fault.tag)
        raise TemplateMistake.for_file(page.name, fault.message, "Mend the HTML.", line)
    length = measure_for(capabilities, markup)(text)
    if length == 0:
        raise TemplateMistake.for_file(page.name, "a part would be empty.", "Give it some text.")
    if length > capabilities.text:
        raise TemplateMistake(_length_mistake(page, filled.printed, capabilities, length))
    return length


def _length_mistake(
    page: CompiledTemplate, printed: Sequence[PrintedValue], capabilities: Capabilities, length: int
) -> Mistake:
    """Return a `Mistake` which says that a template made a part (message) of a post longer than the platform
    allows.

    The mistake names the value or text that takes most of the part. Only a value that the template prints
    without ``fit`` can be too long.
    """
    markup = _choose_markup(page, capabilities)
    count, most = measure_for(capabilities, markup), capabilities.text
    sizes = Counter[tuple[int, str]]()
    for each in printed:
        sizes[each.line, each.name] += count(markup.escape(each.text))
    own = length - sizes.total()
    (line, name), size = max(sizes.items(), key=itemgetter(1), default=((0, ""), 0))
    if own >= size:
        message = f"a part is {length} long, {most} fit: {own} of it are the template's own words."
        return Mistake(page.name, None, "", message, "Shorten them.")
    message = f"{'' if name else 'what stands here '}is {size} long in a part of {length}, {most} fit."
    mend = f"Fit it: {{{{ {name or '...'} | fit }}}}."
    if name == "link":
        mend = "An address can't be cut: shorten it, or leave it out."
    return Mistake(page.name, line, name, message, mend)


TEXT_WARNINGS = frozenset(
    {"title-cut", "no-summary", "no-link", "thread", "photo-left-out", "markup", "stale_date", "no_alt"}
)
"""The codes of warnings about a post's text; all other codes are of warnings about the post's article."""


def _find_warnings(
    article: Article,
    filled: list[FilledPart],
    parts: tuple[Part, ...],
    capabilities: Capabilities,
    *,
    link: bool,
) -> list[PostWarning]:
    linked = any(_contains(part.text, safe_url(article.url)) for part in parts)
    note, tags = find_embargo_note(article), _list_tags_as_text(article.title, parts)
    unsummarized = any(part.asked for part in filled) and not any(part.shown for part in filled)
    without_photo = article.image and capabilities.photos and not parts[0].media
    found = {
        "no-title": None if article.title else WarningCode.NO_TITLE(),
        "title-cut": WarningCode.TEXT_CUT() if any(part.cut for part in filled) else None,
        "no-summary": _explain_no_sentence(article, capabilities, linked=linked) if unsummarized else None,
        "no-link": WarningCode.NOT_LINKED() if link and not linked else None,
        "thread": WarningCode.THREAD(n=len(parts)) if len(parts) > 1 else None,
        "photo-left-out": WarningCode.CAPTION_TOO_LONG() if without_photo else None,
        "language-unknown": WarningCode.LANGUAGE_UNKNOWN() if article.language is None else None,
        "embargo-note": WarningCode.EMBARGO_NOTE_AT_START(words=note) if note else None,
        "tags-as-text": WarningCode.TAGS_AS_TEXT(words=" ".join(tags)) if tags else None,
    }
    return [*article.warnings, *(PostWarning(code, reason) for code, reason in found.items() if reason)]


def _list_tags_as_text(title: str | None, parts: Sequence[Part]) -> list[str]:
    """Return the hashtags and mentions of the headline that are broken by a zero-width space in the post's
    parts (messages), so that platforms don't link them.
    """
    text = "".join(part.text for part in parts)
    return [tag for tag in find_tags(title or "") if defuse(tag) in text]


def _explain_no_sentence(article: Article, capabilities: Capabilities, *, linked: bool) -> Reason:
    """Return why a post has no sentence of its article: the link's address takes much of the post's room, or
    no sentence is short enough.
    """
    size, most = measure_for(capabilities, PLAIN)(safe_url(article.url) or ""), capabilities.text
    if not linked or size * _MUCH_OF_ROOM < most:
        return WarningCode.NO_SENTENCE()
    return WarningCode.NO_SENTENCE_FOR_LINK(n=size, most=most)


# An address takes too much of a post's room if its length times this number reaches the post's limit.
_MUCH_OF_ROOM = 3
_QUOTATION_MARK = re.compile('["\u00ab\u00bb\u201c-\u201f\u2039\u203a\u300c-\u300f]')


def update_warnings(
    warnings: Sequence[PostWarning], before: Sequence[Part], parts: Sequence[Part], url: str | None
) -> tuple[PostWarning, ...]:
    """Return the warnings of a post after a person replaced its text.

    Warnings about the article stay, except those about a number that the new text does not have. Warnings
    about sentences that the composer chose or cut are removed, and warnings about links, quotations and the
    number of parts are decided by the new text.
    """
    link = safe_url(url)
    linked = any(_contains(part.text, link) for part in parts)
    was_linked = any(_contains(part.text, link) for part in before)
    card = any(part.link_preview for part in parts)
    quotes = any(_QUOTATION_MARK.search(part.text) for part in parts)
    over = {"title-cut", "no-summary", "tags-as-text", "thread"}
    over |= {"no-link" if linked else "", "" if quotes else "quote"}
    kept = [warning for warning in recheck_parts(warnings, parts) if warning.code not in over]
    if was_linked and not linked:
        code = WarningCode.ONLY_CARD_LINKS if card else WarningCode.LINK_REMOVED
        kept.append(PostWarning("no-link", code(url=link)))
    if len(parts) > 1:
        kept.append(PostWarning("thread", WarningCode.THREAD(n=len(parts))))
    return tuple(drop_unshown_numbers(kept, parts))


def drop_unshown_numbers(warnings: Iterable[PostWarning], parts: Sequence[Part]) -> Iterator[PostWarning]:
    """Yield a post's ``warnings`` without those about numbers that none of the post's messages shows."""
    for warning in warnings:
        number = warning.reason.params.get("number") if warning.code == "number" else None
        if number is None or any(str(number) in strip_isolates(part.text) for part in parts):
            yield warning


def _drop_unshown_sentences(
    warnings: Iterable[PostWarning], shown: Sequence[Sentence]
) -> Iterator[PostWarning]:
    """Yield a post's ``warnings`` without those about sentences of a summary that the post does not show."""
    texts = {sentence.text for sentence in shown}
    for warning in warnings:
        if warning.code != "not_grounded" or warning.reason.params.get("words") in texts:
            yield warning


def _quotation_warnings(speakers: Sequence[str]) -> Iterator[PostWarning]:
    """Yield a warning that names the speakers whom a post quotes, and another warning if a quotation's
    speaker is not clear.
    """
    if named := list(dict.fromkeys(filter(None, speakers))):
        yield PostWarning("quote", WarningCode.QUOTES(who=", ".join(named)))
    if "" in speakers:
        yield PostWarning("quote", WarningCode.SPEAKER_UNCLEAR())


def _contains(text: str, url: str | None) -> bool:
    return bool(url) and any(spelling in text for spelling in list_spellings(str(url)))


_EMBARGO_STARTS = "|".join(load_toml(__package__, "compose.toml")["starts"].strip().splitlines())
_EMBARGO_NOTE = re.compile(rf"[\W_]*(?:{_EMBARGO_STARTS})", re.IGNORECASE)
_OPENING = 400  # An embargo note is searched for in this many characters at a text's beginning.
_LONGEST_NOTE = 80  # At most this many characters of an article's note on its embargo are shown to editors.


def find_embargo_note(article: Article) -> str | None:
    """Return the first line of an article's headline, standfirst or text that notes an embargo.

    Return None if none of the three begins with such a note. A line of over 80 characters is cut.
    """
    texts = (article.title, article.summary, article.text)
    return _find_note(*((text or "").lstrip()[:_OPENING].partition("\n")[0].strip() for text in texts))


# The results for the last articles are cached, because each post of an article asks twice. The keys are only
# lines, because a whole text would take longer to look up than its first line takes to check.
@lru_cache(maxsize=64)
def _find_note(*lines: str) -> str | None:
    for line in lines:
        if _EMBARGO_NOTE.match(line):
            return line if len(line) <= _LONGEST_NOTE else line[: _LONGEST_NOTE - 1].rstrip() + "…"
    return None
