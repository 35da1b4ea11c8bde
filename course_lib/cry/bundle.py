"""The hand-over to the team with the board: one zip that holds all it needs, and a command that says whether it still agrees.

    manifest.json      how sound becomes bytes, the layers in their order, where each lies, the sha256 of the other files
    weights.bin        codes, packed as `course_lib.cry.packing` does
    numbers.bin        float32, little endian; for each layer its input's scale, its weights' scales, its biases
    test_input.bin     windows of bytes, (n, 64, 97), from made sounds
    test_output.bin    float64, little endian: the two logits of each

The test vector is computed in float64. Then the order of a sum changes nothing that matters; in float32 a last digit can put a
number on the other side of a rounding, and grids of few bits make a visible difference of that.

    python -m course_lib.cry.bundle check FILE
"""

import argparse
import copy
import hashlib
import json
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch

from course_lib.cry.cry_input import (
    BANDS,
    FRAMES,
    HIGHEST,
    HOP,
    LOWEST,
    MELS,
    QUIET,
    SAMPLE_RATE,
    WINDOW,
    heard,
)
from course_lib.cry.detector import CryDetector
from course_lib.cry.packing import PACKED_BITS, pack, unpack
from course_lib.cry.quantization import dequantize, quantize
from course_lib.cry.quantized_network import (
    TINY,
    QuantizedLayer,
    fold_batch_norm,
    layers_of,
    quantized_layers,
    replace_layer,
)
from course_lib.data import made_sounds
from course_lib.engines.checks import existing_file, first_line, new_file, written_whole

FORMAT = "cry detector bundle, version 1"
FILES = ("weights.bin", "numbers.bin", "test_input.bin", "test_output.bin")
MOST = 16_000_000  # bytes of one file inside; MobileNetV2 at full width has 9 million in 32 bits
WIDEST = 2.0  # of the network, so that a manifest can't ask for one that fills the memory
TOLERANCE = 1e-6  # of a logit, in float64
KINDS = ("cry", "speech", "cry", "alarm")  # of the test vector
_INPUT = {
    "shape": [1, BANDS, FRAMES],
    "sample_rate": SAMPLE_RATE,
    "window": WINDOW,
    "hop": HOP,
    "log_mel": MELS,
    "decibels_that_are_0": LOWEST,
    "decibels_that_are_255": HIGHEST,
    "level_below_which_a_window_scores_0": QUIET,
    "first_layer": "byte / 255",
}


def write_bundle(detector: CryDetector, path: str | os.PathLike) -> Path:
    """Write a quantized detector as a bundle.

    Parameters
    ----------
    detector : CryDetector
        With every layer on grids, of 2, 4 or 8 bits.
    path : path-like
        NAME.zip. It is there whole or not at all.

    Raises
    ------
    ValueError
        A layer without grids, or with other bits.
    FileNotFoundError
        No such folder.
    """
    path, layers = new_file(path), quantized_layers(detector)
    grids = {id(layer.layer) for layer in layers.values()}
    plain = [name for name, layer in layers_of(detector).items() if id(layer) not in grids]
    if plain or not layers:
        raise ValueError(f"detector has layers without grids: {', '.join(plain[:3])}; quantize it first")
    other = [name for name, layer in layers.items() if layer.weight_bits not in PACKED_BITS]
    if other:
        raise ValueError(f"detector must have layers of 2, 4 or 8 bits to be packed; {other[0]} has others")
    entries, weights, numbers = [], [], []
    for name, layer in layers.items():
        entry, packed, floats = _layer_entry(name, layer)
        entries.append(entry)
        weights.append(packed)
        numbers += floats
    windows = example_windows()
    contents = {
        "weights.bin": b"".join(weights),
        "numbers.bin": np.concatenate(numbers).astype("<f4").tobytes(),
        "test_input.bin": windows.tobytes(),
        "test_output.bin": exact_logits(detector, windows).astype("<f8").tobytes(),
    }
    manifest = {
        "format": FORMAT,
        "network": {"kind": "MobileNetV2", "width": detector.width, "logits": ["something else", "cry"]},
        "input": _INPUT,
        "threshold": detector.threshold,
        "test": {"windows": len(windows), "computed_in": "float64", "tolerance": TOLERANCE},
        "layers": entries,
        "files": {name: {"bytes": len(x), "sha256": _sha256(x)} for name, x in contents.items()},
    }
    contents = {"manifest.json": json.dumps(manifest, indent=1).encode()} | contents
    with written_whole(path) as scratch, zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in contents.items():
            # a date of its own would make every bundle another file
            bundle.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return path


