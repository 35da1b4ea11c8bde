"""Part 2, video: clips as data, and networks that color them frame after frame."""

import lazy_loader

# A worker that converts videos needs no torch, and one that trains no HDF5: each name loads its module when it is used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "clip_colorizer": ["ClipColorizer", "load_clip_colorizer"],
        "conv_lstm": ["ConvLSTM", "ConvLSTMCell"],
        "conversion": ["convert_videos"],
        "lab_store": ["LabStore"],
        "recurrent_unet": ["FAMILIES", "RecurrentUNet"],
        "stream_loader": ["StatefulStreamLoader", "StreamBatch"],
    },
)
