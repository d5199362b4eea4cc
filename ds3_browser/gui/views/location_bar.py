"""Where one is, as crumbs that lead back, or as a line to type into."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QCompleter, QMenu, QToolButton, QWidget

from ds3_browser.gui import icons
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import DEMO_ID
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.crumb_bar import HEIGHT, CrumbBar

_tr = partial(QCoreApplication.translate, "location_bar")

ARROW = 14


class LocationBar(CrumbBar):
    """Wishes: `place_chosen(Place)`; `location_entered(str)` for what was typed, as typed;
    `siblings_wanted(Place, QPoint)` for a menu of what lies below a crumb (global point).
    """

    place_chosen = Signal(object)
    location_entered = Signal(str)
    siblings_wanted = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("location", _tr("Location"), _tr("Copy location"), parent)
        self.setObjectName("location_bar")
        self._place = Place()
        self._session = ""
        self._crumbs: list[tuple[str, Place]] = []

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
        self.show_crumbs()
        self.show_row()

    def copy(self) -> None:
        QApplication.clipboard().setText(self._place.location)

    def edit(self, completions: list[str] | None = None) -> None:
        """Become a line of `session/bucket/prefix`; Return goes there, Escape comes back."""
        beginning = f"{self._session}/"
        completer = QCompleter([f"{beginning}{c}" for c in completions or []], self.editor)
        self.editor.setCompleter(completer)
        self.begin_edit(beginning + self._place.location)

    def entered(self, text: str) -> None:
        self.location_entered.emit(text)

    def is_completing(self) -> bool:
        popup = self.editor.completer().popup()
        return popup is not None and popup.isVisible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_crumbs()

    def show_crumbs(self) -> None:
        name = "server" if self._place.session_id else "circle-dashed"
        if self._place.session_id == DEMO_ID:
            name = "flask-conical"
        self.begin_row("search" if self._place.search is not None else name)
        if self._crumbs:
            self.row.addSpacing(2)
            self._fill_row()
        self.copy_button.setVisible(self._place.bucket is not None)
        self.end_row()

    def _fill_row(self) -> None:
        shown, folded = self._that_fit()
        above = shown[0][1]
        for number, (text, place) in enumerate(shown):
            if number:
                self.row.addWidget(self._arrow(above))
            if folded and number == min(1, len(shown) - 1):
                self.row.addWidget(self._fold(folded))
                self.row.addWidget(self._arrow(folded[-1][1]))
            go = partial(self.place_chosen.emit, place)
            crumb = self.crumb(text, go, last=place == self._place)
            crumb.setObjectName("crumb")
            self.row.addWidget(crumb)
            above = place

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

    def _arrow(self, above: Place) -> QToolButton:
        arrow = self.button()
        arrow.setObjectName("crumb_arrow")
        arrow.setIcon(icons.icon("chevron-right", Role.FAINT))
        arrow.setIconSize(QSize(ARROW, ARROW))
        words = _tr("Folders in {name}") if above.bucket else _tr("Buckets of {name}")
        words = words.format(name=visible(above.name) or self._session)
        arrow.setToolTip(words)
        arrow.setAccessibleName(words)
        arrow.clicked.connect(partial(self._want_siblings, above, arrow))
        return arrow

    def _want_siblings(self, above: Place, arrow: QToolButton) -> None:
        self.siblings_wanted.emit(above, arrow.mapToGlobal(arrow.rect().bottomLeft()))

    def _fold(self, folded: list[tuple[str, Place]]) -> QToolButton:
        fold = QToolButton(self)
        fold.setText("…")
        fold.setAccessibleName(_tr("Folders between"))
        fold.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(fold)
        for text, place in folded:
            menu.addAction(text.replace("&", "&&"), partial(self.place_chosen.emit, place))
        fold.setMenu(menu)
        return fold
