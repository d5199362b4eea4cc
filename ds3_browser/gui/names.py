"""Names of objects as the user sees and orders them. Pure: nothing here changes a name itself."""

from __future__ import annotations

import re
import unicodedata

from ds3_browser.gui.direction import as_it_is

_UNSEEN = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DIGITS = re.compile("[0-9]+")
_KINDS = {
    "file-play": "mxf mov mp4 mkv avi dpx exr wav aif aiff mp3 flac r3d braw",
    "image": "png jpg jpeg tif tiff gif bmp webp svg dng cr2 nef psd",
    "archive": "zip tar gz bz2 xz 7z rar tgz iso",
    "file-text": "txt md csv xml json log ale mhl pdf doc docx html yaml yml ini py",
}
_ICON_OF = {ending: icon for icon, endings in _KINDS.items() for ending in endings.split()}
LONGEST_ENDING = 8


def visible(name: str) -> str:
    """Return the name with each character one cannot see shown as a mark, in its own order."""
    return as_it_is(_UNSEEN.sub(_mark, name))


def _mark(found: re.Match[str]) -> str:
    code = ord(found.group())
    return chr(0x2400 + code) if code < 0x20 else "␡" if code == 0x7F else "␣"


def ending(name: str) -> str:
    """Return what stands behind the last dot, in lower case; empty where nothing plausible does."""
    stem, dot, end = name.rpartition("/")[2].rpartition(".")
    return end.lower() if dot and stem and 0 < len(end) <= LONGEST_ENDING else ""


def icon(name: str) -> str:
    """Return the name of the icon for an object's kind."""
    return _ICON_OF.get(ending(name), "file")


def natural(name: str) -> str:
    """Return a sort key that puts take9 before take10, and tells neither case nor accents apart.

    A number is led by its length, so that plain comparison of texts compares its value.
    """
    text = name.casefold()
    if not text.isascii():
        parted = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in parted if not unicodedata.combining(c))
    return _DIGITS.sub(_led_by_length, text)


def _led_by_length(found: re.Match[str]) -> str:
    digits = found.group().lstrip("0")
    return chr(ord("0") + len(digits)) + digits
