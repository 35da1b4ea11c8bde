"""Nights: eight hours of windows put together from recordings, to learn what an alarm filter does to a sleeper.

    bank of recordings, scored once → events at stated rates → 57,600 windows → `AlarmFilter` → `night_report`

A recording is scored once at each of three distances, whole windows at a time. A night then only strings scores and levels
together, so it costs milliseconds, and hundreds of filters can be tried.

What is assumed, and measured nowhere: events come at random and alone, at `RATES` an hour, any kind of a group as often as any
other. One that would begin within another one begins when that ends. A crying episode lasts 15 to 120 s: one recording at one
distance, again and again, with pauses of 1 to 5 s. Another sound is its recording one to three times, or 20 to 300 s of it if
it is a steady one. Distances are 0, 10 and 20 dB, each as often, by turning the recording down. Between events there is nothing
to hear. Sounds that don't reach a bedroom in a town (farm animals, chainsaws, the sea) never come. Other rates give other
numbers; nights compare filters, and don't foretell a home.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.cry.alarms import Alarm
from course_lib.cry.cry_input import HOP, QUIET, SAMPLE_RATE, WINDOW, heard
from course_lib.cry.detector import CryDetector

CRY = "cry"
RATES = {CRY: 1.0, "people": 6.0, "animals": 2.0, "house": 4.0, "outside": 2.0}  # events an hour
GROUPS = {
    CRY: ("cry", "crying_baby"),
    "people": (
        "speech",
        "breathing",
        "clapping",
        "coughing",
        "footsteps",
        "laughing",
        "sneezing",
        "snoring",
    ),
    "animals": ("bark", "cat", "chirping_birds", "dog"),
    "house": (
        "alarm",
        "brushing_teeth",
        "clatter",
        "clock_alarm",
        "clock_tick",
        "crackling_fire",
        "door_wood_creaks",
        "door_wood_knock",
        "drinking_sipping",
        "glass_breaking",
        "hum",
        "keyboard_typing",
        "pouring_water",
        "toilet_flush",
        "vacuum_cleaner",
        "washing_machine",
    ),
    "outside": (
        "car_horn",
        "church_bells",
        "engine",
        "helicopter",
        "noise",
        "rain",
        "siren",
        "thunderstorm",
        "train",
        "wind",
    ),
}
STEADY = {
    "breathing",
    "clock_tick",
    "crackling_fire",
    "engine",
    "helicopter",
    "hum",
    "noise",
    "rain",
    "snoring",
    "train",
    "vacuum_cleaner",
    "washing_machine",
    "wind",
}
DISTANCES = (0.0, 10.0, 20.0)  # dB by which a recording is turned down
ROOM = -70.0  # dB below full scale between events
GRACE = 2.0  # seconds after an episode in which its alarm may still begin: smoothing lags
_HOP, _WINDOW = HOP / SAMPLE_RATE, WINDOW / SAMPLE_RATE  # seconds
_EPISODE, _PAUSE, _STEADY = (15.0, 120.0), (1.0, 5.0), (20.0, 300.0)  # seconds
_REPEATS = 3  # at most, of a sound that isn't steady


@dataclass(frozen=True)
class BankedSound:
    """A recording as a detector hears it at each of `DISTANCES`.

    Attributes
    ----------
    kind : str
        One of those in `GROUPS`; others never come in a night.
    source : str
        What it was recorded from; the same for recordings that mustn't be on two sides.
    scores, levels : ndarray, (3, windows)
        A row for each distance. Levels are in decibels below full scale.
    """

    kind: str
    source: str
    scores: np.ndarray
    levels: np.ndarray


@dataclass(frozen=True)
class Night:
    """What `make_night` returns.

    Attributes
    ----------
    scores, levels : ndarray, (windows,) float
        One each half second.
    kinds : tuple of (start, end, kind)
        Every event, in seconds from the beginning, in order.
    """

    scores: np.ndarray
    levels: np.ndarray
    kinds: tuple[tuple[float, float, str], ...]

    @property
    def hours(self) -> float:
        """How long it is."""
        return len(self.scores) * _HOP / 3600

    @property
    def cries(self) -> tuple[tuple[float, float], ...]:
        """The truth: start and end of each crying episode."""
        return tuple((start, end) for start, end, kind in self.kinds if kind in GROUPS[CRY])


@dataclass(frozen=True)
class NightReport:
    """What `night_report` returns.

    Attributes
    ----------
    hours : float
    episodes, false_alarms : int
        How many.
    delays : tuple of float
        Seconds to the alarm, of each episode that was found.
    rang : tuple of str
        The kind of sound at each false alarm, "quiet" where there was none: whatever had begun last, up to `GRACE` before.
    """

    hours: float
    episodes: int
    false_alarms: int
    delays: tuple[float, ...]
    rang: tuple[str, ...]

    @property
    def missed(self) -> int:
        """Episodes without an alarm."""
        return self.episodes - len(self.delays)

    @property
    def false_per_hour(self) -> float:
        """False alarms an hour, of the whole time."""
        return self.false_alarms / self.hours

    @property
    def delay(self) -> float:
        """Median of the delays; NaN where nothing was found."""
        return float(np.median(self.delays)) if self.delays else float("nan")


def bank_sound(detector: CryDetector, wave: np.ndarray, kind: str, source: str) -> BankedSound:
    """Let a detector hear a recording at each of `DISTANCES`.

    Parameters
    ----------
    detector : CryDetector
    wave : ndarray, (samples,) float32 in [-1, 1]
        At 16 kHz.
    kind, source : str
        As in `BankedSound`.

    Returns
    -------
    BankedSound

    Raises
    ------
    TypeError, ValueError
        What `course_lib.cry.cry_input.heard` refuses.
    """
    both = [heard(np.asarray(wave, np.float32) * np.float32(10 ** (-d / 20))) for d in DISTANCES]
    scores = detector.score_bytes(np.concatenate([bytes_ for bytes_, _ in both])).reshape(len(both), -1)
    levels = np.stack([level for _, level in both])
    return BankedSound(kind, source, np.where(levels < QUIET, 0, scores), levels)


def make_night(
    bank: Sequence[BankedSound], seed: int, *, rates: Mapping[str, float] = RATES, hours: float = 8.0
) -> Night:
    """String a night together.

    Parameters
    ----------
    bank : sequence of BankedSound
        With at least one sound for each group that has a rate above 0.
    seed : int
        Decides everything, from 0.
    rates : mapping
        Events an hour for some of the groups in `GROUPS`.
    hours : float
        Above 0, up to 24.

    Returns
    -------
    Night
        Eight hours are 57,600 windows.

    Raises
    ------
    ValueError
        A seed, rate or length out of range; an unknown group, or one without a sound in the bank.
    """
    if seed < 0 or not 0 < hours <= 24:
        raise ValueError(f"seed must be at least 0 and hours above 0, up to 24; got {seed} and {hours}")
    by_kind: dict[str, list[BankedSound]] = {}
    for sound in bank:
        by_kind.setdefault(sound.kind, []).append(sound)
    rng = np.random.default_rng(seed)
    starts: list[tuple[float, str]] = []
    for group, rate in rates.items():
        if group not in GROUPS or not 0 <= rate < 1000:
            raise ValueError(
                f"rates must be from 0 to 1000 an hour for some of {', '.join(GROUPS)}; got {group!r}: {rate}"
            )
        if rate and not any(kind in by_kind for kind in GROUPS[group]):
            raise ValueError(f"rates ask for {group}, and bank has no such sound")
        starts += [(at, group) for at in rng.uniform(0, hours * 3600, rng.poisson(rate * hours))]
    windows = round(hours * 3600 / _HOP)
    scores, levels = np.zeros(windows), np.full(windows, ROOM)
    kinds: list[tuple[float, float, str]] = []
    free = 0
    for at, group in sorted(starts):
        kind = str(rng.choice([kind for kind in GROUPS[group] if kind in by_kind]))
        sound = by_kind[kind][rng.integers(len(by_kind[kind]))]
        event = _event(sound, int(rng.integers(len(DISTANCES))), rng)
        start = max(round(at / _HOP), free)
        kept = min(event.shape[1], windows - start)
        if kept <= 0:
            break
        scores[start : start + kept], levels[start : start + kept] = event[:, :kept]
        kinds.append((start * _HOP, (start + kept - 1) * _HOP + _WINDOW, kind))
        free = start + kept + 2  # so that the next one's first window holds nothing of this one
    return Night(scores, levels, tuple(kinds))


def _event(sound: BankedSound, distance: int, rng: np.random.Generator) -> np.ndarray:
    """Scores and levels of an event, (2, windows)."""
    once = np.stack([sound.scores[distance], sound.levels[distance]])
    if sound.kind not in GROUPS[CRY] and sound.kind not in STEADY:
        return np.tile(once, int(rng.integers(1, _REPEATS + 1)))
    wanted = round(rng.uniform(*(_EPISODE if sound.kind in GROUPS[CRY] else _STEADY)) / _HOP)
    parts, length = [], 0
    while length < wanted:
        parts.append(once)
        if sound.kind in GROUPS[CRY]:
            pause = round(rng.uniform(*_PAUSE) / _HOP)
            parts.append(np.tile([[0.0], [ROOM]], pause))
        length = sum(part.shape[1] for part in parts)
    whole = np.concatenate(parts, axis=1)[:, :wanted]
    return whole[:, : 1 + np.flatnonzero(whole[1] > ROOM)[-1]]  # an episode ends with its last sound


def night_report(alarms: Sequence[Alarm], night: Night) -> NightReport:
    """What a night's alarms come to.

    An episode is found when an alarm sounds at some time from its start until `GRACE` seconds after its end. The delay goes
    from its start to the end of the window with which that alarm began, and is 0 where it sounded before. An alarm that begins
    at such a time isn't false, whichever of an episode's alarms it is; every other one is.

    Parameters
    ----------
    alarms : sequence of Alarm
        As `AlarmFilter.alarms(night.scores, night.levels)` gives them.
    night : Night

    Returns
    -------
    NightReport
    """
    delays, rightly = [], set()
    for start, end in night.cries:
        during = [i for i, alarm in enumerate(alarms) if alarm.at <= end + GRACE and alarm.until >= start]
        if during:
            delays.append(max(0.0, alarms[during[0]].at + _WINDOW - start))
            rightly |= {i for i in during if alarms[i].at >= start}
    false = [alarm.at for i, alarm in enumerate(alarms) if i not in rightly]
    begins = [start for start, _, _ in night.kinds]
    rang = []
    for at in false:
        place = int(np.searchsorted(begins, at, side="right")) - 1
        near = place >= 0 and at <= night.kinds[place][1] + GRACE
        rang.append(night.kinds[place][2] if near else "quiet")
    return NightReport(night.hours, len(night.cries), len(false), tuple(delays), tuple(rang))


def total(reports: Sequence[NightReport]) -> NightReport:
    """Several nights' reports as one."""
    return NightReport(
        hours=sum(r.hours for r in reports),
        episodes=sum(r.episodes for r in reports),
        false_alarms=sum(r.false_alarms for r in reports),
        delays=tuple(delay for r in reports for delay in r.delays),
        rang=tuple(kind for r in reports for kind in r.rang),
    )
