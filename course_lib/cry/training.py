"""Training the cry detector: what one step is, and how few recordings are made to look like many.

Half of each batch's sounds are drawn so that every source of cries is as likely as any other, the rest so that every
kind of other sound is. Then each window is changed as rooms, microphones and codecs change sound, without regard to what
it is: faster or slower, nearer or farther, duller, with another sound behind it, over the noise of a room, partly silent,
without its highest bands. So neither loudness, nor bandwidth, nor digital silence tells the label.

All of it happens on the power of mel bands, where a gain is a factor and sounds that have nothing to do with each other
add. Everything random follows from (seed, step), so a run that was killed and resumed ends as one that wasn't.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import soxr
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.cry.cry_input import (
    BANDS,
    FRAMES,
    HOP_LENGTH,
    QUIET,
    SAMPLE_RATE,
    WINDOW,
    examples,
    level,
    mel_decibels,
    to_bytes,
)
from course_lib.cry.detector import clip_score
from course_lib.cry.recordings import RecordingSet
from course_lib.layers.resumable import ResumableTrainer

SPEEDS = (1.0, 0.88, 1.14)  # pitch and pace together, as of a smaller or larger child
_STEP = 10  # frames from one possible window to the next


class CryTrainer(ResumableTrainer):
    """A detector with its batches and its loss.

    Parameters
    ----------
    model : CryDetector
    config : dict
        As `course_lib.cry.train.read_config` gives it.
    recordings : RecordingSet
        To train on.
    """

    def __init__(self, model: nn.Module, config: dict, *, recordings: RecordingSet):
        super().__init__(model, config, data={"recordings": recordings.names})
        self.windows = TrainingWindows(recordings)

    def step(self) -> None:
        """One step of the optimizer, on the batch that belongs to it."""
        config = self.config
        torch.manual_seed(config["seed"] * 1_000_003 + self.step_done)  # of the dropout
        self.model.train()
        rng = np.random.default_rng([config["seed"], self.step_done])
        bytes_, labels = self.windows.batch(config["batch_size"], config["cries"], rng)
        logits = self.model(torch.from_numpy(bytes_))
        loss = F.cross_entropy(logits, torch.from_numpy(labels), label_smoothing=config["label_smoothing"])
        self.optimize(loss)
        self.recent.append({"loss": loss.item()})

    def validate(
        self, recordings: Sequence[tuple[np.ndarray, np.ndarray]], labels: np.ndarray
    ) -> dict[str, float]:
        """Add to the curve: the training loss since the last time, and how many of these recordings are told rightly.

        Parameters
        ----------
        recordings : sequence of (bytes, levels)
            As `course_lib.cry.cry_input.heard` gives them; may be empty.
        labels : ndarray, (n,)
        """
        self.model.eval()
        point = {"step": self.step_done, "train_loss": float(np.mean([x["loss"] for x in self.recent]))}
        if recordings:
            scores = np.array(
                [clip_score(self.model.score_bytes(b) * (levels >= QUIET)) for b, levels in recordings]
            )
            alarm = scores >= 0.5
            point["accuracy"] = float(np.mean(alarm == labels))
            point["balanced_accuracy"] = float((alarm[labels == 1].mean() + (~alarm[labels == 0]).mean()) / 2)
        self.recent.clear()
        self.curve.append(point)
        return point


class TrainingWindows:
    """Every window of every recording at three speeds, and the batches drawn from them.

    Parameters
    ----------
    recordings : RecordingSet
        With cries and other sounds.

    Raises
    ------
    ValueError
        No cry, or nothing else, that is loud enough to hear.
    """

    def __init__(self, recordings: RecordingSet):
        self._decibels: list[list[np.ndarray]] = []  # [recording][speed], (64, frames) float16
        self._starts: list[list[np.ndarray]] = []  # of windows that may be drawn, in frames
        # {label: {source of a cry or kind of another sound: recordings}}
        self._groups: dict[int, dict[str, list[int]]] = {0: defaultdict(list), 1: defaultdict(list)}
        for i, wave in enumerate(recordings.waves):
            label = int(recordings.labels[i])
            waves = [
                wave if speed == 1 else soxr.resample(wave, SAMPLE_RATE * speed, SAMPLE_RATE)
                for speed in SPEEDS
            ]
            waves = [np.pad(wave, (0, max(0, WINDOW - len(wave)))) for wave in waves]
            self._decibels.append([mel_decibels(wave).astype(np.float16) for wave in waves])
            self._starts.append([_audible(wave, label) for wave in waves])
            if all(len(starts) for starts in self._starts[-1]):
                self._groups[label][recordings.sources[i] if label else recordings.kinds[i]].append(i)
        for label, name in enumerate(("sound other than a cry", "cry")):
            if not self._groups[label]:
                raise ValueError(f"recordings must hold at least one {name} that is loud enough to hear")

    def batch(self, size: int, cries: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """`size` windows, a share `cries` of them cries: bytes (N, 1, 64, 97) uint8 and labels (N,) int64."""
        labels = (np.arange(size) < round(size * cries)).astype(np.int64)
        power = np.stack([self._draw(label, rng) for label in labels])
        behind = np.stack([self._draw(0, rng) for _ in labels])
        return to_bytes(10 * np.log10(changed(power, behind, rng)))[:, None], labels

    def _draw(self, label: int, rng: np.random.Generator) -> np.ndarray:
        """A window's mel power, (64, 97)."""
        groups = self._groups[label]
        members = groups[list(groups)[rng.integers(len(groups))]]
        recording, speed = members[rng.integers(len(members))], rng.integers(len(SPEEDS))
        start = rng.choice(self._starts[recording][speed])
        decibels = self._decibels[recording][speed][:, start : start + FRAMES]
        return 10 ** (decibels.astype(np.float32) / 10)


