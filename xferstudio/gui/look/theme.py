"""How everything looks: one palette for light and one for dark, one spacing unit, one type scale, own icons."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

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
    faint: QColor
    """Of edges of controls and of grips."""
    hover: QColor
    """The accent under the mouse."""
    pressed: QColor


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
    faint=QColor("#a9b0bc"),
    hover=QColor("#0a57ad"),
    pressed=QColor("#084a94"),
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
    faint=QColor("#5c6473"),
    hover=QColor("#8cc2ff"),
    pressed=QColor("#5aa2f5"),
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


@lru_cache(maxsize=1024)
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


_icons: dict[tuple[str, str], QIcon] = {}
_names: dict[int, tuple[str, str]] = {}
# Of each icon its name, and the field of Colours that it is drawn in, so that a new theme can draw it anew.


def icon(name: str, colour: QColor | None = None) -> QIcon:
    """A monochrome icon of our own (`icons/NAME.svg`) in the text's colour, or in another; sharp on any screen.

    One in a colour of the theme follows when the theme changes, on buttons and actions (elsewhere ask again).
    """
    now = colours()
    shown = colour or now.text
    key = (name, f"{shown.name()} {now.quiet.name()}")
    made = _icons.get(key)
    if made is None:
        made = QIcon()
        for size in (18, 24, 36, 48):
            made.addPixmap(_drawn(name, shown.name(), size))
            made.addPixmap(_drawn(name, now.quiet.name(), size), QIcon.Mode.Disabled)
        _icons[key] = made
        field = next((field for field, value in vars(now).items() if value == shown), "")
        _names[made.cacheKey()] = (name, field)
    return made


def _redraw(app: QApplication) -> None:
    """Draw the icons of all buttons and actions in the colours of the theme that is on."""
    now = colours()
    things: list[QAbstractButton | QAction] = []
    widgets = (
        app.allWidgets()
    )  # kept until the end: what Python lets go of meanwhile takes its actions with it
    for widget in widgets:
        things += widget.actions()
        if isinstance(widget, QAbstractButton):
            things.append(widget)
    for thing in things:
        name, field = _names.get(thing.icon().cacheKey(), ("", ""))
        if field:
            thing.setIcon(icon(name, getattr(now, field)))


def pixmap(name: str, size: int, colour: QColor | None = None) -> QPixmap:
    """The same as a picture of `size` device-independent pixels."""
    ratio = QGuiApplication.primaryScreen().devicePixelRatio() if QGuiApplication.primaryScreen() else 1.0
    made = _drawn(name, (colour or colours().text).name(), round(size * ratio)).copy()
    made.setDevicePixelRatio(ratio)
    return made


def apply(app: QApplication) -> None:
    """Put the theme on the whole program; again after each change of light and dark.

    Widgets that hold pictures drawn in colours of the theme draw them anew on QEvent.Type.PaletteChange.
    """
    chosen = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(str(app.property("theme")))
    # The frame of the window and the dialogs of the system follow.
    QGuiApplication.styleHints().setColorScheme(chosen or Qt.ColorScheme.Unknown)
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
    _redraw(app)


def refresh(widget: QWidget) -> None:
    """Let the style sheet look again at a widget whose `role` property has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def icon_size() -> QSize:
    """The size of icons in buttons and lists."""
    return QSize(2 * UNIT + 2, 2 * UNIT + 2)


def _sheet(now: Colours) -> str:
    name = {key: value.name() for key, value in vars(now).items()}
    tone = "dark" if now is _DARK else "light"
    return _SHEET.format(unit=UNIT, icons=ICONS.as_posix(), tone=tone, **SIZES, **name)


