"""Task `23.unproven`: the data, and the mistakes that people make."""

from course_lib.teach.tasks.task import Mistake, Task


def _gain(row):
    """How much better than the baseline, in the row's own unit."""
    difference = row["measured"] - row["baseline"]
    return difference if row["higher_is_better"] else -difference


def _stages(rows, proven):
    return [row["stage"] for row in rows if not proven(row)]


def _unproven(rows):
    return _stages(rows, lambda row: _gain(row) >= row["least"])


def _relative(row):
    return _gain(row) / abs(row["baseline"]) >= row["least"]


def _row(stage, measured, baseline, higher_is_better, least):
    return {
        "stage": stage,
        "measured": measured,
        "baseline": baseline,
        "higher_is_better": higher_is_better,
        "least": least,
    }


def _tables(rng):
    """Gains above, at and below what is asked, losses larger than that, in both directions; a table in which all is proven."""
    table = [
        _row("speed", 23.5, 22.0, True, 1.0),
        _row("color", 29.75, 30.25, True, 0.5),
        _row("night", 1.5, 8.75, False, 2.0),
        _row("score", 1.75, 1.5, False, 0.25),
        _row("bits", 0.9375, 0.875, True, 0.125),
        _row("gate", 0.75, 0.5, True, 0.25),
        _row("delay", 9.0, 4.0, False, 1.0),
        _row("export", 40.0, 42.0, False, 4.0),
        _row("flicker", 1.25, 1.25, False, 0.25),
    ]
    cases = [(table,), (table[::-1],), (table[:1] + table[2:3],)]
    for _ in range(4):
        rows = []
        for i in range(9):
            baseline, least = float(rng.integers(8, 200)) / 4, float(rng.integers(1, 9)) / 4
            gain = least * float(rng.choice([-2.0, 0.0, 0.5, 1.0, 2.0]))
            higher = bool(rng.integers(2))
            rows.append(
                _row(f"stage {(7 * i) % 9}", baseline + (gain if higher else -gain), baseline, higher, least)
            )
        cases.append((rows,))
    return cases


TASK = Task(
    key="23.unproven",
    name="unproven",
    reference=_unproven,
    cases=_tables,
    mistakes=(
        Mistake(
            "higher is always better",
            lambda rows: _stages(rows, lambda row: row["measured"] - row["baseline"] >= row["least"]),
            "You take higher for better in every row. Fewer false alarms are better: a row says which way is up.",
        ),
        Mistake(
            "directions swapped",
            lambda rows: _stages(rows, lambda row: -_gain(row) >= row["least"]),
            "Your two directions are swapped.",
        ),
        Mistake(
            "any gain counts",
            lambda rows: _stages(rows, lambda row: _gain(row) > 0),
            "A row passes with less than what it has to gain at the least. A small gain may be luck, and it costs something.",
        ),
        Mistake(
            "losses only",
            lambda rows: _stages(rows, lambda row: _gain(row) >= 0),
            "You list only what is worse than its baseline. A gain below `least` isn't proven either.",
        ),
        Mistake(
            "at least, not more than",
            lambda rows: _stages(rows, lambda row: _gain(row) > row["least"]),
            "Nearly. A row that gains just what was asked for is proven.",
        ),
        Mistake(
            "any difference counts",
            lambda rows: _stages(rows, lambda row: abs(_gain(row)) >= row["least"]),
            "A row passes that is far *worse* than its baseline. A large difference is no gain.",
        ),
        Mistake(
            "relative gain",
            lambda rows: _stages(rows, _relative),
            "You divide by the baseline. `least` is in the unit of what was measured: decibels, alarms, seconds.",
        ),
        Mistake(
            "the proven ones",
            lambda rows: [row["stage"] for row in rows if _gain(row) >= row["least"]],
            "You list the rows that are proven. Asked for are the others.",
        ),
        Mistake(
            "in another order",
            lambda rows: sorted(_unproven(rows)),
            "The right stages, in another order than the table's.",
        ),
    ),
)
