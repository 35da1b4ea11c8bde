"""How people's scores of real photos are distributed, as one small table for each public set.

``python -m course_lib.quality.score_tables`` makes the tables anew from the score lists. A table holds histograms and moments,
no picture and no single picture's score.
"""

import argparse
import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_lib.data.packs import PACKS, find_pack
from course_lib.quality.distributions import earth_movers_distance, mean_score, score_spread

TABLE = Path(__file__).parents[2] / "assets" / "facts" / "score_tables.json"
_BINS = 36  # of the mean scores' histogram: quarters of a score on the scale 1 … 10


@dataclass(frozen=True)
class ScoreTable:
    """How the scores of one set of pictures are distributed.

    Attributes
    ----------
    name, about, source, license : str
    pictures : int
    scale : tuple of float
        The lowest and the highest score that could be given.
    edges, counts : ndarray, (37,) and (36,)
        Histogram of the pictures' mean scores over the scale; bins contain their lower edge, the last one both.
    mean, spread : float
        Mean and standard deviation of the pictures' mean scores.
    average_histogram : ndarray, (K,), or None
        The mean of the pictures' own distributions over the scores 1 … K, where the set has votes.
    facts : dict of {str: float}
        What no histogram of means can tell, where the set has votes: ``votes`` a picture; ``disagreement``, the mean of
        the pictures' own spreads; ``emd`` and ``emd_r1``, the mean earth mover's distance between a picture's
        distribution and the average histogram, with r = 2 and 1; for the scale 1 … 10 also ``above_5``, the share of
        pictures with a mean above 5.
    """

    name: str
    about: str
    source: str
    license: str
    pictures: int
    scale: tuple[float, float]
    edges: np.ndarray
    counts: np.ndarray
    mean: float
    spread: float
    average_histogram: np.ndarray | None
    facts: dict[str, float]


def score_table(name: str) -> ScoreTable:
    """The table of one public set.

    Parameters
    ----------
    name : "ava", "eva", "koniq", "spaq" or "tid2013"

    Returns
    -------
    ScoreTable

    Raises
    ------
    ValueError
        Another name.
    FileNotFoundError
        The tables are missing.

    Examples
    --------
    >>> table = score_table("ava")
    >>> table.pictures, round(table.mean, 2), round(table.facts["emd"], 3)
    (25551, 5.38, 0.089)
    """
    if name not in _SETS:
        raise ValueError(f"name must be one of {', '.join(_SETS)}; got {name!r}")
    if not TABLE.is_file():
        raise FileNotFoundError(f"{TABLE} is missing: restore it with git checkout")
    row = json.loads(TABLE.read_text(encoding="utf-8"))["sets"][name]
    histogram, (low, high) = row["average_histogram"], row["scale"]
    return ScoreTable(
        **{key: row[key] for key in ("about", "source", "license", "pictures", "mean", "spread", "facts")},
        name=name,
        scale=(low, high),
        edges=np.linspace(low, high, _BINS + 1),
        counts=np.array(row["counts"]),
        average_histogram=None if histogram is None else np.array(histogram) / np.sum(histogram),
    )


def _ava() -> tuple[np.ndarray, None]:
    rows = _rows("iqa_scores", "ava_votes_subset.csv.gz")
    return _votes([row for row in rows if "idealo_test" in row["source"]], 10), None


def _eva() -> tuple[np.ndarray, None]:
    return _votes(_rows("iqa_scores_eva_spaq", "eva_votes.csv.gz"), 10), None


def _koniq() -> tuple[np.ndarray, np.ndarray]:
    rows = _rows("iqa_scores", "koniq10k_distributions_sets.csv.gz")
    shares = _votes(rows, 5)
    votes = np.array([float(row["c_total"]) for row in rows])
    return shares * votes[:, None], np.array([float(row["MOS"]) for row in rows])


def _spaq() -> tuple[None, np.ndarray]:
    return None, np.array([float(row["MOS"]) for row in _rows("iqa_scores_eva_spaq", "spaq_scores.csv.gz")])


