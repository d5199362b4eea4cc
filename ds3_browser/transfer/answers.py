"""What a person says of files that a download meets, one after the other, or for all that follow.

The job's thread asks and waits; any thread answers. Answers are kept in the ledger, so that nobody
is asked twice after a restart.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping

from .events import Question
from .part_file import Existing

FOR_ALL = ""  # no object's name


class Answers:
    """`existing` is what was chosen before the job began; only `ASK` asks."""

    def __init__(self, existing: Existing, kept: Mapping[str, str]) -> None:
        self._existing = existing
        self._kept = {name: Existing(value) for name, value in kept.items()}
        self._asked: Question | None = None
        self._changing = threading.Lock()

    def of(self, name: str) -> Existing:
        """What to do with a file that is there; one that nobody was asked about is kept."""
        return self._known(name) or Existing.KEEP_BOTH

    def _known(self, name: str) -> Existing | None:
        if self._existing is not Existing.ASK:
            return self._existing
        return self._kept.get(name) or self._kept.get(FOR_ALL)

    def give(self, question: Question, existing: Existing, *, for_all: bool) -> None:
        """Answer; what is not the question of now was answered before. From any thread."""
        with self._changing:
            if question == self._asked:
                self._kept[FOR_ALL if for_all else question.name] = existing
                self._asked = None

    def ask(
        self,
        name: str,
        path: str,
        size: int | None,
        wait: Callable[[Question, Callable[[], Existing | None]], Existing],
        keep: Callable[[str], None],
    ) -> Existing:
        """What to do with the file at `path`: what is known, else what somebody says.

        `wait` waits until there is an answer; `keep` is given all of them, as JSON.
        """
        if (known := self._known(name)) is not None:
            return known
        try:
            status = os.lstat(path)
        except OSError:
            return Existing.KEEP_BOTH  # it has gone meanwhile
        question = Question(name, path, size, status.st_size, status.st_mtime)
        with self._changing:
            self._asked = question
        answer = wait(question, lambda: self._known(name))
        with self._changing:
            keep(json.dumps({name: each.value for name, each in self._kept.items()}))
        return answer
