"""The local files: a folder of this computer beside the objects, to drag from and to drop on.

Nothing is ever moved, renamed or deleted here; `New folder` alone makes something.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.local_files import FileOrder, LocalFolder
from ds3_browser.gui.models.local_files import KIND, MODIFIED, NAME, SIZE, LocalFiles, mime_of
from ds3_browser.gui.models.objects import Cell
from ds3_browser.gui.names import visible
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.crumb_bar import HEIGHT
from ds3_browser.gui.views.drops import DropOverlay, Tip, dragged_objects, ghost
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.list_delegate import ListDelegate
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.path_bar import PathBar
from ds3_browser.gui.views.tabbing import is_return

_tr = partial(QCoreApplication.translate, "local_pane")
_counted = partial(format.counted, "local_pane")

Index = QModelIndex | QPersistentModelIndex

WIDTHS = {SIZE: 92, MODIFIED: 156}
ROW = 28
FOOTER = 30
LOOK_EVERY_MS = 2000  # what changes in the folder is seen so soon
SHARE = 10  # of a folder that takes long to list so many times as long passes between two looks
OWN_KEYS = (QKeySequence.StandardKey.SelectAll, QKeySequence.StandardKey.Copy)
PATIENCE_MS = 400  # a look that takes longer is told


class Dropped(Protocol):
    """A look under way."""

    def drop(self) -> None: ...


class Look(Protocol):
    """Looks at a folder in the background: one of the two is told, unless it was dropped."""

    def __call__(
        self,
        path: str,
        order: FileOrder,
        on_result: Callable[[LocalFolder], None],
        on_error: Callable[[Exception], None],
    ) -> Dropped: ...


class _LocalDelegate(ListDelegate):
    """Paints as the list of objects does."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, theme.row_height(self.parent(), ROW))  # type: ignore[arg-type]  # the list

    def cell_of(self, index: Index) -> Cell:
        model = index.model()
        assert isinstance(model, LocalFiles)
        return model.cell(index.row(), index.column())


