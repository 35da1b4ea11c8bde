"""Many videos in lockstep, for networks that remember: row i of every batch goes on where row i of the last one ended.

    step     0         1         2         3
    row 0    A 0-3     A 4-7     A 8-9··   D 0-3      A batch is one column: N rows, T frames each.
    row 1    B 0-3     B 4-7     E 0-3     E 4-5··    · is padding
                                 ↑ is_first           ↑ 2 of 4 frames are valid

A chunk holds frames of one video only. The last chunk of a video is filled up with its last frame, and `valid` says so;
the next video waits for the next chunk. Starting it inside the same chunk would save the padding, but then a network
would have to reset its state between frames, and one that also runs backwards would carry one video into another.
As it is, one reset a chunk is enough: zero the rows where `is_first`.
"""

import heapq
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from torch import Generator, Tensor, from_numpy
from torch.utils.data import DataLoader, Dataset

from course_lib.video.lab_store import LabStore, StoredVideo

Place = tuple[int, int]  # a clip's index, and the frame that a chunk starts with


class StreamBatch(NamedTuple):
    """What `StatefulStreamLoader` gives at each step: N rows, T frames each.

    Attributes
    ----------
    frames : Tensor, ``(N, T, *frame)``
        As the clips hold them, with the dtype that they have. Of frames (H, W, C), ``frames.movedim(-1, 2)`` gives
        (N, T, C, H, W) without copying, in PyTorch's quick "channels last" order.
    is_first : Tensor, (N,) bool
        Rows whose chunk begins a clip.
    valid : Tensor, (N, T) bool
        False for padding: after a clip's end, and in rows for which the epoch has no clip left.
    clip : Tensor, (N,) int64
        Index of the clip that a row shows.
    frame : Tensor, (N, T) int64
        Which frame of it; padding repeats the last one.
    """

    frames: Tensor
    is_first: Tensor
    valid: Tensor
    clip: Tensor
    frame: Tensor


