"""Models outside of torch: export, and one interface to what runs it."""

import lazy_loader

# Each engine is a library of its own: each name loads its module when it is used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "latency": ["Latency", "measure_latency"],
        "ncnn_export": ["export_ncnn"],
        "ncnn_model": ["NcnnModel"],
        "onnx_export": ["export_onnx"],
        "onnx_model": ["OnnxModel"],
        "opencv_model": ["OpenCVModel"],
        "quantization": ["quantize_onnx_int8"],
    },
)
