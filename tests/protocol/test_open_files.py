"""A body and a sink over open files: the bytes that were asked for, and no others."""

from __future__ import annotations

import bz2
import contextlib
import gc
import gzip
import io
import lzma
import os
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO  # files of many kinds

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import ConnectionLost, NotFound
from ds3_browser.protocol.open_files import FilePart, FileSink
from ds3_browser.protocol.records import Endpoint
from tests.protocol.conftest import KEYS, ClientFor
from tests.protocol.recorder import Peer, Recorded, Recorder, reply

CONTENT = bytes(range(256)) * 10_000


def open_content(kind: str, folder: Path) -> BinaryIO:
    if kind == "memory":
        return io.BytesIO(CONTENT)
    (folder / "content").write_bytes(CONTENT)
    return open(folder / "content", "rb", buffering=0 if kind == "raw" else -1)


@pytest.mark.parametrize("kind", ["file", "raw", "memory"])
@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, None), (0, len(CONTENT)), (1, None), (700_001, 1_500_000), (5, 0), (len(CONTENT), None)],
)
def test_a_part_of_a_file_is_sent(
    recorded: Ds3Client,
    recorder: Recorder,
    folder: Path,
    kind: str,
    offset: int,
    length: int | None,
) -> None:
    end = len(CONTENT) if length is None else offset + length
    with open_content(kind, folder) as file:
        file.seek(17)  # where it was read to before does not matter
        recorded.put_object("films", "a", FilePart(file, offset, length))
        recorded.put_object("films", "a", FilePart(file, offset, length))
    for request in recorder.requests:
        assert request.header("Content-Length") == str(end - offset)
        assert request.body == CONTENT[offset:end]


