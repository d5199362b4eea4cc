"""Cache and tape: who waits for what, and what frees it."""

from __future__ import annotations

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, pattern


def offer(call: Raw, job: Job) -> list[str]:
    """Names of the blobs that may be moved now."""
    reply = call.ready(job)
    assert reply.status == 200, reply.body
    return [blob.name for blob in Job.of(reply).blobs]


@pytest.fixture
def small(simulator: Simulator) -> Simulator:
    """A cache of 100 bytes, and nothing is persisted."""
    simulator.faults.set_all({"cache_bytes": 100, "hold_persistence": True, "retry_after": 2})
    return simulator


# --- into the cache


def test_chunks_are_no_larger_than_half_of_the_cache(
    small: Simulator, call: Raw, bucket: str
) -> None:
    job = call.start_put(bucket, a=20, b=20, c=20, d=60)
    assert [blob.chunk for blob in job.blobs] == [1, 1, 2, 3]


@pytest.mark.checklist("S C-103: nothing ready is an empty list with Retry-After")
def test_a_full_cache_gives_an_empty_list_and_a_time_to_wait(
    small: Simulator, call: Raw, bucket: str
) -> None:
    job = call.start_put(bucket, a=50, b=50, c=50)
    assert offer(call, job) == ["a", "b"]
    for blob in job.blobs[:2]:
        call("PUT", blob.target(bucket, job), pattern(0, 50))
    reply = call.ready(job)
    assert (reply.status, reply.headers["Retry-After"]) == (200, "2")
    assert offer(call, job) == []


@pytest.mark.parametrize(
    ("switch", "value"), [("cache_bytes", 150), ("cache_bytes", None), ("hold_persistence", False)]
)
def test_a_switch_frees_the_wait_at_once(
    small: Simulator, call: Raw, bucket: str, switch: str, value: object
) -> None:
    job = call.start_put(bucket, a=50, b=50, c=50)
    for blob in job.blobs[:2]:
        call("PUT", blob.target(bucket, job), pattern(0, 50))
    assert offer(call, job) == []
    small.faults.set(switch, value)
    assert offer(call, job) == ["c"]


def test_a_large_chunk_is_not_overtaken_by_a_small_one(
    small: Simulator, call: Raw, bucket: str
) -> None:
    job = call.start_put(bucket, a=50, b=60, c=5)
    assert offer(call, job) == ["a"]


@pytest.mark.checklist("S C-109: a blob without cache is 307, or 503 by switch, with Retry-After")
@pytest.mark.parametrize("status", [307, 503])
def test_a_blob_without_cache_is_sent_away(
    small: Simulator, call: Raw, bucket: str, status: int
) -> None:
    small.faults.set("not_allocated_status", status)
    job = call.start_put(bucket, a=50, b=50, c=50)
    assert offer(call, job) == ["a", "b"]
    reply = call("PUT", job.blobs[2].target(bucket, job), bytes(50))
    assert (reply.status, reply.headers["Retry-After"]) == (status, "2")
    assert "Location" not in reply.headers
    assert call("PUT", job.blobs[0].target(bucket, job), bytes(50)).status == 200


def test_a_blob_nobody_asked_a_chunk_for_gets_cache_if_there_is_some(
    small: Simulator, call: Raw, bucket: str
) -> None:
    job = call.start_put(bucket, a=50, b=50, c=50)
    assert call("PUT", job.blobs[2].target(bucket, job), bytes(50)).status == 200


@pytest.mark.checklist("S C-109: allocating without room is 503 with Retry-After")
def test_allocating_a_chunk_without_room_is_a_503(small: Simulator, call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, a=50, b=50, c=50)
    replies = [
        call("PUT", f"/_rest_/job_chunk/{chunk['ChunkId']}?operation=allocate")
        for chunk in job.chunks
    ]
    assert [reply.status for reply in replies] == [200, 200, 503]
    assert replies[2].headers["Retry-After"] == "2"
    assert replies[0].xml.get("NodeId")


