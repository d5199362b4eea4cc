"""The service, its buckets, and pages of what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from . import listing_xml, system_xml
from .calling import MAX_REPLY, Calls, flags, given, object_path, rest_path
from .errors import AccessDenied, NotFound
from .headers import clock_difference
from .records import BucketAccess, BucketDetails, Listing, Service


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

    def create_bucket(self, name: str, *, data_policy_id: str | None = None) -> None:
        """Create a bucket; without a policy the user's default one is taken. Raises Conflict."""
        query = [("name", name), *given(data_policy_id=data_policy_id)]
        self._call_once("POST", "/_rest_/bucket", query)

    def create_default_bucket(self, name: str) -> None:
        """Create a bucket the way S3 does: the user must have a default data policy.

        One try, like every creation. Raises Conflict, RequestRefused for a name that is not
        allowed.
        """
        self._call_once("PUT", object_path(name))

    def head_bucket(self, name: str) -> BucketAccess:
        """Find out whether a bucket is there and may be read."""
        try:
            self._call("HEAD", object_path(name))
        except NotFound:
            return BucketAccess.ABSENT
        except AccessDenied:
            return BucketAccess.FORBIDDEN
        return BucketAccess.EXISTS

    def bucket_details(self, name: str) -> BucketDetails:
        return system_xml.read_one(BucketDetails, self._call("GET", rest_path("bucket", name)))

    def delete_bucket(self, name: str, *, force: bool = False, missing_ok: bool = True) -> None:
        """Delete a bucket; with `force` its objects too. Raises Conflict where it has some."""
        self._delete(rest_path("bucket", name), flags(force=force), missing_ok)

    # --- listings

    def list_objects(
        self,
        bucket: str,
        *,
        prefix: str | None = None,
        delimiter: str | None = None,
        marker: str | None = None,
        max_keys: int | None = None,
    ) -> Listing:
        """List one page of a bucket. `marker` is the last name of the previous page, or None.

        `max_keys` is 1 to 1000. The order is the appliance's. Raises NotFound.
        """
        query = given(prefix=prefix, delimiter=delimiter, marker=marker, max_keys=max_keys)
        return listing_xml.read_listing(self._call("GET", object_path(bucket), query), bucket)

    def list_pages(
        self,
        bucket: str,
        *,
        prefix: str | None = None,
        delimiter: str | None = None,
        marker: str | None = None,
        max_keys: int | None = None,
    ) -> Iterator[Listing]:
        """All pages, each asked for when it is wanted.

        Ends also where a page brings nothing new, or the appliance leads in a circle.
        """
        seen = {marker}
        while True:
            page = self.list_objects(
                bucket, prefix=prefix, delimiter=delimiter, marker=marker, max_keys=max_keys
            )
            yield page
            marker = page.next_marker
            if marker is None or marker in seen or not (page.names or page.prefixes):
                return
            seen.add(marker)
