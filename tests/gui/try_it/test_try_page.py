"""A model on images that come from anywhere: answers, heat maps, and folders sorted into classes."""

import json
import sys
from pathlib import Path

import pytest
from finished_runs import look_after, make_project, make_run, trained
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent, QGuiApplication, QImage

from xferstudio.gui.project import commands
from xferstudio.gui.project.model_choice import ModelChoice
from xferstudio.gui.project.run_facts import RunFacts
from xferstudio.gui.try_it import heat
from xferstudio.gui.try_it.predictor import Predictor
from xferstudio.gui.try_it.sorting import Guess, plan
from xferstudio.gui.try_it.try_page import TryPage


@pytest.fixture
def pretended(monkeypatch):
    """No real command is started."""
    script = str(Path(__file__).parents[1] / "pretender.py")
    monkeypatch.setattr(commands, "command_line", lambda *arguments: [sys.executable, script, *arguments])


@pytest.fixture
def pictures(tmp_path):
    def make(*names, size=(64, 48)):
        folder = tmp_path / "some pictures"
        folder.mkdir(exist_ok=True)
        files = []
        for name in names:
            Image.new("RGB", size, (200, 60, 60)).save(folder / name)
            files.append(str(folder / name))
        return files

    return make


@pytest.fixture
def page(qtbot, studio, tmp_path, pretended):
    made = make_project(tmp_path)
    make_run(made, "first", 10)
    make_run(made, "second", 2)
    shown = TryPage(studio)
    look_after(qtbot, shown)
    shown.resize(1000, 760)
    studio.open(made.folder)
    shown.show()
    shown.shown()
    qtbot.waitUntil(lambda: shown.model.chosen is not None, timeout=10_000)
    return shown


def answered(page, count):
    return lambda: len(page.answers) == count


def test_the_best_run_is_chosen_and_its_process_is_warm_before_the_first_image(page, qtbot):
    assert page.model.currentText().startswith("second · 95.0")
    qtbot.waitUntil(lambda: page.predictor.state == "ready", timeout=10_000)
    assert page.status.text() == "Ready" and page.drop.isVisible()


def test_dropped_images_are_answered_with_bars(page, qtbot, pictures):
    files = pictures("dog 83.png", "cat 60.png")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(file) for file in files])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    page.dropEvent(event)
    qtbot.waitUntil(answered(page, 2), timeout=10_000)
    assert page.verdict.text() == "dog, 83\u202f% sure"
    name, share, bar = page.bars[0]
    assert name.text() == "dog" and share.text() == "83.0\u202f%" and bar.share == pytest.approx(0.83)
    assert not page.bars[2][0].isVisible()
    assert [entry.title for entry in page.list.pictures.entries] == ["dog · 83\u202f%", "cat · 60\u202f%"]
    page.list.choose(files[1])
    assert page.verdict.text() == "cat, 60\u202f% sure"


def test_another_run_that_ends_does_not_change_the_choice(page, qtbot, studio):
    make_run(studio.project, "third", 0)
    studio.refresh_runs()
    qtbot.waitUntil(lambda: page.model.findText("third", Qt.MatchFlag.MatchStartsWith) >= 0, timeout=10_000)
    assert page.model.currentText().startswith("second")


@pytest.mark.parametrize(
    ("found", "chosen"),
    [
        ({"mcc": {"verdict": {"verdict": "helped"}, "report": None}}, "mcc"),
        ({"dann": {"verdict": {"verdict": "negative transfer"}}}, "source-only"),
        # Labels have the last word, and tell those that helped apart.
        (
            {
                "mcc": {
                    "verdict": {"verdict": "helped"},
                    "report": {"accuracy": 0.6, "against_baseline": {"verdict": "no evidence"}},
                },
                "dann": {"report": {"accuracy": 0.8, "against_baseline": {"verdict": "helped"}}},
                "shot": {"report": {"accuracy": 0.7, "against_baseline": {"verdict": "helped"}}},
            },
            "dann",
        ),
        (
            {
                "mcc": {"report": {"accuracy": 0.78, "against_baseline": {"verdict": "no evidence"}}},
                "source-only": {"report": {"accuracy": 0.75}},
            },
            "mcc",
        ),
    ],
)
def test_of_adaptations_one_that_helped_is_offered_first(qtbot, tmp_path, found, chosen):
    def facts(name: str, accuracy: float) -> RunFacts:
        test = {"accuracy": accuracy, "n": 40}
        return RunFacts(tmp_path / name, name, "finished", test=test, target=found.get(name, {}))

    box = ModelChoice()
    qtbot.addWidget(box)
    box.set_models([facts("mcc", 0.8), facts("source-only", 0.95), facts("dann", 0.7), facts("shot", 0.9)])
    assert box.chosen == tmp_path / chosen


