"""CSV as every export of the program writes it: UTF-8 with BOM, commas, CRLF, one header line.

A text that begins as a formula gets a leading quote: a spreadsheet would run it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(file: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write a file whole or not at all; how many rows it has. Blocks. Raises OSError."""
    part = file.with_name(f"{file.name}.part")
    number = 0
    try:
        with part.open("w", encoding="utf-8-sig", errors="surrogateescape", newline="") as out:
            writer = csv.writer(out, lineterminator="\r\n")
            writer.writerow(header)
            for row in rows:
                writer.writerow([harmless(text) for text in row])
                number += 1
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)
    return number


def harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
