"""Task `06.frames_unpacked`: the data, and the mistakes that people make."""

from collections import OrderedDict
from functools import partial

from course_lib.teach.tasks.task import Mistake, Task


def _frames_unpacked(
    numbers, chunk, cached, *, place=lambda number, chunk: number // chunk, renew=True, spare=0
):
    """The right answer, or one with any one step exchanged for a wrong one."""
    cache, unpacked = OrderedDict(), 0
    for number in numbers:
        which = place(number, chunk)
        if which in cache:
            if renew:
                cache.move_to_end(which)
            continue
        unpacked += chunk
        cache[which] = None
        if len(cache) > cached + spare:
            cache.popitem(last=False)
    return unpacked


def _newest_leaves(numbers, chunk, cached):
    """A full cache takes nothing in any more."""
    cache, unpacked = set(), 0
    for number in numbers:
        if number // chunk not in cache:
            unpacked += chunk
            if len(cache) < cached:
                cache.add(number // chunk)
    return unpacked


def _negative_slice(numbers, chunk, cached):
    cache, unpacked = [], 0
    for number in numbers:
        which = number // chunk
        if which in cache:
            cache.remove(which)
        else:
            unpacked += chunk
        cache.append(which)
        del cache[: len(cache) - cached]  # below 0 while the cache fills: counts from the end
    return unpacked


def _nothing_is_everything(numbers, chunk, cached):
    """Keeps `cache[-cached:]`, and −0 is 0."""
    return _frames_unpacked(numbers, chunk, cached or len(numbers))


def _orders(rng):
    """Reading in order, at random, back and forth between chunks, and around a ring, with caches of all sizes."""
    ring = [chunk * 4 for _ in range(3) for chunk in range(3)]
    return [
        ([0, 1, 2, 3, 9], 4, 1),
        (list(range(40)), 8, 0),
        (list(range(40)), 8, 1),
        ([0, 8, 1, 9, 2, 10], 8, 0),
        ([0, 8, 1, 9, 2, 10], 8, 1),
        ([0, 8, 1, 9, 2, 10], 8, 2),
        ([0, 8, 1, 16, 2, 9, 3], 8, 2),
        (ring, 4, 2),
        (ring, 4, 3),
        (rng.integers(0, 60, 50).tolist(), 5, 4),
        (rng.integers(0, 200, 60).tolist(), 16, 3),
        (rng.integers(0, 90, 40).tolist(), 1, 12),
        ([0, 1, 0, 1, 2, 1], 1, 2),
        ([], 16, 1),
    ]


TASK = Task(
    key="06.frames_unpacked",
    name="frames_unpacked",
    reference=_frames_unpacked,
    cases=_orders,
    tolerance=0.25,  # a count
    mistakes=(
        Mistake(
            "only what is asked for",
            lambda numbers, chunk, cached: len(numbers),
            "You count the frames that were asked for. A chunk is unpacked whole, for one frame too.",
        ),
        Mistake(
            "no cache",
            lambda numbers, chunk, cached: len(numbers) * chunk,
            "You unpack a chunk for every frame. A chunk that is still in the cache isn't unpacked again.",
        ),
        Mistake(
            "an endless cache",
            lambda numbers, chunk, cached: len({number // chunk for number in numbers}) * chunk,
            "You count each chunk once. That is a cache for everything; this one holds `cached` chunks, and drops one for each "
            "that it takes in beyond.",
        ),
        Mistake(
            "chunks, not frames",
            lambda numbers, chunk, cached: _frames_unpacked(numbers, chunk, cached) // chunk,
            "Right, in chunks. The answer is asked for in frames.",
        ),
        Mistake(
            "only the last chunk is kept",
            lambda numbers, chunk, cached: _frames_unpacked(numbers, chunk, min(cached, 1)),
            "Right for a cache of one chunk. With room for more, an older chunk may still be there.",
        ),
        Mistake(
            "the oldest leaves",
            partial(_frames_unpacked, renew=False),
            "You drop the chunk that came in first. The one to go is the one whose last *use* is longest ago.",
        ),
        Mistake(
            "the newest leaves",
            _newest_leaves,
            "A full cache of yours takes nothing in any more. Each unpacked chunk goes in; the one unused for longest goes out.",
        ),
        Mistake(
            "one too many",
            partial(_frames_unpacked, spare=1),
            "Your cache holds one chunk more than `cached`. Look at the comparison that decides when one has to go.",
        ),
        Mistake(
            "dropped before it is full",
            _negative_slice,
            "Your cache loses chunks before it is full. A slice up to a negative number isn't empty: it counts from the end.",
        ),
        Mistake(
            "no cache is an endless one",
            _nothing_is_everything,
            "With no cache every frame pays its chunk; yours keeps every chunk. Do you cut with `cache[-cached:]`? −0 is 0, so "
            "that keeps everything.",
        ),
        Mistake(
            "a cache counted in frames",
            lambda numbers, chunk, cached: _frames_unpacked(numbers, chunk, cached // chunk),
            "You count what the cache holds in frames. `cached` counts chunks, each with all its frames.",
        ),
        Mistake(
            "chunks begin at 1",
            partial(_frames_unpacked, place=lambda number, chunk: (number + chunk - 1) // chunk),
            "You round up: frame 0 gets a chunk of its own. Frames 0 to chunk − 1 share the first.",
        ),
    ),
)
