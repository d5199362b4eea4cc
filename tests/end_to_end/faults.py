"""Every switch that makes the appliance difficult, against each kind of job.

`python -m tests.end_to_end.faults` writes docs/faults.md anew from what comes of them: what the
user reads on the way, what the engine does, and whether the bytes are right at the end. Waits are
ended at once, as by Try now.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any  # switch values are JSON

from ds3_browser.gui import job_words
from ds3_browser.gui.job_row import JobRow, after
from ds3_browser.gui.messages import sentence
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import loop, unattended
from ds3_browser.transfer.events import (
    Direction,
    Event,
    JobCreated,
    ObjectFailed,
    Outcome,
    Waiting,
)
from ds3_browser.transfer.get import GetJob, GetSpec
from ds3_browser.transfer.ledger import Ledger, LedgerReader
from ds3_browser.transfer.pool import BlobPool
from ds3_browser.transfer.put import PutJob, PutSpec
from ds3_browser.transfer.turns import Turns
from ds3_browser.transfer.unattended import UnattendedJob, UnattendedSpec
from tests.transfer.scenes import same

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
BLOB = 64 << 10
SIZES = {"a.mov": 3 * BLOB + 1, "b.xml": 100, "c": 0}
CHUNKS = {"chunk_bytes": 2 * BLOB, "policies": [{"default_blob_size": BLOB}], "retry_after": 1}

TAPES = ["SIM101L7", "SIM201L7"]  # on which a simulator that is new puts everything
ANNA = {"name": "anna", "access_id": "anna", "secret_key": "secret"}
JOB = {
    Direction.PUT: "upload",
    Direction.GET: "download",
    Direction.STAGE: "bring to cache",
    Direction.VERIFY: "verify",
}
BACK_AFTER = 3  # waits, after which the tapes are back


def _may(permission: str) -> dict[str, str]:
    return {"user": "anna", "bucket": "archive", "permission": permission}


PUT_BLOB, GET_BLOB = "PUT /archive/*", "GET /archive/in/*"
#: What is switched on, in words, and the switches.
CASES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("A creation is busy three times", {"busy": 3}),
    ("Blobs are redirected, there is no cache yet", {"redirect_times": 3}),
    ("The same, as 503", {"redirect_times": 3, "not_allocated_status": 503}),
    ("No `Retry-After`", {"busy": 1, "retry_after_missing": True}),
    ("The cache holds two blobs", {"cache_bytes": 2 * BLOB, "persist_delay": 0.2}),
    ("Chunks of one blob each", {"chunk_blobs": 1}),
    ("Tapes are read for a while", {"tape_delay": 0.5}),
    ("A body's connection is cut: PUT", {"drop_connection": {"method": "PUT", "bytes": 50}}),
    ("A body's connection is cut: GET", {"drop_connection": {"method": "GET", "bytes": 50}}),
    (
        "And five times",
        {"drop_connection": {"method": "PUT", "nth": 1, "bytes": 0, "times": 5 * len(SIZES) * 4}},
    ),
    ("An error before the body was sent", {"early_close": {"nth": 1, "status": 503}}),
    ("An answer is cut short", {"truncate_get": {"nth": 1, "bytes": 50}}),
    ("A byte is flipped", {"corrupt_get": {"nth": 1}}),
    ("Every byte sent is flipped", {"corrupt_get": {"nth": 1, "times": 1000}}),
    (
        "A blob that was read is gone",
        {"corrupt_get": {"nth": 1}, "blob_gone_after_read": True},
    ),
    ("The digest is said to be wrong", {"fail_next": [[PUT_BLOB, 400, "BadDigest", 1]]}),
    ("Blobs are answered 500", {"fail_next": [[PUT_BLOB, 500, "InternalError", 2]]}),
    ("The same, of a download", {"fail_next": [[GET_BLOB, 500, "InternalError", 2]]}),
    ("Blobs are answered 503", {"fail_next": [[PUT_BLOB, 503, "SlowDown", 2]]}),
    ("The same, of a download", {"fail_next": [[GET_BLOB, 503, "SlowDown", 2]]}),
    (
        "One object may not be written",
        {"fail_next": [["PUT /archive/in/b*", 403, "AccessDenied", 9]]},
    ),
    ("One object may not be read", {"fail_next": [["GET /archive/in/b*", 403, "AccessDenied", 9]]}),
    ("Chunks are answered 500", {"fail_next": [["GET /_rest_/job_chunk*", 500, None, 4]]}),
    ("Chunks are answered 503", {"fail_next": [["GET /_rest_/job_chunk*", 503, "SlowDown", 2]]}),
    (
        "The creation may not be asked for",
        {"fail_next": [["PUT /_rest_/bucket/*", 403, "AccessDenied", 1]]},
    ),
    (
        "The keys are no longer accepted",
        {"fail_next": [["* /archive/in/*", 403, "InvalidAccessKeyId", 99]]},
    ),
    ("The appliance's clock is an hour ahead", {"clock": {"offset_s": 3600}}),
    ("The management port answers", {"mgmt_port": True}),
    ("Jobs that ended are 410 without a body", {"finished_chunk_status": 410}),
    ("Chunks in part, read blobs again", {"partial_chunk": True, "repeat_read_blobs": True}),
    ("Chunks and blobs out of order, two nodes", {"shuffle": True, "nodes": 2}),
    ("Answers of an old kind", {"xml_style": "old"}),
    ("Nothing unknown is accepted", {"strict": True, "lenient_bodyless": False}),
    ("Release 3.2", {"server_version": "3.2.0"}),
    ("Release 6.0", {"server_version": "6.0.0"}),
    ("Nothing is persisted", {"hold_persistence": True}),
    ("The appliance says it is not well", {"health": "unhealthy"}),
    ("A slow line", {"throttle_bps": 8 * BLOB}),
    ("Objects have lost a copy", {"degraded": ["archive/*"]}),
    ("An object is doubted", {"suspect": ["in/b.xml"]}),
    ("Their tapes are out of the library for a while", {"eject_tape": TAPES}),
    (
        "And no job may wait for them",
        {"eject_tape": TAPES, "unavailable_media": "DISALLOW"},
    ),
    ("A user may only read", {"users": [ANNA], "acls": [_may("READ"), _may("LIST")]}),
    ("A user may only list", {"users": [ANNA], "acls": [_may("LIST")]}),
    ("Nobody vouches for its certificate", {"tls": "self-signed"}),
    ("Faults at random", {"random_faults": {"seed": 7, "rate": 0.05}}),
)
#: Switches that make nothing difficult for a job, or not more than another, or are in every case.
LEFT_OUT = {
    *("policies", "min_blob", "chunk_bytes", "retry_after", "discard_bodies"),
    *("job_error", "tape_pace"),
}


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one case and one kind of job."""

    read: tuple[str, ...]
    did: tuple[str, ...]
    right: bool
    outcome: Outcome


