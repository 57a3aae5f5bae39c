"""Prints what there is: backbones, strategies, exporters and plugins, and the images of a project. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from xferstudio.api import OptionInfo, describe_options
from xferstudio.events import Progress, to_json
from xferstudio.terminal import aligned, counted, dump_json, json_line, say, wrapped

if TYPE_CHECKING:
    from xferstudio.api import Backbone
    from xferstudio.data import Dataset
    from xferstudio.plugins import Plugins
    from xferstudio.project import Project

IMAGES_IN_A_LINE = 500
"""At most so many images stand in one line of `scan --json`."""


# -------------------------------------------------------------------------------------------- backbones


def _backbone_dict(backbone: Backbone) -> dict[str, Any]:
    """The JSON form; None for what the plugin cannot say, so that one fault does not hide the others."""
    try:
        how: dict[str, Any] | None = backbone.preprocessing().to_dict()
    except Exception:  # noqa: BLE001
        how = None
    try:
        local: bool | None = bool(backbone.is_local())
    except Exception:  # noqa: BLE001
        local = None
    return {
        "id": backbone.id,
        "label": backbone.label,
        "architecture": backbone.architecture,
        "parameters": backbone.parameters or None,
        "input_size": list(how["size"]) if how else None,
        "preprocessing": how,
        "licence": backbone.licence,
        "local": local,
        "modality": backbone.modality,
        "source": backbone.source,
    }


def list_backbones(plugins: Plugins, text: str, as_json: bool) -> None:
    """Those whose id or label holds the text."""
    wanted = text.lower()
    records = [
        _backbone_dict(backbone)
        for backbone in plugins.backbones.values()
        if wanted in backbone.id.lower() or wanted in backbone.label.lower()
    ]
    if as_json:
        dump_json(records)
        return
    rows = [
        (
            str(each["id"]),
            f"{each['parameters'] / 1e6:.1f} M" if isinstance(each["parameters"], int) else "?",
            "x".join(map(str, each["input_size"])) if each["input_size"] else "?",
            str(each["licence"]),
            {True: "yes", False: "no"}.get(each["local"], "?"),
        )
        for each in records
    ]
    say(aligned(("id", "parameters", "input", "licence", "on this machine"), rows))
    say()
    say(
        "Besides these: any model of timm as timm:NAME, and a weights file or folder of your own by its path."
    )
    say("Where the file does not say what it is, append it, in quotes, for instance for a ResNet-18:")
    say("    --backbone 'weights.safetensors?architecture=resnet18&preprocessing=timm'")
    say("Features of other layers than the last: append '#stages=2,last' to any of these.")


# -------------------------------------------------------------------------------------------- strategies, exporters


def _offer_dict(offer: Any) -> dict[str, Any]:
    return {
        "id": offer.id,
        "label": offer.label,
        **({"kind": offer.kind} if hasattr(offer, "kind") else {"suffix": offer.suffix}),
        "summary": offer.summary,
        "options": [_option_dict(info) for info in describe_options(offer.Options)],
    }


def list_offers(offers: Mapping[str, Any], as_json: bool) -> None:
    """Strategies or exporters with their options."""
    if as_json:
        dump_json([_offer_dict(each) for each in offers.values()])
        return
    for each in offers.values():
        say(f"{each.id}  {each.label}")
        if each.summary:
            say(f"    {each.summary}")
        for info in describe_options(each.Options):
            say(_option_line(info))
        say()


def _option_dict(info: OptionInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "kind": info.kind.__name__,
        "default": info.default,
        "min": info.min,
        "max": info.max,
        "choices": list(info.choices) if info.choices else None,
        "help": info.help,
        "advanced": info.advanced,
    }


def _option_line(info: OptionInfo) -> str:
    limits = ""
    if info.choices:
        limits = f" ({', '.join(map(str, info.choices))})"
    elif info.min is not None and info.max is not None:
        limits = f" ({info.min:g} to {info.max:g})"
    elif info.min is not None:
        limits = f" (at least {info.min:g})"
    default = str(info.default).lower() if info.kind is bool else str(info.default) or '""'
    return f"    {info.name}={default}{limits}  {info.help}".rstrip()


# -------------------------------------------------------------------------------------------- plugins


def _loaded(plugins: Plugins) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "distribution": each.distribution,
            "version": each.version,
            "adds": {kind: list(ids) for kind, ids in each.adds.items()},
            "seconds": each.seconds,
        }
        for each in plugins.loaded
    ]


def _failed(plugins: Plugins) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "distribution": each.distribution,
            "version": each.version,
            "reason": each.reason,
        }
        for each in plugins.failures
    ]


def list_plugins(plugins: Plugins, safe: bool, as_json: bool) -> None:
    """What was loaded, and what was left out and why."""
    if as_json:
        dump_json({"loaded": _loaded(plugins), "failures": _failed(plugins), "safe": safe})
        return
    for each in plugins.loaded:
        say(f"{each.name}  ({each.distribution} {each.version}, loaded in {1000 * each.seconds:.0f} ms)")
        for kind, ids in each.adds.items():
            if ids:
                say(wrapped(f"{kind}: {', '.join(ids)}"))
    for failure in plugins.failures:
        say(failure.reason)
    if safe:
        say("Safe mode: only what comes with xferstudio was loaded.")


def list_all(plugins: Plugins, as_json: bool) -> None:
    """Everything that plugins offer, which a window asks for once."""
    if as_json:
        dump_json(
            {
                "event": "Catalogue",
                "backbones": [_backbone_dict(each) for each in plugins.backbones.values()],
                "strategies": [_offer_dict(each) for each in plugins.strategies.values()],
                "exporters": [_offer_dict(each) for each in plugins.exporters.values()],
                "plugins": {"loaded": _loaded(plugins), "failed": _failed(plugins)},
            }
        )
        return
    for kind in ("backbones", "strategies", "exporters"):
        for each in getattr(plugins, kind).values():
            say(f"{kind}  {each.id}  {each.label}")


# -------------------------------------------------------------------------------------------- images


def _as_runs_found(dataset: Dataset, project: Project) -> Dataset:
    """Without the files that the latest run on the same data could not decode: looking through decodes nothing."""
    from xferstudio.history import all_runs

    for run in reversed(all_runs(project)):
        summary = run.summary() or {}
        if summary.get("data_fingerprint") == dataset.catalog.fingerprint:
            return dataset.without({each["path"]: each["reason"] for each in summary.get("left_out", [])})
    return dataset


def list_images(project: Project, as_json: bool) -> None:
    """What the runs of a project use of its images, and what is left out and why. Raises UserError."""
    from xferstudio.data import read_dataset

    if as_json:
        dataset = read_dataset(
            project,
            lambda done, total: json_line(to_json(Progress("looking through the images", done, total))),
        )
        fingerprint = dataset.catalog.fingerprint  # that of the runs
        dataset = _as_runs_found(dataset, project)
        rows = list(dataset.rows())
        for start in range(0, len(rows), IMAGES_IN_A_LINE):
            dump_json({"event": "Pictures", "items": rows[start : start + IMAGES_IN_A_LINE]})
        dump_json(
            {
                "event": "Scanned",
                "root": str(dataset.catalog.root),
                "classes": list(dataset.catalog.classes),
                "fingerprint": fingerprint,
                "counts": dataset.counts,
                "notices": [notice.text for notice in dataset.notices],
            }
        )
        return
    dataset = _as_runs_found(read_dataset(project), project)
    counts = dataset.counts
    say(
        f"{dataset.catalog.root}: {counted(counts['found'], 'file')} found, {counts['used']:,} used, "
        f"{counts['left_out']:,} left out"
    )
    table = Counter(
        (item.label or "", split) for item, split in zip(dataset.catalog.items, dataset.splits, strict=True)
    )
    splits = ("train", "val", "test")
    lines = [(label, *(f"{table[label, split]:,}" for split in splits)) for label in dataset.catalog.classes]
    if lines:
        say()
        say(aligned(("class", *splits), [*lines, ("all", *(f"{counts[split]:,}" for split in splits))]))
    if dataset.left_out or dataset.notices:
        say()
    for notice in dataset.notices:
        say(f"{'warning: ' if notice.level == 'warning' else ''}{notice.text}")
    for path, reason in dataset.left_out.items():
        say(f"left out: {path}: {reason}")
