"""Answers as other releases give them: fields that are too new are left out, or called otherwise.

Answers are made in the shape of release 5.8. `xml_style` "old" is how the very first releases
wrote: a namespace, a declaration, nothing sorted, quoted ETags, dates without milliseconds.
"""

from __future__ import annotations

import functools
import re

from lxml import etree

Release = tuple[int, ...]

PLAIN: Release = (5, 8)
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

# Element or attribute -> the first release that has it.
SINCE: dict[str, Release] = {
    "AllowNewJobRequests": (4, 1),
    "AlwaysForcePutJobCreation": (3, 2, 1),
    "AlwaysMinimizeSpanningAcrossMedia": (3, 2, 1),
    "AutoCompactionEnabled": (5, 0),
    "AutoCompactionThreshold": (5, 0),
    "AutoEjectMediaFullThreshold": (3, 2, 1),
    "AutoQuiesceEnabled": (5, 3),
    "AzureReplicationRuleId": (3, 4),
    "AzureTargets": (3, 4),
    "CacheAvailableRetryAfterInSeconds": (4, 1),
    "CacheSafetyEnabled": (5, 5),
    "CanceledDueToTimeout": (3, 2, 1),
    "CleaningRequired": (3, 5),
    "DeadJobCleanupAllowed": (3, 5),
    "DefaultVerifyAfterWrite": (3, 4),
    "DefaultVerifyDataAfterImport": (3, 3),
    "DefaultVerifyDataPriorToImport": (3, 3),
    "DriveIdleTimeoutInMinutes": (5, 3),
    "Ds3ReplicationRuleId": (3, 4),
    "Ds3Targets": (3, 2, 1),
    "Empty": (3, 3),
    "EntirelyInCache": (3, 2, 1),
    "ImplicitJobIdResolution": (3, 4),
    "InstanceId": (3, 2, 1),
    "IomCacheLimitationPercent": (5, 4),
    "IomEnabled": (5, 0),
    "IsLatest": (5, 0),
    "JobLockedCacheInBytes": (5, 3),
    "MaxAggregatedBlobsPerChunk": (5, 4),
    "MaxBuckets": (5, 0),
    "MaxFailedTapes": (5, 3),
    "MaxNumberOfConcurrentJobs": (5, 8),
    "MaxVersionsToKeep": (5, 0),
    "MfgSerialNumber": (3, 5),
    "MinimizeSpanningAcrossMedia": (3, 2, 1),
    "MinimumReadReservedDrives": (4, 1),
    "MinimumTaskPriority": (5, 2),
    "MinimumWriteReservedDrives": (4, 1),
    "NamingMode": (5, 1),
    "NeedsReconcile": (5, 6),
    "Now": (3, 2, 1),
    "ObjectCreationDate": (5, 3),
    "PartiallyVerifiedEndOfTape": (3, 2, 2),
    "PartiallyVerifyLastPercentOfTapes": (3, 2, 2),
    "PoolSafetyEnabled": (5, 5),
    "Protected": (5, 5),
    "ReadFromAzureTargetId": (3, 4),
    "ReadFromS3TargetId": (3, 4),
    "Replicating": (3, 3),
    "ReservedTaskType": (4, 1),
    "Restore": (5, 0),
    "RestrictedAccess": (5, 3),
    "Role": (5, 5),
    "S3ReplicationRuleId": (3, 4),
    "S3Targets": (3, 4),
    "SecureMediaAllocation": (3, 2, 1),
    "StorageDomainMemberId": (5, 0),
    "TruncatedDueToTimeout": (3, 3),
    "VerifyAfterWrite": (3, 4),
    "VerifyCheckpointBeforeRead": (5, 5),
    "VersionId": (5, 0),
}
_BUCKET_OF_BLOB: Release = (3, 2, 1)  # an attribute; elements of that name were always there
_OF_DRIVES = "ForceTapeRemoval"
_QUIESCED_DRIVE: Release = (4, 0)
_ISO_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z")


@functools.lru_cache(maxsize=64)
def release(version: str) -> Release:
    return tuple(int(part) for part in version.split("."))


def rewrite(body: str, version: str, style: str) -> bytes:
    """An answer in the words of a release and in a style."""
    told = release(version)
    if not body or (style == "5.x" and told[:2] == PLAIN):
        return body.encode()
    root = etree.fromstring(body, etree.XMLParser(huge_tree=True))
    for item in list(root.iter()):
        _leave_out(item, told)
        if style == "old":
            _write_as_of_old(item)
    if style != "old":
        return etree.tostring(root, encoding="utf-8")
    return _with_namespace(root)


def _leave_out(item: etree._Element, told: Release) -> None:
    for name, since in SINCE.items():
        if name in item.attrib and told < since:
            del item.attrib[name]
            if name == "VersionId":
                item.set("Version", "1")
    if told < _BUCKET_OF_BLOB:
        item.attrib.pop("Bucket", "")
    parent = item.getparent()
    since = _QUIESCED_DRIVE if _is_of_drive(item) else SINCE.get(str(item.tag), (0,))
    if parent is not None and told < since:
        parent.remove(item)
    if item.tag == "Restore" and parent is not None and told >= (6, 0):
        item.tag = "IomType"
        parent[:] = sorted(parent, key=lambda each: str(each.tag))


def _is_of_drive(item: etree._Element) -> bool:
    """Whether this says if a tape drive is quiesced; pools and partitions always said so."""
    parent = item.getparent()
    return item.tag == "Quiesced" and parent is not None and parent.find(_OF_DRIVES) is not None


def _write_as_of_old(item: etree._Element) -> None:
    item[:] = list(reversed(item))
    for name, value in reversed(item.attrib.items()):
        del item.attrib[name]
        item.set(name, _ISO_DATE.sub(r"\1Z", str(value)))
    if item.text:
        text = _ISO_DATE.sub(r"\1Z", item.text)
        item.text = f'"{text}"' if item.tag == "ETag" else text
    parent = item.getparent()
    if parent is not None and not len(item) and not item.text and not item.attrib:
        parent.remove(item)


def _with_namespace(root: etree._Element) -> bytes:
    text = etree.tostring(root, encoding="unicode")
    named = re.sub(r"^<([A-Za-z]+)", rf'<\1 xmlns="{NAMESPACE}"', text)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + named).encode()
