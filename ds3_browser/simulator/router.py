"""From a request line to a call: `/`, `/bucket`, `/bucket/object` and all that is under `/_rest_/`.

Everything behind `/bucket/` is the object's name, slashes included. The path is looked at as it
came and decoded once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import parse_qsl, unquote_to_bytes

from .bodies import Exchange
from .bucket_calls import BucketCalls
from .calls import Call, Route, Routes, check_parameters, parameters
from .dialect import release
from .faults import Faults
from .guard import Guard
from .multipart import PARTS_PARAMETERS, UPLOADS_PARAMETERS, MultipartCalls
from .name_calls import NameCalls
from .objects import GET_PARAMETERS, HEAD_PARAMETERS, PUT_PARAMETERS, ObjectCalls
from .store import Refused


class Request(Exchange, Protocol):
    """A request whose sender is known, as the router sees it. The path and query are raw."""

    @property
    def method(self) -> str: ...

    @property
    def raw_path(self) -> str: ...

    @property
    def raw_query(self) -> str: ...


class Router:
    """`under_rest` are the calls under `/_rest_/`."""

    def __init__(
        self,
        buckets: BucketCalls,
        names: NameCalls,
        objects: ObjectCalls,
        multipart: MultipartCalls,
        under_rest: Routes,
        guard: Guard,
        faults: Faults,
        count: Callable[[str, int], None],
    ) -> None:
        self._buckets = buckets
        self._names = names
        self._objects = objects
        self._multipart = multipart
        self.under_rest = under_rest
        self._guard = guard
        self._faults = faults
        self._count = count
        self._of_bucket: Routes = {
            "GET": Route(buckets.list_objects, "delimiter marker max_keys prefix versions"),
            "HEAD": Route(buckets.head),
            "PUT": Route(buckets.create),
            "POST": Route(names.delete_several, "delete"),
            "DELETE": Route(buckets.delete),
        }
        self._moves: Mapping[str, tuple[Callable[[Exchange, Call], None], str]] = {
            "PUT": (objects.put, PUT_PARAMETERS),
            "GET": (objects.get, GET_PARAMETERS),
            "HEAD": (objects.head, HEAD_PARAMETERS),
        }

    def answer(self, request: Request, user: str) -> None:
        """Find the call and answer it. Raises Refused."""
        first, slash, rest = request.raw_path[1:].partition("/")
        query = _as_sent(request.raw_query)
        given = parameters(parse_qsl(query, keep_blank_values=True)) if query else {}
        bucket, name = _decoded(first), _decoded(rest)
        call = Call(request.method, given, user, b"", bucket, name)
        if bucket == "_rest_":
            self._answer_rest(request, call)
        elif not bucket:
            self._answer_service(request, call)
        elif name:
            self._answer_object(request, call)
        else:
            self._answer_bucket(request, call, nameless=bool(slash))

    def _answer_service(self, request: Request, call: Call) -> None:
        if request.raw_path != "/":
            raise Refused(404, "NoSuchBucket", "A bucket needs a name.")
        if call.method != "GET":
            raise Refused(400, "InvalidArgument", "A bucket needs a name.")
        self._run(request, "service", Route(self._buckets.service), call)

    def _answer_rest(self, request: Request, call: Call) -> None:
        """A call under `/_rest_/`; a slash behind the resource changes nothing."""
        resource, _, identifier = call.name.partition("/")
        operation = (call.text("operation") or "").lower()
        wanted = f"{call.method} {resource}{'/' if identifier else ''} {operation}".rstrip()
        route = self.under_rest.get(wanted)
        told = release(self._faults.get("server_version"))
        if route is None or not route.since <= told < route.until or _is_lacking(route, call):
            raise Refused(404, "NotFound", f"There is no call {wanted}.")
        call = call._replace(bucket="", name=identifier)
        self._guard.check_rest(call, wanted)
        self._run(request, resource, route, call)

    def _answer_bucket(self, request: Request, call: Call, *, nameless: bool) -> None:
        """A call of a bucket; `nameless` if a slash follows it, and no object's name."""
        if nameless and call.method == "PUT":
            raise Refused(400, "InvalidArgument", "A bucket name has no slash.")
        self._guard.check_bucket(call)
        if call.method == "POST" and not call.has("delete"):
            raise Refused(400, "InvalidArgument", "There is no such call of a bucket.")
        route = self._of_bucket[call.method]
        if call.has("uploads"):
            self._check_multipart(call.method == "GET")
            route = Route(self._multipart.list_uploads, UPLOADS_PARAMETERS)
        if nameless and call.method == "DELETE":
            route = Route(self._names.delete)
        self._run(request, "bucket", route, call)

    def _answer_object(self, request: Request, call: Call) -> None:
        """A call of an object. Those that move data answer by themselves."""
        self._guard.check_object(call)
        if call.has("upload_id") or call.has("uploads"):
            self._answer_multipart(request, call)
        elif call.method == "POST":
            route = Route(self._objects.complete_blob, "job blob size")
            self._run(request, "object", route, call)
        elif call.method == "DELETE":
            route = Route(self._names.delete, "version_id replicate roll_back")
            self._run(request, "object", route, call)
        else:
            self._move(request, call, *self._moves[call.method])

    def _answer_multipart(self, request: Request, call: Call) -> None:
        """A call of a multipart upload: of one that begins, or of one that has an id."""
        moves = {
            ("POST", "uploads"): (self._multipart.initiate, "uploads"),
            ("PUT", "upload_id"): (self._multipart.put_part, "part_number upload_id"),
        }
        routes = {
            ("POST", "upload_id"): Route(self._multipart.complete, "upload_id"),
            ("DELETE", "upload_id"): Route(self._multipart.abort, "upload_id"),
            ("GET", "upload_id"): Route(self._multipart.list_parts, PARTS_PARAMETERS),
        }
        which = (call.method, "uploads" if call.has("uploads") else "upload_id")
        self._check_multipart(which in moves or which in routes)
        if which in moves:
            self._move(request, call, *moves[which])
        else:
            self._run(request, "multipart", routes[which], call)

    def _check_multipart(self, exists: bool) -> None:
        if not exists or release(self._faults.get("server_version")) >= (6, 0):
            raise Refused(400, "InvalidArgument", "There is no such call of multipart uploads.")

    def _move(
        self,
        request: Request,
        call: Call,
        move: Callable[[Exchange, Call], None],
        knows: str,
    ) -> None:
        self._note(call, "object", knows)
        move(request, call)

    def _run(self, request: Request, kind: str, route: Route, call: Call) -> None:
        self._note(call, kind, route.knows)
        request.send(route.function(call._replace(body=request.read_body())))

    def _note(self, call: Call, kind: str, knows: str) -> None:
        self._count(f"requests {call.method} {kind}", 1)
        if self._faults.get("strict"):
            check_parameters(call.parameters, knows)


def _is_lacking(route: Route, call: Call) -> bool:
    """Whether a flag makes a call one that there is not."""
    return any(call.has(flag) for flag in route.lacks.split())


def _as_sent(query: str) -> str:
    """A query whose bytes came as the characters of Latin-1; some clients encode no letters."""
    return query if query.isascii() else query.encode("latin-1").decode("utf-8", "replace")


def _decoded(text: str) -> str:
    """A part of the request line, whose bytes came as the characters of Latin-1."""
    if "%" not in text and text.isascii():
        return text
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(400, "InvalidArgument", "A name is not UTF-8.") from None
