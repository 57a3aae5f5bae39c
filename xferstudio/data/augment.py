"""Random versions of a picture for training, each decided by one integer alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from xferstudio.api import Preprocessing, UserError
from xferstudio.data.decode import RESAMPLING, Pixels, fit_on_mean, mean_colour, prepare

Box = tuple[float, float, float, float]
Draw = Callable[[], float]


@dataclass(frozen=True)
class Augmentation:
    """What may change: `area` and `shape` (width to height) of the part that is kept, mirroring, relative
    changes of brightness, contrast and saturation, rotation in degrees either way, and how often a patch is
    blanked."""

    area: tuple[float, float] | None = None
    shape: tuple[float, float] = (3 / 4, 4 / 3)
    mirror: bool = True
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    rotation: float = 0.0
    erase: float = 0.0


AUGMENTATIONS = {
    "none": Augmentation(mirror=False),
    "flip": Augmentation(),
    "standard": Augmentation(area=(0.35, 1.0), brightness=0.2, contrast=0.2, saturation=0.2),
    "strong": Augmentation(
        area=(0.25, 1.0), brightness=0.4, contrast=0.4, saturation=0.4, rotation=15.0, erase=0.25
    ),
}


def augmented(image: Image.Image, how: Preprocessing, augmentation: str, seed: int) -> Pixels:
    """Like `prepare`, with random changes drawn from `seed` alone: uint8 (height, width, 3).

    `augmentation` is a name in AUGMENTATIONS; "none" is `prepare` itself. Raises UserError for other names.
    """
    spec = AUGMENTATIONS.get(augmentation)
    if spec is None:
        raise UserError(
            f"There is no augmentation {augmentation!r}; choose one of {', '.join(AUGMENTATIONS)}."
        )
    if augmentation == "none":
        return prepare(image, how)
    # Only random() is drawn: it is the one method whose sequence Python promises to keep between versions.
    draw = random.Random(seed).random
    mirror = spec.mirror and draw() < 0.5
    if spec.area is None:
        pixels = prepare(image, how)
        return np.ascontiguousarray(pixels[:, ::-1]) if mirror else pixels

    box = _random_box(image.size, how, spec.area, spec.shape, draw)
    if how.crop == "pad":
        part = fit_on_mean(image, box, how)
    else:
        rows, columns = how.size
        part = image.resize((columns, rows), RESAMPLING[how.interpolation], box=box)
    if mirror:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if spec.rotation:
        angle = (2 * draw() - 1) * spec.rotation
        part = part.rotate(angle, Image.Resampling.BILINEAR, fillcolor=mean_colour(how))
    part = _jitter(part, spec, draw)
    pixels = np.array(part)
    if spec.erase and draw() < spec.erase:
        _erase(pixels, how, draw)
    return pixels


def _random_box(
    size: tuple[int, int],
    how: Preprocessing,
    area: tuple[float, float],
    shape: tuple[float, float],
    draw: Draw,
) -> Box:
    """A part of the image with a random share of its area, in about the shape that will not be distorted."""
    width, height = size
    # "squash" and "pad" show the whole picture, so their parts vary around its own shape.
    natural = how.size[1] / how.size[0] if how.crop == "center" else width / height
    for _ in range(10):
        pixels = width * height * _between(draw, area)
        ratio = natural * math.exp(_between(draw, (math.log(shape[0]), math.log(shape[1]))))
        wide, high = math.sqrt(pixels * ratio), math.sqrt(pixels / ratio)
        if wide <= width and high <= height:
            left, top = draw() * (width - wide), draw() * (height - high)
            return left, top, min(left + wide, width), min(top + high, height)
    wide, high = min(width, height * natural), min(height, width / natural)
    left, top = (width - wide) / 2, (height - high) / 2
    return left, top, min(left + wide, width), min(top + high, height)


def _jitter(part: Image.Image, spec: Augmentation, draw: Draw) -> Image.Image:
    """Brightness, contrast and saturation at once: together they are one linear map of the colours."""
    bright = 1 + (2 * draw() - 1) * spec.brightness
    contrast = 1 + (2 * draw() - 1) * spec.contrast
    colour = 1 + (2 * draw() - 1) * spec.saturation
    thumb = np.asarray(part.reduce(8) if min(part.size) >= 16 else part, dtype=np.float32)
    middle = float(thumb.reshape(-1, 3).mean(axis=0) @ np.array(_LUMA, dtype=np.float32))
    shift = bright * (1 - contrast) * middle
    gain = bright * contrast
    rows: list[float] = []
    for channel in range(3):
        for source in range(3):
            rows.append(gain * ((1 - colour) * _LUMA[source] + (colour if source == channel else 0.0)))
        rows.append(shift)
    return part.convert("RGB", tuple(rows))


_LUMA = (0.299, 0.587, 0.114)


def _erase(pixels: Pixels, how: Preprocessing, draw: Draw) -> None:
    rows, columns = how.size
    share = _between(draw, (0.02, 0.2))
    ratio = math.exp(_between(draw, (math.log(0.4), math.log(2.5))))
    high = min(rows, max(1, round(math.sqrt(share * ratio) * rows)))
    wide = min(columns, max(1, round(math.sqrt(share / ratio) * columns)))
    top, left = int(draw() * (rows - high + 1)), int(draw() * (columns - wide + 1))
    pixels[top : top + high, left : left + wide] = mean_colour(how)


def _between(draw: Draw, limits: tuple[float, float]) -> float:
    return limits[0] + draw() * (limits[1] - limits[0])
