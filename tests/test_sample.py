"""The sample data set is what its README says, flaw by flaw, and what its script renders."""

import hashlib
import importlib.util
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

SAMPLE = Path(__file__).parent.parent / "resources" / "sample"


def _load_script():
    spec = importlib.util.spec_from_file_location("sample_render", SAMPLE / "render.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


render = _load_script()
FLAWS = {flaw.path: flaw for flaw in render.FLAWS}


def of_kind(kind):
    found = [flaw for flaw in render.FLAWS if flaw.kind == kind]
    assert found, kind
    return found


def pixels(source):
    """Upright RGB values 0 to 255 of a file or of bytes."""
    image = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)
    return np.asarray(ImageOps.exif_transpose(image).convert("RGB"), np.float32)


def rows_of_readme():
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `(studio/[^`]+)` \| (.+?) \| (\w+) \|$", text, re.MULTILINE)


def test_the_folder_holds_exactly_the_files_that_the_script_names():
    on_disk = {
        file.relative_to(SAMPLE).as_posix()
        for domain in render.DOMAINS
        for file in (SAMPLE / domain).rglob("*")
        if file.is_file()
    }
    assert on_disk == set(render.paths())


def test_every_class_has_sixty_pictures_in_each_domain_beside_the_extra_ones():
    for domain in render.DOMAINS:
        for kind in render.CLASSES:
            names = {path.name for path in (SAMPLE / domain / kind).iterdir()}
            extra = {
                Path(f.path).name for f in render.FLAWS if f.extra and f.path.startswith(f"{domain}/{kind}/")
            }
            assert len(names - extra) == 60, (domain, kind)
            assert extra <= names


def test_the_sample_is_small_enough_for_the_repository():
    sizes = [(SAMPLE / path).stat().st_size for path in render.paths()]
    assert sum(sizes) <= 5_000_000
    assert sorted(sizes)[-2] < 40_000


def test_the_readme_lists_exactly_the_flaws_that_the_script_makes():
    rows = rows_of_readme()
    assert sorted(path for path, _what, _where in rows) == sorted(FLAWS)
    for path, what, where in rows:
        flaw = FLAWS[path]
        assert what.startswith(flaw.kind), path
        assert f"`{flaw.of}`" in what or not flaw.of, path
        assert where == ("beside" if flaw.extra else "among"), path


@pytest.mark.parametrize(
    "path",
    [
        "studio/bruised/001.jpg",
        "studio/scabbed/031.jpg",
        "studio/bruised/007.jpg",
        "market/fresh/002.jpg",
        "market/mouldy/060.jpg",
    ],
)
def test_a_picture_rendered_alone_is_the_committed_one(path):
    assert np.abs(pixels(render.encoded(path)) - pixels(SAMPLE / path)).mean() < 3


def test_rendering_twice_gives_the_same_bytes():
    assert render.encoded("studio/mouldy/003.jpg") == render.encoded("studio/mouldy/003.jpg")


def test_different_pictures_are_not_mistaken_for_one_another():
    first, second = (pixels(SAMPLE / f"studio/fresh/{name}.jpg") for name in ("001", "002"))
    assert np.abs(first - second).mean() > 10


def test_the_sound_files_are_256_pixel_colour_jpegs():
    for path in (p for p in render.paths() if p not in FLAWS):
        with Image.open(SAMPLE / path) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (256, 256)), path
            assert not image.getexif(), path


def test_the_truncated_file_opens_but_does_not_decode():
    (flaw,) = of_kind("truncated")
    with Image.open(SAMPLE / flaw.path) as image, pytest.raises(OSError, match="truncated"):
        image.load()


def test_the_rotated_file_lies_on_its_side_until_its_tag_is_heeded():
    (flaw,) = of_kind("exif-rotated")
    upright = render.picture(flaw.path) * 255
    with Image.open(SAMPLE / flaw.path) as image:
        assert image.getexif()[0x0112] == 6
        stored = np.asarray(image.convert("RGB"), np.float32)
    assert np.abs(pixels(SAMPLE / flaw.path) - upright).mean() < 4
    assert np.abs(stored - upright).mean() > 15


@pytest.mark.parametrize(
    ("kind", "most"), [("near-copy: re-encoded", 4), ("near-copy: cropped", 16), ("near-copy: brighter", 30)]
)
def test_a_near_copy_looks_like_its_original_but_differs(kind, most):
    (flaw,) = of_kind(kind)
    copy, original = SAMPLE / flaw.path, SAMPLE / flaw.of
    assert copy.read_bytes() != original.read_bytes()
    a, b = pixels(copy), pixels(original)
    assert 0.3 < np.abs(a - b).mean() < most
    small = [
        np.asarray(Image.fromarray(x.astype(np.uint8)).convert("L").resize((16, 16)), float) for x in (a, b)
    ]
    assert np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1] > 0.97


def test_the_exact_copy_has_the_same_bytes_and_is_the_only_one():
    (flaw,) = of_kind("exact copy")
    assert (SAMPLE / flaw.path).read_bytes() == (SAMPLE / flaw.of).read_bytes()
    hashes = [hashlib.blake2b((SAMPLE / path).read_bytes()).digest() for path in render.paths()]
    assert len(hashes) - len(set(hashes)) == 1


def test_the_three_wrong_labels_show_another_condition_than_their_folder():
    flaws = of_kind("wrong label")
    assert len(flaws) == 3
    for flaw in flaws:
        _domain, folder, name = flaw.path.split("/")
        assert flaw.of in render.CLASSES
        assert flaw.of != folder
        shown = pixels(SAMPLE / flaw.path)
        seed = render.zlib.crc32(f"studio/{folder}/{name.split('.')[0]}".encode())
        as_shown = render.studio(render.Rng(seed), flaw.of) * 255
        as_labelled = render.studio(render.Rng(seed), folder) * 255
        assert np.abs(shown - as_shown).mean() < 4
        assert np.abs(shown - as_labelled).mean() > np.abs(shown - as_shown).mean() + 1, flaw.path


@pytest.mark.parametrize(
    ("kind", "format_", "mode"),
    [("greyscale", "JPEG", "L"), ("cmyk", "JPEG", "CMYK"), ("16-bit", "PNG", "I;16")],
)
def test_an_unusual_file_is_stored_in_the_mode_that_the_readme_names(kind, format_, mode):
    (flaw,) = of_kind(kind)
    with Image.open(SAMPLE / flaw.path) as image:
        assert image.format == format_
        assert image.mode == mode or (kind == "16-bit" and image.mode == "I")
        if kind == "16-bit":
            values = np.asarray(image)
            assert values.max() > 20_000
            assert (values % 257 != 0).any(), "more than eight bits are used"
