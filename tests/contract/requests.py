"""The requests of the facts, as the simulator's table of routes names its calls."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from .facts import facts, words


@dataclass(frozen=True)
class Request:
    """A request of the contract. `answers` are the payload types by their status."""

    name: str
    verb: str
    path: str
    operation: str
    required: dict[str, str]
    optional: dict[str, str]
    answers: dict[str, str]

    @property
    def resource(self) -> str:
        return self.path.removeprefix("/_rest_/").removesuffix("/{id}")

    @property
    def wanted(self) -> str:
        """Its name in the table of routes."""
        one = "/" if self.path.endswith("{id}") else ""
        return f"{self.verb} {self.resource}{one} {self.operation}".rstrip()

    def query(self) -> str:
        """A query with all that is required, of values that make some sense."""
        asked = [f"operation={self.operation}"] if self.operation else []
        return "&".join([*asked, *(_given(*each) for each in self.required.items())])


def _given(name: str, kind: str) -> str:
    """A parameter with a value of its type, or bare if it is a flag."""
    if kind == "void":
        return name
    if kind in facts()["enums"]:
        return f"{name}={words(kind)[0]}"
    known = {"uuid": str(uuid.UUID(int=7)), "int": "1", "long": "1", "boolean": "true"}
    return f"{name}={known.get(kind, 'x')}"


def under_rest() -> Iterator[Request]:
    """All requests under `/_rest_/`, by name."""
    for name, said in sorted(facts()["requests"].items()):
        verb, path = said["call"].split()
        if path.startswith("/_rest_/"):
            yield Request(
                name.split()[1],
                verb,
                path,
                said.get("operation", ""),
                said.get("required", {}),
                said.get("optional", {}),
                said["answers"],
            )
