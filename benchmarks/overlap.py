"""How often the shift report says that domains share only some of their classes: rightly, and wrongly.

The constants `LACKING` and `BELOW` of engine/shift.py rest on this. They were chosen on the same images, so what is
measured here flatters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.material import CHECKOUT, Material
from benchmarks.table import Report, Row
from xferstudio.data import scan
from xferstudio.engine import device
from xferstudio.engine.feed import Feed, Images
from xferstudio.engine.prefix import find_cut
from xferstudio.engine.shift import ShiftReport, shift_report

SIZES = (25, 100, 200)
"""Images a class, at most."""
ALL, FROM_TARGET, FROM_SOURCE = "all classes", "one lacks in the target", "one lacks in the source"


@dataclass(frozen=True)
class Domain:
    """Features (n, D) of all images, and the class (n,) of each."""

    name: str
    rows: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]

    def some(self, each: int, rng: np.random.Generator, part: int = -1) -> np.ndarray:
        """At most `each` images of every class; of one half of them only, if `part` is 0 or 1."""
        chosen = []
        for number in range(len(self.classes)):
            mine = rng.permutation(np.flatnonzero(self.labels == number))
            chosen.append((mine if part < 0 else mine[part::2])[:each])
        return np.concatenate(chosen)


def measure(material: Material) -> Report:
    """Counts over pairs of domains, within and across, with all classes and with one taken away."""
    sample = CHECKOUT / "resources" / "sample"
    groups = [[_domain(material, sample / name) for name in ("studio", "market")]]
    if material.data is not None:
        names = ("pacs/photo", "pacs/art_painting")
        groups.insert(0, [_domain(material, material.photos(name)) for name in names])
    report = Report("Classes that domains do not share")
    report.facts.append(
        f"{material.backbone_id}, up to {', '.join(map(str, SIZES))} images a class; the constants were chosen on these "
        "images"
    )
    for group in groups:
        for source in group:
            for target in group:
                report.rows += _rows(source, target, material.choose(1, 2, 6))
    return report


def _domain(material: Material, folder: Path) -> Domain:
    catalog = scan(folder)
    items = [item for item in catalog.items if item.label is not None]
    labels = np.array([catalog.classes.index(str(item.label)) for item in items])
    how = material.backbone.preprocessing()
    network = material.backbone.build(True).eval().requires_grad_(False)
    images = Images(catalog.root, items, labels)
    feed = Feed(images, find_cut(network, how), how, device.choose(), material.store())
    everything = np.arange(len(items))
    for _ in feed.fill(everything, everything[:0], lambda: iter(())):
        pass
    readable = images.readable(everything)
    return Domain(folder.name, feed.plain(readable).float().numpy(), labels[readable], catalog.classes)


def _rows(source: Domain, target: Domain, seeds: int) -> Iterator[Row]:
    counts = {case: [0, 0, 0, 0] for case in (ALL, FROM_TARGET, FROM_SOURCE)}
    for seed in range(seeds):
        for each in SIZES:
            for case, noticed in _cases(source, target, each, seed):
                counts[case][0] += 1
                counts[case][1] += noticed[0]
                counts[case][2] += noticed[1]
                counts[case][3] += any(noticed)
    pair = f"{source.name} to {target.name}" if source is not target else f"within {source.name}"
    for case, (n, lacking, strange, either) in counts.items():
        right = {
            ALL: f"{either} wrong",
            FROM_TARGET: f"{lacking} right",
            FROM_SOURCE: f"{strange} right",
        }
        of = {ALL: either, FROM_TARGET: lacking, FROM_SOURCE: strange}
        note = f"a class without images in {lacking}, images without a class in {strange}"
        yield Row(f"{pair}: {case}", right[case], f"{n} reports", of[case] / n, unit="", note=note)


def _cases(source: Domain, target: Domain, each: int, seed: int) -> Iterator[tuple[str, tuple[bool, bool]]]:
    """Each case with what was said: of a class without images (of that class, if one lacks), of images without one."""
    rng = np.random.default_rng([seed, each])
    if source is target:  # two halves of the same images
        state = rng.bit_generator.state
        ours = source.some(each, rng, 0)
        rng.bit_generator.state = state
        theirs = target.some(each, rng, 1)
    else:
        ours, theirs = source.some(each, rng), target.some(each, rng)

    def told(ours: np.ndarray, theirs: np.ndarray) -> ShiftReport:
        present = np.unique(source.labels[ours])
        classes = tuple(source.classes[number] for number in present)
        labels = np.searchsorted(present, source.labels[ours])
        return shift_report(source.rows[ours], labels, target.rows[theirs], classes, seed)

    report = told(ours, theirs)
    yield ALL, (bool(report.unmatched), report.unmatched_target_share > 0)
    for gone in rng.permutation(len(source.classes))[:2].tolist():
        report = told(ours, theirs[target.labels[theirs] != gone])
        yield FROM_TARGET, (source.classes[gone] in report.unmatched, report.unmatched_target_share > 0)
        report = told(ours[source.labels[ours] != gone], theirs)
        yield FROM_SOURCE, (bool(report.unmatched), report.unmatched_target_share > 0)
