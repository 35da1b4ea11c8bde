"""Damage to files, as disks, networks and people do it, and a little worse: all drawn from one `random.Random`."""

import json

_WORST = (0, 1, 0x7F, 0x80, 0xFF)


def damaged(content, draw, *, text=False):
    """A file's bytes with one kind of damage.

    Parameters
    ----------
    content : bytes
    draw : random.Random
    text : bool
        Whether characters of numbers are worth writing into it.
    """
    data = bytearray(content)
    kinds = [_cut, _flip, _head, _zeros, _hole, _twice, _other]
    draw.choice([*kinds, _digits] if text else kinds)(data, draw)
    return bytes(data)


def _cut(data, draw):
    """Broken off, often early."""
    del data[int(len(data) * draw.random() ** draw.choice([1, 4])) :]


def _flip(data, draw):
    """Some bytes replaced anywhere."""
    for _ in range(draw.choice([1, 4, 40])):
        data[draw.randrange(len(data))] = draw.choice([*_WORST, draw.randrange(256)])


def _head(data, draw):
    """Some bytes replaced near the beginning, where files say what they are."""
    for _ in range(draw.choice([1, 2, 4])):
        data[draw.randrange(min(len(data), 128))] = draw.choice([*_WORST, draw.randrange(256)])


def _digits(data, draw):
    for _ in range(draw.choice([1, 4, 20])):
        data[draw.randrange(len(data))] = draw.choice(b'0123456789 -=."{}[],')


def _piece(data, draw):
    start = draw.randrange(len(data))
    return start, min(len(data), start + draw.randrange(1, max(2, len(data) // 4)))


def _zeros(data, draw):
    start, end = _piece(data, draw)
    data[start:end] = bytes(end - start)


def _hole(data, draw):
    start, end = _piece(data, draw)
    del data[start:end]


def _twice(data, draw):
    start, end = _piece(data, draw)
    data[start:start] = data[start:end]


def _other(data, draw):
    """Not such a file at all."""
    data[:] = draw.choice([b"", b"\0", b"no such thing\n", draw.randbytes(draw.randrange(1, 400))])


_ODD = (
    None, True, 0, -1, 1, 2.5, 10**9, -(10**30), 1e308, float("nan"), float("inf"), "", "x", "../x", "4", "\ud800", [], {}, [[]],
    {"x": 1}, [1, "x"], "a" * 5000,
)  # fmt: skip


def damaged_json(value, draw):
    """A JSON value (not changed itself) of which one part is gone, or is something else."""
    value = json.loads(json.dumps(value))
    places = [(value, key) for key in _keys(value)]
    for holder, key in places:  # grows as it goes
        places += [(holder[key], inner) for inner in _keys(holder[key])]
    if not places or draw.random() < 0.05:
        return draw.choice(_ODD)
    depth = draw.random()  # parts near the top are few, and matter
    holder, key = places[int(len(places) * depth**2)]
    if draw.random() < 0.25:
        del holder[key]
    else:
        other, place = draw.choice(places)
        elsewhere = json.loads(json.dumps(other[place]))  # a copy: it may hold what it takes the place of
        holder[key] = elsewhere if draw.random() < 0.15 else draw.choice(_ODD)
    return value


def _keys(value):
    if isinstance(value, dict):
        return list(value)
    return list(range(len(value))) if isinstance(value, list) else []
