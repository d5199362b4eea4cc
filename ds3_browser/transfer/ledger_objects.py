"""What the ledger keeps of objects and blobs: that they are wanted, what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ds3_browser.protocol.records import Checksum

from .events import Failure, FailureCode, ObjectState
from .ledger_columns import bytes_of, failure_columns, text_of
from .ledger_records import NewObject
from .ledger_steps import Steps, now

BLOB_ENDED = (
    "UPDATE blob SET state = 'done', tries = ?, checksum = COALESCE(?, checksum)"
    ' WHERE "offset" = ? AND object = (SELECT id FROM object WHERE job = ? AND name = ?)'
)
OBJECT_ENDED = (
    "UPDATE object SET state = ?, tries = ?, checksum_type = ?, checksum = ?,"
    " path = COALESCE(?, path), error_code = ?, error_facts = ?, ended = ?,"
    " started = COALESCE(started, ?) WHERE job = ? AND name = ?"
)
_NOT_SENT = FailureCode.NAME_NOT_ALLOWED.value


class ObjectSteps(Steps):
    """Steps about objects and blobs."""

    def add_objects(self, job_id: int, objects: Sequence[NewObject]) -> None:
        """Add what was found. A name that the job has already keeps its first row, unless that is
        of a file whose own name cannot be sent, and is shown as what another one is called.
        """
        self._put_many(
            "INSERT INTO object (job, part, name, path, size, mtime_ns, state,"
            " error_code, error_facts, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (job, name, version) DO UPDATE SET"
            " (part, path, size, mtime_ns, state, error_code, error_facts, ended) ="
            " (excluded.part, excluded.path, excluded.size, excluded.mtime_ns, excluded.state,"
            " NULL, NULL, NULL)"
            f" WHERE excluded.state = 'waiting' AND error_code = '{_NOT_SENT}'",
            [
                (
                    *(
                        job_id,
                        new.part,
                        text_of(new.name),
                        bytes_of(new.path),
                        new.size,
                        new.mtime_ns,
                    ),
                    *(new.state.value, *failure_columns(new.failure)),
                    now() if new.state is not ObjectState.WAITING else None,
                )
                for new in objects
            ],
        )

    def set_aside_object(self, job_id: int, name: str, part: int) -> None:
        """An object is to be asked for with another job, in another part."""
        self._put(
            "UPDATE object SET part = ?, state = 'waiting' WHERE job = ? AND name = ?",
            (part, job_id, text_of(name)),
        )

    def rename_object(self, job_id: int, name: str, new: str) -> None:
        """An object is to have another name, which the job does not have yet."""
        self._put(
            "UPDATE OR IGNORE object SET name = ? WHERE job = ? AND name = ?",
            (text_of(new), job_id, text_of(name)),
        )

    def object_begun(self, job_id: int, name: str, at: datetime) -> None:
        """The first of an object's bytes are on their way."""
        self._put(
            "UPDATE object SET state = ?, started = COALESCE(started, ?)"
            " WHERE job = ? AND name = ? AND ended IS NULL",
            (ObjectState.TRANSFERRING.value, at.isoformat(), job_id, text_of(name)),
        )

    def object_held(self, job_id: int, name: str) -> None:
        """None of an object's bytes are on their way any more, and it has not ended."""
        self._put(
            "UPDATE object SET state = ? WHERE job = ? AND name = ? AND ended IS NULL",
            (ObjectState.WAITING.value, job_id, text_of(name)),
        )

    def blob_tried(self, job_id: int, name: str, offset: int, failure: Failure) -> None:
        """A blob was tried in vain, for the `failure.tries`th time in this run."""
        code, facts = failure_columns(failure)
        self._steps(
            (
                'UPDATE blob SET tries = ? WHERE "offset" = ?'
                " AND object = (SELECT id FROM object WHERE job = ? AND name = ?)",
                [(failure.tries, offset, job_id, text_of(name))],
            ),
            (
                "UPDATE object SET tries = MAX(tries, ?), error_code = ?, error_facts = ?"
                " WHERE job = ? AND name = ? AND ended IS NULL",
                [(failure.tries, code, facts, job_id, text_of(name))],
            ),
        )

    def blob_ended(
        self, job_id: int, name: str, offset: int, tries: int, checksum: Checksum | None
    ) -> None:
        """A blob was moved and, of a download, verified."""
        digest = checksum.value if checksum else None
        self._put_end(BLOB_ENDED, (tries, digest, offset, job_id, text_of(name)))

    def drop_blobs(self, job_id: int, name: str, offsets: Sequence[int] | None = None) -> None:
        """Blobs of one object, or all of them, are not there, whatever was said of them."""
        query = (
            "UPDATE blob SET state = 'waiting' WHERE object ="
            " (SELECT id FROM object WHERE job = ? AND name = ?)"
        )
        if offsets is None:
            self._put(query, (job_id, text_of(name)))
        else:
            rows = [(job_id, text_of(name), offset) for offset in offsets]
            self._put_many(query + ' AND "offset" = ?', rows)

    def object_ended(
        self,
        job_id: int,
        name: str,
        state: ObjectState,
        *,
        tries: int = 1,
        checksum: Checksum | None = None,
        path: str | None = None,
        failure: Failure | None = None,
        started: datetime | None = None,
        durable: bool = False,
    ) -> None:
        """An object has ended; `path` where its file has another name than was planned. When its
        first bytes `started` is kept from the first time.
        """
        digest = (checksum.type.value, checksum.value) if checksum else (None, None)
        row = (
            *(state.value, tries, *digest, bytes_of(path)),
            *(*failure_columns(failure), now(), started and started.isoformat()),
            *(job_id, text_of(name)),
        )
        if durable:
            self._durable(OBJECT_ENDED, row)
        else:
            self._put_end(OBJECT_ENDED, row)

    def end_open_objects(self, job_id: int, state: ObjectState) -> None:
        """Give all objects that have not ended one state; for a job that is over."""
        self._put(
            "UPDATE object SET state = ?, ended = ? WHERE job = ? AND ended IS NULL",
            (state.value, now(), job_id),
        )
