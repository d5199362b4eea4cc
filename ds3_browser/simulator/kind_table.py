"""The table of what an administrator sets up, in the words that kinds.py explains."""

from __future__ import annotations

from collections.abc import Mapping

_EVERY = "list show create modify delete"
_ALL_BUT_MODIFY = "list show create delete"

_POLICY = """
    AlwaysForcePutJobCreation bool=false given changed asked
    AlwaysMinimizeSpanningAcrossMedia bool=false given changed asked
    BlobbingEnabled bool=true given changed
    ChecksumType ChecksumType=MD5 given changed asked
    CreationDate date=now
    DefaultBlobSize long given changed nil
    DefaultGetJobPriority BlobStoreTaskPriority=HIGH given changed
    DefaultPutJobPriority BlobStoreTaskPriority=NORMAL given changed
    DefaultVerifyAfterWrite bool=false given changed
    DefaultVerifyJobPriority BlobStoreTaskPriority=LOW given changed
    EndToEndCrcRequired bool=false given changed asked
    Id id
    MaxVersionsToKeep int=1000 given changed
    Name text needed changed asked
    RebuildPriority BlobStoreTaskPriority=LOW given changed
    Versioning VersioningLevel=NONE given changed
"""
_RULE = """
    DataPolicyId @data_policy needed asked
    Id id
    IsolationLevel DataIsolationLevel needed changed asked
    MinimumDaysToRetain int given changed nil
    State DataPlacementRuleState=NORMAL asked
    StorageDomainId @storage_domain needed asked
    Type DataPersistenceRuleType needed changed asked
"""
_DOMAIN = """
    AutoEjectMediaFullThreshold long given changed nil
    AutoEjectUponCron text given changed asked nil
    AutoEjectUponJobCancellation bool=false given changed asked
    AutoEjectUponJobCompletion bool=false given changed asked
    AutoEjectUponMediaFull bool=false given changed asked
    Id id
    LtfsFileNaming LtfsFileNamingMode=OBJECT_ID given changed
    MaxTapeFragmentationPercent int=65 given changed
    MaximumAutoVerificationFrequencyInDays int given changed nil
    MediaEjectionAllowed bool=true given changed asked
    Name text needed changed asked
    SecureMediaAllocation bool=false given changed asked
    VerifyPriorToAutoEject BlobStoreTaskPriority given changed nil
    WriteOptimization WriteOptimization=CAPACITY given changed asked
"""
_MEMBER = """
    AutoCompactionThreshold int given changed nil
    Id id
    PoolPartitionId @pool_partition given asked nil cascade
    State StorageDomainMemberState=NORMAL changed asked
    StorageDomainId @storage_domain needed asked
    TapePartitionId @tape_partition given asked nil cascade
    TapeType TapeType given asked nil
    WritePreference WritePreferenceLevel=NORMAL given changed asked
"""
_TAPE = """
    AssignedToStorageDomain bool=false asked
    AvailableRawCapacity long asked nil
    BarCode text asked
    BucketId @bucket asked nil cleared
    DescriptionForIdentification text nil
    EjectDate date nil
    EjectLabel text asked nil
    EjectLocation text asked nil
    EjectPending date nil
    FullOfData bool=false asked
    Id id
    LastAccessed date nil
    LastCheckpoint text nil
    LastModified date nil
    LastVerified date asked nil
    PartiallyVerifiedEndOfTape date asked nil
    PartitionId @tape_partition asked nil cascade
    PreviousState TapeState asked nil
    Role TapeRole=NORMAL
    SerialNumber text asked nil
    State TapeState=PENDING_INSPECTION asked
    StorageDomainMemberId @storage_domain_member asked nil
    TakeOwnershipPending bool=false
    TotalRawCapacity long nil
    Type TapeType asked
    VerifyPending BlobStoreTaskPriority asked nil
    WriteProtected bool=false asked
"""
_TAPE_PARTITION = """
    AutoCompactionEnabled bool=false
    AutoQuiesceEnabled bool=true
    DriveIdleTimeoutInMinutes int=15 nil
    DriveType TapeDriveType nil
    ErrorMessage text nil
    Id id
    ImportExportConfiguration ImportExportConfiguration asked
    LibraryId @tape_library asked
    MinimumReadReservedDrives int=0
    MinimumWriteReservedDrives int=0
    Name text asked
    Quiesced Quiesced=YES asked
    SerialNumber text asked
    State TapePartitionState=ONLINE asked
"""
_TAPE_DRIVE = """
    CleaningRequired bool=false
    ErrorMessage text nil
    ForceTapeRemoval bool=false
    Id id
    LastCleaned date nil
    MaxFailedTapes int=3 nil
    MfgSerialNumber text nil
    MinimumTaskPriority BlobStoreTaskPriority asked nil
    PartitionId @tape_partition asked
    Quiesced Quiesced=NO
    ReservedTaskType ReservedTaskType=ANY asked
    SerialNumber text asked
    State TapeDriveState=NORMAL asked
    TapeId @tape nil
    Type TapeDriveType asked
"""
_POOL = """
    AssignedToStorageDomain bool=false asked
    AvailableCapacity long
    BucketId @bucket asked nil cleared
    Guid text asked
    Health PoolHealth asked
    Id id
    LastAccessed date nil
    LastModified date nil
    LastVerified date asked nil
    Mountpoint text
    Name text asked
    PartitionId @pool_partition asked nil cleared
    PoweredOn bool asked
    Quiesced Quiesced=NO
    ReservedCapacity long
    State PoolState asked
    StorageDomainMemberId @storage_domain_member asked nil
    TotalCapacity long
    Type PoolType asked
    UsedCapacity long
"""
_DS3_TARGET = """
    AccessControlReplication Ds3TargetAccessControlReplication=NONE
    AdminAuthId text asked
    AdminSecretKey text
    DataPathEndPoint text asked
    DataPathHttps bool=true asked
    DataPathPort int asked nil
    DataPathProxy text asked nil
    DataPathVerifyCertificate bool=true asked
    DefaultReadPreference TargetReadPreferenceType=LAST_RESORT asked
    Id id
    Name text asked
    PermitGoingOutOfSync bool=false asked
    Quiesced Quiesced=NO asked
    ReplicatedUserDefaultDataPolicy text nil
    State TargetState=ONLINE asked
"""
_S3_TARGET = """
    AccessKey text asked
    AutoVerifyFrequencyInDays int nil
    CloudBucketPrefix text
    CloudBucketSuffix text
    DataPathEndPoint text asked nil
    DefaultReadPreference TargetReadPreferenceType=LAST_RESORT asked
    Https bool=true asked
    Id id
    LastFullyVerified date nil
    Name text asked
    NamingMode CloudNamingMode=BLACK_PEARL asked
    OfflineDataStagingWindowInTb int=64
    PermitGoingOutOfSync bool=false asked
    ProxyDomain text nil
    ProxyHost text nil
    ProxyPassword text nil
    ProxyPort int nil
    ProxyUsername text nil
    Quiesced Quiesced=NO asked
    Region S3Region=US_WEST_2 asked nil
    RestrictedAccess bool=false
    SecretKey text omit
    StagedDataExpirationInDays int=30
    State TargetState=ONLINE asked
"""
_AZURE_TARGET = """
    AccountKey text omit
    AccountName text asked
    AutoVerifyFrequencyInDays int nil
    CloudBucketPrefix text
    CloudBucketSuffix text
    DefaultReadPreference TargetReadPreferenceType=LAST_RESORT asked
    Https bool=true asked
    Id id
    LastFullyVerified date nil
    Name text asked
    NamingMode CloudNamingMode=BLACK_PEARL
    PermitGoingOutOfSync bool=false asked
    Quiesced Quiesced=NO asked
    State TargetState=ONLINE asked
"""
_USER = """
    AuthId text asked
    DefaultDataPolicyId @data_policy given changed asked nil cleared
    Id id given
    MaxBuckets int=10000 given changed
    Name text needed changed asked
    SecretKey text given changed
"""
_GROUP_MEMBER = """
    GroupId @group needed asked cascade
    Id id
    MemberGroupId @group given asked nil cascade
    MemberUserId @user given asked nil cascade
"""
_BUCKET_ACL = """
    BucketId @bucket given asked nil cascade
    GroupId @group given asked nil cascade
    Id id
    Permission BucketAclPermission needed asked
    UserId @user given asked nil cascade
"""
_POLICY_ACL = """
    DataPolicyId @data_policy given asked nil cascade
    GroupId @group given asked nil cascade
    Id id
    UserId @user given asked nil cascade
"""
_REGISTRATION = """
    CreationDate date=now
    Format HttpResponseFormatType=DEFAULT given
    Id id
    LastFailure text nil
    LastHttpResponseCode int nil
    LastNotification date nil
    NamingConvention NamingConventionType=CAMEL_CASE_WITH_FIRST_LETTER_UPPERCASE given
    NotificationEndPoint text needed
    NotificationHttpMethod RequestType=POST given
    NumberOfFailuresSinceLastSuccess int=0
    UserId @user asked nil cascade
"""
_OF_A_JOB = "JobId @job given nil\n"
_OF_A_BUCKET = "BucketId @bucket given nil cascade\nLastSequenceNumber long nil\n"


