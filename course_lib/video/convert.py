"""Convert videos into a Lab store: ``python -m course_lib.video.convert IN... OUT --size 240x135``.

A job that was killed goes on when the same command is given again. `course_lib.video.LabStore` reads the store.
"""

import argparse
import re
import time

from course_lib.video.conversion import convert_videos
from course_lib.video.lab_codec import DTYPES
from course_lib.video.shards import COMPRESSIONS


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT such as 240x135, got {text!r}")
    return int(match[1]), int(match[2])


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.video.convert", description=__doc__.splitlines()[0]
    )
    parser.add_argument("inputs", nargs="+", metavar="IN", help="video files, and folders of them")
    parser.add_argument("folder", metavar="OUT", help="folder of the store")
    parser.add_argument("--size", type=_size, default=(240, 135), help="of the frames (240x135)")
    parser.add_argument("--dtype", choices=DTYPES, help="of the stored Lab (uint8)")
    parser.add_argument("--compression", choices=list(COMPRESSIONS), help="of the shards (szip, else gzip)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a running Dask cluster")
    parser.add_argument("--workers", type=int, metavar="N", help="processes on this machine (one a core)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a video was skipped")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        report = convert_videos(
            options.inputs, options.folder, options.size, options.scheduler,
            dtype=options.dtype, compression=options.compression, workers=options.workers,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "\nInterrupted. The same command goes on from the shards that are finished.\n")
    seconds = time.monotonic() - started
    print(f"{report}\n{options.folder}: {seconds:.1f} s, {report.frames / seconds:.0f} frames a second")
    if options.strict and report.skipped:
        parser.exit(1)


if __name__ == "__main__":
    main()
