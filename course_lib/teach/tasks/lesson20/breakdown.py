"""Task `20.breakdown`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task

_KINDS = ("cat", "dog", "laughing", "rain", "speech")


def _breakdown(
    kinds, labels, scores, threshold, *, alarms_only=False, rings=lambda score, t: score >= t, cries=False
):
    found = {}
    for kind, label, score in zip(kinds, labels, scores, strict=True):
        if label == 0 or cries:
            false_alarms, total = found.get(kind, (0, 0))
            found[kind] = (false_alarms + int(rings(score, threshold)), total + 1)
    return {kind: pair for kind, pair in found.items() if pair[0]} if alarms_only else found


def _shares(*case):
    return {kind: (n / total, total) for kind, (n, total) in _breakdown(*case).items()}


def _of_all_alarms(*case):
    found = _breakdown(*case)
    alarms = sum(n for n, _ in found.values())
    return {kind: (n, alarms) for kind, (n, _) in found.items()}


def _by_name(kinds, labels, scores, threshold):
    return _breakdown(kinds, [int(kind == "crying_baby") for kind in kinds], scores, threshold)


def _nights(rng):
    """Kinds with many, few and no false alarms; a score right at the threshold; cries that another name says."""
    cases = [(["dog", "crying_baby", "rain", "dog"], [0, 1, 0, 0], [0.7, 0.9, 0.2, 0.5], 0.5)]
    for n, threshold in ((30, 0.6), (18, 0.3)):
        kinds = [str(kind) for kind in rng.choice(_KINDS, n)] + ["crying_baby"] * 5
        scores = [round(float(s), 2) for s in rng.random(n + 5)]
        cases.append((kinds, [0] * n + [1] * 5, scores, threshold))
    cases.append((["newborn", "cat", "toddler"], [1, 0, 1], [0.8, 0.7, 0.9], 0.5))
    return [*cases, (["cat", "cat", "crying_baby"], [0, 0, 1], [0.1, 0.2, 0.9], 0.5)]


TASK = Task(
    key="20.breakdown",
    name="breakdown",
    reference=_breakdown,
    cases=_nights,
    mistakes=(
        Mistake(
            "cries among them",
            lambda *case: _breakdown(*case, cries=True),
            "The cries are in your breakdown. An alarm for a cry isn't false.",
        ),
        Mistake(
            "cries by name",
            _by_name,
            "You tell cries by the name crying_baby. Another collection names them otherwise: go by the labels.",
        ),
        Mistake(
            "only kinds that rang",
            lambda *case: _breakdown(*case, alarms_only=True),
            "Kinds without a false alarm are missing. That a kind never rang, in so many recordings, is a result too.",
        ),
        Mistake(
            "above the threshold only",
            lambda *case: _breakdown(*case, rings=lambda score, t: score > t),
            "Nearly. A score that equals the threshold sounds the alarm too.",
        ),
        Mistake(
            "below the threshold",
            lambda *case: _breakdown(*case, rings=lambda score, t: score < t),
            "You count the recordings that stay below the threshold. Those are rightly silent.",
        ),
        Mistake(
            "rightly silent",
            lambda *case: {
                kind: (sum(1 for k, s in zip(case[0], case[2], strict=True) if k == kind and s < case[3]), n)
                for kind, (_, n) in _breakdown(*case, cries=True).items()
            },
            "You count who stayed silent, the cries too. Asked for is who rang and shouldn't have.",
        ),
        Mistake(
            "shares",
            _shares,
            "Your first numbers are shares. Give the count: 1 of 2 and 10 of 20 say very different things.",
        ),
        Mistake(
            "of all false alarms",
            _of_all_alarms,
            "Your second numbers are all false alarms. Without how many recordings there were of a kind, seven alarms say little.",
        ),
    ),
)
