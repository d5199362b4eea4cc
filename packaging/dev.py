#!/usr/bin/env python3
"""Set up everything from nothing and run one command: demo, test, check, bench, screenshots.

Standard library only, because it runs before anything is installed. It keeps a virtual environment
in `.venv`, installs the package there as an editable install, and on Debian and Ubuntu installs
the system packages that are missing. A stamp, written last, says that the environment is complete:
a set-up that was interrupted is simply done again.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import locale
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "complete"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)
UNSEEN = ("offscreen", "minimal")

USAGE = 2
SYSTEM_PACKAGES = 3
PYTHON_PACKAGES = 4
INTERRUPTED = 130


class Stop(Exception):
    """End the run with one sentence for the user and an exit code."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


class Need(NamedTuple):
    """A system package, and how to see that what it brings is there: a kind and a name."""

    package: str
    kind: str
    name: str


def _venv_package() -> str:
    """Name the package that holds ensurepip for the Python that runs this."""
    own = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    default = Path("/usr/bin/python3")
    return "python3-venv" if default.resolve().name == own else f"{own}-venv"


# Debian takes ensurepip out of its Python; other builds have it.
SET_UP = (
    Need(_venv_package(), "module", "ensurepip"),
    Need("ca-certificates", "certificates", "/etc/ssl/certs/ca-certificates.crt"),
)
# What `import PySide6.QtWidgets` and the offscreen platform load from the system.
QT = (
    Need("libglib2.0-0", "library", "libgthread-2.0.so.0"),
    Need("libgl1", "library", "libGL.so.1"),
    Need("libegl1", "library", "libEGL.so.1"),
    Need("libxkbcommon0", "library", "libxkbcommon.so.0"),
    Need("libdbus-1-3", "library", "libdbus-1.so.3"),
    Need("libfontconfig1", "library", "libfontconfig.so.1"),
)
# What the xcb platform loads on top of that.
X11 = (
    Need("libx11-xcb1", "library", "libX11-xcb.so.1"),
    Need("libxcb-cursor0", "library", "libxcb-cursor.so.0"),
    Need("libxcb-icccm4", "library", "libxcb-icccm.so.4"),
    Need("libxcb-image0", "library", "libxcb-image.so.0"),
    Need("libxcb-keysyms1", "library", "libxcb-keysyms.so.1"),
    Need("libxcb-randr0", "library", "libxcb-randr.so.0"),
    Need("libxcb-render-util0", "library", "libxcb-render-util.so.0"),
    Need("libxcb-shape0", "library", "libxcb-shape.so.0"),
    Need("libxcb-sync1", "library", "libxcb-sync.so.1"),
    Need("libxcb-xfixes0", "library", "libxcb-xfixes.so.0"),
    Need("libxcb-xkb1", "library", "libxcb-xkb.so.1"),
    Need("libxkbcommon-x11-0", "library", "libxkbcommon-x11.so.0"),
)
# What the tests with a real X server drive it with.
X11_TESTS = (Need("xvfb", "program", "Xvfb"), Need("xdotool", "program", "xdotool"))


def is_there(need: Need) -> bool:
    """Look for what a package brings, not for the package: it may have come another way."""
    if need.kind == "library":
        return _loads(need.name)
    if need.kind == "module":
        return importlib.util.find_spec(need.name) is not None
    if need.kind == "program":
        return shutil.which(need.name) is not None
    chosen = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    return any(Path(file).is_file() for file in (need.name, chosen) if file)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_packages(
    needs: Sequence[Need], is_there: Callable[[Need], bool] = is_there
) -> list[str]:
    """Name the packages whose content is not there, in the table's order."""
    return [need.package for need in needs if not is_there(need)]


def apt_get(*words: str) -> list[str]:
    """Build an apt-get command that waits for a lock and never asks."""
    return ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-y", *words]


def apt_install(packages: Sequence[str]) -> list[str]:
    return apt_get("install", "--no-install-recommends", *packages)


def line_for_user(packages: Sequence[str]) -> str:
    """The exact line a person runs who must do it by hand."""
    return f"sudo apt-get install -y --no-install-recommends {' '.join(packages)}"


class Rights(NamedTuple):
    """How this process may install packages: `prefix` goes before the command, None is not at all.

    `at_terminal`: somebody can be asked.
    """

    prefix: tuple[str, ...] | None
    at_terminal: bool


def own_rights() -> Rights:
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    if os.geteuid() == 0:
        return Rights((), at_terminal)
    if shutil.which("sudo") is None:
        return Rights(None, at_terminal)
    if at_terminal:
        return Rights(("sudo",), at_terminal)  # sudo itself asks for the password
    silent = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return Rights(("sudo", "-n") if silent.returncode == 0 else None, at_terminal)


