"""Part 5, cry: from sound to an alarm that a parent trusts."""

import lazy_loader

# Features on NumPy arrays need no torch: each name loads its module when it is used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "alarms": ["Alarm", "AlarmFilter"],
        "budget": ["layer_costs"],
        "detector": ["CryDetector", "clip_score", "pretrained"],
        "log_mel": ["log_mel"],
        "log_mel_cpp": ["LogMelStream", "log_mel_cpp"],
        "mel_bank": ["hz_to_mel", "mel_bank", "mel_to_hz"],
        "night": ["bank_sound", "make_night", "night_report"],
        "quantization": ["dequantize", "fake_quantize", "grid_for", "quantize"],
        "quantized_network": ["quantize_network"],
        "rates": ["detection_rates"],
    },
)
