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
