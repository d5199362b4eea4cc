"""The facts of the contract, as tests ask for them. See derive.py for what they say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("facts.json")


@cache
def facts() -> dict[str, Any]:
    """All of facts.json, whose shape is its own."""
    known: dict[str, Any] = json.loads(FACTS.read_text())
    return known


def fields(payload: str) -> dict[str, str]:
    """The fields of a payload type, by their names on the wire."""
    known: dict[str, str] = facts()["types"][payload]["fields"]
    return known


def words(enumeration: str) -> list[str]:
    known: list[str] = facts()["enums"][enumeration]
    return known
