"""The window: knows which page is shown and the way there, and what the commands would act on.

It connects what panes wish to who can do it (`Commands`) and decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from ds3_browser.gui.awake import wants_awake
from ds3_browser.gui.commands import Commands
from ds3_browser.gui.connections import SessionState
from ds3_browser.gui.context import Context
from ds3_browser.gui.context_menus import ContextMenus
from ds3_browser.gui.frame import Frame
from ds3_browser.gui.gauging import Gauging
from ds3_browser.gui.hints import Hints
from ds3_browser.gui.history import History
from ds3_browser.gui.job_row import percent_of
from ds3_browser.gui.leaving import Leaving
from ds3_browser.gui.memory import JobsMemory, ListMemory, PlaceMemory
from ds3_browser.gui.menus import PRIORITIES
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.reconnecting import Reconnecting
from ds3_browser.gui.sessions import DEMO_ID
from ds3_browser.gui.situation import Situation
from ds3_browser.gui.telling import Telling
from ds3_browser.gui.views.comparison_page import ComparisonPage
from ds3_browser.gui.views.drops import clipboard_paths
from ds3_browser.transfer.events import Event, WaitReason

_tr = partial(QCoreApplication.translate, "main_window")

PROPERTIES_MS = 300  # a selection is being made until then


class MainWindow(Frame):
    """The program's one window."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setObjectName("main_window")
        self.setWindowTitle(QCoreApplication.applicationName() or "DS3 Browser")
        settings = context.settings
        self.actions_table = context.actions
        seen = context.browsing.seen
        seen.watch(self)
        self.reconnecting = Reconnecting(context.browsing, seen, self)
        self.gauging = Gauging(context.browsing, seen, self)
        self._history = History(Place())
        self._selected: Selection | None = None
        self._clipboard_has_files: bool | None = None  # None: not asked since it changed
        self._were_lost: set[str] = set()
        self._to_return: set[str] = set()
        self._follow_timer = QTimer(self)
        self._follow_timer.setSingleShot(True)
        self._follow_timer.timeout.connect(self.follow)
        self._tell_properties = QTimer(self)
        self._tell_properties.setSingleShot(True)
        self._tell_properties.timeout.connect(self._follow_properties)
        self._lists = ListMemory(self.page, settings, self)
        self._jobs_columns = JobsMemory(self.transfers.list, settings, self)
        self.places = PlaceMemory(self.sidebar, context.browsing, settings, self)
        self.telling = Telling(self, context)
        self.leaving = Leaving(self, context.queue, context.tray, lambda: settings.to_tray)
        self.hints = Hints(self.hint_strip, settings, self)
        self.menus = ContextMenus(context.actions, self.situation, self._situation, self)
        self.commands = Commands(self, context)
        self._connect_panes()
        self._connect_doers()
        self.restore_panes()
        self._show_page(Place())
        self.follow()

    # -- who does what is wished ----------------------------------------------------------------

    def _connect_panes(self) -> None:
        commands = self.commands
        self.sidebar.place_chosen.connect(self.go)
        self.sidebar.files_dropped.connect(commands.upload)
        self.sidebar.menu_wanted.connect(self.menus.open_for_place)
        self.sidebar.new_session_wanted.connect(commands.sessions.new_session)
        self.sidebar.connect_wanted.connect(commands.sessions.connect_session)
        self.welcome.new_session_wanted.connect(commands.sessions.new_session)
        self.welcome.guide_wanted.connect(commands.help.show_guide)
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
        self.page.menu_wanted.connect(self.menus.open_for_selection)
        self.page.download_wanted.connect(commands.download)
        self.page.upload_wanted.connect(commands.choose_files)
        self.page.new_bucket_wanted.connect(commands.new_bucket)
        self.page.edit_session_wanted.connect(commands.sessions.edit_session)
        self.notice.remedy_wanted.connect(commands.sessions.remedy)
        self.local.objects_dropped.connect(commands.local.take_drop)
        self.local.file_wanted.connect(commands.local.open_file)
        self.local.menu_wanted.connect(self.menus.open_for_local_files)
        self.local.selection_changed.connect(self.follow_soon)
        self.transfers.menu_wanted.connect(self.menus.open_for_job)
        self.transfers.show_wanted.connect(self.show_job)
        self.job_page.back_wanted.connect(self.leave_job)
        self.job_page.board_wanted.connect(commands.board.show_transfer)
        commands.jobs.connect_page(self.job_page)
        commands.board.connect_page(self.board_page, self.menus)
        self.job_page.set_priorities(self.context.actions.menu(PRIORITIES, self.job_page))
        self.transfers.current_changed.connect(self.follow_soon)
        self.transfers.current_changed.connect(self._see_chunks)
        self.status_bar.problems_wanted.connect(self.telling.show_problems)
        self.rearranged.connect(self.follow_soon)
        self.menus.changed.connect(self.follow)
        commands.jobs.connect_panel(self.transfers)

    def _connect_doers(self) -> None:
        queue = self.context.queue
        queue.added.connect(self.jobs.add)
        queue.added.connect(self.hints.see_new_job)
        self.chunks.changed.connect(self._see_chunks)
        queue.removed.connect(self._forget_job)
        queue.restored.connect(self._offer_to_continue)
        queue.chunks_remembered.connect(self._show_remembered)
        self.continue_bar.continue_wanted.connect(self._continue_jobs)
        self.context.sessions.removed.connect(queue.lose_session)
        self.context.sessions.added.connect(queue.find_session)
        self.context.sessions.changed.connect(queue.find_session)
        self.context.browsing.changed.connect(queue.look_again)
        queue.event.connect(self.jobs.apply)
        self.telling.listen()
        self.jobs.summary_changed.connect(self._follow_jobs)
        self.jobs.ticked.connect(self._follow_jobs)
        self.context.awake.changed.connect(self._follow_jobs)
        self.context.taskbar.changed.connect(self._follow_jobs)
        self.telling.problems.changed.connect(self.follow_soon)
        if (tray := self.context.tray) is not None:
            tray.window_wanted.connect(self.bring_up)
            tray.quit_wanted.connect(self._quit_from_tray)
        queue.event.connect(self.chunks.apply)
        queue.event.connect(self.throughput.apply)
        queue.try_now_pressed.connect(self.jobs.press)
        queue.priority_changed.connect(self.jobs.show_priority)
        queue.priority_changed.connect(self.follow_soon)
        queue.cache_seen.connect(self.jobs.show_cache)
        queue.tapes_seen.connect(self.jobs.show_tapes)
        queue.objects_in_cache.connect(self.page.refresh_place)
        self.jobs.summary_changed.connect(self.follow_soon)
        self.context.browsing.changed.connect(self._session_changed)
        self.reconnecting.ticked.connect(self._count_down)
        self.context.keys.found.connect(self._show_keychain)
        self.context.sessions.changed.connect(self.follow_soon)
        self.context.sessions.removed.connect(self._session_removed)
        QGuiApplication.clipboard().dataChanged.connect(self._forget_clipboard)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self.follow_soon)

    def _offer_to_continue(self, jobs: int) -> None:
        if not jobs:
            return
        if self.context.settings.continue_at_start:
            self._continue_jobs()
        else:
            self.continue_bar.offer(len(self.context.queue.to_go_on()))

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
        text = text.strip().removeprefix(f"{session.name}/").lstrip("/")
        bucket, _, prefix = text.partition("/")
        # A folder's own name may be empty, so that its place ends in two slashes.
        prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self.go(Place(session.id, bucket or None, prefix))

    def leave(self, gone: Callable[[Place], bool]) -> None:
        """Forget places that are gone, and go on to what is left."""
        before = self.place
        self._history.drop(gone)
        if self.place != before:
            self._show_page(self.place)

    def _show_page(self, place: Place) -> None:
        self.tool_bar.setVisible(not place.apart)
        self.transfers.setVisible(place.job is None)  # what the dock tells of it is on its page
        self.job_page.show_job(place.job)
        if place.job is not None:
            self._show_apart(self.job_page)
            return
        if place.comparison is not None and self.comparison is not None:
            self._show_apart(self.comparison)
            return
        session = self.context.sessions.get(place.session_id)
        self.commands.board.see(place)
        if session is None:
            self.show_in_pages(self.welcome)
        elif place.board:
            self.show_in_pages(self.board_page)
        else:
            self._list(place, session.name)
            self.show_in_pages(self.page)
        listed = Place(place.session_id, place.bucket, place.prefix, board=place.board)
        self.sidebar.show_place(listed)
        self.hints.see_place(place)
        self.gauging.see(place.session_id)
        self.places.see_place(place)
        self.notice.clear()
        self._show_connection()
        self.follow()

    def _list(self, place: Place, session_name: str) -> None:
        """Back from another page the list stands as it was left, and is looked at again."""
        if place == self.page.place and (self.on_job_page or self.on_board or self.on_comparison):
            self.page.show_again(session_name)
        else:
            self.page.show_place(place, session_name)

    def _show_apart(self, page: QWidget) -> None:
        """The sidebar keeps its mark: a job or a comparison is no place of the appliance."""
        self.commands.board.cover()
        self.show_in_pages(page)
        self.notice.clear()
        self._show_connection()
        self.follow()
        self.focus_page()

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

    def show_comparison(self, page: ComparisonPage, place: Place) -> None:
        """Show a comparison on a page of its own. There is one at a time: that before it ends."""
        self.end_comparison()
        self.put_comparison(page)
        self.go(place)

    def end_comparison(self) -> None:
        self.leave(lambda place: place.comparison is not None)
        self.put_comparison(None)

    def leave_comparison(self) -> None:
        """Go back to the page one came from; the comparison is ahead, and goes on."""
        if self.place.comparison is not None:
            self.go_back()

    # -- what commands act on -------------------------------------------------------------------

    def situation(self) -> Situation:
        """Return what the commands act on now: what a context menu is about, else the page."""
        if self.menus.about is not None:
            return self.menus.about
        place = self.place
        into = place if place.search is None else Place(place.session_id)
        return self._situation(self._selection(), into)

    def _selection(self) -> Selection:
        """Return what is selected on the page; of a million rows it is read once, not each time."""
        if not self.on_object_page:
            return Selection(self.place)
        if self._selected is None:
            self._selected = self.page.selection()
        return self._selected

    def _select_anew(self, *_ignored: object) -> None:
        self._selected = None
        self._tell_properties.start(PROPERTIES_MS)
        self.follow_soon()

    def _files_in_clipboard(self) -> bool:
        """Whether there are; asked once after each change. On X11 the program that has copied is
        asked, and one that hangs would hold up this window for seconds each time.
        """
        if self._clipboard_has_files is None:
            self._clipboard_has_files = bool(clipboard_paths())
        return self._clipboard_has_files

    def _forget_clipboard(self) -> None:
        self._clipboard_has_files = None
        self.follow_soon()

    def _local_paths(self) -> tuple[str, ...]:
        return tuple(self.local.selected_paths()) if self.local.isVisible() else ()

    def _follow_properties(self) -> None:
        """Open properties go with the selection, once it has been the same for a moment."""
        self.commands.properties.follow(self._selection())

    def _situation(self, target: Selection, into: Place) -> Situation:
        context, place = self.context, self.place
        session_id = target.place.session_id or self._only_session()
        connection = context.browsing.connection(session_id)
        state = connection.state
        summary = self.jobs.summary()
        job = self.transfers.current_job() if place.job is None else self.jobs.row(place.job)
        return Situation(
            session=context.sessions.get(session_id),
            connected=state in (SessionState.CONNECTED, SessionState.LOST),
            connecting=state is SessionState.CONNECTING,
            target=target,
            stages=connection.stages,
            into=into,
            page=place,
            parent=self.on_object_page and place.parent is not None,
            back=self._history.may_go_back,
            forward=self._history.may_go_forward,
            listing=self.on_object_page and self.page.listing,
            files_in_clipboard=self._files_in_clipboard(),
            local_paths=self._local_paths(),
            local_shown=self.local.isVisible() and bool(self.local.folder),
            some_connected=bool(self.commands.local.connected_sessions()),
            demo_running=any(one.demo for one in context.sessions.all()),
            job=job,
            last_target=context.settings.last_target(session_id) if session_id else None,
            board_job=self.commands.board.job_in_view(job),
            may_try_now=job is not None and job.may_try_now,
            may_pause_all=bool(summary.may_pause),
            may_resume_all=bool(summary.may_resume),
            may_clear_done=bool(summary.may_clear),
        )

    def _only_session(self) -> str | None:
        """Return the one session there is; of several the page tells which."""
        sessions = self.context.sessions.all()
        return sessions[0].id if len(sessions) == 1 else None

    def follow_soon(self, *_ignored: object) -> None:
        """Follow once for all that changes in this turn of the event loop."""
        self._follow_timer.start(0)

    def follow(self) -> None:
        """Bring actions and status bar in line with what is shown and selected."""
        now = self.situation()
        self.context.actions.follow(now)
        self.context.actions["transfers"].setChecked(not self.transfers.collapsed)
        self.context.actions["local_files"].setChecked(self.local.isVisible())
        if self.menus.about is None:
            name = now.session.name if now.session is not None else ""
            page = (
                self.place
                if self.place.session_id
                else Place(now.session.id if now.session else None)
            )
            if not now.connected and self.tool_bar.search.hasFocus():
                self.focus_page()  # Qt would give it to the button beside
            self.tool_bar.search.show_place(page, name, connected=now.connected)
        shown = self.context.sessions.get(self.place.session_id) or now.session
        connection = self.context.browsing.connection(shown.id if shown else None)
        connected = connection.state in (SessionState.CONNECTED, SessionState.LOST)
        lost = connection.state is SessionState.LOST
        self.status_bar.show_session(shown, connected, lost)
        others = [one for one in self.telling.problems.all() if one.job_id is None]
        self.status_bar.show_problems(self.jobs.summary().failed, len(others))

    # -- context menus --------------------------------------------------------------------------

    # -- panes ----------------------------------------------------------------------------------

    def focus_transfers(self) -> None:
        """The dock is not beside the expanded job: leave that first."""
        if self.place.job is not None:
            self.leave_job()
        super().focus_transfers()

    @Slot(object)
    def _forget_job(self, job_id: int) -> None:
        self.leave(lambda place: place.job == job_id)
        self.jobs.remove(job_id)
        self.chunks.remove(job_id)
        self.throughput.remove(job_id)

    # -- sessions -------------------------------------------------------------------------------

    @Slot(str)
    def _session_changed(self, session_id: str) -> None:
        state = self.context.browsing.connection(session_id).state
        lost = state is SessionState.LOST
        found_again = session_id in self._were_lost and state is SessionState.CONNECTED
        (self._were_lost.add if lost else self._were_lost.discard)(session_id)
        if session_id in self._to_return and state is SessionState.CONNECTED:
            self._return(session_id)
        if session_id == self.place.session_id:
            self._show_connection()
            if found_again:
                self.page.refresh()
        if found_again:
            self._try_jobs_now(session_id)
        self.follow_soon()

    def _try_jobs_now(self, session_id: str) -> None:
        """Let the jobs that wait for an appliance ask it now: it has just answered."""
        for row in self.jobs.rows():
            if row.session_id == session_id and row.reason is WaitReason.NETWORK:
                self.context.queue.try_now(row.job_id)

    # -- what is told ---------------------------------------------------------------------------

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
        context.taskbar.show(percent)
        in_title = percent is not None and not context.taskbar.there
        title = name if not in_title else _tr("{n} % · {name}").format(n=percent, name=name)
        if title != self.windowTitle():
            self.setWindowTitle(title)

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
        if self.context.keys.name is None:
            self.context.sessions.tell_no_keychain()

    @Slot(object)
    def _session_removed(self, session_id: str) -> None:
        self.leave(lambda place: place.session_id == session_id)
        if not self._history.holds(lambda place: place.comparison is not None):
            self.put_comparison(None)
        self.places.forget(session_id)
        self.follow_soon()

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
