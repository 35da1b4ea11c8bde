"""The cry detector in few bits, as the board takes it: a picture of bytes in, grids at every layer, plain numbers out."""

import numpy as np
import torch

from course_lib.cry.calibration import layer_inputs, range_of
from course_lib.cry.cry_input import BANDS, FRAMES
from course_lib.cry.detector import CryDetector
from course_lib.cry.quantized_network import (
    QuantizedLayer,
    fold_batch_norm,
    layers_of,
    quantize_network,
    quantized_layers,
    replace_layer,
)

_BATCH = 32  # windows at a time in calibration
BYTE_RANGE = (0.0, 1.0)  # of bytes / 255: on a grid of 8 bits over it they lie already


def quantize_detector(
    detector: CryDetector,
    windows: np.ndarray,
    *,
    bits: int,
    rule: str = "percentile",
    per_channel: bool = True,
    others: dict[str, int] | None = None,
) -> CryDetector:
    """Post-training quantization of a detector.

    Parameters
    ----------
    detector : CryDetector
        Trained. It isn't changed.
    windows : ndarray, (N, 1, 64, 97) uint8
        Of training recordings, to find the ranges on.
    bits : int
        Of the weights and of what goes into the layers. The picture that goes into the first one keeps its 8.
    rule, per_channel, others
        As in `course_lib.cry.quantized_network.quantize_network`.

    Returns
    -------
    CryDetector
        In evaluation mode; it has the threshold of the one that was given.

    Raises
    ------
    ValueError
        Other windows; what the parts refuse.
    """
    small = quantize_network(
        detector, _batches(windows), bits=bits, rule=rule, per_channel=per_channel, others=others
    )
    first = next(iter(quantized_layers(small).values()))
    first.set_bits(first.weight_bits, 8, BYTE_RANGE)
    first.input_scale.requires_grad_(False)  # bytes are whole numbers of 1/255, whatever training would like
    return small


def layer_sensitivity(detector: CryDetector, windows: np.ndarray, *, bits: int = 4) -> dict[str, float]:
    """How much the verdict shakes when one layer alone gets so few bits.

    Parameters
    ----------
    detector, windows
        As in `quantize_detector`.
    bits : int

    Returns
    -------
    dict of {layer's name: float}
        Root mean square change of the margin between the two logits, relative to the margin's own standard deviation.
    """
    folded = fold_batch_norm(detector)
    layers = layers_of(folded)
    seen = layer_inputs(folded, _batches(windows), layers)
    plain = _margins(folded, windows)
    found = {}
    for number, (name, layer) in enumerate(layers.items()):
        inside, in_bits = (BYTE_RANGE, 8) if number == 0 else (range_of(seen[name], "percentile"), bits)
        replace_layer(folded, name, QuantizedLayer(layer, inside, weight_bits=bits, input_bits=in_bits))
        found[name] = float(np.sqrt(np.mean((_margins(folded, windows) - plain) ** 2)) / plain.std())
        replace_layer(folded, name, layer)
    return found


def _margins(detector: CryDetector, windows: np.ndarray) -> np.ndarray:
    """Logit of a cry minus that of anything else, (N,)."""
    with torch.inference_mode():
        logits = torch.cat([detector(batch) for batch in _batches(windows)])
    return (logits[:, 1] - logits[:, 0]).double().numpy()


def _batches(windows: np.ndarray) -> list[torch.Tensor]:
    if windows.ndim != 4 or windows.shape[1:] != (1, BANDS, FRAMES) or windows.dtype != np.uint8:
        raise ValueError(
            f"windows must be (N, 1, {BANDS}, {FRAMES}) uint8, as course_lib.cry.cry_input.heard cuts them; "
            f"got {windows.shape} {windows.dtype}"
        )
    return list(torch.from_numpy(windows).split(_BATCH))
