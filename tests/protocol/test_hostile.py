"""Answers made to do harm: each ends in a typed error, soon, and nothing goes anywhere else."""

from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import chain, count, islice, repeat

import pytest

from ds3_browser.protocol import calling, job_calls
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    BadReply,
    Busy,
    ConnectionLost,
    Ds3Error,
    ManagementPort,
    RequestRefused,
)
from ds3_browser.protocol.transport import Timeouts
from tests.protocol.bytes_moved import Collected
from tests.protocol.conftest import KEYS, ClientFor
from tests.protocol.recorder import Act, Peer, Recorded, Recorder, reply

#: Every way an answer is read, with the element it has to begin with.
READS: dict[str, tuple[str, Callable[[Ds3Client], object]]] = {
    "service": ("ListAllMyBucketsResult", lambda client: client.get_service()),
    "listing": ("ListBucketResult", lambda client: client.list_objects("b")),
    "all pages": ("ListBucketResult", lambda client: list(client.list_pages("b"))),
    "deletion": ("DeleteResult", lambda client: list(client.delete_objects("b", ["a"]))),
    "job": ("MasterObjectList", lambda client: client.get_job("j")),
    "chunks": ("MasterObjectList", lambda client: client.chunks_ready("j")),
    "chunk": ("Objects", lambda client: client.chunk("c")),
    "jobs": ("Jobs", lambda client: client.list_jobs()),
    "active jobs": ("Data", lambda client: list(client.active_jobs())),
    "search": ("Data", lambda client: list(client.find_objects())),
    "placement": ("Data", lambda client: client.placements("b", ["a"])),
    "policy": ("Data", lambda client: client.data_policy("p")),
    "users": ("Data", lambda client: list(client.users())),
    "system": ("Data", lambda client: client.system_information()),
    "cache": ("Data", lambda client: client.cache_state()),
}
SOON_S = 30.0  # all reads in turn, on a busy computer; without an end it would be for ever


@pytest.fixture(params=READS)
def reading(request: pytest.FixtureRequest) -> tuple[str, Callable[[Ds3Client], object]]:
    return READS[request.param]


