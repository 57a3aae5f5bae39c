"""States of runs look the same wherever runs are listed."""

import inspect

import pytest

from xferstudio.gui import runs_view, sidebar, theme, words


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
