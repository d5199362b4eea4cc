"""How many tapes an upload takes, from what the appliance tells of its rules and tapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from ds3_browser.protocol.client import Ds3Client
from ds3_browser.simulator.setup import TAPE_BYTES
from ds3_browser.transfer.tape_need import TapeCopy, tape_copies, tapes_needed


@pytest.fixture
def client(endpoint, credentials) -> Iterator[Ds3Client]:
    with closing(Ds3Client(endpoint, credentials)) as client:
        yield client


def copies_of(client: Ds3Client, policy: str) -> tuple[TapeCopy, ...] | None:
    return tape_copies(client, client.data_persistence_rules(data_policy_id=policy))


def test_each_copy_on_tape_has_the_capacity_of_its_tapes(client, bucket) -> None:
    policy = client.bucket_details(bucket).data_policy_id
    assert copies_of(client, policy) == (TapeCopy("LTO7", TAPE_BYTES),) * 2


def test_a_copy_on_disk_takes_no_tape(client) -> None:
    domain = client.create_storage_domain("disk")
    (partition,) = client.pool_partitions()
    client.add_pool_partition(domain.id, partition.id)
    policy = client.create_data_policy("p")
    client.create_data_persistence_rule(policy.id, domain.id)
    assert copies_of(client, policy.id) == ()


def test_of_tapes_that_nobody_has_nothing_is_said(client) -> None:
    domain = client.create_storage_domain("new")
    partition = next(iter(client.tape_partitions()))
    client.add_tape_partition(domain.id, partition.id, "LTO9")
    policy = client.create_data_policy("p")
    client.create_data_persistence_rule(policy.id, domain.id)
    assert copies_of(client, policy.id) is None


@pytest.mark.parametrize(
    ("size", "number"), [(0, 0), (1, 2), (10, 2), (11, 3), (20, 3), (21, 5), (100, 15)]
)
def test_every_copy_is_written_for_itself(size: int, number: int) -> None:
    assert tapes_needed(size, (TapeCopy("LTO8", 10), TapeCopy("LTO9", 20))) == number
