"""Which permission each call needs, looked at before it is answered.

Administrators are let through at once. Lists are not held back here: they show what the caller may
see. Calls about records know their own rules.
"""

from __future__ import annotations

from collections.abc import Mapping

from .access import Access
from .calls import Call
from .store import BUCKET, Store

_ANY = None  # some permission in the bucket, whichever
_OF_BUCKET: Mapping[str, str | None] = {"GET": "LIST", "HEAD": _ANY, "DELETE": "OWNER"}
_OF_OBJECT = {"GET": "READ", "HEAD": "READ", "PUT": "WRITE", "POST": "WRITE", "DELETE": "DELETE"}
# Calls under `/_rest_/` whose bucket is in the path,
_NAMED: Mapping[str, str | None] = {
    "GET bucket/": _ANY,
    "PUT bucket/": "OWNER",
    "DELETE bucket/": "OWNER",
    "PUT bucket/ start_bulk_put": "WRITE",
    "PUT bucket/ start_bulk_get": "READ",
    "PUT bucket/ start_bulk_verify": "READ",
    "PUT bucket/ start_bulk_stage": "READ",
    "PUT bucket/ verify_safe_to_start_bulk_put": "WRITE",
    "PUT bucket/ get_physical_placement": "LIST",
    "GET bucket/ verify_physical_placement": "LIST",
}
# or in the parameter `bucket_id`. Without one a list shows what may be seen.
_ASKED = {
    "GET object": "LIST",
    "GET object/": "LIST",
    "PUT object": "WRITE",
    "DELETE folder/": "DELETE",
    "GET bucket_history": "LIST",
}
# Calls that name a job, or a chunk of one: the job is one's own, or of a bucket where one has JOB.
_OF_JOB = {
    *("GET job/", "PUT job/", "DELETE job/"),
    *("GET active_job/", "PUT active_job/", "DELETE active_job/"),
    *("GET completed_job/", "GET canceled_job/"),
    *("GET job_chunk", "GET job_chunk/", "PUT job_chunk/ allocate", "GET job_chunk_dao/"),
}
_ADMINISTRATORS_ALONE = {
    *("DELETE job", "DELETE active_job", "DELETE completed_job", "DELETE canceled_job"),
    *("GET job_creation_failed", "DELETE job_creation_failed/"),
    "GET blob_persistence",
    *("GET cache_state", "GET cache_filesystem", "GET cache_filesystem/", "PUT cache_filesystem"),
}


class Guard:
    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    def check_bucket(self, call: Call) -> None:
        """Refuse a call of a bucket, such as its listing, to who may not make it."""
        if call.method in _OF_BUCKET and not self._access.is_administrator(call.user):
            self._require(call, call.bucket, _OF_BUCKET[call.method])

    def check_object(self, call: Call) -> None:
        """Refuse a call of an object to who may not make it."""
        if not self._access.is_administrator(call.user):
            self._require(call, call.bucket, _OF_OBJECT[call.method])

    def check_rest(self, call: Call, wanted: str) -> None:
        """Refuse a call under `/_rest_/`, as the table of routes names it, to who may not."""
        if self._access.is_administrator(call.user):
            return
        if wanted in _ADMINISTRATORS_ALONE:
            self._access.require_administrator(call.user)
        elif wanted in _NAMED:
            self._require(call, call.name, _NAMED[wanted])
        elif wanted in _ASKED and (bucket := call.text("bucket_id")) is not None:
            self._require(call, bucket, _ASKED[wanted])
        elif wanted in _OF_JOB:
            self._require_job(call)

    def _require(self, call: Call, bucket: str, permission: str | None) -> None:
        row = self._store.known(BUCKET, bucket, bucket.lower())
        if row is not None:
            self._access.require(call.user, row, permission)

    def _require_job(self, call: Call) -> None:
        named = (call.name or call.text("job") or "").lower()
        job = self._store.one(
            "SELECT * FROM job WHERE id = ? OR key = (SELECT job FROM chunk WHERE id = ?)",
            named,
            named,
        )
        if job is not None and job["user"] != call.user:
            self._require(call, job["bucket"], "JOB")
