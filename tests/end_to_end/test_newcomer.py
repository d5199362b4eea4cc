"""A newcomer's way from an empty home to a finished upload of a folder of their own, counted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLICKS = 6  # Start the demo, the bucket, Upload, Upload folder…, and two in the folder's choice
WITHIN_S = 60  # it takes six; this catches what hangs


@pytest.mark.ui("10.8", "from an empty home to a finished upload in six clicks and seconds")
def test_from_an_empty_home_to_a_finished_upload_in_six_clicks(tmp_path: Path) -> None:
    walked = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "newcomer.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert walked.returncode == 0, walked.stderr
    found = re.search(r"([\d.]+) s and (\d+) clicks", walked.stdout)
    assert found is not None, walked.stdout
    assert int(found[2]) <= CLICKS
    assert float(found[1]) < WITHIN_S
    pictures = sorted(file.name for file in tmp_path.glob("*.png"))
    assert pictures == [
        *(f"newcomer-{step}.png" for step in range(5)),
        *("newcomer-dialog.png", "newcomer-menu.png"),
    ]
