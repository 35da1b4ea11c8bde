"""Color a video on the cheap: ``python -m course_lib.mobile colorize VIDEO -o OUT``.

The network runs on a keyframe in 30 and at scene cuts; color is carried to the frames between. Sound, times and the upright
picture are kept.
"""

import argparse
import sys
from pathlib import Path

from course_lib.mobile.video_file import ENGINES, MODELS, colorize_video


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.mobile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "colorize", help="color a video file"
    )
    command.add_argument("video", type=Path)
    command.add_argument(
        "-o", "--out", type=Path, required=True, help="where the colored video goes: NAME.mp4, NAME.mkv"
    )
    command.add_argument("--engine", choices=ENGINES, default="torch", help="what runs the network (torch)")
    command.add_argument(
        "--model", choices=MODELS, default="light", help="light, or heavy, which runs in torch only"
    )
    command.add_argument("--every", type=int, default=30, metavar="K", help="a keyframe in K frames (30)")
    command.add_argument("--no-cuts", action="store_true", help="no further keyframes at scene cuts")
    command.add_argument(
        "--flow", action="store_true", help="carry color along optical flow: slower, follows what moves"
    )
    options = parser.parse_args(arguments)
    try:
        count = colorize_video(
            options.video,
            options.out,
            model=options.model,
            engine=options.engine,
            every=options.every,
            cuts=not options.no_cuts,
            flow=options.flow,
        )
    except (OSError, TypeError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; nothing was written.", file=sys.stderr)
        return 130
    print(f"{options.out}: {count} frame{'s' * (count != 1)} in color")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
