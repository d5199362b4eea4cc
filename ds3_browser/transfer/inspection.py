"""What an upload would meet, file by file, before anything is sent: the walk, and a check for each.

The job walks again and comes to the same: both go by the same walk, names and choices. Looks at the
disk alone; what is in the bucket is given.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .checks import Check, Choices, Conflict, FileChoice, Found, There, is_recent
from .conflicts import SameNames
from .events import Failure, FailureCode
from .plan import Aside, Item, WalkOptions, is_system_file, renamed, walk

AsSeen = tuple[str, int | None]  # path and time of a file: if it changes, it is another one


@dataclass(frozen=True, slots=True)
class Inspection:
    """How to look: the walk's options, what was chosen for single files, and those that were found
    to have other bytes than the objects of their size, as they were then."""

    walk: WalkOptions = WalkOptions()  # noqa: RUF009  # frozen
    files: tuple[FileChoice, ...] = ()
    differing: Collection[AsSeen] = frozenset()


def inspect(
    paths: Sequence[str],
    prefix: str,
    how: Inspection,
    there: Mapping[str, There],
    looked_at_ns: int,
    check: Callable[[], None] = lambda: None,
    base: str | None = None,
) -> Iterator[Found]:
    """All that the paths hold, each with its check. `check` is called at each and may raise."""
    choices, names = Choices(how.files), SameNames(paths, prefix, base)
    look = _Look(choices, names, there, looked_at_ns, how.differing)
    asides = list[Aside]()
    options = replace(how.walk, find_alike=True)
    for found in walk(paths, prefix, options, check, asides.append, choices, base):
        yield from map(_of_aside, asides)
        asides.clear()
        seen = look.troubled(found) if isinstance(found, Failure) else look.named(found)
        if seen is not None:
            yield seen
    yield from map(_of_aside, asides)


def _of_aside(aside: Aside) -> Found:
    link = aside.check is Check.LINK and not aside.name.endswith("/")
    return Found(
        *(aside.check, aside.name, aside.path, aside.size, aside.mtime_ns),
        is_object=False,
        is_link=link,
        choice=aside.choice,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    choices: Choices
    names: SameNames
    there: Mapping[str, There]
    looked_at_ns: int
    differing: Collection[AsSeen]

    def troubled(self, failure: Failure) -> Found | None:
        name, path = failure.name or "", failure.path or ""
        not_allowed = failure.code is FailureCode.NAME_NOT_ALLOWED
        check = Check.NOT_ALLOWED if not_allowed else Check.UNREADABLE
        plain = Found(check, name, path, detail=failure.detail)
        chosen = self.choices.of(path, check)
        if chosen is None or chosen.choice is not Conflict.RENAME or not chosen.name:
            return plain
        found = renamed(failure, chosen.name)
        if isinstance(found, Failure):
            return replace(plain, detail=found.detail)
        first = self.names.give(found.name, path)
        if first is not None:
            return replace(plain, detail=first, new_name=found.name)
        seen = self._alone(found)
        if seen.there is not None:
            return seen
        return replace(seen, check=check, name=name, new_name=found.name, is_renamed=True)

    def named(self, item: Item) -> Found | None:
        first = self.names.first(item.name, item.path)
        if first is None:
            return self._alone(item)
        if item.is_folder:
            return None  # one is as good as the other
        number = self.names.number(item.name, item.path, lambda name: name in self.there)
        seen = self._found(Check.TWICE, item)
        return replace(seen, detail=first, new_name=number)

    def _alone(self, item: Item) -> Found:
        known = self.there.get(item.name)
        if known is not None and known.coming:
            return replace(self._found(Check.COMING, item), there=known)
        if known is not None:
            like = known.is_like(item.size, item.mtime_ns) and not self._differs(item)
            return replace(self._found(Check.LIKE if like else Check.UNLIKE, item), there=known)
        if is_recent(item.mtime_ns, self.looked_at_ns):
            return self._found(Check.RECENT, item)
        if item.alike:
            return self._found(Check.ALIKE, item)
        if item.is_folder:
            return self._found(Check.LINK, item)
        system = is_system_file(os.path.basename(item.path))
        return self._found(Check.SYSTEM if system else Check.GOOD, item)

    def _differs(self, item: Item) -> bool:
        return (item.path, item.mtime_ns) in self.differing

    def _found(self, check: Check, item: Item) -> Found:
        return Found(check, item.name, item.path, item.size, item.mtime_ns)
