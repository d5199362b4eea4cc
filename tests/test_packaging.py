"""The wheel: built and installed without a network, it holds its resources and starts."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

import ds3_browser

ROOT = Path(__file__).resolve().parent.parent
NEEDED = (
    *("ds3_browser", "packaging", "resources", "docs/guide"),
    *("pyproject.toml", "setup.py", "README.md", "LICENSE"),
)


def run(*words: object, cwd: Path, environ: dict[str, str] | None = None) -> str:
    """Run a command to its end and return what it printed; a failure shows all of it."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy, because a build writes into the tree it is made from."""
    source = tmp_path_factory.mktemp("source")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=_IGNORED)
        else:
            shutil.copy(ROOT / name, source / name)
    builder = source / "builder"
    build_environment(builder)
    pip = [sys.executable, "-m", "pip", "--python", python_of(builder)]
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    run(*pip, "wheel", ".", *options, "-w", "dist", cwd=source)
    (made,) = (source / "dist").glob("*.whl")
    return made


def build_environment(folder: Path) -> None:
    """Make what pip makes for a build: an environment that has what the build asks for alone."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python_of(folder), "-c", code, cwd=folder).strip())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for place in sorted(places_of(project["build-system"]["requires"])):
        (site / place.name).symlink_to(place)


def places_of(requirements: Iterable[str]) -> set[Path]:
    """The files and folders of distributions and of what they need in turn."""
    places = set[Path]()
    for requirement in requirements:
        if "extra ==" in requirement:
            continue
        found = metadata.distribution(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
        tops = {file.parts[0] for file in found.files or () if file.parts[0] != ".."}
        places |= {Path(str(found.locate_file(top))) for top in tops if top != "__pycache__"}
        places |= places_of(found.requires or ())
    return places


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


_IGNORED = shutil.ignore_patterns("__pycache__", "*.qm")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a fresh environment that holds the wheel and sees our dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    python = python_of(folder)
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    run(*pip, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    # After the installation: pip would otherwise see the editable one and leave the wheel out.
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    Path(site.strip(), "dependencies.pth").write_text("\n".join(sorted(dependencies)) + "\n")
    return python


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A user of their own, who has never started the program and has no display."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return kept | {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(runtime),
        "LC_ALL": "C.UTF-8",
        "QT_QPA_PLATFORM": "offscreen",
    }


def test_the_installed_package_is_the_wheel(
    installed: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    code = "import ds3_browser; print(ds3_browser.__file__)"
    place = Path(run(installed, "-c", code, cwd=tmp_path, environ=environ).strip())
    assert place.is_relative_to(installed.parent.parent)


def test_the_wheel_tells_type_checkers_of_its_annotations(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as held:
        assert "ds3_browser/py.typed" in held.namelist()


def test_the_installed_package_finds_every_resource(
    installed: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    shipped = [
        file.relative_to(ROOT / "resources").as_posix()
        for file in (ROOT / "resources").rglob("*")
        if file.is_file() and file.suffix not in (".ts", ".qm")
    ]
    guide = [f"guide/{file.name}" for file in (ROOT / "docs" / "guide").glob("*.md")]
    shipped += guide
    assert len(guide) == 3
    assert any(name.endswith(".svg") for name in shipped)
    assert any(name.endswith(".ttf") for name in shipped)
    code = (
        "import sys; from ds3_browser.resources import path\n"
        "print(*(path(name) for name in sys.argv[1:]), sep='\\n')"
    )
    found = run(installed, "-c", code, *shipped, cwd=tmp_path, environ=environ).splitlines()
    assert len(found) == len(shipped)
    for name, place in zip(shipped, found, strict=True):
        assert Path(place).is_relative_to(installed.parent.parent)
        assert Path(place).read_bytes() == source_of(name).read_bytes()


def source_of(name: str) -> Path:
    return ROOT / ("docs" if name.startswith("guide/") else "resources") / name


def test_the_installed_program_tells_its_version(
    installed: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    words = ("-m", "ds3_browser", "--version")
    assert ds3_browser.__version__ in run(installed, *words, cwd=tmp_path, environ=environ)


START = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from ds3_browser import __main__, app
from ds3_browser.gui.main_window import MainWindow

def look_and_close():
    (window,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
    print("visible", window.isVisible(), "icon", not window.windowIcon().isNull())
    window.close()

application = app.make_application(sys.argv[:1])
QTimer.singleShot(0, look_and_close)
sys.exit(__main__.main(["--data-dir", sys.argv[1]]))
"""


def test_the_installed_program_starts_and_ends_with_its_window(
    installed: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    printed = run(installed, "-c", START, tmp_path / "mine", cwd=tmp_path, environ=environ)
    assert printed.splitlines() == ["visible True icon True"]
    assert (tmp_path / "mine" / "transfers.sqlite3").exists()


def test_the_installed_command_is_there(
    installed: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    command = shutil.which("ds3-browser", path=str(installed.parent))
    assert ds3_browser.__version__ in run(command, "--version", cwd=tmp_path, environ=environ)


def test_without_a_display_the_program_says_so(
    installed: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere there is always a display")
    del environ["QT_QPA_PLATFORM"]
    words = [str(installed), "-m", "ds3_browser", "--data-dir", str(tmp_path / "mine")]
    done = subprocess.run(
        words, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "DISPLAY" in done.stderr


@pytest.fixture(scope="module")
def build_resources() -> ModuleType:
    file = ROOT / "packaging" / "build_resources.py"
    spec = importlib.util.spec_from_file_location("build_resources", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TRANSLATION = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de"><context><name>Window</name>
<message><source>Upload</source><translation>Hochladen</translation></message>
</context></TS>
"""


def test_a_translation_is_shipped_compiled(build_resources: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "resources"
    (source / "i18n").mkdir(parents=True)
    (source / "i18n" / "de.ts").write_text(TRANSLATION, encoding="utf-8")
    (source / "i18n" / "old.qm").write_bytes(b"left over")
    (source / "a.svg").write_text("<svg/>")
    build_resources.ship(tmp_path / "shipped", source)
    shipped = sorted(file.name for file in (tmp_path / "shipped").rglob("*") if file.is_file())
    assert [name for name in shipped if not name.endswith(".md")] == ["a.svg", "de.qm"]
    assert (tmp_path / "shipped" / "i18n" / "de.qm").read_bytes().startswith(b"\x3c\xb8\x64\x18")


def test_only_a_translation_whose_texts_changed_is_compiled_anew(
    build_resources: ModuleType, tmp_path: Path
) -> None:
    source = tmp_path / "de.ts"
    source.write_text(TRANSLATION, encoding="utf-8")
    compiled = tmp_path / "de.qm"
    assert build_resources.compile_translations(tmp_path, tmp_path) == [compiled]
    assert build_resources.compile_translations(tmp_path, tmp_path) == []
    before = compiled.read_bytes()
    source.write_text(TRANSLATION.replace("Hochladen", "Senden"), encoding="utf-8")
    os.utime(source, (compiled.stat().st_mtime + 1,) * 2)
    with compiled.open("rb") as mapped:  # as a running program has it
        assert build_resources.compile_translations(tmp_path, tmp_path) == [compiled]
        assert mapped.read() == before
    assert compiled.read_bytes() != before
    assert sorted(tmp_path.iterdir()) == [compiled, source]
