"""Preferences. What is changed here holds at once; there is nothing to save.

A wish leaves as a signal or goes to the settings; who acts on it is connected from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayoutItem,
    QListWidget,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import format, languages, theme
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import button_row, default_button, set_body
from ds3_browser.gui.format import Units
from ds3_browser.gui.notices import Kind
from ds3_browser.gui.settings import LEVELS, REFRESH_S, Settings
from ds3_browser.gui.theme import Role, Theme
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.transfer.checks import Conflict
from ds3_browser.transfer.get import Existing
from ds3_browser.transfer.specs import MAX_OBJECTS_PER_JOB

_tr = partial(QCoreApplication.translate, "preferences")
_counted = partial(format.counted, "preferences")

MOST_JOBS = 8
MOST_BLOBS = 16
MB = 1_000_000
USUAL_MB_PER_S, MOST_MB_PER_S = 100, 100_000


class PreferencesDialog(Form):
    """Stays open beside the window. Signal: `changed`, once a value was written.

    Wishes: `theme_wanted(Theme)`, `log_folder_wanted`, `report_wanted`.
    """

    changed = Signal()
    theme_wanted = Signal(object)
    log_folder_wanted = Signal()
    report_wanted = Signal()

    def __init__(self, settings: Settings, tray: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferences_dialog")
        self.setWindowTitle(_tr("Preferences"))
        self._settings = settings
        self._build(tray)

    def _build(self, tray: bool) -> None:
        self._rooms = QListWidget(self)
        self._rooms.setObjectName("rooms")
        self._rooms.setAccessibleName(_tr("Preferences"))
        self._rooms.setProperty("look", "boxed")
        self._rooms.setFixedWidth(theme.row_height(self, 150))
        self._pages = QStackedWidget(self)
        for title, page in (
            (_tr("General"), self._general(tray)),
            (_tr("Transfers"), self._transfers()),
            (_tr("Uploads"), self._uploads()),
            (_tr("Downloads"), self._downloads()),
            (_tr("Notifications"), self._notifications()),
            (_tr("Appliances"), self._appliances()),
            (_tr("Advanced"), self._advanced()),
        ):
            self._rooms.addItem(title)
            self._pages.addWidget(page)
        _align(self.findChildren(QFormLayout))
        self._rooms.currentRowChanged.connect(self._pages.setCurrentIndex)
        self._rooms.setCurrentRow(0)
        body = QHBoxLayout()
        body.setSpacing(20)
        body.addWidget(self._rooms)
        body.addWidget(self._pages, 1)
        close = default_button(self, "close", _tr("Close"))
        close.clicked.connect(self.accept)
        set_body(self, body, button_row(close))
        self.resize(lettered(self, 720, 480))

    # -- rooms ----------------------------------------------------------------------------------

    def _general(self, tray: bool) -> QWidget:
        page, form = _page()
        choices = ((_tr("As the system"), ""), *((one.name, one.code) for one in languages.there()))
        language = self._choice("language", choices, self._settings.language)
        language.currentIndexChanged.connect(lambda: self._set("language", language.currentData()))
        form.addRow(_tr("Language"), language)
        form.addRow("", _note(page, _tr("Holds from the next start on.")))
        themes = ((_tr("As the system"), Theme.SYSTEM), (_tr("Light"), Theme.LIGHT))
        theme = self._choice("theme", (*themes, (_tr("Dark"), Theme.DARK)), self._settings.theme)
        theme.currentIndexChanged.connect(lambda: self.theme_wanted.emit(theme.currentData()))
        form.addRow(_tr("Theme"), theme)
        units = self._choice(
            "units",
            (
                (_tr("Decimal: kB, MB, GB (1,000)"), Units.DECIMAL),
                (_tr("Binary: KiB, MiB, GiB (1,024)"), Units.BINARY),
            ),
            self._settings.units,
        )
        units.currentIndexChanged.connect(lambda: self._set("units", units.currentData()))
        form.addRow(_tr("Sizes"), units)
        words = _tr("Go back to where I was last")
        form.addRow(_tr("Start"), self._check("return_at_start", words))
        each = _tr("Which sessions are connected then is chosen in each session.")
        form.addRow("", _note(page, each))
        if tray:
            words = _tr("Closing the window keeps the program in the tray")
            form.addRow(_tr("Tray"), self._check("to_tray", words))
        return page

    def _transfers(self) -> QWidget:
        page, form = _page()
        form.addRow(_tr("Uploads at once"), self._number("uploads_at_once", MOST_JOBS))
        form.addRow(_tr("Downloads at once"), self._number("downloads_at_once", MOST_JOBS))
        form.addRow(_tr("Blobs in parallel"), self._number("blobs_at_once", MOST_BLOBS))
        form.addRow("", _note(page, _tr("For each appliance, from its next connection on.")))
        objects = self._number("objects_per_job", MAX_OBJECTS_PER_JOB)
        objects.setGroupSeparatorShown(True)
        objects.setToolTip(_tr("More become several jobs on the appliance, and stay one here."))
        form.addRow(_tr("Objects in a job"), objects)
        words = _tr("Continue open transfers without asking")
        form.addRow(_tr("Start"), self._check("continue_at_start", words))
        words = _tr("Keep this computer awake while something is transferred")
        form.addRow(_tr("Sleep"), self._check("keep_awake", words))
        form.addRow(_tr("Speed limit"), self._limit())
        return page

    def _limit(self) -> QVBoxLayout:
        """How fast all transfers together may be, and in which hours."""
        limit = self._settings.speed_limit
        self._limited = QCheckBox(_tr("All transfers together"), self)
        self._limited.setObjectName("limited")
        self._limited.setChecked(limit is not None)
        self._speed = _spin_box(self)
        self._speed.setObjectName("speed_limit")
        self._speed.setAccessibleName(_tr("Speed limit"))
        self._speed.setRange(1, MOST_MB_PER_S)
        self._speed.setSuffix(_tr(" MB/s"))
        self._speed.setGroupSeparatorShown(True)
        self._speed.setValue(USUAL_MB_PER_S if limit is None else max(1, round(limit / MB)))
        self._speed.valueChanged.connect(self._set_limit)
        self._limited.toggled.connect(self._set_limit)
        begin, end = (
            self._hour_of("limited_from", _tr("Limited from this hour on")),
            self._hour_of("limited_until", _tr("Limited until this hour")),
        )
        self._hours = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._hours.setObjectName("limited_hours")
        speed, hours, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        for layout in (speed, hours, column):
            layout.setSpacing(8)
        speed.addWidget(self._limited)
        speed.addWidget(self._speed)
        speed.addStretch(1)
        for widget in (QLabel(_tr("from"), self), begin, QLabel(_tr("until"), self), end):
            hours.addWidget(widget)
        hours.addWidget(self._hours, 1)
        column.addLayout(speed)
        column.addLayout(hours)
        self._hour_boxes = (begin, end)
        self._show_limit()
        return column

    def _hour_of(self, name: str, words: str) -> QSpinBox:
        box = _spin_box(self)
        box.setObjectName(name)
        box.setAccessibleName(words)
        box.setRange(0, 23)
        box.setSuffix(":00")
        box.setWrapping(True)
        box.setValue(getattr(self._settings, name))
        box.valueChanged.connect(partial(self._set, name))
        box.valueChanged.connect(self._show_limit)
        return box

    def _set_limit(self) -> None:
        limit = self._speed.value() * MB if self._limited.isChecked() else None
        self._set("speed_limit", limit)
        self._show_limit()

    def _show_limit(self) -> None:
        limited = self._limited.isChecked()
        for box in (self._speed, *self._hour_boxes):
            box.setEnabled(limited)
        begin, end = self._hour_boxes
        all_day = begin.value() == end.value()
        self._hours.setText(_tr("all day") if all_day else _tr("of this computer's time"))

    def _uploads(self) -> QWidget:
        page, form = _page()
        check = self._choice(
            "always_check",
            ((_tr("When needed"), False), (_tr("Always"), True)),
            self._settings.always_check,
        )
        check.currentIndexChanged.connect(lambda: self._set("always_check", check.currentData()))
        form.addRow(_tr("Check before upload"), check)
        unlike = self._choice("unlike_there", _for_unlike(), self._settings.unlike_there)
        unlike.currentIndexChanged.connect(lambda: self._set("unlike_there", unlike.currentData()))
        form.addRow(_tr("Different in the bucket"), unlike)
        like = self._choice("like_there", _for_like(), self._settings.like_there)
        like.currentIndexChanged.connect(lambda: self._set("like_there", like.currentData()))
        form.addRow(_tr("Same size in the bucket"), like)
        for name, words, choices in (
            ("twice", _tr("Same name twice"), _for_twice()),
            ("recent", _tr("Changed in the last minute"), _for_recent()),
            ("links", _tr("Links and empty folders"), _for_links()),
        ):
            box = self._choice(name, choices, getattr(self._settings, name))
            box.currentIndexChanged.connect(partial(self._set_from, name, box))
            form.addRow(words, box)
        form.addRow("", _note(page, _tr("What the form offers at first.")))
        words = _tr("Keep file times and owners")
        form.addRow(_tr("Metadata"), self._check("file_attributes", words))
        words = _tr("Skip .DS_Store, Thumbs.db and desktop.ini")
        form.addRow(_tr("System files"), self._check("skip_system_files", words))
        return page

    def _downloads(self) -> QWidget:
        page, form = _page()
        self._folder = QLabel(page)
        self._folder.setObjectName("download_folder")
        self._folder.setTextFormat(Qt.TextFormat.PlainText)
        self._folder.setWordWrap(True)
        self._folder.setText(self._settings.download_folder or _tr("The one last used"))
        choose = QPushButton(_tr("Choose…"), page)
        choose.setObjectName("choose_folder")
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose_folder)
        row = QHBoxLayout()
        row.addWidget(self._folder, 1)
        row.addWidget(choose)
        form.addRow(_tr("Folder offered"), row)
        existing = self._choice(
            "existing",
            (
                (_tr("Keep both"), Existing.KEEP_BOTH),
                (_tr("Skip if size and checksum match"), Existing.SKIP_SAME),
                (_tr("Skip"), Existing.SKIP),
                (_tr("Replace"), Existing.REPLACE),
                (_tr("Ask for each"), Existing.ASK),
            ),
            self._settings.existing,
        )
        existing.currentIndexChanged.connect(lambda: self._set("existing", existing.currentData()))
        form.addRow(_tr("Existing files"), existing)
        return page

    def _notifications(self) -> QWidget:
        page, form = _page()
        for kind, words in (
            (Kind.FAILED, _tr("A transfer failed")),
            (Kind.DONE, _tr("A transfer is done")),
            (Kind.PERSISTED, _tr("An upload is persisted")),
            (Kind.STILL_WAITING, _tr("A transfer still waits after 24 hours")),
            (Kind.CLOSED, _tr("A failed transfer was closed after 12 hours")),
            (Kind.NEEDS_TAPE, _tr("A download needs a tape put back")),
            (Kind.NEEDS_KEY, _tr("A transfer waits for another secret key")),
        ):
            check = QCheckBox(words, page)
            check.setObjectName(f"notice_{kind.value}")
            check.setChecked(self._settings.wants_notice(kind))
            check.toggled.connect(partial(self._settings.keep_wants_notice, kind))
            form.addRow("" if form.rowCount() else _tr("Notify when"), check)
        words = _tr("Play the system's sound with each")
        form.addRow(_tr("Sound"), self._check("notice_sound", words))
        return page

    def _appliances(self) -> QWidget:
        page, form = _page()
        words = _tr("Look up where the objects in view are")
        form.addRow(_tr("Placement"), self._check("look_up_placements", words))
        told = _tr("In cache, on which tapes, and how many of them are ejected.")
        form.addRow("", _note(page, told))
        refresh = self._choice(
            "refresh_s",
            tuple((_refresh_words(seconds), seconds) for seconds in REFRESH_S),
            self._settings.refresh_s,
        )
        refresh.currentIndexChanged.connect(lambda: self._set("refresh_s", refresh.currentData()))
        form.addRow(_tr("Cache and jobs"), refresh)
        told = _tr("Transfers follow their appliance whatever is chosen here.")
        form.addRow("", _note(page, told))
        return page

    def _advanced(self) -> QWidget:
        page, form = _page()
        level = self._choice(
            "log_level",
            tuple((name.capitalize(), name) for name in LEVELS),
            self._settings.log_level,
        )
        level.currentIndexChanged.connect(lambda: self._set("log_level", level.currentData()))
        form.addRow(_tr("Log"), level)
        row = QHBoxLayout()
        row.setSpacing(8)
        for name, words, wish in (
            ("open_log_folder", _tr("Open log folder"), self.log_folder_wanted),
            ("copy_report", _tr("Copy diagnostic report"), self.report_wanted),
        ):
            button = QPushButton(words, page)
            button.setObjectName(name)
            button.setAutoDefault(False)
            button.clicked.connect(wish)
            row.addWidget(button)
        row.addStretch(1)
        form.addRow("", row)
        return page

    # -- parts ----------------------------------------------------------------------------------

    def _set(self, name: str, value: object) -> None:
        setattr(self._settings, name, value)
        self.changed.emit()

    def _set_from(self, name: str, box: QComboBox, _row: int) -> None:
        self._set(name, box.currentData())

    def _choice(self, name: str, choices: tuple[tuple[str, object], ...], now: object) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(name)
        for words, value in choices:
            box.addItem(words, value)
            if value == now:
                box.setCurrentIndex(box.count() - 1)
        return box

    def _number(self, name: str, most: int) -> QSpinBox:
        box = _spin_box(self)
        box.setObjectName(name)
        box.setRange(1, most)
        box.setValue(getattr(self._settings, name))
        box.valueChanged.connect(partial(self._set, name))
        box.setMaximumWidth(theme.row_height(box, 100))
        return box

    def _check(self, name: str, words: str) -> QCheckBox:
        check = QCheckBox(words, self)
        check.setObjectName(name)
        check.setChecked(getattr(self._settings, name))
        check.toggled.connect(partial(self._set, name))
        return check

    def _choose_folder(self) -> None:
        before = self._settings.download_folder or str(Path.home())
        folder = QFileDialog.getExistingDirectory(self, _tr("Folder for downloads"), before)
        if folder:
            self._folder.setText(folder)
            self._set("download_folder", folder)


def _align(forms: Sequence[QFormLayout]) -> None:
    """Let the fields of all pages begin at one edge, so that nothing jumps from page to page."""
    items = [
        form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        for form in forms
        for row in range(form.rowCount())
    ]
    labels = [item.widget() for item in items if isinstance(item, QLayoutItem)]
    named = [label for label in labels if isinstance(label, QLabel)]
    width = max(label.sizeHint().width() for label in named)
    for label in named:
        label.setMinimumWidth(width)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _spin_box(parent: QWidget) -> QSpinBox:
    box = QSpinBox(parent)
    box.setMinimumHeight(box.fontMetrics().height() + 14)  # as high as the boxes beside it
    box.lineEdit().setTextMargins(8, 0, 0, 0)
    return box


def _refresh_words(seconds: int) -> str:
    if not seconds:
        return _tr("Only when asked to")
    if seconds < 60:
        return _counted("Every {n} seconds", seconds)
    return _counted("Every {n} minutes", seconds // 60)


def _note(page: QWidget, words: str) -> ElidedLabel:
    note = ElidedLabel(page, 12, role=Role.SECONDARY)
    note.setText(words)
    return note


def _for_unlike() -> tuple[tuple[str, object], ...]:
    return (
        (_tr("Ask each time"), None),
        (_tr("Upload as new name"), Conflict.NEW_NAME),
        (_tr("Leave out"), Conflict.LEAVE_OUT),
        (_tr("Replace, or add as version"), Conflict.SEND),
    )


def _for_twice() -> tuple[tuple[str, object], ...]:
    return (
        (_tr("Ask each time"), None),
        (_tr("Keep first"), Conflict.KEEP_FIRST),
        (_tr("Number them"), Conflict.NUMBER),
        (_tr("Leave out"), Conflict.LEAVE_OUT),
    )


def _for_recent() -> tuple[tuple[str, object], ...]:
    return (_tr("Upload"), Conflict.SEND), (_tr("Leave out"), Conflict.LEAVE_OUT)


def _for_links() -> tuple[tuple[str, object], ...]:
    return (
        (_tr("Skip links, keep folders"), Conflict.SEND),
        (_tr("Follow links, keep folders"), Conflict.FOLLOW),
        (_tr("Skip links and folders"), Conflict.LEAVE_OUT),
    )


def _for_like() -> tuple[tuple[str, object], ...]:
    return (
        (_tr("Skip"), Conflict.LEAVE_OUT),
        (_tr("Upload as new name"), Conflict.NEW_NAME),
        (_tr("Replace, or add as version"), Conflict.SEND),
    )


def _page() -> tuple[QWidget, QFormLayout]:
    page = QWidget()
    form = QFormLayout(page)
    form.setContentsMargins(0, 4, 0, 0)
    form.setHorizontalSpacing(14)
    form.setVerticalSpacing(12)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
    return page, form
