"""How fast are videos converted, next to only decoding them? Prints four tables.

    python -m benchmarks.video_conversion [VIDEO ...] [--frames 300] [--clips 4] [--size 240x135] [--rounds 3]

Without videos it makes its own: pieces of real photos that the camera pans and zooms over, with sensor noise, as
H.264 at 480 x 320, 854 x 480 and 1280 x 720. *Decoding* is PyAV's plain loop, in one process as one would write it, and in as many
processes as the conversion has workers. The workers are up before the clock starts. Everything takes turns in one
run, and the tables show each one's median.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import av
import cv2
import h5py
import numpy as np
from distributed import Client, LocalCluster

from course_lib.data import photos
from course_lib.video import LabStore, convert_videos
from course_lib.video.decode import VideoReader
from course_lib.video.lab_codec import encode_lab
from course_lib.video.shards import COMPRESSIONS, default_compression

SIZES = ((480, 320), (854, 480), (1280, 720))


def write_clip(path, photo, size, frames, seed):
    """A camera that pans and zooms over a photo; its noise is what makes real video cost bytes."""
    rng = np.random.default_rng(seed)
    width, height = size
    noise = rng.normal(0, 3, (height + 32, width + 32, 3)).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        fill = max(width / photo.shape[1], height / photo.shape[0])
        for i in range(frames):
            zoom = fill * (1.3 + 0.2 * np.sin(i / 40 + seed))
            x, y = 0.12 * np.sin(i / 50), 0.12 * np.cos(i / 30 + seed)
            move = [
                width / 2 - zoom * photo.shape[1] * (0.5 + x),
                height / 2 - zoom * photo.shape[0] * (0.5 + y),
            ]
            turn = np.float32([[zoom, 0, move[0]], [0, zoom, move[1]]])
            view = cv2.warpAffine(photo, turn, size, borderMode=cv2.BORDER_REFLECT)
            at = rng.integers(0, 32, 2)
            view = view + noise[at[0] : at[0] + height, at[1] : at[1] + width]
            frame = av.VideoFrame.from_ndarray(view.clip(0, 255).astype(np.uint8))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def decode(path):
    """PyAV's plain loop; the number of frames."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def timed(work):
    """Its seconds and its answer."""
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def compare_with_decoding(client, paths, size, rounds, workers):
    """Median frames a second of each way to go through `paths`."""
    speed = {}
    client.gather(client.map(decode, paths, pure=False))  # what a worker does first, it does slowly
    for turn in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            ways = {
                "decode, one process": lambda: sum(map(decode, paths)),
                f"decode, {workers} processes": lambda: sum(
                    client.gather(client.map(decode, paths, pure=False))
                ),
                f"convert, {workers} workers": lambda folder=folder: (
                    convert_videos(paths, folder, size, client.scheduler.address, progress=False).frames
                ),
            }
            for name, way in list(ways.items())[:: 1 if turn % 2 else -1]:
                seconds, frames = timed(way)
                speed.setdefault(name, []).append(frames / seconds)
    return {name: float(np.median(speed[name])) for name in ways}  # in their order, whichever came first


def print_steps(paths, size, rounds):
    """Where one worker's time goes: processor milliseconds a frame, so that other programs count little."""
    path = paths[0]
    decoding = min(_cpu(lambda: decode(path)) for _ in range(rounds))
    count = decode(path)
    with VideoReader(path, size) as video:
        fitting = min(_cpu(lambda: sum(1 for _ in VideoReader(path, size))) for _ in range(rounds))
        frames = [frame.rgb for _, frame in zip(range(100), video, strict=False)]
    coding = min(_cpu(lambda: [encode_lab(rgb, "uint8") for rgb in frames]) for _ in range(rounds))
    print(
        f"  decode {1000 * decoding / count:.2f}, scale and turn into RGB {1000 * (fitting - decoding) / count:.2f},",
        end=" ",
    )
    print(f"Lab {1000 * coding / len(frames):.2f} ms of processor time a frame")


