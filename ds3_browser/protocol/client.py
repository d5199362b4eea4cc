"""Ds3Client: one method per request we use; records in, records out.

Any thread may call it, and each call blocks until its answer. The methods are in one module for
each area of the wire; how they ask, and what is asked again, is in the one they all stand on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from .bucket_calls import BucketCalls
from .job_calls import JobCalls
from .object_calls import ObjectCalls
from .records import Credentials, Endpoint
from .system_calls import SystemCalls
from .user_calls import UserCalls


def from_environment(
    environ: Mapping[str, str] = os.environ, *, default_scheme: str = "https"
) -> tuple[Endpoint, Credentials]:
    """Read DS3_ENDPOINT, DS3_ACCESS_KEY, DS3_SECRET_KEY and http_proxy.

    `default_scheme` is that of an endpoint without one. The proxy is left out for this computer
    itself and for what no_proxy names. Raises ValueError that names what is missing.
    """
    names = ("DS3_ENDPOINT", "DS3_ACCESS_KEY", "DS3_SECRET_KEY")
    missing = [name for name in names if not environ.get(name, "").strip()]
    if missing:
        raise ValueError(f"{' and '.join(missing)} must be set in the environment.")
    endpoint, access_id, secret_key = (environ[name].strip() for name in names)
    there = Endpoint.parse(endpoint, default_scheme=default_scheme)
    proxy = environ.get("http_proxy", "")
    if proxy and not _is_direct(there.host, environ.get("no_proxy", "")):
        there = Endpoint.parse(there.url, proxy=proxy)
    return there, Credentials(access_id, secret_key)


def _is_direct(host: str, no_proxy: str) -> bool:
    """Whether a host is reached without the environment's proxy."""
    if host in ("localhost", "::1") or host.startswith("127."):
        return True
    names = [name.strip().lower().lstrip("*.") for name in no_proxy.split(",")]
    return "*" in no_proxy.split(",") or any(
        name and (host == name or host.endswith(f".{name}")) for name in names
    )


class Ds3Client(BucketCalls, ObjectCalls, JobCalls, SystemCalls, UserCalls):
    """One appliance, as one user. Attributes: `endpoint`, `credentials`."""
