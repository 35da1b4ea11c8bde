"""Task `09.held_frames`: the data, and the mistakes that people make."""

from functools import partial

from course_lib.teach.tasks.task import Mistake, Task


def _held(frame, every, work, oldest, counted=True, newest=False, reference=True, late=0, melt=True, stop=1):
    """Frames held after `frame`, by the released code or with one rule exchanged."""
    held = []
    for t in range(every, frame + stop, every):
        held.append(t)
        if melt and len(held) + counted >= work + late:
            held = held[:-oldest] if newest else held[oldest:]
    return [0, *held] if reference else held


def _one_frame(frame, every, work, oldest):
    """Drops one frame for each that comes, as a queue does."""
    held = list(range(every, frame + 1, every))
    return [0, *held[-(work - 1) :]]


def _reference_melts(frame, every, work, oldest):
    held = []
    for t in range(0, frame + 1, every):
        held.append(t)
        if len(held) >= work:
            held = held[oldest:]
    return held


def _moments(rng):
    """Around the first and the second consolidation, at the beginning, and other numbers."""
    cases = [(t, 5, 10, 5) for t in (0, 4, 5, 44, 45, 46, 49, 50, 69, 70, 200)]
    for _ in range(8):
        every, work = int(rng.integers(1, 9)), int(rng.integers(4, 12))
        cases.append((int(rng.integers(10, 300)), every, work, int(rng.integers(2, work - 1))))
    return cases


TASK = Task(
    key="09.held_frames",
    name="held_frames",
    reference=_held,
    cases=_moments,
    mistakes=(
        Mistake(
            "too late",
            partial(_held, counted=False),
            "Your memory consolidates one stored frame too late. The reference is one of the `work` frames, and as soon as "
            "they are that many the oldest go.",
        ),
        Mistake(
            "the youngest go",
            partial(_held, newest=True),
            "You consolidate the youngest. The oldest behind the reference go.",
        ),
        Mistake(
            "the reference goes too",
            _reference_melts,
            "Your reference is consolidated with the others. It is never touched.",
        ),
        Mistake(
            "the reference is missing",
            partial(_held, reference=False),
            "You list the others only. The reference, frame 0, is always held.",
        ),
        Mistake(
            "too early",
            partial(_held, late=-1),
            "Your memory consolidates one stored frame too early. With the reference counted it may fill up to `work`.",
        ),
        Mistake(
            "a queue",
            _one_frame,
            "You drop a frame for each that comes in. When the memory is full, `oldest` frames go at once.",
        ),
        Mistake(
            "not yet stored",
            partial(_held, stop=0),
            "You stop before `frame` itself. If it is due, it has been stored, and what follows from that has happened.",
        ),
        Mistake(
            "nothing goes",
            partial(_held, melt=False),
            "Nothing is ever consolidated.",
        ),
    ),
)
