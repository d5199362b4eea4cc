"""What is kept from one start to the next: window state, theme, saved sessions, last folders.

An INI file with a schema number. No secret is ever written here. A value that cannot be read falls
back alone, with a line in the log, and the rest stands.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from PySide6.QtCore import QByteArray

from ds3_browser.gui.format import Units
from ds3_browser.gui.job_options import UploadDefaults
from ds3_browser.gui.notices import Kind
from ds3_browser.gui.places import Place
from ds3_browser.gui.store import Store
from ds3_browser.gui.theme import Density, Theme
from ds3_browser.transfer.checks import Conflict
from ds3_browser.transfer.get import Existing
from ds3_browser.transfer.specs import MAX_OBJECTS_PER_JOB

log = logging.getLogger(__name__)

SCHEMA = 1
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MOST_AT_ONCE = 32
WIDEST = 2**24 - 1  # pixels; Qt's own bound for a widget
FASTEST = 10**12  # bytes a second; a limit beyond is none
MOST_OPEN = 200  # places unfolded in the sidebar; each is listed anew at the next start

REFRESH_S = (30, 60, 300, 0)  # the first is the usual
TWICE = (Conflict.KEEP_FIRST, Conflict.NUMBER, Conflict.LEAVE_OUT)
RECENT = (Conflict.SEND, Conflict.LEAVE_OUT)
LINKS = (Conflict.SEND, Conflict.FOLLOW, Conflict.LEAVE_OUT)
FOLDERS = ("folders/local", "folders/upload", "folders/download")

_Kind = TypeVar("_Kind", dict[str, Any], list[Any])


class Settings:
    """The settings of one data folder. They reach the disk soon, and by `save` before it returns.

    A session in `own_files` has its places in a file of its own.
    """

    def __init__(self, file: Path, own_files: Mapping[str, Path] = MappingProxyType({})) -> None:
        self._store = Store(file)
        self._folders_there: set[str] = set()
        self.folders_looked_at = False  # whether it is known which are there
        self._own = {session_id: Store(own) for session_id, own in own_files.items()}
        found = self._number("schema", SCHEMA)
        if found > SCHEMA:
            log.warning("settings of a newer version (schema %d) are read as far as known", found)
        else:
            self._store.set("schema", str(SCHEMA))

    def save(self) -> None:
        for store in (self._store, *self._own.values()):
            store.save()

    # -- window ---------------------------------------------------------------------------------

    @property
    def theme(self) -> Theme:
        text = self._text("view/theme")
        try:
            return Theme(text) if text else Theme.SYSTEM
        except ValueError:
            log.warning("theme %r is not known", text)
            return Theme.SYSTEM

    @theme.setter
    def theme(self, theme: Theme) -> None:
        self._store.set("view/theme", theme.value)

    @property
    def density(self) -> Density:
        text = self._text("view/density")
        try:
            return Density[text.upper()] if text else Density.NORMAL
        except KeyError:
            log.warning("density %r is not known", text)
            return Density.NORMAL

    @density.setter
    def density(self, density: Density) -> None:
        self._store.set("view/density", density.name.lower())

    @property
    def contrast(self) -> bool:
        """Whether borders and lines are drawn stronger."""
        return self._text("view/contrast") == "true"

    @contrast.setter
    def contrast(self, strong: bool) -> None:
        self._store.set("view/contrast", "true" if strong else "false")

    def window_state(self, name: str) -> QByteArray | None:
        """Return what Qt saved of a window, splitter or header, None if there is nothing."""
        value = self._store.value(f"window/{name}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def keep_window_state(self, name: str, state: QByteArray) -> None:
        self._store.set(f"window/{name}", state)

    @property
    def sidebar_width(self) -> int | None:
        """The sidebar's width in a wide window, None while nobody chose one."""
        width = self._number("window/sidebar", 0)
        return width if 0 < width <= WIDEST else None

    @sidebar_width.setter
    def sidebar_width(self, width: int) -> None:
        self._store.set("window/sidebar", str(width))

    def forget_window(self) -> None:
        """Forget place, size and splitters, so that the window opens as new."""
        self._store.remove("window")

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._text(f"window/{name}")
        return default if value is None else value == "true"

    def keep_flag(self, name: str, value: bool) -> None:
        self._store.set(f"window/{name}", "true" if value else "false")

    # -- what happens by itself -----------------------------------------------------------------

    @property
    def notice_sound(self) -> bool:
        """Whether a notice is heard too; off at first."""
        return self._text("notices/sound") == "true"

    @notice_sound.setter
    def notice_sound(self, wanted: bool) -> None:
        self._store.set("notices/sound", "true" if wanted else "false")

    def wants_notice(self, kind: Kind) -> bool:
        return self._text(f"notices/{kind.value}") != "false"

    def keep_wants_notice(self, kind: Kind, wanted: bool) -> None:
        self._store.set(f"notices/{kind.value}", "true" if wanted else "false")

    @property
    def units(self) -> Units:
        text = self._text("general/units")
        return Units.BINARY if text == "binary" else Units.DECIMAL

    @units.setter
    def units(self, units: Units) -> None:
        self._store.set("general/units", units.name.lower())

    @property
    def uploads_at_once(self) -> int:
        return self._at_once("transfers/uploads", 2)

    @uploads_at_once.setter
    def uploads_at_once(self, number: int) -> None:
        self._store.set("transfers/uploads", str(number))

    @property
    def downloads_at_once(self) -> int:
        return self._at_once("transfers/downloads", 2)

    @downloads_at_once.setter
    def downloads_at_once(self, number: int) -> None:
        self._store.set("transfers/downloads", str(number))

    @property
    def blobs_at_once(self) -> int:
        """Blobs of one appliance that move at once."""
        return self._at_once("transfers/blobs", 4)

    @blobs_at_once.setter
    def blobs_at_once(self, number: int) -> None:
        self._store.set("transfers/blobs", str(number))

    @property
    def continue_at_start(self) -> bool:
        """Whether the jobs of the last run go on without a question."""
        return self._text("transfers/continue") == "true"

    @continue_at_start.setter
    def continue_at_start(self, wanted: bool) -> None:
        self._store.set("transfers/continue", "true" if wanted else "false")

    @property
    def always_check(self) -> bool:
        """Whether the form of an upload is shown even where nothing is doubtful."""
        return self._text("uploads/always_check") == "true"

    @always_check.setter
    def always_check(self, wanted: bool) -> None:
        self._store.set("uploads/always_check", "true" if wanted else "false")

    @property
    def upload_defaults(self) -> UploadDefaults:
        """What the form of an upload offers at first."""
        return UploadDefaults(
            self.like_there,
            self.unlike_there,
            self.file_attributes,
            self.skip_system_files,
            self.twice,
            self.recent,
            self.links,
        )

    @property
    def like_there(self) -> Conflict:
        """What becomes of files that may be what is in the bucket already."""
        return self._conflict("uploads/like_there") or Conflict.LEAVE_OUT

    @like_there.setter
    def like_there(self, conflict: Conflict) -> None:
        self._store.set("uploads/like_there", conflict.value)

    @property
    def unlike_there(self) -> Conflict | None:
        """What becomes of files that differ from what is there; None: asked each time."""
        return self._conflict("uploads/unlike_there")

    @unlike_there.setter
    def unlike_there(self, conflict: Conflict | None) -> None:
        self._store.set("uploads/unlike_there", "" if conflict is None else conflict.value)

    @property
    def twice(self) -> Conflict | None:
        """What becomes of files with the name of another one; None: asked each time."""
        return self._one_of("uploads/twice", TWICE)

    @twice.setter
    def twice(self, conflict: Conflict | None) -> None:
        self._store.set("uploads/twice", "" if conflict is None else conflict.value)

    @property
    def recent(self) -> Conflict:
        """What becomes of files that changed in the last minute."""
        return self._one_of("uploads/recent", RECENT) or Conflict.SEND

    @recent.setter
    def recent(self, conflict: Conflict) -> None:
        self._store.set("uploads/recent", conflict.value)

    @property
    def links(self) -> Conflict:
        """What becomes of links and empty folders, as in `UploadDefaults`."""
        return self._one_of("uploads/links", LINKS) or Conflict.SEND

    @links.setter
    def links(self, conflict: Conflict) -> None:
        self._store.set("uploads/links", conflict.value)

    @property
    def file_attributes(self) -> bool:
        """Whether times and owners of files go with them."""
        return self._text("uploads/file_attributes") != "false"

    @file_attributes.setter
    def file_attributes(self, wanted: bool) -> None:
        self._store.set("uploads/file_attributes", "true" if wanted else "false")

    @property
    def skip_system_files(self) -> bool:
        """Whether files that systems leave in folders stay here."""
        return self._text("uploads/skip_system_files") != "false"

    @skip_system_files.setter
    def skip_system_files(self, wanted: bool) -> None:
        self._store.set("uploads/skip_system_files", "true" if wanted else "false")

    @property
    def existing(self) -> Existing:
        """What a download does with files that are there, at first."""
        text = self._text("downloads/existing")
        try:
            return Existing(text) if text else Existing.KEEP_BOTH
        except ValueError:
            log.warning("downloads/existing in the settings is not known: %r", text)
            return Existing.KEEP_BOTH

    @existing.setter
    def existing(self, existing: Existing) -> None:
        self._store.set("downloads/existing", existing.value)

    @property
    def speed_limit(self) -> int | None:
        """Bytes a second of the whole program; None for as fast as it goes."""
        number = self._number("transfers/speed_limit", 0)
        return number if 0 < number <= FASTEST else None

    @speed_limit.setter
    def speed_limit(self, bytes_per_s: int | None) -> None:
        self._store.set("transfers/speed_limit", str(bytes_per_s or 0))

    @property
    def limited_from(self) -> int:
        """The hour of the day, in local time, from which the limit of speed holds."""
        return self._hour("transfers/limited_from")

    @limited_from.setter
    def limited_from(self, hour: int) -> None:
        self._store.set("transfers/limited_from", str(hour))

    @property
    def limited_until(self) -> int:
        """The hour at which it ends; the same as it begins: all day."""
        return self._hour("transfers/limited_until")

    @limited_until.setter
    def limited_until(self, hour: int) -> None:
        self._store.set("transfers/limited_until", str(hour))

    @property
    def objects_per_job(self) -> int:
        """Objects of one job on the appliance, at most; more become several."""
        number = self._number("transfers/objects_per_job", MAX_OBJECTS_PER_JOB)
        return number if 1 <= number <= MAX_OBJECTS_PER_JOB else MAX_OBJECTS_PER_JOB

    @objects_per_job.setter
    def objects_per_job(self, number: int) -> None:
        self._store.set("transfers/objects_per_job", str(number))

    @property
    def log_level(self) -> str:
        text = (self._text("advanced/log_level") or "INFO").upper()
        return text if text in LEVELS else "INFO"

    @log_level.setter
    def log_level(self, level: str) -> None:
        self._store.set("advanced/log_level", level)

    @property
    def keep_awake(self) -> bool:
        """Whether this computer shall not sleep while something is transferred."""
        return self._text("transfers/keep_awake") != "false"

    @keep_awake.setter
    def keep_awake(self, wanted: bool) -> None:
        self._store.set("transfers/keep_awake", "true" if wanted else "false")

    @property
    def language(self) -> str:
        """The code of the language to speak, "" for the system's."""
        return self._text("general/language") or ""

    @language.setter
    def language(self, code: str) -> None:
        self._store.set("general/language", code)

    @property
    def return_at_start(self) -> bool:
        """Whether a session that is connected at the start is shown where its user was last."""
        return self._text("general/return_at_start") != "false"

    @return_at_start.setter
    def return_at_start(self, wanted: bool) -> None:
        self._store.set("general/return_at_start", "true" if wanted else "false")

    @property
    def look_up_placements(self) -> bool:
        """Whether appliances are asked where the objects in view are."""
        return self._text("appliances/placements") != "false"

    @look_up_placements.setter
    def look_up_placements(self, wanted: bool) -> None:
        self._store.set("appliances/placements", "true" if wanted else "false")

    @property
    def refresh_s(self) -> int:
        """Seconds from one look at an appliance's cache and jobs to the next; 0: none by itself."""
        number = self._number("appliances/refresh", REFRESH_S[0])
        return number if number in REFRESH_S else REFRESH_S[0]

    @refresh_s.setter
    def refresh_s(self, seconds: int) -> None:
        self._store.set("appliances/refresh", str(seconds))

    @property
    def to_tray(self) -> bool:
        """Whether closing the window leaves the program in the tray, where there is one."""
        return self._text("general/to_tray") == "true"

    @to_tray.setter
    def to_tray(self, wanted: bool) -> None:
        self._store.set("general/to_tray", "true" if wanted else "false")

    def columns(self, table: str) -> dict[str, bool]:
        """Return which columns of a table the user showed or hid, by their names."""
        kept = self._json(f"window/columns/{table}", dict)
        return {name: shown for name, shown in kept.items() if isinstance(shown, bool)}

    def keep_columns(self, table: str, chosen: Mapping[str, bool]) -> None:
        self._store.set(f"window/columns/{table}", json.dumps(dict(chosen)))

    def widths(self, table: str) -> dict[str, int]:
        """Return how wide the user made which columns of a table, by their names."""
        kept = self._json(f"window/widths/{table}", dict)
        return {name: wide for name, wide in kept.items() if type(wide) is int and 0 < wide < 4000}

    def keep_widths(self, table: str, chosen: Mapping[str, int]) -> None:
        self._store.set(f"window/widths/{table}", json.dumps(dict(chosen)))

    def order(self, table: str) -> list[tuple[str, bool]]:
        """Return by which columns a table is ordered: (name, descending), the first one first."""
        kept = self._json(f"window/order/{table}", list)
        return [
            (one[0], one[1])
            for one in kept
            if isinstance(one, list) and [type(part) for part in one] == [str, bool]
        ]

    def keep_order(self, table: str, order: Iterable[tuple[str, bool]]) -> None:
        self._store.set(f"window/order/{table}", json.dumps(list(order)))

    # -- places ---------------------------------------------------------------------------------

    def last_place(self, session_id: str) -> Place | None:
        """Return the bucket or folder where the user was last in a session, None if in none."""
        kept = self._json(f"places/{session_id}/last", list, self._store_of(session_id))
        place = _place(session_id, kept)
        return None if place is None or place.bucket is None else place

    def keep_last_place(self, place: Place) -> None:
        store = self._store_of(place.session_id or "")
        store.set(f"places/{place.session_id}/last", json.dumps(_parts(place)))

    def last_target(self, session_id: str) -> str | None:
        """Return the folder that a session last downloaded to."""
        kept = self._store_of(session_id).value(f"places/{session_id}/target")
        return kept if isinstance(kept, str) and kept else None

    def keep_last_target(self, session_id: str, folder: str) -> None:
        self._store_of(session_id).set(f"places/{session_id}/target", folder)

    def open_places(self, session_id: str) -> set[Place]:
        """Return what was unfolded in the sidebar of a session."""
        kept = self._json(f"places/{session_id}/open", list, self._store_of(session_id))
        places = (_place(session_id, parts) for parts in kept[:MOST_OPEN])
        return {place for place in places if place is not None}

    def keep_open_places(self, session_id: str, places: Iterable[Place]) -> None:
        parts = sorted(_parts(place) for place in places)[:MOST_OPEN]
        self._store_of(session_id).set(f"places/{session_id}/open", json.dumps(parts))

    def forget_places(self, session_id: str) -> None:
        self._store_of(session_id).remove(f"places/{session_id}")

    def _store_of(self, session_id: str) -> Store:
        return self._own.get(session_id, self._store)

    # -- folders --------------------------------------------------------------------------------

    @property
    def upload_folder(self) -> str | None:
        """The folder of this computer that was last uploaded from, if it is known to be there."""
        return self._folder("folders/upload")

    @upload_folder.setter
    def upload_folder(self, folder: str) -> None:
        self._keep_folder("folders/upload", folder)

    @property
    def local_folder(self) -> str | None:
        """The folder that the local files showed last, if it is known to be there."""
        return self._folder("folders/local")

    @local_folder.setter
    def local_folder(self, folder: str) -> None:
        self._keep_folder("folders/local", folder)

    @property
    def download_folder(self) -> str | None:
        return self._folder("folders/download")

    @download_folder.setter
    def download_folder(self, folder: str) -> None:
        self._keep_folder("folders/download", folder)

    def kept_folders(self) -> dict[str, str]:
        """Return what is kept of folders, by key: whoever looks which are there tells it here."""
        found = ((key, self._text(key)) for key in FOLDERS)
        return {key: folder for key, folder in found if folder}

    def folder_is_there(self, key: str) -> None:
        self._folders_there.add(key)

    def _folder(self, key: str) -> str | None:
        return self._text(key) or None if key in self._folders_there else None

    def _keep_folder(self, key: str, folder: str) -> None:
        self._folders_there.add(key)
        self._store.set(key, folder)

    # -- sessions -------------------------------------------------------------------------------

    def sessions(self) -> list[dict[str, Any]]:
        """Return the saved sessions' fields; one that cannot be read is left out alone."""
        found = []
        for text in self._texts("sessions"):
            try:
                fields = json.loads(text)
            except (ValueError, RecursionError):
                fields = None
            if isinstance(fields, dict):
                found.append(fields)
            else:
                log.warning("a saved session cannot be read and is left out")
        return found

    def keep_sessions(self, sessions: Iterable[Mapping[str, Any]]) -> None:
        texts = [json.dumps(dict(fields), ensure_ascii=False) for fields in sessions]
        self._store.set("sessions", texts)

    # -- reading --------------------------------------------------------------------------------

    def _text(self, key: str, store: Store | None = None) -> str | None:
        value = (store or self._store).value(key)
        if value is None:
            return None
        if not isinstance(value, str):
            log.warning("%s in the settings is no text", key)
            return None
        return value

    def _texts(self, key: str) -> list[str]:
        """A list of one comes back from an INI file as a text, an empty one as None."""
        value = self._store.value(key)
        values = [value] if isinstance(value, str) else value
        return [one for one in values if isinstance(one, str)] if isinstance(values, list) else []

    def _at_once(self, key: str, default: int) -> int:
        number = self._number(key, default)
        return number if 1 <= number <= MOST_AT_ONCE else default

    def _hour(self, key: str) -> int:
        hour = self._number(key, 0)
        return hour if 0 <= hour <= 23 else 0

    def _conflict(self, key: str) -> Conflict | None:
        text = self._text(key)
        try:
            return Conflict(text) if text else None
        except ValueError:
            log.warning("%s in the settings is not known: %r", key, text)
            return None

    def _one_of(self, key: str, known: tuple[Conflict, ...]) -> Conflict | None:
        found = self._conflict(key)
        return found if found in known else None

    def _json(self, key: str, kind: type[_Kind], store: Store | None = None) -> _Kind:
        """Return what JSON holds, or an empty one of its kind."""
        text = self._text(key, store)
        if text is None:
            return kind()
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, kind):
            return value
        log.warning("%s in the settings cannot be read", key)
        return kind()

    def _number(self, key: str, default: int) -> int:
        text = self._text(key)
        try:
            return default if text is None else int(text)
        except ValueError:
            log.warning("%s in the settings is no number: %r", key, text)
            return default


def _parts(place: Place) -> list[str]:
    """Return a place as it is kept below its session: nothing, or bucket and prefix."""
    return [] if place.bucket is None else [place.bucket, place.prefix]


def _place(session_id: str, parts: Any) -> Place | None:
    """Any: what JSON held. None where that is no place."""
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return None
    return Place(session_id, *parts) if len(parts) in (0, 2) else None
