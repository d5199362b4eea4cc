"""Digests as the wire carries them, against the published vectors."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds3_browser.protocol.records import ChecksumType, ObjectHead
from ds3_browser.transfer import checksum, crc
from ds3_browser.transfer.errors import JobCancelled

EMPTY, HELLO, DIGITS = b"", b"hello", b"123456789"
VECTORS = {
    ChecksumType.MD5: (
        "1B2M2Y8AsgTpgAmY7PhCfg==",
        "XUFAKrxLKna5cZ2REBfFkg==",
        "JfnnlDI7RTiF9RgfG2JNCw==",
    ),
    ChecksumType.CRC_32: ("AAAAAA==", "NhCmhg==", "y/Q5Jg=="),
    ChecksumType.CRC_32C: ("AAAAAA==", "mnG7TA==", "4waSgw=="),
    ChecksumType.SHA_256: (
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    ),
    ChecksumType.SHA_512: (
        "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        "m3HSJL1i83hdltRq0+o9czGb+8KJDKra4t/3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw==",
        "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ==",
    ),
}


@pytest.mark.parametrize("kind", VECTORS)
@pytest.mark.checklist(
    "K C-72: digests are base64 of their bytes, CRCs big-endian; all vectors come out",
)
def test_vectors_come_out_whole_and_in_pieces(kind: ChecksumType) -> None:
    for data, expected in zip((EMPTY, HELLO, DIGITS), VECTORS[kind], strict=True):
        assert checksum.of_bytes(kind, data).value == expected
        digest = checksum.new(kind)
        for n in range(len(data)):
            digest.update(memoryview(data)[n : n + 1])
        assert checksum.finish(kind, digest).value == expected


@pytest.mark.parametrize("kind", VECTORS)
def test_a_part_of_a_file_has_the_digest_of_its_bytes(kind: ChecksumType, folder: Path) -> None:
    data = bytes(range(256)) * 10_000
    (folder / "x").write_bytes(data)
    with io.FileIO(folder / "x") as file:
        found = checksum.of_file(kind, file, 1000, 2_000_000, lambda: None)
    assert found == checksum.of_bytes(kind, data[1000:2_001_000])


def test_hashing_stops_when_it_is_told_to(folder: Path) -> None:
    (folder / "x").write_bytes(bytes(5 << 20))
    looked = []

    def check() -> None:
        looked.append(1)
        if len(looked) == 3:
            raise JobCancelled

    with io.FileIO(folder / "x") as file, pytest.raises(JobCancelled):
        checksum.of_file(ChecksumType.MD5, file, 0, 5 << 20, check)
    assert len(looked) == 3


@given(st.binary(max_size=3000), st.binary(max_size=3000))
def test_crcs_of_two_parts_make_that_of_both(first: bytes, second: bytes) -> None:
    for polynomial, count in ((crc.CRC_32, zlib.crc32), (crc.CRC_32C, crc32c.crc32c)):
        joined = crc.joined(polynomial, count(first), count(second), len(second))
        assert joined == count(first + second)


def _at_once(works: Sequence[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(len(works)) as threads:
        list(threads.map(lambda work: work(), works))


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Already small parts are shared among readers, whatever this computer has."""
    monkeypatch.setattr(checksum, "SHARED_FROM", 1)
    monkeypatch.setattr(checksum, "SHARED_PIECE", 70_001)
    monkeypatch.setattr(checksum, "PIECE", 30_000)
    monkeypatch.setattr(checksum, "READERS", 3)


@pytest.mark.parametrize("kind", VECTORS)
def test_several_readers_find_the_same_digest(
    kind: ChecksumType, folder: Path, shared: None
) -> None:
    data = bytes(range(251)) * 8_000
    (folder / "x").write_bytes(data)
    with io.FileIO(folder / "x") as file:
        for begin, length in ((1000, 1_900_000), (0, 70_001), (0, 1), (5, len(data))):
            found = checksum.of_file(kind, file, begin, length, lambda: None, _at_once)
            assert found == checksum.of_bytes(kind, data[begin : begin + length])


def test_the_first_reader_that_is_told_to_stop_stops_all(folder: Path, shared: None) -> None:
    (folder / "x").write_bytes(bytes(5 << 20))
    looked = []

    def check() -> None:
        looked.append(1)
        if len(looked) >= 10:
            raise JobCancelled

    with io.FileIO(folder / "x") as file, pytest.raises(JobCancelled):
        checksum.of_file(ChecksumType.CRC_32C, file, 0, 5 << 20, check, _at_once)
    assert len(looked) < 30


def test_a_file_is_not_proved_by_the_checksums_of_its_last_blobs(folder: Path) -> None:
    (folder / "x").write_bytes(b"what nobody knows, and the end")
    last = checksum.of_bytes(ChecksumType.MD5, b"the end")
    head = ObjectHead(30, "e", None, None, ChecksumType.MD5, {23: last.value}, {})
    with io.FileIO(folder / "x") as file:
        assert checksum.has_bytes_of(head, file, lambda: None) is None
