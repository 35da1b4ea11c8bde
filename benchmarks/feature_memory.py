"""What does remembering cost? Prints, against the frame number, what each way of keeping frames holds and takes.

    python -m benchmarks.feature_memory [--frames 1000] [--size 6 10] [--long-term 1000]

Three memories see the same made-up features, as wide as the released network's keys (64) and a sixteenth of its values
(2 x 32): one keeps all frames, one every fifth, one is MFP. At every frame each of them is read, and a frame that is due is
added. Elements are positions; milliseconds are the median of a read and what adding costs, averaged over a window.

At the released sizes the long-term memory fills at frame 1,995 only: until then MFP grows by 5 positions a frame. Here
it may hold 1,000, so that it is full before frame 250, and the last 500 frames show whether it is flat.
"""

import argparse
import os
import platform
import time

import numpy as np
import torch

from course_lib.video import FeatureMemory

KEY, VALUE = 64, (2, 32)
POLICIES = {"all": "keep all", "every": "keep every 5th", "mfp": "MFP"}


def run(policy, frames, size, long_term):
    """Elements held, bytes and seconds of each frame, three arrays (frames,)."""
    g = torch.Generator().manual_seed(0)
    h, w = size

    def features():
        key = torch.randn(KEY, h, w, generator=g)
        return key, torch.rand(1, h, w, generator=g) + 1, torch.rand(KEY, h, w, generator=g)

    memory = FeatureMemory(policy=policy, long_term=long_term)
    key, shrinkage, selection = features()
    memory.add(key, torch.zeros(*VALUE, h, w), shrinkage, selection, reference=True)
    table = np.zeros((3, frames))
    for frame in range(1, frames + 1):
        key, shrinkage, selection = features()
        start = time.perf_counter()
        value = memory.read(key, selection)
        if memory.due(frame):
            memory.add(key, value, shrinkage, selection, frame=frame)
        table[:, frame - 1] = memory.elements, memory.nbytes, time.perf_counter() - start
    return table


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--size", type=int, nargs=2, default=(6, 10), metavar=("H", "W"))
    parser.add_argument("--long-term", type=int, default=1000)
    parser.add_argument("--window", type=int, default=25, help="frames averaged; 25 is MFP's own period")
    options = parser.parse_args()
    print(f"{options.size[0]} x {options.size[1]} positions a frame, long-term memory {options.long_term}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; PyTorch {torch.__version__}\n")
    print(f"{'':16}{'frame':>6} {'elements':>9} {'MB':>7} {'ms a frame':>11}")
    lates, held_last = {}, {}
    for policy, name in POLICIES.items():
        table = run(policy, options.frames, options.size, options.long_term)
        windows = table[:, : options.frames // options.window * options.window]
        windows = windows.reshape(3, -1, options.window)
        means = windows.mean(-1)
        means[2] = np.median(windows[2], -1)
        step = max(1, means.shape[1] // 8)
        for place in range(step - 1, means.shape[1], step):
            elements, held, seconds = means[:, place]
            frame = (place + 1) * options.window
            print(f"{name:16}{frame:6} {elements:9.0f} {held / 1e6:7.2f} {1000 * seconds:11.2f}")
        half = means[:2, means.shape[1] // 2 :]
        spread = (half.max(1) - half.min(1)) / half.mean(1)
        seconds = means[2, means.shape[1] // 2 :]
        late = np.median(seconds[len(seconds) // 2 :]) / np.median(seconds[: len(seconds) // 2])
        print(
            f"{name:16}second half: elements within {100 * spread[0]:.1f}%, bytes within {100 * spread[1]:.1f}%, "
            f"time of its second half / first {late:.2f}\n"
        )
        lates[policy], held_last[policy] = late, means[0, -1]
    print(
        f"in short: at the end keeping all holds {held_last['all'] / held_last['mfp']:.1f} times what MFP does; the last quarter's "
        f"time over the third's: keeping all {lates['all']:.2f}, MFP {lates['mfp']:.2f}"
    )


if __name__ == "__main__":
    main()