class Watched:
    """Follows a job's events as the window does."""

    def __init__(self, row: JobRow, waited: Callable[[int], None] = lambda times: None) -> None:
        """`waited` is told how many waits there were."""
        self.row = row
        self._waited = waited
        self.job: PutJob | GetJob | UnattendedJob | None = None
        self.read: dict[str, None] = {}
        self.did: dict[str, None] = {}
        self.created: set[str] = set()

    def take(self, event: Event) -> None:
        now = datetime.now(UTC)
        self.row = after(self.row, event, now)
        match event:
            case Waiting():
                self._see(now)
                self.did[f"waits: {event.reason.value}"] = None
                assert self.job is not None
                self._waited(event.times)
                self.job.try_now()
            case JobCreated():
                self.created.add(event.appliance_job_id)
            case ObjectFailed():
                name = event.failure.name or ""
                text = sentence(event.failure, what=name).text
                self.read[re.sub(r"Last try .*", "Last try …", text)] = None
        if self.row.outcome is not None:
            self._see(now)

    def _see(self, now: datetime) -> None:
        words = job_words.job_words(self.row, now)
        text = re.sub(r"next try .*", "next try …", words.text)
        second = re.sub(r"\d\d:\d\d(:\d\d)?", "…", words.second)
        self.read[f"{text}: {second}" if second else text] = None


def came_of(simulator: Simulator, work: Path, switches: Mapping[str, Any], kind: Direction) -> Came:
    """Run one job under the switches and look at what came of it."""
    simulator.reset()
    simulator.faults.set_all(CHUNKS)
    usual = _client(simulator)
    usual.create_bucket("archive")
    archive, restored = work / "in", work / "out"
    archive.mkdir()
    for number, (name, size) in enumerate(SIZES.items()):
        (archive / name).write_bytes(bytes([number]) * size)
    ledger, pool = Ledger(work / "ledger"), BlobPool()

    def put(watched: Watched, client: Ds3Client) -> None:
        spec = PutSpec(ledger.reserve_job_id(), "s", "archive", "", (str(archive),), "up")
        watched.job = PutJob(spec, client, ledger, pool, Turns())
        watched.job.waits_for_key = True
        watched.job.run(watched.take)

    def get(watched: Watched, client: Ds3Client) -> None:
        job_id = ledger.reserve_job_id()
        spec = GetSpec(job_id, "s", "archive", "", (), ("in/",), str(restored), "down")
        watched.job = GetJob(spec, client, ledger, pool, Turns())
        watched.job.waits_for_key = True
        watched.job.run(watched.take)

    def leave_alone(watched: Watched, client: Ds3Client) -> None:
        job_id = ledger.reserve_job_id()
        spec = UnattendedSpec(job_id, "s", kind, "archive", "", (), ("in/",), "alone")
        watched.job = UnattendedJob(spec, client, ledger, pool, Turns())
        watched.job.waits_for_key = True
        watched.job.run(watched.take)

    def bring_tapes_back(waits: int) -> None:
        if waits == BACK_AFTER and "eject_tape" in switches:
            simulator.faults.set("eject_tape", [])

    watched, other = Watched(_row(kind), bring_tapes_back), Watched(_row(kind))
    if kind is not Direction.PUT:
        put(other, usual)
    if "eject_tape" in switches:
        usual.reclaim_cache()
    simulator.faults.set_all(switches)
    client = _client(simulator)
    run = {Direction.PUT: put, Direction.GET: get}.get(kind, leave_alone)
    run(watched, client)
    client.close()
    if kind is not Direction.GET:
        _quiet(simulator)
        get(other, usual)
    assert watched.job is not None
    ledger.flush()
    with closing(LedgerReader(ledger.path)) as reader:
        objects = reader.objects(watched.job.job_id)
        failed = {one.name for one in objects if one.failure is not None}
        tries = max((one.tries for one in objects), default=1)
    pool.close()
    ledger.close()
    usual.close()
    outcome = watched.row.outcome or Outcome.FAILED
    if tries > 1:
        watched.did[
            "tries a blob again" if tries < loop.MAX_TRIES else "tries a blob five times"
        ] = None
    if len(watched.created) > 1:
        watched.did["asks for another job"] = None
    if outcome is Outcome.INTERRUPTED:
        watched.did["keeps the job open until there are other keys"] = None
    if outcome is Outcome.FAILED:
        watched.did["ends the job" if watched.row.failure else "the other objects go on"] = None
    if kind.moves:
        right = _right(archive, restored, failed, outcome, watched.row.failure is not None)
    else:
        right = same(archive, restored / "in")  # whatever came of it, nothing was changed
    return Came(tuple(watched.read), tuple(watched.did) or ("goes on",), right, outcome)


