"""A short form for one new name, with the rule that it breaks told while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import theme
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import (
    button_row,
    default_button,
    other_button,
    set_body,
    while_open,
)
from ds3_browser.gui.messages import Message
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.labels import WrappedLabel

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
        self._note = WrappedLabel(self)
        self._note.setObjectName("note")
        # Room for two lines, so that the buttons do not jump while one types.
        self._note.setMinimumHeight(2 * self._note.fontMetrics().lineSpacing())
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        body = QVBoxLayout()
        body.setSpacing(12)
        body.addWidget(heading)
        body.addLayout(self.form)
        body.addWidget(self._note)
        body.addStretch(1)
        set_body(self, body, self._build_buttons(button))
        self.setMinimumWidth(lettered(self, WIDTH).width())
        self.field.setFocus()

    def _build_buttons(self, words: str) -> QHBoxLayout:
        cancel = other_button(self, "cancel", _tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self._button = default_button(self, "create", words)
        self._button.clicked.connect(self._start)
        return button_row(cancel, self._button)

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
        self._note.set_role(role)
