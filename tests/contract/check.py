"""Hold a payload of the simulator against what the contract says of its type."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from .facts import facts, fields, words

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
WRAPPED = re.compile(r"(?P<around>\w+)/(?P<name>\w+)\*")
EACH = re.compile(r"\((?P<around>\w+)/(?P<name>\w+)\)\*")


@dataclass(frozen=True)
class Field:
    """A field as its line in the facts reads: see derive.py."""

    name: str
    kind: str
    may_be_nil: bool
    may_be_omitted: bool

    @classmethod
    def of(cls, name: str, line: str) -> Field:
        kind, *marks = line.split()
        return cls(name, kind.partition("=")[0], "nil" in marks, "omit" in marks)


def faults(root: etree._Element, payload: str) -> list[str]:
    """All that is wrong with an element that stands for a payload type; nothing if it is right."""
    if facts()["types"][payload].get("element") == "":  # its only field takes its place
        around = etree.Element("Data")
        around.append(deepcopy(root))
        root = around
    return list(_faults(root, payload, payload))


def list_faults(root: etree._Element, payload: str) -> list[str]:
    """All that is wrong with a list of a payload type in a `Data`."""
    found = [] if root.tag == "Data" else [f"the root is {root.tag}"]
    for item in root:
        if item.tag != element_of(payload):
            found.append(f"{item.tag} in a list of {payload}")
        found += _faults(item, payload, payload)
    return found


def element_of(payload: str) -> str:
    """What an item of this type is called in a list."""
    named: str = facts()["types"][payload].get("element", payload)
    return named


def root_of(payload: str) -> str:
    """What the root of an answer of this type is called."""
    named: str | None = facts()["types"][payload].get("element")
    return "Jobs" if named == "" else named or "Data"


def _faults(element: etree._Element, payload: str, where: str) -> Iterator[str]:
    known = [Field.of(name, line) for name, line in fields(payload).items()]
    attributes = {field.name[1:] for field in known if field.name.startswith("@")}
    for name in element.attrib:
        if name not in attributes:
            yield f"{where} has no attribute {name}"
    children: set[str] = set()
    for field in known:
        if field.name.startswith("@"):
            yield from _attribute(element, field, where)
        elif field.name.endswith("*"):
            yield from _repeated(element, field, where, children)
        else:
            children.add(field.name)
            yield from _single(element, field, where)
    for child in element:
        if child.tag not in children:
            yield f"{where} has no field {child.tag}"
    names = [str(child.tag) for child in element]
    if names != sorted(names):
        yield f"{where} is not sorted: {names}"
    if list(element.attrib) != sorted(map(str, element.attrib)):
        yield f"{where} has attributes out of order"


def _attribute(element: etree._Element, field: Field, where: str) -> Iterator[str]:
    text = element.get(field.name[1:])
    if text is not None:
        yield from _text(text, field, f"{where} {field.name}")
    elif not field.may_be_omitted:
        yield f"{where} lacks {field.name}"


def _repeated(
    element: etree._Element, field: Field, where: str, children: set[str]
) -> Iterator[str]:
    each, wrapped = EACH.fullmatch(field.name), WRAPPED.fullmatch(field.name)
    match = each or wrapped
    if match is None:
        children.add(field.name[:-1])
        items = element.findall(field.name[:-1])
    else:
        around = element.findall(match["around"])
        children.add(match["around"])
        items = [item for block in around for item in block]
        if wrapped and len(around) != 1 and not field.may_be_omitted:
            yield f"{where} has {len(around)} elements {match['around']}"
        for item in items:
            if item.tag != match["name"]:
                yield f"{where} has {item.tag} in {match['around']}"
    for item in items:
        yield from _value(item, field, f"{where}/{field.name}")


def _single(element: etree._Element, field: Field, where: str) -> Iterator[str]:
    found = element.findall(field.name)
    if len(found) > 1:
        yield f"{where} has {field.name} {len(found)} times"
    elif found:
        yield from _value(found[0], field, f"{where}/{field.name}")
    elif not field.may_be_omitted:
        yield f"{where} lacks {field.name}"


def _value(element: etree._Element, field: Field, where: str) -> Iterator[str]:
    if field.kind in facts()["types"]:
        if len(element) or element.attrib or not field.may_be_nil:
            yield from _faults(element, field.kind, where)
    elif len(element) or element.attrib:
        yield f"{where} is no text"
    else:
        yield from _text(element.text or "", field, where)


def _text(text: str, field: Field, where: str) -> Iterator[str]:
    if not text and (field.may_be_nil or field.kind in ("string", "set")):
        return
    if not _reads(text, field.kind):
        yield f"{where} is no {field.kind}: {text!r}"


def _reads(text: str, kind: str) -> bool:
    match kind:
        case "string" | "set":
            return True
        case "boolean":
            return text in ("true", "false")
        case "int" | "long":
            size = 31 if kind == "int" else 63
            return text.lstrip("-").isdigit() and -(1 << size) <= int(text) < 1 << size
        case "double":
            return bool(re.fullmatch(r"-?\d+(\.\d+)?", text))
        case "date":
            return bool(DATE.fullmatch(text))
        case "uuid":
            return str(uuid.UUID(text)) == text
        case _:
            return text in words(kind)


def too_new(root: etree._Element, payload: str) -> list[str]:
    """The fields and words of an element that release 3.2 does not know."""
    return list(_too_new(root, payload, payload))


def _too_new(element: etree._Element, payload: str, where: str) -> Iterator[str]:
    unknown = facts()["not in 3.2"]["fields"].get(payload, ())
    for name, line in fields(payload).items():
        kind = line.split()[0].partition("=")[0]
        plain = name.strip("(*").replace(")*", "").replace("*", "")
        if name.startswith("@"):
            found = [] if element.get(name[1:]) is None else [element]
        else:
            found = element.findall(plain)
        if found and name in unknown:
            yield f"{where} has {name}"
        late = facts()["not in 3.2"]["enums"].get(kind, ())
        for item in found:
            if kind in facts()["types"]:
                yield from _too_new(item, kind, f"{where}/{plain}")
            elif (item.get(name[1:]) if name.startswith("@") else item.text) in late:
                yield f"{where} {name} is {item.text}"
