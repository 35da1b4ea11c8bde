"""Task `08.never_learned`: the data, and the mistakes that people make."""

import numpy as np

from course_lib.teach.tasks.task import Mistake, Task


def _never_learned(before, after, frozen):
    return _silent(before, after, frozen)


def _inside(name, frozen):
    return any(name == part or name.startswith(part + ".") for part in frozen)


def _silent(before, after, frozen, same=np.array_equal, inside=_inside):
    """The right answer, or one with any one step exchanged for a wrong one."""
    return [name for name in before if not inside(name, frozen) and same(before[name], after[name])]


def _checkpoints(rng):
    """A network with a frozen part, a neighbor with nearly its name, and weights that moved by next to nothing."""
    cases = []
    for part in ("backbone", "encoder.deep"):
        shapes = {
            f"{part}.conv.weight": (3, 4),
            f"{part}.norm.bias": (4,),
            f"{part}2.weight": (2, 5),  # its name begins alike, and it isn't in the frozen part
            "zoom.conv.weight": (4, 4),
            "adapt.weight": (4, 6),
            "adapt.bias": (6,),
            f"head.{part}.weight": (2, 3),  # holds the name, further on
            "head.weight": (6, 3),
            "head.bias": (3,),
            "gain": (1,),
        }
        before = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        after = {name: value.copy() for name, value in before.items()}
        after["head.weight"] += 0.1 * rng.normal(size=(6, 3))
        after["head.bias"][rng.integers(3)] += 0.3  # a ReLU let one of three through
        after["zoom.conv.weight"] = before["zoom.conv.weight"][::-1].copy()  # other places, same mean
        after["gain"] *= 1 + 1e-12  # a tiny learning rate
        cases += [
            (before, after, [part]),
            (before, after, []),
            (before, before, [part, "head", "adapt.bias"]),
        ]
    return cases


TASK = Task(
    key="08.never_learned",
    name="never_learned",
    reference=_never_learned,
    cases=_checkpoints,
    mistakes=(
        Mistake(
            "nearly the same",
            lambda before, after, frozen: _silent(before, after, frozen, same=np.allclose),
            "You call weights the same that differ a little. A layer with a tiny step does learn; ask for equality, bit by bit.",
        ),
        Mistake(
            "one entry is enough",
            lambda before, after, frozen: _silent(
                before, after, frozen, same=lambda x, y: bool((x == y).any())
            ),
            "One unmoved entry makes a layer silent in your answer. A rectifier can hold back some; all must stand still.",
        ),
        Mistake(
            "the same mean",
            lambda before, after, frozen: _silent(
                before,
                after,
                frozen,
                same=lambda x, y: bool(np.isclose(x.mean(), y.mean(), rtol=0, atol=1e-14)),
            ),
            "You compare means. Weights can move and keep their mean; compare entry by entry.",
        ),
        Mistake(
            "frozen ones too",
            lambda before, after, frozen: _silent(before, after, frozen, inside=lambda *_: False),
            "You list the frozen part too. It stands still on purpose; asked for is what should have moved.",
        ),
        Mistake(
            "a name that begins alike",
            lambda before, after, frozen: _silent(
                before, after, frozen, inside=lambda name, frozen: name.startswith(tuple(frozen))
            ),
            "You take `backbone2` for a part of `backbone`. What follows the part's name must be a dot, or nothing.",
        ),
        Mistake(
            "parts that are a weight",
            lambda before, after, frozen: _silent(
                before,
                after,
                frozen,
                inside=lambda name, frozen: name.startswith(tuple(part + "." for part in frozen)),
            ),
            "You pass over a frozen part that is a weight itself, with nothing behind its name. Its name counts too.",
        ),
        Mistake(
            "a name somewhere inside",
            lambda before, after, frozen: _silent(
                before,
                after,
                frozen,
                inside=lambda name, frozen: any(f".{part}." in f".{name}." for part in frozen),
            ),
            "You take `head.backbone` for the frozen `backbone`. Names are read from the root: the part must come first.",
        ),
        Mistake(
            "the ones that moved",
            lambda before, after, frozen: _silent(
                before, after, frozen, same=lambda x, y: not np.array_equal(x, y)
            ),
            "You list what moved. Asked for is what stood still.",
        ),
        Mistake(
            "layers, not weights",
            lambda before, after, frozen: list(
                dict.fromkeys(name.rpartition(".")[0] for name in _silent(before, after, frozen))
            ),
            "You list layers. Asked for are the weights' full names.",
        ),
        Mistake(
            "sorted",
            lambda before, after, frozen: sorted(_silent(before, after, frozen)),
            "The right names in the alphabet's order. Keep the checkpoint's order: it says where in the network the silence is.",
        ),
    ),
)
