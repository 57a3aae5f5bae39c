"""The one decoder: from a picture file of any kind to an upright 8-bit RGB image and a network's input."""

from __future__ import annotations

import math
import os
import stat
import threading
import warnings
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, UnidentifiedImageError, features

from xferstudio.api import Preprocessing

MAX_PIXELS = 200_000_000
"""Pictures with more pixels than this are refused as decompression bombs."""

DRAFT_MARGIN = 4.0
"""A scaled JPEG keeps at least this many times the wanted short side: nobody sees a difference, and predictions
move by half of what an export may differ at most."""

Pixels = npt.NDArray[np.uint8]


class Undecodable(Exception):
    """A picture that cannot be decoded; `reason` is a short sentence for the list of what was left out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __reduce__(self) -> tuple[type[Undecodable], tuple[str]]:
        return type(self), (self.reason,)


# ------------------------------------------------------------------------------------------ what can be read

# Pillow names these formats but cannot turn them into pixels by itself (EPS would start Ghostscript on
# whatever the file says, the others are stubs or documents), so they are no pictures for us.
_NOT_PICTURES = {"EPS", "PDF", "MPEG", "WMF", "BUFR", "GRIB", "HDF5", "IPTC"}
_COMMON_FIRST = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "MPO")
_setup_lock = threading.Lock()


@cache
def _formats() -> tuple[str, ...]:
    """Pillow's names of the formats that are read, the common ones first."""
    with _setup_lock:
        Image.init()
        try:
            import pillow_heif

            pillow_heif.register_heif_opener()
            if not features.check("avif") and hasattr(pillow_heif, "register_avif_opener"):
                pillow_heif.register_avif_opener()
        except ImportError:
            pass  # what is missing is said when such a file turns up, see `missing_reader`
        known = [name for name in Image.ID if name not in _NOT_PICTURES]
    first = [name for name in _COMMON_FIRST if name in known]
    return (*first, *(name for name in known if name not in first))


@cache
def readable_extensions() -> frozenset[str]:
    """File name endings, lower case with the dot, of the pictures that this installation reads."""
    formats = set(_formats())
    endings = {ending for ending, name in Image.registered_extensions().items() if name in formats}
    if "AVIF" in formats and not (features.check("avif") or _has_heif_avif()):
        endings -= {".avif", ".avifs"}
    return frozenset(endings)


def _has_heif_avif() -> bool:
    try:
        import pillow_heif
    except ImportError:
        return False
    return hasattr(pillow_heif, "register_avif_opener")


_NEEDS: Mapping[str, str] = {
    ".heic": "HEIC pictures need the package pillow-heif (pip install xferstudio[formats])",
    ".heif": "HEIF pictures need the package pillow-heif (pip install xferstudio[formats])",
    ".hif": "HEIF pictures need the package pillow-heif (pip install xferstudio[formats])",
    ".avif": "AVIF pictures need Pillow 11.3 or newer (pip install --upgrade pillow)",
}


def missing_reader(ending: str) -> str | None:
    """Which package to install for files with this ending, or None if they are read or are no pictures."""
    ending = ending.lower()
    return None if ending in readable_extensions() else _NEEDS.get(ending)


# ------------------------------------------------------------------------------------------------- decoding

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112


def decode(source: Path | bytes, at_least: int | None = None) -> Image.Image:
    """An upright 8-bit RGB image of the first frame; transparency is laid on white.

    `at_least`: the short side in pixels that the caller will scale the picture to; a large JPEG may then
    come out smaller than it is stored (by 2, 4 or 8), never below `DRAFT_MARGIN` times that side. Raises
    Undecodable for whatever cannot be decoded whole, with a reason, and nothing else.
    """
    _keep_warnings_in()
    try:
        if isinstance(source, bytes):
            if not source:
                raise Undecodable("the file is empty")
            with BytesIO(source) as stream:
                return _decode_stream(stream, at_least)
        facts = source.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise Undecodable("not a regular file")  # opening a pipe would wait for ever
        if facts.st_size == 0:
            raise Undecodable("the file is empty")
        with source.open("rb") as stream:
            return _decode_stream(stream, at_least)
    except Undecodable:
        raise
    except Exception as error:  # Pillow's plugins raise anything on damaged files
        raise Undecodable(_reason(error)) from error


