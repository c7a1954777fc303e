"""The Bot API's methods, each found by its name."""

from newsbot.ports import Clock
from newsbot.sandbox.telegram.copies import Copies
from newsbot.sandbox.telegram.menus import Menus
from newsbot.sandbox.telegram.messages import Messages
from newsbot.sandbox.telegram.posting import Method
from newsbot.sandbox.telegram.rooms import Rooms
from newsbot.sandbox.telegram.state import TelegramState
from newsbot.sandbox.telegram.updates import Updates

__all__ = ["Methods"]


class Methods:
    """All that the stand-in has; `parameters.METHODS` names the same."""

    def __init__(self, state: TelegramState, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        parts = (
            Rooms(state, clock),
            Messages(state, clock),
            Copies(state, clock),
            Updates(state),
            Menus(state),
        )
        self._methods = {name: method for part in parts for name, method in part.methods().items()}

    def find(self, method: str) -> Method:
        """Raises KeyError for what the stand-in does not have."""
        return self._methods[method]
