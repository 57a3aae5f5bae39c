"""A model leaves the project with a proof, or with the reason why not to trust it."""

import json
import sys
from pathlib import Path

import pytest
from finished_runs import look_after, make_project, make_run, trained
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication

from xferstudio.gui.export import export_page
from xferstudio.gui.export.export_page import ExportPage, read_exports
from xferstudio.gui.project import commands
from xferstudio.gui.project.studio import Catalogue

EXPORTERS = [
    {"id": "onnx", "label": "ONNX file", "suffix": ".onnx", "summary": "One file.", "options": []},
    {
        "id": "boxed", "label": "Box", "suffix": ".box", "summary": "A box.",
        "options": [
            {"name": "lid", "kind": "bool", "default": False, "min": None, "max": None, "choices": None,
             "help": "With a lid.", "advanced": False},
        ],
    },
]  # fmt: skip


@pytest.fixture
def page(qtbot, studio, tmp_path, monkeypatch):
    script = str(Path(__file__).parents[1] / "pretender.py")
    monkeypatch.setattr(commands, "command_line", lambda *arguments: [sys.executable, script, *arguments])
    made = make_project(tmp_path)
    make_run(made, "pets", 2)
    make_run(made, "running", 2, reason="interrupted")
    studio.catalogue = Catalogue(exporters=EXPORTERS)
    shown = ExportPage(studio)
    look_after(qtbot, shown)
    shown.resize(1000, 760)
    studio.open(made.folder)
    shown.show()
    shown.shown()
    qtbot.waitUntil(lambda: shown.model.chosen is not None, timeout=10_000)
    return shown


def export(page, qtbot, name=""):
    if name:
        page.place.setText(str(Path(page.place.text()).with_name(name)))
    page.button.click()
    qtbot.waitUntil(lambda: page._command is None, timeout=20_000)


def test_the_first_format_and_a_place_in_the_project_are_chosen_already(page, studio):
    assert page.format == "onnx" and [page.model.itemText(0)[:4], page.model.count()] == ["pets", 1]
    assert page.place.text() == str(studio.project.exports_folder / "pets.onnx")
    assert page.button.isEnabled() and not page.options.isVisible()


def test_a_card_is_chosen_by_a_click_anywhere_and_shows_its_options(page, qtbot):
    qtbot.mouseClick(page.cards["boxed"], Qt.MouseButton.LeftButton)
    assert page.format == "boxed" and page.place.text().endswith("pets.box")
    assert page.options.isVisible()
    page.options.fields["lid"].set_value(True)
    assert page.arguments()[-2:] == ["--set", "lid=true"]


def test_the_proof_is_told_in_words(page, qtbot):
    export(page, qtbot)
    assert page.result.isVisible()
    assert page.verdict.text() == "pets.onnx is written, and answers as the app does."
    assert page.proof.text() == "All 64 real files agree; the largest difference of a probability is 0.0020."
    assert page.open_button.isVisible() and page.try_button.isVisible()


def test_a_failed_proof_warns_with_the_reason(page, qtbot):
    export(page, qtbot, "wrong.onnx")
    assert "FAILED" in page.verdict.text() and "do not rely on it" in page.verdict.text()
    assert "another class for 3 files" in page.proof.text()


def test_a_refusal_is_told_with_what_to_do(page, qtbot):
    export(page, qtbot, "refused.onnx")
    assert page.verdict.text() == "Nothing was exported."
    assert page.proof.text() == "the disk is full; make room." and not page.open_button.isVisible()


def test_nothing_is_overwritten_without_asking(page, qtbot, monkeypatch):
    export(page, qtbot)
    place = Path(page.place.text())
    place.write_text("mine")
    asked = []

    def answer(parent, sentence, answers, details=""):
        asked.append(sentence)
        return answers[len(asked) - 1]

    monkeypatch.setattr(export_page, "ask", answer)
    page.button.click()
    assert asked == ["pets.onnx is there already. Replace it by the new export?"]
    assert page._command is None and place.read_text() == "mine"
    export(page, qtbot)
    assert "--overwrite" in place.read_text()


def test_an_export_can_be_stopped(page, qtbot):
    page.place.setText(str(Path(page.place.text()).with_name("slow.onnx")))
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.place.setFocus()
    qtbot.keyClick(page.place, Qt.Key.Key_Return)
    assert page.stop.isVisible() and not page.model.isEnabled()
    assert page.stop.hasFocus(), "the keyboard stays where the work is"
    qtbot.keyClick(page.stop, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page._command is None, timeout=10_000)
    assert page.button.hasFocus()
    assert page.verdict.text() == "Stopped: nothing was exported."


def test_the_command_is_copied_as_one_would_type_it(page, studio, tmp_path):
    page.place.setText(str(tmp_path / "a b.onnx"))
    page.copy.click()
    assert QGuiApplication.clipboard().text() == (
        f"xferstudio export {studio.project.folder} pets --to onnx --out '{tmp_path / 'a b.onnx'}'"
    )


def test_earlier_exports_are_listed_with_their_proof_and_open_their_folder(page, qtbot, monkeypatch):
    export(page, qtbot)
    export(page, qtbot, "wrong.onnx")
    qtbot.waitUntil(lambda: page.table.rowCount() == 2, timeout=10_000)
    rows = {page.table.item(row, 0).text(): page.table.item(row, 1).text() for row in range(2)}
    assert rows["pets.onnx"].startswith("All 64 real files agree") and "FAILS" in rows["wrong.onnx"]
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)
    page.table.selectRow(0)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert opened == [str(page.exports[0].path.parent)]


def test_an_export_whose_proof_is_damaged_is_listed_as_unproven(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "parity.json").write_text("{")
    (tmp_path / "two.onnx").write_bytes(b"12345")
    (tmp_path / "two.onnx.parity.json").write_text(json.dumps({"passed": True}))
    (tmp_path / "stray.txt").write_text("")
    found = {each.path.name: each for each in read_exports(tmp_path)}
    assert set(found) == {"one", "two.onnx"} and found["one"].parity == {} and found["two.onnx"].size == 5
    assert read_exports(tmp_path / "none") == []


def test_without_a_finished_run_the_page_says_what_to_do_next(qtbot, studio, tmp_path):
    shown = ExportPage(studio)
    look_after(qtbot, shown)
    studio.open(make_project(tmp_path).folder)
    shown.show()
    shown.shown()
    assert shown.empty.isVisible()
    with qtbot.waitSignal(studio.wanted) as wanted:
        shown.empty.button.click()
    assert wanted.args == ["train", ""]


def test_the_real_export_to_onnx_is_proven(qtbot, studio, tmp_path, tmp_path_factory):
    page = ExportPage(studio)
    look_after(qtbot, page)
    page.resize(1000, 760)
    studio.read_catalogue()
    studio.open(trained(tmp_path_factory))
    page.show()
    page.shown()
    qtbot.waitUntil(lambda: page.model.chosen is not None and page.format == "onnx", timeout=60_000)
    page.place.setText(str(tmp_path / "taken away.onnx"))
    page.button.click()
    qtbot.waitUntil(lambda: page._command is None, timeout=180_000)
    assert page.verdict.text() == "taken away.onnx is written, and answers as the app does.", (
        page.proof.text()
    )
    assert page.proof.text().startswith("All 24 real files agree")
    assert (tmp_path / "taken away.onnx").is_file()
