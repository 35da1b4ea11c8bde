"""Listen for cries: ``python -m course_lib.cry listen FILE.wav`` or ``… listen -`` for raw samples on standard input.

    python -m course_lib.cry listen night.flac
    arecord -f S16_LE -r 16000 -t raw | python -m course_lib.cry listen -
    ffmpeg -i night.mp4 -f f32le -ac 1 -ar 48000 - | python -m course_lib.cry listen - --format f32le --rate 48000

The filter's defaults are those that `python -m course_lib.cry.nights` chose on nights of recordings. One line for each alarm, as it
begins; on a terminal the last window's score and level stand below. The exit code is 0 when
all sound was heard, whether or not there was an alarm.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from course_lib.cry.alarms import AlarmFilter
from course_lib.cry.listen import FORMATS, Moment, file_blocks, listen, pcm_blocks


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.cry",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "listen", help="detect cries in a file or on standard input"
    )
    command.add_argument(
        "source", metavar="FILE|-", help="a sound file, or - for raw samples on standard input"
    )
    command.add_argument("--format", choices=FORMATS, default="s16le", help="of raw samples")
    command.add_argument("--rate", type=int, default=16000, help="of raw samples, hertz")
    command.add_argument("--channels", type=int, default=1, help="of raw samples, interleaved")
    command.add_argument("--model", type=Path, help="a checkpoint in place of the course's own")
    command.add_argument("--on", type=float, default=0.8, help="score from which a window is on")
    command.add_argument("--off", type=float, help="below which it is off again; without: as --on")
    command.add_argument("--smoothing", type=float, default=0.0, metavar="SECONDS")
    command.add_argument(
        "--of", type=int, nargs=2, default=(2, 3), metavar=("K", "N"), help="K of the last N windows"
    )
    command.add_argument(
        "--hold", type=float, default=0.0, metavar="SECONDS", help="for which that must last"
    )
    command.add_argument("--gate", type=float, metavar="DB", help="windows with less level don't count")
    command.add_argument(
        "--pause", type=float, default=60.0, metavar="SECONDS", help="between two alarms' beginnings"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    options = _arguments(arguments)
    began, heard, alarms = time.monotonic(), 0.0, 0
    try:
        for moment in _moments(options):
            heard = moment.time
            if moment.alarm:
                alarms += 1
                _below("")
                print(
                    f"{_clock(moment.time)}  ALARM  score {moment.score:.2f}  level {moment.level:.0f} dB",
                    flush=True,
                )
            _below(f"{_clock(moment.time)}  score {moment.score:.2f}  level {moment.level:4.0f} dB")
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError) as error:
        _below("")
        print(f"error: {error}", file=sys.stderr)
        return 1
    _below("")
    speed = heard / max(time.monotonic() - began, 1e-9)
    print(f"{alarms} alarm{'s' * (alarms != 1)} in {_clock(heard)}; listened at {speed:.1f} times real time")
    return 0


def _moments(options: argparse.Namespace) -> Iterator[Moment]:
    from course_lib.cry.detector import load_detector, pretrained  # here, so that --help is quick

    detector = load_detector(options.model) if options.model else pretrained("cry")
    k, n = options.of
    alarm_filter = AlarmFilter(
        options.on,
        options.off,
        smoothing=options.smoothing,
        k=k,
        n=n,
        hold=options.hold,
        gate=options.gate,
        pause=options.pause,
    )
    blocks: Iterator[np.ndarray] = (
        pcm_blocks(sys.stdin.buffer, rate=options.rate, channels=options.channels, form=options.format)
        if options.source == "-"
        else file_blocks(options.source)
    )
    return listen(blocks, detector, alarm_filter)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _below(text: str) -> None:
    """Replace the last line of a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
