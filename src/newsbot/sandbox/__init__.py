"""Stand-ins for Telegram and X on loopback, as strict as the real ones.

``state`` (``telegram/state.py``, ``x/state.py``) holds chats, messages and tweets and knows no HTTP; the
``methods`` and ``api`` modules are the platforms' rules over it; `Sandbox` listens.
"""

from newsbot.sandbox.faults import Fault, Faults
from newsbot.sandbox.journal import Call, Violation
from newsbot.sandbox.server import Sandbox
from newsbot.sandbox.telegram.state import Chat
from newsbot.sandbox.x.state import Credentials

__all__ = ["Call", "Chat", "Credentials", "Fault", "Faults", "Sandbox", "Violation"]
