"""Tasks of lesson 01: the way back from Lab, normalizing and its inverse, and four broken pipelines."""

from functools import partial

import numpy as np

from course_lib.color import denormalize_lab, lab_to_rgb, normalize_lab, rgb_to_lab
from course_lib.color.lab import RGB_FROM_XYZ, WHITE_D65, XYZ_FROM_RGB
from course_lib.teach.tasks.task import Mistake, Task

# --- 01.to_rgb ---------------------------------------------------------------------------------------------------------


def _straighten(f):
    return np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))


def _to_srgb(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.clip(light, 0, None) ** (1 / 2.4) - 0.055)


def _rgb(
    lab, straighten=_straighten, white=WHITE_D65, matrix=RGB_FROM_XYZ.T, to_srgb=_to_srgb, sign=-1, top=1.0
):
    """The way back from Lab with any one step exchanged for a wrong one."""
    L, a, b = np.moveaxis(np.asarray(lab), -1, 0)
    y = (L + 16) / 116
    xyz = straighten(np.stack([y + a / 500, y, y + sign * b / 200], axis=-1)) * white
    light = xyz @ matrix
    return to_srgb(light if top is None else np.clip(light, 0, top))


def _colors(rng):
    """Known corners, many colors, very dark ones (where both curves are straight), some beyond the gamut, one alone."""
    corners = rgb_to_lab(np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]]))
    inside = rgb_to_lab(rng.random((4, 5, 3)))
    dark = rgb_to_lab(rng.random((2, 3, 3)) * 0.05)
    beyond = (
        np.array([50.0, 0, 0])
        + rng.permutation([0, 100, -100]) * np.array([0, 1, 1])
        + rng.normal(0, 5, (6, 3))
    )
    return [(corners,), (inside,), (dark,), (beyond,), (rgb_to_lab(rng.random(3)),)]


_to_rgb = Task(
    key="01.to_rgb",
    name="to_rgb",
    reference=lab_to_rgb,
    cases=_colors,
    # Matrices in print differ in the fourth digit, which moves a dark color by up to 1e-3. The smallest mistake below, a
    # plain gamma, is off by ten times that.
    tolerance=2e-3,
    mistakes=(
        Mistake(
            "curve left off",
            partial(_rgb, to_srgb=lambda light: light),
            "You return light, not sRGB: mid gray comes out far too dark. The last step bends light onto the sRGB curve.",
        ),
        Mistake(
            "plain 2.2 gamma",
            partial(_rgb, to_srgb=lambda light: light ** (1 / 2.2)),
            "The power 1/2.2 is only near the sRGB curve, and far from it in the dark. The standard has two pieces.",
        ),
        Mistake(
            "white point left out",
            partial(_rgb, white=1.0),
            "Your white isn't white. On the way to Lab, X, Y and Z were divided by those of white; that is still undone.",
        ),
        Mistake(
            "cubed everywhere",
            partial(_rgb, straighten=lambda f: f**3),
            "Bright colors are right, very dark ones aren't: black must come back as 0. Below 6/29 a straight line stood in "
            "for the cube root.",
        ),
        Mistake(
            "matrix not inverted",
            partial(_rgb, matrix=XYZ_FROM_RGB.T),
            "You applied the matrix that leads from RGB to XYZ a second time. The way back needs its inverse.",
        ),
        Mistake(
            "matrix on the wrong side",
            partial(_rgb, matrix=RGB_FROM_XYZ),
            "The matrix acts on the wrong side. Your colors stand in rows, (..., 3): look at where the transpose belongs.",
        ),
        Mistake(
            "sign of b",
            partial(_rgb, sign=1),
            "Grays are right, yellow and blue are exchanged. Look at the sign of b: b = 200 (y − z).",
        ),
        Mistake(
            "not clipped",
            partial(_rgb, top=None),
            "Right inside the gamut. Outside you return values below 0 or above 1, which no screen can show: clip them.",
        ),
        Mistake(
            "BGR for RGB",
            lambda lab: np.ascontiguousarray(lab_to_rgb(lab)[..., ::-1]),
            "Red and blue are exchanged: you return BGR.",
        ),
        Mistake(
            "L taken for a byte",
            lambda lab: lab_to_rgb(lab * np.array([100 / 255, 1, 1])),
            "Too dark: you scale L down as if it came in 0–255. Here L = 100 is white already.",
        ),
        Mistake(
            "byte offset subtracted",
            lambda lab: lab_to_rgb(lab - np.array([0, 128.0, 128.0])),
            "You subtract 128 from a and b. That offset belongs to Lab in bytes; float Lab has none.",
        ),
    ),
)

# --- 01.normalize and 01.denormalize -----------------------------------------------------------------------------------


def _labs(rng):
    return [
        (np.array([[50.0, 55.0, -110.0], [100.0, 0.0, 0.0]]),),
        (rgb_to_lab(rng.random((3, 4, 3))),),
        (rgb_to_lab(rng.random((2, 2, 5, 3))),),
    ]


