"""Task `10.window_places`: the data, and the mistakes that people make."""

from functools import partial

from course_lib.teach.tasks.task import Mistake, Task


def _window_places(y, x, size, window, *, start=0, reach=None, columns_first=False, last=1, number=None):
    """The right answer, or one with any one step exchanged for a wrong one."""
    reach = window // 2 if reach is None else reach(window)
    shifts = range(window) if last else range(window - 1)
    order = [(i, j) for i in shifts for j in shifts]
    if columns_first:
        order = [(j, i) for i, j in order]
    found = []
    for i, j in order:
        row, column = y + i - reach, x + j - reach
        if 0 <= row < size[0] and 0 <= column < size[1]:
            found.append(((number or (lambda i, j, w: i * w + j))(i, j, window) + start, row, column))
    return found


def _counted_inside(y, x, size, window):
    return [(n, row, column) for n, (_, row, column) in enumerate(_window_places(y, x, size, window))]


def _not_cut(y, x, size, window):
    reach = window // 2
    return [(i * window + j, y + i - reach, x + j - reach) for i in range(window) for j in range(window)]


def _clipped(y, x, size, window):
    return [
        (place, min(max(row, 0), size[0] - 1), min(max(column, 0), size[1] - 1))
        for place, row, column in _not_cut(y, x, size, window)
    ]


def _wrapped(y, x, size, window):
    """Negative rows and columns count from the end, as in a list; those past the end are left out."""
    return [
        (place, row % size[0], column % size[1])
        for place, row, column in _not_cut(y, x, size, window)
        if row < size[0] and column < size[1]
    ]


def _shifted_inward(y, x, size, window):
    """The window is pushed into the picture, so that it keeps its size where it fits."""

    def pushed(middle, length):
        return min(max(middle, window // 2), max(length - 1 - window // 2, window // 2))

    return _window_places(pushed(y, size[0]), pushed(x, size[1]), size, window)


def _positions(rng):
    """Corners, borders, the middle; windows of one position and windows larger than the picture."""
    named = [
        (0, 3, (5, 4), 3),
        (4, 0, (5, 4), 3),
        (2, 2, (5, 6), 3),
        (1, 4, (3, 6), 7),
        (0, 0, (1, 4), 5),
        (1, 1, (3, 3), 1),
    ]
    drawn = []
    for window in (3, 5, 5, 7, 9):
        size = tuple(rng.integers(4, 12, 2).tolist())
        drawn.append((int(rng.integers(size[0])), int(rng.integers(size[1])), size, window))
    return [*named, *drawn]


TASK = Task(
    key="10.window_places",
    name="window_places",
    reference=_window_places,
    cases=_positions,
    mistakes=(
        Mistake(
            "not cut at the border",
            _not_cut,
            "You list rows and columns that aren't in the picture. There is nothing to attend to: leave them out.",
        ),
        Mistake(
            "the border repeated",
            _clipped,
            "You pull places outside onto the border, so border positions are listed several times. They are to be left out, not "
            "moved.",
        ),
        Mistake(
            "around the corner",
            _wrapped,
            "Rows or columns below 0 come back in at the other side. That is how a negative index reads a list; here it is a place "
            "outside.",
        ),
        Mistake(
            "pushed inside",
            _shifted_inward,
            "At the border you push the window inward until it fits. It stays around its position, and is cut.",
        ),
        Mistake(
            "numbered after cutting",
            _counted_inside,
            "Right positions, but you number those that are left. The number names the place in the whole window, so that the same "
            "offset has the same number at the border too.",
        ),
        Mistake(
            "numbered from 1",
            partial(_window_places, start=1),
            "Your numbers begin at 1. The window's first place is 0.",
        ),
        Mistake(
            "numbered by columns",
            partial(_window_places, number=lambda i, j, window: j * window + i),
            "Your numbers run down the columns. They run along the rows, as unfold's do.",
        ),
        Mistake(
            "listed by columns",
            partial(_window_places, columns_first=True),
            "The right places in another order: go row by row, so that the numbers rise.",
        ),
        Mistake(
            "the window's last row is missing",
            partial(_window_places, last=0),
            "Your window lacks its last row and column. With a reach r it runs from −r to r, both included.",
        ),
        Mistake(
            "starts at its position",
            partial(_window_places, reach=lambda window: 0),
            "Your window begins at its position. The position is its middle.",
        ),
        Mistake(
            "reach rounded up",
            partial(_window_places, reach=lambda window: (window + 1) // 2),
            "Your window lies one position too far up and left: half of an odd window, without its middle, is λ // 2.",
        ),
    ),
)