@pytest.fixture
def soon() -> Iterator[None]:
    """Whatever it is, it ends soon."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SOON_S


@pytest.fixture
def elsewhere() -> Iterator[Recorder]:
    """Another host, where nothing has any business."""
    with Recorder() as other:
        yield other
        assert other.requests == []
        assert other.connections == 0


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> int:
    """Limits that are reached sooner than the real ones."""
    monkeypatch.setattr(calling, "MAX_REPLY", 2 << 20)
    monkeypatch.setattr(job_calls, "MAX_JOB_REPLY", 2 << 20)
    return 2 << 20


# --- bodies that are no answer -------------------------------------------------------------------

ENTITIES = "".join(
    f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "bomb bomb bomb"}">' for n in range(12)
)


def bodies(root: str, away: str) -> dict[str, bytes]:
    """What may come in place of an answer that begins with `root`."""
    begin = f'<{root} JobId="j">' if root == "MasterObjectList" else f"<{root}>"
    end, empty = f"</{root}>", f"{begin[:-1]}/>"
    return {
        "a document type": f"<!DOCTYPE {root}>{empty}".encode(),
        "an entity": f'<!DOCTYPE x [<!ENTITY a "b">]>{begin}<Name>&a;</Name>{end}'.encode(),
        "nothing": b"",
        "blanks": b" \r\n" * 1000,
        "text": b"Service temporarily unavailable",
        "a proxy's page": b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
        "a proxy's page as XML": b"<html><body><h1>Welcome</h1></body></html>",
        "an error with success": b"<Error><Code>InternalError</Code></Error>",
        "another answer": b"<SomethingElse/>",
        "the beginning": f"{begin}<A>".encode(),
        "the beginning of a tag": begin[:-1].encode(),
        "two answers": f"{empty}{empty}".encode(),
        "binary": bytes(range(256)) * 10,
        "NUL within": f"{begin}\0{end}".encode(),
        "UTF-16": empty.encode("utf-16"),
        "Latin-1": begin.encode() + b"\xe9" + end.encode(),
        "an entity bomb": f"<!DOCTYPE x [{ENTITIES}]>{begin}<Name>&e11;</Name>{end}".encode(),
        "an undefined entity": f"{begin}<Name>&nothing;</Name>{end}".encode(),
        "a file": f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>{begin}&f;{end}'.encode(),
        "a file elsewhere": f'<!DOCTYPE x SYSTEM "{away}/x.dtd">{empty}'.encode(),
        "a parameter of a file": (
            f'<!DOCTYPE x [<!ENTITY % f SYSTEM "{away}/x.dtd"> %f;]>{empty}'
        ).encode(),
        "depth": f"{begin}{'<a>' * 40}{'</a>' * 40}{end}".encode(),
        "great depth": f"{begin}{'<a>' * 100_000}".encode(),
    }


@pytest.mark.parametrize("kind", bodies("x", "y"))
@pytest.mark.checklist(
    "K C-37: no document type is accepted, no entity expanded, nothing fetched",
    "K C-135: HTML and broken XML are told as an answer that makes no sense",
)
def test_a_body_that_is_no_answer_is_a_bad_reply(
    recorded: Ds3Client, recorder: Recorder, elsewhere: Recorder, soon: None, kind: str
) -> None:
    for root, read in READS.values():
        recorder.answer(reply(200, bodies(root, elsewhere.url)[kind]))
        with pytest.raises(BadReply):
            read(recorded)
    assert len(recorder.requests) == len(READS)
    recorded.probe()  # and the client is as good as before


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.put_object("b", "n", b"bytes"),
        lambda c: c.delete_object("b", "n"),
        lambda c: c.cancel_job("j"),
        lambda c: c.create_default_bucket("b"),
    ],
)
def test_a_page_of_a_portal_is_no_success(
    recorded: Ds3Client, recorder: Recorder, call: Callable[[Ds3Client], object]
) -> None:
    """It answers anything with 200, and no bytes were kept, nor deleted."""
    page = b"<!DOCTYPE html><title>Log in</title>"
    recorder.answer(reply(200, page, content_type="text/html; charset=utf-8"))
    with pytest.raises(BadReply, match="web page"):
        call(recorded)
    recorder.answer(reply(200, content_type="text/html"))
    call(recorded)


def test_an_object_may_be_a_web_page(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(reply(200, b"<html>", content_type="text/html"))
    sink = Collected()
    recorded.get_object("b", "index.html", sink)
    assert bytes(sink.data) == b"<html>"


def test_a_byte_order_mark_does_no_harm(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(reply(200, b"\xef\xbb\xbf<ListAllMyBucketsResult/>"))
    assert recorded.get_service().buckets == ()


# --- without an end ------------------------------------------------------------------------------

UNIT = {
    "ListAllMyBucketsResult": "<Buckets><Bucket><Name>b</Name></Bucket></Buckets>",
    "ListBucketResult": "<Contents><Key>k</Key><Size>1</Size></Contents>",
    "DeleteResult": "<Error><Key>k</Key></Error>",
    "MasterObjectList": '<Objects ChunkId="c"><Object Name="n" Length="1" Offset="0"/></Objects>',
    "Objects": '<Object Name="n" Length="1" Offset="0"/>',
    "Jobs": '<Job JobId="j"/>',
    "Data": "<X><Id>1</Id><Name>n</Name></X>",
}


def endless(root: str, unit: str, framing: str) -> Act:
    """An answer that goes on for as long as anybody reads."""
    begin = f'<{root} JobId="j">' if root == "MasterObjectList" else f"<{root}>"
    piece = (unit * (65536 // len(unit))).encode()

    def act(peer: Peer, request: Recorded) -> None:
        peer.read_body(request)
        peer.send(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode())
        chunked = "chunked" in framing
        for data in chain([begin.encode()], repeat(piece)):
            peer.send(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)

    return act


FRAMINGS = {
    "to the end of the connection": "Connection: close",
    "in chunks": "Transfer-Encoding: chunked",
    "of an absurd length": "Content-Length: 999999999999999999",
}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_an_answer_without_an_end_is_a_bad_reply_at_its_limit(
    recorded: Ds3Client, recorder: Recorder, small_limits: int, soon: None, framing: str
) -> None:
    for root, read in READS.values():
        recorder.answer(endless(root, UNIT[root], FRAMINGS[framing]))
        with pytest.raises(BadReply, match="longer"):
            read(recorded)


def test_a_text_without_an_end_is_a_bad_reply_at_its_limit(
    recorded: Ds3Client, recorder: Recorder, small_limits: int, soon: None
) -> None:
    for root, read in READS.values():
        recorder.answer(endless(root, "x", "Connection: close"))
        with pytest.raises(BadReply):
            read(recorded)


def test_the_real_limit_of_a_listing_is_kept_in_bounded_memory(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(endless("ListBucketResult", UNIT["ListBucketResult"], "Connection: close"))
    tracemalloc.start()
    with pytest.raises(BadReply, match=str(64 << 20)):
        recorded.list_objects("b")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * (64 << 20)


def test_an_endless_refusal_is_told_by_its_status(
    recorded: Ds3Client, recorder: Recorder, soon: None
) -> None:
    def act(peer: Peer, request: Recorded) -> None:
        peer.send(b"HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n<Error>")
        while True:
            peer.send(b"<Code>x</Code>" * 1000)

    recorder.answer(act)
    with pytest.raises(RequestRefused) as caught:
        recorded.get_service()
    assert caught.value.status == 409
    assert len(caught.value.refusal.body) <= 2048


def _interim_for_ever(peer: Peer, request: Recorded) -> None:
    while True:
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def _announced_for_ever(peer: Peer, request: Recorded) -> None:
    while True:
        peer.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)


def _headers_for_ever(peer: Peer, request: Recorded) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\n")
    for n in count():
        peer.send(f"X-{n}: y\r\n".encode() * 50)


def _one_header_for_ever(peer: Peer, request: Recorded) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        peer.send(b"y" * 65536)


@pytest.mark.parametrize(
    "act", [_interim_for_ever, _announced_for_ever, _headers_for_ever, _one_header_for_ever]
)
@pytest.mark.parametrize("what", ["call", "blob", "upload", "head"])
def test_a_head_without_an_end_is_a_bad_reply(
    recorded: Ds3Client, recorder: Recorder, soon: None, act: Act, what: str
) -> None:
    sink = Collected()
    moves: dict[str, Callable[[], object]] = {
        "call": recorded.get_service,
        "blob": lambda: recorded.get_object("b", "x", sink),
        "upload": lambda: recorded.put_object("b", "x", b"1"),
        "head": lambda: recorded.head_object("b", "x"),
    }
    recorder.answer(act)
    with pytest.raises(BadReply):
        moves[what]()
    assert bytes(sink.data) == b""


def test_pages_without_an_end_are_read_one_at_a_time(
    recorded: Ds3Client, recorder: Recorder, soon: None
) -> None:
    """Nobody can tell a very large bucket from an endless one: the reader decides when to stop."""
    for n in range(10):
        page = f"<Contents><Key>k{n}</Key></Contents><IsTruncated>true</IsTruncated>"
        following = f"<NextMarker>k{n}</NextMarker>"
        recorder.answer(
            reply(200, f"<ListBucketResult>{page}{following}</ListBucketResult>".encode())
        )
    assert [list(page.names) for page in islice(recorded.list_pages("b"), 3)] == [
        ["k0"],
        ["k1"],
        ["k2"],
    ]
    assert len(recorder.requests) == 3


# --- lengths that lie ----------------------------------------------------------------------------


@pytest.mark.parametrize("length", [7, 1000, 10**15])
def test_a_body_shorter_than_announced_is_a_lost_connection(
    recorded: Ds3Client, recorder: Recorder, soon: None, length: int
) -> None:
    def act(peer: Peer, request: Recorded) -> None:
        peer.send(reply(200, b"<Data/>"[:6], length=length))
        peer.sock.close()

    recorder.answer(*[act] * 4)
    with pytest.raises(ConnectionLost):
        recorded.data_policy("p")  # asked three times, for it may be repeated
    sink = Collected()
    with pytest.raises(ConnectionLost) as caught:
        recorded.get_object("b", "x", sink)
    assert caught.value.received == len(sink.data) == 6
    assert len(recorder.requests) == 4


@pytest.mark.parametrize(
    "told", ["-1", "1e3", "0x10", "٧", "9" * 30, "7, 8", "7;", "", "  ", "seven"]
)
def test_a_length_that_is_none_moves_nothing_wrong(
    recorded: Ds3Client, recorder: Recorder, client_for: ClientFor, soon: None, told: str
) -> None:
    def act(peer: Peer, request: Recorded) -> None:
        length = told.encode()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n0123456789")
        peer.sock.close()

    recorder.answer(act)
    sink = Collected()
    try:
        recorded.get_object("b", "x", sink)
    except Ds3Error:
        assert b"0123456789".startswith(bytes(sink.data))
    else:
        assert bytes(sink.data) == b"0123456789"


def test_two_lengths_that_differ_are_no_answer(
    recorded: Ds3Client, recorder: Recorder, soon: None
) -> None:
    """Two readers would take two different answers from it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 10\r\n\r\n"
    recorder.answer(head + b"0123456789")
    sink = Collected()
    with pytest.raises(Ds3Error):
        recorded.get_object("b", "x", sink)
    assert bytes(sink.data) == b""


