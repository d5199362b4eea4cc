#!/usr/bin/env python3
"""Turn `resources/` into what is shipped: files as they are, translations compiled from .ts to .qm.

The wheel build calls `ship`; run as a script it compiles the translations in place, which is what
an editable install reads. One that is newer than its source is left as it is. Compiled translations
are never committed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESOURCES, GUIDE = ROOT / "resources", ROOT / "docs" / "guide"


def ship(target: Path, source: Path = RESOURCES) -> None:
    """Copy the resources and the guide into `target`; .qm files take their sources' place."""
    ignore = shutil.ignore_patterns("*.ts", "*.qm")
    shutil.copytree(source, target, ignore=ignore, dirs_exist_ok=True)
    compile_translations(source, target)
    if GUIDE.is_dir():  # docs are not among what a test of the wheel copies by itself
        shutil.copytree(GUIDE, target / "guide", dirs_exist_ok=True)


def compile_translations(source: Path, target: Path) -> list[Path]:
    """Compile each .ts below `source` to a .qm at the same place below `target`; name the new."""
    made = []
    for file in sorted(source.rglob("*.ts")):
        compiled = target / file.relative_to(source).with_suffix(".qm")
        if compiled.exists() and compiled.stat().st_mtime >= file.stat().st_mtime:
            continue
        compiled.parent.mkdir(parents=True, exist_ok=True)
        fresh = compiled.with_name(f"{compiled.name}.fresh")
        subprocess.run([lrelease(), "-silent", str(file), "-qm", str(fresh)], check=True)
        fresh.replace(compiled)  # a program that runs has the old one mapped into its memory
        made.append(compiled)
    return made


def lrelease() -> str:
    """Find Qt's translation compiler, which ships inside PySide6-Essentials."""
    import PySide6

    return str(Path(PySide6.__file__).with_name("lrelease"))


if __name__ == "__main__":
    for compiled in compile_translations(RESOURCES, RESOURCES):
        print(compiled)
    sys.exit(0)
