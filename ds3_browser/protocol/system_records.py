"""Records of an appliance's set-up and media, as its administrator sees them.

Frozen and slotted, read by their own field names: `bar_code` is what the element `BarCode` tells,
unless the field says `told_by` another. Words are kept as they came, for releases add new ones;
"unknown" is None. Sizes are bytes, times are aware UTC datetimes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from .records import told_by

# --- who may do what -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class User:
    """A user of the appliance. `auth_id` is the access id; the secret key is in no repr."""

    id: str
    name: str
    auth_id: str | None
    default_data_policy_id: str | None
    max_buckets: int | None
    secret_key: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    name: str
    built_in: bool


@dataclass(frozen=True, slots=True)
class GroupMember:
    id: str
    group_id: str | None
    member_user_id: str | None
    member_group_id: str | None


@dataclass(frozen=True, slots=True)
class BucketAcl:
    """A permission of a user or a group: LIST READ WRITE DELETE JOB OWNER. No bucket: all."""

    id: str
    bucket_id: str | None
    user_id: str | None
    group_id: str | None
    permission: str | None


@dataclass(frozen=True, slots=True)
class DataPolicyAcl:
    """Who may use a data policy. No policy: all."""

    id: str
    data_policy_id: str | None
    user_id: str | None
    group_id: str | None


# --- where data goes -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DataPersistenceRule:
    """One copy that a data policy asks for: PERMANENT, TEMPORARY or RETIRED."""

    id: str
    data_policy_id: str | None
    storage_domain_id: str | None
    type: str | None
    isolation_level: str | None
    minimum_days_to_retain: int | None
    state: str | None


@dataclass(frozen=True, slots=True)
class StorageDomain:
    """A set of media that holds one copy."""

    id: str
    name: str
    write_optimization: str | None
    ltfs_file_naming: str | None
    media_ejection_allowed: bool
    secure_media_allocation: bool
    auto_eject_upon_cron: str | None
    auto_eject_upon_job_cancellation: bool
    auto_eject_upon_job_completion: bool
    auto_eject_upon_media_full: bool
    auto_eject_media_full_threshold: int | None
    verify_prior_to_auto_eject: str | None
    maximum_auto_verification_frequency_in_days: int | None
    max_tape_fragmentation_percent: int | None


@dataclass(frozen=True, slots=True)
class StorageDomainMember:
    """A partition of disks or tapes that a storage domain writes to."""

    id: str
    storage_domain_id: str | None
    pool_partition_id: str | None
    tape_partition_id: str | None
    tape_type: str | None
    write_preference: str | None
    state: str | None
    auto_compaction_threshold: int | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """Bytes of one kind of media; `allocated` is used and free together."""

    allocated: int | None = field(metadata=told_by("PhysicalAllocated"))
    used: int | None = field(metadata=told_by("PhysicalUsed"))
    free: int | None = field(metadata=told_by("PhysicalFree"))


@dataclass(frozen=True, slots=True)
class CapacitySummary:
    pool: Capacity | None
    tape: Capacity | None


# --- media ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tape:
    """A tape. `storage_domain_member_id` is None below release 5.0, `role` below 5.5."""

    id: str
    bar_code: str | None
    type: str | None
    state: str | None
    previous_state: str | None
    role: str | None
    serial_number: str | None
    description: str | None = field(metadata=told_by("DescriptionForIdentification"))
    partition_id: str | None
    bucket_id: str | None
    storage_domain_member_id: str | None
    assigned_to_storage_domain: bool
    total: int | None = field(metadata=told_by("TotalRawCapacity"))
    available: int | None = field(metadata=told_by("AvailableRawCapacity"))
    full_of_data: bool
    write_protected: bool
    take_ownership_pending: bool
    last_accessed: datetime | None
    last_modified: datetime | None
    last_verified: datetime | None
    partially_verified_end_of_tape: datetime | None
    last_checkpoint: str | None
    verify_pending: str | None
    eject_pending: datetime | None
    eject_date: datetime | None
    eject_label: str | None
    eject_location: str | None


@dataclass(frozen=True, slots=True)
class TapePartition:
    id: str
    name: str
    library_id: str | None
    state: str | None
    quiesced: str | None
    drive_type: str | None
    serial_number: str | None
    import_export_configuration: str | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class TapeDrive:
    id: str
    partition_id: str | None
    tape_id: str | None
    type: str | None
    state: str | None
    serial_number: str | None
    cleaning_required: bool
    last_cleaned: datetime | None
    error_message: str | None


@dataclass(frozen=True, slots=True)
class TapeLibrary:
    id: str
    name: str
    serial_number: str | None
    management_url: str | None


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of disks."""

    id: str
    name: str
    type: str | None
    state: str | None
    health: str | None
    quiesced: str | None
    powered_on: bool
    mountpoint: str | None
    guid: str | None
    partition_id: str | None
    bucket_id: str | None
    storage_domain_member_id: str | None
    assigned_to_storage_domain: bool
    total: int | None = field(metadata=told_by("TotalCapacity"))
    used: int | None = field(metadata=told_by("UsedCapacity"))
    available: int | None = field(metadata=told_by("AvailableCapacity"))
    reserved: int | None = field(metadata=told_by("ReservedCapacity"))
    last_accessed: datetime | None
    last_modified: datetime | None
    last_verified: datetime | None


@dataclass(frozen=True, slots=True)
class PoolPartition:
    id: str
    name: str
    type: str | None


