"""Stand-ins for Telegram and X on loopback, as strict as the real ones.

``state`` (``telegram/state.py``, ``x/state.py``) holds chats, messages and tweets and knows no HTTP; the
``methods`` and ``api`` modules are the platforms' rules over it; `Sandbox` listens.
"""

from newsbot.sandbox.faults import FaultInjector, InjectedFault
from newsbot.sandbox.journal import RecordedCall, Violation
from newsbot.sandbox.server import Sandbox
from newsbot.sandbox.telegram.state import SandboxChat
from newsbot.sandbox.x.state import Credentials

__all__ = [
    "Credentials",
    "FaultInjector",
    "InjectedFault",
    "RecordedCall",
    "Sandbox",
    "SandboxChat",
    "Violation",
]
