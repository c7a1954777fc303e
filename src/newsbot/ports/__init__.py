"""What the layers ask of each other. Each Protocol says what may be raised; nothing else may.

The kinds behind a port never import each other, and whoever calls a port never knows which kind answers.
"""

from newsbot.ports.engine import Engine, Handlers
from newsbot.ports.ledger import (
    Ask,
    ChannelState,
    Claim,
    Ending,
    Found,
    Ledger,
    NewPost,
    OnLedger,
    Outcome,
    PollResult,
    SourceState,
    Terms,
    Wait,
)
from newsbot.ports.outside import Channel, Clock, Identity, Poll, Rate, Source, Summarizer

__all__ = [
    "Ask",
    "Channel",
    "ChannelState",
    "Claim",
    "Clock",
    "Ending",
    "Engine",
    "Found",
    "Handlers",
    "Identity",
    "Ledger",
    "NewPost",
    "OnLedger",
    "Outcome",
    "Poll",
    "PollResult",
    "Rate",
    "Source",
    "SourceState",
    "Summarizer",
    "Terms",
    "Wait",
]
