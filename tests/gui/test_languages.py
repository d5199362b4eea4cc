"""Languages: every text can be translated, what depends on a number has its forms."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QLabel

from ds3_browser import resources
from ds3_browser.gui import format, languages
from ds3_browser.gui.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
BEFORE, AFTER = "«", "»"


def load(name: str) -> ModuleType:
    file = ROOT / "packaging" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def translations() -> ModuleType:
    return load("translations")


@pytest.fixture(scope="module")
def marked(translations, tmp_path_factory) -> Path:
    """A folder with one more language, `eo`: every text of ours between marks."""
    folder = tmp_path_factory.mktemp("marked")
    (folder / "i18n").mkdir()
    told = translations.up_to_date('<TS version="2.1" language="eo"/>', translations.texts())
    root = ET.fromstring(told)
    for message in root.iter("message"):
        source, translation = message.findtext("source"), message.find("translation")
        assert translation is not None
        translation.attrib.clear()
        forms = translation.findall("numerusform")
        for element in forms or [translation]:
            element.text = f"{BEFORE}{source}{AFTER}"
    (folder / "i18n" / "ds3_browser_eo.ts").write_text(ET.tostring(root, encoding="unicode"))
    load("build_resources").compile_translations(folder, folder)
    return folder


@pytest.fixture
def with_marked(marked, monkeypatch):
    """The program finds that language beside English."""
    usual = resources.path

    def path(name: str) -> Path:
        return marked / "i18n" if name == "i18n" else usual(name)

    english = usual("i18n") / "ds3_browser_en.qm"
    (marked / "i18n" / english.name).write_bytes(english.read_bytes())
    monkeypatch.setattr(resources, "path", path)
    yield
    monkeypatch.undo()
    languages.speak()


def test_the_files_of_all_languages_are_up_to_date_and_english_is_whole():
    script = ROOT / "packaging" / "translations.py"
    checked = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    told = f"run packaging/translations.py: {checked.stdout}"
    assert checked.returncode == 0, told
    english = resources.path("i18n") / "ds3_browser_en.ts"
    assert "unfinished" not in english.read_text()
    for message in ET.parse(english).iter("message"):
        assert len([one.text for one in message.iter("numerusform") if one.text]) == 2


@pytest.mark.ui("15.17", "what depends on a number has its forms in each language")
def test_one_and_many_are_told_apart(qapp):
    assert format.counted("list_footer", "{n} objects", 1) == "1 object"
    assert format.counted("list_footer", "{n} objects", 0) == "0 objects"
    assert format.counted("list_footer", "{n} objects", 12300) == "12,300 objects"
    assert format.counted("list_footer", "{n} objects", 10**13 + 1) == "10,000,000,000,001 objects"


def test_plurals_that_are_not_there_are_told_in_the_log(qapp, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(resources, "path", lambda name: tmp_path)
    languages.speak()
    assert "packaging/build_resources.py" in caplog.text
    monkeypatch.undo()
    caplog.clear()
    languages.speak()
    assert caplog.text == ""


def test_a_language_keeps_its_forms_when_texts_come_and_go(translations):
    old = translations.up_to_date(
        '<TS version="2.1" language="pl"/>',
        [translations.Text("a", "Old"), translations.Text("a", "{n} files", True)],
    )
    assert old.count("<numerusform") == 3
    done = old.replace('<translation type="unfinished" />', "<translation>Stary</translation>")
    new = translations.up_to_date(
        done, [translations.Text("a", "Old"), translations.Text("b", "New")]
    )
    assert "Stary" in new
    assert "files" not in new
    assert new.count("unfinished") == 1


def test_no_text_is_translated_before_a_language_is_chosen(translations):
    for file in (ROOT / "ds3_browser").rglob("*.py"):
        assert not early(file), f"{file}: translated when the module is imported"


def early(file: Path) -> list[str]:
    """Calls that translate while a module is imported, before any language is spoken."""
    import ast

    class Outside(ast.NodeVisitor):
        def __init__(self) -> None:
            self.found: list[str] = []

        def skip(self, node: ast.AST) -> None:
            """What is inside runs later."""

        visit_FunctionDef = visit_Lambda = skip  # type: ignore[assignment]  # noqa: N815

        def visit_Call(self, node: ast.Call) -> None:
            if ast.unparse(node.func) in ("_tr", "_counted", "QCoreApplication.translate"):
                self.found.append(ast.unparse(node))
            self.generic_visit(node)

    visitor = Outside()
    visitor.visit(ast.parse(file.read_text(encoding="utf-8")))
    return visitor.found


@pytest.mark.ui(
    "15.18", "a language is chosen among those that are there, and the window speaks it"
)
def test_a_window_in_another_language_has_every_text_in_it(with_marked, start_program, tmp_path):
    (tmp_path / "data").mkdir()
    settings = Settings(tmp_path / "data" / "settings.ini")
    settings.language = "eo"
    settings.save()
    window = start_program(tmp_path / "data").window
    window.context.actions["preferences"].trigger()
    shown = [
        *(one.text() for one in window.findChildren(QAction) if not one.isSeparator()),
        *(one.text() for one in window.findChildren(QLabel)),
        *(one.text() for one in window.findChildren(QAbstractButton)),
    ]
    assert len(shown) > 150
    english = [one for one in shown if any(c.isalpha() for c in one) and BEFORE not in one]
    assert [one for one in english if not may_stay(one)] == []


def may_stay(text: str) -> bool:
    """Names, units and keys that are the same in every language."""
    same = ("DS3 Browser", "English", "Ctrl", "N", "0 B/s")
    return text in same or text.lower().startswith("esperanto")


def test_a_language_that_is_gone_is_english(qapp, with_marked):
    assert [one.code for one in languages.there()] == ["en", "eo"]
    assert languages.speak("xx") == "en"
    assert languages.speak("eo_XX") == "eo"
    assert QCoreApplication.translate("commands", "Start anew") == "«Start anew»"
    assert languages.speak("en") == "en"
    assert QCoreApplication.translate("commands", "Start anew") == "Start anew"
    assert QLocale().language() is QLocale.Language.English
