"""The game "which one is real?": its rules, what a score proves, and the board that is played by keyboard."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from scipy.stats import norm

from course_lib.teach import RealOrNot, Score, play_real_or_not, real_or_not_widget
from course_lib.teach.real_or_not_widget import board

WORDS = {"look_for": "Skin.", "caption": "Pairs.", "alt": "Four pairs"}


def pairs(count=12, size=8):
    """Real pictures that are dark, painted ones that are light, each of its own shade."""
    shades = np.linspace(0, 0.4, count, dtype=np.float32)
    real = [np.full((size, size, 3), shade, np.float32) for shade in shades]
    return real, [picture + np.float32(0.5) for picture in real]


def darker(left, right):
    return "left" if left.mean() < right.mean() else "right"


def lighter(left, right):
    return "right" if left.mean() < right.mean() else "left"


def test_each_pair_comes_once_on_its_true_side():
    real, painted = pairs()
    game = RealOrNot(real, painted, seed=3)
    shown = [
        (asked.left, asked.right) if asked.real == "left" else (asked.right, asked.left)
        for asked in game.rounds
    ]
    assert sorted(r.mean() for r, _ in shown) == sorted(r.mean() for r in real)
    assert all(abs(p.mean() - r.mean() - 0.5) < 1e-6 for r, p in shown)


def test_seed_draws_order_and_sides():
    def drawn(seed):
        return [(asked.real, float(asked.left.mean())) for asked in RealOrNot(*pairs(), seed=seed).rounds]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert [side for side, _ in drawn(1)] != [side for side, _ in drawn(2)]


def test_sides_are_balanced_and_say_nothing_about_the_pair():
    games = [RealOrNot(*pairs(20), seed=seed) for seed in range(50)]
    left = [[asked.real == "left" for asked in game.rounds] for game in games]
    assert 0.45 < np.mean(left) < 0.55  # 1000 throws: three standard errors are 0.047
    assert 0.3 < np.mean(left, axis=0).min() < np.mean(left, axis=0).max() < 0.75


def test_players():
    assert RealOrNot(*pairs(), seed=0).play(darker) == Score(12, 12)
    assert RealOrNot(*pairs(), seed=0).play(lighter) == Score(0, 12)
    rng = np.random.default_rng(0)
    guessed = RealOrNot(*pairs(400), seed=0).play(lambda left, right: rng.choice(["left", "right"]))
    assert guessed.played == 400
    assert guessed.interval(0.999)[0] < 0.5 < guessed.interval(0.999)[1]


def test_answers_count():
    game = RealOrNot(*pairs(3), seed=0)
    assert str(game.score) == "no round played"
    assert np.isnan(game.score.share)
    sides = [asked.real for asked in game.rounds]
    wrong = "left" if sides[1] == "right" else "right"
    assert game.answer(sides[0])
    assert not game.answer(wrong)
    assert game.score == Score(1, 2)
    assert game.current is game.rounds[2]
    assert game.play(darker) == Score(2, 3)
    assert game.current is None
    with pytest.raises(ValueError, match="all 3 rounds"):
        game.answer("left")


def test_a_wrong_word_costs_no_round():
    game = RealOrNot(*pairs(3), seed=0)
    with pytest.raises(ValueError, match="'left' or 'right', got 'up'"):
        game.answer("up")
    assert game.score.played == 0


@pytest.mark.parametrize(("right", "played"), [(0, 5), (5, 5), (13, 21), (323, 1000)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_interval_is_wilsons(right, played, confidence):
    """Its ends are the shares from which the score lies exactly z standard errors away (the shares' own errors)."""
    z = norm.ppf((1 + confidence) / 2)
    low, high = Score(right, played).interval(confidence)
    for end, impossible in ((low, right == 0), (high, right == played)):
        if impossible:
            assert end == pytest.approx(right / played, abs=1e-12)
        else:
            assert abs(right / played - end) == pytest.approx(z * np.sqrt(end * (1 - end) / played), abs=1e-9)


def test_interval_covers_as_often_as_it_says():
    counts, times = np.unique(np.random.default_rng(0).binomial(40, 0.6, 2000), return_counts=True)
    intervals = [Score(int(count), 40).interval() for count in counts]
    covered = times @ [low <= 0.6 <= high for low, high in intervals] / 2000
    assert 0.93 < covered < 0.97


def test_interval_without_answers_and_bad_confidence():
    assert Score(0, 0).interval() == (0.0, 1.0)
    for confidence in (0, 1, 95, float("nan")):
        with pytest.raises(ValueError, match="confidence must lie between"):
            Score(1, 2).interval(confidence)


@pytest.mark.parametrize(
    ("real", "painted", "words"),
    [
        ([], [], "got 0 and 0"),
        (pairs(2)[0], pairs(3)[1], "got 2 and 3"),
        ([np.zeros((4, 4, 3))], [np.zeros((4, 5, 3))], "pair 0 must be two pictures of one shape"),
        ([np.zeros((4, 4))], [np.zeros((4, 4))], "pair 0 must be"),
        ([np.zeros((4, 4, 3), np.uint8)], [np.zeros((4, 4, 3), np.uint8)], "pair 0: real must be float"),
        ([np.zeros((4, 4, 3))], [np.full((4, 4, 3), np.nan)], "pair 0: painted must be float"),
        ([np.zeros((4, 4, 3))], [np.full((4, 4, 3), 1.1)], "pair 0: painted"),
    ],
)
def test_bad_pairs(real, painted, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        RealOrNot(real, painted, seed=0)


def test_board_is_played_by_its_buttons():
    game = RealOrNot(*pairs(3), seed=1)
    screen, row, said = board(game).children
    left, right = row.children
    assert [left.description, right.description] == ["Left is real", "Right is real"]
    sides = [asked.real for asked in game.rounds]
    seen = []
    for place, side in enumerate(sides, 1):
        assert f"Pair {place} of 3" in screen.value
        seen.append(screen.value)
        (left if side == "left" else right).click()
        assert 'role="status"' in said.value
        assert f"Right: the {side} one was real. So far {place} of {place} right" in said.value
    assert len(set(seen)) == 3
    assert "All pairs are played" in screen.value
    assert left.disabled
    assert right.disabled
    left.click()  # a click that was on its way
    assert game.score == Score(3, 3)


def test_board_says_who_was_fooled():
    game = RealOrNot(*pairs(2), seed=1)
    _, row, said = board(game).children
    real = game.current.real
    row.children[0 if real == "right" else 1].click()
    assert f"Fooled: the {real} one was real. So far 0 of 1 right" in said.value


def test_board_shows_the_pair_but_not_the_answer():
    game = RealOrNot(*pairs(2), seed=1)
    screen = board(game).children[0].value
    data = base64.b64decode(re.search(r"base64,([^\"]+)", screen).group(1))
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("L"), float) / 255
    half = pixels.shape[1] // 2
    center = slice(pixels.shape[0] // 2 - 20, pixels.shape[0] // 2 + 20)
    shown = (
        pixels[center, half // 2 - 20 : half // 2 + 20],
        pixels[center, half + half // 2 - 20 : half + half // 2 + 20],
    )
    assert shown[0].mean() == pytest.approx(game.current.left.mean(), abs=0.03)
    assert shown[1].mean() == pytest.approx(game.current.right.mean(), abs=0.03)
    words = re.search(r'alt="([^"]+)"', screen).group(1)
    assert words == "Pair 1 of 2: two pictures, left and right, alike but for their color"


def test_page_reads_without_a_kernel(published, monkeypatch, capsys):
    monkeypatch.setattr(
        real_or_not_widget, "publish", lambda data, metadata=None: published.append((data, metadata or {}))
    )
    game = RealOrNot(*pairs(5), seed=1)
    play_real_or_not(game, twin=3, **WORDS)
    plain = [data["text/plain"] for data, _ in published]
    answers = "; ".join(f"pair {n}: {game.rounds[n - 1].real}" for n in (1, 2, 3))
    assert plain == ["Look for: Skin.", "[picture: Four pairs]", "Figure: Pairs.", f"Real are: {answers}"]
    assert published[-1][0]["text/markdown"].startswith("<details><summary>Which ones are real")
    assert capsys.readouterr().out == "Run this cell to play.\n"
    assert game.score.played == 0


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"twin": 0}, ValueError, "twin must be from 1 to 5"),
        ({"twin": 6}, ValueError, "got 6"),
        ({"alt": ""}, ValueError, "alt is empty"),
        ({"look_for": 3}, TypeError, "look_for must be a string"),
    ],
)
def test_bad_page(change, error, words):
    with pytest.raises(error, match=words):
        play_real_or_not(RealOrNot(*pairs(5), seed=1), **{**WORDS, **change})
