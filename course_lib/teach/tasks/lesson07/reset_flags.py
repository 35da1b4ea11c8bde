"""Task `07.reset_flags`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _stream(lengths, rows, chunk, *, chunks=lambda frames, chunk: -(-frames // chunk), idle=False):
    """The right answer, or with one step exchanged for a wrong one."""
    queue = list(lengths)
    left = [chunks(queue.pop(0), chunk) for _ in range(rows)]  # chunks to come in each row's clip
    first, flags = [True] * rows, []
    while any(count > 0 for count in left):
        flags.append(first)
        first = []
        for row in range(rows):
            left[row] -= 1
            begins = left[row] <= 0 and bool(queue)
            if begins:
                left[row] = chunks(queue.pop(0), chunk)
            first.append(begins or (idle and left[row] <= 0))
    return np.array(flags).reshape(-1, rows)


def _dealt(lengths, rows, chunk):
    """Row i gets clips i, i + rows, i + 2 rows, … whatever their lengths."""
    counts = [[-(-frames // chunk) for frames in lengths[row::rows]] for row in range(rows)]
    flags = np.zeros((max(map(sum, counts)), rows), bool)
    for row, clips in enumerate(counts):
        flags[np.cumsum([0, *clips[:-1]]), row] = True
    return flags


def _without_padding(lengths, rows, chunk):
    """The next clip begins right behind the last, inside the same chunk."""
    queue, place, begins = list(lengths), [0] * rows, []
    for length in queue:
        row = int(np.argmin(place))
        begins.append((place[row] // chunk, row))
        place[row] += length
    flags = np.zeros((-(-max(place) // chunk), rows), bool)
    for step, row in begins:
        flags[step, row] = True
    return flags


def _at_the_end(lengths, rows, chunk):
    flags = _stream(lengths, rows, chunk)
    busy = ~_stream(lengths, rows, chunk, idle=True) | flags
    ends = np.vstack([flags[1:] | ~busy[1:], np.ones((1, rows), bool)])
    return ends & busy


def _only_the_start(lengths, rows, chunk):
    flags = _stream(lengths, rows, chunk)
    return flags & (np.arange(len(flags)) == 0)[:, None]


def _all_rows(lengths, rows, chunk):
    flags = _stream(lengths, rows, chunk)
    return np.repeat(flags.any(1, keepdims=True), rows, 1)


def _streams(rng):
    """Clips shorter and longer than a chunk, and of whole chunks; as many clips as rows, and more."""
    cases = [
        ([5, 2, 3], 2, 2),
        ([11, 6, 9, 5, 8], 2, 4),
        ([4, 8, 12, 4], 2, 4),
        ([3, 20, 1, 2], 2, 4),
        ([7, 9], 2, 3),
        ([6, 13, 2], 1, 5),
        ([2, 2, 3], 3, 6),
    ]
    for rows, chunk in ((2, 3), (3, 5), (4, 1), (3, 8)):
        cases.append((rng.integers(1, 30, rows + 5).tolist(), rows, chunk))
    return cases


TASK = Task(
    key="07.reset_flags",
    name="reset_flags",
    reference=_stream,
    cases=_streams,
    mistakes=(
        Mistake(
            "only the start",
            _only_the_start,
            "You flag the first step and no other. Each row takes another clip when its own has ended.",
        ),
        Mistake(
            "tails dropped",
            partial(_stream, chunks=lambda frames, chunk: max(frames // chunk, 1)),
            "You drop the frames at a clip's end that don't fill a chunk. They come too, in a chunk that is padded.",
        ),
        Mistake(
            "a chunk too many",
            partial(_stream, chunks=lambda frames, chunk: frames // chunk + 1),
            "A clip of whole chunks gets one more in yours, with nothing in it. Round up: 8 frames in chunks of 4 are 2 chunks.",
        ),
        Mistake(
            "no padding",
            _without_padding,
            "You let the next clip begin inside the chunk in which the last one ends. A chunk holds frames of one clip.",
        ),
        Mistake(
            "dealt out beforehand",
            _dealt,
            "You deal the clips out to the rows beforehand. A row that falls free takes the next clip waiting, whichever row that is.",
        ),
        Mistake(
            "flags at the end",
            _at_the_end,
            "You flag the chunks that end a clip. The flag belongs to the chunk that begins one: the state is reset before it.",
        ),
        Mistake(
            "all rows at once",
            _all_rows,
            "You flag all rows where one begins a clip. The others go on in theirs, and must remember.",
        ),
        Mistake(
            "idle rows",
            partial(_stream, idle=True),
            "You flag rows that have no clip left. Nothing begins there.",
        ),
        Mistake(
            "rows first",
            lambda lengths, rows, chunk: _stream(lengths, rows, chunk).T,
            "Right, but with rows first. The steps come first: (steps, rows).",
        ),
        Mistake(
            "upside down",
            lambda lengths, rows, chunk: ~_stream(lengths, rows, chunk),
            "Yours is True where a clip goes on and False where it begins.",
        ),
    ),
)
