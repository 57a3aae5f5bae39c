"""The strategy keeps the contract of xferstudio, and does what its name says."""

from __future__ import annotations

from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest
import xferstudio_lp_ft
from xferstudio_lp_ft import LinearProbeThenFineTune, Options

from xferstudio.testing import check_strategy


@pytest.fixture
def context() -> Any:
    """As much of a context as two methods look at."""
    torch = pytest.importorskip("torch")
    model = SimpleNamespace(backbone=torch.nn.Linear(3, 2), head=torch.nn.Linear(2, 2))
    asked: list[int] = []
    return SimpleNamespace(model=model, phase=0, asked=asked, train_last_stages=asked.append)


def test_the_strategy_passes_the_conformance_kit() -> None:
    check_strategy(LinearProbeThenFineTune, options={"probe_epochs": 1, "epochs": 1})


def test_the_probe_comes_first_with_its_own_epochs() -> None:
    phases = LinearProbeThenFineTune(Options(probe_epochs=3, epochs=5)).phases()
    assert [(phase.name, phase.epochs) for phase in phases] == [("linear probe", 3), ("fine-tune", 5)]


def test_the_backbone_is_frozen_in_the_probe_alone(context: Any) -> None:
    strategy = LinearProbeThenFineTune(Options(stages=3))
    for context.phase in (0, 1):
        strategy.setup(context)
    assert context.asked == [0, 3]


def test_the_backbone_learns_at_a_share_of_the_rate_of_the_head(context: Any) -> None:
    strategy = LinearProbeThenFineTune(Options(learning_rate=0.01, backbone_rate=0.1))
    rates = {group["name"]: group["lr"] for group in strategy.param_groups(context)}
    assert rates == pytest.approx({"head": 0.01, "backbone": 0.001})


def test_frozen_parameters_are_in_no_group(context: Any) -> None:
    context.model.backbone.requires_grad_(False)
    groups = LinearProbeThenFineTune(Options()).param_groups(context)
    assert [len(group["params"]) for group in groups] == [2, 0]


def test_it_is_found_by_its_entry_point() -> None:
    (entry,) = (each for each in metadata.entry_points(group="xferstudio") if each.name == "lp-ft")
    assert entry.load() is xferstudio_lp_ft
