"""What a transfer is called where the user gave it no name."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDate, QLocale


def default_name(paths: tuple[str, ...], now: datetime) -> str:
    """Return the first file's or folder's name and the date: `dailies 22 Nov`."""
    first = paths[0].rstrip("/\\").replace("\\", "/").rpartition("/")[2] if paths else ""
    there = now.astimezone()
    day = QLocale().toString(QDate(there.year, there.month, there.day), "d MMM")
    return f"{first} {day}".strip()


def download_name(bucket: str, names: tuple[str, ...]) -> str:
    """Return the last part of the first name, and how many there are besides: `A-cam + 2`.

    It is the bucket's for the whole of it, and for a folder that has none.
    """
    first = names[0].rstrip("/").rpartition("/")[2] if names else ""
    return (first or bucket) if len(names) <= 1 else f"{first or bucket} + {len(names) - 1}"
