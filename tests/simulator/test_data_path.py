"""How an administrator sets the appliance to work: new jobs, tapes that are away, and the rest."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ds3_browser.simulator.server import Simulator

from .raw import Job, Raw, objects, unknown_id

BACKEND = "/_rest_/data_path_backend"
FAILED = "/_rest_/job_creation_failed"


def shown(call: Raw) -> dict[str, str | None]:
    return {str(item.tag): item.text for item in call("GET", BACKEND).xml}


@pytest.fixture
def away(simulator: Simulator, call: Raw, bucket: str) -> list[str]:
    """The tapes that hold the object o of the bucket b, all of them out of the library."""
    call.put("/b/o")
    query = "/_rest_/bucket/b?operation=get_physical_placement"
    codes = call("PUT", query, objects(("o", {}))).texts("Tapes/Tape/BarCode")
    call("PUT", "/_rest_/cache_filesystem?reclaim")
    simulator.faults.set("eject_tape", codes)
    return [code or "" for code in codes]


# --- settings


def test_settings_are_changed_and_outlive_a_look(call: Raw) -> None:
    before = shown(call)
    given = "auto_inspect=never&activated=False&iom_cache_limitation_percent=0.25"
    reply = call("PUT", f"{BACKEND}?{given}&auto_activate_timeout_in_mins=7")
    assert reply.status == 200
    changed = {key: value for key, value in shown(call).items() if value != before[key]}
    del changed["LastHeartbeat"]
    assert changed == {
        "Activated": "false",
        "AutoActivateTimeoutInMins": "7",
        "AutoInspect": "NEVER",
        "IomCacheLimitationPercent": "0.25",
    }
    call("PUT", f"{BACKEND}?auto_activate_timeout_in_mins=")
    assert shown(call)["AutoActivateTimeoutInMins"] is None


def test_two_settings_are_switches(simulator: Simulator, call: Raw, bucket: str) -> None:
    given = "cache_available_retry_after_in_seconds=3&max_aggregated_blobs_per_chunk=1"
    assert call("PUT", f"{BACKEND}?{given}").status == 200
    job = call.start_put(bucket, one=1, two=1)
    assert len(job.chunks) == 2
    assert call.ready(job).headers["Retry-After"] == "3"
    simulator.faults.set("retry_after", 4)
    assert shown(call)["CacheAvailableRetryAfterInSeconds"] == "4"


@pytest.mark.parametrize(
    "given",
    [
        "auto_inspect=often",
        "activated=",
        "iom_cache_limitation_percent=nan",
        "iom_cache_limitation_percent=x",
        "max_number_of_concurrent_jobs=0",
        "cache_available_retry_after_in_seconds=-1",
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(call: Raw, given: str) -> None:
    before = shown(call)
    assert call("PUT", f"{BACKEND}?iom_enabled=false&{given}").status == 400
    assert shown(call)["IomEnabled"] == before["IomEnabled"] == "true"


def test_only_an_administrator_changes_settings(
    simulator: Simulator, caller: Callable[..., Raw]
) -> None:
    simulator.faults.set("users", [{"name": "ada", "access_id": "ada", "secret_key": "x"}])
    ada = caller("ada", "x")
    assert ada("GET", BACKEND).status == 200
    assert ada("PUT", f"{BACKEND}?activated=false").status == 403


# --- new jobs


def test_no_new_jobs_are_taken_while_none_are_allowed(call: Raw, bucket: str) -> None:
    call("PUT", f"{BACKEND}?allow_new_job_requests=false")
    target = f"/_rest_/bucket/{bucket}?operation=start_bulk_put"
    reply = call("PUT", target, objects(("a", {"Size": 1})))
    assert (reply.status, "Retry-After" in reply.headers) == (503, True)
    call("PUT", f"{BACKEND}?allow_new_job_requests=true")
    assert call("PUT", target, objects(("a", {"Size": 1}))).status == 200


def test_so_many_jobs_run_at_once_and_no_more(call: Raw, bucket: str) -> None:
    call("PUT", f"{BACKEND}?max_number_of_concurrent_jobs=1")
    first = call.start_put(bucket, one=1)
    target = f"/_rest_/bucket/{bucket}?operation=start_bulk_put"
    assert call("PUT", target, objects(("two", {"Size": 1}))).status == 503
    call.put_all(bucket, first)
    assert call("PUT", target, objects(("two", {"Size": 1}))).status == 200


# --- tapes that are away


@pytest.mark.parametrize("operation", ["start_bulk_get", "start_bulk_verify", "start_bulk_stage"])
def test_a_job_that_may_not_wait_for_its_tapes_is_refused_and_noted(
    call: Raw, away: list[str], operation: str
) -> None:
    call("PUT", f"{BACKEND}?unavailable_media_policy=DISALLOW")
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
    call("PUT", f"{BACKEND}?unavailable_media_policy=DISALLOW")
    for offset in (0, 60):
        simulator.faults.set("clock", {"offset_s": offset})
        call("PUT", "/_rest_/bucket/b?operation=start_bulk_get", objects(("o", {})))
    dates = call("GET", FAILED).texts("JobCreationFailed/Date")
    assert len(dates) == 2
    assert dates == sorted(dates, key=str, reverse=True)


@pytest.mark.parametrize("policy", ["ALLOW", "DISCOURAGED"])
def test_a_job_may_wait_for_its_tapes(call: Raw, away: list[str], policy: str) -> None:
    call("PUT", f"{BACKEND}?unavailable_media_policy={policy}")
    job = call.start_get("b", "o")
    assert len(Job.of(call.ready(job)).blobs) == 0
    assert call("GET", FAILED).body == b"<Data/>"


def test_with_a_tape_left_nothing_is_refused(
    simulator: Simulator, call: Raw, away: list[str]
) -> None:
    call("PUT", f"{BACKEND}?unavailable_media_policy=DISALLOW")
    simulator.faults.set("eject_tape", away[:1])
    assert call.get_all("b", call.start_get("b", "o")) == {"o": b"hello"}


def test_what_the_cache_has_needs_no_tape(simulator: Simulator, call: Raw, bucket: str) -> None:
    call("PUT", f"{BACKEND}?unavailable_media_policy=DISALLOW")
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
