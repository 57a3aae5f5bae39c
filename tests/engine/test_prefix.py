"""The frozen part: found, cut off, equal to the whole, and computed by the fastest correct means."""

from __future__ import annotations

import pytest
import torch
from studio import CalmNet, TinyNet, backbone, paint_classes
from torch import nn

from xferstudio.api import Preprocessing
from xferstudio.engine.model import set_modes, stages
from xferstudio.engine.prefix import find_cut, prefix_identity
from xferstudio.engine.torchvision_ops import import_timm
from xferstudio.events import Notice, PhaseStarted, StepDone

FAMILIES = {
    "efficientnet": ("test_efficientnet", {}),
    "efficientnet lite": ("efficientnet_lite0", {}),
    "mobilenet v3": ("mobilenetv3_small_050", {}),
    "mobilenet v4": ("mobilenetv4_conv_small_035", {}),
    "resnet": ("test_resnet", {}),
    "regnet": ("regnetx_002", {}),
    "convnext": ("test_convnext", {}),
    "vit": ("test_vit", {"img_size": 64}),
    "swin": (
        "swin_tiny_patch4_window7_224",
        {
            "drop_path_rate": 0.0,
            "img_size": 64,
            "window_size": 4,
            "embed_dim": 24,
            "depths": (1, 1, 2, 1),
            "num_heads": (1, 2, 3, 4),
        },
    ),
}
REAL = {
    "resnet": "resnet18",
    "regnet": "regnety_002",
    "convnext": "convnext_atto",
    "mobilenet v3": "mobilenetv3_large_100",
    "vit": "vit_tiny_patch16_224",
    "swin": "swin_tiny_patch4_window7_224",
    "efficientnet": "efficientnet_b0",
}
SMALL = Preprocessing(size=(64, 64))
FULL = Preprocessing(size=(224, 224))


def network(name, chance=0.0, **arguments):
    """A timm network with random weights and batch-norm statistics that are not those of a new one."""
    torch.manual_seed(3)
    if chance:
        arguments |= {"drop_path_rate": chance, "drop_rate": chance}
    made = import_timm().create_model(name, pretrained=False, num_classes=0, **arguments)
    for module in made.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
    return made.eval()


def train_last(made, count):
    made.requires_grad_(False)
    for stage in stages(made)[-count:]:
        for parameter in stage:
            parameter.requires_grad_(True)
    return made


def images(how=SMALL, count=3):
    return torch.randn(count, 3, *how.size, generator=torch.Generator().manual_seed(1))


def check_cut(made, count, how, batch_norm):
    train_last(made, count)
    cut = find_cut(made, how, batch_norm)
    identity = prefix_identity(cut)
    with torch.no_grad():  # the name of stored features does not depend on what learns
        for parameter in made.parameters():
            if parameter.requires_grad:
                parameter.add_(0.01)
    assert prefix_identity(find_cut(made, how, batch_norm)) == identity
    assert not cut.note
    assert not cut.is_empty
    assert not cut.is_whole
    learning = {id(p) for p in made.parameters() if p.requires_grad}
    assert not learning & {id(p) for p in cut.prefix.parameters()}
    assert learning == {id(p) for p in cut.suffix.parameters() if p.requires_grad}
    made.eval()
    cut.suffix.eval()
    with torch.inference_mode():
        whole, parts = made(images(how)), cut.suffix(cut.prefix(images(how)))
    assert torch.allclose(whole, parts, rtol=1e-4, atol=1e-5 * float(whole.abs().max()))
    return cut


@pytest.mark.parametrize("family", FAMILIES)
def test_the_cut_of_each_family_equals_the_whole(family):
    name, arguments = FAMILIES[family]
    made = network(name, chance=0.3, **arguments)
    boundaries = [check_cut(made, count, SMALL, count == 1).boundary for count in (1, 2)]
    assert boundaries[0] != boundaries[1]


@pytest.mark.real
@pytest.mark.parametrize("family", REAL)
def test_the_cut_of_the_networks_that_people_use_equals_the_whole(family):
    made = network(REAL[family])
    for count in (1, 2):
        check_cut(made, count, FULL, False)


@pytest.mark.parametrize("family", ["efficientnet", "resnet", "convnext", "vit"])
def test_chance_stays_in_the_trained_stages_and_out_of_the_frozen_ones(family):
    name, arguments = FAMILIES[family]
    made = train_last(network(name, **arguments), 1)
    for module in made.modules():  # small networks skip whole blocks too seldom to be seen
        if getattr(module, "drop_prob", None) is not None:
            module.drop_prob = 0.5
    cut = find_cut(made, SMALL, True)
    set_modes(made, True)
    cut.suffix.training = True
    pixels = images(count=16)
    with torch.no_grad():
        activations = [cut.prefix(pixels) for _ in range(2)]
    assert torch.equal(*activations)
    whole = [_random(lambda: made(pixels), seed) for seed in (1, 2)]
    parts = [_random(lambda: cut.suffix(activations[0]), seed) for seed in (1, 2)]
    assert torch.equal(*parts) == torch.equal(*whole)
    made.eval()
    cut.suffix.eval()
    calm = [_random(lambda: cut.suffix(activations[0]), seed) for seed in (1, 2)]
    assert torch.equal(*calm)


