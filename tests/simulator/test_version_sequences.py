"""Any sequence of puts, deletions and undeletes gives what a simple model of versions says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds3_browser.simulator.server import Simulator

from .raw import Raw

NAMES = ("a", "b/c")
KEPT = 3


@dataclass
class Model:
    """Versions of each name, the newest first, as ids, and which of them the name means."""

    versioning: str
    versions: dict[str, list[str]] = field(default_factory=dict)
    latest: dict[str, str] = field(default_factory=dict)

    def may_put(self, name: str) -> bool:
        return self.versioning != "NONE" or name not in self.latest

    def put(self, name: str, version: str) -> None:
        kept = KEPT if self.versioning == "KEEP_MULTIPLE_VERSIONS" else 1
        self.versions[name] = [version, *self.versions.get(name, [])][:kept]
        self.latest[name] = version

    def delete(self, name: str) -> bool:
        if self.versioning != "KEEP_MULTIPLE_VERSIONS":
            self.versions.pop(name, None)
        return self.latest.pop(name, None) is not None

    def delete_version(self, name: str, version: str) -> None:
        self.versions[name].remove(version)
        if self.latest.get(name) == version:
            del self.latest[name]

    def undelete(self, name: str) -> bool:
        there = self.versions.get(name, [])
        if there and name not in self.latest:
            self.latest[name] = there[0]
        return bool(there)


class Side:
    """The simulator's side of it."""

    def __init__(self, call: Raw) -> None:
        self.call = call

    def put(self, name: str) -> str | None:
        """The new version's id, None if the name is taken."""
        reply = self.call("PUT", f"/b/{name}", b"x")
        if reply.status == 409:
            return None
        assert reply.status == 200, reply.body
        return self.call("HEAD", f"/b/{name}").headers["version-id"]

    def versions(self) -> list[tuple[str | None, str | None, bool]]:
        page = self.call("GET", "/b?versions").xml
        return [
            (v.findtext("Key"), v.findtext("VersionId"), v.findtext("IsLatest") == "true")
            for v in page.iterfind("Version")
        ]

    def listed(self) -> dict[str | None, str | None]:
        page = self.call("GET", "/b").xml
        return {c.findtext("Key"): c.findtext("VersionId") for c in page.iterfind("Contents")}


@pytest.fixture(scope="module")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder: Path = tmp_path_factory.mktemp("versions")
    with Simulator(folder) as simulator:
        yield simulator


steps = st.tuples(
    st.sampled_from(["put", "put", "delete", "delete version", "undelete", "folder"]),
    st.sampled_from(NAMES),
    st.integers(0, 5),
)


@settings(deadline=None, max_examples=60)
@given(
    versioning=st.sampled_from(["NONE", "KEEP_LATEST", "KEEP_MULTIPLE_VERSIONS"]),
    sequence=st.lists(steps, max_size=14),
)
def test_what_is_listed_is_what_the_model_says(
    appliance: Simulator, versioning: str, sequence: list[tuple[str, str, int]]
) -> None:
    appliance.reset()
    policy = {"versioning": versioning, "max_versions_to_keep": KEPT}
    appliance.faults.set("policies", [policy])
    call = Raw(appliance.port, appliance.access_id, appliance.secret_key)
    call.bucket()
    side, model = Side(call), Model(versioning)
    for step, name, number in sequence:
        take(step, name, number, side, model)
        expected = {
            (name, version): version == model.latest.get(name)
            for name, of_name in model.versions.items()
            for version in of_name
        }
        found = {(name, version): latest for name, version, latest in side.versions()}
        assert found == expected
        assert side.listed() == model.latest
    usage = call("GET", "/_rest_/bucket/b").xml.findtext("LogicalUsedCapacity")
    assert usage == str(sum(map(len, model.versions.values())))
    call.close()


def take(step: str, name: str, number: int, side: Side, model: Model) -> None:
    """Take one step on both sides; the answers have to fit the model."""
    there = model.versions.get(name, [])
    match step:
        case "put":
            version = side.put(name)
            assert (version is not None) == model.may_put(name)
            if version is not None:
                model.put(name, version)
        case "delete":
            status = side.call("DELETE", f"/b/{name}").status
            assert status == (204 if model.delete(name) else 404)
        case "delete version" if number < len(there):
            version = there[number]
            assert side.call("DELETE", f"/b/{name}?version_id={version}").status == 204
            model.delete_version(name, version)
        case "undelete":
            status = side.call("PUT", f"/_rest_/object?bucket_id=b&name={name}").status
            assert status == (200 if model.undelete(name) else 404)
        case "folder":
            status = side.call("DELETE", "/_rest_/folder/b?bucket_id=b&recursive").status
            assert status == (204 if model.delete("b/c") else 404)
