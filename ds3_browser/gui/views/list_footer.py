"""The line under a list: what there is, how far the listing has come, and what is selected."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from ds3_browser.gui import format, theme
from ds3_browser.gui.models.objects import Totals
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.lister import Standing

_tr = partial(QCoreApplication.translate, "list_footer")
_counted = partial(format.counted, "list_footer")

HEIGHT = 30


class ListFooter(QWidget):
    """Wishes: `stop_wanted()` and `retry_wanted()`."""

    stop_wanted = Signal()
    retry_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("footer")
        self.setFixedHeight(theme.row_height(self, HEIGHT))
        self._totals = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._totals.setObjectName("footer_totals")
        self._totals.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._selected = ElidedLabel(self, 12, QFont.Weight.DemiBold)
        self._selected.setObjectName("footer_selection")
        self._selected.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._selected.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._on_tape = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._on_tape.setObjectName("footer_on_tape")
        self._on_tape.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._stop = self._button("stop_listing", _tr("Stop"))
        self._stop.clicked.connect(self.stop_wanted)
        self._retry = self._button("retry_listing", _tr("Retry"))
        self._retry.clicked.connect(self.retry_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 1, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._totals)
        row.addWidget(self._stop)
        row.addWidget(self._retry)
        row.addStretch(1)
        row.addWidget(self._selected)
        row.addWidget(self._on_tape)
        theme.notifier().changed.connect(self.update)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setProperty("look", "footer")
        button.hide()
        return button

    def tell(self, text: str, standing: Standing, trouble: str = "") -> None:
        """Show what there is; `trouble` tells why it is not all, or not the newest."""
        self._totals.setText(" · ".join(one for one in (text, trouble) if one))
        self._totals.set_role(Role.WARNING if trouble else Role.SECONDARY)
        self._stop.setVisible(standing in (Standing.LISTING, Standing.BUSY))
        self._retry.setVisible(bool(trouble) and standing is not Standing.LISTING)

    def tell_selection(self, rows: int, size: int | None, on_tape_only: int | None = None) -> None:
        """Show how much is selected, and how much of it only tapes hold.

        `size` and `on_tape_only` are None where they are not known or do not apply.
        """
        self._on_tape.setVisible(bool(rows and on_tape_only))
        if not rows:
            self._selected.setText("")
            return
        text = _tr("{n} selected").format(n=format.count(rows))
        if size is not None:
            text = _tr("{selected} · {size}").format(selected=text, size=format.size(size))
        self._selected.setText(text)
        if on_tape_only:
            words = _tr("· {n} on tape only").format(n=format.count(on_tape_only))
            self._on_tape.setText(words)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.tokens().base)
        painter.fillRect(0, 0, self.width(), 1, theme.tokens().border)


def totals_text(totals: Totals, standing: Standing, *, ordered: bool) -> str:
    """`318 objects, 2 folders · 2.41 TB`, or how far a listing has come."""
    if standing in (Standing.LISTING, Standing.BUSY):
        number = format.count(totals.objects + totals.folders)
        text = _tr("{n} so far, still listing").format(n=number)
    elif standing is Standing.FAILED:
        number = format.count(totals.objects + totals.folders)
        text = _tr("{n} so far, the listing broke off").format(n=number)
    else:
        text = _tr("{what} · {size}").format(
            what=_objects_and_folders(totals), size=format.size(totals.size)
        )
        if standing is Standing.STOPPED:
            text = _tr("{what}, listing stopped before the end").format(what=text)
    if ordered and standing not in (Standing.WHOLE, Standing.AGAIN):
        text = _tr("{what} · sorted among what is listed so far").format(what=text)
    return with_hidden(text, totals.hidden)


def buckets_text(totals: Totals) -> str:
    text = _counted("{n} buckets", totals.folders)
    return with_hidden(text, totals.hidden)


def found_text(totals: Totals, standing: Standing, *, narrowed: bool) -> str:
    """`318 found · 2.41 TB`, how far a search has come, or `14 shown of 3,200 found`."""
    number = format.count(totals.objects)
    if narrowed or totals.hidden:
        text = _tr("{shown} shown of {n} found").format(shown=format.count(totals.shown), n=number)
    else:
        text = _tr("{n} found").format(n=number)
    if standing in (Standing.LISTING, Standing.BUSY):
        return _tr("{what} so far, still searching").format(what=text)
    if standing is Standing.FAILED:
        return _tr("{what}, the search broke off").format(what=text)
    if standing is Standing.STOPPED:
        return _tr("{what}, the search was stopped before the end").format(what=text)
    return _tr("{what} · {size}").format(what=text, size=format.size(totals.size))


def with_hidden(text: str, hidden: int) -> str:
    if not hidden:
        return text
    return _tr("{what} · {n} hidden by the filter").format(what=text, n=format.count(hidden))


def _objects_and_folders(totals: Totals) -> str:
    """In whole phrases, which a language may turn round."""
    objects = _counted("{n} objects", totals.objects)
    if not totals.folders:
        return objects
    folders = _counted("{n} folders", totals.folders)
    return _tr("{objects}, {folders}").format(objects=objects, folders=folders)