def _random(work, seed):
    torch.manual_seed(seed)
    with torch.no_grad():
        return work()


def test_dropout_in_the_trained_part_is_still_random_and_in_the_frozen_part_never():
    class Dropping(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.Dropout(0.5))
            self.second = nn.Sequential(nn.Conv2d(4, 8, 3, 2), nn.Dropout(0.5), nn.AdaptiveAvgPool2d(1))

        def forward(self, x):
            x = nn.functional.dropout(self.first(x), 0.5, self.first.training)
            return self.second(x).flatten(1)

    made = Dropping()
    made.first.requires_grad_(False)
    cut = find_cut(made, SMALL, True)
    assert not cut.is_empty
    set_modes(made, True)
    cut.suffix.training = True
    one, two = (cut.prefix(images()) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(cut.suffix(one), cut.suffix(one))
    made.eval()
    cut.suffix.eval()
    assert torch.equal(cut.suffix(one), cut.suffix(one))


@pytest.mark.parametrize("family", ["efficientnet", "mobilenet v3", "convnext", "vit", "swin"])
def test_gradients_of_the_suffix_are_those_of_the_whole(family):
    name, arguments = FAMILIES[family]
    made = train_last(network(name, **arguments), 2)
    cut = find_cut(made, SMALL, False)
    set_modes(made, False)
    cut.suffix.training = True
    found = []
    for work in (lambda: made(images()), lambda: cut.suffix(cut.prefix(images()).detach())):
        made.zero_grad()
        work().square().mean().backward()
        found.append({n: p.grad.clone() for n, p in made.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    assert found[0]
    for name in found[0]:
        apart = (found[0][name] - found[1][name]).norm()
        assert apart <= 1e-3 * found[0][name].norm() + 1e-8, name


def test_what_is_wholly_frozen_or_wholly_trained_is_cut_at_its_ends():
    made = TinyNet()
    assert find_cut(made, SMALL).is_empty
    assert find_cut(made.requires_grad_(False), SMALL).is_whole


def test_modes_are_as_before_after_the_search():
    made = train_last(network("test_efficientnet"), 1)
    made.train()
    made.blocks[1].eval()
    before = {name: module.training for name, module in made.named_modules()}
    find_cut(made, SMALL)
    assert before == {name: module.training for name, module in made.named_modules()}


class Moody(CalmNet):
    """Cannot be traced: what it computes depends on the values that come in."""

    def forward(self, x):
        x = self.stem(x)
        return self.last(x if float(x.mean()) > -1e9 else -x).flatten(1)


def test_a_network_that_cannot_be_traced_runs_whole_and_says_so(make_studio):
    studio = make_studio()
    studio.plugins.backbones["moody"] = backbone("moody", Moody)
    events = studio.do("fine-tune", backbone="moody", epochs=1, stages=1)
    assert events[-1].reason == "finished", events[-1].message
    assert any("cannot be traced" in event.text for event in events if isinstance(event, Notice))
    assert [event.boundary for event in events if isinstance(event, PhaseStarted)][-1] == ""


class Skipping(nn.Module):
    """Between its frozen and its trained part, two tensors cross; before them, only one."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, 2, 1)
        self.left = nn.Conv2d(4, 4, 3, 1, 1)
        self.right = nn.Conv2d(4, 4, 3, 1, 1)
        self.last = nn.Conv2d(8, 8, 3, 2)

    def forward(self, x):
        x = self.stem(x)
        return self.last(torch.cat([self.left(x).relu(), self.right(x).tanh()], 1)).mean((2, 3))


def test_the_cut_is_where_a_single_tensor_crosses():
    made = Skipping()
    made.requires_grad_(False)
    made.last.requires_grad_(True)
    assert find_cut(made, SMALL).boundary == "cat"
    made.right.requires_grad_(True)
    assert find_cut(made, SMALL).boundary == "stem"


@pytest.mark.usefixtures("every_step_is_told")
@pytest.mark.parametrize("head_first", [False, True])
def test_losses_are_the_same_with_and_without_the_cache(make_studio, tmp_path, head_first):
    # Classes that overlap: a head that tells all images apart hangs on the last digits of their features.
    photos = paint_classes(tmp_path / "alike", each=12, spread=250)
    losses, boundaries = [], []
    for cache in (True, False):
        studio = make_studio(photos)
        events = studio.do(
            "fine-tune", epochs=5, stages=1, batch_size=9, cache=cache, head_first=head_first, seed=4
        )
        assert events[-1].reason == "finished", events[-1].message
        losses.append([e.losses["loss"] for e in events if isinstance(e, StepDone) and e.learning_rates])
        boundaries.append([e.boundary for e in events if isinstance(e, PhaseStarted)][-1])
    assert len(losses[0]) == len(losses[1]) == 10
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    assert boundaries[0]
    assert not boundaries[1]
