"""Packs of made sounds, laid out as the real ones are, for tests of what reads, trains and measures."""

import csv

import numpy as np
import soundfile

from course_lib.data import made_sounds

SECONDS = 1.5


def write_packs(folder, rng_seed=0, per_fold=(2, 3)):
    """esc10_16k and esc50_neg_16k with this many cries and others in each fold, donateacry_54 and speech_fsdd_16k."""
    cries, others = per_fold
    for pack, kinds in (
        ("esc10_16k", ["cry"] * cries + ["bark", "noise", "clatter"][:others]),
        ("esc50_neg_16k", ["alarm"]),
    ):
        rows = []
        for fold in range(1, 6):
            sounds = made_sounds(len(kinds), rng_seed + fold, seconds=SECONDS, kinds=kinds)
            for i, (wave, kind) in enumerate(zip(sounds.waves, kinds, strict=True)):
                category = "crying_baby" if kind == "cry" else kind
                row = {
                    "filename": f"{fold}-{i}.flac",
                    "fold": fold,
                    "category": category,
                    "src_file": f"{pack}{fold}{i // 2}",
                }
                rows.append(row | {"wave": wave})
        _write(folder / pack, rows)
    quiet = np.random.default_rng(0).normal(0, 0.01, 24000)
    _write(
        folder / "donateacry_54",
        [
            {"filename": f"{i}.flac", "label": "hungry", "recorder_id": f"r{i // 2}", "wave": w}
            for i, w in enumerate(made_sounds(3, 9, seconds=SECONDS, kinds=["cry"]).waves)
        ],
    )
    _write(
        folder / "speech_fsdd_16k",
        [{"filename": "s.flac", "category": "adult_speech_digits", "speaker": "s", "wave": quiet}],
    )


def _write(folder, rows):
    (folder / "audio").mkdir(parents=True)
    for row in rows:
        soundfile.write(folder / "audio" / row["filename"], row.pop("wave"), 16000)
    with (folder / "meta.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
