"""Adding files to the project while it is open: what is dropped is looked through, asked about, and copied in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QThread, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QProgressBar, QWidget

from xferstudio.api import UserError
from xferstudio.gui.data.adding import AddDialog, Copier, Finder, Found, Places, Report
from xferstudio.gui.data.edits import Editor
from xferstudio.gui.look import theme
from xferstudio.gui.look.threads import begin
from xferstudio.gui.look.widgets import button, label, tool
from xferstudio.gui.look.words import engine_text, told, whole
from xferstudio.gui.project.studio import Studio


class AddingBar(QFrame):
    """Says how far the adding is, and what came of it; hidden while there is nothing to say."""

    added = Signal()
    """Images were copied into the project."""

    def __init__(
        self,
        studio: Studio,
        editor: Editor,
        classes: Callable[[], Sequence[str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.studio, self.editor, self._classes = studio, editor, classes
        self._finder: Finder | None = None
        self._copier: Copier | None = None
        self._threads: set[QThread] = set()
        self._proposed = ""
        self._result_details = ""
        self.setProperty("role", "bar")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.UNIT, theme.UNIT, 2 * theme.UNIT, theme.UNIT)
        row.setSpacing(2 * theme.UNIT)
        self.words = label("", wrap=True)
        row.addWidget(self.words, 1)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(24 * theme.UNIT)
        self.progress.setAccessibleName(self.tr("Progress of adding"))
        row.addWidget(self.progress)
        self.stop = button(self.tr("Stop"), "stop")
        self.stop.clicked.connect(self.stop_adding)
        row.addWidget(self.stop)
        self.details = button(self.tr("Details"))
        self.details.clicked.connect(self._show_details)
        row.addWidget(self.details)
        self.dismiss = tool("close", self.tr("Close"))
        self.dismiss.clicked.connect(self.hide)
        row.addWidget(self.dismiss)
        self.hide()

    # ------------------------------------------------------------------------------------------ which files

    @Slot()
    def ask_for_files(self) -> None:
        """Let the user pick a folder or files to add."""
        dialog = QFileDialog(self.window(), self.tr("Images to add"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._files_picked)
        dialog.open()

    @Slot(list)
    def _files_picked(self, files: list[str]) -> None:
        self.add_files([Path(file) for file in files])

    def add_files(self, files: Sequence[Path], name: str = "") -> None:
        """Add these files and folders to the project, after asking for classes; `name` is a class to propose."""
        project = self.studio.project
        if project is None or self.studio.pictures is None or not files:
            return
        if self._finder is not None or self._copier is not None:
            self.studio.note.emit(self.tr("Images are being added already; wait until that has ended."))
            return
        try:
            source = project.data_path()
        except UserError as error:
            self.studio.message.emit(str(error), "")
            return
        if source.is_file():
            self.studio.message.emit(
                self.tr(
                    "The images of this project are listed in the table {table}, which xferstudio does not write to. "
                    "Add a line for each new image there; the project takes them up by itself."
                ).format(table=source.name),
                str(source),
            )
            return
        inside = [file for file in files if file.is_relative_to(source)]
        if inside:
            self.studio.message.emit(
                self.tr("{name} is in the folder of the project's data already.").format(name=inside[0].name),
                "\n".join(map(str, inside)),
            )
            return
        self._proposed = name
        self._say(self.tr("Looking through what was dropped…"), busy=True)
        self._finder = Finder(files)
        self._finder.found.connect(self._found)
        self._begin(self._finder)

    @Slot(object)
    def _found(self, found: Found) -> None:
        finder = self.sender()
        if finder is not self._finder or self._finder is None:
            return
        self._finder = None
        self.hide()
        if isinstance(finder, Finder) and finder.isInterruptionRequested():
            return
        if not found.files:
            details = "\n".join(f"{path}: {engine_text(reason)}" for path, reason in found.left_out)
            self.studio.message.emit(self.tr("There are no images in what was dropped."), details)
            return
        dialog = AddDialog(found, self._classes(), self._proposed, self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self._copy_in)
        dialog.open()

    # ---------------------------------------------------------------------------------------------- copying

    @Slot()
    def _copy_in(self) -> None:
        dialog, pictures = self.sender(), self.studio.pictures
        if not isinstance(dialog, AddDialog) or pictures is None:
            return
        files = dialog.files()
        places = Places.of(pictures, self.editor.edits.renamed)
        known = {picture.hash for picture in pictures.items if picture.hash}
        self._say(self.tr("Copying images into the project…"), busy=True)
        self.progress.setRange(0, len(files))
        self._copier = Copier(files, places, known)
        self._copier.progressed.connect(self._copied_some)
        self._copier.ended.connect(self._copied)
        self._begin(self._copier)

    @Slot(int, int)
    def _copied_some(self, done: int, total: int) -> None:
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.words.setText(
            self.tr("Copying images into the project: {done} of {total}").format(
                done=whole(done), total=whole(total)
            )
        )

    @Slot(object)
    def _copied(self, report: Report) -> None:
        if self.sender() is not self._copier:
            return
        self._copier = None
        parts = [self.tr("Added: {count}.").format(count=whole(report.copied))]
        if report.same:
            parts.append(
                self.tr("Skipped, since their content is in the project already: {count}.").format(
                    count=whole(len(report.same))
                )
            )
        if report.failed:
            parts.append(self.tr("Could not be read: {count}.").format(count=whole(len(report.failed))))
        if report.stopped:
            parts.append(self.tr("You stopped it; what was copied stays."))
        details = [*report.same, *(f"{path}: {why}" for path, why in report.failed)]
        self._result_details = "\n".join(details)
        self._say(told(parts), busy=False)
        if report.error:
            self.studio.message.emit(report.error, self._result_details)
        if report.labels:
            self.editor.label(report.labels)
        if report.copied:
            self.added.emit()

    def _say(self, text: str, busy: bool) -> None:
        self.words.setText(text)
        self.progress.setVisible(busy)
        self.progress.setRange(0, 0)
        self.stop.setVisible(busy)
        self.dismiss.setVisible(not busy)
        self.details.setVisible(not busy and bool(self._result_details))
        self.show()

    @Slot()
    def stop_adding(self) -> None:
        """End the copying after the file that it is at; what was copied stays."""
        for thread in (self._finder, self._copier):
            if thread is not None:
                thread.requestInterruption()

    @Slot()
    def _show_details(self) -> None:
        self.studio.message.emit(self.words.text(), self._result_details)

    # ----------------------------------------------------------------------------------------------- threads

    def _begin(self, thread: QThread) -> None:
        self._threads.add(thread)
        thread.finished.connect(self._thread_ended)
        begin(thread, thread.requestInterruption)

    @Slot()
    def _thread_ended(self) -> None:
        thread = self.sender()
        if isinstance(thread, QThread):
            self._threads.discard(thread)

    def let_go(self) -> bool:
        """End the threads; a copying of images ends after the file that it is at. False while one still runs."""
        for thread in list(self._threads):
            thread.requestInterruption()
        return not any(thread.isRunning() for thread in self._threads)