def read_bundle(path: str | os.PathLike) -> tuple[CryDetector, np.ndarray, np.ndarray]:
    """A detector from a bundle, and its test vector.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    CryDetector
        In evaluation mode, with the weights unpacked onto their grids and the bundle's threshold.
    windows : ndarray, (n, 1, 64, 97) uint8
    logits : ndarray, (n, 2) float64
        What the detector must answer to them.

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        A file that is no bundle, or a damaged one; it is named, and what doesn't fit.
    """
    path = existing_file(path)
    try:
        return _read(path)
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError(f"{path}: manifest.json isn't a bundle's ({first_line(error)})") from error
    except ValueError as error:
        raise ValueError(f"{path}: {first_line(error)}") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, RuntimeError, OSError) as error:
        raise ValueError(f"{path} is no zip that can be read ({first_line(error)})") from error


def check_bundle(path: str | os.PathLike) -> float:
    """Compute the test vector anew.

    Returns
    -------
    float
        The largest difference of a logit from the one that stands in the bundle.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read_bundle`.
    """
    detector, windows, expected = read_bundle(path)
    return float(np.abs(exact_logits(detector, windows) - expected).max())


def example_windows() -> np.ndarray:
    """The windows of the test vector, (4, 1, 64, 97) uint8: two made cries and two other sounds."""
    sounds = made_sounds(len(KINDS), 21, seconds=1.0, kinds=KINDS)
    return np.concatenate([heard(wave)[0][:1] for wave in sounds.waves])


def exact_logits(detector: CryDetector, windows: np.ndarray) -> np.ndarray:
    """Logits in float64, (n, 2)."""
    with torch.inference_mode():
        return copy.deepcopy(detector).double()(torch.from_numpy(windows)).numpy()


def _layer_entry(name: str, layer: QuantizedLayer) -> tuple[dict, bytes, list[np.ndarray]]:
    """What the manifest says of a layer, its packed weights, and its numbers."""
    plain, scale = layer.layer, layer.weight_scale.detach().clamp(min=TINY)
    codes = quantize(plain.weight, layer.weight_bits, scale, axis=0 if layer.per_channel else None)
    numbers = [x.detach().numpy().ravel() for x in (layer.input_scale.clamp(min=TINY), scale, plain.bias)]
    entry = {
        "name": name,
        "kind": type(plain).__name__,
        "weights": list(plain.weight.shape),
        "weight_bits": layer.weight_bits,
        "weight_scales": scale.numel(),
        "input_bits": layer.input_bits,
        "input_zero_point": int(layer.input_zero_point),
    }
    if isinstance(plain, torch.nn.Conv2d):
        entry |= {"stride": list(plain.stride), "padding": list(plain.padding), "groups": plain.groups}
    return entry, pack(np.asarray(codes), layer.weight_bits), numbers


def _read(path: Path) -> tuple[CryDetector, np.ndarray, np.ndarray]:
    with zipfile.ZipFile(path) as bundle:
        sizes = {info.filename: info.file_size for info in bundle.infolist()}
        if sorted(sizes) != sorted(["manifest.json", *FILES]) or len(bundle.infolist()) != len(sizes):
            raise ValueError(f"it must hold manifest.json, {', '.join(FILES)}; it holds {', '.join(sizes)}")
        large = [name for name, size in sizes.items() if size > MOST]
        if large:
            raise ValueError(f"{large[0]} has {sizes[large[0]]} bytes, more than {MOST}")
        contents = {name: bundle.read(name) for name in sizes}
    manifest = json.loads(contents.pop("manifest.json"))
    if manifest["format"] != FORMAT:
        raise ValueError(f"manifest.json has the format {str(manifest['format'])[:60]!r}, not {FORMAT!r}")
    for name, content in contents.items():
        if _sha256(content) != manifest["files"][name]["sha256"]:
            raise ValueError(f"{name} has another sha256 than manifest.json says; the file is damaged")
    if manifest["input"] != _INPUT:
        raise ValueError("manifest.json has another input map than this course_lib makes")
    detector = _detector(manifest, contents["weights.bin"], contents["numbers.bin"])
    count, size = int(manifest["test"]["windows"]), BANDS * FRAMES
    if (
        len(contents["test_input.bin"]) != count * size
        or len(contents["test_output.bin"]) != 16 * count
        or not count
    ):
        raise ValueError(
            f"test_input.bin and test_output.bin don't hold the {count} windows that are announced"
        )
    windows = np.frombuffer(contents["test_input.bin"], np.uint8).reshape(count, 1, BANDS, FRAMES).copy()
    return detector, windows, np.frombuffer(contents["test_output.bin"], "<f8").reshape(count, 2).copy()


