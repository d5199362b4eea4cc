"""The window: lays out the panes, knows which page is shown, and what the commands would act on.

It connects what panes wish to who can do it (`Commands`) and decides nothing itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QPoint, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import eon_sessions, job_words, messages
from ds3_browser.gui.actions import Actions
from ds3_browser.gui.awake import Awake, wants_awake
from ds3_browser.gui.browsing import Browsing
from ds3_browser.gui.commands import Commands
from ds3_browser.gui.connections import SessionState
from ds3_browser.gui.dialogs.problems import ProblemsDialog
from ds3_browser.gui.gauging import Gauging
from ds3_browser.gui.hints import Hints
from ds3_browser.gui.history import History
from ds3_browser.gui.job_row import percent_of
from ds3_browser.gui.jobs import JobQueue
from ds3_browser.gui.keys import Keys
from ds3_browser.gui.leaving import Leaving
from ds3_browser.gui.memory import ListMemory, PlaceMemory
from ds3_browser.gui.menus import (
    BUCKET_MENU,
    FOLDER_MENU,
    LOCAL_MENU,
    SESSION_MENU,
    Entries,
    job_menu,
    menu_for,
)
from ds3_browser.gui.messages import Doing, Message, sentence
from ds3_browser.gui.models.chunks import Chunks
from ds3_browser.gui.models.jobs import JobsModel
from ds3_browser.gui.models.throughput import Throughput
from ds3_browser.gui.notices import notice_of
from ds3_browser.gui.notifying import Notifying
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.problems import Problems
from ds3_browser.gui.reconnecting import Reconnecting
from ds3_browser.gui.sessions import DEMO_ID, Sessions
from ds3_browser.gui.settings import Settings
from ds3_browser.gui.situation import Situation
from ds3_browser.gui.tray import Tray
from ds3_browser.gui.views import menu_style
from ds3_browser.gui.views.continue_bar import ContinueBar
from ds3_browser.gui.views.demo_badge import DemoBadge
from ds3_browser.gui.views.drops import clipboard_paths
from ds3_browser.gui.views.hint_strip import HintStrip
from ds3_browser.gui.views.job_page import JobPage
from ds3_browser.gui.views.local_pane import LocalPane
from ds3_browser.gui.views.news_bar import NewsBar
from ds3_browser.gui.views.notice_bar import NoticeBar
from ds3_browser.gui.views.object_page import ObjectPage
from ds3_browser.gui.views.sidebar import Sidebar
from ds3_browser.gui.views.status_bar import StatusBar
from ds3_browser.gui.views.tool_bar import WORDS_FROM, ToolBar
from ds3_browser.gui.views.transfers_panel import Divider, TransfersPanel
from ds3_browser.gui.views.welcome import WelcomePage
from ds3_browser.gui.workers import Calls
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.transfer.events import Event, JobEnded, Outcome
from ds3_browser.transfer.recovery import Salvaged

_tr = partial(QCoreApplication.translate, "main_window")
log = logging.getLogger(__name__)

SIZE = QSize(1440, 900)
SMALLEST = QSize(900, 560)
SIDEBAR = 268
LOCAL = 500
NARROW_SIDEBAR = 206
NARROW = 1100
PROPERTIES_MS = 300  # a selection is being made until then


class Demo(Protocol):
    """The demo appliance; its methods block and are called in the background."""

    def start(self) -> tuple[Endpoint, Credentials]: ...
    def make(self, mood: str) -> None: ...
    def empty(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What the composition root hands to the window."""

    settings: Settings
    sessions: Sessions
    keys: Keys
    browsing: Browsing
    queue: JobQueue
    calls: Calls
    actions: Actions
    log_folder: Path
    awake: Awake
    tray: Tray | None = None
    demo: Demo | None = None
    environment: bool = False


