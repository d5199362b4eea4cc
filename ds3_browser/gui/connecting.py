"""The connection test: reach the address, look at the certificate, ask for the buckets.

Each step is a short call in the background. Nothing signed is sent before the certificate is
trusted as set.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ds3_browser import log as redaction
from ds3_browser.gui.findings import Findings
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.gui.workers import Calls
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import TlsFailed
from ds3_browser.protocol.probe import Reached, reach
from ds3_browser.protocol.records import Credentials, Endpoint, Service
from ds3_browser.protocol.transport import Certificate, Timeouts, peek_certificate

log = logging.getLogger(__name__)

TIMEOUTS = Timeouts(connect=10, call=20)

Tell = Callable[[Findings], None]


def start_test(
    calls: Calls, session: SavedSession, credentials: Credentials, tell: Tell
) -> Callable[[], None]:
    """Test in the background and `tell` after each step; the last findings are not `running`.

    Return what stops it: nothing is told after that.
    """
    redaction.hide(credentials.secret_key)  # also one that is never kept
    return _Test(calls, session, credentials, tell).stop


class _Test:
    def __init__(
        self, calls: Calls, session: SavedSession, credentials: Credentials, tell: Tell
    ) -> None:
        self._calls = calls
        self._credentials = credentials
        self._told = tell
        self._stopped = False
        self._findings = Findings(session.direct_endpoint)
        self._tell()
        self._ask(partial(_reach, session), self._reached)

    def stop(self) -> None:
        self._stopped = True

    def _reached(self, found: tuple[Endpoint, Reached]) -> None:
        endpoint, reached = found
        self._tell(endpoint=endpoint, reached=reached)
        check = partial(_check, self._findings.endpoint, self._credentials)
        self._ask(check, self._checked)

    def _checked(self, answer: tuple[Service, float | None]) -> None:
        service, difference = answer
        self._tell(service=service, clock_difference_s=difference, running=False)

    def _failed(self, error: Exception) -> None:
        endpoint = self._findings.endpoint
        if isinstance(error, TlsFailed):
            self._tell(error=error)
            self._ask(partial(peek_certificate, endpoint), self._peeked, self._not_peeked)
        else:
            self._tell(error=error, running=False)

    def _peeked(self, certificate: Certificate) -> None:
        self._tell(certificate=certificate, running=False)

    def _not_peeked(self, error: Exception) -> None:
        log.info("the certificate cannot be looked at: %s", error)
        self._tell(running=False)

    def _ask(
        self,
        call: Callable[[], Any],  # Any: whatever the step's taker takes
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        self._calls.run_call(
            call,
            partial(self._unless_stopped, on_result),
            partial(self._unless_stopped, on_error or self._failed),
        )

    def _unless_stopped(self, take: Callable[[Any], None], answer: Any) -> None:
        if not self._stopped:
            take(answer)

    def _tell(self, **facts: Any) -> None:
        self._findings = replace(self._findings, **facts)
        self._told(self._findings)


def _reach(session: SavedSession) -> tuple[Endpoint, Reached]:
    endpoint = session.endpoint
    return endpoint, reach(endpoint)


def _check(endpoint: Endpoint, credentials: Credentials) -> tuple[Service, float | None]:
    client = Ds3Client(endpoint, credentials, timeouts=TIMEOUTS)
    try:
        return client.service_and_clock()
    finally:
        client.close()