@pytest.mark.parametrize("status", [307, 503])
def test_a_naked_put_needs_room_too(small: Simulator, call: Raw, bucket: str, status: int) -> None:
    small.faults.set("not_allocated_status", status)
    call.put("/b/a", bytes(60))
    assert call("PUT", "/b/b", bytes(60)).status == status
    assert call("HEAD", "/b/b").status == 404
    small.faults.set("hold_persistence", False)
    call.put("/b/b", bytes(60))


def test_cancelling_gives_the_cache_back(small: Simulator, call: Raw, bucket: str) -> None:
    first = call.start_put(bucket, a=50, b=50)
    assert offer(call, first) == ["a", "b"]
    second = call.start_put(bucket, c=50)
    assert offer(call, second) == []
    call("DELETE", f"/_rest_/job/{first.id}?force")
    assert offer(call, second) == ["c"]


def test_the_state_of_the_cache_is_told(small: Simulator, call: Raw, bucket: str) -> None:
    def figures() -> tuple[int, int, int]:
        reply = call("GET", "/_rest_/cache_state")
        names = ("Used", "Available", "Total")
        used, free, total = (
            int(reply.texts(f"Filesystems/{name}CapacityInBytes")[0] or "") for name in names
        )
        return used, free, total

    assert figures() == (0, 100, 100)
    job = call.start_put(bucket, a=30, b=10)
    call.ready(job)
    assert figures() == (40, 60, 100), "allocated is in use"
    call.put_all(bucket, job)
    assert figures() == (40, 60, 100)
    small.faults.set("hold_persistence", False)
    call("DELETE", "/b/a")
    assert figures() == (10, 90, 100)


# --- out of the cache