def _registration(payload: str, more: str = "", since: str = "") -> tuple[str, str]:
    head = f"{payload}NotificationRegistration: {_ALL_BUT_MODIFY}; CreationDate | {since}"
    return head, more + _REGISTRATION


# Resource -> element in lists, its calls and the order of its list, behind a
# bar the first release that has it or `open`; its fields.
TABLE: Mapping[str, tuple[str, str]] = {
    "azure_target": ("AzureTarget: list show; Name | 3.4", _AZURE_TARGET),
    "bucket_acl": (f"BucketAcl: {_ALL_BUT_MODIFY}; Id", _BUCKET_ACL),
    "data_persistence_rule": (f"DataPersistenceRule: {_EVERY}; Id | open", _RULE),
    "data_policy": (f"DataPolicy: {_EVERY}; Name | open", _POLICY),
    "data_policy_acl": (f"DataPolicyAcl: {_ALL_BUT_MODIFY}; Id", _POLICY_ACL),
    "ds3_target": ("Ds3Target: list show; Name | 3.2", _DS3_TARGET),
    "group": (
        f"Group: {_EVERY}; Name",
        "BuiltIn bool=false asked\nId id\nName text needed changed asked",
    ),
    "group_member": (f"GroupMember: {_ALL_BUT_MODIFY}; Id", _GROUP_MEMBER),
    "job_creation_failed": (
        "JobCreationFailed: list delete; -Date | 5.6",
        "Date date asked\nErrorMessage text nil asked\nId id\nTapeBarCodes text nil\n"
        "Type JobCreationFailedType\nUserName text asked",
    ),
    "pool": ("Pool: list show; Name", _POOL),
    "pool_partition": (
        f"PoolPartition: {_EVERY}; Name",
        "Id id\nName text needed changed asked\nType PoolType needed asked",
    ),
    "s3_target": ("S3Target: list show; Name | 3.4", _S3_TARGET),
    "storage_domain": (f"StorageDomain: {_EVERY}; Name", _DOMAIN),
    "storage_domain_member": (
        f"StorageDomainMember: {_EVERY}; State StorageDomainId WritePreference",
        _MEMBER,
    ),
    "system_failure": (
        "SystemFailure: list; -Date",
        "Date date\nErrorMessage text nil asked\nId id\nType SystemFailureType asked",
    ),
    "tape": ("Tape: list show; State Type BarCode", _TAPE),
    "tape_drive": ("TapeDrive: list show; State Type SerialNumber", _TAPE_DRIVE),
    "tape_library": (
        "TapeLibrary: list show; SerialNumber",
        "Id id\nManagementUrl text asked\nName text asked\nSerialNumber text asked",
    ),
    "tape_partition": ("TapePartition: list show; State Name SerialNumber", _TAPE_PARTITION),
    "user": (f"User: {_EVERY}; Name", _USER),
    "bucket_changes_notification_registration": _registration("BucketChanges", _OF_A_BUCKET, "5.2"),
    "job_completed_notification_registration": _registration("JobCompleted", _OF_A_JOB),
    "job_created_notification_registration": _registration("JobCreated"),
    "job_creation_failed_notification_registration": _registration(
        "JobCreationFailed", since="3.2"
    ),
    "object_cached_notification_registration": _registration("S3ObjectCached", _OF_A_JOB),
    "object_lost_notification_registration": _registration("S3ObjectLost"),
    "object_persisted_notification_registration": _registration("S3ObjectPersisted", _OF_A_JOB),
    "pool_failure_notification_registration": _registration("PoolFailure"),
    "storage_domain_failure_notification_registration": _registration("StorageDomainFailure"),
    "system_failure_notification_registration": _registration("SystemFailure"),
    "tape_failure_notification_registration": _registration("TapeFailure"),
    "tape_partition_failure_notification_registration": _registration("TapePartitionFailure"),
}
