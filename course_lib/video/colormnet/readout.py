"""Read a memory: compare each query with every key that is stored, and average the stored values by likeness.

    D_nm = |k_n - q_m|²     W = softmax_n(-D)     V = A Wᵀ          the plain reading
    S_nm = -s_n Σ_c e_cm (k_cn - q_cm)² / √C     W = softmax_n(S)   the released one

n counts what is stored, m the queries. The shrinkage s_n says how sharply an element is to be matched, the selection
e_cm which channels matter to a query. Of S, only the k best of each query may count and the others get weight 0.

The square is multiplied out, k²e - 2keq + eq², so that S is one product of matrices and no (M, C, Q) array is ever
made. Where k and q are long and close to each other these three terms nearly cancel: float64 keeps what float32 would
lose of them.

Y. Yang et al., "ColorMNet: A Memory-based Deep Spatial-Temporal Feature Propagation Network for Video Colorization",
ECCV 2024, section 3.2. https://arxiv.org/abs/2404.06251. Shrinkage and selection: H. K. Cheng, A. Schwing, "XMem:
Long-Term Video Object Segmentation with an Atkinson-Shiffrin Memory Model", ECCV 2022, equation 3.
"""

import torch
from torch import Tensor

READINGS = ("released", "plain")


def affinity(
    memory_key: Tensor,
    query_key: Tensor,
    *,
    shrinkage: Tensor | None = None,
    selection: Tensor | None = None,
    top_k: int | None = None,
    reading: str = "released",
) -> Tensor:
    """How much of each stored element goes into each query's answer.

    Parameters
    ----------
    memory_key : Tensor, (N, C, M)
        Keys of the M elements stored; M at least 1.
    query_key : Tensor, (N, C, Q)
    shrinkage : Tensor, (N, 1, M), optional
        The released reading's s, 1 where it is not given.
    selection : Tensor, (N, C, Q), optional
        The released reading's e, 1 where it is not given.
    top_k : int, optional
        Only so many elements of each query share its weight; all of them if there are fewer. The default is the full
        softmax, which training uses; the released network reads with 30 at test time.
    reading : "released" or "plain"
        Plain is the softmax of minus the squared distance itself, neither divided by √C nor with s or e.

    Returns
    -------
    Tensor, (N, M, Q)
        In [0, 1], summing to 1 over M, of the keys' dtype. Finite for all finite input of float32 or less. It can be
        differentiated in all four tensors.

    Raises
    ------
    TypeError
        Keys that aren't floating point.
    ValueError
        Shapes that don't fit, an empty memory, a `top_k` below 1, another reading, or s or e with the plain one.

    Examples
    --------
    >>> affinity(torch.tensor([[[0.0, 1.0]]]), torch.tensor([[[0.0, 0.5]]]), reading="plain")
    tensor([[[0.7311, 0.5000],
             [0.2689, 0.5000]]])
    """
    if top_k is None:
        scores = _scores(memory_key, query_key, shrinkage, selection, reading)
        return _softmax(scores, memory_key.dtype).mT
    weights, index = top_affinity(
        memory_key, query_key, top_k, shrinkage=shrinkage, selection=selection, reading=reading
    )
    dense = weights.new_zeros(*weights.shape[:2], memory_key.shape[-1])  # (N, Q, M)
    return dense.scatter(-1, index, weights).mT


def top_affinity(
    memory_key: Tensor,
    query_key: Tensor,
    top_k: int,
    *,
    shrinkage: Tensor | None = None,
    selection: Tensor | None = None,
    reading: str = "released",
) -> tuple[Tensor, Tensor]:
    """`affinity` without its zeros: what each query's best elements weigh, and which they are.

    Parameters
    ----------
    memory_key, query_key, top_k, shrinkage, selection, reading
        As of `affinity`.

    Returns
    -------
    weights : Tensor, (N, Q, k)
        Falling, summing to 1 over k, the smaller of `top_k` and M.
    index : Tensor, (N, Q, k) int64
        In 0..M-1.

    Raises
    ------
    TypeError, ValueError
        As `affinity`.
    """
    if top_k < 1:
        raise ValueError(f"top_k must be at least 1, or None for all; got {top_k}")
    scores = _scores(memory_key, query_key, shrinkage, selection, reading)
    best, index = scores.topk(min(top_k, scores.shape[-1]), -1)  # (N, Q, k)
    return _softmax(best, memory_key.dtype), index


