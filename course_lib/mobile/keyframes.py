"""A heavy colorizer on every kth frame, and its color carried to the frames between.

On a keyframe with lightness L0 and the colorizer's answer c, which is a or b, each window's color is said as a straight
line of lightness, as in `guided_filter`:

    A = cov(L0, c) / (var(L0) + eps),   B = mean(c) - A mean(L0),   both averaged over windows and kept small

Until the next keyframe a frame's color is its own lightness on that line: c_t = A L_t + B, A and B enlarged. That is a
handful of operations a pixel. Its price: A and B are tied to places, so what moves leaves its color behind; at a keyframe
all color is replaced at once; and averaging dulls. Two mends, `cuts` and `flow`, and a choice, `detail`, answer the three.

The lines are those of K. He, J. Sun, X. Tang, "Guided Image Filtering", TPAMI 35(6), 2013,
https://doi.org/10.1109/TPAMI.2012.213, their small grid is that of K. He, J. Sun, "Fast Guided Filter", 2015,
https://arxiv.org/abs/1505.00996.
"""

from numbers import Real

import cv2
import numpy as np

from course_lib.color import rgb_to_lab
from course_lib.metrics import optical_flow, warp
from course_lib.mobile.box_mean import check_floats, check_whole
from course_lib.mobile.guided_filter import apply_coefficients, local_linear_coefficients
from course_lib.mobile.scene_cuts import is_scene_cut

_AB = np.float32(110.0)
_SLACK = 1e-3  # float32 round trips leave [0, 1] by less than this


class KeyframeColorizer:
    """Color a stream of frames, one at a time, by a colorizer that would be too slow for each of them.

    It never looks ahead: a frame's color is there before the next frame is asked for. That of a keyframe takes as long as
    the colorizer does, T, and that of every other frame a small c; so over k frames the mean is (T + (k - 1) c) / k,
    but a live stream waits T once in k frames.

    Parameters
    ----------
    colorizer : callable
        A frame, (H, W) or (H, W, 3) float32 in [0, 1], as it came → its color, RGB (H, W, 3) float in [0, 1].
    every : int
        k: each kth frame is a keyframe, from the first on. 1 is the colorizer frame by frame.
    radius : int
        Of the windows in pixels, from `subsample` to the shorter side. Larger ones dull more.
    eps : float
        The variance of lightness, in [0, 1], at which half of a color's edge is kept.
    subsample : int
        How many times coarser the grid is on which A and B are found and kept.
    detail : bool
        Take for B the small keyframe's own color, c - A L0, in place of the average over windows. Keeps
        chroma that averaging loses, and is somewhat further off where things have moved.
    cuts : bool
        A keyframe at each scene cut, too (`is_scene_cut`); the next one is then due `every` frames later.
    flow : bool
        Carry A and B along the optical flow from frame to frame (`course_lib.metrics.optical_flow`), so that color
        moves with what it belongs to. Costs far more than the rest of c. Best with `detail`.

    Raises
    ------
    TypeError, ValueError
        A colorizer that can't be called; numbers that can't be. A radius larger than the frame is found at the first frame.

    Examples
    --------
    >>> calls = []
    >>> def sepia(frame):
    ...     calls.append(frame.shape)
    ...     return frame[..., None] * np.float32([1.0, 0.9, 0.7])
    >>> colorize = KeyframeColorizer(sepia, every=3)
    >>> clip = np.random.default_rng(0).random((7, 24, 32), np.float32)
    >>> [frame.shape for frame in colorize.stream(clip)][:2], len(calls)
    ([(24, 32, 3), (24, 32, 3)], 3)
    """

    def __init__(
        self, colorizer, every=30, *, radius=8, eps=1e-3, subsample=4, detail=False, cuts=False, flow=False
    ):
        if not callable(colorizer):
            raise TypeError(f"colorizer must be callable; got {type(colorizer).__name__}")
        self.colorizer = colorizer
        self.every = check_whole("every", every)
        self.radius, self.subsample = check_whole("radius", radius), check_whole("subsample", subsample)
        if self.radius < self.subsample:
            raise ValueError(f"radius must be at least subsample, {subsample}; got {radius}")
        if not (isinstance(eps, Real) and 0 < float(eps) < np.inf):
            raise ValueError(f"eps must be a finite number above 0; got {eps!r}")
        self.eps, self.detail, self.cuts, self.flow = float(eps), bool(detail), bool(cuts), bool(flow)
        self.reset()

    def reset(self) -> None:
        """Forget the clip: the next frame is a keyframe, and may be of another size."""
        self._line = None  # A of a and b, then B of both: (h, w, 4)
        self._before = None  # lightness of the frame before, (H, W)
        self._since = 0  # frames since the keyframe

    def stream(self, frames):
        """Color the frames of a clip from its beginning, each as it is asked for.

        Parameters
        ----------
        frames : iterable of frames
            As `__call__` takes them.

        Yields
        ------
        ndarray, (H, W, 3) float32 in [0, 1]
        """
        self.reset()
        for frame in frames:
            yield self(frame)

    def __call__(self, frame):
        """Color the next frame.

        Parameters
        ----------
        frame : ndarray, (H, W) or (H, W, 3)
            Gray, or RGB whose color nobody but the colorizer looks at; float, in [0, 1], as large as the one before.

        Returns
        -------
        ndarray, (H, W, 3) float32 in [0, 1]
            On a keyframe what the colorizer answers; on others the frame's own lightness in carried color, clipped
            where sRGB hasn't that color.

        Raises
        ------
        TypeError, ValueError
            A frame that isn't such an array, or of another size; a colorizer that answers anything but RGB of that size.
            The clip can go on with the next frame.
        """
        frame = _checked("frame", frame)
        size = frame.shape[:2]
        if self._before is not None and self._before.shape != size:
            raise ValueError(
                f"frame is {size[0]} x {size[1]} and those before were "
                f"{self._before.shape[0]} x {self._before.shape[1]}: call reset() before another clip"
            )
        lightness = _lightness(frame)
        if self._due(lightness):
            rgb = _checked("the colorizer's answer", self.colorizer(frame), shape=(*size, 3))
            self._line, self._since = self._fitted(lightness, rgb), 0
        else:
            if self.flow:
                self._line = _moved(self._line, lightness, self._before)
            rgb = _painted(self._line, lightness)
        self._since += 1
        self._before = lightness
        return rgb

    def _due(self, lightness):
        """Whether this frame is to be a keyframe."""
        if self._line is None or self._since >= self.every:
            return True
        return self.cuts and is_scene_cut(self._before, lightness)

    def _fitted(self, lightness, rgb):
        """A and B of a keyframe."""
        ab = rgb_to_lab(rgb)[..., 1:] / _AB
        a, b = local_linear_coefficients(lightness, ab, self.radius, self.eps, self.subsample)
        if self.detail:
            small = [cv2.resize(x, b.shape[1::-1], interpolation=cv2.INTER_AREA) for x in (ab, lightness)]
            b = small[0] - a * small[1][..., None]
        return np.concatenate([a, b], -1)


