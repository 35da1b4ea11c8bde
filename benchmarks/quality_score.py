"""How many photos a second does `python -m course_lib.quality score` manage, and what takes the time? Prints two tables.

    python -m benchmarks.quality_score [--sizes 640x427 1920x1280 4000x3000] [--rounds 5] [--threads 1]

The photo is scikit-image's *astronaut*, scaled, stored as JPEG of quality 90 and read again each time. The last column is the C++
program's network on the same pixels, its own start taken off, where a compiler is at hand.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from skimage.data import astronaut

from course_lib.data import load_photo
from course_lib.layers.compiled import NoCompiler
from course_lib.quality import (
    blur_score,
    compression_score,
    cpp_scores,
    export_plain,
    exposure_score,
    noise_score,
    preprocess_like_digikam,
    score_photo,
)
from course_lib.quality.pretrained import pretrained


def median_ms(way, rounds):
    """Milliseconds, median of the rounds; one untimed round first."""
    times = []
    for turn in range(rounds + 1):
        start = time.perf_counter()
        way()
        if turn:
            times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def cpp_ms(model, folder, rounds):
    """Milliseconds a picture of the C++ program: nine pictures less one, over eight."""
    weights, picture = export_plain(model, folder / "nima.cqnet"), folder / "small.ppm"
    cv2.imwrite(str(picture), np.zeros((224, 224, 3), np.uint8))
    one, nine = (median_ms(lambda n=n: cpp_scores(weights, [picture] * n), rounds) for n in (1, 9))
    return (nine - one) / 8


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=["640x427", "1920x1280", "4000x3000"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="of OpenCV and of torch")
    options = parser.parse_args()
    cv2.setNumThreads(options.threads)
    torch.set_num_threads(options.threads)
    model = pretrained("nima")
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}; Python {platform.python_version()}, "
        f"NumPy {np.__version__}, OpenCV {cv2.__version__}, PyTorch {torch.__version__}; {options.threads} threads, "
        f"median of {options.rounds} rounds"
    )
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "photo.jpg"
        print(
            f"\n{'photo':>10} {'photos/s':>9} {'read ms':>8} {'blur':>7} {'noise':>7} {'expos':>7} {'compr':>7} {'pixels':>7}"
        )
        for size in options.sizes:
            shape = tuple(map(int, size.split("x")))
            cv2.imwrite(str(path), cv2.resize(astronaut()[..., ::-1], shape), [cv2.IMWRITE_JPEG_QUALITY, 90])
            photo = load_photo(path)
            bgr = np.rint(255 * photo[..., ::-1]).astype(np.uint8)
            whole = median_ms(lambda: score_photo(model, load_photo(path)), options.rounds)
            parts = [lambda: load_photo(path)]
            parts += [
                lambda f=f, p=photo: f(p)
                for f in (blur_score, noise_score, exposure_score, compression_score)
            ]
            parts.append(lambda b=bgr: preprocess_like_digikam(b))
            times = [median_ms(part, options.rounds) for part in parts]
            print(
                f"{size:>10} {1000 / whole:9.1f} {times[0]:8.1f} " + " ".join(f"{t:7.1f}" for t in times[1:])
            )
        pixels = torch.rand(1, 3, 224, 224)
        with torch.no_grad():
            by_torch = median_ms(lambda: model(pixels), 4 * options.rounds)
        print(f"\nnetwork, torch {by_torch:7.1f} ms")
        try:
            built = cpp_ms(model, Path(name), options.rounds)
            print(f"network, C++   {built:7.1f} ms, {built / by_torch:.1f} times torch's")
            print(f"in short: the C++ network takes {built / by_torch:.1f} times torch's time")
        except NoCompiler as error:
            print(f"in short: the C++ network isn't measured: {error}")


if __name__ == "__main__":
    main()
