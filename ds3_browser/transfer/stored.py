"""What the appliance says of an object that may be there, and of a job that it has cancelled.

One question each, which blocks; nothing is tried again.
"""

from __future__ import annotations

import logging
from datetime import datetime

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import BadReply, Busy, Ds3Error, RequestRefused, ServerFault
from ds3_browser.protocol.records import ObjectHead

from .events import Failure, FailureCode

log = logging.getLogger(__name__)


def cancelled_there(client: Ds3Client, job_id: str) -> Failure:
    """What to say of a job that the appliance has cancelled: why, as far as it tells."""
    timed_out = False
    try:
        timed_out = client.canceled_job(job_id).timed_out
    except Ds3Error as error:
        log.info("why job %s was cancelled is not known: %s", job_id, error)
    return Failure(FailureCode.TIMED_OUT if timed_out else FailureCode.JOB_GONE)


def dropped_there(client: Ds3Client, job_id: str) -> Failure | None:
    """Why the appliance has cancelled a job; None if it does not say that it has.

    Raises ConnectionFailed, Busy, ServerFault.
    """
    try:
        timed_out = client.canceled_job(job_id).timed_out
    except (RequestRefused, BadReply) as error:
        if isinstance(error, Busy | ServerFault):
            raise
        return None
    return Failure(FailureCode.TIMED_OUT if timed_out else FailureCode.JOB_GONE)


def is_stored(
    client: Ds3Client, bucket: str, name: str, size: int | None, version: str | None = None
) -> bool:
    """Whether the appliance has an object, of this size if one is given, completely.

    Where a `version` is given, an earlier object of the name is not it. False where the appliance
    does not say.
    """
    try:
        head = client.head_object(bucket, name)
    except Ds3Error as error:
        log.warning("an object could not be looked for: %s", error)
        return False
    return is_head_of(head, size, version)


def is_head_of(head: ObjectHead | None, size: int | None, version: str | None) -> bool:
    """Whether this is told of a whole object, of a size and a version where they are given."""
    if head is None or head.etag is None or size not in (None, head.size):
        return False
    return not version or head.version_id in (None, version)


def is_older(client: Ds3Client, bucket: str, name: str, moment: datetime | None) -> bool:
    """Whether an object was there before a moment of the appliance's; False if that is not told."""
    try:
        page = client.list_objects(bucket, prefix=name, max_keys=1)
    except Ds3Error as error:
        log.warning("an object could not be listed: %s", error)
        return False
    if moment is None or name not in page.names[:1]:
        return False
    return page.modified[0] < moment.timestamp()
