"""Reasons: why something was done, held or refused, as a code with parameters.

`codes` is the table of all codes; `reason` is the value that every layer passes on and the ledger stores;
`rendering` is the one place that turns it into words.
"""

from newsbot.reasons.codes import N_, Code
from newsbot.reasons.joining import join_reasons, join_sentences
from newsbot.reasons.reason import Parameter, ParameterType, Reason
from newsbot.reasons.rendering import COMMA, EnglishWording, Wording, render
from newsbot.reasons.storage import decode_reason, encode_reason, to_json

__all__ = [
    "COMMA",
    "N_",
    "Code",
    "EnglishWording",
    "Parameter",
    "ParameterType",
    "Reason",
    "Wording",
    "decode_reason",
    "encode_reason",
    "join_reasons",
    "join_sentences",
    "render",
    "to_json",
]