def test_the_least_recently_used_of_what_is_persisted_goes_first(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("cache_bytes", 100)
    for n, name in enumerate("abc"):
        simulator.faults.set("clock", {"offset_s": n})
        call.put(f"/b/{name}", bytes(30))
    simulator.faults.set("clock", {"offset_s": 10})
    job = call.start_get(bucket, "a")
    call.get_all(bucket, job)
    simulator.faults.set("clock", {"offset_s": 20})
    call.put("/b/d", bytes(30))
    assert cached(call) == {"a": 1, "b": 0, "c": 1, "d": 1}


def cached(call: Raw) -> dict[str | None, int]:
    reply = call("GET", "/_rest_/object?full_details")
    return {item.findtext("Name"): int(item.findtext("BlobsInCache") or 0) for item in reply.xml}


def test_nothing_is_dropped_before_it_is_persisted(
    small: Simulator, call: Raw, bucket: str
) -> None:
    call.put("/b/a", bytes(60))
    call("PUT", "/b/b", bytes(60))
    assert cached(call) == {"a": 1}
    assert call("GET", "/b/a").status == 200


def test_what_a_running_get_is_about_to_read_is_not_dropped(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("cache_bytes", 100)
    call.put("/b/a", bytes(50))
    call.put("/b/b", bytes(50))
    job = call.start_get(bucket, "a", "b")
    assert offer(call, job) == ["a", "b"]
    assert call("PUT", "/b/c", bytes(50)).status == 307
    call("GET", job.blobs[0].target(bucket, job))
    call.put("/b/c", bytes(50))
    assert cached(call) == {"a": 0, "b": 1, "c": 1}


def test_a_get_larger_than_the_cache_goes_through_it_chunk_by_chunk(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("cache_bytes", 100)
    names = "abcdef"
    for name in names:
        call.put(f"/b/{name}", name.encode() * 50)
    job = call.start_get(bucket, *names)
    read: list[str] = []
    while len(read) < len(names):
        ready = Job.of(call.ready(job)).blobs
        assert ready, f"nothing is ready after {read}"
        for blob in ready:
            assert call("GET", blob.target(bucket, job)).body == blob.name.encode() * 50
            read.append(blob.name)
    assert read == list(names)
    assert call.job(job).status == "COMPLETED"


# --- from tape


def test_a_get_waits_for_the_tape_and_says_so(simulator: Simulator, call: Raw, bucket: str) -> None:
    """Also of what was written just now: whoever sets the delay wants to see the wait."""
    simulator.faults.set_all({"tape_delay": 30, "retry_after": 1})
    call.put("/b/a")
    job = call.start_get(bucket, "a")
    reply = call.ready(job)
    assert (Job.of(reply).blobs, reply.headers["Retry-After"]) == ((), "1")
    early = call("GET", job.blobs[0].target(bucket, job))
    assert (early.status, early.headers["Retry-After"]) == (307, "1")
    assert call.job(job).sizes() == (5, 0, 0)
    simulator.faults.set("clock", {"offset_s": 31})
    assert offer(call, job) == ["a"]
    assert call.job(job).sizes() == (5, 5, 0)
    assert call.get_all(bucket, job) == {"a": b"hello"}


def test_who_asks_for_room_for_a_chunk_waits_for_its_tape_as_well(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set_all({"tape_delay": 30, "retry_after": 1})
    call.put("/b/a")
    job = call.start_get(bucket, "a")
    allocate = f"/_rest_/job_chunk/{job.chunks[0]['ChunkId']}?operation=allocate"
    early = call("PUT", allocate)
    assert (early.status, early.headers["Retry-After"]) == (503, "1")
    assert call("GET", job.blobs[0].target(bucket, job)).status == 307
    simulator.faults.set("clock", {"offset_s": 31})
    assert call("PUT", allocate).xml[0].get("InCache") == "true"
    assert call.job(job).sizes() == (5, 5, 0)


def test_there_is_no_room_for_a_chunk_of_a_cancelled_job(call: Raw, bucket: str) -> None:
    job = call.start_put(bucket, a=5)
    assert call("DELETE", f"/_rest_/job/{job.id}?force").status == 204
    allocate = f"/_rest_/job_chunk/{job.chunks[0]['ChunkId']}?operation=allocate"
    assert call("PUT", allocate).status == 404


def test_a_shorter_delay_ends_the_wait(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set("tape_delay", 1000)
    call.put("/b/a")
    job = call.start_get(bucket, "a")
    assert offer(call, job) == []
    simulator.faults.set("tape_delay", 0)
    assert offer(call, job) == ["a"]


def test_what_is_not_on_tape_yet_needs_none(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set_all({"tape_delay": 1000, "hold_persistence": True})
    call.put("/b/a")
    job = call.start_get(bucket, "a")
    assert offer(call, job) == ["a"]


@pytest.mark.checklist("S C-89: a naked GET of what is on tape is 307 until it is there")
def test_a_naked_get_of_what_is_on_tape_is_sent_away_until_it_is_there(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("tape_delay", 30)
    call.put("/b/a")
    for _ in range(3):
        assert call("GET", "/b/a").status == 307
    hidden = call("GET", "/_rest_/active_job?request_type=GET")
    assert hidden.texts("Job/Naked") == ["true"], "one hidden job, however often it is asked"
    assert call("GET", "/b/a?cached_only").status == 404
    simulator.faults.set("clock", {"offset_s": 31})
    assert call("GET", "/b/a").body == b"hello"
    assert call("GET", "/_rest_/active_job?request_type=GET").body == b"<Data/>"


def test_what_left_the_cache_comes_back_for_a_naked_get(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("cache_bytes", 60)
    call.put("/b/a", pattern(0, 50))
    call.put("/b/b", bytes(50))
    assert cached(call) == {"a": 0, "b": 1}
    assert call("GET", "/b/a").body == pattern(0, 50)
    assert cached(call) == {"a": 1, "b": 0}


def test_an_ordered_job_gets_its_chunks_in_their_order(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    call.put("/b/a", bytes(5))
    simulator.faults.set_all({"tape_delay": 1000, "chunk_blobs": 1})
    call("GET", "/_rest_/job")  # time passes: what came before is persisted
    simulator.faults.set("hold_persistence", True)
    call.put("/b/b", bytes(5))
    guarantee = "&chunk_client_processing_order_guarantee="
    assert offer(call, call.start_get(bucket, "a", "b", query=guarantee + "IN_ORDER")) == []
    assert offer(call, call.start_get(bucket, "a", "b", query=guarantee + "NONE")) == ["b"]
