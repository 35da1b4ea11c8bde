"""What `log_mel_cpp` gave for a short made wave, as a small table: lesson 19 goes on with it where there is no compiler.

``python -m course_lib.cry.log_mel_reference`` makes the table anew.
"""

from pathlib import Path

import numpy as np

from course_lib.cry.log_mel_cpp import log_mel_cpp

TABLE = Path(__file__).parents[2] / "assets" / "facts" / "log_mel_cpp.csv"
_DIGITS = 6


def reference_wave() -> np.ndarray:
    """0.15 s at 16 kHz, (2400,) float64: a glide from 200 Hz to 6.2 kHz that fades, on a soft tone."""
    time = np.arange(2400) / 16000
    return 0.5 * np.exp(-8 * time) * np.sin(2 * np.pi * (200 + 20000 * time) * time) + 0.01 * np.sin(
        2 * np.pi * 1000 * time
    )


def reference_features() -> np.ndarray:
    """`log_mel_cpp` of `reference_wave` with default settings, (64, 16) float64, rounded to 1e-6."""
    return np.loadtxt(TABLE, delimiter=",")


def main() -> None:
    """The command."""
    about = [
        "log_mel_cpp of a made wave, default settings: a row a mel, a column a frame.",
        "Made by: python -m course_lib.cry.log_mel_reference",
    ]
    scratch = TABLE.with_name(TABLE.name + ".part")
    with scratch.open("w", encoding="utf-8") as file:
        np.savetxt(
            file, log_mel_cpp(reference_wave()), f"%.{_DIGITS}f", delimiter=",", header="\n".join(about)
        )
    scratch.replace(TABLE)
    print(f"wrote {TABLE}")


if __name__ == "__main__":
    main()