class Unlike:
    """A file of somebody's own: no descriptor, and nothing but what is needed."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def seek(self, *where: int) -> None:
        self._file.seek(*where)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, n: int) -> bytes:
        return self._file.read(n)


@contextlib.contextmanager
def packed(kind: str, folder: Path) -> Iterator[Any]:
    """What reads as CONTENT, and is another thing on disk."""
    path = folder / kind
    match kind:
        case "gz" | "bz2" | "xz":
            opener = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}[kind]
            with opener(path, "wb") as file:
                file.write(CONTENT)
            with opener(path, "rb") as file:
                yield file
        case "tar":
            (folder / "content").write_bytes(CONTENT)
            with tarfile.open(path, "w") as archive:
                archive.add(folder / "content", "content")
            with tarfile.open(path) as archive:
                yield archive.extractfile("content")
        case _:
            yield Unlike(CONTENT)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "tar", "unlike"])
@pytest.mark.parametrize(("offset", "length"), [(0, None), (7, 100)])
def test_what_is_read_is_sent_and_not_what_is_on_disk(
    recorded: Ds3Client,
    recorder: Recorder,
    folder: Path,
    kind: str,
    offset: int,
    length: int | None,
) -> None:
    with packed(kind, folder) as file:
        recorded.put_object("films", "a", FilePart(file, offset, length))
    end = len(CONTENT) if length is None else offset + length
    assert recorder.requests[0].body == CONTENT[offset:end]


def test_what_was_just_written_to_a_file_is_sent(
    recorded: Ds3Client, recorder: Recorder, folder: Path
) -> None:
    with open(folder / "new", "w+b") as file:
        file.write(b"just written")
        recorded.put_object("films", "a", FilePart(file, 5, 7))
    assert recorder.requests[0].body == b"written"


def test_a_file_that_is_shorter_is_told_as_such(client: Ds3Client, bucket: str) -> None:
    with pytest.raises(OSError, match="not as long"):
        client.put_object(bucket, "a", FilePart(io.BytesIO(b"12345"), 0, 6))
    assert client.head_object(bucket, "a") is None


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (0, -5), (-1, None)])
def test_less_than_nothing_is_no_part_of_a_file(offset: int, length: int | None) -> None:
    with pytest.raises(ValueError, match="part of a file"):
        FilePart(io.BytesIO(b"12345"), offset, length)
    with pytest.raises(ValueError, match="offset"):
        FileSink(io.BytesIO(), -1)


def test_no_part_of_a_file_begins_behind_its_end() -> None:
    """It would be an empty object."""
    with pytest.raises(ValueError, match="5 bytes has no part from 6"):
        FilePart(io.BytesIO(b"12345"), 6)


@pytest.mark.parametrize("given", [("3",), (0, 4.0)])
def test_a_part_of_a_file_is_told_in_numbers(given: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="part of a file is an int"):
        FilePart(io.BytesIO(b"12345"), *given)


def test_a_pipe_has_no_places_for_bytes_and_says_so_at_once() -> None:
    out, into = os.pipe()
    with os.fdopen(out, "rb") as read, os.fdopen(into, "wb", buffering=0) as write:
        with pytest.raises(ValueError, match="a pipe"):
            FilePart(read)
        with pytest.raises(ValueError, match="a pipe"):
            FileSink(write)


@pytest.mark.parametrize("kind", ["file", "raw", "memory"])
def test_blobs_go_to_their_places_in_any_order(
    recorded: Ds3Client, recorder: Recorder, folder: Path, kind: str
) -> None:
    half = 1_300_000
    buffering = 0 if kind == "raw" else -1
    path = folder / "copy"
    with io.BytesIO() if kind == "memory" else open(path, "w+b", buffering) as file:
        for begin, end in ((half, len(CONTENT)), (0, half)):
            recorder.answer(reply(200, CONTENT[begin:end]))
            reply_ = recorded.get_object("films", "a", FileSink(file, begin), offset=begin)
            assert reply_.received == end - begin
        file.seek(0)
        assert file.read() == CONTENT


def test_a_call_that_is_refused_writes_nothing(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(reply(404, b"<Error><Code>NoSuchKey</Code></Error>"))
    file = io.BytesIO()
    with pytest.raises(NotFound):
        recorded.get_object("films", "a", FileSink(file))
    assert file.getvalue() == b""


# --- the end of a client -------------------------------------------------------------------------


def test_a_client_closes_with_its_block(recorder: Recorder, client_for: ClientFor) -> None:
    over = threading.Event()

    def notice(peer: Peer, request: Recorded) -> None:
        peer.send(reply(200, b"<ListAllMyBucketsResult/>"))
        if not peer.more():
            over.set()

    recorder.answer(notice)
    with client_for(recorder.url) as client:
        client.get_service()
        assert not over.is_set()
    assert over.wait(5)


def test_an_error_in_its_block_closes_a_client_and_goes_on(
    recorder: Recorder, client_for: ClientFor
) -> None:
    recorder.answer(lambda peer, _: peer.reset())
    with pytest.raises(ConnectionLost), client_for(recorder.url) as client:
        client.put_object("films", "a", b"1")


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_client_that_is_let_go_leaves_no_connection_open(recorder: Recorder, fast: bool) -> None:
    over = threading.Semaphore(0)

    def notice(peer: Peer, request: Recorded) -> None:
        peer.read_body(request)
        peer.send(reply(200, b"<ListAllMyBucketsResult/>"))
        if not peer.more():
            over.release()

    recorder.answer(notice, notice)
    client = Ds3Client(Endpoint.parse(recorder.url), KEYS, fast=fast)
    client.get_service()
    other = Ds3Client(Endpoint.parse(recorder.url), KEYS, fast=fast)
    other.put_object("films", "a", b"1")
    del client, other
    gc.collect()
    assert over.acquire(timeout=5)
    assert over.acquire(timeout=5)


@pytest.mark.parametrize("kind", [FilePart, FileSink])
def test_a_file_that_is_opened_as_text_is_refused(
    kind: type[FilePart] | type[FileSink], folder: Path
) -> None:
    (folder / "text").touch()
    with open(folder / "text", "r+") as file, pytest.raises(TypeError, match="text"):
        kind(file)  # type: ignore[arg-type]  # this is the mistake
    with tempfile.NamedTemporaryFile("w+") as file, pytest.raises(TypeError, match="text"):
        kind(file)  # type: ignore[arg-type]  # the same


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_file_that_would_put_all_bytes_at_its_end_is_no_sink(
    folder: Path, buffering: int
) -> None:
    for mode in ("ab", "a+b"):
        with (
            open(folder / "growing", mode, buffering=buffering) as file,
            pytest.raises(ValueError, match="append"),
        ):
            FileSink(file, 50)


@pytest.mark.parametrize("given", [None, "a.mov", Path("a.mov"), b"bytes"])
@pytest.mark.parametrize("kind", [FilePart, FileSink])
def test_what_is_no_open_file_is_told_by_its_kind(
    kind: type[FilePart] | type[FileSink], given: object
) -> None:
    with pytest.raises(TypeError, match=f"open.*not {type(given).__name__}"):
        kind(given)  # type: ignore[arg-type]  # this is the mistake


@pytest.mark.parametrize(("kind", "mode"), [(FilePart, "wb"), (FileSink, "rb")])
def test_a_file_that_was_opened_for_another_thing_is_refused(
    kind: type[FilePart] | type[FileSink], mode: str, folder: Path
) -> None:
    (folder / "a").touch()
    with open(folder / "a", mode) as file, pytest.raises(ValueError, match="mode"):
        kind(file)
    with pytest.raises(ValueError, match="closed"):
        kind(file)
