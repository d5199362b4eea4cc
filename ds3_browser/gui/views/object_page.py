"""The page that lists one place: location bar, filter, table, footer, and what stands in its stead.

It asks `Browsing` for what it shows; what the user wants of a selection it emits as wishes.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, messages, theme
from ds3_browser.gui.connections import Browses, RunningListing, SessionState
from ds3_browser.gui.messages import Doing, Remedy
from ds3_browser.gui.models.objects import ObjectsModel
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.location_bar import LocationBar
from ds3_browser.gui.views.object_list import ObjectList
from ds3_browser.protocol.records import Listing

_tr = partial(QCoreApplication.translate, "object_page")


class _Instead(QWidget):
    """Stands in place of the rows: why there are none, and the one thing to do about it."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("instead_of_rows")
        self._does = ""
        self.text = QLabel(self)
        self.text.setObjectName("instead_text")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton(self)
        self.button.setObjectName("instead_button")
        self.button.clicked.connect(self._want)
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(self.text)
        column.addSpacing(12)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        column.setContentsMargins(40, 0, 40, 0)

    def say(self, text: str, button: str = "", does: str = "") -> None:
        self.text.setText(text)
        self.setAccessibleName(text)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self._does = does

    def _want(self) -> None:
        self.wanted.emit(self._does)


