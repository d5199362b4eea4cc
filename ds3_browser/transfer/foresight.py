"""What a download would meet at its target: files that are there, names that cannot be as they are.

Looks at the disk and changes nothing on it. The job finds the same, by the same rules, and looks
again at each file when its turn comes.
"""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .part_file import in_the_way
from .plan import Targets, safe_parts


class Coming(enum.Enum):
    """What becomes of an object otherwise than that its file is written; the worst first."""

    FOLDER_IN_THE_WAY = "folder in the way"
    FILE_IN_THE_WAY = "file in the way"
    RENAMED = "renamed"  # its name is none for a file here
    NUMBERED = "numbered"  # another object leads to its path
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One object. `path` is where it would go; `blocking` the name of a file in the way."""

    coming: Coming
    name: str
    path: str
    size: int | None
    blocking: str | None = None


def foresee(
    objects: Iterable[tuple[str, int | None]], target: str, base_prefix: str
) -> Iterator[tuple[Foreseen, ...]]:
    """For each object, by name and size, what is to be said of it; mostly nothing."""
    for _, _, _, said in foresee_paths(objects, target, base_prefix):
        yield said


def foresee_paths(
    objects: Iterable[tuple[str, int | None]], target: str, base_prefix: str
) -> Iterator[tuple[str, int | None, str, tuple[Foreseen, ...]]]:
    """The same with each object's name, size and path."""
    target = os.path.abspath(target)
    targets = Targets(target, base_prefix, folds=seems_to_fold(target))
    for name, size in objects:
        path = targets.path_for(name)
        said = []
        if (coming := _of_name(name, base_prefix, path)) is not None:
            said.append(Foreseen(coming, name, path, size))
        if (above := targets.file_above(path)) is not None:
            blocking = os.path.basename(above)
            said.append(Foreseen(Coming.FILE_IN_THE_WAY, name, path, size, blocking))
        elif (found := _on_disk(name, path, size)) is not None:
            said.append(found)
        yield name, size, path, tuple(said)


def _of_name(name: str, base_prefix: str, path: str) -> Coming | None:
    rest = name.removeprefix(base_prefix)
    parts = (rest[:-1] if rest.endswith("/") else rest).split("/")
    safe = safe_parts(rest)
    if safe and os.path.basename(path) != safe[-1] and not rest.endswith("/"):
        return Coming.NUMBERED
    return Coming.RENAMED if parts not in (safe, [""]) else None


def _on_disk(name: str, path: str, size: int | None) -> Foreseen | None:
    folder = name.endswith("/")
    try:
        os.lstat(path)
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        blocking = in_the_way(path).detail
        return Foreseen(Coming.FILE_IN_THE_WAY, name, path, size, blocking)
    except (OSError, ValueError):
        return None
    if os.path.isdir(path):
        return None if folder else Foreseen(Coming.FOLDER_IN_THE_WAY, name, path, size)
    if folder:
        return Foreseen(Coming.FILE_IN_THE_WAY, name, path, size, os.path.basename(path))
    return Foreseen(Coming.EXISTS, name, path, size)


def seems_to_fold(folder: str) -> bool:
    """Whether the disk takes names that differ in case for one, as far as looking can tell.

    By the first folder at or above this one that is there and has a letter in its name.
    """
    folder = os.path.abspath(folder)
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    above, name = os.path.split(folder)
    if name.swapcase() == name:
        return sys.platform in ("win32", "darwin")
    try:
        return os.path.samefile(folder, os.path.join(above, name.swapcase()))
    except OSError:
        return False
