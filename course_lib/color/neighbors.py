"""The K nearest of some points in the plane, exactly and for whole photos at once.

A search tree asks its questions one pixel at a time. Here the plane is cut into small square cells, and for each
cell the few centers that can be among the K nearest of *any* point in it are listed once. A pixel then looks up its
cell's list, and the K smallest of about eight distances come out of a sorting network: a fixed sequence of
minimum/maximum pairs (K. E. Batcher, "Sorting networks and their applications", AFIPS 1968) that NumPy runs over
thousands of pixels at a time. Points far outside, and cells with too long a list, take the plain way.
"""

from functools import cache

import numpy as np
from scipy.spatial import KDTree

BLOCK = 8192  # points handled at once: a dozen such float64 arrays stay in a core's cache
_FEW = 1024  # fewer points than this don't repay the making of lists
_LISTED = 32  # with more neighbors than this, lists cost more to make than they save
_NOWHERE = 1e100  # pads short lists; its square is still a finite float64


class PlaneNeighbors:
    """Exact K nearest centers of points in the plane.

    Parameters
    ----------
    centers : (Q, 2) float64 array
    neighbors : int
        K, from 1 to Q.
    """

    def __init__(self, centers, neighbors):
        self.centers = centers
        self.neighbors = neighbors
        self._lists = None

    def query(self, x, y):
        """Nearest centers of points given by their coordinates.

        Parameters
        ----------
        x, y : (n,) float64 arrays
            Finite; best at most `BLOCK` points, so that the work stays in cache.

        Returns
        -------
        nearest : (K, n) intp array
            Indices into the centers, nearest first. Nothing is promised about the order of equally near ones.
        gap : (K, n) float64 array
            How much larger each squared distance is than the first.
        """
        if self._lists is None:
            if self.neighbors > _LISTED or len(x) < _FEW:
                return self._plain(x, y)
            self._lists = _CellLists(self.centers, self.neighbors)
        cell = self._lists.cells(x, y)
        nearest, gap = self._lists.nearest(x, y, cell)
        unlisted = ~self._lists.has_list.take(cell)
        if unlisted.any():
            nearest[:, unlisted], gap[:, unlisted] = self._plain(x[unlisted], y[unlisted])
        return nearest, gap

    def _plain(self, x, y):
        """All distances, for so few points at a time that they stay in cache."""
        nearest, gap = np.empty((len(x), self.neighbors), np.intp), np.empty((len(x), self.neighbors))
        step = max(1, 2**17 // len(self.centers))
        index_bits = _low_bits(len(self.centers))
        cx, cy = self.centers.T
        for start in range(0, len(x), step):
            part = slice(start, start + step)
            px, py = x[part, None], y[part, None]
            # |p - c|^2 - |p - c_near|^2 as (u - v) (u + v): at 1e9 the squares themselves have no digits left.
            # The first turn, against any center, finds the nearest; the second, against that, finds the order.
            near = np.zeros((len(px), 1), np.intp)
            for _ in range(2):
                apart_x, apart_y = cx[near] - cx, cy[near] - cy
                farther = apart_x * (apart_x + 2 * (px - cx[near])) + apart_y * (
                    apart_y + 2 * (py - cy[near])
                )
                near = farther.argmin(axis=1)[:, None]
            # As in the lists, the index rides along; it also settles ties alike on every machine.
            keys = (farther - farther.min(axis=1, keepdims=True)).view(np.int64)
            keys &= ~index_bits
            keys |= np.arange(len(self.centers))
            keys = np.partition(keys, self.neighbors - 1, axis=1)[:, : self.neighbors]
            nearest[part] = np.sort(keys, axis=1) & index_bits
            gap[part] = np.take_along_axis(farther, nearest[part], axis=1)
        return nearest.T, (gap - gap[:, :1]).T


class _CellLists:
    """For every cell of a grid over the centers, the centers that can be among the K nearest of a point in it."""

    def __init__(self, centers, neighbors):
        self.centers = centers
        self.neighbors = neighbors
        low, high = centers.min(axis=0), centers.max(axis=0)
        extent, count = (high - low).max(), len(centers)
        # Half the usual distance to the next center (smaller cells have hardly shorter lists); on a regular grid the
        # cells then line up with it. Clustered centers must not ask for millions of cells.
        spacing = np.median(KDTree(centers).query(centers, k=[min(2, count)])[0])
        self.side = max(spacing / 2, extent / (4 * np.sqrt(count))) or 1.0
        margin = self.side * np.ceil(0.25 * extent / self.side + 1)
        self.low = low - margin
        self.shape = np.ceil((high + margin - self.low) / self.side).astype(int)
        grid = np.indices(self.shape).reshape(2, -1)
        middle = self.low + self.side * (grid.T + 0.5)

        longest = min(count, 2 * neighbors + 16)
        distance, index = KDTree(centers).query(middle, k=np.arange(1, longest + 1))
        # A point of the cell lies within `reach` of its middle. Its K nearest centers are then at most
        # d_K + reach away from it, hence at most d_K + 2 reach from the middle.
        reach = self.side * np.sqrt(0.5)
        listed = distance <= (distance[:, neighbors - 1 : neighbors] + 2 * reach) * (1 + 1e-9)
        # Cells on the rim stand for all that lies beyond, too, so they have no list; nor has a cell whose list is
        # longer than what was asked for.
        self.has_list = ((grid > 0) & (grid < self.shape[:, None] - 1)).all(axis=0)
        if longest < count:
            self.has_list &= ~listed[:, -1]
        listed &= self.has_list[:, None]
        width = max(int(listed.sum(axis=1).max()), neighbors)
        listed = self._without_beaten(middle, index[:, :width], listed[:, :width])
        # Short lists are padded at the end with a center that is nowhere.
        index = np.sort(np.where(listed, index[:, :width], count), axis=1)
        index = index[:, : max(int(listed.sum(axis=1).max()), neighbors)]
        padded = np.vstack([centers, [_NOWHERE, _NOWHERE]])
        self.index = np.ascontiguousarray(index.T)  # (width, cells)
        self.x, self.y = padded[self.index, 0], padded[self.index, 1]

    def _without_beaten(self, middle, index, listed):
        """Take those off the lists that K others beat in the whole cell.

        To be nearer in a square's four corners is to be nearer everywhere in it, since the points nearer to one center
        than to another fill a half-plane.
        """
        corners = self.side / 2 * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
        offset = self.centers[index] - middle[:, None]  # (cells, listed, 2)
        square = np.stack([((offset - corner) ** 2).sum(axis=2) for corner in corners])  # (4, cells, listed)
        kept = listed.copy()
        for j in range(listed.shape[1]):
            this = square[:, :, j : j + 1]
            beats = (square <= this).all(axis=0) & listed
            twin = (square == this).all(axis=0) & (
                index >= index[:, j : j + 1]
            )  # itself, or the same place again
            kept[:, j] &= (beats & ~twin).sum(axis=1) < self.neighbors
        return kept

    def cells(self, x, y):
        """Number of the cell of each point; beyond the grid, that of the nearest cell on its rim."""
        column, row = (
            ((value - low) * (1 / self.side)).clip(0, size - 1).astype(np.intp)
            for value, low, size in zip((x, y), self.low, self.shape, strict=True)
        )
        column *= self.shape[1]
        column += row
        return column

    def nearest(self, x, y, cell):
        """As `PlaneNeighbors.query`, by the cells' lists; without meaning where a cell has none."""
        width, cells = self.index.shape
        slot_bits = _low_bits(width)
        keys = [np.empty_like(x) for _ in range(width)]
        spare = np.empty_like(x)
        for slot, key in enumerate(keys):
            self.x[slot].take(cell, out=key, mode="clip")
            self.y[slot].take(cell, out=spare, mode="clip")
            key -= x
            key *= key
            spare -= y
            spare *= spare
            key += spare
            # Positive floats sort like their bits, so the slot rides in the lowest bits of the squared distance.
            bits = key.view(np.int64)
            bits &= ~slot_bits
            bits |= slot
        for i, j in _sorting_network(width, self.neighbors):
            np.minimum(keys[i], keys[j], out=spare)
            np.maximum(keys[i], keys[j], out=keys[j])
            keys[i], spare = spare, keys[i]
        nearest, gap = np.empty((self.neighbors, len(x)), np.intp), np.empty((self.neighbors, len(x)))
        for k in range(self.neighbors):
            bits = keys[k].view(np.int64)
            place = bits & slot_bits
            place *= cells
            place += cell
            self.index.take(place, out=nearest[k], mode="clip")
            bits &= ~slot_bits  # what tied before the slots came in ties again
            np.subtract(keys[k], keys[0], out=gap[k])
        return nearest, gap


def _low_bits(count):
    """The bits that hold numbers below `count`."""
    return np.int64((1 << (count - 1).bit_length()) - 1)


@cache
def _sorting_network(size, wanted):
    """Pairs (i, j) to put in order, one after the other, so that the `wanted` smallest come to the front.

    Batcher's merge exchange (Knuth, TAOCP vol. 3, 5.2.2, algorithm M).
    """
    pairs = []
    top = p = (1 << (size - 1).bit_length()) >> 1
    while p > 0:
        q, r, d = top, 0, p
        while d > 0:
            pairs += [(i, i + d) for i in range(size - d) if i & p == r]
            q, r, d = q // 2, p, q - p
        p //= 2
    needed, kept = set(range(wanted)), []
    for i, j in reversed(pairs):  # a pair matters only if one of its two results is used later
        if i in needed or j in needed:
            needed |= {i, j}
            kept.append((i, j))
    return tuple(reversed(kept))
