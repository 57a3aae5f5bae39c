"""Row 7: the accuracy of `extract`, against scikit-learn's logistic regression on plain timm features."""

from __future__ import annotations

import warnings

import numpy as np

from benchmarks import plain
from benchmarks.material import Material, accuracy_of, split_of
from benchmarks.table import Report, Row, timed

STRENGTHS = np.logspace(-5, 1, 13)
FOLDS = 5


def measure(material: Material) -> Report:
    """The same split, trained on train, judged on validation and test images together."""
    report = Report("Accuracy of extract")
    report.facts.append(
        f"scikit-learn: LogisticRegressionCV, {len(STRENGTHS)} strengths, {FOLDS} folds, standardised float32 features "
        "of plain timm; judged on val and test together, which neither side learns from"
    )
    for name, each in (
        ("hymenoptera", material.choose(60, None, None)),
        ("flowers5", material.choose(60, 250, None)),
    ):
        project = material.project(material.photos(name, each))
        ours_seconds, events = timed(lambda p=project: material.run(p, "extract", {}, material.store()))
        split = split_of(project, events)
        judged, labels = split.held_out()
        rows = plain.features(
            material.backbone.build(True),
            material.backbone.preprocessing(),
            split.files["train"] + judged,
            material.workers,
        )
        count = len(split.files["train"])
        seconds, predicted = timed(
            lambda r=rows, c=count, s=split: _logistic(r[:c], s.labels["train"], r[c:])
        )
        ours, n = accuracy_of(events)
        theirs = float((predicted == labels).mean())
        report.rows.append(
            Row(
                f"{name}, n = {n}, trained on {count}",
                f"{ours:.4f}",
                f"{theirs:.4f}",
                100 * (ours - theirs),
                -1,
                unit=" points",
                note=f"{material.about(name)}; the whole run took {ours_seconds:.1f} s, scikit-learn's fit alone {seconds:.1f} s",
            )
        )
    return report


def _logistic(train: np.ndarray, labels: np.ndarray, judged: np.ndarray) -> np.ndarray:
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegressionCV(Cs=STRENGTHS, cv=FOLDS, max_iter=300))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # its defaults are about to change, and weak strengths converge slowly
        model.fit(train, labels)
        return np.asarray(model.predict(judged))
