"""The demo appliance: the simulator as a process of its own, filled with a small archive.

It lives in a folder of its own, is kept from one start to the next, and ends with the program: the
simulator watches its standard input, which closes whatever way the program ends. Its secret key is
made anew at each start and goes to it in the environment, never on a command line; only the
appliance itself keeps it, as it keeps every user's, and after its end it is of no use.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import shutil
import struct
import subprocess
import sys
import threading
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any  # values of switches are JSON

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.transfer.events import Event, JobEnded, Outcome
from ds3_browser.transfer.ledger import Ledger
from ds3_browser.transfer.pool import BlobPool
from ds3_browser.transfer.put import PutJob, PutSpec
from ds3_browser.transfer.turns import Turns

ACCESS_ID = "demo"
READY_WITHIN_S = 20
ENDS_WITHIN_S = 5
MIB = 1 << 20

#: An appliance small enough that a newcomer sees its waits: a cache that a few files fill, tapes
#: that take their time, persistence one can watch.
SWITCHES: Mapping[str, Any] = {
    "cache_bytes": 384 * MIB,
    "chunk_bytes": 16 * MIB,
    "policies": [{"default_blob_size": 8 * MIB}],
    "persist_delay": 6,
    "tape_delay": 3,
    "retry_after": 3,
}


EJECTED = ("SIM101L7", "SIM201L7")  # the two tapes that its two copies are written to

#: How it can be made to behave, by the names of the menu. Each takes the place of the one before.
MOODS: Mapping[str, Mapping[str, Any]] = {
    "all_fine": {},
    "cache_full": {"cache_bytes": MIB, "retry_after": 20},
    "tapes_slow": {"tape_delay": 60, "persist_delay": 60, "retry_after": 20},
    "tape_ejected": {
        "eject_tape": [
            {"barcode": barcode, "label": "Shelf 4", "location": "Vault"} for barcode in EJECTED
        ]
    },
    "connection_cut": {"drop_connection": {"bytes": 64 << 10, "times": 1_000_000}},
}


class DemoError(Exception):
    """The demo appliance did not start; the text says why."""


class Demo:
    """One demo appliance. `start` and `empty` block; a thread of the caller's own calls them."""

    def __init__(self, folder: Path, claim: Callable[[], bool] = lambda: True) -> None:
        """`claim` tells whether the folder is ours: no two appliances may share one archive."""
        self._folder = folder
        self._claim = claim
        self._archive = folder / "archive"
        self._process: subprocess.Popen[bytes] | None = None
        self._endpoint: Endpoint | None = None
        self._credentials = Credentials(ACCESS_ID, "")
        self._token = ""
        self._lock = threading.Lock()

    def start(self) -> tuple[Endpoint, Credentials]:
        """Start it, fill it if it is new, and return how to reach it. Raises DemoError."""
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                _end(self._process)  # it died: nobody closed its pipes
                self._process = None
            if self._process is None:
                self._run()
            assert self._endpoint is not None
            if not self._filled.exists():
                self._fill(self._endpoint)
            return self._endpoint, self._credentials

    def empty(self) -> None:
        """Stop it and throw away all it holds."""
        self.stop()
        shutil.rmtree(self._archive, ignore_errors=True)

    def stop(self) -> None:
        """End the process, by its closed input, or else by force."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    def make(self, mood: str) -> None:
        """Make the appliance behave as one of the MOODS says. Blocks. Raises OSError."""
        fine = {**SWITCHES, "eject_tape": [], "drop_connection": None}
        self.set_switches({**fine, **MOODS[mood]})

    def set_switches(self, values: Mapping[str, Any]) -> None:
        """Make the appliance behave otherwise, through its control channel. Raises OSError."""
        assert self._endpoint is not None
        request = urllib.request.Request(
            f"{self._endpoint.url}/_simulator_/switches",
            data=json.dumps(values).encode(),
            headers={"X-Simulator-Token": self._token},
            method="PUT",
        )
        # No proxy of the environment leads to this computer's own appliance.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            answer.read()

    @property
    def _filled(self) -> Path:
        return self._archive / "filled"

    def _run(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._claim():
            raise DemoError("The demo is open in another window of DS3 Browser.")
        self._archive.mkdir(parents=True, exist_ok=True)
        self._credentials = Credentials(ACCESS_ID, secrets.token_urlsafe(18))
        self._token = secrets.token_urlsafe(18)
        process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "DS3_SIMULATOR_SECRET": self._credentials.secret_key,
                "DS3_SIMULATOR_TOKEN": self._token,
            },
        )
        self._process = process
        line = _first_line(process)
        if not line.startswith("READY "):
            raise DemoError("The demo appliance did not start on this computer.")
        self._endpoint = Endpoint.parse(line.split()[1])

    def _command(self) -> list[str]:
        frozen = getattr(sys, "frozen", False)
        program = [sys.executable, "--run-simulator"] if frozen else _module()
        switches = [f"--set={name}={json.dumps(value)}" for name, value in SWITCHES.items()]
        place = ["--port=0", f"--data={self._archive}", f"--access-key={ACCESS_ID}"]
        return [*program, *place, "--watch-stdin", *switches]

    def _fill(self, endpoint: Endpoint) -> None:
        """Put the sample archive on it through the client, as a user would."""
        shutil.rmtree(self._folder / "samples", ignore_errors=True)
        samples = self._folder / "samples"
        try:
            self.set_switches({"persist_delay": 0})
            write_samples(samples)
            _upload(endpoint, self._credentials, samples, self._folder)
            self.set_switches({"persist_delay": SWITCHES["persist_delay"]})
            self._filled.touch()
        finally:
            shutil.rmtree(samples, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def _module() -> list[str]:
    return [sys.executable, "-m", "ds3_browser.simulator"]


def _first_line(process: subprocess.Popen[bytes]) -> str:
    """The first line it prints, or nothing if it ends or stays silent for too long."""
    lines: queue.Queue[bytes] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=lambda: lines.put(_line(process)), daemon=True).start()
    try:
        return lines.get(timeout=READY_WITHIN_S).decode("utf-8", "replace")
    except queue.Empty:
        process.kill()
        return ""


def _line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    try:
        return process.stdout.readline()
    except ValueError:  # closed meanwhile
        return b""


def _upload(endpoint: Endpoint, credentials: Credentials, samples: Path, folder: Path) -> None:
    """One bulk PUT job a bucket, with a ledger that is not the user's."""
    client = Ds3Client(endpoint, credentials)
    ledger = Ledger(folder / "filling.sqlite3")
    pool = BlobPool()
    try:
        present = {bucket.name for bucket in client.get_service().buckets}
        for bucket in sorted(path for path in samples.iterdir()):
            if bucket.name in present:
                client.delete_bucket(bucket.name, force=True)  # a filling that was broken off
            client.create_bucket(bucket.name)
            paths = tuple(str(path) for path in sorted(bucket.iterdir()))
            spec = PutSpec(ledger.reserve_job_id(), "demo", bucket.name, "", paths, bucket.name)
            events: list[Event] = []
            PutJob(spec, client, ledger, pool, Turns()).run(events.append)
            ended = events[-1]
            if not isinstance(ended, JobEnded) or ended.outcome is not Outcome.DONE:
                raise DemoError(f"The demo appliance could not be filled: {bucket.name}.")
    finally:
        pool.close()
        ledger.close()
        client.close()
        for left in folder.glob("filling.sqlite3*"):
            left.unlink()


