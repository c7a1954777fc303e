"""The sandbox: a simulated Telegram and X on this machine, as strict as the real ones, for tests and demo.

``telegram/state.py`` and ``x/state.py`` have the chats, messages and posts, without HTTP. The ``api`` modules
and the modules with the methods apply the platforms' rules to the chats, messages and posts. `Sandbox` serves
the simulated platforms over HTTP.
"""

from newsbot.sandbox.calls import FaultInjector, InjectedFault, RecordedCall, Violation
from newsbot.sandbox.server import Sandbox, StandIn
from newsbot.sandbox.telegram.state import SandboxChat
from newsbot.sandbox.x.state import Credentials

__all__ = [
    "Credentials",
    "FaultInjector",
    "InjectedFault",
    "RecordedCall",
    "Sandbox",
    "SandboxChat",
    "StandIn",
    "Violation",
]
