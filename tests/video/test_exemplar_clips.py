"""Training samples: each follows from seed and step, moves as it should, and can't be colored but from its reference."""

import numpy as np
import pytest

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip, photos
from course_lib.images.photo_sets import PhotoSet
from course_lib.video.clip_sets import ClipSet
from course_lib.video.colormnet import exemplar_clips
from course_lib.video.colormnet.exemplar_clips import KINDS, ExemplarClips, open_exemplar_clips

SIZE = (64, 48)


def only(kind):
    return {name: float(name == kind) for name in KINDS}


@pytest.fixture(scope="module")
def sets():
    """Two made sequences of 12 and 7 frames, and two photos."""
    clips = [
        rgb_to_lab(made_clip(i, frames=length, size=(68, 120)).frames).astype(np.float16)
        for i, length in enumerate((12, 7))
    ]
    pictures = [rgb_to_lab(p).astype(np.float16)[:200, :300] for p in list(photos().values())[:2]]
    return ClipSet(("a", "b"), tuple(clips)), PhotoSet(("x", "y"), tuple(pictures), np.full(2, -1))


def draw(sets, kind, step=0, rows=1, frames=4):
    return ExemplarClips(*sets, only(kind)).batch(3, step, rows=rows, frames=frames, size=SIZE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_follows_from_seed_and_step(sets, kind):
    one = draw(sets, kind, step=5, rows=3)
    assert one.shape == (3, 4, 48, 64, 3) and one.dtype == np.float32 and np.isfinite(one).all()
    assert np.array_equal(one, draw(sets, kind, step=5, rows=3))
    assert not np.array_equal(one, draw(sets, kind, step=6, rows=3))
    assert (one[..., 0] >= 0).all() and (one[..., 0] <= 100.5).all()


def test_shares_are_kept(sets):
    mixed = ExemplarClips(*sets, {"video": 0.5, "photo": 0.5, "made": 0.0})
    counts = {"_video": 0, "_photo": 0}
    for name in counts:
        plain = getattr(ExemplarClips, name)

        def counted(self, *args, name=name, plain=plain):
            counts[name] += 1
            return plain(self, *args)

        setattr(ExemplarClips, name, counted)
        try:
            mixed.batch(0, 0, rows=40, frames=2, size=(32, 32))
        finally:
            setattr(ExemplarClips, name, plain)
    assert all(10 <= count <= 30 for count in counts.values()) and sum(counts.values()) == 40


def test_sequences_are_shown_in_even_steps_either_way(sets):
    """Frames that tell their number by L: even steps of 1 to 5, forth and back, never past the end."""
    numbered = np.broadcast_to(np.arange(30, dtype=np.float16)[:, None, None, None], (30, 48, 64, 3))
    clips = ClipSet(("n",), (numbered,)), sets[1]
    steps = set()
    for step in range(60):
        levels = draw(clips, "video", step=step)[0, :, 0, 0, 0]
        gaps = np.diff(levels)
        assert np.allclose(gaps, gaps[0])
        steps.add(round(float(gaps[0])))
    assert steps == {gap * way for gap in range(1, 6) for way in (1, -1)}


def test_a_short_sequence_is_shown_with_smaller_gaps(sets):
    short = ClipSet(("s",), (np.zeros((5, 48, 64, 3), np.float16),))
    for step in range(10):
        assert draw((short, sets[1]), "video", step=step, frames=5).shape[1] == 5


def test_lightness_does_not_tell_the_hue(sets, monkeypatch):
    """The same draw with hues turned and not: one lightness, chroma in proportion, hues turned by one angle."""
    for kind in KINDS:
        found = {}
        for share in (0.0, 1.0):
            monkeypatch.setattr(exemplar_clips, "_TURNED", share)
            found[share] = draw(sets, kind, step=8)
        plain, turned = found[0.0], found[1.0]
        assert np.array_equal(plain[..., 0], turned[..., 0])
        one, other = (x[..., 1] + 1j * x[..., 2] for x in (plain, turned))
        clear = np.abs(one) > 5
        factor = (other / np.where(clear, one, 1))[clear]
        assert np.abs(factor).min() > 0.75 and np.abs(factor).max() < 1.45
        # a photo's two layers are turned apart, everything else as one
        assert len(np.unique(np.round(np.angle(factor), 1))) <= (4 if kind == "photo" else 2)


def test_photos_move_ever_farther_from_the_reference(sets, monkeypatch):
    monkeypatch.setattr(exemplar_clips, "_TURNED", 0.0)
    lab = draw(sets, "photo", rows=12)
    changes = np.abs(lab[:, 1:, ..., 1:] - lab[:, :1, ..., 1:]).mean((2, 3, 4))  # (12, 3)
    assert (changes > 0.1).all()
    assert (np.diff(changes.mean(0)) > 0).all()


def test_colors_of_later_frames_are_in_the_reference(sets, monkeypatch):
    """What a network is to carry over must be there: nearly all colors of a made clip's frames are in its first."""
    monkeypatch.setattr(exemplar_clips, "_TURNED", 1.0)
    lab = draw(sets, "made", step=2, frames=4)[0]
    reference = lab[0, ..., 1:].reshape(-1, 2)
    wanted = lab[-1, ::5, ::5, 1:].reshape(-1, 2)
    nearest = np.linalg.norm(wanted[:, None] - reference[None], axis=-1).min(1)
    assert np.median(nearest) < 2


@pytest.mark.parametrize(
    ("specs", "shares", "words"),
    [
        (["stills:somewhere"], {"video": 1.0}, "shares must give video, photo, made"),
        (["stills:somewhere"], only("video") | {"made": 0.5}, "sum to 1"),
        (["stills:somewhere"], only("video"), "ask for video, but none is among the sets stills:somewhere"),
        (["davis/train"], only("photo"), "ask for photo, but none is among"),
    ],
)
def test_shares_that_ask_for_what_is_not_there_are_refused(specs, shares, words):
    with pytest.raises(ValueError, match=words):
        open_exemplar_clips(specs, shares)
