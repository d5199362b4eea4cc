"""A short form for one new name, with the rule that it breaks told while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import theme
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import while_open
from ds3_browser.gui.messages import Message
from ds3_browser.gui.theme import Role

_tr = partial(QCoreApplication.translate, "naming")

WIDTH = 460

# (name, on_done, on_error): makes it in the background and tells how it ended
Create = Callable[[str, Callable[[], None], Callable[[Message], None]], None]


class NameDialog(Form):
    """Asks for a name and creates the thing; stays open with the reason while that fails.

    `complaint(name)` is the rule a name breaks, or None. Accepted when it was created; `name()`.
    """

    def __init__(
        self,
        title: str,
        label: str,
        note: str,
        button: str,
        complaint: Callable[[str], str | None],
        create: Create,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._complaint = complaint
        self._create = create
        self._creating = False
        self.setWindowTitle(title)
        self._build(title, label, note, button)
        self._follow()

    def name(self) -> str:
        return self.field.text()

    def add_row(self, label: str, widget: QWidget) -> None:
        """Add a further field below the name, where Tab comes to it, too."""
        self.form.addRow(label, widget)
        self.setTabOrder(self.field, widget)

    def _build(self, title: str, label: str, note: str, button: str) -> None:
        heading = QLabel(title, self)
        heading.setFont(theme.scaled(self.font(), 17, QFont.Weight.DemiBold))
        self.field = QLineEdit(self)
        self.field.setObjectName("name")
        self.field.setAccessibleName(label)
        self.field.textEdited.connect(self._follow)
        self.form = QFormLayout()
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.setHorizontalSpacing(12)
        self.form.setVerticalSpacing(10)
        self.form.addRow(label, self.field)
        self._note_text = note
        self._note = QLabel(note, self)
        self._note.setObjectName("note")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setWordWrap(True)
        self._note.setFont(theme.scaled(self.font(), 12))
        # Room for two lines, so that the buttons do not jump while one types.
        self._note.setMinimumHeight(2 * self._note.fontMetrics().lineSpacing())
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        body = QVBoxLayout()
        body.setContentsMargins(22, 20, 22, 16)
        body.setSpacing(12)
        body.addWidget(heading)
        body.addLayout(self.form)
        body.addWidget(self._note)
        body.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(self._build_foot(button))
        self.setMinimumWidth(WIDTH)
        self.field.setFocus()

    def _build_foot(self, button: str) -> QWidget:
        foot = QFrame(self)
        foot.setProperty("look", "foot")
        cancel = QPushButton(_tr("Cancel"), foot)
        cancel.setObjectName("cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self._button = QPushButton(button, foot)
        self._button.setObjectName("create")
        self._button.setDefault(True)
        self._button.clicked.connect(self._start)
        row = QHBoxLayout(foot)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._button)
        return foot

    def _follow(self) -> None:
        """Say which rule the name breaks; an empty one breaks none yet."""
        name = self.field.text()
        complaint = self._complaint(name) if name else None
        self._say(complaint or self._note_text, Role.ERROR if complaint else Role.SECONDARY)
        self._mark_field(complaint is not None)
        self._button.setEnabled(bool(name) and complaint is None and not self._creating)

    def _start(self) -> None:
        self._creating = True
        self.field.setReadOnly(True)
        self._follow()
        done, failed = while_open(self, self._created), while_open(self, self._failed)
        self._create(self.field.text(), done, failed)

    def _created(self) -> None:
        self.accept()

    def _failed(self, message: Message) -> None:
        self._creating = False
        self.field.setReadOnly(False)
        self._follow()
        self._say(message.text, Role.ERROR)
        self._mark_field(True)
        self.field.setFocus()

    def _mark_field(self, wrong: bool) -> None:
        look = "wrong" if wrong else ""
        if self.field.property("look") != look:
            self.field.setProperty("look", look)
            self.field.style().unpolish(self.field)
            self.field.style().polish(self.field)

    def _say(self, text: str, role: Role) -> None:
        self._note.setText(text)
        palette = self._note.palette()
        palette.setColor(self._note.foregroundRole(), theme.colour(role))
        self._note.setPalette(palette)
