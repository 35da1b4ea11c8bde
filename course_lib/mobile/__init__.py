"""Part 3, mobile: what makes a colorizer fast enough for a phone."""

import lazy_loader

# A filter on NumPy arrays needs no torch: each name loads its module when it is used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "box_mean": ["box_mean"],
        "guided_filter": ["apply_coefficients", "guided_filter", "local_linear_coefficients"],
        "heavy": ["pretrained"],
        "keyframe_facts": ["keyframe_facts"],
        "keyframes": ["KeyframeColorizer"],
        "query_colorizer": ["QueryColorizer"],
        "scene_cuts": ["is_scene_cut", "scene_change"],
    },
)
