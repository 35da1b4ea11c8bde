"""Task `23.choose_device`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task

_LIMITED = ("kilobytes", "missed", "delay")


def _fit(devices, limits, limited=_LIMITED):
    return [d for d in devices if all(d[name] <= limits[name] for name in limited)]


def _best(devices):
    return min(devices, key=lambda d: (d["false_per_hour"], d["kilobytes"]), default={"name": ""})["name"]


def _choose_device(devices, limits):
    return _best(_fit(devices, limits))


def _without(forgotten):
    rest = tuple(name for name in _LIMITED if name != forgotten)
    return lambda devices, limits: _best(_fit(devices, limits, rest))


def _strictly(devices, limits):
    return _best([d for d in devices if all(d[name] < limits[name] for name in _LIMITED)])


def _smallest(devices, limits):
    fit = _fit(devices, limits)
    return min(fit, key=lambda d: d["kilobytes"], default={"name": ""})["name"]


def _fewest_missed(devices, limits):
    fit = _fit(devices, limits)
    return min(fit, key=lambda d: d["missed"], default={"name": ""})["name"]


def _first_of_equals(devices, limits):
    fit = _fit(devices, limits)
    return min(fit, key=lambda d: d["false_per_hour"], default={"name": ""})["name"]


def _device(name, kilobytes, missed, delay, false_per_hour):
    return {
        "name": name,
        "kilobytes": kilobytes,
        "missed": missed,
        "delay": delay,
        "false_per_hour": false_per_hour,
    }


def _shuffled(rng, devices):
    return [devices[i] for i in rng.permutation(len(devices))]


def _tables(rng):
    """Each limit decides once, two devices are alike but for their size, one is right at a limit, none fits, all fit."""
    quiet = float(rng.integers(1, 4)) / 4
    limits = {"kilobytes": 512, "missed": 0.0625, "delay": 8.0}
    sound = _device("sound", 400, 0.03125, 4.0, quiet + 2)
    cases = [
        ([sound, _device("large", 1565, 0.0, 2.0, quiet)], limits),
        ([sound, _device("deaf", 249, 0.5, 2.0, quiet)], limits),
        ([sound, _device("late", 249, 0.0, 30.0, quiet)], limits),
        ([sound, _device("at the limit", 512, 0.0625, 8.0, quiet + 1)], limits),
        ([sound, _device("smaller twin", 300, 0.03125, 4.0, quiet + 2)], limits),
        ([sound, _device("noisy", 100, 0.0, 1.0, quiet + 6)], limits),
        ([_device("large", 1565, 0.0, 2.0, 1.0), _device("deaf", 249, 0.5, 2.0, 0.5)], limits),
    ]
    for _ in range(3):
        devices = [
            _device(
                f"device {i}",
                int(rng.integers(100, 700)),
                float(rng.integers(0, 10)) / 128,
                float(rng.integers(2, 20)) / 2,
                float(rng.integers(1, 40)) / 4,
            )
            for i in range(8)
        ]
        cases.append((_shuffled(rng, [*devices, sound]), limits))
    return cases


TASK = Task(
    key="23.choose_device",
    name="choose_device",
    reference=_choose_device,
    cases=_tables,
    mistakes=(
        Mistake(
            "size ignored",
            _without("kilobytes"),
            "You choose a device that is larger than the limit: it doesn't fit onto the board.",
        ),
        Mistake(
            "missed ignored",
            _without("missed"),
            "You choose a device that misses more than the limit. The quietest of all is one that never rings.",
        ),
        Mistake(
            "delay ignored",
            _without("delay"),
            "You choose a device that rings too late.",
        ),
        Mistake(
            "strictly below",
            _strictly,
            "Nearly. A device that is right at a limit keeps it.",
        ),
        Mistake(
            "smallest",
            _smallest,
            "You take the smallest of those that fit. The limits take care of the size; asked for are the fewest false alarms.",
        ),
        Mistake(
            "fewest missed",
            _fewest_missed,
            "You take the one that misses least. Within the limit that is good enough; asked for are the fewest false alarms.",
        ),
        Mistake(
            "first of equals",
            _first_of_equals,
            "Of two with equally few false alarms you don't take the smaller one.",
        ),
        Mistake(
            "limits ignored",
            lambda devices, limits: _best(devices),
            "You take the fewest false alarms of all. First the limits, then the best of what is left.",
        ),
        Mistake(
            "best first",
            lambda devices, limits: _best(
                [d for d in devices if d["name"] == _best(devices) and _fit([d], limits)]
            ),
            "You look at the best of all alone, and give up where it breaks a limit. Strike out first, then choose.",
        ),
        Mistake(
            "some device always",
            lambda devices, limits: _choose_device(devices, limits) or _best(devices),
            "Where no device keeps the limits you name one all the same. Asked for is an empty text: nothing can be shipped.",
        ),
        Mistake(
            "its place",
            lambda devices, limits: [d["name"] for d in devices].index(
                _best(_fit(devices, limits) or devices)
            ),
            "You return a place in the list. Asked for is the name.",
        ),
    ),
)
