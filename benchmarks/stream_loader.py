"""How long does a model wait for its frames? Prints one table: the report's way of loading against the lockstep one.

    python -m benchmarks.stream_loader [--store FOLDER] [--rows 4] [--chunk 8] [--card-ms 2] [--rounds 3]

Each way gives the same number of frames a step, Lab as a `LabStore` holds it, for one epoch:

- one video at a time, read between two steps, as in the report;
- `StatefulStreamLoader`, many videos in lockstep, read between two steps or ahead by workers.

Two models take them. One is a training step of the course's recurrent U-Net, on the graphics card if PyTorch has one,
else on the processor, where it competes with the workers for the cores. The other stands in for a card: it is idle for
`--card-ms` a frame and leaves the processor alone. All ways take turns in one run; the table shows medians. *Waits* is
the share of a whole epoch, *later* the share once the first batch has come: no way can read ahead of that one, and
these epochs last two seconds where real ones last minutes.

Without --store, made clips are written as videos and converted first.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import torch
from torch.nn import functional as F

from course_lib.data import made_clip
from course_lib.video import LabStore, convert_videos
from course_lib.video.recurrent_unet import FAMILIES, RecurrentUNet
from course_lib.video.stream_loader import StatefulStreamLoader

SIZE = (240, 135)  # width, height
LENGTHS = (90, 40, 65, 51, 77, 48, 60, 83, 44, 70, 57, 62)  # frames of the made clips


def make_store(folder):
    """Write made clips as videos and convert them."""
    for seed, frames in enumerate(LENGTHS):
        with av.open(folder / f"{seed:02}.mp4", "w") as file:
            stream = file.add_stream("libx264", rate=25, width=SIZE[0], height=SIZE[1], pix_fmt="yuv444p")
            for frame in made_clip(seed, frames=frames, size=SIZE[::-1]).frames:
                picture = av.VideoFrame.from_ndarray(np.rint(255 * frame).astype(np.uint8), format="rgb24")
                file.mux(stream.encode(picture))
            file.mux(stream.encode(None))
    convert_videos([folder], folder / "store", size=SIZE)
    return folder / "store"


def one_video_at_a_time(store, frames):
    """The report's loader: chunks of one video, read when they are asked for."""
    for video in store.videos:
        for start in range(video.first, video.first + video.frames, frames):
            piece = store[start : min(start + frames, video.first + video.frames)]
            yield torch.from_numpy(np.ascontiguousarray(piece))[None], len(piece)


def lockstep(loader):
    for batch in loader:
        yield batch.frames, int(batch.valid.sum())


class TrainingStep:
    """One step of the recurrent U-Net, its state not carried: that costs nothing."""

    def __init__(self):
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.net = RecurrentUNet(**FAMILIES["unet_lstm"]).to(self.device)
        self.optimizer = torch.optim.Adam(self.net.parameters())

    def __call__(self, frames):
        lab = frames.to(self.device).movedim(-1, 2)  # (N, T, 3, H, W)
        ab, _ = self.net(lab[:, :, :1] / 100)
        self.optimizer.zero_grad()
        F.mse_loss(ab, lab[:, :, 1:] / 110).backward()
        self.optimizer.step()
        if self.device == "cuda":
            torch.cuda.synchronize()


def epoch(batches, model):
    """Shares of the time that the model waits for frames, in all and once the first have come; frames a second."""
    waits, worked, frames = [], 0.0, 0.0
    batches = iter(batches)
    while True:
        start = time.perf_counter()
        batch = next(batches, None)
        arrived = time.perf_counter()
        waits.append(arrived - start)
        if batch is None:
            waited, later = sum(waits), sum(waits[1:])
            return waited / (waited + worked), later / (later + worked), frames / (waited + worked)
        model(batch[0])
        worked += time.perf_counter() - arrived
        frames += batch[1]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, help="a folder that convert_videos wrote")
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--chunk", type=int, default=8)
    parser.add_argument("--card-ms", type=float, default=2.0, help="milliseconds a frame of the stand-in")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--models", nargs="+", choices=["card", "training"], default=["card", "training"])
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        LabStore(options.store or make_store(Path(scratch))) as store,
    ):
        measure(store, options)


def measure(store, options):
    models = {}
    if "card" in options.models:
        models[f"stand-in, {options.card_ms:g} ms a frame"] = lambda frames: time.sleep(
            options.card_ms / 1000 * frames.shape[0] * frames.shape[1]
        )
    if "training" in options.models:
        step = TrainingStep()
        models[f"training step on {step.device}"] = step
    loaders = {
        workers: StatefulStreamLoader(store, options.rows, options.chunk, workers=workers)
        for workers in (0, *options.workers)
    }
    ways = {
        "one video at a time (the report's way)": lambda: one_video_at_a_time(
            store, options.rows * options.chunk
        )
    }
    for workers, loader in loaders.items():
        ways[f"lockstep, {workers} workers"] = lambda loader=loader: lockstep(loader)
    start = time.perf_counter()
    read = sum(len(frames[0]) for frames, _ in one_video_at_a_time(store, options.rows * options.chunk))
    rate = read / (time.perf_counter() - start)
    print(
        f"{len(store.videos)} videos, {len(store)} frames of {store.size[0]} x {store.size[1]}, {store.dtype}"
    )
    print(f"{options.rows} rows of {options.chunk} frames a step; median of {options.rounds} epochs")
    slots = len(loaders[0]) * options.rows * options.chunk
    print(
        f"padding in lockstep: {100 * (1 - len(store) / slots):.0f}% of the frames, which every model works on too"
    )
    print(f"reading alone, one after the other: {rate:.0f} frames a second")
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; PyTorch {torch.__version__}")
    print(f"\n{'model':28} {'way':40} {'waits':>7} {'later':>7} {'frames/s':>9} {'times':>6}")
    for kind, model in models.items():
        results = {name: [] for name in ways}
        for turn in range(options.rounds + 1):
            for name, way in ways.items():
                result = epoch(way(), model)
                if turn:  # in the first, workers start and memory is found
                    results[name].append(result)
        reference = None
        for name, values in results.items():
            share, later, speed = np.median(values, axis=0)
            reference = reference or speed
            print(
                f"{kind:28} {name:40} {100 * share:6.1f}% {100 * later:6.1f}% {speed:9.0f} {speed / reference:6.2f}"
            )
        print(f"in short: {kind}: {name} gives {speed / reference:.2f} times the report's frames a second")


if __name__ == "__main__":
    main()
