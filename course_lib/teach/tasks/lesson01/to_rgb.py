"""Task `01.to_rgb`: the data, and the mistakes that people make."""

from functools import partial

import numpy as np

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.color.lab import RGB_FROM_XYZ, WHITE_D65, XYZ_FROM_RGB
from course_lib.teach.tasks.task import Mistake, Task


def _straighten(f):
    return np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))


def _to_srgb(light):
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.clip(light, 0, None) ** (1 / 2.4) - 0.055)


def _power_alone(light):
    return 1.055 * light ** (1 / 2.4) - 0.055


def _rgb(
    lab,
    straighten=_straighten,
    white=WHITE_D65,
    matrix=RGB_FROM_XYZ.T,
    to_srgb=_to_srgb,
    signs=(1, -1),
    shift=16,
    top=1.0,
):
    """The way back from Lab with any one step exchanged for a wrong one."""
    L, a, b = np.moveaxis(np.asarray(lab), -1, 0)
    y = (L + shift) / 116
    xyz = straighten(np.stack([y + signs[0] * a / 500, y, y + signs[1] * b / 200], axis=-1)) * white
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


TASK = Task(
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
            "the power alone",
            partial(_rgb, to_srgb=_power_alone),
            "Bright colors are right, the darkest aren't, and black comes out below 0: near black sRGB's curve is a straight "
            "line.",
        ),
        Mistake(
            "the power alone, clipped",
            partial(_rgb, to_srgb=lambda light: _power_alone(light).clip(0)),
            "Bright colors are right, the darkest aren't: near black sRGB's curve is a straight line, not a power.",
        ),
        Mistake(
            "threshold of the other direction",
            partial(
                _rgb, to_srgb=lambda light: np.where(light <= 0.04045, 12.92 * light, _power_alone(light))
            ),
            "Right but for dark colors. You use 0.04045, where the two pieces meet in sRGB values. In light they meet elsewhere.",
        ),
        Mistake(
            "times 255",
            lambda lab: 255 * lab_to_rgb(lab),
            "You return 0…255. The docstring asks for sRGB in 0…1, as the whole course uses it.",
        ),
        Mistake(
            "white point left out",
            partial(_rgb, white=1.0),
            "Your white isn't white. On the way to Lab, X, Y and Z were divided by those of white; that is still undone.",
        ),
        Mistake(
            "divided by white again",
            partial(_rgb, white=1 / WHITE_D65),
            "Your white isn't white. You divide by the white point a second time, as on the way to Lab.",
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
            "matrix neither inverted nor transposed",
            partial(_rgb, matrix=XYZ_FROM_RGB),
            "You applied the matrix that leads from RGB to XYZ. The way back needs its inverse, and on the right of a row its "
            "transpose.",
        ),
        Mistake(
            "matrix on the wrong side",
            partial(_rgb, matrix=RGB_FROM_XYZ),
            "The matrix acts on the wrong side. Your colors stand in rows, (..., 3): look at where the transpose belongs.",
        ),
        Mistake(
            "sign of b",
            partial(_rgb, signs=(1, 1)),
            "Grays are right, yellow and blue are exchanged. Look at the sign of b: b = 200 (y − z).",
        ),
        Mistake(
            "sign of a",
            partial(_rgb, signs=(-1, -1)),
            "Grays are right, red and green are exchanged. Look at the sign of a: a = 500 (x − y).",
        ),
        Mistake(
            "the 16 forgotten",
            partial(_rgb, shift=0),
            "All is too dark. L = 116 y − 16, and your y leaves out the 16.",
        ),
        Mistake(
            "not clipped",
            partial(_rgb, top=None),
            "Right inside the gamut. Outside you return values below 0 or above 1, which sRGB can't show: clip them.",
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
