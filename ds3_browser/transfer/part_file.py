"""One downloaded object's file, from its first byte to its name.

Bytes go into `<name>.<job>.ds3part` beside the target. Whole and verified, it is synced, given its
name without overwriting anything unasked, and its folder is synced. Each blob opens the file for
itself, so no thread can write through what another has closed.
"""

from __future__ import annotations

import contextlib
import ctypes
import enum
import errno
import io
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from . import metadata
from .errors import DiskUnusable, LocalFileError
from .events import FailureCode
from .plan import fitting, numbered

WORTH_A_LOOK = 1 << 20  # bytes
COMPARED_AT_ONCE = 1 << 20

_FULL = {errno.ENOSPC, errno.EDQUOT}
_UNUSABLE = {errno.EROFS, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}
_IN_THE_WAY = (FileExistsError, NotADirectoryError, IsADirectoryError)


class Existing(enum.Enum):
    """What to do with an object whose file is there already.

    SKIP_SAME skips one of the same size and checksum, and keeps both where they differ. ASK has
    somebody say what becomes of each.
    """

    SKIP_SAME = "skip same"
    SKIP = "skip"
    REPLACE = "replace"
    KEEP_BOTH = "keep both"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Target:
    """The folder that a download goes to. `device` is where it was when the job began."""

    folder: str
    device: int

    @classmethod
    def make(cls, folder: str) -> Target:
        """Make the folder if it is not there. Raises OSError."""
        os.makedirs(folder, exist_ok=True)
        return cls(folder, os.stat(folder).st_dev)

    @classmethod
    def found(cls, folder: str) -> Target:
        """The folder as it is. Raises OSError where it is not there."""
        return cls(folder, os.stat(folder).st_dev)

    def check(self) -> None:
        """Raise DiskUnusable where the target is gone.

        It was a disk that is no longer there; what stands in its place is another one.
        """
        try:
            there = os.stat(self.folder).st_dev == self.device
        except OSError:
            there = False
        if not there:
            raise DiskUnusable(self.folder, os.strerror(errno.ENODEV), None)

    def new_file(self, path: str) -> io.FileIO:
        """Make a file, and the folders above it where they are not there; never the target itself.

        Raises FileExistsError, DiskUnusable, OSError.
        """
        self.check()
        try:
            return io.FileIO(path, "x+")
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            return io.FileIO(path, "x+")


class PartFile:
    """`path` is where the object goes; another one after it was put in place beside a namesake.

    `size` is bytes of the whole; `attributes` is the metadata that came with any of its blobs.
    """

    def __init__(
        self, target: Target, path: str, job_id: int, size: int, *, again: bool = False
    ) -> None:
        """`again` where an earlier run may have put the very file in place already."""
        self.path = path
        self._again = again
        self.attributes: Mapping[str, tuple[str, ...]] = {}
        self._target = target
        self._job_id = job_id
        self.size = size
        self._part: str | None = None
        self._whole: io.FileIO | None = None
        self._making = threading.Lock()

    @classmethod
    def left(cls, target: Target, path: str, job_id: int, size: int, part: str) -> PartFile:
        """What an earlier run left of it in the file `part`."""
        found = cls(target, path, job_id, size, again=True)
        found._part = part
        return found

    @contextlib.contextmanager
    def opened(self) -> Iterator[io.FileIO]:
        """The file for one blob, made by the first. Raises LocalFileError, DiskUnusable."""
        with self.told():
            with self._making:
                file = io.FileIO(self._part, "r+") if self._part else self._make()
            # Closed within the block: some network disks tell only then that they are full.
            with file:
                yield file

    def _make(self) -> io.FileIO:
        # A small one is there as soon as it would be known to be in the way.
        if self.size >= WORTH_A_LOOK and os.path.isdir(self.path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.path)
        folder, name = os.path.split(self.path)
        number = 1
        while True:
            part = os.path.join(folder, _part_name(name, self._job_id, number))
            try:
                file = self._target.new_file(part)
            except FileExistsError:
                number += 1  # somebody's file, or that of a name with the same beginning
                continue
            self._part = part
            if self.size < WORTH_A_LOOK:
                return file
            try:
                _allocate(file, self.size)
            except OSError:
                file.close()
                self.discard()
                raise
            return file

    @property
    def begun(self) -> bool:
        """Whether there is a file, of this run or of an earlier one."""
        return self._part is not None

    def write_whole(self, data: bytes | bytearray) -> None:
        """Write all of a file at once. Raises LocalFileError, DiskUnusable.

        It stays open until it is named, so that it is opened once and not twice.
        """
        with self.told():
            file = self._make()
            try:
                _write_all(file, data)
            except OSError:
                file.close()
                raise
            self._whole = file

    def write_beginning(self, data: bytes | bytearray) -> None:
        """Write what came of a file before it broke off. Raises LocalFileError, DiskUnusable."""
        with self.opened() as file:
            _write_all(file, data)

    def sync(self) -> None:
        """Have the file's bytes on the disk. Raises LocalFileError, DiskUnusable."""
        with self.told():
            if self._whole is None:
                with self.opened() as file:
                    os.fsync(file.fileno())
                return
            file, self._whole = self._whole, None
            with file:
                os.fsync(file.fileno())

    def name(self, existing: Existing, check: Callable[[], None]) -> bool:
        """Give the synced file its name; False if it was skipped for one that is there.

        Raises LocalFileError, DiskUnusable; the file is still there then. The folder is not synced.
        `check` is called at each piece where bytes have to be compared, and may raise.
        """
        with self.told():
            assert self._part is not None
            if not self._named(self._part, existing, check):
                self.discard()
                return False
            self._part = None
            return True

    def restore(self) -> None:
        """Give the named file its times and permissions. Never fails."""
        metadata.restore(self.path, self.attributes)

    def _named(self, part: str, existing: Existing, check: Callable[[], None]) -> bool:
        """What came into being since the plan was made is not overwritten either."""
        if self._again and _same_content(part, self.path, check):
            os.unlink(part)
            return True
        if existing is Existing.REPLACE:
            os.replace(part, self.path)
            return True
        wanted, number = self.path, 2
        while not _renamed(part, self.path):
            same = existing is Existing.SKIP_SAME and _same_content(part, self.path, check)
            if same or existing is Existing.SKIP:
                return False
            self.path = numbered(wanted, number)
            number += 1
        return True

    def discard(self) -> None:
        """Remove what there is of it. Never fails; harmless once it has its name."""
        part, self._part = self._part, None
        if self._whole is not None:
            with contextlib.suppress(OSError):
                self._whole.close()
            self._whole = None
        if part is not None:
            with contextlib.suppress(OSError):
                os.unlink(part)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Turn what the disk says into what it means for the object, or for the whole job."""
        try:
            yield
        except ConnectionError:
            raise
        except OSError as error:
            raise self._meaning(error) from error

    def _meaning(self, error: OSError) -> LocalFileError:
        folder = self._target.folder
        words = error.strerror or type(error).__name__
        if error.errno in _FULL:
            return DiskUnusable(folder, words, free_space(folder), self.size)
        if error.errno in _UNUSABLE or not os.access(folder, os.W_OK):
            return DiskUnusable(folder, words, None)
        if isinstance(error, _IN_THE_WAY):
            return in_the_way(self.path)
        return LocalFileError(FailureCode.LOCAL_WRITE, self.path, words)


def _write_all(file: io.FileIO, data: bytes | bytearray) -> None:
    """A disk that is nearly full takes a part of it first, and then says so."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) or 0 :]


