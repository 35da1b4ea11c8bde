"""Tasks `01.normalize` and `01.denormalize`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.color import denormalize_lab, normalize_lab, rgb_to_lab
from course_lib.teach.tasks.task import Mistake, Task


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

NORMALIZE = Task(
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
        Mistake(
            "L's scale for all",
            lambda lab: lab / 100,
            "You divided all three by 100. That is the scale of L; a and b reach a little farther and have their own.",
        ),
        Mistake(
            "nothing divided",
            lambda lab: np.array(lab),
            "What comes out is what went in: nothing is scaled yet.",
        ),
    ),
)

DENORMALIZE = Task(
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
            "scaled the wrong way",
            lambda lab, ab_scale: lab * np.array([100, 110 * 110 / ab_scale, 110 * 110 / ab_scale]),
            "Right while ab_scale is 110, and for any other off the wrong way: a larger ab_scale must give larger a and b.",
        ),
        Mistake(
            "L's scale for all",
            lambda lab, ab_scale: lab * 100,
            "You multiplied all three by 100. That is the scale of L; a and b come with a scale of their own.",
        ),
        Mistake(
            "nothing undone",
            lambda lab, ab_scale: np.array(lab),
            "What comes out is what went in: nothing is scaled yet.",
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
