"""Prints what there is: backbones, strategies, exporters and plugins, and the images of a project. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from xferstudio.api import OptionInfo, UserError, describe_options
from xferstudio.events import Progress, to_json
from xferstudio.terminal import aligned, counted, dump_json, json_line, say, wrapped

if TYPE_CHECKING:
    from xferstudio.api import Backbone
    from xferstudio.data import Catalog, Dataset
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


HOW_FOLDERS_LOOK = (
    "Put the images of each class into a folder named after it, such as photos/ants/1.jpg and "
    "photos/bees/2.jpg, and name the folder above them (photos); or give a table with the columns path and label."
)


def check_images(catalog: Catalog, advice: str = HOW_FOLDERS_LOOK) -> None:
    """Raises UserError for data without any image."""
    if not catalog.items:
        some = "; ".join(f"{left.path}: {left.reason}" for left in catalog.left_out[:3])
        more = f"; and {len(catalog.left_out) - 3} more" if len(catalog.left_out) > 3 else ""
        raise UserError(
            f"there are no images in {catalog.root}{f' ({some}{more})' if some else ''}. {advice}"
        )


def say_target(catalog: Catalog) -> None:
    """How many images a target domain has, and what becomes of labels."""
    from xferstudio.data import as_target

    target = as_target(catalog)
    images = counted(len(target.items), "image")
    say(f"target: {images}" + (f", and {len(target.held_out):,} for the test" if target.held_out else ""))
    if catalog.classes:
        say(
            f"target: its labels ({counted(len(catalog.classes), 'class', 'classes')}) are read after a model is chosen, "
            "to report; nothing learns from them"
        )


def say_left_out(catalog: Catalog) -> None:
    """The first of what is left out, and how many there are."""
    if catalog.left_out:
        say(f"left out: {counted(len(catalog.left_out), 'file')}")
        for left in catalog.left_out[:5]:
            say(f"  {left.path}: {left.reason}")
        if len(catalog.left_out) > 5:
            say(f"  and {len(catalog.left_out) - 5} more")


TargetRow = tuple[str, str | None, str, str, str, str, str]


def _target_rows(catalog: Catalog, project: Project) -> list[TargetRow]:
    """Rows as those of `Dataset.rows`, for whoever looks at the folder: runs never get these labels."""
    from xferstudio.data import as_target

    target = as_target(catalog)
    broken = _broken_of_target(project, target.fingerprint)
    splits = {item.path: "target" for item in target.items} | {item.path: "test" for item in target.held_out}
    rows: list[TargetRow] = []
    for item in catalog.items:
        path = str(catalog.root / item.path)
        reason = broken.get(path) or ("" if path in splits else target.left_out.get(path, ""))
        rows.append((item.path, item.label, "" if reason else splits[path], "", "", item.hash, reason))
    return [*rows, *((left.path, None, "", "", "", "", left.reason) for left in catalog.left_out)]


def _broken_of_target(project: Project, fingerprint: str) -> dict[str, str]:
    """Files that the latest run on the same target could not decode."""
    from xferstudio.history import all_runs

    for run in reversed(all_runs(project)):
        summary = run.summary() or {}
        if summary.get("target") and str(summary.get("data_fingerprint", "")).endswith(f"+{fingerprint}"):
            return {each["path"]: each["reason"] for each in summary["target"].get("left_out", [])}
    return {}


def _list_target(project: Project, as_json: bool) -> None:
    from xferstudio.data import scan

    if not project.data.target:
        return
    rows: list[TargetRow] = []
    root, problem = project.data.target, ""
    try:
        folder = project.target_path()
        assert folder is not None
        catalog = scan(folder)
        root, rows = str(catalog.root), _target_rows(catalog, project)
    except UserError as error:  # the labelled images are there all the same
        problem = str(error)
    if as_json:
        for start in range(0, max(1, len(rows)), IMAGES_IN_A_LINE):
            line = {"event": "TargetImages", "root": root, "images": rows[start : start + IMAGES_IN_A_LINE]}
            dump_json({**line, "problem": problem} if problem else line)
        return
    say()
    if problem:
        say(f"warning: {problem}")
        return
    used = Counter(row[2] for row in rows)
    say(
        f"{root}: {counted(len(rows), 'file')} found, {used['target']:,} to adapt to"
        + (f", {used['test']:,} to report on" if used["test"] else "")
        + f", {used['']:,} left out"
    )
    for path, _label, split, _domain, _group, _hash, reason in rows:
        if not split:
            say(f"left out: {path}: {reason}")


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
        _list_target(project, as_json)
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
    _list_target(project, as_json)
