"""The form of options, the list of backbones, and the advice."""

import pytest
from offers import BACKBONES, OPTIONS
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look.options_form import NumberEdit, OptionsForm
from xferstudio.gui.project.recipe import commands, run_of
from xferstudio.gui.train.advice import warnings
from xferstudio.gui.train.backbones import BackbonePicker, as_id, parameters_in_words
from xferstudio.project import Run


@pytest.fixture
def form(qtbot):
    made = OptionsForm()
    qtbot.addWidget(made)
    made.set_options(OPTIONS)
    made.resize(700, 500)
    made.show()
    return made


@pytest.fixture
def picker(qtbot):
    made = BackbonePicker()
    qtbot.addWidget(made)
    made.set_backbones(BACKBONES)
    made.resize(800, 500)
    made.show()
    return made


def test_each_kind_of_option_has_its_editor_with_limits(form):
    fields = form.fields
    assert isinstance(fields["epochs"].editor, QSpinBox)
    assert (fields["epochs"].editor.minimum(), fields["epochs"].editor.maximum()) == (1, 10_000)
    assert isinstance(fields["learning_rate"].editor, NumberEdit)
    assert isinstance(fields["head"].editor, QComboBox)
    assert isinstance(fields["cache"].editor, QCheckBox)
    assert isinstance(fields["note"].editor, QLineEdit)
    assert fields["patience"].editor.maximum() == 2**31 - 1
    assert fields["epochs"].editor.accessibleName() == "Epochs"
    assert fields["epochs"].editor.accessibleDescription() == "Helps."


def test_abbreviations_in_names_are_written_as_the_field_writes_them(form):
    form.set_options(
        [{"name": name, "kind": "float", "default": 0.0} for name in ("l2_sp", "ema", "layer_decay")]
    )
    assert [field.title.text() for field in form.fields.values()] == ["L2 SP", "EMA", "Layer decay"]


def test_the_few_come_first_and_all_options_opens_the_rest(form, qtbot):
    assert form.fields["epochs"].editor.isVisible()
    assert not form.fields["cache"].editor.isVisible()
    assert "3 more" in form.all.text()
    qtbot.mouseClick(form.all, Qt.MouseButton.LeftButton)
    assert form.fields["cache"].editor.isVisible()


