"""What the appliance is: nodes, release, health, cache and how it goes about its work."""

from __future__ import annotations

from . import answers
from .answers import Field, element
from .calls import PAGING, Answer, Call, Resource, Route, Routes, one_or_list
from .dialect import release
from .faults import Faults
from .jobs import Jobs
from .media import Media
from .nodes import Nodes
from .store import Refused, Store

INSTANCE = "5e3f6c8e-9b1d-4c22-8f5e-3d0c1b7a9e10"
SERIAL_NUMBER = "SIMULATOR"
UNLIMITED_CACHE = 1 << 50  # bytes that a cache without a limit says it has


class SystemCalls:
    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        media: Media,
        nodes: Nodes,
        faults: Faults,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._media = media
        self._nodes = nodes
        self._faults = faults

    def routes(self) -> Routes:
        return {
            "GET node": Route(self._node, PAGING),
            "GET node/": Route(self._node),
            "GET system_information": Route(self._system_information),
            "GET system_health": Route(self._system_health),
            "GET cache_state": Route(self._cache_state),
            "GET cache_filesystem": Route(self._cache_filesystems, f"node_id {PAGING}"),
            "GET cache_filesystem/": Route(self._cache_filesystems),
            "PUT cache_filesystem": Route(self._reclaim, "reclaim"),
            "GET data_path_backend": Route(self._data_path_backend),
        }

    def _node(self, call: Call) -> Answer:
        now = answers.date(self._store.now())
        nodes = [
            Resource(identifier, name, {**fields, "LastHeartbeat": now})
            for identifier, name, fields in self._nodes.described()
        ]
        return one_or_list(call, "Node", nodes)

    def _system_information(self, call: Call) -> Answer:
        build: dict[str, Field] = {
            "Branch": "simulator",
            "Revision": "1",
            "Version": self._faults.get("server_version"),
        }
        fields: dict[str, Field] = {
            "ApiVersion": "SIMULATOR",
            "BackendActivated": True,
            "BuildInformation": [element("BuildInformation", build)],
            "InstanceId": INSTANCE,
            "Now": int(self._store.now() * 1000),
            "SerialNumber": SERIAL_NUMBER,
        }
        return Answer(body=element("Data", fields))

    def _system_health(self, call: Call) -> Answer:
        if self._faults.get("health") != "ok":
            raise Refused(503, "ServiceUnavailable", "The data planner is not healthy.")
        fields: dict[str, Field] = {
            "DatabaseFilesystemFreeSpace": "NORMAL",
            "MsRequiredToVerifyDataPlannerHealth": 1,
        }
        return Answer(body=element("Data", fields))

    def _cache_state(self, call: Call) -> Answer:
        self._jobs.settle()
        used, locked = self._media.cache_used()
        size = self._faults.get("cache_bytes")
        total = UNLIMITED_CACHE if size is None else size
        fields: dict[str, Field] = {
            "AvailableCapacityInBytes": max(0, total - used),
            "CacheFilesystem": [element("CacheFilesystem", self._cache_filesystem())],
            "JobLockedCacheInBytes": locked,
            "Summary": f"{used} of {total} bytes in use",
            "TotalCapacityInBytes": total,
            "UnavailableCapacityInBytes": 0,
            "UsedCapacityInBytes": used,
        }
        return Answer(body=element("Data", {"Filesystems": [element("Filesystems", fields)]}))

    def _cache_filesystems(self, call: Call) -> Answer:
        node, fields = call.text("node_id"), self._cache_filesystem()
        here = node in (None, fields["NodeId"])
        return one_or_list(
            call, "CacheFilesystem", [Resource(INSTANCE, "", fields)] if here else []
        )

    def _reclaim(self, call: Call) -> Answer:
        """Drop from the cache what is persisted and nobody is about to read."""
        if not call.has("reclaim"):
            raise Refused(404, "NotFound", "The cache can only be reclaimed.")
        self._jobs.settle()
        self._media.reclaim()
        return Answer(204)

    def _cache_filesystem(self) -> dict[str, Field]:
        return {
            "AutoReclaimInitiateThreshold": 0.82,
            "AutoReclaimTerminateThreshold": 0.72,
            "BurstThreshold": 0.85,
            "CacheSafetyEnabled": False,
            "Id": INSTANCE,
            "MaxCapacityInBytes": self._faults.get("cache_bytes"),
            "MaxPercentUtilizationOfFilesystem": None,
            "NeedsReconcile": False,
            "NodeId": self._nodes.of_chunk(0),
            "Path": "/cache/",
        }

    def _data_path_backend(self, call: Call) -> Answer:
        told = release(self._faults.get("server_version"))
        fields: dict[str, Field] = {
            "Activated": True,
            "AllowNewJobRequests": True,
            "AutoActivateTimeoutInMins": None,
            "AutoInspect": "FULL" if told >= (4, 0) else "DEFAULT",
            "CacheAvailableRetryAfterInSeconds": self._faults.get("retry_after"),
            "DefaultVerifyDataAfterImport": None,
            "DefaultVerifyDataPriorToImport": True,
            "Id": INSTANCE,
            "InstanceId": INSTANCE,
            "IomCacheLimitationPercent": 0.5,
            "IomEnabled": True,
            "LastHeartbeat": answers.date(self._store.now()),
            "MaxAggregatedBlobsPerChunk": self._faults.get("chunk_blobs"),
            "MaxNumberOfConcurrentJobs": 40000,
            "PartiallyVerifyLastPercentOfTapes": None,
            "PoolSafetyEnabled": True,
            "UnavailableMediaPolicy": self._faults.get("unavailable_media"),
            "UnavailablePoolMaxJobRetryInMins": 20,
            "UnavailableTapePartitionMaxJobRetryInMins": 20,
            "VerifyCheckpointBeforeRead": True,
        }
        return Answer(body=element("Data", fields))
