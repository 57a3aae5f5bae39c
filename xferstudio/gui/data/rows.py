"""Which images are shown and in which order: the columns of all images, filters and sorts over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from xferstudio.gui.project.studio import Picture, Pictures

UNLABELLED = "\0"
"""Stands in a filter for images without a class; no class can be called so."""

_SPLIT_RANK = {"train": 0, "val": 1, "test": 2, "": 3}


@dataclass(frozen=True)
class Filter:
    """What must hold of an image to be shown; empty fields ask for nothing."""

    label: str = ""
    split: str = ""
    domain: str = ""
    text: str = ""
    state: str = ""
    """used, left_out or edited."""
    reason: str = ""
    """A kind of reason for being left out, as `reason_kind` names it."""
    wrong: bool = False
    """Only what the chosen run predicts wrongly."""

    def __bool__(self) -> bool:
        return self != Filter()


@dataclass(frozen=True)
class Guesses:
    """What one run predicts: path to (label at that time, predicted class, confidence)."""

    run: str
    of: Mapping[str, tuple[str, str, float]]

    def is_wrong(self, picture: Picture) -> bool:
        """Whether the run is wrong about it: it was then, and no change since has made it right."""
        guess = self.of.get(picture.path)
        return guess is not None and guess[0] != guess[1] and guess[1] != picture.label


def reason_kind(reason: str) -> str:
    """A reason without the file that it speaks of, so that equal ones can be counted together."""
    for mark in ("the same content as", "in the same group"):
        if reason.startswith(mark):
            return mark
    return reason


class Rows:
    """All images of a project as columns. Changing a few costs little; 100,000 are filtered in some milliseconds."""

    def __init__(self, pictures: Pictures | None = None, edited: Iterable[str] = ()) -> None:
        self.root = pictures.root if pictures is not None else Path()
        self.folder = str(self.root)
        """The root as text: joining paths of all that is on the screen must be quick."""
        self.items: list[Picture] = list(pictures.items) if pictures is not None else []
        self.edited: set[str] = set(edited)
        self.guesses: Guesses | None = None
        self._orders: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def places(self) -> dict[str, int]:
        """Where in `items` each path is."""
        return {picture.path: place for place, picture in enumerate(self.items)}

    @cached_property
    def _labels(self) -> list[str]:
        return [UNLABELLED if picture.label is None else picture.label for picture in self.items]

    @cached_property
    def _splits(self) -> list[str]:
        return [picture.split for picture in self.items]

    @cached_property
    def _reasons(self) -> list[str]:
        return [picture.left_out for picture in self.items]

    @cached_property
    def _texts(self) -> list[str]:
        return [
            f"{picture.path}\n{picture.label or ''}\n{picture.left_out}".casefold() for picture in self.items
        ]

    def file(self, place: int) -> Path:
        """Where the image lies."""
        return self.root / self.items[place].path

    def update(self, pictures: Iterable[Picture]) -> list[int]:
        """Put these in the place of those with the same paths; the places that have changed."""
        changed = []
        for picture in pictures:
            place = self.places.get(picture.path)
            if place is not None and self.items[place] != picture:
                self.items[place] = picture
                changed.append(place)
        if changed:
            self._forget("_labels", "_splits", "_reasons", "_texts")
            self._orders = {key: order for key, order in self._orders.items() if key == "name"}
        return changed

    def guess(self, guesses: Guesses | None) -> None:
        """Take the predictions of another run, or of none."""
        self.guesses = guesses
        self._orders.pop("confidence", None)

    def _forget(self, *names: str) -> None:
        for name in names:
            self.__dict__.pop(name, None)

    # ---------------------------------------------------------------------------------------- what is shown

    def shown(self, wanted: Filter, sort: str = "name", backwards: bool = False) -> list[int]:
        """Places of the images that pass the filter, in order."""
        places: Sequence[int] = self._order(sort)
        items = self.items
        if wanted.label:
            labels, label = self._labels, wanted.label
            places = [place for place in places if labels[place] == label]
        if wanted.split:
            splits, split = self._splits, wanted.split
            places = [place for place in places if splits[place] == split]
        if wanted.domain:
            domain = wanted.domain
            places = [place for place in places if items[place].domain == domain]
        if wanted.state == "used":
            reasons = self._reasons
            places = [place for place in places if not reasons[place]]
        elif wanted.state == "left_out":
            reasons = self._reasons
            places = [place for place in places if reasons[place]]
        elif wanted.state == "edited":
            edited = self.edited
            places = [place for place in places if items[place].path in edited]
        if wanted.reason:
            kind = wanted.reason
            places = [place for place in places if reason_kind(items[place].left_out) == kind]
        if wanted.wrong:
            guesses = self.guesses
            places = [place for place in places if guesses is not None and guesses.is_wrong(items[place])]
        for word in wanted.text.casefold().split():
            texts = self._texts
            places = [place for place in places if word in texts[place]]
        return list(reversed(places)) if backwards else list(places)

    def _order(self, sort: str) -> Sequence[int]:
        if sort not in self._orders:
            items = self.items
            if sort == "name":
                paths = [picture.path for picture in items]
                order = sorted(range(len(items)), key=paths.__getitem__)
            elif sort == "class":
                order = sorted(self._order("name"), key=self._labels.__getitem__)
            elif sort == "split":
                ranks = [_SPLIT_RANK.get(picture.split, 9) for picture in items]
                order = sorted(self._order("name"), key=ranks.__getitem__)
            else:
                known = self.guesses.of if self.guesses is not None else {}
                none = ("", "", 2.0)
                sure = [known.get(picture.path, none)[2] for picture in items]
                order = sorted(self._order("name"), key=sure.__getitem__)
            self._orders[sort] = order
        return self._orders[sort]

    # ---------------------------------------------------------------------------------------------- counts

    def balance(self) -> dict[str, dict[str, int]]:
        """For each class, by name, how many used images each split has ("" where the engine has not said yet)."""
        found = Counter((picture.label, picture.split) for picture in self.items if not picture.left_out)
        table: dict[str, dict[str, int]] = {}
        for (label, split), number in found.items():
            table.setdefault(UNLABELLED if label is None else label, {})[split] = number
        return dict(sorted(table.items()))

    def counts(self) -> dict[str, int]:
        """found, used, left_out, train, val, test, as the engine counts them."""
        splits = Counter(picture.split for picture in self.items if not picture.left_out)
        used = sum(splits.values())
        return {
            "found": len(self.items),
            "used": used,
            "left_out": len(self.items) - used,
            **{split: splits[split] for split in ("train", "val", "test")},
        }

    def reasons(self) -> dict[str, int]:
        """How many images are left out for each kind of reason, the most frequent first."""
        kinds = Counter(reason_kind(picture.left_out) for picture in self.items if picture.left_out)
        return dict(kinds.most_common())

    def domains(self) -> list[str]:
        """The domains that the data name."""
        return sorted({picture.domain for picture in self.items} - {""})


def relabelled(picture: Picture, label: str) -> Picture:
    """The image as it is after it was given a class: one that was left out for want of one is used now."""
    freed = picture.left_out == "no label"
    return replace(picture, label=label, left_out="" if freed else picture.left_out)
