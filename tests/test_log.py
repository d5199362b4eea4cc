"""What reaches the log files."""

from __future__ import annotations

import logging

import pytest

from ds3_browser import log


@pytest.fixture
def written(tmp_path):
    """A function that logs, closes and returns all that is in the files."""
    folder = log.set_up(tmp_path, "DEBUG")
    yield lambda: "".join(file.read_text() for file in sorted(folder.iterdir()))
    log.tear_down()


def test_a_signature_never_reaches_the_file_but_the_access_id_does(written):
    logging.getLogger("ds3_browser.x").info("sent %s", "Authorization: AWS bob:aGVsbG8gd29ybGQ=")
    text = written()
    assert "AWS bob:***" in text
    assert "aGVsbG8" not in text


def test_a_known_secret_is_hidden_also_in_a_traceback_and_percent_encoded(written):
    log.hide("s3cr3t/key+with=signs")
    try:
        raise ValueError("the key s3cr3t/key+with=signs is bad")
    except ValueError:
        logging.getLogger("ds3_browser.x").exception("at /?k=s3cr3t%2Fkey%2Bwith%3Dsigns")
    text = written()
    assert "s3cr3t" not in text
    assert "ValueError" in text


def test_a_login_in_an_address_is_hidden(written):
    logging.getLogger("ds3_browser.x").info("through http://me:pa55word@proxy.example:8080")
    assert "http://***@proxy.example:8080" in written()


def test_old_files_give_way_to_new_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(log, "FILE_BYTES", 1000)
    folder = log.set_up(tmp_path, "INFO")
    for number in range(200):
        logging.getLogger("ds3_browser.x").info("line %d %s", number, "x" * 50)
    log.tear_down()
    files = list(folder.iterdir())
    assert len(files) == log.FILES
    assert all(file.stat().st_size <= 1000 for file in files)


def test_setting_up_twice_writes_each_line_once(tmp_path):
    log.set_up(tmp_path)
    folder = log.set_up(tmp_path)
    logging.getLogger("ds3_browser.x").warning("once")
    log.tear_down()
    assert (folder / "ds3-browser.log").read_text().count("once") == 1
