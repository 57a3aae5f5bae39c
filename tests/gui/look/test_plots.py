"""Plots and confusion matrix."""

import csv
import io
import itertools
import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QGridLayout, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.confusion import ConfusionMatrix, most_confused, readable_on
from xferstudio.gui.look.curves import Growing, Smoother, thin
from xferstudio.gui.look.plots import Plot
from xferstudio.gui.look.turns import Turns


@pytest.fixture
def plot(qtbot):
    made = Plot("Loss", "step", "loss")
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def settled(qtbot, plot):
    qtbot.waitUntil(lambda: not plot._dirty, timeout=2000)


def test_numbers_grow_without_limit_and_can_be_taken_back():
    data = Growing()
    for first in range(0, 1000, 10):
        data.extend(range(first, first + 10), [0.5] * 10)
    assert data.n == 1000
    assert data.x[-1] == 999
    data.cut_after(499)
    assert data.n == 500
    data.append(500, 1.0)
    assert data.y[-1] == 1.0


def test_a_thinned_curve_keeps_its_peaks_and_its_ends():
    x = np.arange(100_000.0)
    y = np.sin(x / 500)
    y[54_321] = 9.0
    few_x, few_y = thin(x, y, -math.inf, math.inf, 1000)
    assert len(few_x) <= 1010
    assert few_y.max() == 9.0
    assert few_x[np.argmax(few_y)] == 54_321
    assert np.all(np.diff(few_x) > 0)
    assert few_x[-1] == 99_999


def test_a_zoomed_curve_is_thinned_only_as_far_as_it_is_seen():
    x = np.arange(100_000.0)
    few_x, _ = thin(x, x, 500.0, 600.0, 1000)
    assert few_x[0] == 499
    assert few_x[-1] == 601
    assert len(few_x) == 103


def test_smoothing_goes_on_where_it_stopped():
    values = list(np.random.default_rng(0).random(200))
    at_once, bit_by_bit = Smoother(), Smoother()
    whole = at_once.extend(values)
    parts = bit_by_bit.extend(values[:70]) + bit_by_bit.extend(values[70:])
    assert whole == parts
    assert whole[0] == values[0]
    assert abs(whole[-1] - 0.5) < 0.2


def test_a_flood_of_values_is_painted_at_most_twenty_times_a_second(qtbot, plot):
    drawn = []
    plot.drawn.connect(lambda: drawn.append(1))
    plot.curve("loss", "loss")
    for step in range(5000):
        plot.append("loss", step, 1 / (step + 1))
    assert drawn == []
    settled(qtbot, plot)
    assert len(drawn) <= 2
    assert len(plot.curves["loss"].item.getData()[0]) <= 2000


class Painted:
    """Something that takes its time to be painted."""

    due = 0.0

    def __init__(self, name, cost, turn):
        self.name, self.cost, self.turn = name, cost, turn

    def draw(self):
        self.turn.append(self.name)


def test_plots_are_painted_in_turns_of_a_few_milliseconds_and_none_is_forgotten(qapp, monkeypatch):
    monkeypatch.setattr("shiboken6.isValid", lambda _: True)
    made, turn, seen = Turns(), [], []
    costs = {"a": 0.004, "b": 0.004, "c": 0.001, "d": 0.02, "e": 0.001, "f": 0.001}
    for name, cost in costs.items():
        made.add(Painted(name, cost, turn))
    while made.waiting:
        made.take()
        seen.append("".join(turn))
        turn.clear()
        made.add(made.waiting[0]) if made.waiting else None  # asked for twice, painted once
    assert seen == ["a", "bc", "d", "ef"]


