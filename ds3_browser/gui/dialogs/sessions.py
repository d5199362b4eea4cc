"""The dialog of all sessions: a list to choose from, and the form of the chosen one.

What is edited is a draft until the dialog is accepted; the list then shows it to be so. Removing
asks, and happens at once.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from PySide6.QtCore import QCoreApplication, QSize
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import direction, icons, theme
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import ask
from ds3_browser.gui.dialogs.session_form import SessionForm, StartTest
from ds3_browser.gui.dialogs.session_list import SessionList
from ds3_browser.gui.sessions import SavedSession, Sessions
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import grow
from ds3_browser.protocol.records import Credentials

_tr = partial(QCoreApplication.translate, "session")

LIST_WIDTH = 219

# (session, the dialog, what to do once it is removed): a question is asked there
Remove = Callable[[SavedSession, QWidget, Callable[[], None]], None]


class Choice(enum.Enum):
    CONNECT = "connect"
    SAVE = "save"


@dataclass(slots=True)
class Draft:
    """One row: a session as it is edited. `looked` once the keychain was asked for its key."""

    session: SavedSession
    secret_key: str = field(default="", repr=False)
    changed: bool = False
    saved: bool = False
    looked: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it was left, with its key. The key is in no repr."""

    session: SavedSession
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Answer:
    """What the dialog was left with: the chosen session, and the others that were edited."""

    session: SavedSession
    credentials: Credentials
    choice: Choice
    others: tuple[Kept, ...] = ()


