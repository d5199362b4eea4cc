"""What Help shows: keys, licences, the diagnostic report."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QPlainTextEdit, QTreeWidget

from ds3_browser import __version__
from ds3_browser.gui.actions import Actions, plain
from ds3_browser.gui.diagnostics import report
from ds3_browser.gui.dialogs.about import AboutDialog
from ds3_browser.gui.dialogs.keyboard import KeyboardDialog
from ds3_browser.gui.licences import all_licences
from ds3_browser.gui.sessions import DEMO_ID, SavedSession
from tests.gui.test_notices import row

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.ui("12.4", "the keyboard page lists the table")
def test_every_command_with_keys_is_on_the_keyboard_page(qtbot):
    actions = Actions()
    dialog = KeyboardDialog(actions)
    qtbot.addWidget(dialog)
    tree = dialog.findChild(QTreeWidget, "keys")
    shown = {
        tree.topLevelItem(n).child(m).text(0)
        for n in range(tree.topLevelItemCount())
        for m in range(tree.topLevelItem(n).childCount())
    }
    missing = {
        plain(actions[id].text()).rstrip("…")
        for id in actions
        if not actions[id].shortcut().isEmpty()
    } - shown
    assert missing == set()
    assert "New session" in shown


def test_the_keyboard_page_finds_a_command_by_its_words_or_its_keys(qtbot):
    dialog = KeyboardDialog(Actions())
    qtbot.addWidget(dialog)
    tree = dialog.findChild(QTreeWidget, "keys")

    def shown() -> list[str]:
        groups = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]
        items = [g.child(m) for g in groups for m in range(g.childCount()) if not g.isHidden()]
        return [item.text(0) for item in items if not item.isHidden()]

    dialog.findChild(QLineEdit, "keyboard_filter").setText("ctrl+n")
    assert shown() == ["New session"]
    dialog.findChild(QLineEdit, "keyboard_filter").setText("refresh")
    assert shown() == ["Refresh"]


def test_what_is_shipped_and_what_it_needs_comes_with_its_licence():
    parts = [licence.part for licence in all_licences()]
    for name in ("Lucide", "Inter", "JetBrains Mono", "PySide6", "requests", "urllib3", "lxml"):
        assert any(name.lower() in part.lower() for part in parts), name
    assert all(licence.text().strip() for licence in all_licences())
    named = {licence.part.split()[0].lower(): licence.text() for licence in all_licences()}
    assert "Apache" in named["requests"]


def test_about_shows_each_licence(qtbot):
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    which, text = dialog.findChild(QComboBox, "licence"), dialog.findChild(QPlainTextEdit)
    for number in range(which.count()):
        which.setCurrentIndex(number)
        assert text.toPlainText().strip(), which.currentText()


@pytest.fixture
def log_folder(tmp_path):
    (tmp_path / "ds3-browser.log").write_text("first line\nlast line\n")
    return tmp_path


@pytest.mark.ui("13.16", "the problems and a report without secrets are at hand")
def test_the_report_tells_versions_settings_jobs_and_the_log(qapp, log_folder):
    north = SavedSession.new("North", host="bp-north.example", pin="ab" * 32)
    text = report([north], [row(), row(2)], "Secret Service", log_folder, "here", NOW)
    assert f"DS3 Browser {__version__}, 2026-11-26T12:00:00Z" in text
    assert "North: https bp-north.example port 443, pinned, proxy system" in text
    assert "keychain: Secret Service" in text
    assert "Transfers: 2 transferring" in text
    assert text.splitlines()[-1] == "last line"


def test_the_demo_is_in_no_report(qapp, log_folder):
    demo = SavedSession(DEMO_ID, "Demo appliance", "http", "127.0.0.1", demo=True, kept=False)
    text = report([demo], [row(session_id=DEMO_ID)], None, log_folder, "here", NOW)
    assert "Demo appliance" not in text
    assert "Sessions: 0; keychain: none" in text
    assert "Transfers: none" in text


def test_a_report_without_a_log_says_so(qapp, tmp_path):
    assert "Log: No such file" in report([], [], None, tmp_path / "none", "here", NOW)


@pytest.mark.ui("13.16", "the problems and a report without secrets are at hand")
def test_the_report_goes_to_the_clipboard(qtbot, window):
    window.context.actions["copy_report"].trigger()
    clipboard = QGuiApplication.clipboard()
    qtbot.waitUntil(lambda: clipboard.text().startswith(f"DS3 Browser {__version__}"))


def test_the_keyboard_page_stays_beside_the_window(window):
    window.context.actions["keyboard"].trigger()
    dialog = window.findChild(QDialog, "keyboard_dialog")
    assert dialog.isVisible()
    assert not dialog.isModal()
    dialog.close()
