"""What few bits cost on recordings held out: ``python -m course_lib.cry.bits``.

The protocol is that of `course_lib.cry.evaluate`: five detectors, each heard on the fold that it lacks, pooled; a fold's threshold is
chosen on what was heard on the other four, anew for every row. Ranges, the layers that mixed precision keeps, and training
through the grids see the four training folds alone.

Prints the table. ``--write`` also writes it to `assets/facts/cry_bits.json` and, beside the shipped detector, that one in 4 bits: the
bundle cry_4bit.zip with its card. About 10 minutes on one core; a run that was killed goes on with the fold it was at.
"""

import argparse
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from course_lib.cry.budget import layer_costs, network_bytes
from course_lib.cry.bundle import write_bundle
from course_lib.cry.cry_input import BANDS, FRAMES
from course_lib.cry.detector import CryDetector, load_detector
from course_lib.cry.evaluate import fold_path
from course_lib.cry.fold_windows import EXAMPLES, Windows, calibration_windows
from course_lib.cry.quantization_aware import RATE, STAGES, train_through_grids
from course_lib.cry.quantized_detector import layer_sensitivity, quantize_detector
from course_lib.cry.quantized_network import fold_batch_norm
from course_lib.cry.rates import as_numbers, operating_point, out_of_fold
from course_lib.cry.recordings import FOLDS, fold, open_recordings
from course_lib.cry.training import TrainingWindows
from course_lib.images.colorizer import CHECKPOINTS
from course_lib.layers.train_command import write_json
from course_lib.metrics import detection_rates

COMMAND = "python -m course_lib.cry.bits"
FACTS = CHECKPOINTS.parent / "facts" / "cry_bits.json"
STATES = Path("build") / "cry_bits"
GOALS = {"sensitivity": 0.90, "false_alarm_rate_in_4_bits": 0.20}  # the team's
KEPT = 0.25  # of the layers, the most sensitive ones, keep 8 bits in mixed precision
BATCH, CRIES = 32, 0.4  # of training through the grids, as in training


@dataclass(frozen=True)
class Method:
    """A row of the table.

    Attributes
    ----------
    bits : int
    rule : str
        Of `course_lib.cry.calibration.range_of`.
    per_channel : bool
    mixed : bool
        The most sensitive layers keep 8 bits.
    trained : bool
        Through the grids; else quantized after training.
    """

    bits: int
    rule: str = "percentile"
    per_channel: bool = True
    mixed: bool = False
    trained: bool = False

    def __str__(self) -> str:
        bits = f"{self.bits} and 8 bits" if self.mixed else f"{self.bits} bits"
        if self.trained:
            return f"{bits}, trained through the grids"
        return f"{bits}, {self.rule}, {'each channel' if self.per_channel else 'whole tensor'}"


METHODS = (
    Method(8, "min-max"),
    Method(8),
    Method(8, "entropy"),
    Method(8, per_channel=False),
    Method(6),
    Method(6, per_channel=False),
    Method(4, "min-max"),
    Method(4),
    Method(4, "entropy"),
    Method(4, per_channel=False),
    Method(4, mixed=True),
    Method(4, trained=True),
)


def most_sensitive(shaken: dict[str, float]) -> dict[str, int]:
    """The quarter of the layers that keeps 8 bits."""
    order = sorted(shaken, key=lambda name: shaken[name], reverse=True)
    return dict.fromkeys(order[: round(KEPT * len(order))], 8)


def trained_through_grids(
    detector: CryDetector, specs: list[str], windows: np.ndarray, seed: int
) -> tuple[CryDetector, list[float]]:
    """Training on the recordings of these sets that the detector was trained on."""
    drawn, rng = TrainingWindows(open_recordings(specs)), np.random.default_rng(seed)
    batches = iter(lambda: drawn.batch(BATCH, CRIES, rng), None)
    return train_through_grids(detector, batches, windows)


