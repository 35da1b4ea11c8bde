"""One colorizer, every engine and precision: how far off, how fast, how large? Prints one table, made in one run.

    python -m benchmarks.engines [--size 160x112] [--rounds 30] [--threads 1]

The network is the shipped regression colorizer's, at one working size. Differences are from torch in float32, in units of ab, over
the photos that come with scikit-image and scikit-learn, half of which the 8-bit files were calibrated on. All engines take turns;
the table shows each one's median and the middle half of its calls.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import cv2
import ncnn
import numpy as np
import onnxruntime
import torch
from torch import nn

from course_lib.color import rgb_to_lab
from course_lib.data import photos
from course_lib.engines import (
    NcnnModel,
    OnnxModel,
    OpenCVModel,
    export_ncnn,
    export_onnx,
    quantize_onnx_int8,
)
from course_lib.engines.latency import Latency
from course_lib.images import pretrained

WARMUP = 3


class Color(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = pretrained("regression").net

    def forward(self, lightness):
        return self.net(lightness)["ab"]


def lightness_of(photo, size):
    """(1, 1, H, W) in [0, 1]"""
    lightness = (rgb_to_lab(photo)[..., 0] / 100).astype(np.float32)
    return cv2.resize(lightness, size, interpolation=cv2.INTER_AREA)[None, None]


def taking_turns(ways, x, rounds, threads):
    """Latency of each way by name; in each round every way is called once."""
    times = {name: [] for name in ways}
    for turn in range(WARMUP + rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way(x)
            if turn >= WARMUP:
                times[name].append(time.perf_counter() - began)
    return {name: Latency(tuple(seconds), WARMUP, threads) for name, seconds in times.items()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="160x112")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    threads, size = options.threads, tuple(map(int, options.size.split("x")))
    torch.set_num_threads(threads)
    inputs = [lightness_of(photo, size) for photo in photos().values()]
    model = Color().eval()

    def by_torch(x):
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        example = torch.from_numpy(np.concatenate(inputs[:2]))
        export_onnx(model, folder / "color.onnx", example, dynamic=("batch",))
        export_ncnn(model, folder / "color.param", example)
        ways = {"torch, float32": by_torch}
        files = {"torch, float32": []}
        for kind, file in (
            (OnnxModel, "color.onnx"),
            (OpenCVModel, "color.onnx"),
            (NcnnModel, "color.param"),
        ):
            key = f"{kind.__name__}, float32"
            ways[key] = kind(folder / file, threads)
            files[key] = [folder / file, folder / "color.bin"] if kind is NcnnModel else [folder / file]
        for bits in (7, 8):
            file = folder / f"int{bits}.onnx"
            quantize_onnx_int8(folder / "color.onnx", file, inputs[::2], weight_bits=bits)
            for kind in (OnnxModel, OpenCVModel):
                key = f"{kind.__name__}, int8, {bits}-bit weights"
                ways[key], files[key] = kind(file, threads), [file]
        latency = taking_turns(ways, inputs[0], options.rounds, threads)
        print(
            f"{options.size}, median of {options.rounds} calls in turn after {WARMUP} to warm up, {threads} threads"
        )
        print(
            f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; PyTorch {torch.__version__}, ONNX Runtime "
            f"{onnxruntime.__version__}, OpenCV {cv2.__version__}, NCNN {ncnn.__version__}"
        )
        print(
            f"\n{'engine, precision':36} {'max off':>9} {'mean off':>9} {'ms':>8} {'middle half':>16} {'/ torch':>8} {'MB':>6}"
        )
        base = latency["torch, float32"].median
        for name, way in ways.items():
            off = 110 * np.abs([way(x) - by_torch(x) for x in inputs])
            low, high = (1000 * quartile for quartile in latency[name].quartiles)
            megabytes = sum(file.stat().st_size for file in files[name]) / 1e6
            print(
                f"{name:36} {off.max():9.6f} {off.mean():9.6f} {1000 * latency[name].median:8.1f} "
                f"{f'{low:.1f} to {high:.1f}':>16} {latency[name].median / base:8.2f} "
                f"{f'{megabytes:.2f}' if megabytes else '':>6}"
            )
        times = {name: base / found.median for name, found in latency.items() if not name.startswith("torch")}
        print(
            "in short: times as fast as torch: "
            + ", ".join(f"{name} {value:.2f}" for name, value in times.items())
        )


if __name__ == "__main__":
    main()
