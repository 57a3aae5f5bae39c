"""The other side: the loops that people write with timm, torch and a DataLoader, in eager float32."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from xferstudio.api import Preprocessing
from xferstudio.engine.model import set_modes, stages
from xferstudio.engine.torchvision_ops import import_timm

# At import, so that it also happens in DataLoader workers that begin with an empty interpreter.
timm = import_timm()
THREADS = torch.get_num_threads()


@contextmanager
def usual_threads() -> Iterator[None]:
    """As many threads as torch takes by itself, whatever the engine has set."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Files(Dataset):
    """Image files with labels, opened as everybody does."""

    def __init__(self, files: Sequence[Path], labels: Sequence[int], transform: Any) -> None:
        self.files, self.labels, self.transform = list(files), [int(label) for label in labels], transform

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        with Image.open(self.files[index]) as image:
            return self.transform(image.convert("RGB")), self.labels[index]


def eval_transform(how: Preprocessing) -> Any:
    """timm's own evaluation transform with the data config of these weights."""
    return timm.data.create_transform(
        input_size=(3, *how.size),
        interpolation=how.interpolation,
        mean=how.mean,
        std=how.std,
        crop_pct=how.crop_share,
        is_training=False,
    )


def tutorial_transforms(how: Preprocessing) -> tuple[Any, Any]:
    """Training and validation transforms of the PyTorch transfer-learning tutorial, for this input size."""
    from torchvision import transforms

    side = how.size[0]
    end = [transforms.ToTensor(), transforms.Normalize(how.mean, how.std)]
    training = [transforms.RandomResizedCrop(side), transforms.RandomHorizontalFlip(), *end]
    evaluation = [transforms.Resize(round(side * 256 / 224)), transforms.CenterCrop(side), *end]
    return transforms.Compose(training), transforms.Compose(evaluation)


def features(
    backbone: nn.Module, how: Preprocessing, files: Sequence[Path], workers: int, batch_size: int = 32
) -> np.ndarray:
    """Pooled features (n, D) of files: timm, DataLoader, float32, eager."""
    loader = DataLoader(Files(files, [0] * len(files), eval_transform(how)), batch_size, num_workers=workers)
    backbone.eval()
    rows = []
    with usual_threads(), torch.inference_mode():
        for images, _ in loader:
            rows.append(backbone(images))
    return torch.cat(rows).numpy()


class Classifier(nn.Module):
    """A backbone with a new linear layer, in torch's usual memory layout."""

    def __init__(self, backbone: nn.Module, how: Preprocessing, classes: int) -> None:
        super().__init__()
        self.backbone = backbone
        with torch.inference_mode():
            width = backbone.eval()(torch.zeros(1, 3, *how.size)).shape[1]
        self.head = nn.Linear(width, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.backbone(images))
        return logits


@torch.inference_mode()
def predictions(model: nn.Module, loader: DataLoader) -> np.ndarray:
    """The predicted class of each image of a loader in order."""
    model.eval()
    return torch.cat([model(images).argmax(1) for images, _ in loader]).numpy()


@dataclass(frozen=True)
class Tutorial:
    """What the tutorial loop gave: seconds of each epoch, and predictions of the best epoch's weights."""

    seconds: list[float]
    predicted: np.ndarray


def tutorial(
    backbone: nn.Module,
    how: Preprocessing,
    train: tuple[Sequence[Path], np.ndarray],
    val: tuple[Sequence[Path], np.ndarray],
    judged: Sequence[Path],
    *,
    classes: int,
    epochs: int,
    workers: int,
    seed: int = 0,
) -> Tutorial:
    """The tutorial's "ConvNet as fixed feature extractor": batches of 4, SGD, StepLR, best epoch on validation.

    Predictions for `judged` are made after the clock has stopped.
    """
    torch.manual_seed(seed)
    for parameter in backbone.parameters():
        parameter.requires_grad = False
    model = Classifier(backbone, how, classes)
    augment, evaluate = tutorial_transforms(how)
    loaders = {
        "train": DataLoader(Files(*train, augment), batch_size=4, shuffle=True, num_workers=workers),
        "val": DataLoader(Files(*val, evaluate), batch_size=4, num_workers=workers),
    }
    optimizer = torch.optim.SGD(model.head.parameters(), lr=1e-3, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)
    best, kept = -1.0, copy.deepcopy(model.state_dict())
    seconds = []
    with usual_threads():
        for _ in range(epochs):
            start = time.perf_counter()
            model.train()
            for images, labels in loaders["train"]:
                optimizer.zero_grad()
                loss = functional.cross_entropy(model(images), labels)
                loss.backward()
                optimizer.step()
            schedule.step()
            accuracy = float((predictions(model, loaders["val"]) == val[1]).mean()) if len(val[1]) else 0.0
            if accuracy > best:
                best, kept = accuracy, copy.deepcopy(model.state_dict())
            seconds.append(time.perf_counter() - start)
        model.load_state_dict(kept)
        rest = DataLoader(Files(judged, [0] * len(judged), evaluate), batch_size=32, num_workers=workers)
        return Tutorial(seconds, predictions(model, rest))


class FineTuning:
    """The eager float32 loop for fine-tuning the last stages, one epoch with validation at a time."""

    def __init__(
        self,
        backbone: nn.Module,
        how: Preprocessing,
        train: tuple[Sequence[Path], np.ndarray],
        val: tuple[Sequence[Path], np.ndarray],
        *,
        classes: int,
        last_stages: int,
        batch_size: int,
        workers: int,
    ) -> None:
        torch.manual_seed(0)
        self.model = Classifier(backbone, how, classes)
        backbone.requires_grad_(last_stages == -1)
        for stage in stages(backbone)[-last_stages:] if last_stages > 0 else []:
            for parameter in stage:
                parameter.requires_grad_(True)
        learned = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.trainable = sum(parameter.numel() for parameter in learned)
        self.optimizer = torch.optim.AdamW(learned, lr=2e-4)
        # Without augmentation, as the engine's default is: the same pixels are decoded on both sides.
        transform = eval_transform(how)
        self.train = DataLoader(Files(*train, transform), batch_size, shuffle=True, num_workers=workers)
        self.val = DataLoader(Files(*val, transform), batch_size, num_workers=workers)
        self.labels = val[1]

    def epoch(self) -> float:
        """Seconds of one epoch with validation."""
        with usual_threads():
            start = time.perf_counter()
            set_modes(self.model)
            for images, labels in self.train:
                self.optimizer.zero_grad()
                loss = functional.cross_entropy(self.model(images), labels)
                loss.backward()
                self.optimizer.step()
            (predictions(self.model, self.val) == self.labels).mean()
            return time.perf_counter() - start
