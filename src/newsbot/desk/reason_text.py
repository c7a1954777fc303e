"""Render reasons (codes with parameters) as text in the language of a person at the desk."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import partial

from newsbot.desk.i18n import Translator, choose_language
from newsbot.newsroom.wording import say_reason
from newsbot.reasons import Reason, ReasonCode, Wording, render

__all__ = ["choose_wording", "explain", "explain_in_full"]


@dataclass(frozen=True, slots=True)
class DeskWording(Wording):
    """The rules by which newsbot words reasons for one person: in the person's language, and with times in
    the short form for somebody who reads them at the time ``now``.

    If ``now`` is None, times are written in full.
    """

    say: Translator
    now: datetime | None = None

    def fill(self, code: ReasonCode, values: Mapping[str, str]) -> str:
        """Return the translated text of a reason's code, with ``values`` in the text's placeholders."""
        return self.say.label(code.text, **values)

    def word(self, text: str) -> str:
        """Return one of newsbot's own words, such as a post's state, in the person's language."""
        return self.say.translate(text)

    def time(self, at: datetime) -> str:
        """Format a time in the newsroom's time zone: in short if ``now`` is set (``08:00`` today),
        else in full.
        """
        return self.say.format_time(at, self.now) if self.now else self.say.moment(at)

    def day(self, day: date) -> str:
        """Format a date like ``Tue 3 Nov`` in the person's language."""
        return self.say.weekday(day)

    def person(self, by: str) -> str:
        """Return the name of the person whom the ledger calls ``by`` (such as ``tg:111``)."""
        return self.say.name(by)


def explain(reason: Reason | None, say: Translator, now: datetime) -> str:
    """Return the text of a reason in the person's language, in which commands are named as in the chat; "" if
    the reason is None.
    """
    return render(reason, DeskWording(say, now)) if reason else ""


def explain_in_full(reason: Reason, say: Translator) -> str:
    """Return the text of a reason with its times in full, so that a person can check them."""
    return render(reason, DeskWording(say))


def choose_wording(language: str, zone: tzinfo) -> Callable[[Reason], str]:
    """Return a function that renders reasons in ``language``, with times in full in the time zone ``zone``.

    If the desk does not have the language, the texts are English, as on the command line.
    """
    chosen = choose_language(language, "en")
    if chosen == "en":
        return partial(say_reason, zone=zone)
    return partial(explain_in_full, say=Translator(chosen, zone))
