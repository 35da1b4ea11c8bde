"""Alarm filters tuned on nights of real recordings: ``python -m course_lib.cry.nights``.

Filters are tried on nights made of one half of the sources, and reported on nights made of the other half. Every recording is
scored by a detector that was trained without its fold. ``--write`` writes `assets/facts/nights.json`, numbers only.
"""

import argparse
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from course_lib.cry.alarms import AlarmFilter
from course_lib.cry.detector import load_detector
from course_lib.cry.night import (
    CRY,
    GROUPS,
    RATES,
    BankedSound,
    Night,
    NightReport,
    bank_sound,
    make_night,
    night_report,
    total,
)
from course_lib.cry.recordings import FOLDS, RecordingSet, fold, open_recordings
from course_lib.images.colorizer import CHECKPOINTS
from course_lib.layers.train_command import write_json
from course_lib.metrics import wilson_interval

COMMAND = "python -m course_lib.cry.nights"
FACTS = CHECKPOINTS.parent / "facts" / "nights.json"


def try_filter(options: Mapping, nights: Sequence[Night]) -> NightReport:
    """What `AlarmFilter(**options)` does over some nights."""
    alarm_filter = AlarmFilter(**options)
    return total([night_report(alarm_filter.alarms(night.scores, night.levels), night) for night in nights])


def choose(
    tried: Sequence[tuple[dict, NightReport]], *, missed: float, delay: float
) -> tuple[dict, NightReport]:
    """The filter with the fewest false alarms among those that are good enough; the quicker one of equals.

    Parameters
    ----------
    tried : sequence of (options, NightReport)
    missed : float
        At most this share of the episodes, 0 to 1.
    delay : float
        At most this median, in seconds.

    Raises
    ------
    ValueError
        None is good enough.
    """
    fit = [pair for pair in tried if pair[1].missed <= missed * pair[1].episodes and pair[1].delay <= delay]
    if not fit:
        raise ValueError(
            f"no filter misses at most {missed:.0%} and takes at most {delay} s, of {len(tried)} tried"
        )
    return min(fit, key=lambda pair: (pair[1].false_alarms, pair[1].delay))


# What the command does with real recordings.
VALIDATION_SEEDS, TEST_SEEDS = range(100, 106), range(200, 208)
# Share of episodes and seconds that are good enough. Set before any of the candidates was scored, but after a look at ten other
# filters on earlier nights, some with seeds of the test nights.
MISSED, DELAY = 0.05, 10.0
_PAUSE_SECONDS = 60.0  # a parent who was called once needn't be called again at once
_PHONES, _SPEECH = "donateacry_54", "speech_fsdd_16k"


def candidates() -> Iterator[dict]:
    """The filters that are tried on validation nights."""
    for on, gap, smoothing, (k, n) in itertools.product(
        (0.5, 0.6, 0.7, 0.8),
        (0.0, 0.2),
        (0.0, 1.0),
        ((1, 1), (2, 3), (3, 6), (4, 8), (5, 10), (6, 12)),
    ):
        off = round(on - gap, 2)
        yield {"on": on, "off": off, "smoothing": smoothing, "k": k, "n": n, "pause": _PAUSE_SECONDS}


def part_by_part(on: float) -> dict[str, dict]:
    """Each part of a filter alone, by name."""
    return {
        "no filter": {"on": on},
        "smoothing, 1 s": {"on": on, "smoothing": 1.0},
        "hysteresis, 0.2 lower": {"on": on, "off": round(on - 0.2, 5)},
        "2 of 3": {"on": on, "k": 2, "n": 3},
        "3 of 6": {"on": on, "k": 3, "n": 6},
        "hold, 2 s": {"on": on, "hold": 2.0},
        "gate, -40 dB": {"on": on, "gate": -40.0},
        "pause, 60 s": {"on": on, "pause": _PAUSE_SECONDS},
    }


def halves(bank: Sequence[BankedSound]) -> tuple[list[BankedSound], list[BankedSound]]:
    """Validation and test: of each kind, every second source. No source is on both sides."""
    sides: tuple[list[BankedSound], list[BankedSound]] = ([], [])
    side_of: dict[str, int] = {}
    turn: dict[str, int] = {}
    for sound in bank:
        if sound.source not in side_of:
            side_of[sound.source] = turn.get(sound.kind, 0)
            turn[sound.kind] = 1 - side_of[sound.source]
        sides[side_of[sound.source]].append(sound)
    return sides


