"""Run the benchmarks one after the other, and write one page of what came out.

    python -m benchmarks [NAME …] [--quick] [--out FILE]

The whole set goes to benchmarks/RESULTS.md; some of them, or quick ones, whose numbers say little, to build/RESULTS.md. A
benchmark ends in a line "in short: …", which goes into the table on top. Exit codes: 0, all ran; 1, some failed.
"""

import argparse
import datetime
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
MARK = "in short: "
LIMIT = 3600  # seconds for one
QUICK = {
    "cry_bits": "--windows 8 --rounds 2",
    "engines": "--rounds 2",
    "feature_memory": "--frames 200",
    "guided_filter": "--size 320x180 --rounds 2",
    "keyframes": "--model regression --clips libby",
    "local_attention": "--rounds 1 --window 5 --values 16",
    "log_mel": "--seconds 4 --rounds 2 --n-fft 512",
    "quality_score": "--sizes 640x427 --rounds 1",
    "soft_encoding": "--rounds 1",
    "stream_loader": "--rounds 1 --models card",
    "video_conversion": "--frames 20 --clips 1 --rounds 1",
}


@dataclass
class Result:
    """What a benchmark printed; or, where it failed, the last thing it said."""

    name: str
    command: str
    seconds: float
    table: str
    error: str = ""

    @property
    def short(self):
        """Its answer in a line."""
        lines = [line.removeprefix(MARK) for line in self.table.splitlines() if line.startswith(MARK)]
        return "; ".join(lines)


def names():
    """The benchmarks, by name."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def run(name, options=""):
    """Run one as a process of its own."""
    module = ["-m", f"benchmarks.{name}", *options.split()]
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, *module], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        said = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        error = said.replace(str(ROOT), ".") if done.returncode else ""
        table = done.stdout.strip()
    except subprocess.TimeoutExpired:
        table, error = "", f"no end after {LIMIT} seconds"
    result = Result(name, " ".join(["python", *module]), time.monotonic() - began, table, error)
    if not error and not result.short:
        result.error = f"it printed no line {MARK!r}"
    return result


def machine():
    """What this runs on, in words that name nobody's machine."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "onnxruntime"))
    return (
        f"{_processor()}, {psutil.cpu_count(logical=False)} cores ({psutil.cpu_count()} threads), "
        f"{psutil.virtual_memory().total / 2**30:.0f} GB of memory, {platform.system()}; "
        f"Python {platform.python_version()}, {packages}"
    )


def _processor():
    """The processor's model, where the system tells it; else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def page(results, about):
    """The page, as Markdown."""
    today = datetime.date.today().isoformat()
    lines = ["# What the claims about speed are measured with", "", "Made by `make bench`; never edited.", ""]
    lines += [f"{today}. {about}", "", "| benchmark | in short |", "| --- | --- |"]
    lines += [f"| [{r.name}](#{r.name}) | {f'failed: {r.error}' if r.error else r.short} |" for r in results]
    for result in results:
        lines += ["", f"## {result.name}", "", f"`{result.command}`, {result.seconds:.0f} s", ""]
        if result.error:
            lines += [f"Failed: {result.error}", ""]
        lines += [
            "```text",
            *(line for line in result.table.splitlines() if not line.startswith(MARK)),
            "```",
        ]
    return "\n".join(lines) + "\n"


def main(arguments=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all when left out"
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes and few rounds: does everything run?"
    )
    parser.add_argument("--out", type=Path, help="where the page goes")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(names()))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
    whole = not options.names and not options.quick
    out = options.out or (FOLDER / "RESULTS.md" if whole else ROOT / "build" / "RESULTS.md")
    about = machine()
    if hasattr(os, "getloadavg"):
        about += f"; {os.getloadavg()[0]:.1f} programs were running before"
    results = []
    for name in options.names or names():
        print(f"{name} … ", end="", flush=True)
        results.append(run(name, QUICK[name] if options.quick else ""))
        print(f"{results[-1].seconds:.0f} s  {results[-1].error or results[-1].short}", flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = out.with_name(out.name + ".part")
    scratch.write_text(page(results, about), encoding="utf-8")
    scratch.replace(out)
    failed = [result.name for result in results if result.error]
    print(
        f"{out}: {len(results) - len(failed)} of {len(results)} ran"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
