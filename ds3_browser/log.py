"""The log: a few files that follow each other, with everything secret taken out of every line.

Files lie in `log/` of the data folder, five of 10 MB. Log text is English and for a maintainer.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import quote, quote_plus

FILES = 5
FILE_BYTES = 10_000_000
HIDDEN = "***"

_LINE = "%(asctime)s.%(msecs)03d %(levelname)-7s %(threadName)s %(name)s: %(message)s"
_PATTERNS = (
    # An S3 Authorization header: the access id may be told, the signature may not.
    (re.compile(r"(AWS\s+[^\s:'\"]+):[^\s'\"]+"), rf"\1:{HIDDEN}"),
    # A login at a proxy, as its header has it.
    (re.compile(r"(Basic\s+)[A-Za-z0-9+/=]{4,}"), rf"\1{HIDDEN}"),
    # A login in front of a host, of a proxy for instance.
    (re.compile(r"(\w+://)[^\s/@'\"]+@"), rf"\1{HIDDEN}@"),
    (
        re.compile(r"((?:secret[_-]?key|password|DS3_SECRET_KEY)['\"]?\s*[=:]\s*)[^\s,;)&]+", re.I),
        rf"\1{HIDDEN}",
    ),
)
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Keep this text out of every line from now on, also as URLs, reprs and base64 have it."""
    if len(secret) >= 4:  # a shorter one would blot out innocent text
        encoded = base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode()
        _secrets.update({secret, quote(secret, safe=""), quote(secret), quote_plus(secret)})
        _secrets.update({repr(secret)[1:-1], ascii(secret)[1:-1], json.dumps(secret)[1:-1]})
        _secrets.add(encoded.rstrip("="))


def redacted(text: str) -> str:
    """Return a text without keys, signatures and logins."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Works on the finished line, so that tracebacks are covered too."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def set_up(data_folder: Path, level: str = "INFO") -> Path:
    """Log into the data folder, warnings also to stderr. Return the folder of the files."""
    folder = data_folder / "log"
    folder.mkdir(parents=True, exist_ok=True)
    formatter = RedactingFormatter(_LINE, "%Y-%m-%d %H:%M:%S")
    file = RotatingFileHandler(
        folder / "ds3-browser.log", maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8"
    )
    file.setFormatter(formatter)
    ours = logging.getLogger("ds3_browser")
    tear_down()
    ours.setLevel(level)
    ours.addHandler(file)
    if sys.stderr is not None:  # a windowed program may have none
        stream = logging.StreamHandler()
        stream.setLevel(logging.WARNING)
        stream.setFormatter(formatter)
        ours.addHandler(stream)
    return folder


def tear_down() -> None:
    """Close the files."""
    ours = logging.getLogger("ds3_browser")
    for handler in list(ours.handlers):
        if isinstance(handler.formatter, RedactingFormatter):
            ours.removeHandler(handler)
            handler.close()