def test_bytes_that_somebody_packed_on_the_way_are_no_object(
    recorded: Ds3Client, recorder: Recorder, soon: None
) -> None:
    """Nobody asked for it, and what would be written is not what was stored."""
    packed = gzip.compress(bytes(1 << 20))
    recorder.answer(*[reply(200, packed, Content_Encoding="gzip")] * 2)
    sink = Collected()
    with pytest.raises(BadReply, match="gzip"):
        recorded.get_object("b", "x", sink)
    assert bytes(sink.data) == b""
    with pytest.raises(BadReply):
        recorded.get_service()


# --- numbers and words ---------------------------------------------------------------------------

NUMBERS = ["9" * 30, "9" * 5000, "-9223372036854775809", "1e308", "NaN", "Infinity", "0x10", "1.5"]


@pytest.mark.parametrize("number", [*NUMBERS, "-1"])
def test_an_absurd_size_is_a_bad_reply(
    recorded: Ds3Client, recorder: Recorder, number: str
) -> None:
    listing = f"<Contents><Key>k</Key><Size>{number}</Size></Contents>"
    blob = f'<Objects><Object Name="n" Length="{number}" Offset="0"/></Objects>'
    recorder.answer(
        reply(200, f"<ListBucketResult>{listing}</ListBucketResult>".encode()),
        reply(200, f'<MasterObjectList JobId="j">{blob}</MasterObjectList>'.encode()),
        reply(200, f"<Objects>{blob[9:-10]}</Objects>".encode()),
    )
    for read in (
        lambda: recorded.list_objects("b"),
        lambda: recorded.get_job("j"),
        lambda: recorded.chunk("c"),
    ):
        with pytest.raises(BadReply):
            read()


