"""The lists of patches fit the sources and the tests they name; and what the frame says of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from . import mutations
from .mutations import ROOT, Mutation, Verdict

EVERY = mutations.every()


@pytest.mark.parametrize("mutation", EVERY, ids=lambda each: each.rule)
def test_a_patch_fits_its_source_and_names_a_test(mutation: Mutation) -> None:
    ast.parse(mutation.applied((ROOT / mutation.path).read_text(encoding="utf-8")))
    file, _, name = mutation.test.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert name.partition("[")[0].rpartition("::")[2] in tests


def test_rules_are_told_apart() -> None:
    assert len({mutation.rule for mutation in EVERY}) == len(EVERY)


def test_a_text_that_is_not_there_once_is_no_patch() -> None:
    mutation = Mutation("a rule", "x.py", "a", "b", "test_x.py::test_x")
    with pytest.raises(ValueError, match="2 times"):
        mutation.applied("a a")


def test_a_patch_is_noticed_by_a_test_that_was_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ds3_browser").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "ds3_browser" / "x.py").write_text("TWO = 2\n")
    (tmp_path / "tests" / "test_x.py").write_text(
        "from ds3_browser.x import TWO\n\ndef test_x():\n    assert TWO == 2\n"
        "\ndef test_y():\n    assert TWO == 1\n"
    )
    monkeypatch.setattr(mutations, "ROOT", tmp_path)
    expected = [
        (Mutation("it is noticed", "x.py", "2", "3", "test_x.py::test_x"), Verdict.NOTICED),
        (Mutation("it is not", "x.py", "2", "2 ", "test_x.py::test_x"), Verdict.UNNOTICED),
        (Mutation("red before", "x.py", "2", "3", "test_x.py::test_y"), Verdict.NOT_GREEN),
        (Mutation("no module", "x.py", "2", "(", "test_x.py::test_x"), Verdict.BROKEN),
    ]
    assert mutations.try_all([mutation for mutation, _ in expected], jobs=2) == expected
