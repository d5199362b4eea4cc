"""Answers as they come: in any order and form, and hostile ones that end in BadReply."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ds3_browser.protocol import job_xml, listing_xml, system_records, system_xml, wire_xml
from ds3_browser.protocol.errors import BadReply
from ds3_browser.protocol.records import (
    BucketDetails,
    DataPolicy,
    DeleteItem,
    GetItem,
    JobStatus,
    PutItem,
)

MOMENT = datetime(2015, 9, 4, 6, 53, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2015-09-04T06:53:08.236Z", 236),
        ("2015-09-04T06:53:08Z", 0),
        ("2015-09-04T06:53:08.236", 236),
        ("2015-09-04 06:53:08.2", 200),
        ("2015-09-04 06:53:08", 0),
    ],
)
@pytest.mark.checklist(
    "K C-35: all forms of dates are read as aware UTC",
)
def test_every_form_of_a_date_is_read_as_utc(text: str, milliseconds: int) -> None:
    assert wire_xml.parse_date(text) == MOMENT.replace(microsecond=milliseconds * 1000)


@pytest.mark.parametrize("text", [None, "", "yesterday", "2015-13-04T06:53:08Z"])
def test_what_is_no_date_is_unknown(text: str | None) -> None:
    assert wire_xml.parse_date(text) is None


_moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
_zones = st.sampled_from(
    [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=8))]
)


@given(_moments, _zones, st.sampled_from("T "))
def test_a_moment_written_in_any_form_is_the_same_moment(
    moment: datetime, zone: timezone, separator: str
) -> None:
    utc = moment.replace(tzinfo=UTC)
    text = moment.isoformat(separator, "milliseconds")
    there = utc.astimezone(zone).isoformat(separator, "milliseconds")
    for form in (f"{text}Z", text, f" {text}Z\n", there, text.rstrip("0").rstrip(".")):
        assert wire_xml.parse_date(form) == utc, form


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_a_date(text: str) -> None:
    moment = wire_xml.parse_date(text)
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.checklist(
    "K C-32: any namespace is accepted, and none",
    "K C-33: any order of elements, and unknown ones, are accepted",
    "K C-56: the quotes of an ETag are taken off",
)
def test_a_namespace_a_declaration_and_extras_do_not_matter() -> None:
    answer = (
        b'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<New/><IsTruncated>TRUE</IsTruncated><Name>b</Name><Contents><Size>5</Size>"
        b'<Key>k</Key><ETag>"ab"</ETag></Contents></ListBucketResult>'
    )
    listing = listing_xml.read_listing(answer, "b")
    (found,) = listing.objects()
    assert (found.name, found.size, found.etag, found.latest) == ("k", 5, "ab", True)
    assert listing.next_marker == "k"


@pytest.mark.checklist(
    "K C-34: an element that is empty, written either way, is as good as missing",
)
def test_empty_elements_are_unknown() -> None:
    answer = (
        b"<ListBucketResult><Contents><Key>k</Key><ETag/><LastModified></LastModified>"
        b"<Size>0</Size></Contents><Prefix/><NextMarker/></ListBucketResult>"
    )
    listing = listing_xml.read_listing(answer, "b")
    assert math.isnan(listing.modified[0])
    assert listing.object(0).being_uploaded
    assert (listing.prefix, listing.next_marker, listing.max_keys) == (None, None, None)


def test_names_in_a_job_keep_what_xml_escapes() -> None:
    answer = (
        b'<MasterObjectList JobId="1"><Objects ChunkId="c" ChunkNumber="1">'
        b'<Object Length="9007199254740993" Name="a &amp; b&lt;&quot;&#9;" Offset="4294967296"/>'
        b"</Objects></MasterObjectList>"
    )
    job = job_xml.read_bulk_job([answer[:90], answer[90:]])
    (blob,) = job.blobs()
    assert (blob.name, blob.length, blob.offset) == (
        'a & b<"\t',
        9007199254740993,
        4294967296,
    )
    assert (job.status, blob.in_cache) == (JobStatus.IN_PROGRESS, None)


_names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1
)


@given(st.lists(_names, min_size=1, max_size=5))
@pytest.mark.checklist(
    "K C-90: names in a bulk request are escaped for XML and not percent-encoded",
)
def test_names_written_are_names_read(names: list[str]) -> None:
    written = wire_xml.write_put_items([PutItem(name, 1) for name in names])
    chunk = written.replace(b"<Objects>", b'<MasterObjectList JobId="1"><Objects>', 1)
    job = job_xml.read_bulk_job([chunk + b"</MasterObjectList>"])
    assert [blob.name for blob in job.blobs()] == names


_names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda name: not {*name} & {"\ufffe", "\uffff"}
)


@given(st.lists(st.tuples(_names, st.none() | _names), max_size=5))
def test_every_body_that_names_objects_names_them_exactly(
    items: list[tuple[str, str | None]],
) -> None:
    """As a reader that is not ours reads it."""
    get = etree.fromstring(wire_xml.write_get_items([GetItem(*item) for item in items]))
    assert [(each.get("Name"), each.get("VersionId")) for each in get] == items
    delete = etree.fromstring(wire_xml.write_delete([DeleteItem(*item) for item in items]))
    found = [(each.findtext("Key"), each.findtext("VersionId")) for each in delete.iter("Object")]
    assert found == items


@pytest.mark.checklist(
    "K C-90: a part of an object is asked for by Offset and Length, a version by VersionId",
)
def test_a_part_of_an_object_is_asked_for_by_offset_and_length() -> None:
    items = [GetItem("a&b"), GetItem("c", "v", 5, 10)]
    assert wire_xml.write_get_items(items) == (
        b'<Objects><Object Name="a&amp;b"/>'
        b'<Object Name="c" Offset="5" Length="10" VersionId="v"/></Objects>'
    )


_BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not XML",
        b"<html><body>Proxy</body></html>",
        b"<ListBucketResult><Contents>",
        _BOMB + b"<ListBucketResult><Name>&c;</Name></ListBucketResult>",
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><ListBucketResult/>',
        b"<ListBucketResult><Contents><Size>5</Size></Contents></ListBucketResult>",
        b"<ListBucketResult><MaxKeys>many</MaxKeys></ListBucketResult>",
        b"<ListBucketResult><MaxKeys>99999999999999999999</MaxKeys></ListBucketResult>",
        b"<ListBucketResult><Contents><Key>"
        + b"k" * 5000
        + b"</Key></Contents></ListBucketResult>",
        b"<ListBucketResult>" + b"<a>" * 50 + b"</a>" * 50 + b"</ListBucketResult>",
    ],
)
@pytest.mark.checklist(
    "K C-37: a document type and entities are refused, never expanded",
)
def test_a_hostile_listing_is_a_bad_reply(answer: bytes) -> None:
    with pytest.raises(BadReply):
        listing_xml.read_listing(answer, "b")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<Jobs/>",
        b"<MasterObjectList/>",
        _BOMB + b'<MasterObjectList JobId="&c;"/>',
        (_BOMB + b'<MasterObjectList JobId="&c;"/>').decode().encode("utf-16"),
        b'<MasterObjectList JobId="1">' + b"<a>" * 50,
        b'<MasterObjectList JobId="1"><Objects><Object Length="x" Name="n"/></Objects>'
        b"</MasterObjectList>",
    ],
)
@pytest.mark.checklist(
    "K C-37: the same in a job that streams in",
)
def test_a_hostile_job_is_a_bad_reply(answer: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(BadReply):
        job_xml.read_bulk_job([answer])
    assert time.monotonic() - began < 5


_RECORDS: list[type] = [
    *(each for each in vars(system_records).values() if dataclasses.is_dataclass(each)),
    BucketDetails,
    DataPolicy,
]
_READERS: dict[str, list[Callable[[bytes], object]]] = {
    "ListAllMyBucketsResult": [listing_xml.read_service],
    "ListBucketResult": [partial(listing_xml.read_listing, bucket="b")],
    "Data": [
        system_xml.read_system_information,
        system_xml.read_cache_state,
        system_xml.read_found_objects,
        system_xml.read_placement,
        system_xml.read_placed_blobs,
        partial(job_xml.read_appliance_jobs, status=JobStatus.COMPLETED),
        partial(job_xml.read_appliance_job, status=JobStatus.COMPLETED),
        *(partial(system_xml.read_all, kind) for kind in _RECORDS),
        *(partial(system_xml.read_one, kind) for kind in _RECORDS),
    ],
    "DeleteResult": [listing_xml.read_delete_result],
    "Jobs": [job_xml.read_jobs],
    "MasterObjectList": [lambda data: job_xml.read_bulk_job([data])],
    "Objects": [job_xml.read_chunk],
}
_WORDS = (
    *("Name", "Key", "Id", "ID", "Size", "Now", "LastModified", "CreationDate", "IsTruncated"),
    *("Contents", "CommonPrefixes", "Prefix", "Owner", "Bucket", "Buckets", "NextMarker"),
    *("Job", "Objects", "Object", "Error", "Filesystems", "UsedCapacityInBytes", "MaxKeys"),
    *("BuildInformation", "Version", "DateCompleted", "OriginalSizeInBytes", "ChecksumType"),
    *("Pool", "Tapes", "Tape", "BarCode", "PhysicalPlacement", "PhysicalUsed", "BurstThreshold"),
)
_ATTRIBUTES = ("JobId", "Name", "Offset", "Length", "InCache", "ChunkNumber", "StartDate", "Status")
_texts = st.sampled_from(
    ["", "1", "-1", "9" * 30, "9223372036854775807", "true", "0001-01-01T00:00:00+14:00", "x", "é"]
)


def _element(name: str, attributes: dict[str, str], inner: list[str]) -> str:
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{given}>{''.join(inner)}</{name}>"


_trees = st.recursive(
    _texts,
    lambda inner: st.builds(
        _element,
        st.sampled_from(_WORDS),
        st.dictionaries(st.sampled_from(_ATTRIBUTES), _texts, max_size=4),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(_READERS)),
    st.dictionaries(st.sampled_from(_ATTRIBUTES), _texts, max_size=4),
    st.lists(_trees, max_size=6),
)
def test_an_answer_is_read_or_is_a_bad_reply(
    root: str, attributes: dict[str, str], inner: list[str]
) -> None:
    answer = _element(root, attributes, inner).encode()
    for read in _READERS[root]:
        with contextlib.suppress(BadReply):
            read(answer)


@pytest.mark.checklist(
    "K C-135: an error body of any kind is no error of the parser",
)
def test_an_error_body_of_any_kind_never_fails() -> None:
    told = wire_xml.read_error(b"<Error><Code>NotFound</Code><Message>m</Message></Error>")
    assert told == {"Code": "NotFound", "Message": "m"}
    for body in (b"", b"<html>", b"\xff\xfe", b"<Other/>"):
        assert wire_xml.read_error(body) == {}


@pytest.mark.checklist("K C-38: a job of 500,000 blobs is read in bounded memory")
def test_a_huge_job_is_read_in_bounded_memory() -> None:
    """Measured by the benchmark, in a process of its own. A tree of it takes 1.2 GiB."""
    root = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, "-m", "tests.benchmarks.reading", "job"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["blobs"] == 500_000
    assert figures["MiB over the base"] < 300
