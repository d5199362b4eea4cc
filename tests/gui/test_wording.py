"""How the program speaks, in all that it can say."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ds3_browser.gui import theme

GUI = Path(theme.__file__).parent


def texts() -> Iterator[tuple[str, str]]:
    """File and text of each literal that a user may read: what goes through a translation."""
    for file in sorted(GUI.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            function = node.func
            name = getattr(function, "attr", getattr(function, "id", ""))
            first = node.args[0]
            if name in ("_tr", "tr", "translate") and isinstance(first, ast.Constant):
                yield file.name, str(first.value)


def test_there_are_texts_to_look_at() -> None:
    assert len(list(texts())) > 500


@pytest.mark.ui("11.12", "no text shouts, begs or boasts")
@pytest.mark.parametrize(
    "unwanted",
    [
        r"!",
        r"(?i)\bplease\b",
        r"(?i)\bsuccessful(ly)?\b",
        r"(?i)\boops\b",
        r"(?i)\bsorry\b",
        r"(?i)\bcanceled\b",
        r"(?i)\berror code\b",
        r"(?i)\b(GET|PUT) job\b",
        r"\.\.\.",
    ],
)
def test_no_text_shouts_begs_or_boasts(unwanted) -> None:
    assert [one for one in texts() if re.search(unwanted, one[1])] == []


@pytest.mark.ui("11.12", "no text shouts, begs or boasts")
def test_buttons_and_menus_are_in_sentence_case() -> None:
    """A capital inside a short label belongs to a name, or to a key, not to a title."""
    names = {
        *("DS3", "Browser", "Eon", "BlackPearl", "Secret", "Service", "CSV", "ID", "CA", "UTC"),
        *("Ctrl+D", "Ctrl+N", "Keychain", "Windows", "Credential", "Manager", "Spectra", "PUT"),
    }
    titled = []
    for file, text in texts():
        words = text.replace("&", "").split()
        if file == "keyboard.py" or not 1 < len(words) <= 4 or text.endswith((".", ":")):
            continue
        for before, word in itertools.pairwise(words):
            if before.endswith((".", ",", "}")):
                continue  # a sentence of its own, or the words of a command
            if re.fullmatch(r"[A-Z][a-z]+…?", word) and word.rstrip("…") not in names:
                titled.append((file, text))
    assert titled == []
