"""Memory for pieces of a body."""

from __future__ import annotations

import ctypes

import pytest

from ds3_browser.protocol.bodies import CACHE_LINE, PIECE, room


@pytest.mark.parametrize("length", [1, 4096, 512 << 10, PIECE])
@pytest.mark.parametrize("offset", [0, 1, 47, 64, 65_321, (1 << 40) + 63])
def test_bytes_lie_as_far_from_a_cache_line_as_in_their_file(length: int, offset: int) -> None:
    memory = room(length, offset)

    first = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    assert first % CACHE_LINE == offset % CACHE_LINE
    assert len(memory) == length


def test_it_is_free_again_once_nobody_has_a_view_of_it() -> None:
    memory = room(4096)
    whole = memory.obj
    assert isinstance(whole, bytearray)

    memory.release()

    whole.clear()  # raises BufferError while there is a view of it
