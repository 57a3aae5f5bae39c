"""Images that are dropped on an open project: what they are, which class they get, and the copying."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QThread, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import label, make_room
from xferstudio.gui.look.words import engine_text, listed, whole
from xferstudio.gui.project.studio import Pictures

translate = QCoreApplication.translate

_SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
_LONGEST = 100


def class_fault(name: str) -> str:
    """What is wrong with the name of a class, in a sentence, or ""."""

    if not name.strip():
        return translate("ClassName", "A class needs a name.")
    if len(name) > _LONGEST:
        return translate("ClassName", "The name is too long.")
    if name.startswith(".") or name.endswith("."):
        return translate("ClassName", "The name of a class cannot begin or end with a dot.")
    if any(letter in '/\\:*?"<>|' or ord(letter) < 32 for letter in name):
        return translate(
            "ClassName",
            'The name of a class is also that of a folder: it cannot hold any of / \\ : * ? " < > |',
        )
    if name.casefold() in _SPLITS:
        return translate("ClassName", "This is the name of a split, which would be taken for one.")
    return ""


@dataclass(frozen=True)
class Found:
    """What lies in what was dropped: (class or None, file) of each image, and what was left out, with reasons."""

    files: Sequence[tuple[str | None, Path]]
    left_out: Sequence[tuple[str, str]]
    suggested: str = ""
    """The name of the one folder that was dropped, if it has no classes inside."""
    unplaced: Sequence[Path] = ()
    """Images beside the folders of classes: they can be added only where one class is named for all."""

    @property
    def classes(self) -> dict[str, int]:
        """How many images have each class."""
        return dict(sorted(Counter(name for name, _ in self.files if name is not None).items()))

    @property
    def loose(self) -> int:
        """How many images have no class."""
        return sum(name is None for name, _ in self.files)


def look_through(dropped: Iterable[Path]) -> Found:
    """Find the images in files and folders; folders inside a folder are its classes. Reads no file's content."""
    from xferstudio.data import find_images, missing_reader, readable_extensions

    files: list[tuple[str | None, Path]] = []
    left_out: list[tuple[str, str]] = []
    flat: list[tuple[str, list[Path]]] = []
    unplaced: list[Path] = []
    endings = readable_extensions()
    for path in dropped:
        if not path.is_dir():
            ending = path.suffix.lower()
            if ending in endings:
                files.append((None, path))
            else:
                reason = missing_reader(ending) or f"not an image file ({ending or 'no ending'})"
                left_out.append((str(path), reason))
            continue
        found, others = find_images(path)
        left_out += [(str(path / other.path), other.reason) for other in others]
        parts = [image.relative_to(path).parts for image in found]
        depth = 1 if parts and all(part[0].casefold() in _SPLITS and len(part) > 2 for part in parts) else 0
        if all(len(part) == 1 for part in parts):
            flat.append((path.name, found))
            continue
        for image, part in zip(found, parts, strict=True):
            if len(part) > depth + 1:
                files.append((part[depth], image))
            else:
                unplaced.append(image)
    suggested = ""
    if len(flat) == 1 and not files:
        suggested = flat[0][0]
        files += [(None, image) for image in flat[0][1]]
    else:
        # Several folders beside each other are classes, just as inside a folder.
        files += [(name, image) for name, found in flat for image in found]
    return Found(tuple(files), tuple(left_out), suggested, tuple(unplaced))


@dataclass(frozen=True)
class Places:
    """Where the project's data keeps each class: the folder, and the class to be written into the edits, if any."""

    root: Path
    kind: str
    """classes (a folder for each), splits (the same below train), or flat (labels are in the edits)."""
    above: str = ""
    folders: Mapping[str, str] = field(default_factory=dict)
    """Class to the name of its folder, where that is another."""
    renamed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, pictures: Pictures, renamed: Mapping[str, str]) -> Places:
        """The places of a project whose data is a folder."""
        parts = [picture.path.split("/") for picture in pictures.items if not picture.left_out]
        above = Counter(part[0] for part in parts if len(part) > 2 and part[0].casefold() in _SPLITS)
        kind, top = "classes", ""
        if parts and all(len(part) == 1 for part in parts):
            kind = "flat"
        elif parts and sum(above.values()) == len(parts) and len({_SPLITS[n.casefold()] for n in above}) > 1:
            kind = "splits"
            top = next((name for name in above if _SPLITS[name.casefold()] == "train"), "train")
        depth = 1 if kind == "splits" else 0
        existing = {part[depth] for part in parts if len(part) > depth + 1}
        folders = {}
        for source, name in renamed.items():
            if source in existing and name not in folders:
                folders[name] = source
        return cls(pictures.root, kind, top, folders, dict(renamed))

    def folder(self, name: str) -> Path:
        """The folder of a class."""
        if self.kind == "flat":
            return self.root
        inner = self.folders.get(name, name)
        return self.root / self.above / inner if self.above else self.root / inner

    def says(self, name: str) -> bool:
        """Whether the folder of a class gives its images this class, without any label among the edits."""
        inner = self.folders.get(name, name)
        return self.kind != "flat" and self.renamed.get(inner, inner) == name


