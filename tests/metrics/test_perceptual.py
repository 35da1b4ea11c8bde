"""LPIPS and FID against torchmetrics' own, on random weights in place of the published ones, and by scipy."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from torch import nn

from course_lib.metrics import course_fid, course_lpips, fid, lpips, perceptual, published_weights
from course_lib.metrics.published_weights import ALEXNET, INCEPTION


def noisy(image, sigma, seed=0):
    return np.clip(image + np.random.default_rng(seed).normal(0, sigma, image.shape), 0, 1)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty hub cache and no data folder."""
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    perceptual._lpips_network.cache_clear()
    perceptual._inception.cache_clear()
    (tmp_path / "checkpoints").mkdir()
    yield tmp_path / "checkpoints"
    perceptual._lpips_network.cache_clear()
    perceptual._inception.cache_clear()


def put(weights, name, state, folder, monkeypatch):
    """Write `state` where the published file belongs, and make the module expect its sha256."""
    torch.save(state, folder / "new")
    digest = hashlib.sha256((folder / "new").read_bytes()).hexdigest()[:8]
    made = replace(weights, file=f"made-{digest}.pth")
    (folder / "new").rename(folder / made.file)
    for module in (perceptual, published_weights):
        monkeypatch.setattr(module, name, made)
    return folder / made.file


def random_alexnet():
    """AlexNet's convolutions drawn at random; its last layers, which LPIPS doesn't read, one number each in the file."""
    import torchvision

    with torch.device("meta"):
        shapes = torchvision.models.alexnet(weights=None).state_dict()
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(shape.shape, generator=generator) / max(1, shape[0].numel()) ** 0.5
        if name.startswith("features")
        else torch.zeros(1).expand(shape.shape)
        for name, shape in shapes.items()
    }


@pytest.mark.filterwarnings("ignore")
def test_lpips_is_torchmetrics(hub, monkeypatch):
    """The same weights from the same folder: torchmetrics has its own LPIPS, with its own copy of the linear layers."""
    import torchvision
    from torchmetrics.image import LearnedPerceptualImagePatchSimilarity

    monkeypatch.setattr(
        nn.Linear, "reset_parameters", lambda self: None
    )  # 58 million numbers that nobody reads
    state = random_alexnet()
    put(ALEXNET, "ALEXNET", state, hub, monkeypatch)
    monkeypatch.setattr(torchvision.models.AlexNet_Weights, "get_state_dict", lambda self, **_: state)
    theirs = LearnedPerceptualImagePatchSimilarity(net_type="alex", normalize=True)
    image = np.random.default_rng(0).random((48, 64, 3))
    values = []
    for other in (noisy(image, 0.05), noisy(image, 0.2), image[..., ::-1]):
        a, b = (torch.from_numpy(x.copy()).float().movedim(-1, 0)[None] for x in (image, other))
        values.append(lpips(image, other))
        assert values[-1] == pytest.approx(float(theirs(a, b)), rel=1e-5)
        assert values[-1] == pytest.approx(lpips(other, image), rel=1e-5)
    assert lpips(image, image) == 0 < values[0] < values[1]


def test_fid_reads_what_torchmetrics_reads(hub, monkeypatch):
    """Features alone: a distance of 2048 x 2048 covariances takes seconds, and its formula is tested below."""
    from torch_fidelity import FeatureExtractorInceptionV3
    from torchmetrics.image.fid import FrechetInceptionDistance

    with monkeypatch.context() as patch:  # a network that loads nothing keeps its random start
        library = "torch_fidelity.feature_extractor_inceptionv3"
        patch.setattr(f"{library}.load_state_dict_from_url", lambda *_, **__: None)
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
        torch.manual_seed(0)
        state = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"]).state_dict()
    path = put(INCEPTION, "INCEPTION", state, hub, monkeypatch)
    pictures = np.random.default_rng(0).random((2, 32, 48, 3))
    theirs = FrechetInceptionDistance(antialias=False, feature_extractor_weights_path=path)
    theirs.update(torch.from_numpy(np.rint(255 * pictures).astype(np.uint8)).movedim(-1, 1), real=True)
    monkeypatch.setattr(perceptual, "_frechet", lambda references, images: (references, images))
    references, images = fid(pictures, pictures[::-1], allow_few=True)
    np.testing.assert_allclose(references, images[::-1], rtol=1e-4)
    np.testing.assert_allclose(references.sum(0), theirs.real_features_sum, rtol=1e-4)
    np.testing.assert_allclose(references.T @ references, theirs.real_features_cov_sum, rtol=1e-4)
    assert references.std() > 0
    with pytest.raises(ValueError, match="2048"):
        fid(pictures, pictures)


