"""Build the course's website into book/_build/html: `python -m tools.book`.

From the executed notebooks, so that nothing of the course runs but the four figures that move. Nothing is loaded from the
network, neither now nor by the pages. A warning, such as a link that leads nowhere, is a failure.

COURSE_REPOSITORY in the environment, https://github.com/OWNER/NAME, adds links to Binder, Colab and the repository.
"""

import sys
import time

from book.lessons import BookError
from book.site import build
from tools.syllabus import ROOT, SyllabusError

FOLDER = ROOT / "book" / "_build"


def main() -> int:
    """The command line; returns the exit code."""
    began = time.monotonic()
    try:
        code = build(FOLDER, FOLDER / "players")
    except (BookError, SyllabusError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if code:
        print("error: the book has the faults above", file=sys.stderr)
        return 1
    print(f"The book is at {FOLDER / 'html' / 'index.html'}, built in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
