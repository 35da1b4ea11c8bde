"""Task `04.suspects`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.color import ab_bin_centers
from course_lib.teach.tasks.task import Mistake, Task


def _distance(counted, centers, order=2):
    """How far each bin is from the nearest counted one."""
    return np.linalg.norm(centers[:, None] - centers[counted > 0], ord=order, axis=-1).min(axis=1)


def _suspects(prior, counted, centers):
    distance = _distance(counted, centers)
    return {
        "peak": bool((centers[prior.argmax()] == 0).all()),
        "gray": bool(prior[(np.abs(centers) <= 10).all(axis=1)].sum() > 0.3),
        "reach": bool(prior[distance > 15].sum() < 1e-9),
    }


def _smoothed(counted, centers):
    """Every bin's share spread over the bins within 15 of it."""
    distance = np.linalg.norm(centers[:, None] - centers, axis=-1)
    kernel = np.where(distance < 15, np.exp(-(distance**2) / 50), 0.0)
    return (counted / kernel.sum(axis=0)) @ kernel.T


def good_prior(rng, centers, spread=12.0):
    """(prior, counted): a peak at gray that falls off, with some bins that never occur."""
    distance = np.linalg.norm(centers, axis=1)
    counted = np.exp(-distance / spread) * rng.uniform(0.7, 1.3, len(centers))
    counted[distance == 0] = 1.5
    counted[(distance > 60) | ((distance > 30) & (rng.random(len(centers)) < 0.3))] = 0
    counted /= counted.sum()
    return _smoothed(counted, centers), counted


def faulty_priors(rng, centers):
    """A sound prior; a peak beside gray; too little gray; mass out of reach; nine bins alike; all faults; and more."""
    prior, counted = good_prior(rng, centers)
    beside = prior.copy()
    beside[(centers == (0, 10)).all(axis=1)] += 0.9
    wide, wide_counted = good_prior(rng, centers, spread=45.0)
    distance = _distance(counted, centers)
    leaked = np.where(distance > 30, 1e-5, prior)
    violet = np.linalg.norm(centers - (70, -70), axis=1) < 15
    strange = np.where(violet, 0.2, prior / 20)
    square = (np.abs(centers) <= 10).all(axis=1)
    outside = np.where(square, 0.0, prior)
    # the nine bins hold 0.46, the five within a radius of 10 only 0.26
    level = np.where(square, 0.05, 0.54 * outside / outside.sum()) + 0.01 * (centers == 0).all(axis=1)
    # Mass moved by one place in a list by columns: to a bin that touches, as no column's end is occupied.
    in_columns = np.convolve(counted, [0.1, 0.8, 0.1], mode="same")
    listed = [(prior, counted), (beside, counted), (wide, wide_counted), (leaked, counted), (level, counted)]
    listed += [(strange, counted), (in_columns, counted)]
    listed += [(p, counted) for p in borderline_priors(prior, counted, centers)]
    return [(p / p.sum(), c, centers) for p, c in listed]


def borderline_priors(prior, counted, centers):
    """Variations of a sound prior that tell near misses of a check apart."""
    distance, square = _distance(counted, centers), (np.abs(centers) <= 10).all(axis=1)
    a, b = centers.T
    gray = (centers == 0).all(axis=1)
    right_and_up = ((np.abs(centers) <= 10).any(axis=1) & ((a > 10) | (b > 10))) * 1.0
    left_and_down = ((a < -10) & (b < -10)) * 1.0
    return [
        counted,  # not smoothed
        counted
        + 1e-4 * (_distance(counted, centers, order=1) <= 10),  # smoothed into straight neighbors only
        prior + 1e-4 * (distance == 20),
        prior + 1e-4 * ((distance > 20) & (distance <= 30)),
        prior + 1e-12 * (np.arange(len(prior)) == distance.argmax()),  # what rounding may leave
        prior + gray,  # gray alone holds half
        *(
            0.01 * square + 0.1 * gray + 0.81 * far / far.sum()  # the nine hold 0.19
            for far in (right_and_up, left_and_down)
        ),
    ]


def _cases(rng):
    centers = ab_bin_centers()
    return [*faulty_priors(rng, centers), *faulty_priors(rng, centers[rng.permutation(313)])[:5]]


def _but(**wrong):
    """The right answer with some of its entries answered in another way."""

    def answer(prior, counted, centers):
        return _suspects(prior, counted, centers) | {
            name: bool(f(prior, counted, centers)) for name, f in wrong.items()
        }

    return answer


