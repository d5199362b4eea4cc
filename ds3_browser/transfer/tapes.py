"""What is known of tapes, as far as this user may look at them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import AccessDenied, ConnectionFailed, Ds3Error
from ds3_browser.protocol.system_records import Tape

log = logging.getLogger(__name__)

T = TypeVar("T")

EJECTED = "EJECTED"


@dataclass(frozen=True, slots=True)
class TapeFacts:
    """A tape as it was when it was asked about. `ejected` is None where that is not told."""

    barcode: str
    type: str | None = None
    state: str | None = None
    ejected: bool | None = None
    partition: str | None = None
    eject_location: str | None = None
    eject_label: str | None = None
    in_drive: bool = False


def is_ejected(tape: Tape) -> bool:
    return tape.state == EJECTED


class TapesAsked:
    """What is known of tapes, each asked about once. Where they may not be looked at, nothing."""

    def __init__(self, client: Ds3Client) -> None:
        self.known: dict[str, TapeFacts] = {}
        self._client = client
        self._denied = False
        self._partitions: Mapping[str, str] | None = None
        self._in_drives: frozenset[str] | None = None

    def ask(self, barcodes: Iterable[str]) -> None:
        """Blocks. Raises ConnectionFailed."""
        for code in barcodes:
            if code not in self.known:
                self.known[code] = self._facts(code)

    def _facts(self, code: str) -> TapeFacts:
        if self._denied:
            return TapeFacts(code)
        try:
            tape = self._client.tape(code)
        except ConnectionFailed:
            raise
        except Ds3Error as error:
            log.info("tape %s cannot be looked at: %s", code, error)
            self._denied = isinstance(error, AccessDenied)
            return TapeFacts(code)
        return TapeFacts(
            code,
            tape.type,
            tape.state,
            is_ejected(tape),
            self._partition(tape.partition_id),
            tape.eject_location,
            tape.eject_label,
            tape.id in self._drives(),
        )

    def _partition(self, partition_id: str | None) -> str | None:
        if self._partitions is None:
            found = _told(lambda: list(self._client.tape_partitions()))
            self._partitions = {one.id: one.name for one in found or ()}
        return self._partitions.get(partition_id or "")

    def _drives(self) -> frozenset[str]:
        """The ids of the tapes that are in a drive now."""
        if self._in_drives is None:
            found = _told(lambda: list(self._client.tape_drives()))
            self._in_drives = frozenset(one.tape_id for one in found or () if one.tape_id)
        return self._in_drives


def _told(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except ConnectionFailed:
        raise
    except Ds3Error as error:
        log.info("a part of what tapes are cannot be read: %s", error)
        return None
