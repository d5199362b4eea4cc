"""The tree of sessions, buckets and folders. Children are listed when a row is opened.

It asks by `children_wanted(Place)` and is given folders by `add_folders`; it knows no appliance.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place

Index = QModelIndex | QPersistentModelIndex

_tr = partial(QCoreApplication.translate, "sidebar")

NodeRole = Qt.ItemDataRole.UserRole + 1  # the Node itself, for the delegate
MAX_CHILDREN = 2000


class Kind(enum.Enum):
    SESSION = "session"
    JOBS = "jobs"
    BUCKET = "bucket"
    FOLDER = "folder"
    LOADING = "loading"
    FAILED = "failed"
    MORE = "more"


@dataclass(eq=False, slots=True)
class Node:
    """One row. `listed` is None before its children were asked for, True once all are known."""

    kind: Kind
    place: Place
    text: str
    parent: Node | None = None
    icon: str = ""
    word: str = ""
    listed: bool | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def row(self) -> int:
        return 0 if self.parent is None else self.parent.children.index(self)

    @property
    def may_have_children(self) -> bool:
        kinds = (Kind.SESSION, Kind.BUCKET, Kind.FOLDER)
        return self.kind in kinds and (self.listed is not True or bool(self.children))


class SidebarModel(QAbstractItemModel):
    """Signals: `children_wanted(Place)` when a bucket or folder is opened for the first time."""

    children_wanted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Node(Kind.SESSION, Place(), "", listed=True)
        self._nodes: dict[Place, Node] = {}

    # --- what is in it

    def show_session(self, session_id: str, name: str, icon: str, word: str) -> None:
        """Add a session, or give it another name, icon or state word."""
        place = Place(session_id)
        node = self._nodes.get(place)
        if node is None:
            node = Node(Kind.SESSION, place, name, self._root, icon, word, listed=True)
            self._insert(self._root, [node])
            return
        if (node.text, node.icon, node.word) != (name, icon, word):
            node.text, node.icon, node.word = name, icon, word
            self._changed(node)

    def remove_session(self, session_id: str) -> None:
        node = self._nodes.get(Place(session_id))
        if node is not None:
            self._remove(node)

    def show_jobs(self, session_id: str, count: str | None) -> None:
        """Show the way to the jobs on an appliance with their number, or take it away for None."""
        session = self._nodes.get(Place(session_id))
        place = Place(session_id, board=True)
        node = self._nodes.get(place)
        if session is None:
            return
        if count is None:
            if node is not None:
                self._remove(node)
        elif node is None:
            text = _tr("Jobs on appliance")
            node = Node(Kind.JOBS, place, text, session, "list-checks", count, listed=True)
            self._insert(session, [node], 0)
        elif node.word != count:
            node.word = count
            self._changed(node)

    def show_buckets(self, session_id: str, names: Sequence[str]) -> None:
        """Make a session's buckets these, in this order; open ones stay as they are."""
        session = self._nodes.get(Place(session_id))
        if session is not None:
            places = [Place(session_id, name) for name in names]
            self._make_children(session, Kind.BUCKET, "bucket", places)

    def add_folders(self, place: Place, prefixes: Sequence[str], *, whole: bool) -> None:
        """Add folders of a bucket or folder; `whole` once there are no more."""
        node = self._nodes.get(place)
        if node is None:
            return
        self._drop_notes(node)
        known = {child.place.prefix for child in node.children}
        new = [prefix for prefix in prefixes if prefix not in known]
        room = MAX_CHILDREN - len(node.children)
        nodes = [self._folder(node, prefix) for prefix in new[:room]]
        if len(new) > room:
            nodes.append(Node(Kind.MORE, place, _tr("More in the list"), node, "", listed=True))
            whole = True
        self._insert(node, nodes)
        node.listed = whole
        self._changed(node)
        if not whole:
            self._insert(node, [self._note(node, Kind.LOADING, _tr("Loading"))])

    def replace_folders(self, place: Place, prefixes: Sequence[str]) -> None:
        """Make the folders below a place these; what is still there stays open."""
        node = self._nodes.get(place)
        if node is None or node.listed is None:
            return
        self._drop_notes(node)
        places = [place.folder(prefix) for prefix in prefixes[:MAX_CHILDREN]]
        self._make_children(node, Kind.FOLDER, "folder", places)
        node.listed = True
        self._changed(node)

    def show_failure(self, place: Place) -> None:
        """Say in the tree that the folders of a place could not be listed."""
        node = self._nodes.get(place)
        if node is not None:
            self._drop_notes(node)
            note = self._note(node, Kind.FAILED, _tr("Could not list. Retry"))
            self._insert(node, [note])

    def want_children(self, place: Place) -> None:
        """Show that folders are being listed, and ask for them."""
        node = self._nodes.get(place)
        if node is None:
            return
        self._drop_notes(node)
        node.listed = False
        self._insert(node, [self._note(node, Kind.LOADING, _tr("Loading"))])
        self.children_wanted.emit(place)

    def is_listed(self, place: Place) -> bool:
        node = self._nodes.get(place)
        return node is not None and node.listed is not None

    def _folder(self, parent: Node, prefix: str) -> Node:
        place = parent.place.folder(prefix)
        return Node(Kind.FOLDER, place, visible(place.name) or "/", parent, "folder")

    def _note(self, parent: Node, kind: Kind, text: str) -> Node:
        return Node(kind, parent.place, text, parent, listed=True)

    def _drop_notes(self, node: Node) -> None:
        for child in [c for c in node.children if c.kind in (Kind.LOADING, Kind.FAILED)]:
            self._remove(child)

    def _make_children(self, node: Node, kind: Kind, icon: str, places: list[Place]) -> None:
        wanted = set(places)
        above = sum(child.kind is Kind.JOBS for child in node.children)
        for child in [c for c in node.children[above:] if c.place not in wanted]:
            self._remove(child)
        for row, place in enumerate(places, above):
            there = node.children[row] if row < len(node.children) else None
            if there is None or there.place != place:
                known = self._nodes.get(place)
                if known is not None:
                    self._remove(known)
                self._insert(node, [Node(kind, place, visible(place.name), node, icon)], row)

    def _insert(self, parent: Node, nodes: list[Node], row: int | None = None) -> None:
        if not nodes:
            return
        first = len(parent.children) if row is None else row
        self.beginInsertRows(self._index(parent), first, first + len(nodes) - 1)
        parent.children[first:first] = nodes
        for node in nodes:
            if node.kind in (Kind.SESSION, Kind.JOBS, Kind.BUCKET, Kind.FOLDER):
                self._nodes[node.place] = node
        self.endInsertRows()

    def _remove(self, node: Node) -> None:
        parent, row = node.parent, node.row
        assert parent is not None
        self.beginRemoveRows(self._index(parent), row, row)
        del parent.children[row]
        self._forget(node)
        self.endRemoveRows()

    def _forget(self, node: Node) -> None:
        if self._nodes.get(node.place) is node:
            del self._nodes[node.place]
        for child in node.children:
            self._forget(child)

    def _changed(self, node: Node) -> None:
        index = self._index(node)
        self.dataChanged.emit(index, index)

    # --- asked by views

    def node(self, index: Index) -> Node:
        return index.internalPointer() if index.isValid() else self._root

    def index_of(self, place: Place) -> QModelIndex:
        """The row of a place, or no index where it is not in the tree yet."""
        node = self._nodes.get(place)
        return QModelIndex() if node is None else self._index(node)

    def _index(self, node: Node) -> QModelIndex:
        return QModelIndex() if node is self._root else self.createIndex(node.row, 0, node)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        children = self.node(parent).children
        if column or not 0 <= row < len(children):
            return QModelIndex()
        return self.createIndex(row, 0, children[row])

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        node = self.node(index)
        return QModelIndex() if node.parent is None else self._index(node.parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.column() > 0 else len(self.node(parent).children)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 1

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008
        node = self.node(parent)
        return bool(node.children) or (node is not self._root and node.may_have_children)

    def canFetchMore(self, parent: Index) -> bool:
        node = self.node(parent)
        return node.kind in (Kind.BUCKET, Kind.FOLDER) and node.listed is None

    def fetchMore(self, parent: Index) -> None:
        node = self.node(parent)
        node.listed = False
        # Later: a view may ask while rows are being put in, and that cannot be nested.
        QTimer.singleShot(0, self, partial(self.want_children, node.place))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        node = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.text
        if role == NodeRole:
            return node
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{node.text}, {node.word}" if node.word else node.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{node.text}: {node.word}" if node.word else node.text
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled
        if self.node(index).kind is not Kind.LOADING:
            flags |= Qt.ItemFlag.ItemIsSelectable
        return flags
