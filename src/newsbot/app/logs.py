"""Write newsbot's logs: one line for each event, on standard error, with every secret replaced."""

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

# The fewest characters of a secret that newsbot replaces in logs. If shorter secrets were replaced, ordinary
# words in which they occur would change too.
_LEAST = 4


class Redactor:
    """A processor of log records for structlog that replaces every secret of config.yaml, and every text with
    the form of a secret (such as a bot's token), by a placeholder.
    """

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
    """A stream that passes each text on to the present ``sys.stderr``, which a progress line may replace at
    any time.
    """

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


class _RedactingFormatter(logging.Formatter):
    """The formatter of log records from other libraries, which replaces secrets in the records."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s [%(levelname)s] %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(super().format(record))


def configure(redactor: Redactor, *, level: int = logging.INFO) -> None:
    """Send the logs of newsbot and of all libraries to standard error, coloured on a terminal.

    Call this function once per process. Log records of other libraries below WARNING are dropped.
    """
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
    """Set Python's hooks so that secrets are replaced in the tracebacks of crashes, of threads and of ignored
    errors.
    """

    def say(error: BaseException | None) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt):
            sys.stderr.write(redactor.clean("".join(traceback.format_exception(error))))

    sys.excepthook = lambda _kind, error, _trace: say(error)
    threading.excepthook = lambda given: say(given.exc_value)
    sys.unraisablehook = lambda given: say(given.exc_value)


def _drop_empty(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {key: value for key, value in event.items() if value not in (None, [], ())}


def list_secrets(value: Any) -> list[str]:
    """Return every secret in a configuration: each SecretStr,
    and the passwords in URLs (of a database or feed).
    """
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
    """Return the password in a URL as written and unquoted, and its login (user and password) in Base64.

    HTTP sends the login in Base64. Return [] if the URL has no password.
    """
    try:
        parts = urlsplit(text)
        user, password = parts.username or "", parts.password
    except ValueError:  # A ValueError means that the text is no URL, so it has no password.
        return []
    if not password:
        return []
    login = f"{unquote(user)}:{unquote(password)}"
    return [password, unquote(password), b64encode(login.encode()).decode()]


def _list_forms(secret: str) -> set[str]:
    """Return a secret in all forms in which libraries may write it: plain,
    URL-quoted, as JSON, and by repr.
    """
    quoted = {quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    return {secret, *quoted}
