"""File times, owner and mode as user metadata, by the conventions of the vendor's own tools.

Written whole for POSIX. Read leniently: each key may be missing or senseless, and nothing of it
ever makes a restore fail.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import stat
from collections.abc import Mapping
from pathlib import Path

SYSTEM_NAMES = {"Darwin": "Mac OS X", "Linux": "Linux"}
_RWX = re.compile(r"\(([r-][w-][x-]){3}\)")


def read(path: str, status: os.stat_result) -> dict[str, str]:
    """The metadata of a file that was looked at. Names of owners are left out where unknown."""
    found = {
        "ds3-os": SYSTEM_NAMES.get(platform.system(), platform.system()),
        "ds3-creation-time": _ms(status.st_mtime_ns),
        "ds3-last-access-time": _ms(status.st_atime_ns),
        "ds3-last-modified-time": _ms(status.st_mtime_ns),
    }
    if os.name == "posix":
        permissions = status.st_mode & 0o777
        letters = stat.filemode(stat.S_IFREG | permissions)[1:]
        found |= {
            "ds3-uid": str(status.st_uid),
            "ds3-gid": str(status.st_gid),
            "ds3-mode": f"{status.st_mode:o}",
            "ds3-permissions": f"{permissions:03o}({letters})",
        }
        with contextlib.suppress(KeyError, OSError):
            found["ds3-ownername"] = Path(path).owner()
            found["ds3-groupname"] = Path(path).group()
    return found


def _ms(ns: int) -> str:
    return str(ns // 1_000_000)


def restore(path: Path, metadata: Mapping[str, tuple[str, ...]]) -> None:
    """Set permissions and times as far as they are told and allowed. Never raises OSError."""
    told = {key.lower(): values[0] for key, values in metadata.items() if values}
    permissions = _permissions(told)
    if permissions is not None and told.get("ds3-os") == SYSTEM_NAMES.get(platform.system()):
        with contextlib.suppress(OSError):
            path.chmod(permissions)
    modified = _number(told.get("ds3-last-modified-time"))
    if modified is not None:
        accessed = _number(told.get("ds3-last-access-time")) or modified
        with contextlib.suppress(OSError, OverflowError):
            os.utime(path, ns=(accessed * 1_000_000, modified * 1_000_000))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _permissions(told: Mapping[str, str]) -> int | None:
    text = told.get("ds3-permissions", "")
    if found := _RWX.search(text):
        bits = found.group(0).strip("()")
        return sum(1 << (8 - place) for place, letter in enumerate(bits) if letter != "-")
    for value in (text[:3], told.get("ds3-mode", "")[-3:]):
        with contextlib.suppress(ValueError):
            return int(value, 8)
    return None
