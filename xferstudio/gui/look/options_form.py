"""A form drawn from the descriptions of options: any plugin's, with limits, help, marked changes and a way back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QLocale, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import label, plain_tip, tool
from xferstudio.gui.look.words import engine_text

_INT = 2**31 - 1
_SHORT = {"ema": "EMA", "knn": "kNN", "l2": "L2", "mlp": "MLP", "sp": "SP"}
"""Abbreviations in the names of options, as the field writes them."""
_HUGE = 1e12


class NumberEdit(QDoubleSpinBox):
    """A number of any size, written as people write it (0.001, 1e-5); steps go by its leading digit."""

    def __init__(self, least: float | None, most: float | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Decimals round the value; none that anybody types must be lost.
        self.setDecimals(15)
        self.setRange(-_HUGE if least is None else least, _HUGE if most is None else most)
        self.setLocale(QLocale.c())
        self.setCorrectionMode(QDoubleSpinBox.CorrectionMode.CorrectToNearestValue)

    def textFromValue(self, value: float) -> str:  # noqa: N802
        return f"{value:.10g}"

    def valueFromText(self, text: str) -> float:  # noqa: N802
        number = _parsed(text)
        return self.value() if number is None else min(max(number, self.minimum()), self.maximum())

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Half a number may become one; what lies outside the limits is corrected when it is left."""
        if not set(text) <= set("0123456789.,-+eE "):
            return QValidator.State.Invalid, text, place
        number = _parsed(text)
        if number is None or not self.minimum() <= number <= self.maximum():
            return QValidator.State.Intermediate, text, place
        return QValidator.State.Acceptable, text, place

    def fixup(self, text: str) -> str:
        return self.textFromValue(self.valueFromText(text))

    def stepBy(self, steps: int) -> None:  # noqa: N802
        for _ in range(abs(steps)):
            self.setValue(float(f"{_stepped(self.value(), 1 if steps > 0 else -1, self.maximum()):.10g}"))
        self.selectAll()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(18 * theme.UNIT, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(12 * theme.UNIT, super().minimumSizeHint().height())


def _parsed(text: str) -> float | None:
    try:
        number = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _stepped(value: float, direction: int, most: float) -> float:
    """The next number: the last of one digit that people would try."""
    if value == 0:
        return direction * (0.01 if most <= 1 else 0.1)
    size = 10.0 ** math.floor(math.log10(abs(value)) + 1e-12)
    # From 0.001 one goes down to 0.0009, not to nothing.
    if (value > 0) == (direction < 0) and abs(abs(value) - size) < size * 1e-9:
        size /= 10
    after = value + direction * size
    return 0.0 if abs(after) < 1e-12 else after


class _Calm(QObject):
    """The wheel scrolls the page over a field that is not being edited, and never changes a number by accident."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class Field(QObject):
    """One option: its name, an editor of its kind, help, and a button that puts the default back."""

    changed = Signal()

    def __init__(self, option: Mapping[str, Any], calm: QObject, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = str(option["name"])
        self.default = option.get("default")
        self.advanced = bool(option.get("advanced"))
        self.choices: tuple[Any, ...] = tuple(option.get("choices") or ())
        self._on = True
        title = engine_text(self.name.replace("_", " "))
        title = " ".join(_SHORT.get(word, word) for word in title.split(" "))
        self.title = QLabel(title[:1].upper() + title[1:], parent)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.help = label(engine_text(str(option.get("help") or "")), "small", wrap=True)
        self.help.setParent(parent)
        self.back: QToolButton = tool(
            "undo", self.tr("Back to the default: {value}").format(value=_shown(self.default))
        )
        self.back.setParent(parent)
        self.back.clicked.connect(self.reset)
        self.editor = self._made(str(option.get("kind")), option, parent)
        self.editor.setAccessibleName(self.title.text())
        self.editor.setAccessibleDescription(self.help.text())
        self.editor.setToolTip(plain_tip(_limits(option)))
        self.editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editor.installEventFilter(calm)
        self.title.setBuddy(self.editor)
        self.set_value(self.default)
        self._mark()

    def _made(self, kind: str, option: Mapping[str, Any], parent: QWidget) -> QWidget:
        least, most = option.get("min"), option.get("max")
        if self.choices:
            box = QComboBox(parent)
            for choice in self.choices:
                box.addItem(engine_text(str(choice)), choice)
            box.currentIndexChanged.connect(self._edited)
            return box
        if kind == "bool":
            switch = QCheckBox(self.tr("on"), parent)
            switch.toggled.connect(self._edited)
            return switch
        if kind == "int":
            whole = QSpinBox(parent)
            whole.setRange(
                -_INT if least is None else max(-_INT, int(least)),
                _INT if most is None else min(_INT, int(most)),
            )
            whole.setGroupSeparatorShown(False)
            whole.setStepType(
                QSpinBox.StepType.AdaptiveDecimalStepType
                if whole.maximum() > 1000
                else QSpinBox.StepType.DefaultStepType
            )
            whole.valueChanged.connect(self._edited)
            return whole
        if kind == "float":
            number = NumberEdit(least, most, parent)
            number.valueChanged.connect(self._edited)
            return number
        text = QLineEdit(parent)
        text.textChanged.connect(self._edited)
        return text

    @property
    def value(self) -> Any:
        """What the editor holds, of the option's kind."""
        if isinstance(self.editor, QComboBox):
            return self.editor.currentData()
        if isinstance(self.editor, QCheckBox):
            return self.editor.isChecked()
        if isinstance(self.editor, NumberEdit):
            return float(f"{self.editor.value():.10g}")
        if isinstance(self.editor, QSpinBox):
            return self.editor.value()
        assert isinstance(self.editor, QLineEdit)
        return self.editor.text()

    def set_value(self, value: Any) -> bool:
        """Show a value; False if it cannot be one of this option's."""
        try:
            if isinstance(self.editor, QComboBox):
                at = next((i for i, choice in enumerate(self.choices) if choice == value), -1)
                if at < 0:
                    return False
                self.editor.setCurrentIndex(at)
            elif isinstance(self.editor, QCheckBox):
                self.editor.setChecked(bool(value))
            elif isinstance(self.editor, QSpinBox):
                self.editor.setValue(int(value))
            elif isinstance(self.editor, NumberEdit):
                self.editor.setValue(float(value))
            elif isinstance(self.editor, QLineEdit):
                self.editor.setText(str(value))
        except (TypeError, ValueError, OverflowError):
            return False
        return True

    @property
    def is_default(self) -> bool:
        """Whether nobody has changed it."""
        return bool(self.value == self.default)

    @Slot()
    def reset(self) -> None:
        """Put the default back."""
        self.set_value(self.default)
        self.editor.setFocus()

    @Slot()
    def _edited(self) -> None:
        self._mark()
        self.changed.emit()

    def _mark(self) -> None:
        changed = not self.is_default
        self.title.setFont(theme.font("body", bold=changed))
        self.back.setVisible(changed and self._on)

    def show(self, on: bool) -> None:
        """Show or hide the whole row."""
        self._on = on
        for part in (self.title, self.editor, self.help):
            part.setVisible(on)
        self.back.setVisible(on and not self.is_default)


class OptionsForm(QWidget):
    """All options of a strategy or an exporter; the few first, the rest behind "all options".

    `values()` holds what differs from the defaults, and what an unknown plugin's options held when they were put in.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        self._kept: dict[str, Any] = {}
        self._calm = _Calm(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT)
        self._body = QWidget()
        layout.addWidget(self._body)
        self.kept = label("", "quiet", wrap=True)
        layout.addWidget(self.kept)
        row = QHBoxLayout()
        self.all = QPushButton()
        self.all.setCheckable(True)
        self.all.toggled.connect(self._unfold)
        self.defaults = QPushButton(self.tr("All defaults"))
        self.defaults.clicked.connect(self.reset)
        row.addWidget(self.all)
        row.addWidget(self.defaults)
        row.addStretch(1)
        layout.addLayout(row)
        self.set_options(())

    def set_options(
        self, options: Sequence[Mapping[str, Any]], values: Mapping[str, Any] | None = None
    ) -> None:
        """Draw the form for these options, with these values in place of their defaults.

        Values that no option takes (a plugin that is missing or older) are kept as they are.
        """
        for field in self.fields.values():
            field.deleteLater()
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        old, self._body = self._body, QWidget()
        layout.replaceWidget(old, self._body)
        old.hide()
        old.deleteLater()
        grid = QGridLayout(self._body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * theme.UNIT)
        grid.setVerticalSpacing(theme.UNIT // 2)
        grid.setColumnMinimumWidth(0, 16 * theme.UNIT)
        grid.setColumnMinimumWidth(1, 22 * theme.UNIT)
        grid.setColumnMinimumWidth(2, 4 * theme.UNIT)
        grid.setColumnStretch(3, 1)
        self.fields, self._kept = {}, dict(values or {})
        for option in sorted(options, key=lambda each: bool(each.get("advanced"))):
            field = Field(option, self._calm, self._body)
            if field.name in self._kept and field.set_value(self._kept[field.name]):
                del self._kept[field.name]
            field.changed.connect(self._edited)
            self.fields[field.name] = field
            row = grid.rowCount()
            grid.addWidget(field.title, row, 0)
            field.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            grid.addWidget(field.editor, row, 1)
            grid.addWidget(field.back, row, 2)
            grid.addWidget(field.help, row, 3)
        self._order_tabs()
        self._show_kept()
        self._unfold(self.all.isChecked())

    def _order_tabs(self) -> None:
        """Tab comes to the fields after what stands before the form, though they are younger than all of the page."""
        before = self.previousInFocusChain()
        while before and before is not self and not before.focusPolicy() & Qt.FocusPolicy.TabFocus:
            before = before.previousInFocusChain()
        parts = [part for field in self.fields.values() for part in (field.editor, field.back)]
        order = [before or self, *parts, self.all, self.defaults]
        for first, second in itertools.pairwise(order):
            QWidget.setTabOrder(first, second)

    def values(self) -> dict[str, Any]:
        """What differs from the defaults, and what was kept."""
        changed = {name: field.value for name, field in self.fields.items() if not field.is_default}
        return {**self._kept, **changed}

    def all_values(self) -> dict[str, Any]:
        """Everything, defaults included."""
        return {**self._kept, **{name: field.value for name, field in self.fields.items()}}

    @Slot()
    def reset(self) -> None:
        """Put all defaults back."""
        for field in self.fields.values():
            field.set_value(field.default)

    @Slot(bool)
    def _unfold(self, on: bool) -> None:
        for field in self.fields.values():
            field.show(on or not field.advanced or not field.is_default)
        hidden = sum(1 for field in self.fields.values() if field.advanced)
        self.all.setVisible(hidden > 0)
        self.all.setText(
            self.tr("Fewer options") if on else self.tr("All options ({count} more)").format(count=hidden)
        )
        self._refresh()

    @Slot()
    def _edited(self) -> None:
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        self.defaults.setVisible(any(not field.is_default for field in self.fields.values()))

    def _show_kept(self) -> None:
        text = ", ".join(f"{name} = {_shown(value)}" for name, value in self._kept.items())
        self.kept.setText(self.tr("Kept as they are: {options}").format(options=text) if text else "")
        self.kept.setVisible(bool(text))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _limits(option: Mapping[str, Any]) -> str:
    least, most = option.get("min"), option.get("max")
    name = f"{option['name']} = {_shown(option.get('default'))}"
    if least is None and most is None:
        return name
    low = "" if least is None else f"{least:g} ≤ "
    return f"{name}   ({low}{option['name']}{'' if most is None else f' ≤ {most:g}'})"
