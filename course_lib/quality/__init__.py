"""Part 4, quality: how good people will find a picture."""

import lazy_loader

# Scores and detectors on NumPy arrays need no torch: each name loads its module when it is used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "class_head": ["ThreeClassNIMA", "class_weights"],
        "detectors": ["blur_score", "compression_score", "exposure_score", "noise_score"],
        "plain_network": ["CppScore", "cpp_scores", "export_plain", "frozen"],
        "preprocess": ["nearest_exact", "preprocess_like_digikam", "preprocess_with_opencv"],
        "score": ["PhotoScore", "score_photo"],
        "three_class": ["balanced_sample", "three_class_labels"],
        "distortions": ["KINDS", "UNSEEN_KINDS", "distort"],
        "distributions": [
            "earth_movers_distance",
            "linear_correlation",
            "mean_score",
            "rank_correlation",
            "score_spread",
        ],
        "multi_scale": ["MultiScale"],
        "nima": ["NIMA"],
        "pretrained": ["pretrained"],
        "raters": ["simulated_scores"],
        "score_tables": ["score_table"],
    },
)