class ObjectPage(QWidget):
    """Wishes: `place_chosen(Place)`, `location_entered(str)`, `files_dropped(paths, Place)`,
    `selection_changed(Selection)`, `menu_wanted(Selection, QPoint)`, `download_wanted(Selection)`,
    `upload_wanted(Place)`, `new_bucket_wanted(session_id)`. `listing_changed(bool)` tells whether
    a listing is under way.
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
    listing_changed = Signal(bool)

    def __init__(self, browsing: Browses, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("object_page")
        self._browsing = browsing
        self._listing: RunningListing | None = None
        self._fresh: list[Listing] | None = None  # pages of a refresh, shown when it is whole
        self._error: Exception | None = None
        self._stopped = False
        self._session_name = ""
        self.model = ObjectsModel(self)
        self._build()
        self.model.totals_changed.connect(self._tell)
        self.model.order_changed.connect(self._tell)
        browsing.changed.connect(self._follow)
        browsing.listing_wanted.connect(self.refresh_place)

    def _build(self) -> None:
        self.location = LocationBar(self)
        self.location.place_chosen.connect(self.place_chosen)
        self.location.location_entered.connect(self.location_entered)
        self.filter = QLineEdit(self)
        self.filter.setObjectName("filter")
        self.filter.setAccessibleName(_tr("Filter this folder"))
        self.filter.setPlaceholderText(_tr("Filter this folder"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(220)
        self._filter_icon = self.filter.addAction(
            icons.icon("filter", Role.SECONDARY), QLineEdit.ActionPosition.LeadingPosition
        )
        self._filter_icon.setText(_tr("Filter"))
        self.filter.textChanged.connect(self._set_filter)
        self.filter.installEventFilter(self)
        self.list = ObjectList(self.model, self)
        self.list.opened.connect(self._open_row)
        self.list.files_dropped.connect(self.files_dropped)
        self.list.menu_wanted.connect(self._want_menu)
        self.list.selection_altered.connect(self._selection_altered)
        self.list.installEventFilter(self)
        self._instead = _Instead(self)
        self._instead.wanted.connect(self._do_instead)
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(8)
        top.addWidget(self.location, 1)
        top.addWidget(self.filter)
        body = QWidget(self)
        self._body = QStackedLayout(body)
        self._body.setStackingMode(QStackedLayout.StackingMode.StackAll)
        self._body.addWidget(self.list)
        self._body.addWidget(self._instead)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(body, 1)
        column.addWidget(self._build_footer())
        self._instead.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)
        self._instead.hide()
        theme.notifier().changed.connect(self._tint)

    def _build_footer(self) -> QWidget:
        footer = QWidget(self)
        footer.setObjectName("footer")
        footer.setFixedHeight(28)
        self._left = ElidedLabel(footer, 12, role=Role.SECONDARY)
        self._left.setObjectName("footer_totals")
        self._right = ElidedLabel(footer, 12, QFont.Weight.DemiBold)
        self._right.setObjectName("footer_selection")
        self._right.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._stop = QPushButton(_tr("Stop"), footer)
        self._stop.setObjectName("stop_listing")
        self._stop.setProperty("look", "link")
        self._stop.clicked.connect(self.stop)
        self._stop.hide()
        row = QHBoxLayout(footer)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._left, 2)
        row.addWidget(self._stop)
        row.addWidget(self._right, 1)
        return footer

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 120)

    # --- what is listed

    @property
    def place(self) -> Place:
        return self.model.place

    @property
    def listing(self) -> bool:
        return self._listing is not None

    def show_place(self, place: Place, session_name: str) -> None:
        """List a session's buckets, a bucket's top or a folder."""
        self._drop_listing()
        self._session_name, self._error, self._stopped, self._fresh = (
            session_name,
            None,
            False,
            None,
        )
        self.filter.clear()
        self.model.begin(place)
        self.location.show_place(place, session_name)
        if place.bucket is None:
            self._show_buckets()
        else:
            self._list(place)
        if self.model.rowCount():
            self.list.setCurrentIndex(self.model.index(0, 0))
            self.list.clearSelection()
        self._tell()
        self.selection_changed.emit(self.selection())

    def refresh(self) -> None:
        """List again; what is shown stays until the new listing is whole."""
        place = self.place
        if place.session_id is None:
            return
        if place.bucket is None:
            self._browsing.refresh_buckets(place.session_id)
            return
        if self._listing is not None and self._fresh is None:
            return  # the first listing is still coming
        self._drop_listing()
        self._error, self._stopped = None, False
        self._fresh = []
        self._list(place)

    @Slot(object)
    def refresh_place(self, place: Place) -> None:
        """Objects of a place were changed; list it again if it, or a folder above, is shown."""
        same = (place.session_id, place.bucket) == (self.place.session_id, self.place.bucket)
        if same and place.prefix.startswith(self.place.prefix):
            self.refresh()

    def stop(self) -> None:
        """Stop listing; what came so far stays, and the footer says that it is not all."""
        if self._listing is not None:
            self._drop_listing()
            self._stopped = self._fresh is None
            self._fresh = None
            self._tell()

    def _list(self, place: Place) -> None:
        self._listing = self._browsing.list_folder(place, self._page, self._end, self._failed)
        self.listing_changed.emit(True)

    def _drop_listing(self) -> None:
        if self._listing is not None:
            self._listing.stop()
            self._listing = None
            self.listing_changed.emit(False)

    def _page(self, page: Listing) -> None:
        if self._fresh is not None:
            self._fresh.append(page)
        else:
            self.model.add_page(page)

    def _end(self) -> None:
        self._listing = None
        if self._fresh is not None:
            remembered = self.list.remembered()
            self.model.replace(self._fresh)
            self._fresh = None
            self.list.select_names(*remembered)
        self.listing_changed.emit(False)
        self._tell()

    def _failed(self, error: Exception) -> None:
        self._listing, self._fresh, self._error = None, None, error
        self.listing_changed.emit(False)
        self._tell()

    def _show_buckets(self) -> None:
        connection = self._browsing.connection(self.place.session_id)
        remembered = self.list.remembered()
        self.model.show_buckets(connection.buckets)
        self.list.select_names(*remembered)

    @Slot(str)
    def _follow(self, session_id: str) -> None:
        if session_id == self.place.session_id and self.place.bucket is None:
            self._show_buckets()
            self._tell()

    # --- selection and wishes

    def selection(self) -> Selection:
        return self.list.selection()

    def _selection_altered(self) -> None:
        self._tell_selection()
        self.selection_changed.emit(self.selection())

    def _want_menu(self, at: object) -> None:
        self.menu_wanted.emit(self.selection(), at)

    def _open_row(self, row: int) -> None:
        if not self.model.is_folder(row):
            self.download_wanted.emit(Selection(self.place, (self.model.object(row),)))
        elif self.place.bucket is None:
            self.place_chosen.emit(Place(self.place.session_id, self.model.folder(row)))
        else:
            self.place_chosen.emit(self.place.folder(self.model.folder(row)))

    def focus_filter(self) -> None:
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def edit_location(self) -> None:
        bucket = self.place.bucket or ""
        self.location.edit([f"{bucket}/{f}" for f in self.model.names_below(self.place.prefix)])

    def select_all(self) -> None:
        self.list.selectAll()

    def _set_filter(self, text: str) -> None:
        self.model.set_filter(text)
        self._tell()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
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
            return True
        if self._listing is not None:
            self.stop()
            return True
        return False

    # --- what is told

    def _tell(self) -> None:
        self._tell_totals()
        self._tell_selection()
        self._tell_instead()

    def _tell_totals(self) -> None:
        totals = self.model.totals()
        listing = self._listing is not None
        self._stop.setVisible(listing and self._fresh is None)
        if self.place.bucket is None:
            text = _counted(totals.folders, _tr("1 bucket"), _tr("{n} buckets"))
        elif listing and self._fresh is None:
            number = format.count(totals.objects + totals.folders)
            text = _tr("{number} so far, still listing").format(number=number)
        else:
            what = _objects_and_folders(totals.objects, totals.folders)
            text = f"{what} · {format.size(totals.size)}"
            if self._stopped:
                text = _tr("{what}, listing stopped before the end").format(what=text)
        if self.model.sort_column is not None and (listing or self._stopped):
            text = _tr("{what} · sorted among what is listed so far").format(what=text)
        if totals.hidden:
            hidden = format.count(totals.hidden)
            text = _tr("{what} · {number} hidden by the filter").format(what=text, number=hidden)
        self._left.setText(text)

    def _tell_selection(self) -> None:
        rows = self.list.selected_rows()
        if not rows:
            self._right.setText("")
            return
        text = _tr("{number} selected").format(number=format.count(rows))
        size = self.selection().size if rows <= 100_000 else None
        if size and self.place.bucket is not None:
            text += f" · {format.size(size)}"
        self._right.setText(text)

    def _tell_instead(self) -> None:
        said = self._instead_of_rows()
        self._instead.setVisible(said is not None)
        if said is not None:
            self._instead.say(*said)
            self._instead.raise_()

    def _instead_of_rows(self) -> tuple[str, str, str] | None:
        """Why there are no rows, with the button that helps; None while there are, or may be."""
        totals = self.model.totals()
        if self._error is not None and not totals.shown:
            told = messages.sentence(
                self._error, doing=Doing.LIST, what=self.place.name, host=self._host()
            )
            return told.text, _tr("Retry"), "retry"
        if totals.shown or self._listing is not None:
            return None
        if totals.hidden:
            hidden = _counted(
                totals.hidden,
                _tr("1 object is hidden by the filter."),
                _tr("{n} objects are hidden by the filter."),
            )
            text = _tr("No name contains “{text}”. {hidden}")
            told_text = text.format(text=self.filter.text(), hidden=hidden)
            return told_text, _tr("Clear filter"), "clear"
        if self.place.bucket is not None:
            text = _tr("Nothing here yet. Drop files to upload them.")
            return text, _tr("Upload files…"), "upload"
        return self._instead_of_buckets()

    def _instead_of_buckets(self) -> tuple[str, str, str] | None:
        connection = self._browsing.connection(self.place.session_id)
        match connection.state:
            case SessionState.CONNECTED:
                text = _tr("No buckets you can see. A bucket needs the LIST right.")
                return text, _tr("New bucket…"), "bucket"
            case SessionState.CONNECTING:
                return _tr("Connecting to {name}").format(name=self._session_name), "", ""
            case _ if connection.error is not None:
                told = messages.sentence(connection.error, doing=Doing.CONNECT, host=self._host())
                if told.remedy is Remedy.EDIT_SESSION:
                    return told.text, messages.remedy_text(Remedy.EDIT_SESSION), "edit"
                return told.text, _tr("Retry"), "retry"
            case _:
                return _tr("{name} is not connected.").format(name=self._session_name), "", ""

    def _host(self) -> str | None:
        client = self._browsing.client(self.place.session_id or "")
        return None if client is None else client.endpoint.host

    def _do_instead(self, what: str) -> None:
        match what:
            case "retry" if self.place.bucket is None:
                self._browsing.connect_session(self.place.session_id or "")
            case "retry":
                self.show_place(self.place, self._session_name)
            case "clear":
                self.filter.clear()
            case "upload":
                self.upload_wanted.emit(self.place)
            case "bucket":
                self.new_bucket_wanted.emit(self.place.session_id or "")
            case "edit":
                self.edit_session_wanted.emit(self.place.session_id or "")

    def _tint(self) -> None:
        self._filter_icon.setIcon(icons.icon("filter", Role.SECONDARY))


def _objects_and_folders(objects: int, folders: int) -> str:
    """`318 objects, 2 folders`, in whole phrases that a language may turn round."""
    some = _counted(objects, _tr("1 object"), _tr("{n} objects"))
    if not folders:
        return some
    others = _counted(folders, _tr("1 folder"), _tr("{n} folders"))
    return _tr("{objects}, {folders}").format(objects=some, folders=others)


def _counted(number: int, one: str, many: str) -> str:
    return one if number == 1 else many.format(n=format.count(number))
