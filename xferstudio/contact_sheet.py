"""Draws predictions as one picture: each image with the class said, how sure, the true class, and a mark."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from xferstudio.project import write_atomic

RIGHT, WRONG = "#00805c", "#c8501e"
"""A bluish green and a vermilion, which the colour-blind tell apart; and the marks differ in shape too."""

_PAPER, _CARD, _INK, _FAINT, _TRACK = "#f3f2ef", "#ffffff", "#1d1d1f", "#6b6b70", "#e4e3df"
_SIDE, _GAP, _PAD, _TEXT = 260, 20, 16, 96

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Tile:
    """One image and what was said of it. `confidence` is a share from 0 to 1."""

    image: Image.Image
    predicted: str
    confidence: float
    truth: str

    @property
    def right(self) -> bool:
        """Whether the prediction is true."""
        return self.predicted == self.truth


def draw_sheet(path: Path, title: str, subtitle: str, tiles: Sequence[Tile], columns: int = 4) -> None:
    """Write the sheet as a PNG. Raises UserError where it cannot be written."""
    columns = max(1, min(columns, len(tiles)))
    rows = -(-len(tiles) // columns)
    head = 100
    card = (_SIDE + 2 * _PAD, _SIDE + 2 * _PAD + _TEXT)
    width = _GAP + columns * (card[0] + _GAP)
    sheet = Image.new("RGB", (width, head + rows * (card[1] + _GAP)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    room = width - 2 * _GAP
    _write(draw, (_GAP, 20), title, 30, room, _INK)
    _write(draw, (_GAP, 62), subtitle, 18, room, _FAINT)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        _draw_tile(sheet, draw, tile, _GAP + column * (card[0] + _GAP), head + row * (card[1] + _GAP), card)
    data = io.BytesIO()
    sheet.save(data, "PNG", optimize=True)
    write_atomic(path, data.getvalue())


def _draw_tile(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, tile: Tile, left: int, top: int, card: tuple[int, int]
) -> None:
    colour = RIGHT if tile.right else WRONG
    draw.rounded_rectangle(
        (left, top, left + card[0], top + card[1]),
        12,
        fill=_CARD,
        outline=colour,
        width=1 if tile.right else 4,
    )
    x, y = left + _PAD, top + _PAD
    image = tile.image.convert("RGB")
    scale = _SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image = image.resize(size, Image.Resampling.LANCZOS)
    sheet.paste(image, (x + (_SIDE - size[0]) // 2, y + (_SIDE - size[1]) // 2))

    y += _SIDE + 12
    _draw_mark(draw, x, y, tile.right, colour)
    _write(draw, (x + 34, y), tile.predicted, 22, _SIDE - 34, _INK)
    y += 38
    bar = _SIDE - 64
    draw.rounded_rectangle((x, y, x + bar, y + 12), 6, fill=_TRACK)
    filled = round(bar * min(max(tile.confidence, 0.0), 1.0))
    draw.rounded_rectangle((x, y, x + max(filled, 12), y + 12), 6, fill=colour)
    draw.text((x + _SIDE, y + 6), f"{100 * tile.confidence:.0f} %", font=_font(18), fill=_INK, anchor="rm")
    y += 24
    words = f"right, it is {tile.truth}" if tile.right else f"wrong, it is {tile.truth}"
    _write(draw, (x, y), words, 18, _SIDE, _FAINT if tile.right else colour)


def _draw_mark(draw: ImageDraw.ImageDraw, x: int, y: int, right: bool, colour: str) -> None:
    """A tick in a disc, or a cross in a square: another shape as well as another colour."""
    if right:
        draw.ellipse((x, y, x + 25, y + 25), fill=colour)
        draw.line([(x + 7, y + 13), (x + 11, y + 18), (x + 19, y + 8)], fill="white", width=4, joint="curve")
    else:
        draw.rectangle((x, y, x + 25, y + 25), fill=colour)
        draw.line([(x + 7, y + 7), (x + 18, y + 18)], fill="white", width=4)
        draw.line([(x + 18, y + 7), (x + 7, y + 18)], fill="white", width=4)


def _font(size: int) -> _Font:
    return ImageFont.load_default(size)


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, room: int, colour: str
) -> None:
    """One line, cut with dots where there is no room for all of it."""
    font = _font(size)
    shown = text
    while len(shown) > 1 and draw.textlength(shown, font=font) > room:
        shown = shown.removesuffix("...")[:-1].rstrip() + "..."
    draw.text(place, shown, font=font, fill=colour)
