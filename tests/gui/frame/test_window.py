"""The window as a whole: pages, project manager, menus, messages, edits elsewhere, and how it closes."""

import json
import shutil
import sys

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QUndoCommand, QUndoStack
from PySide6.QtWidgets import QApplication, QLabel, QToolButton

from xferstudio import project as projects
from xferstudio.gui.frame import window as module
from xferstudio.gui.frame.window import PAGES, WORK, Window
from xferstudio.gui.look import messages, theme, words
from xferstudio.gui.look.help import About, Shortcuts
from xferstudio.gui.look.messages import Message
from xferstudio.gui.project import commands
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.queue import Job
from xferstudio.gui.project.studio import Catalogue
from xferstudio.gui.project.watch import Figures

RUN = (
    "import sys\n"
    'print(\'{"event": "RunStarted", "folder": "/runs/x", "device": "cuda:0", "epochs": 9}\')\n'
    'print(\'{"event": "EpochDone", "epoch": 3, "epochs": 9, "seconds_left": 200}\')\n'
    'print(\'{"event": "StepDone", "epoch": 4, "step": 40, "steps": 100}\', flush=True)\n'
    "word = sys.stdin.readline().strip()\n"
    "open(%r, 'w').write(word)"
)


class Plain(Page):
    """A page that only remembers."""

    def __init__(self, studio, parent=None):
        super().__init__(studio, parent)
        self.selected, self.times, self.rests = [], 0, True

    def shown(self):
        self.times += 1

    def select(self, what):
        self.selected.append(what)

    def let_go(self):
        return self.rests


@pytest.fixture
def heard(tmp_path):
    return tmp_path / "heard"


@pytest.fixture
def window(qtbot, studio, tmp_path, monkeypatch, heard):
    """A window whose pages are plain and whose commands do nothing, but runs wait for a word."""

    def line(*arguments):
        code = RUN % str(heard) if arguments[0] == "run" else 'print(\'[{"bytes": 3000000}, {"bytes": 1}]\')'
        return [sys.executable, "-c", code]

    monkeypatch.setattr(commands, "command_line", line)
    monkeypatch.setattr(studio, "rescan", lambda: None)
    monkeypatch.setattr(
        module, "PAGES", dict.fromkeys(PAGES, (__name__, "Plain")) | {"start": PAGES["start"]}
    )
    monkeypatch.setattr(
        module, "import_module", lambda name: sys.modules[__name__] if name.endswith(__name__) else real(name)
    )
    made = Window(studio)
    qtbot.addWidget(made)
    made.show()
    made.go("start")
    yield made
    studio.queue.stop()
    for job in list(studio.queue.active):
        if job.command is not None:
            job.command.kill()
    made.leave()


real = module.import_module


@pytest.fixture
def folder(tmp_path):
    for name in ("a/1.png", "b/2.png"):
        file = tmp_path / "images" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
    return projects.create(tmp_path / "project", data=tmp_path / "images", name="Fruit").folder


@pytest.fixture
def answers(monkeypatch):
    """Questions that were asked; the answers to come are put into `answers.next` by their place."""

    class Answers(list):
        next = 0

    asked = Answers()

    def ask(parent, sentence, choices, details=""):
        asked.append(sentence)
        return choices[asked.next] if asked.next is not None else ""

    monkeypatch.setattr(messages, "ask", ask)
    return asked


@pytest.fixture
def no_catalogue(studio, monkeypatch):
    monkeypatch.setattr(studio, "read_catalogue", lambda: None)


def lines(window):
    """What the project manager shows: (kind, text, right, below)."""
    return [(e.kind, e.text, e.right, e.below) for e in window.sidebar._entries]


# ---------------------------------------------------------------------------------------------- pages


def test_every_real_page_can_be_made(qtbot, studio):
    window = Window(studio)
    qtbot.addWidget(window)
    window.show()
    for name in PAGES:
        window.go(name)
        assert window.stack.currentWidget() is window.pages[name]
    window.leave()