class LocalList(QTreeView):
    """Wishes: `opened(path)`, `objects_dropped(Selection, folder)`, `menu_wanted(QPoint)`."""

    opened = Signal(str)
    objects_dropped = Signal(object, str)
    menu_wanted = Signal(object)

    def __init__(self, model: LocalFiles, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("local_list")
        self.setAccessibleName(_tr("Local files"))
        self._files = model
        self.setModel(model)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setExpandsOnDoubleClick(False)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAllColumnsShowFocus(True)
        self.setItemDelegate(_LocalDelegate(self))
        self.setIndentation(0)
        self.setHeader(_LocalHeader(self))
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, theme.row_height(self, width))
        self.setColumnHidden(KIND, True)
        self.setSortingEnabled(True)
        self.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)
        self.overlay = DropOverlay(self)
        self.doubleClicked.connect(self._open)

    def selected_rows(self) -> list[int]:
        """What is selected, read by ranges: Qt would ask for each row's flags, which takes seconds
        where there are very many.
        """
        chosen = self.selectionModel().selection()
        spans = [chosen.at(number) for number in range(chosen.count())]
        return sorted({row for one in spans for row in range(one.top(), one.bottom() + 1)})

    def selected_paths(self) -> list[str]:
        return self._files.paths(self.selected_rows())

    def begin_at(self, name: str) -> None:
        """Make a file the current one, or show the list from its top where there is none such."""
        row = self._files.row_of(name)
        if row is None:
            self.scrollToTop()
            return
        flag = QItemSelectionModel.SelectionFlag.NoUpdate
        self.selectionModel().setCurrentIndex(self._files.index(row, NAME), flag)
        self.scrollTo(self._files.index(row, NAME))

    def _open(self, index: QModelIndex) -> None:
        if self._files.is_folder(index.row()):
            self.opened.emit(self._files.path(index.row()))

    def event(self, event: QEvent) -> bool:
        """Here the keys that select and copy objects elsewhere are for files."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and any(map(event.matches, OWN_KEYS)):
            event.accept()
            return True
        return super().event(event)

    def _copy(self) -> None:
        """Into the clipboard, to be pasted as files where files can be, else as their paths."""
        if paths := self.selected_paths():
            copied = mime_of(paths)
            copied.setText("\n".join(paths))
            QGuiApplication.clipboard().setMimeData(copied)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        elif is_return(event) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        elif event.key() == Qt.Key.Key_Backspace:
            self.opened.emit(str(Path(self._files.folder).parent))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        at = event.pos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            at = self.visualRect(self.currentIndex()).center()
        index = self.indexAt(at)
        if not index.isValid():
            self.clearSelection()
        elif not self.selectionModel().isSelected(index):
            self.setCurrentIndex(index)
        self.menu_wanted.emit(self.viewport().mapToGlobal(at))

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drag files and folders to the objects, or to another program."""
        if paths := self.selected_paths():
            drag = QDrag(self)
            drag.setMimeData(mime_of(paths))
            drag.setPixmap(ghost(self, visible(Path(paths[0]).name), len(paths)))
            drag.exec(Qt.DropAction.CopyAction)

    # --- objects dropped here are downloaded

    def _target(self, at: QPoint) -> tuple[str, QRect]:
        """The folder a drop here leads to, and what is outlined."""
        index = self.indexAt(at)
        if index.isValid() and self._files.is_folder(index.row()):
            row = self.visualRect(index.siblingAtColumn(NAME))
            top = self.viewport().mapTo(self, row.topLeft()).y()
            outlined = QRect(0, top, self.viewport().width(), row.height())
            return self._files.path(index.row()), outlined
        return self._files.folder, self.rect()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._consider(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._consider(event)

    def _consider(self, event: QDragMoveEvent) -> None:
        objects = dragged_objects(event.mimeData())
        if objects is None:
            event.ignore()
            return
        folder, outlined = self._target(event.position().toPoint())
        if len(objects) == 1:
            name = objects.first_names(1)[0].rstrip("/").rpartition("/")[2]
            text = _tr("Download {name} to {folder}").format(name=visible(name), folder=folder)
        else:
            number = format.count(len(objects))
            text = _tr("Download {n} items to {folder}").format(n=number, folder=folder)
        self.overlay.show_tip(Tip(text), outlined)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.overlay.hide()
        objects = dragged_objects(event.mimeData())
        if objects is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.objects_dropped.emit(objects, self._target(event.position().toPoint())[0])


class _LocalHeader(ListHeader):
    """Orders by a click, and shows by what."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSectionsClickable(True)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        super().paintSection(painter, rect, section)
        if section == self.sortIndicatorSection():
            down = self.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
            self.paint_arrow(painter, rect, section, down)


class LocalPane(QWidget):
    """Wishes: `objects_dropped(Selection, folder)`, `menu_wanted(QPoint)`, `file_wanted(path)`: a
    file that is to be opened by another program.

    `selection_changed()` when other files are selected, `folder_changed(path)`. It looks at a
    folder by `look`, in the background: a disk that does not answer holds nothing up, and one can
    go elsewhere meanwhile. `is_seen` says whether anybody could look at it.
    """

    objects_dropped = Signal(object, str)
    menu_wanted = Signal(object)
    file_wanted = Signal(str)
    selection_changed = Signal()
    folder_changed = Signal(str)

    def __init__(
        self, look: Look, is_seen: Callable[[], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("local_pane")
        self._look_at = look
        self._is_seen = is_seen
        self._ticket: Dropped | None = None  # of the look that is under way
        self._wanted = ""
        self._found: LocalFolder | None = None
        self._trouble = ""
        self._files = LocalFiles(self)
        self.list = LocalList(self._files, self)
        self.list.opened.connect(self.show_folder)
        self.list.objects_dropped.connect(self.objects_dropped)
        self.list.menu_wanted.connect(self.menu_wanted)
        self.list.selectionModel().selectionChanged.connect(lambda *_: self._tell_soon())
        self.path = PathBar(self)
        self.path.path_chosen.connect(self.show_folder)
        self._up = QToolButton(self)
        self._up.setObjectName("local_up")
        self._up.setToolTip(_tr("Parent folder"))
        self._up.setAccessibleName(_tr("Parent folder"))
        self._up.setFixedSize(HEIGHT, HEIGHT)
        self._up.clicked.connect(self.go_up)
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 8)
        top.setSpacing(6)
        top.addWidget(self.path, 1)
        top.addWidget(self._up)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addWidget(self._build_footer())
        self._telling = self._timer(0, self._tell)
        self._again = self._timer(LOOK_EVERY_MS, self._look_again)
        self._patience = self._timer(PATIENCE_MS, self._tell)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _timer(self, interval_ms: int, do: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(do)
        return timer

    def _build_footer(self) -> QWidget:
        footer = QWidget(self)
        footer.setFixedHeight(theme.row_height(self, FOOTER))
        self._totals = ElidedLabel(footer, 12, role=Role.SECONDARY)
        self._totals.setObjectName("local_totals")
        self._selected = QLabel(footer)
        self._selected.setObjectName("local_selected")
        self._selected.setFont(theme.scaled(self.font(), 12, QFont.Weight.DemiBold))
        row = QHBoxLayout(footer)
        row.setContentsMargins(12, 1, 12, 0)
        row.addWidget(self._totals, 1)
        row.addWidget(self._selected)
        return footer

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 120)

    @property
    def folder(self) -> str:
        """The folder whose files are shown; "" before there is one."""
        return self._files.folder

    @property
    def begun(self) -> bool:
        """Whether a folder is shown or looked at."""
        return bool(self.folder or self._wanted)

    def selected_paths(self) -> list[str]:
        return self.list.selected_paths()

    def open_selected(self) -> None:
        """Go into the folder that is selected, or wish for the file to be opened."""
        rows = self.list.selected_rows()
        if len(rows) != 1:
            return
        row = rows[0]
        wish = self.show_folder if self._files.is_folder(row) else self.file_wanted.emit
        wish(self._files.path(row))

    def show_folder(self, path: str) -> None:
        """Show a folder once it was looked at; what is none leaves the one that is shown."""
        self._trouble = ""
        self.path.show_path(path)
        self._look(path)
        self._patience.start()

    def look_again(self) -> None:
        """Look at the folder that is shown, because something changed there."""
        if self.folder and not self._wanted:
            self._look(self.folder)

    def go_up(self) -> None:
        if self.folder:
            self.show_folder(str(Path(self.folder).parent))

    # -- looking --------------------------------------------------------------------------------

    def _look(self, path: str) -> None:
        """Nobody waits for a look at another folder any more, however long that takes."""
        if self._ticket is not None:
            self._ticket.drop()
        self._again.stop()
        self._wanted = path
        self._ticket = self._look_at(path, self._files.order, self._show, self._fail)

    def _look_again(self) -> None:
        if self.isVisible() and self._is_seen():
            self.look_again()
        else:
            self._again.start()

    def _show(self, found: LocalFolder) -> None:
        self._end_look()
        left, other = self.folder, found.path != self.folder
        self._found, self._trouble = found, ""
        self._files.show(found)
        self._again.start(max(LOOK_EVERY_MS, round(1000 * SHARE * found.took_s)))
        if other:
            self.path.show_path(found.path)
            self._up.setEnabled(Path(found.path).parent != Path(found.path))
            self.list.begin_at(Path(left).name if Path(left).parent == Path(found.path) else "")
            self.folder_changed.emit(found.path)
        self._tell_soon()

    def _fail(self, error: Exception) -> None:
        path = self._wanted
        self._end_look()
        reason = getattr(error, "strerror", None) or str(error)
        self._trouble = _tr("{folder} cannot be read: {reason}.").format(
            folder=visible(path), reason=reason
        )
        self.path.show_path(self.folder)
        self._again.start(LOOK_EVERY_MS)
        self._tell_soon()

    def _end_look(self) -> None:
        self._patience.stop()
        self._ticket, self._wanted = None, ""

    def _tell_soon(self) -> None:
        self._telling.start()
        self.selection_changed.emit()

    def _tell(self) -> None:
        number = len(self.list.selected_rows())
        told = _tr("{n} selected").format(n=format.count(number)) if number else ""
        self._selected.setText(told)
        self._totals.set_role(Role.ERROR if self._trouble else Role.SECONDARY)
        self._totals.setText(self._trouble or self._words())

    def _words(self) -> str:
        found = self._found
        if self._wanted and not self._patience.isActive() and self._wanted != self.folder:
            return _tr("Looking at {folder}").format(folder=visible(self._wanted))
        if found is None:
            return ""
        words = _counted("{n} items", len(found.files))
        if found.free is None or found.total is None:
            return words
        free, total = format.size3(found.free, found.total), format.size3(found.total)
        text = _tr("{items} · {free} free of {total}").format(items=words, free=free, total=total)
        if self._totals.fontMetrics().horizontalAdvance(text) <= self._room():
            return text
        free = format.size3(found.free)
        return _tr("{items} · {free} free").format(items=words, free=free)

    def _room(self) -> int:
        """How wide the totals may be beside what is selected."""
        return self.width() - 24 - 6 - self._selected.sizeHint().width()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look_again()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column, least in ((MODIFIED, 380), (SIZE, 240)):
            self.list.setColumnHidden(column, self.width() < theme.row_height(self, least))
        self._telling.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme.tokens()
        painter.fillRect(self.rect(), tokens.base)
        footer = self.height() - theme.row_height(self, FOOTER)
        painter.fillRect(0, footer, self.width(), 1, tokens.border)

    def _tint(self) -> None:
        self._up.setIcon(icons.icon("arrow-up", Role.SECONDARY))
        self.update()
