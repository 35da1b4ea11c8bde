"""Part 5, cry: from sound to an alarm that a parent trusts."""

import lazy_loader

# Features on NumPy arrays need no torch: each name loads its module when it is used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={},
)