@pytest.mark.parametrize("number", NUMBERS)
def test_an_absurd_number_of_the_set_up_is_a_bad_reply_or_unknown(
    recorded: Ds3Client, recorder: Recorder, number: str
) -> None:
    body = (
        f"<Data><DefaultBlobSize>{number}</DefaultBlobSize><Now>{number}</Now><MaxBuckets>{number}"
        f"</MaxBuckets><BurstThreshold>{number}</BurstThreshold></Data>"
    ).encode()
    recorder.answer(*[reply(200, body)] * 4)
    for read in (
        lambda: recorded.data_policy("p"),
        recorded.system_information,
        lambda: recorded.user("u"),
    ):
        with pytest.raises(BadReply):
            read()
    try:
        threshold = recorded.cache_filesystem("f").burst_threshold
    except BadReply:
        return
    assert threshold is not None
    assert threshold < float("inf")


@pytest.mark.parametrize("total", ["9" * 30, "-5", "many", "0", "18446744073709551616"])
def test_an_absurd_total_of_a_list_ends_it(
    recorded: Ds3Client, recorder: Recorder, soon: None, total: str
) -> None:
    page = reply(200, b"<Data><X><Id>1</Id><Name>n</Name></X></Data>", Total_Result_Count=total)
    recorder.answer(*[page] * 5)
    assert [user.id for user in recorded.users()] == ["1"]
    assert len(recorder.requests) <= 2


@pytest.mark.parametrize("wait", ["9" * 400, "-5", "1e9", "Thu, 01 Jan 99999 00:00:00 GMT", "\x7f"])
def test_an_absurd_wait_is_held_within_bounds(
    recorded: Ds3Client, recorder: Recorder, wait: str
) -> None:
    recorder.answer(
        reply(200, b'<MasterObjectList JobId="j"/>', Retry_After=wait),
        reply(503, Retry_After=wait),
    )
    assert 1 <= recorded.chunks_ready("j").retry_after_s <= 600
    with pytest.raises(Busy) as caught:
        recorded.get_service()
    assert 1 <= (caught.value.retry_after_s or 1) <= 600


def test_a_name_beyond_its_limit_is_a_bad_reply(recorded: Ds3Client, recorder: Recorder) -> None:
    for name in ("k" * 4097, "é" * 2049, "😀" * 1025):
        recorder.answer(
            reply(
                200,
                f"<ListBucketResult><Contents><Key>{name}</Key></Contents></ListBucketResult>".encode(),
            ),
            reply(
                200,
                f'<MasterObjectList JobId="j"><Objects><Object Name="{name}"/></Objects>'
                f"</MasterObjectList>".encode(),
            ),
        )
        with pytest.raises(BadReply, match="longer"):
            recorded.list_objects("b")
        with pytest.raises(BadReply, match="longer"):
            recorded.get_job("j")


