"""What the ledger keeps of the jobs on the appliance, which are the parts of a job of ours."""

from __future__ import annotations

from collections.abc import Sequence

from ds3_browser.protocol.records import Chunk

from .events import ObjectState
from .ledger_columns import blob_rows, object_rows, text_of
from .ledger_steps import Steps, now

_OF_PART = "(SELECT id FROM object WHERE job = ? AND part = ?)"


class PartSteps(Steps):
    """Steps about parts, and what the appliance lists of them."""

    def intend(self, job_id: int, part: int) -> None:
        """Durable: a job is about to be asked of the appliance. The first intent's time is kept."""
        self._durable(
            "INSERT OR IGNORE INTO appliance_job (job, part, intended, state)"
            " VALUES (?, ?, ?, 'intended')",
            (job_id, part, now()),
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
                [(appliance_id, now(), job_id, part)],
            ),
        )

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

    def move_open_objects(self, job_id: int, part: int, to: int) -> None:
        """Durable: what is left of a part is to be asked for with another job."""
        self._durable(
            "UPDATE object SET part = ? WHERE job = ? AND part = ? AND ended IS NULL",
            (to, job_id, part),
        )

    def keep_open_objects(self, job_id: int, part: int) -> None:
        """A job of an upload has ended there with all that it was made for."""
        self._put(
            "UPDATE object SET state = 'in cache', ended = ? WHERE job = ? AND part = ?"
            " AND ended IS NULL",
            (now(), job_id, part),
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
                [(state.value, now(), job_id, part)],
            ),
        )

    def discard_objects(self, job_id: int, part: int) -> None:
        """What was in cache is there no more: a job was cancelled there with all it brought."""
        self._put(
            "UPDATE object SET state = 'cancelled', ended = ? WHERE job = ? AND part = ?"
            " AND state = 'in cache'",
            (now(), job_id, part),
        )

    def appliance_job_ended(self, job_id: int, part: int, state: str) -> None:
        """`state`: moved, cancelled, truncated, or gone: the appliance has ended it. An upload's
        is lost until its objects are asked for with another job.
        """
        self._put(
            "UPDATE appliance_job SET state = ?, last_activity = ? WHERE job = ? AND part = ?",
            (state, now(), job_id, part),
        )
