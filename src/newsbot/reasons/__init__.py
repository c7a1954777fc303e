"""Reasons: why something was done, held, refused or went wrong, as a code with parameters.

`codes`, `adapter_codes` and `usage_codes` are the tables of codes. `reason` has the value that every layer
passes on and the ledger stores, and its wording as text.
"""

from newsbot.reasons.adapter_codes import PlatformCode, SourceCode
from newsbot.reasons.codes import Code, WarningCode, join_reasons, join_sentences, list_names
from newsbot.reasons.reason import COMMA, N_, ParameterType, Reason, ReasonCode, Wording, render
from newsbot.reasons.storage import TABLES, decode_reason, encode_reason, from_json, to_json
from newsbot.reasons.usage_codes import LedgerCode, UsageCode

__all__ = [
    "COMMA",
    "N_",
    "TABLES",
    "Code",
    "LedgerCode",
    "ParameterType",
    "PlatformCode",
    "Reason",
    "ReasonCode",
    "SourceCode",
    "UsageCode",
    "WarningCode",
    "Wording",
    "decode_reason",
    "encode_reason",
    "from_json",
    "join_reasons",
    "join_sentences",
    "list_names",
    "render",
    "to_json",
]
