"""What does it cost to look near, and what to look everywhere? Prints one table.

    python -m benchmarks.local_attention [--rounds 3] [--window 15] [--channels 64] [--values 256] [--limit 0.3]

Four ways of attending to one frame before, as the picture grows: over all its positions (PyTorch's own attention), and
over a window by shifts, by unfold and by the package. All ways take turns in one run. Seconds are medians, of the answer
alone and of the answer with all gradients. Megabytes are the tensors alive at the worst moment of one such turn, inputs
left out: counted, so the same on every machine. What PyTorch's kernels take for themselves isn't in them. A way is left
out where a single tensor of it would pass the limit, in GB.
"""

import argparse
import os
import platform
import time
import weakref

import torch
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from course_lib.video import local_attention

SIZES = (
    (15, 9),
    (30, 17),
    (60, 34),
    (90, 51),
)  # positions at stride 16 of 240 x 144, 480 x 272, 960 x 544, 1440 x 816


def everywhere(query, key, value, window):
    """Global attention: each position to all of the frame before."""
    keys, values = (z.transpose(1, 2).flatten(2).transpose(1, 2) for z in (key, value))
    out = F.scaled_dot_product_attention(query.flatten(2).transpose(1, 2), keys, values)
    return out.transpose(1, 2).unflatten(2, query.shape[2:])


def by_shifts(query, key, value, window):
    """A loop over the window's places: two passes over shifted pictures, no copies of them but autograd's."""
    (_, channels, height, width), reach = query.shape, window // 2
    query = query / channels**0.5
    keys, values = (F.pad(z[:, 0], (reach,) * 4) for z in (key, value))
    inside = F.pad(torch.ones(height, width, dtype=torch.bool), (reach,) * 4)
    places = [(slice(y, y + height), slice(x, x + width)) for y in range(window) for x in range(window)]
    logits = [
        (query * keys[..., rows, columns]).sum(1).masked_fill(~inside[rows, columns], -torch.inf)
        for rows, columns in places
    ]
    weights = torch.stack(logits, 1).softmax(1)
    out = 0
    for n, (rows, columns) in enumerate(places):
        out = out + weights[:, n, None] * values[..., rows, columns]
    return out


def by_unfold(query, key, value, window):
    """Every window gathered: window² copies of the keys and of the values."""
    (rows, channels, height, width), reach = query.shape, window // 2
    keys, values, inside = (
        F.unfold(z, window, padding=reach).view(rows, -1, window**2, height * width)
        for z in (key[:, 0], value[:, 0], torch.ones_like(key[:, 0, :1]))
    )
    logits = torch.einsum("ncp,ncwp->nwp", query.flatten(2), keys) / channels**0.5
    weights = logits.masked_fill(inside[:, 0] == 0, -torch.inf).softmax(1)
    return torch.einsum("nwp,ncwp->ncp", weights, values).unflatten(2, (height, width))


def package(query, key, value, window):
    return local_attention(query, key, value, window=window)


# name, function, elements of its largest tensor
WAYS = (
    ("everywhere", everywhere, lambda places, window, values: places * max(places, values)),
    ("window, shifts", by_shifts, lambda places, window, values: places * max(window**2, values)),
    ("window, unfold", by_unfold, lambda places, window, values: places * window**2 * values),
    ("window, package", package, lambda places, window, values: places * values),
)


class Peak(TorchDispatchMode):
    """Bytes of the tensors made within, at the moment when most of them were alive."""

    def __init__(self, given):
        super().__init__()
        self.known = {z.untyped_storage()._cdata for z in given}
        self.alive = self.peak = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for z in tree_leaves(out):
            if torch.is_tensor(z) and (storage := z.untyped_storage())._cdata not in self.known:
                self.known.add(storage._cdata)
                self.alive += storage.nbytes()
                weakref.finalize(storage, self._gone, storage._cdata, storage.nbytes())
        self.peak = max(self.peak, self.alive)
        return out

    def _gone(self, storage, size):
        self.known.discard(storage)
        self.alive -= size


def answer(way, inputs, window):
    with torch.no_grad():
        way(*inputs, window)


def with_gradients(way, inputs, window):
    torch.autograd.grad(way(*inputs, window).sum(), inputs)


def measure(ways, inputs, window, rounds):
    """Median seconds and counted bytes, both as {way: (answer, with gradients)}."""
    seconds = {way: ([], []) for way in ways}
    peaks = {}
    for turn in range(rounds + 1):
        for way in ways:
            for n, work in enumerate((answer, with_gradients)):
                if turn == 0:  # counted, not timed: counting takes time
                    with Peak(inputs) as peak:
                        work(way, inputs, window)
                    peaks.setdefault(way, []).append(peak.peak)
                else:
                    start = time.perf_counter()
                    work(way, inputs, window)
                    seconds[way][n].append(time.perf_counter() - start)
    medians = {way: [sorted(times)[len(times) // 2] for times in both] for way, both in seconds.items()}
    return medians, peaks


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--window", type=int, default=15)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--values", type=int, default=256, help="channels of a value")
    parser.add_argument("--limit", type=float, default=0.3, help="GB that one tensor of a way may take")
    options = parser.parse_args()

    print(f"window {options.window}, {options.channels} channels of keys, {options.values} of values")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; PyTorch {torch.__version__}, "
        f"{torch.get_num_threads()} threads; median of {options.rounds} rounds\n"
    )
    print(f"{'positions':12}{'way':18}{'answer':>18}{'with gradients':>22}")
    for height, width in SIZES:
        places, drawn = height * width, torch.Generator().manual_seed(0)
        shapes = (1, options.channels), (1, 1, options.channels), (1, 1, options.values)
        inputs = [torch.randn(*shape, height, width, generator=drawn, requires_grad=True) for shape in shapes]
        fit = [
            (name, way)
            for name, way, largest in WAYS
            if 4e-9 * largest(places, options.window, options.values) <= options.limit
        ]
        seconds, peaks = measure([way for _, way in fit], inputs, options.window, options.rounds)
        expected = package(*inputs, options.window)
        for name, way in fit:
            if name.startswith("window"):
                torch.testing.assert_close(way(*inputs, options.window), expected)
            cells = "".join(
                f"{1000 * s:10.1f} ms {p / 1e6:6.0f} MB"
                for s, p in zip(seconds[way], peaks[way], strict=True)
            )
            print(f"{f'{height} x {width}':12}{name:18}{cells}")
        by_name = {name: seconds[way][0] for name, way in fit}
        if "everywhere" in by_name:
            last = f"{height} x {width}", by_name["everywhere"] / by_name["window, package"]
        for name, *_ in WAYS:
            if name not in dict(fit):
                print(f"{f'{height} x {width}':12}{name:18}  left out, above {options.limit:g} GB")
    print(
        f"in short: at {last[0]}, the last size that fits, attending everywhere takes {last[1]:.1f} times the package's window"
    )


if __name__ == "__main__":
    main()
