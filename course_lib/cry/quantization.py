"""Numbers on a grid: r ≈ S (q - Z), with whole q of few bits.

    quantize    q = clamp(round(r / S) + Z, lowest, highest)
    dequantize  r = S (q - Z)

Symmetric codes are signed and leave out the lowest, -2**(bits-1), so that +r and -r have the same error; Z is 0. Affine codes
are unsigned, and Z is the code of the real 0, which is met exactly: padding and ReLU put many zeros into a network.
B. Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018,
section 2.1.
"""

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

MOST_BITS = 16  # float32 holds every code below 2**24 exactly; nobody quantizes networks to more than 16 bits


def code_range(bits: int, *, symmetric: bool = True) -> tuple[int, int]:
    """The lowest and the highest code.

    Parameters
    ----------
    bits : int, 2 to 16
    symmetric : bool
        Signed codes around 0; else unsigned ones.

    Raises
    ------
    TypeError, ValueError
        Bits that aren't a whole number, or out of range.

    Examples
    --------
    >>> code_range(4), code_range(4, symmetric=False)
    ((-7, 7), (0, 15))
    """
    if isinstance(bits, bool) or not isinstance(bits, int | np.integer):
        raise TypeError(f"bits must be a whole number, got {bits!r}")
    if not 2 <= bits <= MOST_BITS:
        raise ValueError(f"bits must be from 2 to {MOST_BITS}, got {bits}")
    highest = 2 ** (int(bits) - 1) - 1
    return (-highest, highest) if symmetric else (0, 2 ** int(bits) - 1)


def grid_for(
    low: ArrayLike | Tensor, high: ArrayLike | Tensor, bits: int, *, symmetric: bool = True
) -> tuple[Tensor, Tensor]:
    """Scale and zero point of the finest grid that covers a range.

    Parameters
    ----------
    low, high : float, or 1-D array with one number a channel
        The range. It is widened to hold 0.
    bits : int
    symmetric : bool

    Returns
    -------
    (scale, zero_point) : Tensor float32, Tensor int32
        Of the shape of `low` and `high`. An empty range, 0 to 0, gets a scale of 1: it has only zeros to say.

    Raises
    ------
    ValueError
        A range that isn't finite or runs downward.

    Examples
    --------
    >>> scale, zero_point = grid_for(-1.0, 2.0, 8, symmetric=False)
    >>> round(1 / scale.item()), zero_point.item()
    (85, 85)
    """
    lowest, highest = code_range(bits, symmetric=symmetric)
    low, high = (torch.as_tensor(end, dtype=torch.float64) for end in (low, high))
    if not (torch.isfinite(low).all() and torch.isfinite(high).all()) or (low > high).any():
        raise ValueError(f"low must be finite and at most high, got {low.tolist()} and {high.tolist()}")
    low, high = low.clamp(max=0), high.clamp(min=0)
    if symmetric:
        scale = torch.maximum(-low, high) / highest
        zero_point = torch.zeros_like(scale)
    else:
        scale = (high - low) / (highest - lowest)
        zero_point = torch.where(scale > 0, lowest - (low / scale).round(), 0.0).clamp(lowest, highest)
    # the smallest float32 that can be inverted: below it 1 / scale is infinite
    scale = torch.where(scale > 0, scale.clamp(min=torch.finfo(torch.float32).tiny), 1.0)
    return scale.float(), zero_point.to(torch.int32)


def quantize(
    x: ArrayLike | Tensor,
    bits: int,
    scale: float | ArrayLike | Tensor,
    zero_point: int | ArrayLike | Tensor = 0,
    symmetric: bool = True,
    axis: int | None = None,
) -> np.ndarray | Tensor:
    """Real numbers to codes.

    Parameters
    ----------
    x : array_like or Tensor
        Finite numbers.
    bits : int, 2 to 16
    scale : float, or 1-D with one number for each place along `axis`
        Above 0.
    zero_point : int, or 1-D like `scale`
        The code of 0. Symmetric codes have 0.
    symmetric : bool
        Signed codes, from -(2**(bits-1) - 1); else unsigned ones, from 0.
    axis : int, optional
        Along which scale and zero point change, such as 0 for the output channels of a convolution.

    Returns
    -------
    int32 array, or Tensor when `x` is one
        Halves are rounded to the even code, as in torch and ONNX.

    Raises
    ------
    TypeError, ValueError
        Names what doesn't fit.

    Examples
    --------
    >>> quantize([-3.0, 0.26, 0.9], 4, 0.25)
    array([-7,  1,  4], dtype=int32)
    """
    given, scale, zero_point = _checked(x, bits, scale, zero_point, symmetric, axis)
    codes = _codes(given.detach(), scale.detach(), zero_point, *code_range(bits, symmetric=symmetric)).to(
        torch.int32
    )
    return codes if isinstance(x, Tensor) else codes.numpy()


def dequantize(
    codes: ArrayLike | Tensor,
    scale: float | ArrayLike | Tensor,
    zero_point: int | ArrayLike | Tensor = 0,
    axis: int | None = None,
) -> np.ndarray | Tensor:
    """Codes to real numbers, S (q - Z).

    Parameters
    ----------
    codes : array_like or Tensor
        Whole numbers.
    scale, zero_point, axis
        As in `quantize`.

    Returns
    -------
    float32 array, or Tensor when `codes` are one
    """
    given, scale, zero_point = _checked(codes, 2, scale, zero_point, False, axis, codes_given=True)
    real = (given - zero_point) * scale
    return real if isinstance(codes, Tensor) else real.numpy()


