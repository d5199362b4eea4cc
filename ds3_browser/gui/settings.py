"""What is kept from one start to the next: window state, theme, saved sessions, last folders.

An INI file with a schema number. No secret is ever written here. A value that cannot be read falls
back alone, with a line in the log, and the rest stands.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from ds3_browser.gui.theme import Theme

log = logging.getLogger(__name__)

SCHEMA = 1


class Settings:
    """The settings of one data folder. Values are written at once, and to disk by `save`."""

    def __init__(self, file: Path) -> None:
        self._store = QSettings(str(file), QSettings.Format.IniFormat)
        if self._store.status() is not QSettings.Status.NoError:
            log.warning("%s cannot be read as settings; starting with none", file)
        found = self._number("schema", SCHEMA)
        if found > SCHEMA:
            log.warning("settings of a newer version (schema %d) are read as far as known", found)
        else:
            self._store.setValue("schema", str(SCHEMA))

    def save(self) -> None:
        self._store.sync()

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
        self._store.setValue("view/theme", theme.value)

    def window_state(self, name: str) -> QByteArray | None:
        """Return what Qt saved of a window, splitter or header, None if there is nothing."""
        value = self._store.value(f"window/{name}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def keep_window_state(self, name: str, state: QByteArray) -> None:
        self._store.setValue(f"window/{name}", state)

    @property
    def sidebar_width(self) -> int | None:
        """The sidebar's width in a wide window, None while nobody chose one."""
        return self._number("window/sidebar", 0) or None

    @sidebar_width.setter
    def sidebar_width(self, width: int) -> None:
        self._store.setValue("window/sidebar", str(width))

    def forget_window(self) -> None:
        """Forget place, size and splitters, so that the window opens as new."""
        self._store.remove("window")

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._text(f"window/{name}")
        return default if value is None else value == "true"

    def keep_flag(self, name: str, value: bool) -> None:
        self._store.setValue(f"window/{name}", "true" if value else "false")

    # -- folders --------------------------------------------------------------------------------

    @property
    def upload_folder(self) -> str | None:
        """The folder of this computer that was last uploaded from, if it is still there."""
        return self._folder("folders/upload")

    @upload_folder.setter
    def upload_folder(self, folder: str) -> None:
        self._store.setValue("folders/upload", folder)

    @property
    def download_folder(self) -> str | None:
        return self._folder("folders/download")

    @download_folder.setter
    def download_folder(self, folder: str) -> None:
        self._store.setValue("folders/download", folder)

    # -- sessions -------------------------------------------------------------------------------

    def sessions(self) -> list[dict[str, Any]]:
        """Return the saved sessions' fields; one that cannot be read is left out alone."""
        found = []
        for text in self._texts("sessions"):
            try:
                fields = json.loads(text)
            except ValueError:
                fields = None
            if isinstance(fields, dict):
                found.append(fields)
            else:
                log.warning("a saved session cannot be read and is left out")
        return found

    def keep_sessions(self, sessions: Iterable[Mapping[str, Any]]) -> None:
        texts = [json.dumps(dict(fields), ensure_ascii=False) for fields in sessions]
        self._store.setValue("sessions", texts)

    # -- reading --------------------------------------------------------------------------------

    def _text(self, key: str) -> str | None:
        value = self._store.value(key)
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

    def _number(self, key: str, default: int) -> int:
        text = self._text(key)
        try:
            return default if text is None else int(text)
        except ValueError:
            log.warning("%s in the settings is no number: %r", key, text)
            return default

    def _folder(self, key: str) -> str | None:
        text = self._text(key)
        return text if text and Path(text).is_dir() else None
