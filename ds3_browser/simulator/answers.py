"""Answers as XML: elements and attributes sorted by name, no namespace, no declaration.

An optional value that is null is an empty element; a null attribute is left out. Dates are UTC
with milliseconds and a Z.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NOT_PLAIN = re.compile(r"[^ !#-%'-;=?-\ud7ff]")

Value = str | int | float | bool | None
Field = Value | list[str]

# A bare carriage return is lost on every reader of XML, and so are tabs in attributes.
_TEXT = {"\r": "&#13;"}
_ATTRIBUTE = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


@functools.lru_cache(maxsize=4096)
def date(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def element(name: str, fields: Mapping[str, Field]) -> str:
    """An element of sorted children. A list holds ready-made elements, in its own order."""
    inner = "".join(
        "".join(value) if isinstance(value, list) else leaf(key, value)
        for key, value in sorted(fields.items())
    )
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def leaf(name: str, value: Value) -> str:
    text = _lawful(_text(value))
    return f"<{name}>{escape(text, _TEXT)}</{name}>" if text else f"<{name}/>"


def tag(name: str, attributes: Mapping[str, Value], inner: Iterable[str] = ()) -> str:
    """An element of sorted attributes; one whose value is None is left out."""
    written = "".join(
        f' {key}="{quoted(_text(value))}"'
        for key, value in sorted(attributes.items())
        if value is not None
    )
    body = "".join(inner)
    return f"<{name}{written}>{body}</{name}>" if body else f"<{name}{written}/>"


def _text(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def quoted(text: str) -> str:
    if _NOT_PLAIN.search(text) is None:
        return text  # as nearly every name, and a large job has a million
    return escape(_lawful(text), _ATTRIBUTE)


def _lawful(text: str) -> str:
    """Text without the characters that XML cannot carry, as a refused parameter may have them."""
    return NOT_XML.sub("\ufffd", text)


def error(code: str, status: int, message: str, resource: str, request_id: int) -> str:
    return element(
        "Error",
        {
            "Code": code,
            "HttpErrorCode": status,
            "Message": message,
            "Resource": resource,
            "ResourceId": request_id,
        },
    )
