"""What a network costs a small device: multiplications, bytes of weights, and the memory that one layer needs at a time.

A device that runs layer after layer keeps one layer's input and output at a time. The input of a residual block, which waits
until the sum, comes on top; it isn't counted here.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

SCALE_BYTES = 4  # float32
INPUT_GRID_BYTES = 5  # a scale, and a zero point of one byte


@dataclass(frozen=True)
class LayerCost:
    """One convolution or linear layer, for one input.

    Attributes
    ----------
    name : str
    weights : int
        Numbers, without the biases.
    biases : int
    macs : int
        Multiplications, each with an addition.
    channels : int
        Of its output.
    inputs, outputs : int
        Numbers in and out.
    """

    name: str
    weights: int
    biases: int
    macs: int
    channels: int
    inputs: int
    outputs: int

    def weight_bytes(self, bits: int) -> int:
        """Weights of so many bits, packed, and a 32-bit bias each."""
        return -(-self.weights * bits // 8) + 4 * self.biases

    def working_bytes(self, bits: int) -> int:
        """Its input and its output, packed."""
        return -(-(self.inputs + self.outputs) * bits // 8)


def layer_costs(model: nn.Module, example: Tensor) -> list[LayerCost]:
    """The cost of each convolution and linear layer, in the order in which they run.

    Parameters
    ----------
    model : Module
        Batch norm counts nothing: fold it first.
    example : Tensor, (1, …)
        One input.

    Returns
    -------
    list of LayerCost

    Raises
    ------
    ValueError
        More than one input; a model without such layers.
    """
    if example.shape[0] != 1:
        raise ValueError(f"example must be one input, (1, …); got shape {tuple(example.shape)}")
    costs: list[LayerCost] = []

    def note(name: str):
        def hook(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            weights = layer.weight.numel()
            channels = layer.weight.shape[0]
            places = output.numel() // channels  # each uses every weight once
            biases = 0 if layer.bias is None else layer.bias.numel()
            ends = inputs[0].numel(), output.numel()
            costs.append(LayerCost(name, weights, biases, weights * places, channels, *ends))

        return hook

    hooks = [
        layer.register_forward_hook(note(name))
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
    training = model.training
    try:
        model.eval()
        with torch.inference_mode():
            model(example)
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    if not costs:
        raise ValueError("the model has neither convolutions nor linear layers")
    return costs


def network_bytes(costs: list[LayerCost], bits: dict[str, int], *, per_channel: bool = True) -> int:
    """Bytes of everything that the network must keep: packed weights, biases, and the grids where there are any.

    Parameters
    ----------
    costs : list of LayerCost
    bits : dict of {layer's name: bits}
        Of its weights; 32 for float, which has no grids.
    per_channel : bool
        A scale for each output channel, else one a layer.
    """
    total = 0
    for cost in costs:
        total += cost.weight_bytes(bits[cost.name])
        if bits[cost.name] < 32:
            total += SCALE_BYTES * (cost.channels if per_channel else 1) + INPUT_GRID_BYTES
    return total
