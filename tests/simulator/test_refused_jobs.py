"""Jobs refused because tapes are away, and what is told of blobs by their ids."""

from __future__ import annotations

import json

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, objects, unknown_id

FAILED = "/_rest_/job_creation_failed"


@pytest.fixture
def away(simulator: Simulator, call: Raw, bucket: str) -> list[str]:
    """The tapes that hold the object o of the bucket b, all of them out of the library."""
    call.put("/b/o")
    query = "/_rest_/bucket/b?operation=get_physical_placement"
    codes = call("PUT", query, objects(("o", {}))).texts("Tapes/Tape/BarCode")
    call("PUT", "/_rest_/cache_filesystem?reclaim")
    simulator.faults.set("eject_tape", codes)
    return [code or "" for code in codes]


@pytest.mark.parametrize("operation", ["start_bulk_get", "start_bulk_verify", "start_bulk_stage"])
def test_a_job_that_may_not_wait_for_its_tapes_is_refused_and_noted(
    simulator: Simulator, call: Raw, away: list[str], operation: str
) -> None:
    simulator.faults.set("unavailable_media", "DISALLOW")
    target = f"/_rest_/bucket/b?operation={operation}"
    reply = call("PUT", target, objects(("o", {})))
    assert reply.status == 400
    assert all(code in (reply.xml.findtext("Message") or "") for code in away)
    assert call("GET", "/_rest_/job").body == b"<Jobs/>"
    noted = call("GET", f"{FAILED}?user_name=spectra")
    assert noted.texts("JobCreationFailed/TapeBarCodes") == [",".join(sorted(away))]
    assert noted.texts("JobCreationFailed/Type") == ["TAPES_MUST_BE_ONLINED"]
    (identifier,) = noted.texts("JobCreationFailed/Id")
    assert call("DELETE", f"{FAILED}/{identifier}").status == 204
    assert call("GET", FAILED).body == b"<Data/>"


def test_the_newest_refusal_comes_first(simulator: Simulator, call: Raw, away: list[str]) -> None:
    simulator.faults.set("unavailable_media", "DISALLOW")
    for offset in (0, 60):
        simulator.faults.set("clock", {"offset_s": offset})
        call("PUT", "/_rest_/bucket/b?operation=start_bulk_get", objects(("o", {})))
    dates = call("GET", FAILED).texts("JobCreationFailed/Date")
    assert len(dates) == 2
    assert dates == sorted(dates, key=str, reverse=True)


@pytest.mark.parametrize("policy", ["ALLOW", "DISCOURAGED"])
def test_a_job_may_wait_for_its_tapes(
    simulator: Simulator, call: Raw, away: list[str], policy: str
) -> None:
    simulator.faults.set("unavailable_media", policy)
    job = call.start_get("b", "o")
    assert len(Job.of(call.ready(job)).blobs) == 0
    assert call("GET", FAILED).body == b"<Data/>"


def test_with_a_tape_left_nothing_is_refused(
    simulator: Simulator, call: Raw, away: list[str]
) -> None:
    simulator.faults.set("unavailable_media", "DISALLOW")
    simulator.faults.set("eject_tape", away[:1])
    assert call.get_all("b", call.start_get("b", "o")) == {"o": b"hello"}


def test_what_the_cache_has_needs_no_tape(simulator: Simulator, call: Raw, bucket: str) -> None:
    simulator.faults.set("unavailable_media", "DISALLOW")
    call.put("/b/o")
    assert call("GET", "/_rest_/cache_state").status == 200
    simulator.faults.set("eject_tape", ["SIM101L7", "SIM201L7"])
    assert call.get_all("b", call.start_get("b", "o")) == {"o": b"hello"}


# --- what appliances ask each other


def test_what_is_known_of_blobs_is_told_by_their_ids(
    simulator: Simulator, call: Raw, bucket: str
) -> None:
    simulator.faults.set("hold_persistence", True)
    job = call.start_put(bucket, here=5, coming=5)
    here, coming = job.blobs
    assert call("PUT", here.target(bucket, job), b"hello").status == 200
    ask = f'{{"blobs": ["{here.id}", "{coming.id.upper()}", "{unknown_id()}"]}}'
    told = json.loads(call("GET", "/_rest_/blob_persistence", ask).body)["blobs"]
    by_id = {blob["id"]: blob for blob in told}
    known = [(by_id[blob.id]["in_cache"], by_id[blob.id]["persisted"]) for blob in job.blobs]
    assert known == [(True, False), (False, False)]
    assert by_id[coming.id]["checksum"] is None
    assert len(by_id) == 2
    simulator.faults.set("hold_persistence", False)
    (told,) = json.loads(call("GET", "/_rest_/blob_persistence", here.id).body)["blobs"]
    assert told["media"] == ["SIM101L7", "SIM201L7"]


def test_a_body_without_ids_is_refused(call: Raw) -> None:
    for body in ("", "<Objects/>", "\xff"):
        assert call("GET", "/_rest_/blob_persistence", body).status == 400
