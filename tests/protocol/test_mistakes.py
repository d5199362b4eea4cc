"""What a script asks for by mistake is refused before anything is sent, and the error says why."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.records import (
    BucketAccess,
    Checksum,
    ChecksumType,
    DeleteItem,
    GetItem,
    PutItem,
)
from ds3_browser.protocol.system_records import NotificationKind
from tests.protocol.bytes_moved import Collected
from tests.protocol.recorder import Recorder, reply

Call = Callable[[Ds3Client], object]
JOB = b'<MasterObjectList JobId="j"/>'


def refused(client: Ds3Client, recorder: Recorder, error: type[Exception], call: Call) -> str:
    with pytest.raises(error) as caught:
        call(client)
    assert recorder.requests == []
    return str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.create_default_bucket("films/new"),
        lambda c: c.head_bucket("films/a"),
        lambda c: c.list_objects("films/a"),
        lambda c: c.put_object("films/2026", "a", b"1"),
        lambda c: c.get_object("films/2026", "a", Collected()),
        lambda c: c.head_object("films/2026", "a"),
        lambda c: c.delete_object("films/2026", "a"),
        lambda c: list(c.delete_objects("films/2026", ["a"])),
    ],
)
def test_a_bucket_with_a_slash_never_reaches_an_object_of_another(
    recorded: Ds3Client, recorder: Recorder, call: Call
) -> None:
    assert "films/" in refused(recorded, recorder, ValueError, call)


def test_a_slash_in_an_id_does_not_part_the_path(recorded: Ds3Client, recorder: Recorder) -> None:
    recorded.cancel_job("../bucket/films")
    recorded.delete_bucket("a/b", force=True)
    recorded.delete_user("house\\anna/b")
    assert [request.target for request in recorder.requests] == [
        "/_rest_/job/..%2Fbucket%2Ffilms?force",
        "/_rest_/bucket/a%2Fb?force",
        "/_rest_/user/house%5Canna%2Fb",
    ]


def test_slashes_of_an_object_s_name_stay(recorded: Ds3Client, recorder: Recorder) -> None:
    found = b"<Data><Id>i</Id><Name>a//b</Name></Data>"
    recorder.answer(reply(200, found), reply(204))
    recorded.object_details("films", "a//b")
    recorded.delete_folder("films", "/lead//x/")
    assert [request.target for request in recorder.requests] == [
        "/_rest_/object/a//b?bucket_id=films",
        "/_rest_/folder//lead//x?bucket_id=films&recursive",
    ]


def test_a_user_with_a_slash_in_the_name_is_found(client: Ds3Client) -> None:
    client.create_user("house/anna")
    assert client.user("house/anna").name == "house/anna"
    client.delete_user("house/anna", missing_ok=False)
    assert [user.name for user in client.users() if "anna" in user.name] == []


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.delete_object("films", "a", version_id=""),
        lambda c: c.get_object("films", "a", Collected(), version_id=""),
        lambda c: c.head_object("films", "a", version_id=""),
        lambda c: c.put_object("films", "a", b"1", job_id="", offset=0),
        lambda c: c.get_object("films", "a", Collected(), job_id="", offset=0),
        lambda c: c.chunks_ready(""),
        lambda c: c.delete_folder("", "old"),
        lambda c: c.object_details("", "a"),
        lambda c: c.undelete_object("", "a"),
        lambda c: list(c.find_objects(bucket="")),
        lambda c: list(c.bucket_history(bucket="")),
        lambda c: c.list_jobs(bucket=""),
        lambda c: list(c.active_jobs(bucket="")),
        lambda c: list(c.active_jobs(user_id="")),
    ],
)
def test_an_empty_id_is_not_left_out(recorded: Ds3Client, recorder: Recorder, call: Call) -> None:
    assert "empty" in refused(recorded, recorder, ValueError, call)


def test_an_empty_version_deletes_no_latest_one(client: Ds3Client, bucket: str) -> None:
    client.put_object(bucket, "a", b"1")
    with pytest.raises(ValueError, match="version"):
        client.delete_object(bucket, "a", version_id="")
    assert client.head_object(bucket, "a") is not None


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.delete_objects("films", "ab"),
        lambda c: c.delete_objects("films", b"ab"),
        lambda c: c.placement("films", "ab"),
        lambda c: c.start_put_job("films", "ab"),
        lambda c: c.start_get_job("films", "ab"),
        lambda c: c.start_verify_job("films", "ab"),
        lambda c: c.eject_copies("films", "ab", storage_domain="d"),
    ],
)
def test_one_name_is_not_taken_for_a_list_of_letters(
    recorded: Ds3Client, recorder: Recorder, call: Call
) -> None:
    assert "list" in refused(recorded, recorder, TypeError, call)


def test_a_name_alone_is_a_whole_object(recorded: Ds3Client, recorder: Recorder) -> None:
    for call in (recorded.start_get_job, recorded.start_verify_job, recorded.start_stage_job):
        recorder.answer(reply(200, JOB))
        call("films", ["a", GetItem("b", offset=0, length=5)])
    assert {request.body for request in recorder.requests} == {
        b'<Objects><Object Name="a"/><Object Name="b" Offset="0" Length="5"/></Objects>'
    }


@pytest.mark.parametrize(
    "item",
    [
        GetItem("a.mov", offset=5),
        GetItem("a.mov", length=5),
        GetItem("a.mov", offset=-1, length=5),
        GetItem("a.mov", offset=0, length=-5),
    ],
)
def test_half_a_part_of_an_object_is_not_the_whole_of_it(
    recorded: Ds3Client, recorder: Recorder, item: GetItem
) -> None:
    words = refused(recorded, recorder, ValueError, lambda c: c.start_get_job("films", [item]))
    assert "a.mov" in words


@pytest.mark.parametrize("size", [-1, 1.5, "5", None, True])
def test_a_size_that_is_none_is_told_with_its_object(
    recorded: Ds3Client, recorder: Recorder, size: int
) -> None:
    item = PutItem("a.mov", size)
    words = refused(recorded, recorder, ValueError, lambda c: c.start_put_job("films", [item]))
    assert "a.mov" in words
    assert repr(size) in words


@pytest.mark.parametrize("asked", [(3, 1), (-2, 5), (-3, -1)])
def test_a_range_that_is_none_is_not_asked_for(
    recorded: Ds3Client, recorder: Recorder, asked: tuple[int, int]
) -> None:
    for call in (
        lambda c: c.get_object("films", "a", Collected(), byte_range=asked),
        lambda c: c.get_ranges("films", "a", [(0, 0), asked], Collected()),
    ):
        assert str(asked[0]) in refused(recorded, recorder, ValueError, call)


@pytest.mark.parametrize("body", [b"abc", bytearray(b"abc"), memoryview(b"xabcx")[1:4]])
def test_bytes_of_any_kind_are_a_body(
    recorded: Ds3Client, recorder: Recorder, body: bytes | bytearray | memoryview
) -> None:
    recorded.put_object("films", "a", body)
    assert recorder.requests[0].body == b"abc"


@pytest.mark.parametrize("body", ["text", 5, None, ["a"]])
def test_what_is_no_body_is_told_by_its_kind(
    recorded: Ds3Client, recorder: Recorder, body: object
) -> None:
    words = refused(
        recorded,
        recorder,
        TypeError,
        lambda c: c.put_object("films", "a", body),  # type: ignore[arg-type]
    )
    assert type(body).__name__ in words


class Made:
    """A body of a script's own, with what it needs and no more."""

    def __init__(self, length: object = 5) -> None:
        self.length = length
        self.sent = 0

    def pieces(self) -> Iterator[bytes]:
        yield from (b"he", b"llo")

    def moved(self, n: int) -> None:
        self.sent += n


