"""What the window promises, section by section, and the tests that hold it.

A test says what it holds with a mark: the number of the promise and its words.

    @pytest.mark.ui("1.19", "a click on a header orders as people count")

The number before the dot is the section of the interface's design, the words are the same wherever
the number is. What no test holds yet stands in `OPEN`. `python tests/ui_promises.py` writes
docs/ui_promises.md anew.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "ui_promises.md"

SECTIONS = {
    1: "The main window",
    2: "Columns, units, formats",
    3: "States",
    4: "Colours, type, themes",
    5: "Transfers: detail, waits, verbs",
    6: "Jobs on appliance",
    7: "Upload: what is checked, what is chosen",
    8: "Download: what is at the target",
    9: "Sessions, delete, properties, new bucket, new folder, preferences",
    10: "First run and the demo",
    11: "Errors, notices, wording",
    12: "Keyboard",
    13: "Context menus",
    14: "Drag and drop",
    15: "Accessibility, languages, memory",
}

# Promised, and held by no test: not built, or not shown.
OPEN: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Held:
    """A promise and a test that holds it."""

    number: str
    words: str
    file: str
    test: str


def held() -> list[Held]:
    """Read all test files for their marks, without importing them."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [each for file in files for each in _marks(file)]


def _marks(file: Path) -> Iterator[Held]:
    where = file.relative_to(ROOT / "tests").as_posix()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func).endswith("mark.ui"):
                number, words = map(ast.literal_eval, mark.args)
                yield Held(number, words, where, node.name)


def promises() -> dict[str, tuple[str, list[Held]]]:
    """All promises by number, in their order, with the tests that hold each.

    Raises ValueError where a number has two wordings, or is held and said to be open.
    """
    tests: defaultdict[str, list[Held]] = defaultdict(list)
    words = dict(OPEN)
    for each in held():
        if each.number in OPEN:
            raise ValueError(f"{each.number} is held by {each.test}: take it out of OPEN")
        if words.setdefault(each.number, each.words) != each.words:
            raise ValueError(f"{each.number} has other words at {each.file}, {each.test}")
        tests[each.number].append(each)
    return {number: (words[number], tests[number]) for number in sorted(words, key=_order)}


def _order(number: str) -> tuple[int, int]:
    section, place = number.split(".")
    return int(section), int(place)


def _of(number: str) -> int:
    return _order(number)[0]


def page() -> str:
    lines = [
        "# What the window promises",
        "",
        "Each behaviour of the interface by the section of its design, and the tests that hold it.",
        "Written by `python tests/ui_promises.py` from the tests' own marks.",
        "",
        "| section | promises | held by a test | share |",
        "|---|---|---|---|",
    ]
    all_promises = promises()
    for section, title in SECTIONS.items():
        mine = [tests for number, (_, tests) in all_promises.items() if _of(number) == section]
        kept = sum(bool(tests) for tests in mine)
        share = 100 * kept // len(mine)
        lines.append(f"| {section} {title} | {len(mine)} | {kept} | {share} % |")
    for section, title in SECTIONS.items():
        lines += ["", f"## {section} {title}", "", "| | promise | held by |", "|---|---|---|"]
        for number, (words, tests) in all_promises.items():
            if _of(number) == section:
                names = "<br>".join(f"`{each.file}` {each.test}" for each in tests)
                lines.append(f"| {number} | {words} | {names or '**no test yet**'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    kept = sum(bool(tests) for _, tests in promises().values())
    print(f"{PAGE.name}: {kept} of {len(promises())} promises are held by a test")
