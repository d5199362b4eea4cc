"""Run an appliance alone: print READY and its address, serve until told to end."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any  # switch values are JSON

from .faults import UnknownSwitch
from .server import Simulator


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        switches = dict(_switch(text) for text in options.set)
        simulator = Simulator(
            options.data,
            access_id=options.access_key,
            secret_key=options.secret_key or os.environ.get("DS3_SIMULATOR_SECRET", ""),
            port=options.port,
            switches=switches,
            token=os.environ.get("DS3_SIMULATOR_TOKEN"),
        )
    except (UnknownSwitch, OSError, sqlite3.Error) as error:  # the last: another has the archive
        print(error, file=sys.stderr)
        return 2
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    if options.watch_stdin:
        threading.Thread(target=_wait_for_end_of_input, args=(ended,), daemon=True).start()
    print(f"READY {simulator.url}", flush=True)
    ended.wait()
    simulator.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ds3_browser.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--data", type=Path, required=True, help="the folder it keeps objects in")
    parser.add_argument("--access-key", required=True, help="access id of the user spectra")
    parser.add_argument(
        "--secret-key", help="its secret key; without it the environment's DS3_SIMULATOR_SECRET"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON")
    parser.add_argument(
        "--watch-stdin", action="store_true", help="end when the standard input closes"
    )
    return parser


def _switch(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError as error:
        raise UnknownSwitch(f"{name} needs a JSON value, not {value!r}.") from error


def _wait_for_end_of_input(ended: threading.Event) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
