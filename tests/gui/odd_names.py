"""Names that objects can have and that a client easily spoils, and a tree of 10,000 of them."""

from __future__ import annotations

import sys
import unicodedata

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.simulator.seeding import Seed
from ds3_browser.simulator.server import Simulator

ODD = (
    "שלום עולם.mov",
    "مرحبا‏.wav",
    "e\u0301 combining.txt",
    "é composed.txt",
    "🎬👩\u200d🎤.mxf",
    "tab\there",
    "line\nbreak",
    "\u202egnp.exe",
    "trailing spaces  ",
    " leading",
    "日本語の名前.dpx",
    "ไทย.txt",
    "%2F+&?#=.bin",
    "<b>bold</b>.txt",
    "..",
    "x" * 900,
)
FOLDERS = ("..", "", "a b ", "לילה", "<i>")
OBJECTS = 10_000
PUT = b"content"
SIZE = 100  # of each plain one, in bytes


def scripts() -> dict[str, str]:
    """Some letters of every script this Python knows, by the script's name in Unicode."""
    found: dict[str, str] = {}
    for number in range(sys.maxunicode):
        sign = chr(number)
        if not unicodedata.category(sign).startswith("L"):
            continue
        script = unicodedata.name(sign, "").split(" ")[0].split("-")[0]
        if script and len(found.get(script, "")) < 6:
            found[script] = found.get(script, "") + sign
    return found


def fill(simulator: Simulator, client: Ds3Client, bucket: str, names: list[str]) -> list[str]:
    """Put these names and as many plain ones that there are 10,000 objects. Gives all names."""
    plain = OBJECTS - len(names)
    simulator.seed(Seed(bucket, plain, size=SIZE))
    for name in names:
        client.put_object(bucket, name, PUT)
    return names + [f"object-{number:07}" for number in range(plain)]


def tree(simulator: Simulator, client: Ds3Client, bucket: str) -> list[str]:
    """Make a folder of each script, with one of plain names in it. Gives all 10,000 names."""
    names = [*ODD, *(f"{folder}/inside" for folder in FOLDERS)]
    for letters in scripts().values():
        names.append(f"{letters}/{letters}.mxf")
        names.append(f"{letters}/{letters[::-1]} {letters}/{letters[0]}.wav")
    for name in names:
        client.put_object(bucket, name, PUT)
    folders, left = list(scripts().values()), OBJECTS - len(names)
    for number, letters in enumerate(folders):
        of_this = left // len(folders) + (number < left % len(folders))
        simulator.seed(Seed(bucket, of_this, size=SIZE, prefix=f"{letters}/takes/"))
        names += [f"{letters}/takes/object-{one:07}" for one in range(of_this)]
    return names
