"""The part of a deletion's question that tells which objects have no other copy.

The look is a callable that is given. It can take long, so it tells how far it is and can be ended;
what was not looked at, or may not be, counts as if it had no other copy.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ds3_browser.gui import format, messages, theme
from ds3_browser.gui.connections import OnlyCopies
from ds3_browser.gui.dialogs.parts import ErrorBox, while_open
from ds3_browser.gui.messages import Doing
from ds3_browser.gui.places import Selection

_tr = partial(QCoreApplication.translate, "delete")
_counted = partial(format.counted, "delete")

SAID_AFTER_MS = 300  # a look that ends at once says nothing of itself

Stop = Callable[[], None]
# (selection, on_progress, on_result, on_error) -> what stops it
Look = Callable[
    [
        Selection,
        Callable[[OnlyCopies], None],
        Callable[[OnlyCopies], None],
        Callable[[Exception], None],
    ],
    Stop,
]


class _Phase(enum.Enum):
    DUE = "due"
    LOOKING = "looking"
    LOOKED = "looked"
    ENDED_EARLY = "ended early"
    NOT_KNOWN = "not known"
    NOT_NEEDED = "not needed"


class OnlyCopiesLine(QWidget):
    """`changed` when what it says, or whether it still looks, is another."""

    changed = Signal()

    def __init__(self, look: Look, parent: QDialog) -> None:
        super().__init__(parent)
        self._dialog = parent
        self._look = look
        self._phase = _Phase.DUE
        self._so_far = OnlyCopies(0, 0)
        self._total: int | None = None
        self._stop: Stop | None = None
        self._why = ""
        self._long = QTimer(self)
        self._long.setSingleShot(True)
        self._long.setInterval(SAID_AFTER_MS)
        self._long.timeout.connect(self._follow)
        self._build()
        self._follow()

    def _build(self) -> None:
        self._box = ErrorBox(self, "only_copies")
        self._quiet = QLabel(self)
        self._quiet.setTextFormat(Qt.TextFormat.PlainText)
        self._quiet.setWordWrap(True)
        self._quiet.setFont(theme.scaled(self.font(), 12))
        self._quiet.setObjectName("only_copies_look")
        self._end = QPushButton(_tr("Stop looking"), self)
        self._end.setObjectName("stop_looking")
        self._end.setProperty("look", "link")
        self._end.setAutoDefault(False)
        self._end.clicked.connect(self._end_early)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._quiet, 1)
        row.addWidget(self._end)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._box)
        column.addLayout(row)

    @property
    def speaks(self) -> bool:
        """Whether there is anything to be said."""
        return bool(self._found_text() or self._quiet_text())

    @property
    def settled(self) -> bool:
        """Whether it has ended to look, whatever came of it."""
        return self._phase not in (_Phase.DUE, _Phase.LOOKING)

    @property
    def is_safe(self) -> bool:
        """Whether each object is known to have another copy, or an older version that stays."""
        if self._phase is _Phase.NOT_NEEDED:
            return True
        return self._phase is _Phase.LOOKED and not self._so_far.found

    def begin(self, selection: Selection) -> None:
        self._phase = _Phase.LOOKING
        self._long.start()
        self._follow()
        self._stop = self._look(
            selection,
            while_open(self._dialog, self._show),
            while_open(self._dialog, self._looked),
            while_open(self._dialog, self._failed),
        )

    def need_not(self) -> None:
        """Nothing is lost by what is asked, so there is nothing to look for."""
        self._phase = _Phase.NOT_NEEDED
        self._follow()

    def show_total(self, objects: int) -> None:
        """So many objects there are to look at, now that they are counted."""
        self._total = objects
        self._follow()

    def end(self) -> None:
        """Look no more: the dialog is left, or goes on."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _show(self, so_far: OnlyCopies) -> None:
        self._so_far = so_far
        self._follow()

    def _looked(self, so_far: OnlyCopies) -> None:
        self._stop = None
        self._phase = _Phase.LOOKED
        self._show(so_far)

    def _failed(self, error: Exception) -> None:
        self._stop = None
        self._phase = _Phase.NOT_KNOWN
        self._why = messages.sentence(error, doing=Doing.ASK).text
        self._follow()

    def _end_early(self) -> None:
        self.end()
        self._phase = _Phase.ENDED_EARLY
        self._follow()

    # -- showing --------------------------------------------------------------------------------

    def _follow(self) -> None:
        found, quiet = self._found_text(), self._quiet_text()
        if found:
            self._box.say(found)
        self._box.setVisible(bool(found))
        self._quiet.setText(quiet)
        self._quiet.setVisible(bool(quiet))
        self._end.setVisible(self._phase is _Phase.LOOKING and bool(quiet))
        self.changed.emit()

    def _found_text(self) -> str:
        found = self._so_far.found
        if not found or self._phase is _Phase.NOT_NEEDED:
            return ""
        if self._so_far.arriving:
            return self._not_whole_text(found)
        if self._phase is _Phase.LOOKED and found == self._so_far.looked == 1:
            return _tr("This object has no other copy: it is in cache and not yet persisted.")
        return _counted(
            "{n} of these objects have no other copy: they are in cache and not yet persisted.",
            found,
        )

    def _not_whole_text(self, found: int) -> str:
        """Some are not even in cache as a whole, so it is not said of them."""
        if self._phase is _Phase.LOOKED and found == self._so_far.looked == 1:
            return _tr("This object has no other copy: it is not yet persisted.")
        return _counted(
            "{n} of these objects have no other copy: they are not yet persisted.", found
        )

    def _quiet_text(self) -> str:
        match self._phase:
            case _Phase.LOOKING if self._long.isActive():
                return ""
            case _Phase.LOOKING if self._total is not None:
                return _tr("Looking for other copies, {n} of {total} objects so far").format(
                    n=format.count(self._so_far.looked), total=format.count(self._total)
                )
            case _Phase.LOOKING:
                return _tr("Looking for other copies, {n} objects so far").format(
                    n=format.count(self._so_far.looked)
                )
            case _Phase.ENDED_EARLY:
                return _tr(
                    "{n} objects were looked at. Whether the others have another copy is not known."
                ).format(n=format.count(self._so_far.looked))
            case _Phase.NOT_KNOWN:
                return _tr("Whether there is another copy could not be looked up. {why}").format(
                    why=self._why
                )
            case _:
                return ""
