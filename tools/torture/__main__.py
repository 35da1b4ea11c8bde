"""Put hard inputs to everything that reads one, and count: tried, handled, failed.

    python -m tools.torture [KIND …] [--rounds N] [--seed S] [--case CASE]

Exit codes: 0, all were handled; 1, some weren't. A failure's case can be done again alone.
"""

import argparse
import os
from collections import Counter

from tqdm import tqdm

from tools.torture import KINDS
from tools.torture.worker import outcomes


def main(arguments=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.torture",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; all when left out")
    parser.add_argument("--rounds", type=int, default=10, help="of each kind's cases (10)")
    parser.add_argument("--seed", type=int, default=0, help="decides all cases (0)")
    parser.add_argument("--case", help="this case alone, such as 0-17, of one kind")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.kinds) - set(KINDS))
    if unknown or options.rounds < 1 or (options.case and len(options.kinds) != 1):
        parser.error(
            f"kinds are {', '.join(KINDS)}, rounds at least 1, and --case is of one kind; "
            f"got {' '.join(options.kinds)}, {options.rounds}, {options.case}"
        )
    os.environ.setdefault(
        "OMP_NUM_THREADS", "1"
    )  # inherited by the workers: small inputs only wait for threads
    counts, failures = {}, []
    for kind in options.kinds or KINDS:
        try:
            found = list(tried(kind, options))
        except RuntimeError as error:  # the sound files themselves can't be made
            parser.exit(1, f"{parser.prog}: {error}\n")
        counts[kind] = Counter(outcome.ending for outcome in found)
        failures += [(kind, outcome) for outcome in found if outcome.ending == "failed"]
    print(table(counts))
    for kind, outcome in failures:
        print(f"\npython -m tools.torture {kind} --case {outcome.case}\n  {outcome.why}")
    return 1 if failures else 0


def tried(kind, options):
    """The outcomes of a kind's cases."""
    module = f"tools.torture.{kind}"
    number = __import__(module, fromlist=["CASES"]).CASES * options.rounds
    cases = [options.case] if options.case else [f"{options.seed}-{i}" for i in range(number)]
    # no bar where nobody sees it
    return tqdm(outcomes(module, cases), total=len(cases), desc=kind, unit="case", disable=None)


def table(counts):
    """Counts by kind, and of all."""
    rows = [f"{'':14}{'tried':>8}{'handled':>9}{'worked':>8}{'refused':>9}{'failed':>8}"]
    for kind, count in {**counts, "all": sum(counts.values(), Counter())}.items():
        handled = count["worked"] + count["refused"]
        rows.append(
            f"{kind:14}{count.total():8}{handled:9}{count['worked']:8}{count['refused']:9}{count['failed']:8}"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    raise SystemExit(main())
