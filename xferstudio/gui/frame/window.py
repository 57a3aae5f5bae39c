"""The main window: project manager on the left, the page of what is selected in the middle, a quiet status line."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QPoint, QSize, Qt, QTimer, Slot
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QPaintEvent,
    QUndoStack,
)
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QSplitter, QStackedWidget

from xferstudio import project as projects
from xferstudio.api import UserError
from xferstudio.gui.frame.new_project import NewProject
from xferstudio.gui.frame.sidebar import WIDTH, Sidebar
from xferstudio.gui.frame.status_line import StatusLine
from xferstudio.gui.look import messages, theme, words
from xferstudio.gui.look.messages import Message
from xferstudio.gui.look.widgets import label
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.studio import Studio

log = logging.getLogger(__name__)

PAGES = {
    "start": ("frame.start_page", "StartPage"),
    "data": ("data.data_page", "DataPage"),
    "train": ("train.train_page", "TrainPage"),
    "compare": ("compare.compare_page", "ComparePage"),
    "try": ("try_it.try_page", "TryPage"),
    "export": ("export.export_page", "ExportPage"),
    "plugins": ("frame.plugins_page", "PluginsPage"),
}
"""Module and class of each page; a page is imported and made when it is first looked at."""

WORK = ("data", "train", "compare", "try", "export")
"""The pages of a project, in the order of the work."""

_PATIENCE = 15.0
"""Seconds that a page may take to end its threads before the window closes all the same."""
_UNSEEN = 1000
"""Milliseconds after which work begins in a window that was not painted."""
_CALM = 30.0
"""Seconds in which the same fault is not told again."""


class Window(QMainWindow):
    """One window on one project."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.setWindowTitle("xferstudio")
        self.setAcceptDrops(True)
        self.pages: dict[str, Page] = {}
        self._message: Message | None = None
        self._told: dict[str, float] = {}
        self._failed_told = self._leaving = False
        self._questions: list[tuple[str, Path]] = []
        self._closing_since = 0.0
        self._when_painted: Callable[[], None] | None = None
        self._stack_of_page: QUndoStack | None = None

        self.sidebar = Sidebar(studio)
        self.stack = QStackedWidget()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.sidebar)
        self.splitter.addWidget(self.stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([WIDTH, 8 * WIDTH])
        self.setCentralWidget(self.splitter)
        self.status = StatusLine(studio)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(4000)
        self._later.timeout.connect(self.status.read_disk)
        self.setStatusBar(self.status)
        self._make_menus()
        self._restore()

        self.sidebar.chosen_project.connect(self.open)
        self.sidebar.menu_wanted.connect(self._project_menu)
        studio.wanted.connect(self.go)
        studio.message.connect(self.show_message)
        studio.project_changed.connect(self._project_changed)
        studio.catalogue_changed.connect(self._tell_broken_plugins)
        studio.edited_elsewhere.connect(self._edited_elsewhere)
        studio.gone.connect(self._gone)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_colours)
        self._project_changed()

    def appear(self, project: str = "") -> None:
        """Show the window, and `begin` once it is on the screen: opening a project takes longer than the frame."""
        if project:
            opening = label(self.tr("Opening {name}…").format(name=Path(project).resolve().name), "quiet")
            opening.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self.stack.setCurrentIndex(self.stack.addWidget(opening))
        else:
            self.go("start")

        def begin() -> None:
            self.begin(project)
            if project:
                self.stack.removeWidget(opening)
                opening.deleteLater()

        self._when_painted = begin
        self.show()
        QTimer.singleShot(_UNSEEN, self, self._begin_once)  # it may be shown minimised, and never painted

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if self._when_painted is not None:
            QTimer.singleShot(0, self, self._begin_once)

    @Slot()
    def _begin_once(self) -> None:
        begin, self._when_painted = self._when_painted, None
        if begin is not None:
            begin()

    def begin(self, project: str = "") -> None:
        """Read the catalogue, open the project that was asked for."""
        self.go("start")
        if project:
            self.open(project)
        self.studio.read_catalogue()
        self._later.start()

    # ----------------------------------------------------------------------------------------- projects

    @Slot(str)
    def open(self, folder: str) -> None:
        """Open a project, or say what is wrong with it; then the open one goes on as it is."""
        if self._loads(folder):
            self._when_pages_rest(lambda: self._open(folder))

    def _loads(self, folder: str) -> bool:
        if not projects.is_project(Path(folder)):
            self.show_message(
                self.tr(
                    "There is no project in {folder}. Open the folder that holds its project.toml; "
                    "or make a new project from a folder of images."
                ).format(folder=folder)
            )
            self.sidebar.refresh()
            return False
        try:
            projects.load(folder)
        except UserError as error:
            self.show_message(str(error), "")
            self.sidebar.refresh()
            return False
        return True

    def _open(self, folder: str) -> None:
        try:
            self.studio.open(folder)
        except UserError as error:
            self.show_message(str(error), "")
            self.sidebar.refresh()
            return
        self.go("data")
        if not os.access(folder, os.W_OK):
            self.studio.note.emit(
                self.tr("You may not write to this project's folder: you can look, not train.")
            )

    @Slot()
    def close_project(self) -> None:
        """Leave the project; its runs go on."""
        self._when_pages_rest(self._close_project)

    def _close_project(self) -> None:
        self.studio.close()
        self.go("start")

    @Slot()
    def open_sample(self) -> None:
        """Open the project on the sample, made if it is not there yet."""
        from xferstudio.sample import find_sample

        self._begin_with(lambda: self.studio.make(find_sample() / "studio", self.tr("Apples (sample)")))

    @Slot(str)
    def new_from(self, folder: str) -> None:
        """Make a project from a folder of images (or a table), or open it if it is one."""
        path = Path(folder)
        if projects.is_project(path):
            self.open(str(path))
            return
        if path.is_file() and path.suffix.lower() not in (".csv", ".tsv", ".parquet"):
            self.show_message(
                self.tr(
                    "{name} is a single file, and a project needs a folder: one with a folder of photos for each "
                    "class. Drop that folder, or the folder that this file is in."
                ).format(name=path.name)
            )
            return
        self._begin_with(lambda: self.studio.make(path))

    def _begin_with(self, make: Callable[[], Path]) -> None:
        try:
            folder = make()
        except UserError as error:
            self.show_message(str(error))
            return
        except OSError as error:
            self.show_message(self.tr("The project cannot be made: {why}").format(why=error))
            return
        self.open(str(folder))
        self.studio.note.emit(self.tr("The project is in {folder}").format(folder=folder))

    @Slot()
    def new_project(self) -> None:
        """Ask for everything that a new project can be given."""
        dialog = NewProject(self.studio, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self._made)
        dialog.open()

    @Slot()
    def _made(self) -> None:
        dialog = self.sender()
        if isinstance(dialog, NewProject) and dialog.folder is not None:
            self.open(str(dialog.folder))

    @Slot()
    def choose_project(self) -> None:
        """Let the user pick a project."""
        self._start_page().choose_project()  # type: ignore[attr-defined]

    @Slot()
    def choose_data(self) -> None:
        """Let the user pick a folder of images for a new project."""
        self._start_page().choose_data()  # type: ignore[attr-defined]

    def _start_page(self) -> Page:
        return self.page("start")

    @Slot()
    def _project_changed(self) -> None:
        project = self.studio.project
        self.setWindowTitle(f"{project.name} – xferstudio" if project is not None else "xferstudio")
        for action in self._project_actions:
            action.setEnabled(project is not None)

    def _when_pages_rest(self, then: Callable[[], None], since: float = 0.0) -> None:
        """Let the pages end what they do on the open project, then go on; the window stays alive meanwhile."""
        since = since or time.monotonic()
        resting = [page.let_go() for page in self.pages.values()] if self.studio.project is not None else []
        if all(resting) or time.monotonic() - since > _PATIENCE:
            then()
        else:
            QTimer.singleShot(50, self, lambda: self._when_pages_rest(then, since))

    # ----------------------------------------------------------------------------------------- pages

    @Slot(str, str)
    def go(self, name: str, what: str = "") -> None:
        """Bring a page to the front, and select something there."""
        page = self.page(name)
        self.stack.setCurrentWidget(page)
        self._follow_undo(page)
        self.sidebar.show_page(name)
        if name in self._page_actions:
            self._page_actions[name].setChecked(True)
        page.shown()
        if what:
            page.select(what)

    def page(self, name: str) -> Page:
        """The page of this name, made if it is not there yet."""
        if name not in self.pages:
            module, kind = PAGES[name]
            made: Page = getattr(import_module(f"xferstudio.gui.{module}"), kind)(self.studio)
            if name == "start":
                made.sample_wanted.connect(self.open_sample)  # type: ignore[attr-defined]
                made.made_from.connect(self.new_from)  # type: ignore[attr-defined]
                made.opened.connect(self.open)  # type: ignore[attr-defined]
            self.pages[name] = made
            self.stack.addWidget(made)
        return self.pages[name]

    def current(self) -> Page | None:
        """The page in front."""
        page = self.stack.currentWidget()
        return page if isinstance(page, Page) else None

    # ----------------------------------------------------------------------------------------- menus

    def _make_menus(self) -> None:
        self._project_actions: list[QAction] = []
        self._page_actions: dict[str, QAction] = {}
        bar = self.menuBar()
        file = bar.addMenu(self.tr("&File"))
        self._action(file, self.tr("&New project from a folder…"), self.choose_data, "folder-new", "Ctrl+N")
        self._action(file, self.tr("New project…"), self.new_project, "new", "Ctrl+Shift+N")
        self._action(
            file, self.tr("&Open project…"), self.choose_project, "open", QKeySequence.StandardKey.Open
        )
        self.recent_menu = file.addMenu(self.tr("Open &recent"))
        self.recent_menu.setIcon(theme.icon("clock"))
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        self.recent_menu.triggered.connect(self._open_recent)
        self._action(file, self.tr("Open the &sample"), self.open_sample, "sample")
        file.addSeparator()
        close = self._action(file, self.tr("&Close project"), self.close_project, "close", "Ctrl+W")
        self._project_actions.append(close)
        file.addSeparator()
        leave = self._action(file, self.tr("&Quit"), self.close, keys="Ctrl+Q")
        leave.setMenuRole(QAction.MenuRole.QuitRole)
        self.file_menu = file
        edit = bar.addMenu(self.tr("&Edit"))
        self.undo = self._action(edit, self.tr("&Undo"), self._undo, "undo", QKeySequence.StandardKey.Undo)
        self.redo = self._action(edit, self.tr("&Redo"), self._redo, "redo", QKeySequence.StandardKey.Redo)
        self._undo_changed()

        view = bar.addMenu(self.tr("&View"))
        group = QActionGroup(self)
        texts = {
            "data": (self.tr("&Data"), "images"),
            "train": (self.tr("&Train"), "train"),
            "compare": (self.tr("&Compare"), "compare"),
            "try": (self.tr("Tr&y it"), "try"),
            "export": (self.tr("&Export"), "export"),
        }
        for number, name in enumerate(WORK, 1):
            text, _ = texts[name]
            action = self._action(view, text, self._go_to, keys=f"Ctrl+{number}")
            action.setData(name)
            action.setCheckable(True)
            group.addAction(action)
            self._page_actions[name] = action
            self._project_actions.append(action)
        view.addSeparator()
        self.side_action = self._action(view, self.tr("&Project manager"), self._show_side, keys="Ctrl+B")
        self.side_action.setCheckable(True)
        self.side_action.setChecked(True)
        self._action(view, self.tr("Go to the project manager"), self._focus_side, keys="F6")
        view.addSeparator()
        self.theme_menu = self._choices(
            view.addMenu(self.tr("T&heme")),
            "theme",
            (("system", self.tr("As the system")), ("light", self.tr("Light")), ("dark", self.tr("Dark"))),
            self._choose_theme,
        )
        self.language_menu = self._choices(
            view.addMenu(self.tr("&Language")),
            "language",
            (("system", self.tr("As the system")), ("en", "English"), ("zh_CN", "简体中文")),
            self._choose_language,
        )

        help_menu = bar.addMenu(self.tr("&Help"))
        self._action(help_menu, self.tr("&Shortcuts"), self.show_shortcuts, "keyboard", "F1")
        self._action(help_menu, self.tr("&Plugins"), self._show_plugins, "plugins")
        help_menu.addSeparator()
        about = self._action(help_menu, self.tr("&About xferstudio"), self.show_about, "info")
        about.setMenuRole(QAction.MenuRole.AboutRole)
        self._menus = (file, edit, view, help_menu)  # QAction.menu() would give them away

    def _action(
        self,
        menu: QMenu,
        text: str,
        receiver: Callable[..., object],
        icon: str = "",
        keys: str | QKeySequence.StandardKey = "",
    ) -> QAction:
        made = QAction(text, self)
        if icon:
            made.setIcon(theme.icon(icon))
        if keys:
            made.setShortcut(QKeySequence(keys))
        made.triggered.connect(receiver)
        menu.addAction(made)
        self.addAction(made)  # works with the menu bar hidden, and the theme finds its icon
        return made

    def _choices(
        self, menu: QMenu, key: str, entries: tuple[tuple[str, str], ...], receiver: Callable[..., object]
    ) -> QMenu:
        group = QActionGroup(menu)
        chosen = str(self.studio.settings.value(key, "system"))
        for value, text in entries:
            action = menu.addAction(text)
            action.setData(value)
            action.setCheckable(True)
            action.setChecked(value == chosen)
            group.addAction(action)
        group.triggered.connect(receiver)
        return menu

    @Slot()
    def _go_to(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.go(action.data())

    @Slot()
    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        for path in self.studio.recent():
            self.recent_menu.addAction(str(path).replace("&", "&&")).setData(str(path))
        if self.recent_menu.isEmpty():
            self.recent_menu.addAction(self.tr("None yet")).setEnabled(False)

    @Slot(QAction)
    def _open_recent(self, action: QAction) -> None:
        if action.data():
            self.open(action.data())

    @Slot(QPoint)
    def _project_menu(self, place: QPoint) -> None:
        self.file_menu.popup(place)

    @Slot(bool)
    def _show_side(self, on: bool) -> None:
        self.sidebar.setVisible(on)

    @Slot()
    def _focus_side(self) -> None:
        self.side_action.setChecked(True)
        self.sidebar.show()
        self.sidebar.list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot(QAction)
    def _choose_theme(self, action: QAction) -> None:
        self.studio.settings.setValue("theme", action.data())
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setProperty("theme", action.data())
            theme.apply(app)

    @Slot()
    def _system_colours(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication) and app.property("theme") not in ("light", "dark"):
            theme.apply(app)

    @Slot(QAction)
    def _choose_language(self, action: QAction) -> None:
        if action.data() != self.studio.settings.value("language", "system"):
            self.studio.settings.setValue("language", action.data())
            self.studio.note.emit(self.tr("The language changes when the window is opened again."))

    @Slot()
    def _show_plugins(self) -> None:
        self.go("plugins")

    @Slot()
    def show_shortcuts(self) -> None:
        """The sheet with all shortcuts: those of the menus, and those of the page in front."""
        from xferstudio.gui.look.help import Shortcuts, everywhere

        groups: dict[str, list[tuple[str, str]]] = {}
        bare = {self.undo: self.tr("&Undo"), self.redo: self.tr("&Redo")}  # without what they would undo now
        for menu in self._menus:
            lines = [
                (
                    _plain(bare.get(action, action.text())),
                    action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                )
                for action in menu.actions()
                if not action.shortcut().isEmpty()
            ]
            if lines:
                groups[_plain(menu.title())] = lines
        page = self.current()
        mine = list(getattr(page, "shortcuts", list)())
        if mine:
            groups[self.tr("This page")] = mine
        groups[self.tr("Everywhere")] = everywhere()
        self._show(Shortcuts(groups, self))

    @Slot()
    def show_about(self) -> None:
        """What the program is."""
        from xferstudio.gui.look.help import About

        self._show(About(self))

    @staticmethod
    def _show(dialog: object) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)  # type: ignore[attr-defined]
        dialog.open()  # type: ignore[attr-defined]

    # ----------------------------------------------------------------------------------------- undo

    def _follow_undo(self, page: Page) -> None:
        stack = getattr(page, "undo_stack", None)
        if stack is self._stack_of_page:
            return
        if self._stack_of_page is not None:
            self._stack_of_page.indexChanged.disconnect(self._undo_changed)
        self._stack_of_page = stack if isinstance(stack, QUndoStack) else None
        if self._stack_of_page is not None:
            self._stack_of_page.indexChanged.connect(self._undo_changed)
        self._undo_changed()

    @Slot()
    def _undo_changed(self) -> None:
        stack = self._stack_of_page
        for action, can, text, plain in (
            (
                self.undo,
                stack is not None and stack.canUndo(),
                stack.undoText() if stack else "",
                self.tr("&Undo"),
            ),
            (
                self.redo,
                stack is not None and stack.canRedo(),
                stack.redoText() if stack else "",
                self.tr("&Redo"),
            ),
        ):
            action.setEnabled(can)
            action.setText(f"{plain}: {text}" if text else plain)

    @Slot()
    def _undo(self) -> None:
        if self._stack_of_page is not None:
            self._stack_of_page.undo()

    @Slot()
    def _redo(self) -> None:
        if self._stack_of_page is not None:
            self._stack_of_page.redo()

    # ----------------------------------------------------------------------------------------- messages

    @Slot(str, str)
    def show_message(self, sentence: str, details: str = "") -> None:
        """A sentence for the user; one box at a time, which takes up what comes while it is open."""
        if self._message is not None:
            self._message.add(words.engine_text(sentence), details)
            return
        self._message = Message(self, words.engine_text(sentence), details)
        self._message.finished.connect(self._message_closed)
        self._message.open()

    @Slot()
    def _message_closed(self) -> None:
        if self._message is not None:
            self._message.deleteLater()
            self._message = None

    @Slot(str, str)
    def show_fault(self, sentence: str, details: str) -> None:
        """A fault of ours, with its traceback; the same one not again and again."""
        now = time.monotonic()
        if now - self._told.get(sentence, -_CALM) < _CALM:
            return
        self._told[sentence] = now
        self.show_message(
            self.tr(
                "Something went wrong in the window, and it is not your fault: {fault}\n"
                "Your runs are not touched by it. If it comes again, close the window and open it again."
            ).format(fault=sentence),
            details,
        )

    @Slot()
    def _tell_broken_plugins(self) -> None:
        failed = self.studio.catalogue.failed
        if not failed or self._failed_told:
            return
        self._failed_told = True  # once for all of them; the page of plugins has them at any time
        from xferstudio.gui.frame.plugins_page import reason

        details = "\n\n".join(
            f"{entry.get('distribution') or entry.get('name')} {entry.get('version') or ''}\n{reason(entry)}"
            for entry in failed
        )
        names = ", ".join(str(entry.get("distribution") or entry.get("name")) for entry in failed)
        self._ask(
            self.tr(
                "These plugins could not be loaded, and everything else works without them: {names}"
            ).format(names=names),
            (self.tr("Close"), self.tr("Show plugins")),
            self._broken_answered,
            details,
        )

    def _broken_answered(self, place: int) -> None:
        if place == 1:
            self.go("plugins")

    def _ask(
        self, sentence: str, answers: tuple[str, ...], then: Callable[[int], None], details: str = ""
    ) -> None:
        """Ask from a place where nobody may wait; `then` gets the place of the answer, -1 for none."""
        QTimer.singleShot(0, self, lambda: self._ask_now(sentence, answers, then, details))

    def _ask_now(
        self, sentence: str, answers: tuple[str, ...], then: Callable[[int], None], details: str
    ) -> None:
        answer = messages.ask(self, sentence, answers, details)
        then(answers.index(answer) if answer in answers else -1)

    def _put(self, question: str) -> None:
        """Ask this of the open project when what is asked already has been answered, and once."""
        project = self.studio.project
        if project is None or (question, project.folder) in self._questions:
            return
        self._questions.append((question, project.folder))
        if len(self._questions) == 1:
            self._ask_next()

    def _ask_next(self) -> None:
        project = self.studio.project
        while self._questions and (project is None or self._questions[0][1] != project.folder):
            del self._questions[0]  # of a project that has been left meanwhile
        if not self._questions or project is None:
            return
        if self._questions[0][0] == "edited":
            self._ask(
                self.tr(
                    "The file of this project was changed by another program, or in another window. "
                    "Reload it, or keep what is shown here? If you keep it, it is written into the file again, "
                    "and what stands there now goes into project.toml.changed beside it."
                ),
                (self.tr("Reload"), self.tr("Keep")),
                self._answered,
            )
        else:
            self._ask(
                self.tr(
                    "The folder {folder} is not there any more: it was moved, renamed or deleted, or its disk was "
                    "taken out. Put it back and look again, or close the project."
                ).format(folder=project.folder),
                (self.tr("Look again"), self.tr("Close the project")),
                self._answered,
            )

    def _answered(self, place: int) -> None:
        question, folder = self._questions[0]
        try:
            if self.studio.project is not None and self.studio.project.folder == folder:
                (self._edited_answered if question == "edited" else self._gone_answered)(place)
        finally:
            del self._questions[0]
            self._ask_next()

    @Slot()
    def _edited_elsewhere(self) -> None:
        self._put("edited")

    def _edited_answered(self, place: int) -> None:
        if place == 1:
            self._keep()
            return
        if place != 0:
            return
        try:
            self.studio.reload()
        except UserError as error:
            self.show_message(
                self.tr("The changed project cannot be used, so what was there before stays: {why}").format(
                    why=error
                )
            )

    def _keep(self) -> None:
        try:
            aside = self.studio.keep()
        except UserError as error:
            self.show_message(str(error))
            return
        if aside is not None:
            self.studio.note.emit(self.tr("What others have written is in {file}").format(file=aside))

    @Slot()
    def _gone(self) -> None:
        self._put("gone")

    def _gone_answered(self, place: int) -> None:
        if place == 1:
            self.close_project()
        else:
            self.studio.watch_again()

    # ----------------------------------------------------------------------------------------- drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if self._dropped(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        path = self._dropped(event)
        if path:
            event.acceptProposedAction()
            # The program that gave it waits until this returns.
            QTimer.singleShot(0, self, lambda: self.new_from(path))

    def _dropped(self, event: QDropEvent) -> str:
        """What was dropped, if this window takes it: anything without a project, else another project."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if not paths or not paths[0]:
            return ""
        if self.studio.project is not None and not projects.is_project(Path(paths[0])):
            return ""
        return paths[0]

    # ----------------------------------------------------------------------------------------- state, end

    def _restore(self) -> None:
        settings = self.studio.settings
        room = self.screen().availableSize() - QSize(0, 4 * theme.UNIT)  # for the frame around it
        self.resize(QSize(1280, 820).boundedTo(room))
        geometry, splitter = settings.value("window/geometry"), settings.value("window/splitter")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(splitter, QByteArray):
            self.splitter.restoreState(splitter)

    def _save(self) -> None:
        self.studio.settings.setValue("window/geometry", self.saveGeometry())
        self.studio.settings.setValue("window/splitter", self.splitter.saveState())

    def leave(self) -> None:
        """Close without a question; what runs goes on (the system asks us to end)."""
        self._leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self._leaving and not self._may_leave():
            event.ignore()
            return
        self._leaving = True
        self._when_painted = None
        self._later.stop()  # no command may begin from now on
        self._closing_since = self._closing_since or time.monotonic()
        resting = [page.let_go() for page in self.pages.values()]
        if not all(resting) and time.monotonic() - self._closing_since < _PATIENCE:
            event.ignore()
            self.setEnabled(False)
            QTimer.singleShot(50, self, self.close)
            return
        self._save()
        self.studio.let_go()
        super().closeEvent(event)

    def _may_leave(self) -> bool:
        """Ask once what becomes of the runs that go on."""
        queue = self.studio.queue
        if not queue.active and not queue.waiting:
            return True
        names = ", ".join(job.name for job in queue.active)
        sentence = self.tr("Still running: {names}").format(names=names)
        if queue.waiting:
            waiting = ", ".join(job.name for job in queue.waiting)
            sentence += "\n" + self.tr("Waiting, and not begun without the window: {names}").format(
                names=waiting
            )
        sentence += "\n\n" + self.tr(
            "Runs can go on without the window; it shows them again when it is opened. "
            "Or stop now, and keep what they have learned."
        )
        answers = (self.tr("Go on without the window"), self.tr("Stop and keep"), self.tr("Stay"))
        answer = messages.ask(self, sentence, answers)
        if answer == answers[1]:
            queue.stop()
        return answer in answers[:2]

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.sidebar.list.viewport().update()


def _plain(text: str) -> str:
    """The text of an action without the mark of its letter and without dots at the end."""
    text = re.sub(r"\(&\w\)", "", text)  # where the language has no letters of its own for it
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").removesuffix("…")
