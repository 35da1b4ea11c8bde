"""Task `22.k_of_n`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _k_of_n(is_on, k, n):
    return [sum(is_on[max(0, i - n + 1) : i + 1]) >= k for i in range(len(is_on))]


def _padded(is_on, k, n):
    return _k_of_n([True] * n + list(is_on), k, n)[n:]


def _in_a_row(is_on, k, n):
    run, found = 0, []
    for on in is_on:
        run = run + 1 if on else 0
        found.append(run >= k)
    return found


def _blocks(is_on, k, n):
    return [sum(is_on[i // n * n : i + 1]) >= k for i in range(len(is_on))]


def _nights(rng):
    """Sparse and dense windows, several k and n, one alone, none that is on, and two at the very start."""
    cases = [
        ([True, False, True, True, False, False, False], 2, 3),
        ([False] * 3 + [True] * 3 + [False] * 4, 3, 5),
        ([False] * 8, 1, 4),
        ([True], 1, 3),
        ([True, True, False, False, False], 2, 3),
    ]
    for share, k, n in ((0.5, 3, 4), (0.3, 2, 5), (0.8, 6, 10), (0.5, 1, 1), (0.6, 4, 4)):
        cases.append(([bool(x) for x in rng.random(40) < share], k, n))
    return cases


TASK = Task(
    key="22.k_of_n",
    name="k_of_n",
    reference=_k_of_n,
    cases=_nights,
    mistakes=(
        Mistake(
            "one window too few",
            lambda is_on, k, n: [sum(is_on[max(0, i - n + 2) : i + 1]) >= k for i in range(len(is_on))],
            "You look at n - 1 windows. A slice's end isn't part of it, its start is.",
        ),
        Mistake(
            "one window too many",
            lambda is_on, k, n: [sum(is_on[max(0, i - n) : i + 1]) >= k for i in range(len(is_on))],
            "You look at n + 1 windows: this one and n before it. This one is one of the n.",
        ),
        Mistake(
            "without this one",
            lambda is_on, k, n: [sum(is_on[max(0, i - n) : i]) >= k for i in range(len(is_on))],
            "You look at the n windows before this one. It is itself the last of the n, or the alarm is half a second late.",
        ),
        Mistake(
            "looks ahead",
            lambda is_on, k, n: [sum(is_on[i : i + n]) >= k for i in range(len(is_on))],
            "You look at the windows that come next. At that time nobody has heard them.",
        ),
        Mistake(
            "around this one",
            lambda is_on, k, n: [
                sum(is_on[max(0, i - n // 2) : max(0, i - n // 2) + n]) >= k for i in range(len(is_on))
            ],
            "Your n windows lie around this one. A device has only those up to now.",
        ),
        Mistake(
            "a slice that begins below 0",
            lambda is_on, k, n: [sum(is_on[i - n + 1 : i + 1]) >= k for i in range(len(is_on))],
            "Near the start your slice begins below 0, and Python counts that from the end of the list. Let it begin at 0 at the least.",
        ),
        Mistake(
            "more than k",
            lambda is_on, k, n: [sum(is_on[max(0, i - n + 1) : i + 1]) > k for i in range(len(is_on))],
            "Nearly. Exactly k windows are enough.",
        ),
        Mistake(
            "k in a row",
            _in_a_row,
            "You ask for k windows in a row. The point of n is that some between them may be off: a cry takes breath.",
        ),
        Mistake(
            "blocks",
            _blocks,
            "You count in blocks of n that begin anew. The n windows move along, one at a time.",
        ),
        Mistake(
            "on before the start",
            _padded,
            "You take the windows before the first one as on. Nothing was heard there.",
        ),
        Mistake(
            "waits for n",
            lambda is_on, k, n: [i >= n - 1 and now for i, now in enumerate(_k_of_n(is_on, k, n))],
            "You wait for n windows before the first verdict. If k of the first few are on, that is enough.",
        ),
    ),
)