TASK = Task(
    key="04.suspects",
    name="suspects",
    reference=_suspects,
    cases=_cases,
    mistakes=(
        Mistake(
            "bin 120",
            _but(peak=lambda prior, counted, centers: prior.argmax() == 120),
            "Right while gray is bin 120. Another list may have another order: look the center up.",
        ),
        Mistake(
            "peak near gray",
            _but(peak=lambda prior, counted, centers: np.abs(centers[prior.argmax()]).max() <= 10),
            "You accept a peak next to gray. It must lie at (0, 0): a shift by one bin is a fault worth finding.",
        ),
        Mistake(
            "a disk of radius 10",
            _but(
                gray=lambda prior, counted, centers: prior[np.linalg.norm(centers, axis=1) <= 10].sum() > 0.3
            ),
            "You add up five bins, those within 10 of gray. The square of |a| and |b| up to 10 has nine.",
        ),
        Mistake(
            "gray alone",
            _but(gray=lambda prior, counted, centers: prior[(centers == 0).all(axis=1)].sum() > 0.3),
            "You ask gray alone to hold 30%. The nine bins around it are meant.",
        ),
        Mistake(
            "share of the bins",
            _but(gray=lambda prior, counted, centers: (np.abs(centers) <= 10).all(axis=1).mean() > 0.3),
            "You ask which share of the *bins* lies at gray, which is the same for every prior. Add up what the prior holds there.",
        ),
        Mistake(
            "no absolute value",
            _but(gray=lambda prior, counted, centers: prior[(centers <= 10).all(axis=1)].sum() > 0.3),
            "You ask that a and b be at most 10; -80 is too. Their absolute values are meant.",
        ),
        Mistake(
            "either a or b",
            _but(gray=lambda prior, counted, centers: prior[(np.abs(centers) <= 10).any(axis=1)].sum() > 0.3),
            "You count bins where a *or* b is small, such as a strong blue. Both must be.",
        ),
        Mistake(
            "every empty bin",
            _but(reach=lambda prior, counted, centers: prior[counted == 0].sum() < 1e-9),
            "You call a prior suspicious as soon as it has mass where nothing was counted. Smoothing does that to the neighbors: "
            "only what lies farther than 15 counts.",
        ),
        *(
            Mistake(
                f"up to {limit} allowed",
                _but(
                    reach=lambda prior, counted, centers, limit=limit: (
                        prior[_distance(counted, centers) > limit].sum() < 1e-9
                    )
                ),
                f"You let mass lie as far as {limit} from a counted bin. Two bins away is too far: the limit is 15.",
            )
            for limit in (20, 30)
        ),
        Mistake(
            "the largest distance",
            _but(
                reach=lambda prior, counted, centers: (
                    prior[
                        np.linalg.norm(centers[:, None] - centers[counted > 0], axis=-1).max(axis=1) > 15
                    ].sum()
                    < 1e-9
                )
            ),
            "Your reach fails every prior. Each bin is far from *some* counted bin; ask for its distance from the nearest one.",
        ),
        Mistake(
            "distance along the axes",
            _but(
                reach=lambda prior, counted, centers: (
                    prior[_distance(counted, centers, order=1) > 15].sum() < 1e-9
                )
            ),
            "You add the distances in a and in b, so a diagonal neighbor is 20 away. In the plane it is 14.",
        ),
        Mistake(
            "exactly 0",
            _but(reach=lambda prior, counted, centers: prior[_distance(counted, centers) > 15].sum() == 0),
            "You ask for exactly 0 out of reach. Rounding leaves crumbs: less than 1e-9 passes.",
        ),
        Mistake(
            "reach from the prior's own bins",
            _but(reach=lambda prior, counted, centers: True),
            "Your reach never fails. Distances count from the bins that were *counted*; from those where the prior itself holds mass, "
            "nothing is ever out of reach.",
        ),
        Mistake(
            "neighbors in the list",
            _but(
                reach=lambda prior, counted, centers: (
                    prior[np.convolve(counted > 0, np.ones(3), mode="same") == 0].sum() < 1e-9
                )
            ),
            "You take the bins before and after in the list for neighbors. That is the very mistake to be found: "
            "measure distances in ab.",
        ),
        Mistake(
            "upside down",
            lambda prior, counted, centers: {k: not v for k, v in _suspects(prior, counted, centers).items()},
            "Your answers are upside down: True means that the prior passes.",
        ),
        Mistake(
            "all pass",
            lambda prior, counted, centers: dict.fromkeys(("peak", "gray", "reach"), True),
            "You let everything pass.",
        ),
    ),
)