_SHEET = """
* {{ outline: none; }}
QLabel {{ background: transparent; }}
QLabel[role="title"] {{ font-size: {title}px; font-weight: 600; }}
QLabel[role="heading"] {{ font-size: {heading}px; font-weight: 600; }}
QLabel[role="small"], QLabel[role="quiet"] {{ color: {quiet}; }}
QLabel[role="small"] {{ font-size: {small}px; }}
QLabel[role="good"] {{ color: {good}; }}
QLabel[role="warning"] {{ color: {warning}; }}
QLabel[role="bad"] {{ color: {bad}; }}
QLabel[tone="good"] {{ color: {good}; }}
QLabel[tone="warning"] {{ color: {warning}; }}
QLabel[tone="bad"] {{ color: {bad}; }}
QLabel[tone="accent"] {{ color: {accent}; }}
QFrame[role="card"] {{ background: {surface}; border: 1px solid {line}; border-radius: {unit}px; }}
QFrame[role="bar"] {{ background: {surface}; border: none; border-bottom: 1px solid {line}; }}
QFrame[role="side"] {{ background: {raised}; border: none; }}

QPushButton {{ padding: 6px 14px; border: 1px solid {line}; border-radius: 6px; background: {surface}; color: {text}; }}
QPushButton:hover {{ background: {raised}; }}
QPushButton:pressed, QPushButton:checked {{ background: {selection}; }}
QPushButton:focus {{ border: 2px solid {accent}; padding: 5px 13px; }}
QPushButton:disabled {{ color: {quiet}; background: {window}; }}
QPushButton::menu-indicator {{ image: url("{icons}/control-down.svg"); width: 12px; subcontrol-position: right center; right: 8px; }}
QPushButton[role="primary"] {{ background: {accent}; color: {on_accent}; border: 1px solid {accent}; font-weight: 600; }}
QPushButton[role="primary"]:hover {{ background: {hover}; border-color: {hover}; }}
QPushButton[role="primary"]:pressed {{ background: {pressed}; border-color: {pressed}; }}
QPushButton[role="primary"]:focus {{ border: 2px solid {text}; }}
QPushButton[role="primary"]:disabled {{ background: {raised}; color: {quiet}; border-color: {line}; }}
QPushButton[role="danger"] {{ color: {bad}; }}
QPushButton[role="choice"] {{ background: {surface}; border: 1px solid {line}; border-radius: 12px; padding: 0; text-align: left; }}
QPushButton[role="choice"]:hover {{ border: 1px solid {accent}; background: {surface}; }}
QPushButton[role="choice"]:focus {{ border: 2px solid {accent}; }}
QPushButton[role="choice"]:pressed {{ background: {selection}; }}
QPushButton[role="link"] {{ border: none; background: transparent; color: {accent}; padding: 2px 4px; text-align: left; }}
QPushButton[role="link"]:hover {{ text-decoration: underline; }}
QPushButton[role="link"]:focus {{ border: 1px solid {accent}; border-radius: 4px; padding: 1px 3px; }}

QToolButton {{ padding: 4px; border: 1px solid transparent; border-radius: 6px; background: transparent; color: {text}; }}
QToolButton:hover {{ background: {raised}; }}
QToolButton:pressed, QToolButton:checked {{ background: {selection}; }}
QToolButton:focus {{ border: 1px solid {accent}; }}
QToolButton:disabled {{ color: {quiet}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
QFrame[role="side"] QToolButton:hover {{ background: {line}; }}

QLineEdit, QComboBox, QAbstractSpinBox {{ padding: 5px 8px; border: 1px solid {line}; border-radius: 6px;
  background: {surface}; color: {text}; selection-background-color: {accent}; selection-color: {on_accent}; min-height: 18px; }}
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{ border: 1px solid {accent}; }}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {quiet}; background: {window}; }}
QLineEdit[role="bad"] {{ border: 1px solid {bad}; }}
QAbstractSpinBox QLineEdit, QComboBox QLineEdit {{ padding: 0; border: none; min-height: 0; background: transparent; }}
QComboBox {{ padding-right: 24px; }}
QComboBox::drop-down {{ border: none; width: 24px; subcontrol-position: center right; }}
QComboBox::down-arrow {{ image: url("{icons}/control-down.svg"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {surface}; border: 1px solid {line}; padding: 4px; selection-background-color: {selection}; selection-color: {text}; }}
QAbstractSpinBox {{ padding-right: 22px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border; width: 20px; border: none; background: transparent; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin-top: 2px; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin-bottom: 2px; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {raised}; border-radius: 4px; }}
QAbstractSpinBox::up-arrow {{ image: url("{icons}/control-up.svg"); width: 10px; height: 10px; }}
QAbstractSpinBox::down-arrow {{ image: url("{icons}/control-down.svg"); width: 10px; height: 10px; }}

QCheckBox, QRadioButton {{ spacing: 8px; background: transparent; }}
QCheckBox::indicator, QRadioButton::indicator, QGroupBox::indicator {{ width: 16px; height: 16px; border: 1px solid {faint}; background: {surface}; }}
QCheckBox::indicator, QGroupBox::indicator {{ border-radius: 4px; }}
QRadioButton::indicator {{ border-radius: 8px; }}
QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {accent}; }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border: 2px solid {accent}; width: 14px; height: 14px; }}
QCheckBox::indicator:checked, QGroupBox::indicator:checked {{ background: {accent}; border-color: {accent}; image: url("{icons}/control-check-{tone}.svg"); }}
QCheckBox::indicator:indeterminate {{ background: {accent}; border-color: {accent}; image: url("{icons}/control-some-{tone}.svg"); }}
QCheckBox::indicator:checked:focus {{ border: 2px solid {text}; }}
QRadioButton::indicator:checked {{ background: {accent}; border-color: {accent}; image: url("{icons}/control-dot-{tone}.svg"); }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ background: {raised}; border-color: {line}; }}
QCheckBox::indicator:checked:disabled, QRadioButton::indicator:checked:disabled {{ background: {faint}; }}

QPlainTextEdit, QTextEdit {{ border: 1px solid {line}; border-radius: 6px; background: {surface}; color: {text}; padding: 4px; }}
QPlainTextEdit:focus, QTextEdit:focus {{ border-color: {accent}; }}
QListView, QTreeView, QTableView {{ background: {surface}; border: 1px solid {line}; border-radius: 6px; alternate-background-color: {window}; }}
QListView:focus, QTreeView:focus, QTableView:focus {{ border-color: {accent}; }}
QTreeView::item, QTableView::item {{ padding: 4px 6px; }}
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {{ background: {selection}; color: {text}; }}
QTableView {{ gridline-color: {line}; }}
QHeaderView {{ background: {window}; border: none; }}
QHeaderView::section {{ background: {window}; color: {quiet}; border: none; border-bottom: 1px solid {line}; padding: 6px 8px; font-weight: 600; }}
QHeaderView::down-arrow {{ image: url("{icons}/control-down.svg"); width: 10px; }}
QHeaderView::up-arrow {{ image: url("{icons}/control-up.svg"); width: 10px; }}
QTableCornerButton::section {{ background: {window}; border: none; }}
QTreeView[role="side"], QListView[role="side"] {{ background: transparent; border: none; }}
QScrollArea {{ border: none; background: transparent; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QScrollBar {{ background: transparent; border: none; }}
QScrollBar:vertical {{ width: 12px; }}
QScrollBar:horizontal {{ height: 12px; }}
QScrollBar::handle {{ background: {faint}; border-radius: 3px; margin: 3px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {quiet}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: {line}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {line}; }}
QSlider::sub-page:horizontal {{ border-radius: 2px; background: {accent}; }}
QSlider::handle:horizontal {{ width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; border: 1px solid {faint}; background: {surface}; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ border: 2px solid {accent}; width: 12px; height: 12px; }}
QGroupBox {{ border: 1px solid {line}; border-radius: 6px; margin-top: 18px; padding-top: 8px; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 4px; color: {quiet}; font-weight: 600; }}
QToolTip {{ color: {text}; background: {raised}; border: 1px solid {line}; padding: 4px; }}
QStatusBar {{ background: {surface}; border-top: 1px solid {line}; color: {quiet}; }}
QStatusBar QLabel {{ color: {quiet}; }}
QStatusBar::item {{ border: none; }}
QProgressBar {{ border: none; border-radius: 4px; background: {raised}; max-height: 8px; min-height: 8px; color: transparent; }}
QProgressBar::chunk {{ border-radius: 4px; background: {accent}; }}
QMenuBar {{ background: {surface}; border-bottom: 1px solid {line}; padding: 2px 4px; }}
QMenuBar::item {{ padding: 5px 10px; border-radius: 5px; background: transparent; color: {text}; }}
QMenuBar::item:selected {{ background: {raised}; }}
QMenu {{ background: {surface}; border: 1px solid {line}; padding: 5px; color: {text}; }}
QMenu::item {{ padding: 6px 28px 6px 12px; border-radius: 5px; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::item:selected {{ background: {selection}; color: {text}; }}
QMenu::item:disabled {{ color: {faint}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 5px 8px; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {line}; }}
QTabBar {{ background: transparent; qproperty-drawBase: 0; }}
QTabBar::tab {{ padding: 8px 14px; border: none; border-bottom: 2px solid transparent; background: transparent; color: {quiet}; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::tab:focus {{ color: {accent}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; font-weight: 600; }}
"""
