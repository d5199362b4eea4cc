"""What the documentation shows is what the program does."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from ds3_browser.simulator.faults import SWITCHES
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import Event
from ds3_browser.transfer.ledger_schema import make_tables

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def run_block(block: str, folder: Path, **environ: str) -> str:
    # What is ignored beside: pyproject.toml.
    warnings = ["-W", "error", "-W", "ignore:Binding:DeprecationWarning"]
    done = subprocess.run(
        [sys.executable, *warnings, "-c", block],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_lists_a_bucket_with_the_library(
    simulator: Simulator, client, bucket: str, tmp_path: Path
) -> None:
    client.put_object(bucket, "films/a.mov", b"12345")
    (block,) = python_blocks(ROOT / "README.md")
    printed = run_block(
        block,
        tmp_path,
        DS3_ENDPOINT=simulator.url,
        DS3_ACCESS_KEY=simulator.access_id,
        DS3_SECRET_KEY=simulator.secret_key,
    )
    assert printed.splitlines() == [bucket, "  films/a.mov  5 bytes"]


def test_the_simulator_s_page_starts_one(tmp_path: Path) -> None:
    (block,) = python_blocks(ROOT / "docs" / "simulator.md")
    assert "http://127.0.0.1:" in run_block(block, tmp_path)


def switches_table() -> str:
    rows = [
        f"| `{name}` | `{json.dumps(switch.default)}` | {switch.meaning} |"
        for name, switch in SWITCHES.items()
    ]
    return "\n".join(["| switch | default | effect |", "|---|---|---|", *rows])


def test_the_simulator_s_page_has_every_switch() -> None:
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    shown = page[page.index("| switch | default") : page.index("<!-- end of switches -->")]
    assert shown.strip() == switches_table(), "print(switches_table()) is what belongs there"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_of_a_page_are_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def map_of_the_source() -> str:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return page[page.index("## 1. Layout") : page.index("## 2. ")]


def test_the_map_of_the_source_names_files_that_exist() -> None:
    named = set(re.findall(r"\b\w+\.(?:py|sh|toml)\b", map_of_the_source())) - {"xml.py"}
    below = (ROOT / name for name in ("ds3_browser", "packaging", "tests"))
    there = {file.name for folder in below for file in folder.rglob("*.*")}
    assert sorted(named - there - {file.name for file in ROOT.iterdir()}) == []


def test_the_map_of_the_source_names_every_file_but_panes_and_models() -> None:
    named = set(re.findall(r"\w+", map_of_the_source()))
    listed_by_folder = {"models", "views", "dialogs"}
    files = [*(ROOT / "ds3_browser").rglob("*.py"), *(ROOT / "packaging").glob("*.py")]
    lost = [
        str(file.relative_to(ROOT))
        for file in files
        if file.stem not in named
        and file.name != "__init__.py"
        and listed_by_folder.isdisjoint(file.parts)
    ]
    assert lost == []


def rows_below(head: str) -> dict[str, list[str]]:
    """The rows of a table of CONTRIBUTING.md: their first cell -> the words of their second one.

    What is in brackets or behind a colon explains the word before it.
    """
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = page[page.index(head) :].split("\n\n", 1)[0].splitlines()[2:]
    cells = [row.strip("| ").split(" | ") for row in rows]
    plain = {first.strip("`"): re.sub(r" \(.*?\)|:.*", "", second) for first, second, *_ in cells}
    return {first: second.split(", ") for first, second in plain.items()}


def test_the_table_of_events_is_theirs() -> None:
    own = {
        event.__name__: [each.name for each in fields(event) if each.name != "job_id"]
        for event in Event.__subclasses__()
    }
    assert rows_below("| event (all carry") == own


def test_the_table_of_the_ledger_has_its_tables_and_columns() -> None:
    connection = sqlite3.connect(":memory:")
    make_tables(connection)
    names = [
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
    ]
    own = {
        name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in names
    }
    connection.close()
    told = rows_below("| table | columns |")
    assert {name: set(columns) for name, columns in told.items()} == own


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "guide").glob("*.md")), ids=lambda p: p.stem
)
def test_the_words_that_the_guide_quotes_are_the_window_s(page: Path) -> None:
    plain = re.sub(r"\*\*.*?\*\*|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.S)
    quoted = {" ".join(words.split()) for words in re.findall(r"\*([^*]+)\*", plain)}
    files = (ROOT / "ds3_browser" / "gui").rglob("*.py")
    texts = "".join(file.read_text(encoding="utf-8") for file in files).replace("&", "")
    assert quoted
    assert sorted(words for words in quoted if words not in texts) == []
