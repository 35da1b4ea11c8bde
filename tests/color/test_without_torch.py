"""`course_lib.color` needs NumPy and SciPy only."""

import subprocess
import sys

PROGRAM = """
import sys
for name in ("torch", "torchvision", "sklearn", "skimage", "cv2", "matplotlib"):
    sys.modules[name] = None  # importing it now raises ImportError
import numpy as np
from course_lib.color import SoftEncoder, ab_bin_centers, decode, lab_to_rgb, rgb_to_lab
centers = ab_bin_centers()
lab = rgb_to_lab(np.full((2, 3), 0.5))
print(len(centers), decode(SoftEncoder(centers).encode(lab[:, 1:]), centers).shape, lab_to_rgb(lab).shape)
"""


def test_color_works_without_torch():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["313", "(2,", "2)", "(2,", "3)"]
