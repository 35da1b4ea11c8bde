"""Ask before showing: `predict` keeps the student's guess, `predict.reveal` prints it beside the measured answer."""

from __future__ import annotations

import html
import math

from course_lib.teach import record
from course_lib.teach.pictures import publish
from course_lib.teach.widgets import publish_widget

# Guesses of this kernel only: a guess read back from the progress file would change a lesson's stored output.
_kept: dict[str, object] = {}


def predict(key, question, *, choices=None, low=None, high=None, unit=""):
    """Ask for a guess, by choice (`choices`) or as a number (`low` to `high`, in `unit`).

    Parameters
    ----------
    key : str
        Lesson and question, "02.chroma"; the key that `predict.reveal` takes later.
    question : str
        One question (Markdown).
    choices : list of str, optional
        Two or more answers to choose from.
    low, high : float, optional
        Ends of the slider, in place of `choices`.
    unit : str
        Unit of the number, shown beside the slider.
    """
    if (choices is None) == (low is None and high is None):
        raise ValueError("predict takes either choices=[…] or low= and high=")
    if choices is not None:
        choices = [str(c) for c in choices]
        if len(set(choices)) < 2:
            raise ValueError(f"choices must be two or more different answers, got {choices}")
        offered = "\n".join(f"- {c}" for c in choices)
    else:
        if low is None or high is None or not low < high:
            raise ValueError(f"low must be below high, got low={low}, high={high}")
        offered = f"A number from {low:g} to {high:g}{_gap(unit)}."
    _kept.pop(key, None)
    publish(
        {
            "text/plain": f"Your guess? {question}\n{offered}",
            "text/markdown": f"**Your guess?** {question}\n\n{offered}",
        }
    )
    publish_widget(
        lambda: _guess_widget(key, question, choices, low, high, unit), "Run this cell to keep a guess."
    )


def _guess_widget(key, question, choices, low, high, unit):
    import ipywidgets as widgets

    wide = widgets.Layout(width="max-content")
    if choices is not None:
        box = widgets.RadioButtons(options=choices, value=None, layout=wide)
    else:
        box = widgets.FloatSlider(
            value=(low + high) / 2, min=low, max=high, step=_step(high - low), description=unit or "guess"
        )
    box.tooltip = question
    button = widgets.Button(description="Keep my guess", layout=wide, tooltip="Stores the guess for later")
    said = widgets.HTML()

    def keep(_):
        if box.value is None:
            said.value = '<span role="status">Choose one first.</span>'
            return
        _kept[key] = box.value
        record.note_guess(key, box.value)
        said.value = f'<span role="status">Kept: {html.escape(_spell(box.value, unit))}. You meet it again below.</span>'

    button.on_click(keep)
    return widgets.VBox([box, button, said])


def reveal(key, answer, note="", unit=""):
    """Print the guess kept under `key` beside the measured `answer`.

    Parameters
    ----------
    key : str
        The key given to `predict`.
    answer : str or number
        What was measured; numbers print with three significant digits.
    note : str
        A sentence on the difference.
    unit : str
        Unit of a number.
    """
    guess = f"you guessed {_spell(_kept[key], unit)}" if key in _kept else "no guess kept"
    print(f"Measured: {_spell(answer, unit)} ({guess})." + (f" {note}" if note else ""))


predict.reveal = reveal  # type: ignore[attr-defined]  # a second verb of the same thing: teach.predict.reveal


def _spell(value, unit=""):
    try:
        return f"{float(value):.3g}{_gap(unit)}"
    except (TypeError, ValueError):
        return str(value)


def _gap(unit):
    return f" {unit}" if unit and unit != "%" else unit


def _step(span):
    """A hundred steps or so, each a 1, 2 or 5 times a power of ten, so that values read well."""
    raw = span / 100
    power = 10.0 ** math.floor(math.log10(raw))
    return min((1, 2, 5, 10), key=lambda m: abs(m * power - raw)) * power
