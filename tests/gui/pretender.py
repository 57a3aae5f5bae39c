"""Stands in for the command in tests of the window: answers `predict` and `export` as the real one does, at once.

A file with "bad" in its name cannot be read, one with "crash" ends the process, one with "slow" never comes; the
confidence is the number in the name, in hundredths.
"""

import json
import os
import re
import sys
import time
from pathlib import Path


def say(**line):
    print(json.dumps(line), flush=True)


def answer(path, maps=None):
    name = Path(path).name
    if "crash" in name:
        print("xferstudio: out of memory", file=sys.stderr, flush=True)
        os._exit(3)
    if "slow" in name:
        time.sleep(600)
    if "bad" in name:
        return {"path": path, "error": "It cannot be read: damaged: the file is cut short."}
    number = re.search(r"\d+", name)
    share = int(number[0]) / 100 if number else 0.9
    label, other = ("dog", "cat") if "dog" in name else ("cat", "dog")
    line = {
        "path": path,
        "label": label,
        "confidence": share,
        "probabilities": {label: share, other: 1 - share},
    }
    if maps:
        file = Path(maps) / f"{Path(path).stem}.png"
        rows = b"".join(b"\0" + bytes(range(0, 256, 32)) for _ in range(8))
        file.write_bytes(png(rows, 8, 8))
        line |= {"heat_map": str(file), "box": [8, 0, 56, 48]}
    return line


def png(rows, width, height):
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def predict(arguments):
    model = arguments[0]
    if "damaged" in model:
        print(f"xferstudio: {model} is damaged; export it again.", file=sys.stderr)
        sys.exit(2)
    if "-" in arguments:
        maps = arguments[arguments.index("--heat-maps") + 1]
        say(event="Ready", classes=["cat", "dog"], pid=os.getpid())
        for line in sys.stdin:
            say(**answer(line.rstrip("\n"), maps if not model.endswith(".onnx") else None))
        return
    for file in sorted(Path(arguments[1]).rglob("*.png")):
        say(**answer(str(file)))
    if "--sort-into" in arguments:
        target = Path(arguments[arguments.index("--sort-into") + 1])
        target.mkdir(parents=True)
        (target / "arguments.json").write_text(json.dumps(arguments))


def export(arguments):
    out = Path(arguments[arguments.index("--out") + 1])
    if "slow" in out.name:
        time.sleep(600)
    if "refused" in out.name:
        print("xferstudio: the disk is full; make room.", file=sys.stderr)
        sys.exit(2)
    passed = "wrong" not in out.name
    parity = {
        "files": 64, "agreement": 1.0, "ties": 0, "largest_difference": 0.002, "passed": passed, "notes": [],
        "sentence": "It agrees." if passed else "The export FAILS the comparison: it names another class for 3 files.",
    }  # fmt: skip
    say(event="Progress", task="comparing with the app", done=32, total=64)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(" ".join(arguments))
    Path(f"{out}.parity.json").write_text(json.dumps(parity))
    say(event="Exported", path=str(out), parity=parity)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    {"predict": predict, "export": export}.get(sys.argv[1], lambda _: None)(sys.argv[2:])
