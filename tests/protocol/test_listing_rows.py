"""The quick way over the rows of a listing says what the XML reader says of the same bytes."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ds3_browser.protocol.errors import BadReply
from ds3_browser.protocol.listing_rows import Rows, take_rows
from ds3_browser.protocol.listing_xml import read_listing
from ds3_browser.protocol.records import Texts

ROW = (
    "<Contents><ETag>3d1bc5d8</ETag><IsLatest>true</IsLatest><Key>rushes/a.mov</Key>"
    "<LastModified>2026-03-02T10:16:10.000Z</LastModified><Owner><DisplayName>anna</DisplayName>"
    "<ID>5df00f88-d5b2-11e5-ab30-625662870761</ID></Owner><Size>10634</Size><StorageClass/>"
    "<VersionId>8e2c5f7a-0000-4000-8000-000000000001</VersionId></Contents>"
)
TAIL = "<IsTruncated>false</IsTruncated><Name>b</Name></ListBucketResult>"


def page(*rows: str, before: str = "") -> bytes:
    return f"<ListBucketResult>{before}{''.join(rows)}{TAIL}".encode("utf-8", "surrogatepass")


def told(answer: bytes) -> object:
    """All of a listing, its times so that unknown ones are equal; None for a bad reply."""
    try:
        listing = asdict(read_listing(answer, "b"))
    except BadReply:
        return None
    columns = {name: list(listing[name]) for name in ("etags", "version_ids")}
    return {**listing, **columns, "modified": listing["modified"].tobytes()}


@given(st.lists(st.none() | st.text(min_size=1, max_size=5), max_size=8))
def test_a_column_of_texts_is_like_a_list_of_them(texts: list[str | None]) -> None:
    column = Texts(texts)
    assert list(column) == texts == [column[n] for n in range(len(column))]
    assert [column[n] for n in range(-len(texts), 0)] == texts
    assert (column[1:3], column[::-1]) == (texts[1:3], texts[::-1])
    assert None in column or None not in texts
    for beyond in (len(texts), -len(texts) - 1):
        with pytest.raises(IndexError):
            column[beyond]


def told_slowly(answer: bytes) -> object:
    """The same by the XML reader alone, for the quick way takes no answer with a comment."""
    for root in (b"<ListBucketResult>", b"<ListBucketResult "):
        answer = answer.replace(root, b"<!-- -->" + root, 1)
    return told(answer)


def test_the_usual_rows_are_all_taken() -> None:
    version = ROW.replace("Contents>", "Version>")
    old = ROW.replace("<IsLatest>true</IsLatest>", "").split("<VersionId>")[0] + "</Contents>"
    nil = ROW.replace(">3d1bc5d8</ETag>", "/>").replace("<ETag//>", "<ETag/>")
    prefixes = "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>" * 2
    for answer, count in (
        (page(ROW, ROW), 2),
        (page(old, old), 2),
        (page(nil), 1),
        (page(ROW, version), 2),
        (page(version, version, before=prefixes), 2),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n' + page(ROW), 1),
    ):
        rows = Rows()
        rest = take_rows(answer, rows)
        assert len(rows.names) == count
        assert b"Key" not in rest
        assert told(answer) == told_slowly(answer) is not None


@pytest.mark.parametrize(
    "answer",
    [
        page(ROW.replace("a.mov", "a&amp;b"), ROW),
        page(ROW, ROW.replace("a.mov", "a&amp;b"), ROW),
        page(ROW.replace("a.mov", "a]]>b")),
        page(ROW.replace("a.mov", "a\x01b")),
        page(ROW.replace("a.mov", "a\ufffeb")),
        page(ROW.replace("a.mov", "a\ud800b")),
        page(ROW.replace("a.mov", "é" * 3000)),
        page(ROW.replace("rushes/a.mov", "")),
        page(ROW.replace("10634", "-1")),
        page(ROW.replace("10634", "9" * 30)),
        page(ROW.replace("10634", "")),
        page(ROW.replace("10634", "٣")),
        page(ROW.replace("-03-02T", "-02-30T")),
        page(ROW.replace("-03-02T", "-13-02T"), ROW),
        page(ROW.replace("2026", "0001")),
        page(ROW.replace("true", "TRUE")),
        page(ROW.replace("true", "false")),
        page(ROW.replace("3d1bc5d8", '"3d1bc5d8"')),
        page(ROW, before="<Junk>") + b"</Junk>",
        page(ROW, before="<![CDATA[<x>]]>"),
        page(ROW).replace(b"<ListBucketResult>", b"<ListBucketResult xmlns='x'>"),
        page(ROW).replace(b"<ListBucketResult>", b"<!DOCTYPE x><ListBucketResult>"),
        page(ROW).replace(b"</ListBucketResult>", b""),
        page(ROW).replace(b"<IsTruncated>false", b"<IsTruncated>true"),
        page(ROW[:-5]),
        page(ROW) + page(ROW),
        page(f"<CommonPrefixes>{ROW}</CommonPrefixes>"),
        b"\xff" + page(ROW),
    ],
)
def test_what_is_unusual_is_left_to_the_xml_reader(answer: bytes) -> None:
    assert told(answer) == told_slowly(answer)


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["&amp;", "]]>", "<b/>", "&#65;", "x" * 1001, "\u0085", "\u2028", '"q"', " ", ""]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(_texts, _texts, _texts, _texts), max_size=3))
@example([("a&amp;b", "", "", "")])
def test_any_texts_are_read_alike(rows: list[tuple[str, str, str, str]]) -> None:
    made = [
        ROW.replace("rushes/a.mov", name)
        .replace("3d1bc5d8", etag)
        .replace("anna", owner)
        .replace("10634", size)
        for name, etag, owner, size in rows
    ]
    answer = page(*made)
    assert told(answer) == told_slowly(answer)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 700), st.integers(0, 40), st.binary(max_size=6))
def test_an_answer_with_a_damaged_place_is_read_alike(at: int, cut: int, put: bytes) -> None:
    answer = page(ROW, ROW)
    answer = answer[:at] + put + answer[at + cut :]
    assert told(answer) == told_slowly(answer)
