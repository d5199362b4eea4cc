"""What a call is and how it is found: its parameters, its answer, the table of routes, paging.

Parameter names are snake_case; other spellings mean the same. A flag counts by its presence,
whatever its value. Booleans and enumerations are read in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from . import answers
from .faults import Faults
from .store import Refused

PAGE = 1000
PAGING = "page_length page_offset last_page"


@dataclass(frozen=True, slots=True)
class Call:
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

    def word(self, name: str) -> str | None:
        """A parameter that is a word of an enumeration."""
        text = self.text(name)
        return text and text.upper()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """A call and, separated by spaces, the parameters it knows."""

    function: Callable[[Call], Answer]
    knows: str = ""


# `GET bucket` is a collection, `GET bucket/` one of it, `PUT bucket/ start_bulk_put` an operation.
Routes = Mapping[str, Route]


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


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Refused(400, "InvalidArgument", f"{name} is not a number: {text}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """Which items of a list are asked for: `length` of them from `offset`."""

    offset: int
    length: int
    last: bool = False

    @classmethod
    def of(cls, call: Call) -> Page:
        asked = call.number("page_length")
        length = PAGE if asked is None else max(1, min(PAGE, asked))
        return cls(call.number("page_offset") or 0, length, call.has("last_page"))

    def start(self, total: int) -> int:
        return (max(total, 1) - 1) // self.length * self.length if self.last else self.offset


def paged(items: Sequence[str], total: int, offset: int) -> Answer:
    """A page of a list, with the two headers that tell how many there are, and how many follow."""
    after = max(0, total - offset - len(items))
    headers = {"Total-Result-Count": str(total), "Page-Truncated": str(after)}
    return Answer(200, f"<Data>{''.join(items)}</Data>" if items else "<Data/>", headers)


def paged_all(call: Call, items: Sequence[str]) -> Answer:
    page = Page.of(call)
    offset = page.start(len(items))
    return paged(items[offset : offset + page.length], len(items), offset)


@dataclass(frozen=True, slots=True)
class Resource:
    """One of a kind that has an id and a name, as in a list or alone."""

    id: str
    name: str
    fields: Mapping[str, answers.Field]


def one_or_list(call: Call, element: str, resources: Sequence[Resource]) -> Answer:
    if not call.name:
        return paged_all(call, [answers.element(element, each.fields) for each in resources])
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