def test_the_most_accurate_run_is_chosen_first_and_a_repeated_one_stays(qtbot, tmp_path):
    def run(name, accuracy, at=""):
        return RunFacts(tmp_path / (at or name), name, "finished", test={"accuracy": accuracy})

    box = ModelChoice()
    qtbot.addWidget(box)
    box.set_models([], [tmp_path / "a.onnx"])
    box.set_models([run("new", 0.7), run("best", 0.9), run("old", 0.8)], [tmp_path / "a.onnx"])
    assert box.chosen == tmp_path / "best"
    box.set_models([run("newest", 0.99), run("new", 0.7), run("best", 0.9)])
    assert box.chosen == tmp_path / "best"
    box.set_models([run("best", 0.1, "best again"), run("newest", 0.99)])
    assert box.chosen == tmp_path / "best again"


def test_choosing_images_offers_images_and_begins_where_one_was(page, monkeypatch, pictures, studio, qtbot):
    asked = []
    file = pictures("cat 60.png")[0]

    def pick(parent, title, folder, kinds, **more):
        asked.append((folder, kinds))
        return [file], ""

    monkeypatch.setattr("xferstudio.gui.try_it.try_page.QFileDialog.getOpenFileNames", pick)
    page.pick.click()
    page.pick.click()
    assert asked[0][0] and asked[0][0] != str(Path.cwd())
    assert "*.png" in asked[0][1] and "*.JPG" in asked[0][1] and "*.txt" not in asked[0][1]
    assert asked[1][0] == str(Path(file).parent)
    qtbot.waitUntil(answered(page, 1), timeout=10_000)


def test_the_picture_keeps_its_distance(page, qtbot, pictures):
    page.add(pictures("cat 60.png"))
    qtbot.waitUntil(answered(page, 1), timeout=10_000)
    left, picture = (QRect(each.mapTo(page, QPoint(0, 0)), each.size()) for each in (page.list, page.view))
    assert picture.left() - left.right() > 8
    assert picture.right() + 8 < page.verdict.mapTo(page, QPoint(0, 0)).x() - 8


@pytest.mark.parametrize(
    "text", ["/", ".", "..", "//", "~", "a\0b", "x" * 5000, "/root/secret", "\ud800", " "]
)
def test_any_text_may_be_typed_as_a_folder(page, text):
    panel = page.sorting
    panel.source.setText("")
    for end in range(1, min(len(text), 5) + 1):
        panel.source.setText(text[:end])
    panel.source.setText(text)
    panel.target.setText(text)
    assert not panel.predict.isEnabled()