def test_pages_follow_the_work_and_answer_to_the_keyboard(qtbot, window, folder):
    window.open(str(folder))
    assert window.current() is window.pages["data"]
    for number, name in enumerate(WORK, 1):
        action = window._page_actions[name]
        assert action.shortcut().toString() == f"Ctrl+{number}"
        action.trigger()
        assert window.current() is window.pages[name]
        assert action.isChecked()
    assert [text for kind, text, *_ in lines(window) if kind == "page"] == [
        "Data",
        "Train",
        "Compare",
        "Try it",
        "Export",
    ]


def test_a_page_is_made_when_it_is_first_looked_at(window, folder):
    window.open(str(folder))
    assert set(window.pages) == {"start", "data"}


def test_without_a_project_its_actions_are_off(window, folder):
    assert not any(action.isEnabled() for action in window._project_actions)
    window.open(str(folder))
    assert all(action.isEnabled() for action in window._project_actions)
    assert window.windowTitle() == "Fruit – xferstudio"
    window.close_project()
    assert window.current() is window.pages["start"]
    assert window.windowTitle() == "xferstudio"


def test_another_project_opens_when_the_page_has_ended_what_it_does(qtbot, window, studio, folder, tmp_path):
    other = projects.create(tmp_path / "other", data=tmp_path / "images").folder
    window.open(str(folder))
    window.pages["data"].rests = False
    window.open(str(other))
    assert studio.project.folder == folder
    window.pages["data"].rests = True
    qtbot.waitUntil(lambda: studio.project.folder == other, timeout=3000)


def test_a_project_that_cannot_be_opened_ends_nothing_of_the_open_one(window, studio, folder, tmp_path):
    window.open(str(folder))
    page, ended = window.pages["data"], []
    page.let_go = lambda: ended.append(1) or True
    window.open(str(tmp_path / "none"))
    assert ended == []
    assert studio.project.folder == folder
    assert window._message.sentence.text().startswith(f"There is no project in {tmp_path / 'none'}.")
    window._message.accept()


def test_a_project_without_runs_takes_the_runs_of_the_last_one_away(window, studio, folder, tmp_path):
    (folder / "runs" / "20260101-000000-old").mkdir(parents=True)
    other = projects.create(tmp_path / "other", data=tmp_path / "images").folder
    window.open(str(folder))
    studio.look()
    told = []
    studio.runs_changed.connect(lambda: told.append(list(studio.runs)))
    window.open(str(other))
    assert told == [[]]
    assert not [line for line in lines(window) if line[0] == "run"]


# ------------------------------------------------------------------------------------- project manager


def test_recent_projects_are_opened_by_click_or_enter_and_can_be_taken_out(qtbot, window, studio, folder):
    assert lines(window) == [("section", "Recent projects", "", ""), ("hint", "None yet", "", "")]
    window.open(str(folder))
    window.close_project()
    side = window.sidebar.list
    assert lines(window)[1] == ("recent", "project", "", str(folder.parent))
    side.setFocus()
    qtbot.keyClick(side, Qt.Key.Key_Down)
    assert studio.project is None
    qtbot.keyClick(side, Qt.Key.Key_Return)
    assert studio.project.folder == folder
    window.close_project()
    studio.forget(folder)
    window.sidebar.refresh()
    assert lines(window)[1][0] == "hint"


def test_runs_are_listed_newest_first_with_accuracy_interval_and_progress(qtbot, window, studio, folder):
    for name in ("20260101-000000-old", "20260102-000000-new"):
        (folder / "runs" / name).mkdir(parents=True)
    (folder / "exports").mkdir()
    (folder / "exports" / "model.onnx").write_text("x")
    window.open(str(folder))
    studio.look()
    old, new = studio.runs
    studio._states.update({old.path: "finished", new.path: "running"})
    studio.figures = {
        old.path: Figures(0.9321, (0.91, 0.95), "test"),
        new.path: Figures(progress=0.25, epoch=2, epochs=8),
    }
    studio.figures_changed.emit()
    assert lines(window)[5:] == [
        ("section", "Runs", "", ""),
        ("run", "new", words.percent(0.25, 0), "epoch 2 of 8"),
        ("run", "old", words.percent(0.9321), words.interval((0.91, 0.95))),
        ("section", "Exports", "", ""),
        ("export", "model.onnx", "", ""),
    ]
    row = window.sidebar.list.item(6)
    assert "epoch 2 of 8" in row.data(Qt.ItemDataRole.AccessibleTextRole)
    assert not window.sidebar.list.grab().isNull()