def test_many_plots_that_change_at_once_are_painted_in_many_turns_and_at_last_as_they_are(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    grid = QGridLayout(page)
    plots = [Plot(f"Plot {number}", "step") for number in range(6)]
    notes = []
    for number, plot in enumerate(plots):
        grid.addWidget(plot, number // 3, number % 3)
        plot.set_data("loss", range(2000), range(2000))
        plot.drawn.connect(lambda: notes.append("drawn"))
    page.resize(1200, 800)
    page.show()
    qtbot.waitExposed(page)
    qtbot.waitUntil(lambda: not any(plot._dirty for plot in plots), timeout=5000)
    notes.clear()
    heart = QTimer()
    heart.timeout.connect(lambda: notes.append("turn"))
    heart.start(0)
    for last in range(2000, 2010):
        for plot in plots:
            plot.append("loss", last, last)
            plot._took = 0.005  # as slow as one turn may be
    qtbot.waitUntil(lambda: not any(plot._dirty for plot in plots), timeout=5000)
    heart.stop()
    assert notes.count("drawn") == len(plots)  # ten changes, and each is painted once
    drawn = [place for place, note in enumerate(notes) if note == "drawn"]
    assert all("turn" in notes[one:other] for one, other in itertools.pairwise(drawn))
    for plot in plots:
        assert plot.curves["loss"].item.getOriginalDataset()[0][-1] == 2009


def test_zoom_stays_while_data_arrives_and_fit_follows_again(qtbot, plot):
    plot.set_data("loss", range(100), range(100))
    settled(qtbot, plot)
    assert plot.fitted
    assert not plot.fit_button.isEnabled()
    plot.view.setRange(xRange=(10, 20), yRange=(10, 20), padding=0)
    plot.view.sigRangeChangedManually.emit([True, True])
    assert plot.fit_button.isEnabled()
    plot.extend("loss", range(100, 200), range(100, 200))
    settled(qtbot, plot)
    (low, high), _ = plot.view.viewRange()
    assert (round(low), round(high)) == (10, 20)
    qtbot.mouseClick(plot.fit_button, Qt.MouseButton.LeftButton)
    settled(qtbot, plot)
    qtbot.waitUntil(lambda: plot.view.viewRange()[0][1] >= 199)
    assert not plot.fit_button.isEnabled()


def test_the_bare_wheel_is_left_to_the_page(qtbot, plot):
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QWheelEvent

    plot.set_data("loss", range(100), range(100))
    settled(qtbot, plot)
    middle = QPointF(plot.canvas.rect().center())
    event = QWheelEvent(
        middle,
        plot.canvas.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QGuiApplication.sendEvent(plot.canvas.viewport(), event)
    assert plot.fitted


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show(qtbot, plot):
    plot.set_data("loss", [1, 2, 3, 4], [0.1, 0.0, -1.0, math.nan])
    plot.log.click()
    settled(qtbot, plot)
    assert list(plot.curves["loss"].item.getOriginalDataset()[0]) == [1]
    plot.set_log_x(True)
    settled(qtbot, plot)
    plot.log.click()
    plot.set_log_x(False)
    settled(qtbot, plot)
    assert list(plot.curves["loss"].item.getOriginalDataset()[0]) == [1, 2, 3]


def test_the_legend_hides_and_shows_a_curve_with_its_band(qtbot, plot):
    plot.set_data("a", [1, 2], [1, 2])
    plot.set_band("a", [1, 2], [0, 1], [2, 3])
    curve = plot.curves["a"]
    settled(qtbot, plot)
    assert curve.fill.isVisible()
    qtbot.mouseClick(curve.button, Qt.MouseButton.LeftButton)
    assert not curve.item.isVisible()
    assert not curve.fill.isVisible()
    curve.button.setFocus()
    qtbot.keyClick(curve.button, Qt.Key.Key_Space)
    assert curve.item.isVisible()


def test_curves_differ_in_more_than_colour(plot):
    styles = {plot.curve(str(index)).pen().style() for index in range(5)}
    assert len(styles) == 5


def test_the_crosshair_tells_the_values_and_moves_by_key(qtbot, plot):
    plot.curve("train", "training")
    plot.set_data("train", [1, 2, 3], [0.5, 0.25, 0.125])
    plot.set_band("train", [1, 2, 3], [0.4, 0.2, 0.1], [0.6, 0.3, 0.2])
    settled(qtbot, plot)
    plot.point_at(2.2)
    assert plot.cross.isVisible()
    assert "step 2" in plot.readout.text()
    assert "training 0.25 (0.2 – 0.3)" in plot.readout.text()
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert "step 3" in plot.readout.text()
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert "step 1" in plot.readout.text()
    QGuiApplication.sendEvent(plot.canvas.viewport(), QEvent(QEvent.Type.Leave))
    assert plot.readout.text() == ""


def test_a_shared_band_outlives_the_plot_that_showed_it(qtbot, plot):
    low, high, values = Growing(), Growing(), Growing()
    for data, y in ((low, 0.7), (values, 0.8), (high, 0.9)):
        data.extend([1, 2], [y, y])
    for _ in range(2):  # looked at, left for another run, and looked at again
        plot.start_anew()
        plot.share_data("val", values)
        plot.share_band("val", low, high)
        settled(qtbot, plot)
        assert (low.n, values.n, high.n) == (2, 2, 2)


def test_the_values_at_the_crosshair_may_take_a_second_line(qtbot, plot):
    for name in ("steps", "training, smoothed", "validation"):
        plot.set_data(name, [1, 2], [0.0209712, 0.0097661])
    plot.setFixedWidth(336)
    settled(qtbot, plot)
    plot.point_at(1)
    assert plot.readout.text() == plot.readout.whole()
    assert plot.readout.heightForWidth(plot.readout.width()) <= plot.readout.height()


def test_the_mouse_moves_the_crosshair(qtbot, plot):
    plot.set_data("train", [1, 2, 3], [0.5, 0.25, 0.125])
    settled(qtbot, plot)
    qtbot.waitUntil(lambda: plot.view.viewRange()[0][1] > 2.5)
    plot._moved(plot.view.mapViewToScene(QPointF(1.9, 0.3)))
    assert "step 2" in plot.readout.text()
    plot._moved(QPointF(-5, -5))
    assert not plot.cross.isVisible()


def test_the_numbers_are_exported_whole(qtbot, plot, tmp_path):
    plot.curve("a", "train, raw")
    plot.set_data("a", range(10_000), [0.5] * 10_000)
    plot.set_data("b", [0, 5000], [1, math.nan])
    plot.set_band("b", [0], [0.5], [1.5])
    plot.export.save(tmp_path / "loss.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "loss.csv").read_text("utf-8"))))
    assert rows[0] == ["step", "train, raw", "b", "b (low)", "b (high)"]
    assert len(rows) == 10_001
    assert rows[1] == ["0", "0.5", "1", "0.5", "1.5"]
    assert rows[5001] == ["5000", "0.5", "", "", ""]


def test_the_picture_is_exported_as_png_and_as_svg_with_title_and_legend(qtbot, plot, tmp_path):
    plot.curve("a", "training")
    plot.set_data("a", range(100), range(100))
    settled(qtbot, plot)
    plot.export.save(tmp_path / "loss.png")
    image = QImage(str(tmp_path / "loss.png"))
    assert image.width() >= 960
    plot.export.save(tmp_path / "loss.svg")
    text = (tmp_path / "loss.svg").read_text("utf-8")
    assert text.rstrip().endswith("</svg>")
    assert "Loss" in text
    assert "training" in text
    assert text.count("<path") + text.count("<polyline") > 3


def test_a_plot_that_cannot_be_written_is_an_error_not_silence(qtbot, plot, tmp_path):
    plot.set_data("a", [1, 2], [1, 2])
    for ending in ("png", "svg", "csv"):
        with pytest.raises(OSError, match=r"written|No such"):
            plot.export.save(tmp_path / "missing" / f"plot.{ending}")


def test_stages_are_marked_once(qtbot, plot):
    plot.mark(12, "last stages")
    plot.mark(12, "last stages")
    assert len(plot._marks) == 1
    plot.clear()
    assert not plot._marks
    assert plot.empty


def test_nothing_is_drawn_out_of_sight(qtbot, plot):
    plot.hide()
    drawn = []
    plot.drawn.connect(lambda: drawn.append(1))
    plot.set_data("a", [1, 2], [1, 2])
    qtbot.wait(120)
    assert not drawn
    plot.show()
    qtbot.waitUntil(lambda: bool(drawn), timeout=2000)


def test_a_confusion_matrix_reads_as_a_table_by_keyboard(qtbot):
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.show_matrix(("ants", "bees"), [[67, 3], [5, 78]])
    model = matrix.model
    assert model.rowCount() == 2
    index = model.index(0, 1)
    assert model.data(index) == "3"
    spoken = model.data(index, Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("ants taken for bees: 3 of 70 (4.3")
    assert "recognised" in model.data(model.index(1, 1), Qt.ItemDataRole.AccessibleTextRole)
    assert "ants taken for bees (3 of 70)" in matrix.words.text()
    matrix.shares.click()
    assert model.data(index).startswith("4.3")
    picked = []
    matrix.chosen.connect(lambda true, predicted: picked.append((true, predicted)))
    matrix.show()
    matrix.table.setFocus()
    matrix.table.setCurrentIndex(model.index(0, 0))
    qtbot.keyClick(matrix.table, Qt.Key.Key_Right)
    qtbot.keyClick(matrix.table, Qt.Key.Key_Return)
    assert picked == [("ants", "bees")]


def test_a_confusion_matrix_keeps_its_selection_while_it_is_live(qtbot):
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.show_matrix(("a", "b", "c"), [[1, 0, 0], [0, 1, 0], [0, 0, 0]])
    matrix.table.setCurrentIndex(matrix.model.index(1, 1))
    matrix.show_matrix(("a", "b", "c"), [[2, 0, 0], [0, 2, 0], [0, 0, 0]])
    assert matrix.table.currentIndex().row() == 1
    assert "No mistakes" in matrix.words.text()
    matrix.copy()
    assert QGuiApplication.clipboard().text().splitlines()[1] == "a\t2\t0\t0"
    matrix.clear()
    assert matrix.model.rowCount() == 0


def test_text_on_a_cell_is_readable():
    from PySide6.QtGui import QColor

    assert readable_on(QColor("#ffffff")).name() == "#000000"
    assert readable_on(QColor("#0b2a66")).name() == "#ffffff"


def test_the_commonest_mistakes_come_first():
    assert most_confused(("a", "b"), [[5, 2], [3, 5]]) == [("b", "a", 3, 8), ("a", "b", 2, 7)]


def ticks(plot, side, *values, spacing=1.0):
    axis = plot.plot.getAxis(side)
    return axis.tickStrings(list(values), axis.scale, spacing)


def test_a_single_value_has_a_sensible_range(qtbot):
    made = Plot("Loss", "step", whole_x=True)
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    made.set_data("loss", [1], [0.7])
    settled(qtbot, made)
    made.view.updateAutoRange()
    (left, right), (low, high) = made.view.viewRange()
    assert -0.1 < left <= 0 and 1 <= right < 1.1
    assert 0.2 < low < 0.7 < high < 1.2
    made.set_data("loss", [1, 2], [0.630964224, 0.630964225])
    settled(qtbot, made)
    made.view.updateAutoRange()
    low, high = made.view.viewRange()[1]
    assert high - low > 0.005
    assert ticks(made, "left", 0.6309642244, spacing=1e-9) == ["0.631"]
    assert ticks(made, "left", 12000.0, spacing=1000.0) == ["12000"]


def test_shares_are_never_less_than_none_or_more_than_all(qtbot):
    made = Plot("Waiting", "step", percent=True, whole_x=True)
    qtbot.addWidget(made)
    made.resize(500, 400)
    made.show()
    for values in ([0.0], [1.0], [0.0, 1.0]):
        made.set_data("waiting", range(1, len(values) + 1), values)
        settled(qtbot, made)
        made.view.updateAutoRange()
        low, high = made.view.viewRange()[1]
        assert low > -0.08 and high < 1.08
    assert ticks(made, "left", -0.4, 0.0, 0.5, 1.0, 1.2, spacing=0.1) == [
        "",
        "0\u202f%",
        "50\u202f%",
        "100\u202f%",
        "",
    ]


def test_values_at_the_crosshair_never_widen_the_plot(qtbot, plot):
    for number in range(12):
        plot.set_data(f"a curve with a long name {number}", [1, 2], [0.123456, 0.2])
    settled(qtbot, plot)
    plot.point_at(1)
    plot.layout().activate()
    assert plot.minimumSizeHint().width() < 500
    assert "long name 11" in plot.readout.toolTip()


def test_the_tooltip_of_a_plot_can_be_read(qtbot, plot, qapp):
    from PySide6.QtWidgets import QToolTip

    QToolTip.showText(plot.canvas.mapToGlobal(plot.canvas.rect().center()), "Draw a rectangle", plot.canvas)
    tip = next(w for w in qapp.topLevelWidgets() if w.metaObject().className() == "QTipLabel")
    image = tip.grab().toImage()
    ground = image.pixelColor(4, 4)
    assert abs(ground.lightness() - theme.colours().text.lightness()) > 100
    assert ground.alpha() == 255
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible(), timeout=2000)
