"""Figures, photos, captions, alt text and headlines as a notebook gets them."""

import base64
import io
from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from course_lib.teach import COLORS, figure, headline, show
from course_lib.teach.pictures import HEADLINE_MIME, compress


def picture(bundle):
    mime = next(m for m in bundle[0] if m.startswith("image/"))
    return mime, np.asarray(Image.open(io.BytesIO(base64.b64decode(bundle[0][mime]))).convert("RGB")) / 255


def test_figure_has_no_pyplot_state():
    fig, axes = figure(2, 3, sharex=True)
    assert axes.shape == (2, 3)
    assert tuple(fig.get_size_inches()) == (8.0, 5.2)
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []
    assert tuple(figure(height=4, width=3)[0].get_size_inches()) == (3.0, 4.0)
    assert matplotlib.rcParams["font.size"] >= 10


def luminance(color):
    """Relative luminance, WCAG 2.2."""
    v = np.array(to_rgb(color))
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def test_neighbors_in_the_palette_differ_in_lightness():
    light = [luminance(c) for c in COLORS.values()]
    contrast = [(max(p) + 0.05) / (min(p) + 0.05) for p in pairwise(light)]
    assert min(contrast) > 1.4
    assert max(light) < 0.5  # each stands out from white


def test_show_carries_alt_and_caption(published):
    show(np.full((4, 6), 0.5), caption="Gray  is\ngray.", alt='A "gray" <area>')
    (data, metadata), (words, _) = published
    assert data["text/plain"] == '[picture: A "gray" <area>]'
    assert metadata["image/png"]["alt"] == 'A "gray" <area>'
    assert words["text/plain"] == "Figure: Gray is gray."
    assert words["text/markdown"].startswith("*Figure: Gray is gray.*")
    assert "A &quot;gray&quot; &lt;area&gt;" in words["text/markdown"]


def test_show_keeps_colors(published):
    images = [np.broadcast_to(np.array(c, float), (8, 12, 3)) for c in ([1, 0, 0], [0, 0.5, 0.25])]
    show(images, caption="Two.", alt="Two", titles=["red", "green"])
    _, pixels = picture(published[0])
    height, width = pixels.shape[:2]
    assert width <= 900
    for i, image in enumerate(images):
        middle = pixels[height * 2 // 3, width * (2 * i + 1) // 4]
        assert np.abs(middle - image[0, 0]).max() < 0.01


def test_photo_sized_pictures_stay_light_and_true():
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (60, 88, 3), dtype=np.uint8)).resize(
        (880, 600), Image.Resampling.BICUBIC
    )
    mime, data = compress(noise)
    assert mime == "image/jpeg"
    back = np.asarray(Image.open(io.BytesIO(data))).astype(float)
    assert np.abs(back - np.asarray(noise)).mean() < 3
    assert len(data) < 400_000


def test_drawings_are_png(published):
    fig, ax = figure()
    ax.plot([0, 1])
    show(fig, caption="A line.", alt="A line rises")
    assert picture(published[0])[0] == "image/png"


GOOD = {"caption": "c", "alt": "a"}


@pytest.mark.parametrize(
    ("content", "options", "error", "words"),
    [
        (np.zeros((2, 2)), {"caption": " ", "alt": "a"}, ValueError, "caption is empty"),
        (np.zeros((2, 2)), {"caption": "c", "alt": ""}, ValueError, "alt is empty"),
        (np.zeros((2, 2)), {"caption": "c", "alt": None}, TypeError, "alt must be a string"),
        (np.zeros((2, 2, 4)), GOOD, ValueError, "(2, 2, 4)"),
        (np.zeros((0, 2)), GOOD, ValueError, "(0, 2)"),
        (np.zeros(3), GOOD, ValueError, "(3,)"),
        (np.zeros((2, 2), np.uint8), GOOD, TypeError, "uint8"),
        (np.full((2, 2), np.nan), GOOD, ValueError, "4 values that are NaN"),
        (np.full((2, 2), 255.0), GOOD, ValueError, "255"),
        ([np.zeros((2, 2)), np.full((2, 2), -1.0)], GOOD, ValueError, "image 1"),
        ([], GOOD, ValueError, "empty list"),
        ([np.zeros((2, 2))], {**GOOD, "titles": ["a", "b"]}, ValueError, "2 entries for 1"),
        ("coffee", GOOD, ValueError, "shape ()"),
        (figure()[0], {**GOOD, "titles": ["a"]}, ValueError, "titles belong to images"),
    ],
)
def test_bad_content(published, content, options, error, words):
    with pytest.raises(error) as caught:
        show(content, **options)
    assert words in str(caught.value)
    assert not published


def test_headline(published):
    headline("L2 keeps little chroma")
    data, _ = published[0]
    assert data[HEADLINE_MIME] == {"headline": "L2 keeps little chroma"}
    assert data["text/plain"] == "Headline: L2 keeps little chroma"
    with pytest.raises(ValueError, match="text is empty"):
        headline("  ")


def test_outside_a_notebook_the_words_are_printed(capsys):
    show(np.zeros((2, 2)), caption="Black.", alt="A black square")
    assert capsys.readouterr().out == "[picture: A black square]\nFigure: Black.\n"
