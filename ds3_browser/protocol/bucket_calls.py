"""The service, its buckets, and pages of what is in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

from . import listing_xml, system_xml
from .calling import MAX_REPLY, Calls, bucket_path, flags, given, needed, rest_path
from .errors import AccessDenied, NotFound
from .headers import clock_difference
from .records import BucketAccess, BucketDetails, ChecksumType, DataPolicy, Listing, Service

log = logging.getLogger(__name__)


class BucketCalls(Calls):
    """Calls about buckets as a whole."""

    def get_service(self) -> Service:
        """List the buckets this user may see. Raises BadCredentials and its kin."""
        return listing_xml.read_service(self._call("GET", "/"))

    def service_and_clock(self) -> tuple[Service, float | None]:
        """List the buckets in one try; also tell this computer's clock minus the appliance's."""
        with self._answer(self._request("GET", "/")) as answer:
            difference = clock_difference(answer.headers.get("Date"), datetime.now(UTC))
            return listing_xml.read_service(answer.whole(MAX_REPLY)), difference

    def probe(self) -> None:
        """Find out whether the appliance answers at all, in one try."""
        self._exchange(self._request("GET", "/"))

    def create_bucket(
        self,
        name: str,
        *,
        data_policy_id: str | None = None,
        user_id: str | None = None,
        protected: bool | None = None,
    ) -> BucketDetails:
        """Create a bucket; without a policy its owner's default one is taken. Raises Conflict.

        Policies and users are named by id or name. `protected` is known from release 5.5 on.
        """
        settings = given(data_policy_id=data_policy_id, user_id=user_id, protected=protected)
        reply = self._call_once("POST", "/_rest_/bucket", [*needed(name=name), *settings])
        return system_xml.read_one(BucketDetails, reply)

    def create_default_bucket(self, name: str) -> None:
        """Create a bucket the way S3 does: the user must have a default data policy.

        One try, like every creation. Raises Conflict, RequestRefused for a name that is not
        allowed.
        """
        self._call_once("PUT", bucket_path(name))

    def head_bucket(self, name: str) -> BucketAccess:
        """Find out whether a bucket is there and may be read."""
        try:
            self._call("HEAD", bucket_path(name))
        except NotFound:
            return BucketAccess.ABSENT
        except AccessDenied:
            return BucketAccess.FORBIDDEN
        return BucketAccess.EXISTS

    def bucket_details(self, name: str) -> BucketDetails:
        """The settings of a bucket. Raises NotFound."""
        return self._one(BucketDetails, "bucket", name)

    def buckets(
        self,
        *,
        name: str | None = None,
        data_policy_id: str | None = None,
        user_id: str | None = None,
    ) -> Iterator[BucketDetails]:
        """All buckets with their settings; `%` in the name stands for any text."""
        query = given(name=name, data_policy_id=data_policy_id, user_id=user_id)
        return self._all(BucketDetails, "bucket", query)

    def modify_bucket(
        self,
        name: str,
        *,
        data_policy_id: str | None = None,
        user_id: str | None = None,
        protected: bool | None = None,
    ) -> BucketDetails:
        """Change settings of a bucket: those that are given."""
        query = given(data_policy_id=data_policy_id, user_id=user_id, protected=protected)
        reply = self._call("PUT", rest_path("bucket", name), query)
        return system_xml.read_one(BucketDetails, reply)

    def delete_bucket(self, name: str, *, force: bool = False, missing_ok: bool = True) -> None:
        """Delete a bucket; with `force` its objects too. Raises Conflict where it has some."""
        self._delete(rest_path("bucket", name), flags(force=force), missing_ok)

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
                told = self._policy(policy_id).checksum_type
                # One that this program does not know it cannot compute.
                self._checksum_types[policy_id] = None if isinstance(told, str) else told
        except (AccessDenied, NotFound) as error:
            log.info("the data policy of %s cannot be read: %s", bucket, error)
            return None
        found = self._checksum_types[policy_id]
        return None if found is ChecksumType.NONE else found

    def _policy(self, policy_id: str) -> DataPolicy:
        return self._one(DataPolicy, "data_policy", policy_id)

    # --- listings

    def list_objects(
        self,
        bucket: str,
        *,
        prefix: str | None = None,
        delimiter: str | None = None,
        marker: str | None = None,
        max_keys: int | None = None,
        versions: bool = False,
    ) -> Listing:
        """List one page of a bucket. `marker` is the last name of the previous page, or None.

        `max_keys` is 1 to 1000. With `versions`, known from release 5.0 on, every version of an
        object is a row. The order is the appliance's. Raises NotFound.
        """
        query = [
            *given(prefix=prefix, delimiter=delimiter, marker=marker, max_keys=max_keys),
            *flags(versions=versions),
        ]
        return listing_xml.read_listing(self._call("GET", bucket_path(bucket), query), bucket)

    def list_pages(
        self,
        bucket: str,
        *,
        prefix: str | None = None,
        delimiter: str | None = None,
        marker: str | None = None,
        max_keys: int | None = None,
        versions: bool = False,
    ) -> Iterator[Listing]:
        """All pages, each asked for when it is wanted.

        Ends also where a page brings nothing new, or the appliance leads in a circle. A version
        that comes a second time, at the seam of two pages, is left out. Raises ValueError for pages
        without a row, of which none would be the last.
        """
        if max_keys is not None and max_keys < 1:
            raise ValueError(f"A page has at least one row, not {max_keys}.")
        seen = {marker}
        before: Listing | None = None
        while True:
            page = self.list_objects(
                bucket,
                prefix=prefix,
                delimiter=delimiter,
                marker=marker,
                max_keys=max_keys,
                versions=versions,
            )
            marker = page.next_marker
            if before is not None:
                page = page.without_repeats_of(before)
                if not (page.names or page.prefixes):
                    return
            yield page
            if marker is None or marker in seen or not (page.names or page.prefixes):
                return
            seen.add(marker)
            before = page
