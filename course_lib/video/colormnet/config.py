"""The two sizes of ColorMNet: the released network, and one that a course can train."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ColorMNetConfig:
    """Channels and what else tells one size from the other.

    Attributes
    ----------
    name : str
    key, value, hidden : int
        Channels of keys, of an object's learned value, and of its hidden state.
    widths : three int
        Of the decoder at the strides of the top, the middle and the fine features.
    update : int
        Channels in which the decoder gathers what goes into the hidden state.
    window : int
        Side of the local attention's window, in positions of the top features.
    multiple : int
        To which sides are padded.
    padding : str
        How, as of `torch.nn.functional.pad`.
    cells : int
        0: color comes from the learned value alone, as released. Else each value carries the color and the lightness it
        stands for as well, on a grid of ``cells`` x ``cells`` to a position; see `course_lib.video.colormnet.decoder`.
    strictness : float
        What squared differences in lightness, from -1 to 1, are multiplied by where a pixel chooses among cells; learned
        from there on.
    sharpness : float
        Bias with which the shrinkage's convolution begins; shrinkage is its answer's square plus 1.
    short_side : int
        Pixels. `ColorMNet.colorize_clip` works at this size where frames are larger.
    """

    name: str
    key: int
    value: int
    hidden: int
    widths: tuple[int, int, int]
    update: int
    window: int
    multiple: int
    padding: str
    cells: int
    strictness: float
    sharpness: float
    short_side: int


CONFIGS = {
    config.name: config
    for config in (
        ColorMNetConfig(
            name="full",
            key=64,
            value=512,
            hidden=64,
            widths=(512, 256, 256),
            update=256,
            window=15,
            multiple=112,
            padding="constant",
            cells=0,
            strictness=0.0,
            sharpness=0.0,
            short_side=480,
        ),
        ColorMNetConfig(
            name="course",
            key=64,
            value=64,
            hidden=32,
            widths=(64, 32, 24),
            update=32,
            window=9,
            multiple=8,
            padding="replicate",
            cells=2,
            strictness=30.0,
            sharpness=6.0,
            short_side=136,
        ),
    )
}


def config_of(config: "str | ColorMNetConfig") -> ColorMNetConfig:
    """A configuration by its name; one that is one already.

    Raises
    ------
    ValueError
        Another name.
    """
    if isinstance(config, ColorMNetConfig):
        return config
    if config not in CONFIGS:
        raise ValueError(f"config must be one of {', '.join(CONFIGS)}; got {config!r}")
    return CONFIGS[config]