def test_choosing_a_run_or_an_export_goes_to_its_page(qtbot, window, studio, folder):
    (folder / "runs" / "20260101-000000-old").mkdir(parents=True)
    (folder / "exports").mkdir()
    (folder / "exports" / "model.onnx").write_text("x")
    window.open(str(folder))
    studio.look()
    side = window.sidebar.list
    side.setCurrentRow(6)
    assert window.current() is window.pages["train"]
    assert window.pages["train"].selected[-1] == "20260101-000000-old"
    assert side.currentRow() == 6
    side.setCurrentRow(8)
    assert window.pages["export"].selected[-1] == "model.onnx"
    side.setCurrentRow(0)
    assert window.current() is window.pages["data"]
    window.go("compare")
    assert side.currentRow() == 2


def test_the_chosen_run_stays_chosen_when_another_begins(window, studio, folder):
    (folder / "runs" / "20260101-000000-old").mkdir(parents=True)
    window.open(str(folder))
    studio.look()
    window.sidebar.list.setCurrentRow(6)
    (folder / "runs" / "20260102-000000-new").mkdir(parents=True)
    studio.look()
    assert window.sidebar.list.currentItem().text() == "old"
    assert window.sidebar.list.currentRow() == 7


def test_headings_of_the_list_cannot_be_chosen(window, folder):
    window.open(str(folder))
    side = window.sidebar.list
    assert not side.item(5).flags() & Qt.ItemFlag.ItemIsSelectable
    assert side.itemDelegate().sizeHint(None, QModelIndex()).height() > 0


def test_runs_that_wait_in_another_project_are_not_listed_in_this_one(window, studio, folder, tmp_path):
    window.open(str(folder))
    studio.queue.waiting += [Job(folder, "mine"), Job(tmp_path / "other", "not mine")]
    studio.queue.changed.emit()
    assert [text for kind, text, *_ in lines(window) if kind == "waiting"] == ["mine"]
    studio.queue.waiting.clear()


# ------------------------------------------------------------------------------------------ status line


def test_the_status_line_tells_of_the_run_that_goes_on(qtbot, window, studio, folder):
    window.open(str(folder))
    status = window.status
    assert not status.job.isVisible()
    studio.queue.add(Job(folder, "probe"))
    studio.queue.add(Job(folder, "next"))
    qtbot.waitUntil(lambda: "4 of 9" in status.job_text.text(), timeout=10_000)
    assert status.job_text.text() == "probe · epoch 4 of 9 · 1 waiting"
    assert status.bar.share == 0.4
    assert "3 min" in status.left.text()
    assert status.device.text() == "GPU"
    assert ("waiting", "next", "", "waiting") in lines(window)
    studio.queue.stop()
    qtbot.waitUntil(lambda: not status.job.isVisible(), timeout=10_000)
    assert status.device.text() == "CPU"


def test_notes_and_the_disk_of_the_feature_store_stand_there(qtbot, window, studio):
    studio.note.emit("It is in the clipboard.")
    assert window.status.note.whole() == "It is in the clipboard."
    assert not window.status.disk.isVisible()
    window.status.read_disk()
    qtbot.waitUntil(window.status.disk.isVisible, timeout=10_000)
    assert window.status.disk.text() == words.size(3_000_001)


# ------------------------------------------------------------------------------------------------ menus


def test_undo_and_redo_go_to_the_page_in_front(window, folder):
    window.open(str(folder))
    assert not window.undo.isEnabled()
    window.page("train").undo_stack = stack = QUndoStack(window)
    window.go("train")
    assert not window.undo.isEnabled()
    stack.push(QUndoCommand("exclude 3 images"))
    assert window.undo.isEnabled()
    assert window.undo.text().endswith("exclude 3 images")
    window.undo.trigger()
    assert not window.undo.isEnabled()
    assert window.redo.isEnabled()
    window.redo.trigger()
    window.go("data")
    assert not window.undo.isEnabled()


def test_the_theme_changes_at_once_and_the_language_says_when(qapp, window, studio):
    notes = []
    studio.note.connect(notes.append)
    before = qapp.property("theme")
    try:
        for action in window.theme_menu.actions():
            action.trigger()
            assert studio.settings.value("theme") == action.data()
            if action.data() != "system":
                assert theme.is_dark() == (action.data() == "dark")
    finally:
        qapp.setProperty("theme", before)
        theme.apply(qapp)
    window.language_menu.actions()[2].trigger()
    assert studio.settings.value("language") == "zh_CN"
    assert len(notes) == 1


