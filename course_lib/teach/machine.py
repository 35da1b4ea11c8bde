"""Is this machine ready for the course, and how long will a lesson take on it?"""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from course_lib.teach.record import course_root

PYTHON = (3, 11)
MEMORY_GB = 3.0  # what a lesson may use


@dataclass(frozen=True)
class Environment:
    """What `check_environment` found: `problems` name what is missing and how to mend it, `facts` describe the machine."""

    problems: tuple[str, ...]
    facts: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.problems


def check_environment(requirements=None) -> Environment:
    """Compare this kernel's packages with the pinned ones, and look at Python, cores and free memory.

    Parameters
    ----------
    requirements : path, optional
        A list of ``name==version`` lines; the course's `requirements.txt` where not given.

    Raises
    ------
    ValueError
        The list isn't there.
    """
    path = Path(requirements or course_root() / "requirements.txt")
    if not path.is_file():
        raise ValueError(
            f"requirements names {path.name}, which isn't a file; is the course folder complete?"
        )
    problems = []
    if sys.version_info[:2] < PYTHON:
        problems.append(
            f"Python is {platform.python_version()}, the course needs {PYTHON[0]}.{PYTHON[1]} or newer: "
            "install it, delete the folder .venv, and run make setup."
        )
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s#;]+)", path.read_text(encoding="utf-8"), re.M)
    wrong = [found for name, version in pins if (found := _mismatch(name, version))]
    if wrong:
        problems += [*wrong, "To mend it: run make setup in the course folder, then restart this kernel."]
    free = free_memory_gb()
    if free is not None and free < MEMORY_GB:
        problems.append(
            f"{free:.1f} GB of memory are free, a lesson may need {MEMORY_GB:g}: close other programs."
        )
    facts = (
        f"Python {platform.python_version()} on {platform.system()} ({platform.machine()})",
        f"{len(pins) - len(wrong)} of {len(pins)} pinned packages as listed",
        f"{usable_cores()} processor cores",
        f"{free:.1f} GB of memory free" if free is not None else "free memory unknown",
    )
    return Environment(tuple(problems), facts)


def _mismatch(name, wanted) -> str | None:
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is missing (expected {wanted})."
    # A local label says how a version was built ("2.13.0+cpu"), not which version it is.
    return None if found.split("+")[0] == wanted else f"{name} is {found}, expected {wanted}."


def usable_cores() -> int:
    """Cores that this process may use (fewer than the machine has in a container)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory_gb() -> float | None:
    """Memory that can still be had, in GB; None where the system doesn't say."""
    try:
        import psutil  # comes with ipykernel

        return psutil.virtual_memory().available / 1e9
    except ImportError:
        return None


@dataclass(frozen=True)
class Speed:
    """What `speed_probe` measured: matrix products in Gflop/s, and training steps of a small network a second."""

    matmul_gflops: float
    steps_per_second: float

    def expected_seconds(self, on_reference: float) -> float:
        """Seconds that a lesson takes here whose default run takes `on_reference` seconds on the reference machine.

        A rough guide: training counts, reading files and drawing don't.
        """
        return on_reference * REFERENCE.steps_per_second / self.steps_per_second


# The two-core machine that the minutes in course.toml are taken on: the fastest repeats of this very probe.
REFERENCE = Speed(matmul_gflops=205.0, steps_per_second=13.0)


def speed_probe(seconds=10.0) -> Speed:
    """Time the two things that lessons spend their time on, for `seconds` in all.

    Returns
    -------
    Speed
        From the fastest of many repeats: what else runs on the machine only ever slows one down.

    Raises
    ------
    ValueError
        `seconds` isn't positive.
    """
    if not seconds > 0:
        raise ValueError(f"seconds must be positive, got {seconds}")
    size = 1024
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    with tqdm(total=100, desc="timing", unit="%", leave=False) as bar:
        product = _fastest_seconds(lambda: a @ a, seconds * 0.3, bar, 30)
        step = _fastest_seconds(_training_step(), seconds * 0.7, bar, 70)
    return Speed(matmul_gflops=2 * size**3 / product / 1e9, steps_per_second=1 / step)


def _training_step():
    """One step of a three-layer network on 32 gray images of 64 by 64: forward, backward, Adam."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    gray, color = (torch.rand(32, c, 64, 64, generator=generator) for c in (1, 2))
    layers = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Conv2d(32, 2, 3, padding=1))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-4)

    def step():
        optimizer.zero_grad()
        nn.functional.mse_loss(net(gray), color).backward()
        optimizer.step()

    return step


def _fastest_seconds(work, budget, bar, percent) -> float:
    """Seconds of the fastest call of `work`, called for `budget` seconds, while `bar` moves on by `percent`."""
    work()  # the first call pays for set-up
    times: list[float] = []
    begin, shown = time.perf_counter(), 0
    while not times or time.perf_counter() - begin < budget:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
        done = min(percent, int(percent * (time.perf_counter() - begin) / budget))
        bar.update(done - shown)
        shown = done
    return min(times)
