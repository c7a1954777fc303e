"""What the layers ask of each other. Each Protocol says what may be raised; nothing else may.

The kinds behind a port never import each other, and whoever calls a port never knows which kind answers.
"""

from newsbot.ports.amending import (
    Action,
    ActionKind,
    Amended,
    Amending,
    Amendment,
    AmendTerms,
    AmendWait,
    Block,
    Blocked,
    NewAction,
    NewAmendment,
)
from newsbot.ports.embargoes import Embargoing, Lifted
from newsbot.ports.engine import Engine, Handlers
from newsbot.ports.finding import Change, Compared, Found, Kept, Likeness, PollResult, Shown, SourceState
from newsbot.ports.ledger import Ledger, OnLedger
from newsbot.ports.outside import (
    Allowance,
    Amends,
    Channel,
    Clock,
    Identity,
    Look,
    Pages,
    Poll,
    Priced,
    Rate,
    Sighting,
    Sought,
    Source,
    Summarizer,
)
from newsbot.ports.planning import Calendar, Late, Planning, Replanned
from newsbot.ports.regulars import Out, Regular
from newsbot.ports.sending import Ask, ChannelState, Claim, Doubt, Ending, NewPost, Outcome, Terms, Wait

__all__ = [
    "Action",
    "ActionKind",
    "Allowance",
    "AmendTerms",
    "AmendWait",
    "Amended",
    "Amending",
    "Amendment",
    "Amends",
    "Ask",
    "Block",
    "Blocked",
    "Calendar",
    "Change",
    "Channel",
    "ChannelState",
    "Claim",
    "Clock",
    "Compared",
    "Doubt",
    "Embargoing",
    "Ending",
    "Engine",
    "Found",
    "Handlers",
    "Identity",
    "Kept",
    "Late",
    "Ledger",
    "Lifted",
    "Likeness",
    "Look",
    "NewAction",
    "NewAmendment",
    "NewPost",
    "OnLedger",
    "Out",
    "Outcome",
    "Pages",
    "Planning",
    "Poll",
    "PollResult",
    "Priced",
    "Rate",
    "Regular",
    "Replanned",
    "Shown",
    "Sighting",
    "Sought",
    "Source",
    "SourceState",
    "Summarizer",
    "Terms",
    "Wait",
]
