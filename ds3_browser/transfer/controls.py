"""What others may want of a job that runs: flags, each followed by one wake-up.

Any thread sets them. The job's own thread waits on `wake` and nowhere else, and looks at the flags
when it is woken.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from ds3_browser.protocol.transport import Hangup

from .errors import JobCancelled
from .events import Cancel


class Controls:
    """`blobs` ends what the blob threads are doing, `calls` what the job's own thread asks."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.calls = Hangup()
        self.blobs = Hangup()
        self.how: Cancel | None = None
        self.interrupted = False
        self.paused_at: datetime | None = None
        self._try_now = False
        self._changing = threading.Lock()  # of who pauses, goes on or ends

    # --- from any thread

    def cancel(self, how: Cancel) -> None:
        """The first word counts."""
        with self._changing:
            self.how = self.how or how
            self._end()

    def interrupt(self) -> None:
        with self._changing:
            self.interrupted = True
            self._end()

    def _end(self) -> None:
        self.calls.fire()
        self.blobs.fire()
        self.wake.set()

    def pause(self) -> None:
        """A second call ends the blobs in flight as well."""
        with self._changing:
            if self.paused:
                self.blobs.fire()
            self.paused_at = self.paused_at or datetime.now(UTC)
        self.wake.set()

    def resume(self) -> None:
        """Go on. The blobs begun from now on live, whatever a pause did to those before."""
        with self._changing:
            self.paused_at = None
            if self.blobs.fired and not self.ending:
                self.blobs = Hangup()
        self.wake.set()

    def try_now(self) -> None:
        self._try_now = True
        self.wake.set()

    @property
    def paused(self) -> bool:
        return self.paused_at is not None

    @property
    def ending(self) -> bool:
        return self.how is not None or self.interrupted

    def check(self) -> None:
        """Raise JobCancelled where the run is to end. Every thread of the job calls it."""
        if self.ending:
            raise JobCancelled

    def check_blobs(self) -> None:
        """Raise JobCancelled where a blob is to end: with the run, or for a pause at once."""
        if self.ending or self.blobs.fired:
            raise JobCancelled

    # --- from the job's thread

    def sleep(self, seconds: float) -> None:
        """Let time pass, or less where something happens."""
        self.wake.wait(max(0.0, seconds))
        self.wake.clear()

    def take_try_now(self) -> bool:
        """Whether to ask at once, since this was last looked at."""
        wanted, self._try_now = self._try_now, False
        return wanted