# --- the sample archive --------------------------------------------------------------------------


def write_samples(folder: Path, seed: int = 3) -> int:
    """Write the sample archive, a folder a bucket, always the same; how many files that is."""
    random = Random(seed)
    count = 0
    for name, data in _samples(random):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        count += 1
    return count


def _samples(random: Random) -> Iterator[tuple[str, bytes]]:
    yield from _rushes(random)
    yield from _masters(random)
    yield from _news(random)
    yield from _sounds(random)


def _rushes(random: Random) -> Iterator[tuple[str, bytes]]:
    """Shooting days with cameras: clips, stills of them, and the papers that go with them."""
    for day in (14, 15, 16):
        for camera in "AB":
            roll = f"{camera}{day:03}"
            folder = f"rushes-2026/day-{day:03}/{camera}-cam"
            clips = [f"{roll}C{n:03}_2611{day + 5:02}_R2KQ" for n in range(1, 9)]
            for clip in clips:
                yield f"{folder}/{clip}.mxf", _noise(random, random.randrange(300_000, 900_000))
                yield f"{folder}/_proxies/{clip}.png", _still(random, 64, 36)
                yield f"{folder}/_checksums/{clip}.md5", f"{random.randbytes(16).hex()}\n".encode()
            yield f"{folder}/{roll}R2KQ.ale", _ale(clips)
            yield f"{folder}/{roll}R2KQ.mhl", _mhl(random, clips)
        yield f"rushes-2026/day-{day:03}/camera report.csv", _report(random, day)
        yield f"rushes-2026/day-{day:03}/sound/roll-{day}.wav", _tone(random, 2.0)
    yield "rushes-2026/README.txt", b"Rushes of The Long Crossing, shot in November 2026.\n"


