"""`play` and `predict`: what the student moves, what is kept, what is read without a kernel."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from course_lib.teach import figure, guesses, play, predict, record
from course_lib.teach.guesses import _guess_widget, _step
from course_lib.teach.widgets import player

CONTROLS = {"radius": (1, 9, 2, 3), "share": (0.0, 1.0, 0.1, 0.5), "photo": ["coffee", "china"]}
START = {"radius": 3, "share": 0.5, "photo": "coffee"}
WORDS = {"look_for": "The edge.", "caption": "Wider.", "alt": "A curve"}


def draw(radius, share, photo, width=2.0):
    if radius == 9:
        raise ValueError("radius <9> is too much")
    fig, ax = figure(width=width)
    ax.set_title(f"{radius} {share} {photo}")
    return fig


def test_player_redraws_with_alt():
    calls = []
    box = player(lambda **values: calls.append(values) or draw(**values), CONTROLS, 'A "curve"')
    radius, share, photo, screen = box.children
    assert calls == [START]
    assert [c.description for c in (radius, share, photo)] == ["radius", "share", "photo"]
    assert not radius.continuous_update
    assert not share.continuous_update
    assert type(radius.value) is int
    assert 'alt="radius = 3, share = 0.5, photo = coffee: A &quot;curve&quot;"' in screen.value
    before = screen.value
    photo.value = "china"
    assert calls[-1] == {**START, "photo": "china"}
    assert screen.value != before
    radius.value = 9
    assert "radius = 9" in screen.value
    assert "ValueError: radius &lt;9&gt; is too much" in screen.value
    assert 'role="alert"' in screen.value
    radius.value = 5
    assert "<img" in screen.value


def test_play_publishes_a_twin(published, capsys):
    play(draw, CONTROLS, twin=[START, {**START, "radius": 5}, {**START, "radius": 7}], **WORDS)
    plain = [data["text/plain"] for data, _ in published]
    assert plain == ["Look for: The edge.", "[picture: A curve]", "Figure: Wider."]
    assert capsys.readouterr().out == "Run this cell to play.\n"
    data, metadata = published[1]
    assert metadata["image/png"] == {"alt": "A curve"}
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (660, 286)


def test_wide_twins_stack(published):
    play(
        lambda radius: draw(radius, 0, "", width=8.0),
        {"radius": (1, 9, 1, 3)},
        twin=[{"radius": 1}] * 2,
        **WORDS,
    )
    assert Image.open(io.BytesIO(base64.b64decode(published[1][0]["image/png"]))).size == (880, 572)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"controls": {}}, TypeError, "at least one control"),
        ({"controls": {"a": (0, 1, 0.1)}}, ValueError, "control 'a'"),
        ({"controls": {"a": (0, 1, 0.1, 2)}}, ValueError, "low <= start <= high"),
        ({"controls": {"a": []}}, ValueError, "control 'a'"),
        ({"twin": []}, ValueError, "twin must be"),
        ({"twin": [{"b": 1}]}, ValueError, "['b']"),
        ({"look_for": ""}, ValueError, "look_for is empty"),
        ({"alt": ""}, ValueError, "alt is empty"),
        ({"draw": lambda a: None}, TypeError, "draw must return a Figure, got NoneType"),
    ],
)
def test_bad_play(published, change, error, words):
    call = {
        "draw": lambda a: figure()[0],
        "controls": {"a": (0, 1, 1, 0)},
        "twin": [{"a": 0}],
        **WORDS,
        **change,
    }
    with pytest.raises(error, match=re.escape(words)):
        play(call.pop("draw"), call.pop("controls"), **call)


@pytest.fixture(autouse=True)
def _no_guesses(monkeypatch):
    monkeypatch.setattr(guesses, "_kept", {})


def test_predict_keeps_a_choice(capsys):
    box, button, said = _guess_widget("02.which", "Which?", ["L1 <b>", "L2"], None, None, "").children
    assert box.value is None
    button.click()
    assert "Choose one first" in said.value
    assert record.load()["guesses"] == {}
    box.value = "L1 <b>"
    button.click()
    assert "Kept: L1 &lt;b&gt;" in said.value
    assert record.load()["guesses"] == {"02.which": "L1 <b>"}
    predict.reveal("02.which", "L2", "The mean wins.")
    assert capsys.readouterr().out == "Measured: L2 (you guessed L1 <b>). The mean wins.\n"


def test_predict_keeps_a_number(capsys):
    box, button, _ = _guess_widget("02.share", "How much?", None, 0, 100, "%").children
    box.value = 40
    button.click()
    predict.reveal("02.share", np.float32(12.3456), unit="%")
    assert capsys.readouterr().out == "Measured: 12.3% (you guessed 40%).\n"


def test_without_a_guess_the_output_is_stable(published, capsys):
    record.note_guess("02.share", 99)  # from another day: doesn't count, or stored outputs would differ
    predict("02.share", "How much?", low=0, high=1, unit="dB")
    predict.reveal("02.share", 0.5, unit="dB")
    assert published[0][0]["text/plain"] == "Your guess? How much?\nA number from 0 to 1 dB."
    assert capsys.readouterr().out == "Run this cell to keep a guess.\nMeasured: 0.5 dB (no guess kept).\n"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"choices": ["a"]},
        {"choices": ["a", "a"]},
        {"low": 1},
        {"low": 1, "high": 1},
        {"low": 0, "high": 1, "choices": ["a", "b"]},
    ],
)
def test_bad_predict(options):
    with pytest.raises(ValueError, match=r"choices|low"):
        predict("00.x", "?", **options)


def test_slider_steps_read_well():
    for span in (1, 0.3, 100, 110, 7, 1e-4):
        step = _step(span)
        assert 50 <= span / step <= 200
        assert f"{step:.0e}"[0] in "125"
