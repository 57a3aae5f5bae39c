"""The event schema is published: these literals change only by additions."""

import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xferstudio import events
from xferstudio.events import EVENTS, EpochDone, Notice, RunEnded, RunStarted, StepDone, from_json, to_json

SCHEMA = {
    "RunStarted": [
        "run",
        "strategy",
        "backbone",
        "device",
        "precision",
        "classes",
        "counts",
        "epochs",
        "folder",
        "resumed_step",
    ],
    "Notice": ["text", "level"],
    "Progress": ["task", "done", "total", "per_second", "seconds_left"],
    "PhaseStarted": [
        "phase",
        "phases",
        "name",
        "epochs",
        "trainable_parameters",
        "total_parameters",
        "boundary",
    ],
    "StepDone": [
        "step",
        "steps",
        "epoch",
        "losses",
        "learning_rates",
        "images_per_second",
        "waiting",
        "memory",
        "device_memory",
        "gradient_norm",
        "measures",
    ],
    "EpochDone": [
        "epoch",
        "epochs",
        "train",
        "val",
        "confusion",
        "best",
        "epochs_since_best",
        "seconds",
        "seconds_left",
        "mistakes",
        "validators",
        "agreement",
    ],
    "DomainMap": ["epoch", "source", "target", "source_paths", "target_paths"],
    "CheckpointSaved": ["step"],
    "RunPaused": ["step"],
    "RunResumed": ["step"],
    "RunEnded": ["reason", "message", "folder", "seconds", "summary"],
}

EXAMPLES = [
    RunStarted("a", "s", "b", "cpu", "float32", ("x", "y"), {"found": 3}, 2, "/tmp/a", resumed_step=4),
    Notice("für 5 % der Bilder\u2028ok", "warning"),
    events.Progress("reading", 1, 2, 3.5, None),
    events.PhaseStarted(0, 2, "head", 3, 10, 100, "blocks.5"),
    StepDone(1, 9, 1, {"task": 0.5}, {"head": 0.1}, 9.0, 0.25, 123, 4, 1.5, {"domain accuracy": 0.5}),
    EpochDone(
        1,
        2,
        {"loss": 0.5},
        {"accuracy_interval": (0.1, 0.2)},
        ((1, 0), (2, 3)),
        True,
        0,
        1.0,
        2.0,
        ("p",),
        {"bnm": 0.1, "dev": None},
        0.7,
    ),
    events.DomainMap(
        1, ((0.5, -1.0, 2),), ((0.0, 0.0, 0), (1.5, 2.0, 1)), ("a/1.png",), ("/t/1.png", "/t/2.png")
    ),
    events.CheckpointSaved(7),
    events.RunPaused(7),
    events.RunResumed(7),
    RunEnded("finished", "done", "/tmp/a", 1.5, {"val": {"n": 1}}),
]


def test_names_and_fields_are_those_that_were_published():
    fields = {
        name: [f.name for f in dataclasses.fields(kind) if f.name != "time"] for name, kind in EVENTS.items()
    }
    assert fields == SCHEMA


def test_reasons_and_commands_are_those_that_were_published():
    assert events.Reason.__args__ == ("finished", "stopped", "cancelled", "interrupted", "failed")
    assert events.COMMANDS == ("pause", "resume", "stop", "cancel")


def test_an_example_of_every_event_is_tried():
    assert {type(event).__name__ for event in EXAMPLES} == set(EVENTS)


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_an_event_is_one_line_of_json_with_its_name_its_time_and_its_fields(event):
    line = to_json(event)
    assert "\n" not in line
    raw = json.loads(line)
    assert raw.pop("event") == type(event).__name__
    assert raw.pop("time") == event.time
    assert sorted(raw) == sorted(SCHEMA[type(event).__name__])


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda e: type(e).__name__)
def test_an_event_comes_back_from_its_json_as_it_was(event):
    back = from_json(to_json(event))
    assert type(back) is type(event)
    assert back.time == event.time
    assert json.loads(to_json(back)) == json.loads(to_json(event))
    if not isinstance(event, EpochDone):  # its dict holds a tuple, which JSON turns into a list
        assert back == event


def test_what_is_not_a_number_becomes_null_so_that_every_reader_can_parse_the_line():
    line = to_json(StepDone(1, 2, 1, {"task": math.nan, "l2": math.inf}, {}, -math.inf, 0.0, 0))

    def refuse(name: str) -> Any:
        raise AssertionError(f"{name} is not JSON")

    raw = json.loads(line, parse_constant=refuse)
    assert raw["losses"] == {"task": None, "l2": None}
    assert raw["images_per_second"] is None


def test_an_event_of_a_newer_version_is_passed_over():
    assert from_json('{"event": "CoffeeMade", "time": 1.0, "cups": 2}') is None


def test_a_field_of_a_newer_version_is_ignored():
    assert from_json(
        '{"event": "CheckpointSaved", "time": 1.0, "step": 3, "bytes": 9}'
    ) == events.CheckpointSaved(3)


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "3", "null", '{"time": 1}', '{"event": "StepDone"}', to_json(EXAMPLES[4])[:-5]]
)
def test_a_line_that_is_no_event_raises_value_error(line):
    with pytest.raises(ValueError):  # noqa: PT011 (json's own error is one, and its text is not ours)
        from_json(line)


@given(st.text(), st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False)))
def test_any_text_and_any_finite_numbers_come_back(text, losses):
    event = StepDone(1, 1, 1, losses, {text: 1.0}, 1.0, 0.0, 0)
    assert from_json(to_json(event)) == event