def test_very_many_attributes_end_soon(recorded: Ds3Client, recorder: Recorder, soon: None) -> None:
    attributes = " ".join(f'a{n}="x"' for n in range(100_000))
    recorder.answer(reply(200, f'<MasterObjectList JobId="j" {attributes}/>'.encode()))
    try:
        assert recorded.get_job("j").chunks == ()
    except BadReply:
        """As good."""


# --- going elsewhere -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.checklist("K C-24: no redirect is followed, and nothing is sent where it leads")
def test_a_redirect_to_another_host_is_sent_nothing(
    recorded: Ds3Client, recorder: Recorder, elsewhere: Recorder, status: int
) -> None:
    headers = {"Location": f"{elsewhere.url}/b/x", "Refresh": f"0; url={elsewhere.url}"}
    moves: list[Callable[[], object]] = [
        recorded.get_service,
        lambda: recorded.get_object("b", "x", Collected()),
        lambda: recorded.put_object("b", "x", b"1"),
        lambda: recorded.start_put_job("b", []),
        lambda: recorded.delete_object("b", "x"),
    ]
    recorder.answer(*[reply(status, b"", **headers)] * len(moves))
    for move in moves:
        with pytest.raises(RequestRefused) as caught:
            move()
        assert caught.value.status == status
        if status == 301:
            assert isinstance(caught.value, ManagementPort)
    assert len(recorder.requests) == len(moves)


def test_a_node_s_address_is_sent_nothing(
    recorded: Ds3Client, recorder: Recorder, elsewhere: Recorder
) -> None:
    port = elsewhere.port
    node = (
        f'<Nodes><Node EndPoint="127.0.0.1" HttpPort="{port}" HttpsPort="{port}" Id="n"/></Nodes>'
    )
    chunk = '<Objects ChunkId="c" NodeId="n"><Object Name="x" Length="1" Offset="0"/></Objects>'
    body = f'<MasterObjectList JobId="j">{node}{chunk}</MasterObjectList>'.encode()
    recorder.answer(reply(200, body), reply(200, b"1"))
    (part,) = recorded.chunks_ready("j").chunks
    recorded.get_object("b", part.blobs[0].name, Collected(), job_id="j", offset=0)
    assert len(recorder.requests) == 2


def test_a_cookie_and_a_login_that_are_wanted_get_none(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    wanted = {"Set_Cookie": "tracked=1; Path=/", "WWW_Authenticate": 'Basic realm="x"'}
    recorder.answer(reply(401, b"", **wanted), reply(200, b"<ListAllMyBucketsResult/>"))
    with pytest.raises(RequestRefused):
        recorded.get_service()
    recorded.get_service()
    for request in recorder.requests:
        assert request.header("Cookie") is None
        assert (request.header("Authorization") or "").startswith("AWS ")
        assert KEYS.secret_key not in str(request)


# --- slowly --------------------------------------------------------------------------------------


def test_an_answer_that_stands_still_is_given_up(
    recorder: Recorder, client_for: ClientFor, fast: bool
) -> None:
    client = client_for(recorder.url, fast=fast, timeouts=Timeouts(call=0.2, job=0.2, blob=0.2))

    def act(peer: Peer, request: Recorded) -> None:
        peer.send(reply(200, b"<Data>", length=100))
        peer.wait()

    moves: list[Callable[[], object]] = [
        client.system_information,
        lambda: client.get_job("j"),
        lambda: client.get_object("b", "x", Collected()),
    ]
    for move in moves:
        recorder.answer(act)
        with pytest.raises(ConnectionLost):
            move()
    recorder.over.set()


def test_an_answer_that_trickles_can_be_cut_off(recorded: Ds3Client, recorder: Recorder) -> None:
    """A byte now and then is not standing still: whoever waits has to be able to end it."""
    trickling = threading.Event()

    def act(peer: Peer, request: Recorded) -> None:
        peer.send(reply(200, b"<Data>", length=10**6))
        while not peer.recorder.over.wait(0.01):
            peer.send(b" ")
            trickling.set()

    recorder.answer(act)
    errors: list[Exception] = []

    def ask() -> None:
        try:
            recorded.system_information()
        except Ds3Error as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert trickling.wait(SOON_S)
    recorded.close()
    thread.join(SOON_S)
    assert isinstance(errors[0], ConnectionLost)
