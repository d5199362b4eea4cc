"""The toolbar's search box: Return searches the bucket, its arrow opens what else can be asked."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtCore import QCoreApplication, QDate, QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from ds3_browser.gui import icons, theme
from ds3_browser.gui.places import Place, Search
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.menu_style import QuietLetters
from ds3_browser.gui.views.tabbing import press_focused

_tr = partial(QCoreApplication.translate, "search_box")

WIDTH, NARROW_WIDTH, LEAST_WIDTH = 260, 228, 140
FROM_EDGE = 8  # how far the options stay from the window's edges
GB = 1_000_000_000


class SearchBox(QLineEdit):
    """Wish: `search_wanted(Place)`, a place with what is looked for in it."""

    search_wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("search")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(LEAST_WIDTH)
        self.setMaximumWidth(WIDTH)
        self._place = Place()
        self._searched = ""  # what the page in view was found by
        self._options = SearchOptions(self)
        self._options.search_wanted.connect(self._search_by_options)
        self._glass = self.addAction(
            icons.icon("search", Role.SECONDARY), QLineEdit.ActionPosition.LeadingPosition
        )
        self._glass.setText(_tr("Search"))
        self._glass.triggered.connect(self._search)
        self._more = self.addAction(
            icons.icon("chevron-down", Role.SECONDARY), QLineEdit.ActionPosition.TrailingPosition
        )
        self._more.setText(_tr("Search options"))
        self._more.setToolTip(_tr("All buckets and options"))
        self._more.triggered.connect(self.show_options)
        self.returnPressed.connect(self._search)
        theme.notifier().changed.connect(self._tint)
        self.show_place(Place(), "", connected=False)

    def show_place(self, place: Place, session_name: str, *, connected: bool) -> None:
        """Say where a search would look."""
        self._place = place
        words = _tr("Search")
        if connected:
            where = place.bucket or session_name
            words = _tr("Search in {where}").format(where=where)
        self.setPlaceholderText(words)
        self.setAccessibleName(words)
        self.setToolTip(_tr("{words} (Ctrl+Shift+F)").format(words=words))
        self.setEnabled(connected)
        if self.hasFocus():
            return
        if place.search is not None:
            self.setText(place.search.text)
        elif self.text() == self._searched:
            self.clear()  # of a search that one has left
        self._searched = self.text() if place.search is not None else ""

    def set_wide(self, wide: bool) -> None:
        self.setMaximumWidth(theme.row_height(self, WIDTH if wide else NARROW_WIDTH))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As wide as it may be; among large letters the toolbar's buttons need the room more."""
        return QSize(self.maximumWidth(), super().sizeHint().height())

    def begin(self, place: Place) -> None:
        """Let somebody type what to look for in a place."""
        self.show_place(place, "", connected=True)
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def show_options(self) -> None:
        corner = self.mapToGlobal(QPoint(0, self.height() + 2))
        self._options.open_for(self._place, self.text(), corner)

    def _search(self) -> None:
        if text := self.text().strip():
            self._wish(self._place.bucket, Search(text))

    def _search_by_options(self, bucket: str | None, search: Search) -> None:
        self.setText(search.text)
        self._wish(bucket, search)

    def _wish(self, bucket: str | None, search: Search) -> None:
        self.search_wanted.emit(Place(self._place.session_id, bucket, search=search))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self.clear()

    def _tint(self) -> None:
        self._glass.setIcon(icons.icon("search", Role.SECONDARY))
        self._more.setIcon(icons.icon("chevron-down", Role.SECONDARY))


