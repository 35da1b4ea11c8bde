"""How fast is `log_mel`, in NumPy and in C++, next to librosa's? Prints a table of ratios for each frame length.

    python -m benchmarks.log_mel [--seconds 60] [--rounds 9] [--n-fft 512 400 1024 511]

One thread. All ways take turns in one run; shown are each way's median processor time, and the median over the rounds of its ratio to
librosa's in float32 in the same round. librosa computes in the type of the wave, the other two in float64 always.
"""

import argparse
import os
import platform
import time

import librosa
import numpy as np
import scipy
from threadpoolctl import threadpool_limits

from course_lib.cry import LogMelStream, log_mel, log_mel_cpp


def seconds_of(ways, rounds):
    """Processor seconds of each way in each round, (rounds,) by name; one untimed round first, then all take turns."""
    times = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in list(ways.items())[:: 1 if turn % 2 else -1]:
            start = time.process_time()
            way()
            if turn:
                times[name].append(time.process_time() - start)
    return {name: np.array(values) for name, values in times.items()}


def by_librosa(wave, n_fft):
    power = librosa.feature.melspectrogram(y=wave, sr=16000, n_fft=n_fft, hop_length=160, n_mels=64)
    return np.log(np.maximum(power, 1e-10))


def by_stream(wave, n_fft):
    """320 samples (20 ms) at a time."""
    stream = LogMelStream(n_fft=n_fft)
    for start in range(0, len(wave), 320):
        stream.push(wave[start : start + 320])
    stream.flush()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--n-fft", type=int, nargs="+", default=[512, 400, 1024, 511])
    options = parser.parse_args()
    double = np.random.default_rng(0).uniform(-1, 1, 16000 * options.seconds)
    single = double.astype(np.float32)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, "
        f"NumPy {np.__version__}, SciPy {scipy.__version__}, librosa {librosa.__version__}"
    )
    print(f"{options.seconds} s at 16 kHz, hop 160, 64 mels; median of {options.rounds} rounds, one thread")
    for n_fft in options.n_fft:
        ways = {
            "librosa, float32": lambda n=n_fft: by_librosa(single, n),
            "librosa, float64": lambda n=n_fft: by_librosa(double, n),
            "log_mel": lambda n=n_fft: log_mel(single, n_fft=n),
            "log_mel_cpp": lambda n=n_fft: log_mel_cpp(single, n_fft=n),
            "LogMelStream, 20 ms at a time": lambda n=n_fft: by_stream(single, n),
        }
        with threadpool_limits(1):
            seconds = seconds_of(ways, options.rounds)
        base = seconds["librosa, float32"]
        print(f"\n{f'n_fft {n_fft}':32} {'ms':>8} {'/ librosa':>10} {'x real time':>12}")
        for name, values in seconds.items():
            middle = np.median(values)
            print(
                f"{name:32} {1000 * middle:8.1f} {np.median(values / base):10.2f} {options.seconds / middle:12.0f}"
            )
        ours, built = (np.median(seconds[name] / base) for name in ("log_mel", "log_mel_cpp"))
        print(f"in short: n_fft {n_fft}: time over librosa's: log_mel {ours:.2f}, log_mel_cpp {built:.2f}")


if __name__ == "__main__":
    main()
