"""The cry detector in eight bits: how far is the file from the simulation, and how fast? Prints one table, made in one run.

    python -m benchmarks.cry_bits [--windows 64] [--rounds 30] [--threads 1]

The network is the shipped detector; its windows are made sounds, half of which the ranges were found on. "apart" is the largest and
the mean difference of the score from torch's in float32. The simulation in torch computes each layer in float between two
roundings, so its time says nothing about a device. All take turns, a window at a time.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from course_lib.cry import pretrained
from course_lib.cry.cry_input import heard
from course_lib.cry.quantized_detector import quantize_detector
from course_lib.cry.quantized_network import fold_batch_norm
from course_lib.data import made_sounds
from course_lib.engines import OnnxModel, export_onnx, quantize_onnx_int8
from course_lib.engines.latency import Latency

WARMUP = 3


def scores(logits):
    """(N, 2) → how likely a cry, (N,)"""
    return 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--windows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sounds = made_sounds(options.windows, 0, seconds=1.0)
    windows = np.concatenate([heard(wave)[0] for wave in sounds.waves])
    detector = pretrained("cry")
    folded = fold_batch_norm(detector)
    floats = windows.astype(np.float32)

    def by_torch(model):
        def run(x):
            with torch.inference_mode():
                return model(torch.from_numpy(x)).numpy()

        return run

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export_onnx(folded, folder / "float.onnx", torch.from_numpy(floats[:2]), dynamic=("batch",))
        ways = {
            "torch, float32": by_torch(folded),
            "ONNX Runtime, float32": OnnxModel(folder / "float.onnx", options.threads),
        }
        sizes = {"ONNX Runtime, float32": (folder / "float.onnx").stat().st_size}
        for bits in (7, 8):
            key, file = f"ONNX Runtime, int8, {bits}-bit weights", folder / f"int{bits}.onnx"
            quantize_onnx_int8(
                folder / "float.onnx", file, np.split(floats[::2], len(floats[::2])), weight_bits=bits
            )
            ways[key], sizes[key] = OnnxModel(file, options.threads), file.stat().st_size
        ways["torch, simulation of 8 bits"] = by_torch(
            quantize_detector(detector, windows[::2], bits=8, rule="min-max")
        )
        times = {key: [] for key in ways}
        for turn in range(WARMUP + options.rounds):
            for key, way in ways.items():
                began = time.perf_counter()
                way(floats[:1])
                if turn >= WARMUP:
                    times[key].append(time.perf_counter() - began)
        truth = scores(by_torch(folded)(floats))
        print(f"one window, median of {options.rounds} calls in turn, {options.threads} threads")
        print(
            f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; PyTorch {torch.__version__}, "
            f"ONNX Runtime {onnxruntime.__version__}"
        )
        medians = {key: float(np.median(values)) for key, values in times.items()}
        base = medians["torch, float32"]
        print(
            f"\n{'':34}{'max apart':>10}{'mean apart':>11}{'ms':>7}{'middle half':>14}{'/ torch':>8}{'kB':>6}"
        )
        for key, way in ways.items():
            apart = np.abs(scores(way(floats)) - truth)
            latency = Latency(tuple(times[key]), WARMUP, options.threads)
            low, high = (1000 * end for end in latency.quartiles)
            kilobytes = f"{sizes[key] / 1000:.0f}" if key in sizes else ""
            print(
                f"{key:34}{apart.max():10.4f}{apart.mean():11.5f}{1000 * latency.median:7.2f}"
                f"{f'{low:.2f} to {high:.2f}':>14}{medians[key] / base:8.2f}{kilobytes:>6}"
            )
        plain, small = (medians[f"ONNX Runtime, {kind}"] for kind in ("float32", "int8, 8-bit weights"))
        print(
            f"in short: ONNX Runtime is {base / plain:.1f} times as fast as torch, its int8 {plain / small:.1f} times as fast "
            "as its float32"
        )


if __name__ == "__main__":
    main()
