"""Which picture trains, validates or tests: seeded, stratified, and stable when pictures are added."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from xferstudio.api import UserError
from xferstudio.data.catalog import Item

if TYPE_CHECKING:
    from xferstudio.project import SplitSpec

SPLITS = ("train", "val", "test")
_RANK = {"train": 0, "val": 1, "test": 2}


@dataclass(frozen=True)
class Leak:
    """An item (at `index`) that must not be used, since its content or group also stands in a split further
    from training; `reason` is the sentence for the list of what was left out."""

    index: int
    path: str
    reason: str


def assign(
    items: Sequence[Item], spec: SplitSpec, ledger: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """ "train", "val" or "test" for each labelled item, and the ledger to keep for the next time.

    What is decided as one is a unit: a group, or else all files with the same content. A unit in the ledger
    keeps its split for ever; new units are put, in an order drawn from the seed, where their class lacks
    most.
    Explicit splits of items win. If they name no val (or no test), that one is cut from what is left for
    training. Where an explicit split puts one unit on both sides, ask `leaks` what to leave out.
    """
    for item in items:
        if item.label is None:
            raise ValueError(f"{item.path} has no label and cannot be split")
    explicit = {item.split for item in items if item.split is not None}
    val = 0.0 if "val" in explicit else spec.val
    test = 0.0 if "test" in explicit else spec.test
    wanted = {"train": 1.0 - val - test, "val": val, "test": test}
    allowed = [split for split in SPLITS if split == "train" or wanted[split] > 0]
    # A changed specification is a new question, so its answers stand under a mark of their own.
    mark = _digest(f"{spec.seed}|{float(val)!r}|{float(test)!r}")[:8]

    units = _units(items)
    decided: dict[str, str] = {}
    fresh: dict[str, list[_Bundle]] = defaultdict(list)
    held: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SPLITS, 0))
    count: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SPLITS, 0))
    for bundle in _bundles(items, units):
        fixed = [s for i in bundle.members if (s := items[i].split) in ("val", "test") and s is not None]
        free = [i for i in bundle.members if items[i].split in (None, "train")]
        if fixed:
            split = max(fixed, key=_RANK.__getitem__)
            decided.update(dict.fromkeys(bundle.keys, split))
            continue
        known = {
            key: ledger[f"{mark}:{key}"] for key in bundle.keys if ledger.get(f"{mark}:{key}") in allowed
        }
        if not known:
            fresh[bundle.stratum].append(bundle)
            continue
        # Units that a copy has tied together later stay where they were; `leaks` then finds the copies.
        furthest = max(known.values(), key=_RANK.__getitem__)
        for key in bundle.keys:
            decided[key] = known.get(key, furthest)
        seen: set[str] = set()
        for i in free:
            split = decided[units[i]]
            held[bundle.stratum][split] += 1
            if units[i] not in seen:
                seen.add(units[i])
                count[bundle.stratum][split] += 1

    for stratum in sorted(fresh):
        for bundle, split in _fill(fresh[stratum], held[stratum], count[stratum], wanted, allowed, spec.seed):
            decided.update(dict.fromkeys(bundle.keys, split))

    splits = []
    for index, item in enumerate(items):
        if item.split in ("val", "test"):
            splits.append(item.split)
        elif item.split == "train" and decided[units[index]] not in allowed:
            splits.append("train")  # its copy is explicitly held out; `leaks` reports it
        else:
            splits.append(decided[units[index]])
    kept = dict(ledger)
    for index, split in enumerate(splits):
        if items[index].split in (None, "train") and split in allowed:
            kept.setdefault(f"{mark}:{units[index]}", split)
    return splits, kept


def leaks(items: Sequence[Item], splits: Sequence[str]) -> list[Leak]:
    """The items of train (and val) whose content or group also stands in test (or val): leave them out."""
    found: list[Leak] = []
    holders: dict[tuple[str, str], int] = {}
    for side in ("test", "val", "train"):
        mine = [index for index, split in enumerate(splits) if split == side]
        kept: list[int] = []
        for index in mine:
            item = items[index]
            other = next((holders[trait] for trait in _traits(item) if trait in holders), None)
            if other is None:
                kept.append(index)
                continue
            what = (
                "the same content as"
                if items[other].hash == item.hash
                else f"in the same group ({item.group}) as"
            )
            reason = f"{what} {items[other].path}, which is held out for {splits[other]}"
            found.append(Leak(index, item.path, reason))
        for index in kept:
            for trait in _traits(items[index]):
                holders.setdefault(trait, index)
    return sorted(found, key=lambda leak: leak.index)


def fold_of(items: Sequence[Item], folds: int, seed: int) -> list[int]:
    """The fold (0 to folds - 1) of each item: whole units, every class spread evenly. Raises UserError if
    there are fewer units than folds."""
    if folds < 2:
        raise ValueError("there must be at least two folds")
    bundles = _bundles(items, _units(items))
    if len(bundles) < folds:
        raise UserError(
            f"{folds} folds need at least {folds} different pictures or groups, there are {len(bundles)}; "
            "choose fewer folds."
        )
    result = [0] * len(items)
    total = [0] * folds
    by_class: dict[str, list[_Bundle]] = defaultdict(list)
    for bundle in bundles:
        by_class[bundle.stratum].append(bundle)
    for stratum in sorted(by_class):
        load = [0] * folds
        for bundle in sorted(by_class[stratum], key=lambda b: (-len(b.members), _order(f"folds|{seed}", b))):
            fold = min(range(folds), key=lambda f: (load[f], total[f], f))
            load[fold] += len(bundle.members)
            total[fold] += len(bundle.members)
            for index in bundle.members:
                result[index] = fold
    return result


# --------------------------------------------------------------------------------------------------- inside


@dataclass(frozen=True)
class _Bundle:
    """Units that share a content, and so go together: keys, positions of their items, class."""

    keys: tuple[str, ...]
    members: tuple[int, ...]
    stratum: str


def _traits(item: Item) -> Iterable[tuple[str, str]]:
    yield "content", item.hash
    if item.group:
        yield "group", item.group


def _units(items: Sequence[Item]) -> list[str]:
    return [f"group/{item.group}" if item.group else f"content/{item.hash}" for item in items]


def _bundles(items: Sequence[Item], units: Sequence[str]) -> list[_Bundle]:
    """Units joined where the same content stands in several groups, in a fixed order."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    first_with: dict[str, str] = {}
    for item, unit in zip(items, units, strict=True):
        root(unit)
        other = first_with.setdefault(item.hash, unit)
        if other != unit:
            parent[root(unit)] = root(other)
    members: dict[str, list[int]] = defaultdict(list)
    for index, unit in enumerate(units):
        members[root(unit)].append(index)
    bundles = [
        _Bundle(
            keys=tuple(sorted({units[i] for i in positions})),
            members=tuple(positions),
            stratum=min(items[i].label or "" for i in positions),
        )
        for positions in members.values()
    ]
    return sorted(bundles, key=lambda bundle: bundle.keys)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _order(salt: str, bundle: _Bundle) -> str:
    return _digest(f"{salt}|{bundle.keys[0]}")


