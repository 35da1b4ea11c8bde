"""The rows of a `FeatureMemory`: positions of frames, with all that is known of each."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

YOUNG = 1e-7  # life at birth, so that what nobody could read yet has usage 0 and not 0/0


@dataclass
class Elements:
    """Positions of frames: each a row of every tensor here, whichever frame it came from."""

    key: Tensor  # (M, C)
    value: Tensor  # (M, K D)
    shrinkage: Tensor | None  # (M, 1)
    selection: Tensor | None  # (M, C)
    use: Tensor  # (M,) attention received
    life: Tensor  # (M,) by how many frames
    place: Tensor  # (M, 3) frame, row, column

    @classmethod
    def of_frame(cls, parts: dict[str, Tensor], frame: int) -> Elements:
        """A frame's positions; `parts` holds key, value and what else there is of it, (..., h, w) each."""
        # clones: a view would change with the caller's tensor
        rows = {
            name: part.flatten(0, -3).flatten(1).T.clone(memory_format=torch.contiguous_format)
            for name, part in parts.items()
        }
        h, w = parts["key"].shape[1:]
        use = torch.zeros(h * w, device=parts["key"].device)
        place = torch.cartesian_prod(torch.tensor([frame]), torch.arange(h), torch.arange(w)).to(use.device)
        optional = {name: rows.get(name) for name in ("shrinkage", "selection")}
        return cls(
            rows["key"], rows["value"], **optional, use=use, life=torch.full_like(use, YOUNG), place=place
        )

    @classmethod
    def join(cls, *groups: Elements) -> Elements:
        """All rows of these groups, one group after the other."""
        columns = zip(*(group._columns() for group in groups), strict=True)
        return cls(*(None if column[0] is None else torch.cat(column) for column in columns))

    @property
    def usage(self) -> Tensor:
        """Attention received, by frames that could give it, (M,)."""
        return self.use / self.life

    def most_used(self, number: int) -> Elements:
        """So many of them, in their order; of equals the later ones."""
        if len(self) <= number:
            return self[:]
        usage = self.usage.flip(0)
        best = len(self) - 1 - usage.argsort(descending=True, stable=True)[:number]
        return self[best.sort().values]

    def __len__(self) -> int:
        return len(self.key)

    def __getitem__(self, rows) -> Elements:
        return Elements(*(None if column is None else column[rows] for column in self._columns()))

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors."""
        return sum(column.nbytes for column in self._columns() if column is not None)

    def _columns(self) -> list[Tensor | None]:
        return [getattr(self, field.name) for field in fields(self)]
