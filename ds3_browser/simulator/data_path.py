"""How the appliance goes about its work, as an administrator sets it, and what follows for jobs.

Most of it is kept and shown. Whether new jobs are taken, how many may run at once and whether one
may wait for tapes that are out of the library counts when a job is created. Two of the settings are
switches as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any  # a value is as many types as a record's fields are

from . import parameters
from .answers import element
from .calls import Answer, Call, Route, Routes
from .dialect import release
from .faults import Faults
from .kinds import KINDS, Column
from .records import Record, Records, written
from .setup import defaults
from .store import Refused, Store

INSTANCE = "5e3f6c8e-9b1d-4c22-8f5e-3d0c1b7a9e10"
KIND = KINDS["data_path_backend"]
_SWITCHES = {
    "CacheAvailableRetryAfterInSeconds": "retry_after",
    "MaxAggregatedBlobsPerChunk": "chunk_blobs",
}


class TapesAway(Refused):
    """A job that needs tapes which are out of the library, where it may not wait for them."""

    def __init__(self, barcodes: Iterable[str]) -> None:
        self.barcodes = ",".join(barcodes)
        super().__init__(400, "InvalidArgument", f"Tapes must be onlined: {self.barcodes}")


class DataPath:
    def __init__(self, store: Store, records: Records, faults: Faults) -> None:
        self._store = store
        self._records = records
        self._faults = faults

    def routes(self) -> Routes:
        return {
            "GET data_path_backend": Route(self._show),
            "PUT data_path_backend": Route(self._modify, KIND.parameters("changed")),
        }

    # --- what follows for jobs

    def check_new_job(self) -> None:
        """Refuse a job while none is taken, or no more."""
        now = self._now()
        query = "SELECT COUNT(*) FROM job WHERE status = 'IN_PROGRESS' AND NOT naked"
        most = now["MaxNumberOfConcurrentJobs"]
        if not now["AllowNewJobRequests"]:
            raise Refused(503, "SlowDown", "No new jobs are taken.", retry_after=True)
        if self._store.value(query) >= most:
            raise Refused(503, "SlowDown", f"There are {most} jobs.", retry_after=True)

    def check_tapes(self, away: Iterable[str]) -> None:
        """Refuse a job for which these tapes are lacking, if it may not wait. Raises TapesAway."""
        barcodes = sorted(away)
        if barcodes and self._now()["UnavailableMediaPolicy"] == "DISALLOW":
            raise TapesAway(barcodes)

    def note_refused(self, user: str, refused: TapesAway) -> None:
        """Keep that a job was refused, for the list of such."""
        self._records.insert(
            "job_creation_failed",
            {
                "Date": self._store.now(),
                "ErrorMessage": refused.message,
                "TapeBarCodes": refused.barcodes,
                "Type": "TAPES_MUST_BE_ONLINED",
                "UserName": user,
            },
        )

    # --- the settings

    def _now(self) -> Record:
        kept = self._records.find(KIND.resource, INSTANCE)
        fields = {
            **(defaults(KIND.resource, 0) if kept is None else kept.fields),
            **{name: self._faults.get(switch) for name, switch in _SWITCHES.items()},
            "Id": INSTANCE,
            "InstanceId": INSTANCE,
            "LastHeartbeat": self._store.now(),
        }
        return Record(KIND.resource, INSTANCE, 0, "", fields)

    def _show(self, call: Call) -> Answer:
        now = self._now()
        if release(self._faults.get("server_version")) < (4, 0):
            now = now.with_fields({"AutoInspect": "DEFAULT"})
        return Answer(body=element("Data", written(KIND, now)))

    def _modify(self, call: Call) -> Answer:
        given = {
            column.name: _value(column, call)
            for column in KIND.columns.values()
            if "changed" in column.marks and call.has(column.parameter)
        }
        switches = {_SWITCHES[name]: value for name, value in given.items() if name in _SWITCHES}
        with self._store.transaction():
            fields = {**self._now().fields, **given}
            kept = self._records.find(KIND.resource, INSTANCE)
            if kept is None:
                self._records.insert(KIND.resource, fields, id=INSTANCE)
            else:
                self._records.update(kept, **fields)
        self._faults.set_all(switches)
        return self._show(call)


def _value(column: Column, call: Call) -> Any:
    """What a call says of a setting; nothing is null where that may be. Raises Refused."""
    text = call.text(column.parameter)
    if text is None and "nil" in column.marks:
        return None
    if text is None:
        raise Refused(400, "InvalidArgument", f"{column.parameter} needs a value.")
    value = parameters.value(column.parameter, column.type, column.words, text)
    least = 1 if column.name in ("MaxAggregatedBlobsPerChunk", "MaxNumberOfConcurrentJobs") else 0
    if column.type in ("int", "double") and float(value) < least:
        raise parameters.refused(column.parameter, f"at least {least}", text)
    return value
