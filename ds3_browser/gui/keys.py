"""The secret keys of saved sessions: kept in the desktop's keychain, asked for in its own time.

Without a keychain nothing is kept anywhere: keys live in memory and are asked for at each start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from ds3_browser.gui import keychain
from ds3_browser.gui.workers import CallsInTurn

log = logging.getLogger(__name__)

END_WITHIN_S = 3.0


class Keys(QObject):
    """Signals: `found` once it is known which keychain there is, if any; `not_kept` when it did not
    take a key, which is then known until the program ends.

    `name` is what the user calls the keychain, None where there is none; `looked` is False until
    that is known.
    """

    found = Signal()
    not_kept = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name: str | None = None
        self.looked = False
        self._calls = CallsInTurn("keychain", self)

    def look(self) -> None:
        """Find the keychain of this desktop."""
        self._calls.run_call(keychain.find, self._take_name, self._take_none)

    def read(self, entry: str, then: Callable[[str | None], None]) -> None:
        """Bring what is kept under a name, later; None where nothing is or may be read."""

        def failed(error: Exception) -> None:
            log.warning("the keychain gives no key: %s", type(error).__name__)
            then(None)

        self._calls.run_call(partial(keychain.read, entry), then, failed)

    def keep(self, entry: str, secret: str) -> None:
        """Keep a secret in the keychain; without one, nowhere."""
        self._calls.run_call(partial(keychain.write, entry, secret), _nothing, self._not_taken)

    def forget(self, entry: str) -> None:
        self._calls.run_call(partial(keychain.forget, entry), _nothing, _not_forgotten)

    def close(self) -> None:
        """Let what is under way end, unless it waits for a person."""
        self._calls.close(END_WITHIN_S)

    def _take_name(self, name: str | None) -> None:
        self.name, self.looked = name, True
        log.info("keychain: %s", name or "none")
        self.found.emit()

    def _take_none(self, error: Exception) -> None:
        log.warning("the keychain cannot be used: %s", type(error).__name__)
        self._take_name(None)

    def _not_taken(self, error: Exception) -> None:
        log.warning("the keychain took no key: %s", type(error).__name__)
        self.not_kept.emit()


def _nothing(_: object) -> None:
    pass


def _not_forgotten(error: Exception) -> None:
    log.warning("a key stays in the keychain: %s", type(error).__name__)
