"""A ConvLSTM: the LSTM whose state is a picture, and whose four gates look at a neighborhood.

    gates = W * [x_t, h_{t-1}] + b              one convolution, four gates: i, f, g, o
    c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g)
    h_t = sigmoid(o) tanh(c_t)

With a 1x1 kernel each place is an LSTM of its own that never hears of its neighbors.
X. Shi et al., "Convolutional LSTM Network", NeurIPS 2015, equation 3, without its peepholes, as PyTorch's LSTM is.
"""

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]  # h and c, each (N, hidden, H, W)


class ConvLSTMCell(nn.Module):
    """One step in time.

    Parameters
    ----------
    in_channels, hidden : int
    kernel : int
        Side of the neighborhood, odd; 1 is an LSTM at each place apart.

    Raises
    ------
    ValueError
        An even kernel, or a number below 1.

    Examples
    --------
    >>> h, c = ConvLSTMCell(3, 8)(torch.zeros(2, 3, 5, 6))
    >>> h.shape, c.shape
    (torch.Size([2, 8, 5, 6]), torch.Size([2, 8, 5, 6]))
    """

    def __init__(self, in_channels: int, hidden: int, *, kernel: int = 3):
        super().__init__()
        if min(in_channels, hidden, kernel) < 1 or kernel % 2 == 0:
            raise ValueError(
                f"in_channels and hidden must be at least 1 and kernel odd; got {in_channels}, {hidden} and {kernel}"
            )
        self.in_channels, self.hidden = in_channels, hidden
        self.gates = nn.Conv2d(in_channels + hidden, 4 * hidden, kernel, padding=kernel // 2)

    def forward(self, x: Tensor, state: State | None = None) -> State:
        """x (N, C, H, W) and the state before it, none at the beginning, → the state after it."""
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise ValueError(f"x must have shape (N, {self.in_channels}, H, W); got {tuple(x.shape)}")
        h, c = self.empty_state(x) if state is None else state
        i, f, g, o = self.gates(torch.cat([x, h], 1)).chunk(4, 1)  # each (N, hidden, H, W)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def empty_state(self, x: Tensor) -> State:
        """The zeros with which a video begins, for pictures like x (N, C, H, W)."""
        zeros = x.new_zeros(len(x), self.hidden, *x.shape[2:])
        return zeros, zeros


class ConvLSTM(nn.Module):
    """A `ConvLSTMCell` carried along the frames of a batch of clips.

    Parameters
    ----------
    in_channels, hidden, kernel
        As of `ConvLSTMCell`.

    Examples
    --------
    >>> seen, (h, c) = ConvLSTM(3, 8)(torch.zeros(2, 4, 3, 5, 6))
    >>> seen.shape, h.shape
    (torch.Size([2, 4, 8, 5, 6]), torch.Size([2, 8, 5, 6]))
    """

    def __init__(self, in_channels: int, hidden: int, *, kernel: int = 3):
        super().__init__()
        self.cell = ConvLSTMCell(in_channels, hidden, kernel=kernel)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Frames → what was seen up to each of them, and the state after the last.

        Parameters
        ----------
        x : Tensor, (N, T, C, H, W)
        state : (h, c), optional
            Left by the frames before.

        Returns
        -------
        Tensor, (N, T, hidden, H, W)
        (h, c)

        Raises
        ------
        ValueError
            Other shapes; a state of other pictures.
        """
        if x.ndim != 5 or x.shape[1] == 0:
            raise ValueError(f"x must have shape (N, T, C, H, W) with T from 1; got {tuple(x.shape)}")
        state = self.cell.empty_state(x[:, 0]) if state is None else state
        wanted = (len(x), self.cell.hidden, *x.shape[3:])
        for part in state:
            if part.shape != wanted:
                raise ValueError(
                    f"state must have shape {wanted} for these frames; got {tuple(part.shape)}. A state goes on with "
                    "the same rows and the same size of picture"
                )
        seen = []
        for frame in x.unbind(1):
            state = self.cell(frame, state)
            seen.append(state[0])
        return torch.stack(seen, 1), state  # (N, T, hidden, H, W)


def reset(state: State, is_first: Tensor) -> State:
    """Forget, in the rows that begin another video, everything; in the others nothing.

    Parameters
    ----------
    state : (h, c), each (N, ...)
    is_first : Tensor, (N,) bool

    Raises
    ------
    ValueError
        Flags of another shape or dtype.

    Examples
    --------
    >>> h, c = reset((torch.ones(3, 1), torch.ones(3, 1)), torch.tensor([False, True, False]))
    >>> h.flatten()
    tensor([1., 0., 1.])
    """
    rows = len(state[0])
    if is_first.shape != (rows,) or is_first.dtype != torch.bool:
        raise ValueError(
            f"is_first must have a bool for each of {rows} rows; got {tuple(is_first.shape)} {is_first.dtype}"
        )
    # filled, not multiplied by 0: NaN times 0 is NaN
    return tuple(part.masked_fill(is_first.view(-1, *[1] * (part.ndim - 1)), 0) for part in state)
