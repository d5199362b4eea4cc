"""The keychain beside a real Secret Service, on a bus and in a home of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = ("dbus-run-session", "gnome-keyring-daemon")
ROOT = Path(__file__).parents[2]
SECRET = "s€cret/+= nobody else has 7431"

UNLOCKED = """
printf 'a password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
exec "$@"
"""

STORY = """
import sys
from ds3_browser.gui import keychain

secret = sys.stdin.readline().rstrip("\\n")
assert keychain.find() == "Secret Service", keychain.find()
assert keychain.read("one") is None
keychain.forget("one")
keychain.write("one", "old")
keychain.write("one", secret)
keychain.write("two", "other")
assert keychain.read("one") == secret
keychain.forget("one")
assert keychain.read("one") is None
assert keychain.read("two") == "other"
keychain.write("one", secret)
print("told")
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"{missing} not found: sudo apt-get install dbus-daemon gnome-keyring")
    assert not missing
    tmp_path.chmod(0o700)
    return tmp_path


def test_keys_are_kept_in_a_real_secret_service_and_in_no_clear_text(home: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DBUS_")},
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("PYTHON_KEYRING_BACKEND", None)
    ended = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", UNLOCKED, "sh", sys.executable, "-c", STORY],
        input=SECRET + "\n",
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=50,
        check=False,
    )
    assert "told" in ended.stdout, ended.stderr
    assert SECRET not in ended.stdout + ended.stderr
    kept = [file for file in home.rglob("*") if file.is_file()]
    assert any(file.suffix == ".keyring" for file in kept)
    assert not [file for file in kept if SECRET.encode() in file.read_bytes()]
