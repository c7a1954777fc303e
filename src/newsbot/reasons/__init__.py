"""Reasons: why something was done, held, refused or went wrong, as a code with parameters.

`codes`, `source_codes`, `platform_codes`, `usage_codes`, `ledger_codes` and `warning_codes` are the tables of
codes. `reason` is the value that every layer passes on and the ledger stores. Only `rendering` turns a reason
into words.
"""

from newsbot.reasons.codes import Code
from newsbot.reasons.joining import join_reasons, join_sentences, list_names
from newsbot.reasons.ledger_codes import LedgerCode
from newsbot.reasons.platform_codes import PlatformCode
from newsbot.reasons.reason import Parameter, ParameterType, Reason
from newsbot.reasons.rendering import COMMA, EnglishWording, Wording, render
from newsbot.reasons.source_codes import SourceCode
from newsbot.reasons.storage import TABLES, decode_reason, encode_reason, from_json, to_json
from newsbot.reasons.table import N_, ReasonCode
from newsbot.reasons.usage_codes import UsageCode
from newsbot.reasons.warning_codes import WarningCode

__all__ = [
    "COMMA",
    "N_",
    "TABLES",
    "Code",
    "EnglishWording",
    "LedgerCode",
    "Parameter",
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
