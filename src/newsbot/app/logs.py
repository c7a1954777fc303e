"""The logs of newsbot: one line for each event, on standard error, without any secret."""

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

_LEAST = 4  # Characters. If shorter secrets were replaced, ordinary words would be replaced too.


class Redactor:
    """A structlog processor that replaces every configured secret, and every text that looks like one."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _LEAST for form in _list_forms(secret)}
        self._secrets = sorted(forms, key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Return ``text`` with each secret in it replaced by a placeholder."""
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
    """A stream that writes to the present ``sys.stderr``, which a progress line may replace for a while."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _RedactingFormatter(logging.Formatter):
    """The format of other libraries' log records, in which secrets are replaced too."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s [%(levelname)s] %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(super().format(record))


def configure(redactor: Redactor, *, level: int = logging.INFO) -> None:
    """Send all logs to standard error, coloured on a terminal; call this once per process."""
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
    """Replace secrets in the tracebacks that Python prints: of crashes, of threads and of ignored errors."""

    def say(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt):
            sys.stderr.write(redactor.clean("".join(traceback.format_exception(error))))

    sys.excepthook = lambda _kind, error, _trace: say(error)
    threading.excepthook = lambda given: say(given.exc_value)
    sys.unraisablehook = lambda given: say(given.exc_value)


def _drop_empty(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if value not in (None, [], ())}


def list_secrets(value: Any) -> list[str]:
    """Return every secret in settings: each SecretStr, and the passwords in URLs (of a database or feed)."""
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
    """Return a URL's password as written and unquoted, and user and password in HTTP's Base64 form."""
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
    """Return a secret in the forms in which libraries write it: plain, URL-quoted, as JSON, by repr."""
    quoted = {quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return {secret, *quoted}
