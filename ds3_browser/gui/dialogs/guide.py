"""The guide, read inside the program: it is shipped with it and needs no network."""

from __future__ import annotations

import enum
from functools import partial

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import (
    QBrush,
    QFont,
    QKeySequence,
    QShortcut,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextFrameFormat,
    QTextTable,
)
from PySide6.QtWidgets import (
    QFrame,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from ds3_browser import resources
from ds3_browser.gui import theme
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import button_row, default_button, set_body
from ds3_browser.gui.views.fitting import lettered

_tr = partial(QCoreApplication.translate, "guide")

MARGIN = 24


class Page(enum.Enum):
    """The pages there are; the value is the file's name."""

    FIRST = "first.md"
    SESSIONS = "sessions.md"
    TRANSFERS = "transfers.md"


class GuideDialog(Form):
    """Stays open beside the window. Links lead from page to page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("guide_dialog")
        self.setWindowTitle(_tr("Guide"))
        self._text = QTextBrowser(self)
        self._text.setObjectName("guide_text")
        self._text.setAccessibleName(_tr("Guide"))
        self._text.setOpenExternalLinks(True)
        self._text.setFrameShape(QFrame.Shape.NoFrame)
        self._text.sourceChanged.connect(self._space_out)
        self._back = QPushButton(_tr("Back"), self)
        self._back.setObjectName("guide_back")
        self._back.setEnabled(False)
        self._back.clicked.connect(self._text.backward)
        self._text.backwardAvailable.connect(self._back.setEnabled)
        first = QPushButton(_tr("First page"), self)
        first.setObjectName("guide_first")
        first.clicked.connect(lambda: self.show_page(Page.FIRST))
        close = default_button(self, "close", _tr("Close"))
        close.clicked.connect(self.accept)
        for button in (self._back, first):
            button.setAutoDefault(False)
        QShortcut(QKeySequence.StandardKey.Back, self, self._text.backward)
        row = button_row(close)
        row.insertWidget(0, self._back)
        row.insertWidget(1, first)
        column = QVBoxLayout()
        column.addWidget(self._text)
        set_body(self, column, row)
        column.setContentsMargins(0, 0, 0, 0)  # the text has its own
        self.resize(lettered(self, 720, 640))
        theme.notifier().changed.connect(self._read_again)

    def show_page(self, page: Page) -> None:
        self._text.setSource(QUrl.fromLocalFile(str(resources.path(f"guide/{page.value}"))))

    def _read_again(self) -> None:
        self._text.reload()
        self._space_out()

    def _space_out(self) -> None:
        """Give headings and paragraphs their sizes and room: Markdown says nothing of either."""
        document = self._text.document()
        document.setDocumentMargin(MARGIN)
        cursor, block = QTextCursor(document), document.begin()
        while block.isValid():
            cursor.setPosition(block.position())
            level = block.blockFormat().headingLevel()
            in_table = cursor.currentTable() is not None
            room = QTextBlockFormat()
            room.setTopMargin(18 if level > 1 else 0)
            room.setBottomMargin(0 if in_table else 4 if block.textList() else 8)
            room.setLineHeight(125, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
            cursor.mergeBlockFormat(room)
            if level:
                size = QTextCharFormat()
                size.setFont(
                    theme.scaled(self.font(), 20 if level == 1 else 15, QFont.Weight.DemiBold)
                )
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                cursor.mergeCharFormat(size)
            if (table := cursor.currentTable()) is not None:
                _quieten(table)
            block = block.next()

    @property
    def page(self) -> Page:
        return Page(self._text.source().fileName())


def _quieten(table: QTextTable) -> None:
    """Let a table look as the program's own: a line under each row, and no other."""
    look = table.format()
    look.setBorder(0)
    look.setCellSpacing(0)
    look.setCellPadding(6)
    look.setTopMargin(4)
    look.setBottomMargin(8)
    table.setFormat(look)
    for row in range(table.rows()):
        for column in range(table.columns()):
            cell = table.cellAt(row, column)
            line = cell.format().toTableCellFormat()
            line.setBottomBorder(1)
            line.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            line.setBottomBorderBrush(QBrush(theme.tokens().border))
            cell.setFormat(line)


def is_there() -> bool:
    """Whether the guide was shipped."""
    try:
        resources.path(f"guide/{Page.FIRST.value}")
    except FileNotFoundError:
        return False
    return True
