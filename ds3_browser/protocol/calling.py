"""How calls are made: requests, their answers and errors, tries, and pages of lists.

Calls without a body are repeated here after a fault of the appliance's own or a lost connection,
signed anew each time. A body is never repeated here, and nobody sleeps here because the appliance
is busy: `Busy` goes to the caller, who shows the wait.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from types import TracebackType
from typing import Self, TypedDict, TypeVar

from . import system_xml, wire_xml
from .errors import (
    BadReply,
    ConnectionLost,
    Ds3Error,
    NotFound,
    Refusal,
    ServerFault,
    Unreachable,
    refused,
)
from .headers import clock_difference, read_count, read_retry_after
from .lean import Asked
from .records import ChecksumType, Credentials, Endpoint
from .releases import Release
from .transport import Answer, Hangup, Request, Timeouts, Transport, encode

log = logging.getLogger(__name__)

MAX_REPLY = 64 << 20
MAX_JOB_REPLY = 1 << 30
MAX_ERROR_BODY = 64 << 10
KEPT_ERROR_BODY = 2 << 10
DEFAULT_RETRY_AFTER_S = 60.0
#: Seconds before each further try of a call without a body.
PAUSES_S = (0.1, 0.5)
MANAGEMENT_HEADER = "Spectra-Data-Path-Request-Made-On-Management-Path"

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
Query = Sequence[tuple[str, str | None]]


class Options(TypedDict):
    """How a client works, beside where and as whom."""

    timeouts: Timeouts | None
    user_agent: str
    fast: bool


class Calls:
    """What all calls of a client share. Attributes: `endpoint`, `credentials`."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        timeouts: Timeouts | None = None,
        user_agent: str = "ds3_browser",
        fast: bool = True,
    ) -> None:
        """Not `fast`, it takes no short ways past requests: as correct, and slower."""
        if not isinstance(endpoint, Endpoint):
            kind = type(endpoint).__name__
            raise TypeError(f"An Endpoint is needed, not {kind}: Endpoint.parse reads a text.")
        if not isinstance(credentials, Credentials):
            raise TypeError(f"Credentials are needed, not {type(credentials).__name__}.")
        if timeouts is not None and not isinstance(timeouts, Timeouts):
            raise TypeError(f"Time-outs are a Timeouts, not {timeouts!r}.")
        self.endpoint = endpoint
        self.credentials = credentials
        self._options: Options = {"timeouts": timeouts, "user_agent": user_agent, "fast": fast}
        self._timeouts = timeouts or Timeouts()
        self._transport = Transport(endpoint, credentials, self._timeouts, user_agent, fast=fast)
        #: What data policies ask for, by their id: it never changes.
        self._checksum_types: dict[str, ChecksumType | None] = {}
        self._release: Release | None = None
        self._calling = threading.local()
        self._closed = threading.Event()
        # One that is let go without a word leaves no connection open.
        weakref.finalize(self, self._transport.close)

    def __getstate__(self) -> tuple[Endpoint, Credentials, Options]:
        """What another process makes its own of, which opens connections of its own."""
        return self.endpoint, self.credentials, self._options

    def __setstate__(self, state: tuple[Endpoint, Credentials, Options]) -> None:
        endpoint, credentials, options = state
        Calls.__init__(self, endpoint, credentials, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        """End the calls under way, with ConnectionLost, and close all connections. Any thread.

        A call that begins after this opens new ones.
        """
        closed, self._closed = self._closed, threading.Event()
        closed.set()
        self._transport.close()

    @contextlib.contextmanager
    def under(self, hangup: Hangup) -> Iterator[None]:
        """Put the calls that this thread makes inside under a hangup, where they name no other.

        One that is cut off raises ConnectionLost, like any connection that ends.
        """
        before = self._calling_hangup
        self._calling.hangup = hangup
        try:
            yield
        finally:
            self._calling.hangup = before

    def as_here(self, work: Callable[[], T]) -> Callable[[], T]:
        """Work for another thread, whose calls are under the hangup of those of this one."""
        hangup = self._calling_hangup

        def under_it() -> T:
            if hangup is None:
                return work()
            with self.under(hangup):
                return work()

        return under_it

    @property
    def _calling_hangup(self) -> Hangup | None:
        hangup: Hangup | None = getattr(self._calling, "hangup", None)
        return hangup

    def _request(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: bytes | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Request:
        content_type = "application/xml" if body is not None else ""
        timeout = self._timeouts.call if timeout_s is None else timeout_s
        return Request(method, path, query, body, content_type, timeout_s=timeout)

    def _call(self, method: str, path: str, query: Query = ()) -> bytes:
        """A call without a body that may be made again."""
        request = self._request(method, path, query)
        return self._repeated(lambda: self._exchange(request))

    def _call_once(
        self, method: str, path: str, query: Query = (), body: bytes | None = None
    ) -> bytes:
        return self._exchange(self._request(method, path, query, body))

    def _delete(self, path: str, query: Query, missing_ok: bool) -> None:
        """Delete; what is gone already is success, or NotFound where the caller wants to know.

        Then it is one try: after a first one that was heard, a second would find nothing.
        """
        if missing_ok:
            with contextlib.suppress(NotFound):
                self._call("DELETE", path, query)
        else:
            self._call_once("DELETE", path, query)

    def _paged(
        self,
        path: str,
        read: Callable[[bytes], Sequence[T]],
        query: Query = (),
        *,
        length: int | None = None,
        offset: int = 0,
    ) -> Iterator[T]:
        """Items of all pages, by item offset, until Total-Result-Count were seen.

        Ends also where a page is empty or the same as the one before.
        """
        before = None
        while True:
            where = [*query, *given(page_length=length, page_offset=offset or None)]
            page, total = self._repeated(partial(self._page, path, where))
            items = read(page)
            if not items or page == before:
                return
            yield from items
            offset, before = offset + len(items), page
            if total is None or offset >= total:
                return

    def _page(self, path: str, query: Query) -> tuple[bytes, int | None]:
        with self._answer(self._request("GET", path, query)) as answer:
            total = read_count(answer.headers.get("Total-Result-Count"))
            return answer.whole(MAX_REPLY), total

    def _one(self, kind: type[T], resource: str, id_or_name: str) -> T:
        return system_xml.read_one(kind, self._call("GET", rest_path(resource, id_or_name)))

    def _all(self, kind: type[T], resource: str, query: Query = ()) -> Iterator[T]:
        """All of a kind, page by page."""
        return self._paged(f"/_rest_/{resource}", partial(system_xml.read_all, kind), query)

    def _made(self, kind: type[T], resource: str, query: Query) -> T:
        """Create one. A single try: a repeat could make two."""
        return system_xml.read_one(kind, self._call_once("POST", f"/_rest_/{resource}", query))

    def _changed(self, kind: type[T], resource: str, id_or_name: str, query: Query) -> T:
        return system_xml.read_one(kind, self._call("PUT", rest_path(resource, id_or_name), query))

    def _exchange(self, request: Request, hangup: Hangup | None = None) -> bytes:
        with self._answer(request, hangup) as answer:
            return answer.whole(MAX_REPLY)

    def _answer(self, request: Request, hangup: Hangup | None = None) -> Accepted:
        """Send, and give the answer if it is success; else raise what it means."""
        asked = self._transport.answer(request, hangup or self._calling_hangup)
        return Accepted(asked, partial(self._refusal, request), request)

    def _begun(self, request: Request, hangup: Hangup | None = None) -> Accepted:
        """As `_answer`, but sent before this returns where a short way leads."""
        asked = self._transport.begin(request, hangup or self._calling_hangup)
        return Accepted(asked, partial(self._refusal, request), request)

    def _refusal(self, request: Request, answer: Answer) -> Ds3Error:
        """Read an answer that is not success into the error it means. Never fails on its body."""
        body = answer.beginning(MAX_ERROR_BODY)
        if answer.status == 407:
            return self._transport.refused_by_proxy("407")
        told = wire_xml.read_error(body)
        facts = Refusal(
            method=request.method,
            path=request.path,
            status=answer.status,
            code=told.get("Code"),
            message=told.get("Message"),
            resource=told.get("Resource"),
            resource_id=told.get("ResourceId"),
            request_id=answer.headers.get("x-amz-request-id"),
            retry_after_s=retry_after(answer),
            server_date=answer.headers.get("Date"),
            body=body[:KEPT_ERROR_BODY].decode("utf-8", "replace"),
        )
        difference = clock_difference(facts.server_date, datetime.now(UTC))
        management = MANAGEMENT_HEADER in answer.headers
        return refused(facts, clock_difference_s=difference, management=management)

    def _repeated(self, ask: Callable[[], T]) -> T:
        """Ask again after a fault of the appliance's own or a connection that was reset."""
        closed = self._closed
        for pause_s in PAUSES_S:
            try:
                return ask()
            except (ServerFault, ConnectionLost) as error:
                if not self._is_worth_another_try(error, closed):
                    raise
                log.info("asked again in %.1f s: %s", pause_s, error)
                if closed.wait(pause_s):
                    raise
        return ask()

    def _is_worth_another_try(
        self, error: ServerFault | ConnectionLost, closed: threading.Event
    ) -> bool:
        """Not where the call was cut off from here, nor where it had all its time already."""
        if isinstance(error, ServerFault):
            return True
        hangup = self._calling_hangup
        cut_off = closed.is_set() or (hangup is not None and hangup.fired)
        return error.why is Unreachable.RESET and not cut_off


# --- small pieces --------------------------------------------------------------------------------


def bucket_path(bucket: str) -> str:
    """The percent-encoded path of a bucket.

    Raises ValueError for one with a slash, behind which an object of another bucket would be named.
    """
    wire_xml.check_text("name of a bucket", bucket)
    if not bucket:
        raise ValueError("A bucket name cannot be empty.")
    if "/" in bucket:
        raise ValueError(f"A bucket name has no slash: {bucket!r}.")
    return f"/{encode(bucket)}"


def object_path(bucket: str, name: str) -> str:
    """The path of an object. Everything after the bucket's slash is the name, as it is."""
    return f"{bucket_path(bucket)}/{encode(wire_xml.check_name(name))}"


def rest_path(resource: str, identifier: str) -> str:
    """The path of one of a kind. A slash in its id or name does not part the path."""
    wire_xml.check_text(f"id or name of a {resource}", identifier)
    if not identifier:
        raise ValueError(f"A {resource} needs an id or a name.")
    return f"/_rest_/{resource}/{encode(identifier).replace('/', '%2F')}"


def rest_path_of_name(resource: str, name: str) -> str:
    """The path of what goes by an object's name, whose slashes stay."""
    wire_xml.check_text(f"name of a {resource}", name)
    if not name:
        raise ValueError(f"A {resource} needs a name.")
    return f"/_rest_/{resource}/{encode(name)}"


def given(**values: str | int | bool | None) -> list[tuple[str, str | None]]:
    """Query parameters that were given. None and the empty text are absent.

    Raises ValueError for an id that is empty: without it the call would be about all there are.
    Raises ValueError for less than nothing, too, and TypeError for what is neither text nor number:
    its spelling would be sent.
    """
    found: list[tuple[str, str | None]] = []
    for name, value in values.items():
        if value is not None and not isinstance(value, (str, int)):
            kind = type(value).__name__
            raise TypeError(f"The {_in_words(name)} is a text or a number, not {kind}.")
        if isinstance(value, int) and value < 0:
            raise ValueError(f"The {_in_words(name)} is no less than nothing: {value}.")
        if value == "" and (name == "job" or name.endswith("_id")):
            raise ValueError(f"The {_in_words(name)} is empty: name one, or leave it out.")
        if value is not None and value != "":
            found.append((name, _text(value)))
    return found


def needed(**values: str) -> list[tuple[str, str | None]]:
    """Query parameters without which the call would be another one, or none."""
    for name, value in values.items():
        wire_xml.check_text(_in_words(name), value)
        if not value:
            raise ValueError(f"The {_in_words(name)} is empty.")
    return [*values.items()]


def _in_words(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def word_in(word: Enum | None) -> str | None:
    """How a word of an enumeration is sent. Raises TypeError for one that is none, as a text."""
    if word is None:
        return None
    if not isinstance(word, Enum):
        raise TypeError(f"A member of an enumeration is needed, as Priority.HIGH, not {word!r}.")
    return str(word.value)


def checked_kind(kind: E, known: type[E]) -> E:
    """A member of an enumeration, and of no other."""
    if not isinstance(kind, known):
        raise TypeError(f"A member of {known.__name__} is needed, not {kind!r}.")
    return kind


def one_of(**values: str | None) -> list[tuple[str, str | None]]:
    """The one parameter of several that was given. Raises ValueError for none, and for two."""
    chosen = given(**values)
    if len(chosen) != 1:
        raise ValueError(f"One of {' and '.join(values)} is needed.")
    return chosen


def flags(**on_or_off: bool) -> list[tuple[str, str | None]]:
    """Bare flags. One that is off must be absent: its presence alone counts, whatever its value.

    Raises TypeError for a text: "false" would be on.
    """
    for name, on in on_or_off.items():
        if not isinstance(on, int):
            raise TypeError(f"The {_in_words(name)} is True or False, not {on!r}.")
    return [(name, None) for name, on in on_or_off.items() if on]


def retry_after(answer: Answer) -> float | None:
    return read_retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))


#: Calls whose success may have no body that would tell it from somebody else's.
_CHANGING = ("PUT", "POST", "DELETE")


def _is_web_page(answer: Answer) -> bool:
    """Whether it is of a portal or a wrong server, which answer anything with success."""
    kind = answer.headers.get("Content-Type", "")
    return kind.lower().startswith("text/html") and answer.length != 0


class Accepted:
    """An answer that is success. Not a generator: there is one for each of many small blobs."""

    __slots__ = ("_asked", "_refusal", "_request")

    def __init__(
        self,
        asked: contextlib.AbstractContextManager[Answer],
        refusal: Callable[[Answer], Ds3Error],
        request: Request,
    ) -> None:
        self._asked = asked
        self._refusal = refusal
        self._request = request

    def __enter__(self) -> Answer:
        began = time.monotonic()
        answer = self._asked.__enter__()
        try:
            log.debug(
                "%s %s: %d, request %s, %.0f ms",
                self._request.method,
                self._request.path,
                answer.status,
                answer.headers.get("x-amz-request-id"),
                (time.monotonic() - began) * 1000,
            )
            if not 200 <= answer.status < 300:
                raise self._refusal(answer)
            if self._request.method in _CHANGING and _is_web_page(answer):
                raise BadReply("a web page came in place of the appliance's answer")
        except BaseException:
            self._asked.__exit__(*sys.exc_info())
            raise
        return answer

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return self._asked.__exit__(kind, error, traceback)

    def leave(self) -> None:
        """The answer is not wanted any more: close the connection of a request that was sent."""
        if isinstance(self._asked, Asked):
            self._asked.leave()
