"""README's picture: one of a lesson's stored figures, so that it can't drift from what the lesson shows.

`python -m tools.picture` writes it. Only the standard library.
"""

import base64
import json
from pathlib import Path

from tools.syllabus import ROOT, load

LESSON, FIGURE = "00", 2  # the first photo in color, counted among the lesson's pictures from 1
PICTURE = ROOT / "assets" / "figures" / "readme.jpg"


def figures(notebook: Path) -> list[bytes]:
    """The JPEG pictures of an executed notebook, in order of all its pictures; others are left empty."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    pictures = [data for data in shown if any(mime.startswith("image/") for mime in data)]
    return [base64.b64decode("".join(data.get("image/jpeg", ""))) for data in pictures]


def picture() -> bytes:
    """The figure that README shows.

    Raises
    ------
    ValueError
        When the lesson has no such JPEG figure.
    """
    (lesson,) = load().select([LESSON])
    found = figures(lesson.notebook())
    if len(found) < FIGURE or not found[FIGURE - 1]:
        raise ValueError(f"lesson {LESSON} has no JPEG as its figure {FIGURE}")
    return found[FIGURE - 1]


def main() -> None:
    """Write the picture, whole or not at all."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    partial = PICTURE.with_suffix(".part")
    partial.write_bytes(picture())
    partial.replace(PICTURE)


if __name__ == "__main__":
    main()