def measure_fold(number: int, folds: dict[int, Windows], folder: Path, states: Path) -> dict:
    """Scores of every method on one fold's recordings, from the state if it holds them."""
    path, state = fold_path(folder, number), states / f"fold{number}.json"
    about = _about(path)
    if state.is_file():
        found = json.loads(state.read_text(encoding="utf-8"))
        if found["about"] == about:
            return found
    detector, tested = load_detector(path), folds[number]
    others = [part for f, part in folds.items() if f != number]
    windows = calibration_windows(others, number)
    shaken = layer_sensitivity(detector, windows)
    found = {"about": about, "sensitivity": shaken, "float": _rounded(tested.scores(detector)), "methods": {}}
    for method in tqdm(METHODS, desc=f"fold {number}", unit="method", leave=False):
        if method.trained:
            specs = [spec for f in FOLDS if f != number for spec in fold(f)]
            small, found["loss"] = trained_through_grids(detector, specs, windows, number)
        else:
            small = quantize_detector(
                detector,
                windows,
                bits=method.bits,
                rule=method.rule,
                per_channel=method.per_channel,
                others=most_sensitive(shaken) if method.mixed else None,
            )
        found["methods"][str(method)] = _rounded(tested.scores(small))
    states.mkdir(parents=True, exist_ok=True)
    write_json(found, state)
    return found


def table(measured: dict[int, dict], labels: np.ndarray, folds: np.ndarray) -> dict:
    """The rows: rates of the float detectors and of every method."""

    def pooled(pick) -> np.ndarray:
        return np.concatenate([pick(measured[f]) for f in FOLDS])

    plain = pooled(lambda found: found["float"])
    costs = layer_costs(fold_batch_norm(CryDetector()), torch.zeros(1, 1, BANDS, FRAMES))
    macs = sum(cost.macs for cost in costs)
    rates, limits_of_folds = out_of_fold(labels, plain, folds)
    limits = np.array([limits_of_folds[f] for f in folds])
    rows = [
        {
            "name": "float",
            "bits": 32,
            "bytes": network_bytes(costs, dict.fromkeys((cost.name for cost in costs), 32)),
            "macs": macs,
            "accuracy": round(rates.accuracy, 4),
            **as_numbers(rates),
        }
    ]
    for method in METHODS:
        scores = pooled(lambda found, name=str(method): found["methods"][name])
        own, limits_of_folds = out_of_fold(labels, scores, folds)
        own_limits = np.array([limits_of_folds[f] for f in folds])
        bits = {cost.name: method.bits for cost in costs}
        if method.mixed:
            bits |= most_sensitive(_mean([measured[f]["sensitivity"] for f in FOLDS]))
        rows.append(
            {
                "name": str(method),
                **asdict(method),
                "bytes": network_bytes(costs, bits, per_channel=method.per_channel),
                "macs": macs,
                "accuracy": round(own.accuracy, 4),
                **as_numbers(own),
                "same_verdict": round(float(np.mean((scores >= own_limits) == (plain >= limits))), 4),
                "at_the_float_thresholds": as_numbers(detection_rates(labels, scores >= limits, 1.0)),
                "threshold": round(operating_point(labels, scores), 5),
            }
        )
    return {"rows": rows}


def evaluate(folder: Path, states: Path) -> dict:
    """What goes into `assets/facts/cry_bits.json`."""
    windows = {f: Windows.of(open_recordings(fold(f))) for f in FOLDS}
    measured = {f: measure_fold(f, windows, folder, states) for f in FOLDS}
    labels = np.concatenate([windows[f].labels for f in FOLDS])
    folds = np.concatenate([np.full(len(windows[f].labels), f) for f in FOLDS])
    losses = np.array([measured[f]["loss"] for f in FOLDS]).mean(0)
    tenth = len(losses) // 10
    return {
        "command": COMMAND,
        "protocol": " ".join(__doc__.split("\n\n")[1].split()),
        "goals": GOALS,
        "recordings": {"cries": int(labels.sum()), "others": int((labels == 0).sum())},
        **table(measured, labels, folds),
        "layers": {
            "about": "root mean square change of the margin, in its standard deviations, when this layer alone has 4 bits; "
            "mean over the five detectors, on training folds",
            "sensitivity": {
                name: round(x, 4) for name, x in _mean([measured[f]["sensitivity"] for f in FOLDS]).items()
            },
        },
        "training": {
            "stages": [list(stage) for stage in STAGES],
            "rate": RATE,
            "batch": BATCH,
            "cries": CRIES,
            "loss_of_each_tenth": losses[: 10 * tenth].reshape(10, tenth).mean(1).round(4).tolist(),
        },
    }