class TargetKind(enum.Enum):
    """The value is the resource on the wire."""

    DS3 = "ds3_target"
    S3 = "s3_target"
    AZURE = "azure_target"


@dataclass(frozen=True, slots=True)
class Target:
    """Another appliance, or a cloud, that holds copies. Its keys are never read."""

    id: str
    name: str
    state: str | None
    quiesced: str | None
    default_read_preference: str | None
    permit_going_out_of_sync: bool


# --- the appliance's parts -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the data path. `ip_address` may be a word that says there is none yet."""

    id: str
    name: str
    ip_address: str | None = field(metadata=told_by("DataPathIpAddress"))
    http_port: int | None = field(metadata=told_by("DataPathHttpPort"))
    https_port: int | None = field(metadata=told_by("DataPathHttpsPort"))
    dns_name: str | None
    serial_number: str | None
    last_heartbeat: datetime | None


@dataclass(frozen=True, slots=True)
class SystemHealth:
    """The answer of an appliance that is well. `free_space` is its database's, as a word."""

    ms_to_verify: int | None = field(metadata=told_by("MsRequiredToVerifyDataPlannerHealth"))
    free_space: str | None = field(metadata=told_by("DatabaseFilesystemFreeSpace"))


@dataclass(frozen=True, slots=True)
class CacheFilesystem:
    """A file system that objects pass through. Thresholds are parts of 1."""

    id: str
    node_id: str | None
    path: str | None
    max_capacity: int | None = field(metadata=told_by("MaxCapacityInBytes"))
    max_percent_utilization_of_filesystem: float | None
    auto_reclaim_initiate_threshold: float | None
    auto_reclaim_terminate_threshold: float | None
    burst_threshold: float | None
    needs_reconcile: bool | None
    cache_safety_enabled: bool | None


@dataclass(frozen=True, slots=True)
class DataPathBackend:
    """Settings of the data path. `retry_after_s` is how long clients are told to wait."""

    id: str
    instance_id: str | None
    activated: bool | None
    allow_new_job_requests: bool | None
    retry_after_s: int | None = field(metadata=told_by("CacheAvailableRetryAfterInSeconds"))
    max_number_of_concurrent_jobs: int | None
    max_aggregated_blobs_per_chunk: int | None
    unavailable_media_policy: str | None
    last_heartbeat: datetime | None


@dataclass(frozen=True, slots=True)
class SystemFailure:
    id: str
    type: str | None
    date: datetime | None
    error_message: str | None


class NotificationKind(enum.Enum):
    """What the appliance tells of. The value is how its resource begins on the wire."""

    JOB_CREATED = "job_created"
    JOB_COMPLETED = "job_completed"
    JOB_CREATION_FAILED = "job_creation_failed"
    OBJECT_CACHED = "object_cached"
    OBJECT_PERSISTED = "object_persisted"
    OBJECT_LOST = "object_lost"
    BUCKET_CHANGES = "bucket_changes"
    SYSTEM_FAILURE = "system_failure"
    TAPE_FAILURE = "tape_failure"
    TAPE_PARTITION_FAILURE = "tape_partition_failure"
    POOL_FAILURE = "pool_failure"
    STORAGE_DOMAIN_FAILURE = "storage_domain_failure"

    @property
    def resource(self) -> str:
        return f"{self.value}_notification_registration"


@dataclass(frozen=True, slots=True)
class Registration:
    """Where the appliance sends a notification of one kind."""

    id: str
    user_id: str | None
    job_id: str | None
    bucket_id: str | None
    created: datetime | None = field(metadata=told_by("CreationDate"))
    end_point: str | None = field(metadata=told_by("NotificationEndPoint"))
    http_method: str | None = field(metadata=told_by("NotificationHttpMethod"))
    format: str | None
    naming_convention: str | None
    last_notification: datetime | None
    last_http_response_code: int | None
    last_failure: str | None
    failures_since_last_success: int | None = field(
        metadata=told_by("NumberOfFailuresSinceLastSuccess")
    )


# --- what happened to data -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BucketEvent:
    """An entry of a bucket's history: CREATE, DELETE, MARK_LATEST or UNMARK_LATEST."""

    id: str
    bucket_id: str | None
    type: str | None
    sequence_number: int | None
    object_name: str | None
    object_created: datetime | None = field(metadata=told_by("ObjectCreationDate"))
    version_id: str | None


@dataclass(frozen=True, slots=True)
class DegradedBlob:
    """A blob that has lost a copy."""

    id: str
    blob_id: str | None
    bucket_id: str | None
    persistence_rule_id: str | None
    ds3_replication_rule_id: str | None
    s3_replication_rule_id: str | None
    azure_replication_rule_id: str | None


@dataclass(frozen=True, slots=True)
class JobCreationFailure:
    """A job that the appliance could not make. Known from release 5.6 on."""

    id: str
    type: str | None
    date: datetime | None
    user_name: str | None
    error_message: str | None
    tape_bar_codes: str | None


@dataclass(frozen=True, slots=True)
class ChunkState:
    """What the appliance knows of a chunk. Releases before 6.0 tell it."""

    id: str
    job_id: str | None
    number: int | None = field(metadata=told_by("ChunkNumber"))
    job_created: datetime | None = field(metadata=told_by("JobCreationDate"))
    state: str | None = field(metadata=told_by("BlobStoreState"))
    node_id: str | None
    pending_target_commit: bool
    read_from_tape_id: str | None
    read_from_pool_id: str | None
    read_from_ds3_target_id: str | None
    read_from_s3_target_id: str | None
    read_from_azure_target_id: str | None