def upright_size(source: Path, decoded: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of a picture in full, of which `decode` gave one of size `decoded`, perhaps at a smaller scale.

    Raises Undecodable if the file has gone meanwhile.
    """
    _keep_warnings_in()
    try:
        with Image.open(source, formats=_formats()) as image:
            width, height = image.size
    except Exception as error:
        raise Undecodable(_reason(error)) from error
    # What is stored may lie on its side; what was decoded stands upright.
    return (height, width) if (width > height) != (decoded[0] > decoded[1]) else (width, height)


def _decode_stream(stream: IO[bytes], at_least: int | None) -> Image.Image:
    try:
        image: Image.Image = Image.open(stream, formats=_formats())
    except UnidentifiedImageError:
        stream.seek(0)
        raise Undecodable(_what_instead(stream.read(512))) from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Undecodable(
            f"too large to be decoded safely: {width} × {height} pixels, "
            f"the limit is {MAX_PIXELS // 1_000_000} million"
        )
    if width < 1 or height < 1:
        raise Undecodable("damaged: it has no pixels")
    if at_least is not None and image.format in ("JPEG", "MPO"):
        side = math.ceil(at_least * DRAFT_MARGIN)
        image.draft(None, (side, side))
    image.load()
    turn = _UPRIGHT.get(_orientation(image))
    plain = _to_rgb(image)
    if turn is not None:
        plain = plain.transpose(turn)
    elif plain is image and image.format not in ("JPEG", "PNG"):
        plain = image.copy()  # readers of many frames would go back to the file, which is closed
    # Orientation and profile are spent or meaningless now; left in, somebody would turn the picture twice.
    plain.info = {}
    return plain


def _orientation(image: Image.Image) -> int:
    # TIFF and HEIF readers turn the pixels themselves while loading, and say 1 afterwards.
    try:
        value = image.getexif().get(_ORIENTATION, 1)
        return value if isinstance(value, int) else 1
    except Exception:  # noqa: BLE001  # broken EXIF says nothing about the pixels
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    mode = image.mode
    if mode.startswith("I;16"):
        return _from_grey(np.asarray(image).astype(np.uint16) >> 8)
    if mode == "I":
        grey = np.asarray(image)
        if grey.max(initial=0) > 255:
            return _from_grey(np.clip(grey, 0, 65535) >> 8)
        return _from_grey(np.clip(grey, 0, 255))
    if mode == "F":
        values = np.nan_to_num(np.asarray(image), nan=0.0, posinf=255.0, neginf=0.0)
        if values.max(initial=0.0) <= 1.0:
            values = values * 255.0
        return _from_grey(np.rint(np.clip(values, 0.0, 255.0)))
    if mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        if converted is None:
            raise Undecodable("its Lab colours cannot be converted")
        return converted
    if image.has_transparency_data:
        if mode == "La":
            image = image.convert("LA")
        return _on_white(image.convert("RGBA"))
    return image if mode == "RGB" else image.convert("RGB")


def _from_grey(values: npt.NDArray[np.generic]) -> Image.Image:
    return Image.fromarray(values.astype(np.uint8)).convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    white.alpha_composite(image)
    return white.convert("RGB")


def _what_instead(head: bytes) -> str:
    """What a file that no reader knows is, as far as its first bytes tell."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"):
            return missing_reader(".heic") or "damaged: the HEIC picture cannot be read"
        if brand in (b"avif", b"avis"):
            return missing_reader(".avif") or "damaged: the AVIF picture cannot be read"
        return "not an image: it is a film"
    if head.startswith(b"version https://git-lfs"):
        return "not an image: a Git LFS pointer, the picture itself was not downloaded"
    if head.startswith(b"%PDF"):
        return "not an image: it is a PDF document"
    if not head.strip(b"\0"):
        return "not an image: it holds only zeros"
    if head.lstrip()[:1] == b"<":
        return "not an image: it is a web page or an XML file"
    if all(byte >= 32 or byte in (9, 10, 13) for byte in head) and b"\0" not in head:
        return "not an image: it is a text file"
    if head[:2] == b"\xff\xd8" or head[:4] == b"\x89PNG":
        return "damaged: the beginning of the picture cannot be read"
    return "not an image: no known picture format"


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file is missing"
    if isinstance(error, PermissionError):
        return "no permission to read the file"
    if isinstance(error, MemoryError):
        return "not enough memory to decode it"
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"too large to be decoded safely: the limit is {MAX_PIXELS // 1_000_000} million pixels"
    text = " ".join(str(error).split())
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return "damaged: the file is cut short"
    if isinstance(error, OSError) and error.errno is not None:
        return f"the file cannot be read: {os.strerror(error.errno)}"
    return f"damaged: {text[:120] or type(error).__name__}"


