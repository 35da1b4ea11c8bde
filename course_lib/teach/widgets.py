"""Something to play with that also reads without a kernel: `play` and its static twin."""

from __future__ import annotations

import base64
import html

from matplotlib.figure import Figure
from PIL import Image

from course_lib.teach.pictures import (
    DPI,
    WIDTH,
    compress,
    publish,
    publish_caption,
    publish_picture,
    rasterize,
    sentence,
)

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def play(draw, controls, *, look_for, twin, caption, alt):
    """Sliders and menus around a figure, then a static figure of chosen settings.

    Parameters
    ----------
    draw : callable
        ``draw(**values)`` -> Figure (from `figure`).
    controls : dict
        ``{"temperature": (low, high, step, start)}`` for a slider (four whole numbers give whole steps),
        ``{"photo": ["coffee", "china"]}`` for a menu that starts at its first entry.
    look_for : str
        What to look for, printed above.
    twin : list of dict
        Settings drawn as the static figure; each a value for every control.
    caption, alt : str
        Of the static figure, as in `show`.

    Raises
    ------
    ValueError, TypeError
        Controls or twin that don't fit together, and whatever `draw` raises for the start or the twin. What it
        raises later, while someone plays, is shown in the figure's place.
    """
    look_for = sentence("look_for", look_for)
    caption, alt = sentence("caption", caption), sentence("alt", alt)
    _check_controls(controls, twin)
    publish({"text/plain": f"Look for: {look_for}", "text/markdown": f"**Look for:** {look_for}"})
    publish_widget(lambda: player(draw, controls, alt), "Run this cell to play.")
    publish_picture(_twin(draw, twin), alt)
    publish_caption(caption, alt)


def player(draw, controls, alt):
    """The live widget of `play`: a box of controls above the picture that they draw."""
    import ipywidgets as widgets

    boxes = {name: _control(widgets, name, spec) for name, spec in controls.items()}
    # An HTML widget rather than an Output: it carries alt text, and no stray print can replace the picture.
    screen = widgets.HTML(_img(draw, {name: box.value for name, box in boxes.items()}, alt))

    def redraw(_):
        values = {name: box.value for name, box in boxes.items()}
        try:
            screen.value = _img(draw, values, alt)
        except Exception as error:
            said = html.escape(f"{_setting(values)} can't be drawn. {type(error).__name__}: {error}")
            screen.value = f'<p role="alert">{said}</p>'

    for box in boxes.values():
        box.observe(redraw, names="value")
    return widgets.VBox([*boxes.values(), screen])


def publish_widget(make, without_kernel):
    """Publish the widget that `make()` builds; `without_kernel` is the text where no kernel shows it."""
    import ipywidgets as widgets
    from IPython.core.interactiveshell import InteractiveShell

    if not InteractiveShell.initialized():  # a script or a test: nobody to play
        print(without_kernel)
        return
    widget: widgets.Widget = make()
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    publish({"text/plain": without_kernel, WIDGET_MIME: view})


def _check_controls(controls, twin):
    if not isinstance(controls, dict) or not controls:
        raise TypeError(f"controls must be a dict with at least one control, got {controls!r}")
    for name, spec in controls.items():
        if isinstance(spec, tuple) and len(spec) == 4 and spec[0] <= spec[3] <= spec[1] and spec[2] > 0:
            continue
        if isinstance(spec, list) and spec:
            continue
        raise ValueError(
            f"control {name!r} is {spec!r}, expected (low, high, step, start) with low <= start <= high, or a list"
        )
    if not isinstance(twin, list) or not twin:
        raise ValueError(
            "twin must be a list with at least one dict of values: the page reads without a kernel"
        )
    for values in twin:
        if set(values) != set(controls):
            raise ValueError(f"twin sets {sorted(values)}, the controls are {sorted(controls)}")


def _control(widgets, name, spec):
    label = name.replace("_", " ")
    common = {
        "description": label,
        "style": {"description_width": "initial"},
        "layout": widgets.Layout(width="28em", max_width="100%"),
    }
    if isinstance(spec, list):
        return widgets.Dropdown(options=spec, value=spec[0], **common)
    low, high, step, start = spec
    slider = widgets.IntSlider if all(type(v) is int for v in spec) else widgets.FloatSlider
    # Drawing waits until the hand lets go: a plot a pixel of travel would queue up behind it.
    return slider(value=start, min=low, max=high, step=step, continuous_update=False, **common)


def _setting(values):
    return ", ".join(
        f"{name.replace('_', ' ')} = {value:g}"
        if isinstance(value, int | float)
        else f"{name.replace('_', ' ')} = {value}"
        for name, value in values.items()
    )


def _drawn(draw, values) -> Figure:
    fig = draw(**values)
    if not isinstance(fig, Figure):
        raise TypeError(f"draw must return a Figure, got {type(fig).__name__}")
    return fig


def _img(draw, values, alt):
    mime, data = compress(rasterize(_drawn(draw, values)))
    words = html.escape(f"{_setting(values)}: {alt}", quote=True)
    return f'<img style="max-width:100%" alt="{words}" src="data:{mime};base64,{base64.b64encode(data).decode()}">'


def _twin(draw, twin) -> Image.Image:
    """The settings' figures in one picture, row by row up to the column's width, each with what varies above."""
    rows: list[list[Image.Image]] = [[]]
    limit = WIDTH * DPI + 8
    varied = [name for name in twin[0] if any(values[name] != twin[0][name] for values in twin)] or list(
        twin[0]
    )
    for values in twin:
        fig = _drawn(draw, values)
        fig.suptitle(_setting({name: values[name] for name in varied}), fontsize=10, fontweight="bold")
        picture = rasterize(fig)
        if rows[-1] and sum(p.width for p in rows[-1]) + picture.width > limit:
            rows.append([])
        rows[-1].append(picture)
    width = max(sum(p.width for p in row) for row in rows)
    sheet = Image.new("RGB", (width, sum(max(p.height for p in row) for row in rows)), "white")
    top = 0
    for row in rows:
        left = 0
        for picture in row:
            sheet.paste(picture, (left, top))
            left += picture.width
        top += max(p.height for p in row)
    return sheet
