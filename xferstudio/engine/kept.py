"""Keeps the values of backbones that stay as they are, so that a run whose features are all known need not build one."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import torch
from torch import nn

from xferstudio import __version__
from xferstudio.api import Backbone, UserError, WeightsError
from xferstudio.engine.model import map_weights, save_weights, weights_hash
from xferstudio.engine.store import FeatureStore
from xferstudio.project import write_atomic

log = logging.getLogger(__name__)

FILE = "backbone.safetensors"
# Raised whenever what is written here means something else.
SCHEMA = 1


class Kept(nn.Module):
    """A backbone as its values alone, under their names: layers are built when an image has to pass through them.

    For everybody who only reads, copies or saves values it is the backbone. `identity` is what
    `prefix_identity` says of the whole network, `hash` is that of its weights, `width` that of its features.
    """

    def __init__(
        self,
        state: Mapping[str, torch.Tensor],
        facts: Mapping[str, Any],
        build: Callable[[], nn.Module],
        forget: Callable[[], None],
    ) -> None:
        """Raises KeyError, TypeError or ValueError for facts that are not whole."""
        super().__init__()
        self.identity, self.hash, self.width = str(facts["identity"]), str(facts["hash"]), int(facts["width"])
        parameters, names = set(facts["parameters"]), list(facts["names"])
        if sorted(names) != sorted(state) or not parameters <= state.keys():
            raise ValueError("the names are not those of the values")
        # Under their whole names, with dots, where a network has a module for each part of them.
        for name in names:
            if name in parameters:
                self._parameters[name] = nn.Parameter(state[name], requires_grad=False)
            else:
                self._buffers[name] = state[name]
        self._build, self._forget = build, forget
        self._moves: list[Callable[[torch.Tensor], torch.Tensor]] = []
        self._layers: list[nn.Module] = []  # in a list, because it is no part of what is saved
        self._checked = _in_background(partial(weights_hash, self.state_dict()))

    def _apply(self, fn: Callable[[torch.Tensor], torch.Tensor], recurse: bool = True) -> Kept:
        """Moves and conversions are for computing: they wait for the layers."""
        self._moves.append(fn)
        for layers in self._layers:
            layers._apply(fn)  # type: ignore[no-untyped-call]
        return self

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        unexpected: list[str] = []
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected, error_msgs
        )
        known = {prefix + name for name in (*self._parameters, *self._buffers)}
        unexpected_keys.extend(name for name in unexpected if name not in known)

    def built(self) -> nn.Module:
        """The network with its layers. Raises WeightsError if its weights have changed since they were looked at."""
        if not self._layers:
            with torch.random.fork_rng([]):
                layers = self._build()
            if weights_hash(layers.state_dict()) != self.hash:
                raise WeightsError("the weights of the backbone have changed during the run; run it again")
            layers.requires_grad_(False).eval()
            for move in self._moves:
                layers._apply(move)  # type: ignore[no-untyped-call]
            self._layers.append(layers)
        return self._layers[0]

    def check(self) -> None:
        """See that the values are those that were kept. Raises WeightsError if they are not; then they are gone."""
        if self._checked.result() != self.hash:
            self._forget()
            raise WeightsError(
                "the copy of the backbone's weights in the feature store was damaged and has been deleted; "
                "run it again"
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.built()(images)
        return result


def as_built(module: nn.Module) -> nn.Module:
    """The module itself, or the layers of one of which only the values are there."""
    return module.built() if isinstance(module, Kept) else module


class Keeper:
    """Keeps one backbone in the feature store.

    Found by the backbone's own word for what `build` would give, and by the versions of what builds it.
    """

    def __init__(self, store: FeatureStore, backbone: Backbone) -> None:
        self._backbone = backbone
        self._about = self._told()
        self._folder = store.folder / hashlib.blake2b(self._about.encode(), digest_size=16).hexdigest()

    def _told(self) -> str:
        word = ""
        with suppress(UserError, OSError):  # whoever builds it will say what is wrong
            word = self._backbone.fingerprint() if self._backbone.fingerprint is not None else ""
        if not word:
            return ""
        facts = {
            "kept": SCHEMA,
            "backbone": self._backbone.id,
            "boundary": "weights",
            "fingerprint": word,
            "versions": [__version__, torch.__version__],
        }
        return json.dumps(facts, sort_keys=True)

    def take(self) -> Kept | None:
        """The backbone that is kept here; None where it must be built."""
        if not self._about or not (self._folder / FILE).exists():
            return None
        try:
            state, facts = map_weights(self._folder / FILE)
            kept = Kept(state, facts, partial(self._backbone.build, True), self._forget)
        except (UserError, KeyError, TypeError, ValueError):
            log.info("what is kept of %s cannot be read", self._backbone.id, exc_info=True)
            self._forget()  # it is kept anew
            return None
        with suppress(OSError):
            os.utime(self._folder / "about.json")
        return kept

    def put(self, backbone: nn.Module, width: int, weights: str, identity: str) -> None:
        """Keep a backbone as it was built, if it still is what would be built."""
        if not self._about or self._told() != self._about or (self._folder / FILE).exists():
            return
        state = backbone.state_dict()
        parameters = [name for name, _ in backbone.named_parameters(remove_duplicate=False)]
        if len(parameters) != sum(1 for _ in backbone.parameters()) or weights_hash(state) != weights:
            return  # values under two names, or not those that were built
        facts = {
            "identity": identity,
            "hash": weights,
            "width": width,
            "names": list(state),
            "parameters": parameters,
        }
        with suppress(OSError, UserError):  # the next run builds it again, no more
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self._folder / "about.json", self._about)
            save_weights(self._folder / FILE, state, facts)

    def _forget(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _in_background(work: Callable[[], str]) -> Future[str]:
    pool = ThreadPoolExecutor(1, "xferstudio-kept")
    try:
        return pool.submit(work)
    finally:
        pool.shutdown(wait=False)
