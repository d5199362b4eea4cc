"""The page that lists one place: location bar, filter, table, footer, and what stands instead.

It asks who browses for what it shows; what the user wants of a selection it emits as wishes.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QPoint,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ds3_browser.gui import format, icons, messages, theme
from ds3_browser.gui.connections import Browses, Connection, SessionState
from ds3_browser.gui.messages import Doing, Remedy
from ds3_browser.gui.models.columns import BUCKETS_ASKED
from ds3_browser.gui.models.objects import ObjectsModel
from ds3_browser.gui.places import Place, Search, Selection
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views import list_footer
from ds3_browser.gui.views.instead import Help, Instead, InsteadOfRows
from ds3_browser.gui.views.list_footer import ListFooter
from ds3_browser.gui.views.lister import Lister, Standing
from ds3_browser.gui.views.location_bar import LocationBar
from ds3_browser.gui.views.object_list import ObjectList
from ds3_browser.gui.views.placements import Placements
from ds3_browser.gui.views.sibling_menu import SiblingMenu

_tr = partial(QCoreApplication.translate, "object_page")
_counted = partial(format.counted, "object_page")

FILTER = 220
NARROW_FILTER = 150
NARROW = 900  # of the page, under which the filter box gives room to the crumbs


class ObjectPage(QWidget):
    """Wishes: `place_chosen(Place)`, `location_entered(str)`, `files_dropped(paths, Place)`,
    `menu_wanted(Selection, QPoint)`, `download_wanted(Selection)`, `upload_wanted(Place)`,
    `new_bucket_wanted(session_id)`, `edit_session_wanted(session_id)`,
    `connect_wanted(session_id)`.

    `selection_changed(Selection)` and `listing_changed(bool)` tell what commands may act on.
    """

    place_chosen = Signal(object)
    location_entered = Signal(str)
    files_dropped = Signal(object, object)
    selection_changed = Signal(object)
    menu_wanted = Signal(object, object)
    download_wanted = Signal(object)
    upload_wanted = Signal(object)
    new_bucket_wanted = Signal(str)
    edit_session_wanted = Signal(str)
    connect_wanted = Signal(str)
    listing_changed = Signal(bool)

    def __init__(self, browsing: Browses, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("object_page")
        self._browsing = browsing
        self._session_name = ""
        self._list_once_connected = False
        self._was_again = False
        self.model = ObjectsModel(self)
        self._lister = Lister(browsing, self.model, self)
        self._build()
        self._lister.changed.connect(self._tell_listing)
        self.model.totals_changed.connect(self._tell)
        self.model.modelReset.connect(self._tell)
        self.model.order_changed.connect(self._tell)
        browsing.changed.connect(self._follow)
        browsing.listing_wanted.connect(self.refresh_place)
        theme.notifier().changed.connect(self._tint)

    def _build(self) -> None:
        self.location = LocationBar(self)
        self.location.place_chosen.connect(self.place_chosen)
        self.location.location_entered.connect(self.location_entered)
        self.location.siblings_wanted.connect(self._show_siblings)
        self._build_filter()
        self.list = ObjectList(self.model, self)
        self.list.opened.connect(self._open_row)
        self.list.files_dropped.connect(self.files_dropped)
        self.list.menu_wanted.connect(self._want_menu)
        self.list.selection_altered.connect(self._selection_altered)
        self.list.columns_chosen.connect(self._show_buckets)
        self.model.dataChanged.connect(self._tell_selection_soon)
        self.list.installEventFilter(self)
        # A child of the viewport: drags and right clicks go on to the list.
        self._instead = InsteadOfRows(self.list.viewport())
        self._instead.wanted.connect(self._help)
        self.list.viewport().installEventFilter(self)
        self._placements = Placements(self._browsing, self.list, self)
        self._footer = ListFooter(self)
        self._footer.stop_wanted.connect(self.stop)
        self._footer.retry_wanted.connect(self._lister.retry)
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(8)
        top.addWidget(self.location, 1)
        top.addWidget(self.filter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addWidget(self._footer)
        # Selecting by dragging changes the selection many times before anything is painted.
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(0)
        self._telling.timeout.connect(self._tell_selection)

    def _build_filter(self) -> None:
        self.filter = QLineEdit(self)
        self.filter.setObjectName("filter")
        self.filter.setAccessibleName(_tr("Filter this folder"))
        self.filter.setPlaceholderText(_tr("Filter this folder"))
        self.filter.setToolTip(_tr("Filter this folder (Ctrl+F)"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(FILTER)
        self._filter_icon = self.filter.addAction(
            icons.icon("filter", Role.SECONDARY), QLineEdit.ActionPosition.LeadingPosition
        )
        self._filter_icon.setText(_tr("Filter"))
        self.filter.textChanged.connect(self.model.set_filter)
        self.filter.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.row_height(self, NARROW)
        self.filter.setFixedWidth(theme.row_height(self, NARROW_FILTER if narrow else FILTER))

    # --- what is listed

    @property
    def place(self) -> Place:
        return self.model.place

    @property
    def listing(self) -> bool:
        return self._lister.running

    def show_place(self, place: Place, session_name: str) -> None:
        """List a session's buckets, a bucket's top or a folder."""
        self._session_name = session_name
        self.filter.clear()
        self.location.show_place(place, session_name)
        connecting = self._browsing.connection(place.session_id).state is SessionState.CONNECTING
        self._list_once_connected = connecting and not place.lists_buckets
        if place.lists_buckets or connecting:
            self._lister.show_nothing(place)
        else:
            self._lister.list(place)
        self._show_buckets()
        self._tell()
        self.selection_changed.emit(self.selection())

    def _show_buckets(self) -> None:
        """Show the buckets, and ask what is known of them where a column is shown for that."""
        if not self.place.lists_buckets:
            return
        connection = self._connection()
        self.model.show_buckets(connection.buckets)
        self.model.show_bucket_columns(connection.bucket_columns or {})
        asked = any(self.list.column_named(id) is not None for id in BUCKETS_ASKED)
        if asked and connection.state is SessionState.CONNECTED:
            self._browsing.ask_bucket_columns(self.place.session_id or "")

    def show_again(self, session_name: str) -> None:
        """Show the place that stands here, as it was left, and look what is new behind it.

        Of a lost session that is done once it is found again; one that was left is listed anew.
        """
        state = self._connection().state
        if state not in (SessionState.CONNECTED, SessionState.LOST):
            self.show_place(self.place, session_name)
            return
        self._session_name = session_name
        self.location.show_place(self.place, session_name)
        if not self.place.lists_buckets and state is SessionState.CONNECTED:
            self._lister.refresh()
        self._tell()

    def refresh(self) -> None:
        """List again; what is shown stays until the new listing is whole."""
        if not self.place.lists_buckets:
            self._lister.refresh()
        elif self.place.session_id is not None:
            self._browsing.refresh_buckets(self.place.session_id)

    @Slot(object)
    def refresh_place(self, place: Place) -> None:
        """Objects of a place were changed; list it again if it, or a folder above, is shown."""
        here = self.place
        if place.session_id != here.session_id or place.bucket is None or here.lists_buckets:
            return
        within = here.bucket in (None, place.bucket) and place.prefix.startswith(here.prefix)
        if within or (here.search is not None and here.bucket in (None, place.bucket)):
            self._lister.refresh_soon()

    def stop(self) -> None:
        """Stop listing; what came so far stays, and the footer says that it is not all."""
        self._lister.stop()

    def _connection(self) -> Connection:
        return self._browsing.connection(self.place.session_id)

    @Slot(str)
    def _follow(self, session_id: str) -> None:
        """The session's connection is another: show its buckets, or list what could not be."""
        if session_id != self.place.session_id:
            return
        connected = self._connection().state is SessionState.CONNECTED
        if self.place.lists_buckets:
            self._show_buckets()
        elif connected and self._list_once_connected:
            self._list_once_connected = False
            self._lister.list(self.place)
        elif connected and self._lister.error is not None:
            self._lister.retry()
        self._tell()

    # --- selection and wishes

    def selection(self) -> Selection:
        return self.list.selection()

    def _selection_altered(self) -> None:
        self._telling.start()
        self.selection_changed.emit(None)

    def _want_menu(self, at: object) -> None:
        self.menu_wanted.emit(self.selection(), at)

    def _open_row(self, row: int) -> None:
        if not self.model.is_folder(row):
            chosen = self.selection() if self.list.is_selected(row) else None
            self.download_wanted.emit(chosen or self.model.selection([range(row, row + 1)]))
        elif self.place.bucket is None:
            self.place_chosen.emit(Place(self.place.session_id, self.model.folder(row)))
        else:
            self.place_chosen.emit(self.place.folder(self.model.folder(row)))

    def focus_filter(self) -> None:
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def edit_location(self) -> None:
        self.location.edit(self._completions())

    def _completions(self) -> list[str]:
        """What is listed already: the session's buckets, and the folders on this page."""
        buckets = [f"{bucket.name}/" for bucket in self._connection().buckets]
        if self.place.bucket is None:
            return buckets
        folders = self.model.folders_beginning(self.place.prefix)
        return buckets + [f"{self.place.bucket}/{folder}" for folder in folders]

    def _show_siblings(self, place: Place, at: QPoint) -> None:
        menu = SiblingMenu(self._browsing, place, self)
        menu.place_chosen.connect(self.place_chosen)
        menu.popup(at)

    def select_all(self) -> None:
        self.list.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.list.viewport():
            if event.type() == QEvent.Type.Resize:
                self._instead.setGeometry(self.list.viewport().rect())
            return False
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape and self._escape():
                return True
            if watched is self.filter and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return):
                self.list.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        return super().eventFilter(watched, event)

    def _escape(self) -> bool:
        """Clear the filter, else stop the listing."""
        if self.filter.text():
            self.filter.clear()
        elif self._lister.running or self._lister.standing is Standing.BUSY:
            self.stop()
        else:
            return False
        return True

    # --- what is told

    def _tell_listing(self) -> None:
        self._tell()
        again = self._lister.standing is Standing.AGAIN
        if self._was_again and not again:
            self._placements.ask_anew()
        self._was_again = again
        self.listing_changed.emit(self.listing)

    def _tell(self) -> None:
        totals, standing = self.model.totals(), self._lister.standing
        if self.place.lists_buckets:
            text = list_footer.buckets_text(totals)
        elif self.place.search is not None:
            text = list_footer.found_text(totals, standing, narrowed=self.place.search.narrows)
        else:
            ordered = bool(self.model.order)
            text = list_footer.totals_text(totals, standing, ordered=ordered)
        said = self._instead_of_rows()
        unknown = said is not None and (bool(said.details) or self._is_unconnected())
        self._footer.tell("" if unknown else text, standing, self._trouble(said))
        self._telling.start()
        self._instead.say_or_hide(said)

    @Slot()
    def _tell_selection_soon(self) -> None:
        """Where the selected objects are may be known only now."""
        self._telling.start()

    def _tell_selection(self) -> None:
        rows = self.list.selected_rows()
        folders_only = rows and not self.selection().objects
        size = self.list.selected_size() if rows and not folders_only else None
        self._footer.tell_selection(rows, size, self.list.selected_on_tape_only())

    def _trouble(self, said: Instead | None) -> str:
        """Why what is shown is not all or not the newest; empty where that stands as rows."""
        if said is not None:
            return ""
        if self._lister.standing is Standing.BUSY:
            return self._busy_text()
        error = self._lister.error
        return "" if error is None else self._message(error).text

    def _busy_text(self) -> str:
        left = format.countdown(self._lister.seconds_left)
        return _tr("The appliance is busy. Next try in {time}.").format(time=left)

    def _message(self, error: Exception) -> messages.Message:
        client = self._browsing.client(self.place.session_id or "")
        host = None if client is None else client.endpoint.host
        return messages.sentence(error, doing=Doing.LIST, what=self._listed_name(), host=host)

    def _nothing_found(self, search: Search) -> Instead:
        where = self.place.bucket or self._session_name
        text = _tr(
            "Nothing found in {where}. The search was for names containing “{text}”, capital"
            " letters matter."
        ).format(where=where, text=search.text)
        if self.place.bucket is None:
            return Instead(text)
        return Instead(text, Help.SEARCH_ALL, _tr("Search all buckets"))

    def _listed_name(self) -> str:
        return self.place.name or self._session_name

    def _instead_of_rows(self) -> Instead | None:
        """Why there are no rows, with what helps; None while there are, or may be, some."""
        totals, lister = self.model.totals(), self._lister
        if totals.shown:
            return None
        if self._is_unconnected():
            return self._unconnected()
        if lister.standing is Standing.BUSY:
            return Instead(self._busy_text(), Help.RETRY, _tr("Try now"))
        if lister.error is not None:
            told = self._message(lister.error)
            button = messages.remedy_text(told.remedy or Remedy.RETRY)
            return Instead(told.text, _help_for(told.remedy), button, told.details)
        if lister.running or self.model.is_sorting:
            return None
        if totals.hidden and self.filter.text():
            return self._all_hidden(totals.hidden)
        if self.place.search is not None:
            return self._nothing_found(self.place.search)
        if self.place.lists_buckets:
            text = _tr("No buckets you can see. A bucket needs the LIST right.")
            return Instead(text, Help.NEW_BUCKET, _tr("New bucket…"))
        text = _tr("Nothing here yet. Drop files to upload them.")
        return Instead(text, Help.UPLOAD, _tr("Upload files…"))

    def look_up_placements(self, wanted: bool) -> None:
        """Ask from now on, or no more, where the objects in view are."""
        self._placements.set_wanted(wanted)

    def _all_hidden(self, hidden: int) -> Instead:
        rest = _counted("{n} names are hidden by the filter.", hidden)
        text = _tr("No name contains “{text}”. {rest}").format(text=self.filter.text(), rest=rest)
        return Instead(text, Help.CLEAR_FILTER, _tr("Clear filter"))

    def _is_unconnected(self) -> bool:
        connected = (SessionState.CONNECTED, SessionState.LOST)
        return self._connection().state not in connected

    def _unconnected(self) -> Instead:
        connection = self._connection()
        if connection.state is SessionState.CONNECTING:
            return Instead(_tr("Connecting to {name}").format(name=self._session_name))
        if connection.error is None:
            text = _tr("{name} is not connected.").format(name=self._session_name)
            return Instead(text, Help.CONNECT, _tr("Connect"))
        told = messages.sentence(connection.error, doing=Doing.CONNECT)
        if told.remedy in (Remedy.EDIT_SESSION, Remedy.LOOK_AT_CERTIFICATE):
            button = messages.remedy_text(told.remedy)
            return Instead(told.text, Help.EDIT_SESSION, button, told.details)
        return Instead(told.text, Help.CONNECT, _tr("Try again"), told.details)

    def _help(self, help: Help) -> None:
        session_id = self.place.session_id or ""
        match help:
            case Help.RETRY:
                self._lister.retry()
            case Help.CONNECT:
                self.connect_wanted.emit(session_id)
            case Help.CLEAR_FILTER:
                self.filter.clear()
            case Help.UPLOAD:
                self.upload_wanted.emit(self.place)
            case Help.NEW_BUCKET:
                self.new_bucket_wanted.emit(session_id)
            case Help.EDIT_SESSION:
                self.edit_session_wanted.emit(session_id)
            case Help.SEARCH_ALL:
                self.place_chosen.emit(Place(self.place.session_id, search=self.place.search))
            case Help.NOTHING:
                pass

    def _tint(self) -> None:
        self._filter_icon.setIcon(icons.icon("filter", Role.SECONDARY))


def _help_for(remedy: Remedy | None) -> Help:
    if remedy in (Remedy.EDIT_SESSION, Remedy.LOOK_AT_CERTIFICATE):
        return Help.EDIT_SESSION
    return Help.RETRY