def test_every_shortcut_is_used_once_and_stands_in_the_help_sheet(qapp, qtbot, window):
    keys = [
        action.shortcut().toString()
        for menu in window._menus
        for action in menu.actions()
        if not action.shortcut().isEmpty()
    ]
    assert len(keys) == len(set(keys)) > 10
    window.page("start").shortcuts = lambda: [("Dance", "Ctrl+D")]
    window.show_shortcuts()
    sheet = next(w for w in qapp.topLevelWidgets() if isinstance(w, Shortcuts))
    shown = {child.text() for child in sheet.findChildren(type(window.status.left))}
    assert set(keys) <= shown
    assert "Dance" in shown
    assert "New project from a folder" in shown
    sheet.accept()
    window.show_about()
    next(w for w in qapp.topLevelWidgets() if isinstance(w, About)).accept()
    window.file_menu.actions()  # still there


def test_the_list_of_recent_projects_in_the_menu_opens_them(window, studio, folder):
    window._fill_recent()
    assert not window.recent_menu.actions()[0].isEnabled()
    window.open(str(folder))
    window.close_project()
    window._fill_recent()
    window.recent_menu.actions()[0].trigger()
    assert studio.project.folder == folder


def test_what_has_only_an_icon_has_a_name_for_screen_readers(window, folder):
    window.open(str(folder))
    for child in window.findChildren(QToolButton):
        if not child.text() and not child.objectName().startswith("qt_"):
            assert child.accessibleName(), child
    assert window.sidebar.list.accessibleName()


# --------------------------------------------------------------------------------------------- messages


def test_a_burst_of_messages_is_one_box_with_details_and_copy(qapp, qtbot, window):
    for number in range(30):
        window.show_message(f"Trouble {number % 12}.", f"details {number}")
    boxes = [
        widget for widget in qapp.topLevelWidgets() if isinstance(widget, Message) and widget.isVisible()
    ]
    assert boxes == [window._message]
    text = boxes[0].sentence.text()
    assert "Trouble 0." in text and "4 more" in text and "Trouble 11." not in text
    assert not boxes[0].details.isVisible()
    qtbot.mouseClick(boxes[0].unfold, Qt.MouseButton.LeftButton)
    assert "details 29" in boxes[0].details.toPlainText()
    qtbot.mouseClick(boxes[0].copy, Qt.MouseButton.LeftButton)
    assert "Trouble 11." in QApplication.clipboard().text()
    qtbot.keyClick(boxes[0], Qt.Key.Key_Escape)
    assert window._message is None


def test_the_same_fault_is_told_once_and_not_with_every_tick(window):
    for _ in range(5):
        window.show_fault("ValueError: alas", "traceback")
    text = window._message.sentence.text()
    assert text.count("alas") == 1
    window._message.accept()
    window.show_fault("ValueError: alas", "traceback")
    assert window._message is None


def test_the_answer_to_a_question_is_its_text_and_nothing_when_it_was_closed(qtbot):
    question = Message(None, "Go on?", "", ("Yes", "No"))
    qtbot.addWidget(question)
    question.show()
    assert question.buttons[0].isDefault()
    qtbot.mouseClick(question.buttons[1], Qt.MouseButton.LeftButton)
    assert question.answer == "No"
    other = Message(None, "Go on?", "", ("Yes", "No"))
    qtbot.addWidget(other)
    other.show()
    qtbot.keyClick(other, Qt.Key.Key_Escape)
    assert other.answer == ""


def test_all_broken_plugins_are_told_in_one_box_and_once(qtbot, window, studio, answers):
    studio.catalogue_changed.emit()
    qtbot.wait(20)
    assert answers == []
    answers.next = 1
    failed = [{"distribution": f"plugin-{n}", "version": "1", "reason": "no"} for n in range(3)]
    studio.catalogue = Catalogue(failed=failed)
    studio.catalogue_changed.emit()
    studio.catalogue_changed.emit()
    qtbot.waitUntil(lambda: window.current() is window.pages.get("plugins"))
    assert len(answers) == 1
    assert "plugin-0, plugin-1, plugin-2" in answers[0]


