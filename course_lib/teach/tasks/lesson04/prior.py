"""Task `04.prior`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _prior(labels, bins):
    shares = np.zeros(bins)
    for indices, weights in labels:
        np.add.at(shares, indices, weights)
    return shares / shares.sum()


def photo_labels(rng, pixels, bins, neighbors=5):
    """Sparse soft labels of one photo, as `SoftEncoder.encode_sparse` gives them: some bins common, the last ones absent."""
    common = rng.dirichlet(np.full(bins - 3, 0.3)) + 1e-6
    indices = np.stack(
        [rng.choice(bins - 3, neighbors, replace=False, p=common / common.sum()) for _ in range(pixels)]
    )
    weights = -np.sort(-rng.dirichlet(np.ones(neighbors), pixels), axis=1)
    return indices.reshape(pixels, neighbors), weights.astype(np.float32)


def _photos(rng):
    """Photos of unlike sizes, many pixels to a bin; the last bins in none of them."""
    return [
        ([(np.array([[0, 1], [0, 2]]), np.array([[0.75, 0.25], [0.5, 0.5]]))], 4),
        ([photo_labels(rng, n, 40) for n in (120, 30)], 40),
        ([photo_labels(rng, n, 313) for n in (9, 60, 200)], 313),
    ]


def _repeats_lost(labels, bins):
    shares = np.zeros(bins)
    for indices, weights in labels:
        shares[indices] += weights
    return shares / shares.sum()


def _photos_alike(labels, bins):
    return np.mean([_prior([label], bins) for label in labels], axis=0)


def _nearest_only(labels, bins):
    return _prior([(indices[:, :1], np.ones((len(indices), 1))) for indices, _ in labels], bins)


def _unweighted(labels, bins):
    return _prior([(indices, np.ones(indices.shape)) for indices, _ in labels], bins)


def _counts(labels, bins):
    return _prior(labels, bins) * sum(len(indices) for indices, _ in labels)


def _short(labels, bins):
    p = _prior(labels, bins)
    return p[: np.flatnonzero(p)[-1] + 1]


def _last_photo(labels, bins):
    return _prior(labels[-1:], bins)


TASK = Task(
    key="04.prior",
    name="prior",
    reference=_prior,
    cases=_photos,
    tolerance=1e-6,  # float32 weights, added up, are right to 1e-7 of the sum
    mistakes=(
        Mistake(
            "repeats lost",
            _repeats_lost,
            "A bin that stands in `indices` many times is counted once. `shares[indices] += weights` writes each place once; "
            "NumPy has a function that adds every time.",
        ),
        Mistake(
            "photos alike",
            _photos_alike,
            "You average the photos' priors, so a small photo counts as much as a large one. Here every pixel counts alike.",
        ),
        Mistake(
            "nearest bin only",
            _nearest_only,
            "Each pixel counts for its nearest bin alone. That is the plain histogram, not smoothed: all K bins get their weight.",
        ),
        Mistake(
            "weights ignored",
            _unweighted,
            "All K neighbors of a pixel count the same. Each should add its weight.",
        ),
        Mistake(
            "not divided",
            _counts,
            "Your numbers stand in the right proportion and don't sum to 1: these are counts, not shares.",
        ),
        Mistake(
            "bins missing at the end",
            _short,
            "The last bins occur in no photo, and your answer leaves them out. A prior has a place for every bin: np.bincount takes "
            "a minlength.",
        ),
        Mistake(
            "the last photo only",
            _last_photo,
            "This is the prior of the last photo. Is the sum set back to zero inside the loop?",
        ),
    ),
)
