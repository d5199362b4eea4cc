"""The other end of the benchmarks: a server that takes and gives bytes and does nothing else.

It answers what a bulk job asks for, keeps no object and checks no signature, so that what is
measured is the client. Run it as a process of its own: it prints `READY http://127.0.0.1:PORT`,
and ends with its standard input. Objects have the size that the last bulk PUT gave their name, and
all have the same bytes, by offset.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import socket
import ssl
import sys
import tempfile
import threading
import uuid
from functools import lru_cache
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

import crc32c

MIB = 1 << 20
CHUNK_BLOBS = 20_000
PATTERN = MIB
_OBJECT = re.compile(rb'<Object Name="([^"]*)"(?: Size="(\d+)")?')
_ENTITIES = {b"&amp;": b"&", b"&lt;": b"<", b"&gt;": b">", b"&quot;": b'"'}
_TRUNCATES = hasattr(socket, "MSG_TRUNC") and sys.platform == "linux"
WOKEN_AT = 512 << 10  # bytes that have come before a thread is woken for more of a big body


class Job:
    """One bulk job: its blobs in chunks, and how many of each chunk were moved."""

    def __init__(self, kind: str, objects: list[tuple[str, int]], start: str) -> None:
        self.id = str(uuid.uuid4())
        self.kind = kind
        self.size = sum(size for _, size in objects)
        self._start = start
        self._chunks = [
            objects[begin : begin + CHUNK_BLOBS] for begin in range(0, len(objects), CHUNK_BLOBS)
        ]
        self._chunk_of = {
            name: number for number, chunk in enumerate(self._chunks) for name, _ in chunk
        }
        self._left = [len(chunk) for chunk in self._chunks]

    def moved(self, name: str) -> None:
        self._left[self._chunk_of[name]] -= 1

    def all(self) -> bytes:
        return self._answer(range(len(self._chunks)))

    def ready(self, most: int) -> bytes:
        """The first chunks that are not through yet."""
        return self._answer([n for n, left in enumerate(self._left) if left][:most])

    def _answer(self, numbers: range | list[int]) -> bytes:
        chunks = "".join(self._chunk(number) for number in numbers)
        return (
            f'<MasterObjectList Aggregating="false" BucketName="bench" CachedSizeInBytes="0"'
            f' ChunkClientProcessingOrderGuarantee="NONE" CompletedSizeInBytes="0"'
            f' EntirelyInCache="false" JobId="{self.id}" Naked="false" Name="bench"'
            f' OriginalSizeInBytes="{self.size}" Priority="NORMAL" RequestType="{self.kind}"'
            f' StartDate="{self._start}" Status="IN_PROGRESS" UserId="{_id("user")}"'
            f' UserName="bench"><Nodes><Node EndPoint="127.0.0.1" HttpPort="80"'
            f' Id="{_id("node")}"/></Nodes>{chunks}</MasterObjectList>'
        ).encode()

    def _chunk(self, number: int) -> str:
        there = "true" if self.kind == "GET" else "false"
        objects = "".join(
            f'<Object Id="{_id("object")}" InCache="{there}" Latest="true" Length="{size}"'
            f' Name={quoteattr(name)} Offset="0"/>'
            for name, size in self._chunks[number]
        )
        chunk_id = _id(f"{self.id}/{number}")
        return f'<Objects ChunkId="{chunk_id}" ChunkNumber="{number}">{objects}</Objects>'


class Sink:
    """All connections share it. `checksum` is the type of the one data policy."""

    def __init__(self, checksum: str) -> None:
        self.checksum = checksum
        self._jobs: dict[str, Job] = {}
        self._sizes: dict[str, int] = {}
        self._lock = threading.Lock()
        shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.content = tempfile.TemporaryFile(dir=shared)  # noqa: SIM115  as long as the process
        self.content.write(os.urandom(PATTERN))
        self.content.flush()
        self._grown = PATTERN
        self._growing = threading.Lock()

    def call(self, method: str, path: str, query: dict[str, str], body: bytes) -> bytes:
        """The answer to a call that moves no object."""
        if path.startswith("/_rest_/bucket/"):
            match query.get("operation"):
                case "start_bulk_put":
                    return self._start("PUT", body).all()
                case "start_bulk_get":
                    return self._start("GET", body).all()
            return (
                f"<Data><CreationDate>2026-01-01T00:00:00.000Z</CreationDate>"
                f"<DataPolicyId>{_id('policy')}</DataPolicyId><Id>{_id('bucket')}</Id>"
                f"<Name>bench</Name></Data>"
            ).encode()
        if path.startswith("/_rest_/data_policy"):
            return (
                f"<Data><ChecksumType>{escape(self.checksum)}</ChecksumType>"
                f"<Id>{_id('policy')}</Id><Name>bench</Name><Versioning>NONE</Versioning></Data>"
            ).encode()
        if path.startswith("/_rest_/grow"):  # before a download is measured
            for size in set(self._sizes.values()):
                self._have_ready(size)
        if path.startswith("/_rest_/job_chunk"):
            job = self._jobs[query["job"]]
            return job.ready(int(query.get("preferred_number_of_chunks", "10")))
        return b""

    def _start(self, kind: str, body: bytes) -> Job:
        found = [(_plain(name), size) for name, size in _OBJECT.findall(body)]
        if kind == "PUT":
            objects = [(name, int(size)) for name, size in found]
            self._sizes = dict(objects)
        else:
            objects = [(name, self._sizes[name]) for name, _ in found]
        job = Job(kind, objects, "2026-01-01T00:00:00.000Z")
        self._jobs[job.id] = job
        return job

    def moved(self, query: dict[str, str], name: str) -> None:
        job = self._jobs.get(query.get("job", ""))
        if job is not None:
            with self._lock:
                job.moved(name)

    def size_of(self, name: str) -> int:
        return self._sizes.get(name, PATTERN)

    def grow(self, size: int) -> None:
        """Have at least `size` bytes to give."""
        with self._growing:
            block = os.pread(self.content.fileno(), PATTERN, 0)
            while self._grown < size:
                self._grown += os.pwrite(self.content.fileno(), block, self._grown)

    def _have_ready(self, size: int) -> None:
        self.grow(size)
        if self.checksum == "CRC_32C":
            self.crc32c(size)  # an appliance keeps them

    @lru_cache(maxsize=64)  # noqa: B019  one sink a process
    def crc32c(self, size: int) -> str:
        value = 0
        for begin in range(0, size, PATTERN):
            piece = os.pread(self.content.fileno(), min(PATTERN, size - begin), begin)
            value = crc32c.crc32c(piece, value)
        return base64.b64encode(value.to_bytes(4, "big")).decode()


class Connection:
    """One client's connection: a request after the other until it ends."""

    def __init__(self, sock: socket.socket, sink: Sink) -> None:
        self._sock = sock
        self._sink = sink
        self._plain = type(sock) is socket.socket
        self._view = memoryview(bytearray(MIB))
        self._held = b""

    def serve(self) -> None:
        with self._sock:
            while (head := self._head()) is not None:
                self._answer(head)

    def _head(self) -> str | None:
        while (end := self._held.find(b"\r\n\r\n")) < 0:
            n = self._sock.recv_into(self._view[: 64 << 10])
            if n == 0:
                return None
            self._held += self._view[:n]
        head, self._held = self._held[:end].decode("latin-1"), self._held[end + 4 :]
        return head

    def _answer(self, head: str) -> None:
        method, target, _ = head.split(" ", 2)
        path, _, words = target.partition("?")
        pairs = (word.partition("=") for word in words.split("&"))
        query = {name: unquote(value) for name, _, value in pairs}
        length = _header(head, "content-length")
        if _header_text(head, "expect"):
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if path.startswith("/_rest_/"):
            body = self._sink.call(method, path, query, self._read(length))
            self._send(200, body)
            return
        name = unquote(path).partition("/bench/")[2]
        if method == "PUT":
            self._drop(length)
            self._sink.moved(query, name)
            self._send(200, b"")
        elif method == "GET":
            self._give(name)
            self._sink.moved(query, name)
        else:
            self._read(length)
            self._send(204, b"")

    def _read(self, length: int) -> bytes:
        body = bytearray(self._held[:length])
        self._held = self._held[length:]
        while len(body) < length:
            n = self._sock.recv_into(self._view[: min(MIB, length - len(body))])
            if n == 0:
                raise ConnectionResetError
            body += self._view[:n]
        return bytes(body)

    def _drop(self, length: int) -> None:
        left = length - len(self._held[:length])
        self._held = self._held[length:]
        # The kernel drops what nobody looks at, so that the sink takes little of the processors.
        flags = socket.MSG_TRUNC if _TRUNCATES and self._plain else 0
        # Else it may sleep and be woken for each 64 KiB, which takes the sender 30 us between two
        # cores of a virtual machine, and five times as long a GiB: at random, on either side.
        waits_for_more = bool(flags) and left >= 4 * MIB
        if waits_for_more:
            self._woken_at(WOKEN_AT)
        while left:
            if waits_for_more and left < 2 * MIB:
                waits_for_more = False
                self._woken_at(1)
            n = self._sock.recv_into(self._view, min(MIB, left), flags)
            if n == 0:
                raise ConnectionResetError
            left -= n

    def _woken_at(self, number: int) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, number)

    def _give(self, name: str) -> None:
        size = self._sink.size_of(name)
        self._sink.grow(size)
        checksum = ""
        if self._sink.checksum == "CRC_32C":
            checksum = f"Content-CRC32C: {self._sink.crc32c(size)}\r\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n{checksum}\r\n".encode()
        descriptor = self._sink.content.fileno()
        if size <= 64 << 10:
            self._sock.sendall(head + os.pread(descriptor, size, 0))
            return
        self._sock.sendall(head)
        sent = 0
        while sent < size:
            if self._plain:
                sent += os.sendfile(self._sock.fileno(), descriptor, sent, size - sent)
            else:
                n = os.preadv(descriptor, [self._view[: min(MIB, size - sent)]], sent)
                self._sock.sendall(self._view[:n])
                sent += n

    def _send(self, status: int, body: bytes) -> None:
        head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\nRetry-After: 1\r\n\r\n"
        self._sock.sendall(head.encode() + body)