class SessionsDialog(Form):
    """Accepted with `answer()`. `Connect` waits for a decision about the certificate.

    It opens on `first`, which may be a new session; without one on a new one.
    """

    def __init__(
        self,
        sessions: Sessions,
        start_test: StartTest,
        remove: Remove,
        keychain: str | None = None,
        first: SavedSession | None = None,
        secret_key: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("session_dialog")
        self.setWindowTitle(_tr("Sessions"))
        self._sessions = sessions
        self._remove = remove
        self._choice = Choice.CONNECT
        self._row = -1
        self._over = False
        self._drafts = [
            Draft(one, sessions.secret_key(one.id), saved=True) for one in sessions.all()
        ]
        self._build(start_test, key_note(keychain))
        for draft in self._drafts:
            self._list.add_session(draft.session)
        self._list.currentRowChanged.connect(self._choose)
        self._open(first or self._new(), secret_key)

    @classmethod
    def ask(
        cls,
        sessions: Sessions,
        start_test: StartTest,
        remove: Remove,
        on_answer: Callable[[Answer], None],
        keychain: str | None = None,
        first: SavedSession | None = None,
        secret_key: str = "",
        parent: QWidget | None = None,
    ) -> SessionsDialog:
        """Let sessions be edited; `on_answer` is told if anything shall be kept."""
        dialog = cls(sessions, start_test, remove, keychain, first, secret_key, parent)
        dialog.accepted.connect(lambda: on_answer(dialog.answer()))
        ask(dialog)
        return dialog

    def want_key(self) -> None:
        """Let another secret key be typed at once."""
        self._form.focus_key()

    def answer(self) -> Answer:
        self._store()
        current = self._drafts[self._row]
        others = tuple(
            Kept(one.session, _credentials(one))
            for one in self._drafts
            if one is not current and one.changed and one.session.host
        )
        return Answer(current.session, _credentials(current), self._choice, others)

    def test(self) -> None:
        """Test the chosen session now."""
        self._form.test()

    # -- building -------------------------------------------------------------------------------

    def _build(self, start_test: StartTest, note: str) -> None:
        self._form = SessionForm(start_test, note, self)
        self._form.edited.connect(self._follow)
        self._form.grown.connect(partial(grow, self))
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self._build_left())
        body.addWidget(self._form, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(self._build_foot())

    def _build_left(self) -> QWidget:
        left = QFrame(self)
        left.setProperty("look", "side")
        left.setFixedWidth(LIST_WIDTH)
        self._list = SessionList(left)
        self._add = self._tool("add_session", "plus", _tr("New session"), self._add_new)
        self._copy = self._tool("copy_session", "copy", _tr("Duplicate"), self._duplicate)
        self._delete = self._tool("delete_session", "delete", _tr("Remove session…"), self._drop)
        tools = QHBoxLayout()
        tools.setContentsMargins(8, 4, 8, 8)
        tools.setSpacing(4)
        for tool in (self._add, self._copy, self._delete):
            tools.addWidget(tool)
        tools.addStretch(1)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._list, 1)
        column.addLayout(tools)
        theme.notifier().changed.connect(self._tint)
        self._tint()
        return left

    def _tool(self, name: str, icon: str, text: str, do: Callable[[], None]) -> QToolButton:
        tool = QToolButton(self)
        tool.setObjectName(name)
        tool.setProperty("icon_name", icon)
        tool.setToolTip(text)
        tool.setAccessibleName(text)
        tool.setIconSize(QSize(16, 16))
        tool.clicked.connect(lambda: do())
        return tool

    def _tint(self) -> None:
        for tool in (self._add, self._copy, self._delete):
            picture = tool.property("icon_name")
            tool.setIcon(icons.icon(picture, Role.SECONDARY))

    def _build_foot(self) -> QWidget:
        foot = QFrame(self)
        foot.setProperty("look", "foot")
        self._at_start = QCheckBox(_tr("Connect when DS3 Browser starts"), foot)
        self._at_start.setObjectName("connect_at_start")
        cancel = QPushButton(_tr("Cancel"), foot)
        cancel.setObjectName("cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self._save = QPushButton(_tr("Save without connecting"), foot)
        self._save.setObjectName("save")
        self._save.setAutoDefault(False)
        self._save.clicked.connect(partial(self._accept, Choice.SAVE))
        self._connect_button = QPushButton(_tr("Connect"), foot)
        self._connect_button.setObjectName("connect_button")
        self._connect_button.setDefault(True)
        self._connect_button.clicked.connect(partial(self._accept, Choice.CONNECT))
        row = QHBoxLayout(foot)
        row.setContentsMargins(direction.margins(18, 12, 22, 12))
        row.setSpacing(8)
        row.addWidget(self._at_start)
        row.addSpacing(24)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._save)
        row.addWidget(self._connect_button)
        return foot

    # -- the list -------------------------------------------------------------------------------

    def _open(self, session: SavedSession, secret_key: str) -> None:
        ids = [draft.session.id for draft in self._drafts]
        if session.id in ids:
            self._list.setCurrentRow(ids.index(session.id))
        else:
            self._insert(Draft(session, secret_key, looked=True))
        self._form.focus_first()

    def _insert(self, draft: Draft) -> None:
        self._drafts.append(draft)
        self._list.add_session(draft.session)
        self._list.setCurrentRow(len(self._drafts) - 1)

    def _new(self) -> SavedSession:
        return SavedSession.new(self._free_name(_tr("New appliance")))

    def _add_new(self) -> None:
        self._insert(Draft(self._new(), looked=True))
        self._form.focus_first()

    def _duplicate(self) -> None:
        """Copy the chosen session, its key too: a copy is usually for other rights or a proxy."""
        self._store()
        chosen = self._drafts[self._row]
        name = self._free_name(_tr("{name} copy").format(name=chosen.session.name))
        copy = replace(chosen.session, id=SavedSession.new().id, name=name, connect_at_start=False)
        self._insert(Draft(copy, chosen.secret_key, changed=True, looked=True))
        self._form.focus_first()

    def _drop(self) -> None:
        chosen = self._drafts[self._row]
        if chosen.saved:
            self._remove(chosen.session, self, self._take_out)
        else:
            self._take_out()

    def _take_out(self) -> None:
        row, self._row = self._row, -1
        del self._drafts[row]
        self._list.takeItem(row)
        if not self._drafts:
            self._add_new()
        elif self._row < 0:  # the list has chosen none by itself
            self._choose(self._list.currentRow())

    def _free_name(self, wanted: str) -> str:
        taken = {draft.session.name for draft in self._drafts}
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted} ({number})", number + 1
        return name

    def _choose(self, row: int) -> None:
        """Put away what the form holds and show another row."""
        if row < 0 or row >= len(self._drafts) or row == self._row:
            return
        self._store()
        self._row = row
        draft = self._drafts[row]
        self._at_start.setChecked(draft.session.connect_at_start)
        self._form.load(draft.session, draft.secret_key)
        self._look_up(draft)
        self._follow()

    def _look_up(self, draft: Draft) -> None:
        """Ask the keychain for what is not known yet. Answers for another row go to its draft."""
        if draft.looked or draft.session.demo:
            return
        draft.looked = True

        def known() -> None:
            if self._over:
                return  # the keychain took its time, and nobody waits any more
            key = self._sessions.secret_key(draft.session.id)
            session = self._sessions.get(draft.session.id)
            password = session.proxy_password if session is not None else ""
            draft.secret_key = draft.secret_key or key
            draft.session = replace(
                draft.session, proxy_password=draft.session.proxy_password or password
            )
            if 0 <= self._row < len(self._drafts) and self._drafts[self._row] is draft:
                self._form.take_key(key, password)

        self._sessions.look_up(draft.session.id, known)

    def _store(self) -> None:
        """Take what the form holds into its draft."""
        if self._row < 0 or self._drafts[self._row].session.demo:
            return
        draft = self._drafts[self._row]
        session = replace(self._form.read(), connect_at_start=self._at_start.isChecked())
        secret_key = self._form.credentials().secret_key
        if (session, secret_key) != (draft.session, draft.secret_key):
            draft.session, draft.secret_key, draft.changed = session, secret_key, True
            self._list.show_session(self._row, session)

    # -- following ------------------------------------------------------------------------------

    def _follow(self) -> None:
        if self._row < 0:
            return
        demo = self._drafts[self._row].session.demo
        if not demo:
            self._list.show_session(self._row, self._form.read())
        named = self._form.named
        self._save.setEnabled(named and not demo)
        self._save.setToolTip("" if named else _tr("The endpoint's host is missing."))
        reason = None if demo else self._form.cannot_connect()
        self._connect_button.setEnabled(reason is None)
        self._connect_button.setToolTip(reason or "")
        self._at_start.setEnabled(not demo)
        for tool in (self._copy, self._delete):
            tool.setEnabled(not demo)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        grow(self)

    # -- the end --------------------------------------------------------------------------------

    def _accept(self, choice: Choice) -> None:
        self._form.spread_address()
        self._choice = choice
        self.accept()

    def done(self, result: int) -> None:
        self._over = True
        self._form.end_test()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._form.end_test()
        super().closeEvent(event)


def key_note(keychain: str | None) -> str:
    """Return the line under a secret key: where it is kept."""
    if keychain is None:
        return _tr("No keychain found: asked at each start. Never written to a file.")
    return _tr("Kept in the system keychain ({name}). Never written to a file.").format(
        name=keychain
    )


def _credentials(draft: Draft) -> Credentials:
    return Credentials(draft.session.access_id, draft.secret_key)
