"""The game of `real_or_not` in a notebook: two buttons under a pair of pictures, and a page that reads without them."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

from course_lib.teach.pictures import (
    compress,
    publish,
    publish_caption,
    publish_picture,
    rasterize,
    sentence,
)
from course_lib.teach.real_or_not import SIDES, RealOrNot, Round
from course_lib.teach.style import figure
from course_lib.teach.widgets import publish_widget


def play_real_or_not(game: RealOrNot, *, look_for: str, caption: str, alt: str, twin: int = 4) -> None:
    """Two buttons under a pair of pictures, for keyboard and mouse; then the first pairs as a picture for the page.

    Parameters
    ----------
    game : RealOrNot
        The widget plays on from where it stands.
    look_for : str
        What to look for, printed above.
    caption, alt : str
        Of the static picture, as in `show`.
    twin : int
        Pairs in the static picture; their answers are folded away below it.

    Raises
    ------
    ValueError, TypeError
        `twin` outside 1 to the number of rounds; an empty text.
    """
    look_for = sentence("look_for", look_for)
    caption, alt = sentence("caption", caption), sentence("alt", alt)
    if not 1 <= twin <= len(game.rounds):
        raise ValueError(f"twin must be from 1 to {len(game.rounds)}, the number of rounds; got {twin}")
    publish({"text/plain": f"Look for: {look_for}", "text/markdown": f"**Look for:** {look_for}"})
    publish_widget(lambda: board(game), "Run this cell to play.")
    shown = game.rounds[:twin]
    publish_picture(rasterize(_sheet(shown)), alt)
    publish_caption(caption, alt)
    answers = "; ".join(f"pair {n}: {asked.real}" for n, asked in enumerate(shown, 1))
    folded = f"<details><summary>Which ones are real</summary>{answers}</details>"
    publish({"text/plain": f"Real are: {answers}", "text/markdown": folded})


def board(game: RealOrNot):
    """The live widget: the current pair, a button for each side, and what was said so far."""
    import ipywidgets as widgets

    # One pair of buttons for the whole game: whoever plays by keyboard keeps the focus from round to round.
    buttons = {
        side: widgets.Button(
            description=f"{side.capitalize()} is real",
            tooltip=f"Say that the {side} picture has its true colors",
            layout=widgets.Layout(width="max-content"),
        )
        for side in SIDES
    }
    screen, said = widgets.HTML(), widgets.HTML()

    def ask():
        asked, place = game.current, len(game.answers) + 1
        if asked is None:
            screen.value = "<p>All pairs are played. Run the cell again for another game.</p>"
            for button in buttons.values():
                button.disabled = True
            return
        mime, data = compress(rasterize(_sheet([asked], first=place)))
        words = f"Pair {place} of {len(game.rounds)}: two pictures, left and right, alike but for their color"
        encoded = base64.b64encode(data).decode()
        screen.value = f'<img style="max-width:100%" alt="{words}" src="data:{mime};base64,{encoded}">'

    def take(side):
        if game.current is None:  # a click that was on its way when the last one ended the game
            return
        asked = game.current
        verdict = "Right" if game.answer(side) else "Fooled"
        told = f"{verdict}: the {asked.real} one was real. So far {game.score}."
        said.value = f'<span role="status">{html.escape(told)}</span>'
        ask()

    for side, button in buttons.items():
        button.on_click(lambda _, side=side: take(side))
    ask()
    return widgets.VBox([screen, widgets.HBox(list(buttons.values())), said])


def _sheet(rounds: Sequence[Round], first: int = 1):
    """Rounds as a figure, two of them in a row, each as left and right."""
    columns = min(len(rounds), 2)
    rows = -(-len(rounds) // columns)
    tallest = max(asked.left.shape[0] / asked.left.shape[1] for asked in rounds)
    fig, axes = figure(
        rows, 2 * columns, width=4 * columns, height=rows * (2 * tallest + 0.35), squeeze=False
    )
    for ax in axes.flat:
        ax.set_axis_off()
    for place, asked in enumerate(rounds):
        for column, side in enumerate(SIDES):
            ax = axes[place // columns, 2 * (place % columns) + column]
            ax.imshow(getattr(asked, side))
            ax.set_title(f"{place + first}: {side}")
    return fig