def _masters(random: Random) -> Iterator[tuple[str, bytes]]:
    """A feature in reels, the larger files of the archive."""
    for reel in range(1, 4):
        name = f"masters/feature-films/the-long-crossing/reel-{reel}.mov"
        yield name, _noise(random, random.randrange(9, 15) * MIB + 4711)
        yield f"{name}.md5", f"{random.randbytes(16).hex()}\n".encode()
    yield (
        "masters/feature-films/the-long-crossing/credits.txt",
        b"Directed by nobody at all.\n" * 40,
    )
    for title in ("harbour", "north-light", "two-tides"):
        yield f"masters/trailers/{title}.mov", _noise(random, 2 * MIB)


def _news(random: Random) -> Iterator[tuple[str, bytes]]:
    """Weeks of short items with scripts and rundowns."""
    for week in (45, 46, 47):
        folder = f"news-archive/2026/wk-{week}"
        for item in range(1, 26):
            yield f"{folder}/item-{item:02}.mp4", _noise(random, random.randrange(20_000, 90_000))
            script = f"Item {item} of week {week}\n" + "The weather stays as it is.\n" * 30
            yield f"{folder}/scripts/item-{item:02}.txt", script.encode()
        items = "".join(f"  <item number='{n}' seconds='{20 + n}'/>\n" for n in range(1, 26))
        yield f"{folder}/rundown.xml", f"<rundown week='{week}'>\n{items}</rundown>\n".encode()


def _sounds(random: Random) -> Iterator[tuple[str, bytes]]:
    """Location sound, in folders by month, some with names that need care."""
    places = ("Hafen bei Nacht", "café", "路面電車", "rain & wind", "50% room tone")
    for month in ("2026-10", "2026-11"):
        for place in places:
            for take in range(1, 4):
                yield f"sound-library/location/{month}/{place}/take{take}.wav", _tone(random, 0.5)
    yield "sound-library/index.json", json.dumps({"places": places}, ensure_ascii=False).encode()


def _noise(random: Random, size: int) -> bytes:
    """Bytes that do not repeat soon: a random block, turned a little each time."""
    block = random.randbytes(min(size, 256 << 10))
    turned = (block[n:] + block[:n] for n in range(size // max(1, len(block)) + 1))
    return b"".join(turned)[:size]


def _still(random: Random, width: int, height: int) -> bytes:
    """A PNG of a soft gradient."""
    red, green, blue = (random.randrange(40, 200) for _ in range(3))
    rows = b"".join(
        b"\0"
        + bytes(
            value
            for x in range(width)
            for value in ((red + x) % 256, (green + y * 2) % 256, (blue + x + y) % 256)
        )
        for y in range(height)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _tone(random: Random, seconds: float) -> bytes:
    """A WAV of a plain square tone, 16 bit mono."""
    rate, period = 22_050, random.randrange(40, 120)
    samples = int(rate * seconds)
    wave = struct.pack("<h", 6000) * (period // 2) + struct.pack("<h", -6000) * (period // 2)
    data = (wave * (samples * 2 // len(wave) + 1))[: samples * 2]
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16)
    kind = struct.pack("<HHIIHH4sI", 1, 1, rate, rate * 2, 2, 16, b"data", len(data))
    return head + kind + data


def _ale(clips: list[str]) -> bytes:
    lines = "".join(f"{clip}\tV1\t01:00:00:00\t01:00:20:00\n" for clip in clips)
    return (
        f"Heading\nFIELD_DELIM\tTABS\n\nColumn\nName\tTracks\tStart\tEnd\n\nData\n{lines}".encode()
    )


def _mhl(random: Random, clips: list[str]) -> bytes:
    hashes = "".join(
        f"  <hash><file>{clip}.mxf</file><md5>{random.randbytes(16).hex()}</md5></hash>\n"
        for clip in clips
    )
    return f"<hashlist version='1.1'>\n{hashes}</hashlist>\n".encode()


def _report(random: Random, day: int) -> bytes:
    lines = "".join(
        f"{day},{scene},{take},{random.choice(('good', 'no good', 'hold'))}\n"
        for scene in range(1, 12)
        for take in range(1, 6)
    )
    return f"day,scene,take,note\n{lines}".encode()
