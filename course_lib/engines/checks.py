"""What all engines refuse, in one wording; and files that are whole or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


def as_input(x: ArrayLike, shape: tuple[int | None, ...] | None, path: Path) -> np.ndarray:
    """`x` as a float32 batch for the model in `path`.

    Parameters
    ----------
    x : array_like
    shape : tuple of int or None
        What the model takes, None where any size will do; None where the file doesn't say.
    path : Path
        For the message.

    Raises
    ------
    TypeError
        No floats.
    ValueError
        Another shape; empty; NaN or infinity.
    """
    x = np.asarray(x)
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"x must be an array of floats for {path.name}; got {x.dtype} (bytes? divide by 255)")
    if shape is not None:
        fits = len(x.shape) == len(shape) and all(
            want in (None, got) for want, got in zip(shape, x.shape, strict=True)
        )
        if not fits:
            raise ValueError(f"x must have the shape {spell(shape)} that {path.name} takes; got {x.shape}")
    if x.size == 0:
        raise ValueError(f"x must not be empty; got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("x must be finite; it holds NaN or infinity")
    return np.ascontiguousarray(x, np.float32)


def spell(shape: tuple[int | None, ...]) -> str:
    """(any, 1, any, any)"""
    return "(" + ", ".join("any" if side is None else str(side) for side in shape) + ")"


def check_threads(threads: int) -> int:
    """A number of threads as an int; ValueError where it is none, or below 1."""
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1:
        raise ValueError(f"threads must be a whole number, at least 1; got {threads!r}")
    return int(threads)


def existing_file(path: str | os.PathLike) -> Path:
    """The path of a file that is there; FileNotFoundError names one that isn't."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: there is no file {path}")
    return path


def new_file(path: str | os.PathLike) -> Path:
    """The path of a file that can be written; FileNotFoundError without its folder, ValueError for a folder."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path: there is no folder {path.parent} to write {path.name} into")
    if path.is_dir():
        raise ValueError(f"path must name a file; {path} is a folder")
    return path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Inside `with`: a scratch file beside `path`, which takes its name at the end, or goes if anything went wrong."""
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def first_line(error: BaseException) -> str:
    """An error's first line that says something; its kind where none does."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
