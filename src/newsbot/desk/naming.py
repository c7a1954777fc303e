"""What people name at the desk, by a whole name or a part of it: channels and sources."""

from newsbot.desk.answers import Refusal
from newsbot.desk.room import Call, Room
from newsbot.desk.words import N_
from newsbot.newsroom.names import UnknownName, find_name

__all__ = ["channel_of", "my_channels", "refuse_name", "source_of"]

_NONE = {
    "channel": N_("{what} is no channel: there are {known}."),
    "source": N_("{what} is no source: there are {known}."),
}


def channel_of(room: Room, call: Call, word: str) -> str:
    """Return the channel that is meant, of those that are this person's.

    Raises:
        Refusal: it is none, it fits several, or it is not theirs.
    """
    mine = my_channels(room, call)
    try:
        return find_name(word, mine)
    except UnknownName as unknown:
        try:
            other = find_name(word, room.channels)
        except UnknownName:
            raise refuse_name(call, unknown) from None
        raise Refusal(call.say("{channel} is not yours.", channel=other)) from None


def my_channels(room: Room, call: Call) -> list[str]:
    """Return the channels that this person may act on."""
    return [name for name in room.channels if not call.who.channels or name in call.who.channels]


def source_of(room: Room, call: Call, word: str) -> str:
    """Return the source that is meant.

    Raises:
        Refusal: it is none, or it fits several.
    """
    try:
        return find_name(word, room.sources, "source")
    except UnknownName as unknown:
        raise refuse_name(call, unknown) from None


def refuse_name(call: Call, unknown: UnknownName) -> Refusal:
    """Say which names there are, or which of them the word fits."""
    if unknown.fits:
        known = ", ".join(unknown.fits)
        return Refusal(
            call.say("{what} fits {known}: write more of the name.", what=unknown.text, known=known)
        )
    known = ", ".join(unknown.known) or "-"
    return Refusal(call.say(_NONE[unknown.what], what=unknown.text, known=known))
