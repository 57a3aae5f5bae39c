"""The dialog for a new project: images, name and place, and how the images are split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from xferstudio.api import UserError
from xferstudio.gui.frame.path_line import PathLine
from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import button, label, make_room
from xferstudio.gui.look.words import engine_text
from xferstudio.gui.project.studio import Studio


class NewProject(QDialog):
    """Asks for what a project needs. After it was accepted, `folder` is the project that was made."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.folder: Path | None = None
        self._place_written = self._name_written = False
        self.setWindowTitle(self.tr("New project"))
        self.setMinimumWidth(88 * theme.UNIT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        layout.addWidget(label(self.tr("New project"), "title"))
        self.data, data = self._path(self.tr("A folder with one folder for each class, or a table"))
        self.target, target = self._path(self.tr("Without labels, to carry the model to; may stay empty"))
        self.name = QLineEdit()
        self.place, place = self._path("")
        form = _form()
        form.addRow(self.tr("&Images"), data)
        form.addRow(self.tr("Images of another &domain"), target)
        form.addRow(self.tr("&Name"), self.name)
        form.addRow(self.tr("&Project folder"), place)
        self.more = QWidget()
        self.val, self.test = _share(), _share()
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        more = _form()
        more.setContentsMargins(0, 0, 0, 0)
        more.addRow(self.tr("For &validation"), self.val)
        more.addRow(self.tr("For the &test"), self.test)
        more.addRow(self.tr("&Seed of the split"), self.seed)
        _align(form, more)
        layout.addLayout(form)
        self.unfold = button(self.tr("More"), "chevron-right", "link")
        self.unfold.setAutoDefault(False)
        self.unfold.setCheckable(True)
        self.unfold.toggled.connect(self._unfolded)
        layout.addWidget(self.unfold, 0, Qt.AlignmentFlag.AlignLeft)
        self.more.setLayout(more)
        self.more.hide()
        layout.addWidget(self.more)
        self.fault = label("", "bad", wrap=True)
        self.fault.hide()
        layout.addWidget(self.fault)
        row = QHBoxLayout()
        row.addStretch(1)
        cancel = button(self.tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.make = button(self.tr("Create"), role="primary")
        self.make.setDefault(True)
        self.make.setEnabled(False)
        self.make.clicked.connect(self._make)
        row.addWidget(cancel)
        row.addWidget(self.make)
        layout.addLayout(row)
        self.data.textChanged.connect(self._suggest)
        self.name.textEdited.connect(self._named)
        self.name.textChanged.connect(self._suggest_place)
        self.place.textEdited.connect(self._placed)

    def _path(self, hint: str) -> tuple[QLineEdit, QWidget]:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.UNIT)
        line = PathLine()
        line.setPlaceholderText(hint)
        choose = button(self.tr("Choose…"))
        choose.setAutoDefault(False)
        choose.setProperty("line", line)
        choose.clicked.connect(self._choose)
        row.addWidget(line, 1)
        row.addWidget(choose)
        holder.setFocusProxy(line)
        return line, holder

    @Slot()
    def _choose(self) -> None:
        line = self.sender().property("line")
        start = line.text() or str(Path.home())
        folder = QFileDialog.getExistingDirectory(self, self.tr("Choose a folder"), start)
        if folder:
            line.setText(folder)
            if line is self.place:
                self._place_written = True

    @Slot(bool)
    def _unfolded(self, on: bool) -> None:
        self.more.setVisible(on)
        self.unfold.setIcon(theme.icon("chevron-down" if on else "chevron-right"))
        self.adjustSize()

    @Slot(str)
    def _suggest(self, text: str) -> None:
        self.make.setEnabled(bool(text.strip()))
        self.fault.hide()
        if not self._name_written:
            self.name.setText(Path(text.strip()).stem)

    @Slot(str)
    def _named(self, text: str) -> None:
        self._name_written = bool(text.strip())

    @Slot(str)
    def _placed(self, text: str) -> None:
        self._place_written = bool(text.strip())

    @Slot(str)
    def _suggest_place(self, text: str) -> None:
        if not self._place_written:
            self.place.setText(str(self.studio.free_place(text)) if text.strip() else "")

    @Slot()
    def _make(self) -> None:
        more: dict[str, Any] = {
            "val": round(self.val.value() / 100, 4),
            "test": round(self.test.value() / 100, 4),
            "seed": self.seed.value(),
            "target": self.target.text().strip() or None,
        }
        data, place = (Path(line.text().strip()).expanduser() for line in (self.data, self.place))
        try:
            self.folder = self.studio.make(
                data, self.name.text(), place if self.place.text().strip() else None, **more
            )
        except (UserError, OSError) as error:
            self.fault.setText(engine_text(str(error)))
            self.fault.show()
            make_room(self)
            return
        self.accept()


def _form() -> QFormLayout:
    made = QFormLayout()
    made.setHorizontalSpacing(2 * theme.UNIT)
    made.setVerticalSpacing(theme.UNIT + 4)
    made.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    made.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return made


def _align(*forms: QFormLayout) -> None:
    """Let the fields of several forms begin at one line."""
    names: list[QWidget] = []
    for form in forms:
        for row in range(form.rowCount()):
            item = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
            widget = item.widget() if item is not None else None
            if widget is not None:
                names.append(widget)
    width = max(name.sizeHint().width() for name in names)
    for name in names:
        name.setMinimumWidth(width)


def _share() -> QDoubleSpinBox:
    made = QDoubleSpinBox()
    made.setRange(0, 99)
    made.setDecimals(1)
    made.setSingleStep(5)
    made.setValue(20)
    made.setSuffix(" %")
    return made