def read_out(weights: Tensor, value: Tensor) -> Tensor:
    """The stored values, averaged for each query by its weights: V = A Wᵀ.

    Parameters
    ----------
    weights : Tensor, (N, M, Q)
        From `affinity`.
    value : Tensor, (N, ..., C, M)
        What is stored. All that stands before M shares the weights: objects, channels.

    Returns
    -------
    Tensor, (N, ..., C, Q)

    Raises
    ------
    ValueError
        Shapes that don't fit.

    Examples
    --------
    >>> read_out(torch.tensor([[[0.75], [0.25]]]), torch.tensor([[[8.0, 0.0], [0.0, 8.0]]]))
    tensor([[[6.],
             [2.]]])
    """
    if (
        weights.ndim != 3
        or value.ndim < 3
        or value.shape[0] != len(weights)
        or value.shape[-1] != weights.shape[1]
    ):
        raise ValueError(
            "weights must be (N, M, Q) and value (N, ..., C, M) of the same N and M; "
            f"got {tuple(weights.shape)} and {tuple(value.shape)}"
        )
    flat = value.flatten(1, -2) @ weights  # (N, ... C, Q)
    return flat.unflatten(1, value.shape[1:-1])


def _scores(
    memory_key: Tensor, query_key: Tensor, shrinkage: Tensor | None, selection: Tensor | None, reading: str
) -> Tensor:
    """S of each query and element, (N, Q, M) float64: the side that is summed over lies together in memory."""
    _check(memory_key, query_key, shrinkage, selection, reading)
    k, q = memory_key.double(), query_key.double()
    if selection is None:
        e, squares = torch.ones_like(q[:, :1]), (k**2).sum(1, keepdim=True)  # e is 1 for all channels at once
    else:
        e, squares = selection.double(), k**2
    rest = (e * q**2).sum(1).unsqueeze(-1)  # (N, Q, 1)
    scores = torch.baddbmm(-rest, (2 * e * q).mT, k).baddbmm_(e.mT, squares, alpha=-1)  # (N, Q, M)
    scale = memory_key.shape[1] ** -0.5 if reading == "released" else 1.0
    return scores * scale if shrinkage is None else scores * (scale * shrinkage.double())


def _softmax(scores: Tensor, dtype: torch.dtype) -> Tensor:
    """Softmax over the last axis. The largest score is taken off in float64; what is left fits in float32."""
    scores -= scores.detach().amax(-1, keepdim=True)  # in place: scores are ours, and large
    return scores.to(torch.promote_types(dtype, torch.float32)).softmax(-1).to(dtype)


def _check(memory_key, query_key, shrinkage, selection, reading):
    if reading not in READINGS:
        raise ValueError(f"reading must be one of {', '.join(READINGS)}; got {reading!r}")
    if not (memory_key.is_floating_point() and query_key.is_floating_point()):
        raise TypeError(f"keys must be floating point; got {memory_key.dtype} and {query_key.dtype}")
    if memory_key.ndim != 3 or query_key.ndim != 3 or memory_key.shape[:2] != query_key.shape[:2]:
        raise ValueError(
            "memory_key must be (N, C, M) and query_key (N, C, Q) of the same N and C; "
            f"got {tuple(memory_key.shape)} and {tuple(query_key.shape)}"
        )
    n, _, stored = memory_key.shape
    if 0 in memory_key.shape:
        raise ValueError(f"memory_key must not be empty; got {tuple(memory_key.shape)}")
    if reading == "plain" and not (shrinkage is None and selection is None):
        raise ValueError("the plain reading has neither shrinkage nor selection; leave both out")
    if shrinkage is not None and shrinkage.shape != (n, 1, stored):
        raise ValueError(f"shrinkage must be {(n, 1, stored)}; got {tuple(shrinkage.shape)}")
    if selection is not None and selection.shape != query_key.shape:
        raise ValueError(f"selection must be {tuple(query_key.shape)}; got {tuple(selection.shape)}")
