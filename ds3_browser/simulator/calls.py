"""The calls of the appliance that move no object data: each takes a `Call`, gives an `Answer`.

Parameter names are snake_case; other spellings mean the same. A flag counts by its presence.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lxml import etree

from . import answers
from .faults import Faults
from .jobs import JobRequest, Jobs, Wanted
from .store import DEFAULT_CHECKSUM, Refused, Store

NODE = "782ee70f-692e-4240-8ee1-c049b3a7b91e"
POLICY = "d3e6e795-fc85-4163-9d2f-4bc271d995d0"
POLICY_NAME = "Two copies on tape"
USERS = {
    "spectra": "5df00f88-d5b2-11e5-ab30-625662870761",
    "Administrator": "1dc9953a-c778-4cdd-b217-2a6b325cde5e",
}
BUCKET_NAME = re.compile(r"[A-Za-z0-9.\-_]{1,63}")
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """A request as the calls see it. `name` is the decoded object name or identifier, if any."""

    method: str
    parameters: dict[str, str]
    body: bytes
    user: str
    name: str = ""

    def has(self, name: str) -> bool:
        return _plain(name) in self.parameters

    def text(self, name: str) -> str | None:
        return self.parameters.get(_plain(name)) or None

    def number(self, name: str) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not text.isdigit():
            raise Refused(400, "InvalidArgument", f"{name} is not a number: {text}")
        return int(text)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def parameters(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {_plain(name): value for name, value in pairs}


class Calls:
    def __init__(self, store: Store, jobs: Jobs, faults: Faults, secrets: dict[str, str]) -> None:
        self._store = store
        self._jobs = jobs
        self._faults = faults
        self._secrets = secrets
        self._rest: dict[tuple[str, str], Callable[[Call], Answer]] = {
            ("GET", "bucket"): self._show_bucket,
            ("POST", "bucket"): self._post_bucket,
            ("PUT", "bucket"): self._bucket_operation,
            ("DELETE", "bucket"): self._delete_bucket,
            ("GET", "job"): self._show_job,
            ("PUT", "job"): self._modify_job,
            ("DELETE", "job"): self._end_job,
            ("PUT", "active_job"): self._modify_job,
            ("DELETE", "active_job"): self._end_job,
            ("GET", "active_job"): self._job_list("Job", "IN_PROGRESS"),
            ("GET", "completed_job"): self._job_list("CompletedJob", "COMPLETED"),
            ("GET", "canceled_job"): self._job_list("CanceledJob", "CANCELED"),
            ("GET", "job_chunk"): self._job_chunk,
            ("PUT", "job_chunk"): self._allocate_chunk,
            ("DELETE", "folder"): self._delete_folder,
            ("GET", "data_policy"): self._data_policy,
            ("GET", "user"): self._user,
            ("GET", "node"): self._node,
            ("GET", "system_information"): self._system_information,
            ("GET", "system_health"): self._system_health,
            ("GET", "cache_state"): self._cache_state,
            ("GET", "data_path_backend"): self._data_path_backend,
        }

    def rest(self, resource: str, call: Call) -> Answer:
        found = self._rest.get((call.method, resource))
        if found is None:
            raise Refused(404, "NotFound", f"There is no {call.method} of {resource}.")
        return found(call)

    # --- service and buckets

    def service(self, call: Call) -> Answer:
        buckets = [
            answers.element(
                "Bucket", {"CreationDate": answers.date(b["created"]), "Name": b["name"]}
            )
            for b in self._store.all("SELECT * FROM bucket ORDER BY name")
        ]
        fields: dict[str, answers.Field] = {
            "Buckets": [f"<Buckets>{''.join(buckets)}</Buckets>" if buckets else "<Buckets/>"],
            "Owner": [self._owner(call.user)],
        }
        return Answer(body=answers.element("ListAllMyBucketsResult", fields))

    def _owner(self, user: str) -> str:
        return answers.element("Owner", {"DisplayName": user, "ID": USERS[user]})

    def create_bucket(self, call: Call, name: str) -> Answer:
        if not BUCKET_NAME.fullmatch(name):
            raise Refused(400, "InvalidArgument", f"Not a bucket name: {name}")
        if name == "_rest_":
            raise Refused(403, "AccessDenied", "The name is reserved.")
        self._store.create_bucket(name, call.user)
        return Answer()

    def head_bucket(self, name: str) -> Answer:
        self._store.bucket(name)
        return Answer()

    def delete_bucket(self, name: str) -> Answer:
        self._store.delete_bucket(name, force=False)
        return Answer(204)

    def list_objects(self, call: Call, bucket: str) -> Answer:
        prefix, delimiter = call.text("prefix") or "", call.text("delimiter") or ""
        marker = call.text("marker") or ""
        max_keys = min(PAGE, PAGE if (n := call.number("max_keys")) is None else n)
        rows, truncated = self._store.list(bucket, prefix, delimiter, marker, max_keys)
        owner = self._owner(self._store.bucket(bucket)["user"])
        fields: dict[str, answers.Field] = {
            "CommonPrefixes": [
                answers.element("CommonPrefixes", {"Prefix": r.name}) for r in rows if r.is_prefix
            ],
            "Contents": [
                answers.element(
                    "Contents",
                    {
                        "ETag": r.etag,
                        "IsLatest": True,
                        "Key": r.name,
                        "LastModified": answers.date(r.created),
                        "Owner": [owner],
                        "Size": r.size,
                        "StorageClass": None,
                        "VersionId": r.id,
                    },
                )
                for r in rows
                if not r.is_prefix
            ],
            "CreationDate": answers.date(self._store.bucket(bucket)["created"]),
            "Delimiter": delimiter,
            "IsTruncated": truncated,
            "Marker": marker,
            "MaxKeys": max_keys,
            "Name": bucket,
            "NextMarker": rows[-1].name if truncated and rows else None,
            "Prefix": prefix,
        }
        return Answer(body=answers.element("ListBucketResult", fields))

    def _bucket_fields(self, row: sqlite3.Row) -> dict[str, answers.Field]:
        used, empty = self._store.bucket_usage(row["name"])
        return {
            "CreationDate": answers.date(row["created"]),
            "DataPolicyId": POLICY,
            "Empty": empty,
            "Id": row["id"],
            "LastPreferredChunkSizeInBytes": self._faults.get("chunk_bytes"),
            "LogicalUsedCapacity": used,
            "Name": row["name"],
            "Protected": False,
            "UserId": USERS[row["user"]],
        }

    def _show_bucket(self, call: Call) -> Answer:
        if call.name:
            fields = self._bucket_fields(self._store.bucket(call.name))
            return Answer(body=answers.element("Data", fields))
        rows = self._store.all("SELECT * FROM bucket ORDER BY name")
        return _page(call, [answers.element("Bucket", self._bucket_fields(row)) for row in rows])

    def _post_bucket(self, call: Call) -> Answer:
        name = call.text("name")
        if name is None:
            raise Refused(400, "InvalidArgument", "A bucket needs a name.")
        if (policy := call.text("data_policy_id")) not in (None, POLICY, POLICY_NAME):
            raise Refused(404, "NotFound", f"DataPolicy not found via identifier {policy}")
        self.create_bucket(call, name)
        fields = self._bucket_fields(self._store.bucket(name))
        return Answer(201, answers.element("Data", {**fields, "LogicalUsedCapacity": None}))

    def _delete_bucket(self, call: Call) -> Answer:
        if not call.name:
            raise Refused(400, "InvalidArgument", "A bucket needs a name.")
        self._store.delete_bucket(call.name, force=call.has("force"))
        return Answer(204)

    def _bucket_operation(self, call: Call) -> Answer:
        operation = (call.text("operation") or "").lower()
        if operation == "start_bulk_put":
            items = [(n, int(e.get("Size") or e.get("Length") or 0)) for n, e in _objects(call)]
            return self._master_list(self._jobs.create_put(_job_request(call, "PUT"), items))
        if operation == "start_bulk_get":
            wanted = [
                Wanted(n, e.get("VersionId"), _int(e.get("Offset")), _int(e.get("Length")))
                for n, e in _objects(call)
            ]
            return self._master_list(self._jobs.create_get(_job_request(call, "GET"), wanted))
        if operation:
            raise Refused(404, "NotFound", f"There is no operation {operation}.")
        fields = self._bucket_fields(self._store.bucket(call.name))
        return Answer(body=answers.element("Data", fields))

    # --- deleting

    def delete_object(self, call: Call, bucket: str) -> Answer:
        if not call.name:
            self._store.bucket(bucket)
            raise Refused(400, "InvalidArgument", "An object needs a name.")
        self._store.delete_object(bucket, call.name, call.text("version_id"))
        return Answer(204)

    def delete_objects(self, call: Call, bucket: str) -> Answer:
        self._store.bucket(bucket)
        root = _parse(call.body)
        quiet = (root.findtext("Quiet") or "").strip().lower() == "true"
        results: dict[str, list[str]] = {"Deleted": [], "Error": []}
        for wanted in root.iterfind("Object"):
            name, version = wanted.findtext("Key") or "", wanted.findtext("VersionId")
            try:
                self._store.delete_object(bucket, name, version)
            except Refused as refused:
                fields: dict[str, answers.Field] = {
                    "Code": "ObjectNotFound" if refused.status == 404 else refused.code,
                    "Key": name,
                    "Message": refused.message,
                }
                results["Error"].append(answers.element("Error", fields))
            else:
                if not quiet:
                    results["Deleted"].append(answers.element("Deleted", {"Key": name}))
        return Answer(body=answers.element("DeleteResult", {k: v for k, v in results.items() if v}))

    def _delete_folder(self, call: Call) -> Answer:
        bucket = call.text("bucket_id")
        if bucket is None:
            raise Refused(500, "InternalError", "A folder needs a bucket.")
        self._store.delete_folder(self._store.bucket(bucket)["name"], call.name)
        return Answer(204)

    # --- jobs

    def _job_attributes(self, job: sqlite3.Row) -> dict[str, answers.Value]:
        cached, completed = self._jobs.sizes(job)
        return {
            "Aggregating": bool(job["aggregating"]),
            "BucketName": job["bucket"],
            "CachedSizeInBytes": cached,
            "ChunkClientProcessingOrderGuarantee": job["in_order"],
            "CompletedSizeInBytes": completed,
            "EntirelyInCache": cached == job["size"],
            "JobId": job["id"],
            "Naked": bool(job["naked"]),
            "Name": job["name"],
            "OriginalSizeInBytes": job["size"],
            "Priority": job["priority"],
            "RequestType": job["kind"],
            "StartDate": answers.date(job["created"]),
            "Status": job["status"],
            "UserId": USERS[job["user"]],
            "UserName": job["user"],
        }

    def _nodes(self) -> str:
        attributes: dict[str, answers.Value] = {
            "EndPoint": "127.0.0.1",
            "HttpPort": 80,
            "HttpsPort": 443,
            "Id": NODE,
        }
        return answers.tag("Nodes", {}, [answers.tag("Node", attributes)])

    def _master_list(self, job_id: str, only: Sequence[str] | None = None) -> Answer:
        """The job with all its chunks, or those named in `only`."""
        job = self._jobs.get(job_id)
        chunks = [c for c in self._jobs.chunks(job["id"]) if only is None or c["id"] in only]
        inner = [self._nodes(), *(self._chunk(job, chunk) for chunk in chunks)]
        return Answer(body=answers.tag("MasterObjectList", self._job_attributes(job), inner))

    def _chunk(self, job: sqlite3.Row, chunk: sqlite3.Row, *, all_blobs: bool = True) -> str:
        partial = self._faults.get("partial_chunk") and job["kind"] == "GET"
        blobs = []
        for number, blob in enumerate(self._jobs.blobs(chunk["id"])):
            put = job["kind"] == "PUT"
            in_cache = blob["received_at"] is not None if put else bool(blob["cached"])
            blobs.append(
                answers.tag(
                    "Object",
                    {
                        "Id": blob["id"],
                        "InCache": (False if number % 2 else None) if partial else in_cache,
                        "Latest": True,
                        "Length": blob["length"],
                        "Name": blob["name"],
                        "Offset": blob["offset"],
                        "VersionId": blob["version"],
                    },
                )
            )
        attributes: dict[str, answers.Value] = {
            "ChunkId": chunk["id"],
            "ChunkNumber": chunk["number"],
            "NodeId": NODE if chunk["allocated"] or job["kind"] == "GET" else None,
        }
        return answers.tag("Objects", attributes, blobs)

    def _job_chunk(self, call: Call) -> Answer:
        if call.name:
            return self._one_chunk(call.name)
        job = self._jobs.get(call.text("job") or "")
        ready = self._jobs.ready_chunks(job["id"], call.number("preferred_number_of_chunks"))
        inner = [self._nodes()]
        for chunk in self._jobs.chunks(job["id"]):
            if chunk["id"] in ready:
                inner.append(self._unread(job, chunk))
        headers = self.retry_after()
        body = answers.tag("MasterObjectList", self._job_attributes(job), inner)
        return Answer(200, body, headers)

    def _unread(self, job: sqlite3.Row, chunk: sqlite3.Row) -> str:
        """A chunk without the blobs that a GET job has sent already."""
        whole = self._chunk(job, chunk)
        if job["kind"] == "PUT" or self._faults.get("repeat_read_blobs"):
            return whole
        read = {blob["id"] for blob in self._jobs.blobs(chunk["id"]) if blob["read"]}
        element = etree.fromstring(whole)
        for blob in list(element):
            if blob.get("Id") in read:
                element.remove(blob)
        return etree.tostring(element, encoding="unicode")

    def _one_chunk(self, identifier: str) -> Answer:
        chunk = self._store.one(
            "SELECT * FROM chunk WHERE id = ? OR job = ? ORDER BY number", identifier, identifier
        )
        if chunk is None:
            raise Refused(404, "NotFound", f"Chunk not found via identifier {identifier}")
        return Answer(body=self._chunk(self._jobs.get(chunk["job"]), chunk))

    def _allocate_chunk(self, call: Call) -> Answer:
        if not self._jobs.allocate(call.name):
            raise Refused(503, "SlowDown", "No cache is free.", retry_after=True)
        return self._one_chunk(call.name)

    def retry_after(self) -> dict[str, str]:
        if self._faults.get("retry_after_missing"):
            return {}
        return {"Retry-After": str(self._faults.get("retry_after"))}

    def _show_job(self, call: Call) -> Answer:
        if call.name:
            return self._master_list(call.name)
        wanted = call.text("bucket_id")
        jobs = [
            answers.tag("Job", self._job_attributes(job), [self._nodes()])
            for job in self._jobs.with_status("IN_PROGRESS")
            if wanted in (None, job["bucket"])
        ]
        return Answer(body=answers.tag("Jobs", {}, jobs))

    def _modify_job(self, call: Call) -> Answer:
        self._jobs.modify(call.name, call.text("name"), call.text("priority"))
        return self._master_list(call.name)

    def _end_job(self, call: Call) -> Answer:
        job = self._jobs.active(call.name)["id"]
        if call.has("force"):
            self._jobs.cancel(job)
        else:
            self._jobs.truncate(job)
        return Answer(204)

    def _job_list(self, element: str, status: str) -> Callable[[Call], Answer]:
        def show(call: Call) -> Answer:
            if not call.name:
                jobs = self._jobs.with_status(status, call.text("bucket_id"))
                return _page(call, [answers.element(element, self._job_fields(j)) for j in jobs])
            job = self._jobs.get(call.name)
            if job["status"] != status:
                raise Refused(404, "NotFound", f"{element} not found via identifier {call.name}")
            return Answer(body=answers.element("Data", self._job_fields(job)))

        return show

    def _job_fields(self, job: sqlite3.Row) -> dict[str, answers.Field]:
        cached, completed = self._jobs.sizes(job)
        fields: dict[str, answers.Field] = {
            "BucketId": self._store.bucket(job["bucket"])["id"],
            "CachedSizeInBytes": cached,
            "ChunkClientProcessingOrderGuarantee": job["in_order"],
            "CompletedSizeInBytes": completed,
            "CreatedAt": answers.date(job["created"]),
            "ErrorMessage": None,
            "Id": job["id"],
            "Naked": bool(job["naked"]),
            "Name": job["name"],
            "OriginalSizeInBytes": job["size"],
            "Priority": job["priority"],
            "Rechunked": None,
            "RequestType": job["kind"],
            "Truncated": bool(job["truncated"]),
            "UserId": USERS[job["user"]],
        }
        if job["status"] == "COMPLETED":
            return {**fields, "DateCompleted": answers.date(job["ended"])}
        if job["status"] == "CANCELED":
            timed_out = bool(job["timed_out"])
            ended = answers.date(job["ended"])
            return {**fields, "CanceledDueToTimeout": timed_out, "DateCanceled": ended}
        return {**fields, "Aggregating": bool(job["aggregating"]), "TruncatedDueToTimeout": False}

    # --- policies and system

    def _data_policy(self, call: Call) -> Answer:
        fields: dict[str, answers.Field] = {
            "AlwaysForcePutJobCreation": False,
            "AlwaysMinimizeSpanningAcrossMedia": False,
            "BlobbingEnabled": True,
            "ChecksumType": DEFAULT_CHECKSUM,
            "CreationDate": answers.date(0),
            "DefaultBlobSize": None,
            "DefaultGetJobPriority": "HIGH",
            "DefaultPutJobPriority": "NORMAL",
            "DefaultVerifyAfterWrite": False,
            "DefaultVerifyJobPriority": "LOW",
            "EndToEndCrcRequired": False,
            "Id": POLICY,
            "MaxVersionsToKeep": 1000,
            "Name": POLICY_NAME,
            "RebuildPriority": "LOW",
            "Versioning": "NONE",
        }
        return _one_or_list(call, "DataPolicy", [(POLICY, POLICY_NAME, fields)])

    def _user(self, call: Call) -> Answer:
        users: list[tuple[str, str, dict[str, answers.Field]]] = []
        for name, (auth_id, secret) in zip(USERS, self._secrets.items(), strict=False):
            fields: dict[str, answers.Field] = {
                "AuthId": auth_id,
                "DefaultDataPolicyId": POLICY,
                "Id": USERS[name],
                "MaxBuckets": 10000,
                "Name": name,
                "SecretKey": secret,
            }
            if call.text("auth_id") in (None, auth_id):
                users.append((USERS[name], name, fields))
        return _one_or_list(call, "User", sorted(users, key=lambda user: user[1]))

    def _node(self, call: Call) -> Answer:
        fields: dict[str, answers.Field] = {
            "DataPathHttpPort": 80,
            "DataPathHttpsPort": 443,
            "DataPathIpAddress": "127.0.0.1",
            "DnsName": None,
            "Id": NODE,
            "LastHeartbeat": answers.date(self._store.now()),
            "Name": "simulator-1",
            "SerialNumber": "SIMULATOR-1",
        }
        return _one_or_list(call, "Node", [(NODE, "simulator-1", fields)])

    def _system_information(self, call: Call) -> Answer:
        build: dict[str, answers.Field] = {
            "Branch": "simulator",
            "Revision": "1",
            "Version": self._faults.get("server_version"),
        }
        fields: dict[str, answers.Field] = {
            "ApiVersion": "SIMULATOR",
            "BackendActivated": True,
            "BuildInformation": [answers.element("BuildInformation", build)],
            "InstanceId": NODE,
            "Now": int(self._store.now() * 1000),
            "SerialNumber": "SIMULATOR-1",
        }
        return Answer(body=answers.element("Data", fields))

    def _system_health(self, call: Call) -> Answer:
        if self._faults.get("health") != "ok":
            raise Refused(503, "ServiceUnavailable", "The data planner is not healthy.")
        fields: dict[str, answers.Field] = {
            "DatabaseFilesystemFreeSpace": "NORMAL",
            "MsRequiredToVerifyDataPlannerHealth": 1,
        }
        return Answer(body=answers.element("Data", fields))

    def _cache_state(self, call: Call) -> Answer:
        self._jobs.settle()
        used, locked = self._jobs.cache_used()
        size = self._faults.get("cache_bytes")
        total = 1 << 50 if size is None else size
        system: dict[str, answers.Field] = {
            "AvailableCapacityInBytes": max(0, total - used),
            "JobLockedCacheInBytes": locked,
            "Summary": None,
            "TotalCapacityInBytes": total,
            "UnavailableCapacityInBytes": 0,
            "UsedCapacityInBytes": used,
        }
        return Answer(
            body=answers.element("Data", {"Filesystems": [answers.element("Filesystems", system)]})
        )

    def _data_path_backend(self, call: Call) -> Answer:
        fields: dict[str, answers.Field] = {
            "Activated": True,
            "AllowNewJobRequests": True,
            "CacheAvailableRetryAfterInSeconds": self._faults.get("retry_after"),
            "Id": NODE,
            "MaxAggregatedBlobsPerChunk": self._faults.get("chunk_blobs"),
            "MaxNumberOfConcurrentJobs": 40000,
        }
        return Answer(body=answers.element("Data", fields))


def _page(call: Call, items: list[str]) -> Answer:
    """A paged list: items from `page_offset`, with the two headers that tell of the rest."""
    offset = call.number("page_offset") or 0
    length = min(PAGE, PAGE if (n := call.number("page_length")) is None else n)
    shown = items[offset : offset + length]
    after = max(0, len(items) - offset - len(shown))
    headers = {"Total-Result-Count": str(len(items)), "Page-Truncated": str(after)}
    return Answer(200, f"<Data>{''.join(shown)}</Data>" if shown else "<Data/>", headers)


def _one_or_list(
    call: Call, element: str, rows: Sequence[tuple[str, str, dict[str, answers.Field]]]
) -> Answer:
    if not call.name:
        return _page(call, [answers.element(element, fields) for _, _, fields in rows])
    for identifier, name, fields in rows:
        if call.name in (identifier, name):
            return Answer(body=answers.element("Data", fields))
    raise Refused(
        404, "NotFound", f"{element} not found via identifier / bean property value '{call.name}'."
    )


def _job_request(call: Call, kind: str) -> JobRequest:
    order = call.text("chunk_client_processing_order_guarantee") or "IN_ORDER"
    priority = call.text("priority")
    return JobRequest(
        bucket=call.name,
        user=call.user,
        name=call.text("name") or "Untitled",
        priority=priority.upper() if priority else None,
        max_upload_size=call.number("max_upload_size"),
        ignore_naming_conflicts=call.has("ignore_naming_conflicts"),
        in_order=order.upper(),
        aggregating=(call.text("aggregating") or "").lower() == "true",
    )


def _parse(body: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(400, "MalformedXML", f"The body is not XML: {error.msg}") from error


def _objects(call: Call) -> list[tuple[str, etree._Element]]:
    return [(element.get("Name") or "", element) for element in _parse(call.body).iter("Object")]


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)
