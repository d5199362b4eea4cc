"""The local files: a folder of this computer beside the objects, to drag from and to drop on.

Nothing is ever moved, renamed or deleted here; `New folder` alone makes something.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any  # what Qt's roles hold

from PySide6.QtCore import (
    QCoreApplication,
    QDir,
    QEvent,
    QModelIndex,
    QObject,
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
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFileSystemModel,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedLayout,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import direction, format, icons, theme
from ds3_browser.gui.models.objects import Cell
from ds3_browser.gui.names import icon, visible
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.drops import DropOverlay, Tip, dragged_objects
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.list_delegate import ListDelegate
from ds3_browser.gui.views.list_header import ListHeader

_tr = partial(QCoreApplication.translate, "local_pane")
_counted = partial(format.counted, "local_pane")

Index = QModelIndex | QPersistentModelIndex

NAME, SIZE, KIND, MODIFIED = range(4)  # the columns of QFileSystemModel
WIDTHS = {SIZE: 92, MODIFIED: 156}
ROW = 28
BAR = 32
FOOTER = 30
CRUMBS = 4  # of a path; more begin with an ellipsis


class LocalFiles(QFileSystemModel):
    """The disk's files with this program's words, dates and icons."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setFilter(QDir.Filter.AllEntries | QDir.Filter.NoDotAndDotDot | QDir.Filter.Hidden)
        self.setReadOnly(True)
        self.setOption(QFileSystemModel.Option.DontUseCustomDirectoryIcons)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return (_tr("Name"), _tr("Size"), _tr("Kind"), _tr("Modified"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section == SIZE else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if column == SIZE:
                return "" if self.isDir(index) else format.size(self.size(index))
            if column == MODIFIED:
                moment = self.lastModified(index)
                if not moment.isValid():
                    return format.UNKNOWN
                return format.date(datetime.fromtimestamp(moment.toSecsSinceEpoch(), UTC))
            if column == NAME:
                return visible(self.fileName(index))
        if role == Qt.ItemDataRole.DecorationRole:
            return None  # the delegate's own
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self.headerData(column, Qt.Orientation.Horizontal, role)
        if role == Qt.ItemDataRole.ToolTipRole:
            return format.exact(self.size(index)) if column == SIZE else self.filePath(index)
        return super().data(index, role)


class _LocalDelegate(ListDelegate):
    """Paints as the list of objects does."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, theme.row_height(self.parent(), ROW))  # type: ignore[arg-type]  # the list

    def cell_of(self, index: Index) -> Cell:
        model = index.model()
        assert isinstance(model, LocalFiles)
        text = str(model.data(index) or "")
        if index.column() == NAME:
            folder = model.isDir(index)
            name = "folder" if folder else icon(model.fileName(index))
            return Cell(text, ((name, Role.ACCENT if folder else Role.SECONDARY),))
        right = index.column() == SIZE
        role = Role.TEXT if right else Role.SECONDARY
        return Cell(text, right=right, role=role, figures=True)


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

    def folder(self) -> str:
        return self._files.filePath(self.rootIndex())

    def selected_paths(self) -> list[str]:
        rows = self.selectionModel().selectedRows(NAME)
        return [self._files.filePath(index) for index in rows]

    def _open(self, index: QModelIndex) -> None:
        if self._files.isDir(index):
            self.opened.emit(self._files.filePath(index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.currentIndex().isValid():
            self._open(self.currentIndex())
        elif event.key() == Qt.Key.Key_Backspace:
            self.opened.emit(str(Path(self.folder()).parent))
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

    # --- objects dropped here are downloaded

    def _target(self, at: QPoint) -> tuple[str, QRect]:
        """The folder a drop here leads to, and what is outlined."""
        index = self.indexAt(at)
        if index.isValid() and self._files.isDir(index):
            row = self.visualRect(index.siblingAtColumn(NAME))
            top = self.viewport().mapTo(self, row.topLeft()).y()
            outlined = QRect(0, top, self.viewport().width(), row.height())
            return self._files.filePath(index), outlined
        return self.folder(), self.rect()

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
            name = objects.names[0].rstrip("/").rpartition("/")[2]
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
    """Orders by a click."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSectionsClickable(True)


class PathBar(QFrame):
    """Where on this computer one is. Wish: `path_chosen(path)`."""

    path_chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("path_bar")
        self.setAccessibleName(_tr("Local folder"))
        self.setProperty("look", "card")
        self.setFixedHeight(BAR)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._path = ""
        self._row = QWidget(self)
        self._crumbs = QHBoxLayout(self._row)
        self._crumbs.setContentsMargins(direction.margins(9, 0, 4, 0))
        self._crumbs.setSpacing(0)
        self._editor = QLineEdit(self)
        self._editor.setObjectName("path_editor")
        self._editor.setAccessibleName(_tr("Local folder"))
        self._editor.setFrame(False)
        self._editor.returnPressed.connect(self._enter)
        self._editor.installEventFilter(self)
        self._copy = QToolButton(self)
        self._copy.setObjectName("copy_path")
        self._copy.setToolTip(_tr("Copy path"))
        self._copy.setAccessibleName(_tr("Copy path"))
        self._copy.clicked.connect(lambda: QApplication.clipboard().setText(self._path))
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._row)
        self._stack.addWidget(self._editor)
        theme.notifier().changed.connect(self._show)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, BAR)

    def show_path(self, path: str) -> None:
        self._path = path
        self._show()
        self._stack.setCurrentWidget(self._row)

    def edit(self) -> None:
        self._editor.setText(self._path)
        self._stack.setCurrentWidget(self._editor)
        self._editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._editor.selectAll()

    def _enter(self) -> None:
        self._stack.setCurrentWidget(self._row)
        self.path_chosen.emit(str(Path(self._editor.text()).expanduser()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._editor:
            escaped = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
            if escaped or event.type() == QEvent.Type.FocusOut:
                self._stack.setCurrentWidget(self._row)
                return escaped
        return super().eventFilter(watched, event)

    def mouseDoubleClickEvent(self, event: object) -> None:
        self.edit()

    def _show(self) -> None:
        while (item := self._crumbs.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self._copy:
                widget.hide()
                widget.deleteLater()
        path = Path(self._path)
        whole = [*reversed(path.parents), path] if self._path else []
        for number, part in enumerate(whole[-CRUMBS:]):
            if number or len(whole) > CRUMBS:
                self._crumbs.addWidget(self._arrow())
            self._crumbs.addWidget(self._crumb(part, last=part == path))
        self._crumbs.addStretch(1)
        self._copy.setIcon(icons.icon("copy", Role.SECONDARY))
        self._crumbs.addWidget(self._copy)

    def _arrow(self) -> QWidget:
        arrow = QLabel(self._row)
        arrow.setPixmap(icons.pixmap("chevron-right", Role.FAINT, 14, self.devicePixelRatioF()))
        return arrow

    def _crumb(self, path: Path, *, last: bool) -> QToolButton:
        crumb = QToolButton(self._row)
        text = visible(path.name or str(path))
        crumb.setText(text.replace("&", "&&"))
        crumb.setAccessibleName(text)
        crumb.setProperty("look", "here" if last else "crumb")
        weight = QFont.Weight.DemiBold if last else QFont.Weight.Normal
        crumb.setFont(theme.scaled(self.font(), 13, weight))
        crumb.clicked.connect(partial(self.path_chosen.emit, str(path)))
        return crumb


class LocalPane(QWidget):
    """Wishes: `objects_dropped(Selection, folder)`, `menu_wanted(QPoint)`, `file_wanted(path)`: a
    file that is to be opened by another program.

    `selection_changed()` when other files are selected, `folder_changed(path)`.
    """

    objects_dropped = Signal(object, str)
    menu_wanted = Signal(object)
    file_wanted = Signal(str)
    selection_changed = Signal()
    folder_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("local_pane")
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
        self._up.setFixedSize(BAR, BAR)
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
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(0)
        self._telling.timeout.connect(self._tell)
        self._files.directoryLoaded.connect(lambda *_: self._tell_soon())
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _build_footer(self) -> QWidget:
        footer = QWidget(self)
        footer.setFixedHeight(theme.row_height(self, FOOTER))
        self._totals = ElidedLabel(footer, 12, role=Role.SECONDARY)
        self._totals.setObjectName("local_totals")
        self._selected = ElidedLabel(footer, 12, QFont.Weight.DemiBold)
        self._selected.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(footer)
        row.setContentsMargins(12, 1, 12, 0)
        row.addWidget(self._totals, 2)
        row.addWidget(self._selected, 1)
        return footer

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 120)

    @property
    def folder(self) -> str:
        return self.list.folder()

    def selected_paths(self) -> list[str]:
        return self.list.selected_paths()

    def open_selected(self) -> None:
        """Go into the folder that is selected, or wish for the file to be opened."""
        rows = self.list.selectionModel().selectedRows(NAME)
        if len(rows) != 1:
            return
        wish = self.show_folder if self._files.isDir(rows[0]) else self.file_wanted.emit
        wish(self._files.filePath(rows[0]))

    def show_folder(self, path: str) -> None:
        """Show a folder of this computer; what is none leaves the one that is shown."""
        if not Path(path).is_dir():
            self.path.show_path(self.folder)
            return
        self.list.setRootIndex(self._files.setRootPath(path))
        self.list.clearSelection()
        self.path.show_path(path)
        self._up.setEnabled(Path(path).parent != Path(path))
        self._tell_soon()
        self.folder_changed.emit(path)

    def go_up(self) -> None:
        self.show_folder(str(Path(self.folder).parent))

    def new_folder(self, name: str) -> None:
        """Make a folder in the one that is shown. Raises OSError."""
        Path(self.folder, name).mkdir()

    def _tell_soon(self) -> None:
        self._telling.start()
        self.selection_changed.emit()

    def _tell(self) -> None:
        items = self._files.rowCount(self.list.rootIndex())
        words = _counted("{n} items", items)
        try:
            disk = shutil.disk_usage(self.folder)
        except OSError:
            self._totals.setText(words)
        else:
            text = _tr("{items} · {free} free of {total}")
            free, total = format.size3(disk.free, disk.total), format.size3(disk.total)
            self._totals.setText(text.format(items=words, free=free, total=total))
        number = len(self.selected_paths())
        told = _tr("{n} selected").format(n=format.count(number)) if number else ""
        self._selected.setText(told)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.list.setColumnHidden(MODIFIED, self.width() < theme.row_height(self, 380))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, tokens = QPainter(self), theme.tokens()
        painter.fillRect(self.rect(), tokens.base)
        footer = self.height() - theme.row_height(self, FOOTER)
        painter.fillRect(0, footer, self.width(), 1, tokens.border)

    def _tint(self) -> None:
        self._up.setIcon(icons.icon("arrow-up", Role.SECONDARY))
        self.update()
