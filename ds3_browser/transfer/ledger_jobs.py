"""What the ledger keeps of a job as a whole: what it was asked to do, its state, how it ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any  # values of SQLite and JSON

from .events import Failure, Said, State
from .ledger_columns import failure_columns
from .ledger_records import SAID_MESSAGE, SAID_VERIFIES, JobRecord
from .ledger_steps import Steps, now

_STATE = (
    "UPDATE job SET state = ?, reason = ?, ended = ?, started = COALESCE(started, ?) WHERE id = ?"
)


class JobSteps(Steps):
    """Steps about jobs."""

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

    def set_persisted(self, job_id: int) -> None:
        self._put("UPDATE job SET persisted = ? WHERE id = ?", (now(), job_id))

    def remove_job(self, job_id: int) -> None:
        """The user wants to see the job no more; what became of it is kept."""
        self._put("UPDATE job SET removed = ? WHERE id = ?", (now(), job_id))

    def give_to_session(self, job_id: int, session_id: str) -> None:
        """A job goes on under another session, which leads to the same appliance."""
        self._put("UPDATE job SET session = ? WHERE id = ?", (session_id, job_id))

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


def _state_row(job_id: int, state: State, reason: str | None) -> Sequence[Any]:
    return (state.value, reason, now() if state.ended else None, now(), job_id)