class SearchOptions(QFrame):
    """A popup: what else a search asks for. Signal: `search_wanted(bucket or None, Search)`."""

    search_wanted = Signal(object, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("search_options")
        self.setProperty("look", "card")
        self._place = Place()
        self._text = QLineEdit(self)
        self._text.setObjectName("search_text")
        self._text.setToolTip(_tr("The appliance is asked for it; capital letters matter."))
        self._ending = QLineEdit(self)
        self._ending.setObjectName("search_ending")
        self._ending.setPlaceholderText(_tr("mxf"))
        self._newer = _Day(self, "search_newer")
        self._older = _Day(self, "search_older")
        self._larger = QDoubleSpinBox(self)
        self._larger.setObjectName("search_larger")
        self._larger.setRange(0, 1_000_000)
        self._larger.setDecimals(3)
        self._larger.setSuffix(_tr(" GB"))
        self._larger.setSpecialValueText(_tr("any size"))
        self._larger.lineEdit().setTextMargins(8, 0, 0, 0)  # where the other fields' texts begin
        self._in_cache = QCheckBox(_tr("In &cache"), self)
        self._in_cache.setObjectName("search_in_cache")
        self._ejected = QCheckBox(_tr("On e&jected tape"), self)
        self._ejected.setObjectName("search_ejected")
        self._deleted = QCheckBox(_tr("&Deleted, with versions that stay"), self)
        self._deleted.setObjectName("search_deleted")
        self._deleted.toggled.connect(self._follow)
        self._build()
        QuietLetters(self)

    def _build(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(16, 14, 16, 14)
        form.setVerticalSpacing(8)
        form.addRow(_tr("&Name contains"), self._text)
        form.addRow(_tr("&Kind"), self._ending)
        form.addRow(_tr("N&ewer than"), self._newer)
        form.addRow(_tr("&Older than"), self._older)
        form.addRow(_tr("&Larger than"), self._larger)
        form.addRow("", self._in_cache)
        form.addRow("", self._ejected)
        form.addRow("", self._deleted)
        self._all = QPushButton(_tr("Search &all buckets"), self)
        self._all.setObjectName("search_all_button")
        self._all.setAutoDefault(False)
        self._all.clicked.connect(lambda: self._wish(None))
        self._here = QPushButton(_tr("&Search"), self)
        self._here.setObjectName("search_button")
        self._here.setDefault(True)
        self._here.clicked.connect(lambda: self._wish(self._place.bucket))
        self._text.returnPressed.connect(self._here.click)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self._all)
        row.addWidget(self._here)
        form.addRow(row)
        self._text.textChanged.connect(self._follow)

    def open_for(self, place: Place, text: str, at: QPoint) -> None:
        """Open below the search box, with what is typed there."""
        self._place = place
        self._text.setText(text)
        self._here.setVisible(place.bucket is not None)
        words = _tr("&Search {bucket}").format(bucket=(place.bucket or "").replace("&", "&&"))
        self._here.setText(words)
        self._follow()
        self.adjustSize()
        self.move(self._within_window(at))
        self.show()
        self._text.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_focused(event, self.focusWidget()):
            super().keyPressEvent(event)

    def _within_window(self, at: QPoint) -> QPoint:
        """Where a popup that begins there has both its edges over the window."""
        box = self.parentWidget()
        assert box is not None
        window = box.window()
        left = window.mapToGlobal(QPoint(FROM_EDGE, 0)).x()
        right = left + window.width() - 2 * FROM_EDGE - self.width()
        return QPoint(max(left, min(at.x(), right)), at.y())

    def _follow(self, *_ignored: object) -> None:
        # Where the copies of a deleted object are is told in its properties alone.
        for check in (self._in_cache, self._ejected):
            check.setEnabled(not self._deleted.isChecked())
        for button in (self._here, self._all):
            button.setEnabled(bool(self._text.text().strip()))

    def _wish(self, bucket: str | None) -> None:
        larger = round(self._larger.value() * GB)
        search = Search(
            text=self._text.text().strip(),
            ending=self._ending.text().strip().lstrip("."),
            newer=self._newer.day(),
            older=self._older.day(),
            larger=larger or None,
            in_cache=self._in_cache.isChecked() and self._in_cache.isEnabled(),
            ejected=self._ejected.isChecked() and self._ejected.isEnabled(),
            deleted=self._deleted.isChecked(),
        )
        self.hide()
        self.search_wanted.emit(bucket, search)


class _Day(QWidget):
    """A day that is asked for only where its box is checked."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self._box = QCheckBox(self)
        self._box.setObjectName(name)
        self._box.setAccessibleName(_tr("Ask for a day"))
        self._field = QDateEdit(QDate.currentDate(), self)
        self._field.setCalendarPopup(True)
        self._field.setDisplayFormat(_tr("d MMM yyyy"))
        self._field.setEnabled(False)
        self._box.toggled.connect(self._field.setEnabled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        row.addWidget(self._field, 1)

    def day(self) -> date | None:
        chosen = self._field.date()
        if not self._box.isChecked():
            return None
        return date(chosen.year(), chosen.month(), chosen.day())
