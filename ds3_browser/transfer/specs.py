"""What jobs are asked to do, and how the ledger keeps it: a further run begins with that.

No I/O. A job's options in the ledger are JSON; what a job settles on as it goes is kept beside them
(`Ledger.set_option`), and read by the job itself.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any  # values of JSON

from ds3_browser.protocol.records import Order, Priority

from .checks import Check, Conflict, FileChoice
from .events import Direction, State
from .extracts import Extract
from .ledger_records import JobRecord
from .part_file import Existing

MAX_OBJECTS_PER_JOB = 500_000  # the appliance's limit


@dataclass(frozen=True, slots=True)
class PutSpec:
    """What to upload where. `prefix` is "" or ends in `/`; `paths` are files and folders.

    More than `objects_per_job` objects become several jobs on the appliance, and stay one here.
    """

    job_id: int
    session_id: str
    bucket: str
    prefix: str
    paths: tuple[str, ...]
    name: str
    priority: Priority | None = None
    follow_links: bool = False
    keep_empty_folders: bool = True
    skip_system_files: bool = False
    file_attributes: bool = True
    verify: bool = False  # the appliance reads back what it wrote; else the data policy decides
    objects_per_job: int = MAX_OBJECTS_PER_JOB
    #: Of files whose names are in the bucket already: those that may be what is there, the others,
    #: and those that another job is still to bring.
    like_there: Conflict = Conflict.SEND
    unlike_there: Conflict = Conflict.SEND
    coming_there: Conflict = Conflict.SEND
    #: Of what the other checks find. A file is recent that changed just before `looked_at_ns`.
    unreadable: Conflict = Conflict.FAIL
    not_allowed: Conflict = Conflict.FAIL
    twice: Conflict = Conflict.FAIL
    recent: Conflict = Conflict.SEND
    looked_at_ns: int | None = None
    base: str | None = None  # the folder that `prefix` stands for; else each path is alone
    files: tuple[FileChoice, ...] = ()  # what was chosen for single ones

    @classmethod
    def of(cls, record: JobRecord) -> PutSpec:
        """The upload that a record of the ledger is of."""
        options = dict(record.options or {})
        priority = options.get("priority")
        return cls(
            job_id=record.id,
            session_id=record.session,
            bucket=record.bucket,
            prefix=record.prefix,
            paths=tuple(options.get("paths", ())),
            name=record.name,
            priority=Priority(priority) if priority else None,
            follow_links=bool(options.get("follow_links", False)),
            keep_empty_folders=bool(options.get("keep_empty_folders", True)),
            skip_system_files=bool(options.get("skip_system_files", False)),
            file_attributes=bool(options.get("file_attributes", True)),
            verify=bool(options.get("verify", False)),
            objects_per_job=int(options.get("objects_per_job", MAX_OBJECTS_PER_JOB)),
            like_there=Conflict(options.get("like_there", Conflict.SEND.value)),
            unlike_there=Conflict(options.get("unlike_there", Conflict.SEND.value)),
            coming_there=Conflict(options.get("coming_there", Conflict.SEND.value)),
            unreadable=Conflict(options.get("unreadable", Conflict.FAIL.value)),
            not_allowed=Conflict(options.get("not_allowed", Conflict.FAIL.value)),
            twice=Conflict(options.get("twice", Conflict.FAIL.value)),
            recent=Conflict(options.get("recent", Conflict.SEND.value)),
            looked_at_ns=options.get("looked_at_ns"),
            base=options.get("base"),
            files=tuple(
                FileChoice(path, Check(check), Conflict(choice), name)
                for path, check, choice, name in options.get("files", ())
            ),
        )

    def options(self) -> dict[str, Any]:
        """What the ledger keeps of it in the options of its job."""
        return {
            "paths": self.paths,
            "follow_links": self.follow_links,
            "keep_empty_folders": self.keep_empty_folders,
            "skip_system_files": self.skip_system_files,
            "file_attributes": self.file_attributes,
            "verify": self.verify,
            "like_there": self.like_there.value,
            "unlike_there": self.unlike_there.value,
            "coming_there": self.coming_there.value,
            "unreadable": self.unreadable.value,
            "not_allowed": self.not_allowed.value,
            "twice": self.twice.value,
            "recent": self.recent.value,
            "looked_at_ns": self.looked_at_ns,
            "base": self.base,
            "files": [
                (one.path, one.check.value, one.choice.value, one.name) for one in self.files
            ],
        }


@dataclass(frozen=True, slots=True)
class GetSpec:
    """What to download where. `names` are objects, `prefixes` whole folders of the bucket.

    Of a name that is in `versions`, with the id of a version, that one is meant; else the latest.

    Of a name that is in `extracts` only those bytes are meant, and nothing proves them: a checksum
    is of whole blobs.

    `base_prefix` is what names lose on their way to a path below `target`. More than
    `objects_per_job` objects become several jobs on the appliance, and stay one here.

    What is only on tapes `without_tapes`, by barcode, is left out, and with `without_ejected` what
    is only on tapes that are ejected when the job is planned.

    `answers` are those given so far to what `Existing.ASK` asks, by the name of the object.
    """

    job_id: int
    session_id: str
    bucket: str
    base_prefix: str
    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    target: str
    name: str
    priority: Priority | None = None
    existing: Existing = Existing.KEEP_BOTH
    objects_per_job: int = MAX_OBJECTS_PER_JOB
    versions: tuple[tuple[str, str], ...] = ()
    extracts: tuple[Extract, ...] = ()
    order: Order = Order.NONE
    without_tapes: tuple[str, ...] = ()
    without_ejected: bool = False
    answers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, record: JobRecord) -> GetSpec:
        """The download that a record of the ledger is of."""
        options = dict(record.options or {})
        priority = options.get("priority")
        return cls(
            job_id=record.id,
            session_id=record.session,
            bucket=record.bucket,
            base_prefix=record.prefix,
            names=tuple(options.get("names", ())),
            prefixes=tuple(options.get("prefixes", ())),
            target=record.target or "",
            name=record.name,
            priority=Priority(priority) if priority else None,
            existing=Existing(options.get("existing", Existing.KEEP_BOTH.value)),
            objects_per_job=int(options.get("objects_per_job", MAX_OBJECTS_PER_JOB)),
            versions=tuple((name, version) for name, version in options.get("versions", ())),
            extracts=tuple(Extract(*one) for one in options.get("extracts", ())),
            order=Order(options.get("order", Order.NONE.value)),
            without_tapes=tuple(options.get("without_tapes", ())),
            without_ejected=bool(options.get("without_ejected", False)),
            answers=tuple(json.loads(options.get("answers") or "{}").items()),
        )

    def options(self) -> dict[str, Any]:
        """What the ledger keeps of it in the options of its job."""
        return {
            "names": self.names,
            "prefixes": self.prefixes,
            "existing": self.existing.value,
            "versions": self.versions,
            "extracts": [astuple(one) for one in self.extracts],
            "order": self.order.value,
            "without_tapes": self.without_tapes,
            "without_ejected": self.without_ejected,
            "answers": json.dumps(dict(self.answers)),
        }


@dataclass(frozen=True, slots=True)
class UnattendedSpec:
    """What the appliance is to do, and with which objects.

    `kind` is Direction.STAGE (into its cache; release 5.0 and newer) or Direction.VERIFY (read the
    copies and check them). `names` are objects, `prefixes` whole folders of the bucket; of a name
    in `versions`, with the id of a version, that one is meant, else the latest. More than
    `objects_per_job` objects become several jobs on the appliance, one after the other.
    """

    job_id: int
    session_id: str
    kind: Direction
    bucket: str
    base_prefix: str
    names: tuple[str, ...]
    prefixes: tuple[str, ...]
    name: str
    priority: Priority | None = None
    objects_per_job: int = MAX_OBJECTS_PER_JOB
    versions: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.kind.moves:
            raise ValueError(f"a job of kind {self.kind.value} moves bytes")

    @classmethod
    def of(cls, record: JobRecord) -> UnattendedSpec:
        """The job that a record of the ledger is of."""
        options = dict(record.options or {})
        priority = options.get("priority")
        return cls(
            job_id=record.id,
            session_id=record.session,
            kind=Direction(record.kind),
            bucket=record.bucket,
            base_prefix=record.prefix,
            names=tuple(options.get("names", ())),
            prefixes=tuple(options.get("prefixes", ())),
            name=record.name,
            priority=Priority(priority) if priority else None,
            objects_per_job=int(options.get("objects_per_job", MAX_OBJECTS_PER_JOB)),
            versions=tuple((name, version) for name, version in options.get("versions", ())),
        )

    def options(self) -> dict[str, Any]:
        """What the ledger keeps of it in the options of its job."""
        return {
            "names": self.names,
            "prefixes": self.prefixes,
            "versions": self.versions,
        }


AnySpec = PutSpec | GetSpec | UnattendedSpec


def spec_of(record: JobRecord) -> AnySpec:
    """What a job of the ledger was asked to do."""
    match Direction(record.kind):
        case Direction.PUT:
            return PutSpec.of(record)
        case Direction.GET:
            return GetSpec.of(record)
        case Direction.STAGE | Direction.VERIFY:
            return UnattendedSpec.of(record)


def record_of(spec: AnySpec, endpoint: str, access_id: str) -> JobRecord:
    """A new job for the ledger, of this moment; whom it is asked of, and as whom."""
    match spec:
        case PutSpec():
            kind, prefix, target = Direction.PUT, spec.prefix, None
        case GetSpec():
            kind, prefix, target = Direction.GET, spec.base_prefix, spec.target
        case UnattendedSpec():
            kind, prefix, target = spec.kind, spec.base_prefix, None
    return JobRecord(
        id=spec.job_id,
        kind=kind.value,
        session=spec.session_id,
        bucket=spec.bucket,
        prefix=prefix,
        target=target,
        name=spec.name,
        state=State.PREPARING,
        created=datetime.now(UTC),
        ended=None,
        endpoint=endpoint,
        access_id=access_id,
        options={
            **spec.options(),
            "priority": spec.priority.value if spec.priority else None,
            "objects_per_job": spec.objects_per_job,
        },
    )
