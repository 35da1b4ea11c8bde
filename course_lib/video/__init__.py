"""Part 2, video: clips as data, and networks that color them frame after frame."""

import lazy_loader

# A worker that converts videos needs no torch, and one that trains no HDF5: each name loads its module when it is used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "background": ["background_model", "color_background"],
        "clip_colorizer": ["ClipColorizer", "load_clip_colorizer"],
        "colormnet.local_attention": ["LocalAttention", "local_attention"],
        "colormnet.dinov2": ["DinoV2Small"],
        "colormnet.memory": ["FeatureMemory"],
        "colormnet.network": ["ColorMNet"],
        "colormnet.pvgfe": ["PVGFE"],
        "conv_lstm": ["ConvLSTM", "ConvLSTMCell"],
        "conversion": ["convert_videos"],
        "lab_store": ["LabStore"],
        "pretrained": ["pretrained"],
        "recurrent_unet": ["FAMILIES", "RecurrentUNet"],
        "segments": [
            "carry_color",
            "find_segments",
            "in_cells",
            "match_segments",
            "plain_features",
            "segment_read",
        ],
        "stream_loader": ["StatefulStreamLoader", "StreamBatch"],
    },
)
