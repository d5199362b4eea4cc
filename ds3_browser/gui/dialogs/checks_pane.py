"""The checks of an upload at the left, the files of the chosen one at the right, with choices.

A choice for one file, or for those that are selected, is a menu: by a click on what is chosen, by
Space, or by the menu key.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListView,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, icons, theme, upload_words
from ds3_browser.gui.dialogs.check_delegates import CheckDelegate, FileDelegate
from ds3_browser.gui.dialogs.naming import NameDialog
from ds3_browser.gui.dialogs.parts import ask, other_button
from ds3_browser.gui.job_options import Counted
from ds3_browser.gui.models.upload_checks import CHOICE, FILE, HERE, OTHER, ChecksModel, FilesModel
from ds3_browser.gui.theme import Role
from ds3_browser.gui.upload_choices import LOOKS_AGAIN, UploadChoices
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.list_header import ListHeader
from ds3_browser.gui.views.two_lines import row_height
from ds3_browser.transfer.checks import Check, Conflict, Found
from ds3_browser.transfer.plan import forbidden

_tr = partial(QCoreApplication.translate, "checks_pane")

CHECKS_WIDTH = 290
# Return as well: in a list of files nobody means the form's own button by it.
_OPENS_MENU = (Qt.Key.Key_Space, Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ChecksPane(QWidget):
    """Signals: `changed` once something was chosen; `look_wanted` where the files have to be
    looked at again; `compare_wanted(rows)` for the bytes of files of the same size."""

    changed = Signal()
    look_wanted = Signal()
    compare_wanted = Signal(object)

    def __init__(self, choices: UploadChoices, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("checks_pane")
        self._choices = choices
        self._prefix = prefix
        self._counted = Counted()
        self._shown: Check | None = None
        self._checks = ChecksModel(choices, self)
        self._files = FilesModel(choices, prefix, self)
        self._build()

    # -- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._build_checks())
        row.addWidget(self._build_files(), 1)

    def _build_checks(self) -> QWidget:
        self._list = QListView(self)
        self._list.setObjectName("checks")
        self._list.setAccessibleName(_tr("Checks"))
        self._list.setModel(self._checks)
        self._list.setItemDelegate(CheckDelegate(self._list))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setUniformItemSizes(True)
        self._list.selectionModel().currentChanged.connect(self._go_to)
        self._checks.modelReset.connect(self._keep_current)
        card = self._side = _card(self)
        column = QVBoxLayout(card)
        column.setContentsMargins(1, 6, 1, 6)
        column.addWidget(self._list)
        return card

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The checks leave the files the larger part, whatever the letters."""
        super().resizeEvent(event)
        wanted = theme.row_height(self, CHECKS_WIDTH)
        self._side.setFixedWidth(min(wanted, self.width() * 2 // 5))

    def _build_files(self) -> QWidget:
        card = _card(self)
        self._heading = ElidedLabel(card, 14, QFont.Weight.DemiBold)
        self._heading.setObjectName("check_heading")
        self._for_all = QComboBox(card)
        self._for_all.setObjectName("for_all")
        self._for_all.setPlaceholderText(_tr("Choose…"))
        self._for_all.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._for_all.activated.connect(self._choose_all)
        self._label = QLabel(_tr("&For all"), card)
        self._label.setBuddy(self._for_all)
        self._again = other_button(card, "look_again", _tr("Look a&gain"))
        self._again.clicked.connect(self.look_wanted)
        self._compare = other_button(card, "compare_checksums", _tr("C&ompare checksum"))
        self._compare.clicked.connect(self._want_compare)
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 0)
        head.setSpacing(8)
        head.addWidget(self._heading, 1)
        for widget in (self._compare, self._again, self._label, self._for_all):
            head.addWidget(widget)
        self._note_box = QFrame(card)
        self._note_box.setProperty("look", "accent-box")
        self._note_sign = QLabel(self._note_box)
        self._note = ElidedLabel(self._note_box, 12)
        self._note.setObjectName("check_note")
        box = QHBoxLayout(self._note_box)
        box.setContentsMargins(10, 7, 10, 7)
        box.setSpacing(8)
        box.addWidget(self._note_sign)
        box.addWidget(self._note, 1)
        theme.notifier().changed.connect(self._follow)
        self._foot = ElidedLabel(card, 12, role=Role.SECONDARY)
        self._foot.setObjectName("check_foot")
        column = QVBoxLayout(card)
        column.setContentsMargins(1, 1, 1, 8)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(_indented(self._note_box))
        column.addWidget(self._build_table(card), 1)
        column.addLayout(_indented(self._foot))
        return card

    def _build_table(self, card: QWidget) -> QTableView:
        table = self._table = QTableView(card)
        table.setObjectName("check_files")
        table.setModel(self._files)
        table.setItemDelegate(FileDelegate(table))
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(row_height(table.font()))
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = ListHeader(table)
        table.setHorizontalHeader(header)
        header.setStretchLastSection(False)
        header.setResizeContentsPrecision(50)
        header.setSectionResizeMode(FILE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(HERE, QHeaderView.ResizeMode.ResizeToContents)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._open_menu_at)
        table.clicked.connect(self._click)
        table.installEventFilter(self)
        return table

    # -- what is shown --------------------------------------------------------------------------

    def show_counted(self, counted: Counted) -> None:
        """Show what was found; begins with the worst check that waits for a choice."""
        self._counted = counted
        self._checks.show_counted(counted)
        if self._shown is None or self._checks.row_of(self._shown) < 0:
            self._shown = None
        self._follow()

    def show_choices(self) -> None:
        self._checks.show_choices()
        self._files.show_choices()
        self._follow()

    def begin_with(self) -> None:
        """Go to the check that waits for a choice, else to the worst one that is doubtful."""
        row = self._checks.row_of(self._checks.first_to_look_at())
        self._list.setCurrentIndex(self._checks.index(row))

    def _keep_current(self) -> None:
        if self._shown is not None and (row := self._checks.row_of(self._shown)) >= 0:
            self._list.setCurrentIndex(self._checks.index(row))

    def _go_to(self, index: QModelIndex) -> None:
        check = self._checks.check_at(index.row())
        if check is not None and check is not self._shown:
            self._shown = check
            self._follow()

    def _follow(self) -> None:
        check = self._shown
        if check is None:
            check = Check.GOOD
        of = self._counted.of(check)
        self._heading.setText(upload_words.heading(check, of.number))
        self._files.show_files(check, of.rows)
        self._table.setAccessibleName(upload_words.title(check))
        self._offer(check)
        deleted = self._choices.number(self._counted, check, Conflict.DELETE_FIRST)
        note = upload_words.note(check, self._choices, deleted)
        self._note.setText(note)
        self._note.set_role(Role.ERROR if deleted else Role.TEXT)
        sign, role = ("warning", Role.ERROR) if deleted else ("info", Role.ACCENT)
        self._note_sign.setPixmap(icons.pixmap(sign, role, 16, self.devicePixelRatioF()))
        self._note_box.setVisible(bool(note))
        foot = self._foot_text(check)
        self._foot.setText(foot)
        self._foot.setVisible(bool(foot))
        self._again.setVisible(check in (Check.UNREADABLE, Check.NOT_ALLOWED))
        self._compare.setVisible(check is Check.LIKE and bool(of.rows))
        self._fit_columns(check)

    def _fit_columns(self, check: Check) -> None:
        header = self._table.horizontalHeader()
        self._table.setColumnHidden(OTHER, not self._files.has_other)
        self._table.setColumnHidden(CHOICE, not self._choices.offers(check))
        told = check in (Check.UNREADABLE, Check.NOT_ALLOWED, Check.TWICE)
        by_contents = QHeaderView.ResizeMode.ResizeToContents
        stretch = QHeaderView.ResizeMode.Stretch
        header.setSectionResizeMode(OTHER, stretch if told else by_contents)
        header.setSectionResizeMode(CHOICE, by_contents)
        self._table.setColumnHidden(HERE, check in (Check.UNREADABLE, Check.NOT_ALLOWED))

    def _offer(self, check: Check) -> None:
        offers = self._choices.offers(check)
        self._for_all.clear()
        for choice in offers:
            versioning = self._choices.versioning
            words = upload_words.choice_words(check, choice, versioning, for_all=True)
            self._for_all.addItem(words, choice)
        rule = self._choices.rule(check)
        self._for_all.setCurrentIndex(self._for_all.findData(rule) if rule is not None else -1)
        shown = len(offers) > 1
        self._for_all.setVisible(shown)
        self._for_all.setAccessibleName(
            _tr("{check}, for all").format(check=upload_words.title(check))
        )
        self._label.setVisible(shown)

    def _foot_text(self, check: Check) -> str:
        of = self._counted.of(check)
        if of.number > len(of.rows) and of.rows:
            return _tr(
                "The first {n} are listed; what is chosen for all holds for all {all}."
            ).format(n=format.count(len(of.rows)), all=format.count(of.number))
        if check in (Check.COMING, Check.UNLIKE, Check.LIKE) and of.rows:
            named = [r for r in of.rows if self._choices.choice(r) is Conflict.NEW_NAME]
            if named:
                return _tr("New name adds the date: {name}").format(
                    name=upload_words.dated(named[0].name)
                )
        return ""

    # -- choosing -------------------------------------------------------------------------------

    def _choose_all(self) -> None:
        check, choice = self._files.check, self._for_all.currentData()
        self._choices.choose_all(check, choice)
        self._tell(check)

    def choose(self, found: Sequence[Found], choice: Conflict) -> None:
        """The same for some files of the check in view; a new name is asked for one by one."""
        if choice is Conflict.RENAME:
            self._ask_names(list(found))
            return
        self._choices.choose(found, choice)
        self._tell(self._files.check)

    def _tell(self, check: Check) -> None:
        self.show_choices()
        self.changed.emit()
        if check in LOOKS_AGAIN:
            self.look_wanted.emit()

    def _ask_names(self, found: list[Found]) -> None:
        if not found:
            return
        one, *rest = found

        def take(name: str, on_done: object, _on_error: object) -> None:
            wanted = f"{self._prefix}{name}" + ("/" if one.is_folder else "")
            self._choices.choose([one], Conflict.RENAME, wanted)
            on_done()  # type: ignore[operator]  # called without anything
            if rest:
                self._ask_names(rest)
            else:
                self._tell(Check.NOT_ALLOWED)

        dialog = NameDialog(
            _tr("Rename"),
            _tr("Name in the bucket"),
            _tr("The file on this computer keeps its name."),
            _tr("Rename"),
            self._complaint,
            take,
            self,
        )
        dialog.setObjectName("rename_dialog")
        given = one.new_name.rstrip("/") if one.new_name else upload_words.allowed(one.name)
        dialog.field.setText(given.removeprefix(self._prefix))
        dialog.field.selectAll()
        dialog.field.textEdited.emit(dialog.field.text())
        ask(dialog)

    def _complaint(self, name: str) -> str | None:
        rule = forbidden(self._prefix + name)
        if rule is None and name.endswith("/"):
            return _tr("A slash at its end would make it a folder.")
        return None if rule is None else upload_words.rule_words(rule)

    def _want_compare(self) -> None:
        rows = self._counted.of(Check.LIKE).rows
        self.compare_wanted.emit([row for row in rows if not self._choices.is_same(row)] or rows)

    def show_comparing(self, comparing: bool) -> None:
        self._compare.setText(_tr("Stop c&omparing") if comparing else _tr("C&ompare checksum"))

    # -- the menu -------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._table and isinstance(event, QKeyEvent):
            pressed = event.type() is QEvent.Type.KeyPress
            if pressed and event.key() in _OPENS_MENU:
                self._open_menu()
                return True
        return super().eventFilter(watched, event)

    def _click(self, index: QModelIndex) -> None:
        if index.column() == CHOICE:
            self._open_menu()

    def _open_menu_at(self, _at: QPoint) -> None:
        self._open_menu()

    def _open_menu(self) -> None:
        rows = sorted({index.row() for index in self._table.selectionModel().selectedRows()})
        found = [self._files.found_at(row) for row in rows]
        theirs = [self._choices.offers(self._files.check, one) for one in found]
        offers = [c for c in theirs[0] if all(c in others for others in theirs)] if theirs else []
        if not offers:
            return
        menu = QMenu(self)
        menu.setObjectName("choices_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = {self._choices.choice(one) for one in found}
        for choice in offers:
            versioning = self._choices.versioning
            words = upload_words.choice_words(self._files.check, choice, versioning)
            action = menu.addAction(words, partial(self.choose, found, choice))
            action.setCheckable(True)
            action.setChecked(chosen == {choice})
        cell = self._table.visualRect(self._files.index(rows[0], CHOICE))
        menu.popup(self._table.viewport().mapToGlobal(cell.bottomLeft()))


def _indented(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(12, 0, 12, 0)
    row.addWidget(widget)
    return row


def _card(parent: QWidget) -> QFrame:
    card = QFrame(parent)
    card.setProperty("look", "card")
    return card
