"""File attributes in the vendor's words, out and back."""

from __future__ import annotations

import grp
import os
import pwd
import re
from pathlib import Path

import pytest

from ds3_browser.transfer import metadata


@pytest.fixture
def file(folder: Path) -> Path:
    path = folder / "x"
    path.write_bytes(b"1")
    return path


@pytest.mark.checklist("K C-139: the keys of POSIX are written")
def test_a_file_is_described_with_the_keys_of_posix(file: Path) -> None:
    file.chmod(0o4754)
    os.utime(file, ns=(1_700_000_000_123_999_999, 1_600_000_000_456_999_999))
    status = file.stat()
    assert metadata.read(status) == {
        "ds3-os": metadata.system_name(),
        "ds3-creation-time": "1600000000456",
        "ds3-last-access-time": "1700000000123",
        "ds3-last-modified-time": "1600000000456",
        "ds3-uid": str(status.st_uid),
        "ds3-gid": str(status.st_gid),
        "ds3-mode": "104754",
        "ds3-permissions": "754(rwxr-xr--)",
        "ds3-ownername": pwd.getpwuid(status.st_uid).pw_name,
        "ds3-groupname": grp.getgrgid(status.st_gid).gr_name,
    }


@pytest.mark.checklist("K C-139: ds3-permissions never has s or t")
def test_permissions_never_show_special_bits(file: Path) -> None:
    for mode in (0o7777, 0o6000, 0o1644):
        file.chmod(mode)
        text = metadata.read(file.stat())["ds3-permissions"]
        assert re.fullmatch(r"[0-7]{3}\((?:[r-][w-][x-]){3}\)", text)


def restored(file: Path, **told: str) -> os.stat_result:
    metadata.restore(
        str(file), {f"ds3-{key.replace('_', '-')}": (value,) for key, value in told.items()}
    )
    return file.stat()


@pytest.mark.checklist("K C-140: times are milliseconds and come back exact")
def test_the_time_of_change_alone_is_enough_and_exact_to_the_millisecond(file: Path) -> None:
    status = restored(file, last_modified_time="1600000000456")
    assert status.st_mtime_ns == 1_600_000_000_456_000_000


def test_times_before_1970_come_back(file: Path) -> None:
    assert restored(file, last_modified_time="-1500").st_mtime_ns == -1_500_000_000


@pytest.mark.parametrize(
    ("told", "mode"),
    [
        ({"permissions": "640(rw-r-----)"}, 0o640),
        ({"permissions": "(rwxr-x--x)"}, 0o751),
        ({"permissions": "604"}, 0o604),
        ({"mode": "100444"}, 0o444),
        ({"permissions": "rubbish", "mode": "100400"}, 0o400),
    ],
)
def test_permissions_come_from_the_letters_then_the_digits_then_the_mode(
    file: Path, told: dict[str, str], mode: int
) -> None:
    assert restored(file, os=metadata.system_name(), **told).st_mode & 0o7777 == mode


@pytest.mark.checklist("K C-142: of a foreign system only times are restored")
def test_a_foreign_system_tells_nothing_but_times(file: Path) -> None:
    file.chmod(0o600)
    status = restored(
        file, os="Windows 10", permissions="777(rwxrwxrwx)", last_modified_time="1000"
    )
    assert (status.st_mode & 0o777, status.st_mtime_ns) == (0o600, 1_000_000_000)


@pytest.mark.checklist("K C-141: keys are read whatever their case")
def test_keys_count_whatever_their_case(file: Path) -> None:
    metadata.restore(str(file), {"DS3-Last-Modified-Time": ("2000",)})
    assert file.stat().st_mtime_ns == 2_000_000_000


@pytest.mark.checklist("K C-142: what cannot be restored is not fatal")
@pytest.mark.parametrize("text", ["", "soon", "1e9", "9" * 18, "9" * 40, "\u0663", "- 1"])
def test_senseless_values_are_passed_over(file: Path, text: str) -> None:
    before = file.stat()
    restored(file, os=metadata.system_name(), last_modified_time=text, permissions=text)
    assert file.stat().st_mode == before.st_mode
    assert file.exists()


def test_a_file_that_is_gone_is_no_error(folder: Path) -> None:
    metadata.restore(str(folder / "gone"), {"ds3-last-modified-time": ("1",)})
