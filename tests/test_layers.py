"""The layers and who may import whom, read from the source without running it.

protocol  <-  transfer  <-  gui  <-  app          simulator: imports none of ours
inside gui:  basics  <-  models  <-  views dialogs  <-  main_window
             workers  <-  jobs browsing             <-  main_window
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = "ds3_browser"


@dataclass(frozen=True)
class Rule:
    """What the modules at `layer` (and below it) may import; the longest matching layer counts.

    `ours` are names below ds3_browser, `others` third-party names, `never` parts of the standard
    library or of an allowed name that stay forbidden. A name covers what is below it.
    """

    layer: str
    ours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    because: str = "the layers in CONTRIBUTING.md do not allow it"


SOCKETS = ("socket", "ssl", "http.client", "http.server", "urllib.request", "socketserver")
PATHS = ("pathlib", "shutil", "glob", "tempfile")
RECORDS = (
    *("protocol.records", "protocol.system_records"),
    *("transfer.events", "transfer.checks", "transfer.comparison_records"),
)

# Modules of gui that know no model, no widget of ours and no doer.
BASICS = tuple(
    f"gui.{name}"
    for name in (
        *("format", "icons", "theme", "settings", "sessions", "keychain", "messages"),
        "eon_sessions",
        "languages",
        "faults",
        "notices",
        *("inhibitors", "licences", "diagnostics"),
        *("problems", "seen", "tray"),
        *(
            "places",
            "connections",
            "appliance_jobs",
            "collecting",
            "job_row",
            "job_history",
            "ledgers",
            *("job_words", "wait_words"),
            "job_cells",
            "line_order",
            *("job_options", "job_names", "names", "direction"),
            *("actions", "situation", "menus", "command_table", "command_rules"),
            "drawings",
            "stylesheet",
            "findings",
            "placement_words",
            *("plan_words", "read_back_words"),
            "facts",
            "csv_files",
            *("local_files", "store"),
            "fact_words",
            "upload_choices",
            "upload_words",
            "comparison_words",
            "history",
        ),
    )
)
PLAIN = ("log", "resources")
GUI_OTHERS = ("PySide6", "keyring", "jeepney", "shiboken6")
ENGINE = ("protocol", "transfer")


def _gui(layer: str, *ours: str, because: str) -> Rule:
    return Rule(layer, (*ENGINE, *PLAIN, *BASICS, *ours), GUI_OTHERS, SOCKETS, because)


RULES = (
    Rule(
        "protocol",
        ("protocol",),
        ("requests", "urllib3", "lxml"),
        PATHS,
        "protocol knows the wire alone: no Qt, no path of the user's",
    ),
    Rule("ds3", ("ds3", "protocol", "transfer.checksum"), (), (), "ds3 is a face of protocol"),
    Rule(
        "transfer",
        ENGINE,
        ("crc32c",),
        (),
        "the engine knows protocol, and neither Qt nor requests nor XML",
    ),
    Rule(
        "simulator",
        ("simulator",),
        ("lxml", "crc32c"),
        (),
        "the simulator is a second reading of the wire and shares nothing",
    ),
    Rule(
        "gui.models",
        (*RECORDS, *BASICS, *PLAIN, "gui.models"),
        ("PySide6.QtCore", "PySide6.QtGui"),
        SOCKETS,
        "models hold records and events, and no widget, client or ledger",
    ),
    *(_gui(name, because="the basics of gui stand below everything else there") for name in BASICS),
    _gui("gui.workers", because="workers carry any call and know none"),
    *(
        Rule(name, (*ENGINE, *PLAIN, *BASICS, "gui.tasks"), (), SOCKETS, "tasks know no Qt")
        for name in (
            "gui.tasks",
            "gui.looking",
            "gui.looking_up",
            "gui.comparing",
            "gui.reports",
            "gui.plan_report",
            "gui.job_tasks",
            "gui.board_tasks",
        )
    ),
    *(
        _gui(
            name,
            *(
                "gui.workers",
                "gui.tasks",
                "gui.looking",
                "gui.looking_up",
                "gui.comparing",
                "gui.reports",
                "gui.plan_report",
                "gui.folder_listing",
                "gui.board_tasks",
                *("gui.job_tasks", "gui.running", "gui.counting", "gui.job_reading"),
                *("gui.earlier", "gui.job_news", "gui.closings"),
            ),
            because="doers know workers, and neither views nor models",
        )
        for name in (
            "gui.folders",
            *("gui.jobs", "gui.running", "gui.counting", "gui.job_reading"),
            *("gui.earlier", "gui.job_news", "gui.closings"),
            *("gui.browsing", "gui.folder_listing"),
            *(
                "gui.connecting",
                "gui.reconnecting",
                "gui.gauging",
                "gui.boards",
                "gui.keys",
                "gui.awake",
                "gui.taskbar",
                "gui.notifying",
                "gui.speed",
            ),
        )
    ),
    *(
        _gui(
            name,
            *("gui.models", "gui.views", "gui.dialogs"),
            because="views emit wishes; main_window connects them to doers",
        )
        for name in ("gui.views", "gui.dialogs")
    ),
    *(
        _gui(name, "gui", because="the window knows gui and what it shows")
        for name in (
            *("gui.frame", "gui.context", "gui.context_menus", "gui.telling"),
            *(
                "gui.main_window",
                "gui.commands",
                "gui.job_details",
                "gui.hints",
                "gui.memory",
                "gui.leaving",
            ),
            *(
                "gui.session_commands",
                "gui.demo_commands",
                "gui.help_commands",
                "gui.property_commands",
                "gui.board_commands",
                "gui.local_commands",
                "gui.comparison_commands",
                "gui.part_commands",
                "gui.job_commands",
                "gui.unattended_commands",
            ),
        )
    ),
    Rule("gui", (), (), (), "this module has no place in the order yet: tests/test_layers.py"),
    *(Rule(name, (), (), (), "it stands below everything") for name in PLAIN),
    Rule("demo", (*ENGINE, *PLAIN), ("PySide6",), (), "the demo fills a process through protocol"),
    Rule("app", (*ENGINE, *PLAIN, "gui", "demo"), ("PySide6",), (), "app puts the rest together"),
    # The hidden switch of a frozen program is the one import of the simulator outside tests.
    Rule("__main__", ("app", *PLAIN, "simulator.__main__"), (), (), "it reads the command line"),
    Rule("", (), (), (), "this module has no place in the layers yet: tests/test_layers.py"),
)


@dataclass(frozen=True)
class Import:
    target: str
    line: int


def imports_of(file: Path, package: str, package_root: Path) -> Iterator[Import]:
    """Yield every module a file names in an import, lazy ones and those for types included."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(node, package)
            for alias in node.names:
                yield Import(_narrow(module, alias.name, package_root), node.lineno)
        elif (literal := _dynamic(node)) is not None:
            yield Import(literal, node.lineno)  # type: ignore[attr-defined]  # a Call has a line


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parent = package.split(".")
    parent = parent[: len(parent) - (node.level - 1)]
    return ".".join([*parent, *([node.module] if node.module else [])])


