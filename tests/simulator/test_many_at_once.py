"""Several callers at once: nothing is lost, nothing is counted twice, nobody is left hanging."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, pattern

MIB = 1 << 20


def test_one_job_is_filled_and_read_by_several(
    simulator: Simulator, call: Raw, bucket: str, caller: Callable[..., Raw]
) -> None:
    simulator.faults.set_all({"min_blob": 1, "chunk_blobs": 7})
    job = call.start_put(bucket, "&max_upload_size=300", **{f"f{n:02}": 70 * n for n in range(40)})
    ended = threading.Event()

    def look() -> int:
        """Ask for the job again and again; the sizes that it tells only grow."""
        raw, before, times = caller(), (0, 0), 0
        while not ended.is_set():
            _, cached, completed = raw.job(job).sizes()
            assert (cached, completed) >= before
            before, times = (cached, completed), times + 1
        return times

    def put(share: int) -> None:
        raw = caller()
        for blob in job.blobs[share::4]:
            reply = raw("PUT", blob.target(bucket, job), pattern(blob.offset, blob.length))
            assert reply.status == 200, reply.body

    with ThreadPoolExecutor(6) as threads:
        looking = threads.submit(look)
        list(threads.map(put, range(4)))
        ended.set()
        assert looking.result() > 0
    done = call.job(job)
    assert (done.status, done.sizes()) == ("COMPLETED", (54600, 54600, 54600))
    get = call.start_get(bucket, *(f"f{n:02}" for n in range(40)))

    def read(share: int) -> None:
        raw = caller()
        for blob in get.blobs[share::4]:
            body = raw("GET", blob.target(bucket, get)).body
            assert body == pattern(blob.offset, blob.length)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(read, range(4)))
    assert call.job(get).status == "COMPLETED"


def test_the_same_blob_from_two_at_once_is_received_once(
    simulator: Simulator, call: Raw, bucket: str, caller: Callable[..., Raw]
) -> None:
    simulator.faults.set("throttle_bps", 8 * MIB)
    job = call.start_put(bucket, x=MIB)
    target = job.blobs[0].target(bucket, job)
    with ThreadPoolExecutor(2) as threads:
        replies = list(threads.map(lambda _: caller()("PUT", target, pattern(0, MIB)), range(2)))
    assert sorted(reply.status for reply in replies) == [200, 409]
    counters = simulator.counters()
    assert (counters["blobs received"], counters["blobs received twice"]) == (1, 1)
    assert call("GET", "/b/x").body == pattern(0, MIB)
    files = [path for path in (simulator.store.folder / "blobs").rglob("*") if path.is_file()]
    assert len(files) == 1


def test_the_same_name_from_two_at_once_is_one_object(
    simulator: Simulator, call: Raw, bucket: str, caller: Callable[..., Raw]
) -> None:
    simulator.faults.set("throttle_bps", 8 * MIB)
    bodies = [b"a" * MIB, b"b" * MIB]
    with ThreadPoolExecutor(2) as threads:
        replies = list(threads.map(lambda body: caller()("PUT", "/b/x", body), bodies))
    assert sorted(reply.status for reply in replies) == [200, 409]
    winner = [reply.status for reply in replies].index(200)
    assert call("GET", "/b/x").body == bodies[winner]


def test_a_cache_is_not_overfilled_by_several_at_once(
    simulator: Simulator, call: Raw, bucket: str, caller: Callable[..., Raw]
) -> None:
    simulator.faults.set_all(
        {"cache_bytes": 5 * MIB, "hold_persistence": True, "throttle_bps": 8 * MIB}
    )
    with ThreadPoolExecutor(4) as threads:
        replies = list(
            threads.map(lambda n: caller()("PUT", f"/b/{n}", bytes(2 * MIB)).status, range(4))
        )
    assert sorted(replies) == [200, 200, 307, 307]


def slow_put(raw: Raw, target: str, size: int) -> threading.Thread:
    """Send a body in a thread of its own; whatever becomes of it is of no interest."""

    def send() -> None:
        with contextlib.suppress(OSError):
            raw("PUT", target, bytes(size))

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    poll = threading.Event()
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        poll.wait(0.01)


def test_cancelling_while_a_blob_comes_in_leaves_nothing(
    simulator: Simulator, call: Raw, bucket: str, caller: Callable[..., Raw]
) -> None:
    simulator.faults.set("throttle_bps", MIB)
    job = call.start_put(bucket, x=4 * MIB)
    sending = slow_put(caller(), job.blobs[0].target(bucket, job), 4 * MIB)
    wait_until(lambda: simulator.counters().get("bytes received", 0) > 0)
    assert call("DELETE", f"/_rest_/job/{job.id}?force").status == 204
    simulator.faults.set("throttle_bps", None)
    sending.join(10)
    assert not sending.is_alive()
    assert call("GET", "/b").texts("Contents/Key") == []
    files = [path for path in (simulator.store.folder / "blobs").rglob("*") if path.is_file()]
    assert files == []


def test_emptying_while_a_body_comes_in_leaves_nothing(
    simulator: Simulator, call: Raw, bucket: str, caller: Callable[..., Raw]
) -> None:
    simulator.faults.set("throttle_bps", MIB)
    sending = slow_put(caller(), "/b/x", 4 * MIB)
    wait_until(lambda: simulator.counters().get("bytes received", 0) > 0)
    simulator.reset()
    sending.join(10)
    assert not sending.is_alive()
    assert call("GET", "/").texts("Buckets/Bucket/Name") == []
    assert simulator.store.value("SELECT COUNT(*) FROM object") == 0


@pytest.mark.parametrize("throttle", [1, MIB])
def test_closing_does_not_wait_for_a_slow_body(tmp_path: Path, throttle: int) -> None:
    simulator = Simulator(tmp_path / "slow", switches={"throttle_bps": throttle})
    call = Raw(simulator.port, simulator.access_id, simulator.secret_key)
    call.bucket()
    sending = slow_put(call, "/b/x", 64 * MIB)
    wait_until(lambda: simulator.counters().get("bytes received", 0) > 0)
    begin = time.monotonic()
    simulator.close()
    assert time.monotonic() - begin < 3
    sending.join(10)
    call.close()


def test_a_running_get_is_read_from_a_file_that_was_deleted(
    simulator: Simulator, call: Raw, bucket: str, caller: Callable[..., Raw]
) -> None:
    """Deleting takes the name; who reads already reads to the end."""
    call.put("/b/x", pattern(0, 2 * MIB))
    simulator.faults.set("throttle_bps", 4 * MIB)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(lambda: caller()("GET", "/b/x").body)
        wait_until(lambda: simulator.counters().get("bytes sent", 0) > 0)
        assert call("DELETE", "/b/x").status == 204
        assert reading.result(10) == pattern(0, 2 * MIB)


def test_jobs_of_many_callers_do_not_meet(
    simulator: Simulator, bucket: str, caller: Callable[..., Raw]
) -> None:
    def work(n: int) -> str:
        raw = caller()
        job = raw.start_put(bucket, **{f"{n}-{m}": 10 for m in range(20)})
        raw.put_all(bucket, job)
        return raw.job(Job(job.attributes, (), ())).status

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(work, range(8))) == {"COMPLETED"}
