"""Settings that somebody or something broke: each value falls back alone, and nothing raises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QSettings

from ds3_browser.gui.settings import Settings

DEEP = "[" * 100_000
BROKEN: list[Any] = [
    "", "nan", "-1", "0", "9" * 30, "9" * 5000, "1e400", "\x00", "/" + "x" * 5000, "{}", "[]",
    "[[1]]", '{"id": 1}', "[null]", '["\\ud800"]', DEEP, QByteArray(b"\xff\x00\x01"), b"\xff",
    ["a", "b"], [1, None], {"a": 1}, 10**15, -5, float("nan"), float("inf"), True,
]  # fmt: skip
PROPERTIES = sorted(name for name, one in vars(Settings).items() if isinstance(one, property))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.sampled_from(BROKEN) | TEXTS | st.binary(max_size=20).map(QByteArray)


def read_all(found: Settings) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(found, name) for name in PROPERTIES}
    values["window"] = found.window_state("main")
    values["flag"] = found.flag("dock")
    values["columns"] = found.columns("objects")
    values["order"] = found.order("objects")
    values["last"] = found.last_place("s")
    values["open"] = found.open_places("s")
    values["sessions"] = found.sessions()
    return values


def every_key(folder: Path) -> list[str]:
    """Return each key that settings write: all properties set, and all that has a name."""
    file = folder / "written.ini"
    written = Settings(file)
    for name in PROPERTIES:
        if vars(Settings)[name].fset is not None:
            setattr(written, name, getattr(written, name) or vars_default(name))
    written.save()
    keys = QSettings(str(file), QSettings.Format.IniFormat).allKeys()
    named = "window/main window/dock window/columns/objects window/order/objects"
    return [*keys, *named.split(), "places/s/last", "places/s/open", "sessions"]


def vars_default(name: str) -> Any:
    """A value for what is nothing at first."""
    if name.endswith("folder"):
        return str(Path.home())
    return None if name in ("unlike_there", "twice") else 1


def with_value(file: Path, values: dict[str, Any]) -> Settings:
    file.unlink(missing_ok=True)
    store = QSettings(str(file), QSettings.Format.IniFormat)
    store.clear()
    for key, value in values.items():
        store.setValue(key, value)
    store.sync()
    return Settings(file)


@pytest.mark.parametrize("value", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_value_falls_back_and_is_of_its_kind(tmp_path: Path, value: Any) -> None:
    plain = read_all(Settings(tmp_path / "none.ini"))
    for key in every_key(tmp_path):
        found = read_all(with_value(tmp_path / "broken.ini", {key: value}))
        changed = [name for name in plain if plain[name] != found[name]]
        # upload_defaults repeats seven others; all else is told by one key alone.
        assert len([name for name in changed if name != "upload_defaults"]) <= 1, (key, changed)
        for name in changed:
            if plain[name] is not None and found[name] is not None:
                assert isinstance(found[name], type(plain[name])), (key, name)


@effort(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_all_values_broken_at_once_are_read(tmp_path: Path, data: st.DataObject) -> None:
    keys = every_key(tmp_path)
    values = {key: data.draw(VALUES, key) for key in keys}
    found = read_all(with_value(tmp_path / "broken.ini", values))
    assert 1 <= found["blobs_at_once"] <= 32
    assert found["sidebar_width"] is None or 0 < found["sidebar_width"] < 2**24
    assert found["speed_limit"] is None or found["speed_limit"] > 0


def test_a_last_folder_whose_name_no_disk_takes_is_none(tmp_path: Path) -> None:
    found = with_value(tmp_path / "broken.ini", {"folders/upload": "/" + "x" * 5000})
    assert found.upload_folder is None
