"""Drives the window through its pages on the sample, and writes what it looks like into docs/screenshots.

`make screenshots` runs it: each page in light and dark, in English and Chinese. On a machine without a screen it
draws offscreen; with a screen (or under Xvfb) it drives a real window.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "resources" / "sample" / "studio"
MARKET = SAMPLE.parent / "market"
OUT = HERE / "screenshots"
RUNS = (
    ("extract", "extract", ()),
    ("fine-tune", "fine-tune", ("epochs=6",)),
    ("scratch", "scratch", ("epochs=6",)),
)
ADAPTING = (
    ("dann", "dann", ("epochs=12",)),
    ("mcc", "mcc", ("epochs=12",)),
)
"""Runs of a second project, which has a target domain; each adaptation brings its baseline."""
FONTS = {"Latin": "fonts-noto-core", "SimplifiedChinese": "fonts-noto-cjk"}


def main() -> int:
    """Prepare a project once, then draw each language and theme in a process of its own."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if len(sys.argv) > 1:
        return draw(*sys.argv[1:5])
    missing = missing_fonts()
    if missing:
        print(
            "The screenshots need fonts that are not installed for: "
            + ", ".join(missing)
            + ". On Debian and Ubuntu: apt install "
            + " ".join(FONTS[script] for script in missing),
            file=sys.stderr,
        )
        return 2
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="xferstudio-screenshots-") as folder:
        project = Path(folder) / "fruit"
        command("new", str(project), "--data", str(SAMPLE))
        for name, strategy, options in RUNS:
            settings = [word for option in options for word in ("--set", option)]
            command("add", str(project), "--strategy", strategy, "--name", name, *settings)
        command("run", str(project))
        command("export", str(project), "extract", "--to", "onnx")
        carried = Path(folder) / "carried over"
        command("new", str(carried), "--data", str(SAMPLE), "--target", str(MARKET))
        for name, strategy, options in ADAPTING:
            settings = [word for option in options for word in ("--set", option)]
            command("add", str(carried), "--strategy", strategy, "--name", name, *settings)
        command("run", str(carried))
        for language in ("en", "zh_CN"):
            for theme in ("light", "dark"):
                print(f"{language}, {theme}", flush=True)
                words = [language, theme, str(project), str(carried)]
                subprocess.run([sys.executable, __file__, *words], check=True)
    return 0


def command(*words: str) -> None:
    """One command of the program; an error ends all this."""
    print("xferstudio", *words, flush=True)
    subprocess.run([sys.executable, "-m", "xferstudio", *words], check=True, stdout=subprocess.DEVNULL)


def missing_fonts() -> list[str]:
    """Scripts that no installed font can write."""
    from PySide6.QtGui import QFontDatabase, QGuiApplication

    app = QGuiApplication.instance() or QGuiApplication(["fonts"])
    found = [script for script in FONTS if not QFontDatabase.families(QFontDatabase.WritingSystem[script])]
    del app
    return found