def _normalized_labs(rng):
    return [
        (np.array([[0.5, 0.5, -1.0], [1.0, 0.0, 0.0]]), 110.0),
        (normalize_lab(rgb_to_lab(rng.random((3, 4, 3)))), 110.0),
        (normalize_lab(rgb_to_lab(rng.random((2, 2, 5, 3))), ab_scale=128.0), 128.0),
        (normalize_lab(rgb_to_lab(rng.random(3)), ab_scale=100.0), 100.0),
    ]


_SLIP = "You divided a and b by {0:g}, a number other projects use. This course, like CIC and ColorMNet, uses another."

_normalize = Task(
    key="01.normalize",
    name="normalize",
    reference=normalize_lab,
    cases=_labs,
    mistakes=(
        Mistake("divided by 127", lambda lab: lab / np.array([100, 127, 127]), _SLIP.format(127)),
        Mistake("divided by 128", lambda lab: lab / np.array([100, 128, 128]), _SLIP.format(128)),
        Mistake(
            "L not divided",
            lambda lab: lab / np.array([1, 110, 110]),
            "a and b are right, but L still runs to 100. The input of the network should run from 0 to 1.",
        ),
        Mistake(
            "L over 255",
            lambda lab: lab / np.array([255, 110, 110]),
            "a and b are right, L is too small: white isn't 1. You divided L as if it were a byte; here it ends at 100.",
        ),
        Mistake(
            "L to −1…1",
            lambda lab: lab / np.array([50, 110, 110]) - np.array([1, 0, 0]),
            "a and b are right, but your L runs from −1 to 1. Some projects do that; here black is 0 and white is 1.",
        ),
        Mistake(
            "ab squeezed into 0…1",
            lambda lab: (lab + np.array([0, 110, 110])) / np.array([100, 220, 220]),
            "Your a and b lie in 0…1, so that gray is at 0.5. That is for a sigmoid; here gray must stay at 0.",
        ),
        Mistake(
            "one scale for all",
            lambda lab: lab / 110,
            "You divided all three by the scale of a and b, so that white isn't 1. L has its own scale.",
        ),
    ),
)

_denormalize = Task(
    key="01.denormalize",
    name="denormalize",
    reference=denormalize_lab,
    cases=_normalized_labs,
    tolerance=1e-3,  # float32 near 100 has steps of 8e-6; every mistake is off by whole units
    mistakes=(
        Mistake(
            "ab_scale ignored",
            lambda lab, ab_scale: lab * np.array([100, 110, 110]),
            "Right while ab_scale is 110, wrong for any other. Somewhere 110 is written out where the argument belongs.",
        ),
        Mistake(
            "L times 255",
            lambda lab, ab_scale: lab * np.array([255, ab_scale, ab_scale]),
            "a and b are right, L is too large: white must come back as 100, not as a byte.",
        ),
        Mistake(
            "L left as it was",
            lambda lab, ab_scale: lab * np.array([1, ab_scale, ab_scale]),
            "a and b are right, but L still runs from 0 to 1: a picture made from it is black.",
        ),
        Mistake(
            "one scale for all",
            lambda lab, ab_scale: lab * ab_scale,
            "You multiplied all three by ab_scale. L was divided by a number of its own.",
        ),
        Mistake(
            "divided once more",
            lambda lab, ab_scale: lab / np.array([100, ab_scale, ab_scale]),
            "Your numbers got smaller, not larger: you normalized a second time. Undo it instead.",
        ),
        Mistake(
            "ab with the byte offset",
            lambda lab, ab_scale: lab * np.array([100, ab_scale, ab_scale]) + np.array([0, 128, 128]),
            "Your grays came back with a = b = 128. That offset belongs to Lab in bytes; float Lab has none.",
        ),
    ),
)

# --- 01.diagnose -------------------------------------------------------------------------------------------------------

_BUGS = ("fine", "bgr", "offset", "lightness", "scale")


def _pipeline(photo, bug):
    """What a pipeline with this bug makes of a photo: normalized Lab, through OpenCV's bytes."""
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
    """Every bug on a dull warm, a vivid cold and a dark photo, in an order that gives nothing away."""
    warm = np.array([1.0, rng.uniform(-0.3, 0.3), -1.0])
    photos = [
        _photo(rng, 8, 9, 0.12 * warm),
        _photo(rng, 12, 7, 0.4 * warm[::-1]),
        _photo(rng, 6, 6, 0.3 * rng.permutation(warm)) // 3,
    ]
    return [(photo, _pipeline(photo, bug)) for photo in photos for bug in map(str, rng.permutation(_BUGS))]


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


def _by_chroma_ratio(photo, output):
    bug = _nearest(photo, output)
    return "scale" if bug == "bgr" else bug


_diagnose = Task(
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
            "any wrong hue is a wrong scale",
            _by_chroma_ratio,
            "You call two different bugs “scale”. A wrong scale keeps every hue and changes the chroma of all by one "
            "factor; look at whether the hue stayed.",
        ),
    ),
)

TASKS = [_to_rgb, _normalize, _denormalize, _diagnose]
