"""Digests as the wire carries them, against the published vectors."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ds3_browser.protocol.records import ChecksumType
from ds3_browser.transfer import checksum
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
