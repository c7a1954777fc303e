"""The rules of a source or channel about articles: which articles newsbot keeps, drops, holds for an editor,
or tags.

Rules apply in order. If a rule's pattern takes too long on an article, the article is held.

The words that a rule looks for match whole words in any case and script. Vowel signs, soft hyphens, joiners
and the choice between the Arabic and the Urdu form of a letter are ignored. In scripts without spaces between
words, the words of a rule match anywhere in the text.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

import regex
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from newsbot.model import Article
from newsbot.reasons import N_, Code, Reason, join_reasons, list_names
from newsbot.scheduling.rules import format_duration
from newsbot.scheduling.settings import AnyDuration, StrictModel

__all__ = ["Match", "Review", "Rule", "parse_term", "review"]

_LONGEST = 500  # The most characters that one search term of a rule may have.
_SECONDS = 0.25  # The most seconds that the search for one pattern in one text may take.
# The characters that a search ignores: format characters (soft hyphens, joiners), the tatweel and Arabic
# vowel signs.
_UNSEEN = regex.compile(r"[\p{Cf}\u0640\u064b-\u065f\u0670]")
# The Arabic letters yeh, alef maksura and kaf are replaced by their Urdu forms, so that a search finds either
# form.
_ONE_LETTER = str.maketrans("\u064a\u0649\u0643", "\u06cc\u06cc\u06a9")
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_IN_WORD = r"[\p{L}\p{M}\p{N}_]"


class TooSlow(Exception):  # noqa: N818  The name says what happened; the exception never leaves scheduling.
    """The error that the search for a rule's pattern in an article's text takes too long."""


@dataclass(frozen=True, slots=True)
class Term:
    """A search term of a rule: words or a regular expression; ``written`` is its text in config.yaml."""

    written: str
    pattern: Any  # The type Any stands for a pattern of the module regex, which has no public type for it.

    def __str__(self) -> str:
        return self.written

    def matches(self, text: str) -> bool:
        """Return whether the search term of a rule occurs in ``text``.

        Raises:
            TooSlow: the search took too long.
        """
        looked = text if self.is_pattern else _fold_text(text)
        try:
            return self.pattern.search(looked, timeout=_SECONDS, concurrent=True) is not None
        except TimeoutError:
            raise TooSlow(self.written) from None

    def is_whole(self, text: str) -> bool:
        """Return whether ``text`` has no other words than the term; a regular expression may match any part
        of ``text``.

        Raises:
            TooSlow: the search took too long.
        """
        if self.is_pattern:
            return self.matches(text)
        return _fold_text(text).split() == _fold_text(self.written).split()

    @property
    def is_pattern(self) -> bool:
        """Return whether a rule's search term is a regular expression, which config.yaml has between
        slashes.
        """
        return self.written.startswith("/")


def parse_term(text: str) -> Term:
    """Parse a rule's search term: words, or a regular expression between slashes.

    Raises:
        ValueError: the text is no term; the message says what to write.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"is over {_LONGEST} characters: write several, in brackets")
    if text.startswith("/"):
        return _parse_pattern(text)
    words = _fold_text(text).split()
    if not words:
        raise ValueError("has no words: write some, or a pattern between slashes, like /dead|killed/")
    words_pattern = r"\s+".join(map(regex.escape, words))
    before, after = (_is_word_edge(words[0][0]), _is_word_edge(words[-1][-1]))
    start = rf"(?<!{_IN_WORD})" if before else ""
    end = rf"(?!{_IN_WORD})" if after else ""
    return Term(text, regex.compile(start + words_pattern + end))


def _is_word_edge(letter: str) -> bool:
    """Return whether a term that starts (or ends) with ``letter`` may match only where a word of the text
    starts (or ends).

    The result is False for letters of scripts without spaces between words, and for punctuation.
    """
    return bool(regex.match(_IN_WORD, letter)) and not regex.match(_UNSPACED, letter)


def _parse_pattern(text: str) -> Term:
    inner = text[1:-1]
    if len(text) < 3 or not text.endswith("/"):  # noqa: PLR2004  A pattern has two slashes with text between them: at least 3 characters.
        raise ValueError(f"{text!r} begins a pattern that never ends: write it like /dead|killed/")
    try:
        found = regex.compile(inner, regex.IGNORECASE)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ValueError(
            f"{text!r} is no regular expression ({error}): write it like /dead|killed/"
        ) from None
    if found.search("", timeout=_SECONDS):
        raise ValueError(f"{text!r} is found in everything: write what has to be there, like /dead|killed/")
    return Term(text, found)


