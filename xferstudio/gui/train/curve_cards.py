"""The curves of a run in the live view: a card with a plot for each kind, made when there are numbers for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from xferstudio.gui.look import theme
from xferstudio.gui.look.curves import Growing
from xferstudio.gui.look.plots import Plot
from xferstudio.gui.look.widgets import Card
from xferstudio.gui.look.words import engine_text
from xferstudio.gui.train.course import Course
from xferstudio.gui.train.domain_plots import DOMAIN_ACCURACY


class CurveCards(QObject):
    """Cards by name, each with the plot of that name. `show_course` fills those that were made."""

    failed = Signal(str)
    """A plot could not be saved: the sentence for the user."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cards: dict[str, Card] = {}
        self.plots: dict[str, Plot] = {}

    def full(self, course: Course) -> dict[str, bool]:
        """By name, whether there is something to show: a single number, as of a head that is fitted at one stroke, is no
        curve."""
        losses = [data for name, data in course.losses.items() if name == "loss"]
        curves = {
            "loss": [*losses, course.val_loss],
            "accuracy": [course.accuracy, course.train_accuracy],
            **{name: list(named.values()) for name, named in self._by_name(course).items()},
            "speed": [course.speed],
            "waiting": [course.waiting],
            "memory": [course.memory, course.device_memory],
        }
        return {name: any(data.n > 1 for data in each) for name, each in curves.items()}

    def _by_name(self, course: Course) -> dict[str, dict[str, Growing]]:
        """Plots whose curves the engine names."""
        return {
            "rates": course.rates,
            "parts": {name: data for name, data in course.losses.items() if name != "loss"},
            "measures": {
                name: data for name, data in course.domains.measures.items() if name != DOMAIN_ACCURACY
            },
        }

    def make(self, name: str) -> None:
        """Make a card with an empty plot; it takes a while."""
        step, epoch = self.tr("step"), self.tr("epoch")
        made = {
            "loss": lambda: Plot(self.tr("Loss"), step, whole_x=True),
            "accuracy": lambda: Plot(self.tr("Accuracy"), epoch, percent=True, whole_x=True),
            "rates": lambda: Plot(self.tr("Learning rates"), step, whole_x=True),
            "parts": lambda: Plot(self.tr("Parts of the loss"), step, whole_x=True),
            "measures": lambda: Plot(self.tr("Measures of the strategy"), step, whole_x=True),
            "speed": lambda: Plot(self.tr("Images per second"), step, whole_x=True),
            "waiting": lambda: Plot(self.tr("Time spent waiting for data"), step, percent=True, whole_x=True),
            "memory": lambda: Plot(self.tr("Memory"), step, self.tr("GB"), scale=1e-9, whole_x=True),
        }[name]()
        made.failed.connect(self.failed)
        made.setFixedHeight(40 * theme.UNIT)
        card = Card()
        card.body.addWidget(made)
        card.hide()
        self.plots[name], self.cards[name] = made, card

    def show_course(self, course: Course) -> None:
        """Hand the numbers to the plots, which draw when they are due."""
        full = self.full(course)
        plots = {name: plot for name, plot in self.plots.items() if full[name]}
        if plot := plots.get("loss"):
            plot.curve("steps", self.tr("steps"), 0, faint=True)
            plot.curve("smooth", self.tr("training, smoothed"), 0)
            plot.curve("val", self.tr("validation"), 1, dots=True)
            if "loss" in course.losses:
                plot.share_data("steps", course.losses["loss"])
                plot.share_data("smooth", course.smoothed["loss"])
            plot.share_data("val", course.val_loss)
            for stage in course.stages[1:]:
                plot.mark(stage.step, engine_text(stage.name))
        if plot := plots.get("accuracy"):
            if course.train_accuracy.n:
                plot.curve("train", self.tr("training"), 0, dots=True)
                plot.share_data("train", course.train_accuracy)
            plot.curve("val", self.tr("validation, with its 95 % interval"), 1, dots=True)
            plot.share_data("val", course.accuracy)
            plot.share_band("val", course.low, course.high)
        for name, curves in self._by_name(course).items():
            if plot := plots.get(name):
                for at, (key, data) in enumerate(curves.items()):
                    plot.curve(key, engine_text(key), at)
                    plot.share_data(key, data)
        for name, text, data in (
            ("speed", self.tr("images per second"), course.speed),
            ("waiting", self.tr("share of the time"), course.waiting),
            ("memory", self.tr("main memory"), course.memory),
        ):
            if plot := plots.get(name):
                plot.curve(name, text, 0)
                plot.share_data(name, data)
        plot = plots.get("memory")
        if plot and course.device_memory.n and course.device_memory.y.max() > 0:
            plot.curve("device", self.tr("memory of the device"), 1)
            plot.share_data("device", course.device_memory)
        for plot in self.plots.values():
            plot.touch()

    def start_anew(self) -> None:
        """Another run is shown."""
        for plot in self.plots.values():
            plot.start_anew()