def test_a_script_may_make_a_body_of_its_own(recorded: Ds3Client, recorder: Recorder) -> None:
    body = Made()
    recorded.put_object("films", "a", body)  # type: ignore[arg-type]  # it has no file
    assert recorder.requests[0].body == b"hello"
    assert body.sent == 5


@pytest.mark.parametrize("length", [-1, 5.0, "5", None])
def test_a_body_of_no_length_is_not_sent(
    recorded: Ds3Client, recorder: Recorder, length: object
) -> None:
    put: Call = lambda c: c.put_object("films", "a", Made(length))  # noqa: E731
    assert repr(length) in refused(recorded, recorder, ValueError, put)


def test_a_checksum_of_no_type_is_not_sent(recorded: Ds3Client, recorder: Recorder) -> None:
    none = Checksum(ChecksumType.NONE, "x")
    words = refused(
        recorded, recorder, ValueError, lambda c: c.put_object("films", "a", b"", checksum=none)
    )
    assert "NONE" in words


@pytest.mark.parametrize(
    ("metadata", "error", "word"),
    [
        ({"": "a"}, ValueError, "empty"),
        ({"Colour": "a", "colour": "b"}, ValueError, "colour"),
        ({"colour": 1}, TypeError, "colour"),
        ({"colour": b"red"}, TypeError, "colour"),
        ({"colour": None}, TypeError, "colour"),
        ({"colour": ["a", 1]}, TypeError, "colour"),
    ],
)
def test_metadata_that_would_be_lost_is_refused_by_its_key(
    recorded: Ds3Client,
    recorder: Recorder,
    metadata: dict[str, str],
    error: type[Exception],
    word: str,
) -> None:
    put: Call = lambda c: c.put_object("films", "a", b"", metadata=metadata)  # noqa: E731
    assert word in refused(recorded, recorder, error, put)


