"""Packed codes come back as they were, and take the bytes that they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.cry.packing import pack, unpack


@given(st.sampled_from([2, 4, 8]), st.integers(0, 50), st.integers(0, 10**6))
def test_there_and_back(bits, count, seed):
    codes = np.random.default_rng(seed).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), count)
    packed = pack(codes, bits)
    assert len(packed) == -(-count * bits // 8)
    assert np.array_equal(unpack(packed, bits, count), codes)


def test_two_codes_fill_a_byte():
    assert pack([[1, -1], [7, -8]], 4) == bytes([0xF1, 0x87])
    assert unpack(bytes([0xF1, 0x87]), 4, 4).tolist() == [1, -1, 7, -8]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pack([8], 4), "codes of 4 bits go from -8 to 7, got 8 to 8"),
        (lambda: pack([0.5], 4), "codes must be whole numbers, got float64"),
        (lambda: pack([0], 3), "bits must be 2, 4 or 8, got 3"),
        (lambda: unpack(b"ab", 4, 5), "5 codes of 4 bits take 3 bytes, got 2"),
        (lambda: unpack(b"ab", 4, -1), "got 2"),
    ],
)
def test_what_doesnt_fit_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
