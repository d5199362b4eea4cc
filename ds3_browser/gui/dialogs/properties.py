"""Properties: one window beside the main one that tells all of an object, folder or bucket.

It follows the selection unless its pin is down. Everything is asked for through callables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import csv_files, direction, fact_words, format, icons, messages, theme
from ds3_browser.gui.connections import Tally
from ds3_browser.gui.dialogs.form import Form
from ds3_browser.gui.dialogs.parts import while_open
from ds3_browser.gui.dialogs.property_pages import (
    GeneralPage,
    MetadataPage,
    PlacementPage,
    VersionsPage,
)
from ds3_browser.gui.facts import BucketFacts, ObjectFacts
from ds3_browser.gui.messages import Doing
from ds3_browser.gui.names import icon as icon_of
from ds3_browser.gui.names import visible
from ds3_browser.gui.places import Place, SelectedObject, Selection
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.fitting import lettered
from ds3_browser.gui.views.labels import ElidedLabel
from ds3_browser.gui.views.segments import Tab

_tr = partial(QCoreApplication.translate, "properties")

SIZE = (900, 660)

OnError = Callable[[Exception], None]


@dataclass(frozen=True, slots=True)
class Asks:
    """What the window asks for. `count` gives its stop."""

    object_facts: Callable[[Place, str, Callable[[ObjectFacts], None], OnError], None]
    bucket_facts: Callable[[Place, Callable[[BucketFacts], None], OnError], None]
    count: Callable[
        [Selection, Callable[[Tally], None], Callable[[Tally], None], OnError],
        Callable[[], None],
    ]
    download_version: Callable[[Selection, str], None]
    delete_version: Callable[[Place, str, str, Callable[[], None], OnError], None]
    undelete: Callable[[Place, str, str | None, Callable[[], None], OnError], None]
    verify: Callable[[Selection], None]
    ask_before: Callable[[str, str, str, str, Callable[[], object]], None]
    write: Callable[[Callable[[], int], Callable[[int], None], OnError], object]


class PropertiesWindow(Form):
    """Signal: `closed()`. `show_selection` is what it is about."""

    closed = Signal()

    def __init__(self, asks: Asks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("properties")
        self.setWindowTitle(_tr("Properties"))
        self.setModal(False)
        self._asks = asks
        self._selection: Selection | None = None
        self._facts: ObjectFacts | BucketFacts | None = None
        self._ticket = 0
        self._stop: Callable[[], None] | None = None
        self._pages: dict[str, QWidget] = {}
        self._tabs: dict[str, Tab] = {}
        self._build()
        self.resize(lettered(self, *SIZE))
        theme.notifier().changed.connect(self._tint)

    # --- building

    def _build(self) -> None:
        self._icon, self._picture = QLabel(self), "file"
        self._name = ElidedLabel(
            self, 17, QFont.Weight.DemiBold, elide=Qt.TextElideMode.ElideMiddle
        )
        self._name.setObjectName("properties_name")
        self._path = ElidedLabel(self, 12, role=Role.SECONDARY, elide=Qt.TextElideMode.ElideMiddle)
        self._size = QLabel(self)
        self._size.setObjectName("properties_size")
        self._size.setFont(theme.scaled(self.font(), 15, QFont.Weight.DemiBold))
        self._pin = QToolButton(self)
        self._pin.setObjectName("properties_pin")
        self._pin.setCheckable(True)
        self._pin.setAutoRaise(True)
        self._pin.setToolTip(_tr("Stay with this object"))
        self._pin.setAccessibleName(_tr("Stay with this object"))
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self._name)
        texts.addWidget(self._path)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._icon)
        head.addLayout(texts, 1)
        head.addWidget(self._size)
        head.addWidget(self._pin)
        self._stack = QStackedWidget(self)
        body = QVBoxLayout()
        body.setContentsMargins(22, 18, 22, 14)
        body.setSpacing(12)
        body.addLayout(head)
        body.addLayout(self._build_tabs())
        body.addWidget(self._stack, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(self._build_foot())
        self._tint()

    def _build_tabs(self) -> QHBoxLayout:
        self.general = GeneralPage(self)
        self.metadata = MetadataPage(self)
        self.versions = VersionsPage(self)
        self.versions.download_wanted.connect(self._download_version)
        self.versions.delete_wanted.connect(self._delete_version)
        self.versions.undelete_wanted.connect(self._undelete)
        self.placement = PlacementPage(self)
        self.placement.verify_wanted.connect(self._verify)
        row = QHBoxLayout()
        row.setSpacing(24)
        for id, page in (
            ("general", self.general),
            ("metadata", self.metadata),
            ("versions", self.versions),
            ("placement", self.placement),
        ):
            tab = Tab(self, underlined=True)
            tab.setObjectName(f"{id}_tab")
            tab.clicked.connect(partial(self.show_page, id))
            self._pages[id], self._tabs[id] = page, tab
            self._stack.addWidget(page)
            row.addWidget(tab)
        row.addStretch(1)
        self._name_tabs(None)
        self.show_page("general")
        return row

    def _build_foot(self) -> QWidget:
        foot = QFrame(self)
        foot.setProperty("look", "foot")
        self._at = ElidedLabel(foot, 12, role=Role.SECONDARY)
        self._at.setObjectName("looked_up")
        again = QToolButton(foot)
        again.setObjectName("look_up_again")
        again.setAutoRaise(True)
        again.setToolTip(_tr("Look up again"))
        again.setAccessibleName(_tr("Look up again"))
        again.clicked.connect(self.look_up)
        self._again = again
        save = QPushButton(_tr("Save as CSV…"), foot)
        save.setObjectName("save_csv")
        save.setAutoDefault(False)
        save.clicked.connect(self._save)
        close = QPushButton(_tr("Close"), foot)
        close.setObjectName("close_properties")
        close.setDefault(True)
        close.clicked.connect(self.close)
        close.setFocus()  # not on the pin, where a key would pin it
        row = QHBoxLayout(foot)
        row.setContentsMargins(22, 12, 22, 12)
        row.setSpacing(8)
        row.addWidget(self._at, 1)
        row.addWidget(again)
        row.addWidget(save)
        row.addWidget(close)
        return foot

    # --- what it is about

    @property
    def pinned(self) -> bool:
        return self._pin.isChecked()

    def show_selection(self, selection: Selection) -> None:
        """Tell of something else; what is asked for the last one is dropped."""
        if selection == self._selection or not len(selection):
            return
        self._selection = selection
        self._facts = None
        self._show_head(selection)
        self.look_up()

    def follow(self, selection: Selection | None) -> None:
        """The selection is another: go with it, unless the pin is down."""
        if selection is not None and self.isVisible() and not self.pinned:
            self.show_selection(selection)

    def show_page(self, id: str) -> None:
        self._stack.setCurrentWidget(self._pages[id])
        for each, tab in self._tabs.items():
            tab.setChecked(each == id)

    def look_up(self) -> None:
        """Ask again; what is told stays until the answers are there."""
        selection = self._selection
        if selection is None:
            return
        self._end_count()
        self._ticket += 1
        ticket = self._ticket
        self._at.setText(_tr("Looking up"))
        single = len(selection) == 1
        for id in ("metadata", "versions", "placement"):
            self._tabs[id].setVisible(single and bool(selection.objects))
        if single and selection.objects:
            show, fail = self._late(self._show_object, ticket), self._late(self._fail, ticket)
            self._asks.object_facts(selection.place, selection.objects[0].name, show, fail)
        elif single and selection.buckets:
            self.show_page("general")
            place = Place(selection.place.session_id, selection.buckets[0])
            self._asks.bucket_facts(
                place, self._late(self._show_bucket, ticket), self._late(self._fail, ticket)
            )
        else:
            self.show_page("general")
            show_count = self._late(self._show_count, ticket)
            self._stop = self._asks.count(
                selection,
                partial(show_count, False),
                partial(show_count, True),
                self._late(self._fail, ticket),
            )

    def _late(self, take: Callable[..., None], ticket: int) -> Callable[..., None]:
        """Return what takes an answer, which may come when this window is gone."""
        return while_open(self, partial(take, ticket))

    def _end_count(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    # --- what is told

    def _show_head(self, selection: Selection) -> None:
        place = selection.place
        if len(selection) == 1:
            (name,) = selection.names
            own = name.rstrip("/").rpartition("/")[2] or name
            self._name.setText(visible(own))
            picture = (
                "bucket" if selection.buckets else "folder" if selection.folders else icon_of(name)
            )
        else:
            self._name.setText(_tr("{n} selected").format(n=format.count(len(selection))))
            picture = "file"
        self._picture = picture
        self._path.setText(visible(place.location or _tr("All buckets")))
        size = selection.size if selection.objects and not selection.folders else None
        self._size.setText("" if size is None else format.size(size))
        self._tint()

    def _show_object(self, ticket: int, facts: ObjectFacts) -> None:
        if ticket != self._ticket:
            return
        self._facts = facts
        self.general.show_told(fact_words.object_told(facts))
        self.metadata.show_facts(facts)
        self.versions.show_facts(facts)
        self.placement.show_facts(facts)
        self._name_tabs(facts)
        self._looked_up(facts.at)

    def _show_bucket(self, ticket: int, facts: BucketFacts) -> None:
        if ticket == self._ticket:
            self._facts = facts
            self.general.show_told(fact_words.bucket_told(facts))
            self._looked_up(facts.at)

    def _show_count(self, ticket: int, ended: bool, tally: Tally) -> None:
        if ticket != self._ticket or self._selection is None:
            return
        number = format.count(tally.objects)
        counted = number if ended else _tr("{n} so far, still counting").format(n=number)
        place = visible(self._selection.place.location)
        told = [(_tr("In"), place), (_tr("Objects"), counted)]
        if self._selection.folders:
            folders = format.count(len(self._selection.folders))
            told.insert(1, (_tr("Folders chosen"), folders))
        size = _tr("{size} ({exact})").format(
            size=format.size(tally.size), exact=format.exact(tally.size)
        )
        self.general.show_told([*told, (_tr("Size"), size)])
        self._size.setText(format.size(tally.size))
        if ended:
            self._looked_up(datetime.now(UTC))

    def _fail(self, ticket: int, error: Exception) -> None:
        if ticket == self._ticket:
            told = messages.sentence(error, doing=Doing.ASK)
            self._at.set_role(Role.ERROR)
            self._at.setText(told.text)

    def _looked_up(self, at: datetime) -> None:
        self._at.set_role(Role.SECONDARY)
        time = at.astimezone().strftime("%H:%M:%S")
        self._at.setText(_tr("Looked up {time}").format(time=time))

    def _name_tabs(self, facts: ObjectFacts | None) -> None:
        words = {
            "general": _tr("General"),
            "metadata": _tr("Metadata"),
            "versions": _tr("Versions"),
            "placement": _tr("Placement"),
        }
        if facts is not None:
            metadata = len(facts.head.metadata) if facts.head is not None else 0
            words["metadata"] = _tr("Metadata {n}").format(n=format.count(metadata))
            if facts.versions is not None:
                number = format.count(len(facts.versions))
                words["versions"] = _tr("Versions {n}").format(n=number)
        for id, text in words.items():
            self._tabs[id].setText(text)
            self._tabs[id].setAccessibleName(text)
            self._tabs[id].updateGeometry()

    def _verify(self) -> None:
        if self._selection is not None:
            self._asks.verify(self._selection)

    # --- versions

    def _download_version(self, version_id: str) -> None:
        facts = self._facts
        if not isinstance(facts, ObjectFacts) or self._selection is None:
            return
        (version,) = [one for one in facts.versions or () if one.id == version_id][:1] or (None,)
        size = None if version is None else version.size
        chosen = Selection(self._selection.place, (SelectedObject(facts.name, size),))
        self._asks.download_version(chosen, version_id)

    def _delete_version(self, version_id: str) -> None:
        facts = self._facts
        if not isinstance(facts, ObjectFacts) or self._selection is None:
            return
        place = self._selection.place
        self._asks.ask_before(
            _tr("Delete version"),
            _tr("Delete this version of {name}?").format(name=self._name.text()),
            _tr("It is removed from cache and can no longer be restored from tape."),
            _tr("Delete version"),
            lambda: self._asks.delete_version(
                place, facts.name, version_id, self.look_up, self._late(self._fail, self._ticket)
            ),
        )

    def _undelete(self, version_id: str) -> None:
        facts = self._facts
        if isinstance(facts, ObjectFacts) and self._selection is not None:
            self._asks.undelete(
                self._selection.place,
                facts.name,
                version_id,
                self.look_up,
                self._late(self._fail, self._ticket),
            )

    # --- the end

    def _save(self) -> None:
        name = f"{direction.plain(self._name.text())} properties.csv".replace("/", "_")
        file, _filter = QFileDialog.getSaveFileName(self, _tr("Save as CSV"), name, "*.csv")
        if file:
            self.save_to(file)

    def save_to(self, file: str) -> None:
        """Write all that is told, one fact a line: page, name, value. In the background."""
        rows: list[Sequence[str]] = [("General", label, text) for label, text in self.general.told]
        if isinstance(self._facts, ObjectFacts):
            rows += self.metadata.exported() + self.versions.exported() + self.placement.exported()
        self._asks.write(
            partial(csv_files.write, Path(file), ("Page", "Name", "Value"), rows),
            while_open(self, partial(self._saved, file)),
            while_open(self, partial(self._not_saved, file)),
        )

    def _saved(self, file: str, _rows: int) -> None:
        self._at.set_role(Role.SECONDARY)
        self._at.setText(_tr("Saved at {file}").format(file=file))

    def _not_saved(self, file: str, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        text = _tr("These properties could not be saved at {file}: {reason}.")
        self._at.set_role(Role.ERROR)
        self._at.setText(text.format(file=file, reason=reason))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F5:
            self.look_up()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        self._end_count()
        self._ticket += 1
        self._selection = None
        super().done(result)
        self.closed.emit()

    def _tint(self) -> None:
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap(self._picture, Role.SECONDARY, 24, ratio))
        self._pin.setIcon(icons.icon("pin", Role.SECONDARY, Role.ACCENT))
        self._again.setIcon(icons.icon("refresh", Role.SECONDARY))
