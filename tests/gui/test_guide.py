"""The guide: shipped, read inside the program, and true to what the program says."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QPushButton, QTextBrowser

from ds3_browser.gui import wait_words
from ds3_browser.gui.dialogs.guide import GuideDialog, Page
from ds3_browser.gui.sessions import SavedSession
from ds3_browser.transfer.events import State, WaitReason
from tests.gui.test_notices import row

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))


def texts_of_the_program() -> set[str]:
    file = ROOT / "packaging" / "translations.py"
    spec = importlib.util.spec_from_file_location("translations", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["translations"] = module
    spec.loader.exec_module(module)
    return {text.source.replace("&", "") for text in module.texts()}


def shown(window) -> GuideDialog:
    window.context.actions["guide"].trigger()
    dialog = window.findChild(GuideDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    return dialog


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_guide_names_is_what_the_window_says(page):
    known = texts_of_the_program()
    named = {words.strip() for words in re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", page.read_text())}
    assert named
    missing = {words for words in named if not any(words in text for text in known)}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_page(page):
    links = re.findall(r"\]\(([^)]+)\)", page.read_text())
    assert links
    assert [link for link in links if not (GUIDE / link).exists()] == []


def test_every_page_of_the_program_is_there():
    assert {page.value for page in Page} == {page.name for page in PAGES}


@pytest.mark.ui("10.6", "the first page leads to a guide that is read inside the program")
def test_the_first_page_leads_to_the_guide(window):
    window.findChild(QPushButton, "read_guide").click()
    dialog = window.findChild(GuideDialog)
    text = dialog.findChild(QTextBrowser)
    assert dialog.page is Page.FIRST
    assert text.toPlainText().startswith("Ten minutes with DS3 Browser")
    text.setSource(text.source().resolved(QUrl("sessions.md")))  # as a click on the link does
    assert dialog.page is Page.SESSIONS
    assert "Certificate trusted" in text.toPlainText()
    back = dialog.findChild(QPushButton, "guide_back")
    assert back.isEnabled()
    back.click()
    assert dialog.page is Page.FIRST


def test_it_opens_at_the_page_for_what_has_the_focus(qtbot, window):
    window.context.sessions.add(SavedSession.new("North", host="bp.example"))
    window.activateWindow()
    window.focus_sidebar()
    qtbot.waitUntil(window.sidebar.tree.hasFocus)
    assert shown(window).page is Page.SESSIONS
    window.activateWindow()
    window.focus_transfers()
    qtbot.waitUntil(lambda: window.transfers.list.hasFocus())
    assert shown(window).page is Page.TRANSFERS


def test_each_wait_that_the_guide_explains_is_one(qapp):
    told = (GUIDE / "transfers.md").read_text()
    for reason in (WaitReason.CACHE, WaitReason.TAPE, WaitReason.NETWORK, WaitReason.KEY):
        waiting = row(state=State.WAITING, reason=reason)
        title = wait_words.wait_words(waiting, waiting.state_since).title
        second = wait_words.wait_words(waiting, waiting.state_since).second
        assert any(words and f"*{words}" in told for words in (title, second)), (title, second)


@pytest.mark.ui("10.7", "the first page and its buttons fit a small window")
def test_the_first_page_fits_a_small_window(qtbot, window):
    window.resize(1024, 640)
    view = window.welcome.viewport()

    def all_in_view() -> bool:
        buttons = [one for one in window.welcome.findChildren(QPushButton) if one.isVisible()]
        corners = [one.mapTo(view, one.rect().bottomRight()) for one in buttons]
        return len(buttons) >= 3 and all(view.rect().contains(corner) for corner in corners)

    qtbot.waitUntil(all_in_view)
