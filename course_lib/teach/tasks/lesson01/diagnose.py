"""Task `01.diagnose`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.color import normalize_lab, rgb_to_lab
from course_lib.teach.tasks.task import Mistake, Task

_BUGS = ("fine", "bgr", "offset", "lightness", "scale")


def _in_floats(photo, bug):
    """What a pipeline with this bug makes of a photo when it computes in floats: normalized Lab."""
    lab = rgb_to_lab((photo[..., ::-1] if bug == "bgr" else photo) / 255)
    lab = lab * np.array([2.55 if bug == "lightness" else 1, 1, 1]) + np.array(
        [0, *[128 * (bug == "offset")] * 2]
    )
    return normalize_lab(lab, ab_scale=128.0 if bug == "scale" else 110.0)


def _pipeline(photo, bug):
    """The same through OpenCV's bytes."""
    import cv2

    code = cv2.COLOR_BGR2LAB if bug == "bgr" else cv2.COLOR_RGB2LAB
    lab = cv2.cvtColor(photo, code).astype(np.float32)
    lab[..., 0] *= 1 if bug == "lightness" else 100 / 255
    lab[..., 1:] -= 0 if bug == "offset" else 128
    return lab / np.array([100, *[128 if bug == "scale" else 110] * 2], dtype=np.float32)


def _photo(rng, height, width, tint):
    """Bytes of a made photo: one tint, shading across it, and grain."""
    shade = rng.uniform(0.2, 0.9, (height, width, 1))
    grain = 0.2 * np.abs(tint).max() * rng.standard_normal((height, width, 3))
    return np.round(255 * np.clip(shade * (0.5 + tint) + grain, 0, 1)).astype(np.uint8)


def _consultations(rng):
    """Every bug on a dull warm, a vivid cold and a dark photo, in an order that gives nothing away.

    The outputs go through bytes or floats, or are off by up to 0.03, as the docstring allows.
    """
    warm = np.array([1.0, rng.uniform(-0.3, 0.3), -1.0])
    photos = [
        _photo(rng, 14, 15, 0.12 * warm),
        _photo(rng, 12, 7, 0.4 * warm[::-1]),
        _photo(rng, 16, 16, 0.3 * rng.permutation(warm)) // 3,
    ]
    ways = (_pipeline, _in_floats, lambda photo, bug: _off_a_little(rng, _in_floats(photo, bug)))
    kinds = [ways[i] for i in rng.permutation(15) % 3]
    bugs = [(photo, str(bug)) for photo in photos for bug in rng.permutation(_BUGS)]
    return [(photo, way(photo, bug)) for (photo, bug), way in zip(bugs, kinds, strict=True)]


def _off_a_little(rng, output):
    return output + rng.uniform(-0.03, 0.03, output.shape)


def _right(photo):
    return normalize_lab(rgb_to_lab(photo / 255))


def _nearest(photo, output):
    """The bug whose output lies nearest: the reference."""
    return min(_BUGS, key=lambda bug: float(np.abs(_pipeline(photo, bug) - output).mean()))


def _by_range_alone(photo, output):
    if output[..., 0].max() > 1.01:
        return "lightness"
    if output[..., 1:].mean() > 0.5:
        return "offset"
    return "bgr" if output[..., 2].mean() < 0 else "fine"


def _by_loose_tolerance(photo, output):
    return "fine" if np.abs(output - _right(photo)).mean() < 0.1 else _nearest(photo, output)


def _by_equality(photo, output):
    return next((bug for bug in _BUGS if np.allclose(_pipeline(photo, bug), output, atol=1e-3)), "fine")


def _by_chroma_ratio(photo, output):
    bug = _nearest(photo, output)
    return "scale" if bug == "bgr" else bug


TASK = Task(
    key="01.diagnose",
    name="diagnose",
    reference=_nearest,
    cases=_consultations,
    mistakes=(
        Mistake(
            "always fine",
            lambda photo, output: "fine",
            "Every output is fine to you, and four in five are not. Compare each with what a right conversion gives.",
        ),
        Mistake(
            "looked at the output alone",
            _by_range_alone,
            "You decide by the range of the output. That misses dark photos, blue photos, and every bug that keeps the "
            "range. You have the photo: compute what should have come out.",
        ),
        Mistake(
            "tolerance too loose",
            _by_loose_tolerance,
            "You call an output fine although its colors are off by a seventh. On a dull photo that is a small number: "
            "don't ask whether the output is near, ask which explanation is nearest.",
        ),
        Mistake(
            "asked for equality",
            _by_equality,
            "You recognize a bug only where the numbers equal those of OpenCV's bytes. The docstring allows 0.03, and floats "
            "come out otherwise: ask which explanation is nearest.",
        ),
        Mistake(
            "any wrong hue is a wrong scale",
            _by_chroma_ratio,
            "You call two different bugs “scale”. A wrong scale keeps every hue and changes the chroma of all by one "
            "factor; look at whether the hue stayed.",
        ),
    ),
)
