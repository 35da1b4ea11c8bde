"""Answers compared without trusting them: arrays (NumPy or torch), numbers, strings, tuples, lists and dicts."""

from __future__ import annotations

import sys
from numbers import Number

import numpy as np


class Different(Exception):
    """Two answers differ. `name` says how in general ("shape", "NaN", "values" …), the message in particular.

    `entry` shows one wrong entry beside the right one, where there is one: for eyes that may see the data.
    """

    def __init__(self, name, message, entry=""):
        super().__init__(message)
        self.name = name
        self.entry = entry


def require_same(expected, got, tolerance, where="your answer"):
    """Raise `Different` unless `got` is `expected` within `tolerance` (absolute).

    Kinds must match (a whole-number array is no answer where fractions are asked); precision needn't.
    NaN equals NaN.
    """
    expected, got = plain(expected), plain(got)
    if isinstance(expected, dict):
        _require(isinstance(got, dict), "type", f"{where} is {describe(got)}, expected a dict")
        _require(
            set(got) == set(expected),
            "keys",
            f"{where} has the keys {_keys(got)}, expected {_keys(expected)}",
        )
        for key in expected:
            require_same(expected[key], got[key], tolerance, f"{where}[{key!r}]")
    elif isinstance(expected, list | tuple):
        _require(
            isinstance(got, list | tuple),
            "type",
            f"{where} is {describe(got)}, expected {describe(expected)}",
        )
        _require(
            len(got) == len(expected), "length", f"{where} has {len(got)} entries, expected {len(expected)}"
        )
        for i, (e, g) in enumerate(zip(expected, got, strict=True)):
            require_same(e, g, tolerance, f"{where}[{i}]")
    elif isinstance(expected, np.ndarray):
        _require_array(expected, got, tolerance, where)
    else:
        _require(
            type(got) is type(expected), "type", f"{where} is {describe(got)}, expected {describe(expected)}"
        )
        _require(
            got == expected, "values", f"{where} is not right", f"yours is {got!r}, correct is {expected!r}"
        )


def plain(value):
    """A copy of an answer in NumPy's terms: tensors, NumPy scalars and numbers become arrays, containers stay.

    What is no number, string, tuple, list or dict comes back as it is.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(v) for v in value)
    if isinstance(value, list):
        return [plain(v) for v in value]
    torch = sys.modules.get("torch")  # not imported for the sake of asking
    if torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    if isinstance(value, np.ndarray | np.generic | Number):
        return np.array(value, subok=False)
    return value


def changed(before, after) -> bool:
    """Whether arrays, numbers or strings differ anywhere in two values of one origin; other objects don't count."""
    if before is after:  # what can't change is copied by no copy: of long lists of numbers, that is all
        return False
    if isinstance(before, list | tuple) and type(before) is type(after):
        return len(before) != len(after) or any(map(changed, before, after))
    before, after = plain(before), plain(after)
    if type(before) is not type(after):
        return True
    if isinstance(before, dict):
        return before.keys() != after.keys() or any(changed(before[k], after[k]) for k in before)
    if isinstance(before, np.ndarray):
        return (
            before.dtype != after.dtype or before.shape != after.shape or before.tobytes() != after.tobytes()
        )
    return isinstance(before, str) and before != after


def describe(value) -> str:
    """A value's type, and its shape where it has one."""
    if isinstance(value, np.ndarray):
        return (
            f"a {value.dtype} array of shape {value.shape}" if value.ndim else f"one number ({value.dtype})"
        )
    return "None" if value is None else f"a {type(value).__name__}"


def _require_array(expected, got, tolerance, where):
    _require(
        isinstance(got, np.ndarray), "type", f"{where} is {describe(got)}, expected {describe(expected)}"
    )
    _require(got.dtype.kind in "fiubc", "type", f"{where} is {describe(got)}, expected numbers")
    _require(
        got.shape == expected.shape, "shape", f"{where} has shape {got.shape}, expected {expected.shape}"
    )
    _require(
        _kind(got) == _kind(expected),
        "dtype",
        f"{where} holds {_kind(got)} ({got.dtype}), expected {_kind(expected)}",
    )
    bad = np.isnan(got) & ~np.isnan(expected)
    if bad.any():
        told = f"{where} has NaN in {bad.mean():.0%} of its entries"
        raise Different("NaN", told, _entry(expected, got, bad))
    if _kind(expected) == "fractions":
        wide = np.result_type(np.float64, expected, got)
        wrong = ~np.isclose(got.astype(wide), expected.astype(wide), rtol=0, atol=tolerance, equal_nan=True)
    else:
        wrong = got != expected
    share = f" in {wrong.mean():.0%} of its entries" if wrong.size > 1 else ""
    _require(not wrong.any(), "values", f"{where} is not right{share}", _entry(expected, got, wrong))


def _entry(expected, got, wrong) -> str:
    """The wrong entry that is farthest off, with its index, in words; "" where none is wrong."""
    if not wrong.any():
        return ""
    with np.errstate(all="ignore"):
        off = np.nan_to_num(
            np.abs(np.subtract(got, expected, dtype=np.result_type(got, expected, 1.0))), nan=np.inf
        )
    place = np.unravel_index(np.argmax(np.where(wrong, off, -1)), got.shape)
    yours, correct = f"{got[place]:.5g}", f"{expected[place]:.5g}"
    if yours == correct:  # they differ in later digits
        yours, correct = f"{got[place]:.10g}", f"{expected[place]:.10g}"
    at = f"at [{', '.join(map(str, place))}] " if place else ""
    return f"{at}yours is {yours}, correct is {correct}"


def _require(condition, name, message, entry=""):
    if not condition:
        raise Different(name, message, entry)


def _kind(array) -> str:
    return {"b": "True and False", "i": "whole numbers", "u": "whole numbers"}.get(
        array.dtype.kind, "fractions"
    )


def _keys(mapping) -> str:
    return ", ".join(sorted(map(repr, mapping)))
