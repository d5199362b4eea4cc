"""The tables in which the appliance keeps its facts.

`key` columns are row numbers, `id` columns the UUIDs that clients see.

object.missing  blobs not received yet; 0 = the object is there, and has a date and an ETag.
object.latest   it is complete and the one that its name means; at most one of a name.
object.listed   a listing shows it: the latest, or one on its way where there is no latest.
bucket.objects, bucket.used   objects of all versions, and their bytes.
blob.kept       where its bytes are: in a "file" of its own, in a "row" of content, in a "pack" from
                its `start` on, "nowhere".
blob.job        the PUT job that brings it. blob.allocated: cache is reserved for it.
blob.copies     where it is persisted: the `copies` row, NULL if on no medium.
chunk.open      blobs not received (PUT) or not read (GET). chunk.ready: allocated, or loaded.
job.open        blobs not persisted (PUT) or not read (GET). job.cached, job.completed: bytes.
job.unattended  no client moves its data: VERIFY and staging. job.gathering: until when more may
                be appended to it; NULL = nothing any more.
job_blob.wanted, sent   spans in the object as JSON; no `wanted` means the whole blob.
job_blob.latest what the job says of the version, from its creation to its end.
pack            files that hold the bytes of many small blobs. pack.blobs: those still there.
history         what happened to the versions of a bucket, by number.
part            the parts of multipart uploads, their bytes in files.
"""

from __future__ import annotations

# Where objects that came whole are, by number, while they are written to the tables.
ARRIVALS = """
CREATE TEMP TABLE IF NOT EXISTS arrival (
    n INTEGER PRIMARY KEY, start INTEGER, id TEXT, blob_id TEXT, bucket TEXT, name TEXT, user TEXT,
    length INTEGER, checksum_type TEXT, checksum BLOB, metadata TEXT, kept TEXT, arrived REAL);
"""

# Whoever changes a table raises this; an archive of another version is emptied when it is opened.
VERSION = 7

SCHEMA = """
CREATE TABLE IF NOT EXISTS bucket (
    name TEXT PRIMARY KEY, id TEXT UNIQUE, created REAL, user TEXT, policy TEXT,
    protected INTEGER, objects INTEGER DEFAULT 0, used INTEGER DEFAULT 0);

CREATE TABLE IF NOT EXISTS object (
    key INTEGER PRIMARY KEY, id TEXT, bucket TEXT, name TEXT, size INTEGER, missing INTEGER,
    created REAL, etag TEXT, metadata TEXT, latest INTEGER DEFAULT 0, listed INTEGER DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS object_listed ON object (bucket, name) WHERE listed;
CREATE INDEX IF NOT EXISTS object_name ON object (bucket, name);
CREATE UNIQUE INDEX IF NOT EXISTS object_id ON object (id);

CREATE TABLE IF NOT EXISTS blob (
    key INTEGER PRIMARY KEY, id TEXT, object INTEGER, job INTEGER, offset INTEGER, length INTEGER,
    checksum_type TEXT, checksum BLOB, allocated INTEGER DEFAULT 0, received_at REAL,
    cached INTEGER DEFAULT 0, persisted_at REAL, used_at REAL, kept TEXT DEFAULT 'file',
    copies INTEGER, pack INTEGER, start INTEGER);
CREATE UNIQUE INDEX IF NOT EXISTS blob_object ON blob (object, offset);
CREATE INDEX IF NOT EXISTS blob_unpersisted ON blob (received_at) WHERE persisted_at IS NULL;
CREATE INDEX IF NOT EXISTS blob_droppable ON blob (used_at)
    WHERE cached AND persisted_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS content (blob INTEGER PRIMARY KEY, bytes BLOB);
CREATE TABLE IF NOT EXISTS pack (key INTEGER PRIMARY KEY, blobs INTEGER);

CREATE TABLE IF NOT EXISTS job (
    key INTEGER PRIMARY KEY, id TEXT UNIQUE, bucket TEXT, kind TEXT, name TEXT, priority TEXT,
    user TEXT, naked INTEGER, options TEXT, undying INTEGER, in_order TEXT, created REAL,
    active REAL, status TEXT DEFAULT 'IN_PROGRESS', ended REAL, timed_out INTEGER DEFAULT 0,
    truncated INTEGER DEFAULT 0, size INTEGER DEFAULT 0, cached INTEGER DEFAULT 0,
    completed INTEGER DEFAULT 0, open INTEGER DEFAULT 0, unattended INTEGER DEFAULT 0,
    gathering REAL, implicit INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS job_status ON job (status, ended, created);
CREATE INDEX IF NOT EXISTS job_unattended ON job (key)
    WHERE unattended AND status = 'IN_PROGRESS';
CREATE INDEX IF NOT EXISTS job_implicit ON job (key) WHERE implicit;
CREATE INDEX IF NOT EXISTS job_gathering ON job (bucket, kind) WHERE gathering IS NOT NULL;

CREATE TABLE IF NOT EXISTS chunk (
    key INTEGER PRIMARY KEY, id TEXT UNIQUE, job INTEGER, number INTEGER, length INTEGER,
    open INTEGER, ready INTEGER DEFAULT 0);
CREATE INDEX IF NOT EXISTS chunk_job ON chunk (job, number);
CREATE INDEX IF NOT EXISTS chunk_open ON chunk (job, number) WHERE open > 0;

CREATE TABLE IF NOT EXISTS job_blob (
    chunk INTEGER, place INTEGER, blob INTEGER, job INTEGER, read INTEGER DEFAULT 0,
    wanted TEXT, sent TEXT, latest INTEGER DEFAULT 1, PRIMARY KEY (chunk, place)) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS job_blob_blob ON job_blob (blob, job);
CREATE INDEX IF NOT EXISTS job_blob_job ON job_blob (job);

CREATE TABLE IF NOT EXISTS history (
    number INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT, name TEXT, version TEXT, kind TEXT,
    created REAL);

CREATE TABLE IF NOT EXISTS upload (
    key INTEGER PRIMARY KEY, id TEXT UNIQUE, bucket TEXT, name TEXT, user TEXT, created REAL,
    metadata TEXT);
CREATE TABLE IF NOT EXISTS part (
    upload INTEGER, number INTEGER, id TEXT, length INTEGER, checksum_type TEXT, checksum BLOB,
    kept TEXT, modified REAL,
    PRIMARY KEY (upload, number)) WITHOUT ROWID;
"""
