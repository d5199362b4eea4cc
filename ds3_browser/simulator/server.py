"""The appliance itself: what it is made of, and the server that gives each connection a thread.

`Simulator` is one appliance on one port of this computer.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self  # switch values are JSON; socketserver gives sockets as Any

from . import tls
from .access import Access
from .bucket_calls import BucketCalls
from .chunk_calls import ChunkCalls
from .copies import Copies
from .counters import Counters
from .creation_calls import CreationCalls
from .faults import Faults
from .group_calls import GroupCalls
from .guard import Guard
from .handler import Handler
from .intake import Intake
from .job_answers import JobAnswers
from .job_calls import JobCalls
from .job_summary import JobSummary
from .jobs import Jobs
from .listings import Listings
from .media import Media
from .media_calls import MediaCalls
from .multipart import MultipartCalls
from .name_calls import NameCalls
from .nodes import Nodes
from .objects import ObjectCalls
from .operator_calls import OperatorCalls
from .operator_rules import Rules
from .placement import Placement
from .planning import Planner
from .policies import Policies
from .receiving import Receiving
from .records import Records
from .room import Room
from .router import Router
from .seeding import Seed, fill
from .setup import Setup
from .store import Store
from .system_calls import SystemCalls
from .transfers import Transfers
from .users import Users
from .versions import Versions
from .writing import Writing

log = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"


class Simulator:
    """An appliance that serves from the moment it is made until `close`.

    `access_id` and `secret_key` are those of the user `spectra`. `faults` holds the switches.
    """

    def __init__(
        self,
        folder: Path,
        *,
        access_id: str = "c3BlY3RyYQ==",
        secret_key: str = "Kx7pQ2vZ",
        port: int = 0,
        switches: Mapping[str, Any] | None = None,
        token: str | None = None,
    ) -> None:
        self.access_id = access_id
        self.secret_key = secret_key
        self.token = token
        self.closing = threading.Event()
        self.faults = Faults(switches)
        self.request_ids = itertools.count(1)
        self._counters = Counters()
        self.count = self._counters.count
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._server = Server((ADDRESS, port), self)
        self._furnish(folder)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="simulator", daemon=True
        )
        self._thread.start()

    def _furnish(self, folder: Path) -> None:
        faults, nodes = self.faults, Nodes(self.faults, self.host, self.port)
        self.store = store = Store(folder, self._now)
        self.records = records = Records(store)
        self.users = users = Users(records)
        self.policies = policies = Policies(records)
        access = Access(store, records, users, faults)
        copies = Copies(store, records, faults)
        self.writing = writing = Writing(store, records, policies, copies)
        room = Room(records, copies)
        media = Media(store, records, copies, writing, room, faults)
        versions, listings = Versions(store, policies), Listings(store)
        planner = Planner(store, versions, policies, faults)
        jobs = Jobs(store, versions, media, faults)
        self._set_up(jobs.settle)
        transfers = Transfers(store, versions, media, planner, jobs, faults)
        self._intake = intake = Intake(store, versions, planner, policies)
        receiving = Receiving(store, faults, self.count)
        objects = ObjectCalls(
            store, versions, transfers, intake, media, receiving, policies, faults, self.count
        )
        multipart = MultipartCalls(
            store, planner, transfers, intake, receiving, policies, users, faults
        )
        buckets = BucketCalls(store, versions, listings, records, policies, users, access, faults)
        placement = Placement(store, versions, media, jobs.settle)
        names = NameCalls(store, versions, listings, placement, access, jobs.settle)
        rules = Rules(store, records, users, access, writing, faults)
        shown = {"tape": room.shown, "pool": room.shown, "tape_drive": room.shown_drive}
        summary = JobSummary(store, records, copies, writing)
        job_answers = JobAnswers(store, jobs, users, nodes, summary, faults)
        under_rest = {
            **buckets.routes(),
            **names.routes(),
            **placement.routes(),
            **CreationCalls(store, planner, media, records, job_answers, jobs, faults).routes(),
            **ChunkCalls(jobs, media, job_answers, faults).routes(),
            **JobCalls(jobs, users, access, job_answers, faults).routes(),
            **SystemCalls(store, jobs, media, nodes, faults).routes(),
            **OperatorCalls(store, records, rules, shown, jobs.settle).routes(),
            **GroupCalls(store, records, users, access).routes(),
            **MediaCalls(store, records, copies, room, access, jobs.settle).routes(),
        }
        self.router = Router(
            buckets,
            names,
            objects,
            multipart,
            under_rest,
            Guard(store, access),
            faults,
            self.count,
        )

    def _set_up(self, settle: Callable[[], None]) -> None:
        """Have what an administrator sets up, and what switches say of it.

        What was persisted before a switch is set is where it was, so time is looked at first.
        """
        self._setup = setup = Setup(self.store, self.records, self.access_id, self.secret_key)

        def settled(change: Callable[[Any], None]) -> Callable[[Any], None]:
            def listen(value: Any) -> None:
                settle()
                change(value)

            return listen

        self.faults.listeners = {
            "policies": settled(setup.set_policies),
            "users": setup.set_users,
            "eject_tape": settled(setup.set_ejected),
        }
        is_new = not self.records.every("user")
        setup.furnish()
        for name, set_all in self.faults.listeners.items():
            if is_new or name in self.faults.given:
                set_all(self.faults.get(name))

    @property
    def host(self) -> str:
        return ADDRESS

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self.faults.get('tls') else 'http'}://{self.host}:{self.port}"

    def counters(self) -> dict[str, int]:
        """What clients did: requests by kind, blobs and bytes in and out, blobs moved twice."""
        return self._counters.all()

    def reset(self) -> None:
        """Empty, and all switches as at the start."""
        with self.store.transaction():
            self.store.clear()
            self._setup.furnish()
        self.faults.reset()
        self._counters.clear()

    def seed(self, asked: Seed) -> None:
        """Fill a bucket of the user `spectra` at once; make it if need be. Raises Refused."""
        with self.store.lock:
            if self.store.one("SELECT 1 FROM bucket WHERE name = ?", asked.bucket) is None:
                self.store.create_bucket(asked.bucket, "spectra", self.policies.default().id)
            bucket = self.store.bucket(asked.bucket)
            fill(self.store, self.policies, self.writing, bucket, asked)

    def close(self) -> None:
        """Stop serving and cut the connections that are left. What was stored stays."""
        if self.closing.is_set():
            return
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.join_handlers()
        self._thread.join()
        self.store.close()
        self._intake.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _now(self) -> float:
        clock = self.faults.get("clock")
        if not clock:
            return time.time()
        fixed: float | None = clock.get("fixed_s")
        return time.time() + float(clock.get("offset_s", 0)) if fixed is None else fixed

    def connected(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)

    def disconnected(self, connection: socket.socket) -> None:
        self._counters.end()
        with self._lock:
            self._connections.discard(connection)


class Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 1024  # who finds no room in it is heard a second later
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], simulator: Simulator) -> None:
        self.simulator = simulator
        self._handlers: set[threading.Thread] = set()
        super().__init__(address, Handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if certificate := self.simulator.faults.get("tls"):
            return tls.wrapped(connection, certificate), address
        return connection, address

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._handlers.add(threading.current_thread())
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._handlers.discard(threading.current_thread())

    def join_handlers(self) -> None:
        for thread in list(self._handlers):
            thread.join(5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event here; anything else is a fault of the simulator."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception("a request failed")
