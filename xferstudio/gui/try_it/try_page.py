"""The page on which a model is tried: drop an image, see what it is taken for and what mattered for that."""

from __future__ import annotations

import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QFileInfo, QSize, QStandardPaths, Qt, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme, widgets, words
from xferstudio.gui.look.help import keys
from xferstudio.gui.look.picture_list import Entry, PictureList
from xferstudio.gui.project.model_choice import ModelChoice
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.reading import Reader, Stopped
from xferstudio.gui.project.run_facts import RunList
from xferstudio.gui.project.studio import Studio
from xferstudio.gui.try_it.heat import HeatLegend, HeatView, read_heat, read_upright
from xferstudio.gui.try_it.incoming import gather, local_files, offers_images, save_image
from xferstudio.gui.try_it.predictor import Predictor
from xferstudio.gui.try_it.sorting import SortPanel

MOST = 500
"""Images that are taken at once at most; whole folders are for sorting."""
TOP = 5
_PICTURES = 12


class TryPage(Page):
    """A model, images, and what the one says of the others."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.setObjectName("try")
        self.setAcceptDrops(True)
        self.runs = RunList(studio, self)
        self.predictor = Predictor(studio, TOP, self)
        self.answers: dict[str, dict[str, Any]] = {}
        self._files: list[Path] = []
        self._shown = ""
        self._pasted: Path | None = None
        self._wanted = ""
        self._pictures: OrderedDict[str, tuple[QImage, QSize, str]] = OrderedDict()
        self._gatherer = Reader(self)
        self._gatherer.done.connect(self._gathered)
        self._gatherer.failed.connect(self._not_read)
        self._decoder = Reader(self)
        self._decoder.done.connect(self._decoded)
        self._decoder.failed.connect(self._not_read)
        self._heats = Reader(self)
        self._heats.done.connect(self._heat_read)
        self._build()
        self.runs.changed.connect(self._models_changed)
        studio.figures_changed.connect(self._models_changed)
        studio.project_changed.connect(self._project_changed)
        self._project = studio.project.folder if studio.project else None
        self.predictor.changed.connect(self._state)
        self.predictor.answered.connect(self._answered)
        self._models_changed()

    # ---------------------------------------------------------------------------------------------- parts

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        top = widgets.title_row(self.tr("Try it"))
        self.status = widgets.label("", "quiet")
        top.addWidget(self.status)
        self.again = widgets.button(self.tr("Try again"), "refresh")
        self.again.clicked.connect(self._again)
        self.again.hide()
        top.addWidget(self.again)
        self.model = ModelChoice(self.tr("An exported ONNX file…"))
        self.model.picked.connect(self._model_picked)
        self.model.other_wanted.connect(self._pick_model)
        top.addWidget(self.model)
        layout.addLayout(top)

        self.bar = QWidget()
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.UNIT)
        self.pick = widgets.button(self.tr("Choose images…"), "images")
        self.pick.setToolTip(self.tr("Images to try, from any folder (Ctrl+Shift+O)"))
        self.pick.clicked.connect(self._pick_files)
        self.pick_all = widgets.button(self.tr("Choose a folder…"), "folder")
        self.pick_all.clicked.connect(self._pick_folder)
        self.paste_button = widgets.button(self.tr("Paste"), "clipboard")
        self.paste_button.clicked.connect(self.paste)
        self.clear_button = widgets.button(self.tr("Clear"), "close")
        self.clear_button.clicked.connect(self.clear)
        self.sort_button = widgets.button(self.tr("Sort a folder…"), "sort")
        self.sort_button.setToolTip(self.tr("Copy or link its images into one folder for each class"))
        self.sort_button.clicked.connect(self.open_sorting)
        for each in (self.pick, self.pick_all, self.paste_button, self.clear_button):
            row.addWidget(each)
        row.addStretch(1)
        row.addWidget(self.sort_button)
        layout.addWidget(self.bar)

        self.stack = QStackedWidget()
        layout.addWidget(self.stack, 1)
        self.nothing = widgets.EmptyState(
            "try",
            self.tr("No model to try yet"),
            self.tr("Finish a run first, or choose an exported ONNX file above."),
            self.tr("Go to Train"),
        )
        self.nothing.acted.connect(self.go_to_train)
        self.stack.addWidget(self.nothing)
        self.drop = widgets.EmptyState(
            "drop",
            self.tr("Drop images here"),
            self.tr("Or paste one from the clipboard, or choose files. They stay where they are."),
            self.tr("Choose images…"),
        )
        self.drop.acted.connect(self._pick_files)
        self.stack.addWidget(self.drop)
        self.stack.addWidget(self._results())
        self.sorting = SortPanel(self.studio)
        self.sorting.left.connect(self._state)
        self.sorting.left.connect(self.close_sorting)
        self.stack.addWidget(self.sorting)
        self._sorting = False
        for sequence, slot in (
            (QKeySequence(QKeySequence.StandardKey.Paste), self.paste),
            (QKeySequence("Ctrl+Shift+O"), self._pick_files),
            (QKeySequence("Ctrl+H"), self._toggle_heat),
        ):
            shortcut = QShortcut(sequence, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    def _results(self) -> QWidget:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        self.list = PictureList(side=48, wide=True)
        self.list.setAccessibleName(self.tr("Images and what they are taken for"))
        self.list.setMinimumWidth(24 * theme.UNIT)
        self.list.selectionModel().currentChanged.connect(self._look)
        split.addWidget(self.list)
        self.view = HeatView()
        middle = QWidget()
        around = QVBoxLayout(middle)
        around.setContentsMargins(theme.UNIT, 0, theme.UNIT, 0)
        around.addWidget(self.view)
        split.addWidget(middle)
        side = QWidget()
        panel = QVBoxLayout(side)
        panel.setContentsMargins(theme.UNIT, 0, 0, 0)
        panel.setSpacing(theme.UNIT)
        self.verdict = widgets.label("", "heading", wrap=True)
        panel.addWidget(self.verdict)
        self.file = widgets.label("", "small", wrap=True)
        self.file.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        panel.addWidget(self.file)
        self.trouble = widgets.label("", "bad", wrap=True)
        panel.addWidget(self.trouble)
        bars = QGridLayout()
        bars.setHorizontalSpacing(theme.UNIT)
        bars.setVerticalSpacing(theme.UNIT // 2)
        bars.setColumnStretch(0, 1)
        self.bars: list[tuple[QLabel, QLabel, widgets.Bar]] = []
        for number in range(TOP):
            name, share, bar = widgets.label(""), widgets.label("", "quiet"), widgets.Bar()
            name.setMinimumWidth(0)
            bars.addWidget(name, 2 * number, 0)
            bars.addWidget(share, 2 * number, 1, Qt.AlignmentFlag.AlignRight)
            bars.addWidget(bar, 2 * number + 1, 0, 1, 2)
            bars.setRowMinimumHeight(2 * number + 1, theme.UNIT + theme.UNIT // 2)
            self.bars.append((name, share, bar))
        panel.addLayout(bars)
        panel.addSpacing(theme.UNIT)
        self.heat_part = QWidget()
        heat = QVBoxLayout(self.heat_part)
        heat.setContentsMargins(0, 0, 0, 0)
        heat.setSpacing(theme.UNIT)
        self.heat_on = QCheckBox(self.tr("Show what mattered"))
        self.heat_on.setToolTip(self.tr("Colour the places that spoke most for this class (Ctrl+H)"))
        self.heat_on.setChecked(True)
        self.heat_on.toggled.connect(self.view.set_on)
        heat.addWidget(self.heat_on)
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(10, 100)
        self.strength.setValue(70)
        self.strength.setAccessibleName(self.tr("How much the colours cover"))
        self.strength.setToolTip(self.tr("How much the colours cover"))
        self.strength.valueChanged.connect(self._strength)
        self.heat_on.toggled.connect(self.strength.setEnabled)
        heat.addWidget(self.strength)
        heat.addWidget(HeatLegend())
        self.heat_words = widgets.label("", "small", wrap=True)
        heat.addWidget(self.heat_words)
        panel.addWidget(self.heat_part)
        self.no_heat = widgets.label("", "small", wrap=True)
        panel.addWidget(self.no_heat)
        panel.addStretch(1)
        side.setMinimumWidth(26 * theme.UNIT)
        area = widgets.scrolling(side, self.tr("What the model says"))
        area.setMinimumWidth(28 * theme.UNIT)
        split.addWidget(area)
        split.setStretchFactor(1, 1)
        split.setSizes([220, 480, 260])
        return split

    # ----------------------------------------------------------------------------------------------- page

    def shortcuts(self) -> list[tuple[str, str]]:
        """What the help sheet says of this page."""
        return [
            (self.tr("Choose images"), keys("Ctrl+Shift+O")),
            (self.tr("Paste an image"), keys(QKeySequence.StandardKey.Paste)),
            (self.tr("Show or hide what mattered"), keys("Ctrl+H")),
        ]

    def shown(self) -> None:
        """Read the runs, and make the model ready for the first image."""
        self.runs.refresh()
        self.predictor.use(self.model.chosen)
        self._state()

    def select(self, what: str) -> None:
        """Choose this run or exported file."""
        run = self.runs.find(what)
        if run is not None and not self.model.choose(run.folder):
            self._wanted = ""
            if run.learned:
                self._add_file(run.folder)
        elif run is None and what.lower().endswith(".onnx"):
            self._add_file(Path(what))
        elif run is None:
            self._wanted = what

    def let_go(self) -> bool:
        """End the process and the threads, forget pasted images."""
        self.predictor.let_go()
        self.sorting.let_go()
        for reader in (self._gatherer, self._decoder, self._heats):
            reader.let_go()
        self.runs.let_go()
        self.list.let_go()
        if self._pasted is not None:
            shutil.rmtree(self._pasted, ignore_errors=True)
            self._pasted = None
        return True

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._state()

    @Slot()
    def _project_changed(self) -> None:
        folder = self.studio.project.folder if self.studio.project else None
        if folder == self._project:
            return
        self._project = folder
        self.predictor.use(None)
        self._files.clear()
        self.clear()
        self.sorting.reset()
        self.close_sorting()

    # ---------------------------------------------------------------------------------------------- model

    @Slot()
    def _models_changed(self) -> None:
        exported = [file for file in self.studio.exports if file.suffix.lower() == ".onnx"]
        files = list(dict.fromkeys((*self._files, *exported)))
        self.model.set_models(self.runs.learned(), files)
        if self._wanted and self.runs.read:
            wanted, self._wanted = self._wanted, ""
            self.select(wanted)
            self._wanted = ""
        self._state()

    def _add_file(self, file: Path) -> None:
        if file not in self._files:
            self._files.insert(0, file)
        self._models_changed()
        self.model.choose(file)

    @Slot()
    def _pick_model(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose an exported model"), self._exports(), self.tr("ONNX files (*.onnx)")
        )
        if name:
            self._add_file(Path(name))

    def _exports(self) -> str:
        project = self.studio.project
        return str(project.exports_folder) if project is not None else ""

    @Slot()
    def _model_picked(self) -> None:
        model = self.model.chosen
        self.sorting.use(model)
        if self.isVisible() or self.predictor.model is not None:
            self.predictor.use(model)
        # Another model says something else of the same images.
        files = [entry.file for entry in self.list.pictures.entries]
        self.answers.clear()
        if model is not None and files:
            self.list.pictures.set_entries([self._entry(file) for file in files])
            for file in files:
                self.predictor.ask(file)
            self._choose(self._shown if self._shown in files else files[0])
        self._state()

    @Slot()
    def _again(self) -> None:
        self.predictor.use(self.model.chosen)
        for entry in self.list.pictures.entries:
            if "error" in self.answers.get(entry.file, {"error": ""}):
                self.answers.pop(entry.file, None)
                self.list.pictures.change(self._entry(entry.file))
                self.predictor.ask(entry.file)
        self._show(self._shown)

    @Slot()
    def _state(self) -> None:
        model = self.model.chosen
        self.again.setVisible(self.predictor.state == "failed")
        open_questions = self.predictor.open_questions
        text = {
            "off": "",
            "loading": self.tr("Loading the model…"),
            "ready": self.tr("Ready"),
            "failed": self.tr("The model cannot be used"),
        }[self.predictor.state]
        if self.predictor.state == "ready" and open_questions:
            text = self.tr("{count} to go").format(count=words.whole(open_questions))
        self.status.setText(text if model is not None else "")
        self.status.setToolTip(widgets.plain_tip(self.predictor.reason))
        self.bar.setVisible(model is not None and not self._sorting)
        has = bool(self.list.pictures.entries)
        self.clear_button.setEnabled(has)
        if model is None:
            self.stack.setCurrentIndex(0)
        elif self._sorting:
            self.stack.setCurrentIndex(3)
        else:
            self.stack.setCurrentIndex(2 if has else 1)
        if not has and self.predictor.state == "failed":
            self.drop.text.setText(self.predictor.reason)
        else:
            self.drop.text.setText(
                self.tr("Or paste one from the clipboard, or choose files. They stay where they are.")
            )

    # --------------------------------------------------------------------------------------------- images

    def add(self, paths: Sequence[str]) -> None:
        """Try these files, and the images in these folders."""
        if not paths or self.model.chosen is None:
            return
        self.close_sorting()
        self.model.keep()
        listed = list(paths)

        def work(stopped: Stopped) -> tuple[list[str], int]:
            return gather(listed, MOST, stopped)

        self._gatherer.ask(work)

    @Slot(object)
    def _gathered(self, found: tuple[list[str], int]) -> None:
        files, count = found
        known = self.list.pictures.rows
        fresh = [file for file in dict.fromkeys(files) if file not in known]
        if not files:
            self.studio.note.emit(self.tr("There are no images in this folder."))
            return
        if count > len(files):
            text = self.tr(
                "The first {shown} of {count} images are shown; sort the folder to predict all of them."
            )
            self.studio.note.emit(text.format(shown=words.whole(len(files)), count=words.whole(count)))
        self.list.pictures.add([self._entry(file) for file in fresh])
        for file in fresh:
            self.predictor.ask(file)
        self._choose(fresh[0] if fresh else files[0])
        self._state()

    @Slot()
    def clear(self) -> None:
        """Forget the images; the files stay where they are."""
        self.predictor.forget()
        self._gatherer.drop()
        self._decoder.drop()
        self._heats.drop()
        self.list.pictures.set_entries(())
        self.answers.clear()
        self._pictures.clear()
        self._show("")
        self._state()

    @Slot()
    def paste(self) -> None:
        """Try what is on the clipboard: files, or an image itself."""
        self._take(QGuiApplication.clipboard().mimeData(), self.tr("There is no image on the clipboard."))

    def _take(self, data: Any, otherwise: str) -> None:
        files = local_files(data)
        if not files and data.hasImage():
            if self._pasted is None:
                self._pasted = Path(tempfile.mkdtemp(prefix="xferstudio-pasted-"))
            file = save_image(data, self._pasted)
            files = [str(file)] if file is not None else []
        if files:
            self.add(files)
        else:
            self.studio.note.emit(otherwise)

    @Slot()
    def _pick_files(self) -> None:
        if self.model.chosen is None:
            return
        from xferstudio.data import readable_extensions

        endings = " ".join(f"*{each} *{each.upper()}" for each in sorted(readable_extensions()))
        images, everything = self.tr("Images"), self.tr("All files")
        names, _ = QFileDialog.getOpenFileNames(
            self,
            self.tr("Choose images"),
            self._images_folder(),
            f"{images} ({endings});;{everything} (*)",
            options=QFileDialog.Option.HideNameFilterDetails,
        )
        if names:
            self.studio.settings.setValue("try/folder", str(Path(names[0]).parent))
        self.add(names)

    def _images_folder(self) -> str:
        """Where images were chosen last, or the folder of pictures."""
        last = str(self.studio.settings.value("try/folder", "") or "")
        if last and QFileInfo(last).isDir():
            return last
        return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)

    @Slot()
    def _pick_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, self.tr("Choose a folder of images"), self._images_folder()
        )
        if name:
            self.studio.settings.setValue("try/folder", name)
            self.add([name])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if self.model.chosen is not None and offers_images(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        event.acceptProposedAction()
        if self._sorting:
            self.sorting.take(local_files(event.mimeData()))
        else:
            self._take(event.mimeData(), self.tr("Only files of this machine can be tried."))

    # -------------------------------------------------------------------------------------------- answers

    def _entry(self, file: str) -> Entry:
        answer, name = self.answers.get(file), Path(file).name
        if answer is None:
            return Entry(file, "…", name, "quiet")
        if "error" in answer:
            return Entry(file, self.tr("cannot be read"), name, "bad")
        share = words.percent(float(answer["confidence"]), 0)
        return Entry(file, f"{answer['label']} · {share}", name)

    @Slot(str, dict)
    def _answered(self, file: str, answer: dict[str, Any]) -> None:
        if file not in self.list.pictures.rows:
            return
        self.answers[file] = answer
        self.list.pictures.change(self._entry(file))
        if file == self._shown:
            self._show_answer()
        self._state()

    def _choose(self, file: str) -> None:
        self.list.choose(file)
        self._show(file)

    @Slot()
    def _look(self) -> None:
        entry = self.list.chosen()
        if entry is not None:
            self._show(entry.file)

    def _show(self, file: str) -> None:
        self._shown = file
        self.file.setText(Path(file).name if file else "")
        self.file.setToolTip(widgets.plain_tip(file))
        known = self._pictures.get(file)
        if known is not None:
            self.view.show_image(*known)
        else:
            self.view.show_image(None, QSize())
            if file:

                def work(_: Stopped) -> tuple[str, QImage, QSize, str]:
                    return (file, *read_upright(Path(file)))

                self._decoder.ask(work)
        if file and file not in self.answers and self.predictor.open_questions > 1:
            self.predictor.ask(file, first=True)
        self._show_answer()

    @Slot(object)
    def _decoded(self, found: tuple[str, QImage, QSize, str]) -> None:
        file, image, size, reason = found
        self._pictures[file] = (image, size, reason)
        while len(self._pictures) > _PICTURES:
            self._pictures.popitem(last=False)
        if file == self._shown:
            self.view.show_image(image, size, reason)
            self._show_heat()

    def _show_answer(self) -> None:
        answer = self.answers.get(self._shown)
        error = str(answer["error"]) if answer and "error" in answer else ""
        good = answer if answer and not error else None
        shares = sorted((good["probabilities"] if good else {}).items(), key=lambda pair: -pair[1])[:TOP]
        if error:
            self.verdict.setText(self.tr("This image cannot be predicted"))
        elif good:
            text = self.tr("{label}, {share} sure")
            self.verdict.setText(text.format(label=good["label"], share=words.percent(good["confidence"], 0)))
        else:
            self.verdict.setText(self.tr("Predicting…") if self._shown else "")
        self.trouble.setText(error)
        self.trouble.setVisible(bool(error))
        for number, (name, share, bar) in enumerate(self.bars):
            there = number < len(shares)
            for each in (name, share, bar):
                each.setVisible(there)
            if there:
                name.setText(shares[number][0])
                name.setToolTip(widgets.plain_tip(shares[number][0]))
                share.setText(words.percent(shares[number][1]))
                bar.set_share(float(shares[number][1]))
                bar.setAccessibleName(f"{shares[number][0]}: {share.text()}")
        self._show_heat()

    def _show_heat(self) -> None:
        answer = self.answers.get(self._shown) or {}
        file, box = answer.get("heat_map"), answer.get("box")
        self.heat_part.setVisible(bool(file))
        note = words.engine_text(str(answer.get("heat_map_note", "")))
        self.no_heat.setText(self.tr("Nothing shows what mattered: {why}.").format(why=note.rstrip(".")))
        self.no_heat.setVisible(bool(note) and not file)
        if not file or not box:
            return
        text = self.tr("Bright places spoke most for {label}.").format(label=answer["label"])
        if self.view.full.isValid() and (
            box[2] - box[0] < self.view.full.width() - 1 or box[3] - box[1] < self.view.full.height() - 1
        ):
            text = words.told((text, self.tr("The dashed frame is what the model sees.")))
        self.heat_words.setText(text)
        shown = self._shown

        def work(_: Stopped) -> tuple[str, QImage, list[float]]:
            return shown, read_heat(Path(file)), list(box)

        self._heats.ask(work)

    @Slot(object)
    def _heat_read(self, found: tuple[str, QImage, list[float]]) -> None:
        file, heat, box = found
        if file != self._shown:
            return
        self.view.show_heat(heat, box)
        if heat.isNull():
            self.heat_words.setText(
                self.tr("No place in this image spoke for its class more than the others.")
            )

    @Slot(str)
    def _not_read(self, reason: str) -> None:
        self.studio.note.emit(reason)

    @Slot(int)
    def _strength(self, value: int) -> None:
        self.view.set_strength(value / 100)

    @Slot()
    def _toggle_heat(self) -> None:
        self.heat_on.toggle()

    # ------------------------------------------------------------------------------------------- sorting

    @Slot()
    def open_sorting(self) -> None:
        """Show how a folder is sorted into classes."""
        self._sorting = True
        self.model.keep()
        self.sorting.use(self.model.chosen)
        self._state()
        self.sorting.begin()

    @Slot()
    def close_sorting(self) -> None:
        """Back to the images."""
        self._sorting = False
        self._state()
