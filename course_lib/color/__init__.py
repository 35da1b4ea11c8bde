"""Color: sRGB and Lab, the gamut's bins, soft encoding and decoding. NumPy and SciPy only.

References
----------
IEC 61966-2-1:1999; CIE 15:2004; Zhang, Isola, Efros, "Colorful Image Colorization", ECCV 2016.
"""

from course_lib.color.bins import ab_bin_centers
from course_lib.color.lab import AB_SCALE, denormalize_lab, in_gamut, lab_to_rgb, normalize_lab, rgb_to_lab
from course_lib.color.soft_encoding import SoftEncoder, decode

__all__ = [
    "AB_SCALE",
    "SoftEncoder",
    "ab_bin_centers",
    "decode",
    "denormalize_lab",
    "in_gamut",
    "lab_to_rgb",
    "normalize_lab",
    "rgb_to_lab",
]
