"""Every frame once an epoch, rows that go on, flags where clips begin: for any clips, rows, chunk and workers."""

import itertools

import av
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.data import made_clip
from course_lib.video import LabStore, convert_videos
from course_lib.video.stream_loader import StatefulStreamLoader

SHAPES = st.tuples(
    st.lists(st.integers(1, 25), min_size=1, max_size=9),  # lengths
    st.integers(1, 9),  # rows
    st.integers(1, 8),  # chunk
    st.one_of(st.none(), st.integers(0, 2**32)),  # seed
)


def numbered(lengths):
    """Clips of 1 x 2 pixels whose values are their clip and frame."""
    return [
        np.stack([np.full(n, i), np.arange(n)], 1)[:, None].astype(np.int32) for i, n in enumerate(lengths)
    ]


def loader_of(lengths, rows, chunk, seed, **options):
    return StatefulStreamLoader(numbered(lengths), min(rows, len(lengths)), chunk, seed=seed, **options)


def shown(batches):
    """The (clip, frame) pairs that each row shows, read off the pixels of its valid frames."""
    return [
        [tuple(pixel.tolist()) for batch in batches for pixel in batch.frames[row, batch.valid[row], 0]]
        for row in range(len(batches[0].valid))
    ]


@settings(deadline=None, max_examples=100)
@given(SHAPES)
def test_every_frame_once_and_in_its_row(shape):
    lengths = shape[0]
    rows = shown(list(loader_of(*shape)))
    seen = [pair for row in rows for pair in row]
    assert sorted(seen) == [(clip, frame) for clip, n in enumerate(lengths) for frame in range(n)]
    for row in rows:  # whole clips, one after the other, each from its first frame to its last
        assert row == [
            (clip, frame)
            for clip, _ in itertools.groupby(pair[0] for pair in row)
            for frame in range(lengths[clip])
        ]


@settings(deadline=None, max_examples=100)
@given(SHAPES)
def test_flags_say_what_the_pixels_show(shape):
    lengths, loader = shape[0], loader_of(*shape)
    batches = list(loader)
    for batch in batches:
        clip, frame = batch.frames[:, :, 0].unbind(-1)  # as the pixels say
        assert torch.equal(clip, batch.clip[:, None].expand_as(clip).int())
        assert torch.equal(frame, batch.frame.int())
        assert torch.equal(batch.is_first, (frame[:, 0] == 0) & batch.valid[:, 0])
        ends = torch.tensor(lengths)[batch.clip] - 1
        assert (
            frame[~batch.valid] == ends[:, None].expand_as(frame)[~batch.valid]
        ).all()  # padding: the last frame
        assert (batch.valid[:, 1:] <= batch.valid[:, :-1]).all()  # and only at a chunk's end
    assert batches[0].is_first.all()
    assert sum(int(batch.is_first.sum()) for batch in batches) == len(lengths)
    assert all(batch.valid.any() for batch in batches)  # no batch of padding alone


@settings(deadline=None, max_examples=100)
@given(SHAPES)
def test_the_length_is_the_number_of_batches(shape):
    loader = loader_of(*shape)
    for _ in range(3):  # epochs differ
        expected = len(loader)
        assert sum(1 for _ in loader) == expected


def test_padding_is_little_when_clips_are_many():
    """Rows are refilled at once: what they waste is below one chunk a clip and one clip a row."""
    lengths = np.random.default_rng(0).integers(20, 60, 200).tolist()
    batches = list(loader_of(lengths, 8, 4, 0))
    padding = sum(int((~batch.valid).sum()) for batch in batches)
    assert padding <= 3 * len(lengths) + 8 * max(lengths)
    assert padding / (padding + sum(lengths)) < 0.1


