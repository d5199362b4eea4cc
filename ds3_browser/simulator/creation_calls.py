"""Creating bulk jobs on the wire: put, get, verify, stage."""

from __future__ import annotations

import json
from dataclasses import replace

from lxml import etree

from .calls import Answer, Call, Route, Routes, attribute_number, parse
from .faults import Faults
from .job_answers import OPTIONS, JobAnswers
from .jobs import Jobs
from .media import Media
from .planning import JobRequest, Planner, Wanted
from .records import Records
from .store import Refused, Store

STAGE_PARAMETERS = "name priority"


class TapesAway(Refused):
    """A job that needs tapes which are out of the library, where it may not wait for them."""

    def __init__(self, barcodes: str) -> None:
        super().__init__(400, "InvalidArgument", f"Tapes must be onlined: {barcodes}")
        self.barcodes = barcodes


class CreationCalls:
    def __init__(
        self,
        store: Store,
        planner: Planner,
        media: Media,
        records: Records,
        job_answers: JobAnswers,
        jobs: Jobs,
        faults: Faults,
    ) -> None:
        self._store = store
        self._media = media
        self._records = records
        self._faults = faults
        self._planner = planner
        self._jobs = jobs
        self._answers = job_answers

    def routes(self) -> Routes:
        shared = (
            "aggregating implicit_job_id_resolution name priority protected"
            " dead_job_cleanup_allowed"
        )
        return {
            "PUT bucket/ start_bulk_put": Route(
                self._start_put,
                f"{shared} force ignore_naming_conflicts max_upload_size"
                " minimize_spanning_across_media pre_allocate_job_space replicate"
                " verify_after_write",
            ),
            "PUT bucket/ start_bulk_get": Route(
                self._start_get, f"{shared} chunk_client_processing_order_guarantee"
            ),
            "PUT bucket/ start_bulk_verify": Route(self._start_verify, "aggregating name priority"),
            "PUT bucket/ start_bulk_stage": Route(
                self._start_stage, STAGE_PARAMETERS, since=(5, 0)
            ),
            "PUT bucket/ verify_safe_to_start_bulk_put": Route(self._is_safe, since=(3, 2)),
        }

    def _start_put(self, call: Call) -> Answer:
        if call.has("replicate"):
            return self._replicate(call)
        body = parse(call.body)
        items = [(_name(item), _required_size(item)) for item in body.iter("{*}Object")]
        request = self._request(call, "PUT")
        with self._store.transaction():
            job = self._planner.create_put(request, items)
            if request.pre_allocate or request.aggregating:
                self._jobs.allocate_all(job, all_or_nothing=request.pre_allocate)
        return self._answers.master_list(job)

    def _replicate(self, call: Call) -> Answer:
        """Plan what a job of another appliance brings; what is there already is left out."""
        name, items = _replicated(call.body)
        request = replace(self._request(call, "PUT"), name=name, ignore_naming_conflicts=True)
        with self._store.transaction():
            if self._planner.has_all(request.bucket, items):
                return Answer(204)
            job = self._planner.create_put(request, items)
        return self._answers.master_list(job)

    def _start_get(self, call: Call) -> Answer:
        return self._start_reading(call, self._request(call, "GET"))

    def _start_verify(self, call: Call) -> Answer:
        return self._start_reading(call, self._request(call, "VERIFY", unattended=True))

    def _start_stage(self, call: Call) -> Answer:
        return self._start_reading(call, self._request(call, "GET", unattended=True))

    def _start_reading(self, call: Call, request: JobRequest) -> Answer:
        wanted = [
            Wanted(
                _name(item),
                item.get("VersionId"),
                attribute_number(item, "Offset"),
                attribute_number(item, "Length"),
            )
            for item in parse(call.body).iter("{*}Object")
        ]
        try:
            with self._store.transaction():
                job = self._planner.create_get(request, wanted)
                self._check_tapes(job)
        except TapesAway as refused:
            self._note_refused(call.user, refused)
            raise
        return self._answers.master_list(job)

    def _check_tapes(self, job: str) -> None:
        """Refuse by switch a job that would wait for tapes which are out. Raises TapesAway."""
        if self._faults.get("unavailable_media") == "DISALLOW":
            away = self._media.away(job)
            if away:
                raise TapesAway(",".join(sorted(away)))

    def _note_refused(self, user: str, refused: TapesAway) -> None:
        self._records.insert(
            "job_creation_failed",
            {
                "Date": self._store.now(),
                "ErrorMessage": refused.message,
                "TapeBarCodes": refused.barcodes,
                "Type": "TAPES_MUST_BE_ONLINED",
                "UserName": user,
            },
        )

    def _is_safe(self, call: Call) -> Answer:
        self._store.bucket(call.name)
        return Answer()

    def _request(self, call: Call, kind: str, *, unattended: bool = False) -> JobRequest:
        given = {own: call.flag(name) for name, own in OPTIONS.items()}
        return JobRequest(
            bucket=call.name,
            user=call.user,
            name=call.text("name") or "Untitled",
            priority=call.word("priority"),
            max_upload_size=call.number("max_upload_size"),
            ignore_naming_conflicts=call.has("ignore_naming_conflicts"),
            in_order=call.word("chunk_client_processing_order_guarantee") or "IN_ORDER",
            options={name: value for name, value in given.items() if value is not None},
            kind=kind,
            unattended=unattended,
            pre_allocate=call.has("pre_allocate_job_space"),
        )


def _replicated(body: bytes) -> tuple[str, list[tuple[str, int]]]:
    """The name and the objects of a job as another appliance told them. Raises Refused."""
    try:
        told = json.loads(body)
        sizes = {str(name): int(size) for name, size in told["objects"].items()}
        if min(sizes.values(), default=0) < 0:
            raise ValueError("a size is less than nothing")
        return str(told["name"]), list(sizes.items())
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Refused(400, "InvalidArgument", "Not a job to replicate.") from None


def _name(item: etree._Element) -> str:
    return item.get("Name") or ""


def _required_size(item: etree._Element) -> int:
    size = attribute_number(item, "Size", "Length")
    if size is None:
        raise Refused(400, "InvalidArgument", f"An object needs a size: {_name(item)}")
    return size
