"""The logs of newsbot: one line for each event, on standard error, never with a secret in it."""

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

_LEAST = 4  # characters: hiding shorter secrets would hide ordinary words too


class Redactor:
    """A log processor that replaces every known secret, and every text in the form of one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _LEAST for form in _list_forms(secret)}
        self._secrets = sorted(forms, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Replace the secrets in ``text``."""
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        return redact_secret_shapes(text)

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        return {key: self._clean_value(value) for key, value in event.items()}

    def _clean_value(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._clean_value(item) for item in value]
        return value if isinstance(value, (bool, int, float, type(None))) else self.clean(str(value))


class _CurrentStderr:
    """The current ``sys.stderr`` at each write, which may be replaced while a progress line is shown."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _RedactingFormatter(logging.Formatter):
    """The format of other libraries' log records; it redacts secrets too."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s [%(levelname)s] %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(super().format(record))


def configure(redactor: Redactor, *, level: int = logging.INFO) -> None:
    """Send logs to standard error, coloured on a terminal and plain elsewhere; call this once per process."""
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
    """Redact the tracebacks that Python prints: of crashes, of threads and of errors that can't be raised."""

    def say(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt):
            sys.stderr.write(redactor.clean("".join(traceback.format_exception(error))))

    sys.excepthook = lambda _kind, error, _trace: say(error)
    threading.excepthook = lambda given: say(given.exc_value)
    sys.unraisablehook = lambda given: say(given.exc_value)


def _drop_empty(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if value not in (None, [], ())}


def list_secrets(value: Any) -> list[str]:
    """Return every SecretStr in settings, and the passwords in their addresses (of a database or feed)."""
    if isinstance(value, SecretStr):
        return [value.get_secret_value()]
    if isinstance(value, str):
        return _list_logins(value)
    inner: list[Any] = []
    if isinstance(value, BaseModel):
        inner = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, dict):
        inner = list(value.values())
    return [secret for each in inner for secret in list_secrets(each)]


def _list_logins(text: str) -> list[str]:
    """Return the password of an address as written, unquoted, and with the user as HTTP sends it (Base64)."""
    try:
        parts = urlsplit(text)
        user, password = parts.username or "", parts.password
    except ValueError:  # The text is no address.
        return []
    if not password:
        return []
    login = f"{unquote(user)}:{unquote(password)}"
    return [password, unquote(password), b64encode(login.encode()).decode()]


def _list_forms(secret: str) -> set[str]:
    """Return a secret as libraries may write it: plain, quoted for an address, escaped in JSON or by repr."""
    quoted = {quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return {secret, *quoted}
