"""Translation of errors, stored reasons, post events and warnings into a person's language.

The layers below the desk write these texts in English. `explain` finds the template that a text was made from
and fills in its translation. The reasons that the planner and the rules store in the ledger are sequences of
clauses, and each clause has its own template. A text without a template is shown as it is. A test collects
every message that those layers raise and fails where one has no template here.
"""

# ruff: noqa: E501 each template stands on a line, as it is raised
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from newsbot.desk.i18n import N_, Translator
from newsbot.newsroom.times import replace_stamps
from newsbot.reasons import COMMA, Code, Parameter, Reason, ReasonCode, render

__all__ = ["explain", "match_message", "rewrite_for_chat"]

_MESSAGES = (
    N_("there is no channel {name}. {mend}"),
    N_("there is no source {name}. {mend}"),
    N_("Did you mean {name}?"),
    N_("There are {known}."),
    N_("There is none."),
    N_("{channel}: {over} too long: {length} of {limit}, with its photo"),
    N_("{channel}: {over} too long: {length} of {limit}"),
    N_("digest"),
    N_("correction"),
    N_("no channel takes it: {why}"),
    N_("{name} takes {languages}; the article is in {language}"),
    N_("{name} has no body: write the article under its title"),
    N_("the feed has no text for {name}: set full_text to auto or page, so that its page is read"),
    N_("no article at {name}: check that its page shows the text without JavaScript or a login"),
    N_("{url} answered {status}: {why}"),
    N_("the site asks for a login; put it into the URL (https://user:password@...)"),
    N_("the site does not let newsbot in; ask its operator to, or use another address"),
    N_("check the address"),
    N_("it is gone for good; find its new address"),
    N_("the site asks for fewer requests; newsbot tries again later"),
    N_("the site is in trouble; newsbot tries again later"),
    N_("{url} did not answer in full within {n} s; check that the site is up"),
    N_("{url} redirects more than {n} times; use the address that it should lead to"),
    N_("{url} redirects to nowhere (no Location); tell the site's operator"),
    N_("{url} redirects to {link}, which can't be followed: it is no http(s) URL"),
    N_("{url} is over {n} MB, which no feed, page or photo should be; check what the address serves"),
    N_("{url} {why}; tell the site's operator"),
    N_("sent gzip that ends early"),
    N_("sent damaged gzip"),
    N_("sent its answer in the encoding {words}, which was not asked for"),
    N_("{url} is refused: only http:// and https:// are fetched"),
    N_("{url} is refused: {host} is at {why}"),
    N_("{url} names no host; write it like https://example.org/feed"),
    N_("{url} is not a URL; write it like https://example.org/feed"),
    N_("no address was found for {host}; check the name and this machine's DNS"),
    N_("the certificate of {host} is not valid ({words}); have it renewed"),
    N_("no TLS connection with {host}; check that it speaks https on that port"),
    N_("could not connect to {host} ({words}); check that the site is up"),
    N_("{host} did not answer in HTTP; check the address and its port"),
    N_("it is not a URL that can be asked for; write it like https://example.org/feed"),
    N_("the connection ended in the middle of the answer; newsbot tries again later"),
    N_("{url} is a web page that names no feed; give the address of its RSS, Atom or JSON feed"),
    N_("{url} names a feed that can't be had: {why}"),
    N_("it is empty: give the address of an RSS, Atom or JSON feed"),
    N_("it is no feed but {what}: give the address of an RSS, Atom or JSON feed"),
    N_("neither XML nor JSON"),
    N_("an XML document {name}"),
    N_("it is broken beyond reading: ask its publisher to put it through a feed validator"),
    N_("it is JSON, but no JSON Feed: give the address of a feed"),
    N_("the feed that was found is a page now"),
    N_("{what} was not parsed within {n} s, as this machine is too busy"),
    N_("{what} was not parsed within {n} s; it is far too large, broken or hostile"),
    N_("{path} is no .txt, .md or .html file; save it as one of these"),
    N_("{path} is over {n} MB, which no article or feed is; take it out"),
    N_("{path} holds over {n} articles; move old ones elsewhere"),
    N_("{path} is no folder; name the folder that articles are put into"),
    N_("{path} is not there; make the folder or correct the source's path"),
    N_("{path} can't be read ({words}); give newsbot the right to"),
    N_("{path} can't be read ({words}); check its name and rights"),
    N_("{path} is empty: write the article into it"),
    N_("{path} is no text: save it as plain text in UTF-8"),
    N_("{link} can't be fetched: only http://, https:// and files can"),
    N_("its database has not answered the last poll yet; newsbot goes on waiting for it"),
    N_("its database did not answer within {n} s; is it overloaded?"),
    N_("{path} is not there: is it the CMS's SQLite file?"),
    N_("url is no database's address: write mysql://USER:PASSWORD@HOST/NAME"),
    N_("there is no driver for {name}://: use mysql, postgresql or sqlite"),
    N_("the driver for {name}:// is not installed ({words})"),
    N_("the query's guid is binary: write it as text, with HEX() or encode()"),
    N_("the query has over {n} rows: let it leave out what is older than needed"),
    N_("over {n} rows have no {name}: name another by COALESCE(...) AS ..."),
    N_(
        "newsbot's account sees no tables of a WordPress, whether with {name} or not; check the database in url (DB_NAME in wp-config.php) and the account's grants"
    ),
    N_("no answer"),
    N_("held for approval"),
    N_("from {name}, post {ref}"),
    N_("published {time}"),
    N_("noticed"),
    N_("written"),
    N_("call"),
    N_("moved"),
    N_("channel renamed"),
    N_("edited"),
    N_("article edited"),
    N_("matches its article"),
    N_("article back"),
    N_("article gone"),
    N_("queued"),
    N_("rule"),
    N_("part sent"),
    N_("late answer"),
    N_("waits"),
    N_("released"),
    N_("resumed"),
    N_("restored"),
    N_("in doubt again"),
    N_("given up"),
    N_("approval void"),
    N_("answered"),
    N_("deleted by hand"),
    N_("not sent"),
    N_("unknown"),
    N_("found"),
    N_("surely absent"),
    N_("withdraw asked"),
    N_("takedown asked"),
    N_("fix asked"),
    N_("correct asked"),
    N_("edit asked"),
    N_("fix"),
    N_("correct"),
    N_("edit"),
    N_("not edited"),
    N_("not deleted"),
    N_("can't be deleted"),
    N_("system"),
    N_("sender"),
    N_("clock"),
    N_("prober"),
    N_("reconciler"),
    N_("The article has no title."),
    N_("A text was too long and lost words."),
    N_("No sentence below the headline has room and stands by itself."),
    N_("The article's page could not be read: what the feed has is shown."),
    N_("The article has hardly a sentence that can be shown: only its headline goes out."),
    N_("The standfirst is not shown: {why}."),
    N_("The headline says {number}, the text says {other}."),
    N_("The headline says {number}, which the text does not."),
    N_("The standfirst says {number}, the text says {other}."),
    N_("The standfirst says {number}, which the text does not."),
    N_("The post quotes {who}."),
    N_("The post has direct speech, and who speaks is not clear."),
    N_("its words are not the article's"),
    N_("it is about the page or the site, not the news"),
    N_("it leans on words that are not shown"),
    N_("it is a question"),
    N_("it quotes nobody"),
    N_("The post does not link to the article."),
    N_("The post does not link to the article any more. A text with {url} in it keeps the link."),
    N_("Only the preview card links to the article now. A text with {url} in it keeps the link."),
    N_("The post is a thread of {n}."),
    N_("The text is too long for a caption, so the photo is left out."),
    N_("The article's language is not known."),
    N_("keep"),
    N_("drop"),
    N_("hold"),
    N_("tag"),
    N_(
        "The page has another text than the article (a consent, a login, an error): what the feed has is shown."
    ),
    N_("retrying"),
    N_("{id} is not blocked"),
    N_("fence"),
    N_("sent a packed answer that ends early"),
    N_("is empty: write the article into it"),
    N_("is no text: save it as plain text in UTF-8"),
    N_("composed"),
    N_("by hand"),
    N_("{path} is no .txt, .md or .html file, and as a feed it can't be read: {why}"),
)
"""The templates of whole messages. Where two match a text, the longer one counts."""

