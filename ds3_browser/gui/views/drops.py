"""Files dragged from the desktop onto a list or a tree: where they would go, and what is shown.

The disk is not looked at while something is dragged: whether a thing is a folder is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QMimeData,
    QObject,
    QPoint,
    QRect,
    QSize,
    QSysInfo,
    Qt,
    QTimer,
    QUrl,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractItemView, QStyle, QWidget

from ds3_browser.gui import format, icons, theme
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "drops")

OPEN_AFTER_MS = 700
SCROLL_EVERY_MS = 40
SCROLL_ZONE = 24
SCROLL_STEP = 12
GHOST = 260  # the widest name under the pointer
OBJECTS_FORMAT = "application/x-ds3-objects"


def dragged_paths(data: QMimeData) -> list[str]:
    """The files and folders of a drag; none where a part of it lies on another computer: nothing is
    left out unsaid.
    """
    return [] if _has_remote(data) else [_path(url) for url in data.urls()]


def _path(url: QUrl) -> str:
    """The path of a local file. Some programs name this computer in it, as the protocol has it."""
    if url.host() in ("localhost", QSysInfo.machineHostName().lower()):
        url = QUrl(url)
        url.setHost("")
    return url.toLocalFile()


def _has_remote(data: QMimeData) -> bool:
    return any(not url.isLocalFile() for url in data.urls())


def clipboard_paths() -> list[str]:
    """The local files and folders in the clipboard; none where it holds nothing at all."""
    data: QMimeData | None = QGuiApplication.clipboard().mimeData()
    return [] if data is None else dragged_paths(data)


class ObjectsInDrag(QMimeData):
    """Objects that are being dragged inside this window. No other program is offered anything.

    A drop may come with other data than the drag began with, so that what is dragged is kept here.
    """

    current: Selection | None = None

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        ObjectsInDrag.current = selection
        self.setData(OBJECTS_FORMAT, b"objects")


def dragged_objects(data: QMimeData) -> Selection | None:
    """The objects and folders of a drag that began in the object list."""
    return ObjectsInDrag.current if data.hasFormat(OBJECTS_FORMAT) else None


@dataclass(frozen=True, slots=True)
class Tip:
    """What is said near the lower edge while files are over a target, or why they are refused."""

    text: str
    second: str = ""
    refused: bool = False
    icon: str = "upload"


def upload_tip(paths: list[str], location: str) -> Tip:
    """What a drop would do."""
    location = visible(location)
    if len(paths) == 1:
        name = visible(paths[0].rstrip("/").rpartition("/")[2])
        text = _tr("Upload {name} to {location}").format(name=name, location=location)
    else:
        number = format.count(len(paths))
        text = _tr("Upload {n} items to {location}").format(n=number, location=location)
    return Tip(text, _tr("Release to check names and sizes before anything is sent"))


def no_bucket_tip() -> Tip:
    return Tip(_tr("Choose a bucket"), refused=True)


def remote_tip() -> Tip:
    text = _tr("Only files of this computer can be uploaded")
    return Tip(text, _tr("Copy what lies elsewhere to a folder first"), refused=True)


def no_copy_tip() -> Tip:
    """Objects cannot be copied from one place of an appliance to another."""
    text = _tr("Drop in the local files pane, or use Download (Ctrl+D)")
    return Tip(text, _tr("To another bucket: download first, then upload"), refused=True)


@dataclass(frozen=True, slots=True)
class Target:
    """A place that a drop leads to. `row` is the rectangle of its row, None for the whole list."""

    place: Place
    row: QRect | None = None


class FileDrops(QObject):
    """Lets files be dropped on a view. `target_at` tells where a point of its viewport leads.

    Signals: `dropped(list of paths, Place)`; `lingered(Place)` once a drag has been over a row for
    a while, so that who shows it may open it.
    """

    dropped = QtSignal(object, object)
    lingered = QtSignal(object)

    def __init__(
        self, view: QAbstractItemView, target_at: Callable[[QPoint], Target | None]
    ) -> None:
        super().__init__(view)
        self._view = view
        self._target_at = target_at
        self._target: Target | None = None
        self._over: tuple[list[str], QPoint] | None = None  # what is dragged, and where it is
        self.overlay = DropOverlay(view)
        self._linger = QTimer(self)
        self._linger.setSingleShot(True)
        self._linger.setInterval(OPEN_AFTER_MS)
        self._linger.timeout.connect(self._lingered)
        self._scroll = QTimer(self)
        self._scroll.setInterval(SCROLL_EVERY_MS)
        self._scroll.timeout.connect(self._scroll_on)
        self._scroll_by = 0
        view.setAcceptDrops(True)
        both = QAbstractItemView.DragDropMode.DragDrop
        view.setDragDropMode(both if view.dragEnabled() else both.DropOnly)
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.DragEnter | QEvent.Type.DragMove:
                assert isinstance(event, QDragMoveEvent)
                self._consider(event)
            case QEvent.Type.DragLeave:
                self._end()
            case QEvent.Type.Drop:
                assert isinstance(event, QDropEvent)
                self._drop(event)
            case _:
                return False
        return True

    def _consider(self, event: QDragMoveEvent) -> None:
        paths, at = dragged_paths(event.mimeData()), event.position().toPoint()
        if dragged_objects(event.mimeData()) is not None:
            self.overlay.show_tip(no_copy_tip(), None)
            event.ignore()
            return
        if _has_remote(event.mimeData()):
            self.overlay.show_tip(remote_tip(), None)
            event.ignore()
            return
        if not paths:
            event.ignore()
            return
        self._over = paths, at
        self._scroll_near_edge(at)
        if self._show_target(paths, at) is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _show_target(self, paths: list[str], at: QPoint) -> Target | None:
        """Say where a drop at this point would lead, and return it."""
        target = self._target_at(at)
        if target != self._target:
            self._target = target
            if target is not None and target.row is not None:
                self._linger.start()
            else:
                self._linger.stop()
        if target is None:
            self.overlay.show_tip(no_bucket_tip(), None)
        else:
            self.overlay.show_tip(upload_tip(paths, target.place.location), self._outlined(target))
        return target

    def _drop(self, event: QDropEvent) -> None:
        paths = dragged_paths(event.mimeData())
        target = self._target_at(event.position().toPoint())
        self._end()
        if not paths or target is None:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(paths, target.place)

    def _outlined(self, target: Target) -> QRect:
        """The target in the overlay's own terms."""
        if target.row is None:
            return self._view.rect()
        at = self._view.viewport().mapTo(self._view, target.row.topLeft())
        return QRect(at, target.row.size())

    def _lingered(self) -> None:
        if self._target is not None:
            self.lingered.emit(self._target.place)

    def _scroll_near_edge(self, at: QPoint) -> None:
        below = self._view.viewport().height() - at.y()
        self._scroll_by = (
            -SCROLL_STEP if at.y() < SCROLL_ZONE else SCROLL_STEP if below < SCROLL_ZONE else 0
        )
        if not self._scroll_by:
            self._scroll.stop()
        elif not self._scroll.isActive():
            self._scroll.start()

    def _scroll_on(self) -> None:
        bar = self._view.verticalScrollBar()
        before = bar.value()
        bar.setValue(before + self._scroll_by)
        if bar.value() != before and self._over is not None:
            self._show_target(*self._over)  # another row is under a mouse that does not move

    def _end(self) -> None:
        self._linger.stop()
        self._scroll.stop()
        self._target = self._over = None
        self.overlay.hide()


