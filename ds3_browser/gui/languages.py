"""The languages the window speaks. English is in the code; each other one is a file.

English has a file too, for what reads otherwise for one than for many. What is here holds for
widgets that are made later, so a language is chosen before the window is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from ds3_browser import resources

log = logging.getLogger(__name__)

ENGLISH = "en"
_BEGINNING = "ds3_browser_"


@dataclass(frozen=True, slots=True)
class Language:
    """`code` as in `de` or `pt_BR`; `name` is its own."""

    code: str
    name: str


class _Spoken:
    """Translators that are installed: Qt holds no reference of its own to them."""

    translators: tuple[QTranslator, ...] = ()


def there() -> tuple[Language, ...]:
    """Return the languages there are, by their own names; English first."""
    codes = {file.stem.removeprefix(_BEGINNING) for file in _files()} - {ENGLISH}
    others = sorted((Language(code, _own_name(code)) for code in codes), key=lambda one: one.name)
    return (Language(ENGLISH, "English"), *others)


def speak(wanted: str = "") -> str:
    """Speak a language from now on, "" for the system's; return which one it is.

    A language that is not there, any more or at all, is English.
    """
    code = _nearest(QLocale.system().uiLanguages() if not wanted else [wanted])
    app = QCoreApplication.instance()
    assert app is not None
    if not _of(ENGLISH):
        log.warning("numbers are told without plurals: packaging/build_resources.py was not run")
    for old in _Spoken.translators:
        app.removeTranslator(old)
    found = [_loaded(file) for name in dict.fromkeys((ENGLISH, code)) for file in _of(name)]
    _Spoken.translators = tuple(one for one in found if one is not None)
    for translator in _Spoken.translators:  # what comes later is asked first
        app.installTranslator(translator)
    QLocale.setDefault(QLocale(code) if wanted else QLocale.system())
    log.info("language: %s", code)
    return code


def _nearest(wanted: list[str]) -> str:
    codes = {one.code for one in there()}
    for name in wanted:
        code = name.replace("-", "_")
        parts = code.split("_")
        for shorter in ("_".join(parts[:length]) for length in range(len(parts), 0, -1)):
            if shorter in codes:
                return shorter
    return ENGLISH


def _files() -> list[Path]:
    try:
        return sorted(resources.path("i18n").glob(f"{_BEGINNING}*.qm"))
    except FileNotFoundError:
        return []


def _of(code: str) -> list[Path]:
    """Return a language's files: of Qt's own words, then of ours."""
    qt = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), f"qtbase_{code}.qm")
    ours = [file for file in _files() if file.stem == f"{_BEGINNING}{code}"]
    return [*([qt] if qt.exists() and code != ENGLISH else []), *ours]


def _loaded(file: Path) -> QTranslator | None:
    translator = QTranslator()
    if translator.load(str(file)):
        return translator
    log.warning("%s cannot be read as a translation", file)
    return None


def _own_name(code: str) -> str:
    return QLocale(code).nativeLanguageName() or code