def _keep_warnings_in() -> None:
    """Pillow's remarks on odd metadata are not for the user's terminal, and a bomb is an error.

    `catch_warnings` is of no use here, since it is not safe among threads; the filters are set once and
    again only when somebody has put others before them.
    """
    if Image.MAX_IMAGE_PIXELS != MAX_PIXELS:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    first = warnings.filters[0] if warnings.filters else None
    if first is None or first[0] != "error" or first[2] is not Image.DecompressionBombWarning:
        warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\b")
        warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


# ------------------------------------------------------------------------------------------------ preparing

RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
}


def needed_side(how: Preprocessing) -> int:
    """The short side in pixels to pass to `decode` as `at_least` for this preprocessing.

    The longer side of the network's input counts, so that an upright picture for a lying input has enough.
    """
    share = how.crop_share if how.crop == "center" else 1.0
    return math.ceil(max(how.size) / share)


def central_box(image_size: tuple[int, int], how: Preprocessing) -> tuple[float, float, float, float]:
    """Left, top, right, bottom (floats, in pixels) of what "center" keeps of an image of (width, height)."""
    width, height = image_size
    rows, columns = how.size
    scale = min(width * how.crop_share / columns, height * how.crop_share / rows)
    box_width, box_height = min(columns * scale, width), min(rows * scale, height)
    left, top = (width - box_width) / 2, (height - box_height) / 2
    return left, top, min(left + box_width, width), min(top + box_height, height)


def seen_box(image_size: tuple[int, int], how: Preprocessing) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what becomes the network's input, in pixels of an image of (width, height).

    With "pad" it reaches beyond the image, by what is filled.
    """
    width, height = image_size
    if how.crop == "center":
        return central_box(image_size, how)
    if how.crop == "squash":
        return 0.0, 0.0, float(width), float(height)
    rows, columns = how.size
    scale = max(width / columns, height / rows)
    left, top = (width - columns * scale) / 2, (height - rows * scale) / 2
    return left, top, left + columns * scale, top + rows * scale


def prepare(image: Image.Image, how: Preprocessing) -> Pixels:
    """The network's input before normalisation: uint8 (height, width, 3), contiguous, by one resize call."""
    rows, columns = how.size
    method = RESAMPLING[how.interpolation]
    if how.crop == "pad":
        return np.array(fit_on_mean(image, (0, 0, image.width, image.height), how))
    box = central_box(image.size, how) if how.crop == "center" else None
    return np.array(image.resize((columns, rows), method, box=box))


def mean_colour(how: Preprocessing) -> tuple[int, int, int]:
    """The mean of the preprocessing as 8-bit RGB, the colour of what is filled."""
    red, green, blue = (min(255, max(0, round(value * 255))) for value in how.mean)
    return red, green, blue


def fit_on_mean(
    image: Image.Image, box: tuple[float, float, float, float], how: Preprocessing
) -> Image.Image:
    """The box of the image, whole and in its shape, in the middle of a canvas of the mean colour."""
    rows, columns = how.size
    wide, high = box[2] - box[0], box[3] - box[1]
    scale = min(columns / wide, rows / high)
    size = (min(columns, max(1, round(wide * scale))), min(rows, max(1, round(high * scale))))
    inside = image.resize(size, RESAMPLING[how.interpolation], box=box)
    canvas = Image.new("RGB", (columns, rows), mean_colour(how))
    canvas.paste(inside, ((columns - size[0]) // 2, (rows - size[1]) // 2))
    return canvas
