"""Ds3Client: one method per request we use; records in, records out.

Any thread may call it, and each call blocks until its answer. The methods are in one module for
each area of the wire; how they ask, and what is asked again, is in the one they all stand on.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network

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
    with _told_of("DS3_ENDPOINT"):
        there = Endpoint.parse(endpoint, default_scheme=default_scheme)
    proxy = environ.get("http_proxy", "")
    direct = environ.get("no_proxy") or environ.get("NO_PROXY", "")
    if proxy and not _is_direct(there, direct):
        with _told_of("http_proxy"):
            there = Endpoint.parse(there.url, proxy=proxy)
    return there, Credentials(access_id, secret_key)


@contextlib.contextmanager
def _told_of(variable: str) -> Iterator[None]:
    """Say of which variable an error is: one may be set for other programs."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{variable} cannot be used. {error}") from error


def _is_direct(there: Endpoint, no_proxy: str) -> bool:
    """Whether an endpoint is reached without the environment's proxy."""
    if there.host in ("localhost", "::1") or there.host.startswith("127."):
        return True
    named = no_proxy.lower().replace(",", " ").split()
    return "*" in named or any(_is_named(there, name) for name in named)


def _is_named(there: Endpoint, name: str) -> bool:
    """Whether what no_proxy names is a host, its domain, its network, or it with its port."""
    with contextlib.suppress(ValueError):
        return ip_address(there.address) in ip_network(name, strict=False)
    bracketed = re.fullmatch(r"\[(.+)\](?::(\d+))?", name)
    host, port = bracketed.groups("") if bracketed else name.lstrip("*.").partition(":")[::2]
    host, wanted = host.rstrip("."), there.address.rstrip(".")
    is_host = wanted == host or wanted.endswith(f".{host}")
    return bool(host) and is_host and port in ("", str(there.port))


class Ds3Client(BucketCalls, ObjectCalls, JobCalls, SystemCalls, UserCalls):
    """One appliance, as one user. Attributes: `endpoint`, `credentials`."""
