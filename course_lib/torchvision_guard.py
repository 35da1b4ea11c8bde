"""Let `import torchvision` work beside a torch it wasn't built for.

A CPU-only torch often meets a CUDA build of torchvision: `pip install torch torchvision` gives just that pair on some
machines. torchvision's operator library then can't load, its Python side declares shapes for the missing operators, and
the import dies with "operator torchvision::nms does not exist".

`install()` costs nothing: it leaves a finder that waits for the first import of torchvision, whoever makes it (timm,
torchmetrics and lpips do), and calls `guard()` right before it. Models, transforms, datasets and utils then work;
`torchvision.ops.nms` and `torchvision.io.read_image`, which need the real library, still don't.
"""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

_kept_alive: list[object] = []  # a torch.library.Library takes its operators with it when it is collected


class _TorchvisionFinder:
    """A meta-path finder that answers for one name, and wraps its loader so that the guard runs first."""

    def find_spec(self, name, path=None, target=None):
        if name != "torchvision":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def guarded_load(module):
                guard()
                load(module)

            # the loader keeps all else that it can do, so one method is replaced and no class put around it
            spec.loader.exec_module = guarded_load  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Make the first import of torchvision run `guard` before it. Imports nothing heavy; safe to call again."""
    if not any(isinstance(finder, _TorchvisionFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TorchvisionFinder())


def guard() -> bool:
    """Define the operators torchvision's import asks for, where its own library can't load.

    Returns
    -------
    bool
        True if stand-ins are in place, False where torchvision's library loads (or torchvision isn't installed):
        then nothing was changed.
    """
    if _kept_alive:
        return True
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None or _loads(Path(spec.origin).parent):
        return False
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _kept_alive.append(library)
    return True


def _loads(folder: Path) -> bool:
    """Whether one of torchvision's `_C*` files in `folder` loads into this torch."""
    import torch

    for file in sorted(folder.glob("_C*")):
        try:
            torch.ops.load_library(file)
        except OSError:
            continue
        return True
    return False
