"""Cleaning of untrusted strings of sources: no HTML tags, no control characters, Unicode's normal form NFC.

Bidi overrides, which let a title show another order of letters than it has ("Trojan Source", CVE-2021-42574),
are removed. So are tag characters and zero-width characters, which hide text from the reader. Marks and
joiners that shape words are kept.
"""

# ruff: noqa: RUF001  The patterns have punctuation of other scripts on purpose.

import re
from collections.abc import Iterable
from html import unescape
from html.entities import html5
from unicodedata import category, is_normalized, normalize

__all__ = [
    "clean_line",
    "clean_paragraphs",
    "clean_text",
    "markup_to_line",
    "remove_stray_spaces",
    "unescape_markup",
]

_BANNED = re.compile(
    "["
    # These control characters are removed from texts; tabs and line ends are not among them.
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u206f\ufeff\u3164\uffa0\ufff9-\ufffb"
    # Bidi embeddings and overrides are removed from texts, and so are the bidi isolates U+2066 to U+2069,
    # which the range from U+2060 includes.
    "\u202a-\u202e"
    # Surrogates and noncharacters are removed from texts, because no text may have them.
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)
# The pattern matches tag characters, except in the flags of England, Scotland and Wales.
_HIDDEN = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0000-\U000e007f]")
_JOINER = re.compile("[\u200c\u200d]+")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# The pattern matches a comma or full stop after a space, which a link or a program that splits texts into
# words leaves there. A space before one of ": ; ! ?" may be French.
_SPACED_MARK = re.compile(
    r" (?<![\s(\[{«“„¿¡] )(?:([,،؛](?=\s)|[۔।؟、。，；：？！])|([.])(?=$|\s[^\W\da-z_]))"
)
# The pattern matches the space in "better-than- ever", where a line ended after the hyphen.
_BROKEN_COMPOUND = re.compile(
    r"(?<=\w)(-(?:than|the|of|to|by|in|on|at|up|for|à)-) (?!(?:and|or|to)\b)(?=[^\W\dA-Z_])"
)
_GLUED_AGENCY = re.compile(r"(?<=\A\([A-Z]{3}\))(?=[^\W\d_])|(?<=\A\([A-Z]{2}\))(?=[^\W\d_])")
_BLANK = re.compile(r"\n\s*\n")

