"""Real drag and drop: a second program under an X server drags files onto the window."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = {"Xvfb": "xvfb", "xdotool": "xdotool"}
SCENES = (
    "onto_a_folder_row",
    "onto_a_folder_of_the_sidebar",
    "hovering_opens_a_bucket_of_the_sidebar",
    "onto_a_session_is_refused",
    "from_the_local_pane_onto_the_list",
    "objects_onto_the_local_pane",
    "objects_onto_a_bucket_are_refused",
)


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server of our own, which chooses its number and writes it to a pipe."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
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
