"""Read the arguments of the desk's chat commands: names of channels and sources, and times."""

from datetime import UTC, datetime
from hashlib import sha256

from markupsafe import escape

from newsbot.desk.context import CommandCall, DeskContext
from newsbot.desk.i18n import N_
from newsbot.desk.reason_text import explain_in_full
from newsbot.desk.replies import Answer, Button, Refusal, data_of
from newsbot.newsroom.names import UnknownName, find_name
from newsbot.newsroom.times.reading import TimeRefused, parse_time
from newsbot.reasons import UsageCode

__all__ = [
    "TimeRefusal",
    "decode_command_time",
    "decode_timestamp",
    "encode_command_time",
    "find_named_source",
    "find_own_channel",
    "is_fingerprint",
    "list_own_channels",
    "make_fingerprint",
    "read_time",
    "refuse_name",
]

_NONE = {
    "channel": N_("{what} is no channel: there are {known}."),
    "source": N_("{what} is no source: there are {known}."),
}


def find_own_channel(room: DeskContext, call: CommandCall, word: str) -> str:
    """Return the channel that ``word`` names, among the channels that the person who sent the command may act
    on.

    Raises:
        Refusal: The word names no channel, or fits several, or names a channel that the person may not
            act on.
    """
    mine = list_own_channels(room, call)
    try:
        return find_name(word, mine)
    except UnknownName as unknown:
        try:
            other = find_name(word, room.channels)
        except UnknownName:
            raise refuse_name(call, unknown) from None
        raise Refusal(call.say("{channel} is not yours.", channel=other)) from None


def list_own_channels(room: DeskContext, call: CommandCall) -> list[str]:
    """Return the names of the channels that the person who sent this command may act on."""
    return [name for name in room.channels if not call.who.channels or name in call.who.channels]


def find_named_source(room: DeskContext, call: CommandCall, word: str) -> str:
    """Return the source in config.yaml that ``word`` names, in full or by a part of its name.

    Raises:
        Refusal: The word names no source, or fits several.
    """
    try:
        return find_name(word, room.sources, "source")
    except UnknownName as unknown:
        raise refuse_name(call, unknown) from None


def refuse_name(call: CommandCall, unknown: UnknownName) -> Refusal:
    """Return the answer to a command whose argument names no known channel or source, or fits several.

    The answer lists the names that the argument fits or, if it fits none, all known names.
    """
    if unknown.fits:
        known = call.say.format_list(unknown.fits)
        return Refusal(
            call.say("{what} fits {known}: write more of the name.", what=unknown.text, known=known)
        )
    known = call.say.format_list(unknown.known) or "-"
    return Refusal(call.say(_NONE[unknown.what], what=unknown.text, known=known))


class TimeRefusal(Refusal):
    """The refusal of a text that newsbot can't read as a time; ``why`` is the reason, a key of the mapping
    `REFUSALS`.
    """

    def __init__(self, answer: Answer, why: str) -> None:
        super().__init__(answer)
        self.why = why


def read_time(room: DeskContext, call: CommandCall, text: str) -> datetime:
    """Return the time that a typed text means, or the time to which the person agreed by pressing the button
    Yes.

    Raises:
        TimeRefusal: The text is no time, or the time is past, or it is probably a mistake (such as a time
            over a year ahead). The answer to a probable mistake has a button Yes.
    """
    if call.agreed is None:
        said_at = call.said_at and min(call.said_at, call.now)
        try:
            return parse_time(text, zone=room.zone, now=call.now, said_at=said_at)
        except TimeRefused as refused:
            raise TimeRefusal(_build_time_question(call, refused), refused.why) from None
    if call.agreed < call.now:
        why = UsageCode.TIME_IS_PAST(text=text, first=call.agreed)
        raise TimeRefusal(Answer(escape(explain_in_full(why, call.say))), "past")
    return call.agreed


def encode_command_time(at: datetime) -> str:
    """Encode the time when a command was written as ``s`` and the seconds since 1970, to store the time in a
    button's data.
    """
    return f"s{int(at.timestamp())}"


def decode_command_time(content: str | None) -> datetime | None:
    """Decode the time when a command was written, which the data of the command's button Yes contains.

    Return None if the data has no such time.
    """
    return decode_timestamp(content[1:]) if content and content.startswith("s") else None


def decode_timestamp(content: str | None) -> datetime | None:
    """Decode a time that a button's data contains as the seconds since 1970, in digits.

    Return None if the data is anything else.
    """
    # The pattern accepts at most ten digits, because seconds since 1970 have ten digits until the year 2286.
    if not content or not content.isascii() or not content.isdecimal() or len(content) > 10:  # noqa: PLR2004
        return None
    return datetime.fromtimestamp(int(content), UTC)


def make_fingerprint(*values: object) -> str:
    """Return a hash of the values that a question to a person shows, for the data of the question's button.

    The hash is ``=`` and twelve hexadecimal digits.
    """
    return f"={sha256(repr(values).encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def is_fingerprint(content: str) -> bool:
    """Return whether the data of a button has the form of a hash from `make_fingerprint`, which says what a
    question showed.
    """
    return content.startswith("=")


def _build_time_question(call: CommandCall, refused: TimeRefused) -> Answer:
    say, text = call.say, escape(explain_in_full(refused.reason, call.say))
    if not refused.asks:
        return Answer(text)
    at = refused.times[0]
    label = say.label("Yes, at {time} on {day}", time=say.clock(at), day=say.date(at))
    button = Button(label, data_of("yes", str(call.update), str(int(at.timestamp()))))
    return Answer(text, ((button,),), asks=True)
