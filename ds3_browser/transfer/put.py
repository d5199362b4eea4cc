"""Uploads: the objects are files here, a blob is a part of a file on its way out.

A file is looked at before and after each of its blobs; one whose size or time differs from what
was planned fails, for nobody could say which bytes the archive has. The checksum goes out before
the bytes: small blobs are read once, big ones are hashed ahead while others are being sent.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import Gone, NotFound, RequestRefused
from ds3_browser.protocol.records import (
    Blob,
    ChecksumType,
    Listing,
    PutItem,
    RequestType,
)
from ds3_browser.protocol.transport import Hangup

from . import checksum, metadata
from .blobs import ObjectInJob, Transfer
from .checks import Check, Choices, Conflict, There, is_recent
from .conflicts import SameNames, new_name, pages_there
from .creation import ChunkSink
from .digests import Digests
from .ending import JobThere
from .errors import JobRefused, LocalFileError, NothingLeft, failure_of
from .events import Direction, Failure, FailureCode, HeldFor, ObjectState
from .file_body import FileBody, file_of, opened, planned, read, sending, unchanged
from .handing import Ended
from .ledger import JobRecord, Ledger, NewObject
from .moving import MovingJob
from .plan import Item, WalkOptions, renamed, walk
from .pool import BlobPool
from .specs import PutSpec as PutSpec
from .together import OnItsWay
from .turns import Kind, Turns

_FOR_GOOD = (FailureCode.CLASH, FailureCode.NAME_NOT_ALLOWED)


class PutJob(MovingJob):
    direction = Direction.PUT
    turn_kind = Kind.UPLOAD
    request_type = RequestType.PUT
    spec: PutSpec

    def __init__(
        self,
        spec: PutSpec,
        client: Ds3Client,
        ledger: Ledger,
        pool: BlobPool,
        turns: Turns,
        *,
        continued: bool = False,
        retry: bool = False,
    ) -> None:
        super().__init__(spec, client, ledger, pool, turns, continued=continued, retry=retry)
        self._choices = Choices(spec.files)
        self._same_names = SameNames(spec.paths, spec.prefix, spec.base)
        self._numbered = dict[str, str]()  # path -> the name its number was added to
        self._changed = dict[str, int]()  # objects tried again -> the times of their files now
        self._neither = set[str]()  # names that two files have, and none is to have
        self._digests = Digests(pool, self._controls.check_blobs)
        self._attributes: dict[str, dict[str, str]] = {}
        self._held_by: dict[int, int] = {}  # parts whose names another part's job holds
        self._deleted: set[int] = set()  # parts whose names this run has deleted
        self._deleted_before = range(0)  # parts whose names are deleted before they are asked for

    # --- which objects

    def _plan(self) -> Iterator[NewObject]:
        spec = self.spec
        options = WalkOptions(spec.follow_links, spec.keep_empty_folders, spec.skip_system_files)
        self._same_names = SameNames(spec.paths, spec.prefix, spec.base)
        self._numbered.clear()
        self._neither.clear()
        check = self._controls.check
        choices, base = self._choices, spec.base
        for found in walk(spec.paths, spec.prefix, options, check, choices=choices, base=base):
            if isinstance(found, Failure):
                yield self._troubled(found)
            else:
                yield self._named(found)

    def _troubled(self, failure: Failure) -> NewObject:
        """What cannot be sent as it is: it fails, is left out, or goes under another name."""
        spec, name = self.spec, failure.name or failure.path or ""
        if failure.code is FailureCode.NAME_NOT_ALLOWED:
            check, usual = Check.NOT_ALLOWED, spec.not_allowed
        else:
            check, usual = Check.UNREADABLE, spec.unreadable
        chosen = self._choices.of(failure.path, check)
        if chosen is not None and chosen.choice is Conflict.RENAME and chosen.name:
            found = renamed(failure, chosen.name)
            if isinstance(found, Failure):
                return NewObject(name, failure.path, None, None, ObjectState.FAILED, found)
            first = self._same_names.give(found.name, found.path)
            return self._second(found, first, Conflict.FAIL) if first else _new(found)
        left_out = self._choices.chosen(failure.path, check, usual) is Conflict.LEAVE_OUT
        state = ObjectState.SKIPPED if left_out else ObjectState.FAILED
        return NewObject(name, failure.path, None, None, state, failure)

    def _named(self, found: Item) -> NewObject:
        first = self._same_names.first(found.name, found.path)
        if first is None:
            return _new(found)
        choice = self._choices.chosen(found.path, Check.TWICE, self.spec.twice)
        if found.is_folder:  # one is as good as the other
            return self._second(found, first, Conflict.KEEP_FIRST)
        if choice is not Conflict.NUMBER:
            return self._second(found, first, choice)
        number = self._same_names.number(found.name, found.path, lambda _name: False)
        self._numbered[found.path] = found.name
        return replace(_new(found), name=number)

    def _second(self, second: Item, first: str, choice: Conflict) -> NewObject:
        """Two files lead to one name: the first keeps it, unless neither is wanted.

        A name has one row in the ledger, so the row of the second shows its path beside the name.
        """
        if choice is Conflict.LEAVE_OUT:
            self._neither.add(second.name)
        left_out = choice in (Conflict.LEAVE_OUT, Conflict.KEEP_FIRST)
        state = ObjectState.SKIPPED if left_out else ObjectState.FAILED
        failure = Failure(FailureCode.CLASH, second.name, second.path, first)
        shown = f"{second.name} ({second.path})"
        return NewObject(shown, second.path, second.size, None, state, failure)

    def _recall(self, record: JobRecord) -> None:
        """The files are looked at when their turn comes."""
        options = record.options or {}
        kind, parts = options.get("checksum"), options.get("deleted_before")
        self._digests.kind = ChecksumType(kind) if kind else None
        self._held_by = _holders(record)
        if parts:
            self._deleted_before = range(*map(int, str(parts).split()))

    def _again(self, failed: NewObject) -> NewObject | None:
        """A file whose size changed since is another one; the appliance's job has the old size.

        So is one that changed after some of it was sent: the archive would have parts of two.
        """
        if failed.failure is not None and failed.failure.code is FailureCode.JOB_GONE:
            return None  # somebody closed that job before it had the object
        if failed.name.endswith("/"):
            return failed if os.path.isdir(failed.path or "") else None
        status = _status(failed.path)
        if status is None or status.st_size != failed.size:
            return None
        if status.st_mtime_ns != failed.mtime_ns:
            if self._reader.checksums(self.job_id, failed.name):
                return None
            self._changed[failed.name] = status.st_mtime_ns
        return failed

    def _take_files(self, part: int) -> None:
        """Files that changed since their objects failed are taken as they are now.

        But not where the job has some of what they were: an answer may have been lost. So this is
        done once the job has told what it has.
        """
        taken = list[tuple[str, int]]()
        opened_again = self._reader.of_names(self.job_id, list(self._changed))
        for name in [one.name for one in opened_again if one.part == part]:
            if self._reader.checksums(self.job_id, name):
                self._fail(Failure(FailureCode.CHANGED, name))
            else:
                taken.append((name, self._changed[name]))
        self._ledger.take_files(self.job_id, taken)

    def _anew(self, failed: NewObject) -> NewObject | None:
        code = failed.failure.code if failed.failure is not None else None
        return None if code in _FOR_GOOD else self._as_another(failed)

    def _as_another(self, failed: NewObject) -> NewObject | None:
        """Its file as it is now, for another job."""
        if failed.name.endswith("/"):
            return failed if os.path.isdir(failed.path or "") else None
        status = _status(failed.path)
        if status is None:
            return None
        return replace(failed, size=status.st_size, mtime_ns=status.st_mtime_ns)

    def _plan_again(
        self, outside: Sequence[NewObject], others: Sequence[NewObject], beyond: int
    ) -> None:
        """Names that a job there holds are asked for after all others, once they are free."""
        record = self._reader.job(self.job_id)
        self._held_by = _holders(record) if record is not None else {}
        free = [one for one in outside if one.part not in self._held_by]
        held = [(self._held_by[one.part], one) for one in outside if one.part in self._held_by]
        held += [(one.part, one) for one in others]
        self._ledger.plan_again(self.job_id, self._in_parts(free, beyond))
        beyond += -(-len(free) // self._objects_per_job)
        for holder in sorted({holder for holder, _ in held}):
            waiting = self._in_parts([one for held_by, one in held if held_by == holder], beyond)
            self._held_by |= {one.part: holder for one in waiting}
            self._ledger.replace_files(self.job_id, waiting)
            beyond = waiting[-1].part + 1
        told = " ".join(f"{part}:{holder}" for part, holder in self._held_by.items())
        self._ledger.set_option(self.job_id, "held_by", told or None)

    def _create(self, objects: Iterator[NewObject], name: str, listing: ChunkSink) -> str:
        kind = self._digests.kind = self._client.checksum_of_policy(self.spec.bucket)
        self._ledger.set_option(self.job_id, "checksum", kind.value if kind else None)
        objects = self._digests.noting(self._creating, objects)
        created = self._client.start_put_job(
            self.spec.bucket,
            (PutItem(found.name, found.size or 0) for found in objects),
            name=name,
            priority=self.priority,
            verify_after_write=self.spec.verify or None,
            take=listing.take,
        )
        return created.job_id

    # --- names that are there already

    def _compare(self, to_move: int) -> None:
        spec, choices = self.spec, self._choices
        leaves_recent = spec.recent is Conflict.LEAVE_OUT or choices.any_of(Check.RECENT)
        usual = {spec.like_there, spec.unlike_there, spec.coming_there}
        found_there = (Check.LIKE, Check.UNLIKE, Check.COMING)
        compares = usual != {Conflict.SEND} or any(map(choices.any_of, found_there))
        if not (compares or leaves_recent or self._neither or self._numbered):
            return
        self._ledger.flush()
        for found in self._reader.of_names(self.job_id, sorted(self._neither)):
            self._leave_out_one(found)
        self._ledger.flush()
        try:
            present = self._settle_present(to_move)
        except JobRefused as refused:
            if compares or refused.failure.code is not FailureCode.NO_RIGHT:
                raise
            present = set()
        if leaves_recent:
            self._leave_out_recent(present)

    def _settle_present(self, to_move: int) -> set[str]:
        """Do what is to be done with names that are there. The paths of those that are recent."""
        recent = set[str]()
        beyond = -(-to_move // self._objects_per_job)  # the first part that nothing is in yet
        replaced = 0
        for there, found in self._present():
            if is_recent(found.mtime_ns, self.spec.looked_at_ns):
                recent.add(found.path or "")
            match self._choice_of_present(there, found):
                case Conflict.NUMBER:
                    self._number_further(found)
                case Conflict.LEAVE_OUT:
                    self._leave_out_one(found)
                case Conflict.NEW_NAME:
                    self._rename(found)
                case Conflict.DELETE_FIRST:
                    part = beyond + replaced // self._objects_per_job
                    self._ledger.set_aside_object(self.job_id, found.name, part)
                    replaced += 1
                case _:
                    pass
        if replaced:
            end = beyond + -(-replaced // self._objects_per_job)
            self._deleted_before = range(beyond, end)
            self._ledger.set_option(self.job_id, "deleted_before", f"{beyond} {end}")
        return recent

    def _choice_of_present(self, there: There, found: NewObject) -> Conflict:
        if found.path in self._numbered:
            return Conflict.NUMBER
        if there.coming:
            return self._choices.chosen(found.path, Check.COMING, self.spec.coming_there)
        like = _is_like(there, found)
        for check in (Check.LIKE, Check.UNLIKE) if like else (Check.UNLIKE,):
            # A file of the same size may have been found to have other bytes.
            if (chosen := self._choices.of(found.path, check)) is not None:
                return chosen.choice
        return self.spec.like_there if like else self.spec.unlike_there

    def _leave_out_recent(self, present: set[str]) -> None:
        """Files that changed just before somebody looked, but for those settled already."""
        for found in self._reader.to_move(self.job_id):
            if found.path in present or not is_recent(found.mtime_ns, self.spec.looked_at_ns):
                continue
            choice = self._choices.chosen(found.path, Check.RECENT, self.spec.recent)
            if choice is Conflict.LEAVE_OUT:
                self._leave_out_one(found)

    def _present(self) -> Iterator[tuple[There, NewObject]]:
        """What is in the bucket and in the job. Raises JobCancelled, JobRefused."""
        for page in pages_there(self._listed, self.spec.prefix, self.spec.paths, self.spec.base):
            self._controls.check()
            there = {each.name: each for each in page}
            for found in self._reader.of_names(self.job_id, list(there)):
                yield there[found.name], found

    def _listed(self, **page: Any) -> Listing:  # Any: what `ListPage` takes
        return self._answered(lambda: self._client.list_objects(self.spec.bucket, **page))

    def _leave_out_one(self, found: NewObject) -> None:
        self._amounts.skipped += 1
        self._amounts.total -= found.size or 0
        self._ledger.object_ended(self.job_id, found.name, ObjectState.SKIPPED)

    def _rename(self, found: NewObject) -> None:
        self._give(found, new_name(found.name, date.today(), self._is_taken))

    def _number_further(self, found: NewObject) -> None:
        """The numbered name is in the bucket as well."""
        path = found.path or ""
        name = self._numbered[path]
        self._give(found, self._same_names.number(name, path, self._is_taken))

    def _give(self, found: NewObject, name: str) -> None:
        self._ledger.rename_object(self.job_id, found.name, name)
        self._ledger.flush()  # the next one looks for its name among all of them

    def _is_taken(self, name: str) -> bool:
        if self._reader.has_object(self.job_id, name):
            return True
        head = self._answered(lambda: self._client.head_object(self.spec.bucket, name))
        return head is not None

    def _before_asking(self, number: int) -> None:
        """Delete what the objects of this part replace. What is gone already is as well."""
        if number not in self._deleted_before or number in self._deleted:
            return  # once: what came into being since then is somebody else's
        failed = list[Failure]()
        names = self._still_here(number, failed)
        for _, errors in self._client.delete_objects(self.spec.bucket, names):
            self._controls.check()
            for error in errors:
                failed.append(
                    Failure(
                        *(FailureCode.NOT_DELETED, error.name),
                        appliance_code=error.code,
                        appliance_message=error.message,
                    )
                )
                self._fail_one(failed[-1])
        self._deleted.add(number)
        self._ledger.flush()
        if next(self._reader.to_move(self.job_id, number), None) is None:
            if failed and not self._is_all(len(failed)):
                raise NothingLeft
            raise JobRefused(Failure(failed[-1].code if failed else FailureCode.NOT_DELETED))

    def _makes_way(self, number: int) -> bool:
        """Close the job that holds the names of this part; where it is not closed they fail."""
        holder = self._there.get(self._held_by.get(number, -1))
        if holder is None or holder.closed:
            return True
        held = self._freed(holder)
        if held is not None:
            for found in list(self._reader.to_move(self.job_id, number)):
                self._fail_one(replace(held, name=found.name))
            self._ledger.flush()
        return held is None

    def _freed(self, holder: JobThere) -> Failure | None:
        """Close a job there, so that the names of what it has not whole are free; or why not.

        What it has stays, or it is not closed. Where it has nothing it is cancelled.
        """
        try:
            self._gone_on(holder)
        except JobRefused as refused:
            if not self._leaves_lost(holder.part, refused):
                raise
            return None
        if holder.part in self._open_parts():
            self._run_part(holder.part, self._name_of(holder.part))
        self._ledger.flush()
        keeps = self._reader.has_whole(self.job_id, holder.part)
        if self._reader.partly_there(self.job_id, holder.part):
            return _held(HeldFor.OTHERS)
        if keeps and not self._answered(self._client.truncates):
            return _held(HeldFor.RELEASE)
        end = self._client.truncate_job if keeps else self._client.cancel_job
        try:
            self._answered(partial(_ended, end, holder.job_id))
        except JobRefused as refused:
            failure = refused.failure
            return replace(failure, code=FailureCode.HELD, detail=HeldFor.APPLIANCE.value)
        self._release(holder, keeps=keeps)
        return None

    def _still_here(self, number: int, failed: list[Failure]) -> Iterator[str]:
        """The names of this part whose files can be sent; the others are added to `failed`.

        Nothing is deleted for a file that went away or changed since it was planned: the object in
        the bucket may be the last copy there is.
        """
        for found in self._reader.to_move(self.job_id, number):
            self._controls.check()
            try:
                _look_again(found)
            except LocalFileError as error:
                failed.append(failure_of(error, found.name))
                self._fail_one(failed[-1])
            else:
                yield found.name

    def _settle_conflict(self, number: int, error: RequestRefused) -> bool:
        """Some names came into being since they were compared: they fail, and the others go on.

        Where no others are left, the job is refused for the first of them. Where this user may not
        list the bucket, nobody knows which.
        """
        try:
            present = [found for _, found in self._present() if found.part == number]
        except JobRefused as refused:
            if refused.failure.code is FailureCode.NO_RIGHT:
                return False
            raise
        left = sum(1 for _ in self._reader.to_move(self.job_id, number)) - len(present)
        if not present:
            return False
        if self._is_all(len(present)):
            raise JobRefused(failure_of(error, present[0].name)) from error
        for found in present:
            self._fail_one(Failure(FailureCode.EXISTS, found.name, at=datetime.now(UTC)))
        self._ledger.flush()
        if not left:
            raise NothingLeft
        return True

    def _fail_one(self, failure: Failure) -> None:
        """An object that will not be sent has failed."""
        (found,) = self._reader.of_names(self.job_id, [failure.name or ""]) or (None,)
        if found is not None:
            self._amounts.total -= found.size or 0
            self._fail(failure)

    def _leave_out_missing(self, objects: Iterator[NewObject], error: NotFound) -> None:
        """Only the bucket can be missing."""
        raise JobRefused(failure_of(error)) from error

    # --- one blob

    def before_moving(self, transfer: Transfer) -> None:
        self._digests.begin(transfer)

    def begin(self, transfer: Transfer, hangup: Hangup) -> OnItsWay:
        item, kind = file_of(transfer.object), self._digests.kind
        data, attributes = b"", {}
        self._wait_for(transfer.blob.length)
        if not item.is_folder:
            data, status = read(item, transfer.blob)
            self._same_file(transfer.object, status)
            attributes = self._attributes_of(item, status, transfer.blob)
        if kind is not None:
            transfer.checksum = checksum.of_bytes(kind, data)
        return self._client.begin_put(
            self.spec.bucket,
            transfer.blob.name,
            data,
            job_id=self._current_job,
            offset=transfer.blob.offset,
            checksum=transfer.checksum,
            metadata=attributes,
            hangup=hangup,
        )

    def move(self, transfer: Transfer, hangup: Hangup) -> None:
        item = file_of(transfer.object)
        with opened(item) as file:
            status = unchanged(item, file)
            self._same_file(transfer.object, status)
            attributes = self._attributes_of(item, status, transfer.blob)
            transfer.checksum = transfer.checksum or self._digests.of(transfer)
            with sending(item, file):
                self._client.put_object(
                    self.spec.bucket,
                    transfer.blob.name,
                    FileBody(item, file, transfer, self._controls, self._take),
                    job_id=self._current_job,
                    offset=transfer.blob.offset,
                    checksum=transfer.checksum,
                    metadata=attributes,
                    hangup=hangup,
                )
            unchanged(item, file)

    def _same_file(self, found: ObjectInJob, status: os.stat_result) -> None:
        """Raise LocalFileError where another file, as long and as old, took this one's place.

        Some disks number a file anew each time it is opened; its other times are its own.
        """
        first = found.status = found.status or status
        if first.st_ino != status.st_ino and first.st_ctime_ns != status.st_ctime_ns:
            raise LocalFileError(FailureCode.CHANGED, found.path or "", None, 0)

    def _attributes_of(self, item: Item, status: os.stat_result, blob: Blob) -> dict[str, str]:
        """What goes with a blob: the same with all of an object, though reading changes a time."""
        if not self.spec.file_attributes:
            return {}
        if blob.length == item.size:
            return metadata.read(status)
        return self._attributes.setdefault(item.name, metadata.read(status))

    # --- one object

    def finish(self, found: ObjectInJob) -> ObjectState:
        self._attributes.pop(found.name, None)
        return ObjectState.IN_CACHE

    def finish_together(self, found: Sequence[ObjectInJob], ended: Ended) -> None:
        for whole in found:
            ended(whole, self.finish(whole), None)

    def asks_anew(self, found: ObjectInJob) -> bool:
        return False

    def leave(self, found: ObjectInJob) -> None:
        self._attributes.pop(found.name, None)

    def leave_behind_nothing(self, found: NewObject) -> None:
        """An upload leaves nothing here."""


def _holders(record: JobRecord) -> dict[int, int]:
    """By the number of a part the one whose job holds its names."""
    pairs = (pair.split(":") for pair in str((record.options or {}).get("held_by") or "").split())
    return {int(part): int(holder) for part, holder in pairs}


def _held(why: HeldFor) -> Failure:
    return Failure(FailureCode.HELD, detail=why.value)


def _ended(end: Callable[[str], None], appliance_id: str) -> None:
    """End a job there. One that is gone there has ended."""
    with contextlib.suppress(NotFound, Gone):
        end(appliance_id)


def _status(path: str | None) -> os.stat_result | None:
    """What a regular file is like; None where there is none that can be looked at."""
    try:
        status = os.stat(path or "")
    except (OSError, ValueError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _new(found: Item) -> NewObject:
    return NewObject(found.name, found.path, found.size, found.mtime_ns)


def _is_like(there: There, found: NewObject) -> bool:
    return there.is_like(found.size, found.mtime_ns)


def _look_again(found: NewObject) -> None:
    """Raise LocalFileError where the file cannot be read or is not what was planned."""
    if found.name.endswith("/"):
        return
    item = planned(found)
    with opened(item) as file:
        unchanged(item, file)
