"""CRCs of parts put together, so that several threads can digest one blob.

A CRC is a remainder of polynomials over GF(2). That of two parts is the first part's, times x to
the power of the second part's bits, plus the second part's. Values are reflected: bit 31 is x^0.
"""

from __future__ import annotations

from functools import lru_cache

CRC_32, CRC_32C = 0xEDB88320, 0x82F63B78  # their polynomials

_ONE = 1 << 31
_X_TO_THE_8 = 1 << 23


def joined(polynomial: int, first: int, second: int, length: int) -> int:
    """The CRC of two parts, of which the second has `length` bytes."""
    return _product(polynomial, first, _shift(polynomial, length)) ^ second


@lru_cache(maxsize=64)
def _shift(polynomial: int, length: int) -> int:
    """x to the power of the bits of `length` bytes."""
    power, square = _ONE, _X_TO_THE_8
    while length:
        if length & 1:
            power = _product(polynomial, power, square)
        square = _product(polynomial, square, square)
        length >>= 1
    return power


def _product(polynomial: int, a: int, b: int) -> int:
    product = 0
    bit = _ONE
    while bit:
        if a & bit:
            product ^= b
        b = (b >> 1) ^ (polynomial if b & 1 else 0)
        bit >>= 1
    return product
