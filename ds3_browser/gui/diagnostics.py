"""The diagnostic report: versions, settings, job states, the last lines of the log, no secrets."""

from __future__ import annotations

import platform
import re
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from PySide6.QtCore import QLocale, qVersion
from PySide6.QtGui import QGuiApplication

from ds3_browser import __version__, log
from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.ledgers import OTHER_IDS
from ds3_browser.gui.sessions import DEMO_ID, SavedSession

LINES = 200
_JOB = re.compile(r"\bjob (\d{1,18})\b")
TAIL = 200_000  # bytes read of the log's end
LIBRARIES = ("PySide6-Essentials", "requests", "urllib3", "lxml", "crc32c", "keyring")


def display() -> str:
    """Return what Qt tells of where the window stands. For the GUI thread."""
    lines = [f"platform {QGuiApplication.platformName()}, locale {QLocale().name()}"]
    for screen in QGuiApplication.screens():
        size = screen.size()
        lines.append(f"screen {size.width()}x{size.height()} at {screen.devicePixelRatio():g}")
    return "\n".join(lines)


def report(
    sessions: Iterable[SavedSession],
    rows: Iterable[JobRow],
    keychain: str | None,
    log_folder: Path,
    display: str,
    now: datetime | None = None,
) -> str:
    """Return the report. Blocks: it reads the end of the log. What is the demo's is left out."""
    parts = [
        _program(now or datetime.now(UTC), display),
        _sessions([one for one in sessions if not one.demo], keychain),
        _jobs([row for row in rows if row.session_id != DEMO_ID]),
        _log(log_folder),
    ]
    return log.redacted("\n\n".join(parts)) + "\n"


def _program(now: datetime, display: str) -> str:
    lines = [
        f"DS3 Browser {__version__}, {now:%Y-%m-%dT%H:%M:%SZ}",
        f"{platform.platform()}, Python {platform.python_version()}, Qt {qVersion()},"
        f" frozen {bool(getattr(sys, 'frozen', False))}",
        ", ".join(f"{name} {_version(name)}" for name in LIBRARIES),
        display,
    ]
    return "\n".join(lines)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"


def _sessions(sessions: list[SavedSession], keychain: str | None) -> str:
    lines = [f"Sessions: {len(sessions)}; keychain: {keychain or 'none'}"]
    for one in sessions:
        trust = (
            "pinned" if one.pin else "CA file" if one.ca_file else "verified" if one.verify else ""
        )
        lines.append(
            f"  {one.name}: {one.scheme} {one.host} port {one.port}, {trust or 'not verified'},"
            f" proxy {one.proxy.value}"
        )
    return "\n".join(lines)


def _jobs(rows: list[JobRow]) -> str:
    states = Counter(row.state.value for row in rows)
    lines = ["Transfers: " + (", ".join(f"{n} {s}" for s, n in states.items()) or "none")]
    for row in rows:
        reason = f" ({row.reason.value})" if row.reason is not None else ""
        lines.append(
            f"  {row.direction.value} {row.state.value}{reason}, failed {row.failed_objects},"
            f" jobs {' '.join(row.appliance_jobs) or 'none'}"
        )
    return "\n".join(lines)


def _log(folder: Path) -> str:
    file = folder / "ds3-browser.log"
    log.flush()
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - TAIL))
            lines = opened.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"Log: {error.strerror}"
    return "\n".join(["Log:", *[line for line in lines if not _of_demo(line)][-LINES:]])


def _of_demo(line: str) -> bool:
    """Whether a line of the log is about a job that lies in another ledger than the user's."""
    return any(int(id) >= OTHER_IDS for id in _JOB.findall(line))
