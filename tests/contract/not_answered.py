"""Requests of the contract that the simulator does not answer on purpose, and why.

Whoever sends one gets 404 NotFound (under `/_rest_/`) or 400 InvalidArgument (of buckets and
objects). A pattern stands for all requests whose name it matches.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

HARDWARE = "work on tapes, drives, pools and libraries that needs hands or hours; only ejecting"
REPLICATION = "other appliances and clouds: targets can be listed, there never are any"
FAILURES = "failures of media and targets; nothing here fails that way"
INSIDE = "for the vendor's own service people, not for clients"

NOT_ANSWERED = {
    # Tapes, drives, partitions.
    "*CancelEject*": HARDWARE,
    "*CancelFormat*": HARDWARE,
    "*CancelImport*": HARDWARE,
    "*CancelOnline*": HARDWARE,
    "*CancelTest*": HARDWARE,
    "*CancelVerify*": HARDWARE,
    "*CleanTapeDrive": HARDWARE,
    "*CreateDriveDump": HARDWARE,
    "*TapeDensityDirective*": HARDWARE,
    "*DeletePermanentlyLost*": HARDWARE,
    "*DeleteTapeDrive": HARDWARE,
    "*DeleteTapePartition": HARDWARE,
    "*EjectAllTapes": HARDWARE,
    "*EjectStorageDomain": HARDWARE,
    "*EnvironmentRefresh": HARDWARE,
    "*FormatAll*": HARDWARE,
    "*FormatTape": HARDWARE,
    "*FormatForeignPool": HARDWARE,
    "*GetTapePartition*WithFullDetails": HARDWARE,
    "*Import*Pool*": HARDWARE,
    "*Import*Tape*": HARDWARE,
    "*InspectAllTapes": HARDWARE,
    "*InspectTape": HARDWARE,
    "*MarkTapeForCompaction": HARDWARE,
    "*ModifyAllPools": HARDWARE,
    "*ModifyAllTapePartitions": HARDWARE,
    "*ModifyPool": HARDWARE,
    "*ModifyTape": HARDWARE,
    "*ModifyTapeDrive": HARDWARE,
    "*ModifyTapePartition": HARDWARE,
    "*Online*Tape*": HARDWARE,
    "*TestTapeDrive": HARDWARE,
    "*VerifyAll*": HARDWARE,
    "*VerifyTape": HARDWARE,
    "*VerifyPool": HARDWARE,
    "*CompactPool": HARDWARE,
    "*CompactAllPools": HARDWARE,
    "*DeallocatePool": HARDWARE,
    "*GetBlobsOnPool": HARDWARE,
    # Other appliances and clouds.
    "*DataReplicationRule*": REPLICATION,
    "*TargetReadPreference*": REPLICATION,
    "*TargetBucketName*": REPLICATION,
    "*BlobsOn*Target": REPLICATION,
    "*Register*Target": REPLICATION,
    "*Modify*Target": REPLICATION,
    "*Modify*Targets": REPLICATION,
    "*Delete*Target": REPLICATION,
    "*Import*Target": REPLICATION,
    "*Verify*Target": REPLICATION,
    "*PairBack*": REPLICATION,
    "*ConvertStorageDomain*": REPLICATION,
    "*GetDs3TargetDataPolicies": REPLICATION,
    "*TargetFailureNotificationRegistration*": REPLICATION,
    # Failures.
    "*GetPoolFailures": FAILURES,
    "*DeletePoolFailure": FAILURES,
    "*GetTapeFailures": FAILURES,
    "*DeleteTapeFailure": FAILURES,
    "*GetTapePartitionFailures": FAILURES,
    "*DeleteTapePartitionFailure": FAILURES,
    "*GetStorageDomainFailures": FAILURES,
    "*DeleteStorageDomainFailure": FAILURES,
    "*Get*TargetFailures": FAILURES,
    "*Delete*TargetFailure": FAILURES,
    "*SuspectBlob*": FAILURES,
    "*GetSuspectBuckets": FAILURES,
    "*GetSuspectObjectsWithFullDetails": FAILURES,
    "*GetDegradedBuckets": FAILURES,
    "*GetDegraded*Rules": FAILURES,
    # The inside of the machine.
    "*FeatureKey*": INSIDE,
    "*GetDataPlannerBlobStoreTasks": INSIDE,
    "*ModifyCacheFilesystem": INSIDE,
    "*ModifyDataPathBackend": INSIDE,
    "*ModifyNode": INSIDE,
    "*ResetInstanceIdentifier": INSIDE,
}


def reason(request: str) -> str | None:
    """Why a request is not answered; None if it is."""
    for pattern, why in NOT_ANSWERED.items():
        if fnmatchcase(request, pattern):
            return why
    return None