@pytest.mark.parametrize("rows", [0, -1])
def test_pages_without_a_row_are_not_asked_for(
    recorded: Ds3Client, recorder: Recorder, rows: int
) -> None:
    pages: Call = lambda c: list(c.list_pages("films", max_keys=rows))  # noqa: E731
    assert str(rows) in refused(recorded, recorder, ValueError, pages)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.start_put_job("films", [("a.mov", 3)]),
        lambda c: c.start_get_job("films", [("a.mov", 3)]),
        lambda c: c.placement("films", [("a.mov", 3)]),
    ],
)
def test_what_is_no_object_of_a_job_is_refused(
    recorded: Ds3Client, recorder: Recorder, call: Call
) -> None:
    assert "Item, not" in refused(recorded, recorder, TypeError, call)


@pytest.mark.parametrize("given", [None, 5, b"a", ["a"]])
@pytest.mark.parametrize(
    "call",
    [
        lambda c, given: c.head_bucket(given),
        lambda c, given: c.create_bucket(given),
        lambda c, given: c.create_default_bucket(given),
        lambda c, given: c.delete_bucket(given),
        lambda c, given: c.list_objects(given),
        lambda c, given: c.put_object("films", given, b""),
        lambda c, given: c.get_object("films", given, Collected()),
        lambda c, given: c.head_object("films", given),
        lambda c, given: c.delete_object("films", given),
        lambda c, given: c.delete_folder("films", given),
        lambda c, given: c.delete_folder(given, "old"),
        lambda c, given: c.object_details(given, "a"),
        lambda c, given: c.undelete_object("films", given),
        lambda c, given: c.start_put_job("films", [PutItem(given, 1)]),
        lambda c, given: list(c.delete_objects("films", [DeleteItem(given)])),
        lambda c, given: c.get_job(given),
        lambda c, given: c.chunks_ready(given),
        lambda c, given: c.cancel_job(given),
        lambda c, given: c.create_user(given),
        lambda c, given: c.create_group(given),
        lambda c, given: c.create_data_policy(given),
        lambda c, given: c.create_storage_domain(given),
        lambda c, given: c.create_data_persistence_rule(given, "d"),
        lambda c, given: c.add_tape_partition("d", "p", given),
        lambda c, given: c.create_bucket_acl(given, user_id="anna"),
        lambda c, given: c.create_group_member(given, member_user_id="anna"),
        lambda c, given: c.create_registration(NotificationKind.JOB_CREATED, given),
    ],
)
def test_what_is_no_text_names_nothing(
    recorded: Ds3Client,
    recorder: Recorder,
    call: Callable[[Ds3Client, object], object],
    given: object,
) -> None:
    words = refused(recorded, recorder, TypeError, lambda c: call(c, given))
    assert f"is a text, not {type(given).__name__}." in words


