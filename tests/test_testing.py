"""The conformance kit passes good plugins, and says of bad ones what is wrong with them."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, ClassVar

import pytest

from xferstudio import cli
from xferstudio.api import (
    Backbone,
    Exporter,
    Preprocessing,
    Strategy,
    TrainingOptions,
    UserError,
    make_options,
    option,
)
from xferstudio.plugins import PluginFailure, Plugins
from xferstudio.testing import Outcome, Report, check_backbone, check_exporter, check_plugin, check_strategy


class Good(Strategy):
    """The head alone learns."""

    id = "good"
    label = "Good"
    kind = "extract"
    summary = "Trains the head."

    def setup(self, ctx: Any) -> None:
        ctx.train_last_stages(0)


def check(strategy: type[Strategy], sentence: str) -> None:
    """The kit must refuse the strategy with these words."""
    with pytest.raises(AssertionError) as caught:
        check_strategy(strategy)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(f"the strategy {strategy.id!r} fails the check ")


# ---- strategies


def test_a_good_strategy_passes():
    check_strategy(Good)


def test_a_strategy_without_a_summary_is_not_documented():
    check(type("Silent", (Good,), {"summary": ""}), "it has no summary")


def test_an_option_without_help_is_named():
    @dataclass(frozen=True)
    class Options(TrainingOptions):
        depth: int = option(1, min=0, max=3)

    check(type("Curt", (Good,), {"Options": Options}), "the option depth has no help text")


def test_an_option_that_breaks_at_its_limit_is_named():
    @dataclass(frozen=True)
    class Options(TrainingOptions):
        parts: int = option(2, min=0, max=4, help="How many parts.")

    class Fragile(Good):
        def head(self, width: int, classes: int) -> Any:
            self.width = width // self.options.parts
            return None

    Fragile.Options = Options
    check(Fragile, "with parts=0 it cannot be made (ZeroDivisionError")


def test_a_strategy_that_trains_a_frozen_layer_fails():
    class Sly(Good):
        def loss(self, ctx: Any, batch: Any) -> Any:
            import torch

            with torch.no_grad():
                next(iter(ctx.model.backbone.parameters())).add_(0.01)
            return ctx.task_loss(batch)

    check(Sly, "changed in a step, although setup froze them")


def test_a_strategy_that_moves_the_statistics_of_a_frozen_layer_fails():
    class Careless(Good):
        def epoch(self, ctx: Any, epoch: int) -> Iterator[Any]:
            ctx.model.backbone.train()
            yield from super().epoch(ctx, epoch)

    # With the frozen part cached nothing runs through it; the kit turns the cache off to see this.
    check(Careless, "the statistics")


def test_a_strategy_with_its_own_randomness_does_not_resume_exactly():
    class Dicey(Good):
        def __init__(self, options: Any) -> None:
            super().__init__(options)
            self.dice = random.Random(7)

        def loss(self, ctx: Any, batch: Any) -> Any:
            return ctx.task_loss(batch) * self.dice.random()

    check(Dicey, "resumed, its last weights are not those of a straight run")


def test_randomness_that_no_seed_rules_is_told_from_a_wrong_resume():
    class Wild(Good):
        def loss(self, ctx: Any, batch: Any) -> Any:
            return ctx.task_loss(batch) * random.SystemRandom().random()

    check(Wild, "the same run done twice ends with different weights")


class WithModule(Good):
    """A second head on the model, as adversarial methods have, and dropped after the training."""

    def setup(self, ctx: Any) -> None:
        from torch import nn

        super().setup(ctx)
        if not hasattr(ctx.model, "extra"):
            ctx.model.extra = nn.Linear(ctx.model.feature_width, 1)

    def loss(self, ctx: Any, batch: Any) -> Any:
        features, logits = ctx.forward(batch)
        return {
            "task": ctx.task_loss(batch),
            "extra": (ctx.model.extra(features)[:, 0] * logits[:, 0]).mean(),
        }


def test_a_strategy_may_add_modules_to_the_model():
    check_strategy(WithModule)


def test_a_strategy_that_keeps_a_learning_module_to_itself_does_not_resume_exactly():
    class Hoarding(WithModule):
        def setup(self, ctx: Any) -> None:
            super().setup(ctx)
            self.extra = ctx.model.extra
            del ctx.model.extra

        def param_groups(self, ctx: Any) -> Any:
            learning = {"name": "extra", "params": list(self.extra.parameters()), "lr": 0.01}
            return [*super().param_groups(ctx), {**learning, "weight_decay": 0.0}]

        def loss(self, ctx: Any, batch: Any) -> Any:
            features, logits = ctx.forward(batch)
            return ctx.task_loss(batch) + (self.extra(features)[:, 0] * logits[:, 0]).mean()

    check(Hoarding, "put modules of your own on ctx.model")


def test_a_loss_that_is_not_a_number_is_named():
    class Undefined(Good):
        def loss(self, ctx: Any, batch: Any) -> Any:
            return ctx.task_loss(batch) * float("nan")

    check(Undefined, "the loss is not a number")


def test_a_loss_that_fails_on_batches_of_one_class_is_found():
    class Picky(Good):
        def loss(self, ctx: Any, batch: Any) -> Any:
            return ctx.task_loss(batch) / (len(batch.labels.unique()) - 1)

    check(Picky, "fails the check 'bears batches of one class'")


def test_a_strategy_that_ignores_stop_fails():
    class Deaf(Good):
        def epoch(self, ctx: Any, epoch: int) -> Iterator[Any]:
            for batch in ctx.batches(epoch):
                result = ctx.step(self.loss(ctx, batch))
            yield result

    check(Deaf, "told to stop, it made 2 more steps before it yielded")


def test_a_strategy_that_does_not_let_go_fails():
    class Clinging(Good):
        def epoch(self, ctx: Any, epoch: int) -> Iterator[Any]:
            for batch in ctx.batches(epoch):
                result = ctx.step(self.loss(ctx, batch))
                try:
                    yield result
                except GeneratorExit:
                    yield result

    check(Clinging, "yields again after it was told to end")


def test_a_strategy_that_learns_nothing_fails():
    class Idle(Good):
        def param_groups(self, ctx: Any) -> Any:
            return [{**group, "lr": 0.0} for group in super().param_groups(ctx)]

    check(Idle, "after training every weight is as before")


def test_a_strategy_that_prints_fails():
    class Chatty(Good):
        def setup(self, ctx: Any) -> None:
            super().setup(ctx)
            sys.stdout.write("starting!\n")

    check(Chatty, "it prints ('starting!')")


def test_a_strategy_that_needs_qt_fails():
    class Drawn(Good):
        def setup(self, ctx: Any) -> None:
            import PySide6  # noqa: F401

            super().setup(ctx)

    check(Drawn, "PySide6 cannot be imported where there is no screen")


# ---- backbones


def tiny(**changes: Any) -> Backbone:
    from torch import nn

    def build(pretrained: bool) -> nn.Module:
        import torch

        network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        if pretrained:
            with torch.no_grad():
                network[0].weight.fill_(0.1)
                network[0].bias.zero_()
        return network

    facts: dict[str, Any] = {
        "id": "tiny:1",
        "label": "Tiny",
        "build": build,
        "preprocessing": lambda: Preprocessing(size=(16, 24)),
        "is_local": lambda: True,
        "parameters": 112,
    }
    return Backbone(**{**facts, **changes})


def test_a_good_backbone_passes():
    check_backbone(tiny())


def unpooled(pretrained: bool) -> Any:
    from torch import nn

    return nn.Conv2d(3, 4, 3)


def random_weights(pretrained: bool) -> Any:
    from torch import nn

    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"id": "with space"}, "illegal id"),
        ({"preprocessing": dict}, "Preprocessing is due"),
        ({"preprocessing": lambda: Preprocessing(std=(0.0, 1.0, 1.0))}, "the std"),
        ({"preprocessing": lambda: Preprocessing(mean=(123.7, 116.3, 103.5))}, "the mean"),
        ({"is_local": lambda: "yes"}, "True or False is due"),
        ({"parameters": 1_000_000}, "its network has 112"),
        ({"build": lambda pretrained: None}, "a torch.nn.Module is due"),
        ({"build": unpooled, "parameters": 0}, "pooled features (2, D) are due"),
        ({"build": random_weights}, "other weights each time"),
    ],
)
def test_a_bad_backbone_is_told_what_is_wrong(changes: Mapping[str, Any], sentence: str):
    with pytest.raises(AssertionError) as caught:
        check_backbone(tiny(**changes))
    assert sentence in str(caught.value)


# ---- exporters


@dataclass(frozen=True)
class NoOptions:
    """Nothing to choose."""


class Copy(Exporter):
    """Writes nothing of use: it remembers the model, and answers with it."""

    id: ClassVar[str] = "copy"
    label: ClassVar[str] = "copy"
    suffix: ClassVar[str] = ".copy"
    summary: ClassVar[str] = "For this test."
    Options: ClassVar[type] = NoOptions

    def export(self, model: Any, out: Any) -> None:
        out.write_bytes(b"a model")
        self.model = model

    def load(self, out: Any) -> Any:
        return self

    def probabilities(self, image: Any) -> Any:
        from PIL import Image

        from xferstudio.data import prepare

        return self.model.probabilities(prepare(Image.fromarray(image), self.model.preprocessing)[None])[0]


class Skewed(Copy):
    """Answers otherwise than the model."""

    def probabilities(self, image: Any) -> Any:
        return super().probabilities(image)[::-1]


class Messy(Copy):
    """Writes a file beside the artefact."""

    def export(self, model: Any, out: Any) -> None:
        super().export(model, out)
        (out.parent / "notes.txt").write_text("mine")


def test_a_good_exporter_passes():
    check_exporter(Copy)


def test_an_exporter_whose_artefact_answers_otherwise_fails():
    with pytest.raises(AssertionError, match="FAILS the comparison with the app"):
        check_exporter(Skewed)


def test_an_exporter_that_writes_beside_its_artefact_fails():
    with pytest.raises(AssertionError, match=r"leaves notes\.txt beside the artefact"):
        check_exporter(Messy)


# ---- whole plugins


def test_a_refused_plugin_fails_with_the_sentence_of_the_loader():
    plugins = Plugins(
        failures=[PluginFailure("odd", "xferstudio-odd", "1.0", "xferstudio-odd was left out.")]
    )
    report = check_plugin("xferstudio_odd", plugins=plugins)
    assert not report.passed
    assert "failed  odd: is taken by the loader: xferstudio-odd was left out." in report.to_text()


def test_an_unknown_plugin_is_a_mistake_of_the_user():
    with pytest.raises(UserError, match="There is no plugin 'nothing-of-the-kind'"):
        check_plugin("nothing-of-the-kind", plugins=Plugins())


@pytest.fixture
def plugin_that_imports_torch(tmp_path, monkeypatch) -> metadata.EntryPoint:
    site = tmp_path / "site"
    info = site / "heavy-1.0.dist-info"
    info.mkdir(parents=True)
    code = (
        "import torch\nfrom xferstudio.api import hookimpl\n@hookimpl\ndef xfer_backbones():\n    return []\n"
    )
    (site / "heavy.py").write_text(code)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: heavy\nVersion: 1.0\nSummary: It is.\n")
    (info / "entry_points.txt").write_text("[xferstudio]\nheavy = heavy\n")
    monkeypatch.syspath_prepend(str(site))
    (entry,) = metadata.Distribution.at(info).entry_points
    return entry


def test_a_plugin_that_imports_torch_when_loaded_fails(plugin_that_imports_torch):
    from xferstudio.plugins import load_plugins

    report = check_plugin("heavy", plugins=load_plugins(entry_points=[plugin_that_imports_torch]))
    (fault,) = report.faults
    assert fault.check == "loads without torch and Qt"
    assert "loading it imports torch" in fault.sentence
    assert report.to_dict()["passed"] is False


def test_the_exit_code_of_check_plugin_tells_whether_all_passed(monkeypatch, capsys):
    for passed, code in ((True, 0), (False, 1)):
        report = Report("p", "dist", "1.0", (Outcome("p", "a check", passed, "" if passed else "It broke."),))
        monkeypatch.setattr("xferstudio.testing.check_plugin", lambda name, report=report: report)
        assert cli.main(["check-plugin", "p"]) == code
    assert capsys.readouterr().out.splitlines() == [
        "ok      p: a check",
        "dist 1.0 passes all 1 checks.",
        "failed  p: a check: It broke.",
        "dist 1.0 fails 1 of 1 checks.",
    ]


def test_the_kit_itself_imports_no_torch():
    code = "import sys, xferstudio.testing; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_options_of_the_author_shorten_the_runs():
    seen: list[int] = []

    class Counting(Good):
        def __init__(self, options: Any) -> None:
            super().__init__(options)
            seen.append(options.batch_size)

    with pytest.raises(AssertionError, match="batch_size must be at least 1"):
        check_strategy(Counting, options={"batch_size": 0})
    assert make_options(Counting.Options, {"batch_size": 1}).batch_size in seen
