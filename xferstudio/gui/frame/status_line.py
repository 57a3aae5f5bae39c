"""The quiet line at the bottom: device, the run that goes on, disk used by stored features, short notes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStatusBar, QWidget

from xferstudio.gui.look import theme, words
from xferstudio.gui.look.widgets import Bar, Elided, Icon, label, plain_tip
from xferstudio.gui.project.queue import Job
from xferstudio.gui.project.studio import Studio

NOTE_SECONDS = 8


class StatusLine(QStatusBar):
    """Tells what goes on, and never asks for anything."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.setSizeGripEnabled(False)
        self.setContentsMargins(theme.UNIT, 2, theme.UNIT, 2)
        self.note = Elided("", "small")
        self.note.setAccessibleName(self.tr("Note"))
        self.addWidget(self.note, 1)
        self._clear = QTimer(self)
        self._clear.setSingleShot(True)
        self._clear.setInterval(NOTE_SECONDS * 1000)
        self._clear.timeout.connect(self._forget)

        self.job = QWidget()
        row = QHBoxLayout(self.job)
        row.setContentsMargins(0, 0, 2 * theme.UNIT, 0)
        row.setSpacing(theme.UNIT)
        self.job_text = label("", "small")
        self.bar = Bar()
        self.bar.setFixedWidth(14 * theme.UNIT)
        self.bar.setAccessibleName(self.tr("Progress of the run"))
        self.left = label("", "small")
        for widget in (self.job_text, self.bar, self.left):
            row.addWidget(widget)
        self.addPermanentWidget(self.job)
        self.job.hide()

        self._holders: dict[QLabel, QWidget] = {}
        self.device = self._pair("chip", self.tr("What runs use to compute"))
        self.disk = self._pair("disk", self.tr("Disk used by stored features, which all projects share"))
        self._tell(self.device, _device(""))
        self._tell(self.disk, "")

        self._facts: dict[str, Any] = {}
        studio.note.connect(self.show_note)
        studio.queue.events.connect(self._take)
        studio.queue.changed.connect(self.refresh)
        studio.queue.ended.connect(self._ended)
        studio.figures_changed.connect(self.refresh)
        studio.runs_changed.connect(self.refresh)
        self.refresh()

    def _pair(self, icon: str, tip: str) -> QLabel:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(theme.UNIT, 0, theme.UNIT, 0)
        row.setSpacing(theme.UNIT // 2)
        row.addWidget(Icon(icon, 14, "quiet"))
        text = label("", "small")
        row.addWidget(text)
        holder.setToolTip(plain_tip(tip))
        text.setAccessibleName(tip)
        self.addPermanentWidget(holder)
        self._holders[text] = holder
        return text

    def _tell(self, pair: QLabel, text: str) -> None:
        pair.setText(text)
        self._holders[pair].setVisible(bool(text))

    # ------------------------------------------------------------------------------------------ notes

    @Slot(str)
    def show_note(self, text: str) -> None:
        """Show a short sentence for some seconds."""
        self.note.set_text(text)
        self._clear.start()

    @Slot()
    def _forget(self) -> None:
        self.note.set_text("")

    # -------------------------------------------------------------------------------------------- run

    @Slot(object, object)
    def _take(self, job: Job, lines: list[Mapping[str, Any]]) -> None:
        facts = self._facts
        if facts.get("job") is not job:
            self._facts = facts = {"job": job}
        for line in lines:
            kind = line.get("event")
            if kind == "RunStarted":
                facts["device"] = line.get("device", "")
                facts["epochs"] = line.get("epochs", 0)
            elif kind == "Progress":
                total = line.get("total") or 0
                facts["text"] = words.engine_text(str(line.get("task", "")))
                facts["share"] = line.get("done", 0) / total if total else None
                facts["until"] = _until(line.get("seconds_left"))
            elif kind == "StepDone":
                if facts.pop("text", None) is not None:
                    facts["until"] = facts.get("train_until")
                facts["epoch"] = line.get("epoch", 0)
                facts["share"] = line.get("step", 0) / max(1, line.get("steps") or 1)
                facts["paused"] = False
            elif kind == "EpochDone":
                facts.pop("text", None)
                facts["epoch"], facts["epochs"] = line.get("epoch", 0), line.get("epochs", 0)
                facts["until"] = facts["train_until"] = _until(line.get("seconds_left"))
            elif kind in ("RunPaused", "RunResumed"):
                facts["paused"] = kind == "RunPaused"
        self.refresh()

    @Slot(object, int, str)
    def _ended(self, job: Job, code: int, last_words: str) -> None:
        if self._facts.get("job") is job:
            self._facts = {}
        self.read_disk()

    @Slot()
    def refresh(self) -> None:
        """Show the run that goes on: of this window, else of the open project."""
        job = self._facts.get("job")
        if job is not None and job in self.studio.queue.active:
            self._show(job.name, self._facts)
            return
        self._facts = {}
        if self.studio.queue.active:
            self._show(self.studio.queue.active[0].name, {"text": self.tr("begins")})
            return
        for run in reversed(self.studio.runs):
            figures = self.studio.figures.get(run.path)
            if figures is not None and self.studio.state(run) == "running":
                self._show(run.name, {**vars(figures), "share": figures.progress})
                return
        self.job.hide()
        known = (self.studio.figures.get(run.path) for run in reversed(self.studio.runs))
        self.device.setText(_device(next((each.device for each in known if each and each.device), "")))

    def _show(self, name: str, facts: Mapping[str, Any]) -> None:
        what = facts.get("text") or ""
        if facts.get("paused"):
            what = words.state("paused")
        elif not what and facts.get("epoch") and facts.get("epochs"):
            what = self.tr("epoch {epoch} of {epochs}").format(epoch=facts["epoch"], epochs=facts["epochs"])
        waiting = len(self.studio.queue.waiting)
        text = f"{name} · {what}" if what else name
        if waiting:
            text += " · " + self.tr("{count} waiting").format(count=waiting)
        self.job_text.setText(text)
        share = facts.get("share")
        self.bar.set_share(share or 0.0)
        self.bar.setAccessibleDescription(words.percent(share, 0))
        until = facts.get("until")
        seconds = until - time.monotonic() if until is not None else facts.get("seconds_left")
        show = seconds is not None and seconds > 0 and not facts.get("paused")
        self.left.setText(self.tr("{time} left").format(time=words.seconds(seconds)) if show else "")
        self.device.setText(_device(str(facts.get("device", ""))))
        self.job.show()

    # ------------------------------------------------------------------------------------------- disk

    @Slot()
    def read_disk(self) -> None:
        """Ask, in the background, what the store of features takes."""
        command = self.studio.command("cache", "show", "--json")
        command.arrived.connect(self._take_disk)
        command.start()

    @Slot(object)
    def _take_disk(self, lines: list[Any]) -> None:
        total = 0
        for line in lines:
            entries = line if isinstance(line, list) else line.get("entries", [])
            total += sum(int(entry.get("bytes", 0)) for entry in entries if isinstance(entry, dict))
        self._tell(self.disk, words.size(total))


def _until(seconds: Any) -> float | None:
    return time.monotonic() + float(seconds) if isinstance(seconds, (int, float)) else None


def _device(name: str) -> str:
    kind = name.split(":")[0]
    if kind in ("", "auto", "cpu"):
        return "CPU"
    return {"cuda": "GPU", "mps": "GPU (Apple)", "xpu": "GPU (Intel)"}.get(kind, name)