# The last texts are cached in the form in which rules search them. Few suffice, because all rules search the
# same texts of one article.
@lru_cache(maxsize=8)
def _fold_text(text: str) -> str:
    folded = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()
    return unicodedata.normalize("NFC", folded).translate(_ONE_LETTER)


Verb = Literal["keep", "drop", "hold", "tag"]
# If the searches for this many patterns took too long, newsbot applies no more rules to the article, which
# waits for an editor anyway.
_SLOW = 2
_VERBS: tuple[Verb, ...] = (N_("keep"), N_("drop"), N_("hold"), N_("tag"))


def _wrap_in_tuple(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


def _validate_term(value: Any) -> Term:
    if isinstance(value, Term):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be text: write words, or a pattern between slashes, like /dead|killed/")  # noqa: TRY004  Pydantic expects a ValueError.
    return parse_term(str(value))


def _validate_language(code: str) -> str:
    code = code.strip().lower()
    if len(code) != 2 or not code.isascii() or not code.isalpha():  # noqa: PLR2004  A code of ISO 639-1 has two letters.
        raise ValueError("is no language code: write the two letters of ISO 639-1, like en or ur")
    return code


def _validate_some(value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        raise ValueError("names nothing: write at least one")
    return value


def _make_list_schema(item: dict[str, Any]) -> WithJsonSchema:
    """Return the JSON Schema of a setting that is one item or a list of items."""
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]})


_TERM_SCHEMA = {"type": "string", "minLength": 1}
Terms = Annotated[
    tuple[Annotated[Term, PlainValidator(_validate_term), WithJsonSchema(_TERM_SCHEMA)], ...],
    BeforeValidator(_wrap_in_tuple),
    AfterValidator(_validate_some),
    _make_list_schema(_TERM_SCHEMA),
]
Languages = Annotated[
    tuple[Annotated[str, AfterValidator(_validate_language)], ...],
    BeforeValidator(_wrap_in_tuple),
    AfterValidator(_validate_some),
    _make_list_schema({"type": "string", "pattern": "^[a-z]{2}$"}),
]


