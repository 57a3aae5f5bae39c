"""Row 5: seconds per epoch of `fine-tune`, against the eager float32 loop with the same trained layers."""

from __future__ import annotations

from benchmarks import plain
from benchmarks.material import Material, accuracy_of, split_of, summary_of
from benchmarks.table import Report, Row, median, shown_seconds
from xferstudio.events import EpochDone, PhaseStarted, RunStarted

BATCH = 32
DEPTHS = ((1, "last stage", 8.0), (2, "last two stages", 3.0), (-1, "whole network", 2.5))


def measure(material: Material) -> Report:
    """Steady epochs with validation; the prefix is cached by then, and what that cost once is told."""
    source = material.photos("hymenoptera", material.choose(40, None, None))
    rounds = material.choose(1, 2, 3)
    report = Report("Fine-tune, seconds per epoch with validation")
    material.warm_up()
    for last_stages, name, demand in DEPTHS:
        ours, once, theirs = [], [], []
        loop = None
        for _ in range(rounds):
            project = material.project(source)
            options = {"stages": last_stages, "epochs": material.choose(2, 4, 6), "batch_size": BATCH}
            events = material.run(project, "fine-tune", options, material.store())
            begun = max(i for i, event in enumerate(events) if isinstance(event, PhaseStarted))
            done = [event for event in events[begun:] if isinstance(event, EpochDone)]
            ours += [event.seconds for event in done[1:] or done]
            once.append(float(summary_of(events)["seconds"]) - sum(event.seconds for event in done))
            if loop is None:
                split = split_of(project, events)
                loop = plain.FineTuning(
                    material.backbone.build(True),
                    material.backbone.preprocessing(),
                    (split.files["train"], split.labels["train"]),
                    (split.files["val"], split.labels["val"]),
                    classes=len(split.classes),
                    last_stages=last_stages,
                    batch_size=BATCH,
                    workers=material.workers,
                )
            theirs.append(loop.epoch())
        start = next(event for event in events if isinstance(event, RunStarted))
        phase = events[begun]
        assert isinstance(phase, PhaseStarted) and loop is not None
        if not report.facts:
            report.facts.append(
                f"{material.about('hymenoptera')}: train {start.counts['train']}, val {start.counts['val']}; batches of "
                f"{BATCH}, no augmentation on either side; xferstudio computes in {start.precision}"
            )
        accuracy, n = accuracy_of(events)
        report.rows.append(
            Row(
                name,
                shown_seconds(median(ours)),
                shown_seconds(median(theirs)),
                median(theirs) / median(ours),
                demand,
                note=f"{phase.trainable_parameters:,} and {loop.trainable:,} parameters learn; cached up to "
                f"{phase.boundary or 'the prepared images'}; once per run, before and after the epochs: "
                f"{shown_seconds(median(once))}; accuracy {accuracy:.3f} on {n}",
            )
        )
    return report
