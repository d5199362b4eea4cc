"""The troubles of this run, newest first: failed jobs, appliances that were not reached, keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal

from ds3_browser.gui.messages import Message

MOST = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """One trouble. `job_id` or `session_id` tells what it is about, for its button.

    `fixed` where the session cannot be edited.
    """

    at: datetime
    message: Message
    job_id: int | None = None
    session_id: str | None = None
    fixed: bool = False


class Problems(QObject):
    """Signal: `changed`. What is the same as the last one of its session is kept once."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._problems: list[Problem] = []

    def all(self) -> tuple[Problem, ...]:
        return tuple(reversed(self._problems))

    def add(
        self,
        message: Message,
        job_id: int | None = None,
        session_id: str | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        problem = Problem(datetime.now(UTC), message, job_id, session_id, fixed)
        last = self._problems[-1] if self._problems else None
        if last is not None and (last.message.text, last.job_id, last.session_id) == (
            *(message.text, job_id),
            session_id,
        ):
            self._problems.pop()
        self._problems.append(problem)
        del self._problems[:-MOST]
        self.changed.emit()

    def forget_job(self, job_id: int) -> None:
        """A job is no longer in the list, so its trouble leads nowhere."""
        self._problems = [one for one in self._problems if one.job_id != job_id]
        self.changed.emit()

    def forget_session(self, session_id: str) -> None:
        """A session is no more, so its trouble leads nowhere."""
        self._problems = [one for one in self._problems if one.session_id != session_id]
        self.changed.emit()