def ghost(view: QAbstractItemView, first: str, number: int = 1) -> QPixmap:
    """Return what goes with the mouse while things are dragged: the first, and how many more."""
    metrics = QFontMetrics(view.font())
    text = first if number == 1 else f"{first}  +{number - 1}"
    text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, GHOST)
    ratio = view.devicePixelRatioF()
    size = QSize(metrics.horizontalAdvance(text) + 24, metrics.height() + 12)
    made = QPixmap(size * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.tokens().accent)
    painter.setBrush(theme.tokens().base)
    painter.drawRoundedRect(QRect(QPoint(), size).adjusted(1, 1, -1, -1), 5, 5)
    painter.setPen(theme.tokens().text)
    painter.setFont(view.font())
    painter.drawText(QRect(QPoint(), size), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return made


class DropOverlay(QWidget):
    """Lies over a view while files are dragged: outline and tint of the target, and a tip."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop_overlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._tip = Tip("")
        self._outlined: QRect | None = None
        self.hide()

    @property
    def text(self) -> str:
        return self._tip.text

    @property
    def outlined(self) -> QRect | None:
        return self._outlined

    def show_tip(self, tip: Tip, outlined: QRect | None) -> None:
        """Show a tip, and outline a target in this widget's coordinates."""
        self._tip, self._outlined = tip, outlined
        parent = self.parentWidget()
        assert parent is not None
        self.setGeometry(parent.rect())
        self.raise_()
        self.show()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._outlined is not None:
            self._paint_outline(painter, self._outlined)
        self._paint_tip(painter)

    def _paint_outline(self, painter: QPainter, rect: QRect) -> None:
        accent = theme.tokens().accent
        painter.setOpacity(0.05)
        painter.fillRect(rect, accent)
        painter.setOpacity(1)
        pen = painter.pen()
        pen.setColor(accent)
        pen.setWidth(2)
        painter.setPen(pen)
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)

    def _paint_tip(self, painter: QPainter) -> None:
        tokens, tip = theme.tokens(), self._tip
        strong = theme.scaled(self.font(), 13, QFont.Weight.DemiBold)
        small = theme.scaled(self.font(), 12)
        strong_metrics, small_metrics = QFontMetrics(strong), QFontMetrics(small)
        words = max(
            strong_metrics.horizontalAdvance(tip.text),
            small_metrics.horizontalAdvance(tip.second),
        )
        lines = strong_metrics.height() + (small_metrics.height() + 2 if tip.second else 0)
        box = QRect(0, 0, min(words + 70, self.width() - 24), lines + 20)
        box.moveCenter(self.rect().center())
        box.moveBottom(self.rect().bottom() - 24)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.border if tokens.dark else tokens.text)
        painter.drawRoundedRect(box, 6, 6)
        light = Role.TEXT if tokens.dark else Role.ON_ACCENT
        name = "cancelling" if tip.refused else tip.icon
        icon = icons.pixmap(name, light, 20, self.devicePixelRatioF())
        at = QRect(box.left() + 16, box.center().y() - 9, 20, 20)
        painter.drawPixmap(QStyle.visualRect(self.layoutDirection(), box, at).topLeft(), icon)
        text = box.adjusted(50, 10, -16, -10)
        text = QStyle.visualRect(self.layoutDirection(), box, text)
        painter.setPen(theme.colour(light))
        painter.setFont(strong)
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        painter.drawText(text, side, _fit(strong, tip.text, text))
        if tip.second:
            painter.setFont(small)
            below = text.adjusted(0, strong_metrics.height() + 2, 0, 0)
            painter.drawText(below, side, _fit(small, tip.second, text))


def _fit(font: QFont, text: str, room: QRect) -> str:
    return QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideMiddle, room.width())