def agreed(question: str, ask: Callable[[str], str] = input) -> bool:
    try:
        return ask(f"{question} [Y/n] ").strip().lower() in ("", "y", "yes")
    except EOFError:
        return False


def ensure_system(required: Sequence[Need], useful: Sequence[Need], *, yes: bool) -> None:
    """Install what is missing. Raises Stop if something required cannot be installed.

    What is only useful (tests skip without it) is named when it cannot be installed, and the run
    goes on.
    """
    if not sys.platform.startswith("linux"):
        return
    missing = missing_packages((*required, *useful))
    if not missing:
        return
    refusal = _install(missing, yes=yes)
    importlib.invalidate_caches()
    if not refusal:
        return
    if missing_packages(required):
        raise Stop(refusal, SYSTEM_PACKAGES)
    say(f"{refusal}\nGoing on without; the tests that need them are skipped.")


def _install(packages: Sequence[str], *, yes: bool) -> str | None:
    """Install packages; return None, or the sentences that tell why it was not done."""
    if shutil.which("apt-get") is None:
        return (
            "These Debian packages, or what your system calls them, are missing: "
            f"{' '.join(packages)}. Install them with its package manager, then run this again."
        )
    by_hand = (
        "System packages are missing. Run this line, then start again:\n\n"
        f"    {line_for_user(packages)}\n"
    )
    rights = own_rights()
    if rights.prefix is None:
        return by_hand
    say(f"System packages that are missing: {' '.join(packages)}")
    if rights.at_terminal and not yes and not agreed("Install them now?"):
        return by_hand
    output = run_apt(rights.prefix, packages)
    return output and f"apt-get failed: {output}\n\n{by_hand}"


def run_apt(prefix: Sequence[str], packages: Sequence[str]) -> str | None:
    """Install with apt-get, with fresh lists if there are none or the first try fails.

    Return None, or the last line apt-get said.
    """
    if _has_package_lists() and _apt(prefix, apt_install(packages)) is None:
        return None
    return _apt(prefix, apt_get("update")) or _apt(prefix, apt_install(packages))


def _has_package_lists() -> bool:
    return any(file.name.endswith(("Packages", "Packages.lz4")) for file in _lists())


def _lists() -> list[Path]:
    with contextlib.suppress(OSError):
        return list(Path("/var/lib/apt/lists").iterdir())
    return []