def _part_name(name: str, job_id: int, number: int = 1) -> str:
    again = f"-{number}" if number > 1 else ""
    return fitting(name, f".{job_id}{again}.ds3part")


def is_part_name(path: str, job_id: int) -> bool:
    """Whether a path is called as a part file of the job may be: one that was archived as such."""
    return re.search(rf"\.{job_id}(-\d+)?\.ds3part$", path) is not None


def left_over(path: str, job_id: int) -> str | None:
    """The part file that an earlier run of a job left beside a path, if there is one."""
    folder, name = os.path.split(path)
    part = os.path.join(folder, _part_name(name, job_id))
    return part if os.path.isfile(part) else None


def _same_content(one: str, other: str, check: Callable[[], None]) -> bool:
    try:
        if not os.path.isfile(other) or os.path.getsize(one) != os.path.getsize(other):
            return False
        with io.FileIO(one) as first, io.FileIO(other) as second:
            while True:
                check()
                piece = first.read(COMPARED_AT_ONCE)
                if piece != second.read(COMPARED_AT_ONCE):
                    return False
                if not piece:
                    return True
    except OSError:
        return False


def in_the_way(path: str) -> LocalFileError:
    """A file stands where a folder should be, or the other way round; `detail` names a file."""
    above = path
    while above and not os.path.lexists(above):
        above = os.path.dirname(above)
    blocking = None if os.path.isdir(above) else os.path.basename(above)
    return LocalFileError(FailureCode.IN_THE_WAY, path, blocking)


def folds_names(folder: str) -> bool:
    """Whether the disk takes names that differ in case for one. Tried with a file of our own."""
    try:
        with tempfile.NamedTemporaryFile(prefix="ds3-Case-", dir=folder) as file:
            return os.path.exists(os.path.join(folder, os.path.basename(file.name).swapcase()))
    except OSError:
        return sys.platform in ("win32", "darwin")


def free_space(folder: str) -> int | None:
    """Bytes free where a folder is; None where nobody can say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _allocate(file: io.FileIO, size: int) -> None:
    """Take the room for the whole file now, so that a disk too small is known at once.

    Not `posix_fallocate`: where the file system cannot do it, that one writes to every block.
    """
    if size and sys.platform == "linux":
        offset, length = ctypes.c_int64(0), ctypes.c_int64(size)
        if _libc().fallocate(file.fileno(), 0, offset, length) == 0:
            return
        code = ctypes.get_errno()
        if code in _FULL:
            raise OSError(code, os.strerror(code))
    file.truncate(size)


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _renamed(part: str, path: str) -> bool:
    """Give the file its name unless that is taken; False then. Atomic where links are known."""
    try:
        os.link(part, path)
    except FileExistsError:
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path) from None
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            return False
        os.rename(part, path)
        return True
    os.unlink(part)
    return True


def sync_folder(folder: str) -> None:
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