def _right(
    archive: Path, restored: Path, failed: set[str], outcome: Outcome, refused: bool
) -> bool:
    """Whether what is there is byte for byte what was sent, and nothing half made is left."""
    # A run that will go on keeps what it has.
    left = outcome is not Outcome.INTERRUPTED and list(restored.rglob("*.ds3part"))
    if outcome is Outcome.DONE:
        return not left and same(archive, restored / "in")
    found = {path.name for path in (restored / "in").glob("*")}
    found -= {name for name in found if name.endswith(".ds3part")}
    expected = set() if refused else {name for name in SIZES if f"in/{name}" not in failed}
    right = all((archive / n).read_bytes() == (restored / "in" / n).read_bytes() for n in found)
    return not left and right and (refused or found == expected)


def _client(simulator: Simulator) -> Ds3Client:
    """For the user that the switches are about, and the way they say the appliance is reached."""
    users = simulator.faults.get("users")
    keys = Credentials(simulator.access_id, simulator.secret_key)
    if users:
        keys = Credentials(users[0]["access_id"], users[0]["secret_key"])
    return Ds3Client(Endpoint.parse(simulator.url), keys)


def _quiet(simulator: Simulator) -> None:
    """As it was, but for what it holds."""
    simulator.faults.reset()
    simulator.faults.set_all(CHUNKS)


def _row(kind: Direction) -> JobRow:
    now = datetime.now(UTC)
    return JobRow(1, kind, "job", "s", "North Vault", "archive", "", now, now)


def rows(simulator: Simulator, work: Path) -> Iterator[tuple[str, str, Direction, Came]]:
    """All cases with each kind of job: words, switches, kind, and what came of it."""
    for number, (words, switches) in enumerate(CASES):
        for kind in Direction:
            folder = work / f"{number}-{kind.value}"
            folder.mkdir(parents=True)
            shown = ", ".join(f"`{name}`" for name in switches)
            yield words, shown, kind, came_of(simulator, folder, switches, kind)


HEAD = """# What comes of each fault

Every switch of the [simulator](simulator.md) that makes the appliance difficult, against an upload
and a download of three files, one of them of several blobs, and against the appliance's own work
with them. Written by `python -m tests.end_to_end.faults`; waits were ended at once, as by
*Try now*. Bytes are right where all that is said to be there is what was sent, byte for byte, and
nothing half made is left; of the appliance's own work, where nothing was changed by it.

| fault | switches | job | the user reads | the engine | bytes right |
|---|---|---|---|---|---|
"""


def write_page() -> bool:
    """Write docs/faults.md; whether all bytes were right."""
    loop.TRY_AGAIN_S = (0, 0, 0, 0)  # type: ignore[assignment]  # tries follow each other at once
    unattended.ASK_AFTER_S = (0.05,)
    lines, right = [], True
    with (
        tempfile.TemporaryDirectory(prefix="ds3-faults-") as folder,
        Simulator(Path(folder) / "appliance") as simulator,
    ):
        for words, switches, kind, came in rows(simulator, Path(folder)):
            read, did = "<br>".join(came.read).replace("|", "\\|"), ", ".join(came.did)
            yes = "yes" if came.right else "**no**"
            lines.append(f"| {words} | {switches} | {JOB[kind]} | {read} | {did} | {yes} |")
            right = right and came.right
    PAGE.write_text(HEAD + "\n".join(lines) + "\n")
    return right


if __name__ == "__main__":
    sys.exit(0 if write_page() else 1)
