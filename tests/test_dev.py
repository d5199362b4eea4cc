"""The set-up script: what it decides, without a network and without installing anything."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEV = ROOT / "packaging" / "dev.py"


@pytest.fixture(scope="module")
def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", DEV)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Only what a stamp reads."""
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, for stand-ins of the system's commands."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def add_tool(folder: Path, name: str, script: str) -> None:
    tool = folder / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)


def test_only_packages_whose_content_is_missing_are_installed(dev: ModuleType) -> None:
    needs = [*dev.SET_UP, *dev.QT]
    missing = dev.missing_packages(needs, lambda need: need.package not in ("libgl1", "libegl1"))
    assert missing == ["libgl1", "libegl1"]


def test_a_bare_system_gets_python_and_qt_before_a_window(dev: ModuleType) -> None:
    required, useful = dev.needs_of("demo", {})
    missing = dev.missing_packages([*required, *useful], lambda need: False)
    assert missing[1] == "ca-certificates"
    assert missing[0].endswith("-venv")
    assert "libgl1" in missing
    assert "libxcb-cursor0" not in missing


def test_the_demo_on_a_display_needs_what_the_x11_platform_loads(dev: ModuleType) -> None:
    required, _useful = dev.needs_of("demo", {"DISPLAY": ":0"})
    assert "libxcb-cursor0" in [need.package for need in required]


def test_an_x_server_is_useful_to_tests_and_not_required(dev: ModuleType) -> None:
    required, useful = dev.needs_of("test", {})
    assert "xvfb" not in [need.package for need in required]
    assert "xvfb" in [need.package for need in useful]


def test_checks_need_nothing_of_qt(dev: ModuleType) -> None:
    required, useful = dev.needs_of("check", {})
    assert "libgl1" not in [need.package for need in [*required, *useful]]


@pytest.mark.parametrize(
    ("kind", "name", "there"),
    [
        ("library", "libc.so.6", True),
        ("library", "libnobody-has-this.so.1", False),
        ("module", "json", True),
        ("module", "nobody_has_this", False),
        ("program", "sh", True),
        ("program", "nobody-has-this", False),
    ],
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="libraries as Linux names them")
def test_it_looks_for_what_a_package_brings(
    dev: ModuleType, kind: str, name: str, there: bool
) -> None:
    assert dev.is_there(dev.Need("some-package", kind, name)) is there


