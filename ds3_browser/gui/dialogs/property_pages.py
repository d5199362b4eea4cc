"""The pages of the properties: general, metadata, versions, placement. Each shows facts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ds3_browser.gui import fact_words, format, icons, placement_words, theme
from ds3_browser.gui.connections import Placed
from ds3_browser.gui.fact_words import Told, checksum_word
from ds3_browser.gui.facts import ObjectFacts
from ds3_browser.gui.theme import Role
from ds3_browser.gui.views.facts_table import Fact, FactColumn, FactsTable
from ds3_browser.gui.views.labels import ElidedLabel, beside_icon, heading
from ds3_browser.protocol.records import FoundObject, PlacedBlob
from ds3_browser.protocol.system_records import Tape
from ds3_browser.transfer.tapes import is_ejected

_tr = partial(QCoreApplication.translate, "properties")

Exported = list[Sequence[str]]


class GeneralPage(QScrollArea):
    """Labels and what they say, which can be selected and copied."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("general_page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.told: list[Told] = []
        self._fields: list[QLabel] = []
        self._page = QWidget(self)
        self._page.setObjectName("general_facts")
        self._page.setProperty("look", "page")
        self._page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._grid = QGridLayout(self._page)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(10)
        self._grid.setContentsMargins(0, 6, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self.setWidget(self._page)

    def show_told(self, told: Sequence[Told]) -> None:
        if [label for label, _ in told] != [label for label, _ in self.told]:
            self._fields.clear()
            while (item := self._grid.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()
            for row, (label, _text) in enumerate(told):
                self._grid.setRowStretch(row, 0)
                self._add(row, label)
            self._grid.setRowStretch(len(told), 1)
        self.told = list(told)
        for row, (_label, text) in enumerate(told):
            self._fields[row].setText(text)

    def _add(self, row: int, label: str) -> None:
        name, text = ElidedLabel(self._page, role=Role.SECONDARY), QLabel(self._page)
        name.setText(label)
        name.setMinimumWidth(name.sizeHint().width())
        name.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        text.setAccessibleName(label)
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(text, row, 1, Qt.AlignmentFlag.AlignTop)
        self._fields.append(text)


class MetadataPage(QWidget):
    """What was kept with the object; our own keys are told in readable form."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._table = FactsTable("metadata_table", _tr("Metadata"), self)
        note = ElidedLabel(self, 12, role=Role.SECONDARY)
        note.setText(_tr("Metadata is set when an object is uploaded and cannot be changed."))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table, 1)
        column.addWidget(note)

    def show_facts(self, facts: ObjectFacts) -> None:
        own, others = fact_words.metadata_told(facts)
        rows = [[Fact(name), Fact(text)] for name, text in others]
        if own:
            title = [Fact(_tr("File properties"), strong=True), Fact("")]
            rows += [title, *([Fact(name), Fact(text)] for name, text in own)]
        columns = (FactColumn(_tr("Name"), 220), FactColumn(_tr("Value"), None))
        self._table.show_facts(columns, rows)

    def exported(self) -> Exported:
        return [("Metadata", name, value) for name, value in self._table.texts() if value]


class VersionsPage(QWidget):
    """All versions of the object.

    Wishes: `download_wanted(id)`, `delete_wanted(id)`, `undelete_wanted(id)`.
    """

    download_wanted = Signal(str)
    delete_wanted = Signal(str)
    undelete_wanted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ids: list[str] = []
        self._latest: list[bool] = []
        self._table = FactsTable("versions_table", _tr("Versions"), self)
        self._table.itemSelectionChanged.connect(self._follow)
        self._note = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._download = QPushButton(_tr("Download…"), self)
        self._download.setObjectName("download_version")
        self._download.setAutoDefault(False)
        self._download.clicked.connect(lambda: self._wish(self.download_wanted))
        self._undelete = QPushButton(_tr("Undelete"), self)
        self._undelete.setObjectName("undelete_version")
        self._undelete.setAutoDefault(False)
        self._undelete.clicked.connect(lambda: self._wish(self.undelete_wanted))
        self._delete = QPushButton(_tr("Delete this version…"), self)
        self._delete.setObjectName("delete_version")
        self._delete.setAutoDefault(False)
        self._delete.clicked.connect(lambda: self._wish(self.delete_wanted))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._note, 1)
        row.addWidget(self._download)
        row.addWidget(self._undelete)
        row.addWidget(self._delete)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._table, 1)
        column.addLayout(row)
        self._follow()

    def show_facts(self, facts: ObjectFacts) -> None:
        versions = facts.versions or ()
        self._ids = [one.id for one in versions]
        self._latest = [one.latest for one in versions]
        columns = (
            FactColumn(_tr("Created"), 170),
            FactColumn(_tr("Size"), 96, right=True),
            FactColumn(_tr("Version id"), None),
            FactColumn(_tr("Latest"), 100),
            FactColumn(_tr("Placement"), 176),
        )
        self._table.show_facts(
            columns,
            [
                [
                    Fact(format.date(one.created), tip=format.iso(one.created)),
                    Fact(format.size(one.size), tip=format.exact(one.size)),
                    Fact(one.id, mono=True),
                    Fact(_tr("Latest"), ("check", Role.SUCCESS)) if one.latest else Fact(""),
                    _placement(one, facts),
                ]
                for one in versions
            ],
        )
        note = "" if facts.versions is not None else _tr("You have no right to see the versions.")
        if facts.versions is not None and not any(self._latest):
            note = _tr("The object is deleted; its versions are kept.")
        self._note.setText(note)
        if versions and self._table.currentRow() < 0:
            self._table.selectRow(0)
        self._follow()

    def _chosen(self) -> int | None:
        row = self._table.currentRow()
        return row if 0 <= row < len(self._ids) else None

    def _follow(self) -> None:
        row = self._chosen()
        self._download.setEnabled(row is not None)
        self._delete.setEnabled(row is not None)
        may = row is not None and not self._latest[row]
        self._undelete.setEnabled(may)
        latest = _tr("This is the latest version already.")
        self._undelete.setToolTip("" if may or row is None else latest)

    def _wish(self, signal: object) -> None:
        if (row := self._chosen()) is not None:
            signal.emit(self._ids[row])  # type: ignore[attr-defined]  # a bound signal

    def exported(self) -> Exported:
        rows = self._table.texts()
        return [("Version", row[2], f"{row[0]}, {row[1]}, {row[4]}") for row in rows]


def _placement(version: FoundObject, facts: ObjectFacts) -> Fact:
    """Where a version is: as in a list, by the sign that matters most."""
    placed = facts.placed.get(version.id, Placed(version.in_cache))
    words = placement_words.placement_words(placed)
    warning = (sign for sign in words.signs if sign[1] is Role.WARNING)
    return Fact(words.text, next(warning, words.signs[0]), words.role)


class PlacementPage(QWidget):
    """How safe the object is, where its copies are, and of which pieces it is.

    Wish: `verify_wanted()`.
    """

    verify_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._facts: ObjectFacts | None = None
        self._box = QFrame(self)
        self._box.setObjectName("placement_headline")
        self._sign = QLabel(self._box)
        self._text = QLabel(self._box)
        self._text.setObjectName("placement_text")
        self._text.setFont(theme.scaled(self.font(), 13, QFont.Weight.DemiBold))
        self._where = QLabel(self._box)
        self._where.setWordWrap(True)
        self._copies = FactsTable("copies_table", _tr("Copies"), self)
        self._blobs = FactsTable("blobs_table", _tr("Blobs"), self)
        self._pieces = ElidedLabel(self, 12, role=Role.SECONDARY)
        self._copy = QPushButton(self)
        beside_icon(self._copy, _tr("Copy barcodes"))
        self._copy.setObjectName("copy_barcodes")
        self._copy.setProperty("look", "link")
        self._copy.setAutoDefault(False)
        self._copy.clicked.connect(self._copy_barcodes)
        self._verify = QPushButton(_tr("Verify now…"), self._box)
        self._verify.setObjectName("verify_now")
        self._verify.setAutoDefault(False)
        self._verify.setToolTip(_tr("Let the appliance read the copies and check them"))
        self._verify.clicked.connect(self.verify_wanted)
        self._verify.hide()
        self._lay_out()
        self._tint()
        theme.notifier().changed.connect(self._tint)

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self._text)
        texts.addWidget(self._where)
        box = QHBoxLayout(self._box)
        box.setContentsMargins(14, 10, 14, 10)
        box.setSpacing(12)
        box.addWidget(self._sign)
        box.addLayout(texts, 1)
        box.addWidget(self._verify)
        copies = QHBoxLayout()
        copies.addWidget(heading(self, _tr("Copies")))
        copies.addStretch(1)
        copies.addWidget(self._copy)
        blobs = QHBoxLayout()
        blobs.setSpacing(10)
        blobs.addWidget(heading(self, _tr("Blobs")))
        blobs.addWidget(self._pieces, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._box)
        column.addLayout(copies)
        column.addWidget(self._copies, 2)
        column.addLayout(blobs)
        column.addWidget(self._blobs, 3)

    def show_facts(self, facts: ObjectFacts) -> None:
        self._facts = facts
        told = fact_words.headline(facts)
        self._text.setText(told.text)
        self._where.setText(told.where)
        self._where.setVisible(bool(told.where))
        looks = {Role.SUCCESS: "success-box", Role.WARNING: "warning-box"}
        self._box.setProperty("look", looks.get(told.role, "card"))
        self._box.style().unpolish(self._box)
        self._box.style().polish(self._box)
        self._verify.setVisible(bool(facts.copies))
        self._copy.setEnabled(any(one.placement.tapes for one in facts.blobs or ()))
        self._pieces.setText(fact_words.blobs_text(facts))
        self._show_copies(facts)
        self._show_blobs(facts)
        self._tint()

    def _show_copies(self, facts: ObjectFacts) -> None:
        columns = (
            FactColumn(_tr("Copy"), 80),
            FactColumn(_tr("Medium"), 140),
            FactColumn(_tr("Type"), 80),
            FactColumn(_tr("State"), 130),
            FactColumn(_tr("Location"), None),
            FactColumn(_tr("Used"), 150, right=True),
            FactColumn(_tr("Last verified"), 130),
        )
        rows = [
            _copy_row(number, medium, facts.tapes.get(medium), _kind_of(medium, facts))
            for number, medium in enumerate(facts.media, 1)
        ]
        rows.append(_cache_row(facts))
        self._copies.show_facts(columns, rows)

    def _show_blobs(self, facts: ObjectFacts) -> None:
        copies = max((len(_media_of(one)) for one in facts.blobs or ()), default=0)
        kind = facts.head.checksum_type if facts.head is not None else None
        columns = (
            FactColumn(_tr("Blob"), 56, right=True),
            FactColumn(_tr("Offset"), 100, right=True),
            FactColumn(_tr("Length"), 100, right=True),
            *(FactColumn(_tr("Copy {n}").format(n=n), 142) for n in range(1, copies + 1)),
            FactColumn(_tr("In cache"), 98),
            FactColumn(checksum_word(kind) or _tr("Checksum"), None),
        )
        checksums = facts.head.checksums if facts.head is not None else {}
        rows = [
            [
                Fact(format.count(number)),
                Fact(format.size(one.blob.offset), tip=format.exact(one.blob.offset)),
                Fact(format.size(one.blob.length), tip=format.exact(one.blob.length)),
                *_blob_copies(one, facts, copies),
                Fact(_in_cache(one.blob.in_cache)),
                Fact(checksums.get(one.blob.offset, format.UNKNOWN), mono=True),
            ]
            for number, one in enumerate(facts.blobs or (), 1)
        ]
        self._blobs.show_facts(columns, rows)

    def _copy_barcodes(self) -> None:
        if self._facts is not None:
            QApplication.clipboard().setText("\n".join(_tapes(self._facts)))

    def _tint(self) -> None:
        self._copy.setIcon(icons.icon("copy", Role.ACCENT))
        if self._facts is not None:
            role = fact_words.headline(self._facts).role
            name = "circle-check" if role is Role.SUCCESS else "info"
            name = "warning" if role is Role.WARNING else name
            self._sign.setPixmap(icons.pixmap(name, role, 20, self.devicePixelRatioF()))

    def exported(self) -> Exported:
        copies = [("Copy", row[1], f"{row[3]}, {row[4]}") for row in self._copies.texts()]
        blobs = [("Blob", row[0], ", ".join(row[1:])) for row in self._blobs.texts()]
        return [("Placement", "", self._text.text()), *copies, *blobs]


def _tapes(facts: ObjectFacts) -> list[str]:
    tapes = (code for one in facts.blobs or () for code in one.placement.tapes)
    return list(dict.fromkeys(tapes))


def _media_of(blob: PlacedBlob) -> tuple[str, ...]:
    where = blob.placement
    return (*where.tapes, *where.pools, *where.targets)


def _kind_of(medium: str, facts: ObjectFacts) -> str:
    """What holds a copy, where no more is known of it than its name."""
    places = [one.placement for one in facts.blobs or ()]
    if any(medium in where.tapes for where in places):
        return _tr("Tape")
    if any(medium in where.pools for where in places):
        return _tr("Disk pool")
    if any(medium in where.replicas for where in places):
        return _tr("Appliance")
    return _tr("Cloud")


def _copy_row(number: int, medium: str, tape: Tape | None, kind: str) -> list[Fact]:
    copy = Fact(_tr("Copy {n}").format(n=number), strong=True)
    unknown = Fact(format.UNKNOWN)
    if tape is None:
        named = Fact(medium, mono=True)
        return [copy, named, Fact(kind), unknown, unknown, unknown, unknown]
    used = None
    if tape.total is not None and tape.available is not None:
        used = tape.total - tape.available
    return [
        copy,
        Fact(medium, mono=True),
        Fact(placement_words.tape_type(tape.type), role=Role.SECONDARY),
        _state_of(tape),
        Fact(tape.eject_location or "" if is_ejected(tape) else _tr("Library")),
        Fact(format.pair(used, tape.total), role=Role.SECONDARY),
        Fact(format.date(tape.last_verified), role=Role.SECONDARY),
    ]


def _state_of(tape: Tape) -> Fact:
    if is_ejected(tape):
        return Fact(_tr("Ejected"), ("eject", Role.WARNING), Role.WARNING)
    if tape.state == "NORMAL":
        return Fact(_tr("In library"), ("cassette", Role.SUCCESS))
    return Fact((tape.state or format.UNKNOWN).replace("_", " ").capitalize(), role=Role.WARNING)


def _cache_row(facts: ObjectFacts) -> list[Fact]:
    known = [one.blob.in_cache for one in facts.blobs or ()]
    in_cache = None if not known or None in known else all(known)
    state = {True: _tr("In cache"), False: _tr("Not in cache"), None: format.UNKNOWN}[in_cache]
    sign = ("hard-drive", Role.ACCENT) if in_cache else None
    empty = Fact("")
    name = Fact(_tr("Cache"), strong=True)
    return [name, empty, Fact(_tr("Disk")), Fact(state, sign), empty, empty, empty]


def _blob_copies(blob: PlacedBlob, facts: ObjectFacts, copies: int) -> list[Fact]:
    media = _media_of(blob)
    found = []
    for medium in media:
        tape = facts.tapes.get(medium)
        ejected = tape is not None and is_ejected(tape)
        sign = ("eject", Role.WARNING) if ejected else ("cassette", Role.SUCCESS)
        found.append(Fact(medium, sign if medium in blob.placement.tapes else None, mono=True))
    return found + [Fact(format.UNKNOWN)] * (copies - len(media))


def _in_cache(known: bool | None) -> str:
    return {True: _tr("Yes"), False: _tr("No"), None: format.UNKNOWN}[known]
