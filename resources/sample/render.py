"""Render the sample data set: apples in four conditions, in a studio and at a market, with a few known flaws.

    python resources/sample/render.py OUT                       # everything, about two minutes
    python resources/sample/render.py OUT --only market/mouldy  # the files whose path begins so

Every picture has its own generator, seeded by its path, so any picture can be made alone and comes out
the same. Only numpy and Pillow are used. Lengths on a fruit are in fruit radii, colours are linear RGB until
the very end.
"""

from __future__ import annotations

import argparse
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Array = NDArray[np.float32]
Reals = NDArray[np.floating[Any]]
Rng = np.random.RandomState  # its stream is frozen by numpy's compatibility policy, unlike Generator's

CLASSES = ("bruised", "fresh", "mouldy", "scabbed")
DOMAINS = ("market", "studio")
PER_CLASS = 60
SIDE = 256
SCALE = 1.5  # supersampling


@dataclass(frozen=True)
class Flaw:
    """One deliberate flaw of the studio folder. `extra` files stand beside the 60 of their class."""

    path: str
    kind: str
    of: str = ""  # the original of a copy, or the condition that a wrongly labelled picture really shows
    extra: bool = False


FLAWS = (
    Flaw("studio/fresh/061.jpg", "truncated", extra=True),
    Flaw("studio/bruised/007.jpg", "exif-rotated"),
    Flaw("studio/bruised/061.jpg", "near-copy: re-encoded", of="studio/bruised/015.jpg", extra=True),
    Flaw("studio/mouldy/061.jpg", "near-copy: cropped", of="studio/mouldy/028.jpg", extra=True),
    Flaw("studio/scabbed/061.jpg", "near-copy: brighter", of="studio/scabbed/033.jpg", extra=True),
    Flaw("studio/fresh/062.jpg", "exact copy", of="studio/fresh/044.jpg", extra=True),
    Flaw("studio/fresh/023.jpg", "wrong label", of="bruised"),
    Flaw("studio/bruised/041.jpg", "wrong label", of="scabbed"),
    Flaw("studio/mouldy/012.jpg", "wrong label", of="fresh"),
    Flaw("studio/scabbed/019.jpg", "greyscale"),
    Flaw("studio/fresh/036.jpg", "cmyk"),
    Flaw("studio/mouldy/050.png", "16-bit"),
)


# ----------------------------------------------------------------------------------------- small mathematics


def unit(v: Array) -> Array:
    return np.asarray(v / np.maximum(np.sqrt((v * v).sum(-1, keepdims=True)), 1e-6), np.float32)


def vec(*xs: float) -> Array:
    return np.array(xs, np.float32)


def mix(a: Reals, b: Reals, t: Reals | float) -> Array:
    return np.asarray(a + (b - a) * t, np.float32)