def test_without_root_the_exact_line_is_printed_and_the_run_stops(
    dev: ModuleType, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_tool(tools, "apt-get", "exit 99")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(dev.Stop) as stopped:
        dev.ensure_system([dev.Need("libexample1", "program", "nobody-has-this")], [], yes=True)
    assert "sudo apt-get install -y --no-install-recommends libexample1" in str(stopped.value)
    assert stopped.value.code == dev.SYSTEM_PACKAGES


def test_without_root_the_run_goes_on_where_a_package_is_only_useful(
    dev: ModuleType,
    tools: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_tool(tools, "apt-get", "exit 99")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    dev.ensure_system([], [dev.Need("xvfb", "program", "Xvfb")], yes=True)
    assert "sudo apt-get install -y --no-install-recommends xvfb" in capsys.readouterr().out


def test_a_system_without_apt_is_told_the_names(dev: ModuleType, tools: Path) -> None:
    with pytest.raises(dev.Stop, match="libexample1"):
        dev.ensure_system([dev.Need("libexample1", "program", "nobody-has-this")], [], yes=True)


def test_root_installs_and_says_which(
    dev: ModuleType,
    tools: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = tmp_path / "apt.log"
    env = shutil.which("env", path=os.defpath)
    add_tool(tools, "env", f'exec {env} "$@"')
    add_tool(tools, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {log}')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    needs = [dev.Need("libexample1", "program", "nobody-has-this")]
    dev.ensure_system(needs, [], yes=True)
    assert "libexample1" in capsys.readouterr().out
    last = log.read_text().splitlines()[-1]
    assert last.startswith("noninteractive -o DPkg::Lock::Timeout=300 -y install")
    assert last.endswith("--no-install-recommends libexample1")


def test_fresh_lists_are_fetched_when_the_first_try_fails(
    dev: ModuleType, tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "apt.log"
    env = shutil.which("env", path=os.defpath)
    add_tool(tools, "env", f'exec {env} "$@"')
    fails_before_update = f'case "$*" in *update*) ;; *) grep -q update {log};; esac'
    add_tool(tools, "apt-get", f'export PATH=/usr/bin:/bin; echo "$*" >> {log}\n')
    with (tools / "apt-get").open("a") as script:
        script.write(f"{fails_before_update}\n")
    monkeypatch.setattr(dev, "_has_package_lists", lambda: True)
    assert dev.run_apt((), ["libexample1"]) is None
    assert [line.split()[3] for line in log.read_text().splitlines()] == [
        "install",
        "update",
        "install",
    ]


def test_the_last_line_of_apt_is_kept_when_it_fails_for_good(dev: ModuleType, tools: Path) -> None:
    env = shutil.which("env", path=os.defpath)
    add_tool(tools, "env", f'exec {env} "$@"')
    add_tool(tools, "apt-get", "echo 'E: no such package'; exit 100")
    assert dev.run_apt((), ["libexample1"]) == "E: no such package"


@pytest.mark.parametrize(
    ("answer", "agrees"), [("", True), ("y", True), ("YES", True), ("n", False), ("what", False)]
)
def test_an_answer_is_understood(dev: ModuleType, answer: str, agrees: bool) -> None:
    assert dev.agreed("Install?", lambda question: answer) is agrees


def test_a_closed_terminal_is_a_no(dev: ModuleType) -> None:
    def nobody(question: str) -> str:
        raise EOFError

    assert dev.agreed("Install?", nobody) is False


def test_the_stamp_changes_with_the_requirements(dev: ModuleType, tree: Path) -> None:
    before = dev.stamp_text(tree)
    file = tree / "pyproject.toml"
    file.write_text(file.read_text().replace('"lxml>=', '"lxml>=99,>='))
    assert dev.stamp_text(tree) != before


def test_the_stamp_stays_when_a_checker_is_configured_anew(dev: ModuleType, tree: Path) -> None:
    before = dev.stamp_text(tree)
    file = tree / "pyproject.toml"
    file.write_text(file.read_text().replace("line-length = 100", "line-length = 90"))
    assert dev.stamp_text(tree) == before


def test_a_moved_tree_is_set_up_anew(dev: ModuleType, tree: Path) -> None:
    moved = tree / "moved"
    moved.mkdir()
    for name in ("pyproject.toml", "setup.py"):
        shutil.copy(tree / name, moved)
    assert dev.stamp_text(moved) != dev.stamp_text(tree)


def test_a_set_up_counts_only_when_its_stamp_was_written(dev: ModuleType, tree: Path) -> None:
    stamp, python = tree / "complete", Path(sys.executable)
    assert not dev.is_complete(stamp, python, tree)
    stamp.write_text("half")
    assert not dev.is_complete(stamp, python, tree)
    stamp.write_text(dev.stamp_text(tree))
    assert dev.is_complete(stamp, python, tree)
    assert not dev.is_complete(stamp, tree / "gone", tree)


def test_pip_takes_wheels_only_and_the_chosen_certificates(dev: ModuleType) -> None:
    assert "--only-binary=:all:" in dev.pip_command()
    assert dev.pip_environment({"SSL_CERT_FILE": "/a.pem"})["PIP_CERT"] == "/a.pem"
    both = dev.pip_environment({"SSL_CERT_FILE": "/a.pem", "PIP_CERT": "/b.pem"})
    assert both["PIP_CERT"] == "/b.pem"
    assert "PIP_CERT" not in dev.pip_environment({})


def test_a_failing_pip_ends_in_one_sentence(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "VENV", tmp_path / "venv")
    monkeypatch.setattr(dev, "STAMP", tmp_path / "venv" / "complete")
    monkeypatch.setattr(dev, "pip_command", lambda: [sys.executable, "-c", "raise SystemExit(1)"])
    monkeypatch.setattr(sys, "_base_executable", shutil.which("true"))
    with pytest.raises(dev.Stop, match="pip could not install") as stopped:
        dev.set_up_environment()
    assert stopped.value.code == dev.PYTHON_PACKAGES
    assert not (tmp_path / "venv" / "complete").exists()


def test_a_child_gets_utf8_a_home_and_a_private_runtime_folder(dev: ModuleType) -> None:
    with dev.child_environment({"LANG": "C"}) as environ:
        assert environ["LC_ALL"] == "C.UTF-8"
        assert environ["PYTHONUTF8"] == "1"
        assert Path(environ["HOME"]).is_dir()
        runtime = Path(environ["XDG_RUNTIME_DIR"])
        assert runtime.stat().st_mode & 0o777 == 0o700
    assert not runtime.exists()


def test_a_home_that_is_set_is_left_alone(dev: ModuleType) -> None:
    with dev.child_environment({"HOME": "/somewhere", "LC_ALL": "C.UTF-8"}) as environ:
        assert environ["HOME"] == "/somewhere"


def test_a_locale_that_is_not_installed_is_replaced(dev: ModuleType) -> None:
    assert dev.needs_utf8_locale({"LC_ALL": "xx_NOWHERE.UTF-8"})
    assert not dev.needs_utf8_locale({"LC_ALL": "C.UTF-8"})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always one")
@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
    ],
)
def test_a_display_is_recognised(dev: ModuleType, environ: dict[str, str], shown: bool) -> None:
    assert dev.has_display(environ) is shown


def test_the_tour_draws_offscreen_without_an_x_server(dev: ModuleType, tools: Path) -> None:
    with dev.virtual_display({"DISPLAY": ":7"}) as environ:
        assert environ["QT_QPA_PLATFORM"] == "offscreen"


def test_the_own_x_server_ends_with_the_run(dev: ModuleType) -> None:
    if dev.missing_packages([*dev.X11, *dev.X11_TESTS]):
        leave = pytest.fail if os.environ.get("CI") else pytest.skip
        leave(f"needs: {dev.line_for_user(['xvfb', 'xdotool', 'libxcb-cursor0'])}")
    with dev.virtual_display(os.environ | {"QT_QPA_PLATFORM": "xcb"}) as environ:
        socket = Path("/tmp/.X11-unix", f"X{environ['DISPLAY'].lstrip(':')}")
        assert environ["QT_QPA_PLATFORM"] == "xcb"
        assert socket.exists()
    assert not socket.exists()


def test_all_tests_run_in_parts_and_chosen_ones_in_one(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, ...]] = []

    class Beside:
        def __init__(self, words: list[str], **_: object) -> None:
            ran.append(tuple(words[1:]))

        def wait(self) -> int:
            return 3

    def run(*words: str, environ: object) -> int:
        ran.append(words)
        return 0

    monkeypatch.setattr(dev, "check", lambda environ: 0)
    monkeypatch.setattr(dev, "run", run)
    monkeypatch.setattr(dev.subprocess, "Popen", Beside)
    monkeypatch.setattr(dev.os, "cpu_count", lambda: 2)
    assert dev.test({}, ["-q", "tests/test_dev.py"]) == 0
    assert ran == [("-m", "pytest", "-q", "tests/test_dev.py")]
    ran.clear()
    assert dev.test({}, ["-q"]) == 3  # the worst of all
    folders = [folder for part in dev.APART for folder in part]
    assert sorted(ran) == sorted(
        ("-m", "pytest", "-q", *part)
        for part in (*dev.APART, [f"--ignore={folder}" for folder in folders])
    )
    assert all((dev.ROOT / folder).is_dir() for folder in folders)


def test_an_unknown_command_shows_how_to_use_it_and_fails() -> None:
    done = subprocess.run(
        [sys.executable, str(DEV), "dance"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "demo" in done.stdout


@pytest.mark.parametrize("command", ["test", "check"])
def test_help_on_a_command_is_shown_and_nothing_is_run(command: str) -> None:
    done = subprocess.run(
        [sys.executable, str(DEV), command, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "further words go to pytest" in done.stdout
    assert done.stdout.startswith("python3 packaging/dev.py")


def test_translations_that_cannot_be_compiled_end_in_one_sentence(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "PYTHON", Path(shutil.which("false") or ""))
    with pytest.raises(dev.Stop, match="translations could not be built"):
        dev.ensure_translations()


def test_a_tour_without_a_folder_is_refused(dev: ModuleType) -> None:
    with pytest.raises(dev.Stop, match="--tour needs a folder"):
        dev.demo({}, ["--tour"])
