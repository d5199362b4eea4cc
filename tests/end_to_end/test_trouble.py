"""Servers that are gone, refuse, or break: what the window says, and that it goes on by itself."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from ds3_browser.gui.connections import SessionState
from ds3_browser.protocol.records import Credentials, Endpoint
from ds3_browser.simulator.server import Simulator
from ds3_browser.transfer.events import State, WaitReason
from tests.end_to_end.person import Person, answering, press, until
from tests.end_to_end.trees import differences

MIB = 1 << 20


def said_in_place_of_rows(person: Person) -> str:
    page = person.window.page
    until(lambda: page.findChild(object, "instead_of_rows").isVisible(), "a sentence")
    return page.findChild(object, "instead_text").text()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"mgmt_port": True}, "This is the management port. Use the data path address."),
        ({"clock": {"offset_s": -1320}}, "This computer's clock differs by 22 min"),
    ],
    ids=["management port", "clock"],
)
def test_an_appliance_that_refuses_is_told(
    someone: Person, endpoint: Endpoint, credentials: Credentials, simulator, fault, sentence: str
) -> None:
    simulator.faults.set_all(fault)
    session = someone.add_session(endpoint, credentials)
    until(lambda: someone.connection(session).error, "an error")
    assert sentence in said_in_place_of_rows(someone)


def test_wrong_keys_are_told(someone: Person, endpoint: Endpoint, credentials) -> None:
    session = someone.add_session(endpoint, replace(credentials, secret_key="wrong"))
    until(lambda: someone.connection(session).state is SessionState.SIGN_IN_FAILED, "a refusal")
    told = "The appliance does not know this access ID or the secret key is wrong."
    assert said_in_place_of_rows(someone) == told


def test_the_key_that_was_refused_is_what_one_types_anew(
    someone: Person, endpoint: Endpoint, credentials: Credentials
) -> None:
    session = someone.add_session(endpoint, replace(credentials, secret_key="wrong"))
    until(lambda: someone.connection(session).state is SessionState.SIGN_IN_FAILED, "a refusal")

    def type_blindly(dialog: QWidget) -> None:
        dialog.activateWindow()
        until(lambda: dialog.isAncestorOf(QApplication.focusWidget()), "the focus")
        QTest.keyClicks(QApplication.focusWidget(), credentials.secret_key)
        press(dialog, "connect_button")

    edit = someone.window.page.findChild(QPushButton, "instead_button")
    until(edit.isVisible, "Edit session…")
    answering(edit.click, ("session_dialog", type_blindly))
    until(lambda: someone.connection(session).state is SessionState.CONNECTED, "the connection")


def test_nobody_at_the_address_is_told(someone: Person, credentials: Credentials) -> None:
    session = someone.add_session(Endpoint.parse("http://127.0.0.1:9"), credentials)
    until(lambda: someone.connection(session).error, "an error")
    assert "No appliance answers at 127.0.0.1:9." in said_in_place_of_rows(someone)


def test_an_appliance_that_takes_no_job_now_is_waited_for(
    person: Person, folder: Path, simulator
) -> None:
    simulator.faults.set_all({"busy": 1, "retry_after": 2})
    (folder / "x").write_bytes(b"1")
    job = person.drop(folder / "x")
    person.until_waiting(job, WaitReason.BUSY)
    assert "The appliance takes no new job now" in person.says(job)
    assert person.until_done(job).counts.done == 1


def test_a_connection_cut_in_mid_blob_is_mended(
    person: Person, folder: Path, restored: Path, simulator
) -> None:
    source = folder / "cut"
    source.mkdir()
    (source / "a").write_bytes(bytes(range(256)) * 20_000)
    simulator.faults.set(
        "drop_connection", {"method": "PUT", "nth": 1, "bytes": 100_000, "times": 2}
    )
    person.until_done(person.drop(source))
    simulator.faults.set("truncate_get", {"nth": 1, "bytes": 1_000_000, "times": 1})
    person.go("archive")
    person.until_done(person.download(restored, "cut/"))
    assert differences(source, restored / "cut") == []


def test_an_appliance_that_is_gone_for_a_while_is_waited_for(
    someone: Person, credentials: Credentials, folder: Path, tmp_path: Path
) -> None:
    data, switches = tmp_path / "other", {"throttle_bps": MIB}
    keys = {"access_id": credentials.access_id, "secret_key": credentials.secret_key}
    (folder / "many").mkdir()
    for n in range(12):
        (folder / "many" / f"{n}").write_bytes(bytes(MIB))
    with Simulator(data, switches=switches, **keys) as first:
        port = first.port
        someone.connect(Endpoint.parse(first.url), credentials)
        client = someone.window.context.browsing.client(someone.session)
        client.create_bucket("b")
        someone.go("b")
        job = someone.drop(folder / "many")
        someone.until_job(
            job, State.TRANSFERRING, that=lambda row: row.progress and row.progress.sent > MIB
        )
    someone.until_waiting(job, WaitReason.NETWORK)
    assert "Appliance not reachable since" in someone.says(job)
    with Simulator(data, port=port, **keys):
        assert someone.until_done(job).counts.done == 12
        assert client.head_object("b", "many/11").size == MIB
    shutil.rmtree(data, ignore_errors=True)


def test_jobs_go_on_as_soon_as_the_session_is_found_again(
    someone: Person, credentials: Credentials, folder: Path, tmp_path: Path
) -> None:
    data, switches = tmp_path / "other", {"throttle_bps": MIB}
    keys = {"access_id": credentials.access_id, "secret_key": credentials.secret_key}
    (folder / "long").write_bytes(bytes(4 * MIB))
    with Simulator(data, switches=switches, **keys) as first:
        port = first.port
        someone.connect(Endpoint.parse(first.url), credentials)
        someone.window.context.browsing.client(someone.session).create_bucket("b")
        someone.go("b")
        job = someone.drop(folder / "long")
        someone.until_job(job, State.TRANSFERRING, that=lambda row: row.progress)
    someone.window.page.refresh()
    until(lambda: someone.connection(someone.session).state is SessionState.LOST, "the loss")
    by_itself = someone.until_waiting(
        job,
        WaitReason.NETWORK,
        lambda row: row.wait.until - row.wait.asked_at > timedelta(seconds=6),
    ).wait.until
    with Simulator(data, port=port, **keys):
        someone.window.reconnecting.try_now(someone.session)
        assert someone.until_done(job).counts.done == 1
        assert datetime.now(UTC) < by_itself
    shutil.rmtree(data, ignore_errors=True)


def test_hostile_names_put_on_the_wire_stay_below_the_target(
    person: Person, client, restored: Path
) -> None:
    hostile = ["h/../../up", "h//two", "h/./dot", "h/a/../../../b"]
    for name in hostile:
        client.put_object("archive", name, name.encode())
    client.put_object("archive", "/lead", b"lead")
    assert sorted(n for p in client.list_pages("archive") for n in p.names) == sorted(
        [*hostile, "/lead"]
    )
    person.go("archive")
    person.window.page.refresh()
    person.until_done(person.download(restored, "h/"))
    inside = [path for path in restored.rglob("*") if path.is_file()]
    assert sorted(path.read_bytes().decode() for path in inside) == sorted(hostile)
    assert not (restored.parent / "up").exists()
