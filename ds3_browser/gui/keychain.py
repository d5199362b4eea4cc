"""The desktop's keychain, through `keyring`. Its absence is survived, and nothing replaces it.

Every function blocks, for as long as the desktop asks its user to unlock the keychain; so they are
called in a thread of their own. What a backend raises passes through, whatever it is: locked, gone,
or its user said no. Its text may quote a secret and is not for a log.
"""

from __future__ import annotations

SERVICE = "DS3 Browser"
TRUSTED_FROM = 1  # keyring's own bound: what keeps clear text, or nothing at all, is below it

_NAMES = {
    "SecretService": "Secret Service",
    "libsecret": "Secret Service",
    "kwallet": "KWallet",
    "macOS": "macOS Keychain",
    "Windows": "Windows Credential Locker",
}


def find() -> str | None:
    """Return what the user calls the keychain of this desktop, None where there is none."""
    try:
        import keyring
    except ImportError:
        return None
    backend = keyring.get_keyring()
    # A chain of several asks each in turn; its first is the one that takes what is kept.
    backends = getattr(backend, "backends", None)
    backend = backends[0] if backends else backend
    if backend.priority < TRUSTED_FROM:
        return None
    module = type(backend).__module__.rpartition(".")[2]
    return _NAMES.get(module) or str(backend.name)


def read(entry: str) -> str | None:
    """Return what is kept under a name; None if nothing is, or there is no keychain."""
    if find() is None:
        return None
    import keyring

    secret: str | None = keyring.get_password(SERVICE, entry)
    return secret or None


def write(entry: str, secret: str) -> None:
    """Keep a secret under a name; without a keychain, nowhere."""
    if find() is not None:
        import keyring

        keyring.set_password(SERVICE, entry, secret)


def forget(entry: str) -> None:
    """Keep nothing under a name, also where nothing was."""
    if read(entry) is not None:
        import keyring

        keyring.delete_password(SERVICE, entry)
