"""Real recordings to train and test the cry detector on, split so that nothing is on two sides.

A set is named by one word. ``esc10_16k/3`` and ``esc50_neg_16k/3`` are the third of the five folds that ESC-50's author
made: no recording from Freesound, from which several clips may be cut, is in two of them. ``donateacry_54`` and
``speech_fsdd_16k`` are whole collections of other recorders.

Two recordings are in both archives of ESC-50, in different folds; their clips are taken to the fold of the first archive.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.data import load_sound
from course_lib.data.packs import find_pack

FOLDS = (1, 2, 3, 4, 5)
_CRY = "crying_baby"
_MOVED = {("esc50_neg_16k", "209698"): "5", ("esc50_neg_16k", "234879"): "5"}  # to where esc10_16k has them
_WHOLE = ("donateacry_54", "speech_fsdd_16k")
_SPLIT = ("esc10_16k", "esc50_neg_16k")


@dataclass(frozen=True)
class RecordingSet:
    """Recordings with what is known of them.

    Attributes
    ----------
    names : tuple of str
        Pack and file.
    kinds : tuple of str
        What is to be heard, such as ``"crying_baby"`` or ``"dog"``.
    labels : ndarray, (n,) int64
        1 cry, 0 anything else.
    sources : tuple of str
        The recording, the phone or the speaker it comes from. No source is in two folds.
    waves : tuple of ndarray, each (samples,) float32 in [-1, 1]
        At 16 kHz.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    labels: np.ndarray
    sources: tuple[str, ...]
    waves: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.names)


def open_recordings(specs: Sequence[str]) -> RecordingSet:
    """Read sets of recordings into one.

    Parameters
    ----------
    specs : sequence of str
        Such as ``["esc10_16k/1", "esc50_neg_16k/1", "donateacry_54"]``.

    Raises
    ------
    FileNotFoundError
        A pack that isn't there; the message says how to get it.
    ValueError
        An unknown set; a recording that can't be read.
    """
    rows = [row for spec in specs for row in _rows(spec)]
    return RecordingSet(
        names=tuple(f"{pack}/{row['filename']}" for pack, row in rows),
        kinds=tuple(_kind(pack, row) for pack, row in rows),
        labels=np.array([_kind(pack, row) == _CRY for pack, row in rows], np.int64),
        sources=tuple(_source(pack, row) for pack, row in rows),
        waves=tuple(load_sound(find_pack(pack) / "audio" / row["filename"]) for pack, row in rows),
    )


def fold(number: int) -> list[str]:
    """Both archives' sets of one fold, 1 to 5."""
    return [f"{pack}/{number}" for pack in _SPLIT]


def _rows(spec: str) -> list[tuple[str, dict[str, str]]]:
    pack, _, wanted = spec.partition("/")
    if not ((pack in _WHOLE and not wanted) or (pack in _SPLIT and wanted in map(str, FOLDS))):
        raise ValueError(
            f"a set of recordings is {' or '.join(_WHOLE)}, or one of {' and '.join(_SPLIT)} with a fold from 1 to 5 "
            f"such as {_SPLIT[0]}/3; got {spec!r}"
        )
    rows = _table(find_pack(pack) / "meta.csv")
    return [(pack, row) for row in rows if not wanted or _fold(pack, row) == wanted]


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _fold(pack: str, row: dict[str, str]) -> str:
    return _MOVED.get((pack, row["src_file"]), row["fold"])


def _kind(pack: str, row: dict[str, str]) -> str:
    return _CRY if pack == "donateacry_54" else row["category"]


def _source(pack: str, row: dict[str, str]) -> str:
    column = {"donateacry_54": "recorder_id", "speech_fsdd_16k": "speaker"}.get(pack, "src_file")
    return row[column]
