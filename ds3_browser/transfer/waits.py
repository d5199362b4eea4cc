"""How a job waits, and its places in the lines of jobs. All of it in the job's own thread.

A wait ends when its time is over, and at once on Try now, a pause or the job's end. A job that has
not moved a byte for a minute lends its place and takes the next free one when it has something to
move again; a paused job holds none.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from ds3_browser.protocol.errors import ConnectionFailed, TlsFailed

from .controls import Controls
from .errors import failure_of
from .events import Facts, State, WaitReason
from .reporting import Reporter
from .turns import Kind, Turn, Turns

log = logging.getLogger(__name__)

T = TypeVar("T")

LEND_AFTER_S = 60.0
BACK_OFF_S = (1, 2, 4, 8, 16, 32, 60)
LONG_S = 3600.0


class Waits:
    def __init__(
        self,
        controls: Controls,
        reporter: Reporter,
        turns: Turns,
        *,
        rank: float | None = None,
    ) -> None:
        """`rank` is the job's in every line."""
        self._controls = controls
        self._reporter = reporter
        self._turns = turns
        self._turn: Turn | None = None
        self._rank = rank
        self._waited_s = 0.0
        self._idle_since: float | None = None
        self._unreached = 0
        self._unreached_since: datetime | None = None

    # --- places in line

    def join(self, kind: Kind, rank: float | None) -> None:
        """Stand in line from now on, with this rank; without one, at the end. Waits for nothing."""
        self.leave_turn()
        self._turn = self._turns.join(kind, self._controls.wake.set, rank)
        self._rank = self._turn.rank

    def take_turn(self, kind: Kind) -> None:
        """Wait in line for a place. Raises JobCancelled."""
        if self._turn is None or self._turn.kind is not kind:
            self.join(kind, self._rank)
        self._stand_in_line()

    def move_in_line(self, places: int) -> float | None:
        """Stand further forward, or back. The rank since then, for who is in line.

        From any thread.
        """
        if (turn := self._turn) is None:
            return None
        turn.move(places)
        self._rank = turn.rank
        return turn.rank

    def leave_turn(self) -> None:
        if self._turn is not None:
            self._turn.leave()
            self._turn = None

    def something_moves(self) -> None:
        """There is something to move: take back a place that is lent. Raises JobCancelled."""
        self._idle_since = None
        self._regain_turn()

    def _regain_turn(self) -> None:
        if self._turn is not None:
            self._turn.come_back()
            self._stand_in_line()

    def _stand_in_line(self) -> None:
        while self._turn is not None and (position := self._turn.position):
            self._controls.check()
            if self._controls.paused:
                self._hold()
                self._turn.come_back()
                continue
            self._reporter.state(State.QUEUED, facts=Facts(position=position, line=self._turn.kind))
            self._controls.sleep(LONG_S)

    # --- the user's pause

    def checkpoint(self) -> bool:
        """A place where a job may end, or rest while it is paused; whether it did rest.

        Raises JobCancelled.
        """
        self._controls.check()
        if not self._controls.paused:
            return False
        self._hold()
        self._regain_turn()
        return True

    def _hold(self) -> None:
        if self._turn is not None:
            self._turn.leave()
        while since := self._controls.paused_at:
            self._controls.check()
            self._reporter.paused(Facts(since=since))
            self._controls.sleep(LONG_S)

    # --- waits with a reason

    def wait(
        self,
        reason: WaitReason,
        seconds: float,
        *,
        retry_after_s: float | None = None,
        facts: Facts | None = None,
    ) -> bool:
        """Wait for so many seconds, told with the reason; whether Try now ended it.

        Raises JobCancelled.
        """
        if self.checkpoint():
            return True
        self._controls.take_try_now()
        began = time.monotonic()
        self._idle_since = self._idle_since or began
        self._reporter.waiting(
            reason, facts or Facts(), datetime.now(UTC), seconds, self._waited_s, retry_after_s
        )
        tried_now = self._sleep_until(began + seconds)
        self._waited_s += time.monotonic() - began
        return tried_now

    def _sleep_until(self, end: float) -> bool:
        while (now := time.monotonic()) < end and not self._controls.paused:
            self._controls.check()
            if self._controls.take_try_now():
                return True
            lend_in = (self._idle_since or now) + LEND_AFTER_S - now
            if lend_in <= 0 and self._turn is not None:
                self._turn.leave()
            self._controls.sleep(min(end - now, lend_in if lend_in > 0 else LONG_S))
        self._controls.check()
        return False

    def for_answer(self, facts: Facts, take: Callable[[], T | None]) -> T:
        """Wait for what a person has to say; meanwhile its place is free. Raises JobCancelled."""
        while (answer := take()) is None:
            if self.checkpoint():
                continue
            if self._turn is not None:
                self._turn.leave()
            self._reporter.state(State.WAITING, WaitReason.ANSWER, facts)
            self._controls.sleep(LONG_S)
        self._regain_turn()
        return answer

    def for_network(self, error: ConnectionFailed) -> None:
        """No connection: wait a little longer each time, for ever. Raises JobCancelled."""
        self._controls.check()  # a connection that our own hangup cut is no trouble
        # A script may have nobody who is told of waits, and should not seem to hang.
        log.log(logging.INFO if self._unreached_since else logging.WARNING, "waiting: %s", error)
        self._unreached_since = self._unreached_since or datetime.now(UTC)
        why = failure_of(error) if isinstance(error, TlsFailed) else None
        facts = Facts(since=self._unreached_since, failure=why)
        self.wait(WaitReason.NETWORK, self.back_off(), facts=facts)

    def back_off(self) -> float:
        """Seconds to wait after one more call in a row that came to nothing."""
        step = BACK_OFF_S[min(self._unreached, len(BACK_OFF_S) - 1)]
        self._unreached += 1
        return step * random.uniform(0.8, 1.2)

    def reached(self) -> None:
        """The appliance answers: the next back-off begins anew."""
        self._unreached, self._unreached_since = 0, None
