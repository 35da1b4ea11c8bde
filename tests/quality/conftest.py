"""What the tests of both C++ programs ask: six photos in files, and the shipped network."""

import cv2
import numpy as np
import pytest
import torch

from course_lib.data import photos
from course_lib.quality import preprocess_like_digikam
from course_lib.quality.pretrained import CHECKPOINTS, load_nima

SIX = ("astronaut", "chelsea", "china", "coffee", "flower", "rocket")


@pytest.fixture(scope="session")
def write_six():
    """Write six photos of odd sizes as files of a kind: their paths, and what the network sees of them."""

    def write(folder, suffix):
        paths, pixels = [], []
        for i, (name, photo) in enumerate(photos(*SIX).items()):
            bgr = np.rint(255 * photo[: 300 + i, : 341 - 7 * i, ::-1]).astype(np.uint8)
            paths.append(folder / f"{name}{suffix}")
            cv2.imwrite(str(paths[-1]), bgr)
            pixels.append(torch.from_numpy(preprocess_like_digikam(bgr)).movedim(-1, 0))
        return paths, torch.stack(pixels)

    return write


@pytest.fixture(scope="session")
def shipped_nima():
    """The shipped network, to be looked at only."""
    return load_nima(CHECKPOINTS / "nima.safetensors")
