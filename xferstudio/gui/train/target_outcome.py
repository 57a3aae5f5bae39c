"""How an adaptation ended on the target domain: whether it helped, what it predicts there, and what is known by labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from xferstudio.gui.look import domain_words, theme
from xferstudio.gui.look.interval_bar import IntervalBar
from xferstudio.gui.look.named_bars import Bar, NamedBars
from xferstudio.gui.look.widgets import Card, Icon, button, label
from xferstudio.gui.look.words import engine_text, interval, percent, whole

_MOST = 12
"""Classes whose shares are drawn, those predicted most."""


class TargetCard(Card):
    """What a run that has ended reached on the target domain. `audit()`: the user wants to label a few images."""

    audit = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label(self.tr("On the target domain"), "heading")
        self.body.addWidget(self.title)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        self.icon = Icon("minus", 3 * theme.UNIT - 2)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        self.verdict = label("", wrap=True)
        self.verdict.setFont(theme.font("body", bold=True))
        row.addWidget(self.verdict, 1)
        self.verdict_row = QWidget()
        row.setContentsMargins(0, 0, 0, 0)
        self.verdict_row.setLayout(row)
        self.body.addWidget(self.verdict_row)
        self.by_labels = label("", wrap=True)
        self.by_signs = label("", "quiet", wrap=True)
        self.known = label("", wrap=True)
        self.bar = IntervalBar(ends=("0\u202f%", "100\u202f%"), marks=(0.25, 0.5, 0.75))
        self.bar.setAccessibleName(self.tr("Accuracy on the target"))
        self.bar.setMaximumWidth(64 * theme.UNIT)
        self.warning = label("", "warning", wrap=True)
        self.divided = label("", "quiet", wrap=True)
        self.shares = NamedBars()
        self.shares.setAccessibleName(self.tr("Shares of the predicted classes"))
        self.shares.setMaximumWidth(64 * theme.UNIT)
        for each in (
            self.by_labels,
            self.by_signs,
            self.known,
            self.bar,
            self.warning,
            self.divided,
            self.shares,
        ):
            self.body.addWidget(each)
        line = QHBoxLayout()
        self.label_some = button(self.tr("Label a few images"), "tag", "primary")
        self.label_some.setToolTip(
            self.tr("20 to 50 labels tell how accurate the models are on the target, with an interval")
        )
        self.label_some.clicked.connect(self.audit)
        line.addWidget(self.label_some)
        self.hint = label(self.tr("About two minutes, with the keyboard alone."), "small")
        line.addWidget(self.hint)
        line.addStretch(1)
        self.body.addLayout(line)
        self.hide()

    def show_target(self, told: Mapping[str, Any], baseline: bool) -> None:
        """Show what the summary tells of the target; `baseline` for the run that others are measured against."""
        report, signs = told.get("report") or {}, told.get("verdict") or {}
        labelled = report.get("against_baseline") or {}
        word = str((labelled or signs).get("verdict") or "")
        text, icon, colour = domain_words.verdict(word)
        if baseline:
            text, icon, colour = (
                self.tr("The baseline that adaptations are measured against"),
                "info",
                "quiet",
            )
        elif not word:
            text = self.tr(
                "Whether adapting helped is not known: there is no finished baseline with the same budget"
            )
            icon, colour = "question", "quiet"
        self.verdict.setText(text)
        self.icon.set_icon(icon, colour)
        pairs = (
            (
                self.by_labels,
                self.tr("By the labels: {sentence}").format(sentence=engine_text(str(labelled["sentence"])))
                if labelled
                else "",
            ),
            (
                self.by_signs,
                self.tr("Without labels: {sentence}").format(sentence=engine_text(str(signs["sentence"])))
                if signs
                else "",
            ),
            (self.known, self._known(report)),
            (self.warning, self._warning(told, report)),
            (
                self.divided,
                self.tr("What it takes the {count} images of the target for:").format(
                    count=whole(int(told.get("n") or 0))
                ),
            ),
        )
        for place, sentence in pairs:
            place.setText(sentence)
            place.setVisible(bool(sentence))
        self.bar.setVisible(report.get("accuracy") is not None)
        self.bar.show_value(report.get("accuracy"), report.get("accuracy_interval"))
        shares = sorted((told.get("shares") or {}).items(), key=lambda pair: -pair[1])[:_MOST]
        self.shares.show_bars(
            [Bar(name, share, percent(share), f"{name} {percent(share)}") for name, share in shares]
        )

    def _known(self, report: Mapping[str, Any]) -> str:
        if report.get("accuracy") is None:
            return ""
        return self.tr(
            "By the target's own labels, read after the model was chosen, {accuracy} of {count} images are recognised "
            "({interval})."
        ).format(
            accuracy=percent(report["accuracy"]),
            count=whole(int(report.get("n") or 0)),
            interval=interval(report.get("accuracy_interval")),
        )

    def _warning(self, told: Mapping[str, Any], report: Mapping[str, Any]) -> str:
        parts = []
        if (told.get("verdict") or {}).get("collapsed"):
            parts.append(self.tr("Nearly all images get the same few answers: the model has collapsed."))
        if report.get("outside"):
            parts.append(
                self.tr(
                    "Images of classes that the labelled images lack, which no model can name: {count}."
                ).format(count=whole(int(report["outside"])))
            )
        if told.get("left_out"):
            parts.append(
                self.tr("Images of the target that are left out: {count}.").format(
                    count=whole(len(told["left_out"]))
                )
            )
        return "\n".join(parts)
