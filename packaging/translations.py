#!/usr/bin/env python3
"""Bring the translations in resources/i18n up to date with the texts in the code.

Qt's own tool does not know our `_tr`, whose context is the module's. Read here are calls of `_tr`,
of `_counted` for texts that depend on a number, and of `QCoreApplication.translate` itself. What
is new comes in unfinished, what is gone leaves, all else stays. English has only texts that depend
on a number. `--check` changes nothing and fails where something would be.

A new language begins as an empty file: `translations.py --new de`.
"""

from __future__ import annotations

import argparse
import ast
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "i18n"
PACKAGE = ROOT / "ds3_browser"
ENGLISH = "en"
FORMS = {"ja": 1, "ko": 1, "zh": 1, "vi": 1, "th": 1, "pl": 3, "ru": 3, "uk": 3, "cs": 3, "ar": 6}


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """`counted`: it depends on a number, which stands in it as {n}."""

    context: str
    source: str
    counted: bool = False


def texts(package: Path = PACKAGE) -> list[Text]:
    """Return all texts of the package, each once."""
    found = {text for file in package.rglob("*.py") for text in _texts_of(file)}
    return sorted(found)


def _texts_of(file: Path) -> Iterator[Text]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    contexts = dict(_contexts(tree))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name, words = ast.unparse(call.func), [_literal(one) for one in call.args]
        if name == "QCoreApplication.translate" and len(words) > 1 and words[0] and words[1]:
            yield Text(words[0], words[1])
        elif name in ("counted", "format.counted") and len(words) > 1 and words[0] and words[1]:
            yield Text(words[0], words[1], counted=True)
        elif name in contexts and name.startswith("_tr"):
            if not words or words[0] is None:
                raise SystemExit(f"{file}:{call.lineno}: not a text: {ast.unparse(call)}")
            yield Text(contexts[name], words[0])
        elif name in contexts and words and words[0]:
            yield Text(contexts[name], words[0], counted=True)


def _contexts(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names that stand for translating, and the contexts they translate in."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            name, words = ast.unparse(node.targets[0]), [*map(_literal, node.value.args)]
            made = ast.unparse(node.value)
            if made.startswith(("partial(QCoreApplication.translate,", "partial(format.counted,")):
                yield name, words[1] or ""


def _literal(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def up_to_date(old: str, found: list[Text]) -> str:
    """Return the file of one language with exactly these texts in it."""
    root = ET.fromstring(old)
    language = root.get("language", ENGLISH)
    known = {
        (context.findtext("name"), message.findtext("source")): message
        for context in root.iter("context")
        for message in context.iter("message")
    }
    wanted = [one for one in found if one.counted or language != ENGLISH]
    new = ET.Element("TS", version="2.1", language=language, sourcelanguage=ENGLISH)
    for context in dict.fromkeys(one.context for one in wanted):
        element = ET.SubElement(new, "context")
        ET.SubElement(element, "name").text = context
        for text in (one for one in wanted if one.context == context):
            element.append(_message(text, language, known.get((context, text.source))))
    ET.indent(new)
    told = ET.tostring(new, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{told}\n'


def _message(text: Text, language: str, known: ET.Element | None) -> ET.Element:
    if known is not None and (known.get("numerus") == "yes") == text.counted:
        return known
    message = ET.Element("message", {"numerus": "yes"} if text.counted else {})
    ET.SubElement(message, "source").text = text.source
    translation = ET.SubElement(message, "translation", type="unfinished")
    for _form in range(FORMS.get(language.partition("_")[0], 2) if text.counted else 0):
        ET.SubElement(translation, "numerusform")
    return message


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--new", metavar="CODE")
    options = parser.parse_args()
    if options.new:
        file = FOLDER / f"ds3_browser_{options.new}.ts"
        file.write_text(f'<TS version="2.1" language="{options.new}"/>\n', encoding="utf-8")
    found, behind = texts(), 0
    for file in sorted(FOLDER.glob("*.ts")):
        old = file.read_text(encoding="utf-8")
        new = up_to_date(old, found)
        open_ones = new.count('type="unfinished"')
        print(f"{file.name}: {new.count('<message')} texts, {open_ones} unfinished")
        behind += new != old
        if not options.check:
            file.write_text(new, encoding="utf-8")
    return 1 if options.check and behind else 0


if __name__ == "__main__":
    sys.exit(main())