def step(lo: float, hi: float, x: Reals) -> Array:
    t = np.clip((x - lo) / (hi - lo), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def gauss(rng: Rng, mean: float, sd: float, lo: float, hi: float) -> float:
    return float(np.clip(rng.normal(mean, sd), lo, hi))


def turned(yaw: float, pitch: float, roll: float) -> Array:
    """A rotation from fruit coordinates (y is the axis) to view coordinates (x right, y up, z to the eye)."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y, np.float32)


class Noise:
    """Smooth value noise in space, on a random lattice of 32 cells that repeats."""

    def __init__(self, rng: Rng) -> None:
        self.lattice = rng.rand(32 * 32 * 32).astype(np.float32)

    def __call__(self, p: Array, frequency: float, octaves: int = 1) -> Array:
        """Values in 0 to 1 at the points p (N, 3)."""
        total = np.zeros(len(p), np.float32)
        weight, norm = 1.0, 0.0
        for octave in range(octaves):
            total += weight * self._once(
                p * np.float32(frequency * 2**octave) + np.float32(17.3 * (octave + 1))
            )
            norm += weight
            weight *= 0.5
        return total / np.float32(norm)

    def _once(self, p: Array) -> Array:
        low = np.floor(p)
        t = p - low
        t = t * t * (3 - 2 * t)
        i0 = low.astype(np.int32) & 31
        i1 = (i0 + 1) & 31
        x = (i0[:, 0] * 1024, i1[:, 0] * 1024)
        y = (i0[:, 1] * 32, i1[:, 1] * 32)
        z = (i0[:, 2], i1[:, 2])
        at = self.lattice
        tx, ty, tz = t[:, 0], t[:, 1], t[:, 2]

        def along_z(a: NDArray[np.int32]) -> Array:
            near = at[a + z[0]]
            return np.asarray(near + (at[a + z[1]] - near) * tz, np.float32)

        def along_y(a: NDArray[np.int32]) -> Array:
            near = along_z(a + y[0])
            return np.asarray(near + (along_z(a + y[1]) - near) * ty, np.float32)

        near = along_y(x[0])
        return np.asarray(near + (along_y(x[1]) - near) * tx, np.float32)

    def dots(self, p: Array, frequency: float, radius: float) -> Array:
        """Round dots, one in each cell: 1 in the middle, 0 outside `radius` (in cells)."""
        q = p * np.float32(frequency)
        low = np.floor(q)
        i = low.astype(np.int32) & 31
        key = (i[:, 0] * 1024 + i[:, 1] * 32 + i[:, 2]) & 32767
        room = 1 - 2 * radius
        d2 = np.zeros(len(p), np.float32)
        for axis in range(3):
            centre = radius + room * self.lattice[(key * 7 + 4099 * axis) & 32767]
            d2 += (q[:, axis] - low[:, axis] - centre) ** 2
        return step(0, 0.7, np.asarray(1 - np.sqrt(d2) / radius, np.float32))


def cloth(rng: Rng, side: int, cells_y: int, cells_x: int | None = None) -> Array:
    """Smooth flat noise (side, side), mean about 0.5, with so many cells each way."""
    grid = rng.rand(max(2, cells_y), max(2, cells_x or cells_y)).astype(np.float32)
    return np.asarray(Image.fromarray(grid).resize((side, side), Image.Resampling.BICUBIC), np.float32)


def fractal(rng: Rng, side: int, cells: int, octaves: int = 4) -> Array:
    total = np.zeros((side, side), np.float32)
    for octave in range(octaves):
        total += cloth(rng, side, cells * 2**octave) * 0.5 ** (octave + 1)
    return np.asarray(total / (1 - 0.5**octaves), np.float32)


def blurred(plane: Reals, radius: float) -> Array:
    """A Gaussian blur of a plane with values in 0 to 1."""
    image = Image.fromarray((np.clip(plane, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / np.float32(255)


# ------------------------------------------------------------------------------------------------ light


@dataclass
class Light:
    """One key light, drawn as a soft box in reflections, and a hemisphere of fill."""

    towards: Array
    key: Array
    sky: Array
    ground: Array
    wrap: float
    box: float  # half width of the reflected light, as a sine
    box_tall: float
    panes: bool  # a window with glazing bars

    def shade(self, albedo: Array, normal: Array, gloss: Array | float, shadow: Array | float = 1.0) -> Array:
        """Linear colours (N, 3) for surface points seen from the front."""
        n_l = normal @ self.towards
        lit = np.clip((n_l + self.wrap) / (1 + self.wrap), 0, 1) ** 1.3 * shadow
        up = (0.5 + 0.5 * normal[:, 1])[:, None]
        facing = np.clip(normal[:, 2], 0, 1)
        colour = albedo * (lit[:, None] * self.key + self.sky * up + self.ground * (1 - up))
        fresnel = 0.045 + 0.7 * (1 - facing) ** 5
        mirror = 2 * facing[:, None] * normal - vec(0, 0, 1)
        right = unit(np.cross(vec(0, 1, 0), self.towards))
        top = np.cross(self.towards, right)
        a, b, ahead = mirror @ right, mirror @ top, mirror @ self.towards
        box = step(0.0, 0.07, self.box - np.abs(a)) * step(0.0, 0.07, self.box_tall - np.abs(b)) * (ahead > 0)
        if self.panes:
            box = box * step(0.0, 0.04, np.abs(a) - 0.015) * step(0.0, 0.04, np.abs(b - 0.04) - 0.015)
        halo = np.clip(ahead, 0, 1) ** 14 * 0.16
        glow = (box * 7.5 + halo * 4) * fresnel * shadow
        colour = colour + (np.asarray(gloss) * glow)[:, None] * self.key
        colour = colour + (np.asarray(gloss) * fresnel)[:, None] * self.sky * (0.4 + 0.6 * up)
        return np.asarray(colour, np.float32)


# ------------------------------------------------------------------------------------------------ bodies


@dataclass
class Body:
    """A fruit as a radius over directions; see `radius`."""

    aspect: float = 0.92
    taper: float = 0.06
    flat: float = 0.0
    top: float = 0.35
    top_width: float = 0.09
    bottom: float = 0.2
    bottom_width: float = 0.06
    lobes: float = 0.02
    lobe_phase: float = 0.0
    lumps: list[tuple[Array, float, float]] = field(default_factory=list)
    dents: list[tuple[Array, float, float]] = field(default_factory=list)

    def radius(self, d: Array) -> Array:
        c = d[:, 1]
        r = 1 + self.taper * c + self.flat * (c * c - 0.33)
        r = r - self.top * np.exp((c - 1) / self.top_width)
        r = r - self.bottom * np.exp((-c - 1) / self.bottom_width)
        if self.lobes:
            azimuth = np.arctan2(d[:, 2], d[:, 0])
            r = r + self.lobes * np.cos(5 * azimuth + self.lobe_phase) * (1 - c * c) * (0.4 - 0.6 * c)
        for wave, phase, amount in self.lumps:
            r = r + amount * np.sin(d @ wave + phase)
        for where, width, depth in self.dents:
            r = r - depth * np.exp(-((np.maximum(1 - d @ where, 0) / (1 - np.cos(width))) ** 1.5))
        return np.asarray(r, np.float32)


@dataclass
class Traced:
    """What a body looks like from the front, in its own square; the arrays hold the pixels that were hit."""

    hit: NDArray[np.bool_]  # (G, G)
    at: Array  # direction from the fruit's middle, in fruit coordinates (N, 3)
    point: Array  # in view coordinates (N, 3)
    normal: Array  # in view coordinates (N, 3)
    radius: float  # in pixels
    rotation: Array

    def grid(self, values: Array) -> Array:
        out = np.zeros((*self.hit.shape, *values.shape[1:]), np.float32)
        out[self.hit] = values
        return out

    def bumped(self, height: Array) -> Array:
        """Normals of the surface raised by `height` (in radii)."""
        place = self.grid(self.point)
        h = self.grid(height)
        inside = self.hit & np.roll(self.hit, 1, 0) & np.roll(self.hit, -1, 0)
        inside &= np.roll(self.hit, 1, 1) & np.roll(self.hit, -1, 1)
        px = ((np.roll(place, -1, 1) - np.roll(place, 1, 1)) / 2)[self.hit]
        py = ((np.roll(place, -1, 0) - np.roll(place, 1, 0)) / 2)[self.hit]
        hx = ((np.roll(h, -1, 1) - np.roll(h, 1, 1)) / 2)[self.hit]
        hy = ((np.roll(h, -1, 0) - np.roll(h, 1, 0)) / 2)[self.hit]
        r1, r2 = np.cross(py, self.normal), np.cross(self.normal, px)
        det = (px * r1).sum(-1)
        det = np.where(np.abs(det) < 1e-7, 1e-7, det)
        slope = (r1 * hx[:, None] + r2 * hy[:, None]) / det[:, None]
        long = np.maximum(1, np.sqrt((slope * slope).sum(-1, keepdims=True)) / 1.2)
        slope = slope / long * inside[self.hit][:, None]
        return unit((self.normal - slope).astype(np.float32))


def trace(body: Body, radius: float, rotation: Array, steps: int = 18) -> Traced:
    """March straight rays onto the body; `radius` in pixels."""
    reach = 1.28
    half = int(np.ceil(radius * reach))
    line = (np.arange(-half, half + 1) / radius).astype(np.float32)
    x, y = np.meshgrid(line, -line)
    flat = x * x + y * y
    seen = flat < reach * reach
    xs, ys = x[seen], y[seen]
    zs = np.sqrt(reach * reach - flat[seen])
    stretch = vec(1, 1 / body.aspect, 1)
    back = rotation * stretch[None, :]  # view to fruit: p @ rotation, then stretch

    def excess(p: Array) -> tuple[Array, Array]:
        q = p @ back
        length = np.sqrt((q * q).sum(-1))
        d = q / np.maximum(length, 1e-4)[:, None]
        return length - body.radius(d), d

    p = np.stack([xs, ys, zs], -1)
    alive = np.arange(len(p))
    landed = np.zeros(len(p), bool)
    for _ in range(steps):
        far, _d = excess(p[alive])
        near = far < 0.004
        landed[alive[near]] = True
        p[alive, 2] -= np.where(near, 0, 0.82 * far).astype(np.float32)
        keep = ~near & (p[alive, 2] > -0.9)
        alive = alive[keep]
        if not len(alive):
            break
    if len(alive):
        far, _d = excess(p[alive])
        landed[alive[far < 0.015]] = True
    p = p[landed]
    here, d = excess(p)
    small = np.float32(0.006)
    slope = np.stack([excess(p + small * e)[0] - here for e in np.eye(3, dtype=np.float32)], -1)
    hit = np.zeros(seen.shape, bool)
    hit[seen] = landed
    return Traced(hit, unit(d), p, unit(slope), radius, rotation)


# ------------------------------------------------------------------------------------------------ canvas


class Canvas:
    """A picture in linear light, drawn from back to front."""

    def __init__(self, background: Array) -> None:
        self.rgb = background
        self.side = background.shape[0]

    def window(
        self, cx: float, cy: float, shape: tuple[int, ...]
    ) -> tuple[slice, slice, slice, slice] | None:
        top, left = round(cy - shape[0] / 2), round(cx - shape[1] / 2)
        y0, x0 = max(0, top), max(0, left)
        y1, x1 = min(self.side, top + shape[0]), min(self.side, left + shape[1])
        if y0 >= y1 or x0 >= x1:
            return None
        return slice(y0, y1), slice(x0, x1), slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)

    def paste(self, colour: Array, alpha: Reals, cx: float, cy: float) -> None:
        """Lay `colour` (H, W, 3) over the picture, its middle at (cx, cy)."""
        where = self.window(cx, cy, alpha.shape)
        if where:
            ys, xs, a, b = where
            t = alpha[a, b, None]
            self.rgb[ys, xs] = self.rgb[ys, xs] * (1 - t) + colour[a, b] * t

    def darken(self, shadow: Array, cx: float, cy: float, tint: Array) -> None:
        """Multiply the picture by 1 - shadow; `tint` is how much each channel takes part."""
        where = self.window(cx, cy, shadow.shape)
        if where:
            ys, xs, a, b = where
            self.rgb[ys, xs] *= 1 - shadow[a, b, None] * tint

    def ellipse_shadow(self, cx: float, cy: float, rx: float, ry: float, dark: float, hard: float) -> None:
        y, x = np.mgrid[0 : self.side, 0 : self.side].astype(np.float32)
        d = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
        shade = dark / (1 + np.exp(np.clip((d - 1) * hard, -30, 30)))
        self.rgb *= 1 - shade[:, :, None] * vec(1.0, 0.97, 0.92)


def drop_shadow(canvas: Canvas, alpha: Reals, cx: float, cy: float, soft: float, dark: float) -> None:
    room = int(soft * 3) + 1
    canvas.darken(blurred(np.pad(alpha, room), soft) * dark, cx, cy, vec(1.0, 0.97, 0.92))


# ----------------------------------------------------------------------------------------- apples and marks

# ground colour, second colour, how strong the second is (low, high)
SKINS: tuple[tuple[tuple[float, float, float], tuple[float, float, float], float, float], ...] = (
    ((0.72, 0.50, 0.12), (0.52, 0.03, 0.03), 0.5, 1.0),  # red over yellow
    ((0.42, 0.03, 0.03), (0.24, 0.01, 0.02), 0.2, 0.9),  # dark red
    ((0.32, 0.46, 0.06), (0.44, 0.55, 0.14), 0.2, 0.8),  # green
    ((0.74, 0.58, 0.13), (0.66, 0.26, 0.06), 0.0, 0.6),  # yellow with a blush
    ((0.55, 0.54, 0.13), (0.50, 0.06, 0.04), 0.3, 0.9),  # green and red
    ((0.66, 0.24, 0.07), (0.48, 0.05, 0.03), 0.3, 0.9),  # orange red
)


@dataclass
class Skin:
    """The look of every visible point of a fruit; marks change it in place."""

    albedo: Array
    gloss: Array
    height: Array
    shadow: Array


def facing(rng: Rng, rotation: Array, most: float, least: float = 0.0) -> Array:
    """A direction in fruit coordinates, between `least` and `most` radians off the line of sight."""
    off = rng.uniform(least, most)
    round_ = rng.uniform(0, 2 * np.pi)
    seen = vec(np.sin(off) * np.cos(round_), np.sin(off) * np.sin(round_), np.cos(off))
    return np.asarray(seen @ rotation, np.float32)


def in_sight(rng: Rng, rotation: Array, most: float) -> Array:
    """Like `facing`, but outside the two hollows and not low, where a leaf may lie and hide the mark."""
    where = facing(rng, rotation, most)
    for _ in range(30):
        if abs(float(where[1])) < 0.72 and float((rotation @ where)[1]) > -0.45:
            break
        where = facing(rng, rotation, most)
    return where


def apple_body(rng: Rng) -> Body:
    lumps = [
        (rng.normal(0, 1.6, 3).astype(np.float32), rng.uniform(0, 6), rng.uniform(0.01, 0.035))
        for _ in range(3)
    ]
    return Body(
        aspect=gauss(rng, 0.9, 0.06, 0.76, 1.05),
        taper=gauss(rng, 0.06, 0.03, -0.01, 0.13),
        flat=gauss(rng, 0.0, 0.05, -0.1, 0.1),
        top=rng.uniform(0.28, 0.42),
        top_width=rng.uniform(0.06, 0.12),
        bottom=rng.uniform(0.12, 0.3),
        bottom_width=rng.uniform(0.04, 0.08),
        lobes=rng.uniform(0.0, 0.05),
        lobe_phase=rng.uniform(0, 6),
        lumps=lumps,
    )


def apple_skin(rng: Rng, noise: Noise, t: Traced) -> Skin:
    base, second, low, high = SKINS[rng.randint(len(SKINS))]
    jitter = np.exp(rng.normal(0, 0.10, 3)).astype(np.float32) * np.float32(np.exp(rng.normal(0, 0.14)))
    one, two = vec(*base) * jitter, vec(*second) * jitter
    d = t.at
    c = d[:, 1]
    around = d / np.sqrt(np.maximum(1 - c * c, 0.03))[:, None]
    around = (around * vec(1, 0, 1) + d * vec(0, 0.25, 0)).astype(np.float32)
    streak = noise(around, rng.uniform(5, 9), 3)
    side = unit(rng.normal(0, 1, 3).astype(np.float32))
    blush = step(-0.9, 0.9, d @ side + 1.6 * (noise(d, 1.7, 2) - 0.5))
    amount = rng.uniform(low, high)
    cover = np.clip(amount * (0.25 + 0.85 * blush) + rng.uniform(0.3, 1.5) * amount * (streak - 0.5), 0, 1)
    albedo = mix(one, two, cover[:, None])
    albedo = albedo * (0.86 + 0.28 * noise(d, 6.0, 3))[:, None]
    dot = noise.dots(d, rng.uniform(9, 13), 0.13) * rng.uniform(0.15, 0.6)
    albedo = mix(albedo, albedo * 0.5 + vec(0.36, 0.30, 0.17), dot[:, None])
    russet = step(0.78, 0.99, c + rng.uniform(0.1, 0.35) * (noise(d, 7.0, 2) - 0.5)) * rng.uniform(0.2, 0.9)
    albedo = mix(albedo, vec(0.33, 0.22, 0.08), russet[:, None])
    end = step(-0.955, -0.995, c)
    albedo = mix(albedo, vec(0.06, 0.04, 0.02), (end * (0.4 + 0.6 * noise(d, 24.0, 1)))[:, None])
    dark = (1 - 0.75 * step(0.86, 1.0, c)) * (1 - 0.5 * step(-0.93, -1.0, c))
    gloss = (rng.uniform(0.35, 1.1) * (1 - 0.7 * russet)).astype(np.float32)
    return Skin(albedo, gloss, 0.004 * noise(d, 9.0, 2), dark.astype(np.float32))


def patch(
    noise: Noise, d: Array, where: Array, width: float, ragged: float, frequency: float, soft: float
) -> Array:
    """A patch of about `width` radians: 1 inside, 0 outside, with a ragged rim `soft` radians wide."""
    angle = np.arccos(np.clip(d @ where, -1, 1))
    rim = angle + ragged * width * (2 * noise(d + where, frequency, 2) - 1)
    return step(width + soft / 2, width - soft / 2, rim.astype(np.float32))


def natural_marks(rng: Rng, noise: Noise, t: Traced, skin: Skin) -> None:
    """Blemishes that any apple may have and that say nothing of its condition."""
    if rng.rand() < 0.16:  # net russet, a dry tan web
        where = facing(rng, t.rotation, 1.1)
        web = 1 - np.abs(2 * noise(t.at, 11.0, 2) - 1) * 4
        spread = patch(noise, t.at, where, rng.uniform(0.25, 0.6), 0.6, 3.0, 0.4)
        much = np.clip(web, 0, 1) * spread * rng.uniform(0.2, 0.55)
        skin.albedo = mix(skin.albedo, vec(0.40, 0.27, 0.11), much[:, None])
        skin.gloss = skin.gloss * (1 - 0.6 * much)
    if rng.rand() < 0.2:  # a pale side, where a leaf lay
        spread = patch(noise, t.at, facing(rng, t.rotation, 1.2), rng.uniform(0.2, 0.5), 0.5, 2.5, 0.15)
        skin.albedo = mix(skin.albedo, skin.albedo * 0.7 + vec(0.2, 0.17, 0.05), (0.6 * spread)[:, None])
    if rng.rand() < 0.25:  # a few specks of earth
        where = facing(rng, t.rotation, 0.9)
        specks = noise.dots(t.at, rng.uniform(7, 12), 0.2) * patch(noise, t.at, where, 0.6, 0.6, 3.0, 0.3)
        specks = specks * (noise(t.at, 5.0) > 0.5)
        skin.albedo = mix(skin.albedo, vec(0.10, 0.06, 0.03), (specks * 0.7)[:, None])


def bruise_dents(rng: Rng, rotation: Array) -> list[tuple[Array, float, float]]:
    count = 1 + int(rng.rand() < 0.5) + int(rng.rand() < 0.2)
    first = (in_sight(rng, rotation, 0.7), rng.uniform(0.36, 0.62), rng.uniform(0.05, 0.12))
    rest = [
        (facing(rng, rotation, 1.1), rng.uniform(0.16, 0.34), rng.uniform(0.02, 0.07))
        for _ in range(count - 1)
    ]
    return [first, *rest]


def bruise(rng: Rng, noise: Noise, t: Traced, skin: Skin, dents: list[tuple[Array, float, float]]) -> None:
    """Soft brown flesh under whole skin, pressed in, matt, a little wrinkled."""
    d = t.at
    for where, width, _depth in dents:
        spread = patch(noise, d, where, width, 0.28, 3.5, rng.uniform(0.10, 0.26))
        core = patch(noise, d, where, width * 0.6, 0.4, 4.5, 0.3)
        mottled = 0.75 + 0.5 * noise(d, 9.0, 3)
        brown = vec(0.14, 0.06, 0.022) * np.float32(np.exp(rng.normal(0, 0.25)))
        strong = rng.uniform(0.72, 0.97)
        through = mix(skin.albedo * vec(0.5, 0.4, 0.35), brown * mottled[:, None], 0.5 + 0.42 * core[:, None])
        skin.albedo = mix(skin.albedo, through.astype(np.float32), (spread * strong)[:, None])
        skin.gloss = skin.gloss * (1 - 0.65 * spread)
        wrinkle = np.abs(2 * noise(d, 6.0, 1) - 1)
        skin.height = skin.height + spread * rng.uniform(0.2, 1.0) * (
            0.014 * wrinkle + 0.006 * noise(d, 14.0)
        )


def mould(rng: Rng, noise: Noise, t: Traced, skin: Skin) -> None:
    """Brown rot with cushions of fuzzy spores, often in rings."""
    d = t.at
    for spot in range(1 + int(rng.rand() < 0.35)):
        where = in_sight(rng, t.rotation, 0.8)
        width = rng.uniform(0.42, 0.85) if spot == 0 else rng.uniform(0.2, 0.4)
        rot = patch(noise, d, where, width, 0.22, 3.0, 0.14)
        brown = vec(0.20, 0.095, 0.035) * np.float32(np.exp(rng.normal(0, 0.3)))
        skin.albedo = mix(
            skin.albedo, brown * (0.8 + 0.4 * noise(d, 10.0, 2))[:, None], (rot * 0.88)[:, None]
        )
        skin.gloss = skin.gloss * (1 - 0.5 * rot)
        angle = np.arccos(np.clip(d @ where, -1, 1)).astype(np.float32)
        kind = rng.randint(3)
        spread = patch(noise, d, where, width * rng.uniform(0.5, 0.85), 0.45, 5.0, 0.1)
        if kind == 0:  # rings of cushions
            ring = 0.5 + 0.5 * np.cos(angle * rng.uniform(22, 30) + 13 * noise(d, 2.6, 2))
            tufts = step(0.50, 0.66, (0.40 * ring + 0.68 * noise(d, 11.0, 2)).astype(np.float32)) * spread
        elif kind == 1:  # one felt
            tufts = spread * step(0.25, 0.5, noise(d, 9.0, 3))
        else:  # scattered cushions
            tufts = step(0.5, 0.62, noise(d, rng.uniform(8, 12), 2)) * spread
        fuzz = noise(d, 30.0, 2)
        tufts = tufts * np.clip(0.45 + 1.1 * fuzz, 0, 1)
        colours = ((0.48, 0.46, 0.40), (0.17, 0.27, 0.25), (0.36, 0.31, 0.20), (0.14, 0.20, 0.11))
        spores = vec(*colours[rng.randint(len(colours))])
        edge = patch(noise, d, where, width * rng.uniform(0.4, 0.9), 0.5, 5.0, 0.25)
        colour = mix(vec(0.52, 0.51, 0.46), spores, edge[:, None]) * (0.5 + 0.8 * fuzz)[:, None]
        skin.albedo = mix(skin.albedo, colour.astype(np.float32), np.clip(tufts * 1.1, 0, 0.96)[:, None])
        skin.gloss = skin.gloss * (1 - tufts)
        skin.height = skin.height + tufts * (0.012 + 0.022 * fuzz) - 0.02 * rot


def scab(rng: Rng, noise: Noise, t: Traced, skin: Skin) -> None:
    """Corky spots, olive black with a torn pale rim, cracked where they grew together."""
    d = t.at
    nest = in_sight(rng, t.rotation, 0.7)
    for spot in range(rng.randint(4, 15)):
        if spot and rng.rand() < 0.35:
            where = facing(rng, t.rotation, 1.2)
        else:
            where = unit(nest + rng.normal(0, 0.3, 3).astype(np.float32))
        width = (
            rng.uniform(0.12, 0.24) if spot == 0 else float(np.exp(rng.uniform(np.log(0.04), np.log(0.17))))
        )
        ragged = rng.uniform(0.35, 0.75)
        outer = patch(noise, d, where, width * 1.25, ragged, 9.0, 0.05)
        inner = patch(noise, d, where, width, ragged, 9.0, 0.04)
        cork = patch(noise, d, where, width * rng.uniform(0.3, 0.75), 0.8, 11.0, 0.05)
        grain = noise(d, 26.0, 2)
        dark = vec(0.075, 0.06, 0.03) * np.float32(np.exp(rng.normal(0, 0.25)))
        skin.albedo = mix(skin.albedo, skin.albedo * 0.55 + vec(0.17, 0.13, 0.05), (outer * 0.75)[:, None])
        skin.albedo = mix(skin.albedo, dark * (0.6 + 0.8 * grain)[:, None], (inner * 0.92)[:, None])
        tan = vec(0.28, 0.19, 0.10) * (0.5 + 0.9 * grain)[:, None]
        skin.albedo = mix(skin.albedo, tan.astype(np.float32), (cork * rng.uniform(0.2, 0.9))[:, None])
        skin.gloss = skin.gloss * (1 - 0.9 * inner)
        skin.height = skin.height + (outer - inner) * 0.03 + inner * 0.035 * grain
        if width > 0.13 and rng.rand() < 0.7:  # a crack across
            across = unit(np.cross(where, rng.normal(0, 1, 3)).astype(np.float32))
            wiggle = (d @ across) + 0.09 * (noise(d, 7.0, 2) - 0.5)
            crack = np.exp(-((wiggle / 0.014) ** 2)) * patch(noise, d, where, width * 1.5, 0.3, 5.0, 0.06)
            skin.albedo = mix(skin.albedo, vec(0.03, 0.02, 0.01), crack[:, None])
            skin.height = skin.height - 0.04 * crack.astype(np.float32)


def sticker(rng: Rng, t: Traced, skin: Skin) -> None:
    """A shop's paper label, slightly oval."""
    where = facing(rng, t.rotation, 1.0, 0.25)
    up = unit(np.cross(where, rng.normal(0, 1, 3)).astype(np.float32))
    right = np.cross(where, up)
    size = rng.uniform(0.15, 0.22)
    u, v = (t.at @ right) / size, (t.at @ up) / (size * 0.8)
    r = np.sqrt(u * u + v * v)
    ink = vec(*rng.uniform(0.02, 0.5, 3))
    paper = step(1.03, 0.97, r) * ((t.at @ where) > 0)
    print_ = step(0.80, 0.84, r) + step(0.14, 0.10, np.abs(v)) * (np.abs(u) < 0.62)
    print_ = np.clip(print_ + step(0.08, 0.05, np.abs(v - 0.36)) * (np.abs(u) < 0.38), 0, 1)
    colour = mix(vec(0.8, 0.79, 0.75), ink, print_[:, None])
    skin.albedo = mix(skin.albedo, colour, paper[:, None])
    skin.gloss = mix(skin.gloss, np.full_like(skin.gloss, 0.4), paper)
    skin.height = skin.height * (1 - paper) + 0.006 * paper


def stem(rng: Rng, canvas: Canvas, light: Light, t: Traced, body: Body, cx: float, cy: float) -> None:
    """A woody stem out of the upper hollow, hidden where the fruit stands before it."""
    root = np.array([0, (1 + body.taper - body.top) * body.aspect * 0.92, 0])
    bend = rng.normal(0, 0.22, 2)
    length, thick = rng.uniform(0.28, 0.62), rng.uniform(0.028, 0.045)
    front = t.grid(t.point)[..., 2]
    front[~t.hit] = -9
    half = t.hit.shape[0] // 2
    green = rng.rand() < 0.3
    bark = vec(0.20, 0.24, 0.06) if green else vec(0.17, 0.10, 0.05)
    pixel = 1 / t.radius
    depth = np.full((canvas.side, canvas.side), -9, np.float32)
    for s in np.linspace(0, 1, 46):
        spot = root + np.array([bend[0] * s * s, length * s, bend[1] * s * s])
        x, y, z = t.rotation @ spot
        r = thick * (1.15 - 0.5 * s + 0.6 * max(0.0, s - 0.88) * 6)
        n = int(np.ceil(r / pixel))
        grid_y, grid_x = np.mgrid[-n : n + 1, -n : n + 1].astype(np.float32)
        gx, gy = grid_x * pixel / r, -grid_y * pixel / r
        inside = 1 - gx * gx - gy * gy
        col, row = round(x * t.radius), round(-y * t.radius)
        ix, iy = (grid_x + col + half).astype(int), (grid_y + row + half).astype(int)
        ok = (ix >= 0) & (iy >= 0) & (ix <= 2 * half) & (iy <= 2 * half)
        behind = np.where(ok, front[np.clip(iy, 0, 2 * half), np.clip(ix, 0, 2 * half)], -9)
        nz = np.sqrt(np.maximum(inside, 0))
        top = z + r * nz
        px, py = (grid_x + col + round(cx)).astype(int), (grid_y + row + round(cy)).astype(int)
        on = (inside > 0) & (top > behind) & (px >= 0) & (py >= 0) & (px < canvas.side) & (py < canvas.side)
        if not on.any():
            continue
        px, py, top = px[on], py[on], top[on]
        newer = top > depth[py, px]
        px, py = px[newer], py[newer]
        depth[py, px] = top[newer]
        normal = np.stack([gx[on][newer], gy[on][newer], nz[on][newer]], -1).astype(np.float32)
        rough = bark * np.float32(0.8 + 0.4 * rng.rand()) * np.float32(0.55 + 0.55 * s)
        canvas.rgb[py, px] = light.shade(np.broadcast_to(rough, normal.shape), normal, 0.25)


def leaf(
    rng: Rng, canvas: Canvas, light: Light, cx: float, cy: float, length: float, angle: float, lifted: float
) -> None:
    """One leaf, its middle at (cx, cy), with a shadow under it."""
    half = int(length * 0.62) + 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    u = (x * np.cos(angle) - y * np.sin(angle)) / length + 0.5
    v = (x * np.sin(angle) + y * np.cos(angle)) / length
    v = v - rng.uniform(-0.35, 0.35) * (u - 0.5) ** 2
    inner = np.clip(u, 0, 1)
    wide = rng.uniform(0.2, 0.29) * np.sin(np.pi * inner**0.85) ** 0.8
    wide = wide * (1 + 0.05 * np.sin(u * 90))
    edge = 1.2 / length
    alpha = step(-edge, edge, wide - np.abs(v)) * (u > 0) * (u < 1)
    alpha = np.maximum(alpha, step(-edge, edge, 0.014 - np.abs(v)) * (u > -0.12) * (u < 0.3))
    across = v / np.maximum(wide, 0.02)
    vein = np.sin((u - 0.55 * np.abs(v)) * 62)
    lines = np.maximum(step(0.93, 1.0, vein) * (np.abs(across) < 0.9) * 0.5, step(0.02, 0.008, np.abs(v)))
    fold = rng.uniform(0.25, 0.6)
    nx, ny = -0.25 * (u - 0.5), -np.sign(v) * fold * (1 - 0.7 * np.abs(across)) + 0.12 * np.cos(u * 62)
    c, s = np.cos(angle), np.sin(angle)
    normal = unit(np.stack([nx * c + ny * s, nx * s - ny * c, np.ones_like(nx)], -1).astype(np.float32))
    green = vec(rng.uniform(0.05, 0.2), rng.uniform(0.16, 0.30), rng.uniform(0.02, 0.06))
    if rng.rand() < 0.2:
        green = vec(0.34, 0.24, 0.06)
    colour = green * (0.85 + 0.3 * fractal(rng, alpha.shape[0], 5, 3))[:, :, None]
    colour = mix(colour, colour * 1.5 + 0.03, lines[:, :, None])
    shaded = light.shade(colour.reshape(-1, 3), normal.reshape(-1, 3), 0.45).reshape(colour.shape)
    away = -light.towards[:2] * lifted * length
    drop_shadow(canvas, alpha, cx + away[0], cy - away[1], max(1.5, lifted * length * 0.5), 0.55)
    canvas.paste(shaded, alpha, cx, cy)


def place(canvas: Canvas, t: Traced, colour: Array, cx: float, cy: float, defocus: float = 0.0) -> None:
    defocus = max(defocus, 0.6)  # never less than smooths the steps of the rim
    picture, alpha = t.grid(colour), t.hit.astype(np.float32)
    room = int(defocus * 3) + 1
    picture, alpha = np.pad(picture, ((room, room), (room, room), (0, 0))), np.pad(alpha, room)
    soft = blurred(alpha, defocus)
    # blurred in the square root, so that eight bits hold the dark tones
    planes = [blurred(np.sqrt(picture[..., k] / 3), defocus) for k in range(3)]
    smooth = 3 * (np.stack(planes, -1) / np.maximum(soft, 1e-2)[..., None]) ** 2
    inside = ((soft > 0.99) & (defocus < 1))[..., None]
    canvas.paste(np.where(inside, picture, smooth).astype(np.float32), soft, cx, cy)


def apple(
    rng: Rng,
    canvas: Canvas,
    light: Light,
    kind: str,
    cx: float,
    cy: float,
    radius: float,
    pitch: tuple[float, float],
    rest: bool,
) -> float:
    """Draw one apple and return the row of its lowest point; `rest` lays it on a table with shadows."""
    noise = Noise(rng)
    body = apple_body(rng)
    rotation = turned(rng.uniform(0, 6.3), rng.uniform(*pitch), gauss(rng, 0, 0.35, -1.2, 1.2))
    dents = bruise_dents(rng, rotation) if kind == "bruised" else []
    body.dents = list(dents)
    if kind == "mouldy" and rng.rand() < 0.5:
        body.dents.append((facing(rng, rotation, 1.0), rng.uniform(0.4, 0.8), rng.uniform(0.02, 0.06)))
    if kind in ("fresh", "scabbed") and rng.rand() < 0.35:  # a healthy flat side
        body.dents.append((facing(rng, rotation, 1.2), rng.uniform(0.3, 0.6), rng.uniform(0.02, 0.06)))
    t = trace(body, radius, rotation)
    skin = apple_skin(rng, noise, t)
    natural_marks(rng, noise, t, skin)
    if kind == "bruised":
        bruise(rng, noise, t, skin, dents)
    elif kind == "mouldy":
        mould(rng, noise, t, skin)
    elif kind == "scabbed":
        scab(rng, noise, t, skin)
    if rng.rand() < 0.22:
        sticker(rng, t, skin)
    rows = np.flatnonzero(t.hit.any(1))
    low = cy + (rows[-1] - t.hit.shape[0] // 2)
    if rest:
        away = -light.towards[0]
        canvas.ellipse_shadow(
            cx + away * radius * 0.75, low - radius * 0.10, radius * 1.25, radius * 0.34, 0.55, 4.5
        )
        canvas.ellipse_shadow(
            cx + away * radius * 0.2, low - radius * 0.09, radius * 0.78, radius * 0.15, 0.8, 6
        )
    else:
        away = -light.towards[:2] * radius * 0.45
        drop_shadow(canvas, t.hit.astype(np.float32), cx + away[0], cy - away[1], radius * 0.12, 0.72)
    normal = t.bumped(skin.height)
    colour = light.shade(skin.albedo * skin.shadow[:, None], normal, skin.gloss * skin.shadow)
    if rest:  # little light comes back up from the table
        colour = colour * (1 - 0.45 * step(-0.35, -1.0, t.normal[:, 1]))[:, None]
    place(canvas, t, colour.astype(np.float32), cx, cy)
    if rng.rand() < 0.85:
        stem(rng, canvas, light, t, body, cx, cy)
    return float(low)


# ------------------------------------------------------------------------------------------------ the studio

BACKDROPS = (
    (0.72, 0.71, 0.69), (0.50, 0.50, 0.51), (0.22, 0.23, 0.25), (0.62, 0.46, 0.42), (0.42, 0.52, 0.60),
    (0.46, 0.52, 0.42), (0.70, 0.60, 0.44), (0.10, 0.11, 0.13), (0.30, 0.22, 0.17), (0.56, 0.42, 0.55),
)  # fmt: skip


def studio(rng: Rng, kind: str) -> Array:
    side = round(SIDE * SCALE)
    tone = vec(*BACKDROPS[rng.randint(len(BACKDROPS))]) * np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)
    left = -1 if rng.rand() < 0.5 else 1
    towards = unit(vec(left * rng.uniform(0.25, 0.9), rng.uniform(0.45, 1.0), rng.uniform(0.45, 0.9)))
    warm = np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    key = warm * np.float32(rng.uniform(1.25, 1.9))
    fill = rng.uniform(0.28, 0.55)
    light = Light(
        towards, key, vec(1, 1.01, 1.04) * np.float32(fill), tone * np.float32(fill * 0.9),
        rng.uniform(0.15, 0.5), rng.uniform(0.14, 0.3), rng.uniform(0.18, 0.42), rng.rand() < 0.25,
    )  # fmt: skip
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    horizon = rng.uniform(0.42, 0.66)
    sweep = step(horizon - 0.12, horizon + 0.14, y)
    wall = rng.uniform(0.45, 0.8) * (1 - 0.35 * np.abs(x - 0.5 - left * 0.2)) * (0.8 + 0.3 * y)
    table = 0.95 - 0.28 * np.hypot(x - 0.5 - 0.16 * left, (y - 0.72) * 0.9)
    cloth_grain = 1 + rng.uniform(0.0, 0.05) * (fractal(rng, side, 24, 3) - 0.5)
    level = (wall * (1 - sweep) + table * sweep) * cloth_grain
    canvas = Canvas((tone * level[:, :, None] * np.float32(1.05)).astype(np.float32) * warm)
    radius = side * rng.uniform(0.25, 0.37)
    cx = side * (0.5 + rng.uniform(-0.1, 0.1))
    cy = side * (0.53 + rng.uniform(-0.06, 0.07))
    low = apple(rng, canvas, light, kind, cx, cy, radius, (-0.25, 1.05), rest=True)
    if rng.rand() < 0.24:  # a leaf on the table, before the fruit's foot
        across = rng.uniform(-0.9, 0.9)
        leaf(rng, canvas, light, cx + across * radius, low - rng.uniform(-0.15, 0.3) * radius,
             radius * rng.uniform(0.7, 1.1), rng.uniform(-0.6, 0.6), 0.04)  # fmt: skip
    elif rng.rand() < 0.2:  # a leaf at the stem
        leaf(rng, canvas, light, cx + rng.uniform(-0.5, 0.5) * radius, cy - radius * rng.uniform(0.75, 1.0),
             radius * rng.uniform(0.6, 0.9), rng.uniform(-0.8, 0.8), 0.1)  # fmt: skip
    return developed(rng, canvas.rgb, rng.uniform(0.9, 1.2), vec(1, 1, 1), rng.uniform(0.2, 0.6), 0.0, 0.006)


# ------------------------------------------------------------------------------------------------ the market


def planks(rng: Rng, side: int) -> Array:
    count = rng.randint(3, 7)
    wood = vec(
        *((0.40, 0.25, 0.12), (0.28, 0.19, 0.11), (0.45, 0.35, 0.22), (0.24, 0.22, 0.19))[rng.randint(4)]
    )
    y = np.mgrid[0:side, 0:side][0].astype(np.float32) / side
    row = y * count + rng.rand()
    plank = np.floor(row).astype(int)
    grain = cloth(rng, side, 90, 5) * 0.6 + cloth(rng, side, 190, 9) * 0.4
    level = rng.uniform(0.65, 1.15, count + 2).astype(np.float32)[plank] * (0.55 + 0.85 * grain)
    away = np.abs(row - plank - 0.5)
    level = level * (1 - 0.9 * step(0.46, 0.492, away))
    out = wood * level[:, :, None]
    return np.ascontiguousarray(np.transpose(out, (1, 0, 2)) if rng.rand() < 0.5 else out, np.float32)


def sackcloth(rng: Rng, side: int) -> Array:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    warp = cloth(rng, side, 9) * 9
    f = rng.uniform(0.9, 1.4)
    weave = 0.5 + 0.25 * np.sin(x * f + warp) + 0.25 * np.sin(y * f + warp * 0.7)
    weave = weave * (0.55 + 0.9 * fractal(rng, side, 5, 4)) * (0.7 + 0.6 * cloth(rng, side, 120))
    tone = vec(
        *((0.42, 0.31, 0.18), (0.55, 0.50, 0.42), (0.20, 0.24, 0.33), (0.40, 0.13, 0.10))[rng.randint(4)]
    )
    return np.asarray(tone * weave[:, :, None] * 1.2, np.float32)


def tissue(rng: Rng, side: int) -> Array:
    """Crumpled paper of a fruit box."""
    folds = np.abs(fractal(rng, side, 4, 4) - 0.5) + 0.6 * np.abs(fractal(rng, side, 7, 3) - 0.5)
    gy, gx = np.gradient(folds * side / 14)
    slope = np.clip(0.62 + 0.5 * gx - 0.4 * gy, 0.12, 1.3)
    tone = vec(
        *((0.10, 0.32, 0.16), (0.25, 0.12, 0.38), (0.55, 0.14, 0.12), (0.65, 0.62, 0.55))[rng.randint(4)]
    )
    return np.asarray(tone * slope[:, :, None], np.float32)


def straw(rng: Rng, side: int) -> Array:
    image = Image.new("RGB", (side, side), (58, 44, 24))
    draw = ImageDraw.Draw(image)
    for i in range(420):
        x, y, a = rng.uniform(-20, side + 20), rng.uniform(-20, side + 20), rng.uniform(0, 3.15)
        n, b = rng.uniform(30, 110), (0.35 + 0.65 * i / 420) * rng.uniform(0.6, 1.1)
        colour = tuple(int(min(255, c * b)) for c in (224, 184, 104))
        line = (x, y, x + n * np.cos(a), y + n * np.sin(a))
        draw.line(line, fill=(30, 20, 10), width=5)
        draw.line(line, fill=colour, width=3)
    return np.asarray((np.asarray(image, np.float32) / 255) ** 2.2, np.float32)


def stone(rng: Rng, side: int) -> Array:
    level = 0.35 + 0.5 * fractal(rng, side, 6, 5) + 0.35 * (cloth(rng, side, 150) - 0.5)
    return np.asarray(vec(0.42, 0.40, 0.38) * level[:, :, None], np.float32)


GROUNDS: tuple[Callable[[Rng, int], Array], ...] = (planks, sackcloth, tissue, straw, stone)


def neighbour(
    rng: Rng, canvas: Canvas, light: Light, cx: float, cy: float, radius: float, defocus: float
) -> None:
    """Another kind of fruit, or now and then a plain sound apple."""
    what = rng.choice(
        ["orange", "lemon", "plum", "tomato", "pear", "apple"], p=[0.26, 0.18, 0.2, 0.16, 0.14, 0.06]
    )
    rotation = turned(rng.uniform(0, 6.3), rng.uniform(-0.8, 1.4), rng.uniform(-3.1, 3.1))
    noise = Noise(rng)
    jitter = np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    if what == "apple":
        body = apple_body(rng)
    elif what == "orange":
        body = Body(0.95, 0, 0, 0.04, 0.02, 0.03, 0.01, 0.0)
    elif what == "lemon":
        body = Body(1.2, 0, -0.08, -0.16, 0.03, -0.2, 0.025, 0.0)
    elif what == "plum":
        body = Body(1.1, 0.02, 0, 0.1, 0.04, 0.02, 0.02, 0.0)
    elif what == "tomato":
        body = Body(0.8, 0.02, 0, 0.14, 0.06, 0.03, 0.05, 0.06, rng.uniform(0, 6))
    else:
        body = Body(1.22, -0.2, 0.02, -0.08, 0.18, 0.1, 0.05, 0.01)
    t = trace(body, radius, rotation, steps=11)
    d = t.at
    if what == "apple":
        skin = apple_skin(rng, noise, t)
    else:
        tones = {
            "orange": (0.80, 0.27, 0.02), "lemon": (0.80, 0.60, 0.05), "plum": (0.10, 0.03, 0.12),
            "tomato": (0.60, 0.05, 0.02), "pear": (0.46, 0.48, 0.10),
        }  # fmt: skip
        albedo = vec(*tones[what]) * jitter * (0.8 + 0.4 * noise(d, 3.0, 3))[:, None]
        pores = noise.dots(d, 15.0, 0.4) if what in ("orange", "lemon") else noise(d, 5.0)
        mark = step(0.965, 0.99, d[:, 1] + 0.02 * noise(d, 9.0))
        albedo = mix(albedo, vec(0.12, 0.17, 0.05), mark[:, None])
        if what == "plum":  # bloom
            albedo = mix(albedo, vec(0.30, 0.32, 0.42), (0.5 * step(0.35, 0.8, noise(d, 3.0, 3)))[:, None])
        shiny = {"orange": 0.6, "lemon": 0.6, "plum": 0.35, "tomato": 1.0, "pear": 0.4}[what]
        skin = Skin(albedo, np.full(len(d), shiny, np.float32), -0.012 * pores, np.ones(len(d), np.float32))
    away = -light.towards[:2] * radius * 0.4
    drop_shadow(canvas, t.hit.astype(np.float32), cx + away[0], cy - away[1], radius * 0.14 + defocus, 0.7)
    colour = light.shade(skin.albedo * skin.shadow[:, None], t.bumped(skin.height), skin.gloss)
    place(canvas, t, colour, cx, cy, defocus)


def price_tag(rng: Rng, canvas: Canvas, light: Light, cx: float, cy: float, width: float) -> None:
    w, h = int(width), int(width * 0.62)
    board = (28, 30, 30) if rng.rand() < 0.5 else (240, 226, 120)
    ink = (240, 240, 235) if board[0] < 100 else (150, 20, 20)
    image = Image.new("RGB", (w, h), board)
    draw = ImageDraw.Draw(image)
    for k in range(3):  # scribbled figures
        x = w * (0.18 + 0.24 * k)
        points = [(x + rng.uniform(0, w * 0.16), h * (0.2 + 0.13 * i)) for i in range(5)]
        draw.line(points, fill=ink, width=max(2, w // 22))
    angle = rng.uniform(-14, 14)
    alpha = Image.new("L", (w, h), 255).rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    colour = np.asarray(image.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC), np.float32) / 255
    cover = np.asarray(alpha, np.float32) / 255
    lit = (light.key * max(0.3, float(light.towards[2])) + light.sky) * 0.8
    away = -light.towards[:2] * width * 0.08
    drop_shadow(canvas, cover, cx + away[0], cy - away[1], width * 0.03 + 1, 0.6)
    canvas.paste(np.asarray(colour**2.2 * lit, np.float32), cover, cx, cy)


def market(rng: Rng, kind: str) -> Array:
    side = round(SIDE * SCALE)
    left = -1 if rng.rand() < 0.5 else 1
    towards = unit(vec(left * rng.uniform(0.5, 1.1), rng.uniform(0.3, 1.0), rng.uniform(0.5, 1.0)))
    warmth = rng.uniform(0.0, 1.0)
    key = mix(vec(1.0, 0.98, 0.95), vec(1.15, 0.92, 0.62), warmth) * np.float32(rng.uniform(1.7, 2.6))
    fill = np.float32(rng.uniform(0.14, 0.34))
    light = Light(
        towards, key, vec(0.9, 1.0, 1.15) * fill, vec(0.8, 0.7, 0.55) * fill * np.float32(0.6),
        rng.uniform(0.1, 0.3), 0.09, 0.09, False,
    )  # fmt: skip
    ground = GROUNDS[rng.randint(len(GROUNDS))](rng, side)
    if rng.rand() < 0.75:  # out of focus
        reach = rng.uniform(0.8, 3.0)
        bright = max(float(ground.max()), 1e-3)
        ground = np.stack([blurred(ground[..., k] / bright, reach) * bright for k in range(3)], -1)
    canvas = Canvas(np.asarray(ground * (key * float(towards[2]) + fill), np.float32))
    radius = side * rng.uniform(0.24, 0.35)
    cx, cy = side * rng.uniform(0.34, 0.66), side * rng.uniform(0.36, 0.64)
    behind: list[tuple[float, float, float]] = []
    before: list[tuple[float, float, float]] = []
    for _ in range(rng.randint(2, 7)):
        size = radius * rng.uniform(0.55, 0.95)
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(1.25, 2.6)
        spot = (cx + np.cos(angle) * far * radius, cy + np.sin(angle) * far * radius, size)
        overlaps = far * radius < radius + size * 0.75
        (before if not overlaps and rng.rand() < 0.3 else behind).append(spot)
    if rng.rand() < 0.25:  # a fruit that hides a piece of the rim
        angle, size = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0.6, 0.9)
        far = radius + size * 0.66
        before.append((cx + np.cos(angle) * far, cy + np.sin(angle) * far, size))
    soft = rng.uniform(0.5, 4.0) if rng.rand() < 0.8 else 0.0
    behind = [b for b in behind if min(b[0], b[1]) > -b[2] and max(b[0], b[1]) < side + b[2]]
    before = [b for b in before if min(b[0], b[1]) > -b[2] and max(b[0], b[1]) < side + b[2]]
    for x, y, size in behind:
        neighbour(rng, canvas, light, x, y, size, soft)
    apple(rng, canvas, light, kind, cx, cy, radius, (-0.5, 1.4), rest=False)
    for x, y, size in before:
        neighbour(rng, canvas, light, x, y, size, 0.0)
    for _ in range(rng.randint(0, 3)):
        angle, far = rng.uniform(0, 2 * np.pi), radius * rng.uniform(1.0, 1.8)
        leaf(rng, canvas, light, cx + np.cos(angle) * far, cy + np.sin(angle) * far,
             radius * rng.uniform(0.7, 1.2), rng.uniform(0, 6.3), 0.06)  # fmt: skip
    if rng.rand() < 0.25:
        angle, far = rng.uniform(0, 2 * np.pi), radius * rng.uniform(1.3, 1.8)
        price_tag(rng, canvas, light, cx + np.cos(angle) * far, cy + np.sin(angle) * far, radius * 0.9)
    if rng.rand() < 0.35:  # shade of an awning or of leaves
        if rng.rand() < 0.5:
            shade = step(0.42, 0.56, fractal(rng, side, rng.randint(3, 6), 3))
        else:
            yy, xx = np.mgrid[0:side, 0:side].astype(np.float32) / side
            turn = rng.uniform(0, 3.1)
            shade = step(-0.1, 0.1, np.sin((xx * np.cos(turn) + yy * np.sin(turn)) * rng.uniform(8, 20)))
        canvas.rgb *= 1 - rng.uniform(0.2, 0.5) * shade[:, :, None] * vec(1.0, 0.95, 0.85)
    balance = np.exp(rng.normal(0, 0.09, 3)).astype(np.float32)
    motion = rng.uniform(0.5, 1.6) if rng.rand() < 0.2 else 0.0
    return developed(rng, canvas.rgb, rng.uniform(0.7, 1.15), balance, rng.uniform(0.3, 0.9), motion, 0.012)


# --------------------------------------------------------------------------------------- camera and files


def developed(
    rng: Rng, rgb: Array, exposure: float, balance: Array, blur: float, motion: float, grain: float
) -> Array:
    """From linear light to display values in 0 to 1 at the final size (256, 256, 3)."""
    x = np.maximum(rgb * balance * np.float32(exposure * 0.8), 0)
    x = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)  # a film curve (Narkowicz's fit of ACES)
    x = np.clip(x, 0, 1) ** (1 / 2.2)
    image = Image.fromarray((x * 255 + 0.5).astype(np.uint8))
    if motion:
        shift = round(motion * SCALE)
        angle = rng.uniform(0, 3.1)
        frames = np.zeros(x.shape, np.float32)
        whole = np.asarray(image, np.float32)
        for k in range(-shift, shift + 1):
            frames += np.roll(whole, (round(k * np.sin(angle)), round(k * np.cos(angle))), (0, 1))
        image = Image.fromarray((frames / (2 * shift + 1) + 0.5).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(blur)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = np.asarray(image, np.float32) / 255
    level = grain * rng.uniform(0.5, 1.3)
    noise = rng.normal(0, 1, (SIDE, SIDE, 1)) * 0.8 + rng.normal(0, 1, (SIDE, SIDE, 3)) * 0.6
    out = out + noise.astype(np.float32) * np.float32(level)
    y, x_ = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    out = out * (1 - rng.uniform(0.02, 0.14) * (x_ * x_ + y * y)[:, :, None])
    return np.asarray(np.clip(out, 0, 1), np.float32)


def picture(path: str) -> Array:
    """The picture for a path such as `studio/fresh/001.jpg`: display values in 0 to 1, (256, 256, 3)."""
    domain, kind, name = path.split("/")
    wrong = {flaw.path: flaw.of for flaw in FLAWS if flaw.kind == "wrong label"}
    rng = Rng(zlib.crc32(f"{domain}/{kind}/{name.split('.')[0]}".encode()))
    return (studio if domain == "studio" else market)(rng, wrong.get(path, kind))


def eight_bit(values: Array) -> Image.Image:
    return Image.fromarray((values * 255 + 0.5).astype(np.uint8))


def jpeg(image: Image.Image, quality: int, orientation: int = 1) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    if orientation != 1:
        exif[0x0112] = orientation
    image.save(out, "JPEG", quality=quality, optimize=True, exif=exif.tobytes() if orientation != 1 else b"")
    return out.getvalue()


def encoded(path: str) -> bytes:
    """The bytes of one file of the sample, its flaw included."""
    quality = 86 if path.startswith("studio") else 74
    flaw = next((f for f in FLAWS if f.path == path), None)
    kind = flaw.kind if flaw else ""
    image = eight_bit(picture(flaw.of if flaw and flaw.of.endswith(".jpg") else path))
    if kind == "truncated":
        whole = jpeg(image, quality)
        return whole[: len(whole) * 11 // 20]
    if kind == "exif-rotated":  # orientation 6: the viewer has to turn the stored pixels 90 degrees clockwise
        return jpeg(image.transpose(Image.Transpose.ROTATE_90), quality, orientation=6)
    if kind == "near-copy: re-encoded":
        return jpeg(image, 55)
    if kind == "near-copy: cropped":
        return jpeg(image.crop((7, 5, 249, 250)).resize((SIDE, SIDE), Image.Resampling.BICUBIC), quality)
    if kind == "near-copy: brighter":
        return jpeg(image.point(lambda v: min(255, v * 1.14 + 4)), quality)
    if kind == "greyscale":
        return jpeg(image.convert("L"), quality)
    if kind == "cmyk":
        return jpeg(image.convert("CMYK"), quality)
    if kind == "16-bit":
        grey = picture(path) @ vec(0.299, 0.587, 0.114)
        out = io.BytesIO()
        Image.fromarray((grey * 65535 + 0.5).astype(np.uint16)).save(out, "PNG", optimize=True)
        return out.getvalue()
    return jpeg(image, quality)


def paths() -> Iterator[str]:
    """Every file of the sample, in order."""
    renamed = {flaw.path.rsplit(".", 1)[0]: flaw.path for flaw in FLAWS}
    for domain in DOMAINS:
        for kind in CLASSES:
            for number in range(1, PER_CLASS + 1):
                stem_ = f"{domain}/{kind}/{number:03d}"
                yield renamed.get(stem_, f"{stem_}.jpg")
            yield from (f.path for f in FLAWS if f.extra and f.path.startswith(f"{domain}/{kind}/"))


def main() -> int:
    parser = argparse.ArgumentParser(description="Render the sample data set.")
    parser.add_argument("out", type=Path, help="the folder to write into")
    parser.add_argument("--only", default="", metavar="PREFIX", help="only the paths that begin so")
    asked = parser.parse_args()
    wanted = [path for path in paths() if path.startswith(asked.only)]
    for done, path in enumerate(wanted, 1):
        file = asked.out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(path))
        if done % 20 == 0 or done == len(wanted):
            print(f"{done} of {len(wanted)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
