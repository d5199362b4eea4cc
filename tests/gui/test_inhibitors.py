"""Keeping the computer awake over D-Bus, against services of our own on a private bus."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ds3_browser

ROOT = Path(ds3_browser.__file__).resolve().parents[1]

# A service that answers Inhibit, and a program that asks it: in one process, on a bus of its own.
SCRIPT = """
import os, sys, threading
from jeepney import HeaderFields, MessageType, new_method_return
from jeepney.io.blocking import open_dbus_connection
from jeepney.bus_messages import message_bus

name, path, asked = sys.argv[1], sys.argv[2], []
service = open_dbus_connection(os.environ["DBUS_SESSION_BUS_ADDRESS"], enable_fds=True)
service.send_and_get_reply(message_bus.RequestName(name))

def serve():
    while True:
        message = service.receive()
        fields = message.header.fields
        if message.header.message_type is not MessageType.method_call:
            continue
        asked.append((fields[HeaderFields.member], fields[HeaderFields.sender], message.body))
        if "login1" in name:
            reading, writing = os.pipe()
            held.append(reading)
            service.send(new_method_return(message, "h", (writing,)))
            os.close(writing)
        else:
            service.send(new_method_return(message, "u", (77,)))

held = []
threading.Thread(target=serve, daemon=True).start()

from ds3_browser.gui import inhibitors

release = inhibitors.inhibit()
member, sender, body = asked[-1]
print(member, *body)
if "login1" in name:
    os.set_blocking(held[0], False)
    try:
        os.read(held[0], 1)
        print("let go")
    except BlockingIOError:
        print("held")
    os.set_blocking(held[0], True)
    release()
    print("let go" if os.read(held[0], 1) == b"" else "held")
else:
    print("held" if len(asked) == 1 else "let go")
    release()
    print("let go" if asked[1:] == [("UnInhibit", sender, (77,))] else asked)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="D-Bus is Linux's")
@pytest.mark.parametrize(
    ("name", "path", "asked"),
    [
        (
            "org.freedesktop.ScreenSaver",
            "/org/freedesktop/ScreenSaver",
            "Inhibit DS3 Browser Transferring to or from an archive",
        ),
        (
            "org.freedesktop.login1",
            "/org/freedesktop/login1",
            "Inhibit sleep DS3 Browser Transferring to or from an archive block",
        ),
    ],
    ids=["screen saver", "login manager"],
)
def test_the_computer_is_held_and_let_go(tmp_path, name, path, asked):
    if shutil.which("dbus-run-session") is None:
        assert "CI" not in os.environ, "apt-get install dbus"
        pytest.skip("dbus-run-session is missing: apt-get install dbus")
    pytest.importorskip("jeepney", reason="comes with keyring on Linux")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    # The private bus stands for the system's too, where the login manager lives.
    command = 'DBUS_SYSTEM_BUS_ADDRESS="$DBUS_SESSION_BUS_ADDRESS" exec "$0" "$@"'
    environ = {key: value for key, value in os.environ.items() if not key.startswith("DBUS_")}
    ended = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", command, sys.executable, str(script), name, path],
        env={**environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.stdout.splitlines() == [asked, "held", "let go"], ended.stderr
