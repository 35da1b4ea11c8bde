"""Plain data survives the trip, everything else arrives as a stand-in or as an error, whatever the sender tries."""

import contextlib
import json
import socket
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.grade import codec


def trip(value):
    """A value packed and unpacked."""
    frame = codec.pack(value)
    header, payload = codec.LENGTHS.unpack(frame[:8])
    assert len(frame) == 8 + header + payload
    return codec.unpack(frame[8 : 8 + header], frame[8 + header :])


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_plain_data_comes_back_equal_and_of_its_type(value):
    back = trip(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("dtype", sorted(codec.DTYPES))
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_arrays_come_back_equal(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    back = trip(array)
    assert type(back) is np.ndarray
    assert back.dtype == array.dtype
    assert back.flags.writeable
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize(
    "array", [np.arange(12).reshape(3, 4)[:, ::-2], np.arange(4, dtype=">f4"), np.float32(0.5)]
)
def test_strided_swapped_and_scalar_arrays_come_back_equal(array):
    back = trip(array)
    np.testing.assert_array_equal(back, array)
    assert type(back) is type(array)


def test_special_numbers_and_sets_come_back():
    assert trip({1, 2}) == {1, 2}
    assert trip(frozenset("ab")) == frozenset("ab")
    assert trip(1 + 2j) == 1 + 2j
    assert np.isnan(trip(float("nan")))
    assert trip(float("-inf")) == float("-inf")


def test_tensors_come_back_as_tensors():
    torch = pytest.importorskip("torch")
    back = trip([torch.ones(2, 3, requires_grad=True), torch.tensor(3)])
    assert isinstance(back[0], torch.Tensor)
    assert back[0].shape == (2, 3)
    assert back[1].item() == 3


class Tricky(np.ndarray):
    """An array that is equal to everything."""

    def __eq__(self, other):
        return np.array(True)


class AnyObject:
    """Equal to everything, and not plain."""

    def __eq__(self, other):
        return True

    __hash__ = object.__hash__


@pytest.mark.parametrize("value", [AnyObject(), AnyObject, len, np.array(["text"]), np.array([None])])
def test_other_objects_arrive_as_stand_ins_equal_to_nothing(value):
    back = trip(value)
    assert isinstance(back, codec.Opaque)
    assert back != 6
    assert type(value).__name__ in repr(back)


def test_a_subclass_of_array_arrives_as_plain_array():
    back = trip(np.zeros(3).view(Tricky))
    assert type(back) is np.ndarray
    assert not np.any(back == 1)


@pytest.mark.parametrize("make", [
    lambda: np.zeros(codec.PAYLOAD_LIMIT + 1, np.uint8),
    lambda: "x" * (codec.HEADER_LIMIT + 1),
    lambda: 10**5000,
    lambda: set(range(codec.HASH_LIMIT + 1)),
    lambda: (lambda loop: loop.append(loop) or loop)([]),
])  # fmt: skip
def test_what_is_too_large_is_refused_by_the_sender(make):
    with pytest.raises(codec.TooLarge):
        codec.pack(make())


ARRAY = {"kind": "array", "dtype": "float64", "shape": [1], "start": 0, "bytes": 8}


@pytest.mark.parametrize("told", [
    b"", b"\xff", b"{", b"[1]", b'{"kind": "module"}', b"[" * 100_000, b'{"kind": "list"}',
    *(json.dumps(ARRAY | change).encode() for change in (
        {"dtype": "object"}, {"dtype": "O"}, {"dtype": ["f8"]}, {"shape": [-1]}, {"shape": [2]}, {"shape": [True]},
        {"shape": [0, 10**30], "bytes": 0}, {"shape": [1] * 99}, {"start": 1}, {"start": -8}, {"bytes": "8"},
        {"shape": "1"}, {"shape": [1.0]},
    )),
    b'{"kind": "dict", "items": [[[], 1]]}', b'{"kind": "dict", "items": [[{"kind": "list", "items": []}, 1]]}',
    b'{"kind": "set", "items": [' + b",".join([b"1"] * (codec.HASH_LIMIT + 1)) + b"]}",
    b'{"kind": "complex", "parts": ["a", 1]}', b'{"kind": ["x"]}', b"1" * 5000,
])  # fmt: skip
def test_malformed_messages_are_errors_of_the_protocol(told):
    with pytest.raises(codec.ProtocolError):
        codec.unpack(told, bytes(8))


@given(st.binary(max_size=200), st.binary(max_size=16))
def test_random_bytes_never_do_worse_than_a_protocol_error(header, payload):
    with contextlib.suppress(codec.ProtocolError):
        codec.unpack(header, payload)


def test_receiving_has_a_deadline_however_slowly_bytes_drip():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(codec.pack("whole")[:9])
        with pytest.raises(TimeoutError):
            codec.receive(ours, time.monotonic() + 0.1)


def test_a_frame_beyond_the_limit_is_not_even_read():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(codec.LENGTHS.pack(2**32 - 1, 2**32 - 1))
        with pytest.raises(codec.ProtocolError):
            codec.receive(ours, time.monotonic() + 5)


def test_a_line_that_ends_is_told_from_one_that_is_silent():
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        with pytest.raises(EOFError):
            codec.receive(ours, time.monotonic() + 5)
