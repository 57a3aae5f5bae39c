"""How everything looks: one palette for light and one for dark, one spacing unit, one type scale, own icons."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

log = logging.getLogger(__name__)

UNIT = 8
"""The spacing unit in device-independent pixels: margins and gaps are multiples of it."""

SIZES = {"title": 22, "heading": 15, "body": 13, "small": 11}
"""The type scale in device-independent pixels."""

ICONS = Path(__file__).parent / "icons"


@dataclass(frozen=True)
class Colours:
    """The colours of one theme."""

    window: QColor
    surface: QColor
    raised: QColor
    line: QColor
    text: QColor
    quiet: QColor
    accent: QColor
    on_accent: QColor
    selection: QColor
    good: QColor
    warning: QColor
    bad: QColor


_LIGHT = Colours(
    window=QColor("#f5f6f8"),
    surface=QColor("#ffffff"),
    raised=QColor("#eceef2"),
    line=QColor("#d9dce2"),
    text=QColor("#1c1f26"),
    quiet=QColor("#5d6472"),
    accent=QColor("#0b62c4"),
    on_accent=QColor("#ffffff"),
    selection=QColor("#d7e7fb"),
    good=QColor("#00795a"),
    warning=QColor("#9a5b00"),
    bad=QColor("#b3361f"),
)
_DARK = Colours(
    window=QColor("#17191e"),
    surface=QColor("#1f2228"),
    raised=QColor("#2a2e36"),
    line=QColor("#3a3f4a"),
    text=QColor("#e8eaee"),
    quiet=QColor("#a3abb8"),
    accent=QColor("#6fb1ff"),
    on_accent=QColor("#0d1a2b"),
    selection=QColor("#24405f"),
    good=QColor("#3fc79a"),
    warning=QColor("#f0b04a"),
    bad=QColor("#ff8a70"),
)

# Okabe and Ito's palette, which the colour-blind tell apart; black is left to the text.
_SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
# The same for a dark ground: the darkest two are lifted.
_SERIES_DARK = ("#4AA8E0", "#E69F00", "#2BC79A", "#E39BC4", "#8AD0F5", "#F0823A", "#F0E442")


def is_dark() -> bool:
    """Whether the dark theme is on: the user's choice, else the system's."""
    app = QApplication.instance()
    chosen = app.property("theme") if app is not None else None
    if chosen in ("light", "dark"):
        return bool(chosen == "dark")
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def colours() -> Colours:
    """The colours of the theme that is on."""
    return _DARK if is_dark() else _LIGHT


def series(index: int) -> QColor:
    """The colour of the index-th curve or class; after seven they come again, so never rely on colour alone."""
    palette = _SERIES_DARK if is_dark() else _SERIES
    return QColor(palette[index % len(palette)])


def font(role: str = "body", bold: bool = False) -> QFont:
    """The font of a role of the type scale."""
    made = QFont(QApplication.font())
    made.setPixelSize(SIZES[role])
    made.setBold(bold)
    return made


@lru_cache(maxsize=512)
def _drawn(name: str, colour: str, size: int) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    try:
        text = (ICONS / f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
    except OSError:
        log.warning("there is no icon %r", name)
        return pixmap
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


def icon(name: str, colour: QColor | None = None) -> QIcon:
    """A monochrome icon of our own (`gui/icons/NAME.svg`) in the text's colour, or in another; sharp on any screen."""
    shown = (colour or colours().text).name()
    faded = colours().quiet.name()
    made = QIcon()
    for size in (16, 20, 24, 32, 48, 64, 96):
        made.addPixmap(_drawn(name, shown, size))
        made.addPixmap(_drawn(name, faded, size), QIcon.Mode.Disabled)
    return made


def pixmap(name: str, size: int, colour: QColor | None = None) -> QPixmap:
    """The same as a picture of `size` device-independent pixels."""
    ratio = QGuiApplication.primaryScreen().devicePixelRatio() if QGuiApplication.primaryScreen() else 1.0
    made = _drawn(name, (colour or colours().text).name(), round(size * ratio)).copy()
    made.setDevicePixelRatio(ratio)
    return made


