"""Looks at both domains of a project with a backbone as it comes, before anything is trained."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xferstudio import local_weights
from xferstudio.api import UserError
from xferstudio.data import read_dataset, read_target
from xferstudio.engine.device import Machine
from xferstudio.engine.feed import Feed, Images
from xferstudio.engine.model import Network, feature_width
from xferstudio.engine.prefix import find_cut
from xferstudio.engine.shift import LIMIT, ShiftReport, shift_report
from xferstudio.engine.store import FeatureStore
from xferstudio.events import Event, Notice
from xferstudio.plugins import Plugins
from xferstudio.project import Project

ENOUGH_PER_DOMAIN = 1000
"""So many images of a domain are looked at before a run, where their features are stored already ..."""
FEW_PER_DOMAIN = 200
"""... and so many where they have to be computed for this alone."""


def no_target(project: Project) -> UserError:
    """What to do where a project names no target domain."""
    command = f"{shlex.join(['xferstudio', 'target', str(project.folder)])} FOLDER"
    return UserError(
        f"{project.name} names no target domain, the images that it could be carried to; name their folder: {command}"
    )


def measure_shift(
    project: Project, backbone: str, plugins: Plugins, machine: Machine, store: FeatureStore, seed: int = 0
) -> Generator[Event, None, ShiftReport]:
    """How far the two domains of a project are apart, in the features of this backbone; they are kept in the store.

    Of the labelled images only those for training are looked at, of the target's no label. Raises UserError for a
    project without a target, and where fewer than two classes are left.
    """
    if not project.data.target:
        raise no_target(project)
    dataset, target = read_dataset(project), read_target(project)
    assert target is not None
    yield from dataset.notices
    classes = dataset.catalog.classes
    items = [*dataset.catalog.items, *target.items]
    labels = np.array([classes.index(i.label) if i.label is not None else -1 for i in items], np.int64)
    source = some(np.flatnonzero(np.array(dataset.splits) == "train"), LIMIT, seed)
    other = some(np.arange(len(dataset.catalog.items), len(items)), LIMIT, seed)
    made = plugins.backbone(local_weights.absolute(backbone, project.folder))
    how = made.preprocessing()
    body = made.build(True).eval().requires_grad_(False)
    network = Network(body, nn.Identity(), feature_width(body, how)).to(machine.device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    images = Images(dataset.catalog.root, items, labels)
    # As a run of an extraction does it, so that each finds what the other has computed.
    feed = Feed(images, find_cut(network.backbone, how), how, machine, store, backbone=backbone)
    yield from feed.fill(source, other, _no_words)
    source, other = images.readable(source), images.readable(other)
    if len(np.unique(labels[source])) < 2:
        raise UserError("fewer than two classes have training images that can be read")
    if not len(other):
        raise UserError("none of the images of the target domain can be read")
    rows = [feed.plain(part).float().cpu().numpy() for part in (source, other)]
    return shift_report(rows[0], labels[source], rows[1], classes, seed)


def some(indices: NDArray[np.int64], limit: int, seed: int) -> NDArray[np.int64]:
    """At most `limit` of these, sorted; the same for the same seed."""
    if len(indices) <= limit:
        return indices
    return np.sort(np.random.default_rng(seed).choice(indices, limit, replace=False))


def overlap_notice(report: ShiftReport, strategy: str) -> Notice | None:
    """A warning where the two domains seem to share only some of their classes; None where nothing speaks for that."""
    if not report.partial_overlap:
        return None
    # The last of the words: of classes without images, of images without a class, and what that means.
    spoken = bool(report.unmatched) + (report.unmatched_target_share > 0) + 1
    text = " ".join(report.words[-spoken:])
    if strategy not in (*report.suggestion, "source-only"):
        text += f" Rather take one of {', '.join(report.suggestion)}."
    return Notice(text, "warning")


def _no_words() -> Iterator[Event]:
    return iter(())
