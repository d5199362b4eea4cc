"""The tree of sessions, buckets and folders, and the gauge of the cache below it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import direction, format, icons, theme
from ds3_browser.gui.connections import Browses, RunningListing, SessionState
from ds3_browser.gui.models.sidebar import MAX_CHILDREN, Kind, Node, NodeRole, SidebarModel
from ds3_browser.gui.places import Place
from ds3_browser.gui.sessions import SavedSession, Sessions
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.cache_bar import paint_cache
from ds3_browser.gui.views.drops import DropOverlay, FileDrops, Target
from ds3_browser.gui.views.labels import ElidedLabel, heading
from ds3_browser.gui.views.tabbing import is_return
from ds3_browser.protocol.records import CacheState, Listing

Index = QModelIndex | QPersistentModelIndex

_tr = partial(QCoreApplication.translate, "sidebar")

# Back and forward, for the window.
SIDE_BUTTONS = (Qt.MouseButton.BackButton, Qt.MouseButton.ForwardButton)
_WITH_MENU = (Kind.SESSION, Kind.JOBS, Kind.BUCKET, Kind.FOLDER)
STEP = 16
MARGIN = 8
NARROW = 220
FULL_FROM = 0.9


class _Delegate(QStyledItemDelegate):
    """Paints icon, name and, on the right, a session's state in words."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, theme.list_row(self.parent()))  # type: ignore[arg-type]  # the tree

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        node = index.data(NodeRole)
        assert isinstance(node, Node)
        tokens = theme.tokens()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        whole = option.rect.adjusted(-option.rect.left(), 0, option.rect.width(), 0)
        painter.setClipRect(whole, Qt.ClipOperation.IntersectClip)  # marks may be high
        area = QRect(option.rect)
        strong = node.kind is Kind.SESSION or selected
        weight = QFont.Weight.DemiBold if strong else QFont.Weight.Normal
        painter.setFont(theme.scaled(option.font, 13, weight))
        if node.icon:
            name = "folder-open" if selected and node.icon == "folder" else node.icon
            role = Role.ACCENT if selected and node.kind is Kind.FOLDER else Role.SECONDARY
            picture = icons.pixmap(name, role, 16, painter.device().devicePixelRatioF())
            at = QRect(area.left() + 4, area.top() + (area.height() - 16) // 2, 16, 16)
            painter.drawPixmap(_mirrored(option, at).topLeft(), picture)
            area.setLeft(area.left() + 26)
        area.setRight(area.right() - 12)
        area = self._word(painter, option, area, node)
        note = node.kind in (Kind.LOADING, Kind.FAILED, Kind.MORE)
        painter.setPen(
            tokens.secondary if note else tokens.selection_text if selected else tokens.text
        )
        ends, middle = Qt.TextElideMode.ElideRight, Qt.TextElideMode.ElideMiddle
        elide = ends if node.kind is Kind.JOBS else middle
        elided = painter.fontMetrics().elidedText(node.text, elide, area.width())
        side = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft)
        painter.drawText(_mirrored(option, area), side | Qt.AlignmentFlag.AlignVCenter, elided)
        painter.restore()

    def _word(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, node: Node
    ) -> QRect:
        """Paint the state word where there is room for it; what is left for the name."""
        width = option.widget.width() if option.widget else 300
        narrow = QFontMetrics(option.font).height() * NARROW // theme.BODY_HEIGHT
        if not node.word or (width < narrow and node.kind is not Kind.JOBS):
            return area
        font = theme.scaled(option.font, 12)
        needed = QFontMetrics(font).horizontalAdvance(node.word)
        if needed > area.width() // 2:
            return area
        name = painter.fontMetrics().horizontalAdvance(node.text)
        if name > area.width() - needed - 8 and node.word in _usual_words():
            return area  # all is well: the name is worth more
        painter.save()
        painter.setFont(font)
        if node.kind is Kind.JOBS:
            left = _paint_badge(painter, option, area, node.word)
            painter.restore()
            return left
        painter.setPen(theme.tokens().secondary)
        side = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignRight)
        painter.drawText(_mirrored(option, area), side | Qt.AlignmentFlag.AlignVCenter, node.word)
        painter.restore()
        return area.adjusted(0, 0, -needed - 8, 0)


