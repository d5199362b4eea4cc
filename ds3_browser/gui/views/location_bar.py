"""Where one is, as crumbs that lead back, or as a line to type into."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QWidget,
)

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.tabbing import WayBack, buttons_in, has_focus, tab_before

_tr = partial(QCoreApplication.translate, "location_bar")

HEIGHT = 32
ARROW = 14


class LocationBar(QFrame):
    """Wishes: `place_chosen(Place)`; `location_entered(str)` for what was typed, as typed;
    `siblings_wanted(Place, QPoint)` for a menu of what lies below a crumb (global point).
    """

    place_chosen = Signal(object)
    location_entered = Signal(str)
    siblings_wanted = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("location_bar")
        self.setAccessibleName(_tr("Location"))
        self.setProperty("look", "card")
        self._place = Place()
        self._session = ""
        self._crumbs: list[tuple[str, Place]] = []
        self._build()
        theme.notifier().changed.connect(self._show_crumbs)

    def _build(self) -> None:
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QWidget(self)
        self._crumb_row = QHBoxLayout(self._row)
        self._crumb_row.setContentsMargins(direction.margins(9, 0, 4, 0))
        self._crumb_row.setSpacing(0)
        self._editor = QLineEdit(self)
        self._editor.setObjectName("location_editor")
        self._editor.setAccessibleName(_tr("Location"))
        self._editor.setFrame(False)
        self._editor.returnPressed.connect(self._enter)
        self._editor.installEventFilter(self)
        self._way_back = WayBack()
        self._copy = QToolButton(self)
        self._copy.setObjectName("copy_location")
        self._copy.setAccessibleName(_tr("Copy location"))
        self._copy.setToolTip(_tr("Copy location"))
        self._copy.clicked.connect(self.copy)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._row)
        self._stack.addWidget(self._editor)

    def sizeHint(self) -> QSize:
        return QSize(300, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def show_place(self, place: Place, session: str) -> None:
        self._place, self._session = place, session
        crumbs = [(session, Place(place.session_id))]
        if place.bucket is not None:
            crumbs.append((place.bucket, Place(place.session_id, place.bucket)))
        prefix = ""
        for part in place.prefix.split("/")[:-1]:
            prefix += part + "/"
            crumbs.append((visible(part) or "/", place.folder(prefix)))
        if place.search is not None:
            crumbs.append((_tr("“{text}”").format(text=visible(place.search.text)), place))
        self._crumbs = crumbs
        self._show_crumbs()
        self._stack.setCurrentWidget(self._row)

    def copy(self) -> None:
        QApplication.clipboard().setText(self._place.location)

    def edit(self, completions: list[str] | None = None) -> None:
        """Become a line of `session/bucket/prefix`; Return goes there, Escape comes back."""
        beginning = f"{self._session}/"
        self._editor.setText(beginning + self._place.location)
        completer = QCompleter([f"{beginning}{c}" for c in completions or []], self._editor)
        self._editor.setCompleter(completer)
        self._way_back.remember()
        self._stack.setCurrentWidget(self._editor)
        self._editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._editor.selectAll()

    def _enter(self) -> None:
        self._stack.setCurrentWidget(self._row)
        self._way_back.go()
        self.location_entered.emit(self._editor.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._editor:
            if event.type() == QEvent.Type.FocusOut and not self._is_completing():
                self._stack.setCurrentWidget(self._row)
            elif _is_escape(event):
                self._stack.setCurrentWidget(self._row)
                self._way_back.go()
                return True
        return super().eventFilter(watched, event)

    def _is_completing(self) -> bool:
        popup = self._editor.completer().popup()
        return popup is not None and popup.isVisible()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.edit()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]  # Qt's own event
        self._show_crumbs()

    def _show_crumbs(self) -> None:
        focused = has_focus(self._row, self._copy)
        while (item := self._crumb_row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self._copy:
                widget.hide()
                widget.deleteLater()
        if not self._crumbs:
            return
        picture = QLabel(self._row)
        name = "server" if self._place.session_id else "circle-dashed"
        name = "search" if self._place.search is not None else name
        picture.setPixmap(icons.pixmap(name, Role.SECONDARY, 16, self.devicePixelRatioF()))
        self._crumb_row.addWidget(picture)
        self._crumb_row.addSpacing(2)
        shown, folded = self._that_fit()
        above = shown[0][1]
        for number, (text, place) in enumerate(shown):
            if number:
                self._crumb_row.addWidget(self._arrow(above))
            if folded and number == min(1, len(shown) - 1):
                self._crumb_row.addWidget(self._fold(folded))
                self._crumb_row.addWidget(self._arrow(folded[-1][1]))
            self._crumb_row.addWidget(self._crumb(text, place, last=place == self._place))
            above = place
        self._crumb_row.addStretch(1)
        self._copy.setIcon(icons.icon("copy", Role.SECONDARY))
        self._copy.setVisible(self._place.bucket is not None)
        made = buttons_in(self._crumb_row)
        self._crumb_row.addWidget(self._copy)
        tab_before(self._copy, made)
        if focused:
            made[-1].setFocus(Qt.FocusReason.OtherFocusReason)

    def _that_fit(self) -> tuple[list[tuple[str, Place]], list[tuple[str, Place]]]:
        """The crumbs that have room, and the middle ones that are folded into one."""
        metrics = self.fontMetrics()
        room = self.width() - 90

        def width(crumbs: list[tuple[str, Place]]) -> int:
            return sum(metrics.horizontalAdvance(text) + 34 for text, _ in crumbs)

        shown, folded = list(self._crumbs), list[tuple[str, Place]]()
        while len(shown) > 2 and width(shown) + (40 if folded else 0) > room:
            folded.append(shown.pop(1))
        if len(shown) == 2 and width(shown) + (40 if folded else 0) > room:
            folded.insert(0, shown.pop(0))  # where one is stands longest
        return shown, folded

    def _crumb(self, text: str, place: Place, *, last: bool) -> QToolButton:
        crumb = QToolButton(self._row)
        crumb.setText(text.replace("&", "&&"))
        crumb.setAccessibleName(text)
        crumb.setObjectName("crumb")
        crumb.setProperty("look", "here" if last else "crumb")
        weight = QFont.Weight.DemiBold if last else QFont.Weight.Normal
        crumb.setFont(theme.scaled(self.font(), 13, weight))
        crumb.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        crumb.clicked.connect(partial(self.place_chosen.emit, place))
        return crumb

    def _arrow(self, above: Place) -> QToolButton:
        arrow = QToolButton(self._row)
        arrow.setObjectName("crumb_arrow")
        arrow.setProperty("look", "crumb")
        arrow.setIcon(icons.icon("chevron-right", Role.FAINT))
        arrow.setIconSize(QSize(ARROW, ARROW))
        words = _tr("Folders in {name}") if above.bucket else _tr("Buckets of {name}")
        words = words.format(name=visible(above.name) or self._session)
        arrow.setToolTip(words)
        arrow.setAccessibleName(words)
        arrow.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        arrow.clicked.connect(partial(self._want_siblings, above, arrow))
        return arrow

    def _want_siblings(self, above: Place, arrow: QToolButton) -> None:
        self.siblings_wanted.emit(above, arrow.mapToGlobal(arrow.rect().bottomLeft()))

    def _fold(self, folded: list[tuple[str, Place]]) -> QToolButton:
        fold = QToolButton(self._row)
        fold.setText("…")
        fold.setAccessibleName(_tr("Folders between"))
        fold.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(fold)
        for text, place in folded:
            menu.addAction(text.replace("&", "&&"), partial(self.place_chosen.emit, place))
        fold.setMenu(menu)
        return fold


def _is_escape(event: QEvent) -> bool:
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
        return False
    return event.key() == Qt.Key.Key_Escape