def _detector(manifest: dict, weights: bytes, numbers: bytes) -> CryDetector:
    """The network that a manifest describes, with these weights and numbers."""
    width, threshold = float(manifest["network"]["width"]), float(manifest["threshold"])
    if not 0 < width <= WIDEST or not 0 <= threshold <= 1:
        raise ValueError(f"width {width:g} or threshold {threshold:g} is out of range")
    detector = fold_batch_norm(CryDetector(width))
    detector.threshold = threshold
    layers, entries = layers_of(detector), manifest["layers"]
    if [entry["name"] for entry in entries] != list(layers):
        raise ValueError(f"layers must be those of a MobileNetV2 of width {width:g}, in its order")
    floats = np.frombuffer(numbers, "<f4") if len(numbers) % 4 == 0 else np.empty(0, np.float32)
    if not np.isfinite(floats).all():
        raise ValueError("numbers.bin holds NaN or infinity")
    places = [0, 0]  # in weights.bin and in floats
    for entry, layer in zip(entries, layers.values(), strict=True):
        replace_layer(detector, entry["name"], _layer(entry, layer, weights, floats, places))
    if places != [len(weights), len(floats)]:
        raise ValueError("weights.bin or numbers.bin is longer or shorter than the layers need")
    return detector.eval()


def _layer(
    entry: dict, plain: torch.nn.Module, weights: bytes, floats: np.ndarray, places: list[int]
) -> QuantizedLayer:
    """One layer, from where the last one ended; moves the places on."""
    shape, channels = tuple(plain.weight.shape), plain.weight.shape[0]
    bits, scales, zero_point = entry["weight_bits"], entry["weight_scales"], entry["input_zero_point"]
    if tuple(entry["weights"]) != shape or scales not in (1, channels):
        raise ValueError(f"{entry['name']} must have weights {shape}, and 1 or {channels} scales")
    layer = QuantizedLayer(
        plain,
        (0.0, 1.0),
        weight_bits=bits,
        input_bits=entry["input_bits"],
        per_channel=scales == channels,
    )
    if not 0 <= zero_point < 2**layer.input_bits:
        raise ValueError(f"{entry['name']} has the zero point {zero_point}, which isn't a code")
    count = plain.weight.numel()
    end, taken = places[0] + -(-count * bits // 8), floats[places[1] : places[1] + 1 + scales + channels]
    if len(taken) != 1 + scales + channels:
        raise ValueError("numbers.bin is shorter than the layers need")
    if not (taken[: 1 + scales] > 0).all():
        raise ValueError(f"{entry['name']} has a scale that isn't above 0")
    in_scale, scale, bias = (torch.from_numpy(x.copy()) for x in np.split(taken, [1, 1 + scales]))
    codes = torch.from_numpy(unpack(weights[places[0] : end], bits, count).reshape(shape))
    places[:] = [end, places[1] + len(taken)]
    with torch.no_grad():
        plain.weight.copy_(dequantize(codes, scale, axis=0 if scales > 1 else None))
        plain.bias.copy_(bias)
        layer.input_scale.copy_(in_scale[0])
        layer.weight_scale.copy_(scale.reshape(layer.weight_scale.shape))
        layer.input_zero_point.fill_(zero_point)
    return layer


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.cry.bundle", description=__doc__.splitlines()[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="compute the test vector anew, and say whether it agrees")
    check.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    try:
        off = check_bundle(options.file)
    except (FileNotFoundError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    if off > TOLERANCE:
        parser.exit(1, f"{options.file} disagrees: a logit is off by {off:.3g}, more than {TOLERANCE:g}\n")
    print(f"{options.file} agrees: every logit of the test vector within {TOLERANCE:g}")


if __name__ == "__main__":
    main()