def _paint_badge(
    painter: QPainter, option: QStyleOptionViewItem, area: QRect, number: str
) -> QRect:
    """Paint a number on a small ground at the end of a row; what is left for the name."""
    metrics = painter.fontMetrics()
    width = max(22, metrics.horizontalAdvance(number) + 14)
    badge = QRect(area.right() - width + 1, 0, width, metrics.height() + 2)
    badge.moveTop(area.top() + (area.height() - badge.height()) // 2)
    shown = _mirrored(option, badge)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tokens().track)
    painter.drawRoundedRect(shown, badge.height() / 2, badge.height() / 2)
    painter.setPen(theme.tokens().secondary)
    painter.drawText(shown, Qt.AlignmentFlag.AlignCenter, number)
    return area.adjusted(0, 0, -width - 8, 0)


def _mirrored(option: QStyleOptionViewItem, area: QRect) -> QRect:
    """Where an area, reckoned from left to right, is in the direction of the window."""
    return QStyle.visualRect(option.direction, option.rect, area)


class SidebarTree(QTreeView):
    """Wishes: `chosen(Place)`, `files_dropped(paths, Place)`, `menu_wanted(Place, QPoint)`,
    `retry_wanted(Place)`, `activated_session(session_id)`.
    """

    chosen = Signal(object)
    files_dropped = Signal(object, object)
    menu_wanted = Signal(object, object)
    retry_wanted = Signal(object)
    session_opened = Signal(str)

    def __init__(self, model: SidebarModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAccessibleName(_tr("Sessions, buckets and folders"))
        self._nodes = model
        self.setModel(model)
        self._delegate = _Delegate(self)
        self.setItemDelegate(self._delegate)
        self.setHeaderHidden(True)
        self.setIndentation(STEP)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.viewport().setAutoFillBackground(False)
        self.clicked.connect(self._choose)
        self.doubleClicked.connect(self._open)
        self._drops = FileDrops(self, self._target_at)
        self._drops.dropped.connect(self.files_dropped)
        self._drops.lingered.connect(self._open_place)
        theme.notifier().changed.connect(self.viewport().update)
        theme.notifier().changed.connect(self.scheduleDelayedItemsLayout)

    def mark(self, place: Place) -> None:
        """Show which place is listed, as far as it is in the tree."""
        index = self._nodes.index_of(place)
        if not index.isValid():
            self.selectionModel().clearSelection()
            return
        if index != self.currentIndex():
            self.setCurrentIndex(index)
        self.scrollTo(index)

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        node = self._nodes.node(index)
        if not node.may_have_children:
            return
        name = "chevron-down" if self.isExpanded(index) else "chevron-right"
        picture = icons.pixmap(name, Role.SECONDARY, 14, self.devicePixelRatioF())
        at = QRect(rect.right() - 14, rect.top() + (rect.height() - 14) // 2, 14, 14)
        at = QStyle.visualRect(self.layoutDirection(), rect, at)
        painter.drawPixmap(at.topLeft(), picture)

    def drawRow(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The whole row's ground: selection and focus."""
        tokens = theme.tokens()
        rect = QRect(MARGIN, option.rect.top(), self._row_width(), option.rect.height())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.selectionModel().isSelected(index):
            painter.setBrush(tokens.selection)
            painter.drawRoundedRect(rect, 5, 5)
        if self.hasFocus() and index == self.currentIndex():
            pen = painter.pen()
            pen.setStyle(Qt.PenStyle.SolidLine)
            pen.setColor(tokens.accent)
            pen.setWidth(2)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 5, 5)
        painter.restore()
        # The style would paint its own selection from edge to edge.
        option.state &= ~QStyle.StateFlag.State_HasFocus
        super().drawRow(painter, option, index)

    @property
    def overlay(self) -> DropOverlay:
        return self._drops.overlay

    # --- keys, mouse, menu

    def _choose(self, index: QModelIndex) -> None:
        node = self._nodes.node(index)
        match node.kind:
            case Kind.FAILED:
                self.retry_wanted.emit(node.place)
            case Kind.LOADING:
                pass
            case _:
                self.chosen.emit(node.place)

    def _open(self, index: QModelIndex) -> None:
        node = self._nodes.node(index)
        if node.kind is Kind.SESSION and not node.children:
            self.session_opened.emit(node.place.session_id)
        elif node.may_have_children:
            self.setExpanded(index, not self.isExpanded(index))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in SIDE_BUTTONS:
            event.ignore()  # the window walks back and forward with them
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_return(event) and self.currentIndex().isValid():
            index = self.currentIndex()
            self._choose(index)
            if self._nodes.node(index).kind is Kind.SESSION:
                self._open(index)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
        node = self._nodes.node(index)
        if index.isValid() and node.kind in _WITH_MENU:
            at = self.visualRect(index).center()
            if event.reason() is not QContextMenuEvent.Reason.Keyboard:
                at = event.pos()
            self.menu_wanted.emit(node.place, self.viewport().mapToGlobal(at))

    # --- drops

    def _target_at(self, at: QPoint) -> Target | None:
        index = self.indexAt(at)
        node = self._nodes.node(index)
        if not index.isValid() or node.place.bucket is None:
            return None
        row = self.visualRect(index)
        return Target(node.place, QRect(MARGIN, row.top(), self._row_width(), row.height()))

    def _row_width(self) -> int:
        return self.viewport().width() - 2 * MARGIN

    @Slot(object)
    def _open_place(self, place: Place) -> None:
        self.setExpanded(self._nodes.index_of(place), True)


class CacheGauge(QFrame):
    """How full the cache of the session in view is; absent where that may not be known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cache_gauge")
        self.setFixedHeight(theme.row_height(self, 74))
        self._cache: CacheState | None = None
        self._name = ""
        theme.notifier().changed.connect(self.update)
        self.hide()

    def show_cache(self, name: str, cache: CacheState | None) -> None:
        self._name, self._cache = name, cache
        # A cache without a limit has nothing to gauge.
        self.setVisible(cache is not None and 0 < cache.total < 1 << 50)
        if cache is not None and cache.total:
            self.setAccessibleName(f"{self._title()}: {self._word(cache)}, {self._free(cache)}")
            self.setToolTip(f"{format.exact(cache.used)} / {format.exact(cache.total)}")
        self.update()

    def _title(self) -> str:
        """What it is the cache of, where that has room beside the percents."""
        whole = _tr("Cache on {name}").format(name=self._name)
        if self._cache is None or self.width() < theme.row_height(self, NARROW):
            return _tr("Cache")
        bold = QFontMetrics(theme.scaled(self.font(), 12, QFont.Weight.DemiBold))
        plain = QFontMetrics(theme.scaled(self.font(), 12))
        room = self.width() - 30 - 12 - plain.horizontalAdvance(self._word(self._cache))
        return whole if bold.horizontalAdvance(whole) <= room else _tr("Cache")

    @staticmethod
    def _word(cache: CacheState) -> str:
        return _tr("{percent} used").format(percent=format.percent(cache.used, cache.total))

    @staticmethod
    def _free(cache: CacheState) -> str:
        free = format.size3(cache.available, cache.total)
        total = format.size3(cache.total)
        return _tr("{free} free of {total}").format(free=free, total=total)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._cache is None or not self._cache.total:
            return
        cache, tokens = self._cache, theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRect(0, 0, self.width(), 1), tokens.border)
        area = self.rect().adjusted(15, 10, -15, -8)
        full = cache.used >= FULL_FROM * cache.total
        high = theme.row_height(self, 18)
        line = QRect(area.left(), area.top(), area.width(), high)
        painter.setFont(theme.scaled(self.font(), 12, QFont.Weight.DemiBold))
        painter.setPen(tokens.text)
        # Among very large letters the percents alone have room: what they are of is said below.
        taken = QFontMetrics(theme.scaled(self.font(), 12)).horizontalAdvance(self._word(cache))
        if painter.fontMetrics().horizontalAdvance(self._title()) + 8 + taken <= line.width():
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft, self._title())
        painter.setFont(theme.scaled(self.font(), 12))
        painter.setPen(tokens.warning if full else tokens.secondary)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, self._word(cache))
        bar = QRect(area.left(), area.top() + high + 6, area.width(), 7)
        paint_cache(painter, bar, cache, mirrored=self.isRightToLeft())
        painter.setPen(tokens.secondary)
        below = QRect(area.left(), area.top() + high + 19, area.width(), high)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self._fitting(painter, cache, below))

    def _fitting(self, painter: QPainter, cache: CacheState, line: QRect) -> str:
        """What is free, of how much where that has room."""
        whole = self._free(cache)
        if painter.fontMetrics().horizontalAdvance(whole) <= line.width():
            return whole
        return _tr("{free} free").format(free=format.size3(cache.available, cache.total))


class Sidebar(QWidget):
    """Wishes: `place_chosen(Place)`, `files_dropped(paths, Place)`, `menu_wanted(Place, QPoint)`,
    `new_session_wanted()`, `connect_wanted(session_id)`.
    """

    place_chosen = Signal(object)
    files_dropped = Signal(object, object)
    menu_wanted = Signal(object, object)
    new_session_wanted = Signal()
    connect_wanted = Signal(str)

    def __init__(
        self, sessions: Sessions, browsing: Browses, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._sessions = sessions
        self._browsing = browsing
        self._place = Place()
        self._jobs: dict[str, int | None] = {}  # how many run on an appliance
        self._listings: dict[Place, RunningListing] = {}
        self._fresh: dict[Place, list[str]] = {}
        self.model = SidebarModel(self)
        self._build()
        self.model.children_wanted.connect(self._list)
        sessions.added.connect(self._show_session)
        sessions.changed.connect(self._show_session)
        sessions.removed.connect(self._remove_session)
        browsing.changed.connect(self._follow)
        browsing.listing_wanted.connect(self.refresh)
        for session in sessions.all():
            self._show_session(session)
        self._tell_empty()

    def _build(self) -> None:
        self.tree = SidebarTree(self.model, self)
        self.tree.chosen.connect(self._choose)
        self.tree.files_dropped.connect(self.files_dropped)
        self.tree.menu_wanted.connect(self.menu_wanted)
        self.tree.retry_wanted.connect(self.model.want_children)
        self.tree.session_opened.connect(self.connect_wanted)
        head = QHBoxLayout()
        head.setContentsMargins(direction.margins(15, 6, 10, 2))
        self._title = heading(self, _tr("Sessions"))
        self._title.set_role(Role.SECONDARY)
        self._add = QToolButton(self)
        self._add.setObjectName("new_session")
        self._add.setAccessibleName(_tr("New session"))
        self._add.setToolTip(_tr("New session (Ctrl+N)"))
        self._add.clicked.connect(self.new_session_wanted)
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._add)
        self._empty = ElidedLabel(self, role=Role.SECONDARY)
        self._empty.setText(_tr("No sessions yet"))
        self._empty.setObjectName("no_sessions")
        empty = QHBoxLayout()
        empty.setContentsMargins(direction.margins(15, 2, 12, 0))
        empty.addWidget(self._empty)
        self._gauge = CacheGauge(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(empty)
        column.addWidget(self.tree, 1)
        column.addWidget(self._gauge)
        self._tint()
        theme.notifier().changed.connect(self._tint)

    def sizeHint(self) -> QSize:
        return QSize(268, 400)

    def show_jobs(self, session_id: str, number: int | None) -> None:
        """Show how many jobs run on a session's appliance; None where that is not known."""
        self._jobs[session_id] = number
        if (session := self._sessions.get(session_id)) is not None:
            self._show_jobs(session)

    def _show_jobs(self, session: SavedSession) -> None:
        state = self._browsing.connection(session.id).state
        number = self._jobs.get(session.id)
        there = state in (SessionState.CONNECTED, SessionState.LOST)
        count = "" if number is None else format.count(number)
        self.model.show_jobs(session.id, count if there else None)

    def show_place(self, place: Place) -> None:
        """Mark the listed place, open what leads to it, and gauge its session's cache."""
        self._place = place
        parent = place.parent
        while parent is not None:
            index = self.model.index_of(parent)
            if index.isValid() and not self.tree.isExpanded(index):
                self.tree.setExpanded(index, True)
            parent = parent.parent
        self.tree.mark(place)
        self._gauge_cache()

    @Slot(object)
    def refresh(self, place: Place) -> None:
        """List the folders of a place again; open ones stay open."""
        if self.model.is_listed(place) and place not in self._listings:
            self._fresh[place] = []
            self._start(place)

    # --- sessions

    def _show_session(self, session: SavedSession) -> None:
        connection = self._browsing.connection(session.id)
        icon = "flask-conical" if session.demo else "server"
        lacks_key = self._sessions.lacks_key(session.id)
        word = state_word(connection.state, demo=session.demo, lacks_key=lacks_key)
        self.model.show_session(session.id, session.name, icon, word)
        self._tell_empty()

    def _remove_session(self, session_id: str) -> None:
        self.model.remove_session(session_id)
        self._tell_empty()

    @Slot(str)
    def _follow(self, session_id: str) -> None:
        session = self._sessions.get(session_id)
        if session is None:
            return
        self._show_session(session)
        connection = self._browsing.connection(session_id)
        self._show_jobs(session)
        self.model.show_buckets(session_id, [bucket.name for bucket in connection.buckets])
        if connection.state is SessionState.CONNECTED:
            self.tree.setExpanded(self.model.index_of(Place(session_id)), True)
        if session_id == self._place.session_id:
            self._gauge_cache()

    def _gauge_cache(self) -> None:
        session_id = self._place.session_id
        cache = self._browsing.connection(session_id).cache
        name = self._sessions.name(session_id) if session_id else ""
        self._gauge.show_cache(name, cache)

    def _tell_empty(self) -> None:
        self._empty.setVisible(not self._sessions.all())

    def _choose(self, place: Place) -> None:
        if place.bucket is None and self._browsing.client(place.session_id or "") is None:
            self.connect_wanted.emit(place.session_id)
        self.place_chosen.emit(place)

    # --- folders

    def _list(self, place: Place) -> None:
        if place not in self._listings:
            self._start(place)

    def _start(self, place: Place) -> None:
        self._listings[place] = self._browsing.list_folder(
            place,
            partial(self._page, place),
            partial(self._end, place),
            partial(self._failed, place),
        )

    def _page(self, place: Place, page: Listing) -> None:
        fresh = self._fresh.get(place)
        if fresh is not None:
            fresh += page.prefixes
            return
        listing = self._listings[place]
        self.model.add_folders(place, page.prefixes, whole=listing.done)
        if self.model.rowCount(self.model.index_of(place)) > MAX_CHILDREN:
            listing.stop()
            del self._listings[place]
        if _leads_to(place, self._place):
            self.show_place(self._place)  # one level more of the way is in the tree now

    def _end(self, place: Place) -> None:
        self._listings.pop(place, None)
        fresh = self._fresh.pop(place, None)
        if fresh is not None:
            self.model.replace_folders(place, fresh)
            self.tree.mark(self._place)

    def _failed(self, place: Place, error: Exception) -> None:
        self._listings.pop(place, None)
        if self._fresh.pop(place, None) is None:
            self.model.show_failure(place)

    def _tint(self) -> None:
        self._add.setIcon(icons.icon("plus", Role.SECONDARY))


def _leads_to(place: Place, listed: Place) -> bool:
    """Whether a place is listed, or lies above the one that is."""
    same = (place.session_id, place.bucket) == (listed.session_id, listed.bucket)
    return same and listed.prefix.startswith(place.prefix)


def _usual_words() -> tuple[str, str]:
    """The words of sessions that are as one expects them to be."""
    connected = SessionState.CONNECTED
    return state_word(connected), state_word(connected, demo=True)


def state_word(state: SessionState, *, demo: bool = False, lacks_key: bool = False) -> str:
    """Return the word in a session's row; where a click asks for the key it says so."""
    if lacks_key and state is SessionState.NOT_CONNECTED:
        return _tr("Enter key…")
    if demo and state is SessionState.CONNECTED:
        return _tr("on this computer")
    match state:
        case SessionState.CONNECTED:
            return _tr("connected")
        case SessionState.CONNECTING:
            return _tr("connecting")
        case SessionState.SIGN_IN_FAILED:
            return _tr("sign-in failed")
        case SessionState.LOST:
            return _tr("not reachable")
        case SessionState.NOT_CONNECTED:
            return _tr("not connected")