def test_a_project_that_cannot_be_opened_is_a_sentence(window, studio, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "project.toml").write_text("name = [")
    window.open(str(tmp_path / "bad"))
    assert "not valid TOML" in window._message.sentence.text()
    window._message.accept()
    assert studio.project is None


# ----------------------------------------------------------------------------------- edits elsewhere


def test_a_project_edited_elsewhere_is_reloaded_if_the_user_likes(qtbot, window, studio, folder, answers):
    window.open(str(folder))
    text = studio.project.file.read_text()
    studio.project.file.write_text(text.replace("Fruit", "Vegetables"))
    qtbot.waitUntil(lambda: studio.project.name == "Vegetables", timeout=5000)
    assert window.sidebar.title.whole() == "Vegetables"
    answers.next = 1
    studio.project.file.write_text(text.replace("Fruit", "Nuts and so on"))
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=5000)
    qtbot.wait(1200)
    assert studio.project.name == "Vegetables"
    assert len(answers) == 2


def test_keep_keeps_what_is_shown_and_loses_nothing_of_what_was_written(
    qtbot, window, studio, folder, answers
):
    shown = studio_with_a_run(window, studio, folder)
    answers.next = 1
    text = (folder / "project.toml").read_text()
    theirs = text.replace('"Fruit"', '"Vegetables"').replace("val = 0.2", "val = 0.3")
    assert theirs != text
    with qtbot.waitSignal(studio.note, check_params_cb=lambda note: "project.toml.changed" in note):
        (folder / "project.toml").write_text(theirs)
    assert "project.toml.changed" in answers[0]
    assert (folder / "project.toml.changed").read_text() == theirs
    assert projects.load(folder) == shown == studio.project
    studio.add_run(projects.Run("next", "extract", "embedded:lite0"))
    now = projects.load(folder)
    assert (now.name, now.split, [run.name for run in now.runs]) == ("Fruit", shown.split, ["first", "next"])
    qtbot.wait(2500)  # nobody asks again
    assert len(answers) == 1


def studio_with_a_run(window, studio, folder):
    window.open(str(folder))
    studio.add_run(projects.Run("first", "extract", "embedded:lite0"))
    return studio.project


def test_an_edit_that_breaks_the_file_is_told_and_the_project_stays(qtbot, window, studio, folder, answers):
    window.open(str(folder))
    studio.project.file.write_text("name = [")
    qtbot.waitUntil(lambda: window._message is not None, timeout=5000)
    assert "stays" in window._message.sentence.text()
    assert studio.project.name == "Fruit"
    window._message.accept()


def test_a_folder_deleted_while_open_is_asked_about_until_it_is_back_or_closed(
    qtbot, window, studio, folder, answers, tmp_path
):
    window.open(str(folder))
    shutil.move(folder, tmp_path / "away")
    qtbot.waitUntil(lambda: len(answers) >= 2, timeout=8000)  # "look again", and it is still gone
    answers.next = 1
    qtbot.waitUntil(lambda: studio.project is None, timeout=8000)
    assert window.current() is window.pages["start"]


def test_a_folder_that_goes_while_another_question_is_open_is_asked_about_afterwards(
    qtbot, window, studio, folder, monkeypatch
):
    window.open(str(folder))
    studio._watch.end()
    asked = []

    def ask(parent, sentence, choices, details=""):
        asked.append(sentence)
        if len(asked) == 1:  # the first one is open
            studio.edited_elsewhere.emit()
            studio.gone.emit()
            studio.gone.emit()
            return choices[1]
        return choices[1]

    monkeypatch.setattr(messages, "ask", ask)
    studio.edited_elsewhere.emit()
    qtbot.waitUntil(lambda: studio.project is None, timeout=3000)
    assert len(asked) == 2
    assert str(folder) in asked[1]
    assert window._questions == []


# --------------------------------------------------------------------------------------------- closing


def test_closing_without_runs_asks_nothing_and_keeps_the_windows_state(qtbot, window, studio, answers):
    window.splitter.setSizes([300, 900])
    window.close()
    assert answers == []
    assert not window.isVisible()
    again = Window(studio)
    qtbot.addWidget(again)
    assert again.splitter.saveState() == window.splitter.saveState()
    again.leave()


