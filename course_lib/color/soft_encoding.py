"""Color as classification: ab values to soft bin weights and back.

The encoding spreads a color over its K nearest bins with Gaussian weights, and decoding takes the annealed mean
(Zhang, Isola, Efros, "Colorful Image Colorization", ECCV 2016, sections 2.1 and 2.3). The paper names K = 5,
its released training layer K = 10, both sigma = 5.
"""

from numbers import Real

import numpy as np

from course_lib.color.neighbors import BLOCK, PlaneNeighbors

_TABLE_LOW, _TABLE_SIZE = -128, 256  # the integers that uint8 Lab can hold, less its offset of 128
_TABLE_NEIGHBORS = 32  # a table for more neighbors than this would take over 25 MB
_MANY = 4096  # fewer points than this don't repay the making of a table
_FAR = 1e100  # squares of larger ab would leave float64; the nearest bins are the same
_TINY = 1e-300  # a smaller sigma^2 has no finite reciprocal; only ties share the weight long before that


class SoftEncoder:
    """Soft encoding of ab values: each over its K nearest bins, weighted by exp(-d^2 / (2 sigma^2)), summing to 1.

    Exact for any centers. Integer ab, as uint8 Lab gives them, are read from a table over all of them,
    which is made once.

    Parameters
    ----------
    centers : (Q, 2) array
        a and b of the bins, for instance `ab_bin_centers()`.
    neighbors : int
        K, from 1 to Q.
    sigma : float
        Width of the Gaussian, in ab units, above 0.

    Raises
    ------
    TypeError, ValueError
        If `centers` aren't finite numbers of shape (Q, 2), or K or sigma lie outside their range.

    Examples
    --------
    >>> encoder = SoftEncoder(np.array([[0.0, 0.0], [10.0, 0.0], [50.0, 0.0]]), neighbors=2)
    >>> encoder.encode(np.array([5.0, 0.0]))
    array([0.5, 0.5, 0. ], dtype=float32)
    """

    def __init__(self, centers, neighbors=5, sigma=5.0):
        self.centers = _pairs(centers, "centers").astype(np.float64)
        if self.centers.ndim != 2 or len(self.centers) == 0:
            raise ValueError(f"centers must have shape (Q, 2) with Q of at least 1, got {self.centers.shape}")
        if np.abs(self.centers).max() > _FAR:
            raise ValueError(f"centers must lie within {_FAR:g}, got {np.abs(self.centers).max():g}")
        if not isinstance(neighbors, (int, np.integer)) or isinstance(neighbors, bool):
            raise TypeError(f"neighbors must be an integer, got {neighbors!r}")
        if not 1 <= neighbors <= len(self.centers):
            raise ValueError(f"neighbors must lie from 1 to the {len(self.centers)} centers, got {neighbors}")
        if not (isinstance(sigma, Real) and 0 < float(sigma) < np.inf):
            raise ValueError(f"sigma must be a positive number, got {sigma!r}")
        self.neighbors = int(neighbors)
        self.sigma = float(sigma)
        self._nearest = PlaneNeighbors(self.centers, self.neighbors)
        self._table: tuple[np.ndarray, np.ndarray] | None = None  # of all whole a and b, once it pays

    def encode(self, ab):
        """Encode densely: one weight for every bin.

        Parameters
        ----------
        ab : (..., 2) array
            a and b, floats or integers, finite; as far outside the gamut as you like.

        Returns
        -------
        (..., Q) float32 array
            Nonnegative, summing to 1; at most K entries aren't 0. A 512 x 512 photo over 313 bins fills 328 MB,
            and writing those is most of the time: keep `encode_sparse`'s answer where you can.

        Raises
        ------
        TypeError, ValueError
            If `ab` aren't numbers, the last axis isn't 2, or a value is NaN or infinite.
        """
        indices, weights = self.encode_sparse(ab)
        dense = np.zeros((*indices.shape[:-1], len(self.centers)), np.float32)
        flat = indices.reshape(-1, self.neighbors)
        flat += np.arange(len(flat))[:, None] * len(self.centers)
        dense.reshape(-1)[flat] = weights.reshape(-1, self.neighbors)
        return dense

    def encode_sparse(self, ab):
        """Encode as the K nearest bins and their weights.

        Parameters
        ----------
        ab : (..., 2) array
            As in `encode`.

        Returns
        -------
        indices : (..., K) intp array
            Rows of `centers`, nearest first.
        weights : (..., K) float32 array
            Falling, summing to 1.

        Raises
        ------
        TypeError, ValueError
            As in `encode`.
        """
        ab = _pairs(ab, "ab")
        points = ab.reshape(-1, 2)
        indices = np.empty((len(points), self.neighbors), np.intp)
        weights = np.empty((len(points), self.neighbors), np.float32)
        for start in range(0, len(points), BLOCK):
            part = slice(start, start + BLOCK)
            block = points[part]
            known = self._table_for(block, len(points))
            if known is not None:
                a, b = block.T.astype(np.intp) - _TABLE_LOW
                row = a * _TABLE_SIZE + b
                known[0].take(row, axis=0, out=indices[part], mode="clip")
                known[1].take(row, axis=0, out=weights[part], mode="clip")
            else:
                self._compute(block, indices[part], weights[part])
        shape = (*ab.shape[:-1], self.neighbors)
        return indices.reshape(shape), weights.reshape(shape)

    def _compute(self, block, indices, weights):
        x, y = block.T.astype(np.float64, order="C").clip(-_FAR, _FAR)
        nearest, gap = self._nearest.query(x, y)  # both (K, n)
        # The plain exp(-d^2 / (2 sigma^2)) is 0 for every bin far from all of them, and 0 / 0 is NaN.
        # Only differences of d^2 matter, so the nearest bin's has been subtracted; rounding must not make it < 0.
        total = 0.0
        with np.errstate(over="ignore", under="ignore"):
            for row in gap:
                row *= -0.5 / max(self.sigma * self.sigma, _TINY)
                np.exp(np.minimum(row, 0, out=row), out=row)
                total = total + row
        for k in range(self.neighbors):
            indices[:, k] = nearest[k]
            np.divide(gap[k], total, out=weights[:, k], casting="same_kind")

    def _table_for(self, block, total):
        """The table if it holds the block's answers, else None; made when there are enough points to repay it."""
        if self.neighbors > _TABLE_NEIGHBORS or (self._table is None and total < _MANY):
            return None
        if block.dtype.kind == "f" and not (_whole(block[:64]) and _whole(block)):
            return None
        if block.min() < _TABLE_LOW or block.max() >= _TABLE_LOW + _TABLE_SIZE:
            return None
        if self._table is None:
            grid = np.indices((_TABLE_SIZE, _TABLE_SIZE)).reshape(2, -1).T + _TABLE_LOW
            shape = (len(grid), self.neighbors)
            table = np.empty(shape, np.intp), np.empty(shape, np.float32)
            for start in range(0, len(grid), BLOCK):
                part = slice(start, start + BLOCK)
                self._compute(grid[part], table[0][part], table[1][part])
            self._table = table
        return self._table


