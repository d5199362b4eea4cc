"""Objects and their versions: how they come, which one a name means, how they go.

A name means its latest version, which is complete; one on its way stands for it where there is
none. Which is the latest is decided when data is complete. There are no delete markers: a name
that was deleted where versions are kept has versions, and none of them is the latest.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from .policies import Policies, Policy
from .store import Refused, Store, new_ids

# A blob just planned: its row number and its part of the object. A tuple, as a large job has half a
# million of them.
NewBlob = tuple[int, int, int]
#: Behind a prefix it comes after every name that begins with it: no name has more characters.
LAST = "\U0010ffff" * 257
MAX_BLOBS = 2_000_000  # of a job: all are made at once
KEEP_ALL = "KEEP_MULTIPLE_VERSIONS"
KEEP_LATEST = "KEEP_LATEST"
_KINDS_OF_NEW = ("CREATE", "MARK_LATEST")  # what history has of a version that came


class Whole(NamedTuple):
    """An object that came whole, in one blob, and without a job.

    `arrived` is a moment, `metadata` is JSON, `kept` says where the bytes are.
    """

    id: str
    blob_id: str
    bucket: str
    name: str
    user: str
    length: int
    checksum_type: str
    checksum: bytes
    metadata: str
    kept: str
    arrived: float


class Versions:
    def __init__(self, store: Store, policies: Policies) -> None:
        self._store = store
        self._policies = policies

    # --- looking

    def find(self, bucket: str, name: str, version_id: str | None = None) -> sqlite3.Row:
        """The version that a name means, or the one of an id. Raises Refused."""
        row = self.one(bucket, name, version_id)
        if row is None:
            self._store.bucket(bucket)
            raise Refused(404, "NoSuchKey", f"The object does not exist: {name}")
        return row

    def one(self, bucket: str, name: str, version_id: str | None = None) -> sqlite3.Row | None:
        if version_id:
            query = "SELECT * FROM object WHERE bucket = ? AND name = ? AND id = ?"
            return self._store.one(query, bucket, name, version_id.lower())
        query = "SELECT * FROM object WHERE bucket = ? AND name = ? AND listed"
        return self._store.one(query, bucket, name)

    def blobs(self, object_key: int) -> list[sqlite3.Row]:
        return self._store.all("SELECT * FROM blob WHERE object = ? ORDER BY offset", object_key)

    # --- coming

    def add(
        self, bucket: str, items: Sequence[tuple[str, int]], blob_size: int | None, job: int
    ) -> list[NewBlob]:
        """Insert objects that are still to come; their blobs in order. `None` cuts nothing.

        Raises Refused if they are more than a job can have.
        """
        if sum(size for _, size in items) >= 1 << 63:
            raise Refused(400, "InvalidArgument", "The objects have more than 2^63 - 1 bytes.")
        total = sum(-(-size // blob_size) if blob_size and size else 1 for _, size in items)
        if total > MAX_BLOBS:
            message = f"A job has at most {MAX_BLOBS} blobs, and this one has {total}."
            raise Refused(400, "InvalidArgument", message)
        cuts = ((name, size, _parts(size, blob_size)) for name, size in items)
        return self._add(bucket, cuts, len(items), total, job)

    def add_cut(self, bucket: str, name: str, lengths: Sequence[int], job: int) -> list[NewBlob]:
        """As `add`, one object whose blobs have these lengths."""
        offsets = itertools.accumulate(lengths[:-1], initial=0)
        parts = tuple(zip(offsets, lengths, strict=True))
        return self._add(bucket, [(name, sum(lengths), parts)], 1, len(parts), job)

    def _add(
        self,
        bucket: str,
        cuts: Iterable[tuple[str, int, Sequence[tuple[int, int]]]],
        number: int,
        number_of_blobs: int,
        job: int,
    ) -> list[NewBlob]:
        object_ids, blob_ids = new_ids(), new_ids()
        first_object = self._store.new_keys("object", number)
        blob_key = self._store.new_keys("blob", number_of_blobs)
        objects, rows, planned = [], [], []
        for key, (name, size, parts) in enumerate(cuts, first_object):
            objects.append((key, next(object_ids), bucket, name, size, len(parts)))
            for offset, length in parts:
                planned.append((blob_key, offset, length))
                rows.append((blob_key, next(blob_ids), key, job, offset, length))
                blob_key += 1
        db = self._store.db
        listed = "1"
        if self._store.value("SELECT objects FROM bucket WHERE name = ?", bucket):
            listed = "NOT EXISTS (SELECT 1 FROM object WHERE bucket = ?3 AND name = ?4 AND listed)"
        db.executemany(
            "INSERT INTO object (key, id, bucket, name, size, missing, listed)"
            f" SELECT ?1, ?2, ?3, ?4, ?5, ?6, {listed}",
            objects,
        )
        db.executemany(
            "INSERT INTO blob (key, id, object, job, offset, length) VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )
        db.execute(
            "UPDATE bucket SET objects = objects + ?, used = used + ? WHERE name = ?",
            (len(objects), sum(length for _, _, length in planned), bucket),
        )
        return planned

    def add_whole(
        self, wholes: Sequence[Whole], first_blob: int, first_job: int, pack: int | None
    ) -> None:
        """Insert objects whose only blobs are there already; each is the latest of its name.

        They are in the table of arrivals, too. The row numbers of their blobs and of the jobs that
        brought them follow each other. A pack holds the bytes of all of them. What `add` and
        `complete` do together, for very many small objects.
        """
        db, first = self._store.db, self._store.new_keys("object", len(wholes))
        may_have_others = {
            bucket: self._policy(bucket).versioning != "NONE"
            for bucket in {whole.bucket for whole in wholes}
        }
        for whole in wholes:
            if may_have_others[whole.bucket]:
                self._unmark(whole.bucket, whole.name)
        db.execute(
            "INSERT INTO object (key, id, bucket, name, size, missing, created, etag, metadata,"
            " latest, listed) SELECT ? + n, id, bucket, name, length, 0, arrived,"
            " LOWER(HEX(checksum)), metadata, 1, 1 FROM arrival",
            (first,),
        )
        db.execute(
            "INSERT INTO blob (key, id, object, job, offset, length, checksum_type, checksum,"
            " allocated, received_at, cached, used_at, kept, pack, start)"
            " SELECT ?1 + n, blob_id, ?2 + n, ?3 + n, 0, length, checksum_type, checksum,"
            " 1, arrived, 1, arrived, CASE WHEN ?4 IS NULL THEN kept ELSE 'pack' END, ?4, start"
            " FROM arrival",
            (first_blob, first, first_job, pack),
        )
        sums: dict[str, list[int]] = {}
        for each in wholes:
            sums.setdefault(each.bucket, []).append(each.length)
        db.executemany(
            "UPDATE bucket SET objects = objects + ?, used = used + ? WHERE name = ?",
            [(len(lengths), sum(lengths), bucket) for bucket, lengths in sums.items()],
        )
        db.execute(
            "INSERT INTO history (bucket, name, version, created, kind)"
            " SELECT bucket, name, id, arrived, column1 FROM arrival"
            " CROSS JOIN (VALUES (?), (?))",
            _KINDS_OF_NEW,
        )
        for n, whole in enumerate(wholes):
            if may_have_others[whole.bucket]:
                self._keep_as_agreed(self._row(first + n))

    def _policy(self, bucket: str) -> Policy:
        return self._policies.of(self._store.bucket_known(bucket))

    def complete(self, key: int, digest: Callable[[bytes], bytes]) -> None:
        """Give an object whose blobs are all there its date and its ETag, and make it the latest.

        The ETag is the blob's checksum in hex; of several blobs the checksum over theirs, with
        their number behind a dash.
        """
        checksums = [blob["checksum"] for blob in self.blobs(key)]
        several = len(checksums) > 1
        etag = (digest(b"".join(checksums)) if several else checksums[0]).hex()
        row, now = self._row(key), self._store.now()
        self._unmark(row["bucket"], row["name"])
        self._store.db.execute(
            "UPDATE object SET created = ?, etag = ?, latest = 1, listed = 1 WHERE key = ?",
            (now, f"{etag}-{len(checksums)}" if several else etag, key),
        )
        self._store.db.executemany(
            "INSERT INTO history (bucket, name, version, created, kind) VALUES (?, ?, ?, ?, ?)",
            [(row["bucket"], row["name"], row["id"], now, kind) for kind in _KINDS_OF_NEW],
        )
        self._keep_as_agreed(row)

    def _row(self, key: int) -> sqlite3.Row:
        row = self._store.one("SELECT * FROM object WHERE key = ?", key)
        assert row is not None
        return row

    def make_latest(self, row: sqlite3.Row) -> None:
        """Let a name mean this version of it from now on."""
        if row["latest"]:
            return
        self._unmark(row["bucket"], row["name"])
        self._store.db.execute(
            "UPDATE object SET latest = 1, listed = 1 WHERE key = ?", (row["key"],)
        )
        self._note("MARK_LATEST", [row])

    def _unmark(self, bucket: str, name: str) -> None:
        of_name = "bucket = ? AND name = ?"
        was = self._store.all(f"SELECT * FROM object WHERE {of_name} AND latest", bucket, name)
        self._note("UNMARK_LATEST", was)
        self._store.db.execute(
            f"UPDATE object SET latest = 0, listed = 0 WHERE {of_name} AND listed", (bucket, name)
        )

    def _keep_as_agreed(self, row: sqlite3.Row) -> None:
        """Remove the versions that the bucket's policy does not keep beside a new one."""
        policy = self._policies.of(self._store.bucket(row["bucket"]))
        if policy.versioning == "NONE":
            return
        kept = policy.max_versions_to_keep if policy.versioning == KEEP_ALL else 1
        older = self._store.all(
            "SELECT key FROM object WHERE bucket = ? AND name = ? AND NOT missing"
            " ORDER BY latest DESC, created DESC, key DESC LIMIT -1 OFFSET ?",
            row["bucket"],
            row["name"],
            kept,
        )
        self.remove([each["key"] for each in older])

    # --- going

    def delete(self, bucket: str, name: str, version_id: str | None) -> sqlite3.Row:
        """Delete a version for good, or what a name means as its bucket's policy says.

        Where versions are kept the name just means none of them any more. Returns what was
        deleted. Raises Refused.
        """
        with self._store.transaction():
            row = self.find(bucket, name, version_id)
            if version_id:
                self.remove([row["key"]])
            elif row["latest"] and self._keeps_all(bucket):
                self._unmark(bucket, name)
                self._promote([(bucket, name)])
            elif self._keeps_all(bucket):
                self.remove([row["key"]])
            else:
                self.remove(self._keys("bucket = ? AND name = ?", bucket, name))
        return row

    def _keeps_all(self, bucket: str) -> bool:
        return self._policies.of(self._store.bucket(bucket)).versioning == KEEP_ALL

    def _keys(self, where: str, *values: object) -> list[int]:
        return [row[0] for row in self._store.all(f"SELECT key FROM object WHERE {where}", *values)]

    def delete_folder(self, bucket: str, folder: str) -> None:
        """Delete all objects below a folder, named with or without its slash. Raises Refused."""
        with self._store.transaction() as db:
            name = self._store.bucket(bucket)["name"]
            prefix = folder.removesuffix("/") + "/"
            below = "bucket = ? AND name >= ? AND name < ?"
            values = (name, prefix, prefix + LAST)
            listed = self._store.all(f"SELECT * FROM object WHERE {below} AND listed", *values)
            if not listed:
                raise Refused(404, "NotFound", f"No object is in the folder {folder}")
            if not self._keeps_all(name):
                self.remove(self._keys(below, *values))
                return
            self.remove([row["key"] for row in listed if row["missing"]])
            self._note("UNMARK_LATEST", [row for row in listed if row["latest"]])
            db.execute(f"UPDATE object SET latest = 0, listed = 0 WHERE {below} AND latest", values)
            self._promote([(name, row["name"]) for row in listed])

    def delete_bucket(self, name_or_id: str, *, force: bool) -> None:
        with self._store.transaction() as db:
            row = self._store.bucket(name_or_id)
            if row["objects"] and not force:
                raise Refused(409, "BUCKET_NOT_EMPTY", f"The bucket is not empty: {row['name']}")
            self._store.forget_jobs("bucket = ?", row["name"])
            self.remove(self._keys("bucket = ?", row["name"]))
            uploads = "(SELECT key FROM upload WHERE bucket = ?)"
            for part in self._store.all(
                f"SELECT id FROM part WHERE upload IN {uploads}", row["name"]
            ):
                self._store.remove_file(part["id"])
            db.execute(f"DELETE FROM part WHERE upload IN {uploads}", (row["name"],))
            for table, column in (("history", "bucket"), ("upload", "bucket"), ("bucket", "name")):
                db.execute(f"DELETE FROM {table} WHERE {column} = ?", (row["name"],))

    def undelete(self, bucket: str, name: str, version_id: str | None) -> sqlite3.Row:
        """Make a version the latest again: that of an id, or the newest. Raises Refused."""
        with self._store.transaction():
            wanted = "bucket = ? AND name = ? AND NOT missing"
            values = [bucket, name]
            if version_id:
                wanted, values = f"{wanted} AND id = ?", [*values, version_id.lower()]
            order = "latest DESC, created DESC, key DESC"
            row = self._store.one(f"SELECT * FROM object WHERE {wanted} ORDER BY {order}", *values)
            if row is None:
                raise Refused(404, "NoSuchKey", f"There is no version to bring back: {name}")
            self.make_latest(row)
            return self._row(row["key"])

    def remove(self, keys: Iterable[int]) -> None:
        """Delete objects for good with their blobs and files; jobs that held them hold less."""
        keys = list(keys)
        if not keys:
            return
        with self._store.transaction() as db:
            db.execute("CREATE TEMP TABLE IF NOT EXISTS doomed (key INTEGER PRIMARY KEY)")
            db.execute("DELETE FROM doomed")
            db.executemany("INSERT INTO doomed VALUES (?)", [(key,) for key in keys])
            doomed = "(SELECT key FROM doomed)"
            # CROSS JOIN keeps the order: from the few that go, and not through all there are.
            blobs = "(SELECT b.key FROM doomed d CROSS JOIN blob b ON b.object = d.key)"
            names = self._store.all(
                f"SELECT o.bucket, o.name FROM object o WHERE o.key IN {doomed} AND o.listed"
                " AND EXISTS (SELECT 1 FROM object s WHERE s.bucket = o.bucket"
                f" AND s.name = o.name AND s.missing AND s.key NOT IN {doomed})"
            )
            jobs = self._store.all(f"SELECT DISTINCT job FROM job_blob WHERE blob IN {blobs}")
            files = self._store.all(
                f"SELECT id FROM blob WHERE key IN {blobs}"
                " AND received_at IS NOT NULL AND kept = 'file'"
            )
            packed = self._store.all(
                f"SELECT pack, COUNT(*) FROM blob WHERE key IN {blobs} AND kept = 'pack'"
                " GROUP BY pack"
            )
            db.execute(
                "INSERT INTO history (bucket, name, version, kind, created)"
                f" SELECT bucket, name, id, 'DELETE', created FROM object WHERE key IN {doomed}"
                " AND NOT missing"
            )
            db.execute(
                "UPDATE bucket SET (objects, used) = (SELECT objects - COUNT(*),"
                " used - COALESCE(SUM(o.size), 0) FROM doomed d CROSS JOIN object o"
                " ON o.key = d.key WHERE o.bucket = bucket.name)"
                f" WHERE name IN (SELECT DISTINCT bucket FROM object WHERE key IN {doomed})"
            )
            db.execute(f"DELETE FROM job_blob WHERE blob IN {blobs}")
            db.execute(f"DELETE FROM content WHERE blob IN {blobs}")
            db.execute(f"DELETE FROM blob WHERE object IN {doomed}")
            db.execute(f"DELETE FROM object WHERE key IN {doomed}")
            self._promote([(row["bucket"], row["name"]) for row in names])
            for row in jobs:
                self._recount(row["job"])
            for row in files:
                self._store.remove_file(row["id"])
            for pack, number in packed:
                self._store.packs.leave(pack, number)

    def _promote(self, names: Iterable[tuple[str, str]]) -> None:
        """Let the first of the objects on their way stand for names that have no latest version."""
        self._store.db.executemany(
            "UPDATE object SET listed = 1 WHERE key = (SELECT MIN(o.key) FROM object o"
            " WHERE o.bucket = ? AND o.name = ? AND o.missing AND NOT EXISTS (SELECT 1"
            " FROM object l WHERE l.bucket = o.bucket AND l.name = o.name AND l.listed))",
            names,
        )

    def _recount(self, job: int) -> None:
        """Count anew what a job and its chunks hold, after blobs have left it."""
        put = self._store.value("SELECT kind FROM job WHERE key = ?", job) == "PUT"
        moved = "b.received_at IS NOT NULL" if put else "j.read"
        there = moved if put else "(c.ready OR j.read)"
        done = "b.persisted_at IS NOT NULL" if put else "j.read"
        blobs = (
            "FROM job_blob j JOIN blob b ON b.key = j.blob JOIN chunk c ON c.key = j.chunk WHERE"
        )
        self._store.db.execute(
            "UPDATE chunk SET (length, open) = (SELECT COALESCE(SUM(b.length), 0),"
            f" COALESCE(SUM(NOT ({moved})), 0) {blobs} j.chunk = chunk.key) WHERE job = ?",
            (job,),
        )
        self._store.db.execute(
            "UPDATE job SET (size, cached, completed, open) = (SELECT COALESCE(SUM(b.length), 0),"
            f" COALESCE(SUM(b.length * ({there})), 0), COALESCE(SUM(b.length * ({done})), 0),"
            f" COALESCE(SUM(NOT ({done})), 0) {blobs} j.job = job.key) WHERE key = ?",
            (job,),
        )

    # --- what happened

    def _note(self, kind: str, rows: Sequence[sqlite3.Row]) -> None:
        self._store.db.executemany(
            "INSERT INTO history (bucket, name, version, kind, created) VALUES (?, ?, ?, ?, ?)",
            [(row["bucket"], row["name"], row["id"], kind, row["created"]) for row in rows],
        )


def _parts(size: int, blob_size: int | None) -> Sequence[tuple[int, int]]:
    """Offset and length of each blob of an object; one without bytes has one, too."""
    if not blob_size or size <= blob_size:
        return ((0, size),)
    return [(at, min(blob_size, size - at)) for at in range(0, size, blob_size)]
