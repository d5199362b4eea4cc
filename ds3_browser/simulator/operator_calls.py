"""The calls about records: list, show, create, modify, delete, the same for every kind.

What a kind has of its own is in operator_rules.py. Lists come in the order of their kind, a page at
a time, and can be asked for those with some values. Creations answer 201, deletions 204.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any  # a value is as many types as a record's fields are

from . import parameters
from .answers import element
from .bucket_calls import identity
from .calls import PAGING, Answer, Call, Page, Route, Routes, paged
from .kinds import KINDS, Column, Kind
from .operator_rules import Rules
from .records import Record, Records, written
from .references import remove
from .setup import defaults
from .store import Refused, Store

# Flags that would make other calls of these.
_LACKS = {
    "GET tape_partition": "full_details",
    "GET tape_partition/": "full_details",
    "PUT storage_domain/": "convert_to_ds3_target",
}
Shown = Callable[[Record], Record]
Function = Callable[[Call], Answer]


class OperatorCalls:
    """`shown` gives, for some kinds, the record with what is worked out when it is looked at.

    `settle` brings what time does up to now: what was persisted before a change is where it was.
    """

    def __init__(
        self,
        store: Store,
        records: Records,
        rules: Rules,
        shown: Mapping[str, Shown],
        settle: Callable[[], None],
    ) -> None:
        self._store = store
        self._records = records
        self._rules = rules
        self._shown = shown
        self._settle = settle

    def routes(self) -> Routes:
        routes: dict[str, Route] = {}
        for kind in KINDS.values():
            routes.update(self._of(kind))
        return routes

    def _of(self, kind: Kind) -> dict[str, Route]:
        name = kind.resource
        asked = f"{kind.parameters('asked')} {self._rules.also_asked(name)} {PAGING}"
        calls = {
            "list": (f"GET {name}", self._list, asked),
            "show": (f"GET {name}/", self._show, ""),
            "create": (f"POST {name}", self._create, kind.parameters("needed", "given")),
            "modify": (f"PUT {name}/", self._modify, kind.parameters("changed")),
            "delete": (f"DELETE {name}/", self._delete, ""),
        }
        return {
            way: Route(
                self._bound(function, kind), knows, since=kind.since, lacks=_LACKS.get(way, "")
            )
            for call, (way, function, knows) in calls.items()
            if call in kind.calls
        }

    def _bound(self, function: Callable[[Kind, Call], Answer], kind: Kind) -> Function:
        def answer(call: Call) -> Answer:
            if call.method != "GET" or kind.resource in self._shown:
                self._settle()
            return function(kind, call)

        return answer

    # --- looking

    def _list(self, kind: Kind, call: Call) -> Answer:
        fits = [
            self._fits(column, call)
            for column in kind.columns.values()
            if "asked" in column.marks and call.text(column.parameter) is not None
        ]
        also = self._rules.also_fits(kind.resource, call)
        found = [
            self._looked_at(record)
            for record in self._rules.every(kind.resource, call)
            if all(fit(record) for fit in fits) and also(record)
        ]
        order = self._rules.order(kind, call)
        found.sort(key=lambda record: _place(kind, order, record))
        page = Page.of(call)
        offset = page.start(len(found), lambda: [record.id for record in found])
        shown = found[offset : offset + page.length]
        items = [self._element(kind, kind.element, record) for record in shown]
        return paged(items, len(found), offset)

    def _fits(self, column: Column, call: Call) -> Callable[[Record], bool]:
        """A filter of a list. In texts `%` stands for anything."""
        name, wanted = column.name, self._value(column, call)
        if column.type == "text" and "%" in wanted:
            pattern = like(wanted)
            return lambda record: pattern.fullmatch(str(record[name] or "")) is not None
        return lambda record: record[name] == wanted

    def _show(self, kind: Kind, call: Call) -> Answer:
        record = self._rules.find(kind.resource, call)
        return Answer(body=self._element(kind, "Data", self._looked_at(record)))

    def _looked_at(self, record: Record) -> Record:
        """A record with the fields that are worked out now."""
        shown = self._shown.get(record.kind)
        return record if shown is None else shown(record)

    def _element(self, kind: Kind, called: str, record: Record) -> str:
        return element(called, written(kind, record))

    # --- changing

    def _create(self, kind: Kind, call: Call) -> Answer:
        given = self._given(kind, call, "needed", "given")
        for column in kind.columns.values():
            if "needed" in column.marks and given.get(column.name) is None:
                raise Refused(400, "InvalidArgument", f"A {column.parameter} is required.")
        identifier = identity(given.pop("Id", None))
        with self._store.transaction():
            fields: Mapping[str, Any] = {
                **defaults(kind.resource, self._store.now()),
                **given,
            }
            fields = self._rules.before_creation(kind.resource, fields, call)
            self._check_name(kind, fields, None)
            record = self._records.insert(kind.resource, fields, id=identifier)
        return Answer(201, self._element(kind, "Data", self._looked_at(record)))

    def _modify(self, kind: Kind, call: Call) -> Answer:
        given = self._given(kind, call, "changed")
        with self._store.transaction():
            record = self._rules.find(kind.resource, call)
            changes = self._rules.before_change(record, given, call)
            self._check_name(kind, changes, record)
            record = self._records.update(record, **changes) if changes else record
        return Answer(body=self._element(kind, "Data", self._looked_at(record)))

    def _delete(self, kind: Kind, call: Call) -> Answer:
        with self._store.transaction():
            record = self._rules.find(kind.resource, call)
            self._rules.before_deletion(record, call)
            remove(self._records, record)
        return Answer(204)

    # --- parameters

    def _given(self, kind: Kind, call: Call, *marks: str) -> dict[str, Any]:
        """The fields a request says. An empty value is null where that may be, else nothing."""
        given: dict[str, Any] = {}
        for column in kind.columns.values():
            if not (column.marks & set(marks) and call.has(column.parameter)):
                continue
            if call.text(column.parameter) is not None:
                given[column.name] = self._value(column, call)
            elif "nil" in column.marks:
                given[column.name] = None
        return given

    def _value(self, column: Column, call: Call) -> Any:
        """What a call says of a field. Raises Refused where it makes no sense."""
        if column.type == "date":
            return call.date(column.parameter)
        text = call.required(column.parameter)
        if column.refers_to is not None:
            return self._rules.id_of(column.refers_to, text)
        return parameters.value(column.parameter, column.type, column.words, text)

    def _check_name(self, kind: Kind, fields: Mapping[str, Any], record: Record | None) -> None:
        """A name is somebody's alone within its kind."""
        name = fields.get("Name")
        if name is None:
            return
        others = [other for other in self._records.every(kind.resource) if other.name == name]
        if any(record is None or other.id != record.id for other in others):
            raise Refused(409, "Conflict", f"There is a {kind.element} of this name: {name}")


def _place(kind: Kind, order: Iterable[str], record: Record) -> tuple[Any, ...]:
    """A key to sort by. Null comes first, words in the order of their declaration."""
    places: list[Any] = []
    for name in order:
        column = kind.columns[name.removeprefix("-")]
        value = record[column.name]
        if column.words and value is not None:
            value = column.words.index(value)
        if name.startswith("-"):
            value = -(value or 0)
        places += [value is not None, value if value is not None else 0]
    return (*places, record.id)


def like(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("%")), re.DOTALL)
