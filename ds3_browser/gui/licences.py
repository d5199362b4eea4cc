"""The licences of all that this program is made of: its own, what it ships, and its libraries."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from ds3_browser import resources

OURS = "ds3-browser"
LARGEST = 200_000  # characters shown of one licence

# what: the shipped file with its licence
SHIPPED = (
    ("Lucide (icons), ISC", "icons/LICENSE"),
    ("Inter (font), SIL Open Font License 1.1", "fonts/LICENSE-Inter"),
    ("JetBrains Mono (font), SIL Open Font License 1.1", "fonts/LICENSE-JetBrainsMono"),
)
_FILE = re.compile(r"(^|/)(licen[cs]e|copying|notice)[^/]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Licence:
    """One part, with the name of its licence, and where the text of that is, if anywhere."""

    part: str
    files: tuple[Path, ...] = ()
    summary: str = ""

    def text(self) -> str:
        """Return the licence's text; its name where no text came with the part. Reads files."""
        texts = [file.read_text(encoding="utf-8", errors="replace") for file in self.files]
        return "\n\n".join(text.strip("\n") for text in texts)[:LARGEST] or self.summary


def all_licences() -> tuple[Licence, ...]:
    """Return the program's own first, then what is shipped, then the libraries by name."""
    shipped = [Licence(what, (resources.path(file),)) for what, file in SHIPPED]
    libraries = sorted(_libraries(), key=lambda licence: licence.part.lower())
    return (*_own(), *shipped, *libraries, _python())


def _own() -> Iterator[Licence]:
    try:
        yield _licence(metadata.distribution(OURS))
    except metadata.PackageNotFoundError:  # started from its sources
        beside = Path(__file__).resolve().parents[2] / "LICENSE"
        files = (beside,) if beside.is_file() else ()
        yield Licence("DS3 Browser, Apache-2.0", files, "Apache License 2.0")


def _libraries() -> Iterator[Licence]:
    """Yield what the program needs, and what that needs in turn, as far as it is installed."""
    waiting = ["pyside6-essentials", "requests", "urllib3", "lxml", "crc32c", "keyring"]
    seen = {OURS}
    while waiting:
        name = waiting.pop()
        plain = re.sub(r"[-_.]+", "-", name).lower()
        if plain in seen:
            continue
        seen.add(plain)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        yield _licence(found)
        for needed in found.requires or ():
            if "extra ==" not in needed and (match := re.match(r"[\w.-]+", needed)):
                waiting.append(match.group())


def _licence(found: metadata.Distribution) -> Licence:
    about = found.metadata
    expressions = about.get_all("License-Expression") or about.get_all("License") or []
    named = _classified(about.get_all("Classifier") or [])
    summary = named or (expressions[0].strip().splitlines() or [""])[0] if expressions else named
    files = [
        Path(str(file.locate())) for file in found.files or () if _FILE.search(file.as_posix())
    ]
    part = f"{about['Name']} {found.version}" + (f", {summary}" if summary else "")
    return Licence(part, tuple(file for file in files if file.is_file()), summary)


def _classified(classifiers: list[str]) -> str:
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    return ", ".join(one for one in named if one != "OSI Approved")


def _python() -> Licence:
    version = ".".join(map(str, sys.version_info[:3]))
    return Licence(
        f"Python {version}, PSF License", (), "Python Software Foundation License Version 2"
    )
