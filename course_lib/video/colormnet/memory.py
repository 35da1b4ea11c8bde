"""Memory-based feature propagation (MFP): what a clip has shown so far, in a memory that stops growing.

The reference is stored first and stays whole. Of the frames after it every fifth is stored, as keys (what lies there,
to be found by) and values (what to remember of it: its color). When ten frames are held, the five oldest behind the
reference are consolidated: the 128 of their positions that later frames have read most become prototypes. A prototype
keeps the key of its position; its value is read anew, an average over all five frames by likeness, and no copy.

*Usage* is the attention that a position has received, added up over the frames that have read it and divided by their
number: young positions would lose to old ones otherwise.

Y. Yang et al., "ColorMNet", ECCV 2024, section 3.2, https://arxiv.org/abs/2404.06251; the long-term memory is XMem's:
H. K. Cheng, A. Schwing, ECCV 2022, section 3.3, https://arxiv.org/abs/2207.07115.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from course_lib.video.colormnet.elements import YOUNG, Elements
from course_lib.video.colormnet.readout import READINGS, affinity, read_out, top_affinity

COUNTS = ("released", "lecture")
POLICIES = ("mfp", "all", "every", "last")


class FeatureMemory:
    """The memory of one clip.

    Parameters
    ----------
    every : int
        Gamma: one frame in so many is stored.
    work_frames : int
        N_s: that many whole frames, and the oldest are consolidated.
    consolidate : int
        N_e: how many of them at a time.
    prototypes : int
        M: what remains of them, in positions. Fewer if they have fewer.
    long_term : int
        The most prototypes kept; to make room the least used are dropped, of equals the oldest.
    count : "released" or "lecture"
        Whether the reference is one of `work_frames`, and which number it has among the frames. Released: it is, and
        it is frame 0, so that frames 5, 10 ... 45 fill a memory of ten, and then every 25th. Lecture: it isn't, and it
        is frame 1, so that ten others are there at frame 51.
    reading : "released" or "plain"
        As of `affinity`. Plain is the lecture's softmax of minus the squared distance over all that is stored.
    top_k : int, optional
        How many elements a query of the released reading shares its attention among; None is all. The plain reading
        has no such limit.
    policy : "mfp", "all", "every" or "last"
        What is kept beside the reference. For comparison: all frames; one in `every`, never consolidated; the last.
    long_usage : bool
        Whether usage of prototypes goes on being counted. The released code leaves that out for clips below 391
        frames, where it rests on nothing: at its sizes the long-term memory isn't full before frame 1,995. Without it
        the oldest prototypes are dropped.

    Notes
    -----
    With "mfp" and frames of hw positions, at most ``work_frames * hw + long_term`` elements are held, the reference
    included ("lecture": one frame more), however long the clip. Nothing is differentiated; training reads by
    `affinity` and `read_out` themselves.

    Raises
    ------
    ValueError
        A number below 1; more to consolidate than there can be; `prototypes` above `long_term`; another word.

    Examples
    --------
    >>> memory = FeatureMemory(top_k=1)
    >>> memory.add(torch.tensor([[[0.0, 1.0]]]), torch.tensor([[[[10.0, 20.0]]]]), reference=True)
    >>> memory.read(torch.tensor([[[0.9], [0.2]]])).flatten()
    tensor([20., 10.])
    """

    def __init__(
        self,
        *,
        every: int = 5,
        work_frames: int = 10,
        consolidate: int = 5,
        prototypes: int = 128,
        long_term: int = 10_000,
        count: str = "released",
        reading: str = "released",
        top_k: int | None = 30,
        policy: str = "mfp",
        long_usage: bool = True,
    ):
        numbers = {
            "every": every,
            "work_frames": work_frames,
            "consolidate": consolidate,
            "prototypes": prototypes,
            "top_k": 1 if top_k is None else top_k,
        }
        for name, number in numbers.items():
            if number < 1:
                raise ValueError(f"{name} must be at least 1; got {number}")
        words = {"count": (count, COUNTS), "reading": (reading, READINGS), "policy": (policy, POLICIES)}
        for name, (word, known) in words.items():
            if word not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}; got {word!r}")
        others = work_frames - (count == "released")  # frames beside the reference that fill the memory
        if consolidate > others:
            raise ValueError(
                f"consolidate must be at most the {others} frames it chooses from; got {consolidate}"
            )
        if long_term < prototypes:
            raise ValueError(f"long_term must hold the {prototypes} prototypes of one time; got {long_term}")
        self.every, self.work_frames, self.consolidate = every, work_frames, consolidate
        self.prototypes, self.long_term, self.long_usage = prototypes, long_term, long_usage
        self.count, self.reading, self.policy = count, reading, policy
        self.top_k = top_k if reading == "released" else None
        self._full = others
        self._held: Elements | None = None  # the reference, then prototypes, then whole frames
        self._shapes: dict[str, tuple[int, ...]] = {}  # of the parts that every frame has
        self._frames: list[int] = []  # that are held whole, the reference first
        self._adds = 0

    def due(self, frame: int) -> bool:
        """Whether this frame is one of those to be stored; the reference, frame 0 or 1 as counted, is stored apart."""
        later = frame - (self.count == "lecture")
        return later > 0 and (self.policy in ("all", "last") or later % self.every == 0)

    @torch.no_grad()
    def add(
        self,
        key: Tensor,
        value: Tensor,
        shrinkage: Tensor | None = None,
        selection: Tensor | None = None,
        *,
        reference: bool = False,
        frame: int | None = None,
    ) -> None:
        """Store a frame, and consolidate if that fills the memory.

        Parameters
        ----------
        key : Tensor, (C, h, w)
        value : Tensor, (K, D, h, w)
            Of K objects (the two colors a and b), which share the key.
        shrinkage : Tensor, (1, h, w), optional
        selection : Tensor, (C, h, w), optional
            What the frame itself asks with; prototypes read their values by it.
        reference : bool
            True for the first frame that is added, and only for it.
        frame : int, optional
            Its number, told back by `frames` and `prototype_places`; by default how many were added before it.

        Raises
        ------
        ValueError
            Shapes that don't fit each other or the frames before; NaN or infinity; no reference first or a second
            one; shrinkage or selection with the plain reading.
        """
        if reference == (self._held is not None):
            raise ValueError(
                "reference must be True for the first frame added and for no other; "
                f"got {reference} after {self._adds} frames"
            )
        given = {"key": key, "value": value, "shrinkage": shrinkage, "selection": selection}
        parts = {name: part for name, part in given.items() if part is not None}
        self._check_frame(parts)
        frame = self._adds if frame is None else frame
        new = Elements.of_frame(parts, frame)
        if self._held is None:
            held, self._shapes = new, _shapes(parts)
        else:
            kept = self._held if self.policy != "last" else self._held[: self._hw]
            held = Elements.join(kept, new)
        self._held = held
        self._frames = [*self._frames, frame] if self.policy != "last" else [*self._frames[:1], frame]
        self._adds += 1
        if self.policy == "mfp" and len(self._frames) - 1 >= self._full:
            self._consolidate(held)

    @torch.no_grad()
    def read(self, query_key: Tensor, selection: Tensor | None = None) -> Tensor:
        """What the memory knows of a frame, and a note of which elements it was that knew.

        Parameters
        ----------
        query_key : Tensor, (C, h, w)
            Any h and w.
        selection : Tensor, (C, h, w), optional

        Returns
        -------
        Tensor, (K, D, h, w)

        Raises
        ------
        ValueError
            An empty memory; shapes that don't fit; NaN or infinity.
        """
        if self._held is None:
            raise ValueError("the memory is empty: add the reference before reading")
        channels = self._shapes["key"][0]
        if query_key.ndim != 3 or query_key.shape[0] != channels:
            raise ValueError(f"query_key must be ({channels}, h, w); got {tuple(query_key.shape)}")
        if selection is not None and selection.shape != query_key.shape:
            raise ValueError(f"selection must be {tuple(query_key.shape)}; got {tuple(selection.shape)}")
        _check_finite({"query_key": query_key, "selection": selection})
        held = self._held
        asked = None if selection is None else selection.flatten(1)[None]
        if self.top_k is None:
            weights = self._affinity(held, query_key.flatten(1)[None], asked)[0]  # (M, Q)
            answer = weights.mT.to(held.value.dtype) @ held.value  # (Q, K D)
            attention = weights.sum(1)
        else:
            weights, index = top_affinity(
                held.key.mT[None],
                query_key.flatten(1)[None],
                self.top_k,
                shrinkage=None if held.shrinkage is None else held.shrinkage.mT[None],
                selection=asked,
            )
            weights, index = weights[0].to(held.value.dtype), index[0]  # (Q, k)
            answer = F.embedding_bag(index, held.value, per_sample_weights=weights, mode="sum")  # (Q, K D)
            attention = held.use.new_zeros(len(held))
            attention.index_add_(0, index.flatten(), weights.flatten().to(attention.dtype))
        counted = torch.ones(len(held), dtype=torch.bool, device=held.use.device)
        if not self.long_usage:
            counted[self._hw : self._hw + self.prototypes_held] = False
        held.use.add_(attention * counted)
        held.life.add_(counted)
        return answer.mT.reshape(*self._shapes["value"][:2], *query_key.shape[1:])

    @property
    def frames(self) -> tuple[int, ...]:
        """The numbers of the frames that are held whole, the reference first."""
        return tuple(self._frames)

    @property
    def usage(self) -> Tensor:
        """Usage of the positions of `frames`, (frames, h, w): the attention a reading frame gave it, on average."""
        return self._whole().usage.reshape(len(self._frames), *self._shapes["key"][1:])

    @property
    def prototypes_held(self) -> int:
        """How many prototypes there are, at most `long_term`."""
        return self.elements - len(self._frames) * self._hw

    @property
    def prototype_places(self) -> Tensor:
        """Frame, row and column that each prototype has its key from, (prototypes, 3) int64, oldest first."""
        if self._held is None:
            return torch.zeros(0, 3, dtype=torch.int64)
        return self._held.place[self._hw : self._hw + self.prototypes_held].cpu()

    @property
    def elements(self) -> int:
        """How many positions are held, whole frames and prototypes."""
        return 0 if self._held is None else len(self._held)

    @property
    def nbytes(self) -> int:
        """Bytes of all that is held."""
        return 0 if self._held is None else self._held.nbytes

    @property
    def _hw(self) -> int:
        return 0 if self._held is None else self._shapes["key"][1] * self._shapes["key"][2]

    def _whole(self) -> Elements:
        """The elements of `frames`, in their order."""
        if self._held is None:
            raise ValueError("the memory is empty: it has no usage yet")
        return Elements.join(self._held[: self._hw], self._held[self._hw + self.prototypes_held :])

    def _affinity(self, memory: Elements, query_key: Tensor, selection: Tensor | None) -> Tensor:
        """`affinity` with all that `memory` holds, by the reading chosen, (1, M, Q)."""
        shrinkage = None if memory.shrinkage is None else memory.shrinkage.mT[None]
        return affinity(
            memory.key.mT[None], query_key, shrinkage=shrinkage, selection=selection, reading=self.reading
        )

    def _consolidate(self, held: Elements) -> None:
        """Make prototypes of the oldest frames behind the reference."""
        hw, old = self._hw, self.prototypes_held
        candidates = held[hw + old : hw + old + self.consolidate * hw]
        rest = held[hw + old + self.consolidate * hw :]
        chosen = candidates.most_used(self.prototypes)
        selection = None if chosen.selection is None else chosen.selection.mT[None]
        weights = self._affinity(candidates, chosen.key.mT[None], selection)
        chosen.value = read_out(weights.to(chosen.value.dtype), candidates.value.mT[None])[0].mT
        if candidates.shrinkage is not None:
            chosen.shrinkage = read_out(weights, candidates.shrinkage.mT[None])[0].mT
        chosen.use, chosen.life = torch.zeros_like(chosen.use), torch.full_like(chosen.life, YOUNG)
        long = held[hw : hw + old].most_used(self.long_term - len(chosen))
        self._held = Elements.join(held[:hw], long, chosen, rest)
        self._frames = [self._frames[0], *self._frames[1 + self.consolidate :]]

    def _check_frame(self, parts: dict[str, Tensor]) -> None:
        if self.reading == "plain" and parts.keys() & {"shrinkage", "selection"}:
            raise ValueError("the plain reading has neither shrinkage nor selection; leave both out")
        shapes = _shapes(parts)
        if self._held is None:
            key, value = shapes["key"], shapes["value"]
            if len(key) != 3 or len(value) != 4 or key[1:] != value[2:] or 0 in (*key, *value):
                raise ValueError(
                    f"key must be (C, h, w) and value (K, D, h, w), not empty; got {key} and {value}"
                )
            fitting = {"key": key, "value": value, "shrinkage": (1, *key[1:]), "selection": key}
            wanted = {name: fitting[name] for name in shapes}
        else:
            wanted = self._shapes
        for name in {**wanted, **shapes}:
            if shapes.get(name) != wanted.get(name):
                raise ValueError(
                    f"{name} must be {wanted.get(name)} with this memory's frames; got {shapes.get(name)}"
                )
        _check_finite(parts)


def _shapes(parts: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(part.shape) for name, part in parts.items()}


def _check_finite(parts: dict[str, Tensor | None]) -> None:
    for name, part in parts.items():
        if part is not None and not part.isfinite().all():
            raise ValueError(f"{name} must be finite; got NaN or infinity")
