"""Bulk jobs of objects that the appliance has: they are chosen there, by name and by folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from ds3_browser.protocol.errors import NotFound
from ds3_browser.protocol.records import BucketAccess, Listing

from .bulk import Job
from .errors import JobRefused, NothingLeft, failure_of
from .events import Failure, FailureCode, ObjectState
from .ledger import NewObject


class ReadingJob(Job):
    """Of names in `_versions`, the version of that id is meant; else the latest."""

    _versions: dict[str, str]

    def _below(self, prefixes: Iterable[str]) -> Iterator[tuple[str, int | None, bool]]:
        """Name, size and completeness of all objects below some prefixes."""
        for prefix in prefixes:
            marker: str | None = None
            while True:
                page = self._listed(prefix, marker)
                yield from ((o.name, o.size, not o.being_uploaded) for o in page.objects())
                if page.next_marker is None or page.next_marker == marker:
                    break
                marker = page.next_marker

    def _listed(self, prefix: str, marker: str | None) -> Listing:
        """One page below a prefix. To read is another right than to list, and refused otherwise."""
        try:
            return self._answered(
                lambda: self._client.list_objects(self._bucket, prefix=prefix, marker=marker)
            )
        except JobRefused as refused:
            if refused.failure.code is not FailureCode.NO_RIGHT:
                raise
            failure = replace(refused.failure, code=FailureCode.NOT_LISTED)
            raise JobRefused(failure) from refused

    def _leave_out_missing(self, objects: Iterator[NewObject], error: NotFound) -> None:
        """The appliance takes all names or none: those that are gone fail, the others go on."""
        if self._client.head_bucket(self._bucket) is BucketAccess.ABSENT:
            raise JobRefused(failure_of(error)) from error
        asked, missing, one = 0, [], None
        for found in objects:
            self._controls.check()
            asked, one = asked + 1, found.name
            version = self._versions.get(found.name)
            if self._client.head_object(self._bucket, found.name, version_id=version) is None:
                missing.append(found)
        if not missing or (len(missing) == asked and self._is_all(asked)):
            raise JobRefused(failure_of(error, one if asked == 1 else None)) from error
        for found in missing:
            self._fail_missing(found)
        if len(missing) == asked:
            raise NothingLeft from error

    def _fail_missing(self, found: NewObject) -> None:
        failure = Failure(FailureCode.NOT_FOUND, found.name, found.path, at=datetime.now(UTC))
        self._amounts.total -= found.size or 0
        self._reporter.failed(failure)
        self._ledger.object_ended(self.job_id, found.name, ObjectState.FAILED, failure=failure)
