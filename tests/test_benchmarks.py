"""The benchmarks run, judge and report; how fast anything is, is not asserted here."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("sklearn")

from benchmarks import __main__ as command
from benchmarks.table import Report, Row

SMALL = "embedded:efficientnet_lite0?size=64"


def test_a_row_is_judged_by_its_demand_in_its_direction():
    assert Row("fast", "1 s", "4 s", 4.0, 4).verdict == "PASS"
    assert Row("slow", "1 s", "3.9 s", 3.9, 4).verdict == "MISS"
    assert Row("small", "1 GiB", "", 1.0, 2, at_most=True).verdict == "PASS"
    assert Row("large", "3 GiB", "", 3.0, 2, at_most=True).verdict == "MISS"
    assert Row("told", "1", "2", 0.0).verdict == "-"


def test_a_report_shows_ratio_demand_and_verdict():
    shown = str(Report("Speed", ["ten images"], [Row("pass", "9/s", "2/s", 4.5, 4, note="cold")], 3.0))
    assert "ten images" in shown and "(cold)" in shown
    assert "4.5x" in shown and ">= 4x" in shown and "PASS" in shown


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        command.main(["velocity"])
    assert "there is no benchmark 'velocity'" in capsys.readouterr().err


def test_the_cache_row_finds_the_same_losses_on_the_sample(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XFERSTUDIO_DATA", str(tmp_path / "nothing"))
    result = tmp_path / "result.json"
    assert command.main(["cache", "--quick", "--most", "4", "--backbone", SMALL, "--json", str(result)]) == 0
    assert "the sample" in capsys.readouterr().out
    rows = json.loads(result.read_text("utf-8"))["reports"]["cache"]["rows"]
    differences = [row for row in rows if "difference" in row["what"]]
    assert len(differences) == 1
    assert all(row["verdict"] == "PASS" for row in differences), differences


def _adapted(method, seed, accuracy, information):
    signs = {"source_accuracy": 0.9, "information": information, "bnm": information, "class_ami": information}
    return {
        "task": "here to there",
        "method": method,
        "seed": seed,
        "accuracy": accuracy,
        "validators": signs,
        "by_signs": None if method == "source-only" else "helped",
        "by_labels": None,
        "seconds": 1.0,
    }


def test_the_table_of_adaptation_shows_the_choice_by_signs_and_what_it_costs():
    from benchmarks.adapt import chosen, table

    rows = [
        _adapted("source-only", 0, 0.5, 0.1),
        _adapted("coral", 0, 0.8, 0.5),
        _adapted("bnm", 0, 0.7, 0.9),
    ]
    assert chosen(rows)["method"] == "bnm"  # by the signs, although labels know better
    told = table(rows)
    assert "chosen without labels, seed 0 | | 70.0 % (`bnm`) | best by labels 80.0 (`coral`)" in told
    assert "mean of 1 choices: 10.0 points (largest 10.0)" in told


def test_adaptation_is_not_measured_without_real_images(monkeypatch, tmp_path, capsys):
    from benchmarks import adapt

    monkeypatch.setattr(adapt, "real_data", lambda: None)
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path))
    assert adapt.main([]) == 0
    assert "XFERSTUDIO_DATA" in capsys.readouterr().out and not list(tmp_path.iterdir())