def changed(power: np.ndarray, behind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Windows as another room, microphone or codec would have them.

    Parameters
    ----------
    power : ndarray, (N, 64, 97)
        Mel power.
    behind : ndarray, (N, 64, 97)
        Of what may be heard behind each.

    Returns
    -------
    ndarray, (N, 64, 97)
        Above 0.
    """
    n = len(power)
    bands, frames = np.arange(BANDS)[:, None], np.arange(FRAMES)

    def draw(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (n, 1, 1))

    def sometimes(probability: float) -> np.ndarray:
        return rng.random((n, 1, 1)) < probability

    def ratio(decibels: np.ndarray) -> np.ndarray:
        return 10 ** (decibels / 10)

    below = (
        np.mean(power, (1, 2), keepdims=True) / np.mean(behind, (1, 2), keepdims=True) / ratio(draw(0, 25))
    )
    power = power + sometimes(0.5) * below * behind
    power = power * ratio(draw(-6, 6) * (bands / (BANDS - 1) * 2 - 1))  # a brighter or duller microphone
    power = power * ratio(draw(-30, 10))  # nearer or farther
    # silent before or after some moment
    moment, side = draw(0.6, 1) * FRAMES, sometimes(0.5)
    silent = np.where(side, frames >= moment, frames < FRAMES - moment) & sometimes(0.3)
    power = np.where(silent, 0, power)
    noise = rng.standard_gamma(2, power.shape) / 2 * ratio(draw(-85, -45) + draw(-8, 8) * bands / BANDS)
    power = power + noise
    first, width = draw(0, BANDS), draw(1, 8)  # some bands left out
    power = power * np.where((bands >= first) & (bands < first + width) & sometimes(0.4), 1e-4, 1)
    # a codec or a resampler that lets nothing pass above 2 to 4 kHz, half of the time
    edge = draw(BANDS - 20, BANDS)
    power = power * np.where((bands >= edge) & sometimes(0.5), ratio(draw(-60, -20)), 1)
    return np.maximum(power, 1e-12)


def _audible(wave: np.ndarray, label: int) -> np.ndarray:
    """Frames at which a window may start: loud enough to hear and, in a cry's recording, no pause between cries."""
    starts = np.arange(0, len(wave) - WINDOW + 1, _STEP * HOP_LENGTH)
    levels = np.array([level(wave[start : start + WINDOW]) for start in starts])
    return starts[examples(levels, label)] // HOP_LENGTH
