"""The hand-over bundle: what was written comes back, and whatever isn't one gets a clear error."""

import hashlib
import json
import os
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.cry import CryDetector
from course_lib.cry.bundle import FILES, check_bundle, exact_logits, main, read_bundle, write_bundle
from course_lib.cry.bundle import example_windows as made_windows
from course_lib.cry.quantized_detector import quantize_detector
from course_lib.cry.quantized_network import quantized_layers


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    detector = CryDetector(0.1)
    with torch.inference_mode():
        for _ in range(3):  # batch norms with statistics of their own, without which nothing comes through
            detector(torch.from_numpy(made_windows()))
    return quantize_detector(detector.eval(), made_windows(), bits=4, others={"network.classifier.1": 8})


@pytest.fixture(scope="module")
def bundle(small, tmp_path_factory):
    return write_bundle(small, tmp_path_factory.mktemp("bundle") / "cry.zip")


def changed(bundle, path, changes):
    """A copy with other contents: {file: content} or, for the manifest, a function of it."""
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            change = changes.get(name, content)
            if callable(change):
                manifest = json.loads(content)
                change(manifest)
                change = json.dumps(manifest).encode()
            if change is not None:
                new.writestr(name, change)
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name])
    return path


def test_there_and_back(small, bundle):
    back, windows, logits = read_bundle(bundle)
    assert np.array_equal(exact_logits(small, windows), logits)
    assert check_bundle(bundle) < 1e-9
    assert back.threshold == small.threshold and np.array_equal(windows, made_windows())
    for (name, ours), theirs in zip(
        quantized_layers(small).items(), quantized_layers(back).values(), strict=True
    ):
        assert torch.equal(ours.weight_on_grid(), theirs.weight_on_grid()), name
        assert (ours.weight_bits, ours.input_bits) == (theirs.weight_bits, theirs.input_bits)


def test_two_weights_share_a_byte(small, bundle):
    with zipfile.ZipFile(bundle) as parts:
        packed = len(parts.read("weights.bin"))
    layers = quantized_layers(small).values()
    assert packed == sum(-(-layer.weight.numel() * layer.weight_bits // 8) for layer in layers)


def test_the_same_detector_gives_the_same_file(small, bundle, tmp_path):
    assert write_bundle(small, tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_layers_without_grids_are_refused(tmp_path):
    with pytest.raises(ValueError, match="layers without grids"):
        write_bundle(CryDetector(0.1), tmp_path / "float.zip")
    odd = quantize_detector(CryDetector(0.1).eval(), made_windows(), bits=6)
    with pytest.raises(ValueError, match="must have layers of 2, 4 or 8 bits"):
        write_bundle(odd, tmp_path / "odd.zip")
    assert not list(tmp_path.iterdir())


def test_the_command(bundle, tmp_path, capsys):
    main(["check", str(bundle)])
    assert "agrees" in capsys.readouterr().out
    zeros = bytes(64)  # in place of the logits, and announced
    announce = {"test_output.bin": {"bytes": 64, "sha256": hashlib.sha256(zeros).hexdigest()}}
    changes = {"test_output.bin": zeros, "manifest.json": lambda m: m["files"].update(announce)}
    wrong = changed(bundle, tmp_path / "wrong.zip", changes)
    for path, message in ((wrong, "disagrees: a logit is off"), (tmp_path / "none.zip", "there is no file")):
        with pytest.raises(SystemExit) as left:
            main(["check", str(path)])
        assert left.value.code == 1
        assert message in capsys.readouterr().err


HOSTILE = {
    "a file more": ({"../evil": b"x"}, "it must hold manifest.json"),
    "a file less": ({"numbers.bin": None}, "it must hold manifest.json"),
    "no JSON": ({"manifest.json": b"{"}, "Expecting property name"),
    "no table": ({"manifest.json": b"[1]"}, "isn't a bundle's"),
    "deep": ({"manifest.json": b"[" * 100_000}, "isn't a bundle's"),
    "another format": ({"manifest.json": lambda m: m.update(format=["x"])}, "has the format"),
    "other weights": ({"weights.bin": b"x"}, "another sha256"),
    "another map": ({"manifest.json": lambda m: m["input"].update(hop=1)}, "another input map"),
    "a giant": ({"manifest.json": lambda m: m["network"].update(width=1e9)}, "out of range"),
    "NaN": ({"manifest.json": lambda m: m["network"].update(width=float("nan"))}, "out of range"),
    "a layer less": ({"manifest.json": lambda m: m["layers"].pop()}, "must be those of a MobileNetV2"),
    "another shape": ({"manifest.json": lambda m: m["layers"][0].update(weights=[1])}, "must have weights"),
    "bits of text": ({"manifest.json": lambda m: m["layers"][0].update(weight_bits="4")}, "isn't a bundle's"),
    "many bits": ({"manifest.json": lambda m: m["layers"][0].update(weight_bits=99)}, "bits must be"),
    "another zero": ({"manifest.json": lambda m: m["layers"][0].update(input_zero_point=-1)}, "isn't a code"),
    "no windows": ({"manifest.json": lambda m: m["test"].update(windows=0)}, "don't hold the 0 windows"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_bundle_says_why(name, bundle, tmp_path):
    changes, message = HOSTILE[name]
    path = changed(bundle, tmp_path / "hostile.zip", changes)
    with pytest.raises(ValueError, match=message) as error:
        read_bundle(path)
    assert "hostile.zip" in str(error.value) and len(str(error.value)) < 500


def test_a_zip_that_would_fill_the_memory_is_not_unpacked(bundle, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("manifest.json", "{}")
        for name in FILES:
            bomb.writestr(name, bytes(17_000_000))
    with pytest.raises(ValueError, match="more than 16000000"):
        read_bundle(path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1), byte=st.integers(0, 255), cut=st.booleans())
def test_damage_is_told_or_harmless(place, byte, cut, bundle, tmp_path):
    content = bytearray(bundle.read_bytes())
    at = int(place * (len(content) - 1))
    content[at] = byte
    path = tmp_path / f"{os.getpid()}.zip"
    path.write_bytes(content[:at] if cut else content)
    try:
        assert np.isfinite(check_bundle(path))
    except ValueError as error:
        assert str(path) in str(error)


def test_no_zip_at_all(tmp_path):
    path = tmp_path / "text.zip"
    path.write_bytes(b"hello")
    with pytest.raises(ValueError, match=r"text\.zip is no zip"):
        read_bundle(path)
