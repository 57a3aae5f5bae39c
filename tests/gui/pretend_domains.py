"""Stands in for the command in tests of domain adaptation: add, target, shift, audit, compare and run, at once.

A target folder with "refused" in its name is refused, one with "slow" takes for ever. `shift` of a project whose name
has "broken" fails. `audit` of a run with "fails" in its name fails; what it gets is written into audit.log beside
project.toml. `run` of an adaptation tells of its baseline first, if that has no folder yet.
"""

import json
import sys
import time
from pathlib import Path

from stories import SUMMARY, ended, epoch, line, phase, started, step

from xferstudio import project as projects
from xferstudio.events import DomainMap
from xferstudio.project import Run

SHIFT = {
    "event": "Shift", "time": 1.0, "source_images": 40, "target_images": 60, "level": "large", "told_apart": 0.98,
    "distance": 1.9, "distance_interval": [1.7, 2.0], "mmd2": 0.1, "mmd_p": 0.005,
    "classes": [
        {"name": "cat", "source_share": 0.5, "target_share": 0.7, "target_images": 42, "distance": 0.6},
        {"name": "dog", "source_share": 0.5, "target_share": 0.3, "target_images": 18, "distance": 1.4},
        {"name": "eel", "source_share": 0.1, "target_share": 0.0, "target_images": 0, "distance": None},
    ],
    "share_difference": 0.2, "unmatched": [], "unmatched_target_share": 0.0, "partial_overlap": False,
    "words": ["A test for any difference of the two (MMD, p = 0.005) finds one.", "A second sentence."],
    "suggestion": ["cdan", "mcc"],
    "why": "The domains are far apart and seem to hold the same classes in like shares, which is what strategies that "
    "align class by class need.",
}  # fmt: skip

TARGET = {
    "rows": [
        {"run": "mcc", "strategy": "mcc", "validators": {"entropy": -0.2, "snd": 5.0, "dev": None}, "rank": 1.2,
         "verdict": "helped", "verdict_by_labels": "helped", "accuracy": 0.8, "accuracy_interval": [0.7, 0.9],
         "audit": {"accuracy": 0.75, "interval": [0.6, 0.9], "labelled": 20, "of": 20, "audit_of": "mcc"}},
        {"run": "source-only", "strategy": "source-only", "validators": {"entropy": -0.4, "snd": 4.0, "dev": None},
         "rank": 1.8, "verdict": "", "verdict_by_labels": "", "accuracy": 0.6, "accuracy_interval": [0.5, 0.7],
         "audit": None},
        {"run": "dann", "strategy": "dann", "validators": {"entropy": -0.5, "snd": 3.0, "dev": None}, "rank": 3.0,
         "verdict": "negative transfer", "verdict_by_labels": "", "accuracy": None, "accuracy_interval": None,
         "audit": None},
    ],
    "choice": "mcc",
    "close": [],
    "agreement": 0.9,
    "sentences": ["By the signs, take mcc.", "Label two images: xferstudio audit /p mcc --label 30"],
}  # fmt: skip


def say(told):
    print(json.dumps(told), flush=True)


def add(folder, *words):
    given = dict(zip(words[::2], words[1::2], strict=True))
    project = projects.load(folder)
    name, strategy = given["--name"], given["--strategy"]
    if name.startswith("refused"):
        print("xferstudio: the options of this run are wrong; mend them.", file=sys.stderr)
        sys.exit(2)
    project = projects.add_run(project, Run(name, strategy, given["--backbone"], {}))
    if strategy != "source-only" and not any(run.strategy == "source-only" for run in project.runs):
        projects.add_run(project, Run("source-only", "source-only", given["--backbone"], {}))


def target(folder, what):
    if "slow" in what:
        time.sleep(600)
    if "refused" in what:
        print("xferstudio: it holds the labelled images themselves.", file=sys.stderr)
        sys.exit(2)
    file = Path(folder) / "project.toml"
    kept = [each for each in file.read_text().splitlines() if not each.startswith("target")]
    if what != "--none":
        kept.insert(kept.index("[data]") + 1, f"target = {json.dumps(what)}")
    file.write_text("\n".join(kept) + "\n")


