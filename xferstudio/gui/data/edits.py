"""Changes to the images that can be undone: commands over the edits that the project keeps in its folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from xferstudio.api import UserError
from xferstudio.data.edits import EXCLUDED, Edits
from xferstudio.gui.data.rows import Rows, relabelled
from xferstudio.gui.project.studio import Picture

Entry = tuple[str, str, str | None, str | None]
"""Table of the edits, key, value before and value after; None where there is no entry."""


@dataclass(frozen=True)
class Change:
    """One step: entries of the edits, and the images as they look before and after it."""

    entries: Sequence[Entry]
    before: Sequence[Picture]
    after: Sequence[Picture] = field(default=())

    def edits(self, edits: Edits, forward: bool) -> Edits:
        """The edits after this step, or after taking it back; what others have changed meanwhile stays."""
        tables = {each.name: dict(getattr(edits, each.name)) for each in fields(Edits)}
        for table, key, old, new in self.entries:
            value = new if forward else old
            if value is None:
                tables[table].pop(key, None)
            else:
                tables[table][key] = value
        return Edits(**tables)


class _Step(QUndoCommand):
    def __init__(self, editor: Editor, change: Change, text: str) -> None:
        super().__init__(text)
        self._editor, self._change = editor, change
        self._skip = False
        self._new = True

    def redo(self) -> None:
        if self._skip:
            self._skip = False
            return
        done = self._editor._apply(self._change, forward=True)
        if not done and self._new:
            self.setObsolete(True)
        elif not done:
            self._stay(-1)
        self._new = False

    def undo(self) -> None:
        if self._skip:
            self._skip = False
            return
        if not self._editor._apply(self._change, forward=False):
            self._stay(+1)

    def _stay(self, step: int) -> None:
        # The stack has moved although nothing has changed: it moves back without doing anything.
        self._skip = True
        self._editor._move_back(step)


class Editor(QObject):
    """Changes images of one project. Each change is on disk when its method returns, or has not happened."""

    changed = Signal(list)
    """Places in the rows of the images that look different now."""
    failed = Signal(str)
    """A change could not be written and was not made: why."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self.folder: Path | None = None
        self.edits = Edits()
        self.rows = Rows()
        self._back = 0

    def open(self, folder: Path | None) -> None:
        """Go to another project; what was done before cannot be undone any more."""
        if folder != self.folder:
            self.stack.clear()
        self.folder, self.edits = folder, Edits()
        if folder is not None:
            try:
                self.edits = Edits.read(folder)
            except UserError as error:
                self.failed.emit(str(error))

    def use(self, rows: Rows) -> None:
        """Take the images as they were just looked through."""
        self.rows = rows
        self.rows.edited = self._edited()

    def _edited(self) -> set[str]:
        edits = self.edits
        return {*edits.labels, *edits.excluded, *edits.splits}

    # ----------------------------------------------------------------------------------------- changes

    def assign(self, pictures: Iterable[Picture], label: str) -> None:
        """Give these images a class."""
        moved = [picture for picture in pictures if picture.label != label]
        self._push(
            [("labels", picture.path, self.edits.labels.get(picture.path), label) for picture in moved],
            moved,
            [relabelled(picture, label) for picture in moved],
            self.tr("Move {count} to {label}").format(count=len(moved), label=label),
        )

    def exclude(self, pictures: Iterable[Picture], reason: str = "") -> None:
        """Leave these images out of all training and testing."""
        out = [picture for picture in pictures if picture.path not in self.edits.excluded]
        self._push(
            [("excluded", picture.path, None, reason) for picture in out],
            out,
            [replace(picture, left_out=reason or EXCLUDED, split="") for picture in out],
            self.tr("Exclude {count}").format(count=len(out)),
        )

    def include(self, pictures: Iterable[Picture]) -> None:
        """Use these images again that were excluded; those left out for other reasons stay so."""
        excluded = self.edits.excluded
        back = [picture for picture in pictures if picture.path in excluded]
        self._push(
            [("excluded", picture.path, excluded[picture.path], None) for picture in back],
            back,
            [replace(picture, left_out="" if picture.label is not None else "no label") for picture in back],
            self.tr("Include {count}").format(count=len(back)),
        )

    def move(self, pictures: Iterable[Picture], split: str) -> None:
        """Put these images into train, val or test, whatever was drawn for them."""
        moved = [picture for picture in pictures if not picture.left_out and picture.split != split]
        self._push(
            [("splits", picture.path, self.edits.splits.get(picture.path), split) for picture in moved],
            moved,
            [replace(picture, split=split) for picture in moved],
            self.tr("Move {count} to {split}").format(count=len(moved), split=split),
        )

    def rename(self, old: str, new: str) -> None:
        """Call a class by another name; the name of another class merges the two."""
        if not new or old == new:
            return
        renamed, labels = self.edits.renamed, self.edits.labels
        sources = {source for source, name in renamed.items() if name == old}
        if old not in renamed and (not sources or self._in_the_data(old)):
            sources.add(old)
        entries: list[Entry] = [
            ("renamed", source, renamed.get(source), new if source != new else None)
            for source in sorted(sources)
        ]
        entries += [("labels", path, label, new) for path, label in labels.items() if label == old]
        moved = [picture for picture in self.rows.items if picture.label == old]
        merges = any(picture.label == new for picture in self.rows.items)
        words = self.tr("Merge {old} into {new}") if merges else self.tr("Rename {old} to {new}")
        after = [replace(picture, label=new) for picture in moved]
        self._push(entries, moved, after, words.format(old=old, new=new))

    def take_back(self, pictures: Iterable[Picture]) -> None:
        """Forget all changes of these single images."""
        entries: list[Entry] = []
        changed = []
        for picture in pictures:
            mine: list[Entry] = [
                (table, picture.path, getattr(self.edits, table)[picture.path], None)
                for table in ("labels", "excluded", "splits")
                if picture.path in getattr(self.edits, table)
            ]
            if mine:
                entries += mine
                changed.append(picture)
        after = [
            replace(picture, left_out="") if picture.path in self.edits.excluded else picture
            for picture in changed
        ]
        words = self.tr("Take back changes of {count}").format(count=len(changed))
        self._push(entries, changed, after, words)

    def name(self, source: str, label: str) -> None:
        """Let the class that the data call `source` have this name."""
        entry: Entry = ("renamed", source, self.edits.renamed.get(source), label)
        self._push([entry], [], [], self.tr("Rename {old} to {new}").format(old=source, new=label))

    def label(self, labels: Mapping[str, str]) -> None:
        """Give classes to files that have just been added."""
        entries: list[Entry] = [
            ("labels", path, self.edits.labels.get(path), label) for path, label in labels.items()
        ]
        self._push(entries, [], [], self.tr("Label {count} added images").format(count=len(labels)))

    def _in_the_data(self, label: str) -> bool:
        """Whether a folder is called so, and not only another class by the user's wish."""
        if not any("/" in picture.path for picture in self.rows.items):
            return True  # of a table it is not known
        return any(label in picture.path.split("/")[:2] for picture in self.rows.items)

    # ------------------------------------------------------------------------------------------ doing

    def _push(
        self, entries: Sequence[Entry], before: Sequence[Picture], after: Sequence[Picture], words: str
    ) -> None:
        if self.folder is not None and entries:
            self.stack.push(_Step(self, Change(tuple(entries), tuple(before), tuple(after)), words))

    def _apply(self, change: Change, forward: bool) -> bool:
        if self.folder is None:
            return False
        try:
            # Read again, since another window may have written meanwhile.
            edits = change.edits(Edits.read(self.folder), forward)
            edits.write(self.folder)
        except UserError as error:
            self.failed.emit(str(error))
            return False
        self.edits = edits
        self.rows.edited = self._edited()
        pictures = change.after if forward else change.before
        self.rows.update(pictures)
        places = self.rows.places
        self.changed.emit([places[picture.path] for picture in pictures if picture.path in places])
        return True

    def _move_back(self, step: int) -> None:
        self._back = step
        QTimer.singleShot(0, self, self._settle)

    @Slot()
    def _settle(self) -> None:
        step, self._back = self._back, 0
        if step:
            self.stack.setIndex(self.stack.index() + step)