def test_order_follows_from_seed_and_epoch():
    def clips(loader):
        return torch.cat([batch.clip[batch.is_first] for batch in loader]).tolist()

    lengths = [3] * 40
    loader, same = loader_of(lengths, 4, 3, 7), loader_of(lengths, 4, 3, 7)
    first, second = clips(loader), clips(loader)
    assert loader.epoch == 2
    assert (clips(same), clips(same)) == (first, second)
    assert first != second and sorted(first) == sorted(second) == list(range(40))
    assert clips(loader_of(lengths, 4, 3, 8)) != first
    assert clips(loader_of(lengths, 4, 3, None)) == list(range(40))


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(workers):
    shape = ([5, 1, 9, 4, 7, 3, 12], 3, 4, 1)
    alone, helped = loader_of(*shape), loader_of(*shape, workers=workers)
    before = torch.get_rng_state()
    for _ in range(2):
        pairs = list(zip(alone, helped, strict=True))
        assert len(pairs) >= 5 and all(same(*pair) for pair in pairs)
    next(iter(helped))  # left half way, with batches read ahead
    assert all(same(*pair) for pair in zip(alone, helped, strict=True))
    assert torch.equal(torch.get_rng_state(), before)  # what the network draws from


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.integers(0, 30), st.integers(0, 2))
def test_a_state_goes_on_where_it_was_taken(shape, steps, epochs):
    loader, fresh = loader_of(*shape), loader_of(*shape)
    for _ in range(epochs):
        list(loader)
    running = iter(loader)
    list(itertools.islice(running, min(steps, len(loader))))
    fresh.load_state_dict(loader.state_dict())
    assert fresh.state_dict() == loader.state_dict()
    assert all(same(*pair) for pair in zip(running, fresh, strict=True))
    assert fresh.epoch == loader.epoch == epochs + 1
    assert all(
        same(*pair) for pair in zip(loader, fresh, strict=True)
    )  # and the next epoch from its beginning


def test_a_state_taken_with_batches_read_ahead():
    shape = ([20, 11, 15], 2, 3, 0)
    loader = loader_of(*shape, workers=2)
    running = iter(loader)
    list(itertools.islice(running, 4))
    fresh = loader_of(*shape)
    fresh.load_state_dict(loader.state_dict())
    assert all(same(*pair) for pair in zip(running, fresh, strict=True))


def test_a_state_of_another_stream_is_refused():
    state = loader_of([5, 6], 2, 3, 0).state_dict()
    for other in (([5, 7], 2, 3, 0), ([5, 6], 1, 3, 0), ([5, 6], 2, 4, 0), ([5, 6], 2, 3, 1)):
        with pytest.raises(ValueError, match="another stream"):
            loader_of(*other).load_state_dict(state)


def test_an_epoch_left_half_way_starts_again():
    loader = loader_of([9, 8, 7], 2, 2, 0)
    first = next(iter(loader))
    assert loader.epoch == 0 and same(first, next(iter(loader)))


def test_two_passes_at_once_are_refused():
    loader = loader_of([9, 8], 2, 2, 0)
    older = iter(loader)
    next(older)
    next(iter(loader))
    with pytest.raises(RuntimeError, match="another pass"):
        next(older)


def test_a_recurrent_sum_over_chunks_is_that_over_whole_clips():
    """What the loader is for: a state that is carried on, and zeroed where flagged, has seen its clip and no other."""
    lengths = [7, 3, 12, 5, 8]
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=(n, 2, 3)).astype(np.float32) for n in lengths]
    ends = {}
    state = torch.zeros(2, 2, 3)
    for batch in StatefulStreamLoader(clips, rows=2, chunk=4):
        state = torch.where(batch.is_first[:, None, None], 0.0, state)
        for frame, valid in zip(batch.frames.unbind(1), batch.valid.unbind(1), strict=True):
            state = torch.where(valid[:, None, None], 0.9 * state + frame, state)
        ends |= {clip: row.clone() for clip, row in zip(batch.clip.tolist(), state, strict=True)}
    for clip, end in ends.items():
        whole = np.zeros((2, 3), np.float32)
        for frame in clips[clip]:
            whole = 0.9 * whole + frame
        np.testing.assert_allclose(end, whole, atol=1e-5)
    assert len(ends) == len(lengths)


