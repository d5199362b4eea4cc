"""Files and objects side by side: which are the same, which differ, which are on one side only.

A folder is walked and a prefix is listed in one order, that of names, and both are gone through
together; what is found goes to `comparison_rows`. So memory holds one folder's names and one page
of the bucket, however many there are. Nothing is read from tape: a listing tells sizes and dates,
an object's head its checksums.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Protocol, TypeVar

from ds3_browser.protocol.errors import BadReply, NotFound
from ds3_browser.protocol.records import ObjectHead

from . import checksum
from .checks import There
from .comparison_records import Pair, Proof, Row, Verdict, Why
from .conflicts import ASK_EACH, ListPage, pages_below
from .errors import LocalFileError
from .events import FailureCode
from .file_body import READING
from .plan import NOT_REGULAR, forbidden

Tick = Callable[[], None]
Tell = Callable[[int, int], None]
T = TypeVar("T")

AT_ONCE = 4  # files that are read at once: small ones wait for the appliance most of the time


@dataclass(frozen=True, slots=True)
class Here:
    """A file, or what else the disk has under a name. A folder's name ends in `/`.

    `why` says why it cannot be compared, `detail` in the system's words. Only a folder with nothing
    in it is `empty`.
    """

    name: str
    path: str
    size: int | None = None
    mtime_ns: int | None = None
    why: Why | None = None
    detail: str | None = None
    empty: bool = False


class Rows(Protocol):
    """Takes what is found."""

    def add(self, row: Row) -> None: ...
    def replace(self, row: Row) -> None: ...
    def to_read(self) -> Iterator[Row]: ...
    def find_alike(self) -> None: ...


class Heads(Protocol):
    """Tells of an object what its head says. Blocks. `as_here` makes work for another thread."""

    def head_object(self, bucket: str, name: str) -> ObjectHead | None: ...
    def as_here(self, work: Callable[[], T]) -> Callable[[], T]: ...


# --- names, sizes and times ----------------------------------------------------------------------


def compare(list_page: ListPage, pairs: Sequence[Pair], rows: Rows, check: Tick) -> None:
    """Compare by what a walk and a listing tell. `check` is called at each name and may raise.

    Raises LocalFileError where a folder that was chosen cannot be read, BadReply for a listing that
    is in no order, and what `list_page` raises.
    """
    folders = sorted((one for one in pairs if one.is_folder), key=lambda one: one.name)
    files = sorted((one for one in pairs if not one.is_folder), key=lambda one: one.name)
    if files:
        here = (found for one in files if (found := _at(one)) is not None)
        _compare(here, _in_order(_named(list_page, files)), rows, check)
    for folder in folders:
        _compare(
            () if _is_missing(folder) else files_below(folder.path, folder.name, check),
            _in_order(_below(list_page, folder.name)),
            rows,
            check,
        )
    rows.find_alike()


def _compare(here: Iterable[Here], there: Iterable[There], rows: Rows, check: Tick) -> None:
    unseen = _Unseen()
    for file, found in side_by_side(here, there):
        check()
        if file is not None:
            unseen.see(file)
        row = _row(file, found, unseen)
        if row is not None:
            rows.add(row)


def side_by_side(
    here: Iterable[Here], there: Iterable[There]
) -> Iterator[tuple[Here | None, There | None]]:
    """Both, each in the order of names, as pairs of what has one name."""
    left, right = iter(here), iter(there)
    file, found = next(left, None), next(right, None)
    while file is not None or found is not None:
        if found is None or (file is not None and file.name < found.name):
            yield file, None
            file = next(left, None)
        elif file is None or found.name < file.name:
            yield None, found
            found = next(right, None)
        else:
            yield file, found
            file, found = next(left, None), next(right, None)


class _Unseen:
    """Folders of which nobody knows what is in them: nothing below is missing here for that."""

    def __init__(self) -> None:
        self._why = dict[str, Here]()

    def see(self, file: Here) -> None:
        if file.why in (Why.LINK, Why.UNREADABLE):
            self._why[file.name.rstrip("/")] = file

    def above(self, name: str) -> Here | None:
        parts = name.split("/") if self._why else []
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        return next((self._why[one] for one in above if one in self._why), None)


def _row(file: Here | None, there: There | None, unseen: _Unseen) -> Row | None:
    if there is None:
        return _only_here(file) if file is not None else None
    row = Row(
        there.name,
        None,
        Verdict.ONLY_THERE,
        there=there.size,
        modified=there.modified,
        why=Why.UPLOADING if _is_uploading(there) else None,
    )
    if file is None:
        above = unseen.above(there.name)
        if above is None:
            return row
        return replace(row, verdict=Verdict.NOT_COMPARED, why=above.why, detail=above.detail)
    row = replace(row, path=file.path, here=file.size, mtime_ns=file.mtime_ns, detail=file.detail)
    if file.why is not None or row.why is not None:
        return replace(row, verdict=Verdict.NOT_COMPARED, why=file.why or row.why)
    if file.name.endswith("/"):  # a folder has no bytes, and its date means nothing
        return _of_sizes(replace(row, mtime_ns=None, here=0))
    return _of_sizes(row)


def _only_here(file: Here) -> Row | None:
    if file.name.endswith("/") and not file.empty and file.why is None:
        return None  # what is in it speaks for it
    why, verdict = file.why, Verdict.ONLY_HERE
    if why is not None:
        verdict = Verdict.NOT_COMPARED
    detail = file.detail
    if why is None and (detail := forbidden(file.name)) is not None:
        why = Why.NOT_ALLOWED
    return Row(
        file.name,
        file.path,
        verdict,
        why,
        here=file.size,
        mtime_ns=file.mtime_ns,
        detail=detail,
    )


def _of_sizes(row: Row) -> Row:
    there = There(row.name, row.there or 0, row.modified or 0.0)
    if row.here != row.there:
        return replace(row, verdict=Verdict.DIFFERS, why=Why.SIZE)
    if not there.is_like(row.here, row.mtime_ns):
        return replace(row, verdict=Verdict.DIFFERS, why=Why.NEWER)
    return replace(row, verdict=Verdict.SAME)


def _is_uploading(there: There) -> bool:
    return there.modified != there.modified  # NaN


# --- this side -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Level:
    """A folder that is being gone through; `keys` are still to come, the next one last.

    A key is a name in the folder, with a slash behind it where that is a folder.
    """

    path: str
    prefix: str
    keys: list[str]


def files_below(folder: str, prefix: str, check: Tick) -> Iterator[Here]:
    """All that a folder holds, in the order of the names it would have below a prefix.

    A link is given, and not followed. Holds the names of one folder a level. Raises LocalFileError
    where the folder itself cannot be read.
    """
    try:
        levels = [_Level(folder, prefix, _keys(folder))]
    except OSError as error:
        raise _unreadable(folder, error) from error
    while levels:
        level = levels[-1]
        if not level.keys:
            levels.pop()
            continue
        check()
        key = level.keys.pop()
        name, path = level.prefix + key, os.path.join(level.path, key.removesuffix("/"))
        if not key.endswith("/"):
            yield _entry(path, name)
            continue
        try:
            below = _keys(path)
        except OSError as error:
            yield Here(name, path, why=Why.UNREADABLE, detail=error.strerror)
            continue
        yield Here(name, path, empty=not below)
        levels.append(_Level(path, name, below))


def _keys(folder: str) -> list[str]:
    """What is in a folder, the last by name first."""
    with os.scandir(folder) as entries:
        found = [f"{one.name}/" if _is_folder(one) else one.name for one in entries]
    found.sort(reverse=True)
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _entry(path: str, name: str) -> Here:
    try:
        return _seen(name, path, os.lstat(path))
    except OSError as error:
        return Here(name, path, why=Why.UNREADABLE, detail=error.strerror)


def _at(pair: Pair) -> Here | None:
    """The file of a pair, if there is one. A link that was chosen itself is meant."""
    try:
        return _seen(pair.name, pair.path, os.stat(pair.path))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # no file has such a name
            return None
        return Here(pair.name, pair.path, why=Why.UNREADABLE, detail=error.strerror)


def _is_missing(folder: Pair) -> bool:
    return folder.optional and not os.path.lexists(folder.path)


def _seen(name: str, path: str, status: os.stat_result) -> Here:
    size, mtime_ns = status.st_size, status.st_mtime_ns
    if stat.S_ISREG(status.st_mode):
        return Here(name, path, size, mtime_ns)
    if stat.S_ISLNK(status.st_mode):
        return Here(name, path, None, mtime_ns, Why.LINK)
    return Here(name, path, None, mtime_ns, Why.NOT_A_FILE, NOT_REGULAR)


def _unreadable(path: str, error: OSError) -> LocalFileError:
    gone = error.errno == errno.ENOENT
    code = FailureCode.VANISHED if gone else FailureCode.UNREADABLE
    return LocalFileError(code, path, error.strerror)


# --- the other side ------------------------------------------------------------------------------


def _below(list_page: ListPage, prefix: str) -> Iterator[There]:
    for page in pages_below(list_page, prefix or None, None):
        # The folder itself, where somebody made it, is no name in it.
        yield from (one for one in page if one.name != prefix)


def _named(list_page: ListPage, pairs: Sequence[Pair]) -> Iterator[There]:
    """The objects of some names, which are in order; many of one folder are listed together."""
    wanted = [pair.name for pair in pairs]
    found = list[There]()
    for folder, names in groupby(wanted, key=lambda name: name.rpartition("/")[0]):
        group = set(names)
        if len(group) > ASK_EACH:
            pages = pages_below(list_page, f"{folder}/" if folder else None, "/")
            found += (one for page in pages for one in page if one.name in group)
            continue
        for name in group:  # the name itself comes first among those that begin with it
            answer = list_page(prefix=name, max_keys=1)
            if name in answer.names[:1]:
                found.append(There(name, answer.sizes[0], answer.modified[0]))
    return iter(sorted(found, key=lambda one: one.name))


def _in_order(there: Iterable[There]) -> Iterator[There]:
    """What an appliance lists, as long as it is in order: else names would be missed."""
    last = ""
    for one in there:
        if one.name < last:
            raise BadReply(f"listed out of order: {one.name!r} after {last!r}")
        if one.name > last:  # else the page before ended with it
            yield one
        last = one.name


# --- bytes ---------------------------------------------------------------------------------------


def compare_bytes(client: Heads, bucket: str, rows: Rows, tell: Tell) -> None:
    """Compare the files that seem to be the same, or are newer, by checksums of their bytes.

    A few at once, by threads of its own. `tell` is given the files that are through and the bytes
    that were read, of all of them, at each piece and from any of the threads; it may raise. Goes on
    where it was left. Raises what asking the appliance raises.
    """
    reading, under_way = _Reading(tell), deque[Future[Row]]()

    def settle() -> None:
        rows.replace(under_way.popleft().result())

    with ThreadPoolExecutor(AT_ONCE, "comparison") as threads:
        try:
            for row in rows.to_read():
                work = partial(_by_bytes, client, bucket, row, reading)
                under_way.append(threads.submit(client.as_here(work)))
                if len(under_way) >= 2 * AT_ONCE:
                    settle()
            while under_way:
                settle()
        except BaseException:
            reading.stop()
            threads.shutdown(wait=False, cancel_futures=True)
            raise


class _Left(Exception):
    """Another thread has found that there is no use in going on."""


class _Reading:
    """What several threads have read together."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._stopped = False
        self._files = self._size = 0

    def stop(self) -> None:
        with self._lock:
            self._stopped = True

    def count(self, files: int, size: int) -> None:
        """So much more was read. Raises what `tell` raises, and where somebody has stopped."""
        with self._lock:
            if self._stopped:
                raise _Left
            self._files, self._size = self._files + files, self._size + size
            self._tell(self._files, self._size)


