"""The log: a few files that follow each other, with everything secret taken out of every line.

Files lie in `log/` of the data folder, five of 10 MB. Log text is English and for a maintainer.
A thread writes them: whoever has something to tell waits for no disk.
"""

from __future__ import annotations

import base64
import json
import logging
import queue
import re
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import quote, quote_plus

FILES = 5
FILE_BYTES = 10_000_000
HIDDEN = "***"
WRITE_WITHIN_S = 5.0  # a disk that does not answer is not waited for longer, at the end
MOST_WAITING = 100_000  # lines; what comes beyond, while no disk takes any, is lost

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


class HandingHandler(logging.Handler):
    """Hands finished lines to a thread, which writes them by another handler."""

    def __init__(self, writer: logging.Handler) -> None:
        super().__init__()
        self._writer = writer
        self._lines: queue.SimpleQueue[str | threading.Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        if self._lines.qsize() > MOST_WAITING:
            return
        try:
            self._lines.put(self.format(record))
        except Exception:  # as every handler does: a fault in a line ends nothing
            self.handleError(record)

    def flush(self) -> None:
        """Wait until the lines so far are written, but not for ever."""
        written = threading.Event()
        self._lines.put(written)
        if self._thread.is_alive():
            written.wait(WRITE_WITHIN_S)

    def close(self) -> None:
        self._lines.put(None)
        self._thread.join(WRITE_WITHIN_S)
        if not self._thread.is_alive():
            self._writer.close()
        super().close()

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            if isinstance(line, str):
                self._writer.handle(logging.makeLogRecord({"msg": line}))
            else:
                line.set()


def set_up(data_folder: Path, level: str = "INFO") -> Path:
    """Log into the data folder, warnings also to stderr. Return the folder of the files."""
    folder = data_folder / "log"
    folder.mkdir(parents=True, exist_ok=True)
    formatter = RedactingFormatter(_LINE, "%Y-%m-%d %H:%M:%S")
    written = RotatingFileHandler(
        folder / "ds3-browser.log", maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8"
    )
    file = HandingHandler(written)
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


def flush() -> None:
    """Wait until what was logged is in the files. Blocks."""
    for handler in _ours():
        handler.flush()


def _ours() -> list[logging.Handler]:
    handlers = logging.getLogger("ds3_browser").handlers
    return [one for one in handlers if isinstance(one.formatter, RedactingFormatter)]


def tear_down() -> None:
    """Close the files."""
    for handler in _ours():
        logging.getLogger("ds3_browser").removeHandler(handler)
        handler.close()
