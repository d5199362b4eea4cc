"""The demo appliance: it starts, holds real files, is kept, emptied, and ends with its owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from ds3_browser.demo import Demo, write_samples
from ds3_browser.protocol.client import Ds3Client
from ds3_browser.protocol.errors import ConnectionFailed


def buckets(demo: Demo) -> list[str]:
    client = Ds3Client(*demo.start())
    try:
        return [bucket.name for bucket in client.get_service().buckets]
    finally:
        client.close()


def test_the_demo_is_filled_kept_and_emptied(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    try:
        assert buckets(demo) == ["masters", "news-archive", "rushes-2026", "sound-library"]
        client = Ds3Client(*demo.start())
        client.create_bucket("mine")
        client.close()
        demo.stop()
        assert "mine" in buckets(demo)
        demo.empty()
        assert "mine" not in buckets(demo)
    finally:
        demo.stop()
    with pytest.raises(ConnectionFailed):
        client.probe()
    client.close()
    assert not (tmp_path / "samples").exists()


def test_the_samples_are_several_hundred_real_files_and_always_the_same(tmp_path: Path) -> None:
    assert write_samples(tmp_path / "one") > 300
    write_samples(tmp_path / "two")
    for path in (tmp_path / "one").rglob("*"):
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.is_dir() or path.read_bytes() == other.read_bytes()
    with wave.open(str(next((tmp_path / "one").rglob("*.wav")))) as sound:
        assert sound.getnframes() > 10_000


def test_the_appliance_ends_when_the_program_dies(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from ds3_browser.demo import Demo\n"
        "demo = Demo(pathlib.Path(sys.argv[1])); demo._run()\n"
        "print(demo._process.pid, flush=True); time.sleep(60)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, env=os.environ
    )
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    for _ in range(200):
        if not _alive(pid):
            break
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.05)"], check=True)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