class MainWindow(QMainWindow):
    """The program's one window."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle(QCoreApplication.applicationName() or "DS3 Browser")
        self.context = context
        self.actions_table = context.actions
        self.jobs = JobsModel(self)
        self.chunks = Chunks(self)
        self.throughput = Throughput(self)
        self.reconnecting = Reconnecting(context.browsing, self)
        self.gauging = Gauging(context.browsing, lambda: not self.isMinimized(), self)
        self._history = History(Place())
        self._under_menu: Situation | None = None
        self._menu: QMenu | None = None
        self._selected: Selection | None = None
        self._were_lost: set[str] = set()
        self._sidebar_width = context.settings.sidebar_width or SIDEBAR
        self._follow_timer = QTimer(self)
        self._follow_timer.setSingleShot(True)
        self._follow_timer.timeout.connect(self.follow)
        self._tell_properties = QTimer(self)
        self._tell_properties.setSingleShot(True)
        self._tell_properties.timeout.connect(self._follow_properties)
        self._build()
        self._lists = ListMemory(self.page, context.settings, self)
        self.places = PlaceMemory(self.sidebar, context.browsing, context.settings, self)
        self._to_return: set[str] = set()
        settings = context.settings
        self.problems = Problems(self)
        self.notifying = Notifying(self.jobs.rows, self.jobs.row, settings.wants_notice, self)
        self.leaving = Leaving(self, context.queue, context.tray, lambda: settings.to_tray)
        self._told_job: int | None = None
        self.hints = Hints(self.hint_strip, context.settings, self)
        self.commands = Commands(self, context)
        self._connect_panes()
        self._connect_doers()
        self._restore()
        self._show_page(Place())
        self.follow()

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        context = self.context
        self.setMinimumSize(SMALLEST)
        self.menuBar().setObjectName("menu_bar")
        menu_style.quieten(self.menuBar())
        context.actions.setParent(self)
        context.actions.fill_menu_bar(self.menuBar())
        for id in context.actions:
            if not context.actions.is_local(id):
                self.addAction(context.actions[id])
        self.tool_bar = ToolBar(context.actions, self)
        self.addToolBar(self.tool_bar)
        self.status_bar = StatusBar(self)
        self.setStatusBar(self.status_bar)
        self.sidebar = Sidebar(context.sessions, context.browsing, self)
        self.sidebar.setMinimumWidth(200)
        eon = eon_sessions.usual_file().is_file()
        demo = context.demo is not None
        self.welcome = WelcomePage(demo, context.environment, eon, parent=self)
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
        column = QWidget(self)
        column.setProperty("look", "page")
        column.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.badge, self.hint_strip, self.continue_bar, self.news, self.notice):
            layout.addWidget(part)
        layout.addWidget(self.pages, 1)
        self.body = QSplitter(Qt.Orientation.Horizontal)
        self.local = LocalPane(self)
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

    def _connect_panes(self) -> None:
        commands = self.commands
        self.sidebar.place_chosen.connect(self.go)
        self.sidebar.files_dropped.connect(commands.upload)
        self.sidebar.menu_wanted.connect(self._place_menu)
        self.sidebar.new_session_wanted.connect(commands.sessions.new_session)
        self.sidebar.connect_wanted.connect(commands.sessions.connect_session)
        self.welcome.new_session_wanted.connect(commands.sessions.new_session)
        self.welcome.demo_wanted.connect(commands.demo.start)
        self.welcome.import_wanted.connect(commands.sessions.import_sessions)
        self.welcome.environment_wanted.connect(commands.sessions.use_environment)
        self.badge.mood_wanted.connect(commands.demo.make)
        self.badge.anew_wanted.connect(commands.demo.ask_anew)
        self.hints.changed.connect(self._show_connection)
        self.tool_bar.search.search_wanted.connect(self.go)
        self.page.place_chosen.connect(self.go)
        self.page.location_entered.connect(self.go_to_text)
        self.page.files_dropped.connect(commands.upload)
        self.page.selection_changed.connect(self._select_anew)
        self.page.model.modelReset.connect(self._select_anew)
        self.page.listing_changed.connect(self._select_anew)
        self.page.menu_wanted.connect(self._selection_menu)
        self.page.download_wanted.connect(commands.download)
        self.page.upload_wanted.connect(commands.choose_files)
        self.page.new_bucket_wanted.connect(commands.new_bucket)
        self.page.edit_session_wanted.connect(commands.sessions.edit_session)
        self.notice.remedy_wanted.connect(commands.sessions.remedy)
        self.local.objects_dropped.connect(commands.local.download_to)
        self.local.menu_wanted.connect(self._local_menu)
        self.local.selection_changed.connect(self._follow_soon)
        self.local.folder_changed.connect(self._keep_local_folder)
        self.transfers.menu_wanted.connect(self._job_menu)
        self.transfers.show_wanted.connect(self.show_job)
        self.job_page.back_wanted.connect(self.leave_job)
        commands.connect_job_page(self.job_page)
        self.transfers.current_changed.connect(self._follow_soon)
        self.transfers.current_changed.connect(self._see_chunks)
        self.transfers.collapsed_changed.connect(self._transfers_folded)
        self.status_bar.problems_wanted.connect(self.show_problems)
        commands.connect_transfers(self.transfers)

    def _connect_doers(self) -> None:
        queue = self.context.queue
        queue.added.connect(self.jobs.add)
        queue.added.connect(self.hints.see_new_job)
        self.chunks.changed.connect(self._see_chunks)
        queue.removed.connect(self._forget_job)
        queue.restored.connect(self._offer_to_continue)
        queue.salvaged.connect(self._tell_damage)
        queue.found_again.connect(self._tell_found)
        queue.chunks_remembered.connect(self._show_remembered)
        self.continue_bar.continue_wanted.connect(self._continue_jobs)
        self.context.browsing.changed.connect(queue.look_again)
        queue.event.connect(self.jobs.apply)
        queue.event.connect(self.notifying.take)
        queue.event.connect(self._see_failure)
        self.notifying.told.connect(self._tell_news)
        self.news.pressed.connect(self._show_told_job)
        self.jobs.summary_changed.connect(self._follow_jobs)
        self.jobs.ticked.connect(self._follow_jobs)
        self.context.awake.changed.connect(self._follow_jobs)
        self.context.keys.not_kept.connect(self._key_not_kept)
        self.problems.changed.connect(self._follow_soon)
        if (tray := self.context.tray) is not None:
            tray.window_wanted.connect(self.bring_up)
            tray.quit_wanted.connect(self._quit_from_tray)
            tray.message_clicked.connect(self._show_told_job)
        queue.event.connect(self.chunks.apply)
        queue.event.connect(self.throughput.apply)
        queue.try_now_pressed.connect(self.jobs.press)
        queue.priority_changed.connect(self.jobs.show_priority)
        queue.priority_changed.connect(self._follow_soon)
        queue.priority_refused.connect(self._see_refused_priority)
        queue.cache_seen.connect(self.jobs.show_cache)
        queue.objects_in_cache.connect(self.page.refresh_place)
        self.jobs.summary_changed.connect(self._follow_soon)
        self.jobs.rowsInserted.connect(self._first_job)
        self.context.browsing.changed.connect(self._session_changed)
        self.reconnecting.ticked.connect(self._count_down)
        self.context.keys.found.connect(self._show_keychain)
        self.context.sessions.changed.connect(self._follow_soon)
        self.context.sessions.removed.connect(self._session_removed)
        clipboard = QGuiApplication.clipboard()
        clipboard.dataChanged.connect(self._follow_soon)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow_soon)

    def _offer_to_continue(self, jobs: int) -> None:
        if not jobs:
            return
        if self.context.settings.continue_at_start:
            self._continue_jobs()
        else:
            self.continue_bar.offer(len(self.context.queue.to_go_on()))

    @Slot(object)
    def _tell_damage(self, files: Sequence[Salvaged]) -> None:
        """Say what could be brought back of a damaged list of transfers, and what could not."""
        for one in files:
            text = messages.damage(one)
            self.problems.add(Message(text))
            self.news.say(text, _tr("Problems"))
        self._told_job = None

    @Slot(str, object)
    def _tell_found(self, session_id: str, job_ids: Sequence[int]) -> None:
        text = messages.found_again(self.context.sessions.name(session_id), len(job_ids))
        self.problems.add(Message(text), session_id=session_id)
        self._told_job = job_ids[-1]
        self.news.say(text, _tr("Show"))

    def _continue_jobs(self) -> None:
        """Go on with the jobs of the last start; sessions they need are connected for that."""
        queue = self.context.queue
        rows = queue.to_go_on()
        queue.go_on([row.job_id for row in rows])
        for session_id in {row.session_id for row in rows}:
            if session_id == DEMO_ID:
                self.commands.demo.start()
            elif self.context.browsing.client(session_id) is None:
                self.commands.sessions.connect_session(session_id)

    # -- pages ----------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        return self._history.current

    @Slot(object)
    def go(self, place: Place) -> None:
        """Show a place, and remember the way."""
        self._history.go(place)
        self._show_page(place)

    def go_back(self) -> None:
        self._show_page(self._history.back())

    def go_forward(self) -> None:
        self._show_page(self._history.forward())

    def go_to_parent(self) -> None:
        if (parent := self.place.parent) is not None:
            self.go(parent)

    def go_to_text(self, text: str) -> None:
        """Go where `bucket/prefix` leads, with or without the session's name in front."""
        session = self.context.sessions.get(self.place.session_id)
        if session is None:
            return
        text = text.strip().removeprefix(f"{session.name}/").strip("/")
        bucket, _, prefix = text.partition("/")
        self.go(Place(session.id, bucket or None, f"{prefix}/" if prefix else ""))

    def leave(self, gone: Callable[[Place], bool]) -> None:
        """Forget places that are gone, and go on to what is left."""
        before = self.place
        self._history.drop(gone)
        if self.place != before:
            self._show_page(self.place)

    def _show_page(self, place: Place) -> None:
        # The expanded job has a header of its own, and what the dock tells is in it.
        self.tool_bar.setVisible(place.job is None)
        self.transfers.setVisible(place.job is None)
        self.job_page.show_job(place.job)
        if place.job is not None:
            self._show_job_page()
            return
        session = self.context.sessions.get(place.session_id)
        if session is None:
            self.pages.setCurrentWidget(self.welcome)
        else:
            self.page.show_place(place, session.name)
            self.pages.setCurrentWidget(self.page)
        self.sidebar.show_place(Place(place.session_id, place.bucket, place.prefix))
        self.hints.see_place(place)
        self.gauging.see(place.session_id)
        self.places.see_place(place)
        self.notice.clear()
        self._show_connection()
        self.follow()

    def _show_job_page(self) -> None:
        """The sidebar keeps its mark: the job is no place of the appliance."""
        self.pages.setCurrentWidget(self.job_page)
        self.notice.clear()
        self._show_connection()
        self.follow()
        self.job_page.map.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def show_job(self, job_id: int) -> None:
        """Show a job on a page of its own; of one that is shown go back."""
        row = self.jobs.row(job_id)
        if row is None:
            return
        if self.place.job == job_id:
            self.leave_job()
            return
        known = self.context.sessions.get(row.session_id) is not None
        self.go(Place(row.session_id if known else None, job=job_id))

    def leave_job(self) -> None:
        """Go back to the page one came from, with the dock open."""
        if self.place.job is not None:
            self.go_back()
        self.transfers.set_collapsed(False)
        self.transfers.list.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- what commands act on -------------------------------------------------------------------

    def situation(self) -> Situation:
        """Return what the commands act on now: what a context menu is about, else the page."""
        if self._under_menu is not None:
            return self._under_menu
        place = self.place
        into = place if place.search is None else Place(place.session_id)
        return self._situation(self._selection(), into)

    def _selection(self) -> Selection:
        """Return what is selected on the page; of a million rows it is read once, not each time."""
        if not self._on_page():
            return Selection(self.place)
        if self._selected is None:
            self._selected = self.page.selection()
        return self._selected

    def _select_anew(self, *_ignored: object) -> None:
        self._selected = None
        self._tell_properties.start(PROPERTIES_MS)
        self._follow_soon()

    def _local_paths(self) -> tuple[str, ...]:
        return tuple(self.local.selected_paths()) if self.local.isVisible() else ()

    def _follow_properties(self) -> None:
        """Open properties go with the selection, once it has been the same for a moment."""
        self.commands.properties.follow(self._selection())

    def _situation(self, target: Selection, into: Place) -> Situation:
        context, place = self.context, self.place
        session_id = target.place.session_id or self._only_session()
        state = context.browsing.connection(session_id).state
        summary = self.jobs.summary()
        job = self.transfers.current_job() if place.job is None else self.jobs.row(place.job)
        return Situation(
            session=context.sessions.get(session_id),
            connected=state in (SessionState.CONNECTED, SessionState.LOST),
            connecting=state is SessionState.CONNECTING,
            target=target,
            into=into,
            page=place,
            parent=self._on_page() and place.parent is not None,
            back=self._history.may_go_back,
            forward=self._history.may_go_forward,
            listing=self._on_page() and self.page.listing,
            files_in_clipboard=bool(clipboard_paths()),
            local_paths=self._local_paths(),
            local_shown=self.local.isVisible(),
            demo_running=any(one.demo for one in context.sessions.all()),
            job=job,
            may_try_now=job is not None and job.may_try_now,
            may_pause_all=bool(summary.may_pause),
            may_resume_all=bool(summary.may_resume),
            may_clear_done=bool(summary.may_clear),
        )

    def _on_page(self) -> bool:
        return self.pages.currentWidget() is self.page

    def _only_session(self) -> str | None:
        """Return the one session there is; of several the page tells which."""
        sessions = self.context.sessions.all()
        return sessions[0].id if len(sessions) == 1 else None

    def _follow_soon(self, *_ignored: object) -> None:
        """Follow once for all that changes in this turn of the event loop."""
        self._follow_timer.start(0)

    def follow(self) -> None:
        """Bring actions and status bar in line with what is shown and selected."""
        now = self.situation()
        self.context.actions.follow(now)
        self.context.actions["transfers"].setChecked(not self.transfers.collapsed)
        self.context.actions["local_files"].setChecked(self.local.isVisible())
        if self._under_menu is None:
            name = now.session.name if now.session is not None else ""
            page = (
                self.place
                if self.place.session_id
                else Place(now.session.id if now.session else None)
            )
            self.tool_bar.search.show_place(page, name, connected=now.connected)
        shown = self.context.sessions.get(self.place.session_id) or now.session
        connection = self.context.browsing.connection(shown.id if shown else None)
        connected = connection.state in (SessionState.CONNECTED, SessionState.LOST)
        lost = connection.state is SessionState.LOST
        self.status_bar.show_session(shown, connected, lost)
        others = [one for one in self.problems.all() if one.job_id is None]
        self.status_bar.show_problems(self.jobs.summary().failed, len(others))

    # -- context menus --------------------------------------------------------------------------

    @Slot(object, object)
    def _selection_menu(self, selection: Selection, at: QPoint) -> None:
        into = selection.place
        if len(selection) == 1 and selection.folders:
            into = into.folder(selection.folders[0])
        elif len(selection) == 1 and selection.buckets:
            into = Place(into.session_id, selection.buckets[0])
        self._open_menu(menu_for(selection), self._situation(selection, into), at)

    @Slot(object, object)
    def _place_menu(self, place: Place, at: QPoint) -> None:
        """Open the menu of a session, bucket or folder in the sidebar."""
        entries: Entries
        if place.bucket is None:
            entries, target = SESSION_MENU, Selection(place)
        elif not place.prefix:
            entries = BUCKET_MENU
            target = Selection(Place(place.session_id), buckets=(place.bucket,))
        else:
            entries = FOLDER_MENU
            target = Selection(place.parent or place, folders=(place.prefix,))
        self._open_menu(entries, self._situation(target, place), at)

    @Slot(object, object)
    def _job_menu(self, job_id: int, at: QPoint) -> None:
        self._open_menu(job_menu(), self.situation(), at)

    def _open_menu(self, entries: Entries, about: Situation, at: QPoint) -> None:
        """Show a menu; while it is open the commands act on what it is about."""
        self._under_menu = about
        self.follow()
        menu = self.context.actions.menu(entries, self)
        menu.setObjectName("context_menu")
        menu_style.quieten(menu)
        # A menu hides before its command is triggered, which still acts on what the menu is about.
        menu.aboutToHide.connect(lambda: QTimer.singleShot(0, partial(self._menu_closed, menu)))
        self._menu = menu
        menu.popup(at)

    def _menu_closed(self, menu: QMenu) -> None:
        menu.deleteLater()
        if menu is self._menu:
            self._menu, self._under_menu = None, None
            self.follow()

    # -- panes ----------------------------------------------------------------------------------

    def panes(self) -> list[QWidget]:
        """Return what F6 walks through, in the order of the window."""
        if self.place.job is not None:
            return [self.sidebar.tree, self.job_page.map, self.job_page.objects.table]
        transfers: QWidget = (
            self.transfers.strip if self.transfers.collapsed else self.transfers.list
        )
        local: list[QWidget] = [self.local.list] if self.local.isVisible() else []
        return [self.sidebar.tree, *local, self._page_focus(), transfers]

    def _page_focus(self) -> QWidget:
        if self.place.job is not None:
            return self.job_page.map
        return self.page.list if self._on_page() else self.welcome.add

    def focus_sidebar(self) -> None:
        self._focus(self.sidebar.tree)

    def focus_page(self) -> None:
        self._focus(self._page_focus())

    def focus_local(self) -> None:
        self.show_local(True)
        self._focus(self.local.list)

    def focus_transfers(self) -> None:
        if self.place.job is not None:
            self.leave_job()
        self.transfers.set_collapsed(False)
        self._focus(self.transfers.list)

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
        if shown and not self.local.folder:
            self.local.show_folder(self.context.settings.local_folder or str(Path.home()))
        self.local.setVisible(shown)
        self.context.settings.keep_flag("local_shown", shown)
        self._follow_soon()

    @Slot(str)
    def _keep_local_folder(self, folder: str) -> None:
        self.context.settings.local_folder = folder

    @Slot(object)
    def _local_menu(self, at: QPoint) -> None:
        self._open_menu(LOCAL_MENU, self.situation(), at)

    def toggle_transfers(self) -> None:
        self.transfers.set_collapsed(not self.transfers.collapsed)

    def _transfers_folded(self, folded: bool) -> None:
        self._size_transfers()
        self.context.settings.keep_flag("transfers_folded", folded)
        self._follow_soon()

    def _first_job(self) -> None:
        """Give the dock its height when there is first something to show in it."""
        if self.transfers.height() < self.transfers.preferred_height(self.height()):
            self._size_transfers()

    def _size_transfers(self) -> None:
        wanted = self.transfers.preferred_height(self.height())
        self.main.setSizes([max(1, self.main.height() - wanted), wanted])

    @Slot(object)
    def _forget_job(self, job_id: int) -> None:
        self.leave(lambda place: place.job == job_id)
        self.jobs.remove(job_id)
        self.chunks.remove(job_id)
        self.throughput.remove(job_id)
        self.problems.forget_job(job_id)

    # -- sessions -------------------------------------------------------------------------------

    @Slot(str)
    def _session_changed(self, session_id: str) -> None:
        state = self.context.browsing.connection(session_id).state
        lost = state is SessionState.LOST
        found_again = session_id in self._were_lost and state is SessionState.CONNECTED
        (self._were_lost.add if lost else self._were_lost.discard)(session_id)
        if session_id in self._to_return and state is SessionState.CONNECTED:
            self._return(session_id)
        self._see_trouble(session_id)
        if session_id == self.place.session_id:
            self._show_connection()
            if found_again:
                self.page.refresh()
        self._follow_soon()

    # -- what is told ---------------------------------------------------------------------------

    @Slot(str, str, object)
    def _tell_news(self, title: str, text: str, job_id: int) -> None:
        """Tell by the desktop's notice, or in the window where there are none."""
        self._told_job = job_id
        if self.context.tray is not None:
            self.context.tray.tell(title, text)
        else:
            self.news.say(text, _tr("Show"))

    @Slot()
    def _show_told_job(self) -> None:
        self.bring_up()
        if self._told_job is None:
            self.show_problems()
        elif self.jobs.row(self._told_job) is not None:
            self.transfers.select_job(self._told_job)

    def _quit_from_tray(self) -> None:
        self.bring_up()
        self.leaving.quit()

    def _follow_jobs(self, *_ignored: object) -> None:
        """Keep the computer awake while that is of use, and tell the progress in the title."""
        context, rows = self.context, list(self.jobs.rows())
        wanted = context.settings.keep_awake and wants_awake(rows, datetime.now(UTC))
        context.awake.want(wanted)
        self.status_bar.show_awake(context.awake.held)
        name = QCoreApplication.applicationName() or "DS3 Browser"
        percent = percent_of(rows)
        title = name if percent is None else _tr("{n} % · {name}").format(n=percent, name=name)
        if title != self.windowTitle():
            self.setWindowTitle(title)

    @Slot(object)
    def _see_failure(self, event: Event) -> None:
        row = self.jobs.row(event.job_id)
        if row is None or not isinstance(event, JobEnded) or event.outcome is not Outcome.FAILED:
            return
        notice = notice_of(row, event)
        refused = job_words.refusal(row)
        text = notice.text if notice is not None else row.name
        told = () if refused is None else refused.details
        self.problems.add(Message(text, None, told), job_id=event.job_id)

    def _see_refused_priority(self, job_id: int, error: Exception) -> None:
        row = self.jobs.row(job_id)
        if row is not None:
            told = sentence(error, what=row.name)
            text = _tr("The priority of {job} stays: {reason}")
            text = text.format(job=row.name, reason=told.text)
            self.problems.add(Message(text, None, told.details), job_id=job_id)

    def _see_trouble(self, session_id: str) -> None:
        """Remember why a session is not connected, or no longer."""
        session = self.context.sessions.get(session_id)
        error = self.context.browsing.connection(session_id).error
        if session is not None and error is not None:
            told = sentence(error, doing=Doing.CONNECT, host=session.host)
            text = _tr("{session}: {trouble}").format(session=session.name, trouble=told.text)
            self.problems.add(Message(text, None, told.details), session_id=session_id)

    def _key_not_kept(self) -> None:
        text = _tr(
            "The keychain did not take a secret key. It is known until the program ends, and asked"
            " for at the next start."
        )
        self.problems.add(Message(text))

    def show_problems(self) -> None:
        """Show what went wrong since the start, beside the window."""
        dialog = self.findChild(ProblemsDialog)
        if dialog is None:
            dialog = ProblemsDialog(self.problems, self)
            dialog.job_wanted.connect(self.transfers.select_job)
            dialog.session_wanted.connect(self.commands.sessions.edit_session)
        dialog.show()
        dialog.raise_()

    # -- where one was --------------------------------------------------------------------------

    def return_to(self, session_id: str) -> None:
        """Go to a session, and once it is connected to where the user was last in it."""
        self._to_return.add(session_id)
        self.go(Place(session_id))

    def _return(self, session_id: str) -> None:
        self._to_return.discard(session_id)
        place = self.places.return_to(session_id)
        if place is not None and self.place == Place(session_id):
            self.go(place)

    def _show_keychain(self) -> None:
        self.welcome.show_keychain(self.context.keys.name is not None)

    @Slot(object)
    def _session_removed(self, session_id: str) -> None:
        self.leave(lambda place: place.session_id == session_id)
        self.places.forget(session_id)
        self._follow_soon()

    def _show_connection(self) -> None:
        """Say above the page what is wrong with its session, and that the demo is one."""
        session = self.context.sessions.get(self.place.session_id)
        demo = session is not None and session.demo
        self.badge.setVisible(demo)
        self.hint_strip.setVisible(demo and self.hints.wanted)
        connection = self.context.browsing.connection(self.place.session_id)
        if session is None or connection.state is not SessionState.LOST:
            self.notice.clear()
        elif self.notice.message is None:
            self.notice.show_message(self.commands.sessions.lost_message(session, connection.error))

    @Slot(object)
    def _show_remembered(self, events: Sequence[Event]) -> None:
        for event in events:
            self.chunks.apply(event)

    def _see_chunks(self, *_ignored: object) -> None:
        """Tell the hints when the chunks of the current job can be seen."""
        row = self.transfers.current_job()
        shown = row is not None and bool(self.chunks.of(row.job_id))
        if row is not None and not shown:
            self.context.queue.read_chunks(row.job_id)
        self.hints.see_detail(row, shown and not self.transfers.collapsed)

    @Slot(str)
    def _count_down(self, session_id: str) -> None:
        """Tell when a lost appliance is asked again; what was folded out stays so."""
        session = self.context.sessions.get(session_id)
        if session is not None and session_id == self.place.session_id and self.notice.message:
            error = self.context.browsing.connection(session_id).error
            self.notice.set_text(self.commands.sessions.lost_message(session, error).text)

    # -- geometry -------------------------------------------------------------------------------

    def _restore(self) -> None:
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
            self.resize(SIZE)
        screen = QGuiApplication.screenAt(self.geometry().center()) or self.screen()
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
        for splitter in (self.main, self.beside, self.transfers.splitter):
            settings.keep_window_state(splitter.objectName(), splitter.saveState())
        settings.save()

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
        self.tool_bar.set_wide(self.width() >= WORDS_FROM)
        self.status_bar.set_wide(self.width() >= NARROW)
        self._size_sidebar(event.oldSize().width())
        if not self.main.chosen:
            self._size_transfers()

    def _size_sidebar(self, before: int) -> None:
        """Narrow the sidebar when the window becomes narrow, widen it when it is wide again."""
        now = self.width()
        if (now < NARROW) == (before < NARROW) and before > 0:
            return
        wanted = NARROW_SIDEBAR if now < NARROW else self._sidebar_width
        self.body.setSizes([wanted, max(1, self.width() - wanted)])

    def _sidebar_moved(self, position: int, _number: int) -> None:
        """Remember the width the user chose, for when the window was narrow in between."""
        if self.width() >= NARROW:
            self._sidebar_width = position

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt:
            self._show_mnemonics(True)
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt:
            self._show_mnemonics(False)
        super().keyReleaseEvent(event)

    def _show_mnemonics(self, shown: bool) -> None:
        """Underline the menus' letters while Alt is held."""
        menu_style.underline(self.menuBar(), shown)

    def bring_up(self) -> None:
        """Show the window above others, as it was."""
        self.leaving.came_back()
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.keep_geometry()
        event.setAccepted(self.leaving.may_close())


def _holds(pane: QWidget, focus: QWidget | None) -> bool:
    return focus is not None and (pane is focus or pane.isAncestorOf(focus))


def _furnish(splitter: QSplitter, name: str, *panes: QWidget) -> None:
    splitter.setObjectName(name)
    splitter.setHandleWidth(1)
    splitter.setChildrenCollapsible(False)
    for pane in panes:
        splitter.addWidget(pane)