def _by_bytes(client: Heads, bucket: str, row: Row, reading: _Reading) -> Row:
    size, counted = row.here or 0, 0

    def check() -> None:
        nonlocal counted
        piece = min(checksum.PIECE, size - counted)
        counted += piece
        reading.count(0, piece)

    reading.count(0, 0)
    settled = _settled(client, bucket, row, check)
    reading.count(1, size - counted)
    return settled


def _settled(client: Heads, bucket: str, row: Row, check: Tick) -> Row:
    try:
        head = client.head_object(bucket, row.name)
    except NotFound:
        head = None
    if head is None:
        return replace(row, verdict=Verdict.NOT_COMPARED, why=Why.GONE)
    if head.size != row.here:
        return replace(row, verdict=Verdict.DIFFERS, why=Why.SIZE, there=head.size)
    try:
        with io.FileIO(os.open(row.path or "", READING)) as file:
            if not _is_as_seen(row, file):
                return replace(row, verdict=Verdict.NOT_COMPARED, why=Why.CHANGED)
            same = checksum.has_bytes_of(head, file, check)
            if not _is_as_seen(row, file):
                return replace(row, verdict=Verdict.NOT_COMPARED, why=Why.CHANGED)
    except OSError as error:
        return replace(row, verdict=Verdict.NOT_COMPARED, why=Why.UNREADABLE, detail=error.strerror)
    if same is None:
        return replace(row, proof=Proof.NONE_TOLD)
    if same:
        return replace(row, verdict=Verdict.SAME, why=None, proof=Proof.CHECKSUM)
    return replace(row, verdict=Verdict.DIFFERS, why=Why.BYTES, proof=Proof.CHECKSUM)


def _is_as_seen(row: Row, file: io.FileIO) -> bool:
    status = os.fstat(file.fileno())
    return (status.st_size, status.st_mtime_ns) == (row.here, row.mtime_ns)