def _checked(name, frame, shape=None):
    """`frame` as float32, of a shape or of any that a frame can have, or the error that says why it is none."""
    frame = np.asarray(frame)
    check_floats(name, frame)
    fits = frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 3)
    if not (fits if shape is None else frame.shape == shape):
        raise ValueError(f"{name} must have shape {shape or '(H, W) or (H, W, 3)'}; got {frame.shape}")
    low, high = float(frame.min()), float(frame.max())
    if low < -_SLACK or high > 1 + _SLACK:
        raise ValueError(f"{name} must lie in [0, 1]; got values from {low:.4g} to {high:.4g}")
    return frame.astype(np.float32, copy=False).clip(0, 1)


def _lightness(frame):
    """L / 100 of a gray or color frame: that of OpenCV's Luv is Lab's to 0.004, and ten times as fast as `rgb_to_lab`."""
    rgb = frame if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB)
    return (cv2.cvtColor(rgb, cv2.COLOR_RGB2Luv)[..., 0] / 100).clip(0, 1)


def _painted(line, lightness):
    """RGB of a lightness picture, (H, W) in [0, 1], with color by A and B."""
    ab = apply_coefficients(line[..., :2], line[..., 2:], lightness)
    lab = cv2.merge([100 * lightness, _AB * ab[..., 0], _AB * ab[..., 1]])
    # from Lab OpenCV is exact to 0.0002
    return cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)


def _moved(line, lightness, before):
    """A and B, carried from the frame before to this one."""
    flow = optical_flow(lightness, before)  # from here to where it came from
    size = line.shape[1::-1]
    scale = np.divide(size, lightness.shape[::-1], dtype=np.float32)
    return warp(line, cv2.resize(flow, size, interpolation=cv2.INTER_AREA) * scale)
