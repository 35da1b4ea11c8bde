"""Color as regression: a network, a loss on ab, a few hundred steps of Adam."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from tqdm.auto import tqdm

from course_lib.color import AB_SCALE
from course_lib.data import Scenes

LOSSES: dict[str, Callable[..., torch.Tensor]] = {"l2": F.mse_loss, "l1": F.l1_loss, "huber": F.huber_loss}


def train_regression(
    model: nn.Module,
    scenes: Scenes | np.ndarray,
    *,
    loss: str = "l2",
    steps: int = 200,
    batch_size: int = 32,
    learning_rate: float = 1e-4,
    huber_delta: float = 1.0,
    seed: int = 0,
    progress: bool = True,
) -> np.ndarray:
    """Teach `model` the ab of every pixel from lightness alone, in place.

    Parameters
    ----------
    model : Module
        Lightness (N, 1, H, W) in [0, 1] → normalized ab (N, 2, H, W). Left in evaluation mode.
    scenes : Scenes, or Lab array (n, H, W, 3)
    loss : "l2", "l1" or "huber"
        On normalized ab, averaged over pixels and channels.
    steps, batch_size : int
        Each step draws `batch_size` pictures with replacement.
    learning_rate : float
        Of Adam at the first step; falls in a straight line to nearly 0 at the last.
    huber_delta : float
        Where Huber turns from square to straight, in normalized ab.
    seed : int
        Of the batches. The model's own weights are drawn where it is made.
    progress : bool
        Show a progress bar, which goes when training is done.

    Returns
    -------
    ndarray, (steps,) float32
        The loss of each step.

    Raises
    ------
    ValueError
        Unknown loss; no steps, empty batches, a learning rate or delta not above 0; scenes that aren't finite Lab.
    """
    lightness, target = _tensors(scenes)
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(LOSSES)}; got {loss!r}")
    if steps < 1 or batch_size < 1 or not learning_rate > 0 or not huber_delta > 0:
        raise ValueError(
            "steps and batch_size must be at least 1, learning_rate and huber_delta above 0; "
            f"got {steps}, {batch_size}, {learning_rate}, {huber_delta}"
        )
    options = {"delta": huber_delta} if loss == "huber" else {}
    batches = torch.randint(len(target), (steps, batch_size), generator=torch.Generator().manual_seed(seed))
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, end_factor=1 / steps, total_iters=steps)
    model.train().to(memory_format=torch.channels_last)  # half again as fast on a CPU; the answers stay
    history = np.empty(steps, np.float32)
    for step in tqdm(range(steps), desc=f"training ({loss})", leave=False, disable=not progress):
        rows = batches[step]
        error = LOSSES[loss](model(lightness[rows]), target[rows], **options)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        decay.step()
        history[step] = error.item()
    model.eval()
    return history


def _tensors(scenes: Scenes | np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Lab (n, H, W, 3) → lightness (n, 1, H, W) and normalized ab (n, 2, H, W)."""
    lab = np.asarray(getattr(scenes, "lab", scenes))
    if lab.ndim != 4 or lab.shape[-1] != 3 or lab.size == 0 or not np.issubdtype(lab.dtype, np.floating):
        raise ValueError(
            f"scenes must be Scenes or a nonempty float Lab array (n, H, W, 3); got {lab.dtype} {lab.shape}"
        )
    if not np.isfinite(lab).all():
        raise ValueError("scenes must be finite; they hold NaN or infinity")
    channels = torch.from_numpy(lab.astype(np.float32)).movedim(
        -1, 1
    )  # (n, 3, H, W), channels last in memory
    return channels[:, :1] / 100, channels[:, 1:] / AB_SCALE
