"""Listings of a bucket: order, pages, prefixes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ds3_browser.simulator.faults import Faults
from ds3_browser.simulator.listings import Listings
from ds3_browser.simulator.policies import Policies
from ds3_browser.simulator.server import Simulator
from ds3_browser.simulator.store import Store
from ds3_browser.simulator.versions import Versions

from .raw import Raw, Reply

NO_POLICIES = Policies(Faults())


def rows(reply: Reply) -> list[str]:
    """Names and common prefixes of a page, in one order."""
    assert reply.status == 200, reply.body
    found = reply.texts("Contents/Key") + reply.texts("CommonPrefixes/Prefix")
    return sorted((text or "" for text in found), key=str.encode)


def fill(call: Raw, *names: str) -> None:
    call.bucket()
    for name in names:
        call.put("/b/" + quote(name))


def test_an_empty_bucket_says_so(call: Raw, bucket: str) -> None:
    found = {str(child.tag): child.text for child in call("GET", "/b").xml}
    del found["CreationDate"]
    assert found == {
        "Delimiter": None,
        "IsTruncated": "false",
        "Marker": None,
        "MaxKeys": "1000",
        "Name": "b",
        "NextMarker": None,
        "Prefix": None,
    }


@pytest.mark.checklist("S C-151: IsLatest is on every entry")
def test_an_entry_tells_all_there_is(call: Raw, bucket: str) -> None:
    call.put("/b/x", b"hello")
    (entry,) = call("GET", "/b").xml.iterfind("Contents")
    found = {str(child.tag): child.text for child in entry}
    assert (found["Key"], found["Size"], found["IsLatest"]) == ("x", "5", "true")
    assert found["StorageClass"] is None
    assert found["ETag"] == "9a71bb4c", "the CRC-32C of hello, unquoted"
    assert (found["LastModified"] or "").endswith("Z")
    assert call("HEAD", "/b/x").headers["version-id"] == found["VersionId"]


@pytest.mark.checklist("S C-149: a bucket is listed in the order of the names' bytes")
def test_names_come_in_the_order_of_their_bytes(call: Raw) -> None:
    names = ["a", "B", "ä", "z", "\U0001f600", "\uffe6", "a/b", "a-b", "a b"]
    fill(call, *names)
    assert call("GET", "/b").texts("Contents/Key") == sorted(names, key=str.encode)


def test_a_name_of_the_last_characters_there_are_is_listed_once(call: Raw) -> None:
    last = "\U0010ffff"
    names = [last, f"a/{last}", f"a/{last * 2}b", "b"]
    fill(call, *names)
    assert rows(call("GET", "/b")) == sorted(names, key=str.encode)
    assert rows(call("GET", "/b?delimiter=/")) == ["a/", "b", last]
    assert rows(call("GET", "/b?delimiter=/&marker=a/")) == ["b", last]
    assert rows(call("GET", "/b?prefix=a/")) == names[1:3]


@pytest.mark.checklist("S C-52: a marker is exclusive; NextMarker is there only when more follows")
def test_a_marker_is_exclusive_and_given_back_only_when_more_follows(call: Raw) -> None:
    fill(call, "a", "b", "c")
    first = call("GET", "/b?max_keys=2")
    assert rows(first) == ["a", "b"]
    assert first.texts("IsTruncated") + first.texts("NextMarker") == ["true", "b"]
    second = call("GET", "/b?max_keys=2&marker=b")
    assert rows(second) == ["c"]
    assert second.texts("IsTruncated") + second.texts("NextMarker") == ["false", None]
    assert second.texts("Marker") == ["b"]


def test_a_page_that_is_just_full_is_the_last(call: Raw) -> None:
    fill(call, "a", "b")
    assert call("GET", "/b?max_keys=2").texts("IsTruncated") == ["false"]


@pytest.mark.checklist("S C-53: common prefixes count as keys and are not split over pages")
def test_common_prefixes_count_as_keys_and_are_not_split(call: Raw) -> None:
    fill(call, "a/1", "a/2", "a/3", "b", "c/1", "c/2", "d")
    pages = []
    marker = ""
    while True:
        reply = call("GET", f"/b?delimiter=/&max_keys=2&marker={marker}")
        pages.append(rows(reply))
        (marker_text,) = reply.texts("NextMarker")
        if marker_text is None:
            break
        marker = quote(marker_text)
    assert pages == [["a/", "b"], ["c/", "d"]]


def test_a_folder_s_placeholder_is_listed_below_it(call: Raw) -> None:
    fill(call, "a/", "a/x", "a/y/z")
    assert rows(call("GET", "/b?delimiter=/")) == ["a/"]
    assert rows(call("GET", "/b?delimiter=/&prefix=a/")) == ["a/", "a/x", "a/y/"]
    assert rows(call("GET", "/b?delimiter=/&prefix=a/&marker=a/")) == ["a/x", "a/y/"]


@pytest.mark.checklist("S C-62: prefix and delimiter are told back, nil when not given")
def test_prefix_and_delimiter_are_told_back(call: Raw, bucket: str) -> None:
    reply = call("GET", "/b?prefix=films/&delimiter=/")
    assert reply.texts("Prefix") + reply.texts("Delimiter") == ["films/", "/"]


@pytest.mark.checklist("S C-151: empty marker, prefix and delimiter are absent")
@pytest.mark.checklist("S C-22: max-keys is max_keys")
@pytest.mark.checklist("S wire: max_keys and max-keys are one parameter")
@pytest.mark.parametrize(
    "query", ["marker=&prefix=&delimiter=", "marker&prefix&delimiter", "max-keys=1000", "maxKeys=5"]
)
def test_empty_parameters_are_absent_and_spellings_are_equal(call: Raw, query: str) -> None:
    fill(call, "a", "b/c")
    assert rows(call("GET", f"/b?{query}")) == ["a", "b/c"]


@pytest.mark.checklist("S C-22: names of parameters count in any case, with dashes or none")
@pytest.mark.parametrize("name", ["max_keys", "max-keys", "maxKeys", "MaxKeys", "MAX_KEYS"])
def test_a_parameter_has_several_spellings(call: Raw, name: str) -> None:
    fill(call, "a", "b/c")
    assert rows(call("GET", f"/b?{name}=1")) == ["a"]


@pytest.mark.checklist("S C-51: max_keys is honoured, 1000 at most and without it")
@pytest.mark.parametrize(
    ("asked", "told"), [("1001", "1000"), ("999999", "1000"), ("7", "7"), ("0", "0")]
)
def test_more_than_1000_keys_are_never_given(call: Raw, asked: str, told: str) -> None:
    fill(call, "a")
    reply = call("GET", f"/b?max_keys={asked}")
    assert reply.texts("MaxKeys") + reply.texts("IsTruncated") == [told, "false"]


@pytest.mark.parametrize("asked", ["-1", "x", "1.5", "²"])
def test_a_number_that_is_none_is_refused(call: Raw, bucket: str, asked: str) -> None:
    assert call("GET", f"/b?max_keys={quote(asked)}").status == 400


def test_a_plus_in_the_query_is_a_space(call: Raw) -> None:
    fill(call, "a b", "a+b")
    assert rows(call("GET", "/b?prefix=a+")) == ["a b"]
    assert rows(call("GET", "/b?prefix=a%2B")) == ["a+b"]


@pytest.mark.checklist("S C-60: asked for versions there is no Contents")
@pytest.mark.parametrize("flag", ["versions", "versions=", "versions=False"])
def test_versions_are_told_as_such(call: Raw, flag: str) -> None:
    fill(call, "a")
    reply = call("GET", f"/b?{flag}")
    assert reply.texts("Version/Key") == ["a"]
    assert reply.texts("Version/IsLatest") == ["true"]
    assert not reply.texts("Contents")


def test_an_object_that_is_on_its_way_has_no_date_and_no_size(call: Raw, bucket: str) -> None:
    call.start_put(bucket, x=5)
    reply = call("GET", "/b")
    assert reply.texts("Contents/Size") == ["0"]
    assert reply.texts("Contents/ETag") + reply.texts("Contents/LastModified") == [None, None]


def test_names_that_need_escaping_come_back_whole(call: Raw) -> None:
    names = ["a&b<c>", 'q"t', "t\tb", "line\nbreak", "re\rturn", "]]>"]
    fill(call, *names)
    assert sorted(text or "" for text in call("GET", "/b").texts("Contents/Key")) == sorted(names)


names_of_few_letters = st.text("ab/", min_size=1, max_size=6)


@settings(deadline=None, max_examples=150)
@given(
    names=st.sets(names_of_few_letters, max_size=12),
    prefix=st.text("ab/", max_size=3),
    delimiter=st.sampled_from(["", "/", "b", "//"]),
    page=st.integers(1, 4),
)
def test_pages_together_are_what_a_simple_model_says(
    listing_store: Store, names: set[str], prefix: str, delimiter: str, page: int
) -> None:
    with listing_store.transaction():
        listing_store.db.execute("DELETE FROM object")
        listing_store.db.execute("DELETE FROM blob")
        Versions(listing_store, NO_POLICIES).add("b", [(n, 1) for n in sorted(names)], None, 1)
    expected = set()
    for name in names:
        if name.startswith(prefix):
            end = name.find(delimiter, len(prefix)) if delimiter else -1
            expected.add(name if end < 0 else name[: end + len(delimiter)])
    found: list[str] = []
    more = True
    while more:
        marker = found[-1] if found else ""
        some, more = Listings(listing_store).page("b", prefix, delimiter, marker, page)
        assert len(some) <= page
        found += [row.name for row in some]
    assert found == sorted(expected)


@pytest.fixture(scope="session")
def listing_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder: Path = tmp_path_factory.mktemp("listing")
    store = Store(folder, lambda: 0.0)
    store.create_bucket("b", "spectra", "policy")
    return store


def test_a_folder_view_of_many_objects_skips_what_is_below(simulator: Simulator, call: Raw) -> None:
    """The steps that the database takes are counted, so that no clock decides."""
    call.bucket()
    store = simulator.store
    with store.transaction():
        names = [(f"d{n // 500:02}/{n:05}", 1) for n in range(20_000)]
        Versions(store, NO_POLICIES).add("b", names, None, 0)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    store.db.set_progress_handler(count, 100)
    try:
        assert len(rows(call("GET", "/b?delimiter=/"))) == 40
    finally:
        store.db.set_progress_handler(None, 100)
    assert steps < 40, f"{steps} hundred steps: it reads the names below"
