"""Revise the text of a post for a correction: replace words in it,
or recompose it from the corrected article.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import partial, reduce
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal, NamedTuple

from newsbot.composing.compose import drop_unshown_numbers
from newsbot.composing.direction import strip_isolates
from newsbot.composing.fitting import measure_for
from newsbot.composing.markup import PLAIN
from newsbot.composing.rewriting import escape_for, isolate_part, measure_part, remove_words
from newsbot.composing.safety import clean_line, list_spellings, safe_url
from newsbot.composing.urls import find_urls
from newsbot.errors import ComposeError, InvalidTransition
from newsbot.imports import IMPORT_LOCK
from newsbot.model import IN_FLIGHT, Article, Draft, Image, Part, Post, PostState, PostWarning
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.contradictions.warnings import drop_fixed_contradictions
from newsbot.newsroom.fixes import Replacement, list_all_actions, list_replacements
from newsbot.newsroom.summaries import ChannelSummaries
from newsbot.ports import Capabilities, Channel, Clock, NewAmendment
from newsbot.reasons import Reason, UsageCode

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "EDIT",
    "RECOMPOSE",
    "CorrectionTerms",
    "CorrectionWording",
    "PostReviser",
    "Proposal",
    "Versions",
    "choose_method",
    "price_repost",
]

_WITHDRAWN = {
    "en": "Withdrawn.",
    "ur": "یہ خبر واپس لے لی گئی ہے۔",
    "ar": "سُحب هذا الخبر.",
    "es": "Retirado.",
    "ja": "この記事は取り下げられました。",
}
_CORRECTED = {
    "en": "Corrected {time}",
    "ur": "تصحیح {time}",
    "ar": "صُحِّح {time}",
    "es": "Corregido {time}",
    "ja": "{time} 訂正",
}
# No edit is ordered in the last minutes in which a platform allows it, because the call may come too late.
_EDIT_MARGIN = timedelta(minutes=2)
# The pattern matches the time in the note of a correction, "14:31" or, of a later day, "Nov 30 14:31".
_NOTE_TIME = re.compile(r"(?:\S{1,12} ){0,3}\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class CorrectionWording:
    """The texts that tell readers that a post was withdrawn or corrected.

    ``withdrawn`` and ``corrected`` come from config.yaml; None means newsbot's text in the post's language.
    ``zone`` is the time zone in which a correction's time is shown. ``language`` is for posts that don't
    state their own.
    """

    zone: tzinfo
    withdrawn: str | None = None
    corrected: str | None = None
    language: str = "en"

    def say_withdrawn(self, language: str | None) -> str:
        """Return the text in ``language`` that replaces the text of a post that a person had deleted and that
        the platform can't delete.
        """
        return self.withdrawn or self._choose_phrase(_WITHDRAWN, language)

    def say_corrected(self, language: str | None, at: datetime, published: datetime | None = None) -> str:
        """Return the note, in ``language``, that newsbot adds to a post which was
        corrected at the time ``at``.

        The note names the day too unless the post was published on the day of the correction.
        """
        local = at.astimezone(self.zone)
        time = f"{local:%H:%M}"
        if published and published.astimezone(self.zone).date() != local.date():
            spoken = [
                each for each in (language, self.language) if each and (self.corrected or each in _CORRECTED)
            ]
            time = f"{_format_day(local.date(), spoken[0] if spoken else 'en')} {time}"
        return self._get_correction_text(language).replace("{time}", time)

    def remove_note(self, text: str, language: str | None) -> str:
        """Return ``text`` without the note of an earlier correction at its end;
        unchanged if it has no note.
        """
        before, _, last = text.rpartition("\n\n")
        head, _, tail = self._get_correction_text(language).partition("{time}")
        time = last.removeprefix(head).removesuffix(tail)
        is_note = last == f"{head}{time}{tail}" and _NOTE_TIME.fullmatch(time)
        return before if before and is_note else text

    def _get_correction_text(self, language: str | None) -> str:
        return self.corrected or self._choose_phrase(_CORRECTED, language)

    def _choose_phrase(self, said: dict[str, str], language: str | None) -> str:
        return said.get(language or self.language) or said.get(self.language) or said["en"]


def _format_day(day: date, language: str) -> str:
    """Return a day with its month in a language, like "Nov 30"; in English if Babel lacks the language."""
    with IMPORT_LOCK:
        from babel import Locale, UnknownLocaleError  # noqa: PLC0415  Babel takes long to import.
        from babel.dates import format_skeleton  # noqa: PLC0415

    try:
        locale = Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        locale = Locale("en")
    return format_skeleton("MMMd", day, locale=locale)


CorrectionMode = Literal["edit", "reply", "repost", "recompose", "manual"]


@dataclass(frozen=True, slots=True)
class CorrectionMethod:
    """The method by which a correction reaches the readers of a post.

    ``call`` is the kind of call to the platform that makes the correction; None if there is no call. With
    ``noted``, a note in the post says that it was corrected. With ``in_place``, the published messages stay,
    with their number and photos, and newsbot edits only those whose text changes.
    """

    name: CorrectionMode
    call: Literal["edit", "reply", "repost"] | None = None
    noted: bool = True
    in_place: bool = False

    def list_amendments(
        self, post_id: str, before: Sequence[Part], after: Sequence[Part]
    ) -> list[NewAmendment]:
        """Return the calls (edits, replies or reposts) that turn a post's published
        messages into the new ones.

        ``before`` are the published messages, ``after`` the new ones. Return [] if the method makes no call.
        """
        if self.call is None:
            return []
        pairs = enumerate(zip_longest(before, after))
        return [
            NewAmendment(post_id, n, self.call, old, new)
            for n, (old, new) in pairs
            if not self.in_place or old != new
        ]


EDIT = CorrectionMethod("edit", "edit", in_place=True)
REPLY = CorrectionMethod("reply", "reply")
REPOST = CorrectionMethod("repost", "repost")
RECOMPOSE = CorrectionMethod("recompose", noted=False)
MANUAL = CorrectionMethod("manual", noted=False)


def choose_method(post: Post, on_correct: str, capabilities: Capabilities, now: datetime) -> CorrectionMethod:
    """Choose the method to correct a post whose channel still posts to the chat or account of the post.

    ``on_correct`` is the channel's setting for published posts. A post that the platform does not edit any
    more is posted again if the platform lets newsbot delete the old one; else a reply corrects it. An unsent
    post is recomposed.
    """
    if post.may_be_changed or (post.state is PostState.FAILED and not post.receipts):
        return RECOMPOSE
    if on_correct == "edit" and capabilities.edits:
        ends = capabilities.edits_within
        if ends == timedelta.max:
            return EDIT
        if post.sent_at is None or now - post.sent_at < ends - _EDIT_MARGIN:
            return EDIT
        on_correct = "repost"
    return REPOST if on_correct == "repost" and capabilities.deletes_within else REPLY


@dataclass(frozen=True, slots=True)
class CorrectionTerms:
    """A channel's settings for corrections of published posts: ``on_correct`` is ``edit``,
    ``reply`` or ``repost``.
    """

    on_correct: str
    wording: CorrectionWording


class Versions(NamedTuple):
    """An article as it was before a correction, and the same article as it is after the correction."""

    before: Article
    after: Article


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposed correction of one post, which an editor sees before ordering it.

    ``pending`` says that the correction is made only once newsbot knows whether the post is published. With
    the method ``manual``, newsbot makes no call, because config.yaml no longer has the post's channel, or the
    channel posts to another chat or account. ``problem`` says why the correction is impossible; if the text
    is too long, ``over`` is the number of characters too many. ``warnings`` are the post's warnings after the
    correction, None if it leaves them as they are.
    """

    post: Post
    parts_before: tuple[Part, ...]
    parts_after: tuple[Part, ...]
    method: CorrectionMethod
    pending: bool = False
    problem: Reason | None = None
    over: int = 0
    draft: Draft | None = None
    warnings: tuple[PostWarning, ...] | None = None

    @property
    def how(self) -> CorrectionMode:
        """Return the name of the method by which the post is corrected: edit, reply, repost, recompose or
        manual.
        """
        return self.method.name

    def make_draft(self) -> Draft:
        """Return a draft of an unsent post whose parts (messages) have the proposal's corrected text."""
        post = self.post
        known = post.warnings if self.warnings is None else self.warnings
        warnings = tuple(drop_unshown_numbers(known, self.parts_after))
        draft = self.draft or Draft(post.channel, post.kind, (), post.cost_usd, post.language, warnings)
        return replace(draft, parts=self.parts_after)


