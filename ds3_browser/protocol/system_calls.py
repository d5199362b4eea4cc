"""The appliance itself: its policies, its users, its media and how it is."""

from __future__ import annotations

import logging

from . import system_xml
from .bucket_calls import BucketCalls
from .errors import AccessDenied, NotFound
from .records import CacheState, ChecksumType, DataPolicy, SystemInformation
from .system_records import SystemHealth

log = logging.getLogger(__name__)


class SystemCalls(BucketCalls):
    """Calls about the appliance."""

    def checksum_of_policy(self, bucket: str) -> ChecksumType | None:
        """The checksum type of the bucket's data policy; None if it has none or may not be read.

        The bucket is asked for its policy each time, a policy once for its type, which never
        changes. Raises what keeps the answer from being known.
        """
        try:
            policy_id = self.bucket_details(bucket).data_policy_id
            if policy_id is None:
                return None
            if policy_id not in self._checksum_types:
                self._checksum_types[policy_id] = self.data_policy(policy_id).checksum_type
        except (AccessDenied, NotFound) as error:
            log.info("the data policy of %s cannot be read: %s", bucket, error)
            return None
        found = self._checksum_types[policy_id]
        return None if found is ChecksumType.NONE else found

    def data_policies(self) -> tuple[DataPolicy, ...]:
        return tuple(self._all(DataPolicy, "data_policy"))

    def data_policy(self, id_or_name: str) -> DataPolicy:
        return self._one(DataPolicy, "data_policy", id_or_name)

    def system_information(self) -> SystemInformation:
        return system_xml.read_system_information(self._call("GET", "/_rest_/system_information"))

    def system_health(self) -> SystemHealth:
        """Ask the appliance whether it is well. Raises Busy where it is not."""
        return system_xml.read_one(SystemHealth, self._call("GET", "/_rest_/system_health"))

    def cache_state(self) -> CacheState:
        """Sizes of the cache. Needs an administrator's rights on most appliances: AccessDenied."""
        return system_xml.read_cache_state(self._call("GET", "/_rest_/cache_state"))
