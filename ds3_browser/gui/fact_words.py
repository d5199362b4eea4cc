"""Facts of objects and buckets in words: what the properties tell, as labels and texts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QCoreApplication

from ds3_browser.gui import format
from ds3_browser.gui.facts import BucketFacts, ObjectFacts
from ds3_browser.gui.theme import Role
from ds3_browser.protocol.records import ChecksumType, Versioning
from ds3_browser.transfer.tapes import is_ejected

_tr = partial(QCoreApplication.translate, "facts")

Told = tuple[str, str]  # a label and what it says


@dataclass(frozen=True, slots=True)
class Headline:
    """How safe an object is: a strong line, one on where it is, and what both mean."""

    text: str
    where: str
    role: Role


def object_told(facts: ObjectFacts) -> list[Told]:
    """Return the General page of one object."""
    head, latest = facts.head, facts.latest
    size = head.size if head is not None else latest.size if latest is not None else None
    created = latest.created if latest is not None else None
    checksum = checksum_word(head.checksum_type if head is not None else None)
    return [
        (_tr("Name"), facts.name),
        (_tr("Bucket"), facts.bucket),
        (_tr("Size"), _size(size)),
        (_tr("Created"), format.date(created or (head.created if head is not None else None))),
        (_tr("Owner"), (latest.owner if latest is not None else None) or format.UNKNOWN),
        (_tr("ETag"), (head.etag if head is not None else None) or format.UNKNOWN),
        (_tr("Checksum type"), checksum or format.UNKNOWN),
        (_tr("Version id"), (latest.id if latest is not None else None) or format.UNKNOWN),
        (_tr("Data policy"), facts.policy.name if facts.policy is not None else format.UNKNOWN),
    ]


def checksum_word(kind: ChecksumType | None) -> str:
    """Return `CRC-32C`; empty where it is not known."""
    return "" if kind is None else kind.value.replace("_", "-")


def bucket_told(facts: BucketFacts) -> list[Told]:
    details, policy = facts.details, facts.policy
    created = details.created if details is not None else None
    protected = details.protected if details is not None else None
    return [
        (_tr("Name"), facts.bucket),
        (_tr("Created"), format.date(created)),
        (_tr("Data policy"), policy.name if policy is not None else format.UNKNOWN),
        (_tr("Versioning"), versioning_word(policy.versioning if policy is not None else None)),
        (_tr("Used"), _size(details.used if details is not None else None)),
        (_tr("Owner"), _owner(facts)),
        (
            _tr("Protected"),
            format.UNKNOWN if protected is None else _tr("Yes") if protected else _tr("No"),
        ),
    ]


def _owner(facts: BucketFacts) -> str:
    """The owner's name; the id, which an administrator can look up, where names are not told."""
    known_by = facts.details.user_id if facts.details is not None else None
    return facts.owner or known_by or format.UNKNOWN


def versioning_word(versioning: Versioning | str | None) -> str:
    match versioning:
        case str():  # a newer appliance's word
            return versioning
        case Versioning.NONE:
            return _tr("Keeps no versions")
        case Versioning.KEEP_LATEST:
            return _tr("Keeps the latest version")
        case Versioning.KEEP_MULTIPLE_VERSIONS:
            return _tr("Keeps older versions")
        case None:
            return format.UNKNOWN


def _size(size: int | None) -> str:
    if size is None:
        return format.UNKNOWN
    return _tr("{size} ({exact})").format(size=format.size(size), exact=format.exact(size))


# --- metadata


def metadata_told(facts: ObjectFacts) -> tuple[list[Told], list[Told]]:
    """Return what our own keys say in readable form, and all other metadata as it is."""
    metadata = facts.head.metadata if facts.head is not None else {}
    plain = {key.lower(): ", ".join(values) for key, values in metadata.items()}
    known = dict(_own_keys())
    own = [(title, _readable(key, plain[key])) for key, title in known.items() if key in plain]
    others = sorted((key, text) for key, text in plain.items() if key not in known)
    return own, others


def _own_keys() -> tuple[tuple[str, str], ...]:
    return (
        ("ds3-last-modified-time", _tr("File modified")),
        ("ds3-creation-time", _tr("File created")),
        ("ds3-last-access-time", _tr("File last read")),
        ("ds3-ownername", _tr("Owner of the file")),
        ("ds3-groupname", _tr("Group of the file")),
        ("ds3-uid", _tr("Owner's number")),
        ("ds3-gid", _tr("Group's number")),
        ("ds3-permissions", _tr("Permissions")),
        ("ds3-mode", _tr("Mode")),
        ("ds3-os", _tr("System it came from")),
    )


def _readable(key: str, text: str) -> str:
    """Times are milliseconds since 1970; what makes no sense is told as it is."""
    if key == "ds3-permissions":
        return re.sub(r"^(\d+)\(", r"\1 (", text)
    if not key.endswith("-time"):
        return text
    try:
        return format.date(datetime.fromtimestamp(int(text) / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return text


# --- placement


def headline(facts: ObjectFacts) -> Headline:
    copies, asked = facts.copies, facts.copies_asked
    if copies is None:
        text = _tr("Where the copies are is not known")
        return Headline(text, _tr("You have no right to ask for it."), Role.SECONDARY)
    if not copies:
        return Headline(
            _tr("Not yet persisted"), _tr("Keep the originals until it is."), Role.WARNING
        )
    where = " ".join(_where(facts))
    if asked is None:
        one, many = _tr("Persisted: 1 copy"), _tr("Persisted: {n} copies")
        return Headline(_counted(copies, one, many), where, Role.SUCCESS)
    policy = facts.policy.name if facts.policy is not None else ""
    words = {"n": format.count(copies), "asked": format.count(asked), "policy": policy}
    if copies < asked:
        text = _tr("Degraded: {n} of {asked} copies that data policy {policy} asks for")
        return Headline(text.format(**words), where, Role.WARNING)
    text = _tr("Persisted: {n} of {asked} copies, as data policy {policy} asks")
    return Headline(text.format(**words), where, Role.SUCCESS)


def _where(facts: ObjectFacts) -> list[str]:
    """Return a sentence each on what is in the library and on what is ejected."""
    ejected = [tape for tape in facts.tapes.values() if is_ejected(tape)]
    inside = len(facts.tapes) - len(ejected)
    told = []
    if inside:
        told.append(
            _counted(inside, _tr("1 tape is in the library."), _tr("{n} tapes are in the library."))
        )
    for tape in ejected:
        barcode = tape.bar_code or format.UNKNOWN
        if tape.eject_location:
            text = _tr("Tape {barcode} is ejected, in {place}.")
            told.append(text.format(barcode=barcode, place=tape.eject_location))
        else:
            told.append(_tr("Tape {barcode} is ejected.").format(barcode=barcode))
    return told


def blobs_text(facts: ObjectFacts) -> str:
    """Return why an object is kept in pieces; empty where it is not."""
    pieces = len(facts.blobs or ())
    if pieces < 2:
        return ""
    size = facts.policy.default_blob_size if facts.policy is not None else None
    if size:
        text = _tr("An object larger than {size} is kept in several pieces.")
        return text.format(size=format.size3(size))
    return _tr("This object is kept in {n} pieces.").format(n=format.count(pieces))


def _counted(number: int, one: str, many: str) -> str:
    return one if number == 1 else many.format(n=format.count(number))
