"""Where the user is, and what is selected there. Plain values that panes and doers hand around."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice


@dataclass(frozen=True, slots=True)
class Search:
    """Names that contain `text`, as it is typed. The appliance is asked for them.

    What else is asked for is told apart on this computer: the kind by its ending, days, bytes, and
    with `ejected` whether a copy is on a tape that is out of the library. With `deleted` it is what
    has versions and no latest one: Undelete brings it back.
    """

    text: str
    ending: str = ""
    newer: date | None = None
    older: date | None = None
    larger: int | None = None
    in_cache: bool = False
    ejected: bool = False
    deleted: bool = False

    @property
    def narrows(self) -> bool:
        """Whether some of what the appliance finds is left out here."""
        days = (self.newer, self.older)
        asked = (self.ending, *days, self.larger, self.in_cache, self.ejected, self.deleted)
        return any(one not in ("", None, False) for one in asked)


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the window: nothing (the welcome page), a session, a bucket or a folder in it.

    `prefix` is empty at a bucket's top and else ends with a slash. With `search` it is what was
    found in the bucket, or in all of the session's where no bucket is named. With `job` it is that
    expanded job, of whatever session. With `board` it is the jobs on the session's appliance, with
    `comparison` what the comparison of this number found.
    """

    session_id: str | None = None
    bucket: str | None = None
    prefix: str = ""
    search: Search | None = None
    job: int | None = None
    board: bool = False
    comparison: int | None = None

    @property
    def apart(self) -> bool:
        """Whether it is a page that lists nothing of a bucket and has a header of its own."""
        return self.job is not None or self.comparison is not None or self.board

    @property
    def lists_buckets(self) -> bool:
        return self.bucket is None and self.search is None and not self.apart

    @property
    def takes_uploads(self) -> bool:
        return self.bucket is not None and self.search is None

    @property
    def name(self) -> str:
        """The last part's name: the folder's or the bucket's; empty at a session."""
        if self.prefix:  # a folder's own name may be empty: `a//` holds what stands below `a/`
            return self.prefix[:-1].rpartition("/")[2]
        return self.bucket or ""

    @property
    def location(self) -> str:
        """`bucket/prefix`, as it is copied and shown; empty at a session."""
        return "" if self.bucket is None else f"{self.bucket}/{self.prefix}"

    @property
    def parent(self) -> Place | None:
        """One step up: folder, bucket, session; None above that."""
        if self.search is not None:
            return Place(self.session_id, self.bucket, self.prefix)
        if self.prefix:
            above, slash, _ = self.prefix[:-1].rpartition("/")
            return Place(self.session_id, self.bucket, above + slash)
        return None if self.bucket is None and not self.board else Place(self.session_id)

    def folder(self, prefix: str) -> Place:
        """Return a folder of the same bucket, by its whole prefix."""
        return Place(self.session_id, self.bucket, prefix)


@dataclass(frozen=True, slots=True)
class SelectedObject:
    name: str
    size: int | None


class ManyObjects(Sequence[SelectedObject]):
    """Very many objects, each made when it is looked at; of all at once only a part is told."""

    @abstractmethod
    def names(self) -> Sequence[str]: ...

    @abstractmethod
    def size(self) -> int | None:
        """Their bytes together; None where one's is not known."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is selected in a listed place: objects, and folders by their whole prefixes.

    On the page of a session the selected things are buckets; they are in `buckets`.
    """

    place: Place
    objects: Sequence[SelectedObject] = ()
    folders: tuple[str, ...] = ()
    buckets: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.objects) + len(self.folders) + len(self.buckets)

    @property
    def names(self) -> tuple[str, ...]:
        """The whole names in the order they are told: buckets, folders, objects."""
        return (*self.buckets, *self.folders, *self.object_names)

    @property
    def object_names(self) -> Sequence[str]:
        """The objects' whole names."""
        if isinstance(self.objects, ManyObjects):
            return self.objects.names()
        return tuple(one.name for one in self.objects)

    def first_names(self, number: int) -> tuple[str, ...]:
        """The first so many of the whole names."""
        objects = (one.name for one in self.objects)
        return tuple(islice(chain(self.buckets, self.folders, objects), number))

    @property
    def size(self) -> int | None:
        """The objects' bytes together; None where one is not known."""
        if isinstance(self.objects, ManyObjects):
            return self.objects.size()
        sizes = [one.size for one in self.objects if one.size is not None]
        return sum(sizes) if len(sizes) == len(self.objects) else None
