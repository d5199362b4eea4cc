"""Values as requests write them: a parameter's text becomes what a record keeps.

Words of an enumeration and booleans are read in any case.
"""

from __future__ import annotations

from .answers import NOT_XML
from .store import Refused

_BITS = {"int": 32, "long": 64}


def value(name: str, type: str, words: tuple[str, ...], text: str) -> str | int | bool:
    """A parameter's value. Raises Refused, with 400, where it cannot be one."""
    if words:
        return _word(name, words, text)
    if type == "bool":
        return _flag(name, text)
    if type in _BITS:
        return _whole(name, _BITS[type], text)
    if NOT_XML.search(text):
        raise Refused(400, "InvalidArgument", f"{name} holds a character that XML cannot carry.")
    return text


def _word(name: str, words: tuple[str, ...], text: str) -> str:
    if text.upper() not in words:
        raise refused(name, f"one of {' '.join(words)}", text)
    return text.upper()


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise refused(name, "true or false", text)
    return text.lower() == "true"


def _whole(name: str, bits: int, text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise refused(name, "a number", text)
    number = int(text)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise refused(name, f"a number of {bits} bits", text)
    return number


def refused(name: str, wanted: str, text: str) -> Refused:
    return Refused(400, "InvalidArgument", f"{name} is {wanted}, not {text}")
