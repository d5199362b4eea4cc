"""Jobs under the hands of a restless user: whatever is pressed when, the end is true.

One seed is one race: what the jobs are, what is pressed and when, which faults the appliance has.
The engine and the simulator are the real ones, on real files; the clock decides what meets what, so
a seed that failed once need not fail again. `race` gives what was wrong in the end, in words.
"""

from __future__ import annotations

import contextlib
import random
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Ds3Error
from ds3_browser.protocol.records import Credentials, Endpoint, Priority, RequestType
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import (
    Actor,
    Cancel,
    Event,
    FailureCode,
    JobCreated,
    JobEnded,
    JobState,
    ObjectState,
    Outcome,
    Progress,
    State,
)
from ds3_browser.transfer.get import Existing, GetJob, GetSpec
from ds3_browser.transfer.ledger import JobRecord, Ledger, LedgerReader, ObjectRow
from ds3_browser.transfer.pool import BlobPool
from ds3_browser.transfer.put import PutJob, PutSpec
from ds3_browser.transfer.turns import Turns
from tests.protocol.bytes_moved import Collected

BUCKET = "archive"
BLOB = 16 << 10
STUCK_S = 30.0
SIZES = (0, 10, BLOB // 2, BLOB, BLOB * 2 + 5, BLOB * 4)
NAMES = tuple(f"f{number}" for number in range(9))
#: What `loop` rests for, in a race.
SHORT_RESTS = {"TRY_AGAIN_S": (0, 0, 0, 0), "BLOB_BUSY_S": 0.2, "BUSY_S": 0.5}
_THERE = (ObjectState.IN_CACHE, ObjectState.PERSISTED, ObjectState.DONE)
_STATES = {
    Outcome.DONE: State.DONE,
    Outcome.FAILED: State.FAILED,
    Outcome.CANCELLED: State.CANCELLED,
}

AnyJob = PutJob | GetJob


class Run:
    """One run of a job, in a thread of its own."""

    def __init__(self, job: AnyJob) -> None:
        self.job = job
        self.events: list[Event] = []
        self.thread = threading.Thread(target=job.run, args=(self._hear,), daemon=True)
        self.thread.start()

    def _hear(self, event: Event) -> None:
        """Somebody is there who answers what a download asks."""
        self.events.append(event)
        if isinstance(event, JobState) and event.facts.question is not None:
            assert isinstance(self.job, GetJob)
            self.job.answer(event.facts.question, Existing.KEEP_BOTH, for_all=False)

    @property
    def end(self) -> JobEnded | None:
        last = self.events[-1] if self.events else None
        return last if isinstance(last, JobEnded) else None

    def ends(self, deadline: float) -> bool:
        self.thread.join(max(0.0, deadline - time.monotonic()))
        return not self.thread.is_alive()


class Program:
    """One start of the program: what its jobs share, and the last run of each."""

    def __init__(self, simulator: Simulator, folder: Path, chance: random.Random) -> None:
        keys = Credentials(simulator.access_id, simulator.secret_key)
        fast = chance.random() < 0.7
        self.client = Ds3Client(Endpoint.parse(simulator.url), keys, fast=fast)
        self.ledger = Ledger(folder / "transfers.sqlite3")
        self.pool = BlobPool()
        places = chance.choice((1, 2))
        self.turns = Turns(places, places)
        self.runs: dict[int, Run] = {}

    def put(self, folder: Path, **options: object) -> None:
        job_id = self.ledger.reserve_job_id()
        spec = PutSpec(job_id, "s", BUCKET, "", (str(folder),), "up", **options)  # type: ignore[arg-type] # of any type
        self._begin(PutJob(spec, self.client, self.ledger, self.pool, self.turns))

    def get(self, target: Path, **options: object) -> None:
        job_id = self.ledger.reserve_job_id()
        spec = GetSpec(job_id, "s", BUCKET, "", (), ("in/",), str(target), "down", **options)  # type: ignore[arg-type] # of any type
        self._begin(GetJob(spec, self.client, self.ledger, self.pool, self.turns))

    def go_on(self, record: JobRecord, cancel: Cancel | None = None, **how: bool) -> None:
        shared = (self.client, self.ledger, self.pool, self.turns)
        job: AnyJob
        if record.kind == "put":
            job = PutJob(PutSpec.of(record), *shared, **how)
        else:
            job = GetJob(GetSpec.of(record), *shared, **how)
        if cancel is not None:
            job.cancel(cancel)
        self._begin(job)

    def _begin(self, job: AnyJob) -> None:
        self.runs[job.job_id] = Run(job)

    def records(self) -> list[JobRecord]:
        self.ledger.flush()
        with closing(LedgerReader(self.ledger.path)) as reader:
            return reader.jobs()

    def quit(self) -> list[Run]:
        """End all runs; those that did not end in time."""
        for run in self.runs.values():
            run.job.interrupt()
        deadline = time.monotonic() + STUCK_S
        stuck = [run for run in self.runs.values() if not run.ends(deadline)]
        if not stuck:
            self.pool.close()
            self.ledger.close()
            self.client.close()
        return stuck


class Race:
    """One race. `told` is what was done, for who looks at one that went wrong."""

    def __init__(self, simulator: Simulator, folder: Path, seed: int) -> None:
        self.told: list[str] = []
        self.wrong: list[str] = []
        self._chance = random.Random(seed)
        self._simulator = simulator
        self._folder = folder
        self._begun = time.monotonic()
        self._versioning = self._chance.choice(("NONE", "KEEP_LATEST", "KEEP_MULTIPLE_VERSIONS"))
        self._may_be: dict[str, set[bytes]] = {}  # by object name
        self._sources: dict[int, Path] = {}  # by job id
        self._pressed: dict[int, Cancel] = {}

    def run(self) -> list[str]:
        self._set_up()
        self._program = Program(self._simulator, self._folder, self._chance)
        self._begin_jobs()
        for _ in range(self._chance.randrange(3, 12)):
            time.sleep(self._chance.random() ** 2 * 0.15)
            self._press()
        self._settle()
        if not self.wrong:
            self._look()
        self.wrong += [f"stuck at the end: {run.job.job_id}" for run in self._program.quit()]
        return self.wrong

    def _tell(self, text: str) -> None:
        self.told.append(f"{time.monotonic() - self._begun:6.3f} {text}")

    # --- what there is

    def _set_up(self) -> None:
        chance = self._chance
        self._simulator.reset()
        policy = {"default_blob_size": BLOB, "versioning": self._versioning}
        self._set(
            policies=[policy],
            min_blob=BLOB,
            chunk_blobs=chance.choice((2, 5, 20_000)),
            throttle_bps=chance.choice((None, 4 * BLOB, 20 * BLOB)),
            retry_after=1,
            shuffle=chance.random() < 0.3,
            persist_delay=chance.choice((0, 0, 0.2)),
            hold_persistence=chance.random() < 0.2,
        )
        if chance.random() < 0.4:
            rate = chance.choice((0.02, 0.1))
            self._set(random_faults={"seed": chance.randrange(1 << 30), "rate": rate})

    def _set(self, **switches: object) -> None:
        self._tell(f"switches {switches}")
        self._simulator.faults.set_all(switches)

    def _begin_jobs(self) -> None:
        client, chance = self._program.client, self._chance
        self._persist(lambda: client.create_bucket(BUCKET))
        kinds = chance.choice(("put", "put put", "seed get", "seed get get", "seed put get"))
        self._tell(f"{kinds}, {self._versioning}")
        split = {"objects_per_job": chance.choice((3, 500_000))}
        for number, kind in enumerate(kinds.split()):
            folder = self._folder / f"{kind}{number}"
            if kind == "seed":
                for name, content in self._files(folder).items():
                    self._persist(lambda n=name, c=content: client.put_object(BUCKET, n, c))
            elif kind == "put":
                self._files(folder)
                self._program.put(folder / "in", **split)
                self._sources[max(self._program.runs)] = folder
            else:
                existing = chance.choice(list(Existing))
                self._program.get(self._folder / "out", existing=existing, **split)

    def _persist(self, call) -> None:
        """Do what sets the scene, whatever faults there are."""
        for _ in range(40):
            with contextlib.suppress(Ds3Error):
                call()
                return
        raise AssertionError("the scene could not be set")

    def _files(self, folder: Path) -> dict[str, bytes]:
        """Some files below `in`, of which each name may be another job's as well."""
        made: dict[str, bytes] = {}
        for name in self._chance.sample(NAMES, self._chance.randrange(2, len(NAMES) + 1)):
            content = self._chance.randbytes(self._chance.choice(SIZES))
            path = folder / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            made[f"in/{name}"] = content
            self._may_be.setdefault(f"in/{name}", set()).add(content)
        return made

    # --- what is pressed

    def _press(self) -> None:
        chance = self._chance
        if not self._program.runs:
            return
        job_id = chance.choice(sorted(self._program.runs))
        run = self._program.runs[job_id]
        what = chance.choices(
            ("pause", "resume", "keep", "discard", "now", "move", "priority", "retry", "restart"),
            (5, 5, 1, 1, 2, 1, 2, 4, 3),
        )[0]
        self._tell(f"{what} {job_id}")
        match what:
            case "pause":
                run.job.pause()
            case "resume":
                run.job.resume()
            case "keep" | "discard":
                self._cancel(job_id, Cancel(what))
            case "now":
                run.job.try_now()
            case "move":
                run.job.move_in_line(chance.choice((-1, 1)))
            case "priority":
                self._change_priority(run)
            case "retry":
                self._retry(job_id)
            case "restart":
                self._restart()

    def _cancel(self, job_id: int, how: Cancel) -> None:
        run = self._program.runs[job_id]
        if run.end is None:
            self._pressed.setdefault(job_id, how)
            run.job.cancel(how)

    def _change_priority(self, run: Run) -> None:
        run.job.priority = Priority.HIGH
        for event in list(run.events):
            if isinstance(event, JobCreated):
                with contextlib.suppress(Ds3Error):
                    self._program.client.modify_job(event.appliance_job_id, priority=Priority.HIGH)

    def _retry(self, job_id: int) -> None:
        run = self._program.runs[job_id]
        if run.end is not None and run.end.outcome is Outcome.FAILED and run.ends(self._deadline()):
            (record,) = (one for one in self._program.records() if one.id == job_id)
            self._program.go_on(record, retry=True)

    def _restart(self) -> None:
        """Quit and start; what had not ended goes on, or is cancelled at once."""
        if self._stuck(self._program.quit()):
            return
        self._program = Program(self._simulator, self._folder, self._chance)
        for record in self._program.records():
            if not record.state.ended:
                how = self._chance.choice((None, None, None, *Cancel))
                if how is not None:
                    self._pressed.setdefault(record.id, how)
                    self._tell(f"{how.value} {record.id} instead of going on")
                self._program.go_on(record, how, continued=True)
            elif record.state is State.FAILED and self._chance.random() < 0.5:
                self._tell(f"retry {record.id}")
                self._program.go_on(record, retry=True)

    def _deadline(self) -> float:
        return time.monotonic() + STUCK_S

    # --- the end

    def _settle(self) -> None:
        """No more faults, and no more pauses: all must come to an end by themselves."""
        self._tell("settle")
        self._simulator.faults.set_all(
            {"random_faults": False, "throttle_bps": None, "hold_persistence": False}
        )
        for run in self._program.runs.values():
            run.job.resume()
            run.job.try_now()
        deadline = self._deadline()
        self._stuck([run for run in self._program.runs.values() if not run.ends(deadline)])

    def _stuck(self, runs: list[Run]) -> bool:
        frames = sys._current_frames()
        for run in runs:
            told = [type(event).__name__ for event in run.events[-3:]]
            stack = "".join(traceback.format_stack(frames[run.thread.ident or 0]))
            self.wrong.append(f"job {run.job.job_id} is stuck after {told}:\n{stack}")
        return bool(runs)

    def _look(self) -> None:
        self._program.ledger.flush()
        with closing(LedgerReader(self._program.ledger.path)) as reader:
            for record in reader.jobs():
                self._look_at(reader, record)
            self._look_at_appliance(reader)
        self._look_at_folder()

    def _look_at(self, reader: LedgerReader, record: JobRecord) -> None:
        job, run = f"{record.kind} {record.id}", self._program.runs.get(record.id)
        rows = reader.objects(record.id, limit=1000)
        if not record.state.ended:
            self.wrong.append(f"{job} is {record.state.value} at the end")
        if record.failure is not None and record.failure.code is FailureCode.INTERNAL:
            self.wrong.append(f"{job} met a fault of the engine")
        self.wrong += [f"{job}: {row.name} has no end" for row in rows if row.ended is None]
        if run is not None:
            self._look_at_end(job, record, run, reader.counts(record.id))
            self._look_at_amounts(job, record, run)
        if record.state is State.DONE:
            odd = [r for r in rows if r.state not in (*_THERE, ObjectState.SKIPPED)]
            self.wrong += [f"{job} is done, and {row.name} is {row.state.value}" for row in odd]
        if record.kind == "put":
            self._look_at_objects(job, record, rows)
        else:
            self._look_at_files(job, rows)

    def _look_at_end(
        self, job: str, record: JobRecord, run: Run, counts: dict[ObjectState, int]
    ) -> None:
        ends = [event for event in run.events if isinstance(event, JobEnded)]
        if len(ends) != 1 or run.end is None:
            self.wrong.append(f"{job} told {len(ends)} ends")
            return
        end = run.end
        if _STATES.get(end.outcome) is not record.state:
            self.wrong.append(f"{job} ended {end.outcome.value} and is {record.state.value}")
        if end.by is Actor.USER and record.id not in self._pressed:
            self.wrong.append(f"{job} ended by a user who did nothing")
        told = (end.counts.done, end.counts.failed, end.counts.skipped)
        kept = (
            sum(counts.get(state, 0) for state in _THERE),
            counts.get(ObjectState.FAILED, 0),
            counts.get(ObjectState.SKIPPED, 0),
        )
        if told != kept:
            self.wrong.append(f"{job} told {told} done, failed, skipped, and the ledger has {kept}")

    def _look_at_amounts(self, job: str, record: JobRecord, run: Run) -> None:
        """What is told on the way is possible, and at the end it is all."""
        told = [event for event in run.events if isinstance(event, Progress)]
        for one in told:
            in_cache = one.sent if one.in_cache is None else one.in_cache
            if record.kind == "get":
                rising = [one.persisted or 0, one.sent, in_cache, one.total]
            else:
                rising = [in_cache, one.sent, one.total]
            ended = one.objects_done + one.objects_failed
            if sorted(rising) != rising or ended > one.objects_total:
                self.wrong.append(f"{job} told {one}")
        if record.state is State.DONE and told:
            last = told[-1]
            if (last.sent, last.objects_done) != (last.total, last.objects_total):
                self.wrong.append(f"{job} is done, and told {last}")

    def _look_at_objects(self, job: str, record: JobRecord, rows: list[ObjectRow]) -> None:
        """What an upload says is there, is there, as its files are."""
        source = self._sources[record.id]
        for row in rows:
            if row.state not in _THERE:
                continue
            mine = (source / row.name).read_bytes()
            if self._versioning == "KEEP_LATEST":
                found, wanted = self._versions(row.name), self._may_be[row.name]
            else:
                found, wanted = self._versions(row.name), {mine}
            if not found and self._versioning == "KEEP_LATEST" and self._has_discarded(record.id):
                continue  # it had replaced this one, and nothing older is kept
            if not set(found) & wanted:
                sizes = [len(one) for one in found]
                self.wrong.append(f"{job}: {row.name} is not there, but {sizes}, of {len(mine)}")

    def _has_discarded(self, job_id: int) -> bool:
        """Whether another job was told to take back what it brought."""
        return any(how is Cancel.DISCARD and j != job_id for j, how in self._pressed.items())

    def _versions(self, name: str) -> list[bytes]:
        """The contents of all complete objects of a name."""
        found = self._program.client.list_objects(BUCKET, prefix=name, versions=True).objects()
        contents = []
        for one in found:
            if one.name == name and one.etag is not None:
                with contextlib.suppress(Ds3Error):
                    contents.append(self._content(name, one.version_id, one.size))
        return contents

    def _content(self, name: str, version: str | None, size: int) -> bytes:
        """All of an object, read blob by blob and without a job."""
        content = bytearray()
        for offset in range(0, max(1, size), BLOB):
            sink = Collected()
            call = self._program.client.get_object
            call(BUCKET, name, sink, offset=offset, version_id=version)
            content += sink.data
        return bytes(content)

    def _look_at_files(self, job: str, rows: list[ObjectRow]) -> None:
        for row in rows:
            if row.state is ObjectState.DONE:
                path = Path(row.path or "")
                if not path.is_file():
                    self.wrong.append(f"{job}: {row.name} is done, and {path} is not there")

    def _look_at_folder(self) -> None:
        for path in self._below(self._folder / "out"):
            name = "in/" + path.name.partition(" ")[0].partition("(")[0]
            if path.name.endswith(".ds3part"):
                self.wrong.append(f"a part file is left: {path.name}")
            elif path.read_bytes() not in self._may_be.get(name, set()):
                self.wrong.append(f"{path.name} is none of the objects: {path.stat().st_size}")

    def _below(self, folder: Path) -> Iterator[Path]:
        return (path for path in folder.rglob("*") if path.is_file())

    def _look_at_appliance(self, reader: LedgerReader) -> None:
        """Jobs that are open there are known here, and so is that they are open."""
        ours = ("up", "down")
        there = self._program.client.active_jobs()
        open_there = {one.job_id for one in there if (one.name or "").startswith(ours)}
        known = set()
        for record in reader.jobs():
            unsure = record.state is State.CANCELLED and record.end.get("kept") is None
            for part in reader.parts(record.id):
                known.add(part.appliance_id)
                is_over = record.state is not State.FAILED and not unsure
                truncated = part.state == "truncated"
                is_open = part.appliance_id in open_there and not truncated
                if is_over and is_open and not self._persists(part.appliance_id or ""):
                    self.wrong.append(f"{record.id} is over, and open there: {part.state}")
            if unsure and self._pressed:
                known |= open_there
        self.wrong += [f"nobody knows the job {one}" for one in open_there - known]

    def _persists(self, appliance_id: str) -> bool:
        """Whether a job there waits for nothing but its persistence, or ends by itself.

        The appliance learns a little later than we do that the last byte of a download has gone.
        """
        for _ in range(20):
            try:
                job = self._program.client.active_job(appliance_id)
            except Ds3Error:
                return True
            if job.request_type is RequestType.PUT and job.cached_size == job.original_size:
                return True
            time.sleep(0.1)
        return False


def race(simulator: Simulator, folder: Path, seed: int) -> tuple[list[str], list[str]]:
    """What was wrong in one race, and what was done in it."""
    one = Race(simulator, folder, seed)
    return one.run(), one.told
