"""Task `18.diagnose`: the data, and the mistakes that people make."""

import cv2
import numpy as np

from course_lib.quality import preprocess_like_digikam
from course_lib.teach.tasks.task import Mistake, Task

_PIPELINES = {
    "none": preprocess_like_digikam,
    "channels": lambda image: preprocess_like_digikam(image[..., ::-1]),
    "range": lambda image: (preprocess_like_digikam(image) + 1) / 2,
    "nearest": lambda image: _resized(image, cv2.INTER_NEAREST),
    "bilinear": lambda image: _resized(image, cv2.INTER_LINEAR),
}


def _resized(image, how):
    return preprocess_like_digikam(cv2.resize(image, (224, 224), interpolation=how))


def _diagnose(image, pixels, pipelines=tuple(_PIPELINES), gap=np.max, tolerance=1e-3):
    for name in pipelines:
        if gap(np.abs(_PIPELINES[name](image) - pixels)) < tolerance:
            return name
    return "other"


def picture(rng, size, low=0, gray=False):
    """Smooth shapes with grain, BGR bytes from `low`."""
    shapes = cv2.resize(rng.random((5, 6, 3)), size[::-1], interpolation=cv2.INTER_CUBIC)
    image = low + (255 - low) * (0.8 * shapes + 0.2 * rng.random((*size, 3))).clip(0, 1)
    image = np.rint(image).astype(np.uint8)
    return np.repeat(image[..., :1], 3, axis=2) if gray else image


def handed_over(image, name):
    """What a pipeline of this name, or another one, makes of a picture."""
    return _resized(image, cv2.INTER_AREA) if name == "other" else _PIPELINES[name](image)


def _cases(rng):
    image = picture(rng, (300, 451))
    cases = [(image, handed_over(image, name)) for name in (*_PIPELINES, "other")]
    for special, name in (
        (picture(rng, (260, 330), low=140), "none"),  # bright: nothing below 0
        (picture(rng, (240, 300), gray=True), "channels"),  # gray: nothing to swap
        (picture(rng, (224, 224)), "bilinear"),  # nothing to resize
    ):
        cases.append((special, handed_over(special, name)))
    by_128 = handed_over(image, "none") * np.float32(127.5 / 128)  # no more than 0.004 away
    patched = handed_over(image, "none")
    patched[100:108, 50:58] = handed_over(image, "other")[100:108, 50:58]
    return [*cases, (image, by_128), (image, patched)]


def _by_looks(image, pixels):
    """Range first, by its sign."""
    return "range" if pixels.min() >= 0 else _diagnose(image, pixels)


def _by_means(image, pixels):
    """Channels by their order of brightness, before anything is compared."""
    means, right = pixels.mean(axis=(0, 1)), _PIPELINES["none"](image).mean(axis=(0, 1))
    return "none" if np.abs(means - right).max() < 0.01 else _diagnose(image, pixels)


TASK = Task(
    key="18.diagnose",
    name="diagnose",
    reference=_diagnose,
    cases=_cases,
    mistakes=(
        Mistake(
            "range by its sign",
            _by_looks,
            "You call it the range because nothing is below 0. A bright picture has nothing below 0 either: compare with what each "
            "pipeline makes of *this* picture.",
        ),
        Mistake(
            "means only",
            _by_means,
            "You compare averages. Another resize leaves them nearly as they are: compare pixel by pixel.",
        ),
        Mistake(
            "mean difference",
            lambda image, pixels: _diagnose(image, pixels, gap=np.mean),
            "You compare the mean difference, and a patch that is off drowns among the rest. All pixels have to agree.",
        ),
        Mistake(
            "loose",
            lambda image, pixels: _diagnose(image, pixels, tolerance=0.02),
            "You accept what is merely near. Who divides by 128 in place of 127.5 is off by up to four thousandths, and that is 'other'.",
        ),
        Mistake(
            "other resizes forgotten",
            lambda image, pixels: _diagnose(
                image, pixels, pipelines=("none", "channels", "range", "nearest")
            ),
            "You never answer 'bilinear'.",
        ),
        Mistake(
            "never other",
            lambda image, pixels: _diagnose(image, pixels).replace("other", "bilinear"),
            "What fits none of the five is 'other', not the last one tried.",
        ),
        Mistake(
            "drifts before right",
            lambda image, pixels: _diagnose(image, pixels, pipelines=tuple(_PIPELINES)[::-1]),
            "You try the drifts before the right way. On a gray picture, or one of 224 x 224, a drift changes nothing: then the answer is "
            "'none'.",
        ),
        Mistake(
            "plain and exact mixed up",
            lambda image, pixels: {"none": "nearest", "nearest": "none"}.get(
                _diagnose(image, pixels), _diagnose(image, pixels)
            ),
            "You have the two nearest mixed up: the right way is the exact one, which goes by centers.",
        ),
        Mistake(
            "only right or wrong",
            lambda image, pixels: "none" if _diagnose(image, pixels) == "none" else "other",
            "You see that something drifted, and not what: try each pipeline in turn.",
        ),
    ),
)
