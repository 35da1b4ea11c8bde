"""What keyframes cost on real clips: numbers that `python -m benchmarks.keyframes` measured and the course keeps."""

import json
from pathlib import Path

FACTS = Path(__file__).parents[2] / "assets" / "facts" / "keyframes.json"


def keyframe_facts() -> dict:
    """The kept numbers; ``["command"]`` is the command that measures them anew.

    Returns
    -------
    dict
        ``"processor seconds"`` (T, c of each way), ``"speed-up"`` by k, ``"prices"`` with the ``"model"`` and with the
        ``"truth"`` in its place, by run; ``"true colors"``, ``"joined"`` and what it was measured on.

    Raises
    ------
    FileNotFoundError
        The file is missing; says how to make it.
    """
    if not FACTS.is_file():
        raise FileNotFoundError(
            f"{FACTS.name} isn't in assets/facts; python -m benchmarks.keyframes --out assets/facts/{FACTS.name} makes it"
        )
    return json.loads(FACTS.read_text(encoding="utf-8"))
