"""How fast is `guided_filter` next to OpenCV contrib's, and does its time depend on the radius? Prints three tables.

    python -m benchmarks.guided_filter [--size 1280x720] [--rounds 15] [--threads N]

The guide is scikit-image's *astronaut*, scaled; the image is its a of Lab, with noise. Everything takes turns in one run, and the
tables show each way's median, and the median over the rounds of its ratio to OpenCV's filter in the same round.
"""

import argparse
import os
import platform
import time

import cv2
import numpy as np
import torch
from skimage.data import astronaut

from course_lib.color import rgb_to_lab
from course_lib.mobile import guided_filter

RADII = (2, 4, 8, 16, 32, 64, 128)


def seconds_of(ways, rounds):
    """Seconds of each way in each round, (rounds,) by name; one untimed round first, then all take turns."""
    times = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in list(ways.items())[:: 1 if turn % 2 else -1]:
            start = time.perf_counter()
            way()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: np.array(values) for name, values in times.items()}


def print_radii(guide, image, rounds):
    """The time by radius, of this filter and of OpenCV's."""
    ways = {(r, "ours"): lambda r=r: guided_filter(guide, image, r, 1e-2) for r in RADII}
    ways |= {(r, "OpenCV"): lambda r=r: cv2.ximgproc.guidedFilter(guide, image, r, 1e-2) for r in RADII}
    seconds = seconds_of(ways, rounds)
    print(f"\n{'radius':>6} {'ours ms':>8} {'OpenCV ms':>10} {'ours / OpenCV':>14}")
    for r in RADII:
        ours, theirs = seconds[r, "ours"], seconds[r, "OpenCV"]
        print(
            f"{r:6} {1000 * np.median(ours):8.1f} {1000 * np.median(theirs):10.1f} {np.median(ours / theirs):14.2f}"
        )
    middle = [1000 * np.median(seconds[r, "ours"]) for r in RADII]
    print(f"slowest radius / fastest, ours: {max(middle) / min(middle):.2f}")


def print_ways(ways, reference, rounds):
    """Each way's time and its ratio to the reference; returns the ratios."""
    seconds = seconds_of(ways, rounds)
    ratios = {name: np.median(values / seconds[reference]) for name, values in seconds.items()}
    print(f"\n{'way, radius 8':50} {'ms':>8} {'/ OpenCV':>9}")
    for name, values in seconds.items():
        print(f"{name:50} {1000 * np.median(values):8.1f} {ratios[name]:9.2f}")
    return ratios


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, help="of OpenCV and of torch; theirs where not given")
    options = parser.parse_args()
    if options.threads:
        cv2.setNumThreads(options.threads)
        torch.set_num_threads(options.threads)
    size = tuple(map(int, options.size.split("x")))
    color = cv2.resize(astronaut().astype(np.float32) / 255, size, interpolation=cv2.INTER_CUBIC).clip(0, 1)
    lab = rgb_to_lab(color).astype(np.float32)
    gray = lab[..., 0] / 100
    noise = np.random.default_rng(0).normal(0, 0.02, (*size[::-1], 2)).astype(np.float32)
    ab = lab[..., 1:] / 110 + noise
    a = np.ascontiguousarray(ab[..., 0])

    print(f"{options.size}, float32, median of {options.rounds} rounds; {cv2.getNumThreads()} OpenCV threads")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, "
        f"NumPy {np.__version__}, OpenCV {cv2.__version__}, PyTorch {torch.__version__}"
    )
    print_radii(gray, a, options.rounds)

    theirs = cv2.ximgproc.guidedFilter
    tensors = [torch.from_numpy(x)[None] for x in (gray, a)]
    gray_ratios = print_ways(
        {
            "OpenCV, gray guide, 1 channel": lambda: theirs(gray, a, 8, 1e-2),
            "ours": lambda: guided_filter(gray, a, 8, 1e-2),
            "ours, eps 1e-5 (computed in float64)": lambda: guided_filter(gray, a, 8, 1e-5),
            "ours, clipped windows": lambda: guided_filter(gray, a, 8, 1e-2, border="clip"),
            "ours, tensors (computed in float64)": lambda: guided_filter(*tensors, 8, 1e-2),
            "ours, subsample=2": lambda: guided_filter(gray, a, 8, 1e-2, 2),
            "ours, subsample=4": lambda: guided_filter(gray, a, 8, 1e-2, 4),
            "OpenCV, scale=1/4": lambda: theirs(gray, a, 8, 1e-2, scale=0.25),
        },
        "OpenCV, gray guide, 1 channel",
        options.rounds,
    )
    color_ratios = print_ways(
        {
            "OpenCV, color guide, 1 channel": lambda: theirs(color, a, 8, 1e-2),
            "ours": lambda: guided_filter(color, a, 8, 1e-2),
            "ours, subsample=4": lambda: guided_filter(color, a, 8, 1e-2, 4),
            "OpenCV, gray guide, 2 channels": lambda: theirs(gray, ab, 8, 1e-2),
            "ours, gray guide, 2 channels": lambda: guided_filter(gray, ab, 8, 1e-2),
        },
        "OpenCV, color guide, 1 channel",
        options.rounds,
    )
    print(
        f"in short: time over OpenCV's: gray guide {gray_ratios['ours']:.2f}, subsample=4 "
        f"{gray_ratios['ours, subsample=4']:.2f}; color guide {color_ratios['ours']:.2f}"
    )


if __name__ == "__main__":
    main()
