"""What newsbot says of itself: one line an event, on standard error, never with a secret in it."""

import json
import logging
import sys
import threading
import traceback
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, TextIO, cast
from urllib.parse import quote, unquote, urlsplit

import structlog
from pydantic import BaseModel, SecretStr
from structlog.typing import EventDict

from newsbot.channels.redaction import redact_secret_shapes

__all__ = ["Redactor", "configure", "list_secrets"]

_LEAST = 4  # characters: a shorter secret would blank out ordinary words


class Redactor:
    """Replaces every known secret in whatever is about to be said, and what has the shape of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _LEAST for form in _list_forms(secret)}
        self._secrets = sorted(forms, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """``text`` without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return redact_secret_shapes(text)

    def __call__(
        self, _logger: Any, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {key: self._clean_value(value) for key, value in event.items()}

    def _clean_value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._clean_value(item) for item in value]
        return value if isinstance(value, (bool, int, float, type(None))) else self.clean(str(value))


class _CurrentStderr:
    """What stands there when a line is written: a progress line on a terminal steps aside for it."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _RedactingFormatter(logging.Formatter):
    """The libraries' own warnings, in the same shape and through the same redactor."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s [%(levelname)s] %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(super().format(record))


def configure(redactor: Redactor, *, level: int = logging.INFO) -> None:
    """Logs to standard error: coloured for a terminal, plain otherwise. To be called once a process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _drop_empty,
            redactor,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _CurrentStderr())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(_CurrentStderr())
    handler.setFormatter(_RedactingFormatter(redactor))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    _clean_tracebacks(redactor)


def _clean_tracebacks(redactor: Redactor) -> None:
    """Those that Python itself prints: of a crash, in a thread, and where an error could not be raised."""

    def say(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt):
            sys.stderr.write(redactor.clean("".join(traceback.format_exception(error))))

    sys.excepthook = lambda _kind, error, _trace: say(error)
    threading.excepthook = lambda given: say(given.exc_value)
    sys.unraisablehook = lambda given: say(given.exc_value)


def _drop_empty(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if value not in (None, [], ())}


def list_secrets(settings: BaseModel) -> list[str]:
    """Every SecretStr below ``settings``, and who logs in in every address there (a database's, a feed's)."""
    found: list[str] = []
    _collect_secrets(settings, found)
    return found


def _collect_secrets(value: Any, found: list[str]) -> None:
    if isinstance(value, SecretStr):
        found.append(value.get_secret_value())
    elif isinstance(value, str):
        found.extend(_list_logins(value))
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            _collect_secrets(getattr(value, name), found)
    elif isinstance(value, dict):
        for item in value.values():
            _collect_secrets(item, found)


def _list_logins(text: str) -> list[str]:
    """The password in an address, as it is written, as it is meant, and as HTTP sends it."""
    try:
        parts = urlsplit(text)
        user, password = parts.username or "", parts.password
    except ValueError:  # no address
        return []
    if not password:
        return []
    login = f"{unquote(user)}:{unquote(password)}"
    return [password, unquote(password), b64encode(login.encode()).decode()]


def _list_forms(secret: str) -> set[str]:
    """How libraries write it: as it is, quoted for an address, escaped in JSON or by repr."""
    quoted = {quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return {secret, *quoted}
