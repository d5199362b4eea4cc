"""Dropped on a bucket, restored to an empty folder: the same, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.person import Person
from tests.end_to_end.trees import counted, diff, differences, seeded_tree, standard_library


@pytest.mark.timeout(120)
@pytest.mark.parametrize("make", [standard_library, seeded_tree])
def test_a_tree_comes_back_as_it_was(
    person: Person, folder: Path, restored: Path, make: Callable[[Path], Path], client, bucket
) -> None:
    source = make(folder / "from here")
    objects, size = counted(source)

    sent = person.until_done(person.drop(source), within_s=100)
    assert (sent.counts.done, sent.counts.total, sent.progress.sent) == (objects, objects, size)
    assert sum(len(page) for page in client.list_pages(bucket)) == objects

    person.go(bucket)
    assert person.listed() == ["from here/"]
    got = person.until_done(person.download(restored, "from here/"), within_s=100)
    assert (got.counts.done, got.progress.sent) == (objects, size)

    assert differences(source, restored / "from here") == []
    assert diff(source, restored / "from here") == ""
    assert [path.name for path in restored.iterdir()] == ["from here"]
