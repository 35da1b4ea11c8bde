"""The fact tables say of the public sets what is known of them, and are what the score lists give."""

import json
import os

import numpy as np
import pytest

from course_lib.quality import score_table
from course_lib.quality.distributions import mean_score
from course_lib.quality.score_tables import TABLE, main, make_table

NAMES = ("ava", "eva", "koniq", "spaq", "tid2013")


@pytest.mark.parametrize("name", NAMES)
def test_each_table_is_whole(name):
    table = score_table(name)
    assert table.counts.sum() == table.pictures and len(table.edges) == len(table.counts) + 1
    assert (table.edges[0], table.edges[-1]) == table.scale
    centers = (table.edges[1:] + table.edges[:-1]) / 2
    width = np.ptp(table.edges[:2])
    assert np.average(centers, weights=table.counts) == pytest.approx(table.mean, abs=width / 4)
    assert table.about and table.source.startswith("https://") and table.license
    if table.average_histogram is not None:
        assert table.average_histogram.sum() == pytest.approx(1)
        assert set(table.facts) >= {"votes", "disagreement", "emd", "emd_r1"}


def test_they_give_the_numbers_known_of_the_sets():
    ava, eva, spaq = score_table("ava"), score_table("eva"), score_table("spaq")
    assert ava.pictures == 25_551
    assert (round(ava.mean, 3), round(ava.spread, 3)) == (5.377, 0.734)
    assert round(ava.facts["disagreement"], 3) == 1.431 and round(ava.facts["votes"], 1) == 210.8
    assert round(ava.facts["above_5"], 3) == 0.703
    assert (round(ava.facts["emd"], 4), round(ava.facts["emd_r1"], 4)) == (0.0893, 0.0636)
    assert mean_score(ava.average_histogram) == pytest.approx(ava.mean, abs=1e-4)
    assert round(ava.spread**2 + (ava.mean - 5) ** 2, 3) == 0.681
    assert (eva.pictures, round(eva.mean, 3), round(eva.spread, 3)) == (4070, 6.155, 0.974)
    assert round(eva.pictures * eva.facts["votes"]) == pytest.approx(135_936, abs=1)
    assert (spaq.pictures, round(spaq.mean, 1), round(spaq.spread, 1)) == (11_125, 50.3, 20.9)
    assert spaq.average_histogram is None and spaq.facts == {}


def test_other_names_are_refused():
    with pytest.raises(ValueError, match="name must be one of ava, eva"):
        score_table("live")


def test_without_the_score_lists_the_command_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path / "t.json")])
    assert "COURSE_DATA_DIR" in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.skipif("COURSE_DATA_DIR" not in os.environ, reason="COURSE_DATA_DIR isn't set: no score lists")
@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_what_the_score_list_gives(name):
    assert json.loads(TABLE.read_text(encoding="utf-8"))["sets"][name] == json.loads(
        json.dumps(make_table(name))
    )
