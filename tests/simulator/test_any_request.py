"""Whatever is asked of whichever call is answered in XML, and the next request is understood."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ds3_browser.simulator.server import Simulator

from .raw import Raw

ODD = [
    *("", "a", "b", "o", "spectra", "anna", "Everyone", "Tape copies", "SIM101L7", "PERMANENT"),
    *("-1", "0", "1", "9" * 20, "true", "False", "NONE", "READ", "x" * 2000, "%", "é", "\x00"),
    *("1e9", "2026-13-45", "2026-03-02T10:15:42.000Z", "*", "[", "'", '"', "<", "名"),
    "0d2b1c55-74f2-41e6-8d1e-002590c31f18",
]
BODIES = [
    *(b"", b"not xml", b"<a><b/></a>", b"\xff\xfe", b"<Objects/>", b"<Objects><Object/></Objects>"),
    b"<Objects><Object Name='o'/></Objects>",
    b"<Objects><Object Name='o' Offset='-1' Length='x'/></Objects>",
    b"<Objects><Object Name='z' Size='5'/></Objects>",
    b"<Delete><Object><Key>none</Key></Object></Delete>",
]
OF_OBJECTS = "job offset version_id uploads upload_id part_number delete prefix marker max_keys"
# A folder without a bucket is refused so, as clients have seen it; so is a call that is busy.
ERRORS_OF_ITS_OWN = (500, 503)


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("appliance")) as simulator:
        yield simulator


def calls(appliance: Simulator) -> list[tuple[str, str, str, list[str]]]:
    """Verb, path, operation and parameters of all calls; a path ends in a slash to be filled."""
    found = []
    for wanted, route in appliance.router.under_rest.items():
        verb, resource, *operation = wanted.split()
        found.append((verb, f"/_rest_/{resource}", "".join(operation), route.knows.split()))
    for verb in ("GET", "PUT", "POST", "DELETE", "HEAD"):
        found += [(verb, path, "", OF_OBJECTS.split()) for path in ("/b", "/b/", "/b/o", "/none")]
    return found


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_whatever_is_asked_is_answered(appliance: Simulator, data: st.DataObject) -> None:
    anna = {"name": "anna", "access_id": "id", "secret_key": "key"}
    appliance.reset()
    appliance.faults.set("users", [anna])
    keys = data.draw(st.sampled_from([(appliance.access_id, appliance.secret_key), ("id", "key")]))
    with (
        closing(Raw(appliance.port, appliance.access_id, appliance.secret_key)) as call,
        closing(Raw(appliance.port, *keys)) as asking,
    ):
        call.bucket("b")
        call.put("/b/o")
        for _ in range(12):
            ask(asking, data, calls(appliance))


def ask(call: Raw, data: st.DataObject, known: list[tuple[str, str, str, list[str]]]) -> None:
    odd = st.sampled_from(ODD)
    verb, path, operation, names = data.draw(st.sampled_from(known))
    if path.startswith("/_rest_/user/") and verb != "GET":
        return  # whoever changes the keys he signs with is out
    path += quote(data.draw(odd)) if path.endswith("/") else ""
    given_ = data.draw(st.dictionaries(st.sampled_from(names or ["x"]), odd, max_size=4))
    query = "&".join(f"{name}={quote(value)}" for name, value in given_.items())
    target = f"{path}?operation={operation}&{query}" if operation else f"{path}?{query}"
    reply = call(verb, target, b"" if verb == "HEAD" else data.draw(st.sampled_from(BODIES)))
    assert reply.status < 500 or reply.status in ERRORS_OF_ITS_OWN, (verb, target, reply.body)
    if reply.body and not (reply.status < 300 and path.startswith("/b/")):
        etree.fromstring(reply.body)
    assert call("GET", "/").xml.tag == "ListAllMyBucketsResult"