@dataclass
class Report:
    """What came of copying."""

    copied: int = 0
    same: list[str] = field(default_factory=list)
    """Files whose content is in the project already."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    """Path in the project to class, for those whose folder does not say it."""
    stopped: bool = False
    error: str = ""
    """What ended the copying: a full disk, a folder that cannot be written."""


def copy_in(
    files: Sequence[tuple[str, Path]],
    places: Places,
    known: set[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Copy files into the folders of their classes. Nothing is overwritten; content in `known` is not copied."""
    from xferstudio.project import file_error

    report = Report()
    known = set(known)
    for done, (name, file) in enumerate(files):
        if stop():
            report.stopped = True
            break
        progress(done, len(files))
        try:
            content = _hash(file)
        except OSError as error:
            report.failed.append((str(file), error.strerror or str(error)))
            continue
        if content in known:
            report.same.append(str(file))
            continue
        folder = places.folder(name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            target = _copy(file, folder)
        except OSError as error:
            report.error = str(file_error(error, folder))
            break
        known.add(content)
        report.copied += 1
        if not places.says(name):
            report.labels[target.relative_to(places.root).as_posix()] = name
    progress(len(files), len(files))
    return report


def _hash(file: Path) -> str:
    state = blake2b(digest_size=16)
    with file.open("rb", buffering=0) as stream:
        while block := stream.read(1 << 20):
            state.update(block)
    return state.hexdigest()


def _copy(file: Path, folder: Path) -> Path:
    """Copy under the same name, or with a number behind it where that is taken."""
    number = 1
    while True:
        name = file.name if number == 1 else f"{file.stem} {number}{file.suffix}"
        target = folder / name
        try:
            out = target.open("xb")
        except FileExistsError:
            number += 1
            continue
        try:
            with out, file.open("rb") as source:
                shutil.copyfileobj(source, out, 1 << 20)
            shutil.copystat(file, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return target


class Finder(QThread):
    """Looks through what was dropped."""

    found = Signal(object)

    def __init__(self, dropped: Sequence[Path]) -> None:
        super().__init__()
        self._dropped = list(dropped)

    def run(self) -> None:
        try:
            self.found.emit(look_through(self._dropped))
        except Exception as error:  # noqa: BLE001  # a folder that goes away meanwhile
            self.found.emit(Found((), ((str(self._dropped[0]), str(error)),)))


class Copier(QThread):
    """Copies images into the project."""

    progressed = Signal(int, int)
    ended = Signal(object)

    def __init__(self, files: Sequence[tuple[str, Path]], places: Places, known: set[str]) -> None:
        super().__init__()
        self._files, self._places, self._known = files, places, known
        self._last = -1

    def run(self) -> None:
        report = copy_in(self._files, self._places, self._known, self._progress, self.isInterruptionRequested)
        self.ended.emit(report)

    def _progress(self, done: int, total: int) -> None:
        step = done * 200 // max(1, total)
        if step != self._last:
            self._last = step
            self.progressed.emit(done, total)


class AddDialog(QDialog):
    """Asks which classes the dropped images get: those of their folders, or one for all."""

    def __init__(
        self, found: Found, classes: Sequence[str], chosen: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._found = found
        self.setWindowTitle(self.tr("Add images"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        self.count = label("", "heading")
        layout.addWidget(self.count)
        words = label(
            self.tr(
                "They are copied into the folder of the project's data. The files you dropped stay as they are."
            ),
            "quiet",
            wrap=True,
        )
        words.setMinimumWidth(52 * theme.UNIT)
        layout.addWidget(words)
        self.ways = QButtonGroup(self)
        self.keep = QRadioButton(self.tr("Keep the folders as classes"))
        self.one = QRadioButton(self.tr("All in one class"))
        self.ways.addButton(self.keep)
        self.ways.addButton(self.one)
        layout.addWidget(self.keep)
        named = found.classes
        names = ", ".join(f"{name} ({whole(number)})" for name, number in list(named.items())[:12])
        if len(named) > 12:
            names += " …"
        self.listed = label(names, "quiet", wrap=True)
        self.listed.setContentsMargins(3 * theme.UNIT, 0, 0, 0)
        layout.addWidget(self.listed)
        layout.addWidget(self.one)
        self.name = QComboBox()
        self.name.setEditable(True)
        self.name.setAccessibleName(self.tr("Class"))
        self.name.addItems(list(classes))
        edit = self.name.lineEdit()
        assert edit is not None
        edit.setPlaceholderText(self.tr("an existing class, or a new one"))
        self.name.setEditText(chosen or found.suggested)
        layout.addWidget(self.name)
        keeps = bool(named) and not found.loose and not chosen
        self.keep.setChecked(keeps)
        self.one.setChecked(not keeps)
        for each in (self.keep, self.listed):
            each.setVisible(bool(named) and not found.loose)
        self.one.setVisible(bool(named) and not found.loose)
        self.not_added = label("", "quiet", wrap=True)
        layout.addWidget(self.not_added)
        self.fault = label("", "bad", wrap=True)
        layout.addWidget(self.fault)
        buttons = QDialogButtonBox()
        self.add = QPushButton(self.tr("Add"))
        self.add.setProperty("role", "primary")
        self.add.setDefault(True)
        buttons.addButton(self.add, QDialogButtonBox.ButtonRole.AcceptRole)
        cancel = buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setAutoDefault(False)  # else it takes Enter while the other button is disabled, and keeps it
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.name.editTextChanged.connect(self._check)
        self.keep.toggled.connect(self._check)
        self._check()
        self.name.setFocus() if not keeps else self.add.setFocus()

    @Slot()
    def _check(self) -> None:
        one = self.one.isChecked()
        self.name.setEnabled(one)
        self.count.setText(self.tr("Images to add: {count}").format(count=whole(len(self.files()))))
        kinds = Counter(reason for _, reason in self._found.left_out)
        if not one and self._found.unplaced:
            kinds["not in a class folder"] += len(self._found.unplaced)
        told = listed(f"{engine_text(reason)} ({whole(number)})" for reason, number in kinds.most_common(4))
        self.not_added.setText(self.tr("Not added: {reasons}").format(reasons=told))
        self.not_added.setVisible(bool(kinds))
        names = [self.name.currentText().strip()] if one else list(self._found.classes)
        fault = next(filter(None, map(class_fault, names)), "")
        typed = not one or bool(self.name.currentText())
        self.fault.setText(fault if typed else "")
        self.fault.setVisible(bool(fault) and typed)
        make_room(self)
        self.add.setEnabled(not fault)

    def files(self) -> list[tuple[str, Path]]:
        """Each image with the class that it gets."""
        if self.one.isChecked():
            name = self.name.currentText().strip()
            return [
                (name, file) for file in (*(file for _, file in self._found.files), *self._found.unplaced)
            ]
        return [(name, file) for name, file in self._found.files if name is not None]


class ClassDialog(QDialog):
    """Asks for a class: an existing one, or a new name."""

    def __init__(
        self,
        title: str,
        question: str,
        classes: Sequence[str],
        text: str = "",
        answer: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        words = label(question, wrap=True)
        words.setMinimumWidth(44 * theme.UNIT)
        layout.addWidget(words)
        self.box = QComboBox()
        self.box.setEditable(True)
        self.box.setAccessibleName(question)
        self.box.addItems(list(classes))
        self.box.setEditText(text)
        completer = self.box.completer()
        if completer is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setCompletionMode(completer.CompletionMode.PopupCompletion)
        edit = self.box.lineEdit()
        assert edit is not None
        edit.selectAll()
        layout.addWidget(self.box)
        self.about = label("", "quiet", wrap=True)
        layout.addWidget(self.about)
        self._classes = set(classes)
        self._before = text
        buttons = QDialogButtonBox()
        self.done_button = QPushButton(answer or self.tr("Move"))
        self.done_button.setProperty("role", "primary")
        self.done_button.setDefault(True)
        buttons.addButton(self.done_button, QDialogButtonBox.ButtonRole.AcceptRole)
        cancel = buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        cancel.setAutoDefault(False)  # else it takes Enter while the other button is disabled, and keeps it
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.merging = bool(text)
        self.box.editTextChanged.connect(self._check)
        self._check()

    def name(self) -> str:
        """The class that was chosen."""
        return self.box.currentText().strip()

    @Slot()
    def _check(self) -> None:
        name = self.name()
        fault = class_fault(name) if name not in self._classes else ""
        self.done_button.setEnabled(not fault and name != self._before)
        if fault:
            self.about.setText(fault if name else "")
        elif name == self._before:
            self.about.setText("")
        elif name in self._classes:
            self.about.setText(
                self.tr("There is a class of this name: the two become one.") if self.merging else ""
            )
        else:
            self.about.setText("" if self.merging else self.tr("A new class."))
        make_room(self)
