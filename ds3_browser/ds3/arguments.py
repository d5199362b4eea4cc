"""What scripts give, looked at before anything is sent.

A wrong type is a TypeError, as in the original SDK; a value that cannot be is a Ds3Error, as the
appliance would answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NoReturn

from ds3_browser.protocol.headers import Metadata
from ds3_browser.protocol.records import Endpoint, ObjectKind, PutItem

from .failures import Ds3Error, not_success

#: A local file, as `open` takes it.
AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def typed(value: object, kind: type) -> None:
    if not isinstance(value, kind):
        _wrong(kind, value)


def _wrong(wanted: type, value: object) -> NoReturn:
    got = type(value).__name__
    raise TypeError(f"expected instance of type {wanted.__name__}, got instance of type {got}")


def text(value: object) -> str:
    if not isinstance(value, str):
        _wrong(str, value)
    return value


def text_or_none(value: object) -> None:
    if value is not None:
        text(value)


def amount(value: int) -> int:
    """A count or a number of bytes."""
    if isinstance(value, bool):
        _wrong(int, value)
    typed(value, int)
    if value < 0:
        raise not_success(400, f"A number cannot be less than nothing: {value}.", None)
    return value


def amount_or_none(value: int | None) -> None:
    if value is not None:
        amount(value)


def bucket(name: object) -> str:
    if not text(name):
        raise not_success(400, "A bucket name cannot be empty.", None)
    return str(name)


def items(given: object) -> list[object]:
    """What any iterable holds, but for a text, which is one name and no list of them."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        _wrong(list, given)
    objects = list(given)
    if not objects:
        raise Ds3Error("A list of objects is needed, and this list is empty.")
    return objects


def names(given: object) -> list[str]:
    return [name(each) for each in items(given)]


def name(given: object) -> str:
    """An object's name; scripts from Python 2 may hold it as bytes."""
    return text(given.decode() if isinstance(given, bytes) else given)


def put_item(given: object) -> PutItem:
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        _wrong(tuple, given)
    if len(given) != 2:
        raise TypeError(f"An object to put is its name and its size, and this is {given!r}.")
    called, size = given
    return PutItem(name(called), amount(size))


def endpoint(given: str | Endpoint, proxy: str | None) -> Endpoint:
    if not isinstance(given, Endpoint):
        return Endpoint.parse(given, default_scheme="http", proxy=proxy)
    if proxy is None:
        return given
    return replace(given, proxy=Endpoint.parse(given.url, proxy=proxy).proxy)


def path(objectName: object, realFileName: object) -> str:
    if realFileName is None:
        return text(objectName)
    if isinstance(realFileName, (bytes, os.PathLike)):
        return os.fsdecode(realFileName)
    return text(realFileName)


def leads_out(name: str) -> bool:
    """Whether a name is a path outside of the folder one is in, here or on Windows."""
    parts = name.replace("\\", "/").split("/") if os.name == "nt" else name.split("/")
    return os.path.isabs(name) or bool(os.path.splitdrive(name)[0]) or ".." in parts


def checked(metadata: Metadata | None) -> Metadata:
    if metadata is None:
        return {}
    typed(metadata, dict)
    for name, values in metadata.items():
        text(name)
        for value in [values] if isinstance(values, str) else _values(values):
            text(value)
    return metadata


def _values(given: object) -> Iterable[object]:
    if not isinstance(given, (list, tuple)):
        _wrong(str, given)
    return given


def kind(objType: str | None) -> ObjectKind | None:
    if objType is None:
        return None
    if objType.upper() not in ObjectKind.__members__:
        raise not_success(400, f"An object is DATA or FOLDER, not {objType}.", None)
    return ObjectKind(objType.upper())
