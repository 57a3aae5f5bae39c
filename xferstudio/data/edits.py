"""What the user has changed about the images of a project, kept beside them: the originals are never touched."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xferstudio.api import UserError
from xferstudio.data.catalog import Catalog
from xferstudio.data.split import SPLITS
from xferstudio.project import write_atomic

EDITS_FILE = "edits.json"
EXCLUDED = "excluded by you"
"""The reason of an image that was excluded without another."""

_SCHEMA = 1


@dataclass(frozen=True)
class Edits:
    """Changes by path (POSIX, relative to the data's root); a path that is not there any more changes nothing.

    `renamed` maps a class as the data have it to its new name, all at once; the name of another class merges the
    two. `labels` gives single images a class, by its new name. `excluded` gives the reason, which may be "".
    `splits` moves an image to train, val or test, whatever was drawn for it.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any((self.labels, self.excluded, self.splits, self.renamed))

    @classmethod
    def read(cls, folder: Path) -> Edits:
        """The edits of the project in this folder; none if there is no file. Raises UserError for a bad one."""
        file = Path(folder) / EDITS_FILE
        try:
            raw = json.loads(file.read_bytes())
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, RecursionError) as error:
            raise _damaged(file, str(error)) from error
        if isinstance(raw, dict) and isinstance(raw.get("schema"), int) and raw["schema"] > _SCHEMA:
            raise UserError(
                f"{file} was written by a newer xferstudio (schema {raw['schema']}, this one knows {_SCHEMA}); "
                "update the program."
            )
        fault = _fault(raw)
        if fault:
            raise _damaged(file, fault)
        return cls(**{each.name: dict(raw.get(each.name, {})) for each in dataclasses.fields(cls)})

    def write(self, folder: Path) -> None:
        """Write the file, whole. Raises UserError where that is not possible."""
        tables = {each.name: dict(getattr(self, each.name)) for each in dataclasses.fields(self)}
        text = json.dumps({"schema": _SCHEMA, **tables}, indent=1, sort_keys=True)
        write_atomic(Path(folder) / EDITS_FILE, text + "\n")

    def apply(self, catalog: Catalog) -> Catalog:
        """The catalogue after renaming, relabelling and excluding; `place` does the splits, once they are drawn."""
        return self.exclude(self.relabel(catalog))

    def exclude(self, catalog: Catalog) -> Catalog:
        """The catalogue without what is excluded, which is listed among what was left out."""
        return catalog.without({path: why or EXCLUDED for path, why in self.excluded.items()})

    def relabel(self, catalog: Catalog) -> Catalog:
        """The catalogue after renaming and relabelling, with those that are excluded still in it."""
        if not (self.renamed or self.labels):
            return catalog
        items = []
        for item in catalog.items:
            label = self.renamed.get(item.label, item.label) if item.label is not None else None
            label = self.labels.get(item.path, label)
            if label is not None:
                label = unicodedata.normalize("NFC", label)
            items.append(item if label == item.label else dataclasses.replace(item, label=label))
        return catalog.with_items(items)

    def place(self, catalog: Catalog, splits: Sequence[str]) -> tuple[Catalog, list[str]]:
        """The catalogue and its splits after moving images; a moved one carries its split, as if the data said it.

        Only for splits that were drawn already: an explicit test image keeps others from being drawn.
        """
        if not self.splits:
            return catalog, list(splits)
        items = [
            dataclasses.replace(item, split=self.splits[item.path]) if item.path in self.splits else item
            for item in catalog.items
        ]
        placed = [self.splits.get(item.path, split) for item, split in zip(items, splits, strict=True)]
        return catalog.with_items(items), placed


def _damaged(file: Path, fault: str) -> UserError:
    return UserError(
        f"{file}, which holds your changes to the images, cannot be read ({fault}); put back a copy of it, or "
        "delete it to go on without these changes."
    )


def _fault(raw: Any) -> str:
    """What is wrong with the content of the file, or an empty text."""
    if not isinstance(raw, dict) or raw.get("schema") != _SCHEMA:
        return f"it has no schema number {_SCHEMA}"
    for each in dataclasses.fields(Edits):
        table = raw.get(each.name, {})
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            return f"{each.name!r} must give a text for each name"
        for key, value in table.items():
            if each.name in ("labels", "renamed") and not value.strip():
                return f"{each.name!r} gives {key!r} an empty class"
            if each.name == "splits" and value not in SPLITS:
                return f"'splits' gives {key!r} the split {value!r}, which is not one of {', '.join(SPLITS)}"
    return ""
