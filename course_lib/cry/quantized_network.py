"""A network whose layers compute with few bits, simulated: weights and inputs of each layer lie on a grid.

    input (float) → on its grid, affine, one scale → convolution with weights on theirs, symmetric, a scale for each output
    channel → float, bias added → activation → …

That is what an integer device computes, up to the rounding of its 32-bit sums: a convolution of grid numbers is a sum of
whole numbers times the product of two scales. What stands between layers, such as the sum of a residual block, stays float here.
Batch norm is folded into the convolution before it first, so that the device has no such layer, and the grid covers what it uses.
Scales are parameters: training goes on through the grids (see `fake_quantize`), and they learn too.
"""

import copy
from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from course_lib.cry.calibration import layer_inputs, range_of
from course_lib.cry.quantization import code_range, grid_for, on_grid

TINY = 1e-8  # a scale that training drives to 0 or below is held here


class QuantizedLayer(nn.Module):
    """A convolution or linear layer with its input and its weights on grids.

    Parameters
    ----------
    layer : Conv2d or Linear
        Taken over, not copied.
    input_range : (low, high)
        Of its input.
    weight_bits, input_bits : int
    per_channel : bool
        A scale for each output channel of the weights, else one for all.

    Attributes
    ----------
    weight_scale : Parameter, (channels,) or ()
    input_scale : Parameter, ()
    input_zero_point : Tensor int32
    """

    def __init__(
        self,
        layer: nn.Conv2d | nn.Linear,
        input_range: tuple[float, float],
        *,
        weight_bits: int,
        input_bits: int,
        per_channel: bool = True,
    ):
        super().__init__()
        self.layer = layer
        self.per_channel = per_channel
        self.weight_scale = nn.Parameter(torch.ones(layer.weight.shape[0] if per_channel else ()))
        self.input_scale = nn.Parameter(torch.ones(()))
        self.register_buffer("input_zero_point", torch.zeros((), dtype=torch.int32))
        self.set_bits(weight_bits, input_bits, input_range)

    def set_bits(self, weight_bits: int, input_bits: int, input_range: tuple[float, float]) -> None:
        """New grids, that cover the largest weights as they are now, and this range of the input."""
        self.weight_bits, self.input_bits, self.input_range = weight_bits, input_bits, input_range
        weight = self.layer.weight.detach()
        most = weight.abs().flatten(1).amax(1) if self.per_channel else weight.abs().max()
        scale, _ = grid_for(-most, most, weight_bits)
        in_scale, zero_point = grid_for(*input_range, input_bits, symmetric=False)
        with torch.no_grad():
            self.weight_scale.copy_(scale)
            self.input_scale.copy_(in_scale)
            self.input_zero_point.copy_(zero_point)

    @property
    def weight(self) -> Tensor:
        """The layer's own, in full precision."""
        return self.layer.weight

    def weight_on_grid(self) -> Tensor:
        """The weights that it computes with, of the layer's shape."""
        weight = self.layer.weight
        scale = self.weight_scale.clamp(min=TINY)
        if self.per_channel:
            scale = scale.reshape(-1, *[1] * (weight.ndim - 1))  # one for each output channel
        return on_grid(weight, scale, torch.zeros(()), *code_range(self.weight_bits))

    def forward(self, x: Tensor) -> Tensor:
        """Of the layer's shapes."""
        ends = code_range(self.input_bits, symmetric=False)
        x = on_grid(x, self.input_scale.clamp(min=TINY), self.input_zero_point, *ends)
        layer, weight = self.layer, self.weight_on_grid()
        if isinstance(layer, nn.Linear):
            return F.linear(x, weight, layer.bias)
        return F.conv2d(x, weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups)

    def extra_repr(self) -> str:
        """For print: the bits."""
        return f"weight_bits={self.weight_bits}, input_bits={self.input_bits}, per_channel={self.per_channel}"


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """A copy in evaluation mode in which every batch norm right behind a convolution is part of it.

    Raises
    ------
    ValueError
        A batch norm that no convolution stands before, in the same `Sequential`.
    """
    model = copy.deepcopy(model).eval()
    for block in model.modules():
        if not isinstance(block, nn.Sequential):
            continue
        names = list(block._modules)
        for name, following in pairwise(names):
            layer, norm = block._modules[name], block._modules[following]
            if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                block._modules[name] = fuse_conv_bn_eval(layer, norm)
                block._modules[following] = nn.Identity()
    left = [name for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)]
    if left:
        raise ValueError(f"no convolution stands right before the batch norm {', '.join(left)}")
    return model


def layers_of(model: nn.Module) -> dict[str, nn.Conv2d | nn.Linear]:
    """Convolutions and linear layers by name, in the model's order."""
    return {
        name: module for name, module in model.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)
    }


def quantized_layers(model: nn.Module) -> dict[str, QuantizedLayer]:
    """The quantized layers of what `quantize_network` gave, by their name in the model, in its order."""
    return {name: module for name, module in model.named_modules() if isinstance(module, QuantizedLayer)}


def unquantized(model: nn.Module) -> nn.Module:
    """A copy with the layers' own weights and no grids: to quantize anew with other bits, after training through these."""
    model = copy.deepcopy(model)
    for name, layer in quantized_layers(model).items():
        replace_layer(model, name, layer.layer)
    return model


def replace_layer(model: nn.Module, name: str, layer: nn.Module) -> None:
    """Put another layer where this name stands, in place."""
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, layer)


def quantize_network(
    model: nn.Module,
    batches: Iterable[Tensor],
    *,
    bits: int,
    rule: str = "percentile",
    per_channel: bool = True,
    others: dict[str, int] | None = None,
) -> nn.Module:
    """Post-training quantization: fold batch norm, look at examples, put every layer on its grids.

    Parameters
    ----------
    model : Module
        Trained, with convolutions, linear layers, and batch norm right behind convolutions. It isn't changed.
    batches : iterable of Tensor
        Inputs to find the ranges on. Training data, never test data.
    bits : int
        Of weights and inputs.
    rule : str
        Of `calibration.range_of`.
    per_channel : bool
        A scale for each output channel of the weights.
    others : dict of {layer's name: bits}, optional
        Layers that get other bits, for mixed precision.

    Returns
    -------
    Module
        In evaluation mode. Train it on as any other.

    Raises
    ------
    ValueError
        No layers; an unknown name in `others`; what the parts refuse.
    """
    folded = fold_batch_norm(model)
    layers, others = layers_of(folded), others or {}
    if not layers:
        raise ValueError("the model has neither convolutions nor linear layers to quantize")
    if unknown := sorted(others.keys() - layers.keys()):
        raise ValueError(
            f"others names {', '.join(unknown)}, which the model hasn't; it has {', '.join(layers)}"
        )
    seen = layer_inputs(folded, batches, layers)
    for name, layer in layers.items():
        wanted = others.get(name, bits)
        quantized = QuantizedLayer(
            layer,
            range_of(seen[name], rule),
            weight_bits=wanted,
            input_bits=wanted,
            per_channel=per_channel,
        )
        replace_layer(folded, name, quantized)
    return folded.eval()
