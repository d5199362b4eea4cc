"""The short calls: connect, list, create, count, delete. Gives panes what they asked for.

Everything is called and answered in the GUI thread; the appliance is asked in the background. What
a pane no longer wants it stops, and nothing comes after that.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any  # what a call brings

from PySide6.QtCore import QObject, Signal, Slot

from ds3_browser.gui import looking_up, messages, tasks
from ds3_browser.gui.connections import (
    BucketColumns,
    Connection,
    Deleted,
    FolderTakers,
    OnlyCopies,
    Placed,
    SessionState,
    Tally,
)
from ds3_browser.gui.facts import BucketFacts, ObjectFacts
from ds3_browser.gui.folder_listing import FolderListing
from ds3_browser.gui.places import Place, Selection
from ds3_browser.gui.seen import Seen
from ds3_browser.gui.sessions import Sessions
from ds3_browser.gui.workers import Calls, Ticket
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import (
    AccessDenied,
    BadCredentials,
    ClockSkewed,
    ConnectionFailed,
    ConnectionLost,
    ManagementPort,
    RequestRefused,
)
from ds3_browser.protocol.records import (
    CacheState,
    Credentials,
    DataPolicy,
    Endpoint,
    Listing,
    Service,
    Versioning,
)
from ds3_browser.protocol.releases import Feature
from ds3_browser.protocol.transport import Hangup

log = logging.getLogger(__name__)

DELIMITER = "/"

OnError = Callable[[Exception], None]


class _Stopped(Exception):
    """The pane no longer wants what a call is doing."""


@dataclass(eq=False, slots=True)
class _Link:
    """One connection of a session. `hangup` ends what is asked here, and no job's transfers."""

    client: Ds3Client
    hangup: Hangup = field(default_factory=Hangup)
    cache_refused: bool = False
    columns_wanted: bool = False  # somebody looks at what is known of all buckets
    buckets_by_id: dict[str, str] = field(default_factory=dict)
    node_names: Mapping[str, str] | None = None  # None: not asked yet
    ejected: looking_up.EjectedTapes = field(default_factory=looking_up.EjectedTapes)

    def bucket_names(self, place: Place) -> dict[str, str]:
        """The names of buckets by their ids, for a search in all of them. Blocks."""
        if place.bucket is None and not self.buckets_by_id:
            self.buckets_by_id = tasks.bucket_names(self.client)
        return self.buckets_by_id


