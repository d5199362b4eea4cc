"""A whole job in one call: what cannot be meant is refused, and a single path is enough."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer import whole
from ds3_browser.transfer.events import Outcome

Call = Callable[[Ds3Client, str], object]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_single_path_is_put(
    client: Ds3Client, bucket: str, folder: Path, kind: Callable[[Path], str | Path]
) -> None:
    (folder / "rushes").mkdir()
    (folder / "rushes" / "a.mov").write_bytes(b"frames")
    ended = whole.put(client, bucket, kind(folder / "rushes"))
    assert ended.outcome is Outcome.DONE
    assert list(client.list_objects(bucket).names) == ["rushes/a.mov"]


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (lambda c, b: whole.put(c, b, []), ValueError, "nothing to put"),
        (lambda c, b: whole.put(c, "", ["x"]), ValueError, "bucket"),
        (lambda c, b: whole.put(c, f"{b}/2026", ["x"]), ValueError, "2026"),
        (lambda c, b: whole.put(c, b, ["x"], prefix="2026"), ValueError, "slash"),
        (lambda c, b: whole.put(c, b, ["x"], threads=0), ValueError, "thread"),
        (lambda c, b: whole.get(c, b, "back"), ValueError, "nothing to get"),
        (lambda c, b: whole.get(c, b, "back", names="a.mov"), TypeError, "names"),
        (lambda c, b: whole.get(c, b, "back", prefixes="2026/"), TypeError, "prefixes"),
        (lambda c, b: whole.get(c, "", "back", names=["x"]), ValueError, "bucket"),
        (
            lambda c, b: whole.get(c, b, "back", names=["x"], base_prefix="2026"),
            ValueError,
            "slash",
        ),
        (lambda c, b: whole.get(c, b, "back", names=["x"], threads=0), ValueError, "thread"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(
    client: Ds3Client,
    bucket: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    simulator: Simulator,
    call: Call,
    error: type[Exception],
    word: str,
) -> None:
    monkeypatch.chdir(folder)
    before = simulator.counters()
    with pytest.raises(error, match=word):
        call(client, bucket)
    assert simulator.counters() == before
    assert list(folder.iterdir()) == []
