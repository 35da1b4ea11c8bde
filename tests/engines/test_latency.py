"""What `measure_latency` counts, with a clock of our own."""

import pytest

from course_lib.engines import latency as module
from course_lib.engines import measure_latency


@pytest.fixture
def clock(monkeypatch):
    """A clock that only a call moves on."""
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    return now


def test_the_first_calls_are_not_timed(clock):
    takes = iter([9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 100.0])

    def call(amount):
        clock[0] += amount * next(takes)

    latency = measure_latency(call, 0.001, repeats=5, warmup=2)
    assert latency.seconds == pytest.approx((0.001, 0.002, 0.003, 0.004, 0.1))
    assert latency.median == pytest.approx(0.003)
    assert latency.quartiles == pytest.approx((0.002, 0.004))
    assert latency.spread == pytest.approx(0.002)
    expected = "3.00 ms (middle half 2.00 to 4.00), 5 calls after 2 to warm up, threads not stated"
    assert str(latency) == expected


def test_threads_are_those_stated_else_the_engine_s():
    class Engine:
        threads = 3

        def __call__(self):
            pass

    assert measure_latency(Engine(), repeats=1).threads == 3
    assert measure_latency(Engine(), repeats=1, threads=2).threads == 2
    assert str(measure_latency(Engine(), repeats=1, warmup=0)).endswith(
        "1 call after 0 to warm up, threads: 3"
    )


@pytest.mark.parametrize(
    ("function", "options", "error", "words"),
    [
        (3, {}, TypeError, "function must be callable; got int"),
        (print, {"repeats": 0}, ValueError, "repeats must be at least 1"),
        (print, {"warmup": -1}, ValueError, "got 30 and -1"),
    ],
)
def test_bad_arguments_are_named(function, options, error, words):
    with pytest.raises(error, match=words):
        measure_latency(function, **options)