class Browsing(QObject):
    """One client a connected session, and all that is asked of it at once.

    Signals: `changed(session_id)` when a Connection is another; `listing_wanted(Place)` when
    objects of a place were changed by us, so that who shows it lists it again.
    """

    changed = Signal(str)
    listing_wanted = Signal(object)
    _told = Signal(object, object)

    def __init__(
        self, sessions: Sessions, parent: QObject | None = None, *, page_size: int | None = None
    ) -> None:
        """`page_size` is how many names a page of a folder has; None leaves it to the appliance."""
        super().__init__(parent)
        self._sessions = sessions
        self._page_size = page_size
        self.seen = Seen(self)  # whether anybody can look at what listings bring
        self._calls = Calls(self)
        self._links: dict[str, _Link] = {}
        self._connecting: dict[str, tuple[_Link | None, Ticket]] = {}
        self._left: list[_Link] = []  # jobs may still transfer over these
        self._connections: dict[str, Connection] = {}
        self._stops: set[threading.Event] = set()
        self._told.connect(self._tell)
        sessions.removed.connect(self.disconnect_session)

    # --- sessions

    def connection(self, session_id: str | None) -> Connection:
        return self._connections.get(session_id or "", Connection())

    def is_lost(self, session_id: str) -> bool:
        """Whether a connected session's appliance no longer answers."""
        return self.connection(session_id).state is SessionState.LOST

    def client(self, session_id: str) -> Ds3Client | None:
        """The client of a connected session; jobs use it too."""
        link = self._links.get(session_id)
        return None if link is None else link.client

    def obstacle(self, session_id: str | None) -> str | None:
        """Why nothing can be begun with a session now, in words; None where it is connected."""
        if self.client(session_id or "") is not None:
            return None
        session = self._sessions.get(session_id or "")
        return messages.unconnected(None if session is None else session.name)

    def connect_session(self, session_id: str) -> bool:
        """Connect with the session's keys; False where the secret key is not known.

        What was known of the session is shown until the answer is there.
        """
        session = self._sessions.get(session_id)
        credentials = self._sessions.credentials(session_id)
        if session is None or credentials is None:
            return False
        self._leave(session_id)
        before = self.connection(session_id)
        self._set(session_id, replace(before, state=SessionState.CONNECTING, error=None))
        ticket = self._run(
            None,
            lambda: session.endpoint,  # may ask the desktop for its proxy
            partial(self._sign_in, session_id, credentials),
            partial(self._not_connected, session_id, None),
        )
        self._connecting[session_id] = (None, ticket)
        return True

    def _sign_in(self, session_id: str, credentials: Credentials, endpoint: Endpoint) -> None:
        link = _Link(Ds3Client(endpoint, credentials))
        ticket = self._run(
            link,
            link.client.get_service,
            partial(self._connected, session_id, link),
            partial(self._not_connected, session_id, link),
        )
        self._connecting[session_id] = (link, ticket)

    def _connected(self, session_id: str, link: _Link, service: Service) -> None:
        self._connecting.pop(session_id, None)
        self._links[session_id] = link
        self._set(session_id, Connection(SessionState.CONNECTED, service.buckets))
        self._run(
            link,
            link.client.truncates,
            lambda does: self._set(
                session_id, replace(self.connection(session_id), truncates=bool(does))
            ),
            lambda error: log.info("the release of a session is not known: %s", error),
        )

        self._run(
            link,
            partial(link.client.knows, Feature.STAGE),
            lambda does: self._set(
                session_id, replace(self.connection(session_id), stages=bool(does))
            ),
            lambda error: log.info("the release of a session is not known: %s", error),
        )

    def _not_connected(self, session_id: str, link: _Link | None, error: Exception) -> None:
        self._connecting.pop(session_id, None)
        if link is not None:
            self._left.append(link)
        failed = isinstance(error, BadCredentials | AccessDenied | ClockSkewed | ManagementPort)
        state = SessionState.SIGN_IN_FAILED if failed else SessionState.NOT_CONNECTED
        self._set(session_id, Connection(state, error=error))

    def disconnect_session(self, session_id: str) -> None:
        """End what is asked of a session's appliance. Jobs that run go on."""
        self._leave(session_id)
        self._set(session_id, Connection())

    def _leave(self, session_id: str) -> None:
        if (connecting := self._connecting.pop(session_id, None)) is not None:
            link, ticket = connecting
            ticket.drop()
            if link is not None:
                self._hang_up(link)
        if (left := self._links.pop(session_id, None)) is not None:
            self._hang_up(left)

    def _hang_up(self, link: _Link) -> None:
        link.hangup.fire()
        self._left.append(link)

    def refresh_buckets(self, session_id: str) -> None:
        """List the buckets again; what is shown stays until the answer is there."""
        link = self._links.get(session_id)
        if link is None:
            return

        def listed(service: Service) -> None:
            if link is self._links.get(session_id):
                now = self.connection(session_id)
                connected = replace(now, state=SessionState.CONNECTED, error=None)
                self._set(session_id, replace(connected, buckets=service.buckets))
                if link.columns_wanted:
                    self._list_bucket_columns(session_id, link)

        def failed(error: Exception) -> None:
            if link is self._links.get(session_id):
                self._told_of(session_id, error)

        self._run(link, link.client.get_service, listed, failed)

    def report_error(self, session_id: str, error: Exception) -> None:
        """A call of a session failed; where its appliance is gone, the session says so."""
        if isinstance(error, ConnectionLost):
            self.refresh_buckets(session_id)  # cut off in the midst: this tells if it is gone
        elif session_id in self._links:
            self._told_of(session_id, error)

    def _told_of(self, session_id: str, error: Exception) -> None:
        now = self.connection(session_id)
        if isinstance(error, ConnectionFailed):
            self._set(session_id, replace(now, state=SessionState.LOST, error=error))
        elif isinstance(error, BadCredentials):
            self._set(session_id, replace(now, state=SessionState.SIGN_IN_FAILED, error=error))

    def _answered(self, session_id: str) -> None:
        now = self.connection(session_id)
        if now.state is not SessionState.CONNECTED:
            self._set(session_id, replace(now, state=SessionState.CONNECTED, error=None))

    def _set(self, session_id: str, connection: Connection) -> None:
        if self.connection(session_id) != connection:
            self._connections[session_id] = connection
            self.changed.emit(session_id)

    # --- the cache gauge

    def ask_cache(self, session_id: str) -> None:
        """Learn how full the cache is. Where that may not be known it is not asked again."""
        link = self._links.get(session_id)
        if link is None or link.cache_refused:
            return

        def told(cache: CacheState) -> None:
            self._set(session_id, replace(self.connection(session_id), cache=cache))

        def refused(error: Exception) -> None:
            log.debug("the cache of a session cannot be read: %s", error)
            if isinstance(error, RequestRefused):
                link.cache_refused = isinstance(error, AccessDenied)
                self._set(session_id, replace(self.connection(session_id), cache=None))

        self._ask(session_id, link.client.cache_state, told, refused)

    # --- the further columns of a list of buckets

    def ask_bucket_columns(self, session_id: str) -> None:
        """Learn what is known of all buckets, once; listed again with them from then on."""
        link = self._links.get(session_id)
        if link is not None and not link.columns_wanted:
            link.columns_wanted = True
            self._list_bucket_columns(session_id, link)

    def _list_bucket_columns(self, session_id: str, link: _Link) -> None:
        def told(columns: Mapping[str, BucketColumns]) -> None:
            now = self.connection(session_id)
            self._set(session_id, replace(now, bucket_columns=columns))

        def failed(error: Exception) -> None:
            log.info("what is known of a session's buckets cannot be read: %s", error)

        self._ask(session_id, partial(looking_up.bucket_columns, link.client), told, failed)

    # --- listings

    def list_folder(
        self,
        place: Place,
        on_page: Callable[[Listing], None],
        on_end: Callable[[], None],
        on_error: OnError,
        *,
        marker: str | None = None,
    ) -> FolderListing:
        """List a bucket's top or a folder, page by page, until its end or `stop`.

        `marker` is where to go on. A session that is not connected ends in `on_error` with
        LookupError, later.
        """
        takers = FolderTakers(on_page, on_end, on_error)
        return FolderListing(partial(self._ask_page, place), takers, self.seen, marker, self)

    def _ask_page(
        self,
        place: Place,
        marker: str | None,
        on_result: Callable[[Listing], None],
        on_error: OnError,
    ) -> Ticket:
        link = self._links.get(place.session_id or "")

        def ask(client: Ds3Client) -> Listing:
            if place.search is not None:
                assert link is not None
                page = tasks.search_page(place, int(marker or 0), link.bucket_names(place), client)
                if place.search.ejected:
                    page = looking_up.with_ejected(page, link.ejected, client)
                return page
            return client.list_objects(
                place.bucket or "",
                prefix=place.prefix or None,
                delimiter=DELIMITER,
                marker=marker,
                max_keys=self._page_size,
            )

        return self._ask_client(place.session_id, ask, on_result, on_error)

    def ask_placements(
        self,
        session_id: str,
        bucket: str,
        names: Sequence[str],
        on_result: Callable[[Mapping[str, Placed]], None],
        on_error: OnError,
    ) -> None:
        """Learn where some objects of a bucket are, in one call."""
        link = self._links.get(session_id)

        def ask(client: Ds3Client) -> dict[str, Placed]:
            assert link is not None
            return link.ejected.told_in(tasks.placements(bucket, names, client), client)

        self._ask_client(session_id, ask, on_result, on_error)

    # --- properties and versions

    def object_facts(
        self, place: Place, name: str, on_result: Callable[[ObjectFacts], None], on_error: OnError
    ) -> None:
        """Look up all that is known of one object."""
        ask = partial(looking_up.object_facts, place.bucket or "", name)
        self._ask_client(place.session_id, ask, on_result, on_error)

    def bucket_facts(
        self, place: Place, on_result: Callable[[BucketFacts], None], on_error: OnError
    ) -> None:
        ask = partial(looking_up.bucket_facts, place.bucket or "")
        self._ask_client(place.session_id, ask, on_result, on_error)

    def delete_version(
        self,
        place: Place,
        name: str,
        version_id: str,
        on_result: Callable[[], None],
        on_error: OnError,
    ) -> None:
        """Delete one version of an object for good."""

        def delete(client: Ds3Client) -> None:
            client.delete_object(place.bucket or "", name, version_id=version_id)

        self._change_version(place, delete, on_result, on_error)

    def undelete(
        self,
        place: Place,
        name: str,
        version_id: str | None,
        on_result: Callable[[], None],
        on_error: OnError,
    ) -> None:
        """Make a version of an object the latest one again."""

        def undelete(client: Ds3Client) -> None:
            client.undelete_object(place.bucket or "", name, version_id=version_id)

        self._change_version(place, undelete, on_result, on_error)

    def _change_version(
        self,
        place: Place,
        change: Callable[[Ds3Client], None],
        on_result: Callable[[], None],
        on_error: OnError,
    ) -> None:
        def changed(_: object) -> None:
            self.listing_wanted.emit(place)
            on_result()

        self._ask_client(place.session_id, change, changed, on_error)

    # --- creating

    def create_bucket(
        self,
        session_id: str,
        name: str,
        data_policy_id: str | None,
        on_result: Callable[[], None],
        on_error: OnError,
    ) -> None:
        def create(client: Ds3Client) -> None:
            client.create_bucket(name, data_policy_id=data_policy_id)

        def created(_: object) -> None:
            self.refresh_buckets(session_id)
            on_result()

        self._ask_client(session_id, create, created, on_error)

    def data_policies(
        self,
        session_id: str,
        on_result: Callable[[tuple[DataPolicy, ...]], None],
        on_error: OnError,
    ) -> None:
        self._ask_client(session_id, lambda client: client.data_policies(), on_result, on_error)

    def create_folder(
        self,
        place: Place,
        name: str,
        on_result: Callable[[Place], None],
        on_error: OnError,
    ) -> None:
        """Make an empty folder: an object of no bytes whose name ends in a slash."""
        made = place.folder(f"{place.prefix}{name}/")

        def created(_: object) -> None:
            self.listing_wanted.emit(place)
            on_result(made)

        create = partial(tasks.create_folder, place.bucket or "", made.prefix)
        self._ask_client(place.session_id, create, created, on_error)

    def node_names(self, session_id: str, on_result: Callable[[Mapping[str, str]], None]) -> None:
        """The names of a connected session's nodes by their ids; none where they are not told."""
        link = self._links.get(session_id)
        if link is None or link.node_names is not None:
            on_result({} if link is None else link.node_names or {})
            return

        def came(names: Mapping[str, str]) -> None:
            link.node_names = names
            on_result(names)

        def failed(error: Exception) -> None:
            if isinstance(error, RequestRefused):
                came({})  # it will be refused again

        self._ask_client(session_id, tasks.node_names, came, failed)

    # --- counting and deleting

    def keeps_versions(
        self,
        place: Place,
        on_result: Callable[[Versioning | None], None],
    ) -> None:
        """Learn what the bucket's data policy does with deleted versions; None: not known."""
        ask = partial(tasks.versioning, place.bucket or "")
        self._ask_client(place.session_id, ask, on_result, lambda error: on_result(None))

    def count(
        self,
        selection: Selection,
        on_progress: Callable[[Tally], None],
        on_result: Callable[[Tally], None],
        on_error: OnError,
    ) -> Callable[[], None]:
        """Count a selection with all that lies below its folders and buckets. Returns its stop."""
        work = partial(tasks.count, selection)
        return self._long(selection.place, work, on_progress, on_result, on_error)

    def only_copies(
        self,
        selection: Selection,
        on_progress: Callable[[OnlyCopies], None],
        on_result: Callable[[OnlyCopies], None],
        on_error: OnError,
    ) -> Callable[[], None]:
        """Look for objects of a selection that are not persisted. Returns its stop."""
        work = partial(tasks.only_copies, selection)
        return self._long(selection.place, work, on_progress, on_result, on_error)

    def delete(
        self,
        selection: Selection,
        on_progress: Callable[[Deleted], None],
        on_result: Callable[[Deleted], None],
        on_error: OnError,
    ) -> Callable[[], None]:
        """Delete a selection with all that lies below its folders; buckets with all they hold.

        Returns its stop: what was deleted until then is gone.
        """
        place = selection.place

        def show_what_is_left() -> None:
            if selection.buckets:
                self.refresh_buckets(place.session_id or "")
            self.listing_wanted.emit(place)

        def ended(deleted: Deleted) -> None:
            show_what_is_left()
            on_result(deleted)

        def failed(error: Exception) -> None:
            show_what_is_left()
            on_error(error)

        work = partial(tasks.delete, selection)
        stop = self._long(place, work, on_progress, ended, failed)

        def stop_and_show() -> None:
            stop()
            show_what_is_left()

        return stop_and_show

    # --- how the appliance is asked

    def ask(
        self,
        session_id: str,
        call: Callable[[Ds3Client], Any],
        on_result: Callable[[Any], None],
        on_error: OnError,
    ) -> Ticket:
        """Ask what a doer beside this one wants to know. It is not asked where not connected."""
        return self._ask_client(session_id, call, on_result, on_error)

    def _long(
        self,
        place: Place,
        work: Callable[[Ds3Client, Callable[[Any], None]], Any],
        on_progress: Callable[[Any], None],
        on_result: Callable[[Any], None],
        on_error: OnError,
    ) -> Callable[[], None]:
        """A call that tells how far it is, and that can be stopped."""
        stopped = threading.Event()
        self._stops.add(stopped)

        def tell(progress: Any) -> None:  # in the call's thread
            if stopped.is_set():
                raise _Stopped
            self._told.emit(show, progress)

        def show(progress: Any) -> None:
            if not stopped.is_set():
                on_progress(progress)

        def end(take: Callable[[Any], None], answer: Any) -> None:
            self._stops.discard(stopped)
            if not stopped.is_set():
                take(answer)

        ticket = self._ask_client(
            place.session_id,
            lambda client: work(client, tell),
            partial(end, on_result),
            partial(end, on_error),
        )

        def stop() -> None:
            stopped.set()
            self._stops.discard(stopped)
            ticket.drop()

        return stop

    @Slot(object, object)
    def _tell(self, take: Callable[[Any], None], progress: Any) -> None:
        take(progress)

    def _ask_client(
        self,
        session_id: str | None,
        ask: Callable[[Ds3Client], Any],
        on_result: Callable[[Any], None],
        on_error: OnError,
    ) -> Ticket:
        client = self.client(session_id or "")
        call = _not_asked if client is None else partial(ask, client)
        return self._ask(session_id or "", call, on_result, on_error)

    def _ask(
        self,
        session_id: str,
        call: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: OnError,
    ) -> Ticket:
        """Ask over a session's connection. Once that was left, the answer is a LookupError."""
        link = self._links.get(session_id)

        def came(answer: Any) -> None:
            if link is not self._links.get(session_id):
                on_error(LookupError("the session was disconnected"))
                return
            self._answered(session_id)
            on_result(answer)

        def failed(error: Exception) -> None:
            if link is not self._links.get(session_id):
                error = LookupError("the session was disconnected")
            self.report_error(session_id, error)
            on_error(error)

        return self._run(link, call, came, failed)

    def _run(
        self,
        link: _Link | None,
        call: Callable[[], Any],
        on_result: Callable[[Any], None],
        on_error: OnError,
    ) -> Ticket:
        def under_hangup() -> Any:
            under = contextlib.nullcontext() if link is None else link.client.under(link.hangup)
            with under:
                return call()

        return self._calls.run_call(under_hangup, on_result, on_error)

    def close(self) -> None:
        """Drop what is under way, wait for its threads, and close all connections."""
        for stopped in self._stops:
            stopped.set()
        connecting = [link for link, _ in self._connecting.values() if link is not None]
        links = [*self._links.values(), *connecting, *self._left]
        for link in links:
            link.hangup.fire()
        self._calls.close()
        for link in links:
            link.client.close()
        self._links.clear()


def _not_asked() -> None:
    raise LookupError("the session is not connected")
