"""Break one rule at a time, and see that the test which guards it notices.

Each `tests/mutations_*.py` beside this file holds a list `MUTATIONS`; every entry is a piece of
source text, what to put in its place, and the one test that must fail then. The package and its
tests are copied to a temporary folder, patched there, and the test is run against the copy.

    python tests/mutations.py [--jobs 2] [WORD ...]     only those whose name or file has a WORD

The last line counts; the exit code is 1 if a patch went unnoticed or could not be tried.
`tests/test_mutations.py` holds the lists to the sources, without running anything.
"""

from __future__ import annotations

import argparse
import importlib
import os
import queue
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("ds3_browser", "tests", "pyproject.toml", "resources", "docs", "packaging")
LIMIT_S = 180  # of one test; what hangs has been noticed
PASSED, FAILED = 0, 1  # pytest's exit codes


@dataclass(frozen=True, slots=True)
class Mutation:
    """One broken rule. `before` is in `file` exactly once; `test` fails when it reads `after`.

    `rule` says in words what no longer holds. `file` is below the package, `test` a pytest id
    below `tests/`.
    """

    rule: str
    file: str
    before: str
    after: str
    test: str

    @property
    def path(self) -> Path:
        return Path("ds3_browser") / self.file

    def applied(self, source: str) -> str:
        """The source with the rule broken. Raises ValueError where the text is not there once."""
        if (times := source.count(self.before)) != 1:
            raise ValueError(f"{self.file} has the text {times} times: {self.before!r}")
        return source.replace(self.before, self.after)


class Verdict(StrEnum):
    NOTICED = "noticed"
    UNNOTICED = "NOT NOTICED"
    NOT_GREEN = "NOT GREEN before"
    BROKEN = "NOT TRIED"


def every() -> list[Mutation]:
    """The entries of all lists."""
    found: list[Mutation] = []
    for file in sorted(Path(__file__).parent.glob("mutations_*.py")):
        found += importlib.import_module(f"tests.{file.stem}").MUTATIONS
    return found


class Copy:
    """A copy of the sources in a temporary folder, where one mutation at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, folder / name, ignore=ignore)
            elif source.exists():
                shutil.copy(source, folder / name)

    def try_one(self, mutation: Mutation) -> Verdict:
        file = self._folder / mutation.path
        source = file.read_text(encoding="utf-8")
        try:
            file.write_text(mutation.applied(source), encoding="utf-8")
        except ValueError:
            return Verdict.BROKEN
        try:
            code = self._run(mutation.test)
        finally:
            file.write_text(source, encoding="utf-8")
        if code not in (PASSED, FAILED, None):
            # A patch that no module can be imported with proves nothing, nor does a wrong name.
            return Verdict.BROKEN
        return Verdict.UNNOTICED if code == PASSED else Verdict.NOTICED

    def is_green(self, test: str) -> bool:
        return self._run(test) == PASSED

    def _run(self, test: str) -> int | None:
        """Pytest's exit code, None if it had to be ended."""
        command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._folder),
            "QT_QPA_PLATFORM": "offscreen",
        }
        try:
            ended = subprocess.run(
                [*command, "--timeout", "60", f"tests/{test}"],
                cwd=self._folder,
                env=environment,
                capture_output=True,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return ended.returncode


def try_all(mutations: Sequence[Mutation], jobs: int) -> list[tuple[Mutation, Verdict]]:
    """Try each in one of `jobs` copies; a test that fails without any patch is no witness."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as work:
        copies: queue.Queue[Copy] = queue.Queue()
        for number in range(jobs):
            copies.put(Copy(Path(work) / str(number)))
        with ThreadPoolExecutor(jobs) as threads:
            tests = sorted({mutation.test for mutation in mutations})
            green = dict(zip(tests, threads.map(lambda t: _with(copies, t), tests), strict=True))
            verdicts = list(threads.map(lambda m: _try(copies, m, green[m.test]), mutations))
    return list(zip(mutations, verdicts, strict=True))


def _with(copies: queue.Queue[Copy], test: str) -> bool:
    copy = copies.get()
    try:
        return copy.is_green(test)
    finally:
        copies.put(copy)


def _try(copies: queue.Queue[Copy], mutation: Mutation, green: bool) -> Verdict:
    if not green:
        return Verdict.NOT_GREEN
    copy = copies.get()
    try:
        verdict = copy.try_one(mutation)
    finally:
        copies.put(copy)
    print(f"{verdict:<16} {mutation.file:<28} {mutation.rule}", flush=True)
    return verdict


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    wanted = [
        each
        for each in every()
        if not options.words or any(word in each.rule + each.file for word in options.words)
    ]
    results = try_all(wanted, max(1, options.jobs))
    bad = [(mutation, verdict) for mutation, verdict in results if verdict is not Verdict.NOTICED]
    print()
    for mutation, verdict in bad:
        print(f"{verdict}: {mutation.rule}\n    {mutation.file}, by {mutation.test}")
    print(f"{len(results) - len(bad)} of {len(results)} patches were noticed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    # The lists import this module by its name; run as a script it would be there twice.
    sys.exit(importlib.import_module("tests.mutations").main())
