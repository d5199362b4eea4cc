"""The ledger: every job, object and blob, what became of it, and what survives a crash.

Why what it says is true. One thread writes, in transactions that hold whole steps. The database is
in WAL mode with `synchronous=FULL`: a commit returns after the log was synced to the disk, so what
was committed outlives a crash of the program and of the computer. A call marked *durable* returns
after a commit that holds its own step and all that was handed over before it; the others are
committed within half a second, and a crash can only make the ledger say too little of them. Three
orders follow from that. The intent to create a job is durable before the request goes out, so an
appliance never has a job of ours that the ledger has not heard of. The appliance's id and the
blobs are durable before the first byte. And a state is written after it is true, never before: a
downloaded file is synced and has its name before it is called done.

Where the disk refuses (full, gone), durable calls raise LedgerUnwritable at once, or wait where a
job made them; the other steps are kept in memory and tried again a little later. Readers have
connections of their own, which cannot write.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any  # values of SQLite and JSON

from ds3_browser.protocol.records import Checksum, Chunk

from .events import Failure, FailureCode, ObjectState, Said, State
from .ledger_columns import blob_rows, bytes_of, failure_columns, object_rows, text_of
from .ledger_reader import LedgerReader as LedgerReader
from .ledger_records import SAID_MESSAGE, SAID_VERIFIES
from .ledger_records import JobRecord as JobRecord
from .ledger_records import LedgerError as LedgerError
from .ledger_records import LedgerUnwritable as LedgerUnwritable
from .ledger_records import NewObject as NewObject
from .ledger_records import ObjectRow as ObjectRow
from .ledger_schema import prepare
from .ledger_writer import Statement, Writer

MOST_KEPT = 50_000  # rows that the disk has refused, till a job waits for it

#: Told why; whether to try again.
WaitForRoom = Callable[[LedgerUnwritable], bool]

_BLOB_ENDED = (
    "UPDATE blob SET state = 'done', tries = ?, checksum = COALESCE(?, checksum)"
    ' WHERE "offset" = ? AND object = (SELECT id FROM object WHERE job = ? AND name = ?)'
)
_OBJECT_ENDED = (
    "UPDATE object SET state = ?, tries = ?, checksum_type = ?, checksum = ?,"
    " path = COALESCE(?, path), error_code = ?, error_facts = ?, ended = ?,"
    " started = COALESCE(started, ?) WHERE job = ? AND name = ?"
)
_STATE = (
    "UPDATE job SET state = ?, reason = ?, ended = ?, started = COALESCE(started, ?) WHERE id = ?"
)
_TRIES_AHEAD = (
    "UPDATE blob SET tries = 0 WHERE state != 'done' AND object IN (SELECT id FROM object WHERE {})"
)
_NOT_SENT = FailureCode.NAME_NOT_ALLOWED.value
_OF_PART = "(SELECT id FROM object WHERE job = ? AND part = ?)"


class Ledger:
    """Opens or creates the file and owns the writing thread. Raises LedgerError.

    Any thread may call; what is not durable returns at once, or when the writer has caught up.
    `set_aside` is where a damaged file lies now, None if there was none. `last_written` is when
    this or an earlier program wrote last, before it was opened; None where it is new. No job gets
    an id below `first_id`, so that jobs of several ledgers can be told apart by theirs.
    """

    def __init__(self, path: Path, first_id: int = 1) -> None:
        self.path = path
        self.last_written = _last_written(path)
        highest, self.set_aside = prepare(path)
        self._ids = itertools.count(max(highest + 1, first_id))
        self._wait: WaitForRoom | None = None
        # A blob's end and an object's are in different tables: the former may all come first.
        self._writer = Writer(path, (_BLOB_ENDED, _OBJECT_ENDED))

    def close(self) -> None:
        """Commit what is waiting and end the thread."""
        self._writer.close()

    def patient(self, wait: WaitForRoom) -> Ledger:
        """The same ledger for one job's thread: where the disk refuses a durable call, `wait` is
        called before it is tried again, and may raise. Where it gives False, the call returns
        at once, and its step is written when it can be.
        """
        view = copy.copy(self)
        view._wait = wait
        return view

    @property
    def behind(self) -> bool:
        """Whether the disk refuses, so that what is read lacks what was handed over."""
        return self._writer.kept > 0

    def keep_up(self) -> None:
        """Go no further than memory holds, where the disk refuses for long."""
        if self._writer.kept > MOST_KEPT:
            self.flush()

    def reserve_job_id(self) -> int:
        """The next job's id. Touches no disk."""
        return next(self._ids)

    # --- jobs

    def add_job(self, record: JobRecord) -> None:
        """Durable."""
        self._durable(
            "INSERT INTO job (id, kind, session, endpoint, access_id, bucket, prefix, target, name,"
            " options, state, created) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *(record.id, record.kind, record.session, record.endpoint, record.access_id),
                *(record.bucket, record.prefix, record.target, record.name),
                *(json.dumps(record.options), record.state.value, record.created.isoformat()),
            ),
        )

    def set_state(self, job_id: int, state: State, reason: str | None = None) -> None:
        """Durable. `started` is kept from the first call, `ended` is set where the state ends."""
        self._durable(_STATE, _state_row(job_id, state, reason))

    def note_state(self, job_id: int, state: State, reason: str | None = None) -> None:
        """The same, and not durable."""
        self._put(_STATE, _state_row(job_id, state, reason))

    def set_option(self, job_id: int, name: str, value: str | None) -> None:
        """Keep what a job settled on, beside the options it was made with."""
        self._put(
            "UPDATE job SET options = json_set(COALESCE(options, '{}'), ?, ?) WHERE id = ?",
            (f"$.{name}", value, job_id),
        )

    def keep_said(self, job_id: int, said: Said) -> None:
        """Keep what the appliance says of a job, for the next start to tell."""
        verifies = said.verifies_writes
        self.set_option(job_id, SAID_VERIFIES, None if verifies is None else f"{verifies:d}")
        self.set_option(job_id, SAID_MESSAGE, said.error_message)

    def set_end(
        self,
        job_id: int,
        *,
        by: str | None = None,
        failure: Failure | None = None,
        kept: bool | None = None,
        objects_kept: int | None = None,
        closed: bool = False,
        forgotten: bool = False,
    ) -> None:
        """Keep how a run ended, for the next start to tell.

        `closed`: by us, and the rest is kept; `forgotten`: because nobody looked after it. What is
        None is not known, and leaves what is there.
        """
        told: dict[str, Any] = {"by": by, "kept": kept, "objects_kept": objects_kept}
        if failure is not None:
            code, facts = failure_columns(failure)
            told |= {"failure_code": code, "failure_facts": facts}
        if closed:
            told["closed"] = True
        if forgotten:
            told["forgotten"] = True
        end = json.dumps({key: value for key, value in told.items() if value is not None})
        self._put(
            "UPDATE job SET options = json_patch(COALESCE(options, '{}'), json_object('end',"
            " json(?))) WHERE id = ?",
            (end, job_id),
        )

    def set_planned(self, job_id: int) -> None:
        """All objects of the job are in the ledger; the names it was made with go."""
        self._put(
            "UPDATE job SET options ="
            " json_remove(json_set(COALESCE(options, '{}'), '$.planned', 1), '$.names')"
            " WHERE id = ?",
            (job_id,),
        )

    def plan_anew(self, job_id: int) -> None:
        """Forget the objects of a job whose planning was not ended."""
        self._put("DELETE FROM object WHERE job = ?", (job_id,))

    def hold_open_objects(self, job_id: int) -> None:
        """Nothing of the job moves any more: what has not ended waits, with all its tries ahead."""
        self._steps(
            (
                _TRIES_AHEAD.format("job = ? AND ended IS NULL AND error_code IS NOT NULL"),
                [(job_id,)],
            ),
            (
                "UPDATE object SET state = 'waiting', error_code = NULL, error_facts = NULL"
                " WHERE job = ? AND ended IS NULL",
                [(job_id,)],
            ),
        )

    def retry(self, job_id: int, names: Sequence[str]) -> None:
        """Open failed objects again."""
        self._steps(
            (
                "UPDATE object SET state = 'waiting', ended = NULL, error_code = NULL,"
                " error_facts = NULL WHERE job = ? AND name = ?",
                [(job_id, text_of(name)) for name in names],
            ),
            (
                _TRIES_AHEAD.format("job = ? AND name = ?"),
                [(job_id, text_of(name)) for name in names],
            ),
        )

    def take_files(self, job_id: int, files: Sequence[tuple[str, int]]) -> None:
        """Objects of which nothing is there go on with their files as they are now: their times."""
        self._put_many(
            "UPDATE object SET mtime_ns = ? WHERE job = ? AND name = ? AND ended IS NULL",
            [(mtime_ns, job_id, text_of(name)) for name, mtime_ns in files],
        )

    def plan_again(self, job_id: int, objects: Sequence[NewObject]) -> None:
        """Failed objects that are in no job on the appliance wait for one, each in its part."""
        self._put_many(
            "UPDATE object SET part = ?, size = ?, mtime_ns = ?, state = 'waiting', ended = NULL,"
            " error_code = NULL, error_facts = NULL WHERE job = ? AND name = ? AND chunk IS NULL",
            [(one.part, one.size, one.mtime_ns, job_id, text_of(one.name)) for one in objects],
        )

    def replace_files(self, job_id: int, objects: Sequence[NewObject]) -> None:
        """Durable: failed objects whose files are others by now wait for another job, each in its
        part; what a job there has of them counts no more.
        """
        names = [(job_id, text_of(one.name)) for one in objects]
        self._durable_steps(
            (
                "DELETE FROM blob WHERE object = (SELECT id FROM object WHERE job = ? AND name = ?"
                " AND state = 'failed')",
                names,
            ),
            (
                "UPDATE object SET part = ?, size = ?, mtime_ns = ?, chunk = NULL, version = '',"
                " state = 'waiting', ended = NULL, error_code = NULL, error_facts = NULL"
                " WHERE job = ? AND name = ? AND state = 'failed'",
                [
                    (one.part, one.size, one.mtime_ns, *name)
                    for one, name in zip(objects, names, strict=True)
                ],
            ),
        )

    def release(self, job_id: int, part: int, state: str) -> None:
        """Durable: a part's job is closed there, and holds only what is in cache. `state` is
        "truncated", or "gone" where that is nothing.
        """
        out = "job = ? AND part = ? AND state NOT IN ('in cache', 'persisted')"
        self._durable_steps(
            (
                f"DELETE FROM blob WHERE object IN (SELECT id FROM object WHERE {out})",
                [(job_id, part)],
            ),
            (f"UPDATE object SET chunk = NULL, version = '' WHERE {out}", [(job_id, part)]),
            (
                "UPDATE appliance_job SET state = ?, last_activity = ? WHERE job = ? AND part = ?",
                [(state, _now(), job_id, part)],
            ),
        )

    def begin_run(self, job_id: int) -> None:
        """How the last run ended is over, now that there is another one; and what was persisted of
        a job that was closed is not all of it any more.
        """
        self._put(
            "UPDATE job SET options = json_remove(COALESCE(options, '{}'), '$.end'),"
            " persisted = NULL WHERE id = ?",
            (job_id,),
        )

    def begin_anew(
        self, job_id: int, lost: Sequence[int], beyond: int, states: Sequence[ObjectState]
    ) -> None:
        """Durable: the appliance has dropped the jobs of some parts of an upload. What is in one of
        these states is to be asked for with other jobs, so many parts further on.
        """
        wanted = f"job = ? AND part IN ({','.join('?' * len(lost))})"
        wanted += f" AND state IN ({','.join('?' * len(states))})"
        wanted += " AND (state != 'failed' OR chunk IS NOT NULL)"
        row = (job_id, *lost, *(state.value for state in states))
        self._durable_steps(
            (f"DELETE FROM blob WHERE object IN (SELECT id FROM object WHERE {wanted})", [row]),
            (
                "UPDATE appliance_job SET state = 'gone' WHERE job = ? AND part = ?",
                [(job_id, part) for part in lost],
            ),
            (
                "UPDATE object SET part = part + ?, chunk = NULL, version = '', state = 'waiting',"
                f" ended = NULL, error_code = NULL, error_facts = NULL WHERE {wanted}",
                [(beyond, *row)],
            ),
        )

    def open_cancelled_again(self, job_id: int) -> None:
        """The objects of a job that was refused as a whole wait again."""
        self._put(
            "UPDATE object SET state = 'waiting', ended = NULL WHERE job = ?"
            " AND state = 'cancelled'",
            (job_id,),
        )

    def remove_job(self, job_id: int) -> None:
        """The user wants to see the job no more; what became of it is kept."""
        self._put("UPDATE job SET removed = ? WHERE id = ?", (_now(), job_id))

    def forget_session(self, session_id: str) -> None:
        """Durable: no job of a session was ever here. None of them may be running."""
        jobs = "(SELECT id FROM job WHERE session = ?)"
        row = [(session_id,)]
        self._durable_steps(
            (
                f"DELETE FROM blob WHERE object IN (SELECT id FROM object WHERE job IN {jobs})",
                row,
            ),
            *(
                (f"DELETE FROM {table} WHERE job IN {jobs}", row)
                for table in ("object", "chunk", "appliance_job")
            ),
            ("DELETE FROM job WHERE session = ?", row),
        )

    def set_persisted(self, job_id: int) -> None:
        self._put("UPDATE job SET persisted = ? WHERE id = ?", (_now(), job_id))

    def intend(self, job_id: int, part: int) -> None:
        """Durable: a job is about to be asked of the appliance. The first intent's time is kept."""
        self._durable(
            "INSERT OR IGNORE INTO appliance_job (job, part, intended, state)"
            " VALUES (?, ?, ?, 'intended')",
            (job_id, part, _now()),
        )

    def listed(self, job_id: int, part: int, chunks: Sequence[Chunk], first_chunk: int) -> None:
        """Durable: some of the chunks and blobs that the appliance has made of a part.

        Objects and blobs name their chunk by its number in the whole job, which is the appliance's
        plus `first_chunk`. What an earlier job brought of an object stays done; see
        `drop_replaced`.
        """
        self._durable_steps(
            (
                "INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?)",
                [(job_id, part, c.number, c.chunk_id, c.node_id) for c in chunks],
            ),
            (
                "UPDATE object SET version = ?,"
                " chunk = CASE WHEN ? = 0 THEN ? ELSE COALESCE(chunk, ?) END"
                " WHERE job = ? AND name = ? AND part = ?",
                object_rows(job_id, part, chunks, first_chunk),
            ),
            (
                'INSERT INTO blob (object, "offset", length, chunk, state)'
                " SELECT id, ?, ?, ?, 'waiting' FROM object"
                " WHERE job = ? AND name = ? AND part = ?"
                ' ON CONFLICT (object, "offset") DO UPDATE SET chunk = excluded.chunk,'
                " length = excluded.length, state = CASE WHEN state = 'done'"
                " AND length = excluded.length THEN 'done' ELSE 'waiting' END",
                blob_rows(job_id, part, chunks, first_chunk),
            ),
        )

    def drop_unproved(self, job_id: int, part: int) -> None:
        """A download's objects are about to be listed for another job. Of what has no version
        nobody can say that it is the same object still: nothing of it counts.
        """
        self._put(
            "DELETE FROM blob WHERE object IN (SELECT id FROM object WHERE job = ? AND chunk >= 0"
            " AND part = ? AND version = '' AND ended IS NULL)",
            (job_id, part),
        )

    def drop_replaced(self, job_id: int, part: int, chunks: Sequence[Chunk]) -> None:
        """What an earlier job brought of an object counts no more where this one lists another."""
        self._put_many(
            "DELETE FROM blob WHERE object = (SELECT id FROM object WHERE job = ? AND name = ?"
            " AND part = ? AND ended IS NULL AND version NOT IN ('', ?))",
            [
                (job_id, blob.name, part, blob.version_id or "")
                for chunk in chunks
                for blob in chunk.blobs
            ],
        )

    def chunk_on_node(self, job_id: int, part: int, number: int, node_id: str) -> None:
        """The appliance has taken a chunk to one of its nodes; `number` is the appliance's own."""
        self._put(
            "UPDATE chunk SET node = ? WHERE job = ? AND part = ? AND number = ?",
            (node_id, job_id, part, number),
        )

    def withdraw_intent(self, job_id: int, part: int) -> None:
        """The appliance has refused the job: there is none to be looked for."""
        self._put(
            "DELETE FROM appliance_job WHERE job = ? AND part = ? AND appliance_id IS NULL",
            (job_id, part),
        )

    def created(self, job_id: int, part: int, appliance_id: str) -> None:
        """Durable: all of a part is listed, and this is the appliance's id of it.

        The size of what has no file yet is what its blobs come to: it may have been replaced since
        it was looked at.
        """
        self._durable_steps(
            (
                "UPDATE object SET size ="
                " (SELECT SUM(b.length) FROM blob b WHERE b.object = object.id)"
                " WHERE job = ? AND part = ? AND mtime_ns IS NULL AND ended IS NULL"
                " AND chunk IS NOT NULL",
                [(job_id, part)],
            ),
            (
                "UPDATE appliance_job SET appliance_id = ?, state = 'open', last_activity = ?"
                " WHERE job = ? AND part = ?",
                [(appliance_id, _now(), job_id, part)],
            ),
        )

    # --- what the appliance has of a job that goes on

    def unlist(self, job_id: int, part: int) -> None:
        """A part is about to be listed anew; none of its blobs is sure till then."""
        self._put(f"UPDATE blob SET state = 'unlisted' WHERE object IN {_OF_PART}", (job_id, part))

    def listed_again(self, job_id: int, part: int, chunks: Sequence[Chunk]) -> None:
        """Durable: some of what the appliance lists of an upload after `unlist`."""
        self._durable_steps(
            (
                'UPDATE blob SET state = ? WHERE "offset" = ? AND object ='
                " (SELECT id FROM object WHERE job = ? AND name = ? AND part = ?)",
                [
                    ("done" if b.in_cache else "waiting", b.offset, job_id, b.name, part)
                    for chunk in chunks
                    for b in chunk.blobs
                ],
            )
        )

    def keep_unlisted(self, job_id: int, part: int) -> None:
        """Durable: what the appliance lists no more of an upload, it has.

        An object that had ended as being there, and is not, is open again.
        """
        self._durable_steps(
            (
                f"UPDATE blob SET state = 'done' WHERE state = 'unlisted' AND object IN {_OF_PART}",
                [(job_id, part)],
            ),
            (
                "UPDATE object SET state = 'waiting', ended = NULL WHERE job = ? AND part = ?"
                " AND state = 'in cache'"
                " AND id IN (SELECT object FROM blob WHERE state = 'waiting')",
                [(job_id, part)],
            ),
        )

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

    def blobs_in_cache(self, job_id: int, part: int, chunk: Chunk, state: ObjectState) -> None:
        """Which blobs of a chunk are in cache, of a job that moves nothing here. An object of which
        all are has this state and has not ended: the appliance may let go of it again.
        """
        names = dict.fromkeys(text_of(blob.name) for blob in chunk.blobs)
        self._steps(
            (
                "UPDATE blob SET state = ? WHERE \"offset\" = ? AND state != 'done' AND object ="
                " (SELECT id FROM object WHERE job = ? AND name = ? AND part = ?)",
                [
                    (
                        *("in cache" if blob.in_cache else "waiting", blob.offset),
                        *(job_id, text_of(blob.name), part),
                    )
                    for blob in chunk.blobs
                ],
            ),
            (
                "UPDATE object SET state = CASE WHEN EXISTS (SELECT 1 FROM blob WHERE object ="
                " object.id AND state = 'waiting') THEN 'waiting' ELSE ? END"
                " WHERE job = ? AND name = ? AND part = ? AND ended IS NULL",
                [(state.value, job_id, name, part) for name in names],
            ),
        )

    def forget_cached(self, job_id: int) -> None:
        """What was in cache, of a job that moves nothing here, may be there no more."""
        self._put(
            "UPDATE blob SET state = 'waiting' WHERE state = 'in cache'"
            " AND object IN (SELECT id FROM object WHERE job = ?)",
            (job_id,),
        )

    def appliance_job_ended(self, job_id: int, part: int, state: str) -> None:
        """`state`: moved, cancelled, truncated, or gone: the appliance has ended it. An upload's
        is lost until its objects are asked for with another job.
        """
        self._put(
            "UPDATE appliance_job SET state = ?, last_activity = ? WHERE job = ? AND part = ?",
            (state, _now(), job_id, part),
        )

    # --- objects and blobs

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
                    _now() if new.state is not ObjectState.WAITING else None,
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

    def move_open_objects(self, job_id: int, part: int, to: int) -> None:
        """Durable: what is left of a part is to be asked for with another job."""
        self._durable(
            "UPDATE object SET part = ? WHERE job = ? AND part = ? AND ended IS NULL",
            (to, job_id, part),
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
        self._put_end(_BLOB_ENDED, (tries, digest, offset, job_id, text_of(name)))

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
            *(*failure_columns(failure), _now(), started and started.isoformat()),
            *(job_id, text_of(name)),
        )
        if durable:
            self._durable(_OBJECT_ENDED, row)
        else:
            self._put_end(_OBJECT_ENDED, row)

    def end_open_objects(self, job_id: int, state: ObjectState) -> None:
        """Give all objects that have not ended one state; for a job that is over."""
        self._put(
            "UPDATE object SET state = ?, ended = ? WHERE job = ? AND ended IS NULL",
            (state.value, _now(), job_id),
        )

    def keep_open_objects(self, job_id: int, part: int) -> None:
        """A job of an upload has ended there with all that it was made for."""
        self._put(
            "UPDATE object SET state = 'in cache', ended = ? WHERE job = ? AND part = ?"
            " AND ended IS NULL",
            (_now(), job_id, part),
        )

    def end_part(self, job_id: int, part: int, state: ObjectState) -> None:
        """Durable: the appliance has done what a part's job was made for, but for what failed."""
        self._durable_steps(
            (
                f"UPDATE blob SET state = 'done' WHERE object IN {_OF_PART}"
                " AND object IN (SELECT id FROM object WHERE ended IS NULL)",
                [(job_id, part)],
            ),
            (
                "UPDATE object SET state = ?, ended = ? WHERE job = ? AND part = ?"
                " AND ended IS NULL",
                [(state.value, _now(), job_id, part)],
            ),
        )

    def discard_objects(self, job_id: int, part: int) -> None:
        """What was in cache is there no more: a job was cancelled there with all it brought."""
        self._put(
            "UPDATE object SET state = 'cancelled', ended = ? WHERE job = ? AND part = ?"
            " AND state = 'in cache'",
            (_now(), job_id, part),
        )

    def bring_back(self, *statements: Statement) -> None:
        """Durable, all of it or nothing: what `recovery` knows of jobs that the ledger had lost."""
        self._durable_steps(*statements)

    def flush(self) -> None:
        """Durable: all that was handed over before."""
        self._durable_steps()

    # --- handing over

    def _put(self, query: str, row: Sequence[Any]) -> None:
        self._writer.put((query, [row]))

    def _put_end(self, query: str, row: Sequence[Any]) -> None:
        self._writer.put_end(query, row)

    def _put_many(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self._writer.put((query, rows))

    def _steps(self, *statements: Statement) -> None:
        self._writer.put(*statements)

    def _durable(self, query: str, row: Sequence[Any]) -> None:
        self._durable_steps((query, [row]))

    def _durable_steps(self, *statements: Statement) -> None:
        while True:
            try:
                self._writer.put_durable(*statements)
            except LedgerUnwritable as error:
                if self._wait is None:
                    raise
                if not self._wait(error):
                    self._writer.put(*statements)
                    return
            else:
                return


def _state_row(job_id: int, state: State, reason: str | None) -> Sequence[Any]:
    return (state.value, reason, _now() if state.ended else None, _now(), job_id)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _last_written(path: Path) -> datetime | None:
    files = (path, path.with_name(path.name + "-wal"))
    times = [file.stat().st_mtime for file in files if file.exists()]
    return datetime.fromtimestamp(max(times), UTC) if times else None