def _apt(prefix: Sequence[str], command: Sequence[str]) -> str | None:
    words = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", *command]
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode == 0:
        return None
    lines = done.stdout.strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def stamp_text(root: Path = ROOT) -> str:
    """Digest all that the environment depends on: requirements, this Python, and the place.

    Only the parts of pyproject.toml that an installation reads count, so that a changed setting of
    a checker costs no new set-up.
    """
    import tomllib  # not at the top: an older Python must get as far as the sentence about it

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    facts = {
        "project": project.get("project"),
        "build": project.get("build-system"),
        "setup": (root / "setup.py").read_text(encoding="utf-8"),
        "python": [sys.version, sys.base_prefix],
        "root": str(root),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def is_complete(stamp: Path = STAMP, python: Path = PYTHON, root: Path = ROOT) -> bool:
    """Tell whether a set-up ran to its end for this Python and these requirements."""
    try:
        return python.exists() and stamp.read_text(encoding="utf-8") == stamp_text(root)
    except OSError:
        return False


def ensure_environment() -> None:
    """Make `.venv` and install the package with its tools, unless that is done. Raises Stop."""
    if is_complete():
        return
    with one_at_a_time() as lock:
        if not is_complete():
            set_up_environment(lock)


def set_up_environment(lock: Sequence[int] = ()) -> None:
    """Make it from nothing. Its children hold the lock too: a killed start may leave one behind."""
    say(f"Making {VENV.name} and installing the Python packages (once, under a minute) ...")
    # --clear: Debian's venv leaves a half-made folder when ensurepip is missing.
    base = getattr(sys, "_base_executable", None) or sys.executable
    make = [base, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(make, pass_fds=lock, check=False).returncode:
        raise Stop(f"The virtual environment {VENV} could not be made.", PYTHON_PACKAGES)
    pip = subprocess.run(pip_command(), env=pip_environment(os.environ), pass_fds=lock, check=False)
    if pip.returncode:
        raise Stop(
            "pip could not install the Python packages: look at its last lines above, check the "
            "network, the proxy and pip's settings, and run this again.",
            PYTHON_PACKAGES,
        )
    STAMP.write_text(stamp_text(), encoding="utf-8")


def ensure_translations() -> None:
    """Compile those whose texts have changed, as after a pull: English has its plurals there."""
    compile_them = [str(PYTHON), str(ROOT / "packaging" / "build_resources.py")]
    if subprocess.run(compile_them, stdout=subprocess.DEVNULL, check=False).returncode:
        raise Stop("The translations could not be built.", PYTHON_PACKAGES)


def pip_command() -> list[str]:
    """Wheels only: no compiler and no headers are needed."""
    options = ["--only-binary=:all:", "--root-user-action=ignore", "--disable-pip-version-check"]
    return [str(PYTHON), "-m", "pip", "install", "-q", *options, "--editable", f"{ROOT}[dev]"]


def pip_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The PIP_* settings as they are; pip 23 does not look at SSL_CERT_FILE, so say it again."""
    environment = dict(environ)
    if environment.get("SSL_CERT_FILE"):
        environment.setdefault("PIP_CERT", environment["SSL_CERT_FILE"])
    return environment


@contextlib.contextmanager
def one_at_a_time() -> Iterator[tuple[int, ...]]:
    """Let a second start wait for the first one's set-up. The lock is on this file.

    Gives the descriptors that hold it.
    """
    if os.name == "nt":
        yield ()
        return
    import fcntl

    with open(__file__, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this folder ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield (file.fileno(),)


@contextlib.contextmanager
def child_environment(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give what our programs run under: UTF-8, a home, a private runtime folder.

    Without a home Qt writes to the root folder, without XDG_RUNTIME_DIR it warns, and a locale
    that is not installed makes it warn in the middle of a test.
    """
    environment = dict(environ)
    environment["PYTHONUTF8"] = "1"
    if needs_utf8_locale(environment):
        environment["LC_ALL"] = "C.UTF-8"
    with tempfile.TemporaryDirectory(prefix="ds3-browser-") as scratch:
        for name in ("HOME", "XDG_RUNTIME_DIR"):
            if not environment.get(name):
                folder = Path(scratch, name)
                folder.mkdir(mode=0o700)
                environment[name] = str(folder)
        yield environment


def needs_utf8_locale(environ: Mapping[str, str]) -> bool:
    """Tell whether the chosen locale is plain C, or one that is not installed."""
    chosen = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "C"
    if chosen in ("C", "POSIX"):
        return True
    try:
        locale.setlocale(locale.LC_CTYPE, chosen)
    except locale.Error:
        return True
    return False


def has_display(environ: Mapping[str, str]) -> bool:
    """Tell whether a window would be seen: not where a platform was chosen that shows nothing."""
    if environ.get("QT_QPA_PLATFORM") in UNSEEN:
        return False
    if not sys.platform.startswith("linux"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def virtual_display(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start an X server of our own where there is one and Qt can use it, else draw offscreen.

    The server chooses its number and writes it to a pipe, so two runs never meet.
    """
    environment = {name: text for name, text in environ.items() if name != "WAYLAND_DISPLAY"}
    server = shutil.which("Xvfb")
    if server is None or environ.get("QT_QPA_PLATFORM") in UNSEEN or missing_packages(X11):
        yield environment | {"QT_QPA_PLATFORM": "offscreen"}
        return
    read_end, write_end = os.pipe()
    command = [server, "-displayfd", str(write_end), "-screen", "0", "1440x900x24"]
    process = subprocess.Popen(
        [*command, "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as pipe:
            number = pipe.readline().strip()
        if number:
            environment |= {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        else:
            environment["QT_QPA_PLATFORM"] = "offscreen"
        yield environment
    finally:
        process.terminate()
        process.wait()


def run(*words: str, environ: Mapping[str, str]) -> int:
    """Run the environment's Python in the project's folder; return its exit code."""
    return wait(subprocess.Popen([str(PYTHON), *words], cwd=ROOT, env=dict(environ)))


def wait(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the child got it too and ends in its own way


def say(text: str) -> None:
    print(text, flush=True)


def check(environ: Mapping[str, str]) -> int:
    """Run all three even if the first one finds something."""
    codes = [
        run("-m", "ruff", "format", "--check", ".", environ=environ),
        run("-m", "ruff", "check", ".", environ=environ),
        run("-m", "mypy", environ=environ),
    ]
    return max(abs(code) for code in codes)


def test(environ: Mapping[str, str], words: Sequence[str]) -> int:
    checked = check(environ)
    offscreen = {"QT_QPA_PLATFORM": "offscreen", **environ}
    if all(word.startswith("-") for word in words) and (os.cpu_count() or 1) > 1:
        tested = run_in_parts(words, offscreen)
    else:
        tested = run("-m", "pytest", *words, environ=offscreen)
    if checked:
        say("The checks before the tests found something: look at the top.")
    return tested or checked


# Besides all others. The window's tests keep a processor busy; a job's wait for most of their time.
APART = (("tests/gui", "tests/xvfb"), ("tests/transfer",))


def run_in_parts(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run parts of the tests beside each other; the first exit code of one that is not 0.

    What the first one prints is seen as it comes, what the others print when all have ended.
    """
    shown, *parts = [*APART, [f"--ignore={folder}" for part in APART for folder in part]]
    told_apart = "; ".join(", ".join(part) for part in APART)
    say(f"Runs beside each other: {told_apart}; and all others. The first one is seen.")
    with contextlib.ExitStack() as files:
        beside = []
        for part in parts:
            told = files.enter_context(tempfile.TemporaryFile())
            command = [str(PYTHON), "-m", "pytest", *words, *part]
            process = subprocess.Popen(
                command, cwd=ROOT, env=dict(environ), stdout=told, stderr=subprocess.STDOUT
            )
            beside.append((process, told))
        codes = [run("-m", "pytest", *words, *shown, environ=environ)]
        codes += [wait(process) for process, _ in beside]
        for _, told in beside:
            told.seek(0)
            say(told.read().decode("utf-8", "replace"))
    return next((code for code in codes if code), 0)


def demo(environ: Mapping[str, str], words: Sequence[str]) -> int:
    """Open the program on the demo appliance; without a display, or when asked, take the tour."""
    words = list(words)
    if "--tour" in words:
        position = words.index("--tour")
        folder = words[position + 1 : position + 2]
        if not folder:
            raise Stop("--tour needs a folder for its screenshots.", USAGE)
        del words[position : position + 2]
        return tour(environ, folder[0], words)
    if not has_display(environ):
        folder_name = str(ROOT / "build" / "tour")
        say(f"There is no display here: taking the tour instead, screenshots in {folder_name}")
        return tour(environ, folder_name, words)
    return run("-m", "ds3_browser", "--demo", *words, environ=environ)


def tour(environ: Mapping[str, str], folder: str, words: Sequence[str]) -> int:
    Path(folder).mkdir(parents=True, exist_ok=True)
    with virtual_display(environ) as shown:
        return script("packaging/tour.py", [str(Path(folder).resolve()), *words], shown)


def script(name: str, words: Sequence[str], environ: Mapping[str, str]) -> int:
    if not (ROOT / name).is_file():
        raise Stop(f"{name} does not exist in this version.", USAGE)
    return run(name, *words, environ=environ)


COMMANDS = {
    "demo": "open the program on a demo appliance (--tour DIR: let it drive itself, screenshots)",
    "test": "check, then all tests; further words go to pytest",
    "check": "ruff format --check, ruff check, mypy",
    "bench": "measure speed and the window's liveliness",
    "screenshots": "make the documentation's pictures anew",
}
SCRIPTS = {"bench": "tests/benchmarks/run.py", "screenshots": "packaging/screenshots.py"}


def usage() -> str:
    shown = {
        name: text
        for name, text in COMMANDS.items()
        if name not in SCRIPTS or (ROOT / SCRIPTS[name]).is_file()
    }
    lines = [f"  {name:12} {text}" for name, text in shown.items()]
    head = f"python3 packaging/dev.py {' | '.join(shown)} [--yes] [words]"
    yes = "  --yes        install missing system packages without asking"
    return "\n".join([head, "", *lines, yes])


def needs_of(command: str, environ: Mapping[str, str]) -> tuple[list[Need], list[Need]]:
    """What a command requires of the system, and what it merely profits from."""
    if command == "check":
        return [*SET_UP], []
    if command == "test":
        return [*SET_UP, *QT], [*X11, *X11_TESTS]
    if command == "demo" and environ.get("DISPLAY"):
        return [*SET_UP, *QT, *X11], []
    return [*SET_UP, *QT], []


def main(arguments: Sequence[str]) -> int:
    words = [word for word in arguments if word != "--yes"]
    if not words or words[0] not in COMMANDS:
        say(usage())
        return 0 if words and words[0] in ("-h", "--help") else USAGE
    command, rest = words[0], words[1:]
    if command in ("check", "test") and not {"-h", "--help"}.isdisjoint(rest):
        say(usage())  # the others have words of their own
        return 0
    if command in SCRIPTS and not (ROOT / SCRIPTS[command]).is_file():
        raise Stop(f"{command}: {SCRIPTS[command]} does not exist in this version.", USAGE)
    required, useful = needs_of(command, os.environ)
    ensure_system(required, useful, yes="--yes" in arguments)
    ensure_environment()
    ensure_translations()
    with child_environment(os.environ) as environ:
        if command == "check":
            return check(environ)
        if command == "test":
            return test(environ, rest)
        if command == "demo":
            return demo(environ, rest)
        with virtual_display(environ) as shown:
            return script(SCRIPTS[command], rest, shown)


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        print(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; {sys.executable} is "
            f"{sys.version_info[0]}.{sys.version_info[1]}. Start this with a newer one.",
            file=sys.stderr,
        )
        sys.exit(USAGE)
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        print(stop, file=sys.stderr)
        sys.exit(stop.code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
