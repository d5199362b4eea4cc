"""Answers made from the facts: every field of a payload type is there, or those of release 3.2."""

from __future__ import annotations

from .facts import facts, fields

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
LONG = 9007199254740993  # a float cannot hold it
DATE = "2026-03-02T10:15:42.000Z"
_PLAIN = {
    "uuid": UUID,
    "long": str(LONG),
    "int": "7",
    "double": "0.5",
    "boolean": "true",
    "string": "text",
    "date": DATE,
    "void": "",
}


def sample(payload: str, element: str, *, old: bool = False) -> str:
    """An element of a payload type with one of everything, as `old` releases know it."""
    attributes, children = [], []
    for name, kind in sorted(fields(payload).items()):
        if old and name in facts()["not in 3.2"]["fields"].get(payload, ()):
            continue
        if name.startswith("@"):
            attributes.append(f' {name[1:]}="{_value(kind)}"')
        else:
            children.append(_children(name, kind, old))
    return f"<{element}{''.join(attributes)}>{''.join(children)}</{element}>"


def _children(name: str, kind: str, old: bool) -> str:
    path = name.replace("(", "").replace(")", "").replace("*", "").split("/")
    payload = kind.split()[0].split("=")[0]
    if payload in facts()["types"]:
        inner = sample(payload, path[-1], old=old)
    else:
        inner = f"<{path[-1]}>{_value(kind)}</{path[-1]}>"
    return f"<{path[0]}>{inner}</{path[0]}>" if len(path) > 1 else inner


def _value(kind: str) -> str:
    word = kind.split()[0].split("=")[0]
    return _PLAIN[word] if word in _PLAIN else str(facts()["enums"].get(word, ["text"])[0])