_NUMBER_PATTERN = r"-?[\d.,]+"
_WORD = r"\S+"
_QUOTED_PATTERN = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"].*?)(?: \(HTTP \d+\))?"""
_ID = r"(?:'[^']*'|[\w-]+)"
_MESSAGE_PLACES = {
    "channel": _WORD,
    "count": _NUMBER_PATTERN,
    "host": _WORD,
    "id": _ID,
    "length": _NUMBER_PATTERN,
    "limit": _NUMBER_PATTERN,
    "link": _WORD,
    "n": _NUMBER_PATTERN,
    "over": _NUMBER_PATTERN,
    "price": _NUMBER_PATTERN,
    "ref": _ID,
    "spent": _NUMBER_PATTERN,
    "state": r"[a-z ]+",
    "url": r"\w+://\S+?",
    "verb": r"[a-z]+",
    "words": _QUOTED_PATTERN,
}


def _compile_message(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", text)
    return re.compile(
        "".join(
            f"(?P<{piece}>{_MESSAGE_PLACES.get(piece, '.+?')})" if n % 2 else re.escape(piece)
            for n, piece in enumerate(pieces)
        ),
        re.DOTALL,
    )


_PATTERNS = tuple(
    (_compile_message(text), text) for text in sorted(_MESSAGES, key=len, reverse=True) if "{" in text
)


def match_message(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the template that ``text`` was made from, with its values; None where no template matches."""
    return next(_iterate_matches(text), None)


def _iterate_matches(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for pattern, template in _PATTERNS:
        if found := pattern.fullmatch(text):
            yield template, found.groupdict()


_BETWEEN = re.compile(r", |: |; | (?=\()")
_QUOTED = re.compile(r"`(newsbot [^`]*)`")
_VERB = re.compile(
    r"\bnewsbot "
    r"(approve|cancel|embargo|fix|move|posts?|resolve|resume|retry|show|skip|status|takedown|withdraw)\b"
)
_OPTION = re.compile(r" --(again|by-hand)\b")
_CHANNEL = re.compile(r" --channel (\S+)")


@dataclass(frozen=True, slots=True)
class DeskWording:
    """The words of the desk in a person's language, with the chat's commands; times are as seen from ``now``."""

    say: Translator
    now: datetime

    def fill(self, code: ReasonCode, values: Mapping[str, str]) -> str:
        """Return the text of ``code`` with ``values`` in its places."""
        return self.say.label(code.text, **values)

    def word(self, text: str) -> str:
        """Return one of newsbot's own words in the person's language."""
        return self.say.translate(text)

    def time(self, at: datetime) -> str:
        """Return a point in time in the newsroom's time zone."""
        return self.say.format_time(at, self.now)

    def day(self, day: date) -> str:
        """Return a day like ``Tue 3 Nov`` in the person's language."""
        return self.say.weekday(day)


def explain(reason: Reason | str, say: Translator, now: datetime) -> str:
    """Translate a stored reason, an error or a cause into plain text with chat commands in it."""
    if isinstance(reason, Reason):
        return render(_translate_texts(reason, say, now), DeskWording(say, now))
    text = rewrite_for_chat(reason)
    said = _translate_whole(text, say, now) or "".join(_iterate_clauses(text, say, now))
    return replace_stamps(said, lambda at: say.format_time(at, now))


def _translate_texts(reason: Reason, say: Translator, now: datetime) -> Reason:
    """Translate the messages of errors in a reason, which are still English texts."""
    if reason.code in {Code.TEXT, Code.LEGACY}:
        return Code.TEXT(words=explain(str(reason.params["words"]), say, now))
    inner = {name: _translate_parameter(value, say, now) for name, value in reason.params.items()}
    return Reason(reason.code, inner)


def _translate_parameter(value: Parameter, say: Translator, now: datetime) -> Parameter:
    if isinstance(value, Reason):
        return _translate_texts(value, say, now)
    if isinstance(value, tuple):
        return tuple(_translate_texts(each, say, now) for each in value)
    return value


def _translate_whole(text: str, say: Translator, now: datetime) -> str | None:
    """Translate a text that is one whole message; return None where no template matches."""
    if say.translate(text) != text:
        return say.label(text)
    if found := match_message(text):
        template, values = found
        return say.label(
            template, **{name: _translate_value(name, value, say, now) for name, value in values.items()}
        )
    return None


def rewrite_for_chat(text: str) -> str:
    """Rewrite instructions for the command line (``newsbot show ID``) as chat commands (``/show ID``)."""
    text = _CHANNEL.sub(r" \1", text)
    bare = _OPTION.sub(lambda option: " again" if option[1] == "again" else "", _QUOTED.sub(r"\1", text))
    return _VERB.sub(lambda verb: "/queue" if verb[1] == "posts" else f"/{verb[1]}", bare)


def _iterate_clauses(text: str, say: Translator, now: datetime) -> Iterator[str]:
    while text:
        end = next((part.start() for part in _BETWEEN.finditer(text)), len(text))
        known = _translate_whole(text[:end], say, now)
        end = len(text) if known is None else end
        yield text if known is None else known
        between = _BETWEEN.match(text, end)
        text = text[between.end() if between else end :]
        if between:
            yield say.translate(between[0])


def _translate_value(name: str, value: str, say: Translator, now: datetime) -> str:
    match name:
        case "at":
            return say.format_time(datetime.fromisoformat(value), now)
        case "day":
            return say.day(value, now)
        case "known" | "languages":
            return say.format_list(value.split(COMMA))
        case "list" | "mend" | "role" | "state" | "verb" | "what" | "why":
            return explain(value, say, now)
    return value