def draw(language: str, theme_name: str, project: str, carried: str) -> int:
    """Every page in one language and one theme."""
    from PySide6.QtCore import QLocale, QSettings
    from PySide6.QtWidgets import QApplication

    from xferstudio.gui.frame.app import translate
    from xferstudio.gui.frame.window import Window
    from xferstudio.gui.look import theme
    from xferstudio.gui.project.studio import Studio

    app = QApplication(["xferstudio"])
    app.setProperty("theme", theme_name)
    translate(app, QLocale(language))
    if language != "en" and app.translate("Words", "finished") == "finished":
        raise SystemExit(f"there is no translation to {language}; `make screenshots` compiles it")
    theme.apply(app)
    settings = QSettings(
        str(Path(project).parent / f"{language}-{theme_name}.ini"), QSettings.Format.IniFormat
    )
    window = Window(Studio(settings=settings))
    window.resize(1360, 860)
    window.show()

    def shoot(name: str, settle: float = 1.0, widget: object = window) -> None:
        rest(app, settle)
        widget.grab().save(str(OUT / f"{name}-{theme_name}-{language}.png"), "PNG", 0)  # the smallest file

    window.begin("")
    shoot("start")
    window.open(project)
    until(app, lambda: window.studio.pictures is not None and bool(window.studio.catalogue.backbones))
    window.go("data")
    shoot("data", 3)
    window.go("train")
    shoot("train")
    runs = {run.name: run for run in window.studio.runs}
    window.studio.wanted.emit("train", str(runs["fine-tune"].path))
    shoot("dashboard", 3)
    window.go("compare")
    rest(app, 1)
    window.page("compare").choose([runs["extract"].path, runs["scratch"].path])
    shoot("compare", 12)
    window.studio.wanted.emit("try", str(runs["extract"].path))
    page = window.page("try")
    pictures = [p for p in window.studio.pictures.items if not p.left_out][::40][:6]
    page.add([str(window.studio.pictures.root / picture.path) for picture in pictures])
    shoot("try", 14)
    window.studio.wanted.emit("export", str(runs["extract"].path))
    shoot("export", 2)
    window.go("plugins")
    shoot("plugins")
    shutil.rmtree(Path(carried) / "audits", ignore_errors=True)  # labels given for another language
    window.open(carried)
    draw_domains(app, window, shoot)
    window.studio.let_go()
    for page in window.pages.values():
        page.let_go()
    rest(app, 0.5)
    return 0


def draw_domains(app, window, shoot) -> None:  # noqa: ANN001
    """What only a project with a target domain has."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    studio = window.studio
    until(app, lambda: studio.target is not None and len(studio.runs) == 3)
    window.go("data")
    domains = window.page("data").domains
    domains.set_mode("both")
    domains.far.setChecked(True)
    rest(app, 0.5)
    domains.shift.begin()
    until(app, lambda: studio.shift is not None)
    shoot("domains", 3)
    domains.far.setChecked(False)
    window.go("train", "new")
    form = window.page("train").form
    rest(app, 0.5)
    form.area.ensureWidgetVisible(form.adapt.unfold)
    shoot("adapt")
    studio.wanted.emit("train", next(str(run.path) for run in studio.runs if run.name == "dann"))
    rest(app, 3)
    board = window.page("train").dashboard
    bar = board.area.verticalScrollBar()
    bar.setValue(board.target.y() - 16)
    shoot("target")
    bar.setValue(board.domains.cards["map"].y() - 16)
    shoot("map", 1.5)
    window.go("compare")
    page = window.page("compare")
    until(app, lambda: page.comparison is not None)
    page.tabs.setCurrentWidget(page.target)
    shoot("compare-target")
    page.target.label_some.click()
    audit = page._audit
    audit.number.setValue(20)
    audit.begin()
    until(app, lambda: audit.labelling)
    shoot("audit", 1.5, audit)
    answers = {
        path: Path(path).parent.name for path, _ in audit.session.images
    }  # as somebody would give them
    while audit.labelling:
        place = audit.session.classes.index(answers[audit.session.images[audit._at][0]])
        QTest.keyClick(audit.view, Qt.Key(ord("1") + place))
        rest(app, 0.02)
    until(app, lambda: audit.stack.currentIndex() == 2)
    shoot("audited", 1, audit)
    audit.accept()


def rest(app, seconds: float) -> None:  # noqa: ANN001
    """Let the window work for a while."""
    until(app, lambda: False, seconds, complain=False)


def until(app, reached: Callable[[], bool], seconds: float = 120.0, complain: bool = True) -> None:  # noqa: ANN001
    """Let the window work until something holds."""
    end = time.monotonic() + seconds
    while not reached():
        app.processEvents()
        time.sleep(0.01)
        if time.monotonic() > end:
            if complain:
                raise TimeoutError("the window did not get there")
            return


if __name__ == "__main__":
    sys.exit(main())