def decode(probabilities, centers, temperature=0.38):
    """Turn bin weights back into ab: the annealed mean.

    With f_T(z) = z^(1/T) / sum(z^(1/T)), the answer is sum(f_T(z) * centers). A low temperature T sharpens:
    T = 1 is the mean, T = 0 the mode (the first of the largest).

    Parameters
    ----------
    probabilities : (..., Q) array
        Nonnegative and finite; need not sum to 1, but not all zero.
    centers : (Q, 2) array
    temperature : float
        T, from 0. The paper's choice is 0.38.

    Returns
    -------
    (..., 2) array
        a and b; float64 for float64 probabilities, else float32. May lie outside the gamut.

    Raises
    ------
    TypeError, ValueError
        If shapes don't match, a probability is negative, NaN or infinite, a row is all zero,
        or the temperature is negative or not finite.

    References
    ----------
    Zhang, Isola, Efros, "Colorful Image Colorization", ECCV 2016, equation 5.

    Examples
    --------
    >>> decode(np.array([0.75, 0.25]), np.array([[0.0, 0.0], [40.0, 0.0]]), temperature=1)
    array([10.,  0.])
    """
    centers = _pairs(centers, "centers")
    z = _numbers(probabilities, "probabilities")
    if centers.ndim != 2 or z.ndim == 0 or z.shape[-1] != len(centers):
        raise ValueError(
            f"probabilities of shape (..., Q) need centers (Q, 2), got {z.shape} and {centers.shape}"
        )
    if not (isinstance(temperature, Real) and 0 <= float(temperature) < np.inf):
        raise ValueError(f"temperature must be a finite number from 0, got {temperature!r}")
    dtype = np.float64 if z.dtype == np.float64 else np.float32
    centers = centers.astype(dtype)
    rows = z.reshape(-1, len(centers))
    ab = np.empty((len(rows), 2), dtype)
    step = max(1, 2**21 // max(len(centers), 1))  # a few megabytes at a time
    for start in range(0, len(rows), step):
        part = rows[start : start + step].astype(dtype)
        highest = part.max(axis=1, keepdims=True)
        if part.min() < 0 or highest.min() <= 0:
            raise ValueError("probabilities must be nonnegative, and not all zero for any color")
        if temperature == 0:
            ab[start : start + step] = centers[part.argmax(axis=1)]
            continue
        with np.errstate(under="ignore"):
            annealed = part / highest  # the largest becomes 1, so that no power underflows for all
            if temperature != 1:
                annealed **= min(1 / float(temperature), 1e30)  # fits float32, and leaves only the largest
        ab[start : start + step] = (annealed @ centers) / annealed.sum(axis=1, keepdims=True)
    return ab.reshape(*z.shape[:-1], 2)


def _whole(values):
    return bool((values == np.rint(values)).all())


def _numbers(values, name):
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be real numbers, got {values.dtype}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return values


def _pairs(values, name):
    values = _numbers(values, name)
    if values.ndim == 0 or values.shape[-1] != 2:
        raise ValueError(f"{name} must have shape (..., 2), got {values.shape}")
    return values
