"""What reaches the log files."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from ds3_browser import log


@pytest.fixture
def written(tmp_path):
    """A function that logs, closes and returns all that is in the files."""
    folder = log.set_up(tmp_path, "DEBUG")

    def read() -> str:
        log.flush()
        return "".join(file.read_text() for file in sorted(folder.iterdir()))

    yield read
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


def test_a_disk_that_does_not_answer_holds_up_nobody_who_logs(tmp_path, monkeypatch):
    answers = threading.Event()

    class Stuck(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            answers.wait(60)

    monkeypatch.setattr(log, "WRITE_WITHIN_S", 0.05)
    handler = log.HandingHandler(Stuck())
    began = time.monotonic()
    for number in range(100):
        handler.handle(logging.makeLogRecord({"msg": f"line {number}"}))
    handler.flush()
    handler.close()
    assert time.monotonic() - began < 10
    answers.set()


def test_lines_stand_in_the_order_in_which_they_were_told(written):
    for number in range(500):
        logging.getLogger("ds3_browser.x").info("%d of 100 %%", number)
    told = [line.rsplit(": ", 1)[1] for line in written().splitlines()]
    assert told == [f"{number} of 100 %" for number in range(500)]
