"""The window in which a few images of the target are labelled with the keyboard alone, and what that says of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.audit.session import AuditSession
from xferstudio.gui.look import domain_words, theme
from xferstudio.gui.look.image_view import ImageView
from xferstudio.gui.look.interval_bar import IntervalBar
from xferstudio.gui.look.thumbnails import Thumbnails, Wish
from xferstudio.gui.look.widgets import Card, button, label, plain_tip, scrolling
from xferstudio.gui.look.words import engine_text, interval, percent, told, whole
from xferstudio.gui.project.studio import Studio

LEAST, MOST, USUAL = 20, 50, 30
SIDE = 1024
"""Long side of an image on the screen, at most, in pixels."""
OTHER = ""
"""The label of an image that shows none of the classes."""
AHEAD = 2
"""Images that are decoded while one is looked at."""
_CLASS = int(Qt.ItemDataRole.UserRole)


def matching(classes: Sequence[str], typed: str) -> list[str]:
    """Classes that what was typed may mean: those that begin so first, then those that hold it."""
    wanted = typed.casefold()
    begin = [name for name in classes if name.casefold().startswith(wanted)]
    return begin + [name for name in classes if wanted in name.casefold() and name not in begin]


class AuditWindow(QDialog):
    """Asks how many, shows one image after another, and tells at the end how accurate the model is on the target.

    What the model predicts is not shown, so that it sways nobody. `measured()`: labels were given.
    """

    measured = Signal()

    def __init__(self, studio: Studio, run: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio, self.run = studio, run
        self.typed = ""
        self._at = -1
        self._order: list[int] = []
        self.session = AuditSession(studio, run, self)
        self.session.began.connect(self._began)
        self.session.ended.connect(self._show_end)
        self.session.failed.connect(self._failed)
        self.pictures = Thumbnails(self, memory=64 << 20, threads=1)
        self.pictures.ready.connect(self._ready)
        self.setWindowTitle(self.tr("Label a few images for {run}").format(run=run))
        self.setMinimumSize(100 * theme.UNIT, 70 * theme.UNIT)
        self.resize(124 * theme.UNIT, 90 * theme.UNIT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.stack = QStackedWidget()
        layout.addWidget(self.stack)
        self.stack.addWidget(self._begin_page())
        self.stack.addWidget(self._label_page())
        self.stack.addWidget(self._end_page())
        self.begin_button.setFocus()

    # --------------------------------------------------------------------------------------------- pages

    def _begin_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(*(4 * theme.UNIT,) * 4)
        column.setSpacing(2 * theme.UNIT)
        column.addStretch(1)
        column.addWidget(
            label(
                self.tr("How accurate is {run} on the target domain?").format(run=self.run),
                "title",
                wrap=True,
            )
        )
        column.addWidget(
            label(
                self.tr(
                    "You are shown a few images of the target, chosen so that little says much: say of each what it shows. "
                    "From your labels follows how often the model is right on all of them, with an interval, and whether "
                    "another run would be the better choice. What the model says of an image is not shown, so that it "
                    "does not sway you."
                ),
                wrap=True,
            )
        )
        keys = Card()
        for key, text in self.keys():
            row = QHBoxLayout()
            name = label(key)
            name.setFont(theme.font("body", bold=True))
            name.setMinimumWidth(16 * theme.UNIT)
            row.addWidget(name)
            row.addWidget(label(text, "quiet", wrap=True), 1)
            keys.body.addLayout(row)
        column.addWidget(keys)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        how_many = label(self.tr("How many images"))
        row.addWidget(how_many)
        self.number = QSpinBox()
        self.number.setRange(LEAST, MOST)
        self.number.setSingleStep(5)
        self.number.setValue(USUAL)
        self.number.setAccessibleName(self.tr("How many images"))
        how_many.setBuddy(self.number)
        row.addWidget(self.number)
        row.addWidget(label(self.tr("30 take about two minutes; more make the interval narrower."), "small"))
        row.addStretch(1)
        column.addLayout(row)
        self.fault = label("", "bad", wrap=True)
        self.fault.hide()
        column.addWidget(self.fault)
        row = QHBoxLayout()
        row.addStretch(1)
        cancel = button(self.tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        row.addWidget(cancel)
        self.begin_button = button(self.tr("Begin"), "play", "primary")
        self.begin_button.setDefault(True)
        self.begin_button.clicked.connect(self.begin)
        row.addWidget(self.begin_button)
        column.addLayout(row)
        column.addStretch(2)
        return page

    def keys(self) -> list[tuple[str, str]]:
        """The keys while labelling, and what they do."""
        return [
            ("1 – 9", self.tr("the class of this number")),
            (
                self.tr("letters, then Enter"),
                self.tr(
                    "where there are more classes: the first one whose name has these letters; Up and Down choose too"
                ),
            ),
            (self.tr("Space or 0"), self.tr("cannot tell")),
            (self.tr("- (minus)"), self.tr("none of these classes: every model is wrong about it")),
            (self.tr("Backspace"), self.tr("undo, back to the image before")),
            ("Esc", self.tr("end, and see what the labels say so far")),
        ]

    def _label_page(self) -> QWidget:
        page = QWidget()
        outer = QVBoxLayout(page)
        outer.setContentsMargins(2 * theme.UNIT, 2 * theme.UNIT, 2 * theme.UNIT, 2 * theme.UNIT)
        outer.setSpacing(theme.UNIT)
        row = QHBoxLayout()
        row.setSpacing(2 * theme.UNIT)
        self.count = label("", "heading")
        row.addWidget(self.count)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Images that are labelled"))
        row.addWidget(self.progress, 1)
        outer.addLayout(row)
        middle = QHBoxLayout()
        middle.setSpacing(2 * theme.UNIT)
        self.view = ImageView()
        self.view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.view.setAccessibleName(self.tr("What does this image show?"))
        self.view.installEventFilter(self)
        middle.addWidget(self.view, 1)
        side = QWidget()
        side.setFixedWidth(30 * theme.UNIT)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT)
        self.question = label(self.tr("What does this image show?"), "heading", wrap=True)
        column.addWidget(self.question)
        self.typing = label("", "quiet", wrap=True)
        column.addWidget(self.typing)
        self.list = QListWidget()
        # The keys go to the image: a list would look for names by itself, and take Space and Backspace.
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(self.tr("Classes"))
        self.list.itemClicked.connect(self._clicked)
        column.addWidget(self.list, 1)
        self.none = self._plain(self.tr("None of these (-)"), "minus")
        self.none.clicked.connect(self.other)
        column.addWidget(self.none)
        self.unsure = self._plain(self.tr("Cannot tell (Space)"), "question")
        self.unsure.clicked.connect(self.skip)
        column.addWidget(self.unsure)
        self.back = self._plain(self.tr("Undo (Backspace)"), "undo")
        self.back.clicked.connect(self.undo)
        column.addWidget(self.back)
        self.stop = self._plain(self.tr("End here (Esc)"), "check")
        self.stop.clicked.connect(self.finish)
        column.addWidget(self.stop)
        middle.addWidget(side)
        outer.addLayout(middle, 1)
        return page

    @staticmethod
    def _plain(text: str, icon: str) -> QPushButton:
        made = button(text, icon)
        made.setAutoDefault(False)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return made

    def _end_page(self) -> QWidget:
        page = QWidget()
        outer = QVBoxLayout(page)
        outer.setContentsMargins(*(4 * theme.UNIT,) * 4)
        outer.setSpacing(2 * theme.UNIT)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, theme.UNIT, 0)
        column.setSpacing(2 * theme.UNIT)
        column.addWidget(
            label(self.tr("{run} on the target domain").format(run=self.run), "title", wrap=True)
        )
        self.figure = label("", "title")
        self.figure.setAccessibleName(self.tr("Accuracy on the target"))
        column.addWidget(self.figure)
        self.bar = IntervalBar(ends=("0\u202f%", "100\u202f%"), marks=(0.25, 0.5, 0.75))
        self.bar.setAccessibleName(self.tr("Accuracy on the target"))
        column.addWidget(self.bar)
        self.told = label("", wrap=True)
        column.addWidget(self.told)
        self.choice = label("", wrap=True)
        self.choice.setFont(theme.font("body", bold=True))
        column.addWidget(self.choice)
        self.others = label("", "quiet", wrap=True)
        column.addWidget(self.others)
        for each in (self.told, self.choice, self.others):
            each.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        column.addStretch(1)
        outer.addWidget(scrolling(body, self.tr("What the labels say")), 1)
        row = QHBoxLayout()
        row.addStretch(1)
        self.more = button(self.tr("Go on labelling"), "tag")
        self.more.setAutoDefault(False)
        self.more.clicked.connect(self.begin)
        row.addWidget(self.more)
        self.close_button = button(self.tr("Close"), role="primary")
        self.close_button.clicked.connect(self.accept)
        row.addWidget(self.close_button)
        outer.addLayout(row)
        return page

    # ------------------------------------------------------------------------------------------ beginning

    @Slot()
    def begin(self) -> None:
        """Ask for the images."""
        self.fault.hide()
        self.begin_button.setEnabled(False)
        self.more.setEnabled(False)
        self.session.begin(self.number.value())

    @Slot()
    def _began(self) -> None:
        self.begin_button.setEnabled(True)
        self.more.setEnabled(True)
        self.stack.setCurrentIndex(1)
        self.progress.setRange(0, len(self.session.images))
        known = [at for at, (_, content) in enumerate(self.session.images) if content in self.session.labels]
        self._order = known
        self._next()
        self.view.setFocus()

    @Slot(str, str)
    def _failed(self, sentence: str, details: str) -> None:
        self.begin_button.setEnabled(True)
        self.more.setEnabled(True)
        self.fault.setText(engine_text(sentence))
        self.fault.setToolTip(plain_tip(details))
        self.fault.show()
        self.stack.setCurrentIndex(0)
        self.begin_button.setFocus()

    # ----------------------------------------------------------------------------------------- labelling

    @property
    def labelling(self) -> bool:
        """Whether an image is being asked about."""
        return self.stack.currentIndex() == 1 and self._at >= 0

    def _next(self) -> None:
        """Show the first image without an answer; after the last one, what the labels say."""
        images, labels = self.session.images, self.session.labels
        self._at = next((at for at, (_, content) in enumerate(images) if content not in labels), -1)
        if self._at < 0:
            self.finish()
            return
        self._show()

    def _show(self) -> None:
        done = len(self.session.labels)
        self.progress.setValue(done)
        self.count.setText(
            self.tr("Image {number} of {count}").format(
                number=whole(done + 1), count=whole(len(self.session.images))
            )
        )
        self.back.setEnabled(bool(self._order))
        self._type("")
        coming = range(self._at, min(len(self.session.images), self._at + AHEAD + 1))
        self.pictures.want([self._wish(at) for at in coming])
        self._draw()

    def _wish(self, at: int) -> Wish:
        path, content = self.session.images[at]
        return Wish(path, content, SIDE)

    def _draw(self) -> None:
        if not self.labelling:
            return
        wish = self._wish(self._at)
        image, why = self.pictures.of(wish), self.pictures.reason(wish)
        if image is not None:
            self.view.show_image(image)
        else:
            self.view.show_words(engine_text(why))

    @Slot(list)
    def _ready(self, wishes: list[Wish]) -> None:
        if self.labelling and self._wish(self._at) in wishes:
            self._draw()

    def _type(self, text: str) -> None:
        """Show the classes that these letters may mean."""
        self.typed = text
        shown = matching(self.session.classes, text)
        self.typing.setText(
            self.tr("Names with “{letters}”; Enter takes the marked one").format(letters=text) if text else ""
        )
        self.typing.setVisible(bool(text))
        self.list.clear()
        for number, name in enumerate(shown, 1):
            item = QListWidgetItem(f"{number}   {name}" if number <= 9 else f"     {name}")
            item.setData(_CLASS, name)
            item.setToolTip(plain_tip(name))
            self.list.addItem(item)
        self.list.setCurrentRow(0 if text and shown else -1)

    @Slot(QListWidgetItem)
    def _clicked(self, item: QListWidgetItem) -> None:
        self.take(str(item.data(_CLASS)))

    def take(self, name: str | None) -> None:
        """Give the image this class (OTHER: none of them; None: cannot tell), and go on to the next."""
        if not self.labelling:
            return
        self.session.answer(self.session.images[self._at][1], name)
        self._order.append(self._at)
        self._next()

    @Slot()
    def other(self) -> None:
        """The image shows none of the classes."""
        self.take(OTHER)

    @Slot()
    def skip(self) -> None:
        """Nobody can tell what the image shows."""
        self.take(None)

    @Slot()
    def undo(self) -> None:
        """Back to the image before, whose answer is forgotten."""
        if self.stack.currentIndex() == 1 and self._order:
            self._at = self._order.pop()
            self.session.forget(self.session.images[self._at][1])
            self._show()

    @Slot()
    def finish(self) -> None:
        """No more labels: see what they say."""
        if self.stack.currentIndex() == 1:
            self._at = -1
            self.progress.setValue(len(self.session.labels))
            self.session.finish()

    def key(self, event: QKeyEvent) -> bool:
        """Whether a key was one of ours."""
        key, text = event.key(), event.text()
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return False
        if key == Qt.Key.Key_Escape:
            if self.typed:
                self._type("")
            else:
                self.finish()
        elif key == Qt.Key.Key_Backspace:
            if self.typed:
                self._type(self.typed[:-1])
            else:
                self.undo()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.list.currentItem()
            if item is not None:
                self.take(str(item.data(_CLASS)))
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 1 if key == Qt.Key.Key_Down else -1
            last = self.list.count() - 1
            self.list.setCurrentRow(min(last, max(0, self.list.currentRow() + step)))
        elif text == "-" and not self.typed:
            self.other()
        elif text == "0" or (text == " " and not self.typed):
            self.skip()
        elif text.isdecimal() and text.isascii():
            item = self.list.item(int(text) - 1)
            if item is not None:
                self.take(str(item.data(_CLASS)))
        elif text and text.isprintable():
            if matching(self.session.classes, self.typed + text):  # a letter that none has is not taken
                self._type(self.typed + text)
        else:
            return False
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.labelling:
            return self.key(event)
        return bool(super().eventFilter(watched, event))

    # ----------------------------------------------------------------------------------------------- end

    @Slot()
    def _show_end(self) -> None:
        found = self.session.estimate
        self.stack.setCurrentIndex(2)
        accuracy, bounds = found.get("accuracy"), found.get("interval")
        labelled, of = int(found.get("labelled") or 0), int(found.get("of") or 0)
        self.figure.setVisible(accuracy is not None)
        self.bar.setVisible(accuracy is not None)
        self.choice.setVisible(accuracy is not None)
        if accuracy is None:
            self.told.setText(self.tr("No image is labelled yet, so nothing is measured."))
            self.others.setText("")
        else:
            self.figure.setText(percent(float(accuracy)))
            self.bar.show_value(float(accuracy), bounds)
            text = self.tr(
                "About so often the model is right on all images of the target; the truth is probably {interval}. Judged "
                "by your labels of {labelled} images."
            ).format(interval=interval(bounds), labelled=whole(labelled))
            if bounds and float(bounds[1]) - float(bounds[0]) > 0.3:
                text = told([text, self.tr("More labels would narrow that.")])
            self.told.setText(text)
            self.choice.setText(self._choice(found))
            self.others.setText(self._others(found.get("comparisons") or ()))
            self.measured.emit()
        self.more.setVisible(len(self.session.labels) < of)
        self.close_button.setDefault(True)
        self.close_button.setFocus()

    def _choice(self, found: Mapping[str, Any]) -> str:
        choice = str(found.get("choice") or self.run)
        others = found.get("comparisons") or ()
        if choice != self.run:
            return self.tr("Rather use {choice} than {run}: by your labels it is better.").format(
                choice=choice, run=self.run
            )
        if not others:
            return self.tr("Keep {run}: there is no other model to compare it with.").format(run=self.run)
        if all(each.get("verdict") == "worse" for each in others):
            return self.tr("Keep {run}: by your labels it is better than the others.").format(run=self.run)
        return self.tr("Keep {run}: no other run is clearly better.").format(run=self.run)

    def _others(self, comparisons: Sequence[Mapping[str, Any]]) -> str:
        lines = []
        for each in comparisons:
            low, high = each.get("interval") or (0.0, 0.0)
            facts = {
                "run": each["run"],
                "points": domain_words.points(float(each.get("difference") or 0.0)),
                "low": domain_words.points(float(low)),
                "high": domain_words.points(float(high)),
            }
            verdict = each.get("verdict")
            if verdict == "better":
                text = self.tr("{run} is better: {points} points (between {low} and {high})")
            elif verdict == "worse":
                text = self.tr("{run} is worse: {points} points (between {low} and {high})")
            else:
                text = self.tr("{run} is too close to call: {points} points (between {low} and {high})")
            lines.append(text.format(**facts))
        return "\n".join(lines)

    def done(self, result: int) -> None:
        """Close; the labels are on disk already."""
        self.session.let_go()
        self.pictures.let_go()
        super().done(result)

    def reject(self) -> None:
        """Escape: while labelling it ends that, elsewhere it closes."""
        if self.labelling:
            self.finish()
        else:
            super().reject()


def open_audit(studio: Studio, run: str, parent: QWidget) -> AuditWindow:
    """Show the window above the one that asks for it."""
    made = AuditWindow(studio, run, parent.window())
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    made.open()
    QTimer.singleShot(0, made.begin_button, made.begin_button.setFocus)
    return made