def shift(folder, *words):
    say({"event": "Progress", "task": "computing features", "done": 5, "total": 10})
    if "slow" in folder:
        time.sleep(600)
    if "broken" in folder:
        print("xferstudio: none of the images of the target domain can be read", file=sys.stderr)
        sys.exit(2)
    say(SHIFT)


def audit(folder, run, *words):
    if "fails" in run:
        print(f"xferstudio: {run} has not answered for the images of the target", file=sys.stderr)
        sys.exit(2)
    number = int(words[words.index("--label") + 1])
    classes = ["cat", "dog", "dolphin"] if "many" not in run else [f"kind {n:02d}" for n in range(30)]
    images = [{"path": f"{folder}/none/{n}.png", "hash": f"{n:04d}"} for n in range(number)]
    log = Path(folder) / "audit.log"
    known = {}
    for text in log.read_text().splitlines() if log.exists() else ():
        answer = json.loads(text)
        if answer.get("forget"):
            known.pop(answer["hash"])
        else:
            known[answer["hash"]] = answer["label"]

    def told():
        labelled = sum(label is not None for label in known.values())
        return {
            "labelled": labelled, "of": number,
            "accuracy": 0.75 if labelled else None, "interval": [0.55, 0.9] if labelled else None,
            "comparisons": [{"run": "source-only", "difference": 0.2, "interval": [0.05, 0.35],
                             "verdict": "better" if "worse" in run else "too close to call", "sentence": "It is."}],
            "choice": "source-only" if "worse" in run else run, "sentence": "It is so.",
        }  # fmt: skip

    say({"event": "AuditSample", "run": run, "classes": classes, "images": images, "labelled": known})
    for text in sys.stdin:
        answer = json.loads(text)
        with log.open("a") as out:
            out.write(text)
        if answer.get("forget"):
            known.pop(answer["hash"])
        else:
            known[answer["hash"]] = answer["label"]
        say({"event": "AuditEstimate", **told()})
    say({"event": "AuditEnded", **told()})


def a_map(number, paths=False):
    places = [(0.1 * n + number, 0.2 * n, n % 2) for n in range(6)]
    others = [(0.1 * n - number, -0.2 * n, (n + 1) % 2) for n in range(8)]
    source = tuple(f"ants/{n}.png" for n in range(6)) if paths else ()
    target = tuple(f"/elsewhere/{n}.png" for n in range(8)) if paths else ()
    return line(DomainMap(number, tuple(places), tuple(others), source, target, time=1000.0 + number))


def told_of_target(**more):
    return {
        "n": 8, "left_out": [], "shares": {"ants": 0.75, "bees": 0.25}, "validators": {}, "agreement": 0.8,
        "verdict": {"baseline": "source-only", "verdict": "helped", "sentence": "It helped.", "differences": [],
                    "improved": ["confidence"], "worsened": [], "collapsed": False},
        "report": None, **more,
    }  # fmt: skip


def run(folder, name, *words):
    wanted = [name] if name == "source-only" else ["source-only", name]
    for each in wanted:
        place = Path(folder) / "runs" / f"20260101-000000-{each}"
        if place.is_dir():
            continue
        place.mkdir(parents=True)
        (place / "run.toml").write_text(f'name = "{each}"\nstrategy = "{each}"\nbackbone = "b"\n')
        events = [started(folder=place), phase(), *(step(n) for n in range(1, 4)), a_map(1, True), epoch(1)]
        events[0] |= {"run": each, "strategy": each}
        summary = {**SUMMARY, "target": told_of_target()}
        events.append(ended("finished", "", summary, folder=place))
        (place / "summary.json").write_text(json.dumps(summary))
        with (place / "events.jsonl").open("w") as out:
            for event in events:
                out.write(json.dumps(event) + "\n")
                say(event)
                time.sleep(0.02)


def compare(folder, *words):
    say({"rows": [], "pairs": [], "transfer": [], "warnings": [], "best": "", "target": TARGET})


if __name__ == "__main__":
    known = {"add": add, "target": target, "shift": shift, "audit": audit, "run": run, "compare": compare}
    known.get(sys.argv[1], lambda *_: None)(*sys.argv[2:])
