"""Every difficult switch against each kind of job: whatever comes of them, no byte is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any  # switch values are JSON

import pytest

from ds3_browser.simulator.faults import SWITCHES
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import Direction
from tests.end_to_end.faults import CASES, LEFT_OUT, PAGE, came_of


@pytest.mark.parametrize("kind", Direction)
@pytest.mark.parametrize(("words", "switches"), CASES)
def test_under_every_fault_what_is_said_to_be_there_is_there(
    simulator: Simulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    switches: Mapping[str, Any],
    kind: Direction,
) -> None:
    monkeypatch.setattr("ds3_browser.transfer.loop.TRY_AGAIN_S", (0, 0, 0, 0))
    monkeypatch.setattr("ds3_browser.transfer.unattended.ASK_AFTER_S", (0.05,))
    came = came_of(simulator, tmp_path, switches, kind)
    assert came.right
    assert came.read
    assert f"| {words} |" in PAGE.read_text()


def test_every_switch_is_tried_or_makes_nothing_difficult() -> None:
    tried = {name for _, switches in CASES for name in switches}
    assert tried | LEFT_OUT == set(SWITCHES)
    assert not tried & LEFT_OUT