def test_closing_with_runs_asks_once_and_staying_changes_nothing(qtbot, window, studio, folder, answers):
    studio.queue.add(Job(folder, "probe"))
    studio.queue.add(Job(folder, "next"))
    for answers.next in (2, None):
        answers.clear()
        window.close()
        assert window.isVisible()
        assert len(answers) == 1
    assert "probe" in answers[0] and "next" in answers[0]
    assert len(studio.queue.active) == 1 and len(studio.queue.waiting) == 1


def test_a_run_goes_on_without_the_window(qtbot, window, studio, folder, answers, heard):
    studio.queue.add(Job(folder, "probe"))
    qtbot.waitUntil(lambda: "4 of 9" in window.status.job_text.text(), timeout=10_000)
    window.close()
    assert not window.isVisible()
    assert len(answers) == 1
    qtbot.waitUntil(heard.exists, timeout=10_000)
    assert heard.read_text() == ""  # no word, only the end of the words


def test_stop_and_keep_reaches_the_run(qtbot, window, studio, folder, answers, heard):
    answers.next = 1
    studio.queue.add(Job(folder, "probe"))
    qtbot.waitUntil(lambda: "4 of 9" in window.status.job_text.text(), timeout=10_000)
    window.close()
    qtbot.waitUntil(lambda: heard.exists() and heard.read_text() == "stop", timeout=10_000)


def test_the_window_closes_when_its_pages_have_ended_what_they_do(qtbot, window, folder):
    window.open(str(folder))
    window.pages["data"].rests = False
    window.close()
    assert window.isVisible()
    window.pages["data"].rests = True
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=3000)


@pytest.mark.usefixtures("no_catalogue")
def test_the_frame_is_on_the_screen_before_the_project_is_opened(qtbot, window, studio, folder):
    window.hide()
    seen = []
    paint = window.status.paintEvent
    window.status.paintEvent = lambda event: (seen.append(studio.project), paint(event))
    window.appear(str(folder))
    assert studio.project is None
    opening = window.stack.currentWidget()
    assert isinstance(opening, QLabel)
    assert opening.text() == f"Opening {folder.name}…"
    qtbot.waitUntil(lambda: studio.project is not None, timeout=3000)
    assert seen[0] is None
    assert window.current() is window.pages["data"]


@pytest.mark.usefixtures("no_catalogue")
def test_a_project_that_does_not_open_at_the_start_leaves_the_start_page(qtbot, window, studio, tmp_path):
    window.hide()
    window.appear(str(tmp_path / "nowhere"))
    qtbot.waitUntil(lambda: window.current() is window.pages["start"], timeout=3000)
    assert "nowhere" in window._message.sentence.text()
    window._message.accept()


@pytest.mark.usefixtures("no_catalogue")
def test_a_window_that_nothing_shows_begins_all_the_same(qtbot, window, studio, folder, monkeypatch):
    window.hide()
    monkeypatch.setattr(module, "_UNSEEN", 30)
    monkeypatch.setattr(window, "show", lambda: None)
    window.appear(str(folder))
    qtbot.waitUntil(lambda: studio.project is not None, timeout=3000)


@pytest.mark.usefixtures("no_catalogue")
def test_a_window_that_is_closed_before_it_is_seen_begins_nothing(qtbot, window, studio, folder):
    window.hide()
    window.appear(str(folder))
    window.close()
    qtbot.wait(50)
    assert studio.project is None


def test_no_command_begins_after_the_window_has_closed(qtbot, window, studio, monkeypatch):
    window.begin()
    window._later.setInterval(10)
    window.close()
    begun = []
    monkeypatch.setattr(studio, "command", lambda *arguments: begun.append(arguments))
    qtbot.wait(50)
    assert begun == []
    assert not window._later.isActive()


def test_settings_hold_nothing_that_affects_a_run(window, studio, folder):
    window.open(str(folder))
    window.close()
    studio.settings.sync()
    assert set(studio.settings.allKeys()) <= {
        "recent",
        "theme",
        "language",
        "window/geometry",
        "window/splitter",
    }
    assert json.dumps(studio.settings.value("recent"))
