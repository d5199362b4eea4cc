"""The settings' file: written by a thread of its own, in order, and whole when it is asked for."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from ds3_browser.gui import store
from ds3_browser.gui.store import Store


def test_what_is_kept_is_in_the_file_and_comes_back(tmp_path: Path) -> None:
    kept = Store(tmp_path / "s.ini")
    kept.set("view/theme", "dark")
    kept.set("window/geometry", QByteArray(b"\x00\xff"))
    kept.set("sessions", ["a", "é, b"])
    kept.save()
    again = Store(tmp_path / "s.ini")
    assert again.value("view/theme") == "dark"
    assert again.value("window/geometry") == QByteArray(b"\x00\xff")
    assert again.value("sessions") == ["a", "é, b"]
    assert again.value("never") is None


def test_what_is_forgotten_goes_with_all_below_it(tmp_path: Path) -> None:
    kept = Store(tmp_path / "s.ini")
    for key in ("window", "window/a", "window/b/c", "windows"):
        kept.set(key, "1")
    kept.remove("window")
    assert [kept.value(key) for key in ("window", "window/a", "windows")] == [None, None, "1"]
    kept.set("window/a", "2")
    kept.save()
    raw = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    assert sorted(raw.allKeys()) == ["window/a", "windows"]


def test_the_thread_that_changes_a_value_writes_nothing(tmp_path: Path, monkeypatch) -> None:
    wrote: list[str] = []
    usual = store._write

    def write(file: Path, changes: list[tuple[str, object]]) -> bool:
        wrote.append(threading.current_thread().name)
        return usual(file, changes)

    monkeypatch.setattr(store, "_write", write)
    kept = Store(tmp_path / "s.ini")
    for number in range(100):
        kept.set("a", str(number))
    kept.save()
    assert set(wrote) == {"settings"}
    assert len(wrote) < 100
    assert Store(tmp_path / "s.ini").value("a") == "99"


def test_what_the_disk_refused_is_written_when_there_is_room(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    kept = Store(tmp_path / "home" / "s.ini")
    kept.set("a", "1")
    kept.save()
    (tmp_path / "home").unlink()
    kept.set("b", "2")
    kept.save()
    again = Store(tmp_path / "home" / "s.ini")
    assert (again.value("a"), again.value("b")) == ("1", "2")


def test_what_the_disk_refused_is_tried_once_more_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    kept = Store(tmp_path / "home" / "s.ini")
    kept.set("a", "1")
    kept.save()
    (tmp_path / "home").unlink()
    kept.save()
    assert Store(tmp_path / "home" / "s.ini").value("a") == "1"


def test_a_disk_that_does_not_answer_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(store, "_write", lambda _file, _changes: answers.wait(60))
    monkeypatch.setattr(store, "END_WITHIN_S", 0.05)
    kept = Store(tmp_path / "s.ini")
    kept.set("a", "1")
    assert kept.value("a") == "1"
    kept.save()
    assert "the disk does not answer" in caplog.text
    answers.set()
    monkeypatch.undo()
    assert store.finish()


def test_an_end_without_a_save_writes_what_was_kept(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from ds3_browser.gui.store import Store;"
        "Store(Path(sys.argv[1])).set('a', 'é')"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "s.ini")], check=True)
    assert Store(tmp_path / "s.ini").value("a") == "é"
