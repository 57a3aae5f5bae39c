"""What can be done to the chosen images and to the classes: by a key, from a menu, or in a dialog that asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from xferstudio.gui.data.adding import ClassDialog
from xferstudio.gui.data.edits import Editor
from xferstudio.gui.data.filter_bar import FilterBar
from xferstudio.gui.data.rows import UNLABELLED
from xferstudio.gui.look.words import whole
from xferstudio.gui.project.studio import Picture

_MENU_CLASSES = 20


class PictureActions(QObject):
    """Hands to the editor what the user wants of the images of `page` that `targets()` tells."""

    large_wanted = Signal()
    """Show the image with the focus large."""
    class_wanted = Signal(str)
    """Show only the images of this class."""

    def __init__(
        self,
        editor: Editor,
        filters: FilterBar,
        targets: Callable[[], list[Picture]],
        classes: Callable[[], Sequence[str]],
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self.editor, self.filters = editor, filters
        self.targets, self.classes = targets, classes
        self._page = page

    # --------------------------------------------------------------------------------------------- by keys

    @Slot(str)
    def typed(self, key: str) -> None:
        """A key was pressed on the images: a digit, "delete", "class"."""
        classes = self.classes()
        if key == "delete":
            self.toggle_excluded()
        elif key == "class":
            self.ask_for_class()
        elif key.isdigit() and int(key) <= len(classes):
            self.assign(classes[int(key) - 1])

    @Slot(str)
    def dropped_on_class(self, name: str) -> None:
        """The targets were dragged onto this class, or onto "" for one that has no name yet."""
        if name:
            self.assign(name)
        else:
            # The drag must have ended before a dialog opens.
            QTimer.singleShot(0, self, self.ask_for_class)

    @Slot(str)
    def assign(self, name: str) -> None:
        """Give the targets a class."""
        targets = self.targets()
        if targets and name and name != UNLABELLED:
            self.editor.assign(targets, name)

    @Slot()
    def toggle_excluded(self) -> None:
        """Exclude the targets, or use them again if all of them are excluded."""
        targets = self.targets()
        if targets and all(picture.path in self.editor.edits.excluded for picture in targets):
            self.editor.include(targets)
        else:
            self.editor.exclude(targets)

    def rename(self, old: str, new: str) -> None:
        """Call a class by another name; what is shown stays on the screen."""
        now = self.filters.filter
        shown = replace(now, label=new) if now.label == old else None
        self.editor.rename(old, new)
        if shown is not None and any(picture.label == new for picture in self.editor.rows.items):
            self.filters.set_filter(shown)

    # ------------------------------------------------------------------------------------------ in a dialog

    @Slot()
    def ask_for_class(self) -> None:
        """Ask which class the targets get: an existing one or a new one."""
        count = len(self.targets())
        if not count:
            return
        dialog = ClassDialog(
            self.tr("Class"),
            self.tr("Which class do the {count} selected images get?").format(count=whole(count))
            if count > 1
            else self.tr("Which class does the image get?"),
            self.classes(),
            parent=self._page,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self._take_class)
        dialog.open()

    @Slot()
    def _take_class(self) -> None:
        dialog = self.sender()
        if isinstance(dialog, ClassDialog):
            self.assign(dialog.name())

    @Slot(str)
    def ask_for_name(self, old: str) -> None:
        """Ask how a class is to be called; the name of another one merges the two."""
        if old == UNLABELLED:
            return
        dialog = ClassDialog(
            self.tr("Rename or merge"),
            self.tr("A new name for the class {name}, or another class to merge it into:").format(name=old),
            [name for name in self.classes() if name != old],
            old,
            self.tr("Rename"),
            self._page,
        )
        dialog.setProperty("old", old)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self._take_name)
        dialog.open()

    @Slot()
    def _take_name(self) -> None:
        dialog = self.sender()
        if isinstance(dialog, ClassDialog):
            self.rename(str(dialog.property("old")), dialog.name())

    # ------------------------------------------------------------------------------------------ from a menu

    def _entry(
        self, menu: QMenu, text: str, slot: Any, data: str = "", checked: bool | None = None
    ) -> QAction:
        # In menus an ampersand marks a key; in the name of a class it is a letter.
        action = menu.addAction(text.replace("&", "&&"))
        action.setData(data)
        action.triggered.connect(slot)
        if checked is not None:
            action.setCheckable(True)
            action.setChecked(checked)
        return action

    @Slot(QPoint)
    def show_menu(self, point: QPoint) -> None:
        """Open the context menu of the targets."""
        menu = self.picture_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def picture_menu(self) -> QMenu:
        """The context menu of the targets."""
        targets = self.targets()
        menu = QMenu(self._page)
        self._entry(menu, self.tr("Show large\tEnter"), self.large_wanted)
        menu.addSeparator()
        classes = menu.addMenu(self.tr("Move to class"))
        labels = {picture.label for picture in targets}
        for number, name in enumerate(self.classes()[:_MENU_CLASSES]):
            text = f"{name}\t{number + 1}" if number < 9 else name
            self._entry(classes, text, self._assign_entry, name, labels == {name})
        classes.addSeparator()
        self._entry(classes, self.tr("Another class…\tC"), self.ask_for_class)
        splits = menu.addMenu(self.tr("Move to split"))
        used = [picture for picture in targets if not picture.left_out]
        splits.setEnabled(bool(used))
        standing = {picture.split for picture in used}
        for key, text in (
            ("train", self.tr("train")),
            ("val", self.tr("val")),
            ("test", self.tr("test")),
        ):
            self._entry(splits, text, self._split_entry, key, standing == {key})
        menu.addSeparator()
        excluded = self.editor.edits.excluded
        inside = [picture for picture in targets if picture.path not in excluded]
        if inside:
            self._entry(menu, self.tr("Exclude\tDelete"), self._exclude)
        if len(inside) < len(targets):
            self._entry(menu, self.tr("Use again"), self._include)
        if any(picture.path in self.editor.rows.edited for picture in targets):
            self._entry(menu, self.tr("Take back all changes"), self._take_back)
        menu.addSeparator()
        self._entry(menu, self.tr("Copy path"), self._copy_paths)
        self._entry(menu, self.tr("Open its folder"), self._open_folder)
        return menu

    @Slot()
    def _assign_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.assign(str(action.data()))

    @Slot()
    def _split_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.editor.move(self.targets(), str(action.data()))

    @Slot()
    def _exclude(self) -> None:
        self.editor.exclude(self.targets())

    @Slot()
    def _include(self) -> None:
        self.editor.include(self.targets())

    @Slot()
    def _take_back(self) -> None:
        self.editor.take_back(self.targets())

    @Slot()
    def _copy_paths(self) -> None:
        paths = [str(self.editor.rows.root / picture.path) for picture in self.targets()]
        QGuiApplication.clipboard().setText("\n".join(paths))

    @Slot()
    def _open_folder(self) -> None:
        targets = self.targets()
        if targets:
            folder = (self.editor.rows.root / targets[0].path).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @Slot(str, QPoint)
    def show_class_menu(self, name: str, point: QPoint) -> None:
        """Open the context menu of a class."""
        menu = self.class_menu(name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def class_menu(self, name: str) -> QMenu:
        """The context menu of a class."""
        menu = QMenu(self._page)
        self._entry(menu, self.tr("Show only {name}").format(name=name), self._only_entry, name)
        assigned = self._entry(menu, self.tr("Move the selected images here\t="), self._assign_entry, name)
        assigned.setEnabled(bool(self.targets()))
        menu.addSeparator()
        self._entry(menu, self.tr("Rename…\tF2"), self._rename_entry, name)
        others = [other for other in self.classes() if other != name]
        merge = menu.addMenu(self.tr("Merge into"))
        merge.setEnabled(bool(others))
        for other in others[:_MENU_CLASSES]:
            self._entry(merge, other, self._merge_entry, f"{name}\0{other}")
        if len(others) > _MENU_CLASSES:
            self._entry(merge, self.tr("Another class…"), self._rename_entry, name)
        return menu

    @Slot()
    def _only_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.class_wanted.emit(str(action.data()))

    @Slot()
    def _rename_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.ask_for_name(str(action.data()))

    @Slot()
    def _merge_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            old, _, new = str(action.data()).partition("\0")
            self.rename(old, new)
