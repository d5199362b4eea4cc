"""Real drag and drop: a second program under an X server drags files onto the window."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = {"Xvfb": "xvfb", "xdotool": "xdotool"}
# What Qt's platform for X11 loads, and a bare system lacks.
LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
}
SCENES = (
    "onto_a_folder_row",
    "onto_a_folder_of_the_sidebar",
    "hovering_opens_a_bucket_of_the_sidebar",
    "onto_a_session_is_refused",
    "from_the_local_pane_onto_the_list",
    "objects_onto_the_local_pane",
    "objects_onto_a_bucket_are_refused",
    "a_queued_job_before_another",
)


def can_load(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server of our own, which chooses its number and writes it to a pipe."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    missing += [package for library, package in LIBRARIES.items() if not can_load(library)]
    if missing:
        line = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(f"these tests must run here: {line}")
        pytest.skip(f"tools are missing: {line}")
    read_end, write_end = os.pipe()
    words = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1440x900x24"]
    server = subprocess.Popen(
        [*words, "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        number = pipe.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.ui("14.2", "files on a folder row or in the sidebar go into it, hovering opens it")
@pytest.mark.ui("14.3", "files on a session are refused with the reason")
@pytest.mark.ui("14.4", "objects on the local pane are downloaded there")
@pytest.mark.ui("14.5", "objects on a bucket are refused with the reason")
@pytest.mark.ui("14.8", "a queued job is dragged to its place in line")
@pytest.mark.parametrize("scene", SCENES)
def test_what_is_dragged_goes_where_it_is_dropped(display: str, scene: str) -> None:
    environment = {
        **os.environ,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("WAYLAND_DISPLAY", None)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.xvfb.stage", scene],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
