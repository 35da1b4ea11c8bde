"""Measure the cry detector on recordings held out: ``python -m course_lib.cry.evaluate``.

The shipped detector is trained on all folds of ESC-50's author, so what it does there says nothing. Five others, trained by
the same recipe without one fold each, are heard on the fold that they lack, and what they do is pooled. A fold's threshold
is chosen on what was heard on the other four. The shipped detector takes the threshold chosen on all five, and is heard on
two collections by other recorders: parents' telephones, and speakers of digits.

Prints the numbers and says whether the card agrees with them. ``--write`` writes the cards and the scores beside them.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from course_lib.cry.cry_input import HOP, PAUSE, QUIET, SAMPLE_RATE, WINDOW
from course_lib.cry.detector import load_detector
from course_lib.cry.evaluation import RULES, hear, spectrum_scores
from course_lib.cry.rates import (
    BUDGET,
    Heard,
    as_numbers,
    by_kind,
    by_loudness,
    curve,
    operating_point,
    out_of_fold,
    rule_scores,
    window_examples,
)
from course_lib.cry.recordings import FOLDS, RecordingSet, fold, open_recordings
from course_lib.cry.shortcuts import CHANGES, shortcuts, silent_ends
from course_lib.data.packs import terms_of
from course_lib.images.colorizer import CHECKPOINTS
from course_lib.layers.checkpoints import checkpoint_card, read_curve
from course_lib.layers.train_command import write_json
from course_lib.metrics import detection_rates, threshold_for

COMMAND = "python -m course_lib.cry.evaluate"
OTHERS = ("donateacry_54", "speech_fsdd_16k")
FIRST_TARGET = 0.95  # of the cries, by the rule that was fixed before anything was heard
GOAL = {"sensitivity": 0.90, "false_alarm_rate": 0.1616}  # the second is the team's
TOLERANCE = 2  # recordings that another machine's last digits may put on the other side
_EVERY = 8  # of the other sounds, every eighth is heard again with its sound changed
_LICENSE = "For teaching and other non-commercial use: the terms of one of the training sets (part of ESC-50) ask for it."


def fold_path(folder: Path, number: int) -> Path:
    """Where the detector lies that was trained without this fold."""
    return folder / "cry_folds" / f"cry_fold{number}.safetensors"


def evaluate(folder: Path) -> tuple[dict, dict]:
    """What goes under ``"held_out"`` into the shipped detector's card, and the scores it rests on."""
    heard: list[Heard] = []
    changed: dict[str, list[Heard]] = {name: [] for name in CHANGES}
    again: list[int] = []  # places in `heard` of what was heard changed
    waves: list[np.ndarray] = []
    silent_end: list[bool] = []
    sources: set[str] = set()
    for number in FOLDS:
        detector, recordings = load_detector(fold_path(folder, number)), open_recordings(fold(number))
        sources |= {s for s, label in zip(recordings.sources, recordings.labels, strict=True) if label}
        for wave, kind, label in _each(recordings, f"fold {number}"):
            heard.append(hear(detector, wave, kind, label, number))
            if label or (len(heard) - 1) % _EVERY == 0:
                again.append(len(heard) - 1)
                for name, change in CHANGES.items():
                    changed[name].append(hear(detector, change(wave), kind, label, number))
            silent_end.append(bool(np.abs(wave[-SAMPLE_RATE // 2 :]).max() < 1e-4))
        waves += recordings.waves
    labels, scores, folds = (
        np.array([getattr(h, name) for h in heard]) for name in ("label", "score", "fold")
    )
    rates, thresholds = out_of_fold(labels, scores, folds)
    limits = np.array([thresholds[f] for f in folds])
    alarm = scores >= limits
    window_rates, window_thresholds = out_of_fold(*window_examples(heard))
    threshold = operating_point(labels, scores)
    first_rates, first_thresholds = out_of_fold(labels, scores, folds, _first_rule)
    other, other_heard = _other_collections(folder, threshold)
    other_labels, other_scores = (np.array([h[key] for h in other_heard]) for key in ("label", "score"))
    found = {
        "command": COMMAND,
        "protocol": " ".join(__doc__.split("\n\n")[1].split()),
        "score": f"mean of the three highest windows of {WINDOW / SAMPLE_RATE:g} s, one each {HOP / SAMPLE_RATE:g} s; "
        f"windows below {QUIET:g} dB of full scale score 0",
        "cries_from": {"recordings": int(labels.sum()), "sources": len(sources)},
        "operating_point": {
            "rule": f"the lowest threshold at which at most {BUDGET:.0%} of the other sounds that it is chosen on ring",
            "threshold": round(threshold, 5),
            "thresholds_of_folds": thresholds,
            "window_threshold": round(operating_point(*window_examples(heard)[:2]), 5),
            "window_thresholds_of_folds": window_thresholds,
        },
        "recordings": as_numbers(rates),
        "first_rule": {
            "rule": f"the highest threshold that finds {FIRST_TARGET:.0%} of the cries it is chosen on",
            "about": "Fixed before anything was heard. It hangs on the second lowest of 32 cries, and missed the goal. The rule "
            "in use rests on 400 to 600 other sounds; it was taken after this result, and that on the other collections, had been "
            "seen. Budgets of 5, 10 and 15% were tabulated then, and 10% was taken; at 5% it was 37 of the 40 cries.",
            "thresholds_of_folds": first_thresholds,
            "recordings": as_numbers(first_rates),
            "other_collections": as_numbers(
                detection_rates(other_labels, other_scores, _first_rule(labels, scores))
            ),
        },
        "windows": {
            "about": f"windows of other sounds above {QUIET:g} dB; windows of cries also within {PAUSE:g} dB of their recording's "
            "loudest. Windows of one recording are alike, so the true intervals are wider.",
            **as_numbers(window_rates),
        },
        "goal": GOAL
        | {
            "met": rates.sensitivity >= GOAL["sensitivity"]
            and rates.false_alarm_rate < GOAL["false_alarm_rate"]
        },
        "folds": {
            f: as_numbers(detection_rates(labels[folds == f], scores[folds == f], thresholds[f]))
            for f in FOLDS
        },
        "false_alarms_by_kind": by_kind(heard, alarm),
        "by_loudness": by_loudness(heard, alarm),
        "curve": curve(labels, scores),
        "baselines": {
            name: as_numbers(out_of_fold(labels, values, folds)[0])
            for name, values in _baselines(waves, labels, folds).items()
        }
        | {"always an alarm": as_numbers(detection_rates(labels, np.ones(len(labels)), 1.0))},
        "shortcuts": shortcuts(heard, changed, again, limits)
        | {
            "others that end in digital silence, and those that don't": silent_ends(
                labels, alarm, np.array(silent_end)
            )
        },
        "picked_by_test": _picked_by_test(folder),
        "other_collections": other,
    }
    return found, {"recordings": [asdict(h) for h in heard], "other_collections": other_heard}


def _first_rule(labels: np.ndarray, scores: np.ndarray) -> float:
    return threshold_for(labels, scores, FIRST_TARGET)


def _each(recordings: RecordingSet, name: str) -> Iterator[tuple[np.ndarray, str, int]]:
    rows = list(zip(recordings.waves, recordings.kinds, recordings.labels, strict=True))
    return iter(tqdm(rows, desc=name, unit="recording", leave=False))


def _baselines(waves: list[np.ndarray], labels: np.ndarray, folds: np.ndarray) -> dict[str, np.ndarray]:
    found = {
        name: rule_scores(np.array([rule(wave) for wave in waves]), labels, folds)
        for name, rule in RULES.items()
    }
    return found | {"mean spectrum, logistic regression": spectrum_scores(waves, labels, folds)}


def _picked_by_test(folder: Path) -> dict:
    """Mean accuracy over the folds at the last step, at the step best on each fold itself, and at the step best on the others."""
    curves = [read_curve(fold_path(folder, number))["curve"] for number in FOLDS]
    accuracy = np.array([[point["accuracy"] for point in one] for one in curves])  # (folds, points)
    elsewhere = [np.delete(accuracy, i, 0).mean(0).argmax() for i in range(len(FOLDS))]
    return {
        "steps": [point["step"] for point in curves[0]],
        "last": round(float(accuracy[:, -1].mean()), 4),
        "picked_on_the_test_fold": round(float(accuracy.max(1).mean()), 4),
        "picked_on_the_other_folds": round(float(accuracy[range(len(FOLDS)), elsewhere].mean()), 4),
        "accuracy": accuracy.round(4).tolist(),
    }


def _other_collections(folder: Path, threshold: float) -> tuple[dict, list[dict]]:
    """The shipped detector at its threshold on recorders that no detector heard in training."""
    detector = load_detector(folder / "cry.safetensors")
    recordings = open_recordings(OTHERS)
    heard = [
        hear(detector, wave, kind, label) for wave, kind, label in _each(recordings, "other collections")
    ]
    labels, scores = (np.array([getattr(h, name) for h in heard]) for name in ("label", "score"))
    alarm, sources = scores >= threshold, np.array(recordings.sources)
    cries = [alarm[(sources == s)].mean() for s in dict.fromkeys(sources[labels == 1])]
    found = {
        "sets": list(OTHERS),
        "recordings": as_numbers(detection_rates(labels, scores, threshold)),
        "windows": as_numbers(detection_rates(*window_examples(heard)[:2], threshold)),
        "recorders_of_cries": len(cries),
        "recorders_with_every_cry_found": int(sum(share == 1 for share in cries)),
        "recorders_with_none_found": int(sum(share == 0 for share in cries)),
        "by_loudness": by_loudness(heard, alarm),
    }
    return found, [asdict(h) for h in heard]


def cards(folder: Path, held_out: dict) -> dict[Path, dict]:
    """The cards of the shipped detector and of the five it is judged by, by where they go."""
    paths = {folder / "cry.safetensors": held_out} | {
        fold_path(folder, f): {"command": COMMAND, "fold": f, "recordings": held_out["folds"][f]}
        for f in FOLDS
    }
    found = {}
    for path, numbers in paths.items():
        history = read_curve(path)
        packs = dict.fromkeys(spec.partition("/")[0] for spec in history["config"]["data"]["train"])
        detector = load_detector(path)
        found[path.with_suffix(".json")] = checkpoint_card(
            path,
            history,
            numbers,
            what="Says whether a second of sound holds a baby's cry; a course_lib.cry.CryDetector.",
            parameters=sum(p.numel() for p in detector.parameters()),
            sets=terms_of(packs),
            license=_LICENSE,
            command=f"python -m course_lib.cry.train {path.stem}",
        )
    return found


def table(held_out: dict) -> str:
    """The main numbers as text."""
    lines = [f"{'':42}{'sensitivity':>22}{'false alarms':>22}"]
    rows = {"recordings, out of fold": held_out["recordings"], "windows, out of fold": held_out["windows"]}
    rows |= {"recordings, first rule": held_out["first_rule"]["recordings"]}
    rows |= held_out["baselines"] | {f"fold {f}": row for f, row in held_out["folds"].items()}
    rows |= held_out["shortcuts"] | {"other collections": held_out["other_collections"]["recordings"]}
    for name, row in rows.items():
        if "sensitivity" in row:
            found, false = (
                "{:.1%} ({:.1%} to {:.1%})".format(*row[key]) for key in ("sensitivity", "false_alarm_rate")
            )
            lines.append(f"{name:42}{found:>26}{false:>26}")
    return "\n".join(lines)


def differences(ours: dict, theirs: dict) -> Iterator[str]:
    """A line for each count that the card has otherwise, by more than `TOLERANCE` recordings."""
    for name, mine, other in (
        ("out of fold", ours["recordings"], theirs["recordings"]),
        (
            "other collections",
            ours["other_collections"]["recordings"],
            theirs["other_collections"]["recordings"],
        ),
    ):
        for count in ("true_positives", "false_negatives", "false_positives", "true_negatives"):
            if abs(mine[count] - other[count]) > TOLERANCE:
                yield f"{name}, {count}: {mine[count]} here, {other[count]} on the card"


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoints", type=Path, default=CHECKPOINTS, help="folder with cry.safetensors and cry_folds/"
    )
    parser.add_argument("--write", action="store_true", help="write the cards and cry_scores.json")
    options = parser.parse_args(arguments)
    folder = options.checkpoints
    try:
        held_out, scores = evaluate(folder)
        written = cards(folder, held_out)
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    print(table(held_out))
    if options.write:
        for path, content in written.items():
            write_json(content, path)
            print(f"wrote {path}")
        write_json(scores, folder / "cry_scores.json")
        return
    card = json.loads((folder / "cry.json").read_text(encoding="utf-8"))["held_out"]
    apart = list(differences(held_out, card))
    if apart:
        parser.exit(1, "The card disagrees:\n" + "\n".join(apart) + "\n")
    print("The card agrees.")


if __name__ == "__main__":
    main()
