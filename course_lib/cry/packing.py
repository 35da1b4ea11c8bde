"""Codes of few bits, side by side in bytes: two of 4 bits fill one, and nothing is rounded up.

The first code takes a byte's lowest bits. Signed codes are stored in two's complement.
"""

import numpy as np
from numpy.typing import ArrayLike

PACKED_BITS = (2, 4, 8)


def pack(codes: ArrayLike, bits: int) -> bytes:
    """Signed codes as bytes.

    Parameters
    ----------
    codes : array_like of int
        From -2**(bits-1) to 2**(bits-1) - 1, in any shape; read in C order.
    bits : 2, 4 or 8

    Returns
    -------
    bytes
        The last one is filled up with zeros.

    Raises
    ------
    TypeError, ValueError
        Codes that aren't whole numbers, or don't fit the bits; other bits.

    Examples
    --------
    >>> pack([1, -1, 7], 4).hex()
    'f107'
    """
    _check_bits(bits)
    codes = np.asarray(codes)
    if codes.size and not np.issubdtype(codes.dtype, np.integer):
        raise TypeError(f"codes must be whole numbers, got {codes.dtype}")
    codes = codes.astype(np.int64).ravel()
    half = 2 ** (bits - 1)
    if codes.size and not (-half <= codes.min() and codes.max() < half):
        raise ValueError(
            f"codes of {bits} bits go from {-half} to {half - 1}, got {codes.min()} to {codes.max()}"
        )
    in_byte = 8 // bits
    padded = np.zeros(-(-codes.size // in_byte) * in_byte, np.uint8)
    padded[: codes.size] = codes & (2**bits - 1)
    shifts = np.arange(in_byte, dtype=np.uint8) * bits
    return np.bitwise_or.reduce(padded.reshape(-1, in_byte) << shifts, axis=1).astype(np.uint8).tobytes()


def unpack(packed: bytes, bits: int, count: int) -> np.ndarray:
    """What `pack` was given, flat.

    Parameters
    ----------
    packed : bytes
    bits : 2, 4 or 8
    count : int
        How many codes.

    Returns
    -------
    (count,) int8 array

    Raises
    ------
    ValueError
        Bytes that don't hold so many codes, or hold more; other bits.
    """
    _check_bits(bits)
    in_byte = 8 // bits
    if count < 0 or len(packed) != -(-count // in_byte):
        raise ValueError(f"{count} codes of {bits} bits take {-(-count // in_byte)} bytes, got {len(packed)}")
    shifts = np.arange(in_byte, dtype=np.uint8) * bits
    codes = (np.frombuffer(packed, np.uint8)[:, None] >> shifts).ravel()[:count]  # (count,)
    # shifted up so that a code's sign bit is the byte's, and back down with it
    return (codes << np.uint8(8 - bits)).view(np.int8) >> np.int8(8 - bits)


def _check_bits(bits: int) -> None:
    if bits not in PACKED_BITS:
        raise ValueError(f"bits must be 2, 4 or 8, got {bits!r}")
