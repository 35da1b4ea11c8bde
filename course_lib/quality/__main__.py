"""``python -m course_lib.quality score PHOTO…|FOLDER…``"""

import sys

from course_lib.quality.score import main

if __name__ == "__main__":
    if sys.argv[1:2] != ["score"]:
        print("usage: python -m course_lib.quality score PHOTO|FOLDER… [--json|--csv]", file=sys.stderr)
        sys.exit(0 if sys.argv[1:2] in (["-h"], ["--help"]) else 2)
    sys.exit(main(sys.argv[2:]))
