"""The saved sessions: an endpoint with credentials, under a name.

Secret keys and the passwords of proxies are in memory and, where there is one, in the desktop's
keychain; neither is in a repr, in the settings or in the log.
"""

from __future__ import annotations

import enum
import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from PySide6.QtCore import QCoreApplication, QObject, QTimer, QUrl, Signal

from ds3_browser import log as redaction
from ds3_browser.gui.settings import Settings
from ds3_browser.protocol.errors import ConnectionFailed, Unreachable
from ds3_browser.protocol.records import DEFAULT_PORTS, Credentials, Endpoint, bracketed

log = logging.getLogger(__name__)

DEMO_ID = "demo"


class ProxyChoice(enum.Enum):
    """SYSTEM: the desktop's settings, else the environment's. The value is kept."""

    SYSTEM = "system"
    NONE = "none"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class SavedSession:
    """One session. `proxy_address` is a URL without a login; `pin` a certificate's SHA-256.

    `kept` False means that it is never written to the settings, nor its key to the keychain (the
    demo's). `self_signed` is what its pinned certificate says of itself.
    """

    id: str
    name: str
    scheme: str = "https"
    host: str = ""
    port: int = 443
    access_id: str = ""
    proxy: ProxyChoice = ProxyChoice.SYSTEM
    proxy_address: str = ""
    proxy_user: str = ""
    proxy_password: str = field(default="", repr=False)
    ca_file: str | None = None
    pin: str | None = None
    self_signed: bool = False
    verify: bool = True
    connect_at_start: bool = False
    kept: bool = True
    demo: bool = False

    @classmethod
    def new(cls, name: str = "", **given: Any) -> SavedSession:
        """Return a session with an id of its own. Any: the fields' own types."""
        return cls(id=str(uuid.uuid4()), name=name, **given)

    @property
    def endpoint(self) -> Endpoint:
        """Where it leads. Looks up the desktop's proxy where the session says so, which may take
        its time: for the background alone. Raises ConnectionFailed where none can be there.
        """
        try:
            self.host.encode("idna")
        except UnicodeError as error:
            raise ConnectionFailed(self.address, Unreachable.NAME, "no host's name") from error
        return replace(self.direct_endpoint, proxy=self._proxy())

    @property
    def direct_endpoint(self) -> Endpoint:
        """Where it leads, whatever proxy is on the way."""
        return Endpoint(
            *(self.scheme, self.host, self.port),
            ca_file=self.ca_file,
            pin=self.pin,
            verify=self.verify,
        )

    @property
    def address(self) -> str:
        """`host:port`, always with the port."""
        return f"{bracketed(self.host)}:{self.port}"

    def _proxy(self) -> str | None:
        match self.proxy:
            case ProxyChoice.NONE:
                return None
            case ProxyChoice.SYSTEM:
                return system_proxy(self.scheme, self.host, self.port)
            case ProxyChoice.ADDRESS:
                return _with_login(self.proxy_address, self.proxy_user, self.proxy_password)


class KeepsKeys(Protocol):
    """What is asked here of the keychain; nothing of it blocks."""

    def read(self, entry: str, then: Callable[[str | None], None]) -> None: ...
    def keep(self, entry: str, secret: str) -> None: ...
    def forget(self, entry: str) -> None: ...


