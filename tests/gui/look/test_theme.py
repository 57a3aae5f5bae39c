"""One look in light and dark: colours that can be read, icons of our own, a theme that changes while it is on."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import Elided, FlowLayout, Icon, button, tool

GUI = Path(theme.__file__).parents[1]


@pytest.fixture
def choose(qapp):
    """Choose a theme; the one before comes back."""

    def chosen(name):
        qapp.setProperty("theme", name)
        theme.apply(qapp)

    before = qapp.property("theme")
    yield chosen
    chosen(before)


def brightness(colour: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.getRgbF()[:3]
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tone", ["light", "dark"])
def test_text_can_be_read_on_every_ground(choose, tone):
    choose(tone)
    now = theme.colours()
    for ground in (now.window, now.surface, now.raised, now.selection):
        assert contrast(now.text, ground) > 7
        assert contrast(now.quiet, ground) > 4
    for ground in (now.window, now.surface):
        for colour in (now.good, now.warning, now.bad, now.accent, now.quiet):
            assert contrast(colour, ground) > 4.5
    for ground in (now.accent, now.hover, now.pressed):
        assert contrast(now.on_accent, ground) > 4.5


def test_every_icon_that_is_named_in_the_window_is_there():
    named = set()
    for file in GUI.rglob("*.py"):
        text = file.read_text("utf-8")
        named |= set(
            re.findall(r"(?:theme\.icon|theme\.pixmap|\bIcon|EmptyState|\btool)\(\s*\"([a-z-]+)\"", text)
        )
        named |= set(re.findall(r"\bbutton\([^()]*(?:\([^()]*\))?, \"([a-z-]+)\"", text))
    assert len(named) > 10
    named -= {"primary", "danger", "link"}  # roles of buttons without an icon
    missing = {name for name in named if not (theme.ICONS / f"{name}.svg").is_file()}
    assert not missing


def test_all_icons_are_drawn_in_one_style(qapp):
    for file in sorted(theme.ICONS.glob("*.svg")):
        text = file.read_text("utf-8")
        assert 'viewBox="0 0 24 24"' in text, file.name
        if not file.name.startswith("control-"):
            assert 'stroke="currentColor" stroke-width="1.75"' in text, file.name
            assert "#" not in text, file.name
        image = theme._drawn(file.stem, "#ff0000", 48).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(0, 48, 2) for y in range(0, 48, 2)), (
            f"{file.name} shows nothing"
        )


def test_a_missing_icon_is_empty_and_no_fault(qapp, caplog):
    assert not theme.icon("no-such-icon").isNull()
    assert "no-such-icon" in caplog.text


def test_a_change_of_theme_reaches_buttons_and_pictures_that_are_on_screen(qtbot, choose):
    choose("light")
    holder = QWidget()
    qtbot.addWidget(holder)
    plain, primary, small, picture = (
        button("Go", "play"),
        button("Go", "play", "primary"),
        tool("more", "More"),
        Icon("logo", 32, "accent"),
    )
    flow = FlowLayout(holder)
    for widget in (plain, primary, small, picture):
        flow.addWidget(widget)
    holder.show()
    before = [widget.icon().cacheKey() for widget in (plain, primary, small)]
    drawn = picture.pixmap().toImage()
    choose("dark")
    assert all(a != b.icon().cacheKey() for a, b in zip(before, (plain, primary, small), strict=True))
    assert picture.pixmap().toImage() != drawn
    choose("light")
    assert [widget.icon().cacheKey() for widget in (plain, primary, small)] == before
    assert picture.pixmap().toImage() == drawn


def test_an_icon_of_somebody_else_is_left_alone(qtbot, choose):
    choose("light")
    made = QPushButton()
    qtbot.addWidget(made)
    made.setIcon(theme.pixmap("play", 16))
    before = made.icon().cacheKey()
    choose("dark")
    assert made.icon().cacheKey() == before


def test_a_long_name_is_shortened_in_the_middle_and_whole_in_the_tooltip(qtbot):
    line = Elided("a very long name of a project that nobody can read in so little room")
    qtbot.addWidget(line)
    line.resize(120, 20)
    line.show()
    assert "…" in line.text()
    assert line.toolTip() == line.whole()


def test_no_colour_and_no_font_size_is_written_outside_the_theme():
    found = [
        f"{file.name}: {line.strip()}"
        for file in GUI.rglob("*.py")
        if file.name
        not in ("theme.py", "heat.py", "confusion.py")  # scales of values have colours of their own
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"#[0-9a-fA-F]{6}\b|setPointSize|setPixelSize|font-size: *[0-9]", line)
    ]
    assert not found, "\n".join(found)
