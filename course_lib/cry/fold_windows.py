"""A fold's recordings as windows that are computed once, for all that is measured on them."""

from dataclasses import dataclass

import numpy as np

from course_lib.cry.cry_input import QUIET, examples, heard
from course_lib.cry.detector import CryDetector, clip_score
from course_lib.cry.recordings import RecordingSet

EXAMPLES = 64  # windows of either kind that ranges are found on


@dataclass(frozen=True)
class Windows:
    """Recordings of a fold as the network takes them, every log-mel computed once.

    Attributes
    ----------
    bytes_ : ndarray, (N, 1, 64, 97) uint8
    levels : ndarray, (N,)
    counts : tuple of int
        Windows of each recording.
    labels : ndarray, (n,)
        Of the recordings.
    """

    bytes_: np.ndarray
    levels: np.ndarray
    counts: tuple[int, ...]
    labels: np.ndarray

    @classmethod
    def of(cls, recordings: RecordingSet) -> "Windows":
        """Cut recordings up."""
        pairs = [heard(wave) for wave in recordings.waves]
        bytes_, levels = (np.concatenate(column) for column in zip(*pairs, strict=True))
        return cls(bytes_, levels, tuple(len(levels) for _, levels in pairs), recordings.labels)

    def per_recording(self, values: np.ndarray) -> list[np.ndarray]:
        """Split what holds a value a window."""
        return np.split(values, np.cumsum(self.counts)[:-1])

    def scores(self, detector: CryDetector) -> np.ndarray:
        """A score a recording, (n,)."""
        loud, scores = self.levels >= QUIET, np.zeros(len(self.levels))
        scores[loud] = detector.score_bytes(self.bytes_[loud])
        return np.array([clip_score(part) for part in self.per_recording(scores)])

    def examples(self, label: int) -> np.ndarray:
        """The windows that are examples of their recording's label, (M, 1, 64, 97)."""
        parts = zip(self.per_recording(self.levels), self.labels, strict=True)
        keep = [examples(levels, own) & (own == label) for levels, own in parts]
        return self.bytes_[np.concatenate(keep)]


def calibration_windows(folds: list[Windows], seed: int) -> np.ndarray:
    """As many windows of cries as of other sounds, drawn from these folds."""
    rng = np.random.default_rng(seed)
    found = []
    for label in (0, 1):
        windows = np.concatenate([part.examples(label) for part in folds])
        found.append(windows[rng.permutation(len(windows))[:EXAMPLES]])
    return np.concatenate(found)