class Match(StrictModel):
    """The conditions of one rule about articles. An article has to meet each condition that is set; it meets
    a condition with several values if one of them fits.
    """

    anywhere: Terms | None = Field(default=None, description="Words in the article's title, summary or text.")
    title: Terms | None = Field(default=None, description="Words in the article's title.")
    text: Terms | None = Field(default=None, description="Words in the article's text.")
    author: Terms | None = Field(default=None, description="Words in the author's name.")
    address: Terms | None = Field(default=None, description="A text in the article's address.")
    category: Terms | None = Field(
        default=None, description="One of the article's tags as a whole, or a pattern in one."
    )
    language: Languages | None = Field(default=None, description="The article's language.")
    older: AnyDuration | None = Field(
        default=None, description="The article was published longer ago than this."
    )

    @model_validator(mode="after")
    def _check_has_field(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("names nothing to look for: write a field, like title: sponsored")
        return self

    def explain(self) -> list[Reason]:
        """Describe each condition of the rule by a reason for people to read, like ``language en or ur``."""
        set_fields = ((name, value) for name, value in self if value is not None)
        return [
            Code.OLDER_THAN(words=format_duration(value))
            if isinstance(value, timedelta)
            else Code.CONDITION(field=name, choices=list_names(map(str, value)))
            for name, value in set_fields
        ]

    def fits(self, article: Article, now: datetime) -> bool:
        """Return whether the article meets every condition of the rule at the time ``now``.

        Raises:
            TooSlow: the search for a pattern took too long.
        """
        return all(_is_match(article, now, name, value) for name, value in self if value is not None)


class Rule(StrictModel):
    """One rule of config.yaml: whether to keep, drop, hold (for an editor) or tag an article that meets its
    conditions.
    """

    keep: Match | None = Field(default=None, description="Only such articles are posted.")
    drop: Match | None = Field(default=None, description="Such articles are not posted.")
    hold: Match | None = Field(
        default=None, description="Such articles wait for a person, even with `approval: none`."
    )
    tag: Match | None = Field(default=None, description="Such articles get the tag that `as` names.")
    because: str | None = Field(
        default=None, min_length=1, description="The reason for the rule, in the newsroom's words."
    )
    label: str | None = Field(default=None, alias="as", min_length=1, description="The tag that `tag` gives.")

    @model_validator(mode="after")
    def _check_single_verb(self) -> Self:
        verbs = [verb for verb in _VERBS if getattr(self, verb) is not None]
        if len(verbs) != 1:
            raise ValueError("must do one thing: write one of keep, drop, hold and tag for each rule")
        if (self.tag is None) != (self.label is None):
            raise ValueError("tag and as go together: write tag with what to look for, and as with the tag")
        return self

    @property
    def verb(self) -> Verb:
        """Return what the rule does with an article that meets its conditions: keep, drop, hold (for an
        editor) or tag.
        """
        return next(verb for verb in _VERBS if getattr(self, verb) is not None)

    @property
    def match(self) -> Match:
        """Return the conditions that an article has to meet for the rule to apply."""
        found: Match = getattr(self, self.verb)
        return found


@dataclass(frozen=True, slots=True)
class Review:
    """The result of applying rules to an article.

    ``article`` has the tags that rules added. ``dropped`` says why the article is not posted, ``held`` why an
    editor has to look at it first; each is None if no rule dropped or held the article. ``said`` has a
    sentence for each rule that applied. ``slow`` counts the patterns whose search took too long.
    """

    article: Article
    dropped: Reason | None = None
    held: Reason | None = None
    said: tuple[Reason, ...] = ()
    slow: int = 0


def review(
    rules: Sequence[Rule], article: Article, *, where: str, now: datetime, language: str | None = None
) -> Review:
    """Apply ``rules`` to the article in order, until a rule drops the article or the searches for two
    patterns took too long.

    ``where`` names the owner of the rules, like ``source site``. ``language`` is assumed if the article's own
    language is not known.
    """
    if not rules:
        return Review(article)
    result = Review(replace(article, language=article.language or language))
    for number, rule in enumerate(rules, 1):
        result = _apply_rule(result, rule, now, n=number, name=where)
        if result.dropped or result.slow == _SLOW:
            break
    return replace(result, article=replace(result.article, language=article.language))


def _apply_rule(result: Review, rule: Rule, now: datetime, **place: Any) -> Review:
    """Apply one rule to the article in ``result`` and return the new result.

    ``place`` is the rule's number ``n``, from 1, among the rules of its owner ``name``.
    """
    what = join_reasons(rule.match.explain())
    if rule.because:
        what = Code.WITH_CAUSE(what=what, why=Code.TEXT(words=rule.because))
    tag = Code.AS_TAG(words=rule.label) if rule.label else None
    why = Code.RULE_APPLIED(**place, verb=rule.verb, why=join_reasons([what, tag]))
    try:
        fits = rule.match.fits(result.article, now)
    except TooSlow as slow:
        why = Code.RULE_TOO_SLOW(**place, words=slow)
        held, said = result.held or why, (*result.said, why)
        return replace(result, held=held, said=said, slow=result.slow + 1)
    if fits == (rule.verb == "keep"):
        return result
    noted = replace(result, said=(*result.said, why))
    # The post itself has only the first reason to wait for an editor; the post's timeline shows all of them.
    if rule.verb == "hold":
        own = Code.RULE_OWN_WORDS(words=rule.because, **place) if rule.because else why
        return replace(noted, held=result.held or own)
    if rule.verb == "tag":
        tags = dict.fromkeys((*result.article.tags, str(rule.label)))
        return replace(noted, article=replace(result.article, tags=tuple(tags)))
    return replace(noted, dropped=why)


def _is_match(article: Article, now: datetime, name: str, wanted: Any) -> bool:
    if name == N_("language"):
        return article.language in wanted
    if name == "older":
        return article.published_at is not None and now - article.published_at > wanted
    if name == N_("category"):
        return any(term.is_whole(tag) for term in wanted for tag in article.tags)
    return any(term.matches(text) for term in wanted for text in _list_texts(article, name))


def _list_texts(article: Article, name: str) -> Iterator[str]:
    fields = {
        N_("anywhere"): (article.title, article.summary, article.text, article.aside),
        N_("title"): (article.title,),
        N_("text"): (article.text, article.aside),
        N_("author"): (article.author,),
        N_("address"): (article.url,),
    }
    return (text for text in fields[name] if text)
