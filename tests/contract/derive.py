"""Derive facts.json from the vendor's contracts: requests, payloads and enumerations.

Run it once for each new contract, never in a test; the tests read facts.json alone:

    python tests/contract/derive.py contract_5_8.xml contract_3_2.xml > tests/contract/facts.json

The first contract gives the facts, the second one (an older release) only says what of them it
lacks. Names are those on the wire: parameters in snake_case, fields as the `s3` naming convention
writes them.

A request is its verb and path, its operation, its parameters with their types, and the payload of
each status. A payload's field reads like this:

    "Name": "string"                  always there; never an empty element
    "@NodeId": "uuid omit"            an attribute; left out when there is nothing to say
    "DefaultBlobSize": "long nil"     an empty element when there is nothing to say
    "Objects*": "JobChunkApiBean"     repeated, without an element around it
    "Buckets/Bucket*": ...            repeated, in one element around all
    "(CommonPrefixes/Prefix)*": ...   repeated, in an element around each
    "Versioning": "VersioningLevel=NONE"   what a new one has, if it is not told
"""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SHORT = {
    "java.lang.String": "string",
    "java.lang.Object": "string",
    "java.lang.Integer": "int",
    "java.lang.Long": "long",
    "java.lang.Boolean": "boolean",
    "java.lang.Double": "double",
    "java.util.Date": "date",
    "java.util.UUID": "uuid",
    "java.util.Set": "set",
    "null": "",
}
# The vendor's own maintenance calls: no client of this kind has them.
INTERNAL = "spectrainternal"
PATHS = {
    ("NOT_ALLOWED", "NOT_ALLOWED"): "/",
    ("REQUIRED", "NOT_ALLOWED"): "/{bucket}",
    ("REQUIRED", "REQUIRED"): "/{bucket}/{object}",
}


@dataclass
class Facts:
    enums: dict[str, list[str]] = field(default_factory=dict)
    requests: dict[str, dict[str, object]] = field(default_factory=dict)
    types: dict[str, dict[str, object]] = field(default_factory=dict)


def facts(contract: ET.Element) -> Facts:
    found = Facts()
    for handler in contract.iter("RequestHandler"):
        if INTERNAL not in handler.get("Name", ""):
            found.requests[title(handler)] = request(handler)
    for each in contract.iter("Type"):
        name = simple(each.get("Name", ""))
        constants = each.find("EnumConstants")
        if constants is None:
            found.types[name] = payload(each)
        else:
            found.enums[name] = sorted(c.get("Name", "") for c in constants)
    return found


def title(handler: ET.Element) -> str:
    """A request's name, with the half of the contract it is in: some names are in both."""
    name = handler.get("Name", "").rpartition(".")[2]
    return f"{handler.get('Classification')} {name.removesuffix('RequestHandler')}"


def request(handler: ET.Element) -> dict[str, object]:
    described = handler.find("Request")
    assert described is not None
    said: dict[str, object] = {
        "call": f"{described.get('HttpVerb')} {path(described)}",
        "answers": dict(answers(handler)),
    }
    if described.get("Operation"):
        said["operation"] = described.get("Operation", "").lower()
    for key, tag in (("optional", "OptionalQueryParams"), ("required", "RequiredQueryParams")):
        given = {
            snake(each.get("Name", "")): short(each.get("Type", ""))
            for each in described.iterfind(f"{tag}/Param")
            if each.get("Name") != "Operation"
        }
        if given:
            said[key] = given
    return said


def path(described: ET.Element) -> str:
    resource = described.get("Resource")
    if resource is None:
        asked = described.get("BucketRequirement", ""), described.get("ObjectRequirement", "")
        return PATHS[asked]
    one = "/{id}" if described.get("IncludeIdInPath") == "true" else ""
    return f"/_rest_/{resource.lower()}{one}"


def answers(handler: ET.Element) -> Iterator[tuple[str, str]]:
    """Status and payload type; `Bucket*` is a list of buckets, nothing an empty body."""
    for code in handler.iter("ResponseCode"):
        kinds = [
            short(each.get("ComponentType", "")) + "*"
            if each.get("Type") == "array"
            else short(each.get("Type", ""))
            for each in code.iter("ResponseType")
        ]
        yield code.findtext("Code", ""), " ".join(sorted(kinds))


def payload(described: ET.Element) -> dict[str, object]:
    said: dict[str, object] = {
        "fields": dict(of_payload(each) for each in described.iterfind("Elements/Element"))
    }
    if described.get("NameToMarshal") is not None:
        said["element"] = described.get("NameToMarshal")
    return said


def of_payload(described: ET.Element) -> tuple[str, str]:
    """A field's name on the wire, and what it is."""
    marks = {
        each.get("Name", "").rpartition(".")[2]: {
            fact.get("Name", ""): fact.get("Value", "") for fact in each.iter("AnnotationElement")
        }
        for each in described.iter("Annotation")
    }
    name = described.get("Name", "")
    kind = short(described.get("ComponentType") or described.get("Type", ""))
    renamed = marks.get("CustomMarshaledName", {})
    name = capital(renamed.get("Value") or name)
    if described.get("Type") in ("array", "java.util.Set"):
        around = capital(renamed.get("CollectionValue", ""))
        each_alone = renamed.get("CollectionValueRenderingMode") == "BLOCK_FOR_EVERY_ELEMENT"
        name = f"({around}/{name})*" if each_alone else f"{around}/{name}*".lstrip("/")
    if "MarshalXmlAsAttribute" in marks:
        name = f"@{name}"
    when = marks.get("ExcludeFromMarshaler", {}).get("Value")
    if when == "ALWAYS":
        return name, f"{kind} never"
    absent = " omit" if when else " nil" if "Optional" in marks else ""
    default = [
        f"={facts['Value']}"
        for mark, facts in marks.items()
        if mark.startswith("Default") and "Value" in facts
    ]
    return name, "".join([kind, *default, absent])


def simple(name: str) -> str:
    return re.split(r"[.$]", name)[-1]


def short(name: str) -> str:
    return SHORT.get(name) or ("" if name == "null" else simple(name))


def capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def lacking(old: Facts, new: Facts) -> dict[str, object]:
    """What an older release has not: enumerations' words, requests, parameters, fields."""
    return {
        "enums": _missing(old.enums, new.enums),
        "requests": sorted(set(new.requests) - set(old.requests)),
        "parameters": _missing(_parameters(old), _parameters(new)),
        "fields": _missing(_fields(old), _fields(new)),
        "types": sorted(set(new.types) - set(old.types)),
    }


def _missing(old: dict[str, list[str]], new: dict[str, list[str]]) -> dict[str, list[str]]:
    gone = {name: sorted(set(new[name]) - set(old[name])) for name in new if name in old}
    return {name: each for name, each in gone.items() if each}


def _parameters(known: Facts) -> dict[str, list[str]]:
    return {
        name: [word for key in ("optional", "required") for word in dict(each.get(key, {}))]  # type: ignore[call-overload]
        for name, each in known.requests.items()
    }


def _fields(known: Facts) -> dict[str, list[str]]:
    return {name: list(dict(each["fields"])) for name, each in known.types.items()}  # type: ignore[call-overload]


def main(newest: Path, oldest: Path) -> None:
    new = facts(ET.parse(newest).getroot())
    old = facts(ET.parse(oldest).getroot())
    said = {
        "enums": new.enums,
        "requests": new.requests,
        "types": new.types,
        "not in 3.2": lacking(old, new),
    }
    json.dump(said, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
