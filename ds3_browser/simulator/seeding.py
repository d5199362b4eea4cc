"""Filling a bucket with very many objects at once, without a request for each.

They are as if put long ago: complete, persisted, out of the cache; their bytes are the pattern that
stands for bodies that were not kept. They have no history.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self  # what is asked for is JSON

from . import checksum
from .bodies import PIECE, pattern
from .policies import Policies, Policy
from .store import Refused, Store, check_name, new_id_beginning
from .writing import Writing

MAX_OBJECTS = 10_000_000
_NUMBERS = "WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < ?)"


@dataclass(frozen=True, slots=True)
class Seed:
    """What to fill a bucket with: `objects` of `size` bytes each.

    Their names are `prefix`, `folder-00000/` with `per_folder` objects in each unless that is 0,
    and `object-0000000`, the numbers rising from 0.
    """

    bucket: str
    objects: int
    size: int = 4096
    prefix: str = ""
    per_folder: int = 0

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """What was asked for as JSON. Raises Refused."""
        types = {"bucket": str, "prefix": str}
        known = {field.name: types.get(field.name, int) for field in fields(cls)}
        for name, value in asked.items():
            if name not in known or type(value) is not known[name]:
                raise Refused(400, "InvalidArgument", f"Not to be seeded: {name}={value!r}")
        try:
            seed = cls(**asked)
        except TypeError:
            raise Refused(400, "InvalidArgument", "A bucket and objects are needed.") from None
        if not 0 < seed.objects <= MAX_OBJECTS or seed.size < 0 or seed.per_folder < 0:
            raise Refused(400, "InvalidArgument", f"1 to {MAX_OBJECTS} objects can be seeded.")
        return seed


def fill(
    store: Store, policies: Policies, writing: Writing, bucket: sqlite3.Row, seed: Seed
) -> None:
    """Make the objects, all or none. Raises Refused if one of the names is there."""
    policy = policies.of(bucket)
    check_name(f"{seed.prefix}folder-00000/object-{seed.objects:07}")
    if policy.blob_size is not None and seed.size > policy.blob_size:
        raise Refused(400, "InvalidArgument", "A seeded object has one blob.")
    first_object = store.new_keys("object", seed.objects)
    first_blob = store.new_keys("blob", seed.objects)
    digest, now = _digest(policy, seed.size), store.now()
    try:
        with store.transaction() as db:
            _, lying = writing.choose(bucket, seed.objects * seed.size)
            db.execute(
                "INSERT INTO object"
                " (key, id, bucket, name, size, missing, created, etag, latest, listed)"
                f" {_NUMBERS} SELECT ? + n, ? || printf('%012x', n), ?,"
                " ? || CASE WHEN ? THEN printf('folder-%05d/', n / ?) ELSE '' END"
                " || printf('object-%07d', n), ?, 0, ?, ?, 1, 1 FROM counted",
                (
                    *(seed.objects - 1, first_object, new_id_beginning(), bucket["name"]),
                    *(seed.prefix, seed.per_folder, seed.per_folder),
                    *(seed.size, now, digest.hex()),
                ),
            )
            db.execute(
                "INSERT INTO blob (key, id, object, job, offset, length, checksum_type, checksum,"
                " allocated, received_at, cached, persisted_at, used_at, kept, copies)"
                f" {_NUMBERS} SELECT ? + n, ? || printf('%012x', n), ? + n, NULL, 0, ?, ?, ?,"
                " 1, ?, 0, ?, ?, 'nowhere', ? FROM counted",
                (
                    *(seed.objects - 1, first_blob, new_id_beginning(), first_object),
                    *(seed.size, policy.checksum_type, digest, now, now, now, lying),
                ),
            )
            db.execute(
                "UPDATE bucket SET objects = objects + ?, used = used + ? WHERE name = ?",
                (seed.objects, seed.objects * seed.size, bucket["name"]),
            )
    except sqlite3.IntegrityError:
        raise Refused(409, "OBJECT_ALREADY_EXISTS", "One of the names is there.") from None


def _digest(policy: Policy, size: int) -> bytes:
    """The checksum of the pattern that a GET of such an object sends."""
    digest = checksum.new(policy.checksum_type)
    for offset in range(0, size, PIECE):
        digest.update(pattern(offset, min(PIECE, size - offset)))
    return digest.digest()
