"""Stands in for `xferstudio run PROJECT NAME --json`: tells a short story and obeys words, by the run's name.

"crash…" dies with words on stderr, "fault…" fails with a sentence, "early…" refuses before it begins, "quick…"
finishes at once; all others go on until they are told to stop. A run that was interrupted is resumed.
"""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

import psutil
from stories import SUMMARY, ended, epoch, paused, phase, resumed, saved, started, step


def main():
    if sys.argv[1] == "compare":
        rows = [{"run": "quick", "transfer": "transfer helped"}, {"run": "quick-scratch", "transfer": ""}]
        print(json.dumps({"rows": rows, "transfer": [{"sentence": "Transfer helped: quick."}]}), flush=True)
        return
    project, name = Path(sys.argv[2]), sys.argv[3]
    if name.startswith("early"):
        print("xferstudio: there is no backbone 'x'; see: xferstudio backbones", file=sys.stderr)
        sys.exit(2)
    folder = project / "runs" / f"20260101-000000-{name}"
    resume = folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    run = {"name": name, "strategy": "extract", "backbone": "embedded:lite0"}
    (folder / "run.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in run.items()))
    me = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": psutil.Process().create_time(),
        "since": time.time(),
    }
    (folder / "lock").write_text(json.dumps(me))

    def say(event):
        event["time"] = time.time()
        if event["event"] in ("RunStarted", "RunEnded"):
            event["folder"] = str(folder)
        text = json.dumps(event)
        with (folder / "events.jsonl").open("a") as out:
            out.write(text + "\n")
        print(text, flush=True)

    def end(reason, message="", summary=None):
        if summary:
            (folder / "summary.json").write_text(json.dumps({**summary, "reason": reason}))
        say(ended(reason, message, summary))
        (folder / "lock").unlink()
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit({"finished": 0, "stopped": 0, "failed": 1}.get(reason, 130))

    say(started(resumed_step=3 if resume else 0))
    say(phase())
    for number in range(4 if resume else 1, 4 if not resume else 7):
        say(step(number))
    say(saved(3))
    if name.startswith("crash") and not resume:
        say(step(4))
        print("Traceback: the engine is out of luck", file=sys.stderr, flush=True)
        os._exit(3)
    if name.startswith("fault"):
        end("failed", "The disk is full; make room.")
    say(epoch(1))
    if name.startswith("quick") or resume:
        end("finished", "", SUMMARY)

    words = []

    def listen():
        for line in sys.stdin:
            words.append(line.strip())

    threading.Thread(target=listen, daemon=True).start()
    file = folder / "words"
    while True:
        if file.exists():
            words.extend(file.read_text().split())
            file.unlink()
        for word in words:
            if word == "pause":
                say(paused(3))
            elif word == "resume":
                say(resumed(3))
            elif word == "stop":
                end("stopped", "", SUMMARY)
            elif word == "cancel":
                end("cancelled")
        words.clear()
        time.sleep(0.02)


main()
