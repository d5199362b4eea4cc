"""The short calls: connect, list, create, count, delete. Gives panes what they asked for.

Everything is called and answered in the GUI thread; the appliance is asked in the background. What
a pane no longer wants it stops, and nothing comes after that.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any  # what a call brings

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from ds3_browser.gui.connections import Connection, Deleted, SessionState, Tally
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.sessions import SavedSession, Sessions
from ds3_browser.gui.workers import Calls, Ticket
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    ClockSkewed,
    ConnectionFailed,
    Ds3Error,
    ManagementPort,
)
from ds3_browser.protocol.records import (
    DataPolicy,
    DeleteError,
    Listing,
    PutItem,
    Versioning,
)

log = logging.getLogger(__name__)

PAGE_EVERY_MS = 50  # twenty pages a second: parsing at full speed would starve the window
CACHE_EVERY_MS = 30_000
DELIMITER = "/"


class _Stopped(Exception):
    """The pane no longer wants what a call is doing."""


class Browsing(QObject):
    """One client a connected session, and all that is asked of it at once.

    Signals: `changed(session_id)` when a Connection is another; `listing_wanted(Place)` when
    objects of a place were changed by us, so that who shows it lists it again.
    """

    changed = Signal(str)
    listing_wanted = Signal(object)
    _told = Signal(object, object)

    def __init__(self, sessions: Sessions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sessions = sessions
        self._calls = Calls(self)
        self._clients: dict[str, Ds3Client] = {}
        self._connections: dict[str, Connection] = {}
        self._tickets: dict[str, Ticket] = {}
        self._listings: set[FolderListing] = set()
        self._stops: set[threading.Event] = set()
        self._told.connect(self._tell)
        self._cache_timer = QTimer(self)
        self._cache_timer.setInterval(CACHE_EVERY_MS)
        self._cache_timer.timeout.connect(self._ask_caches)
        self._cache_timer.start()
        sessions.removed.connect(self.disconnect_session)

    # --- sessions

    def connection(self, session_id: str | None) -> Connection:
        return self._connections.get(session_id or "", Connection())

    def is_lost(self, session_id: str) -> bool:
        """Whether a connected session's appliance no longer answers."""
        return self.connection(session_id).state is SessionState.LOST

    def client(self, session_id: str) -> Ds3Client | None:
        """The client of a connected session; jobs use it too."""
        return self._clients.get(session_id)

    def connect_session(self, session_id: str) -> bool:
        """Connect with the session's keys; False where the secret key is not known."""
        session = self._sessions.get(session_id)
        credentials = self._sessions.credentials(session_id)
        if session is None or credentials is None:
            return False
        client = Ds3Client(session.endpoint, credentials)
        self._set(session_id, Connection(SessionState.CONNECTING))
        self._tickets[session_id] = self._calls.run_call(
            client.get_service,
            partial(self._connected, session, client),
            partial(self._not_connected, session_id, client),
        )
        return True

    def _connected(self, session: SavedSession, client: Ds3Client, service: Any) -> None:
        old = self._clients.pop(session.id, None)
        self._clients[session.id] = client
        if old is not None:
            old.close()
        self._set(session.id, Connection(SessionState.CONNECTED, service.buckets))
        self._ask_cache(session.id)

    def _not_connected(self, session_id: str, client: Ds3Client, error: Exception) -> None:
        client.close()
        failed = isinstance(error, BadCredentials | AccessDenied | ClockSkewed | ManagementPort)
        state = SessionState.SIGN_IN_FAILED if failed else SessionState.NOT_CONNECTED
        self._set(session_id, Connection(state, error=error))

    def disconnect_session(self, session_id: str) -> None:
        if ticket := self._tickets.pop(session_id, None):
            ticket.drop()
        if client := self._clients.pop(session_id, None):
            client.close()
        self._set(session_id, Connection())

    def refresh_buckets(self, session_id: str) -> None:
        """List the buckets again; what is shown stays until the answer is there."""
        client = self._clients.get(session_id)
        if client is None:
            return
        self._calls.run_call(
            client.get_service,
            lambda service: self._set(
                session_id,
                replace(
                    self.connection(session_id),
                    state=SessionState.CONNECTED,
                    buckets=service.buckets,
                    error=None,
                ),
            ),
            partial(self.report_error, session_id),
        )

    def report_error(self, session_id: str, error: Exception) -> None:
        """A call of a session failed; where its appliance is gone, the session says so."""
        if isinstance(error, ConnectionFailed) and session_id in self._clients:
            lost = replace(self.connection(session_id), state=SessionState.LOST, error=error)
            self._set(session_id, lost)

    def _answered(self, session_id: str) -> None:
        connection = self.connection(session_id)
        if connection.state is SessionState.LOST:
            self._set(session_id, replace(connection, state=SessionState.CONNECTED, error=None))

    def _set(self, session_id: str, connection: Connection) -> None:
        if self._connections.get(session_id) != connection:
            self._connections[session_id] = connection
            self.changed.emit(session_id)

    # --- the cache gauge

    def _ask_caches(self) -> None:
        for session_id in list(self._clients):
            self._ask_cache(session_id)

    def _ask_cache(self, session_id: str) -> None:
        client = self._clients[session_id]
        self._calls.run_call(
            client.cache_state,
            lambda cache: self._set(session_id, replace(self.connection(session_id), cache=cache)),
            lambda error: log.debug("the cache of a session may not be read: %s", error),
        )

    # --- listings

    def list_folder(
        self,
        place: Place,
        on_page: Callable[[Listing], None],
        on_end: Callable[[], None],
        on_error: Callable[[Exception], None],
    ) -> FolderListing:
        """List a bucket's top or a folder, page by page, until its end or `stop`.

        A session that is not connected ends in `on_error` with LookupError, later.
        """
        listing = FolderListing(self, place, on_page, on_end, on_error)
        self._listings.add(listing)
        listing.ask()
        return listing

    def ask_page(self, listing: FolderListing, marker: str | None) -> Ticket:
        """For a FolderListing: one page of it."""
        place = listing.place
        client = self._clients.get(place.session_id or "")

        def ask() -> Listing:
            if client is None or place.bucket is None:
                raise LookupError("the session is not connected")
            return client.list_objects(
                place.bucket, prefix=place.prefix or None, delimiter=DELIMITER, marker=marker
            )

        def failed(error: Exception) -> None:
            self.report_error(place.session_id or "", error)
            listing.failed(error)

        def came(page: Listing) -> None:
            self._answered(place.session_id or "")
            listing.came(page)

        return self._calls.run_call(ask, came, failed)

    def forget(self, listing: FolderListing) -> None:
        self._listings.discard(listing)

    # --- creating

    def create_bucket(
        self,
        session_id: str,
        name: str,
        data_policy_id: str | None,
        on_result: Callable[[], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        def created(_: object) -> None:
            self.refresh_buckets(session_id)
            on_result()

        self._ask(
            session_id,
            lambda client: client.create_bucket(name, data_policy_id=data_policy_id),
            created,
            on_error,
        )

    def data_policies(
        self,
        session_id: str,
        on_result: Callable[[tuple[DataPolicy, ...]], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._ask(session_id, lambda client: client.data_policies(), on_result, on_error)

    def create_folder(
        self,
        place: Place,
        name: str,
        on_result: Callable[[Place], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Make an empty folder: an object of no bytes whose name ends in a slash."""
        made = place.folder(f"{place.prefix}{name}/")

        def created(_: object) -> None:
            self.listing_wanted.emit(place)
            on_result(made)

        self._ask(
            place.session_id or "",
            partial(_create_folder, place.bucket or "", made.prefix),
            created,
            on_error,
        )

    # --- counting and deleting

    def keeps_versions(
        self,
        place: Place,
        on_result: Callable[[Versioning | None], None],
    ) -> None:
        """Learn what the bucket's data policy does with deleted versions; None: not known."""
        self._ask(
            place.session_id or "",
            partial(_versioning, place.bucket or ""),
            on_result,
            lambda error: on_result(None),
        )

    def count(
        self,
        selection: Selection,
        on_progress: Callable[[Tally], None],
        on_result: Callable[[Tally], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Count a selection with all that lies below its folders and buckets. Returns its stop."""
        return self._long(
            selection.place, partial(_count, selection), on_progress, on_result, on_error
        )

    def delete(
        self,
        selection: Selection,
        on_progress: Callable[[Deleted], None],
        on_result: Callable[[Deleted], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """Delete a selection with all that lies below its folders; buckets with all they hold.

        Returns its stop: what was deleted until then is gone.
        """
        place = selection.place

        def ended(deleted: Deleted) -> None:
            if selection.buckets:
                self.refresh_buckets(place.session_id or "")
            self.listing_wanted.emit(place)
            on_result(deleted)

        return self._long(place, partial(_delete, selection), on_progress, ended, on_error)

    def _long(
        self,
        place: Place,
        work: Callable[[Ds3Client, Callable[[Any], None]], Any],
        on_progress: Callable[[Any], None],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> Callable[[], None]:
        """A call that tells how far it is, and that can be stopped."""
        stopped = threading.Event()
        self._stops.add(stopped)

        def tell(progress: Any) -> None:  # in the call's thread
            if stopped.is_set():
                raise _Stopped
            self._told.emit(partial(show, on_progress), progress)

        def show(take: Callable[[Any], None], answer: Any) -> None:
            if not stopped.is_set():
                take(answer)

        ticket = self._ask(
            place.session_id or "",
            lambda client: work(client, tell),
            partial(show, on_result),
            partial(show, on_error),
        )

        def stop() -> None:
            stopped.set()
            ticket.drop()

        return stop

    @Slot(object, object)
    def _tell(self, take: Callable[[Any], None], progress: Any) -> None:
        take(progress)

    def _ask(
        self,
        session_id: str,
        ask: Callable[[Ds3Client], Any],
        on_result: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> Ticket:
        client = self._clients.get(session_id)

        def call() -> Any:
            if client is None:
                raise LookupError("the session is not connected")
            return ask(client)

        def failed(error: Exception) -> None:
            self.report_error(session_id, error)
            on_error(error)

        return self._calls.run_call(call, on_result, failed)

    def close(self) -> None:
        """Drop what is under way, wait for its threads, and close all connections."""
        self._cache_timer.stop()
        for listing in list(self._listings):
            listing.stop()
        for stopped in self._stops:
            stopped.set()
        self._calls.close()
        for client in self._clients.values():
            client.close()
        self._clients.clear()


class FolderListing:
    """One listing under way. `done` once its end is known, `stopped` once nobody wants more."""

    def __init__(
        self,
        browsing: Browsing,
        place: Place,
        on_page: Callable[[Listing], None],
        on_end: Callable[[], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._browsing = browsing
        self.place = place
        self._on_page = on_page
        self._on_end = on_end
        self._on_error = on_error
        self._ticket: Ticket | None = None
        self._timer = QTimer(browsing)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.ask)
        self._marker: str | None = None
        self.done = False
        self.stopped = False

    def ask(self) -> None:
        """Ask for the next page."""
        self._ticket = self._browsing.ask_page(self, self._marker)

    def came(self, page: Listing) -> None:
        going_on = page.next_marker is not None and page.next_marker != self._marker
        self._marker = page.next_marker
        self.done = not going_on
        self._on_page(page)
        if self.stopped:
            return
        if going_on:
            self._timer.start(PAGE_EVERY_MS)
        else:
            self._browsing.forget(self)
            self._on_end()

    def failed(self, error: Exception) -> None:
        self._browsing.forget(self)
        self._on_error(error)

    def stop(self) -> None:
        self.stopped = True
        self._timer.stop()
        self._browsing.forget(self)
        if self._ticket is not None:
            self._ticket.drop()


# --- in the background ---------------------------------------------------------------------------


def _create_folder(bucket: str, name: str, client: Ds3Client) -> None:
    job = client.start_put_job(bucket, [PutItem(name, 0)], name=f"Folder {name}")
    client.put_object(bucket, name, b"", job_id=job.job_id, offset=0)


def _versioning(bucket: str, client: Ds3Client) -> Versioning | None:
    try:
        policy = client.bucket_details(bucket).data_policy_id
        return client.data_policy(policy).versioning if policy else None
    except Ds3Error as error:
        log.info("the data policy of %s cannot be read: %s", bucket, error)
        return None


def _pages(client: Ds3Client, selection: Selection) -> Iterator[tuple[str, Listing]]:
    """All pages below the chosen folders and buckets, each with what it was chosen by."""
    for folder in selection.folders:
        for page in client.list_pages(selection.place.bucket or "", prefix=folder):
            yield folder, page
    for bucket in selection.buckets:
        for page in client.list_pages(bucket):
            yield bucket, page


def _count(selection: Selection, client: Ds3Client, tell: Callable[[Tally], None]) -> Tally:
    parts = {name: [0, 0] for name in (*selection.buckets, *selection.folders)}
    parts |= {chosen.name: [1, chosen.size or 0] for chosen in selection.objects}

    def tally() -> Tally:
        told = tuple((name, n, size) for name, (n, size) in parts.items())
        return Tally(sum(n for _, n, _ in told), sum(size for _, _, size in told), told)

    for name, page in _pages(client, selection):
        parts[name][0] += len(page)
        parts[name][1] += sum(page.sizes)
        tell(tally())
    return tally()


def _delete(selection: Selection, client: Ds3Client, tell: Callable[[Deleted], None]) -> Deleted:
    names: dict[str, list[str]] = {}
    for chosen in selection.objects:
        names.setdefault(selection.place.bucket or "", []).append(chosen.name)
    for chosen_by, page in _pages(client, selection):
        bucket = chosen_by if selection.buckets else selection.place.bucket or ""
        names.setdefault(bucket, []).extend(page.names)
    total = sum(map(len, names.values()))
    errors: tuple[DeleteError, ...] = ()
    done = 0
    for bucket, of_bucket in names.items():
        before = done
        for so_far, failed in client.delete_objects(bucket, of_bucket):
            done, errors = before + so_far, errors + failed
            tell(Deleted(done, total, errors))
    for bucket in selection.buckets:
        client.delete_bucket(bucket)
    return Deleted(done, total, errors)