def fake_quantize(
    x: ArrayLike | Tensor,
    bits: int,
    scale: float | ArrayLike | Tensor,
    zero_point: int | ArrayLike | Tensor = 0,
    symmetric: bool = True,
    axis: int | None = None,
) -> np.ndarray | Tensor:
    """Quantize and back: the real numbers that a device with so few bits would compute with.

    Rounding has no useful slope. The gradient goes **straight through** it: 1 for an x inside the range, 0 for one that was
    clamped. A scale that is a tensor and wants a gradient gets the one that follows: the rounding error inside, the
    outermost code beyond (S. K. Esser et al., "Learned Step Size Quantization", ICLR 2020, equation 3).

    Parameters
    ----------
    x, bits, scale, zero_point, symmetric, axis
        As in `quantize`.

    Returns
    -------
    float32 array, or Tensor when `x` is one

    Raises
    ------
    TypeError, ValueError
        Names what doesn't fit.

    Examples
    --------
    >>> fake_quantize([-3.0, 0.26, 0.9], 4, 0.25)
    array([-1.75,  0.25,  1.  ], dtype=float32)
    """
    given, scale, zero_point = _checked(x, bits, scale, zero_point, symmetric, axis)
    real = on_grid(given, scale, zero_point, *code_range(bits, symmetric=symmetric))
    return real if isinstance(x, Tensor) else real.detach().numpy()


def on_grid(x: Tensor, scale: Tensor, zero_point: Tensor, lowest: int, highest: int) -> Tensor:
    """`fake_quantize` without its checks, for the inside of networks: scale and zero point broadcast against x."""
    return _OnGrid.apply(x, scale, zero_point, lowest, highest)


def _codes(x: Tensor, scale: Tensor, zero_point: Tensor, lowest: int, highest: int) -> Tensor:
    """Codes as floats."""
    steps = x * (1 / scale)  # as torch computes it, so that halves fall to the same side
    return steps.round_().add_(zero_point).clamp_(lowest, highest)  # in place: memory is what this costs


class _OnGrid(torch.autograd.Function):
    """To the grid and back, in one node of the graph that remembers x alone."""

    @staticmethod
    def forward(context, x, scale, zero_point, lowest, highest) -> Tensor:
        context.save_for_backward(x, scale, zero_point)
        context.ends = lowest, highest
        return _codes(x, scale, zero_point, lowest, highest).sub_(zero_point).mul_(scale)

    @staticmethod
    def backward(context, slope: Tensor):
        x, scale, zero_point = context.saved_tensors
        lowest, highest = context.ends
        steps = x * (1 / scale)
        places = steps.round().add_(zero_point)
        inside = (places >= lowest) & (places <= highest)
        for_scale = None
        if context.needs_input_grad[1]:
            codes = places.clamp_(lowest, highest).sub_(zero_point)
            for_scale = (slope * (codes - steps * inside)).sum_to_size(scale.shape)  # Esser's equation 3
        return slope * inside, for_scale, None, None, None


def _checked(
    x: ArrayLike | Tensor,
    bits: int,
    scale: float | ArrayLike | Tensor,
    zero_point: int | ArrayLike | Tensor,
    symmetric: bool,
    axis: int | None,
    *,
    codes_given: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """x in float32; scale and zero point in float32, shaped so that they broadcast along `axis`."""
    lowest, highest = code_range(bits, symmetric=symmetric)
    name = "codes" if codes_given else "x"
    x = _numbers(x, name)
    scale, zero_point = _numbers(scale, "scale"), _numbers(zero_point, "zero_point")
    if not (scale > 0).all():
        raise ValueError(f"scale must be above 0, got {scale.min().item():g}")
    if (zero_point != zero_point.round()).any():
        raise ValueError(f"zero_point must be a code, a whole number; got {zero_point.tolist()}")
    if symmetric and zero_point.any():
        raise ValueError("symmetric codes have the zero point 0; pass symmetric=False for another")
    if not codes_given and ((zero_point < lowest) | (zero_point > highest)).any():
        raise ValueError(
            f"zero_point must be a code from {lowest} to {highest}, got {zero_point.int().tolist()}"
        )
    return x, _along(scale, "scale", x, axis), _along(zero_point, "zero_point", x, axis)


def _numbers(values: ArrayLike | Tensor, name: str) -> Tensor:
    try:
        values = values if isinstance(values, Tensor) else torch.from_numpy(np.array(values, np.float32))
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be numbers, got {type(values).__name__}") from error
    if values.is_complex():
        raise TypeError(f"{name} must be real numbers, got {values.dtype}")
    if not torch.isfinite(values).all():
        raise ValueError(f"{name} must be finite; it holds NaN or infinity")
    return values.float()


def _along(values: Tensor, name: str, x: Tensor, axis: int | None) -> Tensor:
    if axis is None:
        if values.numel() != 1:
            raise ValueError(f"{name} has {values.numel()} numbers; say by axis along what they go")
        return values.reshape(())
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"axis must be one of the {x.ndim} axes of x, got {axis}")
    if values.ndim == 0 or values.numel() == 1:
        return values.reshape(())
    if values.shape != (x.shape[axis],):
        raise ValueError(
            f"{name} must be one number, or {x.shape[axis]} for axis {axis} of x; got shape {tuple(values.shape)}"
        )
    shape = [1] * x.ndim
    shape[axis] = -1
    return values.reshape(shape)
