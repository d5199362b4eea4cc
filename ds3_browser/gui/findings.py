"""What a connection test has found so far, and its check list in words.

Pure: takes facts, gives rows. The list stops at the first failure, and each later step then says
for what it waits.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format, messages
from ds3_browser.gui.messages import Doing
from ds3_browser.gui.theme import Role
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    ClockSkewed,
    ConnectionFailed,
    Gone,
    ManagementPort,
    NotFound,
    RequestRefused,
    TlsFailed,
)
from ds3_browser.protocol.probe import Reached
from ds3_browser.protocol.records import Endpoint, Service
from ds3_browser.protocol.transport import Certificate

_tr = partial(QCoreApplication.translate, "findings")

CLOCK_WARNING_S = 5 * 60


class Mark(enum.Enum):
    """How a step stands; (icon, role) is how it is shown."""

    OPEN = ("circle-dashed", Role.SECONDARY)
    GOOD = ("circle-check", Role.SUCCESS)
    WARNING = ("circle-alert", Role.WARNING)
    BAD = ("circle-x", Role.ERROR)

    @property
    def icon(self) -> str:
        return self.value[0]

    @property
    def role(self) -> Role:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list: what was found, and at the right what goes with it."""

    text: str
    mark: Mark = Mark.OPEN
    note: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Facts so far. `error` ended the test; `certificate` is what was shown where none is trusted.

    `clock_difference_s` is this computer's clock minus the appliance's.
    """

    endpoint: Endpoint
    running: bool = True
    reached: Reached | None = None
    service: Service | None = None
    clock_difference_s: float | None = None
    certificate: Certificate | None = None
    error: BaseException | None = None

    @property
    def untrusted(self) -> bool:
        """Whether a decision about the certificate is needed before anything else."""
        return isinstance(self.error, TlsFailed) and self.certificate is not None

    @property
    def good(self) -> bool:
        return self.service is not None


def steps(found: Findings) -> tuple[Step, ...]:
    """Return the five lines in their order."""
    return (
        _reached(found),
        _certificate(found),
        _data_path(found),
        _keys(found),
        _clocks(found),
    )


def trouble(found: Findings) -> str | None:
    """Return the sentence of the failure that ended the test, None if there was none."""
    if found.error is None:
        return None
    return messages.sentence(found.error, doing=Doing.CONNECT, host=found.endpoint.host).text


def _reached(found: Findings) -> Step:
    reached = found.reached
    if reached is None:
        if found.error is not None:
            return Step(_tr("Not reached"), Mark.BAD)
        return Step(_tr("Reaching {host}").format(host=found.endpoint.host))
    milliseconds = max(1, round(reached.seconds * 1000))
    note = _tr("{n} ms").format(n=format.count(milliseconds))
    text = (
        _tr("Reached the proxy {address}, port {port}")
        if reached.proxied
        else _tr("Reached {address}, port {port}")
    )
    return Step(text.format(address=reached.address, port=reached.port), Mark.GOOD, note)


def _certificate(found: Findings) -> Step:
    if found.endpoint.scheme == "http":
        mark = Mark.WARNING if found.reached is not None else Mark.OPEN
        return Step(_tr("Not encrypted"), mark)
    if isinstance(found.error, TlsFailed):
        if found.certificate is None:
            return Step(_tr("No secure connection"), Mark.BAD)
        return Step(_tr("Certificate not trusted yet"), Mark.WARNING, _tr("see below"))
    if not _answered(found):
        return Step(_tr("Certificate trusted"))
    if not found.endpoint.verify and found.endpoint.pin is None:
        return Step(_tr("Certificate not verified"), Mark.WARNING)
    if found.endpoint.pin is not None:
        return Step(_tr("Certificate trusted by you"), Mark.GOOD)
    return Step(_tr("Certificate trusted"), Mark.GOOD)


def _data_path(found: Findings) -> Step:
    text = _tr("Data path, not the management port")
    if isinstance(found.error, ManagementPort):
        return Step(_tr("The management port, not the data path"), Mark.BAD)
    if isinstance(found.error, TlsFailed):
        return Step(text, Mark.OPEN, _tr("waits for the certificate"))
    if found.reached is None or not _answered(found):
        return Step(text)
    if found.error is not None and not _is_denial(found.error):
        return Step(text, Mark.BAD)
    return Step(text, Mark.GOOD)


def _keys(found: Findings) -> Step:
    if isinstance(found.error, BadCredentials):
        return Step(_tr("Keys not accepted"), Mark.BAD)
    if isinstance(found.error, AccessDenied):
        return Step(_tr("Keys accepted, no right to list buckets"), Mark.WARNING)
    return Step(_tr("Keys accepted"), Mark.GOOD if found.good else Mark.OPEN)


def _clocks(found: Findings) -> Step:
    if isinstance(found.error, ClockSkewed):
        return Step(_tr("Clocks differ"), Mark.BAD, _difference(found.error.difference_s))
    if not found.good:
        return Step(_tr("Clocks agree"))
    off = found.clock_difference_s
    if off is None:
        return Step(_tr("Clock not told"), Mark.WARNING)
    if abs(off) >= CLOCK_WARNING_S:
        return Step(_tr("Clocks differ"), Mark.WARNING, _difference(off))
    return Step(_tr("Clocks agree"), Mark.GOOD)


def _difference(seconds: float | None) -> str:
    return "" if seconds is None else _tr("by {time}").format(time=format.duration(abs(seconds)))


def _answered(found: Findings) -> bool:
    """Whether anything came back over the connection, so that it was good as such."""
    return found.good or (found.error is not None and not isinstance(found.error, ConnectionFailed))


def _is_denial(error: BaseException) -> bool:
    """A refusal in the appliance's own terms: it is a data path that answered."""
    return isinstance(error, BadCredentials | ClockSkewed | AccessDenied) or (
        isinstance(error, RequestRefused)
        and not isinstance(error, ManagementPort | NotFound | Gone)
    )
