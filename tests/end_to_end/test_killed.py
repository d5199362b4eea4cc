"""A program that is killed in the middle of a job, and started again: twelve seeded moments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ds3_browser.simulator.server import Simulator
from tests.end_to_end.killing import trial


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["put", "get"])
def test_killed_at_any_moment_a_job_comes_to_its_end(
    simulator: Simulator, tmp_path: Path, kind: str, seed: int
) -> None:
    assert trial(simulator, tmp_path, kind, seed, most_kills=2).wrong == ()
