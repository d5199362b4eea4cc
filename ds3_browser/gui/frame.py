"""The window's frame: its panes, where they stand, what F6 walks through, and its geometry.

It knows no doer: what a pane wishes is connected in `main_window.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import eon_sessions, local_files, theme
from ds3_browser.gui.context import Context
from ds3_browser.gui.dialogs import guide
from ds3_browser.gui.local_files import FileOrder, LocalFolder
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.views import menu_style
from ds3_browser.gui.views.board_page import BoardPage
from ds3_browser.gui.views.comparison_page import ComparisonPage
from ds3_browser.gui.views.continue_bar import ContinueBar
from ds3_browser.gui.views.demo_badge import DemoBadge
from ds3_browser.gui.views.fitting import within_screen
from ds3_browser.gui.views.hint_strip import HintStrip
from ds3_browser.gui.views.job_page import JobPage
from ds3_browser.gui.views.local_pane import LocalPane
from ds3_browser.gui.views.news_bar import NewsBar
from ds3_browser.gui.views.notice_bar import NoticeBar
from ds3_browser.gui.views.object_page import ObjectPage
from ds3_browser.gui.views.sidebar import Sidebar
from ds3_browser.gui.views.status_bar import StatusBar
from ds3_browser.gui.views.tabbing import press_focused
from ds3_browser.gui.views.tool_bar import WORDS_FROM, ToolBar
from ds3_browser.gui.views.transfers_panel import Divider, TransfersPanel
from ds3_browser.gui.views.welcome import WelcomePage
from ds3_browser.gui.workers import Ticket

log = logging.getLogger(__name__)

SIZE = QSize(1440, 900)
SMALLEST = QSize(900, 560)
SIDEBAR = 268
LOCAL = 500
NARROW_SIDEBAR = 206
NARROW = 1100


class Frame(QMainWindow):
    """The panes of the window, by name. `rearranged` tells that one was shown, hidden or folded."""

    rearranged = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.jobs = JobsModel(self)
        self.chunks = Chunks(self)
        self.throughput = Throughput(self)
        self.comparison: ComparisonPage | None = None
        self._sidebar_width = context.settings.sidebar_width or theme.row_height(self, SIDEBAR)
        self._build()
        self.local.folder_changed.connect(self._keep_local_folder)
        self.transfers.collapsed_changed.connect(self._transfers_folded)
        self.jobs.rowsInserted.connect(self._first_job)

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        context = self.context
        self.setMinimumSize(SMALLEST)
        self.menuBar().setObjectName("menu_bar")
        menu_style.quieten(self.menuBar())
        context.actions.setParent(self)
        context.actions.fill_menu_bar(self.menuBar())
        for name, fill in (
            ("menu_columns", self._fill_columns),
            ("menu_jobs_columns", self._fill_jobs_columns),
        ):
            if (columns := self.menuBar().findChild(QMenu, name)) is not None:
                columns.aboutToShow.connect(partial(fill, columns))
        for id in context.actions:
            if not context.actions.is_local(id):
                self.addAction(context.actions[id])
        self.tool_bar = ToolBar(context.actions, self)
        self.addToolBar(self.tool_bar)
        self.status_bar = StatusBar(self)
        self.setStatusBar(self.status_bar)
        self.sidebar = Sidebar(context.sessions, context.browsing, self)
        self.sidebar.setMinimumWidth(200)
        demo = context.demo is not None
        self.welcome = WelcomePage(demo, context.environment, guide.is_there(), self)
        self._look_for_eon()
        self.page = ObjectPage(context.browsing, self)
        self.transfers = TransfersPanel(self.jobs, self.chunks, self.throughput, self)
        for widget in (self.page.list, self.sidebar):
            widget.addAction(context.actions["delete"])
        self.setCentralWidget(self._build_body())
        self.setTabOrder(self.tool_bar, self.sidebar)

    def _build_body(self) -> QSplitter:
        self.notice = NoticeBar(self)
        self.badge = DemoBadge(self)
        self.badge.hide()
        self.news = NewsBar("news", "bell", self)
        self.hint_strip = HintStrip(self)
        self.hint_strip.hide()
        self.continue_bar = ContinueBar(self)
        self.continue_bar.hide()
        self.pages = QStackedWidget(self)
        self.pages.setObjectName("pages")
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self.page)
        self.job_page = JobPage(self.jobs, self.chunks, self.throughput, self)
        self.pages.addWidget(self.job_page)
        self.board_page = BoardPage(self)
        self.pages.addWidget(self.board_page)
        column = QWidget(self)
        column.setProperty("look", "page")
        column.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.badge, self.hint_strip, self.continue_bar, self.news, self.notice):
            layout.addWidget(part)
            part.installEventFilter(self)
        layout.addWidget(self.pages, 1)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.local = LocalPane(
            self._look_at_folder, partial(bool, self.context.browsing.seen), self
        )
        self.local.hide()
        self.beside = QSplitter(Qt.Orientation.Horizontal)
        _furnish(self.beside, "local_splitter", self.local, column)
        self.beside.setStretchFactor(1, 1)
        self.beside.setSizes([LOCAL, SIZE.width()])
        _furnish(self.body, "body_splitter", self.sidebar, self.beside)
        self.body.setStretchFactor(1, 1)
        self.body.setSizes([self._sidebar_width, SIZE.width() - self._sidebar_width])
        self.body.splitterMoved.connect(self._sidebar_moved)
        self.main = Divider(Qt.Orientation.Vertical)
        _furnish(self.main, "main_splitter", self.body, self.transfers)
        self.main.setStretchFactor(0, 1)
        return self.main

    def _fill_columns(self, menu: QMenu) -> None:
        """The columns of a list are those of what it lists now."""
        self.page.list.fill_columns(menu)

    def _fill_jobs_columns(self, menu: QMenu) -> None:
        self.transfers.list.fill_columns(menu)

    # -- panes ----------------------------------------------------------------------------------

    @property
    def on_object_page(self) -> bool:
        return self.pages.currentWidget() is self.page

    @property
    def on_job_page(self) -> bool:
        return self.pages.currentWidget() is self.job_page

    @property
    def on_comparison(self) -> bool:
        return self.comparison is not None and self.pages.currentWidget() is self.comparison

    def put_comparison(self, page: ComparisonPage | None) -> None:
        """Have this one among the pages; the one before, which is not shown any more, ends."""
        if self.comparison is not None:
            self.comparison.end()
            self.pages.removeWidget(self.comparison)
            self.comparison.deleteLater()
        self.comparison = page
        if page is not None:
            self.pages.addWidget(page)

    def show_in_pages(self, page: QWidget) -> None:
        """Show one of the pages; a focus that the one before has goes over to it."""
        left = self.pages.currentWidget() is not page
        focused = left and _holds(self.pages, QApplication.focusWidget())
        self.pages.setCurrentWidget(page)
        if focused:
            self._page_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the page the focus of a bar that goes. Qt would give it to what Tab comes to next:
        a button of the transfers, which the next Space would press.
        """
        gone = event.type() is QEvent.Type.Hide and not event.spontaneous() and self.isVisible()
        if gone and isinstance(watched, QWidget) and _holds(watched, QApplication.focusWidget()):
            self._page_focus().setFocus(Qt.FocusReason.OtherFocusReason)
        return super().eventFilter(watched, event)

    @property
    def on_board(self) -> bool:
        return self.pages.currentWidget() is self.board_page

    def panes(self) -> list[QWidget]:
        """Return what F6 walks through, in the order of the window."""
        if self.on_job_page:
            return [self.sidebar.tree, self.job_page.map, self.job_page.objects.table]
        transfers: QWidget = (
            self.transfers.strip if self.transfers.collapsed else self.transfers.list
        )
        local: list[QWidget] = [self.local.list] if self.local.isVisible() else []
        return [self.sidebar.tree, *local, self._page_focus(), transfers]

    def _page_focus(self) -> QWidget:
        if self.on_job_page:
            return self.job_page.map
        if self.on_board:
            return self.board_page.list
        if self.on_comparison and self.comparison is not None:
            return self.comparison.table
        return self.page.list if self.on_object_page else self.welcome.add

    def focus_filter(self) -> None:
        if self.on_comparison and self.comparison is not None:
            self.comparison.focus_filter()
        else:
            (self.board_page if self.on_board else self.page).focus_filter()

    def focus_sidebar(self) -> None:
        self._focus(self.sidebar.tree)

    def focus_page(self) -> None:
        self._focus(self._page_focus())

    def focus_local(self) -> None:
        self.show_local(True)
        self._focus(self.local.list)

    @staticmethod
    def _focus(widget: QWidget) -> None:
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def next_pane(self, step: int = 1) -> None:
        panes = self.panes()
        focus = QApplication.focusWidget()
        at = next((n for n, one in enumerate(panes) if _holds(one, focus)), -1)
        self._focus(panes[(at + step) % len(panes)])

    def toggle_local(self) -> None:
        self.show_local(not self.local.isVisible())

    def show_local(self, shown: bool) -> None:
        """Show the local files beside the page, from where they were last."""
        self.local.setVisible(shown)
        self.show_local_folder()
        self.context.settings.keep_flag("local_shown", shown)
        self.rearranged.emit()

    def show_local_folder(self) -> None:
        """Begin with the folder of last time, once it is known whether it is there."""
        settings = self.context.settings
        if not self.local.isHidden() and not self.local.begun and settings.folders_looked_at:
            self.local.show_folder(settings.local_folder or str(Path.home()))

    def _look_for_eon(self) -> None:
        """Offer the sessions of another program, where it has left any."""
        look = partial(eon_sessions.is_there, eon_sessions.usual_file())
        failed = partial(log.info, "another program's sessions cannot be looked for: %s")
        self.context.disk.run_call(look, self.welcome.show_eon, failed)

    def _look_at_folder(
        self,
        path: str,
        order: FileOrder,
        on_result: Callable[[LocalFolder], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket:
        look = partial(local_files.look_at, path, order)
        return self.context.disk.run_call(look, on_result, on_error)

    @Slot(str)
    def _keep_local_folder(self, folder: str) -> None:
        self.context.settings.local_folder = folder

    def focus_transfers(self) -> None:
        self.transfers.set_collapsed(False)
        self._focus(self.transfers.list)

    def toggle_transfers(self) -> None:
        self.transfers.set_collapsed(not self.transfers.collapsed)

    def _transfers_folded(self, folded: bool) -> None:
        self._size_transfers()
        self.context.settings.keep_flag("transfers_folded", folded)
        self.rearranged.emit()

    def _first_job(self) -> None:
        """Give the dock its height when there is first something to show in it."""
        wanted = self.transfers.preferred_height(self.height())
        if not self.main.chosen and self.transfers.height() < wanted:
            self._size_transfers()

    def _size_transfers(self) -> None:
        wanted = self.transfers.preferred_height(self.height())
        self.main.setSizes([max(1, self.main.height() - wanted), wanted])

    # -- geometry -------------------------------------------------------------------------------

    def restore_panes(self) -> None:
        settings = self.context.settings
        if settings.flag("local_shown"):
            self.show_local(True)
        for splitter in (self.main, self.beside, self.transfers.splitter):
            state = settings.window_state(splitter.objectName())
            if state is not None and not splitter.restoreState(state):
                log.warning("the place of %s cannot be restored", splitter.objectName())
        self.transfers.set_collapsed(settings.flag("transfers_folded"))

    def restore_geometry(self) -> None:
        """Take the place and size of last time, brought back onto a screen that is there now."""
        state = self.context.settings.window_state("geometry")
        if state is None or not self.restoreGeometry(state):
            self.resize(within_screen(self, SIZE))  # with the title that a desktop puts above it
        screen = QGuiApplication.screenAt(self.geometry().center())
        screen = screen or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        size = self.size().boundedTo(room.size()).expandedTo(SMALLEST)
        self.resize(size)
        if not room.contains(self.geometry().center()):
            self.move(room.center() - self.rect().center())
        if self.context.settings.window_state(self.main.objectName()) is None:
            QTimer.singleShot(0, self, self._size_transfers)

    def keep_geometry(self) -> None:
        """Remember place, size and splitters for the next start."""
        settings = self.context.settings
        settings.keep_window_state("geometry", self.saveGeometry())
        settings.sidebar_width = self._sidebar_width
        for splitter in (self.beside, self.transfers.splitter):
            settings.keep_window_state(splitter.objectName(), splitter.saveState())
        # A height that nobody chose follows what there is to show, at the next start as well.
        chosen = self.main.saveState() if self.main.chosen else QByteArray()
        settings.keep_window_state(self.main.objectName(), chosen)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The side buttons of a mouse, wherever no pane needs them, walk through the pages."""
        match event.button():
            case Qt.MouseButton.BackButton:
                self.context.actions["back"].trigger()
            case Qt.MouseButton.ForwardButton:
                self.context.actions["forward"].trigger()
            case _:
                super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.tool_bar.set_wide(self.width() >= theme.row_height(self, WORDS_FROM))
        self.status_bar.set_wide(self.width() >= theme.row_height(self, NARROW))
        self._size_sidebar(event.oldSize().width())
        if not self.main.chosen:
            self._size_transfers()

    def _size_sidebar(self, before: int) -> None:
        """Narrow the sidebar when the window becomes narrow, widen it when it is wide again."""
        now, narrow = self.width(), theme.row_height(self, NARROW)
        if (now < narrow) == (before < narrow) and before > 0:
            return
        wanted = self._sidebar_width
        if now < narrow:
            wanted = max(NARROW_SIDEBAR, min(now // 4, theme.row_height(self, NARROW_SIDEBAR)))
        self.body.setSizes([wanted, max(1, self.width() - wanted)])

    def _sidebar_moved(self, position: int, _number: int) -> None:
        """Remember the width the user chose, for when the window was narrow in between."""
        if self.width() >= theme.row_height(self, NARROW):
            self._sidebar_width = position

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt:
            self._show_mnemonics(True)
        if not press_focused(event, self.focusWidget()):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt:
            self._show_mnemonics(False)
        super().keyReleaseEvent(event)

    def _show_mnemonics(self, shown: bool) -> None:
        """Underline the menus' letters while Alt is held."""
        menu_style.underline(self.menuBar(), shown)


def _holds(pane: QWidget, focus: QWidget | None) -> bool:
    return focus is not None and (pane is focus or pane.isAncestorOf(focus))


def _furnish(splitter: QSplitter, name: str, *panes: QWidget) -> None:
    splitter.setObjectName(name)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    for pane in panes:
        splitter.addWidget(pane)
