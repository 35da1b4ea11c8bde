"""Plain data as bytes and back: what the grader and a student's process say to each other.

One frame is two lengths, a JSON header and a payload of raw bytes that arrays, strings of bytes and tensors
point into. Decoding builds numbers, strings, containers, NumPy arrays and torch tensors, and nothing else:
no class of the sender's, no code. Whatever can't be sent arrives as an `Opaque`, which knows its type's name.
"""

import json
import math
import struct
import sys
import time

import numpy as np

HEADER_LIMIT = 8 * 2**20
PAYLOAD_LIMIT = 128 * 2**20
DEPTH_LIMIT = 40
HASH_LIMIT = 5000  # items of a dict or set: keys chosen to collide make longer ones slow to build
LENGTHS = struct.Struct(">II")
DTYPES = frozenset(
    ["bool", "complex64", "complex128"]
    + [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
    + [f"float{bits}" for bits in (16, 32, 64)]
)


class ProtocolError(Exception):
    """The other side sent something that is no message."""


class TooLarge(ValueError):
    """A value has more bytes than a frame may hold."""


class Opaque:
    """Stands for a value that can't travel; equal to nothing but itself."""

    def __init__(self, type_name):
        self.type_name = type_name

    def __repr__(self):
        return f"<{self.type_name} object>"


def pack(value):
    """One frame (bytes) for `value`. Raises `TooLarge`."""
    payload = bytearray()
    try:
        header = json.dumps(_encode(value, payload, 0)).encode()
    except RecursionError:
        raise TooLarge("too deeply nested to be sent") from None
    except ValueError as error:  # an integer of thousands of digits
        raise TooLarge(str(error)) from None
    if len(header) > HEADER_LIMIT or len(payload) > PAYLOAD_LIMIT:
        raise TooLarge(f"{(len(header) + len(payload)) / 2**20:.0f} MB are too many to be sent")
    return LENGTHS.pack(len(header), len(payload)) + header + bytes(payload)


def unpack(header, payload):
    """The value that `header` and `payload` (bytes) stand for. Raises `ProtocolError`."""
    try:
        return _decode(json.loads(header), memoryview(payload))
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError, MemoryError) as error:
        raise ProtocolError(f"not a message: {error}") from None


def send(connection, value, deadline=None):
    """Send one frame on a socket before `deadline` (of `time.monotonic`). Raises `TimeoutError`, `OSError`."""
    frame = pack(value)
    connection.settimeout(_left(deadline))
    connection.sendall(frame)


def receive(connection, deadline=None):
    """Receive one frame. Raises `TimeoutError`, `EOFError`, `ProtocolError`, `OSError`."""
    sizes = LENGTHS.unpack(_read(connection, LENGTHS.size, deadline))
    if sizes[0] > HEADER_LIMIT or sizes[1] > PAYLOAD_LIMIT:
        raise ProtocolError("a message beyond the size limit")
    return unpack(_read(connection, sizes[0], deadline), _read(connection, sizes[1], deadline))


def _left(deadline):
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no answer in time")
    return left


def _read(connection, count, deadline):
    data = bytearray()
    while len(data) < count:
        connection.settimeout(_left(deadline))
        part = connection.recv(min(count - len(data), 2**20))
        if not part:
            raise EOFError("the other side is gone")
        data += part
    return bytes(data)


def _encode(value, payload, depth):
    if depth > DEPTH_LIMIT:
        raise TooLarge("too deeply nested to be sent")
    if isinstance(value, (dict, set, frozenset)) and len(value) > HASH_LIMIT:
        raise TooLarge(f"dicts and sets of more than {HASH_LIMIT} items aren't sent")
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return {"kind": "bytes", **_put(bytes(value), payload)}
    if kind is complex:
        return {"kind": "complex", "parts": [value.real, value.imag]}
    if isinstance(value, (list, tuple, set, frozenset)):
        name = next(t for t in (list, tuple, set, frozenset) if isinstance(value, t)).__name__
        return {"kind": name, "items": [_encode(item, payload, depth + 1) for item in value]}
    if isinstance(value, dict):
        pairs = [[_encode(k, payload, depth + 1), _encode(v, payload, depth + 1)] for k, v in value.items()]
        return {"kind": "dict", "items": pairs}
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.name in DTYPES:
        return _encode_array("scalar" if isinstance(value, np.generic) else "array", value, payload)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        plain = value.detach().cpu()
        if str(plain.dtype).removeprefix("torch.") in DTYPES:
            return _encode_array("tensor", plain.resolve_conj().resolve_neg().numpy(), payload)
    return {"kind": "opaque", "type": kind.__name__[:80]}


def _encode_array(kind, value, payload):
    array = np.asarray(value)  # the base class: a subclass keeps its tricks to itself
    array = array.astype(array.dtype.newbyteorder("="))
    described = {"kind": kind, "dtype": array.dtype.name, "shape": list(array.shape)}
    return described | _put(array.tobytes(), payload)


def _put(data, payload):
    start = len(payload)
    payload += data
    if len(payload) > PAYLOAD_LIMIT:
        raise TooLarge(f"more than {PAYLOAD_LIMIT // 2**20} MB are too many to be sent")
    return {"start": start, "bytes": len(data)}


def _decode(told, payload):
    if told is None or type(told) in (bool, int, float, str):
        return told
    kind = told["kind"]
    if kind in ("dict", "set", "frozenset") and len(told["items"]) > HASH_LIMIT:
        raise ValueError("more items than are sent")
    if kind in ("list", "tuple", "set", "frozenset"):
        items = [_decode(item, payload) for item in told["items"]]
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)
    if kind == "dict":
        return {_decode(k, payload): _decode(v, payload) for k, v in told["items"]}
    if kind == "complex":
        return complex(float(told["parts"][0]), float(told["parts"][1]))
    if kind == "bytes":
        return bytes(_get(told, payload))
    if kind in ("array", "scalar", "tensor"):
        return _decode_array(kind, told, payload)
    if kind == "opaque":
        return Opaque(str(told["type"])[:80])
    raise ValueError(f"unknown kind {kind!r:.40}")


def _decode_array(kind, told, payload):
    if told["dtype"] not in DTYPES:
        raise ValueError("a dtype that isn't sent")
    dtype, shape = np.dtype(told["dtype"]), tuple(told["shape"])
    if any(type(n) is not int or n < 0 for n in shape) or math.prod(shape) * dtype.itemsize != told["bytes"]:
        raise ValueError("a shape that doesn't fit its bytes")
    array = np.frombuffer(_get(told, payload), dtype).reshape(shape).copy()
    if kind == "tensor":
        import torch

        return torch.from_numpy(array)
    return array[()] if kind == "scalar" else array


def _get(told, payload):
    start, count = told["start"], told["bytes"]
    if (
        type(start) is not int
        or type(count) is not int
        or min(start, count) < 0
        or start + count > len(payload)
    ):
        raise ValueError("bytes that aren't there")
    return payload[start : start + count]
