"""What a user reads of an upload's verify after write: what was asked for, and what was told of it.

The appliance gives no result of it. It tells whether a running job has it, and of a job that went
wrong an error message, which need not be about that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui.job_row import JobRow
from ds3_browser.gui.theme import Role
from ds3_browser.transfer.events import Said

_tr = partial(QCoreApplication.translate, "read_back_words")

MOST_SHOWN = 400  # characters of an appliance's message


@dataclass(frozen=True, slots=True)
class ReadBackWords:
    text: str
    role: Role


def read_back(row: JobRow) -> ReadBackWords | None:
    """What is known of an upload's verify after write; None where there is nothing to tell."""
    if not row.uploads:
        return None
    told = _told(row.verify_asked, row.said, persisted=row.persisted is not None)
    message = row.said.error_message
    if message:
        says = _tr("The appliance says of this job: {message}").format(message=_short(message))
        return ReadBackWords(f"{told} {says}" if told else says, Role.WARNING)
    if not told:
        return None
    refused = row.verify_asked and row.said.verifies_writes is False
    return ReadBackWords(told, Role.WARNING if refused else Role.SECONDARY)


def _told(asked: bool, said: Said, *, persisted: bool) -> str:
    if asked and said.verifies_writes is False:
        return _tr("Verify after write was asked for, but the appliance's job does not have it.")
    if not asked and not said.verifies_writes:
        return ""
    if not asked:
        has = _tr("The appliance's job has verify after write.")
    elif said.verifies_writes:
        has = _tr("Verify after write was asked for, and the appliance's job has it.")
    else:
        has = _tr("Verify after write was asked for.")
    if said.error_message:
        return has
    if persisted and said.error_message == "":
        end = _tr("All is persisted, without an error message; the appliance tells no result.")
    else:
        end = _tr("The appliance tells no result of it, only an error message if there is one.")
    return f"{has} {end}"


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}…"


def report_words(asked: bool, said: Said) -> str:
    """The same in few words, for each line of a report; empty where there is nothing to tell."""
    if asked and said.verifies_writes is False:
        return _tr("asked for, not in the appliance's job")
    if asked:
        has = _tr("asked for, in the appliance's job")
        return has if said.verifies_writes else _tr("asked for")
    return _tr("in the appliance's job") if said.verifies_writes else ""
