"""The plain texts of pydantic's errors. They never show the wrong value, as it may be a secret.

`_MEANINGS` lists words of the same meaning; near spellings are found without it.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

__all__ = ["Words", "choices", "list_meanings", "match_case", "nearest", "words"]

_MEANINGS = {
    "feed": "rss rss2 atom jsonfeed json_feed xml http https url web site website newsfeed rss_feed",
    "folder": "file files directory dir local path_folder watch drop inbox filesystem disk",
    "database": "db sql mysql mariadb postgres postgresql sqlite cms wordpress wp database_url ledger dsn",
    "telegram": "tg telegram_bot bot telegram_channel botapi",
    "x": "twitter tweet tweets x.com x_com twitter_x",
    "console": "stdout terminal print log screen debug stderr echo",
    "extract": "extractive lead textrank auto default summary first standfirst",
    "llm": "openai gpt chatgpt ai model claude ollama gemini abstractive",
    "sources": "source feeds inputs input news sites from",
    "channels": "channel outputs output targets target destinations platforms to accounts",
    "timezone": "tz time_zone zone time-zone",
    "language": "lang locale languages",
    "languages": "lang language langs locale",
    "network": "net http_client security",
    "web": "server http health listen metrics port",
    "desk": "editors newsroom editor_chat bot chat team",
    "summarizer": "summary summariser summarizers summarization summarise summarize",
    "url": "feed href link address uri feed_url site dsn connection connection_string database_url rss",
    "path": "dir directory folder file files location",
    "every": "interval poll poll_interval refresh frequency period check_every ttl minutes",
    "backfill": "initial history newest first_run max_items limit backlog",
    "full_text": "fulltext full content body scrape text",
    "rules": "filters filter rule conditions include exclude",
    "chat": "chat_id channel channel_id channel_name group group_id room target",
    "chats": "chat groups group channels chat_ids rooms",
    "topic": "thread thread_id message_thread_id topic_id",
    "token": "bot_token api_token key secret access_token auth_token apikey api_key",
    "api": "api_url base_url endpoint server host",
    "consumer_key": "api_key app_key apikey key client_id",
    "consumer_secret": "api_secret api_key_secret app_secret secret client_secret consumer_secret_key",
    "access_token": "token oauth_token user_token access_key",
    "access_token_secret": "access_secret token_secret oauth_token_secret access_key_secret",
    "approval": "approve approvals review moderation moderate needs_approval",
    "template": "format message layout text",
    "schedule": "times scheduling timing when hours",
    "quiet": "quiet_hours silent_hours night mute do_not_disturb dnd",
    "slots": "times slot hours at posting_times",
    "gap": "delay spacing min_gap wait pause interval cooldown",
    "per_day": "max_per_day daily limit daily_limit max",
    "expire": "expiry expires ttl max_age timeout",
    "pace": "rate rate_limit rates limits throttle speed",
    "budget": "cost costs money spend limit_usd",
    "month_usd": "month monthly limit limit_usd max_usd usd budget per_month",
    "people": "users members editors staff persons admins roles",
    "role": "roles right rights permission level",
    "admin": "administrator owner root superuser chief boss",
    "editor": "writer author journalist moderator edit staff",
    "viewer": "reader read guest observer readonly read-only view",
    "listen": "bind address host port addr",
    "allow_private": "private allow_local allow_localhost local allow_loopback private_addresses",
    "preset": "cms type template schema",
    "cursor": "cursor_column order_by updated_at updated column since",
    "query": "sql select statement",
    "prefix": "table_prefix tables",
    "none": "no off false never 0 disabled skip null without zero",
    "one": "1 yes true on required single once always any",
    "two": "2 both double four_eyes pair",
    "always": "yes true on 1 all",
    "never": "no false off 0 none",
    "auto": "automatic default best any smart yes true",
    "page": "full html web website whole article scrape yes true",
    "off": "no false never none 0 disabled",
    "flag": "notify tell ask warn mark alert hold",
    "ignore": "no false off none nothing skip never",
    "edit": "update change replace modify yes true",
    "reply": "answer comment respond thread",
    "repost": "delete resend redo again post new",
}
_BY_WORD: dict[str, list[str]] = {}
for _meaning, _words in _MEANINGS.items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_meaning)


def list_meanings(word: str) -> list[str]:
    """Return the keys and values of config.yaml that a word may mean, the likeliest first."""
    folded = word.strip().lower()
    return _BY_WORD.get(folded) or _BY_WORD.get(folded.replace("-", "_").replace(" ", "_"), [])


Words = tuple[str, str]
"""What is wrong, and how to mend it (may be empty)."""

_NUMBER = "must be a number."
_WHOLE = "must be a whole number."
_TRUTH = "must be true or false."
_LIST = ("must be a list.", "Write it in brackets, with commas between: [one, two]")
_KEYS = ("must hold keys of its own.", "Write them below it, indented, as `key: value`.")

_BY_TYPE: Mapping[str, Words] = {
    "missing": ("is missing.", "Add it."),
    "string_unicode": ("holds a character that is none.", "Write the text again."),
    "int_type": (_WHOLE, ""),
    "int_parsing": (_WHOLE, ""),
    "int_parsing_size": (_WHOLE, "Take a smaller one."),
    "int_from_float": (_WHOLE, ""),
    "float_type": (_NUMBER, ""),
    "float_parsing": (_NUMBER, ""),
    "finite_number": (_NUMBER, ""),
    "decimal_type": (_NUMBER, ""),
    "decimal_parsing": (_NUMBER, ""),
    "bool_type": (_TRUTH, ""),
    "bool_parsing": (_TRUTH, ""),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "dict_type": _KEYS,
    "mapping_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "time_delta_type": ("must be a duration.", "Write it like 90s, 5m, 24h or 7d."),
    "time_delta_parsing": ("must be a duration.", "Write it like 90s, 5m, 24h or 7d."),
    "url_parsing": ("must be a full address.", "Write it like https://example.org/."),
    "url_type": ("must be a full address.", "Write it like https://example.org/."),
    "url_scheme": ("must be an address of the web.", "Begin it with https:// or http://."),
}


def nearest(name: Any, known: Collection[str], say: Callable[[list[str]], str]) -> str:
    """Return ``Did you mean chat?`` if a known word is near, else what ``say`` returns for all of them."""
    meant = _find_meant(name, known)
    return f"Did you mean {meant}?" if meant else say(sorted(known))


def _find_meant(given: Any, known: Collection[str]) -> str | None:
    """Return the known word that was meant: a very near spelling, else a synonym, else a near spelling."""
    word = str(given).lower()
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    very_near = get_close_matches(word, sorted(known), n=1, cutoff=0.8)
    other = (each for each in list_meanings(word) if each in known)
    return next(iter(very_near), None) or next(other, None) or next(iter(near), None)


def match_case(given: str, known: Collection[str]) -> str:
    """Return the known word that differs only in case, else ``given`` itself."""
    return next((word for word in known if word.lower() == given.strip().lower()), given)


def choices(error: Mapping[str, Any]) -> list[str]:
    """Return the words that a ``literal_error`` or ``enum`` error allows."""
    expected = str(error["ctx"]["expected"])
    return [option.strip(" '") for option in expected.replace(" or ", ",").split(",")]


def words(error: Mapping[str, Any]) -> Words:
    """Describe one entry of ``ValidationError.errors()``."""
    kind = error["type"]
    if error.get("input") is None and kind != "missing":
        return "has no value.", "Write one behind the colon."
    if kind in _BY_CONTEXT:
        return _BY_CONTEXT[kind](error)
    if kind in _BY_TYPE:
        return _BY_TYPE[kind]
    message = str(error["msg"]).replace("Input should be", "must be").replace("String should", "must")
    return f"{message}.", ""


def _describe_bound(error: Mapping[str, Any]) -> Words:
    name, bound = next(iter(error["ctx"].items()))
    if isinstance(bound, timedelta):
        bound = f"{bound.days}d" if bound.days else f"{bound.total_seconds():g}s"
    return f"must be {_BOUNDS[name]} {bound}.", ""


_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def _describe_no_text(error: Mapping[str, Any]) -> Words:
    return "must be text.", "" if isinstance(error["input"], dict | list) else "Put it in quotes."


def _describe_value_error(error: Mapping[str, Any]) -> Words:
    """Split a validator's message ``what is wrong: how to mend it`` into two sentences."""
    message = " ".join(str(error["ctx"]["error"]).split())[:300] or "is not right"
    what, colon, how = message.rpartition(": ")  # The last colon counts, as a quoted value may hold one.
    if not colon:
        return _end_sentence(message), ""
    return _end_sentence(what), _end_sentence(how[:1].upper() + how[1:])


def _end_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _describe_choice(error: Mapping[str, Any]) -> Words:
    """Describe the allowed choices, like ``must be none or one.``, and the choice that was probably meant."""
    options = choices(error)
    meant = _find_meant(error["input"], options)
    message = "must be " + " or ".join(filter(None, [", ".join(options[:-1]), options[-1]])) + "."
    return message, f"Did you mean {meant}?" if meant else ""


_BY_CONTEXT: Mapping[str, Callable[[Mapping[str, Any]], Words]] = {
    "value_error": _describe_value_error,
    "literal_error": _describe_choice,
    "enum": _describe_choice,
    "string_type": _describe_no_text,
    "greater_than": _describe_bound,
    "greater_than_equal": _describe_bound,
    "less_than": _describe_bound,
    "less_than_equal": _describe_bound,
}