def test_frames_keep_dtype_and_give_channels_last():
    clips = [np.zeros((6, 4, 5, 3), np.float16), torch.zeros(7, 4, 5, 3, dtype=torch.float16)]
    batch = next(iter(StatefulStreamLoader(clips, rows=2, chunk=3)))
    assert batch.frames.shape == (2, 3, 4, 5, 3) and batch.frames.dtype == torch.float16
    pictures = batch.frames.movedim(-1, 2).flatten(0, 1)  # (N * T, C, H, W)
    assert pictures.is_contiguous(memory_format=torch.channels_last)
    assert pictures.data_ptr() == batch.frames.data_ptr()


class Broken:
    def __len__(self):
        return 5

    def __getitem__(self, index):
        raise OSError("disk on fire")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_clip_that_cannot_be_read_is_named(workers):
    loader = StatefulStreamLoader([np.zeros((5, 1)), Broken()], rows=2, chunk=3, workers=workers)
    with pytest.raises(RuntimeError, match=r"clips\[1\]\[0:3\] can't be read: disk on fire"):
        next(iter(loader))


def test_clips_that_do_not_match_are_named():
    for other in (np.zeros((5, 4, 5)), np.zeros((5, 4, 4), np.float32)):
        loader = StatefulStreamLoader([np.zeros((5, 4, 4)), other], rows=2, chunk=3)
        with pytest.raises(ValueError, match=r"clips \[0, 1\] must be of one shape and dtype"):
            next(iter(loader))

    class Short(Broken):
        def __getitem__(self, index):
            return np.zeros((1, 2))

    with pytest.raises(ValueError, match=r"clips\[0\]\[0:3\] must hold 3 frames"):
        next(iter(StatefulStreamLoader([Short()], rows=1, chunk=3)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"clips": []}, "rows must"),
        ({"clips": [np.zeros((3, 1)), np.zeros((0, 1))]}, r"clips\[1\]"),
        ({"rows": 0}, "rows"),
        ({"rows": 3}, "rows must lie between 1 and 2"),
        ({"chunk": 0}, "chunk"),
        ({"workers": -1}, "workers"),
    ],
)
def test_bad_requests_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        StatefulStreamLoader(**{"clips": numbered([4, 5]), "rows": 2, "chunk": 3} | options)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    for seed, frames in enumerate((9, 4, 6)):
        with av.open(folder / f"{seed}.mp4", "w") as file:
            stream = file.add_stream("mpeg4", rate=10, width=64, height=48, pix_fmt="yuv420p")
            for frame in made_clip(seed, frames=frames, size=(48, 64)).frames:
                picture = av.VideoFrame.from_ndarray(np.rint(255 * frame).astype(np.uint8), format="rgb24")
                file.mux(stream.encode(picture))
            file.mux(stream.encode(None))
    convert_videos([folder], folder / "store", size=(64, 48), workers=1)
    with LabStore(folder / "store") as store:
        yield store


@pytest.mark.parametrize("workers", [0, 2])
def test_a_lab_store_is_streamed_whole(store, workers):
    assert [video.frames for video in store.videos] == [9, 4, 6]
    store[0]  # opens a file here, which no worker may read from
    seen = np.zeros(len(store), int)
    for batch in StatefulStreamLoader(store, rows=2, chunk=4, workers=workers):
        for row, clip in enumerate(batch.clip.tolist()):
            numbers = [store.index(clip, frame) for frame in batch.frame[row].tolist()]
            np.testing.assert_array_equal(batch.frames[row], np.stack([store[number] for number in numbers]))
            np.add.at(seen, np.array(numbers)[batch.valid[row].numpy()], 1)
    np.testing.assert_array_equal(seen, 1)
