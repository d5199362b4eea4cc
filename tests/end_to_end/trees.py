"""Trees of files for the end-to-end tests, and how two of them are compared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
import unicodedata
from pathlib import Path
from random import Random

#: Names an object can have that a client easily spoils, each of them legal in a POSIX file system.
HARD_NAMES = (
    *("two words", "a+b", "100%", "%41", "no#1", "what?", "a;b", "a&b", "a=b", "a@b", "a:b"),
    *("wow!", "a*b", "it's", "(1)", "[1]", "{1}", "a^b", "a|b", "~home", 'say "hi"', "<tag>"),
    *("back\\slash", "naïve café", "映像 記録", "🎬 take", " leads", "trails ", "dot.", "-rf"),
    *("a,b", "a`b", "a$b", "...", ".hidden", "x" * 200),
    unicodedata.normalize("NFC", "é-composed"),
    unicodedata.normalize("NFD", "é-decomposed"),
    unicodedata.normalize("NFC", "same é"),
    unicodedata.normalize("NFD", "same é"),
)


def standard_library(target: Path) -> Path:
    """Copy the running Python's standard library: no links, no caches, empty folders kept."""
    source = Path(sysconfig.get_path("stdlib"))

    def left_out(folder: str, names: list[str]) -> list[str]:
        paths = [Path(folder, name) for name in names]
        return [
            p.name for p in paths if p.is_symlink() or p.name in ("__pycache__", "site-packages")
        ]

    shutil.copytree(source, target, ignore=left_out)
    (target / "an empty folder").mkdir()
    return target


def seeded_tree(target: Path, files: int = 3000, seed: int = 16) -> Path:
    """Write a tree of small files: empty ones, deep folders, empty folders, and hard names."""
    random = Random(seed)
    folders = [target]
    target.mkdir()
    for number in range(files // 20):
        parent = random.choice(folders[-12:])
        folders.append(parent / (HARD_NAMES[number] if number < len(HARD_NAMES) else f"d{number}"))
        folders[-1].mkdir()
    deep = target.joinpath(*(f"level {n}" for n in range(40)))
    deep.mkdir(parents=True)
    folders.append(deep)
    names = [*HARD_NAMES, *(f"file {n}.bin" for n in range(files - len(HARD_NAMES)))]
    for number, name in enumerate(names):
        folder = folders[-1] if number % 50 == 0 else random.choice(folders)
        if number < len(HARD_NAMES):
            folder = folders[number % 5]
        path = folder / f"{name}.txt" if (folder / name).is_dir() else folder / name
        path.write_bytes(random.randbytes(random.choice((0, 0, 1, 37, 4000, 9000))))
    for number in range(5):
        (random.choice(folders) / f"nothing in {number}").mkdir()
    return target


def differences(one: Path, other: Path) -> list[str]:
    """What differs in two trees: names, kinds, bytes; an empty folder counts, a link is told."""
    found = []
    waiting = [Path()]
    while waiting:
        at = waiting.pop()
        here, there = _entries(one / at), _entries(other / at)
        found += [f"only in one: {at / name}" for name in sorted(here.keys() - there.keys())]
        found += [f"only in the other: {at / name}" for name in sorted(there.keys() - here.keys())]
        for name in here.keys() & there.keys():
            if here[name] != there[name]:
                found.append(f"{at / name}: {here[name]} and {there[name]}")
            elif here[name] == "folder":
                waiting.append(at / name)
            elif (one / at / name).read_bytes() != (other / at / name).read_bytes():
                found.append(f"differ: {at / name}")
    return found


def _entries(folder: Path) -> dict[str, str]:
    with os.scandir(folder) as entries:
        return {entry.name: _kind(entry) for entry in entries}


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    return "folder" if entry.is_dir() else "file"


def diff(one: Path, other: Path) -> str:
    """What the system's `diff -r` says; nothing where it is not installed."""
    program = shutil.which("diff")
    if program is None:
        return ""
    # Bytes: a name may be none in the locale that diff was started in.
    ended = subprocess.run([program, "-r", one, other], capture_output=True)
    return (ended.stdout + ended.stderr).decode("utf-8", "replace")


def counted(tree: Path) -> tuple[int, int]:
    """Files and empty folders of a tree, each of them one object; and their bytes."""
    objects = size = 0
    for folder, folders, files in os.walk(tree):
        objects += len(files) if folders or files else 1
        size += sum(os.stat(os.path.join(folder, name)).st_size for name in files)
    return objects, size
