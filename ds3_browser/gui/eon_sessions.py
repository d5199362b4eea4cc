"""The saved sessions of Eon Browser, which keeps them with their keys in one JSON file.

`{"sessions": [{"name", "endpoint", "portNo", "proxyServer", "credentials": {"accessId",
"secretKey"}, "defaultSession", "useSSL"}]}`: everything but the flags is text there. What cannot be
read of it is left out, one by one.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any  # what JSON gives
from urllib.parse import unquote, urlsplit

from ds3_browser.gui.sessions import ProxyChoice, SavedSession
from ds3_browser.protocol.records import DEFAULT_PORTS, Endpoint

log = logging.getLogger(__name__)

LARGEST = 4_000_000  # bytes; what is larger is not a file of sessions


@dataclass(frozen=True, slots=True)
class EonSession:
    """One of its sessions, as ours. `number` is its place in the file."""

    number: int
    session: SavedSession
    secret_key: str = field(default="", repr=False)


def is_there(file: Path) -> bool:
    """Blocks."""
    try:
        return file.is_file()
    except OSError:
        return False


def usual_file() -> Path:
    """Return where Eon Browser keeps its sessions."""
    return Path.home() / ".dsbrowser" / "sessions.json"


def read_sessions(file: Path) -> tuple[EonSession, ...]:
    """Return what can be used of the file. Raises OSError, and ValueError where it is none."""
    if file.stat().st_size > LARGEST:
        raise ValueError("too large to be a file of sessions")
    found = []
    for number, kept in enumerate(_kept(json.loads(file.read_bytes()))):
        session = _session(kept)
        if session is not None:
            found.append(EonSession(number, session, _text(_credentials(kept), "secretKey")))
    return tuple(found)


def remove_keys(file: Path, removed: Iterable[EonSession]) -> None:
    """Take the secret keys of these sessions out of the file; all else in it stays.

    The new file takes the old one's place at once, and only its owner may read it. A session that
    is another by now keeps its key. Raises OSError, ValueError.
    """
    file = file.resolve()
    content = json.loads(file.read_bytes())
    sessions = _kept(content)
    for one in removed:
        credentials = _credentials(sessions[one.number]) if one.number < len(sessions) else {}
        if _text(credentials, "secretKey") == one.secret_key:
            credentials["secretKey"] = ""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            json.dump(content, written, ensure_ascii=False, indent=2)
            written.flush()
            os.fsync(written.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _kept(content: Any) -> list[Any]:
    sessions = content.get("sessions") if isinstance(content, dict) else None
    if not isinstance(sessions, list):
        raise ValueError("no sessions in it")
    return sessions


def _session(kept: Any) -> SavedSession | None:
    """Certificates are checked for what comes from there, whatever it was there."""
    if not isinstance(kept, dict) or not _text(kept, "endpoint"):
        return None
    scheme = "https" if kept.get("useSSL") is True else "http"
    try:
        endpoint = Endpoint.parse(_text(kept, "endpoint"), default_scheme=scheme)
    except ValueError:
        log.info("a session of Eon Browser has an endpoint that cannot be read")
        return None
    port = _text(kept, "portNo")
    usable = port.isdecimal() and 0 < int(port) < 65536
    proxy = urlsplit(_text(kept, "proxyServer"))
    return SavedSession.new(
        _text(kept, "name") or endpoint.host,
        scheme=endpoint.scheme,
        host=endpoint.host,
        port=int(port) if usable else DEFAULT_PORTS[endpoint.scheme],
        access_id=_text(_credentials(kept), "accessId"),
        proxy=ProxyChoice.ADDRESS if proxy.netloc else ProxyChoice.NONE,
        proxy_address=f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}" if proxy.netloc else "",
        proxy_user=unquote(proxy.username or ""),
        proxy_password=unquote(proxy.password or ""),
        connect_at_start=kept.get("defaultSession") is True,
    )


def _credentials(kept: Any) -> dict[str, Any]:
    found = kept.get("credentials") if isinstance(kept, dict) else None
    return found if isinstance(found, dict) else {}


def _text(kept: dict[str, Any], name: str) -> str:
    value = kept.get(name)
    return value.strip() if isinstance(value, str) else ""