class Colors(nn.Module):
    """Three maps, made of a random convolution each; the last has 6 channels."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.ModuleList(nn.Conv2d(i, 6, 3, 2, 1) for i in (3, 6, 6))

    def forward(self, x):
        maps = []
        for layer in self.layers:
            x = layer(x).abs()
            maps.append(x)
        return maps


def test_course_lpips_is_the_package_without_learned_weights():
    """`lpips.LPIPS(lpips=False)` on a random trunk, given the same features."""
    import lpips as package

    network = Colors().eval()
    theirs = package.LPIPS.__new__(package.LPIPS)
    nn.Module.__init__(theirs)
    theirs.net, theirs.L, theirs.lpips, theirs.spatial, theirs.version = network, 3, False, False, "0.0"
    image = np.random.default_rng(0).random((32, 40, 3))
    other = noisy(image, 0.2)
    a, b = (torch.from_numpy(x).float().movedim(-1, 0)[None] for x in (image, other))
    assert course_lpips(image, other, network) == pytest.approx(float(theirs(a, b).detach()), rel=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.02, 0.1), st.floats(2, 4))
def test_course_lpips_is_symmetric_zero_for_equals_and_rises(seed, sigma, factor):
    network = Colors().eval()
    image = np.random.default_rng(seed).random((48, 48, 3))
    little, much = (course_lpips(image, noisy(image, s), network) for s in (sigma, factor * sigma))
    assert course_lpips(image, image, network) == 0 < little < much <= 12
    assert course_lpips(noisy(image, sigma), image, network) == pytest.approx(little, rel=1e-4)


def test_course_fid_is_torchmetrics_and_scipy():
    from torchmetrics.image.fid import FrechetInceptionDistance

    network = Colors().eval()
    rng = np.random.default_rng(0)
    pictures, others = (
        rng.random((40, 16, 16, 3)),
        rng.random((50, 16, 16, 3)) ** 1.5,
    )  # more than one batch of 32
    ours = course_fid(pictures, others, network)

    pooled = nn.Sequential()
    pooled.forward = lambda x: network(x)[-1].mean((2, 3))
    metric = FrechetInceptionDistance(feature=pooled, normalize=True, input_img_size=(3, 16, 16))
    features = []
    with torch.no_grad():
        for real, batch in ((True, pictures), (False, others)):
            batch = torch.from_numpy(batch).float().movedim(-1, 1)
            metric.update(batch, real=real)
            features.append(pooled(batch).double().numpy())
    assert ours == pytest.approx(float(metric.compute()), rel=1e-3)

    (x, y), (s, t) = features, [np.cov(f, rowvar=False) for f in features]
    by_hand = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(s + t - 2 * sqrtm(s @ t).real)
    assert ours == pytest.approx(by_hand, rel=1e-6)
    assert course_fid(others, pictures, network) == pytest.approx(ours, rel=1e-6)
    assert abs(course_fid(pictures, pictures, network)) < 1e-6 * ours


def test_course_fid_is_biased_upwards_by_few_pictures():
    network = Colors().eval()
    pictures = np.random.default_rng(0).random((400, 8, 8, 3))
    few, many = (
        course_fid(pictures[:10], pictures[10:20], network),
        course_fid(pictures[:200], pictures[200:], network),
    )
    assert few > 3 * many > 0


def test_few_pictures_are_refused_unless_allowed():
    network = Colors().eval()
    pictures = np.random.default_rng(0).random((7, 8, 8, 3))
    course_fid(pictures, pictures, network)
    for few in (pictures[:6], pictures[:2]):
        with pytest.raises(ValueError, match="6 features"):
            course_fid(pictures, few, network)
        assert np.isfinite(course_fid(pictures, few, network, allow_few=True))
    with pytest.raises(ValueError, match="at least 2"):
        course_fid(pictures, pictures[:1], network, allow_few=True)


@pytest.mark.parametrize(
    ("weights", "call"),
    [(ALEXNET, lambda x: lpips(x, x)), (INCEPTION, lambda x: fid([x] * 3, [x] * 3, allow_few=True))],
)
def test_missing_weights_are_named_and_never_fetched(hub, monkeypatch, weights, call):
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *_, **__: pytest.fail("a download"))
    monkeypatch.setenv("COURSE_DATA_DIR", str(hub.parent / "mine"))
    with pytest.raises(FileNotFoundError) as caught:
        call(np.zeros((32, 32, 3)))
    for word in (weights.file, weights.url, str(hub), str(hub.parent / "mine"), "download=True"):
        assert word in str(caught.value)


def test_a_download_goes_to_the_cache_with_its_hash(hub, monkeypatch):
    asked = []
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *a, **k: asked.append((a, k)))
    assert ALEXNET.find(download=True) == hub / ALEXNET.file
    assert asked == [((ALEXNET.url, str(hub / ALEXNET.file)), {"hash_prefix": "7be5be79"})]


def test_sources_are_those_of_the_libraries():
    import torchvision
    from torch_fidelity.feature_extractor_inceptionv3 import URL_INCEPTION_V3

    assert ALEXNET.url == torchvision.models.AlexNet_Weights.DEFAULT.url
    assert INCEPTION.url == URL_INCEPTION_V3
    for weights in (ALEXNET, INCEPTION):
        assert weights.url.endswith(f"/{weights.file}")


def test_data_folder_comes_first_and_damage_is_found(hub, monkeypatch):
    mine = hub.parent / "mine"
    mine.mkdir()
    monkeypatch.setenv("COURSE_DATA_DIR", str(mine))
    (hub / ALEXNET.file).write_bytes(b"cut short")
    assert ALEXNET.find() == hub / ALEXNET.file
    (mine / ALEXNET.file).write_bytes(b"cut short")
    assert ALEXNET.find() == mine / ALEXNET.file
    with pytest.raises(ValueError, match="not 7be5be79"):
        lpips(np.zeros((32, 32, 3)), np.zeros((32, 32, 3)))


IMAGE = np.zeros((32, 32, 3))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lpips(IMAGE, IMAGE[:31]), ValueError, "one shape"),
        (lambda: lpips(IMAGE[:31], IMAGE[:31]), ValueError, "32x32"),
        (lambda: lpips(IMAGE[..., 0], IMAGE), ValueError, "reference"),
        (lambda: lpips(IMAGE, IMAGE - 1), ValueError, "image"),
        (lambda: lpips(IMAGE.astype(np.uint8), IMAGE), TypeError, "reference"),
        (lambda: course_lpips(IMAGE, IMAGE * np.nan, Colors()), ValueError, "image"),
        (lambda: course_lpips(IMAGE, IMAGE[1:], Colors()), ValueError, "one shape"),
        (lambda: fid(IMAGE, IMAGE), ValueError, "references"),
        (lambda: fid([IMAGE], [IMAGE + 2]), ValueError, "images"),
        (lambda: course_fid([IMAGE], [IMAGE.astype(int)], Colors()), TypeError, "images"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
