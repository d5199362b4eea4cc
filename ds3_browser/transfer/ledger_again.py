"""What a further run of a job changes in the ledger: what waits again, and for which job there."""

from __future__ import annotations

from collections.abc import Sequence

from .events import ObjectState
from .ledger_columns import text_of
from .ledger_records import NewObject
from .ledger_steps import Steps, now

_TRIES_AHEAD = (
    "UPDATE blob SET tries = 0 WHERE state != 'done' AND object IN (SELECT id FROM object WHERE {})"
)


class AgainSteps(Steps):
    """Steps of a retry, or of a run that goes on."""

    def begin_run(self, job_id: int) -> None:
        """How the last run ended is over, now that there is another one; and what was persisted of
        a job that was closed is not all of it any more.
        """
        self._put(
            "UPDATE job SET options = json_remove(COALESCE(options, '{}'), '$.end'),"
            " persisted = NULL WHERE id = ?",
            (job_id,),
        )

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

    def open_cancelled_again(self, job_id: int) -> None:
        """The objects of a job that was refused as a whole wait again."""
        self._put(
            "UPDATE object SET state = 'waiting', ended = NULL WHERE job = ?"
            " AND state = 'cancelled'",
            (job_id,),
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
                [(state, now(), job_id, part)],
            ),
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