def _tid2013() -> tuple[None, np.ndarray]:
    return None, np.array([float(row["mos"]) for row in _rows("iqa_scores", "tid2013_mos.csv")])


# name: what it is, the pack, the scale of the mean scores, and a reader that gives votes (n, K) or None, and mean scores
# (n,) or None where the votes tell them
_SETS: dict[str, tuple[str, str, tuple[float, float], Callable]] = {
    "ava": (
        "AVA: contest photos rated 1 to 10 by the site's members (Murray, Marchesotti and Perronnin, CVPR 2012); "
        "here the test list of idealo's NIMA",
        "iqa_scores",
        (1, 10),
        _ava,
    ),
    "eva": (
        "EVA: photos rated 1 to 10 for their looks (Kang, Valenzise and Dufaux, 2020)",
        "iqa_scores_eva_spaq",
        (1, 10),
        _eva,
    ),
    "koniq": (
        "KonIQ-10k: photos of many origins rated 1 to 5 for technical quality, mean scores from 0 to 100 "
        "(Hosu et al., IEEE TIP 2020)",
        "iqa_scores",
        (0, 100),
        _koniq,
    ),
    "spaq": (
        "SPAQ: smartphone photos rated for technical quality, 0 to 100 (Fang et al., CVPR 2020)",
        "iqa_scores_eva_spaq",
        (0, 100),
        _spaq,
    ),
    "tid2013": (
        "TID2013: 25 pictures under 24 kinds of distortion at 5 levels, mean scores from 0 to 9 (Ponomarenko et al., 2015)",
        "iqa_scores",
        (0, 9),
        _tid2013,
    ),
}


def make_table(name: str) -> dict:
    """The row of `TABLE` for one set, from its score list.

    Raises
    ------
    FileNotFoundError, ValueError
        As `find_pack`.
    """
    about, pack, scale, read = _SETS[name]
    votes, scores = read()
    facts: dict[str, float] = {}
    histogram = None
    if votes is not None:
        shares = votes / votes.sum(1, keepdims=True)
        histogram = shares.mean(0)
        means = mean_score(shares)
        scores = means if scores is None else scores
        facts = {
            "votes": votes.sum(1).mean(),
            "disagreement": score_spread(shares).mean(),
            "emd": earth_movers_distance(shares, np.broadcast_to(histogram, shares.shape)).mean(),
            "emd_r1": earth_movers_distance(shares, np.broadcast_to(histogram, shares.shape), r=1).mean(),
        }
        if scale == (1, 10):
            total = votes @ np.arange(1, 11)  # whole numbers: a mean of 5 is not above 5 by a rounding error
            facts["above_5"] = (total > 5 * votes.sum(1)).mean()
    counts, _ = np.histogram(scores, _BINS, scale)
    return {
        "about": about,
        "source": PACKS[pack].home,
        "license": PACKS[pack].license,
        "pictures": len(scores),
        "scale": list(scale),
        "counts": counts.tolist(),
        "mean": round(float(scores.mean()), 6),
        "spread": round(float(scores.std()), 6),
        "average_histogram": None if histogram is None else [round(float(share), 6) for share in histogram],
        "facts": {key: round(float(value), 6) for key, value in facts.items()},
    }


def _rows(pack: str, file: str) -> list[dict[str, str]]:
    path = find_pack(pack) / file
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _votes(rows: list[dict[str, str]], scores: int) -> np.ndarray:
    return np.array([[float(row[f"c{k}"]) for k in range(1, scores + 1)] for row in rows])


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    from course_lib.layers.train_command import write_json

    parser = argparse.ArgumentParser(
        prog="python -m course_lib.quality.score_tables", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--out", type=Path, default=TABLE, help="the file to write")
    options = parser.parse_args(arguments)
    try:
        rows = {name: make_table(name) for name in _SETS}
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    write_json({"made_by": parser.prog, "sets": rows}, options.out)
    for name, row in rows.items():
        print(f"{name}: {row['pictures']} pictures, mean {row['mean']:.3f}, spread {row['spread']:.3f}")
    print(options.out)


if __name__ == "__main__":
    main()
