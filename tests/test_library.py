"""docs/library.md: its examples run as they stand, in their order, and print what one expects.

Its table of calls is that of the program: `python -m tests.test_library` writes it anew.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import pytest

from ds3_browser.protocol.bucket_calls import BucketCalls
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.job_calls import JobCalls
from ds3_browser.protocol.object_calls import ObjectCalls
from ds3_browser.protocol.system_calls import SystemCalls
from ds3_browser.protocol.user_calls import UserCalls
from ds3_browser.simulator.server import Simulator
from tests.test_docs import ROOT, python_blocks, run_block

PAGE = ROOT / "docs" / "library.md"

AREAS = {
    "Buckets and listings": BucketCalls,
    "Objects": ObjectCalls,
    "Jobs": JobCalls,
    "The appliance": SystemCalls,
    "Users and notifications": UserCalls,
}
CALLS = "## All calls of the client\n"

#: What each example prints, by the words it is found by.
PRINTED = {
    "connected as": ["connected as spectra"],
    "by hand": ["release 5.8.0"],
    "print(bucket.name)": ["films", "  a.mov 1", "  b.mov 2", "  c.mov 3", "  old/d.mov 4"],
    "max_keys=2": ["['a.mov', 'b.mov']", "['c.mov', 'old/d.mov']"],
    'delimiter="/"': ["('old/',) ['a.mov', 'b.mov', 'c.mov']"],
    "whole.get": [
        "done 2 of 2",
        "done ['back/rushes/a.mov', 'back/rushes/b.mov']",
    ],
    "chunks_ready": ["remember the archive"],
    "byte_range": [
        "10 {'colour': ('red, almost',), 'tag': ('a', 'b')}",
        "b'345'",
        "note True",
    ],
    "no-such-bucket": ["not there: NoSuchBucket"],
    "Feature.VERSIONS": ["4 versions"],
    "createClientFromEnv": ["[('beowulf.txt', 5)]"],
    "find_objects": [
        *("a.mov 1 in cache", "b.mov 2 in cache", "c.mov 3 in cache", "old/d.mov 4 in cache"),
    ],
}


@pytest.fixture
def environment(simulator: Simulator, client: Ds3Client) -> dict[str, str]:
    client.create_bucket("films")
    for size, name in enumerate(("a.mov", "b.mov", "c.mov", "old/d.mov"), 1):
        client.put_object("films", name, bytes(size))
    return {
        "DS3_ENDPOINT": simulator.url,
        "DS3_ACCESS_KEY": simulator.access_id,
        "DS3_SECRET_KEY": simulator.secret_key,
        "http_proxy": "",
    }


def block(words: str) -> str:
    marks = {"by hand": "Endpoint.parse("}
    (found,) = [each for each in python_blocks(PAGE) if marks.get(words, words) in each]
    return found


@pytest.mark.parametrize("words", PRINTED)
def test_an_example_prints_what_it_shows(
    environment: dict[str, str], folder: Path, words: str
) -> None:
    lines = run_block(block(words), folder, **environment).splitlines()
    expected = PRINTED[words]
    assert lines[: len(expected)] == expected


def test_the_example_of_progress_counts_to_the_end(
    environment: dict[str, str], folder: Path
) -> None:
    lines = run_block(block("events.Progress()"), folder, **environment).splitlines()
    assert lines[-1] == "3,000,000 of 3,000,000 bytes, 1 objects"


def test_the_example_of_deletion_leaves_nothing(environment: dict[str, str], folder: Path) -> None:
    lines = run_block(block("delete_bucket("), folder, **environment).splitlines()
    assert lines == ["2 []", "[]"]


def test_the_chunk_loop_waits_where_there_is_no_cache(
    environment: dict[str, str], folder: Path, simulator: Simulator
) -> None:
    simulator.faults.set("tape_delay", 1.5)
    simulator.faults.set("retry_after", 1)
    printed = run_block(block("chunks_ready"), folder, **environment)
    assert printed.splitlines() == ["remember the archive"]


def test_every_example_of_the_page_is_run() -> None:
    shown = [*PRINTED, "events.Progress()", "delete_bucket("]
    assert len(python_blocks(PAGE)) == len({block(words) for words in shown})


def test_type_checkers_are_content_with_the_examples(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mypy = pytest.importorskip("mypy.api")
    paths = [folder / f"example_{n}.py" for n in range(len(python_blocks(PAGE)))]
    for path, shown in zip(paths, python_blocks(PAGE), strict=True):
        path.write_text(shown, "utf-8")
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    options = ["--strict", "--config-file=", "--follow-imports=silent"]
    options += [f"--cache-dir={folder / 'cache'}", f"--python-executable={sys.executable}"]
    told, wrong, status = mypy.run([*options, *map(str, paths)])
    assert status == 0, told + wrong


# --- the table of calls --------------------------------------------------------------------------


def table_of_calls() -> str:
    lines = [
        "",
        "What each one raises, and from which release on it is known, is in its docstring.",
    ]
    for area, calls in AREAS.items():
        lines += ["", f"### {area}", "", "| call | does |", "|---|---|"]
        for name, call in vars(calls).items():
            if not name.startswith("_"):
                lines.append(f"| `{name}` | {first_sentence(call)} |")
    return "\n".join([*lines, ""])


def first_sentence(call: object) -> str:
    words = inspect.getdoc(call)
    assert words, f"{call} has no docstring"
    paragraph = " ".join(words.partition("\n\n")[0].split())
    found = re.match(r".*?[.](?= [A-Z`]|$)", paragraph)
    assert found, f"{call} begins without a sentence"
    return found[0].replace("|", "\\|")


def test_the_table_of_calls_is_that_of_the_program() -> None:
    _, begins, table = PAGE.read_text("utf-8").partition(CALLS)
    assert begins
    assert table == table_of_calls()


if __name__ == "__main__":
    before = PAGE.read_text("utf-8").partition(CALLS)[0]
    PAGE.write_text(before + CALLS + table_of_calls(), "utf-8")
