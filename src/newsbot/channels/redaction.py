"""Functions that keep tokens and keys out of errors and logs."""

import logging
import os
import re
import socket
import ssl
from collections.abc import Iterable

__all__ = [
    "describe_os_error",
    "format_one_line",
    "limit_logging",
    "redact_secret_shapes",
]

LONGEST = 300

_SHAPES = (
    # The pattern matches the token of a Telegram bot.
    (re.compile(r"\d{5,}(?::|%3A)[\w-]{25,}", re.IGNORECASE), "[secret]"),
    (re.compile(r"(oauth_\w+(?:=|%3D)\"?)[^\s\",&]+", re.IGNORECASE), r"\1[secret]"),
    (re.compile(r"\b(Bearer|Basic)\s+(?=\S*[\d=])[\w.~+/=%-]{8,}", re.IGNORECASE), r"\1 [secret]"),
    # The pattern matches the user and password in a web address.
    (re.compile(r"(?<=://)[^\s/?#\"'<>]*@"), "[secret]@"),
)


def redact_secret_shapes(text: str) -> str:
    """Replace everything in a text that has the form of a secret (token, key, password).

    This also removes secrets that are not in newsbot's configuration.
    """
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


def format_one_line(text: object, secrets: Iterable[str] = ()) -> str:
    """Return a message of a platform or library without ``secrets`` on one line of at most 300 characters."""
    line = str(text)
    for secret in secrets:
        if secret:
            line = line.replace(secret, "[secret]")
    line = redact_secret_shapes(line)
    line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def describe_os_error(error: OSError) -> str:
    """Return the operating system's text for an error (``Connection refused``), without number and address.

    Errors of TLS and of name look-ups keep their own texts, because their numbers are not those of the
    system.
    """
    if isinstance(error, ssl.SSLError | socket.gaierror) or not error.errno:
        return error.strerror or str(error)
    return os.strerror(error.errno)


def limit_logging(*loggers: str, below: int = logging.WARNING) -> None:
    """Hide libraries' log messages below the level ``below``.

    Such messages contain web addresses and HTTP headers with secrets.
    """
    for name in loggers:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, below))
