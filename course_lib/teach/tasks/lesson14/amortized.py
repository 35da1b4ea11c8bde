"""Task `14.amortized`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _keyframes(frames, every, cuts):
    """Which frames are keyframes: every kth since the last one, and each cut."""
    keys, since = [], every
    for t in range(frames):
        if since >= every or t in cuts:
            keys.append(t)
            since = 0
        since += 1
    return keys


def _cost(count, frames, T, c):
    return count * T + (frames - count) * c


def _amortized(frames, every, cuts, T, c):
    return _cost(len(_keyframes(frames, every, cuts)), frames, T, c) / frames


def _fixed_grid(frames, every, cuts):
    """The raster goes on over cuts."""
    return {*range(0, frames, every), *cuts}


def _clips(rng):
    """Even and odd lengths, cuts on and off the raster, two cuts in a row."""
    cases = [
        (150, 30, [], 0.6, 0.02),
        (10, 4, [5], 1.0, 0.1),
        (100, 30, [30], 0.5, 0.01),
        (61, 20, [7, 8, 50], 0.3, 0.004),
        (5, 30, [], 0.4, 0.05),
    ]
    for _ in range(3):
        frames, every = int(rng.integers(40, 200)), int(rng.integers(7, 40))
        cuts = sorted(int(t) for t in rng.choice(range(1, frames), 4, replace=False))
        cases.append((frames, every, cuts, float(rng.uniform(0.1, 1)), float(rng.uniform(0.001, 0.05))))
    return cases


TASK = Task(
    key="14.amortized",
    name="amortized",
    reference=_amortized,
    cases=_clips,
    tolerance=1e-9,
    mistakes=(
        Mistake(
            "cuts on top of the raster",
            lambda frames, every, cuts, T, c: (
                _cost(len(_fixed_grid(frames, every, cuts)), frames, T, c) / frames
            ),
            "You keep keyframes at multiples of k and add the cuts. After a cut the count begins anew: the next keyframe is k frames "
            "later.",
        ),
        Mistake(
            "cuts ignored",
            lambda frames, every, cuts, T, c: _amortized(frames, every, [], T, c),
            "You don't count the keyframes at cuts.",
        ),
        Mistake(
            "formula and cuts",
            lambda frames, every, cuts, T, c: _cost(-(-frames // every) + len(cuts), frames, T, c) / frames,
            "You add a keyframe for each cut to those without cuts. A cut also puts the next keyframe off, so that there may be "
            "fewer.",
        ),
        Mistake(
            "the first frame is none",
            lambda frames, every, cuts, T, c: (
                _cost(len(_keyframes(frames, every, cuts)) - 1, frames, T, c) / frames
            ),
            "The first frame is a keyframe, too: there is no color to carry to it.",
        ),
        Mistake(
            "keyframes pay c as well",
            lambda frames, every, cuts, T, c: (
                (len(_keyframes(frames, every, cuts)) * T + frames * c) / frames
            ),
            "You charge c for every frame. A keyframe takes T and no c.",
        ),
        Mistake(
            "the whole clip's seconds",
            lambda frames, every, cuts, T, c: _amortized(frames, every, cuts, T, c) * frames,
            "These are the seconds of the whole clip. Asked for is the mean over its frames.",
        ),
        Mistake(
            "one frame late",
            lambda frames, every, cuts, T, c: (
                _cost(len(_keyframes(frames, every + 1, cuts)), frames, T, c) / frames
            ),
            "Your keyframes lie k + 1 frames apart: there are k − 1 frames between two of them.",
        ),
    ),
)
