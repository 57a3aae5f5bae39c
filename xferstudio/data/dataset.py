"""What a project trains, validates and tests on: its images with edits and split, and what is left out and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from xferstudio.api import UserError
from xferstudio.data.catalog import Catalog, Item, Progress, scan
from xferstudio.data.edits import Edits
from xferstudio.data.split import SPLITS, assign, leaks
from xferstudio.events import Notice
from xferstudio.project import Project, SplitSpec, write_atomic

SPLIT_LEDGER = "split.json"


@dataclass(frozen=True)
class Dataset:
    """The images of a project as runs use them. `splits` has one word for each item of `catalog`.

    `left_out` gives the reason for every other file; `unused` are those of them that are images all the same
    (without a label, excluded, copies of what is held out), with what is known of them.
    """

    catalog: Catalog
    splits: tuple[str, ...]
    left_out: dict[str, str]
    unused: tuple[Item, ...]
    notices: tuple[Notice, ...]

    @cached_property
    def counts(self) -> dict[str, int]:
        """found = used + left_out, and used = train + val + test."""
        sizes = Counter(self.splits)
        used = len(self.catalog.items)
        return {
            "found": used + len(self.left_out),
            "used": used,
            "left_out": len(self.left_out),
            **{split: sizes[split] for split in SPLITS},
        }

    def without(self, unreadable: Mapping[str, str]) -> Dataset:
        """The same with these paths left out for these reasons: files that turned out to be broken when decoded."""
        gone = {item.path for item in self.catalog.items if item.path in unreadable}
        if not gone:
            return self
        kept = [item.path not in gone for item in self.catalog.items]
        return replace(
            self,
            catalog=self.catalog.without({path: unreadable[path] for path in gone}),
            splits=tuple(split for split, stays in zip(self.splits, kept, strict=True) if stays),
            left_out=self.left_out | {path: unreadable[path] for path in sorted(gone)},
            unused=(
                *self.unused,
                *(i for i, stays in zip(self.catalog.items, kept, strict=True) if not stays),
            ),
        )

    def rows(self) -> Iterator[tuple[str, str | None, str, str, str, str, str]]:
        """(path, label, split, domain, group, hash, reason) of everything found; the reason is empty for what is
        used, the split for what is not."""
        for item, split in zip(self.catalog.items, self.splits, strict=True):
            yield item.path, item.label, split, item.domain or "", item.group or "", item.hash, ""
        known = {item.path: item for item in self.unused}
        for path, reason in self.left_out.items():
            found = known.get(path) or Item(path, None, None, None, None, "", 0)
            yield path, found.label, "", found.domain or "", found.group or "", found.hash, reason


def read_dataset(project: Project, progress: Progress | None = None) -> Dataset:
    """Look through the data of a project, as every run of it does; no pixel is decoded.

    Images that are new get their split here, and it is written down in `split.json`. `progress(done, total)` is
    called now and then, with total 0 while it is unknown; what it raises ends the work. Raises UserError where
    the data, the edits or the split cannot be read.
    """
    edits = Edits.read(project.folder)
    whole = edits.relabel(scan(project.data_path(), progress=progress))
    notices = [Notice(note) for note in whole.notes]
    catalog = edits.exclude(whole)
    catalog = catalog.without({item.path: "no label" for item in catalog.items if item.label is None})
    ledger_file = project.folder / SPLIT_LEDGER
    ledger = _read_ledger(ledger_file)
    spec = project.split
    if spec.folds:
        spec = SplitSpec(val=0.0, test=spec.test, seed=spec.seed, folds=spec.folds)
    drawn, kept = assign(catalog.items, spec, ledger)
    if kept != ledger:
        try:
            write_atomic(ledger_file, json.dumps(kept, indent=0, sort_keys=True))
        except UserError as error:
            notices.append(
                Notice(
                    f"the split cannot be written down, so images added later may change it: {error}",
                    "warning",
                )
            )
    catalog, splits = edits.place(catalog, drawn)
    copies = {leak.path: leak.reason for leak in leaks(catalog.items, splits)}
    if copies:
        splits = [split for item, split in zip(catalog.items, splits, strict=True) if item.path not in copies]
        catalog = catalog.without(copies)
        notices.append(
            Notice(f"{len(copies)} images are left out because a copy of them is held out", "warning")
        )
    if catalog.conflicts:
        notices.append(Notice(_told_of_conflicts([paths for _, paths in catalog.conflicts]), "warning"))
    notices += [Notice(text, "warning") for text in _never_tested(catalog, splits)]
    used = {item.path for item in catalog.items}
    return Dataset(
        catalog=catalog,
        splits=tuple(splits),
        left_out={entry.path: entry.reason for entry in catalog.left_out},
        unused=tuple(item for item in whole.items if item.path not in used),
        notices=tuple(notices),
    )


@dataclass(frozen=True)
class Target:
    """The images of the target domain as training gets them: contents without labels, sorted by content.

    `items` have absolute paths. Neither label nor order tells in which folder an image lies. `left_out` gives
    the reason for every other file. `held_out` are images that the folder sets apart for the test: the final model
    answers for them, and nothing learns from them.
    """

    items: tuple[Item, ...]
    left_out: dict[str, str]
    held_out: tuple[Item, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """A hash over all that training depends on: the contents; empty without images."""
        if not self.items:
            return ""
        state = blake2b(digest_size=16)
        for item in self.items:
            state.update(item.hash.encode() + b"\n")
        return state.hexdigest()


def read_target(project: Project, progress: Progress | None = None) -> Target | None:
    """The images of the project's target domain, without labels; None where it names none.

    Where the folder has a part for training and one for the test, training gets the first. Identical files are
    taken once. Raises UserError where the folder cannot be read or holds no image.
    """
    folder = project.target_path()
    if folder is None:
        return None
    target = as_target(scan(folder, progress=progress))
    if not target.items:
        raise UserError(f"there are no images in {folder}, the target domain; name another folder")
    return target


def as_target(catalog: Catalog) -> Target:
    """The images of a folder as those of a target domain; see `read_target`."""
    left_out = {str(catalog.root / entry.path): entry.reason for entry in catalog.left_out}
    apart = {item.split == "test" for item in catalog.items} == {True, False}
    kept: dict[bool, dict[str, Item]] = {False: {}, True: {}}
    for item in sorted(catalog.items, key=lambda item: item.split == "test"):
        path = str(catalog.root / item.path)
        if any(item.hash in part for part in kept.values()):
            left_out[path] = "a copy of another image"
        else:
            kept[apart and item.split == "test"][item.hash] = Item(
                path, None, None, None, None, item.hash, item.size
            )
    items, held_out = (tuple(part[content] for content in sorted(part)) for part in (kept[False], kept[True]))
    return Target(items, left_out, held_out)


SHOWN = 3
"""So many examples stand in a notice; summary.json has them all."""


def _told_of_conflicts(conflicts: Sequence[Sequence[str]]) -> str:
    shown = "; ".join(" and ".join(paths) for paths in conflicts[:SHOWN])
    more = f"; and {len(conflicts) - SHOWN} more, in summary.json" if len(conflicts) > SHOWN else ""
    if len(conflicts) == 1:
        return f"1 image stands in two classes with the same content: {shown}"
    return f"{len(conflicts)} images stand in two classes with the same content: {shown}{more}"


def _never_tested(catalog: Catalog, splits: Sequence[str]) -> Iterator[str]:
    """Classes of which no image is held out for the test, although there is one."""
    tested = {item.label for item, split in zip(catalog.items, splits, strict=True) if split == "test"}
    missing = [name for name in catalog.classes if name not in tested]
    if tested and missing:
        counts = Counter(item.label for item in catalog.items)
        shown = ", ".join(f"{name} ({counts[name]})" for name in missing[:SHOWN])
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        yield (
            f"too few images to hold some out for the test in the {'class' if len(missing) == 1 else 'classes'} "
            f"{shown}{more}: how well they are recognised is never tested"
        )


def _read_ledger(file: Path) -> dict[str, str]:
    try:
        raw = json.loads(file.read_text("utf-8"))
        return {str(key): str(value) for key, value in raw.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(
            f"{file}, which holds the split, cannot be read ({error}); put back a copy of it, or delete it to split anew "
            "(then images may change sides, and older runs cannot be compared fairly)"
        ) from None
