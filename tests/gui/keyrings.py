"""Keychains for tests: one in memory, one that is locked, one that keeps clear text."""

from __future__ import annotations

import threading

import keyring.backend
import keyring.errors


class MemoryKeyring(keyring.backend.KeyringBackend):
    """Keeps what it is given in a dict, by (service, entry)."""

    priority = 5  # type: ignore[assignment]  # a class property in keyring
    name = "In memory"

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(MemoryKeyring):
    """Its user says no to every question; the error quotes what it was given, as some do."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked(f"cannot unlock for {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.PasswordSetError(f"cannot keep {password}")


class SlowKeyring(MemoryKeyring):
    """Waits for its user until `answered` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.answered.wait(10)
        return super().get_password(service, username)


class ClearTextKeyring(MemoryKeyring):
    """Below keyring's bound for what is safe, as the ones that write plain files are."""

    priority = 0.5  # type: ignore[assignment]  # a class property in keyring
