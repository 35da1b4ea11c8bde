"""The course's figures: one palette that color-blind readers can tell apart, one size of text, no pyplot state."""

from __future__ import annotations

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure

# Okabe & Ito (2008), "Color Universal Design": told apart with any common color blindness. Their yellow is left
# out: on white it is too light for a line. The order keeps neighbors apart in lightness too.
COLORS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "vermilion": "#D55E00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "black": "#000000",
    "purple": "#CC79A7",
}

# Line style is the second channel: a plot in the order of the cycle can be read without its colors.
_DASHES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]

STYLE = {
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "font.size": 10.0,
    "axes.titlesize": 10.0,
    "axes.labelsize": 10.0,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": "#D0D0D0",
    "lines.linewidth": 1.8,
    "image.cmap": "gray",
    "axes.prop_cycle": cycler(color=list(COLORS.values())) + cycler(linestyle=_DASHES),
}


def figure(rows=1, columns=1, height=None, width=8.0, **subplots):
    """A figure in the course's style that nothing displays until `show` does.

    Parameters
    ----------
    rows, columns : int
        Grid of axes.
    height : float, optional
        Height of the whole figure in inches; 2.6 a row where not given.
    width : float
        Width of the whole figure in inches; 8 fills a notebook's column.
    **subplots
        Passed to ``Figure.subplots``: ``sharex``, ``squeeze``, ``width_ratios``, ``subplot_kw`` …

    Returns
    -------
    (Figure, Axes or array of Axes)

    >>> fig, axes = figure(1, 2)
    >>> axes.shape
    (2,)
    """
    # The style is set for the kernel, not only while the axes are made: a legend or a text that is added
    # later reads its size from the settings of that moment.
    matplotlib.rcParams.update(STYLE)
    fig = Figure(figsize=(width, 2.6 * rows if height is None else height), layout="constrained")
    return fig, fig.subplots(rows, columns, **subplots)