def _fill(
    bundles: Sequence[_Bundle],
    held: Mapping[str, int],
    count: Mapping[str, int],
    wanted: Mapping[str, float],
    allowed: Sequence[str],
    seed: int,
) -> list[tuple[_Bundle, str]]:
    """A split for each new bundle of one class; `held` items and `count` units are placed already."""
    held, count = dict(held), dict(count)
    total = sum(held.values()) + sum(len(bundle.members) for bundle in bundles)
    units = sum(count.values()) + len(bundles)
    quota = _quotas(total, units, wanted, allowed)
    # A unit too big for a small split goes first, else it would have to go wherever room is missing.
    small = min((quota[split] for split in allowed if split != "train" and quota[split] > 0), default=total)

    def turn(bundle: _Bundle) -> tuple[int, str]:
        size = len(bundle.members)
        return (-size if size > max(1, small) else 0, _order(f"split|{seed}", bundle))

    result = []
    ordered = sorted(bundles, key=turn)
    for position, bundle in enumerate(ordered):
        empty = [split for split in allowed if quota[split] > 0 and count[split] == 0]
        choice = empty if empty and len(ordered) - position <= len(empty) else list(allowed)
        split = max(choice, key=lambda s: (quota[s] - held[s], -_RANK[s]))
        held[split] += len(bundle.members)
        count[split] += 1
        result.append((bundle, split))
    return result


def _quotas(total: int, units: int, wanted: Mapping[str, float], allowed: Sequence[str]) -> dict[str, int]:
    """Items of one class that each split should have: the fractions, rounded, nobody empty without need."""
    quota = dict.fromkeys(SPLITS, 0)
    for split in allowed:
        if split != "train":
            # Exactly half rounds down, since a small class needs its pictures for training.
            quota[split] = max(0, math.ceil(round(wanted[split] * total, 6) - 0.5))
            if units >= 3:
                quota[split] = max(1, quota[split])
    while quota["val"] + quota["test"] > total - 1:
        largest = "test" if quota["test"] >= quota["val"] else "val"
        if quota[largest] == 0:
            break
        quota[largest] -= 1
    quota["train"] = total - quota["val"] - quota["test"]
    return quota
