"""Row 9, by request: what augmentation choices do to accuracy, since defaults are chosen by measurement."""

from __future__ import annotations

import numpy as np

from benchmarks.material import Material, accuracy_of
from benchmarks.table import Report, Row, timed

SETS = (("hymenoptera", None), ("flowers5", 100), ("neu_steel", 60))
CHOICES = {"extract": (0, 4, 8), "fine-tune": (0, 4, 8, -1)}


def measure(material: Material) -> Report:
    """Accuracy on val and test together, mean over seeds of split and training."""
    seeds = range(material.choose(1, 2, 3))
    report = Report("Augmentation")
    report.facts.append(
        f"{len(seeds)} seeds of split and training; points are the gain over views = 0; {material.backbone_id}"
    )
    store = material.store()  # plain features serve all choices
    for name, each in SETS:
        source = material.photos(name, material.choose(30, each, each))
        for strategy, choices in CHOICES.items():
            plain_accuracy = float("nan")
            for views in choices:
                results, seconds = [], []
                for seed in seeds:
                    project = material.project(source, seed)
                    options = {"views": views, "seed": seed}
                    took, events = timed(
                        lambda p=project, s=strategy, o=options: material.run(p, s, o, store)
                    )
                    seconds.append(took)
                    results.append(accuracy_of(events))
                accuracy = float(np.mean([found for found, _ in results]))
                if views == 0:
                    plain_accuracy = accuracy
                report.rows.append(
                    Row(
                        f"{name}, {strategy}, views = {views}",
                        f"{accuracy:.4f}",
                        f"{plain_accuracy:.4f}",
                        100 * (accuracy - plain_accuracy),
                        unit=" points",
                        note=f"n = {results[0][1]}; each "
                        + ", ".join(f"{found:.3f}" for found, _ in results)
                        + f"; {np.mean(seconds):.1f} s a run",
                    )
                )
                print(f"  {report.rows[-1].what}: {accuracy:.4f}", flush=True)
    return report
