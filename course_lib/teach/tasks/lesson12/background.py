"""Task `12.background`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _background(clip, reference, threshold):
    model = np.median(clip, axis=0)
    shown = np.abs(reference - model) < threshold
    return model, (np.abs(clip - model) < threshold) & shown


def scene(rng, frames=9, size=(8, 14)):
    """(clip, reference, threshold): a block crosses, darker and brighter by turns; two others stand in the reference."""
    model = rng.uniform(35, 65, size)
    clip = model + rng.uniform(-2.5, 2.5, (frames, *size))
    start = rng.integers(0, 3)
    for t in range(frames):
        shade = (5, 20) if t % 2 else (80, 95)  # darker and brighter than the background
        clip[t, 2:6, start + t : start + t + 3] = rng.uniform(*shade)
    reference = model + rng.uniform(-2.5, 2.5, size)
    reference[1:5, 4:7], reference[4:7, 10:12] = rng.uniform(80, 95), rng.uniform(5, 20)
    return clip, reference, 4.0


def on_the_threshold(rng):
    """(clip, reference, threshold) of whole numbers, some of which differ from the background by just the threshold."""
    model = rng.integers(35, 65, (5, 6)).astype(float)
    clip = np.repeat(model[None], 7, axis=0)
    clip[6, :2] += 4
    reference = model + rng.integers(-2, 3, model.shape)
    reference[4] = model[4] - 4
    return clip, reference, 4.0


def _cases(rng):
    return [scene(rng), scene(rng, 7), scene(rng, 8), scene(rng, 11, (9, 16)), on_the_threshold(rng)]


def _by(model_of, compare=None):
    """The right answer with another model of the background, or with another mask."""

    def answer(clip, reference, threshold):
        model = model_of(clip, reference)
        if compare is None:
            mask = (np.abs(clip - model) < threshold) & (np.abs(reference - model) < threshold)
        else:
            mask = compare(clip, reference, model, threshold)
        return model, mask

    return answer


def _median(clip, reference):
    return np.median(clip, axis=0)


TASK = Task(
    key="12.background",
    name="background",
    reference=_background,
    cases=_cases,
    mistakes=(
        Mistake(
            "the mean",
            _by(lambda clip, reference: clip.mean(axis=0)),
            "Your background is the mean over time: whoever passes leaves a shadow in it. The median doesn't notice a minority.",
        ),
        Mistake(
            "the first frame",
            _by(lambda clip, reference: clip[0]),
            "Your background is the first frame, with whoever stands in it.",
        ),
        Mistake(
            "the reference",
            _by(lambda clip, reference: reference),
            "Your background is the reference, with whoever stands in it. It has to come from the clip.",
        ),
        Mistake(
            "one median for all",
            _by(lambda clip, reference: np.full(clip.shape[1:], np.median(clip))),
            "You take the median over all pixels, one number. It goes over time, a number for each pixel.",
        ),
        Mistake(
            "the reference unchecked",
            _by(_median, lambda clip, reference, model, threshold: np.abs(clip - model) < threshold),
            "Where somebody stands in the *reference*, its color isn't the background's, and you carry it all the same. Compare "
            "the reference with the model, too.",
        ),
        Mistake(
            "frames unchecked",
            _by(
                _median,
                lambda clip, reference, model, threshold: np.broadcast_to(
                    np.abs(reference - model) < threshold, clip.shape
                ),
            ),
            "Whoever walks through the clip gets the wall's color: you compare the reference with the model, but not the frames.",
        ),
        Mistake(
            "either will do",
            _by(
                _median,
                lambda clip, reference, model, threshold: (
                    (np.abs(clip - model) < threshold) | (np.abs(reference - model) < threshold)
                ),
            ),
            "You carry color where the frame *or* the reference shows the background. Both must.",
        ),
        Mistake(
            "signed difference",
            _by(
                _median,
                lambda clip, reference, model, threshold: (
                    (clip - model < threshold) & (reference - model < threshold)
                ),
            ),
            "Something darker than the background passes for background: your difference has a sign.",
        ),
        Mistake(
            "up to the threshold",
            _by(
                _median,
                lambda clip, reference, model, threshold: (
                    (np.abs(clip - model) <= threshold) & (np.abs(reference - model) <= threshold)
                ),
            ),
            "A pixel that differs by just the threshold counts as background in yours. It has to differ by *less*.",
        ),
        Mistake(
            "frame against reference",
            _by(
                _median,
                lambda clip, reference, model, threshold: np.abs(clip - reference) < threshold,
            ),
            "You compare the frames with the reference alone. Where both show the same by chance, or differ by noise twice, that "
            "isn't the question: compare each with the model.",
        ),
        Mistake(
            "upside down",
            _by(
                _median,
                lambda clip, reference, model, threshold: (
                    ~((np.abs(clip - model) < threshold) & (np.abs(reference - model) < threshold))
                ),
            ),
            "Your mask is upside down: True is where color may be carried.",
        ),
    ),
)
