"""The page of a window without sessions: two ways to begin."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QFont, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.labels import beside_icon

_tr = partial(QCoreApplication.translate, "welcome")

CARD_WIDTH = 356
CARD_HEIGHT = 268
GAP = 20


class WelcomePage(QScrollArea):
    """Wishes: `new_session_wanted`, `demo_wanted`, `environment_wanted` (use DS3_ENDPOINT),
    `import_wanted` (the sessions of Eon Browser, where it has some), `guide_wanted`.
    """

    new_session_wanted = Signal()
    demo_wanted = Signal()
    environment_wanted = Signal()
    import_wanted = Signal()
    guide_wanted = Signal()

    def __init__(
        self,
        demo: bool = True,
        environment: bool = False,
        guide: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAccessibleName(_tr("Welcome"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._left_out = 0
        self._build(demo, environment, guide)

    def _build(self, demo: bool, environment: bool, guide: bool) -> None:
        page = _Ground()
        column = self._column = QVBoxLayout(page)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(0)
        column.addStretch(1)
        self._logo = _Logo(60)
        column.addWidget(self._logo, 0, Qt.AlignmentFlag.AlignHCenter)
        self._below_logo, self._above_cards = QSpacerItem(0, 12), QSpacerItem(0, 26)
        column.addItem(self._below_logo)
        column.addWidget(_text(_tr("Welcome to DS3 Browser"), 24, QFont.Weight.DemiBold))
        column.addSpacing(2)
        self._purpose = _text(
            _tr("Browse, upload to and restore from Spectra BlackPearl tape archives."),
            14,
            role=Role.SECONDARY,
        )
        self._purpose.setWordWrap(True)
        column.addWidget(self._purpose)
        column.addItem(self._above_cards)
        column.addLayout(self._build_cards(demo))
        if environment:
            column.addSpacing(18)
            width = 2 * theme.row_height(self, CARD_WIDTH) + GAP
            column.addLayout(_centred(self._build_environment(), width))
        column.addSpacing(12)
        column.addLayout(self._build_foot(guide))
        column.addStretch(1)
        self.setWidget(page)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the cards and their buttons count, not the ornament."""
        for steps in range(4):
            self._leave_out(steps)
            if self._column.totalHeightForWidth(self.viewport().width()) <= self.height():
                break
        super().resizeEvent(event)

    def _leave_out(self, steps: int) -> None:
        """Leave out the logo, then the cards' signs, then what goes without saying."""
        if steps == self._left_out:
            return
        self._left_out = steps
        self._logo.setHidden(steps > 0)
        self._purpose.setHidden(steps > 2)
        self._below_logo.changeSize(0, 0 if steps else 12)
        self._above_cards.changeSize(0, 12 if steps else 26)
        edge = 8 if steps else 24
        self._column.setContentsMargins(24, edge, 24, edge)
        for card in self._cards:
            card.leave_out(sign=steps > 1, note=steps > 2)
        self._column.invalidate()

    def _build_cards(self, demo: bool) -> QHBoxLayout:
        self._cards = [self._build_appliance(), *([self._build_demo()] if demo else ())]
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addStretch(1)
        for card in self._cards:
            row.addWidget(card, 100)
        row.addStretch(1)
        return row

    def _build_appliance(self) -> _Card:
        shortcut = QWidget()
        keys = QHBoxLayout(shortcut)
        keys.setContentsMargins(0, 0, 0, 0)
        keys.setSpacing(5)
        keys.addWidget(_text(_tr("Shortcut"), 12, role=Role.SECONDARY, centred=False))
        keys.addSpacing(2)
        for key in (
            QKeySequence("Ctrl+N").toString(QKeySequence.SequenceFormat.NativeText).split("+")
        ):
            keys.addWidget(_key(key))
        keys.addStretch(1)
        self.add = QPushButton(_tr("Add appliance…"))
        self.add.setObjectName("add_appliance")
        self.add.setProperty("look", "primary")
        self.add.clicked.connect(self.new_session_wanted)
        self._about_keys = _Wrapped("", Role.SECONDARY)
        self.show_keychain(True)
        return _Card(
            "server", Role.ACCENT, _tr("Add an appliance"), self._about_keys, shortcut, self.add
        )

    def show_keychain(self, found: bool) -> None:
        """Say where keys are kept; without a keychain, that they are kept nowhere."""
        self._about_keys.setText(
            _tr(
                "Connect to a BlackPearl with its data path address and a pair of S3 keys."
                " Keys are kept in your system keychain."
            )
            if found
            else _tr(
                "Connect to a BlackPearl with its data path address and a pair of S3 keys."
                " This computer has no keychain: keys are asked for at each start."
            )
        )

    def _build_demo(self) -> _Card:
        ready = QWidget()
        note = QHBoxLayout(ready)
        note.setContentsMargins(0, 0, 0, 0)
        note.setSpacing(6)
        note.addWidget(_Icon("clock", Role.SECONDARY, 14))
        note.addWidget(
            _text(_tr("Ready in about 2 seconds"), 12, role=Role.SECONDARY, centred=False)
        )
        note.addStretch(1)
        self.demo = QPushButton(_tr("Start the demo"))
        self.demo.setObjectName("start_demo_button")
        self.demo.clicked.connect(self.demo_wanted)
        return _Card(
            "flask-conical",
            Role.TEXT,
            _tr("Try the demo appliance"),
            _Wrapped(
                _tr(
                    "A small BlackPearl that runs on this computer, with sample buckets, a full"
                    " cache and slow tapes. Nothing leaves this computer."
                ),
                Role.SECONDARY,
            ),
            ready,
            self.demo,
        )

    def _build_environment(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("look", "accent-box")
        words = _text(
            _tr("DS3_ENDPOINT and a pair of keys are set in this computer's environment."),
            13,
            centred=False,
        )
        words.setWordWrap(True)
        self.environment = QPushButton(_tr("Use them…"))
        self.environment.setObjectName("use_environment")
        self.environment.setProperty("look", "link")
        self.environment.clicked.connect(self.environment_wanted)
        row = QHBoxLayout(bar)
        row.setContentsMargins(direction.margins(12, 4, 4, 4))
        row.setSpacing(10)
        row.addWidget(_Icon("key", Role.ACCENT, 16))
        row.addWidget(words, 1)
        row.addWidget(self.environment)
        return bar

    def show_eon(self, there: bool) -> None:
        """Offer to take over the sessions of Eon Browser, or not."""
        for part in self._eon:
            part.setVisible(there)

    def _build_foot(self, guide: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        if guide:
            words = _tr("Read the ten-minute guide")
            row.addWidget(_Link("read_guide", "book-open", words, self.guide_wanted))
        words = _tr("Import sessions from Eon Browser…")
        link = _Link("import_eon", "file-input", words, self.import_wanted)
        dot = _text("·", 13, role=Role.SECONDARY)
        self._eon = (dot, link) if guide else (link,)
        for part in self._eon:
            row.addWidget(part)
        self.show_eon(False)
        row.addStretch(1)
        return row


class _Ground(QWidget):
    """The page's own ground, which is the list's and not the window's."""

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.tokens().base)


class _Logo(QWidget):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.setFixedSize(size, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        pixmap = icons.app_pixmap(self.width(), self.devicePixelRatioF())
        QPainter(self).drawPixmap(0, 0, pixmap)


class _Icon(QWidget):
    """An icon in its role's colour, whatever the theme; with a tile behind it if there is one."""

    def __init__(self, name: str, role: Role, size: int, tile: int = 0) -> None:
        super().__init__()
        self._name, self._role, self._size, self._tile = name, role, size, tile
        self.setFixedSize(max(size, tile), max(size, tile))
        theme.notifier().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        tokens = theme.tokens()
        if self._tile:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            accent = self._role is Role.ACCENT
            painter.setBrush(tokens.accent_box if accent else tokens.window)
            painter.drawRoundedRect(self.rect(), 8, 8)
        pixmap = icons.pixmap(self._name, self._role, self._size, self.devicePixelRatioF())
        edge = (self.width() - self._size) // 2
        painter.drawPixmap(edge, edge, pixmap)


class _Text(QLabel):
    """A text of the page at a size of the type scale, in a role's colour."""

    def __init__(self, text: str, role: Role) -> None:
        super().__init__(text)
        self._role = role
        self.setTextFormat(Qt.TextFormat.PlainText)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        palette = self.palette()
        palette.setColor(self.foregroundRole(), theme.colour(self._role))
        self.setPalette(palette)


class _Wrapped(_Text):
    """A text of several lines that asks for the height it needs at its width."""

    def __init__(self, text: str, role: Role) -> None:
        super().__init__(text, role)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)


class _Card(QFrame):
    """One way to begin: a sign, what it is, what comes of it, and the button."""

    def __init__(
        self,
        icon: str,
        role: Role,
        title: str,
        words: QLabel,
        note: QWidget,
        button: QPushButton,
    ) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self.setMaximumWidth(theme.row_height(self, CARD_WIDTH))
        self.setMinimumSize(QSize(220, CARD_HEIGHT))
        words.setFont(theme.scaled(words.font(), 13))
        self._note = note
        self._sign, self._below_sign = _Icon(icon, role, 20, tile=40), QSpacerItem(0, 10)
        name = _text(title, 15, QFont.Weight.DemiBold, centred=False)
        name.setWordWrap(True)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 20)
        column.setSpacing(0)
        column.addWidget(self._sign)
        column.addItem(self._below_sign)
        column.addWidget(name)
        column.addSpacing(4)
        column.addWidget(words, 1)
        column.addSpacing(4)
        column.addWidget(note)
        column.addSpacing(10)
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def leave_out(self, *, sign: bool, note: bool) -> None:
        """Without its sign a card may be as low as its words."""
        self._sign.setHidden(sign)
        self._note.setHidden(note)
        self._below_sign.changeSize(0, 0 if sign else 10)
        edge = 12 if sign else 20
        self._column.setContentsMargins(22, edge, 22, edge)
        self.setMinimumHeight(0 if sign else CARD_HEIGHT)
        self._column.invalidate()


class _Link(QPushButton):
    """A quiet button with an icon, for what few need."""

    def __init__(self, name: str, icon: str, words: str, wish: SignalInstance) -> None:
        super().__init__()
        beside_icon(self, words)
        self._icon = icon
        self.setObjectName(name)
        self.setProperty("look", "link")
        self.clicked.connect(wish)
        theme.notifier().changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        self.setIcon(icons.icon(self._icon, Role.ACCENT))


def _text(
    text: str,
    size: int,
    weight: QFont.Weight = QFont.Weight.Normal,
    role: Role = Role.TEXT,
    centred: bool = True,
) -> _Text:
    label = _Text(text, role)
    label.setFont(theme.scaled(label.font(), size, weight))
    if centred:
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label


def _key(key: str) -> QLabel:
    label = QLabel(key)
    label.setProperty("look", "key")
    label.setFont(theme.scaled(label.font(), 11, QFont.Weight.Medium))
    return label


def _centred(widget: QWidget, width: int) -> QHBoxLayout:
    widget.setMaximumWidth(width)
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(widget, 100)
    row.addStretch(1)
    return row
