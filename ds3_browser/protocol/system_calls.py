"""The appliance itself: its data policies, its media and how it is."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from . import system_xml, wire_xml
from .calling import Calls, checked_kind, flags, given, needed, one_of, rest_path, word_in
from .errors import AccessDenied, NotFound
from .records import (
    CacheState,
    ChecksumType,
    DataPolicy,
    GetItem,
    PlacedBlob,
    Priority,
    SystemInformation,
    Versioning,
)
from .releases import ASSUMED, Feature, release_of
from .system_records import (
    CacheFilesystem,
    CapacitySummary,
    DataPathBackend,
    DataPersistenceRule,
    DataPolicyAcl,
    Node,
    Pool,
    PoolPartition,
    StorageDomain,
    StorageDomainMember,
    SystemFailure,
    SystemHealth,
    Tape,
    TapeDrive,
    TapeLibrary,
    TapePartition,
    Target,
    TargetKind,
)

log = logging.getLogger(__name__)


class SystemCalls(Calls):
    """Calls about the appliance."""

    # --- data policies and what they are made of

    def data_policies(self, *, name: str | None = None) -> tuple[DataPolicy, ...]:
        """The data policies, by name; `%` in the name stands for any text."""
        return tuple(self._all(DataPolicy, "data_policy", given(name=name)))

    def data_policy(self, id_or_name: str) -> DataPolicy:
        """One data policy. Raises NotFound."""
        return self._one(DataPolicy, "data_policy", id_or_name)

    def create_data_policy(
        self,
        name: str,
        *,
        checksum_type: ChecksumType | None = None,
        versioning: Versioning | None = None,
        max_versions_to_keep: int | None = None,
        blobbing_enabled: bool | None = None,
        default_blob_size: int | None = None,
        end_to_end_crc_required: bool | None = None,
        default_put_job_priority: Priority | None = None,
        default_get_job_priority: Priority | None = None,
        default_verify_job_priority: Priority | None = None,
        default_verify_after_write: bool | None = None,
        always_force_put_job_creation: bool | None = None,
        always_minimize_spanning_across_media: bool | None = None,
    ) -> DataPolicy:
        """Create a data policy; it needs a persistence rule before a bucket can use it."""
        settings = given(
            checksum_type=word_in(checksum_type),
            versioning=word_in(versioning),
            max_versions_to_keep=max_versions_to_keep,
            blobbing_enabled=blobbing_enabled,
            default_blob_size=default_blob_size,
            end_to_end_crc_required=end_to_end_crc_required,
            default_put_job_priority=word_in(default_put_job_priority),
            default_get_job_priority=word_in(default_get_job_priority),
            default_verify_job_priority=word_in(default_verify_job_priority),
            default_verify_after_write=default_verify_after_write,
            always_force_put_job_creation=always_force_put_job_creation,
            always_minimize_spanning_across_media=always_minimize_spanning_across_media,
        )
        return self._made(DataPolicy, "data_policy", [*needed(name=name), *settings])

    def modify_data_policy(
        self,
        id_or_name: str,
        *,
        name: str | None = None,
        versioning: Versioning | None = None,
        max_versions_to_keep: int | None = None,
        blobbing_enabled: bool | None = None,
        default_blob_size: int | None = None,
        end_to_end_crc_required: bool | None = None,
        default_put_job_priority: Priority | None = None,
        default_get_job_priority: Priority | None = None,
        default_verify_job_priority: Priority | None = None,
        default_verify_after_write: bool | None = None,
        always_force_put_job_creation: bool | None = None,
        always_minimize_spanning_across_media: bool | None = None,
    ) -> DataPolicy:
        """Change settings of a data policy: those that are given."""
        query = given(
            name=name,
            versioning=word_in(versioning),
            max_versions_to_keep=max_versions_to_keep,
            blobbing_enabled=blobbing_enabled,
            default_blob_size=default_blob_size,
            end_to_end_crc_required=end_to_end_crc_required,
            default_put_job_priority=word_in(default_put_job_priority),
            default_get_job_priority=word_in(default_get_job_priority),
            default_verify_job_priority=word_in(default_verify_job_priority),
            default_verify_after_write=default_verify_after_write,
            always_force_put_job_creation=always_force_put_job_creation,
            always_minimize_spanning_across_media=always_minimize_spanning_across_media,
        )
        return self._changed(DataPolicy, "data_policy", id_or_name, query)

    def delete_data_policy(self, id_or_name: str, *, missing_ok: bool = True) -> None:
        """Delete a data policy that no bucket uses."""
        self._delete(rest_path("data_policy", id_or_name), (), missing_ok)

    def data_persistence_rules(
        self, *, data_policy_id: str | None = None, storage_domain_id: str | None = None
    ) -> Iterator[DataPersistenceRule]:
        """The copies that data policies ask for."""
        query = given(data_policy_id=data_policy_id, storage_domain_id=storage_domain_id)
        return self._all(DataPersistenceRule, "data_persistence_rule", query)

    def data_persistence_rule(self, rule_id: str) -> DataPersistenceRule:
        """One copy that a data policy asks for. Raises NotFound."""
        return self._one(DataPersistenceRule, "data_persistence_rule", rule_id)

    def create_data_persistence_rule(
        self,
        data_policy_id: str,
        storage_domain_id: str,
        *,
        type: str = "PERMANENT",
        isolation_level: str = "STANDARD",
        minimum_days_to_retain: int | None = None,
    ) -> DataPersistenceRule:
        """Ask for a copy in a storage domain; a TEMPORARY one needs its days."""
        query = [
            *needed(data_policy_id=data_policy_id, storage_domain_id=storage_domain_id),
            *needed(type=type, isolation_level=isolation_level),
            *given(minimum_days_to_retain=minimum_days_to_retain),
        ]
        return self._made(DataPersistenceRule, "data_persistence_rule", query)

    def delete_data_persistence_rule(self, rule_id: str, *, missing_ok: bool = True) -> None:
        """Ask for a copy no more."""
        self._delete(rest_path("data_persistence_rule", rule_id), (), missing_ok)

    def data_policy_acls(
        self,
        *,
        data_policy_id: str | None = None,
        user_id: str | None = None,
        group_id: str | None = None,
    ) -> Iterator[DataPolicyAcl]:
        """Who may use data policies."""
        query = given(data_policy_id=data_policy_id, user_id=user_id, group_id=group_id)
        return self._all(DataPolicyAcl, "data_policy_acl", query)

    def data_policy_acl(self, acl_id: str) -> DataPolicyAcl:
        """One right to use data policies. Raises NotFound."""
        return self._one(DataPolicyAcl, "data_policy_acl", acl_id)

    def create_data_policy_acl(
        self,
        *,
        data_policy_id: str | None = None,
        user_id: str | None = None,
        group_id: str | None = None,
    ) -> DataPolicyAcl:
        """Let a user or a group use a data policy, or all of them where none is named."""
        who = one_of(user_id=user_id, group_id=group_id)
        query = [*given(data_policy_id=data_policy_id), *who]
        return self._made(DataPolicyAcl, "data_policy_acl", query)

    def delete_data_policy_acl(self, acl_id: str, *, missing_ok: bool = True) -> None:
        """Take a right to use data policies back."""
        self._delete(rest_path("data_policy_acl", acl_id), (), missing_ok)

    # --- storage domains

    def storage_domains(self, *, name: str | None = None) -> Iterator[StorageDomain]:
        """The sets of media that copies go to, by name."""
        return self._all(StorageDomain, "storage_domain", given(name=name))

    def storage_domain(self, id_or_name: str) -> StorageDomain:
        """One set of media. Raises NotFound."""
        return self._one(StorageDomain, "storage_domain", id_or_name)

    def create_storage_domain(
        self,
        name: str,
        *,
        write_optimization: str | None = None,
        ltfs_file_naming: str | None = None,
        media_ejection_allowed: bool | None = None,
        secure_media_allocation: bool | None = None,
    ) -> StorageDomain:
        """Create a set of media; it needs a member before anything can be written to it."""
        settings = given(
            write_optimization=write_optimization,
            ltfs_file_naming=ltfs_file_naming,
            media_ejection_allowed=media_ejection_allowed,
            secure_media_allocation=secure_media_allocation,
        )
        return self._made(StorageDomain, "storage_domain", [*needed(name=name), *settings])

    def delete_storage_domain(self, id_or_name: str, *, missing_ok: bool = True) -> None:
        """Delete a set of media that no data policy uses."""
        self._delete(rest_path("storage_domain", id_or_name), (), missing_ok)

    def storage_domain_members(
        self, *, storage_domain_id: str | None = None
    ) -> Iterator[StorageDomainMember]:
        """The partitions that storage domains write to."""
        query = given(storage_domain_id=storage_domain_id)
        return self._all(StorageDomainMember, "storage_domain_member", query)

    def storage_domain_member(self, member_id: str) -> StorageDomainMember:
        """One partition that a storage domain writes to. Raises NotFound."""
        return self._one(StorageDomainMember, "storage_domain_member", member_id)

    def add_pool_partition(
        self,
        storage_domain_id: str,
        pool_partition_id: str,
        *,
        write_preference: str | None = None,
    ) -> StorageDomainMember:
        """Let a storage domain write to a partition of disks."""
        query = [
            *needed(storage_domain_id=storage_domain_id, pool_partition_id=pool_partition_id),
            *given(write_preference=write_preference),
        ]
        return self._made(StorageDomainMember, "storage_domain_member", query)

    def add_tape_partition(
        self,
        storage_domain_id: str,
        tape_partition_id: str,
        tape_type: str,
        *,
        write_preference: str | None = None,
        auto_compaction_threshold: int | None = None,
    ) -> StorageDomainMember:
        """Let a storage domain write to the tapes of one type of a partition."""
        query = [
            *needed(storage_domain_id=storage_domain_id, tape_partition_id=tape_partition_id),
            *needed(tape_type=tape_type),
            *given(write_preference=write_preference),
            *given(auto_compaction_threshold=auto_compaction_threshold),
        ]
        return self._made(StorageDomainMember, "storage_domain_member", query)

    def delete_storage_domain_member(self, member_id: str, *, missing_ok: bool = True) -> None:
        """Let a storage domain write to a partition no more."""
        self._delete(rest_path("storage_domain_member", member_id), (), missing_ok)

    def capacity_summary(
        self, *, bucket: str | None = None, storage_domain_id: str | None = None
    ) -> CapacitySummary:
        """Bytes of disk and tape: of all, of a storage domain, or of a bucket in one of them."""
        query = given(bucket_id=bucket, storage_domain_id=storage_domain_id)
        reply = self._call("GET", "/_rest_/capacity_summary", query)
        return system_xml.read_one(CapacitySummary, reply)

    # --- media

    def tapes(
        self,
        *,
        bar_code: str | None = None,
        state: str | None = None,
        type: str | None = None,
        bucket: str | None = None,
        partition_id: str | None = None,
        full_of_data: bool | None = None,
        write_protected: bool | None = None,
        eject_label: str | None = None,
        eject_location: str | None = None,
    ) -> Iterator[Tape]:
        """The tapes that the appliance knows, by state, type and barcode."""
        query = given(
            bar_code=bar_code,
            state=state,
            type=type,
            bucket_id=bucket,
            partition_id=partition_id,
            full_of_data=full_of_data,
            write_protected=write_protected,
            eject_label=eject_label,
            eject_location=eject_location,
        )
        return self._all(Tape, "tape", query)

    def tape(self, id_or_bar_code: str) -> Tape:
        """One tape. Raises NotFound."""
        return self._one(Tape, "tape", id_or_bar_code)

    def blobs_on_tape(self, id_or_bar_code: str) -> Iterator[PlacedBlob]:
        """The blobs that have a copy on a tape."""
        query = [("operation", "get_physical_placement")]
        path = rest_path("tape", id_or_bar_code)
        return self._paged(path, system_xml.read_placed_blobs, query)

    def eject_tape(
        self,
        id_or_bar_code: str,
        *,
        eject_label: str | None = None,
        eject_location: str | None = None,
    ) -> Tape:
        """Ask for a tape to be taken out of its library, with notes on where it goes."""
        query = [
            ("operation", "eject"),
            *given(eject_label=eject_label, eject_location=eject_location),
        ]
        reply = self._call_once("PUT", rest_path("tape", id_or_bar_code), query)
        return system_xml.read_one(Tape, reply)

    def eject_copies(
        self,
        bucket: str,
        items: Iterable[str | GetItem],
        *,
        storage_domain: str,
        eject_label: str | None = None,
        eject_location: str | None = None,
    ) -> None:
        """Ask for the tapes to be taken out that hold the copies of objects in a domain.

        Known in this form from release 5.0 on.
        """
        query = [
            ("operation", "eject"),
            *flags(blobs=True),
            *needed(bucket_id=bucket, storage_domain=storage_domain),
            *given(eject_label=eject_label, eject_location=eject_location),
        ]
        body = wire_xml.write_get_items(items)
        self._call_once("PUT", "/_rest_/tape", query, body)

    def tape_partitions(self, *, name: str | None = None) -> Iterator[TapePartition]:
        """The parts that tape libraries are divided into, by state and name."""
        return self._all(TapePartition, "tape_partition", given(name=name))

    def tape_partition(self, id_or_name: str) -> TapePartition:
        """One part of a tape library. Raises NotFound."""
        return self._one(TapePartition, "tape_partition", id_or_name)

    def tape_drives(
        self, *, partition_id: str | None = None, state: str | None = None
    ) -> Iterator[TapeDrive]:
        """The tape drives, by state and type."""
        return self._all(TapeDrive, "tape_drive", given(partition_id=partition_id, state=state))

    def tape_drive(self, drive_id: str) -> TapeDrive:
        """One tape drive. Raises NotFound."""
        return self._one(TapeDrive, "tape_drive", drive_id)

    def tape_libraries(self, *, name: str | None = None) -> Iterator[TapeLibrary]:
        """The tape libraries."""
        return self._all(TapeLibrary, "tape_library", given(name=name))

    def tape_library(self, id_or_name: str) -> TapeLibrary:
        """One tape library. Raises NotFound."""
        return self._one(TapeLibrary, "tape_library", id_or_name)

    def pools(
        self,
        *,
        name: str | None = None,
        state: str | None = None,
        type: str | None = None,
        bucket: str | None = None,
        partition_id: str | None = None,
    ) -> Iterator[Pool]:
        """The pools of disks, by name."""
        query = given(
            name=name, state=state, type=type, bucket_id=bucket, partition_id=partition_id
        )
        return self._all(Pool, "pool", query)

    def pool(self, id_or_name: str) -> Pool:
        """One pool of disks. Raises NotFound."""
        return self._one(Pool, "pool", id_or_name)

    def pool_partitions(self, *, name: str | None = None) -> Iterator[PoolPartition]:
        """The groups of pools that storage domains may write to, by name."""
        return self._all(PoolPartition, "pool_partition", given(name=name))

    def pool_partition(self, id_or_name: str) -> PoolPartition:
        """One group of pools. Raises NotFound."""
        return self._one(PoolPartition, "pool_partition", id_or_name)

    def create_pool_partition(self, name: str, type: str) -> PoolPartition:
        """Create a partition of disks, ONLINE or NEARLINE."""
        return self._made(PoolPartition, "pool_partition", needed(name=name, type=type))

    def delete_pool_partition(self, id_or_name: str, *, missing_ok: bool = True) -> None:
        """Delete a group of pools that no storage domain writes to."""
        self._delete(rest_path("pool_partition", id_or_name), (), missing_ok)

    def targets(self, kind: TargetKind) -> Iterator[Target]:
        """Other appliances or clouds that hold copies. Clouds are known from release 3.4 on."""
        return self._all(Target, checked_kind(kind, TargetKind).value)

    def target(self, kind: TargetKind, id_or_name: str) -> Target:
        """One target of copies elsewhere. Raises NotFound."""
        return self._one(Target, checked_kind(kind, TargetKind).value, id_or_name)

    # --- the appliance itself

    def system_information(self) -> SystemInformation:
        """Which appliance this is, and which software it runs."""
        return system_xml.read_system_information(self._call("GET", "/_rest_/system_information"))

    def knows(self, feature: Feature) -> bool:
        """Whether the appliance's release knows something that older ones do not.

        It is asked for its release once. One that may not be read, or is not told, is taken for
        3.2: the oldest that is spoken to.
        """
        checked_kind(feature, Feature)
        if self._release is None:
            try:
                self._release = release_of(self.system_information().version)
            except (AccessDenied, NotFound) as error:
                log.info("the release cannot be read: %s", error)
                self._release = ASSUMED
        return feature.known_to(self._release)

    def truncates(self) -> bool:
        """Whether a job that is deleted without force keeps what arrived of it.

        Release 3.0 takes that for a cancel and drops all of it; so an appliance that does not tell
        its release is not trusted with it.
        """
        try:
            version = self.system_information().version
        except (AccessDenied, NotFound):
            return False
        return bool(version) and Feature.TRUNCATE.known_to(release_of(version))

    def system_health(self) -> SystemHealth:
        """Ask the appliance whether it is well. Raises Busy where it is not."""
        return system_xml.read_one(SystemHealth, self._call("GET", "/_rest_/system_health"))

    def system_failures(self, *, type: str | None = None) -> Iterator[SystemFailure]:
        """What the appliance complains of, newest first."""
        return self._all(SystemFailure, "system_failure", given(type=type))

    def nodes(self) -> Iterator[Node]:
        """The data nodes of the appliance, by name."""
        return self._all(Node, "node")

    def node(self, id_or_name: str) -> Node:
        """One data node. Raises NotFound."""
        return self._one(Node, "node", id_or_name)

    def cache_state(self) -> CacheState:
        """Sizes of the cache. Needs an administrator's rights on most appliances: AccessDenied."""
        return system_xml.read_cache_state(self._call("GET", "/_rest_/cache_state"))

    def cache_filesystems(self, *, node_id: str | None = None) -> Iterator[CacheFilesystem]:
        """The file systems of the cache."""
        return self._all(CacheFilesystem, "cache_filesystem", given(node_id=node_id))

    def cache_filesystem(self, filesystem_id: str) -> CacheFilesystem:
        """One file system of the cache. Raises NotFound."""
        return self._one(CacheFilesystem, "cache_filesystem", filesystem_id)

    def reclaim_cache(self) -> None:
        """Have all the cache emptied that may be. For tests: objects come from tape then."""
        self._call_once("PUT", "/_rest_/cache_filesystem", flags(reclaim=True))

    def data_path_backend(self) -> DataPathBackend:
        """The settings of the data path: limits of jobs, and how long to wait for cache."""
        reply = self._call("GET", "/_rest_/data_path_backend")
        return system_xml.read_one(DataPathBackend, reply)
