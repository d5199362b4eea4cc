"""What a call is and how it is found: its parameters, its answer, the table of routes, paging.

Parameter names are snake_case; other spellings mean the same. A flag counts by its presence,
whatever its value. Booleans and enumerations are read in any case.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from lxml import etree

from . import answers
from .faults import Faults
from .store import Refused

PAGE = 1000
PAGING = "page_length page_offset page_start_marker last_page"
END_OF_TIME = 253_402_300_800  # seconds since 1970 until the year 10000
MS_FROM = 1e11  # numbers from here on are milliseconds, smaller ones seconds since 1970


class Call(NamedTuple):
    """A request as the calls see it.

    `bucket` and `name` are decoded; `name` is an object's, or what follows `/_rest_/resource/`.
    """

    method: str
    parameters: Mapping[str, str]
    user: str
    body: bytes = b""
    bucket: str = ""
    name: str = ""

    def has(self, name: str) -> bool:
        return plain(name) in self.parameters

    def text(self, name: str) -> str | None:
        """A parameter's value; empty is as good as absent."""
        return self.parameters.get(plain(name)) or None

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise Refused(400, "InvalidArgument", f"A {name} is required.")
        return value

    def number(self, name: str) -> int | None:
        text = self.text(name)
        return None if text is None else _number(name, text)

    def flag(self, name: str) -> bool | None:
        """A parameter that is true or false, None if it is absent."""
        text = self.text(name)
        if text is not None and text.lower() not in ("true", "false"):
            raise Refused(400, "InvalidArgument", f"{name} is true or false, not {text}")
        return None if text is None else text.lower() == "true"

    def date(self, name: str) -> float | None:
        """A moment in seconds since 1970, given as ISO text or as a number."""
        text = self.text(name)
        if text is None:
            return None
        if text.isascii() and text.isdigit():
            number = _number(name, text)
            seconds = number / (1000 if number >= MS_FROM else 1)
        else:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise Refused(400, "InvalidArgument", f"{name} is not a date: {text}") from None
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if not 0 <= seconds < END_OF_TIME:
            raise Refused(400, "InvalidArgument", f"{name} is not a date of ours: {text}")
        return seconds

    def word(self, name: str) -> str | None:
        """A parameter that is a word of an enumeration."""
        text = self.text(name)
        return text and text.upper()


class Answer(NamedTuple):
    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Route:
    """A call and, separated by spaces, the parameters it knows.

    `since` is the first release that has it, `until` the first that has it no more. With one of
    the flags in `lacks` it would be another call, which there is not.
    """

    function: Callable[[Call], Answer]
    knows: str = ""
    since: tuple[int, ...] = (0,)
    until: tuple[int, ...] = (99,)
    lacks: str = ""


# `GET bucket` is a collection, `GET bucket/` one of it, `PUT bucket/ start_bulk_put` an operation.
Routes = Mapping[str, Route]


@functools.lru_cache(maxsize=1024)
def plain(name: str) -> str:
    """`max_keys`, `max-keys` and `maxKeys` are one name."""
    return name.replace("-", "").replace("_", "").lower()


def parameters(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {plain(name): value for name, value in pairs}


def check_parameters(given: Iterable[str], knows: str) -> None:
    """Refuse a parameter that a call does not have."""
    known = {plain(name) for name in knows.split()} | {"operation"}
    for name in given:
        if name not in known:
            raise Refused(400, "InvalidArgument", f"There is no parameter {name} here.")


def glob(pattern: str | None) -> str | None:
    """A parameter's wild card `%` for SQLite's GLOB, which tells upper from lower case."""
    if pattern is None:
        return None
    return re.sub(r"[*?\[]", lambda found: f"[{found[0]}]", pattern).replace("%", "*")


def _number(name: str, text: str) -> int:
    # 64 bits with a sign are what a number has on the wire and in SQLite.
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 1 << 63):
        raise Refused(400, "InvalidArgument", f"{name} is not a number: {text}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """Which items of a list are asked for: `length` of them, from `offset` or behind `marker`."""

    offset: int
    length: int
    last: bool = False
    marker: str | None = None

    @classmethod
    def of(cls, call: Call) -> Page:
        asked, offset = call.number("page_length"), call.number("page_offset")
        marker = call.text("page_start_marker")
        if offset is not None and marker is not None:
            raise Refused(400, "InvalidArgument", "page_offset or page_start_marker, not both.")
        length = PAGE if asked is None else max(1, min(PAGE, asked))
        return cls(offset or 0, length, call.has("last_page"), marker and marker.lower())

    def start(self, total: int, ids: Callable[[], Iterable[str]] = tuple) -> int:
        """Where the page begins in a list of `total`; `ids` are those of all items, in order."""
        if self.last:
            return (max(total, 1) - 1) // self.length * self.length
        if self.marker is None:
            return self.offset
        for place, identifier in enumerate(ids(), 1):
            if identifier == self.marker:
                return place
        raise Refused(400, "InvalidArgument", f"There is nothing of this id here: {self.marker}")


def paged(items: Sequence[str], total: int, offset: int) -> Answer:
    """A page of a list, with the two headers that tell how many there are, and how many follow."""
    after = max(0, total - offset - len(items))
    headers = {"Total-Result-Count": str(total), "Page-Truncated": str(after)}
    return Answer(200, f"<Data>{''.join(items)}</Data>" if items else "<Data/>", headers)


def paged_all(call: Call, items: Sequence[str], ids: Sequence[str] = ()) -> Answer:
    page = Page.of(call)
    offset = page.start(len(items), lambda: ids)
    return paged(items[offset : offset + page.length], len(items), offset)


@dataclass(frozen=True, slots=True)
class Resource:
    """One of a kind that has an id and a name, as in a list or alone."""

    id: str
    name: str
    fields: Mapping[str, answers.Field]


def one_or_list(call: Call, element: str, resources: Sequence[Resource]) -> Answer:
    if not call.name:
        items = [answers.element(element, each.fields) for each in resources]
        return paged_all(call, items, [each.id for each in resources])
    for each in resources:
        if call.name == each.name or call.name.lower() == each.id:
            return Answer(body=answers.element("Data", each.fields))
    raise not_found(element, call.name)


def not_found(element: str, identifier: str) -> Refused:
    message = f"{element} not found via identifier / bean property value '{identifier}'."
    return Refused(404, "NotFound", message)


def retry_after(faults: Faults) -> dict[str, str]:
    """The header that says when to ask again."""
    if faults.get("retry_after_missing"):
        return {}
    return {"Retry-After": str(faults.get("retry_after"))}


def parse(body: bytes) -> etree._Element:
    """A request's body. Entities are not expanded."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(400, "MalformedXML", f"The body is not XML: {error.msg}") from error


def attribute_number(element: etree._Element, *names: str) -> int | None:
    """The first of several attributes that is there, as a number."""
    for name in names:
        text = element.get(name)
        if text is not None:
            return _number(name, text)
    return None
