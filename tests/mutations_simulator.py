"""Rules of the simulator that one test each guards; `tests/mutations.py` breaks them."""

from __future__ import annotations

from .mutations import Mutation

MUTATIONS = [
    Mutation(
        "a checksum that differs is refused",
        "simulator/objects.py",
        "given != checksum.text(computed)",
        "given == 0",
        "simulator/test_objects.py::test_a_wrong_checksum_leaves_nothing",
    ),
    Mutation(
        "a blob is received once",
        "simulator/transfers.py",
        'if known["received_at"] is not None:',
        'if known["received_at"] == 0:',
        "simulator/test_many_at_once.py::test_the_same_blob_from_two_at_once_is_received_once",
    ),
    Mutation(
        "a marker is exclusive",
        "simulator/listings.py",
        "WHERE bucket = ? AND name > ? AND name >= ? AND name < ? AND listed",
        "WHERE bucket = ? AND name >= ? AND name >= ? AND name < ? AND listed",
        "simulator/test_listing.py::test_a_marker_is_exclusive_and_given_back_only_when_more_follows",
    ),
]
