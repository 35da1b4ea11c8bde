"""Matching inside segments: by hand, against the masked softmax of torch, and on rooms whose colors are known."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import generic_filter

from course_lib.color import rgb_to_lab
from course_lib.data import THINGS, made_room
from course_lib.video.colormnet.readout import affinity, read_out
from course_lib.video.segments import (
    carry_color,
    find_segments,
    in_cells,
    match_segments,
    plain_features,
    segment_read,
)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_segment_read_is_a_masked_softmax(seed, stored, asking, released):
    rng = torch.Generator().manual_seed(seed)
    k, q = torch.randn(2, 3, stored, generator=rng), torch.randn(2, 3, asking, generator=rng)
    m, n = torch.randint(3, (stored,), generator=rng), torch.randint(3, (asking,), generator=rng)
    distance = ((k[:, :, None] - q[..., None]) ** 2).sum(1)  # (2, Q, M)
    options = {"reading": "plain"}
    if released:
        s, e = torch.rand(2, 1, stored, generator=rng) + 1, torch.rand(2, 3, asking, generator=rng)
        distance = (e[..., None] * (k[:, :, None] - q[..., None]) ** 2).sum(1) * s / 3**0.5
        options = {"shrinkage": s, "selection": e}
    masked = torch.where(n[:, None] == m, -distance, -torch.inf).softmax(-1).nan_to_num(0)
    value = torch.randn(2, 2, 4, stored, generator=rng)
    expected = torch.einsum("nqm,nkcm->nkcq", masked, value)
    torch.testing.assert_close(segment_read(k, q, value, m, n, **options), expected, atol=1e-5, rtol=1e-4)


def test_one_segment_is_no_restriction():
    k, q, value = torch.randn(3, 1, 4, 9, generator=torch.Generator().manual_seed(0))
    one = torch.ones(9, dtype=torch.int64)
    expected = read_out(affinity(k, q, top_k=3), value)
    torch.testing.assert_close(segment_read(k, q, value, one, one, top_k=3), expected)


def test_plain_features_are_means_and_spreads():
    lightness = 100 * np.random.default_rng(0).random((12, 16))
    features = plain_features(lightness, position=4.0)
    for channel, (measure, unit) in enumerate(((np.mean, 5), (np.std, 2))):
        filtered = generic_filter(lightness, measure, 5, mode="reflect") / unit
        np.testing.assert_allclose(features[..., channel], in_cells(filtered[..., None])[..., 0], rtol=1e-4)
    rows, columns = np.mgrid[1:12:2, 1:16:2]
    np.testing.assert_allclose(features[..., 2], 4 * rows / 16, rtol=1e-6)
    np.testing.assert_allclose(features[..., 3], 4 * columns / 16, rtol=1e-6)


def test_carry_color_by_hand():
    reference = np.array([[[0.0], [1.0], [0.0]]])
    colors = np.array([[[10.0, 0.0], [0.0, 20.0], [30.0, 30.0]]])
    ab, known = carry_color(reference, colors, np.zeros((1, 1, 1)))
    weights = np.exp([0, -1, 0]) / np.exp([0, -1, 0]).sum()
    np.testing.assert_allclose(ab[0, 0], weights @ colors[0], rtol=1e-5)
    assert known.all()
    labels = {"reference_labels": [[4, 4, 7]], "labels": [[4, 7, 5]]}
    ab, known = carry_color(reference, colors, np.zeros((1, 3, 1)), **labels)
    share = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(ab[0], [[10 * share, 20 * (1 - share)], [30, 30], [0, 0]], rtol=1e-5)
    np.testing.assert_array_equal(known, [[True, True, False]])


def errors(seed, segments):
    """Color error in the masks of sofa, table and person, all three elsewhere than in the reference."""
    reference, clip = (
        made_room(seed, frames=1, walk=(0.5, 0.5)),
        made_room(seed, frames=1, sofa=0.7, table=0.25),
    )
    then, now = rgb_to_lab(reference.frames[0]), rgb_to_lab(clip.frames[0])
    memory, query = (plain_features(x[..., 0], position=10.0) for x in (then, now))
    labels = {}
    if segments == "true":
        labels = {"reference_labels": reference.labels[0, ::2, ::2], "labels": clip.labels[0, ::2, ::2]}
    elif segments == "found":
        there = find_segments(memory)
        labels = {
            "reference_labels": there,
            "labels": match_segments(memory, there, query, find_segments(query)),
        }
    ab, known = carry_color(memory, in_cells(then[..., 1:]), query, **labels)
    assert known.all()
    error = np.linalg.norm(ab - in_cells(now[..., 1:]), axis=-1)
    return [
        error[clip.labels[0, ::2, ::2] == THINGS.index(name)].mean() for name in ("sofa", "table", "person")
    ]


def test_segments_mend_what_stands_elsewhere():
    """True segments take nearly all of the error away, found ones more than half, over five rooms."""
    plain, found, true = (
        np.mean([errors(seed, kind) for seed in range(5)]) for kind in ("", "found", "true")
    )
    assert true < 0.3 * plain and found < 0.5 * plain


def test_match_segments_finds_the_same_looks_whatever_their_number():
    features = np.zeros((2, 6, 4))
    features[:, 2:4, 0], features[:, 4:, 1] = 5, 5
    segments = np.array([[8, 8, 3, 3, 5, 5]] * 2)
    moved = np.roll(features, 2, 1) + 0.1
    numbers = np.array([[2, 2, 0, 0, 9, 9]] * 2)
    np.testing.assert_array_equal(match_segments(features, segments, moved, numbers), np.roll(segments, 2, 1))


def test_found_segments_keep_to_things():
    """Nine in ten places lie in a segment most of which shows the same thing."""
    for seed in range(4):
        room = made_room(seed, frames=1)
        segments = find_segments(plain_features(rgb_to_lab(room.frames[0])[..., 0]))
        truth = room.labels[0, ::2, ::2]
        most = sum(np.bincount(truth[segments == k]).max() for k in np.unique(segments))
        assert most / truth.size > 0.9


MAP, AB, ROW = np.zeros((2, 3, 4), np.float32), np.zeros((2, 3, 2)), np.zeros((2, 3), int)
KEY = torch.zeros(1, 2, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plain_features(np.zeros((3, 4))), "lightness"),
        (lambda: plain_features(np.zeros((4, 4, 3))), "lightness"),
        (lambda: carry_color(MAP, AB[:, :2], MAP), "reference_ab"),
        (lambda: carry_color(MAP, AB, MAP[..., :3]), "features"),
        (lambda: carry_color(MAP, AB, MAP, labels=ROW), "both"),
        (lambda: carry_color(MAP, AB, MAP, labels=ROW, reference_labels=ROW[:1]), "reference_labels"),
        (lambda: carry_color(MAP, AB, MAP, labels=ROW * 0.5, reference_labels=ROW), "labels"),
        (lambda: segment_read(KEY, KEY, KEY, torch.zeros(2), torch.zeros(3)), "memory_labels"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