def _hear_all(detector_path: Path, recordings: RecordingSet, name: str) -> list[BankedSound]:
    detector = load_detector(detector_path)
    rows = list(zip(recordings.waves, recordings.kinds, recordings.sources, strict=True))
    return [bank_sound(detector, *row) for row in tqdm(rows, desc=name, unit="recording", leave=False)]


def _numbers(report: NightReport) -> dict:
    low, high = wilson_interval(report.missed, report.episodes)
    return {
        "hours": round(report.hours, 1),
        "episodes": report.episodes,
        "missed": report.missed,
        "missed_interval": [round(low, 4), round(high, 4)],
        "false_alarms": report.false_alarms,
        "false_per_hour": round(report.false_per_hour, 3),
        "delay": round(report.delay, 2) if report.delays else None,
    }


def measure(folder: Path) -> dict:
    """What goes into `assets/facts/nights.json`."""
    from course_lib.cry.evaluate import fold_path

    bank = _hear_all(folder / "cry.safetensors", open_recordings([_SPEECH]), _SPEECH)
    for number in FOLDS:
        bank += _hear_all(fold_path(folder, number), open_recordings(fold(number)), f"fold {number}")
    phones = _hear_all(folder / "cry.safetensors", open_recordings([_PHONES]), _PHONES)
    validation, test = halves(bank)
    others = [sound for sound in test if sound.kind not in GROUPS[CRY]]
    nights = {
        "validation": [make_night(validation, seed) for seed in VALIDATION_SEEDS],
        "test": [make_night(test, seed) for seed in TEST_SEEDS],
        "test, cries from telephones": [make_night(others + phones, seed) for seed in TEST_SEEDS],
    }
    tried = [
        (options, try_filter(options, nights["validation"]))
        for options in tqdm(list(candidates()), desc="filters", leave=False)
    ]
    chosen, _ = choose(tried, missed=MISSED, delay=DELAY)
    card = json.loads((folder / "cry.json").read_text(encoding="utf-8"))["held_out"]["operating_point"]
    rows = part_by_part(card["window_threshold"])
    rows["smoothing 1 s, 2 of 3, pause 60 s"] = {
        "on": card["threshold"],
        "smoothing": 1.0,
        "k": 2,
        "n": 3,
        "pause": 60.0,
    }
    rows["chosen"] = chosen
    reports = {
        name: {which: try_filter(options, some) for which, some in nights.items()}
        for name, options in tqdm(rows.items(), desc="test nights", leave=False)
    }
    rang = reports["chosen"]["test"].rang
    return {
        "command": COMMAND,
        "about": "Simulated nights of real recordings, each scored by a detector that was trained without its fold. Validation and "
        "test have other sources and other seeds. Episodes of one night come from few recordings, so the true intervals are wider. The rule was set before any of the filters "
        "tried here was scored, but after a look at ten others on earlier nights, some of them with seeds of the test nights.",
        "rates": RATES,
        "cries_from": {
            name: {
                "recordings": sum(s.kind in GROUPS[CRY] for s in some),
                "sources": len({s.source for s in some if s.kind in GROUPS[CRY]}),
            }
            for name, some in zip(nights, (validation, test, phones), strict=True)
        },
        "rule": {"missed": MISSED, "delay": DELAY},
        "tried": [{"options": options, **_numbers(report)} for options, report in tried],
        "filters": {
            name: {"options": rows[name], **{which: _numbers(r) for which, r in report.items()}}
            for name, report in reports.items()
        },
        "who_rang_with_chosen": {kind: rang.count(kind) for kind in sorted(set(rang))},
    }


def table(found: dict) -> str:
    """The filters as text."""
    lines = []
    for name, row in found["filters"].items():
        lines.append(f"{name}: {row['options']}")
        for which in found["cries_from"]:
            r = row[which]
            lines.append(
                f"   {which:28}{r['false_per_hour']:6.2f} false alarms an hour, {r['missed']:3} of {r['episodes']} "
                f"episodes missed, median delay {r['delay']} s"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--checkpoints", type=Path, default=CHECKPOINTS, help="folder with cry.safetensors and cry_folds/"
    )
    parser.add_argument("--write", action="store_true", help=f"write {FACTS.name}")
    options = parser.parse_args(arguments)
    try:
        found = measure(options.checkpoints)
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    print(table(found))
    if options.write:
        write_json(found, FACTS)
        print(f"wrote {FACTS}")


if __name__ == "__main__":
    main()