def _cpu(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def print_compressions(planes):
    """Writing and reading a frame with each filter, and what it takes on disk."""
    print(f"\n{'dtype':9} {'filter':7} {'write ms':>9} {'read ms':>8} {'kB a frame':>11}")
    as_float = planes.astype(np.float32)
    as_float[:, 0] *= 100 / 255
    as_float[:, 1:] -= 128
    for dtype, data in (("uint8", planes), ("float16", as_float.astype(np.float16))):
        for name, options in COMPRESSIONS.items():
            if name == "szip" != default_compression():
                continue
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "x.h5"
                _write(path, data[:4], options)  # untimed
                writing = _cpu(lambda path=path, data=data, options=options: _write(path, data, options))
                reading = _cpu(lambda path=path: _read(path))
                size = path.stat().st_size
            count = len(data)
            print(
                f"{dtype:9} {name:7} {1000 * writing / count:9.2f} {1000 * reading / count:8.2f} {size / count / 1000:11.1f}"
            )


def _write(path, data, options):
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset("lab", data=data, chunks=(1, *data.shape[1:]), fletcher32=True, **options)


def _read(path):
    with h5py.File(path) as file:
        for i in np.random.default_rng(0).permutation(len(file["lab"])):
            file["lab"][i]


def print_access(folder):
    """Latency of a random frame, through the store and through the virtual dataset."""
    with LabStore(folder) as store, h5py.File(Path(folder) / "lab.h5") as file:
        order = np.random.default_rng(0).integers(0, len(store), 300)
        frames = file["lab"]
        ways = {"store[i]": lambda i: store[i], "virtual dataset, stored planes": lambda i: frames[i]}
        print(f"\n{'a frame at random':32} {'median ms':>10} {'95th':>6}")
        for name, way in ways.items():
            seconds = [timed(lambda i=i, way=way: way(int(i)))[0] for i in order]
            print(f"{name:32} {1000 * np.median(seconds):10.2f} {1000 * np.quantile(seconds, 0.95):6.2f}")
        run = timed(lambda: store[:64])[0] / len(store[:64])
        print(f"{'store[0:64], each':32} {1000 * run:10.2f}")
        return sum(path.stat().st_size for path in Path(folder).rglob("*.h5")) / len(store)


def make_videos(folder, options):
    """Made clips, by size of their frames."""
    pictures = [(photo * 255).round().astype(np.uint8) for photo in photos().values()]
    for size in SIZES:
        for clip in range(options.clips):
            path = Path(folder) / f"{size[0]}x{size[1]}" / f"{clip}.mp4"
            path.parent.mkdir(exist_ok=True)
            write_clip(path, pictures[clip % len(pictures)], size, options.frames, clip)
    # one folder a clip, so that each is a task
    groups = {}
    for path in sorted(Path(folder).rglob("*.mp4")):
        alone = path.parent / path.stem / path.name
        alone.parent.mkdir()
        path.rename(alone)
        groups.setdefault(path.parent.name, []).append(alone)
    return groups


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--size", default="240x135")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    size = tuple(map(int, options.size.split("x")))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; PyAV {av.__version__}, HDF5 {h5py.version.hdf5_version}"
    )
    print(f"to {options.size}, uint8, {default_compression()}; median of {options.rounds} rounds")

    with tempfile.TemporaryDirectory() as folder:
        groups = {"given": options.videos} if options.videos else make_videos(folder, options)
        print(f"\n{'videos':10} {'way':22} {'frames/s':>9} {'of one process':>15} {'of as many':>11}")
        scaling = {}
        for workers in (1, 2):
            with (
                LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
                Client(cluster) as client,
            ):
                client.run(convert_imports)
                for name, paths in groups.items():
                    speed = compare_with_decoding(client, paths, size, options.rounds, workers)
                    one, many, converting = speed.values()
                    for way, value in speed.items():
                        print(
                            f"{name:10} {way:22} {value:9.0f} {value / one:15.2f} {value / many:11.2f}",
                            flush=True,
                        )
                    scaling.setdefault(name, []).append(converting)
        for name, (one, two) in scaling.items():
            print(f"in short: {name}: two workers convert {two / one:.2f} times as fast as one")

        print("\nwhere a worker's time goes")
        for name, paths in groups.items():
            print(name)
            print_steps(paths, size, options.rounds)
        store = Path(folder) / "store"
        paths = [path for group in groups.values() for path in group]
        convert_videos(paths, store, size, workers=0, progress=False)
        on_disk = print_access(store)
        print(f"{on_disk / 1000:.1f} kB a frame on disk, of {3 * size[0] * size[1] / 1000:.1f} uncompressed")
        with h5py.File(store / "lab.h5") as file:
            print_compressions(file["lab"][:: max(1, len(file["lab"]) // 150)])


def convert_imports():
    """What a worker imports at its first task."""
    import course_lib.video.shards  # noqa: F401


if __name__ == "__main__":
    main()
