"""Translate the desk's texts into each person's language.

Texts are HTML with placeholders, in which values are escaped. If a value could reverse the order of a
sentence, it is put between Unicode's isolating characters (FSI and PDI): ids, times and names in a
right-to-left text, and right-to-left values in any other text. A command in a right-to-left text is isolated
together with its arguments (LRI and PDI), because its slash would else be shown behind it.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import cache, partial
from gettext import GNUTranslations, NullTranslations
from importlib import import_module
from importlib.resources import files
from io import BytesIO
from types import ModuleType
from typing import Any

from markupsafe import Markup, escape

from newsbot.composing.direction import get_direction
from newsbot.desk.replies import Button, build_button_data
from newsbot.imports import IMPORT_LOCK
from newsbot.newsroom.wording import say_reason
from newsbot.reasons import COMMA, N_, Reason, ReasonCode, Wording, render

__all__ = ["LANGUAGES", "N_", "Translator", "choose_language", "choose_wording"]

LANGUAGES = {"en": "English", "ur": "اردو", "ar": "العربية", "es": "Español", "ja": "日本語"}
"""The languages of the desk (the editors' chat), by code, each with the language's name in that language."""

# The date formats of those languages of the editors' chat that do not write day, month and year in this
# order.
_DATES = {"es": "d 'de' MMMM 'de' y", "ja": "y年M月d日"}
# Four formats of a time: today, within three days, within this year, and in another year. They are for
# languages that don't just put date and time side by side: Urdu says "Tuesday at 19:48 o'clock".
_TIMES = {"ur": ("HH:mm 'بجے'", "EEE 'کو' HH:mm 'بجے'", "d MMM 'کو' HH:mm 'بجے'", "d MMM y 'کو' HH:mm 'بجے'")}
_PLAIN_TIMES = ("HH:mm", "EEE HH:mm", "d MMM HH:mm", "d MMM y HH:mm")
_FSI, _PDI = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_LRI = "\N{LEFT-TO-RIGHT ISOLATE}"
_ARGUMENT = r"[A-Za-z0-9+](?:[\w.|:/@+-]*[\w/])?"
_LEFT_TO_RIGHT = re.compile(
    r"(?P<markup><[^>]*>|&\w+;)"
    # A chat command with its arguments, such as /move ID, matches the next line of the pattern.
    rf"|/(?:[a-z]+|\{{\w+\}})(?: (?:>(?= )|\{{\w+\}}|{_ARGUMENT}))*"
    r"|\+\d+\w*"
    r"|(?P<place>\{\w+\})"
    rf"|\.?[A-Za-z](?:[\w.|:/@+-]*[\w/])?(?: {_ARGUMENT})*",
    re.ASCII,
)
_TAG = re.compile(r"<[^>]*>")


def choose_language(code: str | None, instead: str) -> str:
    """Return the code of the language of the desk (the editors' chat) for a language code like ``es-MX``.

    If the desk does not have that language, return ``instead``, or ``en`` if the desk does not have
    ``instead`` either.
    """
    bare = (code or "").partition("-")[0].lower()
    if bare in LANGUAGES:
        return bare
    return instead if instead in LANGUAGES else "en"


class Translator(Wording):
    """The translator of the texts of the desk (the editors' chat) and of reasons into one language, which
    also formats times.

    Times are shown in the newsroom's time zone: in a short form for somebody who reads them at the time
    ``now``, or in full if ``now`` is None. ``person`` is a function that returns the name of the person whom
    the ledger calls ``tg:111``.
    """

    def __init__(
        self, language: str, zone: tzinfo, person: Callable[[str], str] = str, now: datetime | None = None
    ) -> None:
        super().__init__(name=person)
        self.language = language
        self.now = now
        self._zone = zone
        self._catalogue = _catalogue(language)
        self._turned = get_direction(language) == "rtl"

    def __call__(self, text: str, /, **values: Any) -> Markup:
        """Translate an HTML template and fill ``values`` into its placeholders; escape the values that are
        not marked as HTML (Markup).
        """
        return Markup(self._find_template(text)).format(
            **{name: self._isolate_value(value) for name, value in values.items()}
        )

    say = __call__

    def label(self, text: str, /, **values: Any) -> str:
        """Translate a template and fill ``values`` into its placeholders as plain text, for a button or a
        pop-up.
        """
        filled = {name: self._isolate_value(value, plain=True) for name, value in values.items()}
        return self._find_template(text).format(**filled)

    def button(self, text: str, /, verb: str, argument: str = "", content: str = "", **values: Any) -> Button:
        """Return a button with a translated label that calls the command ``verb`` (`build_button_data`)."""
        return Button(self.label(text, **values), build_button_data(verb, argument, content))

    def _find_template(self, text: str) -> str:
        """Return the translation of a template; in a right-to-left language, put its left-to-right pieces
        between isolating characters.
        """
        known = self.translate(text)
        return _LEFT_TO_RIGHT.sub(_isolate_match, known) if self._turned else known

    def translate(self, text: str) -> str:
        """Return the translation of a text without placeholders; the text itself if it has no translation."""
        # An empty text is not looked up, because gettext would return the header of the file of translations
        # for it.
        return self._catalogue.gettext(text) if text else text

    word = translate

    def fill(self, code: ReasonCode, values: Mapping[str, str]) -> str:
        """Return the translated text of a reason's code, with ``values`` in the text's placeholders."""
        return self.label(code.text, **values)

    def explain(self, reason: Reason | None) -> str:
        """Return the translated text of a reason, in which commands are named as in the chat; "" if the
        reason is None.
        """
        return render(reason, self) if reason else ""

    def explain_in_full(self, reason: Reason) -> str:
        """Return the translated text of a reason with its times in full, so that a person can check them."""
        return Translator(self.language, self._zone, self.person).explain(reason)

    def format_list(self, entries: Iterable[str]) -> str:
        """Join texts to a list like ``x, y``, with the comma of the translator's language."""
        return self.translate(COMMA).join(entries)

    def format_duration(self, duration: dt.timedelta) -> str:
        """Format a duration of at least a minute, rounded to one unit, in the
        translator's language: ``3 hours``.
        """
        return str(_load_babel_dates().format_timedelta(duration, granularity="minute", locale=self.language))

    def format_age(self, since: datetime) -> str:
        """Format how long ago ``since`` is, like ``3 hours``."""
        return self.format_duration((self.now or since) - since)

    def command(self, name: str, usage: str = "") -> Markup:
        """Return the text of a command as people type it, like ``/move ID TIME|CHANNEL``, as HTML.

        ``usage`` names the arguments. In a right-to-left language, the command and each argument are put
        between isolating characters, so that they are shown in the order in which a person types them.
        No-break spaces join the words within one argument.
        """
        shown = [f"/{name}", *self.translate(usage).split(" ")] if usage else [f"/{name}"]
        if not self._turned:
            return escape(" ".join(shown))
        arguments = [_FSI + each + _PDI for each in shown[1:]]
        return escape(_LRI + " ".join([shown[0], *arguments]) + _PDI)

    def time(self, at: datetime, now: datetime | None = None) -> str:
        """Format a time as ``08:00`` today, as ``Mon 08:00`` within three days, else as ``1 Dec 08:00``.

        Today is the day of ``now``, or of the translator's ``now``; if both are None, the time is in full.
        A time in another year has its year too. In Urdu, the result includes the postpositions of the time,
        so texts have none after it.
        """
        now = now or self.now
        if now is None:
            return self.format_moment(at)
        local, today = at.astimezone(self._zone), now.astimezone(self._zone)
        days = abs((local.date() - today.date()).days)
        is_today, within_days, this_year, other_year = _TIMES.get(self.language, _PLAIN_TIMES)
        form = is_today if days == 0 else within_days if days <= 3 else this_year  # noqa: PLR2004
        if local.year != today.year:
            form = other_year
        return str(_load_babel_dates().format_datetime(local, form, tzinfo=self._zone, locale=self.language))

    def clock(self, at: datetime) -> str:
        """Format the time of day of an instant in the newsroom's time zone, as ``09:00``."""
        return f"{at.astimezone(self._zone):%H:%M}"

    def date(self, at: datetime) -> str:
        """Format the date of an instant like ``1 December 2027``,
        in the order of the translator's language.
        """
        form = _DATES.get(self.language, "d MMMM y")
        return str(
            _load_babel_dates().format_date(at.astimezone(self._zone).date(), form, locale=self.language)
        )

    def format_moment(self, at: datetime) -> str:
        """Format a time in full, like ``Wed 1 December 2027, 09:00``, so that a person can confirm it."""
        local = at.astimezone(self._zone)
        weekday = _load_babel_dates().format_date(local.date(), "EEE", locale=self.language)
        return f"{weekday} {self.date(at)}, {local:%H:%M}"

    def day(self, day: dt.date) -> str:
        """Format a date with its weekday, like ``Tue 3 Nov``, in the translator's language."""
        return str(_load_babel_dates().format_date(day, "EEE d MMM", locale=self.language))

    def _isolate_value(self, value: Any, *, plain: bool = False) -> Any:
        inner = str(value) if plain else escape(value)
        shown = _TAG.sub("", str(inner))
        if not shown or not (self._turned or _has_right_to_left(shown)):
            return inner
        return _FSI + inner + _PDI if plain else Markup(_FSI) + inner + Markup(_PDI)


def _load_babel_dates() -> ModuleType:
    with IMPORT_LOCK:
        # Babel takes long to import, so it is imported only when a date has to be formatted.
        return import_module("babel.dates")


def _isolate_match(found: re.Match[str]) -> str:
    return found[0] if found["markup"] or found["place"] else f"{_LRI}{found[0]}{_PDI}"


def _has_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


@cache
def _catalogue(language: str) -> NullTranslations:
    """Return the translations of a language, read from its .po file; English has none.

    No compiled copy is used, because a copy could be older than the .po file.
    """
    if language == "en":
        return NullTranslations()
    with IMPORT_LOCK:
        from babel.messages.mofile import write_mo  # noqa: PLC0415  English texts need no Babel.
        from babel.messages.pofile import read_po  # noqa: PLC0415  English texts need no Babel.

    path = files("newsbot.desk").joinpath("locale", language, "LC_MESSAGES", "desk.po")
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(path.read_bytes()), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def choose_wording(language: str, zone: tzinfo) -> Callable[[Reason], str]:
    """Return a function that renders reasons in ``language``, with times in full in the time zone ``zone``.

    If the desk does not have the language, the texts are English, as on the command line.
    """
    chosen = choose_language(language, "en")
    if chosen == "en":
        return partial(say_reason, zone=zone)
    return Translator(chosen, zone).explain
