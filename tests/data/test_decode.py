"""The one decoder: every kind of picture, every kind of damage, and preparation by a single resize."""

from __future__ import annotations

import os
import pickle
import struct
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import picture, saved
from PIL import Image, ImageCms, ImageFile

from xferstudio.api import Preprocessing
from xferstudio.data import (
    Undecodable,
    central_box,
    decode,
    needed_side,
    prepare,
    readable_extensions,
    seen_box,
    upright_size,
)

decoder = sys.modules["xferstudio.data.decode"]


def pixels(source, **options):
    image = decode(source, **options)
    assert image.mode == "RGB"
    return np.asarray(image)


def same(source, expected, tolerance=0):
    found = pixels(source).astype(int)
    assert found.shape == np.asarray(expected).shape
    assert np.abs(found - np.asarray(expected)).max() <= tolerance


def refused(source):
    with pytest.raises(Undecodable) as caught:
        decode(source)
    assert "\n" not in caught.value.reason
    assert 5 < len(caught.value.reason) < 160
    return caught.value.reason


# ------------------------------------------------------------------------------------------ kinds of pictures


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "TGA", "PCX", "QOI", "SGI", "DIB"])
def test_formats_without_loss_give_their_pixels(kind):
    if kind == "QOI" and kind not in Image.SAVE:
        pytest.skip("this Pillow does not write QOI")
    same(saved(picture(), kind), picture())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "JPEG2000"])
def test_formats_with_loss_come_near(kind):
    if kind == "AVIF" and ".avif" not in readable_extensions():
        pytest.skip("this Pillow does not read AVIF")
    same(saved(picture(), kind), picture(), tolerance=60)


def test_heic_is_read_where_a_library_gives_it():
    pytest.importorskip("pillow_heif").register_heif_opener()
    assert {".heic", ".heif"} <= readable_extensions()
    same(saved(picture(1, (64, 64)), "HEIF", quality=95), picture(1, (64, 64)), tolerance=70)


def sideways(turn, kind="JPEG"):
    exif = Image.Exif()
    exif[0x0112] = turn
    return saved(picture(2, (64, 32)), kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_rotation_is_applied_once(turn, kind):
    upright = decode(sideways(1, kind))
    expected = {
        1: lambda i: i,
        2: lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: lambda i: i.rotate(180),
        4: lambda i: i.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(90, expand=True),
        6: lambda i: i.rotate(-90, expand=True),
        7: lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT).rotate(-90, expand=True),
        8: lambda i: i.rotate(90, expand=True),
    }[turn](upright)
    found = decode(sideways(turn, kind))
    assert np.array_equal(np.asarray(found), np.asarray(expected))
    assert found.getexif().get(0x0112, 1) == 1


def test_broken_exif_does_not_hide_the_picture():
    raw = saved(picture(), "JPEG")
    for junk in (
        b"Exif\0\0garbage",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0",
    ):
        segment = b"\xff\xe1" + struct.pack(">H", len(junk) + 2) + junk
        assert np.array_equal(pixels(raw[:2] + segment + raw[2:]), pixels(raw))


def test_grey_and_bilevel_pictures_become_three_equal_channels():
    grey = picture().convert("L")
    same(saved(grey), np.stack([np.asarray(grey)] * 3, -1))
    bilevel = grey.convert("1")
    same(saved(bilevel), np.stack([np.asarray(bilevel) * 255] * 3, -1))


def test_palettes_are_resolved():
    palette = picture().convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    same(saved(palette), palette.convert("RGB"))
    same(saved(palette, "GIF"), palette.convert("RGB"))