@dataclass(eq=False, repr=False)
class PostReviser:
    """The component that proposes corrections of posts. All methods may raise LedgerError.

    ``terms`` are the settings of every channel in config.yaml. In all methods, ``before`` are the parts
    (messages) of a post as they will be once earlier corrections are made.
    """

    ledger: "Ledger"
    composition: Composition
    terms: Mapping[str, CorrectionTerms]
    clock: Clock

    def replace_words(
        self, post: Post, before: tuple[Part, ...], change: Replacement, versions: Versions | None
    ) -> Proposal | None:
        """Propose the post with the replacement ``change`` made, also in photos' descriptions;
        None if nothing changes.

        A text that gets too long is shortened, unless an editor wrote it. A published post changes in nothing
        but the replaced words: ``versions`` are the article before and after the fix, and its source may have
        edited it after the post was sent.
        """
        after = tuple(_replace_in_part(part, change) for part in before)
        if self._is_stranded(post):
            return Proposal(post, before, after, MANUAL) if after != before and post.is_out else None
        texts = [part.text for part in after] == [part.text for part in before]
        if after == before or (texts and self._choose_method(post) is not RECOMPOSE):
            return None
        warnings = drop_fixed_contradictions(post.warnings, change.fix_text)
        proposed = replace(self._add_note(post, before, after), warnings=warnings)
        if not proposed.over or post.edited_by:
            return proposed
        return self._shorten_revision(post, before, after, change, versions) or proposed

    def _shorten_revision(
        self,
        post: Post,
        before: tuple[Part, ...],
        after: tuple[Part, ...],
        change: Replacement,
        versions: Versions | None,
    ) -> Proposal | None:
        """Shorten a corrected post that is too long: omit sentences, or else recompose it;
        None if neither helps.
        """
        waits = self._choose_method(post) is RECOMPOSE and post.role != "correction"
        shorter = None if waits else self._without_sentences(post, before, after, change)
        if shorter is None and versions and (waits or self.matches(post, before, versions.before)):
            summaries = self.composition.summarize(versions.after)
            shorter = self.recompose_post(post, before, versions.after, summaries)
        return shorter if shorter and not shorter.problem else None

    def _without_sentences(
        self, post: Post, before: tuple[Part, ...], after: tuple[Part, ...], change: Replacement
    ) -> Proposal | None:
        """Propose a corrected post without its last sentences, as few as possible,
        so that it fits with the note.

        The headline always stays. Return None if the post is too long even without all its sentences.
        """
        fixes = list_replacements(list_all_actions(self.ledger.actions, post.article_id), post.language)
        for shown, _ in reversed(self.ledger.posts.list_sentences(post.id)):
            words = reduce(lambda text, fix: fix.fix_text(text), fixes, clean_line(shown))
            after = _remove_from_parts(after, change.fix_text(words))
            proposed = self._add_note(post, before, after)
            if not proposed.problem:
                return proposed
        return None

    def matches(self, post: Post, parts: tuple[Part, ...], article: Article) -> bool:
        """Return whether the post's ``parts`` are as newsbot would compose them from the article now.

        The note of an earlier correction makes no difference.
        """
        recompose = partial(self.recompose_post, post, parts, article, self.composition.summarize(article))
        return recompose(noting=False) is None or recompose(noting=True) is None

    def recompose_post(
        self,
        post: Post,
        before: tuple[Part, ...],
        article: Article,
        summaries: ChannelSummaries,
        *,
        noting: bool = True,
    ) -> Proposal | None:
        """Propose the post's parts (messages) as composed now from the article;
        return None if nothing changes.

        If ``noting``, a published post is composed with room for the note that it was corrected.
        """
        if self._is_stranded(post):
            return Proposal(post, before, before, MANUAL) if post.is_out else None
        method = self._choose_method(post)
        noting = noting and method.noted
        capabilities = self._get_capabilities(post)
        reserve = 0
        # The length of a correction's note is measured with a letter before it, because white space at the
        # start of a text is not counted.
        if noting:
            reserve = measure_for(capabilities, PLAIN)(f"x\n\n{self._format_note(post)}") - 1
        source = self.ledger.articles.get_article(post.article_id).source
        # `find_urls` finds only what platforms make links of, and not an address such as 127.0.0.1, so the
        # article's address is looked for in the text too.
        address = safe_url(article.url)
        spelled = list_spellings(address) if address else ()
        link = any(
            part.link_preview or find_urls(part.text) or any(each in part.text for each in spelled)
            for part in before
        )
        try:
            draft = self.composition.draft(
                post.channel,
                article,
                summaries,
                source=source,
                reserve=reserve,
                link=link,
                breaking=post.breaking,
            )
        except ComposeError as error:
            return Proposal(post, before, before, method, problem=UsageCode.CANNOT_COMPOSE(why=error.reason))
        capabilities = self._get_capabilities(post)
        parts = draft.parts
        if method.in_place:
            if len(parts) != len(before):
                why = UsageCode.OTHER_PARTS(n=len(parts), count=len(before))
                return Proposal(post, before, parts, method, problem=why)
            parts = tuple(_keep_media(new, old, capabilities) for new, old in zip(parts, before, strict=True))
        if method is RECOMPOSE:
            return None if parts == before else Proposal(post, before, parts, method, draft=draft)
        bare = [strip_isolates(self._remove_note(part, post).text) for part in before]
        if [strip_isolates(part.text) for part in parts] == bare:
            return None
        whole = tuple(_restore_limit(part, capabilities) for part in parts)
        return self._add_note(post, before, whole, noting=noting)

    def _add_note(
        self, post: Post, before: tuple[Part, ...], after: tuple[Part, ...], *, noting: bool = True
    ) -> Proposal:
        """Propose that a post gets the parts (messages) ``after``.

        If the post is or may be published, a note in it says that it was corrected. The proposal has a
        problem if one of the parts is too long for the platform.
        """
        method, capabilities = self._choose_method(post), self._get_capabilities(post)
        parts = [isolate_part(part, capabilities, post.language) for part in after]
        if method.noted and noting:
            at = max(
                n
                for n, part in enumerate(parts)
                if n >= len(before) or strip_isolates(part.text) != strip_isolates(before[n].text)
            )
            note = escape_for(parts[at], capabilities, self._format_note(post))
            bare = self._remove_note(parts[at], post)
            noted = replace(bare, text=f"{bare.text}\n\n{note}")
            parts[at] = isolate_part(noted, capabilities, post.language)
        over = max(part.length - part.limit for part in parts)
        problem = UsageCode.TOO_LONG_BY(n=over) if over > 0 else None
        pending = post.state in IN_FLIGHT
        return Proposal(post, before, tuple(parts), method, pending, problem, max(over, 0))

    def _remove_note(self, part: Part, post: Post) -> Part:
        text = strip_isolates(part.text)
        bare = self.terms[post.channel].wording.remove_note(text, post.language)
        return part if bare == text else replace(part, text=bare)

    def _is_stranded(self, post: Post) -> bool:
        """Return whether the post's channel is gone from config.yaml,
        or posts to another chat or account now.

        Raises:
            InvalidTransition: the channel was only renamed; the post can be corrected once newsbot has
                restarted.
        """
        why = self.composition.explain_stranding(post)
        if why and self.composition.is_renamed(post):
            raise InvalidTransition(UsageCode.NOT_CORRECTED_YET(ref=post.id, why=why))
        return why is not None

    def _choose_method(self, post: Post) -> CorrectionMethod:
        on_correct = self.terms[post.channel].on_correct
        return choose_method(post, on_correct, self._get_capabilities(post), self.clock.now())

    def _format_note(self, post: Post) -> str:
        return self.terms[post.channel].wording.say_corrected(post.language, self.clock.now(), post.sent_at)

    def _get_capabilities(self, post: Post) -> Capabilities:
        capabilities = self.composition.capabilities(post.channel)
        # The platform's capabilities are known here, because only channels in config.yaml have settings for
        # corrections.
        assert capabilities  # noqa: S101
        return capabilities


