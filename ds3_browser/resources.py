"""Find the files that are shipped beside the code: icons, fonts, licences, the guide.

An installed wheel holds them inside the package, a checkout beside it, the guide in `docs`. Nothing
else in the program knows where they are.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "_resources", _PACKAGE.parent / "resources", _PACKAGE.parent / "docs")


def path(name: str) -> Path:
    """Return where a shipped file is, by its name below the resources (`icons/app.svg`).

    Raises FileNotFoundError.
    """
    for place in _PLACES:
        if (place / name).exists():
            return place / name
    raise FileNotFoundError(f"{name} is not among the shipped files")
