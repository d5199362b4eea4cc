"""What kinds of records there are: a table of their fields, and how to read it.

A line of the table is a field's name in answers, its type, and words about it:

    nil  omit         may be null: an empty element then, or none at all
    needed  given     a creation has to say it, or may
    changed           a modification may say it
    asked             the list can be asked for those with one value of it
    cascade  cleared  with what it refers to the record goes, or the field becomes null;
                      without either, what is referred to cannot be deleted

Types are text, int, long, double, bool, date, an enumeration, or `@kind`: the id of a record, for
which its name may be given. A type's `=word` is what a new record has if nobody says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .enumerations import ENUMERATIONS
from .kind_table import TABLE


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a kind. `parameter` is what requests call it."""

    name: str
    parameter: str
    type: str
    default: str | None
    marks: frozenset[str]

    @property
    def refers_to(self) -> str | None:
        return self.type[1:] if self.type.startswith("@") else None

    @property
    def default_value(self) -> bool | int | str | None:
        """What a new record has, as records keep it; None for a date, which depends on now."""
        if self.default is None or self.type == "date":
            return None
        if self.type == "bool":
            return self.default == "true"
        return int(self.default) if self.type in ("int", "long") else self.default

    @property
    def words(self) -> tuple[str, ...]:
        return ENUMERATIONS.get(self.type, ())


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of records. `calls` are those it has, of: list show create modify delete.

    `order` are the fields that its list is sorted by, a minus before those that go down. `open` is
    what any user may read, not only an administrator. `since` is the first release that has it.
    """

    resource: str
    element: str
    calls: frozenset[str]
    order: tuple[str, ...]
    open: bool
    since: tuple[int, ...]
    columns: Mapping[str, Column]

    def parameters(self, *marks: str) -> str:
        """The parameters whose fields have one of some marks, separated by spaces."""
        return " ".join(
            column.parameter for column in self.columns.values() if column.marks & set(marks)
        )


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _column(line: str) -> Column:
    name, kind, *marks = line.split()
    kind, _, default = kind.partition("=")
    return Column(name, snake(name), kind, default or None, frozenset(marks))


def _kind(resource: str, head: str, lines: str) -> Kind:
    """A kind as the table has it: `Element: calls; order`, behind a bar `open` or its release."""
    element, _, rest = head.partition(":")
    rest, _, more = rest.partition("|")
    calls, _, order = rest.partition(";")
    columns = [_column(line) for line in lines.splitlines() if line.strip()]
    return Kind(
        resource,
        element,
        frozenset(calls.split()),
        tuple(order.split()),
        "open" in more,
        tuple(int(part) for part in more.split(".")) if "." in more else (0,),
        {column.name: column for column in columns},
    )


KINDS: Mapping[str, Kind] = {
    resource: _kind(resource, head, lines) for resource, (head, lines) in TABLE.items()
}