def apply(app: QApplication) -> None:
    """Put the theme on the whole program; again after each change of light and dark."""
    now = colours()
    app.setStyle("Fusion")
    palette = QPalette()
    for role, colour in {
        QPalette.ColorRole.Window: now.window,
        QPalette.ColorRole.WindowText: now.text,
        QPalette.ColorRole.Base: now.surface,
        QPalette.ColorRole.AlternateBase: now.raised,
        QPalette.ColorRole.Text: now.text,
        QPalette.ColorRole.PlaceholderText: now.quiet,
        QPalette.ColorRole.Button: now.raised,
        QPalette.ColorRole.ButtonText: now.text,
        QPalette.ColorRole.Highlight: now.accent,
        QPalette.ColorRole.HighlightedText: now.on_accent,
        QPalette.ColorRole.ToolTipBase: now.raised,
        QPalette.ColorRole.ToolTipText: now.text,
        QPalette.ColorRole.Link: now.accent,
        QPalette.ColorRole.Mid: now.line,
        QPalette.ColorRole.Light: now.raised,
        QPalette.ColorRole.Dark: now.line,
        QPalette.ColorRole.Accent: now.accent,
    }.items():
        palette.setColor(role, colour)
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        faded = QColor(now.quiet)
        faded.setAlpha(150)
        palette.setColor(QPalette.ColorGroup.Disabled, role, faded)
    app.setPalette(palette)
    body = app.font()
    body.setPixelSize(SIZES["body"])
    app.setFont(body)
    app.setStyleSheet(_sheet(now))


def refresh(widget: QWidget) -> None:
    """Let the style sheet look again at a widget whose `role` property has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def icon_size() -> QSize:
    """The size of icons in buttons and lists."""
    return QSize(2 * UNIT + 2, 2 * UNIT + 2)


def _sheet(now: Colours) -> str:
    name = {key: value.name() for key, value in vars(now).items()}
    return """
* {{ outline: none; }}
QLabel[role="title"] {{ font-size: {title}px; font-weight: 600; }}
QLabel[role="heading"] {{ font-size: {heading}px; font-weight: 600; }}
QLabel[role="small"], QLabel[role="quiet"] {{ color: {quiet}; }}
QLabel[role="small"] {{ font-size: {small}px; }}
QLabel[role="good"] {{ color: {good}; }}
QLabel[role="warning"] {{ color: {warning}; }}
QLabel[role="bad"] {{ color: {bad}; }}
QFrame[role="card"] {{ background: {surface}; border: 1px solid {line}; border-radius: {unit}px; }}
QFrame[role="bar"] {{ background: {surface}; border: none; border-bottom: 1px solid {line}; }}
QFrame[role="side"] {{ background: {raised}; border: none; border-right: 1px solid {line}; }}
QPushButton {{ padding: 6px 14px; border: 1px solid {line}; border-radius: 6px; background: {surface}; color: {text}; }}
QPushButton:hover {{ background: {raised}; }}
QPushButton:pressed {{ background: {line}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {accent}; padding: 5px 13px; }}
QPushButton:disabled {{ color: {quiet}; background: {window}; }}
QPushButton[role="primary"] {{ background: {accent}; color: {on_accent}; border: 1px solid {accent}; font-weight: 600; }}
QPushButton[role="primary"]:hover {{ border-color: {text}; }}
QPushButton[role="primary"]:disabled {{ background: {raised}; color: {quiet}; border-color: {line}; }}
QPushButton[role="danger"] {{ color: {bad}; }}
QToolButton {{ padding: 4px; border: 1px solid transparent; border-radius: 6px; background: transparent; }}
QToolButton:hover {{ background: {raised}; }}
QToolButton:checked {{ background: {selection}; }}
QToolButton:focus {{ padding: 3px; }}
QLineEdit, QComboBox, QSpinBox, QDoubleSpinBox {{ padding: 5px 8px; border: 1px solid {line}; border-radius: 6px;
  background: {surface}; color: {text}; selection-background-color: {accent}; selection-color: {on_accent}; }}
QLineEdit:focus, QComboBox:focus, QSpinBox:focus, QDoubleSpinBox:focus {{ border: 1px solid {accent}; }}
QPlainTextEdit, QTextEdit {{ border: 1px solid {line}; border-radius: 6px; background: {surface}; color: {text}; }}
QListView, QTreeView, QTableView {{ background: {surface}; border: 1px solid {line}; border-radius: 6px; }}
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {{ background: {selection}; color: {text}; }}
QHeaderView::section {{ background: {raised}; color: {quiet}; border: none; border-bottom: 1px solid {line}; padding: 5px 8px; }}
QTableCornerButton::section {{ background: {raised}; border: none; border-bottom: 1px solid {line}; }}
QTreeView[role="side"] {{ background: transparent; border: none; }}
QScrollArea {{ border: none; background: transparent; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QSplitter::handle {{ background: {line}; }}
QToolTip {{ color: {text}; background: {raised}; border: 1px solid {line}; padding: 4px; }}
QStatusBar {{ background: {surface}; border-top: 1px solid {line}; color: {quiet}; }}
QStatusBar::item {{ border: none; }}
QProgressBar {{ border: none; border-radius: 4px; background: {raised}; height: 8px; text-align: center; }}
QProgressBar::chunk {{ border-radius: 4px; background: {accent}; }}
QMenuBar {{ background: {surface}; border-bottom: 1px solid {line}; }}
QTabBar::tab {{ padding: 8px 14px; border: none; border-bottom: 2px solid transparent; background: transparent; color: {quiet}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
""".format(unit=UNIT, **SIZES, **name)