class StatefulStreamLoader:
    """Stream clips in lockstep, chunk by chunk. Iterating over it gives one epoch, each frame exactly once.

    Parameters
    ----------
    clips : LabStore, or sequence of clips
        A clip has a length and gives frames for a slice, such as an array (frames, H, W, 3). Frames are of one shape
        and dtype. With workers, clips are handed to other processes: what can't be pickled, such as an open HDF5 file,
        is not a clip; a `LabStore` is.
    rows : int
        N, how many clips are read side by side; at most as many as there are.
    chunk : int
        T, frames a row and step.
    seed : int or None
        Decides, with `epoch`, the order of the clips. None keeps the order given.
    workers : int
        Processes that read ahead while the model works. 0 reads in this process, between steps. The batches are the
        same whatever the number.

    Attributes
    ----------
    epoch : int
        Grows by one each time an epoch has been read to its end. One that was left half way starts again.

    Raises
    ------
    ValueError
        No clips; an empty one; rows, chunk or workers out of range. While reading: frames of another shape or dtype.
    RuntimeError
        While reading: a clip that can't be read, by its index; a pass that goes on after a later one has begun.

    Examples
    --------
    >>> clips = [np.zeros((10, 4, 6, 3), np.float32), np.zeros((5, 4, 6, 3), np.float32)]
    >>> for batch in StatefulStreamLoader(clips, rows=2, chunk=4, seed=None):
    ...     print(tuple(batch.frames.shape), batch.is_first.tolist(), batch.valid.sum(1).tolist())
    (2, 4, 4, 6, 3) [True, True] [4, 4]
    (2, 4, 4, 6, 3) [False, False] [4, 1]
    (2, 4, 4, 6, 3) [False, False] [2, 0]
    """

    def __init__(
        self,
        clips: LabStore | Sequence[Any],
        rows: int,
        chunk: int,
        *,
        seed: int | None = 0,
        workers: int = 0,
    ):
        if isinstance(clips, LabStore):
            clips = [_StoredClip(clips, video) for video in clips.videos]
        lengths = [len(clip) for clip in clips]
        if 0 in lengths:
            raise ValueError(f"clips must not be empty; clips[{lengths.index(0)}] is")
        if not 1 <= rows <= len(lengths):
            raise ValueError(f"rows must lie between 1 and {len(lengths)}, the number of clips; got {rows}")
        if chunk < 1 or workers < 0:
            raise ValueError(f"chunk must be at least 1, workers at least 0; got {chunk} and {workers}")
        self._plan = _Plan(lengths, rows, chunk, seed)
        self._loader = DataLoader(
            _Reader(clips, lengths, chunk),
            batch_size=None,  # an item is a batch already
            collate_fn=_share_frames_only,
            sampler=self._plan,
            num_workers=workers,
            persistent_workers=workers > 0,
            generator=Generator(),  # its own, so that loading never moves the one the network draws from
        )
        self._step = 0  # batches given of this epoch
        self._passes = 0

    @property
    def epoch(self) -> int:
        """The number of this epoch, from 0; it decides the order of the clips."""
        return self._plan.epoch

    def __len__(self) -> int:
        """Batches in this epoch. The order of the clips decides how well they fill the rows, so epochs differ."""
        return len(self._plan)

    def __iter__(self) -> Iterator[StreamBatch]:
        self._passes += 1
        mine = self._passes
        self._step = self._plan.skip
        batches = iter(self._loader)
        self._plan.skip = 0
        for batch in batches:
            self._step += 1  # before the batch is given: who saves now has it
            yield StreamBatch(batch.frames, *map(from_numpy, batch[1:]))
            if self._passes != mine:
                raise RuntimeError("another pass over the loader has begun, so this one can't go on")
        self._plan.epoch += 1
        self._step = 0

    def state_dict(self) -> dict[str, Any]:
        """The place in the stream, as plain numbers. Save the network's own state beside it: rows go on mid-clip."""
        return {"epoch": self.epoch, "step": self._step, "stream": self._plan.fingerprint()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Let the next pass begin behind the batches that were given when `state` was taken.

        Raises
        ------
        ValueError
            The state is of a loader with other clips, rows, chunk or seed.
        """
        if state["stream"] != self._plan.fingerprint():
            raise ValueError(
                f"state is of another stream (clips, rows, chunk, seed): {state['stream']}, "
                f"here {self._plan.fingerprint()}"
            )
        self._plan.epoch, self._plan.skip = state["epoch"], state["step"]
        self._step = state["step"]


class _Plan:
    """Which frames each row shows at each step of an epoch; the loader's sampler."""

    def __init__(self, lengths: list[int], rows: int, chunk: int, seed: int | None):
        self.lengths, self.rows, self.chunk, self.seed = lengths, rows, chunk, seed
        self.epoch = self.skip = 0

    def order(self) -> list[int]:
        clips = np.arange(len(self.lengths))
        if self.seed is not None:
            np.random.default_rng([self.seed, self.epoch]).shuffle(clips)
        return clips.tolist()

    def __iter__(self) -> Iterator[list[Place]]:
        return islice(self.steps(), self.skip, None)

    def steps(self) -> Iterator[list[Place]]:
        """Each row goes on in its clip; at its end it takes the next in the queue; after that it stays behind it."""
        queue = deque(self.order())
        places = [(queue.popleft(), 0) for _ in range(self.rows)]
        while any(start < self.lengths[clip] for clip, start in places):
            yield places
            places = [self._after(place, queue) for place in places]

    def _after(self, place: Place, queue: deque[int]) -> Place:
        clip, start = place
        if start + self.chunk < self.lengths[clip]:
            return clip, start + self.chunk
        return (queue.popleft(), 0) if queue else (clip, self.lengths[clip])

    def __len__(self) -> int:
        ends = [0] * self.rows  # a heap of the steps at which the rows fall free
        for clip in self.order():
            heapq.heapreplace(ends, ends[0] - (-self.lengths[clip] // self.chunk))
        return max(ends)

    def fingerprint(self) -> list[int | None]:
        """Numbers that tell this stream from others."""
        return [self.rows, self.chunk, self.seed, zlib.crc32(np.array(self.lengths, "<i8").tobytes())]


class _Reader(Dataset):
    """From a step of the plan to its batch. It remembers nothing, so any process may read any step."""

    def __init__(self, clips: Sequence[Any], lengths: list[int], chunk: int):
        self.clips, self.lengths, self.chunk = clips, lengths, chunk

    def __getitem__(self, places: list[Place]) -> StreamBatch:
        clip, start = np.array(places).T  # (N,) each
        length = np.array([self.lengths[i] for i in clip])
        frame = start[:, None] + np.arange(self.chunk)  # (N, T)
        pieces = [self._piece(*place) for place in places]
        kinds = {(piece.shape[1:], str(piece.dtype)) for piece in pieces}
        if len(kinds) > 1:
            raise ValueError(
                f"clips {sorted(set(clip.tolist()))} must be of one shape and dtype; got {kinds}"
            )
        frames = np.empty((len(pieces), self.chunk, *pieces[0].shape[1:]), pieces[0].dtype)
        for row, piece in zip(frames, pieces, strict=True):
            row[: len(piece)] = piece
            row[len(piece) :] = piece[-1]
        return StreamBatch(
            frames, start == 0, frame < length[:, None], clip, frame.clip(max=length[:, None] - 1)
        )

    def _piece(self, clip: int, start: int) -> np.ndarray:
        """The chunk's frames as far as the clip has them; of one that has ended, the last."""
        stop = min(start + self.chunk, self.lengths[clip])
        start = min(start, stop - 1)
        try:
            piece = np.asarray(self.clips[clip][start:stop])
        except Exception as error:  # whatever the clip's format raises; the message says which clip
            raise RuntimeError(f"clips[{clip}][{start}:{stop}] can't be read: {error}") from error
        if piece.shape[:1] != (stop - start,):
            raise ValueError(
                f"clips[{clip}][{start}:{stop}] must hold {stop - start} frames; got {piece.shape}"
            )
        return piece


def _share_frames_only(batch: StreamBatch) -> StreamBatch:
    """Every tensor that a worker sends costs the training process a millisecond, whatever its size: send one."""
    return batch._replace(frames=from_numpy(batch.frames))


class _StoredClip:
    """A video of a `LabStore`, read when sliced."""

    def __init__(self, store: LabStore, video: StoredVideo):
        self.store, self.video = store, video

    def __len__(self) -> int:
        return self.video.frames

    def __getitem__(self, frames: slice) -> np.ndarray:
        numbers = range(self.video.first, self.video.first + self.video.frames)[frames]
        return self.store[numbers.start : numbers.stop]