def _replace_in_part(part: Part, change: Replacement) -> Part:
    was = strip_isolates(part.text)
    text = change.fix_html(was) if part.parse_mode else change.fix_text(was)
    text = part.text if text == was else text
    media = tuple(
        Image(image.url, change.fix_text(image.alt)) if image.alt else image for image in part.media
    )
    return replace(part, text=text, media=media)


def _remove_from_parts(parts: tuple[Part, ...], words: str) -> tuple[Part, ...]:
    """Return the parts (messages) of a post with ``words`` removed from the last part that contains them."""
    for n, part in reversed(list(enumerate(parts))):
        if text := remove_words(part, words):
            return (*parts[:n], replace(part, text=text), *parts[n + 1 :])
    return parts


def _keep_media(new: Part, old: Part, capabilities: Capabilities) -> Part:
    """Return the new part (message) with the old part's photo, or without one if the old part has none.

    An edit of a message can't change its photo.
    """
    limit = capabilities.caption_limit if old.media else capabilities.text
    preview = new.link_preview or old.link_preview if not old.media else None
    return measure_part(replace(new, media=old.media, link_preview=preview, limit=limit), capabilities)


def _restore_limit(part: Part, capabilities: Capabilities) -> Part:
    """Return a part (message) with the platform's full limit; it was composed with less,
    to leave room for a note.
    """
    return replace(part, limit=capabilities.caption_limit if part.media else capabilities.text)


def price_repost(channel: Channel | None, before: Sequence[Part], after: Sequence[Part]) -> Decimal | None:
    """Return what it costs to delete the parts ``before`` on a channel and to post the parts ``after``.

    Return None if that is free, or if config.yaml no longer has the channel.
    """
    post, delete = (channel.price(after), channel.get_call_price("delete")) if channel else (None, None)
    return (post or Decimal(0)) + (delete or Decimal(0)) * len(before) or None
