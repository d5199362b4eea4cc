"""Start the program: read the command line, then hand over to the composition root.

A frozen program starts itself as its own simulator with a hidden switch, which is looked at before
all else and imports nothing of the window.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ds3_browser import __version__

RUN_SIMULATOR = "--run-simulator"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == [RUN_SIMULATOR]:
        from ds3_browser.simulator.__main__ import main as run_simulator

        return run_simulator(words[1:])
    options = parser().parse_args(words)
    from ds3_browser import app

    return app.main(
        app.Options(
            demo=options.demo,
            session=options.session,
            log_level=options.log_level,
            reset_window=options.reset_window,
            data_dir=options.data_dir,
        )
    )


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ds3-browser",
        description="Browse, upload to and restore from Spectra BlackPearl tape archives.",
    )
    parser.add_argument("--demo", action="store_true", help="start on the demo appliance")
    parser.add_argument("--session", metavar="NAME", help="connect the saved session of this name")
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        type=str.upper,
        help="write so much to the log, whatever the preferences say",
    )
    parser.add_argument(
        "--reset-window", action="store_true", help="forget the window's place, size and splitters"
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="keep settings, jobs and log in this folder"
    )
    parser.add_argument("--version", action="version", version=f"DS3 Browser {__version__}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
