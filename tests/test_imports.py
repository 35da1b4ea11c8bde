"""`import course_lib` is quick and loads nothing heavy; `course_lib.color` does without torch; torchvision imports."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy", "scipy", "skimage", "sklearn", "cv2", "matplotlib", "torchvision", "PIL")


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_heavy():
    loaded = _run(f"import course_lib, sys; print([name for name in {HEAVY} if name in sys.modules])")
    assert loaded == "[]"


def test_importing_the_package_is_quick():
    """At most 0.3 s, as promised; the quickest of five fresh processes, since the others measure their neighbors."""
    code = "import time; t = time.perf_counter(); import course_lib; print(time.perf_counter() - t)"
    assert min(float(_run(code)) for _ in range(5)) < 0.3


def test_color_works_where_torch_is_not_installed():
    code = """
import sys
sys.modules["torch"] = sys.modules["torchvision"] = None  # importing either raises ModuleNotFoundError
from course_lib.color import SoftEncoder, ab_bin_centers, lab_to_rgb, rgb_to_lab
import numpy as np
rgb = lab_to_rgb(rgb_to_lab(np.full((2, 3), 0.25)))
print(rgb.round(3).tolist(), SoftEncoder(ab_bin_centers()).encode(np.zeros((1, 2))).shape)
"""
    assert _run(code) == "[[0.25, 0.25, 0.25], [0.25, 0.25, 0.25]] (1, 313)"


@pytest.mark.parametrize("room", ["color", "metrics", "data"])
def test_the_ground_floor_does_without_torch(room):
    assert _run(f"import course_lib.{room}, sys; print('torch' in sys.modules)") == "False"


def test_torchvision_imports_whatever_its_build():
    code = """
import course_lib
import torch, torchvision
from torchvision.transforms import v2
from course_lib import torchvision_guard
model = torchvision.models.mobilenet_v2(num_classes=2).eval()
print(tuple(model(v2.functional.resize(torch.zeros(1, 3, 40, 40), [32, 32])).shape))
# where the library is real, the guard has changed nothing
assert torchvision_guard.guard() == (not torchvision.extension._has_ops())
"""
    assert _run(code) == "(1, 2)"


def test_the_guard_waits_for_a_real_import():
    """Asking whether torchvision is there must not load torch."""
    code = """
import course_lib, importlib.util, sys
assert importlib.util.find_spec("torchvision")
print("torch" in sys.modules)
"""
    assert _run(code) == "False"


def test_the_hook_is_set_once_and_only_answers_for_torchvision():
    code = """
import sys, course_lib
from course_lib import torchvision_guard
torchvision_guard.install()
ours = [f for f in sys.meta_path if type(f).__module__ == "course_lib.torchvision_guard"]
print(len(ours), ours[0].find_spec("torch"), ours[0].find_spec("torchvision.models"))
"""
    assert _run(code) == "1 None None"


FAKE = '''
import sys, pathlib, tempfile
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "torchvision").mkdir()
(folder / "torchvision" / "__init__.py").write_text(
    """import torch
op = torch.ops.torchvision
has_nms = hasattr(op, "nms") and hasattr(op, "qnms")
""")
sys.path.insert(0, str(folder))
import course_lib
from course_lib import torchvision_guard
'''


def test_a_library_that_cannot_load_gets_stand_ins():
    code = FAKE + '(folder / "torchvision" / "_C.so").write_text("no library")\n'
    code += """
import torchvision
print(torchvision.has_nms, torchvision_guard.guard(), torchvision_guard.guard())
schema = torch.ops.torchvision.nms.default._schema if (torch := sys.modules["torch"]) else None
print(schema)
"""
    expected = "torchvision::nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    assert _run(code).splitlines() == ["True True True", expected]


def test_a_library_that_loads_is_left_alone():
    """Stood in for by a library that certainly loads: torch's own."""
    code = (
        FAKE
        + """
import torch
own = sorted((pathlib.Path(torch.__file__).parent / "lib").glob("*c10.*"))[0]
(folder / "torchvision" / ("_C" + own.suffix)).symlink_to(own)
import torchvision
print(torchvision.has_nms, torchvision_guard.guard())
"""
    )
    assert _run(code) == "False False"


def test_without_torchvision_the_guard_does_nothing():
    code = """
import sys, importlib.util, importlib.machinery
import course_lib
from course_lib import torchvision_guard
find = importlib.machinery.PathFinder.find_spec
importlib.machinery.PathFinder.find_spec = lambda name, *a: None if name == "torchvision" else find(name, *a)
print(torchvision_guard.guard(), importlib.util.find_spec("torchvision"))
"""
    assert _run(code) == "False None"