def test_tab_goes_through_the_fields_between_what_stands_before_and_after_the_form(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    before, form, after = QPushButton("before"), OptionsForm(), QPushButton("after")
    layout = QVBoxLayout(page)
    for each in (before, form, after):
        layout.addWidget(each)
    form.set_options(OPTIONS)  # later than the page was made, as when a strategy is picked
    stops = [before, *(field.editor for field in form.fields.values()), form.all, form.defaults, after]
    chain, at = [before], before.nextInFocusChain()
    while at is not before:
        chain.append(at)
        at = at.nextInFocusChain()
    assert [each for each in chain if each in stops] == stops


def test_what_was_changed_is_marked_and_can_be_put_back(form, qtbot):
    field = form.fields["epochs"]
    assert not field.back.isVisible()
    assert form.values() == {}
    field.editor.setValue(30)
    assert field.back.isVisible()
    assert field.title.font().bold()
    assert form.values() == {"epochs": 30}
    assert form.all_values()["learning_rate"] == 0.001
    qtbot.mouseClick(field.back, Qt.MouseButton.LeftButton)
    assert form.values() == {}
    assert not field.title.font().bold()


def test_changed_advanced_options_stay_in_sight(qtbot):
    form = OptionsForm()
    qtbot.addWidget(form)
    form.set_options(OPTIONS, {"cache": False})
    form.show()
    assert form.fields["cache"].editor.isVisible()
    assert form.values() == {"cache": False}


def test_options_of_an_unknown_plugin_survive(qtbot):
    form = OptionsForm()
    qtbot.addWidget(form)
    form.set_options(OPTIONS, {"strange": 3, "head": "prototype", "epochs": 5})
    assert form.values() == {"strange": 3, "head": "prototype", "epochs": 5}
    assert "strange = 3" in form.kept.text()
    form.set_options([], {"a": 1, "b": "x"})
    assert form.values() == {"a": 1, "b": "x"}


def test_small_numbers_are_written_as_people_write_them(form, qtbot):
    editor = form.fields["learning_rate"].editor
    editor.setValue(0.00003)
    assert editor.text() == "3e-05"
    editor.selectAll()
    qtbot.keyClicks(editor, "2.5e-4")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert form.values()["learning_rate"] == 0.00025
    editor.selectAll()
    qtbot.keyClicks(editor, "0,5")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert form.values()["learning_rate"] == 0.5
    editor.selectAll()
    qtbot.keyClicks(editor, "99")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert form.values()["learning_rate"] == 10.0


@pytest.mark.parametrize(
    ("start", "up", "down"), [(0.001, 0.002, 0.0009), (0.0, 0.1, 0.0), (1.0, 2.0, 0.9), (0.009, 0.01, 0.008)]
)
def test_steps_of_a_number_go_by_its_leading_digit(qtbot, start, up, down):
    editor = NumberEdit(0.0, 10.0)
    qtbot.addWidget(editor)
    editor.setValue(start)
    editor.stepBy(1)
    assert editor.value() == pytest.approx(up)
    editor.setValue(start)
    editor.stepBy(-1)
    assert editor.value() == pytest.approx(down)


def test_the_wheel_changes_no_number_that_is_not_being_edited(form):
    editor = form.fields["epochs"].editor
    middle = QPointF(editor.rect().center())
    event = QWheelEvent(
        middle,
        editor.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QGuiApplication.sendEvent(editor, event)
    assert editor.value() == 12


def test_the_list_is_searched_by_any_words(picker, qtbot):
    qtbot.mouseClick(picker.change, Qt.MouseButton.LeftButton)
    assert picker.rows.rowCount() == 3
    assert picker.rows.index(0, 0).data() == "EfficientNet-Lite0"
    qtbot.keyClicks(picker.search, "conv cc-by")
    assert picker.rows.rowCount() == 1
    qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert picker.chosen == "timm:v2"
    assert not picker.list.isVisible()
    assert "224 × 288 px" in picker.facts.text()
    assert "commercial" in picker.warning.text()
    assert "fetched" in picker.warning.text()


def test_the_list_is_used_by_keyboard(picker, qtbot):
    picker.change.click()
    qtbot.keyClick(picker.search, Qt.Key.Key_Down)
    qtbot.keyClick(picker.table, Qt.Key.Key_Down)
    qtbot.keyClick(picker.table, Qt.Key.Key_Return)
    assert picker.chosen == picker.rows.index(1, 0).data(Qt.ItemDataRole.UserRole)


def test_a_column_sorts_by_number_not_by_text(picker):
    picker.change.click()
    picker.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert picker.rows.index(2, 0).data() == "ResNet-18"


def test_any_name_of_timm_and_any_file_can_be_typed(picker, qtbot):
    picker.change.click()
    qtbot.keyClicks(picker.search, "vit_tiny_patch16_224")
    assert picker.use.isVisible()
    qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert picker.chosen == "timm:vit_tiny_patch16_224"
    assert picker.name.text() == "timm:vit_tiny_patch16_224"
    assert as_id("/a/b.safetensors") == "file:/a/b.safetensors"
    assert as_id("file:x") == "file:x"
    assert as_id("hub:someone/net") == "hub:someone/net"


def test_sizes_are_told_in_words():
    assert parameters_in_words(3_371_008) == "3.4 M"
    assert parameters_in_words(None) == "–"


COUNTS = {"found": 1000, "used": 1000, "left_out": 0, "train": 600, "val": 200, "test": 200}


def test_nothing_speaks_against_a_usual_run(qapp):
    assert warnings("extract", {}, COUNTS, 5) == []
    usual = {"learning_rate": 0.001, "backbone_rate": 0.2, "stages": 2, "optimizer": "adamw"}
    assert warnings("finetune", usual, COUNTS, 5) == []
    assert warnings("finetune", usual, None, 0) == []


@pytest.mark.parametrize(
    ("kind", "options", "counts", "classes", "word"),
    [
        ("finetune", {"stages": 2}, {**COUNTS, "train": 150}, 2, "extracting features"),
        ("finetune", {"stages": -1}, COUNTS, 2, "All layers learn"),
        ("finetune", {"learning_rate": 0.05}, COUNTS, 2, "is high for adamw"),
        ("finetune", {"learning_rate": 0.5, "optimizer": "sgd"}, COUNTS, 2, "is high for sgd"),
        ("finetune", {"learning_rate": 0.005, "stages": -1, "backbone_rate": 1.0}, {**COUNTS, "train": 5000}, 2,
         "All pretrained layers"),
        ("extract", {}, {**COUNTS, "train": 30}, 10, "very few"),
        ("extract", {}, {**COUNTS, "test": 0}, 2, "No images are kept for the test"),
    ],
)  # fmt: skip
def test_the_data_speaks_against_some_choices(qapp, kind, options, counts, classes, word):
    assert any(word in sentence for sentence in warnings(kind, options, counts, classes))


def test_a_run_as_commands_is_quoted_for_the_shell(tmp_path):
    import shlex

    run = Run(
        "a-1",
        "fine-tune",
        "file:/my nets/x.safetensors",
        {"cache": False, "learning_rate": 1e-05, "epochs": 12},
        "cuda:1",
    )
    text = commands(tmp_path / "my project", run, {"epochs": 12})
    add, go = text.splitlines()
    assert shlex.split(add) == [
        "xferstudio", "add", str(tmp_path / "my project"), "--strategy", "fine-tune", "--name", "a-1",
        "--backbone", "file:/my nets/x.safetensors", "--set", "cache=false", "--set", "learning_rate=1e-05",
    ]  # fmt: skip
    assert shlex.split(go) == ["xferstudio", "run", str(tmp_path / "my project"), "a-1", "--device", "cuda:1"]
    assert run_of({"strategy": "extract", "options": {"seed": 1}}, "old").name == "old"
