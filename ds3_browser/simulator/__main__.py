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
    parser = _parser()
    options = parser.parse_args(arguments)
    secret_key = options.secret_key or os.environ.get("DS3_SIMULATOR_SECRET", "")
    if not options.access_key or not secret_key:
        # With none of its own, it would take requests that nobody has signed.
        parser.error("--access-key and --secret-key, or DS3_SIMULATOR_SECRET, are needed")
    try:
        switches = dict(_switch(text) for text in options.set)
        simulator = Simulator(
            options.data,
            access_id=options.access_key,
            secret_key=secret_key,
            port=options.port,
            switches=switches,
            token=os.environ.get("DS3_SIMULATOR_TOKEN"),
        )
    except OSError as error:
        print(f"No appliance at port {options.port} and {options.data}: {error}", file=sys.stderr)
        return 2
    except sqlite3.Error as error:  # mostly because another has the archive
        print(f"{options.data} cannot be used, or another has it: {error}", file=sys.stderr)
        return 2
    except UnknownSwitch as error:
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
    parser.add_argument("--port", type=_port, default=0, help="0 takes a free one")
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


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port is 0 to 65535, not {text!r}")
    return int(text)


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
