"""Part 4, quality: how good people will find a picture."""

import lazy_loader

# Scores and detectors on NumPy arrays need no torch: each name loads its module when it is used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={},
)