def _header_text(head: str, name: str) -> str:
    found = re.search(rf"\r\n{name}: *([^\r]*)", head, re.I)
    return found[1] if found else ""


def _header(head: str, name: str) -> int:
    return int(_header_text(head, name) or 0)


def _plain(name: bytes) -> str:
    for entity, character in _ENTITIES.items():
        name = name.replace(entity, character)
    return name.decode()


@lru_cache(maxsize=1024)
def _id(what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, what))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checksum", default="NONE", choices=("NONE", "CRC_32C"))
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
    options = parser.parse_args()
    sink = Sink(options.checksum)
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    scheme = "https" if context else "http"
    print(f"READY {scheme}://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    threading.Thread(target=_accept, args=(listening, sink, context), daemon=True).start()
    sys.stdin.read()


def _accept(listening: socket.socket, sink: Sink, context: ssl.SSLContext | None) -> None:
    while True:
        sock, _ = listening.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(sock, sink, context), daemon=True).start()


def _serve(sock: socket.socket, sink: Sink, context: ssl.SSLContext | None) -> None:
    try:
        if context is not None:
            sock = context.wrap_socket(sock, server_side=True)
        Connection(sock, sink).serve()
    except OSError:
        pass  # a client that goes away is no event


if __name__ == "__main__":
    main()
