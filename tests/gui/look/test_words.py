"""States of runs look the same wherever runs are listed, and names of the user are never taken for HTML."""

import ast
import inspect
from pathlib import Path

import pytest

from xferstudio.gui.frame import sidebar
from xferstudio.gui.look import theme, words
from xferstudio.gui.look.widgets import Elided, plain_tip
from xferstudio.gui.train import runs_view


@pytest.mark.parametrize(
    "state",
    ["new", "waiting", "running", "paused", "interrupted", "finished", "stopped", "cancelled", "failed"],
)
def test_every_state_has_an_icon_in_a_colour_of_the_theme(qapp, state):
    icon, colour = words.state_icon(state)
    assert not theme.pixmap(icon, 16, getattr(theme.colours(), colour)).isNull()


def test_both_lists_of_runs_take_their_icons_from_the_same_place():
    for module in (runs_view, sidebar):
        assert "state_icon(" in inspect.getsource(module)
        assert not hasattr(module, "_STATE_ICONS")


def test_names_of_the_user_are_no_html_in_tooltips(qtbot):
    assert plain_tip("a/b.png\nants") == "a/b.png\nants"
    assert plain_tip("<img src=x>\n&amp;") == "<qt>&lt;img src=x&gt;<br>&amp;amp;</qt>"
    line = Elided("<b>bold</b>")
    qtbot.addWidget(line)
    assert line.toolTip() == "<qt>&lt;b&gt;bold&lt;/b&gt;</qt>"


def test_no_tooltip_is_put_together_without_care_for_names_of_the_user():
    found = []
    for file in Path(theme.__file__).parents[1].rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "setToolTip":
                continue
            text = ast.unparse(node.args[0])
            ours = isinstance(node.args[0], ast.Constant) or text.startswith("self.tr(")
            if not ours and not text.startswith(("plain_tip(", "widgets.plain_tip(", "f'<qt>")):
                found.append(f"{file.name}:{node.lineno}: {text}")
            if text.startswith("self.tr(") and text.endswith(")") and ".format(" in text:
                found.append(f"{file.name}:{node.lineno}: {text}")
    assert not found, "\n".join(found)
