"""Plots of an adapting run: whether the domains can still be told apart, and the signs by which an epoch is chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from xferstudio.gui.look import domain_words, theme
from xferstudio.gui.look.curves import Growing, Smoother
from xferstudio.gui.look.plots import Plot
from xferstudio.gui.look.widgets import label, plain_tip
from xferstudio.gui.look.words import told
from xferstudio.gui.train.domain_course import DomainCourse, scaled

translate = QCoreApplication.translate

ALIGNED = 0.5
DOMAIN_ACCURACY = "domain accuracy"


class DomainAccuracyPlot(Plot):
    """A share of right answers, with a line where two domains can no longer be told apart."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.line = pg.InfiniteLine(angle=0, pos=ALIGNED, movable=False)
        # Behind the curves, and counted among what must be in sight.
        self.line.setZValue(0)
        self.plot.addItem(self.line)
        self.log.hide()
        self._dress_line()

    def _dress(self) -> None:
        super()._dress()
        if hasattr(self, "line"):
            self._dress_line()

    def _dress_line(self) -> None:
        pen = QPen(theme.colours().good, 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self.line.setPen(pen)


class SignsPlot(Plot):
    """Signs over epochs, each stretched to its own range; the crosshair and the table have them as they are."""

    def __init__(self, title: str, x_label: str, parent: QWidget | None = None) -> None:
        super().__init__(title, x_label, whole_x=True, parent=parent)
        self.real: dict[str, Growing] = {}
        self.log.hide()
        self.plot.getAxis("left").setStyle(showValues=False)
        self.choice = pg.InfiniteLine(angle=90, movable=False)
        self.choice.setVisible(False)
        self.choice.setZValue(0)
        self.plot.addItem(self.choice, ignoreBounds=True)
        self._dress_choice()

    def show_signs(self, validators: dict[str, Growing], chosen: int) -> None:
        """Show these, and mark the epoch that they choose (0: none yet)."""
        for at, (name, data) in enumerate(validators.items()):
            self.curve(name, domain_words.validator(name), at, dots=True)
            button = self.curves[name].button
            if button is not None and domain_words.validator_help(name):
                button.setToolTip(plain_tip(domain_words.validator_help(name)))
            self.set_data(name, data.x.copy(), scaled(data.y.copy()))
        self.real = dict(validators)
        self.choice.setVisible(chosen > 0)
        self.choice.setValue(chosen)

    def start_anew(self) -> None:
        """Forget all numbers, marks and curves."""
        self.real = {}
        if hasattr(self, "choice"):
            self.choice.setVisible(False)
        super().start_anew()

    def _dress(self) -> None:
        super()._dress()
        if hasattr(self, "choice"):
            self._dress_choice()

    def _dress_choice(self) -> None:
        colour = QColor(theme.colours().accent)
        colour.setAlpha(110)
        pen = QPen(colour, 6)
        pen.setCosmetic(True)
        self.choice.setPen(pen)

    def point_at(self, x: float) -> None:
        """Put the crosshair to the epoch nearest to x, and tell the signs there as the engine told them."""
        super().point_at(x)
        if not self.cross.isVisible():
            return
        epoch = round(float(self.cross.value()))
        parts = [f"{self.x_label} {epoch}"]
        for name, curve in self.curves.items():
            data = self.real.get(name)
            if not curve.visible or data is None:
                continue
            found = np.flatnonzero(data.x == epoch)
            if len(found):
                parts.append(f"{curve.label} {float(data.y[found[0]]):.4g}")
        self.readout.set_text("   ".join(parts))

    def columns(self) -> list[tuple[str, Growing]]:
        """The signs as they are, before they were stretched."""
        return [(self.curves[name].label, data) for name, data in self.real.items()]


class WithWords(QWidget):
    """A plot, and below it a sentence that says what is to be seen."""

    def __init__(self, plot: Plot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = plot
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT // 2)
        layout.addWidget(plot)
        self.words = label("", "small", wrap=True)
        layout.addWidget(self.words)

    def tell(self, text: str) -> None:
        """Show this sentence."""
        if self.words.text() != text:
            self.words.setText(text)


class DomainAccuracyView(WithWords):
    """How often a second network tells the domains apart, and what that means."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            DomainAccuracyPlot(
                translate("DomainAccuracyView", "Can the domains be told apart?"),
                translate("DomainAccuracyView", "step"),
                percent=True,
                whole_x=True,
            ),
            parent,
        )
        self._smoother, self._smooth = Smoother(), Growing()

    def show_course(self, course: DomainCourse) -> None:
        """Draw what the run has told so far."""
        seen = course.measures.get(DOMAIN_ACCURACY)
        if seen is None or not seen.n:
            return
        self.plot.curve("steps", self.tr("steps"), 0, faint=True)
        self.plot.curve("smooth", self.tr("right about the domain, smoothed"), 0)
        self.plot.share_data("steps", seen)
        self.plot.share_data("smooth", self._smoothed(seen))
        self.tell(domain_words.domain_accuracy(float(self._smooth.y[-1])))

    def _smoothed(self, data: Growing) -> Growing:
        taken = self._smooth.n
        if taken > data.n or (taken and self._smooth.x[-1] != data.x[taken - 1]):  # some was taken back
            self._smoother, taken = Smoother(), 0
            self._smooth.clear()
        if data.n > taken:
            self._smooth.extend(data.x[taken:], self._smoother.extend(data.y[taken:].tolist()))
        return self._smooth

    def start_anew(self) -> None:
        """Another run is shown."""
        self._smoother, self._smooth = Smoother(), Growing()
        self.plot.start_anew()
        self.tell("")


class SignsView(WithWords):
    """The signs over the epochs, how far they agree, and what they choose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        signs = SignsPlot(
            translate("SignsView", "Signs of success on the target"),
            translate("SignsView", "epoch"),
        )
        super().__init__(signs, parent)
        self.signs = signs

    def show_course(self, course: DomainCourse, best: object = None) -> None:
        """Draw the signs so far; `best` is the epoch that was kept, of a run that has ended."""
        kept = best if isinstance(best, int) and best > 0 else 0
        chosen = kept or course.chosen
        self.signs.show_signs(course.validators, chosen)
        parts = [
            self.tr("Each is stretched to its own range; higher is better. No label of the target is used.")
        ]
        if kept:
            parts.append(self.tr("By their mean rank, epoch {number} was kept.").format(number=kept))
        elif chosen:
            parts.append(
                self.tr("By their mean rank, epoch {number} is the choice so far.").format(number=chosen)
            )
        if course.agreement is not None:
            parts.append(domain_words.agreement(course.agreement))
        self.tell(told(parts))

    def start_anew(self) -> None:
        """Another run is shown."""
        self.plot.start_anew()
        self.tell("")
