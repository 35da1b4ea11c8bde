"""Show a figure or photos with alt text and a caption, and store a lesson's headline."""

from __future__ import annotations

import base64
import html
import io
import math

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from course_lib.teach.style import figure

DPI = 110
WIDTH = 8.0  # inches; 880 pixels fill a notebook's column
HEADLINE_MIME = "application/vnd.course.headline+json"


def show(content, *, caption, alt, titles=None):
    """Display a picture with its alt text, and below it the caption and, folded, the picture in words.

    Parameters
    ----------
    content : Figure, array or list of arrays
        A matplotlib Figure, an image ``(H, W)`` or ``(H, W, 3)`` with values in [0, 1], or several of them, which
        stand side by side.
    caption : str
        A sentence that states the finding (Markdown).
    alt : str
        What the picture shows, for readers who don't see it.
    titles : list of str, optional
        One above each image.

    Raises
    ------
    ValueError, TypeError
        Empty caption or alt; images of wrong shape or type, out of [0, 1], or with NaN.
    """
    caption, alt = sentence("caption", caption), sentence("alt", alt)
    if isinstance(content, Figure):
        if titles is not None:
            raise ValueError("titles belong to images; give a Figure's axes their own titles")
        picture = content
    else:
        picture = _panels(content, titles)
    publish_picture(rasterize(picture), alt)
    publish_caption(caption, alt)


def headline(text):
    """Print the lesson's one-line result and store it where `make course` finds it."""
    text = sentence("text", text)
    publish({"text/plain": f"Headline: {text}", HEADLINE_MIME: {"headline": text}})


def rasterize(fig: Figure) -> Image.Image:
    """A figure's pixels, RGB."""
    raw = io.BytesIO()
    fig.savefig(raw, format="png", dpi=DPI, facecolor="white")
    return Image.open(raw).convert("RGB")


def compress(image: Image.Image) -> tuple[str, bytes]:
    """(MIME type, bytes) of an RGB picture: PNG, except where photos would make the notebook heavy.

    A PNG above 100 kB gives way to a JPEG of high quality with its color at full resolution, a quarter of the size.
    """
    png = io.BytesIO()
    few = image.getcolors(256)
    (image.quantize(256, dither=Image.Dither.NONE) if few else image).save(png, format="PNG", optimize=True)
    if png.tell() <= 100_000:
        return "image/png", png.getvalue()
    jpeg = io.BytesIO()
    image.save(jpeg, format="JPEG", quality=92, subsampling=0, optimize=True)
    return "image/jpeg", jpeg.getvalue()


def publish(data, metadata=None):
    """Publish a MIME bundle to the notebook; outside one, print its text."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.display import display

    if InteractiveShell.initialized():
        display(data, metadata=metadata or {}, raw=True)
    else:
        print(data["text/plain"])


def publish_picture(image: Image.Image, alt: str):
    """Publish a picture with its alt text in the metadata; the alt text also stands in for it as plain text."""
    mime, data = compress(image)
    publish({mime: base64.b64encode(data).decode(), "text/plain": f"[picture: {alt}]"}, {mime: {"alt": alt}})


def publish_caption(caption: str, alt: str):
    """Publish a caption, with the picture in words folded below it.

    JupyterLab drops a picture's alt text (as of 4.6), so the words also stand where every reader can reach them.
    """
    words = html.escape(alt)
    folded = f"<details><summary>The picture in words</summary>{words}</details>"
    publish({"text/plain": f"Figure: {caption}", "text/markdown": f"*Figure: {caption}*\n\n{folded}"})


def sentence(name, text):
    """`text` on one line; an error that names the argument where it is empty or no string."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be a string, got {type(text).__name__}")
    if not text.strip():
        raise ValueError(f"{name} is empty: a reader needs it")
    return " ".join(text.split())


def _panels(content, titles):
    images = [
        _image(i, im) for i, im in enumerate(content if isinstance(content, list | tuple) else [content])
    ]
    if not images:
        raise ValueError("content is an empty list, expected at least one image")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"titles has {len(titles)} entries for {len(images)} images")
    columns = min(len(images), 4)
    rows = math.ceil(len(images) / columns)
    shape = max(im.shape[0] / im.shape[1] for im in images)
    # One photo alone would fill the screen: it gets at most 60% of the column and of a column's height.
    width = WIDTH if columns > 1 else min(4.8, 4.2 / shape)
    height = rows * (width / columns * shape + (0.32 if titles else 0.08))
    fig, axes = figure(rows, columns, width=width, height=height, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for i, (ax, im) in enumerate(zip(axes.flat, images, strict=False)):
        ax.imshow(im, vmin=0, vmax=1)
        if titles is not None:
            ax.set_title(titles[i])
    return fig


def _image(index, image):
    array = np.asarray(image)
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[-1] == 3)) or array.size == 0:
        raise ValueError(f"image {index} has shape {array.shape}, expected (H, W) or (H, W, 3)")
    if array.dtype.kind not in "fb":
        raise TypeError(
            f"image {index} is {array.dtype}, expected float in [0, 1]; course_lib.data.as_photo converts bytes"
        )
    if not np.isfinite(array).all():
        raise ValueError(f"image {index} has {(~np.isfinite(array)).sum()} values that are NaN or infinite")
    low, high = float(array.min()), float(array.max())
    if low < -1e-3 or high > 1 + 1e-3:
        raise ValueError(f"image {index} has values from {low:.3g} to {high:.3g}, expected [0, 1]")
    return np.clip(array.astype(np.float64), 0, 1)
