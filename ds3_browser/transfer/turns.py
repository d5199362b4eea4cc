"""What all jobs share: places for folder walks, uploads and downloads, and the limit of speed.

A place is taken in the order of ranks, which are the jobs' own and outlive a restart. A job that
waits long lends its place and, when there is something to move again, stands at the front of the
line. Any thread may call.
"""

from __future__ import annotations

import enum
import sys
import threading
from collections.abc import Callable, Sequence

from .limit import Limit


class Kind(enum.Enum):
    WALK = "walk"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    UNATTENDED = "unattended"  # the appliance's own work: there is always a place


class Turn:
    """One job's place, or its place in the line. Made by `Turns.join`, given back by `leave`.

    A lower `rank` stands further forward. Who `returns` has had a place before, and is first.
    """

    def __init__(self, turns: Turns, kind: Kind, wake: Callable[[], None], rank: float) -> None:
        self._turns = turns
        self.kind = kind
        self.wake = wake
        self.rank = rank
        self.returns = False

    @property
    def position(self) -> int:
        """0 with a place; 1 for the next in line."""
        return self._turns.position(self)

    def move(self, places: int) -> None:
        """Stand further forward in the line, by so many places, or further back where negative.

        Its rank is another one then. Nothing for who is not in line.
        """
        self._turns.move(self, places)

    def leave(self) -> None:
        """Give back the place, or leave the line. More than once is harmless."""
        self._turns.leave(self)

    def come_back(self) -> None:
        """Ask for a place again after `leave`, before all who queue."""
        self._turns.come_back(self)


class Turns:
    """`uploads`, `downloads` and `walks` are how many may run at once, `limit` how fast all are."""

    def __init__(self, uploads: int = 2, downloads: int = 2, walks: int = 2) -> None:
        self.limit = Limit()
        self._lock = threading.Lock()
        self._limits = {Kind.UPLOAD: uploads, Kind.DOWNLOAD: downloads, Kind.WALK: walks}
        self._limits[Kind.UNATTENDED] = sys.maxsize
        self._holders: dict[Kind, list[Turn]] = {kind: [] for kind in Kind}
        self._line: dict[Kind, list[Turn]] = {kind: [] for kind in Kind}

    def join(self, kind: Kind, wake: Callable[[], None], rank: float | None = None) -> Turn:
        """Stand in line, at its end without a `rank`. `wake` is called, from any thread, whenever
        the position changes.
        """
        with self._lock:
            line = self._line[kind]
            if rank is None:
                rank = max((other.rank for other in line), default=0.0) + 1
            turn = Turn(self, kind, wake, rank)
            before = [n for n, other in enumerate(line) if other.returns or other.rank <= rank]
            line.insert(before[-1] + 1 if before else 0, turn)
            granted = self._grant(kind)
            moved = [other for other in (*granted, *line) if other is not turn]
        for other in moved:
            other.wake()
        return turn

    def position(self, turn: Turn) -> int:
        with self._lock:
            line = self._line[turn.kind]
            return line.index(turn) + 1 if turn in line else 0

    def move(self, turn: Turn, places: int) -> None:
        with self._lock:
            line = self._line[turn.kind]
            if turn not in line:
                return
            at = line.index(turn)
            line.remove(turn)
            at = max(0, at - places)
            turn.rank = self._rank_at(turn, line, at)
            line.insert(at, turn)
            told = list(line)
        for other in told:
            other.wake()

    def _rank_at(self, turn: Turn, line: Sequence[Turn], at: int) -> float:
        """The rank that leads to a place in a line; behind those who have a place already."""
        ahead = [other.rank for other in line[:at] if not other.returns]
        behind = [other.rank for other in line[at:] if not other.returns]
        if not behind:
            return ahead[-1] + 1 if ahead else turn.rank
        if not ahead:
            served = (holder.rank for holder in self._holders[turn.kind])
            ahead = [max((rank for rank in served if rank < behind[0]), default=behind[0] - 2)]
        return (ahead[-1] + behind[0]) / 2

    def leave(self, turn: Turn) -> None:
        with self._lock:
            for places in (self._holders[turn.kind], self._line[turn.kind]):
                if turn in places:
                    places.remove(turn)
            moved = self._grant(turn.kind) + list(self._line[turn.kind])
        for other in moved:
            other.wake()

    def come_back(self, turn: Turn) -> None:
        with self._lock:
            if turn not in self._holders[turn.kind] + self._line[turn.kind]:
                turn.returns = True
                self._line[turn.kind].insert(0, turn)
                self._grant(turn.kind)

    def set_limit(self, kind: Kind, at_once: int) -> None:
        """Let so many run at once. Who has a place keeps it; from any thread."""
        with self._lock:
            self._limits[kind] = at_once
            moved = self._grant(kind) + list(self._line[kind])
        for turn in moved:
            turn.wake()

    def _grant(self, kind: Kind) -> list[Turn]:
        """Hand out the free places; the lock is held. Returns who got one."""
        granted = []
        while self._line[kind] and len(self._holders[kind]) < self._limits[kind]:
            turn = self._line[kind].pop(0)
            turn.returns = False
            self._holders[kind].append(turn)
            granted.append(turn)
        return granted