def shipped_in_4_bits(folder: Path, threshold: float) -> Path:
    """Train the shipped detector through the grids, on all that it was trained on, and write it as a bundle."""
    specs = [spec for f in FOLDS for spec in fold(f)]
    detector = load_detector(folder / "cry.safetensors")
    windows = calibration_windows([Windows.of(open_recordings(fold(f))) for f in FOLDS], 0)
    small, _ = trained_through_grids(detector, specs, windows, 0)
    small.threshold = threshold
    return write_bundle(small, folder / "cry_4bit.zip")


def bundle_card(path: Path, folder: Path, row: dict) -> dict:
    """The card of the bundle: what it is, what it was trained on, and the table's row of its recipe."""
    float_card = json.loads((folder / "cry.json").read_text(encoding="utf-8"))
    content = path.read_bytes()
    return {
        "name": path.stem,
        "what": "The shipped cry detector in 4 bits, packed; python -m course_lib.cry.bundle check FILE recomputes its test vector.",
        "file": {"name": path.name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()},
        "license": float_card["license"],
        "training": {
            "from": float_card["file"],
            "sets": float_card["training"]["sets"],
            "splits": float_card["training"]["splits"],
            "command": f"{COMMAND} --write",
            "stages": [list(stage) for stage in STAGES],
        },
        "held_out": {
            "about": "five detectors by the same recipe, each heard on the fold that it lacks; this one was trained on all five",
            **row,
        },
    }


def text(found: dict) -> str:
    """The table for a terminal."""
    lines = [f"{'':44}{'kB':>7}{'sensitivity':>26}{'false alarms':>26}{'right':>8}"]
    for row in found["rows"]:
        rates = ("{:.1%} ({:.1%} to {:.1%})".format(*row[key]) for key in ("sensitivity", "false_alarm_rate"))
        columns = "".join(f"{rate:>26}" for rate in rates)
        lines.append(f"{row['name']:44}{row['bytes'] / 1000:7.0f}{columns}{row['accuracy']:8.1%}")
    return "\n".join(lines)


def _about(path: Path) -> dict:
    """What a fold's state depends on."""
    return {
        "checkpoint": hashlib.sha256(path.read_bytes()).hexdigest(),
        "methods": [str(method) for method in METHODS],
        "settings": [EXAMPLES, KEPT, BATCH, CRIES, RATE, [list(stage) for stage in STAGES]],
    }


def _rounded(scores: np.ndarray) -> list[float]:
    return [round(float(score), 5) for score in scores]


def _mean(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoints", type=Path, default=CHECKPOINTS, help="folder with cry.safetensors and cry_folds/"
    )
    parser.add_argument("--states", type=Path, default=STATES, help="folder for what a killed run leaves")
    parser.add_argument("--write", action="store_true", help="write cry_bits.json and cry_4bit.zip")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        found = evaluate(options.checkpoints, options.states)
        print(text(found))
        if options.write:
            row = found["rows"][-1]
            threshold = row["threshold"]
            path = shipped_in_4_bits(options.checkpoints, threshold)
            write_json(bundle_card(path, options.checkpoints, row), path.with_suffix(".json"))
            found["bundle"] = {"name": path.name, "bytes": path.stat().st_size, "threshold": threshold}
            write_json(found, FACTS)
            print(f"wrote {path} and {FACTS}")
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    main()
