"""What headers say, in all the forms they come in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds3_browser.protocol.errors import BadReply
from ds3_browser.protocol.headers import (
    clock_difference,
    metadata_headers,
    read_checksum,
    read_count,
    read_etag,
    read_metadata,
    read_object_head,
    read_retry_after,
)
from ds3_browser.protocol.records import Checksum, ChecksumType

NOW = datetime(2026, 7, 14, 9, 8, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10", 10),
        (" 300 ", 300),
        ("0", 1),
        ("86400", 600),
        ("9" * 400, 600),
        ("Tue, 14 Jul 2026 09:08:37 GMT", 30),
        ("Tue, 14 Jul 2026 09:08:37 -0000", 30),
        ("Tue, 14 Jul 2026 10:00:00 GMT", 600),
        ("Tue, 14 Jul 2020 10:00:00 GMT", 1),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Tue, 99 Jul 2026 09:08:37 GMT", None),
    ],
)
@pytest.mark.checklist(
    "K C-122: Retry-After may be a number, a date or garbage",
)
def test_a_time_to_wait_is_read_from_a_number_or_a_date(
    text: str | None, seconds: float | None
) -> None:
    assert read_retry_after(text, NOW) == seconds


@given(st.text(max_size=40))
@pytest.mark.checklist(
    "K C-122: no text of Retry-After breaks anything",
)
def test_no_text_at_all_breaks_the_reading_of_a_header(text: str) -> None:
    seconds = read_retry_after(text, NOW)
    assert seconds is None or 1 <= seconds <= 600
    clock_difference(text, NOW)
    count = read_count(text)
    assert count is None or count >= 0


def test_the_clock_difference_is_ours_minus_theirs() -> None:
    assert clock_difference("Tue, 14 Jul 2026 09:00:07 +0000", NOW) == 480
    assert clock_difference("Tue, 14 Jul 2026 11:38:07 +0200", NOW) == -1800
    assert clock_difference(None, NOW) is None
    assert clock_difference("yesterday", NOW) is None


def test_metadata_is_encoded_so_that_every_reader_gets_it_back() -> None:
    assert metadata_headers(
        {"Colour": "red one+50%", "list": ["a,b", "c"], "名": "é", "none": "", "empty": []}
    ) == {
        "x-amz-meta-colour": "red%20one%2B50%25",
        "x-amz-meta-list": "a%2Cb,c",
        "x-amz-meta-%E5%90%8D": "%C3%A9",
    }


def test_metadata_keeps_what_need_not_be_encoded() -> None:
    value = "(A;0x10;0x1f01ff;;;S-1-5-18) <x@y>/\\[]?={}\"!#$&'*-.^_`|~"
    assert metadata_headers({"ds3-dacl": value}) == {
        "x-amz-meta-ds3-dacl": value.replace(" ", "%20")
    }


@pytest.mark.checklist("K C-82: metadata beyond 8 KB is reduced, access lists first")
def test_too_much_metadata_is_reduced_in_order() -> None:
    kept = {"ds3-os": "Linux", "colour": "red"}
    long, longer = {"note": "n" * 3000}, {"story": "s" * 5070}
    access = {"ds3-dacl": "(A;0x10;0x1f01ff;;;S-1-5-18)"}
    assert len(metadata_headers({**kept, **access, **long})) == 4
    assert len(metadata_headers({**kept, **access, **long, "rest": "r" * 5100})) == 4
    assert "x-amz-meta-ds3-dacl" not in metadata_headers({**kept, **access, **long, **longer})
    reduced = metadata_headers({**kept, **access, **long, **longer, "big": "é" * 9000})
    assert {*reduced} >= {"x-amz-meta-ds3-os", "x-amz-meta-colour"}
    assert sum(len(name) + len(value) + 4 for name, value in reduced.items()) <= 8192


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("red%20one", "red one"),
        ("a+b", "a+b"),
        ("100%", "100%"),
        ("%zz", "%zz"),
        ("50%%20off", "50%%20off"),
        ("%ff", "%ff"),
        ("caf\u00c3\u00a9", "café"),
        ("caf\u00e9", "café"),
    ],
)
@pytest.mark.checklist(
    "K C-80: metadata that is not encoded, or badly, is shown as it came",
)
def test_metadata_of_tools_that_do_not_encode_is_read_as_well_as_can_be(
    raw: str, value: str
) -> None:
    assert read_metadata({"X-Amz-Meta-Note": raw, "Other": "x"}) == {"note": (value,)}


_values = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)
_keys = st.text(st.characters(categories=("Ll", "Nd", "Lo")), min_size=1, max_size=20)


@given(st.dictionaries(_keys.map(str.lower), st.lists(_values, min_size=1, max_size=3), max_size=3))
def test_metadata_written_is_metadata_read(metadata: dict[str, list[str]]) -> None:
    headers = metadata_headers(metadata)
    text = "".join(name + value for name, value in headers.items())
    assert text.isascii()
    assert text.isprintable()
    assert read_metadata(headers) == {key: tuple(values) for key, values in metadata.items()}


def test_a_name_that_is_not_utf8_is_carried_as_its_bytes() -> None:
    owner = b"J\xfcrgen".decode("utf-8", "surrogateescape")
    assert metadata_headers({"ds3-ownername": owner}) == {"x-amz-meta-ds3-ownername": "J%FCrgen"}


def test_the_head_of_an_object_is_read() -> None:
    head = read_object_head(
        {
            "Content-Length": "31457280",
            "x-amz-meta-ds3-os": "Linux",
            "ds3-blob-checksum-type": "MD5",
            "ds3-blob-checksum-offset-0": "4nQGNX4nyz0pi8Hvap79PQ==",
            "ds3-blob-checksum-offset-10485760": "965Aa0/n8DlO1IwXYFh4bg==",
            "ds3-blob-checksum-offset-x": "?",
            "creation-date": "2026-03-02T10:16:10.000Z",
            "version-id": "8e2c5f7a-0000-4000-8000-000000000001",
            "ETag": '"3d1bc5d88e795c5b23da7f812c073870"',
        }
    )
    assert head.size == 31457280
    assert head.checksum_type is ChecksumType.MD5
    assert head.checksums == {
        0: "4nQGNX4nyz0pi8Hvap79PQ==",
        10485760: "965Aa0/n8DlO1IwXYFh4bg==",
    }
    assert head.created == datetime(2026, 3, 2, 10, 16, 10, tzinfo=UTC)
    assert head.version_id == "8e2c5f7a-0000-4000-8000-000000000001"
    assert head.etag == "3d1bc5d88e795c5b23da7f812c073870"
    assert head.metadata == {"ds3-os": ("Linux",)}


def test_what_an_old_appliance_does_not_tell_is_unknown() -> None:
    head = read_object_head({"Content-Length": "0", "ds3-blob-checksum-type": "BLAKE"})
    assert (head.checksum_type, head.checksums, head.created, head.version_id, head.etag) == (
        None,
        {},
        None,
        None,
        None,
    )


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "-1"}, {"Content-Length": "9" * 5000}])
def test_an_object_without_a_size_is_a_bad_reply(headers: dict[str, str]) -> None:
    with pytest.raises(BadReply):
        read_object_head(headers)


def test_the_checksum_of_a_blob_may_be_of_any_type() -> None:
    assert read_checksum({"Content-CRC32C": "mnG7TA=="}) == Checksum(
        ChecksumType.CRC_32C, "mnG7TA=="
    )
    assert read_checksum({"Content-SHA512": "x"}) == Checksum(ChecksumType.SHA_512, "x")
    assert read_checksum({"Content-Length": "5"}) is None


@pytest.mark.checklist(
    "K C-56: an ETag of several blobs is kept, and taken for no MD5",
)
def test_an_etag_of_many_blobs_is_kept_as_it_is() -> None:
    assert read_etag({"ETag": '"7f7d-6"'}) == "7f7d-6"
    assert read_etag({"ETag": ""}) is None