def _narrow(module: str, name: str, package_root: Path) -> str:
    """`from a import b` names the module a.b if there is one, or a Qt module, else a."""
    if module == "PySide6":
        return f"{module}.{name}"
    if module.split(".")[0] != OURS:
        return module
    below = package_root.joinpath(*module.split(".")[1:], name)
    return f"{module}.{name}" if below.is_dir() or below.with_suffix(".py").exists() else module


def _dynamic(node: ast.AST) -> str | None:
    """Return the module of `import_module("x")` and `__import__("x")`."""
    if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
        return None
    called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
    value = node.args[0].value
    return value if called in ("import_module", "__import__") and isinstance(value, str) else None


def violations(root: Path) -> list[str]:
    """List what breaks the rules in the package below `root`, each with file, line and sentence."""
    package_root = root / OURS
    found = []
    for file in sorted(package_root.rglob("*.py")):
        parts = list(file.relative_to(package_root).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        layer = ".".join(parts[:-1] if is_package else parts)
        package = ".".join([OURS, *parts[:-1]])
        rule = _rule_for(layer)
        for imported in imports_of(file, package, package_root):
            if not _allowed(imported.target, layer, rule):
                where = f"{file.relative_to(root)}:{imported.line}"
                found.append(
                    f"{where}: {layer or OURS} may not import {imported.target}: {rule.because}."
                )
    return list(dict.fromkeys(found))  # one line that takes several names is one fault


def _rule_for(layer: str) -> Rule:
    fitting = [rule for rule in RULES if _covers(rule.layer, layer)]
    return max(fitting, key=lambda rule: len(rule.layer))


def _covers(name: str, module: str) -> bool:
    return not name or module == name or module.startswith(f"{name}.")


def _allowed(target: str, layer: str, rule: Rule) -> bool:
    top, _, below = target.partition(".")
    if top == OURS:
        return _ours_allowed(below, layer, rule)
    if any(_covers(name, target) for name in rule.never):
        return False
    return top in sys.stdlib_module_names or any(_covers(name, target) for name in rule.others)


def _ours_allowed(below: str, layer: str, rule: Rule) -> bool:
    if not below:  # the version, which everybody but the simulator may read
        return not _covers("simulator", layer)
    return _covers(below, layer) or any(_covers(name, below) for name in rule.ours)


def test_the_package_keeps_its_layers() -> None:
    found = violations(ROOT)
    assert not found, "\n" + "\n".join(found)


def test_tests_of_the_core_never_import_qt() -> None:
    core = [ROOT / "tests" / name for name in ("protocol", "transfer", "simulator")]
    found = [
        f"{file.relative_to(ROOT)}:{imported.line}: this test may not import {imported.target}."
        for folder in core
        for file in sorted(folder.rglob("*.py"))
        for imported in imports_of(file, "tests", ROOT / OURS)
        if imported.target.split(".")[0] in ("PySide6", "shiboken6", "pytestqt")
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("protocol/client.py", "from PySide6.QtCore import QObject"),
        ("protocol/client.py", "from ds3_browser.transfer import events"),
        ("protocol/client.py", "from pathlib import Path"),
        ("protocol/client.py", "import crc32c"),
        ("ds3/client.py", "import ds3_browser.transfer.bulk"),
        ("transfer/bulk.py", "from PySide6 import QtCore"),
        ("transfer/bulk.py", "def late():\n    import requests"),
        ("transfer/bulk.py", "from lxml import etree"),
        ("transfer/bulk.py", "from ..gui import format"),
        ("simulator/server.py", "from ds3_browser.protocol.signing import sign"),
        ("simulator/server.py", "from ds3_browser import __version__"),
        ("simulator/server.py", "from ..protocol import signing"),
        ("gui/models/objects.py", "from PySide6 import QtWidgets"),
        ("gui/models/objects.py", "from PySide6.QtWidgets import QWidget"),
        ("gui/models/objects.py", "from ds3_browser.protocol.client import Ds3Client"),
        ("gui/models/objects.py", "from ds3_browser.transfer import ledger"),
        ("gui/models/objects.py", "from ds3_browser.gui.views import sidebar"),
        ("gui/format.py", "from ds3_browser.gui.models import objects"),
        ("gui/workers.py", "from ds3_browser.gui import jobs"),
        ("gui/jobs.py", "from ds3_browser.gui.views.sidebar import Sidebar"),
        ("gui/jobs.py", "from ds3_browser.gui.models import objects"),
        ("gui/browsing.py", "import requests"),
        ("gui/browsing.py", "from ds3_browser import ds3"),
        ("gui/browsing.py", "from ..ds3 import Ds3Client"),
        ("gui/main_window.py", "import ds3_browser.ds3"),
        ("gui/models/objects.py", "from ds3_browser.ds3 import Ds3Client"),
        ("app.py", "from . import ds3"),
        ("gui/browsing.py", "import socket"),
        ("gui/views/sidebar.py", "from ds3_browser.gui import jobs"),
        ("gui/views/sidebar.py", "from ...simulator import server"),
        ("gui/dialogs/upload.py", "from ds3_browser.gui.main_window import MainWindow"),
        ("gui/main_window.py", "from ds3_browser import app"),
        ("gui/main_window.py", "import importlib\nimportlib.import_module('lxml.etree')"),
        ("gui/unheard_of.py", "from PySide6.QtCore import QObject"),
        ("log.py", "from ds3_browser import resources"),
        ("resources.py", "import PySide6"),
        ("app.py", "from ds3_browser.simulator.server import Simulator"),
        ("__main__.py", "from ds3_browser.simulator import server"),
        ("unheard_of.py", "import lxml"),
    ],
)
def test_a_planted_import_is_found(tmp_path: Path, file: str, source: str) -> None:
    planted = _plant(tmp_path, file, source)
    found = violations(tmp_path)
    assert len(found) == 1
    line = len(source.splitlines())
    assert found[0].startswith(f"{planted.relative_to(tmp_path)}:{line}: ")


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("protocol/client.py", "import socket, requests\nfrom . import records"),
        ("transfer/bulk.py", "from ..protocol import client\nfrom . import events"),
        ("simulator/server.py", "from lxml import etree\nfrom . import store"),
        ("gui/models/objects.py", "from ds3_browser.transfer.events import State"),
        ("gui/models/objects.py", "from ds3_browser.protocol import records"),
        ("gui/jobs.py", "from ds3_browser.gui.workers import JobThread"),
        ("gui/views/sidebar.py", "from ds3_browser.gui.models import objects"),
        ("gui/main_window.py", "from ds3_browser.gui import browsing, jobs\nfrom .views import x"),
        ("__main__.py", "from ds3_browser.simulator.__main__ import main"),
    ],
)
def test_a_lawful_import_passes(tmp_path: Path, file: str, source: str) -> None:
    _plant(tmp_path, file, source)
    assert violations(tmp_path) == []


def _plant(root: Path, file: str, source: str) -> Path:
    """Write one module into a copy of the package that has its layout and no other import."""
    for name in ("ds3", "protocol", "transfer", "simulator", "gui", "gui/models", "gui/views"):
        folder = root / OURS / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
    modules = (
        *(
            "ds3/client.py",
            "protocol/client.py",
            "protocol/records.py",
            "protocol/signing.py",
            "resources.py",
        ),
        *("transfer/events.py", "transfer/bulk.py", "transfer/ledger.py", "app.py"),
        *("simulator/server.py", "simulator/store.py", "simulator/__main__.py"),
        *("gui/jobs.py", "gui/browsing.py", "gui/workers.py", "gui/format.py"),
        *("gui/main_window.py", "gui/models/objects.py", "gui/views/sidebar.py", "gui/views/x.py"),
    )
    for name in modules:
        (root / OURS / name).write_text("")
    planted = root / OURS / file
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(source)
    return planted
