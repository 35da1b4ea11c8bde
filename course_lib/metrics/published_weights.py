"""Files of published weights that a metric is defined by: where they lie, where they come from, and whether they're whole."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Weights:
    """One file. Its name ends in the first eight digits of its sha256, as in torch's hub.

    Attributes
    ----------
    file, url : str
        Its name and its source.
    what : str
        For the message: whose weights, for what, how large.
    """

    file: str
    url: str
    what: str

    @property
    def digest(self) -> str:
        """The first eight digits of the sha256."""
        return Path(self.file).stem.rpartition("-")[2]

    def find(self, *, download: bool = False) -> Path:
        """The file, in `COURSE_DATA_DIR` or else in torch's hub cache, into which it is fetched on demand.

        Raises
        ------
        FileNotFoundError
            It is in neither, and `download` is False.
        """
        import torch

        cache = Path(torch.hub.get_dir()) / "checkpoints"
        own = os.environ.get("COURSE_DATA_DIR")
        folders = [Path(own).expanduser(), cache] if own else [cache]
        for folder in folders:
            if (folder / self.file).is_file():
                return folder / self.file
        if not download:
            raise FileNotFoundError(
                f"{self.what} are missing: no {self.file} in {' or '.join(map(str, folders))}. Get it from {self.url} "
                "and put it there (or into the folder that COURSE_DATA_DIR names), or call with download=True. "
                "Nothing is fetched unasked"
            )
        cache.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(self.url, str(cache / self.file), hash_prefix=self.digest)
        return cache / self.file

    def read(self, path: Path) -> dict:
        """The tensors in a file that `find` found; nothing else in it is unpickled.

        Raises
        ------
        ValueError
            The file isn't the one its name says.
        """
        import torch

        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if not found.startswith(self.digest):
            raise ValueError(
                f"{path} is damaged or another file: its sha256 begins with {found[:8]}, not {self.digest}"
            )
        return torch.load(path, weights_only=True)


ALEXNET = Weights(
    "alexnet-owt-7be5be79.pth",
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "AlexNet's ImageNet weights for LPIPS (233 MB)",
)
INCEPTION = Weights(
    "weights-inception-2015-12-05-6726825d.pth",
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
    "Inception's weights for FID (about 91 MB)",
)
