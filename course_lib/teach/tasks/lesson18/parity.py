"""Task `18.parity`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _parity(ours, theirs, tolerance):
    gap = np.abs(ours - theirs).max(axis=1)
    gap = np.where(np.isnan(gap), np.inf, gap)
    return bool(gap.max() <= tolerance), int(gap.argmax())


def answers(rng, count, noise=1e-6):
    """Shares of three classes from two engines that agree but for rounding."""
    ours = rng.dirichlet([1, 1, 1], count)
    return ours, ours + rng.uniform(-noise, noise, ours.shape)


def _changed(rng, count, place, change):
    ours, theirs = answers(rng, count)
    theirs[place] += change
    return ours, theirs, 1e-4


def _cases(rng):
    cases = [(*answers(rng, 6), 1e-4)]
    cases.append(_changed(rng, 6, 4, [0.002, -0.001, -0.001]))  # one photo drifts, its class doesn't
    cases.append(_changed(rng, 5, 2, [-0.0003, 0.0, 0.0]))  # theirs is lower only
    cases.append(_changed(rng, 40, 17, [0.0002, 0.0, 0.0]))  # lost in a mean over many
    broken = _changed(rng, 6, 3, 0.0)
    broken[1][3] = np.nan
    cases.append(broken)
    both = _changed(rng, 5, 1, np.nan)
    both[0][1] = np.nan
    cases.append(both)
    shares = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
    cases.append((shares, shares[[0, 0]], 0.25))  # right at the tolerance
    clear = np.tile([0.98, 0.01, 0.01], (4, 1))
    drifted = clear.copy()
    drifted[1], drifted[2] = [0.97, 0.02, 0.01], [0.99, 0.006, 0.004]
    slight = clear.copy()
    slight[3, 0] -= 0.0005
    cases.append((clear, slight, 1e-4))
    over = clear.copy()
    over[2, 0] += 1.05e-4  # no more than a relative 1e-5 above it
    cases.append((clear, over, 1e-4))
    return [*cases, (clear, drifted, 1e-4), (clear, drifted, 0.05)]


def _by(differences, gather, tolerance):
    """Whether all differences gathered are within it, and the photo in which they are largest."""
    return bool(gather(differences) <= tolerance), int(gather(differences, axis=1).argmax())


def _gap(ours, theirs):
    gap = np.abs(ours - theirs).max(axis=1)
    return np.where(np.isnan(gap), np.inf, gap)


TASK = Task(
    key="18.parity",
    name="parity",
    reference=_parity,
    cases=_cases,
    mistakes=(
        Mistake(
            "classes only",
            lambda ours, theirs, tolerance: (
                bool((ours.argmax(axis=1) == theirs.argmax(axis=1)).all() and not np.isnan(theirs).any()),
                int(_gap(ours, theirs).argmax()),
            ),
            "You compare classes. A drift leaves most classes as they are: compare the numbers.",
        ),
        Mistake(
            "mean difference",
            lambda ours, theirs, tolerance: _by(np.abs(ours - theirs), np.mean, tolerance),
            "You compare the *mean* difference with the tolerance, so that one wrong photo drowns among many right ones. Take the "
            "largest.",
        ),
        Mistake(
            "signed difference",
            lambda ours, theirs, tolerance: _by(theirs - ours, np.max, tolerance),
            "You compare a difference with its sign: numbers that are too low pass. Take its size.",
        ),
        Mistake(
            "signed the other way",
            lambda ours, theirs, tolerance: _by(ours - theirs, np.max, tolerance),
            "You compare a difference with its sign: numbers that are too high pass. Take its size.",
        ),
        Mistake(
            "strictly below",
            lambda ours, theirs, tolerance: (
                bool(_gap(ours, theirs).max() < tolerance),
                int(_gap(ours, theirs).argmax()),
            ),
            "Nearly. Numbers that differ by just the tolerance agree.",
        ),
        Mistake(
            "np.allclose",
            lambda ours, theirs, tolerance: (
                np.allclose(ours, theirs, atol=tolerance),
                int(_gap(ours, theirs).argmax()),
            ),
            "np.allclose lets a share of the number itself pass, its `rtol`, on top of `atol`. The tolerance is all that is allowed.",
        ),
        Mistake(
            "NaN replaced too early",
            lambda ours, theirs, tolerance: _parity(np.nan_to_num(ours), np.nan_to_num(theirs), tolerance),
            "You replace NaN before you subtract, so that two engines that both fail agree. Replace it in the difference.",
        ),
        Mistake(
            "NaN passes",
            lambda ours, theirs, tolerance: (
                not bool((np.abs(ours - theirs) > tolerance).any()),
                int(np.nan_to_num(np.abs(ours - theirs).max(axis=1), nan=np.inf, posinf=np.inf).argmax()),
            ),
            "A NaN passes your test: no comparison with NaN is true, so 'is anything too large?' says no. Ask whether all are small "
            "enough.",
        ),
        Mistake(
            "NaN isn't the worst",
            lambda ours, theirs, tolerance: (
                bool(_gap(ours, theirs).max() <= tolerance),
                int(np.nan_to_num(np.abs(ours - theirs).max(axis=1), nan=0.0).argmax()),
            ),
            "Your test fails on a NaN, as it should, but you point at another photo. The one without a number is the worst.",
        ),
        Mistake(
            "place in the flat array",
            lambda ours, theirs, tolerance: (
                bool(_gap(ours, theirs).max() <= tolerance),
                int(np.nan_to_num(np.abs(ours - theirs), nan=np.inf, posinf=np.inf).argmax()),
            ),
            "Your place counts all numbers, three for each photo. The photo's number was asked for: take the largest of each row first.",
        ),
        Mistake(
            "the other way around",
            lambda ours, theirs, tolerance: (
                not _parity(ours, theirs, tolerance)[0],
                _parity(ours, theirs, tolerance)[1],
            ),
            "You answer True when they differ. True means that the test passes.",
        ),
    ),
)
