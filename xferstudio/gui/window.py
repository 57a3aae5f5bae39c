"""The main window: project manager on the left, the page of what is selected in the middle, a quiet status line."""

from __future__ import annotations

from importlib import import_module

from PySide6.QtCore import Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from xferstudio.api import UserError
from xferstudio.gui.messages import Message
from xferstudio.gui.page import Page
from xferstudio.gui.studio import Studio

PAGES = {
    "start": ("start_page", "StartPage"),
    "data": ("data_page", "DataPage"),
    "train": ("train_page", "TrainPage"),
    "compare": ("compare_page", "ComparePage"),
    "try": ("try_page", "TryPage"),
    "export": ("export_page", "ExportPage"),
    "plugins": ("plugins_page", "PluginsPage"),
}
"""Module and class of each page; a page is imported and made when it is first looked at."""


class Window(QMainWindow):
    """One window on one project."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.setWindowTitle("xferstudio")
        self.pages: dict[str, Page] = {}
        self.stack = QStackedWidget()
        middle = QWidget()
        layout = QHBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stack)
        self.setCentralWidget(middle)
        self.resize(1200, 800)
        studio.wanted.connect(self.go)
        studio.message.connect(self.show_message)

    def begin(self, project: str = "") -> None:
        """After the window is visible: read the catalogue, open the project that was asked for."""
        self.studio.read_catalogue()
        self.go("start")
        if project:
            self.open(project)

    def open(self, folder: str) -> None:
        """Open a project, or say what is wrong with it."""
        try:
            self.studio.open(folder)
        except UserError as error:
            self.show_message(str(error), "")
            return
        self.go("data")

    @Slot(str, str)
    def go(self, name: str, what: str = "") -> None:
        """Bring a page to the front, and select something there."""
        page = self.page(name)
        self.stack.setCurrentWidget(page)
        page.shown()
        if what:
            page.select(what)

    def page(self, name: str) -> Page:
        """The page of this name, made if it is not there yet."""
        if name not in self.pages:
            module, kind = PAGES[name]
            made: Page = getattr(import_module(f"xferstudio.gui.{module}"), kind)(self.studio)
            self.pages[name] = made
            self.stack.addWidget(made)
        return self.pages[name]

    @Slot(str, str)
    def show_message(self, sentence: str, details: str) -> None:
        """A sentence for the user; one box at a time."""
        Message(self, sentence, details).open()

    @Slot(str, str)
    def show_fault(self, sentence: str, details: str) -> None:
        """A fault of ours, with its traceback."""
        self.show_message(
            self.tr("Something went wrong in the window: {fault}").format(fault=sentence), details
        )

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        for page in self.pages.values():
            page.let_go()
        self.studio.let_go()
        super().closeEvent(event)