class Sessions(QObject):
    """All sessions, in the user's order. Without `keys` all secrets live in memory alone.

    Signals: `added` and `changed` carry the SavedSession, `removed` its id. A new secret key is a
    change too.
    """

    added = Signal(object)
    changed = Signal(object)
    removed = Signal(object)

    def __init__(
        self, settings: Settings, keys: KeepsKeys | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._keys = keys
        self._sessions: dict[str, SavedSession] = {}
        self._secrets: dict[str, str] = {}
        self._missing: set[str] = set()  # sessions whose keys were looked for and not found
        self._no_keychain = False
        for kept in settings.sessions():
            session = _read(kept)
            if session is not None:
                self._sessions[session.id] = session

    def all(self) -> tuple[SavedSession, ...]:
        return tuple(self._sessions.values())

    def get(self, session_id: str | None) -> SavedSession | None:
        return self._sessions.get(session_id or "")

    def name(self, session_id: str) -> str:
        """Return what the user calls it; an id that is no longer among them stays itself."""
        return self.name_if_known(session_id) or session_id

    def name_if_known(self, session_id: str) -> str | None:
        """Return what the user calls it; None where it is no longer among them."""
        session = self._sessions.get(session_id)
        if session is None and session_id == DEMO_ID:
            return QCoreApplication.translate("sessions", "Demo appliance")
        return None if session is None else session.name

    def credentials(self, session_id: str) -> Credentials | None:
        """Return its keys, None while its secret key is not known."""
        session, secret = self._sessions.get(session_id), self._secrets.get(session_id)
        if session is None or not secret:
            return None
        return Credentials(session.access_id, secret)

    def lacks_key(self, session_id: str) -> bool:
        """Whether its secret key can come from its user alone."""
        session = self._sessions.get(session_id)
        if session is None or not session.kept or session_id in self._secrets:
            return False
        return self._no_keychain or session_id in self._missing

    def tell_no_keychain(self) -> None:
        """There is no keychain on this desktop, so no key will come from one."""
        self._no_keychain = True
        for session in self.all():
            self.changed.emit(session)

    def secret_key(self, session_id: str) -> str:
        return self._secrets.get(session_id, "")

    def look_up(self, session_id: str, then: Callable[[], None]) -> None:
        """Bring a session's secrets from the keychain into memory, and call `then`, later.

        What is known already, or was given meanwhile, is not replaced.
        """
        session, keys = self._sessions.get(session_id), self._keys
        if session is None or not session.kept or keys is None:
            QTimer.singleShot(0, self, then)
            return

        def take_password(password: str | None) -> None:
            now = self._sessions.get(session_id)
            if password and now is not None and not now.proxy_password:
                redaction.hide(password)
                self._sessions[session_id] = replace(now, proxy_password=password)
            then()

        def take_key(secret_key: str | None) -> None:
            if secret_key and session_id in self._sessions:
                redaction.hide(secret_key)
                self._secrets.setdefault(session_id, secret_key)
            elif session_id in self._sessions and session_id not in self._secrets:
                self._missing.add(session_id)
                self.changed.emit(self._sessions[session_id])
            if session.proxy_user and not session.proxy_password:
                keys.read(_proxy_entry(session_id), take_password)
            else:
                then()

        if session_id in self._secrets:
            take_key(None)
        else:
            keys.read(session_id, take_key)

    def add(self, session: SavedSession, secret_key: str = "") -> None:
        """Add a session at the end, or put it in the place of the one with its id."""
        before = self._sessions.get(session.id)
        redaction.hide(secret_key)
        redaction.hide(session.proxy_password)
        self._sessions[session.id] = session
        self._keep_secrets(before, session, secret_key)
        if secret_key:
            self._secrets[session.id] = secret_key
        self._keep()
        if not session.demo:
            log.info("session %s: %s as %s", session.name, session.address, session.access_id)
        (self.added if before is None else self.changed).emit(session)

    def remove(self, session_id: str) -> None:
        session = self._sessions.pop(session_id, None)
        if session is None:
            return
        self._secrets.pop(session_id, None)
        if self._keys is not None and session.kept:
            self._keys.forget(session_id)
            if session.proxy_user:
                self._keys.forget(_proxy_entry(session_id))
        self._keep()
        self.removed.emit(session_id)

    def free_name(self, wanted: str) -> str:
        """Return a name that no session has yet: the wanted one, else with a number."""
        names = {session.name for session in self._sessions.values()}
        name, number = wanted, 2
        while name in names:
            name, number = f"{wanted} ({number})", number + 1
        return name

    def _keep_secrets(
        self, before: SavedSession | None, session: SavedSession, secret_key: str
    ) -> None:
        """Give the keychain what is new. An edit without a key leaves the one it has."""
        if self._keys is None or not session.kept:
            return
        if secret_key and secret_key != self._secrets.get(session.id):
            self._keys.keep(session.id, secret_key)
        known = before.proxy_password if before is not None else ""
        password = session.proxy_password if session.proxy_user else ""
        if password and password != known:
            self._keys.keep(_proxy_entry(session.id), password)
        elif known and not password:
            self._keys.forget(_proxy_entry(session.id))

    def _keep(self) -> None:
        kept = [session for session in self._sessions.values() if session.kept]
        self._settings.keep_sessions(_fields(session) for session in kept)


def from_endpoint(endpoint: Endpoint, access_id: str, name: str) -> SavedSession:
    """Return a session for an endpoint that came from the environment."""
    proxy = urlsplit(endpoint.proxy or "")
    return SavedSession.new(
        name,
        scheme=endpoint.scheme,
        host=endpoint.host,
        port=endpoint.port,
        access_id=access_id,
        proxy=ProxyChoice.ADDRESS if endpoint.proxy else ProxyChoice.NONE,
        proxy_address=without_login(endpoint.proxy or ""),
        proxy_user=proxy.username or "",
        proxy_password=proxy.password or "",
    )


def system_proxy(scheme: str, host: str, port: int) -> str | None:
    """Return the proxy that the desktop, or else the environment, names for a host."""
    from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

    url = QUrl(f"{scheme}://{bracketed(host)}:{port}")
    if not host or not url.isValid() or host in _THIS_COMPUTER:
        return None
    for proxy in QNetworkProxyFactory.systemProxyForQuery(QNetworkProxyQuery(url)):
        if proxy.type() is QNetworkProxy.ProxyType.HttpProxy and proxy.hostName():
            address = f"http://{proxy.hostName()}:{proxy.port() or 8080}"
            return _with_login(address, proxy.user(), proxy.password())
        if proxy.type() is QNetworkProxy.ProxyType.NoProxy:
            return None
    return os.environ.get(f"{scheme}_proxy") or None


def _with_login(address: str, user: str, password: str) -> str | None:
    """Return the proxy's URL; an address without a scheme means http.

    Raises ConnectionFailed where no proxy could have this address.
    """
    if not address:
        return None
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConnectionFailed(without_login(address), Unreachable.PROXY, "no address")
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return f"{parts.scheme}://{f'{login}@' if user else ''}{parts.netloc.rpartition('@')[2]}"


def without_login(address: str) -> str:
    """Return a proxy's address without the user and password that may stand in it."""
    scheme, separator, rest = address.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _proxy_entry(session_id: str) -> str:
    """Return the name under which the keychain has the password at the session's proxy."""
    return f"{session_id} proxy"


_THIS_COMPUTER = ("localhost", "127.0.0.1", "::1")  # no proxy leads back to where we are
_NEVER_KEPT = {"proxy_password", "kept", "demo"}


def _fields(session: SavedSession) -> dict[str, Any]:
    """Return what may be written. Any: what JSON takes."""
    values = {
        one.name: getattr(session, one.name)
        for one in fields(session)
        if one.name not in _NEVER_KEPT
    }
    return {
        **values,
        "proxy": session.proxy.value,
        "proxy_address": without_login(session.proxy_address),
    }


def _read(kept: dict[str, Any]) -> SavedSession | None:
    """Make a session of what was kept. Without id or host it is none; else each field alone."""
    known = {one.name: one for one in fields(SavedSession) if one.name not in _NEVER_KEPT}
    blank = SavedSession(id="", name="")
    session = blank
    for name, value in kept.items():
        if name not in known:
            continue
        try:
            session = replace(session, **{name: _checked(name, value, blank)})
        except ValueError:
            log.warning("%s of a saved session is not usable: %r", name, value)
    return session if session.id and session.host else None


def _checked(name: str, value: Any, blank: SavedSession) -> Any:
    """Any: whatever an INI file holds. Raises ValueError where it is not the field's type."""
    if name == "proxy":
        return ProxyChoice(value)
    if name in ("ca_file", "pin") and value is None:
        return None
    wanted = str if name in ("ca_file", "pin") else type(getattr(blank, name))
    if type(value) is not wanted:
        raise ValueError(name)
    if name == "scheme" and value not in DEFAULT_PORTS:
        raise ValueError(name)
    if name == "port" and int(value) not in range(1, 65536):
        raise ValueError(name)
    return value