# The names of elements that HTML has or had (https://html.spec.whatwg.org/#elements-3, #obsolete). By these
# names, tags are distinguished from other texts between angle brackets, such as `<info@example.org>`.
_ELEMENTS = (
    "abbr|acronym|address|applet|area|article|aside|audio|base|basefont|bdi|bdo|bgsound|big|blink|blockquote"
    "|body|br|button|canvas|caption|center|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div"
    "|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hgroup|hr|html"
    "|iframe|image|img|input|ins|kbd|label|legend|li|link|listing|main|map|mark|marquee|math|menu|meta|meter|nav"
    "|nobr|noembed|noframes|noscript|object|ol|optgroup|option|output|param|picture|plaintext|pre|progress|rb"
    "|rp|rt|rtc|ruby|samp|script|search|section|select|slot|small|source|span|strike|strong|style|sub|summary"
    "|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|tt|ul|var|video|wbr|xmp"
)
_VALUED = r"[\s/](?=[^<>=]*=)[^<>]*+"
_NO_ADDRESS = "(?!https?:|mailto:)"
# An HTML tag with a one-letter name may not have words without values after it, so that the sentence `a <b
# and c> d` is kept.
_LETTER = rf"</?[abipqsu](?:\s*/?|{_VALUED})>"
_HTML_TAG = re.compile(rf"{_LETTER}|</?(?:{_ELEMENTS})(?:[\s/][^<>]*+)?>", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(
    rf"<!--.*?-->|<[!?][^<>]+>|{_HTML_TAG.pattern}"
    rf"|<{_NO_ADDRESS}[a-z][^\s<>/@=]*(?:=[^<>]*+|{_VALUED})>"
    r"|</?[a-z]\w*:[a-z][\w-]*\s*/?>|<[a-z][\w-]*\s*/>|</[a-z][\w-]*\s*>",
    re.IGNORECASE | re.DOTALL,
)
_BROKEN_TAG = re.compile(
    rf"<{_NO_ADDRESS}[a-z][^<>\s]*{_VALUED}$|<{_NO_ADDRESS}[a-z][^\s>@]*[\s/](?=[^>=]*=)[^>]*+>|</(?:{_ELEMENTS})\b[^>]*>",
    re.IGNORECASE,
)
_BREAK = re.compile(
    rf"</?(?:br|div|li|tr|td|th|h[1-6])(?:[\s/][^<>]*+)?>|</?p(?:\s*|{_VALUED})>", re.IGNORECASE
)
_MARKUP = re.compile(
    rf"\A\s*(?:{_HTML_TAG.pattern})|</(?:[abipqsu]|{_ELEMENTS})\s*>|<br\s*/?>|<img\s[^<>=]*=", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_ESCAPED_ENTITY = re.compile(r"&amp;(?:amp;)*(#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z][a-zA-Z0-9]{1,31};)")
_ESCAPED_BODY = re.compile(r"&lt;(?=[a-z]).*&lt;(?:/\w+\s*|br\s*/?)&gt;", re.IGNORECASE | re.DOTALL)
_NOT_MARKUP = re.compile(r"<(?=[^\s<>@/]{1,64}@[^\s<>@]{1,255}>|https?://[^\s<>]{1,2000}>)")
# The characters of a line after this many are dropped, because finding the tags in a longer line would take
# too long.
_LONGEST = 20_000
# HTML entities in a text are unescaped at most this many times; some feeds escape titles three times.
_ROUNDS = 4


def clean_text(text: str) -> str:
    """Return a text in Unicode's form NFC without control and invisible characters.

    Line ends become newlines; other white space stays as it is.
    """
    text = _LINE_END.sub("\n", text)
    text = _BANNED.sub("", text)
    if not text.isascii():
        text = _HIDDEN.sub(lambda match: match[1] or "", text)
    if not is_normalized("NFC", text):
        text = normalize("NFC", text)
    if "\u200c" in text or "\u200d" in text:
        text = _JOINER.sub(_check_joiner, text)
    return text


def clean_line(text: str) -> str:
    """Return a plain text on one line, cleaned as by `clean_text`, with runs of white space collapsed.

    HTML entities in the text stay as they are.
    """
    if text.isascii() and (line := " ".join(text.split())).isprintable():
        # Most lines are returned here, because they have no character that has to be removed or changed;
        # looking for such characters in them would take most of the time.
        return line
    return " ".join(clean_text(text).split())


def markup_to_line(markup: str) -> str:
    """Return one line of plain text from a string that may hold HTML, even HTML escaped several times.

    The function unescapes ``AT&amp;T`` and ``&amp;amp;``, and removes the tags in ``<b>x</b>`` and
    ``&lt;b&gt;x``. It keeps ``a < b``, ``<info@example.org>`` and ``<<words>>``, which are no tags.
    """
    markup = markup[:_LONGEST]
    for _ in range(_ROUNDS):
        plain = _ENTITY.sub(lambda match: unescape(match[0]), _remove_tags(markup))
        if plain == markup:
            break
        markup = plain
    return remove_stray_spaces(clean_line(_BROKEN_TAG.sub("", _remove_tags(clean_text(markup)))))


def unescape_markup(markup: str) -> str:
    """Return the HTML of an item's body, which some feeds escape once or twice too often.

    A body without tags is unescaped if that turns the body into markup. So is a body whose text begins and
    ends with escaped tags. An entity that was escaped twice becomes that entity. An address between angle
    brackets is no tag.
    """
    markup = _ESCAPED_ENTITY.sub(_unescape_entity, markup)
    for _ in range(_ROUNDS):
        if "&lt;" not in markup.lower() or not _is_escaped(markup):
            break
        markup = unescape(markup)
    return _NOT_MARKUP.sub("&lt;", markup)


def _is_escaped(markup: str) -> bool:
    text = _HTML_TAG.sub("", markup).strip()
    return bool(_MARKUP.search(unescape(text))) and (
        text == markup.strip() or bool(_ESCAPED_BODY.fullmatch(text))
    )


def _unescape_entity(match: re.Match[str]) -> str:
    known = match[1].startswith("#") or match[1] in html5
    return f"&{match[1]}" if known else match[0]


def clean_paragraphs(paragraphs: Iterable[str]) -> str:
    """Return paragraphs as one text: each on one line, separated by blank lines.

    Empty paragraphs are left out, and so are spaces that belong nowhere (`remove_stray_spaces`). A space is
    added after a news agency's name that is joined to the text.
    """
    lines = map(remove_stray_spaces, filter(None, map(clean_line, paragraphs)))
    return "\n\n".join(_GLUED_AGENCY.sub(" ", line) if line[0] == "(" else line for line in lines)


def remove_stray_spaces(line: str) -> str:
    """Return a line without spaces before commas and full stops of any script, and inside compounds."""
    line = _SPACED_MARK.sub(lambda mark: mark[1] or mark[2], line)
    return _BROKEN_COMPOUND.sub(r"\1", line) if "- " in line else line


def _remove_tags(text: str) -> str:
    if "<" not in text:
        return text
    return _TAG.sub("", _BREAK.sub(" ", _SCRIPT.sub(" ", text)))


def _check_joiner(match: re.Match[str]) -> str:
    """Return the first zero-width joiner of the run that ``match`` found if the run follows a letter, mark or
    emoji, else "".

    A zero-width joiner shapes only the character before it.
    """
    before = match.string[match.start() - 1 : match.start()]
    shapes = before > "\x7f" and category(before)[0] in "LMS"
    return match[0][0] if shapes else ""