def test_an_image_from_the_clipboard_is_tried(page, qtbot):
    image = QImage(30, 20, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    QGuiApplication.clipboard().setImage(image)
    page.paste()
    qtbot.waitUntil(answered(page, 1), timeout=10_000)
    file = Path(next(iter(page.answers)))
    with Image.open(file) as saved:
        assert saved.size == (30, 20)
    page.let_go()
    assert not file.exists()


def test_files_from_the_clipboard_are_tried_where_they_lie(page, qtbot, pictures):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(file) for file in pictures("cat 70.png")])
    QGuiApplication.clipboard().setMimeData(data)
    qtbot.keyClick(page, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(answered(page, 1), timeout=10_000)


def test_an_empty_clipboard_says_so(page, qtbot, studio):
    QGuiApplication.clipboard().setText("words")
    with qtbot.waitSignal(studio.note) as note:
        page.paste()
    assert note.args == ["There is no image on the clipboard."]


def test_a_folder_is_gone_through_to_the_bottom(page, qtbot, pictures):
    files = pictures("cat 70.png", "dog 80.png")
    page.add([str(Path(files[0]).parent)])
    qtbot.waitUntil(answered(page, 2), timeout=10_000)


def test_an_image_that_cannot_be_read_shows_the_reason(page, qtbot, pictures):
    page.add(pictures("bad.png"))
    qtbot.waitUntil(answered(page, 1), timeout=10_000)
    assert page.trouble.text() == "It cannot be read: damaged: the file is cut short."
    assert page.trouble.isVisible() and not page.heat_part.isVisible() and not page.bars[0][0].isVisible()
    assert page.list.pictures.entries[0].title == "cannot be read"


def test_the_heat_map_lies_over_what_the_model_sees(page, qtbot, pictures):
    page.add(pictures("cat 70.png"))
    qtbot.waitUntil(lambda: not page.view.heat.isNull() and not page.view.image.isNull(), timeout=10_000)
    assert page.view.box.getRect() == (8, 0, 48, 48)
    assert page.heat_part.isVisible() and "dashed frame" in page.heat_words.text()
    with_heat = page.view.grab().toImage()
    page.heat_on.setChecked(False)
    assert page.view.grab().toImage() != with_heat and not page.strength.isEnabled()
    page.heat_on.setChecked(True)
    page.strength.setValue(20)
    assert page.view.strength == pytest.approx(0.2)


def test_heat_grows_brighter_for_everybody_and_an_empty_map_is_none(tmp_path):
    colours = [heat.ramp(step / 8) for step in range(9)]
    greys = [0.21 * each.redF() + 0.72 * each.greenF() + 0.07 * each.blueF() for each in colours]
    assert greys == sorted(greys) and greys[-1] > 5 * greys[0]
    Image.new("L", (8, 8), 0).save(tmp_path / "cold.png")
    assert heat.read_heat(tmp_path / "cold.png").isNull()
    Image.linear_gradient("L").resize((8, 8)).save(tmp_path / "warm.png")
    warm = heat.read_heat(tmp_path / "warm.png")
    assert warm.pixelColor(0, 0).alpha() < warm.pixelColor(0, 7).alpha()


def test_a_picture_is_shown_upright_as_training_sees_it(tmp_path):
    lying = Image.new("RGB", (40, 20), (255, 0, 0))
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(tmp_path / "lying.jpg", exif=exif)
    image, size, reason = heat.read_upright(tmp_path / "lying.jpg")
    assert (image.width(), image.height()) == (20, 40) == (size.width(), size.height()) and not reason
    (tmp_path / "torn.jpg").write_bytes((tmp_path / "lying.jpg").read_bytes()[:-100])
    assert heat.read_upright(tmp_path / "torn.jpg")[2] == "damaged: the file is cut short"


def test_another_model_answers_the_same_images_anew(page, qtbot, pictures):
    page.add(pictures("cat 70.png"))
    qtbot.waitUntil(answered(page, 1), timeout=10_000)
    first = page.predictor.model
    page.select("first")
    assert page.predictor.model != first and not page.answers
    qtbot.waitUntil(answered(page, 1), timeout=10_000)


def test_an_onnx_file_is_tried_without_heat_map(page, qtbot, pictures, tmp_path):
    page.select(str(tmp_path / "model.onnx"))
    assert page.model.currentText() == "model.onnx"
    page.add(pictures("cat 70.png"))
    qtbot.waitUntil(answered(page, 1), timeout=10_000)
    assert not page.heat_part.isVisible()


def test_a_model_that_cannot_be_loaded_is_told_and_tried_again(page, qtbot, pictures, tmp_path):
    page.select(str(tmp_path / "damaged.onnx"))
    page.add(pictures("cat 70.png"))
    qtbot.waitUntil(lambda: page.predictor.state == "failed", timeout=10_000)
    qtbot.waitUntil(answered(page, 1), timeout=10_000)
    assert page.again.isVisible() and "export it again" in page.trouble.text()


def test_without_a_finished_run_the_page_says_what_to_do_next(qtbot, studio, tmp_path, pretended):
    shown = TryPage(studio)
    look_after(qtbot, shown)
    studio.open(make_project(tmp_path).folder)
    shown.show()
    shown.shown()
    qtbot.wait(100)
    assert shown.nothing.isVisible()
    with qtbot.waitSignal(studio.wanted) as wanted:
        shown.nothing.button.click()
    assert wanted.args == ["train", ""]


# -------------------------------------------------------------------------------------------- the predictor


@pytest.fixture
def predictor(studio, pretended, tmp_path):
    made = Predictor(studio)
    made.use(tmp_path)
    yield made
    made.let_go()


def collect(predictor):
    found = []
    predictor.answered.connect(lambda file, answer: found.append((file, answer)))
    return found


def test_one_process_answers_all_questions_in_order(predictor, qtbot):
    found = collect(predictor)
    names = [f"/x/cat {number}.png" for number in range(50, 60)]
    for name in names:
        predictor.ask(name)
    qtbot.waitUntil(lambda: len(found) == 10, timeout=10_000)
    assert [file for file, _ in found] == names
    assert all(answer["path"] == file for file, answer in found)
    assert predictor._starts == 1


def test_what_is_looked_at_is_answered_before_what_waits(predictor, qtbot):
    found = collect(predictor)
    for number in range(50, 60):
        predictor.ask(f"/x/cat {number}.png")
    predictor.ask("/x/cat 59.png", first=True)
    qtbot.waitUntil(lambda: len(found) == 10, timeout=10_000)
    assert [file for file, _ in found].index("/x/cat 59.png") <= 2


def test_an_image_that_ends_the_process_does_not_take_the_others_with_it(predictor, qtbot):
    found = collect(predictor)
    for name in ("/x/cat 50.png", "/x/crash.png", "/x/cat 60.png", "/x/cat 70.png"):
        predictor.ask(name)
    qtbot.waitUntil(lambda: len(found) == 4, timeout=20_000)
    assert {file: "error" in answer for file, answer in found} == {
        "/x/cat 50.png": False,
        "/x/crash.png": True,
        "/x/cat 60.png": False,
        "/x/cat 70.png": False,
    }
    assert predictor._starts == 2


def test_an_idle_process_is_let_go_and_comes_back_when_it_is_needed(predictor, qtbot):
    qtbot.waitUntil(lambda: predictor.state == "ready", timeout=10_000)
    predictor.rest()
    assert predictor.state == "off" and predictor._command is None
    found = collect(predictor)
    predictor.ask("/x/cat 50.png")
    qtbot.waitUntil(lambda: len(found) == 1, timeout=10_000)


def test_a_name_with_a_line_break_gets_a_reason_instead_of_an_answer_for_another_file(predictor, qtbot):
    found = collect(predictor)
    predictor.ask("/x/two\nlines.png")
    assert "line break" in found[0][1]["error"]


def test_heat_maps_are_gone_when_the_page_lets_go(predictor, qtbot):
    found = collect(predictor)
    predictor.ask("/x/cat 50.png")
    qtbot.waitUntil(lambda: len(found) == 1, timeout=10_000)
    file = Path(found[0][1]["heat_map"])
    assert file.exists()
    predictor.let_go()
    assert not file.exists()


# ------------------------------------------------------------------------------------------------- sorting


def test_the_plan_follows_the_limit_without_predicting_again():
    guesses = [
        Guess("a", "cat", 0.9),
        Guess("b", "cat", 0.4),
        Guess("c", "dog", 0.6),
        Guess("d", error="torn"),
    ]
    all_sure = plan(guesses, 0.0)
    assert {name: len(group) for name, group in all_sure.classes.items()} == {"cat": 2, "dog": 1}
    assert [guess.file for guess in all_sure.classes["cat"]] == ["b", "a"]
    half = plan(guesses, 0.6)
    assert [guess.file for guess in half.unsure] == ["b"] and half.classes["dog"] == [guesses[2]]
    assert half.placed == 3 and half.folders == 3 and half.unreadable == [guesses[3]]


@pytest.fixture
def panel(page, qtbot, pictures, tmp_path):
    pictures("cat 90.png", "cat 40.png", "dog 70.png", "bad.png")
    page.sort_button.click()
    page.sorting.source.setText(str(tmp_path / "some pictures"))
    return page.sorting


def test_a_folder_is_sorted_only_after_the_preview(panel, qtbot, tmp_path):
    target = tmp_path / "some pictures sorted"
    assert panel.target.text() == str(target)
    panel.limit.setValue(60)
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.target.setFocus()
    qtbot.keyClick(panel.target, Qt.Key.Key_Return)
    assert panel.stop.hasFocus(), "the keyboard stays where the work is"
    qtbot.waitUntil(lambda: panel.stage == "preview", timeout=10_000)
    assert panel.write.hasFocus()
    assert not target.exists()
    rows = [(panel.table.item(row, 0).text(), panel.table.item(row, 1).text()) for row in range(4)]
    assert rows == [("cat", "1"), ("dog", "1"), ("unsure", "1"), ("not copied: cannot be read", "1")]
    assert panel.write.text() == "Copy 3 images into 3 folders"
    assert [Path(entry.file).name for entry in panel.pictures.pictures.entries] == ["cat 90.png"]
    panel.limit.setValue(75)
    qtbot.waitUntil(lambda: panel.told.text() == "2 of 4 images are unsure")
    assert not target.exists()
    panel.link.setChecked(True)
    assert panel.write.text().startswith("Link 3 images")
    panel.write.click()
    qtbot.waitUntil(lambda: panel.stage == "done", timeout=10_000)
    asked = json.loads((target / "arguments.json").read_text())
    assert asked[-5:] == ["--sort-into", str(target), "--min-confidence", "0.75", "--link"]
    assert panel.result.text().startswith("Done: the images are in") and panel.folder_button.isVisible()


def test_a_target_inside_of_the_images_is_refused_with_the_reason(panel, tmp_path):
    panel.target.setText(str(tmp_path / "some pictures" / "sorted"))
    assert not panel.predict.isEnabled() and "outside" in panel.words.text()
    panel.target.setText(str(tmp_path / "elsewhere"))
    assert panel.predict.isEnabled()


def test_predicting_a_folder_can_be_stopped(panel, qtbot, pictures):
    pictures("slow.png")
    panel.predict.click()
    qtbot.waitUntil(lambda: len(panel.guesses) == 4, timeout=10_000)
    panel.stop.click()
    qtbot.waitUntil(lambda: panel.stage == "preview", timeout=10_000)
    assert panel.words.text().startswith("Stopped after 4 images")


def test_the_images_come_back_from_sorting(page, panel, qtbot):
    assert panel.isVisible() and not page.bar.isVisible()
    panel.back.click()
    assert page.drop.isVisible() and page.bar.isVisible()


# ------------------------------------------------------------------------------------- with the real program


def test_the_real_predictor_answers_with_a_heat_map_and_sorts(qtbot, studio, tmp_path, tmp_path_factory):
    folder = trained(tmp_path_factory)
    page = TryPage(studio)
    look_after(qtbot, page)
    page.resize(1000, 760)
    studio.open(folder)
    page.show()
    page.shown()
    qtbot.waitUntil(lambda: page.predictor.state == "ready", timeout=120_000)
    photo = tmp_path / "in" / "light.png"
    photo.parent.mkdir()
    photo.write_bytes((folder.parent / "photos" / "dog" / "00.png").read_bytes())
    (photo.parent / "torn.png").write_bytes(photo.read_bytes()[:60])
    page.add([str(photo)])
    qtbot.waitUntil(answered(page, 1), timeout=60_000)
    answer = page.answers[str(photo)]
    assert answer["label"] == "dog" and page.verdict.text().startswith("dog, ")
    left, top, right, bottom = answer["box"]
    assert 0 <= left < right <= 64 and 0 <= top < bottom <= 48 and Path(answer["heat_map"]).exists()
    panel = page.sorting
    page.open_sorting()
    panel.limit.setValue(0)
    panel.source.setText(str(photo.parent))
    panel.predict.click()
    qtbot.waitUntil(lambda: panel.stage == "preview", timeout=120_000)
    assert panel.plan.placed == 1 and len(panel.plan.unreadable) == 1
    panel.write.click()
    qtbot.waitUntil(lambda: panel.stage == "done", timeout=120_000)
    assert (tmp_path / "in sorted" / "dog" / "light.png").is_file() and photo.is_file()
