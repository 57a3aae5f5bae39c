"""The window as a whole."""

from xferstudio.gui.window import PAGES, Window


def test_every_page_can_be_made(qtbot, studio):
    window = Window(studio)
    qtbot.addWidget(window)
    window.show()
    for name in PAGES:
        window.go(name)
        assert window.stack.currentWidget() is window.pages[name]
