"""File times, owner and mode as user metadata, by the conventions of the vendor's own tools.

Written whole for POSIX. Read leniently: each key may be missing or senseless, and nothing of it
ever makes a restore fail. What a foreign system wrote says nothing but times here.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import stat
from collections.abc import Callable, Mapping
from functools import lru_cache

_SYSTEMS = {"Linux": "Linux", "Darwin": "Mac OS X"}
_RWX = re.compile(r"\(((?:[r-][w-][x-]){3})\)")
_NUMBER = re.compile(r"-?[0-9]{1,18}")


@lru_cache(maxsize=1)
def system_name() -> str:
    """This system as the vendor's tools write it: `Linux`, `Mac OS X`, `Windows 10`."""
    system = platform.system()
    return f"Windows {platform.release()}" if system == "Windows" else _SYSTEMS.get(system, system)


def read(status: os.stat_result) -> dict[str, str]:
    """The metadata of a file that was looked at. Names of owners are left out where unknown.

    Linux does not tell when a file was made; its last change stands in for that.
    """
    born_ns = int(getattr(status, "st_birthtime", 0) * 1_000_000_000)
    found = {
        "ds3-os": system_name(),
        "ds3-creation-time": _ms(born_ns or status.st_mtime_ns),
        "ds3-last-access-time": _ms(status.st_atime_ns),
        "ds3-last-modified-time": _ms(status.st_mtime_ns),
    }
    if os.name == "posix":
        found |= _posix(status.st_mode, status.st_uid, status.st_gid)
    return found


@lru_cache(maxsize=256)  # most files of a job have the same
def _posix(mode: int, uid: int, gid: int) -> Mapping[str, str]:
    permissions = mode & 0o777
    letters = stat.filemode(stat.S_IFREG | permissions)[1:]
    found = {
        "ds3-uid": str(uid),
        "ds3-gid": str(gid),
        "ds3-mode": f"{mode:o}",
        # Special bits are in the mode alone: the vendor's reader knows no s and t here.
        "ds3-permissions": f"{permissions:03o}({letters})",
    }
    names = {"ds3-ownername": _user_name(uid), "ds3-groupname": _group_name(gid)}
    return found | {key: name for key, name in names.items() if name}


@lru_cache(maxsize=256)  # a lookup may ask a server on the network
def _user_name(uid: int) -> str | None:
    import pwd  # not there on Windows

    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return None


@lru_cache(maxsize=256)
def _group_name(gid: int) -> str | None:
    import grp  # not there on Windows

    with contextlib.suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return None


def _ms(ns: int) -> str:
    return str(ns // 1_000_000)


def restore(path: str, metadata: Mapping[str, tuple[str, ...]]) -> None:
    """Set permissions and times as far as they are told and allowed. Never fails."""
    told = {key.lower(): values[0] for key, values in metadata.items() if values}
    permissions = _permissions(told)
    if permissions is not None and os.name == "posix" and told.get("ds3-os") == system_name():
        _try(lambda: os.chmod(path, permissions))
    modified = _number(told.get("ds3-last-modified-time"))
    if modified is not None:
        accessed = _number(told.get("ds3-last-access-time"))
        times = (modified if accessed is None else accessed, modified)
        _try(lambda: os.utime(path, ns=(times[0] * 1_000_000, times[1] * 1_000_000)))


def _try(change: Callable[[], None]) -> None:
    with contextlib.suppress(OSError, OverflowError, ValueError):
        change()


def _number(text: str | None) -> int | None:
    return int(text) if text and _NUMBER.fullmatch(text) else None


def _permissions(told: Mapping[str, str]) -> int | None:
    """The nine permission bits: from the letters, else from three octal digits, else the mode."""
    text = told.get("ds3-permissions", "")
    if found := _RWX.search(text):
        return sum(1 << (8 - n) for n, letter in enumerate(found.group(1)) if letter != "-")
    for digits in (text[:3], told.get("ds3-mode", "")[-3:]):
        if re.fullmatch("[0-7]{3}", digits):
            return int(digits, 8)
    return None
