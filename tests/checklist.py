"""The conformance checklist: which test shows which statement about the wire.

A test says what it shows with a mark, whose text is the statement in words:

    @pytest.mark.checklist("S C-18: everything after /{bucket}/ is the name, slashes included")

`K` is our client, `S` the simulator, `KS` both at once; `wire` in place of a number stands for what
was learnt from other people's clients. One test may carry several statements, and a statement may
have several tests. `python tests/checklist.py` writes docs/checklist.md anew.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "checklist.md"
STATEMENT = re.compile(r"(KS|K|S) (C-(\d+)|wire): (\S.*)")

# Who each of the items speaks of.
BOTH = {1, 9, 10, 11, 13, 65, 72, 148, 152, 155}
SIMULATOR = {
    *(2, 6, 7, 12, 14, 18, 21, 22, 27, 31, 39, 40, 42, 43, 44, 45, 47, 48, 51, 52, 53, 60, 62),
    *(63, 64, 66, 67, 68, 69, 76, 77, 79, 83, 86, 88, 89, 91, 92, 93, 94, 95, 96, 98, 101, 103),
    *(107, 109, 111, 112, 113, 117, 119, 120, 125, 126, 127, 128, 130, 133, 134, 138),
    *(143, 144, 145, 146, 149, 150, 151, 153, 156, 157, 158, 159, 162, 163, 164, 165, 166, 167),
    169,
}
LAST = 169


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement and the test that carries it. `number` is None for the wire's lessons."""

    who: str
    number: int | None
    words: str
    file: str
    test: str


def wanted() -> set[tuple[str, int]]:
    """All items, as (`K` or `S`, number)."""
    return {
        (who, number)
        for number in range(1, LAST + 1)
        for who in ("KS" if number in BOTH else "S" if number in SIMULATOR else "K")
    }


def covered() -> set[tuple[str, int]]:
    return {(who, each.number) for each in shown() if each.number for who in each.who}


def shown() -> list[Shown]:
    """Read all test files for their marks, without importing them. Raises ValueError."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    found = [each for file in files for each in _marks(file)]
    return sorted(found, key=lambda each: (each.number or LAST + 1, each.file, each.test))


def _marks(file: Path) -> Iterator[Shown]:
    where = file.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(
                "mark.checklist"
            ):
                for argument in decorator.args:
                    yield _statement(ast.literal_eval(argument), where, node.name)


def _statement(text: str, file: str, test: str) -> Shown:
    match = STATEMENT.fullmatch(text)
    if match is None:
        raise ValueError(f"{file}, {test}: not a statement of the checklist: {text!r}")
    who, _, number, words = match.groups()
    return Shown(who, int(number) if number else None, words, file, test)


def page() -> str:
    lines = [
        "# Conformance checklist",
        "",
        "What the client (K) and the simulator (S) do on the wire, and the tests that show it.",
        "Written by `python tests/checklist.py` from the tests' own marks.",
        "",
        "| item | of | what holds | shown by |",
        "|---|---|---|---|",
    ]
    for each in shown():
        item = f"C-{each.number}" if each.number else "wire"
        words = each.words.replace("|", "\\|")
        lines.append(f"| {item} | {each.who} | {words} | `{each.file}` {each.test} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    missing = sorted(wanted() - covered(), key=lambda each: (each[1], each[0]))
    print(f"{PAGE.name}: {len(shown())} statements")
    print("without a test:", " ".join(f"{who}:C-{number}" for who, number in missing) or "none")