def test_what_is_transparent_becomes_white():
    clear = Image.new("RGBA", (4, 4), (10, 20, 30, 0))
    clear.putpixel((0, 0), (10, 20, 30, 255))
    clear.putpixel((1, 0), (0, 0, 0, 128))
    found = pixels(saved(clear))
    assert found[0, 0].tolist() == [10, 20, 30]
    assert np.abs(found[0, 1].astype(int) - 127).max() <= 1
    assert (found[1:] == 255).all()
    assert (pixels(saved(Image.new("LA", (3, 3), (7, 0)))) == 255).all()
    palette = Image.new("P", (3, 3), 1)
    palette.putpalette([9, 9, 9] * 4)
    palette.putpixel((0, 0), 0)
    found = pixels(saved(palette, transparency=1))
    assert found[0, 0].tolist() == [9, 9, 9]
    assert (found[1:] == 255).all()
    assert (pixels(saved(Image.new("RGB", (3, 3), (1, 2, 3)), transparency=(1, 2, 3))) == 255).all()
    assert (pixels(saved(Image.new("L", (3, 3), 9), transparency=9)) == 255).all()


@pytest.mark.parametrize("mode", ["RGBa", "La", "PA", "RGBX", "HSV", "YCbCr", "CMYK", "I;16", "I;16B", "LAB"])
def test_rare_modes_are_converted(mode):
    source = {"RGBa": "RGBA", "La": "LA", "PA": "RGB"}.get(mode, "RGB")
    image = picture().convert(source)
    if mode == "LAB":
        image = ImageCms.profileToProfile(
            image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
    elif mode.startswith("I;16"):
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
        if mode == "I;16B":
            image = image.convert("I").convert("I;16B")
    elif mode == "PA":
        image = image.quantize(64).convert("PA")
    else:
        image = image.convert(mode)
    assert image.mode == mode
    grey = mode == "La" or mode.startswith("I")
    original = image.convert("RGB") if mode == "PA" else picture()
    expected = np.asarray(original.convert("L").convert("RGB") if grey else original)
    found = np.asarray(decoder._to_rgb(image)).astype(int)
    assert np.abs(found - expected).max() <= {"LAB": 30, "HSV": 12, "YCbCr": 4}.get(mode, 1)


def test_cmyk_jpegs_have_their_colours():
    red = Image.new("RGB", (16, 16), (230, 20, 30))
    found = pixels(saved(red.convert("CMYK"), "JPEG", quality=95))
    assert np.abs(found.astype(int) - (230, 20, 30)).max() < 12
    same(saved(red.convert("CMYK"), "TIFF"), red, tolerance=1)


def test_sixteen_bits_keep_the_upper_eight():
    values = np.array([[0, 255, 256, 32768, 65535]], np.uint16)
    expected = np.stack([values >> 8] * 3, -1)
    for kind in ("PNG", "TIFF"):
        same(saved(Image.fromarray(values), kind), expected)


def test_whole_and_floating_numbers_are_scaled_by_their_range():
    for values, expected in (
        (np.array([[0, 100, 255]], np.int32), [0, 100, 255]),
        (np.array([[-5, 256, 65535, 99999]], np.int32), [0, 1, 255, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[np.nan, 0.4, 100.0, 300.0]], np.float32), [0, 0, 100, 255]),
    ):
        assert pixels(saved(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == expected


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue", "lime")]
    options = {"lossless": True} if kind == "WEBP" else {}
    image = decode(saved(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert (np.asarray(image) == (255, 0, 0)).all()
    assert (np.asarray(image.resize((4, 4))) == (255, 0, 0)).all()


def test_files_and_bytes_give_the_same(tmp_path):
    raw = saved(picture(), "JPEG")
    (tmp_path / "é x.JPG").write_bytes(raw)
    assert np.array_equal(pixels(tmp_path / "é x.JPG"), pixels(raw))


# --------------------------------------------------------------------------------------------------- damage


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.03, 0.5, 0.9])
def test_a_truncated_file_is_refused_with_a_reason(kind, share):
    raw = saved(picture(3, (300, 200)), kind)
    refused(raw[: int(len(raw) * share)])
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_jpeg_cut_in_half_is_called_cut_short():
    raw = saved(picture(3, (300, 200)), "JPEG")
    assert refused(raw[: len(raw) // 2]) == "damaged: the file is cut short"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"this is no picture, dear reader\n", "not an image: it is a text file"),
        (b"<!DOCTYPE html><html></html>", "not an image: it is a web page or an XML file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"%PDF-1.7\n", "not an image: it is a PDF document"),
        (b"\0" * 1000, "not an image: it holds only zeros"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 50, "not an image: it is a film"),
        (bytes(range(256)), "not an image: no known picture format"),
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
            "not an image: it is a text file",
        ),
    ],
)
def test_what_is_no_picture_says_what_it_is(content, reason, tmp_path):
    (tmp_path / "x.jpg").write_bytes(content)
    assert reason in refused(content)
    assert reason in refused(tmp_path / "x.jpg")


def test_missing_files_folders_and_pipes_are_refused(tmp_path):
    assert refused(tmp_path / "gone.png") == "the file is missing"
    assert refused(tmp_path) == "not a regular file"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert refused(tmp_path / "pipe.png") == "not a regular file"


def png_of_size(width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


@pytest.mark.parametrize("side", [14_200, 20_000, 100_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(side):
    assert "too large to be decoded safely" in refused(png_of_size(side, side))


def test_no_warning_leaks_even_among_threads_and_with_strict_filters():
    strange = Image.new("P", (4, 4))
    strange.putpalette([0, 0, 0] * 2)
    raws = [
        png_of_size(12_000, 12_000),
        saved(strange, transparency=b"\0\1"),
        saved(picture(), "TIFF")[:-8],
    ] * 8

    def attempt(raw):
        try:
            decode(raw)
        except Undecodable:
            return

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(attempt, raws))
    assert caught == []


def test_the_reason_survives_a_trip_to_another_process():
    assert pickle.loads(pickle.dumps(Undecodable("why"))).reason == "why"


@settings(max_examples=150)
@given(
    st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "TGA", "ICO", "PSD", "JPEG2000"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    st.floats(0.2, 1),
)
def test_no_damage_raises_anything_but_undecodable(kind, hits, share):
    raw = bytearray(saved(picture(5, (40, 30)), kind if kind != "PSD" else "PNG"))
    for place, value in hits:
        raw[int(place * (len(raw) - 1))] = value
    try:
        decoded = decode(bytes(raw[: int(len(raw) * share)]), at_least=8)
    except Undecodable:
        return
    assert decoded.mode == "RGB"


# ------------------------------------------------------------------------------------------- scaled decoding


def photo_like(size=(1600, 1200)):
    """Smooth shapes with the grain of a camera."""
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)).resize(
        size, Image.Resampling.BICUBIC
    )
    grain = rng.normal(0, 10, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(smooth) + grain, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("turn", [1, 6])
def test_a_large_jpeg_is_decoded_smaller_and_stays_upright(turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    raw = saved(photo_like(), "JPEG", quality=90, exif=exif)
    how = Preprocessing(size=(112, 112))
    full, quick = decode(raw), decode(raw, at_least=needed_side(how))
    assert needed_side(how) == 128
    assert quick.size == (full.width // 2, full.height // 2)
    assert min(quick.size) >= decoder.DRAFT_MARGIN * needed_side(how)
    difference = np.abs(prepare(full, how).astype(int) - prepare(quick, how))
    assert difference.mean() < 1
    assert difference.max() <= 10


def test_scaled_decoding_never_goes_below_the_margin_and_spares_small_pictures():
    raw = saved(picture(1, (300, 200)), "JPEG")
    for side in range(1, 200, 7):
        short = min(decode(raw, at_least=side).size)
        assert short >= min(200, side * decoder.DRAFT_MARGIN)
    assert decode(raw, at_least=150).size == (300, 200)
    assert decode(saved(picture(1, (300, 200))), at_least=10).size == (300, 200)


@pytest.mark.real
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
def test_scaled_decoding_of_real_photographs_cannot_be_seen(real_data, interpolation):
    rng = np.random.default_rng(0)
    how = Preprocessing(interpolation=interpolation)
    for file in sorted((real_data / "hymenoptera/train/bees").glob("*.jpg"))[:2]:
        large = np.asarray(decode(file).resize((4000, 3000), Image.Resampling.BICUBIC))
        noisy = np.clip(large + rng.normal(0, 10, large.shape), 0, 255).astype(np.uint8)
        raw = saved(Image.fromarray(noisy), "JPEG", quality=90)
        quick = decode(raw, at_least=needed_side(how))
        assert quick.size == (2000, 1500)
        difference = np.abs(prepare(decode(raw), how).astype(int) - prepare(quick, how))
        assert difference.mean() < 1
        assert difference.max() <= 10


@pytest.mark.real
def test_all_real_photographs_decode(real_data):
    for file in [*(real_data / "hymenoptera").rglob("*.jpg"), *(real_data / "hymenoptera").rglob("*.gif")]:
        assert prepare(decode(file, at_least=256), Preprocessing()).shape == (224, 224, 3)


# ------------------------------------------------------------------------------------------------- preparing


@pytest.mark.parametrize("crop", ["center", "squash", "pad"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "nearest", "box"])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (37, 91), (224, 224)])
def test_any_picture_becomes_the_wanted_size(crop, interpolation, size):
    how = Preprocessing(size=(20, 28), crop=crop, interpolation=interpolation)
    result = prepare(picture(1, size), how)
    assert (result.shape, result.dtype) == ((20, 28, 3), np.uint8)
    assert result.flags.c_contiguous
    assert result.flags.writeable


@given(
    st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 600), st.integers(1, 600), st.floats(0.05, 1)
)
def test_the_central_box_lies_inside_has_the_right_shape_and_share(width, height, rows, columns, share):
    left, top, right, bottom = central_box(
        (width, height), Preprocessing(size=(rows, columns), crop_share=share)
    )
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert (right - left) / (bottom - top) == pytest.approx(columns / rows)
    assert max((right - left) / width, (bottom - top) / height) == pytest.approx(share)
    assert left + right == pytest.approx(width)


def test_center_is_one_resize_of_the_central_box():
    image = picture(4, (100, 60))
    expected = image.resize(
        (32, 32), Image.Resampling.BICUBIC, box=(50 - 26.25, 30 - 26.25, 50 + 26.25, 30 + 26.25)
    )
    assert np.array_equal(prepare(image, Preprocessing(size=(32, 32))), np.asarray(expected))


def test_squash_is_the_whole_picture_and_pad_fills_with_the_mean():
    image = Image.new("RGB", (40, 20), (9, 8, 7))
    assert (prepare(image, Preprocessing(size=(16, 16), crop="squash")) == (9, 8, 7)).all()
    padded = prepare(image, Preprocessing(size=(16, 16), crop="pad", mean=(0.5, 0.25, 1.0)))
    assert (padded[4:12] == (9, 8, 7)).all()
    assert (padded[:4] == (128, 64, 255)).all()
    assert (padded[12:] == (128, 64, 255)).all()


def test_the_needed_side_is_what_the_picture_is_scaled_to():
    assert needed_side(Preprocessing()) == 256
    assert needed_side(Preprocessing(crop="squash")) == 224
    assert needed_side(Preprocessing(size=(100, 200), crop_share=1.0)) == 200


# ------------------------------------------------------------------------------------ where it was


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_the_full_size_of_an_upright_picture_is_told_from_its_header(tmp_path, kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = tmp_path / "picture"
    picture(1, (801, 1203)).save(file, kind, exif=exif)
    small = decode(file, 20)
    assert upright_size(file, small.size) == decode(file).size
    assert (small.size != decode(file).size) == (kind == "JPEG")


def test_the_size_of_a_picture_that_has_gone_is_a_reason(tmp_path):
    with pytest.raises(Undecodable, match="missing"):
        upright_size(tmp_path / "gone.png", (1, 1))


def test_what_a_network_sees_is_a_box_of_the_image():
    assert seen_box((80, 40), Preprocessing(size=(20, 20), crop="squash")) == (0, 0, 80, 40)
    assert seen_box((80, 40), Preprocessing(size=(20, 20), crop="pad")) == (0, -20, 80, 60)
    how = Preprocessing(size=(20, 20), crop="center", crop_share=0.5)
    assert seen_box((80, 40), how) == central_box((80, 40), how) == (30, 10, 50, 30)
