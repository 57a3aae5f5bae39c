"""The entries above a drawing that name its parts, and show or hide them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import FlowLayout, plain_tip


class Legend(QWidget):
    """Lines of entries; each is pressed while its part is shown. `dress` it when the theme has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self, theme.UNIT // 2)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def add(self, text: str, tip: str, sample: QSize) -> QToolButton:
        """A new entry, pressed, with room for an icon of this size; whoever asks for it gives it one."""
        made = QToolButton()
        made.setText(text)
        made.setToolTip(plain_tip(tip))
        made.setCheckable(True)
        made.setChecked(True)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setIconSize(sample)
        self._flow.addWidget(made)
        return made

    def remove(self, entry: QToolButton) -> None:
        """Take an entry out."""
        self._flow.removeWidget(entry)
        entry.deleteLater()

    def dress(self) -> None:
        """Take the colours of the theme that is on."""
        now = theme.colours()
        # A pressed entry is the rule here, so it is the hidden part that looks different.
        self.setStyleSheet(
            f"QToolButton {{ padding: 1px 6px; color: {now.quiet.name()}; font-size: {theme.SIZES['small']}px; }}"
            f"QToolButton:checked {{ background: transparent; color: {now.text.name()}; }}"
            f"QToolButton:hover {{ background: {now.raised.name()}; }}"
            f"QToolButton:focus {{ padding: 0px 5px; }}"
        )