def test_no_name_of_an_object_is_not_its_bucket(client: Ds3Client, bucket: str) -> None:
    with pytest.raises(TypeError):
        client.delete_object(bucket, None)  # type: ignore[arg-type]
    assert client.head_bucket(bucket) is BucketAccess.EXISTS


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda c: c.create_bucket("films", user_id=b"anna"), TypeError, "The user is"),
        (lambda c: c.list_objects("films", prefix=["a"]), TypeError, "The prefix is"),
        (lambda c: c.list_objects("films", max_keys=-1), ValueError, "-1"),
        (lambda c: c.put_object("films", "a", b"", offset=-1), ValueError, "-1"),
        (lambda c: c.start_put_job("films", None), TypeError, "a list, not as NoneType"),
        (lambda c: c.start_get_job("films", 5), TypeError, "a list, not as int"),
        (lambda c: c.delete_objects("films", None), TypeError, "a list, not as NoneType"),
        (lambda c: list(c.delete_objects("films", [5])), TypeError, "DeleteItem, not 5"),
        (lambda c: c.modify_job("j", priority="HIGH"), TypeError, "Priority.HIGH, not 'HIGH'"),
        (lambda c: c.create_group(""), ValueError, "The name is empty"),
        (lambda c: list(c.registrations("job_created")), TypeError, "NotificationKind is needed"),
        (lambda c: list(c.targets("ds3_target")), TypeError, "TargetKind is needed"),
        (lambda c: c.knows("versions"), TypeError, "Feature is needed"),
        (lambda c: c.delete_bucket("films", force="false"), TypeError, "force is True or False"),
        (lambda c: c.put_object("films", "a", b"", checksum="abc"), TypeError, "not 'abc'"),
        (lambda c: c.put_object("films", "a", b"", metadata=["a"]), TypeError, "not list"),
        (lambda c: c.put_object("films", "a", b"", metadata={1: "a"}), TypeError, "text, not 1"),
        (lambda c: c.put_object("films", "a", b"", metadata={b"k": "a"}), TypeError, "b'k'"),
        (lambda c: list(c.find_objects(created_from="2026")), TypeError, "datetime, not '2026'"),
        (lambda c: c.start_get_job("films", [GetItem("a", 5)]), TypeError, "version of an object"),
        (lambda c: list(c.delete_objects("films", [DeleteItem("a", 5)])), TypeError, "version"),
        (lambda c: c.get_object("films", "a", Collected(), byte_range=5), TypeError, "not 5"),
        (lambda c: c.get_object("films", "a", Collected(), byte_range=(0, 1.0)), TypeError, "1.0"),
        (lambda c: c.get_ranges("films", "a", [(0, 1, 2)], Collected()), TypeError, "(0, 1, 2)"),
    ],
)
def test_what_is_of_another_type_is_told_by_what_it_was_given_for(
    recorded: Ds3Client, recorder: Recorder, call: Call, error: type[Exception], words: str
) -> None:
    assert words in refused(recorded, recorder, error, call)


def test_bytes_that_nothing_can_take_are_not_asked_for(
    recorded: Ds3Client, recorder: Recorder, tmp_path: Path
) -> None:
    with open(tmp_path / "a", "wb") as file:
        for call in (
            lambda c: c.get_object("films", "a", file),
            lambda c: c.get_ranges("films", "a", [(0, 1)], file),
        ):
            assert "FileSink" in refused(recorded, recorder, TypeError, call)
        put: Call = lambda c: c.put_object("films", "a", file)  # type: ignore[arg-type]  # noqa: E731
        assert "FilePart" in refused(recorded, recorder, TypeError, put)


# --- blobs on their way --------------------------------------------------------------------------


@pytest.mark.parametrize("over", ["end", "leave"])
def test_a_blob_that_was_waited_for_or_left_is_not_sent_again(
    recorded: Ds3Client, recorder: Recorder, over: str
) -> None:
    begun = recorded.begin_put("b", "n", b"x")
    getattr(begun, over)()
    came = len(recorder.requests)
    with pytest.raises(ValueError, match="already"):
        begun.end()
    begun.leave()
    assert len(recorder.requests) == came


def test_a_blob_is_received_once(recorded: Ds3Client, recorder: Recorder) -> None:
    recorder.answer(reply(200, b"bytes"))
    begun, sink = recorded.begin_get("b", "n"), Collected()
    begun.receive(sink)
    with pytest.raises(ValueError, match="already"):
        begun.receive(sink)
    assert (len(recorder.requests), bytes(sink.data)) == (1, b"bytes")


def test_a_sink_that_is_none_does_not_use_a_blob_up(
    recorded: Ds3Client, recorder: Recorder
) -> None:
    recorder.answer(reply(200, b"bytes"))
    begun, sink = recorded.begin_get("b", "n"), Collected()
    with pytest.raises(TypeError, match="FileSink"):
        begun.receive(io.BytesIO())  # type: ignore[arg-type]  # the mistake
    begun.receive(sink)
    assert bytes(sink.data) == b"bytes"
