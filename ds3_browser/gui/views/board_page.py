"""The jobs board: all jobs on one appliance, whoever runs them, with what may be done about them.

Shows what it is given; what it wants to know and to do leaves as wishes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import appliance_jobs, format, icons, messages, theme
from ds3_browser.gui.appliance_jobs import MOST, Board, BoardRow, JobFacts, Part, Watch
from ds3_browser.gui.messages import Doing
from ds3_browser.gui.models.board import BoardModel
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.board_detail import BoardDetail, Room
from ds3_browser.gui.views.board_list import BoardList
from ds3_browser.gui.views.cache_bar import data, paint_cache
from ds3_browser.gui.views.instead import Help, Instead, InsteadOfRows
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.news_bar import NewsBar
from ds3_browser.gui.views.page_head import PageHead
from ds3_browser.gui.views.segments import Segments
from ds3_browser.protocol.records import CacheState

_tr = partial(QCoreApplication.translate, "board")

FILTER = 230
FILTER_EDGES = 56  # of the filter beside its words: its picture and its padding
LEAST_TITLE = 90  # less of it tells nothing
TALL = 480  # of the page; a lower one needs the room of the cache's card for the jobs
LOW = 280  # of the page; a lower one has hardly a row left beside the facts of one job
WIDE = 1000  # of the page; a narrower one has no room for when it was asked
LOOK_MS = 300  # a row is being chosen until then
EVERY_MS = 1000


class BoardPage(QWidget):
    """Wishes: `refresh_wanted()`, `part_wanted(Part)`, `look_wanted(job_id)`, `resume_wanted()`,
    `cancel_wanted()`, `menu_wanted(global point)`, `current_altered()`.
    """

    refresh_wanted = Signal()
    part_wanted = Signal(object)
    look_wanted = Signal(str)
    resume_wanted = Signal()
    cancel_wanted = Signal()
    menu_wanted = Signal(QPoint)
    current_altered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("board_page")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._board = Board()
        self._part = Part.ACTIVE
        self._here: frozenset[str] = frozenset()
        self._staged: frozenset[str] = frozenset()
        self._watch = Watch()
        self._wanted_job: str | None = None
        self._looked: tuple[str, object] | None = None
        self.model = BoardModel(self)
        self._build()
        self._look_timer = QTimer(self)
        self._look_timer.setSingleShot(True)
        self._look_timer.setInterval(LOOK_MS)
        self._look_timer.timeout.connect(self._look)
        self._clock = QTimer(self)
        self._clock.setInterval(EVERY_MS)
        self._clock.timeout.connect(self._tell_asked)
        self._connect()
        self._tint()
        theme.notifier().changed.connect(self._tint)

    # --- building

    def _build(self) -> None:
        self._idle = NewsBar("idle_jobs", "unplug", self)
        self._cache = CacheCard(self)
        self.list = BoardList(self.model, self)
        self._instead = InsteadOfRows(self.list.viewport())
        self.detail = BoardDetail(self)
        self.detail.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        column.addWidget(self._cache)
        column.addWidget(self._idle)
        column.addWidget(self.list, 1)
        column.addWidget(self.detail)
        self.list.viewport().installEventFilter(self)
        self.filter.installEventFilter(self)

    def _build_head(self) -> QWidget:
        head = PageHead(self)
        self._icon = QLabel(head)
        self._title = ElidedLabel(
            head, 17, QFont.Weight.DemiBold, elide=Qt.TextElideMode.ElideMiddle
        )
        self._title.setObjectName("board_title")
        self._title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.segments = Segments(head)
        self.segments.setObjectName("board_segments")
        self.segments.box.setAccessibleName(_tr("Which jobs"))
        self.only_mine = QCheckBox(_tr("Only mine"), head)
        self.only_mine.setObjectName("only_mine")
        self.filter = QLineEdit(head)
        self.filter.setObjectName("board_filter")
        self.filter.setAccessibleName(_tr("Filter by name, bucket, owner"))
        self.filter.setPlaceholderText(_tr("Filter jobs"))
        self.filter.setToolTip(_tr("Filter by name, bucket, owner"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(FILTER)
        whole = self.filter.fontMetrics().horizontalAdvance(self.filter.placeholderText())
        self.filter.setMinimumWidth(whole + FILTER_EDGES)
        self._filter_icon = self.filter.addAction(
            icons.icon("filter", Role.SECONDARY), QLineEdit.ActionPosition.LeadingPosition
        )
        self._refresh = QToolButton(head)
        self._refresh.setObjectName("board_refresh")
        self._refresh.setAccessibleName(_tr("Refresh"))
        self._refresh.setToolTip(_tr("Refresh (F5)"))
        self._refresh.setIconSize(QSize(16, 16))
        self._asked = ElidedLabel(head, 12, role=Role.SECONDARY)
        self._asked.setObjectName("board_asked")
        self._asked.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._head = head
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 16, 1)
        row.setSpacing(10)
        row.addWidget(self._icon)
        row.addWidget(self._title)
        row.addWidget(self.segments)
        row.addStretch(1)
        row.addWidget(self.only_mine)
        row.addWidget(self.filter, 1)
        row.addWidget(self._refresh)
        row.addWidget(self._asked)
        return head

    def _connect(self) -> None:
        self.segments.chosen.connect(self._choose_part)
        self.only_mine.toggled.connect(self._filter_mine)
        self.filter.textChanged.connect(self._filter_text)
        self._refresh.clicked.connect(self.refresh_wanted)
        self._idle.pressed.connect(self._show_idle)
        self._instead.wanted.connect(self._help)
        self.list.current_altered.connect(self._follow_current)
        self.list.menu_wanted.connect(self.menu_wanted)
        self.list.cancel_wanted.connect(self.cancel_wanted)
        self.detail.cancel_wanted.connect(self.cancel_wanted)
        self.detail.resume_wanted.connect(self.resume_wanted)

    # --- what is shown

    @property
    def part(self) -> Part:
        return self._part

    def current(self) -> BoardRow | None:
        return self.list.current_row()

    def begin(self, name: str, filter_text: str | None = None, job_id: str | None = None) -> None:
        """Show the board of a session, from its running jobs on, filtered or at one job."""
        self._title.setText(_tr("Jobs on {name}").format(name=name))
        self._part = Part.ACTIVE
        self._idle.hide()
        self.model.set_only_idle(False)
        self.filter.setText(filter_text or "")
        self.only_mine.setChecked(False)
        self._wanted_job = job_id
        self._looked = None

    def leave(self) -> None:
        self._clock.stop()
        self._look_timer.stop()

    def show_board(
        self,
        board: Board,
        here: Collection[str],
        watch: Watch,
        cache: CacheState | None,
        staged: Collection[str] = (),
    ) -> None:
        """Show what is known. `here` are the appliance's ids of this computer's transfers,
        `staged` of those that it only brings to cache."""
        self._staged = frozenset(staged)
        self._board, self._here, self._watch = board, frozenset(here), watch
        self._clock.start()
        self._cache.show_cache(cache)
        self._show_segments()
        self._show_rows()
        self._tell_idle()
        self._tell_asked()

    def _show_segments(self) -> None:
        words = {
            Part.ACTIVE: _tr("Active"),
            Part.COMPLETED: _tr("Completed"),
            Part.CANCELLED: _tr("Cancelled"),
        }
        segments = [(part, f"{word} {self._count(part)}".strip()) for part, word in words.items()]
        self.segments.show_segments(segments, self._part)
        self._fit_head()

    def _count(self, part: Part) -> str:
        jobs = self._board.lists.get(part)
        if jobs is None:
            return ""
        more = len(jobs) > MOST
        return f"{format.count(min(len(jobs), MOST))}{'+' if more else ''}"

    def _rows(self, part: Part) -> list[BoardRow]:
        owner = self._board.owner
        return [
            BoardRow(
                job,
                part,
                here=job.job_id in self._here,
                mine=owner is not None and job.user_name == owner,
                silence=self._watch.silence(job.job_id),
                staged=job.job_id in self._staged,
            )
            for job in self._board.lists.get(part, ())[:MOST]
        ]

    def _show_rows(self) -> None:
        self.model.show_rows(self._rows(self._part))
        if self._wanted_job is not None and self.list.select_job(self._wanted_job):
            self._wanted_job = None
        self._say_instead()
        self._follow_current()

    def _say_instead(self) -> None:
        self._instead.say_or_hide(self._what_instead())

    def _what_instead(self) -> Instead | None:
        if self.model.rowCount():
            return None
        known = self._board.lists.get(self._part)
        if known is None and self._board.error is not None:
            told = messages.sentence(self._board.error, doing=Doing.LIST)
            return Instead(told.text, Help.RETRY, _tr("Retry"), told.details)
        if known is None:
            return Instead(_tr("Asking the appliance for its jobs…"))
        if self.model.hidden:
            text = _tr("No job has it in its name, bucket, owner or id.")
            return Instead(text, Help.CLEAR_FILTER, _tr("Show all"))
        match self._part:
            case Part.ACTIVE:
                return Instead(_tr("The appliance has no active jobs."))
            case Part.COMPLETED:
                return Instead(_tr("The appliance knows of no completed jobs."))
            case Part.CANCELLED:
                return Instead(_tr("The appliance knows of no cancelled jobs."))

    def _tell_idle(self) -> None:
        now = appliance_jobs.now()
        idle = sum(row.is_idle(now) for row in self._rows(Part.ACTIVE))
        if not idle or self.model.only_idle:
            self._idle.hide()
            return
        text = _tr("{n} jobs have received nothing for over an hour.")
        if idle == 1:
            text = _tr("1 job has received nothing for over an hour.")
        rest = _tr("Unfinished jobs keep cache locked.")
        self._idle.say(f"{text.format(n=format.count(idle))} {rest}", _tr("Show them"))

    def _tell_asked(self) -> None:
        self._asked.setText(asked_words(self._board.asked, appliance_jobs.now()))
        self._asked.setMinimumWidth(self._asked.sizeHint().width() if self._is_wide() else 0)
        self._refresh.setToolTip(f"{_tr('Refresh (F5)')}\n{self._asked.text()}")

    def show_facts(self, job_id: str, facts: JobFacts) -> None:
        self.detail.show_facts(job_id, facts)

    # --- what is chosen

    def _choose_part(self, part: object) -> None:
        assert isinstance(part, Part)
        self._part = part
        self.model.set_only_idle(False)
        self._show_segments()
        self._show_rows()
        self._tell_idle()
        self.part_wanted.emit(part)

    def show_part(self, part: Part) -> None:
        self._choose_part(part)

    def _filter_mine(self, wanted: bool) -> None:
        self.model.set_only_mine(wanted)
        self._say_instead()
        self._follow_current()

    def _filter_text(self, text: str) -> None:
        self.model.set_filter(text)
        self._say_instead()
        self._follow_current()

    def _show_idle(self) -> None:
        if self._part is not Part.ACTIVE:
            self._choose_part(Part.ACTIVE)
        self.model.set_only_idle(True)
        self._follow_current()

    def _help(self, help: Help) -> None:
        if help is Help.RETRY:
            self.refresh_wanted.emit()
        elif help is Help.CLEAR_FILTER:
            self.model.set_only_idle(False)
            self.only_mine.setChecked(False)
            self.filter.clear()
            self._show_rows()

    def _follow_current(self) -> None:
        row = self.current()
        self.detail.show_row(row)
        if row is not None and self._looked != self._state_of(row):
            self._look_timer.start()
        self.current_altered.emit()

    @staticmethod
    def _state_of(row: BoardRow) -> tuple[str, object]:
        """A job is looked at anew when its bytes are others."""
        return row.job.job_id, (row.job.cached_size, row.job.completed_size, row.part)

    def _look(self) -> None:
        row = self.current()
        if row is not None and self.isVisible():
            self._looked = self._state_of(row)
            self.look_wanted.emit(row.job.job_id)

    # --- size, keys, theme

    def focus_filter(self) -> None:
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.list.viewport() and event.type() is QEvent.Type.Resize:
            self._instead.setGeometry(self.list.viewport().rect())
        if watched is self.filter and isinstance(event, QKeyEvent):
            pressed = event.type() is QEvent.Type.KeyPress
            if pressed and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return):
                self.list.setFocus(Qt.FocusReason.OtherFocusReason)
                return True
            if pressed and event.key() == Qt.Key.Key_Escape and self.filter.text():
                self.filter.clear()
                return True
        return super().eventFilter(watched, event)

    def _is_wide(self) -> bool:
        return self.width() >= theme.row_height(self, WIDE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._asked.setVisible(self._is_wide())
        self._icon.setVisible(self._is_wide())
        self._tell_asked()
        self._fit_head()
        tall = self.height() >= theme.row_height(self, TALL)
        low = self.height() < theme.row_height(self, LOW)
        self._cache.set_room(tall)
        self.detail.set_room(Room.ALL if tall else Room.LITTLE if low else Room.LESS)

    def _fit_head(self) -> None:
        """The title gives way first, then the segments become a box; nothing in it is ever cut."""
        row, least_filter = self._head.layout(), self.filter.minimumWidth()
        assert row is not None
        margins = row.contentsMargins()
        others: list[QWidget] = [self.only_mine, self._refresh]
        if self._is_wide():
            others += [self._icon, self._asked]
        taken = (
            sum(max(one.sizeHint().width(), one.minimumWidth()) for one in others) + least_filter
        )
        gaps = row.spacing() * (len(others) + 3) + margins.left() + margins.right()
        room = self._head.width() - taken - gaps
        self.segments.fit(room)
        rest = room - self.segments.sizeHint().width()
        whole, least = self._title.sizeHint().width(), theme.row_height(self, LEAST_TITLE)
        self._title.setMaximumWidth(rest if rest >= min(whole, least) else 0)
        self.filter.setMaximumWidth(max(least_filter, min(FILTER, least_filter + rest - whole)))
        self._head.setMinimumWidth(taken + gaps + self.segments.box.sizeHint().width())

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap("list-checks", Role.TEXT, 18, ratio))
        self._filter_icon.setIcon(icons.icon("filter", Role.SECONDARY))
        self._refresh.setIcon(icons.icon("refresh", Role.SECONDARY))

    def set_priorities(self, menu: QMenu) -> None:
        self.detail.set_priorities(menu)


def asked_words(asked: datetime | None, now: datetime) -> str:
    """`updated 12 s ago`; empty where it was never."""
    if asked is None:
        return ""
    seconds = max(0, int((now - asked).total_seconds()))
    if seconds < 60:
        return _tr("updated {n} s ago").format(n=seconds)
    return _tr("updated {time} ago").format(time=format.duration(seconds))


class CacheCard(QWidget):
    """The appliance's cache over the whole width; absent where that may not be known."""

    HEIGHT = 56
    AROUND = 12

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("board_cache")
        self.setFixedHeight(theme.row_height(self, self.HEIGHT) + 2 * self.AROUND)
        self._cache: CacheState | None = None
        self._has_room = True
        theme.notifier().changed.connect(self.update)
        self.hide()

    def show_cache(self, cache: CacheState | None) -> None:
        self._cache = cache
        self._follow()
        if cache is not None and cache.total:
            words = ", ".join(word for word, _ in self._legend(cache))
            self.setAccessibleName(f"{_tr('Cache')} {format.size3(cache.total)}: {words}")
        self.update()

    def set_room(self, there: bool) -> None:
        """Give way where the page is too low for it: the sidebar tells of the cache too."""
        self._has_room = there
        self._follow()

    def _follow(self) -> None:
        cache = self._cache
        known = cache is not None and 0 < cache.total < 1 << 50
        self.setVisible(known and self._has_room)

    @staticmethod
    def _legend(cache: CacheState) -> list[tuple[str, str]]:
        locked = cache.locked_by_jobs or 0
        return [
            (_tr("Data {size}").format(size=format.size3(data(cache))), "chunk_in_cache"),
            (
                _tr("Locked by unfinished jobs {size}").format(size=format.size3(locked)),
                "chunk_next",
            ),
            (_tr("Free {size}").format(size=format.size3(cache.available)), "border"),
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        cache = self._cache
        if cache is None or not cache.total:
            return
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(16.5, self.AROUND + 0.5, -16.5, -self.AROUND - 0.5)
        painter.setPen(tokens.border)
        painter.setBrush(tokens.base)
        painter.drawRoundedRect(card, 8, 8)
        area = card.toRect().adjusted(16, 9, -16, -9)
        line = QRect(area.left(), area.top(), area.width(), painter.fontMetrics().height() + 2)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        if self.isRightToLeft():
            left, right = right, left
        painter.setFont(theme.scaled(self.font(), 12, QFont.Weight.DemiBold))
        painter.setPen(tokens.text)
        title = _tr("Cache")
        taken = painter.fontMetrics().horizontalAdvance(title) + 14
        painter.drawText(line, left, title)
        painter.setFont(theme.scaled(self.font(), 12))
        painter.setPen(tokens.secondary)
        total = (
            line.adjusted(0, 0, -taken, 0)
            if self.isRightToLeft()
            else line.adjusted(taken, 0, 0, 0)
        )
        painter.drawText(total, left, format.size3(cache.total))
        self._paint_legend(painter, line, cache)
        bar = QRect(area.left(), area.bottom() - 8, area.width(), 8)
        paint_cache(painter, bar, cache, mirrored=self.isRightToLeft())

    def _paint_legend(self, painter: QPainter, line: QRect, cache: CacheState) -> None:
        tokens, mirrored = theme.tokens(), self.isRightToLeft()
        metrics, at = painter.fontMetrics(), 0
        for word, token in reversed(self._legend(cache)):
            width = metrics.horizontalAdvance(word) + 16
            box = QRect(line.right() - at - width, line.top(), width, line.height())
            if mirrored:
                box.moveLeft(line.left() + at)
            square = QRect(box.left(), box.center().y() - 4, 9, 9)
            if mirrored:
                square.moveRight(box.right())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(getattr(tokens, token))
            painter.drawRoundedRect(square, 2, 2)
            painter.setPen(tokens.secondary)
            text = box.adjusted(0, 0, -15, 0) if mirrored else box.adjusted(15, 0, 0, 0)
            side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
            painter.drawText(text, side, word)
            at += width + 16
